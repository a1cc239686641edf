//! What earlier runs left outside the window of this one is never passed over in silence.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::event::{EventId, Window};
use crate::exit::ExitCode;
use crate::pace::budget::FailureBudget;
use crate::reconcile::{Ports, RunRequest};
use crate::run_report::{Mode, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

use super::nobody_got_a_duplicate;
use super::world::{ResendBehaviour, Shared, request, start};

fn id(text: &str) -> EventId {
    EventId::new(text).expect("an id")
}

/// A request for the last hours only, in which nothing of an outage lies.
fn recent(mode: Mode) -> RunRequest {
    let window = Window::new(start() - TimeDelta::hours(2), start()).expect("not empty");
    RunRequest { window, ..request(mode) }
}

fn told<'a>(report: &'a RunReport, event: &str) -> &'a TrackedEvent {
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.into_iter().find(|tracked| tracked.event.id == id(event)).expect("it is in the report")
}

fn poison(world: &Shared, is_poison: bool) {
    world.get().events.get_mut("lost-0").expect("an event").poison = is_poison;
}

/// One event that is in quarantine and outside the window of [`recent`].
async fn quarantined() -> Shared {
    let world = Shared::outage(1);
    poison(&world, true);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 2;
    assert_eq!(world.run(&asked).await.totals.quarantined, 1);
    world
}

/// One event that a run tried in vain and did not give up.
async fn tried() -> Shared {
    let world = Shared::outage(1);
    poison(&world, true);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 50;
    assert_eq!(world.run(&asked).await.totals.left, 1);
    assert!(world.get().rows.quarantine.is_empty());
    world
}

/// One event of whose resend nobody knows what became of it.
async fn doubtful(resend: ResendBehaviour) -> Shared {
    let world = Shared::outage(1);
    world.get().resend = resend;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    assert_eq!(world.get().resends, 1);
    world
}

#[tokio::test(start_paused = true)]
async fn a_released_event_is_tried_again_whatever_the_window() {
    let world = quarantined().await;
    poison(&world, false);
    world.get().rows.release(&id("lost-0"));
    let report = world.run(&recent(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
    let gets = world.get().gets;
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    assert_eq!(world.get().gets, gets, "it is no longer looked for");
}

#[tokio::test(start_paused = true)]
async fn a_released_event_that_the_vendor_does_not_show_is_told_of_and_not_resent() {
    let world = quarantined().await;
    world.get().rows.release(&id("lost-0"));
    world.get().gets_fail = true;
    let sent = world.get().resends;
    // It stays released for as long as nobody knows where it is.
    for _ in 0..2 {
        let report = world.run(&recent(Mode::Act)).await;
        assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 1), "{:?}", report.problems);
        assert_eq!(told(&report, "lost-0").reason(), "released from quarantine, but the vendor does not show it");
    }
    assert_eq!(world.get().resends, sent);
}

#[tokio::test(start_paused = true)]
async fn a_released_event_that_is_in_the_log_is_not_resent_and_not_looked_for_again() {
    let world = quarantined().await;
    world.get().rows.release(&id("lost-0"));
    world.get().log.insert("lost-0".to_owned());
    let sent = world.get().resends;
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    let gets = world.get().gets;
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    assert_eq!(world.get().gets, gets);
    assert_eq!(world.get().resends, sent);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_tried_in_vain_is_told_of_when_the_window_has_moved_on() {
    let world = tried().await;
    poison(&world, false);
    let sent = world.get().resends;
    for mode in [Mode::Act, Mode::Check, Mode::Act] {
        let report = world.run(&recent(mode)).await;
        assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 1), "{:?}", report.problems);
        assert_eq!(told(&report, "lost-0").result, Some(EventResult::Left));
        assert!(told(&report, "lost-0").reason().contains("outside this window, so begin it at 2026-"));
    }
    assert_eq!(world.get().resends, sent, "it is not in the window");
    assert_eq!(world.run(&request(Mode::Act)).await.exit_code, ExitCode::Clean);
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_tried_in_vain_and_then_arrived_is_looked_up_once() {
    let world = tried().await;
    world.get().events.get_mut("lost-0").expect("an event").delivered = true;
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    let gets = world.get().gets;
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    assert_eq!(world.get().gets, gets);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_was_tried_in_vain_and_is_gone_from_the_vendor_is_not_clean() {
    let world = tried().await;
    world.get().events.remove("lost-0");
    let sent = world.get().resends;
    for mode in [Mode::Act, Mode::Check, Mode::Act] {
        let report = world.run(&request(mode)).await;
        assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 1), "{:?}", report.problems);
        assert!(told(&report, "lost-0").reason().contains("the vendor no longer lists it as failed"));
    }
    world.get().log.insert("lost-0".to_owned());
    assert_eq!(world.run(&request(Mode::Act)).await.exit_code, ExitCode::Clean);
    assert_eq!(world.get().resends, sent);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_only_a_look_shows_as_failed_is_tried_again() {
    let world = tried().await;
    poison(&world, false);
    world.get().never_listed.insert("lost-0".to_owned());
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_lies_outside_the_window_is_told_with_what_to_do_even_if_the_vendor_does_not_show_it() {
    let world = tried().await;
    world.get().events.remove("lost-0");
    let report = world.run(&recent(Mode::Act)).await;
    assert!(told(&report, "lost-0").reason().contains("outside this window, so begin it at 2026-"));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_the_budget_still_counts_is_settled_when_it_counts_no_longer() {
    let world = tried().await;
    world.get().events.get_mut("lost-0").expect("an event").delivered = true;
    let mut asked = recent(Mode::Act);
    asked.policy.bounds.failure_budget = Some(FailureBudget { failures: 100, period: TimeDelta::hours(1) });
    let mut looked_up = Vec::new();
    for minutes in [0, 30, 60, 60] {
        tokio::time::sleep(Duration::from_secs(60 * minutes)).await;
        let gets = world.get().gets;
        assert_eq!(world.run(&asked).await.exit_code, ExitCode::Clean);
        looked_up.push(world.get().gets - gets);
    }
    assert_eq!(looked_up, [1, 1, 1, 0]);
}

/// A run that has no received log to ask.
async fn run_without_log(world: &Shared, asked: &RunRequest) -> RunReport {
    let (_stop, stopped) = watch::channel(None);
    crate::reconcile::run(&Ports { received: None, ..world.ports(stopped) }, asked).await
}

/// Many events that were tried in vain, all but the latest of which a person then had delivered. That one keeps
/// failing, so that the vendor's list of failures is no empty one.
async fn delivered_by_hand() -> Shared {
    let world = Shared::outage(100);
    // The three oldest are the canaries.
    let tried = (0..100).filter(|number| !(57..60).contains(number)).map(|number| format!("lost-{number}"));
    let tried: Vec<String> = tried.collect();
    for id in &tried {
        world.get().events.get_mut(id).expect("an event").poison = true;
    }
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 50;
    asked.policy.bounds.breaker_failures = 1_000;
    let first = world.run(&asked).await.totals;
    assert_eq!((first.left, first.recovered), (97, 3));
    for id in &tried[1..] {
        world.get().events.get_mut(id).expect("an event").delivered = true;
    }
    world
}

#[tokio::test(start_paused = true)]
async fn what_the_vendor_delivered_by_hand_and_the_log_does_not_hold_is_lost() {
    let world = tried().await;
    world.get().events.get_mut("lost-0").expect("an event").delivered = true;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.lost_after_ack), (ExitCode::Left, 1), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn what_was_tried_in_vain_and_delivered_by_hand_is_looked_up_once_within_the_window() {
    let world = delivered_by_hand().await;
    let mut looked_up = Vec::new();
    for _ in 0..3 {
        let before = world.get().gets;
        let report = run_without_log(&world, &request(Mode::Act)).await;
        assert_eq!((report.totals.left, report.totals.unknown), (0, 1), "{:?}", report.problems);
        looked_up.push(world.get().gets - before);
    }
    // What the proof of the filter listed as delivered needs no look.
    assert!(looked_up[0] == 50 && (1..50).contains(&looked_up[1]) && looked_up[2] == 0, "{looked_up:?}");
}

#[tokio::test(start_paused = true)]
async fn what_lies_outside_the_window_and_was_not_looked_up_is_told_of() {
    for (gets_fail, looked_up, left) in [(false, 50, 47), (true, 2, 97)] {
        let world = delivered_by_hand().await;
        world.get().gets_fail = gets_fail;
        let mut asked = recent(Mode::Act);
        asked.policy.bounds.concurrency = 1;
        let before = world.get().gets;
        let report = run_without_log(&world, &asked).await;
        assert_eq!((world.get().gets - before, report.totals.left), (looked_up, left), "{:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn where_one_of_many_is_gone_those_not_looked_up_are_told_of() {
    let world = delivered_by_hand().await;
    world.get().events.remove("lost-50");
    let report = run_without_log(&world, &request(Mode::Act)).await;
    assert!(told(&report, "lost-50").reason().contains("can't be seen"));
    let events = || report.webhooks.iter().flat_map(|webhook| &webhook.events);
    let vanished = events().filter(|tracked| tracked.reason() == told(&report, "lost-50").reason()).count();
    assert!(vanished > 1);
    assert_eq!(report.totals.left, vanished as u64, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn an_old_attempt_that_turns_out_not_to_be_sent_leaves_the_event_told_of() {
    let world = doubtful(ResendBehaviour::FailsWithoutDelivery).await;
    for _ in 0..2 {
        let report = world.run(&recent(Mode::Act)).await;
        assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 1), "{:?}", report.problems);
    }
    assert_eq!(world.run(&request(Mode::Act)).await.exit_code, ExitCode::Clean);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn doubt_about_an_event_that_nobody_shows_is_counted_and_listed() {
    let world = doubtful(ResendBehaviour::FailsWithoutDelivery).await;
    world.get().gets_fail = true;
    let report = world.run(&recent(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 1), "{:?}", report.problems);
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    assert_eq!(told(&report, "lost-0").result, Some(EventResult::InDoubt));
}

/// More events in quarantine than are looked up.
async fn sixty_quarantined() -> Shared {
    let world = Shared::outage(60);
    for event in world.get().events.values_mut() {
        event.poison = !event.delivered;
    }
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    for _ in 0..60 {
        if world.run(&asked).await.totals.quarantined == 60 {
            break;
        }
    }
    assert_eq!(world.get().rows.quarantine.len(), 60);
    world
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_can_not_show_old_events_does_not_keep_new_ones_waiting() {
    let world = sixty_quarantined().await;
    world.event("new", 1, false, false);
    world.get().gets_fail = true;
    let gets = world.get().gets;
    let mut asked = recent(Mode::Act);
    asked.policy.bounds.concurrency = 1;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 60), "{:?}", report.problems);
    assert_eq!(told(&report, "new").result, Some(EventResult::Recovered));
    assert!(world.get().gets <= gets + 4);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_failures_that_leaves_out_what_a_look_shows_as_failed_speaks_for_no_other() {
    let world = delivered_by_hand().await;
    {
        let mut world = world.get();
        let undelivered: Vec<String> =
            world.rows.attempts.values().map(|open| open.request.event.to_string()).collect();
        for id in undelivered.into_iter().filter(|id| !world.log.contains(id)).collect::<Vec<_>>() {
            let event = world.events.get_mut(&id).expect("an event");
            (event.delivered, event.poison) = (false, false);
            world.never_listed.insert(id);
        }
    }
    let report = world.run(&request(Mode::Act)).await;
    // So many are looked up, and brought; of the others nobody can say that they were.
    assert_eq!((report.totals.recovered, report.totals.left), (50, 47), "{:?}", report.problems);
    assert_eq!(report.exit_code, ExitCode::Left);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_vanished_from_the_window_is_told_of_behind_many_that_are_in_quarantine() {
    let world = sixty_quarantined().await;
    world.event("tried", 1, false, false);
    world.get().events.get_mut("tried").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 50;
    assert_eq!(world.run(&asked).await.totals.left, 61);
    world.get().events.remove("tried");
    let report = world.run(&recent(Mode::Act)).await;
    assert!(told(&report, "tried").reason().contains("can't be seen"), "{:?}", told(&report, "tried"));
}
