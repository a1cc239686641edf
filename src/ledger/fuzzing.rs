//! What the fuzzer holds the opening of ledgers against: a valid one after damage, and any bytes.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use super::files::beside;
use super::{History, Journal, Ledger, LedgerError, LedgerGuard, Quarantine, QuarantineChange, RunEnd, RunStart};
use crate::attempt::{AttemptOutcome, Conclusion, KnownBy, ResendRequest, Settlement};
use crate::event::{DeliveryStatus, EventId, WebhookId, Window};
use crate::outcome::RunOutcome;

/// How many attempts the ledger below holds.
const ATTEMPTS: i64 = 5;

/// A ledger at rest, and one as a kill leaves it: its file and its journal.
static LEDGERS: LazyLock<(Vec<u8>, [Vec<u8>; 2])> = LazyLock::new(|| {
    let folder = crate::fuzzing::folder();
    let ledger = Ledger::at(folder.path().join("ledger.db"));
    let guard = ledger.lock("hookmend reconcile", at(0)).expect("a ledger");
    block_on(record(&guard)).expect("a ledger that records");
    let killed = ["", "-wal"].map(|suffix| fs::read(beside(ledger.path(), suffix)).expect("a file"));
    drop(guard);
    (fs::read(ledger.path()).expect("a file"), killed)
});

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000 + second, 0).expect("an instant")
}

fn webhook() -> WebhookId {
    WebhookId::new("7d3e0b52-9c41-4f6a-8b1e-000000000001").expect("an id")
}

fn event(number: i64) -> EventId {
    EventId::new(&format!("event-{number}")).expect("an id")
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

async fn record(guard: &LedgerGuard) -> Result<(), LedgerError> {
    let start = RunStart {
        run_id: "20260528T202640Z-00000001".to_owned(),
        command: "reconcile".to_owned(),
        started_at: at(0),
        window: Window::new(at(-86_400), at(0)).expect("a window"),
        webhooks: vec![webhook()],
        asked_by: "anna on till-server".to_owned(),
    };
    guard.record_run_start(start).await?;
    let conclusions = [None, Some(Conclusion::InDoubt), Some(Conclusion::Refused), Some(Conclusion::Accepted), None];
    for (number, conclusion) in (0..ATTEMPTS).zip(conclusions) {
        let request = ResendRequest {
            webhook: webhook(),
            event: event(number),
            resend_id: event(number),
            runs_before: Some(3),
            status_before: DeliveryStatus::Failed,
            created_at: Some(at(-600)),
            known_by: KnownBy::Listing,
        };
        let intent = guard.record_intent(request, at(1)).await?;
        let attempt = intent.attempt();
        if let Some(conclusion) = conclusion {
            let detail = "answered".to_owned();
            let outcome = AttemptOutcome { conclusion, status_code: Some(200), runs_after: Some(4), detail };
            guard.record_outcome(intent, outcome, at(2)).await?;
        }
        if conclusion == Some(Conclusion::Accepted) {
            guard.settle(vec![(attempt, Settlement::Recovered, "listed again".to_owned())], at(3)).await?;
        }
    }
    let entry = Quarantine {
        since: at(4),
        created_at: Some(at(-600)),
        resend_id: event(2),
        attempts: 1,
        reason: "the receiver refused it".to_owned(),
    };
    let end = RunEnd {
        finished_at: at(4) + TimeDelta::seconds(1),
        outcome: RunOutcome::Left,
        totals: "{}".to_owned(),
        quarantine: vec![QuarantineChange::Entered { webhook: webhook(), event: event(2), entry }],
        proven: Vec::new(),
    };
    guard.record_run_end(end).await
}

/// A ledger: damaged at rest, damaged in its journal, or the bytes as they are.
///
/// # Panics
/// When damage makes an attempt in doubt vanish without an error.
pub fn ledger(data: &[u8]) {
    let Some((kind, edits)) = data.split_first() else { return };
    let (at_rest, [killed, journal]) = &*LEDGERS;
    match kind % 4 {
        0 => opened(data, None, Expected::Anything),
        1 => opened(killed, Some(&crate::fuzzing::edited(journal, edits)), Expected::Anything),
        _ => {
            let damaged = crate::fuzzing::edited(at_rest, edits);
            // An empty file is what an older hookmend could leave behind when it was stopped.
            let expected = if damaged.is_empty() { Expected::Anything } else { Expected::EveryAttempt };
            opened(&damaged, None, expected);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Anything,
    EveryAttempt,
}

fn path() -> PathBuf {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| folder.get_or_init(crate::fuzzing::folder).path().join("ledger.db"))
}

fn opened(bytes: &[u8], journal: Option<&[u8]>, expected: Expected) {
    let path = path();
    for suffix in ["", "-wal", "-shm", "-journal", ".new"] {
        // Most of them are not there.
        let _ = fs::remove_file(beside(&path, suffix));
    }
    fs::write(&path, bytes).expect("a file can be written");
    if let Some(journal) = journal {
        fs::write(beside(&path, "-wal"), journal).expect("a file can be written");
    }
    let ledger = Ledger::at(&path);
    if journal.is_none() {
        read(ledger.look());
        assert!(fs::read(&path).is_ok_and(|now| now == bytes), "a look left a trace");
    }
    match ledger.lock("hookmend reconcile", at(10)) {
        Ok(guard) => {
            let failed = block_on(guard.of_webhook(&webhook())).is_err();
            if expected == Expected::EveryAttempt && !failed {
                nothing_vanished(&path, &guard);
            }
        }
        Err(error) => {
            is_explained(&error);
            let is_left = journal.is_some() || fs::read(&path).is_ok_and(|now| now == bytes);
            assert!(is_left || !matches!(error, LedgerError::Unusable { .. }), "a refused file was changed: {error}");
        }
    }
    read(ledger.open_read());
}

fn read(opened: Result<Option<super::LedgerReader>, LedgerError>) {
    match opened {
        Ok(None) => {}
        Ok(Some(reader)) => block_on(async {
            let answers = [
                reader.runs(10).await.map(drop),
                reader.attempts_of(&event(1)).await.map(drop),
                reader.of_webhook(&webhook()).await.map(drop),
                reader.delivery_failures(&webhook(), at(-1)).await.map(drop),
                reader.proven(&webhook()).await.map(drop),
            ];
            answers.iter().filter_map(|answer| answer.as_ref().err()).for_each(is_explained);
        }),
        Err(error) => is_explained(&error),
    }
}

fn is_explained(error: &LedgerError) {
    let said = error.to_string();
    assert!(said.len() > 20 && !matches!(error, LedgerError::Locked { .. }), "{said}");
}

/// Whatever the rows say, an attempt that is open in them is open for the engine.
fn nothing_vanished(path: &Path, guard: &LedgerGuard) {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database");
    let count = connection.query_row("SELECT count(*) FROM attempts NOT INDEXED", [], |row| row.get::<_, i64>(0));
    assert_eq!(count, Ok(ATTEMPTS), "attempts vanished");
    let rows = "SELECT webhook_id, event_id FROM attempts NOT INDEXED WHERE settlement IS NULL";
    let mut rows = connection.prepare(rows).expect("a question");
    let open = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    for (webhook, event) in open.expect("an answer").flatten() {
        let (Ok(webhook), Ok(event)) = (WebhookId::new(&webhook), EventId::new(&event)) else { continue };
        let Ok(known) = block_on(guard.of_webhook(&webhook)) else { continue };
        let is_open = known.get(&event).is_some_and(|history| !history.open.is_empty());
        assert!(is_open, "the attempt for {event} of {webhook} is in doubt, and nobody is told");
    }
}
