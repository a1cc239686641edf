//! The engine against a world in memory. Each test names what must hold; the world keeps the truth.

mod arrived;
mod audit;
mod canaries;
mod chosen;
mod concluding;
mod confirmation;
mod ending;
mod exactly;
mod halts;
mod ledger;
mod listings;
mod looking;
mod pacing;
mod placing;
mod proofs;
mod refusals;
mod scoping;
mod seeds;
mod settling;
mod told;
mod unfinished;
mod world;

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::exit::ExitCode;
use crate::outcome::Signal;
use crate::policy::Proofs;
use crate::run_report::{Mode, ProblemKind, RunReport};

use world::{ListBehaviour, ResendBehaviour, Shared, Write, request};

fn has(report: &RunReport, kind: ProblemKind) -> bool {
    report.problems.iter().any(|problem| problem.kind == kind)
}

fn nobody_got_a_duplicate(world: &Shared) {
    let world = world.get();
    let twice: Vec<_> = world.accepted.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "delivered more than once: {twice:?}");
}

fn everything_arrived(world: &Shared) {
    let world = world.get();
    let lost: Vec<_> = world.events.keys().filter(|id| !world.log.contains(*id)).collect();
    assert!(lost.is_empty(), "still lost: {lost:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_resent_once_and_confirmed() {
    let world = Shared::outage(12);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((report.totals.missing, report.totals.recovered, report.totals.left), (12, 12, 0));
    assert_eq!(world.get().resends, 12);
    everything_arrived(&world);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn the_cost_is_one_resend_each_two_listings_a_slice_and_a_proof() {
    let world = Shared::outage(13);
    world.run(&request(Mode::Act)).await;
    let world = world.get();
    assert_eq!(world.resends, 13);
    assert_eq!(world.gets, 0);
    // All lie in one of the three slices, and no number of them is a round one.
    assert_eq!(world.listings, 3 + 1 + 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_log_holds_is_not_resent() {
    let world = Shared::outage(0);
    world.event("answered-late", 4, false, true);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean);
    assert_eq!(report.totals.unacknowledged, 1);
    assert_eq!(world.get().resends, 0);
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_receiver_gets_what_only_the_vendor_counts_as_failed() {
    let world = Shared::outage(0);
    world.event("answered-late", 4, false, true);
    let mut asked = request(Mode::Act);
    asked.policy.resend.idempotent = true;
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((report.totals.recovered, world.get().resends), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn check_and_dry_run_send_no_resend() {
    for (mode, code) in [(Mode::Check, ExitCode::Left), (Mode::DryRun, ExitCode::Clean)] {
        let world = Shared::outage(3);
        let report = world.run(&request(mode)).await;
        assert_eq!(report.exit_code, code);
        assert_eq!((report.totals.missing, report.totals.left), (3, 3));
        assert_eq!(world.get().resends, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_ignored_filter_is_made_good_by_judging_each_record() {
    let world = Shared::outage(4);
    world.get().list = ListBehaviour::IgnoresFilter;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert!(has(&report, ProblemKind::FilterIgnored));
    assert_eq!(world.get().resends, 4);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_lists_only_what_it_delivered_is_never_clean() {
    let world = Shared::outage(4);
    world.get().list = ListBehaviour::OnlyDelivered;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::FilterUnproven));
}

#[tokio::test(start_paused = true)]
async fn a_falsely_empty_listing_is_found_out_and_made_good() {
    let world = Shared::outage(4);
    world.get().list = ListBehaviour::FailedAlwaysEmpty;
    let report = world.run(&request(Mode::Act)).await;
    assert!(has(&report, ProblemKind::ListingFalselyEmpty));
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_lists_nothing_at_all_proves_nothing() {
    let world = Shared::outage(4);
    world.get().list = ListBehaviour::Nothing;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
}

#[tokio::test(start_paused = true)]
async fn events_before_the_window_prove_that_a_quiet_webhook_is_quiet() {
    let world = Shared::new();
    world.event("old", 24 * 10, true, true);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_shares_nothing_with_the_vendor_resends_nothing() {
    let world = Shared::outage(4);
    world.get().log = ["something-else".to_owned()].into();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::LogUnproven));
    assert_eq!(world.get().resends, 0);
}

#[tokio::test(start_paused = true)]
async fn an_empty_log_resends_nothing_unless_proofs_are_off() {
    let world = Shared::new();
    world.event("lost", 5, false, false);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0));
    let mut asked = request(Mode::Act);
    asked.policy.proofs = Proofs::Off;
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_could_not_be_read_whole_rules_nothing_out() {
    let world = Shared::outage(4);
    world.get().log_is_broken = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0));
    assert_eq!((report.totals.unknown, report.totals.missing), (4, 0));
}

#[tokio::test(start_paused = true)]
async fn a_silent_cap_hides_nothing() {
    for (cap, list) in [(5, ListBehaviour::Honest), (7, ListBehaviour::Honest), (10, ListBehaviour::IgnoresFilter)] {
        let world = Shared::outage(60);
        world.get().cap = Some(cap);
        world.get().list = list;
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "cap {cap}: {:?}", report.problems);
        everything_arrived(&world);
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cap_filled_with_what_is_never_resent_hides_nothing() {
    let world = Shared::outage(0);
    for number in 0..3 {
        world.event(&format!("answered-late-{number}"), 58 + number, false, true);
    }
    world.event("lost", 50, false, false);
    world.get().cap = Some(3);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
}

#[tokio::test(start_paused = true)]
async fn a_second_that_holds_as_much_as_the_vendor_ever_lists_is_undetermined() {
    let world = Shared::outage(0);
    for number in 0..4 {
        world.event(&format!("answered-late-{number}"), 60, false, true);
    }
    world.get().cap = Some(3);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::ListingTruncated));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_down_gets_three_canaries_and_no_more() {
    let world = Shared::outage(30);
    world.get().receiver_down = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Left);
    assert!(has(&report, ProblemKind::ReceiverDown));
    assert_eq!((world.get().resends, report.totals.left), (3, 30));
}

#[tokio::test(start_paused = true)]
async fn one_poison_event_does_not_pass_for_a_dead_receiver() {
    let world = Shared::outage(10);
    world.get().events.get_mut("lost-9").expect("an event").poison = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Left);
    assert_eq!((report.totals.recovered, report.totals.left), (9, 1));
    let resends = world.get().resends;
    assert!((10..=9 + 5).contains(&resends), "{resends} resends");
}

#[tokio::test(start_paused = true)]
async fn attempts_are_bounded_over_all_runs() {
    let world = Shared::outage(2);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    for _ in 0..4 {
        world.run(&request(Mode::Act)).await;
    }
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Left);
    assert_eq!((report.totals.quarantined, report.totals.resent), (1, 0));
    assert_eq!(world.get().resends, 1 + 5);
}

#[tokio::test(start_paused = true)]
async fn an_answer_lost_after_the_delivery_causes_no_duplicate() {
    for behaviour in [ResendBehaviour::DeliversAndFails, ResendBehaviour::DeliversAndShowsBefore] {
        let world = Shared::outage(12);
        world.get().resend = behaviour;
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "{behaviour:?}: {:?}", report.problems);
        nobody_got_a_duplicate(&world);
        everything_arrived(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_claims_without_delivering_is_never_believed() {
    let world = Shared::outage(3);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let report = world.run(&request(Mode::Act)).await;
    assert!([ExitCode::Left, ExitCode::Undetermined].contains(&report.exit_code));
    assert_eq!(report.totals.recovered, 0);
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_shows_not_to_have_sent_is_sent_again_after_the_settling_time() {
    let world = Shared::outage(2);
    world.get().resend = ResendBehaviour::ShowsBeforeWithoutDelivery;
    world.run(&request(Mode::Act)).await;
    assert!(world.get().resends > 2);
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn without_a_run_counter_a_lost_answer_stays_in_doubt() {
    let world = Shared::outage(1);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    for _ in 0..3 {
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
        assert_eq!(report.totals.in_doubt, 1);
    }
    assert_eq!(world.get().resends, 1);
}

#[tokio::test(start_paused = true)]
async fn late_confirmation_is_waited_for_and_not_resent() {
    let world = Shared::outage(6);
    world.get().stale_after_delivery = 5;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(world.get().resends, 6);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn slices_that_fail_are_halved_and_asked_again() {
    let world = Shared::outage(5);
    world.get().fail_first_listings = 9;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_keeps_failing_ends_as_unavailable() {
    let world = Shared::outage(5);
    world.get().fail_first_listings = u32::MAX;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Unavailable);
    assert!(world.get().listings < 100);
}

#[tokio::test(start_paused = true)]
async fn throttling_costs_time_and_no_event() {
    let world = Shared::outage(30);
    world.get().throttle_every = Some(4);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_plan_over_the_cap_sends_nothing() {
    let world = Shared::outage(30);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_resends = 29;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 0));
    assert!(has(&report, ProblemKind::TooManyResends));
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_can_not_be_written_stops_everything() {
    let world = Shared::outage(30);
    world.get().journal_fails = Some((Write::Intent, 4));
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Failure);
    assert_eq!((world.get().resends, report.requests.resend), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn young_events_are_left_alone() {
    let world = Shared::outage(0);
    world.event("just-failed", 0, false, false);
    let report = world.run(&request(Mode::Act)).await;
    // Created at the very end of the half-open window's margin: listed, and too young to judge.
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Clean, 0));
}

#[tokio::test(start_paused = true)]
async fn acknowledged_and_lost_events_are_reported_and_resent_only_when_asked_for() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.totals.lost_after_ack, world.get().resends), (1, 0));
    assert_eq!(report.exit_code, ExitCode::Left);
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((report.totals.recovered, world.get().resends), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_signal_stops_new_resends_and_the_report_is_still_made() {
    let world = Shared::outage(200);
    let (stop, stopped) = watch::channel(None);
    let asked = request(Mode::Act);
    let (report, ()) = tokio::join!(world.run_until(&asked, stopped), async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        stop.send(Some(Signal::Terminate)).expect("the run listens");
    });
    assert_eq!(report.exit_code, ExitCode::Terminated);
    let world = world.get();
    assert!(world.resends > 0 && world.resends < 200, "{} resends", world.resends);
    assert!(world.rows.attempts.values().all(|attempt| attempt.conclusion.is_some()), "an outcome was not recorded");
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_run_that_is_throttled_for_ever() {
    let world = Shared::outage(5);
    world.get().throttle_every = Some(1);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(30);
    asked.policy.settle = TimeDelta::seconds(5);
    let report = world.run(&asked).await;
    assert_ne!(report.exit_code, ExitCode::Clean);
    assert_eq!(world.get().resends, 0);
}

#[tokio::test(start_paused = true)]
async fn a_cap_far_below_the_number_of_events_costs_no_more_than_the_events_deserve() {
    for include_acknowledged in [false, true] {
        let world = Shared::outage(0);
        for number in 0..600 {
            world.get().events.insert(format!("lost-{number}"), world::lost_at_minute(number));
        }
        world.get().cap = Some(10);
        let mut asked = request(Mode::Act);
        asked.policy.resend.include_acknowledged = include_acknowledged;
        let report = world.run(&asked).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
        everything_arrived(&world);
        nobody_got_a_duplicate(&world);
        let listings = world.get().listings;
        assert!(listings < 600, "{listings} listings");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_rotated_away_rules_out_nothing_older() {
    let world = Shared::new();
    for number in 0..6 {
        world.event(&format!("rotated-away-{number}"), 60 + number, true, false);
    }
    world.event("answered-late-and-rotated-away", 58, false, false);
    world.event("lost", 20, false, false);
    for number in 0..6 {
        world.event(&format!("ok-{number}"), 30 + number, true, true);
    }
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert_eq!((report.totals.recovered, report.totals.unknown, report.totals.lost_after_ack), (1, 1, 0));
    assert!(has(&report, ProblemKind::LogCoverage));
    assert_eq!(world.get().resends, 1);
}

#[tokio::test(start_paused = true)]
async fn a_path_unknown_to_a_vendor_that_has_answered_concerns_one_event_only() {
    let world = Shared::outage(10);
    world.get().events.get_mut("lost-4").expect("an event").no_path = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
    assert_eq!((report.totals.recovered, report.totals.left), (9, 1));
}
