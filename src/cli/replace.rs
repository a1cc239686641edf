//! Replacing a file in one step: whoever reads it sees the old content or the new, never a part.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// Who may read a file that was put in another's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everyone, whatever the umask says.
    Everyone,
    /// The owner alone; where a file is replaced, whoever might read that one.
    OwnerOrAsBefore,
}

/// Puts `bytes` where `path` leads, readable for everyone; see [`replace_by`].
///
/// # Errors
/// As for [`replace_by`].
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by(path, Readers::Everyone, |out| out.write_all(bytes))
}

/// Puts what `write` writes where `path` leads, by way of a temporary file beside it.
///
/// The content survives a kill of the process; after a power cut the old content or none may be
/// found, because nothing waits for the disk. What is replaced is the name itself: a symbolic link
/// gives way to a file, and nothing is ever written to where it pointed. Only a file, or a link to a
/// file or to nothing, gives way: never a device, a pipe or a folder.
///
/// # Errors
/// When something else than a file has the name, or the folder can't be written; then nothing has
/// changed.
pub fn replace_by(
    path: &Path,
    readers: Readers,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = beside(path)?;
    write(file.as_file_mut())?;
    open_to(readers, file.as_file(), path)?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Finds out whether [`replace_by`] could do its work now; nothing is left behind.
///
/// # Errors
/// When it could not.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    beside(path)?.close()
}

/// A temporary file beside the one that is to give way to it.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a regular file")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if path.file_name().is_none() {
        return Err(io::Error::other("it names no file"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Hidden and with another ending, so that no collector takes it for a finished file.
    Builder::new().prefix(".hookmend-").suffix(".tmp").tempfile_in(folder)
}

/// Sets who may read the file. A link says nothing of it, as it is not what it points to that gives
/// way.
#[cfg(unix)]
fn open_to(readers: Readers, file: &fs::File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = match (readers, fs::symlink_metadata(path)) {
        (Readers::Everyone, _) => 0o644,
        (Readers::OwnerOrAsBefore, Ok(before)) if before.is_file() => before.permissions().mode() & 0o777,
        (Readers::OwnerOrAsBefore, _) => 0o600,
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn open_to(_readers: Readers, _file: &fs::File, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_made_and_replaced_and_everyone_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.prom");
        for text in ["one\n", "two\n"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(names(folder.path()), ["a.prom"], "nothing is left beside it");
    }

    #[test]
    fn a_file_for_its_owner_keeps_the_mode_of_what_it_replaces_and_not_that_of_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        let write = |text: &'static str| {
            replace_by(&path, Readers::OwnerOrAsBefore, |out| out.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        };
        write("new");
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        write("newer");
        assert_eq!(mode(&path), 0o640);
        let public = folder.path().join("public");
        fs::write(&public, "public").unwrap();
        fs::set_permissions(&public, fs::Permissions::from_mode(0o644)).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&public, &path).unwrap();
        write("newest");
        assert_eq!((mode(&path), fs::read_to_string(&public).unwrap().as_str()), (0o600, "public"));
    }

    #[test]
    fn what_fails_while_it_is_written_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.html");
        fs::write(&path, "old").unwrap();
        let failing = |out: &mut dyn Write| {
            out.write_all(b"half of it")?;
            Err(io::ErrorKind::StorageFull.into())
        };
        assert!(replace_by(&path, Readers::OwnerOrAsBefore, failing).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        assert_eq!(names(folder.path()), ["a.html"]);
    }

    #[test]
    fn checking_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        check_replaceable(&folder.path().join("a.html")).unwrap();
        assert!(names(folder.path()).is_empty());
        assert!(check_replaceable(folder.path()).is_err());
        assert!(check_replaceable(&folder.path().join("no/a.html")).is_err());
    }

    #[test]
    fn a_reader_keeps_the_content_that_it_opened() {
        use std::io::Read;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.prom");
        replace(&path, b"old").unwrap();
        let mut reader = fs::File::open(&path).unwrap();
        replace(&path, b"new and longer").unwrap();
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "old");
    }

    #[test]
    fn a_link_gives_way_and_what_it_pointed_to_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("precious"), folder.path().join("a.prom"));
        fs::write(&target, "precious").unwrap();
        symlink(&target, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
        assert!(fs::symlink_metadata(&link).unwrap().is_file());
    }

    #[test]
    fn folders_and_devices_and_links_to_them_never_give_way() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.prom");
        symlink("/dev/null", &link).unwrap();
        for path in [folder.path(), Path::new("/dev/null"), link.as_path()] {
            let error = replace(path, b"x").unwrap_err();
            assert_eq!(error.to_string(), "it is not a regular file", "{}", path.display());
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(replace(&folder.path().join("no/a.prom"), b"x").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
