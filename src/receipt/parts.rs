//! Ids in the order of their places, in the parts in which they were gathered: a million of them are not
//! put together in no time.

use std::borrow::Cow;

use super::closed_up::ClosedUp;
use super::crew::side_by_side;
use super::ids::Ids;
use crate::event::many::fetch;
use crate::event::{EventId, Halves, IdKey};

/// So many parts are found without a search; more there are hardly ever.
const FEW: usize = 4;

/// Ids in a few parts, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Vec<Ids>,
    /// The place behind the last id of each part.
    ends: Vec<u32>,
}

impl Parts {
    /// These parts.
    ///
    /// # Panics
    /// When they have four billion ids in all.
    pub(super) fn new(parts: Vec<Ids>) -> Self {
        let mut count = 0;
        let end = |part: &Ids| {
            count += part.len();
            u32::try_from(count).ok().filter(|&end| end < u32::MAX).expect("fewer than four billion ids")
        };
        Self { ends: parts.iter().map(end).collect(), parts }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.ends.last().map_or(0, |&end| end as usize)
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cow<'_, EventId>> {
        self.parts.iter().flat_map(Ids::iter)
    }

    /// What all of them are compared by.
    pub(super) fn keys(&self) -> impl Iterator<Item = IdKey<'_>> {
        self.parts.iter().flat_map(Ids::keys)
    }

    /// The id at a place.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn id(&self, place: u32) -> Cow<'_, EventId> {
        self.part_of(place).and_then(|(part, place)| part.get(place)).unwrap_or_else(|| no_id_at(place))
    }

    /// What the id at a place is compared by.
    ///
    /// # Panics
    /// When there is none.
    pub(super) fn key(&self, place: u32) -> IdKey<'_> {
        self.part_of(place).and_then(|(part, place)| part.key(place)).unwrap_or_else(|| no_id_at(place))
    }

    /// The part in which a place is, and which place of it that is.
    fn part_of(&self, place: u32) -> Option<(&Ids, usize)> {
        let number = self.ends.iter().position(|&end| place < end)?;
        let first = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some((&self.parts[number], (place - first) as usize))
    }

    /// What is left of them once some are taken out.
    pub(super) fn closed_up(self, closed_up: &ClosedUp) -> Self {
        let firsts = [0].into_iter().chain(self.ends);
        let close = |(first, mut part): (u32, Ids)| {
            part.close_up(first, closed_up);
            part
        };
        Self::new(side_by_side(firsts.zip(self.parts).collect(), close))
    }

    /// What is asked about many UUIDs in a row.
    pub(super) fn opened(&self) -> OpenedParts<'_> {
        let (mut values, mut firsts) = ([&[][..]; FEW], [u32::MAX; FEW]);
        let starts = [0].iter().chain(&self.ends);
        for ((part, &start), (values, first)) in self.parts.iter().zip(starts).zip(values.iter_mut().zip(&mut firsts)) {
            (*values, *first) = (part.values(), start);
        }
        OpenedParts { parts: self, values, firsts }
    }
}

/// Parts of which the first few stay in registers, or near, whatever else is written meanwhile.
#[derive(Clone, Copy)]
pub(super) struct OpenedParts<'p> {
    parts: &'p Parts,
    /// The values of each.
    values: [&'p [Halves]; FEW],
    /// The place of the first id of each; behind the last it is one that no id has.
    firsts: [u32; FEW],
}

impl<'p> OpenedParts<'p> {
    /// The value of the UUID at a place; of other ids it says nothing.
    #[inline(always)]
    pub(super) fn value(&self, place: u32) -> Option<Halves> {
        self.near(place).copied().or_else(|| self.far(place))
    }

    /// The same for the first few parts, where it is not read yet.
    #[inline(always)]
    pub(super) fn near(&self, place: u32) -> Option<&'p Halves> {
        // In which part it is can't be foreseen.
        let later = (1..FEW).map(|part| usize::from(self.firsts[part] <= place)).sum::<usize>();
        self.values[later].get(place.wrapping_sub(self.firsts[later]) as usize)
    }

    /// Has the processor fetch such values, all of them at the same time.
    #[inline(always)]
    pub(super) fn prepare(near: impl Iterator<Item = Option<&'p Halves>>) {
        fetch(near.map(|value| value.map_or(0, |value| value[0])));
    }

    /// The same for any part.
    #[cold]
    #[inline(never)]
    fn far(&self, place: u32) -> Option<Halves> {
        let (part, place) = self.parts.part_of(place)?;
        part.values().get(place).copied()
    }
}

fn no_id_at(place: u32) -> ! {
    panic!("there is no id at the place {place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> EventId {
        EventId::new(&format!("evt-{number}")).expect("an id")
    }

    /// So many ids in each part, which tell their places.
    fn parts(lengths: &[u32]) -> Parts {
        let mut next = 0;
        let part = |&length: &u32| {
            let mut part = Ids::with_room_for(0);
            (next..next + length).for_each(|number| part.push(id(number)));
            next += length;
            part
        };
        Parts::new(lengths.iter().map(part).collect())
    }

    const LENGTHS: [&[u32]; 7] = [&[], &[0], &[3], &[2, 0, 4], &[0, 1, 0], &[1, 5, 2, 3], &[1, 1, 1, 0, 2, 0, 3]];

    #[test]
    fn an_id_is_where_its_part_begins_and_as_far_behind() {
        for lengths in LENGTHS {
            let (parts, count) = (parts(lengths), lengths.iter().sum());
            assert_eq!(parts.len(), count as usize);
            assert!(parts.iter().map(Cow::into_owned).eq((0..count).map(id)), "{lengths:?}");
            assert!((0..count).all(|place| *parts.id(place) == id(place) && parts.key(place) == id(place).key()));
            assert!(parts.keys().eq(parts.iter().collect::<Vec<_>>().iter().map(|id| id.key())));
            assert!(parts.part_of(count).is_none());
        }
    }

    #[test]
    fn the_value_of_a_uuid_is_found_in_any_part_whatever_its_spelling() {
        let uuid = |place: u32| uuid::Uuid::from_u128(u128::from(place) << 100 | 0xabc).to_string();
        let text = |place: u32| match place % 7 {
            3 => format!("evt-{place}"),
            5 => uuid(place).to_uppercase(),
            _ => uuid(place),
        };
        for lengths in LENGTHS.into_iter().chain([&[1; 20][..], &[3, 5, 1, 1, 20]]) {
            let mut places = 0..;
            let part = |&length: &u32| {
                let mut part = Ids::with_room_for(0);
                let ids = places.by_ref().take(length as usize).map(|place| EventId::new(&text(place)).expect("an id"));
                ids.for_each(|id| part.push(id));
                part
            };
            let parts = Parts::new(lengths.iter().map(part).collect());
            let opened = parts.opened();
            let count = lengths.iter().sum();
            for place in 0..count {
                let value: Halves = bytemuck::cast((u128::from(place) << 100 | 0xabc).to_be_bytes());
                assert!(place % 7 == 3 || opened.value(place) == Some(value), "{place} of {lengths:?}");
            }
            assert_eq!([count, count + 1, u32::MAX].map(|place| opened.value(place)), [None; 3]);
        }
    }

    #[test]
    #[should_panic(expected = "there is no id at the place 6")]
    fn there_is_no_id_behind_the_last() {
        parts(&[2, 0, 4]).id(6);
    }

    #[test]
    fn what_is_left_of_all_parts_is_in_its_order() {
        for lengths in LENGTHS {
            let count = lengths.iter().sum();
            let out: Vec<u32> = (0..count).filter(|place| place % 3 == 1).collect();
            let left = parts(lengths).closed_up(&ClosedUp::new(count as usize, &out));
            let expected = (0..count).filter(|place| !out.contains(place)).map(id);
            assert!(left.iter().map(Cow::into_owned).eq(expected), "{lengths:?}");
        }
    }
}
