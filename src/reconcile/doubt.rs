//! Settles what earlier runs left open, before anything new is sent: by looking, never by guessing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, Conclusion, Evidence, OpenAttempt, Settlement, settle};
use crate::classify::{Age, Verdict, classify};
use crate::event::{DeliveryStatus, Event, EventId};
use crate::monitor::RunEvent;
use crate::pace::retry::back_off;
use crate::provider::ListFilter;
use crate::receipt::{CoverageGap, Receipt, WantedIds};
use crate::run_report::ProblemKind;
use crate::slices::Scrutiny;
use crate::tracked::EventResult;

use super::caller::Halt;
use super::confirm::LONGEST_WAIT;
use super::unfinished::{Shown, last_known};
use super::{LedgerAccess, Run, WebhookState};

impl Run<'_> {
    /// Settles the open attempts of all webhooks; what stays open is not resent.
    pub(super) async fn settle_earlier_attempts(&mut self) -> Result<(), Halt> {
        let taken_in = |run: &Self| run.webhooks.iter().map(|webhook| webhook.taken_in.len()).sum::<usize>();
        let before = taken_in(self);
        for index in 0..self.webhooks.len() {
            let webhook = &self.webhooks[index];
            let mut open: Vec<OpenAttempt> = (webhook.history.iter())
                .filter(|(id, _)| self.is_within_task(webhook, id))
                .flat_map(|(_, history)| history.open.iter().cloned())
                .collect();
            open.sort_unstable_by_key(|attempt| attempt.attempt);
            if !open.is_empty() {
                self.settle_open(index, open).await?;
            }
        }
        if taken_in(self) > before {
            self.diff().await?;
        }
        for index in 0..self.webhooks.len() {
            self.mark_quarantined(index);
            self.mark_unfinished(index);
            self.settle_what_has_arrived(index).await?;
        }
        Ok(())
    }

    /// Judges events that turned up during the run, and marks those that earlier runs gave up.
    pub(super) async fn diff_again(&mut self) -> Result<(), Halt> {
        self.diff().await?;
        for index in 0..self.webhooks.len() {
            self.mark_quarantined(index);
            self.mark_unfinished(index);
        }
        Ok(())
    }

    /// Looks until every open attempt is settled or its settling time has passed.
    async fn settle_open(&mut self, index: usize, open: Vec<OpenAttempt>) -> Result<(), Halt> {
        let mut waiting: Vec<_> = open.into_iter().map(|attempt| (attempt, None)).collect();
        for poll in 0.. {
            let look = if poll == 0 { Look::First } else { Look::Again };
            let looked_at = match look {
                // What the listing showed is as old as the run.
                Look::First => self.began_at,
                Look::Again => self.ports.clock.now(),
            };
            waiting = self.settle_what_can_be(index, waiting, look, looked_at).await?;
            let settle = self.policy().settle;
            if waiting.iter().all(|(attempt, _)| attempt.had_time_to_settle(looked_at, settle)) {
                break;
            }
            let wait = back_off(poll, self.caller.jitter()).min(LONGEST_WAIT);
            let reason = format!("{} resends of an earlier run are not settled yet", waiting.len());
            self.notice(&RunEvent::Waiting { wait, reason });
            self.caller.pause(wait).await?;
        }
        for (attempt, event) in waiting {
            self.keep_in_doubt(index, &attempt, event);
        }
        Ok(())
    }

    /// Looks once and returns what stays open, with the event as the vendor shows it.
    async fn settle_what_can_be(
        &mut self,
        index: usize,
        open: Vec<(OpenAttempt, Option<Event>)>,
        look: Look,
        looked_at: DateTime<Utc>,
    ) -> Result<Vec<(OpenAttempt, Option<Event>)>, Halt> {
        let mut looked_up = Vec::new();
        for (attempt, _) in open {
            let event = self.look_up_open(index, &attempt, look).await?;
            looked_up.push((attempt, event));
        }
        let receipts = self.receipts_of(&looked_up).await?;
        let mut settled: Vec<(AttemptId, Settlement, String)> = Vec::new();
        let mut waiting = Vec::new();
        for ((attempt, event), receipt) in looked_up.into_iter().zip(receipts) {
            match self.settle_by(index, &attempt, event.as_ref(), receipt, looked_at) {
                Some(settlement) => {
                    settled.push((attempt.attempt, settlement, evidence_in_words(settlement, receipt).to_owned()));
                    self.forget_open(index, &attempt, settlement);
                    self.judge_by_look(index, &attempt.request.event, settlement, event, receipt);
                }
                None => waiting.push((attempt, event)),
            }
        }
        if let (LedgerAccess::Write(journal), false) = (&self.ports.ledger, settled.is_empty()) {
            journal.settle(settled, self.ports.clock.now()).await.map_err(Halt::ledger)?;
        }
        Ok(waiting)
    }

    /// The event as the vendor shows it: from the listing just made, or asked for by itself.
    async fn look_up_open(&self, index: usize, attempt: &OpenAttempt, look: Look) -> Result<Option<Event>, Halt> {
        let webhook = &self.webhooks[index];
        // What nobody showed is no evidence, whatever stands in its place.
        let is_shown = webhook.taken_in.get(&attempt.request.event) != Some(&Shown::No);
        let listed = webhook.events.get(&attempt.request.event).filter(|_| is_shown);
        match (look, listed) {
            (Look::First, Some(tracked)) => {
                let status = tracked.status_after(attempt.request.status_before);
                Ok(Some(Event { status, ..tracked.event.clone() }))
            }
            _ if self.is_settled_by_absence(index, attempt) => Ok(None),
            _ => self.get_event(&attempt.request).await,
        }
    }

    /// A resend that the vendor accepted, and an event that is no longer listed as failed: two statements
    /// that agree, as when the run itself confirms. A listing that may have been cut short says nothing by
    /// its silence.
    fn is_settled_by_absence(&self, index: usize, attempt: &OpenAttempt) -> bool {
        let webhook = &self.webhooks[index];
        let is_listed_whole = |created| {
            let margin = self.zone_margin();
            let doubtful = webhook.capacity.doubtful(&webhook.listed, Scrutiny::Everything);
            self.window.contains(created)
                && !doubtful.iter().any(|listed| listed.slice.widened(margin, margin).contains(created))
        };
        attempt.conclusion == Some(Conclusion::Accepted)
            && attempt.request.status_before != DeliveryStatus::Delivered
            && webhook.events.get(&attempt.request.event).is_none()
            && webhook.filter == ListFilter::Failed
            && !webhook.signs.is_filter_ignored()
            && !self.facts.undetermined
            && attempt.request.created_at.is_some_and(is_listed_whole)
    }

    async fn receipts_of(&mut self, attempts: &[(OpenAttempt, Option<Event>)]) -> Result<Vec<Option<Receipt>>, Halt> {
        let Some(log) = &self.ports.received else { return Ok(vec![None; attempts.len()]) };
        let wanted = Arc::new(WantedIds::new(attempts.iter().map(|(attempt, _)| attempt.request.event.clone())));
        let looked_up = self.caller.unless_stopped(log.look_up(Arc::clone(&wanted))).await?;
        let lookup = looked_up.map_err(Halt::Received)?;
        let receipt = |attempt: &OpenAttempt| {
            let number = wanted.number_of(attempt.request.event.key())?;
            Some(lookup.receipt(number, attempt.request.created_at))
        };
        Ok(attempts.iter().map(|(attempt, _)| receipt(attempt)).collect())
    }

    fn settle_by(
        &self,
        index: usize,
        attempt: &OpenAttempt,
        event: Option<&Event>,
        receipt: Option<Receipt>,
        looked_at: DateTime<Utc>,
    ) -> Option<Settlement> {
        if event.is_none() && self.is_settled_by_absence(index, attempt) {
            return Some(Settlement::Recovered);
        }
        let policy = self.policy();
        let evidence = Evidence {
            status: event.map(|event| event.status),
            runs: event.and_then(|event| event.runs),
            receipt,
            // The log was opened after the attempt, so that its silence means something.
            log_is_live: true,
        };
        settle(attempt, &evidence, policy.resend.idempotent, looked_at, policy.settle)
    }

    fn forget_open(&mut self, index: usize, attempt: &OpenAttempt, settlement: Settlement) {
        if let Some(history) = self.webhooks[index].history.get_mut(&attempt.request.event) {
            history.open.retain(|open| open.attempt != attempt.attempt);
            if settlement == Settlement::NotSent {
                history.attempts = history.attempts.saturating_sub(1);
            }
        }
    }

    /// The look may have shown what the listing and the log did not show yet when the event was judged.
    fn judge_by_look(
        &mut self,
        index: usize,
        id: &EventId,
        settlement: Settlement,
        event: Option<Event>,
        receipt: Option<Receipt>,
    ) {
        let (now, min_age) = (self.ports.clock.now(), self.policy().min_age);
        let WebhookState { events, taken_in, arrived, .. } = &mut self.webhooks[index];
        if settlement == Settlement::Recovered {
            arrived.insert(id.clone());
        }
        if events.get(id).is_none() {
            let owed = event.filter(|event| event.id == *id && settlement != Settlement::Recovered);
            if let Some(event) = owed {
                // No listing of this window shows it, and it must not be passed over.
                taken_in.insert(id.clone(), Shown::ByVendor);
                events.observe(event);
            }
            return;
        }
        if let Some(event) = event.filter(|event| event.id == *id) {
            events.observe(event);
        }
        if let Some(tracked) = events.get_mut(id) {
            let receipt = receipt.filter(|receipt| *receipt == Receipt::Found).or(tracked.receipt);
            tracked.receipt = receipt;
            let receipt = receipt.unwrap_or(Receipt::OutOfCoverage(CoverageGap::NoLog));
            let verdict = classify(tracked.event.status, Age::of(&tracked.event, now, min_age), receipt);
            tracked.verdict = unless_just_arrived(verdict, arrived.contains(id));
        }
    }

    fn keep_in_doubt(&mut self, index: usize, attempt: &OpenAttempt, event: Option<Event>) {
        let reason = format!("it is not known whether the resend of {} arrived", attempt.intent_at.format("%F %TZ"));
        let webhook = &mut self.webhooks[index];
        let name = webhook.name.clone();
        let id: EventId = attempt.request.event.clone();
        if let Some(event) = event {
            webhook.events.observe(event);
        } else if webhook.events.get(&id).is_none() {
            // Nobody shows it, and still it is told of.
            webhook.events.observe(last_known(id.clone(), attempt.request.created_at));
        }
        if let Some(tracked) = webhook.events.get_mut(&id) {
            tracked.result = Some(EventResult::InDoubt);
            tracked.reason = Some(reason.clone().into());
        }
        let webhook = &self.webhooks[index];
        if webhook.events.get(&id).is_none_or(|tracked| !self.is_chosen(webhook, tracked)) {
            return;
        }
        self.undetermined(
            ProblemKind::InDoubt,
            format!("{name}: event {id}: {reason}"),
            "it is not sent again until there is evidence; if the receiver is idempotent, say --idempotent",
        );
    }
}

/// Whether the listing that the run began with is still fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    First,
    Again,
}

/// What arrived by an earlier run's resend may not be in the log yet, which then speaks against nothing.
pub(super) fn unless_just_arrived(verdict: Verdict, has_arrived: bool) -> Verdict {
    if has_arrived && verdict == Verdict::LostAfterAck { Verdict::Settled } else { verdict }
}

fn evidence_in_words(settlement: Settlement, receipt: Option<Receipt>) -> &'static str {
    match (settlement, receipt) {
        (Settlement::Recovered, Some(Receipt::Found)) => "the received log holds the id",
        (Settlement::Recovered, _) => "the vendor says that it was delivered",
        (Settlement::DeliveryFailed, _) => "the vendor counts another run and still says failed",
        (Settlement::NotSent, _) => "neither the vendor nor the log shows a delivery after the settling time",
    }
}
