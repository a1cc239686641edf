//! What a run makes of a delivery that the receiver seems to have refused, and who has the last word on it.

use std::time::Duration;

use tokio::time::Instant;

use crate::attempt::Settlement;
use crate::exit::ExitCode;
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::tracked::EventResult;

use super::world::{ResendBehaviour, Shared, request};
use super::{everything_arrived, has, nobody_got_a_duplicate};

/// The settling time of [`request`].
const SETTLE: Duration = Duration::from_secs(60);

/// One event that its receiver refuses.
fn refused(counts_runs: bool) -> Shared {
    let world = Shared::outage(1);
    world.get().counts_runs = counts_runs;
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    world
}

fn idempotent(mode: Mode) -> RunRequest {
    let mut asked = request(mode);
    asked.policy.resend.idempotent = true;
    asked
}

/// A run and how long it took.
async fn timed(world: &Shared, asked: &RunRequest) -> (RunReport, Duration) {
    let begun = Instant::now();
    let report = world.run(asked).await;
    (report, begun.elapsed())
}

/// The results of the events that have one.
fn results(report: &RunReport) -> Vec<EventResult> {
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.filter_map(|tracked| tracked.result).collect()
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_a_counter_vouches_for_is_believed_at_once() {
    let world = refused(true);
    let (report, took) = timed(&world, &request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 1), "{:?}", report.problems);
    assert!(world.get().resends > 1 && took < SETTLE, "{} resends in {took:?}", world.get().resends);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_no_counter_vouches_for_is_believed_after_the_settling_time_and_recorded() {
    let world = refused(false);
    let (report, took) = timed(&world, &request(Mode::Act)).await;
    assert_eq!((report.totals.left, report.totals.in_doubt), (1, 0), "{:?}", report.problems);
    let resends = world.get().resends;
    assert!(resends > 1 && took >= SETTLE * resends, "{resends} resends in {took:?}");
    let settled: Vec<Settlement> = world.get().rows.settled.values().copied().collect();
    assert_eq!(settled, vec![Settlement::DeliveryFailed; settled.len()]);
    assert_eq!(settled.len(), world.get().rows.attempts.len(), "nothing is left open for the next run");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_believed_at_once_where_twice_does_no_harm() {
    let world = refused(false);
    let (report, took) = timed(&world, &idempotent(Mode::Act)).await;
    assert_eq!((report.totals.left, report.totals.in_doubt), (1, 0), "{:?}", report.problems);
    assert!(world.get().resends > 1 && took < SETTLE, "{} resends in {took:?}", world.get().resends);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_down_is_not_waited_for() {
    for canaries in [1, 3] {
        let world = Shared::outage(30);
        world.get().counts_runs = false;
        world.get().receiver_down = true;
        let mut asked = request(Mode::Act);
        asked.policy.bounds.canaries = canaries;
        let (report, took) = timed(&world, &asked).await;
        assert_eq!((report.totals.left, report.totals.in_doubt), (30, 0), "{:?}", report.problems);
        assert!(took < SETTLE, "{canaries}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_seems_down_has_what_its_log_holds() {
    let world = Shared::outage(3);
    {
        let mut world = world.get();
        world.counts_runs = false;
        world.resend = ResendBehaviour::DeliversAndShowsBefore;
        world.stale_after_delivery = 1_000;
    }
    let (report, took) = timed(&world, &request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 3), "{:?}", report.problems);
    assert!(!has(&report, ProblemKind::ReceiverDown) && took < SETTLE, "{took:?}: {:?}", report.problems);
    everything_arrived(&world);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_the_log_can_not_speak_of_is_in_doubt_unless_a_counter_vouches_for_it() {
    for (counts_runs, result) in [(true, EventResult::Left), (false, EventResult::InDoubt)] {
        let world = refused(counts_runs);
        world.get().log_breaks_at = Some(2);
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(results(&report), [result], "{counts_runs}: {:?}", report.problems);
        assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_taken_without_the_vendor_hearing_of_it_is_not_sent_again_while_the_log_can_not_say_so() {
    for (is_broken, result) in [(false, EventResult::Recovered), (true, EventResult::Left)] {
        let world = Shared::outage(1);
        {
            let mut world = world.get();
            world.events.get_mut("lost-0").expect("an event").answer_lost = true;
            if is_broken {
                // What it would show stands in the part that can't be read.
                (world.log_breaks_at, world.log_lag) = (Some(2), Duration::from_secs(3_600));
            }
        }
        let report = world.run(&request(Mode::Act)).await;
        assert_eq!(world.get().resends, 1, "{is_broken}: {:?}", report.problems);
        nobody_got_a_duplicate(&world);
        assert_eq!(results(&report), [result]);
        assert!(!has(&report, ProblemKind::NoProgress), "{:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_receiver_that_takes_twice_confirms_no_resend_and_is_not_asked_to() {
    let world = Shared::outage(0);
    world.event("answered-late", 4, false, true);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let report = world.run(&idempotent(Mode::Act)).await;
    assert_eq!(report.totals.recovered, 0, "the log held it all along");
    assert_eq!(world.get().look_ups, 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_log_confirms_of_one_event_it_does_not_confirm_of_another() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false).event("answered-late", 4, false, true);
    world.get().resend = ResendBehaviour::ClaimsWithoutDelivery;
    let mut asked = idempotent(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    let report = world.run(&asked).await;
    assert!(world.get().look_ups > 1, "only the log confirms what was delivered before");
    assert_eq!((report.totals.recovered, world.get().accepted.len()), (0, 0), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_sent_is_sent_again_without_the_logs_word_where_twice_does_no_harm() {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let report = world.run(&idempotent(Mode::Act)).await;
    assert!(world.get().resends > 1, "{:?}", report.problems);
    assert_eq!((report.totals.left, report.totals.in_doubt), (1, 0), "{:?}", report.problems);
}
