//! The same look with the wide registers that most processors have, or with the twice as wide ones of
//! newer ones: the only unsafe code there is.
//!
//! It takes a third to a half off the time that the look takes, which is most of the time a log of
//! gigabytes takes: compilers may use these registers only where it was asked at run time whether they
//! exist, and calling what was compiled for them is unsafe unless that was asked. Everywhere else
//! [`look`](super::chunk::look) does the same with what every processor has; the tests hold one
//! against the other.

#![allow(unsafe_code, reason = "what is compiled for wide registers can't be called or fed otherwise")]

use std::arch::x86_64::{
    __m256i, _mm256_and_si256, _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8, _mm512_cmpeq_epi8_mask,
    _mm512_cmpge_epu8_mask, _mm512_cmple_epu8_mask, _mm512_loadu_si512, _mm512_set1_epi8, _mm512_sub_epi8,
};

use super::Sifting;
use super::chunk::{CHUNK, Chunk, OBJECTS, OTHERS, ROWS};

/// Proof that the processor has wide registers.
#[derive(Clone, Copy, Debug)]
pub(super) struct WideRegisters {
    bits: Bits,
}

/// How wide they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bits {
    B256,
    B512,
}

impl WideRegisters {
    /// Asks the processor for all that it has, the widest first.
    pub(super) fn of_this_processor() -> impl Iterator<Item = Self> {
        Self::of_512_bits().into_iter().chain(Self::of_256_bits())
    }

    fn of_256_bits() -> Option<Self> {
        let has_all = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        has_all.then_some(Self { bits: Bits::B256 })
    }

    /// The first processors with these registers slow down when they use them; those with the last two of
    /// these features don't.
    fn of_512_bits() -> Option<Self> {
        let has_all = Self::of_256_bits().is_some()
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("avx512vpopcntdq");
        has_all.then_some(Self { bits: Bits::B512 })
    }

    /// Sifts what has no words to be looked for.
    pub(super) fn sift(self, sifting: Sifting<'_, '_>) -> u64 {
        match self.bits {
            // SAFETY: `self` exists only where the processor was found to have all that is enabled.
            Bits::B256 => unsafe { sift_256(sifting) },
            // SAFETY: as above.
            Bits::B512 => unsafe { sift_512(sifting) },
        }
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn sift_256(sifting: Sifting<'_, '_>) -> u64 {
    let nothing = std::hint::black_box(0);
    sifting.run_any::<false>(
        |bytes| look_256::<OBJECTS>(bytes, nothing),
        |bytes| look_256::<ROWS>(bytes, nothing),
        |bytes| look_256::<OTHERS>(bytes, nothing),
    )
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512vpopcntdq")]
fn sift_512(sifting: Sifting<'_, '_>) -> u64 {
    sifting.run_any::<false>(
        |bytes| look_512::<OBJECTS>(bytes),
        |bytes| look_512::<ROWS>(bytes),
        |bytes| look_512::<OTHERS>(bytes),
    )
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: all 32 bytes that are read are behind the reference, and none need be aligned.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

/// Looks at 64 bytes, without the words.
///
/// Two halves that are put together and stored are taken by the compiler for one vector of 64 bits, which it can
/// store but bit by bit: that takes four times as long as all else. So it must not know that `nothing` is 0.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn look_256<const KIND: u8>(bytes: &[u8; CHUNK], nothing: u64) -> Chunk {
    let (halves, _) = bytes.as_chunks::<32>();
    let [left, right] = [load(&halves[0]), load(&halves[1])];
    let all = |byte: u8| _mm256_set1_epi8(byte.cast_signed());
    let bits = |lane: __m256i| u64::from(_mm256_movemask_epi8(lane).cast_unsigned());
    let both = |left: __m256i, right: __m256i| (bits(left) | bits(right) << 32) ^ nothing;
    let in_lane = |lane: __m256i, byte: u8| _mm256_cmpeq_epi8(lane, all(byte));
    let is = |byte: u8| both(in_lane(left, byte), in_lane(right, byte));
    let within = |lane: __m256i, first: u8, last: u8| {
        let shifted = _mm256_sub_epi8(lane, all(first));
        _mm256_cmpeq_epi8(_mm256_min_epu8(shifted, all(last - first)), shifted)
    };
    let usual = |lane: __m256i| {
        let plain = _mm256_or_si256(within(lane, b' ', b'~'), in_lane(lane, b'\n'));
        _mm256_andnot_si256(in_lane(lane, b'\\'), plain)
    };
    let [usual_left, usual_right] = [usual(left), usual(right)];
    let is_usual = bits(_mm256_and_si256(usual_left, usual_right)) == u64::from(u32::MAX);
    let dense = |lane: __m256i| _mm256_cmpeq_epi8(_mm256_max_epu8(lane, all(b'0')), lane);
    Chunk {
        newlines: is(b'\n'),
        dashes: is(b'-'),
        odd: if is_usual { 0 } else { !both(usual_left, usual_right) },
        dense: both(dense(left), dense(right)),
        begins: if KIND == OBJECTS { is(b'{') } else { both(within(left, b'!', b'z'), within(right, b'!', b'z')) },
        ends: if KIND == OBJECTS { is(b'}') } else { u64::MAX },
        quotes: if KIND == ROWS { is(b'"') } else { 0 },
        words: 0,
    }
}

/// Looks at 64 bytes, without the words.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512vpopcntdq")]
fn look_512<const KIND: u8>(bytes: &[u8; CHUNK]) -> Chunk {
    // SAFETY: all 64 bytes that are read are behind the reference, and none need be aligned.
    let lane = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    let all = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    let is = |byte: u8| _mm512_cmpeq_epi8_mask(lane, all(byte));
    let within = |first: u8, last: u8| _mm512_cmple_epu8_mask(_mm512_sub_epi8(lane, all(first)), all(last - first));
    let newlines = is(b'\n');
    Chunk {
        newlines,
        dashes: is(b'-'),
        odd: !(within(b' ', b'~') | newlines) | is(b'\\'),
        dense: _mm512_cmpge_epu8_mask(lane, all(b'0')),
        begins: if KIND == OBJECTS { is(b'{') } else { within(b'!', b'z') },
        ends: if KIND == OBJECTS { is(b'}') } else { u64::MAX },
        quotes: if KIND == ROWS { is(b'"') } else { 0 },
        words: 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::chunk;
    use super::*;

    proptest! {
        #[test]
        fn all_looks_see_the_same(
            bytes in prop::collection::vec(
                prop_oneof![any::<u8>(), b' '..=b'~', prop::sample::select(&b"\n-\\{}\""[..])],
                CHUNK,
            ),
        ) {
            let bytes: [u8; CHUNK] = bytes.try_into().expect("64 bytes");
            let expected = [
                chunk::look::<false, OBJECTS>(&bytes),
                chunk::look::<false, ROWS>(&bytes),
                chunk::look::<false, OTHERS>(&bytes),
            ];
            if WideRegisters::of_256_bits().is_some() {
                // SAFETY: the processor has what it takes.
                let seen = unsafe { [look_256::<OBJECTS>(&bytes, 0), look_256::<ROWS>(&bytes, 0), look_256::<OTHERS>(&bytes, 0)] };
                prop_assert_eq!(seen, expected);
            }
            if WideRegisters::of_512_bits().is_some() {
                // SAFETY: the processor has what it takes.
                let seen = unsafe { [look_512::<OBJECTS>(&bytes), look_512::<ROWS>(&bytes), look_512::<OTHERS>(&bytes)] };
                prop_assert_eq!(seen, expected);
            }
        }
    }
}
