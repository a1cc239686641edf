//! The two-way picture of an audit.

use std::fmt::Write as _;

use super::escape::{self, Esc};
use crate::report::both_ways::{COLUMNS, rows, sentence};
use crate::report::text::{counted, grouped};
use crate::run_report::RunReport;

/// The most ids that are shown.
const MOST_IDS: usize = 1_000;

pub(super) fn write(page: &mut String, report: &RunReport) {
    let Some(audit) = &report.audit else { return };
    page.push_str(
        "<section aria-labelledby=\"both-ways\">\n<h2 id=\"both-ways\">Both ways</h2>\n<table class=\"figures\">\n<thead><tr><th scope=\"col\">The vendor says</th>",
    );
    for title in COLUMNS {
        // Writing to a string can't fail.
        let _ = write!(page, "<th scope=\"col\">{title}</th>");
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for (title, numbers) in rows(&audit.vendor) {
        let _ = write!(page, "<tr><th scope=\"row\">{title}</th>");
        for number in numbers {
            let _ = write!(page, "<td>{}</td>", grouped(number));
        }
        page.push_str("</tr>\n");
    }
    let _ = writeln!(page, "</tbody>\n</table>\n<p class=\"note\">{}</p>", sentence(&audit.log));
    let unknown = &audit.log.unknown_to_vendor;
    if !unknown.is_empty() {
        page.push_str("<h3>Unknown to the vendor</h3>\n<ul>\n");
        for one in unknown.iter().take(MOST_IDS) {
            let _ = write!(page, "<li><code>{}</code>", Esc(&one.id.text(), 128));
            if let Some(at) = one.received_at {
                let _ = write!(page, ", received {}", escape::time(at));
            }
            page.push_str("</li>\n");
        }
        if let Some(more) = unknown.len().checked_sub(MOST_IDS).filter(|more| *more > 0) {
            let more = counted(more as u64, "more id", "more ids");
            let _ = writeln!(page, "<li>{more}; <code>--report FILE.json</code> holds all of them</li>");
        }
        page.push_str("</ul>\n");
    }
    page.push_str("</section>\n");
}
