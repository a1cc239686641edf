use std::collections::BTreeSet;

use chrono::{Datelike, Weekday};
use proptest::prelude::*;

use super::*;
use crate::classify::UnknownReason;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, ZoneKnowledge};
use crate::receipt::{CoverageGap, Receipt};
use crate::tracked::TrackedEvents;

const VERDICTS: [Verdict; 6] = [
    Verdict::Settled,
    Verdict::Missing,
    Verdict::Unacknowledged,
    Verdict::LostAfterAck,
    Verdict::TooYoung,
    Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::NoLog)),
];

const RESULTS: [Option<EventResult>; 6] = [
    None,
    Some(EventResult::Recovered),
    Some(EventResult::Left),
    Some(EventResult::Quarantined),
    Some(EventResult::InDoubt),
    Some(EventResult::Skipped),
];

const STATUSES: [DeliveryStatus; 4] =
    [DeliveryStatus::Delivered, DeliveryStatus::Failed, DeliveryStatus::Pending, DeliveryStatus::Unrecognised];

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn window(from: &str, to: &str) -> Window {
    Window::new(at(from), at(to)).expect("a window")
}

fn event(status: DeliveryStatus, created: Option<DateTime<Utc>>) -> TrackedEvent {
    let mut events = TrackedEvents::default();
    events.observe(Event {
        id: EventId::new("one").expect("an id"),
        created_at: created.map(|at| CreatedAt { at, zone: ZoneKnowledge::Stated }),
        status,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    });
    events.into_oldest_first().remove(0)
}

fn missing(created: &str) -> TrackedEvent {
    TrackedEvent {
        verdict: Verdict::Missing,
        result: Some(EventResult::Left),
        ..event(DeliveryStatus::Failed, Some(at(created)))
    }
}

#[test]
fn a_week_has_an_hour_for_each_bucket() {
    let timeline = Timeline::empty(window("2026-03-01T11:20:05Z", "2026-03-08T11:20:05Z"), USUAL_BUCKETS);
    assert_eq!(timeline.step(), TimeDelta::hours(1));
    assert_eq!(timeline.buckets().len(), 169);
    let first = timeline.buckets().next().expect("a bucket");
    assert_eq!((first.from, first.to), (at("2026-03-01T11:00:00Z"), at("2026-03-01T12:00:00Z")));
    assert_eq!(timeline.buckets().last().expect("a bucket").to, at("2026-03-08T12:00:00Z"));
}

#[test]
fn the_step_follows_the_length_of_the_window() {
    let step = |to: &str| Timeline::empty(window("2026-03-01T00:00:00Z", to), USUAL_BUCKETS).step().num_minutes();
    let ends = ["2026-03-01T01:00:00Z", "2026-03-02T00:00:00Z", "2026-03-04T00:00:00Z", "2026-05-30T00:00:00Z"];
    assert_eq!(ends.map(step), [1, 10, 30, 1_440]);
}

#[test]
fn an_event_at_an_edge_belongs_to_the_bucket_that_begins_there() {
    let mut timeline = Timeline::empty(window("2026-03-01T00:00:00Z", "2026-03-08T00:00:00Z"), USUAL_BUCKETS);
    for created in ["2026-03-01T00:00:00Z", "2026-03-01T00:59:59.999Z", "2026-03-01T01:00:00Z", "2026-03-08T00:00:00Z"]
    {
        timeline.count(&missing(created));
    }
    let heights: Vec<u64> = timeline.buckets().map(|bucket| bucket.tally.unsettled()).take(3).collect();
    assert_eq!(heights, [2, 1, 0]);
    assert_eq!(timeline.outside.of(Fate::Left), 1, "the window does not hold its own end");
    assert_eq!((timeline.highest(), timeline.total().of(Fate::Left)), (2, 4));
}

#[test]
fn an_event_without_a_time_is_counted_apart() {
    let mut timeline = Timeline::empty(window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"), USUAL_BUCKETS);
    let undated = TrackedEvent { verdict: VERDICTS[5], ..event(DeliveryStatus::Failed, None) };
    timeline.count(&undated);
    assert_eq!((timeline.undated.of(Fate::Unknown), timeline.highest()), (1, 0));
}

#[test]
fn the_longest_calendar_still_gives_buckets() {
    let ever = Window::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).expect("a window");
    for most in [0, 1, 2, 3, USUAL_BUCKETS] {
        let mut timeline = Timeline::empty(ever, most);
        assert!((1..=most.max(2)).contains(&timeline.buckets().len()), "{}", timeline.buckets().len());
        timeline.count(&missing("2026-03-01T00:00:00Z"));
        assert_eq!((timeline.total().of(Fate::Left), timeline.highest()), (1, 1), "it stands in a bucket");
        assert!(timeline.buckets().all(|bucket| bucket.from <= bucket.to));
    }
}

#[test]
fn weeks_begin_on_a_monday() {
    let timeline = Timeline::empty(window("2026-03-01T00:00:00Z", "2027-03-01T00:00:00Z"), 100);
    assert_eq!(timeline.step(), TimeDelta::weeks(1));
    assert!(timeline.buckets().all(|bucket| bucket.from.weekday() == Weekday::Mon));
}

#[test]
fn what_happened_in_the_last_fraction_of_a_second_is_inside() {
    let mut timeline = Timeline::empty(window("2026-03-01T00:00:00Z", "2026-03-01T01:00:00.5Z"), USUAL_BUCKETS);
    timeline.count(&missing("2026-03-01T01:00:00.4Z"));
    assert_eq!((timeline.highest(), timeline.outside.of(Fate::Left)), (1, 0));
}

#[test]
fn somebody_should_look_at_all_but_what_arrived_and_what_is_too_young_and_at_these_first() {
    let (urgent, others) = Fate::ALL.split_at(5);
    assert!(urgent.iter().all(|fate| fate.needs_attention()));
    assert_eq!(others, [Fate::Recovered, Fate::Unacknowledged, Fate::TooYoung]);
    assert!(!others.iter().any(|fate| fate.needs_attention()));
}

#[test]
fn every_fate_has_its_own_place_and_label() {
    for (place, fate) in Fate::ALL.into_iter().enumerate() {
        assert_eq!(fate as usize, place);
    }
    assert_eq!(Fate::ALL.map(Fate::label).into_iter().collect::<BTreeSet<_>>().len(), Fate::ALL.len());
}

#[test]
fn what_was_settled_has_no_fate_and_everything_else_has_one() {
    for verdict in VERDICTS {
        for result in RESULTS {
            let tracked = TrackedEvent { verdict, result, ..event(DeliveryStatus::Failed, None) };
            let has_none = verdict == Verdict::Settled && matches!(result, None | Some(EventResult::Skipped));
            assert_eq!(Fate::of(&tracked).is_none(), has_none, "{verdict:?} {result:?}");
        }
    }
}

prop_compose! {
    fn any_event()(
        verdict in 0..VERDICTS.len(),
        result in 0..RESULTS.len(),
        status in 0..STATUSES.len(),
        received in any::<bool>(),
        attempts in 0u16..3,
        second in proptest::option::weighted(0.9, -100_000i64..8_000_000),
    ) -> TrackedEvent {
        let created = second.map(|second| at("2026-03-01T00:00:00Z") + TimeDelta::seconds(second));
        TrackedEvent {
            verdict: VERDICTS[verdict],
            result: RESULTS[result],
            attempts,
            receipt: received.then_some(Receipt::Found),
            ..event(STATUSES[status], created)
        }
    }
}

proptest! {
    #[test]
    fn the_sums_equal_the_totals(
        events in proptest::collection::vec(any_event(), 0..60),
        minutes in 1i64..130_000,
        most in 2usize..200,
    ) {
        let from = at("2026-03-01T00:00:00Z");
        let window = Window::new(from, from + TimeDelta::minutes(minutes)).expect("a window");
        let mut timeline = Timeline::empty(window, most);
        let (mut totals, mut unsettled) = (Counts::default(), 0);
        for tracked in &events {
            timeline.count(tracked);
            totals.count(tracked);
            unsettled += u64::from(Fate::of(tracked).is_some());
        }
        let total = timeline.total();
        prop_assert_eq!(total.counts, totals);
        prop_assert_eq!(total.unsettled(), unsettled);
        let by_fate: u64 = Fate::ALL.into_iter().map(|fate| total.of(fate)).sum();
        prop_assert_eq!(by_fate, unsettled);
        prop_assert_eq!(total.of(Fate::Quarantined), totals.quarantined);
        prop_assert_eq!(total.of(Fate::InDoubt), totals.in_doubt);
        prop_assert_eq!(total.of(Fate::Recovered), totals.recovered);
    }

    #[test]
    fn longer_buckets_hold_what_the_shorter_ones_in_them_held_until_few_of_them_hold_anything(
        events in proptest::collection::vec(any_event(), 0..60),
        minutes in 1i64..130_000,
        at_first in 2usize..200,
        most in 0usize..12,
    ) {
        let from = at("2026-03-01T00:00:00Z");
        let window = Window::new(from, from + TimeDelta::minutes(minutes)).expect("a window");
        let mut fine = Timeline::empty(window, at_first);
        events.iter().for_each(|tracked| fine.count(tracked));
        let filled = |timeline: &Timeline| timeline.buckets().filter(|bucket| bucket.tally.unsettled() > 0).count();
        prop_assert_eq!(&fine.clone().coarser(filled(&fine)), &fine);

        let coarse = fine.clone().coarser(most);
        prop_assert!(filled(&coarse) <= most.max(1));
        prop_assert_eq!(&coarse.clone().coarser(most), &coarse);
        prop_assert_eq!((&coarse.undated, &coarse.outside), (&fine.undated, &fine.outside));
        let mut shorter = fine.buckets().peekable();
        for longer in coarse.buckets() {
            let mut held = Tally::default();
            while let Some(bucket) = shorter.next_if(|bucket| bucket.to <= longer.to) {
                prop_assert!(longer.from <= bucket.from);
                held.add(bucket.tally);
            }
            prop_assert_eq!(longer.tally, &held);
        }
        prop_assert!(shorter.next().is_none());
    }

    #[test]
    fn buckets_are_few_aligned_and_hold_the_whole_window(
        start in -1_000_000_000i64..4_000_000_000,
        nanos in 0u32..1_000_000_000,
        minutes in 60i64..130_000,
        most in 2usize..200,
    ) {
        let from = DateTime::from_timestamp(start, nanos).expect("an instant");
        let window = Window::new(from, from + TimeDelta::minutes(minutes)).expect("a window");
        let timeline = Timeline::empty(window, most);
        let buckets: Vec<_> = timeline.buckets().collect();
        prop_assert!(buckets.len() <= most);
        prop_assert!(buckets[0].from <= window.from() && window.from() < buckets[0].to);
        let last = buckets[buckets.len() - 1];
        prop_assert!(last.from < window.to() && window.to() <= last.to);
        prop_assert!(buckets.windows(2).all(|pair| pair[0].to == pair[1].from));
        if timeline.step() <= TimeDelta::days(1) {
            prop_assert_eq!(buckets[0].from.timestamp().rem_euclid(timeline.step().num_seconds()), 0);
        }
    }
}
