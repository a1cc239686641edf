//! A received log in a database, asked in place: only ids that are wanted and found travel.
//!
//! A database is opened to read and left as it was. Every look-up connects anew and asks in one
//! snapshot; what fails on the way makes the answer say less, never "absent".
//!
//! | room | what it owns |
//! |---|---|
//! | `address`, `server_address`, `identifier` | where the database is and what is asked of it; names in quotes |
//! | `spelling` | wanted ids as texts to send, and stored values as ids |
//! | `tally` | rows to sightings, by the rules of the files |
//! | `gathering` | the rows that nobody asked for, for an audit |
//! | `sqlite`, `frozen` | the file of SQLite, live or at rest |
//! | `postgres` | the server of PostgreSQL |
//! | `several` | files and databases as one log |

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::{ReceivedError, ReceivedLog, StatusSet};
use crate::event::Window;
use crate::receipt::{Lookup, Unlisted, WantedIds};

mod address;
mod frozen;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod gathering;
mod identifier;
mod postgres;
mod server_address;
mod several;
mod spelling;
mod sqlite;
mod tally;
#[cfg(test)]
mod tests;

pub use address::{AddressError, DatabaseAddress};
use address::{Column, Engine, Patience};
use identifier::{Name, TableName};
pub use several::SeveralLogs;

/// Who one is to a database server, where its address does not say it.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<SecretString>,
    /// A file of passwords, in the form of `~/.pgpass`; it need not be there.
    pub password_file: Option<PathBuf>,
}

/// What is said about a received log in a database, beside its address.
#[derive(Clone, Debug, Default)]
pub struct DatabaseOptions {
    /// The query for addresses that name no table.
    pub query: Option<String>,
    /// The column of the id, for addresses that name none.
    pub id: Option<String>,
    /// The column of the status, for addresses that say nothing of it.
    pub status: Option<String>,
    /// The column of the time, for addresses that say nothing of it.
    pub time: Option<String>,
    /// The status codes that count as received.
    pub ok: StatusSet,
    /// The first instant the log speaks of, where the user knows it; it outranks the times of rows.
    pub since: Option<DateTime<Utc>>,
    /// The zone of times without an offset.
    pub zone: Tz,
    /// Who one is to a server.
    pub credentials: Credentials,
    /// Further certificate authorities to trust, in PEM.
    pub extra_roots: Option<Vec<u8>>,
}

/// Why a database does not answer.
#[derive(Debug)]
enum Trouble {
    /// What was said about it does not fit it.
    Refused { message: String, hint: String },
    /// It can't be reached, or takes too long.
    Unreachable { message: String, hint: String },
    /// It answered something that it was not asked.
    Misled { message: String, hint: String },
}

impl Trouble {
    fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { message: message.into(), hint: hint.into() }
    }

    fn unreachable(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unreachable { message: message.into(), hint: hint.into() }
    }

    fn into_error(self, name: &str) -> ReceivedError {
        match self {
            Self::Refused { message, hint } | Self::Misled { message, hint } => {
                ReceivedError::Unusable { path: name.into(), message, hint }
            }
            Self::Unreachable { message, hint } => ReceivedError::Unreachable { name: name.to_owned(), message, hint },
        }
    }
}

/// What counts in rows.
#[derive(Clone, Debug)]
struct Rules {
    ok: StatusSet,
    since: Option<DateTime<Utc>>,
    zone: Tz,
}

/// What the database is asked.
#[derive(Clone, Debug)]
enum Question {
    /// Rows of a table.
    Table(Table),
    /// Whatever somebody wrote, with one array parameter.
    Query(String),
}

/// Where in a database the ids are.
#[derive(Clone, Debug)]
struct Table {
    name: TableName,
    id: Name,
    status: Option<Name>,
    time: Option<Name>,
}

/// Everything that is known about a database before it is asked.
#[derive(Clone, Debug)]
struct Inquiry {
    /// Its address, as it may be shown.
    name: String,
    question: Question,
    rules: Rules,
    patience: Patience,
}

/// What a first look showed, for people.
#[derive(Debug)]
struct Facts {
    /// The type of the id's column.
    id_type: String,
    /// How many rows there are, counted no further than [`Facts::COUNTED`].
    rows: u64,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    /// What else there is to say.
    remark: Option<&'static str>,
}

impl Facts {
    /// How far rows are counted: more would take its time in a large table.
    const COUNTED: u64 = 10_000;
}

enum Source {
    Sqlite(PathBuf),
    Postgres(Box<postgres::Connector>),
}

/// A received log in a database.
pub struct DatabaseLog {
    source: Source,
    inquiry: Arc<Inquiry>,
    description: String,
}

impl DatabaseLog {
    /// Connects, and makes sure that what is asked for is there.
    ///
    /// # Errors
    /// When the database can't be reached, refuses, or has no such table and columns.
    pub async fn open(address: DatabaseAddress, options: DatabaseOptions) -> Result<Self, ReceivedError> {
        let name = address.to_string();
        let opened = Self::try_open(address, options).await;
        opened.map_err(|trouble| trouble.into_error(&name))
    }

    async fn try_open(address: DatabaseAddress, options: DatabaseOptions) -> Result<Self, Trouble> {
        let name = address.to_string();
        let question = question(&address, &options)?;
        let rules = Rules { ok: options.ok, since: options.since, zone: options.zone };
        let inquiry = Arc::new(Inquiry { name, question, rules, patience: address.patience });
        let source = match address.engine {
            Engine::Sqlite(path) => Source::Sqlite(path),
            Engine::Postgres(server) => {
                let roots = options.extra_roots.as_deref();
                let connector =
                    postgres::Connector::new(server, address.patience.connect, &options.credentials, roots)?;
                Source::Postgres(Box::new(connector))
            }
        };
        let facts = match &source {
            Source::Sqlite(path) => sqlite::examine(path.clone(), Arc::clone(&inquiry)).await?,
            Source::Postgres(connector) => postgres::examine(connector, &inquiry).await?,
        };
        let description = describe(&inquiry, facts.as_ref());
        Ok(Self { source, inquiry, description })
    }
}

#[async_trait]
impl ReceivedLog for DatabaseLog {
    fn describe(&self) -> Vec<String> {
        vec![self.description.clone()]
    }

    fn is_live(&self) -> bool {
        true
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let answer = match &self.source {
            Source::Sqlite(path) => sqlite::look_up(path.clone(), Arc::clone(&self.inquiry), wanted).await,
            Source::Postgres(connector) => postgres::look_up(connector, &self.inquiry, &wanted).await,
        };
        answer.map(|lookup| self.named(lookup)).map_err(|trouble| trouble.into_error(&self.inquiry.name))
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let answer = match &self.source {
            Source::Sqlite(path) => sqlite::audit(path.clone(), Arc::clone(&self.inquiry), listed, window).await,
            Source::Postgres(connector) => postgres::audit(connector, &self.inquiry, &listed, window).await,
        };
        let (lookup, mut unlisted) = answer.map_err(|trouble| trouble.into_error(&self.inquiry.name))?;
        if let Some(reason) = &mut unlisted.untold {
            *reason = format!("{}: {reason}", self.inquiry.name);
        }
        Ok((self.named(lookup), unlisted))
    }
}

impl DatabaseLog {
    /// Says of which database it is that something was wrong.
    fn named(&self, mut lookup: Lookup) -> Lookup {
        if let Some(reason) = &mut lookup.coverage.broken {
            *reason = format!("{}: {reason}", self.inquiry.name);
        }
        lookup
    }
}

impl fmt::Debug for DatabaseLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("DatabaseLog").field(&self.inquiry.name).finish()
    }
}

/// What is asked, of all that was said: the address outranks what holds for all sources.
fn question(address: &DatabaseAddress, options: &DatabaseOptions) -> Result<Question, Trouble> {
    let place = &address.place;
    let Some(table) = &place.table else {
        return match &options.query {
            Some(query) => Ok(Question::Query(query.clone())),
            None => Err(Trouble::refused(
                "the address names no table",
                "add ?table=TABLE&column=COLUMN, or give a query with --received-query",
            )),
        };
    };
    let named = |column: &Column, fallback: &Option<String>| match (column, fallback) {
        (Column::Named(name), _) => Ok(Some(name.clone())),
        (Column::None, _) | (Column::Unsaid, None) => Ok(None),
        (Column::Unsaid, Some(text)) => Name::new(text.as_str()).map(Some),
    };
    let unusable = |error: identifier::NameError| Trouble::refused(error.to_string(), "check the names of the columns");
    let id = named(&place.column, &options.id).map_err(unusable)?;
    Ok(Question::Table(Table {
        name: table.clone(),
        id: id.ok_or_else(|| {
            Trouble::refused("nothing says which column holds the event ids", "add &column=COLUMN to the address")
        })?,
        status: named(&place.status, &options.status).map_err(unusable)?,
        time: named(&place.time, &options.time).map_err(unusable)?,
    }))
}

fn describe(inquiry: &Inquiry, facts: Option<&Facts>) -> String {
    let name = &inquiry.name;
    let (Question::Table(table), Some(facts)) = (&inquiry.question, facts) else {
        return format!("{name}: asked by a query of your own");
    };
    let mut text = format!("{name}: ids in the column {} ({})", table.id, facts.id_type);
    if let Some(status) = &table.status {
        text.push_str(&format!(", received where {status} is {}", inquiry.rules.ok));
    }
    match facts.rows {
        0 => text.push_str(", no rows"),
        1 => text.push_str(", 1 row"),
        rows if rows > Facts::COUNTED => text.push_str(&format!(", more than {} rows", Facts::COUNTED)),
        rows => text.push_str(&format!(", {rows} rows")),
    }
    if let (Some(first), Some(last)) = (facts.first, facts.last) {
        text.push_str(&format!(", from {} to {}", first.format("%F %TZ"), last.format("%F %TZ")));
    }
    if let Some(remark) = facts.remark {
        text.push_str(&format!(", {remark}"));
    }
    text
}

impl Table {
    /// What is missing when no row has a time.
    fn no_time(&self) -> Option<String> {
        self.time.as_ref().map(|time| format!("no row of {} has a readable time in {time}", self.name))
    }
}

/// What is missing when a query that has a column of times gave none.
const QUERY_WITHOUT_TIME: &str = "the query gave no time, so nothing says where the log begins; let it also return a \
                                  row whose id is NULL, with the earliest time of the log";
