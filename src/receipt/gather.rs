//! Gathers ids that are going to be wanted, several parts of them side by side.
//!
//! What they are looked up by is told from their texts on the way: a million ids are not read again in no
//! time.

use super::filter::{Filter, UuidHasher};
use super::ranges::{MOST_RANGES, Ranges, ranges_for};
use crate::event::digits::UUID_BYTES;
use crate::event::{EventId, IdKey};

/// So many sketches are put into the filter together, so that the processor waits for memory once for all of
/// them.
const TOGETHER: usize = if cfg!(any(test, fuzzing)) { 4 } else { 64 };

/// Where ids are gathered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gathering {
    hasher: UuidHasher,
    count: usize,
    ranges: usize,
}

/// For as many ids as there will be.
impl Default for Gathering {
    fn default() -> Self {
        Self { hasher: UuidHasher::default(), count: 0, ranges: MOST_RANGES }
    }
}

impl Gathering {
    /// For so many ids in all, or about as many.
    pub(crate) fn of_about(count: usize) -> Self {
        Self { hasher: UuidHasher::default(), count, ranges: ranges_for(count) }
    }

    /// A part that is going to have so many of them, or about as many.
    pub(crate) fn part(&self, count: usize) -> GatheredIds {
        GatheredIds {
            gathering: *self,
            ids: Vec::with_capacity(count),
            hashes: Ranges::new(self.ranges, count),
            filter: Filter::with_room_for(self.count),
            sketches: [0; TOGETHER],
            waiting: 0,
        }
    }
}

/// Some of the ids, in their order; fewer than four billion.
#[derive(Debug)]
pub(crate) struct GatheredIds {
    gathering: Gathering,
    ids: Vec<EventId>,
    /// The hashes of those that are UUIDs.
    hashes: Ranges,
    /// The sketches of the UUIDs but for those that wait.
    filter: Filter,
    sketches: [u64; TOGETHER],
    waiting: usize,
}

impl GatheredIds {
    /// Adds an id.
    pub(crate) fn push(&mut self, id: EventId) {
        let hasher = self.gathering.hasher;
        if let IdKey::Uuid(value) = id.key() {
            self.note(hasher.of_value(value), hasher.sketch_of_value(value));
        }
        self.ids.push(id);
    }

    /// Adds a UUID in one of the two common spellings, if this is one.
    #[inline(always)]
    pub(crate) fn push_usual(&mut self, text: &[u8; UUID_BYTES]) -> bool {
        let Some(id) = EventId::of_usual(text) else { return false };
        let hasher = self.gathering.hasher;
        self.note(hasher.of_text(text), hasher.sketch_of_text(text));
        self.ids.push(id);
        true
    }

    /// Takes note of a UUID that is going to be the next id.
    #[inline(always)]
    fn note(&mut self, hash: u32, sketch: u64) {
        #[allow(clippy::cast_possible_truncation, reason = "there are fewer than four billion")]
        self.hashes.push(hash, self.ids.len() as u32);
        self.sketches[self.waiting] = sketch;
        self.waiting += 1;
        if self.waiting == TOGETHER {
            self.put_in();
        }
    }

    #[inline(never)]
    fn put_in(&mut self) {
        self.sketches[..self.waiting].iter().for_each(|&sketch| self.filter.add(sketch));
        self.waiting = 0;
    }
}

/// All that was gathered, part by part.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) ids: Vec<Vec<EventId>>,
    pub(super) uuids: GatheredUuids,
}

/// What the UUIDs among these are looked up by.
#[derive(Debug)]
pub(super) struct GatheredUuids {
    pub(super) hasher: UuidHasher,
    /// The hashes of each part, and the place of its first id.
    pub(super) hashes: Vec<(u32, Ranges)>,
    /// In how many ranges these are.
    pub(super) ranges: usize,
    /// All sketches.
    pub(super) filter: Filter,
}

impl GatheredUuids {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.hashes.iter().map(|(_, part)| part.len()).sum()
    }
}

impl Gathered {
    /// These parts of the same gathering.
    pub(super) fn of(parts: Vec<GatheredIds>) -> Self {
        let Gathering { hasher, count, ranges } = parts.first().map_or_else(Gathering::default, |part| part.gathering);
        let uuids = parts.iter().map(|part| part.hashes.len()).sum();
        let (mut ids, mut hashes, mut filters, mut first) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for mut part in parts {
            part.put_in();
            hashes.push((u32::try_from(first).unwrap_or(u32::MAX), part.hashes));
            first += part.ids.len();
            ids.push(part.ids);
            filters.push(part.filter);
        }
        let filter = if uuids > count {
            // There are more than were foreseen, so that it would rule out too few.
            let mut filter = Filter::with_room_for(uuids);
            let value = |id: &EventId| match id.key() {
                IdKey::Uuid(value) => Some(value),
                IdKey::Bytes(_) => None,
            };
            ids.iter().flatten().filter_map(value).for_each(|value| filter.add(hasher.sketch_of_value(value)));
            filter
        } else {
            let joined = filters.into_iter().reduce(|mut all, more| {
                all.join(&more);
                all
            });
            joined.unwrap_or_else(|| Filter::with_room_for(0))
        };
        Self { ids, uuids: GatheredUuids { hasher, hashes, ranges, filter } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receipt::ranges::Placed;

    fn uuid(number: u128) -> [u8; 16] {
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834).to_be_bytes()
    }

    fn text(number: u128) -> [u8; UUID_BYTES] {
        let text = uuid::Uuid::from_bytes(uuid(number)).to_string();
        text.as_bytes().try_into().expect("36 bytes")
    }

    #[test]
    fn what_ids_are_looked_up_by_is_the_same_however_they_were_added() {
        // With as many as were foreseen, with fewer and with more.
        for foreseen in [1_000, 100_000, 0, 999] {
            let gathering = Gathering::of_about(foreseen);
            let mut parts = vec![gathering.part(0), gathering.part(10), gathering.part(0)];
            for number in 0..1_000 {
                let part = &mut parts[number as usize / 400];
                if number % 3 == 0 {
                    let text = String::from_utf8(text(number).to_vec()).expect("a text");
                    part.push(EventId::new(&text).expect("an id"));
                } else {
                    assert!(part.push_usual(&text(number)));
                }
            }
            assert!(!parts[2].push_usual(b"d18aca67+cfd3-4c00-93aa-0a5bc540856e"));
            parts[2].push(EventId::new("evt-1").expect("an id"));
            let all = Gathered::of(parts);
            let keys: Vec<IdKey<'_>> = all.ids.iter().flatten().map(EventId::key).collect();
            let expected = (0..1_000).map(|number| IdKey::Uuid(uuid(number))).chain([IdKey::Bytes(b"evt-1")]);
            assert_eq!(keys, expected.collect::<Vec<_>>());
            let GatheredUuids { hasher, hashes, ranges, filter } = &all.uuids;
            let lengths: Vec<_> = hashes.iter().map(|(first, part)| (*first, part.len())).collect();
            assert_eq!(lengths, [(0, 400), (400, 400), (800, 200)]);
            assert_eq!((all.uuids.len(), *ranges), (1_000, ranges_for(foreseen)));
            for (first, hashes) in hashes {
                let placed = (0..*ranges).flat_map(|range| hashes.range(range));
                assert!(
                    placed
                        .copied()
                        .all(|Placed { hash, place }| hash == hasher.of_value(uuid(u128::from(first + place))))
                );
            }
            let may_hold = |number: &u128| filter.may_hold(hasher.sketch_of_value(uuid(*number)));
            assert!((0..1_000).all(|number| may_hold(&number)));
            let wrong = (1_000..11_000).filter(may_hold).count();
            assert!(wrong < 1_000, "{wrong} of 10,000 strangers, {foreseen} were foreseen");
        }
    }

    #[test]
    fn nothing_is_gathered_where_there_are_no_parts() {
        let all = Gathered::of(Vec::new());
        assert_eq!((all.ids.len(), all.uuids.len()), (0, 0));
        assert!(!all.uuids.filter.may_hold(all.uuids.hasher.sketch_of_value(uuid(1))));
    }
}
