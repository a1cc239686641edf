//! Attempts: all of one event in full, and those of one run as a table.

use std::collections::BTreeSet;
use std::io;

use super::layout::{Align, Grid, Page};
use super::past::{asked_by, count_of, id_of, label_of, source_words, word_of, words_of};
use super::{Human, runs};
use crate::attempt::{Conclusion, Settlement};
use crate::event::{DeliveryStatus, WebhookId};
use crate::history::{AttemptRecord, QuarantineEnd, QuarantinedEvent};
use crate::report::color::Paint;
use crate::report::past::{Answer, Answers, EventPast, Names, RunPast, Show, Source};
use crate::report::text;

/// The most attempts of one event or run that are shown.
const MOST_ATTEMPTS: usize = 1_000;
/// The most stays in quarantine that are shown.
const MOST_STAYS: usize = 100;
/// The most characters of a detail, an evidence or a reason that are shown.
const MOST_WORDS: usize = 300;
/// The width of the labels of an attempt.
const LABELS: u16 = 7;

impl Show<Answers> for Human {
    fn show(&self, what: &Answers, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        for answer in &what.answers {
            page.gap();
            match answer {
                Answer::Event(past) => of_event(&mut page, &what.names, past),
                Answer::Run(past) => runs::whole(&mut page, &what.names, past),
            }
        }
        if let Source::NoLedger(_) = what.source {
            page.gap();
            let words = source_words(&page, &what.source);
            page.paragraph(0, Paint::Plain, &format!("Nothing is recorded: {words}."));
        }
        self.write_page(page, out)
    }
}

/// Everything that is known of one event.
fn of_event(page: &mut Page, names: &Names, past: &EventPast) {
    page.line(0, Paint::Bold, &format!("Event {}", id_of(page, &past.event)));
    history(page, names, past);
}

/// The same without its title.
pub(super) fn history(page: &mut Page, names: &Names, past: &EventPast) {
    if past.attempts.is_empty() && past.stays.is_empty() {
        page.paragraph(2, Paint::Plain, "No attempts are recorded.");
        return;
    }
    let webhooks = webhooks_of(past);
    for webhook in &webhooks {
        belongs(page, names, past, webhook);
    }
    for (place, attempt) in past.attempts.iter().take(MOST_ATTEMPTS).enumerate() {
        page.gap();
        let webhook = (webhooks.len() > 1).then(|| label_of(page, names, &attempt.webhook));
        whole(page, place + 1, attempt, webhook);
    }
    not_shown(page, past.attempts.len(), MOST_ATTEMPTS, "attempt");
    if past.attempts.is_empty() {
        page.paragraph(2, Paint::Plain, "No attempts are recorded any more.");
    }
    if !past.stays.is_empty() {
        page.gap();
    }
    for stay in past.stays.iter().take(MOST_STAYS) {
        let webhook = (webhooks.len() > 1).then(|| label_of(page, names, &stay.webhook));
        let paint = if stay.end.is_none() { Paint::Yellow } else { Paint::Plain };
        page.hanging(2, paint, &stay_words(page, stay, webhook.as_deref()));
    }
    not_shown(page, past.stays.len(), MOST_STAYS, "stay");
}

fn not_shown(page: &mut Page, number: usize, most: usize, one: &str) {
    if number > most {
        let more = count_of(number - most, &format!("more {one}"));
        page.paragraph(2, Paint::Dim, &format!("{more}; --format json has them all"));
    }
}

fn webhooks_of(past: &EventPast) -> Vec<WebhookId> {
    let attempts = past.attempts.iter().map(|attempt| &attempt.webhook);
    let stays = past.stays.iter().map(|stay| &stay.webhook);
    let known: BTreeSet<&WebhookId> = attempts.chain(stays).collect();
    known.into_iter().cloned().collect()
}

/// The webhook of an event, and when the event was created.
fn belongs(page: &mut Page, names: &Names, past: &EventPast, webhook: &WebhookId) {
    let mut label = label_of(page, names, webhook);
    if names.of(webhook).is_some() {
        label.push_str(&format!(" ({webhook})"));
    }
    page.labelled(2, LABELS, "Webhook", &label);
    let of_attempts = past.attempts.iter().filter(|attempt| attempt.webhook == *webhook);
    let of_stays = past.stays.iter().filter(|stay| stay.webhook == *webhook);
    let mut created = of_attempts.map(|attempt| attempt.created_at).chain(of_stays.map(|stay| stay.created_at));
    if let Some(at) = created.find_map(|at| at) {
        page.labelled(2, LABELS, "Created", &text::instant(at));
    }
}

/// One attempt in full.
fn whole(page: &mut Page, number: usize, attempt: &AttemptRecord, webhook: Option<String>) {
    let title = format!("{number}. {}: {}", text::instant(attempt.intent_at), state(attempt));
    page.paragraph(2, state_paint(attempt), &title);
    if let Some(webhook) = webhook {
        page.labelled(5, LABELS, "Webhook", &webhook);
    }
    page.labelled(5, LABELS, "Before", &seen(status_words(attempt.status_before), attempt.runs_before));
    page.labelled(5, LABELS, "Answer", &answer(page, attempt));
    page.labelled(5, LABELS, "Settled", &settled(page, attempt));
    page.labelled(5, LABELS, "Run", &run(page, attempt));
}

fn run(page: &Page, attempt: &AttemptRecord) -> String {
    let said = format!("{}, {}", word_of(page, &attempt.run_id), word_of(page, &attempt.command));
    match asked_by(page, &attempt.asked_by) {
        nobody if nobody.is_empty() => said,
        somebody => format!("{said} by {somebody}"),
    }
}

/// How an attempt stands, in a word or two.
fn state(attempt: &AttemptRecord) -> &'static str {
    match (attempt.settlement, attempt.conclusion) {
        (Some(settlement), _) => settlement_words(settlement),
        (None, Some(Conclusion::Accepted)) => "not confirmed yet",
        (None, Some(Conclusion::NotSent | Conclusion::Rejected | Conclusion::Refused | Conclusion::InDoubt) | None) => {
            "in doubt"
        }
    }
}

fn state_paint(attempt: &AttemptRecord) -> Paint {
    match attempt.settlement {
        Some(Settlement::Recovered) => Paint::Green,
        Some(Settlement::DeliveryFailed) => Paint::Red,
        Some(Settlement::NotSent) => Paint::Plain,
        None => Paint::Yellow,
    }
}

fn settlement_words(settlement: Settlement) -> &'static str {
    match settlement {
        Settlement::Recovered => "recovered",
        Settlement::DeliveryFailed => "delivery failed",
        Settlement::NotSent => "not sent",
    }
}

fn status_words(status: DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Delivered => "delivered",
        DeliveryStatus::Failed => "failed",
        DeliveryStatus::Pending => "pending",
        DeliveryStatus::Unrecognised => "no recognisable status",
    }
}

fn conclusion_words(conclusion: Conclusion) -> &'static str {
    match conclusion {
        Conclusion::NotSent => "not sent",
        Conclusion::Rejected => "rejected by the vendor",
        Conclusion::Accepted => "accepted",
        Conclusion::Refused => "refused by the receiver",
        Conclusion::InDoubt => "in doubt",
    }
}

/// Words with the vendor's run counter, where there is one.
fn seen(words: &str, runs: Option<u32>) -> String {
    match runs {
        Some(runs) => format!("{words}, run counter {runs}"),
        None => words.to_owned(),
    }
}

fn answer(page: &Page, attempt: &AttemptRecord) -> String {
    let Some(conclusion) = attempt.conclusion else {
        return "none was recorded: hookmend was stopped before".to_owned();
    };
    let mut said = seen(conclusion_words(conclusion), attempt.runs_after);
    let after = attempt.ended_at.map(|ended| {
        let took = (ended - attempt.intent_at).to_std().unwrap_or_default();
        format!("after {}", text::duration(took))
    });
    // The code is the vendor's; what the receiver answered stands in the detail.
    let code = attempt.status_code.map(|code| format!("the vendor answered {code}"));
    let how: Vec<String> = [code, after].into_iter().flatten().collect();
    if !how.is_empty() {
        said.push_str(&format!(" ({})", how.join(" ")));
    }
    with_words(page, said, attempt.detail.as_deref())
}

fn settled(page: &Page, attempt: &AttemptRecord) -> String {
    let Some(settlement) = attempt.settlement else {
        return "not yet: the next run looks for evidence".to_owned();
    };
    let at = attempt.settled_at.map_or_else(String::new, |at| format!(" at {}", text::instant(at)));
    let said = format!("{}{at}", settlement_words(settlement));
    let evidence = attempt.evidence.as_deref().filter(|evidence| !evidence.is_empty());
    with_words(page, said, Some(evidence.unwrap_or("told by how the request ended")))
}

fn with_words(page: &Page, said: String, words: Option<&str>) -> String {
    match words.filter(|words| !words.is_empty()) {
        Some(words) => format!("{said}: {}", words_of(page, words, MOST_WORDS)),
        None => said,
    }
}

fn stay_words(page: &Page, stay: &QuarantinedEvent, webhook: Option<&str>) -> String {
    let since = text::instant(stay.since);
    let attempts = text::counted(u64::from(stay.attempts), "attempt", "attempts");
    let of = webhook.map_or_else(String::new, |webhook| format!(" of {webhook}"));
    let why = with_words(page, format!("after {attempts}{of}"), Some(&stay.reason));
    match &stay.end {
        None => format!("In quarantine since {since}, {why}"),
        Some(QuarantineEnd::Released { at, by }) => {
            let by = asked_by(page, by);
            let until = text::instant(*at);
            format!("In quarantine from {since} until {until}, when it was released by {by}; there {why}")
        }
        Some(QuarantineEnd::Resolved { at, evidence }) => {
            let until = text::instant(*at);
            let arrived = with_words(page, "it was seen to have arrived".to_owned(), Some(evidence));
            format!("In quarantine from {since} until {until}, when {arrived}; there {why}")
        }
    }
}

/// The attempts of one run.
pub(super) fn of_run(page: &mut Page, names: &Names, past: &RunPast) {
    if past.attempts.is_empty() {
        page.gap();
        page.paragraph(2, Paint::Plain, "No attempts of this run are recorded.");
        return;
    }
    page.section("Attempts", past.attempts.len() as u64);
    let shown = &past.attempts[..past.attempts.len().min(MOST_ATTEMPTS)];
    let columns = [Column::Event, Column::Time, Column::State, Column::Answer, Column::Webhook];
    // What matters least goes first, until the rest has room.
    let mut kept = columns.len();
    let fits = |kept: usize| {
        Grid::total(&run_grid(page, names, shown, &columns[..kept]).widths()) <= page.width().saturating_sub(2)
    };
    while kept > 1 && !fits(kept) {
        kept -= 1;
    }
    let grid = run_grid(page, names, shown, &columns[..kept]);
    let paints: Vec<Paint> = shown.iter().map(state_paint).collect();
    page.table(2, &grid, &grid.widths(), &paints);
    not_shown(page, past.attempts.len(), MOST_ATTEMPTS, "attempt");
}

/// One column of a run's attempts.
#[derive(Clone, Copy)]
enum Column {
    Event,
    Time,
    State,
    Answer,
    Webhook,
}

fn run_grid(page: &Page, names: &Names, attempts: &[AttemptRecord], columns: &[Column]) -> Grid {
    let head = |column: &Column| match column {
        Column::Event => ("Event", Align::Left),
        Column::Time => ("Resent", Align::Left),
        Column::State => ("Settled", Align::Left),
        Column::Answer => ("Answer", Align::Left),
        Column::Webhook => ("Webhook", Align::Left),
    };
    let cell = |attempt: &AttemptRecord, column: &Column| match column {
        Column::Event => id_of(page, &attempt.event),
        Column::Time => text::instant(attempt.intent_at),
        Column::State => state(attempt).to_owned(),
        Column::Answer => attempt.conclusion.map_or("none recorded", conclusion_words).to_owned(),
        Column::Webhook => label_of(page, names, &attempt.webhook),
    };
    let row = |attempt: &AttemptRecord| columns.iter().map(|column| cell(attempt, column)).collect();
    Grid { head: columns.iter().map(head).collect(), rows: attempts.iter().map(row).collect() }
}
