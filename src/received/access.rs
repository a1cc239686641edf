//! The lines of access logs in the common and the combined format of Apache and nginx, with what a
//! site adds behind them.

use super::pairs::{Malformed, Value, Word, Words, closing_quote};

/// The parts of one line of an access log.
#[derive(Clone, Debug)]
pub(super) struct Access<'l> {
    /// The time, as it stands between the brackets.
    pub(super) time: &'l [u8],
    /// The request line, with its escapes.
    pub(super) request: &'l [u8],
    /// The status code.
    pub(super) status: &'l [u8],
    /// How many bytes were sent.
    pub(super) bytes: &'l [u8],
    /// What stands behind: referer and agent, then whatever the site logs.
    pub(super) rest: &'l [u8],
}

/// The names of the parts that each line has.
pub(super) const NAMES: [&str; 4] = ["time", "request", "status", "bytes"];

/// How often a bracket before the time is taken for the time's; a user's name may hold some.
const MOST_BRACKETS: usize = 4;

impl<'l> Access<'l> {
    /// Takes a line apart.
    pub(super) fn parse(line: &'l [u8]) -> Option<Self> {
        let mut from = 0;
        for _ in 0..MOST_BRACKETS {
            let open = from + memchr::memchr(b'[', line.get(from..)?)?;
            if open > 0
                && line[open - 1] == b' '
                && let Some((time, behind)) = timed(&line[open + 1..])
            {
                return Self::behind_time(time, behind);
            }
            from = open + 1;
        }
        None
    }

    fn behind_time(time: &'l [u8], inside: &'l [u8]) -> Option<Self> {
        let end = closing_quote(inside)?;
        let (request, after) = (&inside[..end], inside[end + 1..].strip_prefix(b" ")?);
        let (status, after) = word(after);
        let is_status = status == b"-" || (status.len() == 3 && status.iter().all(u8::is_ascii_digit));
        let (bytes, rest) = word(after.strip_prefix(b" ")?);
        let is_count = bytes == b"-" || (!bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit));
        (is_status && is_count).then_some(Self { time, request, status, bytes, rest })
    }

    /// The parts that have a name of their own, in the order of [`NAMES`].
    pub(super) fn named(&self) -> [Value<'l>; NAMES.len()] {
        let Self { time, request, status, bytes, .. } = *self;
        [Value::Bare(time), Value::Quoted(request), Value::Bare(status), Value::Bare(bytes)]
    }

    /// What stands behind, with names: referer, agent, keys, and `extra1` and so on for what has none.
    pub(super) fn rest(&self) -> impl Iterator<Item = Result<(Name<'l>, Value<'l>), Malformed>> + use<'l> {
        let mut alone = 0;
        Words::of(self.rest).map(move |word| {
            Ok(match word? {
                Word::Pair(key, value) => (Name::Key(key), value),
                Word::Alone(value) => {
                    alone += 1;
                    (Name::Position(alone), value)
                }
            })
        })
    }
}

/// What a part behind the combined format is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'l> {
    /// By its key.
    Key(&'l [u8]),
    /// By its place among those without a key, counted from 1: referer, agent, extra1, …
    Position(usize),
}

impl Name<'_> {
    /// The name as users write it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Key(key) => String::from_utf8_lossy(key).into_owned(),
            Self::Position(1) => "referer".to_owned(),
            Self::Position(2) => "agent".to_owned(),
            Self::Position(number) => format!("extra{}", number - 2),
        }
    }

    /// Whether this is the part that a user calls so.
    pub(super) fn is(self, name: &[u8]) -> bool {
        match self {
            Self::Key(key) => key == name,
            Self::Position(1) => name == b"referer",
            Self::Position(2) => name == b"agent",
            Self::Position(number) => name.strip_prefix(b"extra").is_some_and(|digits| {
                std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()) == Some(number - 2)
            }),
        }
    }
}

/// The time before a closing bracket, and what stands behind the quote that must follow.
fn timed(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let close = memchr::memchr(b']', text).filter(|close| (19..=40).contains(close))?;
    let (time, behind) = text.split_at(close);
    Some((time, behind.strip_prefix(b"] \"")?)).filter(|_| time[0].is_ascii_digit())
}

fn word(text: &[u8]) -> (&[u8], &[u8]) {
    text.split_at(text.iter().position(|&byte| byte == b' ').unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest(line: &str) -> Option<Vec<(String, Value<'_>)>> {
        let access = Access::parse(line.as_bytes())?;
        access.rest().map(|part| part.ok().map(|(name, value)| (name.shown(), value))).collect()
    }

    #[test]
    fn common_combined_and_extended_lines_are_taken_apart() {
        let common = r#"::1 - me [22/Nov/2026:01:28:34 +0000] "POST /a\"b HTTP/1.1" 204 -"#;
        let access = Access::parse(common.as_bytes()).expect("an access");
        assert_eq!((access.status, access.bytes), (&b"204"[..], &b"-"[..]));
        assert_eq!(access.time, b"22/Nov/2026:01:28:34 +0000");
        assert_eq!(rest(common), Some(Vec::new()));
        let extended = r#"host:443 h - - [22/Nov/2026:01:28:34 +0000] "-" 400 0 "-" "x [1] y" id="a b" "z" rt=0.1"#;
        let names: Vec<String> = rest(extended).expect("an access").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["referer", "agent", "id", "extra1", "rt"]);
        assert!(Name::Position(3).is(b"extra1") && !Name::Position(3).is(b"extra2") && Name::Key(b"id").is(b"id"));
    }

    #[test]
    fn a_name_with_brackets_does_not_hide_the_time() {
        let line = r#"h - we [ird] [22/Nov/2026:01:28:34 +0000] "GET / HTTP/1.1" 200 1"#;
        assert_eq!(Access::parse(line.as_bytes()).expect("an access").status, b"200");
    }

    #[test]
    fn lines_that_are_cut_or_run_together_are_no_access() {
        for line in [
            "",
            "plain text",
            r#"h - - [22/Nov/2026:01:28:34 +0000] "GET / HTTP/1.1"#,
            r#"h - - [22/Nov/2026:01:28:34 +0000] "GET / HTTP/1.1" 20"#,
            r#"h - - [22/Nov/2026:01:28:34 +0000] "GET /h - - [22/Nov/2026:01:28:35 +0000] "GET / HTTP/1.1" 200 1"#,
        ] {
            assert!(Access::parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
