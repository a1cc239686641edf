//! Gathers what a log holds as received and was not asked about: the other direction of a diff.
//!
//! Ids that lie within the window are kept up to a bound; of the others only a hash each, so that they
//! are counted once. It never decides whether an id counts as received.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use chrono::{DateTime, Utc};

use super::distinct::Bounded;
use crate::event::{EventId, IdKey, Window};
use crate::receipt::{Unlisted, UnlistedId, WantedIds};

/// So many ids are kept; the table of this many takes about 30 MB.
const MOST_KEPT: usize = 200_000;

/// Gathers the other ids.
pub(super) struct Others<'w> {
    listed: &'w WantedIds,
    window: Window,
    most: usize,
    kept: HashMap<EventId, Option<DateTime<Utc>>>,
    /// Those within the window that are not kept.
    more: Bounded,
    outside: Bounded,
    hasher: RandomState,
}

impl<'w> Others<'w> {
    /// Nothing was seen yet.
    pub(super) fn new(listed: &'w WantedIds, window: Window) -> Self {
        Self {
            listed,
            window,
            most: MOST_KEPT,
            kept: HashMap::new(),
            more: Bounded::default(),
            outside: Bounded::default(),
            hasher: RandomState::new(),
        }
    }

    /// Takes in an id that counts as received, with its time where one is told.
    pub(super) fn take(&mut self, id: &[u8], time: Option<DateTime<Utc>>) {
        let text = id.trim_ascii();
        let is_listed = |key: IdKey<'_>| self.listed.number_of(key).is_some();
        if text.is_empty() || is_listed(IdKey::of(id)) || is_listed(IdKey::of(text)) {
            return;
        }
        let hash = self.hasher.hash_one(IdKey::of(text));
        if time.is_some_and(|time| !self.window.contains(time)) {
            self.outside.add(hash);
            return;
        }
        let id = std::str::from_utf8(text).ok().and_then(|text| EventId::new(text).ok());
        match id {
            Some(id) if self.kept.contains_key(&id) || self.kept.len() < self.most => {
                let known = self.kept.entry(id).or_insert(time);
                *known = known.iter().chain(&time).min().copied();
            }
            // What is no usable id can't be asked for, but it is there.
            Some(_) | None => self.more.add(hash),
        }
    }

    /// What was gathered.
    pub(super) fn finish(mut self) -> Unlisted {
        // An id that arrived twice, once within the window, lies within it.
        for id in self.kept.keys() {
            self.outside.remove(self.hasher.hash_one(id.key()));
        }
        self.more.hashes().for_each(|hash| self.outside.remove(hash));
        let (more, outside) = (self.more.count(), self.outside.count());
        let ids = self.kept.into_iter().map(|(id, received_at)| UnlistedId { id, received_at }).collect();
        let mut unlisted = Unlisted {
            ids,
            more: more.number,
            outside: outside.number,
            is_least: more.is_least || outside.is_least,
            untold: None,
        };
        unlisted.sort();
        unlisted
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn window() -> Window {
        Window::new(at(100), at(200)).expect("a window")
    }

    fn ids(unlisted: &Unlisted) -> Vec<String> {
        unlisted.ids.iter().map(|one| one.id.to_string()).collect()
    }

    #[test]
    fn what_was_listed_is_left_out_in_any_spelling() {
        let uuid = "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b";
        let listed = WantedIds::new([uuid, "plain"].map(|id| EventId::new(id).expect("an id")));
        let mut others = Others::new(&listed, window());
        for id in ["{D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B}", " plain ", "", "other"] {
            others.take(id.as_bytes(), None);
        }
        assert_eq!(ids(&others.finish()), ["other"]);
    }

    #[test]
    fn an_id_is_counted_once_and_lies_within_the_window_if_any_of_its_lines_does() {
        let listed = WantedIds::default();
        let mut others = Others::new(&listed, window());
        for (id, second) in [("late", 300), ("twice", 50), ("twice", 150), ("twice", 120), ("late", 301), ("in", 199)] {
            others.take(id.as_bytes(), Some(at(second)));
        }
        others.take(b"undated", None);
        let unlisted = others.finish();
        assert_eq!(ids(&unlisted), ["undated", "twice", "in"]);
        assert_eq!(unlisted.ids[1].received_at, Some(at(120)));
        assert_eq!((unlisted.outside, unlisted.more, unlisted.is_least), (1, 0, false));
    }

    #[test]
    fn what_can_not_be_kept_is_counted() {
        let listed = WantedIds::default();
        let mut others = Others { most: 2, ..Others::new(&listed, window()) };
        for id in [&b"a"[..], b"b", b"c", b"c", b"d", b"a", b"\xff\xfe"] {
            others.take(id, None);
        }
        let unlisted = others.finish();
        assert_eq!((ids(&unlisted).len(), unlisted.more), (2, 3));
    }
}
