//! What counts against an event and what of it is open, told from its attempts and from quarantine.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use crate::attempt::{AttemptId, Conclusion, OpenAttempt, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};

use super::failure::Failure;
use super::quarantine::Standing;
use super::{EventHistory, Unfinished, UnfinishedCause, WebhookHistory, names};

const ATTEMPTS_OF_WEBHOOK: &str = "SELECT id, event_id, conclusion, settlement, resend_id, created_at, intent_at, \
     runs_before, status_before, runs_after, outcome_at, settled_at FROM attempts WHERE webhook_id = ?1 ORDER BY event_key, id";

/// Everything that is recorded of the events of a webhook.
pub(super) fn of_webhook(
    connection: &Connection,
    webhook: &WebhookId,
    standings: HashMap<EventId, Standing>,
) -> Result<WebhookHistory, Failure> {
    let mut statement = connection.prepare_cached(ATTEMPTS_OF_WEBHOOK)?;
    let mut rows = statement.query([webhook.as_str()])?;
    let mut tallies: HashMap<EventId, Tally> = HashMap::new();
    while let Some(row) = rows.next()? {
        let event = names::event_id(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        let conclusion = optional(row, 2, names::conclusion)?;
        let settlement = optional(row, 3, names::settlement)?;
        let id: i64 = row.get(0)?;
        let forgiven = standings.get(&event).is_some_and(|standing| id <= standing.released_through);
        let tally = tallies.entry(event).or_default();
        if !forgiven {
            tally.count(conclusion, settlement);
        }
        if is_open(conclusion, settlement) {
            tally.open.push(open_attempt(row, webhook, conclusion)?);
        }
        if settlement == Some(Settlement::Recovered) {
            tally.arrived_with = Some(AttemptId(id));
            tally.unfinished = None;
        } else if conclusion.is_none_or(Conclusion::may_have_acted) {
            tally.unfinished = Some(Box::new(Unfinished {
                cause: UnfinishedCause::Tried,
                attempt: Some(AttemptId(id)),
                settled_at: names::maybe_instant(row.get(11)?)?,
                status_before: Some(names::status(row.get_ref(8)?.as_str().map_err(rusqlite::Error::from)?)?),
                created_at: names::maybe_instant(row.get(5)?)?,
                resend_id: names::event_id(&row.get::<_, String>(4)?)?,
            }));
        }
    }
    let mut history = WebhookHistory::new();
    for (event, standing) in standings {
        let tally = tallies.remove(&event).unwrap_or_default();
        history.insert(event, tally.into_history_with(standing));
    }
    history.extend(tallies.into_iter().map(|(event, tally)| (event, tally.into_history())));
    history.retain(|_, known| *known != EventHistory::default());
    Ok(history)
}

/// The attempts for one event, counted oldest first.
#[derive(Debug, Default)]
struct Tally {
    recovered: u32,
    since_recovery: u32,
    open: Vec<OpenAttempt>,
    /// The latest attempt by which the event arrived.
    arrived_with: Option<AttemptId>,
    /// The latest attempt that may have acted, unless the event arrived.
    unfinished: Option<Box<Unfinished>>,
}

impl Tally {
    /// Counts one attempt.
    ///
    /// The failures before a recovery are forgiven: the event arrived, and if it is lost again it
    /// deserves new attempts. The recovery itself stays counted, because a vendor and a log that
    /// contradict each other can make an event "recover" on every run.
    fn count(&mut self, conclusion: Option<Conclusion>, settlement: Option<Settlement>) {
        match settlement {
            Some(Settlement::NotSent) => {}
            Some(Settlement::Recovered) => {
                self.recovered = self.recovered.saturating_add(1);
                self.since_recovery = 0;
            }
            Some(Settlement::DeliveryFailed) => self.since_recovery = self.since_recovery.saturating_add(1),
            None => {
                if conclusion.is_none_or(Conclusion::may_have_acted) {
                    self.since_recovery = self.since_recovery.saturating_add(1);
                }
            }
        }
    }

    fn into_history(self) -> EventHistory {
        let attempts = self.recovered.saturating_add(self.since_recovery);
        // What is open is looked at for its own sake.
        let unfinished = self.unfinished.filter(|_| self.open.is_empty());
        EventHistory { attempts, open: self.open, quarantine: None, unfinished }
    }

    fn into_history_with(self, standing: Standing) -> EventHistory {
        let arrived_since = self.arrived_with.is_some_and(|attempt| attempt.0 > standing.released_through);
        let mut history = self.into_history();
        if let Some(quarantine) = standing.now {
            history.unfinished = None;
            history.quarantine = Some(quarantine);
        } else if let Some(released) = standing.released
            && !arrived_since
            && history.open.is_empty()
        {
            let tried = history.unfinished.as_deref();
            history.unfinished = Some(Box::new(Unfinished {
                cause: UnfinishedCause::Released,
                attempt: tried.and_then(|tried| tried.attempt),
                settled_at: tried.and_then(|tried| tried.settled_at),
                status_before: tried.and_then(|tried| tried.status_before),
                created_at: released.created_at,
                resend_id: released.resend_id,
            }));
        }
        history
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
