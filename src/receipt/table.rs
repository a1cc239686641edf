//! The numbers of UUIDs: a small table of eight bytes for each, which is looked at only for what passes
//! a smaller filter that goes by a simpler hash. What it finds is held against the id itself.
//!
//! Both are filled by several threads where that is worth while: each hashes a share of the ids and then
//! fills its own part of the table, so that a million ids are ready in a few hundredths of a second. It
//! knows no other ids.

use std::num::NonZero;
use std::ops::BitOr;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use super::filter::{Filter, UuidHasher};
use crate::event::{EventId, IdKey};

/// Fewer ids than this are not worth a thread.
const LEAST_SHARED: usize = if cfg!(any(test, fuzzing)) { 40 } else { 40_000 };
/// More threads than this only wait for memory.
const MOST_PARTS: usize = 4;
/// So many ids are taken together, so that the processor waits for memory once for all of them.
const TAKEN_AT_ONCE: usize = 64;

/// So many slots are looked at together.
const FEW: usize = 4;
/// The last of these is so far from the first.
const FURTHER: usize = FEW - 1;

/// A part of the hash in the upper half, and in the lower one a number above that of the id; 0 where
/// the slot is free.
type Slot = u64;

/// What stands for the hash of an id that is no UUID.
const NO_UUID: u64 = 0;

/// Ids in the order in which they are numbered, as those who gathered them left them.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Vec<Vec<EventId>>,
}

impl Parts {
    /// These parts, one behind the other.
    pub(super) fn new(parts: Vec<Vec<EventId>>) -> Self {
        Self { parts }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &EventId> {
        self.parts.iter().flatten()
    }

    /// The id at a place.
    pub(super) fn get(&self, place: u32) -> &EventId {
        let (mut place, mut part) = (place as usize, 0);
        while place >= self.parts[part].len() {
            place -= self.parts[part].len();
            part += 1;
        }
        &self.parts[part][place]
    }

    /// All of them as one list.
    pub(super) fn joined(self) -> Vec<EventId> {
        let mut parts = self.parts.into_iter();
        let mut ids = parts.next().unwrap_or_default();
        // The first may have room for all others.
        parts.for_each(|mut part| ids.append(&mut part));
        ids
    }
}

/// The numbers of some UUIDs.
#[derive(Debug)]
pub(super) struct UuidTable {
    /// With at least one free slot; none, if there are no UUIDs. An id stands in the first slot behind its
    /// start that was free, and the table goes on at its beginning behind its end.
    slots: Vec<Slot>,
    filter: Filter,
    hasher: UuidHasher,
}

impl Default for UuidTable {
    fn default() -> Self {
        Self { slots: Vec::new(), filter: Filter::with_room_for(0), hasher: UuidHasher::default() }
    }
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
    pub(super) fn of(ids: &Parts) -> (Self, Again) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_PARTS);
        let threads = if ids.len() >= LEAST_SHARED { threads } else { 1 };
        Self::filled(ids, 1 << threads.ilog2())
    }

    /// The table, filled in so many parts, which are a power of two.
    fn filled(ids: &Parts, parts: usize) -> (Self, Again) {
        // Half of it stays free, so that searches are short.
        let size = 2 * ids.len() / parts + 1;
        let hasher = UuidHasher::default();
        let mut table = Self { slots: vec![0; size * parts], filter: Filter::with_room_for(ids.len()), hasher };
        let mut hashes = vec![0; ids.len()];
        for filter in hashed(ids, &hasher, &mut hashes, parts) {
            table.filter.join(&filter);
        }
        let fillings = table.slots.chunks_mut(size).enumerate().map(|(part, slots)| Filling {
            first: part * size,
            slots,
            all: size * parts,
            used: 0,
            again: Vec::new(),
            left: Vec::new(),
        });
        let mut again = Again { places: Vec::new(), uuids: 0 };
        for part in side_by_side(fillings, |filling| filling.take(ids, &hashes)) {
            again.uuids += part.used + part.again.len();
            again.places.extend(part.again);
            for place in part.left {
                again.uuids += 1;
                again.places.extend(table.insert(ids, place));
            }
        }
        if again.uuids == 0 {
            table = Self::default();
        }
        (table, again)
    }

    /// Takes an id that had no room in its own part. The answer is its place, if it was there before.
    fn insert(&mut self, ids: &Parts, place: u32) -> Option<u32> {
        let value = value_of(ids.get(place))?;
        let hash = self.hash(value);
        let mut at = start(hash, self.slots.len());
        while self.slots[at] != 0 {
            if is_of(self.slots[at], hash) && ids.get(number_of(self.slots[at])).key() == IdKey::Uuid(value) {
                return Some(place);
            }
            at = self.behind(at);
        }
        self.slots[at] = slot(hash, place);
        None
    }

    /// Rules out the sketches of most UUIDs that are not here.
    #[inline(always)]
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// What hashes are made with.
    #[inline(always)]
    pub(super) fn hasher(&self) -> &UuidHasher {
        &self.hasher
    }

    /// The hash of a value.
    #[inline(always)]
    pub(super) fn hash(&self, value: [u8; 16]) -> u64 {
        self.hasher.of_value(value)
    }

    /// Has the processor fetch what is going to be looked at, all of it at the same time.
    #[inline(always)]
    pub(super) fn prepare(&self, hashes: impl Iterator<Item = u64>) {
        let slot = |at: usize| self.slots.get(at).copied().unwrap_or(0);
        fetch(hashes.flat_map(|hash| {
            let first = start(hash, self.slots.len());
            // The last may lie in a part of the memory that is not fetched with the first.
            [first, first.saturating_add(FURTHER)].map(slot)
        }));
    }

    /// The first number that an id with this hash may have.
    #[inline(always)]
    pub(super) fn candidate(&self, hash: u64) -> Option<Candidate> {
        let at = start(hash, self.slots.len());
        let Some(few) = self.slots[at.min(self.slots.len())..].first_chunk::<FEW>() else {
            return self.next_candidate(hash, at);
        };
        // Almost always it ends within these, but at which of them can't be foreseen.
        let mask = |is: &dyn Fn(u64) -> bool| u32::from_le_bytes(few.map(|slot| u8::from(is(slot))));
        let alike = mask(&|slot| is_of(slot, hash) & (slot != 0));
        let free = mask(&|slot| slot == 0);
        if (alike, free) == (0, 0) {
            return self.next_candidate(hash, at);
        }
        let number = alike.trailing_zeros() as usize / 8 % FEW;
        let candidate = Candidate { at: at + number, number: above(few[number]).wrapping_sub(1) };
        (alike != 0).then_some(candidate)
    }

    fn next_candidate(&self, hash: u64, mut at: usize) -> Option<Candidate> {
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if is_of(slot, hash) {
                return Some(Candidate { at, number: number_of(slot) });
            }
            at = self.behind(at);
        }
    }

    /// The slot behind this one.
    #[inline(always)]
    fn behind(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// The number of a value, which is this candidate or one behind it.
    #[inline(always)]
    pub(super) fn find_from(&self, ids: &[EventId], candidate: Candidate, value: [u8; 16]) -> Option<u32> {
        let Candidate { mut at, mut number } = candidate;
        // Almost always it is the first.
        while ids.get(number as usize)?.key() != IdKey::Uuid(value) {
            Candidate { at, number } = self.next_candidate(self.hash(value), self.behind(at))?;
        }
        Some(number)
    }

    /// The number of a value.
    pub(super) fn find(&self, ids: &[EventId], value: [u8; 16]) -> Option<u32> {
        self.find_from(ids, self.candidate(self.hash(value))?, value)
    }

    /// Takes out the ids that were there before, and gives all others the numbers that they have then. The
    /// answer is what is left.
    pub(super) fn close_up(&mut self, mut ids: Parts, closed_up: &ClosedUp) -> Vec<EventId> {
        let renumber = |slots: &mut [Slot]| {
            slots.iter_mut().filter(|slot| **slot != 0).for_each(|slot| {
                *slot = numbered(*slot, closed_up.number(number_of(*slot)));
            });
        };
        let mut first = 0;
        let parts = ids.parts.iter_mut().map(|part| {
            let place = first;
            first += part.len();
            (place, part)
        });
        if self.slots.len() < LEAST_SHARED {
            renumber(&mut self.slots);
            parts.for_each(|(place, part)| closed_up.close(place, part));
            return ids.joined();
        }
        let half = self.slots.len().div_ceil(2);
        thread::scope(|scope| {
            for (place, part) in parts {
                scope.spawn(move || closed_up.close(place, part));
            }
            for slots in self.slots.chunks_mut(half) {
                scope.spawn(|| renumber(slots));
            }
        });
        ids.joined()
    }
}

/// The lower half of a slot.
const NUMBERS: u64 = 0xffff_ffff;

/// Where an id may stand, and the number that stands there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Candidate {
    at: usize,
    pub(super) number: u32,
}

/// The value of an id that is a UUID.
#[inline(always)]
fn value_of(id: &EventId) -> Option<[u8; 16]> {
    match id.key() {
        IdKey::Uuid(value) => Some(value),
        IdKey::Bytes(_) => None,
    }
}

#[inline(always)]
fn start(hash: u64, size: usize) -> usize {
    usize::try_from((u128::from(hash) * size as u128) >> 64).unwrap_or(0)
}

#[inline(always)]
fn slot(hash: u64, place: u32) -> Slot {
    numbered(hash << 16, place)
}

/// A slot with this upper half and number.
#[inline(always)]
fn numbered(upper: u64, number: u32) -> Slot {
    upper & !NUMBERS | u64::from(number + 1)
}

#[inline(always)]
fn is_of(slot: Slot, hash: u64) -> bool {
    (slot ^ hash << 16) & !NUMBERS == 0
}

/// The number in a slot that is not free.
#[inline(always)]
fn number_of(slot: Slot) -> u32 {
    above(slot) - 1
}

/// A number above the one in a slot.
#[inline(always)]
fn above(slot: Slot) -> u32 {
    #[allow(clippy::cast_possible_truncation, reason = "it is the lower half")]
    let above = slot as u32;
    above
}

/// Reads what is going to be needed, and does nothing with it.
#[inline(always)]
pub(super) fn fetch(words: impl Iterator<Item = u64>) {
    std::hint::black_box(words.fold(0, BitOr::bitor));
}

/// Hashes all ids, and puts their sketches into filters of the same size, by so many threads.
fn hashed(ids: &Parts, hasher: &UuidHasher, hashes: &mut [u64], threads: usize) -> Vec<Filter> {
    // A part was gathered by one thread and may be long, so each has its share of each part.
    let mut shares: Vec<Vec<(&[EventId], &mut [u64])>> = std::iter::repeat_with(Vec::new).take(threads).collect();
    let mut rest = hashes;
    for part in &ids.parts {
        let (of_part, behind) = rest.split_at_mut(part.len());
        rest = behind;
        let share = part.len().div_ceil(threads).max(1);
        let pieces = part.chunks(share).zip(of_part.chunks_mut(share));
        shares.iter_mut().zip(pieces).for_each(|(share, piece)| share.push(piece));
    }
    side_by_side(shares.into_iter(), |share| {
        let mut filter = Filter::with_room_for(ids.len());
        for (ids, hashes) in share {
            for (id, hash) in ids.iter().zip(hashes) {
                let Some(value) = value_of(id) else { continue };
                // The table can't tell the two smallest hashes apart, so that one of them may stand for both.
                *hash = hasher.of_value(value).max(NO_UUID + 1);
                filter.add(hasher.sketch_of_value(value));
            }
        }
        filter
    })
}

/// One part of a table on its way.
struct Filling<'t> {
    slots: &'t mut [Slot],
    /// The number of the first of these slots.
    first: usize,
    /// How many there are in all parts.
    all: usize,
    used: usize,
    again: Vec<u32>,
    left: Vec<u32>,
}

/// What became of the ids of a part.
struct Filled {
    used: usize,
    /// The places of those that were there before.
    again: Vec<u32>,
    /// The places of those that have no room in the part, in their order.
    left: Vec<u32>,
}

impl Filling<'_> {
    /// Takes those of the ids that belong here. Of each there is the hash, or [`NO_UUID`].
    fn take(mut self, ids: &Parts, hashes: &[u64]) -> Filled {
        // They are zero already. But memory that is read before it is written is mapped twice, and the second
        // time every processor must be told.
        self.slots.fill(0);
        let mut ours = [(0, 0, 0); TAKEN_AT_ONCE];
        let mut first = 0_u32;
        for few in hashes.chunks(TAKEN_AT_ONCE) {
            let mut count = 0;
            for (place, &hash) in (first..).zip(few) {
                let at = start(hash, self.all).wrapping_sub(self.first);
                // Written down whether it belongs here or not: that can't be foreseen.
                ours[count] = (at, hash, place);
                count += usize::from((at < self.slots.len()) & (hash != NO_UUID));
            }
            first += few.len() as u32;
            let ours = &ours[..count];
            fetch(ours.iter().map(|&(at, _, _)| self.slots[at]));
            ours.iter().for_each(|&(at, hash, place)| self.insert(at, hash, place, ids));
        }
        Filled { used: self.used, again: self.again, left: self.left }
    }

    #[inline(always)]
    fn insert(&mut self, mut at: usize, hash: u64, place: u32, ids: &Parts) {
        loop {
            let Some(there) = self.slots.get_mut(at) else { return self.left.push(place) };
            if *there == 0 {
                *there = slot(hash, place);
                self.used += 1;
                return;
            }
            if is_of(*there, hash) && ids.get(number_of(*there)) == ids.get(place) {
                return self.again.push(place);
            }
            at += 1;
        }
    }
}

/// The same for each of some parts, one thread for each.
fn side_by_side<P: Send, R: Send>(parts: impl Iterator<Item = P>, work: impl Fn(P) -> R + Sync) -> Vec<R> {
    let (work, mut parts) = (&work, parts);
    let Some(first) = parts.next() else { return Vec::new() };
    thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(move || work(part))).collect();
        let first = work(first);
        let join = |thread: ScopedJoinHandle<'_, R>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        [first].into_iter().chain(others.into_iter().map(join)).collect()
    })
}

/// What is left of a list once those that were there before are taken out.
pub(super) struct ClosedUp {
    /// The places that are taken out, one bit each.
    out: Vec<u64>,
    /// How many are taken out before each word of these.
    before: Vec<u32>,
}

impl ClosedUp {
    /// Takes these places out of a list of so many.
    pub(super) fn new(count: usize, places: &[u32]) -> Self {
        let mut out = vec![0_u64; count / 64 + 1];
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

    /// Takes them out of a part that begins at this place.
    fn close(&self, mut place: usize, part: &mut Vec<EventId>) {
        part.retain(|_| {
            place += 1;
            !self.is_out(place - 1)
        });
    }
}

#[cfg(test)]
mod tests;
