use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::attempt::Conclusion;
use crate::classify::Verdict;
use crate::event::{EventId, Window};
use crate::outcome::RunOutcome;
use crate::receipt::LogStats;
use crate::report::json::Json;
use crate::report::sample::{Sample, missing, noon, problem, report, settled, webhook};
use crate::run_report::{Counts, Mode, ProblemKind};
use crate::tracked::EventResult;

fn hook() -> WebhookId {
    WebhookId::new("w-1").expect("a usable id")
}

fn every_event() -> Vec<RunEvent> {
    let window = Window::new(noon(), noon() + chrono::TimeDelta::hours(1)).expect("a window");
    let filter = crate::provider::ListFilter::Failed;
    vec![
        RunEvent::RunStarted { run_id: "r".into(), command: "reconcile".into(), window, webhooks: vec![hook()] },
        RunEvent::SlicesPlanned { webhook: hook(), slices: 2 },
        RunEvent::SliceListed { webhook: hook(), slice: window, filter, records: 7 },
        RunEvent::SliceHalved { webhook: hook(), slice: window, reason: "a\nb\u{1b}".into() },
        RunEvent::LogRead { wanted: 7, found: 5, stats: LogStats { lines: 9, ..LogStats::default() } },
        RunEvent::Diffed { webhook: hook(), name: "SaleCreated".into(), counts: Counts::default() },
        RunEvent::RoundStarted { round: 1, resends: 2 },
        RunEvent::Attempted {
            webhook: hook(),
            event: EventId::new("e-1").expect("a usable id"),
            canary: true,
            conclusion: Conclusion::InDoubt,
            status_code: Some(500),
            detail: "the vendor failed".into(),
        },
        RunEvent::ReceiverDown { webhook: hook(), name: "SaleCreated".to_owned(), failures: 5 },
        RunEvent::Waiting { wait: Duration::from_millis(1_500), reason: "throttled".into() },
        RunEvent::Confirmed { round: 1, recovered: 1, outstanding: 1 },
        RunEvent::ProblemFound(problem(ProblemKind::InDoubt, "an attempt is in doubt", "run it again")),
    ]
}

fn finished() -> RunReport {
    let events = vec![
        settled(1),
        missing(2, 1, EventResult::Recovered),
        Sample::failed(3, Verdict::Missing).ended(1, EventResult::InDoubt).build(),
    ];
    let empty = webhook("w-2", "Other", Vec::new());
    let mut report = report(Mode::Act, RunOutcome::Undetermined, vec![webhook("w-1", "SaleCreated", events), empty]);
    report.problems.push(problem(ProblemKind::InDoubt, "an attempt is in doubt", "run it again"));
    report
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(bytes).expect("JSON is UTF-8");
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}

#[test]
fn everything_that_happens_is_one_tagged_line() {
    let monitor = JsonLinesMonitor::new(Vec::new());
    for event in every_event() {
        monitor.notice(&event);
    }
    let text = String::from_utf8(monitor.into_inner()).expect("JSON is UTF-8");
    insta::assert_snapshot!(text, @r#"
    {"type":"run","run_id":"r","command":"reconcile","window":{"from":"2026-03-01T12:00:00.000Z","to":"2026-03-01T13:00:00.000Z"},"webhooks":["w-1"]}
    {"type":"slices","webhook_id":"w-1","slices":2}
    {"type":"listing","webhook_id":"w-1","from":"2026-03-01T12:00:00.000Z","to":"2026-03-01T13:00:00.000Z","filter":"failed","records":7}
    {"type":"halved","webhook_id":"w-1","from":"2026-03-01T12:00:00.000Z","to":"2026-03-01T13:00:00.000Z","reason":"a\nb\u001b"}
    {"type":"log","wanted":7,"found":5,"lines":9,"ids":0,"unreadable":0,"first_unreadable":null,"bytes":0}
    {"type":"webhook","webhook_id":"w-1","name":"SaleCreated","listed":0,"failed":0,"delivered":0,"received":0,"missing":0,"unacknowledged":0,"lost_after_ack":0,"too_young":0,"unknown":0,"resent":0,"recovered":0,"left":0,"quarantined":0,"in_doubt":0}
    {"type":"round","round":1,"resends":2}
    {"type":"attempt","webhook_id":"w-1","event_id":"e-1","canary":true,"conclusion":"in_doubt","status_code":500,"detail":"the vendor failed"}
    {"type":"receiver_down","webhook_id":"w-1","name":"SaleCreated","failures":5}
    {"type":"waiting","seconds":1.5,"reason":"throttled"}
    {"type":"confirmed","round":1,"recovered":1,"outstanding":1}
    {"type":"problem","kind":"in_doubt","message":"an attempt is in doubt","hint":"run it again"}
    "#);
}

#[test]
fn the_stream_ends_with_the_unsettled_events_and_one_summary() {
    let monitor = JsonLinesMonitor::new(Vec::new());
    monitor.finish(&finished()).expect("a vector can be written to");
    let lines = lines(&monitor.into_inner());
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["event", "event", "summary"]);
    assert_eq!(lines[0]["webhook_id"], "w-1");
    assert_eq!(lines[0]["result"], "recovered");
    assert_eq!(lines[1]["result"], "in_doubt");
}

#[test]
fn the_summary_equals_the_document_without_its_events() {
    let report = finished();
    let mut document = Vec::new();
    Json.write_report(&report, &mut document).expect("a vector can be written to");
    let mut document: Value = serde_json::from_slice(&document).expect("valid JSON");
    for webhook in document["webhooks"].as_array_mut().expect("an array") {
        let events = webhook.as_object_mut().expect("an object").remove("events");
        assert!(events.is_some());
    }
    let mut stream = Vec::new();
    JsonLines.write_report(&report, &mut stream).expect("a vector can be written to");
    let mut summary = lines(&stream).pop().expect("a summary");
    assert_eq!(summary.as_object_mut().expect("an object").remove("type"), Some("summary".into()));
    assert_eq!(summary, document);
}

#[test]
fn the_event_records_equal_the_events_of_the_document() {
    let report = finished();
    let mut document = Vec::new();
    Json.write_report(&report, &mut document).expect("a vector can be written to");
    let document: Value = serde_json::from_slice(&document).expect("valid JSON");
    let mut stream = Vec::new();
    JsonLines.write_report(&report, &mut stream).expect("a vector can be written to");
    let mut records = lines(&stream);
    records.pop();
    for record in &mut records {
        let record = record.as_object_mut().expect("an object");
        record.remove("type");
        record.remove("webhook_id");
    }
    assert_eq!(&records, document["webhooks"][0]["events"].as_array().expect("an array"));
}

/// Fails with `kind` from the given write on.
struct Failing {
    written: Arc<Mutex<Vec<u8>>>,
    writes_left: usize,
    kind: io::ErrorKind,
}

impl Write for Failing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if self.writes_left == 0 {
            return Err(self.kind.into());
        }
        self.writes_left -= 1;
        self.written.lock().expect("no thread panicked").extend_from_slice(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failing(writes_left: usize, kind: io::ErrorKind) -> (JsonLinesMonitor<Failing>, Arc<Mutex<Vec<u8>>>) {
    let written = Arc::new(Mutex::new(Vec::new()));
    (JsonLinesMonitor::new(Failing { written: Arc::clone(&written), writes_left, kind }), written)
}

#[test]
fn a_reader_that_goes_away_ends_the_stream_and_not_the_run() {
    let (monitor, written) = failing(2, io::ErrorKind::BrokenPipe);
    for event in every_event() {
        monitor.notice(&event);
    }
    monitor.finish(&finished()).expect("a closed pipe is no error");
    assert_eq!(lines(&written.lock().expect("no thread panicked")).len(), 2);
}

#[test]
fn a_full_disk_is_told_at_the_end() {
    let (monitor, written) = failing(2, io::ErrorKind::StorageFull);
    for event in every_event() {
        monitor.notice(&event);
    }
    let error = monitor.finish(&finished()).expect_err("the stream is not whole");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(lines(&written.lock().expect("no thread panicked")).len(), 2);
}

#[test]
fn lines_of_many_threads_stay_whole() {
    let monitor = JsonLinesMonitor::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| every_event().iter().for_each(|event| monitor.notice(event)));
        }
    });
    assert_eq!(lines(&monitor.into_inner()).len(), 8 * every_event().len());
}

#[test]
fn a_large_report_is_written_in_whole_lines_piece_by_piece() {
    struct WholeLines(usize);
    impl Write for WholeLines {
        fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
            assert_eq!(piece.last(), Some(&b'\n'));
            assert!(piece.len() <= BATCH_BYTES + 4096, "{}", piece.len());
            self.0 += piece.iter().filter(|byte| **byte == b'\n').count();
            Ok(piece.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let events = vec![missing(1, 0, EventResult::Left); 50_000];
    let report = report(Mode::Check, RunOutcome::Left, vec![webhook("w-1", "SaleCreated", events)]);
    let mut out = WholeLines(0);
    JsonLines.write_report(&report, &mut out).expect("it can be written to");
    assert_eq!(out.0, 50_001);
}
