use serde_json::{Value, json};

use super::*;
use crate::report::past::sample::{
    HOSTILE, after, answers, attempt, event_past, killed, list, open_attempt, quarantined, released, released_stay,
    run, runs,
};

fn document<T>(what: &T) -> Value
where
    Json: Show<T>,
{
    serde_json::from_slice(&bytes(what)).unwrap()
}

fn bytes<T>(what: &T) -> Vec<u8>
where
    Json: Show<T>,
{
    let mut bytes = Vec::new();
    Json.show(what, &mut bytes).unwrap();
    assert!(bytes.ends_with(b"}\n"));
    bytes
}

#[test]
fn the_quarantine_is_one_document() {
    let document = document(&list(vec![quarantined(2)]));
    let expected = json!({
        "schema": "hookmend/quarantine/1",
        "tool": TOOL,
        "action": "list",
        "ledger": "/state/hookmend/ledger.sqlite",
        "count": 1,
        "events": [{
            "webhook_id": "5c0b7a52-11d4-4a8e-9d1f-000000000001",
            "name": "sales",
            "event_id": "7d3e0b52-9c41-4f6a-8b1e-000000000002",
            "created_at": "2026-03-01T12:00:00.000Z",
            "quarantined_at": "2026-03-01T13:00:00.000Z",
            "attempts": 5,
            "reason": "used up its 5 attempts: the receiver answered 404",
            "end": null,
        }],
    });
    assert_eq!(document, expected);
}

#[test]
fn what_was_released_says_by_whom_and_when() {
    let document = document(&released(vec![quarantined(3)]));
    assert_eq!(document["action"], "release");
    assert_eq!(document["released_at"], "2026-03-01T13:30:00.000Z");
    assert_eq!(document["released_by"], "anna on till-server, at a terminal");
    assert_eq!(document["events"][0]["name"], Value::Null);
}

#[test]
fn a_run_is_told_whole() {
    let document = document(&runs(vec![killed(2), run(1)], Extent::Newest));
    assert_eq!((&document["schema"], &document["truncated"]), (&json!("hookmend/history/1"), &json!(true)));
    assert_eq!(document["events"], json!([]));
    let expected = json!({
        "run_id": "20260301T120001Z-0c2b86d1",
        "command": "reconcile",
        "asked_by": "anna on till-server, at a terminal",
        "started_at": "2026-03-01T12:10:00.000Z",
        "finished_at": "2026-03-01T12:10:12.000Z",
        "window": {"from": "2026-02-22T12:00:00.000Z", "to": "2026-03-01T12:10:00.000Z"},
        "webhooks": [
            {"webhook_id": "5c0b7a52-11d4-4a8e-9d1f-000000000001", "name": "sales"},
            {"webhook_id": "5c0b7a52-11d4-4a8e-9d1f-000000000002", "name": null},
        ],
        "outcome": "left",
        "exit_code": 10,
        "totals": {"resent": 12, "recovered": 10, "left": 2, "in_doubt": 0},
        "attempts_recorded": 12,
    });
    assert_eq!(document["runs"][1], expected);
    for nothing in ["finished_at", "outcome", "exit_code", "totals"] {
        assert_eq!(document["runs"][0][nothing], Value::Null, "{nothing}");
    }
}

#[test]
fn an_event_is_told_whole() {
    let past = event_past(vec![attempt(1), open_attempt(2)], vec![released_stay(2)]);
    let document = document(&answers(vec![past]));
    let event = &document["events"][0];
    let expected = json!({
        "webhook_id": "5c0b7a52-11d4-4a8e-9d1f-000000000001",
        "name": "sales",
        "event_id": "7d3e0b52-9c41-4f6a-8b1e-000000000007",
        "created_at": "2026-03-01T12:00:00.000Z",
        "run_id": "20260301T120001Z-0c2b86d1",
        "command": "reconcile",
        "asked_by": "anna on till-server, at a terminal",
        "intent_at": "2026-03-01T12:10:00.000Z",
        "ended_at": "2026-03-01T12:10:00.300Z",
        "status_before": "failed",
        "runs_before": 3,
        "conclusion": "refused",
        "status_code": 200,
        "runs_after": 4,
        "detail": "the receiver answered 404",
        "settlement": "delivery_failed",
        "settled_at": "2026-03-01T12:10:00.300Z",
        "evidence": "the run counter grew",
    });
    assert_eq!(event["attempts"][0], expected);
    assert_eq!(event["attempts"][1]["settlement"], Value::Null);
    let end = json!({"kind": "released", "at": "2026-03-01T13:30:00.000Z", "by": "anna on till-server, at a terminal"});
    assert_eq!(event["quarantine"][0]["end"], end);
    assert_eq!(document["runs"], json!([]));
}

#[test]
fn an_event_that_arrived_says_what_showed_it() {
    let end = QuarantineEnd::Resolved { at: after(1), evidence: "in the log".to_owned() };
    let stay = QuarantinedEvent { end: Some(end), ..quarantined(2) };
    let document = document(&answers(vec![event_past(Vec::new(), vec![stay])]));
    assert_eq!(document["events"][0]["quarantine"][0]["end"]["kind"], "resolved");
    assert_eq!(document["events"][0]["quarantine"][0]["end"]["evidence"], "in the log");
}

#[test]
fn a_run_that_was_asked_for_has_its_attempts() {
    let past = RunPast { run: run(1), attempts: vec![attempt(1)] };
    let document = document(&answers(vec![Answer::Run(past)]));
    assert_eq!(document["runs"][0]["attempts"][0]["conclusion"], "refused");
    assert_eq!(document["events"], json!([]));
}

#[test]
fn hostile_text_keeps_its_value_and_steers_no_terminal() {
    let event = QuarantinedEvent { reason: HOSTILE.to_owned(), ..quarantined(2) };
    let what = list(vec![event]);
    assert_eq!(document(&what)["events"][0]["reason"], HOSTILE);
    let text = String::from_utf8(bytes(&what)).unwrap();
    assert!(!text.contains(|character| character != '\n' && crate::report::text::is_hidden(character)), "{text:?}");
}

#[test]
fn totals_that_are_no_object_are_null() {
    for broken in ["", "7", "[1]", "{", &"[".repeat(10_000)] {
        let run = RunRecord { totals: Some(broken.to_owned()), ..run(1) };
        assert_eq!(document(&runs(vec![run], Extent::Whole))["runs"][0]["totals"], Value::Null, "{broken:.20}");
    }
}
