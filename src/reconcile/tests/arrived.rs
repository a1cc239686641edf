//! What an earlier run brought, as long as neither the log nor the vendor's list need show it.

use std::time::Duration;

use chrono::TimeDelta;

use crate::classify::Verdict;
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::ledger::History as _;
use crate::policy::Proofs;
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, RunReport};

use super::chosen::{id, told};
use super::nobody_got_a_duplicate;
use super::world::{Shared, event_at, request, start};

const JUST_ARRIVED: &str = "an earlier run brought it a moment ago; left for a later run";

fn asks(mode: Mode, include_acknowledged: bool) -> RunRequest {
    let mut asked = request(mode);
    asked.policy.resend.include_acknowledged = include_acknowledged;
    asked
}

/// One event that a run has just brought, while its log lags behind.
async fn brought(says_failed_again: bool) -> Shared {
    let world = Shared::outage(1);
    world.get().log_lag = Duration::from_secs(3_600);
    assert_eq!(world.run(&request(Mode::Act)).await.totals.recovered, 1);
    world.get().events.get_mut("lost-0").expect("an event").delivered = !says_failed_again;
    world
}

/// How many events are told as too young, and how many as lost in one way or another.
fn young_and_lost(report: &RunReport) -> (u64, u64) {
    (report.totals.too_young, report.totals.missing + report.totals.lost_after_ack)
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_brought_is_left_alone_until_the_log_had_time_to_show_it() {
    for (says_failed_again, include_acknowledged) in [(false, true), (true, true), (true, false)] {
        let world = brought(says_failed_again).await;
        let report = world.run(&asks(Mode::Act, include_acknowledged)).await;
        assert_eq!((young_and_lost(&report), world.get().resends), ((1, 0), 1), "{:?}", report.totals);
        assert_eq!(told(&report, "lost-0").reason(), JUST_ARRIVED);
        nobody_got_a_duplicate(&world);
        // After that it is judged like any other.
        tokio::time::sleep(Duration::from_secs(300)).await;
        let report = world.run(&asks(Mode::Check, include_acknowledged)).await;
        assert_eq!(young_and_lost(&report), (0, 1), "{:?}", report.totals);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_that_nobody_would_repeat_is_told_as_lost_at_once() {
    let world = brought(false).await;
    for asked in [asks(Mode::Act, false), asks(Mode::Check, true)] {
        let report = world.run(&asked).await;
        assert_eq!((report.exit_code, young_and_lost(&report)), (ExitCode::Left, (0, 1)), "{:?}", report.totals);
        assert_eq!(told(&report, "lost-0").reason(), Verdict::LostAfterAck.reason());
    }
    assert_eq!(world.get().resends, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_young_of_itself_is_not_said_to_have_been_brought() {
    let world = Shared::outage(0);
    world.get().events.insert("young".to_owned(), event_at(start() - TimeDelta::minutes(1), false));
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(told(&report, "young").reason(), Verdict::TooYoung.reason());
}

#[tokio::test(start_paused = true)]
async fn what_was_brought_as_long_ago_as_the_least_age_is_judged() {
    let world = brought(true).await;
    let hook = WebhookId::new("hook-1").expect("an id");
    let history = world.of_webhook(&hook).await.expect("it can be read");
    let arrived_at = history[&id("lost-0")].arrived_at.expect("it arrived");
    let mut asked = asks(Mode::Check, false);
    // Nothing follows the judging then, so that it happens when the run ends.
    asked.policy.proofs = Proofs::Off;
    let begun = world.get().now();
    let took = world.run(&asked).await.finished_at - begun;
    for (later, judged) in [(TimeDelta::zero(), (0, 1)), (TimeDelta::milliseconds(1), (1, 0))] {
        asked.policy.min_age = world.get().now() + took - arrived_at + later;
        assert_eq!(young_and_lost(&world.run(&asked).await), judged, "{later}");
    }
}
