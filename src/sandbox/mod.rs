//! The sandbox: a simulator of the vendor with a flaky receiver behind it.
//!
//! It is correct by default; each wrong or doubtful behaviour of the vendor is a [`Fault`] that can
//! be switched on, also while it runs. It keeps the truth, so that a test can judge the client:
//! what the receiver holds, how often it was tried, and every call that arrived.
//!
//! It never imports anything of the rest of the crate. Client and simulator share no types, or they
//! would share their mistakes.
//!
//! | file | what it owns |
//! |---|---|
//! | `plan`, `scenario` | what a world starts as, and how a file says it |
//! | `bulk`, `payload` | events computed from a seed, and what they are about |
//! | `world`, `receiver` | state and truth |
//! | `delivery`, `hook` | events on their way to the receiver; real HTTP to somebody's own |
//! | `control`, `journal` | how a test suite steers the sandbox; what happened, line by line |
//! | `faults`, `rules`, `active` | the catalogue of faults; when they strike; which of them strike a request |
//! | `routes`, `gateway`, `api`, `listing` | paths, the gateway's answers, the vendor's answers |
//! | `wire`, `answers` | JSON and times, bodies |
//! | `server`, `shared`, `calls`, `moments`, `truth` | sockets, what tasks share, recorded calls, who is told of them, questions to the truth |

mod active;
mod answers;
mod api;
mod bulk;
mod calls;
mod control;
mod delivery;
mod faults;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod gateway;
mod hook;
mod journal;
mod listing;
mod moments;
mod payload;
mod plan;
mod receiver;
mod routes;
mod rules;
mod scenario;
mod server;
mod shared;
#[cfg(test)]
mod tests;
mod truth;
mod wire;
mod world;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

pub use calls::Call;
pub use control::CONTROLS;
pub use faults::{Allowance, CATALOGUE, Fault, Operation, ThrottleHint};
pub use hook::{HookCall, HookError, Target, TargetError};
pub use moments::{Moment, Stage};
pub use plan::{EventPlan, EventState, InitialLog, Mix, WebhookPlan, WorldPlan};
pub use receiver::{Availability, Deliveries, Mishap, ReceiverError, ReceiverPlan};
pub use rules::{FaultError, FaultRule};
pub use scenario::{Behind, Scenario, ScenarioError, Wishes};
pub use truth::Truth;

use server::Server;
use shared::Shared;

/// A running simulator; dropping it closes its port and removes its temporary files.
#[derive(Debug)]
pub struct Sandbox {
    shared: Arc<Shared>,
    _server: Server,
    _folder: Option<TempDir>,
}

impl Sandbox {
    /// Starts a sandbox on the loopback interface. It runs on a thread of its own, so this may be
    /// called with or without a runtime.
    ///
    /// # Errors
    /// When the port is taken, or the received log can't be written or already holds something.
    pub fn start(plan: WorldPlan) -> io::Result<Self> {
        let folder = if plan.received.is_none() { Some(tempfile::tempdir()?) } else { None };
        let path = match (&plan.received, &folder) {
            (Some(path), _) => path.clone(),
            (None, Some(folder)) => folder.path().join("received.jsonl"),
            (None, None) => return Err(io::Error::other("there is no place for the received log")),
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, plan.port))?;
        let shared = Arc::new(Shared::new(listener.local_addr()?, path, plan)?);
        let server = Server::start(listener, Arc::clone(&shared))?;
        Ok(Self { shared, _server: server, _folder: folder })
    }

    /// Waits until everything that the plan wants delivered at the start was tried.
    pub async fn first_deliveries(&self) {
        // The sender lives as long as the sandbox.
        let _ = self.shared.begun.subscribe().wait_for(|begun| *begun).await;
    }

    /// Where a test suite steers the sandbox, without a slash at the end.
    pub fn control_url(&self) -> String {
        format!("http://{}{}", self.shared.address, control::BASE_PATH)
    }

    /// Where the vendor's API is, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}{}", self.shared.address, routes::BASE_PATH)
    }

    /// The key the gateway asks for.
    pub fn subscription_key(&self) -> &str {
        &self.shared.subscription_key
    }

    /// The key that what stands behind the gateway asks for.
    pub fn api_key(&self) -> &str {
        &self.shared.api_key
    }

    /// The webhooks, in the order of the plan.
    pub fn webhooks(&self) -> Vec<WebhookPlan> {
        let world = self.shared.world();
        let webhook = |subscription: &world::Subscription| WebhookPlan {
            id: subscription.id.clone(),
            event_type: subscription.event_type.clone(),
            url: subscription.url.clone(),
        };
        world.subscriptions.iter().map(webhook).collect()
    }

    /// The file the receiver logs to.
    pub fn received_log(&self) -> &Path {
        &self.shared.received_log
    }

    /// What really happened.
    pub fn world(&self) -> Truth {
        Truth::new(Arc::clone(&self.shared))
    }

    /// Switches a fault on, beside those that are on already.
    pub fn set_fault(&self, rule: impl Into<FaultRule>) {
        self.shared.rules().add(rule.into());
    }

    /// Switches every fault of the vendor off; the receiver stays as it is.
    pub fn clear_faults(&self) {
        self.shared.rules().clear();
    }

    /// The faults that are on.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.rules().in_force()
    }

    /// Puts another receiver behind the vendor; what the old one holds stays held. Generated poison
    /// is forgotten: this is how a person repairs the receiver.
    pub fn set_receiver(&self, receiver: ReceiverPlan) {
        self.shared.world().receiver.set_plan(receiver);
    }

    /// Tells `witness` of every call from now on, while it waits: at each [`Stage`] of it. A test can so
    /// kill the client, or change the world, at exactly that moment. A later witness replaces it.
    pub fn witness(&self, witness: impl Fn(Moment) + Send + Sync + 'static) {
        self.shared.moments.set(Arc::new(witness));
    }

    /// Adds an event; it is not written to the received log, whatever its plan says.
    pub fn add_event(&self, event: EventPlan) {
        self.shared.world().place(EventPlan { in_log: false, ..event });
    }
}
