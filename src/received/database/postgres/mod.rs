//! A received log in a PostgreSQL server.
//!
//! It owns the read-only transaction, the statements in it and the casts by which each type of column
//! is compared, so that an index on it can be used.

use std::pin::pin;
use std::time::Duration;

use futures_util::{TryStreamExt, future};
use tokio::time::timeout;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Row, Statement};
use uuid::Uuid;

use super::gathering::{BY_QUERY, Gathering, untold};
use super::spelling::{
    Cell, Forms, MOST_SPELLINGS, batches, canonical_number, check_sample, is_canonical_digits, spellings,
};
use super::sqlite::answers_uninvited;
use super::tally::{RowStatus, Tally, earliest};
use super::{Facts, Inquiry, QUERY_WITHOUT_TIME, Question, Table, Trouble};
use crate::event::{EventId, IdKey, Window};
use crate::receipt::{Lookup, Unlisted, WantedIds};
use cell::Value;
pub(super) use connect::Connector;

mod cell;
mod connect;
mod pgpass;
mod words;

/// How much longer than the server's own limit an answer is waited for.
const GRACE: Duration = Duration::from_secs(5);
/// How many rows are looked at to learn the spelling of ids or the form of times.
const SAMPLE: usize = 100;

/// Makes sure that the table is there and fit.
pub(super) async fn examine(connector: &Connector, inquiry: &Inquiry) -> Result<Option<Facts>, Trouble> {
    let session = Session::begin(connector, inquiry.patience.statement).await?;
    match &inquiry.question {
        Question::Table(table) => session.examine_table(table, inquiry).await.map(Some),
        Question::Query(sql) => session.examine_query(sql).await.map(|()| None),
    }
}

/// Asks for ids.
pub(super) async fn look_up(connector: &Connector, inquiry: &Inquiry, wanted: &WantedIds) -> Result<Lookup, Trouble> {
    match Session::begin(connector, inquiry.patience.statement).await {
        Err(trouble) => Tally::new(wanted, &inquiry.rules).conclude(Err(trouble)),
        Ok(session) => session.ask(inquiry, wanted).await,
    }
}

/// Asks for ids, and gathers all others, in one snapshot.
pub(super) async fn audit(
    connector: &Connector,
    inquiry: &Inquiry,
    listed: &WantedIds,
    window: Window,
) -> Result<(Lookup, Unlisted), Trouble> {
    let mut gathering = Gathering::new(listed, &inquiry.rules, window);
    match Session::begin(connector, inquiry.patience.statement).await {
        Err(trouble) => {
            let lookup = Tally::new(listed, &inquiry.rules).conclude(Err(trouble))?;
            let reason = lookup.coverage.broken.clone().unwrap_or_default();
            Ok((lookup, untold(reason)))
        }
        Ok(session) => {
            let lookup = session.ask(inquiry, listed).await?;
            let Question::Table(table) = &inquiry.question else { return Ok((lookup, untold(BY_QUERY))) };
            let gathered = session.gather_table(table, window, &mut gathering).await;
            Ok((lookup, gathering.conclude(gathered)))
        }
    }
}

/// How the ids of a column are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Text,
    /// Texts that are filled up with blanks.
    Padded,
    Uuid,
    Whole,
    Numeric,
    Bytes,
}

impl Way {
    fn of(kind: &Type) -> Option<Self> {
        match *kind {
            Type::UUID => Some(Self::Uuid),
            Type::BYTEA => Some(Self::Bytes),
            Type::NUMERIC => Some(Self::Numeric),
            Type::BPCHAR => Some(Self::Padded),
            _ if cell::is_whole(kind) => Some(Self::Whole),
            _ if cell::is_text(kind) => Some(Self::Text),
            _ => None,
        }
    }

    /// What stands in the place of the parameter, so that the column itself is compared.
    fn parameter(self) -> &'static str {
        match self {
            Self::Text => "$1",
            Self::Padded => "$1::bpchar[]",
            Self::Uuid => "$1::uuid[]",
            Self::Whole => "$1::bigint[]",
            Self::Numeric => "$1::numeric[]",
            Self::Bytes => "$1",
        }
    }

    /// The id as it is to travel; one for each that differs byte for byte.
    fn selected(self, id: &str) -> String {
        match self {
            Self::Uuid | Self::Whole | Self::Bytes => id.to_owned(),
            Self::Text | Self::Padded | Self::Numeric => format!("{id}::text COLLATE \"C\""),
        }
    }

    /// The texts by which these ids are asked for. An id that the type can't hold is not among them.
    fn texts(self, ids: &[EventId]) -> Vec<String> {
        let mut texts = Vec::new();
        for id in ids {
            match self {
                Self::Text | Self::Padded => texts.extend(spellings(id, Forms::All)),
                Self::Uuid => {
                    if let IdKey::Uuid(bytes) = id.key() {
                        texts.push(Uuid::from_bytes(bytes).to_string());
                    }
                }
                Self::Whole => texts.extend(canonical_number(id).map(|number| number.to_string())),
                Self::Numeric => texts.extend(Some(id.text().into_owned()).filter(|text| is_canonical_digits(text))),
                Self::Bytes => {}
            }
        }
        // No text of this database holds a zero byte.
        texts.retain(|text| !text.contains('\0'));
        texts
    }

    /// The same in bytes, for a column of bytes.
    fn bytes(self, ids: &[EventId]) -> Vec<Vec<u8>> {
        let mut all = Vec::new();
        if self != Self::Bytes {
            return all;
        }
        for id in ids {
            if let IdKey::Uuid(bytes) = id.key() {
                all.push(bytes.to_vec());
            }
            all.extend(spellings(id, Forms::All).into_iter().map(String::into_bytes));
        }
        all
    }

    /// The value as an id: a number of any size is written with the places it is stored with.
    fn id(self, cell: Cell) -> Cell {
        match (self, cell) {
            (Self::Numeric, Cell::Text(text)) => match text.iter().position(|byte| *byte == b'.') {
                Some(point) if text[point + 1..].iter().all(|byte| *byte == b'0') => Cell::Text(text[..point].to_vec()),
                Some(_) | None => Cell::Text(text),
            },
            (_, cell) => cell,
        }
    }
}

/// The types of the columns of a table.
struct Shape {
    way: Way,
    id_type: String,
    time: Option<Type>,
}

/// One connection with its transaction, which ends with it.
struct Session {
    client: Client,
    limit: Duration,
}

impl Session {
    async fn begin(connector: &Connector, limit: Duration) -> Result<Self, Trouble> {
        let session = Self { client: connector.connect().await?, limit };
        // Row security is off: a policy that hides rows then is an error, and not a loss of events.
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY; SET LOCAL statement_timeout = {}; \
             SET LOCAL row_security = off",
            limit.as_millis()
        );
        session.within(session.client.batch_execute(&begin)).await?;
        Ok(session)
    }

    /// Waits for an answer no longer than the server may take for it.
    async fn within<T>(&self, answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, Trouble> {
        match timeout(self.limit + GRACE, answer).await {
            Ok(answered) => answered.map_err(|error| words::of_asking(&error, self.limit.as_secs())),
            Err(_) => Err(Trouble::unreachable(
                format!("the server gave no answer within {} s", (self.limit + GRACE).as_secs()),
                "see the server's log, and run again",
            )),
        }
    }

    /// Takes in each row as it comes.
    async fn each_row(
        &self,
        statement: &Statement,
        parameter: Option<&(dyn ToSql + Sync)>,
        mut take: impl FnMut(&Row) -> Result<(), tokio_postgres::Error>,
    ) -> Result<(), Trouble> {
        self.within(async {
            let rows = self.client.query_raw(statement, parameter).await?;
            pin!(rows).try_for_each(|row| future::ready(take(&row))).await
        })
        .await
    }

    async fn prepare(&self, sql: &str, types: &[Type]) -> Result<Statement, Trouble> {
        self.within(self.client.prepare_typed(sql, types)).await
    }

    /// The first column of a few rows.
    async fn cells(&self, sql: &str) -> Result<Vec<Cell>, Trouble> {
        let statement = self.prepare(sql, &[]).await?;
        let mut cells = Vec::new();
        self.each_row(&statement, None, |row| {
            cells.push(row.try_get::<_, Value>(0)?.0);
            Ok(())
        })
        .await?;
        Ok(cells)
    }

    async fn shape(&self, table: &Table) -> Result<Shape, Trouble> {
        let from = table.name.sql();
        let all: Vec<String> =
            [Some(&table.id), table.status.as_ref(), table.time.as_ref()].into_iter().flatten().map(column).collect();
        let statement = self.prepare(&format!("SELECT {} FROM {from} AS t LIMIT 0", all.join(", ")), &[]).await?;
        let columns = statement.columns();
        let Some(id) = columns.first().map(tokio_postgres::Column::type_) else {
            return Err(Trouble::refused("the table has no columns", "check its name"));
        };
        let way = Way::of(id).ok_or_else(|| {
            Trouble::refused(
                format!("the column {} is of the type {id}, which holds no ids", table.id),
                "ids are found in columns of text, varchar, char, uuid, bytea, numeric and whole numbers; name another \
                 column, or ask by --received-query",
            )
        })?;
        let time = table.time.as_ref().and_then(|_| columns.last()).map(|column| column.type_().clone());
        Ok(Shape { way, id_type: id.name().to_owned(), time })
    }

    async fn examine_table(&self, table: &Table, inquiry: &Inquiry) -> Result<Facts, Trouble> {
        let shape = self.shape(table).await?;
        let (from, id) = (table.name.sql(), column(&table.id));
        if shape.way == Way::Text {
            let sql = format!("SELECT {id}::text FROM {from} AS t WHERE {id} IS NOT NULL LIMIT {SAMPLE}");
            check_sample(&self.cells(&sql).await?, &table.id.to_string())?;
        }
        let few = Facts::COUNTED + 1;
        let count = self.cells(&format!("SELECT count(*) FROM (SELECT 1 FROM {from} AS t LIMIT {few}) AS few")).await?;
        let rows = match count.as_slice() {
            [Cell::Integer(rows)] => u64::try_from(*rows).unwrap_or(0),
            _ => 0,
        };
        let zone = inquiry.rules.zone;
        let (mut first, mut last) = (None, None);
        if let (Some(time), Some(kind)) = (&table.time, &shape.time) {
            first = earliest(&self.cells(&times_sql(&from, &column(time), kind, "")).await?, zone);
            let latest = self.cells(&times_sql(&from, &column(time), kind, " DESC")).await?;
            last = latest.iter().filter_map(|cell| earliest(std::slice::from_ref(cell), zone)).max();
        }
        let standby = self.cells("SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN 1 ELSE 0 END").await?;
        let remark = (standby == [Cell::Integer(1)])
            .then_some("on a standby, which shows what arrives only when it has caught up");
        Ok(Facts { id_type: shape.id_type, rows, first, last, remark })
    }

    async fn ask(&self, inquiry: &Inquiry, wanted: &WantedIds) -> Result<Lookup, Trouble> {
        let mut tally = Tally::new(wanted, &inquiry.rules);
        let asked = match &inquiry.question {
            Question::Table(table) => self.ask_table(table, &mut tally, wanted).await,
            Question::Query(sql) => self.ask_query(sql, &mut tally, wanted).await,
        };
        tally.conclude(asked)
    }

    /// Takes in every row of the table; where its time is a time to the server as well, only those of the
    /// window travel.
    async fn gather_table(&self, table: &Table, window: Window, gathering: &mut Gathering<'_>) -> Result<(), Trouble> {
        let shape = self.shape(table).await?;
        let mut columns = vec![shape.way.selected(&column(&table.id))];
        columns.extend(table.status.as_ref().map(|status| format!("{}::text", column(status))));
        let mut bounds = String::new();
        if let (Some(time), Some(kind)) = (table.time.as_ref().map(column), &shape.time) {
            if *kind == Type::TIMESTAMPTZ {
                let (from, to) = (window.from().to_rfc3339(), window.to().to_rfc3339());
                bounds = format!(" WHERE {time} IS NULL OR ({time} >= '{from}' AND {time} < '{to}')");
            }
            let is_understood = cell::is_time(kind) || cell::is_whole(kind);
            columns.push(if is_understood { time } else { format!("{time}::text") });
        }
        let sql = format!("SELECT {} FROM {} AS t{bounds}", columns.join(", "), table.name.sql());
        let statement = self.prepare(&sql, &[]).await?;
        self.each_row(&statement, None, |row| {
            let value = |place: usize| row.try_get::<_, Value>(place).map(|value| value.0);
            let id = shape.way.id(value(0)?);
            let status = table.status.as_ref().map(|_| value(1)).transpose()?;
            let time = table.time.as_ref().map(|_| value(columns.len() - 1)).transpose()?;
            gathering.take(&id, status.as_ref().map_or(RowStatus::NotAsked, RowStatus::Is), time.as_ref());
            Ok(())
        })
        .await
    }

    async fn ask_table(&self, table: &Table, tally: &mut Tally<'_>, wanted: &WantedIds) -> Result<(), Trouble> {
        let shape = self.shape(table).await?;
        let way = shape.way;
        let kind = if way == Way::Bytes { Type::BYTEA_ARRAY } else { Type::TEXT_ARRAY };
        let statement = self.prepare(&rows_sql(table, way), &[kind]).await?;
        let each = match way {
            Way::Text | Way::Padded | Way::Bytes => MOST_SPELLINGS + 1,
            Way::Uuid | Way::Whole | Way::Numeric => 1,
        };
        for batch in batches(wanted, each) {
            let (texts, bytes) = (way.texts(&batch), way.bytes(&batch));
            let parameter: &(dyn ToSql + Sync) = if way == Way::Bytes { &bytes } else { &texts };
            self.each_row(&statement, Some(parameter), |row| {
                let id = way.id(row.try_get::<_, Value>(0)?.0);
                match table.status {
                    None => tally.take_row(&id, RowStatus::NotAsked),
                    Some(_) => tally.take_row(&id, RowStatus::Is(&row.try_get::<_, Value>(1)?.0)),
                }
                Ok(())
            })
            .await?;
        }
        let (from, id) = (table.name.sql(), column(&table.id));
        if tally.is_empty() {
            let any = self.cells(&format!("SELECT 1 FROM {from} AS t WHERE {id} IS NOT NULL LIMIT 1")).await?;
            any.iter().for_each(|_| tally.note_other_rows());
        }
        if let (Some(time), Some(kind), true) = (&table.time, &shape.time, tally.wants_time()) {
            let times = self.cells(&times_sql(&from, &column(time), kind, "")).await?;
            times.iter().filter_map(Cell::text).for_each(|text| tally.note_time(&text));
            tally.expect_time(table.no_time());
        }
        Ok(())
    }

    async fn prepare_query(&self, sql: &str) -> Result<Statement, Trouble> {
        let example = "write one SELECT such as: SELECT event_id FROM received WHERE event_id = ANY($1::text[])";
        let statement = self.prepare(sql, &[Type::TEXT_ARRAY]).await?;
        if statement.params().len() != 1 {
            return Err(Trouble::refused("the query must have one parameter, the array of the ids", example));
        }
        let Some(id) = statement.columns().first() else {
            return Err(Trouble::refused("the query is no question", example));
        };
        let is_id = Way::of(id.type_()).is_some_and(|way| way != Way::Numeric);
        let time = statement.columns().get(1).map(tokio_postgres::Column::type_);
        if !is_id || time.is_some_and(|kind| !<Value as tokio_postgres::types::FromSql<'_>>::accepts(kind)) {
            return Err(Trouble::refused(
                "a column of the query is of a type that is not understood",
                "cast the id to text, and the time to timestamptz",
            ));
        }
        Ok(statement)
    }

    async fn examine_query(&self, sql: &str) -> Result<(), Trouble> {
        let statement = self.prepare_query(sql).await?;
        let mut uninvited = 0_u64;
        let nothing: Vec<String> = Vec::new();
        self.each_row(&statement, Some(&nothing), |row| {
            uninvited += u64::from(row.try_get::<_, Value>(0)?.0 != Cell::Null);
            Ok(())
        })
        .await?;
        if uninvited == 0 { Ok(()) } else { Err(answers_uninvited()) }
    }

    async fn ask_query(&self, sql: &str, tally: &mut Tally<'_>, wanted: &WantedIds) -> Result<(), Trouble> {
        let statement = self.prepare_query(sql).await?;
        let has_time = statement.columns().len() > 1;
        for batch in batches(wanted, MOST_SPELLINGS) {
            let mut texts: Vec<String> = batch.iter().flat_map(|id| spellings(id, Forms::Castable)).collect();
            texts.retain(|text| !text.contains('\0'));
            let mut misled = None;
            self.each_row(&statement, Some(&texts), |row| {
                let id = row.try_get::<_, Value>(0)?.0;
                let time = if has_time { Some(row.try_get::<_, Value>(1)?.0) } else { None };
                misled = misled.take().or(tally.take_answer(&id, time.as_ref()).err());
                Ok(())
            })
            .await?;
            if let Some(trouble) = misled {
                return Err(trouble);
            }
        }
        if has_time {
            tally.expect_time(Some(QUERY_WITHOUT_TIME.to_owned()));
        }
        Ok(())
    }
}

fn column(name: &super::Name) -> String {
    format!("t.{}", name.sql())
}

/// The rows of these ids; which of them count is decided by whoever reads them.
fn rows_sql(table: &Table, way: Way) -> String {
    let id = column(&table.id);
    let status = table.status.as_ref().map(|status| format!(", {}::text", column(status))).unwrap_or_default();
    let (selected, parameter, from) = (way.selected(&id), way.parameter(), table.name.sql());
    format!("SELECT DISTINCT {selected}{status} FROM {from} AS t WHERE {id} = ANY({parameter})")
}

/// The earliest or latest times. What lies before 2000 comes from an unset clock and would hide the rest.
fn times_sql(from: &str, time: &str, kind: &Type, order: &str) -> String {
    let (selected, bounds) = if cell::is_time(kind) {
        (time.to_owned(), format!("{time} >= '2000-01-01' AND {time} < 'infinity'"))
    } else if cell::is_whole(kind) {
        (time.to_owned(), format!("{time} >= 946684800"))
    } else {
        (format!("{time}::text"), format!("{time} IS NOT NULL"))
    };
    format!("SELECT {selected} FROM {from} AS t WHERE {bounds} ORDER BY {time}{order} LIMIT {SAMPLE}")
}
