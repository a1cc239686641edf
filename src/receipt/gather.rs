//! Gathers ids that are going to be wanted, several parts of them side by side.
//!
//! What they are looked up by is told from their texts on the way: a million ids are not read again in no
//! time.

use super::filter::{Filter, UuidHasher};
use super::ids::Ids;
use super::ranges::{MOST_RANGES, Ranges, ranges_for};
use crate::event::digits::{Letters, UUID_BYTES, value_of};
use crate::event::{EventId, IdKey};

/// So many lines are looked at before the filter, which may wait for memory, takes their ids.
const TOGETHER: usize = if cfg!(any(test, fuzzing)) { 4 } else { 64 };
/// A UUID in its usual spelling and the end of its line, in bytes.
pub(crate) const LINE_BYTES: usize = UUID_BYTES + 1;

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
            ids: Ids::with_room_for(count),
            hashes: Ranges::new(self.ranges, count),
            filter: Filter::with_room_for(self.count),
        }
    }
}

/// Some of the ids, in their order; fewer than four billion.
#[derive(Debug)]
pub(crate) struct GatheredIds {
    gathering: Gathering,
    ids: Ids,
    /// The hashes of those that are UUIDs.
    hashes: Ranges,
    /// The sketches of the same.
    filter: Filter,
}

impl GatheredIds {
    /// Adds an id.
    pub(crate) fn push(&mut self, id: EventId) {
        if let IdKey::Uuid(value) = id.key() {
            let (hasher, place) = (self.gathering.hasher, self.ids.next_place());
            self.filter.add(hasher.sketch_of_value(value));
            self.hashes.push(hasher.of_value(value), place);
        }
        self.ids.push(id);
    }

    /// Adds UUIDs with which a text begins, each on a line of its own and spelled as those before it. The answer
    /// is how many: what comes then need not be anything else.
    pub(crate) fn push_lines(&mut self, text: &[u8]) -> usize {
        let (hasher, place) = (self.gathering.hasher, self.ids.next_place());
        let (lines, _) = text.as_chunks::<LINE_BYTES>();
        let Some((_, _, letters)) = lines.first().and_then(uuid_of) else { return 0 };
        let Some(values) = self.ids.uuids_spelled(letters == Letters::Upper) else { return 0 };
        let mut sketches = [0; TOGETHER];
        let mut count = 0;
        for lines in lines.chunks(TOGETHER) {
            let mut few = 0;
            for line in lines {
                let Some((text, value, own)) = uuid_of(line) else { break };
                if own != letters {
                    break;
                }
                values.push(bytemuck::cast(value));
                #[allow(clippy::cast_possible_truncation, reason = "there are fewer than four billion")]
                self.hashes.push(hasher.of_text(text), place + (count + few) as u32);
                sketches[few] = hasher.sketch_of_text(text);
                few += 1;
            }
            sketches[..few].iter().for_each(|&sketch| self.filter.add(sketch));
            count += few;
            if few < TOGETHER {
                break;
            }
        }
        count
    }
}

/// The UUID on a line in one of the two common spellings.
#[inline(always)]
fn uuid_of(line: &[u8; LINE_BYTES]) -> Option<(&[u8; UUID_BYTES], [u8; 16], Letters)> {
    let (text, b"\n") = line.split_first_chunk()? else { return None };
    let (value, letters) = value_of(text)?;
    (letters != Letters::Mixed).then_some((text, value, letters))
}

/// All that was gathered, part by part.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) ids: Vec<Ids>,
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
    pub(super) fn of(gathered: Vec<GatheredIds>) -> Self {
        let gathering = gathered.first().map_or_else(Gathering::default, |part| part.gathering);
        let Gathering { hasher, count, ranges } = gathering;
        let (mut ids, mut hashes, mut filters, mut first) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for part in gathered {
            hashes.push((u32::try_from(first).unwrap_or(u32::MAX), part.hashes));
            first += part.ids.len();
            ids.push(part.ids);
            filters.push(part.filter);
        }
        let uuids: usize = hashes.iter().map(|(_, part)| part.len()).sum();
        let filter = if uuids > count {
            // There are more than were foreseen, so that it would rule out too few.
            let mut filter = Filter::with_room_for(uuids);
            for key in ids.iter().flat_map(Ids::keys) {
                if let IdKey::Uuid(value) = key {
                    filter.add(hasher.sketch_of_value(value));
                }
            }
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

    fn text(number: u128) -> String {
        uuid::Uuid::from_bytes(uuid(number)).to_string()
    }

    fn id(text: &str) -> EventId {
        EventId::new(text).expect("an id")
    }

    #[test]
    fn what_ids_are_looked_up_by_is_the_same_however_they_were_added() {
        // With as many as were foreseen, with fewer and with more.
        for foreseen in [1_000, 100_000, 0, 999] {
            let gathering = Gathering::of_about(foreseen);
            let mut parts = vec![gathering.part(0), gathering.part(10), gathering.part(0)];
            for number in 0..1_000 {
                let part = &mut parts[number as usize / 400];
                if number % 30 < 3 || part.push_lines((text(number) + "\n").as_bytes()) == 0 {
                    part.push(id(&text(number)));
                }
            }
            parts[2].push(id("evt-1"));
            let all = Gathered::of(parts);
            let keys: Vec<IdKey<'_>> = all.ids.iter().flat_map(Ids::keys).collect();
            let expected = (0..1_000).map(|number| IdKey::Uuid(uuid(number))).chain([IdKey::Bytes(b"evt-1")]);
            assert_eq!(keys, expected.collect::<Vec<_>>());
            let GatheredUuids { hasher, hashes, ranges, filter } = &all.uuids;
            let lengths: Vec<_> = hashes.iter().map(|(first, part)| (*first, part.len())).collect();
            assert_eq!(lengths, [(0, 400), (400, 400), (800, 200)]);
            assert_eq!((all.uuids.len(), *ranges), (1_000, ranges_for(foreseen)));
            for (first, hashes) in hashes {
                for &Placed { hash, place } in (0..*ranges).flat_map(|range| hashes.range(range)) {
                    assert_eq!(hash, hasher.of_value(uuid(u128::from(first + place))));
                }
            }
            let may_hold = |number: &u128| filter.may_hold(hasher.sketch_of_value(uuid(*number)));
            assert!((0..1_000).all(|number| may_hold(&number)));
            let wrong = (1_000..11_000).filter(may_hold).count();
            assert!(wrong < 1_000, "{wrong} of 10,000 strangers, {foreseen} were foreseen");
        }
    }

    #[test]
    fn lines_are_taken_up_to_the_first_that_is_something_else() {
        let line = |number: u128| text(number) + "\n";
        let capital = |number: u128| line(number).to_uppercase();
        let lines = |lines: std::ops::Range<u128>| lines.map(line).collect::<String>();
        let mixed = text(3).replacen(|letter: char| letter.is_ascii_lowercase(), "A", 1) + "\n";
        assert_eq!(EventId::new(mixed.trim()).expect("an id").usual(), None);
        let none = ["\n", "evt-1\n", &text(1), &(text(1) + " "), &mixed].map(str::to_owned);
        let others = none.iter().cloned().chain([capital(7), text(3).replace('-', "_") + "\n"]);
        for other in others {
            for count in [1, 3, 4, 5, 8, 9, 30] {
                let gathering = Gathering::of_about(40);
                let mut part = gathering.part(40);
                // Some are there already.
                assert_eq!(part.push_lines(lines(70..75).as_bytes()), 5);
                let taken = part.push_lines((lines(0..count) + &other + &line(99)).as_bytes());
                assert_eq!(taken, count as usize, "{other:?}");
                let uuids: Vec<[u8; 16]> = (70..75).chain(0..count).map(uuid).collect();
                assert!(part.ids.keys().eq(uuids.iter().map(|value| IdKey::Uuid(*value))));
                let hasher = gathering.hasher;
                assert!(uuids.iter().all(|value| part.filter.may_hold(hasher.sketch_of_value(*value))));
                let placed = (0..gathering.ranges).flat_map(|range| part.hashes.range(range));
                let mut placed: Vec<_> = placed.map(|&Placed { hash, place }| (place, hash)).collect();
                placed.sort_unstable();
                assert!(placed.into_iter().eq((0..).zip(uuids.iter().map(|value| hasher.of_value(*value)))));
            }
        }
        for other in none {
            assert_eq!(Gathering::of_about(40).part(40).push_lines((other + &line(99)).as_bytes()), 0);
        }
    }

    #[test]
    fn lines_are_spelled_as_the_first_of_all() {
        let both = |number: u128| (text(number) + "\n", text(number).to_uppercase() + "\n");
        let mut part = Gathering::of_about(40).part(40);
        assert_eq!(part.push_lines((both(1).1 + &both(2).1 + &both(3).0).as_bytes()), 2);
        assert_eq!(part.push_lines(both(3).0.as_bytes()), 0);
        assert_eq!(part.push_lines(both(3).1.as_bytes()), 1);
        let texts: Vec<String> = part.ids.iter().map(|id| id.text().into_owned() + "\n").collect();
        assert_eq!(texts, [1, 2, 3].map(|number| both(number).1));
    }

    #[test]
    fn nothing_is_gathered_where_there_are_no_parts() {
        let all = Gathered::of(Vec::new());
        assert_eq!((all.ids.len(), all.uuids.len()), (0, 0));
        assert!(!all.uuids.filter.may_hold(all.uuids.hasher.sketch_of_value(uuid(1))));
    }
}
