//! How a run ends: what it proves, what it removes, and in which words it says what is left.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::attempt::{AttemptId, AttemptOutcome, Intent, ResendRequest, Settlement};
use crate::classify::Verdict;
use crate::event::{EventId, WebhookId, ZoneKnowledge};
use crate::exit::{ExitCode, Findings};
use crate::ledger::{History, Journal, LedgerError, RunEnd, RunStart, WebhookHistory};
use crate::outcome::RunOutcome;
use crate::policy::Proofs;
use crate::proven::Proven;
use crate::reconcile::finish::{proven_by, prune, totals_as_json};
use crate::reconcile::{RunRequest, Task, WantedBy, WantedEvent};
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::selection::Selection;
use crate::tracked::{EventResult, TrackedEvent};

use super::has;
use super::world::{Shared, Write, hooks, request, start};

fn id(text: &str) -> EventId {
    EventId::new(text).expect("an id")
}

fn told<'r>(report: &'r RunReport, event: &str) -> &'r TrackedEvent {
    let mut events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.find(|tracked| tracked.event.id == id(event)).expect("it is in the report")
}

fn message(report: &RunReport, kind: ProblemKind) -> &str {
    let mut of_kind = report.problems.iter().filter(|problem| problem.kind == kind);
    let problem = of_kind.next().unwrap_or_else(|| panic!("no {kind:?} among {:?}", report.problems));
    assert!(of_kind.next().is_none(), "{kind:?} is told once: {:?}", report.problems);
    &problem.message
}

/// A journal that does nothing but being pruned.
#[derive(Default)]
struct Prunable {
    before: Mutex<Option<DateTime<Utc>>>,
    fails: bool,
    takes: Duration,
}

#[async_trait]
impl History for Prunable {
    async fn of_webhook(&self, _: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        panic!("it is only pruned");
    }

    async fn delivery_failures(&self, _: &WebhookId, _: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        panic!("it is only pruned");
    }

    async fn proven(&self, _: &WebhookId) -> Result<Option<Proven>, LedgerError> {
        panic!("it is only pruned");
    }
}

#[async_trait]
impl Journal for Prunable {
    async fn record_run_start(&self, _: RunStart) -> Result<(), LedgerError> {
        panic!("it is only pruned");
    }

    async fn record_intent(&self, _: ResendRequest, _: DateTime<Utc>) -> Result<Intent, LedgerError> {
        panic!("it is only pruned");
    }

    async fn record_outcome(&self, _: Intent, _: AttemptOutcome, _: DateTime<Utc>) -> Result<(), LedgerError> {
        panic!("it is only pruned");
    }

    async fn settle(&self, _: Vec<(AttemptId, Settlement, String)>, _: DateTime<Utc>) -> Result<(), LedgerError> {
        panic!("it is only pruned");
    }

    async fn record_run_end(&self, _: RunEnd) -> Result<(), LedgerError> {
        panic!("it is only pruned");
    }

    async fn prune(&self, before: DateTime<Utc>) -> Result<u64, LedgerError> {
        *self.before.lock().expect("nobody panics") = Some(before);
        tokio::time::sleep(self.takes).await;
        if self.fails {
            return Err(LedgerError::Database { path: "test".into(), message: "the disk is full".to_owned() });
        }
        Ok(7)
    }
}

async fn pruned(journal: &Prunable, retention: Option<TimeDelta>) -> RunReport {
    let world = Shared::outage(0);
    let report = world.run(&request(Mode::Act)).await;
    let (_stop, stopped) = watch::channel(None);
    let ports = world.ports(stopped);
    prune(report, journal, retention, ports.clock.as_ref(), ports.monitor.as_ref()).await
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_it_is_to_be_kept_is_removed() {
    let journal = Prunable::default();
    let report = pruned(&journal, Some(TimeDelta::days(30))).await;
    assert_eq!(*journal.before.lock().expect("nobody panics"), Some(report.finished_at - TimeDelta::days(30)));
    assert_eq!((report.exit_code, report.problems), (ExitCode::Clean, Vec::new()));
    let journal = Prunable::default();
    pruned(&journal, None).await;
    assert_eq!(*journal.before.lock().expect("nobody panics"), None);
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_can_not_be_made_smaller_is_told_of_and_changes_nothing() {
    let report = pruned(&Prunable { fails: true, ..Prunable::default() }, Some(TimeDelta::days(30))).await;
    assert_eq!((report.exit_code, report.outcome), (ExitCode::Clean, RunOutcome::Clean));
    assert!(message(&report, ProblemKind::Ledger).starts_with("old attempts could not be removed from the ledger: "));
}

#[tokio::test(start_paused = true)]
async fn a_long_prune_is_left_to_the_next_run() {
    let begun = Instant::now();
    let slow = Prunable { takes: Duration::from_secs(3_600), fails: true, ..Prunable::default() };
    let report = pruned(&slow, Some(TimeDelta::days(30))).await;
    assert_eq!((report.exit_code, report.problems), (ExitCode::Clean, Vec::new()));
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_ledger_keeps_the_totals_of_the_report() {
    let world = Shared::outage(3);
    world.event("acknowledged", 5, true, false);
    world.event("answered-late", 6, false, true);
    let report = world.run(&request(Mode::Act)).await;
    let kept: serde_json::Value = serde_json::from_str(&totals_as_json(&report)).expect("it is JSON");
    let totals = &report.totals;
    for (name, count) in [
        ("listed", totals.listed),
        ("failed", totals.failed),
        ("missing", totals.missing),
        ("unacknowledged", totals.unacknowledged),
        ("lost_after_ack", totals.lost_after_ack),
        ("unknown", totals.unknown),
        ("resent", totals.resent),
        ("recovered", totals.recovered),
        ("left", totals.left),
        ("quarantined", totals.quarantined),
        ("in_doubt", totals.in_doubt),
    ] {
        assert_eq!(kept[name], count, "{name}");
    }
    assert_eq!((totals.recovered, totals.lost_after_ack, totals.unacknowledged), (3, 1, 1));
    assert_eq!(kept["selection"], "");
}

/// Until when a run proves its webhook clean, if its report and what was asked are changed in this way.
async fn proven_until(change: impl FnOnce(&mut RunReport, &mut RunRequest)) -> Option<DateTime<Utc>> {
    let world = Shared::outage(3);
    let mut asked = request(Mode::Act);
    let mut report = world.run(&asked).await;
    change(&mut report, &mut asked);
    let proven = proven_by(&report, &asked);
    proven.first().map(|(_, proven)| proven.until)
}

#[tokio::test(start_paused = true)]
async fn a_run_proves_clean_what_was_old_enough_to_be_judged() {
    let ripe = start() - TimeDelta::minutes(5);
    assert_eq!(proven_until(|_, _| {}).await, Some(ripe));
    let unstated = proven_until(|report, _| {
        let created = report.webhooks[0].events[0].event.created_at.as_mut().expect("it has a time");
        created.zone = ZoneKnowledge::Assumed;
    });
    assert_eq!(unstated.await, Some(ripe - TimeDelta::hours(12)));
    let without_events = proven_until(|report, _| report.webhooks[0].events.clear());
    assert_eq!(without_events.await, Some(ripe - TimeDelta::hours(12)), "no event states its zone");
    let young = proven_until(|report, _| {
        let tracked = &mut report.webhooks[0].events[0];
        tracked.verdict = Verdict::TooYoung;
        tracked.event.created_at.as_mut().expect("it has a time").at = start() - TimeDelta::hours(1);
    });
    assert_eq!(young.await, Some(start() - TimeDelta::hours(1)));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_looked_at_whole_or_not_found_clean_proves_nothing() {
    let ripe = Some(start() - TimeDelta::minutes(5));
    let left = |left, quarantined| {
        move |report: &mut RunReport, _: &mut RunRequest| {
            report.outcome = RunOutcome::Left;
            (report.totals.left, report.totals.quarantined) = (left, quarantined);
        }
    };
    assert_eq!(proven_until(left(2, 2)).await, ripe, "what is quarantined is told of on every run");
    assert_eq!(proven_until(left(2, 1)).await, None);
    assert_eq!(proven_until(|report, _| report.outcome = RunOutcome::Undetermined).await, None);
    assert_eq!(proven_until(|_, asked| asked.policy.proofs = Proofs::Off).await, None);
    assert_eq!(proven_until(|report, _| report.mode = Mode::DryRun).await, None);
    let narrowed = Selection { ids: [id("lost-0")].into(), ..Selection::default() };
    assert_eq!(proven_until(|_, asked| asked.task = Task::Window(narrowed)).await, None);
    let exactly = Task::Exactly { events: Vec::new(), words: String::new() };
    assert_eq!(proven_until(|_, asked| asked.task = exactly).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_could_not_be_recorded_is_a_failure_that_is_told() {
    let world = Shared::outage(1);
    world.get().journal_fails = Some((Write::RunEnd, 0));
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, report.outcome), (ExitCode::Failure, RunOutcome::Failed));
    assert!(message(&report, ProblemKind::Ledger).starts_with("the end of the run could not be recorded: "));
    let hints: Vec<&str> = report.problems.iter().map(|problem| problem.hint.as_str()).collect();
    assert!(hints[0].starts_with("make room on the disk or make the ledger writable"), "{hints:?}");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_while_the_vendor_fails_is_the_vendors_doing() {
    let world = Shared::outage(5);
    world.get().fail_first_listings = u32::MAX;
    let mut asked = request(Mode::Act);
    // So many lanes bear more failures than there is time for.
    asked.policy.bounds.concurrency = 64;
    asked.policy.bounds.deadline = Duration::from_secs(2);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Unavailable, "{:?}", report.problems);
    assert_eq!(message(&report, ProblemKind::ProviderUnavailable), "the deadline passed while the vendor was failing");
}

#[tokio::test(start_paused = true)]
async fn a_deadline_before_anything_was_found_is_undetermined_and_after_it_is_left() {
    let world = Shared::outage(40);
    let mut asked = request(Mode::Act);
    asked.policy.bounds.deadline = Duration::ZERO;
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
    assert!(has(&report, ProblemKind::Deadline));
    world.get().resend_latency = Duration::from_secs(5);
    asked.policy.bounds.deadline = Duration::from_secs(21);
    let report = world.run(&asked).await;
    assert!(has(&report, ProblemKind::Deadline), "{:?}", report.problems);
    assert!(report.totals.left > 0 && report.totals.resent > 0, "{:?}", report.totals);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_throttled_for_long_is_told_when_to_come_back() {
    let world = Shared::outage(5);
    world.get().throttle_every = Some(1);
    world.get().throttle_wait = Some(Duration::from_secs(7 * 3600));
    let report = world.run(&request(Mode::Act)).await;
    let problem = report.problems.iter().find(|problem| problem.kind == ProblemKind::Throttled).expect("it is told");
    assert_eq!(problem.hint, "run again after 2026-11-20 19:00:00Z, or raise --deadline");
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_time_is_counted_among_those_that_can_not_be_judged() {
    for (count, words) in [(1, "1 event"), (2, "2 events")] {
        let world = Shared::outage(2);
        for number in 0..count {
            world.get().events.get_mut(&format!("lost-{number}")).expect("an event").timeless = true;
        }
        let report = world.run(&request(Mode::Act)).await;
        let expected = format!("{words} can't be judged: the vendor's record has no readable creation time");
        assert_eq!(message(&report, ProblemKind::RecordsUnusable), expected);
        assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Undetermined, 2 - count));
    }
}

#[tokio::test(start_paused = true)]
async fn a_look_without_a_log_shows_what_failed_and_fails_nobody() {
    let world = Shared::outage(2);
    for (findings, code, is_told) in
        [(Findings::Show, ExitCode::Clean, false), (Findings::Fail, ExitCode::Undetermined, true)]
    {
        let asked = RunRequest { findings, ..request(Mode::Check) };
        let (_stop, stopped) = watch::channel(None);
        let mut ports = world.ports(stopped);
        ports.received = None;
        let report = crate::reconcile::run(&ports, &asked).await;
        assert_eq!((report.exit_code, has(&report, ProblemKind::LogCoverage)), (code, is_told), "{findings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_leaves_out_what_the_run_it_stands_for_would_not_resend() {
    for (mode, include_acknowledged, result) in [
        (Mode::DryRun, false, EventResult::Skipped),
        (Mode::DryRun, true, EventResult::Left),
        (Mode::Check, false, EventResult::Left),
    ] {
        let world = Shared::outage(0);
        world.event("acknowledged", 5, true, false);
        let mut asked = request(mode);
        asked.policy.resend.include_acknowledged = include_acknowledged;
        let report = world.run(&asked).await;
        assert_eq!(told(&report, "acknowledged").result, Some(result), "{mode:?} {include_acknowledged}");
        assert_eq!(report.planned.len(), u64::from(include_acknowledged));
    }
}

#[tokio::test(start_paused = true)]
async fn quarantine_is_told_with_the_number_of_its_events() {
    for (poisoned, words) in [
        (1, "hook-1: 1 event used up its attempts and is not resent any more"),
        (2, "hook-1: 2 events used up their attempts and are not resent any more"),
    ] {
        let world = Shared::outage(4);
        for number in 0..poisoned {
            world.get().events.get_mut(&format!("lost-{number}")).expect("an event").poison = true;
        }
        let mut asked = request(Mode::Act);
        asked.policy.bounds.max_attempts = 1;
        let report = world.run(&asked).await;
        assert_eq!(message(&report, ProblemKind::Quarantined), words);
        let again = world.run(&request(Mode::Act)).await;
        assert_eq!(message(&again, ProblemKind::Quarantined), words);
        let kept = world.get().rows.quarantine[&id("lost-0")].1.clone();
        assert_eq!((kept.attempts, kept.created_at), (1, Some(start() - TimeDelta::hours(3))));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_selected_is_counted_by_what_is_wrong_with_it() {
    let world = Shared::outage(4);
    world.get().events.get_mut("lost-1").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    asked.task = Task::Window(Selection { ids: [id("lost-1")].into(), ..Selection::default() });
    assert_eq!(world.run(&asked).await.totals.quarantined, 1);
    world.event("acknowledged", 5, true, false);
    world.event("timeless", 6, false, false);
    world.get().events.get_mut("timeless").expect("an event").timeless = true;
    asked.task = Task::Window(Selection { ids: [id("lost-0")].into(), ..Selection::default() });
    let report = world.run(&asked).await;
    assert_eq!(
        message(&report, ProblemKind::OutsideSelection),
        "there is more that was not selected: 2 missing, 1 in quarantine, 1 lost after ack, 1 unknown"
    );
    assert_eq!((report.totals.recovered, report.totals.listed), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn ids_that_no_listing_shows_are_told_of() {
    for (more, words) in [
        (&[][..], "the vendor lists no event nobody-0 in this window"),
        (&["nobody-1", "nobody-2"][..], "the vendor lists no event nobody-0 and 2 more in this window"),
    ] {
        let ids = more.iter().chain(&["nobody-0", "lost-0"]).map(|text| id(text)).collect();
        let task = Task::Window(Selection { ids, ..Selection::default() });
        let report = Shared::outage(1).run(&RunRequest { task, ..request(Mode::Check) }).await;
        assert_eq!(message(&report, ProblemKind::NotSeen), words);
    }
}

fn by_hand(ids: &[&str]) -> RunRequest {
    let wanted = ids.iter().map(|text| WantedEvent { event: id(text), wanted_by: WantedBy::Hand }).collect();
    RunRequest { task: Task::Exactly { events: wanted, words: "by hand".to_owned() }, ..request(Mode::Act) }
}

#[tokio::test(start_paused = true)]
async fn by_hand_the_window_is_the_time_around_the_events() {
    let world = Shared::outage(0);
    world.event("older", 200, false, false);
    world.event("younger", 100, false, false);
    let report = world.run(&by_hand(&["younger", "older"])).await;
    let hours_ago = |hours| start() - TimeDelta::hours(hours);
    assert_eq!((report.window.from(), report.window.to()), (hours_ago(224), hours_ago(76)));
    let world = Shared::outage(1);
    let report = world.run(&by_hand(&["lost-0"])).await;
    assert_eq!(report.window.from(), hours_ago(27));
    assert!(report.window.to() >= start() && report.window.to() < start() + TimeDelta::seconds(60));
}

#[tokio::test(start_paused = true)]
async fn whoever_names_an_unknown_id_is_told_who_was_asked() {
    for (last, asked) in [(1, "the webhook hook-1"), (3, "any of the 3 webhooks that were asked")] {
        let world = Shared::outage(1);
        let report = world.run(&RunRequest { scope: hooks(last), ..by_hand(&["nobody"]) }).await;
        let expected =
            format!("not known to {asked}; the vendor may have forgotten it, or it belongs to another webhook");
        assert_eq!(told(&report, "nobody").reason(), expected);
        assert_eq!(told(&report, "nobody").result, Some(EventResult::Left));
        assert_eq!(world.get().gets, last);
    }
}

#[tokio::test(start_paused = true)]
async fn by_hand_each_is_told_why_it_is_there_already() {
    let world = Shared::outage(1);
    world.event("answered-late", 5, false, true);
    world.event("delivered", 6, true, true);
    let report = world.run(&by_hand(&["answered-late", "delivered", "lost-0"])).await;
    let why = |event| told(&report, event).reason().to_owned();
    assert_eq!(why("answered-late"), "already in the received log; --idempotent resends it all the same");
    assert_eq!(why("delivered"), "already delivered, and in the received log");
    assert_eq!(told(&report, "lost-0").result, Some(EventResult::Recovered));
    assert_eq!(world.get().resends, 1);
}
