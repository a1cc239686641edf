//! Pacing: state machines that take the time and return waits. Nothing here sleeps.
//!
//! Times are durations since the run's start, as [`crate::clock::Clock::elapsed`] tells them. Only the failure budget outlives a run, so it takes the calendar's time.

pub mod breaker;
pub mod budget;
pub mod limiter;
pub mod retry;
