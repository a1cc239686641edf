//! A look at the ledger that leaves no trace: nothing is created, changed or locked for longer than it
//! takes to see that nobody else holds the lock.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;

use super::files::{self, Presence};
use super::lock::{holder_in, lock_path};
use super::reader::LedgerReader;
use super::{Ledger, LedgerError, schema};

impl Ledger {
    /// Opens the ledger for a look, or returns `None` when there is none yet. SQLite's own files beside
    /// a ledger at rest, which [`Ledger::open_read`] lets it make, are not made.
    ///
    /// A run that begins meanwhile may not be seen.
    ///
    /// # Errors
    /// As [`Ledger::open_read`].
    pub fn look(&self) -> Result<Option<LedgerReader>, LedgerError> {
        match files::require_ledger(self.path())? {
            Presence::Missing => Ok(None),
            Presence::Regular if is_at_rest(self.path()) => {
                LedgerReader::open_by(self.path(), schema::open_at_rest(self.path()))
            }
            Presence::Regular => LedgerReader::open(self.path()),
        }
    }

    /// Who holds the ledger, in words, if anybody does.
    ///
    /// # Errors
    /// When the lock's file can't be read.
    pub fn holder(&self) -> Result<Option<String>, LedgerError> {
        let path = lock_path(self.path());
        let io_error = |source| LedgerError::Io { path: path.clone(), source };
        match files::require_regular(&path)? {
            Presence::Missing => return Ok(None),
            Presence::Regular => {}
        }
        let file = File::open(&path).map_err(io_error)?;
        let copy = file.try_clone().map_err(io_error)?;
        // Whoever holds the lock has said so, and the lock is tried only where somebody has: a run that
        // begins in this moment must not find it taken.
        let Some(holder) = holder_in(copy) else { return Ok(None) };
        match file.try_lock() {
            // Left behind by a run that was killed.
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(holder)),
            Err(TryLockError::Error(source)) => Err(io_error(source)),
        }
    }

    /// The version of the tables that this hookmend writes.
    pub fn current_schema() -> i64 {
        schema::current_version()
    }
}

/// Whether nobody has the database open and nothing waits beside it to be taken in.
fn is_at_rest(path: &Path) -> bool {
    let absent = |suffix: &str| {
        let found = fs::symlink_metadata(files::beside(path, suffix));
        found.is_err_and(|error| error.kind() == ErrorKind::NotFound)
    };
    ["-wal", "-shm", "-journal"].into_iter().all(absent)
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_look_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("a ?#%41.sqlite"));
        assert!(ledger.look().unwrap().is_none() && ledger.holder().unwrap().is_none());
        assert_eq!(names(folder.path()), Vec::<String>::new());
        drop(ledger.lock("reconcile", Utc::now()).unwrap());
        let before = names(folder.path());
        let reader = ledger.look().unwrap().unwrap();
        assert_eq!(reader.schema_version().await.unwrap(), Ledger::current_schema());
        assert_eq!(reader.runs(5).await.unwrap(), []);
        assert_eq!(names(folder.path()), before);
    }

    #[tokio::test]
    async fn a_ledger_in_use_is_seen_and_its_holder_named() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("l.sqlite"));
        let guard = ledger.lock("reconcile", Utc::now()).unwrap();
        assert!(ledger.holder().unwrap().unwrap().starts_with("reconcile, pid "));
        assert!(ledger.look().unwrap().unwrap().runs(5).await.unwrap().is_empty());
        drop(guard);
        assert_eq!(ledger.holder().unwrap(), None);
    }

    #[test]
    fn what_a_killed_run_left_in_the_lock_is_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::at(folder.path().join("l.sqlite"));
        fs::write(lock_path(ledger.path()), "reconcile, pid 1, since 2026\n").unwrap();
        assert_eq!(ledger.holder().unwrap(), None);
        assert!(ledger.lock("reconcile", Utc::now()).is_ok());
    }
}
