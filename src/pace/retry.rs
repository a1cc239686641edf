//! How long to wait before a request is sent again, and when to give up.

use std::time::Duration;

/// The longest wait that back-off reaches.
const LONGEST: Duration = Duration::from_secs(30);
/// The first wait.
const FIRST: Duration = Duration::from_millis(500);

/// Exponential back-off with jitter, bounded in tries.
#[derive(Clone, Debug)]
pub struct Retry {
    tries: u32,
    max_tries: u32,
}

impl Retry {
    /// A policy that allows `max_tries` requests in all.
    pub fn new(max_tries: u32) -> Self {
        Self { tries: 0, max_tries }
    }

    /// A request failed: how long to wait before the next, or `None` to give up.
    ///
    /// `jitter` is a random number in `0.0..1.0`; the wait is spread over the upper half of the
    /// exponential step, so that clients that failed together do not come back together.
    pub fn failed(&mut self, jitter: f64) -> Option<Duration> {
        self.tries += 1;
        if self.tries >= self.max_tries {
            return None;
        }
        Some(back_off(self.tries - 1, jitter))
    }
}

/// The wait after `failures` earlier failures: doubling from half a second up to half a minute.
pub fn back_off(failures: u32, jitter: f64) -> Duration {
    let step = FIRST.saturating_mul(2u32.saturating_pow(failures.min(10))).min(LONGEST);
    step.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_up_after_the_last_try() {
        let mut retry = Retry::new(3);
        assert!(retry.failed(0.0).is_some());
        assert!(retry.failed(0.0).is_some());
        assert_eq!(retry.failed(0.0), None);
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let waits: Vec<_> = (0..9).map(|failures| back_off(failures, 1.0)).collect();
        assert_eq!(waits[0], Duration::from_millis(500));
        assert_eq!(waits[1], Duration::from_secs(1));
        assert_eq!(waits[5], Duration::from_secs(16));
        assert!(waits[6..].iter().all(|wait| *wait == LONGEST));
    }

    #[test]
    fn jitter_never_halves_more_than_once() {
        assert_eq!(back_off(1, 0.0), Duration::from_millis(500));
        assert_eq!(back_off(u32::MAX, 0.0), Duration::from_secs(15));
    }

    #[test]
    fn the_first_wait_is_the_shortest() {
        let mut retry = Retry::new(4);
        let waits: Vec<_> = std::iter::repeat_with(|| retry.failed(1.0)).take(4).collect();
        let half_seconds = |count: u64| Some(Duration::from_millis(500 * count));
        assert_eq!(waits, [half_seconds(1), half_seconds(2), half_seconds(4), None]);
    }
}
