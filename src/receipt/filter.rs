//! A small set that may say yes too often and never says no wrongly: the wanted ids, so compact that
//! they stay in the processor's cache. And the hashes that it and the table of UUIDs go by.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;

use crate::event::digits::{UUID_BYTES, hashed_of_text, hashed_of_value};

/// So many ids share one word of the filter on average, at most.
const IDS_OF_WORD: usize = 8;

/// The hashes of some ids.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    /// As many as a power of two.
    words: Vec<u64>,
    /// How far a hash must be shifted to be the number of a word.
    shift: u32,
}

impl Filter {
    /// An empty filter with room for so many hashes.
    pub(crate) fn with_room_for(count: usize) -> Self {
        // A shift by all bits of a hash is none, so there are two words at least.
        let size = count.div_ceil(IDS_OF_WORD).next_power_of_two().max(2);
        Self { words: vec![0; size], shift: u64::BITS - size.trailing_zeros() }
    }

    /// Puts a hash in.
    pub(crate) fn add(&mut self, hash: u64) {
        self.words[place(hash, self.shift)] |= pattern(hash);
    }

    /// Whether this may be one of the hashes.
    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        self.opened().may_hold(hash)
    }

    /// What is asked about many hashes in a row.
    #[inline(always)]
    pub(crate) fn opened(&self) -> OpenedFilter<'_> {
        OpenedFilter { words: &self.words, shift: self.shift }
    }

    /// Puts in what another filter of the same size holds.
    pub(super) fn join(&mut self, other: &Self) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, more)| *word |= more);
    }
}

/// A filter whose parts stay in registers, whatever else is written meanwhile.
#[derive(Clone, Copy)]
pub(crate) struct OpenedFilter<'f> {
    words: &'f [u64],
    shift: u32,
}

impl OpenedFilter<'_> {
    /// Whether this may be one of the hashes.
    #[inline(always)]
    pub(crate) fn may_hold(self, hash: u64) -> bool {
        let pattern = pattern(hash);
        self.words[place(hash, self.shift)] & pattern == pattern
    }
}

/// The number of the word of a hash.
#[inline(always)]
fn place(hash: u64, shift: u32) -> usize {
    usize::try_from(hash >> shift).unwrap_or(0)
}

#[inline(always)]
fn pattern(hash: u64) -> u64 {
    1 << (hash & 63) | 1 << (hash >> 6 & 63) | 1 << (hash >> 12 & 63)
}

/// The way UUIDs are hashed, which nobody can foresee.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UuidHasher {
    keys: [u64; 4],
}

impl Default for UuidHasher {
    fn default() -> Self {
        let source = DefaultHashBuilder::default();
        let key = |number: u64| source.hash_one(number);
        Self { keys: [key(0), key(1), key(2), key(3)] }
    }
}

impl UuidHasher {
    /// The hash of a UUID in its usual spelling, whatever the case of its letters. It says nothing of
    /// whether this is one.
    #[inline(always)]
    pub(crate) fn of_text(&self, text: &[u8; UUID_BYTES]) -> u32 {
        self.mixed(hashed_of_text(text))
    }

    /// The hash of a UUID.
    #[inline(always)]
    pub(crate) fn of_value(&self, value: [u8; 16]) -> u32 {
        self.mixed(hashed_of_value(value))
    }

    /// A hash of both ends of a UUID, which is made in a third of the time. It is for filters: ids that
    /// differ in their middle only are alike to it, and whoever knows an id can make up others of which a
    /// filter says yes.
    #[inline(always)]
    pub(crate) fn sketch_of_text(&self, text: &[u8; UUID_BYTES]) -> u64 {
        self.sketched(hashed_of_text(text))
    }

    /// The same, told from the value.
    #[inline(always)]
    pub(super) fn sketch_of_value(&self, value: [u8; 16]) -> u64 {
        self.sketched(hashed_of_value(value))
    }

    #[inline(always)]
    fn sketched(&self, [first, _, _, last]: [u64; 4]) -> u64 {
        folded(first ^ self.keys[0], last ^ self.keys[3])
    }

    #[inline(always)]
    fn mixed(&self, [first, second, third, fourth]: [u64; 4]) -> u32 {
        let left = folded(first ^ self.keys[0], second ^ self.keys[1]);
        let right = folded(third ^ self.keys[2], fourth ^ self.keys[3]);
        // As much as a slot of a table can tell of.
        (folded(left, right) >> u32::BITS) as u32
    }
}

#[inline(always)]
fn folded(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    #[allow(clippy::cast_possible_truncation, reason = "both halves are used")]
    let folded = (product >> 64) as u64 ^ product as u64;
    folded
}

/// The hash of any text.
pub(crate) fn hash_of_text(text: &[u8]) -> u64 {
    let (parts, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let start = text.len() as u64 ^ 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, part: &[u8; 8]| folded(hash ^ u64::from_le_bytes(*part), 0xd1b5_4a32_d192_ed03);
    folded(mix(parts.iter().fold(start, mix), &last), 0xff51_afd7_ed55_8ccd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_held_and_little_else() {
        let hasher = UuidHasher::default();
        // Neighbours and strangers.
        for spread in [1, 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834_u128] {
            let value = |number: u128| number.wrapping_mul(spread).to_be_bytes();
            let hash = |number: u128| hasher.sketch_of_value(value(number));
            let [mut filter, mut other] = [Filter::with_room_for(10_000), Filter::with_room_for(10_000)];
            (0..5_000).for_each(|number| filter.add(hash(number)));
            (5_000..10_000).for_each(|number| other.add(hash(number)));
            filter.join(&other);
            assert!((0..10_000).all(|number| filter.may_hold(hash(number))));
            let wrong = (10_000..110_000).filter(|&number| filter.may_hold(hash(number))).count();
            assert!(wrong < 2_000, "{wrong} of 100,000");
        }
    }

    #[test]
    fn a_filter_for_nothing_holds_what_is_put_in() {
        let mut filter = Filter::with_room_for(0);
        assert!(!filter.may_hold(u64::MAX));
        filter.add(u64::MAX);
        assert!(filter.may_hold(u64::MAX) && !filter.may_hold(0));
    }

    #[test]
    fn a_filter_takes_a_byte_or_two_for_each_id() {
        for count in [100, 1_000, 1_024, 8_192, 8_193, 100_000] {
            let bytes = size_of_val(&Filter::with_room_for(count).words[..]);
            assert!((count..=2 * count).contains(&bytes), "{bytes} bytes for {count} ids");
        }
    }

    #[test]
    fn each_of_the_three_places_of_a_hash_is_held_even_where_two_are_the_same() {
        // Each place is six bits of the hash.
        let hash = |places: [u64; 3]| places[0] | places[1] << 6 | places[2] << 12;
        for (held, other) in [([5, 5, 9], [9, 9, 3]), ([5, 9, 5], [9, 9, 3]), ([9, 5, 5], [9, 9, 3])] {
            let mut filter = Filter::with_room_for(0);
            filter.add(hash(held));
            assert!(filter.may_hold(hash(held)) && !filter.may_hold(hash(other)), "{held:?}");
            assert!(filter.may_hold(hash([5, 9, 9])), "both of its places are taken: {held:?}");
        }
    }

    #[test]
    fn the_case_of_a_uuid_makes_no_difference() {
        let hasher = UuidHasher::default();
        let lower = b"d18aca67-cfd3-4c00-93aa-0a5bc540856e";
        let upper = b"D18ACA67-CFD3-4C00-93AA-0A5BC540856E";
        let value = uuid::Uuid::try_parse_ascii(lower).expect("a UUID").into_bytes();
        assert_eq!(hasher.of_text(lower), hasher.of_text(upper));
        assert_eq!(hasher.of_text(lower), hasher.of_value(value));
        assert_eq!(hasher.sketch_of_text(upper), hasher.sketch_of_value(value));
    }

    #[test]
    fn each_bit_of_the_digits_that_are_hashed_counts() {
        // Two digits of a UUID are left out.
        let is_hashed = |bit: u32| !(32..36).contains(&bit) && !(92..96).contains(&bit);
        let hasher = UuidHasher::default();
        for value in [0, u128::MAX, 0xd18a_ca67_cfd3_4c00_93aa_0a5b_c540_856e] {
            let changed = (0..u128::BITS).filter(|bit| is_hashed(*bit)).map(|bit| value ^ (1 << 127 >> bit));
            let mut hashes: Vec<u32> = changed.map(|value| hasher.of_value(value.to_be_bytes())).collect();
            hashes.push(hasher.of_value(value.to_be_bytes()));
            hashes.sort_unstable();
            hashes.dedup();
            assert!(hashes.len() >= 119, "of 121 hardly ever two are alike");
        }
    }

    #[test]
    fn each_bit_of_both_ends_counts_in_a_sketch() {
        let hasher = UuidHasher::default();
        for value in [0, u128::MAX, 0xd18a_ca67_cfd3_4c00_93aa_0a5b_c540_856e] {
            let bits = (0..32).chain(96..128);
            let mut sketches: Vec<u64> =
                bits.map(|bit| hasher.sketch_of_value((value ^ (1_u128 << 127 >> bit)).to_be_bytes())).collect();
            sketches.push(hasher.sketch_of_value(value.to_be_bytes()));
            sketches.sort_unstable();
            sketches.dedup();
            assert_eq!(sketches.len(), 65, "two of 2^64 would be alike");
        }
    }

    #[test]
    fn texts_of_all_lengths_have_hashes_of_their_own() {
        let mut hashes: Vec<u64> = (0..200).map(|length| hash_of_text(&vec![0; length])).collect();
        hashes.extend((0..200_u32).map(|number| hash_of_text(format!("evt_{number}").as_bytes())));
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
    }
}
