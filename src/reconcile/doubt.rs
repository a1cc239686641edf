//! Settles what earlier runs left open, before anything new is sent: by looking, never by guessing.

use std::sync::Arc;

use crate::attempt::{AttemptId, Evidence, OpenAttempt, Settlement, settle};
use crate::event::{Event, EventId};
use crate::receipt::{Receipt, WantedIds};
use crate::run_report::ProblemKind;
use crate::tracked::EventResult;

use super::caller::Halt;
use super::{LedgerAccess, Run};

impl Run<'_> {
    /// Settles the open attempts of all webhooks; what stays open is not resent.
    pub(super) async fn settle_earlier_attempts(&mut self) -> Result<(), Halt> {
        for index in 0..self.webhooks.len() {
            let open: Vec<OpenAttempt> =
                self.webhooks[index].history.values().flat_map(|history| history.open.iter().cloned()).collect();
            if !open.is_empty() {
                self.settle_open(index, open).await?;
            }
            self.mark_quarantined(index);
        }
        Ok(())
    }

    async fn settle_open(&mut self, index: usize, open: Vec<OpenAttempt>) -> Result<(), Halt> {
        let mut looked_up = Vec::new();
        for attempt in open {
            let event = match self.webhooks[index].events.get(&attempt.request.event) {
                Some(tracked) => Some(tracked.event.clone()),
                None => self.get_event(&attempt.request).await?,
            };
            looked_up.push((attempt, event));
        }
        let receipts = self.receipts_of(&looked_up).await?;
        let mut settled: Vec<(AttemptId, Settlement, String)> = Vec::new();
        for ((attempt, event), receipt) in looked_up.iter().zip(receipts) {
            match self.settle_by(attempt, event.as_ref(), receipt) {
                Some(settlement) => {
                    settled.push((attempt.attempt, settlement, evidence_in_words(settlement, receipt).to_owned()));
                    self.forget_open(index, attempt, settlement);
                }
                None => self.keep_in_doubt(index, attempt, event.clone()),
            }
        }
        if let (LedgerAccess::Write(journal), false) = (&self.ports.ledger, settled.is_empty()) {
            journal.settle(settled, self.ports.clock.now()).await.map_err(Halt::ledger)?;
        }
        Ok(())
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

    fn settle_by(&self, attempt: &OpenAttempt, event: Option<&Event>, receipt: Option<Receipt>) -> Option<Settlement> {
        let policy = self.policy();
        let evidence = Evidence {
            status: event.map(|event| event.status),
            runs: event.and_then(|event| event.runs),
            receipt,
            log_is_live: true,
        };
        settle(attempt, &evidence, policy.resend.idempotent, self.ports.clock.now(), policy.settle)
    }

    fn forget_open(&mut self, index: usize, attempt: &OpenAttempt, settlement: Settlement) {
        if let Some(history) = self.webhooks[index].history.get_mut(&attempt.request.event) {
            history.open.retain(|open| open.attempt != attempt.attempt);
            if settlement == Settlement::NotSent {
                history.attempts = history.attempts.saturating_sub(1);
            }
        }
    }

    fn keep_in_doubt(&mut self, index: usize, attempt: &OpenAttempt, event: Option<Event>) {
        let reason = format!("it is not known whether the resend of {} arrived", attempt.intent_at.format("%F %TZ"));
        let webhook = &mut self.webhooks[index];
        let name = webhook.name.clone();
        let id: EventId = attempt.request.event.clone();
        if let Some(event) = event {
            webhook.events.observe(event);
        }
        if let Some(tracked) = webhook.events.get_mut(&id) {
            tracked.result = Some(EventResult::InDoubt);
            tracked.reason = Some(reason.clone().into());
        }
        self.undetermined(
            ProblemKind::InDoubt,
            format!("{name}: event {id}: {reason}"),
            "it is not sent again until there is evidence; if the receiver is idempotent, say --idempotent",
        );
    }

    /// An event that used up its attempts is reported and left to a person.
    fn mark_quarantined(&mut self, index: usize) {
        let max_attempts = self.policy().bounds.max_attempts;
        let policy = self.policy().resend;
        let webhook = &mut self.webhooks[index];
        for (id, history) in &webhook.history {
            if history.attempts < max_attempts {
                continue;
            }
            if let Some(tracked) = webhook.events.get_mut(id)
                && tracked.result.is_none()
                && policy.resends(tracked.verdict)
            {
                tracked.result = Some(EventResult::Quarantined);
                tracked.reason = Some(format!("used up its {max_attempts} attempts in earlier runs").into());
            }
        }
    }
}

fn evidence_in_words(settlement: Settlement, receipt: Option<Receipt>) -> &'static str {
    match (settlement, receipt) {
        (Settlement::Recovered, Some(Receipt::Found)) => "the received log holds the id",
        (Settlement::Recovered, _) => "the vendor says that it was delivered",
        (Settlement::DeliveryFailed, _) => "the vendor counts another run and still says failed",
        (Settlement::NotSent, _) => "neither the vendor nor the log shows a delivery after the settling time",
    }
}
