//! The one thread that writes.
//!
//! The thread owns the connection. It takes whatever has queued up while the last commit was being
//! synchronised and commits all of it in one transaction; only then is anyone answered. So a record
//! that was answered is durable, and the cost of synchronising is shared by all that wait for it.
//! When a transaction fails, everybody in it gets the error and none of it is recorded.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use crate::attempt::{AttemptId, AttemptOutcome, Intent, ResendRequest, Settlement};

use super::failure::Failure;
use super::records::{self, WriteError};
use super::{LedgerError, RunEnd, RunStart};

/// The most records in one transaction, and the most that wait for one.
const MAX_BATCH: usize = 256;

type Reply<T> = oneshot::Sender<Result<T, Failure>>;

/// The way to the thread. Dropping it waits until all that was handed over is committed.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    commands: Option<mpsc::Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread.
    pub(super) fn start(connection: Connection, path: &Path) -> io::Result<Self> {
        Self::start_with(path, move |commands| {
            WriterThread { connection, run: None, stopped: None, withdrawn: Vec::new() }.serve(commands);
        })
    }

    fn start_with(path: &Path, serve: impl FnOnce(mpsc::Receiver<Command>) + Send + 'static) -> io::Result<Self> {
        let (commands, queue) = mpsc::channel(MAX_BATCH);
        let thread = thread::Builder::new().name("ledger".to_owned()).spawn(move || serve(queue))?;
        Ok(Self { path: path.to_owned(), commands: Some(commands), thread: Some(thread) })
    }

    pub(super) async fn record_run_start(&self, start: RunStart) -> Result<(), LedgerError> {
        self.ask("the run was not begun and nothing was sent", |reply| Command::RunStart { start, reply }).await
    }

    pub(super) async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        let command = |reply| Command::Intent { request, at, row: None, reply };
        self.ask("the attempt was not recorded and so nothing was sent", command).await
    }

    pub(super) async fn record_outcome(
        &self,
        intent: &Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let attempt = intent.attempt();
        let command = |reply| Command::Outcome { attempt, outcome, at, reply };
        self.ask("the attempt was sent, its outcome was not recorded, and it stays in doubt", command).await
    }

    pub(super) async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.ask("the attempts stay open", |reply| Command::Settle { settled, at, reply }).await
    }

    pub(super) async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError> {
        self.ask("the run stays recorded as unfinished", |reply| Command::RunEnd { end, reply }).await
    }

    /// Hands a command over and waits for the answer; a thread that is gone is an error and no wait.
    async fn ask<T>(&self, consequence: &str, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, LedgerError> {
        let (reply, answer) = oneshot::channel();
        let handed_over = match &self.commands {
            Some(commands) => commands.send(command(reply)).await.is_ok(),
            None => false,
        };
        let answered = if handed_over { answer.await.ok() } else { None };
        let stopped = || Failure::Database("its writer has stopped".to_owned());
        answered.unwrap_or_else(|| Err(stopped())).map_err(|failure| failure.so(&self.path, consequence))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // The thread ends once the queue is closed and empty.
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has left its callers with an error already.
            let _ = thread.join();
        }
    }
}

/// One record to be written, and who waits for it.
#[derive(Debug)]
enum Command {
    RunStart {
        start: RunStart,
        reply: Reply<()>,
    },
    Intent {
        request: ResendRequest,
        at: DateTime<Utc>,
        /// The row, once it is written; nobody is told before it is committed.
        row: Option<AttemptId>,
        reply: Reply<Intent>,
    },
    Outcome {
        attempt: AttemptId,
        outcome: AttemptOutcome,
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
}

/// An intent that was recorded for a caller who had gone before it could be handed over.
#[derive(Debug)]
struct Withdrawn {
    attempt: AttemptId,
    at: DateTime<Utc>,
}

struct WriterThread {
    connection: Connection,
    /// The run to which attempts belong, once it is committed.
    run: Option<String>,
    /// Why no further intent is accepted.
    stopped: Option<Failure>,
    withdrawn: Vec<Withdrawn>,
}

impl WriterThread {
    fn serve(mut self, mut commands: mpsc::Receiver<Command>) {
        while let Some(first) = commands.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < MAX_BATCH
                && let Ok(next) = commands.try_recv()
            {
                batch.push(next);
            }
            self.record(batch);
        }
        if !self.withdrawn.is_empty() {
            self.record(Vec::new());
        }
    }

    /// Records a batch in one transaction and answers everybody in it after the commit.
    fn record(&mut self, mut batch: Vec<Command>) {
        match self.commit(&mut batch) {
            Ok(verdicts) => {
                for (command, verdict) in batch.into_iter().zip(verdicts) {
                    self.withdrawn.extend(command.answer(verdict));
                }
            }
            Err(error) => {
                let failure = Failure::from(error);
                // After a failed commit the disk can't be trusted to keep the next intent either.
                self.stopped = Some(failure.clone());
                for command in batch {
                    self.withdrawn.extend(command.answer(Err(failure.clone())));
                }
            }
        }
    }

    /// Writes and commits; returns one verdict for each command. A command that does not fit what is
    /// recorded is refused alone, an error of the database ends the whole transaction.
    fn commit(&mut self, batch: &mut [Command]) -> rusqlite::Result<Vec<Result<(), Failure>>> {
        let mut run = self.run.clone();
        let mut verdicts = Vec::with_capacity(batch.len());
        let mut transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for Withdrawn { attempt, at } in &self.withdrawn {
            records::withdraw(&transaction, *attempt, *at)?;
        }
        for command in batch {
            let savepoint = transaction.savepoint()?;
            match command.write(&savepoint, &mut run, self.stopped.as_ref()) {
                Ok(()) => {
                    savepoint.commit()?;
                    verdicts.push(Ok(()));
                }
                // Dropping the savepoint takes back what the command had already written.
                Err(WriteError::Unfit(failure)) => verdicts.push(Err(failure)),
                Err(WriteError::Database(error)) => return Err(error),
            }
        }
        transaction.commit()?;
        self.run = run;
        self.withdrawn.clear();
        Ok(verdicts)
    }
}

impl Command {
    /// Writes the record inside a transaction that the caller commits.
    fn write(
        &mut self,
        connection: &Connection,
        run: &mut Option<String>,
        stopped: Option<&Failure>,
    ) -> Result<(), WriteError> {
        match self {
            Self::RunStart { start, reply: _ } => {
                records::insert_run(connection, start)?;
                *run = Some(start.run_id.clone());
                Ok(())
            }
            Self::Intent { request, at, row, reply: _ } => {
                if let Some(failure) = stopped {
                    return Err(WriteError::Unfit(failure.clone()));
                }
                let run_id = run.as_deref().ok_or_else(no_run)?;
                *row = Some(records::insert_intent(connection, run_id, request, *at)?);
                Ok(())
            }
            Self::Outcome { attempt, outcome, at, reply: _ } => {
                records::update_outcome(connection, *attempt, outcome, *at)
            }
            Self::Settle { settled, at, reply: _ } => settled.iter().try_for_each(|(attempt, settlement, evidence)| {
                records::update_settlement(connection, *attempt, *settlement, evidence, *at)
            }),
            Self::RunEnd { end, reply: _ } => {
                let run_id = run.take().ok_or_else(no_run)?;
                records::update_run(connection, &run_id, end)
            }
        }
    }

    /// Tells the caller, after the commit. Returns the intent that nobody was there to take.
    fn answer(self, verdict: Result<(), Failure>) -> Option<Withdrawn> {
        match self {
            Self::Intent { request, at, row, reply } => {
                let unwritten = || Failure::Database("it was not written".to_owned());
                let recorded = verdict.and_then(|()| row.ok_or_else(unwritten));
                // An intent that comes back was never handed over, so nothing can be sent for it.
                match reply.send(recorded.map(|attempt| Intent::recorded(attempt, request))) {
                    Err(Ok(intent)) => Some(Withdrawn { attempt: intent.attempt(), at }),
                    Err(Err(_)) | Ok(()) => None,
                }
            }
            Self::RunStart { reply, .. }
            | Self::Outcome { reply, .. }
            | Self::Settle { reply, .. }
            | Self::RunEnd { reply, .. } => {
                // A caller that has gone does not need to know.
                let _ = reply.send(verdict);
                None
            }
        }
    }
}

fn no_run() -> WriteError {
    WriteError::Unfit(Failure::Database("no run was begun".to_owned()))
}

#[cfg(test)]
mod tests;
