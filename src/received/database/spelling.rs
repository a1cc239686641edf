//! Wanted ids as a database may spell them, in batches, and stored values as ids.
//!
//! An index can only be used for spellings that are asked for as they stand, so each UUID is asked for
//! in every usual one; whoever stores another is told so before anything is concluded from it.

use std::borrow::Cow;
use std::iter;

use uuid::Uuid;

use super::Trouble;
use crate::event::{EventId, IdKey};
use crate::receipt::WantedIds;

/// How many texts are sent in one question.
const BATCH_TEXTS: usize = 40_000;

/// A stored value, whichever database it comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// No value.
    Null,
    /// A text, which may be no valid UTF-8.
    Text(Vec<u8>),
    /// A whole number.
    Integer(i64),
    /// A UUID of the database's own type.
    Uuid([u8; 16]),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// The value as a log would write it; `None` for no value.
    pub(super) fn text(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Null => None,
            Self::Text(text) | Self::Bytes(text) => Some(Cow::Borrowed(text)),
            Self::Integer(number) => Some(Cow::Owned(number.to_string().into_bytes())),
            Self::Uuid(bytes) => Some(Cow::Owned(Uuid::from_bytes(*bytes).to_string().into_bytes())),
        }
    }

    /// The keys by which the value may be an id, the likeliest first.
    pub(super) fn keys<'a>(&'a self, text: &'a [u8]) -> [IdKey<'a>; 2] {
        let trimmed = IdKey::of(text.trim_ascii());
        match self {
            Self::Bytes(bytes) => match <[u8; 16]>::try_from(bytes.as_slice()) {
                Ok(uuid) => [IdKey::Uuid(uuid), IdKey::of(text)],
                Err(_) => [IdKey::of(text), trimmed],
            },
            Self::Null | Self::Text(_) | Self::Integer(_) | Self::Uuid(_) => [IdKey::of(text), trimmed],
        }
    }
}

/// Which spellings of a UUID are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forms {
    /// All that are known, to a column of text.
    All,
    /// Those that databases take for a UUID themselves, to a query that somebody else wrote.
    Castable,
}

/// Every text by which this id is asked for.
pub(super) fn spellings(id: &EventId, forms: Forms) -> Vec<String> {
    let own = id.text();
    let IdKey::Uuid(bytes) = id.key() else { return vec![own.into_owned()] };
    let uuid = Uuid::from_bytes(bytes);
    let (dashed, simple) = (uuid.hyphenated().to_string(), uuid.simple().to_string());
    let braced = uuid.braced().to_string();
    let mut all = vec![dashed.to_ascii_uppercase(), simple.to_ascii_uppercase(), braced.to_ascii_uppercase()];
    all.extend([format!("{{{}}}", simple.to_ascii_uppercase()), format!("{{{simple}}}"), braced, simple]);
    match forms {
        Forms::All => all.extend([format!("urn:uuid:{}", dashed.to_ascii_uppercase()), format!("urn:uuid:{dashed}")]),
        Forms::Castable => {}
    }
    let is_castable = !own.starts_with("urn:") || forms == Forms::All;
    if own != dashed && is_castable && !all.iter().any(|known| *known == own) {
        all.push(own.into_owned());
    }
    all.push(dashed);
    all
}

/// The id as a whole number, where it is the only spelling of one.
pub(super) fn canonical_number(id: &EventId) -> Option<i64> {
    let text = id.text();
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

/// Whether the text is the only spelling of a whole number of any size.
pub(super) fn is_canonical_digits(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_plain && (text == "0" || !digits.starts_with('0'))
}

/// The ids in batches of about as many texts as one question holds.
pub(super) fn batches(wanted: &WantedIds, texts_of_one: usize) -> impl Iterator<Item = Vec<EventId>> {
    let (mut ids, most) = (wanted.ids().map(Cow::into_owned), (BATCH_TEXTS / texts_of_one.max(1)).max(1));
    iter::from_fn(move || {
        let batch: Vec<_> = ids.by_ref().take(most).collect();
        (!batch.is_empty()).then_some(batch)
    })
}

/// How many texts [`spellings`] gives at most.
pub(super) const MOST_SPELLINGS: usize = 11;

/// Refuses a column of which a sample shows that its ids would be looked for in vain.
pub(super) fn check_sample(sample: &[Cell], column: &str) -> Result<(), Trouble> {
    for cell in sample {
        let Cell::Text(bytes) = cell else { continue };
        let shown: String = String::from_utf8_lossy(bytes).chars().take(60).collect();
        let is_odd = match IdKey::of(bytes.trim_ascii()) {
            _ if bytes.trim_ascii() != bytes.as_slice() => true,
            IdKey::Uuid(_) => !is_usual_uuid(bytes),
            IdKey::Bytes(_) => false,
        };
        if is_odd {
            return Err(Trouble::refused(
                format!("the column {column} holds ids in a spelling that is not looked for, such as {shown:?}"),
                "UUIDs are found in lower or upper case, with or without dashes and braces, and any other id as it \
                 is; name a view whose column is tidied up, or ask by --received-query",
            ));
        }
    }
    Ok(())
}

fn is_usual_uuid(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let usual = EventId::new(&text.to_ascii_lowercase()).map(|id| spellings(&id, Forms::All));
    usual.is_ok_and(|all| all.iter().any(|known| *known == text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> EventId {
        EventId::new(text).expect("an id")
    }

    #[test]
    fn a_uuid_is_asked_for_in_every_usual_spelling_and_its_own() {
        let own = "d18A9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b";
        let all = spellings(&id(own), Forms::All);
        for text in [
            own,
            "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b",
            "D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B",
            "d18a9c6e0b1c4f5e9a7b3c2d1e0f4a5b",
            "D18A9C6E0B1C4F5E9A7B3C2D1E0F4A5B",
            "{d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b}",
            "{D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B}",
            "{d18a9c6e0b1c4f5e9a7b3c2d1e0f4a5b}",
            "{D18A9C6E0B1C4F5E9A7B3C2D1E0F4A5B}",
            "urn:uuid:d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b",
        ] {
            assert!(all.iter().any(|known| known == text), "{text}");
        }
        assert!(all.len() <= MOST_SPELLINGS);
        let castable = spellings(&id("urn:uuid:d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b"), Forms::Castable);
        assert!(castable.iter().all(|text| !text.starts_with("urn:")) && castable.len() == 8, "{castable:?}");
        assert_eq!(spellings(&id("Event-7"), Forms::All), ["Event-7"]);
    }

    #[test]
    fn only_the_one_spelling_of_a_number_is_a_number() {
        assert_eq!(canonical_number(&id("-7")), Some(-7));
        for text in ["07", "+7", "7.0", "9223372036854775808", "seven"] {
            assert_eq!(canonical_number(&id(text)), None, "{text}");
        }
        assert!(is_canonical_digits("18446744073709551616") && is_canonical_digits("0"));
        for text in ["", "-", "-0", "007", "1e3", "٣"] {
            assert!(!is_canonical_digits(text), "{text}");
        }
    }

    #[test]
    fn batches_hold_every_id_once() {
        let wanted = WantedIds::new((0..100_000).map(|number| id(&format!("e{number}"))));
        let sizes: Vec<usize> = batches(&wanted, 9).map(|batch| batch.len()).collect();
        assert_eq!(sizes.iter().sum::<usize>(), 100_000);
        assert!(sizes.iter().all(|size| size * 9 <= BATCH_TEXTS));
        assert!(batches(&wanted, 9).flatten().eq(wanted.ids().map(Cow::into_owned)));
    }

    #[test]
    fn a_column_with_odd_spellings_is_refused_before_it_can_hide_an_id() {
        let text = |text: &str| Cell::Text(text.as_bytes().to_vec());
        for usual in ["abc", "D18A9C6E0B1C4F5E9A7B3C2D1E0F4A5B", "urn:uuid:d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b"] {
            assert!(check_sample(&[text(usual), Cell::Integer(4)], "id").is_ok(), "{usual}");
        }
        for odd in [" abc", "abc\n", "d18A9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b"] {
            assert!(check_sample(&[text("abc"), text(odd)], "id").is_err(), "{odd:?}");
        }
    }
}
