//! A glance at many bytes, for what is seldom in them.
//!
//! Most stretches of most logs have nothing odd, no long words, and lines that begin and end like all others.
//! To tell that of all chunks together is a good deal less work than to tell of each where what is.

use super::chunk::CHUNK;
use super::stretch::STRETCH;

/// A stretch, with the byte before it and the one behind it.
pub(super) type Surrounded = [u8; STRETCH * CHUNK + 2];

/// What a stretch shows at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Glance {
    /// How many newlines there are.
    pub(super) newlines: u64,
    /// Whether nothing but the dashes must be looked at.
    pub(super) is_plain: bool,
    /// Whether there is a quote; told only where lines are rows of a table.
    pub(super) has_quotes: bool,
}

/// How much is looked at in full behind a stretch that is not plain: twice as many stretches each time in a
/// row.
#[derive(Default)]
pub(super) struct Distrust {
    left: u32,
    next: u32,
}

/// So many stretches at most.
const MOST_DISTRUSTED: u32 = 32;

impl Distrust {
    /// Whether the next stretch is worth a glance.
    #[inline(always)]
    pub(super) fn is_over(&mut self) -> bool {
        let is_over = self.left == 0;
        self.left = self.left.saturating_sub(1);
        is_over
    }

    /// Takes note of what a glance has shown.
    #[inline(always)]
    pub(super) fn note(&mut self, is_plain: bool) {
        self.next = if is_plain { 0 } else { (2 * self.next).clamp(1, MOST_DISTRUSTED) };
        self.left = self.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_stretches_in_a_row_are_not_plain_the_fewer_are_glanced_at() {
        let mut distrust = Distrust::default();
        // How many are looked at in full before the next glance.
        let mut until_next = |is_plain: bool| {
            distrust.note(is_plain);
            (0..).take_while(|_| !distrust.is_over()).count()
        };
        assert_eq!([true, true].map(&mut until_next), [0, 0]);
        assert_eq!([false; 8].map(&mut until_next), [1, 2, 4, 8, 16, 32, 32, 32]);
        assert_eq!([true, false, false].map(&mut until_next), [0, 1, 2]);
    }
}
