//! Sixty-four bytes at a time: which of them are newlines, dashes, odd bytes, parts of words.
//!
//! It knows bytes and nothing else; each answer has one bit for each byte, the first byte lowest.

use wide::u8x16;

/// How many bytes are looked at together.
pub(super) const CHUNK: usize = 64;

/// What 64 bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    /// Newlines.
    pub(super) newlines: u64,
    /// Dashes.
    pub(super) dashes: u64,
    /// Backslashes, control characters other than newlines, and all that is not ASCII.
    pub(super) odd: u64,
    /// Sixteens, counted from 0, in which no byte is below the digit 0: only they can be inside a
    /// run of digits.
    pub(super) dense: u64,
    /// Letters, digits, dashes and underscores; nothing unless it was asked for.
    pub(super) words: u64,
}

/// Looks at 64 bytes, with or without the words.
#[inline(always)]
pub(super) fn look<const WORDS: bool>(bytes: &[u8; CHUNK]) -> Chunk {
    let mut chunk = Chunk { newlines: 0, dashes: 0, odd: 0, dense: 0, words: 0 };
    let (parts, _) = bytes.as_chunks::<16>();
    for (number, part) in parts.iter().enumerate() {
        let lane = u8x16::new(*part);
        let shift = 16 * number;
        let newlines = lane.simd_eq(u8x16::splat(b'\n'));
        let dashes = lane.simd_eq(u8x16::splat(b'-'));
        chunk.newlines |= bits(newlines) << shift;
        chunk.dashes |= bits(dashes) << shift;
        let plain = bits(within(lane - u8x16::splat(b' '), b'~' - b' '));
        let backslashes = bits(lane.simd_eq(u8x16::splat(b'\\')));
        chunk.odd |= ((plain ^ 0xffff) | backslashes) << shift;
        let dense = bits(lane.max(u8x16::splat(b'0')).simd_eq(lane)) == 0xffff;
        chunk.dense |= u64::from(dense) << number;
        if WORDS {
            let letters = within((lane | u8x16::splat(0x20)) - u8x16::splat(b'a'), b'z' - b'a');
            let digits = within(lane - u8x16::splat(b'0'), 9);
            let underscores = lane.simd_eq(u8x16::splat(b'_'));
            chunk.words |= bits(letters | digits | underscores | dashes) << shift;
        }
    }
    chunk.odd &= !chunk.newlines;
    chunk
}

#[inline(always)]
fn bits(lane: u8x16) -> u64 {
    u64::from(lane.to_bitmask())
}

/// The bytes that are at most `last`.
#[inline(always)]
fn within(lane: u8x16, last: u8) -> u8x16 {
    lane.min(u8x16::splat(last)).simd_eq(lane)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask(bytes: &[u8], is_it: impl Fn(u8) -> bool) -> u64 {
        bytes.iter().enumerate().filter(|(_, byte)| is_it(**byte)).fold(0, |mask, (at, _)| mask | 1 << at)
    }

    proptest! {
        #[test]
        fn the_masks_are_those_of_a_look_at_each_byte(bytes in prop::array::uniform32(any::<u8>()), dense in 0x30u8..0x80) {
            let mut whole = [dense; CHUNK];
            whole[16..48].copy_from_slice(&bytes);
            let chunk = look::<true>(&whole);
            prop_assert_eq!(chunk.newlines, mask(&whole, |byte| byte == b'\n'));
            prop_assert_eq!(chunk.dashes, mask(&whole, |byte| byte == b'-'));
            let is_odd = |byte: u8| byte == b'\\' || (byte != b'\n' && !(0x20..0x7f).contains(&byte));
            prop_assert_eq!(chunk.odd, mask(&whole, is_odd));
            prop_assert_eq!(chunk.words, mask(&whole, |byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
            for (number, part) in whole.chunks(16).enumerate() {
                prop_assert_eq!(chunk.dense >> number & 1 == 1, part.iter().all(|&byte| byte >= b'0'));
            }
            prop_assert_eq!(look::<false>(&whole), Chunk { words: 0, ..chunk });
        }
    }
}
