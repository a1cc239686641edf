//! The first of a few bytes in a text.
//!
//! A search that is made for long texts costs more to begin than it takes in lines as short as those of
//! logs; here sixteen bytes are looked at together.

use wide::u8x16;

/// So many bytes are looked at together.
const LANE: usize = 16;

/// Where the first of these bytes stands.
#[inline(always)]
pub(super) fn first_of<const BYTES: usize>(bytes: [u8; BYTES], text: &[u8]) -> Option<usize> {
    let look = |lane: &[u8; LANE]| {
        let lane = u8x16::new(*lane);
        bytes.iter().fold(u8x16::ZERO, |any, &byte| any | lane.simd_eq(u8x16::splat(byte))).to_bitmask()
    };
    let (lanes, rest) = text.as_chunks::<LANE>();
    for (number, lane) in lanes.iter().enumerate() {
        let found = look(lane);
        if found != 0 {
            return Some(LANE * number + found.trailing_zeros() as usize);
        }
    }
    let Some(last) = text.last_chunk() else { return rest.iter().position(|byte| bytes.contains(byte)) };
    // Those of the last sixteen that were looked at before are none of these bytes.
    let found = look(last);
    (found != 0).then(|| text.len() - LANE + found.trailing_zeros() as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_where_a_look_at_each_byte_finds_it(
            text in prop::collection::vec(10_u8..20, 0..80),
            marks in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3), 0..3),
        ) {
            let mut text = text;
            for (at, byte) in marks.iter().filter(|_| !text.is_empty()).copied().collect::<Vec<_>>() {
                let at = at.index(text.len());
                text[at] = byte;
            }
            for from in 0..=text.len() {
                let text = &text[from..];
                let expected = text.iter().position(|byte| [0, 2].contains(byte));
                prop_assert_eq!(first_of([0, 2], text), expected);
            }
        }
    }
}
