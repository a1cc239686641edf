//! Nothing is created, written or recovered beside a database that is read.

use super::*;

const TABLE: &str = "CREATE TABLE t(id TEXT); INSERT INTO t VALUES ('a');";

#[test]
fn a_file_that_is_not_there_is_not_created() {
    let base = Base { folder: tempfile::tempdir().expect("a folder") };
    assert!(base.refusal("table=t&column=id", DatabaseOptions::default()).contains("no such file"));
    assert_eq!(base.files(), Vec::<String>::new());
}

#[test]
fn what_is_no_database_is_refused() {
    let base = Base { folder: tempfile::tempdir().expect("a folder") };
    for (content, why) in [("", "empty"), ("evt-1\nevt-2\n", "no SQLite database"), ("SQLite format 3\0", "")] {
        std::fs::write(base.path(), content).expect("a file");
        let refused = base.try_open("table=t&column=id", DatabaseOptions::default());
        assert!(refused.is_err_and(|error| error.to_string().contains(why)), "{content:?}");
    }
    std::fs::remove_file(base.path()).expect("it can be removed");
    std::fs::create_dir(base.path()).expect("a folder");
    assert!(base.try_open("table=t&column=id", DatabaseOptions::default()).is_err());
}

#[test]
fn a_write_ahead_database_at_rest_is_read_as_it_lies() {
    let base = Base::new(&format!("PRAGMA journal_mode = WAL; {TABLE}"));
    assert_eq!(base.files(), ["a b#.db"], "its writer left nothing beside it");
    let before = std::fs::read(base.path()).expect("it can be read");
    assert_eq!(base.ask("table=t&column=id", &["a", "b"]).sightings, [Received, Unseen]);
    assert_eq!(base.files(), ["a b#.db"]);
    assert!(std::fs::read(base.path()).expect("it can be read") == before);
}

#[test]
fn rows_that_are_still_in_the_write_ahead_log_are_found() {
    let base = Base::new(&format!("PRAGMA journal_mode = WAL; {TABLE}"));
    let writer = base.connect();
    writer.execute_batch("INSERT INTO t VALUES ('b')").expect("a row");
    let beside = base.files();
    assert_eq!(beside, ["a b#.db", "a b#.db-shm", "a b#.db-wal"]);
    let log = base.open("table=t&column=id", DatabaseOptions::default());
    assert_eq!(look_up(&log, &["a", "b", "c"]).sightings, [Received, Received, Unseen]);
    writer.execute_batch("BEGIN; INSERT INTO t VALUES ('c')").expect("a row");
    assert_eq!(look_up(&log, &["c"]).sightings, [Unseen], "not committed");
    writer.execute_batch("COMMIT").expect("a commit");
    assert_eq!(look_up(&log, &["c"]).sightings, [Received], "it is asked anew each time");
    assert_eq!(base.files(), beside);
    drop(writer);
    assert_eq!(look_up(&log, &["b", "c"]).sightings, [Received, Received], "and after its writer has gone");
    assert_eq!(base.files(), ["a b#.db"]);
}

#[test]
fn a_copy_without_its_index_is_no_silence() {
    let base = Base::new(&format!("PRAGMA journal_mode = WAL; {TABLE}"));
    let writer = base.connect();
    writer.execute_batch("INSERT INTO t VALUES ('b')").expect("a row");
    let copy = Base { folder: tempfile::tempdir().expect("a folder") };
    for ending in ["", "-wal"] {
        let name = |base: &Base| format!("{}{ending}", base.path().display());
        std::fs::copy(name(&base), name(&copy)).expect("a copy");
    }
    let refused = copy.try_open("table=t&column=id", DatabaseOptions::default());
    assert!(refused.is_err_and(|error| error.to_string().contains("write-ahead log")));
    assert_eq!(copy.files(), ["a b#.db", "a b#.db-wal"]);
}

#[test]
fn a_database_that_is_written_all_the_time_can_be_asked() {
    for mode in ["WAL", "DELETE"] {
        let base = Base::new(&format!("PRAGMA journal_mode = {mode}; {TABLE} CREATE INDEX i ON t(id)"));
        let log = base.open("table=t&column=id", DatabaseOptions::default());
        let path = base.path();
        let writing = std::thread::spawn(move || {
            let writer = Connection::open(path).expect("the database can be opened");
            writer.busy_timeout(std::time::Duration::from_secs(30)).expect("a time-out");
            for number in 0..200 {
                writer.execute("INSERT INTO t VALUES (?1)", [format!("n{number}")]).expect("a row");
            }
        });
        loop {
            let is_over = writing.is_finished();
            let answer = look_up(&log, &["a", "never"]);
            assert_eq!(answer.sightings, [Received, Unseen], "{mode}: {:?}", answer.coverage);
            assert_eq!(answer.coverage.broken, None, "{mode}");
            if is_over {
                break;
            }
        }
        writing.join().expect("all was written");
        assert_eq!(look_up(&log, &["n0", "n199"]).sightings, [Received, Received], "{mode}");
    }
}

#[test]
fn a_locked_database_makes_nothing_absent() {
    let base = Base::new(TABLE);
    let log = base.open("table=t&column=id&statement_timeout=1", DatabaseOptions::default());
    let writer = base.connect();
    writer.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let answer = look_up(&log, &["a"]);
    assert!(answer.coverage.broken.is_some_and(|reason| reason.contains("locked")));
}
