//! Events that used up their attempts: reported on every run, whatever its window, until they arrive
//! or a person releases them.

use chrono::SecondsFormat;

use crate::classify::Verdict;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, ZoneKnowledge};
use crate::ledger::{Quarantine, QuarantineChange};
use crate::tracked::{EventResult, TrackedEvent};

use super::caller::{Halt, RequestKind};
use super::{Run, WebhookState};

/// Quarantined events of a webhook that are looked up one by one because no listing showed them; of
/// others the ledger's word is taken.
const MAX_LOOKUPS: usize = 50;

impl Run<'_> {
    /// Takes in the quarantined events that the listing did not show: they may lie outside the window,
    /// or may have arrived.
    pub(super) async fn look_up_quarantined(&mut self, index: usize) -> Result<(), Halt> {
        let webhook = &self.webhooks[index];
        let mut unseen: Vec<(EventId, Quarantine)> = (webhook.history.iter())
            .filter_map(|(id, history)| Some((id.clone(), history.quarantine.clone()?)))
            .filter(|(id, _)| webhook.events.get(id).is_none())
            .collect();
        unseen.sort_by(|left, right| (left.1.created_at, &left.0).cmp(&(right.1.created_at, &right.0)));
        let hook = webhook.id.clone();
        for (place, (id, entry)) in unseen.into_iter().enumerate() {
            let shown = if place < MAX_LOOKUPS {
                let provider = self.ports.provider.as_ref();
                let ask = async || provider.get_event(&hook, &entry.resend_id).await;
                self.caller.read(RequestKind::Get, ask).await?.ok().map(|detail| detail.event)
            } else {
                None
            };
            // Another event in the answer would be another event's news.
            let event = shown.filter(|event| event.id == id).unwrap_or_else(|| last_known(id, &entry));
            self.webhooks[index].events.observe(event);
        }
        Ok(())
    }

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
                    format!("used up its {max_attempts} attempts in earlier runs")
                }
                Some(_) | None => continue,
            };
            tracked.result = Some(EventResult::Quarantined);
            tracked.reason = Some(reason.into());
        }
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
            (Some(_) | None, _) => None,
        }
    }
}

/// Whether the vendor or the log shows that a quarantined event is there after all.
fn has_arrived(tracked: &TrackedEvent, is_wanted: bool) -> bool {
    match tracked.verdict {
        Verdict::Settled => true,
        Verdict::Unacknowledged => !is_wanted,
        Verdict::Missing | Verdict::LostAfterAck | Verdict::TooYoung | Verdict::Unknown(_) => false,
    }
}

/// The event as the ledger remembers it, where the vendor does not show it.
fn last_known(id: EventId, entry: &Quarantine) -> Event {
    Event {
        id,
        created_at: entry.created_at.map(|at| CreatedAt { at, zone: ZoneKnowledge::Stated }),
        status: DeliveryStatus::Failed,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    }
}
