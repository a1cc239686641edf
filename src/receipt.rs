//! What the integrator's received log says of an id.
//!
//! "Absent" is the claim that causes a resend, so it is only ever made inside the log's coverage.

use std::hash::BuildHasher;

use chrono::{DateTime, TimeDelta, Utc};
use hashbrown::{DefaultHashBuilder, HashTable};

mod closed_up;
pub(crate) mod filter;
mod gather;
mod parts;
mod table;
mod unlisted;

use crate::event::digits::{UUID_BYTES, value_of};
use crate::event::{Event, EventId, IdKey, ZoneKnowledge};
use closed_up::ClosedUp;
use filter::{Filter, UuidHasher};
use gather::Gathered;
pub(crate) use gather::{GatheredIds, Gathering};
use parts::Parts;
use table::{Candidate, UuidTable, fetch};
pub use unlisted::{Unlisted, UnlistedId};

/// So many UUIDs are looked up together.
const ASKED_AT_ONCE: usize = 64;

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

/// The ids a received log is asked about, each with a small number by which the answer refers to it.
#[derive(Debug, Default)]
pub struct WantedIds {
    ids: Parts,
    uuids: UuidTable,
    others: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl WantedIds {
    /// Collects the ids; an id that is given twice keeps its first number.
    pub fn new(ids: impl IntoIterator<Item = EventId>) -> Self {
        let ids: Vec<EventId> = ids.into_iter().collect();
        let mut part = Gathering::of_about(ids.len()).part(ids.len());
        ids.into_iter().for_each(|id| part.push(id));
        Self::of_parts(vec![part])
    }

    /// The same of ids that were gathered side by side: those of each part stand behind those of the one before.
    pub(crate) fn of_parts(parts: Vec<GatheredIds>) -> Self {
        let Gathered { ids, hashes, hasher, uuids: known, filter } = Gathered::of(parts);
        let (ids, count) = (Parts::new(ids), hashes.iter().map(Vec::len).sum::<usize>());
        let (mut uuids, mut again) =
            if known == 0 { Default::default() } else { UuidTable::of(&ids, &hashes, hasher, filter) };
        let hasher = DefaultHashBuilder::default();
        let mut others = HashTable::new();
        if known != count {
            others = numbers_of_others(&ids, count - known, &hasher, &mut again);
        }
        if again.is_empty() {
            return Self { ids, uuids, others, hasher };
        }
        let closed_up = ClosedUp::new(count, &again);
        others.iter_mut().for_each(|number| *number = closed_up.number(*number));
        Self { ids: uuids.close_up(ids, &closed_up), uuids, others, hasher }
    }

    /// The number of the id with this key, if it is wanted.
    pub fn number_of(&self, key: IdKey<'_>) -> Option<u32> {
        match key {
            IdKey::Uuid(value) => self.uuids.find(&self.ids, value),
            IdKey::Bytes(_) => {
                let hash = self.hasher.hash_one(key);
                self.others.find(hash, |&number| self.ids[number].key() == key).copied()
            }
        }
    }

    /// How UUIDs are hashed here.
    pub(crate) fn uuid_hasher(&self) -> &UuidHasher {
        self.uuids.hasher()
    }

    /// Rules out the sketches of most UUIDs that are not wanted.
    pub(crate) fn uuid_filter(&self) -> &Filter {
        self.uuids.filter()
    }

    /// Whether any of the ids is a UUID.
    pub(crate) fn has_uuids(&self) -> bool {
        self.others.len() < self.len()
    }

    /// The wanted ids that are no UUIDs, in their order.
    pub(crate) fn others(&self) -> impl Iterator<Item = &EventId> {
        let ids = (!self.others.is_empty()).then(|| self.ids.iter());
        ids.into_iter().flatten().filter(|id| !matches!(id.key(), IdKey::Uuid(_)))
    }

    /// Keeps those places behind which a wanted UUID stands in its usual spelling, each with the number
    /// of the id. Many are asked for at once, because then the processor waits for memory once for several
    /// of them.
    pub(crate) fn uuids_at<'t>(
        &self,
        places: &[usize],
        text_at: impl Fn(usize) -> Option<&'t [u8; UUID_BYTES]>,
        found: &mut Vec<(usize, u32)>,
    ) {
        let mut hashes = [(0, 0); ASKED_AT_ONCE];
        let mut likely = [(0, Candidate::default(), None); ASKED_AT_ONCE];
        for places in places.chunks(ASKED_AT_ONCE) {
            let mut known = 0;
            for &place in places {
                let Some(text) = text_at(place) else { continue };
                hashes[known] = (place, self.uuids.hasher().of_text(text));
                known += 1;
            }
            let hashes = &hashes[..known];
            self.uuids.prepare(hashes.iter().map(|&(_, hash)| hash));
            let mut count = 0;
            for &(place, hash) in hashes {
                let candidate = self.uuids.candidate(hash);
                let is_likely = candidate.is_some();
                let candidate = candidate.unwrap_or_default();
                likely[count] = (place, candidate, self.ids.get(candidate.number));
                count += usize::from(is_likely);
            }
            let likely = &likely[..count];
            fetch(likely.iter().map(|(_, _, id)| id.map_or(0, EventId::touch)));
            for &(place, candidate, id) in likely {
                if let Some((value, _)) = text_at(place).and_then(value_of)
                    && let Some(number) = self.uuids.find_from(&self.ids, candidate, id, value)
                {
                    found.push((place, number));
                }
            }
        }
    }

    /// How many ids are wanted.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether no id is wanted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The wanted ids in the order of their numbers.
    pub fn ids(&self) -> impl Iterator<Item = &EventId> {
        self.ids.iter()
    }

    /// The same in a few slices, one behind the other.
    pub fn slices(&self) -> impl Iterator<Item = &[EventId]> {
        self.ids.slices()
    }

    /// The id with this number.
    ///
    /// # Panics
    /// When no id has it.
    pub fn id(&self, number: u32) -> &EventId {
        &self.ids[number]
    }
}

/// The ids that are no UUIDs, by their places; there are so many. Those that were there before are added to
/// the others that were.
fn numbers_of_others(ids: &Parts, count: usize, hasher: &DefaultHashBuilder, again: &mut Vec<u32>) -> HashTable<u32> {
    // A table that grows hashes again what it holds.
    let mut others: HashTable<u32> = HashTable::with_capacity(count);
    for (number, id) in (0_u32..).zip(ids.iter()) {
        let key = id.key();
        if let IdKey::Uuid(_) = key {
            continue;
        }
        let hash = hasher.hash_one(key);
        match others.find(hash, |&other| ids[other].key() == key) {
            Some(_) => again.push(number),
            None => {
                others.insert_unique(hash, number, |&other| hasher.hash_one(ids[other].key()));
            }
        }
    }
    others
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
    use std::collections::HashMap;
    use std::collections::hash_map::Entry;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{CreatedAt, DeliveryStatus};

    fn an_id() -> impl Strategy<Value = String> {
        let uuid = (0_u128..40).prop_map(|number| uuid::Uuid::from_u128(number << 80 | number).to_string());
        prop_oneof![uuid.clone(), uuid.prop_map(|id| id.to_uppercase()), "[a-c]{1,2}"]
    }

    fn key_of(text: &str) -> String {
        uuid::Uuid::try_parse(text).map_or(text.to_owned(), |uuid| uuid.to_string())
    }

    proptest! {
        #[test]
        fn each_wanted_id_has_its_first_number(
            ids in prop::collection::vec(an_id(), 0..160),
            others in prop::collection::vec(an_id(), 0..20),
            cuts in prop::array::uniform2(any::<prop::sample::Index>()),
            foreseen in 0_usize..200,
        ) {
            let mut rest: Vec<EventId> = ids.iter().map(|id| EventId::new(id).expect("an id")).collect();
            let last = rest.split_off(cuts[0].index(rest.len() + 1));
            let second = rest.split_off(cuts[1].index(rest.len() + 1));
            let gathering = Gathering::of_about(foreseen);
            let part = |ids: Vec<EventId>| {
                let mut part = gathering.part(0);
                ids.into_iter().for_each(|id| part.push(id));
                part
            };
            let wanted = WantedIds::of_parts([rest, second, last].map(part).into());
            let mut numbers: HashMap<String, u32> = HashMap::new();
            let mut expected = Vec::new();
            for id in &ids {
                let next = u32::try_from(numbers.len()).expect("few");
                if let Entry::Vacant(entry) = numbers.entry(key_of(id)) {
                    entry.insert(next);
                    expected.push(id.clone());
                }
            }
            let texts: Vec<String> = wanted.ids().map(|id| id.text().into_owned()).collect();
            prop_assert_eq!((wanted.len(), wanted.is_empty()), (expected.len(), expected.is_empty()));
            prop_assert!(wanted.slices().flatten().eq(wanted.ids()));
            prop_assert!((0..).zip(wanted.ids()).all(|(number, id)| wanted.id(number) == id));
            prop_assert_eq!(texts, expected);
            for id in ids.iter().chain(&others) {
                let number = wanted.number_of(IdKey::of(id.as_bytes()));
                prop_assert_eq!(number, numbers.get(&key_of(id)).copied(), "{}", id);
                if let (Some(_), IdKey::Uuid(value)) = (number, IdKey::of(id.as_bytes())) {
                    prop_assert!(wanted.uuid_filter().may_hold(wanted.uuid_hasher().sketch_of_value(value)));
                }
            }
            let usual = |place: usize| -> Option<&[u8; UUID_BYTES]> { others.get(place)?.as_bytes().try_into().ok() };
            let places: Vec<usize> = (0..=others.len()).collect();
            let mut found = Vec::new();
            wanted.uuids_at(&places, usual, &mut found);
            let number = |other: &usize| numbers.get(&key_of(&others[*other])).filter(|_| others[*other].len() == 36);
            let all = (0..others.len()).filter_map(|other| Some((other, *number(&other)?)));
            prop_assert_eq!(found, all.collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn ids_that_are_no_uuids_are_known_apart(ids in prop::collection::vec(an_id(), 0..5)) {
            let wanted = WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")));
            let is_uuid = |id: &&EventId| uuid::Uuid::try_parse(&id.text()).is_ok();
            let (uuids, others): (Vec<&EventId>, Vec<&EventId>) = wanted.ids().partition(is_uuid);
            prop_assert_eq!(wanted.has_uuids(), !uuids.is_empty());
            prop_assert_eq!(wanted.others().collect::<Vec<_>>(), others);
        }
    }

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
