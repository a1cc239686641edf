//! Runs that are told exactly which events to bring: what they ask the vendor for, and what they leave alone.

use std::time::Duration;

use crate::exit::ExitCode;
use crate::monitor::RunEvent;
use crate::policy::Proofs;
use crate::provider::ListFilter;
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, ProblemKind};
use crate::selection::VerdictKind;
use crate::tracked::EventResult;

use super::canaries::when;
use super::chosen::{by_hand, hours_ago, planned, told};
use super::told::watched;
use super::world::{ResendBehaviour, Shared, request};
use super::{has, nobody_got_a_duplicate};

/// So many events that failed 60 hours ago, and deliveries of the last day.
fn many(events: usize) -> (Shared, Vec<String>) {
    let world = Shared::outage(0);
    let ids: Vec<String> = (0..events).map(|number| format!("planned-{number}")).collect();
    for id in &ids {
        world.event(id, 60, false, false);
    }
    (world, ids)
}

fn plan_of(ids: &[String]) -> RunRequest {
    let events: Vec<_> = ids.iter().map(|id| (id.as_str(), hours_ago(60), VerdictKind::Missing)).collect();
    planned(&events)
}

#[tokio::test(start_paused = true)]
async fn the_events_of_a_plan_are_listed_and_not_asked_for_one_by_one() {
    let (world, ids) = many(12);
    let report = world.run(&plan_of(&ids)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 12), "{:?}", report.problems);
    assert_eq!(world.get().gets, 0);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_left_the_list_of_failures_is_asked_for_alone_or_listed_where_it_is_much() {
    for (events, gets) in [(3, 3), (50, 50), (51, 0)] {
        let (world, ids) = many(events);
        for event in world.get().events.values_mut() {
            event.delivered = true;
        }
        world.get().log.extend(ids.iter().cloned());
        let report = world.run(&plan_of(&ids)).await;
        assert_eq!((report.exit_code, world.get().resends), (ExitCode::Clean, 0), "{:?}", report.problems);
        assert_eq!(world.get().gets, gets, "{events}");
        for id in &ids {
            assert_eq!(told(&report, id).reason(), "delivered since the plan was made", "{events}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn of_what_the_vendor_has_forgotten_no_more_than_fifty_are_asked_for() {
    let (world, ids) = many(60);
    for id in &ids {
        world.get().events.remove(id);
    }
    let report = world.run(&plan_of(&ids)).await;
    assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 60), "{:?}", report.problems);
    assert_eq!(world.get().gets, 50);
    assert!(ids.iter().all(|id| told(&report, id).reason() == "the vendor does not show it any more"));
}

#[tokio::test(start_paused = true)]
async fn a_wrong_log_is_found_out_by_the_deliveries_of_another_day() {
    let (world, ids) = many(2);
    world.get().log = ["something-else".to_owned()].into();
    let report = world.run(&plan_of(&ids)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0), "{:?}", report.problems);
    assert!(has(&report, ProblemKind::LogUnproven));
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_listed_only_where_the_log_is_to_be_proven_by_them() {
    for (proofs, delivered_since, is_listed) in
        [(Proofs::Required, false, true), (Proofs::Required, true, false), (Proofs::Off, false, false)]
    {
        let (world, ids) = many(2);
        if delivered_since {
            world.get().events.get_mut(&ids[0]).expect("an event").delivered = true;
            world.get().log.insert(ids[0].clone());
        }
        let mut asked = plan_of(&ids);
        asked.policy.proofs = proofs;
        let (report, events) = watched(&world, &asked).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
        let unfiltered = |event: &RunEvent| matches!(event, RunEvent::SliceListed { filter: ListFilter::All, .. });
        assert_eq!(events.iter().any(unfiltered), is_listed, "{proofs:?} {delivered_since}");
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_the_record_of_another_event_is_no_record_of_the_one_asked_for() {
    let world = Shared::outage(2);
    world.get().moods.another_one_in = Some(1);
    let report = world.run(&by_hand(&["lost-1"])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 0), "{:?}", report.problems);
    assert!(told(&report, "lost-1").reason().starts_with("not known to the webhook hook-1"));
    assert_eq!(report.totals.listed, 1);
}

/// Two events that failed, of which the resend of `lost-0` is in doubt.
async fn doubtful() -> Shared {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    assert_eq!(world.get().resends, 1);
    assert!(world.get().rows.settled.is_empty());
    world.event("lost-1", 4, false, false);
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    world.get().gets = 0;
    world
}

#[tokio::test(start_paused = true)]
async fn by_hand_nothing_is_settled_or_looked_up_but_what_was_named() {
    let world = doubtful().await;
    let report = world.run(&by_hand(&["lost-1"])).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    assert!(!world.get().rows.settled.contains_key(&1), "the doubt of another event is for a run that was asked");
    assert_eq!(world.get().gets, 1);
}

#[tokio::test(start_paused = true)]
async fn by_hand_nothing_that_was_tried_in_vain_is_taken_in_beside_what_was_named() {
    let world = Shared::outage(1);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    world.run(&request(Mode::Act)).await;
    world.event("lost-1", 24 * 10, false, false);
    let gets = world.get().gets;
    let report = world.run(&by_hand(&["lost-1"])).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    assert_eq!(world.get().gets - gets, 1, "only what was named is asked for");
}

#[tokio::test(start_paused = true)]
async fn what_was_planned_although_the_log_holds_it_is_resent_to_who_takes_it_twice_and_to_nobody_else() {
    for (idempotent, resends) in [(false, 0), (true, 1)] {
        let world = Shared::outage(0);
        world.event("answered-late", 5, false, true);
        let mut asked = planned(&[("answered-late", hours_ago(5), VerdictKind::Unacknowledged)]);
        asked.policy.resend.idempotent = idempotent;
        let report = world.run(&asked).await;
        assert_eq!((report.exit_code, world.get().resends), (ExitCode::Clean, resends), "{:?}", report.problems);
        let result = if idempotent { EventResult::Recovered } else { EventResult::Skipped };
        assert_eq!(told(&report, "answered-late").result, Some(result));
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_an_event_in_doubt_stays_so_however_often_the_events_are_judged() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    assert_eq!(world.run(&asked).await.totals.in_doubt, 1);
    // The log now begins after the event, so that the vendor's word is all there is.
    world.get().log_since = Some(hours_ago(4));
    world.event("lost", 3, false, false);
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    // Another event turns up while the resend is confirmed, so that all are judged once more.
    let turns_up = |world: &Shared| {
        world.event("late", 2, false, false);
    };
    let asked = by_hand(&["acknowledged", "lost"]);
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().resends == 2, turns_up));
    assert_eq!(told(&report, "lost").result, Some(EventResult::Recovered), "{:?}", report.problems);
    assert_eq!(told(&report, "acknowledged").result, Some(EventResult::InDoubt), "{:?}", report.problems);
}
