//! To be filled.

pub mod progress;
