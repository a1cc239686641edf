//! Prometheus text for node_exporter's textfile collector: the last run as numbers.
//!
//! Everything is a gauge that tells of the last run alone. Nothing is a timestamped sample, which the
//! collector refuses. Every sample carries the label `task`, so that the files of several jobs can
//! lie in one folder: the same sample in two files would make the collector drop both. The label is
//! not called `job`, because Prometheus sets that one itself and would rename ours.
//!
//! Names come from vendors: they are escaped, shortened and bounded in number.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use chrono::{DateTime, Utc};

use crate::exit::ExitCode;
use crate::outcome::{RunOutcome, Signal};
use crate::report::Format;
use crate::report::text;
use crate::run_report::{Counts, Mode, ProblemKind, RunReport};

/// The most webhooks with samples of their own; the others are added up.
const MOST_WEBHOOKS: usize = 200;
/// The most characters of a label's value; no webhook id is longer.
const MOST_CHARACTERS: usize = 128;
/// What the webhooks without samples of their own are called.
const OTHERS: &str = "(others)";

/// The outcomes that a run can have; a label has one value for each name.
const OUTCOMES: [RunOutcome; 8] = [
    RunOutcome::Clean,
    RunOutcome::Left,
    RunOutcome::Undetermined,
    RunOutcome::Unavailable,
    RunOutcome::Refused,
    RunOutcome::Locked,
    RunOutcome::Interrupted(Signal::Terminate),
    RunOutcome::Failed,
];

/// Writes a report as metrics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metrics {
    task: String,
}

/// A run that ended before it could begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeverBegan<'a> {
    /// The command, such as `reconcile`.
    pub command: &'a str,
    /// What it ended with.
    pub exit_code: ExitCode,
    /// When it was started.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
}

impl Metrics {
    /// Metrics of the task of this name.
    pub fn of_task(task: impl Into<String>) -> Self {
        Self { task: task.into() }
    }

    /// Writes what can be said of a run that never began: that it failed, and nothing of events.
    ///
    /// # Errors
    /// When `out` can't be written to.
    pub fn write_failure(&self, run: &NeverBegan<'_>, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::of(&self.task);
        page.last_run(&LastRun {
            command: run.command,
            dry_run: false,
            outcome: RunOutcome::Failed,
            exit_code: run.exit_code,
            started_at: run.started_at,
            finished_at: run.finished_at,
        });
        page.write_to(out)
    }
}

impl Format for Metrics {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::of(&self.task);
        page.last_run(&LastRun {
            command: &report.command,
            dry_run: match report.mode {
                Mode::DryRun => true,
                Mode::Act | Mode::Check => false,
            },
            outcome: report.outcome,
            exit_code: report.exit_code,
            started_at: report.started_at,
            finished_at: report.finished_at,
        });
        page.events(report);
        page.requests(report);
        page.problems(report);
        page.write_to(out)
    }
}

/// Every count with its name, as in the report's document.
///
/// The pattern names every field, so that a new one can't be forgotten here.
pub fn named(counts: &Counts) -> [(&'static str, u64); 14] {
    let Counts {
        listed,
        failed,
        delivered,
        received,
        missing,
        unacknowledged,
        lost_after_ack,
        too_young,
        unknown,
        resent,
        recovered,
        left,
        quarantined,
        in_doubt,
    } = *counts;
    [
        ("listed", listed),
        ("failed", failed),
        ("delivered", delivered),
        ("received", received),
        ("missing", missing),
        ("unacknowledged", unacknowledged),
        ("lost_after_ack", lost_after_ack),
        ("too_young", too_young),
        ("unknown", unknown),
        ("resent", resent),
        ("recovered", recovered),
        ("left", left),
        ("quarantined", quarantined),
        ("in_doubt", in_doubt),
    ]
}

/// What is said of every run, begun or not.
struct LastRun<'a> {
    command: &'a str,
    dry_run: bool,
    outcome: RunOutcome,
    exit_code: ExitCode,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
}

/// The text as it grows.
struct Page<'a> {
    task: &'a str,
    text: String,
}

impl<'a> Page<'a> {
    fn of(task: &'a str) -> Self {
        Self { task, text: String::new() }
    }

    fn write_to(self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())?;
        out.flush()
    }

    fn gauge(&mut self, name: &str, help: &str) {
        // Writing to a string can't fail.
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let _ = write!(self.text, "{name}{{task=\"{}\"", escaped(self.task));
        for (label, text) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.text, "}} {value}");
    }

    fn last_run(&mut self, run: &LastRun<'_>) {
        let dry_run = if run.dry_run { "true" } else { "false" };
        self.gauge("hookmend_build_info", "The program that wrote this file; always 1.");
        self.sample("hookmend_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        self.gauge("hookmend_last_run_info", "What the last run was; always 1.");
        self.sample("hookmend_last_run_info", &[("command", run.command), ("dry_run", dry_run)], 1);
        self.gauge("hookmend_last_run_timestamp_seconds", "When the last run ended, in seconds since 1970.");
        let ended = seconds(run.finished_at.timestamp_millis());
        self.sample("hookmend_last_run_timestamp_seconds", &[], ended);
        self.gauge("hookmend_last_run_duration_seconds", "How long the last run took.");
        let took = (run.finished_at - run.started_at).num_milliseconds().max(0);
        self.sample("hookmend_last_run_duration_seconds", &[], seconds(took));
        self.gauge("hookmend_last_run_exit_code", "The exit code of the last run.");
        self.sample("hookmend_last_run_exit_code", &[], run.exit_code.number());
        self.gauge("hookmend_last_run_outcome", "1 for the outcome of the last run, 0 for the others.");
        for outcome in OUTCOMES {
            let holds = u8::from(outcome.name() == run.outcome.name());
            self.sample("hookmend_last_run_outcome", &[("outcome", outcome.name())], holds);
        }
    }

    /// Counts of the events. Where nothing could be looked at there are none, because zeros would say
    /// that nothing was found.
    fn events(&mut self, report: &RunReport) {
        let proven = matches!(report.outcome, RunOutcome::Clean | RunOutcome::Left);
        if report.webhooks.is_empty() || (!proven && report.totals == Counts::default()) {
            return;
        }
        const NAME: &str = "hookmend_events";
        self.gauge(NAME, "Events of the last run's window by kind; an event may be of several kinds.");
        for webhook in report.webhooks.iter().take(MOST_WEBHOOKS) {
            let labels = [("webhook_id", webhook.webhook.as_str()), ("webhook", webhook.name.as_str())];
            self.counts(NAME, labels, &webhook.counts);
        }
        if let Some(others) = report.webhooks.get(MOST_WEBHOOKS..).filter(|others| !others.is_empty()) {
            let mut counts = Counts::default();
            others.iter().for_each(|webhook| counts.add(&webhook.counts));
            self.counts(NAME, [("webhook_id", ""), ("webhook", OTHERS)], &counts);
        }
    }

    fn counts(&mut self, name: &str, [id, webhook]: [(&str, &str); 2], counts: &Counts) {
        for (kind, count) in named(counts) {
            self.sample(name, &[id, webhook, ("kind", kind)], count);
        }
    }

    fn requests(&mut self, report: &RunReport) {
        self.gauge("hookmend_requests", "Requests that the last run sent to the vendor.");
        let requests = &report.requests;
        for (kind, count) in [("list", requests.list), ("get", requests.get), ("resend", requests.resend)] {
            self.sample("hookmend_requests", &[("kind", kind)], count);
        }
    }

    fn problems(&mut self, report: &RunReport) {
        let mut kinds: Vec<(ProblemKind, u64)> = Vec::new();
        for problem in &report.problems {
            match kinds.iter_mut().find(|(kind, _)| *kind == problem.kind) {
                Some((_, count)) => *count += 1,
                None => kinds.push((problem.kind, 1)),
            }
        }
        if kinds.is_empty() {
            return;
        }
        self.gauge("hookmend_problems", "What stood in the way of the last run; kinds without a problem are absent.");
        for (kind, count) in kinds {
            self.sample("hookmend_problems", &[("kind", kind.name())], count);
        }
    }
}

/// Milliseconds as seconds, exactly.
fn seconds(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let length = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", length / 1000, length % 1000)
}

/// A label's value: hidden characters written out, shortened, and escaped as the format wants it.
fn escaped(value: &str) -> Cow<'_, str> {
    let shown = text::visible_within(value, MOST_CHARACTERS, "…");
    if !shown.contains(['\\', '"', '\n']) {
        return shown;
    }
    let mut escaped = String::with_capacity(shown.len() + 8);
    for character in shown.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests;
