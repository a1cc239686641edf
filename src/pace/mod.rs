//! Pacing: state machines that take the time and return waits. Nothing here sleeps.
//!
//! Times are durations since the run's start, as [`crate::clock::Clock::elapsed`] tells them.

pub mod breaker;
pub mod limiter;
pub mod retry;
