use std::io::Write;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::classify::Verdict;
use crate::event::DeliveryStatus;
use crate::outcome::RunOutcome;
use crate::report::sample::{Sample, missing, problem, report, settled, webhook};
use crate::run_report::ProblemKind;
use crate::tracked::EventResult;

fn written(report: &RunReport) -> String {
    let mut out = Vec::new();
    Json.write_report(report, &mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn document(report: &RunReport) -> Value {
    serde_json::from_str(&written(report)).expect("valid JSON")
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

const COUNTS: [&str; 14] = [
    "listed",
    "failed",
    "delivered",
    "received",
    "missing",
    "unacknowledged",
    "lost_after_ack",
    "too_young",
    "unknown",
    "resent",
    "recovered",
    "left",
    "quarantined",
    "in_doubt",
];

fn sample() -> RunReport {
    let events = vec![
        settled(1),
        missing(2, 1, EventResult::Recovered),
        Sample::failed(3, Verdict::TooYoung).says(None, "").undated().build(),
    ];
    let mut report = report(Mode::DryRun, RunOutcome::Left, vec![webhook("w-1", "SaleCreated", events)]);
    report.problems.push(problem(ProblemKind::LogCoverage, "the log is short", "give the rotated logs as well"));
    report
}

#[test]
fn the_document_has_every_published_field_and_no_other() {
    let document = document(&sample());
    let published = [
        "schema",
        "selection",
        "tool",
        "run_id",
        "command",
        "dry_run",
        "started_at",
        "finished_at",
        "window",
        "outcome",
        "exit_code",
        "totals",
        "webhooks",
        "problems",
    ];
    assert_eq!(keys(&document), sorted(&published));
    assert_eq!(keys(&document["window"]), ["from", "to"]);
    let totals: Vec<_> = COUNTS.into_iter().chain(["rounds", "requests"]).collect();
    assert_eq!(keys(&document["totals"]), sorted(&totals));
    assert_eq!(keys(&document["totals"]["requests"]), ["get", "list", "resend"]);
    let webhook: Vec<_> = COUNTS.into_iter().chain(["webhook_id", "name", "events"]).collect();
    assert_eq!(keys(&document["webhooks"][0]), sorted(&webhook));
    let event = ["event_id", "created_at", "verdict", "status", "status_code", "attempts", "result", "reason"];
    assert_eq!(keys(&document["webhooks"][0]["events"][0]), sorted(&event));
    assert_eq!(keys(&document["problems"][0]), ["hint", "kind", "message"]);
}

#[test]
fn every_field_has_the_published_type() {
    let document = document(&sample());
    assert_eq!(document["schema"], "hookmend/report/1");
    assert_eq!(document["tool"], format!("hookmend {}", env!("CARGO_PKG_VERSION")));
    assert_eq!(document["run_id"], "01JNB3V0Z8Q6");
    assert_eq!(document["command"], "reconcile");
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["started_at"], "2026-03-03T12:00:00.000Z");
    assert_eq!(document["finished_at"], "2026-03-03T12:00:04.250Z");
    assert_eq!(document["window"]["from"], "2026-02-24T12:00:00.000Z");
    assert_eq!(document["outcome"], "left");
    assert_eq!(document["exit_code"], 0);
    for counts in [&document["totals"], &document["webhooks"][0]] {
        assert!(COUNTS.iter().all(|name| counts[name].is_u64()), "{counts}");
    }
    assert_eq!(document["totals"]["listed"], 3);
    assert_eq!(document["totals"]["rounds"], 1);
    assert_eq!(document["totals"]["requests"]["resend"], 1);
    let events = document["webhooks"][0]["events"].as_array().expect("an array");
    assert_eq!(events.len(), 2, "the settled event is not listed");
    assert_eq!(
        events[0],
        serde_json::json!({
            "event_id": "7d3e0b52-9c41-4f6a-8b1e-000000000002",
            "created_at": "2026-03-01T12:03:14.000Z",
            "verdict": "missing",
            "status": "Not found",
            "status_code": 404,
            "attempts": 1,
            "result": "recovered",
            "reason": "the vendor failed to deliver it and the received log does not hold it",
        })
    );
    for unknown in ["created_at", "status", "status_code", "result"] {
        assert_eq!(events[1][unknown], Value::Null, "{unknown}");
    }
}

#[test]
fn fields_stand_in_the_published_order() {
    let text = written(&sample());
    let place = |name: &str| text.find(&format!("\"{name}\"")).expect(name);
    let published = ["schema", "tool", "run_id", "window", "totals", "listed", "rounds", "requests", "webhooks"];
    assert!(published.is_sorted_by_key(|name| place(name)), "{text}");
}

#[test]
fn ids_that_attack_a_terminal_come_back_whole_and_are_never_raw() {
    let hostile = "a\u{1b}]0;x\u{7}\n\u{9b}2J\u{202e}\u{e0041}\"\\<script>=1+1##vso[task.x]";
    let events = vec![Sample::new(hostile, DeliveryStatus::Failed, Verdict::Missing).because("\u{85}").build()];
    let report = report(Mode::Check, RunOutcome::Left, vec![webhook("w-1", "\u{1b}[31m", events)]);
    let text = written(&report);
    assert!(!text.replace('\n', "").contains(is_hidden), "{text}");
    assert!(!text.contains("##"), "{text}");
    let document: Value = serde_json::from_str(&text).expect("valid JSON");
    assert_eq!(document["webhooks"][0]["events"][0]["event_id"], hostile);
    assert_eq!(document["webhooks"][0]["events"][0]["reason"], "\u{85}");
    assert_eq!(document["webhooks"][0]["name"], "\u{1b}[31m");
}

/// Counts what is written and remembers the largest piece.
#[derive(Default)]
struct Counting {
    bytes: usize,
    largest: usize,
    writes: usize,
}

impl Write for Counting {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        self.bytes += piece.len();
        self.largest = self.largest.max(piece.len());
        self.writes += 1;
        Ok(piece.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_large_report_is_written_piece_by_piece() {
    let events = vec![missing(1, 0, EventResult::Left); 200_000];
    let report = report(Mode::Check, RunOutcome::Left, vec![webhook("w-1", "SaleCreated", events)]);
    let mut out = Counting::default();
    Json.write_report(&report, &mut out).expect("it can be written to");
    assert!(out.bytes > 200_000 * 200, "{}", out.bytes);
    assert!(out.largest <= 64 * 1024, "{}", out.largest);
    assert!(out.writes >= out.bytes / (64 * 1024), "{}", out.writes);
}

#[test]
fn a_failing_writer_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _piece: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = Json.write_report(&sample(), &mut Full).expect_err("nothing can be written");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}

proptest! {
    #[test]
    fn any_text_comes_back_as_it_was(text in any::<String>()) {
        let mut line = Vec::new();
        append_compact(&mut line, &text).expect("a vector can be written to");
        let line = String::from_utf8(line).expect("JSON is UTF-8");
        prop_assert!(!line.contains(is_hidden));
        prop_assert!(!line.contains("##"));
        prop_assert_eq!(serde_json::from_str::<String>(&line).expect("valid JSON"), text);
    }
}
