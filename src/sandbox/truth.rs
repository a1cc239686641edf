//! Questions to the truth, for tests and demonstrations to judge the client by.

use std::sync::Arc;

use super::calls::Call;
use super::faults::Operation;
use super::plan::EventState;
use super::receiver::Deliveries;
use super::shared::Shared;
use super::world::Subscription;

/// A handle to what really happened in a sandbox; it can be cloned and outlives the server.
#[derive(Clone, Debug)]
pub struct Truth {
    shared: Arc<Shared>,
}

impl Truth {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// The deliveries of one event since the start.
    pub fn deliveries(&self, event_id: &str) -> Deliveries {
        self.shared.world().receiver.deliveries(event_id)
    }

    /// How often the receiver was tried since the start.
    pub fn tries(&self) -> u64 {
        self.shared.world().receiver.tries()
    }

    /// How often the receiver took the event in, before the start and since.
    pub fn held(&self, event_id: &str) -> u64 {
        self.shared.world().held(event_id)
    }

    /// The events that the receiver took in more than once, sorted.
    pub fn duplicates(&self) -> Vec<String> {
        let world = self.shared.world();
        let tried = world.receiver.all_deliveries().map(|(id, _)| id);
        let mut twice: Vec<String> = tried.filter(|id| world.held(id) > 1).map(str::to_owned).collect();
        twice.sort_unstable();
        twice
    }

    /// The events that the receiver does not hold, sorted; pending ones and those that it lost
    /// among them.
    pub fn not_held(&self) -> Vec<String> {
        let world = self.shared.world();
        let mut absent: Vec<String> = world
            .subscriptions
            .iter()
            .flat_map(Subscription::ids_not_logged_at_first)
            .filter(|id| world.held(id) == 0)
            .collect();
        absent.sort_unstable();
        absent
    }

    /// The events of a webhook that the vendor counts as failed, oldest first.
    pub fn failed(&self, webhook_id: &str) -> Vec<String> {
        let world = self.shared.world();
        let failed = |state: &EventState| matches!(state, EventState::Failed { .. });
        world.subscription(webhook_id).map(|subscription| subscription.ids_where(failed)).unwrap_or_default()
    }

    /// All events of a webhook, oldest first.
    pub fn event_ids(&self, webhook_id: &str) -> Vec<String> {
        let world = self.shared.world();
        world.subscription(webhook_id).map(|subscription| subscription.ids_where(|_| true)).unwrap_or_default()
    }

    /// What the vendor knows of an event's delivery, and how many runs it counts.
    pub fn state(&self, event_id: &str) -> Option<(EventState, u32)> {
        let world = self.shared.world();
        let record = world
            .subscriptions
            .iter()
            .find_map(|subscription| subscription.find(event_id).and_then(|event| subscription.record(event)))?;
        Some((record.state, record.run_count))
    }

    /// Every call that arrived, in order; of very many, the latest 100,000.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.calls().all().cloned().collect()
    }

    /// How many calls asked for this.
    pub fn count(&self, operation: Operation) -> usize {
        self.shared.calls().all().filter(|call| call.operation == operation).count()
    }

    /// How many calls were answered with this status.
    pub fn count_status(&self, status: u16) -> usize {
        self.shared.calls().all().filter(|call| call.status == Some(status)).count()
    }

    /// The largest number of calls for this that were under way at the same time.
    pub fn most_in_flight(&self, operation: Operation) -> usize {
        self.shared.calls().most_in_flight(operation)
    }

    /// Forgets the calls so far; the deliveries stay.
    pub fn forget_calls(&self) {
        self.shared.calls().clear();
    }
}
