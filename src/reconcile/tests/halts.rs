//! Runs that end before their work is done.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::exit::ExitCode;
use crate::outcome::Signal;
use crate::provider::{Credential, ProviderError};
use crate::reconcile::{Scope, WebhookRef};
use crate::run_report::{Mode, ProblemKind};
use crate::tracked::EventResult;

use super::has;
use super::world::{ResendBehaviour, Shared, Write, hooks, request};

fn wrong_key() -> ProviderError {
    ProviderError::CredentialsRefused { credential: Credential::ApiKey, status: 401, message: String::new() }
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_the_run_may_last_ends_it_at_once() {
    let world = Shared::outage(40);
    world.get().throttle_every = Some(12);
    world.get().throttle_wait = Some(Duration::from_secs(7 * 3600));
    let begun = Instant::now();
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Unavailable);
    assert!(has(&report, ProblemKind::Throttled), "{:?}", report.problems);
    assert!(begun.elapsed() < Duration::from_secs(60), "it waited {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_throttles_without_asking_to_wait_is_not_hammered() {
    for wait in [None, Some(Duration::ZERO)] {
        let world = Shared::outage(5);
        world.get().throttle_every = Some(1);
        world.get().throttle_wait = wait;
        let mut asked = request(Mode::Act);
        asked.policy.bounds.deadline = Duration::from_secs(600);
        world.run(&asked).await;
        assert!(world.get().listings < 200, "{wait:?}: {} listings", world.get().listings);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_told_even_where_the_webhooks_must_be_asked_for_first() {
    let world = Shared::outage(4);
    world.get().list_error = Some(wrong_key());
    let mut asked = request(Mode::Act);
    asked.scope = Scope::AllWebhooks;
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Refused, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_event_type_beside_a_known_one_sends_nothing() {
    let world = Shared::outage(4);
    let mut asked = request(Mode::Act);
    let by_type = |name: &str| WebhookRef::EventType(name.to_owned());
    asked.scope = Scope::Webhooks(vec![by_type("SaleCreated"), by_type("SaleCraeted")]);
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Usage, 0));
}

#[tokio::test(start_paused = true)]
async fn a_resend_whose_outcome_could_not_be_recorded_is_in_doubt() {
    let world = Shared::outage(30);
    world.get().journal_fails = Some((Write::Outcome, 3));
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Failure);
    let sent = u64::from(world.get().resends);
    assert_eq!(report.totals.resent, sent, "every event that was resent is told of");
    assert!(report.totals.in_doubt + report.totals.recovered == sent, "{:?}", report.totals);
}

#[tokio::test(start_paused = true)]
async fn whatever_write_fails_the_next_run_finds_its_way() {
    for write in [Write::RunStart, Write::Intent, Write::Outcome, Write::Settle, Write::RunEnd] {
        for passes in 0..14 {
            let world = Shared::outage(12);
            world.get().journal_fails = Some((write, passes));
            let report = world.run(&request(Mode::Act)).await;
            let failed = world.get().rows.is_stopped();
            assert_eq!(failed, report.exit_code == ExitCode::Failure, "{write:?} {passes}: {:?}", report.problems);
            world.get().journal_fails = None;
            world.get().rows.reopen();
            tokio::time::sleep(Duration::from_secs(300)).await;
            let report = world.run(&request(Mode::Act)).await;
            assert_eq!(report.exit_code, ExitCode::Clean, "{write:?} {passes}: {:?}", report.problems);
            super::everything_arrived(&world);
            super::nobody_got_a_duplicate(&world);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_judged_any_more_is_not_shown_as_settled() {
    let world = Shared::outage(4);
    world.get().unknown_hooks.insert(2);
    let mut asked = request(Mode::Act);
    asked.scope = hooks(2);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Usage);
    assert!(has(&report, ProblemKind::WebhookUnknown) && !has(&report, ProblemKind::WrongAddress));
    assert_eq!((report.totals.failed, report.totals.unknown), (4, 4));
}

#[tokio::test(start_paused = true)]
async fn a_refused_key_begins_no_further_webhook() {
    let world = Shared::new();
    for hook in 1..=30 {
        world.outage_of(hook, &format!("{hook}-"), 2);
    }
    world.get().resend_error = Some(wrong_key());
    let mut asked = request(Mode::Act);
    asked.scope = hooks(30);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Refused);
    assert!(world.get().resends <= 4, "{} resends", world.get().resends);
}

#[tokio::test(start_paused = true)]
async fn a_stop_at_any_moment_records_what_was_in_flight() {
    for millis in (0..1200).step_by(17) {
        let world = Shared::outage(25);
        world.get().resend = ResendBehaviour::DeliversAndFails;
        let (stop, stopped) = watch::channel(None);
        let asked = request(Mode::Act);
        let (report, ()) = tokio::join!(world.run_until(&asked, stopped), async {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            let _ = stop.send(Some(Signal::Interrupt));
        });
        let world = world.get();
        assert!(world.rows.attempts.values().all(|attempt| attempt.conclusion.is_some()), "after {millis} ms");
        let told = report.webhooks.iter().flat_map(|webhook| &webhook.events);
        let told = told.filter(|event| matches!(event.result, Some(EventResult::InDoubt | EventResult::Recovered)));
        assert_eq!(told.count(), world.resends as usize, "after {millis} ms");
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_run_at_any_moment_and_never_as_clean_with_events_lost() {
    for seconds in 1..40 {
        let world = Shared::outage(25);
        world.get().stale_after_delivery = 3;
        world.get().throttle_every = Some(3);
        let mut asked = request(Mode::Act);
        asked.policy.bounds.deadline = Duration::from_secs(seconds);
        let begun = Instant::now();
        let report = world.run(&asked).await;
        assert!(begun.elapsed() <= Duration::from_secs(seconds + 1), "{seconds}: {:?}", begun.elapsed());
        if report.exit_code == ExitCode::Clean {
            super::everything_arrived(&world);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_settling_time_begins_when_the_request_ended() {
    // The vendor acts after our request timed out, and shows it at once.
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::DeliversAndTimesOut;
    world.get().delivery_delay = Duration::from_secs(75);
    let mut asked = request(Mode::Act);
    asked.policy.settle = TimeDelta::seconds(60);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    tokio::time::sleep(Duration::from_secs(600)).await;
    super::nobody_got_a_duplicate(&world);
}
