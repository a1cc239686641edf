//! A disk that is full, or can't be written, at whatever call: what was answered is there, and what was
//! refused is not.

use crate::event::{EventId, WebhookId};
use crate::ledger::tests::{run_end, webhook};
use crate::ledger::{Quarantine, QuarantineChange, files};
use crate::proven::Proven;

use super::*;

fn id(event: &str) -> EventId {
    EventId::new(event).unwrap()
}

/// Lets the disk become full after each possible number of pages, until it no longer does. Returns how
/// often it did.
fn with_every_limit(prepare: impl Fn(&mut Bench), mut act: impl FnMut(&mut Bench) -> Result<(), Failure>) -> i64 {
    for spare in 0.. {
        let mut bench = Bench::new();
        prepare(&mut bench);
        bench.limit_pages(bench.pages() + spare);
        match act(&mut bench) {
            Ok(()) => return spare,
            Err(Failure::Database(message)) => assert!(message.contains("the disk is full"), "{message}"),
            Err(failure) => panic!("{failure:?}"),
        }
    }
    unreachable!("there are not that many pages")
}

/// Records intents in batches until one fails; returns the events whose intents were handed out.
fn record_until_full(bench: &mut Bench) -> Vec<String> {
    let mut answered = Vec::new();
    for batch in 0..100 {
        let events: Vec<String> = (0..7).map(|number| long_id(batch * 7 + number)).collect();
        let (commands, waiting) = intents(events.iter().cloned());
        bench.writer.record(commands);
        let results: Vec<bool> = waiting.into_iter().map(|waiting| received(waiting).is_ok()).collect();
        assert!(results.iter().all(|result| *result == results[0]), "a batch is whole or not there");
        if !results[0] {
            return answered;
        }
        answered.extend(events);
    }
    panic!("the disk was never full")
}

#[test]
fn whenever_the_disk_becomes_full_exactly_what_was_answered_is_there_after_reopening() {
    for spare in 0..16 {
        let mut bench = Bench::new();
        bench.limit_pages(bench.pages() + spare);
        let answered = record_until_full(&mut bench);
        // What a kill at this instant would leave, without the checkpoint of an orderly end.
        let killed = tempfile::tempdir().unwrap();
        let copy = killed.path().join("ledger.db");
        for suffix in ["", "-wal"] {
            std::fs::copy(files::beside(&bench.path, suffix), files::beside(&copy, suffix)).unwrap();
        }
        let Bench { _folder: folder, path, writer } = bench;
        drop(writer);
        for path in [path, copy] {
            let connection = schema::open_writable(&path).unwrap();
            let mut statement = connection.prepare("SELECT event_id FROM attempts ORDER BY id").unwrap();
            let recorded: Vec<String> =
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert_eq!(recorded, answered, "with {spare} pages to spare");
        }
        drop(folder);
    }
}

#[test]
fn a_ledger_that_can_no_longer_be_written_hands_out_nothing_and_says_so() {
    let mut bench = Bench::new();
    bench.writer.connection.pragma_update(None, "query_only", true).unwrap();
    let (commands, waiting) = intents((0..3).map(|number| format!("event-{number}")));
    bench.writer.record(commands);
    for waiting in waiting {
        let failure = received(waiting).expect_err("an intent was handed out");
        assert!(matches!(&failure, Failure::Database(message) if message.contains("can't be written")), "{failure:?}");
    }
    bench.writer.connection.pragma_update(None, "query_only", false).unwrap();
    let (command, waiting) = intent("event-4");
    bench.writer.record(vec![command]);
    assert!(received(waiting).is_err(), "after a failed commit no intent is accepted");
    assert!(bench.recorded().is_empty());
}

fn counts(bench: &Bench) -> (i64, i64, i64) {
    let connection = schema::open_read_only(&bench.path).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    (
        count("SELECT count(*) FROM runs WHERE finished_at IS NOT NULL"),
        count("SELECT count(*) FROM quarantine WHERE released_at IS NULL"),
        count("SELECT count(*) FROM proven"),
    )
}

fn quarantined(count: usize) -> Vec<QuarantineChange> {
    let entry = |event: &EventId| Quarantine {
        since: at(9),
        created_at: None,
        resend_id: event.clone(),
        attempts: 3,
        reason: "refused".to_owned(),
    };
    let events = (0..count).map(|number| id(&long_id(number)));
    events.map(|event| QuarantineChange::Entered { webhook: webhook(), entry: entry(&event), event }).collect()
}

fn end_run(bench: &mut Bench, end: RunEnd) -> Result<(), Failure> {
    let (reply, ended) = oneshot::channel();
    bench.writer.record(vec![Command::RunEnd { end, reply }]);
    received(ended)
}

#[test]
fn the_end_of_a_run_is_recorded_whole_or_not_at_all() {
    let proven = || (0..40).map(|number| WebhookId::new(&format!("{number:0>100}")).unwrap());
    let failures = with_every_limit(
        |_| {},
        |bench| {
            let stretch = Proven { from: at(0), until: at(9) };
            let proven = proven().map(|webhook| (webhook, stretch)).collect();
            let ended = end_run(bench, RunEnd { quarantine: quarantined(40), proven, ..run_end(9) });
            assert_eq!(counts(bench), if ended.is_ok() { (1, 40, 40) } else { (0, 0, 0) });
            ended
        },
    );
    assert!(failures > 5, "a full disk was met at {failures} places only");
}

#[test]
fn a_run_end_that_failed_can_be_recorded_once_there_is_room_again() {
    let mut bench = Bench::new();
    bench.fill_disk();
    assert!(end_run(&mut bench, RunEnd { quarantine: quarantined(100), ..run_end(9) }).is_err());
    bench.limit_pages(1_000_000);
    assert_eq!(end_run(&mut bench, RunEnd { quarantine: quarantined(100), ..run_end(9) }), Ok(()));
    assert_eq!(counts(&bench), (1, 100, 0));
}

#[test]
fn a_release_is_of_all_or_of_none() {
    let poison = "CREATE TRIGGER poison BEFORE UPDATE ON quarantine WHEN NEW.event_id LIKE '%39' \
                  BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
    let mut bench = Bench::new();
    assert_eq!(end_run(&mut bench, RunEnd { quarantine: quarantined(40), ..run_end(9) }), Ok(()));
    let release = |bench: &mut Bench| {
        let (reply, released) = oneshot::channel();
        let events = (0..40).map(|number| (webhook(), id(&long_id(number)))).collect();
        bench.writer.record(vec![Command::Release {
            events,
            released_by: "anna".to_owned(),
            at: at(20),
            released: 0,
            reply,
        }]);
        received(released)
    };
    bench.writer.connection.execute_batch(poison).unwrap();
    assert!(release(&mut bench).is_err());
    assert_eq!(counts(&bench), (1, 40, 0));
    bench.writer.connection.execute_batch("DROP TRIGGER poison").unwrap();
    assert_eq!(release(&mut bench), Ok(40));
    assert_eq!(counts(&bench), (1, 0, 0));
}

#[test]
fn a_prune_that_fails_removes_nothing_of_the_step_that_failed() {
    let mut bench = Bench::new();
    let (commands, _waiting) = intents((0..40).map(|number| format!("event-{number}")));
    bench.writer.record(commands);
    bench.writer.connection.execute_batch("UPDATE attempts SET settlement = 'not_sent'").unwrap();
    let poison = "CREATE TRIGGER poison BEFORE DELETE ON attempts WHEN OLD.event_id = 'event-39' \
                  BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
    bench.writer.connection.execute_batch(poison).unwrap();
    let prune = |bench: &mut Bench| {
        let (reply, pruned) = oneshot::channel();
        let before = names::millis(at(1_000));
        bench.writer.record(vec![Command::Prune { before, from: Progress::default(), done: None, reply }]);
        received(pruned).map(|step| step.removed)
    };
    assert!(prune(&mut bench).is_err());
    assert_eq!(bench.recorded().len(), 40);
    bench.writer.connection.execute_batch("DROP TRIGGER poison").unwrap();
    assert_eq!(prune(&mut bench), Ok(40));
    assert!(bench.recorded().is_empty());
}

#[test]
fn space_that_can_not_be_given_back_costs_no_record() {
    let mut bench = Bench::new();
    let (commands, _waiting) = intents((0..3).map(|number| format!("event-{number}")));
    bench.writer.record(commands);
    let connection = &bench.writer.connection;
    connection
        .execute_batch(
            "CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob(9000000)); DROP TABLE ballast",
        )
        .unwrap();
    connection.busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = Connection::open(&bench.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let pages = bench.pages();
    assert!(prune::reclaim(connection).is_err(), "another program held the ledger");
    assert_eq!((bench.pages(), bench.recorded().len()), (pages, 3));
    drop(other);
    prune::reclaim(connection).unwrap();
    assert!(bench.pages() < pages / 10);
    assert_eq!(bench.recorded().len(), 3);
}
