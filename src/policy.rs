//! What a run may do, how much of it, and how patient it is: settings as the domain sees them.

use std::time::Duration;

use chrono::TimeDelta;

use crate::classify::ResendPolicy;
use crate::pace::budget::FailureBudget;
use crate::pace::limiter::Rate;
use crate::run_report::Mode;

/// Whether the sources must be proven before they are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Proofs {
    /// Filter proof and log proof are required for "clean".
    Required,
    /// The user takes the sources at their word.
    Off,
}

/// The bounds of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rounds in a row without progress after which the run ends.
    pub max_rounds: u32,
    /// Attempts for one event over all runs.
    pub max_attempts: u32,
    /// Resends of one run; a larger plan is refused whole.
    pub max_resends: u64,
    /// Requests in flight at once.
    pub concurrency: usize,
    /// The highest request rate, if one is set.
    pub rate: Option<Rate>,
    /// How long the run may last.
    pub deadline: Duration,
    /// Delivery failures in a row after which the receiver counts as down.
    pub breaker_failures: u32,
    /// Events that may be tried as canary before the receiver counts as down.
    pub canaries: u32,
    /// How many failed deliveries resends may cause for each webhook, over all runs.
    pub failure_budget: Option<FailureBudget>,
}

/// Everything the engine needs to know of the user's will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the run may send anything but reads.
    pub mode: Mode,
    /// What may be resent beyond the default.
    pub resend: ResendPolicy,
    /// Whether the sources must be proven.
    pub proofs: Proofs,
    /// Events younger than this are left alone.
    pub min_age: TimeDelta,
    /// How long an attempt in doubt must be without evidence before it counts as not sent.
    pub settle: TimeDelta,
    /// The length of a slice.
    pub slice: TimeDelta,
    /// By how much a range is widened because the vendor's zone is uncertain.
    pub zone_margin: TimeDelta,
    /// For how long settled attempts are kept; `None` keeps them for ever.
    pub retention: Option<TimeDelta>,
    /// The bounds.
    pub bounds: Bounds,
}
