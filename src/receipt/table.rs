//! The numbers of UUIDs: a small table of eight bytes for each, which is looked at only for what passes
//! a smaller filter that goes by a simpler hash. What it finds is held against the id itself.
//!
//! It is filled by several threads where that is worth while, each of which fills its own part, so that a
//! million ids are ready in a few hundredths of a second. It knows no other ids.

use wide::u32x4;

use super::closed_up::ClosedUp;
use super::crew::side_by_side;
use super::filter::{Filter, UuidHasher};
use super::gather::GatheredUuids;
use super::parts::Parts;
use super::ranges::{Placed, Ranges, share};
use crate::event::many::fetch;
use crate::event::{EventId, IdKey};

/// Fewer ids than this are not worth a second thread.
const LEAST_SHARED: usize = if cfg!(any(test, fuzzing)) { 40 } else { 40_000 };

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
    /// The table of the UUIDs among these ids; an id that is there twice has the number of its first place. The
    /// answer is the places of those that were there before as well, in no order.
    pub(super) fn of(ids: &Parts, uuids: GatheredUuids) -> (Self, Vec<u32>) {
        let GatheredUuids { hasher, hashes, ranges, filter } = uuids;
        let mut table = Self { slots: Vec::new(), division: Division::for_numbers(ids.len()), filter, hasher };
        let again = table.fill(ids, &hashes, ranges);
        (table, again)
    }

    /// Fills it one range after the other, or several at a time.
    fn fill(&mut self, ids: &Parts, hashes: &[(u32, Ranges)], ranges: usize) -> Vec<u32> {
        // Half of it stays free, so that searches are short.
        let size = 2 * ids.len() / ranges + 1;
        self.slots = vec![0; size * ranges];
        let (division, all) = (self.division, self.slots.len());
        let fillings = self.slots.chunks_mut(size).enumerate().map(|(range, slots)| Filling {
            range,
            slots,
            division,
            all,
            again: Vec::new(),
            left: Vec::new(),
        });
        let mut again = Vec::new();
        for range in shared(ids.len(), fillings, |filling| filling.take(ids, hashes)) {
            again.extend(range.again);
            for place in range.left {
                again.extend(self.insert(ids, place));
            }
        }
        again
    }

    /// Takes an id that had no room in its own part. The answer is its place, if it was there before.
    fn insert(&mut self, ids: &Parts, place: u32) -> Option<u32> {
        let value = value_of(&ids[place])?;
        let hash = self.hash(value);
        let mut at = share(hash, self.slots.len());
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
    pub(super) fn hash(&self, value: [u8; 16]) -> u32 {
        self.hasher.of_value(value)
    }

    /// Has the processor fetch what is going to be looked at, all of it at the same time.
    #[inline(always)]
    pub(super) fn prepare(&self, hashes: impl Iterator<Item = u32>) {
        let slot = |at: usize| u64::from(self.slots.get(at).copied().unwrap_or(0));
        fetch(hashes.flat_map(|hash| {
            let first = share(hash, self.slots.len());
            // The last may lie in a part of the memory that is not fetched with the first.
            [first, first.saturating_add(FURTHER)].map(slot)
        }));
    }

    /// The first number that an id with this hash may have.
    #[inline(always)]
    pub(super) fn candidate(&self, hash: u32) -> Option<Candidate> {
        let at = share(hash, self.slots.len());
        let Some(few) = self.slots[at.min(self.slots.len())..].first_chunk::<FEW>() else {
            return self.next_candidate(hash, at);
        };
        // Almost always it ends within these, but at which of them can't be foreseen.
        let (alike, free) = self.division.among(*few, hash);
        if (alike, free) == (0, 0) {
            return self.next_candidate(hash, at);
        }
        let number = alike.trailing_zeros() as usize % FEW;
        let candidate = Candidate { at: at + number, number: self.division.number(few[number]) };
        (alike != 0).then_some(candidate)
    }

    fn next_candidate(&self, hash: u32, mut at: usize) -> Option<Candidate> {
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
    pub(super) fn find_from(
        &self,
        ids: &Parts,
        candidate: Candidate,
        id: Option<&EventId>,
        value: [u8; 16],
    ) -> Option<u32> {
        // Almost always it is the first.
        if id?.key() == IdKey::Uuid(value) { Some(candidate.number) } else { self.find_behind(ids, candidate, value) }
    }

    /// The number of a value that is not that of this candidate.
    #[cold]
    #[inline(never)]
    fn find_behind(&self, ids: &Parts, mut candidate: Candidate, value: [u8; 16]) -> Option<u32> {
        loop {
            candidate = self.next_candidate(self.hash(value), self.behind(candidate.at))?;
            if ids.get(candidate.number)?.key() == IdKey::Uuid(value) {
                return Some(candidate.number);
            }
        }
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
            slots.iter_mut().for_each(|slot| {
                // Which are free can't be foreseen.
                let numbered = division.numbered(*slot, closed_up.number(division.number(*slot)));
                *slot = if *slot == 0 { 0 } else { numbered };
            });
        };
        let count = ids.len();
        let parts: Vec<(usize, Vec<EventId>)> = ids.into_parts().collect();
        let share = self.slots.len().div_ceil(parts.len().max(1)).max(1);
        let mut slots = self.slots.chunks_mut(share);
        let shares = parts.into_iter().map(|part| (part, slots.next().unwrap_or_default()));
        Parts::new(shared(count, shares, |((first, part), slots)| {
            renumber(slots);
            closed_up.close(first, part)
        }))
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
    fn slot(self, hash: u32, number: u32) -> Slot {
        self.numbered(self.part(hash), number)
    }

    /// A slot with this part of a hash, whatever its number, and this number.
    #[inline(always)]
    fn numbered(self, part: Slot, number: u32) -> Slot {
        part & !self.numbers | (number + 1)
    }

    #[inline(always)]
    fn is_of(self, slot: Slot, hash: u32) -> bool {
        (slot ^ self.part(hash)) & !self.numbers == 0
    }

    /// Which of a few slots are of such a hash, and which are free, one bit for each.
    #[inline(always)]
    fn among(self, slots: [Slot; FEW], hash: u32) -> (u32, u32) {
        let (slots, zero) = (u32x4::new(slots), u32x4::ZERO);
        let free = slots.simd_eq(zero);
        let others = (slots ^ u32x4::splat(self.part(hash))) & u32x4::splat(!self.numbers);
        ((others.simd_eq(zero) & !free).to_bitmask(), free.to_bitmask())
    }

    /// The number in a slot; any, if it is free.
    #[inline(always)]
    fn number(self, slot: Slot) -> u32 {
        (slot & self.numbers).saturating_sub(1)
    }

    /// As much of a hash as has room, from its lower end: where a search starts is told by the upper one.
    #[inline(always)]
    fn part(self, hash: u32) -> Slot {
        hash.checked_shl(self.bits).unwrap_or(0)
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

/// One range of a table on its way.
struct Filling<'t> {
    /// Its number.
    range: usize,
    slots: &'t mut [Slot],
    division: Division,
    /// How many there are in all ranges, each of which has as many as this.
    all: usize,
    again: Vec<u32>,
    left: Vec<u32>,
}

/// What became of the ids of a range.
struct Filled {
    /// The places of those that were there before.
    again: Vec<u32>,
    /// The places of those that have no room in the range, in their order.
    left: Vec<u32>,
}

impl Filling<'_> {
    /// Takes the ids of this range, whose hashes are told part by part.
    fn take(mut self, ids: &Parts, hashes: &[(u32, Ranges)]) -> Filled {
        // They are zero already. But memory that is read before it is written is mapped twice, and the second
        // time every processor must be told.
        self.slots.fill(0);
        let first_slot = self.range * self.slots.len();
        for (first, hashes) in hashes {
            for &Placed { hash, place } in hashes.range(self.range) {
                self.insert(share(hash, self.all) - first_slot, hash, first + place, ids);
            }
        }
        Filled { again: self.again, left: self.left }
    }

    #[inline(always)]
    fn insert(&mut self, mut at: usize, hash: u32, place: u32, ids: &Parts) {
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

/// The same for each share of so many ids, side by side where that is worth while.
fn shared<P: Send, R: Send>(
    ids: usize,
    shares: impl Iterator<Item = P>,
    work: impl Fn(P) -> R + Send + Sync,
) -> Vec<R> {
    if ids < LEAST_SHARED { shares.map(work).collect() } else { side_by_side(shares.collect(), work) }
}

#[cfg(test)]
mod tests;
