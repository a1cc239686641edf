//! Ids in their order: as long as all are UUIDs that are spelled alike, by nothing but their values.

use std::borrow::Cow;

use super::closed_up::ClosedUp;
use crate::event::{EventId, Halves, IdKey};

/// Some ids in their order.
#[derive(Debug)]
pub(super) enum Ids {
    /// UUIDs in the usual spelling.
    Uuids { values: Vec<Halves>, have_capitals: bool },
    /// Any ids.
    Any(Vec<EventId>),
}

impl Ids {
    /// None yet, and room for so many UUIDs.
    pub(super) fn with_room_for(count: usize) -> Self {
        Self::Uuids { values: Vec::with_capacity(count), have_capitals: false }
    }

    /// Adds an id.
    pub(super) fn push(&mut self, id: EventId) {
        if let Some((value, has_capitals)) = id.usual()
            && let Some(values) = self.uuids_spelled(has_capitals)
        {
            return values.push(value);
        }
        if let Self::Uuids { .. } = self {
            *self = Self::Any(self.iter().map(Cow::into_owned).collect());
        }
        if let Self::Any(ids) = self {
            ids.push(id);
        }
    }

    /// The values, to which more UUIDs with such letters can be added, if no others came before.
    pub(super) fn uuids_spelled(&mut self, has_capitals: bool) -> Option<&mut Vec<Halves>> {
        match self {
            Self::Uuids { values, have_capitals } if values.is_empty() || *have_capitals == has_capitals => {
                *have_capitals = has_capitals;
                Some(values)
            }
            Self::Uuids { .. } | Self::Any(_) => None,
        }
    }

    /// The values, if all are UUIDs that are spelled alike.
    pub(super) fn values(&self) -> Option<&[Halves]> {
        match self {
            Self::Uuids { values, .. } => Some(values),
            Self::Any(_) => None,
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Uuids { values, .. } => values.len(),
            Self::Any(ids) => ids.len(),
        }
    }

    /// The id at a place, if there is one.
    pub(super) fn get(&self, place: usize) -> Option<Cow<'_, EventId>> {
        match self {
            Self::Uuids { values, have_capitals } => {
                values.get(place).map(|&value| Cow::Owned(EventId::of_value(value, *have_capitals)))
            }
            Self::Any(ids) => ids.get(place).map(Cow::Borrowed),
        }
    }

    /// What the id at a place is compared by, if there is one.
    pub(super) fn key(&self, place: usize) -> Option<IdKey<'_>> {
        match self {
            Self::Uuids { values, .. } => values.get(place).map(|&value| IdKey::Uuid(bytemuck::cast(value))),
            Self::Any(ids) => ids.get(place).map(EventId::key),
        }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cow<'_, EventId>> {
        (0..self.len()).filter_map(|place| self.get(place))
    }

    /// What all of them are compared by.
    pub(super) fn keys(&self) -> impl Iterator<Item = IdKey<'_>> {
        (0..self.len()).filter_map(|place| self.key(place))
    }

    /// Keeps those that are not taken out of a list, of which the first of these stands at this place.
    pub(super) fn close_up(&mut self, first: usize, closed_up: &ClosedUp) {
        match self {
            Self::Uuids { values, .. } => {
                let mut kept = 0;
                for place in 0..values.len() {
                    // Which are kept can't be foreseen.
                    values[kept] = values[place];
                    kept += usize::from(!closed_up.is_out(first + place));
                }
                values.truncate(kept);
            }
            Self::Any(ids) => {
                let mut places = first..;
                ids.retain(|_| places.next().is_some_and(|place| !closed_up.is_out(place)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> EventId {
        EventId::new(text).expect("an id")
    }

    fn uuid(number: u128) -> EventId {
        id(&uuid::Uuid::from_u128(number << 80 | number).to_string())
    }

    fn capital(number: u128) -> EventId {
        id(&uuid(number | 0xa0).text().to_uppercase())
    }

    /// Lists of which some begin with what another has in the middle.
    fn lists() -> Vec<Vec<EventId>> {
        let all = |kind: fn(u128) -> EventId| (0..40).map(kind).collect::<Vec<_>>();
        let other = |number: u128| id(&format!("evt-{number}"));
        let kinds: [fn(u128) -> EventId; 3] = [uuid, capital, other];
        let mut lists: Vec<_> = kinds.map(all).into();
        for (one, another) in kinds.into_iter().flat_map(|one| kinds.map(|another| (one, another))) {
            for odd in [0, 9] {
                let kind = move |number: u128| if number == odd { another } else { one };
                lists.push((0..40).map(|number| kind(number)(number)).collect());
            }
        }
        lists
    }

    fn texts(ids: &Ids) -> Vec<String> {
        ids.iter().map(|id| id.text().into_owned()).collect()
    }

    #[test]
    fn ids_are_kept_in_their_order_and_spelling_whatever_comes() {
        for list in lists() {
            for room in [0, 5, 100] {
                let mut ids = Ids::with_room_for(room);
                list.iter().for_each(|id| ids.push(id.clone()));
                let expected: Vec<String> = list.iter().map(|id| id.text().into_owned()).collect();
                assert_eq!(texts(&ids), expected);
                assert!(ids.keys().eq(list.iter().map(EventId::key)));
                assert_eq!((ids.len(), ids.get(40), ids.key(40)), (40, None, None));
                assert_eq!(ids.get(39).as_deref(), list.last());
                assert_eq!(ids.key(39), list.last().map(EventId::key));
            }
        }
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_their_order() {
        let out: Vec<u32> = (0..70).filter(|place| place % 7 == 3 || (50..60).contains(place)).collect();
        let closed_up = ClosedUp::new(70, &out);
        for list in lists() {
            let mut ids = Ids::with_room_for(0);
            list.iter().for_each(|id| ids.push(id.clone()));
            ids.close_up(30, &closed_up);
            let left = (30..).zip(&list).filter(|(place, _)| !out.contains(place));
            assert_eq!(texts(&ids), left.map(|(_, id)| id.text().into_owned()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn more_of_the_same_kind_can_be_added_and_no_others() {
        let mut ids = Ids::with_room_for(3);
        assert!(ids.uuids_spelled(false).is_some(), "none came yet");
        let (value, _) = capital(7).usual().expect("a UUID");
        ids.uuids_spelled(true).expect("none came yet").push(value);
        assert_eq!(texts(&ids), [capital(7).text()]);
        assert_eq!(ids.values(), Some(&[value][..]));
        assert!(ids.uuids_spelled(false).is_none() && ids.uuids_spelled(true).is_some());
        ids.push(id("evt-1"));
        assert!(ids.uuids_spelled(false).is_none() && ids.uuids_spelled(true).is_none());
        assert_eq!(texts(&ids), [capital(7).text().as_ref(), "evt-1"]);
        assert_eq!(ids.values(), None);
    }
}
