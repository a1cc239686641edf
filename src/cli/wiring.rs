//! The only place where adapters are made: settings in, ports out.
//!
//! Commands see the [`Adapters`] trait, so that what they do with adapters is tested without them.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use crate::cli::approve::AskOnTerminal;
use crate::cli::console::{self, Console};
use crate::cli::databases;
use crate::cli::errors::CliError;
use crate::cli::progress::{Drawing, Progress, Tee, Verbose};
use crate::cli::terminal::{self, LiveProgress};
use crate::config::{
    Environment, Format, Job, OutputSettings, ProgressChoice, ProviderKind, ProviderSettings, ReceivedFormat,
    ReceivedSettings, ReceivedSource, Verbosity,
};
use crate::exit::ExitCode;
use crate::heartbeat::{Heartbeat, HeartbeatError, PingConfig, PingUrl, Pinger};
use crate::ledger::{Ledger, LedgerGuard, LedgerReader};
use crate::monitor::Monitor;
use crate::provider::Provider;
use crate::provider::front_systems::{FrontSystems, FrontSystemsConfig};
use crate::received::{self, FieldSpec, FileLog, ReceivedLog, ReceivedOptions, SeveralLogs, SourceSpec, StatusSet};
use crate::reconcile::{Approver, LedgerAccess};
use crate::report::Format as _;
use crate::report::human::{self, Human};
use crate::report::json::Json;
use crate::report::jsonl::{JsonLines, JsonLinesMonitor};
use crate::report::past::Show;
use crate::report::view::View;
use crate::run_report::RunReport;
use chrono::{DateTime, Utc};

/// The largest file of certificate authorities that is read, in bytes.
const LARGEST_CA_FILE: u64 = 16 * 1024 * 1024;
/// How much of a document is gathered before it is written, in bytes.
const BATCH_BYTES: usize = 64 * 1024;

/// What a run needs of its ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerUse {
    /// The lock: the run may resend.
    Lock,
    /// Only what is there already.
    Read,
}

/// Where a run is watched, approved and shown.
pub trait Output {
    /// Who watches the run.
    fn monitor(&self) -> Arc<dyn Monitor>;

    /// Who asks the person at the terminal.
    fn approver(&self) -> Arc<dyn Approver>;

    /// What tells the person that a signal was heard.
    fn on_stopping(&self) -> Box<dyn Fn() + Send>;

    /// Shows the report on standard output.
    ///
    /// # Errors
    /// When standard output can't be written.
    fn finish(&self, report: &RunReport, view: &View) -> io::Result<()>;
}

/// Makes the adapters of a run from its settings.
pub trait Adapters {
    /// Opens the received log, so that a log that can't be used is known before the first request.
    ///
    /// # Errors
    /// When the log can't be used.
    fn received(&self, settings: &ReceivedSettings) -> Result<Arc<dyn ReceivedLog>, CliError>;

    /// Opens the ledger; another run is told of `job` and `since` if it finds the lock held.
    ///
    /// # Errors
    /// When the ledger can't be used or another run holds it.
    fn ledger(&self, path: &Path, purpose: LedgerUse, job: Job, since: DateTime<Utc>)
    -> Result<LedgerAccess, CliError>;

    /// Makes the provider; nothing is sent.
    ///
    /// # Errors
    /// When the settings do not make a provider.
    fn provider(&self, settings: &ProviderSettings) -> Result<Arc<dyn Provider>, CliError>;

    /// Makes what tells a dead man's switch; nothing is sent.
    ///
    /// # Errors
    /// When encrypted connections can't be set up.
    fn heartbeat(&self, url: &PingUrl, ca_file: Option<&Path>) -> Result<Arc<dyn Heartbeat>, HeartbeatError>;

    /// Makes what shows the run.
    fn output(&self, settings: &OutputSettings) -> Box<dyn Output>;
}

/// The real adapters.
pub struct Workshop<'a> {
    environment: &'a Environment,
}

impl<'a> Workshop<'a> {
    /// Adapters for somebody with this environment, which says what their terminal can show.
    pub fn new(environment: &'a Environment) -> Self {
        Self { environment }
    }

    /// Opens the ledger to look into the past; `None` when there is none yet.
    ///
    /// # Errors
    /// When the ledger can't be used.
    pub fn past(&self, ledger: &Path) -> Result<Option<LedgerReader>, CliError> {
        Ok(Ledger::at(ledger).open_read()?)
    }

    /// Takes the lock of the ledger to release events; another run is told so, and since when.
    ///
    /// # Errors
    /// When the ledger can't be used or another run holds it.
    pub fn release_guard(&self, ledger: &Path, since: DateTime<Utc>) -> Result<LedgerGuard, CliError> {
        Ok(Ledger::at(ledger).lock("quarantine release", since)?)
    }

    /// Shows something of the past on standard output.
    ///
    /// # Errors
    /// When standard output can't be written.
    pub fn show<T>(&self, what: &T, settings: &OutputSettings) -> Result<(), CliError>
    where
        Human: Show<T>,
        Json: Show<T>,
        JsonLines: Show<T>,
    {
        let mut stdout = BufWriter::with_capacity(BATCH_BYTES, io::stdout());
        let shown = match settings.format {
            Format::Human => human(settings, self.environment).show(what, &mut stdout),
            Format::Json => Json.show(what, &mut stdout),
            Format::Jsonl => JsonLines.show(what, &mut stdout),
        };
        console::unless_closed(shown).map_err(|error| {
            let cause = CliError::of(ExitCode::Failure, &error);
            CliError { message: format!("can't write to standard output: {}", cause.message), ..cause }
        })
    }
}

/// The page for a person at standard output.
fn human(settings: &OutputSettings, environment: &Environment) -> Human {
    Human {
        width: terminal::width(),
        color: terminal::color(settings.color, environment),
        symbols: terminal::symbols(environment),
        verbosity: match settings.verbosity {
            Verbosity::Quiet => human::Verbosity::Quiet,
            Verbosity::Normal => human::Verbosity::Normal,
            Verbosity::Verbose => human::Verbosity::Verbose,
        },
    }
}

impl Adapters for Workshop<'_> {
    fn received(&self, settings: &ReceivedSettings) -> Result<Arc<dyn ReceivedLog>, CliError> {
        open_log(settings, self.environment)
    }

    fn ledger(
        &self,
        path: &Path,
        purpose: LedgerUse,
        job: Job,
        since: DateTime<Utc>,
    ) -> Result<LedgerAccess, CliError> {
        let ledger = Ledger::at(path);
        Ok(match purpose {
            LedgerUse::Lock => LedgerAccess::Write(Arc::new(ledger.lock(job.name(), since)?)),
            LedgerUse::Read => match ledger.open_read()? {
                Some(reader) => LedgerAccess::Read(Arc::new(reader)),
                None => LedgerAccess::None,
            },
        })
    }

    fn provider(&self, settings: &ProviderSettings) -> Result<Arc<dyn Provider>, CliError> {
        let extra_roots = settings.ca_file.as_deref().map(read_ca_file).transpose()?;
        let keys = (settings.subscription_key.clone(), settings.api_key.clone());
        match settings.kind {
            ProviderKind::FrontSystems => {
                let config = FrontSystemsConfig::new(settings.base_url.clone(), keys.0, keys.1);
                let config = FrontSystemsConfig {
                    time_zone: settings.time_zone,
                    timeout: settings.timeout,
                    extra_roots,
                    ..config
                };
                let provider = FrontSystems::new(config).map_err(|error| CliError::of(ExitCode::Usage, &error))?;
                Ok(Arc::new(provider))
            }
        }
    }

    fn heartbeat(&self, url: &PingUrl, ca_file: Option<&Path>) -> Result<Arc<dyn Heartbeat>, HeartbeatError> {
        // A file that can't be read ends the run, which is worth trying to tell the switch.
        let extra_roots = ca_file.and_then(|path| read_ca_file(path).ok());
        let pinger = Pinger::new(PingConfig { extra_roots, ..PingConfig::new(url.clone()) })?;
        Ok(Arc::new(pinger))
    }

    fn output(&self, settings: &OutputSettings) -> Box<dyn Output> {
        Box::new(RealOutput::new(settings, self.environment))
    }
}

/// Opens the received log: files, databases, or both as one.
///
/// # Errors
/// When a source can't be used.
pub fn open_log(settings: &ReceivedSettings, environment: &Environment) -> Result<Arc<dyn ReceivedLog>, CliError> {
    let options = received_options(settings)?;
    let mut logs: Vec<Arc<dyn ReceivedLog>> = Vec::new();
    if !options.sources.is_empty() {
        logs.push(Arc::new(FileLog::open(options)?));
    }
    logs.extend(databases::open(settings, environment)?);
    Ok(match logs.len() {
        1 => logs.swap_remove(0),
        _ => Arc::new(SeveralLogs::new(logs)),
    })
}

/// What was set of the received log, as its adapter takes it.
///
/// # Errors
/// When a field or a list of codes is none.
pub fn received_options(settings: &ReceivedSettings) -> Result<ReceivedOptions, CliError> {
    let sources = settings.sources.iter().filter_map(|source| match source {
        ReceivedSource::Stdin => Some(SourceSpec::Stdin),
        ReceivedSource::Named(name) => Some(SourceSpec::Files(name.into())),
        ReceivedSource::Database(_) => None,
    });
    let unusable = |error: received::OptionError| CliError::of(ExitCode::Usage, &error);
    let field = |name: &Option<String>| name.as_deref().map(FieldSpec::new).transpose().map_err(unusable);
    let ok: Vec<String> = settings.ok.iter().map(|range| format!("{}-{}", range.start(), range.end())).collect();
    Ok(ReceivedOptions {
        format: match settings.format {
            ReceivedFormat::Auto => None,
            ReceivedFormat::Ids => Some(received::Format::Ids),
            ReceivedFormat::Jsonl => Some(received::Format::Jsonl),
            ReceivedFormat::Csv => Some(received::Format::Csv),
            ReceivedFormat::Text => Some(received::Format::Text),
        },
        id: field(&settings.id)?,
        status: field(&settings.status)?,
        ok: ok.join(",").parse::<StatusSet>().map_err(unusable)?,
        time: field(&settings.time)?,
        since: settings.since,
        zone: settings.time_zone,
        ..ReceivedOptions::of(sources)
    })
}

pub(super) fn read_ca_file(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_CA_FILE).read_to_end(&mut bytes));
    read.map_err(|error| {
        let shown = CliError::of(ExitCode::Usage, &error);
        let message = format!("can't read the certificate authorities in {}: {}", path.display(), shown.message);
        CliError { message, ..shown }.hint("check the path given with --ca-file")
    })?;
    Ok(bytes)
}

/// What is written to standard output, and how.
enum Shape {
    Human(Human),
    Json,
    JsonLines(Arc<JsonLinesMonitor<io::Stdout>>),
}

struct RealOutput {
    shape: Shape,
    progress: Arc<LiveProgress>,
    verbosity: Verbosity,
}

impl RealOutput {
    fn new(settings: &OutputSettings, environment: &Environment) -> Self {
        let symbols = terminal::symbols(environment);
        let drawing = match (settings.progress, settings.verbosity) {
            // With -v every step is a line of its own, which a moving line would only disturb.
            (ProgressChoice::Auto, Verbosity::Normal) => Drawing::Shown,
            (ProgressChoice::Auto, Verbosity::Quiet | Verbosity::Verbose) | (ProgressChoice::Never, _) => {
                Drawing::Hidden
            }
        };
        let shape = match settings.format {
            Format::Human => Shape::Human(human(settings, environment)),
            Format::Json => Shape::Json,
            Format::Jsonl => Shape::JsonLines(Arc::new(JsonLinesMonitor::new(io::stdout()))),
        };
        let progress = Arc::new(LiveProgress::new(drawing, symbols));
        Self { shape, progress, verbosity: settings.verbosity }
    }
}

impl Output for RealOutput {
    fn monitor(&self) -> Arc<dyn Monitor> {
        let mut monitors: Vec<Arc<dyn Monitor>> = vec![Arc::clone(&self.progress) as Arc<dyn Monitor>];
        match self.verbosity {
            Verbosity::Verbose => {
                let line: Arc<Progress> = self.progress.current();
                monitors.push(Arc::new(Verbose::new(io::stderr(), line)));
            }
            Verbosity::Quiet | Verbosity::Normal => {}
        }
        match &self.shape {
            Shape::JsonLines(lines) => monitors.push(Arc::clone(lines) as Arc<dyn Monitor>),
            Shape::Human(_) | Shape::Json => {}
        }
        Arc::new(Tee::new(monitors))
    }

    fn approver(&self) -> Arc<dyn Approver> {
        Arc::new(AskOnTerminal::new(Arc::clone(&self.progress)))
    }

    fn on_stopping(&self) -> Box<dyn Fn() + Send> {
        let (console, progress) = (Console { verbosity: self.verbosity }, Arc::clone(&self.progress));
        Box::new(move || {
            if progress.is_asking() {
                // Nothing was sent yet; only the line of the question has to be left.
                console::say("");
                return;
            }
            let note = || console.note("stopping: recording what is in flight; interrupt again to stop at once");
            progress.current().aside(note);
        })
    }

    fn finish(&self, report: &RunReport, view: &View) -> io::Result<()> {
        self.progress.clear();
        let mut stdout = BufWriter::with_capacity(BATCH_BYTES, io::stdout());
        match &self.shape {
            Shape::Human(human) => human.write_view(report, view, &mut stdout)?,
            Shape::Json => Json.write_report(report, &mut stdout)?,
            Shape::JsonLines(lines) => lines.finish(report)?,
        }
        stdout.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::received::ReceivedError;

    fn settings(sources: &[&str]) -> ReceivedSettings {
        ReceivedSettings {
            sources: sources.iter().map(|name| ReceivedSource::Named((*name).to_owned())).collect(),
            format: ReceivedFormat::Csv,
            id: Some("3".to_owned()),
            status: Some("status".to_owned()),
            ok: vec![200..=200, 204..=206],
            time: None,
            since: None,
            time_zone: chrono_tz::Europe::Oslo,
            query: None,
            ca_file: None,
        }
    }

    #[test]
    fn what_was_set_of_the_received_log_reaches_its_adapter() {
        let options = received_options(&settings(&["a.csv", "b/*.csv"])).unwrap();
        assert_eq!(options.sources, [SourceSpec::Files("a.csv".into()), SourceSpec::Files("b/*.csv".into())]);
        assert_eq!(options.format, Some(received::Format::Csv));
        assert_eq!(options.id.unwrap().as_str(), "3");
        assert_eq!(options.status.unwrap().as_str(), "status");
        assert!(options.ok.contains(200) && options.ok.contains(205) && !options.ok.contains(201));
        assert_eq!(options.zone, chrono_tz::Europe::Oslo);
    }

    #[test]
    fn a_log_that_is_not_there_is_a_mistake_of_usage() {
        let environment = Environment::default();
        let missing = settings(&["/no/such/folder/received.csv"]);
        let error = Workshop::new(&environment).received(&missing).err().unwrap();
        assert_eq!(error.exit, ExitCode::Usage);
        assert!(!error.hints.is_empty());
        let no_match = CliError::from(ReceivedError::NoMatch { pattern: "*.csv".to_owned() });
        assert_eq!(no_match.exit, ExitCode::Usage);
    }

    #[test]
    fn a_reader_of_the_ledger_needs_none_and_creates_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let environment = Environment::default();
        let opened = Workshop::new(&environment).ledger(&path, LedgerUse::Read, Job::Check, Utc::now());
        assert!(matches!(opened, Ok(LedgerAccess::None)));
        assert!(!path.exists());
    }

    #[test]
    fn a_ledger_can_be_locked_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.sqlite");
        let environment = Environment::default();
        let workshop = Workshop::new(&environment);
        let held = workshop.ledger(&path, LedgerUse::Lock, Job::Reconcile, Utc::now());
        assert!(matches!(held, Ok(LedgerAccess::Write(_))));
        let error = workshop.ledger(&path, LedgerUse::Lock, Job::Reconcile, Utc::now()).err().unwrap();
        assert_eq!(error.exit, ExitCode::Locked);
    }

    #[test]
    fn a_file_of_authorities_that_can_not_be_read_is_named() {
        let error = read_ca_file(Path::new("/no/such/ca.pem")).unwrap_err();
        assert!(error.message.contains("/no/such/ca.pem"), "{error:?}");
        assert_eq!(error.exit, ExitCode::Usage);
    }
}
