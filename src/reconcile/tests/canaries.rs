//! How a receiver is tried before anything else is sent to it, and what opens the breaker after that.

use std::time::Duration;

use crate::exit::ExitCode;
use crate::monitor::RunEvent;
use crate::provider::ProviderError;
use crate::run_report::{Mode, ProblemKind, RunReport};

use super::told::watched;
use super::world::{ResendBehaviour, Shared, request};
use super::{everything_arrived, has, nobody_got_a_duplicate};

/// A run over this world, and how many resends it sent ahead of others.
async fn tried(world: &Shared) -> (RunReport, usize) {
    let (report, told) = watched(world, &request(Mode::Act)).await;
    let canaries = told.iter().filter(|event| matches!(event, RunEvent::Attempted { canary: true, .. })).count();
    (report, canaries)
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_itself_rejects_says_nothing_of_the_receiver_and_is_borne_ten_times() {
    let world = Shared::outage(30);
    world.get().resend_error = Some(ProviderError::Rejected { status: 422, message: String::new() });
    let (report, canaries) = tried(&world).await;
    assert_eq!((canaries, world.get().resends), (10, 30));
    assert!(!has(&report, ProblemKind::ReceiverDown), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_canary_of_which_nothing_is_heard_counts_as_one_that_was_refused() {
    for resend in [ResendBehaviour::FailsWithoutDelivery, ResendBehaviour::TimesOutWithoutDelivery] {
        for counts_runs in [true, false] {
            let world = Shared::outage(8);
            world.get().resend = resend;
            world.get().counts_runs = counts_runs;
            let (report, canaries) = tried(&world).await;
            assert_eq!((canaries, world.get().resends), (3, 3), "{resend:?} {counts_runs}");
            assert!(has(&report, ProblemKind::ReceiverDown), "{:?}", report.problems);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_canary_whose_answer_was_lost_is_looked_up_and_proves_the_receiver() {
    for delivery_delay in [0, 5, 40] {
        let world = Shared::outage(12);
        world.get().resend = ResendBehaviour::DeliversAndFails;
        world.get().delivery_delay = Duration::from_secs(delivery_delay);
        let (report, canaries) = tried(&world).await;
        assert_eq!(canaries, 1, "{delivery_delay}: {:?}", report.problems);
        assert_eq!(report.exit_code, ExitCode::Clean, "{delivery_delay}: {:?}", report.problems);
        everything_arrived(&world);
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn so_many_canaries_are_refused_as_are_allowed_and_at_least_one() {
    for (allowed, canaries) in [(0, 1), (1, 1), (2, 2), (5, 5)] {
        let world = Shared::outage(8);
        world.get().receiver_down = true;
        let mut asked = request(Mode::Act);
        asked.policy.bounds.canaries = allowed;
        let report = world.run(&asked).await;
        assert_eq!((world.get().resends, report.totals.left), (canaries, 8), "{allowed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_accepted_once_is_not_tried_again_in_later_rounds() {
    let world = Shared::outage(6);
    for number in 0..2 {
        world.get().events.get_mut(&format!("lost-{number}")).expect("an event").poison = true;
    }
    let (report, canaries) = tried(&world).await;
    assert!(report.rounds > 1, "{} rounds", report.rounds);
    assert_eq!(canaries, 1);
}

/// Changes the world once this is true of it, which it must be within a minute.
pub(super) async fn when(world: &Shared, is_so: impl Fn(&Shared) -> bool, change: impl FnOnce(&Shared)) {
    for _ in 0..60_000 {
        if is_so(world) {
            return change(world);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("it never came to that");
}

#[tokio::test(start_paused = true)]
async fn a_resend_that_never_left_is_tried_again_under_a_number_of_its_own() {
    let world = Shared::outage(3);
    world.get().resend_error = Some(ProviderError::NotSent { message: "connection refused".to_owned() });
    let asked = request(Mode::Act);
    let reachable = when(&world, |world| world.get().resends == 2, |world| world.get().resend_error = None);
    let (report, ()) = tokio::join!(world.run(&asked), reachable);
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 3), "{:?}", report.problems);
    assert_eq!(world.get().resends, 5);
    assert_eq!(world.get().rows.attempts.len(), 5, "each has an intent of its own");
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_lost_in_a_row_open_the_breaker() {
    let world = Shared::outage(20);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.concurrency = 1;
    let fails = |world: &Shared| world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let canary_arrived = |world: &Shared| !world.get().accepted.is_empty();
    let ((report, told), ()) = tokio::join!(watched(&world, &asked), when(&world, canary_arrived, fails));
    let down = told.iter().find_map(|event| match event {
        RunEvent::ReceiverDown { failures, .. } => Some(*failures),
        _ => None,
    });
    assert_eq!((down, world.get().resends), (Some(5), 6), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_was_seen_to_arrive_is_not_sent_again_when_the_vendor_takes_that_back() {
    let world = Shared::outage(1);
    {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndFails;
        // The log does not show what arrives while the run lasts.
        world.log_is_live = false;
        world.log_snapshot = Some(world.log.clone());
    }
    let takes_it_back = |world: &Shared| {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndShowsIt;
        world.events.get_mut("lost-0").expect("an event").delivered = false;
    };
    let asked = request(Mode::Act);
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().gets == 1, takes_it_back));
    assert_eq!((report.totals.recovered, world.get().resends), (1, 1), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}
