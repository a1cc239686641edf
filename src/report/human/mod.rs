//! What an operator reads: a table of the webhooks, every event that is not settled with its reason,
//! what stood in the way, and one plain last sentence.
//!
//! Nothing reaches the page that has not been made visible by [`crate::report::text`]. What is shown
//! is bounded however large the report is; `--format json` holds it all.

mod attempts;
mod audit;
mod checkup;
mod events;
mod inspect;
mod layout;
mod listing;
mod paragraph;
mod past;
mod quarantine;
mod results;
mod runs;
mod sentence;
mod summary;
mod timeline;
mod types;
mod webhooks;

use std::io;

use crate::outcome::RunOutcome;
use crate::report::Format;
use crate::report::color::{Color, Paint};
use crate::report::text;
use crate::report::view::View;
use crate::run_report::{Mode, Problem, RunReport};
use layout::Page;
pub use paragraph::of as paragraph;
pub use sentence::of as sentence;
pub(super) use summary::names;

/// The most problems that are shown.
const MOST_PROBLEMS: usize = 50;
/// The most characters of one message or hint that are shown.
const MOST_MESSAGE: usize = 1_000;

/// Which characters may be used for lines and ellipses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Symbols {
    /// Any.
    #[default]
    Unicode,
    /// Only ASCII.
    Ascii,
}

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verbosity {
    /// Nothing when the run was clean, else one paragraph.
    Quiet,
    /// Everything that is not settled.
    #[default]
    Normal,
    /// The recovered events and the particulars of the run as well.
    Verbose,
}

/// Writes the report for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Human {
    /// The width to write for, in columns.
    pub width: u16,
    /// Whether to colour.
    pub color: Color,
    /// Which characters may be used.
    pub symbols: Symbols,
    /// How much to say.
    pub verbosity: Verbosity,
}

impl Format for Human {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.render(report).as_bytes())?;
        out.flush()
    }
}

impl Human {
    /// Writes what a command shows of a report.
    ///
    /// # Errors
    /// When `out` can't be written to.
    pub fn write_view(&self, report: &RunReport, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.render_view(report, view).as_bytes())?;
        out.flush()
    }

    /// The page of a view; empty when there is nothing to say.
    pub fn render_view(&self, report: &RunReport, view: &View) -> String {
        let mut page = Page::new(self.width, self.color, self.symbols);
        match view {
            View::Report => return self.render(report),
            View::List(listing) => {
                if self.verbosity != Verbosity::Quiet {
                    heading(&mut page, report);
                }
                listing::write(&mut page, report, listing);
                timeline::write(&mut page, &listing.timeline);
                if report.webhooks.len() > 1 {
                    summary::write(&mut page, report);
                }
            }
            View::Results(ids) => {
                if self.verbosity != Verbosity::Quiet {
                    heading(&mut page, report);
                }
                results::write(&mut page, report, ids);
            }
        }
        problems(&mut page, &report.problems);
        if self.verbosity == Verbosity::Verbose {
            particulars(&mut page, report);
        }
        page.gap();
        page.paragraph(0, paint_of(report.outcome), &sentence::of(report));
        page.into_text()
    }

    /// The whole page; empty when there is nothing to say.
    pub fn render(&self, report: &RunReport) -> String {
        let mut page = Page::new(self.width, self.color, self.symbols);
        match self.verbosity {
            Verbosity::Quiet if report.outcome == RunOutcome::Clean => return String::new(),
            Verbosity::Quiet => {
                page.paragraph(0, paint_of(report.outcome), &paragraph::of(report));
                return page.into_text();
            }
            Verbosity::Normal => {
                heading(&mut page, report);
                summary::write(&mut page, report);
                events::write(&mut page, report, events::Listed::Unresolved);
                audit::write(&mut page, report);
                problems(&mut page, &report.problems);
            }
            Verbosity::Verbose => {
                heading(&mut page, report);
                summary::write(&mut page, report);
                events::write(&mut page, report, events::Listed::Recovered);
                audit::write(&mut page, report);
                problems(&mut page, &report.problems);
                particulars(&mut page, report);
            }
        }
        page.gap();
        page.paragraph(0, paint_of(report.outcome), &sentence::of(report));
        page.into_text()
    }
}

fn heading(page: &mut Page, report: &RunReport) {
    let command = text::visible_within(&report.command, 40, page.ellipsis());
    let mode = match report.mode {
        Mode::DryRun => " (dry run)",
        Mode::Act | Mode::Check => "",
    };
    let window = format!("{} to {}", text::instant(report.window.from()), text::instant(report.window.to()));
    let selection = match report.selection.as_str() {
        "" => String::new(),
        words => format!("; only {}", text::visible_within(words, MOST_MESSAGE, page.ellipsis())),
    };
    page.paragraph(0, Paint::Dim, &format!("{command}{mode}: events of {window}{selection}"));
}

fn problems(page: &mut Page, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    page.section("Problems", problems.len() as u64);
    for problem in problems.iter().take(MOST_PROBLEMS) {
        let message = text::visible_within(&problem.message, MOST_MESSAGE, page.ellipsis());
        page.item(Paint::Plain, &message);
        if !problem.hint.is_empty() {
            let hint = text::visible_within(&problem.hint, MOST_MESSAGE, page.ellipsis());
            page.paragraph(4, Paint::Dim, &format!("Hint: {hint}"));
        }
    }
    if let Some(more) = problems.len().checked_sub(MOST_PROBLEMS).filter(|more| *more > 0) {
        let more = text::counted(more as u64, "more problem", "more problems");
        page.item(Paint::Dim, &format!("{more}; --format json has them all"));
    }
}

fn particulars(page: &mut Page, report: &RunReport) {
    let requests = &report.requests;
    let took = (report.finished_at - report.started_at).to_std().unwrap_or_default();
    page.gap();
    page.paragraph(
        0,
        Paint::Dim,
        &format!(
            "Run {}: {}, {}, {}, {} in {}",
            text::visible_within(&report.run_id, 64, page.ellipsis()),
            text::counted(u64::from(report.rounds), "round", "rounds"),
            text::counted(requests.list, "listing", "listings"),
            text::counted(requests.get, "look-up", "look-ups"),
            text::counted(requests.resend, "resend request", "resend requests"),
            text::duration(took),
        ),
    );
}

fn paint_of(outcome: RunOutcome) -> Paint {
    match outcome {
        RunOutcome::Clean => Paint::Green,
        RunOutcome::Left | RunOutcome::Undetermined | RunOutcome::Locked | RunOutcome::Interrupted(_) => Paint::Yellow,
        RunOutcome::Unavailable | RunOutcome::Refused | RunOutcome::Unusable | RunOutcome::Failed => Paint::Red,
    }
}

#[cfg(test)]
mod tests;
