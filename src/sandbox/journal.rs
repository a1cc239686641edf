//! The journal: every call to the vendor's API and every delivery, as JSON lines.
//!
//! This file owns what an entry says and where it goes: into memory, where the latest are kept, and
//! into a file, one write for each line. Keys are never written.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::delivery::Occasion;

/// How many entries of a kind are kept in memory.
const KEPT: usize = 10_000;

/// A delivery that is over.
#[derive(Clone, Debug, Serialize)]
pub(super) struct DeliveryEntry {
    /// When it was begun.
    pub(super) at: DateTime<Utc>,
    pub(super) occasion: Occasion,
    pub(super) webhook_id: String,
    pub(super) event_id: String,
    pub(super) event_type: String,
    pub(super) url: String,
    /// The number of this delivery of the event, from 1.
    pub(super) run: u32,
    /// Whether the vendor counts it as delivered.
    pub(super) success: bool,
    pub(super) status_code: Option<u16>,
    pub(super) status: String,
    /// Whether it was taken to the receiver at all.
    pub(super) reached_receiver: bool,
    pub(super) took_ms: u64,
}

/// A call to the vendor's API.
#[derive(Clone, Debug, Serialize)]
pub(super) struct CallEntry {
    /// When it arrived.
    pub(super) at: DateTime<Utc>,
    pub(super) method: String,
    pub(super) path: String,
    /// The query as it was sent; empty when it held a key.
    pub(super) query: String,
    pub(super) operation: &'static str,
    pub(super) has_subscription_key: bool,
    pub(super) has_api_key: bool,
    pub(super) has_key_in_query: bool,
    /// The request's body, when it is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
    /// The status of the answer; `null` when there was none.
    pub(super) status: Option<u16>,
    pub(super) faults: Vec<String>,
}

/// The entries, the latest of which are in memory.
#[derive(Debug, Default)]
pub(super) struct Journal {
    file: Option<File>,
    entries: VecDeque<Value>,
    deliveries: VecDeque<DeliveryEntry>,
    forgotten: u64,
    succeeded: u64,
    failed: u64,
}

impl Journal {
    /// A journal that also writes to this file, behind what it holds already.
    ///
    /// # Errors
    /// When the file can't be opened.
    pub(super) fn open(path: Option<&Path>) -> io::Result<Self> {
        let with_path = |path: &Path, error: io::Error| {
            io::Error::new(error.kind(), format!("the journal {}: {error}", path.display()))
        };
        let open = |path| File::options().create(true).append(true).open(path).map_err(|error| with_path(path, error));
        Ok(Self { file: path.map(open).transpose()?, ..Self::default() })
    }

    pub(super) fn called(&mut self, entry: &CallEntry) {
        self.write("call", json!(entry));
    }

    pub(super) fn delivered(&mut self, entry: DeliveryEntry) {
        self.write("delivery", json!(entry));
        *(if entry.success { &mut self.succeeded } else { &mut self.failed }) += 1;
        if self.deliveries.len() == KEPT {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(entry);
    }

    /// Notes that the sandbox was started, or started over.
    pub(super) fn begun(&mut self, seed: u64) {
        self.write("start", json!({ "at": Utc::now(), "seed": seed }));
    }

    fn write(&mut self, kind: &'static str, mut entry: Value) {
        entry["type"] = kind.into();
        if let Some(file) = &mut self.file {
            // A full disk must not change how the vendor behaves; memory still holds the entry.
            let _ = file.write_all(format!("{entry}\n").as_bytes());
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
            self.forgotten += 1;
        }
        self.entries.push_back(entry);
    }

    /// Forgets what is in memory; the file stays as it is.
    pub(super) fn forget(&mut self) {
        *self = Self { file: self.file.take(), ..Self::default() };
    }

    pub(super) fn entries(&self) -> &VecDeque<Value> {
        &self.entries
    }

    pub(super) fn deliveries(&self) -> &VecDeque<DeliveryEntry> {
        &self.deliveries
    }

    /// How many entries were forgotten because there were too many.
    pub(super) fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// How many deliveries succeeded, and how many did not.
    pub(super) fn outcomes(&self) -> (u64, u64) {
        (self.succeeded, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_lines_of_the_file_and_memory_keeps_the_latest() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal.jsonl");
        std::fs::write(&path, "{}\n").expect("a file");
        let mut journal = Journal::open(Some(&path)).expect("a journal");
        for _ in 0..KEPT + 2 {
            journal.begun(7);
        }
        assert_eq!((journal.entries().len(), journal.forgotten()), (KEPT, 2));
        let text = std::fs::read_to_string(&path).expect("the file");
        assert_eq!(text.lines().count(), KEPT + 3, "what was there is still there");
        journal.forget();
        journal.begun(8);
        assert_eq!(journal.entries().len(), 1);
        let last = std::fs::read_to_string(&path).expect("the file").lines().last().map(str::to_owned);
        let last: Value = serde_json::from_str(&last.expect("a line")).expect("JSON");
        assert_eq!((&last["type"], &last["seed"]), (&"start".into(), &8.into()));
    }
}
