//! The events that a report tells one by one, those that need somebody first, and as many as a
//! reader's program can bear.

use crate::event::DeliveryStatus;
use crate::report::json::told;
use crate::report::text::visible_within;
use crate::run_report::{RunReport, WebhookReport};
use crate::timeline::Fate;
use crate::tracked::TrackedEvent;

/// The most characters of the vendor's own words that are shown.
const MOST_STATUS: usize = 80;

/// One event with the webhook it belongs to.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) webhook: &'a WebhookReport,
    pub(super) tracked: &'a TrackedEvent,
}

/// Rows that are shown, and how many there are in all.
pub(super) struct Rows<'a> {
    pub(super) shown: Vec<Row<'a>>,
    pub(super) total: usize,
}

impl Rows<'_> {
    /// How many rows are not shown.
    pub(super) fn left_out(&self) -> usize {
        self.total - self.shown.len()
    }
}

/// The events that are not settled: those that need somebody, and the others. Together at most `most`
/// are shown.
pub(super) fn of(report: &RunReport, most: usize) -> [Rows<'_>; 2] {
    let needs_somebody = |tracked: &TrackedEvent| Fate::of(tracked).is_some_and(Fate::needs_attention);
    let open = matching(report, most, needs_somebody);
    let others = matching(report, most - open.shown.len(), |tracked| !needs_somebody(tracked));
    [open, others]
}

fn matching(report: &RunReport, most: usize, wanted: impl Fn(&TrackedEvent) -> bool) -> Rows<'_> {
    let mut rows = Rows { shown: Vec::new(), total: 0 };
    for webhook in &report.webhooks {
        for tracked in told(&webhook.events, report.told).filter(|tracked| wanted(tracked)) {
            rows.total += 1;
            if rows.shown.len() < most {
                rows.shown.push(Row { webhook, tracked });
            }
        }
    }
    rows
}

/// The status as the vendor gives it: its code and its words, without saying one thing twice.
pub(super) fn vendor_says(tracked: &TrackedEvent) -> String {
    let event = &tracked.event;
    said(event.status, event.status_code, event.status_text.as_deref(), "…")
}

/// The same when the run first saw the event.
pub(super) fn vendor_first_said(tracked: &TrackedEvent) -> String {
    let (status, code, words) = tracked.first_said();
    said(status, code, words, "…")
}

/// A status in the vendor's words, or in ours where it has none.
pub(super) fn said(status: DeliveryStatus, code: Option<u16>, words: Option<&str>, ellipsis: &str) -> String {
    let words = words.map(|words| visible_within(words, MOST_STATUS, ellipsis));
    match (code, words) {
        (Some(code), Some(words)) if words.contains(&code.to_string()) => words.into_owned(),
        (Some(code), Some(words)) => format!("{code} {words}"),
        (Some(code), None) => code.to_string(),
        (None, Some(words)) => words.into_owned(),
        (None, None) => match status {
            DeliveryStatus::Unrecognised => "nothing clear".to_owned(),
            known => known.name().to_owned(),
        },
    }
}

/// A name of the schema as words.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}
