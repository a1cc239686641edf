//! The files that a run's report is written to beside standard output, each with the format that its
//! ending asks for. What lies there already is looked at by the shell.

use std::path::{Path, PathBuf};

use super::Loaded;
use super::error::{SettingsError, Unusable};
use super::keys::Key;
use super::layers::Layer;
use super::suggest::nearest;
use crate::report::files::FileFormat;

/// More files than anybody needs are a mistake in a script.
const MOST: usize = 20;

/// One file that the report is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportTarget {
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds.
    pub format: FileFormat,
}

impl Loaded {
    /// The files that the report is written to.
    ///
    /// # Errors
    /// When an ending is not known, or two of them are the same file.
    pub fn reports(&self) -> Result<Vec<ReportTarget>, SettingsError> {
        targets(self.layer())
    }
}

fn targets(layer: &Layer) -> Result<Vec<ReportTarget>, SettingsError> {
    let Some(entry) = layer.entries.get(&Key::Report) else { return Ok(Vec::new()) };
    let mut targets: Vec<ReportTarget> = Vec::new();
    for text in &entry.values {
        let target = target(text).map_err(|unusable| entry.error(Key::Report, unusable))?;
        if targets.iter().any(|other| other.path == target.path) {
            let twice = Unusable::new(format!("{text} is named twice")).hint("leave one of them out");
            return Err(entry.error(Key::Report, twice));
        }
        targets.push(target);
    }
    if targets.len() > MOST {
        let many = Unusable::new(format!("{} files are named; at most {MOST} are written", targets.len()));
        return Err(entry.error(Key::Report, many.hint("leave some of them out")));
    }
    Ok(targets)
}

fn target(text: &str) -> Result<ReportTarget, Unusable> {
    if text.trim().is_empty() {
        return Err(Unusable::new("the path is empty").hint(known_endings()));
    }
    if text == "-" {
        return Err(Unusable::new("- is no file")
            .hint("standard output has a report already, in the format that --format asks for; name a file here"));
    }
    let path = Path::new(text);
    let format = FileFormat::of(path).ok_or_else(|| {
        let hint = match path.extension().and_then(|ending| ending.to_str()) {
            Some(ending) => match nearest(ending, FileFormat::ALL.map(FileFormat::ending)) {
                Some(ending) => format!("did you mean .{ending}? {}", known_endings()),
                None => known_endings(),
            },
            None => known_endings(),
        };
        Unusable::new(format!("the ending of {text} is not that of a report")).hint(hint)
    })?;
    Ok(ReportTarget { path: path.to_owned(), format })
}

fn known_endings() -> String {
    let endings = FileFormat::ALL.map(|format| match format {
        FileFormat::Junit => ".xml (JUnit)".to_owned(),
        other => format!(".{}", other.ending()),
    });
    format!("the ending tells the format: {}", endings.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(paths: &[&str]) -> Result<Vec<ReportTarget>, SettingsError> {
        let mut layer = Layer::default();
        layer.flag(Key::Report, paths.iter().map(|path| (*path).to_owned()));
        targets(&layer)
    }

    #[test]
    fn the_ending_of_each_file_tells_its_format() {
        let formats: Vec<FileFormat> = read(&["a.html", "b.md", "c.csv", "d.json", "e.XML"])
            .unwrap()
            .into_iter()
            .map(|target| target.format)
            .collect();
        assert_eq!(formats, FileFormat::ALL);
        assert_eq!(read(&[]).unwrap(), []);
    }

    #[test]
    fn an_ending_that_is_not_known_is_refused_with_those_that_are() {
        for path in ["report.pdf", "report", "-", "", "report.html/x"] {
            let error = read(&[path]).unwrap_err();
            assert!(error.message.starts_with("--report: "), "{error:?}");
            let hint = error.hint.unwrap();
            assert!(path == "-" || hint.contains(".html, .md, .csv, .json, .xml (JUnit)"), "{hint}");
        }
        assert!(read(&["report.htm"]).unwrap_err().hint.unwrap().starts_with("did you mean .html?"));
    }

    #[test]
    fn one_file_can_not_be_written_twice() {
        assert_eq!(read(&["a.html", "b.md", "a.html"]).unwrap_err().message, "--report: a.html is named twice");
        let many: Vec<String> = (0..21).map(|number| format!("{number}.md")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(read(&many).unwrap_err().message.contains("at most 20"));
    }
}
