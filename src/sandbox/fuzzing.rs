//! What the fuzzer feeds of the sandbox.

pub use super::scenario::fuzzing::scenario;
