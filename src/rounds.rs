//! The bounded loop as a state machine: whether another round follows, and after which wait.

use std::time::Duration;

use crate::pace::retry::back_off;

/// Counts rounds and those of them that brought nothing.
#[derive(Clone, Debug)]
pub struct Rounds {
    max_fruitless: u32,
    fruitless: u32,
    round: u32,
}

/// What follows a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another round, after this wait.
    Again(Duration),
    /// Nothing is outstanding.
    Done,
    /// Too many rounds in a row brought nothing.
    NoProgress,
}

impl Rounds {
    /// A loop that ends after `max_fruitless` rounds in a row without progress; at least one.
    pub fn new(max_fruitless: u32) -> Self {
        Self { max_fruitless: max_fruitless.max(1), fruitless: 0, round: 0 }
    }

    /// A round begins; returns its number, from 1.
    pub fn begin(&mut self) -> u32 {
        self.round = self.round.saturating_add(1);
        self.round
    }

    /// Rounds begun so far.
    pub fn count(&self) -> u32 {
        self.round
    }

    /// A round ended: `recovered` events arrived in it and `outstanding` may be resent again.
    pub fn end(&mut self, recovered: u64, outstanding: u64, jitter: f64) -> Next {
        if outstanding == 0 {
            return Next::Done;
        }
        if recovered > 0 {
            self.fruitless = 0;
            return Next::Again(Duration::ZERO);
        }
        self.fruitless += 1;
        if self.fruitless >= self.max_fruitless {
            return Next::NoProgress;
        }
        Next::Again(back_off(self.fruitless, jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_when_nothing_is_outstanding() {
        assert_eq!(Rounds::new(3).end(5, 0, 0.0), Next::Done);
        assert_eq!(Rounds::new(3).end(0, 0, 0.0), Next::Done);
    }

    #[test]
    fn progress_starts_the_count_again() {
        let mut rounds = Rounds::new(2);
        assert!(matches!(rounds.end(0, 4, 0.0), Next::Again(_)));
        assert_eq!(rounds.end(1, 3, 0.0), Next::Again(Duration::ZERO));
        assert!(matches!(rounds.end(0, 3, 0.0), Next::Again(_)));
        assert_eq!(rounds.end(0, 3, 0.0), Next::NoProgress);
    }

    #[test]
    fn a_fruitless_round_is_followed_by_a_longer_wait() {
        let mut rounds = Rounds::new(9);
        let first = rounds.end(0, 1, 1.0);
        let second = rounds.end(0, 1, 1.0);
        assert_eq!(first, Next::Again(Duration::from_secs(1)));
        assert_eq!(second, Next::Again(Duration::from_secs(2)));
    }

    #[test]
    fn rounds_are_numbered_from_one() {
        let mut rounds = Rounds::new(3);
        assert_eq!(rounds.count(), 0);
        assert_eq!((rounds.begin(), rounds.count()), (1, 1));
        assert_eq!((rounds.begin(), rounds.count()), (2, 2));
    }

    #[test]
    fn a_loop_without_patience_ends_after_its_first_fruitless_round() {
        assert_eq!(Rounds::new(0).end(0, 1, 0.0), Next::NoProgress);
        assert_eq!(Rounds::new(1).end(0, 1, 0.0), Next::NoProgress);
        assert_eq!(Rounds::new(0).end(1, 1, 0.0), Next::Again(Duration::ZERO));
    }
}
