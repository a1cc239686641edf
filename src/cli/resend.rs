//! `hookmend resend`: events that a person names by their ids, each once.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args, ValueHint};

use crate::cli::errors::CliError;
use crate::cli::flags::{
    AgeFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, ResendFlags, ScopeFlags, VendorFlags,
};
use crate::cli::ids;
use crate::cli::run::{Errand, show};
use crate::cli::wiring::Output;
use crate::config::{Job, Layer, Settings};
use crate::event::EventId;
use crate::reconcile::{Task, WantedBy, WantedEvent};
use crate::report::text::counted;
use crate::report::view::View;
use crate::run_report::{RunReport, Told};

/// Flags of `resend`.
#[derive(Clone, Debug, Default, Args)]
#[command(group = ArgGroup::new("named").required(true).multiple(true).args(["ids", "from_file"]))]
pub struct ResendArgs {
    /// Ids of events; - reads them from standard input, one a line
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Take the ids from this file, one a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Which events")]
    from_file: Option<PathBuf>,
    #[command(flatten)]
    scope: ScopeFlags,
    #[command(flatten)]
    age: AgeFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    #[command(flatten)]
    resend: ResendFlags,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
}

/// What `resend` wants of a run.
#[derive(Clone, Debug)]
pub struct ResendErrand {
    ids: Vec<EventId>,
    reads_stdin: bool,
}

impl ResendArgs {
    /// Reads the ids.
    ///
    /// # Errors
    /// When a source can't be read, a text can't be an id, or there is none at all.
    pub fn errand(&self) -> Result<ResendErrand, CliError> {
        let ids = ids::read(&self.ids, self.from_file.as_deref(), "see what has failed with `hookmend list`")?;
        let from_file = self.from_file.as_deref().and_then(Path::to_str);
        let reads_stdin = self.ids.iter().map(String::as_str).chain(from_file).any(|source| source == ids::STDIN);
        Ok(ResendErrand { ids, reads_stdin })
    }

    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.scope.put(layer);
        self.age.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.resend.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.report.put(layer);
    }
}

impl Errand for ResendErrand {
    fn job(&self) -> Job {
        Job::Resend
    }

    fn task(&self, _settings: &mut Settings, _now: DateTime<Utc>) -> Result<Task, CliError> {
        let wanted = |id: &EventId| WantedEvent { event: id.clone(), wanted_by: WantedBy::Hand };
        let words = counted(self.ids.len() as u64, "event named by hand", "events named by hand");
        Ok(Task::Exactly { events: self.ids.iter().map(wanted).collect(), words })
    }

    fn reads_stdin(&self) -> bool {
        self.reads_stdin
    }

    fn told(&self, _task: &Task) -> Told {
        Told::Everything
    }

    fn finish(&self, report: &RunReport, _settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        show(output, report, &View::Results(self.ids.clone()))
    }
}
