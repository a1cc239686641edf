//! What a received log holds beyond the ids that a vendor listed.

use chrono::{DateTime, Utc};

use crate::event::EventId;

/// An id that the log holds as received and the vendor did not list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnlistedId {
    /// The id.
    pub id: EventId,
    /// When the log says that it was received, the earliest time within the window; `None` where it
    /// says no time.
    pub received_at: Option<DateTime<Utc>>,
}

/// The ids of a log that were not among those it was asked about, each counted once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unlisted {
    /// Those received within the window, or at a time that the log does not tell, by their time.
    pub ids: Vec<UnlistedId>,
    /// How many more of these there are than could be kept.
    pub more: u64,
    /// How many were received at another time.
    pub outside: u64,
    /// Whether `more` and `outside` are the least there can be, because they were too many to count.
    pub is_least: bool,
    /// Why the log can't tell what else it holds, if it can't.
    pub untold: Option<String>,
}

impl Unlisted {
    /// Brings the ids into their order: by time, those without one first, then by id.
    pub fn sort(&mut self) {
        self.ids.sort_unstable_by(|left, right| (left.received_at, &left.id).cmp(&(right.received_at, &right.id)));
    }
}
