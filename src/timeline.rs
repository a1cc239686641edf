//! The events of a run laid out along time, so that an outage is seen at a glance.
//!
//! It owns the length of a bucket, its alignment to UTC, and the one thing that is said of each event
//! in a stack of bars. It draws nothing and never decides how an event is judged.

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::Verdict;
use crate::event::Window;
use crate::run_report::{Counts, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

/// How many buckets a picture has at most, unless somebody has less room.
pub const USUAL_BUCKETS: usize = 170;

/// The lengths of a bucket up to a week, in minutes; above that they double.
const STEPS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080];

/// The first Monday of the calendar that instants are counted in, so that weeks begin on a Monday.
const FIRST_MONDAY: i64 = 4 * 86_400;

/// What is to be said of one event where only one thing can be: every event that is not settled has
/// exactly one, so that a stack of them is as high as there are events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It used up its attempts and waits for a person.
    Quarantined,
    /// It is missing, or was resent and is still not there.
    Left,
    /// The receiver acknowledged it and does not hold it.
    LostAfterAck,
    /// It was resent and nobody can say whether it arrived.
    InDoubt,
    /// The evidence does not decide.
    Unknown,
    /// It was resent and arrived.
    Recovered,
    /// It had arrived already; only its acknowledgement was lost.
    Unacknowledged,
    /// It is too recent to judge.
    TooYoung,
}

impl Fate {
    /// Every fate, the most urgent first.
    pub const ALL: [Self; 8] = [
        Self::Quarantined,
        Self::Left,
        Self::LostAfterAck,
        Self::InDoubt,
        Self::Unknown,
        Self::Recovered,
        Self::Unacknowledged,
        Self::TooYoung,
    ];

    /// The fate of an event; `None` when it is settled, or was left alone although it was delivered.
    pub fn of(tracked: &TrackedEvent) -> Option<Self> {
        match (tracked.result, tracked.verdict) {
            (Some(EventResult::Recovered), _) => Some(Self::Recovered),
            (Some(EventResult::Quarantined), _) => Some(Self::Quarantined),
            (Some(EventResult::InDoubt), _) => Some(Self::InDoubt),
            (_, Verdict::LostAfterAck) => Some(Self::LostAfterAck),
            (Some(EventResult::Left), _) | (_, Verdict::Missing) => Some(Self::Left),
            (Some(EventResult::Skipped) | None, Verdict::Unknown(_)) => Some(Self::Unknown),
            (Some(EventResult::Skipped) | None, Verdict::Unacknowledged) => Some(Self::Unacknowledged),
            (Some(EventResult::Skipped) | None, Verdict::TooYoung) => Some(Self::TooYoung),
            (Some(EventResult::Skipped) | None, Verdict::Settled) => None,
        }
    }

    /// Whether somebody should look at such an event.
    pub fn needs_attention(self) -> bool {
        match self {
            Self::Quarantined | Self::Left | Self::LostAfterAck | Self::InDoubt | Self::Unknown => true,
            Self::Recovered | Self::Unacknowledged | Self::TooYoung => false,
        }
    }

    /// The fate in a word or two, as in a legend.
    pub fn label(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Left => "left",
            Self::LostAfterAck => "lost after ack",
            Self::InDoubt => "in doubt",
            Self::Unknown => "unknown",
            Self::Recovered => "recovered",
            Self::Unacknowledged => "already received",
            Self::TooYoung => "too young",
        }
    }
}

/// How many events of which kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Their counts by status, verdict and result, as in the report; an event is in several of them.
    pub counts: Counts,
    fates: [u64; Fate::ALL.len()],
}

impl Tally {
    /// Counts one event.
    pub fn count(&mut self, tracked: &TrackedEvent) {
        self.counts.count(tracked);
        if let Some(fate) = Fate::of(tracked) {
            self.fates[fate as usize] += 1;
        }
    }

    /// Adds what another one counted.
    pub fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        for (mine, theirs) in self.fates.iter_mut().zip(other.fates) {
            *mine += theirs;
        }
    }

    /// How many events have this fate.
    pub fn of(&self, fate: Fate) -> u64 {
        self.fates[fate as usize]
    }

    /// How many events have any fate: the height of the stack.
    pub fn unsettled(&self) -> u64 {
        self.fates.iter().sum()
    }
}

/// One stretch of time with its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket<'a> {
    /// Its first instant.
    pub from: DateTime<Utc>,
    /// The first instant after it.
    pub to: DateTime<Utc>,
    /// Its events.
    pub tally: &'a Tally,
}

/// The events of a window in buckets of equal length, which are aligned to UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    first: DateTime<Utc>,
    step: TimeDelta,
    tallies: Vec<Tally>,
    /// Events without a readable creation time.
    pub undated: Tally,
    /// Events whose time lies outside of all buckets, as a time whose zone was assumed may.
    pub outside: Tally,
}

impl Timeline {
    /// The events of a report in at most [`USUAL_BUCKETS`] buckets.
    pub fn of(report: &RunReport) -> Self {
        Self::of_at_most(report, USUAL_BUCKETS)
    }

    /// The events of a report in at most so many buckets.
    pub fn of_at_most(report: &RunReport, most: usize) -> Self {
        let mut timeline = Self::empty(report.window, most);
        report.webhooks.iter().flat_map(|webhook| &webhook.events).for_each(|tracked| timeline.count(tracked));
        timeline
    }

    /// A window without events, cut into at most `most` buckets; never fewer than two are allowed,
    /// because an aligned bucket may end in the middle of the shortest window.
    pub fn empty(window: Window, most: usize) -> Self {
        let most = i64::try_from(most).unwrap_or(i64::MAX).max(2);
        let (from, to) = (window.from().timestamp(), ceiling_second(window.to()));
        let (first, step, buckets) = steps()
            .map(|step| {
                let first = aligned(from, step);
                (first, step, (to - first + step - 1) / step)
            })
            .find(|(_, _, buckets)| *buckets <= most)
            .unwrap_or((from, (to - from).max(1), 1));
        Self {
            // An aligned beginning may lie before the calendar's own.
            first: DateTime::from_timestamp(first, 0).unwrap_or(window.from()),
            step: TimeDelta::seconds(step),
            tallies: vec![Tally::default(); usize::try_from(buckets.max(1)).unwrap_or(1)],
            undated: Tally::default(),
            outside: Tally::default(),
        }
    }

    /// Counts one event where it belongs.
    pub fn count(&mut self, tracked: &TrackedEvent) {
        let tally = match tracked.event.created() {
            None => &mut self.undated,
            Some(at) => {
                let after = at.timestamp() - self.first.timestamp();
                let place = usize::try_from(after.div_euclid(self.step.num_seconds())).ok();
                place.and_then(|place| self.tallies.get_mut(place)).unwrap_or(&mut self.outside)
            }
        };
        tally.count(tracked);
    }

    /// How long each bucket is.
    pub fn step(&self) -> TimeDelta {
        self.step
    }

    /// The buckets, oldest first; never none.
    pub fn buckets(&self) -> impl ExactSizeIterator<Item = Bucket<'_>> {
        let instant = |place: usize| {
            let after = i64::try_from(place).unwrap_or(i64::MAX).saturating_mul(self.step.num_seconds());
            let length = TimeDelta::try_seconds(after).unwrap_or(TimeDelta::MAX);
            self.first.checked_add_signed(length).unwrap_or(DateTime::<Utc>::MAX_UTC)
        };
        let bucket = move |(place, tally)| Bucket { from: instant(place), to: instant(place + 1), tally };
        self.tallies.iter().enumerate().map(bucket)
    }

    /// Everything that was counted, in a bucket or apart.
    pub fn total(&self) -> Tally {
        let mut total = Tally::default();
        self.tallies.iter().chain([&self.undated, &self.outside]).for_each(|tally| total.add(tally));
        total
    }

    /// The height of the highest stack.
    pub fn highest(&self) -> u64 {
        self.tallies.iter().map(Tally::unsettled).max().unwrap_or(0)
    }
}

/// The lengths that a bucket may have, in seconds, shortest first.
fn steps() -> impl Iterator<Item = i64> {
    let week = STEPS[STEPS.len() - 1];
    let longer = (1..24).map(move |doublings| week << doublings);
    STEPS.into_iter().chain(longer).map(|minutes| minutes * 60)
}

/// The last beginning of a bucket of this length that is not after the second.
fn aligned(second: i64, step: i64) -> i64 {
    (second - FIRST_MONDAY).div_euclid(step) * step + FIRST_MONDAY
}

/// The first whole second that is not before the instant.
fn ceiling_second(at: DateTime<Utc>) -> i64 {
    at.timestamp() + i64::from(at.timestamp_subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
