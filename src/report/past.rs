//! What is shown of the past: the quarantine, what was released from it, runs, and the attempts of
//! events. Data only; how it looks is each format's.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::event::{EventId, IdKey, WebhookId};
use crate::exit::{ExitCode, Findings};
use crate::history::{AttemptRecord, QuarantinedEvent, RunRecord};
use crate::outcome::{RunOutcome, Signal};

/// A format that can write something of the past.
pub trait Show<T> {
    /// Writes the whole of it and flushes it.
    ///
    /// # Errors
    /// When `out` can't be written to.
    fn show(&self, what: &T, out: &mut dyn io::Write) -> io::Result<()>;
}

/// The ledger that was looked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// It was read.
    Ledger(PathBuf),
    /// There is none at this place yet.
    NoLedger(PathBuf),
}

impl Source {
    /// Where it is, or would be.
    pub fn path(&self) -> Cow<'_, str> {
        match self {
            Self::Ledger(path) | Self::NoLedger(path) => path.to_string_lossy(),
        }
    }
}

/// What people call webhooks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<WebhookId, String>);

impl Names {
    /// The names by the webhooks that have one.
    pub fn new(names: impl IntoIterator<Item = (WebhookId, String)>) -> Self {
        Self(names.into_iter().collect())
    }

    /// What a webhook is called, if it has a name. Two spellings of one UUID are one webhook.
    pub fn of(&self, webhook: &WebhookId) -> Option<&str> {
        let key = IdKey::of(webhook.as_str().as_bytes());
        let same = |named: &WebhookId| IdKey::of(named.as_str().as_bytes()) == key;
        let name = self.0.get(webhook).or_else(|| self.0.iter().find(|(named, _)| same(named)).map(|(_, name)| name));
        name.map(String::as_str)
    }

    /// Takes more names in for those webhooks that have none.
    pub fn fill(&mut self, names: impl IntoIterator<Item = (WebhookId, String)>) {
        for (webhook, name) in names {
            if self.of(&webhook).is_none() && name != webhook.as_str() {
                self.0.insert(webhook, name);
            }
        }
    }

    /// What a webhook is called, else its id.
    pub fn label<'a>(&'a self, webhook: &'a WebhookId) -> &'a str {
        self.of(webhook).unwrap_or_else(|| webhook.as_str())
    }
}

/// The events that are in quarantine, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantineList {
    /// Where they were read.
    pub source: Source,
    /// What webhooks are called.
    pub names: Names,
    /// The webhooks that were asked for; all where none is named.
    pub webhooks: Vec<WebhookId>,
    /// The events.
    pub events: Vec<QuarantinedEvent>,
}

/// Events that were released from quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The ledger.
    pub source: Source,
    /// What webhooks are called.
    pub names: Names,
    /// The events as they were in quarantine.
    pub events: Vec<QuarantinedEvent>,
    /// Who released them.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Past runs, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunList {
    /// Where they were read.
    pub source: Source,
    /// What webhooks are called.
    pub names: Names,
    /// The runs.
    pub runs: Vec<RunRecord>,
    /// Whether these are all.
    pub extent: Extent,
}

/// Whether a list is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Nothing was left out.
    Whole,
    /// Older ones were left out.
    Newest,
}

/// What is known of the ids that were asked for, in that order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Where it was read.
    pub source: Source,
    /// What webhooks are called.
    pub names: Names,
    /// One answer for each id.
    pub answers: Vec<Answer>,
}

/// What is known of one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is, or would be, an event.
    Event(EventPast),
    /// It is a run.
    Run(RunPast),
}

/// What is known of one event; nothing where the ledger does not know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPast {
    /// The id that was asked for.
    pub event: EventId,
    /// Its attempts of all webhooks, oldest first.
    pub attempts: Vec<AttemptRecord>,
    /// Its stays in quarantine, oldest first.
    pub stays: Vec<QuarantinedEvent>,
}

/// One run with its attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunPast {
    /// The run.
    pub run: RunRecord,
    /// Its attempts that are still recorded, oldest first.
    pub attempts: Vec<AttemptRecord>,
}

/// The totals of a run that are shown to a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct ShownTotals {
    pub(super) resent: u64,
    pub(super) recovered: u64,
    pub(super) left: u64,
    pub(super) in_doubt: u64,
}

impl ShownTotals {
    /// Reads the totals as the ledger keeps them; `None` when they can't be understood.
    pub(super) fn of(run: &RunRecord) -> Option<Self> {
        serde_json::from_str(run.totals.as_deref()?).ok()
    }
}

/// How a run ended, by the name in the ledger; `None` when a newer hookmend knows more ways.
pub(super) fn outcome(name: &str) -> Option<RunOutcome> {
    Some(match name {
        "clean" => RunOutcome::Clean,
        "left" => RunOutcome::Left,
        "undetermined" => RunOutcome::Undetermined,
        "unavailable" => RunOutcome::Unavailable,
        "refused" => RunOutcome::Refused,
        "locked" => RunOutcome::Locked,
        "interrupted" => RunOutcome::Interrupted(Signal::Interrupt),
        "terminated" => RunOutcome::Interrupted(Signal::Terminate),
        "unusable" => RunOutcome::Unusable,
        "failed" => RunOutcome::Failed,
        _ => return None,
    })
}

/// The exit code of a recorded run. Only runs that act are recorded, so what they left counts.
pub(super) fn exit_code(run: &RunRecord) -> Option<ExitCode> {
    run.outcome.as_deref().and_then(outcome).map(|outcome| ExitCode::of(outcome, Findings::Fail))
}

#[cfg(test)]
pub(super) mod sample;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_has_its_name_however_its_id_is_spelt_and_settings_go_first() {
        let webhook = |text: &str| WebhookId::new(text).unwrap();
        let (lower, upper) = ("5c0b7a52-11d4-4a8e-9d1f-0c2b86d1f601", "5C0B7A52-11D4-4A8E-9D1F-0C2B86D1F601");
        let mut names = Names::new([(webhook(upper), "sales".to_owned())]);
        names.fill([(webhook(lower), "SaleCreated".to_owned()), (webhook("hook-2"), "StockUpdated".to_owned())]);
        names.fill([(webhook("hook-3"), "hook-3".to_owned())]);
        assert_eq!((names.of(&webhook(lower)), names.of(&webhook("hook-2"))), (Some("sales"), Some("StockUpdated")));
        assert_eq!(names.of(&webhook("hook-3")), None);
    }

    #[test]
    fn every_way_a_run_can_end_is_known_with_its_exit_code() {
        let table = [
            ("clean", 0),
            ("failed", 1),
            ("unusable", 2),
            ("left", 10),
            ("undetermined", 11),
            ("unavailable", 12),
            ("refused", 13),
            ("locked", 75),
            ("interrupted", 130),
            ("terminated", 143),
        ];
        for (name, code) in table {
            let run = RunRecord { outcome: Some(name.to_owned()), ..sample::run(1) };
            assert_eq!(exit_code(&run).map(|code| code.number()), Some(code), "{name}");
        }
        let newer = RunRecord { outcome: Some("dissolved".to_owned()), ..sample::run(1) };
        assert_eq!(exit_code(&newer), None);
    }

    #[test]
    fn totals_that_are_not_understood_are_left_out() {
        let with = |totals: &str| ShownTotals::of(&RunRecord { totals: Some(totals.to_owned()), ..sample::run(1) });
        assert_eq!(with(r#"{"left": 3, "new_field": [1]}"#), Some(ShownTotals { left: 3, ..ShownTotals::default() }));
        for broken in ["", "[", "7", r#"{"left": -1}"#, r#"{"left": "many"}"#, &"[".repeat(100_000)] {
            assert_eq!(with(broken), None);
        }
    }
}
