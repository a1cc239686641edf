//! The usual JSON line, read without a parser: an object of plain ASCII without escapes, its fields
//! named by a key at its top, each at most once.
//!
//! It says what the parser would say or nothing at all: whatever it does not know for sure is left
//! to the parser, a line that is not valid first of all.

use std::ops::Range;

use super::json_scan::{Container, Scan};
use super::options::FieldSpec;

/// The id, the status and the time.
pub(super) const FIELDS: usize = 3;

/// The keys of the fields that are looked for, and how the last line was made.
#[derive(Debug)]
pub(super) struct Quick {
    keys: [Option<Box<[u8]>>; FIELDS],
    skeleton: Skeleton,
}

/// Where the values of the fields are in a line, as they are written.
pub(super) type Values = [Option<Range<usize>>; FIELDS];

impl Quick {
    /// Prepares a look at lines with these fields, if each of them is a key at the top.
    pub(super) fn new(fields: [Option<&FieldSpec>; FIELDS]) -> Option<Self> {
        // A name with a dot may be a path, one with a slash is one.
        let is_key = |name: &str| !name.bytes().any(|byte| matches!(byte, b'/' | b'.'));
        let all_keys = fields.iter().flatten().all(|field| is_key(field.as_str()));
        let key = |field: &FieldSpec| field.as_str().as_bytes().into();
        all_keys.then(|| Self { keys: fields.map(|field| field.map(key)), skeleton: Skeleton::default() })
    }

    /// Finds the values of the fields in a line, if it is a usual one. They are neither objects nor
    /// lists.
    pub(super) fn values(&mut self, line: &[u8]) -> Option<Values> {
        self.skeleton.values(line).or_else(|| {
            let mut skeleton = std::mem::take(&mut self.skeleton);
            skeleton.clear();
            let values = self.read(line, &mut skeleton);
            skeleton.is_whole = values.is_some();
            self.skeleton = skeleton;
            values
        })
    }

    /// The same without regard to the line before, and how the line is made.
    fn read(&self, line: &[u8], skeleton: &mut Skeleton) -> Option<Values> {
        let mut values = Values::default();
        let mut scan = Scan::of(line);
        scan.expect(b'{')?;
        scan.open(Container::Object)?;
        let (mut is_first, mut behind) = (true, 0);
        while scan.levels > 0 {
            scan.skip_spaces();
            if is_first && scan.closes() {
                is_first = false;
                scan.close_all()?;
                continue;
            }
            let fields = if scan.is_in_object() { self.fields_of(scan.key()?, scan.levels) } else { 0 };
            let start = scan.at;
            let opened = scan.value()?;
            is_first = opened.is_some();
            if fields != 0 {
                note(&mut values, fields, start..scan.at)?;
                if is_first {
                    return None;
                }
            }
            match opened {
                Some(container) => scan.open(container)?,
                None => {
                    skeleton.add(&line[behind..start], fields);
                    behind = scan.at;
                    scan.close_all()?;
                }
            }
        }
        skeleton.text.extend_from_slice(&line[behind..scan.at]);
        scan.is_at_end().then_some(values)
    }

    /// Which fields a key stands for, one bit each.
    fn fields_of(&self, key: &[u8], levels: u32) -> u8 {
        if levels != 1 {
            return 0;
        }
        let is = |number: usize| u8::from(self.keys[number].as_deref() == Some(key)) << number;
        is(0) | is(1) | is(2)
    }
}

/// A key that stands twice is left to the parser.
fn note(values: &mut Values, fields: u8, range: Range<usize>) -> Option<()> {
    for (number, value) in values.iter_mut().enumerate() {
        if fields >> number & 1 == 1 && value.replace(range.clone()).is_some() {
            return None;
        }
    }
    Some(())
}

/// A line without its scalars. Most lines of a log differ in these only, so that what stands between them
/// need not be understood again.
#[derive(Debug, Default)]
struct Skeleton {
    /// What stands before, between and behind the scalars.
    text: Vec<u8>,
    /// For each scalar how much of this stands before it, and for which fields it stands, one bit each.
    scalars: Vec<(usize, u8)>,
    /// It is that of a usual line.
    is_whole: bool,
}

impl Skeleton {
    fn clear(&mut self) {
        self.text.clear();
        self.scalars.clear();
    }

    /// Adds a scalar and what stands before it.
    fn add(&mut self, before: &[u8], fields: u8) {
        self.text.extend_from_slice(before);
        self.scalars.push((self.text.len(), fields));
    }

    /// The values of the fields in a line, if it is made like this.
    fn values(&self, line: &[u8]) -> Option<Values> {
        if !self.is_whole {
            return None;
        }
        let mut values = Values::default();
        let (mut scan, mut before) = (Scan::of(line), 0);
        for &(until, fields) in &self.scalars {
            scan.text(&self.text[before..until])?;
            before = until;
            let start = scan.at;
            if scan.value()?.is_some() {
                return None;
            }
            if fields != 0 {
                note(&mut values, fields, start..scan.at)?;
            }
        }
        scan.text(&self.text[before..])?;
        scan.is_at_end().then_some(values)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::jsonl::{JsonFields, JsonlReader};
    use super::super::record::{Reading, Record, RecordReader};
    use super::*;

    fn fields() -> JsonFields {
        let field = |name| FieldSpec::known(name);
        JsonFields { id: field("id"), status: Some(field("st")), time: Some(field("t")) }
    }

    fn quick() -> Quick {
        let fields = fields();
        Quick::new([Some(&fields.id), fields.status.as_ref(), fields.time.as_ref()]).expect("keys at the top")
    }

    /// What a reader makes of a line.
    fn told(mut reader: JsonlReader, line: &[u8]) -> (Reading, Vec<Vec<u8>>, bool, bool) {
        let mut record = Record::default();
        let reading = reader.read(line, &mut record);
        let Record { ids, statuses, times, agreement, has_id_field, .. } = &record;
        let mut texts: Vec<Vec<u8>> = Vec::new();
        for some in [ids, statuses, times] {
            texts.extend(some.iter().map(<[u8]>::to_vec));
            texts.push(b"|".to_vec());
        }
        let is_single = *agreement == super::super::record::Agreement::Single;
        // A line that is not understood says nothing, whatever was begun.
        if reading == Reading::Understood {
            (reading, texts, is_single, *has_id_field)
        } else {
            (reading, Vec::new(), true, true)
        }
    }

    fn a_scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "\"[a-z0-9 {}:,-]{0,40}\"",
            1 => "\"[a-z\\\\/nu00\u{e9}\t]{0,20}\"",
            3 => prop::sample::select(vec![
                "0", "-0", "7", "200", "-12", "01", "-", "1.5", "1.", ".5", "1e3", "1E+", "2e-07", "+1", "00", "0.0", "0e0", "-a",
                "true", "false", "null", "nul", "True", "NaN", "\"\"", "",
            ]).prop_map(str::to_owned),
        ]
    }

    fn a_value() -> impl Strategy<Value = String> {
        a_scalar().prop_recursive(4, 24, 4, |inner| {
            let space = || prop::sample::select(vec!["", "", "", " ", "\t"]);
            let list = (prop::collection::vec(inner.clone(), 0..4), space())
                .prop_map(|(values, space)| format!("[{space}{}{space}]", values.join(&format!("{space},"))));
            let object = (prop::collection::vec((a_key(), inner), 0..4), space()).prop_map(|(members, space)| {
                let members: Vec<String> =
                    members.into_iter().map(|(key, value)| format!("{key}{space}:{space}{value}")).collect();
                format!("{{{}{space}}}", members.join(&format!(",{space}")))
            });
            prop_oneof![list, object]
        })
    }

    fn a_key() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "\"id\"",
            "\"st\"",
            "\"t\"",
            "\"x\"",
            "\"y\"",
            "\"\"",
            "\"i\\u0064\"",
            "\"ID\"",
            "id",
        ])
    }

    fn a_line() -> impl Strategy<Value = String> {
        (
            prop::collection::vec((a_key(), a_value()), 0..6),
            prop::sample::select(vec!["", "", " ", "\r", "}", ",", "x", "\u{c}"]),
        )
            .prop_map(|(members, behind)| {
                let members: Vec<String> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}{behind}", members.join(","))
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_read_quickly_is_what_the_parser_reads(
            line in a_line(),
            before in a_line(),
            (at, damage) in (any::<prop::sample::Index>(), 0_u8..12),
            byte in any::<u8>(),
        ) {
            let mut reader = JsonlReader::new(&fields());
            // The line is like one before it, or like none.
            for before in [before.as_bytes(), line.as_bytes()].into_iter().take(usize::from(damage % 3)) {
                reader.read(before, &mut Record::default());
            }
            let mut line = line.into_bytes();
            let at = at.index(line.len());
            match damage {
                0 => line.truncate(at),
                1 => line[at] = byte,
                2 => line.insert(at, byte),
                3 => { line.remove(at); }
                4 => line.insert(at, b'"'),
                _ => {}
            }
            let parsed = told(JsonlReader::without_shortcut(&fields()), &line);
            prop_assert_eq!(told(reader, &line), parsed, "{}", String::from_utf8_lossy(&line));
        }
    }

    #[test]
    fn a_line_like_the_one_before_differs_in_its_scalars_only() {
        let mut quick = quick();
        let texts = |quick: &mut Quick, line: &str| {
            let values = quick.values(line.as_bytes())?;
            Some(values.map(|value| value.map(|range| line[range].to_owned())))
        };
        let first = r#"{"id":"a","x":{"id":1,"e":[]},"st":200}"#;
        assert!(texts(&mut quick, first).is_some());
        let like_it = r#"{"id":null,"x":{"id":"}","e":[]},"st":-1.5e3} "#;
        let expected = [Some("null"), Some("-1.5e3"), None].map(|value| value.map(str::to_owned));
        assert_eq!(
            quick.skeleton.values(like_it.as_bytes()).map(|values| values.map(|value| value.is_some())),
            Some([true, true, false])
        );
        assert_eq!(texts(&mut quick, like_it), Some(expected));
        for other in [
            r#"{"id":"a","x":{"id":1,"e":[]},"st":200},"#,
            r#"{"id":"a","x":{"id":1,"e":[]},"st":200"#,
            r#"{"id":"a","x":{"id":1,"e":[]},"st":{}}"#,
            r#"{"id":"a","x":{"id":1,"e":[]},"st":"\u0041"}"#,
            r#"{"id":"a","x":{"id":1,"e":[]},"so":200}"#,
            r#"{"id":"a","x":{"id":1,"e":[]}}"#,
        ] {
            assert!(quick.skeleton.values(other.as_bytes()).is_none(), "{other}");
        }
    }

    #[test]
    fn usual_lines_need_no_parser() {
        for line in [
            r#"{}"#,
            r#"{"id":"a","st":200,"t":"2026-11-22T01:28:34Z"}"#,
            r#"{"id": "a", "x": {"id": [1, -2.5e3, {"t": null}], "e": {}, "l": []}, "st": true}"#,
            "{\"a long key to begin with\":\"and a long text that goes on for more than sixteen bytes\",\"id\":7}\r",
        ] {
            assert!(quick().values(line.as_bytes()).is_some(), "{line}");
        }
        let deep = |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(quick().values(deep(63).as_bytes()).is_some() && quick().values(deep(64).as_bytes()).is_none());
    }

    #[test]
    fn whatever_is_unusual_is_left_to_the_parser() {
        for line in [
            "",
            "[]",
            " {}",
            r#"{"id":"a","id":"a"}"#,
            r#"{"id":["a"]}"#,
            r#"{"st":{}}"#,
            r#"{"id":"a\u0062"}"#,
            r#"{"i\u0064":"a"}"#,
            "{\"x\":\"caf\u{e9}\"}",
            r#"{"id":"a"}{"#,
            r#"{"id":"a",}"#,
            r#"{"id":01}"#,
            r#"{"id":"a"]"#,
            r#"{"id":"a""#,
            r#"{"id":"a"#,
            "{\"x\":\"\u{1}\"}",
        ] {
            assert!(quick().values(line.as_bytes()).is_none(), "{line}");
        }
        for name in ["a.b", "/a/b", "/"] {
            assert!(Quick::new([Some(&FieldSpec::known(name)), None, None]).is_none(), "{name}");
        }
    }
}
