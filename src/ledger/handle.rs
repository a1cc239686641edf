//! The ledger by its path: opened for reading by anyone, locked for writing by one.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, AttemptOutcome, Intent, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};
use crate::proven::Proven;

use super::files::{self, Presence};
use super::lock::HeldLock;
use super::reader::LedgerReader;
use super::writer::Writer;
use super::{History, Journal, LedgerError, RunEnd, RunStart, WebhookHistory, schema};

/// The place of a ledger; nothing is opened or created yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ledger {
    path: PathBuf,
}

impl Ledger {
    /// The ledger at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // SQLite gives some bare names a meaning of its own, such as `:memory:`; a path with a folder
        // is always a file.
        let path = if path.is_absolute() { path } else { Path::new(".").join(path) };
        Self { path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens the ledger for reading, or returns `None` when there is none yet.
    ///
    /// Nothing is created, and no lock is taken: this works while a run holds the ledger.
    ///
    /// # Errors
    /// When the file is a symbolic link or not a ledger, or can't be read.
    pub fn open_read(&self) -> Result<Option<LedgerReader>, LedgerError> {
        match files::require_ledger(&self.path)? {
            Presence::Missing => Ok(None),
            Presence::Regular => LedgerReader::open(&self.path),
        }
    }

    /// Takes the lock without waiting and opens the ledger for writing; creates what is missing.
    ///
    /// `command` and `since` are what another run is told of this one. Folders are created with mode
    /// 0700 and the file with 0600, whatever the umask; a ledger that others may read is tightened
    /// once it was found to be one. The lock ends with the guard, or with the process.
    ///
    /// # Errors
    /// [`LedgerError::Locked`] when another run holds it. [`LedgerError::Unusable`] when the file is
    /// a symbolic link, damaged, something else, or written by a newer hookmend: it is then left as
    /// it is, never replaced. Else when it can't be created or written.
    pub fn lock(&self, command: &str, since: DateTime<Utc>) -> Result<LedgerGuard, LedgerError> {
        let path = self.path.as_path();
        let io_error = |source| LedgerError::Io { path: path.to_owned(), source };
        files::require_regular(path)?;
        files::ensure_folder(path).map_err(io_error)?;
        let lock = HeldLock::take(path, command, since)?;
        // Looked at again, now that no other run can create it meanwhile.
        match files::require_ledger(path)? {
            Presence::Missing => create(path)?,
            Presence::Regular => files::sync_name(path).map_err(io_error)?,
        }
        let connection = schema::open_writable(path).map_err(|failure| failure.at(path))?;
        // Only now, so that no other file is taken from its readers by a mistaken path.
        files::tighten(path).map_err(io_error)?;
        let reader = LedgerReader::open(path)?.ok_or_else(|| LedgerError::Unusable {
            path: path.to_owned(),
            message: "its tables are gone although they were just created".to_owned(),
        })?;
        let writer = Writer::start(connection, path).map_err(io_error)?;
        Ok(LedgerGuard { reader, writer, _lock: lock })
    }
}

/// Makes an empty ledger under another name and gives it its own once it is whole. A run that is killed
/// meanwhile leaves nothing that the next one, or a reader, would first have to repair.
fn create(path: &Path) -> Result<(), LedgerError> {
    let draft = files::beside(path, ".new");
    let io_error = |source| LedgerError::Io { path: path.to_owned(), source };
    files::remove_draft(&draft).and_then(|()| files::create_private(&draft)).map_err(io_error)?;
    schema::create(&draft).map_err(|failure| failure.at(path))?;
    files::give_name(&draft, path).map_err(io_error)
}

/// The right to write the ledger: whoever has this holds the lock.
///
/// Dropping it waits until everything that was handed over is committed, closes the database and then
/// releases the lock.
#[derive(Debug)]
pub struct LedgerGuard {
    // Fields are dropped in this order: the lock outlives both connections.
    reader: LedgerReader,
    writer: Writer,
    _lock: HeldLock,
}

impl LedgerGuard {
    /// The same ledger for reading.
    pub fn reader(&self) -> &LedgerReader {
        &self.reader
    }

    /// Releases events from quarantine, by a person's word: they may be resent again, and their
    /// attempts so far no longer count. Needs no run. Returns how many were released; one that is not
    /// quarantined counts nothing. All are released, or none when it fails.
    ///
    /// # Errors
    /// When the ledger can't be written.
    pub async fn release(
        &self,
        events: Vec<(WebhookId, EventId)>,
        released_by: String,
        at: DateTime<Utc>,
    ) -> Result<u64, LedgerError> {
        self.writer.release(events, released_by, at).await
    }
}

#[async_trait]
impl History for LedgerGuard {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        self.reader.of_webhook(webhook).await
    }

    async fn delivery_failures(
        &self,
        webhook: &WebhookId,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        self.reader.delivery_failures(webhook, since).await
    }

    async fn proven(&self, webhook: &WebhookId) -> Result<Option<Proven>, LedgerError> {
        self.reader.proven(webhook).await
    }
}

/// Every method returns after the commit that holds its record; see the [module](super) for what
/// survives what. A caller that stops waiting does not undo the record: an intent whose caller was
/// gone before it could be handed over is recorded as not sent.
#[async_trait]
impl Journal for LedgerGuard {
    async fn record_run_start(&self, start: RunStart) -> Result<(), LedgerError> {
        self.writer.record_run_start(start).await
    }

    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        self.writer.record_intent(request, at).await
    }

    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.writer.record_outcome(&intent, outcome, at).await
    }

    async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.writer.settle(settled, at).await
    }

    async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError> {
        self.writer.record_run_end(end).await
    }

    async fn prune(&self, before: DateTime<Utc>) -> Result<u64, LedgerError> {
        self.writer.prune(before).await
    }
}
