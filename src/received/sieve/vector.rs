//! The same look with the wide registers that most processors have, or with the twice as wide ones of
//! newer ones, and a glance that only these allow: the only unsafe code there is.
//!
//! It takes a third to two thirds off the time that the look takes, which is most of the time a log of
//! gigabytes takes: compilers may use these registers only where it was asked at run time whether they
//! exist, and calling what was compiled for them is unsafe unless that was asked. Everywhere else
//! [`look`](super::chunk::look) does the same with what every processor has; the tests hold one
//! against the other.

#![allow(unsafe_code, reason = "what is compiled for wide registers can't be called or fed otherwise")]

use std::arch::x86_64::{
    __m256i, __m512i, _mm256_and_si256, _mm256_andnot_si256, _mm256_cmpeq_epi8, _mm256_loadu_si256, _mm256_max_epu8,
    _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm256_sub_epi8, _mm512_cmpeq_epi8_mask,
    _mm512_cmpge_epu8_mask, _mm512_cmple_epu8_mask, _mm512_loadu_si512, _mm512_mask_add_epi8, _mm512_mask_max_epu8,
    _mm512_maskz_permutex2var_epi8, _mm512_min_epu8, _mm512_min_epu64, _mm512_movepi8_mask, _mm512_or_si512,
    _mm512_permutex2var_epi8, _mm512_reduce_add_epi64, _mm512_sad_epu8, _mm512_set1_epi8, _mm512_setzero_si512,
    _mm512_shuffle_epi32, _mm512_sub_epi8, _mm512_subs_epu8, _mm512_test_epi8_mask, _mm512_testn_epi8_mask,
    _mm512_testn_epi64_mask, _mm512_xor_si512,
};

use super::Sifting;
use super::bare::{BareLines, DASHES, LINE_BYTES};
use super::chunk::{CHUNK, Chunk, OBJECTS, OTHERS, ROWS};
use super::eyes::{eyes, none};
use super::glance::{Glance, Surrounded};
use super::likely::TOGETHER;
use super::stretch::STRETCH;
use crate::event::digits::UUID_BYTES;

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

    /// The first processors with these registers slow down when they use them; those with the last three of
    /// these features don't.
    fn of_512_bits() -> Option<Self> {
        let has_all = Self::of_256_bits().is_some()
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("f16c")
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vbmi")
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
        &eyes(|bytes| look_256::<OBJECTS>(bytes, nothing), none),
        &eyes(|bytes| look_256::<ROWS>(bytes, nothing), none),
        &eyes(|bytes| look_256::<OTHERS>(bytes, nothing), none),
        |_| false,
    )
}

#[target_feature(
    enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi,avx512vbmi2,avx512vpopcntdq"
)]
fn sift_512(sifting: Sifting<'_, '_>) -> u64 {
    sifting.run_any::<false>(
        &eyes(|bytes| look_512::<OBJECTS>(bytes), |bytes, dashes| Some(glance_512::<OBJECTS>(bytes, dashes))),
        &eyes(|bytes| look_512::<ROWS>(bytes), |bytes, dashes| Some(glance_512::<ROWS>(bytes, dashes))),
        &eyes(|bytes| look_512::<OTHERS>(bytes), |bytes, dashes| Some(glance_512::<OTHERS>(bytes, dashes))),
        |lines| are_bare_512(lines),
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

#[inline]
#[target_feature(enable = "avx512f")]
fn load_512(bytes: &[u8; CHUNK]) -> __m512i {
    // SAFETY: all 64 bytes that are read are behind the reference, and none need be aligned.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Looks at 64 bytes, without the words.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2,avx512vpopcntdq")]
fn look_512<const KIND: u8>(bytes: &[u8; CHUNK]) -> Chunk {
    let lane = load_512(bytes);
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

/// The highest bit for each byte of ASCII that is odd.
const ODD: [[u8; CHUNK]; 2] = {
    let (mut odd, mut byte) = ([[0; CHUNK]; 2], 0);
    while byte < 2 * CHUNK {
        let is_plain =
            (byte >= b' ' as usize && byte <= b'~' as usize && byte != b'\\' as usize) || byte == b'\n' as usize;
        odd[byte / CHUNK][byte % CHUNK] = if is_plain { 0 } else { 0x80 };
        byte += 1;
    }
    odd
};

/// Glances at a stretch.
///
/// What is only asked of all bytes together stays in registers: moving the answer for each 64 bytes out of
/// them takes most of the time of a look.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
fn glance_512<const KIND: u8>(bytes: &Surrounded, dashes: &mut [u64; STRETCH]) -> Glance {
    let all = |byte: u8| _mm512_set1_epi8(byte.cast_signed());
    let odd_of = ODD.map(|half| load_512(&half));
    let (mut newlines, mut odd, mut wrong) = (all(0), all(0), all(0));
    let (mut unlike_quotes, mut least) = (all(u8::MAX), all(u8::MAX));
    for (number, dashes) in dashes.iter_mut().enumerate() {
        let at = |place: usize| bytes[number * CHUNK + place..].first_chunk().map_or(all(0), |bytes| load_512(bytes));
        let [before, lane, behind] = [at(0), at(1), at(2)];
        *dashes = _mm512_cmpeq_epi8_mask(lane, all(b'-'));
        let is_newline = _mm512_cmpeq_epi8_mask(lane, all(b'\n'));
        newlines = _mm512_mask_add_epi8(newlines, is_newline, newlines, all(1));
        // What is not ASCII has the highest bit already.
        let odd_here = _mm512_or_si512(_mm512_permutex2var_epi8(odd_of[0], lane, odd_of[1]), lane);
        odd = _mm512_or_si512(odd, odd_here);
        // Sixteen bytes of which none is below the digits leave nothing of both eights.
        let below = _mm512_sad_epu8(_mm512_subs_epu8(all(b'0'), lane), all(0));
        least = _mm512_min_epu64(least, _mm512_or_si512(below, _mm512_shuffle_epi32::<0b01_00_11_10>(below)));
        let wrong_here = if KIND == OBJECTS {
            let begins = _mm512_xor_si512(behind, all(b'{'));
            _mm512_or_si512(begins, _mm512_xor_si512(before, all(b'}')))
        } else {
            _mm512_subs_epu8(_mm512_sub_epi8(behind, all(b'!')), all(b'z' - b'!'))
        };
        wrong = _mm512_mask_max_epu8(wrong, is_newline, wrong, wrong_here);
        if KIND == ROWS {
            unlike_quotes = _mm512_min_epu8(unlike_quotes, _mm512_xor_si512(lane, all(b'"')));
        }
    }
    let begins = if KIND == OBJECTS { bytes[1] == b'{' } else { matches!(bytes[1], b'!'..=b'z') };
    let is_plain = _mm512_movepi8_mask(odd) == 0
        && _mm512_test_epi8_mask(wrong, wrong) == 0
        && _mm512_testn_epi64_mask(least, least) == 0
        && (begins || bytes[0] != b'\n');
    Glance {
        newlines: _mm512_reduce_add_epi64(_mm512_sad_epu8(newlines, all(0))).cast_unsigned(),
        is_plain,
        has_quotes: KIND == ROWS && _mm512_testn_epi8_mask(unlike_quotes, unlike_quotes) != 0,
    }
}

/// What a byte of a bare line is.
const PLAIN: u8 = 0;
const DASH: u8 = 1;
const NEWLINE: u8 = 2;
const OTHER: u8 = 4;

/// What each byte of ASCII is.
const CLASSES: [[u8; CHUNK]; 2] = {
    let (mut classes, mut byte) = ([[OTHER; CHUNK]; 2], 0);
    while byte < 2 * CHUNK {
        let (half, place) = (byte / CHUNK, byte % CHUNK);
        if byte == b'-' as usize {
            classes[half][place] = DASH;
        } else if byte == b'\n' as usize {
            classes[half][place] = NEWLINE;
        } else if byte >= b'!' as usize && byte <= b'z' as usize && byte != b'\\' as usize {
            classes[half][place] = PLAIN;
        }
        byte += 1;
    }
    classes
};

/// What the bytes of a bare line should be, with nothing behind it.
const BARE: [u8; CHUNK] = {
    let (mut bare, mut place) = ([PLAIN; CHUNK], 0);
    while place < UUID_BYTES {
        if place < 32 && DASHES >> place & 1 == 1 {
            bare[place] = DASH;
        }
        place += 1;
    }
    bare[UUID_BYTES] = NEWLINE;
    bare
};

/// Whether all of these lines are bare UUIDs; it may be that they are though it says no.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi")]
fn are_bare_512(lines: &BareLines) -> bool {
    let of_line = (1 << LINE_BYTES) - 1;
    let classes = CLASSES.map(|half| load_512(&half));
    let (bare, mut wrong, mut all) = (load_512(&BARE), _mm512_setzero_si512(), _mm512_setzero_si512());
    for line in 0..TOGETHER {
        let lane = lines[line * LINE_BYTES..].first_chunk().map_or(bare, |bytes| load_512(bytes));
        let seen = _mm512_maskz_permutex2var_epi8(of_line, classes[0], lane, classes[1]);
        wrong = _mm512_or_si512(wrong, _mm512_xor_si512(seen, bare));
        all = _mm512_or_si512(all, lane);
    }
    _mm512_test_epi8_mask(wrong, wrong) == 0 && _mm512_movepi8_mask(all) & of_line == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::bare::bare;
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

    /// What a glance should show, told byte by byte.
    fn shown<const KIND: u8>(bytes: &[u8]) -> (Glance, Vec<u64>) {
        let stretch = &bytes[1..bytes.len() - 1];
        let is_odd = |byte: &u8| *byte == b'\\' || (*byte != b'\n' && !(b' '..=b'~').contains(byte));
        let begins = |byte: u8| if KIND == OBJECTS { byte == b'{' } else { (b'!'..=b'z').contains(&byte) };
        let ends = |byte: u8| KIND != OBJECTS || byte == b'}';
        let newlines = (1..=stretch.len()).filter(|&at| bytes[at] == b'\n');
        let is_usual = (0..=stretch.len()).all(|at| bytes[at] != b'\n' || begins(bytes[at + 1]))
            && newlines.clone().all(|at| ends(bytes[at - 1]));
        let has_long = stretch.chunks(16).any(|sixteen| sixteen.iter().all(|&byte| byte >= b'0'));
        let glance = Glance {
            newlines: newlines.count() as u64,
            is_plain: !stretch.iter().any(is_odd) && is_usual && !has_long,
            has_quotes: KIND == ROWS && stretch.contains(&b'"'),
        };
        let dashes = |chunk: &[u8]| (0..CHUNK).filter(|&at| chunk[at] == b'-').fold(0, |bits, at| bits | 1 << at);
        (glance, stretch.chunks(CHUNK).map(dashes).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn a_glance_shows_what_there_is(
            pieces in prop::collection::vec(prop::sample::select(&["a-b: ", "}\n{", ",\nx", "- ", "c, d\" "][..]), 130),
            seldom in prop::collection::vec((0..STRETCH * CHUNK + 2, any::<u8>(), 1_usize..20), 0..3),
        ) {
            let mut bytes = pieces.concat().into_bytes();
            bytes.resize(STRETCH * CHUNK + 2, b' ');
            for (at, byte, length) in seldom {
                let end = (at + if byte >= b'0' { length } else { 1 }).min(bytes.len());
                bytes[at..end].fill(byte);
            }
            let surrounded = bytes.first_chunk().expect("as many bytes as there are");
            if WideRegisters::of_512_bits().is_some() {
                let mut dashes = [[0; STRETCH]; 3];
                let [objects, rows, others] = &mut dashes;
                // SAFETY: the processor has what it takes.
                let glances = unsafe {
                    [
                        glance_512::<OBJECTS>(surrounded, objects),
                        glance_512::<ROWS>(surrounded, rows),
                        glance_512::<OTHERS>(surrounded, others),
                    ]
                };
                let expected = [shown::<OBJECTS>(&bytes), shown::<ROWS>(&bytes), shown::<OTHERS>(&bytes)];
                for ((glance, dashes), expected) in glances.into_iter().zip(dashes).zip(expected) {
                    prop_assert_eq!((glance, dashes.to_vec()), expected);
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn lines_are_bare_together_if_each_is(
            values in prop::collection::vec(any::<u128>(), TOGETHER + 2),
            changes in prop::collection::vec(
                (0..TOGETHER * LINE_BYTES + CHUNK, prop_oneof![any::<u8>(), prop::sample::select(&b"-\\ {z\n"[..])]),
                0..3,
            ),
        ) {
            let line = |value: &u128| format!("{}\n", uuid::Uuid::from_u128(*value));
            let mut bytes = values.iter().map(line).collect::<String>().into_bytes();
            changes.iter().for_each(|&(at, byte)| bytes[at] = byte);
            let lines: &BareLines = bytes.first_chunk().expect("as many bytes as there are");
            let (each, _) = lines.as_chunks::<LINE_BYTES>();
            let each = &each[..TOGETHER];
            let are_usual = each.iter().all(|line| !line[32..].contains(&b'-')) && lines.is_ascii();
            if WideRegisters::of_512_bits().is_some() {
                // SAFETY: the processor has what it takes.
                let are_bare = unsafe { are_bare_512(lines) };
                let is_each = each.iter().all(|line| bare(line).is_some());
                prop_assert!(is_each || !are_bare);
                prop_assert!(are_bare || !is_each || !are_usual);
            }
        }
    }
}
