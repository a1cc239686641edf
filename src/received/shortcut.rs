//! The shortcut through a file: from where on it may be read in blocks, and what that takes.
//!
//! It never judges: what was seen in a block is handed to whoever reads the file, and a block that
//! can't be read as such is left to it, with more of what follows the more often that happens.

use std::fs::File;
use std::sync::Arc;

use super::block::{BlockReader, BlockReport, Irregular};
use super::judge::Judge;
use super::plan::Layout;
use super::side_by_side::{Stretch, read_side_by_side};
use super::sieve::Sieve;
use crate::receipt::crew::threads;

/// How much of a file is read line by line, and how much in blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effort {
    /// So much of what is to be read is read line by line at first, in bytes.
    pub(super) head: u64,
    /// A block, in bytes.
    pub(super) block: usize,
    /// Less than this is not worth several threads, in bytes.
    pub(super) least_shared: u64,
}

impl Default for Effort {
    fn default() -> Self {
        Self { head: 128 << 10, block: 256 << 10, least_shared: 4 << 20 }
    }
}

impl Effort {
    /// Every line is read, one after the other.
    pub(super) fn line_by_line() -> Self {
        Self { head: u64::MAX, ..Self::default() }
    }
}

/// At most so many blocks in a row are read line by line because of one that had to be.
const MOST_DISTRUSTED_BLOCKS: u64 = 64;

/// The way to read a file in blocks.
pub(super) struct Shortcut<'l, 'w> {
    layout: &'l Layout,
    effort: Effort,
    /// From here on it may be taken.
    opens_at: u64,
    /// How many blocks are read line by line beside the next one that has to be.
    distrusted: u64,
    /// `None` until it is needed.
    sieve: Option<Option<Arc<Sieve>>>,
    reader: Option<BlockReader<'l, 'w>>,
}

impl<'l, 'w> Shortcut<'l, 'w> {
    /// The shortcut through a file that is read from a place on.
    pub(super) fn new(layout: &'l Layout, from: u64, effort: Effort) -> Self {
        let opens_at = from.saturating_add(effort.head);
        Self { layout, effort, opens_at, distrusted: 0, sieve: None, reader: None }
    }

    /// Whether a block may begin at this place.
    pub(super) fn is_open_at(&self, place: u64) -> bool {
        place >= self.opens_at
    }

    /// How many threads should read what lies behind a place, if it is more than one.
    pub(super) fn is_worth_sharing(&self, file: &File, place: u64) -> Option<usize> {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        let threads = threads();
        (length.saturating_sub(place) >= self.effort.least_shared.max(1) && threads > 1).then_some(threads)
    }

    /// Reads a file from a place on with as many threads as there are deputies, until it ends or must
    /// be read line by line.
    pub(super) fn share(
        &mut self,
        file: &File,
        from: u64,
        deputies: Vec<Judge<'w>>,
        take: impl FnMut(BlockReport, u64),
    ) {
        let to = file.metadata().map_or(from, |metadata| metadata.len());
        let readers = deputies.into_iter().map(|judge| self.reader(judge)).collect();
        let stretch = Stretch { file, from, to, block: self.effort.block as u64 };
        match read_side_by_side(stretch, readers, take) {
            Some(end) => self.close_until(end),
            // What is left is the beginning of a line.
            None => self.opens_at = to,
        }
    }

    /// Reads one block that ends at a place, unless it must be read line by line.
    pub(super) fn read(&mut self, block: &[u8], end: u64, deputy: impl FnOnce() -> Judge<'w>) -> Option<BlockReport> {
        let mut reader = self.reader.take().unwrap_or_else(|| self.reader(deputy()));
        let report = reader.read(block);
        self.reader = Some(reader);
        match report {
            Ok(report) => Some(report),
            Err(Irregular) => {
                self.close_until(end);
                None
            }
        }
    }

    fn close_until(&mut self, end: u64) {
        self.opens_at = end + self.distrusted * self.effort.block as u64;
        self.distrusted = (self.distrusted * 2).clamp(1, MOST_DISTRUSTED_BLOCKS);
    }

    fn reader(&mut self, judge: Judge<'w>) -> BlockReader<'l, 'w> {
        let layout = self.layout;
        let sieve = self.sieve.get_or_insert_with(|| judge.sieve(layout).map(Arc::new));
        BlockReader::new(layout, sieve.clone(), judge)
    }
}
