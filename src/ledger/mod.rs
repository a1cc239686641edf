//! The ledger: the durable journal of intents, outcomes and runs. This file is the port; the files
//! beside it keep the journal in one SQLite database.
//!
//! Reading needs [`History`]; writing needs a [`Journal`], and the only implementation of that is
//! the guard that holds the lock. The ledger never holds payloads, keys or URLs.
//!
//! What survives what, once a write method has returned `Ok`:
//!
//! - **A kill of the process**: everything that was recorded. An attempt whose intent was recorded
//!   and whose outcome was not is open, and the next run finds it.
//! - **A power cut**: the same, on a disk that keeps what it says it has written. Every commit is
//!   synchronised before its caller is answered (WAL with `synchronous=FULL`, asserted at opening).
//! - **A full disk or a failing one**: everything recorded before. The write that met it returns an
//!   error and after that no further intent is accepted, so that nothing more is sent; outcomes and
//!   settlements are still tried. A write that failed may even so be found after a power cut. That is
//!   harmless: an intent without an outcome is looked up before it is tried again.
//!
//! The end of a run, what it changed in quarantine and what it proved are one commit: after a kill,
//! either the run is unfinished and none of it is there, or all of it is. The attempts that led to it
//! are recorded before, so the next run comes to the same end by itself. A release is one commit as
//! well. A prune is several, each of which removes events whole, so that whatever stops it leaves a
//! ledger in which nothing is half remembered.
//!
//! | file | what it owns |
//! |---|---|
//! | `handle` | the ledger by its path: opening for reading, locking for writing |
//! | `lock` | one writer at a time |
//! | `look` | a look that leaves no trace |
//! | `files` | what kind of file it is, its folder, who may read it |
//! | `schema` | tables, versions, migrations, the settings that make it durable |
//! | `writer` | the one thread that writes, many records in one commit |
//! | `reader` | one snapshot for each question, of whatever version the tables are |
//! | `tally` | what counts against an event, and what of it is open |
//! | `past` | runs and attempts, for people |
//! | `records` | runs and attempts as rows |
//! | `quarantine`, `proofs` | the quarantine, and what was proven clean, as rows |
//! | `prune` | removing what is settled and old, in bounded steps |
//! | `names` | how values of the core are spelled in the database |
//! | `failure` | what an error of the database means |

use std::collections::HashMap;
use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, AttemptOutcome, Intent, OpenAttempt, ResendRequest, Settlement};
use crate::event::{DeliveryStatus, EventId, WebhookId, Window};
use crate::outcome::RunOutcome;
use crate::proven::Proven;

mod failure;
mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod handle;
mod lock;
mod look;
mod names;
mod past;
mod proofs;
mod prune;
mod quarantine;
mod reader;
mod records;
mod schema;
mod tally;
mod writer;

#[cfg(test)]
mod tests;

pub use handle::{Ledger, LedgerGuard};
pub use reader::LedgerReader;

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
    /// Attempts that count against the bound: those after which the receiver may have seen a
    /// delivery. A recovery forgives the failures that led up to it and counts once itself, so that
    /// an event that is lost again gets another chance and one that "recovers" for ever does not.
    pub attempts: u32,
    /// Attempts that are not settled yet, oldest first.
    pub open: Vec<OpenAttempt>,
    /// When it was last settled that an attempt had brought the event.
    pub arrived_at: Option<DateTime<Utc>>,
    /// A listing showed it when it had failed and was resent: the vendor does list what failed.
    pub was_listed_as_failed: bool,
    /// The event's place in quarantine, from which only a person releases it.
    pub quarantine: Option<Quarantine>,
    /// What is still owed to the event, when it is neither in quarantine nor in doubt.
    pub unfinished: Option<Box<Unfinished>>,
}

/// An event that was tried, or released to be tried, and of which nothing recorded says that it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Why it is unfinished.
    pub cause: UnfinishedCause,
    /// The latest attempt after which the receiver may have seen a delivery.
    pub attempt: Option<AttemptId>,
    /// When it was settled that this attempt did not bring the event.
    pub settled_at: Option<DateTime<Utc>>,
    /// The delivery status before this attempt.
    pub status_before: Option<DeliveryStatus>,
    /// When the event was created.
    pub created_at: Option<DateTime<Utc>>,
    /// The id the vendor is asked with.
    pub resend_id: EventId,
}

/// What happened last to an unfinished event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnfinishedCause {
    /// An attempt did not bring it to the receiver.
    Tried,
    /// A person released it from quarantine.
    Released,
}

/// An event that used up its attempts and waits for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Since when.
    pub since: DateTime<Utc>,
    /// When the event was created.
    pub created_at: Option<DateTime<Utc>>,
    /// The id the vendor is asked with.
    pub resend_id: EventId,
    /// The attempts that it used up.
    pub attempts: u32,
    /// Why it was not recovered, in words.
    pub reason: String,
}

/// What a run changes in the quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineChange {
    /// The event used up its attempts. One that is quarantined already stays as it was recorded.
    Entered {
        /// The webhook it belongs to.
        webhook: WebhookId,
        /// The event.
        event: EventId,
        /// What is known of it.
        entry: Quarantine,
    },
    /// The event arrived after all, from quarantine or after its release.
    Resolved {
        /// The webhook it belongs to.
        webhook: WebhookId,
        /// The event.
        event: EventId,
        /// What shows that it arrived, in words.
        evidence: String,
    },
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

    /// When resends made the receiver of a webhook refuse a delivery, in every run that is recorded,
    /// not before `since`: in order of time, attempts that are settled as failed deliveries only.
    ///
    /// Where it is not known exactly, the time is the latest at which it can have happened.
    ///
    /// # Errors
    /// When the ledger can't be read.
    async fn delivery_failures(
        &self,
        webhook: &WebhookId,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError>;

    /// What was proven clean of a webhook without a gap; `None` when nothing was.
    ///
    /// # Errors
    /// When the ledger can't be read.
    async fn proven(&self, webhook: &WebhookId) -> Result<Option<Proven>, LedgerError>;
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
    /// Who or what asked for it, such as `anna on till-server, at a terminal`.
    pub asked_by: String,
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
    /// What changes in the quarantine.
    pub quarantine: Vec<QuarantineChange>,
    /// What the run proved clean, for each webhook; empty unless it ended clean by proof.
    pub proven: Vec<(WebhookId, Proven)>,
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

    /// Makes the outcome of an attempt durable. What the outcome alone settles is
    /// [`settled_by_outcome`](crate::attempt::settled_by_outcome); others stay open until
    /// [`Journal::settle`].
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

    /// Records how the run ended, with what it changed and proved, as one.
    ///
    /// What was proven is joined with what is recorded by [`Proven::join`].
    ///
    /// # Errors
    /// When the ledger can't be written.
    async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError>;

    /// Removes what is settled and older than `before`: attempts of events of which every attempt is
    /// settled and that are not quarantined, and runs that are left without attempts.
    ///
    /// Returns how many attempts were removed. It is done in steps, each of them one commit that holds
    /// whole events only: whoever stops waiting, or is killed, leaves the rest for the next time.
    ///
    /// # Errors
    /// When the ledger can't be written; what earlier steps removed stays removed.
    async fn prune(&self, before: DateTime<Utc>) -> Result<u64, LedgerError>;
}
