//! The hashes of ids, those together that stand near each other in a table: while it is filled one range
//! after the other, what it is filled with and where it is filled stay in the processor's cache.

/// So many ids share a range, or about as many.
const IDS_OF_RANGE: usize = if cfg!(any(test, fuzzing)) { 20 } else { 65_536 };
/// With more ranges than these, their ends are not all in the cache when they are written.
pub(super) const MOST_RANGES: usize = 64;

/// The hash of an id, and the place of the id in its part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) hash: u32,
    pub(super) place: u32,
}

/// Hashes in ranges, and within these in the order in which they were put in.
#[derive(Debug)]
pub(super) struct Ranges {
    ranges: Vec<Vec<Placed>>,
}

impl Ranges {
    /// So many ranges with room for about so many hashes in all.
    pub(super) fn new(count: usize, hashes: usize) -> Self {
        // A few more than an equal share, so that hardly any must be moved for want of room.
        let share = hashes / count;
        let range = |_| Vec::with_capacity(share + share / 16);
        Self { ranges: (0..count).map(range).collect() }
    }

    /// Puts in the hash of the id at this place.
    #[inline(always)]
    pub(super) fn push(&mut self, hash: u32, place: u32) {
        let range = share(hash, self.ranges.len());
        if let Some(range) = self.ranges.get_mut(range) {
            range.push(Placed { hash, place });
        }
    }

    /// The hashes of a range.
    pub(super) fn range(&self, number: usize) -> &[Placed] {
        &self.ranges[number]
    }

    /// How many there are in all ranges.
    pub(super) fn len(&self) -> usize {
        self.ranges.iter().map(Vec::len).sum()
    }
}

/// How many ranges are best for about so many ids.
pub(super) fn ranges_for(ids: usize) -> usize {
    ids.div_ceil(IDS_OF_RANGE).clamp(1, MOST_RANGES)
}

/// In which of so many equal shares of all hashes this one is.
#[inline(always)]
pub(super) fn share(hash: u32, shares: usize) -> usize {
    #[allow(clippy::cast_possible_truncation, reason = "it is less than the number of shares")]
    let share = ((u128::from(hash) * shares as u128) >> u32::BITS) as usize;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_in_ranges_and_there_in_their_order() {
        for count in [1, 2, 3, 16, MOST_RANGES] {
            // Fewer of them are foreseen than there are.
            let mut ranges = Ranges::new(count, 100);
            let hash = |place: u32| place.wrapping_mul(0x9e37_79b9);
            (0..1_000).for_each(|place| ranges.push(hash(place), place));
            assert_eq!(ranges.len(), 1_000);
            for number in 0..count {
                let of_range = |place: &u32| share(hash(*place), count) == number;
                let expected = (0..1_000).filter(of_range).map(|place| Placed { hash: hash(place), place });
                assert_eq!(ranges.range(number), expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_shares_are_equal_and_a_share_of_one_is_a_share_of_the_whole() {
        assert_eq!((share(0, 7), share(u32::MAX, 7), share(u32::MAX, 1)), (0, 6, 0));
        assert_eq!((share(1 << 31, 2), share((1 << 31) - 1, 2)), (1, 0));
        for hash in (0..u32::MAX).step_by(65_537 * 3) {
            assert_eq!(share(hash, 12 * 100) / 100, share(hash, 12), "{hash}");
        }
    }

    #[test]
    fn there_are_as_many_ranges_as_are_worth_while() {
        assert_eq!([0, 1, 20, 21, 100, 1_000_000].map(ranges_for), [1, 1, 1, 2, 5, MOST_RANGES]);
    }
}
