//! The last sentence: how the run ended, in one plain sentence that is never kinder than the facts.
//!
//! It speaks of events that are confirmed and of events that are left. A resend that was merely
//! accepted by the vendor is never counted as a delivery.

use crate::classify::Verdict;
use crate::outcome::{RunOutcome, Signal};
use crate::report::text::{counted, grouped, listed, visible};
use crate::run_report::{Counts, Mode, ProblemKind, RunReport};
use crate::tracked::EventResult;

/// The most causes that one sentence names.
const MOST_CAUSES: usize = 3;

/// The sentence.
pub fn of(report: &RunReport) -> String {
    let said = ending(report);
    if report.selection.is_empty() {
        return said;
    }
    // Nobody may take what is said of a part for the whole.
    let mut characters = said.chars();
    let first = characters.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
    format!("Of the selected events only ({}): {first}{}", visible(&report.selection), characters.as_str())
}

fn ending(report: &RunReport) -> String {
    match report.outcome {
        RunOutcome::Clean => clean(report),
        RunOutcome::Left => left(report),
        RunOutcome::Undetermined => {
            let causes = undetermined_causes(report);
            doubtful(report, &format!("Undetermined: {causes}"))
        }
        RunOutcome::Unavailable if has(report, ProblemKind::Throttled) => {
            doubtful(report, "Unavailable: the vendor throttles for longer than this run may last")
        }
        RunOutcome::Unavailable => doubtful(report, "Unavailable: the vendor can't be reached or keeps failing"),
        RunOutcome::Refused => doubtful(report, "Refused: the vendor does not accept the credentials"),
        RunOutcome::Failed => doubtful(report, "Failed: hookmend itself could not go on"),
        RunOutcome::Locked => "Locked: another run holds the ledger, so this one sent nothing; try again later.".into(),
        RunOutcome::Unusable => unusable(report),
        RunOutcome::Interrupted(signal) => interrupted(report, signal),
    }
}

fn clean(report: &RunReport) -> String {
    let totals = &report.totals;
    let unproven = if has(report, ProblemKind::ProofsOff) { ", taking the sources at their word" } else { "" };
    let said = match report.mode {
        Mode::Check => format!("Nothing is missing{unproven}; nothing was sent"),
        Mode::DryRun if !report.planned.is_empty() => {
            return format!("Dry run: {}; nothing was sent.", intended(report));
        }
        Mode::DryRun => format!("Dry run: nothing is missing{unproven}, so nothing would be resent"),
        Mode::Act if totals.resent == 0 && totals.recovered == 0 => {
            format!("Nothing left{unproven}: no event was missing and nothing was resent")
        }
        Mode::Act => format!("Nothing left{unproven}: {}", all_recovered(report)),
    };
    format!("{said}{}.", set_aside(report))
}

/// What a clean run recovered; `recovered` is what was confirmed, never what was merely accepted.
fn all_recovered(report: &RunReport) -> String {
    let totals = &report.totals;
    let (missing, resent, recovered) = (totals.missing, totals.resent, totals.recovered);
    if resent == recovered {
        let events = if missing == recovered {
            counted(missing, "event was missing", "events were missing")
        } else {
            counted(resent, "failed event was resent", "failed events were resent")
        };
        return match (recovered, missing == recovered) {
            (1, true) => format!("{events}, it was resent and confirmed"),
            (1, false) => format!("{events} and confirmed"),
            (2, true) => format!("{events}, both were resent and confirmed"),
            (2, false) => format!("{events}, both are confirmed"),
            (_, true) => format!("{events}, all {} were resent and confirmed", grouped(recovered)),
            (_, false) => format!("{events}, all {} are confirmed", grouped(recovered)),
        };
    }
    let events = counted(recovered, "event was recovered", "events were recovered");
    match resent {
        0 => format!("{events}, none of them resent by this run"),
        _ if resent < recovered => format!("{events}, {} of them resent by this run", grouped(resent)),
        _ => format!("{events}, after {} were resent", grouped(resent)),
    }
}

/// Events that a clean result does not speak of.
fn set_aside(report: &RunReport) -> String {
    let mut parts = Vec::new();
    let kept = count(report, |verdict, result| {
        verdict == Verdict::Unacknowledged && matches!(result, Some(EventResult::Skipped) | None)
    });
    if kept > 0 {
        parts.push(counted(kept, "failed event was already in the log", "failed events were already in the log"));
    }
    let arrived = count(report, |verdict, result| verdict == Verdict::Settled && result == Some(EventResult::Skipped));
    if arrived > 0 {
        parts.push(counted(arrived, "event had been delivered already", "events had been delivered already"));
    }
    let unknown = report.audit.as_ref().map_or(0, |audit| audit.log.unknown_to_vendor.len() as u64);
    if unknown > 0 {
        parts.push(counted(
            unknown,
            "id in the log is unknown to the vendor",
            "ids in the log are unknown to the vendor",
        ));
    }
    if report.totals.too_young > 0 {
        parts.push(counted(report.totals.too_young, "event is too young to judge", "events are too young to judge"));
    }
    if parts.is_empty() { String::new() } else { format!("; {}", listed(&parts)) }
}

fn left(report: &RunReport) -> String {
    match report.mode {
        Mode::Check if has(report, ProblemKind::Tolerated) => {
            format!("{}, which the gate lets pass; nothing was sent.", findings(report))
        }
        Mode::Check => format!("{}; nothing was sent.", findings(report)),
        Mode::DryRun => format!("Dry run: {}; nothing was sent.", intended(report)),
        Mode::Act => {
            let totals = &report.totals;
            let events = counted(totals.left, "event is left", "events are left");
            let (parts, cause) = (left_parts(report), left_cause(report));
            let recovered = match totals.recovered {
                0 => String::new(),
                recovered => format!("; {}", counted(recovered, "was recovered", "were recovered")),
            };
            match parts.as_slice() {
                [] => format!("{events}{cause}{recovered}."),
                [(_, what)] => format!("{events}, {what}{cause}{recovered}."),
                parts => {
                    let parts: Vec<_> =
                        parts.iter().map(|(number, what)| format!("{} {what}", grouped(*number))).collect();
                    format!("{events}: {}{cause}{recovered}.", parts.join(", "))
                }
            }
        }
    }
}

/// What a check found.
fn findings(report: &RunReport) -> String {
    let totals = &report.totals;
    let mut parts = vec![counted(totals.missing, "event is missing", "events are missing")];
    if totals.missing == 0 {
        parts.clear();
    }
    if totals.lost_after_ack > 0 {
        parts.push(counted(
            totals.lost_after_ack,
            "was acknowledged but is not in the log",
            "were acknowledged but are not in the log",
        ));
    }
    if parts.is_empty() && totals.left == 0 && totals.unknown > 0 {
        let failed = counted(totals.unknown, "event has failed", "events have failed");
        return format!("{failed}; without a received log nobody can say which of them are missing");
    }
    if parts.is_empty() {
        parts.push(counted(totals.left, "event is left", "events are left"));
    }
    let quarantined = match totals.quarantined {
        0 => String::new(),
        quarantined => format!(" ({} quarantined)", grouped(quarantined)),
    };
    format!("{}{quarantined}", listed(&parts))
}

/// What a dry run would have done.
fn intended(report: &RunReport) -> String {
    let totals = &report.totals;
    let would = report.planned.len();
    if has(report, ProblemKind::TooManyResends) {
        let events = counted(would, "event is to be resent", "events are to be resent");
        return format!("{events}, more than one run may resend, so none would be");
    }
    let mut said = counted(would, "event would be resent", "events would be resent");
    if totals.quarantined > 0 {
        said.push_str(&format!(", {} quarantined and would not be", counted(totals.quarantined, "is", "are")));
    }
    said
}

/// The events that are left, by what happened to them.
fn left_parts(report: &RunReport) -> Vec<(u64, &'static str)> {
    let mut quarantined = 0;
    let mut resent = 0;
    let mut acknowledged = 0;
    let mut untouched = 0;
    for tracked in report.webhooks.iter().flat_map(|webhook| &webhook.events) {
        match (tracked.result, tracked.verdict) {
            (Some(EventResult::Quarantined), _) => quarantined += 1,
            (Some(EventResult::Left), _) if tracked.attempts > 0 => resent += 1,
            (Some(EventResult::Left), Verdict::LostAfterAck) => acknowledged += 1,
            (Some(EventResult::Left), _) => untouched += 1,
            (Some(EventResult::Recovered | EventResult::InDoubt | EventResult::Skipped) | None, _) => {}
        }
    }
    let parts = [
        (quarantined, "quarantined with all attempts used up"),
        (resent, "resent and still not there"),
        (acknowledged, "acknowledged but not in the log"),
        (untouched, "not resent"),
    ];
    parts.into_iter().filter(|(number, _)| *number > 0).collect()
}

/// Why no more was done, where something stopped the run.
fn left_cause(report: &RunReport) -> String {
    let cause = report.problems.iter().find_map(|problem| match problem.kind {
        ProblemKind::NotApproved => Some("because the plan was not approved"),
        ProblemKind::TooManyResends => Some("because the plan is larger than a run may carry out"),
        // A receiver that took some of them is not down.
        ProblemKind::ReceiverDown if report.totals.recovered > 0 => Some("because deliveries kept failing"),
        ProblemKind::ReceiverDown => Some("because the receiver is down"),
        ProblemKind::Deadline => Some("because the deadline passed"),
        ProblemKind::FailureBudget => Some("because the failure budget is spent"),
        ProblemKind::Throttled => Some("because the vendor throttles for too long"),
        ProblemKind::FilterIgnored
        | ProblemKind::RangeIgnored
        | ProblemKind::FilterUnproven
        | ProblemKind::ListingFalselyEmpty
        | ProblemKind::ListingTruncated
        | ProblemKind::ListingUnreadable
        | ProblemKind::RecordsUnusable
        | ProblemKind::LogUnproven
        | ProblemKind::LogUnreadable
        | ProblemKind::LogCoverage
        | ProblemKind::InDoubt
        | ProblemKind::ProviderUnavailable
        | ProblemKind::CredentialsRefused
        | ProblemKind::WrongAddress
        | ProblemKind::WebhookUnknown
        | ProblemKind::Interrupted
        | ProblemKind::Ledger
        | ProblemKind::NoProgress
        | ProblemKind::Quarantined
        | ProblemKind::Unjudged
        | ProblemKind::TimesAhead
        | ProblemKind::NotSeen
        | ProblemKind::OutsideSelection
        | ProblemKind::Tolerated
        | ProblemKind::NotTolerated
        | ProblemKind::UnknownToVendor
        | ProblemKind::ListingIncomplete
        | ProblemKind::AuditIncomplete
        | ProblemKind::ProofsOff => None,
    });
    cause.map_or_else(String::new, |cause| format!(" {cause}"))
}

fn undetermined_causes(report: &RunReport) -> String {
    let mut causes: Vec<String> = Vec::new();
    for problem in &report.problems {
        if let Some(cause) = undetermined_cause(problem.kind)
            && !causes.iter().any(|known| known == cause)
        {
            causes.push(cause.to_owned());
        }
    }
    let doubts = report.totals.in_doubt;
    if doubts > 0 {
        causes.push(counted(doubts, "resend is in doubt", "resends are in doubt"));
    } else if causes.is_empty() && report.totals.unknown > 0 {
        causes.push(counted(report.totals.unknown, "event can't be judged", "events can't be judged"));
    }
    if causes.is_empty() {
        causes.push("the evidence does not decide".to_owned());
    }
    causes.truncate(MOST_CAUSES);
    listed(&causes)
}

/// What a problem contributes to "undetermined"; `None` when it is counted or only worth knowing.
fn undetermined_cause(kind: ProblemKind) -> Option<&'static str> {
    match kind {
        ProblemKind::Unjudged => Some("the run ended before every event was judged"),
        ProblemKind::FilterUnproven => Some("the vendor's empty listing could not be proven"),
        ProblemKind::ListingTruncated => Some("a listing is cut off"),
        ProblemKind::ListingUnreadable => Some("a listing could not be read whole"),
        ProblemKind::RecordsUnusable => Some("some records could not be used"),
        ProblemKind::LogUnproven => Some("the received log could not be proven"),
        ProblemKind::LogUnreadable => Some("the received log could not be read whole"),
        ProblemKind::LogCoverage => Some("the received log does not cover the whole window"),
        ProblemKind::NotSeen => Some("an event that was named was not listed"),
        ProblemKind::ProviderUnavailable => Some("the vendor kept failing"),
        ProblemKind::Throttled => Some("the vendor throttles for too long"),
        ProblemKind::WebhookUnknown => Some("the vendor does not know a webhook"),
        ProblemKind::Deadline => Some("the deadline passed"),
        ProblemKind::Ledger => Some("the ledger could not be used"),
        ProblemKind::ListingIncomplete => Some("the vendor's listing leaves out what the log holds"),
        ProblemKind::AuditIncomplete => Some("not everything in the log could be held against the vendor"),
        ProblemKind::FilterIgnored
        | ProblemKind::RangeIgnored
        | ProblemKind::ListingFalselyEmpty
        | ProblemKind::TooManyResends
        | ProblemKind::NotApproved
        | ProblemKind::WrongAddress
        | ProblemKind::ReceiverDown
        | ProblemKind::InDoubt
        | ProblemKind::CredentialsRefused
        | ProblemKind::Interrupted
        | ProblemKind::NoProgress
        | ProblemKind::Quarantined
        | ProblemKind::FailureBudget
        | ProblemKind::TimesAhead
        | ProblemKind::OutsideSelection
        | ProblemKind::Tolerated
        | ProblemKind::NotTolerated
        | ProblemKind::UnknownToVendor
        | ProblemKind::ProofsOff => None,
    }
}

/// A run that can't say how things stand, with what it can say all the same.
fn doubtful(report: &RunReport, what: &str) -> String {
    let said = match report.mode {
        Mode::Act => so_far(report),
        Mode::DryRun => {
            let would = report.planned.len();
            let would = (would > 0).then(|| counted(would, "event would be resent", "events would be resent"));
            would.map_or_else(String::new, |would| format!("{would}, nothing was sent"))
        }
        Mode::Check if report.totals.missing + report.totals.lost_after_ack > 0 => findings(report),
        Mode::Check => String::new(),
    };
    // Whoever could resend wants to know first whether anything was.
    let resent = match report.mode {
        Mode::Act if report.totals.resent == 0 => " and nothing was resent",
        Mode::Act | Mode::DryRun | Mode::Check => "",
    };
    if report.totals == Counts::default() {
        return format!("{what}; no event was listed, so nothing can be called clean{resent}.");
    }
    let said = if said.is_empty() { said } else { format!("; {said}") };
    format!("{what}, so nothing can be called clean{resent}{said}.")
}

/// A run that the settings or the input made impossible.
fn unusable(report: &RunReport) -> String {
    let why = if has(report, ProblemKind::WrongAddress) {
        "the address is not that of the vendor's API"
    } else if has(report, ProblemKind::WebhookUnknown) {
        "the vendor does not know a webhook that was named"
    } else {
        "the settings or the input can't be used"
    };
    match (so_far(report), report.mode) {
        (said, _) if !said.is_empty() => format!("Stopped: {why}; {said}."),
        (_, Mode::Act) => format!("Not started: {why}; nothing was resent."),
        (_, Mode::DryRun | Mode::Check) => format!("Not started: {why}."),
    }
}

fn interrupted(report: &RunReport, signal: Signal) -> String {
    let signal = match signal {
        Signal::Interrupt => "SIGINT",
        Signal::Terminate => "SIGTERM",
    };
    let said = so_far(report);
    let said = if said.is_empty() { "nothing was resent".to_owned() } else { said };
    let looked_up = if report.totals.in_doubt > 0 { ", which first looks up what is in doubt" } else { "" };
    format!("Stopped by {signal} before the end: {said}; run the same command again to go on{looked_up}.")
}

/// What a run did before it came to an end too early.
fn so_far(report: &RunReport) -> String {
    let totals = &report.totals;
    let mut parts = Vec::new();
    if totals.recovered > 0 {
        parts.push(counted(totals.recovered, "event was recovered", "events were recovered"));
    }
    if totals.left > 0 {
        parts.push(match parts.len() {
            0 => counted(totals.left, "event is left", "events are left"),
            _ => counted(totals.left, "is left", "are left"),
        });
    }
    if totals.in_doubt > 0 && report.outcome != RunOutcome::Undetermined {
        parts.push(match parts.len() {
            0 => counted(totals.in_doubt, "event is in doubt", "events are in doubt"),
            _ => counted(totals.in_doubt, "is in doubt", "are in doubt"),
        });
    }
    listed(&parts)
}

fn has(report: &RunReport, kind: ProblemKind) -> bool {
    report.problems.iter().any(|problem| problem.kind == kind)
}

fn count(report: &RunReport, counts: impl Fn(Verdict, Option<EventResult>) -> bool) -> u64 {
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.filter(|tracked| counts(tracked.verdict, tracked.result)).count() as u64
}
