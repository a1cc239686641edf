//! The ids that a received log is asked about, which must be found as fast as a log can be read.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::closed_up::ClosedUp;
use super::filter::{Filter, UuidHasher};
use super::gather::{Gathered, GatheredIds, Gathering};
use super::parts::Parts;
use super::table::{Candidate, UuidTable};
use crate::event::digits::{UUID_BYTES, value_of};
use crate::event::{EventId, IdKey};

/// So many UUIDs are looked up together.
const ASKED_AT_ONCE: usize = 64;

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
        let Gathered { ids, uuids } = Gathered::of(parts);
        let (ids, known) = (Parts::new(ids), uuids.len());
        let count = ids.len();
        let (mut uuids, mut again) = if known == 0 { Default::default() } else { UuidTable::of(&ids, uuids) };
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
            EventId::fetch(likely.iter().filter_map(|&(_, _, id)| id));
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
}
