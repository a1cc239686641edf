//! The vendor as JSON lines: one record for each webhook, then a summary; event types are one record.

use std::io::{self, Write};

use serde::Serialize;

use super::JsonLines;
use super::past::write_lines;
use crate::report::json::past::Parts;
use crate::report::json::vendor::{TypesDocument, WebhookView, WebhooksDocument};
use crate::report::past::Show;
use crate::report::vendor::{TypeList, TypeSchema, WebhookList};

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// A webhook.
    Webhook(WebhookView<'a>),
    /// The last line about webhooks.
    #[serde(rename = "summary")]
    WebhooksSummary(WebhooksDocument<'a>),
    /// Everything about event types.
    #[serde(rename = "summary")]
    TypesSummary(TypesDocument<'a>),
}

impl Show<WebhookList> for JsonLines {
    fn show(&self, what: &WebhookList, out: &mut dyn Write) -> io::Result<()> {
        let webhooks = what.webhooks.iter();
        let lines = webhooks.map(|webhook| Line::Webhook(WebhookView::of(webhook, &what.names, what.urls)));
        write_lines(lines, Line::WebhooksSummary(WebhooksDocument::of(what, Parts::LeftOut)), out)
    }
}

impl Show<TypeList> for JsonLines {
    fn show(&self, what: &TypeList, out: &mut dyn Write) -> io::Result<()> {
        write_lines(std::iter::empty(), Line::TypesSummary(TypesDocument::of_list(what)), out)
    }
}

impl Show<TypeSchema> for JsonLines {
    fn show(&self, what: &TypeSchema, out: &mut dyn Write) -> io::Result<()> {
        write_lines(std::iter::empty(), Line::TypesSummary(TypesDocument::of_schema(what)), out)
    }
}
