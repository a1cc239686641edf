//! Single events in full: what the vendor shows, what the received log says, what the ledger tells, and
//! the payload where somebody asked for it.

use std::io;

use serde_json::{Map, Value};

use super::layout::{Grid, Page};
use super::past::{count_of, id_of, label_of, words_of};
use super::{Human, attempts};
use crate::event::{DeliveryStatus, Event, ZoneKnowledge};
use crate::provider::EventDetail;
use crate::receipt::Receipt;
use crate::report::color::Paint;
use crate::report::inspect::{Found, InspectedEvent, Inspection, Payloads, Record, without_payload};
use crate::report::json;
use crate::report::past::Show;
use crate::report::text;

/// The width of the labels of an event.
const LABELS: u16 = 8;
/// The most characters of one value that are shown.
const MOST_WORDS: usize = 300;
/// The most runs that are shown.
const MOST_RUNS: usize = 100;
/// The most columns of a table of runs.
const MOST_COLUMNS: usize = 8;
/// The most characters of one value of a run.
const MOST_CELL: usize = 60;
/// The most webhooks or fields that are named.
const MOST_NAMED: usize = 20;

impl Show<Inspection> for Human {
    fn show(&self, what: &Inspection, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        for event in &what.events {
            page.gap();
            one(&mut page, what, event)?;
        }
        self.write_page(page, out)
    }
}

fn one(page: &mut Page, what: &Inspection, inspected: &InspectedEvent) -> io::Result<()> {
    page.line(0, Paint::Bold, &format!("Event {}", id_of(page, &inspected.past.event)));
    match &inspected.found {
        Found::Unknown(asked) => {
            let asked = named(asked.iter().map(|webhook| label_of(page, &what.names, webhook)), asked.len());
            page.labelled(2, LABELS, "Vendor", &format!("does not know it; asked for {asked}"));
        }
        Found::Known { webhook, detail } => {
            let mut label = label_of(page, &what.names, webhook);
            if what.names.of(webhook).is_some() {
                label.push_str(&format!(" ({webhook})"));
            }
            page.labelled(2, LABELS, "Webhook", &label);
            facts(page, what, detail);
        }
    }
    if let Some(receipt) = inspected.receipt {
        page.labelled(2, LABELS, "Received", &receipt_words(receipt));
    }
    if let Found::Known { detail, .. } = &inspected.found {
        runs(page, what, detail)?;
    }
    page.gap();
    page.line(0, Paint::Bold, "Ledger");
    attempts::history(page, &what.names, &inspected.past);
    match (&inspected.found, what.payloads) {
        (Found::Known { detail, .. }, Payloads::Shown) => payload(page, what, detail),
        (Found::Known { .. }, Payloads::Hidden) | (Found::Unknown(_), _) => Ok(()),
    }
}

/// Names as a list, the first of them.
fn named(names: impl Iterator<Item = String>, count: usize) -> String {
    let mut shown: Vec<String> = names.take(MOST_NAMED).collect();
    if let Some(more) = count.checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    text::listed(&shown)
}

fn facts(page: &mut Page, what: &Inspection, detail: &EventDetail) {
    let event = &detail.event;
    let record = Record::of(&detail.record);
    let status = status_words(event);
    let words = event.status_text.as_deref().map(|words| what.urls.text(words));
    let status = match words {
        Some(words) => format!("{status}: {}", words_of(page, &words, MOST_WORDS)),
        None => status,
    };
    page.labelled(2, LABELS, "Status", &status);
    let created = match event.created_at {
        None => "no readable time".to_owned(),
        Some(created) => match created.zone {
            ZoneKnowledge::Stated => text::instant(created.at),
            ZoneKnowledge::Assumed => {
                format!("{}; the vendor states no zone, so --time-zone decides", text::instant(created.at))
            }
        },
    };
    page.labelled(2, LABELS, "Created", &created);
    if let Some(updated) = record.updated {
        let updated = words_of(page, &what.urls.text(updated), MOST_WORDS);
        page.labelled(2, LABELS, "Updated", &format!("{updated}, in the vendor's words"));
    }
    if let Some(runs) = event.runs {
        page.labelled(2, LABELS, "Runs", &runs.to_string());
    }
    let hidden: Vec<&str> = record.further.iter().map(|(name, _)| *name).collect();
    match what.payloads {
        Payloads::Hidden if !hidden.is_empty() => {
            let names = named(hidden.iter().map(|name| words_of(page, name, MOST_CELL)), hidden.len());
            page.labelled(2, LABELS, "Further", &format!("the record holds {names}; --payload shows it"));
        }
        Payloads::Hidden | Payloads::Shown => {}
    }
}

/// The status with the code that the receiver answered.
fn status_words(event: &Event) -> String {
    let status = match event.status {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Pending => "pending",
        DeliveryStatus::Unrecognised => "no recognisable status",
    };
    match event.status_code {
        Some(code) => format!("{status} ({code})"),
        None => status.to_owned(),
    }
}

fn receipt_words(receipt: Receipt) -> String {
    match receipt {
        Receipt::Found => "the received log holds it".to_owned(),
        Receipt::Absent => "the received log does not hold it".to_owned(),
        Receipt::OutOfCoverage(gap) => format!("the received log can't say: {}", gap.reason()),
    }
}

fn runs(page: &mut Page, what: &Inspection, detail: &EventDetail) -> io::Result<()> {
    let Some(runs) = Record::of(&detail.record).runs else { return Ok(()) };
    let runs = match what.payloads {
        Payloads::Hidden => without_payload(runs),
        Payloads::Shown => runs.clone(),
    };
    let runs = what.urls.json(&runs).into_owned();
    let Value::Array(runs) = runs else {
        page.gap();
        page.line(0, Paint::Bold, "Runs");
        page.document(&json::pretty(&runs)?);
        return Ok(());
    };
    if runs.is_empty() {
        return Ok(());
    }
    page.section("Runs", runs.len() as u64);
    let shown = &runs[..runs.len().min(MOST_RUNS)];
    let objects: Option<Vec<&Map<String, Value>>> = shown.iter().map(Value::as_object).collect();
    let grid =
        objects.and_then(|objects| grid(page, &objects)).filter(|grid| Grid::total(&grid.widths()) <= page.width());
    match grid {
        Some(grid) => page.rows(0, &grid, &grid.widths()),
        None => {
            for (place, run) in shown.iter().enumerate() {
                page.hanging(2, Paint::Plain, &format!("{}. {}", place + 1, in_words(page, run)));
            }
        }
    }
    if let Some(more) = runs.len().checked_sub(MOST_RUNS).filter(|more| *more > 0) {
        let more = count_of(more, "more run");
        page.paragraph(0, Paint::Dim, &format!("{more} not shown; --format json has them all."));
    }
    Ok(())
}

/// Runs as rows below the names of their fields; `None` when they have too many or too deep ones.
fn grid(page: &Page, runs: &[&Map<String, Value>]) -> Option<Grid> {
    let mut names: Vec<&String> = Vec::new();
    for (name, value) in runs.iter().flat_map(|run| run.iter()) {
        if value.is_array() || value.is_object() {
            return None;
        }
        if !names.contains(&name) {
            names.push(name);
        }
        if names.len() > MOST_COLUMNS {
            return None;
        }
    }
    let head = names.iter().map(|name| words_of(page, name, MOST_CELL)).collect();
    let row = |run: &&Map<String, Value>| names.iter().map(|name| cell(page, run.get(*name))).collect();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(runs.iter().map(row)).collect();
    (!names.is_empty()).then_some(Grid { head: Vec::new(), rows })
}

fn cell(page: &Page, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => words_of(page, text, MOST_CELL),
        Some(other) => words_of(page, &other.to_string(), MOST_CELL),
    }
}

/// One run on a few lines.
fn in_words(page: &Page, run: &Value) -> String {
    match run {
        Value::Object(fields) => {
            let pairs = fields.iter();
            let pairs =
                pairs.map(|(name, value)| format!("{} {}", words_of(page, name, MOST_CELL), cell(page, Some(value))));
            pairs.collect::<Vec<_>>().join(", ")
        }
        other => words_of(page, &other.to_string(), MOST_WORDS),
    }
}

fn payload(page: &mut Page, what: &Inspection, detail: &EventDetail) -> io::Result<()> {
    let record = Record::of(&detail.record);
    page.gap();
    page.line(0, Paint::Bold, "Payload");
    match record.payload {
        Some(payload) => page.document(&json::pretty(&what.urls.json(payload))?),
        None => page.paragraph(2, Paint::Plain, "The vendor's record holds no field of this name."),
    }
    if !record.further.is_empty() {
        let further: Map<String, Value> =
            record.further.iter().map(|(name, value)| ((*name).to_owned(), (*value).clone())).collect();
        page.gap();
        page.line(0, Paint::Bold, "Further fields of the record");
        page.document(&json::pretty(&what.urls.json(&Value::Object(further)))?);
    }
    Ok(())
}
