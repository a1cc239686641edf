//! What is shown of single events: the vendor's record taken apart, what the received log says, and what
//! the ledger tells. Data only; how it looks is each format's.
//!
//! A payload is personal data, so it is shown only where somebody asked for it. The shape of a record
//! is not documented: what is not known to be harmless is treated like a payload.

use serde_json::{Map, Value};

use crate::event::WebhookId;
use crate::provider::EventDetail;
use crate::receipt::Receipt;
use crate::report::past::{EventPast, Names, Source};
use crate::report::vendor::Urls;

/// Whether payloads are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payloads {
    /// They are not.
    #[default]
    Hidden,
    /// They are, because somebody asked for them.
    Shown,
}

/// Single events, in the order in which they were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The ledger.
    pub source: Source,
    /// What webhooks are called.
    pub names: Names,
    /// How URLs are shown.
    pub urls: Urls,
    /// Whether payloads are shown.
    pub payloads: Payloads,
    /// The events.
    pub events: Vec<InspectedEvent>,
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectedEvent {
    /// Its id, and what the ledger tells of it.
    pub past: EventPast,
    /// What the vendor shows.
    pub found: Found,
    /// What the received log says, where there is one.
    pub receipt: Option<Receipt>,
}

/// What the vendor shows of an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Its record.
    Known {
        /// The webhook it belongs to.
        webhook: WebhookId,
        /// The record.
        detail: Box<EventDetail>,
    },
    /// None of these webhooks knows it.
    Unknown(Vec<WebhookId>),
}

/// Fields of a record that are shown in their own places.
const KNOWN: [&str; 10] = [
    "webhookId",
    "webhookEventId",
    "createdDateTime",
    "updatedDateTime",
    "status",
    "statusCode",
    "success",
    "runsCounter",
    "runs",
    "payload",
];

/// What a field is called that may hold a payload, or a part of one.
const PAYLOAD_LIKE: [&str; 6] = ["payload", "body", "content", "data", "request", "response"];
/// The longest text of a run that can be no payload, in characters.
const LONGEST_TEXT: usize = 200;

/// A vendor's record taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record<'a> {
    /// When it was changed last, in the vendor's words.
    pub updated: Option<&'a str>,
    /// The runs, as they come.
    pub runs: Option<&'a Value>,
    /// The payload.
    pub payload: Option<&'a Value>,
    /// Fields that nobody knows.
    pub further: Vec<(&'a str, &'a Value)>,
}

impl<'a> Record<'a> {
    /// Takes a record apart; one that is no object has no parts.
    pub fn of(record: &'a Value) -> Self {
        let Some(fields) = record.as_object() else { return Self::default() };
        let field = |name: &str| find(fields, name).filter(|value| !value.is_null());
        let is_known = |name: &str| KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name));
        let further = fields.iter().filter(|(name, _)| !is_known(name));
        Self {
            updated: field("updatedDateTime").and_then(Value::as_str),
            runs: field("runs"),
            payload: field("payload"),
            further: further.map(|(name, value)| (name.as_str(), value)).collect(),
        }
    }
}

/// A field by its name, with either first letter: the vendor's platform writes both.
fn find<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields
        .get(name)
        .or_else(|| fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A value without what may be a payload or a part of one: fields that are called like it, and texts that
/// are long or look like a document.
pub fn without_payload(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().filter(|value| !is_payload(value)).map(without_payload).collect(),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| !is_called_payload(name) && !is_payload(value));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_payload(value))).collect())
        }
        Value::String(_) if is_payload(value) => Value::Null,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn is_called_payload(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.chars().count() > LONGEST_TEXT || PAYLOAD_LIKE.iter().any(|like| name.contains(like))
}

fn is_payload(value: &Value) -> bool {
    let Value::String(text) = value else { return false };
    text.trim_start().starts_with(['{', '[', '<']) || text.contains('\n') || text.chars().nth(LONGEST_TEXT).is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_is_taken_apart_with_either_first_letter() {
        let record = json!({
            "webhookEventId": "e", "UpdatedDateTime": "2021-12-09T08:50:46", "Runs": [1], "PAYLOAD": {"a": 1},
            "eventData": {"name": "Åse"}, "success": null,
        });
        let parts = Record::of(&record);
        assert_eq!((parts.updated, parts.runs), (Some("2021-12-09T08:50:46"), Some(&json!([1]))));
        assert_eq!(parts.payload, Some(&json!({"a": 1})));
        assert_eq!(parts.further, [("eventData", &json!({"name": "Åse"}))]);
        assert_eq!(Record::of(&json!([1])), Record::default());
        assert_eq!(Record::of(&json!({"runs": null, "payload": null})), Record::default());
    }

    #[test]
    fn nothing_that_may_be_a_payload_is_left_in_runs() {
        let runs = json!([
            {
                "at": "2021", "statusCode": 500, "success": false, "requestBody": "Åse", "eventPayload": {"a": "Åse"},
                "ResponseContent": "Åse", "note": "{\"name\":\"Åse\"}", "xml": " <name>Åse</name>",
                "lines": "a\nÅse", "long": format!("{}Åse", "x".repeat(300)), "inner": {"data": "Åse", "try": 1},
            },
            "{\"name\":\"Åse\"}",
            7,
        ]);
        let kept = without_payload(&runs);
        assert!(!kept.to_string().contains("Åse"), "{kept}");
        assert_eq!(kept, json!([{"at": "2021", "statusCode": 500, "success": false, "inner": {"try": 1}}, 7]));
        assert_eq!(without_payload(&json!("{\"name\":\"Åse\"}")), Value::Null);
    }
}
