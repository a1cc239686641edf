//! The circuit breaker: consecutive delivery failures mean that the receiver is down.
//!
//! Several deliveries are under way at once and their answers come in any order, so they follow one
//! another in the order in which they were sent. Once open the breaker stays open for the run; the
//! canary of the next run is what tries again.

use std::collections::BTreeSet;

/// Counts consecutive delivery failures of one webhook.
#[derive(Clone, Debug)]
pub struct Breaker {
    limit: usize,
    /// The failures that no accepted delivery followed, by their places in the order of sending.
    failed: BTreeSet<i64>,
}

impl Breaker {
    /// A breaker that opens after `limit` failures in a row; at least one.
    pub fn new(limit: u32) -> Self {
        Self { limit: usize::try_from(limit.max(1)).unwrap_or(usize::MAX), failed: BTreeSet::new() }
    }

    /// The delivery with this place was accepted, which says nothing of those that were sent after it.
    pub fn succeeded(&mut self, place: i64) {
        if !self.is_open() {
            self.failed = self.failed.split_off(&place);
        }
    }

    /// The delivery with this place was refused, or its fate is unknown. It counts although a later one was
    /// accepted before this answer came: the answer may be the newer one, and the receiver is spared.
    pub fn failed(&mut self, place: i64) {
        self.failed.insert(place);
    }

    /// Whether nothing more should be sent to this receiver.
    pub fn is_open(&self) -> bool {
        self.failed.len() >= self.limit
    }

    /// Failures in a row so far.
    pub fn failures(&self) -> u32 {
        u32::try_from(self.failed.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A breaker with this limit that was told of deliveries with these places, and whether each was accepted.
    fn told(limit: u32, answers: &[(i64, bool)]) -> Breaker {
        let mut breaker = Breaker::new(limit);
        for (place, was_accepted) in answers {
            match was_accepted {
                true => breaker.succeeded(*place),
                false => breaker.failed(*place),
            }
        }
        breaker
    }

    #[test]
    fn opens_after_the_limit_and_not_before() {
        assert!(!told(3, &[(1, false), (2, false)]).is_open());
        assert!(told(3, &[(1, false), (2, false), (3, false)]).is_open());
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let breaker = told(2, &[(1, false), (2, true), (3, false)]);
        assert_eq!((breaker.failures(), breaker.is_open()), (1, false));
    }

    #[test]
    fn a_success_of_what_was_sent_before_leaves_the_count_of_what_was_sent_after() {
        let breaker = told(3, &[(4, false), (3, false), (1, false), (2, true)]);
        assert_eq!(breaker.failures(), 3, "open, so it stays as it is");
        let breaker = told(5, &[(4, false), (3, false), (1, false), (2, true)]);
        assert_eq!(breaker.failures(), 2, "those at 3 and 4 were sent after what was accepted");
    }

    #[test]
    fn a_failure_that_is_answered_late_counts_until_the_next_success() {
        assert_eq!(told(5, &[(2, true), (1, false)]).failures(), 1);
        assert_eq!(told(5, &[(2, true), (1, false), (3, true)]).failures(), 0);
    }

    #[test]
    fn stays_open_when_a_late_success_comes_in() {
        assert!(told(1, &[(1, false), (2, true)]).is_open());
    }

    #[test]
    fn failures_in_a_row_are_counted() {
        let breaker = told(0, &[]);
        assert_eq!((breaker.failures(), breaker.is_open()), (0, false));
        let breaker = told(0, &[(1, false), (2, false)]);
        assert_eq!((breaker.failures(), breaker.is_open()), (2, true));
    }
}
