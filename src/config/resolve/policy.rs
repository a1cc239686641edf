//! What a run may do and its bounds, from the settings.

use std::ops::RangeInclusive;

use chrono::TimeDelta;

use super::super::error::{SettingsError, Unusable};
use super::super::keys::Key;
use super::super::settings::Job;
use super::super::values::number;
use super::Loaded;
use crate::classify::ResendPolicy;
use crate::policy::{Bounds, Policy, Proofs};
use crate::run_report::Mode;

/// Delivery failures in a row after which the receiver counts as down.
const BREAKER_FAILURES: u32 = 5;
/// Events that may be tried as canary.
const CANARIES: u32 = 3;
/// The retention that removes nothing.
const FOREVER: &str = "forever";

impl Loaded {
    pub(super) fn policy(&self, job: Job) -> Result<Policy, SettingsError> {
        let mode = match job {
            Job::Check | Job::List => Mode::Check,
            Job::Plan => Mode::DryRun,
            Job::Reconcile | Job::Apply | Job::Resend if self.switch(Key::DryRun)? => Mode::DryRun,
            Job::Reconcile | Job::Apply | Job::Resend => Mode::Act,
        };
        let days = TimeDelta::days;
        Ok(Policy {
            mode,
            resend: ResendPolicy {
                idempotent: self.switch(Key::Idempotent)?,
                include_acknowledged: self.switch(Key::IncludeAcknowledged)?,
            },
            proofs: if self.switch(Key::NoProof)? { Proofs::Off } else { Proofs::Required },
            min_age: self.duration(Key::MinAge, TimeDelta::zero(), days(365))?,
            settle: self.duration(Key::Settle, TimeDelta::zero(), days(7))?,
            slice: self.duration(Key::Slice, TimeDelta::minutes(1), days(30))?,
            zone_margin: self.duration(Key::ZoneMargin, TimeDelta::zero(), TimeDelta::hours(26))?,
            retention: self.retention()?,
            bounds: self.bounds()?,
        })
    }

    /// For how long settled attempts are kept: at least for as long as they count.
    fn retention(&self) -> Result<Option<TimeDelta>, SettingsError> {
        if self.text(Key::Retention).is_some_and(|(_, text)| text.trim() == FOREVER) {
            return Ok(None);
        }
        let retention = self.duration(Key::Retention, TimeDelta::days(1), TimeDelta::days(36_500))?;
        let counted = self.parsed(Key::FailureBudget, number::parse_failure_budget)?;
        match (self.text(Key::Retention), counted) {
            (Some((entry, _)), Some(budget)) if budget.period >= retention => Err(entry.error(
                Key::Retention,
                Unusable::new("attempts would be forgotten while they still count for the failure budget")
                    .hint("keep them for longer than the period of --failure-budget"),
            )),
            _ => Ok(Some(retention)),
        }
    }

    fn bounds(&self) -> Result<Bounds, SettingsError> {
        let small = |key, range: RangeInclusive<u64>| -> Result<u32, SettingsError> {
            Ok(u32::try_from(self.count(key, &range)?).unwrap_or(u32::MAX))
        };
        let deadline = self.duration(Key::Deadline, TimeDelta::seconds(1), TimeDelta::days(30))?;
        Ok(Bounds {
            max_rounds: small(Key::MaxRounds, 1..=1_000)?,
            max_attempts: small(Key::MaxAttempts, 1..=1_000)?,
            max_resends: self.count(Key::MaxResends, &(1..=100_000_000))?,
            concurrency: usize::try_from(self.count(Key::Concurrency, &(1..=256))?).unwrap_or(1),
            rate: self.parsed(Key::Rate, number::parse_rate)?,
            deadline: deadline.to_std().unwrap_or_default(),
            breaker_failures: BREAKER_FAILURES,
            canaries: CANARIES,
            failure_budget: self.parsed(Key::FailureBudget, number::parse_failure_budget)?,
        })
    }
}
