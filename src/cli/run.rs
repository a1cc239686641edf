//! A run from settings to exit code: settings resolved and shown, the log and the ledger opened before
//! the first request, the engine run, its report shown, its exit code returned.
//!
//! What one command wants of it is its [`Errand`].

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use tokio::sync::watch;

use crate::cli::approve::{Stdin, Terminals, must_ask};
use crate::cli::asked_by::asked_by;
use crate::cli::console::{Console, unless_closed};
use crate::cli::errors::CliError;
use crate::cli::reports::{Reports, refuse_needed};
use crate::cli::signals;
use crate::cli::watchers::{Begun, Watchers};
use crate::cli::wiring::{Adapters, LedgerUse, Output};
use crate::clock::SystemClock;
use crate::config::{
    Flags, Format, Job, Key, Loaded, ReceivedSource, SelectionTexts, Settings, Surroundings, Watching,
};
use crate::exit::{ExitCode, Findings};
use crate::outcome::{RunOutcome, Signal};
use crate::plan::Plan;
use crate::provider::Provider;
use crate::received::ReceivedLog;
use crate::reconcile::{
    Beginning, Directions, LedgerAccess, Ports, Preapproved, RunRequest, Scope, Task, WebhookRef, run as run_engine,
};
use crate::report::view::View;
use crate::run_report::{Counts, Mode, Problem, ProblemKind, Requests, RunReport, Told};

/// What one command wants of a run.
pub trait Errand {
    /// Which command it is.
    fn job(&self) -> Job;

    /// What the run is to work on; may change the settings, and looks at everything that the command
    /// needs before anything is opened.
    ///
    /// # Errors
    /// When the command can't be carried out with these settings.
    fn task(&self, settings: &mut Settings, _now: DateTime<Utc>) -> Result<Task, CliError> {
        Ok(Task::Window(settings.selection.clone()))
    }

    /// Which events the report tells of one by one.
    fn told(&self, _task: &Task) -> Told {
        Told::Unsettled
    }

    /// In which directions the vendor and the log are compared.
    fn directions(&self) -> Directions {
        Directions::VendorToLog
    }

    /// Has the last word on the exit code, before anybody sees the report.
    fn judge(&self, _report: &mut RunReport) {}

    /// Files that it reads beside those of the settings, each with what it is: no report may take their
    /// place.
    fn inputs(&self) -> Vec<(&'static str, &Path)> {
        Vec::new()
    }

    /// The file that it makes, with what it is: it takes the place of nothing that the run reads or keeps,
    /// and no report takes its place.
    fn output(&self) -> Option<(&'static str, &Path)> {
        None
    }

    /// Whether it reads standard input, so that a question has to be answered elsewhere.
    fn reads_stdin(&self) -> bool {
        false
    }

    /// Shows the report, and keeps what the command was to make.
    ///
    /// # Errors
    /// When it can't be shown or kept.
    fn finish(&self, report: &RunReport, _settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        show(output, report, &View::Report)
    }
}

/// `reconcile` and `check`: what the window holds, and nothing beside the report.
#[derive(Clone, Copy, Debug)]
pub struct Plain(pub Job);

impl Errand for Plain {
    fn job(&self) -> Job {
        self.0
    }
}

/// Carries out an errand.
///
/// When the settings, the log or the ledger can't be used, nothing is sent; the error is shown and its
/// exit code returned.
///
/// # Errors
/// When the report can't be written.
pub fn run(
    errand: &dyn Errand,
    flags: Flags,
    surroundings: &Surroundings,
    adapters: &dyn Adapters,
) -> Result<ExitCode, CliError> {
    let console = Console { verbosity: flags.verbosity };
    let without_file = Watching::without_file(&flags, &surroundings.environment);
    let is_narrowed = flags_select(&flags) && !asks_to_be_watched(&flags);
    let loaded = Loaded::load(flags, surroundings);
    let watching = match errand.job().is_watched() && !is_narrowed {
        true => loaded.as_ref().map_or(without_file, Loaded::watching),
        false => Watching::default(),
    };
    let watchers = Watchers::new(errand.job(), surroundings.now, &watching, adapters);
    let loaded = loaded.map_err(CliError::from);
    let prepared = loaded.and_then(|loaded| prepare(errand, &loaded, console, surroundings, adapters));
    match prepared.and_then(|prepared| carry_out(prepared, &watchers)) {
        Ok(finished) => conclude(errand, finished, &watchers, console),
        Err(error) => {
            // Shown first: a switch may be slow to answer.
            error.print(console.verbosity);
            watchers.never_began(&error);
            Ok(error.exit)
        }
    }
}

/// Whether the run looks at a part only, of which those who watch would take the news for the whole.
fn flags_select(flags: &Flags) -> bool {
    flags.selection != SelectionTexts::default()
}

/// Whether somebody asks on the command line itself that those who watch be told.
fn asks_to_be_watched(flags: &Flags) -> bool {
    [Key::Ping, Key::Metrics].iter().any(|key| flags.layer.entries.contains_key(key))
}

/// A run that has its report, which nobody has seen yet.
struct Finished {
    runtime: tokio::runtime::Runtime,
    report: RunReport,
    settings: Settings,
    output: Box<dyn Output>,
    reports: Reports,
    begun: Begun,
    stop: watch::Receiver<Option<Signal>>,
}

fn carry_out(prepared: Prepared, watchers: &Watchers) -> Result<Finished, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let output = prepared.output;
    let monitor = output.monitor();
    let asking = must_ask(&prepared.settings, Terminals::look(), prepared.stdin);
    let (sender, stop) = watch::channel(None);
    let stopping = stop.clone();
    let (report, begun) = runtime.block_on(async {
        tokio::spawn(signals::watch(sender, output.on_stopping())?);
        let begun = watchers.begin();
        let approver = if asking { output.approver() } else { Arc::new(Preapproved) };
        let ports = Ports {
            provider: prepared.provider,
            received: prepared.received,
            ledger: prepared.ledger,
            monitor,
            approver,
            clock: Arc::new(SystemClock::new()),
            stop,
        };
        Ok::<_, CliError>((Box::pin(run_engine(&ports, &prepared.request)).await, begun))
    })?;
    let settings = prepared.settings;
    Ok(Finished { runtime, report, settings, output, reports: prepared.reports, begun, stop: stopping })
}

/// Shows the report, then tells those who watch; they hear the code that the process ends with.
fn conclude(
    errand: &dyn Errand,
    finished: Finished,
    watchers: &Watchers,
    console: Console,
) -> Result<ExitCode, CliError> {
    let Finished { runtime, mut report, settings, output, reports, begun, stop } = finished;
    errand.judge(&mut report);
    let shown = errand.finish(&report, &settings, output.as_ref());
    if let Err(error) = &shown {
        report.exit_code = error.exit;
    }
    let written = reports.write(&report);
    if let Err(error) = &written {
        report.exit_code = error.exit;
    }
    runtime.block_on(watchers.ended(begun, &report, stop, console));
    // Whatever still blocks has nothing left to tell.
    runtime.shutdown_background();
    if let (Err(_), Err(error)) = (&shown, &written) {
        error.print(console.verbosity);
    }
    shown.and(written).map(|()| report.exit_code)
}

/// Everything a run needs, opened and checked; nothing was sent yet.
struct Prepared {
    settings: Settings,
    request: RunRequest,
    received: Option<Arc<dyn ReceivedLog>>,
    ledger: LedgerAccess,
    provider: Arc<dyn Provider>,
    output: Box<dyn Output>,
    reports: Reports,
    stdin: Stdin,
}

fn prepare(
    errand: &dyn Errand,
    loaded: &Loaded,
    console: Console,
    surroundings: &Surroundings,
    adapters: &dyn Adapters,
) -> Result<Prepared, CliError> {
    loaded.warnings().iter().for_each(|warning| console.warn(warning));
    let mut settings = loaded.settings(errand.job())?;
    let task = errand.task(&mut settings, surroundings.now)?;
    explanation(loaded, &settings).iter().for_each(|line| console.detail(line));
    let mut inputs: Vec<(&'static str, &Path)> = errand.inputs();
    if let Some((what, path)) = errand.output() {
        refuse_needed(loaded, &settings, what, path)?;
        inputs.push((what, path));
    }
    let reports = Reports::open(loaded, &settings, &inputs)?;
    let told = errand.told(&task);
    let request = RunRequest { directions: errand.directions(), ..request(&settings, told, task, surroundings) };
    let output = adapters.output(&settings.output);
    match open_sources(&settings, &request, console, surroundings.now, adapters, output.as_ref()) {
        Ok((received, ledger, provider)) => {
            let stdin = stdin_of(errand, &settings);
            Ok(Prepared { settings, request, received, ledger, provider, output, reports, stdin })
        }
        Err((kind, error)) => {
            // Whoever reads the files is owed one for this outcome too, and never yesterday's.
            let report = report_without_run(&request, settings.policy.mode, surroundings.now, kind, &error);
            match reports.write(&report) {
                Ok(()) => Err(error),
                Err(unwritten) => {
                    error.print(console.verbosity);
                    Err(unwritten)
                }
            }
        }
    }
}

/// What standard input is for.
fn stdin_of(errand: &dyn Errand, settings: &Settings) -> Stdin {
    let mut sources = settings.received.iter().flat_map(|received| &received.sources);
    let is_log = sources.any(|source| matches!(source, ReceivedSource::Stdin));
    if errand.reads_stdin() || is_log { Stdin::Input } else { Stdin::Answers }
}

type Sources = (Option<Arc<dyn ReceivedLog>>, LedgerAccess, Arc<dyn Provider>);

/// Opens everything that a run asks; an error comes with the kind of problem that it is.
fn open_sources(
    settings: &Settings,
    request: &RunRequest,
    console: Console,
    now: DateTime<Utc>,
    adapters: &dyn Adapters,
    output: &dyn Output,
) -> Result<Sources, (ProblemKind, CliError)> {
    let received = settings.received.as_ref().map(|received| adapters.received(received)).transpose();
    let received = received.map_err(|error| (ProblemKind::LogUnreadable, error))?;
    for line in received.iter().flat_map(|log| log.describe()) {
        console.detail(&format!("received log: {line}"));
    }
    let ledger = open_ledger(settings, request, now, adapters, output).map_err(|error| (ProblemKind::Ledger, error))?;
    let provider = adapters.provider(&settings.provider);
    let provider = provider.map_err(|error| (ProblemKind::ProviderUnavailable, error))?;
    Ok((received, ledger, provider))
}

fn request(settings: &Settings, told: Told, task: Task, surroundings: &Surroundings) -> RunRequest {
    let now = surroundings.now;
    let seed = fastrand::u64(..);
    RunRequest {
        run_id: format!("{}-{:08x}", now.format("%Y%m%dT%H%M%SZ"), fastrand::u32(..)),
        command: settings.job.name().to_owned(),
        asked_by: asked_by(&surroundings.environment, &Terminals::look()),
        window: settings.window,
        beginning: settings.beginning,
        scope: settings.scope.clone(),
        task,
        directions: Directions::default(),
        told,
        findings: findings(settings),
        policy: settings.policy,
        seed,
    }
}

/// Whether findings are what the command was asked to fail on.
fn findings(settings: &Settings) -> Findings {
    match (settings.job, settings.policy.mode) {
        (Job::List | Job::Plan, _) | (_, Mode::DryRun) => Findings::Show,
        (Job::Reconcile | Job::Check | Job::Apply | Job::Resend, Mode::Act | Mode::Check) => Findings::Fail,
    }
}

fn open_ledger(
    settings: &Settings,
    request: &RunRequest,
    now: DateTime<Utc>,
    adapters: &dyn Adapters,
    output: &dyn Output,
) -> Result<LedgerAccess, CliError> {
    let purpose = match settings.policy.mode {
        Mode::Act => LedgerUse::Lock,
        Mode::DryRun | Mode::Check => LedgerUse::Read,
    };
    let opened = adapters.ledger(&settings.ledger, purpose, settings.job, now);
    if let Err(error) = &opened
        && error.exit == ExitCode::Locked
        && settings.output.format != Format::Human
    {
        // Whoever reads documents is owed one for this outcome too.
        let report = report_without_run(request, settings.policy.mode, now, ProblemKind::Ledger, error);
        show(output, &report, &View::Report)?;
    }
    opened
}

/// The report of a run that could not begin.
fn report_without_run(
    request: &RunRequest,
    mode: Mode,
    now: DateTime<Utc>,
    kind: ProblemKind,
    error: &CliError,
) -> RunReport {
    let outcome = match error.exit {
        ExitCode::Locked => RunOutcome::Locked,
        ExitCode::Undetermined => RunOutcome::Undetermined,
        ExitCode::Unavailable => RunOutcome::Unavailable,
        ExitCode::Refused => RunOutcome::Refused,
        ExitCode::Usage => RunOutcome::Unusable,
        ExitCode::Interrupted => RunOutcome::Interrupted(Signal::Interrupt),
        ExitCode::Terminated => RunOutcome::Interrupted(Signal::Terminate),
        ExitCode::Clean | ExitCode::Left | ExitCode::Failure => RunOutcome::Failed,
    };
    let problem = Problem {
        kind,
        message: std::iter::once(&error.message).chain(&error.causes).cloned().collect::<Vec<_>>().join(": "),
        hint: error.hints.first().cloned().unwrap_or_default(),
    };
    RunReport {
        run_id: request.run_id.clone(),
        command: request.command.clone(),
        mode,
        started_at: now,
        finished_at: now,
        window: request.window,
        selection: String::new(),
        told: Told::Unsettled,
        planned: Plan::default(),
        audit: None,
        outcome,
        exit_code: ExitCode::of(outcome, Findings::Fail),
        totals: Counts::default(),
        seen: Counts::default(),
        rounds: 0,
        requests: Requests::default(),
        webhooks: Vec::new(),
        problems: vec![problem],
    }
}

/// Shows a report on standard output.
///
/// # Errors
/// When standard output can't be written.
pub fn show(output: &dyn Output, report: &RunReport, view: &View) -> Result<(), CliError> {
    unless_closed(output.finish(report, view)).map_err(|error| {
        let shown = CliError::of(ExitCode::Failure, &error);
        CliError { message: format!("can't write the report to standard output: {}", shown.message), ..shown }
    })
}

/// What was resolved and where it was set, one line each, for `-v`.
fn explanation(loaded: &Loaded, settings: &Settings) -> Vec<String> {
    let stamp = |instant: DateTime<Utc>| instant.to_rfc3339_opts(SecondsFormat::Secs, true);
    let file = loaded.file().map_or_else(|| "none found".to_owned(), |path| path.display().to_string());
    let mut lines = vec![
        format!("settings file: {file}"),
        match settings.beginning {
            Beginning::AsGiven => {
                format!("window: from {} to {} (UTC)", stamp(settings.window.from()), stamp(settings.window.to()))
            }
            Beginning::WhereProvenEnds => format!(
                "window: from where the last proven clean run ended, or {}, to {} (UTC)",
                stamp(settings.window.from()),
                stamp(settings.window.to())
            ),
        },
    ];
    lines.extend(settings.notes.iter().map(|note| format!("note: {note}")));
    lines.push(format!("webhooks: {}", describe_scope(&settings.scope)));
    if !settings.selection.is_everything() {
        lines.push(format!("only events of: {}", settings.selection.words()));
    }
    lines.push(format!("ledger: {}", settings.ledger.display()));
    lines.extend(
        loaded.explain().iter().map(|setting| format!("{} = {}  ({})", setting.name, setting.value, setting.origin)),
    );
    lines
}

fn describe_scope(scope: &Scope) -> String {
    let describe = |webhook: &WebhookRef| match webhook {
        WebhookRef::Id(id, Some(name)) => format!("{name} ({id})"),
        WebhookRef::Id(id, None) => id.to_string(),
        WebhookRef::EventType(event_type) => format!("all of type {event_type}"),
    };
    match scope {
        Scope::AllWebhooks => "all that the keys can see".to_owned(),
        Scope::Webhooks(webhooks) => webhooks.iter().map(describe).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests;
