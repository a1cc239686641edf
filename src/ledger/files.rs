//! The ledger as a file: what kind it is, the folder it lies in, and who may read it.
//!
//! A ledger belongs to one user. Folder and file are created for the owner alone, and a ledger that
//! others may read is tightened. A symbolic link is refused, because the lock and the journal lie
//! beside the name and not beside the target: two names for one ledger would be two locks.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::LedgerError;
use super::failure::Failure;

/// What SQLite appends to the name of a database for the files that it keeps beside it.
const JOURNALS: [&str; 3] = ["-journal", "-wal", "-shm"];

/// Whether there is a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// There is none.
    Missing,
    /// There is a regular file.
    Regular,
}

/// The path with something appended to its file name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// Looks whether there is a file, and refuses anything but a regular one.
pub(super) fn require_regular(path: &Path) -> Result<Presence, LedgerError> {
    let unusable = |message: &str| LedgerError::Unusable { path: path.to_owned(), message: message.to_owned() };
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(Presence::Regular),
        Ok(found) if found.is_symlink() => Err(unusable("it is a symbolic link; name the file it points to")),
        Ok(_) => Err(unusable("it is not a regular file; name a file")),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Presence::Missing),
        Err(source) => Err(LedgerError::Io { path: path.to_owned(), source }),
    }
}

/// Looks whether there is a ledger, and refuses anything but regular files in its place and in those of
/// SQLite's files beside it, which would be written through a link; and one that has lost what it held.
///
/// SQLite takes the journal beside an empty file for a leftover and removes it, and with it every attempt
/// that was not yet in the ledger itself. A ledger is never empty: it gets its name when it is whole.
pub(super) fn require_ledger(path: &Path) -> Result<Presence, LedgerError> {
    let found = require_regular(path)?;
    JOURNALS.iter().try_for_each(|suffix| require_regular(&beside(path, suffix)).map(|_| ()))?;
    let length = |path: &Path| fs::metadata(path).map_or(0, |found| found.len());
    if found == Presence::Regular && length(path) == 0 && length(&beside(path, "-wal")) > 0 {
        return Err(Failure::damaged("it is empty, and its journal is not").at(path));
    }
    // SQLite takes a single byte for an empty file as well, and would write a new ledger over what is left.
    if found == Presence::Regular && length(path) == 1 {
        return Err(Failure::not_a_ledger().at(path));
    }
    Ok(found)
}

/// Creates the folder of the ledger, for its owner alone, and makes its name durable. A folder that
/// is there already is left as it is.
pub(super) fn ensure_folder(ledger: &Path) -> io::Result<()> {
    let folder = folder_of(ledger);
    let missing: Vec<&Path> = folder.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    create_private_folder(folder)?;
    missing.into_iter().filter_map(Path::parent).try_for_each(sync_folder)
}

/// Creates a file, for its owner alone.
pub(super) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = private_options();
    options.write(true).create_new(true).open(path)?.sync_all()
}

/// Opens a file for reading and writing and creates it, for its owner alone, if there is none.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    private_options().read(true).write(true).create(true).truncate(false).open(path)
}

/// Gives a finished file the name of a ledger that is not there yet, in one step and durably.
///
/// A journal of that name would be taken for this file's own, so one that was left without its ledger
/// goes first.
pub(super) fn give_name(finished: &Path, ledger: &Path) -> io::Result<()> {
    remove_journals(ledger)?;
    fs::rename(finished, ledger)?;
    sync_name(ledger)
}

/// Removes a file that is no ledger yet, and what SQLite keeps beside it.
pub(super) fn remove_draft(path: &Path) -> io::Result<()> {
    remove_journals(path)?;
    remove(path)
}

fn remove_journals(path: &Path) -> io::Result<()> {
    JOURNALS.iter().try_for_each(|suffix| remove(&beside(path, suffix)))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Makes the name of the ledger durable: a synchronised file can still lose its name in a power cut.
pub(super) fn sync_name(ledger: &Path) -> io::Result<()> {
    sync_folder(folder_of(ledger))
}

/// Takes the ledger, and what SQLite keeps beside it, from everybody but the owner.
pub(super) fn tighten(ledger: &Path) -> io::Result<()> {
    for path in [ledger.to_owned(), beside(ledger, "-wal"), beside(ledger, "-shm")] {
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_file() => tighten_file(&path, &found.permissions())?,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    }
}

#[cfg(unix)]
fn private_options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private_options() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    // Other systems do not let a folder be opened as a file; their file systems journal names.
    Ok(())
}

#[cfg(unix)]
fn tighten_file(path: &Path, found: &fs::Permissions) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if found.mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(found.mode() & 0o700))
}

#[cfg(not(unix))]
fn tighten_file(_path: &Path, _found: &fs::Permissions) -> io::Result<()> {
    // The user's own folders are closed to others by what they inherit.
    Ok(())
}
