//! The format of tables: records separated by newlines, cells by commas, semicolons or tabs.
//!
//! A quoted cell may hold newlines, so a record may span lines. A row with another number of cells
//! than the first is not understood: a stray quote or separator may have moved its cells.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use wide::u8x16;

use super::bits::Bits;
use super::record::{Reading, Record, RecordReader};

/// The classes of bytes that a row is cut by: what stands between cells, and what only the parser reads.
const DELIMITERS: usize = 0;
const UNUSUAL: usize = 1;

/// Whether the first row names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FirstRow {
    /// It names the columns.
    Header,
    /// It is a record like the others.
    Data,
}

/// Where the fields of a table are; columns are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CsvLayout {
    /// The byte between two cells.
    pub(super) delimiter: u8,
    /// How many cells a row has.
    pub(super) columns: usize,
    /// What the first row is.
    pub(super) first_row: FirstRow,
    /// The column of the id.
    pub(super) id: usize,
    /// The column of the status code.
    pub(super) status: Option<usize>,
    /// The column of the time.
    pub(super) time: Option<usize>,
}

/// Where in a record the quotes left off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    AtCell,
    Plain,
    Open,
    MayHaveClosed,
}

/// Whether the quotes of a record are where they belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoting {
    Proper,
    /// Text follows a closing quote: the quotes were text, and the parser took them away.
    Doubtful,
}

/// Splits lines into the cells of one record after the other.
pub(super) struct CellReader {
    delimiter: u8,
    quotes: Quotes,
    quoting: Quoting,
    core: Reader,
    cells: Vec<u8>,
    ends: Vec<usize>,
    cells_used: usize,
    ends_used: usize,
}

impl CellReader {
    /// A reader for cells with this separator.
    pub(super) fn new(delimiter: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(delimiter).terminator(Terminator::Any(b'\n')).build();
        Self {
            delimiter,
            quotes: Quotes::AtCell,
            quoting: Quoting::Proper,
            core,
            cells: vec![0; 1024],
            ends: vec![0; 32],
            cells_used: 0,
            ends_used: 0,
        }
    }

    /// Takes in a line; says whether the record ended with it.
    pub(super) fn feed(&mut self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.quotes == Quotes::Open || memchr::memchr(b'"', line).is_some() {
            self.watch_quotes(line);
        }
        !self.feed_part(line) && self.feed_part(b"\n")
    }

    fn watch_quotes(&mut self, line: &[u8]) {
        for &byte in line {
            self.quotes = match (self.quotes, byte) {
                (Quotes::AtCell, b'"') | (Quotes::MayHaveClosed, b'"') => Quotes::Open,
                (Quotes::Open, b'"') => Quotes::MayHaveClosed,
                (Quotes::Open, _) => Quotes::Open,
                (_, byte) if byte == self.delimiter => Quotes::AtCell,
                (Quotes::AtCell | Quotes::Plain, _) => Quotes::Plain,
                (Quotes::MayHaveClosed, _) => {
                    self.quoting = Quoting::Doubtful;
                    Quotes::Plain
                }
            };
        }
        if self.quotes != Quotes::Open {
            self.quotes = Quotes::AtCell;
        }
    }

    fn feed_part(&mut self, mut input: &[u8]) -> bool {
        // An empty input means the end of the file to the parser.
        while !input.is_empty() {
            let (cells, ends) = (&mut self.cells[self.cells_used..], &mut self.ends[self.ends_used..]);
            let (result, read, written, ended) = self.core.read_record(input, cells, ends);
            input = &input[read..];
            self.cells_used += written;
            self.ends_used += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.cells.resize(self.cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record | ReadRecordResult::End => return true,
            }
        }
        false
    }

    /// How many cells the record has.
    pub(super) fn len(&self) -> usize {
        self.ends_used
    }

    /// One cell, without the space around it.
    pub(super) fn cell(&self, column: usize) -> &[u8] {
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.cells[start..self.ends[column]].trim_ascii()
    }

    /// Whether no line of a record was taken in yet.
    fn is_at_start(&self) -> bool {
        self.cells_used == 0 && self.ends_used == 0
    }

    /// Makes ready for the next record.
    pub(super) fn start_over(&mut self) {
        self.core.reset();
        self.quotes = Quotes::AtCell;
        self.quoting = Quoting::Proper;
        self.cells_used = 0;
        self.ends_used = 0;
    }
}

/// Reads the rows of a table.
pub(super) struct CsvReader {
    layout: CsvLayout,
    cells: CellReader,
    /// Where the cells of a usual row are cut, and where they end.
    bits: Bits<2>,
    ends: Vec<usize>,
    at_header: bool,
}

impl CsvReader {
    /// A reader for a table laid out like this, from its first row on.
    pub(super) fn new(layout: &CsvLayout) -> Self {
        let at_header = layout.first_row == FirstRow::Header;
        Self {
            cells: CellReader::new(layout.delimiter),
            layout: layout.clone(),
            bits: Bits::default(),
            ends: Vec::new(),
            at_header,
        }
    }

    /// A reader that goes on behind the header.
    pub(super) fn behind_header(layout: &CsvLayout) -> Self {
        Self { at_header: false, ..Self::new(layout) }
    }

    /// Reads a row without the parser, if it is a usual one: without quotes and control characters, and
    /// with as many cells as there are columns.
    fn read_quickly(&mut self, line: &[u8], record: &mut Record) -> Option<()> {
        // The parser takes a mark at the beginning of a record for that of a file.
        if self.at_header || !self.cells.is_at_start() || line.first().is_none_or(|&byte| byte == 0xef) {
            return None;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let delimiter = self.layout.delimiter;
        self.bits.look_at(line, |lane| {
            let is = |byte: u8| lane.simd_eq(u8x16::splat(byte));
            [is(delimiter), is(b'"') | is(0)]
        });
        if self.bits.has_any(UNUSUAL) {
            return None;
        }
        self.ends.clear();
        self.bits.places(DELIMITERS).for_each(|at| self.ends.push(at));
        self.ends.push(line.len());
        if self.ends.len() != self.layout.columns {
            return None;
        }
        let cell = |column: usize| {
            let start = column.checked_sub(1).map_or(0, |before| self.ends[before] + 1);
            line[start..self.ends[column]].trim_ascii()
        };
        let id = cell(self.layout.id);
        let [status, time] = [self.layout.status, self.layout.time].map(|column| column.map(cell));
        record.has_id_field = true;
        if !id.is_empty() {
            record.ids.push(id);
        }
        status.into_iter().for_each(|cell| record.statuses.push(cell));
        time.into_iter().for_each(|cell| record.times.push(cell));
        Some(())
    }

    fn take_row(&mut self, record: &mut Record) -> Reading {
        if std::mem::take(&mut self.at_header) {
            return Reading::Header;
        }
        if self.cells.len() != self.layout.columns || self.cells.quoting == Quoting::Doubtful {
            return Reading::Unreadable;
        }
        let id = self.cells.cell(self.layout.id);
        record.has_id_field = true;
        if !id.is_empty() {
            record.ids.push(id);
        }
        // A space before the quote makes it a part of the cell; the id is meant either way.
        if let Some(inner) = id.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")) {
            record.ids.push(inner);
        }
        self.layout.status.iter().for_each(|&column| record.statuses.push(self.cells.cell(column)));
        self.layout.time.iter().for_each(|&column| record.times.push(self.cells.cell(column)));
        Reading::Understood
    }
}

impl RecordReader for CsvReader {
    fn read(&mut self, line: &[u8], record: &mut Record) -> Reading {
        if self.read_quickly(line, record).is_some() {
            return Reading::Understood;
        }
        self.read_with_parser(line, record)
    }

    fn abandon(&mut self) {
        self.cells.start_over();
    }
}

impl CsvReader {
    fn read_with_parser(&mut self, line: &[u8], record: &mut Record) -> Reading {
        // The parser would take a NUL for text like any other, and a JSON object among the rows may
        // by chance have as many commas as they.
        let is_object = self.cells.is_at_start() && line.starts_with(b"{\"");
        if is_object || memchr::memchr(0, line).is_some() {
            self.cells.start_over();
            return Reading::Unreadable;
        }
        if !self.cells.feed(line) {
            // A mark alone begins no record, so what comes next is a beginning again.
            if self.cells.is_at_start() {
                self.cells.start_over();
            }
            return Reading::Unfinished;
        }
        let reading = self.take_row(record);
        self.cells.start_over();
        reading
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a line says, and whether the next one goes on with it.
    fn told(reading: Reading, record: &Record) -> (Reading, Vec<Vec<u8>>, bool) {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for some in [&record.ids, &record.statuses, &record.times] {
            texts.extend(some.iter().map(<[u8]>::to_vec));
            texts.push(b"|".to_vec());
        }
        (reading, texts, record.has_id_field)
    }

    fn a_row() -> impl Strategy<Value = Vec<u8>> {
        let usual = "[a-z0-9 :\t-]{0,9}".prop_map(String::into_bytes);
        let odd = prop::sample::select(vec![
            &b"\""[..],
            b"\"\"",
            b"\0",
            b"\r",
            b"\xef\xbb\xbf",
            b"{\"",
            b"\xff",
            b"",
            b" \"a\"",
        ]);
        let cell = prop_oneof![9 => usual, 1 => odd.prop_map(<[u8]>::to_vec)];
        let rows = (prop::collection::vec(cell, 1..6), prop::sample::select(vec!["", "", "\r", "\r\r", " ", ";"]));
        rows.prop_map(|(cells, end)| [cells.join(&b';'), end.as_bytes().to_vec()].concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_quickly_is_what_the_parser_reads(
            rows in prop::collection::vec(a_row(), 1..5),
            columns in 1_usize..5,
            places in [0_usize..4, 0..4, 0..4],
            has in any::<[bool; 2]>(),
            first_row in prop::sample::select(vec![FirstRow::Header, FirstRow::Data]),
        ) {
            let column = |place: usize| places[place] % columns;
            let layout = CsvLayout {
                delimiter: b';',
                columns,
                first_row,
                id: column(0),
                status: has[0].then(|| column(1)),
                time: has[1].then(|| column(2)),
            };
            let (mut quick, mut slow) = (CsvReader::new(&layout), CsvReader::new(&layout));
            for row in rows.iter().filter(|row| !row.trim_ascii().is_empty()) {
                let (mut left, mut right) = (Record::default(), Record::default());
                let reading = quick.read(row, &mut left);
                let expected = slow.read_with_parser(row, &mut right);
                prop_assert_eq!(told(reading, &left), told(expected, &right), "{}", String::from_utf8_lossy(row));
            }
        }
    }

    #[test]
    fn a_mark_alone_in_a_line_changes_nothing_for_the_lines_behind_it() {
        let layout =
            CsvLayout { delimiter: b';', columns: 1, first_row: FirstRow::Data, id: 0, status: None, time: None };
        let (mut quick, mut slow) = (CsvReader::new(&layout), CsvReader::new(&layout));
        for row in [&b"\xef\xbb\xbf"[..], b"0", b"\xef\xbb\xbf", b"1"] {
            let (mut left, mut right) = (Record::default(), Record::default());
            let reading = quick.read(row, &mut left);
            assert_eq!(told(reading, &left), told(slow.read_with_parser(row, &mut right), &right), "{row:?}");
        }
    }

    fn layout() -> CsvLayout {
        CsvLayout { delimiter: b',', columns: 3, first_row: FirstRow::Header, id: 1, status: Some(2), time: None }
    }

    fn read(lines: &[&str]) -> Vec<(Reading, Vec<String>)> {
        let mut reader = CsvReader::new(&layout());
        let mut record = Record::default();
        let mut readings = Vec::new();
        for line in lines {
            record.clear();
            let reading = reader.read(line.as_bytes(), &mut record);
            let texts = record.ids.iter().chain(record.statuses.iter());
            readings.push((reading, texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect()));
        }
        readings
    }

    #[test]
    fn rows_are_read_by_column() {
        let readings = read(&["time,id,status", "t,a,200\r", "t,\"b \"\"x\"\", y\",\"500\"", "t, ,200"]);
        assert_eq!(readings[0].0, Reading::Header);
        assert_eq!(readings[1], (Reading::Understood, vec!["a".to_owned(), "200".to_owned()]));
        assert_eq!(readings[2].1, ["b \"x\", y", "500"]);
        assert_eq!(readings[3].1, ["200"]);
    }

    #[test]
    fn a_quoted_cell_may_span_lines() {
        let readings = read(&["h,h,h", "\"two", "lines\",a,200", "t,b,200"]);
        assert_eq!(readings[1].0, Reading::Unfinished);
        assert_eq!(readings[2], (Reading::Understood, vec!["a".to_owned(), "200".to_owned()]));
        assert_eq!(readings[3].1, ["b", "200"]);
    }

    #[test]
    fn a_row_with_another_number_of_cells_is_not_understood() {
        let readings = read(&["h,h,h", "a,b", "a,b,c,d", "{\"a\":1,\"id\":\"x\",\"c\":3}", "t,\0,200", "t,a,200"]);
        assert!(readings[1..5].iter().all(|(reading, _)| *reading == Reading::Unreadable), "{readings:?}");
        assert_eq!(readings[5].0, Reading::Understood);
    }

    #[test]
    fn quotes_that_are_text_make_a_row_doubtful_only_where_the_parser_would_drop_them() {
        let readings = read(&["h,h,h", "t,\" x=\"spoofed,200", "t,quo\"ted,200", "t, \"a\",200", "t,\"a\",200"]);
        assert_eq!(readings[1].0, Reading::Unreadable);
        assert_eq!(readings[2].1, ["quo\"ted", "200"]);
        assert_eq!(readings[3].1, ["\"a\"", "a", "200"]);
        assert_eq!(readings[4].1, ["a", "200"]);
    }

    #[test]
    fn long_cells_and_many_cells_grow_the_buffers() {
        let mut cells = CellReader::new(b';');
        let line = vec!["x".repeat(100); 500].join(";");
        assert!(cells.feed(line.as_bytes()));
        assert_eq!(cells.len(), 500);
        assert!((0..500).all(|column| cells.cell(column).len() == 100));
    }
}
