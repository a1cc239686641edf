//! The ids that a received log is asked about, which must be found as fast as a log can be read.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::closed_up::ClosedUp;
use super::filter::{Filter, UuidHasher};
use super::gather::{Gathered, GatheredIds, Gathering};
use super::parts::{OpenedParts, Parts};
use super::table::UuidTable;
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
        let (mut uuids, mut again) =
            if known == 0 { Default::default() } else { UuidTable::of(ids.opened(), count, uuids) };
        let hasher = DefaultHashBuilder::default();
        let mut others = HashTable::new();
        if known != count {
            others = places_of_others(&ids, count - known, &hasher, &mut again);
        }
        if again.is_empty() {
            return Self { ids, uuids, others, hasher };
        }
        let closed_up = ClosedUp::new(count, &again);
        uuids.close_up(&closed_up);
        others.iter_mut().for_each(|place| *place = closed_up.place(*place));
        Self { ids: ids.closed_up(&closed_up), uuids, others, hasher }
    }

    /// The number of the id with this key, if it is wanted.
    pub fn number_of(&self, key: IdKey<'_>) -> Option<u32> {
        match key {
            IdKey::Uuid(value) => {
                let ids = self.ids.opened();
                self.uuids.find(bytemuck::cast(value), |place| ids.value(place))
            }
            IdKey::Bytes(_) => {
                let hash = self.hasher.hash_one(key);
                self.others.find(hash, |&number| self.ids.key(number) == key).copied()
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
    pub(crate) fn others(&self) -> impl Iterator<Item = Cow<'_, EventId>> {
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
        let (ids, table) = (self.ids.opened(), &self.uuids);
        // What is fetched together is told before, so that as much as possible is on its way at once.
        let mut asked = [(0, 0, None); ASKED_AT_ONCE];
        let mut likely = [(0, 0, None); ASKED_AT_ONCE];
        for places in places.chunks(ASKED_AT_ONCE) {
            let mut count = 0;
            for &place in places {
                let Some(text) = text_at(place) else { continue };
                let hash = table.hasher().of_text(text);
                asked[count] = (place, hash, table.few(hash));
                count += 1;
            }
            let asked = &asked[..count];
            UuidTable::prepare(asked.iter().map(|&(_, _, few)| few));
            let mut count = 0;
            for &(place, hash, few) in asked {
                let candidate = table.candidate(hash, few);
                let number = candidate.unwrap_or_default();
                likely[count] = (place, number, ids.near(number));
                count += usize::from(candidate.is_some());
            }
            let likely = &likely[..count];
            OpenedParts::prepare(likely.iter().map(|&(_, _, near)| near));
            for &(place, number, near) in likely {
                let Some((value, _)) = text_at(place).and_then(value_of) else { continue };
                let value = bytemuck::cast(value);
                // Almost always it is the first that may be it.
                let is_it = near.copied().or_else(|| ids.value(number)) == Some(value);
                let number = if is_it { Some(number) } else { table.find(value, |place| ids.value(place)) };
                found.extend(number.map(|number| (place, number)));
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
    pub fn ids(&self) -> impl Iterator<Item = Cow<'_, EventId>> {
        self.ids.iter()
    }

    /// The id with this number.
    ///
    /// # Panics
    /// When no id has it.
    pub fn id(&self, number: u32) -> Cow<'_, EventId> {
        self.ids.id(number)
    }

    /// What the id with this number is compared by.
    ///
    /// # Panics
    /// When no id has it.
    pub fn key(&self, number: u32) -> IdKey<'_> {
        self.ids.key(number)
    }
}

/// The places of the ids that are no UUIDs, of which there are so many. Those that were there before are added
/// to the others that were.
fn places_of_others(ids: &Parts, count: usize, hasher: &DefaultHashBuilder, again: &mut Vec<u32>) -> HashTable<u32> {
    // A table that grows hashes again what it holds.
    let mut others: HashTable<u32> = HashTable::with_capacity(count);
    for (place, key) in (0_u32..).zip(ids.keys()) {
        if let IdKey::Uuid(_) = key {
            continue;
        }
        let hash = hasher.hash_one(key);
        match others.find(hash, |&other| ids.key(other) == key) {
            Some(_) => again.push(place),
            None => {
                others.insert_unique(hash, place, |&other| hasher.hash_one(ids.key(other)));
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
            prop_assert!((0..).zip(wanted.ids()).all(|(number, id)| wanted.id(number) == id && wanted.key(number) == id.key()));
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

    /// Two UUIDs of one hash.
    fn alike(hasher: &UuidHasher) -> [String; 2] {
        let mut known = HashMap::new();
        for number in 1_u128.. {
            let uuid = uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834));
            if let Some(other) = known.insert(hasher.of_value(uuid.into_bytes()), uuid) {
                return [other, uuid].map(|uuid| uuid.to_string());
            }
        }
        unreachable!("there are more UUIDs than hashes")
    }

    #[test]
    fn uuids_of_one_hash_are_told_apart() {
        let gathering = Gathering::of_about(10);
        let of = |ids: &[&str]| {
            let mut part = gathering.part(0);
            ids.iter().for_each(|id| part.push(EventId::new(id).expect("an id")));
            WantedIds::of_parts(vec![part])
        };
        let stranger = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";
        let [one, other] = &alike(of(&[stranger]).uuid_hasher());
        let stranger = stranger.to_owned();
        for ids in [&[one, other][..], &[other, one], &[one], &[other], &[&stranger, one, &stranger, other]] {
            let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
            let wanted = of(&ids);
            let asked = [one, other, &stranger, other, one].map(String::as_str);
            let mut found = Vec::new();
            wanted.uuids_at(&[0, 1, 2, 3, 4], |place| asked[place].as_bytes().try_into().ok(), &mut found);
            let number = |id: &str| wanted.ids().position(|wanted| wanted.text() == id).map(|number| number as u32);
            let expected = (0..).zip(asked).filter_map(|(place, id)| Some((place, number(id)?)));
            assert_eq!(found, expected.collect::<Vec<_>>(), "{ids:?}");
            for id in asked {
                assert_eq!(wanted.number_of(IdKey::of(id.as_bytes())), number(id), "{ids:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn ids_that_are_no_uuids_are_known_apart(ids in prop::collection::vec(an_id(), 0..5)) {
            let wanted = WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")));
            let is_uuid = |id: &Cow<'_, EventId>| uuid::Uuid::try_parse(&id.text()).is_ok();
            let (uuids, others): (Vec<Cow<'_, EventId>>, Vec<Cow<'_, EventId>>) = wanted.ids().partition(is_uuid);
            prop_assert_eq!(wanted.has_uuids(), !uuids.is_empty());
            prop_assert_eq!(wanted.others().collect::<Vec<_>>(), others);
        }
    }
}
