use chrono::TimeDelta;

use super::*;
use crate::attempt::AttemptId;
use crate::event::{DeliveryStatus, EventId, WebhookId};
use crate::pace::budget::FailureBudget;

fn request() -> ResendRequest {
    let event = EventId::new("event-1").expect("an id");
    ResendRequest {
        webhook: WebhookId::new("hook-1").expect("an id"),
        event: event.clone(),
        resend_id: event,
        runs_before: Some(1),
        status_before: DeliveryStatus::Failed,
        created_at: None,
        known_by: KnownBy::Listing,
    }
}

fn answer(code: Option<u16>, text: Option<&str>) -> Event {
    Event {
        id: EventId::new("event-1").expect("an id"),
        created_at: None,
        status: DeliveryStatus::Failed,
        status_text: text.map(Into::into),
        status_code: code,
        runs: Some(2),
        alternate_ids: None,
    }
}

fn sent(conclusion: Conclusion, unanswered: bool) -> Sent {
    let outcome = AttemptOutcome { conclusion, status_code: None, runs_after: None, detail: String::new() };
    let open = OpenAttempt {
        attempt: AttemptId(1),
        intent_at: DateTime::UNIX_EPOCH,
        ended_at: Some(DateTime::UNIX_EPOCH),
        request: request(),
        conclusion: Some(conclusion),
        runs_after: None,
    };
    Sent { open, outcome, unanswered, was_seen_to_arrive: false }
}

#[test]
fn an_answer_is_told_with_the_words_that_it_has() {
    let table = [
        (Some(503), Some("Down"), " (503 Down)"),
        (Some(503), Some(""), " (503)"),
        (Some(503), None, " (503)"),
        (None, Some("Down"), " (Down)"),
        (None, Some(""), ""),
        (None, None, ""),
    ];
    for (code, text, words) in table {
        let told = answered_detail(Conclusion::Refused, &answer(code, text));
        assert_eq!(told, format!("the receiver refused it{words}"));
    }
    let plain = answer(None, None);
    assert_eq!(answered_detail(Conclusion::Accepted, &plain), "the vendor says that it was delivered");
    let doubt = "the vendor's answer does not say whether it delivered";
    assert_eq!(answered_detail(Conclusion::InDoubt, &plain), doubt);
    assert_eq!(answered_detail(Conclusion::Rejected, &answer(Some(1), Some("x"))), "the vendor did not act");
}

#[test]
fn an_outcome_keeps_what_the_vendor_answered() {
    let answered = outcome_of(&request(), &Ok(answer(Some(500), None)));
    assert_eq!((answered.conclusion, answered.status_code), (Conclusion::Refused, Some(200)));
    assert_eq!((answered.runs_after, answered.detail.as_str()), (Some(2), "the receiver refused it (500)"));
    let throttled = outcome_of(&request(), &Err(ProviderError::Throttled { retry_after: None }));
    assert_eq!((throttled.conclusion, throttled.status_code), (Conclusion::Rejected, Some(429)));
    assert_eq!((throttled.runs_after, throttled.detail.as_str()), (None, "throttled by the vendor"));
}

#[test]
fn only_what_speaks_of_the_receiver_moves_the_breaker() {
    let table = [
        (Conclusion::Accepted, false, 0),
        (Conclusion::Refused, false, 2),
        (Conclusion::InDoubt, true, 2),
        (Conclusion::InDoubt, false, 1),
        (Conclusion::Rejected, false, 1),
        (Conclusion::NotSent, true, 1),
    ];
    for (conclusion, unanswered, failures) in table {
        let mut breaker = Breaker::new(5);
        breaker.failed(0);
        mark_breaker(&mut breaker, &sent(conclusion, unanswered));
        assert_eq!(breaker.failures(), failures, "{conclusion:?} {unanswered}");
    }
}

#[test]
fn a_place_in_the_budget_is_given_back_unless_the_receiver_may_have_refused() {
    let now = DateTime::UNIX_EPOCH;
    let allowed = FailureBudget { failures: 1, period: TimeDelta::minutes(60) };
    let lane = |budget| LaneEnd {
        webhook: 0,
        sent: Vec::new(),
        breaker: Breaker::new(5),
        budget,
        receiver: Receiver::Untried,
        halt: None,
    };
    let spends = [
        (Conclusion::Accepted, false),
        (Conclusion::Rejected, false),
        (Conclusion::NotSent, false),
        (Conclusion::Refused, true),
        (Conclusion::InDoubt, true),
    ];
    for (conclusion, is_spent) in spends {
        let mut end = lane(Some(Budget::new(allowed, Vec::new())));
        assert!(end.takes_place(now) && !end.takes_place(now), "there is one place");
        end.account(&sent(conclusion, false));
        assert_eq!(end.takes_place(now), !is_spent, "{conclusion:?}");
    }
    let mut unbounded = lane(None);
    unbounded.account(&sent(Conclusion::Refused, false));
    assert!(unbounded.takes_place(now));
}
