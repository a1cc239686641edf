//! What the server's tasks and the sandbox's owner share, each part behind its own lock.
//!
//! No lock is ever held across a wait, and no two at the same time.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::active::Rules;
use super::calls::CallLog;
use super::hook::Hook;
use super::journal::Journal;
use super::moments::Moments;
use super::plan::{InitialLog, WorldPlan};
use super::receiver::{ReceivedFile, Receiver};
use super::world::World;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) subscription_key: String,
    pub(super) api_key: String,
    pub(super) received_log: PathBuf,
    /// What everything goes back to when the sandbox is started over.
    pub(super) plan: WorldPlan,
    /// Brings events to real receivers; without it the receiver is simulated.
    pub(super) hook: Option<Hook>,
    /// Held while the world's beginning is made, so that two of them never mix.
    pub(super) beginning: tokio::sync::Mutex<()>,
    /// Whether the first deliveries are over.
    pub(super) begun: watch::Sender<bool>,
    log: ReceivedFile,
    world: Mutex<World>,
    rules: Mutex<Rules>,
    calls: Mutex<CallLog>,
    journal: Mutex<Journal>,
    pub(super) moments: Moments,
}

/// A panic elsewhere does not make the data unusable for a judge.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn rules(plan: &WorldPlan) -> Rules {
    Rules::new(plan.seed ^ 2, &plan.faults)
}

/// The world as the plan has it, with its history in the log.
fn world(plan: &WorldPlan, log: &ReceivedFile) -> io::Result<World> {
    let receiver = Receiver::new(plan.receiver.clone(), plan.seed ^ 1, log.again()?);
    let world = World::new(plan.clone(), receiver);
    match plan.initial_log {
        InitialLog::Written => log.again()?.write_history(world.history())?,
        InitialLog::Empty => {}
    }
    Ok(world)
}

impl Shared {
    /// # Errors
    /// When the received log or the journal can't be written, or the log holds something already.
    pub(super) fn new(address: SocketAddr, received_log: PathBuf, plan: WorldPlan) -> io::Result<Self> {
        let log = ReceivedFile::create(&received_log)?;
        let mut journal = Journal::open(plan.journal.as_deref())?;
        journal.begun(plan.seed);
        let hook = plan.hook_call.clone().map(Hook::new);
        let begun = watch::Sender::new(plan.first_deliveries.is_empty());
        Ok(Self {
            address,
            subscription_key: format!("sandbox-subscription-key-{}", plan.seed),
            api_key: format!("sandbox-api-key-{}", plan.seed),
            received_log,
            hook,
            beginning: tokio::sync::Mutex::new(()),
            begun,
            world: Mutex::new(world(&plan, &log)?),
            rules: Mutex::new(rules(&plan)),
            calls: Mutex::new(CallLog::default()),
            journal: Mutex::new(journal),
            moments: Moments::default(),
            log,
            plan,
        })
    }

    /// Makes everything as it was at the start. Deliveries under way belong to the world that is gone, and
    /// are not taken down.
    ///
    /// # Errors
    /// When the received log can't be written anew.
    pub(super) fn start_over(&self) -> io::Result<()> {
        self.log.empty()?;
        let mut fresh = world(&self.plan, &self.log)?;
        {
            let mut world = self.world();
            fresh.generation = world.generation + 1;
            *world = fresh;
        }
        *self.rules() = rules(&self.plan);
        self.calls().clear();
        let mut journal = self.journal();
        journal.forget();
        journal.begun(self.plan.seed);
        Ok(())
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    pub(super) fn rules(&self) -> MutexGuard<'_, Rules> {
        lock(&self.rules)
    }

    pub(super) fn calls(&self) -> MutexGuard<'_, CallLog> {
        lock(&self.calls)
    }

    pub(super) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }
}
