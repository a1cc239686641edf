//! What the fuzzer holds the report formats against: hostile texts change the text of a report and never
//! its structure.

use csv_core::{ReadRecordResult, Reader};

use super::Format;
use super::csv::Csv;
use super::html::Html;
use super::json::Json;
use super::junit::Junit;
use super::markdown::Markdown;
use super::rows::said;
use super::sample::{Sample, problem, report, uuid, webhook};
use super::text::is_hidden;
use crate::classify::Verdict;
use crate::event::DeliveryStatus;
use crate::outcome::RunOutcome;
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::tracked::EventResult;

/// A report in which every text that may come from outside is a line of the input.
///
/// # Panics
/// When a text becomes structure, acts on a terminal or starts a formula.
pub fn reports(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A form feed stands between texts, so that a text may hold line breaks.
    let texts: Vec<&str> = text.split('\u{c}').take(6).collect();
    // Those that look alike as far as they are shown are counted together, though they are not the same.
    let shown = |text: &str| said(DeliveryStatus::Failed, Some(500), Some(text), "…");
    let look_alike = |one: &&str, other: &&str| one != other && shown(one) == shown(other);
    if texts.iter().any(|one| texts.iter().any(|other| look_alike(one, other))) {
        return;
    }
    let hostile = a_report(|place| texts[place % texts.len()].to_owned());
    // Texts that are the same stay the same, because a report counts them together.
    let first_of = |text: &str| texts.iter().position(|other| *other == text).unwrap_or_default();
    let harmless = a_report(|place| match texts[place % texts.len()] {
        blank if blank.trim().is_empty() => blank.to_owned(),
        text => format!("x{}", first_of(text)),
    });
    for format in [&Junit as &dyn Format, &Html] {
        let (hostile, harmless) = (written(format, &hostile), written(format, &harmless));
        assert_eq!(tags(&hostile), tags(&harmless), "a text became structure");
        is_quiet(&hostile);
    }
    let (markdown, plain) = (written(&Markdown, &hostile), written(&Markdown, &harmless));
    is_quiet(&markdown);
    assert_eq!(outside_of_code(&markdown), outside_of_code(&plain), "a text became structure");
    let json = written(&Json, &hostile);
    serde_json::from_str::<serde_json::Value>(&json).expect("a JSON document");
    let (table, plain) = (rows(&written(&Csv, &hostile)), rows(&written(&Csv, &harmless)));
    let widths = |rows: &[Vec<String>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(widths(&table), widths(&plain), "{table:?}");
    for cell in table.iter().flatten() {
        let is_formula = cell.starts_with(['=', '+', '@', '\t', '\r']) || cell.starts_with('-') && cell.len() > 1;
        assert!(!is_formula, "{cell:?} starts a formula");
    }
}

fn a_report(text: impl Fn(usize) -> String) -> RunReport {
    let events = (0..3).map(|number| {
        let mut id = format!("{}{}", text(number), uuid(number as u64));
        // The end tells them apart.
        while id.len() > 512 {
            id.remove(0);
        }
        let sample = Sample::new(&id, DeliveryStatus::Failed, Verdict::Missing).says(Some(500), &text(number + 1));
        let sample = if text(number + 2).is_empty() { sample } else { sample.because(&text(number + 2)) };
        sample.ended(1, if number == 0 { EventResult::Left } else { EventResult::Quarantined }).build()
    });
    let mut report = report(
        Mode::Act,
        RunOutcome::Left,
        vec![webhook("w.0", &text(3), events.collect()), webhook("w.1", &text(4), vec![])],
    );
    // These are the user's own words, and few of them.
    report.selection = "status failed".to_owned();
    report.problems = vec![problem(ProblemKind::ReceiverDown, &text(4), &text(5))];
    report
}

/// The names of the elements, in their order.
fn tags(page: &str) -> Vec<&str> {
    page.split('<').skip(1).map(|tag| tag.split([' ', '>', '\n']).next().unwrap_or_default()).collect()
}

/// What stands outside of code, line by line; in code nothing means anything.
fn outside_of_code(markdown: &str) -> Vec<String> {
    markdown.lines().map(|line| line.split('`').step_by(2).collect()).collect()
}

fn written(format: &dyn Format, report: &RunReport) -> String {
    let mut bytes = Vec::new();
    format.write_report(report, &mut bytes).expect("memory can be written");
    String::from_utf8(bytes).expect("text")
}

/// Nothing acts on a terminal or hides itself.
fn is_quiet(text: &str) {
    let noisy = text.chars().find(|letter| is_hidden(*letter) && *letter != '\n');
    assert_eq!(noisy, None, "a text acts on a terminal");
}

fn rows(table: &str) -> Vec<Vec<String>> {
    let (mut reader, mut rest) = (Reader::new(), table.trim_start_matches('\u{feff}').as_bytes());
    let mut rows = Vec::new();
    loop {
        let (mut cells, mut ends) = (vec![0; table.len() + 1], vec![0; 64]);
        let (result, read, _, count) = reader.read_record(rest, &mut cells, &mut ends);
        rest = &rest[read..];
        match result {
            ReadRecordResult::Record => {
                let starts = std::iter::once(0).chain(ends[..count].iter().copied());
                let cell = |(start, end): (usize, &usize)| String::from_utf8_lossy(&cells[start..*end]).into_owned();
                rows.push(starts.zip(&ends[..count]).map(cell).collect());
            }
            ReadRecordResult::InputEmpty if rest.is_empty() => {}
            ReadRecordResult::End => return rows,
            ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                panic!("the table can't be read")
            }
        }
    }
}
