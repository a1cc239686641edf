use rusqlite::Connection;
use tempfile::TempDir;

use super::*;

fn blank() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    std::fs::write(&path, b"").unwrap();
    (folder, path)
}

#[test]
fn a_writable_ledger_synchronises_every_commit() {
    let (_folder, path) = blank();
    let connection = open_writable(&path).unwrap();
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap();
    assert_eq!((journal.as_str(), synchronous), ("wal", 2));
}

#[test]
fn a_connection_that_can_lose_commits_in_a_power_cut_is_refused() {
    let (_folder, path) = blank();
    let connection = open_writable(&path).unwrap();
    assert_eq!(assert_durable(&connection), Ok(()));
    for (pragma, lax, strict) in
        [("synchronous", "NORMAL", "FULL"), ("foreign_keys", "OFF", "ON"), ("journal_mode", "DELETE", "WAL")]
    {
        connection.pragma_update_and_check(None, pragma, lax, |_| Ok(())).ok();
        assert!(matches!(assert_durable(&connection), Err(Failure::Unusable(_))), "{pragma}={lax} was accepted");
        connection.pragma_update_and_check(None, pragma, strict, |_| Ok(())).ok();
        assert_eq!(assert_durable(&connection), Ok(()));
    }
}

#[test]
fn an_empty_file_becomes_a_ledger_of_the_current_version() {
    let (_folder, path) = blank();
    let connection = open_writable(&path).unwrap();
    assert_eq!(recognise(&connection), Ok(Found::Ledger { version: current_version() }));
}

#[test]
fn opening_again_migrates_nothing() {
    let (_folder, path) = blank();
    drop(open_writable(&path).unwrap());
    let connection = open_writable(&path).unwrap();
    assert_eq!(recognise(&connection), Ok(Found::Ledger { version: current_version() }));
}

#[test]
fn a_database_of_another_program_is_not_a_ledger() {
    let (_folder, path) = blank();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE orders (id INTEGER)").unwrap();
    let before = std::fs::read(&path).unwrap();
    let refused = open_writable(&path).unwrap_err();
    assert!(matches!(&refused, Failure::Unusable(message) if message.contains("not a ledger")), "{refused:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_migration_that_fails_leaves_the_database_blank() {
    let (_folder, path) = blank();
    let mut connection = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    make_durable(&connection).unwrap();
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update_and_check(None, "max_page_count", pages + 1, |_| Ok(())).unwrap();
    let refused = migrate(&mut connection).unwrap_err();
    assert!(matches!(&refused, Failure::Database(message) if message.contains("the disk is full")), "{refused:?}");
    assert_eq!(recognise(&connection), Ok(Found::Blank));
}

#[test]
fn a_migration_that_fails_wherever_it_does_leaves_the_older_version_with_its_rows() {
    for spare in 0.. {
        let (_folder, path) = blank();
        let mut connection = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
        make_durable(&connection).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection
            .execute_batch(
                "INSERT INTO runs (run_id, command, started_at, window_from, window_to, webhooks) \
                 VALUES ('run-1', 'reconcile', 0, 0, 1, '[]')",
            )
            .unwrap();
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        connection.pragma_update_and_check(None, "max_page_count", pages + spare, |_| Ok(())).unwrap();
        let migrated = migrate(&mut connection);
        let version = if migrated.is_ok() { current_version() } else { 1 };
        drop(connection);
        let connection = open_read_only(&path).unwrap();
        assert_eq!(recognise(&connection), Ok(Found::Ledger { version }), "with {spare} pages to spare");
        let runs: i64 = connection.query_row("SELECT count(*) FROM runs", [], |row| row.get(0)).unwrap();
        assert_eq!(runs, 1);
        if migrated.is_ok() {
            assert!(spare > 3, "a full disk was met at {spare} places only");
            break;
        }
    }
}
