//! A past for tests.

use chrono::TimeDelta;

use super::*;
use crate::attempt::{AttemptId, Conclusion, Settlement};
use crate::event::{DeliveryStatus, Window};
use crate::history::QuarantineEnd;
use crate::report::sample::{noon, uuid};

/// What a hostile vendor or file might have had recorded.
pub(in crate::report) const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m \u{202e}gnp\nnext";

pub(in crate::report) fn after(minutes: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(minutes)
}

pub(in crate::report) fn webhook(number: u64) -> WebhookId {
    WebhookId::new(&format!("5c0b7a52-11d4-4a8e-9d1f-{number:012}")).unwrap()
}

pub(in crate::report) fn names() -> Names {
    Names::new([(webhook(1), "sales".to_owned())])
}

pub(in crate::report) fn source() -> Source {
    Source::Ledger(PathBuf::from("/state/hookmend/ledger.sqlite"))
}

pub(in crate::report) fn no_ledger() -> Source {
    Source::NoLedger(PathBuf::from("/state/hookmend/ledger.sqlite"))
}

pub(in crate::report) fn run(number: i64) -> RunRecord {
    RunRecord {
        run_id: format!("20260301T1200{number:02}Z-0c2b86d1"),
        command: "reconcile".to_owned(),
        asked_by: "anna on till-server, at a terminal".to_owned(),
        started_at: after(10 * number),
        finished_at: Some(after(10 * number) + TimeDelta::seconds(12)),
        window: Window::new(after(-10_080), after(10 * number)).unwrap(),
        webhooks: vec![webhook(1), webhook(2)],
        outcome: Some("left".to_owned()),
        totals: Some(r#"{"resent":12,"recovered":10,"left":2,"in_doubt":0}"#.to_owned()),
        attempts: 12,
    }
}

/// A run that was killed.
pub(in crate::report) fn killed(number: i64) -> RunRecord {
    RunRecord { finished_at: None, outcome: None, totals: None, asked_by: String::new(), ..run(number) }
}

pub(in crate::report) fn attempt(number: u64) -> AttemptRecord {
    let minutes = 10 * i64::try_from(number).unwrap();
    AttemptRecord {
        attempt: AttemptId(i64::try_from(number).unwrap()),
        run_id: run(minutes / 10).run_id,
        command: "reconcile".to_owned(),
        asked_by: "anna on till-server, at a terminal".to_owned(),
        webhook: webhook(1),
        event: EventId::new(&uuid(7)).unwrap(),
        created_at: Some(noon()),
        intent_at: after(minutes),
        status_before: DeliveryStatus::Failed,
        runs_before: Some(3),
        ended_at: Some(after(minutes) + TimeDelta::milliseconds(300)),
        conclusion: Some(Conclusion::Refused),
        status_code: Some(200),
        runs_after: Some(4),
        detail: Some("the receiver answered 404".to_owned()),
        settlement: Some(Settlement::DeliveryFailed),
        settled_at: Some(after(minutes) + TimeDelta::milliseconds(300)),
        evidence: Some("the run counter grew".to_owned()),
    }
}

/// An attempt whose outcome was never recorded.
pub(in crate::report) fn open_attempt(number: u64) -> AttemptRecord {
    AttemptRecord {
        ended_at: None,
        conclusion: None,
        status_code: None,
        runs_after: None,
        detail: None,
        settlement: None,
        settled_at: None,
        evidence: None,
        ..attempt(number)
    }
}

pub(in crate::report) fn quarantined(number: u64) -> QuarantinedEvent {
    QuarantinedEvent {
        webhook: webhook(1 + number % 2),
        event: EventId::new(&uuid(number)).unwrap(),
        created_at: Some(noon()),
        since: after(60),
        attempts: 5,
        reason: "used up its 5 attempts: the receiver answered 404".to_owned(),
        end: None,
    }
}

pub(in crate::report) fn released_stay(number: u64) -> QuarantinedEvent {
    let by = "anna on till-server, at a terminal".to_owned();
    QuarantinedEvent { end: Some(QuarantineEnd::Released { at: after(90), by }), ..quarantined(number) }
}

pub(in crate::report) fn list(events: Vec<QuarantinedEvent>) -> QuarantineList {
    QuarantineList { source: source(), names: names(), webhooks: Vec::new(), events }
}

pub(in crate::report) fn released(events: Vec<QuarantinedEvent>) -> Released {
    let by = "anna on till-server, at a terminal".to_owned();
    Released { source: source(), names: names(), events, by, at: after(90) }
}

pub(in crate::report) fn runs(runs: Vec<RunRecord>, extent: Extent) -> RunList {
    RunList { source: source(), names: names(), runs, extent }
}

pub(in crate::report) fn event_past(attempts: Vec<AttemptRecord>, stays: Vec<QuarantinedEvent>) -> Answer {
    Answer::Event(EventPast { event: EventId::new(&uuid(7)).unwrap(), attempts, stays })
}

pub(in crate::report) fn answers(answers: Vec<Answer>) -> Answers {
    Answers { source: source(), names: names(), answers }
}
