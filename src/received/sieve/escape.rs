//! Which escapes can't be a part of an id that is looked for.
//!
//! What it calls harmless stands between words, before and after it is resolved; of everything else
//! it says nothing.

use super::words::is_word;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// UUIDs, wherever they begin and end.
    Uuids,
    /// Whole words, perhaps UUIDs too.
    Words,
}

/// Whether the escape whose backslash stands before these bytes is harmless.
pub(super) fn is_harmless(after: &[u8], kind: Kind) -> bool {
    match after {
        [b'"' | b'\\' | b'/', ..] => true,
        [b'n' | b't' | b'r' | b'b' | b'f', rest @ ..] => ends_word(rest, kind),
        [b'u', rest @ ..] => number(rest, 4).is_some_and(|code| separates(code, kind) && ends_word(&rest[4..], kind)),
        [b'x', rest @ ..] => number(rest, 2).is_some_and(|code| separates(code, kind) && ends_word(&rest[2..], kind)),
        _ => false,
    }
}

/// The letters of the escape are no part of the word behind it.
fn ends_word(rest: &[u8], kind: Kind) -> bool {
    match kind {
        // A UUID is found whatever stands before it.
        Kind::Uuids => true,
        Kind::Words => !rest.first().is_some_and(|&byte| is_word(byte)),
    }
}

/// Whether the character is no part of an id.
fn separates(code: u32, kind: Kind) -> bool {
    match (char::from_u32(code), kind) {
        (Some(character), Kind::Uuids) => !character.is_ascii_hexdigit() && character != '-',
        (Some(character), Kind::Words) => !character.is_ascii_alphanumeric() && character != '-' && character != '_',
        // Half of a pair; a pair is never a letter of ASCII.
        (None, _) => true,
    }
}

fn number(bytes: &[u8], digits: usize) -> Option<u32> {
    let digits = bytes.get(..digits)?;
    digits.iter().try_fold(0, |number, &digit| Some(number * 16 + char::from(digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_what_stands_between_words_are_harmless() {
        for text in [r#"""#, r"\", "/", "n ", r"t\", r"u003c\", r"u00e9-"] {
            assert!(is_harmless(text.as_bytes(), Kind::Uuids), "{text}");
        }
        for text in ["n ", r#"u003c""#, r"ud83d\ude00", "x22 "] {
            assert!(is_harmless(text.as_bytes(), Kind::Words), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_part_of_an_id_is_not() {
        for text in ["", "u0061", "u002d", "x41", "u00", "U00000061", "-", "a", "e", "\n", "x2"] {
            assert!(!is_harmless(text.as_bytes(), Kind::Uuids), "{text}");
        }
        for text in ["nevt_1", "u003cevt_1", "u005f", "u0078 ", "x5f ", "x22evt"] {
            assert!(!is_harmless(text.as_bytes(), Kind::Words), "{text}");
        }
    }
}
