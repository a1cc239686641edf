//! A block of whole lines, read at once: what the sieve rules out is counted, all else is read.
//!
//! A block that is not what it should be is handed back unread, to be read line by line: one in
//! which a record spans lines, and one with a hole or with binary data. Nothing of it was told to
//! anybody by then.

use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::judge::Judge;
use super::lines::{Ending, MAX_LINE_BYTES};
use super::plan::Layout;
use super::record::{Reading, Record, RecordReader};
use super::scan::{BOM, is_damaged};
use super::sieve::{Found, Scratch, Sieve, uuid_around};
use super::story::Story;
use crate::receipt::Sighting;

/// One line in so many bytes is read in any case, to see whether lines can be understood at all.
const BYTES_OF_SAMPLE: usize = 64 << 10;

/// What was seen in a block.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct BlockReport {
    /// How many lines it has, blank ones counted.
    pub(super) lines: u64,
    /// What was seen.
    pub(super) story: Story,
    /// Which ids, by number.
    pub(super) sightings: Vec<(u32, Sighting)>,
    /// The first line that could not be understood, counted from 0.
    pub(super) first_unreadable: Option<u64>,
}

/// The block must be read line by line, with regard to what stands before and behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Irregular;

/// Reads one block after the other, each by itself.
pub(super) struct BlockReader<'b, 'w> {
    layout: &'b Layout,
    /// `None` when no line can be ruled out.
    sieve: Option<Arc<Sieve>>,
    judge: Judge<'w>,
    reader: Box<dyn RecordReader>,
    record: Record,
    found: Found,
    /// Where something stands in a line that must be read, and the number of the wanted UUID that it is.
    places: Vec<(usize, Option<u32>)>,
    scratch: Scratch,
}

impl<'b, 'w> BlockReader<'b, 'w> {
    /// A reader of blocks behind the header; the judge is a deputy.
    pub(super) fn new(layout: &'b Layout, sieve: Option<Arc<Sieve>>, judge: Judge<'w>) -> Self {
        Self {
            layout,
            sieve,
            judge,
            reader: layout.reader_behind_header(),
            record: Record::default(),
            found: Found::default(),
            places: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// Reads a block of whole lines.
    pub(super) fn read(&mut self, block: &[u8]) -> Result<BlockReport, Irregular> {
        let read = self.read_lines(block);
        // Whatever was seen belongs to this block and to no other.
        let (mut story, sightings) = self.judge.take_deputed();
        let (lines, passed_over, first_unreadable) = read.inspect_err(|Irregular| self.reader.abandon())?;
        story.pass_over(passed_over);
        Ok(BlockReport { lines, story, sightings, first_unreadable })
    }

    /// How many lines there are, how many of them were ruled out, and the first unreadable one.
    fn read_lines(&mut self, block: &[u8]) -> Result<(u64, u64, Option<u64>), Irregular> {
        let Some(sieve) = self.sieve.clone() else {
            self.check_rows(block)?;
            return self.read_all(block).map(|(lines, first)| (lines, 0, first));
        };
        let lines = sieve.sift(self.judge.wanted(), block, &mut self.scratch, &mut self.found);
        if self.found.has_quotes {
            self.check_rows(block)?;
        }
        let (found, mut places) = (std::mem::take(&mut self.found), std::mem::take(&mut self.places));
        places.clear();
        places.extend(found.uuids.iter().map(|&(dash, number)| (dash, Some(number))));
        let samples = (0..block.len()).step_by(BYTES_OF_SAMPLE);
        // How far a log goes in time is mostly told by its last line.
        let others = found.places.iter().copied().chain(samples).chain(block.len().checked_sub(1));
        places.extend(others.map(|place| (place, None)));
        // The UUIDs are in order already, and they are most.
        places.sort();
        self.judge.take_bare(found.bare.iter().map(|&(_, number)| number));
        let chosen = self.read_chosen(block, &places, &found.bare);
        let (read, first_unreadable) = chosen?;
        let read = read + found.bare.len() as u64;
        (self.found, self.places) = (found, places);
        let seen = self.judge.deputed();
        if seen.unreadable * 2 > seen.lines {
            // Perhaps most lines are like these, so that absence proves nothing.
            self.judge.take_deputed();
            return self.read_all(block).map(|(lines, first)| (lines, 0, first));
        }
        Ok((lines, lines - read, first_unreadable))
    }

    /// Where lines are rows of a table, each must be one by itself.
    fn check_rows(&self, block: &[u8]) -> Result<(), Irregular> {
        match self.layout {
            Layout::Csv(layout) if !rows_are_lines(block, layout.delimiter) => Err(Irregular),
            _ => Ok(()),
        }
    }

    fn read_all(&mut self, block: &[u8]) -> Result<(u64, Option<u64>), Irregular> {
        let (mut lines, mut first_unreadable, mut start) = (0, None, 0);
        while let Some(length) = memchr(b'\n', &block[start..]) {
            if self.read_line(&block[start..start + length])? == Reading::Unreadable {
                first_unreadable.get_or_insert(lines);
            }
            lines += 1;
            start += length + 1;
        }
        Ok((lines, first_unreadable))
    }

    /// Reads the lines at these places, which are sorted, but for those that begin where `taken` says.
    fn read_chosen(
        &mut self,
        block: &[u8],
        places: &[(usize, Option<u32>)],
        taken: &[(usize, u32)],
    ) -> Result<(u64, Option<u64>), Irregular> {
        let (mut read, mut first_unreadable, mut behind) = (0, None, 0);
        for &(place, number) in places {
            if place < behind {
                continue;
            }
            if let (Some(number), Some(text)) = (number, uuid_around(block, place)) {
                self.judge.expect(*text, number);
            }
            let start = memrchr(b'\n', &block[behind..place]).map_or(behind, |before| behind + before + 1);
            let end = memchr(b'\n', &block[place..]).map_or(block.len(), |length| place + length);
            behind = end + 1;
            if taken.binary_search_by_key(&start, |&(start, _)| start).is_ok() {
                continue;
            }
            if self.read_line(&block[start..end])? == Reading::Unreadable && first_unreadable.is_none() {
                first_unreadable = Some(memchr::memchr_iter(b'\n', &block[..start]).count() as u64);
            }
            read += 1;
        }
        Ok((read, first_unreadable))
    }

    fn read_line(&mut self, line: &[u8]) -> Result<Reading, Irregular> {
        let line = line.strip_prefix(BOM).unwrap_or(line);
        if line.trim_ascii().is_empty() {
            return Ok(Reading::Understood);
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(Irregular);
        }
        self.record.clear();
        let reading = self.reader.read(line, &mut self.record);
        match reading {
            Reading::Understood | Reading::Ambiguous => {
                let has_status = self.layout.has_status();
                self.judge.take_record(&self.record, 1, Ending::Newline, has_status);
                if reading == Reading::Ambiguous {
                    self.judge.suspect(line);
                }
            }
            Reading::Unreadable if is_damaged(line) => return Err(Irregular),
            Reading::Unreadable => self.judge.take_unreadable(line, 1, Ending::Newline, String::new),
            Reading::Header | Reading::Unfinished => return Err(Irregular),
        }
        Ok(reading)
    }
}

/// Whether each line of a part of a table is a row by itself: where a quote opens a cell, it is
/// closed on the same line, and no quote stands anywhere else.
fn rows_are_lines(block: &[u8], delimiter: u8) -> bool {
    let mut opened: Option<usize> = None;
    let mut quotes = memchr::memchr_iter(b'"', block);
    while let Some(at) = quotes.next() {
        let Some(start) = opened else {
            let begins_cell = at == 0 || block[at - 1] == delimiter || block[at - 1] == b'\n';
            if !begins_cell {
                return false;
            }
            opened = Some(at);
            continue;
        };
        match &block[at + 1..] {
            // Two of them stand for one in the cell.
            [b'"', ..] => {
                quotes.next();
            }
            [next, ..] if *next != delimiter && *next != b'\n' && !block[at + 1..].starts_with(b"\r\n") => {
                return false;
            }
            _ if memchr(b'\n', &block[start..at]).is_some() => return false,
            _ => opened = None,
        }
    }
    opened.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_where_quotes_open_and_close_cells_on_it() {
        for text in ["a,b\n", "\"a\",\"b\"\r\n\"\",x\n", "\"a \"\"b\"\",\",1\n\"\"\"\",2\n"] {
            assert!(rows_are_lines(text.as_bytes(), b','), "{text}");
        }
        for text in ["\"a\nb\",1\n", "a\"b,1\n", "\"a\"b,1\n", " \"a\",1\n", "\"a\n", "\"a\";1\n", "\"a\"\r,1\n"] {
            assert!(!rows_are_lines(text.as_bytes(), b','), "{text}");
        }
    }
}
