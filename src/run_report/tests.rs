use super::*;
use crate::classify::UnknownReason;
use crate::event::{Event, EventId};
use crate::tracked::TrackedEvents;

fn tracked(status: DeliveryStatus, verdict: Verdict, result: Option<EventResult>) -> TrackedEvent {
    let mut events = TrackedEvents::default();
    events.observe(Event {
        id: EventId::new("event-1").expect("an id"),
        created_at: None,
        status,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    });
    let known = events.iter().next().expect("observed").clone();
    TrackedEvent { verdict, result, ..known }
}

fn counted(tracked: &TrackedEvent) -> Counts {
    let mut counts = Counts::default();
    counts.count(tracked);
    counts
}

#[test]
fn an_event_is_counted_by_its_status_its_verdict_and_its_result() {
    use DeliveryStatus::{Delivered, Failed, Pending, Unrecognised};
    let one = Counts { listed: 1, ..Counts::default() };
    let failed = Counts { failed: 1, ..one };
    let missing = Counts { missing: 1, ..failed };
    let unknown = Verdict::Unknown(UnknownReason::NoStatus);
    let table = [
        (Delivered, Verdict::Settled, None, Counts { delivered: 1, ..one }),
        (Failed, Verdict::Missing, None, missing),
        (Pending, Verdict::Missing, Some(EventResult::Recovered), Counts { recovered: 1, ..missing }),
        (Failed, Verdict::Missing, Some(EventResult::Left), Counts { left: 1, ..missing }),
        (Failed, Verdict::Missing, Some(EventResult::Quarantined), Counts { left: 1, quarantined: 1, ..missing }),
        (Failed, Verdict::Missing, Some(EventResult::InDoubt), Counts { in_doubt: 1, ..missing }),
        (Failed, Verdict::Unacknowledged, Some(EventResult::Skipped), Counts { unacknowledged: 1, ..failed }),
        (Failed, Verdict::TooYoung, Some(EventResult::Skipped), Counts { too_young: 1, ..failed }),
        (Delivered, Verdict::LostAfterAck, None, Counts { delivered: 1, lost_after_ack: 1, ..one }),
        (Unrecognised, unknown, None, Counts { unknown: 1, ..one }),
    ];
    for (status, verdict, result, counts) in table {
        assert_eq!(counted(&tracked(status, verdict, result)), counts, "{status:?} {verdict:?} {result:?}");
    }
}

#[test]
fn what_the_log_holds_and_what_was_resent_is_counted() {
    let plain = tracked(DeliveryStatus::Failed, Verdict::Missing, None);
    let found = TrackedEvent { receipt: Some(Receipt::Found), ..plain.clone() };
    let absent = TrackedEvent { receipt: Some(Receipt::Absent), attempts: 2, ..plain };
    assert_eq!((counted(&found).received, counted(&found).resent), (1, 0));
    assert_eq!((counted(&absent).received, counted(&absent).resent), (0, 1));
}

#[test]
fn the_counts_of_webhooks_add_up_field_by_field() {
    let counts = |first: u64| Counts {
        listed: first,
        failed: first + 1,
        delivered: first + 2,
        received: first + 3,
        missing: first + 4,
        unacknowledged: first + 5,
        lost_after_ack: first + 6,
        too_young: first + 7,
        unknown: first + 8,
        resent: first + 9,
        recovered: first + 10,
        left: first + 11,
        quarantined: first + 12,
        in_doubt: first + 13,
    };
    let mut sum = counts(100);
    sum.add(&counts(1_000));
    let expected = Counts {
        listed: 1_100,
        failed: 1_102,
        delivered: 1_104,
        received: 1_106,
        missing: 1_108,
        unacknowledged: 1_110,
        lost_after_ack: 1_112,
        too_young: 1_114,
        unknown: 1_116,
        resent: 1_118,
        recovered: 1_120,
        left: 1_122,
        quarantined: 1_124,
        in_doubt: 1_126,
    };
    assert_eq!(sum, expected);
}

#[test]
fn a_report_tells_of_what_is_not_settled_unless_it_tells_of_everything() {
    let settled = tracked(DeliveryStatus::Delivered, Verdict::Settled, None);
    let missing = tracked(DeliveryStatus::Failed, Verdict::Missing, None);
    assert!(Told::Everything.includes(&settled) && Told::Everything.includes(&missing));
    assert!(!Told::Unsettled.includes(&settled) && Told::Unsettled.includes(&missing));
}

#[test]
fn each_kind_of_problem_has_its_published_name() {
    let table = [
        (ProblemKind::FilterIgnored, "filter_ignored"),
        (ProblemKind::RangeIgnored, "range_ignored"),
        (ProblemKind::FilterUnproven, "filter_unproven"),
        (ProblemKind::ListingFalselyEmpty, "listing_falsely_empty"),
        (ProblemKind::ListingTruncated, "listing_truncated"),
        (ProblemKind::ListingUnreadable, "listing_unreadable"),
        (ProblemKind::RecordsUnusable, "records_unusable"),
        (ProblemKind::LogUnproven, "log_unproven"),
        (ProblemKind::LogUnreadable, "log_unreadable"),
        (ProblemKind::LogCoverage, "log_coverage"),
        (ProblemKind::TooManyResends, "too_many_resends"),
        (ProblemKind::ReceiverDown, "receiver_down"),
        (ProblemKind::InDoubt, "in_doubt"),
        (ProblemKind::ProviderUnavailable, "provider_unavailable"),
        (ProblemKind::Throttled, "throttled"),
        (ProblemKind::CredentialsRefused, "credentials_refused"),
        (ProblemKind::WrongAddress, "wrong_address"),
        (ProblemKind::WebhookUnknown, "webhook_unknown"),
        (ProblemKind::Deadline, "deadline"),
        (ProblemKind::Interrupted, "interrupted"),
        (ProblemKind::NotApproved, "not_approved"),
        (ProblemKind::Unjudged, "unjudged"),
        (ProblemKind::TimesAhead, "times_ahead"),
        (ProblemKind::Ledger, "ledger"),
        (ProblemKind::NoProgress, "no_progress"),
        (ProblemKind::FailureBudget, "failure_budget"),
        (ProblemKind::Quarantined, "quarantined"),
        (ProblemKind::NotSeen, "not_seen"),
        (ProblemKind::OutsideSelection, "outside_selection"),
        (ProblemKind::Tolerated, "tolerated"),
        (ProblemKind::NotTolerated, "not_tolerated"),
        (ProblemKind::ProofsOff, "proofs_off"),
    ];
    for (kind, name) in table {
        assert_eq!(kind.name(), name);
    }
}
