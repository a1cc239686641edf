//! What earlier attempts say of an event. Nothing here can write.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::{Connection, Row};

use crate::attempt::{AttemptId, Conclusion, OpenAttempt, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};

use super::failure::Failure;
use super::schema::{self, Found};
use super::{EventHistory, History, LedgerError, WebhookHistory, names};

/// A ledger opened for reading.
///
/// It sees every row that was committed when it is asked, also while another process holds the lock
/// and writes. A ledger of a newer hookmend is read as far as this one understands it.
#[derive(Clone, Debug)]
pub struct LedgerReader {
    path: PathBuf,
    connection: Arc<Mutex<Connection>>,
}

impl LedgerReader {
    /// Opens the ledger at `path`, or returns `None` when it has no tables yet.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, LedgerError> {
        let opened = schema::open_read_only(path).and_then(|connection| {
            let found = schema::recognise(&connection)?;
            Ok((connection, found))
        });
        match opened.map_err(|failure| failure.at(path))? {
            (_, Found::Blank) => Ok(None),
            (connection, Found::Ledger { .. }) => {
                Ok(Some(Self { path: path.to_owned(), connection: Arc::new(Mutex::new(connection)) }))
            }
        }
    }
}

#[async_trait]
impl History for LedgerReader {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let connection = Arc::clone(&self.connection);
        let webhook = webhook.clone();
        let read = tokio::task::spawn_blocking(move || {
            // A query leaves nothing half done behind, so a panic elsewhere is no reason to stop here.
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            history_of(&connection, &webhook)
        });
        let read = read.await.unwrap_or_else(|error| Err(Failure::Database(format!("reading was stopped: {error}"))));
        read.map_err(|failure| failure.at(&self.path))
    }
}

const ATTEMPTS_OF_WEBHOOK: &str = "SELECT id, event_id, conclusion, settlement, resend_id, created_at, intent_at, \
     runs_before, status_before, runs_after, outcome_at FROM attempts WHERE webhook_id = ?1 ORDER BY event_key, id";

fn history_of(connection: &Connection, webhook: &WebhookId) -> Result<WebhookHistory, Failure> {
    let mut statement = connection.prepare(ATTEMPTS_OF_WEBHOOK)?;
    let mut rows = statement.query([webhook.as_str()])?;
    let mut tallies: HashMap<EventId, Tally> = HashMap::new();
    while let Some(row) = rows.next()? {
        let event = event_id(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
        let conclusion = optional(row, 2, names::conclusion)?;
        let settlement = optional(row, 3, names::settlement)?;
        let tally = tallies.entry(event).or_default();
        tally.count(conclusion, settlement);
        if is_open(conclusion, settlement) {
            tally.open.push(open_attempt(row, webhook, conclusion)?);
        }
    }
    let known = tallies.into_iter().map(|(event, tally)| (event, tally.into_history()));
    Ok(known.filter(|(_, history)| *history != EventHistory::default()).collect())
}

/// The attempts for one event, counted oldest first.
#[derive(Debug, Default)]
struct Tally {
    recovered: u32,
    since_recovery: u32,
    open: Vec<OpenAttempt>,
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
                self.recovered += 1;
                self.since_recovery = 0;
            }
            Some(Settlement::DeliveryFailed) => self.since_recovery += 1,
            None => {
                if conclusion.is_none_or(Conclusion::may_have_acted) {
                    self.since_recovery += 1;
                }
            }
        }
    }

    fn into_history(self) -> EventHistory {
        EventHistory { attempts: self.recovered.saturating_add(self.since_recovery), open: self.open }
    }
}

fn is_open(conclusion: Option<Conclusion>, settlement: Option<Settlement>) -> bool {
    match (settlement, conclusion) {
        (Some(_), _) => false,
        (None, None | Some(Conclusion::Accepted | Conclusion::InDoubt)) => true,
        (None, Some(Conclusion::NotSent | Conclusion::Rejected | Conclusion::Refused)) => false,
    }
}

fn open_attempt(row: &Row<'_>, webhook: &WebhookId, conclusion: Option<Conclusion>) -> Result<OpenAttempt, Failure> {
    let created_at: Option<i64> = row.get(5)?;
    let request = ResendRequest {
        webhook: webhook.clone(),
        event: event_id(&row.get::<_, String>(1)?)?,
        resend_id: event_id(&row.get::<_, String>(4)?)?,
        runs_before: row.get(7)?,
        status_before: names::status(&row.get::<_, String>(8)?)?,
        created_at: created_at.map(names::instant).transpose()?,
    };
    Ok(OpenAttempt {
        attempt: AttemptId(row.get(0)?),
        intent_at: names::instant(row.get(6)?)?,
        ended_at: row.get::<_, Option<i64>>(10)?.map(names::instant).transpose()?,
        request,
        conclusion,
        runs_after: row.get(9)?,
    })
}

fn event_id(text: &str) -> Result<EventId, Failure> {
    EventId::new(text).map_err(|_| Failure::unknown_value("the event id", text))
}

fn optional<T>(row: &Row<'_>, column: usize, read: fn(&str) -> Result<T, Failure>) -> Result<Option<T>, Failure> {
    let name = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    name.map(read).transpose()
}
