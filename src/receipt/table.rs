//! The places of UUIDs in a list: a small table of eight bytes for each, which is looked at only for what
//! passes a smaller filter that goes by a simpler hash. What it finds is held against the id itself.
//!
//! It is filled by several threads where that is worth while, each of which fills its own ranges, so that a
//! million ids are ready in a few hundredths of a second. It knows no other ids.

use wide::u32x4;

use super::closed_up::ClosedUp;
use super::crew::{side_by_side, threads};
use super::filter::{Filter, UuidHasher};
use super::gather::GatheredUuids;
use super::parts::OpenedParts;
use super::ranges::{Placed, Ranges, share};
use crate::event::Halves;
use crate::event::many::fetch;

/// Fewer ids or slots than this are not worth a second thread.
const LEAST_SHARED: usize = if cfg!(any(test, fuzzing)) { 40 } else { 40_000 };

/// So many slots are looked at together.
const FEW: usize = 4;

/// One above the place of the id in the lower bits, and in all others as much of the hash as has room; 0
/// where the slot is free. The smaller the slots, the more of them are in the processor's cache.
type Slot = u32;

/// Slots that are looked at together.
pub(super) type Few = [Slot; FEW];

/// The places of some UUIDs.
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
        Self { slots: Vec::new(), division: Division::for_places(0), filter, hasher }
    }
}

impl UuidTable {
    /// The table of the UUIDs among so many ids; one that is there twice has its first place. The answer is the
    /// places of those that were there before as well, in no order.
    pub(super) fn of(ids: OpenedParts<'_>, count: usize, uuids: GatheredUuids) -> (Self, Vec<u32>) {
        let GatheredUuids { hasher, hashes, ranges, filter } = uuids;
        let mut table = Self { slots: Vec::new(), division: Division::for_places(count), filter, hasher };
        let again = table.fill(ids, count, &hashes, ranges);
        (table, again)
    }

    /// Fills it one range after the other, or several at a time.
    fn fill(&mut self, ids: OpenedParts<'_>, count: usize, hashes: &[(u32, Ranges)], ranges: usize) -> Vec<u32> {
        // Half of it stays free, so that searches are short.
        let size = 2 * count / ranges + 1;
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
        for range in shared(count, fillings, |filling| filling.take(ids, hashes)) {
            again.extend(range.again);
            for place in range.left {
                again.extend(self.insert(ids, place));
            }
        }
        again
    }

    /// Takes an id that had no room in its own range. The answer is its place, if it was there before.
    fn insert(&mut self, ids: OpenedParts<'_>, place: u32) -> Option<u32> {
        let value = ids.value(place)?;
        let hash = self.hasher.of_value(bytemuck::cast(value));
        let mut at = share(hash, self.slots.len());
        while self.slots[at] != 0 {
            let there = self.slots[at];
            if self.division.is_of(there, hash) && ids.value(self.division.place(there)) == Some(value) {
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

    /// The first few slots in which an id with this hash may stand, unless they go on at the beginning.
    #[inline(always)]
    pub(super) fn few(&self, hash: u32) -> Option<&Few> {
        self.slots[share(hash, self.slots.len()).min(self.slots.len())..].first_chunk()
    }

    /// Has the processor fetch such slots, all of them at the same time.
    #[inline(always)]
    pub(super) fn prepare<'f>(few: impl Iterator<Item = Option<&'f Few>>) {
        // The last may lie in a part of the memory that is not fetched with the first.
        fetch(few.map(|few| few.map_or(0, |few| u64::from(few[0] | few[FEW - 1]))));
    }

    /// The first place at which an id with this hash may be.
    #[inline(always)]
    pub(super) fn candidate(&self, hash: u32, few: Option<&Few>) -> Option<u32> {
        // Almost always it ends within these, but at which of them can't be foreseen.
        let Some(few) = few else { return self.candidates(hash).next() };
        let (alike, free) = self.division.among(*few, hash);
        if (alike, free) == (0, 0) {
            return self.candidates(hash).next();
        }
        let number = alike.trailing_zeros() as usize % FEW;
        (alike != 0).then_some(self.division.place(few[number]))
    }

    /// All places at which an id with this hash may be, the first one first.
    fn candidates(&self, hash: u32) -> impl Iterator<Item = u32> {
        let first = share(hash, self.slots.len()).min(self.slots.len());
        let (before, from) = self.slots.split_at(first);
        let used = from.iter().chain(before).copied().take_while(|&slot| slot != 0);
        used.filter(move |&slot| self.division.is_of(slot, hash)).map(|slot| self.division.place(slot))
    }

    /// The slot behind this one.
    #[inline(always)]
    fn behind(&self, at: usize) -> usize {
        if at + 1 == self.slots.len() { 0 } else { at + 1 }
    }

    /// Gives all ids the places that they have once some are taken out of the list.
    pub(super) fn close_up(&mut self, closed_up: &ClosedUp) {
        let division = self.division;
        let share = self.slots.len().div_ceil(threads()).max(1);
        let renumber = |slots: &mut [Slot]| {
            slots.iter_mut().for_each(|slot| {
                // Which are free can't be foreseen.
                let moved = division.moved(*slot, closed_up.place(division.place(*slot)));
                *slot = if *slot == 0 { 0 } else { moved };
            });
        };
        shared(self.slots.len(), self.slots.chunks_mut(share), renumber);
    }

    /// The place of a value; what stands at a place is asked for.
    #[inline(never)]
    pub(super) fn find(&self, value: Halves, value_at: impl Fn(u32) -> Option<Halves>) -> Option<u32> {
        let hash = self.hasher.of_value(bytemuck::cast(value));
        self.candidates(hash).find(|&place| value_at(place) == Some(value))
    }
}

/// How the bits of a slot are divided.
#[derive(Clone, Copy, Debug)]
struct Division {
    /// How many belong to the place.
    bits: u32,
    /// All of these.
    places: Slot,
}

impl Division {
    /// Room for the places of so many ids, of which there are fewer than four billion.
    fn for_places(count: usize) -> Self {
        let bits = usize::BITS - count.leading_zeros();
        Self { bits, places: Slot::MAX.checked_shr(Slot::BITS.saturating_sub(bits)).unwrap_or(0) }
    }

    #[inline(always)]
    fn slot(self, hash: u32, place: u32) -> Slot {
        self.moved(self.part(hash), place)
    }

    /// A slot with this part of a hash, whatever its place, and this place.
    #[inline(always)]
    fn moved(self, part: Slot, place: u32) -> Slot {
        part & !self.places | (place + 1)
    }

    #[inline(always)]
    fn is_of(self, slot: Slot, hash: u32) -> bool {
        (slot ^ self.part(hash)) & !self.places == 0
    }

    /// Which of a few slots are of such a hash, and which are free, one bit for each.
    #[inline(always)]
    fn among(self, slots: [Slot; FEW], hash: u32) -> (u32, u32) {
        let (slots, zero) = (u32x4::new(slots), u32x4::ZERO);
        let free = slots.simd_eq(zero);
        let others = (slots ^ u32x4::splat(self.part(hash))) & u32x4::splat(!self.places);
        ((others.simd_eq(zero) & !free).to_bitmask(), free.to_bitmask())
    }

    /// The place in a slot; any, if it is free.
    #[inline(always)]
    fn place(self, slot: Slot) -> u32 {
        (slot & self.places).saturating_sub(1)
    }

    /// As much of a hash as has room, from its lower end: where a search starts is told by the upper one.
    #[inline(always)]
    fn part(self, hash: u32) -> Slot {
        hash.checked_shl(self.bits).unwrap_or(0)
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
    fn take(mut self, ids: OpenedParts<'_>, hashes: &[(u32, Ranges)]) -> Filled {
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
    fn insert(&mut self, mut at: usize, hash: u32, place: u32, ids: OpenedParts<'_>) {
        loop {
            let Some(there) = self.slots.get_mut(at) else { return self.left.push(place) };
            if *there == 0 {
                *there = self.division.slot(hash, place);
                return;
            }
            if self.division.is_of(*there, hash) && ids.value(self.division.place(*there)) == ids.value(place) {
                return self.again.push(place);
            }
            at += 1;
        }
    }
}

/// The same for each share of so many ids or slots, side by side where that is worth while.
fn shared<P: Send, R: Send>(
    ids: usize,
    shares: impl Iterator<Item = P>,
    work: impl Fn(P) -> R + Send + Sync,
) -> Vec<R> {
    if ids < LEAST_SHARED { shares.map(work).collect() } else { side_by_side(shares.collect(), work) }
}

#[cfg(test)]
mod tests;
