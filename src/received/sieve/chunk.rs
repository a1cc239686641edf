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
    /// All from the digit 0 on: only where sixteen of them follow each other can a run of digits be.
    pub(super) dense: u64,
    /// With what most lines begin: an opening brace for objects, printable ASCII up to the letters for others.
    pub(super) begins: u64,
    /// Behind what most lines end: a closing brace for objects, anything for others.
    pub(super) ends: u64,
    /// Quotes; nothing unless lines are rows of a table.
    pub(super) quotes: u64,
    /// Letters, digits, dashes and underscores; nothing unless it was asked for.
    pub(super) words: u64,
}

/// Lines that are objects.
pub(super) const OBJECTS: u8 = 0;
/// Lines that are rows of a table.
pub(super) const ROWS: u8 = 1;
/// Lines of any other kind.
pub(super) const OTHERS: u8 = 2;

/// Looks at 64 bytes of lines of a kind, with or without the words.
#[inline(always)]
pub(super) fn look<const WORDS: bool, const KIND: u8>(bytes: &[u8; CHUNK]) -> Chunk {
    let ends = if KIND == OBJECTS { 0 } else { u64::MAX };
    let mut chunk = Chunk { newlines: 0, dashes: 0, odd: 0, dense: 0, begins: 0, ends, quotes: 0, words: 0 };
    let (parts, _) = bytes.as_chunks::<16>();
    for (number, part) in parts.iter().enumerate() {
        let lane = u8x16::new(*part);
        let shift = 16 * number;
        let is = |byte: u8| lane.simd_eq(u8x16::splat(byte));
        let within = |first: u8, last: u8| {
            let shifted = lane - u8x16::splat(first);
            shifted.min(u8x16::splat(last - first)).simd_eq(shifted)
        };
        let dashes = is(b'-');
        chunk.newlines |= bits(is(b'\n')) << shift;
        chunk.dashes |= bits(dashes) << shift;
        chunk.odd |= ((bits(within(b' ', b'~')) ^ 0xffff) | bits(is(b'\\'))) << shift;
        chunk.dense |= bits(lane.max(u8x16::splat(b'0')).simd_eq(lane)) << shift;
        if KIND == OBJECTS {
            chunk.begins |= bits(is(b'{')) << shift;
            chunk.ends |= bits(is(b'}')) << shift;
        } else {
            chunk.begins |= bits(within(b'!', b'z')) << shift;
        }
        if KIND == ROWS {
            chunk.quotes |= bits(is(b'"')) << shift;
        }
        if WORDS {
            let letters = (lane | u8x16::splat(0x20)) - u8x16::splat(b'a');
            let letters = letters.min(u8x16::splat(b'z' - b'a')).simd_eq(letters);
            chunk.words |= bits(letters | within(b'0', b'9') | is(b'_') | dashes) << shift;
        }
    }
    chunk.odd &= !chunk.newlines;
    chunk
}

#[inline(always)]
fn bits(lane: u8x16) -> u64 {
    u64::from(lane.to_bitmask())
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
        fn the_masks_are_those_of_a_look_at_each_byte(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0x20_u8..0x80, prop::sample::select(&b"\n-\\{}\"_09azAZ"[..])], CHUNK),
        ) {
            let bytes: [u8; CHUNK] = bytes.try_into().expect("64 bytes");
            let chunk = look::<true, ROWS>(&bytes);
            let is_odd = |byte: u8| byte == b'\\' || (byte != b'\n' && !(0x20..0x7f).contains(&byte));
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            prop_assert_eq!(chunk.newlines, mask(&bytes, |byte| byte == b'\n'));
            prop_assert_eq!(chunk.dashes, mask(&bytes, |byte| byte == b'-'));
            prop_assert_eq!(chunk.odd, mask(&bytes, is_odd));
            prop_assert_eq!(chunk.dense, mask(&bytes, |byte| byte >= b'0'));
            prop_assert_eq!(chunk.begins, mask(&bytes, |byte| (b'!'..=b'z').contains(&byte)));
            prop_assert_eq!(chunk.ends, u64::MAX);
            prop_assert_eq!(chunk.quotes, mask(&bytes, |byte| byte == b'"'));
            prop_assert_eq!(chunk.words, mask(&bytes, is_word));
            prop_assert_eq!(look::<false, ROWS>(&bytes), Chunk { words: 0, ..chunk });
            prop_assert_eq!(look::<true, OTHERS>(&bytes), Chunk { quotes: 0, ..chunk });
            let (begins, ends) = (mask(&bytes, |byte| byte == b'{'), mask(&bytes, |byte| byte == b'}'));
            prop_assert_eq!(look::<true, OBJECTS>(&bytes), Chunk { begins, ends, quotes: 0, ..chunk });
        }
    }
}
