//! Ids in the order of their numbers, in the parts in which they were gathered: a million of them are not
//! put together in no time.

use std::ops::Index;

use crate::event::EventId;

/// More parts than these are put together.
const MOST: usize = 4;

/// Ids in a few parts, one behind the other.
#[derive(Debug)]
pub(super) struct Parts {
    parts: [Vec<EventId>; MOST],
    /// The place of the first id of each part; behind the last it is one that no id has.
    firsts: [u32; MOST],
}

impl Default for Parts {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Parts {
    /// These parts, which have fewer than four billion ids in all.
    pub(super) fn new(given: Vec<Vec<EventId>>) -> Self {
        let (mut parts, mut firsts, mut count) = ([const { Vec::new() }; MOST], [u32::MAX; MOST], 0_usize);
        for (number, mut part) in given.into_iter().enumerate() {
            let first = u32::try_from(count).unwrap_or(u32::MAX);
            count += part.len();
            assert!(count < u32::MAX as usize, "fewer than four billion ids");
            match parts.get_mut(number) {
                Some(room) => (*room, firsts[number]) = (part, first),
                None => parts[MOST - 1].append(&mut part),
            }
        }
        Self { parts, firsts }
    }

    /// How many ids there are.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(Vec::len).sum()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &EventId> {
        self.slices().flatten()
    }

    /// The parts, of which some may be empty.
    pub(super) fn slices(&self) -> impl Iterator<Item = &[EventId]> {
        self.parts.iter().map(Vec::as_slice)
    }

    /// The id at a place, if there is one.
    #[inline(always)]
    pub(super) fn get(&self, place: u32) -> Option<&EventId> {
        // In which of them it is can't be foreseen.
        let later = (1..MOST).map(|part| usize::from(self.firsts[part] <= place)).sum::<usize>();
        self.parts[later].get(place.wrapping_sub(self.firsts[later]) as usize)
    }

    /// The parts, each with the place of its first id.
    pub(super) fn into_parts(self) -> impl Iterator<Item = (usize, Vec<EventId>)> {
        self.firsts.into_iter().map(|first| first as usize).zip(self.parts).filter(|(_, part)| !part.is_empty())
    }
}

impl Index<u32> for Parts {
    type Output = EventId;

    #[inline(always)]
    fn index(&self, place: u32) -> &EventId {
        self.get(place).unwrap_or_else(|| panic!("there is no id with the number {place}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_where_its_part_begins_and_as_far_behind() {
        let id = |number: usize| EventId::new(&format!("evt-{number}")).expect("an id");
        for lengths in [&[][..], &[0], &[3], &[2, 0, 4], &[0, 1, 0], &[1, 5, 2, 3], &[1, 1, 1, 0, 2, 0, 3]] {
            let mut next = 0;
            let part = |&length: &usize| {
                next += length;
                (next - length..next).map(id).collect::<Vec<_>>()
            };
            let parts = Parts::new(lengths.iter().map(part).collect());
            assert_eq!(parts.len(), next);
            assert!(parts.iter().cloned().eq((0..next).map(id)));
            let slices: Vec<usize> = parts.slices().map(<[EventId]>::len).filter(|&length| length > 0).collect();
            assert!(slices.len() <= MOST && slices.iter().sum::<usize>() == next, "{slices:?}");
            let places = (0..next as u32 + 2).map(|place| parts.get(place).cloned());
            assert!(places.eq((0..next).map(|number| Some(id(number))).chain([None, None])), "{lengths:?}");
            let firsts = parts.into_parts().flat_map(|(first, ids)| (first..).zip(ids)).all(|(at, own)| own == id(at));
            assert!(firsts, "{lengths:?}");
        }
    }
}
