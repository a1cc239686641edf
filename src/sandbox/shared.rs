//! What the server's tasks and the sandbox's owner share, each part behind its own lock.
//!
//! No lock is ever held across a wait, and no two at the same time.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::active::Rules;
use super::calls::CallLog;
use super::moments::Moments;
use super::world::World;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) address: SocketAddr,
    pub(super) subscription_key: String,
    pub(super) api_key: String,
    pub(super) received_log: PathBuf,
    world: Mutex<World>,
    rules: Mutex<Rules>,
    calls: Mutex<CallLog>,
    pub(super) moments: Moments,
}

/// A panic elsewhere does not make the data unusable for a judge.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(address: SocketAddr, seed: u64, received_log: PathBuf, world: World, rules: Rules) -> Self {
        Self {
            address,
            subscription_key: format!("sandbox-subscription-key-{seed}"),
            api_key: format!("sandbox-api-key-{seed}"),
            received_log,
            world: Mutex::new(world),
            rules: Mutex::new(rules),
            calls: Mutex::new(CallLog::default()),
            moments: Moments::default(),
        }
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
}
