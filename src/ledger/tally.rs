//! What counts against an event and what of it is open, told from its attempts and from quarantine.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use crate::attempt::{AttemptId, Conclusion, KnownBy, OpenAttempt, ResendRequest, Settlement};
use crate::event::{DeliveryStatus, EventId, WebhookId};

use super::failure::Failure;
use super::quarantine::Standing;
use super::{EventHistory, Unfinished, UnfinishedCause, WebhookHistory, names};

/// In the order in which the rows lie in the file, which is that of time.
pub(super) const ATTEMPTS_OF_WEBHOOK: &str = "SELECT id, event_id, conclusion, settlement, resend_id, created_at, intent_at, \
     runs_before, status_before, runs_after, outcome_at, settled_at, listed FROM attempts WHERE webhook_id = ?1 ORDER BY id";

/// The same of a ledger from before it was recorded how an event became known.
pub(super) const ATTEMPTS_OF_WEBHOOK_BEFORE_LISTED: &str = "SELECT id, event_id, conclusion, settlement, resend_id, \
     created_at, intent_at, runs_before, status_before, runs_after, outcome_at, settled_at, 1 FROM attempts \
     WHERE webhook_id = ?1 ORDER BY id";

/// Everything that is recorded of the events of a webhook.
pub(super) fn of_webhook(
    connection: &Connection,
    sql: &str,
    webhook: &WebhookId,
    mut standings: HashMap<EventId, Standing>,
) -> Result<WebhookHistory, Failure> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([webhook.as_str()])?;
    let mut history = WebhookHistory::new();
    let mut failures = Failures::default();
    while let Some(row) = rows.next()? {
        let event = names::event_id(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        let conclusion = optional(row, 2, names::conclusion)?;
        let settlement = optional(row, 3, names::settlement)?;
        let id: i64 = row.get(0)?;
        let forgiven = standings.get(&event).is_some_and(|standing| id <= standing.released_through);
        let counted = if forgiven { Counted::No } else { Counted::of(conclusion, settlement) };
        let open = is_open(conclusion, settlement).then(|| open_attempt(row, webhook, conclusion)).transpose()?;
        let arrived = settlement == Some(Settlement::Recovered);
        if arrived && let Some(standing) = standings.get_mut(&event) {
            standing.arrived_with = id;
        }
        if !arrived && !conclusion.is_none_or(Conclusion::may_have_acted) {
            continue;
        }
        let made_good = failures.count(&event, counted);
        let known = history.entry(event).or_default();
        known.attempts = known.attempts.saturating_sub(made_good).saturating_add(u32::from(counted != Counted::No));
        known.open.extend(open);
        if arrived {
            known.arrived_at = known.arrived_at.max(names::maybe_instant(row.get(11)?)?);
        }
        known.was_listed_as_failed |= row.get::<_, bool>(12)? && before(row)? != DeliveryStatus::Delivered;
        known.unfinished = if arrived { None } else { Some(Box::new(tried(row)?)) };
    }
    // What is open is looked at for its own sake.
    history.values_mut().filter(|known| !known.open.is_empty()).for_each(|known| known.unfinished = None);
    for (event, standing) in standings {
        stand(history.entry(event).or_default(), standing);
    }
    Ok(history)
}

/// The delivery status before an attempt.
fn before(row: &Row<'_>) -> Result<DeliveryStatus, Failure> {
    names::status(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)
}

/// What an attempt leaves to be done until a later one, or a look, shows that the event arrived.
fn tried(row: &Row<'_>) -> Result<Unfinished, Failure> {
    Ok(Unfinished {
        cause: UnfinishedCause::Tried,
        attempt: Some(AttemptId(row.get(0)?)),
        settled_at: names::maybe_instant(row.get(11)?)?,
        status_before: Some(before(row)?),
        created_at: names::maybe_instant(row.get(5)?)?,
        resend_id: names::event_id(&row.get::<_, String>(4)?)?,
    })
}

/// Adds what a person or an earlier run decided of the event.
fn stand(known: &mut EventHistory, standing: Standing) {
    let arrived_since = standing.arrived_with > standing.released_through;
    if let Some(quarantine) = standing.now {
        known.unfinished = None;
        known.quarantine = Some(quarantine);
    } else if let Some(released) = standing.released
        && !arrived_since
        && known.open.is_empty()
    {
        let tried = known.unfinished.as_deref();
        known.unfinished = Some(Box::new(Unfinished {
            cause: UnfinishedCause::Released,
            attempt: tried.and_then(|tried| tried.attempt),
            settled_at: tried.and_then(|tried| tried.settled_at),
            status_before: tried.and_then(|tried| tried.status_before),
            created_at: released.created_at,
            resend_id: released.resend_id,
        }));
    }
}

/// How an attempt counts against the bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    /// The receiver never saw it, or a person forgave it.
    No,
    /// The receiver has not accepted the event so far.
    Failure,
    /// The event arrived.
    Recovery,
}

impl Counted {
    fn of(conclusion: Option<Conclusion>, settlement: Option<Settlement>) -> Self {
        match settlement {
            Some(Settlement::NotSent) => Self::No,
            Some(Settlement::Recovered) => Self::Recovery,
            Some(Settlement::DeliveryFailed) => Self::Failure,
            None if conclusion.is_none_or(Conclusion::may_have_acted) => Self::Failure,
            None => Self::No,
        }
    }
}

/// The failures of each event since it was last recovered. Most events never fail here, so this stays
/// small beside the history.
#[derive(Debug, Default)]
struct Failures(HashMap<EventId, u32>);

impl Failures {
    /// Takes in one attempt, oldest first, and returns how many failures it makes good.
    ///
    /// The failures before a recovery are forgiven: the event arrived, and if it is lost again it
    /// deserves new attempts. The recovery itself stays counted, because a vendor and a log that
    /// contradict each other can make an event "recover" on every run.
    fn count(&mut self, event: &EventId, counted: Counted) -> u32 {
        match counted {
            Counted::No => 0,
            Counted::Failure => {
                let failures = self.0.entry(event.clone()).or_default();
                *failures = failures.saturating_add(1);
                0
            }
            Counted::Recovery => self.0.remove(event).unwrap_or(0),
        }
    }
}

/// Whether evidence is still awaited. A refusal that settled nothing is: no run counter vouches for it.
fn is_open(conclusion: Option<Conclusion>, settlement: Option<Settlement>) -> bool {
    settlement.is_none() && conclusion.is_none_or(Conclusion::may_have_acted)
}

fn open_attempt(row: &Row<'_>, webhook: &WebhookId, conclusion: Option<Conclusion>) -> Result<OpenAttempt, Failure> {
    let request = ResendRequest {
        webhook: webhook.clone(),
        event: names::event_id(&row.get::<_, String>(1)?)?,
        resend_id: names::event_id(&row.get::<_, String>(4)?)?,
        runs_before: row.get(7)?,
        status_before: names::status(&row.get::<_, String>(8)?)?,
        created_at: names::maybe_instant(row.get(5)?)?,
        known_by: if row.get(12)? { KnownBy::Listing } else { KnownBy::Record },
    };
    Ok(OpenAttempt {
        attempt: AttemptId(row.get(0)?),
        intent_at: names::instant(row.get(6)?)?,
        ended_at: names::maybe_instant(row.get(10)?)?,
        request,
        conclusion,
        runs_after: row.get(9)?,
    })
}

/// Reads a name that may be missing.
pub(super) fn optional<T>(
    row: &Row<'_>,
    column: usize,
    read: fn(&str) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    let name = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    name.map(read).transpose()
}
