//! The table of the webhooks: one row each, and their total.
//!
//! It owns the choice of columns: those that say nothing are left out, and on a narrow page those
//! that matter least go first.

use std::collections::HashMap;

use super::layout::{Align, Grid, Page, width_of};
use crate::outcome::RunOutcome;
use crate::report::color::Paint;
use crate::report::text;
use crate::run_report::{Counts, Mode, RunReport, WebhookReport};

/// The most webhooks that have a row of their own.
const MOST_WEBHOOKS: usize = 200;
/// The least width to which names are shortened.
const LEAST_NAME: u16 = 20;
/// The most characters of a name that are ever shown.
const MOST_NAME: usize = 64;

/// A column with numbers.
struct Column {
    title: &'static str,
    value: fn(&Counts) -> u64,
    keep: Keep,
}

/// When a column is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Always.
    Always,
    /// Always when the run could resend, else when it says something.
    Acting,
    /// When it says something; on a narrow page the lowest numbers go first.
    Telling(u8),
}

/// All columns, in their order.
const COLUMNS: [Column; 13] = [
    Column { title: "Listed", value: |counts| counts.listed, keep: Keep::Telling(4) },
    Column { title: "Failed", value: |counts| counts.failed, keep: Keep::Telling(3) },
    Column { title: "In log", value: |counts| counts.received, keep: Keep::Telling(2) },
    Column { title: "Missing", value: |counts| counts.missing, keep: Keep::Always },
    Column { title: "Unacknowledged", value: |counts| counts.unacknowledged, keep: Keep::Telling(1) },
    Column { title: "Lost after ack", value: |counts| counts.lost_after_ack, keep: Keep::Telling(7) },
    Column { title: "Too young", value: |counts| counts.too_young, keep: Keep::Telling(1) },
    Column { title: "Unknown", value: |counts| counts.unknown, keep: Keep::Telling(8) },
    Column { title: "Resent", value: |counts| counts.resent, keep: Keep::Telling(5) },
    Column { title: "Recovered", value: |counts| counts.recovered, keep: Keep::Acting },
    Column { title: "In doubt", value: |counts| counts.in_doubt, keep: Keep::Telling(9) },
    Column { title: "Quarantined", value: |counts| counts.quarantined, keep: Keep::Telling(6) },
    Column { title: "Left", value: |counts| counts.left, keep: Keep::Acting },
];

pub(super) fn write(page: &mut Page, report: &RunReport) {
    // A table of zeros would read as "looked, and found nothing".
    if report.webhooks.is_empty() || (!is_proven(report.outcome) && report.totals == Counts::default()) {
        return;
    }
    let shown = &report.webhooks[..report.webhooks.len().min(MOST_WEBHOOKS)];
    let mut columns: Vec<&Column> = COLUMNS.iter().filter(|column| is_told(column, report)).collect();
    let names = names(shown, page.ellipsis());
    let longest = names.iter().map(|name| width_of(name)).max().unwrap_or(0);
    while width_with(&columns, longest, report) > page.width() && drop_least(&mut columns) {}
    let room = page.width().saturating_sub(width_with(&columns, 0, report));
    let names = names.iter().map(|name| shortened(name, room.max(LEAST_NAME), page.ellipsis()));

    let mut grid = Grid { head: head(&columns), rows: Vec::new() };
    let mut paints = Vec::new();
    for (webhook, name) in shown.iter().zip(names) {
        let is_known = is_proven(report.outcome) || webhook.counts != Counts::default();
        let counts = is_known.then_some(&webhook.counts);
        grid.rows.push(row(name, &columns, counts));
        paints.push(paint_of(&webhook.counts));
    }
    if report.webhooks.len() > 1 {
        grid.rows.push(row("Total".to_owned(), &columns, Some(&report.totals)));
        paints.push(Paint::Bold);
    }
    page.gap();
    page.table(0, &grid, &grid.widths(), &paints);
    if report.webhooks.len() > shown.len() {
        let more = text::counted((report.webhooks.len() - shown.len()) as u64, "more webhook", "more webhooks");
        page.paragraph(0, Paint::Dim, &format!("{more}; --format json has them all"));
    }
}

fn is_told(column: &Column, report: &RunReport) -> bool {
    let says_something = (column.value)(&report.totals) > 0;
    match (column.keep, report.mode) {
        (Keep::Always, _) | (Keep::Acting, Mode::Act) => true,
        // Without resends "left" and "recovered" only repeat what the verdicts say.
        (Keep::Acting, Mode::DryRun | Mode::Check) => false,
        (Keep::Telling(_), _) => says_something,
    }
}

/// Drops the column that matters least; `false` when none can be spared.
fn drop_least(columns: &mut Vec<&Column>) -> bool {
    let rank = |column: &Column| match column.keep {
        Keep::Always | Keep::Acting => None,
        Keep::Telling(rank) => Some(rank),
    };
    let least = columns.iter().enumerate().filter_map(|(place, column)| Some((rank(column)?, place))).min();
    match least {
        Some((_, place)) => {
            columns.remove(place);
            true
        }
        None => false,
    }
}

fn head(columns: &[&Column]) -> Vec<(&'static str, Align)> {
    let mut head = vec![("Webhook", Align::Left)];
    head.extend(columns.iter().map(|column| (column.title, Align::Right)));
    head
}

/// A row of numbers; without counts nothing is known, which is not the same as zero.
fn row(name: String, columns: &[&Column], counts: Option<&Counts>) -> Vec<String> {
    let mut row = vec![name];
    let told = |column: &&Column| counts.map_or_else(|| "-".to_owned(), |counts| text::grouped((column.value)(counts)));
    row.extend(columns.iter().map(told));
    row
}

/// Whether an outcome says that everything was looked at, so that a zero means none.
fn is_proven(outcome: RunOutcome) -> bool {
    match outcome {
        RunOutcome::Clean | RunOutcome::Left => true,
        RunOutcome::Undetermined
        | RunOutcome::Unavailable
        | RunOutcome::Refused
        | RunOutcome::Locked
        | RunOutcome::Interrupted(_)
        | RunOutcome::Unusable
        | RunOutcome::Failed => false,
    }
}

/// How wide the table would be with names of this width.
fn width_with(columns: &[&Column], name: u16, report: &RunReport) -> u16 {
    let numbers = columns.iter().map(|column| {
        let digits = text::grouped((column.value)(&report.totals));
        width_of(column.title).max(width_of(&digits))
    });
    let widths: Vec<u16> = std::iter::once(name).chain(numbers).collect();
    Grid::total(&widths)
}

fn paint_of(counts: &Counts) -> Paint {
    if counts.left > 0 {
        Paint::Red
    } else if counts.in_doubt > 0 || counts.unknown > 0 || counts.missing > counts.recovered {
        Paint::Yellow
    } else {
        Paint::Plain
    }
}

/// The names of the webhooks; those that share one get the beginning of their id as well, or all of
/// it where the beginning is shared too.
pub(in crate::report) fn names(webhooks: &[WebhookReport], ellipsis: &str) -> Vec<String> {
    let beginning = |webhook: &WebhookReport| webhook.webhook.as_str().chars().take(8).collect::<String>();
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut beginnings: HashMap<(&str, String), usize> = HashMap::new();
    for webhook in webhooks {
        *names.entry(&webhook.name).or_default() += 1;
        *beginnings.entry((&webhook.name, beginning(webhook))).or_default() += 1;
    }
    let label = |webhook: &WebhookReport| {
        let name = text::visible_within(&webhook.name, MOST_NAME, ellipsis);
        let beginning = beginning(webhook);
        if names.get(webhook.name.as_str()).is_none_or(|uses| *uses == 1) {
            name.into_owned()
        } else if beginnings.get(&(webhook.name.as_str(), beginning.clone())).is_none_or(|uses| *uses == 1) {
            format!("{name} {beginning}{ellipsis}")
        } else {
            format!("{name} {}", webhook.webhook)
        }
    };
    webhooks.iter().map(label).collect()
}

/// A name with its middle left out when it is too long, because names differ at both ends.
fn shortened(name: &str, most: u16, ellipsis: &str) -> String {
    if width_of(name) <= most {
        return name.to_owned();
    }
    let characters: Vec<char> = name.chars().collect();
    for kept in (2..characters.len()).rev() {
        let (start, end) = (kept.div_ceil(2), kept / 2);
        let start: String = characters[..start].iter().collect();
        let end: String = characters[characters.len() - end..].iter().collect();
        let cut = format!("{start}{ellipsis}{end}");
        if width_of(&cut) <= most {
            return cut;
        }
    }
    ellipsis.to_owned()
}
