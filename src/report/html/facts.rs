//! How clean was proven, what stood in the way, and the particulars of the run.

use std::fmt::Write as _;

use super::escape::{self, Esc};
use crate::report::json::TOOL;
use crate::report::proofs::{self, Judged, Standing};
use crate::report::text::{counted, duration, grouped};
use crate::run_report::{Mode, Problem, RunReport};

/// The most problems of one proof that are told.
const MOST_PROBLEMS: usize = 50;
/// The most characters of a message or a hint.
const MOST_MESSAGE: usize = 1_000;

pub(super) fn proofs(page: &mut String, report: &RunReport) {
    page.push_str(
        "<section aria-labelledby=\"proven\">\n<h2 id=\"proven\">How clean was proven</h2>\n<ul class=\"proofs\">\n",
    );
    for Judged { proof, standing, said, problems } in proofs::of(report) {
        // Writing to a string can't fail.
        let _ = writeln!(
            page,
            "<li><h3>{} <span class=\"standing {}\">{}</span></h3>\n<p>{said}</p>",
            proof.title(),
            tone(standing),
            standing.label()
        );
        list(page, &problems);
        page.push_str("</li>\n");
    }
    page.push_str("</ul>\n</section>\n");
}

fn tone(standing: Standing) -> &'static str {
    match standing {
        Standing::Proven => "good",
        Standing::Trusted | Standing::NotReached => "doubtful",
        Standing::Idle => "idle",
        Standing::NotProven => "bad",
    }
}

fn list(page: &mut String, problems: &[&Problem]) {
    if problems.is_empty() {
        return;
    }
    page.push_str("<ul class=\"problems\">\n");
    for problem in problems.iter().take(MOST_PROBLEMS) {
        let _ = write!(page, "<li>{}", Esc(&problem.message, MOST_MESSAGE));
        if !problem.hint.is_empty() {
            let _ = write!(page, "<br><span class=\"hint\">What to do: {}</span>", Esc(&problem.hint, MOST_MESSAGE));
        }
        page.push_str("</li>\n");
    }
    if problems.len() > MOST_PROBLEMS {
        let more = counted((problems.len() - MOST_PROBLEMS) as u64, "more problem", "more problems");
        let _ = writeln!(page, "<li>{more}; <code>--report FILE.json</code> holds all of them</li>");
    }
    page.push_str("</ul>\n");
}

pub(super) fn run(page: &mut String, report: &RunReport) {
    let mode = match report.mode {
        Mode::Act => "resends what is missing",
        Mode::DryRun => "dry run: shows what would be resent, resends nothing",
        Mode::Check => "check: only reads",
    };
    let took = (report.finished_at - report.started_at).to_std().unwrap_or_default();
    let requests = &report.requests;
    let requests = format!(
        "{}, {}, {}",
        counted(requests.list, "listing", "listings"),
        counted(requests.get, "look-up", "look-ups"),
        counted(requests.resend, "resend", "resends")
    );
    let facts = [
        ("Command", Esc(&report.command, 40).to_string()),
        ("Kind of run", mode.to_owned()),
        ("Outcome", format!("{}, exit code {}", report.outcome.name(), report.exit_code.number())),
        ("Window", format!("{} to {}", escape::time(report.window.from()), escape::time(report.window.to()))),
        ("Started", escape::time(report.started_at)),
        ("Finished", format!("{}, after {}", escape::time(report.finished_at), duration(took))),
        ("Webhooks", grouped(report.webhooks.len() as u64)),
        ("Events listed", grouped(report.totals.listed)),
        ("Rounds", report.rounds.to_string()),
        ("Requests", requests),
        ("Run", format!("<code>{}</code>", Esc(&report.run_id, 64))),
        ("Tool", TOOL.to_owned()),
    ];
    page.push_str("<section aria-labelledby=\"run\">\n<h2 id=\"run\">The run</h2>\n<dl class=\"facts\">\n");
    for (title, fact) in facts {
        let _ = writeln!(page, "<div><dt>{title}</dt><dd>{fact}</dd></div>");
    }
    page.push_str("</dl>\n</section>\n");
}
