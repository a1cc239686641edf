//! Asks the received log once and gives every event its verdict.

use std::sync::Arc;

use crate::classify::{Age, Verdict, classify};
use crate::event::DeliveryStatus;
use crate::monitor::RunEvent;
use crate::receipt::{Coverage, CoverageGap, Lookup, Receipt, WantedIds};
use crate::run_report::{Counts, Mode, ProblemKind};
use crate::tracked::TrackedEvent;

use super::caller::Halt;
use super::doubt::unless_just_arrived;
use super::log_proof::LogProof;
use super::{Run, WebhookState};

/// Why an event is not judged that an earlier run brought less than the least age ago: neither the log nor
/// the vendor's list need show it yet.
const JUST_ARRIVED: &str = "an earlier run brought it a moment ago; left for a later run";

impl Run<'_> {
    /// Steps 3 and 4: one question to the log for all webhooks, then the verdicts.
    pub(super) async fn diff(&mut self) -> Result<(), Halt> {
        let mut answer = self.ask_log(|_, _| true).await?;
        if self.look_wider_where_the_log_fails(answer.as_ref()).await? {
            answer = self.ask_log(|_, _| true).await?;
        }
        self.judge_all(answer.as_ref());
        Ok(())
    }

    /// Gives every event its verdict by an answer of the log.
    pub(super) fn judge_all(&mut self, answer: Option<&(Arc<WantedIds>, Lookup)>) {
        for index in 0..self.webhooks.len() {
            let proof = match answer {
                Some((wanted, lookup)) => self.prove_log(index, wanted, lookup),
                None => LogProof::Trusted,
            };
            self.report_log_proof(index, proof);
            self.judge(index, answer, proof);
            self.mark_arrived_meanwhile(index);
            self.report_diff(index);
        }
    }

    /// Asks the log about the chosen events of all webhooks.
    pub(super) async fn ask_log(
        &mut self,
        choose: impl Fn(&WebhookState, &TrackedEvent) -> bool,
    ) -> Result<Option<(Arc<WantedIds>, Lookup)>, Halt> {
        let Some(log) = &self.ports.received else { return Ok(None) };
        let chosen = self.webhooks.iter().flat_map(|webhook| {
            let choose = &choose;
            webhook
                .events
                .iter()
                .filter(move |tracked| choose(webhook, tracked))
                .map(|tracked| tracked.event.id.clone())
        });
        let wanted = Arc::new(WantedIds::new(chosen));
        if wanted.is_empty() {
            return Ok(Some((wanted, Lookup::default())));
        }
        let looked_up = self.caller.unless_stopped(log.look_up(Arc::clone(&wanted))).await?;
        let lookup = looked_up.map_err(Halt::Received)?;
        self.notice(&RunEvent::LogRead {
            wanted: wanted.len() as u64,
            found: lookup.found(),
            stats: lookup.stats.clone(),
        });
        self.report_log_faults(&lookup);
        Ok(Some((wanted, lookup)))
    }

    pub(super) fn report_log_faults(&mut self, lookup: &Lookup) {
        if let (Some(reason), Some(since)) = (&lookup.coverage.gap, lookup.coverage.since) {
            self.problem(
                ProblemKind::LogCoverage,
                format!("the received log can't say what arrived before {}: {reason}", since.format("%F %TZ")),
                "add or repair what is missing of it; what may stand there is not taken as missing",
            );
        }
        if let Some(reason) = &lookup.coverage.broken {
            self.undetermined(
                ProblemKind::LogUnreadable,
                format!("the received log could not be read whole: {reason}"),
                "what it does not show may still have been received; repair it or name another with --received",
            );
        } else if lookup.stats.unreadable > 0 {
            let first = lookup.stats.first_unreadable.as_deref().unwrap_or("unknown");
            self.problem(
                ProblemKind::LogUnreadable,
                format!(
                    "{} lines of the received log can't be understood, the first at {first}",
                    lookup.stats.unreadable
                ),
                "an id that may stand in such a line is not taken as missing",
            );
        }
    }

    pub(super) fn age(&self, tracked: &TrackedEvent) -> Age {
        Age::of(&tracked.event, self.ports.clock.now(), self.policy().min_age)
    }

    /// Gives the verdicts. An event that this run has acted on keeps the verdict it was acted on by.
    fn judge(&mut self, index: usize, answer: Option<&(Arc<WantedIds>, Lookup)>, proof: LogProof) {
        let now = self.ports.clock.now();
        let (min_age, margin) = (self.policy().min_age, self.zone_margin());
        let policy = *self.policy();
        let resends_delivered = policy.resend.include_acknowledged && policy.mode != Mode::Check;
        let WebhookState { events, arrived, history, .. } = &mut self.webhooks[index];
        for tracked in events.iter_mut() {
            let receipt = match answer {
                None => Receipt::OutOfCoverage(CoverageGap::NoLog),
                Some((wanted, lookup)) => match (lookup.receipt_of(wanted, &tracked.event, margin), proof) {
                    (Receipt::Absent, LogProof::Empty | LogProof::NothingShared { .. }) => {
                        Receipt::OutOfCoverage(CoverageGap::Unproven)
                    }
                    (Receipt::Absent, LogProof::BeginsAt(since)) => {
                        // The vendor told both times, so they are off alike.
                        Coverage { since: Some(since), ..Coverage::default() }.of_unseen(tracked.event.created())
                    }
                    (receipt, _) => receipt,
                },
            };
            if tracked.attempts == 0 && tracked.result.is_none() {
                tracked.receipt = Some(receipt);
                let arrived_at = history.get(&tracked.event.id).and_then(|known| known.arrived_at);
                let is_recent = arrived_at.is_some_and(|at| now.signed_duration_since(at).abs() < min_age);
                // A delivery that nobody would repeat may be told as lost at once.
                let may_be_sent = tracked.event.status != DeliveryStatus::Delivered || resends_delivered;
                let is_fresh = is_recent && receipt == Receipt::Absent && may_be_sent && !policy.resend.idempotent;
                let age = if is_fresh { Age::Young } else { Age::of(&tracked.event, now, min_age) };
                let verdict = classify(tracked.event.status, age, receipt);
                tracked.reason = (is_fresh && verdict == Verdict::TooYoung).then(|| JUST_ARRIVED.into());
                tracked.verdict = unless_just_arrived(verdict, arrived.contains(&tracked.event.id));
            }
        }
    }

    fn report_diff(&self, index: usize) {
        let webhook = &self.webhooks[index];
        let mut counts = Counts::default();
        let chosen = webhook.events.iter().filter(|tracked| self.is_chosen(webhook, tracked));
        chosen.for_each(|tracked| counts.count(tracked));
        self.notice(&RunEvent::Diffed { webhook: webhook.id.clone(), name: webhook.name.clone(), counts });
    }
}
