//! Workflow commands of GitHub Actions, by which findings show beside a job: one line for what a check
//! found, one for each webhook with findings, one for each problem.

use std::fmt::Write as _;
use std::io;

use crate::exit::ExitCode;
use crate::report::human::sentence;
use crate::report::text::{counted, visible};
use crate::run_report::{ProblemKind, RunReport};

/// The most lines; GitHub itself shows ten of a kind for each step.
const MOST_LINES: usize = 30;

/// Writes the lines.
///
/// # Errors
/// When `out` can't be written to.
pub fn write(report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(render(report).as_bytes())?;
    out.flush()
}

fn render(report: &RunReport) -> String {
    let level = match report.exit_code {
        ExitCode::Clean if report.totals.left > 0 => "warning",
        ExitCode::Clean => "notice",
        _ => "error",
    };
    let title = format!("hookmend {}", report.command);
    let mut lines = vec![line(level, &title, &sentence(report))];
    for webhook in report.webhooks.iter().filter(|webhook| webhook.counts.left > 0) {
        let text = format!("{}: {}", webhook.name, counted(webhook.counts.left, "event is left", "events are left"));
        lines.push(line(if level == "notice" { "warning" } else { level }, &title, &text));
    }
    for problem in report.problems.iter().filter(|problem| problem.kind != ProblemKind::NotTolerated) {
        let hint = if problem.hint.is_empty() { String::new() } else { format!(" ({})", problem.hint) };
        lines.push(line("warning", &title, &format!("{}{hint}", problem.message)));
    }
    lines.truncate(MOST_LINES);
    lines.concat()
}

fn line(level: &str, title: &str, text: &str) -> String {
    let mut line = String::new();
    // Writing to a string can't fail.
    let _ = writeln!(line, "::{level} title={}::{}", property(title), data(&visible(text)));
    line
}

/// A message: what would end the line or begin an escape is written as an escape.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property ends at a comma or a colon as well.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{hostile, outage, unavailable};

    #[test]
    fn findings_are_errors_with_a_line_for_each_webhook_and_problem() {
        let text = render(&outage());
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("::error title=hookmend reconcile::3 events are left"), "{text}");
        assert!(lines[1].contains("SaleCreated: 3 events are left"), "{text}");
        assert!(lines.iter().any(|line| line.starts_with("::warning ") && line.contains("(see why)")), "{text}");
    }

    #[test]
    fn what_was_let_pass_is_a_warning() {
        let mut report = outage();
        report.exit_code = ExitCode::Clean;
        assert!(render(&report).starts_with("::warning "));
    }

    #[test]
    fn nothing_from_outside_begins_a_command_of_its_own() {
        for report in [hostile(), unavailable()] {
            let text = render(&report);
            assert!(text.lines().all(|line| line.starts_with("::error ") || line.starts_with("::warning ")), "{text}");
            assert!(text.lines().count() <= MOST_LINES);
            assert!(!text.contains('\u{1b}') && !text.contains('\r'));
        }
    }
}
