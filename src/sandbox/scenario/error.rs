//! What is wrong with a scenario file, told with its place and with what to write instead.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// How alike two names must be, from 0 to 1, before one is suggested for the other.
const ALIKE: f64 = 0.75;

/// A scenario file can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ScenarioError {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; `None` when the whole file is meant.
    pub line: Option<usize>,
    /// The key, with its table.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(formatter, ": {key}")?;
        }
        write!(formatter, ": {}", self.problem)
    }
}

/// The text of a file, to find places in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// Something is wrong at this place.
    pub(super) fn error(
        &self,
        span: Range<usize>,
        key: impl Into<String>,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> ScenarioError {
        ScenarioError {
            path: self.path.to_owned(),
            line: Some(self.line(span.start)),
            key: Some(key.into()),
            problem: problem.into(),
            hint: hint.into(),
        }
    }

    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Something is wrong with the file's form, or with the type of a value.
    pub(super) fn form(&self, error: &toml::de::Error) -> ScenarioError {
        let offset = error.span().map_or(0, |span| span.start);
        let line = self.line(offset);
        let problem = error.message().replace('\n', ", ");
        let hint = misspelled(&problem)
            .unwrap_or_else(|| "see `hookmend help sandbox` for what a scenario file takes".to_owned());
        let key = self.key_at(line);
        ScenarioError { path: self.path.to_owned(), line: Some(line), key, problem, hint }
    }

    /// The key on this line, with the table it stands in.
    fn key_at(&self, line: usize) -> Option<String> {
        let lines: Vec<&str> = self.text.lines().take(line).collect();
        let (key, _) = lines.last()?.split_once('=')?;
        let table = lines.iter().rev().find_map(|line| line.trim().strip_prefix('['));
        let table = table.map(|rest| rest.trim_start_matches('[').split(']').next().unwrap_or_default().trim());
        Some(table.map_or_else(|| key.trim().to_owned(), |table| format!("{table}.{}", key.trim())))
    }
}

/// For an unknown name among those that are known: the nearest of them, else all of them. Both stand in
/// backquotes in the message, the unknown one first.
fn misspelled(problem: &str) -> Option<String> {
    if !problem.starts_with("unknown ") {
        return None;
    }
    let mut names = problem.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let known: Vec<&str> = names.collect();
    Some(suggestion(unknown, &known))
}

/// Names the one that was most likely meant, else all that there are.
pub(super) fn suggestion(written: &str, known: &[&str]) -> String {
    let written: String = written.chars().take(200).collect();
    let likeness = |name: &str| strsim::jaro_winkler(&written.to_lowercase(), &name.to_lowercase());
    let near = known.iter().map(|name| (likeness(name), name)).filter(|(likeness, _)| *likeness >= ALIKE);
    match near.max_by(|left, right| left.0.total_cmp(&right.0)) {
        Some((_, name)) => format!("did you mean {name}?"),
        None => format!("there are {}", known.join(", ")),
    }
}
