//! Runs and attempts as rows: one function for each thing that is recorded of them. Transactions
//! belong to the writer.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Params, params};

use crate::attempt::{AttemptId, AttemptOutcome, Conclusion, KnownBy, ResendRequest, Settlement};
use crate::event::WebhookId;

use super::failure::Failure;
use super::{RunEnd, RunStart, names};

/// Why a record was not written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// It does not fit what is recorded already; nothing else is affected.
    Unfit(Failure),
    /// The database failed; the transaction is lost.
    Database(rusqlite::Error),
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        Self::Unfit(failure)
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

/// Carries out a statement that is kept for the next time; returns how many rows it changed.
pub(super) fn execute(connection: &Connection, sql: &str, params: impl Params) -> rusqlite::Result<usize> {
    connection.prepare_cached(sql)?.execute(params)
}

/// Begins a run.
pub(super) fn insert_run(connection: &Connection, start: &RunStart) -> Result<(), WriteError> {
    let webhooks: Vec<&str> = start.webhooks.iter().map(WebhookId::as_str).collect();
    let inserted = execute(
        connection,
        "INSERT INTO runs (run_id, command, started_at, window_from, window_to, webhooks, asked_by) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        params![
            start.run_id,
            start.command,
            names::millis(start.started_at),
            names::millis(start.window.from()),
            // Upwards, so that no window becomes empty.
            names::millis_rounded_up(start.window.to()),
            serde_json::Value::from(webhooks).to_string(),
            names::bounded(&start.asked_by),
        ],
    )?;
    exactly_one(inserted, || format!("a run {} is recorded already", start.run_id))
}

/// Ends a run.
pub(super) fn update_run(connection: &Connection, run_id: &str, end: &RunEnd) -> Result<(), WriteError> {
    let updated = execute(
        connection,
        "UPDATE runs SET finished_at = ?2, outcome = ?3, totals = ?4 WHERE run_id = ?1 AND finished_at IS NULL",
        params![run_id, names::millis(end.finished_at), names::outcome_name(end.outcome), end.totals],
    )?;
    exactly_one(updated, || format!("the run {run_id} has ended already"))
}

/// Records that a resend is about to be sent.
pub(super) fn insert_intent(
    connection: &Connection,
    run_id: &str,
    request: &ResendRequest,
    at: DateTime<Utc>,
) -> Result<AttemptId, WriteError> {
    execute(
        connection,
        "INSERT INTO attempts (run_id, webhook_id, event_id, event_key, resend_id, created_at, intent_at, \
         runs_before, status_before, listed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            run_id,
            request.webhook.as_str(),
            request.event.text(),
            names::event_key(&request.event),
            request.resend_id.text(),
            request.created_at.map(names::millis),
            names::millis(at),
            request.runs_before,
            names::status_name(request.status_before),
            request.known_by == KnownBy::Listing,
        ],
    )?;
    Ok(AttemptId(connection.last_insert_rowid()))
}

/// Records how a resend ended, and settles it where that decides.
pub(super) fn update_outcome(
    connection: &Connection,
    attempt: AttemptId,
    outcome: &AttemptOutcome,
    settlement: Option<Settlement>,
    at: DateTime<Utc>,
) -> Result<(), WriteError> {
    let updated = execute(
        connection,
        "UPDATE attempts SET conclusion = ?2, status_code = ?3, runs_after = ?4, detail = ?5, outcome_at = ?6, \
         settlement = ?7, settled_at = ?8 WHERE id = ?1 AND conclusion IS NULL AND settlement IS NULL",
        params![
            attempt.0,
            outcome.conclusion.name(),
            outcome.status_code,
            outcome.runs_after,
            names::bounded(&outcome.detail),
            names::millis(at),
            settlement.map(Settlement::name),
            settlement.map(|_| names::millis(at)),
        ],
    )?;
    exactly_one(updated, || format!("attempt {} has an outcome already", attempt.0))
}

/// Settles an attempt by evidence; what is settled stays as it was settled.
///
/// What speaks against an arrival can be taken back when the event turns out to have arrived. A receiver
/// that was too slow to answer, or failed after its work was done, is told of like one that refused; and
/// what nothing showed within the settling time may show later.
pub(super) fn update_settlement(
    connection: &Connection,
    attempt: AttemptId,
    settlement: Settlement,
    evidence: &str,
    at: DateTime<Utc>,
) -> Result<(), WriteError> {
    let updated = execute(
        connection,
        "UPDATE attempts SET settlement = ?2, settled_at = ?3, evidence = ?4 \
         WHERE id = ?1 AND (settlement IS NULL OR (settlement <> ?5 AND ?2 = ?5))",
        params![
            attempt.0,
            settlement.name(),
            names::millis(at),
            names::bounded(evidence),
            Settlement::Recovered.name(),
        ],
    )?;
    exactly_one(updated, || format!("attempt {} is not open", attempt.0))
}

/// Takes back an intent that was never handed to anyone, so that it does not pass for a doubtful one.
pub(super) fn withdraw(connection: &Connection, attempt: AttemptId, at: DateTime<Utc>) -> rusqlite::Result<()> {
    execute(
        connection,
        "UPDATE attempts SET conclusion = ?2, detail = 'stopped before the request was sent', outcome_at = ?3, \
         settlement = ?4, settled_at = ?3 WHERE id = ?1 AND conclusion IS NULL AND settlement IS NULL",
        params![attempt.0, Conclusion::NotSent.name(), names::millis(at), Settlement::NotSent.name()],
    )?;
    Ok(())
}

fn exactly_one(rows: usize, otherwise: impl FnOnce() -> String) -> Result<(), WriteError> {
    if rows == 1 { Ok(()) } else { Err(WriteError::Unfit(Failure::Database(otherwise()))) }
}
