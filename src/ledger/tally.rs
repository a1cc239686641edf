//! What counts against an event and what of it is open, told from its attempts and from quarantine.

use std::collections::HashMap;

use rusqlite::{Connection, Row};

use crate::attempt::{AttemptId, Conclusion, OpenAttempt, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};

use super::failure::Failure;
use super::quarantine::Standing;
use super::{WebhookHistory, names};

/// In the order in which the rows lie in the file, which is that of time.
pub(super) const ATTEMPTS_OF_WEBHOOK: &str = "SELECT id, event_id, conclusion, settlement, resend_id, created_at, intent_at, \
     runs_before, status_before, runs_after, outcome_at FROM attempts WHERE webhook_id = ?1 ORDER BY id";

/// Everything that is recorded of the events of a webhook.
pub(super) fn of_webhook(
    connection: &Connection,
    webhook: &WebhookId,
    standings: HashMap<EventId, Standing>,
) -> Result<WebhookHistory, Failure> {
    let mut statement = connection.prepare_cached(ATTEMPTS_OF_WEBHOOK)?;
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
        if counted == Counted::No && open.is_none() {
            continue;
        }
        let made_good = failures.count(&event, counted);
        let known = history.entry(event).or_default();
        known.attempts = known.attempts.saturating_sub(made_good).saturating_add(u32::from(counted != Counted::No));
        known.open.extend(open);
    }
    for (event, standing) in standings {
        if let Some(quarantine) = standing.now {
            history.entry(event).or_default().quarantine = Some(quarantine);
        }
    }
    Ok(history)
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
