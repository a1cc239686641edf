//! How values of the core are spelled in the database. A spelling never changes once it was released.
//!
//! Times are whole milliseconds since 1970 in UTC: they sort, they can't be misread, and
//! `datetime(intent_at / 1000, 'unixepoch')` shows them. Fractions of a millisecond are dropped.

use chrono::{DateTime, Utc};

use crate::attempt::{Conclusion, Settlement};
use crate::event::{DeliveryStatus, EventId, IdKey, WebhookId};
use crate::outcome::{RunOutcome, Signal};

use super::failure::Failure;

/// The longest free text that is stored, in bytes; what an answer says must not fill the ledger.
const MAX_TEXT_BYTES: usize = 1_000;

/// The value by which the database compares event ids: two spellings of one UUID have one key.
pub(super) fn event_key(event: &EventId) -> Vec<u8> {
    // The first byte keeps a UUID apart from another id of the same sixteen bytes.
    match event.key() {
        IdKey::Uuid(bytes) => [b"u", &bytes[..]].concat(),
        IdKey::Bytes(bytes) => [b"b", bytes].concat(),
    }
}

/// Reads a stored event id.
pub(super) fn event_id(text: &str) -> Result<EventId, Failure> {
    EventId::new(text).map_err(|_| Failure::unknown_value("the event id", text))
}

/// Reads a stored webhook id.
pub(super) fn webhook_id(text: &str) -> Result<WebhookId, Failure> {
    WebhookId::new(text).map_err(|_| Failure::unknown_value("the webhook id", text))
}

/// The time as it is stored.
pub(super) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// The time as it is stored, with a begun millisecond taken for a whole one.
pub(super) fn millis_rounded_up(at: DateTime<Utc>) -> i64 {
    let millis = at.timestamp_millis();
    if at.timestamp_subsec_nanos().is_multiple_of(1_000_000) { millis } else { millis + 1 }
}

/// Reads a stored time.
pub(super) fn instant(millis: i64) -> Result<DateTime<Utc>, Failure> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| Failure::unknown_value("the time", &millis.to_string()))
}

/// Reads a stored time that may be missing.
pub(super) fn maybe_instant(millis: Option<i64>) -> Result<Option<DateTime<Utc>>, Failure> {
    millis.map(instant).transpose()
}

/// Text from outside, short enough to be stored.
pub(super) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT_BYTES)]
}

/// The name of a delivery status.
pub(super) fn status_name(status: DeliveryStatus) -> &'static str {
    status.name()
}

/// Reads a stored delivery status.
pub(super) fn status(name: &str) -> Result<DeliveryStatus, Failure> {
    [DeliveryStatus::Delivered, DeliveryStatus::Failed, DeliveryStatus::Pending, DeliveryStatus::Unrecognised]
        .into_iter()
        .find(|status| status_name(*status) == name)
        .ok_or_else(|| Failure::unknown_value("the status", name))
}

/// Reads a stored conclusion.
pub(super) fn conclusion(name: &str) -> Result<Conclusion, Failure> {
    Conclusion::from_name(name).ok_or_else(|| Failure::unknown_value("the conclusion", name))
}

/// Reads a stored settlement.
pub(super) fn settlement(name: &str) -> Result<Settlement, Failure> {
    [Settlement::Recovered, Settlement::DeliveryFailed, Settlement::NotSent]
        .into_iter()
        .find(|settlement| settlement.name() == name)
        .ok_or_else(|| Failure::unknown_value("the settlement", name))
}

/// The name of how a run ended; unlike the published name it keeps the two signals and the two kinds
/// of failure apart.
pub(super) fn outcome_name(outcome: RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Clean => "clean",
        RunOutcome::Left => "left",
        RunOutcome::Undetermined => "undetermined",
        RunOutcome::Unavailable => "unavailable",
        RunOutcome::Refused => "refused",
        RunOutcome::Locked => "locked",
        RunOutcome::Interrupted(Signal::Interrupt) => "interrupted",
        RunOutcome::Interrupted(Signal::Terminate) => "terminated",
        RunOutcome::Unusable => "unusable",
        RunOutcome::Failed => "failed",
    }
}
