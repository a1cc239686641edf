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

use crate::attempt::{self, AttemptId, AttemptOutcome, Intent, ResendRequest, Settlement};
use crate::event::{EventId, WebhookId};

use super::failure::Failure;
use super::prune::Progress;
use super::records::{self, WriteError};
use super::{LedgerError, RunEnd, RunStart, names, prune};

mod command;

use command::{Command, Reply, Withdrawn};

/// The most records in one transaction, and the most that wait for one.
const MAX_BATCH: usize = 256;

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
            WriterThread::over(connection).serve(commands);
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
        let settlement = attempt::settled_by_outcome(intent.request(), &outcome);
        let command = |reply| Command::Outcome { attempt, outcome, settlement, at, reply };
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

    pub(super) async fn release(
        &self,
        events: Vec<(WebhookId, EventId)>,
        released_by: String,
        at: DateTime<Utc>,
    ) -> Result<u64, LedgerError> {
        let command = |reply| Command::Release { events, released_by, at, released: 0, reply };
        self.ask("nothing was released", command).await
    }

    /// Removes what is old, one step after the other, so that what others record is not kept waiting.
    pub(super) async fn prune(&self, before: DateTime<Utc>) -> Result<u64, LedgerError> {
        let before = names::millis(before);
        let mut removed = 0;
        let mut progress = Some(Progress::default());
        while let Some(from) = progress {
            let command = |reply| Command::Prune { before, from, done: None, reply };
            let step = self.ask("what was not yet removed stays recorded", command).await?;
            removed += step.removed;
            progress = step.next;
        }
        Ok(removed)
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

struct WriterThread {
    connection: Connection,
    /// The run to which attempts belong, once it is committed.
    run: Option<String>,
    /// Why no further intent is accepted.
    stopped: Option<Failure>,
    withdrawn: Vec<Withdrawn>,
}

impl WriterThread {
    fn over(connection: Connection) -> Self {
        Self { connection, run: None, stopped: None, withdrawn: Vec::new() }
    }

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
                let freed_pages = batch.iter().any(Command::ends_a_prune);
                for (command, verdict) in batch.into_iter().zip(verdicts) {
                    self.withdrawn.extend(command.answer(verdict));
                }
                if freed_pages {
                    // The space is a wish, and nobody waits for it: the records are safe either way.
                    let _ = prune::reclaim(&self.connection);
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
            let written = if command.is_compound() {
                let savepoint = transaction.savepoint()?;
                let written = command.write(&savepoint, &mut run, self.stopped.as_ref());
                if written.is_ok() {
                    savepoint.commit()?;
                }
                // Else dropping the savepoint takes back what the command had already written.
                written
            } else {
                command.write(&transaction, &mut run, self.stopped.as_ref())
            };
            match written {
                Ok(()) => verdicts.push(Ok(())),
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

#[cfg(test)]
mod tests;
