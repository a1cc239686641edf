//! With what bytes are looked at: closures, because a closure is compiled for the registers of the function
//! in which it is written, wherever it is called.

use super::chunk::{CHUNK, Chunk};
use super::glance::{Glance, Surrounded};
use super::stretch::STRETCH;

/// With what the bytes of one kind of lines are looked at.
pub(super) trait Eyes {
    /// Looks at 64 bytes.
    fn look(&self, bytes: &[u8; CHUNK]) -> Chunk;
    /// Glances at a stretch and puts down where its dashes are, if there is a way to do that.
    fn glance(&self, bytes: &Surrounded, dashes: &mut [u64; STRETCH]) -> Option<Glance>;
}

impl<L, G> Eyes for (L, G)
where
    L: Fn(&[u8; CHUNK]) -> Chunk,
    G: Fn(&Surrounded, &mut [u64; STRETCH]) -> Option<Glance>,
{
    #[inline(always)]
    fn look(&self, bytes: &[u8; CHUNK]) -> Chunk {
        self.0(bytes)
    }

    #[inline(always)]
    fn glance(&self, bytes: &Surrounded, dashes: &mut [u64; STRETCH]) -> Option<Glance> {
        self.1(bytes, dashes)
    }
}

/// Looks and glances with these.
#[inline(always)]
pub(super) fn eyes<L, G>(look: L, glance: G) -> (L, G)
where
    L: Fn(&[u8; CHUNK]) -> Chunk,
    G: Fn(&Surrounded, &mut [u64; STRETCH]) -> Option<Glance>,
{
    (look, glance)
}

/// No glance, where there are no registers for it.
#[inline(always)]
pub(super) fn none(_: &Surrounded, _: &mut [u64; STRETCH]) -> Option<Glance> {
    None
}
