//! Holds what a log says against the wanted ids: the one place where a sighting is decided.
//!
//! It never opens a file and knows no format.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::lines::Ending;
use super::options::{ReceivedOptions, StatusSet};
use super::record::{Agreement, Record};
use super::suspects::{Suspects, last_word};
use super::time::parse_time;
use crate::event::IdKey;
use crate::receipt::{LogStats, Sighting, WantedIds};

/// What the status field of a line says of its ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acceptance {
    Accepted,
    Refused,
    /// The field is missing, contradictory or no status code.
    Unclear,
}

/// What is asked of the status field.
#[derive(Clone, Debug)]
enum StatusRule {
    /// There is none: every line counts as received.
    NotAsked,
    /// The code must be one of these.
    OneOf(StatusSet),
}

/// Collects the sightings of one look-up.
pub(super) struct Judge<'w> {
    wanted: &'w WantedIds,
    rule: StatusRule,
    zone: Tz,
    sightings: Vec<Sighting>,
    stats: LogStats,
    earliest: Option<DateTime<Utc>>,
    suspects: Option<Suspects>,
}

/// What a look-up saw, of all sources together.
pub(super) struct Findings {
    /// One for each wanted id.
    pub(super) sightings: Vec<Sighting>,
    /// What was read.
    pub(super) stats: LogStats,
    /// The first readable time.
    pub(super) earliest: Option<DateTime<Utc>>,
}

impl<'w> Judge<'w> {
    /// A judge for these ids.
    pub(super) fn new(wanted: &'w WantedIds, options: &ReceivedOptions) -> Self {
        let rule = match options.status {
            None => StatusRule::NotAsked,
            Some(_) => StatusRule::OneOf(options.ok.clone()),
        };
        Self {
            wanted,
            rule,
            zone: options.zone,
            sightings: vec![Sighting::Unseen; wanted.ids().len()],
            stats: LogStats::default(),
            earliest: None,
            suspects: None,
        }
    }

    /// Takes in a record that was understood and stood in so many lines.
    pub(super) fn take_record(&mut self, record: &Record, lines: u64, ending: Ending, has_status: bool) {
        self.stats.lines += lines;
        let acceptance = if has_status { self.acceptance(record) } else { Acceptance::Accepted };
        let sighting = match (acceptance, record.agreement) {
            (Acceptance::Refused, _) => None,
            (Acceptance::Accepted, Agreement::Single) => Some(Sighting::Received),
            (Acceptance::Unclear, _) | (_, Agreement::Contradictory) => Some(Sighting::Possible),
        };
        if acceptance == Acceptance::Accepted && record.ids.len() > 0 {
            self.stats.ids += 1;
        }
        for id in record.ids.iter() {
            match (sighting, ending) {
                (Some(sighting), Ending::Newline) => self.sight(id, sighting),
                (Some(sighting), Ending::Torn) => self.sight_torn(id, sighting),
                // The rest of the code may be missing.
                (None, Ending::Torn) => self.sight_torn(id, Sighting::Possible),
                (None, Ending::Newline) => {}
            }
        }
        if let Some(time) = record.times.iter().filter_map(|text| parse_time(text, self.zone)).max() {
            self.earliest = Some(self.earliest.map_or(time, |earliest| earliest.min(time)));
        }
    }

    /// Takes in a line that was understood and says nothing of ids.
    pub(super) fn take_header(&mut self) {
        self.stats.lines += 1;
    }

    /// Takes in so many lines that could not be understood, of which the first is called `place`.
    pub(super) fn take_unreadable(&mut self, bytes: &[u8], lines: u64, ending: Ending, place: impl FnOnce() -> String) {
        self.stats.lines += lines;
        self.stats.unreadable += lines;
        self.stats.first_unreadable.get_or_insert_with(place);
        self.suspect(bytes);
        // A line that starts as an object and does not end as one was cut, perhaps within an id.
        let line = bytes.trim_ascii();
        if ending == Ending::Torn || (line.starts_with(b"{") && !line.ends_with(b"}")) {
            self.suspect_beginnings(last_word(line));
        }
    }

    /// Marks what may stand in these bytes, without counting them.
    pub(super) fn suspect(&mut self, bytes: &[u8]) {
        let (sightings, wanted) = (&mut self.sightings, self.wanted);
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.within(bytes, wanted, |number| raise(sightings, number, Sighting::Possible));
    }

    /// Counts bytes that were read.
    pub(super) fn count_bytes(&mut self, bytes: u64) {
        self.stats.bytes += bytes;
    }

    /// What was seen.
    pub(super) fn finish(self) -> Findings {
        Findings { sightings: self.sightings, stats: self.stats, earliest: self.earliest }
    }

    fn sight(&mut self, id: &[u8], sighting: Sighting) {
        let number = self.wanted.number_of(IdKey::of(id)).or_else(|| self.wanted.number_of(IdKey::of(id.trim_ascii())));
        if let Some(number) = number {
            raise(&mut self.sightings, number, sighting);
        }
    }

    /// An id at the torn end of a log counts unless it may be the beginning of another.
    fn sight_torn(&mut self, id: &[u8], sighting: Sighting) {
        let wanted = self.wanted;
        let itself = wanted.number_of(IdKey::of(id));
        let mut others = 0_usize;
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.beginning_with(id, wanted, |number| others += usize::from(Some(number) != itself));
        if others == 0 {
            self.sight(id, sighting);
        } else {
            self.suspect_beginnings(id);
        }
    }

    fn suspect_beginnings(&mut self, text: &[u8]) {
        let (sightings, wanted) = (&mut self.sightings, self.wanted);
        let suspects = self.suspects.get_or_insert_with(|| Suspects::new(wanted));
        suspects.beginning_with(text, wanted, |number| raise(sightings, number, Sighting::Possible));
    }

    fn acceptance(&self, record: &Record) -> Acceptance {
        let StatusRule::OneOf(ok) = &self.rule else { return Acceptance::Accepted };
        let mut all: Option<Acceptance> = None;
        for text in record.statuses.iter() {
            let one = match status_code(text) {
                Some(code) if ok.contains(code) => Acceptance::Accepted,
                Some(_) => Acceptance::Refused,
                None => Acceptance::Unclear,
            };
            all = Some(if all.is_none_or(|before| before == one) { one } else { Acceptance::Unclear });
        }
        all.unwrap_or(Acceptance::Unclear)
    }
}

pub(super) fn raise(sightings: &mut [Sighting], number: u32, sighting: Sighting) {
    let seen = &mut sightings[number as usize];
    *seen = match (*seen, sighting) {
        (Sighting::Received, _) | (_, Sighting::Received) => Sighting::Received,
        (Sighting::Possible, _) | (_, Sighting::Possible) => Sighting::Possible,
        (Sighting::Unseen, Sighting::Unseen) => Sighting::Unseen,
    };
}

/// The status code of a text; web servers list one for each upstream they tried, the last counts.
pub(super) fn status_code(text: &[u8]) -> Option<u16> {
    let text: Cow<'_, str> = String::from_utf8_lossy(text);
    let last = text.rsplit([',', ':']).next()?.trim();
    let digits = last.strip_suffix(".0").unwrap_or(last);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) { None } else { digits.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_code_is_a_number_in_any_spelling() {
        for (text, code) in [("200", Some(200)), (" 200 ", Some(200)), ("200.0", Some(200)), ("502, 200", Some(200))] {
            assert_eq!(status_code(text.as_bytes()), code, "{text}");
        }
        for text in ["", "-", "null", "OK", "2xx", "200, -", "99999999"] {
            assert_eq!(status_code(text.as_bytes()), None, "{text}");
        }
    }
}
