//! The clock the engine is given: it tells the time and it is the only thing that sleeps.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

/// Tells the time and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The calendar time, which may jump; for ages and records.
    fn now(&self) -> DateTime<Utc>;

    /// Time since an arbitrary start, which never jumps; for pacing and deadlines.
    fn elapsed(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, wait: Duration);
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// A clock whose elapsed time starts now.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

/// A clock whose calendar does not jump: it goes on from the time that another clock told at first.
///
/// How long ago something happened is judged by the calendar, because the ledger outlives the process. A
/// calendar that is set right in the middle of a run would make what happened a second ago seem old.
pub struct SteadyClock {
    clock: Arc<dyn Clock>,
    began_at: DateTime<Utc>,
    began: Duration,
}

impl SteadyClock {
    /// A clock that goes on from what `clock` tells now.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (began_at, began) = (clock.now(), clock.elapsed());
        Self { clock, began_at, began }
    }
}

#[async_trait]
impl Clock for SteadyClock {
    fn now(&self) -> DateTime<Utc> {
        let since = TimeDelta::from_std(self.clock.elapsed().saturating_sub(self.began)).ok();
        since.and_then(|since| self.began_at.checked_add_signed(since)).unwrap_or(self.began_at)
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        self.clock.sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_machines_clock_has_gone_on_for_as_long_as_was_slept() {
        let (clock, wait) = (SystemClock::new(), Duration::from_millis(2));
        clock.sleep(wait).await;
        assert!(clock.elapsed() >= wait);
    }
}
