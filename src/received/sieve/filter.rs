//! A small set that may say yes too often and never says no wrongly: the wanted ids, so compact that
//! they stay in the processor's cache.

use crate::event::digits::UUID_BYTES;

/// So many ids share one word of the filter on average.
const IDS_OF_WORD: usize = 8;

/// The hashes of some ids.
#[derive(Debug)]
pub(super) struct Filter {
    words: Vec<u64>,
    mask: u64,
}

impl Filter {
    /// A filter that holds these hashes and has room for so many in all.
    pub(super) fn new(hashes: &[u64], count: usize) -> Self {
        let size = (count / IDS_OF_WORD + 1).next_power_of_two();
        let mut filter = Self { words: vec![0; size], mask: size as u64 - 1 };
        for &hash in hashes {
            let place = filter.place(hash);
            filter.words[place] |= pattern(hash);
        }
        filter
    }

    /// What two filters with room for equally many hold together.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.words.iter_mut().zip(other.words).for_each(|(word, more)| *word |= more);
        self
    }

    /// Whether this may be one of the hashes.
    #[inline(always)]
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let pattern = pattern(hash);
        self.words[self.place(hash)] & pattern == pattern
    }

    #[inline(always)]
    fn place(&self, hash: u64) -> usize {
        usize::try_from(hash >> 20 & self.mask).unwrap_or(0)
    }
}

#[inline(always)]
fn pattern(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

/// The hash of a UUID in its usual spelling, whatever the case of its letters. Two of its digits
/// take no part.
#[inline(always)]
pub(super) fn hash_of_uuid(text: &[u8; UUID_BYTES]) -> u64 {
    let eight = |from: usize| {
        let bytes = text[from..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        // Letters become small ones; digits and dashes have this bit already.
        bytes | 0x2020_2020_2020_2020
    };
    let left = folded(eight(0) ^ 0x9e37_79b9_7f4a_7c15, eight(10) ^ 0xd1b5_4a32_d192_ed03);
    let right = folded(eight(19) ^ 0x8cb9_2ba7_2f3d_8dd7, eight(28) ^ 0xabcc_5167_ccad_925f);
    folded(left ^ 0xff51_afd7_ed55_8ccd, right ^ 0xc4ce_b9fe_1a85_ec53)
}

#[inline(always)]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

/// The hash of any text.
pub(super) fn hash_of_text(text: &[u8]) -> u64 {
    let (parts, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = text.len() as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, part: &[u8; 8]| folded(hash ^ u64::from_le_bytes(*part), 0xd1b5_4a32_d192_ed03);
    folded(mix(parts.iter().fold(start, mix), &last), 0xff51_afd7_ed55_8ccd)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn uuid_hash(number: u128) -> u64 {
        let text: Vec<u8> = Uuid::from_u128(number).hyphenated().to_string().into();
        hash_of_uuid(text.as_slice().try_into().expect("36 bytes"))
    }

    #[test]
    fn what_was_put_in_is_held_and_little_else() {
        // Neighbours and strangers.
        for spread in [1, 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128] {
            let hash = |number: u128| uuid_hash(number.wrapping_mul(spread));
            let filter = Filter::new(&(0..5_000).map(hash).collect::<Vec<u64>>(), 10_000)
                .and(Filter::new(&(5_000..10_000).map(hash).collect::<Vec<u64>>(), 10_000));
            assert!((0..10_000).all(|number| filter.may_hold(hash(number))));
            let wrong = (10_000..110_000).filter(|&number| filter.may_hold(hash(number))).count();
            assert!(wrong < 2_000, "{wrong} of 100,000");
        }
    }

    #[test]
    fn the_case_of_a_uuid_makes_no_difference() {
        let lower = b"d18aca67-cfd3-4c00-93aa-0a5bc540856e";
        let upper = b"D18ACA67-CFD3-4C00-93AA-0A5BC540856E";
        assert_eq!(hash_of_uuid(lower), hash_of_uuid(upper));
    }

    #[test]
    fn texts_of_all_lengths_have_hashes_of_their_own() {
        let mut hashes: Vec<u64> = (0..200).map(|length| hash_of_text(&vec![0; length])).collect();
        hashes.extend((0..200_u32).map(|number| hash_of_text(format!("evt_{number}").as_bytes())));
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
        let filter = Filter::new(&[], 0);
        assert!(!filter.may_hold(0));
    }
}
