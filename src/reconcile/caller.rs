//! Sends requests: one permit, one place under the rate, one answer. The only file that waits.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::ledger::LedgerError;
use crate::monitor::RunEvent;
use crate::outcome::Signal;
use crate::pace::limiter::Limiter;
use crate::pace::retry::{Retry, back_off};
use crate::provider::{Credential, ProviderError};
use crate::received::ReceivedError;
use crate::run_report::Requests;

use super::{Ports, RunRequest};

/// Requests for one thing before an unreachable vendor is given up: about 15 seconds of back-off.
const MAX_TRIES: u32 = 6;
/// Failures without any success in between, for each request that may be in flight, after which the
/// vendor counts as failing altogether.
const MAX_FAILURES_PER_LANE: u32 = 12;
/// A time-out costs a minute where another failure costs a moment, so it weighs more.
const TIME_OUT_WEIGHT: u32 = 4;
/// Requests that meet a gateway without anybody behind it before the range is taken for too long.
const GATEWAY_TRIES: u32 = 3;
/// Waits for a vendor behind its gateway grow up to this step of the back-off: four seconds.
const LONGEST_STEP: u32 = 3;
/// How long a stopped run waits for the answers to the resends in flight. It is shorter than what
/// service managers and clusters grant before they kill.
const STOP_GRACE: Duration = Duration::from_secs(10);
/// What is waited when a vendor throttles without saying for how long.
const UNSAID_PAUSE_STEP: u32 = 1;

/// Why a run ends before its work is done.
#[derive(Debug)]
pub(super) enum Halt {
    /// The deadline passed.
    Deadline,
    /// A signal came.
    Stopped(Signal),
    /// The vendor asks to wait for longer than the run may last.
    Throttled { wait: Duration, error: ProviderError },
    /// The vendor can't be reached or keeps failing.
    Unavailable(ProviderError),
    /// The vendor refused the credentials.
    CredentialsRefused { credential: Credential, error: ProviderError },
    /// The address or the webhook is wrong.
    Misconfigured(ProviderError),
    /// The ledger can't be used; nothing more may be sent.
    Ledger(LedgerError),
    /// The received log can't be used any more.
    Received(ReceivedError),
}

impl Halt {
    pub(super) fn ledger(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

/// What a request is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestKind {
    List,
    Get,
    Resend,
}

/// Paces every request of a run.
pub(super) struct Caller<'a> {
    ports: &'a Ports,
    deadline: Duration,
    permits: Semaphore,
    failure_limit: u32,
    failures_per_round: u32,
    state: Mutex<CallerState>,
}

struct CallerState {
    limiter: Limiter,
    requests: Requests,
    random: fastrand::Rng,
    failures: u32,
    unsaid_pauses: u32,
    /// Whether any request was answered as it should be.
    heard: bool,
}

fn count_of(requests: &mut Requests, kind: RequestKind) -> &mut u64 {
    match kind {
        RequestKind::List => &mut requests.list,
        RequestKind::Get => &mut requests.get,
        RequestKind::Resend => &mut requests.resend,
    }
}

impl<'a> Caller<'a> {
    pub(super) fn new(ports: &'a Ports, request: &RunRequest) -> Self {
        let bounds = &request.policy.bounds;
        let lanes = bounds.concurrency.max(1);
        Self {
            ports,
            deadline: ports.clock.elapsed().saturating_add(bounds.deadline),
            permits: Semaphore::new(lanes),
            failures_per_round: u32::try_from(lanes).unwrap_or(u32::MAX),
            failure_limit: MAX_FAILURES_PER_LANE.saturating_mul(u32::try_from(lanes).unwrap_or(u32::MAX)),
            state: Mutex::new(CallerState {
                limiter: Limiter::new(bounds.rate),
                requests: Requests::default(),
                random: fastrand::Rng::with_seed(request.seed),
                failures: 0,
                unsaid_pauses: 0,
                heard: false,
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, CallerState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Requests sent so far.
    pub(super) fn requests(&self) -> Requests {
        self.state().requests
    }

    /// A random number in `0.0..1.0`.
    pub(super) fn jitter(&self) -> f64 {
        self.state().random.f64()
    }

    /// Whether the vendor's last answers were failures, or none ever came, so that a passed deadline is
    /// the vendor's doing.
    pub(super) fn vendor_is_failing(&self) -> bool {
        let state = self.state();
        state.failures > 0 || (!state.heard && state.requests.list > 0)
    }

    /// Whether the run must not begin anything new.
    pub(super) fn must_end(&self) -> Option<Halt> {
        if let Some(signal) = *self.ports.stop.borrow() {
            return Some(Halt::Stopped(signal));
        }
        (self.ports.clock.elapsed() >= self.deadline).then_some(Halt::Deadline)
    }

    /// Time until the deadline.
    pub(super) fn remaining(&self) -> Duration {
        self.deadline.saturating_sub(self.ports.clock.elapsed())
    }

    /// Whether a wait ends before the run must, so that something can follow it.
    fn bears(&self, wait: Duration) -> bool {
        wait < self.remaining()
    }

    /// Waits for something that sends nothing which must not be lost, unless the run must end first.
    pub(super) async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Halt> {
        if let Some(halt) = self.must_end() {
            return Err(halt);
        }
        tokio::select! {
            biased;
            done = work => Ok(done),
            signal = self.stopped() => Err(Halt::Stopped(signal)),
            () = self.ports.clock.sleep(self.remaining()) => Err(Halt::Deadline),
        }
    }

    /// Waits for the answer to a resend. After a signal that is for a while only, so that a vendor which
    /// never answers can't keep the run alive; the resend is then in doubt.
    pub(super) async fn unless_abandoned<T>(
        &self,
        answer: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let begun = self.ports.clock.elapsed();
        let abandoned = async {
            self.stopped().await;
            self.ports.clock.sleep(STOP_GRACE).await;
        };
        tokio::select! {
            biased;
            answer = answer => answer,
            () = abandoned => {
                let waited = self.ports.clock.elapsed().saturating_sub(begun);
                Err(ProviderError::TimedOut { after: Duration::from_secs(waited.as_secs()) })
            }
        }
    }

    /// Waits for the signal that stops the run.
    async fn stopped(&self) -> Signal {
        let mut stop = self.ports.stop.clone();
        match stop.wait_for(Option::is_some).await.ok().and_then(|signal| *signal) {
            Some(signal) => signal,
            // Nobody is left who could stop the run.
            None => std::future::pending().await,
        }
    }

    /// Waits, unless the run must end first.
    pub(super) async fn pause(&self, wait: Duration) -> Result<(), Halt> {
        self.unless_stopped(self.ports.clock.sleep(wait)).await
    }

    /// Waits for a place under the rate limit and counts the request.
    async fn turn(&self, kind: RequestKind) -> Result<(), Halt> {
        loop {
            if let Some(halt) = self.must_end() {
                return Err(halt);
            }
            let wait = {
                let mut state = self.state();
                let wait = state.limiter.acquire(self.ports.clock.elapsed());
                if wait.is_zero() {
                    *count_of(&mut state.requests, kind) += 1;
                    return Ok(());
                }
                wait
            };
            if !self.bears(wait) {
                let error = ProviderError::Throttled { retry_after: Some(wait) };
                return Err(Halt::Throttled { wait, error });
            }
            self.pause(wait).await?;
        }
    }

    /// Takes a request out of the count: it was never sent.
    pub(super) fn was_not_sent(&self, kind: RequestKind) {
        let mut state = self.state();
        let count = count_of(&mut state.requests, kind);
        *count = count.saturating_sub(1);
    }

    /// Sends one request that may be abandoned: a read.
    pub(super) async fn read_once<T>(
        &self,
        kind: RequestKind,
        request: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<Result<T, ProviderError>, Halt> {
        let answer = {
            let _permit = self.permit().await?;
            self.turn(kind).await?;
            self.unless_stopped(request).await?
        };
        self.learn(answer.as_ref().err())?;
        Ok(answer)
    }

    /// Reserves one of the lanes for a request that must not be abandoned, and waits for its turn.
    ///
    /// Hold the permit until the answer is there, then give the answer to [`Caller::learn`].
    pub(super) async fn lane(&self, kind: RequestKind) -> Result<tokio::sync::SemaphorePermit<'_>, Halt> {
        let permit = self.permit().await?;
        self.turn(kind).await?;
        Ok(permit)
    }

    async fn permit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Halt> {
        match self.unless_stopped(self.permits.acquire()).await? {
            Ok(permit) => Ok(permit),
            Err(_closed) => unreachable!("the semaphore lives as long as the caller and is never closed"),
        }
    }

    /// Learns from an answer: paces the next requests and decides whether the run can go on.
    pub(super) fn learn(&self, failure: Option<&ProviderError>) -> Result<(), Halt> {
        let Some(error) = failure else {
            let mut state = self.state();
            state.heard = true;
            state.failures = 0;
            state.unsaid_pauses = 0;
            state.limiter.passed();
            return Ok(());
        };
        if let Some(signal) = *self.ports.stop.borrow() {
            return Err(Halt::Stopped(signal));
        }
        match error {
            ProviderError::Throttled { retry_after } | ProviderError::QuotaExhausted { retry_after } => {
                self.learn_pause(error, *retry_after)
            }
            ProviderError::CredentialsRefused { credential, .. } => {
                Err(Halt::CredentialsRefused { credential: *credential, error: error.clone() })
            }
            // Nothing was asked and nothing was learned.
            ProviderError::Unaddressable { .. } => Ok(()),
            // An address that has answered is right, so what it does not know is the thing asked for.
            ProviderError::UnknownPath { .. } if self.state().heard => {
                self.state().limiter.passed();
                Ok(())
            }
            ProviderError::UnknownPath { .. } | ProviderError::Redirected { .. } => {
                Err(Halt::Misconfigured(error.clone()))
            }
            ProviderError::NotFound { .. } | ProviderError::Rejected { .. } => {
                let mut state = self.state();
                state.failures = 0;
                state.limiter.passed();
                Ok(())
            }
            ProviderError::TimedOut { .. } => self.learn_failure(error, TIME_OUT_WEIGHT),
            ProviderError::NotSent { .. }
            | ProviderError::Server { .. }
            | ProviderError::Interrupted { .. }
            | ProviderError::Unreadable { .. }
            | ProviderError::TooLarge { .. } => self.learn_failure(error, 1),
        }
    }

    fn learn_failure(&self, error: &ProviderError, weight: u32) -> Result<(), Halt> {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(weight);
        if state.failures >= self.failure_limit {
            return Err(Halt::Unavailable(error.clone()));
        }
        Ok(())
    }

    fn learn_pause(&self, error: &ProviderError, asked: Option<Duration>) -> Result<(), Halt> {
        let now = self.ports.clock.elapsed();
        // A vendor that throttles and asks to wait for no time at all has not said how long.
        let asked = asked.filter(|wait| !wait.is_zero());
        let wait = {
            let mut state = self.state();
            let wait = asked.unwrap_or_else(|| {
                let jitter = state.random.f64();
                back_off(state.unsaid_pauses, jitter)
            });
            if asked.is_none() && now >= state.limiter.paused_until() {
                state.unsaid_pauses = state.unsaid_pauses.saturating_add(UNSAID_PAUSE_STEP);
            }
            state.limiter.throttled(now, wait);
            wait
        };
        if !self.bears(wait) {
            return Err(Halt::Throttled { wait, error: error.clone() });
        }
        self.ports.monitor.notice(&RunEvent::Waiting { wait, reason: error.to_string() });
        Ok(())
    }

    /// Sends a read until it is answered: waits out throttling, and tries again when the vendor can't be
    /// reached. What the vendor answers otherwise is the caller's to judge.
    pub(super) async fn read<T>(
        &self,
        kind: RequestKind,
        mut request: impl AsyncFnMut() -> Result<T, ProviderError>,
    ) -> Result<Result<T, ProviderError>, Halt> {
        let mut retry = Retry::new(MAX_TRIES);
        let mut tries = 0;
        loop {
            let answer = self.read_once(kind, request()).await?;
            let Err(error) = &answer else { return Ok(answer) };
            match error {
                ProviderError::Throttled { .. } | ProviderError::QuotaExhausted { .. } => {}
                ProviderError::NotSent { .. } => self.back_off(&mut retry, error).await?,
                ProviderError::Server { status: 502..=504, retry_after, .. } => {
                    tries += 1;
                    if tries >= GATEWAY_TRIES {
                        return Ok(answer);
                    }
                    self.wait_for_vendor(error, *retry_after).await?;
                }
                _ => return Ok(answer),
            }
        }
    }

    /// Waits while the vendor's gateway says that nobody is behind it: longer, the longer it says so.
    async fn wait_for_vendor(&self, error: &ProviderError, asked: Option<Duration>) -> Result<(), Halt> {
        let rounds = self.state().failures / self.failures_per_round;
        let wait = asked.unwrap_or_default().max(back_off(rounds.min(LONGEST_STEP), self.jitter()));
        if !self.bears(wait) {
            return Err(Halt::Unavailable(error.clone()));
        }
        self.ports.monitor.notice(&RunEvent::Waiting { wait, reason: error.to_string() });
        self.pause(wait).await
    }

    /// Waits before the same request is sent again, or ends the run when it was tried often enough.
    pub(super) async fn back_off(&self, retry: &mut Retry, error: &ProviderError) -> Result<(), Halt> {
        let Some(wait) = retry.failed(self.jitter()) else {
            return Err(Halt::Unavailable(error.clone()));
        };
        if !self.bears(wait) {
            return Err(Halt::Unavailable(error.clone()));
        }
        self.ports.monitor.notice(&RunEvent::Waiting { wait, reason: error.to_string() });
        self.pause(wait).await
    }
}

/// The tries that a request to an unreachable vendor gets.
pub(super) fn patience() -> Retry {
    Retry::new(MAX_TRIES)
}
