//! The order and the completeness of rotated files, told by their names.
//!
//! `received.log`, `received.log.1`, `received.log.2.gz`: the same log, newest first. Names that end
//! in a date belong to the log as well, but a day without a file may be a day without an event.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a file stands in the rotation of its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The log, as its current file is called.
    pub(super) log: PathBuf,
    /// Which of its files this is.
    pub(super) serial: Serial,
}

/// Which file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Serial {
    /// The one that is written to.
    Current,
    /// One that is numbered; 1 is newer than 2.
    Numbered(u32),
    /// One that is dated.
    Dated(String),
}

impl Serial {
    /// Older files are less.
    fn rank(&self) -> (u8, &str, std::cmp::Reverse<u32>) {
        match self {
            Self::Dated(date) => (0, date, std::cmp::Reverse(0)),
            Self::Numbered(number) => (1, "", std::cmp::Reverse(*number)),
            Self::Current => (2, "", std::cmp::Reverse(0)),
        }
    }
}

const PACKED: [&str; 7] = [".gz", ".zst", ".zstd", ".xz", ".bz2", ".bzip2", ".z"];
const KINDS: [&str; 6] = [".log", ".json", ".jsonl", ".txt", ".csv", ".tsv"];

impl Place {
    /// Where a file stands by its name.
    pub(super) fn of(path: &Path) -> Self {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = PACKED.iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
        let kind = KINDS.iter().find(|kind| name.ends_with(**kind)).copied().unwrap_or("");
        let stem = name.strip_suffix(kind).unwrap_or(name);
        let (log, serial) = match (serial_of(name), serial_of(stem)) {
            (Some((log, serial)), _) => (log.to_owned(), serial),
            // A number before the kind may as well be that of a host or of a worker.
            (None, Some((log, Serial::Dated(date)))) => (format!("{log}{kind}"), Serial::Dated(date)),
            (None, _) => (name.to_owned(), Serial::Current),
        };
        Self { log: path.with_file_name(log), serial }
    }

    /// The order in which files are read: those of one log together, the newest last.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        self.log.cmp(&other.log).then_with(|| self.serial.rank().cmp(&other.serial.rank()))
    }
}

/// The end of a name that tells the serial, and what stands before it.
fn serial_of(name: &str) -> Option<(&str, Serial)> {
    let is_date = |text: &str| {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        (6..=14).contains(&digits) && text.bytes().all(|byte| byte.is_ascii_digit() || b"-_T.".contains(&byte))
    };
    for (at, _) in name.match_indices(['-', '.', '_']).filter(|(at, _)| *at > 0) {
        let (log, rest) = (&name[..at], &name[at + 1..]);
        let behind_a_word = name.as_bytes()[at] == b'.' && !name.as_bytes()[at - 1].is_ascii_digit();
        if behind_a_word && rest.len() <= 4 && !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()) {
            return Some((log, Serial::Numbered(rest.parse().ok()?)));
        }
        if rest.as_bytes().first().is_some_and(u8::is_ascii_digit) && is_date(rest) {
            return Some((log, Serial::Dated(rest.to_owned())));
        }
    }
    None
}

/// Files that are missing between two that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    /// Which, in words.
    pub(super) what: String,
    /// The next older file that is there.
    pub(super) older: PathBuf,
    /// The next newer file that is there.
    pub(super) newer: PathBuf,
}

/// The numbers that are missing between those that are there.
pub(super) fn gaps<'p>(paths: impl IntoIterator<Item = &'p Path>) -> Vec<Gap> {
    let mut logs: BTreeMap<PathBuf, BTreeMap<u32, &Path>> = BTreeMap::new();
    for path in paths {
        let place = Place::of(path);
        let number = match place.serial {
            Serial::Current => 0,
            Serial::Numbered(number) => number,
            Serial::Dated(_) => continue,
        };
        logs.entry(place.log).or_default().insert(number, path);
    }
    let mut gaps = Vec::new();
    for (log, files) in &logs {
        for ((newer, newer_path), (older, older_path)) in files.iter().zip(files.iter().skip(1)) {
            if older - newer > 1 && older - newer <= MOST_MISSING {
                let name = log.display();
                let what = match (newer + 1, older - 1) {
                    (first, last) if first == last => format!("{name}.{first} is missing"),
                    (first, last) => format!("{name}.{first} to {name}.{last} are missing"),
                };
                let (older, newer) = (older_path.to_path_buf(), newer_path.to_path_buf());
                gaps.push(Gap {
                    what: format!("{what} between {} and {}", newer.display(), older.display()),
                    older,
                    newer,
                });
            }
        }
    }
    gaps
}

/// Numbers further apart are no rotation: years, ports, process ids.
const MOST_MISSING: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> (String, Serial) {
        let place = Place::of(Path::new(name));
        (place.log.display().to_string(), place.serial)
    }

    #[test]
    fn names_tell_the_log_and_the_serial() {
        let log = || "d/received.log".to_owned();
        for (name, serial) in [
            ("d/received.log", Serial::Current),
            ("d/received.log.gz", Serial::Current),
            ("d/received.log.1", Serial::Numbered(1)),
            ("d/received.log.12.gz", Serial::Numbered(12)),
            ("d/received.log.3.zst", Serial::Numbered(3)),
            ("d/received.log-20261121", Serial::Dated("20261121".to_owned())),
            ("d/received.log.2026-11-21.xz", Serial::Dated("2026-11-21".to_owned())),
            ("d/received-2026-11-21.log", Serial::Dated("2026-11-21".to_owned())),
        ] {
            assert_eq!(place(name), (log(), serial), "{name}");
        }
        assert_eq!(place("access-v2.log").1, Serial::Current);
        for name in ["received2.log", "received.3.log", "10.0.0.1"] {
            assert_eq!(place(name).1, Serial::Current, "{name}");
        }
    }

    #[test]
    fn files_of_a_log_are_read_oldest_first() {
        let mut names = ["b.log", "a.log", "a.log.1", "a.log.10.gz", "a.log.2.gz", "a.log-20261120", "a.log-20261121"];
        names.sort_by(|left, right| Place::of(Path::new(left)).order(&Place::of(Path::new(right))));
        assert_eq!(
            names,
            ["a.log-20261120", "a.log-20261121", "a.log.10.gz", "a.log.2.gz", "a.log.1", "a.log", "b.log"]
        );
    }

    #[test]
    fn numbers_that_are_missing_between_others_are_gaps() {
        let missing = |names: &[&str]| -> Vec<String> {
            gaps(names.iter().map(Path::new)).into_iter().map(|gap| gap.what).collect()
        };
        assert_eq!(missing(&["a.log", "a.log.1", "a.log.2.gz"]), Vec::<String>::new());
        assert_eq!(missing(&["a.log.2", "a.log.1.gz", "b.log"]), Vec::<String>::new());
        assert_eq!(missing(&["a.log", "a.log.0", "a.log.1"]), Vec::<String>::new());
        assert_eq!(missing(&["a.log", "a.log.1", "a.log.3.gz"]), ["a.log.2 is missing between a.log.1 and a.log.3.gz"]);
        assert_eq!(missing(&["a.log", "a.log.4"]), ["a.log.1 to a.log.3 are missing between a.log and a.log.4"]);
        assert_eq!(missing(&["a-20261101.log", "a-20261109.log", "a.log", "a.log.2024"]), Vec::<String>::new());
    }
}
