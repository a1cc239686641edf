//! Past runs: one row each on a wide page, a few lines each on a narrow one; and one run in full.

use std::io;

use super::layout::{Align, Grid, Page};
use super::past::{asked_by, count_of, ending, label_of, source_words, took, word_of};
use super::{Human, Verbosity, attempts, paint_of};
use crate::history::RunRecord;
use crate::outcome::RunOutcome;
use crate::report::color::Paint;
use crate::report::past::{Extent, Names, RunList, RunPast, Show, ShownTotals, Source, outcome};
use crate::report::text;

/// The most runs that are shown.
const MOST_RUNS: usize = 1_000;
/// The most webhooks of a run that are named.
const MOST_WEBHOOKS: usize = 20;

impl Show<RunList> for Human {
    fn show(&self, what: &RunList, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        let shown = &what.runs[..what.runs.len().min(MOST_RUNS)];
        list(&mut page, shown);
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => {
                page.gap();
                page.paragraph(0, Paint::Plain, &sentence(&page, what, shown));
            }
        }
        self.write_page(page, out)
    }
}

fn sentence(page: &Page, list: &RunList, shown: &[RunRecord]) -> String {
    if list.runs.is_empty() {
        let so = match list.source {
            Source::Ledger(_) => String::new(),
            Source::NoLedger(_) => format!(": {}", source_words(page, &list.source)),
        };
        return format!("No run is recorded{so}.");
    }
    let all_shown = shown.len() == list.runs.len();
    let mut said = match list.extent {
        Extent::Whole if all_shown => format!("{}, newest first.", count_of(shown.len(), "run")),
        Extent::Whole | Extent::Newest => {
            format!("The newest {}; `--limit N` shows more.", count_of(shown.len(), "run"))
        }
    };
    match shown.iter().filter(|run| run.finished_at.is_none()).count() {
        0 => {}
        1 => said.push_str(" The unfinished one was killed, or is still at work."),
        several => said.push_str(&format!(" The {several} unfinished ones were killed, or the newest is at work.")),
    }
    if !shown.is_empty() {
        said.push_str(" `hookmend history ID` tells of one run or event.");
    }
    said
}

fn list(page: &mut Page, runs: &[RunRecord]) {
    if runs.is_empty() {
        return;
    }
    let grid = wide_grid(page, runs);
    let widths = grid.widths();
    if Grid::total(&widths) <= page.width() {
        let paints: Vec<Paint> = runs.iter().map(paint).collect();
        page.table(0, &grid, &widths, &paints);
    } else {
        runs.iter().for_each(|run| block(page, run));
    }
}

fn wide_grid(page: &Page, runs: &[RunRecord]) -> Grid {
    let totals: Vec<Option<ShownTotals>> = runs.iter().map(ShownTotals::of).collect();
    let doubtful = totals.iter().flatten().any(|totals| totals.in_doubt > 0);
    let head = [
        Some(("Started", Align::Left)),
        Some(("Took", Align::Right)),
        Some(("Command", Align::Left)),
        Some(("Outcome", Align::Left)),
        Some(("Resent", Align::Right)),
        Some(("Recovered", Align::Right)),
        Some(("Left", Align::Right)),
        doubtful.then_some(("In doubt", Align::Right)),
        Some(("Window", Align::Left)),
        Some(("Run", Align::Left)),
        Some(("Asked by", Align::Left)),
    ];
    let cells = |(run, totals): (&RunRecord, &Option<ShownTotals>)| {
        let count = |value: fn(&ShownTotals) -> u64| {
            totals.as_ref().map_or_else(String::new, |totals| text::grouped(value(totals)))
        };
        let cells = [
            Some(text::instant(run.started_at)),
            Some(took(run).unwrap_or_default()),
            Some(word_of(page, &run.command)),
            Some(ending(page, run)),
            Some(count(|totals| totals.resent)),
            Some(count(|totals| totals.recovered)),
            Some(count(|totals| totals.left)),
            doubtful.then(|| count(|totals| totals.in_doubt)),
            Some(window_in_minutes(run)),
            Some(word_of(page, &run.run_id)),
            Some(asked_by(page, &run.asked_by)),
        ];
        cells.into_iter().flatten().collect()
    };
    Grid { head: head.into_iter().flatten().collect(), rows: runs.iter().zip(&totals).map(cells).collect() }
}

/// The window as an overview needs it; the run in full has its seconds.
fn window_in_minutes(run: &RunRecord) -> String {
    let minute = "%Y-%m-%d %H:%M";
    format!("{} to {}Z", run.window.from().format(minute), run.window.to().format(minute))
}

fn window(run: &RunRecord) -> String {
    format!("{} to {}", text::instant(run.window.from()), text::instant(run.window.to()))
}

fn block(page: &mut Page, run: &RunRecord) {
    let took = took(run).map_or_else(String::new, |took| format!(" in {took}"));
    let command = word_of(page, &run.command);
    page.line(0, paint(run), &format!("{}  {command}: {}{took}", text::instant(run.started_at), ending(page, run)));
    if let Some(totals) = ShownTotals::of(run) {
        page.paragraph(4, Paint::Plain, &told(&totals));
    }
    page.paragraph(4, Paint::Dim, &format!("events of {}", window(run)));
    page.paragraph(4, Paint::Dim, &format!("run {}", by(page, run)));
}

/// The run's id and who asked for it.
fn by(page: &Page, run: &RunRecord) -> String {
    let id = word_of(page, &run.run_id);
    match asked_by(page, &run.asked_by) {
        nobody if nobody.is_empty() => id,
        somebody => format!("{id} by {somebody}"),
    }
}

/// The totals in words.
fn told(totals: &ShownTotals) -> String {
    let mut parts = vec![
        format!("{} resent", text::grouped(totals.resent)),
        format!("{} recovered", text::grouped(totals.recovered)),
        format!("{} left", text::grouped(totals.left)),
    ];
    if totals.in_doubt > 0 {
        parts.push(format!("{} in doubt", text::grouped(totals.in_doubt)));
    }
    parts.join(", ")
}

/// Colour is for what stands out, and most runs are clean.
fn paint(run: &RunRecord) -> Paint {
    match run.outcome.as_deref().map(outcome) {
        Some(Some(RunOutcome::Clean) | None) => Paint::Plain,
        Some(Some(outcome)) => paint_of(outcome),
        None => Paint::Yellow,
    }
}

/// One run in full.
pub(super) fn whole(page: &mut Page, names: &Names, past: &RunPast) {
    let run = &past.run;
    page.line(0, Paint::Bold, &format!("Run {}", word_of(page, &run.run_id)));
    let mut asked = word_of(page, &run.command);
    match asked_by(page, &run.asked_by) {
        nobody if nobody.is_empty() => {}
        somebody => asked.push_str(&format!(", asked for by {somebody}")),
    }
    page.labelled(2, LABELS, "Command", &asked);
    page.labelled(2, LABELS, "Started", &text::instant(run.started_at));
    let ended = match run.finished_at {
        Some(at) => {
            let took = took(run).unwrap_or_default();
            format!("{}, after {took}: {}", text::instant(at), ending(page, run))
        }
        None => "unfinished: it was killed, or is still at work".to_owned(),
    };
    page.labelled(2, LABELS, "Ended", &ended);
    page.labelled(2, LABELS, "Window", &window(run));
    if !run.webhooks.is_empty() {
        page.labelled(2, LABELS, "Webhooks", &webhooks(page, names, run));
    }
    if let Some(totals) = ShownTotals::of(run) {
        page.labelled(2, LABELS, "Events", &told(&totals));
    }
    attempts::of_run(page, names, past);
}

/// The width of the labels of a run.
const LABELS: u16 = 8;

fn webhooks(page: &Page, names: &Names, run: &RunRecord) -> String {
    let shown = run.webhooks.iter().take(MOST_WEBHOOKS);
    let mut labels: Vec<String> = shown.map(|webhook| label_of(page, names, webhook)).collect();
    match run.webhooks.len().saturating_sub(MOST_WEBHOOKS) {
        0 => {}
        more => labels.push(format!("{more} more")),
    }
    text::listed(&labels)
}
