//! Ids in their order: UUIDs that are spelled alike by nothing but their values, and beside them the few others.

use std::borrow::Cow;

use super::closed_up::ClosedUp;
use crate::event::{EventId, Halves, IdKey};

/// Some ids in their order; fewer than four billion.
#[derive(Debug)]
pub(super) struct Ids {
    /// The value of each that is a UUID, and anything for the others.
    values: Vec<Halves>,
    /// Whether the letters of the UUIDs are capital, but for those that stand in `others`.
    have_capitals: bool,
    /// What is no UUID or is spelled in another way, with its place, one behind the other.
    others: Vec<(u32, EventId)>,
}

impl Ids {
    /// None yet, and room for so many.
    pub(super) fn with_room_for(count: usize) -> Self {
        Self { values: Vec::with_capacity(count), have_capitals: false, others: Vec::new() }
    }

    /// Adds an id.
    pub(super) fn push(&mut self, id: EventId) {
        if let Some((value, has_capitals)) = id.usual()
            && let Some(values) = self.uuids_spelled(has_capitals)
        {
            return values.push(value);
        }
        let value = match id.key() {
            IdKey::Uuid(value) => bytemuck::cast(value),
            IdKey::Bytes(_) => Halves::default(),
        };
        self.others.push((self.next_place(), id));
        self.values.push(value);
    }

    /// The values, to which UUIDs with such letters can be added, if those before have such letters.
    pub(super) fn uuids_spelled(&mut self, has_capitals: bool) -> Option<&mut Vec<Halves>> {
        if self.values.is_empty() {
            self.have_capitals = has_capitals;
        }
        (self.have_capitals == has_capitals).then_some(&mut self.values)
    }

    /// The place of the id that is going to be next.
    pub(super) fn next_place(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of each that is a UUID, and anything for the others.
    pub(super) fn values(&self) -> &[Halves] {
        &self.values
    }

    /// The id at a place, if there is one.
    pub(super) fn get(&self, place: usize) -> Option<Cow<'_, EventId>> {
        let value = self.values.get(place)?;
        Some(self.other(place).map_or_else(|| Cow::Owned(self.alike(*value)), Cow::Borrowed))
    }

    /// What the id at a place is compared by, if there is one.
    pub(super) fn key(&self, place: usize) -> Option<IdKey<'_>> {
        let value = self.values.get(place)?;
        Some(self.other(place).map_or_else(|| IdKey::Uuid(bytemuck::cast(*value)), EventId::key))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cow<'_, EventId>> {
        let mut others = self.others.iter().peekable();
        (0..).zip(&self.values).map(move |(place, value)| match others.next_if(|(other, _)| *other == place) {
            Some((_, id)) => Cow::Borrowed(id),
            None => Cow::Owned(self.alike(*value)),
        })
    }

    /// What all of them are compared by.
    pub(super) fn keys(&self) -> impl Iterator<Item = IdKey<'_>> {
        let mut others = self.others.iter().peekable();
        (0..).zip(&self.values).map(move |(place, value)| match others.next_if(|(other, _)| *other == place) {
            Some((_, id)) => id.key(),
            None => IdKey::Uuid(bytemuck::cast(*value)),
        })
    }

    /// Keeps those that are not taken out of a list, of which the first of these stands at this place.
    pub(super) fn close_up(&mut self, first: u32, closed_up: &ClosedUp) {
        let (values, mut kept) = (&mut self.values, 0);
        for place in 0..values.len() {
            // Which are kept can't be foreseen.
            values[kept] = values[place];
            kept += usize::from(!closed_up.is_out(first as usize + place));
        }
        values.truncate(kept);
        let new_first = closed_up.place(first);
        self.others.retain_mut(|(place, _)| {
            let in_list = first + *place;
            *place = closed_up.place(in_list) - new_first;
            !closed_up.is_out(in_list as usize)
        });
    }

    fn alike(&self, value: Halves) -> EventId {
        EventId::of_value(value, self.have_capitals)
    }

    /// The id at a place, if it is one of the others.
    fn other(&self, place: usize) -> Option<&EventId> {
        let is_here = |(other, _): &&(u32, EventId)| *other as usize == place;
        // Where there are no UUIDs at all, it stands at this place among them too.
        self.others.get(place).filter(is_here).map(|(_, id)| id).or_else(|| {
            let found = self.others.binary_search_by_key(&place, |(other, _)| *other as usize).ok()?;
            Some(&self.others[found].1)
        })
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

    fn braced(number: u128) -> EventId {
        id(&format!("{{{}}}", uuid(number | 0xb00)))
    }

    fn event(number: u128) -> EventId {
        id(&format!("evt-{number}"))
    }

    /// Lists of one kind, and of one kind with some of another.
    fn lists() -> Vec<Vec<EventId>> {
        let kinds: [fn(u128) -> EventId; 4] = [uuid, capital, braced, event];
        let mut lists = Vec::new();
        for (one, another) in kinds.into_iter().flat_map(|one| kinds.map(|another| (one, another))) {
            for is_other in [|number| number == 0, |number| number == 9, |number| number % 3 == 1] {
                let kind = move |number: u128| if is_other(number) { another } else { one };
                lists.push((0..40).map(|number| kind(number)(number)).collect());
            }
        }
        lists
    }

    fn ids_of(list: &[EventId]) -> Ids {
        let mut ids = Ids::with_room_for(0);
        list.iter().for_each(|id| ids.push(id.clone()));
        ids
    }

    fn texts<'i>(ids: impl Iterator<Item = Cow<'i, EventId>>) -> Vec<String> {
        ids.map(|id| id.text().into_owned()).collect()
    }

    /// Holds each way to ask for ids against a list.
    fn assert_are(ids: &Ids, list: &[EventId]) {
        let expected = texts(list.iter().map(Cow::Borrowed));
        assert_eq!(texts(ids.iter()), expected);
        assert_eq!(texts((0..list.len()).map(|place| ids.get(place).expect("it is there"))), expected);
        assert!(ids.keys().eq(list.iter().map(EventId::key)));
        assert!((0..list.len()).all(|place| ids.key(place) == list.get(place).map(EventId::key)));
        assert_eq!((ids.len(), ids.get(list.len()), ids.key(list.len())), (list.len(), None, None));
        for (value, id) in ids.values().iter().zip(list) {
            assert!(matches!(id.key(), IdKey::Bytes(_)) || id.key() == IdKey::Uuid(bytemuck::cast(*value)));
        }
    }

    #[test]
    fn ids_are_kept_in_their_order_and_spelling_whatever_comes() {
        lists().iter().for_each(|list| assert_are(&ids_of(list), list));
    }

    #[test]
    fn what_is_taken_out_leaves_the_others_in_their_order() {
        let out: Vec<u32> = (0..70).filter(|place| place % 7 == 3 || (50..60).contains(place)).collect();
        let closed_up = ClosedUp::new(70, &out);
        for (list, first) in lists().iter().flat_map(|list| [(list, 0), (list, 30), (list, 24)]) {
            let mut ids = ids_of(list);
            ids.close_up(first, &closed_up);
            let left = (first..).zip(list).filter(|(place, _)| !out.contains(place));
            assert_are(&ids, &left.map(|(_, id)| id.clone()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn only_what_is_spelled_alike_is_kept_by_its_value_alone() {
        let mut ids = Ids::with_room_for(3);
        assert!(ids.uuids_spelled(false).is_some(), "none came yet");
        let (value, _) = capital(7).usual().expect("a UUID");
        ids.uuids_spelled(true).expect("none came yet").push(value);
        assert!(ids.uuids_spelled(false).is_none() && ids.uuids_spelled(true).is_some());
        [event(1), capital(8), uuid(9), capital(10)].into_iter().for_each(|id| ids.push(id));
        assert!(ids.uuids_spelled(false).is_none() && ids.uuids_spelled(true).is_some());
        assert_are(&ids, &[capital(7), event(1), capital(8), uuid(9), capital(10)]);
        let places: Vec<u32> = ids.others.iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [1, 3]);
    }
}
