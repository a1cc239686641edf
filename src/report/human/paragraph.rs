//! A run in one paragraph, for a mail from cron and for a dead man's switch: what ended how, how many
//! events, why, and what to do next. It is bounded however large the report is.

use std::collections::HashMap;

use super::sentence;
use crate::classify::Verdict;
use crate::outcome::RunOutcome;
use crate::report::text::{counted, grouped, instant, listed, visible_within};
use crate::run_report::{Mode, RunReport, WebhookReport};
use crate::tracked::{EventResult, TrackedEvent};

/// The most webhooks that are named.
const MOST_WEBHOOKS: usize = 5;
/// The most causes, and the most pieces of advice, that are told.
const MOST_CAUSES: usize = 3;
/// The most characters of a name, a cause or a piece of advice.
const MOST_CHARACTERS: usize = 300;
/// ASCII, because mail and switches may know nothing else.
const ELLIPSIS: &str = "...";

/// The run as one paragraph, on one line; everything from outside is made visible.
pub fn of(report: &RunReport) -> String {
    let command = visible_within(&report.command, 40, ELLIPSIS);
    let mode = match report.mode {
        Mode::DryRun => " --dry-run",
        Mode::Act | Mode::Check => "",
    };
    let window = format!("{} to {}", instant(report.window.from()), instant(report.window.to()));
    let code = report.exit_code.number();
    let mut text = format!("hookmend {command}{mode} of {window} ended with {code}. {}", sentence::of(report));
    if report.outcome != RunOutcome::Clean {
        add(&mut text, "Webhooks", &webhooks(report));
        add(&mut text, "Why", &causes(report));
        add(&mut text, "Next", &advice(report));
    }
    text
}

/// Adds a sentence that begins with its title, if there is something to say.
fn add(text: &mut String, title: &str, said: &str) {
    if !said.is_empty() {
        let end = if said.ends_with(['.', '!', '?']) { "" } else { "." };
        text.push_str(&format!(" {title}: {said}{end}"));
    }
}

/// The webhooks with events that somebody must look at, the worst first.
fn webhooks(report: &RunReport) -> String {
    let mut open: Vec<(u64, &str)> = report
        .webhooks
        .iter()
        .map(|webhook| (unresolved(report, webhook), webhook.name.as_str()))
        .filter(|(number, _)| *number > 0)
        .collect();
    open.sort_by(|left, right| right.0.cmp(&left.0).then_with(|| left.1.cmp(right.1)));
    let named = open.iter().take(MOST_WEBHOOKS);
    let mut parts: Vec<String> =
        named.map(|(number, name)| format!("{} ({})", visible_within(name, 64, ELLIPSIS), grouped(*number))).collect();
    if let Some(more) = open.len().checked_sub(MOST_WEBHOOKS).filter(|more| *more > 0) {
        parts.push(counted(more as u64, "more", "more"));
    }
    listed(&parts)
}

fn unresolved(report: &RunReport, webhook: &WebhookReport) -> u64 {
    let events = webhook.events.iter();
    events.filter(|tracked| is_unresolved(report.mode, tracked)).count() as u64
}

fn is_unresolved(mode: Mode, tracked: &TrackedEvent) -> bool {
    match (tracked.result, tracked.verdict) {
        (Some(EventResult::Left | EventResult::Quarantined | EventResult::InDoubt), _) => true,
        (Some(EventResult::Recovered), _) => false,
        (_, Verdict::Unknown(_)) => true,
        (_, Verdict::Missing | Verdict::LostAfterAck) => mode == Mode::Check,
        (Some(EventResult::Skipped) | None, Verdict::Settled | Verdict::Unacknowledged | Verdict::TooYoung) => false,
    }
}

/// What stood in the way, and the commonest reasons of the events that are open.
fn causes(report: &RunReport) -> String {
    let mut parts: Vec<String> = Vec::new();
    for problem in &report.problems {
        push_new(&mut parts, &problem.message);
    }
    let untold = parts.len().saturating_sub(MOST_CAUSES);
    parts.truncate(MOST_CAUSES);
    let mut reasons: HashMap<&str, u64> = HashMap::new();
    for tracked in report.webhooks.iter().flat_map(|webhook| &webhook.events) {
        if is_unresolved(report.mode, tracked) {
            *reasons.entry(tracked.reason()).or_default() += 1;
        }
    }
    let mut reasons: Vec<(&str, u64)> = reasons.into_iter().collect();
    reasons.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
    for (reason, number) in reasons.iter().take(MOST_CAUSES - 1) {
        let number = counted(*number, "event", "events");
        parts.push(format!("{} ({number})", visible_within(reason, MOST_CHARACTERS, ELLIPSIS)));
    }
    if untold > 0 {
        parts.push(counted(untold as u64, "more problem", "more problems"));
    }
    parts.join("; ")
}

fn advice(report: &RunReport) -> String {
    let mut parts: Vec<String> = Vec::new();
    for problem in report.problems.iter().filter(|problem| !problem.hint.is_empty()) {
        push_new(&mut parts, &problem.hint);
    }
    parts.truncate(MOST_CAUSES - 1);
    if parts.is_empty() {
        parts.extend(usual_advice(report).map(str::to_owned));
    }
    parts.join("; ")
}

/// What to do where no problem says it.
fn usual_advice(report: &RunReport) -> Option<&'static str> {
    match (report.outcome, report.mode) {
        (RunOutcome::Left, Mode::Act) => {
            Some("mend what the reasons name and run the same command again; without -q it lists every event")
        }
        (RunOutcome::Left, Mode::Check) => {
            Some("have them resent by hookmend reconcile with the same settings; without -q every event is listed")
        }
        (RunOutcome::Left, Mode::DryRun) => Some("run it without --dry-run to have them resent"),
        (RunOutcome::Undetermined, _) => Some("run the same command without -q to see every event with its reason"),
        (RunOutcome::Unavailable | RunOutcome::Refused | RunOutcome::Unusable | RunOutcome::Failed, _) => {
            Some("run the same command with -v to see more")
        }
        // Their sentences say it already.
        (RunOutcome::Clean | RunOutcome::Locked | RunOutcome::Interrupted(_), _) => None,
    }
}

/// Adds a text unless it stands there already.
fn push_new(parts: &mut Vec<String>, text: &str) {
    let shown = visible_within(text, MOST_CHARACTERS, ELLIPSIS);
    if !parts.iter().any(|known| *known == shown) {
        parts.push(shown.into_owned());
    }
}
