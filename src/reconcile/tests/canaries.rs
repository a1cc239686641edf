//! How a receiver is tried before anything else is sent to it.

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
