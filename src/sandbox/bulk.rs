//! Generated events, computed from their index whenever they are asked for.
//!
//! This file owns the arithmetic: the same seed gives the same ids, times and kinds, and a million
//! events take no memory. It never holds what happened to an event later; the world does.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::plan::{EventState, Mix};

/// The low 56 bits of a generated id hold its index, scrambled.
const INDEX_BITS: u32 = 56;
const INDEX_MASK: u64 = (1 << INDEX_BITS) - 1;
/// An odd factor and its inverse modulo 2⁶⁴, so that multiplying scrambles and can be undone.
const SCRAMBLE: u64 = 0x9E37_79B9_7F4A_7C15;
const UNSCRAMBLE: u64 = inverse(SCRAMBLE);

/// What a generated event starts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Delivered,
    Missing,
    Poison,
    Unacknowledged,
    LostAfterAck,
    Pending,
}

/// The generated events of one webhook.
#[derive(Clone, Debug)]
pub(super) struct Bulk {
    seed: u64,
    mix: Mix,
    from: DateTime<Utc>,
    span_micros: i64,
    stride: u64,
}

/// Spreads the bits of a number; splitmix64's finaliser.
pub(super) fn spread(number: u64) -> u64 {
    let mut bits = number.wrapping_add(SCRAMBLE);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// The inverse of an odd number modulo 2⁶⁴, by Newton's iteration.
const fn inverse(odd: u64) -> u64 {
    let mut guess = odd;
    let mut round = 0;
    while round < 6 {
        guess = guess.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(guess)));
        round += 1;
    }
    guess
}

fn common_divisor(left: u64, right: u64) -> u64 {
    if right == 0 { left } else { common_divisor(right, left % right) }
}

impl Bulk {
    pub(super) fn new(seed: u64, mix: Mix, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Self {
        let span_micros = (to - from).num_microseconds().unwrap_or(i64::MAX).max(0);
        let finished = Self::finished(&mix).max(1);
        // A stride near the golden ratio spreads each kind evenly over the period.
        let mut stride = ((u128::from(finished) * 618) / 1000) as u64 + spread(seed) % 7 + 1;
        while common_divisor(stride, finished) != 1 {
            stride += 1;
        }
        Self { seed, mix, from, span_micros, stride }
    }

    fn finished(mix: &Mix) -> u64 {
        mix.events.saturating_sub(mix.pending)
    }

    pub(super) fn count(&self) -> u64 {
        self.mix.events
    }

    pub(super) fn has_poison(&self) -> bool {
        self.mix.poison > 0
    }

    /// What the event starts as; the counts of the mix are met exactly.
    pub(super) fn kind(&self, index: u64) -> Kind {
        let mix = &self.mix;
        let finished = Self::finished(mix);
        if index >= finished {
            return Kind::Pending;
        }
        let rank = (u128::from(index) * u128::from(self.stride) + u128::from(self.seed)) % u128::from(finished);
        let mut rank = rank as u64;
        for (kind, count) in [
            (Kind::Poison, mix.poison.min(mix.missing)),
            (Kind::Missing, mix.missing.saturating_sub(mix.poison)),
            (Kind::Unacknowledged, mix.unacknowledged),
            (Kind::LostAfterAck, mix.lost_after_ack),
        ] {
            if rank < count {
                return kind;
            }
            rank -= count;
        }
        Kind::Delivered
    }

    /// When the event was created; never before its predecessor.
    pub(super) fn created_at(&self, index: u64) -> DateTime<Utc> {
        let count = i128::from(self.mix.events.max(1));
        let step = i128::from(self.span_micros) / count;
        let base = i128::from(self.span_micros) * i128::from(index) / count;
        let jitter = if step > 0 { i128::from(spread(self.seed ^ index) >> 1) % step } else { 0 };
        let micros = i64::try_from(base + jitter).unwrap_or(self.span_micros);
        self.from.checked_add_signed(chrono::TimeDelta::microseconds(micros)).unwrap_or(self.from)
    }

    /// The index of the first event created at `instant` or later.
    pub(super) fn first_at(&self, instant: DateTime<Utc>) -> u64 {
        let (mut low, mut high) = (0, self.mix.events);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.created_at(middle) < instant {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    pub(super) fn id(&self, index: u64) -> Uuid {
        let high = spread(self.seed.wrapping_mul(3) ^ index);
        let middle = (spread(high) as u8) & 0x3F | 0x80;
        let scrambled = index.wrapping_add(1).wrapping_mul(SCRAMBLE) & INDEX_MASK;
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&scrambled.to_be_bytes());
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = middle;
        Uuid::from_bytes(bytes)
    }

    /// Finds the event that has this id.
    pub(super) fn index_of(&self, id: Uuid) -> Option<u64> {
        let bytes = id.into_bytes();
        let mut low = [0; 8];
        low[1..].copy_from_slice(&bytes[9..]);
        let index = u64::from_be_bytes(low).wrapping_mul(UNSCRAMBLE).wrapping_sub(1) & INDEX_MASK;
        (index < self.mix.events && self.id(index) == id).then_some(index)
    }

    /// What the vendor knows of the event at first.
    pub(super) fn state(&self, index: u64) -> EventState {
        let failed = |status_code: u16, status_text: &str| EventState::Failed {
            status_code: Some(status_code),
            status_text: status_text.to_owned(),
        };
        let choice = spread(self.seed ^ index.rotate_left(17)) % 4;
        match self.kind(index) {
            Kind::Delivered | Kind::LostAfterAck => EventState::Delivered,
            Kind::Pending => EventState::Pending,
            Kind::Poison => failed(500, "Internal Server Error"),
            Kind::Unacknowledged if choice < 2 => failed(504, "Gateway Timeout"),
            Kind::Unacknowledged => failed(408, "Request Timeout"),
            Kind::Missing => match choice {
                0 => failed(404, "Not found"),
                1 => failed(503, "Service Unavailable"),
                2 => failed(502, "Bad Gateway"),
                _ => EventState::Failed { status_code: None, status_text: "Unable to connect".to_owned() },
            },
        }
    }

    /// Whether the received log holds the event from the start.
    pub(super) fn in_log(&self, index: u64) -> bool {
        match self.kind(index) {
            Kind::Delivered | Kind::Unacknowledged => true,
            Kind::Missing | Kind::Poison | Kind::LostAfterAck | Kind::Pending => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn bulk(mix: Mix) -> Bulk {
        let from = DateTime::UNIX_EPOCH;
        Bulk::new(42, mix, (from, from + TimeDelta::days(3)))
    }

    #[test]
    fn the_counts_of_the_mix_are_met_exactly() {
        for events in [20, 21, 100, 997] {
            let mix = Mix { events, missing: 5, unacknowledged: 3, lost_after_ack: 2, pending: 4, poison: 1 };
            let bulk = bulk(mix);
            let count = |kind| (0..events).filter(|index| bulk.kind(*index) == kind).count();
            assert_eq!(
                [Kind::Poison, Kind::Missing, Kind::Unacknowledged, Kind::LostAfterAck, Kind::Pending].map(count),
                [1, 4, 3, 2, 4],
                "of {events}"
            );
        }
    }

    #[test]
    fn every_id_leads_back_to_its_event() {
        let bulk = bulk(Mix { events: 5000, ..Mix::default() });
        let mut seen = std::collections::HashSet::new();
        for index in 0..5000 {
            let id = bulk.id(index);
            assert_eq!(bulk.index_of(id), Some(index));
            assert!(seen.insert(id), "{id} twice");
        }
        assert_eq!(bulk.index_of(Uuid::nil()), None);
        assert_eq!(bulk.index_of(bulk.id(5000)), None, "past the end");
    }

    #[test]
    fn events_are_created_in_order_and_found_by_time() {
        let bulk = bulk(Mix { events: 1000, ..Mix::default() });
        for index in 1..1000 {
            assert!(bulk.created_at(index - 1) <= bulk.created_at(index));
            assert_eq!(bulk.first_at(bulk.created_at(index)), index);
        }
        assert_eq!(bulk.first_at(DateTime::UNIX_EPOCH + TimeDelta::days(3)), 1000);
    }
}
