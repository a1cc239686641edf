//! Lines of a stream: found with a byte search in one big buffer, without an allocation for each.
//!
//! It owns the buffer and the bound on a line's length. It never looks into a line.

use std::io::{self, ErrorKind, Read};

use super::pages::{PAGE, Pages};

/// The longest line that is handed out whole.
pub(super) const MAX_LINE_BYTES: usize = 16 << 20;

/// How much of a piece of an overlong line is repeated at the start of the next, so that no id is
/// cut in two. An id of the greatest length fits, even with each byte escaped.
pub(super) const OVERLAP_BYTES: usize = 8 << 10;

const BUFFER_BYTES: usize = 1 << 20;

/// Whether the end of a line is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// A newline followed.
    Newline,
    /// The stream ended: the writer may still be in the middle of the line.
    Torn,
}

/// One step through a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// A line without its newline.
    Whole(&'a [u8], Ending),
    /// A part of a line that is too long to be handed out; it overlaps with the part before.
    Piece(&'a [u8]),
    /// The last part of such a line.
    LastPiece(&'a [u8], Ending),
}

/// Splits a stream into lines.
pub(super) struct LineReader<R> {
    stream: R,
    buffer: Pages,
    start: usize,
    end: usize,
    /// How much after `start` is known to hold no newline.
    searched: usize,
    max_line: usize,
    overlap: usize,
    in_overlong: bool,
    at_end: bool,
    bytes_read: u64,
    /// How far into the stream the buffer's `start` is.
    position: u64,
    /// Where within a page of its file the stream began.
    lead: usize,
}

impl<R: Read> LineReader<R> {
    /// Reads lines of up to [`MAX_LINE_BYTES`].
    pub(super) fn new(stream: R) -> Self {
        Self::with_bounds(stream, BUFFER_BYTES, MAX_LINE_BYTES, OVERLAP_BYTES)
    }

    /// Reads lines with a first buffer, a bound and an overlap; the overlap is below the bound.
    pub(super) fn with_bounds(stream: R, buffer: usize, max_line: usize, overlap: usize) -> Self {
        Self {
            stream,
            buffer: Pages::new(buffer.max(1)),
            start: 0,
            end: 0,
            searched: 0,
            max_line,
            overlap: overlap.min(max_line.saturating_sub(1)),
            in_overlong: false,
            at_end: false,
            bytes_read: 0,
            position: 0,
            lead: 0,
        }
    }

    /// How many bytes were read from the stream so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.bytes_read
    }

    /// Where in the stream the next line begins.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// The next line, or `None` at the end.
    pub(super) fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            let unsearched = &self.buffer[self.start + self.searched..self.end];
            if let Some(position) = memchr::memchr(b'\n', unsearched) {
                let (from, to) = (self.start, self.start + self.searched + position);
                self.go_to(to + 1, 0);
                return Ok(Some(self.finished(from, to, Ending::Newline)));
            }
            self.searched = self.end - self.start;
            if self.at_end {
                if self.searched == 0 && !self.in_overlong {
                    return Ok(None);
                }
                let (from, to) = (self.start, self.end);
                self.go_to(to, 0);
                return Ok(Some(self.finished(from, to, Ending::Torn)));
            }
            if self.searched >= self.max_line {
                let (from, to) = (self.start, self.end);
                self.in_overlong = true;
                self.go_to(to - self.overlap, self.overlap);
                return Ok(Some(Line::Piece(&self.buffer[from..to])));
            }
            self.fill()?;
        }
    }

    /// As many whole lines as the buffer holds, without going on behind them.
    pub(super) fn block(&mut self) -> io::Result<Option<&[u8]>> {
        while !self.at_end && (self.end < self.buffer.len() || self.start >= self.grain()) {
            self.fill()?;
        }
        let held = &self.buffer[self.start..self.end];
        Ok(memchr::memrchr(b'\n', held).map(|newline| &held[..=newline]))
    }

    /// Goes on at a place in the stream, which begins a line of the block.
    pub(super) fn consume_to(&mut self, position: u64) {
        let length = usize::try_from(position - self.position).unwrap_or(usize::MAX);
        self.go_to(self.start.saturating_add(length).min(self.end), 0);
    }

    /// Forgets what was read: the stream stands at this place in its file, and everything counts from there.
    pub(super) fn begin_at(&mut self, place: u64) {
        self.lead = usize::try_from(place % PAGE as u64).unwrap_or(0);
        (self.start, self.end, self.searched) = (0, 0, 0);
        (self.bytes_read, self.position) = (0, 0);
        (self.in_overlong, self.at_end) = (false, false);
    }

    fn go_to(&mut self, start: usize, searched: usize) {
        self.position += (start - self.start) as u64;
        self.start = start;
        self.searched = searched;
    }

    fn finished(&mut self, from: usize, to: usize, ending: Ending) -> Line<'_> {
        let bytes = &self.buffer[from..to];
        if std::mem::take(&mut self.in_overlong) { Line::LastPiece(bytes, ending) } else { Line::Whole(bytes, ending) }
    }

    /// What is held is moved by multiples of this, so that what is read keeps its place within a page.
    fn grain(&self) -> usize {
        if self.buffer.len() > 4 * PAGE { PAGE } else { 1 }
    }

    fn fill(&mut self) -> io::Result<()> {
        let (held, grain) = (self.end - self.start, self.grain());
        let next = self.lead + usize::try_from(self.bytes_read % PAGE as u64).unwrap_or(0);
        let start = (next + PAGE - held % PAGE) % grain;
        if start < self.start || held == 0 {
            self.buffer.copy_within(self.start..self.end, start);
            (self.start, self.end) = (start, start + held);
        }
        if self.end == self.buffer.len() {
            // The longest line may begin anywhere in its page.
            let longest = self.max_line + 2 * PAGE;
            let larger = self.buffer.len() * 2;
            self.buffer.grow(if larger < self.max_line { larger } else { longest.max(self.buffer.len() + 1) });
        }
        loop {
            match self.stream.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(count) => {
                    self.end += count;
                    self.bytes_read += count as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A stream that gives a few bytes at a time.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.0.len().min(self.1).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn lines_of(text: &[u8], drip: usize, buffer: usize) -> Vec<(Vec<u8>, Ending)> {
        let mut reader = LineReader::with_bounds(Dripping(text, drip), buffer, 1 << 20, 8);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().expect("memory can be read") {
            match line {
                Line::Whole(bytes, ending) => lines.push((bytes.to_vec(), ending)),
                Line::Piece(_) | Line::LastPiece(..) => panic!("no line is that long"),
            }
        }
        assert_eq!((reader.bytes_read(), reader.position()), (text.len() as u64, text.len() as u64));
        lines
    }

    proptest! {
        #[test]
        fn lines_are_those_of_a_plain_split(text in "[ab\n]{0,60}", drip in 1usize..9, buffer in 1usize..9) {
            let mut expected: Vec<(Vec<u8>, Ending)> =
                text.split('\n').map(|line| (line.as_bytes().to_vec(), Ending::Newline)).collect();
            let last = expected.pop().expect("a split has a part");
            if !last.0.is_empty() {
                expected.push((last.0, Ending::Torn));
            }
            prop_assert_eq!(lines_of(text.as_bytes(), drip, buffer), expected);
        }

        #[test]
        fn every_short_word_of_an_overlong_line_stands_whole_in_a_piece(at in 0usize..200, drip in 1usize..9) {
            let mut text = vec![b'.'; 200];
            text.splice(at..at, *b"word");
            text.extend_from_slice(b"\nnext\n");
            let mut reader = LineReader::with_bounds(Dripping(&text, drip), 4, 32, 8);
            let mut seen = false;
            let mut whole = Vec::new();
            while let Some(line) = reader.next_line().expect("memory can be read") {
                match line {
                    Line::Piece(bytes) | Line::LastPiece(bytes, _) => seen |= memchr::memmem::find(bytes, b"word").is_some(),
                    Line::Whole(bytes, _) => whole.push(bytes.to_vec()),
                }
            }
            prop_assert!(seen);
            prop_assert_eq!(whole, vec![b"next".to_vec()]);
        }
    }

    /// A stream that gives as much as it is asked for, and counts how often that is.
    struct Counting<'a>(&'a [u8], &'a std::cell::Cell<usize>);

    impl Read for Counting<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1.set(self.1.get() + 1);
            self.0.read(buffer)
        }
    }

    #[test]
    fn an_overlong_line_is_read_in_large_pieces_wherever_it_begins() {
        for before in [0, 1, 5_000] {
            let text = [vec![b'.'; before], b"\n".to_vec(), vec![b'x'; 1 << 20]].concat();
            let reads = std::cell::Cell::new(0);
            let mut reader = LineReader::with_bounds(Counting(&text, &reads), 64 << 10, 256 << 10, 8 << 10);
            let mut bytes = 0;
            while let Some(line) = reader.next_line().expect("memory can be read") {
                let (Line::Whole(part, _) | Line::Piece(part) | Line::LastPiece(part, _)) = line;
                bytes += part.len();
            }
            assert!(bytes > 1 << 20 && reads.get() < 20, "{} reads", reads.get());
            assert!(reader.buffer.len() <= (256 << 10) + 2 * PAGE);
        }
    }
}
