//! The events that are not settled, each with its reason.
//!
//! On a wide page every event is one row that says everything. On a narrow one events that share
//! what is to be said of them stand together under it, so that an id is never broken.

use std::collections::HashMap;

use super::layout::{Align, Grid, Page, width_of};
use super::summary;
use crate::classify::Verdict;
use crate::report::color::Paint;
use crate::report::rows::{self, words};
use crate::report::text;
use crate::run_report::{Mode, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

/// The most events that are shown.
const MOST_ROWS: usize = 1_000;
/// The most characters of an id that are shown; no known vendor's are half as long.
const MOST_ID: usize = 128;
/// The most characters of a reason that are shown.
const MOST_REASON: usize = 300;
/// The width of a UUID, which is never broken.
const UUID_WIDTH: u16 = 36;
/// The width of an instant.
const INSTANT_WIDTH: u16 = 20;
/// The least room the vendor's words must have to be shown.
const LEAST_STATUS: u16 = 8;

/// Which events are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Those that did not arrive.
    Unresolved,
    /// These and those that were recovered.
    Recovered,
}

/// Where an event is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    /// Somebody should look at it.
    Attention,
    /// It needs nothing from this run.
    Skipped,
    /// It arrived.
    Recovered,
}

impl Section {
    fn of(tracked: &TrackedEvent) -> Option<Self> {
        if tracked.is_settled() {
            return None;
        }
        Some(match (tracked.result, tracked.verdict) {
            (Some(EventResult::Recovered), _) => Self::Recovered,
            (Some(EventResult::Left | EventResult::Quarantined | EventResult::InDoubt), _) => Self::Attention,
            (Some(EventResult::Skipped) | None, Verdict::Missing | Verdict::LostAfterAck | Verdict::Unknown(_)) => {
                Self::Attention
            }
            (Some(EventResult::Skipped) | None, Verdict::Settled | Verdict::Unacknowledged | Verdict::TooYoung) => {
                Self::Skipped
            }
        })
    }

    fn title(self) -> &'static str {
        match self {
            Self::Attention => "Needs attention",
            Self::Skipped => "Skipped",
            Self::Recovered => "Recovered",
        }
    }
}

/// One event with the place of its webhook.
#[derive(Clone, Copy)]
struct Row<'a> {
    webhook: usize,
    tracked: &'a TrackedEvent,
}

pub(super) fn write(page: &mut Page, report: &RunReport, listed: Listed) {
    let sections: &[Section] = match listed {
        Listed::Unresolved => &[Section::Attention, Section::Skipped],
        Listed::Recovered => &[Section::Attention, Section::Skipped, Section::Recovered],
    };
    let names = summary::names(&report.webhooks, page.ellipsis());
    let mut room = MOST_ROWS;
    let mut more = 0;
    let mut parts = Vec::new();
    for &section in sections {
        let (rows, total) = rows_of(report, section, room);
        room -= rows.len();
        more += total - rows.len() as u64;
        if !rows.is_empty() {
            let table = WideTable::of(page, report, &names, &rows);
            parts.push((section, total, rows, table));
        }
    }
    // All sections look alike: either each of them has room for its table, or none gets one.
    let is_wide = parts.iter().all(|(_, _, _, table)| table.fits(page));
    for (section, total, rows, table) in &parts {
        page.section(section.title(), *total);
        if is_wide {
            table.write(page);
        } else {
            write_groups(page, report, &names, rows);
        }
    }
    if more > 0 {
        page.gap();
        let more = text::counted(more, "more event is", "more events are");
        page.paragraph(0, Paint::Dim, &format!("{more} not shown; --format json has them all."));
    }
}

/// The first rows of a section, oldest first within each webhook, and how many there are.
fn rows_of(report: &RunReport, section: Section, most: usize) -> (Vec<Row<'_>>, u64) {
    let mut rows = Vec::new();
    let mut total = 0;
    for (webhook, part) in report.webhooks.iter().enumerate() {
        for tracked in part.events.iter().filter(|tracked| Section::of(tracked) == Some(section)) {
            total += 1;
            if rows.len() < most {
                rows.push(Row { webhook, tracked });
            }
        }
    }
    (rows, total)
}

/// A table in which each event is one row that says everything.
struct WideTable {
    grid: Grid,
    /// The reason, where all events have the same; then it needs no column.
    shared_reason: Option<String>,
}

impl WideTable {
    fn of(page: &Page, report: &RunReport, names: &[String], rows: &[Row<'_>]) -> Self {
        let several = report.webhooks.len() > 1;
        let tried = rows.iter().any(|row| row.tracked.attempts > 0);
        let ended = rows.iter().any(|row| told_result(report.mode, row.tracked).is_some());
        let shared = rows.len() > 1 && rows.iter().all(|row| row.tracked.reason() == rows[0].tracked.reason());
        let column = |shown: bool, title: &'static str, align| shown.then_some((title, align));
        let head = [
            column(several, "Webhook", Align::Left),
            column(true, "Event", Align::Left),
            column(true, "Created", Align::Left),
            column(true, "Verdict", Align::Left),
            column(true, "Vendor says", Align::Left),
            column(tried, "Resends", Align::Right),
            column(ended, "Result", Align::Left),
            column(!shared, "Reason", Align::Left),
        ];
        let cells = |row: &Row<'_>| {
            let tracked = row.tracked;
            let cells = [
                several.then(|| names[row.webhook].clone()),
                Some(event_id(page, tracked)),
                Some(created(tracked)),
                Some(words(tracked.verdict.name())),
                Some(vendor_says(page, tracked)),
                tried.then(|| tracked.attempts.to_string()),
                ended
                    .then(|| told_result(report.mode, tracked).map_or_else(String::new, |result| words(result.name()))),
                (!shared).then(|| reason(page, tracked)),
            ];
            cells.into_iter().flatten().collect()
        };
        let grid = Grid { head: head.into_iter().flatten().collect(), rows: rows.iter().map(cells).collect() };
        Self { grid, shared_reason: shared.then(|| reason(page, rows[0].tracked)) }
    }

    /// Whether every cell has the room it needs.
    fn fits(&self, page: &Page) -> bool {
        Grid::total(&self.grid.widths()) <= page.width().saturating_sub(2)
    }

    fn write(&self, page: &mut Page) {
        if let Some(reason) = &self.shared_reason {
            page.paragraph(2, Paint::Dim, reason);
        }
        page.table(2, &self.grid, &self.grid.widths(), &[]);
    }
}

/// The result where it says more than the section's title.
fn told_result(mode: Mode, tracked: &TrackedEvent) -> Option<EventResult> {
    match (tracked.result?, mode) {
        (result @ (EventResult::Quarantined | EventResult::InDoubt), _) => Some(result),
        (result @ EventResult::Left, Mode::Act) => Some(result),
        (EventResult::Left, Mode::DryRun | Mode::Check) => None,
        (EventResult::Recovered | EventResult::Skipped, _) => None,
    }
}

fn write_groups(page: &mut Page, report: &RunReport, names: &[String], rows: &[Row<'_>]) {
    let widths = narrow_widths(page, rows);
    for (place, group) in groups(rows).iter().enumerate() {
        if place > 0 {
            page.gap();
        }
        let first = &group[0];
        let name = if report.webhooks.len() > 1 { Some(names[first.webhook].as_str()) } else { None };
        page.paragraph(2, Paint::Plain, &group_title(report.mode, name, first.tracked, group.len()));
        let reason = reason(page, first.tracked);
        page.paragraph(4, Paint::Dim, &reason);
        page.rows(4, &narrow_grid(page, group, &widths), &widths);
    }
}

/// Events of which the same is to be said, in the order of their first.
fn groups<'a>(rows: &[Row<'a>]) -> Vec<Vec<Row<'a>>> {
    let mut groups: Vec<Vec<Row<'_>>> = Vec::new();
    let mut places = HashMap::new();
    for row in rows {
        let tracked = row.tracked;
        let said = (row.webhook, tracked.verdict.name(), tracked.result, tracked.attempts, tracked.reason());
        let place = *places.entry(said).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(*row),
            None => groups.push(vec![*row]),
        }
    }
    groups
}

fn group_title(mode: Mode, name: Option<&str>, tracked: &TrackedEvent, size: usize) -> String {
    let verdict = words(tracked.verdict.name());
    let mut title = match name {
        Some(name) => format!("{name}: {verdict}"),
        None => capitalised(&verdict),
    };
    if let Some(result) = titled_result(mode, tracked) {
        title.push_str(", ");
        title.push_str(&result);
    }
    if tracked.attempts > 0 {
        title.push_str(" after ");
        title.push_str(&text::counted(u64::from(tracked.attempts), "resend", "resends"));
    }
    if size > 1 {
        title.push_str(&format!(" ({} events)", text::grouped(size as u64)));
    }
    title
}

/// The result as part of a title, where the verdict alone does not tell it.
fn titled_result(mode: Mode, tracked: &TrackedEvent) -> Option<String> {
    match (tracked.result, told_result(mode, tracked)) {
        (Some(EventResult::Recovered), _) => Some("recovered".to_owned()),
        (_, Some(EventResult::Left)) if tracked.attempts == 0 => Some("not resent".to_owned()),
        (_, Some(EventResult::Left)) => Some("not recovered".to_owned()),
        (_, told) => told.map(|result| words(result.name())),
    }
}

fn narrow_grid(page: &Page, rows: &[Row<'_>], widths: &[u16]) -> Grid {
    let cells = |row: &Row<'_>| {
        let mut cells = vec![event_id(page, row.tracked), created(row.tracked)];
        cells.extend(widths.get(2).map(|most| vendor_says_within(page, row.tracked, *most)));
        cells.truncate(widths.len());
        cells
    };
    Grid { head: Vec::new(), rows: rows.iter().map(cells).collect() }
}

/// The widths of id, creation time and vendor's words; fewer when there is no room for all.
fn narrow_widths(page: &Page, rows: &[Row<'_>]) -> Vec<u16> {
    let room = page.width().saturating_sub(4);
    let natural = narrow_grid(page, rows, &[0, 0, u16::MAX]).row_widths();
    let (id, status) = (natural.first().copied().unwrap_or(1), natural.get(2).copied().unwrap_or(1));
    let beside = Grid::total(&[0, INSTANT_WIDTH, status.min(LEAST_STATUS)]);
    // An id that is longer than a UUID gives way to the other columns, down to the width of one.
    let id = id.min(room.saturating_sub(beside).max(UUID_WIDTH)).min(room);
    let mut widths = vec![id];
    if Grid::total(&[id, INSTANT_WIDTH]) <= room {
        widths.push(INSTANT_WIDTH);
        let left = room.saturating_sub(Grid::total(&[id, INSTANT_WIDTH, 0]));
        if left >= status.min(LEAST_STATUS) {
            widths.push(status.min(left));
        }
    }
    widths
}

/// What the vendor says; where that is too long, the code alone, or the beginning of the words.
fn vendor_says_within(page: &Page, tracked: &TrackedEvent, most: u16) -> String {
    let said = vendor_says(page, tracked);
    match tracked.event.status_code {
        _ if width_of(&said) <= most => said,
        Some(code) => code.to_string(),
        None => text::visible_within(&said, usize::from(most), page.ellipsis()).into_owned(),
    }
}

pub(super) fn event_id(page: &Page, tracked: &TrackedEvent) -> String {
    text::visible_within(&tracked.event.id.text(), MOST_ID, page.ellipsis()).into_owned()
}

pub(super) fn created(tracked: &TrackedEvent) -> String {
    tracked.event.created().map_or_else(|| "unknown".to_owned(), text::instant)
}

/// The status as the vendor gives it.
pub(super) fn vendor_says(page: &Page, tracked: &TrackedEvent) -> String {
    let event = &tracked.event;
    rows::said(event.status, event.status_code, event.status_text.as_deref(), page.ellipsis())
}

pub(super) fn reason(page: &Page, tracked: &TrackedEvent) -> String {
    text::visible_within(tracked.reason(), MOST_REASON, page.ellipsis()).into_owned()
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
