//! What the fuzzer feeds: one function for each target under `fuzz/fuzz_targets`, each of which takes any
//! bytes and panics when a promise is broken.
//!
//! It is not part of the program. The functions live beside what they are about, because only there they
//! see it, and they are built for the fuzzer (`--cfg fuzzing`) and for `cargo test`, which replays the
//! committed inputs so that a regression shows without a fuzzer.

use std::hash::{DefaultHasher, Hasher};

use chrono::{DateTime, Datelike, Timelike, Utc};

pub use crate::config::fuzzing::{settings, values};
pub use crate::ledger::fuzzing::ledger;
pub use crate::plan_file::fuzzing::plan_file;
pub use crate::provider::fuzzing::{listing, vendor_times, waits};
pub use crate::received::fuzzing::{address, log_times, packed, received};
pub use crate::report::fuzzing::reports;
pub use crate::sandbox::fuzzing::scenario;

/// A number that is made of the input alone, so that an input does the same each time.
pub(crate) fn hash(data: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(data);
    hasher.finish()
}

/// The instant of a text that is RFC 3339 without doubt, as chrono reads it: plain digits, a year of this
/// side of the calendar, an offset that exists and no leap second.
pub(crate) fn well_formed(text: &str) -> Option<DateTime<Utc>> {
    let is_plain = text.is_ascii() && text.len() <= 64 && text.get(10..11).is_some_and(|letter| letter == "T");
    let read = DateTime::parse_from_rfc3339(text).ok().filter(|_| is_plain)?;
    let is_usual = (2..=9998).contains(&read.year())
        && read.nanosecond() < 1_000_000_000
        && read.offset().local_minus_utc().abs() <= 18 * 3_600;
    is_usual.then(|| read.to_utc())
}

/// Changes bytes as damage and people do: each edit is four bytes that say what, where and with which byte.
pub(crate) fn edited(original: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for edit in edits.chunks_exact(4) {
        let (what, byte) = (edit[0], edit[3]);
        // Two bytes reach into 64 KiB, the rest of `what` goes beyond.
        let place = usize::from(edit[1]) | usize::from(edit[2]) << 8 | usize::from(what >> 4) << 16;
        let place = place % (bytes.len() + 1);
        let end = (place + 1 + usize::from(byte)).min(bytes.len());
        match what & 7 {
            0 => bytes.truncate(place),
            1 => drop(bytes.drain(place..end)),
            2 => bytes.insert(place, byte),
            3 => bytes.extend_from_within(place..end),
            4 => bytes[place..end].reverse(),
            5 => bytes[place..end].fill(0),
            6 if place < bytes.len() => bytes[place] ^= byte,
            _ if place < bytes.len() => bytes[place] = byte,
            _ => {}
        }
    }
    bytes
}

/// A folder for files that live no longer than the process; in memory, where there is such a place.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder can be made")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    type Target = fn(&[u8]);

    /// Every target with its function.
    const TARGETS: [(&str, Target); 13] = [
        ("address", super::address),
        ("ledger", super::ledger),
        ("listing", super::listing),
        ("log_times", super::log_times),
        ("packed", super::packed),
        ("plan_file", super::plan_file),
        ("received", super::received),
        ("reports", super::reports),
        ("scenario", super::scenario),
        ("settings", super::settings),
        ("values", super::values),
        ("vendor_times", super::vendor_times),
        ("waits", super::waits),
    ];

    fn root() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    fn entries(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
        paths.sort();
        paths
    }

    fn names(folder: &str) -> Vec<String> {
        let stem = |path: &PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        entries(&root().join(folder)).iter().map(stem).collect()
    }

    #[test]
    fn every_target_of_the_fuzzer_is_replayed_here() {
        let targets = TARGETS.map(|(name, _)| name.to_owned());
        assert_eq!(names("fuzz/fuzz_targets"), targets);
        assert_eq!(names("fuzz/seeds"), targets);
    }

    /// Feeds the input to the target, and names it if that fails.
    fn replay(name: &str, target: Target, input: &Path) {
        let bytes = fs::read(input).expect("a file can be read");
        let held = std::panic::catch_unwind(|| target(&bytes));
        assert!(held.is_ok(), "{name} fails on {}", input.display());
    }

    #[test]
    fn what_the_fuzzer_starts_from_and_what_it_found_holds() {
        for (name, target) in TARGETS {
            let inputs = entries(&root().join("fuzz/seeds").join(name));
            assert!(inputs.len() > 1, "{name} has no seeds");
            inputs.iter().for_each(|input| replay(name, target, input));
        }
    }

    #[test]
    fn the_logs_of_real_servers_hold() {
        for folder in entries(&root().join("tests/data/received")) {
            for input in entries(&folder) {
                replay("received", super::received, &input);
                replay("packed", super::packed, &input);
            }
        }
    }
}
