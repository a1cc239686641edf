//! What became of events that a person named: one line for each, in the order in which they were named.

use super::events::{event_id, reason};
use super::layout::Page;
use crate::event::EventId;
use crate::report::color::Paint;
use crate::report::rows::words;
use crate::report::text;
use crate::run_report::{Mode, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

/// The most characters of an id that are shown.
const MOST_ID: usize = 128;

pub(super) fn write(page: &mut Page, report: &RunReport, ids: &[EventId]) {
    if ids.is_empty() {
        return;
    }
    page.gap();
    for id in ids {
        let mut events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
        match events.find(|tracked| tracked.event.id == *id) {
            Some(tracked) => {
                let line =
                    format!("{}  {}: {}", event_id(page, tracked), outcome(report, tracked), reason(page, tracked));
                page.hanging(0, paint(tracked), &line);
            }
            None => {
                let id = id.text();
                let id = text::visible_within(&id, MOST_ID, page.ellipsis());
                page.hanging(
                    0,
                    Paint::Yellow,
                    &format!("{id}  not reached: the run ended before it came to this event"),
                );
            }
        }
    }
}

fn outcome(report: &RunReport, tracked: &TrackedEvent) -> String {
    let would = report.planned.resends().iter().any(|planned| planned.event == tracked.event.id);
    match (tracked.result, report.mode) {
        (_, Mode::DryRun) if would => "would be resent".to_owned(),
        (Some(result), _) => words(result.name()),
        (None, _) => words(tracked.verdict.name()),
    }
}

fn paint(tracked: &TrackedEvent) -> Paint {
    match tracked.result {
        Some(EventResult::Recovered) => Paint::Green,
        Some(EventResult::Left | EventResult::Quarantined | EventResult::InDoubt) => Paint::Yellow,
        Some(EventResult::Skipped) | None => Paint::Plain,
    }
}
