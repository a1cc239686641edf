//! Listings that fail, and how much they may cost.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::event::Window;
use crate::exit::ExitCode;
use crate::monitor::RunEvent;
use crate::policy::Proofs;
use crate::provider::{ListFilter, ProviderError};
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, ProblemKind};

use super::told::watched;
use super::world::{self, ListBehaviour, Shared, request, start};
use super::{everything_arrived, has};

fn server(status: u16) -> ProviderError {
    ProviderError::Server { status, message: String::new(), retry_after: None }
}

fn rejected(status: u16) -> ProviderError {
    ProviderError::Rejected { status, message: String::new() }
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_too_much_for_the_vendor_is_halved_whatever_it_answers() {
    let timed_out = ProviderError::TimedOut { after: Duration::from_secs(60) };
    for error in [rejected(400), rejected(413), server(500), server(502), server(503), server(504), timed_out] {
        let world = Shared::outage(12);
        world.get().longest_listing = Some((TimeDelta::hours(9), error.clone()));
        let begun = Instant::now();
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "{error}: {:?}", report.problems);
        everything_arrived(&world);
        assert!(begun.elapsed() < Duration::from_secs(600), "{error}: {:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_rejects_every_listing_is_not_asked_a_thousand_times() {
    let world = Shared::outage(4);
    world.get().list_error = Some(rejected(400));
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::ListingUnreadable));
    assert!(world.get().listings < 200, "{} listings", world.get().listings);
    assert!(report.problems.len() < 5, "{} problems", report.problems.len());
}

#[tokio::test(start_paused = true)]
async fn a_vendor_in_another_zone_than_assumed_loses_nothing() {
    for hours in [-2, -1, 1, 2] {
        for states_offsets in [true, false] {
            let world = Shared::outage(60);
            world.event("at-the-beginning", 72, false, false);
            world.event("before-the-end", 1, false, false);
            world.get().zone_shift = TimeDelta::hours(hours);
            world.get().states_offsets = states_offsets;
            let mut asked = request(Mode::Act);
            asked.policy.slice = TimeDelta::hours(7);
            let report = world.run(&asked).await;
            // With a time that looks to lie ahead, an event passes for too young.
            let too_young = u64::from(!states_offsets && hours > 0);
            assert_eq!(report.totals.recovered + too_young, 62, "{hours} {states_offsets}: {:?}", report.totals);
            assert!(world.lost().len() as u64 <= too_young, "{hours} {states_offsets}: {:?}", world.lost());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_webhook_with_a_few_events_close_together_is_clean() {
    for (hours, lost) in [(3 * 24, 0), (2, 0), (3 * 24, 1), (6, 2)] {
        for number in 1..5 {
            let world = Shared::new();
            for event in 0..number {
                let minute = 40 + event * 7;
                let is_lost = event < lost;
                let id = format!("event-{event}");
                world.event(&id, 0, !is_lost, !is_lost);
                world.get().events.get_mut(&id).expect("an event").created = start() - TimeDelta::minutes(minute);
            }
            world.get().log.insert("something-else".to_owned());
            let window = Window::new(start() - TimeDelta::hours(hours), start()).expect("not empty");
            let asked = RunRequest { window, ..request(Mode::Act) };
            let report = world.run(&asked).await;
            let seen = format!("{number} events, {lost} lost, {hours} hours: {:?}", report.problems);
            assert!(!has(&report, ProblemKind::ListingTruncated), "{seen}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_webhook_whose_events_lie_beside_a_short_window_is_clean() {
    for is_delivered in [true, false] {
        for number in [2, 7, 22, 42] {
            let world = Shared::new();
            for event in 0..number {
                let id = format!("event-{event}");
                world.event(&id, 0, is_delivered, true);
                let created = start() - TimeDelta::hours(4) - TimeDelta::seconds(event);
                world.get().events.get_mut(&id).expect("an event").created = created;
            }
            let window = Window::new(start() - TimeDelta::hours(3), start()).expect("not empty");
            let report = world.run(&RunRequest { window, ..request(Mode::Act) }).await;
            let seen = format!("{number} events, {is_delivered}: {:?}", report.problems);
            assert_eq!(report.exit_code, ExitCode::Clean, "{seen}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_is_found_out_in_a_short_window_too() {
    for cap in [2, 3, 5, 8] {
        let world = Shared::new();
        for event in 0..12 {
            let id = format!("event-{event}");
            world.event(&id, 0, event < 11, event < 11);
            let created = start() - TimeDelta::minutes(100) + TimeDelta::minutes(event);
            world.get().events.get_mut(&id).expect("an event").created = created;
        }
        world.get().cap = Some(cap);
        world.get().list = ListBehaviour::CapsBeforeItFilters;
        let window = Window::new(start() - TimeDelta::hours(3), start()).expect("not empty");
        let report = world.run(&RunRequest { window, ..request(Mode::Act) }).await;
        let lost = world.lost();
        assert!(lost.is_empty() || report.exit_code != ExitCode::Clean, "cap {cap}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_cut_by_its_size_hides_nothing_behind_longer_ones() {
    let world = Shared::new();
    world.get().log.insert("something-else".to_owned());
    // Where only ten long ones fit, and forty short ones do, no answer but the longest looks full.
    for number in 0..125 {
        let id = format!("lost-{number}");
        world.get().events.insert(id.clone(), world::lost_at_minute(number));
        if !(10..110).contains(&number) {
            world.get().sizes.insert(id, 4);
        }
    }
    world.get().cap = Some(40);
    let mut asked = request(Mode::Check);
    asked.policy.resend.include_acknowledged = true;
    let report = world.run(&asked).await;
    assert_eq!(report.totals.missing, 125, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_round_number_of_failures_is_not_halved_where_the_list_of_everything_is_longer() {
    let world = Shared::outage(0);
    for number in 0..10 {
        world.get().events.insert(format!("lost-{number}"), world::lost_at_minute(number));
    }
    // One more makes no number that anybody would choose as a limit.
    world.event("delivered", 59, true, true);
    let (report, told) = watched(&world, &request(Mode::Check)).await;
    assert_eq!(report.totals.missing, 10, "{:?}", report.problems);
    assert!(!told.iter().any(|event| matches!(event, RunEvent::SliceHalved { .. })));
}

/// How often a vendor is asked to list a window of so many seconds in which it answers nothing but this.
async fn listings_of(seconds: i64, error: ProviderError) -> (u32, Duration) {
    let world = Shared::outage(0);
    world.get().list_error = Some(error);
    let mut asked = request(Mode::Check);
    asked.window = Window::new(start() - TimeDelta::seconds(seconds), start()).expect("not empty");
    asked.policy.proofs = Proofs::Off;
    let begun = Instant::now();
    world.run(&asked).await;
    (world.get().listings, begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_can_not_be_halved_is_asked_for_more_often_than_one_that_can() {
    let timed_out = || ProviderError::TimedOut { after: Duration::from_secs(60) };
    // Three minutes are two halves, and a minute and a half is what it is.
    for (error, whole, halved) in [(rejected(400), 1, 3), (timed_out(), 2, 5), (server(500), 4, 10)] {
        assert_eq!(listings_of(90, error.clone()).await.0, whole, "{error}");
        assert_eq!(listings_of(180, error.clone()).await.0, halved, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_waits_for_a_failing_slice_grow_from_half_a_second() {
    let (listings, took) = listings_of(90, server(500)).await;
    // Half a second, one and two at most, and twenty milliseconds for each answer.
    assert_eq!(listings, 4);
    assert!(took > Duration::from_millis(1_750) && took < Duration::from_millis(3_580), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_fails_often_before_it_lists_a_small_part_is_not_given_up() {
    let world = Shared::outage(12);
    world.get().longest_listing = Some((TimeDelta::minutes(20), rejected(400)));
    let mut asked = request(Mode::Act);
    asked.policy.zone_margin = TimeDelta::zero();
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
}

#[tokio::test(start_paused = true)]
async fn the_longest_slice_is_no_longer_than_the_vendor_lists_at_once_and_hardly_shorter() {
    let (day, second) = (TimeDelta::days(1), TimeDelta::seconds(1));
    // A slice is widened by the margin, and by a second at least where another lies beside it.
    for (margin, length, slices) in
        [(TimeDelta::hours(2), day * 31 - TimeDelta::hours(4), 1), (TimeDelta::zero(), day * 93 - second * 6, 3)]
    {
        for (length, slices) in [(length, slices), (length + second, slices + 1)] {
            let world = Shared::outage(1);
            world.get().longest_listing = Some((day * 31, rejected(400)));
            let mut asked = request(Mode::Check);
            asked.window = Window::new(start() - length, start()).expect("not empty");
            asked.policy.slice = day * 365;
            asked.policy.zone_margin = margin;
            let (report, told) = watched(&world, &asked).await;
            assert_eq!(report.totals.missing, 1, "{:?}", report.problems);
            let is_failed =
                |event: &RunEvent| matches!(event, RunEvent::SliceListed { filter: ListFilter::Failed, .. });
            assert_eq!(told.iter().filter(|event| is_failed(event)).count(), slices, "{length}");
            assert!(!told.iter().any(|event| matches!(event, RunEvent::SliceHalved { .. })), "{length}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn with_one_lane_nothing_is_asked_while_a_slice_waits_to_be_asked_again() {
    let world = Shared::outage(3);
    world.get().fail_first_listings = 1;
    let mut asked = request(Mode::Check);
    asked.policy.bounds.concurrency = 1;
    let (_, told) = watched(&world, &asked).await;
    let listed: Vec<Window> = (told.iter())
        .filter_map(|event| match event {
            RunEvent::SliceListed { slice, filter: ListFilter::Failed, .. } => Some(*slice),
            _ => None,
        })
        .collect();
    assert_eq!(listed, asked.window.slices(TimeDelta::days(1)));
}
