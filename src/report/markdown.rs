//! A summary in Markdown, for the page of a CI job or a ticket: the sentence, a table of the webhooks,
//! what is left, what stood in the way.
//!
//! Whatever comes from outside stands in a code span, in which Markdown reads nothing: no markup, no
//! address, no mention of a person, no reference. The two characters that could end the span or the
//! cell are written out.

use std::fmt::{self, Write as _};
use std::io;

use crate::report::Format;
use crate::report::both_ways;
use crate::report::human::{names, sentence};
use crate::report::json::TOOL;
use crate::report::proofs;
use crate::report::rows::{self, vendor_says, words};
use crate::report::text::{counted, grouped, instant, visible_within};
use crate::run_report::{Counts, Mode, Problem, RunReport};

/// The most rows of events, so that the summary stays within what CI systems take.
const MOST_ROWS: usize = 100;
/// The most webhooks with a row of their own.
const MOST_WEBHOOKS: usize = 50;
/// The most problems that are told.
const MOST_PROBLEMS: usize = 50;
/// The most characters of an id.
const MOST_ID: usize = 128;
/// The most characters of a message, a hint or a reason.
const MOST_MESSAGE: usize = 500;

/// Writes a report as a summary in Markdown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Markdown;

impl Format for Markdown {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(render(report).as_bytes())?;
        out.flush()
    }
}

fn render(report: &RunReport) -> String {
    let mut page = String::new();
    let mode = match report.mode {
        Mode::DryRun => " (dry run)",
        Mode::Act | Mode::Check => "",
    };
    // Writing to a string can't fail.
    let _ = write!(
        page,
        "## hookmend {}{mode}: {}\n\n**{}**\n\n",
        words_only(&report.command),
        report.outcome.name(),
        sentence(report)
    );
    webhooks(&mut page, report);
    left(&mut page, report);
    both_ways(&mut page, report);
    problems(&mut page, &report.problems);
    proven(&mut page, report);
    let took = (report.finished_at - report.started_at).to_std().unwrap_or_default();
    let _ = writeln!(
        page,
        "Events of {} to {}. Run {} began {} and took {}; exit code {}; {}.",
        instant(report.window.from()),
        instant(report.window.to()),
        Code(&report.run_id, 64),
        instant(report.started_at),
        crate::report::text::duration(took),
        report.exit_code.number(),
        TOOL,
    );
    page
}

/// The totals, webhook by webhook; a column that says nothing is left out.
fn webhooks(page: &mut String, report: &RunReport) {
    type Column = (&'static str, fn(&Counts) -> u64);
    const COLUMNS: [Column; 9] = [
        ("Listed", |counts| counts.listed),
        ("Missing", |counts| counts.missing),
        ("Already received", |counts| counts.unacknowledged),
        ("Lost after ack", |counts| counts.lost_after_ack),
        ("Too young", |counts| counts.too_young),
        ("Unknown", |counts| counts.unknown),
        ("Recovered", |counts| counts.recovered),
        ("In doubt", |counts| counts.in_doubt),
        ("Left", |counts| counts.left),
    ];
    if report.webhooks.is_empty() {
        return;
    }
    let is_told = |(title, value): &Column| matches!(*title, "Missing" | "Left") || value(&report.totals) > 0;
    let columns: Vec<Column> = COLUMNS.into_iter().filter(is_told).collect();
    let titles: Vec<&str> = columns.iter().map(|(title, _)| *title).collect();
    let _ = writeln!(page, "| Webhook | {} |\n|---|{}", titles.join(" | "), "---:|".repeat(columns.len()));
    let row = |page: &mut String, name: fmt::Arguments<'_>, counts: &Counts| {
        let _ = write!(page, "| {name} |");
        for (_, value) in &columns {
            let _ = write!(page, " {} |", grouped(value(counts)));
        }
        page.push('\n');
    };
    let names = names(&report.webhooks, "…");
    for (name, webhook) in names.iter().zip(&report.webhooks).take(MOST_WEBHOOKS) {
        row(page, format_args!("{}", Code(name, MOST_ID)), &webhook.counts);
    }
    if let Some(others) = report.webhooks.get(MOST_WEBHOOKS..).filter(|others| !others.is_empty()) {
        let mut counts = Counts::default();
        others.iter().for_each(|webhook| counts.add(&webhook.counts));
        row(page, format_args!("{}", counted(others.len() as u64, "other", "others")), &counts);
    }
    if report.webhooks.len() > 1 {
        row(page, format_args!("all"), &report.totals);
    }
    page.push('\n');
}

fn left(page: &mut String, report: &RunReport) {
    let [open, _] = rows::of(report, MOST_ROWS);
    if open.total == 0 {
        return;
    }
    let _ = write!(page, "### Needs attention ({})\n\n", grouped(open.total as u64));
    page.push_str("| Event | Webhook | Created | Verdict | Vendor says | Resends | Result | Reason |\n");
    page.push_str("|---|---|---|---|---|---:|---|---|\n");
    for row in &open.shown {
        let tracked = row.tracked;
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            Code(&tracked.event.id.text(), MOST_ID),
            Code(&row.webhook.name, 64),
            tracked.event.created().map_or_else(|| "unknown".to_owned(), instant),
            words(tracked.verdict.name()),
            Code(&vendor_says(tracked), 100),
            tracked.attempts,
            tracked.result.map_or_else(String::new, |result| words(result.name())),
            Code(tracked.reason(), MOST_MESSAGE),
        );
    }
    page.push('\n');
    if open.left_out() > 0 {
        let more = counted(open.left_out() as u64, "more event is", "more events are");
        let _ = write!(page, "{more} not shown; `--report FILE.csv` lists all of them.\n\n");
    }
}

/// The two-way picture, where it was asked for.
fn both_ways(page: &mut String, report: &RunReport) {
    let Some(audit) = &report.audit else { return };
    let _ = write!(
        page,
        "### Both ways\n\n| The vendor says | {} |\n|---|---:|---:|---:|---:|\n",
        both_ways::COLUMNS.join(" | ")
    );
    for (title, numbers) in both_ways::rows(&audit.vendor) {
        let _ = writeln!(page, "| {title} | {} |", numbers.map(grouped).join(" | "));
    }
    let _ = write!(page, "\n{}\n\n", both_ways::sentence(&audit.log));
    let unknown = &audit.log.unknown_to_vendor;
    for one in unknown.iter().take(MOST_ROWS) {
        let when = one.received_at.map_or_else(String::new, |at| format!(", received {}", instant(at)));
        let _ = writeln!(page, "- unknown to the vendor: {}{when}", Code(&one.id.text(), MOST_ID));
    }
    if unknown.len() > MOST_ROWS {
        let more = counted((unknown.len() - MOST_ROWS) as u64, "more id", "more ids");
        let _ = writeln!(page, "- {more}; `--report FILE.json` holds all of them");
    }
    if !unknown.is_empty() {
        page.push('\n');
    }
}

fn problems(page: &mut String, problems: &[Problem]) {
    if problems.is_empty() {
        return;
    }
    page.push_str("### Problems\n\n");
    for problem in problems.iter().take(MOST_PROBLEMS) {
        let _ = write!(page, "- {}: {}", words(problem.kind.name()), Code(&problem.message, MOST_MESSAGE));
        if !problem.hint.is_empty() {
            let _ = write!(page, "\n  - next: {}", Code(&problem.hint, MOST_MESSAGE));
        }
        page.push('\n');
    }
    if problems.len() > MOST_PROBLEMS {
        let more = counted((problems.len() - MOST_PROBLEMS) as u64, "more problem", "more problems");
        let _ = writeln!(page, "- {more}; `--report FILE.json` holds all of them");
    }
    page.push('\n');
}

fn proven(page: &mut String, report: &RunReport) {
    page.push_str("### How clean was proven\n\n");
    for judged in proofs::of(report) {
        let _ = writeln!(page, "- {}: **{}**. {}", judged.proof.title(), judged.standing.label(), judged.said);
    }
    page.push('\n');
}

/// Of a command's name only what a command's name may hold.
fn words_only(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ' ')).take(40).collect()
}

/// Text from outside as a code span of at most so many characters; nothing where there is no text.
struct Code<'a>(&'a str, usize);

impl fmt::Display for Code<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = visible_within(self.0, self.1, "…");
        if shown.trim().is_empty() {
            return Ok(());
        }
        formatter.write_char('`')?;
        for character in shown.chars() {
            match character {
                '`' => formatter.write_str("\\u{60}")?,
                // In a table even a code span ends at a bar, and how to escape it depends on the reader.
                '|' => formatter.write_str("\\u{7c}")?,
                plain => formatter.write_char(plain)?,
            }
        }
        formatter.write_char('`')
    }
}

#[cfg(test)]
mod tests;
