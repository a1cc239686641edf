//! The clock the engine is given: it tells the time and it is the only thing that sleeps.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
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
