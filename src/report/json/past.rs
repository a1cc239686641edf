//! The documents about the past, schemas `hookmend/quarantine/1` and `hookmend/history/1`: fields
//! are only ever added.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::PrettyFormatter;

use super::{Json, Range, Readable, TOOL, Time};
use crate::event::{DeliveryStatus, WebhookId};
use crate::history::{AttemptRecord, QuarantineEnd, QuarantinedEvent, RunRecord};
use crate::report::past::{
    Answer, Answers, EventPast, Extent, Names, QuarantineList, Released, RunList, RunPast, Show, exit_code,
};

/// The schema of what is and was in quarantine.
pub const QUARANTINE_SCHEMA: &str = "hookmend/quarantine/1";
/// The schema of runs and attempts.
pub const HISTORY_SCHEMA: &str = "hookmend/history/1";

impl Show<QuarantineList> for Json {
    fn show(&self, what: &QuarantineList, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&QuarantineDocument::listed(what, Parts::Shown), out)
    }
}

impl Show<Released> for Json {
    fn show(&self, what: &Released, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&QuarantineDocument::released(what, Parts::Shown), out)
    }
}

impl Show<RunList> for Json {
    fn show(&self, what: &RunList, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&HistoryDocument::of_runs(what, Parts::Shown), out)
    }
}

impl Show<Answers> for Json {
    fn show(&self, what: &Answers, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&HistoryDocument::of_answers(what, Parts::Shown), out)
    }
}

pub(super) fn write_document(document: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut buffered = io::BufWriter::with_capacity(64 * 1024, out);
    let mut serializer = serde_json::Serializer::with_formatter(&mut buffered, Readable(PrettyFormatter::new()));
    document.serialize(&mut serializer)?;
    io::Write::write_all(&mut buffered, b"\n")?;
    io::Write::flush(&mut buffered)
}

/// Whether a document holds its records, or is the summary that follows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Parts {
    /// It holds them.
    Shown,
    /// They went before it.
    LeftOut,
}

impl Parts {
    pub(super) fn of<T>(self, records: impl Iterator<Item = T>) -> Option<Vec<T>> {
        match self {
            Self::Shown => Some(records.collect()),
            Self::LeftOut => None,
        }
    }
}

/// What is in quarantine, or what was released from it.
#[derive(Serialize)]
pub(in crate::report) struct QuarantineDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    action: &'static str,
    ledger: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    released_by: Option<&'a str>,
    count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<StayView<'a>>>,
}

impl<'a> QuarantineDocument<'a> {
    pub(in crate::report) fn listed(list: &'a QuarantineList, parts: Parts) -> Self {
        Self {
            schema: QUARANTINE_SCHEMA,
            tool: TOOL,
            action: "list",
            ledger: list.source.path(),
            released_at: None,
            released_by: None,
            count: list.events.len(),
            events: parts.of(list.events.iter().map(|event| StayView::of(event, &list.names))),
        }
    }

    pub(in crate::report) fn released(released: &'a Released, parts: Parts) -> Self {
        Self {
            schema: QUARANTINE_SCHEMA,
            tool: TOOL,
            action: "release",
            ledger: released.source.path(),
            released_at: Some(Time(released.at)),
            released_by: Some(&released.by),
            count: released.events.len(),
            events: parts.of(released.events.iter().map(|event| StayView::of(event, &released.names))),
        }
    }
}

/// One event that is or was in quarantine.
#[derive(Serialize)]
pub(in crate::report) struct StayView<'a> {
    webhook_id: &'a str,
    name: Option<&'a str>,
    event_id: Cow<'a, str>,
    created_at: Option<Time>,
    quarantined_at: Time,
    attempts: u32,
    reason: &'a str,
    end: Option<EndView<'a>>,
}

impl<'a> StayView<'a> {
    pub(in crate::report) fn of(stay: &'a QuarantinedEvent, names: &'a Names) -> Self {
        Self {
            webhook_id: stay.webhook.as_str(),
            name: names.of(&stay.webhook),
            event_id: stay.event.text(),
            created_at: stay.created_at.map(Time),
            quarantined_at: Time(stay.since),
            attempts: stay.attempts,
            reason: &stay.reason,
            end: stay.end.as_ref().map(|end| match end {
                QuarantineEnd::Released { at, by } => EndView::Released { at: Time(*at), by },
                QuarantineEnd::Resolved { at, evidence } => EndView::Resolved { at: Time(*at), evidence },
            }),
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum EndView<'a> {
    Released { at: Time, by: &'a str },
    Resolved { at: Time, evidence: &'a str },
}

/// Past runs, or what is known of single events and runs.
#[derive(Serialize)]
pub(in crate::report) struct HistoryDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    ledger: Cow<'a, str>,
    /// Whether older runs were left out.
    truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<Vec<RunView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<EventView<'a>>>,
}

impl<'a> HistoryDocument<'a> {
    pub(in crate::report) fn of_runs(list: &'a RunList, parts: Parts) -> Self {
        Self {
            schema: HISTORY_SCHEMA,
            tool: TOOL,
            ledger: list.source.path(),
            truncated: match list.extent {
                Extent::Whole => false,
                Extent::Newest => true,
            },
            runs: parts.of(list.runs.iter().map(|run| RunView::of(run, &list.names))),
            events: parts.of(std::iter::empty()),
        }
    }

    pub(in crate::report) fn of_answers(answers: &'a Answers, parts: Parts) -> Self {
        let runs = answers.answers.iter().filter_map(|answer| match answer {
            Answer::Run(past) => Some(RunView::with_attempts(past, &answers.names)),
            Answer::Event(_) => None,
        });
        let events = answers.answers.iter().filter_map(|answer| match answer {
            Answer::Event(past) => Some(EventView::of(past, &answers.names)),
            Answer::Run(_) => None,
        });
        Self {
            schema: HISTORY_SCHEMA,
            tool: TOOL,
            ledger: answers.source.path(),
            truncated: false,
            runs: parts.of(runs),
            events: parts.of(events),
        }
    }
}

/// One run.
#[derive(Serialize)]
pub(in crate::report) struct RunView<'a> {
    run_id: &'a str,
    command: &'a str,
    asked_by: &'a str,
    started_at: Time,
    finished_at: Option<Time>,
    window: Range,
    webhooks: Vec<WebhookView<'a>>,
    outcome: Option<&'a str>,
    exit_code: Option<u8>,
    totals: Option<Value>,
    attempts_recorded: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<Vec<AttemptView<'a>>>,
}

impl<'a> RunView<'a> {
    pub(in crate::report) fn of(run: &'a RunRecord, names: &'a Names) -> Self {
        Self {
            run_id: &run.run_id,
            command: &run.command,
            asked_by: &run.asked_by,
            started_at: Time(run.started_at),
            finished_at: run.finished_at.map(Time),
            window: Range { from: Time(run.window.from()), to: Time(run.window.to()) },
            webhooks: run.webhooks.iter().map(|webhook| WebhookView::of(webhook, names)).collect(),
            outcome: run.outcome.as_deref(),
            exit_code: exit_code(run).map(|code| code.number()),
            totals: totals(run),
            attempts_recorded: run.attempts,
            attempts: None,
        }
    }

    fn with_attempts(past: &'a RunPast, names: &'a Names) -> Self {
        let attempts = past.attempts.iter().map(|attempt| AttemptView::of(attempt, names)).collect();
        Self { attempts: Some(attempts), ..Self::of(&past.run, names) }
    }
}

/// The totals as they were recorded, if they are an object.
fn totals(run: &RunRecord) -> Option<Value> {
    serde_json::from_str(run.totals.as_deref()?).ok().filter(Value::is_object)
}

#[derive(Serialize)]
struct WebhookView<'a> {
    webhook_id: &'a str,
    name: Option<&'a str>,
}

impl<'a> WebhookView<'a> {
    fn of(webhook: &'a WebhookId, names: &'a Names) -> Self {
        Self { webhook_id: webhook.as_str(), name: names.of(webhook) }
    }
}

/// What is known of one event.
#[derive(Serialize)]
struct EventView<'a> {
    event_id: Cow<'a, str>,
    attempts: Vec<AttemptView<'a>>,
    quarantine: Vec<StayView<'a>>,
}

impl<'a> EventView<'a> {
    fn of(past: &'a EventPast, names: &'a Names) -> Self {
        Self {
            event_id: past.event.text(),
            attempts: past.attempts.iter().map(|attempt| AttemptView::of(attempt, names)).collect(),
            quarantine: past.stays.iter().map(|stay| StayView::of(stay, names)).collect(),
        }
    }
}

/// One attempt.
#[derive(Serialize)]
pub(in crate::report) struct AttemptView<'a> {
    webhook_id: &'a str,
    name: Option<&'a str>,
    event_id: Cow<'a, str>,
    created_at: Option<Time>,
    run_id: &'a str,
    command: &'a str,
    asked_by: &'a str,
    intent_at: Time,
    ended_at: Option<Time>,
    status_before: &'static str,
    runs_before: Option<u32>,
    conclusion: Option<&'static str>,
    status_code: Option<u16>,
    runs_after: Option<u32>,
    detail: Option<&'a str>,
    settlement: Option<&'static str>,
    settled_at: Option<Time>,
    evidence: Option<&'a str>,
}

impl<'a> AttemptView<'a> {
    pub(in crate::report) fn of(attempt: &'a AttemptRecord, names: &'a Names) -> Self {
        Self {
            webhook_id: attempt.webhook.as_str(),
            name: names.of(&attempt.webhook),
            event_id: attempt.event.text(),
            created_at: attempt.created_at.map(Time),
            run_id: &attempt.run_id,
            command: &attempt.command,
            asked_by: &attempt.asked_by,
            intent_at: Time(attempt.intent_at),
            ended_at: attempt.ended_at.map(Time),
            status_before: status_name(attempt.status_before),
            runs_before: attempt.runs_before,
            conclusion: attempt.conclusion.map(|conclusion| conclusion.name()),
            status_code: attempt.status_code,
            runs_after: attempt.runs_after,
            detail: attempt.detail.as_deref(),
            settlement: attempt.settlement.map(|settlement| settlement.name()),
            settled_at: attempt.settled_at.map(Time),
            evidence: attempt.evidence.as_deref(),
        }
    }
}

fn status_name(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Pending => "pending",
        DeliveryStatus::Unrecognised => "unrecognised",
    }
}
#[cfg(test)]
mod tests;
