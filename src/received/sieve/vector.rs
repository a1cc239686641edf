//! The same look with the wide registers that most processors have: the only unsafe code there is.
//!
//! It halves the time that the look takes, which is most of the time a log of gigabytes takes:
//! compilers may use these registers only where it was asked at run time whether they exist, and
//! calling what was compiled for them is unsafe unless that was asked. Everywhere else
//! [`look`](super::chunk::look) does the same with what every processor has; the tests hold one
//! against the other.

#![allow(unsafe_code, reason = "what is compiled for wide registers can't be called or fed otherwise")]

use std::arch::x86_64::{
    __m256i, _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8, _mm256_min_epu8,
    _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8,
};

use super::Sifting;
use super::chunk::{CHUNK, Chunk};

/// Proof that the processor has the wide registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct WideRegisters(());

impl WideRegisters {
    /// Asks the processor.
    pub(super) fn of_this_processor() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self(()))
    }

    /// Sifts what has no words to be looked for.
    pub(super) fn sift(self, sifting: Sifting<'_, '_>) -> u64 {
        // SAFETY: `self` exists only where the processor was found to have all that is enabled.
        unsafe { sift(sifting) }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn sift(sifting: Sifting<'_, '_>) -> u64 {
    sifting.run_any::<false>(|bytes| look(bytes))
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: all 32 bytes that are read are behind the reference, and none need be aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Looks at 64 bytes, without the words.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn look(bytes: &[u8; CHUNK]) -> Chunk {
    let (halves, _) = bytes.as_chunks::<32>();
    let [left, right] = [load(&halves[0]), load(&halves[1])];
    let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let bits = |lane: __m256i| u64::from(_mm256_movemask_epi8(lane).cast_unsigned());
    let both = |left: __m256i, right: __m256i| bits(left) | bits(right) << 32;
    let is = |lane: __m256i, byte: u8| _mm256_cmpeq_epi8(lane, all(byte));
    let [newlines_left, newlines_right] = [is(left, b'\n'), is(right, b'\n')];
    let usual = |lane: __m256i, newlines: __m256i| {
        let shifted = _mm256_sub_epi8(lane, all(b' '));
        let printable = _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, all(b'~' - b' ')), shifted);
        _mm256_andnot_si256(is(lane, b'\\'), _mm256_or_si256(printable, newlines))
    };
    let from_digits_on = |lane: __m256i| _mm256_cmpeq_epi8(_mm256_max_epu8(lane, all(b'0')), lane);
    Chunk {
        newlines: both(newlines_left, newlines_right),
        dashes: both(is(left, b'-'), is(right, b'-')),
        odd: !both(usual(left, newlines_left), usual(right, newlines_right)),
        dense: whole_sixteens(both(from_digits_on(left), from_digits_on(right))),
        words: 0,
    }
}

/// Which of the four sixteens of bits are all set, one bit each.
#[inline(always)]
fn whole_sixteens(bits: u64) -> u64 {
    let others = !bits;
    // The highest bit of each sixteen that is zero, and perhaps of some behind one that is.
    if others.wrapping_sub(0x0001_0001_0001_0001) & bits & 0x8000_8000_8000_8000 == 0 {
        return 0;
    }
    (0..4).fold(0, |whole, number| whole | u64::from(bits >> (16 * number) & 0xffff == 0xffff) << number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunk;
    use super::*;

    proptest! {
        #[test]
        fn both_looks_see_the_same(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), b'0'..=b'z', Just(b'\n'), Just(b'-')], CHUNK),
            dense in 0_usize..5,
        ) {
            if WideRegisters::of_this_processor().is_none() {
                return Ok(());
            }
            let mut bytes: [u8; CHUNK] = bytes.try_into().expect("64 bytes");
            bytes[..16 * dense].fill(b'a');
            bytes.rotate_left(dense);
            // SAFETY: the processor has what it takes.
            let seen = unsafe { look(&bytes) };
            prop_assert_eq!(seen, chunk::look::<false>(&bytes));
        }
    }
}
