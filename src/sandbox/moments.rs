//! Who is told of calls while they are under way.
//!
//! A witness runs on the server's thread, and the call goes on only after it returned: what it does
//! happens at exactly that moment. It must not ask the sandbox for anything that waits for a call.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use super::faults::Operation;

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The request was read whole; nothing was done yet.
    Arrived,
    /// The vendor did what it does for this request; nothing was answered yet.
    Acted,
    /// The answer was written to the connection, or the connection was closed without one. A long
    /// answer may still be on its way. Never reached when the client goes away before.
    Answered,
}

/// A call at a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// What it asks for.
    pub operation: Operation,
    /// Which of the calls for that it is, from 1, since the witness was set.
    pub number: u64,
    /// How far it has come.
    pub stage: Stage,
}

type Witness = Arc<dyn Fn(Moment) + Send + Sync>;

/// A call's place among those that are told of; `None` when nobody is told.
pub(super) type Turn = Option<(Operation, u64)>;

/// The witness, and how many calls it was told of.
#[derive(Default)]
pub(super) struct Moments {
    witness: RwLock<Option<Witness>>,
    counts: [AtomicU64; Operation::COUNT],
}

impl fmt::Debug for Moments {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Moments").field("is_witnessed", &self.is_witnessed()).finish_non_exhaustive()
    }
}

impl Moments {
    pub(super) fn set(&self, witness: Witness) {
        let mut place = self.witness.write().unwrap_or_else(PoisonError::into_inner);
        self.counts.iter().for_each(|count| count.store(0, Ordering::Relaxed));
        *place = Some(witness);
    }

    pub(super) fn is_witnessed(&self) -> bool {
        self.witness.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Counts a call and tells of its arrival.
    pub(super) fn arrived(&self, operation: Operation) -> Turn {
        if !self.is_witnessed() {
            return None;
        }
        let number = self.counts.get(operation as usize)?.fetch_add(1, Ordering::Relaxed) + 1;
        let turn = Some((operation, number));
        self.tell(turn, Stage::Arrived);
        turn
    }

    pub(super) fn tell(&self, turn: Turn, stage: Stage) {
        // Cloned first, so that a witness may set another one.
        let witness = self.witness.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let (Some(witness), Some((operation, number))) = (witness, turn) {
            witness(Moment { operation, number, stage });
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_witness_is_told_of_each_stage_with_the_number_of_the_call() {
        let moments = Moments::default();
        assert_eq!(moments.arrived(Operation::List), None, "nobody is told yet");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        moments.set(Arc::new(move |moment: Moment| notes.lock().expect("the notes").push(moment)));
        let first = moments.arrived(Operation::Resend);
        moments.arrived(Operation::List);
        moments.tell(first, Stage::Acted);
        moments.arrived(Operation::Resend);
        let told: Vec<_> =
            seen.lock().expect("the notes").iter().map(|at| (at.operation, at.number, at.stage)).collect();
        assert_eq!(
            told,
            [
                (Operation::Resend, 1, Stage::Arrived),
                (Operation::List, 1, Stage::Arrived),
                (Operation::Resend, 1, Stage::Acted),
                (Operation::Resend, 2, Stage::Arrived),
            ]
        );
    }
}
