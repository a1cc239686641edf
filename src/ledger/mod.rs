//! The ledger port: the durable journal of intents, outcomes and runs.
//!
//! Reading needs [`History`]; writing needs a [`Journal`], and the only implementation of that is
//! the guard that holds the lock.

use std::collections::HashMap;
use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, AttemptOutcome, Intent, OpenAttempt, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId, Window};
use crate::outcome::RunOutcome;

/// Why the ledger can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Another run holds the lock.
    #[error("another run holds the ledger {}{}", .path.display(), .holder.as_ref().map(|holder| format!(" ({holder})")).unwrap_or_default())]
    Locked {
        /// The ledger.
        path: PathBuf,
        /// Who holds it since when, if that is known.
        holder: Option<String>,
    },
    /// The file or its folder can't be used.
    #[error("can't use the ledger {}: {source}", .path.display())]
    Io {
        /// The ledger.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file is not a ledger, is damaged, or was written by a newer hookmend.
    #[error("the ledger {} can't be used: {message}", .path.display())]
    Unusable {
        /// The ledger.
        path: PathBuf,
        /// What was found.
        message: String,
    },
    /// The database refused an operation.
    #[error("the ledger {} could not be written or read: {message}", .path.display())]
    Database {
        /// The ledger.
        path: PathBuf,
        /// The cause.
        message: String,
    },
}

/// What earlier attempts say of one event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventHistory {
    /// Attempts after which the receiver may have seen a delivery.
    pub attempts: u32,
    /// Attempts that are not settled yet, oldest first.
    pub open: Vec<OpenAttempt>,
}

/// What the ledger knows of the events of one webhook.
pub type WebhookHistory = HashMap<EventId, EventHistory>;

/// The ledger as a reader sees it.
#[async_trait]
pub trait History: Send + Sync {
    /// Everything that earlier attempts say of the events of a webhook.
    ///
    /// # Errors
    /// When the ledger can't be read.
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError>;
}

/// What is recorded of a run when it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStart {
    /// The run's id, as in the report.
    pub run_id: String,
    /// The command, such as `reconcile`.
    pub command: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// The window it looks at.
    pub window: Window,
    /// The webhooks it looks at.
    pub webhooks: Vec<WebhookId>,
}

/// What is recorded of a run when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The totals as they stand in the report, as JSON.
    pub totals: String,
}

/// The ledger as the holder of its lock sees it.
#[async_trait]
pub trait Journal: History {
    /// Records that a run began; attempts recorded after this belong to it.
    ///
    /// # Errors
    /// When the ledger can't be written.
    async fn record_run_start(&self, start: RunStart) -> Result<(), LedgerError>;

    /// Makes an intent durable and returns the proof of it.
    ///
    /// When this returns, the intent survives a kill of the process and a power cut.
    ///
    /// # Errors
    /// When the ledger can't be written; nothing may be sent then.
    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError>;

    /// Makes the outcome of an attempt durable. Rejected, refused and unsent attempts are settled by
    /// their outcome; accepted and doubtful ones stay open until [`Journal::settle`].
    ///
    /// # Errors
    /// When the ledger can't be written; the attempt then stays in doubt.
    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError>;

    /// Settles open attempts, with the evidence in words.
    ///
    /// # Errors
    /// When the ledger can't be written; the attempts then stay open.
    async fn settle(&self, settled: Vec<(AttemptId, Settlement, String)>, at: DateTime<Utc>)
    -> Result<(), LedgerError>;

    /// Records how the run ended.
    ///
    /// # Errors
    /// When the ledger can't be written.
    async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError>;
}
