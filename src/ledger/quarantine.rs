//! The quarantine as rows: one for each stay. An event has at most one that has not ended, and what
//! has ended is kept as it was.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Params, Row, params};

use crate::event::{EventId, WebhookId};
use crate::history::{QuarantineEnd, QuarantinedEvent};

use super::failure::Failure;
use super::records;
use super::{Quarantine, QuarantineChange, names};

/// What the quarantine says of one event.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The stay that has not ended.
    pub(super) now: Option<Quarantine>,
    /// Attempts up to this one were forgiven with a release.
    pub(super) released_through: i64,
}

/// Records what a run changes.
pub(super) fn change(connection: &Connection, change: &QuarantineChange, at: DateTime<Utc>) -> rusqlite::Result<()> {
    match change {
        QuarantineChange::Entered { webhook, event, entry } => enter(connection, webhook, event, entry),
        QuarantineChange::Resolved { webhook, event, evidence } => resolve(connection, webhook, event, evidence, at),
    }
}

fn enter(connection: &Connection, webhook: &WebhookId, event: &EventId, entry: &Quarantine) -> rusqlite::Result<()> {
    records::execute(
        connection,
        "INSERT INTO quarantine (webhook_id, event_id, event_key, resend_id, created_at, since, attempts, reason) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
         ON CONFLICT (webhook_id, event_key) WHERE released_at IS NULL AND resolved_at IS NULL DO NOTHING",
        params![
            webhook.as_str(),
            event.text(),
            names::event_key(event),
            entry.resend_id.text(),
            entry.created_at.map(names::millis),
            names::millis(entry.since),
            entry.attempts,
            names::bounded(&entry.reason),
        ],
    )?;
    Ok(())
}

fn resolve(
    connection: &Connection,
    webhook: &WebhookId,
    event: &EventId,
    evidence: &str,
    at: DateTime<Utc>,
) -> rusqlite::Result<()> {
    records::execute(
        connection,
        "UPDATE quarantine SET resolved_at = ?3, evidence = ?4 \
         WHERE webhook_id = ?1 AND event_key = ?2 AND released_at IS NULL AND resolved_at IS NULL",
        params![webhook.as_str(), names::event_key(event), names::millis(at), names::bounded(evidence)],
    )?;
    Ok(())
}

/// Ends the stay of an event by a person's word; says whether it was there.
pub(super) fn release(
    connection: &Connection,
    webhook: &WebhookId,
    event: &EventId,
    released_by: &str,
    at: DateTime<Utc>,
) -> rusqlite::Result<bool> {
    let released = records::execute(
        connection,
        "UPDATE quarantine SET released_at = ?3, released_by = ?4, released_through = \
         (SELECT coalesce(max(id), 0) FROM attempts WHERE webhook_id = ?1 AND event_key = ?2) \
         WHERE webhook_id = ?1 AND event_key = ?2 AND released_at IS NULL AND resolved_at IS NULL",
        params![webhook.as_str(), names::event_key(event), names::millis(at), names::bounded(released_by)],
    )?;
    Ok(released > 0)
}

/// What the quarantine says of the events of a webhook.
pub(super) fn of_webhook(connection: &Connection, webhook: &WebhookId) -> Result<HashMap<EventId, Standing>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT event_id, released_at, resolved_at, released_through, since, created_at, resend_id, attempts, reason \
         FROM quarantine WHERE webhook_id = ?1",
    )?;
    let mut rows = statement.query([webhook.as_str()])?;
    let mut standings: HashMap<EventId, Standing> = HashMap::new();
    while let Some(row) = rows.next()? {
        let standing = standings.entry(names::event_id(&row.get::<_, String>(0)?)?).or_default();
        let (released_at, resolved_at): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
        if released_at.is_none() && resolved_at.is_none() {
            standing.now = Some(entry(row)?);
        }
        let through: Option<i64> = row.get(3)?;
        standing.released_through = standing.released_through.max(through.unwrap_or(0));
    }
    Ok(standings)
}

fn entry(row: &Row<'_>) -> Result<Quarantine, Failure> {
    Ok(Quarantine {
        since: names::instant(row.get(4)?)?,
        created_at: names::maybe_instant(row.get(5)?)?,
        resend_id: names::event_id(&row.get::<_, String>(6)?)?,
        attempts: row.get(7)?,
        reason: row.get(8)?,
    })
}

const STAYS: &str = "SELECT webhook_id, event_id, created_at, since, attempts, reason, released_at, released_by, \
     resolved_at, evidence FROM quarantine";

/// Every stay of an event, of whatever webhook, oldest first.
pub(super) fn stays_of(connection: &Connection, event: &EventId) -> Result<Vec<QuarantinedEvent>, Failure> {
    stays(connection, &format!("{STAYS} WHERE event_key = ?1 ORDER BY since, id"), [names::event_key(event)])
}

/// The events that are in quarantine now, of one webhook or of all, oldest event first.
pub(super) fn there_now(
    connection: &Connection,
    webhook: Option<&WebhookId>,
) -> Result<Vec<QuarantinedEvent>, Failure> {
    let sql = format!(
        "{STAYS} WHERE released_at IS NULL AND resolved_at IS NULL AND (?1 IS NULL OR webhook_id = ?1) \
         ORDER BY created_at, event_key, webhook_id"
    );
    stays(connection, &sql, [webhook.map(WebhookId::as_str)])
}

fn stays(connection: &Connection, sql: &str, params: impl Params) -> Result<Vec<QuarantinedEvent>, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut stays = Vec::new();
    while let Some(row) = rows.next()? {
        stays.push(stay(row)?);
    }
    Ok(stays)
}

fn stay(row: &Row<'_>) -> Result<QuarantinedEvent, Failure> {
    let released_at = names::maybe_instant(row.get(6)?)?;
    let resolved_at = names::maybe_instant(row.get(8)?)?;
    let end = match (released_at, resolved_at) {
        (Some(at), _) => Some(QuarantineEnd::Released { at, by: row.get::<_, Option<String>>(7)?.unwrap_or_default() }),
        (None, Some(at)) => {
            Some(QuarantineEnd::Resolved { at, evidence: row.get::<_, Option<String>>(9)?.unwrap_or_default() })
        }
        (None, None) => None,
    };
    Ok(QuarantinedEvent {
        webhook: names::webhook_id(&row.get::<_, String>(0)?)?,
        event: names::event_id(&row.get::<_, String>(1)?)?,
        created_at: names::maybe_instant(row.get(2)?)?,
        since: names::instant(row.get(3)?)?,
        attempts: row.get(4)?,
        reason: row.get(5)?,
        end,
    })
}
