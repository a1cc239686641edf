//! The ledger as a reader sees it. Nothing here can write.

use std::collections::HashMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction};

use crate::event::{EventId, WebhookId};
use crate::history::{AttemptRecord, QuarantinedEvent, RunRecord};
use crate::proven::Proven;

use super::failure::Failure;
use super::schema::{self, Found};
use super::{History, LedgerError, WebhookHistory, past, proofs, quarantine, tally};

/// A ledger opened for reading.
///
/// It sees every row that was committed when it is asked, also while another process holds the lock
/// and writes. A ledger of a newer hookmend is read as far as this one understands it; what one of an
/// older hookmend has no place for is told as if it had never been recorded.
#[derive(Clone, Debug)]
pub struct LedgerReader {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

/// The ledger as it stands at one instant, and which version of the tables that is.
pub(super) struct Snapshot<'connection> {
    transaction: Transaction<'connection>,
    version: i64,
}

impl<'connection> Snapshot<'connection> {
    fn of(connection: &'connection Connection) -> Result<Self, Failure> {
        let transaction = connection.unchecked_transaction()?;
        // Asked each time: another process may have migrated the ledger since it was opened here.
        let version = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok(Self { transaction, version })
    }

    /// The question for the attempts of a webhook.
    fn attempts_sql(&self) -> &'static str {
        match self.version >= schema::WITH_LISTED {
            true => tally::ATTEMPTS_OF_WEBHOOK,
            false => tally::ATTEMPTS_OF_WEBHOOK_BEFORE_LISTED,
        }
    }

    /// Whether the tables of quarantine and of what was proven are there.
    pub(super) fn has_quarantine(&self) -> bool {
        self.version >= schema::WITH_QUARANTINE
    }
}

impl Deref for Snapshot<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

impl LedgerReader {
    /// Opens the ledger at `path`, or returns `None` when it has no tables yet.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, LedgerError> {
        Self::open_by(path, schema::open_read_only(path))
    }

    /// The same through a connection that was opened in some other way.
    pub(super) fn open_by(path: &Path, connection: Result<Connection, Failure>) -> Result<Option<Self>, LedgerError> {
        let opened = connection.and_then(|connection| {
            let found = schema::recognise(&connection)?;
            Ok((connection, found))
        });
        match opened.map_err(|failure| failure.at(path))? {
            (_, Found::Blank) => Ok(None),
            (connection, Found::Ledger { .. }) => {
                Ok(Some(Self { path: path.to_owned(), connection: Arc::new(Mutex::new(connection)) }))
            }
        }
    }

    /// The version of its tables.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn schema_version(&self) -> Result<i64, LedgerError> {
        self.read(|snapshot| Ok(snapshot.version)).await
    }

    /// The latest runs, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn runs(&self, limit: u64) -> Result<Vec<RunRecord>, LedgerError> {
        self.read(move |snapshot| past::runs(snapshot, limit)).await
    }

    /// The attempts for an event, of whatever webhook, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn attempts_of(&self, event: &EventId) -> Result<Vec<AttemptRecord>, LedgerError> {
        let event = event.clone();
        self.read(move |snapshot| past::attempts_of(snapshot, &event)).await
    }

    /// The attempts of a run, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn attempts_of_run(&self, run_id: &str) -> Result<Vec<AttemptRecord>, LedgerError> {
        let run_id = run_id.to_owned();
        self.read(move |snapshot| past::attempts_of_run(snapshot, &run_id)).await
    }

    /// Every time that an event spent in quarantine, of whatever webhook, oldest first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn stays_of(&self, event: &EventId) -> Result<Vec<QuarantinedEvent>, LedgerError> {
        let event = event.clone();
        self.read(move |snapshot| match snapshot.has_quarantine() {
            true => quarantine::stays_of(snapshot, &event),
            false => Ok(Vec::new()),
        })
        .await
    }

    /// The events that are in quarantine now, of one webhook or of all, oldest event first.
    ///
    /// # Errors
    /// When the ledger can't be read.
    pub async fn quarantined(&self, webhook: Option<&WebhookId>) -> Result<Vec<QuarantinedEvent>, LedgerError> {
        let webhook = webhook.cloned();
        self.read(move |snapshot| match snapshot.has_quarantine() {
            true => quarantine::there_now(snapshot, webhook.as_ref()),
            false => Ok(Vec::new()),
        })
        .await
    }

    /// Answers a question from one snapshot, on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Snapshot<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let connection = Arc::clone(&self.connection);
        let read = tokio::task::spawn_blocking(move || {
            // A query leaves nothing half done behind, so a panic elsewhere is no reason to stop here.
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            question(&Snapshot::of(&connection)?)
        });
        let read = read.await.unwrap_or_else(|error| Err(Failure::Database(format!("reading was stopped: {error}"))));
        read.map_err(|failure| failure.at(&self.path))
    }
}

#[async_trait]
impl History for LedgerReader {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let webhook = webhook.clone();
        self.read(move |snapshot| {
            let standings = match snapshot.has_quarantine() {
                true => quarantine::of_webhook(snapshot, &webhook)?,
                false => HashMap::new(),
            };
            tally::of_webhook(snapshot, snapshot.attempts_sql(), &webhook, standings)
        })
        .await
    }

    async fn delivery_failures(
        &self,
        webhook: &WebhookId,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        let webhook = webhook.clone();
        self.read(move |snapshot| past::delivery_failures(snapshot, &webhook, since)).await
    }

    async fn proven(&self, webhook: &WebhookId) -> Result<Option<Proven>, LedgerError> {
        let webhook = webhook.clone();
        self.read(move |snapshot| match snapshot.has_quarantine() {
            true => proofs::of_webhook(snapshot, &webhook),
            false => Ok(None),
        })
        .await
    }
}
