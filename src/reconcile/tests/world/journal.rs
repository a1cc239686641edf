//! The journal of the world: as strict as the one on disk, and made to fail at a chosen call.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::attempt::{AttemptId, AttemptOutcome, Conclusion, Intent, OpenAttempt, ResendRequest, Settlement};
use crate::event::WebhookId;
use crate::ledger::{EventHistory, History, Journal, LedgerError, RunEnd, RunStart, WebhookHistory};

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

/// The rows of the journal.
#[derive(Debug, Default)]
pub(in crate::reconcile::tests) struct Rows {
    pub(in crate::reconcile::tests) attempts: std::collections::BTreeMap<i64, OpenAttempt>,
    pub(in crate::reconcile::tests) settled: std::collections::HashMap<i64, Settlement>,
    /// A run was begun and has not ended.
    running: bool,
    /// After a failed write no further intent is accepted.
    stopped: bool,
}

impl Rows {
    pub(in crate::reconcile::tests) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The next run opens the ledger again.
    pub(in crate::reconcile::tests) fn reopen(&mut self) {
        self.stopped = false;
        self.running = false;
    }
}

fn journal_failure(what: &str) -> LedgerError {
    LedgerError::Database { path: "test".into(), message: what.to_owned() }
}

impl World {
    /// Fails the write if its time has come.
    fn journal_write(&mut self, write: Write) -> Result<(), LedgerError> {
        if let Some((kind, passes)) = &mut self.journal_fails
            && *kind == write
        {
            if *passes == 0 {
                self.rows.stopped = true;
                return Err(journal_failure("no space left on device"));
            }
            *passes -= 1;
        }
        Ok(())
    }
}

#[async_trait]
impl History for Shared {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let world = self.get();
        let mut history = WebhookHistory::new();
        let mut since_recovery = std::collections::HashMap::new();
        for (number, attempt) in world.rows.attempts.iter().filter(|(_, attempt)| attempt.request.webhook == *webhook) {
            let entry: &mut EventHistory = history.entry(attempt.request.event.clone()).or_default();
            let failures: &mut u32 = since_recovery.entry(attempt.request.event.clone()).or_default();
            let acted = attempt.conclusion.is_none_or(Conclusion::may_have_acted);
            match world.rows.settled.get(number) {
                Some(Settlement::NotSent) => {}
                Some(Settlement::Recovered) => {
                    entry.attempts += 1;
                    entry.attempts -= std::mem::take(failures);
                }
                Some(Settlement::DeliveryFailed) | None => {
                    entry.attempts += u32::from(acted);
                    *failures += u32::from(acted);
                }
            }
            if !world.rows.settled.contains_key(number) {
                entry.open.push(attempt.clone());
            }
        }
        history.retain(|_, entry| *entry != EventHistory::default());
        Ok(history)
    }

    async fn delivery_failures(
        &self,
        _webhook: &WebhookId,
        _since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        Ok(Vec::new())
    }

    async fn proven(&self, _webhook: &WebhookId) -> Result<Option<crate::proven::Proven>, LedgerError> {
        Ok(None)
    }
}

#[async_trait]
impl Journal for Shared {
    async fn record_run_start(&self, _start: RunStart) -> Result<(), LedgerError> {
        let mut world = self.get();
        world.journal_write(Write::RunStart)?;
        world.rows.running = true;
        Ok(())
    }

    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        tokio::task::yield_now().await;
        let mut world = self.get();
        world.journal_write(Write::Intent)?;
        if world.rows.stopped || !world.rows.running {
            return Err(journal_failure("no further intent is accepted"));
        }
        let number = i64::try_from(world.rows.attempts.len()).expect("few") + 1;
        let attempt = AttemptId(number);
        let open = OpenAttempt {
            attempt,
            intent_at: at,
            ended_at: None,
            request: request.clone(),
            conclusion: None,
            runs_after: None,
        };
        world.rows.attempts.insert(number, open);
        Ok(Intent::recorded(attempt, request))
    }

    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        tokio::task::yield_now().await;
        let mut world = self.get();
        world.journal_write(Write::Outcome)?;
        let number = intent.attempt().0;
        let open = world.rows.attempts.get_mut(&number).expect("recorded before");
        assert_eq!(open.conclusion, None, "an outcome is recorded once");
        open.conclusion = Some(outcome.conclusion);
        open.ended_at = Some(at);
        open.runs_after = outcome.runs_after;
        let settled = match outcome.conclusion {
            Conclusion::NotSent | Conclusion::Rejected => Some(Settlement::NotSent),
            Conclusion::Refused => Some(Settlement::DeliveryFailed),
            Conclusion::Accepted | Conclusion::InDoubt => None,
        };
        if let Some(settlement) = settled {
            world.rows.settled.insert(number, settlement);
        }
        Ok(())
    }

    async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        _at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut world = self.get();
        world.journal_write(Write::Settle)?;
        for (attempt, settlement, _) in settled {
            let known = world.rows.settled.get(&attempt.0);
            let overturned = known == Some(&Settlement::DeliveryFailed) && settlement == Settlement::Recovered;
            if known.is_some() && !overturned {
                return Err(journal_failure("the attempt is not open"));
            }
            world.rows.settled.insert(attempt.0, settlement);
        }
        Ok(())
    }

    async fn record_run_end(&self, _end: RunEnd) -> Result<(), LedgerError> {
        let mut world = self.get();
        world.journal_write(Write::RunEnd)?;
        if !std::mem::take(&mut world.rows.running) {
            return Err(journal_failure("no run was begun"));
        }
        Ok(())
    }

    async fn prune(&self, _before: DateTime<Utc>) -> Result<u64, LedgerError> {
        Ok(0)
    }
}
