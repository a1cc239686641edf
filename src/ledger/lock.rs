//! One writer at a time: a kernel lock on a file beside the ledger.
//!
//! The kernel drops the lock with the process that holds it, however that ends, so a lock never has
//! to be broken by hand. The file itself is never deleted: a second run could otherwise lock a new
//! file of the same name while the first still holds the old one. What stands in it is only for the
//! message that a second run shows; the lock does not depend on it.

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::{LedgerError, files};

/// The most that is read of what a holder wrote about itself, in bytes.
const MAX_HOLDER_BYTES: u64 = 300;

/// The lock of a ledger, held until this is dropped.
#[derive(Debug)]
pub(super) struct HeldLock {
    file: File,
}

impl HeldLock {
    /// Takes the lock without waiting.
    pub(super) fn take(ledger: &Path, command: &str, since: DateTime<Utc>) -> Result<Self, LedgerError> {
        let path = lock_path(ledger);
        files::require_regular(&path)?;
        let io_error = |source| LedgerError::Io { path: path.clone(), source };
        let file = files::open_private(&path).map_err(io_error)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LedgerError::Locked { path: ledger.to_owned(), holder: holder_in(file) });
            }
            Err(TryLockError::Error(source)) => return Err(io_error(source)),
        }
        let mut held = Self { file };
        held.introduce(command, since);
        Ok(held)
    }

    /// Says who holds the lock. A disk that is too full for that must not stop anyone here: the first
    /// write to the ledger itself will tell.
    fn introduce(&mut self, command: &str, since: DateTime<Utc>) {
        let since = since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let holder = format!("{}, pid {}, since {since}\n", printable(command, 100), std::process::id());
        let _ = self.file.set_len(0).and_then(|()| self.file.write_all(holder.as_bytes()));
    }
}

impl Drop for HeldLock {
    fn drop(&mut self) {
        // Emptied before it is released, so that the next holder is not mistaken for this one.
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

/// The file beside the ledger that carries its lock.
pub(super) fn lock_path(ledger: &Path) -> PathBuf {
    files::beside(ledger, ".lock")
}

/// What stands in the lock's file of its holder, or of one that was killed.
pub(super) fn holder_in(file: File) -> Option<String> {
    let mut bytes = Vec::new();
    file.take(MAX_HOLDER_BYTES).read_to_end(&mut bytes).ok()?;
    let holder = printable(&String::from_utf8_lossy(&bytes), 300);
    (!holder.is_empty()).then_some(holder)
}

/// The text without control characters, at most `limit` characters of it.
fn printable(text: &str, limit: usize) -> String {
    let text: String = text.chars().filter(|character| !character.is_control()).take(limit).collect();
    text.trim().to_owned()
}
