//! The same look at 64 bytes with the wide registers of newer x86 processors, found out when the
//! program runs.
//!
//! This is the one module with unsafe code, in two lines. A program that is built for all processors
//! may use these registers only behind a check, and the compiler can't see that the check was made;
//! and they are filled through a pointer. The search is most of the time of a look-up in a long log.
//! On other processors `chunk` does the same.

#![allow(unsafe_code, reason = "see above")]

use std::arch::x86_64::{
    __m256i, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_min_epu8, _mm256_movemask_epi8,
    _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8,
};

use super::Sifting;
use super::chunk::{CHUNK, Chunk};

/// The knowledge that the processor has these registers.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

impl Avx2 {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }

    /// Sends a block through the sieve.
    pub(super) fn run<const WORDS: bool>(self, sifting: Sifting<'_, '_>) -> u64 {
        // SAFETY: a value of this type exists only where the processor was found to have what the
        // function is compiled for.
        unsafe { run::<WORDS>(sifting) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn run<const WORDS: bool>(sifting: Sifting<'_, '_>) -> u64 {
    sifting.run::<WORDS>(|bytes| look::<WORDS>(bytes))
}

#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn look<const WORDS: bool>(bytes: &[u8; CHUNK]) -> Chunk {
    let mut chunk = Chunk { newlines: 0, dashes: 0, odd: 0, dense: 0, words: 0 };
    let (parts, _) = bytes.as_chunks::<32>();
    for (number, part) in parts.iter().enumerate() {
        let lane = load(part);
        let shift = 32 * number;
        let newlines = bits(equal(lane, b'\n'));
        let dashes = equal(lane, b'-');
        let plain = within(_mm256_sub_epi8(lane, all(b' ')), b'~' - b' ');
        let odd = (!bits(plain) & 0xffff_ffff) | bits(equal(lane, b'\\'));
        let dense = bits(_mm256_cmpeq_epi8(_mm256_max_epu8(lane, all(b'0')), lane));
        chunk.newlines |= newlines << shift;
        chunk.dashes |= bits(dashes) << shift;
        chunk.odd |= (odd & !newlines) << shift;
        chunk.dense |= (u64::from(dense & 0xffff == 0xffff) | u64::from(dense >> 16 == 0xffff) << 1) << (2 * number);
        if WORDS {
            let small = _mm256_or_si256(lane, all(0x20));
            let letters = within(_mm256_sub_epi8(small, all(b'a')), b'z' - b'a');
            let digits = within(_mm256_sub_epi8(lane, all(b'0')), 9);
            let others = _mm256_or_si256(dashes, equal(lane, b'_'));
            chunk.words |= bits(_mm256_or_si256(_mm256_or_si256(letters, digits), others)) << shift;
        }
    }
    chunk
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(part: &[u8; 32]) -> __m256i {
    // SAFETY: the reference is to 32 bytes, and they may lie anywhere.
    unsafe { _mm256_loadu_si256(part.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn all(byte: u8) -> __m256i {
    _mm256_set1_epi8(byte.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn equal(lane: __m256i, byte: u8) -> __m256i {
    _mm256_cmpeq_epi8(lane, all(byte))
}

/// The bytes that are at most `last`.
#[inline]
#[target_feature(enable = "avx2")]
fn within(lane: __m256i, last: u8) -> __m256i {
    _mm256_cmpeq_epi8(_mm256_min_epu8(lane, all(last)), lane)
}

#[inline]
#[target_feature(enable = "avx2")]
fn bits(lane: __m256i) -> u64 {
    u64::from(_mm256_movemask_epi8(lane).cast_unsigned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    fn both(bytes: &[u8; CHUNK]) -> [Chunk; 2] {
        [look::<true>(bytes), look::<false>(bytes)]
    }

    proptest! {
        #[test]
        fn it_sees_what_other_processors_see(
            edges in prop::collection::vec(any::<u8>(), 32),
            inside in prop::collection::vec(prop_oneof![b'0'..=b'z', Just(b'-'), Just(b'\n'), any::<u8>()], 32),
        ) {
            let bytes: [u8; CHUNK] = [&edges[..16], &inside, &edges[16..]].concat().try_into().expect("64 bytes");
            if Avx2::detect().is_some() {
                // SAFETY: the processor was asked.
                let [with, without] = unsafe { both(&bytes) };
                prop_assert_eq!(with, super::super::chunk::look::<true>(&bytes));
                prop_assert_eq!(without, super::super::chunk::look::<false>(&bytes));
            }
        }
    }
}
