//! How a person names a webhook: by id, by a name from the settings, or by event type.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::config::error::Unusable;
use crate::config::suggest::nearest;
use crate::event::WebhookId;
use crate::reconcile::WebhookRef;

/// Names for webhook ids, from the `[webhooks]` table.
pub type WebhookNames = BTreeMap<String, WebhookId>;

/// Reads a webhook as a person names it.
///
/// # Errors
/// When it is neither a name, nor an id, nor an event type.
pub fn parse_webhook(text: &str, names: &WebhookNames) -> Result<WebhookRef, Unusable> {
    let text = text.trim();
    if let Some(id) = names.get(text) {
        return Ok(WebhookRef::Id(id.clone(), Some(text.to_owned())));
    }
    if text.contains(|character: char| character.is_ascii_digit()) {
        let id = parse_id(text)?;
        let name = names.iter().find(|(_, named)| **named == id).map(|(name, _)| name.clone());
        return Ok(WebhookRef::Id(id, name));
    }
    if is_event_type(text) {
        return Ok(WebhookRef::EventType(text.to_owned()));
    }
    Err(not_a_webhook(text, names))
}

/// Reads a webhook id.
///
/// # Errors
/// When it can't be one, or is nearly a UUID but not quite.
pub fn parse_id(text: &str) -> Result<WebhookId, Unusable> {
    if Uuid::try_parse(text).is_ok() {
        // Braces and a urn prefix are spellings of people and not of vendors.
        let bare = text.trim_start_matches("urn:uuid:").trim_matches(|character| "{}".contains(character));
        return WebhookId::new(bare).map_err(|error| Unusable::new(error.to_string()));
    }
    let dashes = text.bytes().filter(|byte| *byte == b'-').count();
    if dashes == 4 && (30..=40).contains(&text.len()) {
        return Err(Unusable::new(format!("{text:?} looks like a UUID but is not one"))
            .hint("a UUID has 8-4-4-4-12 digits from 0-9 and a-f; copy it again from the vendor"));
    }
    WebhookId::new(text).map_err(|error| Unusable::new(error.to_string()))
}

/// Why an event type is not taken where one webhook must be named.
fn not_one_webhook(event_type: &str, names: &WebhookNames) -> Unusable {
    let error =
        Unusable::new(format!("{event_type:?} is no name from the settings, and an event type names no one webhook"));
    error.hint(one_webhook_hint(event_type, names))
}

/// Reads the one webhook that a command changes or deletes; an event type names no one webhook.
///
/// # Errors
/// When it is neither a name nor an id.
pub fn parse_one_webhook(text: &str, names: &WebhookNames) -> Result<WebhookId, Unusable> {
    match parse_webhook(text, names) {
        Ok(WebhookRef::Id(id, _)) => Ok(id),
        Ok(WebhookRef::EventType(event_type)) => Err(not_one_webhook(&event_type, names)),
        // What nearly is an id has a hint of its own.
        Err(unusable) if text.contains(|character: char| character.is_ascii_digit()) => Err(unusable),
        Err(_) => Err(Unusable::new(format!("{text:?} is not a webhook: no id and no name from the settings"))
            .hint(one_webhook_hint(text, names))),
    }
}

fn one_webhook_hint(text: &str, names: &WebhookNames) -> String {
    match nearest(text, names.keys().map(String::as_str)) {
        Some(name) => format!("did you mean {name:?}?"),
        None => "write the webhook's id; `hookmend webhooks list` shows it".to_owned(),
    }
}

fn is_event_type(text: &str) -> bool {
    text.len() >= 2
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn not_a_webhook(text: &str, names: &WebhookNames) -> Unusable {
    let error = Unusable::new(format!("{text:?} is not a webhook: no id, no event type and no name from the settings"));
    if let Some(name) = nearest(text, names.keys().map(String::as_str)) {
        return error.hint(format!("did you mean {name:?}?"));
    }
    if names.is_empty() {
        return error.hint("write the webhook's id, an event type such as SaleCreated, or name it under [webhooks]");
    }
    let known: Vec<&str> = names.keys().take(10).map(String::as_str).collect();
    error.hint(format!("names in the settings: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11";

    fn names() -> WebhookNames {
        [("sales", UUID), ("store2", "hook-2"), ("Stock", "hook-3")]
            .into_iter()
            .map(|(name, id)| (name.to_owned(), WebhookId::new(id).unwrap()))
            .collect()
    }

    fn id(text: &str, name: Option<&str>) -> WebhookRef {
        WebhookRef::Id(WebhookId::new(text).unwrap(), name.map(str::to_owned))
    }

    #[test]
    fn ids_names_and_event_types_are_told_apart() {
        let table = [
            ("sales", id(UUID, Some("sales"))),
            (UUID, id(UUID, Some("sales"))),
            ("store2", id("hook-2", Some("store2"))),
            ("Stock", id("hook-3", Some("Stock"))),
            ("8a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11", id("8a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11", None)),
            ("{8A61F8AE-5d0c-4e43-9a52-5a0a6b0f6d11}", id("8A61F8AE-5d0c-4e43-9a52-5a0a6b0f6d11", None)),
            ("12345", id("12345", None)),
            ("whk_9x", id("whk_9x", None)),
            ("SaleCreated", WebhookRef::EventType("SaleCreated".to_owned())),
            ("POSSettlementCreated", WebhookRef::EventType("POSSettlementCreated".to_owned())),
        ];
        for (text, expected) in table {
            assert_eq!(parse_webhook(text, &names()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn whoever_changes_one_webhook_is_not_told_to_name_an_event_type() {
        assert_eq!(parse_one_webhook("sales", &names()), Ok(WebhookId::new(UUID).unwrap()));
        for text in ["nope", "SaleCreated", ""] {
            let error = parse_one_webhook(text, &BTreeMap::new()).unwrap_err();
            let hint = error.hint.unwrap();
            assert!(hint.contains("webhooks list") && !hint.contains("SaleCreated"), "{text}: {hint}");
        }
        assert_eq!(parse_one_webhook("sale", &names()).unwrap_err().hint.unwrap(), "did you mean \"sales\"?");
        let nearly = &UUID[..UUID.len() - 1];
        assert!(parse_one_webhook(nearly, &names()).unwrap_err().message.contains("looks like a UUID"));
    }

    #[test]
    fn what_nearly_is_a_uuid_is_refused() {
        for text in [
            "7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d1",
            "7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d111",
            "7a61f8ag-5d0c-4e43-9a52-5a0a6b0f6d11",
            "7a61f8ae-5d0c4-e43-9a52-5a0a6b0f6d11",
        ] {
            let error = parse_webhook(text, &names()).unwrap_err();
            assert!(error.message.contains("looks like a UUID"), "{text}: {error:?}");
        }
    }

    #[test]
    fn hostile_and_mistyped_texts_are_refused() {
        for text in ["", " ", "../1", "a/b1", "1\u{1b}[31m", "S", "sale", "Sale Created", "x1?y", "."] {
            assert!(parse_webhook(text, &names()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(parse_webhook("slaes", &names()).unwrap_err().hint.as_deref(), Some("did you mean \"sales\"?"));
        assert!(parse_webhook("q-q", &names()).unwrap_err().hint.unwrap().contains("store2"));
        assert!(parse_webhook("q-q", &WebhookNames::new()).unwrap_err().hint.unwrap().contains("[webhooks]"));
    }
}
