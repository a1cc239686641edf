//! Events as a table, one line each, in the order in which they were sorted.
//!
//! Where the page is narrow the columns that matter least are left out; an id is never broken.

use super::events::{created, event_id, reason, vendor_says};
use super::layout::{Align, Grid, Page};
use super::summary;
use crate::classify::{UnknownReason, Verdict};
use crate::receipt::CoverageGap;
use crate::report::color::Paint;
use crate::report::rows::words;
use crate::report::text;
use crate::report::view::Listing;
use crate::run_report::RunReport;
use crate::tracked::TrackedEvent;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Created,
    Event,
    Webhook,
    Verdict,
    Code,
    VendorSays,
    Result,
    Reason,
}

/// What is left out of a narrow page, first what is least missed; of the code and the vendor's words one
/// always goes.
const SPARED: [Column; 4] = [Column::Reason, Column::VendorSays, Column::Result, Column::Webhook];

/// Columns by width: those of a wide page, then with one after another of [`SPARED`] left out.
fn choices(report: &RunReport, rows: &[&TrackedEvent]) -> Vec<Vec<Column>> {
    let has_result = rows.iter().any(|tracked| tracked.result.is_some_and(|result| !is_plain(result)));
    // Without a log every verdict would say that there is none.
    let no_log = Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::NoLog));
    let has_verdict = rows.iter().any(|tracked| tracked.verdict != no_log);
    let mut columns = vec![Column::Created, Column::Event];
    columns.extend((report.webhooks.len() > 1).then_some(Column::Webhook));
    columns.extend(has_verdict.then_some(Column::Verdict));
    columns.push(Column::VendorSays);
    columns.extend(has_result.then_some(Column::Result));
    columns.extend(has_verdict.then_some(Column::Reason));
    let mut choices = vec![columns.clone()];
    for spared in SPARED {
        let Some(place) = columns.iter().position(|column| *column == spared) else { continue };
        if spared == Column::VendorSays {
            columns[place] = Column::Code;
        } else {
            columns.remove(place);
        }
        choices.push(columns.clone());
    }
    choices
}

/// What the verdict says as well.
fn is_plain(result: crate::tracked::EventResult) -> bool {
    use crate::tracked::EventResult::{InDoubt, Left, Quarantined, Recovered, Skipped};
    match result {
        Left | Skipped => true,
        Recovered | Quarantined | InDoubt => false,
    }
}

pub(super) fn write(page: &mut Page, report: &RunReport, listing: &Listing) {
    let rows: Vec<(usize, &TrackedEvent)> = (listing.rows.iter())
        .filter_map(|(webhook, event)| Some((*webhook, report.webhooks.get(*webhook)?.events.get(*event)?)))
        .collect();
    if rows.is_empty() {
        return;
    }
    let names = summary::names(&report.webhooks, page.ellipsis());
    let events: Vec<&TrackedEvent> = rows.iter().map(|(_, tracked)| *tracked).collect();
    let mut grid = Grid::default();
    let mut widths = Vec::new();
    for columns in choices(report, &events) {
        let cells = |(webhook, tracked): &(usize, &TrackedEvent)| {
            columns.iter().map(|column| cell(page, *column, &names[*webhook], tracked)).collect()
        };
        let head = columns.iter().map(|column| title(*column)).collect();
        grid = Grid { head, rows: rows.iter().map(cells).collect() };
        widths = grid.widths();
        if Grid::total(&widths) <= page.width() {
            break;
        }
    }
    page.gap();
    page.table(0, &grid, &widths, &[]);
    if listing.more > 0 {
        let more = text::counted(listing.more, "more event is", "more events are");
        page.paragraph(0, Paint::Dim, &format!("{more} not listed because of --limit."));
    }
}

fn title(column: Column) -> (&'static str, Align) {
    match column {
        Column::Created => ("Created", Align::Left),
        Column::Event => ("Event", Align::Left),
        Column::Webhook => ("Webhook", Align::Left),
        Column::Verdict => ("Verdict", Align::Left),
        Column::Code => ("Code", Align::Right),
        Column::VendorSays => ("Vendor says", Align::Left),
        Column::Result => ("Result", Align::Left),
        Column::Reason => ("Reason", Align::Left),
    }
}

fn cell(page: &Page, column: Column, webhook: &str, tracked: &TrackedEvent) -> String {
    match column {
        Column::Created => created(tracked),
        Column::Event => event_id(page, tracked),
        Column::Webhook => webhook.to_owned(),
        Column::Verdict => words(tracked.verdict.name()),
        Column::Code => tracked.event.status_code.map_or_else(String::new, |code| code.to_string()),
        Column::VendorSays => vendor_says(page, tracked),
        Column::Result => tracked.result.map_or_else(String::new, |result| words(result.name())),
        Column::Reason => reason(page, tracked),
    }
}
