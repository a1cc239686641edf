//! The files that a run's report is written to beside standard output: checked before the first
//! request, written when the run has ended, however it ended.
//!
//! A report never takes the place of something that the run reads or keeps. Ids may be sensitive, so
//! a new file is for its owner alone; one that replaces another keeps its readers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::errors::CliError;
use crate::cli::replace::{Readers, check_replaceable, replace_by};
use crate::config::{Loaded, ReceivedSource, ReportTarget, Settings};
use crate::exit::ExitCode;
use crate::report::Format as _;
use crate::run_report::RunReport;

/// The files that a report is written to.
#[derive(Debug, Default)]
#[must_use]
pub struct Reports {
    targets: Vec<ReportTarget>,
}

/// A file that no report may replace, with what it is.
type Kept = (&'static str, PathBuf);

impl Reports {
    /// Checks that every file can be written and is none that the run needs; nothing is left behind.
    /// `inputs` are further files that the command reads, each with what it is.
    ///
    /// # Errors
    /// When a file can't be written, two of them are the same, or one is needed otherwise.
    pub fn open(loaded: &Loaded, settings: &Settings, inputs: &[(&'static str, &Path)]) -> Result<Self, CliError> {
        let targets = settings.reports.clone();
        if targets.is_empty() {
            return Ok(Self::default());
        }
        let kept = kept(loaded, settings, inputs);
        let patterns = patterns(settings);
        for (place, target) in targets.iter().enumerate() {
            let path = &target.path;
            if let Some((what, _)) = kept.iter().find(|(_, kept)| are_same(path, kept)) {
                return Err(needed(path, what));
            }
            if patterns.iter().any(|pattern| matches(pattern, path)) {
                return Err(needed(path, "part of the received log"));
            }
            if targets[..place].iter().any(|other| are_same(path, &other.path)) {
                let message = format!("two reports would be written to the same file, {}", path.display());
                return Err(CliError::new(ExitCode::Usage, message).hint("leave one of them out"));
            }
            check_replaceable(path).map_err(|error| {
                let message = format!("can't write a report to {}", path.display());
                CliError { causes: vec![error.to_string()], ..CliError::new(ExitCode::Usage, message) }
                    .hint("nothing was sent; name a file in a folder that exists and that you may write to")
            })?;
        }
        Ok(Self { targets })
    }

    /// Writes the report to every file; what can't be written keeps no other from being written.
    ///
    /// # Errors
    /// When any of them can't be written.
    pub fn write(&self, report: &RunReport) -> Result<(), CliError> {
        let mut failures = Vec::new();
        for ReportTarget { path, format } in &self.targets {
            if let Err(error) = replace_by(path, Readers::OwnerOrAsBefore, |out| format.write_report(report, out)) {
                failures.push(format!("can't write the report to {}: {error}", path.display()));
            }
        }
        if failures.is_empty() {
            return Ok(());
        }
        Err(CliError::new(ExitCode::Failure, failures.join("; "))
            .hint("the run itself has ended, and its report is on standard output"))
    }
}

/// Refuses to make a file in the place of one that the run reads or keeps.
///
/// # Errors
/// When the path leads to such a file.
pub fn refuse_needed(loaded: &Loaded, settings: &Settings, what: &str, path: &Path) -> Result<(), CliError> {
    let kept = kept(loaded, settings, &[]);
    let found = kept.iter().find(|(_, kept)| are_same(path, kept)).map(|(needed, _)| *needed);
    let is_log = || patterns(settings).iter().any(|pattern| matches(pattern, path));
    match found.or_else(|| is_log().then_some("part of the received log")) {
        None => Ok(()),
        Some(needed) => {
            let message = format!("can't write {what} to {}: it is {needed}", path.display());
            Err(CliError::new(ExitCode::Usage, message).hint("name another file"))
        }
    }
}

fn needed(path: &Path, what: &str) -> CliError {
    let message = format!("can't write a report to {}: it is {what}", path.display());
    CliError::new(ExitCode::Usage, message).hint("name another file with --report")
}

/// The files that the run reads or keeps.
fn kept(loaded: &Loaded, settings: &Settings, inputs: &[(&'static str, &Path)]) -> Vec<Kept> {
    let mut kept: Vec<Kept> = vec![("the ledger", settings.ledger.clone())];
    kept.extend(loaded.file().map(|path| ("the settings file", path.clone())));
    let watching = loaded.watching();
    kept.extend(watching.metrics.map(|path| ("the file of metrics", path)));
    kept.extend(watching.ca_file.map(|path| ("the file of certificate authorities", path)));
    kept.extend(named_sources(settings).map(|name| ("the received log", PathBuf::from(name))));
    kept.extend(inputs.iter().map(|(what, path)| (*what, path.to_path_buf())));
    kept
}

fn named_sources(settings: &Settings) -> impl Iterator<Item = &str> {
    let sources = settings.received.iter().flat_map(|received| &received.sources);
    sources.filter_map(|source| match source {
        ReceivedSource::Named(name) => Some(name.as_str()),
        ReceivedSource::Stdin | ReceivedSource::Database(_) => None,
    })
}

/// The sources of the received log that are patterns: what matches one tomorrow is read as a log.
fn patterns(settings: &Settings) -> Vec<glob::Pattern> {
    let Ok(folder) = std::env::current_dir() else { return Vec::new() };
    let folder = PathBuf::from(glob::Pattern::escape(&folder.to_string_lossy()));
    named_sources(settings)
        .filter(|name| name.contains(['*', '?', '[']))
        .filter_map(|name| {
            let name = name.strip_prefix("./").unwrap_or(name);
            glob::Pattern::new(&folder.join(name).to_string_lossy()).ok()
        })
        .collect()
}

fn matches(pattern: &glob::Pattern, path: &Path) -> bool {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let mut spellings = std::path::absolute(path).into_iter().chain(place(path).ok());
    spellings.any(|path| pattern.matches_path_with(&path, options))
}

/// Whether two paths lead to the same file, or would once it is there.
fn are_same(left: &Path, right: &Path) -> bool {
    if let (Ok(left), Ok(right)) = (place(left), place(right))
        && left == right
    {
        return true;
    }
    are_same_on_disk(left, right)
}

/// A path without links in its folders.
fn place(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    Ok(fs::canonicalize(folder)?.join(name))
}

#[cfg(unix)]
fn are_same_on_disk(left: &Path, right: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(left), fs::metadata(right)) {
        (Ok(left), Ok(right)) => (left.dev(), left.ino()) == (right.dev(), right.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn are_same_on_disk(left: &Path, right: &Path) -> bool {
    match (fs::canonicalize(left), fs::canonicalize(right)) {
        (Ok(left), Ok(right)) => left == right,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_spellings_of_one_place_are_the_same_file_before_and_after_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, around) = (folder.path().join("a.html"), folder.path().join("./b/../a.html"));
        fs::create_dir(folder.path().join("b")).unwrap();
        assert!(are_same(&plain, &around));
        fs::write(&plain, "").unwrap();
        assert!(are_same(&plain, &around));
        assert!(!are_same(&plain, &folder.path().join("b/a.html")));
    }

    #[test]
    fn a_pattern_is_compared_with_the_whole_path() {
        let folder = tempfile::tempdir().unwrap();
        let pattern = glob::Pattern::new(&folder.path().join("*.csv").to_string_lossy()).unwrap();
        assert!(matches(&pattern, &folder.path().join("report.csv")));
        assert!(!matches(&pattern, &folder.path().join("below/report.csv")));
        assert!(!matches(&pattern, &folder.path().join("report.json")));
    }
}
