//! The events in quarantine, and what was released from it.
//!
//! On a wide page every event is one row; on a narrow one it is a few lines under its id, so that an
//! id is never broken.

use std::io;

use super::layout::{Align, Grid, Page};
use super::past::{count_of, id_of, label_of, source_words, words_of};
use super::{Human, Verbosity};
use crate::history::QuarantinedEvent;
use crate::report::color::Paint;
use crate::report::past::{Names, QuarantineList, Released, Show, Source};
use crate::report::text;

/// The most events that are shown.
const MOST_ROWS: usize = 1_000;
/// The most webhooks that are named in one sentence.
const MOST_WEBHOOKS: usize = 5;
/// The least room in which reasons stand beside the other columns.
const LEAST_REASON: u16 = 28;
/// The most characters of a reason that are shown.
const MOST_REASON: usize = 300;

impl Show<QuarantineList> for Human {
    fn show(&self, what: &QuarantineList, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        events(&mut page, &what.names, &what.events, Told::Waiting);
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => {
                page.gap();
                page.paragraph(0, Paint::Plain, &list_sentence(&page, what));
            }
        }
        self.write_page(page, out)
    }
}

impl Show<Released> for Human {
    fn show(&self, what: &Released, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => {
                events(&mut page, &what.names, &what.events, Told::Released);
                page.gap();
                page.paragraph(0, Paint::Plain, &released_sentence(what));
            }
        }
        self.write_page(page, out)
    }
}

fn list_sentence(page: &Page, list: &QuarantineList) -> String {
    let of_webhooks = of_webhooks(page, list);
    if let Source::NoLedger(_) = list.source {
        return format!("Nothing is in quarantine: {}.", source_words(page, &list.source));
    }
    let subject = match list.events.len() {
        0 if list.webhooks.is_empty() => return "Nothing is in quarantine.".to_owned(),
        0 => return format!("No event{of_webhooks} is in quarantine."),
        1 => format!("1 event{of_webhooks} is in quarantine and not resent; release it"),
        several => {
            format!("{}{of_webhooks} are in quarantine and not resent; release them", count_of(several, "event"))
        }
    };
    format!("{subject} with `hookmend quarantine release ID` or `--all`.")
}

fn of_webhooks(page: &Page, list: &QuarantineList) -> String {
    let shown = list.webhooks.iter().take(MOST_WEBHOOKS);
    let mut labels: Vec<String> = shown.map(|webhook| label_of(page, &list.names, webhook)).collect();
    match list.webhooks.len().saturating_sub(MOST_WEBHOOKS) {
        0 => {}
        more => labels.push(format!("{more} more")),
    }
    if labels.is_empty() { String::new() } else { format!(" of {}", text::listed(&labels)) }
}

fn released_sentence(released: &Released) -> String {
    match released.events.len() {
        0 => "Nothing was released: there is no such event in quarantine.".to_owned(),
        1 => "1 event was released; the next reconcile tries it again, with fresh attempts.".to_owned(),
        several => {
            let events = count_of(several, "event");
            format!("{events} were released; the next reconcile tries them again, with fresh attempts.")
        }
    }
}

/// What is told of each event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Everything: it waits for a person.
    Waiting,
    /// Only which it is: it waits no more.
    Released,
}

fn events(page: &mut Page, names: &Names, events: &[QuarantinedEvent], told: Told) {
    if events.is_empty() {
        return;
    }
    let shown = &events[..events.len().min(MOST_ROWS)];
    let grid = wide_grid(page, names, shown, told);
    let mut widths = grid.widths();
    if let Told::Waiting = told {
        // The reason may take several lines, as long as it has some room.
        let reason = widths.pop().unwrap_or_default();
        let room = page.width().saturating_sub(Grid::total(&[&widths[..], &[0]].concat()));
        widths.push(reason.min(room.max(LEAST_REASON)));
    }
    if Grid::total(&widths) <= page.width() {
        page.table(0, &grid, &widths, &[]);
    } else {
        shown.iter().for_each(|event| block(page, names, event, told));
    }
    if let Some(more) = events.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let more = text::counted(more as u64, "more event is", "more events are");
        page.paragraph(0, Paint::Dim, &format!("{more} not shown; --format json has them all."));
    }
}

fn wide_grid(page: &Page, names: &Names, events: &[QuarantinedEvent], told: Told) -> Grid {
    let columns = match told {
        Told::Waiting => 6,
        Told::Released => 3,
    };
    let mut head = vec![
        ("Webhook", Align::Left),
        ("Event", Align::Left),
        ("Created", Align::Left),
        ("In quarantine since", Align::Left),
        ("Attempts", Align::Right),
        ("Reason", Align::Left),
    ];
    head.truncate(columns);
    let cells = |event: &QuarantinedEvent| {
        let mut cells = vec![
            label_of(page, names, &event.webhook),
            id_of(page, &event.event),
            event.created_at.map_or_else(|| "unknown".to_owned(), text::instant),
            text::instant(event.since),
            event.attempts.to_string(),
            words_of(page, &event.reason, MOST_REASON),
        ];
        cells.truncate(columns);
        cells
    };
    Grid { head, rows: events.iter().map(cells).collect() }
}

fn block(page: &mut Page, names: &Names, event: &QuarantinedEvent, told: Told) {
    page.line(0, Paint::Bold, &id_of(page, &event.event));
    let created = match event.created_at {
        Some(at) => format!("{}, created {}", label_of(page, names, &event.webhook), text::instant(at)),
        None => label_of(page, names, &event.webhook),
    };
    page.paragraph(4, Paint::Plain, &created);
    match told {
        Told::Waiting => {
            let attempts = text::counted(u64::from(event.attempts), "attempt", "attempts");
            let since = text::instant(event.since);
            page.paragraph(4, Paint::Plain, &format!("in quarantine since {since}, after {attempts}"));
            page.paragraph(4, Paint::Dim, &words_of(page, &event.reason, MOST_REASON));
        }
        Told::Released => {}
    }
}
