//! The engine: drives list → prove → diff → plan → resend → confirm over the ports.

use std::sync::Arc;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::event::{WebhookId, Window};
use crate::ledger::{History, Journal};
use crate::monitor::Monitor;
use crate::outcome::Signal;
use crate::policy::Policy;
use crate::provider::Provider;
use crate::received::ReceivedLog;
use crate::run_report::RunReport;

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
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Holds a signal once the run is to stop.
    pub stop: watch::Receiver<Option<Signal>>,
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

/// What a run is asked to do.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// The run's id.
    pub run_id: String,
    /// The command, such as `reconcile`.
    pub command: String,
    /// The window.
    pub window: Window,
    /// The webhooks.
    pub scope: Scope,
    /// What it may do.
    pub policy: Policy,
    /// The seed of the jitter.
    pub seed: u64,
}

/// Runs to the end and reports; whatever goes wrong is part of the report.
pub async fn run(_ports: &Ports, _request: &RunRequest) -> RunReport {
    todo!("the engine lands next")
}
