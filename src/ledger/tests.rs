//! The ledger on real files.

use std::fs;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use tempfile::TempDir;

use crate::attempt::{AttemptId, AttemptOutcome, Conclusion, Intent, KnownBy, ResendRequest, Settlement};
use crate::event::{DeliveryStatus, EventId, WebhookId, Window};
use crate::outcome::RunOutcome;

use super::{
    EventHistory, History, Journal, Ledger, LedgerError, LedgerGuard, RunEnd, RunStart, UnfinishedCause, files,
};

mod migration;
mod opening;
mod past;
mod proofs;
mod pruning;
mod quarantine;

/// A ledger in a folder of its own.
struct World {
    folder: TempDir,
    ledger: Ledger,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("ledger.db"));
        Self { folder, ledger }
    }

    fn path(&self) -> &Path {
        self.ledger.path()
    }

    fn lock(&self) -> LedgerGuard {
        self.ledger.lock("hookmend reconcile", at(0)).unwrap()
    }

    /// Locks the ledger and begins a run.
    async fn begin(&self, run_id: &str) -> LedgerGuard {
        let guard = self.lock();
        guard.record_run_start(run_start(run_id)).await.unwrap();
        guard
    }

    /// Runs SQL as another program would.
    fn sql(&self, statements: &str) {
        rusqlite::Connection::open(self.path()).unwrap().execute_batch(statements).unwrap();
    }

    /// What a reader sees of one event.
    async fn history(&self, event: &str) -> EventHistory {
        let reader = self.ledger.open_read().unwrap().unwrap();
        of_event(&reader, event).await
    }
}

async fn of_event(history: &dyn History, event: &str) -> EventHistory {
    let mut known = history.of_webhook(&webhook()).await.unwrap();
    known.remove(&EventId::new(event).unwrap()).unwrap_or_default()
}

pub(super) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_780_000_000, 0).unwrap() + TimeDelta::seconds(second)
}

pub(super) fn webhook() -> WebhookId {
    WebhookId::new("4711").unwrap()
}

pub(super) fn run_start(run_id: &str) -> RunStart {
    RunStart {
        run_id: run_id.to_owned(),
        command: "reconcile".to_owned(),
        started_at: at(0),
        window: Window::new(at(-86_400), at(0)).unwrap(),
        webhooks: vec![webhook()],
        asked_by: "anna on till-server".to_owned(),
    }
}

pub(super) fn run_end(second: i64) -> RunEnd {
    RunEnd {
        finished_at: at(second),
        outcome: RunOutcome::Clean,
        totals: "{}".to_owned(),
        quarantine: Vec::new(),
        proven: Vec::new(),
    }
}

pub(super) fn request(event: &str) -> ResendRequest {
    ResendRequest {
        webhook: webhook(),
        event: EventId::new(event).unwrap(),
        resend_id: EventId::new(&format!("resend-{event}")).unwrap(),
        runs_before: Some(3),
        status_before: DeliveryStatus::Failed,
        created_at: Some(at(-600)),
        known_by: KnownBy::Listing,
    }
}

pub(super) fn outcome(conclusion: Conclusion) -> AttemptOutcome {
    AttemptOutcome { conclusion, status_code: Some(200), runs_after: Some(4), detail: "answered".to_owned() }
}

async fn attempt(guard: &LedgerGuard, event: &str, conclusion: Conclusion) -> AttemptId {
    let intent = guard.record_intent(request(event), at(1)).await.unwrap();
    let attempt = intent.attempt();
    guard.record_outcome(intent, outcome(conclusion), at(2)).await.unwrap();
    attempt
}

async fn settle(guard: &LedgerGuard, attempt: AttemptId, settlement: Settlement) {
    guard.settle(vec![(attempt, settlement, "listed again".to_owned())], at(3)).await.unwrap();
}

fn unusable(result: Result<impl Sized, LedgerError>) -> String {
    match result.err() {
        Some(LedgerError::Unusable { message, .. }) => message,
        other => panic!("not refused as unusable: {other:?}"),
    }
}

// Durability

#[tokio::test]
async fn an_intent_without_an_outcome_is_open_when_the_ledger_is_opened_again() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let intent = guard.record_intent(request("event-1"), at(1)).await.unwrap();
    let attempt = intent.attempt();
    drop((intent, guard));

    let guard = world.lock();
    let history = of_event(&guard, "event-1").await;
    assert_eq!(history.attempts, 1);
    assert_eq!(history.open.len(), 1);
    assert_eq!(history.open[0].attempt, attempt);
    assert_eq!(history.open[0].intent_at, at(1));
    assert_eq!(history.open[0].request, request("event-1"));
    assert_eq!(history.open[0].conclusion, None);
}

#[tokio::test]
async fn a_copy_of_the_files_taken_after_an_intent_was_returned_holds_it() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let _intent = guard.record_intent(request("event-1"), at(1)).await.unwrap();
    // What a kill at this instant would leave: nothing is closed, nothing is checkpointed.
    let after_kill = World::new();
    for suffix in ["", "-wal"] {
        fs::copy(files::beside(world.path(), suffix), files::beside(after_kill.path(), suffix)).unwrap();
    }
    assert_eq!(of_event(&after_kill.lock(), "event-1").await.open.len(), 1);
}

#[tokio::test]
async fn many_intents_at_once_get_numbers_of_their_own_and_all_are_durable() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let events: Vec<String> = (0..600).map(|number| format!("event-{number}")).collect();
    let recorded = events.iter().map(|event| guard.record_intent(request(event), at(1)));
    let intents: Vec<Intent> = futures_util::future::try_join_all(recorded).await.unwrap();
    for (intent, event) in intents.iter().zip(&events) {
        assert_eq!(intent.request(), &request(event));
    }
    let numbers: std::collections::HashSet<AttemptId> = intents.iter().map(Intent::attempt).collect();
    assert_eq!(numbers.len(), events.len());
    drop(guard);
    let known = world.lock().of_webhook(&webhook()).await.unwrap();
    let open: std::collections::HashSet<AttemptId> =
        known.values().flat_map(|history| &history.open).map(|open| open.attempt).collect();
    assert_eq!(open, numbers);
}

#[tokio::test]
async fn a_reader_sees_what_is_committed_while_a_run_holds_the_ledger() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let reader = world.ledger.open_read().unwrap().unwrap();
    assert_eq!(of_event(&reader, "event-1").await, EventHistory::default());
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    assert_eq!(of_event(&reader, "event-1").await.open.len(), 1);
    assert_eq!(of_event(&guard, "event-1").await.open.len(), 1);
}

#[test]
fn there_is_nothing_to_read_where_there_is_no_ledger_and_looking_creates_none() {
    let world = World::new();
    assert!(world.ledger.open_read().unwrap().is_none());
    assert_eq!(fs::read_dir(world.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_a_stopped_run_left_empty_is_no_ledger_yet_and_no_obstacle() {
    let world = World::new();
    fs::write(world.path(), b"").unwrap();
    assert!(world.ledger.open_read().unwrap().is_none());
    drop(world.lock());
    assert!(world.ledger.open_read().unwrap().is_some());
}

// Outcomes and settlements

#[tokio::test]
async fn what_an_outcome_decides_is_counted_or_left_open_accordingly() {
    let expected = [
        (Conclusion::NotSent, 0, 0),
        (Conclusion::Rejected, 0, 0),
        (Conclusion::Refused, 1, 0),
        (Conclusion::Accepted, 1, 1),
        (Conclusion::InDoubt, 1, 1),
    ];
    let world = World::new();
    let guard = world.begin("run-1").await;
    for (conclusion, attempts, open) in expected {
        attempt(&guard, conclusion.name(), conclusion).await;
        let history = of_event(&guard, conclusion.name()).await;
        assert_eq!((history.attempts, history.open.len()), (attempts, open), "{conclusion:?}");
        if let Some(open) = history.open.first() {
            assert_eq!((open.conclusion, open.runs_after), (Some(conclusion), Some(4)));
        }
    }
}

#[tokio::test]
async fn a_refusal_that_no_run_counter_vouches_for_is_open_until_it_is_settled() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    for (event, runs_before, runs_after) in
        [("event-1", None, None), ("event-2", Some(3), None), ("event-3", None, Some(4))]
    {
        let request = ResendRequest { runs_before, ..request(event) };
        let intent = guard.record_intent(request, at(1)).await.unwrap();
        let attempt = intent.attempt();
        let refused = AttemptOutcome { runs_after, ..outcome(Conclusion::Refused) };
        guard.record_outcome(intent, refused, at(2)).await.unwrap();
        let history = of_event(&guard, event).await;
        assert_eq!((history.attempts, history.open.len()), (1, 1), "{event}");
        assert_eq!((history.open[0].conclusion, history.open[0].ended_at), (Some(Conclusion::Refused), Some(at(2))));
        settle(&guard, attempt, Settlement::DeliveryFailed).await;
        let history = of_event(&guard, event).await;
        assert_eq!((history.attempts, history.open.len()), (1, 0), "{event}");
    }
}

#[tokio::test]
async fn what_evidence_decides_is_counted_accordingly_and_no_longer_open() {
    let expected = [(Settlement::NotSent, 0), (Settlement::DeliveryFailed, 1), (Settlement::Recovered, 1)];
    let world = World::new();
    let guard = world.begin("run-1").await;
    for (settlement, attempts) in expected {
        let doubtful = attempt(&guard, settlement.name(), Conclusion::InDoubt).await;
        settle(&guard, doubtful, settlement).await;
        let history = of_event(&guard, settlement.name()).await;
        assert_eq!((history.attempts, history.open.len()), (attempts, 0), "{settlement:?}");
        assert_eq!(history.unfinished.is_some(), settlement != Settlement::Recovered, "{settlement:?}");
    }
}

#[tokio::test]
async fn an_attempt_without_an_outcome_can_be_settled() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let lost = guard.record_intent(request("event-1"), at(1)).await.unwrap().attempt();
    settle(&guard, lost, Settlement::NotSent).await;
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, history.open.len()), (0, 0));
}

#[tokio::test]
async fn an_event_that_was_tried_in_vain_stays_unfinished_until_it_arrives() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let failed = attempt(&guard, "event-1", Conclusion::Refused).await;
    let owed = of_event(&guard, "event-1").await.unfinished.unwrap();
    assert_eq!((owed.cause, owed.attempt), (UnfinishedCause::Tried, Some(failed)));
    assert_eq!((owed.created_at, &owed.resend_id), (request("event-1").created_at, &request("event-1").resend_id));
    assert_eq!(owed.status_before, Some(DeliveryStatus::Failed));
    assert_eq!(of_event(&guard, "event-1").await.arrived_at, None);
    guard.settle(vec![(failed, Settlement::Recovered, String::new())], at(9)).await.unwrap();
    let known = of_event(&guard, "event-1").await;
    assert_eq!((known.unfinished, known.arrived_at), (None, Some(at(9))));
}

#[tokio::test]
async fn an_attempt_that_seemed_not_to_be_sent_can_turn_out_to_have_arrived() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let late = attempt(&guard, "event-1", Conclusion::InDoubt).await;
    settle(&guard, late, Settlement::NotSent).await;
    settle(&guard, late, Settlement::Recovered).await;
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, history.unfinished), (1, None));
}

#[tokio::test]
async fn what_the_vendor_never_acted_on_or_is_still_in_doubt_is_not_unfinished() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::Rejected).await;
    attempt(&guard, "event-2", Conclusion::NotSent).await;
    attempt(&guard, "event-3", Conclusion::Refused).await;
    attempt(&guard, "event-3", Conclusion::InDoubt).await;
    for event in ["event-1", "event-2", "event-3"] {
        assert_eq!(of_event(&guard, event).await.unfinished, None, "{event}");
    }
}

#[tokio::test]
async fn failures_before_a_recovery_are_forgiven_and_the_recovery_still_counts() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    for _ in 0..3 {
        attempt(&guard, "event-1", Conclusion::Refused).await;
    }
    assert_eq!(of_event(&guard, "event-1").await.attempts, 3);
    let accepted = attempt(&guard, "event-1", Conclusion::Accepted).await;
    settle(&guard, accepted, Settlement::Recovered).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 1);
    attempt(&guard, "event-1", Conclusion::Refused).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 2);
    let accepted = attempt(&guard, "event-1", Conclusion::Accepted).await;
    settle(&guard, accepted, Settlement::Recovered).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 2);
}

#[tokio::test]
async fn a_settled_attempt_stays_as_it_was_settled_and_the_whole_call_is_refused() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let open = attempt(&guard, "event-1", Conclusion::InDoubt).await;
    let settled = attempt(&guard, "event-2", Conclusion::Refused).await;
    let both = [open, settled].map(|attempt| (attempt, Settlement::NotSent, String::new()));
    let refused = guard.settle(both.to_vec(), at(3)).await.unwrap_err().to_string();
    assert!(refused.contains("is not open"), "{refused}");
    assert_eq!(of_event(&guard, "event-1").await.open.len(), 1);
    assert_eq!(of_event(&guard, "event-2").await.attempts, 1);
}

#[tokio::test]
async fn a_refusal_is_taken_back_when_the_event_arrived_after_all() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let refused = attempt(&guard, "event-1", Conclusion::Refused).await;
    attempt(&guard, "event-1", Conclusion::Refused).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 2);
    settle(&guard, refused, Settlement::Recovered).await;
    let again = guard.settle(vec![(refused, Settlement::DeliveryFailed, String::new())], at(4)).await;
    assert!(again.is_err(), "what arrived stays arrived");
}

#[tokio::test]
async fn two_spellings_of_one_uuid_are_one_event_and_each_is_kept_as_the_vendor_spelt_it() {
    let spellings = ["6f2ab1c0-0d5e-4b7e-9a53-0c2b86d1f6aa", "{6F2AB1C0-0D5E-4B7E-9A53-0C2B86D1F6AA}"];
    let world = World::new();
    let guard = world.begin("run-1").await;
    for spelling in spellings {
        attempt(&guard, spelling, Conclusion::InDoubt).await;
    }
    let known = guard.of_webhook(&webhook()).await.unwrap();
    assert_eq!(known.len(), 1);
    let history = of_event(&guard, spellings[1]).await;
    assert_eq!(history.attempts, 2);
    let kept: Vec<_> = history.open.iter().map(|open| open.request.event.text().into_owned()).collect();
    assert_eq!(kept, spellings);
}

#[tokio::test]
async fn webhooks_are_kept_apart() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::InDoubt).await;
    let other = guard.of_webhook(&WebhookId::new("4712").unwrap()).await.unwrap();
    assert!(other.is_empty());
}

#[tokio::test]
async fn words_from_outside_are_stored_cut_to_a_bound() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let intent = guard.record_intent(request("event-1"), at(1)).await.unwrap();
    let wordy = AttemptOutcome { detail: "ö".repeat(100_000), ..outcome(Conclusion::InDoubt) };
    guard.record_outcome(intent, wordy, at(2)).await.unwrap();
    drop(guard);
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    let stored: String = connection.query_row("SELECT detail FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, "ö".repeat(500));
}

// Runs

#[tokio::test]
async fn a_run_is_recorded_with_its_beginning_and_its_end() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let end = RunEnd { totals: "{\"left\":1}".to_owned(), outcome: RunOutcome::Left, ..run_end(9) };
    guard.record_run_end(end.clone()).await.unwrap();
    assert!(guard.record_run_end(end).await.is_err());
    drop(guard);
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    let row: (String, String, i64, i64, String) = connection
        .query_row("SELECT webhooks, outcome, started_at, finished_at, totals FROM runs", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    let expected = ("[\"4711\"]", "left", at(0).timestamp_millis(), at(9).timestamp_millis(), "{\"left\":1}");
    assert_eq!((row.0.as_str(), row.1.as_str(), row.2, row.3, row.4.as_str()), expected);
}

#[tokio::test]
async fn an_attempt_outside_a_run_is_refused() {
    let world = World::new();
    let guard = world.lock();
    let refused = guard.record_intent(request("event-1"), at(1)).await.unwrap_err().to_string();
    assert!(refused.contains("no run was begun"), "{refused}");
    guard.record_run_start(run_start("run-1")).await.unwrap();
    guard.record_intent(request("event-1"), at(1)).await.unwrap();
}

#[tokio::test]
async fn a_run_id_is_never_used_twice() {
    let world = World::new();
    drop(world.begin("run-1").await);
    let guard = world.lock();
    assert!(guard.record_run_start(run_start("run-1")).await.is_err());
    guard.record_run_start(run_start("run-2")).await.unwrap();
}
