//! The circuit breaker: consecutive delivery failures mean that the receiver is down.
//!
//! Once open it stays open for the run; the canary of the next run is what tries again.

/// Counts consecutive delivery failures of one webhook.
#[derive(Clone, Debug)]
pub struct Breaker {
    limit: u32,
    failures: u32,
}

impl Breaker {
    /// A breaker that opens after `limit` failures in a row; at least one.
    pub fn new(limit: u32) -> Self {
        Self { limit: limit.max(1), failures: 0 }
    }

    /// A delivery was accepted.
    pub fn succeeded(&mut self) {
        if !self.is_open() {
            self.failures = 0;
        }
    }

    /// A delivery was refused, or its fate is unknown.
    pub fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
    }

    /// Whether nothing more should be sent to this receiver.
    pub fn is_open(&self) -> bool {
        self.failures >= self.limit
    }

    /// Failures in a row so far.
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_after_the_limit_and_not_before() {
        let mut breaker = Breaker::new(3);
        breaker.failed();
        breaker.failed();
        assert!(!breaker.is_open());
        breaker.failed();
        assert!(breaker.is_open());
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let mut breaker = Breaker::new(2);
        breaker.failed();
        breaker.succeeded();
        breaker.failed();
        assert!(!breaker.is_open());
    }

    #[test]
    fn stays_open_when_a_late_success_comes_in() {
        let mut breaker = Breaker::new(1);
        breaker.failed();
        breaker.succeeded();
        assert!(breaker.is_open());
    }

    #[test]
    fn failures_in_a_row_are_counted() {
        let mut breaker = Breaker::new(0);
        assert_eq!((breaker.failures(), breaker.is_open()), (0, false));
        breaker.failed();
        breaker.failed();
        assert_eq!((breaker.failures(), breaker.is_open()), (2, true));
    }
}
