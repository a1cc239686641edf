//! A received log in a file of SQLite.
//!
//! It owns how such a file is read without a trace: nothing is created, written or recovered, and the
//! owner's locks are held no longer than a statement lasts.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, Row, Statement, ToSql};
use uuid::Uuid;

use super::frozen::{Access, access, unreadable};
use super::gathering::{BY_QUERY, Gathering, untold};
use super::spelling::{Cell, Forms, MOST_SPELLINGS, batches, canonical_number, check_sample, spellings};
use super::tally::{RowStatus, Tally, broken_by, earliest};
use super::{Facts, Inquiry, QUERY_WITHOUT_TIME, Question, Table, Trouble};
use crate::event::{EventId, IdKey, Window};
use crate::receipt::{Lookup, Unlisted, WantedIds};

/// How often a running statement is looked at.
const TICK: Duration = Duration::from_millis(50);
/// How long somebody else's lock is waited for.
const LOCK_WAIT: Duration = Duration::from_secs(5);
/// How often a file is read again that began or ceased to be written meanwhile.
const ATTEMPTS: usize = 20;
/// How long its writer is left alone then.
const PAUSE: Duration = Duration::from_millis(25);
/// How many rows are looked at to learn the spelling of ids or the form of times.
const SAMPLE: usize = 100;
/// What may stand in a `file:` address as it is.
const URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// Makes sure that the table is there and fit.
pub(super) async fn examine(path: PathBuf, inquiry: Arc<Inquiry>) -> Result<Option<Facts>, Trouble> {
    watched(inquiry.patience.statement, move |watch| {
        at_rest_or_live(&path, watch, |connection| match &inquiry.question {
            Question::Table(table) => examine_table(connection, watch, table, &inquiry).map(Some),
            Question::Query(sql) => examine_query(connection, watch, sql).map(|()| None),
        })
    })
    .await
}

/// Asks for ids.
pub(super) async fn look_up(path: PathBuf, inquiry: Arc<Inquiry>, wanted: Arc<WantedIds>) -> Result<Lookup, Trouble> {
    let nothing = Tally::new(&wanted, &inquiry.rules).conclude(Ok(()))?;
    let asked = watched(inquiry.patience.statement, move |watch| {
        at_rest_or_live(&path, watch, |connection| ask(connection, watch, &inquiry, &wanted))
    });
    match asked.await {
        // The file can't be opened any more: whatever it holds now is not shown.
        Err(Trouble::Refused { message, .. } | Trouble::Unreachable { message, .. }) => Ok(broken_by(nothing, message)),
        other => other,
    }
}

/// Asks for ids, and gathers all others, in one snapshot.
pub(super) async fn audit(
    path: PathBuf,
    inquiry: Arc<Inquiry>,
    listed: Arc<WantedIds>,
    window: Window,
) -> Result<(Lookup, Unlisted), Trouble> {
    let nothing = Tally::new(&listed, &inquiry.rules).conclude(Ok(()))?;
    let asked = watched(inquiry.patience.statement, move |watch| {
        at_rest_or_live(&path, watch, |connection| {
            let lookup = ask(connection, watch, &inquiry, &listed)?;
            let Question::Table(table) = &inquiry.question else { return Ok((lookup, untold(BY_QUERY))) };
            let mut gathering = Gathering::new(&listed, &inquiry.rules, window);
            let gathered = gather_table(connection, watch, table, &mut gathering);
            Ok((lookup, gathering.conclude(gathered)))
        })
    });
    match asked.await {
        Err(Trouble::Refused { message, .. } | Trouble::Unreachable { message, .. }) => {
            Ok((broken_by(nothing, message.clone()), untold(message)))
        }
        other => other,
    }
}

fn ask(connection: &Connection, watch: &Watch, inquiry: &Inquiry, wanted: &WantedIds) -> Result<Lookup, Trouble> {
    let mut tally = Tally::new(wanted, &inquiry.rules);
    let asked = match &inquiry.question {
        Question::Table(table) => ask_table(connection, watch, table, &mut tally, wanted),
        Question::Query(sql) => ask_query(connection, watch, sql, &mut tally, wanted),
    };
    tally.conclude(asked)
}

fn gather_table(
    connection: &Connection,
    watch: &Watch,
    table: &Table,
    gathering: &mut Gathering<'_>,
) -> Result<(), Trouble> {
    let columns: Vec<String> =
        [Some(&table.id), table.status.as_ref(), table.time.as_ref()].into_iter().flatten().map(column).collect();
    let sql = format!("SELECT {} FROM {} AS t", columns.join(", "), table.name.sql());
    watch.begin();
    let mut statement = connection.prepare(&sql).map_err(|error| watch.trouble(&error))?;
    let taken = for_each_row(&mut statement, &[], |row| {
        let id = cell_of(row, 0)?;
        let status = table.status.as_ref().map(|_| cell_of(row, 1)).transpose()?;
        let time = table.time.as_ref().map(|_| cell_of(row, columns.len() - 1)).transpose()?;
        gathering.take(&id, status.as_ref().map_or(RowStatus::NotAsked, RowStatus::Is), time.as_ref());
        Ok(())
    });
    taken.map_err(|error| watch.trouble(&error))
}

/// What stops a statement that lasts too long.
struct Watch {
    limit: Duration,
    begun: Mutex<Instant>,
    handle: Mutex<Option<InterruptHandle>>,
}

impl Watch {
    /// A statement begins.
    fn begin(&self) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn interrupt_if_late(&self) {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.elapsed() > self.limit
            && let Some(handle) = &*self.handle.lock().unwrap_or_else(PoisonError::into_inner)
        {
            handle.interrupt();
        }
    }

    fn trouble(&self, error: &rusqlite::Error) -> Trouble {
        match error.sqlite_error_code() {
            Some(ErrorCode::OperationInterrupted) => Trouble::unreachable(
                format!("a statement took longer than {} s and was stopped", self.limit.as_secs()),
                "put an index on the column of the ids, or add statement_timeout=SECONDS to the address",
            ),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Trouble::unreachable(
                format!("the database stayed locked for {} s: {error}", LOCK_WAIT.as_secs()),
                "run again when whoever writes it is done",
            ),
            Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::CannotOpen) => {
                Trouble::unreachable(error.to_string(), "check the file, its disk and its permissions")
            }
            _ => Trouble::refused(
                error.to_string(),
                "check the names of the table and its columns, or the query; names are taken as they are written",
            ),
        }
    }
}

/// Runs the work beside the runtime, and stops its statements when they last too long.
async fn watched<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce(&Watch) -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let watch = Arc::new(Watch { limit, begun: Mutex::new(Instant::now()), handle: Mutex::new(None) });
    let watching = Arc::clone(&watch);
    let mut task = tokio::task::spawn_blocking(move || work(&watching));
    loop {
        tokio::select! {
            done = &mut task => {
                return done.map_err(|error| Trouble::unreachable(error.to_string(), "run again"))?;
            }
            () = tokio::time::sleep(TICK) => watch.interrupt_if_late(),
        }
    }
}

/// Does the work on a connection, again where the file changed beneath it.
fn at_rest_or_live<T>(
    path: &Path,
    watch: &Watch,
    mut work: impl FnMut(&Connection) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    // SQLite looks for its other files beside the file itself, not beside a link to it.
    let path = fs::canonicalize(path).map_err(|error| unreadable(&error))?;
    let mut last = None;
    for _ in 0..ATTEMPTS {
        if last.is_some() {
            thread::sleep(PAUSE);
        }
        watch.begin();
        let access = match access(&path) {
            Ok(access) => access,
            // A writer that comes or goes makes and removes the files beside one after another.
            Err(passing @ Trouble::Unreachable { .. }) => {
                last = Some(passing);
                continue;
            }
            Err(trouble) => return Err(trouble),
        };
        let done = match connect(&path, &access, watch) {
            Ok(connection) => work(&connection),
            // Its index was there and is gone, and may be there again by now.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
                last = Some(watch.trouble(&error));
                continue;
            }
            Err(error) => Err(watch.trouble(&error)),
        };
        *watch.handle.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let is_meant_so = match &access {
            Access::Live => done.is_ok() || self::access(&path).is_ok_and(|now| now == Access::Live),
            Access::AtRest(stamp) => stamp.still_holds(&path),
        };
        if is_meant_so {
            return done;
        }
        let changed = "the database changed each time it was read";
        last = Some(Trouble::unreachable(changed, "run again when it is written less"));
    }
    Err(last.unwrap_or_else(|| Trouble::unreachable("the database was not read", "run again")))
}

fn connect(path: &Path, access: &Access, watch: &Watch) -> rusqlite::Result<Connection> {
    let encoded = percent_encode(path.as_os_str().as_encoded_bytes(), URI);
    let mode = match access {
        // The index of a write-ahead log is mapped to read, and never made.
        Access::Live => "readonly_shm=1",
        Access::AtRest(_) => "immutable=1",
    };
    let uri = format!("file://{encoded}?mode=ro&{mode}");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(uri, flags)?;
    connection.busy_timeout(LOCK_WAIT.min(watch.limit))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    *watch.handle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection.get_interrupt_handle());
    // One snapshot for all that is asked; it begins with the first reading.
    connection.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
    Ok(connection)
}

fn cell_of(row: &Row<'_>, position: usize) -> rusqlite::Result<Cell> {
    Ok(match row.get_ref(position)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Text(number.to_string().into_bytes()),
        ValueRef::Text(text) => Cell::Text(text.to_vec()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
}

/// The cells of the first column of a few rows.
fn cells(connection: &Connection, watch: &Watch, sql: &str) -> Result<Vec<Cell>, Trouble> {
    watch.begin();
    let read = || {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| cell_of(row, 0))?;
        rows.collect::<rusqlite::Result<Vec<Cell>>>()
    };
    read().map_err(|error| watch.trouble(&error))
}

/// Columns always stand with their table: SQLite takes a name in quotes that it does not know for a text.
fn column(name: &super::Name) -> String {
    format!("t.{}", name.sql())
}

fn examine_table(connection: &Connection, watch: &Watch, table: &Table, inquiry: &Inquiry) -> Result<Facts, Trouble> {
    let (from, id) = (table.name.sql(), column(&table.id));
    let all: Vec<String> =
        [Some(&table.id), table.status.as_ref(), table.time.as_ref()].into_iter().flatten().map(column).collect();
    cells(connection, watch, &format!("SELECT {} FROM {from} AS t LIMIT 0", all.join(", ")))?;
    let sample =
        cells(connection, watch, &format!("SELECT {id} FROM {from} AS t WHERE {id} IS NOT NULL LIMIT {SAMPLE}"))?;
    check_sample(&sample, &table.id.to_string())?;
    let limit = Facts::COUNTED + 1;
    let count = cells(connection, watch, &format!("SELECT count(*) FROM (SELECT 1 FROM {from} AS t LIMIT {limit})"))?;
    let rows = match count.as_slice() {
        [Cell::Integer(rows)] => u64::try_from(*rows).unwrap_or(0),
        _ => 0,
    };
    let mut ends = [None, None];
    for (end, order) in ends.iter_mut().zip(["", " DESC"]) {
        if let Some(time) = &table.time {
            let seen = cells(connection, watch, &times_sql(&from, &column(time), order))?;
            *end = match order {
                "" => earliest(&seen, inquiry.rules.zone),
                _ => seen.iter().filter_map(|cell| earliest(std::slice::from_ref(cell), inquiry.rules.zone)).max(),
            };
        }
    }
    let id_type = match sample.first() {
        None => "no value yet",
        Some(Cell::Integer(_)) => "integer",
        Some(Cell::Bytes(_)) => "blob",
        Some(Cell::Null | Cell::Text(_) | Cell::Uuid(_)) => "text",
    };
    Ok(Facts { id_type: id_type.to_owned(), rows, first: ends[0], last: ends[1], remark: None })
}

fn times_sql(from: &str, time: &str, order: &str) -> String {
    format!("SELECT {time} FROM {from} AS t WHERE {time} IS NOT NULL ORDER BY {time}{order} LIMIT {SAMPLE}")
}

/// The rows of these ids. Values are compared as the column has it; which of them count is decided by
/// whoever reads them, so that no rule of a database can make two ids one.
pub(super) fn rows_sql(table: &Table) -> String {
    let id = column(&table.id);
    let status = table.status.as_ref().map(|status| format!(", {}", column(status))).unwrap_or_default();
    format!(
        "SELECT DISTINCT {id} COLLATE BINARY{status} FROM {} AS t WHERE {id} IN \
         (SELECT value FROM json_each(?1) UNION ALL SELECT unhex(value) FROM json_each(?2))",
        table.name.sql()
    )
}

fn ask_table(
    connection: &Connection,
    watch: &Watch,
    table: &Table,
    tally: &mut Tally<'_>,
    wanted: &WantedIds,
) -> Result<(), Trouble> {
    let failed = |error| watch.trouble(&error);
    let mut statement = connection.prepare(&rows_sql(table)).map_err(failed)?;
    for batch in batches(wanted, 2 * MOST_SPELLINGS + 2) {
        watch.begin();
        let (values, blobs) = (json_values(&batch, Forms::All), json_blobs(&batch));
        for_each_row(&mut statement, &[&values, &blobs], |row| {
            let id = cell_of(row, 0)?;
            match table.status {
                None => tally.take_row(&id, RowStatus::NotAsked),
                Some(_) => tally.take_row(&id, RowStatus::Is(&cell_of(row, 1)?)),
            }
            Ok(())
        })
        .map_err(failed)?;
    }
    let (from, id) = (table.name.sql(), column(&table.id));
    if tally.is_empty() {
        let any = cells(connection, watch, &format!("SELECT 1 FROM {from} AS t WHERE {id} IS NOT NULL LIMIT 1"))?;
        any.iter().for_each(|_| tally.note_other_rows());
    }
    if let (Some(time), true) = (&table.time, tally.wants_time()) {
        let times = cells(connection, watch, &times_sql(&from, &column(time), ""))?;
        times.iter().filter_map(Cell::text).for_each(|text| tally.note_time(&text));
        tally.expect_time(table.no_time());
    }
    Ok(())
}

fn for_each_row(
    statement: &mut Statement<'_>,
    parameters: &[&dyn ToSql],
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

/// The spellings of these ids, and the numbers among them as numbers, as a JSON array.
fn json_values(ids: &[EventId], forms: Forms) -> String {
    let mut values: Vec<serde_json::Value> = Vec::new();
    for id in ids {
        values.extend(spellings(id, forms).into_iter().map(serde_json::Value::from));
        if forms == Forms::All {
            values.extend(canonical_number(id).map(serde_json::Value::from));
        }
    }
    serde_json::Value::from(values).to_string()
}

/// These ids as bytes: UUIDs by their value, and every id as its spellings, in hexadecimal digits.
fn json_blobs(ids: &[EventId]) -> String {
    let mut values: Vec<String> = Vec::new();
    for id in ids {
        if let IdKey::Uuid(bytes) = id.key() {
            values.push(Uuid::from_bytes(bytes).simple().to_string());
        }
        for text in spellings(id, Forms::All) {
            values.push(text.bytes().map(|byte| format!("{byte:02x}")).collect());
        }
    }
    serde_json::Value::from(values).to_string()
}

/// What to write instead of a query that can't be used.
const EXAMPLE: &str = "write one SELECT such as: SELECT event_id FROM received WHERE event_id IN \
                       (SELECT value FROM json_each(?1))";

fn prepare_query<'c>(connection: &'c Connection, watch: &Watch, sql: &str) -> Result<Statement<'c>, Trouble> {
    let statement = connection.prepare(sql).map_err(|error| watch.trouble(&error))?;
    if !statement.readonly() || statement.column_count() == 0 {
        return Err(Trouble::refused("the query is no question", EXAMPLE));
    }
    if statement.parameter_count() != 1 {
        return Err(Trouble::refused("the query must have one parameter, the array of the ids", EXAMPLE));
    }
    Ok(statement)
}

fn examine_query(connection: &Connection, watch: &Watch, sql: &str) -> Result<(), Trouble> {
    let mut statement = prepare_query(connection, watch, sql)?;
    watch.begin();
    let mut uninvited = 0_u64;
    for_each_row(&mut statement, &[&"[]"], |row| {
        uninvited += u64::from(cell_of(row, 0)? != Cell::Null);
        Ok(())
    })
    .map_err(|error| watch.trouble(&error))?;
    if uninvited > 0 {
        return Err(answers_uninvited());
    }
    // The array is one text, to which no id is equal.
    let lower = sql.to_ascii_lowercase();
    if ["json_each", "json_tree"].iter().any(|name| lower.contains(name)) {
        Ok(())
    } else {
        Err(Trouble::refused("the query does not take its parameter apart, which is a JSON array of ids", EXAMPLE))
    }
}

/// The query does not hold to its parameter.
pub(super) fn answers_uninvited() -> Trouble {
    Trouble::refused(
        "asked for no id at all, the query returned some",
        "it must return only ids of its array parameter, so its WHERE must compare the id with that",
    )
}

fn ask_query(
    connection: &Connection,
    watch: &Watch,
    sql: &str,
    tally: &mut Tally<'_>,
    wanted: &WantedIds,
) -> Result<(), Trouble> {
    let mut statement = prepare_query(connection, watch, sql)?;
    let has_time = statement.column_count() > 1;
    for batch in batches(wanted, MOST_SPELLINGS) {
        watch.begin();
        let mut misled = None;
        for_each_row(&mut statement, &[&json_values(&batch, Forms::Castable)], |row| {
            let time = has_time.then(|| cell_of(row, 1)).transpose()?;
            misled = misled.take().or(tally.take_answer(&cell_of(row, 0)?, time.as_ref()).err());
            Ok(())
        })
        .map_err(|error| watch.trouble(&error))?;
        if let Some(trouble) = misled {
            return Err(trouble);
        }
    }
    if has_time {
        tally.expect_time(Some(QUERY_WITHOUT_TIME.to_owned()));
    }
    Ok(())
}
