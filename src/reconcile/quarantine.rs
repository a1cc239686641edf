//! Events that used up their attempts: reported on every run, whatever its window, until they arrive
//! or a person releases them.

use chrono::SecondsFormat;

use crate::classify::Verdict;
use crate::ledger::{Quarantine, QuarantineChange};
use crate::run_report::ProblemKind;
use crate::tracked::{EventResult, TrackedEvent};

use super::{Run, WebhookState};

impl Run<'_> {
    /// Marks what is quarantined, by the ledger's word or because its attempts are used up.
    pub(super) fn mark_quarantined(&mut self, index: usize) {
        let max_attempts = self.policy().bounds.max_attempts;
        let policy = self.policy().resend;
        let webhook = &mut self.webhooks[index];
        for (id, history) in &webhook.history {
            let Some(tracked) = webhook.events.get_mut(id).filter(|tracked| tracked.result.is_none()) else { continue };
            let reason = match &history.quarantine {
                Some(entry) if !has_arrived(tracked, policy.resends(tracked.verdict)) => {
                    let since = entry.since.to_rfc3339_opts(SecondsFormat::Secs, true);
                    format!("in quarantine since {since}: {}", entry.reason)
                }
                None if history.attempts >= max_attempts && policy.resends(tracked.verdict) => {
                    "used up its attempts in earlier runs".to_owned()
                }
                Some(_) | None => continue,
            };
            tracked.result = Some(EventResult::Quarantined);
            tracked.reason = Some(reason.into());
        }
    }

    /// Says once how an event leaves quarantine.
    pub(super) fn report_quarantine(&mut self, index: usize) {
        let webhook = &self.webhooks[index];
        let quarantined = |tracked: &&TrackedEvent| {
            tracked.result == Some(EventResult::Quarantined) && self.is_chosen(webhook, tracked)
        };
        let events = match webhook.events.iter().filter(quarantined).count() {
            0 => return,
            1 => "1 event used up its attempts and is".to_owned(),
            many => format!("{many} events used up their attempts and are"),
        };
        self.problem(
            ProblemKind::Quarantined,
            format!("{}: {events} not resent any more", webhook.name),
            "mend what the receiver refused, then `hookmend quarantine release ID`",
        );
    }

    /// What the run changes in the quarantine; to be asked when every event has its result.
    pub(super) fn quarantine_changes(&self) -> Vec<QuarantineChange> {
        let mut changes = Vec::new();
        for webhook in &self.webhooks {
            for tracked in webhook.events.iter() {
                changes.extend(self.quarantine_change(webhook, tracked));
            }
        }
        changes
    }

    fn quarantine_change(&self, webhook: &WebhookState, tracked: &TrackedEvent) -> Option<QuarantineChange> {
        let (hook, event) = (webhook.id.clone(), tracked.event.id.clone());
        let history = webhook.history.get(&event);
        let entry = history.and_then(|history| history.quarantine.as_ref());
        match (entry, tracked.result) {
            (None, Some(EventResult::Quarantined)) => {
                let earlier = history.map_or(0, |history| history.attempts);
                let entry = Quarantine {
                    since: self.ports.clock.now(),
                    created_at: tracked.event.created(),
                    resend_id: tracked.event.resend_id().clone(),
                    attempts: earlier.saturating_add(u32::from(tracked.used_attempts())),
                    reason: tracked.reason().to_owned(),
                };
                Some(QuarantineChange::Entered { webhook: hook, event, entry })
            }
            (Some(_), _) if has_arrived(tracked, self.policy().resend.resends(tracked.verdict)) => {
                let evidence = tracked.verdict.reason().to_owned();
                Some(QuarantineChange::Resolved { webhook: hook, event, evidence })
            }
            (None, _) => self.release_is_done(webhook, tracked),
            (Some(_), _) => None,
        }
    }
}

/// Whether the vendor or the log shows that a quarantined event is there after all.
pub(super) fn has_arrived(tracked: &TrackedEvent, is_wanted: bool) -> bool {
    match tracked.verdict {
        Verdict::Settled => true,
        Verdict::Unacknowledged => !is_wanted,
        Verdict::Missing | Verdict::LostAfterAck | Verdict::TooYoung | Verdict::Unknown(_) => false,
    }
}
