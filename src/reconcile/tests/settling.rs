//! How a run settles what an earlier one left open: by looking, and by nothing less.

use std::time::Duration;

use chrono::TimeDelta;

use crate::attempt::{Conclusion, Settlement};
use crate::classify::{UnknownReason, Verdict};
use crate::event::{EventId, Window};
use crate::exit::ExitCode;
use crate::policy::Proofs;
use crate::reconcile::RunRequest;
use crate::run_report::{Mode, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

use super::nobody_got_a_duplicate;
use super::world::{ListBehaviour, ResendBehaviour, Shared, Write, request, start};

fn told<'a>(report: &'a RunReport, event: &str) -> &'a TrackedEvent {
    let event = EventId::new(event).expect("an id");
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.into_iter().find(|tracked| tracked.event.id == event).expect("it is in the report")
}

/// A request that asks for no proof, so that nothing but the list of failures is listed.
fn unproven(mode: Mode) -> RunRequest {
    let mut asked = request(mode);
    asked.policy.proofs = Proofs::Off;
    asked
}

/// A request for the last hours only, in which nothing of an outage lies.
fn recent(mode: Mode) -> RunRequest {
    let window = Window::new(start() - TimeDelta::hours(2), start()).expect("not empty");
    RunRequest { window, ..request(mode) }
}

/// So many events whose resends were answered in this way and not settled.
async fn open_after(resend: ResendBehaviour, conclusion: Conclusion, lost: usize) -> Shared {
    let world = Shared::outage(lost);
    world.get().resend = resend;
    world.get().journal_fails = Some((Write::Settle, 0));
    let mut asked = unproven(Mode::Act);
    // Enough for each event to be tried ahead of the others, and too little to send any of them again.
    asked.policy.bounds.deadline = Duration::from_secs(3 + 60 * (lost as u64 - 1));
    world.run(&asked).await;
    {
        let mut world = world.get();
        world.journal_fails = None;
        world.rows.reopen();
        world.resend = ResendBehaviour::DeliversAndShowsIt;
        assert!(world.rows.settled.is_empty());
        let conclusions: Vec<_> = world.rows.attempts.values().map(|open| open.conclusion).collect();
        assert_eq!(conclusions, vec![Some(conclusion); lost]);
        world.gets = 0;
    }
    world
}

#[tokio::test(start_paused = true)]
async fn an_accepted_resend_that_left_the_list_of_failures_is_settled_without_a_request() {
    let world = open_after(ResendBehaviour::DeliversAndShowsIt, Conclusion::Accepted, 1).await;
    let report = world.run(&unproven(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().gets), (ExitCode::Clean, 0), "{:?}", report.problems);
    assert_eq!(world.get().rows.settled[&1], Settlement::Recovered);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_resend_that_no_list_of_this_window_could_show_is_not_settled_by_silence() {
    let world = open_after(ResendBehaviour::ClaimsWithoutDelivery, Conclusion::Accepted, 1).await;
    world.get().gets_fail = true;
    let mut asked = recent(Mode::Act);
    asked.policy.proofs = Proofs::Off;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 1), "{:?}", report.problems);
    assert!(world.get().rows.settled.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_resend_in_doubt_that_left_the_list_of_failures_is_not_settled_by_silence() {
    let world = open_after(ResendBehaviour::FailsWithoutDelivery, Conclusion::InDoubt, 1).await;
    world.get().events.remove("lost-0");
    let report = world.run(&unproven(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 1), "{:?}", report.problems);
    assert!(world.get().gets > 0);
}

#[tokio::test(start_paused = true)]
async fn silence_settles_nothing_in_a_run_that_can_not_be_sure_of_what_it_read() {
    let world = open_after(ResendBehaviour::ClaimsWithoutDelivery, Conclusion::Accepted, 1).await;
    world.get().events.remove("lost-0");
    world.event("lost-1", 9, false, false);
    world.get().log_is_broken = true;
    let report = world.run(&unproven(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.in_doubt), (ExitCode::Undetermined, 1), "{:?}", report.problems);
    assert!(world.get().rows.settled.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_list_that_may_be_cut_short_or_not_filtered_settles_nothing_by_its_silence() {
    for lists in [ListBehaviour::Honest, ListBehaviour::IgnoresFilter] {
        let world = open_after(ResendBehaviour::ClaimsWithoutDelivery, Conclusion::Accepted, 4).await;
        world.get().list = lists;
        world.get().cap = Some(3);
        world.run(&request(Mode::Act)).await;
        let settled: Vec<_> = (1..=4).map(|attempt| world.get().rows.settled.get(&attempt).copied()).collect();
        assert_eq!(settled, [Some(Settlement::NotSent); 4], "{lists:?}");
        nobody_got_a_duplicate(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_event_that_turns_out_not_to_be_sent_is_judged_like_any_other() {
    let world = open_after(ResendBehaviour::FailsWithoutDelivery, Conclusion::InDoubt, 1).await;
    let report = world.run(&recent(Mode::Act)).await;
    let tracked = told(&report, "lost-0");
    assert_eq!((tracked.verdict, tracked.result), (Verdict::Missing, Some(EventResult::Left)), "{:?}", report.problems);
    assert_eq!(world.get().rows.settled[&1], Settlement::NotSent);
}

#[tokio::test(start_paused = true)]
async fn an_event_in_doubt_that_nobody_shows_is_not_judged_with_the_others() {
    let world = open_after(ResendBehaviour::FailsWithoutDelivery, Conclusion::InDoubt, 2).await;
    world.get().events.remove("lost-1");
    let report = world.run(&recent(Mode::Act)).await;
    let doubtful = told(&report, "lost-1");
    let not_judged = Verdict::Unknown(UnknownReason::NotJudged);
    assert_eq!((doubtful.verdict, doubtful.result), (not_judged, Some(EventResult::InDoubt)), "{:?}", report.problems);
    assert_eq!(told(&report, "lost-0").verdict, Verdict::Missing);
    assert_eq!(report.exit_code, ExitCode::Undetermined);
}

#[tokio::test(start_paused = true)]
async fn a_list_from_within_the_settling_time_settles_nothing_after_it() {
    let world = Shared::outage(0);
    world.event("late", 60, false, false);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    world.get().delivery_delay = Duration::from_secs(50);
    let mut asked = unproven(Mode::Act);
    asked.policy.bounds.concurrency = 1;
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    {
        let mut world = world.get();
        assert_eq!((world.resends, world.rows.settled.len()), (1, 0));
        // The log does not show what arrives while the run lasts, and between the first day's list and the
        // next one lies more than the settling time.
        world.log_is_live = false;
        world.log_snapshot = Some(world.log.clone());
        world.moods.quota_ends_at = Some((world.calls() + 2, Some(Duration::from_secs(80))));
    }
    asked.policy.bounds.deadline = Duration::from_secs(3_600);
    let report = world.run(&asked).await;
    assert_eq!(world.get().rows.settled[&1], Settlement::Recovered, "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_old_attempt_that_turns_out_not_to_be_sent_uses_up_nothing() {
    let world = open_after(ResendBehaviour::FailsWithoutDelivery, Conclusion::InDoubt, 1).await;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 1), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_old_attempt_that_arrived_outside_the_window_adds_nothing_to_it() {
    let world = open_after(ResendBehaviour::DeliversAndFails, Conclusion::InDoubt, 1).await;
    let report = world.run(&recent(Mode::Act)).await;
    assert_eq!((report.exit_code, report.totals.listed), (ExitCode::Clean, 1), "{:?}", report.problems);
    assert_eq!(world.get().rows.settled[&1], Settlement::Recovered);
}

/// Why the attempts of earlier runs are recorded as settled.
fn evidence(world: &Shared) -> Vec<String> {
    let trace = world.get().trace.take().unwrap_or_default();
    let settled = trace.iter().filter(|line| line.contains(" is settled as "));
    settled.filter_map(|line| Some(line.split_once(" is settled as ")?.1.to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn what_settles_an_old_attempt_is_recorded_with_it() {
    use ResendBehaviour::{DeliversAndFails, FailsWithoutDelivery};
    for (resend, in_log, is_poison, words) in [
        (DeliversAndFails, true, false, "Recovered: the received log holds the id"),
        (DeliversAndFails, false, false, "Recovered: the vendor says that it was delivered"),
        (DeliversAndFails, false, true, "DeliveryFailed: the vendor counts another run and still says failed"),
        (
            FailsWithoutDelivery,
            false,
            false,
            "NotSent: neither the vendor nor the log shows a delivery after the settling time",
        ),
    ] {
        let world = Shared::outage(1);
        {
            let mut world = world.get();
            (world.resend, world.journal_fails) = (resend, Some((Write::Settle, 0)));
            world.events.get_mut("lost-0").expect("an event").poison = is_poison;
            world.log_lag = Duration::from_secs(if in_log { 0 } else { 36_000 });
        }
        let mut asked = unproven(Mode::Act);
        asked.policy.bounds.deadline = Duration::from_secs(3);
        world.run(&asked).await;
        {
            let mut world = world.get();
            world.journal_fails = None;
            world.rows.reopen();
            world.trace = Some(Vec::new());
        }
        world.run(&recent(Mode::Act)).await;
        assert_eq!(evidence(&world), [words]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_log_holds_only_when_doubt_is_settled_is_not_sent_again() {
    let world = Shared::outage(1);
    {
        let mut world = world.get();
        world.resend = ResendBehaviour::DeliversAndFails;
        // The vendor goes on showing the event as it was, and the log shows it twenty seconds later.
        (world.stale_after_delivery, world.stale_hides_runs) = (1_000, true);
        world.log_lag = Duration::from_secs(20);
    }
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    assert_eq!(world.get().rows.settled.len(), 0);
    let report = world.run(&request(Mode::Act)).await;
    let tracked = told(&report, "lost-0");
    assert_eq!((tracked.verdict, world.get().resends), (Verdict::Unacknowledged, 1), "{:?}", report.problems);
    assert_eq!(world.get().rows.settled[&1], Settlement::Recovered);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_event_is_judged_by_what_the_vendor_said_last() {
    let world = Shared::outage(0);
    // It lies where two days meet, so that both days list it.
    world.event("acknowledged", 48, true, false);
    {
        let mut world = world.get();
        (world.receiver_down, world.resend) = (true, ResendBehaviour::DeliversAndFails);
    }
    let mut asked = request(Mode::Act);
    asked.policy.resend.include_acknowledged = true;
    asked.policy.bounds.concurrency = 1;
    asked.policy.bounds.deadline = Duration::from_secs(3);
    world.run(&asked).await;
    assert_eq!(world.get().rows.settled.len(), 0);
    tokio::time::sleep(Duration::from_secs(300)).await;
    {
        let mut world = world.get();
        (world.receiver_down, world.resend) = (false, ResendBehaviour::DeliversAndShowsIt);
        // After three lists of failures the first day still lists it as it was before, and the second does not.
        world.events.get_mut("acknowledged").expect("an event").stale = 4;
        world.gets_fail = true;
    }
    asked.policy.bounds.deadline = Duration::from_secs(3_600);
    let report = world.run(&asked).await;
    assert_eq!(world.get().rows.settled[&1], Settlement::DeliveryFailed, "{:?}", report.problems);
    assert_eq!((report.totals.recovered, report.totals.in_doubt), (1, 0), "{:?}", report.problems);
}
