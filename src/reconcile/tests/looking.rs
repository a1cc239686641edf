//! Where a run looks again after it has resent, and for how long.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::exit::ExitCode;
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::tracked::EventResult;

use super::world::{Arrival, ResendBehaviour, Shared, event_at, request, start};
use super::{everything_arrived, has, nobody_got_a_duplicate};

/// Why the events that arrived are said to have arrived.
fn reasons(report: &RunReport) -> Vec<&str> {
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.filter(|tracked| tracked.result == Some(EventResult::Recovered)).map(|tracked| tracked.reason()).collect()
}

#[tokio::test(start_paused = true)]
async fn one_listing_confirms_what_the_vendor_accepted_and_nothing_else_is_asked() {
    let world = Shared::outage(12);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(reasons(&report), ["resent and delivered"; 12]);
    assert_eq!(world.get().gets, 0);
    assert_eq!(world.get().look_ups, 1, "the log was not asked again");
}

#[tokio::test(start_paused = true)]
async fn what_left_the_list_of_failures_is_looked_at_where_its_answer_was_lost() {
    for lost in [1, 2, 8] {
        let world = Shared::outage(lost);
        world.get().resend = ResendBehaviour::DeliversAndFails;
        world.get().log_lag = Duration::from_secs(3_600);
        let mut asked = request(Mode::Act);
        asked.policy.bounds.breaker_failures = 50;
        let report = world.run(&asked).await;
        assert_eq!(reasons(&report), vec!["resent and delivered"; lost], "{lost}: {:?}", report.problems);
        // The canary is looked up ahead, and that is enough; more than a few are looked at by a listing.
        let gets = if lost > 4 { 1 } else { u32::try_from(lost).expect("few") };
        assert_eq!(world.get().gets, gets, "{lost}");
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_only_in_the_log_arrived_as_well() {
    let world = Shared::outage(3);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    world.get().stale_after_delivery = 1_000;
    world.get().stale_hides_runs = true;
    world.get().gets_fail = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(reasons(&report), ["resent and in the received log; the vendor still lists it as failed"; 3]);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_nothing_confirms_is_waited_for_until_the_settling_time_has_passed() {
    let world = Shared::outage(3);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let begun = Instant::now();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 3), "{:?}", report.problems);
    assert!(!has(&report, ProblemKind::Deadline), "{:?}", report.problems);
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(60) && took < Duration::from_secs(80), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_first_seen_while_others_are_confirmed_is_judged_and_resent() {
    for at_call in [12, 14, 16] {
        let world = Shared::outage(12);
        let late = event_at(start() - TimeDelta::hours(9), false);
        world.get().arrivals = vec![Arrival { at_call, id: "listed-late".to_owned(), event: late }];
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 13), "{:?}", report.problems);
        assert!(world.get().look_ups > 1, "it was judged by the log");
        everything_arrived(&world);
        nobody_got_a_duplicate(&world);
    }
}
