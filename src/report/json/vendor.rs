//! The documents about the vendor, schemas `hookmend/webhooks/1` and `hookmend/types/1`: fields are
//! only ever added.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::Value;

use super::past::{Parts, write_document};
use super::{Json, TOOL};
use crate::provider::Webhook;
use crate::report::past::{Names, Show};
use crate::report::vendor::{TypeList, TypeSchema, Urls, WebhookList, named_types};

/// The schema of webhooks.
pub const WEBHOOKS_SCHEMA: &str = "hookmend/webhooks/1";
/// The schema of event types.
pub const TYPES_SCHEMA: &str = "hookmend/types/1";

impl Show<WebhookList> for Json {
    fn show(&self, what: &WebhookList, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&WebhooksDocument::of(what, Parts::Shown), out)
    }
}

impl Show<TypeList> for Json {
    fn show(&self, what: &TypeList, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&TypesDocument::of_list(what), out)
    }
}

impl Show<TypeSchema> for Json {
    fn show(&self, what: &TypeSchema, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&TypesDocument::of_schema(what), out)
    }
}

/// Webhooks, and what was done with them.
#[derive(Serialize)]
pub(in crate::report) struct WebhooksDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    action: &'static str,
    count: usize,
    /// Whether the vendor now shows what was asked for; null when nothing was, or it was not seen.
    confirmed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<WebhookView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhooks: Option<Vec<WebhookView<'a>>>,
}

impl<'a> WebhooksDocument<'a> {
    pub(in crate::report) fn of(list: &'a WebhookList, parts: Parts) -> Self {
        let view = |webhook: &'a Webhook| WebhookView::of(webhook, &list.names, list.urls);
        Self {
            schema: WEBHOOKS_SCHEMA,
            tool: TOOL,
            action: list.action.name(),
            count: list.webhooks.len(),
            confirmed: list.confirmation.holds(),
            previous: list.previous.as_ref().map(view),
            webhooks: parts.of(list.webhooks.iter().map(view)),
        }
    }
}

/// One webhook.
#[derive(Serialize)]
pub(in crate::report) struct WebhookView<'a> {
    webhook_id: &'a str,
    name: Option<&'a str>,
    event_type: &'a str,
    store_id: Option<i64>,
    url: Cow<'a, str>,
    /// Whether something was taken out of the URL.
    url_masked: bool,
}

impl<'a> WebhookView<'a> {
    pub(in crate::report) fn of(webhook: &'a Webhook, names: &'a Names, urls: Urls) -> Self {
        let url = urls.url(&webhook.url);
        Self {
            webhook_id: webhook.id.as_str(),
            name: names.of(&webhook.id),
            event_type: &webhook.event_type,
            store_id: webhook.store_id,
            url_masked: url != webhook.url,
            url,
        }
    }
}

/// What the vendor answers about its event types, with their names where it has some.
#[derive(Serialize)]
pub(in crate::report) struct TypesDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    /// The type whose schema the answer is.
    event_type: Option<&'a str>,
    types: Option<Vec<&'a str>>,
    /// The vendor's answer as it came.
    answer: &'a Value,
}

impl<'a> TypesDocument<'a> {
    pub(in crate::report) fn of_list(list: &'a TypeList) -> Self {
        let types = named_types(&list.answer).map(|types| types.iter().map(|named| named.name).collect());
        Self { schema: TYPES_SCHEMA, tool: TOOL, event_type: None, types, answer: &list.answer }
    }

    pub(in crate::report) fn of_schema(schema: &'a TypeSchema) -> Self {
        let event_type = Some(schema.event_type.as_str());
        Self { schema: TYPES_SCHEMA, tool: TOOL, event_type, types: None, answer: &schema.answer }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::WebhookId;
    use crate::report::vendor::{Confirmation, WebhookAction};

    fn document<T>(what: &T) -> Value
    where
        Json: Show<T>,
    {
        let mut bytes = Vec::new();
        Json.show(what, &mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    fn webhook(url: &str) -> Webhook {
        let id = WebhookId::new("hook-1").unwrap();
        Webhook { id, event_type: "SaleCreated".to_owned(), url: url.to_owned(), store_id: Some(12) }
    }

    #[test]
    fn webhooks_have_the_published_fields() {
        let list = WebhookList {
            names: Names::new([(WebhookId::new("hook-1").unwrap(), "sales".to_owned())]),
            urls: Urls::Masked,
            action: WebhookAction::Update,
            webhooks: vec![webhook("https://a.example/?token=hunter2")],
            previous: Some(webhook("https://a.example/")),
            confirmation: Confirmation::Confirmed,
        };
        let view = |url: &str, masked: bool| {
            json!({
                "webhook_id": "hook-1", "name": "sales", "event_type": "SaleCreated", "store_id": 12, "url": url,
                "url_masked": masked,
            })
        };
        let expected = json!({
            "schema": "hookmend/webhooks/1", "tool": TOOL, "action": "update", "count": 1, "confirmed": true,
            "previous": view("https://a.example/", false),
            "webhooks": [view("https://a.example/?token=***", true)],
        });
        assert_eq!(document(&list), expected);
    }

    #[test]
    fn types_have_the_published_fields_and_the_answer_as_it_came() {
        let answer = json!([{"name": "SaleCreated", "since": 2}]);
        let list = document(&TypeList { answer: answer.clone() });
        let expected = json!({
            "schema": "hookmend/types/1", "tool": TOOL, "event_type": null, "types": ["SaleCreated"], "answer": answer,
        });
        assert_eq!(list, expected);
        let schema = document(&TypeSchema { event_type: "SaleCreated".to_owned(), answer: json!({"type": "object"}) });
        assert_eq!((&schema["event_type"], &schema["types"]), (&"SaleCreated".into(), &Value::Null));
        assert_eq!(schema["answer"], json!({"type": "object"}));
    }
}
