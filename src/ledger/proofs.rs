//! What was proven clean of each webhook, as rows: one stretch for each, which only ever grows.

use rusqlite::{Connection, OptionalExtension, params};

use crate::event::WebhookId;
use crate::proven::Proven;

use super::failure::Failure;
use super::names;
use super::records::{self, WriteError};

/// Joins what a run proved with what is recorded, by [`Proven::join`].
pub(super) fn join(
    connection: &Connection,
    run_id: &str,
    webhook: &WebhookId,
    proven: Proven,
) -> Result<(), WriteError> {
    let known = of_webhook(connection, webhook)?;
    let joined = known.map_or(proven, |known| known.join(proven));
    if known == Some(joined) {
        return Ok(());
    }
    records::execute(
        connection,
        "INSERT INTO proven (webhook_id, proven_from, proven_until, run_id) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (webhook_id) DO UPDATE \
         SET proven_from = excluded.proven_from, proven_until = excluded.proven_until, run_id = excluded.run_id",
        params![
            webhook.as_str(),
            // Both ends are rounded inwards: nothing may pass for proven that was not looked at.
            names::millis_rounded_up(joined.from),
            names::millis(joined.until),
            run_id
        ],
    )?;
    Ok(())
}

/// What is recorded of a webhook.
pub(super) fn of_webhook(connection: &Connection, webhook: &WebhookId) -> Result<Option<Proven>, Failure> {
    let mut statement =
        connection.prepare_cached("SELECT proven_from, proven_until FROM proven WHERE webhook_id = ?1")?;
    let found: Option<(i64, i64)> =
        statement.query_row([webhook.as_str()], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((from, until)) = found else { return Ok(None) };
    let proven = Proven { from: names::instant(from)?, until: names::instant(until)? };
    // A stretch that was shorter than a millisecond is none.
    Ok((proven.from < proven.until).then_some(proven))
}
