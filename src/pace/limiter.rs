//! The rate limiter: paces requests by a set rate and by what the vendor answers.
//!
//! A vendor's real limit is not known in advance and is shared with other clients. When a request is
//! throttled, the limiter waits as long as it is told and derives a rate from what went through since
//! the last pause. That is a lower bound: a vendor that asks for whole seconds makes a run idle for
//! longer than its limit does. So the rate is raised again, quickly while it rests on a few requests
//! and carefully otherwise, and stays between the rate that went well and the one that was refused.

use std::time::Duration;

/// After a throttled request the derived rate is taken a little lower, because vendors count
/// approximately.
const CAUTION: f64 = 0.95;
/// The slowest rate that is derived, in requests per second.
const SLOWEST: f64 = 1.0 / 60.0;
/// How long nothing must be throttled before a rate that was refused may be tried again.
const CALM: Duration = Duration::from_secs(30);
/// So many requests between two pauses make a good estimate of the limit.
const GOOD_SAMPLE: u32 = 5;
/// After so many requests, and for so many seconds, a rate that rests on fewer is doubled.
const QUICK_STEP: u32 = 4;
const QUICK_STEP_SECONDS: f64 = 0.3;
/// After so many requests a rate that rests on enough is raised a little.
const CAREFUL_STEP: u32 = 60;
/// By how much it is raised then.
const RAISE: f64 = 1.5;
/// A raise smaller than this is not worth a refusal.
const SMALLEST_RAISE: f64 = 1.04;
/// By how much a rate is lowered that is refused again.
const RETREAT: f64 = 0.5;

/// Requests per second, positive and finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Eq for Rate {}

impl Rate {
    /// A rate, or `None` when it is not a positive number.
    pub fn per_second(requests: f64) -> Option<Self> {
        (requests.is_finite() && requests > 0.0).then_some(Self(requests))
    }

    /// The number of requests per second.
    pub fn as_per_second(self) -> f64 {
        self.0
    }

    fn interval(self) -> Duration {
        Duration::try_from_secs_f64(1.0 / self.0).unwrap_or(Duration::MAX)
    }
}

/// Decides when the next request may go.
#[derive(Clone, Debug)]
pub struct Limiter {
    ceiling: Option<Rate>,
    derived: Option<Derived>,
    next_at: Duration,
    paused_until: Duration,
    passed_since_pause: u32,
    pause_ended: Duration,
    last_throttled: Option<Duration>,
}

/// What is known of the vendor's limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Derived {
    rate: f64,
    /// The rate before the latest raise: it went well.
    went_well: Option<f64>,
    /// The lowest rate that was refused.
    refused: Option<f64>,
    /// Requests that went through since the rate was last changed.
    passed: u32,
    /// The rate rests on so few requests that it says little.
    is_rough: bool,
}

impl Derived {
    fn raise_when_due(&mut self) {
        let enough = f64::from(QUICK_STEP).max(self.rate * QUICK_STEP_SECONDS);
        let enough = if self.is_rough { enough } else { f64::from(CAREFUL_STEP) };
        if f64::from(self.passed) < enough {
            return;
        }
        self.passed = 0;
        let raised = self.rate * if self.is_rough { 2.0 } else { RAISE };
        let raised = self.refused.map_or(raised, |refused| raised.min(f64::midpoint(self.rate, refused)));
        if raised >= self.rate * SMALLEST_RAISE {
            self.went_well = Some(self.rate);
            self.rate = raised;
        }
    }

    /// The rate turned out to be too high; `observed` is what went through on average.
    fn lower(&mut self, observed: Option<f64>, is_good_sample: bool, slowest: f64) {
        let refused = self.rate;
        let from_few = self.went_well.is_none() && !is_good_sample;
        let is_refused_again = self.refused.is_some();
        self.refused = Some(self.refused.map_or(refused, |known| known.min(refused)));
        self.rate = match (self.went_well.take(), observed) {
            (Some(went_well), Some(observed)) if is_good_sample => went_well.max(observed),
            (Some(went_well), _) => went_well,
            (None, Some(observed)) if !is_refused_again => observed,
            (None, observed) => observed.unwrap_or(0.0).max(refused * RETREAT),
        };
        self.rate = self.rate.min(refused * CAUTION).max(slowest);
        self.is_rough = from_few;
        self.passed = 0;
    }
}

impl Limiter {
    /// A limiter that never exceeds `ceiling`, if there is one.
    pub fn new(ceiling: Option<Rate>) -> Self {
        Self {
            ceiling,
            derived: None,
            next_at: Duration::ZERO,
            paused_until: Duration::ZERO,
            passed_since_pause: 0,
            pause_ended: Duration::ZERO,
            last_throttled: None,
        }
    }

    /// Asks to send a request at `now`: how long to wait first. Zero means that the request may go
    /// and its place is taken; otherwise ask again after the wait.
    pub fn acquire(&mut self, now: Duration) -> Duration {
        let at = self.next_at.max(self.paused_until);
        if at > now {
            return at - now;
        }
        self.calm_down(now);
        if let Some(rate) = self.rate() {
            self.next_at = now.saturating_add(rate.interval());
        }
        Duration::ZERO
    }

    /// A request that was sent at or after the last pause went through.
    pub fn passed(&mut self) {
        self.passed_since_pause = self.passed_since_pause.saturating_add(1);
        if let Some(derived) = &mut self.derived {
            derived.passed = derived.passed.saturating_add(1);
            derived.raise_when_due();
        }
    }

    /// A request was throttled at `now`, and the vendor asks to wait.
    pub fn throttled(&mut self, now: Duration, wait: Duration) {
        let until = now.saturating_add(wait);
        let in_same_episode = now < self.paused_until;
        self.paused_until = self.paused_until.max(until);
        self.last_throttled = Some(now);
        if in_same_episode {
            // Requests that were in flight together are refused together; they tell nothing new.
            return;
        }
        let span = until.saturating_sub(self.pause_ended).as_secs_f64();
        let observed = f64::from(self.passed_since_pause) / span * CAUTION;
        let is_good_sample = self.passed_since_pause >= GOOD_SAMPLE;
        // One request after each pause is what the vendor asks for, however often it refuses.
        let slowest = (1.0 / wait.as_secs_f64()).clamp(SLOWEST, 1.0);
        if let Some(derived) = &mut self.derived {
            derived.lower((self.passed_since_pause > 0).then_some(observed), is_good_sample, slowest);
        } else if self.passed_since_pause > 0 && span > 0.0 {
            let rate = observed.max(SLOWEST);
            self.derived = Some(Derived { rate, went_well: None, refused: None, passed: 0, is_rough: !is_good_sample });
        }
        self.passed_since_pause = 0;
        self.pause_ended = self.paused_until;
    }

    /// Until when nothing may go because the vendor asked for a pause.
    pub fn paused_until(&self) -> Duration {
        self.paused_until
    }

    /// The rate in force: the lower of the ceiling and what was derived.
    pub fn rate(&self) -> Option<Rate> {
        let derived = self.derived.and_then(|derived| Rate::per_second(derived.rate));
        match (self.ceiling, derived) {
            (Some(ceiling), Some(derived)) => Some(Rate(ceiling.0.min(derived.0))),
            (ceiling, derived) => ceiling.or(derived),
        }
    }

    fn calm_down(&mut self, now: Duration) {
        if let (Some(derived), Some(throttled)) = (&mut self.derived, self.last_throttled)
            && now.saturating_sub(throttled) >= CALM
        {
            derived.refused = None;
            self.last_throttled = Some(now);
        }
    }
}

#[cfg(test)]
mod tests;
