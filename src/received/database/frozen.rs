//! How a file of SQLite may be opened so that nothing is written beside it, and whether a file at rest
//! stayed at rest.
//!
//! A database in write-ahead mode keeps its newest rows in a second file and an index of these in a
//! third. While somebody has it open, both are there and are read. When nobody has, there are none;
//! SQLite would make them anew, and files that belong to another user would lock its owner out. Such a
//! file is read as it lies, and what was read counts only if it lay still meanwhile.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Trouble;

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
const HEADER_BYTES: usize = 100;
/// Where the header says how the database is written; both must be said alike.
const WRITE_VERSION: usize = 18;
const WRITE_AHEAD: u8 = 2;

/// How the file is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// As it is written, beside those who write it.
    Live,
    /// As it lies; it must not change meanwhile.
    AtRest(Box<Stamp>),
}

/// What of a file changes whenever it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    header: Vec<u8>,
    length: u64,
    modified: Option<SystemTime>,
    write_ahead_bytes: u64,
    has_index: bool,
}

/// Looks at a file, and says how it is to be opened.
pub(super) fn access(path: &Path) -> Result<Access, Trouble> {
    let stamp = Stamp::of(path).map_err(|error| unreadable(&error))?;
    if stamp.length == 0 {
        return Err(Trouble::refused("the database is empty", "check the path: it holds no table"));
    }
    if !stamp.header.starts_with(MAGIC) {
        return Err(Trouble::refused(
            "the file is no SQLite database",
            "check the path; a log in a text file is named without sqlite:",
        ));
    }
    let is_write_ahead = stamp.header.get(WRITE_VERSION) == Some(&WRITE_AHEAD);
    match (is_write_ahead, stamp.has_index, stamp.write_ahead_bytes) {
        (false, _, _) | (true, true, _) => Ok(Access::Live),
        (true, false, 0) => Ok(Access::AtRest(Box::new(stamp))),
        (true, false, _) => Err(Trouble::unreachable(
            "the database has a write-ahead log (-wal) without its index (-shm), and only a writer may mend that",
            "let the program that writes the database open it once; of a copy, copy all three files",
        )),
    }
}

impl Stamp {
    fn of(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
        }
        let mut header = Vec::with_capacity(HEADER_BYTES);
        file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
        Ok(Self {
            header,
            length: metadata.len(),
            modified: metadata.modified().ok(),
            write_ahead_bytes: fs::metadata(beside(path, "-wal")).map_or(0, |metadata| metadata.len()),
            has_index: fs::metadata(beside(path, "-shm")).is_ok(),
        })
    }

    /// Whether the file still is as it was.
    pub(super) fn still_holds(&self, path: &Path) -> bool {
        Self::of(path).is_ok_and(|now| now == *self)
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// A file that can't be opened, in words.
pub(super) fn unreadable(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::NotFound => Trouble::refused("there is no such file", "check the path; hookmend creates none"),
        _ => Trouble::refused(format!("the file can't be read: {error}"), "check the path and its permissions"),
    }
}
