//! What the integrator's received log says of an id.
//!
//! "Absent" is the claim that causes a resend, so it is only ever made inside the log's coverage.

use std::hash::BuildHasher;

use chrono::{DateTime, Utc};
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::event::{Event, EventId, IdKey};

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
    ids: Vec<EventId>,
    uuids: UuidTable,
    others: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl WantedIds {
    /// Collects the ids; an id that is given twice keeps its first number.
    pub fn new(ids: impl IntoIterator<Item = EventId>) -> Self {
        let mut ids: Vec<EventId> = ids.into_iter().collect();
        let hasher = DefaultHashBuilder::default();
        let is_uuid = |id: &&EventId| matches!(id.key(), IdKey::Uuid(_));
        let mut uuids = UuidTable::for_at_most(ids.iter().filter(is_uuid).count());
        let mut others: HashTable<u32> = HashTable::new();
        let mut count = 0_usize;
        for position in 0..ids.len() {
            let number = u32::try_from(count).expect("fewer than four billion ids");
            let is_new = match ids[position].key() {
                IdKey::Uuid(value) => uuids.insert(&hasher, value, number),
                key @ IdKey::Bytes(_) => {
                    let is_it = |other: &u32| ids[*other as usize].key() == key;
                    let hash = hasher.hash_one(key);
                    let is_new = others.find(hash, is_it).is_none();
                    if is_new {
                        others.insert_unique(hash, number, |&other| hasher.hash_one(ids[other as usize].key()));
                    }
                    is_new
                }
            };
            // What stands before is behind its final number already.
            if is_new {
                ids.swap(count, position);
                count += 1;
            }
        }
        ids.truncate(count);
        Self { ids, uuids, others, hasher }
    }

    /// The number of the id with this key, if it is wanted.
    pub fn number_of(&self, key: IdKey<'_>) -> Option<u32> {
        match key {
            IdKey::Uuid(value) => self.uuids.find(&self.hasher, value),
            IdKey::Bytes(_) => {
                let hash = self.hasher.hash_one(key);
                self.others.find(hash, |&number| self.ids[number as usize].key() == key).copied()
            }
        }
    }

    /// Keeps those places behind which a wanted UUID stands. Many are asked for at once, because then
    /// the processor waits for memory once for several of them.
    pub(crate) fn retain_uuids<'t>(&self, places: &mut Vec<usize>, text_at: impl Fn(usize) -> Option<&'t [u8]>) {
        let mut asked = Vec::with_capacity(places.len());
        asked.extend(places.iter().filter_map(|&place| match IdKey::of(text_at(place)?) {
            IdKey::Uuid(value) => Some((place, value, self.uuids.start(&self.hasher, value))),
            IdKey::Bytes(_) => None,
        }));
        places.clear();
        let is_wanted = |&&(_, value, start): &&(usize, [u8; 16], usize)| self.uuids.find_from(start, value).is_some();
        places.extend(asked.iter().filter(is_wanted).map(|(place, _, _)| place));
    }

    /// The wanted ids in the order of their numbers.
    pub fn ids(&self) -> &[EventId] {
        &self.ids
    }
}

/// The numbers of UUIDs, beside their values: a look costs one access to memory.
#[derive(Debug, Default)]
struct UuidTable {
    /// At least a third of them is free; none, if there are no UUIDs.
    slots: Vec<Slot>,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    value: [u8; 16],
    number: u32,
}

const FREE: Slot = Slot { value: [0; 16], number: u32::MAX };

impl UuidTable {
    fn for_at_most(count: usize) -> Self {
        Self { slots: vec![FREE; count + count / 2 + 1] }
    }

    /// Where to look first.
    fn start(&self, hasher: &DefaultHashBuilder, value: [u8; 16]) -> usize {
        let hash = hasher.hash_one(u128::from_ne_bytes(value));
        let scaled = (u128::from(hash) * self.slots.len() as u128) >> 64;
        usize::try_from(scaled).unwrap_or(0)
    }

    /// Puts in a value, unless it is there.
    fn insert(&mut self, hasher: &DefaultHashBuilder, value: [u8; 16], number: u32) -> bool {
        let mut at = self.start(hasher, value);
        loop {
            let slot = &mut self.slots[at];
            if slot.number == FREE.number {
                *slot = Slot { value, number };
                return true;
            }
            if slot.value == value {
                return false;
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
    }

    fn find(&self, hasher: &DefaultHashBuilder, value: [u8; 16]) -> Option<u32> {
        self.find_from(self.start(hasher, value), value)
    }

    fn find_from(&self, mut at: usize, value: [u8; 16]) -> Option<u32> {
        loop {
            let slot = self.slots.get(at)?;
            if slot.number == FREE.number || slot.value == value {
                return (slot.number != FREE.number).then_some(slot.number);
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
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

    /// The receipt of an event; one that was not asked for is out of coverage.
    pub fn receipt_of(&self, wanted: &WantedIds, event: &Event) -> Receipt {
        match wanted.number_of(event.id.key()) {
            Some(number) => self.receipt(number, event.created()),
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
            ids in prop::collection::vec(an_id(), 0..60),
            others in prop::collection::vec(an_id(), 0..20),
        ) {
            let wanted = WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")));
            let mut numbers: HashMap<String, u32> = HashMap::new();
            let mut expected = Vec::new();
            for id in &ids {
                let next = u32::try_from(numbers.len()).expect("few");
                if let Entry::Vacant(entry) = numbers.entry(key_of(id)) {
                    entry.insert(next);
                    expected.push(id.clone());
                }
            }
            let texts: Vec<String> = wanted.ids().iter().map(|id| id.text().into_owned()).collect();
            prop_assert_eq!(texts, expected);
            for id in ids.iter().chain(&others) {
                let number = wanted.number_of(IdKey::of(id.as_bytes()));
                prop_assert_eq!(number, numbers.get(&key_of(id)).copied(), "{}", id);
            }
            let mut places: Vec<usize> = (0..others.len() + 1).collect();
            wanted.retain_uuids(&mut places, |place| Some(others.get(place)?.as_bytes()));
            let is_wanted = |other: &&usize| others[**other].len() == 36 && numbers.contains_key(&key_of(&others[**other]));
            let all: Vec<usize> = (0..others.len()).collect();
            prop_assert_eq!(places, all.iter().filter(is_wanted).copied().collect::<Vec<_>>());
        }
    }
}
