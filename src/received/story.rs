//! What was seen of one file, in numbers: kept between look-ups and added up for an answer.

use chrono::{DateTime, Utc};

use crate::receipt::LogStats;

/// Among so many readable times at the start of a file its earliest one counts; later ones may come
/// from a clock that jumped.
const OPENING_LINES: u32 = 1_000;

/// What was seen of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Story {
    /// Lines, blank ones not counted.
    pub(super) lines: u64,
    /// Lines that held an id as received.
    pub(super) ids: u64,
    /// Lines that held an id and a status that does not count as received.
    pub(super) refused: u64,
    /// Lines that could not be understood.
    pub(super) unreadable: u64,
    /// Where the first of these stands.
    pub(super) first_unreadable: Option<String>,
    /// The earliest time among the first lines.
    pub(super) opening: Option<DateTime<Utc>>,
    /// The latest time; of a sample, the latest in it.
    pub(super) latest: Option<DateTime<Utc>>,
    times: u32,
    /// Whether some lines were ruled out rather than read, so that there may be more ids and more
    /// lines that can't be understood, and a later time.
    pub(super) is_sample: bool,
}

impl Story {
    /// Notes the time of a line.
    pub(super) fn note_time(&mut self, time: DateTime<Utc>) {
        if self.times < OPENING_LINES {
            self.times += 1;
            self.opening = Some(self.opening.map_or(time, |opening| opening.min(time)));
        }
        self.latest = self.latest.max(Some(time));
    }

    /// Counts lines that were ruled out without being read.
    pub(super) fn pass_over(&mut self, lines: u64) {
        self.lines += lines;
        self.is_sample |= lines > 0;
    }

    /// Whether the opening of the file is known, however it goes on.
    pub(super) fn is_opened(&self) -> bool {
        self.times >= OPENING_LINES
    }

    /// Adds what comes next in the same file.
    pub(super) fn go_on(&mut self, mut next: Self) {
        if self.is_opened() {
            next.opening = None;
        }
        self.add(&next);
    }

    /// Adds another story to this one.
    pub(super) fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.ids += other.ids;
        self.refused += other.refused;
        self.unreadable += other.unreadable;
        if self.first_unreadable.is_none() {
            self.first_unreadable.clone_from(&other.first_unreadable);
        }
        self.opening = [self.opening, other.opening].into_iter().flatten().min();
        self.latest = self.latest.max(other.latest);
        self.times = self.times.saturating_add(other.times);
        self.is_sample |= other.is_sample;
    }

    /// The numbers as an answer tells them.
    pub(super) fn stats(self, bytes: u64) -> LogStats {
        LogStats {
            lines: self.lines,
            ids: self.ids,
            unreadable: self.unreadable,
            first_unreadable: self.first_unreadable,
            first_time: self.opening,
            last_time: self.latest,
            bytes,
            is_sample: self.is_sample,
        }
    }
}
