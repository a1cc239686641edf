//! The tables, their versions, and the settings that make a commit durable.
//!
//! The version of the schema is the database's `user_version`. A migration only ever adds tables and
//! columns: a ledger of a newer hookmend can be read by an older one, but it is not written by it. All
//! pending migrations are one transaction, so that a kill or a full disk leaves the older version.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::failure::Failure;

/// Marks a database as a ledger: "hkmd".
pub(super) const APPLICATION_ID: i32 = 0x686B_6D64;

/// The migration with index `n` leads from version `n` to version `n + 1`. A released one is never
/// edited.
const MIGRATIONS: &[&str] = &[include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// The first version with quarantine, with what was proven, and with who asked for a run.
pub(super) const WITH_QUARANTINE: i64 = 2;

/// The first version that tells how an event became known.
pub(super) const WITH_LISTED: i64 = 3;

/// The most memory that pages of the ledger are held in while it is written.
const CACHE_KIB: i64 = 32 << 10;

/// How large the journal beside the ledger may stay once its content is in the ledger.
const JOURNAL_BYTES: i64 = 4 << 20;

/// How long another program, such as a backup, may keep the database busy.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What a database turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// An empty database: a run was stopped before it could create the tables.
    Blank,
    /// A ledger with this version of the schema.
    Ledger {
        /// The version.
        version: i64,
    },
}

/// Opens a database that is there already, so that it can't be changed through this connection.
pub(super) fn open_read_only(path: &Path) -> Result<Connection, Failure> {
    open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Opens a database that nobody else has open, so that SQLite makes no files beside it.
#[cfg(unix)]
pub(super) fn open_at_rest(path: &Path) -> Result<Connection, Failure> {
    use std::os::unix::ffi::OsStrExt;
    const IN_PATH: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_');
    let name = percent_encoding::percent_encode(path.as_os_str().as_bytes(), IN_PATH);
    let access = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(format!("file:{name}?immutable=1"), access)?)
}

/// Opens a database as any other where paths have no bytes.
#[cfg(not(unix))]
pub(super) fn open_at_rest(path: &Path) -> Result<Connection, Failure> {
    open_read_only(path)
}

/// Opens a ledger for writing, once it was found to be whole and not newer than this hookmend.
///
/// The file must be there. It is first looked at through a connection that can't write, so that a
/// file that is no ledger stays as it is, byte for byte.
pub(super) fn open_writable(path: &Path) -> Result<Connection, Failure> {
    verify(path)?;
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    make_durable(&connection)?;
    assert_durable(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Makes a ledger of an empty file, with everything in that one file when this returns.
pub(super) fn create(path: &Path) -> Result<(), Failure> {
    let connection = open_writable(path)?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(Failure::Database("another program keeps the new file busy".to_owned()));
    }
    connection.close().map_err(|(_, error)| Failure::from(error))
}

/// Refuses what must not be written: another file, a newer ledger, a damaged one.
fn verify(path: &Path) -> Result<(), Failure> {
    let connection = open_read_only(path)?;
    match recognise(&connection)? {
        Found::Ledger { version } if version > current_version() => {
            return Err(Failure::Unusable(format!(
                "it was written by a newer hookmend (schema {version}, this one knows {}); it was left as it is. Use \
                 the newer hookmend",
                current_version()
            )));
        }
        Found::Ledger { .. } | Found::Blank => {}
    }
    // The quick check does not compare the indexes with the rows, and an attempt is asked for by an index:
    // one that is not in it would not be in doubt for anybody.
    let finding: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if finding == "ok" { Ok(()) } else { Err(Failure::damaged(&finding)) }
}

/// Says what a database is.
pub(super) fn recognise(connection: &Connection) -> Result<Found, Failure> {
    // One snapshot, so that a reader does not see half of a migration.
    let connection = connection.unchecked_transaction()?;
    let application_id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application_id == i64::from(APPLICATION_ID) && version > 0 && tables > 0 {
        return Ok(Found::Ledger { version });
    }
    if application_id == 0 && version == 0 && tables == 0 {
        return Ok(Found::Blank);
    }
    Err(Failure::Unusable(
        "it is an SQLite database, but not a ledger. It was left as it is; name another file".to_owned(),
    ))
}

/// The version of the schema that this hookmend writes.
pub(super) fn current_version() -> i64 {
    MIGRATIONS.len() as i64
}

/// Makes sure that a commit on this connection is on the disk before it returns.
///
/// A file system without shared memory falls back to another journal without an error, and with
/// `synchronous` below FULL a power cut takes committed rows with it; neither shows in any test that
/// only kills the process. So what was asked for is read back.
pub(super) fn assert_durable(connection: &Connection) -> Result<(), Failure> {
    let journal: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    let foreign_keys: i64 = connection.pragma_query_value(None, "foreign_keys", |row| row.get(0))?;
    if journal == "wal" && synchronous == 2 && foreign_keys == 1 {
        return Ok(());
    }
    Err(Failure::Unusable(format!(
        "its file system can't keep it safe (journal_mode={journal}, synchronous={synchronous}, \
         foreign_keys={foreign_keys}); put the ledger on a local disk"
    )))
}

fn open(path: &Path, access: OpenFlags) -> Result<Connection, Failure> {
    // Neither CREATE nor URI: the file is created by us, and a name is a name.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

fn make_durable(connection: &Connection) -> Result<(), Failure> {
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS only these two make a synchronised write reach the disk; elsewhere they do nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // Removing and indexing touch pages all over the file; with SQLite's own 2 MiB they are read again
    // and again. The memory is taken only when there is that much to hold.
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    // A long prune lets the journal grow; afterwards it does not keep that size.
    connection.pragma_update_and_check(None, "journal_size_limit", JOURNAL_BYTES, |_| Ok(()))?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), Failure> {
    let version = match recognise(connection)? {
        Found::Blank => 0,
        Found::Ledger { version } => version,
    };
    let done = usize::try_from(version).unwrap_or(MIGRATIONS.len());
    let pending = MIGRATIONS.get(done..).unwrap_or_default();
    if pending.is_empty() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for migration in pending {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", current_version())?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
