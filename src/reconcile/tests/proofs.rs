//! What the vendor's filter and the log must have shown before anything is concluded from their silence.

use std::time::Duration;

use chrono::TimeDelta;

use crate::classify::{UnknownReason, Verdict};
use crate::event::Window;
use crate::exit::ExitCode;
use crate::monitor::RunEvent;
use crate::provider::{ListFilter, ProviderError};
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, ProblemKind, RunReport};

use super::canaries::when;
use super::chosen::told;
use super::told::watched;
use super::world::{ListBehaviour, ResendBehaviour, Shared, event_at, request, start};
use super::{everything_arrived, has, nobody_got_a_duplicate};

fn message(report: &RunReport, kind: ProblemKind) -> &str {
    let mut of_kind = report.problems.iter().filter(|problem| problem.kind == kind);
    let problem = of_kind.next().unwrap_or_else(|| panic!("no {kind:?} among {:?}", report.problems));
    assert!(of_kind.next().is_none(), "{kind:?} is told once: {:?}", report.problems);
    &problem.message
}

/// The last so many hours.
fn last_hours(hours: i64, mode: Mode) -> RunRequest {
    let window = Window::new(start() - TimeDelta::hours(hours), start()).expect("not empty");
    RunRequest { window, ..request(mode) }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_failures_that_is_always_empty_confirms_no_resend_by_its_silence() {
    let world = Shared::outage(3);
    world.get().list = ListBehaviour::FailedAlwaysEmpty;
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let report = world.run(&request(Mode::Act)).await;
    assert!(has(&report, ProblemKind::ListingFalselyEmpty), "{:?}", report.problems);
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Undetermined, 0));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_log_is_found_out_by_the_deliveries_of_other_days_than_the_oldest_failure() {
    let world = Shared::outage(0);
    world.event("lost", 60, false, false);
    world.get().log = ["something-else".to_owned()].into();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0), "{:?}", report.problems);
    assert!(has(&report, ProblemKind::LogUnproven));
}

#[tokio::test(start_paused = true)]
async fn only_deliveries_that_the_log_should_hold_by_now_speak_against_it() {
    for (delivered_minutes_ago, log_begins_hours_ago) in [(1, None), (600, Some(6))] {
        let world = Shared::new();
        world.event("lost", 5, false, false);
        let delivered = event_at(start() - TimeDelta::minutes(delivered_minutes_ago), true);
        world.get().events.insert("delivered".to_owned(), delivered);
        world.get().log.insert("something-else".to_owned());
        world.get().log_since = log_begins_hours_ago.map(|hours| start() - TimeDelta::hours(hours));
        let report = world.run(&request(Mode::Act)).await;
        assert!(!has(&report, ProblemKind::LogUnproven), "{delivered_minutes_ago}: {:?}", report.problems);
        assert_eq!((report.totals.recovered, world.get().resends), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_webhook_whose_events_have_no_status_lists_events_that_nobody_can_judge() {
    for events in [1, 2] {
        let world = Shared::new();
        for number in 0..events {
            let id = format!("strange-{number}");
            world.event(&id, 5 + number * 9, true, true);
            world.get().events.get_mut(&id).expect("an event").statusless = true;
        }
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!((report.exit_code, report.problems.len()), (ExitCode::Undetermined, 1), "{:?}", report.problems);
        assert!(message(&report, ProblemKind::RecordsUnusable).contains("no status that can be understood"));
        assert_eq!(told(&report, "strange-0").verdict, Verdict::Unknown(UnknownReason::NoStatus));
    }
}

#[tokio::test(start_paused = true)]
async fn records_that_can_not_be_used_make_nothing_clean() {
    let world = Shared::outage(2);
    world.get().moods.unusable_one_in = Some(1);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
    let told: Vec<&str> = (report.problems.iter())
        .filter(|problem| problem.kind == ProblemKind::RecordsUnusable)
        .map(|problem| problem.message.as_str())
        .collect();
    // Each of the three days has one in its list of failures.
    assert!(told.contains(&"hook-1: 3 records of the vendor's listing can't be used: no reason is known"), "{told:?}");
}

#[tokio::test(start_paused = true)]
async fn events_from_outside_of_what_was_asked_for_are_counted_and_left_out() {
    let world = Shared::outage(0);
    world.event("long-ago", 24 * 6, false, false);
    world.get().lists_around = TimeDelta::days(4);
    let report = world.run(&last_hours(48, Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Clean, 0), "{:?}", report.problems);
    let told = message(&report, ProblemKind::RangeIgnored);
    // One failure, listed for the first of the two days.
    let words = "hook-1: the vendor listed 1 events from outside the range that was asked for; they were left out";
    assert_eq!(told, words);
    let world = Shared::outage(3);
    let report = world.run(&request(Mode::Act)).await;
    assert!(!has(&report, ProblemKind::RangeIgnored), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_lists_the_same_whatever_is_asked_for_is_not_asked_for_ever_smaller_parts() {
    for (lost, code) in [(7, ExitCode::Clean), (10, ExitCode::Undetermined)] {
        for include_acknowledged in [false, true] {
            let world = Shared::new();
            for number in 0..lost {
                world.event(&format!("answered-late-{number}"), 3 + number * 7, false, true);
            }
            world.get().lists_around = TimeDelta::days(30);
            let mut asked = request(Mode::Act);
            asked.policy.resend.include_acknowledged = include_acknowledged;
            asked.policy.bounds.deadline = Duration::from_secs(10);
            let report = world.run(&asked).await;
            // A round number may be a limit as well.
            assert_eq!(report.exit_code, code, "{lost}: {:?}", report.problems);
            assert_eq!(has(&report, ProblemKind::ListingTruncated), code == ExitCode::Undetermined);
            assert!(has(&report, ProblemKind::RangeIgnored), "{:?}", report.problems);
            assert!(world.get().listings < 12, "{lost}: {} listings", world.get().listings);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_ignores_the_range_and_cuts_its_listings_short_is_never_clean() {
    let world = Shared::new();
    for number in 0..10 {
        world.event(&format!("answered-late-{number}"), 70 - number, false, true);
    }
    world.event("lost", 20, false, false);
    world.get().lists_around = TimeDelta::days(30);
    world.get().cap = Some(10);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(10);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
    assert!(has(&report, ProblemKind::ListingTruncated));
}

#[tokio::test(start_paused = true)]
async fn a_cap_behind_which_every_failure_hides_is_found_out_before_silence_confirms_a_resend() {
    let world = Shared::new();
    for number in 0..11 {
        world.event(&format!("ok-{number}"), 71 - number, true, true);
    }
    world.event("lost", 50, false, false);
    // Of each day the ten oldest events are listed, and of these those that failed.
    world.get().list = ListBehaviour::CapsBeforeItFilters;
    world.get().cap = Some(10);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Undetermined, 0), "{:?}", report.problems);
    assert_eq!(told(&report, "lost").verdict, Verdict::Missing);
}

#[tokio::test(start_paused = true)]
async fn what_was_listed_without_the_filter_is_not_listed_again_because_the_log_seems_wrong() {
    let world = Shared::outage(0);
    world.get().log = ["something-else".to_owned()].into();
    let (report, told) = watched(&world, &request(Mode::Act)).await;
    assert!(has(&report, ProblemKind::LogUnproven), "{:?}", report.problems);
    let unfiltered = |event: &&RunEvent| matches!(event, RunEvent::SliceListed { filter: ListFilter::All, .. });
    let listed = |told: &[RunEvent]| told.iter().filter(unfiltered).count();
    assert_eq!(listed(&told), listed(&watched(&Shared::outage(0), &request(Mode::Act)).await.1));
}

#[tokio::test(start_paused = true)]
async fn one_longer_list_that_holds_more_shows_a_dense_second_to_be_no_cap() {
    for (deliveries, code) in [(5, ExitCode::Clean), (0, ExitCode::Undetermined)] {
        let world = Shared::new();
        for number in 0..3 {
            world.event(&format!("answered-late-{number}"), 1, false, true);
        }
        // They lie far outside of what a list of the window shows.
        for number in 0..deliveries {
            world.event(&format!("ok-{number}"), 18 + number, true, true);
        }
        let report = world.run(&last_hours(2, Mode::Act)).await;
        assert_eq!(report.exit_code, code, "{deliveries}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn any_two_events_before_the_window_prove_that_a_quiet_webhook_is_quiet() {
    let world = Shared::new();
    world.event("old", 24 * 10, true, true).event("old-and-failed", 24 * 11, false, false);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_round_number_of_failures_is_not_looked_into_where_a_list_of_everything_holds_more() {
    let world = Shared::outage(10);
    for number in 0..3 {
        world.event(&format!("ok-too-{number}"), 5, true, true);
    }
    let (report, told) = watched(&world, &request(Mode::Check)).await;
    assert_eq!(report.totals.missing, 10, "{:?}", report.problems);
    assert!(!told.iter().any(|event| matches!(event, RunEvent::SliceHalved { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_hides_every_failure_of_an_ignored_filter_is_looked_behind_before_that_is_judged() {
    let world = Shared::new();
    for number in 0..12 {
        world.event(&format!("ok-{number}"), 71 - number, true, true);
    }
    world.event("lost", 50, false, false);
    world.get().list = ListBehaviour::IgnoresFilter;
    world.get().cap = Some(10);
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    let report = world.run(&asked).await;
    assert!(!has(&report, ProblemKind::FilterUnproven), "{:?}", report.problems);
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    everything_arrived(&world);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_closer_look_that_brings_nothing_new_asks_the_log_nothing() {
    let world = Shared::outage(0);
    for number in 0..3 {
        world.event(&format!("answered-late-{number}"), 60 + number, false, true);
    }
    world.event("answered-late-too", 30, false, true);
    let report = world.run(&request(Mode::Check)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(world.get().look_ups, 1);
}

/// Five failures that ended so many minutes ago, and beside which the vendor has nothing to list.
fn few_failures(minutes: i64, lost: i64) -> Shared {
    let world = Shared::new();
    for number in 0..5 {
        let id = format!("event-{number}");
        world.event(&id, 0, false, number >= lost);
        let created = start() - TimeDelta::minutes(minutes + number * 7);
        world.get().events.get_mut(&id).expect("an event").created = created;
    }
    world.get().log.insert("something-else".to_owned());
    world
}

#[tokio::test(start_paused = true)]
async fn what_can_be_counted_in_parts_below_a_cap_is_whole() {
    for cap in [None, Some(3), Some(4)] {
        let world = few_failures(60, 2);
        world.get().cap = cap;
        let report = world.run(&last_hours(3, Mode::Act)).await;
        assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 2), "{cap:?}: {:?}", report.problems);
        everything_arrived(&world);
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn parts_that_could_not_be_listed_are_not_counted_as_empty() {
    let world = few_failures(240, 0);
    // They lie beside the window, where its zone may have them, so that halving it tells nothing.
    let mut asked = last_hours(3, Mode::Check);
    asked.policy.bounds.concurrency = 1;
    assert_eq!(world.run(&asked).await.exit_code, ExitCode::Clean);
    // The list of failures, the one without the filter, and two that look beyond the window come before.
    let (before, needed) = (4, world.get().listings);
    assert!(needed > before);
    for first in before + 1..=needed {
        let world = few_failures(240, 0);
        let refuses = |world: &Shared| {
            world.get().list_error = Some(ProviderError::Rejected { status: 400, message: String::new() });
        };
        let lists_again = |world: &Shared| world.get().list_error = None;
        // Whatever is listed then is given up, and what follows is answered again.
        let listed = |listings: u32| move |world: &Shared| world.get().listings >= listings;
        let (report, (), ()) = tokio::join!(
            world.run(&asked),
            when(&world, listed(first - 1), refuses),
            when(&world, listed(first + 11), lists_again)
        );
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{first}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_with_a_record_that_can_not_be_used_proves_nothing_of_the_whole() {
    let mut asked = last_hours(3, Mode::Check);
    asked.policy.bounds.concurrency = 1;
    let whole = few_failures(240, 0);
    whole.run(&asked).await;
    let listings = whole.get().listings;
    assert!(listings > 4);
    // The same four come before the parts are listed.
    for before in 4..listings {
        let world = few_failures(240, 0);
        let spoils = |world: &Shared| world.get().moods.unusable_one_in = Some(1);
        let spares = |world: &Shared| world.get().moods.unusable_one_in = None;
        let (report, (), ()) = tokio::join!(
            world.run(&asked),
            when(&world, move |world| world.get().listings == before, spoils),
            when(&world, move |world| world.get().listings == before + 1, spares)
        );
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{before}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn parts_that_hold_less_than_the_whole_prove_nothing_of_it() {
    let world = few_failures(240, 0);
    let mut asked = last_hours(3, Mode::Check);
    asked.policy.bounds.concurrency = 1;
    let hides = |world: &Shared| world.get().events.get_mut("event-2").expect("an event").hidden = 2;
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().listings == 4, hides));
    assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
    assert!(has(&report, ProblemKind::ListingTruncated));
}

/// Four deliveries, and behind them what was lost so many minutes ago.
fn hidden_by_deliveries(minutes: i64) -> Shared {
    let world = Shared::new();
    for (number, minutes) in [149, 156, 163, 170, minutes].into_iter().enumerate() {
        let is_lost = number == 4;
        let id = if is_lost { "lost".to_owned() } else { format!("ok-{number}") };
        world.event(&id, 0, !is_lost, !is_lost);
        world.get().events.get_mut(&id).expect("an event").created = start() - TimeDelta::minutes(minutes);
    }
    world.get().list = ListBehaviour::CapsBeforeItFilters;
    world.get().cap = Some(4);
    world
}

#[tokio::test(start_paused = true)]
async fn a_cap_that_parts_disclose_is_one_that_silence_may_be_due_to() {
    for resend in [ResendBehaviour::ClaimsWithoutDelivery, ResendBehaviour::DeliversAndShowsIt] {
        let world = hidden_by_deliveries(60);
        world.get().resend = resend;
        let report = world.run(&last_hours(3, Mode::Act)).await;
        let is_delivered = resend == ResendBehaviour::DeliversAndShowsIt;
        assert_eq!(report.exit_code == ExitCode::Clean, is_delivered, "{resend:?}: {:?}", report.problems);
        assert_eq!(report.totals.recovered, u64::from(is_delivered), "{resend:?}");
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn parts_that_bring_nothing_new_leave_the_filter_believed() {
    let world = hidden_by_deliveries(60);
    world.get().events.remove("lost");
    world.get().cap = None;
    let asked = last_hours(3, Mode::Check);
    let (report, told) = watched(&world, &asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    let is_whole = |event: &&RunEvent| matches!(event, RunEvent::SliceListed { filter: ListFilter::All, slice, .. } if *slice == asked.window);
    assert_eq!(told.iter().filter(is_whole).count(), 1, "the window need not be listed whole again");
}

#[tokio::test(start_paused = true)]
async fn what_lies_where_two_parts_meet_is_in_one_of_them_though_the_vendor_counts_neither_end() {
    let world = hidden_by_deliveries(90);
    world.get().lists_around = TimeDelta::nanoseconds(-1);
    let report = world.run(&last_hours(3, Mode::Check)).await;
    assert_eq!((report.exit_code, report.totals.missing), (ExitCode::Left, 1), "{:?}", report.problems);
}
