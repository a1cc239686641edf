//! The formats that a report can have as a file of its own, told by the file's ending.

use std::io;
use std::path::Path;

use crate::report::Format;
use crate::report::csv::Csv;
use crate::report::html::Html;
use crate::report::json::Json;
use crate::report::junit::Junit;
use crate::report::markdown::Markdown;
use crate::run_report::RunReport;

/// A format of a report that is a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileFormat {
    /// One page that needs nothing else, to be passed on.
    Html,
    /// A summary for the page of a CI job.
    Markdown,
    /// One row for each event that is not settled.
    Csv,
    /// The document of `--format json`.
    Json,
    /// Test results for CI systems, in the format of JUnit.
    Junit,
}

impl FileFormat {
    /// Every format, in the order in which they are named to people.
    pub const ALL: [Self; 5] = [Self::Html, Self::Markdown, Self::Csv, Self::Json, Self::Junit];

    /// The ending of a file of this format, without its dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Junit => "xml",
        }
    }

    /// The format that a file's name asks for, in capitals or not; `None` when its ending is no known
    /// one.
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        Self::ALL.into_iter().find(|format| ending.eq_ignore_ascii_case(format.ending()))
    }
}

impl Format for FileFormat {
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()> {
        match self {
            Self::Html => Html.write_report(report, out),
            Self::Markdown => Markdown.write_report(report, out),
            Self::Csv => Csv.write_report(report, out),
            Self::Json => Json.write_report(report, out),
            Self::Junit => Junit.write_report(report, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_of_a_name_tells_the_format() {
        let format = |name: &str| FileFormat::of(Path::new(name));
        assert_eq!(format("/a/report.html"), Some(FileFormat::Html));
        assert_eq!(format("REPORT.XML"), Some(FileFormat::Junit));
        assert_eq!(format("a.html.md"), Some(FileFormat::Markdown));
        for name in ["report", "report.pdf", ".html", "html", "a.html/", "a.htm", ""] {
            let expected = (name == "a.html/").then_some(FileFormat::Html);
            assert_eq!(format(name), expected, "{name}");
        }
        for known in FileFormat::ALL {
            assert_eq!(format(&format!("x.{}", known.ending())), Some(known));
        }
    }
}
