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
    /// The latest time.
    pub(super) latest: Option<DateTime<Utc>>,
    times: u32,
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
        }
    }
}
