//! Events that earlier runs leave to this one although no listing of its window shows them: what is in
//! quarantine, what a person released from it, and what was tried and did not arrive.
//!
//! Whatever the window, none of them may be passed over in silence. What was released is tried again;
//! what was only tried is told of where it is not in the window that this run was asked for, and where it
//! is, the vendor is asked whether it arrived: that it is not listed as failed may mean that it is gone.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::attempt::{AttemptId, Settlement};
use crate::classify::Verdict;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, Window, ZoneKnowledge};
use crate::ledger::{EventHistory, QuarantineChange, UnfinishedCause};
use crate::provider::ProviderError;
use crate::tracked::{EventResult, TrackedEvent};

use super::caller::{Halt, RequestKind};
use super::quarantine::has_arrived;
use super::{LedgerAccess, Run, WebhookState};

/// Events of a webhook that are looked up one by one; of others the ledger's word is taken.
const MAX_LOOKUPS: usize = 50;
/// So many of those that were looked up speak for the others.
const LEAST_SAMPLE: usize = 10;
/// Look-ups that the vendor fails to answer before no more are tried: it may be unable to show old
/// events, and what lies in the window must not wait for them.
const MAX_FAILED_LOOKUPS: u32 = 2;

/// Why an event of the window counts as left that the vendor neither lists as failed nor shows.
const VANISHED: &str = "an earlier run tried it in vain, and the vendor no longer lists it as failed; whether it \
                        was delivered can't be seen, so look for it where events are received";

/// Whether the vendor still shows an event that no listing showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// It was asked for and is as the vendor shows it.
    ByVendor,
    /// The vendor does not show it, or was not asked.
    No,
}

/// What the ledger remembers of an event that is to be looked up.
struct Remembered {
    event: EventId,
    resend_id: EventId,
    created_at: Option<DateTime<Utc>>,
    rank: Rank,
}

/// What is looked up first: what a person waits for, then what the run would not tell of otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Released,
    Quarantined,
    TriedInWindow,
    TriedOutside,
}

/// Those of the window that were looked at, where the listing says by its silence that they were delivered.
#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    delivered: usize,
    others: usize,
}

impl Sample {
    fn take(&mut self, was_delivered: bool) {
        if was_delivered {
            self.delivered += 1;
        } else {
            self.others += 1;
        }
    }

    /// Whether the listing is borne out by them, so that it can be believed of others.
    fn speaks_for_others(self) -> bool {
        self.others == 0 && self.delivered >= LEAST_SAMPLE
    }
}

impl Remembered {
    /// What the ledger wants looked up; what is in doubt is looked up where doubt is settled.
    fn of(event: &EventId, history: &EventHistory, window: Window) -> Option<Self> {
        if !history.open.is_empty() {
            return None;
        }
        let (resend_id, created_at, rank) = match (&history.quarantine, &history.unfinished) {
            (Some(entry), _) => (&entry.resend_id, entry.created_at, Rank::Quarantined),
            (None, Some(owed)) => {
                let rank = match owed.cause {
                    UnfinishedCause::Released => Rank::Released,
                    UnfinishedCause::Tried if is_inside(window, owed.created_at) => Rank::TriedInWindow,
                    UnfinishedCause::Tried => Rank::TriedOutside,
                };
                (&owed.resend_id, owed.created_at, rank)
            }
            (None, None) => return None,
        };
        Some(Self { event: event.clone(), resend_id: resend_id.clone(), created_at, rank })
    }

    /// The event as the ledger remembers it, where the vendor does not show it.
    fn into_event(self) -> Event {
        last_known(self.event, self.created_at)
    }
}

impl Run<'_> {
    /// Takes in what earlier runs left and the listing did not show.
    pub(super) async fn look_up_unfinished(&mut self, index: usize) -> Result<(), Halt> {
        let webhook = &self.webhooks[index];
        let mut unseen: Vec<Remembered> = (webhook.history.iter())
            .filter(|(id, _)| webhook.events.get(id).is_none() && self.is_within_task(webhook, id))
            .filter_map(|(id, history)| Remembered::of(id, history, self.window))
            .collect();
        unseen.sort_by(|left, right| {
            (left.rank, left.created_at, &left.event).cmp(&(right.rank, right.created_at, &right.event))
        });
        let hook = webhook.id.clone();
        let mut failed = 0;
        let mut sample = Sample::default();
        for (place, remembered) in unseen.into_iter().enumerate() {
            let is_in_window = remembered.rank == Rank::TriedInWindow;
            if is_in_window && place >= MAX_LOOKUPS && sample.speaks_for_others() {
                // What the listing leaves out as no longer failed was delivered, wherever that was looked at.
                continue;
            }
            let mut shown = None;
            if place < MAX_LOOKUPS && failed < MAX_FAILED_LOOKUPS {
                let provider = self.ports.provider.as_ref();
                let ask = async || provider.get_event(&hook, &remembered.resend_id).await;
                match self.caller.read(RequestKind::Get, ask).await? {
                    // Another event in the answer would be another event's news.
                    Ok(detail) => shown = Some(detail.event).filter(|event| event.id == remembered.event),
                    Err(ProviderError::NotFound { .. } | ProviderError::UnknownPath { .. }) => {}
                    Err(_) => failed += 1,
                }
            }
            if is_in_window {
                let was_delivered = shown.as_ref().is_some_and(|event| event.status == DeliveryStatus::Delivered);
                sample.take(was_delivered);
            }
            let word = if shown.is_some() { Shown::ByVendor } else { Shown::No };
            let webhook = &mut self.webhooks[index];
            webhook.taken_in.insert(remembered.event.clone(), word);
            webhook.events.observe(shown.unwrap_or_else(|| remembered.into_event()));
        }
        Ok(())
    }

    /// Gives what no listing showed its result, unless it is to be tried again.
    pub(super) fn mark_unfinished(&mut self, index: usize) {
        let policy = self.policy().resend;
        let window = self.window;
        let WebhookState { taken_in, history, events, wanted, .. } = &mut self.webhooks[index];
        // What the run was asked for by its id is tried, wherever it lies.
        for (id, shown) in taken_in.iter().filter(|(id, _)| !wanted.contains_key(id)) {
            let Some(tracked) = events.get_mut(id).filter(|tracked| tracked.result.is_none()) else { continue };
            let owed = history.get(id).and_then(|history| history.unfinished.as_ref());
            let status_before = owed.and_then(|owed| owed.status_before);
            if tracked.verdict == Verdict::LostAfterAck && status_before != Some(DeliveryStatus::Delivered) {
                // It failed before the attempt and is delivered now, which is what settles an attempt.
                tracked.verdict = Verdict::Settled;
            }
            let created = tracked.event.created();
            let is_inside = is_inside(window, created);
            if has_arrived(tracked, policy.resends(tracked.verdict)) {
                continue;
            }
            let reason = match (owed.map(|owed| owed.cause), *shown, policy.resends(tracked.verdict)) {
                (Some(UnfinishedCause::Released), Shown::ByVendor, true) => continue,
                (Some(UnfinishedCause::Released), Shown::ByVendor, false) => {
                    format!("released from quarantine, but not resent: {}", tracked.verdict.reason())
                }
                (Some(UnfinishedCause::Released), Shown::No, _) => {
                    "released from quarantine, but the vendor does not show it".to_owned()
                }
                (Some(UnfinishedCause::Tried), Shown::No, _) if is_inside => VANISHED.to_owned(),
                // It is judged like any other event of the window.
                (_, _, _) if is_inside => continue,
                (_, _, _) => tried_before(created),
            };
            tracked.result = Some(EventResult::Left);
            tracked.reason = Some(reason.into());
        }
    }

    /// Records that events which earlier runs tried in vain have arrived, so that the next run need not
    /// look again.
    pub(super) async fn settle_what_has_arrived(&mut self, index: usize) -> Result<(), Halt> {
        let LedgerAccess::Write(journal) = &self.ports.ledger else { return Ok(()) };
        let webhook = &self.webhooks[index];
        let now = self.ports.clock.now();
        let mut settled: Vec<(AttemptId, Settlement, String)> = (webhook.taken_in.keys())
            .filter_map(|id| {
                let tracked = webhook.events.get(id)?;
                let owed = webhook.history.get(id)?.unfinished.as_ref()?;
                let counts = self.policy().bounds.failure_budget.is_some_and(|budget| {
                    // A failure that the vendor may still count stays one, whoever delivered the event since.
                    owed.settled_at.is_some_and(|at| budget.counts(at, now))
                });
                let arrived = has_arrived(tracked, self.policy().resend.resends(tracked.verdict)) && !counts;
                let evidence = tracked.verdict.reason().to_owned();
                arrived.then_some((owed.attempt?, Settlement::Recovered, evidence))
            })
            .collect();
        settled.sort_unstable_by_key(|(attempt, _, _)| *attempt);
        if !settled.is_empty() {
            journal.settle(settled, now).await.map_err(Halt::ledger)?;
        }
        Ok(())
    }

    /// The stay of a released event ends for good once it has arrived.
    pub(super) fn release_is_done(&self, webhook: &WebhookState, tracked: &TrackedEvent) -> Option<QuarantineChange> {
        let owed = webhook.history.get(&tracked.event.id)?.unfinished.as_ref()?;
        let arrived = has_arrived(tracked, self.policy().resend.resends(tracked.verdict));
        (owed.cause == UnfinishedCause::Released && arrived).then(|| QuarantineChange::Resolved {
            webhook: webhook.id.clone(),
            event: tracked.event.id.clone(),
            evidence: tracked.verdict.reason().to_owned(),
        })
    }
}

fn is_inside(window: Window, created_at: Option<DateTime<Utc>>) -> bool {
    created_at.is_some_and(|created| window.contains(created))
}

fn tried_before(created: Option<DateTime<Utc>>) -> String {
    let from = match created {
        Some(created) => format!("begin it at {}", created.to_rfc3339_opts(SecondsFormat::Secs, true)),
        None => "widen it".to_owned(),
    };
    format!("an earlier run tried it in vain; it lies outside this window, so {from} to have it resent")
}

/// An event of which only the ledger tells.
pub(super) fn last_known(id: EventId, created_at: Option<DateTime<Utc>>) -> Event {
    Event {
        id,
        created_at: created_at.map(|at| CreatedAt { at, zone: ZoneKnowledge::Stated }),
        status: DeliveryStatus::Failed,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_deliveries_speak_for_others_unless_one_was_none() {
        let mut sample = Sample::default();
        for _ in 1..LEAST_SAMPLE {
            sample.take(true);
            assert!(!sample.speaks_for_others());
        }
        sample.take(true);
        assert!(sample.speaks_for_others());
        sample.take(false);
        assert!(!sample.speaks_for_others());
        sample.take(true);
        assert!(!sample.speaks_for_others());
    }
}
