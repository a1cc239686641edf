//! The numbers of UUIDs: a small table of eight bytes for each, which is looked at only for what passes
//! a smaller filter that goes by a simpler hash. What it finds is held against the id itself.
//!
//! It is filled by several threads where that is worth while, each of which fills its own part, so that a
//! million ids are ready in a few hundredths of a second. It knows no other ids.

use std::num::NonZero;
use std::ops::BitOr;
use std::panic::resume_unwind;
use std::thread::{self, ScopedJoinHandle};

use super::closed_up::ClosedUp;
use super::filter::{Filter, UuidHasher};
use super::gather::NO_UUID;
use super::parts::Parts;
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

/// A number above that of the id in the lower bits, and in all others as much of the hash as has room; 0
/// where the slot is free. The smaller the slots, the more of them are in the processor's cache.
type Slot = u32;

/// The numbers of some UUIDs.
#[derive(Debug)]
pub(super) struct UuidTable {
    /// With at least one free slot; none, if there are no UUIDs. An id stands in the first slot behind its
    /// start that was free, and the table goes on at its beginning behind its end.
    slots: Vec<Slot>,
    division: Division,
    filter: Filter,
    hasher: UuidHasher,
}

impl Default for UuidTable {
    fn default() -> Self {
        let (filter, hasher) = (Filter::with_room_for(0), UuidHasher::default());
        Self { slots: Vec::new(), division: Division::for_numbers(0), filter, hasher }
    }
}

impl UuidTable {
    /// The table of the UUIDs among these ids, of each of which there is the hash or [`NO_UUID`]; an id that is
    /// there twice has the number of its first place. The answer is the places of those that were there before
    /// as well, in no order.
    pub(super) fn of(ids: &Parts, hashes: &[Vec<u64>], hasher: UuidHasher, filter: Filter) -> (Self, Vec<u32>) {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_PARTS);
        let threads = if ids.len() >= LEAST_SHARED { threads } else { 1 };
        let mut table = Self { slots: Vec::new(), division: Division::for_numbers(0), filter, hasher };
        let again = table.fill(ids, hashes, 1 << threads.ilog2());
        (table, again)
    }

    /// Fills it in so many parts, which are a power of two.
    fn fill(&mut self, ids: &Parts, hashes: &[Vec<u64>], parts: usize) -> Vec<u32> {
        self.division = Division::for_numbers(ids.len());
        // Half of it stays free, so that searches are short.
        let size = 2 * ids.len() / parts + 1;
        self.slots = vec![0; size * parts];
        let fillings = self.slots.chunks_mut(size).enumerate().map(|(part, slots)| Filling {
            first: part * size,
            slots,
            division: self.division,
            all: size * parts,
            again: Vec::new(),
            left: Vec::new(),
        });
        let mut again = Vec::new();
        for part in side_by_side(fillings, |filling| filling.take(ids, hashes)) {
            again.extend(part.again);
            for place in part.left {
                again.extend(self.insert(ids, place));
            }
        }
        again
    }

    /// Takes an id that had no room in its own part. The answer is its place, if it was there before.
    fn insert(&mut self, ids: &Parts, place: u32) -> Option<u32> {
        let value = value_of(&ids[place])?;
        let hash = self.hash(value);
        let mut at = start(hash, self.slots.len());
        while self.slots[at] != 0 {
            let there = self.slots[at];
            if self.division.is_of(there, hash) && value_of(&ids[self.division.number(there)]) == Some(value) {
                return Some(place);
            }
            at = self.behind(at);
        }
        self.slots[at] = self.division.slot(hash, place);
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
        let slot = |at: usize| u64::from(self.slots.get(at).copied().unwrap_or(0));
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
        let mask = |is: &dyn Fn(Slot) -> bool| u32::from_le_bytes(few.map(|slot| u8::from(is(slot))));
        let alike = mask(&|slot| self.division.is_of(slot, hash) & (slot != 0));
        let free = mask(&|slot| slot == 0);
        if (alike, free) == (0, 0) {
            return self.next_candidate(hash, at);
        }
        let number = alike.trailing_zeros() as usize / 8 % FEW;
        let candidate = Candidate { at: at + number, number: self.division.number(few[number]) };
        (alike != 0).then_some(candidate)
    }

    fn next_candidate(&self, hash: u64, mut at: usize) -> Option<Candidate> {
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if self.division.is_of(slot, hash) {
                return Some(Candidate { at, number: self.division.number(slot) });
            }
            at = self.behind(at);
        }
    }

    /// The slot behind this one.
    #[inline(always)]
    fn behind(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// The number of a value, which is that of this candidate, whose id this is, or of one behind it.
    #[inline(always)]
    pub(super) fn find_from<'i>(
        &self,
        ids: &'i Parts,
        candidate: Candidate,
        mut id: Option<&'i EventId>,
        value: [u8; 16],
    ) -> Option<u32> {
        let Candidate { mut at, mut number } = candidate;
        // Almost always it is the first.
        while id?.key() != IdKey::Uuid(value) {
            Candidate { at, number } = self.next_candidate(self.hash(value), self.behind(at))?;
            id = ids.get(number);
        }
        Some(number)
    }

    /// The number of a value.
    pub(super) fn find(&self, ids: &Parts, value: [u8; 16]) -> Option<u32> {
        let candidate = self.candidate(self.hash(value))?;
        self.find_from(ids, candidate, ids.get(candidate.number), value)
    }

    /// Takes out the ids that were there before, and gives all others the numbers that they have then. The
    /// answer is what is left.
    pub(super) fn close_up(&mut self, ids: Parts, closed_up: &ClosedUp) -> Parts {
        let division = self.division;
        let renumber = |slots: &mut [Slot]| {
            slots.iter_mut().filter(|slot| **slot != 0).for_each(|slot| {
                *slot = division.numbered(*slot, closed_up.number(division.number(*slot)));
            });
        };
        if self.slots.len() < LEAST_SHARED {
            renumber(&mut self.slots);
            return Parts::new(ids.into_parts().map(|(first, part)| closed_up.close(first, part)).collect());
        }
        let half = self.slots.len().div_ceil(2);
        thread::scope(|scope| {
            let close = |(first, part)| scope.spawn(move || closed_up.close(first, part));
            let parts: Vec<_> = ids.into_parts().map(close).collect();
            for slots in self.slots.chunks_mut(half) {
                scope.spawn(|| renumber(slots));
            }
            Parts::new(parts.into_iter().map(joined).collect())
        })
    }
}

/// How the bits of a slot are divided.
#[derive(Clone, Copy, Debug)]
struct Division {
    /// How many belong to the number.
    bits: u32,
    /// All of these.
    numbers: Slot,
}

impl Division {
    /// Room for the numbers of so many ids, of which there are fewer than four billion.
    fn for_numbers(count: usize) -> Self {
        let bits = usize::BITS - count.leading_zeros();
        Self { bits, numbers: Slot::MAX.checked_shr(Slot::BITS.saturating_sub(bits)).unwrap_or(0) }
    }

    #[inline(always)]
    fn slot(self, hash: u64, number: u32) -> Slot {
        self.numbered(self.part(hash), number)
    }

    /// A slot with this part of a hash, whatever its number, and this number.
    #[inline(always)]
    fn numbered(self, part: Slot, number: u32) -> Slot {
        part & !self.numbers | (number + 1)
    }

    #[inline(always)]
    fn is_of(self, slot: Slot, hash: u64) -> bool {
        (slot ^ self.part(hash)) & !self.numbers == 0
    }

    /// The number in a slot that is not free.
    #[inline(always)]
    fn number(self, slot: Slot) -> u32 {
        (slot & self.numbers).wrapping_sub(1)
    }

    /// As much of a hash as has room, from its lower end: where a search starts is told by the upper one.
    #[inline(always)]
    fn part(self, hash: u64) -> Slot {
        #[allow(clippy::cast_possible_truncation, reason = "there is room for so many bits")]
        let part = (hash << self.bits) as Slot;
        part
    }
}

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

/// Reads what is going to be needed, and does nothing with it.
#[inline(always)]
pub(super) fn fetch(words: impl Iterator<Item = u64>) {
    std::hint::black_box(words.fold(0, BitOr::bitor));
}

/// One part of a table on its way.
struct Filling<'t> {
    slots: &'t mut [Slot],
    division: Division,
    /// The number of the first of these slots.
    first: usize,
    /// How many there are in all parts.
    all: usize,
    again: Vec<u32>,
    left: Vec<u32>,
}

/// What became of the ids of a part.
struct Filled {
    /// The places of those that were there before.
    again: Vec<u32>,
    /// The places of those that have no room in the part, in their order.
    left: Vec<u32>,
}

impl Filling<'_> {
    /// Takes those of the ids that belong here. Of each there is the hash, or [`NO_UUID`].
    fn take(mut self, ids: &Parts, hashes: &[Vec<u64>]) -> Filled {
        // They are zero already. But memory that is read before it is written is mapped twice, and the second
        // time every processor must be told.
        self.slots.fill(0);
        let mut ours = [(0, 0, 0); TAKEN_AT_ONCE];
        let mut first = 0_u32;
        for few in hashes.iter().flat_map(|part| part.chunks(TAKEN_AT_ONCE)) {
            let mut count = 0;
            for (place, &hash) in (first..).zip(few) {
                let at = start(hash, self.all).wrapping_sub(self.first);
                // Written down whether it belongs here or not: that can't be foreseen.
                ours[count] = (at, hash, place);
                count += usize::from((at < self.slots.len()) & (hash != NO_UUID));
            }
            first += few.len() as u32;
            let ours = &ours[..count];
            fetch(ours.iter().map(|&(at, _, _)| u64::from(self.slots[at])));
            ours.iter().for_each(|&(at, hash, place)| self.insert(at, hash, place, ids));
        }
        Filled { again: self.again, left: self.left }
    }

    #[inline(always)]
    fn insert(&mut self, mut at: usize, hash: u64, place: u32, ids: &Parts) {
        loop {
            let Some(there) = self.slots.get_mut(at) else { return self.left.push(place) };
            if *there == 0 {
                *there = self.division.slot(hash, place);
                return;
            }
            if self.division.is_of(*there, hash) && ids[self.division.number(*there)] == ids[place] {
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
        [first].into_iter().chain(others.into_iter().map(joined)).collect()
    })
}

fn joined<R>(thread: ScopedJoinHandle<'_, R>) -> R {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests;
