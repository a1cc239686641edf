//! Putting the settings file in its place: whole or not at all, for its owner alone, and never through a
//! symbolic link.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::cli::errors::CliError;
use crate::exit::ExitCode;

/// Refuses a place where no file can be put.
///
/// # Errors
/// When something is there that may not be replaced.
pub(super) fn check(path: &Path, shown: &Path, force: bool) -> Result<(), CliError> {
    let wrong = |message: String| CliError::new(ExitCode::Usage, message);
    if path.file_name().is_none() {
        return Err(wrong(format!("{} names no file", shown.display())).hint("name the file to write"));
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => Err(wrong(format!("{} is a folder", shown.display())).hint("name a file in it")),
        Ok(found) if !found.is_file() && !found.is_symlink() => {
            Err(wrong(format!("{} is not a regular file", shown.display())).hint("name another file, or use --print"))
        }
        Ok(_) if !force => Err(exists(shown)),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(not_written(shown, &error)),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Writes the file under another name and gives it its own once it is whole.
///
/// # Errors
/// When the folder can't be written, or the file came to be meanwhile; then nothing is left behind.
pub(super) fn write(path: &Path, shown: &Path, text: &str, force: bool) -> Result<(), CliError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = || -> io::Result<()> {
        // Temporary files are made for their owner alone.
        let mut file = tempfile::Builder::new().prefix(".hookmend-").suffix(".tmp").tempfile_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        // What is replaced is the name itself: a symbolic link gives way and is not followed.
        let put = if force { file.persist(path) } else { file.persist_noclobber(path) };
        put.map(drop).map_err(|error| error.error)
    };
    written().map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => exists(shown),
        // The error's own words name the temporary file, which nobody knows.
        kind => not_written(shown, &io::Error::from(kind)),
    })
}

fn exists(shown: &Path) -> CliError {
    CliError::new(ExitCode::Usage, format!("{} is there already, and was left as it is", shown.display()))
        .hint("name another file, look at what would be written with --print, or replace it with --force")
}

fn not_written(shown: &Path, error: &io::Error) -> CliError {
    CliError::new(ExitCode::Usage, format!("{} can't be written: {error}", shown.display()))
        .hint("name a file in a folder that you can write, or use --print")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_file_is_written_for_its_owner_alone_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        write(&path, &path, "one", false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(write(&path, &path, "two", false).is_err() && check(&path, &path, false).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        check(&path, &path, true).unwrap();
        write(&path, &path, "two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_never_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("a.toml"));
        symlink(&target, &link).unwrap();
        assert!(check(&link, &link, false).is_err() && write(&link, &link, "x", false).is_err());
        assert!(!target.exists());
        write(&link, &link, "x", true).unwrap();
        assert!(!target.exists() && fs::symlink_metadata(&link).unwrap().is_file());
    }

    #[test]
    fn a_folder_is_no_place() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check(folder.path(), folder.path(), true).is_err());
        let nowhere = folder.path().join("no/a.toml");
        assert!(write(&nowhere, &nowhere, "x", false).is_err());
    }
}
