//! One row for each event that is not settled, after RFC 4180, for spreadsheets and scripts.
//!
//! The columns bear the names of the fields of the JSON document. A spreadsheet takes a cell that
//! begins like a formula for one and runs it, so such a cell gets an apostrophe in front; and
//! characters that act on a terminal are written out, as `\n` or `\u{1b}`. Whoever needs ids to the
//! letter, however strange, takes the JSON document.

use std::borrow::Cow;
use std::io;

use chrono::SecondsFormat;

use crate::receipt::UnlistedId;
use crate::report::Format;
use crate::report::json::told;
use crate::report::text::visible;
use crate::run_report::{RunReport, WebhookReport};
use crate::tracked::TrackedEvent;

/// The names of the columns.
const COLUMNS: [&str; 10] = [
    "webhook_id",
    "webhook",
    "event_id",
    "created_at",
    "verdict",
    "status",
    "status_code",
    "attempts",
    "result",
    "reason",
];

/// What spreadsheets take for the beginning of a formula, in ASCII and in the wide forms that some of
/// them take for the same. A tab and a line end never stand at the beginning, as they are written out.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What is said of an id that only the log knows.
const UNKNOWN: &str = "in the received log, and the vendor does not know it";

/// Writes the events that are not settled as comma-separated values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Csv;

impl Format for Csv {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        let mut out = io::BufWriter::with_capacity(64 * 1024, out);
        write_row(&mut out, &COLUMNS.map(Cow::Borrowed))?;
        for webhook in &report.webhooks {
            for tracked in told(&webhook.events, report.told) {
                write_row(&mut out, &cells(webhook, tracked))?;
            }
        }
        for unlisted in report.audit.iter().flat_map(|audit| &audit.log.unknown_to_vendor) {
            write_row(&mut out, &cells_of_unlisted(unlisted))?;
        }
        io::Write::flush(&mut out)
    }
}

/// An id that only the log knows: it has no webhook, and the only time known is that of its receipt.
fn cells_of_unlisted(unlisted: &UnlistedId) -> [Cow<'_, str>; 10] {
    let received = unlisted.received_at.map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
    let reason = received.map_or_else(|| Cow::from(UNKNOWN), |at| format!("{UNKNOWN}, received {at}").into());
    let blank = || Cow::Borrowed("");
    let verdict = "unknown_to_vendor".into();
    [blank(), blank(), unlisted.id.text(), blank(), verdict, blank(), blank(), "0".into(), blank(), reason]
}

fn cells<'a>(webhook: &'a WebhookReport, tracked: &'a TrackedEvent) -> [Cow<'a, str>; 10] {
    let event = &tracked.event;
    let created = event.created().map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
    [
        webhook.webhook.as_str().into(),
        webhook.name.as_str().into(),
        event.id.text(),
        created.unwrap_or_default().into(),
        tracked.verdict.name().into(),
        event.status_text.as_deref().unwrap_or_default().into(),
        event.status_code.map(|code| code.to_string()).unwrap_or_default().into(),
        tracked.attempts.to_string().into(),
        tracked.result.map_or("", |result| result.name()).into(),
        tracked.reason().into(),
    ]
}

fn write_row(out: &mut impl io::Write, cells: &[Cow<'_, str>; 10]) -> io::Result<()> {
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.write_all(b",")?;
        }
        write_cell(out, cell)?;
    }
    out.write_all(b"\r\n")
}

fn write_cell(out: &mut impl io::Write, cell: &str) -> io::Result<()> {
    let shown = visible(cell);
    // Spreadsheets look past spaces for a formula.
    let defused = if shown.trim_start().starts_with(FORMULA) { "'" } else { "" };
    let needs_quotes = shown.contains([',', '"', ';']) || shown.starts_with(' ') || shown.ends_with(' ');
    if needs_quotes {
        write!(out, "\"{defused}{}\"", shown.replace('"', "\"\""))
    } else {
        write!(out, "{defused}{shown}")
    }
}

#[cfg(test)]
mod tests;
