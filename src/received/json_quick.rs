//! The usual JSON line, read without a parser: an object of plain ASCII without escapes, its fields
//! named by a key at its top, each at most once.
//!
//! It says what the parser would say or nothing at all: whatever it does not know for sure is left
//! to the parser, a line that is not valid first of all.

use std::ops::Range;

use wide::u8x16;

use super::options::FieldSpec;

/// Deeper lines are left to the parser; each level takes a bit.
const MOST_LEVELS: u32 = 64;
/// The id, the status and the time.
pub(super) const FIELDS: usize = 3;

/// The keys of the fields that are looked for.
#[derive(Debug)]
pub(super) struct Quick {
    keys: [Option<Box<[u8]>>; FIELDS],
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
        all_keys.then(|| Self { keys: fields.map(|field| field.map(key)) })
    }

    /// Finds the values of the fields in a line, if it is a usual one. They are neither objects nor
    /// lists.
    pub(super) fn values(&self, line: &[u8]) -> Option<Values> {
        let mut values = Values::default();
        let mut scan = Scan { line, at: 0, levels: 0, objects: 0 };
        scan.expect(b'{')?;
        scan.open(Container::Object)?;
        let mut is_first = true;
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
                None => scan.close_all()?,
            }
        }
        scan.line[scan.at..].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')).then_some(values)
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Object,
    List,
}

/// A place in a line, and what is open there.
struct Scan<'l> {
    line: &'l [u8],
    at: usize,
    levels: u32,
    /// Which levels are objects; the innermost is the lowest bit.
    objects: u64,
}

impl<'l> Scan<'l> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.line.get(self.at).copied()
    }

    #[inline(always)]
    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    #[inline(always)]
    fn skip_spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn open(&mut self, container: Container) -> Option<()> {
        if self.levels == MOST_LEVELS {
            return None;
        }
        self.levels += 1;
        self.objects = self.objects << 1 | u64::from(container == Container::Object);
        Some(())
    }

    fn is_in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    /// Whether the innermost container ends here.
    fn closes(&self) -> bool {
        self.peek() == Some(if self.is_in_object() { b'}' } else { b']' })
    }

    /// Behind a value: closes what ends here, up to the comma before the next value.
    #[inline(always)]
    fn close_all(&mut self) -> Option<()> {
        while self.levels > 0 {
            self.skip_spaces();
            if self.peek()? == b',' {
                self.at += 1;
                return Some(());
            }
            if !self.closes() {
                return None;
            }
            self.at += 1;
            self.levels -= 1;
            self.objects >>= 1;
        }
        Some(())
    }

    /// A key, and its colon.
    #[inline(always)]
    fn key(&mut self) -> Option<&'l [u8]> {
        let start = self.at + 1;
        self.string()?;
        let key = &self.line[start..self.at - 1];
        self.skip_spaces();
        self.expect(b':')?;
        self.skip_spaces();
        Some(key)
    }

    /// A whole scalar, or the beginning of a container, which is the answer.
    #[inline(always)]
    fn value(&mut self) -> Option<Option<Container>> {
        match self.peek()? {
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word(b"true")?,
            b'f' => self.word(b"false")?,
            b'n' => self.word(b"null")?,
            b'{' => {
                self.at += 1;
                return Some(Some(Container::Object));
            }
            b'[' => {
                self.at += 1;
                return Some(Some(Container::List));
            }
            _ => return None,
        }
        Some(None)
    }

    fn word(&mut self, word: &[u8]) -> Option<()> {
        self.line[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    /// A string in quotes: printable ASCII without escapes.
    #[inline(always)]
    fn string(&mut self) -> Option<()> {
        self.expect(b'"')?;
        while let Some(sixteen) = self.line[self.at..].first_chunk::<16>() {
            let ends = ends_of_text(u8x16::new(*sixteen));
            if ends != 0 {
                self.at += ends.trailing_zeros() as usize;
                return self.expect(b'"');
            }
            self.at += 16;
        }
        while matches!(self.peek()?, b' '..=b'~') && !matches!(self.peek()?, b'"' | b'\\') {
            self.at += 1;
        }
        self.expect(b'"')
    }

    fn number(&mut self) -> Option<()> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// Quotes, backslashes and whatever is not printable ASCII, one bit each.
#[inline(always)]
fn ends_of_text(lane: u8x16) -> u32 {
    let shifted = lane - u8x16::splat(b' ');
    let printable = shifted.min(u8x16::splat(b'~' - b' ')).simd_eq(shifted);
    let ends = lane.simd_eq(u8x16::splat(b'"')) | lane.simd_eq(u8x16::splat(b'\\'));
    (printable.to_bitmask() ^ 0xffff) | ends.to_bitmask()
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
            (at, damage) in (any::<prop::sample::Index>(), 0_u8..12),
            byte in any::<u8>(),
        ) {
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
            prop_assert_eq!(told(JsonlReader::new(&fields()), &line), parsed, "{}", String::from_utf8_lossy(&line));
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
