//! The two-way picture as rows and words: the same for every format that people read.

use crate::audit::{LogSide, Row, VendorSide};
use crate::report::text::{counted, grouped, listed};

/// The titles of the columns of numbers.
pub(super) const COLUMNS: [&str; 4] = ["In the log", "Not in the log", "Log can't say", "Total"];

/// The vendor's side, row by row; those without an event are left out, the total never is.
pub(super) fn rows(vendor: &VendorSide) -> Vec<(&'static str, [u64; 4])> {
    let numbers = |row: &Row| [row.found, row.absent, row.out_of_coverage, row.total()];
    let all = [("delivered", vendor.delivered), ("failed", vendor.failed), ("no known status", vendor.unrecognised)];
    let told = all.iter().filter(|(_, row)| row.total() > 0).map(|(title, row)| (*title, numbers(row)));
    told.chain([("all listed", numbers(&vendor.total()))]).collect()
}

/// The log's side in a sentence.
pub(super) fn sentence(log: &LogSide) -> String {
    let least = if log.is_least { "at least " } else { "" };
    let ids = counted(log.ids(), "id", "ids");
    let parts = [
        (log.listed, "listed here"),
        (log.elsewhere, "of another time or webhook"),
        (log.unknown_to_vendor.len() as u64, "unknown to the vendor"),
        (log.unresolved, "not placed"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| format!("{} {words}", grouped(*number)))
        .collect();
    if told.is_empty() {
        return "The log holds no ids as received.".to_owned();
    }
    format!("The log holds {least}{ids} as received: {}.", listed(&told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_every_part_that_is_not_empty() {
        assert_eq!(sentence(&LogSide::default()), "The log holds no ids as received.");
        let log = LogSide { listed: 1_200, elsewhere: 3, unresolved: 1, is_least: true, ..LogSide::default() };
        let said = sentence(&log);
        assert!(said.starts_with("The log holds at least 1,204 ids as received: 1,200 listed here"), "{said}");
        assert!(said.contains("3 of another time or webhook") && said.ends_with("1 not placed."), "{said}");
    }
}
