//! Every call that reached the sandbox, for tests to judge the client by.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};

use super::faults::Operation;

/// How many calls are remembered; the counts go on.
const REMEMBERED_CALLS: usize = 100_000;

/// One call as it reached the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, still percent-encoded.
    pub path: String,
    /// The query as it was sent, still percent-encoded.
    pub query: String,
    /// What it asked for.
    pub operation: Operation,
    /// The status of the answer; `None` when there was none, or not yet.
    pub status: Option<u16>,
    /// The number of the connection it came over, in the order in which connections were opened. Those of
    /// a client that was started later have greater numbers, also when calls of an earlier one arrive late.
    pub connection: u64,
    /// When it arrived.
    pub at: DateTime<Utc>,
    /// Whether the header `Ocp-Apim-Subscription-Key` was sent.
    pub has_subscription_key: bool,
    /// Whether the header `x-api-key` was sent.
    pub has_api_key: bool,
    /// Whether a credential stands in the query, where it would end up in logs.
    pub has_key_in_query: bool,
}

/// The calls, and how many were under way at the same time.
#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: VecDeque<Call>,
    forgotten: u64,
    in_flight: HashMap<Operation, usize>,
    most_in_flight: HashMap<Operation, usize>,
}

impl CallLog {
    /// Records an arrival and returns its number.
    pub(super) fn arrived(&mut self, call: Call) -> u64 {
        let in_flight = self.in_flight.entry(call.operation).or_default();
        *in_flight += 1;
        let most = self.most_in_flight.entry(call.operation).or_default();
        *most = (*most).max(*in_flight);
        if self.calls.len() == REMEMBERED_CALLS {
            self.calls.pop_front();
            self.forgotten += 1;
        }
        self.calls.push_back(call);
        self.forgotten + self.calls.len() as u64 - 1
    }

    pub(super) fn answered(&mut self, number: u64, status: u16) {
        let index = number.checked_sub(self.forgotten).and_then(|index| usize::try_from(index).ok());
        if let Some(call) = index.and_then(|index| self.calls.get_mut(index)) {
            call.status = Some(status);
        }
    }

    pub(super) fn left(&mut self, operation: Operation) {
        let in_flight = self.in_flight.entry(operation).or_default();
        *in_flight = in_flight.saturating_sub(1);
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(super) fn clear(&mut self) {
        self.forgotten += self.calls.len() as u64;
        self.calls.clear();
        self.most_in_flight.clear();
    }

    pub(super) fn most_in_flight(&self, operation: Operation) -> usize {
        self.most_in_flight.get(&operation).copied().unwrap_or(0)
    }
}
