//! The plan: which events are to be resent, in which order, and whether that many may be.
//!
//! A [`Plan`] can be shown. Only an [`ApprovedPlan`] can be carried out, and the only way to one is
//! through the cap.

use chrono::{DateTime, Utc};

use crate::event::EventId;

/// One resend that a run intends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedResend {
    /// Which of the run's webhooks, by its place in the scope.
    pub webhook: usize,
    /// The event.
    pub event: EventId,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
}

/// The ordered, finite list of resends that a run intends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    resends: Vec<PlannedResend>,
}

/// The plan holds more resends than one run may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{planned} resends are planned and {allowed} are allowed")]
pub struct OverCap {
    /// How many are planned.
    pub planned: u64,
    /// How many are allowed.
    pub allowed: u64,
}

impl Plan {
    /// Puts the resends in order: oldest first, by creation time and then id.
    pub fn new(mut resends: Vec<PlannedResend>) -> Self {
        resends.sort_unstable_by(|left, right| {
            (left.created_at, &left.event, left.webhook).cmp(&(right.created_at, &right.event, right.webhook))
        });
        Self { resends }
    }

    /// The resends in order.
    pub fn resends(&self) -> &[PlannedResend] {
        &self.resends
    }

    /// How many resends are planned.
    pub fn len(&self) -> u64 {
        self.resends.len() as u64
    }

    /// Whether there is nothing to resend.
    pub fn is_empty(&self) -> bool {
        self.resends.is_empty()
    }

    /// Approves the plan whole, or refuses it whole: a part of a plan that is too large is no safer
    /// than all of it.
    ///
    /// # Errors
    /// When `sent` resends and the plan together exceed `allowed`.
    pub fn approve(self, sent: u64, allowed: u64) -> Result<ApprovedPlan, OverCap> {
        let planned = sent.saturating_add(self.len());
        if planned > allowed {
            return Err(OverCap { planned, allowed });
        }
        Ok(ApprovedPlan { resends: self.resends })
    }
}

/// A plan that may be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedPlan {
    resends: Vec<PlannedResend>,
}

impl ApprovedPlan {
    /// The resends for one webhook, oldest first.
    pub fn for_webhook(&self, webhook: usize) -> impl Iterator<Item = &EventId> {
        self.resends.iter().filter(move |resend| resend.webhook == webhook).map(|resend| &resend.event)
    }

    /// How many resends are approved.
    pub fn len(&self) -> u64 {
        self.resends.len() as u64
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.resends.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn resend(id: &str, second: i64) -> PlannedResend {
        let created_at = Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(second));
        PlannedResend { webhook: 0, event: EventId::new(id).expect("an id"), created_at }
    }

    #[test]
    fn oldest_goes_first_and_the_id_breaks_ties() {
        let plan = Plan::new(vec![resend("c", 2), resend("b", 1), resend("a", 2)]);
        let order: Vec<_> = plan.resends().iter().map(|resend| resend.event.to_string()).collect();
        assert_eq!(order, ["b", "a", "c"]);
    }

    #[test]
    fn a_plan_over_the_cap_is_refused_whole() {
        let plan = Plan::new(vec![resend("a", 1), resend("b", 2)]);
        assert_eq!(plan.clone().approve(0, 1), Err(OverCap { planned: 2, allowed: 1 }));
        assert_eq!(plan.clone().approve(1, 2), Err(OverCap { planned: 3, allowed: 2 }));
        assert_eq!(plan.approve(0, 2).expect("within the cap").len(), 2);
    }

    #[test]
    fn an_approved_plan_gives_each_webhook_its_own_resends() {
        let of = |webhook, id, second| PlannedResend { webhook, ..resend(id, second) };
        let plan = Plan::new(vec![of(1, "c", 3), of(0, "b", 2), of(1, "a", 1)]);
        assert!(!plan.is_empty());
        let approved = plan.approve(0, 3).expect("within the cap");
        assert!(!approved.is_empty());
        let ids = |webhook| approved.for_webhook(webhook).map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!((ids(0), ids(1), ids(2)), (vec!["b".to_owned()], vec!["a".to_owned(), "c".to_owned()], vec![]));
    }

    #[test]
    fn a_plan_without_resends_is_empty_and_needs_no_room() {
        assert!(Plan::default().is_empty());
        let approved = Plan::default().approve(5, 5).expect("nothing is within every cap");
        assert!(approved.is_empty());
        assert_eq!(approved.len(), 0);
    }
}
