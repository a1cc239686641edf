//! Lines of `key=value` pairs, as logfmt and the ends of access logs have them: words apart by
//! blanks, values bare or in quotes with escapes.
//!
//! It never guesses: a quote in an odd place makes the line malformed.

use super::marks::first_of;

/// One word of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word<'l> {
    /// A key and its value.
    Pair(&'l [u8], Value<'l>),
    /// A word without a key.
    Alone(Value<'l>),
}

/// A value as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value<'l> {
    /// Without quotes: every byte means itself.
    Bare(&'l [u8]),
    /// What stands between quotes, with its escapes.
    Quoted(&'l [u8]),
}

/// The line is not made of such words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl<'l> Value<'l> {
    /// Whether this is the dash that stands for nothing.
    pub(super) fn is_dash(self) -> bool {
        matches!(self, Self::Bare(b"-") | Self::Quoted(b"-"))
    }

    /// The meant text, where it stands in the line as it is.
    pub(super) fn as_it_is(self) -> Option<&'l [u8]> {
        match self {
            _ if self.is_dash() => Some(b""),
            Self::Bare(bytes) => Some(bytes),
            Self::Quoted(bytes) => memchr::memchr(b'\\', bytes).is_none().then_some(bytes),
        }
    }

    /// Writes the meant text to `buffer`, which is cleared; a web server writes a dash for nothing.
    pub(super) fn decode(self, buffer: &mut Vec<u8>) -> Result<(), Malformed> {
        buffer.clear();
        match (self.as_it_is(), self) {
            (Some(text), _) => {
                buffer.extend_from_slice(text);
                Ok(())
            }
            (None, Self::Bare(bytes) | Self::Quoted(bytes)) => unescape(bytes, buffer),
        }
    }
}

/// The words of a line, one after the other; it ends behind the first malformed one.
#[derive(Clone, Debug)]
pub(super) struct Words<'l> {
    rest: &'l [u8],
}

impl<'l> Words<'l> {
    /// The words of a line.
    pub(super) fn of(line: &'l [u8]) -> Self {
        Self { rest: line }
    }

    fn word(&mut self) -> Result<Word<'l>, Malformed> {
        if let Some(quoted) = self.quoted()? {
            return Ok(Word::Alone(quoted));
        }
        let end = first_of([b' ', b'\t', b'=', b'"'], self.rest);
        let (head, tail) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        match tail.first() {
            Some(b'=') if !head.is_empty() => {
                self.rest = &tail[1..];
                let value = match self.quoted()? {
                    Some(quoted) => quoted,
                    None => Value::Bare(self.bare()?),
                };
                Ok(Word::Pair(head, value))
            }
            Some(b'"') => Err(Malformed),
            Some(b'=') => self.bare().map(|bare| Word::Alone(Value::Bare(bare))),
            _ => {
                self.rest = tail;
                Ok(Word::Alone(Value::Bare(head)))
            }
        }
    }

    /// The text up to the next blank, which must hold no quote.
    fn bare(&mut self) -> Result<&'l [u8], Malformed> {
        let end = first_of([b' ', b'\t', b'"'], self.rest).unwrap_or(self.rest.len());
        let (bare, tail) = self.rest.split_at(end);
        self.rest = tail;
        if tail.first() == Some(&b'"') { Err(Malformed) } else { Ok(bare) }
    }

    /// A quoted text, if one begins here; a blank or the end must follow it.
    fn quoted(&mut self) -> Result<Option<Value<'l>>, Malformed> {
        let Some(inside) = self.rest.strip_prefix(b"\"") else { return Ok(None) };
        let end = closing_quote(inside).ok_or(Malformed)?;
        self.rest = &inside[end + 1..];
        match self.rest.first() {
            None | Some(b' ' | b'\t') => Ok(Some(Value::Quoted(&inside[..end]))),
            Some(_) => Err(Malformed),
        }
    }
}

impl<'l> Iterator for Words<'l> {
    type Item = Result<Word<'l>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        while let [b' ' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return None;
        }
        let word = self.word();
        if word.is_err() {
            self.rest = b"";
        }
        Some(word)
    }
}

/// Where the quote that was opened before `bytes` is closed.
pub(super) fn closing_quote(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + first_of([b'"', b'\\'], bytes.get(from..)?)?;
        if bytes[at] == b'"' {
            return Some(at);
        }
        from = at + 2;
    }
}

/// Resolves the escapes of web servers and of logging libraries.
fn unescape(bytes: &[u8], buffer: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        buffer.extend_from_slice(&rest[..at]);
        let (letter, after) = rest[at + 1..].split_first().ok_or(Malformed)?;
        rest = match letter {
            b'"' | b'\\' | b'/' | b'\'' => plain(*letter, after, buffer),
            b'n' => plain(b'\n', after, buffer),
            b't' => plain(b'\t', after, buffer),
            b'r' => plain(b'\r', after, buffer),
            b'b' => plain(0x08, after, buffer),
            b'f' => plain(0x0c, after, buffer),
            b'v' => plain(0x0b, after, buffer),
            b'a' => plain(0x07, after, buffer),
            b'x' => {
                let byte = u8::try_from(hex(after, 2)?).map_err(|_| Malformed)?;
                plain(byte, &after[2..], buffer)
            }
            b'u' => unicode(after, buffer)?,
            b'U' => {
                push(char::from_u32(hex(after, 8)?).ok_or(Malformed)?, buffer);
                &after[8..]
            }
            _ => return Err(Malformed),
        };
    }
    buffer.extend_from_slice(rest);
    Ok(())
}

fn plain<'b>(byte: u8, after: &'b [u8], buffer: &mut Vec<u8>) -> &'b [u8] {
    buffer.push(byte);
    after
}

fn push(character: char, buffer: &mut Vec<u8>) {
    buffer.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// A UTF-16 unit, or a pair of them.
fn unicode<'b>(after: &'b [u8], buffer: &mut Vec<u8>) -> Result<&'b [u8], Malformed> {
    let first = hex(after, 4)?;
    if let Some(character) = char::from_u32(first) {
        push(character, buffer);
        return Ok(&after[4..]);
    }
    let low = after[4..].strip_prefix(b"\\u").ok_or(Malformed)?;
    let units = [first, hex(low, 4)?].map(|unit| u16::try_from(unit).unwrap_or_default());
    let character = char::decode_utf16(units).next().and_then(Result::ok).ok_or(Malformed)?;
    push(character, buffer);
    Ok(&low[4..])
}

fn hex(bytes: &[u8], digits: usize) -> Result<u32, Malformed> {
    let digits = bytes.get(..digits).ok_or(Malformed)?;
    digits.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(16).ok_or(Malformed)?;
        number.checked_mul(16).and_then(|number| number.checked_add(digit)).ok_or(Malformed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Vec<(String, String)>, Malformed> {
        let mut buffer = Vec::new();
        let mut text = |value: Value<'_>| {
            value.decode(&mut buffer)?;
            Ok(String::from_utf8_lossy(&buffer).into_owned())
        };
        Words::of(line.as_bytes())
            .map(|word| match word? {
                Word::Pair(key, value) => Ok((String::from_utf8_lossy(key).into_owned(), text(value)?)),
                Word::Alone(value) => Ok((String::new(), text(value)?)),
            })
            .collect()
    }

    fn pairs(of: &[(&str, &str)]) -> Result<Vec<(String, String)>, Malformed> {
        Ok(of.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn words_are_pairs_or_stand_alone() {
        assert_eq!(words(r#"a=1  b="x y"	c= d"#), pairs(&[("a", "1"), ("b", "x y"), ("c", ""), ("", "d")]));
        assert_eq!(words(r#""-" "a b" k=v=w"#), pairs(&[("", ""), ("", "a b"), ("k", "v=w")]));
        assert_eq!(words("=x a=-"), pairs(&[("", "=x"), ("a", "")]));
    }

    #[test]
    fn escapes_of_servers_and_libraries_are_resolved() {
        let line = r#"a="quo\x22ted\x5Cback" b="\"\\\/\n" c="caf\u00e9 \ud83d\ude00 \U0001F600""#;
        assert_eq!(words(line), pairs(&[("a", "quo\"ted\\back"), ("b", "\"\\/\n"), ("c", "café 😀 😀")]));
        assert_eq!(words(r#"a="\x22 event_id=\x22spoofed" b=\x22"#).expect("well formed").len(), 2);
        assert_eq!(words(r"b=\x22").expect("well formed")[0].1, r"\x22");
    }

    #[test]
    fn a_quote_or_an_escape_in_an_odd_place_is_malformed() {
        for line in
            [r#"a="open"#, r#"a="x"y"#, r#"a=b"c"#, r#"a"b"#, r#"a="\x2""#, r#"a="\q""#, r#"a="\ud83d""#, "\"\\"]
        {
            assert_eq!(words(line), Err(Malformed), "{line}");
        }
    }
}
