//! `quarantine` and `history` as people and scripts meet them, on ledgers that the library wrote.
//!
//! Nothing but the home and the ledger is set: no keys, no webhook, no vendor.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, TimeDelta, Utc};
use hookmend::attempt::{AttemptOutcome, Conclusion, KnownBy, ResendRequest};
use hookmend::event::{DeliveryStatus, EventId, WebhookId, Window};
use hookmend::ledger::{Journal, Ledger, LedgerGuard, Quarantine, QuarantineChange, RunEnd, RunStart};
use hookmend::outcome::RunOutcome;
use serde_json::Value;
use tempfile::TempDir;

use crate::scene::{Ended, bare_program, finish, run, run_with_input};

const SALES: &str = "5c0b7a52-11d4-4a8e-9d1f-0c2b86d1f601";
const STOCK: &str = "hook-2";
const UUID: &str = "7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11";
const RUN: &str = "20260301T120000Z-0c2b86d1";

/// A home with a ledger in its usual place.
struct Past {
    home: TempDir,
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400 + second, 0).expect("a valid instant")
}

fn event(text: &str) -> EventId {
    EventId::new(text).expect("a usable id")
}

fn webhook(text: &str) -> WebhookId {
    WebhookId::new(text).expect("a usable id")
}

fn entered(webhook_id: &str, id: &str, since: i64) -> QuarantineChange {
    QuarantineChange::Entered {
        webhook: webhook(webhook_id),
        event: event(id),
        entry: Quarantine {
            since: at(since),
            created_at: Some(at(-3_600)),
            resend_id: event(id),
            attempts: 1,
            reason: "the receiver answered 404".to_owned(),
        },
    }
}

impl Past {
    fn empty() -> Self {
        Self { home: TempDir::new().expect("a temporary home") }
    }

    /// One finished run that put four events in quarantine, one of them for two webhooks.
    fn with_quarantine() -> Self {
        let past = Self::empty();
        past.in_ledger(async |guard| {
            guard.record_run_start(run_start(RUN)).await.expect("a run begins");
            refused_attempt(guard, SALES, UUID).await;
            let quarantine = vec![
                entered(SALES, UUID, 30),
                entered(SALES, "lost-1", 10),
                entered(STOCK, "lost-1", 20),
                entered(STOCK, "lost-2", 40),
            ];
            let end = RunEnd {
                finished_at: at(12),
                outcome: RunOutcome::Left,
                totals: r#"{"resent":1,"recovered":0,"left":4,"in_doubt":0}"#.to_owned(),
                quarantine,
                proven: Vec::new(),
            };
            guard.record_run_end(end).await.expect("a run ends");
        });
        past
    }

    fn ledger(&self) -> PathBuf {
        self.home.path().join(".local/state/hookmend/ledger.sqlite")
    }

    fn guard(&self) -> LedgerGuard {
        Ledger::at(self.ledger()).lock("reconcile", at(0)).expect("the ledger is free")
    }

    fn in_ledger(&self, write: impl AsyncFnOnce(&LedgerGuard)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let guard = self.guard();
        runtime.block_on(write(&guard));
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = bare_program(self.home.path());
        command.env("USER", "anna").args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Ended {
        run(&mut self.program(words))
    }

    /// The events in quarantine as `webhook/event`.
    fn quarantined(&self) -> Vec<String> {
        let document = self.run(&["quarantine", "list", "--format", "json"]).ends_with(0).document();
        let events = document["events"].as_array().expect("an array").iter();
        let text = |event: &Value, name: &str| event[name].as_str().expect("a text").to_owned();
        events.map(|event| format!("{}/{}", text(event, "webhook_id"), text(event, "event_id"))).collect()
    }
}

#[test]
fn webhooks_in_quarantine_are_called_by_their_names_however_their_ids_are_spelt() {
    let past = Past::with_quarantine();
    let settings = format!("[webhooks]\nsales = \"{}\"\n", SALES.to_uppercase());
    let file = past.home.path().join("hookmend.toml");
    std::fs::write(&file, settings).expect("the home is writable");
    past.run(&["quarantine", "list"]).ends_with(0).says("sales").never_says(SALES);
}

fn run_start(run_id: &str) -> RunStart {
    RunStart {
        run_id: run_id.to_owned(),
        command: "reconcile".to_owned(),
        started_at: at(0),
        window: Window::new(at(-86_400), at(0)).expect("not empty"),
        webhooks: vec![webhook(SALES), webhook(STOCK)],
        asked_by: "ben on till-server, without a terminal".to_owned(),
    }
}

async fn refused_attempt(guard: &LedgerGuard, webhook_id: &str, id: &str) {
    let request = ResendRequest {
        webhook: webhook(webhook_id),
        event: event(id),
        resend_id: event(id),
        runs_before: Some(1),
        status_before: DeliveryStatus::Failed,
        created_at: Some(at(-3_600)),
        known_by: KnownBy::Listing,
    };
    let intent = guard.record_intent(request, at(1)).await.expect("an intent");
    let detail = "the receiver answered \u{1b}[31m404".to_owned();
    let outcome =
        AttemptOutcome { conclusion: Conclusion::Refused, status_code: Some(200), runs_after: Some(2), detail };
    guard.record_outcome(intent, outcome, at(2)).await.expect("an outcome");
}

fn everything() -> Vec<String> {
    [(SALES, "lost-1"), (STOCK, "lost-1"), (SALES, UUID), (STOCK, "lost-2")]
        .map(|(webhook, event)| format!("{webhook}/{event}"))
        .to_vec()
}

#[test]
fn the_quarantine_is_listed_oldest_first_without_keys_or_a_vendor() {
    let past = Past::with_quarantine();
    assert_eq!(past.quarantined(), everything());
    past.run(&["quarantine", "list"])
        .ends_with(0)
        .says("4 events are in quarantine")
        .says(UUID)
        .says("quarantine release");
}

#[test]
fn a_webhook_is_named_by_its_id_or_by_its_name_in_the_settings() {
    let past = Past::with_quarantine();
    let settings = format!("[webhooks]\nsales = \"{SALES}\"\n");
    std::fs::write(past.home.path().join("hookmend.toml"), settings).expect("the home is writable");
    let ended = past.run(&["quarantine", "list", "--webhook", "sales"]).ends_with(0).says("2 events of sales are");
    assert!(!ended.stdout.contains(STOCK) && !ended.stdout.contains(SALES), "{ended}");
    past.run(&["quarantine", "list", "--webhook", STOCK]).ends_with(0).says("2 events of hook-2 are");
    past.run(&["quarantine", "list", "--webhook", &SALES.to_uppercase()]).ends_with(0).says("2 events of ");
    past.run(&["quarantine", "list", "--webhook", "slaes"]).ends_with(2).says_on_stderr("did you mean \"sales\"?");
    past.run(&["quarantine", "list", "--webhook", "SaleCreated"]).ends_with(2).says_on_stderr("is an event type");
}

#[test]
fn without_a_ledger_there_is_nothing_and_nothing_is_created() {
    let past = Past::empty();
    let nowhere = past.ledger().display().to_string();
    past.run(&["quarantine", "list"]).ends_with(0).says("there is no ledger at").says(&nowhere);
    past.run(&["history"]).ends_with(0).says("No run is recorded");
    past.run(&["history", UUID]).ends_with(0).says("No attempts are recorded.");
    past.run(&["quarantine", "release", "--all"]).ends_with(0).says("Nothing was released");
    past.run(&["quarantine", "release", UUID]).ends_with(2).says_on_stderr("is not in quarantine");
    assert!(!past.ledger().exists() && !past.ledger().parent().is_some_and(Path::exists));
}

#[test]
fn an_event_is_released_for_every_webhook_and_the_ledger_knows_who_did_it() {
    let past = Past::with_quarantine();
    past.run(&["quarantine", "release", "lost-1"]).ends_with(0).says("2 events were released").says("next reconcile");
    assert_eq!(past.quarantined(), everything()[2..]);
    let ended = past.run(&["history", "lost-1", "--format", "json"]).ends_with(0);
    let stays = ended.document()["events"][0]["quarantine"].clone();
    assert_eq!(stays.as_array().map(Vec::len), Some(2), "{ended}");
    let by = stays[0]["end"]["by"].as_str().expect("who released it");
    assert!(by.starts_with("anna on ") && by.ends_with(", without a terminal"), "{ended}");
    past.run(&["quarantine", "release", "lost-1"]).ends_with(2).says_on_stderr("is not in quarantine");
}

#[test]
fn a_webhook_narrows_what_is_released() {
    let past = Past::with_quarantine();
    past.run(&["quarantine", "release", "lost-1", "--webhook", STOCK]).ends_with(0).says("1 event was released");
    past.run(&["quarantine", "release", "--all", "--webhook", STOCK]).ends_with(0).says("1 event was released");
    let of_sales: Vec<_> = everything().into_iter().filter(|event| event.starts_with(SALES)).collect();
    assert_eq!(past.quarantined(), of_sales);
}

#[test]
fn all_or_nothing_is_released_and_a_mistyped_id_is_guessed() {
    let past = Past::with_quarantine();
    past.run(&["quarantine", "release", UUID, "lots-2"])
        .ends_with(2)
        .says_on_stderr("1 of 2 events is not in quarantine, so none was released: lots-2")
        .says_on_stderr("did you mean lost-2?")
        .says_on_stderr("hookmend quarantine list");
    assert_eq!(past.quarantined(), everything());
}

#[test]
fn ids_come_from_a_file_or_from_standard_input_too() {
    let past = Past::with_quarantine();
    let file = past.home.path().join("ids.txt");
    std::fs::write(&file, format!("\u{feff}{}\r\n\n", UUID.to_uppercase())).expect("the home is writable");
    let file = file.display().to_string();
    past.run(&["quarantine", "release", "--from-file", &file]).ends_with(0).says("1 event was released");
    run_with_input(&mut past.program(&["quarantine", "release", "-"]), b"lost-1\nlost-2\n").ends_with(0);
    assert_eq!(past.quarantined(), Vec::<String>::new());
    past.run(&["quarantine", "release", "-"]).ends_with(2).says_on_stderr("no event id was given");
    past.run(&["quarantine", "list"]).ends_with(0).says("Nothing is in quarantine.");
}

#[test]
fn releasing_needs_a_wish_and_takes_only_one() {
    let past = Past::with_quarantine();
    past.run(&["quarantine", "release"]).ends_with(2);
    past.run(&["quarantine", "release", "--all", "lost-1"]).ends_with(2);
    past.run(&["quarantine"]).ends_with(2);
    assert_eq!(past.quarantined(), everything());
}

#[test]
fn a_run_at_work_keeps_events_in_quarantine_and_can_be_looked_at() {
    let past = Past::with_quarantine();
    let guard = past.guard();
    past.run(&["quarantine", "release", "--all"])
        .ends_with(75)
        .says_on_stderr("another run holds the ledger")
        .says_on_stderr("reconcile, pid ")
        .says_on_stderr("since 2026-03-01T12:00:00Z");
    assert_eq!(past.quarantined(), everything());
    past.run(&["history"]).ends_with(0).says("left (10)");
    drop(guard);
    past.run(&["quarantine", "release", "--all"]).ends_with(0).says("4 events were released");
    assert_eq!(past.quarantined(), Vec::<String>::new());
}

#[test]
fn released_events_are_lines_for_a_script() {
    let past = Past::with_quarantine();
    let ended = past.run(&["quarantine", "release", "--all", "--format", "jsonl"]).ends_with(0);
    let records: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    let types: Vec<&str> = records.iter().map(|record| record["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["released", "released", "released", "released", "summary"], "{ended}");
    assert_eq!(records[4]["schema"], "hookmend/quarantine/1");
    assert_eq!(ended.stderr, "");
}

#[test]
fn past_runs_are_listed_newest_first_and_a_killed_one_is_unfinished() {
    let past = Past::with_quarantine();
    past.in_ledger(async |guard| {
        let start = RunStart { started_at: at(0) + TimeDelta::hours(1), ..run_start("20260301T130000Z-11111111") };
        guard.record_run_start(start).await.expect("a run begins");
    });
    let document = past.run(&["history", "--format", "json"]).ends_with(0).document();
    let runs = document["runs"].as_array().expect("an array");
    assert_eq!((runs.len(), &document["truncated"]), (2, &Value::Bool(false)));
    assert_eq!((&runs[0]["run_id"], &runs[0]["outcome"]), (&"20260301T130000Z-11111111".into(), &Value::Null));
    assert_eq!((&runs[1]["outcome"], &runs[1]["exit_code"]), (&"left".into(), &10.into()));
    past.run(&["history"]).ends_with(0).says("unfinished").says("killed, or is still at work");
    let newest = past.run(&["history", "--limit", "1"]).ends_with(0).says("The newest 1 run");
    assert!(!newest.stdout.contains(RUN), "{newest}");
}

#[test]
fn an_event_has_its_attempts_with_who_asked_and_a_run_has_its_own() {
    let past = Past::with_quarantine();
    let ended = past.run(&["history", &UUID.to_uppercase()]).ends_with(0);
    let ended = ended.says("refused by the receiver").says("ben on till-server").says("In quarantine since");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended}");
    past.run(&["history", RUN]).ends_with(0).says("Attempts (1)").says(UUID);
    let document = past.run(&["history", RUN, "nobody", "--format", "json"]).ends_with(0).document();
    assert_eq!(document["runs"][0]["attempts"][0]["event_id"], UUID);
    assert_eq!(document["events"][0]["event_id"], "nobody");
    assert_eq!(document["events"][0]["attempts"], Value::Array(Vec::new()));
}

#[test]
fn a_file_that_is_no_ledger_is_named_and_left_as_it_is() {
    let past = Past::empty();
    let file = past.home.path().join("notes.txt");
    std::fs::write(&file, "not a ledger\n".repeat(500)).expect("the home is writable");
    let path = file.display().to_string();
    for words in [&["history"][..], &["quarantine", "list"], &["quarantine", "release", "--all"]] {
        past.run(&[words, &["--ledger", &path]].concat()).ends_with(1).says_on_stderr("not a ledger");
    }
    assert_eq!(std::fs::read_to_string(&file).expect("readable"), "not a ledger\n".repeat(500));
}

#[test]
fn output_that_can_not_be_written_is_a_failure_and_a_closed_pipe_is_none() {
    let past = Past::with_quarantine();
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    let ended = past.program(&["history"]).stdout(full).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("can't write to standard output"), "{stderr}");
    let mut command = past.program(&["quarantine", "list"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = finish(format!("{command:?}"), child, b"").ends_with(0);
    assert_eq!(ended.stderr, "", "{ended}");
}

#[test]
fn help_has_examples_and_the_exit_status() {
    let past = Past::empty();
    for words in [&["quarantine"][..], &["quarantine", "list"], &["quarantine", "release"], &["history"]] {
        let ended = past.run(&[words, &["--help"]].concat()).ends_with(0);
        assert!(ended.stdout.contains("EXIT STATUS") && ended.stdout.contains("EXAMPLES"), "{ended}");
    }
}
