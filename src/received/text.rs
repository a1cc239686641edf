//! The format of text lines: access logs, lines of `key=value` pairs, and whatever a pattern fits.
//!
//! An id counts only in its field: in the group of the pattern, or under its name. A line that the
//! pattern does not fit is another line and says nothing, unless it shows signs of damage.

use regex::bytes::CaptureLocations;

use super::access::Access;
use super::options::FieldSpec;
use super::pairs::{Value, Word, Words};
use super::pattern::LinePattern;
use super::record::{Agreement, Reading, Record, RecordReader, Texts};
use super::roles::{Role, Roles};

/// What the lines look like, apart from any pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Only a pattern can tell.
    Free,
    /// Access logs in the common or combined format, perhaps with more behind.
    Access,
    /// `key=value` pairs.
    Pairs,
}

/// Where a field of a text line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextField {
    /// In a group of the pattern that finds the id.
    Group(usize),
    /// In a group of a pattern of its own.
    Pattern(LinePattern),
    /// Under a name that lines of this shape have.
    Named(FieldSpec),
}

/// Where the id of a text line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum IdField {
    /// In the main group of a pattern.
    Pattern(LinePattern),
    /// Under a name.
    Named(FieldSpec),
}

/// How the text lines of a file are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextLayout {
    /// What the lines look like.
    pub(super) shape: Shape,
    /// Where the id is.
    pub(super) id: IdField,
    /// Where the status code is.
    pub(super) status: Option<TextField>,
    /// Where the time is.
    pub(super) time: Option<TextField>,
}

/// Reads text lines.
pub(super) struct TextReader {
    layout: TextLayout,
    roles: Roles,
    id_groups: Option<CaptureLocations>,
    again: Option<CaptureLocations>,
    status_groups: Option<CaptureLocations>,
    time_groups: Option<CaptureLocations>,
    buffer: Vec<u8>,
}

impl TextReader {
    /// A reader for lines laid out like this.
    pub(super) fn new(layout: &TextLayout) -> Self {
        let own = |field: &Option<TextField>| match field {
            Some(TextField::Pattern(pattern)) => Some(pattern.locations()),
            Some(TextField::Group(_) | TextField::Named(_)) | None => None,
        };
        let groups = || match &layout.id {
            IdField::Pattern(pattern) => Some(pattern.locations()),
            IdField::Named(_) => None,
        };
        Self {
            roles: Roles::of(layout),
            id_groups: groups(),
            again: groups(),
            status_groups: own(&layout.status),
            time_groups: own(&layout.time),
            layout: layout.clone(),
            buffer: Vec::new(),
        }
    }

    /// Takes the id out of the group of the pattern. Two matches that differ contradict each other:
    /// one of them may be what a sender wrote into another field.
    fn match_id(&mut self, line: &[u8], record: &mut Record) -> Reading {
        let IdField::Pattern(pattern) = &self.layout.id else { return Reading::Understood };
        let (Some(groups), Some(again)) = (&mut self.id_groups, &mut self.again) else { return Reading::Understood };
        let Some(found) = pattern.search(line, 0, groups) else {
            return if is_odd(line) { Reading::Unreadable } else { Reading::Understood };
        };
        record.has_id_field = true;
        let id = group(line, groups, pattern.main_group());
        record.has_dash = id == Some(b"-");
        if let Some(id) = id.filter(|id| !matches!(*id, b"" | b"-")) {
            record.ids.push(id);
        }
        let further = (found.end > found.start).then(|| pattern.search(line, found.end, again)).flatten();
        if further.is_some() {
            let other = group(line, again, pattern.main_group());
            if other != id {
                other.iter().for_each(|other| record.ids.push(other));
                record.agreement = Agreement::Contradictory;
            }
        }
        for (field, texts) in [(&self.layout.status, &mut record.statuses), (&self.layout.time, &mut record.times)] {
            if let Some(TextField::Group(number)) = field {
                group(line, groups, *number).into_iter().for_each(|text| texts.push(text));
            }
        }
        // How the writer escaped is not known here, so an escaped id may as well mean another.
        let escaped = id.is_some_and(|id| id.contains(&b'\\'));
        if escaped { Reading::Ambiguous } else { Reading::Understood }
    }

    fn match_others(&mut self, line: &[u8], record: &mut Record) {
        let status = (&self.layout.status, &mut self.status_groups, &mut record.statuses);
        let time = (&self.layout.time, &mut self.time_groups, &mut record.times);
        for (field, groups, texts) in [status, time] {
            if let (Some(TextField::Pattern(pattern)), Some(groups)) = (field, groups)
                && pattern.search(line, 0, groups).is_some()
            {
                group(line, groups, pattern.main_group()).into_iter().for_each(|text| texts.push(text));
            }
        }
    }

    /// Reads what stands under names. An error means that the line is not of its shape.
    fn take_apart(&mut self, line: &[u8], record: &mut Record) -> Result<(), NotOfShape> {
        match self.layout.shape {
            Shape::Free => Ok(()),
            Shape::Access => {
                let access = Access::parse(line).ok_or(NotOfShape)?;
                for (role, value) in self.roles.of_access().into_iter().zip(access.named()) {
                    self.take_value(role, value, record)?;
                }
                for part in access.rest() {
                    let (name, value) = part.map_err(|_| NotOfShape)?;
                    self.take_value(self.roles.of_part(name), value, record)?;
                }
                Ok(())
            }
            Shape::Pairs => {
                let mut pairs = 0_usize;
                for word in Words::of(line) {
                    if let Word::Pair(key, value) = word.map_err(|_| NotOfShape)? {
                        pairs += 1;
                        self.take_value(self.roles.of_key(key), value, record)?;
                    }
                }
                if pairs == 0 { Err(NotOfShape) } else { Ok(()) }
            }
        }
    }

    fn take_value(&mut self, role: Role, value: Value<'_>, record: &mut Record) -> Result<(), NotOfShape> {
        if role == Role::default() {
            return Ok(());
        }
        let text = match value.as_it_is() {
            Some(text) => text,
            None => {
                value.decode(&mut self.buffer).map_err(|_| NotOfShape)?;
                &self.buffer
            }
        };
        if role.is_status {
            record.statuses.push(text);
        }
        if role.is_time {
            record.times.push(text);
        }
        if role.is_id {
            push_id(text, record);
            record.has_dash |= value.is_dash();
        }
        Ok(())
    }
}

/// The line has another shape than the others.
struct NotOfShape;

/// Adds an id that stands under its name; a second one must say the same.
fn push_id(id: &[u8], record: &mut Record) {
    let first = !std::mem::replace(&mut record.has_id_field, true);
    if !first && !says(&record.ids, id) {
        record.agreement = Agreement::Contradictory;
    }
    if !id.is_empty() {
        record.ids.push(id);
    }
}

fn says(ids: &Texts, id: &[u8]) -> bool {
    if id.is_empty() { ids.len() == 0 } else { ids.len() > 0 && ids.iter().all(|known| known == id) }
}

fn group<'l>(line: &'l [u8], groups: &CaptureLocations, number: usize) -> Option<&'l [u8]> {
    groups.get(number).map(|(start, end)| line[start..end].trim_ascii())
}

/// Whether a line that fits no pattern looks damaged or of another format, so that it may hide an id.
fn is_odd(line: &[u8]) -> bool {
    let control = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31 | 127);
    line.starts_with(b"{\"") || line.iter().any(control) || std::str::from_utf8(line).is_err()
}

impl RecordReader for TextReader {
    fn read(&mut self, line: &[u8], record: &mut Record) -> Reading {
        // NULs are the hole of a log that was truncated in use, whatever stands behind them.
        if memchr::memchr(0, line).is_some() {
            return Reading::Unreadable;
        }
        let reading = self.match_id(line, record);
        let wants_more = record.has_id_field || matches!(self.layout.id, IdField::Named(_));
        if reading == Reading::Unreadable || !wants_more {
            return reading;
        }
        self.match_others(line, record);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.roles.are_any() && self.take_apart(line, record).is_err() {
            record.clear();
            return Reading::Unreadable;
        }
        reading
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(shape: Shape, id: IdField, status: Option<TextField>) -> TextLayout {
        TextLayout { shape, id, status, time: None }
    }

    fn by_name(shape: Shape, id: &str) -> TextLayout {
        let status = Some(TextField::Named(FieldSpec::known("status")));
        layout(shape, IdField::Named(FieldSpec::known(id)), status)
    }

    fn by_pattern(text: &str) -> TextLayout {
        let pattern = LinePattern::new(text, "id").expect("a pattern");
        let status = pattern.group_named("status").map(TextField::Group);
        layout(Shape::Free, IdField::Pattern(pattern), status)
    }

    fn read(layout: &TextLayout, line: &[u8]) -> (Reading, Vec<String>, Agreement) {
        let mut record = Record::default();
        let reading = TextReader::new(layout).read(line, &mut record);
        let texts = record.ids.iter().chain(record.statuses.iter());
        (reading, texts.map(|text| String::from_utf8_lossy(text).into_owned()).collect(), record.agreement)
    }

    const LINE: &str = r#"h - - [22/Nov/2026:01:28:34 +0000] "POST /x?event_id=no HTTP/1.1" 200 2 "-" "event_id=no" event_id="a b" gh="-""#;

    #[test]
    fn an_access_is_read_by_names() {
        let (reading, texts, agreement) = read(&by_name(Shape::Access, "event_id"), LINE.as_bytes());
        assert_eq!((reading, agreement), (Reading::Understood, Agreement::Single));
        assert_eq!(texts, ["a b", "200"]);
        assert_eq!(read(&by_name(Shape::Access, "gh"), LINE.as_bytes()).1, ["200"]);
        assert_eq!(read(&by_name(Shape::Access, "agent"), LINE.as_bytes()).1, ["event_id=no", "200"]);
        assert_eq!(read(&by_name(Shape::Access, "event_id"), b"no access").0, Reading::Unreadable);
    }

    #[test]
    fn pairs_are_read_by_names() {
        let id = by_name(Shape::Pairs, "id");
        assert_eq!(read(&id, br#"msg id="caf\u00e9" xid=no status=204 id="#).2, Agreement::Contradictory);
        assert_eq!(read(&id, br#"msg id="caf\u00e9" xid=no status=204"#).1, ["café", "204"]);
        assert_eq!(read(&id, b"id=a status=200 id=a\r").2, Agreement::Single);
        assert_eq!(read(&id, b"id=- status=500\r").1, ["500"]);
        for line in [&b"no pair"[..], b"id=\"open", b"id=a\0", b""] {
            assert_eq!(read(&id, line).0, Reading::Unreadable, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn a_pattern_finds_the_id_and_the_status_in_its_groups() {
        let pattern = by_pattern(r#"POST /hooks/(?<id>[^ ?]+)[^"]*" (?<status>\d{3})"#);
        assert_eq!(read(&pattern, br#""POST /hooks/e-1?x HTTP/1.1" 200"#).1, ["e-1", "200"]);
        assert_eq!(
            read(&pattern, br#""GET /hooks/e-1 HTTP/1.1" 200"#),
            (Reading::Understood, vec![], Agreement::Single)
        );
        assert_eq!(read(&pattern, b"\xff\xfe").0, Reading::Unreadable);
        assert_eq!(read(&pattern, br#"{"id":"e-1"}"#).0, Reading::Unreadable);
        assert_eq!(read(&by_pattern("id=([^ ]*)"), b"id=-").1, Vec::<String>::new());
    }

    #[test]
    fn two_matches_that_differ_contradict_each_other() {
        let pattern = by_pattern(r#"id="([^"]*)""#);
        assert_eq!(read(&pattern, br#"id="a" id="a""#).2, Agreement::Single);
        let (_, ids, agreement) = read(&pattern, br#"id="a" id="b""#);
        assert_eq!((ids, agreement), (vec!["a".to_owned(), "b".to_owned()], Agreement::Contradictory));
        assert_eq!(read(&pattern, br#"id="a\x22""#).0, Reading::Ambiguous);
    }

    #[test]
    fn a_pattern_and_names_go_together() {
        let mut layout = by_pattern(r#"event_id="([^"]*)""#);
        layout.shape = Shape::Access;
        layout.status = Some(TextField::Named(FieldSpec::known("status")));
        assert_eq!(read(&layout, LINE.as_bytes()).1, ["a b", "200"]);
        assert_eq!(read(&layout, br#"event_id="x""#).0, Reading::Unreadable);
        assert_eq!(read(&layout, b"something else").0, Reading::Understood);
    }
}
