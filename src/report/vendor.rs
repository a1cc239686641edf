//! What is shown of the vendor outside of a run: its webhooks and its event types. Data only; how it
//! looks is each format's.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::provider::Webhook;
use crate::report::mask;
use crate::report::past::Names;

/// How URLs are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urls {
    /// Without what may be secret in them.
    #[default]
    Masked,
    /// Whole, because somebody asked for it.
    Whole,
}

impl Urls {
    /// A text that is a URL.
    pub fn url(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Masked => Cow::Owned(mask::url(text)),
            Self::Whole => Cow::Borrowed(text),
        }
    }

    /// A text that may hold URLs.
    pub fn text(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Masked => mask::in_text(text),
            Self::Whole => Cow::Borrowed(text),
        }
    }

    /// A document that may hold URLs, and values that are called secrets.
    pub fn json(self, value: &Value) -> Cow<'_, Value> {
        match self {
            Self::Masked => Cow::Owned(mask::in_json(value)),
            Self::Whole => Cow::Borrowed(value),
        }
    }
}

/// What was done with webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAction {
    /// They were listed.
    List,
    /// One was created.
    Create,
    /// One was changed.
    Update,
    /// One was deleted.
    Delete,
}

impl WebhookAction {
    /// The name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

/// Whether the vendor was seen to have done what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// Nothing was asked for.
    NothingToConfirm,
    /// What it shows now is what was asked for.
    Confirmed,
    /// It shows something else.
    Differs,
    /// It accepted and was not seen afterwards.
    NotSeen,
}

impl Confirmation {
    /// As a truth value, where there is one.
    pub fn holds(self) -> Option<bool> {
        match self {
            Self::NothingToConfirm | Self::NotSeen => None,
            Self::Confirmed => Some(true),
            Self::Differs => Some(false),
        }
    }
}

/// Webhooks, as the vendor shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookList {
    /// What people call them.
    pub names: Names,
    /// How their URLs are shown.
    pub urls: Urls,
    /// What was done.
    pub action: WebhookAction,
    /// The webhooks; one that was deleted as it was before.
    pub webhooks: Vec<Webhook>,
    /// The webhook that was changed, as it was before.
    pub previous: Option<Webhook>,
    /// Whether what was asked for was seen.
    pub confirmation: Confirmation,
}

/// The event types the vendor knows, as it shows them.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeList {
    /// The vendor's answer.
    pub answer: Value,
}

/// The schema of one event type, as the vendor shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeSchema {
    /// The event type.
    pub event_type: String,
    /// The vendor's answer.
    pub answer: Value,
}

/// An event type with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedType<'a> {
    /// The name.
    pub name: &'a str,
    /// What it is about, if the vendor says so.
    pub about: Option<&'a str>,
}

/// Fields that may hold the name of a type, the likeliest first.
const NAMES: [&str; 7] = ["name", "type", "event", "eventType", "webhookType", "key", "id"];
/// Fields that may hold what a type is about.
const ABOUTS: [&str; 3] = ["description", "summary", "displayName"];

/// The names in what the vendor answers about its types; `None` when the answer has another shape.
pub fn named_types(answer: &Value) -> Option<Vec<NamedType<'_>>> {
    answer.as_array()?.iter().map(named_type).collect()
}

fn named_type(value: &Value) -> Option<NamedType<'_>> {
    let named = match value {
        Value::String(name) => NamedType { name, about: None },
        Value::Object(fields) => NamedType { name: first_text(fields, &NAMES)?, about: first_text(fields, &ABOUTS) },
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => return None,
    };
    (!named.name.trim().is_empty()).then_some(named)
}

/// The first of these fields that holds a text; the vendor's platform writes either first letter.
fn first_text<'a>(fields: &'a Map<String, Value>, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| {
        let (_, value) = fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name))?;
        value.as_str()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_found_in_the_shapes_that_have_some() {
        let named = |answer: Value| {
            named_types(&answer).map(|types| {
                let text = |named: &NamedType<'_>| format!("{}:{}", named.name, named.about.unwrap_or_default());
                types.iter().map(text).collect::<Vec<_>>()
            })
        };
        assert_eq!(named(json!(["SaleCreated", "X"])).unwrap(), ["SaleCreated:", "X:"]);
        assert_eq!(named(json!([{"id": 7, "Name": "A", "Description": "of a"}, "B"])).unwrap(), ["A:of a", "B:"]);
        assert_eq!(named(json!([{"id": "A", "eventType": "B"}])).unwrap(), ["B:"]);
        assert_eq!(named(json!([])).unwrap(), Vec::<String>::new());
        for other in [json!({"types": ["A"]}), json!("A"), json!(null), json!([1]), json!([{"a": "b"}]), json!([" "])] {
            assert_eq!(named(other.clone()), None, "{other}");
        }
    }
}
