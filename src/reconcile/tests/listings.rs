//! Listings that fail, and how much they may cost.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::event::Window;
use crate::exit::ExitCode;
use crate::provider::ProviderError;
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, ProblemKind};

use super::world::{Shared, request, start};
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
