//! How many different ids a log holds: exactly up to a bound, and from there "at least".
//!
//! It keeps a hash of 64 bits for each id and never the id itself, so its memory is bounded by the
//! count alone; among so many ids two that share a hash are one chance in ten million.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};

use crate::event::IdKey;

/// So many hashes are kept; the table of this many takes about 20 MB.
const MOST_KEPT: usize = 1_800_000;

/// Counts different ids.
#[derive(Default)]
pub(super) struct Distinct {
    hasher: RandomState,
    all: Bounded,
    /// Those of the file that is being read.
    here: Bounded,
}

/// A number of things, as far as it was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many were counted.
    pub number: u64,
    /// Whether there may be more.
    pub is_least: bool,
}

/// Hashes of different things, counted exactly up to a bound.
#[derive(Default)]
pub(super) struct Bounded {
    hashes: HashSet<u64, BuildHasherDefault<AsItIs>>,
    is_full: bool,
}

impl Bounded {
    pub(super) fn add(&mut self, hash: u64) {
        if self.hashes.len() < MOST_KEPT {
            self.hashes.insert(hash);
        } else if !self.is_full {
            self.is_full = !self.hashes.contains(&hash);
        }
    }

    pub(super) fn remove(&mut self, hash: u64) {
        self.hashes.remove(&hash);
    }

    pub(super) fn hashes(&self) -> impl Iterator<Item = u64> {
        self.hashes.iter().copied()
    }

    pub(super) fn count(&self) -> Count {
        Count { number: self.hashes.len() as u64, is_least: self.is_full }
    }
}

impl Distinct {
    /// Counts an id.
    pub(super) fn add(&mut self, key: IdKey<'_>) {
        let hash = self.hasher.hash_one(key);
        self.all.add(hash);
        self.here.add(hash);
    }

    /// The different ids of all files.
    pub(super) fn all(&self) -> Count {
        self.all.count()
    }

    /// The different ids of the file that was read; the next one begins with none.
    pub(super) fn take_here(&mut self) -> Count {
        let count = self.here.count();
        self.here.hashes.clear();
        self.here.is_full = false;
        count
    }
}

/// The keys are hashes already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(distinct: &mut Distinct, ids: std::ops::Range<u64>) {
        ids.for_each(|id| distinct.add(IdKey::of(id.to_string().as_bytes())));
    }

    #[test]
    fn ids_are_counted_once_in_all_and_once_a_file() {
        let mut distinct = Distinct::default();
        add(&mut distinct, 0..10);
        add(&mut distinct, 5..10);
        assert_eq!(distinct.take_here(), Count { number: 10, is_least: false });
        add(&mut distinct, 5..12);
        assert_eq!(distinct.take_here(), Count { number: 7, is_least: false });
        assert_eq!(distinct.all(), Count { number: 12, is_least: false });
    }

    #[test]
    fn beyond_the_bound_the_count_is_a_least_one() {
        let mut distinct = Distinct::default();
        add(&mut distinct, 0..MOST_KEPT as u64);
        add(&mut distinct, 0..10);
        assert_eq!(distinct.all(), Count { number: MOST_KEPT as u64, is_least: false });
        add(&mut distinct, MOST_KEPT as u64..MOST_KEPT as u64 + 1);
        assert_eq!(distinct.all(), Count { number: MOST_KEPT as u64, is_least: true });
    }
}
