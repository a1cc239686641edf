//! What of a webhook's past is proven clean, and where the next run takes it up.
//!
//! A precise checkpoint loses what falls into its gap: an event that is listed late, or a clock that
//! jumps. So what was proven only grows where windows touch, and the next window goes back a little.

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::Window;

/// By how much the next window goes back into what was proven. Vendors list events late, and a night
/// of daylight saving makes schedules shift by an hour or two.
pub const OVERLAP: TimeDelta = TimeDelta::hours(3);

/// A stretch of time in which nothing was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end, exclusive.
    pub until: DateTime<Utc>,
}

impl Proven {
    /// What a clean run proves: its window, up to where events were old enough to be judged.
    /// `None` when that leaves nothing.
    pub fn by_run(window: Window, judged_until: DateTime<Utc>) -> Option<Self> {
        let until = window.to().min(judged_until);
        (window.from() < until).then_some(Self { from: window.from(), until })
    }

    /// Both as one where they touch. A stretch that leaves a gap behind adds nothing, because whoever
    /// goes on from its end would skip the gap.
    ///
    /// `now` is when the later run ended. A stretch that ends after it was proven by a clock that has since
    /// been set back; it would pass for touching whatever comes, so it is given up for the later one.
    #[must_use]
    pub fn join(self, later: Self, now: DateTime<Utc>) -> Self {
        if self.until > now {
            return later;
        }
        let touches = later.from <= self.until && self.from <= later.until;
        if touches { Self { from: self.from.min(later.from), until: self.until.max(later.until) } } else { self }
    }
}

/// The window of a run that goes on where the last proven one ended: from the earliest end among its
/// webhooks, less the overlap. A webhook of which nothing is proven needs the whole of `otherwise`.
pub fn window_since(proven: &[Option<Proven>], otherwise: Window) -> Window {
    let resumed = proven.iter().map(|proven| match proven {
        Some(proven) => proven.until - OVERLAP,
        None => otherwise.from(),
    });
    let from = resumed.min().unwrap_or(otherwise.from());
    Window::new(from, otherwise.to()).unwrap_or(otherwise)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hour)
    }

    fn proven(from: i64, until: i64) -> Proven {
        Proven { from: at(from), until: at(until) }
    }

    fn window(from: i64, to: i64) -> Window {
        Window::new(at(from), at(to)).expect("not empty")
    }

    #[test]
    fn a_run_proves_its_window_up_to_what_was_too_young() {
        assert_eq!(Proven::by_run(window(0, 10), at(20)), Some(proven(0, 10)));
        assert_eq!(Proven::by_run(window(0, 10), at(8)), Some(proven(0, 8)));
        assert_eq!(Proven::by_run(window(0, 10), at(0)), None);
    }

    #[test]
    fn stretches_that_touch_become_one() {
        assert_eq!(proven(0, 10).join(proven(7, 20), at(30)), proven(0, 20));
        assert_eq!(proven(0, 10).join(proven(10, 20), at(30)), proven(0, 20));
        assert_eq!(proven(5, 10).join(proven(0, 20), at(30)), proven(0, 20));
        assert_eq!(proven(0, 10).join(proven(2, 5), at(30)), proven(0, 10));
    }

    #[test]
    fn a_gap_is_never_skipped() {
        assert_eq!(proven(0, 10).join(proven(11, 20), at(30)), proven(0, 10));
        assert_eq!(proven(11, 20).join(proven(0, 10), at(30)), proven(11, 20));
    }

    #[test]
    fn what_a_clock_proved_that_ran_ahead_hides_no_later_gap() {
        assert_eq!(proven(0, 500).join(proven(10, 29), at(30)), proven(10, 29));
        assert_eq!(proven(0, 500).join(proven(10, 29), at(30)).join(proven(50, 60), at(60)), proven(10, 29));
    }

    #[test]
    fn the_next_window_goes_back_into_what_was_proven() {
        let otherwise = window(100, 200);
        assert_eq!(window_since(&[Some(proven(0, 190))], otherwise), window(187, 200));
        assert_eq!(window_since(&[Some(proven(0, 190)), Some(proven(0, 50))], otherwise), window(47, 200));
    }

    #[test]
    fn a_webhook_without_proof_gets_the_whole_window() {
        let otherwise = window(100, 200);
        assert_eq!(window_since(&[None], otherwise), otherwise);
        assert_eq!(window_since(&[], otherwise), otherwise);
        assert_eq!(window_since(&[None, Some(proven(0, 190))], otherwise), otherwise);
        assert_eq!(window_since(&[None, Some(proven(0, 50))], otherwise), window(47, 200));
    }

    #[test]
    fn a_clock_that_jumped_back_does_not_make_an_empty_window() {
        assert_eq!(window_since(&[Some(proven(0, 500))], window(100, 200)), window(100, 200));
    }

    #[test]
    fn stretches_touch_whichever_of_them_comes_first_in_time() {
        assert_eq!(proven(10, 20).join(proven(0, 10), at(30)), proven(0, 20));
        assert_eq!(proven(10, 20).join(proven(0, 12), at(30)), proven(0, 20));
    }

    #[test]
    fn what_was_proven_up_to_this_very_moment_is_not_ahead_of_the_clock() {
        assert_eq!(proven(0, 30).join(proven(10, 29), at(30)), proven(0, 30));
    }
}
