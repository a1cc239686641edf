//! From what the user named to open files: patterns, standard input, pipes.
//!
//! It never looks into a file.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::ReceivedError;
use super::rotation::{Place, Serial};

/// Files may be renamed between the listing and the reading; after so many listings it is a fault.
pub(super) const MOST_LISTINGS: usize = 4;
/// How long a rotation is given to come to its end.
const BETWEEN_LISTINGS: Duration = Duration::from_millis(25);

/// Tries again what failed because a file of this name was not there any more, if the name fits what a rotation
/// makes of it. What moved to where nobody looks would pass for what was never received, so that a file which
/// is named itself is not waited for.
pub(super) fn patiently<T>(
    name: &Path,
    mut attempt: impl FnMut() -> Result<T, ReceivedError>,
) -> Result<T, ReceivedError> {
    for _ in 1..MOST_LISTINGS {
        match attempt() {
            Err(error) if was_renamed(name, &error) => thread::sleep(BETWEEN_LISTINGS),
            done => return done,
        }
    }
    attempt()
}

fn was_renamed(name: &Path, error: &ReceivedError) -> bool {
    let ReceivedError::Io { path, source } = error else { return false };
    if source.kind() != ErrorKind::NotFound || path == name {
        return false;
    }
    let last = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Place { log, serial } = Place::of(path);
    let next = match serial {
        Serial::Numbered(number) => u64::from(number) + 1,
        Serial::Current | Serial::Dated(_) => 1,
    };
    // It may have been packed instead, or as well.
    let renamed = format!("{}.{next}", last(&log));
    let fits = |pattern: glob::Pattern| pattern.matches(&renamed) && pattern.matches(&format!("{renamed}.gz"));
    glob::Pattern::new(&last(name)).is_ok_and(fits)
}

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Files that can be read again, sorted.
    Files(Vec<PathBuf>),
    /// A pipe or a device, which can be read once.
    Stream,
}

/// Finds what a name stands for. An existing path wins over its meaning as a pattern.
pub(super) fn resolve(path: &Path) -> Result<Named, ReceivedError> {
    let io = |source| ReceivedError::Io { path: path.to_owned(), source };
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(ReceivedError::Unusable {
            path: path.to_owned(),
            message: "it is a directory".to_owned(),
            hint: format!("name the files in it, for instance {:?}", path.join("*.log").display().to_string()),
        }),
        Ok(metadata) if metadata.is_file() => Ok(Named::Files(vec![path.to_owned()])),
        Ok(_) => Ok(Named::Stream),
        Err(error) if error.kind() == ErrorKind::NotFound => match path.to_str().filter(|text| is_pattern(text)) {
            Some(pattern) => matching(pattern),
            None => Err(io(error)),
        },
        Err(error) => Err(io(error)),
    }
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

fn matching(pattern: &str) -> Result<Named, ReceivedError> {
    let paths = glob::glob(pattern).map_err(|error| ReceivedError::Unusable {
        path: pattern.into(),
        message: format!("it is no pattern: {error}"),
        hint: "use *, ?, ** and [abc]".to_owned(),
    })?;
    let mut files = Vec::new();
    for path in paths {
        let path = path.map_err(|error| ReceivedError::Io { path: error.path().to_owned(), source: error.into() })?;
        // Directories and pipes that happen to match are not meant.
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => files.push(path),
            Ok(_) => {}
            Err(source) => return Err(ReceivedError::Io { path, source }),
        }
    }
    files.sort();
    if files.is_empty() { Err(ReceivedError::NoMatch { pattern: pattern.to_owned() }) } else { Ok(Named::Files(files)) }
}

/// What makes a file the same file under another name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileIdentity(Identity);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Identity {
    #[cfg(unix)]
    Inode { device: u64, inode: u64 },
    #[cfg(not(unix))]
    Path(PathBuf),
}

impl FileIdentity {
    /// The identity of an open file.
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata, _path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(Identity::Inode { device: metadata.dev(), inode: metadata.ino() })
    }

    /// The identity of an open file.
    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &Metadata, path: &Path) -> Self {
        Self(Identity::Path(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())))
    }
}

/// Copies a stream into a file without a name, so that it can be read again; the file vanishes with
/// the process, however that ends.
pub(super) fn spool(name: &Path, mut stream: impl Read) -> Result<File, ReceivedError> {
    let no_room = |error: io::Error| ReceivedError::Unusable {
        path: name.to_owned(),
        message: format!("it can be read only once, and can't be kept in {}: {error}", std::env::temp_dir().display()),
        hint: "set TMPDIR to a folder with room for all of it".to_owned(),
    };
    let mut file = tempfile::tempfile().map_err(no_room)?;
    match io::copy(&mut stream, &mut file).and_then(|_| file.rewind()) {
        Ok(()) => Ok(file),
        Err(error) if error.kind() == ErrorKind::StorageFull => Err(no_room(error)),
        Err(source) => Err(ReceivedError::Io { path: name.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_path_wins_over_its_meaning_as_a_pattern() {
        let folder = tempfile::tempdir().expect("a folder");
        let odd = folder.path().join("log[1]*");
        let other = folder.path().join("log1");
        fs::write(&odd, "").and_then(|()| fs::write(&other, "")).expect("files");
        assert_eq!(resolve(&odd).expect("it exists"), Named::Files(vec![odd.clone()]));
        fs::remove_file(&odd).expect("it exists");
        assert_eq!(resolve(&odd).expect("it matches"), Named::Files(vec![other]));
    }

    #[test]
    fn matches_are_sorted_and_directories_are_not_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.log", "a.log"] {
            fs::write(folder.path().join(name), "").expect("a file");
        }
        fs::create_dir(folder.path().join("c.log")).expect("a folder");
        let pattern = folder.path().join("*.log");
        let expected = vec![folder.path().join("a.log"), folder.path().join("b.log")];
        assert_eq!(resolve(&pattern).expect("files match"), Named::Files(expected));
    }

    /// How often something is tried that fails for so many times because a file is gone.
    fn attempts(name: &str, gone: &str, fails: usize) -> (usize, bool) {
        let mut attempts = 0;
        let done = patiently(Path::new(name), || {
            attempts += 1;
            let source = ErrorKind::NotFound.into();
            if attempts > fails { Ok(()) } else { Err(ReceivedError::Io { path: gone.into(), source }) }
        });
        (attempts, done.is_ok())
    }

    #[test]
    fn a_file_that_is_renamed_while_it_is_opened_is_looked_for_under_its_new_name() {
        for (name, gone) in
            [("d/a.log*", "d/a.log"), ("d/a.log*", "d/a.log.8"), ("*", "a.log.2.gz"), ("d/**/a*", "d/e/a")]
        {
            for fails in 0..MOST_LISTINGS {
                assert_eq!(attempts(name, gone, fails), (fails + 1, true), "{name}");
            }
            assert_eq!(attempts(name, gone, MOST_LISTINGS), (MOST_LISTINGS, false), "{name}");
        }
    }

    #[test]
    fn where_the_new_name_is_not_looked_for_a_file_that_is_gone_is_an_error() {
        for (name, gone) in [
            ("d/a.log", "d/a.log"),
            ("d/*.log", "d/a.log"),
            ("a[*.log", "a[*.log"),
            ("a.log.[2-9]", "a.log.3"),
            ("a.log.[1-9]", "a.log.9"),
            ("a.log.?", "a.log.1"),
            ("a.log-2*", "a.log-20261128"),
        ] {
            assert_eq!(attempts(name, gone, 1), (1, false), "{name}");
        }
    }

    #[test]
    fn what_can_not_be_kept_is_told_apart_from_what_can_not_be_read() {
        struct Broken(ErrorKind);
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(self.0.into())
            }
        }
        let refused = |kind| spool(Path::new("-"), Broken(kind)).expect_err("it breaks");
        let full = refused(ErrorKind::StorageFull);
        assert!(matches!(&full, ReceivedError::Unusable { hint, .. } if hint.contains("TMPDIR")), "{full:?}");
        let broken = refused(ErrorKind::ConnectionReset);
        assert!(matches!(broken, ReceivedError::Io { .. }), "{broken:?}");
        let mut kept = String::new();
        spool(Path::new("-"), &b"e-1"[..]).expect("it is kept").read_to_string(&mut kept).expect("it can be read");
        assert_eq!(kept, "e-1");
    }

    #[test]
    fn what_is_wrong_otherwise_is_tried_once() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in [folder.path().to_owned(), folder.path().join("none*")] {
            let mut attempts = 0;
            let found = patiently(&name, || {
                attempts += 1;
                resolve(&name)
            });
            assert!(attempts == 1 && found.is_err(), "{found:?}");
        }
    }

    #[test]
    fn what_can_not_be_a_log_is_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = resolve(&folder.path().join("missing.log"));
        assert!(matches!(missing, Err(ReceivedError::Io { .. })), "{missing:?}");
        let none = resolve(&folder.path().join("*.log"));
        assert!(matches!(none, Err(ReceivedError::NoMatch { .. })), "{none:?}");
        let directory = resolve(folder.path());
        assert!(matches!(directory, Err(ReceivedError::Unusable { .. })), "{directory:?}");
        let wrong = resolve(&folder.path().join("***"));
        assert!(matches!(wrong, Err(ReceivedError::Unusable { .. })), "{wrong:?}");
    }
}
