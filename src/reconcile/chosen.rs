//! What a run was asked to work on. Everything it sees is judged, since the proofs need it; what was not
//! chosen is not resent, not counted and not told of one by one, only that there is something.

use crate::classify::Verdict;
use crate::event::EventId;
use crate::receipt::Receipt;
use crate::run_report::ProblemKind;
use crate::selection::{Selection, VerdictKind};
use crate::tracked::{EventResult, TrackedEvent};

use super::{Run, Task, WantedBy, WebhookState};

impl Run<'_> {
    /// Whether the run acts on this event and tells of it.
    pub(super) fn is_chosen(&self, webhook: &WebhookState, tracked: &TrackedEvent) -> bool {
        match &self.request.task {
            // Nothing that a selection looks at is changed by a resend, so what was resent stays chosen.
            Task::Window(selection) => selection.admits(tracked),
            Task::Exactly { .. } => webhook.wanted.contains_key(&tracked.event.id),
        }
    }

    /// Whether an event that only the ledger knows belongs to what the run was asked for. A selection
    /// is looked at once the event is known.
    pub(super) fn is_within_task(&self, webhook: &WebhookState, id: &EventId) -> bool {
        match &self.request.task {
            Task::Window(_) => true,
            Task::Exactly { .. } => webhook.wanted.contains_key(id),
        }
    }

    /// Whether an event is not to be sent again because each is sent at most once.
    pub(super) fn had_its_turn(&self, tracked: &TrackedEvent) -> bool {
        match &self.request.task {
            Task::Window(_) => false,
            Task::Exactly { .. } => tracked.attempts > 0,
        }
    }

    /// Whoever asked for an event by its id is told that it is there already.
    pub(super) fn mark_arrived_meanwhile(&mut self, index: usize) {
        let is_idempotent = self.policy().resend.idempotent;
        let WebhookState { wanted, events, .. } = &mut self.webhooks[index];
        for (id, wanted_by) in wanted.iter() {
            let Some(tracked) = events.get_mut(id) else { continue };
            if tracked.result.is_some() {
                continue;
            }
            if let (Verdict::LostAfterAck, WantedBy::Plan { verdict, .. }) = (tracked.verdict, wanted_by)
                && *verdict != VerdictKind::LostAfterAck
            {
                // It failed when it was planned. The log may only be late, so it is told of and not sent.
                tracked.result = Some(EventResult::Left);
                tracked.reason =
                    Some("delivered since the plan was made, but the received log does not hold it".into());
                continue;
            }
            let reason = match (tracked.verdict, wanted_by) {
                (Verdict::Settled, WantedBy::Hand) => match tracked.receipt {
                    Some(Receipt::Found) => "already delivered, and in the received log",
                    Some(Receipt::Absent | Receipt::OutOfCoverage(_)) | None => "already delivered",
                },
                (Verdict::Settled, WantedBy::Plan { .. }) => "delivered since the plan was made",
                (Verdict::Unacknowledged, WantedBy::Plan { verdict, .. })
                    if *verdict != VerdictKind::Unacknowledged =>
                {
                    "in the received log since the plan was made"
                }
                (Verdict::Unacknowledged, WantedBy::Hand) if !is_idempotent => {
                    "already in the received log; --idempotent resends it all the same"
                }
                _ => continue,
            };
            tracked.result = Some(EventResult::Skipped);
            tracked.reason = Some(reason.into());
        }
    }

    /// An id that was selected and that no listing showed is a mistake, or lies elsewhere; either way nothing
    /// is known of it.
    pub(super) fn report_ids_not_seen(&mut self, selection: &Selection) {
        let is_seen = |id: &&EventId| self.webhooks.iter().any(|webhook| webhook.events.get(id).is_some());
        let unseen: Vec<String> = selection.ids.iter().filter(|id| !is_seen(id)).map(ToString::to_string).collect();
        let (Some(first), more) = (unseen.first(), unseen.len().saturating_sub(1)) else { return };
        let others = if more == 0 { String::new() } else { format!(" and {more} more") };
        self.undetermined(
            ProblemKind::NotSeen,
            format!("the vendor lists no event {first}{others} in this window"),
            "check the id and the window; `hookmend show ID` asks the vendor for an event wherever it lies",
        );
    }

    /// What the report says that it was narrowed to.
    pub(super) fn selection_in_words(&self) -> String {
        match &self.request.task {
            Task::Window(selection) => selection.words(),
            Task::Exactly { words, .. } => words.clone(),
        }
    }

    /// A narrow look must not make anybody believe that the rest is well.
    pub(super) fn report_what_was_not_selected(&mut self) {
        let mut counts =
            [("missing", 0_u64), ("in quarantine", 0), ("in doubt", 0), ("lost after ack", 0), ("unknown", 0)];
        for webhook in &self.webhooks {
            for tracked in webhook.events.iter().filter(|tracked| !self.is_chosen(webhook, tracked)) {
                let place = match (tracked.result, tracked.verdict) {
                    (Some(EventResult::Quarantined), _) => 1,
                    (Some(EventResult::InDoubt), _) => 2,
                    (Some(EventResult::Recovered), _) => continue,
                    (_, Verdict::Missing) => 0,
                    (_, Verdict::LostAfterAck) => 3,
                    (_, Verdict::Unknown(_)) => 4,
                    (Some(EventResult::Left), _) => 0,
                    (_, Verdict::Settled | Verdict::Unacknowledged | Verdict::TooYoung) => continue,
                };
                counts[place].1 += 1;
            }
        }
        let told: Vec<String> =
            counts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{count} {name}")).collect();
        if !told.is_empty() {
            self.problem(
                ProblemKind::OutsideSelection,
                format!("there is more that was not selected: {}", told.join(", ")),
                "`hookmend list` shows what else there is",
            );
        }
    }
}
