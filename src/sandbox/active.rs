//! Which faults strike one request: the rules in force, their counters and the seeded dice.
//!
//! This file owns the draw. It never knows what a fault does.

use std::time::{Duration, Instant};

use super::faults::{Allowance, Fault, Operation, ThrottleHint};
use super::rules::FaultRule;

/// The rules in force.
#[derive(Debug)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    rng: fastrand::Rng,
    bucket: Option<Bucket>,
}

#[derive(Debug)]
struct Rule {
    rule: FaultRule,
    seen: u64,
}

/// What the token bucket is filled with.
#[derive(Debug)]
struct Bucket {
    allowance: Allowance,
    tokens: f64,
    filled_at: Instant,
}

/// The faults that strike one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Active(Vec<Fault>);

impl Rules {
    pub(super) fn new(seed: u64, rules: &[FaultRule]) -> Self {
        let mut all = Self { rules: Vec::new(), rng: fastrand::Rng::with_seed(seed), bucket: None };
        for rule in rules {
            all.add(*rule);
        }
        all
    }

    pub(super) fn add(&mut self, rule: FaultRule) {
        self.rules.push(Rule { rule, seen: 0 });
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.bucket = None;
    }

    pub(super) fn in_force(&self) -> Vec<FaultRule> {
        self.rules.iter().map(|rule| rule.rule).collect()
    }

    /// Draws the faults for one request.
    pub(super) fn draw(&mut self, operation: Operation) -> Active {
        let Self { rules, rng, .. } = self;
        Active(rules.iter_mut().filter_map(|rule| rule.draw(operation, rng)).collect())
    }

    /// Takes a token, or says how long until there is one.
    pub(super) fn take_token(&mut self, allowance: Allowance, now: Instant) -> Result<(), Duration> {
        let full = f64::from(allowance.calls);
        let bucket = match &mut self.bucket {
            Some(bucket) if bucket.allowance == allowance => bucket,
            bucket => bucket.insert(Bucket { allowance, tokens: full, filled_at: now }),
        };
        let per_second = full / allowance.per.as_secs_f64();
        let passed = now.saturating_duration_since(bucket.filled_at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * per_second).min(full);
        bucket.filled_at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.tokens) / per_second))
    }
}

impl Rule {
    fn draw(&mut self, operation: Operation, rng: &mut fastrand::Rng) -> Option<Fault> {
        let FaultRule { fault, rate, first, operation: only } = self.rule;
        let in_scope = only.map_or_else(|| fault.scope().contains(&operation), |only| only == operation);
        if !in_scope {
            return None;
        }
        self.seen += 1;
        let over = first.is_some_and(|first| self.seen > first);
        let strikes = !over && (rate >= 1.0 || rng.f64() < rate);
        strikes.then_some(fault)
    }
}

impl Active {
    /// Whether a fault without a value strikes.
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }

    /// The value of the first fault that `pick` picks.
    pub(super) fn find<T>(&self, pick: impl Fn(Fault) -> Option<T>) -> Option<T> {
        self.0.iter().copied().find_map(pick)
    }

    /// What strikes, as it is written in a rule.
    pub(super) fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// Hours east of UTC in which the vendor reads and prints times.
    pub(super) fn zone_hours(&self) -> i8 {
        self.find(|fault| if let Fault::ZoneShift(hours) = fault { Some(hours) } else { None }).unwrap_or(0)
    }

    /// Where a 429 says how long to wait.
    pub(super) fn throttle_hint(&self) -> ThrottleHint {
        self.find(|fault| if let Fault::ThrottleHint(hint) = fault { Some(hint) } else { None }).unwrap_or_default()
    }

    /// How long the answer is held back.
    pub(super) fn delay(&self) -> Option<Duration> {
        self.find(|fault| if let Fault::Slow(wait) = fault { Some(wait) } else { None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str]) -> Rules {
        let rules: Vec<FaultRule> = texts.iter().map(|text| text.parse().expect("a rule")).collect();
        Rules::new(1, &rules)
    }

    #[test]
    fn a_fault_strikes_only_its_operations_and_only_so_often() {
        let mut rules = rules(&["unavailable-first=2", "repeat-rows", "slow=5@get"]);
        assert!(rules.draw(Operation::List).has(Fault::Unavailable));
        let resend = rules.draw(Operation::Resend);
        assert!(resend.has(Fault::Unavailable) && !resend.has(Fault::RepeatRows) && resend.delay().is_none());
        let get = rules.draw(Operation::Get);
        assert!(!get.has(Fault::Unavailable), "the two calls are over");
        assert_eq!(get.delay(), Some(Duration::from_millis(5)));
    }

    #[test]
    fn the_same_seed_draws_the_same_faults() {
        let draw = || {
            let mut rules = rules(&["deliver-then-500@0.3"]);
            (0..200).map(|_| rules.draw(Operation::Resend).has(Fault::DeliverThen500)).collect::<Vec<_>>()
        };
        let drawn = draw();
        assert_eq!(drawn, draw());
        let struck = drawn.iter().filter(|struck| **struck).count();
        assert!((30..=90).contains(&struck), "{struck} of 200");
    }

    #[test]
    fn the_bucket_lets_a_burst_through_and_then_the_rate() {
        let mut rules = rules(&[]);
        let allowance = Allowance { calls: 2, per: Duration::from_secs(1) };
        let start = Instant::now();
        assert_eq!(rules.take_token(allowance, start), Ok(()));
        assert_eq!(rules.take_token(allowance, start), Ok(()));
        assert_eq!(rules.take_token(allowance, start), Err(Duration::from_millis(500)));
        assert_eq!(rules.take_token(allowance, start + Duration::from_millis(500)), Ok(()));
        assert!(rules.take_token(allowance, start + Duration::from_millis(600)).is_err());
    }
}
