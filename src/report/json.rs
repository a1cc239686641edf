//! The machine-readable document, schema `hookmend/report/1`: fields are only ever added.
//!
//! The views here borrow the report and are serialised as they are walked, so that a report of a
//! million events is written without a second copy of it.

mod audit;
pub(super) mod checkup;
pub(super) mod inspect;
pub(super) mod past;
pub(super) mod vendor;

use std::io;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Serialize, Serializer};
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use self::audit::AuditView;
pub(super) use self::audit::UnlistedView;
use crate::report::Format;
use crate::report::text::{begins_command, is_hidden};
use crate::run_report::{Counts, Mode, Problem, Requests, RunReport, Told, WebhookReport};
use crate::tracked::TrackedEvent;

/// The name of the schema.
pub const SCHEMA: &str = "hookmend/report/1";
/// The program and its version.
pub const TOOL: &str = concat!("hookmend ", env!("CARGO_PKG_VERSION"));

/// Writes the report as one JSON document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json;

impl Format for Json {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        let mut buffered = io::BufWriter::with_capacity(64 * 1024, out);
        let formatter = Readable(PrettyFormatter::new());
        let mut serializer = serde_json::Serializer::with_formatter(&mut buffered, formatter);
        Document::new(report, Detail::WithEvents(report.told)).serialize(&mut serializer)?;
        io::Write::write_all(&mut buffered, b"\n")?;
        io::Write::flush(&mut buffered)
    }
}

/// Appends a value to `line` as JSON without line breaks.
pub(super) fn append_compact(line: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(line, Readable(CompactFormatter));
    value.serialize(&mut serializer)?;
    Ok(())
}

/// A value on several lines, as a person reads it.
pub(super) fn pretty(value: &impl Serialize) -> io::Result<String> {
    let mut bytes = Vec::new();
    let formatter = Readable(PrettyFormatter::new());
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Whether a document lists its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// It does, as far as they are told of one by one.
    WithEvents(Told),
    /// It is the summary.
    WithoutEvents,
}

/// The whole document.
#[derive(Serialize)]
pub(super) struct Document<'a> {
    schema: &'static str,
    tool: &'static str,
    run_id: &'a str,
    command: &'a str,
    dry_run: bool,
    started_at: Time,
    finished_at: Time,
    window: Range,
    /// What it was narrowed to, in words; null when nothing was left out.
    selection: Option<&'a str>,
    outcome: &'static str,
    exit_code: u8,
    totals: Totals,
    /// Both directions, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditView<'a>>,
    webhooks: Webhooks<'a>,
    problems: Problems<'a>,
}

impl<'a> Document<'a> {
    pub(super) fn new(report: &'a RunReport, detail: Detail) -> Self {
        Self {
            schema: SCHEMA,
            tool: TOOL,
            run_id: &report.run_id,
            command: &report.command,
            dry_run: match report.mode {
                Mode::DryRun => true,
                Mode::Act | Mode::Check => false,
            },
            started_at: Time(report.started_at),
            finished_at: Time(report.finished_at),
            window: Range { from: Time(report.window.from()), to: Time(report.window.to()) },
            selection: Some(report.selection.as_str()).filter(|words| !words.is_empty()),
            outcome: report.outcome.name(),
            exit_code: report.exit_code.number(),
            totals: Totals {
                counts: CountsView::from(&report.totals),
                unknown_to_vendor: report.audit.as_ref().map(|audit| audit.log.unknown_to_vendor.len() as u64),
                rounds: report.rounds,
                requests: RequestsView::from(&report.requests),
            },
            audit: report.audit.as_ref().map(|audit| AuditView::new(audit, detail)),
            webhooks: Webhooks(&report.webhooks, detail),
            problems: Problems(&report.problems),
        }
    }
}

/// An instant: RFC 3339, UTC, milliseconds.
#[derive(Clone, Copy)]
pub(super) struct Time(pub(super) DateTime<Utc>);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

#[derive(Serialize)]
pub(super) struct Range {
    pub(super) from: Time,
    pub(super) to: Time,
}

#[derive(Serialize)]
struct Totals {
    #[serde(flatten)]
    counts: CountsView,
    /// Looked for by an audit only.
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_to_vendor: Option<u64>,
    rounds: u32,
    requests: RequestsView,
}

#[derive(Serialize)]
struct RequestsView {
    list: u64,
    get: u64,
    resend: u64,
}

impl From<&Requests> for RequestsView {
    fn from(requests: &Requests) -> Self {
        let &Requests { list, get, resend } = requests;
        Self { list, get, resend }
    }
}

#[derive(Serialize)]
pub(super) struct CountsView {
    listed: u64,
    failed: u64,
    delivered: u64,
    received: u64,
    missing: u64,
    unacknowledged: u64,
    lost_after_ack: u64,
    too_young: u64,
    unknown: u64,
    resent: u64,
    recovered: u64,
    left: u64,
    quarantined: u64,
    in_doubt: u64,
}

impl From<&Counts> for CountsView {
    fn from(counts: &Counts) -> Self {
        Self {
            listed: counts.listed,
            failed: counts.failed,
            delivered: counts.delivered,
            received: counts.received,
            missing: counts.missing,
            unacknowledged: counts.unacknowledged,
            lost_after_ack: counts.lost_after_ack,
            too_young: counts.too_young,
            unknown: counts.unknown,
            resent: counts.resent,
            recovered: counts.recovered,
            left: counts.left,
            quarantined: counts.quarantined,
            in_doubt: counts.in_doubt,
        }
    }
}

struct Webhooks<'a>(&'a [WebhookReport], Detail);

impl Serialize for Webhooks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|webhook| WebhookView {
            webhook_id: webhook.webhook.as_str(),
            name: &webhook.name,
            counts: CountsView::from(&webhook.counts),
            events: match self.1 {
                Detail::WithEvents(told) => Some(Events(&webhook.events, told)),
                Detail::WithoutEvents => None,
            },
        }))
    }
}

#[derive(Serialize)]
struct WebhookView<'a> {
    webhook_id: &'a str,
    name: &'a str,
    #[serde(flatten)]
    counts: CountsView,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Events<'a>>,
}

struct Events<'a>(&'a [TrackedEvent], Told);

impl Serialize for Events<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(told(self.0, self.1).map(EventView::from))
    }
}

/// The events a report lists.
pub(super) fn told(events: &[TrackedEvent], told: Told) -> impl Iterator<Item = &TrackedEvent> {
    events.iter().filter(move |tracked| told.includes(tracked))
}

#[derive(Serialize)]
pub(super) struct EventView<'a> {
    event_id: std::borrow::Cow<'a, str>,
    created_at: Option<Time>,
    verdict: &'static str,
    status: Option<&'a str>,
    status_code: Option<u16>,
    attempts: u16,
    result: Option<&'static str>,
    reason: &'a str,
}

impl<'a> From<&'a TrackedEvent> for EventView<'a> {
    fn from(tracked: &'a TrackedEvent) -> Self {
        Self {
            event_id: tracked.event.id.text(),
            created_at: tracked.event.created().map(Time),
            verdict: tracked.verdict.name(),
            status: tracked.event.status_text.as_deref(),
            status_code: tracked.event.status_code,
            attempts: tracked.attempts,
            result: tracked.result.map(|result| result.name()),
            reason: tracked.reason(),
        }
    }
}

struct Problems<'a>(&'a [Problem]);

impl Serialize for Problems<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ProblemView::from))
    }
}

#[derive(Serialize)]
pub(super) struct ProblemView<'a> {
    kind: &'static str,
    message: &'a str,
    hint: &'a str,
}

impl<'a> From<&'a Problem> for ProblemView<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self { kind: problem.kind.name(), message: &problem.message, hint: &problem.hint }
    }
}

/// Escapes the characters that JSON allows in strings and that a terminal acts on or hides, or that
/// begin a command where a CI system reads the output; the value a parser reads is the same.
struct Readable<F>(F);

impl<F: Formatter> Formatter for Readable<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let (mut written, mut before) = (0, None);
        for (place, character) in fragment.char_indices() {
            // A line never begins with what stands in a string, so the commands that must do not matter.
            let is_command = before.replace(character).is_some_and(|before| begins_command(before, character, None));
            if !is_command && !is_hidden(character) {
                continue;
            }
            writer.write_all(&fragment.as_bytes()[written..place])?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            written = place + character.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[written..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests;
