use super::*;
use crate::report::sample::{HOSTILE, hostile, outage, report};
use crate::report::text::is_hidden;
use crate::run_report::Mode;

fn written(report: &RunReport) -> String {
    let mut out = Vec::new();
    Csv.write_report(report, &mut out).expect("a vector can be written to");
    String::from_utf8(out).expect("UTF-8")
}

/// Reads the text as RFC 4180 has it, with a reader that is not ours.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv_core::ReaderBuilder::new().terminator(csv_core::Terminator::CRLF).build();
    let (mut rows, mut row, mut input) = (Vec::new(), Vec::new(), text.as_bytes());
    let (mut cell, mut field) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let (result, read, written) = reader.read_field(input, &mut field);
        input = &input[read..];
        cell.extend_from_slice(&field[..written]);
        match result {
            csv_core::ReadFieldResult::Field { record_end } => {
                row.push(String::from_utf8(std::mem::take(&mut cell)).expect("UTF-8"));
                if record_end {
                    rows.push(std::mem::take(&mut row));
                }
            }
            csv_core::ReadFieldResult::End => return rows,
            csv_core::ReadFieldResult::InputEmpty | csv_core::ReadFieldResult::OutputFull => {}
        }
    }
}

#[test]
fn a_row_says_what_the_document_says_of_an_event() {
    let text = written(&outage());
    let rows = rows(&text);
    assert_eq!(rows[0], COLUMNS);
    assert_eq!(rows.len(), 1 + 9 + 2 + 1 + 1 + 1, "the head and every event that is not settled");
    assert_eq!(
        rows[10],
        [
            "w-sales",
            "SaleCreated",
            "7d3e0b52-9c41-4f6a-8b1e-000000000020",
            "2026-03-01T12:32:20.000Z",
            "missing",
            "Internal Server Error",
            "500",
            "3",
            "quarantined",
            "the receiver refused it 3 times, last with 500",
        ]
    );
    assert!(text.lines().all(|line| !line.is_empty()) && text.ends_with("\r\n"));
}

#[test]
fn a_report_without_events_is_its_head() {
    assert_eq!(
        written(&report(Mode::Check, crate::outcome::RunOutcome::Clean, Vec::new())),
        COLUMNS.join(",") + "\r\n"
    );
}

#[test]
fn no_cell_is_a_formula_or_holds_anything_hidden() {
    let report = hostile();
    let text = written(&report);
    let rows = rows(&text);
    assert_eq!(rows.len(), 1 + HOSTILE.len() + 1 + HOSTILE.len() - 1);
    for cell in rows.iter().flatten() {
        assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell:?}");
        assert!(!cell.contains(is_hidden), "{cell:?}");
    }
    assert!(rows.iter().all(|row| row.len() == COLUMNS.len()));
    assert!(!text.replace("\r\n", "").contains(is_hidden));
}

#[test]
fn what_was_changed_is_still_told_from_what_was_not() {
    let ids: Vec<String> = rows(&written(&hostile())).into_iter().skip(1).map(|mut row| row.swap_remove(2)).collect();
    assert_eq!(ids[7], "'=HYPERLINK(\"https://evil.example\",\"x\")");
    assert_eq!(ids[11], "\\t=1+1");
    assert_eq!(ids[18], "comma, semi;colon and \"quotes\"");
    assert_eq!(ids[20].len(), 512);
}
