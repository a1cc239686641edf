//! The command line: one file per command.

pub mod progress;
pub mod sandbox;
