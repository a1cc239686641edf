//! Which format a file has, told by its first lines.

use std::io::{self, Read};

use serde::de::IgnoredAny;

use super::csv::CellReader;
use super::ids::is_one_id;
use super::lines::{Ending, Line, LineReader};
use super::options::{FieldSpec, Format, ReceivedOptions};
use super::pattern::{has_named_group, looks_like_a_pattern};
use super::plan::Refusal;
use super::scan::BOM;
use super::text::Shape;
use super::text_fields::shape_of;
use super::well_known::ID_FIELDS;

const MOST_LINES: usize = 200;
const MOST_BYTES: usize = 4 << 20;

/// The first lines of a file.
#[derive(Debug, Default)]
pub(super) struct Sample {
    /// The lines, without blank ones.
    pub(super) lines: Vec<Vec<u8>>,
    /// Whether the last of them may still be written.
    cut: bool,
}

impl Sample {
    /// Reads the first lines; those that are overlong are left out.
    pub(super) fn of(stream: impl Read) -> io::Result<Self> {
        let mut reader = LineReader::new(stream);
        let mut sample = Self::default();
        let mut bytes = 0;
        while sample.lines.len() < MOST_LINES && bytes < MOST_BYTES {
            let Some(line) = reader.next_line()? else { break };
            let Line::Whole(line, ending) = line else { continue };
            let line = line.strip_prefix(BOM).unwrap_or(line);
            bytes += line.len() + 1;
            // The hole that truncating a log in use leaves behind hides the first line only.
            if line.trim_ascii().is_empty() || line.first() == Some(&0) {
                continue;
            }
            sample.cut = ending == Ending::Torn;
            sample.lines.push(line.to_vec());
        }
        Ok(sample)
    }

    /// How many of the lines are one id each.
    pub(super) fn share_of_ids(&self) -> usize {
        self.lines.iter().filter(|line| is_one_id(line.trim_ascii())).count()
    }

    fn share_of_objects(&self) -> usize {
        let last = self.lines.len() - 1;
        let is_object = |(position, line): &(usize, &Vec<u8>)| {
            let line = line.trim_ascii();
            let Some((b'{', rest)) = line.split_first() else { return false };
            // An object begins with a name; a UUID in braces does not.
            let cut = self.cut && *position == last && matches!(rest.trim_ascii().first(), None | Some(b'"'));
            cut || serde_json::from_slice::<IgnoredAny>(line).is_ok()
        };
        self.lines.iter().enumerate().filter(is_object).count()
    }

    /// The cells of the rows, a row over several lines taken together; unfinished ones are left out.
    pub(super) fn rows(&self, delimiter: u8) -> Vec<Vec<String>> {
        let mut cells = CellReader::new(delimiter);
        let mut rows = Vec::new();
        for line in &self.lines {
            if cells.feed(line) {
                let texts = (0..cells.len()).map(|column| String::from_utf8_lossy(cells.cell(column)).into_owned());
                rows.push(texts.collect());
                cells.start_over();
            }
        }
        rows
    }

    /// How many lines, each taken for itself, have so many cells.
    fn lines_of_width(&self, delimiter: u8, width: usize) -> usize {
        let mut cells = CellReader::new(delimiter);
        let mut of_width = |line: &&Vec<u8>| {
            let whole = cells.feed(line);
            let agrees = whole && cells.len() == width;
            cells.start_over();
            agrees
        };
        self.lines.iter().filter(|line| of_width(line)).count()
    }

    /// Whether most lines hold a byte that separates the cells of tables.
    fn looks_separated(&self) -> bool {
        let separated = self.lines.iter().filter(|line| memchr::memchr2(b',', b';', line).is_some()).count();
        separated * 2 > self.lines.len()
    }

    /// The separator of a table, told by its first row and by how many rows agree with that.
    pub(super) fn delimiter(&self) -> Option<u8> {
        let width = |delimiter: u8| self.rows(delimiter).first().map_or(0, Vec::len);
        // Either by rows or by lines: a quote left open must not make a table look like no table.
        let agrees = |delimiter: u8| {
            let rows = self.rows(delimiter);
            let by_rows = rows.iter().filter(|row| row.len() == rows[0].len()).count();
            let all_agree = rows.len() > 1 && by_rows == rows.len();
            all_agree
                || by_rows * 2 > self.lines.len()
                || self.lines_of_width(delimiter, rows[0].len()) * 2 > self.lines.len()
        };
        // Of equals the last wins: commas are the commonest.
        let candidates = [b'\t', b';', b','].into_iter().filter(|&delimiter| width(delimiter) > 1 && agrees(delimiter));
        candidates.max_by_key(|&delimiter| width(delimiter))
    }

    /// The separator of what is said to be a table: where the rows agree on none, as when few are
    /// whole, the first row alone decides.
    pub(super) fn delimiter_of_table(&self) -> u8 {
        let width = |delimiter: &u8| self.rows(*delimiter).first().map_or(0, Vec::len);
        // Of equals the last wins: commas are the commonest.
        let by_first_row = || [b'\t', b';', b','].into_iter().max_by_key(width);
        self.delimiter().or_else(by_first_row).unwrap_or(b',')
    }
}

/// Says which format the lines have, and why.
pub(super) fn detect(sample: &Sample, options: &ReceivedOptions) -> Result<(Format, String), Refusal> {
    let lines = sample.lines.len();
    let objects = sample.share_of_objects();
    if objects * 2 > lines {
        return Ok((Format::Jsonl, format!("{objects} of the first {lines} lines are JSON objects")));
    }
    let shape = shape_of(sample);
    if objects == 0 && shape != Shape::Free {
        let what = if shape == Shape::Access { "accesses" } else { "key=value pairs" };
        return Ok((Format::Text, format!("most of the first {lines} lines are {what}")));
    }
    let pattern = options.id.as_ref().map(FieldSpec::as_str).filter(|id| looks_like_a_pattern(id));
    let by_pattern = (Format::Text, "the id is named by a pattern".to_owned());
    if objects == 0 && pattern.is_some_and(has_named_group) {
        return Ok(by_pattern);
    }
    if objects == 0
        && let Some(delimiter) = sample.delimiter()
    {
        return Ok((Format::Csv, format!("the rows are separated by {}", delimiter_name(delimiter))));
    }
    if objects == 0 && pattern.is_some() {
        return Ok(by_pattern);
    }
    let first = String::from_utf8_lossy(&sample.lines[0]);
    let first = first.trim().trim_matches('"');
    let named = options.id.as_ref().is_some_and(|id| id.as_str() == first);
    if named || ID_FIELDS.contains(&first) {
        return Ok((Format::Csv, format!("the first line is the name {first:?}")));
    }
    let ids = sample.share_of_ids();
    // A table that is taken for ids would hold none of those asked for.
    if objects == 0 && ids * 2 > lines && !sample.looks_separated() {
        return Ok((Format::Ids, format!("{ids} of the first {lines} lines are single words")));
    }
    Err(Refusal::unusable(
        format!("its first {lines} lines are neither ids, JSON objects, a table, an access log nor key=value pairs"),
        "name the id by a pattern such as --received-id 'event=(?<id>[^ ]+)', or say --received-format",
    ))
}

/// The name of a separator in messages.
pub(super) fn delimiter_name(delimiter: u8) -> &'static str {
    match delimiter {
        b'\t' => "tabs",
        b';' => "semicolons",
        _ => "commas",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format_of(text: &str) -> Option<Format> {
        let sample = Sample::of(text.as_bytes()).expect("memory can be read");
        detect(&sample, &ReceivedOptions::of([])).ok().map(|(format, _)| format)
    }

    #[test]
    fn formats_are_told_by_the_first_lines() {
        for (text, format) in [
            ("evt-1\nevt-2\n", Some(Format::Ids)),
            ("\"evt-1\"\n\"evt-2\"\n", Some(Format::Ids)),
            ("{D18ACA67-CFD3-4C00-93AA-0A5BC540856E}\n{D18ACA67-CFD3-4C00-93AA-0A5BC540856F}", Some(Format::Ids)),
            ("{\"id\":1}\n\n{\"id\":2}\r\n", Some(Format::Jsonl)),
            ("{\"id\":1}\nbroken\n{\"id\":2}\n", Some(Format::Jsonl)),
            ("{\"id\":\"still being wri", Some(Format::Jsonl)),
            ("time,id\n1,a\n2,b\n", Some(Format::Csv)),
            ("time;id\n1,5;a\n2,5;b\n", Some(Format::Csv)),
            ("\u{feff}a\tb\n1\t2\n", Some(Format::Csv)),
            ("event_id\na\nb\n", Some(Format::Csv)),
            ("id,x\na,\"open\nb,1\nc,2\nd,3\n", Some(Format::Csv)),
            ("a,b,c\nd,e\nf,g,h,i\nj,k,l,m,n\n", None),
            ("2026-11-22T01:28:34Z a\n2026-11-22T01:28:35Z b\n", None),
            ("127.0.0.1 - - [x] \"POST / HTTP/1.1\" 200\n", None),
            ("h - - [22/Nov/2026:01:28:34 +0000] \"POST / HTTP/1.1\" 200 2 \"a, b\"\n", Some(Format::Text)),
            ("ts=1 id=a\nts=2 id=\"b, c\"\n", Some(Format::Text)),
        ] {
            assert_eq!(format_of(text), format, "{text:?}");
        }
    }

    #[test]
    fn the_separator_is_the_one_the_rows_agree_on() {
        let delimiter = |text: &str| Sample::of(text.as_bytes()).expect("memory can be read").delimiter();
        assert_eq!(delimiter("a;b,c;d\n1;2;3\n"), Some(b';'));
        assert_eq!(delimiter("a,b\n\"x;y\",2\n"), Some(b','));
        assert_eq!(delimiter("a\tb\tc\n1,5\t2\t3\n"), Some(b'\t'));
        assert_eq!(delimiter("one\ntwo\n"), None);
        assert_eq!(delimiter("note;status;id\n\"\na\n\";200;\"evt-00\"\r\n"), Some(b';'));
    }

    #[test]
    fn the_first_row_of_a_table_decides_where_the_rows_do_not_agree() {
        let delimiter = |text: &str| Sample::of(text.as_bytes()).expect("memory can be read").delimiter_of_table();
        assert_eq!(delimiter("note;status;id\n\"\na\nb\nc\n"), b';');
        assert_eq!(delimiter("note\tstatus,code\tid\na\nb\nc\n"), b'\t');
        assert_eq!(delimiter("id\n"), b',');
    }
}
