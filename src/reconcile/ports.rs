//! The outside world and the task as a run is given them: what it may use, and what it is asked to do.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::event::{EventId, WebhookId, Window};
use crate::exit::Findings;
use crate::ledger::{History, Journal};
use crate::monitor::Monitor;
use crate::outcome::Signal;
use crate::policy::Policy;
use crate::provider::Provider;
use crate::received::ReceivedLog;
use crate::run_report::Told;
use crate::selection::{Selection, VerdictKind};

/// The ledger as far as a run may use it.
#[derive(Clone)]
pub enum LedgerAccess {
    /// The lock is held: the run may resend.
    Write(Arc<dyn Journal>),
    /// Only what earlier runs recorded can be read.
    Read(Arc<dyn History>),
    /// There is no ledger yet, and none is needed.
    None,
}

/// The outside world as a run sees it.
#[derive(Clone)]
pub struct Ports {
    /// The vendor.
    pub provider: Arc<dyn Provider>,
    /// The integrator's log, if one was given.
    pub received: Option<Arc<dyn ReceivedLog>>,
    /// The ledger.
    pub ledger: LedgerAccess,
    /// Who watches.
    pub monitor: Arc<dyn Monitor>,
    /// Who says whether the plan may be carried out.
    pub approver: Arc<dyn Approver>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Holds a signal once the run is to stop.
    pub stop: watch::Receiver<Option<Signal>>,
}

/// Says once, before the first resend, whether the plan may be carried out.
#[async_trait::async_trait]
pub trait Approver: Send + Sync {
    /// Looks at the plan and decides.
    async fn approve(&self, plan: &PlanSummary) -> Approval;
}

/// What the approver is shown: how many resends, for which webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSummary {
    /// Each webhook with resends: its name and how many.
    pub webhooks: Vec<(String, u64)>,
    /// The creation time of the oldest event.
    pub oldest: Option<DateTime<Utc>>,
    /// The creation time of the youngest event.
    pub youngest: Option<DateTime<Utc>>,
}

/// An approver's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Approval {
    /// Carry it out.
    Granted,
    /// Send nothing.
    Denied,
}

/// The approver of unattended runs: the settings were the approval.
#[derive(Clone, Copy, Debug, Default)]
pub struct Preapproved;

#[async_trait::async_trait]
impl Approver for Preapproved {
    async fn approve(&self, _plan: &PlanSummary) -> Approval {
        Approval::Granted
    }
}

/// Which webhooks a run looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All that the keys can see.
    AllWebhooks,
    /// These.
    Webhooks(Vec<WebhookRef>),
}

/// One webhook as a person names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookRef {
    /// By id, with the name from the settings if it has one there.
    Id(WebhookId, Option<String>),
    /// By event type: all webhooks of that type.
    EventType(String),
}

/// Where the window of a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// Where the window says.
    AsGiven,
    /// Where what is proven clean ends, less an overlap; where nothing is proven, as the window says.
    WhereProvenEnds,
}

/// What a run is to work on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// What the window holds, as far as it is selected.
    Window(Selection),
    /// Exactly these events, each at most once.
    Exactly {
        /// The events.
        events: Vec<WantedEvent>,
        /// What they are, for people, such as `10 of the 74 events of the plan`.
        words: String,
    },
}

/// One event that a run is to bring to its receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedEvent {
    /// The event.
    pub event: EventId,
    /// Who wants it.
    pub wanted_by: WantedBy,
}

/// Who wants an event resent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WantedBy {
    /// A person who names nothing but its id.
    Hand,
    /// A plan that was made before.
    Plan {
        /// The event's webhook.
        webhook: WebhookId,
        /// When it was created.
        created_at: Option<DateTime<Utc>>,
        /// What was thought of it then.
        verdict: VerdictKind,
    },
}

/// In which directions the vendor and the log are held against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Directions {
    /// Every event that the vendor lists is looked for in the log.
    #[default]
    VendorToLog,
    /// Also every id that the log holds is looked for at the vendor, which lists delivered events as well.
    Both,
}

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The run's id.
    pub run_id: String,
    /// The command, such as `reconcile`.
    pub command: String,
    /// Who or what asked for it.
    pub asked_by: String,
    /// The window.
    pub window: Window,
    /// Whether the window is taken as it is.
    pub beginning: Beginning,
    /// The webhooks.
    pub scope: Scope,
    /// What of them it is to work on.
    pub task: Task,
    /// In which directions it compares.
    pub directions: Directions,
    /// Which events its report tells of one by one.
    pub told: Told,
    /// Whether what it finds sets its exit code.
    pub findings: Findings,
    /// What it may do.
    pub policy: Policy,
    /// The seed of the jitter.
    pub seed: u64,
}
