//! Removing what is settled and old, a bounded step at a time.
//!
//! An event goes with all its attempts or not at all, because the number of its attempts is what its
//! bound is counted by. An event that is quarantined, or of which any attempt is open or young, stays
//! whole. What was proven stays for good.
//!
//! The way leads from run to run, oldest first, so that nothing is read of what is young.

use rusqlite::{Connection, OptionalExtension, params};

use super::records;

/// About how many rows one step removes or looks at. One step is one transaction, and it waits in
/// line with what others record.
const ROWS_OF_STEP: usize = 2_000;

/// A file that is smaller than this is not made smaller, in bytes.
const SMALL_FILE: i64 = 8 << 20;

/// How far a prune has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The last run that is done, by its start and its id.
    done: (i64, String),
    /// The last attempt of the next run that was looked at, by its time and its number.
    within: (i64, i64),
}

impl Default for Progress {
    fn default() -> Self {
        Self { done: (i64::MIN, String::new()), within: BEGINNING }
    }
}

const BEGINNING: (i64, i64) = (i64::MIN, i64::MIN);

/// What one step did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Attempts that were removed.
    pub(super) removed: u64,
    /// Where the next step goes on; `None` when nothing is left to do.
    pub(super) next: Option<Progress>,
}

/// Removes a bounded part of what is settled and older than `before`, in milliseconds, inside a
/// transaction that the caller commits. The run that is at work stays.
pub(super) fn step(
    connection: &Connection,
    before: i64,
    at_work: Option<&str>,
    mut progress: Progress,
) -> rusqlite::Result<Step> {
    let mut removed = 0;
    let mut budget = ROWS_OF_STEP;
    while budget > 0 {
        let Some(run) = next_run(connection, before, &progress.done)? else {
            let stays = remove_ended_stays(connection, before, budget)?;
            return Ok(Step { removed: removed as u64, next: (stays == budget).then_some(progress) });
        };
        let candidates = candidates(connection, &run.1, before, progress.within, budget)?;
        let mut gone = 0;
        for candidate in &candidates {
            gone += remove_event(connection, candidate, before)?;
        }
        removed += gone;
        match candidates.last() {
            Some(last) if candidates.len() == budget => progress.within = last.place,
            Some(_) | None => {
                remove_run(connection, &run.1, before, at_work)?;
                progress = Progress { done: run, within: BEGINNING };
            }
        }
        budget = budget.saturating_sub(1 + candidates.len().max(gone));
    }
    Ok(Step { removed: removed as u64, next: Some(progress) })
}

fn next_run(connection: &Connection, before: i64, done: &(i64, String)) -> rusqlite::Result<Option<(i64, String)>> {
    connection
        .prepare_cached(
            "SELECT started_at, run_id FROM runs WHERE started_at < ?1 AND (started_at, run_id) > (?2, ?3) \
             ORDER BY started_at, run_id LIMIT 1",
        )?
        .query_row(params![before, done.0, done.1], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

/// An old attempt, whose event may go.
struct Candidate {
    place: (i64, i64),
    webhook_id: String,
    event_key: Vec<u8>,
}

fn candidates(
    connection: &Connection,
    run_id: &str,
    before: i64,
    after: (i64, i64),
    limit: usize,
) -> rusqlite::Result<Vec<Candidate>> {
    let mut statement = connection.prepare_cached(
        "SELECT intent_at, id, webhook_id, event_key FROM attempts \
         WHERE run_id = ?1 AND intent_at < ?2 AND (intent_at, id) > (?3, ?4) ORDER BY intent_at, id LIMIT ?5",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![run_id, before, after.0, after.1, limit], |row| {
        Ok(Candidate { place: (row.get(0)?, row.get(1)?), webhook_id: row.get(2)?, event_key: row.get(3)? })
    })?;
    rows.collect()
}

fn remove_event(connection: &Connection, candidate: &Candidate, before: i64) -> rusqlite::Result<usize> {
    records::execute(
        connection,
        "DELETE FROM attempts WHERE webhook_id = ?1 AND event_key = ?2 \
         AND NOT EXISTS (SELECT 1 FROM attempts AS kept WHERE kept.webhook_id = ?1 AND kept.event_key = ?2 \
                         AND (kept.settlement IS NULL OR kept.intent_at >= ?3)) \
         AND NOT EXISTS (SELECT 1 FROM quarantine WHERE webhook_id = ?1 AND event_key = ?2 \
                         AND released_at IS NULL AND resolved_at IS NULL)",
        params![candidate.webhook_id, candidate.event_key, before],
    )
}

fn remove_run(connection: &Connection, run_id: &str, before: i64, at_work: Option<&str>) -> rusqlite::Result<()> {
    if at_work == Some(run_id) {
        return Ok(());
    }
    records::execute(
        connection,
        "DELETE FROM runs WHERE run_id = ?1 AND coalesce(finished_at, started_at) < ?2 \
         AND NOT EXISTS (SELECT 1 FROM attempts WHERE run_id = ?1)",
        params![run_id, before],
    )?;
    Ok(())
}

/// Removes stays that ended long ago, once no attempt is left whose count depends on them.
fn remove_ended_stays(connection: &Connection, before: i64, limit: usize) -> rusqlite::Result<usize> {
    records::execute(
        connection,
        "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine AS stay \
         WHERE coalesce(stay.released_at, stay.resolved_at) < ?1 AND NOT EXISTS (SELECT 1 FROM attempts \
         WHERE attempts.webhook_id = stay.webhook_id AND attempts.event_key = stay.event_key) LIMIT ?2)",
        params![before, i64::try_from(limit).unwrap_or(i64::MAX)],
    )
}

/// Gives the disk back what a prune freed, when that is most of a file worth the work.
///
/// It is done aside and takes the place of the old content in one transaction, so that failing or
/// being killed changes nothing. Below that, the freed pages are used by what is recorded next.
pub(super) fn reclaim(connection: &Connection) -> rusqlite::Result<()> {
    let value = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (pages, free, page_size) = (value("page_count")?, value("freelist_count")?, value("page_size")?);
    if free.saturating_mul(2) <= pages || pages.saturating_mul(page_size) <= SMALL_FILE {
        return Ok(());
    }
    connection.execute_batch("VACUUM")?;
    // Passive: a reader that is in the middle of something is not waited for; it will be done later.
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
}
