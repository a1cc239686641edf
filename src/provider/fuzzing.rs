//! What the fuzzer feeds of the providers.

pub use super::front_systems::fuzzing::{listing, vendor_times};
pub use super::http::fuzzing::waits;
