//! The heartbeat: tells a dead man's switch, such as healthchecks.io, that a run began and how it
//! ended, so that somebody hears of the runs that never come.
//!
//! It owns the switch's address, its own client and one retry. It never sees a vendor's key, never
//! follows a redirect, and never says more of the address than its host: who knows the path can
//! silence the switch.
//!
//! | file | what it owns |
//! |---|---|
//! | `address` | the address, which is a secret, and the addresses made from it |
//! | `http` | the requests |

mod address;
mod http;

use async_trait::async_trait;

use crate::exit::ExitCode;

pub use address::{PingUrl, PingUrlError};
pub use http::{Patience, PingConfig, Pinger};

/// The longest text that is sent along, in bytes.
pub const LONGEST_BODY: usize = 10_000;

/// What the switch is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beat {
    /// A run begins.
    Started,
    /// A run has ended, with this code.
    Ended(ExitCode),
}

/// Why the switch could not be told. It names the host and nothing else of the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not ping {host}: {reason}")]
pub struct HeartbeatError {
    /// The host, with its port where it has one.
    pub host: String,
    /// What happened.
    pub reason: String,
}

/// Tells the switch.
#[async_trait]
pub trait Heartbeat: Send + Sync {
    /// Tells it one thing, with a text for whoever looks; what of it is longer than [`LONGEST_BODY`]
    /// is cut off.
    ///
    /// # Errors
    /// When the switch did not take it.
    async fn send(&self, beat: Beat, text: &str) -> Result<(), HeartbeatError>;
}

/// The beginning of a text that fits into `most` bytes.
fn within(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

#[cfg(test)]
mod tests;
