//! Places in a block that were found and not looked at yet.

use super::chunk::CHUNK;

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

/// The numbers of the bits that are set.
#[inline(always)]
pub(super) fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (bits != 0).then(|| bits.trailing_zeros() as usize);
        bits &= bits.wrapping_sub(1);
        at
    })
}
