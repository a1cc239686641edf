//! The rate limiter: paces requests by a set rate and by what the vendor answers.
//!
//! A vendor's real limit is not known in advance and is shared with other clients. When a request is
//! throttled, the limiter waits as long as it is told and derives the rate from what went through
//! since the last pause, so that a run settles just under the limit instead of running into it again
//! and again.

use std::time::Duration;

/// After a throttled request the derived rate is taken a little lower, because vendors count
/// approximately.
const CAUTION: f64 = 0.95;
/// The slowest rate that is derived, in requests per second.
const SLOWEST: f64 = 1.0 / 60.0;
/// How long nothing must be throttled before the derived rate is raised.
const CALM: Duration = Duration::from_secs(30);
/// By how much it is raised then.
const RAISE: f64 = 1.05;

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
    derived: Option<Rate>,
    next_at: Duration,
    paused_until: Duration,
    passed_since_pause: u32,
    pause_ended: Duration,
    last_throttled: Option<Duration>,
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
        if self.passed_since_pause > 0 && span > 0.0 {
            let observed = f64::from(self.passed_since_pause) / span * CAUTION;
            let lower = self.derived.map_or(observed, |rate| observed.min(rate.0));
            self.derived = Rate::per_second(lower.max(SLOWEST));
        } else if let Some(rate) = self.derived {
            self.derived = Rate::per_second((rate.0 / 2.0).max(SLOWEST));
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
        match (self.ceiling, self.derived) {
            (Some(ceiling), Some(derived)) => Some(if derived.0 < ceiling.0 { derived } else { ceiling }),
            (ceiling, derived) => ceiling.or(derived),
        }
    }

    fn calm_down(&mut self, now: Duration) {
        if let (Some(rate), Some(throttled)) = (self.derived, self.last_throttled)
            && now.saturating_sub(throttled) >= CALM
        {
            self.derived = Rate::per_second(rate.0 * RAISE);
            self.last_throttled = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    #[test]
    fn a_rate_is_a_positive_number() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Rate::per_second(wrong), None);
        }
    }

    #[test]
    fn a_set_rate_spaces_requests_evenly() {
        let mut limiter = Limiter::new(Rate::per_second(4.0));
        assert_eq!(limiter.acquire(seconds(0.0)), Duration::ZERO);
        assert_eq!(limiter.acquire(seconds(0.0)), seconds(0.25));
        assert_eq!(limiter.acquire(seconds(0.1)), seconds(0.15));
        assert_eq!(limiter.acquire(seconds(0.25)), Duration::ZERO);
    }

    #[test]
    fn nothing_goes_while_the_vendor_asks_to_wait() {
        let mut limiter = Limiter::new(None);
        assert_eq!(limiter.acquire(seconds(1.0)), Duration::ZERO);
        limiter.throttled(seconds(1.0), seconds(60.0));
        assert_eq!(limiter.acquire(seconds(1.0)), seconds(60.0));
        assert_eq!(limiter.acquire(seconds(61.0)), Duration::ZERO);
    }

    #[test]
    fn the_longest_of_several_waits_counts() {
        let mut limiter = Limiter::new(None);
        limiter.throttled(seconds(1.0), seconds(60.0));
        limiter.throttled(seconds(2.0), seconds(1.0));
        assert_eq!(limiter.acquire(seconds(3.0)), seconds(58.0));
    }

    /// A vendor that lets `rate` requests a second through, with a bucket of as many.
    struct Vendor {
        rate: f64,
        tokens: f64,
        at: Duration,
    }

    impl Vendor {
        fn lets_through(&mut self, now: Duration) -> bool {
            self.tokens = (self.tokens + (now - self.at).as_secs_f64() * self.rate).min(self.rate);
            self.at = now;
            if self.tokens < 1.0 {
                return false;
            }
            self.tokens -= 1.0;
            true
        }
    }

    #[test]
    fn a_run_settles_just_under_the_vendor_limit() {
        for rate in [2.0, 10.0, 50.0] {
            let mut vendor = Vendor { rate, tokens: rate, at: Duration::ZERO };
            let mut limiter = Limiter::new(None);
            let (mut now, mut sent, mut refused) = (Duration::ZERO, 0_u32, 0_u32);
            let wanted = 1000;
            while sent < wanted {
                let wait = limiter.acquire(now);
                if !wait.is_zero() {
                    now += wait;
                    continue;
                }
                if vendor.lets_through(now) {
                    limiter.passed();
                    sent += 1;
                } else {
                    limiter.throttled(now, seconds(1.0));
                    refused += 1;
                }
                now += seconds(0.001);
            }
            let ideal = f64::from(wanted) / rate;
            assert!(now.as_secs_f64() < ideal * 1.15 + 3.0, "{rate}/s: {now:?} for an ideal of {ideal} s");
            assert!(refused * 10 < sent, "{rate}/s: {refused} of {sent} refused");
        }
    }
}
