//! Files of SQLite as received logs, with the reader of files as the oracle.

mod oracle;
mod without_a_trace;

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::event::EventId;
use crate::event::Window;
use crate::receipt::Sighting::{self, Possible, Received, Unseen};
use crate::receipt::Unlisted;

/// A folder with a database.
struct Base {
    folder: TempDir,
}

const UUID: &str = "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b";

impl Base {
    fn new(sql: &str) -> Self {
        let base = Self { folder: tempfile::tempdir().expect("a folder") };
        base.connect().execute_batch(sql).expect("the database can be made");
        base
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a b#.db")
    }

    fn connect(&self) -> Connection {
        Connection::open(self.path()).expect("the database can be opened")
    }

    fn address(&self, parameters: &str) -> DatabaseAddress {
        let path = self.path().display().to_string().replace('#', "%23");
        DatabaseAddress::parse(&format!("sqlite:{path}?{parameters}")).expect("an address")
    }

    fn try_open(&self, parameters: &str, options: DatabaseOptions) -> Result<DatabaseLog, ReceivedError> {
        run(DatabaseLog::open(self.address(parameters), options))
    }

    fn open(&self, parameters: &str, options: DatabaseOptions) -> DatabaseLog {
        self.try_open(parameters, options).unwrap_or_else(|error| panic!("{parameters}: {error}"))
    }

    fn ask(&self, parameters: &str, ids: &[&str]) -> Lookup {
        look_up(&self.open(parameters, DatabaseOptions::default()), ids)
    }

    fn refusal(&self, parameters: &str, options: DatabaseOptions) -> String {
        match self.try_open(parameters, options) {
            Err(ReceivedError::Unusable { message, .. }) => message,
            Err(other) => panic!("refused in another way: {other}"),
            Ok(_) => panic!("it was accepted"),
        }
    }

    fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the folder can be read");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(future)
}

fn wanted(ids: &[&str]) -> Arc<WantedIds> {
    Arc::new(WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id"))))
}

fn look_up(log: &DatabaseLog, ids: &[&str]) -> Lookup {
    run(log.look_up(wanted(ids))).expect("an open log answers")
}

fn asked_by(query: &str) -> DatabaseOptions {
    DatabaseOptions { query: Some(query.to_owned()), ..DatabaseOptions::default() }
}

#[test]
fn a_column_holds_ids_of_any_type_and_spelling() {
    for kind in ["TEXT", "VARCHAR(99)", "BLOB", "", "INTEGER", "NUMERIC", "TEXT COLLATE NOCASE"] {
        let base = Base::new(&format!("CREATE TABLE t(id {kind}); CREATE INDEX i ON t(id)"));
        let insert = |sql: &str| base.connect().execute(sql, []).expect("a row");
        insert("INSERT INTO t VALUES ('{D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B}')");
        insert("INSERT INTO t VALUES (x'00000000000040008000000000000001')");
        insert("INSERT INTO t VALUES ('event-1'), (7), ('18446744073709551616'), (NULL)");
        let ids = [UUID, "00000000-0000-4000-8000-000000000001", "event-1", "7", "Event-1", "07", "8", "event-2"];
        let answer = base.ask("table=t&column=id", &ids);
        let expected = [Received, Received, Received, Received, Unseen, Unseen, Unseen, Unseen];
        assert_eq!(answer.sightings, expected, "{kind}");
        assert_eq!(answer.coverage, crate::receipt::Coverage::default(), "{kind}");
    }
}

#[test]
fn a_collation_that_calls_two_ids_one_hides_neither() {
    let base = Base::new(
        "CREATE TABLE t(id TEXT COLLATE NOCASE, status TEXT COLLATE NOCASE); INSERT INTO t VALUES ('ABC', '200'), \
         ('abc', '200'), ('Abc', '200')",
    );
    for parameters in ["table=t&column=id", "table=t&column=id&status=status"] {
        let sightings = base.ask(parameters, &["abc", "ABC", "aBC"]).sightings;
        assert_eq!(sightings, [Received, Received, Unseen], "{parameters}");
    }
}

#[test]
fn an_index_on_the_column_is_used() {
    for kind in ["TEXT", "BLOB", "INTEGER"] {
        let base = Base::new(&format!("CREATE TABLE t(id {kind}, s INT); CREATE INDEX i ON t(id)"));
        let Question::Table(table) =
            question(&base.address("table=t&column=id&status=s"), &DatabaseOptions::default()).expect("a question")
        else {
            panic!("it names a table")
        };
        let connection = base.connect();
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", sqlite::rows_sql(&table))).unwrap();
        let steps = statement.query_map(["[]", "[]"], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.collect::<Result<_, _>>().unwrap();
        assert!(steps.iter().any(|step| step.starts_with("SEARCH t USING INDEX i")), "{kind}: {steps:?}");
    }
}

#[test]
fn only_rows_with_a_good_status_count() {
    let base = Base::new(
        "CREATE TABLE t(id TEXT, status); INSERT INTO t VALUES ('twice', 500), ('twice', '200'), ('refused', 502), \
         ('unclear', NULL), ('odd', 'OK'), ('float', 204.0)",
    );
    let ids = ["twice", "refused", "unclear", "odd", "float", "never"];
    let answer = base.ask("table=t&column=id&status=status", &ids);
    assert_eq!(answer.sightings, [Received, Unseen, Possible, Possible, Received, Unseen]);
    let options = || DatabaseOptions {
        status: Some("status".to_owned()),
        ok: "204".parse().expect("codes"),
        ..DatabaseOptions::default()
    };
    let narrow = look_up(&base.open("table=t&column=id", options()), &ids);
    assert_eq!(narrow.sightings, [Unseen, Unseen, Possible, Possible, Received, Unseen]);
    let none = look_up(&base.open("table=t&column=id&status=", options()), &ids);
    assert_eq!(none.found(), 5, "an address may say that its table has no status");
}

#[test]
fn names_are_names_whatever_they_hold() {
    let base = Base::new(
        r#"CREATE TABLE "t""; DROP TABLE u; --"("i""d" TEXT, "sel.ect" INT); CREATE TABLE u(id TEXT);
           INSERT INTO "t""; DROP TABLE u; --" VALUES ('a', 200)"#,
    );
    let hostile = "table=main.%22t%22%22;%20DROP%20TABLE%20u;%20--%22&column=i%22d&status=sel.ect";
    assert_eq!(base.ask(hostile, &["a", "b"]).sightings, [Received, Unseen]);
    assert_eq!(base.ask("table=u&column=id", &["a"]).sightings, [Unseen], "the other table is still there");
}

#[test]
fn a_column_that_is_not_there_is_not_taken_for_a_text() {
    let base = Base::new("CREATE TABLE t(id TEXT); INSERT INTO t VALUES ('a')");
    for wrong in ["column=nosuch", "column=id&status=nosuch", "column=id&time=nosuch"] {
        assert!(base.refusal(&format!("table=t&{wrong}"), DatabaseOptions::default()).contains("nosuch"), "{wrong}");
    }
    assert!(base.refusal("table=nosuch&column=id", DatabaseOptions::default()).contains("no such table"));
    assert!(base.refusal("table=t", DatabaseOptions::default()).contains("which column"));
    assert!(base.refusal("", DatabaseOptions::default()).contains("no table"));
    let fallback = DatabaseOptions { id: Some("id".to_owned()), ..DatabaseOptions::default() };
    assert_eq!(look_up(&base.open("table=t", fallback), &["a"]).sightings, [Received]);
}

#[test]
fn ids_in_a_spelling_that_is_not_looked_for_are_no_silence() {
    let base = Base::new("CREATE TABLE t(id TEXT); INSERT INTO t VALUES ('d18A9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b')");
    assert!(base.refusal("table=t&column=id", DatabaseOptions::default()).contains("spelling"));
}

#[test]
fn the_earliest_time_is_where_the_log_begins() {
    let base = Base::new(
        "CREATE TABLE t(id TEXT, at); INSERT INTO t VALUES ('a', '2026-03-01 12:00:00'), \
         ('b', '2026-03-02T10:00:00+02:00'), ('c', '-'), ('d', NULL), ('e', '1970-01-01')",
    );
    let oslo = || DatabaseOptions { zone: Tz::Europe__Oslo, ..DatabaseOptions::default() };
    let log = base.open("table=t&column=id&time=at", oslo());
    let since = look_up(&log, &["a"]).coverage.since.expect("a beginning");
    assert_eq!(since.to_rfc3339(), "2026-03-01T11:00:00+00:00");
    let told = log.describe().join("\n");
    assert!(told.contains("from 2026-03-01 11:00:00Z to 2026-03-02 08:00:00Z"), "{told}");
    let later = "2026-04-01T00:00:00Z".parse().expect("a time");
    let said = DatabaseOptions { since: Some(later), ..oslo() };
    assert_eq!(look_up(&base.open("table=t&column=id&time=at", said), &["a"]).coverage.since, Some(later));
}

#[test]
fn a_log_without_any_readable_time_can_not_say_where_it_begins() {
    let base = Base::new("CREATE TABLE t(id TEXT, at TEXT); INSERT INTO t VALUES ('a', 'soon')");
    let answer = base.ask("table=t&column=id&time=at", &["a", "b"]);
    assert!(answer.coverage.broken.is_some_and(|reason| reason.contains("no row of t has a readable time in at")));
    assert_eq!(answer.sightings, [Received, Unseen]);
}

#[test]
fn an_empty_table_holds_no_ids_and_another_some() {
    let base = Base::new("CREATE TABLE t(id TEXT)");
    assert_eq!(base.ask("table=t&column=id", &["a"]).stats.ids, 0);
    base.connect().execute("INSERT INTO t VALUES ('other')", []).expect("a row");
    assert_eq!(base.ask("table=t&column=id", &["a"]).stats.ids, 1);
}

#[test]
fn a_query_answers_only_what_it_is_asked() {
    let base = Base::new("CREATE TABLE t(id TEXT, at INT); INSERT INTO t VALUES ('a', 1795310914), ('b', 1795310915)");
    let good = "SELECT id FROM t WHERE id IN (SELECT value FROM json_each(?1))";
    assert_eq!(look_up(&base.open("", asked_by(good)), &["a", "c"]).sightings, [Received, Unseen]);
    for (wrong, why) in [
        ("SELECT id FROM t WHERE ?1 IS NOT NULL", "asked for no id at all"),
        ("SELECT id FROM t WHERE id = ?1", "JSON array"),
        ("SELECT id FROM t", "one parameter"),
        ("SELECT id FROM t WHERE id = ?1 OR id = ?2", "one parameter"),
        ("DELETE FROM t WHERE id = ?1", "no question"),
        ("SELECT id FROM t WHERE id = ?1; DROP TABLE t", ""),
        ("SELEC id", "syntax"),
    ] {
        let told = base.refusal("", asked_by(wrong));
        assert!(told.contains(why), "{wrong}: {told}");
    }
    let sly = "SELECT id || 'x' FROM t WHERE id IN (SELECT value FROM json_each(?1))";
    let error = run(base.open("", asked_by(sly)).look_up(wanted(&["a"]))).expect_err("it was not asked for ax");
    assert!(error.to_string().contains("\"ax\""), "{error}");
}

#[test]
fn a_query_with_a_time_says_where_the_log_begins_or_nothing() {
    let base = Base::new("CREATE TABLE t(id TEXT, at INT); INSERT INTO t VALUES ('a', 1795310914), ('b', 1795310915)");
    let plain = "SELECT id, at FROM t WHERE id IN (SELECT value FROM json_each(?1))";
    let silent = look_up(&base.open("", asked_by(plain)), &["c"]);
    assert!(silent.coverage.broken.is_some_and(|reason| reason.contains("NULL")));
    let whole = format!("{plain} UNION ALL SELECT NULL, min(at) FROM t");
    let answer = look_up(&base.open("", asked_by(&whole)), &["b", "c"]);
    assert_eq!(answer.sightings, [Received, Unseen]);
    assert_eq!(answer.coverage.since.map(|since| since.timestamp()), Some(1_795_310_914));
}

#[test]
fn more_ids_than_one_question_holds_are_asked_in_several() {
    let base = Base::new("CREATE TABLE t(id TEXT)");
    let ids: Vec<String> = (0..9_000).map(|number| format!("00000000-0000-4000-8000-{number:012x}")).collect();
    let mut connection = base.connect();
    let transaction = connection.transaction().expect("a transaction");
    for id in ids.iter().step_by(3) {
        transaction.execute("INSERT INTO t VALUES (?1)", [id.to_uppercase()]).expect("a row");
    }
    transaction.commit().expect("rows");
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let answer = base.ask("table=t&column=id", &ids);
    let expected: Vec<Sighting> =
        (0..ids.len()).map(|number| if number % 3 == 0 { Received } else { Unseen }).collect();
    assert!(answer.sightings == expected, "{} found", answer.found());
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let base = Base::new("CREATE TABLE t(id TEXT)");
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) \
                   SELECT i FROM n WHERE i < 0 AND ?1 IS NOT NULL";
    match base.try_open("statement_timeout=1", asked_by(endless)) {
        Err(ReceivedError::Unreachable { message, hint, .. }) => {
            assert!(message.contains("longer than 1 s") && hint.contains("index"), "{message} {hint}");
        }
        Err(other) => panic!("refused in another way: {other}"),
        Ok(_) => panic!("it was accepted"),
    }
}

#[test]
fn a_table_that_goes_away_makes_nothing_absent() {
    let base = Base::new("CREATE TABLE t(id TEXT); INSERT INTO t VALUES ('a')");
    let log = base.open("table=t&column=id", DatabaseOptions::default());
    base.connect().execute_batch("DROP TABLE t").expect("it can be dropped");
    let answer = look_up(&log, &["a", "b"]);
    assert!(answer.coverage.broken.is_some_and(|reason| reason.contains("no such table")));
    std::fs::remove_file(base.path()).expect("it can be removed");
    assert!(look_up(&log, &["a"]).coverage.broken.is_some_and(|reason| reason.contains("no such file")));
    assert_eq!(base.files(), Vec::<String>::new(), "nothing was made anew");
}

fn audit(log: &DatabaseLog, listed: &[&str]) -> (Vec<Sighting>, Unlisted) {
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
    let window = Window::new(at("2026-11-10T00:00:00Z"), at("2026-11-20T00:00:00Z")).expect("a window");
    let (lookup, unlisted) = run(log.audit(wanted(listed), window)).expect("an open log answers");
    (lookup.sightings, unlisted)
}

fn ids(unlisted: &Unlisted) -> Vec<String> {
    unlisted.ids.iter().map(|one| one.id.to_string()).collect()
}

#[test]
fn a_table_tells_what_else_it_holds_by_the_rules_of_the_files() {
    let base = Base::new(
        "CREATE TABLE t(id, status INTEGER, at TEXT); INSERT INTO t VALUES \
         ('listed', 200, '2026-11-12T00:00:00Z'), ('other', 200, '2026-11-13T00:00:00Z'), ('refused', 503, NULL), \
         ('earlier', 200, '2026-11-09T00:00:00Z'), ('timeless', 204, NULL), (NULL, 200, NULL), \
         (x'00000000000040008000000000000001', 200, '2026-11-13T00:00:00Z')",
    );
    let log = base.open("table=t&column=id&status=status&time=at", DatabaseOptions::default());
    let (sightings, unlisted) = audit(&log, &["listed", "absent"]);
    assert_eq!(sightings, [Received, Unseen]);
    assert_eq!(ids(&unlisted), ["timeless", "00000000-0000-4000-8000-000000000001", "other"]);
    assert_eq!((unlisted.outside, unlisted.untold), (1, None));
}

#[test]
fn a_query_can_not_tell_what_else_the_log_holds() {
    let base = Base::new("CREATE TABLE t(id); INSERT INTO t VALUES ('listed'), ('other')");
    let options = asked_by("SELECT id FROM t WHERE id IN (SELECT value FROM json_each(?1))");
    let log = base.open("", options);
    let (sightings, unlisted) = audit(&log, &["listed"]);
    assert_eq!((sightings, unlisted.ids.len()), (vec![Received], 0));
    assert!(unlisted.untold.is_some_and(|reason| reason.contains("name the table")));
}

#[test]
fn a_database_and_a_file_are_audited_as_one_log() {
    let base = Base::new("CREATE TABLE t(id); INSERT INTO t VALUES ('both'), ('table')");
    let database: Arc<dyn ReceivedLog> = Arc::new(base.open("table=t&column=id", DatabaseOptions::default()));
    let path = base.folder.path().join("received.ids");
    std::fs::write(&path, "both\nfile\nlisted\n").expect("a file can be written");
    let options = crate::received::ReceivedOptions::of([crate::received::SourceSpec::Files(path)]);
    let files: Arc<dyn ReceivedLog> = Arc::new(crate::received::FileLog::open(options).expect("a usable log"));
    let window = Window::new(DateTime::UNIX_EPOCH, Utc::now()).expect("a window");
    let all = SeveralLogs::new(vec![database, files]);
    let (lookup, unlisted) = run(all.audit(wanted(&["listed"]), window)).expect("an answer");
    assert_eq!(
        (lookup.sightings, ids(&unlisted)),
        (vec![Received], ["both", "file", "table"].map(str::to_owned).to_vec())
    );
}
