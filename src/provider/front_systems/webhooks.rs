//! Subscriptions as the vendor writes them, read leniently.
//!
//! It owns the shape of a webhook in requests and answers. It never leaves one out: a webhook whose
//! id can't be used is an error, because its events would go unlooked at.

use serde_json::{Map, Value, json};

use crate::event::WebhookId;
use crate::provider::{Webhook, WebhookDraft};

/// Reads one webhook.
///
/// # Errors
/// In words, when it is no object or its id can't be used.
pub fn read(value: &Value) -> Result<Webhook, String> {
    let fields = value.as_object().ok_or("it is not a JSON object")?;
    let id = match field(fields, "id") {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null) | None => return Err("it has no id".to_owned()),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            return Err("its id is neither text nor a number".to_owned());
        }
    };
    let id = WebhookId::new(&id).map_err(|error| error.to_string())?;
    let text = |name| field(fields, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let store_id = field(fields, "storeId").and_then(|store| match store {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    Ok(Webhook { id, event_type: text("event"), url: text("url"), store_id })
}

/// The body that creates or changes a webhook.
pub fn body(draft: &WebhookDraft) -> Value {
    json!({ "event": draft.event_type, "url": draft.url })
}

/// A field by its name, with either first letter: the vendor's platform writes both.
fn field<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).or_else(|| {
        let found = fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_read_leniently() {
        let webhook = read(&json!({"id": 7, "storeId": "12", "event": "SaleCreated", "new": [1]})).unwrap();
        assert_eq!(webhook.id.as_str(), "7");
        assert_eq!(webhook.store_id, Some(12));
        assert_eq!(webhook.event_type, "SaleCreated");
        assert_eq!(webhook.url, "");
        let webhook = read(&json!({"Id": "a-b", "StoreId": null, "Event": null, "Url": "https://x/"})).unwrap();
        assert_eq!((webhook.id.as_str(), webhook.url.as_str(), webhook.store_id), ("a-b", "https://x/", None));
    }

    #[test]
    fn a_webhook_without_a_usable_id_is_an_error() {
        for value in [json!({}), json!({"id": null}), json!({"id": []}), json!({"id": "../x"}), json!("x"), json!(null)]
        {
            assert!(read(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_draft_becomes_the_documented_body() {
        let draft = WebhookDraft { event_type: "SaleCreated".to_owned(), url: "https://x/".to_owned() };
        assert_eq!(body(&draft), json!({"event": "SaleCreated", "url": "https://x/"}));
    }
}
