//! The two-way picture of an audit: a small table of both sides, and the ids that the vendor does not know.

use super::layout::{Align, Grid, Page};
use crate::report::both_ways::{COLUMNS, rows, sentence};
use crate::report::color::Paint;
use crate::report::text;
use crate::run_report::RunReport;

/// The most ids that are shown.
const MOST_IDS: usize = 100;
/// The most characters of an id that are shown.
const MOST_ID: usize = 128;

pub(super) fn write(page: &mut Page, report: &RunReport) {
    let Some(audit) = &report.audit else { return };
    let mut head = vec![("The vendor says", Align::Left)];
    head.extend(COLUMNS.map(|title| (title, Align::Right)));
    let mut grid = Grid { head, rows: Vec::new() };
    let mut paints = Vec::new();
    for (title, numbers) in rows(&audit.vendor) {
        let mut row = vec![title.to_owned()];
        row.extend(numbers.map(text::grouped));
        grid.rows.push(row);
        paints.push(Paint::Plain);
    }
    paints.pop();
    paints.push(Paint::Bold);
    page.gap();
    page.table(0, &grid, &grid.widths(), &paints);
    page.paragraph(0, Paint::Plain, &sentence(&audit.log));
    let unknown = &audit.log.unknown_to_vendor;
    if unknown.is_empty() {
        return;
    }
    page.section("Unknown to the vendor", unknown.len() as u64);
    for one in unknown.iter().take(MOST_IDS) {
        let id = text::visible_within(&one.id.text(), MOST_ID, page.ellipsis()).into_owned();
        let when = one.received_at.map_or_else(String::new, |at| format!("  received {}", text::instant(at)));
        page.hanging(2, Paint::Plain, &format!("{id}{when}"));
    }
    if let Some(more) = unknown.len().checked_sub(MOST_IDS).filter(|more| *more > 0) {
        let more = text::counted(more as u64, "more id", "more ids");
        page.item(Paint::Dim, &format!("{more}; --format json has them all"));
    }
}
