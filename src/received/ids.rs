//! The plain format: one id on each line.

use super::record::{Reading, Record, RecordReader};
use crate::event::MAX_ID_BYTES;

/// Reads lines that hold one id each.
#[derive(Debug, Default)]
pub(super) struct IdsReader;

impl RecordReader for IdsReader {
    fn read(&mut self, line: &[u8], record: &mut Record) -> Reading {
        let id = line.trim_ascii();
        if !is_one_id(id) {
            return Reading::Unreadable;
        }
        record.has_id_field = true;
        record.ids.push(id);
        // Tools that print JSON strings leave the quotes on; an id is meant either way.
        if let Some(inner) = unquoted(id) {
            record.ids.push(inner.as_bytes());
        }
        // A row of a table or a JSON object among the ids would hide what it holds.
        let is_plain = memchr::memchr3(b',', b';', b'|', id).is_none() && !id.starts_with(b"{\"");
        if is_plain { Reading::Understood } else { Reading::Ambiguous }
    }
}

/// Whether a trimmed line can be one id.
pub(super) fn is_one_id(line: &[u8]) -> bool {
    // Two more than an id may have, for quotes.
    !line.is_empty()
        && line.len() <= MAX_ID_BYTES + 2
        && !line.iter().any(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
}

fn unquoted(id: &[u8]) -> Option<String> {
    let quoted = id.first() == Some(&b'"');
    let inner = if quoted { serde_json::from_slice::<String>(id).ok() } else { None };
    inner.filter(|inner| !inner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[u8]) -> (Reading, Vec<String>) {
        let mut record = Record::default();
        let reading = IdsReader.read(line, &mut record);
        (reading, record.ids.iter().map(|id| String::from_utf8_lossy(id).into_owned()).collect())
    }

    #[test]
    fn a_line_is_one_id_without_the_space_around_it() {
        assert_eq!(read(b" \tevt-1 \r"), (Reading::Understood, vec!["evt-1".to_owned()]));
        assert_eq!(read(b"#1"), (Reading::Understood, vec!["#1".to_owned()]));
    }

    #[test]
    fn a_quoted_id_is_taken_with_and_without_its_quotes() {
        assert_eq!(read(b"\"evt-1\""), (Reading::Understood, vec!["\"evt-1\"".to_owned(), "evt-1".to_owned()]));
        assert_eq!(read(br#""a\/\u0062""#).1, [r#""a\/\u0062""#, "a/b"]);
        assert_eq!(read(b"\"\"").1, ["\"\""]);
    }

    #[test]
    fn a_line_that_may_be_of_another_format_is_ambiguous() {
        for line in [&b"evt-1,200"[..], b"evt-1;x", b"a|b", br#"{"id":"evt-1"}"#] {
            assert_eq!(read(line).0, Reading::Ambiguous, "{line:?}");
        }
        assert_eq!(read(b"{D18ACA67-CFD3-4C00-93AA-0A5BC540856E}").0, Reading::Understood);
    }

    #[test]
    fn a_line_of_several_words_or_with_control_characters_is_no_id() {
        for line in [&b"a b"[..], b"a\0b", b"\0\0", b"a\tb"] {
            assert_eq!(read(line).0, Reading::Unreadable, "{line:?}");
        }
        assert_eq!(read(&[b'a'; MAX_ID_BYTES + 3]).0, Reading::Unreadable);
    }
}
