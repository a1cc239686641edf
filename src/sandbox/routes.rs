//! Paths: what a request asks for. Nothing is looked up here.

use std::borrow::Cow;

use hyper::Method;
use percent_encoding::percent_decode_str;

use super::faults::Operation;

/// Where the vendor's API begins.
pub(super) const BASE_PATH: &str = "/restapi/V2";

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Environment,
    ListWebhooks,
    CreateWebhook,
    GetWebhook(String),
    UpdateWebhook(String),
    DeleteWebhook(String),
    Types,
    Schema(String),
    ListEvents(String),
    GetEvent { webhook: String, event: String },
    Resend { webhook: String, event: String },
}

impl Route {
    /// Reads a route; each step of the path is percent-decoded on its own, so that an id may hold
    /// anything, a slash included.
    pub(super) fn parse(method: &Method, path: &str) -> Option<Self> {
        let path = path.strip_prefix(BASE_PATH)?.strip_prefix("/api/")?;
        let steps: Vec<Cow<'_, str>> =
            path.split('/').map(|step| percent_decode_str(step).decode_utf8()).collect::<Result<_, _>>().ok()?;
        let steps: Vec<&str> = steps.iter().map(AsRef::as_ref).collect();
        if steps.iter().any(|step| step.is_empty()) {
            return None;
        }
        let get = method == Method::GET;
        match *steps.as_slice() {
            ["Environment"] if get => Some(Self::Environment),
            ["Webhooks"] if get => Some(Self::ListWebhooks),
            ["Webhooks"] if method == Method::POST => Some(Self::CreateWebhook),
            ["Webhooks", id] if get => Some(Self::GetWebhook(id.to_owned())),
            ["Webhooks", id] if method == Method::PUT => Some(Self::UpdateWebhook(id.to_owned())),
            ["Webhooks", id] if method == Method::DELETE => Some(Self::DeleteWebhook(id.to_owned())),
            ["WebhooksTypes"] if get => Some(Self::Types),
            ["WebhooksTypes", event_type, "schema"] if get => Some(Self::Schema(event_type.to_owned())),
            ["WebhooksEvents", webhook] if get => Some(Self::ListEvents(webhook.to_owned())),
            ["WebhooksEvents", webhook, event] if get => {
                Some(Self::GetEvent { webhook: webhook.to_owned(), event: event.to_owned() })
            }
            ["WebhooksEvents", webhook, "deliver", event] if method == Method::POST => {
                Some(Self::Resend { webhook: webhook.to_owned(), event: event.to_owned() })
            }
            _ => None,
        }
    }

    pub(super) fn operation(&self) -> Operation {
        match self {
            Self::Environment => Operation::Environment,
            Self::ListWebhooks | Self::GetWebhook(_) => Operation::Webhooks,
            Self::CreateWebhook | Self::UpdateWebhook(_) | Self::DeleteWebhook(_) => Operation::WebhookWrite,
            Self::Types | Self::Schema(_) => Operation::Types,
            Self::ListEvents(_) => Operation::List,
            Self::GetEvent { .. } => Operation::Get,
            Self::Resend { .. } => Operation::Resend,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_hold_anything_once_they_are_decoded() {
        let path = "/restapi/V2/api/WebhooksEvents/w%2F1/deliver/%2E%2E%2F%22a%22%1B%5B31m%25";
        assert_eq!(
            Route::parse(&Method::POST, path),
            Some(Route::Resend { webhook: "w/1".to_owned(), event: "../\"a\"\u{1b}[31m%".to_owned() })
        );
    }

    #[test]
    fn what_is_not_in_the_api_is_no_route() {
        for path in
            ["/", "/restapi/V2", "/restapi/V2/api/Webhook", "/restapi/v2/api/Webhooks", "/restapi/V2/api/Webhooks//"]
        {
            assert_eq!(Route::parse(&Method::GET, path), None, "{path}");
        }
        assert_eq!(Route::parse(&Method::POST, "/restapi/V2/api/Environment"), None, "the wrong method");
        assert_eq!(Route::parse(&Method::GET, "/restapi/V2/api/WebhooksEvents/%FF"), None, "no text");
    }
}
