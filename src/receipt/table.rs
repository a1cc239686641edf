//! The numbers of UUIDs, beside their values: a look costs one access to memory.
//!
//! It is filled by several threads where that is worth while, each of them with its own part, so that a
//! million ids are ready in a few hundredths of a second. It knows no other ids.

use std::hash::BuildHasher;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use hashbrown::DefaultHashBuilder;

use crate::event::{EventId, IdKey};

/// More threads than this only wait for memory.
const MOST_PARTS: usize = 4;
/// Fewer ids than this are not worth a thread.
const LEAST_SHARED: usize = if cfg!(any(test, fuzzing)) { 40 } else { 40_000 };

/// So many ids are taken together.
const TAKEN_AT_ONCE: usize = 64;

/// Four words of a value, and a number above its own; 0 where the slot is free.
type Slot = [u32; 5];

/// The numbers of some UUIDs.
#[derive(Debug, Default)]
pub(super) struct UuidTable {
    /// All of the same size, each with at least one free slot; none, if there are no UUIDs.
    parts: Vec<Vec<Slot>>,
}

/// Where in the table to look first.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    part: usize,
    slot: usize,
}

/// The ids that were there before, and how many UUIDs there are.
pub(super) struct Again {
    /// The places of those that were there before, in no order.
    pub(super) places: Vec<u32>,
    /// How many are UUIDs.
    pub(super) uuids: usize,
}

impl UuidTable {
    /// The table of the UUIDs among these ids; an id that is there twice has the number of its first place.
    pub(super) fn of(ids: &[EventId], hasher: &DefaultHashBuilder) -> (Self, Again) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_PARTS);
        if threads > 1
            && ids.len() >= LEAST_SHARED
            && let Some(filled) = Self::filled(ids, hasher, threads, ids.len() / threads * 3 / 2)
        {
            return filled;
        }
        let uuids = ids.iter().filter(|id| matches!(id.key(), IdKey::Uuid(_))).count();
        let none = || (Self::default(), Again { places: Vec::new(), uuids: 0 });
        if uuids == 0 { none() } else { Self::filled(ids, hasher, 1, uuids + uuids / 2 + 1).unwrap_or_else(none) }
    }

    /// A table of so many parts of a size, unless that is too small.
    fn filled(ids: &[EventId], hasher: &DefaultHashBuilder, parts: usize, size: usize) -> Option<(Self, Again)> {
        let fill = |part: usize| Filling { part, slots: vec![[0; 5]; size], used: 0, again: Vec::new() };
        let filled: Option<Vec<Filling>> = thread::scope(|scope| {
            let others: Vec<_> =
                (1..parts).map(|part| scope.spawn(move || fill(part).take(ids, hasher, parts))).collect();
            let first = fill(0).take(ids, hasher, parts);
            let join = |thread: ScopedJoinHandle<'_, _>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            // Each is waited for, whatever became of those before.
            let all: Vec<Option<Filling>> = [first].into_iter().chain(others.into_iter().map(join)).collect();
            all.into_iter().collect()
        });
        let mut again = Again { places: Vec::new(), uuids: 0 };
        let mut table = Self { parts: Vec::new() };
        for part in filled? {
            again.uuids += part.used + part.again.len();
            again.places.extend(part.again);
            table.parts.push(part.slots);
        }
        Some((table, again))
    }

    /// Where to look for a value first.
    #[inline(always)]
    pub(super) fn start(&self, hasher: &DefaultHashBuilder, value: [u8; 16]) -> Start {
        let size = self.parts.first().map_or(0, Vec::len);
        start(hasher.hash_one(u128::from_ne_bytes(value)), self.parts.len(), size)
    }

    /// Has the processor fetch what is going to be looked at, all of it at the same time.
    #[inline(always)]
    pub(super) fn prepare(&self, starts: impl Iterator<Item = Start>) {
        let slot = |at: Start| self.parts.get(at.part).and_then(|part| part.get(at.slot));
        fetch(starts.map(slot));
    }

    /// The number of a value.
    #[inline(always)]
    pub(super) fn find_from(&self, at: Start, value: [u8; 16]) -> Option<u32> {
        let part = self.parts.get(at.part)?;
        let words = words_of(value);
        let mut at = at.slot;
        loop {
            let [first, second, third, fourth, number] = *part.get(at)?;
            // One number above is 0 where the slot is free.
            if number == 0 || [first, second, third, fourth] == words {
                return number.checked_sub(1);
            }
            at = if at + 1 == part.len() { 0 } else { at + 1 };
        }
    }

    /// Gives each id its number once those that were there before are gone.
    pub(super) fn renumber(&mut self, closed_up: &ClosedUp) {
        let renumber = |part: &mut Vec<Slot>| {
            part.iter_mut().filter(|slot| slot[4] != 0).for_each(|slot| slot[4] = closed_up.number(slot[4] - 1) + 1);
        };
        if let [first, others @ ..] = &mut self.parts[..] {
            thread::scope(|scope| {
                others.iter_mut().for_each(|part| drop(scope.spawn(|| renumber(part))));
                renumber(first);
            });
        }
    }
}

#[inline(always)]
fn start(hash: u64, parts: usize, size: usize) -> Start {
    let scaled = |hash: u64, count: usize| {
        let product = u128::from(hash) * count as u128;
        #[allow(clippy::cast_possible_truncation, reason = "the rest is a hash again")]
        let rest = product as u64;
        (usize::try_from(product >> 64).unwrap_or(0), rest)
    };
    let (part, rest) = scaled(hash, parts);
    Start { part, slot: scaled(rest, size).0 }
}

/// Reads slots, of which each may stand on both sides of a border, and does nothing with them.
#[inline(always)]
fn fetch<'s>(slots: impl Iterator<Item = Option<&'s Slot>>) {
    std::hint::black_box(slots.flatten().fold(0, |all, slot| all | slot[0] | slot[4]));
}

#[inline(always)]
fn words_of(value: [u8; 16]) -> [u32; 4] {
    let word = |from: usize| u32::from_ne_bytes([value[from], value[from + 1], value[from + 2], value[from + 3]]);
    [word(0), word(4), word(8), word(12)]
}

/// One part of a table on its way.
struct Filling {
    part: usize,
    slots: Vec<Slot>,
    used: usize,
    again: Vec<u32>,
}

impl Filling {
    /// Takes those of the ids that belong here, unless there are too many.
    fn take(mut self, ids: &[EventId], hasher: &DefaultHashBuilder, parts: usize) -> Option<Self> {
        let mut ours = [(0, [0; 16], 0); TAKEN_AT_ONCE];
        let mut first = 0_u32;
        for ids in ids.chunks(TAKEN_AT_ONCE) {
            let mut count = 0;
            for (place, id) in (first..).zip(ids) {
                let IdKey::Uuid(value) = id.key() else { continue };
                let start = start(hasher.hash_one(u128::from_ne_bytes(value)), parts, self.slots.len());
                ours[count] = (start.slot, value, place);
                count += usize::from(start.part == self.part);
            }
            first += ids.len() as u32;
            // The processor waits for memory once for all of them.
            fetch(ours[..count].iter().map(|&(at, _, _)| self.slots.get(at)));
            for &(at, value, place) in &ours[..count] {
                self.insert(at, value, place)?;
            }
        }
        Some(self)
    }

    fn insert(&mut self, mut at: usize, value: [u8; 16], place: u32) -> Option<()> {
        let words @ [first, second, third, fourth] = words_of(value);
        loop {
            let slot = self.slots.get_mut(at)?;
            if slot[4] == 0 {
                *slot = [first, second, third, fourth, place + 1];
                self.used += 1;
                // One slot stays free, so that each search ends.
                return (self.used < self.slots.len()).then_some(());
            }
            if slot[..4] == words {
                self.again.push(place);
                return Some(());
            }
            at = if at + 1 == self.slots.len() { 0 } else { at + 1 };
        }
    }
}

/// What is left of a list once those that were there before are taken out.
pub(super) struct ClosedUp {
    /// The places that are taken out, one bit each.
    out: Vec<u64>,
    /// How many are taken out before each word of these.
    before: Vec<u32>,
}

impl ClosedUp {
    /// Takes out these places.
    pub(super) fn new(ids: &[EventId], places: &[u32]) -> Self {
        let mut out = vec![0_u64; ids.len() / 64 + 1];
        places.iter().for_each(|&place| out[place as usize / 64] |= 1 << (place % 64));
        let mut count = 0;
        let mut before = Vec::with_capacity(out.len());
        for word in &out {
            before.push(count);
            count += word.count_ones();
        }
        Self { out, before }
    }

    fn is_out(&self, place: usize) -> bool {
        self.out[place / 64] >> (place % 64) & 1 == 1
    }

    /// The number of the id that stood at this place.
    pub(super) fn number(&self, place: u32) -> u32 {
        let word = place as usize / 64;
        let in_word = self.out[word] & ((1 << (place % 64)) - 1);
        place - self.before[word] - in_word.count_ones()
    }

    /// Takes them out.
    pub(super) fn close(&self, ids: &mut Vec<EventId>) {
        let mut place = 0;
        ids.retain(|_| {
            place += 1;
            !self.is_out(place - 1)
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Some UUIDs, of which every third is there before.
    fn ids(count: u128) -> Vec<EventId> {
        let uuid = |number: u128| uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834));
        let number = |place: u128| if place % 3 == 2 { place / 2 } else { place };
        (0..count).map(|place| EventId::new(&uuid(number(place)).to_string()).expect("an id")).collect()
    }

    #[test]
    fn a_table_of_several_parts_says_what_one_of_a_single_part_says() {
        let (ids, hasher) = (ids(1_000), DefaultHashBuilder::default());
        let mut first_places: HashMap<&EventId, u32> = HashMap::new();
        for (place, id) in (0_u32..).zip(&ids) {
            first_places.entry(id).or_insert(place);
        }
        for parts in 1..=MOST_PARTS {
            let (table, again) = UuidTable::filled(&ids, &hasher, parts, 900).expect("it is large enough");
            assert_eq!((again.uuids, again.places.len()), (ids.len(), ids.len() - first_places.len()));
            for id in &ids {
                let IdKey::Uuid(value) = id.key() else { panic!("all are UUIDs") };
                let found = table.find_from(table.start(&hasher, value), value);
                assert_eq!(found, first_places.get(id).copied(), "{parts} parts");
            }
            let strange = [7; 16];
            assert_eq!(table.find_from(table.start(&hasher, strange), strange), None);
        }
    }

    #[test]
    fn a_part_that_would_be_full_is_given_up() {
        let (ids, hasher) = (ids(100), DefaultHashBuilder::default());
        for parts in 1..=MOST_PARTS {
            assert!(UuidTable::filled(&ids, &hasher, parts, 10).is_none());
        }
    }

    #[test]
    fn what_is_left_is_numbered_in_its_order() {
        let mut left = ids(200);
        let out: Vec<u32> = (0..200).filter(|place| place % 7 == 3 || (64..130).contains(place)).collect();
        let closed_up = ClosedUp::new(&left, &out);
        let places: Vec<u32> = (0..200).filter(|place| !out.contains(place)).collect();
        let expected: Vec<String> = places.iter().map(|&place| left[place as usize].to_string()).collect();
        for (number, &place) in (0..).zip(&places) {
            assert_eq!(closed_up.number(place), number);
        }
        closed_up.close(&mut left);
        assert_eq!(left.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }
}
