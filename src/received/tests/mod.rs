//! The received log as the engine meets it: whole files in, sightings and coverage out.

mod both_ways;
mod decorated;
mod files;
mod growth;
mod oracle;
mod oracle_blocks;
mod oracle_text;
pub(super) mod packed;
mod real_logs;
mod real_text;
mod rules;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::{FieldSpec, FileLog, Format, ReceivedError, ReceivedLog, ReceivedOptions, SourceSpec};
use crate::event::EventId;
use crate::receipt::{Lookup, Sighting, WantedIds};

/// A folder of logs that goes with the test.
struct Logs(TempDir);

impl Logs {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) -> SourceSpec {
        let path = self.path(name);
        fs::write(&path, text).expect("a file can be written");
        SourceSpec::Files(path)
    }
}

fn field(name: &str) -> Option<FieldSpec> {
    Some(FieldSpec::new(name).expect("a name"))
}

fn wanted(ids: &[&str]) -> Arc<WantedIds> {
    Arc::new(WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id"))))
}

fn ask(log: &FileLog, ids: &[&str]) -> Lookup {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(log.look_up(wanted(ids))).expect("an opened log answers")
}

/// What one log of this text says of the ids.
fn ask_text(text: impl AsRef<[u8]>, adjust: impl FnOnce(&mut ReceivedOptions), ids: &[&str]) -> Lookup {
    let logs = Logs::new();
    let mut options = ReceivedOptions::of([logs.write("received.log", text)]);
    adjust(&mut options);
    ask(&FileLog::open(options).expect("the log is usable"), ids)
}

/// Why a log of this text is refused, and the hint.
fn refusal(text: impl AsRef<[u8]>, adjust: impl FnOnce(&mut ReceivedOptions)) -> (String, String) {
    let logs = Logs::new();
    let mut options = ReceivedOptions::of([logs.write("received.log", text)]);
    adjust(&mut options);
    match FileLog::open(options) {
        Err(ReceivedError::Unusable { message, hint, .. }) => (message, hint),
        Err(other) => panic!("refused in another way: {other}"),
        Ok(_) => panic!("the log was accepted"),
    }
}

fn as_format(format: Format) -> impl FnOnce(&mut ReceivedOptions) {
    move |options| options.format = Some(format)
}

use Sighting::{Possible, Received, Unseen};
