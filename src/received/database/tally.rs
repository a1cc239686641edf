//! Holds the rows of a database against the wanted ids, by the same rules as the lines of a file.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::spelling::Cell;
use super::{Rules, Trouble};
use crate::receipt::{Coverage, LogStats, Lookup, Sighting, WantedIds};
use crate::received::judge::{raise, status_code};
use crate::received::time::parse_time;

/// What the status of a row is, where one is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum RowStatus<'r> {
    /// None is asked for: every row counts as received.
    NotAsked,
    /// The value of the status column.
    Is(&'r Cell),
}

impl RowStatus<'_> {
    /// What a row with this status says of its id.
    pub(super) fn sighting(self, rules: &Rules) -> Sighting {
        match self {
            Self::NotAsked => Sighting::Received,
            Self::Is(cell) => match cell.text().as_deref().and_then(status_code) {
                Some(code) if rules.ok.contains(code) => Sighting::Received,
                Some(_) => Sighting::Unseen,
                None => Sighting::Possible,
            },
        }
    }
}

/// The sightings of one look-up.
pub(super) struct Tally<'w> {
    wanted: &'w WantedIds,
    rules: &'w Rules,
    sightings: Vec<Sighting>,
    stats: LogStats,
    earliest: Option<DateTime<Utc>>,
    otherwise: Option<String>,
}

impl<'w> Tally<'w> {
    /// Nothing was seen yet.
    pub(super) fn new(wanted: &'w WantedIds, rules: &'w Rules) -> Self {
        let sightings = vec![Sighting::Unseen; wanted.len()];
        Self { wanted, rules, sightings, stats: LogStats::default(), earliest: None, otherwise: None }
    }

    /// Takes in a row of a table. A value that was not asked for says nothing: databases call texts
    /// equal that are not the same byte for byte.
    pub(super) fn take_row(&mut self, id: &Cell, status: RowStatus<'_>) {
        let Some(text) = id.text() else { return };
        self.stats.lines += 1;
        self.stats.bytes += text.len() as u64;
        let sighting = status.sighting(self.rules);
        self.stats.ids += u64::from(sighting == Sighting::Received);
        if let Some(number) = self.number_of(id, &text) {
            raise(&mut self.sightings, number, sighting);
        }
    }

    /// Takes in a row of somebody's own query, which may only answer what it was asked.
    ///
    /// # Errors
    /// When the row holds an id that was not asked for.
    pub(super) fn take_answer(&mut self, id: &Cell, time: Option<&Cell>) -> Result<(), Trouble> {
        if let Some(text) = time.and_then(Cell::text) {
            self.note_time(&text);
        }
        let Some(text) = id.text() else { return Ok(()) };
        self.stats.lines += 1;
        self.stats.ids += 1;
        self.stats.bytes += text.len() as u64;
        let Some(number) = self.number_of(id, &text) else {
            let shown: String = String::from_utf8_lossy(&text).chars().take(60).collect();
            return Err(Trouble::Misled {
                message: format!("the query returned {shown:?}, which it was not asked for"),
                hint: "its first column must be the id, and only ids of its array parameter may come back".to_owned(),
            });
        };
        raise(&mut self.sightings, number, Sighting::Received);
        Ok(())
    }

    /// Takes in a time of the log.
    pub(super) fn note_time(&mut self, text: &[u8]) {
        if let Some(time) = parse_time(text, self.rules.zone) {
            self.earliest = Some(self.earliest.map_or(time, |earliest| earliest.min(time)));
        }
    }

    /// The table holds ids although none was asked for.
    pub(super) fn note_other_rows(&mut self) {
        self.stats.ids = self.stats.ids.max(1);
    }

    /// Whether nothing was found, so that it is worth asking whether the table holds anything.
    pub(super) fn is_empty(&self) -> bool {
        self.stats.ids == 0
    }

    /// Whether somebody has to say when the log begins.
    pub(super) fn wants_time(&self) -> bool {
        self.rules.since.is_none()
    }

    /// Rows have a time that was looked at; this is what is missing when none could be read.
    pub(super) fn expect_time(&mut self, otherwise: Option<String>) {
        self.otherwise = otherwise;
    }

    /// The answer, whole or as far as it goes; what was found stays found.
    ///
    /// # Errors
    /// When the answer can't be trusted at all.
    pub(super) fn conclude(self, asked: Result<(), Trouble>) -> Result<Lookup, Trouble> {
        match asked {
            Ok(()) => Ok(self.finish()),
            Err(Trouble::Refused { message, .. } | Trouble::Unreachable { message, .. }) => {
                Ok(broken_by(self.finish(), message))
            }
            Err(misled @ Trouble::Misled { .. }) => Err(misled),
        }
    }

    fn finish(self) -> Lookup {
        let since = self.rules.since.or(self.earliest);
        let broken = if since.is_none() { self.otherwise } else { None };
        Lookup {
            sightings: self.sightings,
            coverage: Coverage { since, broken, ..Coverage::default() },
            stats: self.stats,
        }
    }

    fn number_of(&self, id: &Cell, text: &[u8]) -> Option<u32> {
        id.keys(text).into_iter().find_map(|key| self.wanted.number_of(key))
    }
}

/// The answer with the reason why it is not whole.
pub(super) fn broken_by(mut answer: Lookup, reason: String) -> Lookup {
    answer.coverage.broken = Some(reason);
    answer
}

/// The earliest of some values that can be read as a time.
pub(super) fn earliest(cells: &[Cell], zone: Tz) -> Option<DateTime<Utc>> {
    cells.iter().filter_map(|cell| parse_time(&cell.text()?, zone)).min()
}
