use chrono::TimeDelta;

use super::*;
use crate::attempt::{KnownBy, ResendRequest};
use crate::event::WebhookId;
use crate::pace::budget::FailureBudget;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

/// A resend that ended at minute 0 in this way and was decided in that.
fn pending(conclusion: Conclusion, decision: Option<Decision>) -> Pending {
    let event = EventId::new("event-1").expect("an id");
    let request = ResendRequest {
        webhook: WebhookId::new("hook-1").expect("an id"),
        event: event.clone(),
        resend_id: event,
        runs_before: Some(1),
        status_before: DeliveryStatus::Failed,
        created_at: None,
        known_by: KnownBy::Listing,
    };
    let open = OpenAttempt {
        attempt: AttemptId(1),
        intent_at: at(0),
        ended_at: Some(at(0)),
        request,
        conclusion: Some(conclusion),
        runs_after: Some(2),
    };
    Pending { decision, ..Pending::new(open) }
}

#[test]
fn the_budget_is_corrected_by_what_became_of_a_resend() {
    use Conclusion::{Accepted, InDoubt, Refused};
    let arrived = Some(Decision::Arrived(Arrival::VendorSaysSo));
    let not_sent = Some(Decision::MayBeSentAgain(Settlement::NotSent));
    let failed = Some(Decision::MayBeSentAgain(Settlement::DeliveryFailed));
    let table = [
        // What counted as a failure as of minute 0 turned out to be none, or stays one.
        (Refused, arrived, None),
        (InDoubt, arrived, None),
        (InDoubt, not_sent, None),
        (Refused, failed, Some(at(60))),
        (InDoubt, failed, Some(at(60))),
        (Refused, Some(Decision::Refused), Some(at(60))),
        (Refused, Some(Decision::GivenUp), Some(at(60))),
        (InDoubt, None, Some(at(60))),
        // What counted as none turned out to be one, as of now.
        (Accepted, failed, Some(at(65))),
        (Accepted, arrived, None),
        (Accepted, not_sent, None),
        (Accepted, None, None),
    ];
    for (conclusion, decision, spent_until) in table {
        let spent = if conclusion == Accepted { Vec::new() } else { vec![at(0)] };
        let mut budget = Budget::new(FailureBudget { failures: 1, period: TimeDelta::minutes(60) }, spent);
        pending(conclusion, decision).account(&mut budget, at(5));
        assert_eq!(budget.spent_now(at(5)), spent_until, "{conclusion:?} {decision:?}");
    }
}

#[test]
fn a_counter_vouches_for_an_answer_where_it_was_told_before_and_after() {
    for (before, after, is_counted) in
        [(Some(1), Some(2), true), (None, Some(2), false), (Some(1), None, false), (None, None, false)]
    {
        let mut one = pending(Conclusion::Refused, None);
        (one.open.request.runs_before, one.open.runs_after) = (before, after);
        assert_eq!(one.is_counted(), is_counted, "{before:?} {after:?}");
    }
}
