//! What becomes of the numbers of a list when some of it is taken out.

use crate::event::EventId;

/// What is left of a list once those that were there before are taken out.
pub(super) struct ClosedUp {
    /// The places that are taken out, one bit each, and how many are taken out before each word of these.
    words: Vec<(u64, u32)>,
}

impl ClosedUp {
    /// Takes these places out of a list of so many.
    pub(super) fn new(count: usize, places: &[u32]) -> Self {
        let mut words = vec![(0, 0); count / 64 + 1];
        places.iter().for_each(|&place| words[place as usize / 64].0 |= 1 << (place % 64));
        let mut count = 0;
        for (out, before) in &mut words {
            *before = count;
            count += u64::count_ones(*out);
        }
        Self { words }
    }

    fn is_out(&self, place: usize) -> bool {
        self.words[place / 64].0 >> (place % 64) & 1 == 1
    }

    /// The number of the id that stood at this place.
    #[inline(always)]
    pub(super) fn number(&self, place: u32) -> u32 {
        let (out, before) = self.words[place as usize / 64];
        place - before - (out & ((1 << (place % 64)) - 1)).count_ones()
    }

    /// Takes them out of a part that begins at this place.
    pub(super) fn close(&self, mut place: usize, mut part: Vec<EventId>) -> Vec<EventId> {
        part.retain(|_| {
            place += 1;
            !self.is_out(place - 1)
        });
        part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_numbered_in_its_order() {
        let id = |place: u32| EventId::new(&format!("evt-{place}")).expect("an id");
        let out: Vec<u32> = (0..200).filter(|place| place % 7 == 3 || (64..130).contains(place)).collect();
        let closed_up = ClosedUp::new(200, &out);
        let left: Vec<u32> = (0..200).filter(|place| !out.contains(place)).collect();
        for (number, &place) in (0..).zip(&left) {
            assert_eq!(closed_up.number(place), number);
        }
        let close = |places: std::ops::Range<u32>| closed_up.close(places.start as usize, places.map(id).collect());
        let closed = [0..70, 70..70, 70..200].map(close).concat();
        assert_eq!(closed, left.into_iter().map(id).collect::<Vec<_>>());
    }
}
