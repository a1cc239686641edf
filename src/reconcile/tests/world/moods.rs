//! What a vendor, a log, a journal and a clock may do to a run beside their nature; peace ends it.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::provider::{Credential, ProviderError};

use super::fault::Fault;
use super::journal::Fate;
use super::{Shared, World, WorldEvent};

/// What only a part of the runs meets. The default is a world in which nothing of it happens.
#[derive(Debug, Default)]
pub(in crate::reconcile::tests) struct Moods {
    /// One listing of so many breaks off in the middle.
    pub(in crate::reconcile::tests) cuts_off_one_in: Option<u32>,
    /// One listing of so many holds a record without an id.
    pub(in crate::reconcile::tests) unusable_one_in: Option<u32>,
    /// One read of so many is answered with something strange.
    pub(in crate::reconcile::tests) strange_one_in: Option<u32>,
    /// One request of so many is answered late, within the time-out.
    pub(in crate::reconcile::tests) slow_one_in: Option<u32>,
    /// One look at an event of so many shows another event.
    pub(in crate::reconcile::tests) another_one_in: Option<u32>,
    /// What there is not is denied as a request that can't be understood.
    pub(in crate::reconcile::tests) denies_by_refusal: bool,
    /// A single event is answered with this.
    pub(in crate::reconcile::tests) answers_of: Option<(String, ProviderError)>,
    /// A webhook of which no listing can be read.
    pub(in crate::reconcile::tests) unlisted_hook: Option<u32>,
    /// One resend of so many is rejected.
    pub(in crate::reconcile::tests) rejects_one_in: Option<u32>,
    /// From this request on the keys are refused.
    pub(in crate::reconcile::tests) refuses_keys_from: Option<u32>,
    /// At this request the quota is used up, for so long.
    pub(in crate::reconcile::tests) quota_ends_at: Option<(u32, Option<Duration>)>,
    /// At one request of so many the vendor delivers a failed event of itself.
    pub(in crate::reconcile::tests) redelivers_one_in: Option<u32>,
    /// At one request of so many an event that arrived counts as failed again.
    pub(in crate::reconcile::tests) fails_again_one_in: Option<u32>,
    /// At one request of so many an event is left out of some listings.
    pub(in crate::reconcile::tests) hides_one_in: Option<u32>,
    /// At one request of so many an event is forgotten for good.
    pub(in crate::reconcile::tests) expires_one_in: Option<u32>,
    /// At this request hookmend's clock jumps.
    pub(in crate::reconcile::tests) clock_jumps_at: Option<(u32, TimeDelta)>,
    /// The receiver goes down after so many deliveries more.
    pub(in crate::reconcile::tests) goes_down_after: Option<u32>,
    /// One line of so many of the log can't be understood.
    pub(in crate::reconcile::tests) unreadable_one_in: Option<u32>,
    /// At this look the log can't be read at all.
    pub(in crate::reconcile::tests) log_fails_at: Option<u32>,
    /// What happens to the write of the journal that is to fail.
    pub(in crate::reconcile::tests) fate: Fate,
    /// So many reads of the journal succeed before one fails.
    pub(in crate::reconcile::tests) reads_fail_after: Option<u32>,
    /// Told when the process is killed from inside, at a write.
    pub(in crate::reconcile::tests) killed: Arc<Notify>,
}

impl World {
    pub(super) fn one_in(&mut self, sides: Option<u32>) -> bool {
        sides.is_some_and(|sides| self.random.u32(..sides) == 0)
    }

    pub(in crate::reconcile::tests) fn fired(&mut self, fault: Fault) {
        self.tally.count(fault);
        self.tell(|| format!("  fault: {}", fault.name()));
    }

    /// The vendor does something of itself, between two requests.
    pub(super) fn live_on(&mut self) {
        if let Some((call, jump)) = self.moods.clock_jumps_at
            && self.calls >= call
        {
            self.moods.clock_jumps_at = None;
            self.clock_error += jump;
            self.fired(Fault::ClockJumpsDuringRun);
        }
        if self.one_in(self.moods.redelivers_one_in)
            && let Some(id) = self.pick(|_, _, event| !event.delivered && !event.expired && !event.poison)
        {
            self.deliver_unasked(&id);
        }
        // Only of what the log shows, because nobody else could know better than the vendor: where a log stands
        // still for as long as a run lasts, a delivery of this run that the vendor takes back before anybody
        // looked can't be told from one that the receiver refused.
        if self.one_in(self.moods.fails_again_one_in)
            && let Some(id) = self.pick(|world, id, event| event.delivered && world.shown_log().contains(id))
        {
            let event = self.events.get_mut(&id).expect("picked");
            (event.delivered, event.stale) = (false, 0);
            self.fired(Fault::DeliveredFailsAgain);
        }
        if self.one_in(self.moods.hides_one_in)
            && let Some(id) = self.pick(|_, _, _| true)
        {
            let listings = self.random.u32(1..4);
            self.events.get_mut(&id).expect("picked").hidden = listings;
        }
        if self.one_in(self.moods.expires_one_in)
            && let Some(id) = self.pick_to_expire()
        {
            self.events.get_mut(&id).expect("picked").expired = true;
            self.fired(Fault::EventExpires);
        }
    }

    /// Half of the time one that was tried in vain, of which the ledger knows.
    fn pick_to_expire(&mut self) -> Option<String> {
        let owed =
            self.random.bool().then(|| self.pick(|world, id, event| !event.expired && world.is_owed(id, event.hook)));
        owed.flatten().or_else(|| self.pick(|_, _, event| !event.expired))
    }

    /// One of the events of which something is true.
    fn pick(&mut self, admits: impl Fn(&Self, &str, &WorldEvent) -> bool) -> Option<String> {
        let place = self.random.usize(..1 << 20);
        let ids: Vec<&String> =
            self.events.iter().filter(|(id, event)| admits(self, id, event)).map(|(id, _)| id).collect();
        ids.get(place % ids.len().max(1)).map(|id| (*id).clone())
    }

    /// The vendor delivers without being asked; that is nobody's duplicate but its own.
    fn deliver_unasked(&mut self, id: &str) {
        let Some(event) = self.events.get_mut(id) else { return };
        if self.receiver_down || self.hooks_down.contains(&event.hook) {
            return;
        }
        event.runs += 1;
        event.stale = 0;
        event.delivered = true;
        let hook = event.hook;
        self.log.insert(id.to_owned());
        self.watch.receiver_took(hook);
        self.fired(Fault::VendorRedelivers);
    }

    /// The answer that any request may get instead of the one that it was sent for.
    pub(super) fn strange_answer(&mut self) -> Option<ProviderError> {
        if let Some((call, wait)) = self.moods.quota_ends_at
            && self.calls == call
        {
            self.fired(Fault::QuotaUsedUp);
            return Some(ProviderError::QuotaExhausted { retry_after: wait });
        }
        if self.moods.refuses_keys_from.is_some_and(|call| self.calls >= call) {
            self.fired(Fault::KeysRefused);
            let credential = [Credential::SubscriptionKey, Credential::ApiKey, Credential::Unclear];
            let credential = credential[self.random.usize(..3)];
            return Some(ProviderError::CredentialsRefused { credential, status: 401, message: String::new() });
        }
        None
    }

    /// What comes instead of a readable answer; the vendor may have acted all the same.
    pub(super) fn unreadable_answer(&mut self) -> ProviderError {
        let message = "half an answer".to_owned();
        match self.random.u32(..6) {
            0 => ProviderError::Interrupted { message },
            1 => ProviderError::Unreadable { message },
            2 => ProviderError::TooLarge { limit: 1 },
            3 => ProviderError::TimedOut { after: Duration::from_secs(60) },
            4 => ProviderError::Server { status: 408, message, retry_after: None },
            _ => {
                let retry_after = Some(Duration::from_secs(self.random.u64(..20)));
                ProviderError::Server { status: self.random.u16(502..505), message, retry_after }
            }
        }
    }
}

impl Shared {
    /// The vendor takes its time.
    pub(super) async fn dawdle(&self) {
        let wait = {
            let mut world = self.get();
            let slow = world.moods.slow_one_in;
            if world.one_in(slow) {
                world.fired(Fault::SlowAnswer);
                Duration::from_millis(world.random.u64(1000..15_000))
            } else {
                return;
            }
        };
        tokio::time::sleep(wait).await;
    }
}
