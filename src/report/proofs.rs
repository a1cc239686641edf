//! What a run proved and what it did not, in words: the same for every format that tells of proofs.
//!
//! It reads what the report holds and is never kinder than the outcome: what the run could not decide
//! is not called proven here.

use crate::classify::{UnknownReason, Verdict};
use crate::outcome::RunOutcome;
use crate::receipt::{CoverageGap, Receipt};
use crate::report::text::{counted, grouped};
use crate::run_report::{Mode, Problem, ProblemKind, RunReport};
use crate::tracked::TrackedEvent;

/// Something that must hold before "nothing left" may be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Proof {
    /// The vendor's listings are whole and its filter was checked.
    Listing,
    /// The received log is the right one and speaks of the whole window.
    Log,
    /// Of every resend it is known what became of it.
    Resends,
    /// The run was not cut short.
    Completion,
}

impl Proof {
    pub(super) const ALL: [Self; 4] = [Self::Listing, Self::Log, Self::Resends, Self::Completion];

    /// The claim, as a title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Listing => "The vendor's listings are whole",
            Self::Log => "The received log can be believed",
            Self::Resends => "Every resend has a known outcome",
            Self::Completion => "The run came to its end",
        }
    }

    /// The claim that a problem has to do with.
    fn touched_by(kind: ProblemKind) -> Self {
        match kind {
            ProblemKind::FilterIgnored
            | ProblemKind::RangeIgnored
            | ProblemKind::FilterUnproven
            | ProblemKind::ListingFalselyEmpty
            | ProblemKind::ListingTruncated
            | ProblemKind::ListingUnreadable
            | ProblemKind::RecordsUnusable
            | ProblemKind::WebhookUnknown
            | ProblemKind::NotSeen
            | ProblemKind::UnknownToVendor
            | ProblemKind::ListingIncomplete
            | ProblemKind::TimesAhead => Self::Listing,
            ProblemKind::LogUnproven
            | ProblemKind::LogUnreadable
            | ProblemKind::LogCoverage
            | ProblemKind::AuditIncomplete => Self::Log,
            ProblemKind::TooManyResends
            | ProblemKind::ReceiverDown
            | ProblemKind::InDoubt
            | ProblemKind::NotApproved
            | ProblemKind::NoProgress
            | ProblemKind::FailureBudget
            | ProblemKind::Quarantined => Self::Resends,
            ProblemKind::ProviderUnavailable
            | ProblemKind::OutsideSelection
            | ProblemKind::Tolerated
            | ProblemKind::NotTolerated
            | ProblemKind::Throttled
            | ProblemKind::CredentialsRefused
            | ProblemKind::WrongAddress
            | ProblemKind::Deadline
            | ProblemKind::Interrupted
            | ProblemKind::Unjudged
            | ProblemKind::Ledger
            | ProblemKind::ProofsOff => Self::Completion,
        }
    }
}

/// How a claim stands after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Standing {
    /// It was shown to hold.
    Proven,
    /// It was taken on trust, because proofs were turned off.
    Trusted,
    /// There was nothing to prove.
    Idle,
    /// The run never came to it.
    NotReached,
    /// It does not hold, or nobody can say whether it does.
    NotProven,
}

impl Standing {
    /// The standing in a word or two.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Trusted => "not checked",
            Self::Idle => "nothing to prove",
            Self::NotReached => "not reached",
            Self::NotProven => "not proven",
        }
    }
}

/// A claim, how it stands, and why.
#[derive(Debug)]
pub(super) struct Judged<'a> {
    pub(super) proof: Proof,
    pub(super) standing: Standing,
    /// Why, in a sentence.
    pub(super) said: String,
    /// The problems that have to do with it.
    pub(super) problems: Vec<&'a Problem>,
}

/// Whether an outcome says that everything was looked at.
pub(super) fn is_decided(outcome: RunOutcome) -> bool {
    match outcome {
        RunOutcome::Clean | RunOutcome::Left => true,
        RunOutcome::Undetermined
        | RunOutcome::Unavailable
        | RunOutcome::Refused
        | RunOutcome::Locked
        | RunOutcome::Interrupted(_)
        | RunOutcome::Unusable
        | RunOutcome::Failed => false,
    }
}

/// All claims, in their order.
pub(super) fn of(report: &RunReport) -> [Judged<'_>; 4] {
    Proof::ALL.map(|proof| {
        let problems: Vec<&Problem> =
            report.problems.iter().filter(|problem| Proof::touched_by(problem.kind) == proof).collect();
        let (standing, said) = match proof {
            Proof::Listing => listing(report, &problems),
            Proof::Log => log(report, &problems),
            Proof::Resends => resends(report),
            Proof::Completion => completion(report, &problems),
        };
        Judged { proof, standing, said, problems }
    })
}

fn listing(report: &RunReport, problems: &[&Problem]) -> (Standing, String) {
    if !is_decided(report.outcome) && problems.iter().any(|problem| undermines(problem.kind)) {
        return (Standing::NotProven, "What the vendor listed does not decide.".to_owned());
    }
    if let Some(told) = not_looked_at(report) {
        return told;
    }
    let listings = counted(report.requests.list, "listing", "listings");
    let events = counted(report.seen.listed, "event", "events");
    (
        Standing::Proven,
        format!(
            "{listings} showed {events}; each could be read whole, and every record was judged by what it says itself."
        ),
    )
}

fn log(report: &RunReport, problems: &[&Problem]) -> (Standing, String) {
    if !is_decided(report.outcome) && problems.iter().any(|problem| undermines(problem.kind)) {
        return (Standing::NotProven, "What the log says does not decide.".to_owned());
    }
    if let Some(told) = not_looked_at(report) {
        return told;
    }
    let is_without_log = |tracked: &TrackedEvent| {
        tracked.receipt == Some(Receipt::OutOfCoverage(CoverageGap::NoLog))
            || tracked.verdict == Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::NoLog))
    };
    if report.webhooks.iter().flat_map(|webhook| &webhook.events).any(is_without_log) {
        return (Standing::Idle, "No received log was given, so only the vendor was asked.".to_owned());
    }
    match report.seen.received {
        0 => (Standing::Idle, "It holds none of the events that were looked up in it.".to_owned()),
        1 => (Standing::Proven, "It holds 1 of the listed events and could be read whole.".to_owned()),
        held => (Standing::Proven, format!("It holds {} of the listed events and could be read whole.", grouped(held))),
    }
}

fn resends(report: &RunReport) -> (Standing, String) {
    let totals = &report.totals;
    if totals.in_doubt > 0 {
        let events = counted(totals.in_doubt, "event", "events");
        return (Standing::NotProven, format!("Of {events} nobody can say whether the resend arrived."));
    }
    match (report.mode, totals.resent) {
        (Mode::Check, _) => (Standing::Idle, "A check resends nothing.".to_owned()),
        (Mode::DryRun, _) => (Standing::Idle, "A dry run resends nothing.".to_owned()),
        (Mode::Act, 0) => (Standing::Idle, "Nothing was resent.".to_owned()),
        (Mode::Act, resent) => {
            let events = counted(resent, "event was resent", "events were resent");
            let confirmed = counted(totals.recovered, "arrival is", "arrivals are");
            (Standing::Proven, format!("{events}; {confirmed} confirmed by the vendor's list or the received log."))
        }
    }
}

fn completion(report: &RunReport, problems: &[&Problem]) -> (Standing, String) {
    let told = |standing, said: &str| (standing, said.to_owned());
    match report.outcome {
        RunOutcome::Clean | RunOutcome::Left => {
            let rounds = counted(u64::from(report.rounds), "round", "rounds");
            let said = match report.mode {
                Mode::Act => format!("It ended by itself, after {rounds}."),
                Mode::DryRun | Mode::Check => "It ended by itself.".to_owned(),
            };
            (Standing::Proven, said)
        }
        RunOutcome::Undetermined if problems.iter().any(|problem| undermines(problem.kind)) => {
            told(Standing::NotProven, "It could not finish its work.")
        }
        RunOutcome::Undetermined => told(Standing::Proven, "It ended by itself, without a decision."),
        RunOutcome::Unavailable => told(Standing::NotProven, "The vendor could not be asked to the end."),
        RunOutcome::Refused => told(Standing::NotProven, "The vendor refused the credentials."),
        RunOutcome::Locked => told(Standing::NotProven, "Another run holds the ledger; this one sent nothing."),
        RunOutcome::Interrupted(_) => told(Standing::NotProven, "It was stopped before its end."),
        RunOutcome::Unusable => told(Standing::NotProven, "The settings or the input can't be used."),
        RunOutcome::Failed => told(Standing::NotProven, "hookmend itself could not go on."),
    }
}

/// Why nothing is to be said of the sources, where that is so.
fn not_looked_at(report: &RunReport) -> Option<(Standing, String)> {
    if report.problems.iter().any(|problem| problem.kind == ProblemKind::ProofsOff) {
        return Some((Standing::Trusted, "Proofs were turned off; it was taken at its word.".to_owned()));
    }
    match report.outcome {
        RunOutcome::Clean | RunOutcome::Left | RunOutcome::Undetermined => None,
        RunOutcome::Unavailable
        | RunOutcome::Refused
        | RunOutcome::Locked
        | RunOutcome::Interrupted(_)
        | RunOutcome::Unusable
        | RunOutcome::Failed => Some((Standing::NotReached, "The run ended before this was certain.".to_owned())),
    }
}

/// Whether a problem can take the ground from under "nothing left".
fn undermines(kind: ProblemKind) -> bool {
    match kind {
        ProblemKind::FilterUnproven
        | ProblemKind::ListingTruncated
        | ProblemKind::ListingUnreadable
        | ProblemKind::RecordsUnusable
        | ProblemKind::WebhookUnknown
        | ProblemKind::LogUnproven
        | ProblemKind::LogUnreadable
        | ProblemKind::LogCoverage
        | ProblemKind::InDoubt
        | ProblemKind::ProviderUnavailable
        | ProblemKind::Throttled
        | ProblemKind::CredentialsRefused
        | ProblemKind::WrongAddress
        | ProblemKind::Deadline
        | ProblemKind::Interrupted
        | ProblemKind::Unjudged
        | ProblemKind::NotSeen
        | ProblemKind::ListingIncomplete
        | ProblemKind::AuditIncomplete
        | ProblemKind::Ledger => true,
        ProblemKind::FilterIgnored
        | ProblemKind::RangeIgnored
        | ProblemKind::ListingFalselyEmpty
        | ProblemKind::OutsideSelection
        | ProblemKind::Tolerated
        | ProblemKind::NotTolerated
        | ProblemKind::TimesAhead
        | ProblemKind::TooManyResends
        | ProblemKind::ReceiverDown
        | ProblemKind::NotApproved
        | ProblemKind::NoProgress
        | ProblemKind::FailureBudget
        | ProblemKind::Quarantined
        | ProblemKind::UnknownToVendor
        | ProblemKind::ProofsOff => false,
    }
}

#[cfg(test)]
mod tests;
