use super::*;
use crate::receipt::CoverageGap;

fn request(runs_before: Option<u32>, status_before: DeliveryStatus) -> ResendRequest {
    let event = EventId::new("event-1").expect("an id");
    let webhook = WebhookId::new("hook-1").expect("an id");
    ResendRequest {
        webhook,
        event: event.clone(),
        resend_id: event,
        runs_before,
        status_before,
        created_at: None,
        known_by: KnownBy::Listing,
    }
}

fn answer(status: DeliveryStatus, runs: Option<u32>) -> Event {
    Event {
        id: EventId::new("event-1").expect("an id"),
        created_at: None,
        status,
        status_text: None,
        status_code: None,
        runs,
        alternate_ids: None,
    }
}

#[test]
fn the_table_of_conclusions_holds() {
    use DeliveryStatus::{Delivered, Failed, Pending, Unrecognised};
    let table = [
        (Failed, Some(1), Delivered, Some(2), Conclusion::Accepted),
        (Failed, Some(1), Delivered, None, Conclusion::Accepted),
        (Failed, Some(1), Delivered, Some(1), Conclusion::Accepted),
        (Failed, Some(1), Failed, Some(2), Conclusion::Refused),
        (Failed, None, Failed, None, Conclusion::Refused),
        (Failed, Some(1), Failed, Some(1), Conclusion::InDoubt),
        (Failed, Some(1), Pending, Some(2), Conclusion::InDoubt),
        (Failed, Some(1), Unrecognised, Some(2), Conclusion::InDoubt),
        (Delivered, Some(1), Delivered, Some(2), Conclusion::Accepted),
        (Delivered, Some(1), Delivered, Some(1), Conclusion::InDoubt),
        (Delivered, Some(1), Delivered, None, Conclusion::InDoubt),
        (Delivered, None, Delivered, Some(2), Conclusion::InDoubt),
    ];
    for (before, runs_before, after, runs_after, expected) in table {
        let answered = answer(after, runs_after);
        let concluded = conclude(&request(runs_before, before), &ResendEnd::Answered(&answered));
        assert_eq!(concluded, expected, "{before:?} {runs_before:?} -> {after:?} {runs_after:?}");
    }
    let failed = request(Some(1), Failed);
    assert_eq!(conclude(&failed, &ResendEnd::NotSent), Conclusion::NotSent);
    assert_eq!(conclude(&failed, &ResendEnd::Rejected), Conclusion::Rejected);
    assert_eq!(conclude(&failed, &ResendEnd::Unanswered), Conclusion::InDoubt);
}

fn open(conclusion: Option<Conclusion>, runs_before: Option<u32>) -> OpenAttempt {
    OpenAttempt {
        attempt: AttemptId(1),
        intent_at: DateTime::UNIX_EPOCH,
        ended_at: None,
        request: request(runs_before, DeliveryStatus::Failed),
        conclusion,
        runs_after: None,
    }
}

fn seen(status: Option<DeliveryStatus>, runs: Option<u32>, receipt: Option<Receipt>) -> Evidence {
    Evidence { status, runs, receipt, log_is_live: true }
}

fn settled_after(open: &OpenAttempt, evidence: &Evidence, seconds: i64) -> Option<Settlement> {
    let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    settle(open, evidence, false, now, TimeDelta::seconds(60))
}

#[test]
fn evidence_of_a_delivery_settles_at_once_and_that_of_a_failure_in_time() {
    let doubt = open(None, Some(1));
    let delivered = seen(Some(DeliveryStatus::Delivered), Some(2), None);
    assert_eq!(settled_after(&doubt, &delivered, 0), Some(Settlement::Recovered));
    let in_log = seen(Some(DeliveryStatus::Failed), Some(1), Some(Receipt::Found));
    assert_eq!(settled_after(&doubt, &in_log, 0), Some(Settlement::Recovered));
    let grew = seen(Some(DeliveryStatus::Failed), Some(2), Some(Receipt::Absent));
    assert_eq!(settled_after(&doubt, &grew, 59), None);
    assert_eq!(settled_after(&doubt, &grew, 60), Some(Settlement::DeliveryFailed));
}

#[test]
fn silence_settles_only_after_the_settling_time() {
    let doubt = open(Some(Conclusion::InDoubt), Some(1));
    let silent = seen(Some(DeliveryStatus::Failed), Some(1), Some(Receipt::Absent));
    assert_eq!(settled_after(&doubt, &silent, 59), None);
    assert_eq!(settled_after(&doubt, &silent, 60), Some(Settlement::NotSent));
}

#[test]
fn the_settling_time_begins_when_the_request_ended() {
    let ended_at = Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(60));
    let timed_out = OpenAttempt { ended_at, ..open(Some(Conclusion::InDoubt), Some(1)) };
    let silent = seen(Some(DeliveryStatus::Failed), Some(1), Some(Receipt::Absent));
    assert_eq!(settled_after(&timed_out, &silent, 119), None);
    assert_eq!(settled_after(&timed_out, &silent, 120), Some(Settlement::NotSent));
}

#[test]
fn without_a_run_counter_silence_never_settles() {
    let doubt = open(Some(Conclusion::InDoubt), None);
    let silent = seen(Some(DeliveryStatus::Failed), None, Some(Receipt::Absent));
    assert_eq!(settled_after(&doubt, &silent, 1_000_000), None);
}

#[test]
fn an_idempotent_receiver_settles_doubt_by_waiting() {
    let doubt = open(Some(Conclusion::InDoubt), None);
    let silent = seen(Some(DeliveryStatus::Failed), None, None);
    let late = DateTime::UNIX_EPOCH + TimeDelta::seconds(60);
    assert_eq!(settle(&doubt, &silent, true, late, TimeDelta::seconds(60)), Some(Settlement::NotSent));
}

#[test]
fn an_accepting_answer_is_contradicted_only_by_a_live_log() {
    let accepted = open(Some(Conclusion::Accepted), Some(1));
    let out = Receipt::OutOfCoverage(CoverageGap::Unreadable);
    for receipt in [None, Some(out)] {
        let evidence = seen(Some(DeliveryStatus::Failed), Some(1), receipt);
        assert_eq!(settled_after(&accepted, &evidence, 1_000), None);
    }
    let absent = seen(Some(DeliveryStatus::Failed), Some(1), Some(Receipt::Absent));
    assert_eq!(settled_after(&accepted, &absent, 1_000), Some(Settlement::NotSent));
    let from_a_copy = Evidence { log_is_live: false, ..absent };
    assert_eq!(settled_after(&accepted, &from_a_copy, 1_000), None);
}

#[test]
fn an_event_the_vendor_can_not_show_settles_nothing() {
    let doubt = open(None, Some(1));
    assert_eq!(settled_after(&doubt, &seen(None, None, Some(Receipt::Absent)), 1_000), None);
    let odd = seen(Some(DeliveryStatus::Unrecognised), Some(1), None);
    assert_eq!(settled_after(&doubt, &odd, 1_000), None);
}

#[test]
fn a_delivery_that_was_there_before_is_no_evidence_of_a_new_one() {
    let mut doubt = open(Some(Conclusion::InDoubt), Some(1));
    doubt.request.status_before = DeliveryStatus::Delivered;
    let still = seen(Some(DeliveryStatus::Delivered), Some(1), None);
    assert_eq!(settled_after(&doubt, &still, 1_000), None);
    // The run may be counted before its refusal shows.
    let grew = seen(Some(DeliveryStatus::Delivered), Some(2), None);
    assert_eq!(settled_after(&doubt, &grew, 1_000), None);
    let logged = seen(Some(DeliveryStatus::Delivered), Some(2), Some(Receipt::Found));
    assert_eq!(settled_after(&doubt, &logged, 0), Some(Settlement::Recovered));
}

#[test]
fn a_refusal_that_nothing_counts_is_a_failure_once_the_settling_time_has_passed() {
    let refused = open(Some(Conclusion::Refused), None);
    let still_failed = seen(Some(DeliveryStatus::Failed), None, Some(Receipt::Absent));
    assert_eq!(settled_after(&refused, &still_failed, 59), None);
    assert_eq!(settled_after(&refused, &still_failed, 60), Some(Settlement::DeliveryFailed));
    let arrived = seen(Some(DeliveryStatus::Delivered), None, None);
    assert_eq!(settled_after(&refused, &arrived, 0), Some(Settlement::Recovered));
}

#[test]
fn an_outcome_settles_only_what_it_proves() {
    let outcome =
        |conclusion, runs_after| AttemptOutcome { conclusion, status_code: None, runs_after, detail: String::new() };
    let table = [
        (Conclusion::NotSent, Some(1), None, Some(Settlement::NotSent)),
        (Conclusion::Rejected, Some(1), None, Some(Settlement::NotSent)),
        (Conclusion::Refused, Some(1), Some(2), Some(Settlement::DeliveryFailed)),
        (Conclusion::Refused, None, Some(2), None),
        (Conclusion::Refused, Some(1), None, None),
        (Conclusion::Accepted, Some(1), Some(2), None),
        (Conclusion::InDoubt, Some(1), Some(2), None),
    ];
    for (conclusion, before, after, expected) in table {
        let request = request(before, DeliveryStatus::Failed);
        assert_eq!(settled_by_outcome(&request, &outcome(conclusion, after)), expected, "{conclusion:?}");
    }
}

#[test]
fn names_lead_back_to_their_conclusions() {
    for conclusion in
        [Conclusion::NotSent, Conclusion::Rejected, Conclusion::Accepted, Conclusion::Refused, Conclusion::InDoubt]
    {
        assert_eq!(Conclusion::from_name(conclusion.name()), Some(conclusion));
    }
    assert_eq!(Conclusion::from_name("surely"), None);
}

#[test]
fn an_attempt_counts_when_the_receiver_may_have_seen_it() {
    for conclusion in [Conclusion::Accepted, Conclusion::Refused, Conclusion::InDoubt] {
        assert!(conclusion.may_have_acted(), "{conclusion:?}");
    }
    for conclusion in [Conclusion::NotSent, Conclusion::Rejected] {
        assert!(!conclusion.may_have_acted(), "{conclusion:?}");
    }
}

#[test]
fn the_ledger_knows_settlements_by_these_names() {
    assert_eq!(Settlement::Recovered.name(), "recovered");
    assert_eq!(Settlement::DeliveryFailed.name(), "delivery_failed");
    assert_eq!(Settlement::NotSent.name(), "not_sent");
}

#[test]
fn what_a_clock_recorded_that_has_been_set_back_lies_in_the_past() {
    let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
    let mut ahead = OpenAttempt { intent_at: at(500), ended_at: Some(at(900)), ..open(None, Some(1)) };
    ahead.not_after(at(100));
    assert_eq!((ahead.intent_at, ahead.ended_at), (at(100), Some(at(100))));
    assert_eq!(ahead.over_for(at(160)), TimeDelta::seconds(60));
    let mut past = OpenAttempt { intent_at: at(10), ended_at: Some(at(20)), ..open(None, Some(1)) };
    past.not_after(at(100));
    assert_eq!((past.intent_at, past.ended_at), (at(10), Some(at(20))));
}

#[test]
fn a_delivery_from_before_vouches_for_no_resend_whatever_was_answered_and_counted() {
    let answers = [None, Some(Conclusion::InDoubt), Some(Conclusion::Refused), Some(Conclusion::Accepted)];
    for conclusion in answers {
        for runs in [None, Some(1), Some(2), Some(3)] {
            let mut attempt = open(conclusion, Some(1));
            attempt.request.status_before = DeliveryStatus::Delivered;
            let delivered = seen(Some(DeliveryStatus::Delivered), runs, Some(Receipt::Absent));
            assert_eq!(settled_after(&attempt, &delivered, 1_000), None, "{conclusion:?} {runs:?}");
        }
    }
}

#[test]
fn an_attempt_has_had_its_time_from_the_settling_time_on() {
    let attempt = OpenAttempt { ended_at: Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(5)), ..open(None, None) };
    let after = |seconds| {
        attempt.had_time_to_settle(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds), TimeDelta::seconds(60))
    };
    assert_eq!([after(64), after(65), after(66)], [false, true, true]);
}
