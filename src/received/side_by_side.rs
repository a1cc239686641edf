//! Reads a long stretch of a plain file in blocks, several at a time, and hands over what was seen in
//! the order of the file.
//!
//! It owns the threads and their buffers: as many as there are processors, within a bound, each with
//! one block, so that memory does not grow with the file. It ends at the first block that must be
//! read line by line.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use memchr::{memchr, memrchr};

use super::block::{BlockReader, BlockReport, Irregular};
use super::pages::{PAGE, Pages, page_of};

/// How much is read behind a block at first, for the end of its last line.
const SLACK_BYTES: usize = PAGE;
/// Lines that are longer than this are read one at a time, so that not every thread needs room for one.
const LONGEST_LINE: usize = 1 << 20;
/// So many blocks in a row are read by the same thread and handed over together: waking another
/// thread takes as long as reading some ten thousand bytes.
const BLOCKS_IN_A_ROW: u64 = if cfg!(any(test, fuzzing)) { 2 } else { 8 };
/// So many rows of reports may wait to be handed over.
const MOST_WAITING: usize = 8;

/// A part of a file that begins with a line.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'f> {
    /// The file.
    pub(super) file: &'f File,
    /// Where the first line begins.
    pub(super) from: u64,
    /// Where it ends, perhaps within a line.
    pub(super) to: u64,
    /// How many bytes a block has.
    pub(super) block: u64,
}

/// What became of a block.
enum Outcome {
    /// It was read, up to this place in the file.
    Read(BlockReport, u64),
    /// No line begins in it.
    Empty,
    /// It must be read line by line.
    Irregular,
}

/// Reads the blocks of a stretch and hands over each report, with the place in the file that was
/// reached. The answer is the end of a block that must be read line by line, if there is one.
pub(super) fn read_side_by_side(
    stretch: Stretch<'_>,
    readers: Vec<BlockReader<'_, '_>>,
    mut take: impl FnMut(BlockReport, u64),
) -> Option<u64> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, reports) = sync_channel(MOST_WAITING);
    thread::scope(|scope| {
        for reader in readers {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move || work(stretch, reader, next, stop, &sender));
        }
        drop(sender);
        let mut waiting = BTreeMap::new();
        let mut turn = 0_u64;
        while let Ok((first, row)) = reports.recv() {
            waiting.insert(first, row);
            while let Some(row) = waiting.remove(&turn) {
                for (number, outcome) in (turn..).zip(row) {
                    match outcome {
                        Outcome::Read(report, end) => take(report, end),
                        Outcome::Empty => {}
                        Outcome::Irregular => {
                            stop.store(true, Ordering::Relaxed);
                            drop(reports);
                            return Some(stretch.block_at(number).map_or(stretch.to, |block| block.end));
                        }
                    }
                }
                turn += BLOCKS_IN_A_ROW;
            }
        }
        None
    })
}

fn work(
    stretch: Stretch<'_>,
    mut reader: BlockReader<'_, '_>,
    next: &AtomicU64,
    stop: &AtomicBool,
    reports: &SyncSender<(u64, Vec<Outcome>)>,
) {
    let mut buffer = Pages::default();
    while !stop.load(Ordering::Relaxed) {
        let first = next.fetch_add(BLOCKS_IN_A_ROW, Ordering::Relaxed);
        let mut row = Vec::new();
        for block in (first..first + BLOCKS_IN_A_ROW).map_while(|number| stretch.block_at(number)) {
            row.push(match stretch.lines_of(&block, &mut buffer) {
                Ok(Some((lines, end))) => match reader.read(&buffer[lines]) {
                    Ok(report) => Outcome::Read(report, end),
                    Err(Irregular) => Outcome::Irregular,
                },
                Ok(None) => Outcome::Empty,
                // Whoever reads line by line meets the same error and tells of it.
                Err(_) => Outcome::Irregular,
            });
            if matches!(row.last(), Some(Outcome::Irregular)) {
                break;
            }
        }
        if row.is_empty() || reports.send((first, row)).is_err() {
            break;
        }
    }
}

impl Stretch<'_> {
    /// The bytes of a block by its number, in the file. Blocks begin at multiples of their size, so that
    /// they begin with a page.
    fn block_at(&self, number: u64) -> Option<Range<u64>> {
        let first = self.from - self.from % self.block;
        let start = number.checked_mul(self.block).and_then(|bytes| first.checked_add(bytes))?;
        (start < self.to).then(|| start.max(self.from)..(start + self.block).min(self.to))
    }

    /// Reads the lines of a block: from behind the first newline in it to behind the first one that is not
    /// in it, or the last of the stretch. The answer is where they are in the buffer, and where they end in
    /// the file.
    fn lines_of(&self, block: &Range<u64>, buffer: &mut Pages) -> io::Result<Option<(Range<usize>, u64)>> {
        let origin = page_of(block.start);
        let lead = to_usize(block.start - origin)?;
        let length = to_usize(block.end - origin)?;
        let most = to_usize(self.to - origin)?;
        let (mut filled, mut slack) = (0, SLACK_BYTES);
        let end = loop {
            let wanted = (length + slack).min(most);
            buffer.grow(wanted);
            read_exactly_at(self.file, &mut buffer[filled..wanted], origin + filled as u64)?;
            filled = wanted;
            if let Some(newline) = memchr(b'\n', &buffer[length..filled]) {
                break Some(length + newline + 1);
            }
            if filled == most {
                break memrchr(b'\n', &buffer[lead..filled]).map(|newline| lead + newline + 1);
            }
            if filled > length + LONGEST_LINE {
                return Err(io::Error::other("a line is too long to be handed out whole"));
            }
            slack *= 4;
        };
        let is_first = block.start == self.from;
        let start = if is_first { Some(lead) } else { memchr(b'\n', &buffer[lead..filled]).map(|at| lead + at + 1) };
        match (start, end) {
            (Some(start), Some(end)) if start < end => Ok(Some((start..end, origin + end as u64))),
            _ => Ok(None),
        }
    }
}

fn to_usize(bytes: u64) -> io::Result<usize> {
    usize::try_from(bytes).map_err(io::Error::other)
}

fn read_exactly_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        match read_at(file, buffer, offset) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                buffer = &mut buffer[count..];
                offset += count as u64;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}
