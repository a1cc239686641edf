//! Places in a block where wanted UUIDs may stand, found and not looked at yet.

use crate::receipt::filter::Filter;

/// So many sketches are looked up together, so that the processor waits for memory once for all of them.
pub(super) const TOGETHER: usize = if cfg!(any(test, fuzzing)) { 3 } else { 256 };

/// Where wanted UUIDs may stand in the block.
#[derive(Default)]
pub(super) struct Likely {
    /// Places, with the sketches of what stands there, that were not held against the filter yet.
    waiting: Vec<(usize, u64)>,
    waiting_count: usize,
    places: Vec<usize>,
    count: usize,
}

impl Likely {
    /// Room for so many more places with their sketches. Who has put some in says so.
    #[inline(always)]
    pub(super) fn room_for(&mut self, most: usize) -> &mut [(usize, u64)] {
        let enough = self.waiting_count + most;
        if self.waiting.len() < enough {
            self.waiting.resize(2 * enough, (0, 0));
        }
        &mut self.waiting[self.waiting_count..enough]
    }

    /// So many were put in.
    #[inline(always)]
    pub(super) fn put_in(&mut self, count: usize, filter: &Filter) {
        self.waiting_count += count;
        if self.waiting_count >= TOGETHER {
            self.settle(filter);
        }
    }

    /// Keeps the places that were put in and that the filter does not rule out.
    #[inline(always)]
    pub(super) fn settle(&mut self, filter: &Filter) {
        let enough = self.count + self.waiting_count;
        if self.places.len() < enough {
            self.places.resize(2 * enough, 0);
        }
        let (room, mut kept, filter) = (&mut self.places[self.count..enough], 0, filter.opened());
        for &(place, sketch) in &self.waiting[..self.waiting_count] {
            // Written down whether it may be wanted or not: that can't be foreseen.
            room[kept] = place;
            kept += usize::from(filter.may_hold(sketch));
        }
        self.count += kept;
        self.waiting_count = 0;
    }

    /// What was kept; nothing else may be waiting.
    pub(super) fn kept(&self) -> &[usize] {
        debug_assert_eq!(self.waiting_count, 0, "places that were not held against the filter");
        &self.places[..self.count]
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        (self.waiting_count, self.count) = (0, 0);
    }
}

/// The numbers of the bits that are set.
#[inline(always)]
pub(super) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        at
    })
}
