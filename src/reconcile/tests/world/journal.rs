//! The journal of the world: as strict as the one on disk, and made to fail at a chosen call.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use std::collections::{BTreeMap, HashMap};

use crate::attempt::{
    AttemptId, AttemptOutcome, Conclusion, Intent, KnownBy, OpenAttempt, ResendRequest, Settlement, settled_by_outcome,
};
use crate::event::{DeliveryStatus, EventId, WebhookId};
use crate::ledger::{
    EventHistory, History, Journal, LedgerError, Quarantine, QuarantineChange, RunEnd, RunStart, Unfinished,
    UnfinishedCause, WebhookHistory,
};
use crate::proven::Proven;

use super::fault::Fault;
use super::{Shared, World};

/// A write of the journal, for making it fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::reconcile::tests) enum Write {
    RunStart,
    Intent,
    Outcome,
    Settle,
    RunEnd,
}

/// What happens to the write of the journal that does not pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::reconcile::tests) enum Fate {
    #[default]
    Fails,
    FailsAfterCommit,
    KilledBeforeCommit,
    KilledAfterCommit,
}

/// The rows of the journal.
#[derive(Debug, Default)]
pub(in crate::reconcile::tests) struct Rows {
    pub(in crate::reconcile::tests) attempts: BTreeMap<i64, OpenAttempt>,
    pub(in crate::reconcile::tests) settled: HashMap<i64, Settlement>,
    pub(in crate::reconcile::tests) quarantine: HashMap<EventId, (WebhookId, Quarantine)>,
    pub(in crate::reconcile::tests) proven: HashMap<WebhookId, Proven>,
    pub(in crate::reconcile::tests) released: HashMap<EventId, (WebhookId, Quarantine)>,
    settled_at: HashMap<i64, DateTime<Utc>>,
    /// The attempts up to which an event was released.
    released_through: HashMap<EventId, i64>,
    /// A run was begun and has not ended.
    running: bool,
    /// After a failed write no further intent is accepted.
    stopped: bool,
}

impl Rows {
    pub(in crate::reconcile::tests) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// A person releases an event.
    pub(in crate::reconcile::tests) fn release(&mut self, event: &EventId) {
        let last = self.attempts.last_key_value().map_or(0, |(number, _)| *number);
        if let Some(stay) = self.quarantine.remove(event) {
            self.released.insert(event.clone(), stay);
        }
        self.released_through.insert(event.clone(), last);
    }

    fn arrived_after(&self, event: &EventId, through: i64) -> bool {
        let of_event = self.attempts.iter().filter(|(_, attempt)| attempt.request.event == *event);
        let mut later = of_event.filter(|(number, _)| **number > through);
        later.any(|(number, _)| self.settled.get(number) == Some(&Settlement::Recovered))
    }

    /// What the latest attempt that may have acted leaves owed.
    fn unfinished(&self, webhook: &WebhookId, event: &EventId) -> Option<Box<Unfinished>> {
        let of_event = self.attempts.iter().rev();
        let mut of_event = of_event
            .filter(|(_, attempt)| attempt.request.event == *event && attempt.request.webhook == *webhook)
            .filter(|(_, attempt)| attempt.conclusion.is_none_or(Conclusion::may_have_acted));
        let (number, attempt) = of_event.next()?;
        if self.settled.get(number) == Some(&Settlement::Recovered) {
            return None;
        }
        Some(Box::new(Unfinished {
            cause: UnfinishedCause::Tried,
            attempt: Some(attempt.attempt),
            settled_at: self.settled_at.get(number).copied(),
            status_before: Some(attempt.request.status_before),
            created_at: attempt.request.created_at,
            resend_id: attempt.request.resend_id.clone(),
        }))
    }

    /// Keeps a new attempt.
    fn begin(&mut self, request: ResendRequest, at: DateTime<Utc>) -> AttemptId {
        let number = i64::try_from(self.attempts.len()).expect("few") + 1;
        let attempt = AttemptId(number);
        let open = OpenAttempt { attempt, intent_at: at, ended_at: None, request, conclusion: None, runs_after: None };
        self.attempts.insert(number, open);
        attempt
    }

    fn end(&mut self, number: i64, request: &ResendRequest, outcome: &AttemptOutcome, at: DateTime<Utc>) {
        let open = self.attempts.get_mut(&number).expect("recorded before");
        assert_eq!(open.conclusion, None, "an outcome is recorded once");
        open.conclusion = Some(outcome.conclusion);
        open.ended_at = Some(at);
        open.runs_after = outcome.runs_after;
        if let Some(settlement) = settled_by_outcome(request, outcome) {
            self.settled.insert(number, settlement);
            self.settled_at.insert(number, at);
        }
    }

    fn end_run(&mut self, end: RunEnd) -> Result<(), LedgerError> {
        if !std::mem::take(&mut self.running) {
            return Err(journal_failure("no run was begun"));
        }
        for change in end.quarantine {
            match change {
                QuarantineChange::Entered { webhook, event, entry } => {
                    self.released.remove(&event);
                    self.quarantine.entry(event).or_insert((webhook, entry));
                }
                QuarantineChange::Resolved { event, .. } => {
                    self.quarantine.remove(&event);
                    self.released.remove(&event);
                }
            }
        }
        for (webhook, later) in end.proven {
            let known = self.proven.entry(webhook).or_insert(later);
            *known = known.join(later, end.finished_at);
        }
        Ok(())
    }

    /// The next run opens the ledger again.
    pub(in crate::reconcile::tests) fn reopen(&mut self) {
        self.stopped = false;
        self.running = false;
    }
}

impl World {
    /// Whether the ledger says that an event was tried and did not arrive.
    pub(in crate::reconcile::tests) fn is_owed(&self, id: &str, hook: u32) -> bool {
        let webhook = WebhookId::new(&format!("hook-{hook}")).expect("an id");
        self.rows.unfinished(&webhook, &EventId::new(id).expect("an id")).is_some()
    }
}

fn journal_failure(what: &str) -> LedgerError {
    LedgerError::Database { path: "test".into(), message: what.to_owned() }
}

impl World {
    /// What is to happen to a write, if not what was asked for.
    fn fate_of(&mut self, write: Write) -> Option<Fate> {
        self.step(|| format!("the journal is to record {write:?}"));
        let (_, passes) = self.journal_fails.as_mut().filter(|(kind, _)| *kind == write)?;
        if *passes > 0 {
            *passes -= 1;
            return None;
        }
        let fate = self.moods.fate;
        self.fired(match fate {
            Fate::Fails => Fault::WriteFails,
            Fate::FailsAfterCommit => Fault::WriteFailsAfterCommit,
            Fate::KilledBeforeCommit => Fault::KilledBeforeCommit,
            Fate::KilledAfterCommit => Fault::KilledAfterCommit,
        });
        match fate {
            Fate::Fails | Fate::FailsAfterCommit => self.rows.stopped = true,
            // The next process meets a disk that works.
            Fate::KilledBeforeCommit | Fate::KilledAfterCommit => self.journal_fails = None,
        }
        Some(fate)
    }

    fn journal_read(&mut self) -> Result<(), LedgerError> {
        self.step(|| "the journal is read".to_owned());
        match &mut self.moods.reads_fail_after {
            Some(0) => {
                self.fired(Fault::ReadFails);
                Err(journal_failure("disk I/O error"))
            }
            Some(passes) => {
                *passes -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Shared {
    /// Before a write is committed: it may fail, or the process may end.
    async fn before_commit(&self, write: Write) -> Result<Option<Fate>, LedgerError> {
        let (fate, was_stopped) = {
            let mut world = self.get();
            let was_stopped = world.rows.stopped;
            (world.fate_of(write), was_stopped)
        };
        match fate {
            Some(Fate::Fails) => Err(journal_failure("no space left on device")),
            Some(Fate::FailsAfterCommit) if was_stopped => Err(journal_failure("no space left on device")),
            Some(Fate::KilledBeforeCommit) => self.die().await,
            Some(Fate::FailsAfterCommit | Fate::KilledAfterCommit) | None => Ok(fate),
        }
    }

    /// After it was committed.
    async fn after_commit(&self, fate: Option<Fate>) -> Result<(), LedgerError> {
        match fate {
            Some(Fate::FailsAfterCommit) => Err(journal_failure("the answer was lost")),
            Some(Fate::KilledAfterCommit) => self.die().await,
            Some(Fate::Fails | Fate::KilledBeforeCommit) | None => Ok(()),
        }
    }

    async fn die<T>(&self) -> T {
        let killed = self.get().moods.killed.clone();
        killed.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl History for Shared {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let mut world = self.get();
        world.journal_read()?;
        let mut history = WebhookHistory::new();
        let mut since_recovery = std::collections::HashMap::new();
        for (number, attempt) in world.rows.attempts.iter().filter(|(_, attempt)| attempt.request.webhook == *webhook) {
            let entry: &mut EventHistory = history.entry(attempt.request.event.clone()).or_default();
            let failures: &mut u32 = since_recovery.entry(attempt.request.event.clone()).or_default();
            let released = world.rows.released_through.get(&attempt.request.event);
            let counts = released.is_none_or(|through| number > through);
            let acted = counts && attempt.conclusion.is_none_or(Conclusion::may_have_acted);
            match world.rows.settled.get(number) {
                Some(Settlement::NotSent) => {}
                Some(Settlement::Recovered) => {
                    entry.attempts += u32::from(counts);
                    entry.attempts -= std::mem::take(failures);
                    entry.arrived_at = entry.arrived_at.max(world.rows.settled_at.get(number).copied());
                }
                Some(Settlement::DeliveryFailed) | None => {
                    entry.attempts += u32::from(acted);
                    *failures += u32::from(acted);
                }
            }
            entry.was_listed_as_failed |= attempt.request.known_by == KnownBy::Listing
                && attempt.request.status_before != DeliveryStatus::Delivered;
            if !world.rows.settled.contains_key(number) {
                entry.open.push(attempt.clone());
            }
        }
        for (event, entry) in &mut history {
            entry.unfinished = world.rows.unfinished(webhook, event).filter(|_| entry.open.is_empty());
        }
        for (event, (hook, entry)) in &world.rows.released {
            if hook == webhook {
                let known = history.entry(event.clone()).or_default();
                let tried = known.unfinished.take();
                let arrived_since = world.rows.arrived_after(event, world.rows.released_through[event]);
                known.unfinished = (known.open.is_empty() && !arrived_since).then(|| {
                    Box::new(Unfinished {
                        cause: UnfinishedCause::Released,
                        attempt: tried.as_ref().and_then(|tried| tried.attempt),
                        settled_at: tried.as_ref().and_then(|tried| tried.settled_at),
                        status_before: tried.as_ref().and_then(|tried| tried.status_before),
                        created_at: entry.created_at,
                        resend_id: entry.resend_id.clone(),
                    })
                });
            }
        }
        for (event, (hook, entry)) in &world.rows.quarantine {
            if hook == webhook {
                let known = history.entry(event.clone()).or_default();
                known.quarantine = Some(entry.clone());
                known.unfinished = None;
            }
        }
        history.retain(|_, entry| *entry != EventHistory::default());
        Ok(history)
    }

    async fn delivery_failures(
        &self,
        webhook: &WebhookId,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        let mut world = self.get();
        world.journal_read()?;
        let failed = |number: &i64| world.rows.settled.get(number) == Some(&Settlement::DeliveryFailed);
        let at = |number: &i64, attempt: &OpenAttempt| match attempt.conclusion {
            Some(Conclusion::Refused) => attempt.ended_at,
            _ => world.rows.settled_at.get(number).copied(),
        };
        let mut failures: Vec<_> = (world.rows.attempts.iter())
            .filter(|(number, attempt)| attempt.request.webhook == *webhook && failed(number))
            .filter_map(|(number, attempt)| at(number, attempt))
            .filter(|at| *at >= since)
            .collect();
        failures.sort_unstable();
        Ok(failures)
    }

    async fn proven(&self, webhook: &WebhookId) -> Result<Option<Proven>, LedgerError> {
        let mut world = self.get();
        world.journal_read()?;
        Ok(world.rows.proven.get(webhook).copied())
    }
}

#[async_trait]
impl Journal for Shared {
    async fn record_run_start(&self, _start: RunStart) -> Result<(), LedgerError> {
        let fate = self.before_commit(Write::RunStart).await?;
        self.get().rows.running = true;
        self.after_commit(fate).await
    }

    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        tokio::task::yield_now().await;
        let fate = self.before_commit(Write::Intent).await?;
        let attempt = {
            let mut world = self.get();
            if (world.rows.stopped && fate.is_none()) || !world.rows.running {
                return Err(journal_failure("no further intent is accepted"));
            }
            world.watch_intent(&request);
            world.rows.begin(request.clone(), at)
        };
        self.after_commit(fate).await?;
        Ok(Intent::recorded(attempt, request))
    }

    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        tokio::task::yield_now().await;
        let fate = self.before_commit(Write::Outcome).await?;
        let number = intent.attempt().0;
        {
            let mut world = self.get();
            world.tell(|| format!("  attempt {number} of {} ended: {:?}", intent.request().event, outcome.conclusion));
            world.rows.end(number, intent.request(), &outcome, at);
        }
        self.after_commit(fate).await
    }

    async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let fate = self.before_commit(Write::Settle).await?;
        {
            let mut world = self.get();
            for (attempt, settlement, words) in settled {
                world.tell(|| format!("  attempt {} is settled as {settlement:?}: {words}", attempt.0));
                let known = world.rows.settled.get(&attempt.0);
                let overturned = known != Some(&Settlement::Recovered) && settlement == Settlement::Recovered;
                if known.is_some() && !overturned {
                    return Err(journal_failure("the attempt is not open"));
                }
                world.watch_settlement(attempt.0, settlement);
                world.rows.settled.insert(attempt.0, settlement);
                world.rows.settled_at.insert(attempt.0, at);
            }
        }
        self.after_commit(fate).await
    }

    async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError> {
        let fate = self.before_commit(Write::RunEnd).await?;
        self.get().rows.end_run(end)?;
        self.after_commit(fate).await
    }

    async fn prune(&self, _before: DateTime<Utc>) -> Result<u64, LedgerError> {
        Ok(0)
    }
}
