//! Telling a complete listing from one that the vendor cut short without saying so.
//!
//! A vendor that silently caps its listings answers with the same number of records again and again,
//! most likely a round one. One larger answer disproves the cap; halving a slice proves it, when the
//! halves hold more than the whole did.

use chrono::{DateTime, Utc};

use crate::event::Window;

/// How many records a listing of one slice held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedSlice {
    /// The slice, not widened.
    pub slice: Window,
    /// Records in the answer, repeated ones included.
    pub records: u64,
}

/// What is known of the number of records that one answer can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capacity {
    largest_answer: u64,
    cap: Option<u64>,
}

/// The whole second that parts events into two halves of about the same number; `None` when they all
/// fall into one second.
pub fn parting(mut times: Vec<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    if times.len() < 2 {
        return None;
    }
    let seconds = |time: &DateTime<Utc>| time.timestamp();
    let place = times.len() / 2;
    let middle = seconds(times.select_nth_unstable(place).1);
    // A second belongs to one part, so the cut goes beside it, on the side that leaves events on both.
    let cut = if times.iter().any(|time| seconds(time) < middle) {
        middle
    } else {
        times.iter().map(seconds).filter(|second| *second > middle).min()?
    };
    DateTime::from_timestamp(cut, 0)
}

/// How much evidence is asked of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrutiny {
    /// While events are still being worked on: only what looks like a cap.
    Suspicious,
    /// Before "clean" is said: whatever could be a cap.
    Everything,
}

/// Below this, equal counts on several slices are chance.
const SMALLEST_SUSPECT: u64 = 5;
/// No vendor caps its listings lower than this.
const SMALLEST_CAP: u64 = 2;

impl Capacity {
    /// An answer held this many records.
    pub fn saw(&mut self, records: u64) {
        self.largest_answer = self.largest_answer.max(records);
    }

    /// Halves of a slice held more than the slice itself, whose answer held `records`.
    pub fn cut_short_at(&mut self, records: u64) {
        self.cap = Some(self.cap.map_or(records, |cap| cap.min(records)));
    }

    /// The most records that any answer held.
    pub fn largest_answer(&self) -> u64 {
        self.largest_answer
    }

    /// The proven cap, in records.
    pub fn cap(&self) -> Option<u64> {
        self.cap
    }

    /// The slices whose listing may have been cut short.
    pub fn doubtful(&self, listed: &[ListedSlice], scrutiny: Scrutiny) -> Vec<ListedSlice> {
        let repeated = listed.iter().filter(|slice| slice.records == self.largest_answer).count() > 1;
        let looks_capped = |records: u64| match scrutiny {
            Scrutiny::Suspicious => records >= SMALLEST_SUSPECT && (repeated || is_round(records)),
            Scrutiny::Everything => records >= SMALLEST_CAP,
        };
        listed
            .iter()
            .filter(|slice| match self.cap {
                Some(cap) => slice.records >= cap,
                None => slice.records == self.largest_answer && looks_capped(slice.records),
            })
            .copied()
            .collect()
    }
}

/// Whether a person would choose this number as a limit.
pub fn is_round(number: u64) -> bool {
    number >= 10 && (number.is_multiple_of(10) || number.is_multiple_of(25) || number.is_power_of_two())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    fn listed(counts: &[u64]) -> Vec<ListedSlice> {
        let start = DateTime::<Utc>::UNIX_EPOCH;
        let window = Window::new(start, start + TimeDelta::days(counts.len() as i64)).expect("not empty");
        let slices = window.slices(TimeDelta::days(1));
        slices.into_iter().zip(counts).map(|(slice, &records)| ListedSlice { slice, records }).collect()
    }

    fn doubtful(counts: &[u64], scrutiny: Scrutiny) -> usize {
        let listed = listed(counts);
        let mut capacity = Capacity::default();
        listed.iter().for_each(|slice| capacity.saw(slice.records));
        capacity.doubtful(&listed, scrutiny).len()
    }

    #[test]
    fn a_round_or_repeated_largest_count_is_suspicious() {
        assert_eq!(doubtful(&[3, 100, 41], Scrutiny::Suspicious), 1);
        assert_eq!(doubtful(&[37, 12, 37], Scrutiny::Suspicious), 2);
        assert_eq!(doubtful(&[3, 97, 41], Scrutiny::Suspicious), 0);
    }

    #[test]
    fn small_repeated_counts_are_chance_until_clean_depends_on_them() {
        assert_eq!(doubtful(&[2, 2, 2], Scrutiny::Suspicious), 0);
        assert_eq!(doubtful(&[2, 2, 2], Scrutiny::Everything), 3);
        assert_eq!(doubtful(&[1, 1, 1], Scrutiny::Everything), 0);
        assert_eq!(doubtful(&[0, 0, 0], Scrutiny::Everything), 0);
    }

    #[test]
    fn one_larger_answer_disproves_the_cap() {
        let listed = listed(&[100, 100]);
        let mut capacity = Capacity::default();
        capacity.saw(100);
        capacity.saw(101);
        assert!(capacity.doubtful(&listed, Scrutiny::Everything).is_empty());
    }

    #[test]
    fn events_are_parted_beside_a_second_so_that_both_sides_hold_some() {
        let times = |seconds: &[i64]| {
            seconds.iter().filter_map(|second| DateTime::from_timestamp(*second, 500)).collect::<Vec<_>>()
        };
        let cut = |seconds: &[i64]| parting(times(seconds)).map(|cut| cut.timestamp());
        assert_eq!(cut(&[1, 2, 3, 4]), Some(3));
        assert_eq!(cut(&[9, 1, 1, 1]), Some(9));
        assert_eq!(cut(&[1, 9, 9, 9]), Some(9));
        assert_eq!(cut(&[4, 4, 4]), None);
        assert_eq!(cut(&[4]), None);
        assert_eq!(cut(&[]), None);
    }

    #[test]
    fn a_proven_cap_makes_every_slice_that_reaches_it_doubtful() {
        let listed = listed(&[99, 100, 120]);
        let mut capacity = Capacity::default();
        capacity.saw(120);
        capacity.cut_short_at(100);
        assert_eq!(capacity.doubtful(&listed, Scrutiny::Suspicious).len(), 2);
    }

    #[test]
    fn the_largest_answer_and_the_lowest_proven_cap_are_kept() {
        let mut capacity = Capacity::default();
        assert_eq!((capacity.largest_answer(), capacity.cap()), (0, None));
        capacity.saw(7);
        capacity.saw(3);
        assert_eq!(capacity.largest_answer(), 7);
        capacity.cut_short_at(100);
        capacity.cut_short_at(50);
        capacity.cut_short_at(70);
        assert_eq!(capacity.cap(), Some(50));
    }

    #[test]
    fn equal_counts_are_suspicious_from_five_records_on() {
        assert_eq!(doubtful(&[4, 4, 1], Scrutiny::Suspicious), 0);
        assert_eq!(doubtful(&[5, 5, 1], Scrutiny::Suspicious), 2);
        assert_eq!(doubtful(&[5, 1, 1], Scrutiny::Suspicious), 0, "it stands alone and is not round");
    }

    #[test]
    fn the_numbers_a_person_would_choose_are_round() {
        for round in [10, 16, 20, 25, 32, 50, 64, 75, 100, 1_000, 1_024] {
            assert!(is_round(round), "{round}");
        }
        for other in [0, 1, 2, 4, 5, 8, 9, 11, 15, 17, 33, 99, 101, 999] {
            assert!(!is_round(other), "{other}");
        }
    }

    #[test]
    fn two_events_are_parted_at_the_later_one() {
        let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
        assert_eq!(parting(vec![at(8), at(5)]), Some(at(8)));
        assert_eq!(parting(vec![at(5), at(5)]), None);
    }
}
