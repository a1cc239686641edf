//! The past for people: runs, and attempts with all that is recorded of them.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Params, Row};

use crate::attempt::AttemptId;
use crate::event::{EventId, WebhookId, Window};
use crate::history::{AttemptRecord, RunRecord};

use super::failure::Failure;
use super::reader::Snapshot;
use super::{names, tally};

/// The name of the column that says who asked for a run, or what stands in for it.
fn asked_by(snapshot: &Snapshot<'_>) -> &'static str {
    if snapshot.has_quarantine() { "runs.asked_by" } else { "''" }
}

pub(super) fn runs_sql(asked_by: &str) -> String {
    format!(
        "SELECT run_id, command, {asked_by}, started_at, finished_at, window_from, window_to, webhooks, outcome, totals, \
         (SELECT count(*) FROM attempts WHERE attempts.run_id = runs.run_id) \
         FROM runs ORDER BY started_at DESC, run_id DESC LIMIT ?1"
    )
}

/// The runs, newest first.
pub(super) fn runs(snapshot: &Snapshot<'_>, limit: u64) -> Result<Vec<RunRecord>, Failure> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    all(snapshot, &runs_sql(asked_by(snapshot)), [limit], run)
}

fn run(row: &Row<'_>) -> Result<RunRecord, Failure> {
    let (from, to) = (names::instant(row.get(5)?)?, names::instant(row.get(6)?)?);
    let webhooks: String = row.get(7)?;
    Ok(RunRecord {
        run_id: row.get(0)?,
        command: row.get(1)?,
        asked_by: row.get(2)?,
        started_at: names::instant(row.get(3)?)?,
        finished_at: names::maybe_instant(row.get(4)?)?,
        window: Window::new(from, to).ok_or_else(|| Failure::unknown_value("the window", &format!("{from}..{to}")))?,
        webhooks: webhook_ids(&webhooks)?,
        outcome: row.get(8)?,
        totals: row.get(9)?,
        attempts: u64::try_from(row.get::<_, i64>(10)?).unwrap_or(0),
    })
}

fn webhook_ids(json: &str) -> Result<Vec<WebhookId>, Failure> {
    let ids: Vec<String> =
        serde_json::from_str(json).map_err(|_| Failure::unknown_value("the list of webhooks", json))?;
    ids.iter().map(|id| names::webhook_id(id)).collect()
}

const COLUMNS: &str = "attempts.id, attempts.run_id, runs.command, attempts.webhook_id, attempts.event_id, \
     attempts.created_at, attempts.intent_at, attempts.status_before, attempts.runs_before, attempts.outcome_at, \
     attempts.conclusion, attempts.status_code, attempts.runs_after, attempts.detail, attempts.settlement, \
     attempts.settled_at, attempts.evidence";

pub(super) fn attempts_of_event_sql(asked_by: &str) -> String {
    // Webhooks are few and attempts are many: one look into the index for each webhook finds the event
    // without an index of its own.
    format!(
        "WITH RECURSIVE hooks (id) AS (SELECT min(webhook_id) FROM attempts UNION ALL \
         SELECT (SELECT min(webhook_id) FROM attempts WHERE webhook_id > hooks.id) FROM hooks \
         WHERE hooks.id IS NOT NULL) \
         SELECT {COLUMNS}, {asked_by} FROM hooks CROSS JOIN attempts ON attempts.webhook_id = hooks.id \
         JOIN runs ON runs.run_id = attempts.run_id WHERE attempts.event_key = ?1 ORDER BY attempts.id"
    )
}

/// The attempts for an event, of whatever webhook, oldest first.
pub(super) fn attempts_of(snapshot: &Snapshot<'_>, event: &EventId) -> Result<Vec<AttemptRecord>, Failure> {
    all(snapshot, &attempts_of_event_sql(asked_by(snapshot)), [names::event_key(event)], attempt)
}

pub(super) fn attempts_of_run_sql(asked_by: &str) -> String {
    format!(
        "SELECT {COLUMNS}, {asked_by} FROM attempts JOIN runs ON runs.run_id = attempts.run_id \
         WHERE attempts.run_id = ?1 ORDER BY attempts.id"
    )
}

/// The attempts of a run, oldest first.
pub(super) fn attempts_of_run(snapshot: &Snapshot<'_>, run_id: &str) -> Result<Vec<AttemptRecord>, Failure> {
    all(snapshot, &attempts_of_run_sql(asked_by(snapshot)), [run_id], attempt)
}

fn attempt(row: &Row<'_>) -> Result<AttemptRecord, Failure> {
    Ok(AttemptRecord {
        attempt: AttemptId(row.get(0)?),
        run_id: row.get(1)?,
        command: row.get(2)?,
        webhook: names::webhook_id(&row.get::<_, String>(3)?)?,
        event: names::event_id(&row.get::<_, String>(4)?)?,
        created_at: names::maybe_instant(row.get(5)?)?,
        intent_at: names::instant(row.get(6)?)?,
        status_before: names::status(&row.get::<_, String>(7)?)?,
        runs_before: row.get(8)?,
        ended_at: names::maybe_instant(row.get(9)?)?,
        conclusion: tally::optional(row, 10, names::conclusion)?,
        status_code: row.get(11)?,
        runs_after: row.get(12)?,
        detail: row.get(13)?,
        settlement: tally::optional(row, 14, names::settlement)?,
        settled_at: names::maybe_instant(row.get(15)?)?,
        evidence: row.get(16)?,
        asked_by: row.get(17)?,
    })
}

/// Spelled as in the index over it.
pub(super) const DELIVERY_FAILURES: &str = "SELECT coalesce(CASE conclusion WHEN 'refused' THEN outcome_at END, settled_at, \
     outcome_at, intent_at) AS failed_at FROM attempts \
     WHERE settlement = 'delivery_failed' AND webhook_id = ?1 AND failed_at >= ?2 ORDER BY failed_at";

/// When the receiver of a webhook refused a resend, not before `since`, in order of time.
pub(super) fn delivery_failures(
    connection: &Connection,
    webhook: &WebhookId,
    since: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, Failure> {
    let mut statement = connection.prepare_cached(DELIVERY_FAILURES)?;
    let mut rows = statement.query((webhook.as_str(), names::millis(since)))?;
    let mut times = Vec::new();
    while let Some(row) = rows.next()? {
        times.push(names::instant(row.get(0)?)?);
    }
    Ok(times)
}

fn all<T>(
    snapshot: &Snapshot<'_>,
    sql: &str,
    params: impl Params,
    read: fn(&Row<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    let mut statement = snapshot.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(read(row)?);
    }
    Ok(records)
}
