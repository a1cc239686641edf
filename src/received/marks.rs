//! Where some bytes stand in a line, one place after the other.
//!
//! A search for the next of them costs more to begin than it takes in lines as short as those of logs;
//! here each sixteen bytes are looked at once.

use wide::u8x16;

/// So many bytes are looked at together.
const LANE: usize = 16;

/// The places of some bytes in a text, in their order.
pub(super) struct Marks<'t, const BYTES: usize> {
    text: &'t [u8],
    bytes: [u8x16; BYTES],
    /// The first place that was not looked at.
    next: usize,
    /// What was found before it and not told yet, one bit for each place.
    found: u32,
}

impl<'t, const BYTES: usize> Marks<'t, BYTES> {
    /// The places of these bytes.
    #[inline(always)]
    pub(super) fn of(bytes: [u8; BYTES], text: &'t [u8]) -> Self {
        Self { text, bytes: bytes.map(u8x16::splat), next: 0, found: 0 }
    }

    #[inline(always)]
    fn look(&self, lane: [u8; LANE]) -> u32 {
        let lane = u8x16::new(lane);
        let any = self.bytes.iter().fold(u8x16::ZERO, |any, byte| any | lane.simd_eq(*byte));
        any.to_bitmask()
    }
}

impl<const BYTES: usize> Iterator for Marks<'_, BYTES> {
    type Item = usize;

    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            let rest = self.text.get(self.next..).filter(|rest| !rest.is_empty())?;
            self.found = if let Some(lane) = rest.first_chunk() {
                self.look(*lane)
            } else {
                let mut lane = [0; LANE];
                lane[..rest.len()].copy_from_slice(rest);
                self.look(lane) & ((1 << rest.len()) - 1)
            };
            self.next += LANE;
        }
        let at = self.next - LANE + self.found.trailing_zeros() as usize;
        self.found &= self.found - 1;
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_where_a_look_at_each_byte_finds_them(text in prop::collection::vec(0_u8..6, 0..80), last in any::<u8>()) {
            let text = [&text[..], &[last]].concat();
            for text in [&text[..], &text[..text.len() - 1]] {
                let places: Vec<usize> = (0..text.len()).filter(|&at| [0, 3, last].contains(&text[at])).collect();
                prop_assert_eq!(Marks::of([0, 3, last], text).collect::<Vec<_>>(), places);
            }
        }
    }
}
