//! What the integrator's received log says of an id.
//!
//! "Absent" is the claim that causes a resend, so it is only ever made inside the log's coverage.
//!
//! | room | what it owns |
//! |---|---|
//! | `wanted` | the ids that a log is asked about, and how they are found in it |
//! | `gather`, `ids`, `parts`, `closed_up` | a million of them, read side by side, and each only once |
//! | `crew` | threads for all of this |
//! | `table`, `ranges`, `filter` | the places of UUIDs; what rules out most others |
//! | `unlisted` | ids of the log that were not asked for |

use chrono::{DateTime, TimeDelta, Utc};

mod closed_up;
pub(crate) mod crew;
pub(crate) mod filter;
mod gather;
mod ids;
mod parts;
mod ranges;
mod table;
mod unlisted;
mod wanted;

use crate::event::{Event, ZoneKnowledge};
pub(crate) use gather::{GatheredIds, Gathering, LINE_BYTES};
pub use unlisted::{Unlisted, UnlistedId};
pub use wanted::WantedIds;

/// What the received log says of one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Receipt {
    /// The log holds the id as received.
    Found,
    /// The log covers the event and does not hold its id.
    Absent,
    /// The log can't say.
    OutOfCoverage(CoverageGap),
}

/// Why a received log can't say whether it holds an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CoverageGap {
    /// No received log was given.
    NoLog,
    /// The log could not be shown to be the right one.
    Unproven,
    /// The event is older than the first thing the log can speak of.
    BeforeLog,
    /// The event has no readable creation time and the log covers a part of time only.
    NoTime,
    /// The log, or the part that would hold the id, could not be read.
    Unreadable,
}

impl CoverageGap {
    /// The gap in words, as the end of "the received log can't say: …".
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoLog => "no received log was given",
            Self::Unproven => "the received log shares no id with what the vendor delivered, so it proves nothing",
            Self::BeforeLog => "the event is older than the received log",
            Self::NoTime => "the event has no readable creation time to hold against the log's coverage",
            Self::Unreadable => "a part of the received log that may hold the id could not be read",
        }
    }
}

/// The period and the extent for which a received log can say "absent".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// The first instant the log speaks of; `None` means since ever.
    pub since: Option<DateTime<Utc>>,
    /// Why the log says nothing of the time before `since`, where that is more than its beginning:
    /// what arrived then may stand in a part that is missing or damaged.
    pub gap: Option<String>,
    /// Why the log could not be read whole, if it could not: then nothing is absent.
    pub broken: Option<String>,
}

impl Coverage {
    /// What the log says of an id that it was not seen to hold.
    pub fn of_unseen(&self, created_at: Option<DateTime<Utc>>) -> Receipt {
        if self.broken.is_some() {
            return Receipt::OutOfCoverage(CoverageGap::Unreadable);
        }
        match (self.since, created_at) {
            (None, _) => Receipt::Absent,
            (Some(_), None) => Receipt::OutOfCoverage(CoverageGap::NoTime),
            (Some(since), Some(created)) if created < since => Receipt::OutOfCoverage(CoverageGap::BeforeLog),
            (Some(_), Some(_)) => Receipt::Absent,
        }
    }
}

/// What a received log said of one wanted id, before its coverage is considered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sighting {
    /// The id was not seen.
    #[default]
    Unseen,
    /// The id stands in a line that could not be understood, so it may have been received.
    Possible,
    /// The id was seen as received.
    Received,
}

/// The answer of a received log to one question.
#[derive(Clone, Debug, Default)]
pub struct Lookup {
    /// One sighting for each wanted id, by its number.
    pub sightings: Vec<Sighting>,
    /// What the log can speak of at all.
    pub coverage: Coverage,
    /// What was read to answer.
    pub stats: LogStats,
}

impl Lookup {
    /// How many wanted ids the log holds.
    pub fn found(&self) -> u64 {
        self.sightings.iter().filter(|sighting| **sighting == Sighting::Received).count() as u64
    }

    /// The receipt of an event; one that was not asked for is out of coverage, and so is one that may be
    /// older than the log because its zone, which may be off by `margin`, was only assumed.
    pub fn receipt_of(&self, wanted: &WantedIds, event: &Event, margin: TimeDelta) -> Receipt {
        match wanted.number_of(event.id.key()) {
            Some(number) => self.receipt(number, earliest_creation(event, margin)),
            None => Receipt::OutOfCoverage(CoverageGap::Unreadable),
        }
    }

    /// The receipt of the wanted id with this number.
    pub fn receipt(&self, number: u32, created_at: Option<DateTime<Utc>>) -> Receipt {
        match self.sightings[number as usize] {
            Sighting::Received => Receipt::Found,
            Sighting::Possible => Receipt::OutOfCoverage(CoverageGap::Unreadable),
            Sighting::Unseen => self.coverage.of_unseen(created_at),
        }
    }
}

/// The earliest instant at which an event can have been created, where a zone that was only assumed may be
/// off by `margin`.
fn earliest_creation(event: &Event, margin: TimeDelta) -> Option<DateTime<Utc>> {
    event.created_at.map(|created| match created.zone {
        ZoneKnowledge::Stated => created.at,
        ZoneKnowledge::Assumed => created.at.checked_sub_signed(margin).unwrap_or(created.at),
    })
}

/// What was read from a received log, in lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStats {
    /// Lines read, blank ones not counted.
    pub lines: u64,
    /// Lines that held an id as received.
    pub ids: u64,
    /// Lines that could not be understood.
    pub unreadable: u64,
    /// Where the first line that could not be understood stands, as `name:line`.
    pub first_unreadable: Option<String>,
    /// The earliest time of a line, where lines have a readable one.
    pub first_time: Option<DateTime<Utc>>,
    /// The latest time of a line, where lines have a readable one.
    pub last_time: Option<DateTime<Utc>>,
    /// Bytes that were read for this answer, as they lie on disk; what was known already is not
    /// among them.
    pub bytes: u64,
    /// Whether lines that can't hold a wanted id were counted and not read: then there may be more
    /// ids and more lines that could not be understood than these, and a later time.
    pub is_sample: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CreatedAt, DeliveryStatus, EventId};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second)
    }

    #[test]
    fn absent_is_only_said_inside_the_coverage() {
        let whole = Coverage::default();
        let since = Coverage { since: Some(at(100)), ..Coverage::default() };
        let broken = Coverage { broken: Some("cut short".to_owned()), ..since.clone() };
        let out = Receipt::OutOfCoverage;
        let table = [
            (&whole, None, Receipt::Absent),
            (&whole, Some(at(0)), Receipt::Absent),
            (&since, None, out(CoverageGap::NoTime)),
            (&since, Some(at(99)), out(CoverageGap::BeforeLog)),
            (&since, Some(at(100)), Receipt::Absent),
            (&since, Some(at(101)), Receipt::Absent),
            (&broken, None, out(CoverageGap::Unreadable)),
            (&broken, Some(at(101)), out(CoverageGap::Unreadable)),
        ];
        for (coverage, created, receipt) in table {
            assert_eq!(coverage.of_unseen(created), receipt, "{coverage:?} {created:?}");
        }
    }

    fn event(id: &str, created_at: Option<CreatedAt>) -> Event {
        Event {
            id: EventId::new(id).expect("an id"),
            created_at,
            status: DeliveryStatus::Failed,
            status_text: None,
            status_code: None,
            runs: None,
            alternate_ids: None,
        }
    }

    #[test]
    fn an_event_has_the_receipt_of_its_id() {
        let ids = ["seen", "damaged", "unseen", "seen as well", "seen last"].map(|id| EventId::new(id).expect("an id"));
        let wanted = WantedIds::new(ids);
        let lookup = Lookup {
            sightings: vec![
                Sighting::Received,
                Sighting::Possible,
                Sighting::Unseen,
                Sighting::Received,
                Sighting::Received,
            ],
            ..Lookup::default()
        };
        let receipt = |id: &str| lookup.receipt_of(&wanted, &event(id, None), TimeDelta::zero());
        let unreadable = Receipt::OutOfCoverage(CoverageGap::Unreadable);
        assert_eq!(receipt("seen"), Receipt::Found);
        assert_eq!(receipt("damaged"), unreadable);
        assert_eq!(receipt("unseen"), Receipt::Absent);
        assert_eq!(receipt("never asked for"), unreadable);
        assert_eq!(lookup.found(), 3);
        assert_eq!(Lookup::default().found(), 0);
    }

    #[test]
    fn an_event_that_may_be_older_than_the_log_is_not_absent() {
        let wanted = WantedIds::new([EventId::new("a").expect("an id")]);
        let coverage = Coverage { since: Some(at(100)), ..Coverage::default() };
        let lookup = Lookup { sightings: vec![Sighting::Unseen], coverage, ..Lookup::default() };
        let receipt = |at: DateTime<Utc>, zone: ZoneKnowledge, margin: i64| {
            lookup.receipt_of(&wanted, &event("a", Some(CreatedAt { at, zone })), TimeDelta::seconds(margin))
        };
        let before = Receipt::OutOfCoverage(CoverageGap::BeforeLog);
        assert_eq!(receipt(at(150), ZoneKnowledge::Stated, 60), Receipt::Absent);
        assert_eq!(receipt(at(150), ZoneKnowledge::Assumed, 50), Receipt::Absent);
        assert_eq!(receipt(at(150), ZoneKnowledge::Assumed, 51), before);
        assert_eq!(receipt(at(99), ZoneKnowledge::Stated, 0), before);
        assert_eq!(
            receipt(DateTime::<Utc>::MIN_UTC, ZoneKnowledge::Assumed, 1),
            before,
            "the calendar has a beginning"
        );
    }

    #[test]
    fn each_gap_has_a_reason_of_its_own() {
        let gaps = [
            CoverageGap::NoLog,
            CoverageGap::Unproven,
            CoverageGap::BeforeLog,
            CoverageGap::NoTime,
            CoverageGap::Unreadable,
        ];
        let reasons: std::collections::HashSet<_> = gaps.iter().map(|gap| gap.reason()).collect();
        assert_eq!(reasons.len(), gaps.len());
        assert_eq!(CoverageGap::BeforeLog.reason(), "the event is older than the received log");
    }
}
