//! `hookmend apply`: carries out a plan that `hookmend plan` wrote, exactly.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, ValueHint};

use crate::cli::errors::CliError;
use crate::cli::flags::{
    AgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, ResendFlags, VendorFlags, put_switch,
};
use crate::cli::run::{Errand, show};
use crate::cli::wiring::Output;
use crate::config::values::duration;
use crate::config::{Job, Key, Layer, Settings, no_received_log};
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::plan_file::{self, PlanFileError};
use crate::reconcile::{Scope, Task, WantedBy, WantedEvent, WebhookRef};
use crate::report::text::{counted, grouped};
use crate::report::view::View;
use crate::run_report::RunReport;
use crate::saved_plan::{Bound, Refusal, SavedPlan};

/// How old a plan may be, as a person would write it.
const STALE_AFTER: &str = "24h";

/// Flags of `apply`.
#[derive(Clone, Debug, Default, Args)]
pub struct ApplyArgs {
    /// The plan; - for standard input
    #[arg(value_name = "PLAN", value_hint = ValueHint::FilePath)]
    plan: PathBuf,
    /// Refuse a plan that is older than this
    #[arg(long, value_name = "D", default_value = STALE_AFTER, help_heading = "What may be done")]
    stale_after: String,
    #[command(flatten)]
    age: AgeFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    /// Trust the log without proof
    #[arg(long, help_heading = "What may be done")]
    no_proof: bool,
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

/// What `apply` wants of a run.
#[derive(Clone, Debug)]
pub struct ApplyErrand {
    path: PathBuf,
    plan: SavedPlan,
    stale_after: TimeDelta,
}

impl ApplyArgs {
    /// Reads the plan.
    ///
    /// # Errors
    /// When it can't be read or is none.
    pub fn errand(&self) -> Result<ApplyErrand, CliError> {
        let stale_after = duration::parse(&self.stale_after).map_err(|unusable| {
            let error = CliError::new(ExitCode::Usage, format!("--stale-after: {}", unusable.message));
            error.hint(unusable.hint.unwrap_or_else(|| "write a length of time, such as 24h or 3d".to_owned()))
        })?;
        let read = |input: &mut dyn BufRead| plan_file::read(input);
        let plan = if self.plan.as_os_str() == "-" {
            read(&mut std::io::stdin().lock())
        } else {
            File::open(&self.plan).map_err(PlanFileError::Io).and_then(|file| read(&mut BufReader::new(file)))
        };
        let plan = plan.map_err(|error| unusable(&self.plan, &error))?;
        Ok(ApplyErrand { path: self.plan.clone(), plan, stale_after })
    }

    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.age.put(layer);
        self.received.put(layer);
        put_switch(layer, Key::NoProof, self.no_proof);
        self.resend.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.report.put(layer);
    }
}

impl ApplyErrand {
    /// What the plan holds of what there was when it was made.
    fn words(&self) -> String {
        let (left, planned) = (self.plan.resends.len() as u64, self.plan.planned);
        let events = match planned.saturating_sub(left) {
            0 => counted(planned, "event of the plan", "events of the plan"),
            _ => format!("{} of the {}", grouped(left), counted(planned, "event of the plan", "events of the plan")),
        };
        match self.plan.selection.as_str() {
            "" => events,
            selection => format!("{events}, which was made for {selection}"),
        }
    }
}

impl Errand for ApplyErrand {
    fn job(&self) -> Job {
        Job::Apply
    }

    fn task(&self, settings: &mut Settings, now: DateTime<Utc>) -> Result<Task, CliError> {
        let base_url = settings.provider.base_url.to_string();
        let bound = Bound { provider: settings.provider.kind.name(), base_url: &base_url };
        self.plan.check(now, self.stale_after, bound).map_err(|refusal| refused(&self.path, &refusal))?;
        if settings.received.is_none() && !self.plan.resend.idempotent {
            return Err(CliError::from(no_received_log()).instead("name the log of received event ids with --received"));
        }
        let has_resends: HashSet<&WebhookId> = self.plan.resends.iter().map(|resend| &resend.webhook).collect();
        let webhooks = self.plan.webhooks.iter().filter(|(id, _)| has_resends.contains(id));
        let reference = |(id, name): &(WebhookId, String)| WebhookRef::Id(id.clone(), Some(name.clone()));
        settings.scope = Scope::Webhooks(webhooks.map(reference).collect());
        settings.window = self.plan.window;
        settings.policy.resend = self.plan.resend;
        let wanted = self.plan.resends.iter().map(|resend| WantedEvent {
            event: resend.event.clone(),
            wanted_by: WantedBy::Plan {
                webhook: resend.webhook.clone(),
                created_at: resend.created_at,
                verdict: resend.verdict,
            },
        });
        Ok(Task::Exactly { events: wanted.collect(), words: self.words() })
    }

    fn inputs(&self) -> Vec<(&'static str, &Path)> {
        vec![("the plan", &self.path)]
    }

    fn reads_stdin(&self) -> bool {
        self.path.as_os_str() == "-"
    }

    fn finish(&self, report: &RunReport, _settings: &Settings, output: &dyn Output) -> Result<(), CliError> {
        show(output, report, &View::Report)
    }
}

fn unusable(path: &Path, error: &PlanFileError) -> CliError {
    let shown = CliError::of(ExitCode::Usage, error);
    let hint = match error {
        PlanFileError::Io(_) => "check the path of the plan",
        PlanFileError::NotAPlan(_) => "write one with `hookmend plan -o FILE`",
        PlanFileError::Newer(_) => "use the hookmend that wrote it, or write it anew with this one",
        PlanFileError::Altered { .. } => "take back the change or make the plan anew; lines can only be removed",
    };
    CliError { message: format!("{}: {}", path.display(), shown.message), ..shown }.hint(hint)
}

fn refused(path: &Path, refusal: &Refusal) -> CliError {
    let hint = match refusal {
        Refusal::Stale { .. } => "make it anew, or raise --stale-after if it still is what you want",
        Refusal::Future(_) => "check this machine's clock",
        Refusal::Elsewhere { .. } => "use the settings with which it was made; see --base-url and --config",
    };
    CliError::new(ExitCode::Usage, format!("{}: {refusal}", path.display())).hint(hint)
}
