//! Lines that are a UUID in its usual spelling and nothing else, as lists of ids have them: where
//! one is behind the other no newline and no dash must be looked for.

use wide::u8x16;

use super::Sifting;
use super::chunk::CHUNK;
use super::eyes::Eyes;
use super::likely::TOGETHER;
use crate::event::digits::UUID_BYTES;
use crate::receipt::filter::{Filter, UuidHasher};

/// So many bytes are looked at in the usual way behind a line that is something else, and twice as
/// many when that goes on.
const LEAST_DETOUR: usize = if cfg!(any(test, fuzzing)) { 8 } else { 1 << 10 };
/// Where the dashes are, among the first 32 bytes.
pub(super) const DASHES: u32 = 1 << 8 | 1 << 13 | 1 << 18 | 1 << 23;

/// A line with its newline, in bytes.
pub(super) const LINE_BYTES: usize = UUID_BYTES + 1;

/// So many lines, if they are bare UUIDs, and as many bytes behind them as are read with the last of them.
pub(super) type BareLines = [u8; TOGETHER * LINE_BYTES + CHUNK - LINE_BYTES];

impl Sifting<'_, '_> {
    /// Looks at the whole block and counts its lines, most of which are bare UUIDs.
    #[inline(always)]
    pub(super) fn run_bare(
        &mut self,
        filter: &Filter,
        hasher: UuidHasher,
        eyes: &impl Eyes,
        are_bare: impl Fn(&BareLines) -> bool,
    ) -> u64 {
        let (mut lines, mut at, mut detour) = (0, 0, LEAST_DETOUR);
        loop {
            let start = at;
            loop {
                let (room, mut put) = (self.scratch.bare.room_for(TOGETHER), 0);
                // Where lines are bare, so are most likely those behind them.
                if at > start
                    && let Some(bytes) = self.block[at..].first_chunk()
                    && are_bare(bytes)
                {
                    put_sketches(bytes, at, hasher, room);
                    at += TOGETHER * LINE_BYTES;
                    put = TOGETHER;
                }
                while put < TOGETHER
                    && let Some(line) = self.block[at..].first_chunk::<LINE_BYTES>()
                    && let Some(text) = bare(line)
                {
                    room[put] = (at, hasher.sketch_of_text(text));
                    put += 1;
                    at += LINE_BYTES;
                }
                self.scratch.bare.put_in(put, filter);
                if put < TOGETHER {
                    break;
                }
            }
            lines += ((at - start) / LINE_BYTES) as u64;
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

/// Puts in the sketches of lines, of which the first begins at this place.
///
/// It is not compiled for wide registers: compilers would gather the pieces of several lines in one of these,
/// which takes twice as long.
#[inline(never)]
fn put_sketches(lines: &BareLines, first: usize, hasher: UuidHasher, room: &mut [(usize, u64)]) {
    let (lines, _) = lines.as_chunks::<LINE_BYTES>();
    for (number, (room, line)) in room.iter_mut().zip(lines).enumerate() {
        let Some(text) = line.first_chunk() else { return };
        *room = (first + number * LINE_BYTES, hasher.sketch_of_text(text));
    }
}

/// The UUID that is all of a line, if its bytes are usual ones.
#[inline(always)]
pub(super) fn bare(line: &[u8; LINE_BYTES]) -> Option<&[u8; UUID_BYTES]> {
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
