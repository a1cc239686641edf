use std::io;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use crate::config::{Environment, Folders, Key, Layer, OutputSettings, ProviderSettings, ReceivedSettings, Verbosity};
use crate::heartbeat::{Heartbeat, HeartbeatError, PingUrl};
use crate::ledger::LedgerError;
use crate::monitor::{Monitor, Silent};
use crate::received::ReceivedError;
use crate::reconcile::Approver;

/// Adapters that note the order in which they are asked for, and fail where they are told to.
#[derive(Default)]
struct Probe {
    asked: Arc<Mutex<Vec<String>>>,
    log_is_missing: bool,
    ledger_is_locked: bool,
}

struct Shown(Arc<Mutex<Vec<String>>>);

impl Output for Shown {
    fn monitor(&self) -> Arc<dyn Monitor> {
        Arc::new(Silent)
    }

    fn approver(&self) -> Arc<dyn Approver> {
        Arc::new(Preapproved)
    }

    fn on_stopping(&self) -> Box<dyn Fn() + Send> {
        Box::new(|| {})
    }

    fn finish(&self, report: &RunReport, _view: &View) -> io::Result<()> {
        self.0.lock().unwrap().push(format!("report {} {}", report.outcome.name(), report.exit_code.number()));
        Ok(())
    }
}

struct AnyLog;

#[async_trait::async_trait]
impl ReceivedLog for AnyLog {
    fn describe(&self) -> Vec<String> {
        vec!["any".to_owned()]
    }

    fn is_live(&self) -> bool {
        false
    }

    async fn audit(
        &self,
        _listed: Arc<crate::receipt::WantedIds>,
        _window: crate::event::Window,
    ) -> Result<(crate::receipt::Lookup, crate::receipt::Unlisted), ReceivedError> {
        Ok(<(crate::receipt::Lookup, crate::receipt::Unlisted)>::default())
    }

    async fn look_up(&self, _wanted: Arc<crate::receipt::WantedIds>) -> Result<crate::receipt::Lookup, ReceivedError> {
        Err(ReceivedError::NoMatch { pattern: "any".to_owned() })
    }
}

impl Adapters for Probe {
    fn received(&self, settings: &ReceivedSettings) -> Result<Arc<dyn ReceivedLog>, CliError> {
        self.note(format!("received {}", settings.sources.len()));
        if self.log_is_missing {
            return Err(ReceivedError::NoMatch { pattern: "*.log".to_owned() }.into());
        }
        Ok(Arc::new(AnyLog))
    }

    fn ledger(
        &self,
        path: &Path,
        purpose: LedgerUse,
        job: Job,
        _since: DateTime<Utc>,
    ) -> Result<LedgerAccess, CliError> {
        self.note(format!("ledger {} {purpose:?} {}", path.display(), job.name()));
        if self.ledger_is_locked {
            return Err(LedgerError::Locked { path: path.to_owned(), holder: None }.into());
        }
        Ok(LedgerAccess::None)
    }

    fn provider(&self, settings: &ProviderSettings) -> Result<Arc<dyn Provider>, CliError> {
        self.note(format!("provider {}", settings.kind.name()));
        // Nothing is sent in these tests, so the last step stands for the run.
        Err(CliError::new(ExitCode::Failure, "the end of the test"))
    }

    fn heartbeat(&self, _url: &PingUrl, _ca_file: Option<&Path>) -> Result<Arc<dyn Heartbeat>, HeartbeatError> {
        unreachable!("these tests name no dead man's switch")
    }

    fn output(&self, _settings: &OutputSettings) -> Box<dyn Output> {
        Box::new(Shown(Arc::clone(&self.asked)))
    }
}

impl Probe {
    fn note(&self, what: String) {
        self.asked.lock().unwrap().push(what);
    }

    fn prepare(&self, job: Job, flags: &[(Key, &str)]) -> CliError {
        let mut layer = Layer::default();
        for (key, text) in flags {
            layer.flag(*key, [(*text).to_owned()]);
        }
        let folder = tempfile::tempdir().unwrap();
        let variables = [("HOOKMEND_API_KEY", "a"), ("HOOKMEND_SUBSCRIPTION_KEY", "b")];
        let surroundings = Surroundings {
            environment: Environment::new(variables.map(|(name, value)| (name.into(), value.into()))),
            directory: folder.path().to_owned(),
            folders: Folders { user_state: Some("/state".into()), ..Folders::default() },
            now: DateTime::from_timestamp(1_773_000_000, 0).unwrap(),
        };
        let flags = Flags { layer, verbosity: Verbosity::Quiet, ..Flags::default() };
        let console = Console { verbosity: flags.verbosity };
        let loaded = Loaded::load(flags, &surroundings).unwrap();
        match prepare(&Plain(job), &loaded, console, &surroundings, self) {
            Ok(_) => panic!("the provider of these tests refuses"),
            Err(error) => error,
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

const ENOUGH: [(Key, &str); 2] = [(Key::Webhook, "hook-1"), (Key::Received, "ids.txt")];

fn with<'a>(more: &[(Key, &'a str)]) -> Vec<(Key, &'a str)> {
    ENOUGH.iter().chain(more).copied().collect()
}

const LEDGER: &str = "/state/hookmend/ledger.sqlite";

#[test]
fn the_log_is_opened_before_the_ledger_and_both_before_the_provider() {
    let probe = Probe::default();
    assert_eq!(probe.prepare(Job::Reconcile, &ENOUGH).message, "the end of the test");
    assert_eq!(
        probe.asked(),
        ["received 1".to_owned(), format!("ledger {LEDGER} Lock reconcile"), "provider front-systems".to_owned()]
    );
}

#[test]
fn a_dry_run_and_a_check_take_no_lock() {
    let probe = Probe::default();
    probe.prepare(Job::Reconcile, &with(&[(Key::DryRun, "true")]));
    assert_eq!(probe.asked()[1], format!("ledger {LEDGER} Read reconcile"));
    let probe = Probe::default();
    probe.prepare(Job::Check, &ENOUGH);
    assert_eq!(probe.asked()[1], format!("ledger {LEDGER} Read check"));
}

#[test]
fn a_check_without_a_log_opens_none() {
    let probe = Probe::default();
    probe.prepare(Job::Check, &[(Key::AllWebhooks, "true")]);
    assert!(probe.asked()[0].starts_with("ledger"), "{:?}", probe.asked());
}

#[test]
fn wrong_settings_open_nothing() {
    let probe = Probe::default();
    let error = probe.prepare(Job::Reconcile, &with(&[(Key::Slice, "31d")]));
    assert_eq!(error.exit, ExitCode::Usage);
    assert!(probe.asked().is_empty());
}

#[test]
fn a_log_that_can_not_be_used_ends_the_run_before_the_ledger_is_touched() {
    let probe = Probe { log_is_missing: true, ..Probe::default() };
    let error = probe.prepare(Job::Reconcile, &ENOUGH);
    assert_eq!(error.exit, ExitCode::Usage);
    assert_eq!(probe.asked(), ["received 1"]);
}

#[test]
fn a_held_ledger_ends_with_its_code_and_in_a_document_for_those_who_read_documents() {
    let probe = Probe { ledger_is_locked: true, ..Probe::default() };
    assert_eq!(probe.prepare(Job::Reconcile, &ENOUGH).exit, ExitCode::Locked);
    assert_eq!(probe.asked().len(), 2, "a person reads the error: {:?}", probe.asked());
    let probe = Probe { ledger_is_locked: true, ..Probe::default() };
    assert_eq!(probe.prepare(Job::Reconcile, &with(&[(Key::Format, "json")])).exit, ExitCode::Locked);
    assert_eq!(probe.asked()[2], "report locked 75");
}

#[test]
fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is() {
    struct Failing(io::ErrorKind);
    impl Output for Failing {
        fn monitor(&self) -> Arc<dyn Monitor> {
            Arc::new(Silent)
        }
        fn approver(&self) -> Arc<dyn Approver> {
            Arc::new(Preapproved)
        }
        fn on_stopping(&self) -> Box<dyn Fn() + Send> {
            Box::new(|| {})
        }

        fn finish(&self, _report: &RunReport, _view: &View) -> io::Result<()> {
            Err(self.0.into())
        }
    }
    let request = RunRequest {
        run_id: "r".to_owned(),
        command: "check".to_owned(),
        asked_by: "a test".to_owned(),
        window: crate::event::Window::new(DateTime::UNIX_EPOCH, Utc::now()).unwrap(),
        beginning: crate::reconcile::Beginning::AsGiven,
        scope: Scope::AllWebhooks,
        task: Task::Window(crate::selection::Selection::default()),
        directions: Directions::default(),
        told: Told::Unsettled,
        findings: Findings::Fail,
        policy: example_policy(),
        seed: 0,
    };
    let error = CliError::new(ExitCode::Locked, "held");
    let report = report_without_run(&request, Mode::Check, Utc::now(), ProblemKind::Ledger, &error);
    assert!(show(&Failing(io::ErrorKind::BrokenPipe), &report, &View::Report).is_ok());
    let error = show(&Failing(io::ErrorKind::StorageFull), &report, &View::Report).unwrap_err();
    assert_eq!(error.exit, ExitCode::Failure);
    assert!(error.message.starts_with("can't write the report to standard output: "), "{error:?}");
}

fn example_policy() -> crate::policy::Policy {
    let loaded = loaded(&[(Key::AllWebhooks, "true")]);
    loaded.settings(Job::Check).unwrap().policy
}

fn loaded(flags: &[(Key, &str)]) -> Loaded {
    let mut layer = Layer::default();
    for (key, text) in flags {
        layer.flag(*key, [(*text).to_owned()]);
    }
    let variables = [("HOOKMEND_API_KEY", "secret-a"), ("HOOKMEND_SUBSCRIPTION_KEY", "secret-b")];
    let folder = tempfile::tempdir().unwrap();
    let surroundings = Surroundings {
        environment: Environment::new(variables.map(|(name, value)| (name.into(), value.into()))),
        directory: folder.path().to_owned(),
        folders: Folders { user_state: Some("/state".into()), ..Folders::default() },
        now: DateTime::from_timestamp(1_773_000_000, 0).unwrap(),
    };
    Loaded::load(Flags { layer, ..Flags::default() }, &surroundings).unwrap()
}

#[test]
fn what_is_explained_names_the_window_the_origins_and_no_key() {
    let loaded = loaded(&with(&[(Key::Since, "36h"), (Key::To, "2030-01-01")]));
    let lines = explanation(&loaded, &loaded.settings(Job::Reconcile).unwrap());
    let text = lines.join("\n");
    assert!(lines.contains(&"settings file: none found".to_owned()), "{text}");
    assert!(lines.contains(&"window: from 2026-03-07T08:00:00Z to 2026-03-08T20:00:00Z (UTC)".to_owned()), "{text}");
    assert!(lines.contains(&"since = 36h  (--since)".to_owned()), "{text}");
    assert!(lines.contains(&"slice = 1d  (default)".to_owned()), "{text}");
    assert!(lines.contains(&"api-key = (set)  (HOOKMEND_API_KEY)".to_owned()), "{text}");
    assert!(text.contains("note: the window ends now"), "{text}");
    assert!(!text.contains("secret-"), "{text}");
}
