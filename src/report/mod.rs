//! What a finished run looks like from outside: one file per format, all made from one [`RunReport`];
//! and in the same formats what the ledger tells of the past.
//!
//! A format turns a report into bytes and knows nothing else: it never opens a file, never looks at
//! a terminal or the environment, and never decides how a run ended. Reports may hold a million
//! events, so a format borrows what it writes and keeps no second copy of it.

pub mod annotations;
mod both_ways;
pub mod color;
pub mod csv;
pub mod files;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod html;
pub mod human;
pub mod inspect;
pub mod json;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub mod mask;
pub mod metrics;
pub mod past;
mod proofs;
mod rows;
pub mod text;
pub mod vendor;
pub mod view;

#[cfg(any(test, fuzzing))]
#[cfg_attr(not(test), allow(dead_code, reason = "the fuzzer needs a part of it"))]
mod sample;

use std::io;

use crate::run_report::RunReport;

/// A way to write a report down.
pub trait Format {
    /// Writes the whole report and flushes it.
    ///
    /// # Errors
    /// When `out` can't be written to.
    fn write_report(&self, report: &RunReport, out: &mut dyn io::Write) -> io::Result<()>;
}
