//! A checkup as JSON lines: one record for each check, then a summary.

use std::io::{self, Write};

use serde::Serialize;

use super::JsonLines;
use crate::checkup::Checkup;
use crate::report::json::append_compact;
use crate::report::json::checkup::{CheckView, DoctorDocument};
use crate::report::json::past::Parts;
use crate::report::past::Show;

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// A check.
    Check(CheckView<'a>),
    /// The last line.
    Summary(DoctorDocument<'a>),
}

impl Show<Checkup> for JsonLines {
    fn show(&self, what: &Checkup, out: &mut dyn Write) -> io::Result<()> {
        let checks = what.checks.iter().map(|check| Line::Check(CheckView::of(check)));
        let summary = Line::Summary(DoctorDocument::of(what, Parts::LeftOut));
        let mut bytes = Vec::new();
        for line in checks.chain(std::iter::once(summary)) {
            append_compact(&mut bytes, &line)?;
            bytes.push(b'\n');
        }
        out.write_all(&bytes)?;
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::checkup::Check;

    #[test]
    fn every_check_is_a_line_and_a_summary_ends_them() {
        let mut bytes = Vec::new();
        let checkup = Checkup { checks: vec![Check::ok("a", "m"), Check::skipped("b", "why")], requests: 0 };
        JsonLines.show(&checkup, &mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let types: Vec<&str> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
        assert_eq!(types, ["check", "check", "summary"]);
        assert_eq!((&lines[1]["verdict"], &lines[2]["totals"]["skipped"]), (&"skipped".into(), &1.into()));
        assert_eq!(lines[2].get("checks"), None);
    }
}
