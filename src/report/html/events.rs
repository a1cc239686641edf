//! The tables of events: what needs somebody, and folded away what does not.

use std::fmt::Write as _;

use super::escape::{self, Esc};
use crate::event::MAX_ID_BYTES;
use crate::report::proofs::is_decided;
use crate::report::rows::{self, Row, Rows, vendor_says, words};
use crate::report::text::{counted, grouped};
use crate::run_report::RunReport;

/// The most rows of both tables together; browsers of phones still open such a page.
const MOST_ROWS: usize = 5_000;
/// The most characters of a reason.
const MOST_REASON: usize = 300;

/// The columns; the style sheet knows them by their places.
const COLUMNS: [&str; 8] =
    ["Event", "Webhook", "Created (UTC)", "Verdict", "Vendor says", "Resends", "Result", "Reason"];

pub(super) fn write(page: &mut String, report: &RunReport) {
    let [open, others] = rows::of(report, MOST_ROWS);
    page.push_str("<section aria-labelledby=\"left\">\n");
    // Writing to a string can't fail.
    let (title, none) = if is_decided(report.outcome) {
        ("What is left", "No event needs attention.")
    } else {
        ("What is known to be left", "No event is known to need attention, but not everything could be looked at.")
    };
    let _ = writeln!(page, "<h2 id=\"left\">{title} <span class=\"count\">{}</span></h2>", count(&open));
    if open.total == 0 {
        let _ = writeln!(page, "<p>{none}</p>");
    } else {
        table(page, &open, "left", "Events that need attention");
    }
    if others.total > 0 {
        let _ = writeln!(
            page,
            "<details>\n<summary>Everything else that is not settled <span class=\"count\">{}</span></summary>",
            count(&others)
        );
        table(page, &others, "others", "Events that need no attention");
        page.push_str("</details>\n");
    }
    page.push_str("</section>\n");
}

fn count(rows: &Rows<'_>) -> String {
    grouped(rows.total as u64)
}

fn table(page: &mut String, rows: &Rows<'_>, name: &str, caption: &str) {
    if rows.left_out() > 0 {
        let shown = match rows.shown.len() {
            0 => "None of them is shown here".to_owned(),
            some => format!("The first {} are shown", grouped(some as u64)),
        };
        let _ = writeln!(
            page,
            "<p class=\"note\">{shown}; {} not, to keep this page small. All of them are in <code>--report \
             FILE.csv</code> and <code>--report FILE.json</code>.</p>",
            counted(rows.left_out() as u64, "is", "are")
        );
    }
    let Some(first) = rows.shown.first() else { return };
    let shared = rows.shown.len() > 1 && rows.shown.iter().all(|row| row.tracked.reason() == first.tracked.reason());
    if shared {
        let _ = writeln!(page, "<p>The same holds for all: {}.</p>", Esc(first.tracked.reason(), MOST_REASON));
    }
    let columns = if shared { &COLUMNS[..COLUMNS.len() - 1] } else { &COLUMNS[..] };
    let _ = writeln!(page, "<table class=\"events\" id=\"events-{name}\">\n<caption>{caption}</caption>\n<thead><tr>");
    for title in columns {
        let _ = writeln!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &rows.shown {
        write_row(page, row);
        if !shared {
            let _ = write!(page, "<td>{}</td>", Esc(row.tracked.reason(), MOST_REASON));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
}

fn write_row(page: &mut String, row: &Row<'_>) {
    let tracked = row.tracked;
    let _ = write!(
        page,
        "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>",
        Esc(&tracked.event.id.text(), MAX_ID_BYTES),
        Esc(&row.webhook.name, 64),
        tracked.event.created().map_or_else(|| "unknown".to_owned(), escape::time_without_zone),
        words(tracked.verdict.name()),
        Esc(&vendor_says(tracked), 100),
        tracked.attempts,
        tracked.result.map_or_else(String::new, |result| words(result.name())),
    );
}
