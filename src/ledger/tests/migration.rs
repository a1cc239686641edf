//! Ledgers of other versions: nothing is lost on the way, and what can only be read stays untouched.

use std::fs;

use crate::attempt::{AttemptId, Conclusion, Settlement};
use crate::event::{DeliveryStatus, EventId};
use crate::history::RunRecord;
use crate::ledger::{History, Journal, files, schema};

use super::{World, at, of_event, request, run_end, run_start, unusable, webhook};

/// A ledger as the first released version left it: an event that is open, one that failed twice and
/// one that was recovered.
fn of_version_1() -> World {
    let world = World::new();
    let millis = |second| at(second).timestamp_millis();
    world.sql(&format!("PRAGMA journal_mode = WAL; {}", include_str!("../schema_1.sql")));
    let run = format!(
        "INSERT INTO runs VALUES ('run-1', 'reconcile', {}, {}, {}, {}, '[\"4711\"]', 'left', '{{\"left\":1}}')",
        millis(0),
        millis(9),
        millis(-86_400),
        millis(0)
    );
    let attempt = |event: &str, rest: &str| {
        let key = format!("b{event}").bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!(
            "INSERT INTO attempts (run_id, webhook_id, event_id, event_key, resend_id, created_at, intent_at, \
             runs_before, status_before, conclusion, status_code, runs_after, detail, outcome_at, settlement, \
             settled_at, evidence) VALUES ('run-1', '4711', '{event}', x'{key}', 'resend-{event}', {}, {}, 3, 'failed', {rest});",
            millis(-600),
            millis(1),
        )
    };
    let refused = format!("'refused', 200, 4, 'answered', {0}, 'delivery_failed', {0}, NULL", millis(2));
    let rows = [
        attempt("event-1", "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL"),
        attempt("event-2", &refused),
        attempt("event-2", &refused),
        attempt(
            "event-3",
            &format!("'accepted', 200, 4, 'answered', {}, 'recovered', {}, 'listed again'", millis(2), millis(3)),
        ),
    ];
    world.sql(&format!(
        "PRAGMA application_id = {}; PRAGMA user_version = 1; BEGIN; {run}; {} COMMIT",
        schema::APPLICATION_ID,
        rows.concat()
    ));
    world
}

fn first_run(asked_by: &str) -> RunRecord {
    let start = run_start("run-1");
    RunRecord {
        run_id: start.run_id,
        command: start.command,
        asked_by: asked_by.to_owned(),
        started_at: at(0),
        finished_at: Some(at(9)),
        window: start.window,
        webhooks: start.webhooks,
        outcome: Some("left".to_owned()),
        totals: Some("{\"left\":1}".to_owned()),
        attempts: 4,
    }
}

/// Reads everything that a version 1 ledger holds.
async fn assert_all_is_there(history: &dyn History) {
    let known = history.of_webhook(&webhook()).await.unwrap();
    assert_eq!(known.len(), 3);
    let open = &of_event(history, "event-1").await.open;
    assert_eq!(open.len(), 1);
    assert_eq!((open[0].attempt, open[0].intent_at, &open[0].request), (AttemptId(1), at(1), &request("event-1")));
    let (second, third) = (of_event(history, "event-2").await, of_event(history, "event-3").await);
    assert_eq!((second.attempts, second.open.len(), second.quarantine), (2, 0, None));
    assert_eq!((third.attempts, third.open.len(), third.quarantine), (1, 0, None));
    assert_eq!(history.delivery_failures(&webhook(), at(0)).await.unwrap(), [at(2), at(2)]);
    assert_eq!(history.proven(&webhook()).await.unwrap(), None);
}

#[tokio::test]
async fn a_ledger_of_version_1_is_read_without_being_changed() {
    let world = of_version_1();
    let before = fs::read(world.path()).unwrap();
    let reader = world.ledger.open_read().unwrap().unwrap();
    assert_all_is_there(&reader).await;
    assert_eq!(reader.runs(10).await.unwrap(), [first_run("")]);
    let attempts = reader.attempts_of(&EventId::new("event-3").unwrap()).await.unwrap();
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].settlement, attempts[0].settled_at), (Some(Settlement::Recovered), Some(at(3))));
    assert_eq!(attempts[0].status_before, DeliveryStatus::Failed);
    assert_eq!(reader.attempts_of_run("run-1").await.unwrap().len(), 4);
    assert_eq!(reader.quarantined(None).await.unwrap(), []);
    assert_eq!(reader.stays_of(&EventId::new("event-2").unwrap()).await.unwrap(), []);
    drop(reader);
    assert_eq!(fs::read(world.path()).unwrap(), before);
}

#[tokio::test]
async fn a_ledger_of_version_1_is_taken_along_with_all_that_it_holds_and_goes_on() {
    let world = of_version_1();
    let guard = world.lock();
    assert_all_is_there(&guard).await;
    assert_eq!(guard.reader().runs(10).await.unwrap(), [first_run("")]);
    guard.settle(vec![(AttemptId(1), Settlement::Recovered, "listed".to_owned())], at(20)).await.unwrap();
    guard.record_run_start(run_start("run-2")).await.unwrap();
    let next = super::attempt(&guard, "event-1", Conclusion::Accepted).await;
    assert_eq!(next, AttemptId(5), "a number is never used twice");
    guard.record_run_end(run_end(30)).await.unwrap();
    drop(guard);
    let connection = schema::open_read_only(world.path()).unwrap();
    assert_eq!(schema::recognise(&connection), Ok(schema::Found::Ledger { version: schema::current_version() }));
}

#[tokio::test]
async fn a_reader_that_was_there_first_goes_on_reading_through_a_migration() {
    let world = of_version_1();
    let reader = world.ledger.open_read().unwrap().unwrap();
    assert_all_is_there(&reader).await;
    let guard = world.lock();
    assert_all_is_there(&reader).await;
    guard.record_run_start(run_start("run-2")).await.unwrap();
    let runs = reader.runs(1).await.unwrap();
    assert_eq!((runs[0].run_id.as_str(), runs[0].asked_by.as_str()), ("run-2", "anna on till-server"));
}

#[tokio::test]
async fn a_kill_in_the_middle_of_a_migration_leaves_version_1() {
    let world = of_version_1();
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    // A cache of one page, so that what is not committed yet reaches the file all the same.
    connection.execute_batch("PRAGMA cache_size = 1; PRAGMA wal_autocheckpoint = 0; BEGIN IMMEDIATE").unwrap();
    connection.execute_batch(include_str!("../schema_2.sql")).unwrap();
    connection.execute_batch("PRAGMA user_version = 2").unwrap();
    // What a kill at this instant would leave.
    let killed = World::new();
    for suffix in ["", "-wal"] {
        fs::copy(files::beside(world.path(), suffix), files::beside(killed.path(), suffix)).unwrap();
    }
    assert!(fs::metadata(files::beside(killed.path(), "-wal")).unwrap().len() > 0, "nothing reached the file");
    drop(connection);

    let reader = killed.ledger.open_read().unwrap().unwrap();
    assert_all_is_there(&reader).await;
    let read_only = schema::open_read_only(killed.path()).unwrap();
    assert_eq!(schema::recognise(&read_only), Ok(schema::Found::Ledger { version: 1 }));
    drop((reader, read_only));
    assert_all_is_there(&killed.lock()).await;
}

#[tokio::test]
async fn a_newer_ledger_is_read_with_its_quarantine_and_stays_untouched_when_it_is_refused() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    super::quarantine::quarantine(&guard, "event-1", 3).await;
    drop(guard);
    world.sql("ALTER TABLE attempts ADD COLUMN mood TEXT; CREATE TABLE moods (id INTEGER); PRAGMA user_version = 99");
    let before = fs::read(world.path()).unwrap();
    let message = unusable(world.ledger.lock("hookmend reconcile", at(0)));
    assert!(message.contains("written by a newer hookmend (schema 99, this one knows 3)"), "{message}");
    assert!(message.contains("left as it is"), "{message}");
    let history = world.history("event-1").await;
    assert!(history.quarantine.is_some());
    assert_eq!(fs::read(world.path()).unwrap(), before);
}
