//! The format of JSON lines: one object on each, decided by a real parser.
//!
//! A field counts only where it stands: keys of the same name nested elsewhere are other fields.
//! Escapes in keys and values are resolved, and integers keep all their digits.

use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::json_quick::Quick;
use super::options::FieldSpec;
use super::record::{Agreement, Reading, Record, RecordReader, Texts};

/// What a field of the log is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Id,
    Status,
    Time,
}

/// One step down into a document.
#[derive(Clone, Debug)]
struct Step {
    key: String,
    index: Option<usize>,
}

/// One place in a document where a field may stand.
#[derive(Clone, Debug)]
struct Target {
    role: Role,
    /// Of the places of one role the first that exists in a line is the field.
    rank: usize,
    path: Vec<Step>,
}

/// The fields of a log of JSON lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct JsonFields {
    /// The field that holds the id.
    pub(super) id: FieldSpec,
    /// The field that holds the status code.
    pub(super) status: Option<FieldSpec>,
    /// The field that holds the time.
    pub(super) time: Option<FieldSpec>,
}

/// Reads lines that hold one JSON object each.
#[derive(Debug)]
pub(super) struct JsonlReader {
    /// For lines that need no parser, if the fields allow it.
    quick: Option<Quick>,
    targets: Vec<Target>,
    /// Which target was met at which part of the line.
    captures: Vec<(usize, Range<usize>)>,
}

impl JsonlReader {
    /// A reader for these fields.
    pub(super) fn new(fields: &JsonFields) -> Self {
        let mut targets = Vec::new();
        let mut add = |role, spec: &FieldSpec| {
            targets.extend(paths(spec).into_iter().enumerate().map(|(rank, path)| Target { role, rank, path }));
        };
        add(Role::Id, &fields.id);
        fields.status.iter().for_each(|spec| add(Role::Status, spec));
        fields.time.iter().for_each(|spec| add(Role::Time, spec));
        let quick = Quick::new([Some(&fields.id), fields.status.as_ref(), fields.time.as_ref()]);
        Self { quick, targets, captures: Vec::new() }
    }

    /// A reader that gives every line to the parser.
    #[cfg(test)]
    pub(super) fn without_shortcut(fields: &JsonFields) -> Self {
        Self { quick: None, ..Self::new(fields) }
    }

    /// Reads a line without the parser, if it is a usual one.
    fn read_quickly(&mut self, line: &[u8], record: &mut Record) -> Option<()> {
        let [id, status, time] = self.quick.as_mut()?.values(line)?;
        let text = |range: Range<usize>| std::str::from_utf8(&line[range]).ok();
        if let Some(range) = id {
            // Within quotes it is what is written there, as there are no escapes.
            if let [b'"', inner @ .., b'"'] = &line[range.clone()]
                && !inner.is_empty()
            {
                record.ids.push(inner);
            } else if push_ids(text(range)?, &mut record.ids).is_err() {
                record.clear();
                return None;
            }
            record.has_id_field = true;
        }
        status.and_then(text).into_iter().for_each(|raw| push_scalar(raw, &mut record.statuses));
        time.and_then(text).into_iter().for_each(|raw| push_scalar(raw, &mut record.times));
        Some(())
    }

    fn capture(&mut self, line: &[u8]) -> serde_json::Result<()> {
        self.captures.clear();
        let mut deserializer = serde_json::Deserializer::from_slice(line);
        let active = (1u32 << self.targets.len()) - 1;
        let walk = Walk {
            targets: &self.targets,
            active,
            depth: 0,
            line_address: line.as_ptr() as usize,
            captures: &mut self.captures,
        };
        walk.deserialize(&mut deserializer)?;
        deserializer.end()
    }

    /// The values met for a role, of the best place that exists in the line.
    fn values<'l>(&self, role: Role, line: &'l [u8]) -> impl Iterator<Item = &'l str> {
        let of_role = move |target: usize| self.targets[target].role == role;
        let ranks = self.captures.iter().filter(move |(target, _)| of_role(*target));
        let best = ranks.map(|(target, _)| self.targets[*target].rank).min();
        let chosen = move |target: usize| of_role(target) && Some(self.targets[target].rank) == best;
        let ranges = self.captures.iter().filter(move |(target, _)| chosen(*target)).map(|(_, range)| range.clone());
        // What was captured was checked to be UTF-8 when it was parsed.
        ranges.map(|range| std::str::from_utf8(&line[range]).unwrap_or_default())
    }
}

impl RecordReader for JsonlReader {
    fn read(&mut self, line: &[u8], record: &mut Record) -> Reading {
        if self.read_quickly(line, record).is_some() {
            return Reading::Understood;
        }
        if line.trim_ascii_start().first() != Some(&b'{') || self.capture(line).is_err() {
            return Reading::Unreadable;
        }
        let mut first_group = 0;
        for (position, raw) in self.values(Role::Id, line).enumerate() {
            record.has_id_field = true;
            let group = record.ids.len();
            if push_ids(raw, &mut record.ids).is_err() {
                return Reading::Unreadable;
            }
            if position == 0 {
                first_group = record.ids.len();
            } else if !same(&record.ids, 0..first_group, group..record.ids.len()) {
                record.agreement = Agreement::Contradictory;
            }
        }
        self.values(Role::Status, line).for_each(|raw| push_scalar(raw, &mut record.statuses));
        self.values(Role::Time, line).for_each(|raw| push_scalar(raw, &mut record.times));
        Reading::Understood
    }
}

/// The places a name may mean, the likeliest first.
fn paths(spec: &FieldSpec) -> Vec<Vec<Step>> {
    let name = spec.as_str();
    let step = |key: String| {
        let index = key.parse::<usize>().ok().filter(|index| index.to_string() == key);
        Step { key, index }
    };
    if let Some(pointer) = name.strip_prefix('/') {
        return vec![pointer.split('/').map(|part| step(part.replace("~1", "/").replace("~0", "~"))).collect()];
    }
    let mut paths = vec![vec![step(name.to_owned())]];
    if name.contains('.') {
        paths.push(name.split('.').map(|part| step(part.to_owned())).collect());
    }
    paths
}

/// The value of the id field is not one that can be an id.
struct NotAnId;

fn push_ids(raw: &str, ids: &mut Texts) -> Result<(), NotAnId> {
    if raw.starts_with('[') {
        let elements: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| NotAnId)?;
        return elements.iter().try_for_each(|element| push_id(element.get(), ids));
    }
    push_id(raw, ids)
}

fn push_id(raw: &str, ids: &mut Texts) -> Result<(), NotAnId> {
    match raw.as_bytes() {
        [b'n', ..] | b"\"\"" => Ok(()),
        [b'"', ..] => push_string(raw, ids).map_err(|_| NotAnId),
        [b'-', digits @ ..] | digits if digits.iter().all(u8::is_ascii_digit) => {
            ids.push(raw.as_bytes());
            Ok(())
        }
        _ => Err(NotAnId),
    }
}

fn push_string(raw: &str, texts: &mut Texts) -> serde_json::Result<()> {
    match raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => texts.push(inner.as_bytes()),
        _ => texts.push(serde_json::from_str::<String>(raw)?.as_bytes()),
    }
    Ok(())
}

/// Adds the text of a string or the spelling of anything else; whoever needs a number will see.
fn push_scalar(raw: &str, texts: &mut Texts) {
    if !raw.starts_with('"') || push_string(raw, texts).is_err() {
        texts.push(raw.as_bytes());
    }
}

fn same(texts: &Texts, left: Range<usize>, right: Range<usize>) -> bool {
    left.len() == right.len() && left.zip(right).all(|(left, right)| texts.get(left) == texts.get(right))
}

/// Walks one level of a document and notes where the targets are.
struct Walk<'w> {
    targets: &'w [Target],
    /// The targets whose path led here, one bit each.
    active: u32,
    depth: usize,
    line_address: usize,
    captures: &'w mut Vec<(usize, Range<usize>)>,
}

impl Walk<'_> {
    fn matching(&self, is_next: impl Fn(&Step) -> bool) -> u32 {
        matching(self.targets, self.active, self.depth, is_next)
    }

    /// Those of `mask` whose path ends at the next level.
    fn ending(&self, mask: u32) -> u32 {
        let ends = |number: &usize| mask & (1 << number) != 0 && self.targets[*number].path.len() == self.depth + 1;
        (0..self.targets.len()).filter(ends).fold(0, |ending, number| ending | 1 << number)
    }

    fn deeper(&mut self, active: u32) -> Walk<'_> {
        Walk {
            targets: self.targets,
            active,
            depth: self.depth + 1,
            line_address: self.line_address,
            captures: &mut *self.captures,
        }
    }

    /// Notes a value that targets end at, and looks into it for those that go on.
    fn note(&mut self, raw: &RawValue, mask: u32, ending: u32) -> serde_json::Result<()> {
        let start = raw.get().as_ptr() as usize - self.line_address;
        let range = start..start + raw.get().len();
        for number in (0..self.targets.len()).filter(|number| ending & (1 << number) != 0) {
            self.captures.push((number, range.clone()));
        }
        let further = mask & !ending;
        if further != 0 {
            self.deeper(further).deserialize(&mut serde_json::Deserializer::from_str(raw.get()))?;
        }
        Ok(())
    }
}

fn matching(targets: &[Target], active: u32, depth: usize, is_next: impl Fn(&Step) -> bool) -> u32 {
    let matches =
        |number: &usize| active & (1 << number) != 0 && targets[*number].path.get(depth).is_some_and(&is_next);
    (0..targets.len()).filter(matches).fold(0, |mask, number| mask | 1 << number)
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut name = KeyMask { targets: self.targets, active: self.active, depth: self.depth };
        while let Some(mask) = map.next_key_seed(&mut name)? {
            let ending = self.ending(mask);
            if mask == 0 {
                map.next_value::<IgnoredAny>()?;
            } else if ending == 0 {
                map.next_value_seed(self.deeper(mask))?;
            } else {
                let raw: &'de RawValue = map.next_value()?;
                self.note(raw, mask, ending).map_err(A::Error::custom)?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        for position in 0.. {
            let mask = self.matching(|step| step.index == Some(position));
            let ending = self.ending(mask);
            let more = if mask == 0 {
                seq.next_element::<IgnoredAny>()?.is_some()
            } else if ending == 0 {
                seq.next_element_seed(self.deeper(mask))?.is_some()
            } else if let Some(raw) = seq.next_element::<&'de RawValue>()? {
                self.note(raw, mask, ending).map_err(A::Error::custom)?;
                true
            } else {
                false
            };
            if !more {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads a key and says which targets go on behind it, without keeping the key.
struct KeyMask<'w> {
    targets: &'w [Target],
    active: u32,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for &mut KeyMask<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for &mut KeyMask<'_> {
    type Value = u32;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<u32, E> {
        Ok(matching(self.targets, self.active, self.depth, |step| step.key == key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str) -> FieldSpec {
        FieldSpec::known(name)
    }

    fn read(id: &str, line: &[u8]) -> (Reading, Vec<String>, Agreement) {
        let mut record = Record::default();
        let mut reader = JsonlReader::new(&JsonFields { id: field(id), status: None, time: None });
        let reading = reader.read(line, &mut record);
        let ids = record.ids.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect();
        (reading, ids, record.agreement)
    }

    fn ids(id: &str, line: &str) -> Vec<String> {
        let (reading, ids, agreement) = read(id, line.as_bytes());
        assert_eq!((reading, agreement), (Reading::Understood, Agreement::Single), "{line}");
        ids
    }

    #[test]
    fn an_id_counts_only_in_its_field() {
        let line = r#"{"other":"x","nested":{"event_id":"no"},"list":[{"event_id":"no"}],"text":"\"event_id\":\"no\"","event_id":"yes"}"#;
        assert_eq!(ids("event_id", line), ["yes"]);
        assert!(ids("event_id", r#"{"Event_Id":"no","nested":{"event_id":"no"}}"#).is_empty());
    }

    #[test]
    fn escapes_in_keys_and_values_are_resolved() {
        assert_eq!(ids("event_id", r#"{"event\u005fid":"caf\u00e9\/\"1\""}"#), ["café/\"1\""]);
    }

    #[test]
    fn pointers_reach_into_objects_and_arrays() {
        let line = r#"{"request":{"headers":{"X-Event-Id":["a","b"],"x/y":{"~":["c"]}}}}"#;
        assert_eq!(ids("/request/headers/X-Event-Id/0", line), ["a"]);
        assert_eq!(ids("/request/headers/X-Event-Id/1", line), ["b"]);
        assert_eq!(ids("/request/headers/X-Event-Id", line), ["a", "b"]);
        assert_eq!(ids("/request/headers/x~1y/~0/0", line), ["c"]);
        assert!(ids("/request/headers/X-Event-Id/2", line).is_empty());
    }

    #[test]
    fn a_name_with_dots_is_a_key_first_and_a_path_second() {
        assert_eq!(ids("event.id", r#"{"event":{"id":"nested"},"event.id":"literal"}"#), ["literal"]);
        assert_eq!(ids("event.id", r#"{"event":{"id":"nested"}}"#), ["nested"]);
    }

    #[test]
    fn integers_keep_all_their_digits() {
        let line = r#"{"id":123456789012345678901234567890}"#;
        assert_eq!(ids("id", line), ["123456789012345678901234567890"]);
        assert_eq!(ids("id", r#"{"id":-7}"#), ["-7"]);
    }

    #[test]
    fn empty_and_null_are_no_ids_and_other_values_are_not_understood() {
        assert!(ids("id", r#"{"id":""}"#).is_empty() && ids("id", r#"{"id":null}"#).is_empty());
        for value in ["1.5", "1e3", "true", r#"{"id":"x"}"#, r#"[["x"]]"#] {
            assert_eq!(read("id", format!(r#"{{"id":{value}}}"#).as_bytes()).0, Reading::Unreadable, "{value}");
        }
    }

    #[test]
    fn duplicate_keys_agree_or_contradict() {
        assert_eq!(read("id", br#"{"id":"a","id":"a"}"#).2, Agreement::Single);
        for line in [r#"{"id":"a","id":"b"}"#, r#"{"id":"a","id":null}"#] {
            assert_eq!(read("id", line.as_bytes()).2, Agreement::Contradictory, "{line}");
        }
        let twice = br#"{"event":{"id":"a"},"event":{"id":"b"}}"#;
        assert_eq!(read("event.id", twice).2, Agreement::Contradictory);
    }

    #[test]
    fn what_is_no_single_json_object_is_not_understood() {
        for line in [
            &b"{"[..],
            b"{\"id\":\"a\"",
            b"{\"id\":\"a\"}{\"id\":\"b\"}",
            b"[{\"id\":\"a\"}]",
            b"\"a\"",
            b"plain",
            b"\0\0{\"id\":\"a\"}",
            b"{\"id\":\"\xff\xfe\"}",
            b"{\"id\":\"\\ud800\"}",
            b"{\"x\":\"\\x22\",\"id\":\"a\"}",
        ] {
            assert_eq!(read("id", line).0, Reading::Unreadable, "{}", String::from_utf8_lossy(line));
        }
    }

    #[test]
    fn broken_bytes_in_another_field_do_not_hide_the_id() {
        assert_eq!(read("id", b"{\"body\":\"\xff\xfe\",\"id\":\"a\"}").1, ["a"]);
    }

    #[test]
    fn a_deeply_nested_line_is_read_without_recursion() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        assert_eq!(ids("id", &format!(r#"{{"deep":{deep},"id":"a"}}"#)), ["a"]);
    }

    #[test]
    fn one_field_may_lie_inside_another() {
        let fields = JsonFields { id: field("/a/b"), status: Some(field("/a")), time: Some(field("a.c")) };
        let mut record = Record::default();
        let reading = JsonlReader::new(&fields).read(br#"{"a":{"b":"x","c":"t"}}"#, &mut record);
        assert_eq!(reading, Reading::Understood);
        assert_eq!(record.ids.get(0), b"x");
        assert_eq!(record.statuses.get(0), br#"{"b":"x","c":"t"}"#);
        assert_eq!(record.times.get(0), b"t");
    }
}
