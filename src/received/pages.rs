//! Memory that files are read into so that each byte keeps its place within a page.
//!
//! A kernel copies whole pages several times faster to the same place within a page than to any other:
//! reading half a gigabyte one byte off takes two to four times as long.

use std::ops::{Deref, DerefMut};

/// A page, in bytes: no processor has smaller ones, and where they are larger less would be gained.
pub(crate) const PAGE: usize = 4 << 10;

/// Bytes of which the first begins a page.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    memory: Vec<u8>,
    start: usize,
    length: usize,
}

impl Pages {
    /// So many bytes, all of them zero.
    pub(crate) fn new(length: usize) -> Self {
        let memory = vec![0; length + PAGE];
        // It is the first byte at worst, which is slower and nothing else.
        let start = memory.as_ptr().align_offset(PAGE);
        Self { memory, start: if start < PAGE { start } else { 0 }, length }
    }

    /// Makes more of them, and keeps those that are there.
    pub(crate) fn grow(&mut self, length: usize) {
        if length > self.length {
            let mut larger = Self::new(length);
            larger[..self.length].copy_from_slice(self);
            *self = larger;
        }
    }
}

impl Deref for Pages {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.memory[self.start..self.start + self.length]
    }
}

impl DerefMut for Pages {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[self.start..self.start + self.length]
    }
}

/// The beginning of the page in which a place lies.
pub(crate) fn page_of(place: u64) -> u64 {
    place - place % PAGE as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_begin_a_page_and_keep_what_they_hold() {
        let mut pages = Pages::default();
        for length in [0, 1, 10, 5_000, 70_000] {
            pages.grow(length);
            assert_eq!(pages.len(), length);
            assert!(length == 0 || pages.as_ptr().addr() % PAGE == 0);
            pages.iter_mut().rev().take(1).for_each(|byte| *byte = 7);
        }
        let marked: Vec<usize> = (0..pages.len()).filter(|&at| pages[at] == 7).collect();
        assert_eq!(marked, [0, 9, 4_999, 69_999]);
        pages.grow(3);
        assert_eq!(pages.len(), 70_000);
    }

    #[test]
    fn a_page_begins_at_or_before_what_lies_in_it() {
        assert_eq!([0, 1, 4_095, 4_096, 4_097].map(page_of), [0, 0, 0, 4_096, 4_096]);
    }
}
