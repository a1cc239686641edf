//! What the provider tells of one occurrence: its identity, its delivery status and its time.
//!
//! This module owns identity (two spellings of one UUID are the same event) and the half-open
//! window. It never decides what is lost; `classify` does.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

pub(crate) mod digits;
pub(crate) mod many;

use digits::Letters;

/// The longest id that is accepted from a vendor, a log or a person, in bytes.
pub const MAX_ID_BYTES: usize = 512;

/// The value by which two spellings of an id are compared.
///
/// UUIDs are compared by value, so that case, braces and dashes do not matter; every other id is
/// compared byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdKey<'a> {
    /// The id is a UUID in any of its usual spellings.
    Uuid([u8; 16]),
    /// The id is something else.
    Bytes(&'a [u8]),
}

impl<'a> IdKey<'a> {
    /// Reads the key of an id as it stands in a log or in an answer, without its quotes.
    pub fn of(text: &'a [u8]) -> Self {
        if let Ok(usual) = text.try_into() {
            return digits::value_of(usual).map_or(Self::Bytes(text), |(value, _)| Self::Uuid(value));
        }
        // Only these lengths can be another spelling of one: 32 digits, with dashes, braces, or as a URN.
        let uuid = match text {
            [b'{', digits @ .., b'}'] if digits.len() == 32 => Uuid::try_parse_ascii(digits),
            _ if matches!(text.len(), 32 | 38 | 45) => Uuid::try_parse_ascii(text),
            _ => return Self::Bytes(text),
        };
        uuid.map_or(Self::Bytes(text), |uuid| Self::Uuid(uuid.into_bytes()))
    }
}

/// The id of one event; it stays the same across resends.
///
/// The vendor's own spelling is kept, because that is what the vendor must be asked with, while
/// equality and hashing go by [`IdKey`]. A UUID in one of the two common spellings is stored in
/// place, so that a listing of a million events needs no million small allocations.
#[derive(Clone)]
pub struct EventId(Spelling);

#[derive(Clone)]
enum Spelling {
    LowerUuid(Halves),
    UpperUuid(Halves),
    Text(Box<str>),
}

/// The value of a UUID in two halves, so that it lies where a processor moves each at once.
pub(crate) type Halves = [u64; 2];

/// Why a text can't be an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// The text holds nothing.
    #[error("the id is empty")]
    Empty,
    /// The text is longer than [`MAX_ID_BYTES`].
    #[error("the id is {0} bytes long; at most {MAX_ID_BYTES} are accepted")]
    TooLong(usize),
    /// The text can't name a webhook.
    #[error("{0:?} is not a webhook id")]
    NotAWebhook(String),
}

impl EventId {
    /// Takes an id as the vendor spells it.
    ///
    /// # Errors
    /// When the text is empty or longer than [`MAX_ID_BYTES`].
    pub fn new(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > MAX_ID_BYTES {
            return Err(IdError::TooLong(text.len()));
        }
        Ok(match text.as_bytes().try_into().ok().and_then(digits::value_of) {
            Some((value, Letters::Lower)) => Self::of_value(bytemuck::cast(value), false),
            Some((value, Letters::Upper)) => Self::of_value(bytemuck::cast(value), true),
            Some((_, Letters::Mixed)) | None => Self(Spelling::Text(text.into())),
        })
    }

    /// The UUID with this value, its letters all small or all capital.
    #[inline(always)]
    pub(crate) fn of_value(value: Halves, has_capitals: bool) -> Self {
        Self(if has_capitals { Spelling::UpperUuid(value) } else { Spelling::LowerUuid(value) })
    }

    /// The value of a UUID in one of these two spellings, and whether its letters are capital.
    pub(crate) fn usual(&self) -> Option<(Halves, bool)> {
        match self.0 {
            Spelling::LowerUuid(value) => Some((value, false)),
            Spelling::UpperUuid(value) => Some((value, true)),
            Spelling::Text(_) => None,
        }
    }

    /// The value this id is compared by.
    #[inline]
    pub fn key(&self) -> IdKey<'_> {
        match &self.0 {
            Spelling::LowerUuid(value) | Spelling::UpperUuid(value) => IdKey::Uuid(bytemuck::cast(*value)),
            Spelling::Text(text) => IdKey::of(text.as_bytes()),
        }
    }

    /// The id as the vendor spells it.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Spelling::LowerUuid(_) | Spelling::UpperUuid(_) => {
                let mut text = String::with_capacity(digits::UUID_BYTES);
                self.push_to(&mut text);
                text.into()
            }
            Spelling::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl PartialEq for EventId {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for EventId {}

impl Hash for EventId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl PartialOrd for EventId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EventId {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.key(), other.key()) {
            (IdKey::Uuid(left), IdKey::Uuid(right)) => left.cmp(&right),
            (IdKey::Uuid(_), IdKey::Bytes(_)) => Ordering::Less,
            (IdKey::Bytes(_), IdKey::Uuid(_)) => Ordering::Greater,
            (IdKey::Bytes(left), IdKey::Bytes(right)) => left.cmp(right),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.text())
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventId({:?})", self.text())
    }
}

/// The id of one webhook: one event type and one URL at the provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(Arc<str>);

impl WebhookId {
    /// Takes a webhook id from a person, a setting or the vendor.
    ///
    /// # Errors
    /// When the text is empty, too long, holds anything but letters, digits, `-`, `_`, `.` and
    /// `:`, or is a path step (`.`, `..`). No vendor is known to use more, and an id that needs
    /// more is far more likely a typing mistake.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let plausible = text.len() <= 128
            && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
        if plausible { Ok(Self(text.into())) } else { Err(IdError::NotAWebhook(text.to_owned())) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// What the provider's own record says of the delivery, decided locally and never from the filter
/// that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeliveryStatus {
    /// The receiver answered with success.
    Delivered,
    /// The receiver did not answer with success, and the provider has given up.
    Failed,
    /// The provider has not finished its first delivery.
    Pending,
    /// The record says nothing that can be understood.
    Unrecognised,
}

impl DeliveryStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Failed, Self::Pending, Self::Delivered, Self::Unrecognised];

    /// What the vendor does not count as delivered.
    pub const UNDELIVERED: [Self; 3] = [Self::Failed, Self::Pending, Self::Unrecognised];

    /// The name in machine-readable output and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Pending => "pending",
            Self::Unrecognised => "unrecognised",
        }
    }
}

/// When the provider says the event was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedAt {
    /// The instant, in UTC.
    pub at: DateTime<Utc>,
    /// Whether the record stated its offset or the configured zone was assumed.
    pub zone: ZoneKnowledge,
}

/// Whether a time stated its own offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZoneKnowledge {
    /// The text held an offset: the instant is certain.
    Stated,
    /// The text held none: the instant is right to within the zone's uncertainty.
    Assumed,
}

/// Ids by which a vendor wants to be asked when they differ from the id that the receiver logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlternateIds {
    /// The id to resend with.
    pub resend: EventId,
    /// The id to look the event up by.
    pub verify: EventId,
}

/// One occurrence that the provider tried to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The id to diff on: what the receiver logged.
    pub id: EventId,
    /// When the event was created, if the record says so readably.
    pub created_at: Option<CreatedAt>,
    /// The delivery status, decided from the record.
    pub status: DeliveryStatus,
    /// The vendor's own words for the status, shared between events.
    pub status_text: Option<Arc<str>>,
    /// The HTTP status the receiver answered with, as the vendor reports it.
    pub status_code: Option<u16>,
    /// How many delivery attempts the provider has made, where it counts them.
    pub runs: Option<u32>,
    /// Other ids of the same event, for vendors that use several.
    pub alternate_ids: Option<Box<AlternateIds>>,
}

impl Event {
    /// The id to resend with.
    pub fn resend_id(&self) -> &EventId {
        self.alternate_ids.as_ref().map_or(&self.id, |ids| &ids.resend)
    }

    /// The id to look the event up by.
    pub fn verify_id(&self) -> &EventId {
        self.alternate_ids.as_ref().map_or(&self.id, |ids| &ids.verify)
    }

    /// The creation instant, whether its zone was stated or assumed.
    pub fn created(&self) -> Option<DateTime<Utc>> {
        self.created_at.map(|created| created.at)
    }
}

/// A half-open interval `[from, to)` of event creation times, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Window {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
}

impl Window {
    /// Makes a window, or `None` when it would hold no instant.
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// The first instant inside.
    pub fn from(&self) -> DateTime<Utc> {
        self.from
    }

    /// The first instant after.
    pub fn to(&self) -> DateTime<Utc> {
        self.to
    }

    /// How long the window is.
    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }

    /// Whether the instant lies inside.
    pub fn contains(&self, instant: DateTime<Utc>) -> bool {
        self.from <= instant && instant < self.to
    }

    /// Whether an event belongs to the window: a creation time whose zone was only assumed may lie
    /// outside by `margin`, and an event without a readable time is taken at the vendor's word.
    pub fn admits(&self, event: &Event, margin: TimeDelta) -> bool {
        match event.created_at {
            None => true,
            Some(CreatedAt { at, zone: ZoneKnowledge::Stated }) => self.contains(at),
            Some(CreatedAt { at, zone: ZoneKnowledge::Assumed }) => self.widened(margin, margin).contains(at),
        }
    }

    /// The window grown by `before` and `after`, as far as the calendar reaches.
    pub fn widened(&self, before: TimeDelta, after: TimeDelta) -> Self {
        Self {
            from: self.from.checked_sub_signed(before).unwrap_or(self.from),
            to: self.to.checked_add_signed(after).unwrap_or(self.to),
        }
    }

    /// The window cut into consecutive slices of at most `length`, oldest first.
    pub fn slices(&self, length: TimeDelta) -> Vec<Self> {
        let length = length.max(TimeDelta::seconds(1));
        let mut slices = Vec::new();
        let mut from = self.from;
        while from < self.to {
            let to = from.checked_add_signed(length).map_or(self.to, |end| end.min(self.to));
            slices.push(Self { from, to });
            from = to;
        }
        slices
    }

    /// The shortest window that holds this one and another.
    pub fn hull(&self, other: &Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    /// The parts before and from `middle` on, or `None` when one of them would be shorter than `shortest`.
    pub fn split(&self, middle: DateTime<Utc>, shortest: TimeDelta) -> Option<[Self; 2]> {
        let shortest = shortest.max(TimeDelta::seconds(1));
        if middle.signed_duration_since(self.from) < shortest || self.to.signed_duration_since(middle) < shortest {
            return None;
        }
        Some([Self { from: self.from, to: middle }, Self { from: middle, to: self.to }])
    }

    /// The two halves, or `None` when a half would be shorter than `shortest`.
    pub fn halves(&self, shortest: TimeDelta) -> Option<[Self; 2]> {
        // Vendors drop fractions of a second, so a cut lies on a whole one.
        let half = TimeDelta::seconds(self.length().num_seconds() / 2);
        if half < shortest || half <= TimeDelta::zero() {
            return None;
        }
        let middle = self.from + half;
        Some([Self { from: self.from, to: middle }, Self { from: middle, to: self.to }])
    }
}

#[cfg(test)]
mod tests;
