//! One page that needs nothing else: to be opened from a mail and passed on in the morning.
//!
//! The page asks no network for anything, and its own policy forbids it to. Without scripts it is
//! complete; a small script adds search and sorting. Every value from outside passes through
//! `escape::Esc`, which leaves neither markup nor hidden characters. However large the run was, the
//! page stays one that a browser opens: it says what it leaves out and where that is to be had.

mod audit;
mod escape;
mod events;
mod facts;
mod plot;
mod shares;

use std::fmt::Write as _;
use std::io;

use self::escape::Esc;
use crate::outcome::RunOutcome;
use crate::report::Format;
use crate::report::human::sentence;
use crate::report::json::TOOL;
use crate::report::proofs::is_decided;
use crate::report::text::grouped;
use crate::run_report::{Counts, Mode, RunReport};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// What the policy of the page knows its style and its script by; a test compares them.
const STYLE_HASH: &str = "sha256-4+MG2lyFZZHqhpf/QvjOpFlfvigdp4LAfxJDDhMmE7k=";
const SCRIPT_HASH: &str = "sha256-7mthPFk+jCmEbMDccYOIgOHMtWxBNZ47EIFxl32baJU=";

/// Writes a report as one page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

impl Format for Html {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(render(report).as_bytes())?;
        out.flush()
    }
}

fn render(report: &RunReport) -> String {
    let mut page = String::new();
    head(&mut page, report);
    heading(&mut page, report);
    page.push_str("<main>\n");
    numbers(&mut page, report);
    // Where nothing could be decided the reader wants to know first why, and what to do.
    let is_decided = is_decided(report.outcome);
    if !is_decided {
        facts::proofs(&mut page, report);
    }
    plot::write(&mut page, report);
    shares::write(&mut page, report);
    events::write(&mut page, report);
    audit::write(&mut page, report);
    if is_decided {
        facts::proofs(&mut page, report);
    }
    facts::run(&mut page, report);
    page.push_str("</main>\n<footer><p>Made by ");
    page.push_str(TOOL);
    page.push_str(". It holds ids of events and no payloads.</p></footer>\n<script>");
    page.push_str(SCRIPT);
    page.push_str("</script>\n</body>\n</html>\n");
    page
}

fn head(page: &mut String, report: &RunReport) {
    // Writing to a string can't fail.
    let _ = writeln!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{SCRIPT_HASH}'; \
         style-src '{STYLE_HASH}'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>hookmend {}: {}</title>\n<style>{STYLE}</style>\n</head>",
        Esc(&report.command, 40),
        Esc(&sentence(report), 120),
    );
}

fn heading(page: &mut String, report: &RunReport) {
    let mark = match report.mode {
        Mode::DryRun => " <span class=\"mark\">dry run</span>",
        Mode::Act | Mode::Check => "",
    };
    let _ = writeln!(
        page,
        "<body>\n<header class=\"{}\">\n<p class=\"kicker\">hookmend {}{mark}</p>\n<h1>{}</h1>\n\
         <p class=\"sub\">Events created from {} to {} <span class=\"pill\">{}, exit code {}</span></p>\n</header>",
        tone(report.outcome),
        Esc(&report.command, 40),
        Esc(&sentence(report), 1_000),
        escape::time(report.window.from()),
        escape::time(report.window.to()),
        report.outcome.name(),
        report.exit_code.number(),
    );
}

/// How urgent an outcome looks.
fn tone(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Clean => "good",
        RunOutcome::Undetermined | RunOutcome::Locked | RunOutcome::Interrupted(_) => "doubtful",
        RunOutcome::Left
        | RunOutcome::Unavailable
        | RunOutcome::Refused
        | RunOutcome::Unusable
        | RunOutcome::Failed => "bad",
    }
}

/// When a number is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Always,
    WhenActing,
    WhenTelling,
}

/// The totals, those that say nothing left out. Where nothing was listed there are none, because
/// zeros would say that nothing was found.
fn numbers(page: &mut String, report: &RunReport) {
    type Number = (&'static str, fn(&Counts) -> u64, Shown);
    const NUMBERS: [Number; 10] = [
        ("Failed at the vendor", |counts| counts.failed, Shown::Always),
        ("Missing", |counts| counts.missing, Shown::Always),
        ("Recovered", |counts| counts.recovered, Shown::WhenActing),
        ("Left", |counts| counts.left, Shown::Always),
        ("Quarantined", |counts| counts.quarantined, Shown::WhenTelling),
        ("In doubt", |counts| counts.in_doubt, Shown::WhenTelling),
        ("Unknown", |counts| counts.unknown, Shown::WhenTelling),
        ("Lost after ack", |counts| counts.lost_after_ack, Shown::WhenTelling),
        ("Already received", |counts| counts.unacknowledged, Shown::WhenTelling),
        ("Too young", |counts| counts.too_young, Shown::WhenTelling),
    ];
    if !is_decided(report.outcome) && report.totals == Counts::default() {
        return;
    }
    page.push_str(
        "<section aria-labelledby=\"numbers\">\n<h2 id=\"numbers\">In numbers</h2>\n<dl class=\"numbers\">\n",
    );
    for (title, value, shown) in NUMBERS {
        let number = value(&report.totals);
        let is_shown = match shown {
            Shown::Always => true,
            Shown::WhenActing => report.mode == Mode::Act,
            Shown::WhenTelling => number > 0,
        };
        if is_shown {
            let _ = writeln!(page, "<div><dt>{title}</dt><dd>{}</dd></div>", grouped(number));
        }
    }
    page.push_str("</dl>\n</section>\n");
}

#[cfg(test)]
mod tests;
