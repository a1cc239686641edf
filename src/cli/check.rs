//! `hookmend check`: a gate. The diff of a reconcile, reads only, and the code that the gate gives it.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use crate::cli::console;
use crate::cli::errors::CliError;
use crate::cli::flags::{
    EventFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, SelectFlags, VendorFlags, WatchFlags,
};
use crate::cli::run::{Errand, show};
use crate::cli::wiring::Output;
use crate::config::values::{duration, number};
use crate::config::{Environment, Format, Job, Layer, SelectionTexts, Settings};
use crate::exit::ExitCode;
use crate::gate::Gate;
use crate::reconcile::{Directions, Task};
use crate::report::annotations;
use crate::report::view::View;
use crate::run_report::RunReport;

/// The variable by which GitHub's runner makes itself known.
const GITHUB: &str = "GITHUB_ACTIONS";

/// Flags of `check`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    events: EventFlags,
    #[command(flatten)]
    select: SelectFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    /// Let so many events that are left pass; a team can start from where it is [default: 0]
    #[arg(long, value_name = "N", help_heading = "What may be done")]
    max_missing: Option<String>,
    /// Compare both ways: list delivered events too, and look for every id of the log at the vendor
    #[arg(long, help_heading = "What may be done", conflicts_with_all = ["status", "verdict", "status_code", "id"])]
    audit: bool,
    /// Fail only for events older than this; younger ones that are left are a warning
    #[arg(long, value_name = "D", help_heading = "What may be done")]
    max_age: Option<String>,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    watch: WatchFlags,
    #[command(flatten)]
    report: ReportFlags,
}

impl CheckArgs {
    /// What the command wants of a run.
    ///
    /// # Errors
    /// When what may pass can't be understood.
    pub fn errand(&self, environment: &Environment) -> Result<CheckErrand, CliError> {
        let unusable = |flag: &str, unusable: crate::config::error::Unusable| {
            let error = CliError::new(ExitCode::Usage, format!("{flag}: {}", unusable.message));
            unusable.hint.into_iter().fold(error, CliError::hint)
        };
        let max_missing = match &self.max_missing {
            Some(text) => {
                number::parse_count(text, &(0..=u64::MAX)).map_err(|error| unusable("--max-missing", error))?
            }
            None => 0,
        };
        let max_age: Option<TimeDelta> = match &self.max_age {
            Some(text) => Some(duration::parse(text).map_err(|error| unusable("--max-age", error))?),
            None => None,
        };
        let annotates = matches!(environment.text(GITHUB), Ok(Some("true")));
        let directions = if self.audit { Directions::Both } else { Directions::VendorToLog };
        Ok(CheckErrand { gate: Gate { max_missing, max_age }, directions, annotates })
    }

    /// Adds these flags to the layer and tells what they select.
    pub fn put(self, layer: &mut Layer) -> SelectionTexts {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.watch.put(layer);
        self.report.put(layer);
        self.select.texts()
    }
}

/// What `check` wants of a run.
#[derive(Clone, Copy, Debug)]
pub struct CheckErrand {
    gate: Gate,
    directions: Directions,
    /// Whether a runner reads annotations from the output.
    annotates: bool,
}

impl Errand for CheckErrand {
    fn job(&self) -> Job {
        Job::Check
    }

    fn task(&self, settings: &mut Settings, _now: DateTime<Utc>) -> Result<Task, CliError> {
        if self.directions == Directions::Both && settings.received.is_none() {
            return Err(CliError::new(ExitCode::Usage, "--audit needs a received log to hold against the vendor")
                .hint("name it with --received"));
        }
        Ok(Task::Window(settings.selection.clone()))
    }

    fn directions(&self) -> Directions {
        self.directions
    }

    fn judge(&self, report: &mut RunReport) {
        self.gate.judge(report);
    }

    fn finish(&self, report: &RunReport, settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        show(output, report, &View::Report)?;
        if self.annotates {
            // A document on standard output must stay one; the runner reads both streams.
            let written = match settings.output.format {
                Format::Human => annotations::write(report, &mut std::io::stdout().lock()),
                Format::Json | Format::Jsonl => annotations::write(report, &mut std::io::stderr().lock()),
            };
            console::unless_closed(written)?;
        }
        Ok(())
    }
}
