//! A user's pattern for the lines of a log, compiled within bounds.
//!
//! It works on bytes: classes such as `\w` mean ASCII, and a line need not be UTF-8.

use std::ops::Range;

use regex::bytes::{CaptureLocations, Regex, RegexBuilder};

/// The longest pattern that is compiled, in bytes.
const MOST_PATTERN_BYTES: usize = 4096;
/// How large the compiled pattern may become, in bytes.
const MOST_COMPILED_BYTES: usize = 4 << 20;
/// How much one search may keep in memory beside that, in bytes.
const MOST_CACHE_BYTES: usize = 8 << 20;

/// A pattern with at least one group.
#[derive(Clone, Debug)]
pub(super) struct LinePattern {
    regex: Regex,
    /// The group that holds what the pattern is for.
    group: usize,
}

impl PartialEq for LinePattern {
    fn eq(&self, other: &Self) -> bool {
        self.group == other.group && self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for LinePattern {}

/// Why a text is no usable pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotAPattern(pub(super) String);

impl LinePattern {
    /// Compiles a pattern whose group with this name, or else whose first group, holds what is meant.
    pub(super) fn new(text: &str, name: &str) -> Result<Self, NotAPattern> {
        if text.len() > MOST_PATTERN_BYTES {
            return Err(NotAPattern(format!("it is longer than {MOST_PATTERN_BYTES} bytes")));
        }
        let regex = RegexBuilder::new(text)
            .unicode(false)
            .size_limit(MOST_COMPILED_BYTES)
            .dfa_size_limit(MOST_CACHE_BYTES)
            .build()
            .map_err(|error| NotAPattern(reason(&error)))?;
        if regex.captures_len() < 2 {
            return Err(NotAPattern("it has no group: put the part that is meant in parentheses".to_owned()));
        }
        let group = regex.capture_names().position(|group| group == Some(name)).unwrap_or(1);
        Ok(Self { regex, group })
    }

    /// The group with this name.
    pub(super) fn group_named(&self, name: &str) -> Option<usize> {
        self.regex.capture_names().position(|group| group == Some(name))
    }

    /// The group that holds what the pattern is for.
    pub(super) fn main_group(&self) -> usize {
        self.group
    }

    /// The names of its groups.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.regex.capture_names().flatten()
    }

    /// Room for the groups of one match, used again for each line.
    pub(super) fn locations(&self) -> CaptureLocations {
        self.regex.capture_locations()
    }

    /// Finds the first match at or behind a position.
    pub(super) fn search(&self, line: &[u8], from: usize, locations: &mut CaptureLocations) -> Option<Range<usize>> {
        self.regex.captures_read_at(locations, line, from).map(|found| found.range())
    }
}

/// Whether a text is meant as a pattern rather than as the name of a field: it has a group.
pub(super) fn looks_like_a_pattern(text: &str) -> bool {
    text.contains('(') && LinePattern::new(text, "id").is_ok()
}

/// Whether a text can only be a pattern: it has a named group.
pub(super) fn has_named_group(text: &str) -> bool {
    text.contains("(?<") || text.contains("(?P<")
}

/// The last line of the long explanation, which draws the pattern.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group<'l>(pattern: &str, line: &'l str) -> Option<&'l str> {
        let pattern = LinePattern::new(pattern, "id").expect("a pattern");
        let mut locations = pattern.locations();
        pattern.search(line.as_bytes(), 0, &mut locations)?;
        locations.get(pattern.main_group()).map(|(start, end)| &line[start..end])
    }

    #[test]
    fn the_group_named_id_or_else_the_first_holds_the_id() {
        assert_eq!(group(r"(\d+) (?<id>\w+)", "12 abc"), Some("abc"));
        assert_eq!(group(r"(?P<status>\d+) (?P<id>\w+)", "12 abc"), Some("abc"));
        assert_eq!(group(r"x=(\w+) y=(\w+)", "x=a y=b"), Some("a"));
        assert_eq!(group(r"x=(\w+)", "y=b"), None);
    }

    #[test]
    fn what_is_no_pattern_with_a_group_is_refused_with_the_reason() {
        let refused = |text: &str| LinePattern::new(text, "id").expect_err("no pattern").0;
        assert!(refused("event_id").contains("parentheses"));
        assert!(refused("(open").contains("unclosed group"), "{}", refused("(open"));
        assert!(refused(&"(x)".repeat(2_000)).contains("longer than"));
        assert!(refused(r"((\w{1000}){1000})").contains("size"), "{}", refused(r"((\w{1000}){1000})"));
        assert!(looks_like_a_pattern("id=(.*)") && !looks_like_a_pattern("event_id") && !looks_like_a_pattern("a (b"));
    }
}
