//! Lines that are a UUID in its usual spelling and nothing else, as lists of ids have them: where
//! one is behind the other no newline and no dash must be looked for.

use wide::u8x16;

use super::Sifting;
use super::eyes::Eyes;
use super::likely::TOGETHER;
use crate::event::digits::UUID_BYTES;
use crate::receipt::filter::{Filter, UuidHasher};

/// So many bytes are looked at in the usual way behind a line that is something else, and twice as
/// many when that goes on.
const LEAST_DETOUR: usize = if cfg!(any(test, fuzzing)) { 8 } else { 1 << 10 };
/// Where the dashes are, among the first 32 bytes.
const DASHES: u32 = 1 << 8 | 1 << 13 | 1 << 18 | 1 << 23;

impl Sifting<'_, '_> {
    /// Looks at the whole block and counts its lines, most of which are bare UUIDs.
    #[inline(always)]
    pub(super) fn run_bare(&mut self, filter: &Filter, hasher: UuidHasher, eyes: &impl Eyes) -> u64 {
        let (mut lines, mut at, mut detour) = (0, 0, LEAST_DETOUR);
        loop {
            let start = at;
            loop {
                let (room, mut put) = (self.scratch.bare.room_for(TOGETHER), 0);
                while put < TOGETHER
                    && let Some(line) = self.block[at..].first_chunk::<{ UUID_BYTES + 1 }>()
                    && let Some(text) = bare(line)
                {
                    room[put] = (at, hasher.sketch_of_text(text));
                    put += 1;
                    at += UUID_BYTES + 1;
                }
                self.scratch.bare.put_in(put, filter);
                if put < TOGETHER {
                    break;
                }
            }
            lines += ((at - start) / (UUID_BYTES + 1)) as u64;
            if at == self.block.len() {
                return lines;
            }
            detour = if at > start { LEAST_DETOUR } else { detour * 2 };
            let least = (at + detour).min(self.block.len());
            let end = memchr::memchr(b'\n', &self.block[least - 1..]).map_or(self.block.len(), |more| least + more);
            lines += self.run::<false>(at, end, eyes);
            at = end;
        }
    }
}

/// The UUID that is all of a line, if its bytes are usual ones.
#[inline(always)]
fn bare(line: &[u8; UUID_BYTES + 1]) -> Option<&[u8; UUID_BYTES]> {
    let (text, newline) = line.split_first_chunk::<{ UUID_BYTES }>()?;
    let (lanes, _) = text.as_chunks::<16>();
    let [left, right, last] = [u8x16::new(lanes[0]), u8x16::new(lanes[1]), u8x16::new(*text.last_chunk()?)];
    let dash = u8x16::splat(b'-');
    let dashes = left.simd_eq(dash).to_bitmask() | right.simd_eq(dash).to_bitmask() << 16;
    let usual = usual(left) & usual(right) & usual(last);
    (newline == b"\n" && dashes == DASHES && usual.to_bitmask() == 0xffff).then_some(text)
}

/// Printable ASCII but for the space, backslashes and what comes behind the letters.
#[inline(always)]
fn usual(lane: u8x16) -> u8x16 {
    let shifted = lane - u8x16::splat(b'!');
    let plain = shifted.min(u8x16::splat(b'z' - b'!')).simd_eq(shifted);
    plain & !lane.simd_eq(u8x16::splat(b'\\'))
}
