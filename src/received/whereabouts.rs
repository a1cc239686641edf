//! Where in a log certain ids stand, whatever field it is read by: for somebody whose log shares no id
//! with the vendor.
//!
//! It never says that an id was received; it only helps to name the right field.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value as Json;
use uuid::Uuid;

use super::access::Access;
use super::csv::CellReader;
use super::detect::Sample;
use super::lines::{Line, LineReader};
use super::options::SourceSpec;
use super::packing::UntilBreak;
use super::pairs::{Value, Word, Words};
use super::records::OpenFile;
use super::scan::BOM;
use super::sources::{Named, resolve};
use crate::event::{EventId, IdKey};

/// The most ids that are looked for.
const MOST_IDS: usize = 64;
/// So many lines with one of them are enough.
const ENOUGH_LINES: usize = 200;
/// The most bytes that are read, unpacked.
const MOST_BYTES: u64 = 2 << 30;
/// The longest line that is taken apart, in bytes.
const LONGEST_LINE: usize = 1 << 20;
/// How large the compiled search may become, in bytes.
const MOST_COMPILED_BYTES: usize = 8 << 20;
/// A shorter id may stand somewhere by chance, so a pattern must find several of them.
const TELLING_BYTES: usize = 8;
/// So many short ones are no chance.
const SEVERAL: usize = 3;

/// How a field is named with `--received-id`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// By its name, its number or its JSON pointer.
    Named(String),
    /// By a pattern for text lines.
    Pattern(String),
    /// Not at all: each line is an id.
    WholeLine,
}

/// Where ids stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whereabouts {
    /// The field.
    pub field: Field,
    /// How many different ones of the ids stand there.
    pub ids: u64,
    /// One of the places, as `name:line`.
    pub place: String,
}

/// What a search came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The fields in which ids stand, the one with the most first.
    pub found: Vec<Whereabouts>,
    /// Whether everything was looked at; else nothing is said of what was not found.
    pub is_whole: bool,
}

/// Looks for some of the ids in files. Streams are left alone: they can be read only once.
pub fn whereabouts<'i>(sources: &[SourceSpec], ids: impl Iterator<Item = &'i EventId>) -> Search {
    let ids: Vec<&EventId> = ids.take(MOST_IDS).collect();
    let mut hunt = Hunt { ids: &ids, found: BTreeMap::new(), lines: 0, bytes: 0, is_whole: true };
    if let Some(regex) = search_for(&ids) {
        for source in sources {
            hunt.source(source, &regex);
        }
    } else {
        hunt.is_whole = false;
    }
    let is_telling = |field: &Field, found: &BTreeSet<usize>| match field {
        Field::Named(_) | Field::WholeLine => true,
        Field::Pattern(_) => found.len() >= SEVERAL || found.iter().any(|id| ids[*id].text().len() >= TELLING_BYTES),
    };
    let told = hunt.found.iter().all(|(field, (ids, _))| is_telling(field, ids));
    let is_whole = hunt.is_whole && told;
    let mut found: Vec<Whereabouts> = hunt
        .found
        .into_iter()
        .filter(|(field, (ids, _))| is_telling(field, ids))
        .map(|(field, (ids, place))| Whereabouts { field, ids: ids.len() as u64, place })
        .collect();
    // A name is better than a pattern that finds the same; the fields are in that order already.
    found.sort_by_key(|found| std::cmp::Reverse(found.ids));
    Search { found, is_whole }
}

/// One search for all ids, in whatever spelling of a UUID.
fn search_for(ids: &[&EventId]) -> Option<Regex> {
    let mut words = Vec::new();
    for id in ids {
        let text = id.text();
        if let Ok(uuid) = Uuid::try_parse(&text) {
            words.extend([uuid.hyphenated().to_string(), uuid.simple().to_string()]);
        } else {
            words.push(regex::escape(&text));
        }
    }
    // The longest first: where one id begins another, the whole one is meant.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let all = words.join("|");
    let mut builder = RegexBuilder::new(&all);
    let built = builder.unicode(false).case_insensitive(true).size_limit(MOST_COMPILED_BYTES).build();
    built.ok().filter(|_| !words.is_empty())
}

struct Hunt<'i> {
    ids: &'i [&'i EventId],
    /// By field: the places of the ids among those that are looked for, and one place in the log.
    found: BTreeMap<Field, (BTreeSet<usize>, String)>,
    lines: usize,
    bytes: u64,
    is_whole: bool,
}

impl Hunt<'_> {
    fn source(&mut self, source: &SourceSpec, regex: &Regex) {
        let paths = match source {
            SourceSpec::Stdin => Vec::new(),
            SourceSpec::Files(path) => match resolve(path) {
                Ok(Named::Files(paths)) => paths,
                Ok(Named::Stream) | Err(_) => Vec::new(),
            },
        };
        self.is_whole &= !paths.is_empty();
        // The newest are the likeliest to hold what was delivered of late, and their names often sort last.
        for path in paths.iter().rev() {
            if self.lines >= ENOUGH_LINES {
                return;
            }
            match OpenFile::open(path) {
                Ok(open) => self.file(&open, &path.display().to_string(), regex),
                Err(_) => self.is_whole = false,
            }
        }
    }

    fn file(&mut self, open: &OpenFile, name: &str, regex: &Regex) {
        let sample = open.stream_from(0).and_then(|stream| Sample::of(UntilBreak(stream))).unwrap_or_default();
        let table = Table::of(&sample);
        let Ok(stream) = open.stream_from(0) else {
            self.is_whole = false;
            return;
        };
        let left = MOST_BYTES.saturating_sub(self.bytes);
        let mut lines = LineReader::new(UntilBreak(stream).take(left));
        let mut number = 0_u64;
        while self.lines < ENOUGH_LINES {
            match lines.next_line() {
                Ok(Some(Line::Whole(line, _))) => {
                    number += 1;
                    if line.len() <= LONGEST_LINE && regex.is_match(line) {
                        self.lines += 1;
                        let line = line.strip_prefix(BOM).unwrap_or(line);
                        self.line(line, table.as_ref(), regex, || format!("{name}:{number}"));
                    }
                }
                Ok(Some(Line::Piece(_) | Line::LastPiece(..))) => self.is_whole = false,
                Ok(None) => break,
                Err(_) => {
                    self.is_whole = false;
                    break;
                }
            }
        }
        self.bytes += lines.bytes_read();
        self.is_whole &= self.bytes < MOST_BYTES;
    }

    fn line(&mut self, line: &[u8], table: Option<&Table>, regex: &Regex, place: impl Fn() -> String) {
        let mut fields: Vec<(Field, usize)> = Vec::new();
        let mut note = |field: String, value: &[u8]| {
            if let Some(id) = self.ids.iter().position(|id| id.key() == IdKey::of(value)) {
                fields.push((Field::Named(field), id));
            }
        };
        let is_json = take_json(line, &mut note);
        if !is_json {
            take_access(line, &mut note);
            if let Some(table) = table {
                table.take(line, &mut note);
            }
            take_pairs(line, &mut note);
        }
        if fields.is_empty() {
            fields.extend(self.inside(line, regex));
        }
        for (field, id) in fields {
            self.found.entry(field).or_insert_with(|| (BTreeSet::new(), place())).0.insert(id);
        }
    }

    /// The id as a word of its own, or as a part of a longer one.
    fn inside(&self, line: &[u8], regex: &Regex) -> Option<(Field, usize)> {
        let found = regex.find(line)?;
        let id = self.ids.iter().position(|id| id.key() == IdKey::of(found.as_bytes()))?;
        if line.trim_ascii().trim_ascii_start() == found.as_bytes() {
            return Some((Field::WholeLine, id));
        }
        let is_inside = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
        let before = found.start().checked_sub(1).and_then(|at| line.get(at));
        if is_inside(before) || is_inside(line.get(found.end())) {
            return None;
        }
        let before = String::from_utf8_lossy(&line[..found.start()]).into_owned();
        let is_boundary = |letter: char| letter.is_whitespace() || letter == '"' || letter.is_ascii_digit();
        let prefix = before.rsplit(is_boundary).next().unwrap_or_default();
        let class = match found.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-') {
            true => "[0-9A-Za-z-]+",
            false => "[^ \"]+",
        };
        let anchor = if before.is_empty() { "^" } else { "" };
        Some((Field::Pattern(format!("{anchor}{}(?<id>{class})", regex::escape(prefix))), id))
    }
}

/// The columns of a table.
struct Table {
    delimiter: u8,
    header: Vec<String>,
}

impl Table {
    fn of(sample: &Sample) -> Option<Self> {
        if sample.lines.is_empty() {
            return None;
        }
        let delimiter = sample.delimiter()?;
        let header = sample.rows(delimiter).into_iter().next()?;
        Some(Self { delimiter, header })
    }

    fn take(&self, line: &[u8], note: &mut impl FnMut(String, &[u8])) {
        let mut cells = CellReader::new(self.delimiter);
        if !cells.feed(line) {
            return;
        }
        for column in 0..cells.len() {
            note(self.name(column), cells.cell(column));
        }
    }

    /// The column's name where the first row seems to have names, else its number from 1.
    fn name(&self, column: usize) -> String {
        let looks_like_names = self.header.iter().all(|cell| !cell.starts_with(|first: char| first.is_ascii_digit()));
        let is_id = |cell: &String| Uuid::try_parse(cell).is_ok();
        match self.header.get(column) {
            Some(name) if looks_like_names && !name.is_empty() && !self.header.iter().any(is_id) => name.clone(),
            Some(_) | None => (column + 1).to_string(),
        }
    }
}

/// Takes the values of an object; returns whether the line is one.
fn take_json(line: &[u8], note: &mut impl FnMut(String, &[u8])) -> bool {
    let Ok(Json::Object(object)) = serde_json::from_slice::<Json>(line) else { return false };
    for (key, value) in &object {
        walk(key.clone(), &format!("/{}", escaped(key)), value, note);
    }
    true
}

/// Takes a value under its name, and what is inside of it under pointers. The parser bounds the depth.
fn walk(name: String, pointer: &str, value: &Json, note: &mut impl FnMut(String, &[u8])) {
    match value {
        Json::String(text) => note(name, text.as_bytes()),
        Json::Number(number) => note(name, number.to_string().as_bytes()),
        Json::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{place}");
                walk(pointer.clone(), &pointer, item, note);
            }
        }
        Json::Object(object) => {
            for (key, value) in object {
                let pointer = format!("{pointer}/{}", escaped(key));
                walk(pointer.clone(), &pointer, value, note);
            }
        }
        Json::Null | Json::Bool(_) => {}
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

fn take_access(line: &[u8], note: &mut impl FnMut(String, &[u8])) {
    let Some(access) = Access::parse(line.trim_ascii()) else { return };
    access.rest().map_while(Result::ok).for_each(|(name, value)| take_value(name.shown(), value, note));
}

fn take_pairs(line: &[u8], note: &mut impl FnMut(String, &[u8])) {
    for word in Words::of(line.trim_ascii()).map_while(Result::ok) {
        if let Word::Pair(key, value) = word {
            take_value(String::from_utf8_lossy(key).into_owned(), value, note);
        }
    }
}

fn take_value(name: String, value: Value<'_>, note: &mut impl FnMut(String, &[u8])) {
    let mut buffer = Vec::new();
    if value.decode(&mut buffer).is_ok() {
        note(name, &buffer);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const UUID: &str = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";

    fn found_in(text: &str) -> Vec<(Field, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("in.log");
        fs::write(&path, text).unwrap();
        let ids = [EventId::new(UUID).unwrap(), EventId::new("evt-0002").unwrap()];
        let search = whereabouts(&[SourceSpec::Files(path)], ids.iter());
        assert!(search.is_whole);
        search.found.into_iter().map(|found| (found.field, found.ids)).collect()
    }

    fn named(name: &str, ids: u64) -> (Field, u64) {
        (Field::Named(name.to_owned()), ids)
    }

    #[test]
    fn a_field_is_named_as_it_must_be_given() {
        let upper = UUID.to_uppercase();
        for (text, name) in [
            (format!("{{\"id\":1,\"delivery\":\"{upper}\"}}\n"), "delivery"),
            (format!("{{\"meta\":{{\"a/b\":[\"{UUID}\"]}}}}\n"), "/meta/a~1b/0"),
            (format!("time,seq,event\n1,2,x\n2,3,{UUID}\n"), "event"),
            (format!("2026;5;x\n2026;6;{}\n", UUID.replace('-', "")), "3"),
            (format!("ts=1 seq=2 ref={UUID}\nts=2 seq=3 ref=x\n"), "ref"),
            (format!("h - - [22/Nov/2026:01:28:34 +0000] \"POST / HTTP/1.1\" 200 2 \"-\" \"-\" ev=\"{UUID}\"\n"), "ev"),
        ] {
            assert_eq!(found_in(&text), [named(name, 1)], "{text}");
        }
    }

    #[test]
    fn an_id_inside_of_a_text_becomes_a_pattern_that_works() {
        let text = format!("10:00 took POST /hooks/{UUID}?x=1 in 3 ms\n");
        let found = found_in(&text);
        let Field::Pattern(pattern) = &found[0].0 else { panic!("{found:?}") };
        assert_eq!(pattern, "/hooks/(?<id>[0-9A-Za-z-]+)");
        let captured = Regex::new(pattern).unwrap().captures(text.as_bytes()).unwrap();
        assert_eq!(&captured["id"], UUID.as_bytes());
        assert_eq!(found_in(&format!("{UUID}\n")), [(Field::WholeLine, 1)]);
    }

    #[test]
    fn the_field_with_the_most_ids_comes_first() {
        let text = format!("{{\"a\":\"{UUID}\",\"b\":\"{UUID}\"}}\n{{\"a\":\"x\",\"b\":\"evt-0002\"}}\n");
        assert_eq!(found_in(&text), [named("b", 2), named("a", 1)]);
        assert_eq!(found_in("{\"a\":\"nothing\"}\n"), []);
    }

    #[test]
    fn what_can_not_be_read_makes_the_search_incomplete() {
        let ids = [EventId::new(UUID).unwrap()];
        assert!(!whereabouts(&[SourceSpec::Stdin], ids.iter()).is_whole);
        assert!(!whereabouts(&[SourceSpec::Files("/no/such/log".into())], ids.iter()).is_whole);
        assert!(!whereabouts(&[], [].iter()).is_whole);
    }
}
