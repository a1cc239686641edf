use std::path::PathBuf;

use tempfile::TempDir;

use crate::attempt::Conclusion;
use crate::ledger::schema;
use crate::ledger::tests::{at, outcome, request, run_start};

use super::*;

mod faults;

/// A thread's state over a fresh ledger with a run begun, driven by hand: whatever is queued before
/// [`Bench::drain`] is one batch.
struct Bench {
    _folder: TempDir,
    path: PathBuf,
    writer: WriterThread,
}

type Waiting<T> = oneshot::Receiver<Result<T, Failure>>;

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        std::fs::write(&path, b"").unwrap();
        let connection = schema::open_writable(&path).unwrap();
        let writer = WriterThread::over(connection);
        let mut bench = Self { _folder: folder, path, writer };
        let (reply, begun) = oneshot::channel();
        bench.writer.record(vec![Command::RunStart { start: run_start("run-1"), reply }]);
        assert_eq!(received(begun), Ok(()));
        bench
    }

    /// Everything after this fails as on a full disk.
    fn fill_disk(&self) {
        self.limit_pages(self.pages());
    }

    /// How many pages the ledger has.
    fn pages(&self) -> i64 {
        self.writer.connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap()
    }

    fn limit_pages(&self, pages: i64) {
        self.writer.connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
    }

    /// The events with a recorded attempt, as another program sees them.
    fn recorded(&self) -> Vec<String> {
        let connection = schema::open_read_only(&self.path).unwrap();
        let mut statement = connection.prepare("SELECT event_id FROM attempts ORDER BY id").unwrap();
        let events = statement.query_map([], |row| row.get(0)).unwrap();
        events.map(Result::unwrap).collect()
    }

    fn column(&self, column: &str) -> Option<String> {
        let connection = schema::open_read_only(&self.path).unwrap();
        connection.query_row(&format!("SELECT {column} FROM attempts"), [], |row| row.get(0)).unwrap()
    }
}

fn received<T>(mut waiting: Waiting<T>) -> Result<T, Failure> {
    waiting.try_recv().expect("nobody answered")
}

fn intent(event: &str) -> (Command, Waiting<Intent>) {
    let (reply, waiting) = oneshot::channel();
    (Command::Intent { request: request(event), at: at(1), row: None, reply }, waiting)
}

fn intents(events: impl Iterator<Item = String>) -> (Vec<Command>, Vec<Waiting<Intent>>) {
    events.map(|event| intent(&event)).unzip()
}

fn long_id(number: usize) -> String {
    format!("{number:0>400}")
}

#[test]
fn what_is_queued_together_is_committed_together_or_not_at_all() {
    let mut bench = Bench::new();
    let poison = "CREATE TRIGGER poison BEFORE INSERT ON attempts WHEN NEW.event_id = 'poison' \
                  BEGIN SELECT RAISE(ABORT, 'poisoned'); END";
    bench.writer.connection.execute_batch(poison).unwrap();
    let events = (0..40).map(|number| if number == 39 { "poison".to_owned() } else { format!("event-{number}") });
    let (batch, waiting) = intents(events);
    bench.writer.record(batch);
    for waiting in waiting {
        let failure = received(waiting).expect_err("an intent was handed out for a transaction that failed");
        assert!(matches!(&failure, Failure::Database(message) if message.contains("poisoned")), "{failure:?}");
    }
    assert_eq!(bench.recorded(), Vec::<String>::new());
}

#[test]
fn an_answer_is_given_only_after_the_commit_that_holds_its_row() {
    let mut bench = Bench::new();
    let (batch, waiting) = intents((0..3).map(|number| format!("event-{number}")));
    let mut batch = batch;
    let verdicts = bench.writer.commit(&mut batch).unwrap();
    assert_eq!(bench.recorded().len(), 3);
    for (command, verdict) in batch.into_iter().zip(verdicts) {
        assert!(command.answer(verdict).is_none());
    }
    for waiting in waiting {
        received(waiting).unwrap();
    }
}

#[test]
fn a_full_disk_reaches_everyone_who_waits_and_no_intent_is_handed_out() {
    let mut bench = Bench::new();
    bench.fill_disk();
    let (batch, waiting) = intents((0..200).map(long_id));
    bench.writer.record(batch);
    for waiting in waiting {
        let failure = received(waiting).expect_err("an intent was handed out on a full disk");
        assert!(matches!(&failure, Failure::Database(message) if message.contains("the disk is full")), "{failure:?}");
    }
    assert_eq!(bench.recorded(), Vec::<String>::new());
}

#[test]
fn after_a_failed_commit_no_intent_is_accepted_but_outcomes_still_are() {
    let mut bench = Bench::new();
    let (command, waiting) = intent("event-1");
    bench.writer.record(vec![command]);
    let sent = received(waiting).unwrap();

    bench.fill_disk();
    let (batch, _refused) = intents((0..200).map(long_id));
    bench.writer.record(batch);
    bench.limit_pages(1_000_000);

    let (command, waiting) = intent("event-2");
    let (reply, recorded) = oneshot::channel();
    let attempt = sent.attempt();
    let outcome =
        Command::Outcome { attempt, outcome: outcome(Conclusion::Accepted), settlement: None, at: at(2), reply };
    bench.writer.record(vec![command, outcome]);
    assert!(received(waiting).is_err());
    assert_eq!(received(recorded), Ok(()));
    assert_eq!(bench.recorded(), ["event-1"]);
    assert_eq!(bench.column("conclusion").as_deref(), Some("accepted"));
}

#[test]
fn a_command_that_does_not_fit_is_refused_alone() {
    let mut bench = Bench::new();
    let (reply, unfit) = oneshot::channel();
    let attempt = AttemptId(4_711);
    let outcome =
        Command::Outcome { attempt, outcome: outcome(Conclusion::Accepted), settlement: None, at: at(2), reply };
    let (command, waiting) = intent("event-1");
    bench.writer.record(vec![outcome, command]);
    assert!(received(unfit).is_err());
    assert!(received(waiting).is_ok());
    assert_eq!(bench.recorded(), ["event-1"]);
}

#[test]
fn an_intent_that_nobody_was_there_to_take_is_recorded_as_not_sent() {
    let bench = Bench::new();
    let (command, gone) = intent("event-1");
    drop(gone);
    let (commands, queue) = mpsc::channel(1);
    commands.try_send(command).unwrap();
    drop(commands);
    let path = bench.path.clone();
    bench.writer.serve(queue);
    let connection = schema::open_read_only(&path).unwrap();
    let row: (String, String) = connection
        .query_row("SELECT conclusion, settlement FROM attempts", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!(row, ("not_sent".to_owned(), "not_sent".to_owned()));
}

#[test]
fn everything_handed_over_is_recorded_before_the_thread_ends() {
    let bench = Bench::new();
    let count = MAX_BATCH * 2 + 1;
    let (batch, waiting) = intents((0..count).map(|number| format!("event-{number}")));
    let (commands, queue) = mpsc::channel(count);
    for command in batch {
        commands.try_send(command).unwrap();
    }
    drop(commands);
    let path = bench.path.clone();
    bench.writer.serve(queue);
    assert!(waiting.into_iter().map(received).all(|answer| answer.is_ok()));
    let connection = schema::open_read_only(&path).unwrap();
    let rows: i64 = connection.query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, count as i64);
}

#[tokio::test]
async fn a_thread_that_dies_is_an_error_for_those_who_wait_and_for_those_who_come_later() {
    let writer = Writer::start_with(&PathBuf::from("ledger.db"), |mut commands| {
        let _taken = commands.blocking_recv();
        // Unwinds like a panic, without the message in the output of the tests.
        std::panic::resume_unwind(Box::new("the writer dies"));
    })
    .unwrap();
    for _ in 0..2 {
        let refused = writer.record_intent(request("event-1"), at(1)).await.unwrap_err();
        let message = refused.to_string();
        assert!(message.contains("its writer has stopped") && message.contains("nothing was sent"), "{message}");
    }
}
