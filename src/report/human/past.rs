//! What the pages of the past share: how ids, webhooks, counts and the place of the ledger are said.

use std::io;

use super::Human;
use super::layout::Page;
use crate::event::{EventId, WebhookId};
use crate::history::RunRecord;
use crate::report::past::{Names, Source, exit_code};
use crate::report::text;

/// The most characters of an id that are shown; no known vendor's are half as long.
const MOST_ID: usize = 128;
/// The most characters of a webhook's name that are shown.
const MOST_NAME: usize = 40;
/// The most characters of a path that are shown.
const MOST_PATH: usize = 400;
/// The most characters of a run's id, its command or its outcome that are shown.
const MOST_WORD: usize = 64;
/// The most characters that are shown of who asked for a run.
const MOST_ASKED_BY: usize = 200;

impl Human {
    /// Writes a finished page.
    pub(super) fn write_page(&self, page: Page, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(page.into_text().as_bytes())?;
        out.flush()
    }
}

/// Text from the ledger, made visible and short enough.
pub(super) fn words_of(page: &Page, words: &str, most: usize) -> String {
    text::visible_within(words, most, page.ellipsis()).into_owned()
}

/// A short text from the ledger, such as a run's id or its command.
pub(super) fn word_of(page: &Page, word: &str) -> String {
    words_of(page, word, MOST_WORD)
}

/// An event's id.
pub(super) fn id_of(page: &Page, event: &EventId) -> String {
    words_of(page, &event.text(), MOST_ID)
}

/// A webhook by its name, else by its id.
pub(super) fn label_of(page: &Page, names: &Names, webhook: &WebhookId) -> String {
    words_of(page, names.label(webhook), MOST_NAME)
}

/// So many of something whose plural ends in an s.
pub(super) fn count_of(number: usize, one: &str) -> String {
    text::counted(number as u64, one, &format!("{one}s"))
}

/// Who or what asked for a run; empty where that was not recorded.
pub(super) fn asked_by(page: &Page, asked_by: &str) -> String {
    words_of(page, asked_by, MOST_ASKED_BY)
}

/// Where the ledger would be, or is.
pub(super) fn source_words(page: &Page, source: &Source) -> String {
    let path = words_of(page, &source.path(), MOST_PATH);
    match source {
        Source::Ledger(_) => format!("the ledger is {path}"),
        Source::NoLedger(_) => format!("there is no ledger at {path} yet"),
    }
}

/// How a run ended, with its exit code: `left (10)`.
pub(super) fn ending(page: &Page, run: &RunRecord) -> String {
    match (&run.outcome, exit_code(run)) {
        (None, _) => "unfinished".to_owned(),
        (Some(name), None) => word_of(page, name),
        (Some(name), Some(code)) => format!("{} ({})", word_of(page, name), code.number()),
    }
}

/// How long a run took; `None` while it has no end.
pub(super) fn took(run: &RunRecord) -> Option<String> {
    let took = (run.finished_at? - run.started_at).to_std().unwrap_or_default();
    Some(text::duration(took))
}

#[cfg(test)]
mod tests;
