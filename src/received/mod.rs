//! The received-log port: the integrator's record of the event ids its endpoint accepted.
//!
//! A received log is asked one question: which of these ids do you hold? One file per kind of log.
//!
//! | room | what it owns |
//! |---|---|
//! | `options` | the user's words: sources, format, fields, status codes |
//! | `file_log` | a log in files: opened before the first request, asked at each look-up |
//! | `pass`, `records`, `rotation` | one look-up over the files; what is remembered of them; their order |
//! | `survey`, `story`, `distinct` | what was seen of a file, in numbers |
//! | `others` | what a log holds and was not asked about |
//! | `unused_status` | whether a status field that nobody named would matter |
//! | `whereabouts` | where ids stand, whatever field a log is read by |
//! | `packing`, `ahead`, `packed_files` | compressed files as streams, decoded ahead and side by side |
//! | `sources` | names to open files: patterns, pipes, standard input |
//! | `sniff`, `detect`, `plan` | is it text, which format, where are its fields |
//! | `json_fields`, `table`, `text_fields`, `well_known` | finding the fields of JSON lines, tables and text lines |
//! | `lines`, `pages` | a stream to lines; memory that files are read into at full speed |
//! | `record`, `ids`, `jsonl`, `csv`, `text` | a line to the texts of its fields, one file per format |
//! | `marks`, `bits` | where a few bytes stand in a line: the first of them, or all |
//! | `json_quick`, `json_scan` | the usual JSON line, read without a parser |
//! | `access`, `pairs`, `pattern`, `roles` | what text lines are made of, and which names in them are fields |
//! | `judge`, `time`, `suspects` | records and damage to sightings: the only place where one is decided |
//! | `scan` | one stream from its first line to its last |
//! | `shortcut`, `side_by_side`, `block`, `sieve` | the same in blocks, several at a time, reading only lines that matter |
//! | `database` | a log in a database, asked in place; several logs as one |

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use std::sync::Arc;

use crate::event::Window;
use crate::receipt::{Lookup, Unlisted, WantedIds};

mod access;
mod ahead;
mod bits;
mod block;
mod csv;
mod database;
mod detect;
mod distinct;
mod file_log;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod ids;
mod json_fields;
mod json_quick;
mod json_scan;
mod jsonl;
mod judge;
mod lines;
mod marks;
mod options;
mod others;
mod packed_files;
mod packing;
pub(crate) mod pages;
mod pairs;
mod pass;
mod pattern;
mod plan;
mod record;
mod records;
mod roles;
mod rotation;
mod scan;
mod shortcut;
mod side_by_side;
mod sieve;
mod sniff;
mod sources;
mod story;
mod survey;
mod suspects;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod text_fields;
mod time;
mod unused_status;
mod well_known;
mod whereabouts;

pub use database::{AddressError, Credentials, DatabaseAddress, DatabaseLog, DatabaseOptions, SeveralLogs};
pub use distinct::Count;
pub use file_log::FileLog;
pub use options::{FieldSpec, Format, OptionError, ReceivedOptions, SourceSpec, StatusSet};
pub use survey::{SourceSurvey, Survey};
pub use unused_status::UnusedStatus;
pub use whereabouts::{Field, Search, Whereabouts, whereabouts};

/// Why a received log can't be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ReceivedError {
    /// A source can't be opened or read.
    #[error("can't read the received log {}: {source}", .path.display())]
    Io {
        /// The source.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A pattern matches no file.
    #[error("no file matches the received log {pattern:?}")]
    NoMatch {
        /// The pattern.
        pattern: String,
    },
    /// The source is not a log of the kind it was said to be.
    #[error("{} is not a usable received log: {message}", .path.display())]
    Unusable {
        /// The source.
        path: PathBuf,
        /// What was found instead.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The source is somewhere else and does not answer.
    #[error("can't read the received log {name}: {message}")]
    Unreachable {
        /// The source, as it may be shown.
        name: String,
        /// What happened.
        message: String,
        /// What to do.
        hint: String,
    },
}

/// The refusal of a source as an error.
fn refused(path: &Path, refusal: plan::Refusal) -> ReceivedError {
    let path = path.to_owned();
    match refusal {
        plan::Refusal::Io(source) => ReceivedError::Io { path, source },
        plan::Refusal::Unusable { message, hint } => ReceivedError::Unusable { path, message, hint },
    }
}

/// The integrator's record of received event ids.
#[async_trait]
pub trait ReceivedLog: Send + Sync {
    /// What the log is read from and how, one line for each source, for `-v`.
    fn describe(&self) -> Vec<String>;

    /// Whether the log is read anew at each look-up, so that it can show what arrives meanwhile.
    fn is_live(&self) -> bool;

    /// Says which of the wanted ids the log holds as received.
    ///
    /// # Errors
    /// Only when the log can't be used at all; what could not be read of it is part of the answer's
    /// coverage.
    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError>;

    /// The same, and beside that every id the log holds as received that is not among the listed ones, as
    /// far as it was received within the window or the log tells no time. Both are of one reading.
    ///
    /// # Errors
    /// As [`ReceivedLog::look_up`].
    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError>;
}
