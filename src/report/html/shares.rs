//! What failed, by webhook and by what the vendor says: numbers with bars beside them.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::escape::Esc;
use super::plot::class;
use crate::report::human::names;
use crate::report::rows::vendor_first_said;
use crate::report::text::{counted, grouped};
use crate::run_report::RunReport;
use crate::timeline::{Fate, Tally};

/// The most rows of each of the two.
const MOST_ROWS: usize = 12;

/// One row: a name and its events.
struct Share {
    name: String,
    tally: Tally,
}

pub(super) fn write(page: &mut String, report: &RunReport) {
    let by_webhook = by_webhook(report);
    let by_answer = by_answer(report);
    if by_webhook.is_empty() {
        return;
    }
    page.push_str("<div class=\"pair\">\n");
    section(page, "by-webhook", "By webhook", "Webhook", &by_webhook);
    section(page, "by-answer", "By what the vendor said", "Status", &by_answer);
    page.push_str("</div>\n");
}

/// Webhooks with events that are not settled; the first are those with the most.
fn by_webhook(report: &RunReport) -> Vec<Share> {
    let names = names(&report.webhooks, "…");
    let shares = names.into_iter().zip(&report.webhooks).map(|(name, webhook)| {
        let mut tally = Tally::default();
        webhook.events.iter().for_each(|tracked| tally.count(tracked));
        Share { name, tally }
    });
    sorted(shares.collect())
}

/// What the vendor said of the events when the run first saw them: why they had failed.
fn by_answer(report: &RunReport) -> Vec<Share> {
    let mut tallies: HashMap<String, Tally> = HashMap::new();
    for tracked in report.webhooks.iter().flat_map(|webhook| &webhook.events) {
        if Fate::of(tracked).is_some() {
            tallies.entry(vendor_first_said(tracked)).or_default().count(tracked);
        }
    }
    sorted(tallies.into_iter().map(|(name, tally)| Share { name, tally }).collect())
}

fn sorted(shares: Vec<Share>) -> Vec<Share> {
    let mut shares: Vec<Share> = shares.into_iter().filter(|share| share.tally.unsettled() > 0).collect();
    shares.sort_by(|left, right| {
        right.tally.unsettled().cmp(&left.tally.unsettled()).then_with(|| left.name.cmp(&right.name))
    });
    if shares.len() > MOST_ROWS {
        let others = shares.split_off(MOST_ROWS - 1);
        let mut tally = Tally::default();
        others.iter().for_each(|share| tally.add(&share.tally));
        shares.push(Share { name: counted(others.len() as u64, "other", "others"), tally });
    }
    shares
}

fn section(page: &mut String, id: &str, title: &str, column: &str, shares: &[Share]) {
    if shares.is_empty() {
        return;
    }
    // Writing to a string can't fail.
    let _ = writeln!(page, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>");
    let _ = writeln!(
        page,
        "<table class=\"shares\">\n<caption>Events that are not settled</caption>\n<thead><tr><th scope=\"col\">{column}</th>\
         <th scope=\"col\">Events</th><th scope=\"col\">Of these</th></tr></thead>\n<tbody>"
    );
    let most = shares.iter().map(|share| share.tally.unsettled()).max().unwrap_or(1);
    shares.iter().for_each(|share| row(page, share, most));
    page.push_str("</tbody>\n</table>\n");
    page.push_str("</section>\n");
}

fn row(page: &mut String, share: &Share, most: u64) {
    let total = share.tally.unsettled();
    let _ = write!(
        page,
        "<tr><th scope=\"row\">{}</th><td>{}</td><td><svg width=\"100%\" height=\"10\" aria-hidden=\"true\">",
        Esc(&share.name, 128),
        grouped(total)
    );
    let mut x = 0.0;
    let present = || Fate::ALL.into_iter().filter(|fate| share.tally.of(*fate) > 0);
    for fate in present() {
        let width = share.tally.of(fate) as f64 * 100.0 / most as f64;
        let _ = write!(page, "<rect class=\"{}\" x=\"{x:.2}%\" width=\"{width:.2}%\" height=\"10\"/>", class(fate));
        x += width;
    }
    let parts: Vec<String> =
        present().map(|fate| format!("{} {}", grouped(share.tally.of(fate)), fate.label())).collect();
    let _ = writeln!(page, "</svg><span class=\"parts\">{}</span></td></tr>", parts.join(", "));
}
