//! The document about single events, schema `hookmend/event/1`: fields are only ever added.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::{Map, Value};

use super::past::{EventView as PastView, Parts, write_document};
use super::{Json, TOOL, Time};
use crate::provider::EventDetail;
use crate::receipt::Receipt;
use crate::report::inspect::{Found, InspectedEvent, Inspection, Payloads, Record, without_payload};
use crate::report::past::Show;

/// The schema of single events.
pub const EVENT_SCHEMA: &str = "hookmend/event/1";

impl Show<Inspection> for Json {
    fn show(&self, what: &Inspection, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&InspectionDocument::of(what, Parts::Shown), out)
    }
}

/// Single events.
#[derive(Serialize)]
pub(in crate::report) struct InspectionDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    ledger: Cow<'a, str>,
    count: usize,
    /// How many of them the vendor knows.
    found: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<InspectedView<'a>>>,
}

impl<'a> InspectionDocument<'a> {
    pub(in crate::report) fn of(what: &'a Inspection, parts: Parts) -> Self {
        let is_known = |event: &&InspectedEvent| matches!(event.found, Found::Known { .. });
        Self {
            schema: EVENT_SCHEMA,
            tool: TOOL,
            ledger: what.source.path(),
            count: what.events.len(),
            found: what.events.iter().filter(is_known).count(),
            events: parts.of(what.events.iter().map(|event| InspectedView::of(what, event))),
        }
    }
}

/// One event.
#[derive(Serialize)]
pub(in crate::report) struct InspectedView<'a> {
    event_id: Cow<'a, str>,
    found: bool,
    webhook_id: Option<&'a str>,
    name: Option<&'a str>,
    /// The webhooks that do not know it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asked: Vec<&'a str>,
    #[serde(flatten)]
    record: Option<RecordView<'a>>,
    receipt: Option<&'static str>,
    receipt_reason: Option<&'static str>,
    history: PastView<'a>,
}

impl<'a> InspectedView<'a> {
    pub(in crate::report) fn of(what: &'a Inspection, event: &'a InspectedEvent) -> Self {
        let (webhook, record, asked) = match &event.found {
            Found::Known { webhook, detail } => (Some(webhook), Some(RecordView::of(what, detail)), Vec::new()),
            Found::Unknown(asked) => (None, None, asked.iter().map(|webhook| webhook.as_str()).collect()),
        };
        let (receipt, receipt_reason) = match event.receipt {
            None => (None, None),
            Some(Receipt::Found) => (Some("found"), None),
            Some(Receipt::Absent) => (Some("absent"), None),
            Some(Receipt::OutOfCoverage(gap)) => (Some("out_of_coverage"), Some(gap.reason())),
        };
        Self {
            event_id: event.past.event.text(),
            found: webhook.is_some(),
            webhook_id: webhook.map(|webhook| webhook.as_str()),
            name: webhook.and_then(|webhook| what.names.of(webhook)),
            asked,
            record,
            receipt,
            receipt_reason,
            history: PastView::of(&event.past, &what.names),
        }
    }
}

/// What the vendor shows.
#[derive(Serialize)]
struct RecordView<'a> {
    created_at: Option<Time>,
    updated_at: Option<Cow<'a, str>>,
    status: &'static str,
    status_text: Option<Cow<'a, str>>,
    status_code: Option<u16>,
    runs_counter: Option<u32>,
    runs: Option<Value>,
    /// Fields of the record that nobody knows; their values stand in `further`, with the payload.
    further_fields: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<Cow<'a, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    further: Option<Value>,
}

impl<'a> RecordView<'a> {
    fn of(what: &'a Inspection, detail: &'a EventDetail) -> Self {
        let record = Record::of(&detail.record);
        let (event, urls) = (&detail.event, what.urls);
        let runs = record.runs.map(|runs| match what.payloads {
            Payloads::Hidden => urls.json(&without_payload(runs)).into_owned(),
            Payloads::Shown => urls.json(runs).into_owned(),
        });
        let (payload, further) = match what.payloads {
            Payloads::Hidden => (None, None),
            Payloads::Shown => {
                let fields = record.further.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone()));
                let further = Value::Object(fields.collect::<Map<_, _>>());
                let payload = record.payload.map_or(Cow::Owned(Value::Null), |payload| urls.json(payload));
                (Some(payload), Some(urls.json(&further).into_owned()))
            }
        };
        Self {
            created_at: event.created().map(Time),
            updated_at: record.updated.map(|updated| urls.text(updated)),
            status: event.status.name(),
            status_text: event.status_text.as_deref().map(|words| urls.text(words)),
            status_code: event.status_code,
            runs_counter: event.runs,
            runs,
            further_fields: record.further.iter().map(|(name, _)| *name).collect(),
            payload,
            further,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::{DeliveryStatus, Event, EventId, WebhookId};
    use crate::receipt::CoverageGap;
    use crate::report::past::{EventPast, Names, Source};
    use crate::report::vendor::Urls;

    fn inspection(payloads: Payloads) -> Inspection {
        let id = EventId::new("lost-1").unwrap();
        let event = Event {
            id: id.clone(),
            created_at: None,
            status: DeliveryStatus::Failed,
            status_text: Some("see https://h.example/?k=hunter2".into()),
            status_code: Some(502),
            runs: Some(1),
            alternate_ids: None,
        };
        let record = json!({
            "runs": [{"statusCode": 502, "body": "Åse"}], "payload": {"name": "Åse", "at": "https://h.example/?k=hunter2"},
            "more": "Åse",
        });
        let webhook = WebhookId::new("hook-1").unwrap();
        let past = || EventPast { event: id.clone(), attempts: Vec::new(), stays: Vec::new() };
        let detail = Box::new(EventDetail { event, record });
        let known = InspectedEvent {
            past: past(),
            found: Found::Known { webhook: webhook.clone(), detail },
            receipt: Some(Receipt::OutOfCoverage(CoverageGap::BeforeLog)),
        };
        let unknown = InspectedEvent { past: past(), found: Found::Unknown(vec![webhook]), receipt: None };
        Inspection {
            source: Source::NoLedger("l.sqlite".into()),
            names: Names::default(),
            urls: Urls::Masked,
            payloads,
            events: vec![known, unknown],
        }
    }

    fn document(what: &Inspection) -> Value {
        let mut bytes = Vec::new();
        Json.show(what, &mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn events_have_the_published_fields() {
        let history = json!({"event_id": "lost-1", "attempts": [], "quarantine": []});
        let known = json!({
            "event_id": "lost-1", "found": true, "webhook_id": "hook-1", "name": null, "created_at": null,
            "updated_at": null, "status": "failed", "status_text": "see https://h.example/?k=***", "status_code": 502,
            "runs_counter": 1, "runs": [{"statusCode": 502}], "further_fields": ["more"],
            "receipt": "out_of_coverage", "receipt_reason": "the event is older than the received log",
            "history": history,
        });
        let unknown = json!({
            "event_id": "lost-1", "found": false, "webhook_id": null, "name": null, "asked": ["hook-1"],
            "receipt": null, "receipt_reason": null, "history": history,
        });
        let expected = json!({
            "schema": "hookmend/event/1", "tool": TOOL, "ledger": "l.sqlite", "count": 2, "found": 1,
            "events": [known, unknown],
        });
        assert_eq!(document(&inspection(Payloads::Hidden)), expected);
    }

    #[test]
    fn a_payload_comes_with_what_nobody_knows_and_without_secrets() {
        let shown = document(&inspection(Payloads::Shown));
        let event = &shown["events"][0];
        assert_eq!(event["payload"], json!({"name": "Åse", "at": "https://h.example/?k=***"}));
        assert_eq!((&event["further"], &event["runs"][0]["body"]), (&json!({"more": "Åse"}), &"Åse".into()));
    }
}
