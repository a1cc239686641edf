//! From what the user named to open files: patterns, standard input, pipes.
//!
//! It never looks into a file.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::ReceivedError;

/// Files may be renamed between the listing and the reading; after so many listings it is a fault.
pub(super) const MOST_LISTINGS: usize = 4;
/// How long a rotation is given to put a file where one was missing.
pub(super) const BETWEEN_LISTINGS: Duration = Duration::from_millis(25);

/// Tries again what failed because a file was not there: a rotation renames files after they were
/// listed, and between the old log and the new one there is none.
pub(super) fn patiently<T>(mut attempt: impl FnMut() -> Result<T, ReceivedError>) -> Result<T, ReceivedError> {
    for _ in 1..MOST_LISTINGS {
        match attempt() {
            Err(error) if is_gone(&error) => thread::sleep(BETWEEN_LISTINGS),
            done => return done,
        }
    }
    attempt()
}

fn is_gone(error: &ReceivedError) -> bool {
    match error {
        ReceivedError::Io { source, .. } => source.kind() == ErrorKind::NotFound,
        ReceivedError::NoMatch { .. } => true,
        ReceivedError::Unusable { .. } | ReceivedError::Unreachable { .. } => false,
    }
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
pub(super) fn spool(mut stream: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    io::copy(&mut stream, &mut file)?;
    file.rewind()?;
    Ok(file)
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

    /// How often something is tried that finds what is done before each attempt, and how it ends.
    fn attempts(path: &Path, before: impl Fn(usize)) -> (usize, Result<Named, ReceivedError>) {
        let mut attempts = 0;
        let found = patiently(|| {
            attempts += 1;
            before(attempts);
            resolve(path)
        });
        (attempts, found)
    }

    #[test]
    fn a_log_that_is_away_while_it_is_rotated_is_looked_for_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("received.log");
        let comes_at = |number: usize| {
            let log = &log;
            move |attempt| {
                if attempt == number {
                    fs::write(log, "").expect("a file");
                }
            }
        };
        for path in [log.clone(), folder.path().join("*.log")] {
            for number in [1, 2, MOST_LISTINGS] {
                let (attempts, found) = attempts(&path, comes_at(number));
                assert_eq!((attempts, found.expect("it came")), (number, Named::Files(vec![log.clone()])));
                fs::remove_file(&log).expect("it exists");
            }
            let (attempts, found) = attempts(&path, comes_at(MOST_LISTINGS + 1));
            assert!(attempts == MOST_LISTINGS && found.is_err(), "{attempts} {found:?}");
        }
    }

    #[test]
    fn what_will_not_change_is_tried_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (attempts, found) = attempts(folder.path(), |_| {});
        assert!(attempts == 1 && matches!(found, Err(ReceivedError::Unusable { .. })), "{attempts} {found:?}");
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
