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

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn those_without_a_time_come_first_then_the_earliest_and_the_id_breaks_ties() {
        let unlisted = |text: &str, second: Option<i64>| UnlistedId {
            id: EventId::new(text).expect("an id"),
            received_at: second.map(|second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second)),
        };
        let order = [("d", None), ("e", None), ("c", Some(1)), ("a", Some(2)), ("b", Some(2))];
        let ids = order.map(|(text, second)| unlisted(text, second));
        let mut mixed =
            Unlisted { ids: [3, 1, 4, 2, 0].map(|place: usize| ids[place].clone()).into(), ..Unlisted::default() };
        mixed.sort();
        assert_eq!(mixed.ids, ids);
    }
}
