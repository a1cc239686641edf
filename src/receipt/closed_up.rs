//! What becomes of the places of a list when some of it is taken out.

/// What is left of a list once those that were there before are taken out.
pub(super) struct ClosedUp {
    /// The places that are taken out, one bit each, and how many are taken out before each word of these.
    words: Vec<(u64, u32)>,
}

impl ClosedUp {
    /// Takes these places out of a list of so many.
    pub(super) fn new(count: usize, places: &[u32]) -> Self {
        let mut words = vec![(0, 0); count / 64 + 1];
        places.iter().for_each(|&place| words[place as usize / 64].0 |= 1 << (place % 64));
        let mut count = 0;
        for (out, before) in &mut words {
            *before = count;
            count += u64::count_ones(*out);
        }
        Self { words }
    }

    /// Whether what stands at this place is taken out.
    #[inline(always)]
    pub(super) fn is_out(&self, place: usize) -> bool {
        self.words[place / 64].0 >> (place % 64) & 1 == 1
    }

    /// The new place of what stood at this place.
    #[inline(always)]
    pub(super) fn place(&self, place: u32) -> u32 {
        let (out, before) = self.words[place as usize / 64];
        place - before - (out & ((1 << (place % 64)) - 1)).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_numbered_in_its_order() {
        let out: Vec<u32> = (0..200).filter(|place| place % 7 == 3 || (64..130).contains(place)).collect();
        let closed_up = ClosedUp::new(200, &out);
        assert!((0..200).all(|place| closed_up.is_out(place as usize) == out.contains(&place)));
        let left = (0..200).filter(|place| !out.contains(place));
        assert!(left.map(|place| closed_up.place(place)).eq(0..200 - out.len() as u32));
    }
}
