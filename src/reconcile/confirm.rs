//! Looks again after a round: a resend that the vendor accepted is not yet a delivery.
//!
//! One listing for each slice that had resends; single events are asked for only where a listing
//! leaves a few in doubt. What stays undecided is asked again, with growing waits, until the settling
//! time has passed.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, Conclusion, Evidence, OpenAttempt, ResendRequest, Settlement, settle};
use crate::event::{DeliveryStatus, EventId, Window};
use crate::monitor::RunEvent;
use crate::pace::breaker::Breaker;
use crate::pace::budget::Budget;
use crate::pace::retry::back_off;
use crate::provider::ListFilter;
use crate::receipt::Receipt;
use crate::slices::Scrutiny;
use crate::tracked::EventResult;

use super::caller::Halt;
use super::listing::{ListOutcome, Sightings};
use super::{LedgerAccess, Run};

/// The longest wait between two looks.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// What settles a refusal that no run counter vouches for.
const STILL_FAILED: &str = "the vendor still says that the receiver refused it, and the log does not hold it";
/// Up to so many events of a webhook are looked up one by one; more by an unfiltered listing.
const MAX_SINGLE_LOOKUPS: usize = 3;

/// A resend that waits for confirmation.
#[derive(Debug)]
pub(super) struct Pending {
    open: OpenAttempt,
    /// What the log said after the attempt, where it was asked.
    receipt: Option<Receipt>,
    decision: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Decision {
    Arrived(Arrival),
    MayBeSentAgain(Settlement),
    /// Refused; it may be tried again.
    Refused,
    /// Refused as far as the answer tells; left alone for the rest of this run.
    GivenUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    VendorSaysSo,
    InLog,
}

impl Pending {
    pub(super) fn new(open: OpenAttempt) -> Self {
        Self { open, receipt: None, decision: None }
    }

    /// A resend of which the vendor was seen to say that it arrived. That is final, whatever it says later.
    pub(super) fn arrived(open: OpenAttempt) -> Self {
        Self { decision: Some(Decision::Arrived(Arrival::VendorSaysSo)), ..Self::new(open) }
    }

    /// Corrects what was spent of the failure budget when the resend was answered.
    fn account(&self, budget: &mut Budget, now: DateTime<Utc>) {
        let counted_as_failure = self.open.conclusion != Some(Conclusion::Accepted);
        match self.decision {
            Some(Decision::Arrived(_) | Decision::MayBeSentAgain(Settlement::NotSent | Settlement::Recovered)) => {
                if let (true, Some(ended_at)) = (counted_as_failure, self.open.ended_at) {
                    budget.forgive(ended_at);
                }
            }
            Some(Decision::MayBeSentAgain(Settlement::DeliveryFailed)) if !counted_as_failure => budget.spend(now),
            Some(Decision::MayBeSentAgain(Settlement::DeliveryFailed) | Decision::Refused | Decision::GivenUp)
            | None => {}
        }
    }

    /// Whether the vendor's run counter vouches for the answer.
    fn is_counted(&self) -> bool {
        self.open.runs_after.is_some() && self.open.request.runs_before.is_some()
    }
}

impl Run<'_> {
    /// Looks until every resend of the round is decided, or the settling time has passed.
    pub(super) async fn confirm(&mut self, round: u32) -> Result<(), Halt> {
        let mut grew = false;
        for poll in 0.. {
            let looked_at = self.ports.clock.now();
            grew |= self.look_again(looked_at).await?;
            self.apply_decisions().await?;
            let waiting: usize = self.webhooks.iter().map(|webhook| webhook.pending.len()).sum();
            if waiting == 0 || self.settling_time_had_passed(looked_at) {
                break;
            }
            let wait = back_off(poll, self.caller.jitter()).min(LONGEST_WAIT);
            self.notice(&RunEvent::Waiting { wait, reason: format!("{waiting} resends are not confirmed yet") });
            self.caller.pause(wait).await?;
        }
        self.give_up_on_pending();
        if grew {
            self.diff_again().await?;
        }
        self.notice(&RunEvent::Confirmed {
            round,
            recovered: self.count_results(EventResult::Recovered),
            outstanding: self.plan().len(),
        });
        Ok(())
    }

    /// Whether a look that began at `looked_at` came after the settling time of all that is pending. A slow
    /// vendor may answer it much later, with what it saw at the beginning.
    fn settling_time_had_passed(&self, looked_at: DateTime<Utc>) -> bool {
        let settle = self.policy().settle;
        let mut pending = self.webhooks.iter().flat_map(|webhook| &webhook.pending);
        pending.all(|pending| pending.open.had_time_to_settle(looked_at, settle))
    }

    /// One look at the vendor and, where that leaves doubt, at the log. Returns whether events turned
    /// up that were not known.
    async fn look_again(&mut self, looked_at: DateTime<Utc>) -> Result<bool, Halt> {
        let mut grew = false;
        let mut sights = Vec::new();
        for index in 0..self.webhooks.len() {
            if self.webhooks[index].pending.is_empty() {
                continue;
            }
            let slices = self.slices_with_pending(index);
            let outcome = self.list_slices(index, slices, Sightings::Kept).await?;
            self.take_signs(index, &outcome);
            grew |= outcome.signs.new > 0;
            let mut seen: HashSet<EventId> = outcome.seen.iter().cloned().collect();
            seen.extend(self.look_up_unlisted(index, &seen, &outcome).await?);
            self.decide(index, &Sight { looked_at, seen: &seen, outcome: &outcome, log: LogEvidence::NotAsked });
            sights.push((index, seen, outcome));
        }
        if self.is_log_needed() {
            self.ask_log_about_pending().await?;
            for (index, seen, outcome) in &sights {
                self.decide(*index, &Sight { looked_at, seen, outcome, log: LogEvidence::Asked });
            }
        }
        Ok(grew)
    }

    fn slices_with_pending(&self, index: usize) -> Vec<Window> {
        let webhook = &self.webhooks[index];
        let margin = self.zone_margin();
        // The vendor may count an event to the neighbouring slice.
        let of_interest = |slice: &Window| {
            let reach = slice.widened(margin, margin);
            let mut requests = webhook.pending.iter().map(|pending| &pending.open.request);
            requests.any(|request| request.created_at.is_none_or(|created| reach.contains(created)))
        };
        let mut slices: Vec<_> = webhook.listed.iter().map(|listed| listed.slice).filter(of_interest).collect();
        slices.sort_unstable();
        slices
    }

    /// An event that left the failed listing was most likely delivered; where nothing else says so, that
    /// is no evidence, and the event itself is looked at.
    /// Returns the events that were found this way.
    async fn look_up_unlisted(
        &mut self,
        index: usize,
        seen: &HashSet<EventId>,
        outcome: &ListOutcome,
    ) -> Result<Vec<EventId>, Halt> {
        let webhook = &self.webhooks[index];
        let unlisted: Vec<_> = (webhook.pending.iter())
            .filter(|pending| {
                pending.decision.is_none()
                    && !seen.contains(&pending.open.request.event)
                    && !self.is_proven_by_absence(index, pending, outcome)
            })
            .map(|pending| pending.open.request.clone())
            .collect();
        let mut found = Vec::new();
        if unlisted.len() <= MAX_SINGLE_LOOKUPS {
            for request in unlisted {
                if let Some(event) = self.get_event(&request).await? {
                    found.push(event.id.clone());
                    self.webhooks[index].events.observe(event);
                }
            }
        } else if webhook.filter == ListFilter::Failed {
            let slices = self.slices_with_pending(index);
            let window = self.window;
            found = self.list_unfiltered(index, window, slices, Sightings::Kept).await?.seen;
        }
        Ok(found)
    }

    /// An accepted resend whose event is no longer listed as failed: two statements that agree.
    fn is_proven_by_absence(&self, index: usize, pending: &Pending, outcome: &ListOutcome) -> bool {
        // Of an event that no listing showed when it had failed, no listing says anything by its silence.
        !self.webhooks[index].taken_in.contains_key(&pending.open.request.event)
            && self.webhooks[index].filter == ListFilter::Failed
            && outcome.unread.is_empty()
            && outcome.unusable == 0
            && !outcome.listed.is_empty()
            && !self.webhooks[index].signs.is_filter_ignored()
            && self.webhooks[index].capacity.doubtful(&outcome.listed, Scrutiny::Everything).is_empty()
            && pending.open.conclusion == Some(Conclusion::Accepted)
            && pending.open.request.status_before != DeliveryStatus::Delivered
    }

    fn is_log_needed(&self) -> bool {
        let mut pending = self.webhooks.iter().flat_map(|webhook| &webhook.pending);
        self.ports.received.is_some()
            && pending.any(|pending| pending.decision.is_none() && self.can_log_confirm(&pending.open.request))
    }

    /// An idempotent receiver's log may have held the id all along, so only the vendor can confirm; but of
    /// what was delivered before, the vendor goes on saying so, and only the log can confirm.
    fn can_log_confirm(&self, request: &ResendRequest) -> bool {
        !self.policy().resend.idempotent || request.status_before == DeliveryStatus::Delivered
    }

    async fn ask_log_about_pending(&mut self) -> Result<(), Halt> {
        let undecided: HashSet<EventId> = (self.webhooks.iter())
            .flat_map(|webhook| &webhook.pending)
            .filter(|pending| pending.decision.is_none())
            .map(|pending| pending.open.request.event.clone())
            .collect();
        let answer = self.ask_log(|_, tracked| undecided.contains(&tracked.event.id)).await?;
        let Some((wanted, lookup)) = answer else { return Ok(()) };
        for pending in self.webhooks.iter_mut().flat_map(|webhook| &mut webhook.pending) {
            let request = &pending.open.request;
            if let Some(number) = wanted.number_of(request.event.key()) {
                pending.receipt = Some(lookup.receipt(number, request.created_at));
            }
        }
        Ok(())
    }

    fn decide(&mut self, index: usize, sight: &Sight<'_>) {
        let mut pending = std::mem::take(&mut self.webhooks[index].pending);
        for one in &mut pending {
            if one.decision.is_none() {
                let by_absence = !sight.seen.contains(&one.open.request.event)
                    && self.is_proven_by_absence(index, one, sight.outcome);
                one.decision = if by_absence && sight.log == LogEvidence::NotAsked {
                    Some(Decision::Arrived(Arrival::VendorSaysSo))
                } else {
                    self.decide_by_evidence(index, one, sight)
                };
            }
        }
        self.webhooks[index].pending = pending;
    }

    /// Only what this look showed is evidence; an event that it did not show may have changed since.
    fn decide_by_evidence(&self, index: usize, pending: &Pending, sight: &Sight<'_>) -> Option<Decision> {
        let Sight { looked_at, seen, log, .. } = *sight;
        let id = &pending.open.request.event;
        let policy = self.policy();
        let tracked = self.webhooks[index].events.get(id).filter(|_| seen.contains(id));
        let receipt = match log {
            LogEvidence::Asked if self.can_log_confirm(&pending.open.request) => pending.receipt,
            LogEvidence::Asked | LogEvidence::NotAsked => None,
        };
        let evidence = Evidence {
            status: tracked.map(|tracked| tracked.status_after(pending.open.request.status_before)),
            runs: tracked.and_then(|tracked| tracked.event.runs),
            receipt,
            log_is_live: self.ports.received.as_ref().is_some_and(|log| log.is_live()),
        };
        let decision = if pending.open.conclusion == Some(Conclusion::Refused) {
            self.decide_refused(index, pending, &evidence, looked_at)?
        } else {
            match settle(&pending.open, &evidence, policy.resend.idempotent, looked_at, policy.settle)? {
                Settlement::Recovered if receipt == Some(Receipt::Found) => Decision::Arrived(Arrival::InLog),
                Settlement::Recovered => Decision::Arrived(Arrival::VendorSaysSo),
                again @ (Settlement::DeliveryFailed | Settlement::NotSent) => Decision::MayBeSentAgain(again),
            }
        };
        match decision {
            Decision::Arrived(_) => Some(decision),
            // A receiver that seems down may have taken the event all the same, which only the log tells.
            Decision::GivenUp => (log == LogEvidence::Asked || !self.is_log_asked()).then_some(decision),
            // The vendor said that it delivered. Its list may be late by more than the settling time, so
            // it is not for this run to say otherwise.
            Decision::MayBeSentAgain(Settlement::NotSent)
                if pending.open.conclusion == Some(Conclusion::Accepted) && !policy.resend.idempotent =>
            {
                None
            }
            // The log has the last word before an event may be sent again.
            Decision::MayBeSentAgain(_) | Decision::Refused => {
                (receipt == Some(Receipt::Absent) || !self.is_log_asked()).then_some(decision)
            }
        }
    }

    fn is_log_asked(&self) -> bool {
        !self.policy().resend.idempotent && self.ports.received.is_some()
    }

    /// A refusal is believed at once when the run counter vouches for it; otherwise the answer may show
    /// the event as it was before, so another attempt waits for the settling time.
    fn decide_refused(
        &self,
        index: usize,
        pending: &Pending,
        evidence: &Evidence,
        looked_at: DateTime<Utc>,
    ) -> Option<Decision> {
        let was_delivered = pending.open.request.status_before == DeliveryStatus::Delivered;
        if evidence.status == Some(DeliveryStatus::Delivered) && !was_delivered {
            return Some(Decision::Arrived(Arrival::VendorSaysSo));
        }
        if evidence.receipt == Some(Receipt::Found) {
            return Some(Decision::Arrived(Arrival::InLog));
        }
        evidence.status?;
        let webhook = &self.webhooks[index];
        // A counter that may have grown by an earlier resend, which seemed not to have been sent, vouches
        // for nothing.
        let tracked = webhook.events.get(&pending.open.request.event);
        let counted = pending.is_counted() && tracked.is_none_or(|tracked| tracked.unsent == 0);
        let goes_on = webhook.blocked.is_none() && !webhook.breaker.is_open();
        let waited = pending.open.had_time_to_settle(looked_at, self.policy().settle);
        if counted || waited || self.policy().resend.idempotent {
            return Some(Decision::Refused);
        }
        // Nothing more is sent to this receiver, so nothing is waited for either.
        (!goes_on).then_some(Decision::GivenUp)
    }

    /// Writes decisions to the ledger and to the events.
    async fn apply_decisions(&mut self) -> Result<(), Halt> {
        let mut settled: Vec<(AttemptId, Settlement, String)> = Vec::new();
        let breaker = Breaker::new(self.policy().bounds.breaker_failures);
        let now = self.ports.clock.now();
        for webhook in &mut self.webhooks {
            let (decided, waiting) =
                std::mem::take(&mut webhook.pending).into_iter().partition(|one| one.decision.is_some());
            webhook.pending = waiting;
            let decided: Vec<Pending> = decided;
            for one in decided {
                if let Some(budget) = &mut webhook.budget {
                    one.account(budget, now);
                }
                let Some(tracked) = webhook.events.get_mut(&one.open.request.event) else { continue };
                match one.decision {
                    Some(Decision::Arrived(arrival)) => {
                        tracked.result = Some(EventResult::Recovered);
                        let reason = arrival.reason(&one.open.request);
                        tracked.reason = Some(reason.into());
                        settled.push((one.open.attempt, Settlement::Recovered, reason.to_owned()));
                        webhook.receiver_proven = true;
                        if one.open.conclusion != Some(Conclusion::Accepted) {
                            // What counted as a failure was a delivery, so the count begins anew.
                            webhook.breaker = breaker.clone();
                            webhook.blocked = None;
                        }
                    }
                    Some(Decision::MayBeSentAgain(settlement)) => {
                        tracked.unsent += u16::from(settlement == Settlement::NotSent);
                        let reason = match settlement {
                            Settlement::NotSent => "the vendor shows no delivery for the resend",
                            Settlement::DeliveryFailed | Settlement::Recovered => "the receiver refused the delivery",
                        };
                        tracked.reason = Some(reason.into());
                        settled.push((one.open.attempt, settlement, reason.to_owned()));
                    }
                    Some(Decision::Refused) if !one.is_counted() => {
                        // Its outcome alone did not settle it.
                        settled.push((one.open.attempt, Settlement::DeliveryFailed, STILL_FAILED.to_owned()));
                    }
                    Some(Decision::GivenUp) => tracked.result = Some(EventResult::Left),
                    Some(Decision::Refused) | None => {}
                }
            }
        }
        if let (LedgerAccess::Write(journal), false) = (&self.ports.ledger, settled.is_empty()) {
            journal.settle(settled, self.ports.clock.now()).await.map_err(Halt::ledger)?;
        }
        Ok(())
    }

    /// What is still undecided stays in doubt; the ledger keeps it open for the next run.
    pub(super) fn give_up_on_pending(&mut self) {
        for webhook in &mut self.webhooks {
            for pending in std::mem::take(&mut webhook.pending) {
                let Some(tracked) = webhook.events.get_mut(&pending.open.request.event) else { continue };
                match pending.open.conclusion {
                    // It counts as failed. That its receiver did not take it all the same only the log could
                    // have said, and without that word nothing is sent again.
                    Some(Conclusion::Refused) if pending.is_counted() => {
                        let detail = tracked.reason.take().unwrap_or_default();
                        let reason = format!("{detail}; not tried again, as nothing confirms that it was not taken");
                        tracked.result = Some(EventResult::Left);
                        tracked.reason = Some(reason.into());
                    }
                    Some(Conclusion::Refused) => {
                        tracked.result = Some(EventResult::InDoubt);
                        tracked.reason =
                            Some("refused by the receiver, but nothing confirms that it was not taken".into());
                    }
                    Some(Conclusion::Accepted) => {
                        tracked.result = Some(EventResult::InDoubt);
                        tracked.reason =
                            Some("the vendor accepted the resend, but nothing confirms a delivery yet".into());
                    }
                    Some(Conclusion::InDoubt | Conclusion::Rejected | Conclusion::NotSent) | None => {
                        let detail = tracked.reason.take().unwrap_or_default();
                        tracked.result = Some(EventResult::InDoubt);
                        tracked.reason = Some(format!("it is not known whether the resend arrived: {detail}").into());
                    }
                }
            }
        }
    }
}

/// What one look showed of the events of a webhook.
struct Sight<'a> {
    /// When the look began; what happened after that it need not show.
    looked_at: DateTime<Utc>,
    seen: &'a HashSet<EventId>,
    outcome: &'a ListOutcome,
    log: LogEvidence,
}

/// Whether the log was asked for this decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogEvidence {
    Asked,
    NotAsked,
}

impl Arrival {
    fn reason(self, request: &ResendRequest) -> &'static str {
        match self {
            Self::VendorSaysSo => "resent and delivered",
            Self::InLog if request.status_before == DeliveryStatus::Delivered => "resent and in the received log",
            Self::InLog => "resent and in the received log; the vendor still lists it as failed",
        }
    }
}

#[cfg(test)]
mod tests;
