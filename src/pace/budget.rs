//! The failure budget: how many failed deliveries a webhook may see in any stretch of time.
//!
//! Some vendors switch a webhook off after a few failures within an hour. A resend that is under way
//! may turn out to be one, so it holds a place in the budget until it is answered, and one in doubt
//! counts as a failure until it is settled otherwise.

use chrono::{DateTime, TimeDelta, Utc};

/// So many failures in any stretch of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureBudget {
    /// How many; at least one.
    pub failures: u32,
    /// How long a failure counts.
    pub period: TimeDelta,
}

impl FailureBudget {
    /// Whether a failure as of `at` still counts. One from the future was recorded before the clock was
    /// set back: it counts.
    pub fn counts(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        now.signed_duration_since(at) < self.period
    }
}

/// Whether a resend may be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may; its place is taken until it is answered.
    Granted,
    /// Resends under way hold what is left; one of them may give its place back.
    AfterAnswers,
    /// The budget is spent until then.
    At(DateTime<Utc>),
}

/// What is spent of the budget of one webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    allowed: FailureBudget,
    failures: Vec<DateTime<Utc>>,
    under_way: u32,
}

impl Budget {
    /// A budget of which these failures were spent before.
    pub fn new(allowed: FailureBudget, failures: Vec<DateTime<Utc>>) -> Self {
        Self { allowed, failures, under_way: 0 }
    }

    /// What is allowed.
    pub fn allowed(&self) -> FailureBudget {
        self.allowed
    }

    /// Takes a place for a resend, if there is one.
    pub fn take(&mut self, now: DateTime<Utc>) -> Place {
        match self.spent_until(now, self.under_way) {
            None => {
                self.under_way += 1;
                Place::Granted
            }
            Some(_) if self.under_way > 0 => Place::AfterAnswers,
            Some(free_at) => Place::At(free_at),
        }
    }

    /// The resend was no failed delivery.
    pub fn give_back(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// The resend failed, or is in doubt, as of `at`.
    pub fn spend(&mut self, at: DateTime<Utc>) {
        self.give_back();
        self.failures.push(at);
    }

    /// What counted as a failure as of `at` turned out to be none.
    pub fn forgive(&mut self, at: DateTime<Utc>) {
        if let Some(place) = self.failures.iter().position(|failure| *failure == at) {
            self.failures.swap_remove(place);
        }
    }

    /// When the next resend may be sent, if the budget is spent now.
    pub fn spent_now(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.spent_until(now, 0)
    }

    fn spent_until(&self, now: DateTime<Utc>, under_way: u32) -> Option<DateTime<Utc>> {
        // A failure from the future counts from now.
        let mut counting: Vec<DateTime<Utc>> =
            (self.failures.iter()).map(|at| (*at).min(now)).filter(|at| self.allowed.counts(*at, now)).collect();
        let allowed = self.allowed.failures as usize;
        let spent = counting.len() + under_way as usize;
        let over = (spent + 1).checked_sub(allowed).filter(|over| *over > 0)?;
        counting.sort_unstable();
        // So many must no longer count; where that are more than there are, answers come first.
        let last = counting.get(over - 1).or(counting.last()).copied().unwrap_or(now);
        Some(last + self.allowed.period)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn budget(failures: u32, spent: &[i64]) -> Budget {
        let allowed = FailureBudget { failures, period: TimeDelta::minutes(60) };
        Budget::new(allowed, spent.iter().map(|minute| at(*minute)).collect())
    }

    #[test]
    fn resends_under_way_hold_their_places() {
        let mut budget = budget(2, &[]);
        assert_eq!(budget.take(at(0)), Place::Granted);
        assert_eq!(budget.take(at(0)), Place::Granted);
        assert_eq!(budget.take(at(0)), Place::AfterAnswers);
        budget.give_back();
        assert_eq!(budget.take(at(0)), Place::Granted);
    }

    #[test]
    fn a_spent_budget_says_when_the_next_may_go() {
        let mut budget = budget(2, &[]);
        budget.take(at(1));
        budget.spend(at(1));
        budget.take(at(5));
        budget.spend(at(5));
        assert_eq!(budget.take(at(10)), Place::At(at(61)));
        assert_eq!(budget.take(at(60)), Place::At(at(61)));
        assert_eq!(budget.take(at(61)), Place::Granted);
    }

    #[test]
    fn what_earlier_runs_spent_counts() {
        assert_eq!(budget(2, &[0, 30]).take(at(40)), Place::At(at(60)));
        assert_eq!(budget(2, &[0, 30, 35]).take(at(40)), Place::At(at(90)));
        assert_eq!(budget(2, &[0, 30]).take(at(60)), Place::Granted);
        assert_eq!(budget(1, &[]).spent_now(at(0)), None);
    }

    #[test]
    fn what_turned_out_to_be_no_failure_is_given_back() {
        let mut budget = budget(1, &[5]);
        assert_eq!(budget.spent_now(at(6)), Some(at(65)));
        budget.forgive(at(5));
        assert_eq!(budget.spent_now(at(6)), None);
    }

    #[test]
    fn a_failure_under_way_and_one_that_counts_share_the_budget() {
        let mut budget = budget(2, &[0]);
        assert_eq!(budget.take(at(1)), Place::Granted);
        assert_eq!(budget.take(at(1)), Place::AfterAnswers);
        budget.spend(at(2));
        assert_eq!(budget.take(at(3)), Place::At(at(60)));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_block_for_longer_than_the_period() {
        assert_eq!(budget(1, &[500]).spent_now(at(10)), Some(at(70)));
    }

    /// Whatever is taken and spent, no stretch of the period ever holds more failures than allowed.
    #[test]
    fn no_stretch_holds_more_than_the_budget() {
        let mut random = fastrand::Rng::with_seed(5);
        for _ in 0..300 {
            let allowed = random.u32(1..4);
            let mut budget = budget(allowed, &[]);
            let (mut now, mut under_way, mut failures) = (0, 0, Vec::new());
            for _ in 0..200 {
                now += random.i64(0..15);
                if random.bool() {
                    under_way += u32::from(budget.take(at(now)) == Place::Granted);
                } else if under_way > 0 {
                    under_way -= 1;
                    if random.bool() {
                        budget.spend(at(now));
                        failures.push(now);
                    } else {
                        budget.give_back();
                    }
                }
            }
            for first in &failures {
                let within = failures.iter().filter(|other| (*first..first + 60).contains(*other)).count();
                assert!(within <= allowed as usize, "{failures:?}");
            }
        }
    }

    #[test]
    fn a_place_that_was_not_taken_can_not_be_given_back() {
        let mut budget = budget(1, &[]);
        budget.give_back();
        assert_eq!(budget.allowed(), FailureBudget { failures: 1, period: TimeDelta::minutes(60) });
        assert_eq!(budget.take(at(0)), Place::Granted);
        assert_eq!(budget.take(at(0)), Place::AfterAnswers);
    }

    #[test]
    fn only_the_failure_that_was_none_is_forgiven() {
        let mut budget = budget(2, &[5, 7]);
        budget.forgive(at(6));
        assert_eq!(budget.spent_now(at(8)), Some(at(65)));
        budget.forgive(at(5));
        assert_eq!(budget.take(at(8)), Place::Granted);
        budget.spend(at(8));
        assert_eq!(budget.spent_now(at(9)), Some(at(67)));
    }

    #[test]
    fn a_budget_of_nothing_is_always_spent() {
        assert_eq!(budget(0, &[]).take(at(3)), Place::At(at(63)));
    }
}
