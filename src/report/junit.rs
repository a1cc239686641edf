//! Test results in the format of JUnit, as CI systems read them: one suite for the run, one case for
//! each webhook and for each thing that must be proven.
//!
//! A case fails when events are left, and has an error when nobody can say. The suite agrees with the
//! exit code: it is without failures and errors exactly when that is zero. Text is XML 1.0: a
//! character that no XML may hold, or that acts on a terminal, is written out as `\u{1b}`.

use std::fmt::{self, Write as _};
use std::io;

use crate::exit::ExitCode;
use crate::outcome::RunOutcome;
use crate::report::Format;
use crate::report::human::sentence;
use crate::report::json::TOOL;
use crate::report::proofs::{self, Judged, Standing};
use crate::report::rows::{vendor_says, words};
use crate::report::text::{counted, is_hidden, listed, visible};
use crate::run_report::{Mode, Problem, RunReport, WebhookReport};
use crate::timeline::{Fate, Tally};
use crate::tracked::TrackedEvent;

/// The most events that one case names.
const MOST_EVENTS: usize = 100;
/// The most webhooks with a case of their own each.
const MOST_WEBHOOKS: usize = 2_000;

/// Writes a report as test results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Junit;

impl Format for Junit {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(render(report).as_bytes())?;
        out.flush()
    }
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Errored,
}

/// One test case.
struct Case {
    class: &'static str,
    name: String,
    verdict: Verdict,
    /// What kind of failure or error.
    kind: &'static str,
    /// What is to be said, in a sentence.
    message: String,
    /// The particulars, line by line.
    lines: Vec<String>,
}

fn render(report: &RunReport) -> String {
    let mut cases: Vec<Case> =
        report.webhooks.iter().take(MOST_WEBHOOKS).map(|webhook| webhook_case(report, webhook)).collect();
    cases.extend(others_case(report));
    cases.extend(proofs::of(report).into_iter().map(|judged| proof_case(report, judged)));
    cases.push(run_case(report, &cases));
    let count = |verdict| cases.iter().filter(|case| case.verdict == verdict).count();
    let took = (report.finished_at - report.started_at).num_milliseconds().max(0);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    // Writing to a string can't fail.
    let _ = writeln!(
        xml,
        "  <testsuite name=\"hookmend {}\" package=\"hookmend\" id=\"0\" timestamp=\"{}\" hostname=\"localhost\" \
         tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}.{:03}\">",
        Xml(&report.command),
        report.started_at.format("%Y-%m-%dT%H:%M:%S"),
        cases.len(),
        count(Verdict::Failed),
        count(Verdict::Errored),
        took / 1000,
        took % 1000,
    );
    properties(&mut xml, report);
    cases.iter().for_each(|case| write_case(&mut xml, case));
    let _ = writeln!(xml, "    <system-out>{}</system-out>\n    <system-err></system-err>", Xml(&sentence(report)));
    xml.push_str("  </testsuite>\n</testsuites>\n");
    xml
}

fn properties(xml: &mut String, report: &RunReport) {
    let mode = match report.mode {
        Mode::Act => "act",
        Mode::DryRun => "dry-run",
        Mode::Check => "check",
    };
    let exit_code = report.exit_code.number().to_string();
    let facts = [
        ("tool", TOOL),
        ("run_id", &report.run_id),
        ("mode", mode),
        ("window_from", &report.window.from().to_rfc3339()),
        ("window_to", &report.window.to().to_rfc3339()),
        ("selection", &report.selection),
        ("outcome", report.outcome.name()),
        ("exit_code", &exit_code),
    ];
    xml.push_str("    <properties>\n");
    for (name, value) in facts.into_iter().filter(|(_, value)| !value.is_empty()) {
        let _ = writeln!(xml, "      <property name=\"{name}\" value=\"{}\"/>", Xml(value));
    }
    xml.push_str("    </properties>\n");
}

/// The verdict that findings get: none where the exit code says that all is well, as after a dry run.
fn unless_clean(report: &RunReport, verdict: Verdict) -> Verdict {
    if report.exit_code == ExitCode::Clean { Verdict::Passed } else { verdict }
}

/// The verdict that doubts get: the exit code tells of them only when it is not 0 and not 10.
fn if_undecided(report: &RunReport, verdict: Verdict) -> Verdict {
    if proofs::is_decided(report.outcome) { Verdict::Passed } else { unless_clean(report, verdict) }
}

fn webhook_case(report: &RunReport, webhook: &WebhookReport) -> Case {
    let mut tally = Tally::default();
    webhook.events.iter().for_each(|tracked| tally.count(tracked));
    let doubtful = tally.of(Fate::InDoubt) + tally.of(Fate::Unknown);
    let verdict = match (webhook.counts.left, doubtful) {
        (0, 0) => Verdict::Passed,
        (0, _) => if_undecided(report, Verdict::Errored),
        (_, _) => unless_clean(report, Verdict::Failed),
    };
    let name = if webhook.name == webhook.webhook.as_str() {
        webhook.name.clone()
    } else {
        format!("{} ({})", webhook.name, webhook.webhook)
    };
    let parts: Vec<String> = Fate::ALL
        .into_iter()
        .filter(|fate| tally.of(*fate) > 0)
        .map(|fate| format!("{} {}", counted(tally.of(fate), "event", "events"), fate.label()))
        .collect();
    let message = if parts.is_empty() { "nothing is left".to_owned() } else { listed(&parts) };
    let kind = if verdict == Verdict::Failed { "events_left" } else { "events_undetermined" };
    Case { class: "hookmend.webhook", name, verdict, kind, message, lines: event_lines(webhook) }
}

/// The events that need somebody, one on each line.
fn event_lines(webhook: &WebhookReport) -> Vec<String> {
    let open = || webhook.events.iter().filter(|tracked| Fate::of(tracked).is_some_and(Fate::needs_attention));
    let line = |tracked: &TrackedEvent| {
        let event = &tracked.event;
        let created = event.created().map_or_else(|| "unknown".to_owned(), |at| at.to_rfc3339());
        let verdict = words(tracked.verdict.name());
        format!("{}  {created}  {verdict}  {}  {}", event.id, vendor_says(tracked), tracked.reason())
    };
    let mut lines: Vec<String> = open().take(MOST_EVENTS).map(line).map(|line| visible(&line).into_owned()).collect();
    let more = open().count().saturating_sub(MOST_EVENTS);
    if more > 0 {
        lines.push(format!("and {}; --report FILE.csv lists all of them", counted(more as u64, "more", "more")));
    }
    lines
}

/// The webhooks beyond those that have a case of their own, as one.
fn others_case(report: &RunReport) -> Option<Case> {
    let others = report.webhooks.get(MOST_WEBHOOKS..).filter(|others| !others.is_empty())?;
    let left: u64 = others.iter().map(|webhook| webhook.counts.left).sum();
    Some(Case {
        class: "hookmend.webhook",
        name: counted(others.len() as u64, "other webhook", "other webhooks"),
        verdict: if left == 0 { Verdict::Passed } else { unless_clean(report, Verdict::Failed) },
        kind: "events_left",
        message: counted(left, "event is left", "events are left"),
        lines: Vec::new(),
    })
}

fn proof_case(report: &RunReport, judged: Judged<'_>) -> Case {
    let verdict = match judged.standing {
        Standing::Proven | Standing::Trusted | Standing::Idle | Standing::NotReached => Verdict::Passed,
        Standing::NotProven => if_undecided(report, Verdict::Errored),
    };
    Case {
        class: "hookmend.proof",
        name: judged.proof.title().to_owned(),
        verdict,
        kind: judged.problems.first().map_or("not_proven", |problem| problem.kind.name()),
        message: format!("{}: {}", judged.standing.label(), judged.said),
        lines: judged.problems.into_iter().map(problem_line).collect(),
    }
}

fn problem_line(problem: &Problem) -> String {
    let hint = if problem.hint.is_empty() { String::new() } else { format!(" (hint: {})", problem.hint) };
    visible(&format!("{}: {}{hint}", problem.kind.name(), problem.message)).into_owned()
}

/// The exit code as a case, so that no run ends with another code than zero and without a failing case.
fn run_case(report: &RunReport, others: &[Case]) -> Case {
    let wanted = match (report.exit_code, report.outcome) {
        (ExitCode::Clean, _) => Verdict::Passed,
        (_, RunOutcome::Left) => Verdict::Failed,
        _ => Verdict::Errored,
    };
    let is_told = others.iter().any(|case| case.verdict == wanted);
    let verdict = if is_told { Verdict::Passed } else { wanted };
    Case {
        class: "hookmend.run",
        name: format!("Outcome: {}", report.outcome.name()),
        verdict,
        kind: report.outcome.name(),
        message: sentence(report),
        lines: Vec::new(),
    }
}

fn write_case(xml: &mut String, case: &Case) {
    let Case { class, name, verdict, kind, message, lines } = case;
    let _ = writeln!(xml, "    <testcase classname=\"{class}\" name=\"{}\" time=\"0\">", Xml(&visible(name)));
    let body = lines.join("\n");
    let _ = match verdict {
        Verdict::Passed => {
            let text = std::iter::once(message.as_str()).chain(lines.iter().map(String::as_str));
            let text: Vec<&str> = text.collect();
            writeln!(xml, "      <system-out>{}</system-out>", Xml(&text.join("\n")))
        }
        Verdict::Failed => {
            writeln!(xml, "      <failure type=\"{kind}\" message=\"{}\">{}</failure>", Xml(message), Xml(&body))
        }
        Verdict::Errored => {
            writeln!(xml, "      <error type=\"{kind}\" message=\"{}\">{}</error>", Xml(message), Xml(&body))
        }
    };
    xml.push_str("    </testcase>\n");
}

/// Text as it may stand in an element or between double quotes. Line ends stay, as ours separate
/// events; those of outsiders were made visible before.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\n' => formatter.write_str("&#10;")?,
                // What is no character to XML.
                '\u{fffe}' | '\u{ffff}' => write!(formatter, "{}", character.escape_default())?,
                hidden if is_hidden(hidden) => write!(formatter, "{}", hidden.escape_default())?,
                plain => formatter.write_char(plain)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
