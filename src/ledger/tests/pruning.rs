//! What a prune removes, and what it never does.

use std::fs;

use futures_util::FutureExt;

use crate::attempt::{AttemptOutcome, Conclusion, Settlement};
use crate::event::EventId;
use crate::ledger::{EventHistory, History, Journal, LedgerGuard, Quarantine, QuarantineChange, RunEnd, RunStart};
use crate::proven::Proven;

use super::{World, at, attempt, of_event, outcome, request, run_end, run_start, settle, webhook};

const OLD: i64 = 0;
const BEFORE: i64 = 1_000;
const YOUNG: i64 = 2_000;

async fn begin(guard: &LedgerGuard, run_id: &str, second: i64) {
    guard.record_run_start(RunStart { started_at: at(second), ..run_start(run_id) }).await.unwrap();
}

async fn failed(guard: &LedgerGuard, event: &str, second: i64) {
    let intent = guard.record_intent(request(event), at(second)).await.unwrap();
    guard.record_outcome(intent, outcome(Conclusion::Refused), at(second + 1)).await.unwrap();
}

async fn prune(guard: &LedgerGuard) -> u64 {
    guard.prune(at(BEFORE)).await.unwrap()
}

async fn run_ids(guard: &LedgerGuard) -> Vec<String> {
    guard.reader().runs(1_000_000).await.unwrap().into_iter().map(|run| run.run_id).collect()
}

#[tokio::test]
async fn what_is_settled_and_old_is_removed_with_its_run() {
    let world = World::new();
    let guard = world.lock();
    begin(&guard, "old", OLD).await;
    failed(&guard, "event-1", OLD).await;
    let recovered = attempt(&guard, "event-2", Conclusion::Accepted).await;
    settle(&guard, recovered, Settlement::Recovered).await;
    guard.record_run_end(run_end(9)).await.unwrap();
    begin(&guard, "young", YOUNG).await;
    failed(&guard, "event-3", YOUNG).await;
    guard.record_run_end(run_end(YOUNG + 9)).await.unwrap();

    assert_eq!(prune(&guard).await, 2);
    assert_eq!(guard.of_webhook(&webhook()).await.unwrap().len(), 1);
    assert_eq!(of_event(&guard, "event-3").await.attempts, 1);
    assert_eq!(run_ids(&guard).await, ["young"]);
    assert_eq!(prune(&guard).await, 0);
}

#[tokio::test]
async fn doubt_is_never_removed_however_old_and_neither_is_what_led_up_to_it() {
    let world = World::new();
    let guard = world.lock();
    begin(&guard, "old", OLD).await;
    failed(&guard, "event-1", OLD).await;
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    drop(guard.record_intent(request("event-2"), at(OLD)).await.unwrap());
    let intent = guard.record_intent(request("event-3"), at(OLD)).await.unwrap();
    let uncounted = AttemptOutcome { runs_after: None, ..outcome(Conclusion::Refused) };
    guard.record_outcome(intent, uncounted, at(OLD)).await.unwrap();
    guard.record_run_end(run_end(9)).await.unwrap();
    let before = guard.of_webhook(&webhook()).await.unwrap();
    assert_eq!(before.len(), 3);
    assert_eq!(prune(&guard).await, 0);
    assert_eq!(guard.of_webhook(&webhook()).await.unwrap(), before);
    assert_eq!(run_ids(&guard).await, ["old"]);
}

#[tokio::test]
async fn an_event_with_a_young_attempt_keeps_its_old_ones_too() {
    let world = World::new();
    let guard = world.lock();
    begin(&guard, "old", OLD).await;
    failed(&guard, "event-1", OLD).await;
    guard.record_run_end(run_end(9)).await.unwrap();
    begin(&guard, "young", YOUNG).await;
    failed(&guard, "event-1", YOUNG).await;
    assert_eq!(prune(&guard).await, 0);
    assert_eq!(of_event(&guard, "event-1").await.attempts, 2);
    assert_eq!(guard.prune(at(YOUNG + 10)).await.unwrap(), 2);
    assert_eq!(of_event(&guard, "event-1").await, EventHistory::default());
    assert_eq!(run_ids(&guard).await, ["young"], "the run that is at work stays");
}

#[tokio::test]
async fn quarantine_is_never_removed_and_a_stay_that_ended_goes_with_its_event() {
    let world = World::new();
    let guard = world.lock();
    let event = EventId::new("event-1").unwrap();
    begin(&guard, "old", OLD).await;
    failed(&guard, "event-1", OLD).await;
    let entry = Quarantine {
        since: at(OLD + 9),
        created_at: None,
        resend_id: event.clone(),
        attempts: 1,
        reason: "refused".to_owned(),
    };
    let quarantine = vec![QuarantineChange::Entered { webhook: webhook(), event: event.clone(), entry: entry.clone() }];
    guard.record_run_end(RunEnd { quarantine, ..run_end(9) }).await.unwrap();

    assert_eq!(prune(&guard).await, 0);
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, history.quarantine), (1, Some(entry)));

    guard.release(vec![(webhook(), event.clone())], "anna".to_owned(), at(YOUNG)).await.unwrap();
    assert_eq!(prune(&guard).await, 1);
    assert_eq!(guard.reader().stays_of(&event).await.unwrap().len(), 1, "the release itself is young");
    assert_eq!(guard.prune(at(YOUNG + 1)).await.unwrap(), 0);
    assert_eq!(guard.reader().stays_of(&event).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_release_forgave_is_not_remembered_as_failures_by_a_prune() {
    let world = World::new();
    let guard = world.lock();
    let event = EventId::new("event-1").unwrap();
    begin(&guard, "old", OLD).await;
    super::quarantine::quarantine(&guard, "event-1", 9).await;
    guard.release(vec![(webhook(), event.clone())], "anna".to_owned(), at(10)).await.unwrap();
    begin(&guard, "young", YOUNG).await;
    failed(&guard, "event-1", YOUNG).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 1);
    assert_eq!(prune(&guard).await, 0);
    assert_eq!(of_event(&guard, "event-1").await.attempts, 1, "the release is kept as long as attempts depend on it");
}

#[tokio::test]
async fn what_was_proven_stays_when_its_run_is_gone() {
    let world = World::new();
    let guard = world.lock();
    begin(&guard, "old", OLD).await;
    let proven = Proven { from: at(-100), until: at(0) };
    guard.record_run_end(RunEnd { proven: vec![(webhook(), proven)], ..run_end(9) }).await.unwrap();
    prune(&guard).await;
    assert!(run_ids(&guard).await.is_empty());
    assert_eq!(guard.proven(&webhook()).await.unwrap(), Some(proven));
}

#[tokio::test]
async fn runs_that_were_killed_without_an_attempt_go_too_and_young_ones_stay() {
    let world = World::new();
    for (run_id, second) in [("killed", OLD), ("killed-young", YOUNG)] {
        let guard = world.lock();
        begin(&guard, run_id, second).await;
    }
    let guard = world.lock();
    // It began long ago and ended lately.
    begin(&guard, "long", OLD).await;
    guard.record_run_end(run_end(YOUNG)).await.unwrap();
    prune(&guard).await;
    assert_eq!(run_ids(&guard).await, ["killed-young", "long"]);
}

/// Records runs with attempts for events of their own, quickly.
fn fill(world: &World, runs: usize, events: usize) {
    drop(world.lock());
    world.sql(&format!(
        "PRAGMA foreign_keys = ON; BEGIN; \
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {runs}) \
         INSERT INTO runs (run_id, command, started_at, finished_at, window_from, window_to, webhooks) \
         SELECT 'run-' || n, 'reconcile', {start} + n, {start} + n, 0, 1, '[]' FROM n; \
         WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n < {runs} * {events} - 1) \
         INSERT INTO attempts (run_id, webhook_id, event_id, event_key, resend_id, intent_at, status_before, \
         conclusion, detail, outcome_at, settlement, settled_at) \
         SELECT 'run-' || (n / {events} + 1), '4711', 'event-' || n, CAST('bevent-' || n AS BLOB), 'event-' || n, \
         {start} + n / {events}, 'failed', 'refused', printf('%.200c', 'x'), 1, 'delivery_failed', 1 FROM n; COMMIT",
        start = at(OLD).timestamp_millis(),
    ));
}

fn rows(world: &World, table: &str) -> i64 {
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_large_prune_ends_with_everything_old_removed_and_the_disk_given_back() {
    let world = World::new();
    fill(&world, 3, 20_000);
    let before = fs::metadata(world.path()).unwrap().len();
    assert!(before > 16 << 20, "{before}");
    let guard = world.lock();
    assert_eq!(prune(&guard).await, 60_000);
    drop(guard);
    let after = fs::metadata(world.path()).unwrap().len();
    assert!(after < before / 10, "{after} of {before} bytes are left");
    assert_eq!((rows(&world, "attempts"), rows(&world, "runs")), (0, 0));
    // The numbers go on all the same.
    let guard = world.begin("next").await;
    assert_eq!(attempt(&guard, "event-1", Conclusion::Refused).await.0, 60_001);
}

#[tokio::test]
async fn many_small_runs_are_pruned_to_the_last() {
    let world = World::new();
    fill(&world, 2_500, 1);
    world.sql("DELETE FROM attempts WHERE id % 2 = 0");
    let guard = world.lock();
    assert_eq!(prune(&guard).await, 1_250);
    assert_eq!((rows(&world, "attempts"), rows(&world, "runs")), (0, 0));
}

#[tokio::test]
async fn a_prune_that_nobody_waits_for_any_more_leaves_whole_events_and_the_next_one_goes_on() {
    let world = World::new();
    fill(&world, 1, 5_000);
    let again = "INSERT INTO attempts (run_id, webhook_id, event_id, event_key, resend_id, intent_at, status_before, \
                 settlement) SELECT run_id, webhook_id, event_id, event_key, resend_id, intent_at, status_before, \
                 settlement FROM attempts";
    world.sql(again);
    let guard = world.lock();
    let mut pruning = Box::pin(guard.prune(at(BEFORE)));
    // The first step is handed over; after that nobody asks for another.
    assert!(pruning.as_mut().now_or_never().is_none());
    drop(pruning);
    drop(guard);
    let left = rows(&world, "attempts");
    assert!(0 < left && left < 10_000, "{left}");
    let halves = "SELECT count(*) FROM (SELECT 1 FROM attempts GROUP BY event_key HAVING count(*) <> 2)";
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    assert_eq!(connection.query_row(halves, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    drop(connection);
    let guard = world.lock();
    assert_eq!(prune(&guard).await, left.unsigned_abs());
}

#[tokio::test]
async fn records_are_taken_while_a_prune_is_at_work() {
    let world = World::new();
    fill(&world, 1, 10_000);
    let guard = world.begin("next").await;
    let record = async {
        for number in 0..50 {
            failed(&guard, &format!("young-{number}"), YOUNG).await;
        }
    };
    let (removed, ()) = tokio::join!(prune(&guard), record);
    assert_eq!(removed, 10_000);
    assert_eq!(rows(&world, "attempts"), 50);
}
