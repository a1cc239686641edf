//! What the ledger tells of the past, as data: runs, attempts, and the events in quarantine.

use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, Conclusion, Settlement};
use crate::event::{DeliveryStatus, EventId, WebhookId, Window};

/// One run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Its id, as in its report.
    pub run_id: String,
    /// The command.
    pub command: String,
    /// Who or what asked for it; empty for runs of older versions.
    pub asked_by: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` when it was killed, or is still at work.
    pub finished_at: Option<DateTime<Utc>>,
    /// The window it looked at.
    pub window: Window,
    /// The webhooks it looked at.
    pub webhooks: Vec<WebhookId>,
    /// How it ended, by the name in the ledger.
    pub outcome: Option<String>,
    /// Its totals, as a JSON object.
    pub totals: Option<String>,
    /// Attempts that belong to it and are still recorded.
    pub attempts: u64,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptRecord {
    /// Its number in the ledger.
    pub attempt: AttemptId,
    /// The run it belongs to.
    pub run_id: String,
    /// The command of that run.
    pub command: String,
    /// Who or what asked for that run.
    pub asked_by: String,
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event: EventId,
    /// When the event was created.
    pub created_at: Option<DateTime<Utc>>,
    /// When the intent was recorded.
    pub intent_at: DateTime<Utc>,
    /// The status before.
    pub status_before: DeliveryStatus,
    /// The vendor's run counter before.
    pub runs_before: Option<u32>,
    /// When the request ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was concluded then; `None` when hookmend was stopped before it could record it.
    pub conclusion: Option<Conclusion>,
    /// The HTTP status of the vendor's answer.
    pub status_code: Option<u16>,
    /// The vendor's run counter in the answer.
    pub runs_after: Option<u32>,
    /// What happened, in words.
    pub detail: Option<String>,
    /// How it was settled; `None` while it is open.
    pub settlement: Option<Settlement>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
    /// What settled it, in words.
    pub evidence: Option<String>,
}

/// How an event left quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuarantineEnd {
    /// A person released it, so that it may be resent again.
    Released {
        /// When.
        at: DateTime<Utc>,
        /// Who.
        by: String,
    },
    /// It arrived after all.
    Resolved {
        /// When that was seen.
        at: DateTime<Utc>,
        /// What showed it, in words.
        evidence: String,
    },
}

/// One event that is or was in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedEvent {
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event: EventId,
    /// When the event was created.
    pub created_at: Option<DateTime<Utc>>,
    /// Since when it was in quarantine.
    pub since: DateTime<Utc>,
    /// The attempts that it had used up.
    pub attempts: u32,
    /// Why it was not recovered, in words.
    pub reason: String,
    /// How it left; `None` while it is there.
    pub end: Option<QuarantineEnd>,
}
