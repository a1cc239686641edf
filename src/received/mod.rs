//! The received-log port: the integrator's record of the event ids its endpoint accepted.
//!
//! A received log is asked one question: which of these ids do you hold? One file per kind of log.

use std::path::PathBuf;

use async_trait::async_trait;
use std::sync::Arc;

use crate::receipt::{Lookup, WantedIds};

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
}
