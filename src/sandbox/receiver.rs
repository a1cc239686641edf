//! The integrator's endpoint behind the vendor, its received log, and the truth about deliveries.
//!
//! This file owns what a simulated receiver answers and what any receiver holds afterwards. It never
//! knows what the vendor makes of an answer, and never speaks to a real receiver.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use hyper::StatusCode;
use serde::Serialize;

/// Whether the receiver can be reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Availability {
    /// It answers.
    #[default]
    Up,
    /// It answers 503 to everything.
    Down,
    /// It answers 503 until it was tried so many times.
    DownUntil(u64),
}

/// What goes wrong with an event that the receiver lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It answers 200 and loses the event: nothing is logged.
    LosesAfterAck,
    /// It logs the event and answers 500 all the same.
    KeepsWithoutAck,
}

/// How the receiver behaves; by default it accepts everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReceiverPlan {
    availability: Availability,
    refuses: HashMap<String, u16>,
    failure_rate: f64,
    mishaps: HashMap<String, Mishap>,
    mishap: Option<Mishap>,
}

impl ReceiverPlan {
    /// Refuses this event for ever with this status.
    #[must_use]
    pub fn refusing(mut self, event_id: impl Into<String>, status: u16) -> Self {
        self.refuses.insert(event_id.into(), status);
        self
    }

    /// Is down, or up, or down for a while.
    #[must_use]
    pub fn availability(self, availability: Availability) -> Self {
        Self { availability, ..self }
    }

    /// Fails with 500 with this probability, seeded.
    #[must_use]
    pub fn failing(self, failure_rate: f64) -> Self {
        Self { failure_rate, ..self }
    }

    /// Mishandles this event.
    #[must_use]
    pub fn mishandling(mut self, event_id: impl Into<String>, mishap: Mishap) -> Self {
        self.mishaps.insert(event_id.into(), mishap);
        self
    }

    /// Mishandles every event.
    #[must_use]
    pub fn mishandling_all(self, mishap: Mishap) -> Self {
        Self { mishap: Some(mishap), ..self }
    }
}

/// A text does not say how a receiver behaves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of up, down, down-until=K, failing=RATE, losing-after-ack, keeping-without-ack")]
pub struct ReceiverError(String);

impl FromStr for ReceiverPlan {
    type Err = ReceiverError;

    fn from_str(text: &str) -> Result<Self, ReceiverError> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let plan = Self::default();
        let read = match (name, value) {
            ("up", None) => Some(plan),
            ("down", None) => Some(plan.availability(Availability::Down)),
            ("losing-after-ack", None) => Some(plan.mishandling_all(Mishap::LosesAfterAck)),
            ("keeping-without-ack", None) => Some(plan.mishandling_all(Mishap::KeepsWithoutAck)),
            ("down-until", Some(tries)) => {
                tries.parse().ok().map(|tries| plan.availability(Availability::DownUntil(tries)))
            }
            ("failing", Some(rate)) => {
                rate.parse().ok().filter(|rate| (0.0..=1.0).contains(rate)).map(|rate| plan.failing(rate))
            }
            _ => None,
        };
        read.ok_or_else(|| ReceiverError(text.to_owned()))
    }
}

/// The truth about one event's deliveries since the sandbox was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// How often the receiver was tried.
    pub tries: u64,
    /// How often it answered with success.
    pub acknowledged: u64,
    /// How often it took the event in: each time after the first is a duplicate.
    pub kept: u64,
}

/// One event on its way to the receiver.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel<'a> {
    pub(super) event_id: &'a str,
    pub(super) event_type: &'a str,
}

/// What came back of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// The receiver's status; `None` when it did not answer in time, or not at all.
    pub(super) status: Option<u16>,
    /// The vendor's words for it.
    pub(super) words: String,
}

impl Answer {
    pub(super) fn of_status(status: u16) -> Self {
        let words = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        Self { status: Some(status), words: words.unwrap_or("Failed").to_owned() }
    }

    pub(super) fn none(words: impl Into<String>) -> Self {
        Self { status: None, words: words.into() }
    }

    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// Deliveries that are to fail, whatever the receiver would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Failing {
    /// How many are left.
    pub(super) deliveries: u64,
    /// What the vendor is to see.
    pub(super) status: u16,
    pub(super) reach: Reach,
}

/// How far a delivery comes that is to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Something before the receiver answers in its place.
    Stopped,
    /// The receiver gets it, and its answer is lost.
    Delivered,
}

#[derive(Debug)]
pub(super) struct Receiver {
    plan: ReceiverPlan,
    rng: fastrand::Rng,
    log: ReceivedFile,
    tries: u64,
    deliveries: HashMap<String, Deliveries>,
    failing: Option<Failing>,
}

impl Receiver {
    pub(super) fn new(plan: ReceiverPlan, seed: u64, log: ReceivedFile) -> Self {
        let rng = fastrand::Rng::with_seed(seed);
        Self { plan, rng, log, tries: 0, deliveries: HashMap::new(), failing: None }
    }

    pub(super) fn fail_next(&mut self, failing: Failing) {
        self.failing = (failing.deliveries > 0).then_some(failing);
    }

    pub(super) fn failing(&self) -> Option<Failing> {
        self.failing
    }

    /// Whether the next delivery is to fail; counts it.
    pub(super) fn take_failing(&mut self) -> Option<Failing> {
        let failing = self.failing?;
        let deliveries = failing.deliveries.saturating_sub(1);
        self.fail_next(Failing { deliveries, ..failing });
        Some(failing)
    }

    pub(super) fn set_plan(&mut self, plan: ReceiverPlan) {
        self.plan = plan;
    }

    pub(super) fn refuse(&mut self, event_id: String, status: u16) {
        self.plan.refuses.insert(event_id, status);
    }

    pub(super) fn tries(&self) -> u64 {
        self.tries
    }

    pub(super) fn deliveries(&self, event_id: &str) -> Deliveries {
        self.deliveries.get(event_id).copied().unwrap_or_default()
    }

    pub(super) fn all_deliveries(&self) -> impl Iterator<Item = (&str, Deliveries)> {
        self.deliveries.iter().map(|(id, deliveries)| (id.as_str(), *deliveries))
    }

    /// Hands an event over to the simulated receiver.
    pub(super) fn deliver(&mut self, parcel: Parcel<'_>, now: DateTime<Utc>) -> Answer {
        self.tries += 1;
        let (status, kept) = match self.refusal(parcel.event_id) {
            Some(status) => (status, false),
            None => self.let_in(parcel, now),
        };
        let answer = Answer::of_status(status);
        self.count(parcel.event_id, &answer, kept);
        answer
    }

    /// Takes down what a real receiver answered. What it keeps is its own affair: what it acknowledged
    /// counts as kept, and is written to the log.
    pub(super) fn answered(&mut self, parcel: Parcel<'_>, answer: &Answer, now: DateTime<Utc>) {
        self.tries += 1;
        let kept = answer.is_success() && self.log.append(parcel, now).is_ok();
        self.count(parcel.event_id, answer, kept);
    }

    fn count(&mut self, event_id: &str, answer: &Answer, kept: bool) {
        let deliveries = self.deliveries.entry(event_id.to_owned()).or_default();
        deliveries.tries += 1;
        deliveries.acknowledged += u64::from(answer.is_success());
        deliveries.kept += u64::from(kept);
    }

    fn refusal(&mut self, event_id: &str) -> Option<u16> {
        let down = match self.plan.availability {
            Availability::Up => false,
            Availability::Down => true,
            Availability::DownUntil(tries) => self.tries <= tries,
        };
        if down {
            return Some(503);
        }
        if let Some(status) = self.plan.refuses.get(event_id) {
            return Some(*status);
        }
        (self.plan.failure_rate > 0.0 && self.rng.f64() < self.plan.failure_rate).then_some(500)
    }

    fn let_in(&mut self, parcel: Parcel<'_>, now: DateTime<Utc>) -> (u16, bool) {
        let mishap = self.plan.mishaps.get(parcel.event_id).copied().or(self.plan.mishap);
        if mishap == Some(Mishap::LosesAfterAck) {
            return (200, false);
        }
        // A receiver that can't write its log has not received anything.
        if self.log.append(parcel, now).is_err() {
            return (500, false);
        }
        (if mishap == Some(Mishap::KeepsWithoutAck) { 500 } else { 200 }, true)
    }
}

#[derive(Serialize)]
struct LogLine<'a> {
    time: String,
    event_id: &'a str,
    event_type: &'a str,
    status: u16,
}

impl<'a> LogLine<'a> {
    fn new(parcel: Parcel<'a>, time: DateTime<Utc>) -> Self {
        let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
        Self { time, event_id: parcel.event_id, event_type: parcel.event_type, status: 200 }
    }
}

/// The received log: one JSON line for each event the receiver took in.
#[derive(Debug)]
pub(super) struct ReceivedFile {
    file: File,
}

impl ReceivedFile {
    /// Starts a new log; a file that holds something already is left alone.
    ///
    /// # Errors
    /// When the file can't be made or is not empty.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let with_path = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if fs::metadata(path).is_ok_and(|existing| existing.len() > 0) {
            let message = format!("{} is not empty; the sandbox only writes to a new log", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, message));
        }
        let file = File::options().create(true).append(true).open(path).map_err(with_path)?;
        Ok(Self { file })
    }

    /// Another handle to the same log.
    pub(super) fn again(&self) -> io::Result<Self> {
        Ok(Self { file: self.file.try_clone()? })
    }

    /// Empties the log, which only the sandbox has written to.
    pub(super) fn empty(&self) -> io::Result<()> {
        self.file.set_len(0)
    }

    /// Writes what was received before the sandbox was started.
    pub(super) fn write_history<'a>(
        &mut self,
        history: impl Iterator<Item = (String, &'a str, DateTime<Utc>)>,
    ) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(1 << 16, &self.file);
        for (event_id, event_type, time) in history {
            serde_json::to_writer(&mut writer, &LogLine::new(Parcel { event_id: &event_id, event_type }, time))?;
            writer.write_all(b"\n")?;
        }
        writer.flush()
    }

    /// Appends one line in one write, so that a reader never sees half of it.
    fn append(&mut self, parcel: Parcel<'_>, now: DateTime<Utc>) -> io::Result<()> {
        let mut line = serde_json::to_vec(&LogLine::new(parcel, now))?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receiver(plan: ReceiverPlan) -> (Receiver, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let log = ReceivedFile::create(&folder.path().join("received.jsonl")).expect("a log");
        (Receiver::new(plan, 7, log), folder)
    }

    fn deliver(receiver: &mut Receiver, event_id: &str) -> u16 {
        let answer = receiver.deliver(Parcel { event_id, event_type: "SaleCreated" }, DateTime::UNIX_EPOCH);
        answer.status.expect("the simulated receiver always answers")
    }

    fn log(folder: &tempfile::TempDir) -> String {
        fs::read_to_string(folder.path().join("received.jsonl")).expect("the log")
    }

    #[test]
    fn an_accepted_delivery_is_one_line_of_the_log() {
        let (mut receiver, folder) = receiver(ReceiverPlan::default());
        assert_eq!(deliver(&mut receiver, "a\"b"), 200);
        let expected =
            r#"{"time":"1970-01-01T00:00:00.000Z","event_id":"a\"b","event_type":"SaleCreated","status":200}"#;
        assert_eq!(log(&folder), format!("{expected}\n"));
        assert_eq!(receiver.deliveries("a\"b"), Deliveries { tries: 1, acknowledged: 1, kept: 1 });
    }

    #[test]
    fn poison_and_outages_leave_no_trace_in_the_log() {
        let plan = ReceiverPlan::default().refusing("poison", 422).availability(Availability::DownUntil(2));
        let (mut receiver, folder) = receiver(plan);
        let answers = ["x", "x", "poison", "x"].map(|id| deliver(&mut receiver, id));
        assert_eq!(answers, [503, 503, 422, 200]);
        assert_eq!(receiver.deliveries("x"), Deliveries { tries: 3, acknowledged: 1, kept: 1 });
        assert_eq!(log(&folder).lines().count(), 1);
    }

    #[test]
    fn mishaps_part_the_answer_from_the_log() {
        let plan = ReceiverPlan::default().mishandling("lost", Mishap::LosesAfterAck);
        let (mut receiver, folder) = receiver(plan.mishandling("kept", Mishap::KeepsWithoutAck));
        assert_eq!(["lost", "kept"].map(|id| deliver(&mut receiver, id)), [200, 500]);
        assert_eq!(receiver.deliveries("lost"), Deliveries { tries: 1, acknowledged: 1, kept: 0 });
        assert_eq!(receiver.deliveries("kept"), Deliveries { tries: 1, acknowledged: 0, kept: 1 });
        assert!(log(&folder).contains("kept") && !log(&folder).contains("lost"));
    }

    #[test]
    fn deliveries_that_are_to_fail_are_counted_down() {
        let (mut receiver, _folder) = receiver(ReceiverPlan::default());
        receiver.fail_next(Failing { deliveries: 2, status: 503, reach: Reach::Stopped });
        assert_eq!(receiver.take_failing().map(|failing| failing.status), Some(503));
        assert_eq!(receiver.failing().map(|failing| failing.deliveries), Some(1));
        assert!(receiver.take_failing().is_some());
        assert_eq!((receiver.take_failing(), receiver.failing()), (None, None));
    }

    #[test]
    fn what_a_real_receiver_acknowledged_is_in_the_log() {
        let (mut receiver, folder) = receiver(ReceiverPlan::default());
        let parcel = Parcel { event_id: "real", event_type: "SaleCreated" };
        receiver.answered(parcel, &Answer::none("Unable to connect"), DateTime::UNIX_EPOCH);
        receiver.answered(parcel, &Answer::of_status(204), DateTime::UNIX_EPOCH);
        assert_eq!(receiver.deliveries("real"), Deliveries { tries: 2, acknowledged: 1, kept: 1 });
        assert_eq!(log(&folder).lines().count(), 1);
    }

    #[test]
    fn a_log_that_holds_something_is_not_written_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.log");
        fs::write(&path, "mine\n").expect("a file");
        let error = ReceivedFile::create(&path).expect_err("refused");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("the file"), "mine\n");
    }

    #[test]
    fn a_receiver_can_be_described_in_a_word() {
        let read = |text: &str| text.parse::<ReceiverPlan>();
        assert_eq!(read("up"), Ok(ReceiverPlan::default()));
        assert_eq!(read("down"), Ok(ReceiverPlan::default().availability(Availability::Down)));
        assert_eq!(read("down-until=3"), Ok(ReceiverPlan::default().availability(Availability::DownUntil(3))));
        assert_eq!(read("failing=0.5"), Ok(ReceiverPlan::default().failing(0.5)));
        for text in ["", "down=1", "failing=2", "failing", "asleep"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
