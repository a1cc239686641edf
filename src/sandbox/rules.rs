//! Fault rules: a fault, and when it strikes.
//!
//! This file owns how a rule is written. It never decides for one request whether it strikes.

use std::fmt;
use std::str::FromStr;

use super::faults::{CATALOGUE, Fault, Operation};

/// A fault and when it strikes.
///
/// Spelled `NAME[=VALUE][@QUALIFIER…]`, where a qualifier is a probability (`@0.1`), a number of
/// calls after which the fault is over (`@first=3`) or the one operation it strikes (`@resend`).
/// `NAME-first=3` is short for `NAME@first=3`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRule {
    /// What goes wrong.
    pub fault: Fault,
    /// The probability that it does, for each call.
    pub rate: f64,
    /// After how many calls it is over.
    pub first: Option<u64>,
    /// The only operation it strikes; without it, those the fault is made for.
    pub operation: Option<Operation>,
}

/// Why a text is no fault rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has that name.
    #[error("there is no fault named {0:?}")]
    UnknownName(String),
    /// The fault needs a value, takes none, or can't take that one.
    #[error("{fault} can't be read; write it like {example}")]
    BadValue {
        /// What was written.
        fault: String,
        /// What can be written.
        example: &'static str,
    },
    /// What stands behind an `@` is no qualifier.
    #[error("{0:?} is neither a probability, nor first=K, nor an operation")]
    BadQualifier(String),
}

impl FromStr for FaultRule {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let mut parts = text.split('@');
        let spelled = parts.next().unwrap_or_default();
        let (name, value) = spelled.split_once('=').map_or((spelled, None), |(name, value)| (name, Some(value)));
        let mut rule = Self::named(spelled, name, value)?;
        for part in parts {
            rule.qualify(part)?;
        }
        Ok(rule)
    }
}

impl FaultRule {
    fn named(spelled: &str, name: &str, value: Option<&str>) -> Result<Self, FaultError> {
        if let Some(fault) = Fault::parse(name, value) {
            return Ok(Self::from(fault));
        }
        let counted = if name == "throttle-storm" { Some(name) } else { name.strip_suffix("-first") };
        if let Some(fault) = counted.and_then(|plain| Fault::parse(plain, None))
            && let Some(first) = value.and_then(|value| value.parse().ok())
        {
            return Ok(Self { first: Some(first), ..Self::from(fault) });
        }
        let plain = name.strip_suffix("-first").unwrap_or(name);
        let example = CATALOGUE.iter().find(|(example, _)| example.split('=').next() == Some(plain));
        match example {
            Some((example, _)) => Err(FaultError::BadValue { fault: spelled.to_owned(), example }),
            None => Err(FaultError::UnknownName(name.to_owned())),
        }
    }

    fn qualify(&mut self, part: &str) -> Result<(), FaultError> {
        let unknown = || FaultError::BadQualifier(part.to_owned());
        if let Some(count) = part.strip_prefix("first=") {
            self.first = Some(count.parse().map_err(|_| unknown())?);
        } else if let Some(operation) = Operation::parse(part) {
            self.operation = Some(operation);
        } else {
            self.rate = part.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).ok_or_else(unknown)?;
        }
        Ok(())
    }
}

impl From<Fault> for FaultRule {
    fn from(fault: Fault) -> Self {
        Self { fault, rate: 1.0, first: None, operation: None }
    }
}

impl fmt::Display for FaultRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.fault)?;
        if let Some(first) = self.first {
            write!(formatter, "@first={first}")?;
        }
        if self.rate < 1.0 {
            write!(formatter, "@{}", self.rate)?;
        }
        if let Some(operation) = self.operation {
            write!(formatter, "@{}", operation.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::{PLAIN, clock_text};
    use super::*;

    #[test]
    fn every_fault_of_the_catalogue_can_be_written_read_and_written_again() {
        for (example, about) in CATALOGUE {
            let rule: FaultRule = example.parse().unwrap_or_else(|error| panic!("{example}: {error}"));
            assert_eq!(rule.to_string().parse(), Ok(rule), "{example}");
            assert!(!about.is_empty(), "{example}");
        }
        for (name, _) in PLAIN.iter().filter(|(name, _)| *name != "html") {
            assert!(
                CATALOGUE.iter().any(|(example, _)| example.split('=').next() == Some(name)),
                "{name} is not shown"
            );
        }
    }

    #[test]
    fn a_rule_takes_a_probability_a_count_and_an_operation() {
        let rule: FaultRule = "deliver-then-500@0.25@first=4".parse().expect("a rule");
        assert_eq!(rule, FaultRule { fault: Fault::DeliverThen500, rate: 0.25, first: Some(4), operation: None });
        let rule: FaultRule = "unavailable@resend".parse().expect("a rule");
        assert_eq!(rule.operation, Some(Operation::Resend));
        let short: FaultRule = "html-first=2".parse().expect("a rule");
        assert_eq!(Ok(short), "html-error@first=2".parse());
    }

    #[test]
    fn what_is_no_fault_is_refused_with_a_reason() {
        let refused = |text: &str| text.parse::<FaultRule>().expect_err(text).to_string();
        assert_eq!(refused("nonsense"), "there is no fault named \"nonsense\"");
        assert_eq!(refused("truncate"), "truncate can't be read; write it like truncate=100");
        assert_eq!(refused("throttle=0/s"), "throttle=0/s can't be read; write it like throttle=5/s");
        assert_eq!(refused("redirect=1"), "redirect=1 can't be read; write it like redirect");
        assert_eq!(refused("redirect@2"), "\"2\" is neither a probability, nor first=K, nor an operation");
        for text in ["", "@", "=", "quota=25:00:00", "quota=1:2", "zone-shift=99h", "slow=-1", "x-first=1"] {
            assert!(text.parse::<FaultRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_quota_of_more_than_a_day_is_written_with_its_days() {
        let Ok(FaultRule { fault: Fault::Quota(wait), .. }) = "quota=2.07:01:20".parse() else {
            panic!("a quota");
        };
        assert_eq!(wait.as_secs(), 2 * 86_400 + 7 * 3600 + 80);
        assert_eq!(clock_text(wait), "2.07:01:20");
    }
}
