//! What the thread can be asked to record: how each command is written, and how it is answered.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::attempt::{AttemptId, AttemptOutcome, Intent, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};
use crate::ledger::failure::Failure;
use crate::ledger::prune::{self, Progress, Step};
use crate::ledger::records::{self, WriteError};
use crate::ledger::{RunEnd, RunStart, proofs, quarantine};

pub(super) type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// One record to be written, and who waits for it.
///
/// What a caller is told besides success is filled in when the command is written, and handed out only
/// after the commit.
#[derive(Debug)]
pub(super) enum Command {
    RunStart {
        start: RunStart,
        reply: Reply<()>,
    },
    Intent {
        request: ResendRequest,
        at: DateTime<Utc>,
        /// The row, once it is written.
        row: Option<AttemptId>,
        reply: Reply<Intent>,
    },
    Outcome {
        attempt: AttemptId,
        outcome: AttemptOutcome,
        /// What the outcome settles by itself.
        settlement: Option<Settlement>,
        at: DateTime<Utc>,
        reply: Reply<()>,
    },
    Settle {
        settled: Vec<(AttemptId, Settlement, String)>,
        at: DateTime<Utc>,
        reply: Reply<()>,
    },
    RunEnd {
        end: RunEnd,
        reply: Reply<()>,
    },
    Release {
        events: Vec<(WebhookId, EventId)>,
        released_by: String,
        at: DateTime<Utc>,
        /// How many were there to be released.
        released: u64,
        reply: Reply<u64>,
    },
    Prune {
        before: i64,
        from: Progress,
        /// What the step did, once it is written.
        done: Option<Step>,
        reply: Reply<Step>,
    },
}

/// An intent that was recorded for a caller who had gone before it could be handed over.
#[derive(Debug)]
pub(super) struct Withdrawn {
    pub(super) attempt: AttemptId,
    pub(super) at: DateTime<Utc>,
}

impl Command {
    /// Whether it takes several statements, so that the first ones have to be taken back when a later
    /// one does not fit.
    pub(super) fn is_compound(&self) -> bool {
        match self {
            Self::Settle { .. } | Self::RunEnd { .. } | Self::Release { .. } | Self::Prune { .. } => true,
            Self::RunStart { .. } | Self::Intent { .. } | Self::Outcome { .. } => false,
        }
    }

    /// Whether this was the last step of a prune.
    pub(super) fn ends_a_prune(&self) -> bool {
        match self {
            Self::Prune { done: Some(step), .. } => step.next.is_none(),
            Self::Prune { done: None, .. }
            | Self::RunStart { .. }
            | Self::Intent { .. }
            | Self::Outcome { .. }
            | Self::Settle { .. }
            | Self::RunEnd { .. }
            | Self::Release { .. } => false,
        }
    }

    /// Writes the record inside a transaction that the caller commits.
    pub(super) fn write(
        &mut self,
        connection: &Connection,
        run: &mut Option<String>,
        stopped: Option<&Failure>,
    ) -> Result<(), WriteError> {
        match self {
            Self::RunStart { start, reply: _ } => {
                records::insert_run(connection, start)?;
                *run = Some(start.run_id.clone());
            }
            Self::Intent { request, at, row, reply: _ } => {
                if let Some(failure) = stopped {
                    return Err(WriteError::Unfit(failure.clone()));
                }
                let run_id = run.as_deref().ok_or_else(no_run)?;
                *row = Some(records::insert_intent(connection, run_id, request, *at)?);
            }
            Self::Outcome { attempt, outcome, settlement, at, reply: _ } => {
                records::update_outcome(connection, *attempt, outcome, *settlement, *at)?;
            }
            Self::Settle { settled, at, reply: _ } => {
                for (attempt, settlement, evidence) in settled {
                    records::update_settlement(connection, *attempt, *settlement, evidence, *at)?;
                }
            }
            Self::RunEnd { end, reply: _ } => {
                let run_id = run.take().ok_or_else(no_run)?;
                write_run_end(connection, &run_id, end)?;
            }
            Self::Release { events, released_by, at, released, reply: _ } => {
                for (webhook, event) in events {
                    *released += u64::from(quarantine::release(connection, webhook, event, released_by, *at)?);
                }
            }
            Self::Prune { before, from, done, reply: _ } => {
                *done = Some(prune::step(connection, *before, run.as_deref(), from.clone())?);
            }
        }
        Ok(())
    }

    /// Tells the caller, after the commit. Returns the intent that nobody was there to take.
    pub(super) fn answer(self, verdict: Result<(), Failure>) -> Option<Withdrawn> {
        // A caller that has gone does not need to know, unless it was to be handed an intent.
        match self {
            Self::Intent { request, at, row, reply } => {
                let recorded = verdict.and_then(|()| row.ok_or_else(unwritten));
                // An intent that comes back was never handed over, so nothing can be sent for it.
                return match reply.send(recorded.map(|attempt| Intent::recorded(attempt, request))) {
                    Err(Ok(intent)) => Some(Withdrawn { attempt: intent.attempt(), at }),
                    Err(Err(_)) | Ok(()) => None,
                };
            }
            Self::RunStart { reply, .. }
            | Self::Outcome { reply, .. }
            | Self::Settle { reply, .. }
            | Self::RunEnd { reply, .. } => drop(reply.send(verdict)),
            Self::Release { released, reply, .. } => drop(reply.send(verdict.map(|()| released))),
            Self::Prune { done, reply, .. } => {
                drop(reply.send(verdict.and_then(|()| done.ok_or_else(unwritten))));
            }
        }
        None
    }
}

fn write_run_end(connection: &Connection, run_id: &str, end: &RunEnd) -> Result<(), WriteError> {
    records::update_run(connection, run_id, end)?;
    for change in &end.quarantine {
        quarantine::change(connection, change, end.finished_at)?;
    }
    for (webhook, proven) in &end.proven {
        proofs::join(connection, run_id, webhook, *proven)?;
    }
    Ok(())
}

fn no_run() -> WriteError {
    WriteError::Unfit(Failure::Database("no run was begun".to_owned()))
}

fn unwritten() -> Failure {
    Failure::Database("it was not written".to_owned())
}
