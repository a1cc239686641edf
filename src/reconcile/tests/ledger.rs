//! What one run leaves to the next: quarantine, the failure budget, what was proven, what was in
//! flight when a signal came.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::event::{EventId, WebhookId, Window};
use crate::exit::ExitCode;
use crate::outcome::Signal;
use crate::pace::budget::FailureBudget;
use crate::policy::Proofs;
use crate::reconcile::{Beginning, RunRequest};
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

use super::world::{ResendBehaviour, Shared, hooks, request, start};
use super::{has, nobody_got_a_duplicate};

fn id(text: &str) -> EventId {
    EventId::new(text).expect("an id")
}

fn poisoned(lost: usize) -> Shared {
    let world = Shared::outage(lost);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    world
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

async fn quarantine_the_poisoned(world: &Shared) {
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 2;
    let report = world.run(&asked).await;
    assert_eq!(told(&report, "lost-0").result, Some(EventResult::Quarantined), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_quarantined_event_is_reported_whatever_the_window() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    for mode in [Mode::Act, Mode::Check] {
        let report = world.run(&recent(mode)).await;
        assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
        assert_eq!((report.totals.quarantined, report.totals.left), (1, 1));
        assert!(told(&report, "lost-0").reason().starts_with("in quarantine since 2026-"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_higher_bound_does_not_release_from_quarantine() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    world.get().events.get_mut("lost-0").expect("an event").poison = false;
    let sent = world.get().resends;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 50;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 1));
    assert_eq!(world.get().resends, sent);
}

#[tokio::test(start_paused = true)]
async fn a_released_event_has_all_its_attempts_again() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    world.get().rows.release(&id("lost-0"));
    let sent = world.get().resends;
    quarantine_the_poisoned(&world).await;
    assert_eq!(world.get().resends, sent + 2);
    world.get().rows.release(&id("lost-0"));
    world.get().events.get_mut("lost-0").expect("an event").poison = false;
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_arrived_after_all_leaves_quarantine() {
    let vendor_says_so = |world: &Shared| world.get().events.get_mut("lost-0").expect("an event").delivered = true;
    let log_holds_it = |world: &Shared| {
        world.get().log.insert("lost-0".to_owned());
    };
    for arrives in [&vendor_says_so as &dyn Fn(&Shared), &log_holds_it] {
        for asked in [request(Mode::Act), recent(Mode::Act)] {
            let world = poisoned(3);
            quarantine_the_poisoned(&world).await;
            arrives(&world);
            world.get().log.insert("lost-0".to_owned());
            let report = world.run(&asked).await;
            assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
            assert!(world.get().rows.quarantine.is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_quarantined_event_that_the_vendor_forgot_is_still_reported() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    world.get().events.remove("lost-0");
    let report = world.run(&recent(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 1), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_at_its_end_quarantines_in_the_next() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    world.get().rows.quarantine.clear();
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 2;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 1));
    assert!(world.get().rows.quarantine.contains_key(&id("lost-0")));
}

fn within_budget(failures: u32) -> RunRequest {
    let mut asked = request(Mode::Act);
    asked.policy.bounds.failure_budget = Some(FailureBudget { failures, period: TimeDelta::minutes(60) });
    asked.policy.bounds.max_attempts = 50;
    asked
}

#[tokio::test(start_paused = true)]
async fn failed_deliveries_stay_within_the_budget_over_all_runs() {
    let world = Shared::outage(30);
    world.get().receiver_down = true;
    let begun = Instant::now();
    for _ in 0..6 {
        let report = world.run(&within_budget(2)).await;
        assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
        assert!(has(&report, ProblemKind::FailureBudget), "{:?}", report.problems);
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    assert!(begun.elapsed() > Duration::from_secs(3600));
    assert_eq!(world.get().resends, 2);
    let report = world.run(&within_budget(2)).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 4));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_budget_says_until_when() {
    let world = Shared::outage(5);
    world.get().receiver_down = true;
    let report = world.run(&within_budget(1)).await;
    let waiting = report.webhooks[0].events.iter().filter(|tracked| tracked.reason().contains("it may go after 2026-"));
    assert_eq!(waiting.count(), 4);
    assert_eq!(report.rounds, 1, "nothing is planned for which there is no budget");
    assert!(!has(&report, ProblemKind::NoProgress), "{:?}", report.problems);
    let problem =
        report.problems.iter().find(|problem| problem.kind == ProblemKind::FailureBudget).expect("it is told");
    assert!(problem.hint.contains("run again after 2026-"), "{problem:?}");
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_down_hides_no_spent_budget_and_what_is_not_wanted_waits_for_none() {
    let world = Shared::outage(8);
    world.event("acknowledged", 5, true, false);
    world.get().receiver_down = true;
    let report = world.run(&within_budget(3)).await;
    assert!(has(&report, ProblemKind::ReceiverDown), "{:?}", report.problems);
    let problem =
        report.problems.iter().find(|problem| problem.kind == ProblemKind::FailureBudget).expect("it is told");
    assert!(problem.message.contains(": 8 events wait"), "{problem:?}");
    assert!(problem.hint.contains("run again after 2026-"), "{problem:?}");
    assert_eq!(told(&report, "acknowledged").reason.as_deref(), None);
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_may_fail() {
    let world = Shared::outage(40);
    let mut asked = within_budget(2);
    asked.policy.bounds.concurrency = 8;
    // The canary passes, then the receiver goes down under the others.
    world.get().resend_latency = Duration::from_millis(300);
    let (_stop, stopped) = watch::channel(None);
    let (report, ()) = tokio::join!(world.run_until(&asked, stopped), async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        world.get().receiver_down = true;
    });
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
    let refused = world.get().refused.len();
    assert_eq!(refused, 2);
}

#[tokio::test(start_paused = true)]
async fn a_healthy_receiver_costs_no_budget() {
    let world = Shared::outage(40);
    let report = world.run(&within_budget(1)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn doubt_that_turns_out_to_be_a_delivery_gives_its_place_back() {
    let world = Shared::outage(6);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    let report = world.run(&within_budget(1)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_run_left_in_doubt_may_have_failed_and_takes_its_place_in_the_budget() {
    let world = Shared::outage(2);
    world.get().counts_runs = false;
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let mut asked = within_budget(1);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    let intent_at = {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndShowsIt;
        // The run was killed before it knew how the request ended, which may have been as late as it settles.
        let open = world.rows.attempts.get_mut(&1).expect("one was sent");
        (open.ended_at, open.conclusion) = (None, None);
        open.intent_at
    };
    let report = world.run(&within_budget(1)).await;
    assert_eq!((report.totals.in_doubt, world.get().resends), (1, 1), "{:?}", report.problems);
    let told = report.problems.iter().find(|problem| problem.kind == ProblemKind::FailureBudget).expect("it is told");
    let free_at = intent_at + TimeDelta::seconds(60) + TimeDelta::minutes(60);
    let free_at = free_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    assert_eq!(told.hint, format!("run again after {free_at}; first see why the receiver refuses"));
}

fn since_last(mode: Mode) -> RunRequest {
    RunRequest { beginning: Beginning::WhereProvenEnds, ..request(mode) }
}

fn hook() -> WebhookId {
    WebhookId::new("hook-1").expect("an id")
}

#[tokio::test(start_paused = true)]
async fn the_next_window_begins_where_the_proven_one_ended_less_the_overlap() {
    let world = Shared::outage(3);
    let report = world.run(&since_last(Mode::Act)).await;
    assert_eq!((report.exit_code, report.window), (ExitCode::Clean, request(Mode::Act).window));
    let proven_until = world.get().rows.proven[&hook()].until;
    let report = world.run(&since_last(Mode::Act)).await;
    assert_eq!(report.window.from(), proven_until - TimeDelta::hours(3));
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn only_what_is_proven_clean_moves_the_beginning() {
    let world = poisoned(3);
    world.run(&request(Mode::Act)).await;
    assert!(world.get().rows.proven.is_empty(), "events were left");
    let world = Shared::outage(3);
    let mut asked = request(Mode::Act);
    asked.policy.proofs = Proofs::Off;
    assert_eq!(world.run(&asked).await.exit_code, ExitCode::Clean);
    assert!(world.get().rows.proven.is_empty(), "nothing was proven");
    world.run(&request(Mode::Check)).await;
    assert!(world.get().rows.proven.is_empty(), "a check records nothing");
}

#[tokio::test(start_paused = true)]
async fn what_is_quarantined_keeps_no_window_open() {
    let world = poisoned(3);
    quarantine_the_poisoned(&world).await;
    assert!(world.get().rows.proven.contains_key(&hook()));
    let report = world.run(&since_last(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 1));
    assert!(report.window.length() < TimeDelta::hours(4), "{:?}", report.window);
}

#[tokio::test(start_paused = true)]
async fn times_without_an_offset_prove_less() {
    let world = Shared::outage(3);
    world.get().states_offsets = false;
    assert_eq!(world.run(&request(Mode::Act)).await.exit_code, ExitCode::Clean);
    let until = world.get().rows.proven[&hook()].until;
    assert!(until <= start() - TimeDelta::hours(12), "{until}");
}

#[tokio::test(start_paused = true)]
async fn what_was_too_young_is_looked_at_again() {
    let world = Shared::outage(3);
    let mut asked = request(Mode::Act);
    asked.policy.min_age = TimeDelta::hours(6);
    assert_eq!(world.run(&asked).await.exit_code, ExitCode::Clean);
    let until = world.get().rows.proven[&hook()].until;
    assert!(until <= start() - TimeDelta::hours(6), "{until}");
}

#[tokio::test(start_paused = true)]
async fn a_gap_between_windows_is_not_skipped() {
    let world = Shared::outage(0);
    world.event("early", 60, true, true);
    let early = Window::new(start() - TimeDelta::days(3), start() - TimeDelta::days(2)).expect("not empty");
    assert_eq!(world.run(&RunRequest { window: early, ..request(Mode::Act) }).await.exit_code, ExitCode::Clean);
    assert_eq!(world.run(&recent(Mode::Act)).await.exit_code, ExitCode::Clean);
    let report = world.run(&since_last(Mode::Act)).await;
    assert_eq!(report.window.from(), early.to() - TimeDelta::hours(3));
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_was_never_proven_gets_the_whole_window() {
    let world = Shared::outage(2);
    world.outage_of(2, "b-", 2);
    assert_eq!(world.run(&request(Mode::Act)).await.exit_code, ExitCode::Clean);
    let mut asked = since_last(Mode::Act);
    asked.scope = hooks(2);
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.window), (ExitCode::Clean, request(Mode::Act).window));
    assert_eq!(report.totals.recovered, 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_back_does_not_keep_doubt_open() {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::FailsWithoutDelivery;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    for attempt in world.get().rows.attempts.values_mut() {
        attempt.intent_at += TimeDelta::days(400);
        attempt.ended_at = attempt.ended_at.map(|ended_at| ended_at + TimeDelta::days(400));
    }
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    let begun = Instant::now();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert!(begun.elapsed() < Duration::from_secs(300), "{:?}", begun.elapsed());
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_never_answers_can_not_keep_a_stopped_run_alive() {
    let world = Shared::outage(8);
    world.get().resend_latency = Duration::from_secs(3600);
    let (stop, stopped) = watch::channel(None);
    let begun = Instant::now();
    let asked = request(Mode::Act);
    let (report, ()) = tokio::join!(world.run_until(&asked, stopped), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stop.send(Some(Signal::Interrupt)).expect("the run listens");
    });
    assert_eq!(report.exit_code, ExitCode::Interrupted);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(report.totals.in_doubt, 1);
    let outcomes = world.get().rows.attempts.values().filter(|attempt| attempt.ended_at.is_some()).count();
    assert_eq!(outcomes, 1, "the outcome was not recorded");
}
