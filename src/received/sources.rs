//! From what the user named to open files: patterns, standard input, pipes.
//!
//! It never looks into a file.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read, Seek};
use std::path::{Path, PathBuf};

use super::ReceivedError;

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
