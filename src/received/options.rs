//! What a user says about a received log: sources, format, fields, accepted status codes, coverage.
//!
//! It owns the parsing of these words and never touches a file.

use std::ffi::OsStr;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

/// Where a received log is, as the user names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SourceSpec {
    /// Standard input; it can be given once.
    Stdin,
    /// A file, or a pattern that matches files. An existing path wins over its meaning as a pattern.
    Files(PathBuf),
}

impl<T: AsRef<OsStr> + ?Sized> From<&T> for SourceSpec {
    fn from(text: &T) -> Self {
        let text = text.as_ref();
        if text == "-" { Self::Stdin } else { Self::Files(PathBuf::from(text)) }
    }
}

/// How the lines of a received log are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// One id on each line.
    Ids,
    /// One JSON object on each line.
    Jsonl,
    /// A table separated by commas, semicolons or tabs.
    Csv,
    /// Access logs, `key=value` pairs, or lines that a pattern takes apart.
    Text,
}

impl Format {
    /// The name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ids => "ids",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Text => "text",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Why a word about the received log can't be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// The name of a field is empty.
    #[error("a field of the received log needs a name")]
    EmptyField,
    /// The list of status codes is not one.
    #[error("{0:?} is not a list of status codes such as \"200\", \"200,201\" or \"200-204\"")]
    NotStatusCodes(String),
}

/// The name of a field.
///
/// In a log of JSON lines it is a key (`event_id`), a path of keys (`event.id`) where no key has
/// that very name, or a JSON pointer (`/request/headers/X-Event-Id/0`). In a table it is the name
/// of a column, or its number counted from 1. In text lines it is a regular expression with a group,
/// or the name of a part of an access log or of a pair.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldSpec(String);

impl FieldSpec {
    /// Takes the name of a field.
    ///
    /// # Errors
    /// When the name is empty.
    pub fn new(text: impl Into<String>) -> Result<Self, OptionError> {
        let text = text.into();
        if text.trim().is_empty() { Err(OptionError::EmptyField) } else { Ok(Self(text)) }
    }

    /// A name that is known not to be empty.
    pub(super) fn known(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The column this names by number, counted from 0.
    pub(super) fn column_number(&self) -> Option<usize> {
        self.0.trim().parse::<usize>().ok()?.checked_sub(1)
    }
}

impl FromStr for FieldSpec {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for FieldSpec {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// The status codes by which a line says that its id was received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusSet(Vec<RangeInclusive<u16>>);

impl StatusSet {
    /// Whether the code counts as received.
    pub fn contains(&self, code: u16) -> bool {
        self.0.iter().any(|range| range.contains(&code))
    }
}

impl Default for StatusSet {
    fn default() -> Self {
        Self(vec![200..=299])
    }
}

impl FromStr for StatusSet {
    type Err = OptionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code = |part: &str| part.trim().parse::<u16>().ok().filter(|code| (100..=999).contains(code));
        let range = |part: &str| match part.split_once('-') {
            None => code(part).map(|one| one..=one),
            Some((first, last)) => Some(code(first)?..=code(last)?).filter(|range| !range.is_empty()),
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self).ok_or_else(|| OptionError::NotStatusCodes(text.to_owned()))
    }
}

impl fmt::Display for StatusSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, range) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(formatter, "{comma}{}", range.start())?;
            if range.start() != range.end() {
                write!(formatter, "-{}", range.end())?;
            }
        }
        Ok(())
    }
}

/// Everything the user says about the received log.
#[derive(Clone, Debug)]
pub struct ReceivedOptions {
    /// Where the log is; all sources together are one log.
    pub sources: Vec<SourceSpec>,
    /// How its lines are read; `None` means that each file is looked at.
    pub format: Option<Format>,
    /// The field that holds the id; `None` means that one is looked for.
    pub id: Option<FieldSpec>,
    /// The field that holds the status code; `None` means that every line counts as received.
    pub status: Option<FieldSpec>,
    /// The status codes that count as received.
    pub ok: StatusSet,
    /// The field that holds the time of a line; it gives the log its coverage.
    pub time: Option<FieldSpec>,
    /// The first instant the log speaks of, where the user knows it; it outranks `time`.
    pub since: Option<DateTime<Utc>>,
    /// The zone of times without an offset.
    pub zone: Tz,
}

impl ReceivedOptions {
    /// The options of someone who names sources and nothing else.
    pub fn of(sources: impl IntoIterator<Item = SourceSpec>) -> Self {
        Self {
            sources: sources.into_iter().collect(),
            format: None,
            id: None,
            status: None,
            ok: StatusSet::default(),
            time: None,
            since: None,
            zone: Tz::UTC,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_codes_are_single_codes_lists_and_ranges() {
        let set: StatusSet = "200, 201,204-206".parse().expect("codes");
        let inside: Vec<u16> = (100..600).filter(|&code| set.contains(code)).collect();
        assert_eq!(inside, [200, 201, 204, 205, 206]);
        assert_eq!(set.to_string(), "200,201,204-206");
        assert!(StatusSet::default().contains(299) && !StatusSet::default().contains(300));
    }

    #[test]
    fn what_is_no_list_of_status_codes_is_refused() {
        for text in ["", "ok", "200,", "204-200", "200-", "2xx", "99", "-1", "70000"] {
            assert!(text.parse::<StatusSet>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_dash_is_standard_input_and_all_else_names_files() {
        assert_eq!(SourceSpec::from("-"), SourceSpec::Stdin);
        assert_eq!(SourceSpec::from("./-"), SourceSpec::Files("./-".into()));
        assert!(FieldSpec::new(" ").is_err());
    }
}
