//! Places in a block where wanted UUIDs may stand, found and not looked at yet.

/// Where wanted UUIDs may stand in the block.
#[derive(Default)]
pub(super) struct Likely {
    places: Vec<usize>,
    count: usize,
}

impl Likely {
    /// Room for so many more. Who has filled some of it says so.
    #[inline(always)]
    pub(super) fn room_for(&mut self, most: usize) -> &mut [usize] {
        let enough = self.count + most;
        if self.places.len() < enough {
            self.places.resize(2 * enough, 0);
        }
        &mut self.places[self.count..enough]
    }

    /// Keeps so many that were put into the room.
    #[inline(always)]
    pub(super) fn keep(&mut self, count: usize) {
        self.count += count;
    }

    /// Forgets them all.
    pub(super) fn clear(&mut self) {
        self.count = 0;
    }

    /// What was kept so far.
    pub(super) fn kept(&self) -> &[usize] {
        &self.places[..self.count]
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
