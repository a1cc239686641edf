//! Reads one stream to its end: lines to records to the judge, and what broke on the way.
//!
//! It never opens anything and never decides what an id is worth.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::block::BlockReport;
use super::judge::Judge;
use super::lines::{Ending, Line, LineReader, MAX_LINE_BYTES, OVERLAP_BYTES};
use super::plan::Layout;
use super::record::{Reading, Record, RecordReader};
use super::shortcut::{Effort, Shortcut};

/// A quoted cell that spans more than this is taken for a stray quote.
const MOST_LINES_OF_RECORD: u64 = 1_000;
const MOST_BYTES_OF_RECORD: usize = 1 << 20;

/// So many NULs in a row are a hole where a line may have been: the end of a block that was not written.
const HOLE_BYTES: usize = 4;

pub(super) const BOM: &[u8] = b"\xef\xbb\xbf";

/// How far a stream was read: up to the end of its last whole record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Checkpoint {
    /// In bytes from its start.
    pub(super) offset: u64,
    /// In lines.
    pub(super) line_number: u64,
    /// Whether the row that names the columns was read.
    pub(super) is_behind_header: bool,
    /// Bytes that are no text, or a hole, if there were any so far.
    pub(super) damage: Option<String>,
}

/// How the reading of a stream ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// How far it came.
    pub(super) checkpoint: Checkpoint,
    /// How many bytes the stream has had from its very start.
    pub(super) length: u64,
    /// Why it could not be read to its end.
    pub(super) failure: Option<String>,
    /// Why what was read is not worth being believed.
    pub(super) damage: Option<String>,
}

/// A file that is read from where it was left off before.
pub(super) struct Source<'f> {
    /// Its bytes, from there on.
    pub(super) stream: Box<dyn Read + 'f>,
    /// The file, if these are its bytes as they lie on disk and reading the stream moves through it.
    pub(super) plain: Option<&'f File>,
}

/// Reads a file to its end, from where it was left off before. The judge has begun the file.
pub(super) fn scan(
    source: Source<'_>,
    name: &str,
    layout: &Layout,
    from: &Checkpoint,
    effort: Effort,
    judge: &mut Judge<'_>,
) -> Scanned {
    let mut lines = LineReader::with_bounds(source.stream, effort.block, MAX_LINE_BYTES, OVERLAP_BYTES);
    lines.begin_at(from.offset);
    let mut origin = from.offset;
    let mut shortcut = Shortcut::new(layout, from.offset, effort);
    let mut scan = Scan::new(name, layout, from, judge);
    let failure = loop {
        let at = origin + lines.position();
        if shortcut.is_open_at(at) && scan.is_ready_for_blocks() {
            if let Some(mut file) = source.plain
                && let Some(deputies) = shortcut.is_worth_sharing(file, at)
            {
                let deputies = (0..deputies).map(|_| scan.judge.deputy()).collect();
                shortcut.share(file, at, deputies, |report, end| scan.take_block(report, end));
                origin = scan.checkpoint.offset.max(at);
                if let Err(error) = file.seek(SeekFrom::Start(origin)) {
                    break Some(unreadable(name, &error));
                }
                lines.begin_at(origin);
                continue;
            }
            match lines.block() {
                Ok(Some(block)) => {
                    let end = at + block.len() as u64;
                    if let Some(report) = shortcut.read(block, end, || scan.judge.deputy()) {
                        scan.take_block(report, end);
                        lines.consume_to(end - origin);
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => break Some(unreadable(name, &error)),
            }
        }
        match lines.next_line() {
            Ok(Some(line)) => scan.take(&line),
            Ok(None) => break None,
            Err(error) => break Some(unreadable(name, &error)),
        }
        if scan.is_between_records {
            scan.checkpoint.offset = origin + lines.position();
        }
    };
    scan.finish();
    let damage = scan.verdict();
    Scanned { checkpoint: scan.checkpoint, length: origin + lines.bytes_read(), failure, damage }
}

fn unreadable(name: &str, error: &io::Error) -> String {
    format!("{name} could not be read to its end: {error}")
}

struct Scan<'s, 'w> {
    name: &'s str,
    layout: &'s Layout,
    judge: &'s mut Judge<'w>,
    reader: Box<dyn RecordReader>,
    has_status: bool,
    record: Record,
    checkpoint: Checkpoint,
    /// Whether the line that was taken ended a record for good.
    is_between_records: bool,
    line_number: u64,
    /// The lines of a record that is not finished.
    pending: Vec<u8>,
    pending_lines: u64,
    pending_start: u64,
    in_overlong: bool,
    in_tail: bool,
    lines: u64,
    unreadable: u64,
    tail_damage: Option<String>,
}

impl<'s, 'w> Scan<'s, 'w> {
    fn new(name: &'s str, layout: &'s Layout, from: &Checkpoint, judge: &'s mut Judge<'w>) -> Self {
        let (lines, unreadable) = judge.counted();
        Self {
            name,
            layout,
            judge,
            reader: if from.is_behind_header { layout.reader_behind_header() } else { layout.reader() },
            has_status: layout.has_status(),
            record: Record::default(),
            checkpoint: from.clone(),
            is_between_records: true,
            line_number: from.line_number,
            pending: Vec::new(),
            pending_lines: 0,
            pending_start: 0,
            in_overlong: false,
            in_tail: false,
            lines,
            unreadable,
            tail_damage: None,
        }
    }

    /// Whether what comes next may be read in blocks: it begins with a line, behind the header and
    /// behind what tells since when the file speaks.
    fn is_ready_for_blocks(&self) -> bool {
        self.is_between_records
            && !self.in_tail
            && self.line_number > 0
            && (self.checkpoint.is_behind_header || !self.layout.has_header())
            && (self.judge.is_opened() || !self.layout.has_time())
            && !self.judge.sees_every_id()
    }

    /// Takes in what was seen in the block that comes next, up to a place in the file.
    fn take_block(&mut self, report: BlockReport, end: u64) {
        let BlockReport { lines, mut story, sightings, first_unreadable } = report;
        let first = first_unreadable.map(|before| self.line_number + before + 1);
        story.first_unreadable = first.map(|line| format!("{}:{line}", self.name));
        self.lines += story.lines;
        self.unreadable += story.unreadable;
        self.line_number += lines;
        self.judge.go_on(story, sightings);
        self.checkpoint.offset = end;
        self.checkpoint.line_number = self.line_number;
    }

    fn take(&mut self, line: &Line<'_>) {
        match *line {
            Line::Whole(bytes, ending) => {
                self.line_number += 1;
                match ending {
                    Ending::Newline => {}
                    Ending::Torn => self.enter_tail(),
                }
                self.take_line(bytes, ending);
                self.settle(ending);
            }
            Line::Piece(bytes) => {
                if !std::mem::replace(&mut self.in_overlong, true) {
                    self.line_number += 1;
                    // Where it ends is not known yet.
                    self.enter_tail();
                    self.take_unreadable(bytes, 1, self.line_number);
                } else {
                    self.judge.suspect(bytes);
                    self.look_for_damage(bytes, self.line_number);
                }
                self.is_between_records = false;
            }
            Line::LastPiece(bytes, ending) => {
                self.in_overlong = false;
                self.judge.suspect(bytes);
                self.look_for_damage(bytes, self.line_number);
                match ending {
                    Ending::Newline => self.leave_tail(),
                    Ending::Torn => {}
                }
                // A cell may not go on behind a line that was not given to the reader.
                self.give_up_pending(Ending::Newline);
                self.settle(ending);
            }
        }
    }

    /// Notes whether everything up to here was taken for good.
    fn settle(&mut self, ending: Ending) {
        self.is_between_records = self.pending_lines == 0 && ending == Ending::Newline;
        if self.is_between_records {
            self.checkpoint.line_number = self.line_number;
        }
    }

    fn enter_tail(&mut self) {
        self.in_tail = true;
        self.judge.enter_tail();
    }

    fn leave_tail(&mut self) {
        self.in_tail = false;
        self.judge.keep_tail();
        self.checkpoint.damage = self.checkpoint.damage.take().or(self.tail_damage.take());
    }

    fn take_line(&mut self, line: &[u8], ending: Ending) {
        // Files that were put together have such marks within as well.
        let line = if self.pending_lines == 0 { line.strip_prefix(BOM).unwrap_or(line) } else { line };
        if self.pending_lines == 0 && line.trim_ascii().is_empty() {
            return;
        }
        self.record.clear();
        let reading = self.reader.read(line, &mut self.record);
        match reading {
            Reading::Understood | Reading::Ambiguous | Reading::Header if self.pending_lines > 0 => {
                self.finish_pending(line, ending);
            }
            Reading::Understood => {
                self.lines += 1;
                self.judge.take_record(&self.record, 1, ending, self.has_status);
                self.suspect_cut(line, ending);
            }
            Reading::Ambiguous => {
                self.lines += 1;
                self.judge.take_record(&self.record, 1, ending, self.has_status);
                match ending {
                    Ending::Newline => self.judge.suspect(line),
                    Ending::Torn => self.judge.suspect_torn(line),
                }
            }
            Reading::Header => {
                self.lines += 1;
                self.judge.take_header();
            }
            Reading::Unreadable if self.pending_lines > 0 => {
                self.put_aside(line);
                self.give_up_pending(ending);
            }
            Reading::Unreadable => self.take_unreadable_line(line, ending),
            Reading::Unfinished => {
                self.put_aside(line);
                if self.pending_lines > MOST_LINES_OF_RECORD || self.pending.len() > MOST_BYTES_OF_RECORD {
                    self.give_up_pending(ending);
                }
            }
        }
        // A header that is torn is read again.
        self.checkpoint.is_behind_header |= reading == Reading::Header && ending == Ending::Newline;
    }

    /// A line that says nothing of ids may have lost the part of it that does: the last one, which is still
    /// being written, and the first one of a file that begins in the middle of a line.
    fn suspect_cut(&mut self, line: &[u8], ending: Ending) {
        if self.record.ids.len() > 0 {
            return;
        }
        match ending {
            Ending::Torn => self.judge.suspect_torn(line),
            Ending::Newline if self.line_number == 1 && self.layout.may_begin_anywhere() => self.judge.suspect(line),
            Ending::Newline => {}
        }
    }

    fn put_aside(&mut self, line: &[u8]) {
        if self.pending_lines == 0 {
            self.pending_start = self.line_number;
        }
        self.pending_lines += 1;
        self.pending.extend_from_slice(line);
        self.pending.push(b'\n');
    }

    /// A record over several lines ended. A pair of stray quotes looks just like that and swallows
    /// the rows between, so every id in there is possible and only its own is more.
    fn finish_pending(&mut self, line: &[u8], ending: Ending) {
        self.put_aside(line);
        let lines = std::mem::take(&mut self.pending_lines);
        self.lines += lines;
        self.judge.take_record(&self.record, lines, ending, self.has_status);
        self.judge.suspect(&self.pending);
        self.pending.clear();
    }

    fn give_up_pending(&mut self, ending: Ending) {
        self.reader.abandon();
        let lines = std::mem::take(&mut self.pending_lines);
        if lines > 0 {
            let bytes = std::mem::take(&mut self.pending);
            self.lines += lines;
            self.unreadable += lines;
            self.report_unreadable(&bytes, lines, ending, self.pending_start);
        }
    }

    fn take_unreadable_line(&mut self, line: &[u8], ending: Ending) {
        match ending {
            Ending::Newline => self.take_unreadable(line, 1, self.line_number),
            // A torn last line is data still being written; it says nothing of the file's health.
            Ending::Torn => self.report_unreadable(line, 1, ending, self.line_number),
        }
    }

    fn take_unreadable(&mut self, bytes: &[u8], lines: u64, first_line: u64) {
        self.lines += lines;
        self.unreadable += lines;
        self.report_unreadable(bytes, lines, Ending::Newline, first_line);
    }

    fn report_unreadable(&mut self, bytes: &[u8], lines: u64, ending: Ending, first_line: u64) {
        let name = self.name;
        self.judge.take_unreadable(bytes, lines, ending, || format!("{name}:{first_line}"));
        self.look_for_damage(bytes, first_line);
    }

    /// Bytes that are no text at all, and holes in which lines may have stood.
    fn look_for_damage(&mut self, bytes: &[u8], line: u64) {
        let damage = if self.in_tail { &mut self.tail_damage } else { &mut self.checkpoint.damage };
        if damage.is_some() {
            return;
        }
        let name = self.name;
        // A hole at the very start is what truncating a log in use leaves behind: what stood there
        // is in the copy.
        let hole_explained = line == 1;
        if !hole_explained && longest_hole(bytes) >= HOLE_BYTES {
            *damage = Some(format!("{name} has a hole of NUL bytes at line {line} in which lines may have stood"));
        } else if is_binary(bytes) {
            *damage = Some(format!("{name} turns into binary data at line {line}"));
        }
    }

    fn finish(&mut self) {
        if self.pending_lines > 0 {
            self.enter_tail();
            self.give_up_pending(Ending::Torn);
        }
    }

    fn verdict(&mut self) -> Option<String> {
        let (name, lines, unreadable) = (self.name, self.lines, self.unreadable);
        let mostly = || format!("{unreadable} of the {lines} lines of {name} could not be understood");
        let damage = self.checkpoint.damage.clone().or(self.tail_damage.take());
        damage.or_else(|| (unreadable * 2 > lines).then(mostly))
    }
}

/// Whether a line that can't be understood is no text at all, or has a hole.
pub(super) fn is_damaged(line: &[u8]) -> bool {
    longest_hole(line) >= HOLE_BYTES || is_binary(line)
}

fn longest_hole(bytes: &[u8]) -> usize {
    let mut longest = 0;
    let mut rest = bytes;
    while let Some(start) = memchr::memchr(0, rest) {
        let length = rest[start..].iter().take_while(|&&byte| byte == 0).count();
        longest = longest.max(length);
        rest = &rest[start + length..];
    }
    longest
}

/// Whether bytes are no text in any encoding that logs use: control characters and broken UTF-8.
pub(super) fn is_binary(bytes: &[u8]) -> bool {
    let control = |byte: &u8| matches!(byte, 1..=8 | 14..=26 | 28..=31 | 127);
    let controls = bytes.iter().filter(|byte| control(byte)).count();
    controls >= 8 && controls * 50 >= bytes.len() && std::str::from_utf8(bytes).is_err()
}
