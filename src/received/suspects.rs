//! Which wanted ids may stand in bytes that could not be understood.
//!
//! It errs on the side of "may": an id that is named here is not resent, an id that is missed could
//! be resent although it was received.

use std::cell::OnceCell;
use std::collections::HashMap;

use memchr::memmem;

use crate::event::IdKey;
use crate::event::digits::UUID_BYTES;
use crate::receipt::WantedIds;

/// Up to this many ids with unusual bytes are searched for one by one.
const MOST_SEARCHED_SINGLY: usize = 256;

/// Wanted ids, prepared for a search in arbitrary bytes.
///
/// It is made when the first line of a log can't be understood, and most logs have none.
pub(super) struct Suspects {
    /// All numbers, in the order of the ids; most logs end with a whole line, so that none are needed.
    ordered: OnceCell<Vec<u32>>,
    unusual: Unusual,
    cleaned: Vec<u8>,
}

/// The wanted ids that are not a single word.
enum Unusual {
    /// Few enough to search for each.
    Singly(Vec<u32>),
    /// Told by their longest word, whatever stands around it; those under the empty word hold none
    /// and can't be excluded.
    ByWord(HashMap<Box<[u8]>, Vec<u32>>),
}

impl Suspects {
    /// Prepares the search.
    pub(super) fn new(wanted: &WantedIds) -> Self {
        let count = u32::try_from(wanted.len()).unwrap_or(u32::MAX);
        let unusual: Vec<u32> = (0..count).filter(|&number| is_unusual(wanted.key(number))).collect();
        Self { ordered: OnceCell::new(), unusual: Unusual::new(unusual, wanted), cleaned: Vec::new() }
    }

    /// Names each wanted id that may stand in `bytes`, perhaps several times.
    pub(super) fn within(&mut self, bytes: &[u8], wanted: &WantedIds, mut found: impl FnMut(u32)) {
        self.search(bytes, wanted, &mut found);
        if memchr::memchr2(b'\\', b'\x1b', bytes).is_some() {
            let mut cleaned = std::mem::take(&mut self.cleaned);
            cleaned.clear();
            clean(bytes, &mut cleaned);
            self.search(&cleaned, wanted, &mut found);
            self.cleaned = cleaned;
        }
    }

    /// Names each wanted id of which `text` may be the beginning.
    pub(super) fn beginning_with(&self, text: &[u8], wanted: &WantedIds, mut found: impl FnMut(u32)) {
        if text.is_empty() {
            return;
        }
        let ordered = self.ordered.get_or_init(|| {
            let mut ordered: Vec<u32> = (0..).take(wanted.len()).collect();
            ordered.sort_unstable_by(|&left, &right| wanted.id(left).cmp(&wanted.id(right)));
            ordered
        });
        let key_at = |position: usize| wanted.key(ordered[position]);
        let mut name_run = |starts: &dyn Fn(IdKey<'_>) -> std::cmp::Ordering| {
            let from = ordered.partition_point(|&number| starts(wanted.key(number)).is_lt());
            (from..ordered.len())
                .take_while(|&position| starts(key_at(position)).is_eq())
                .for_each(|position| found(ordered[position]));
        };
        name_run(&|key| match key {
            IdKey::Uuid(_) => std::cmp::Ordering::Less,
            IdKey::Bytes(bytes) => bytes[..bytes.len().min(text.len())].cmp(text),
        });
        if let Some(digits) = hex_digits(text) {
            name_run(&|key| match key {
                IdKey::Uuid(value) => nibbles(&value).take(digits.len()).cmp(digits.iter().copied()),
                IdKey::Bytes(_) => std::cmp::Ordering::Greater,
            });
        }
    }

    fn search(&self, bytes: &[u8], wanted: &WantedIds, found: &mut impl FnMut(u32)) {
        for word in words(bytes) {
            let bare = trim_dashes(word);
            for word in [Some(word), (bare.len() != word.len()).then_some(bare)].into_iter().flatten() {
                wanted.number_of(IdKey::of(word)).into_iter().for_each(&mut *found);
                glued_uuids(word).filter_map(|id| wanted.number_of(id)).for_each(&mut *found);
                if let Unusual::ByWord(ids) = &self.unusual {
                    ids.get(word).into_iter().flatten().for_each(|&number| found(number));
                }
            }
        }
        match &self.unusual {
            Unusual::Singly(numbers) => {
                let stands = |number: &&u32| match wanted.key(**number) {
                    IdKey::Bytes(text) => memmem::find(bytes, text).is_some(),
                    // Those are words.
                    IdKey::Uuid(_) => false,
                };
                numbers.iter().filter(stands).for_each(|&number| found(number));
            }
            Unusual::ByWord(ids) => ids.get(&b""[..]).into_iter().flatten().for_each(|&number| found(number)),
        }
    }
}

impl Unusual {
    fn new(numbers: Vec<u32>, wanted: &WantedIds) -> Self {
        if numbers.len() <= MOST_SEARCHED_SINGLY {
            return Self::Singly(numbers);
        }
        let mut by_word: HashMap<Box<[u8]>, Vec<u32>> = HashMap::new();
        for number in numbers {
            let id = wanted.id(number);
            let text = id.text();
            let longest = words(text.as_bytes()).map(trim_dashes).max_by_key(|word| word.len()).unwrap_or_default();
            by_word.entry(longest.into()).or_default().push(number);
        }
        Self::ByWord(by_word)
    }
}

fn is_unusual(key: IdKey<'_>) -> bool {
    match key {
        IdKey::Uuid(_) => false,
        IdKey::Bytes(bytes) => !bytes.iter().all(|&byte| is_word(byte)),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn words(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| !is_word(byte)).filter(|word| !word.is_empty())
}

/// The ids that a text may mean which is said to be one: the UUIDs in it, and what is left without the
/// brackets, quotes and the like around it.
pub(super) fn ids_within(text: &[u8]) -> impl Iterator<Item = IdKey<'_>> {
    let is_decorated = !text.iter().all(|&byte| is_word(byte));
    let parts = if is_decorated { text } else { b"" };
    let is_uuid = |key: &IdKey<'_>| matches!(key, IdKey::Uuid(_));
    let uuids = words(parts).map(IdKey::of).filter(is_uuid).chain(words(text).flat_map(glued_uuids));
    let start = parts.iter().position(|&byte| is_word(byte));
    let end = parts.iter().rposition(|&byte| is_word(byte));
    let bare = start.zip(end).map(|(start, end)| IdKey::of(&parts[start..=end]));
    uuids.chain(bare)
}

/// The UUIDs in their usual spelling that stand in a longer word.
fn glued_uuids(word: &[u8]) -> impl Iterator<Item = IdKey<'_>> {
    let dashes = memchr::memchr_iter(b'-', if word.len() > UUID_BYTES { word } else { b"" });
    let text = move |dash: usize| word.get(dash.checked_sub(8)?..)?.get(..UUID_BYTES);
    dashes.filter_map(text).map(IdKey::of)
}

fn trim_dashes(mut word: &[u8]) -> &[u8] {
    while let [b'-' | b'_', rest @ ..] | [rest @ .., b'-' | b'_'] = word {
        word = rest;
    }
    word
}

/// The last word of a line that ends in the middle of one.
pub(super) fn last_word(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().rposition(|&byte| !is_word(byte)).map_or(0, |before| before + 1);
    &bytes[start..]
}

/// The digits of a text that may be the beginning of a UUID in any of its spellings.
fn hex_digits(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.strip_prefix(b"urn:uuid:").unwrap_or(text);
    let text = text.strip_prefix(b"{").unwrap_or(text);
    let text = text.strip_suffix(b"}").unwrap_or(text);
    let digits: Option<Vec<u8>> = text
        .iter()
        .filter(|&&byte| byte != b'-')
        .map(|&byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    digits.filter(|digits| (1..=32).contains(&digits.len()))
}

fn nibbles(value: &[u8; 16]) -> impl Iterator<Item = u8> {
    value.iter().flat_map(|byte| [byte >> 4, byte & 15])
}

/// Copies bytes with the escapes of JSON and of web servers resolved and terminal colours removed.
fn clean(bytes: &[u8], cleaned: &mut Vec<u8>) {
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        rest = match (first, after) {
            (b'\\', [b'u', digits @ ..]) if hex(digits, 4).is_some() => {
                let character = hex(digits, 4).and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
                cleaned.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                &digits[4..]
            }
            (b'\\', [b'x', digits @ ..]) if hex(digits, 2).is_some() => {
                cleaned.extend(hex(digits, 2).and_then(|byte| u8::try_from(byte).ok()));
                &digits[2..]
            }
            (b'\\', [letter @ (b'n' | b't' | b'r' | b'b' | b'f'), after @ ..]) => {
                cleaned.extend_from_slice(if *letter == b'n' { b"\n" } else { b"\t" });
                after
            }
            (b'\\', [escaped, after @ ..]) => {
                cleaned.push(*escaped);
                after
            }
            (b'\x1b', [b'[', after @ ..]) => {
                let end = after.iter().position(|byte| (0x40..=0x7e).contains(byte)).map_or(after.len(), |end| end + 1);
                cleaned.push(b' ');
                &after[end..]
            }
            (byte, after) => {
                cleaned.push(*byte);
                after
            }
        };
    }
}

fn hex(bytes: &[u8], digits: usize) -> Option<u32> {
    let text = bytes.get(..digits)?;
    let all_hex = text.iter().all(u8::is_ascii_hexdigit);
    u32::from_str_radix(std::str::from_utf8(text).ok().filter(|_| all_hex)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventId;

    const UUID: &str = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";

    fn wanted(ids: &[&str]) -> WantedIds {
        WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")))
    }

    fn within(ids: &[&str], bytes: &[u8]) -> Vec<String> {
        let wanted = wanted(ids);
        let mut found = Vec::new();
        Suspects::new(&wanted).within(bytes, &wanted, |number| found.push(wanted.id(number).to_string()));
        found.sort();
        found.dedup();
        found
    }

    fn beginning(ids: &[&str], text: &[u8]) -> Vec<String> {
        let wanted = wanted(ids);
        let mut found = Vec::new();
        let suspects = Suspects::new(&wanted);
        suspects.beginning_with(text, &wanted, |number| found.push(wanted.id(number).to_string()));
        found.sort();
        found
    }

    #[test]
    fn a_word_is_found_whole_and_not_as_a_part_of_another() {
        assert_eq!(within(&["evt_1", "evt_2", "vt_1"], b"{\"id\":\"evt_1\",\"x\":\"evt_22"), ["evt_1"]);
        assert_eq!(within(&["abc"], b"-abc-"), ["abc"]);
    }

    #[test]
    fn a_uuid_is_found_in_any_spelling() {
        for text in [
            "{D18ACA67-CFD3-4C00-93AA-0A5BC540856E}",
            "d18aca67cfd34c0093aa0a5bc540856e",
            "\0\0urn:uuid:d18aca67-cfd3-4c00-93aa-0a5bc540856e\0",
        ] {
            assert_eq!(within(&[UUID], text.as_bytes()), [UUID], "{text}");
        }
    }

    #[test]
    fn escapes_and_colours_do_not_hide_an_id() {
        for text in [r#""\u0061bc"#, r"\x61bc", r"x\nabc\n", "\x1b[34mabc\x1b[0m", r"\/abc"] {
            assert_eq!(within(&["abc"], text.as_bytes()), ["abc"], "{text}");
        }
        assert_eq!(within(&["a/b\"c"], br#""id":"a\/b\"c""#), ["a/b\"c"]);
    }

    #[test]
    fn ids_of_unusual_bytes_are_found_few_or_many() {
        let few = ["café", "a b", "evt.1", "//"];
        assert_eq!(within(&few, "x café y".as_bytes()), ["café"]);
        assert_eq!(within(&few, b"\"a b\" //"), ["//", "a b"]);
        let many: Vec<String> = (0..300).map(|number| format!("evt.{number:04}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(within(&many, b"\"evt.0007\""), ["evt.0007"]);
    }

    #[test]
    fn a_text_that_was_cut_may_be_the_beginning_of_ids() {
        assert_eq!(beginning(&["evt-1", "evt-12", "evt-2", "x"], b"evt-1"), ["evt-1", "evt-12"]);
        assert_eq!(beginning(&[UUID, "d18", "zzz"], b"{D18ACA67-C"), [UUID]);
        assert_eq!(beginning(&[UUID, "d18a", "zzz"], b"d18"), ["d18a", UUID]);
        assert!(beginning(&[UUID, "a"], b"").is_empty());
    }

    #[test]
    fn the_last_word_is_what_a_cut_line_ends_in() {
        assert_eq!(last_word(b"{\"id\":\"evt-1"), b"evt-1");
        assert_eq!(last_word(b"{\"id\":\""), b"");
        assert_eq!(last_word(b"evt"), b"evt");
    }
}
