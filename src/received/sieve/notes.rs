//! Places in a block that were found and not looked at yet.

use super::chunk::CHUNK;
use crate::receipt::filter::Filter;

/// So many chunks are looked at before what was found is.
pub(super) const STRETCH: usize = 32;

/// What was found in a stretch.
pub(super) struct Notes {
    /// The first dashes of what may be UUIDs.
    pub(super) dashes: Places,
    /// The ends of lines.
    pub(super) newlines: Places,
}

impl Notes {
    /// Room for a stretch.
    pub(super) fn new() -> Self {
        Self { dashes: Places::new(), newlines: Places::new() }
    }
}

/// Places in the block, in a row.
pub(super) struct Places {
    places: Vec<usize>,
    pub(super) count: usize,
}

impl Places {
    /// Most chunks have no more; these are written whether they are there or not.
    const FEW: usize = 2;

    fn new() -> Self {
        Self { places: vec![0; (STRETCH + 2) * CHUNK + Self::FEW], count: 0 }
    }

    /// Notes the bits of a chunk that begins there.
    #[inline(always)]
    pub(super) fn note(&mut self, from: usize, mut bits: u64) {
        let count = bits.count_ones() as usize;
        let room = &mut self.places[self.count..];
        if let Some(few) = room.first_chunk_mut::<{ Self::FEW }>() {
            for place in few {
                *place = from.wrapping_add(bits.trailing_zeros() as usize);
                bits &= bits.wrapping_sub(1);
            }
        }
        if count > Self::FEW {
            for (place, at) in room[Self::FEW..].iter_mut().zip(ones(bits)) {
                *place = from.wrapping_add(at);
            }
        }
        self.count += count;
    }

    /// What was noted so far.
    pub(super) fn noted(&self) -> &[usize] {
        &self.places[..self.count]
    }
}

/// Where wanted UUIDs may stand in the block.
#[derive(Default)]
pub(super) struct Likely {
    places: Vec<usize>,
    pub(super) count: usize,
}

impl Likely {
    /// Keeps those of some places, with the sketches of what stands there, that the filter does not rule out.
    #[inline(always)]
    pub(super) fn keep(&mut self, places: &[(usize, u64)], filter: &Filter) {
        let enough = self.count + places.len();
        if self.places.len() < enough {
            self.places.resize(2 * enough, 0);
        }
        let room = &mut self.places[self.count..enough];
        let mut count = 0;
        for &(place, sketch) in places {
            // Written down whether it may be wanted or not: that can't be foreseen.
            room[count] = place;
            count += usize::from(filter.may_hold(sketch));
        }
        self.count += count;
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
