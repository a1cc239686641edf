//! What is made of each event at the end, and what a run that was cut short may say of the rest.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::classify::Verdict;
use crate::event::Window;
use crate::exit::ExitCode;
use crate::reconcile::{Approval, Approver, PlanSummary, Ports, RunRequest};
use crate::run_report::{Mode, ProblemKind};
use crate::tracked::EventResult;

use super::canaries::when;
use super::chosen::told;
use super::has;
use super::world::{ListBehaviour, ResendBehaviour, Shared, event_at, request, start};

/// Thinks for ever.
struct Absent;

#[async_trait]
impl Approver for Absent {
    async fn approve(&self, _plan: &PlanSummary) -> Approval {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_while_nobody_approves_leaves_what_was_found() {
    let world = Shared::outage(3);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(60);
    let (_stop, stopped) = watch::channel(None);
    let ports = Ports { approver: Arc::new(Absent), ..world.ports(stopped) };
    let report = crate::reconcile::run(&ports, &asked).await;
    assert!(has(&report, ProblemKind::Deadline), "{:?}", report.problems);
    assert_eq!((report.exit_code, report.totals.left), (ExitCode::Left, 3), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_while_old_doubt_is_settled_is_never_clean() {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    assert_eq!(world.get().resends, 1);
    // All that the window holds is settled.
    let window = Window::new(start() - TimeDelta::hours(2), start()).expect("not empty");
    let report = world.run(&RunRequest { window, ..asked }).await;
    assert!(has(&report, ProblemKind::Deadline), "{:?}", report.problems);
    assert_eq!((report.exit_code, report.totals.left), (ExitCode::Undetermined, 0), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_delivered_meanwhile_is_settled() {
    let world = Shared::outage(5);
    world.get().list = ListBehaviour::IgnoresFilter;
    world.get().receiver_down = true;
    let by_hand = |world: &Shared| {
        let mut world = world.get();
        world.events.get_mut("lost-0").expect("an event").delivered = true;
        world.log.insert("lost-0".to_owned());
    };
    let asked = request(Mode::Act);
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().resends == 3, by_hand));
    let tracked = told(&report, "lost-0");
    assert_eq!((tracked.verdict, tracked.result, tracked.attempts), (Verdict::Settled, None, 0));
    assert_eq!(report.totals.left, 4, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_while_the_run_looked_and_is_not_in_the_log_is_lost_all_the_same() {
    let world = Shared::outage(1);
    let delivered = |world: &Shared| world.get().events.get_mut("lost-0").expect("an event").delivered = true;
    let asked = request(Mode::Check);
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().listings == 3, delivered));
    let tracked = told(&report, "lost-0");
    assert_eq!((tracked.verdict, tracked.result), (Verdict::LostAfterAck, Some(EventResult::Left)));
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn what_a_run_would_not_resend_it_does_not_give_up_either() {
    let world = Shared::outage(0);
    world.event("acknowledged", 5, true, false);
    world.get().events.get_mut("acknowledged").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    assert_eq!(world.run(&asked).await.totals.quarantined, 0);
    // As the vendor then has it: refused again, and yet it says that it was delivered.
    world.get().events.get_mut("acknowledged").expect("an event").delivered = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    let report = world.run(&asked).await;
    let tracked = told(&report, "acknowledged");
    assert_eq!((tracked.verdict, tracked.result), (Verdict::LostAfterAck, Some(EventResult::Left)));
    assert!(world.get().rows.quarantine.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_receiver_takes_twice_is_left_as_long_as_it_has_failed() {
    for (idempotent, code, result) in
        [(true, ExitCode::Left, EventResult::Left), (false, ExitCode::Clean, EventResult::Skipped)]
    {
        let world = Shared::outage(0);
        world.event("answered-late", 4, false, true);
        let mut asked = request(Mode::Check);
        asked.policy.resend.idempotent = idempotent;
        let report = world.run(&asked).await;
        assert_eq!(report.exit_code, code, "{:?}", report.problems);
        assert_eq!(told(&report, "answered-late").result, Some(result));
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_of_the_very_moment_is_not_ahead_of_it() {
    // The vendor's zone is not known, so what lies beyond the window is listed as well.
    let created_at = |created| {
        let world = Shared::outage(0);
        let mut event = event_at(created, false);
        event.states_offset = Some(false);
        world.get().events.insert("now".to_owned(), event);
        world
    };
    let at_end = created_at(start() + TimeDelta::hours(1)).run(&request(Mode::Check)).await.finished_at;
    for (ahead, is_told) in [(0, false), (1, true)] {
        let world = created_at(at_end + TimeDelta::milliseconds(ahead));
        let report = world.run(&request(Mode::Check)).await;
        assert_eq!((report.finished_at, report.totals.too_young), (at_end, 1));
        assert_eq!(has(&report, ProblemKind::TimesAhead), is_told, "{ahead}");
    }
}
