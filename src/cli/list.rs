//! `hookmend list`: the events of a window as a table, and how they lie in time. It only looks.

use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use crate::cli::errors::CliError;
use crate::cli::flags::{
    EventFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, SelectFlags, VendorFlags,
};
use crate::cli::run::{Errand, show};
use crate::cli::wiring::Output;
use crate::config::{Job, Layer, SelectionTexts, Settings};
use crate::event::DeliveryStatus;
use crate::reconcile::Task;
use crate::report::view::{Listing, SortBy, View};
use crate::run_report::{RunReport, Told};
use crate::selection::Selection;

/// Flags of `list`.
#[derive(Clone, Debug, Default, Args)]
pub struct ListArgs {
    #[command(flatten)]
    events: EventFlags,
    #[command(flatten)]
    select: SelectFlags,
    /// List at most this many; the picture and the counts are those of all
    #[arg(long, value_name = "N", help_heading = "Which events")]
    limit: Option<u64>,
    /// By what to sort
    #[arg(long, value_name = "KEY", value_enum, default_value_t, help_heading = "Output")]
    sort: Sort,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
}

/// By what a list is sorted, as the command line names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Sort {
    #[default]
    Oldest,
    Newest,
    Verdict,
    StatusCode,
    Webhook,
    Id,
}

/// What `list` wants of a run.
#[derive(Clone, Copy, Debug)]
pub struct ListErrand {
    limit: Option<u64>,
    sort: SortBy,
}

impl ListArgs {
    /// What the command wants of a run.
    pub fn errand(&self) -> ListErrand {
        let sort = match self.sort {
            Sort::Oldest => SortBy::Oldest,
            Sort::Newest => SortBy::Newest,
            Sort::Verdict => SortBy::Verdict,
            Sort::StatusCode => SortBy::StatusCode,
            Sort::Webhook => SortBy::Webhook,
            Sort::Id => SortBy::Id,
        };
        ListErrand { limit: self.limit, sort }
    }

    /// Adds these flags to the layer and tells what they select.
    pub fn put(self, layer: &mut Layer) -> SelectionTexts {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.report.put(layer);
        self.select.texts()
    }
}

impl Errand for ListErrand {
    fn job(&self) -> Job {
        Job::List
    }

    /// The failed ones, unless somebody says which.
    fn task(&self, settings: &mut Settings, _now: DateTime<Utc>) -> Result<Task, CliError> {
        let selection = &mut settings.selection;
        if selection.statuses.is_empty() && selection.verdicts.is_empty() {
            selection.statuses = match selection.ids.is_empty() {
                true => DeliveryStatus::UNDELIVERED.to_vec(),
                // Whoever names an event wants to see it, whatever became of it.
                false => DeliveryStatus::ALL.to_vec(),
            };
        }
        Ok(Task::Window(selection.clone()))
    }

    fn told(&self, task: &Task) -> Told {
        match task {
            Task::Window(selection) if selection.wants_delivered() => Told::Everything,
            Task::Window(_) | Task::Exactly { .. } => Told::Unsettled,
        }
    }

    fn judge(&self, report: &mut RunReport) {
        let usual = Selection { statuses: DeliveryStatus::UNDELIVERED.to_vec(), ..Selection::default() };
        if report.selection == usual.words() {
            // What the command is for needs no mention.
            report.selection.clear();
        }
    }

    fn finish(&self, report: &RunReport, _settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        // What is listed may be less than what was found, and the files tell of all of it.
        let mut report = report.clone();
        let listing = Listing::of(&mut report, self.sort, self.limit);
        show(output, &report, &View::List(Box::new(listing)))
    }
}
