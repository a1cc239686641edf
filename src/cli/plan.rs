//! `hookmend plan`: the diff of a reconcile, kept in a file instead of carried out.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{Args, ValueHint};
use tempfile::Builder;

use crate::cli::console;
use crate::cli::errors::CliError;
use crate::cli::flags::{
    EventFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, SelectFlags, VendorFlags,
};
use crate::cli::run::{Errand, show};
use crate::cli::wiring::Output;
use crate::config::{Format, Job, Key, Layer, SelectionTexts, Settings};
use crate::exit::ExitCode;
use crate::outcome::RunOutcome;
use crate::plan_file;
use crate::reconcile::Task;
use crate::report::view::View;
use crate::run_report::RunReport;
use crate::saved_plan::{Bound, SavedPlan};

/// Flags of `plan`.
#[derive(Clone, Debug, Default, Args)]
pub struct PlanArgs {
    /// Where to write the plan; - for standard output
    #[arg(long, short = 'o', value_name = "FILE", required = true, value_hint = ValueHint::FilePath, help_heading = "Output")]
    output: PathBuf,
    /// Replace the file if it is there; it may hold a plan that somebody has cut down
    #[arg(long, help_heading = "Output")]
    force: bool,
    #[command(flatten)]
    events: EventFlags,
    #[command(flatten)]
    select: SelectFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    /// Resends of a run; a larger plan is written with a warning [default: 10000]
    #[arg(long, value_name = "N", help_heading = "Bounds")]
    max_resends: Option<String>,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    shown: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
}

impl PlanArgs {
    /// What the command wants of a run.
    pub fn errand(&self) -> PlanErrand {
        let target = match self.output.as_os_str() == "-" {
            true => Target::Stdout,
            false => Target::File { path: self.output.clone(), replaces: self.force },
        };
        PlanErrand { target }
    }

    /// Adds these flags to the layer and tells what they select.
    pub fn put(self, layer: &mut Layer) -> SelectionTexts {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        layer.flag(Key::MaxResends, self.max_resends);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.shown.put(layer);
        self.report.put(layer);
        self.select.texts()
    }
}

/// Where a plan goes.
#[derive(Clone, Debug)]
enum Target {
    Stdout,
    File { path: PathBuf, replaces: bool },
}

/// What `plan` wants of a run.
#[derive(Clone, Debug)]
pub struct PlanErrand {
    target: Target,
}

impl Errand for PlanErrand {
    fn job(&self) -> Job {
        Job::Plan
    }

    /// A plan that could not be kept is not made.
    fn task(&self, settings: &mut Settings, _now: DateTime<Utc>) -> Result<Task, CliError> {
        match &self.target {
            Target::Stdout if settings.output.format != Format::Human => {
                return Err(CliError::new(ExitCode::Usage, "the plan and the report can't both go to standard output")
                    .hint("write the plan to a file with -o FILE, or leave out --format"));
            }
            Target::Stdout => {}
            Target::File { path, replaces } => look_at(path, *replaces)?,
        }
        Ok(Task::Window(settings.selection.clone()))
    }

    fn output(&self) -> Option<(&'static str, &Path)> {
        match &self.target {
            Target::Stdout => None,
            Target::File { path, .. } => Some(("the plan", path)),
        }
    }

    fn finish(&self, report: &RunReport, settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        let is_made = match report.outcome {
            RunOutcome::Clean | RunOutcome::Left | RunOutcome::Undetermined => true,
            RunOutcome::Unavailable
            | RunOutcome::Refused
            | RunOutcome::Locked
            | RunOutcome::Interrupted(_)
            | RunOutcome::Unusable
            | RunOutcome::Failed => false,
        };
        if !is_made {
            return show(output, report, &View::Report);
        }
        let base_url = settings.provider.base_url.to_string();
        let bound = Bound { provider: settings.provider.kind.name(), base_url: &base_url };
        let plan = SavedPlan::of(report, bound, settings.policy.resend);
        let mut bytes = Vec::new();
        plan_file::write(&plan, &mut bytes)?;
        match &self.target {
            Target::Stdout => Ok(console::print(&bytes)?),
            Target::File { path, replaces } => {
                // The report first: whatever becomes of the file, a person sees what was found.
                show(output, report, &View::Report)?;
                keep(path, *replaces, &bytes)?;
                if settings.output.format == Format::Human {
                    console::Console { verbosity: settings.output.verbosity }.note(&next_step(path, &plan));
                }
                Ok(())
            }
        }
    }
}

fn next_step(path: &Path, plan: &SavedPlan) -> String {
    let path = path.display();
    match plan.planned {
        0 => format!("plan written to {path}; there is nothing in it to resend"),
        1 => format!("plan written to {path}: 1 resend; carry it out with `hookmend apply {path}`"),
        many => format!(
            "plan written to {path}: {many} resends, one a line; remove what is not to be resent, then `hookmend apply {path}`"
        ),
    }
}

/// Whether a plan can be written there, before anything is asked of the vendor.
fn look_at(path: &Path, replaces: bool) -> Result<(), CliError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => {
            return Err(CliError::new(ExitCode::Usage, format!("{} is a folder", path.display()))
                .hint("name a file in it with -o"));
        }
        Ok(_) if !replaces => return Err(taken(path)),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(unwritable(path, &error)),
    }
    // What can't be written to is found out by writing, beside the place and without a trace.
    temporary(path).map(drop).map_err(|error| unwritable(path, &error))
}

fn temporary(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Builder::new().prefix(".hookmend-").suffix(".tmp").tempfile_in(folder)
}

/// Puts the plan in its place in one step, readable for its owner only.
fn keep(path: &Path, replaces: bool, bytes: &[u8]) -> Result<(), CliError> {
    let written = temporary(path).and_then(|file| {
        let mut writer = BufWriter::new(file);
        writer.write_all(bytes)?;
        let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.as_file().sync_all()?;
        let kept = if replaces { file.persist(path) } else { file.persist_noclobber(path) };
        kept.map(drop).map_err(|error| error.error)
    });
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(taken(path)),
        Err(error) => Err(CliError { exit: ExitCode::Failure, ..unwritable(path, &error) }),
    }
}

fn taken(path: &Path) -> CliError {
    CliError::new(ExitCode::Usage, format!("there is a file {} already", path.display()))
        .hint("name another with -o; --force replaces it")
}

fn unwritable(path: &Path, error: &io::Error) -> CliError {
    CliError::new(ExitCode::Usage, format!("can't write the plan to {}: {error}", path.display()))
        .hint("check the folder and its permissions, or name another file with -o")
}
