//! Where bytes of some classes stand in a line, one bit for each byte.

use wide::u8x16;

/// So many bytes share a word.
const WORD: usize = 64;
/// So many bytes are looked at together.
const LANE: usize = 16;

/// A line as rows of bits, one row for each class of bytes. The memory is used again for the next line.
#[derive(Debug, Default)]
pub(super) struct Bits<const CLASSES: usize> {
    words: Vec<[u64; CLASSES]>,
}

impl<const CLASSES: usize> Bits<CLASSES> {
    /// Looks at a line; `classes` says of some bytes which of them belong to each class.
    #[inline(always)]
    pub(super) fn look_at(&mut self, line: &[u8], classes: impl Fn(u8x16) -> [u8x16; CLASSES]) {
        let look = |bytes: &[u8; WORD]| {
            let (lanes, _) = bytes.as_chunks::<LANE>();
            let mut word = [0; CLASSES];
            for (number, lane) in lanes.iter().enumerate() {
                for (bits, found) in word.iter_mut().zip(classes(u8x16::new(*lane))) {
                    *bits |= u64::from(found.to_bitmask()) << (LANE * number);
                }
            }
            word
        };
        let (chunks, rest) = line.as_chunks();
        self.words.clear();
        self.words.extend(chunks.iter().map(look));
        if rest.is_empty() {
            return;
        }
        // What stands before the rest was looked at already, or is none of the line.
        let before = WORD - rest.len();
        let last = match line.last_chunk() {
            Some(last) => look(last),
            None => {
                let mut last = [0; WORD];
                last[before..].copy_from_slice(rest);
                look(&last)
            }
        };
        self.words.push(last.map(|bits| bits >> before));
    }

    /// The places of the bytes of a class, in their order.
    #[inline(always)]
    pub(super) fn places(&self, class: usize) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(move |(number, word)| {
            let mut bits = word[class];
            std::iter::from_fn(move || {
                let at = (bits != 0).then(|| WORD * number + bits.trailing_zeros() as usize);
                bits &= bits.wrapping_sub(1);
                at
            })
        })
    }

    /// Whether the line has bytes of a class.
    #[inline(always)]
    pub(super) fn has_any(&self, class: usize) -> bool {
        self.words.iter().fold(0, |all, word| all | word[class]) != 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_where_a_look_at_each_byte_finds_them(
            lines in prop::collection::vec(prop::collection::vec(0_u8..6, 0..200), 1..3),
        ) {
            let mut bits = Bits::default();
            for line in &lines {
                let is = |lane: u8x16, byte: u8| lane.simd_eq(u8x16::splat(byte));
                bits.look_at(line, |lane| [is(lane, 0) | is(lane, 3), is(lane, 5)]);
                for (class, bytes) in [&[0, 3][..], &[5]].into_iter().enumerate() {
                    let expected: Vec<usize> = (0..line.len()).filter(|&at| bytes.contains(&line[at])).collect();
                    prop_assert_eq!(bits.has_any(class), !expected.is_empty());
                    prop_assert_eq!(bits.places(class).collect::<Vec<_>>(), expected);
                }
            }
        }
    }
}
