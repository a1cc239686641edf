//! Wanted ids that are no UUIDs: they are looked for as whole words, if all of them are words.

use crate::event::IdKey;
use crate::receipt::WantedIds;
use crate::receipt::filter::{Filter, hash_of_text};

/// Words shorter than this are everywhere.
const SHORTEST_WORD: usize = 4;

/// The wanted ids that are words.
pub(super) struct Words {
    filter: Filter,
    /// The length of the shortest, in bytes.
    pub(super) shortest: usize,
}

impl Words {
    /// The words among these ids, unless there is one that can't be looked for.
    pub(super) fn of(wanted: &WantedIds) -> Option<Option<Self>> {
        let (mut hashes, mut shortest) = (Vec::new(), usize::MAX);
        for id in wanted.others() {
            match id.key() {
                IdKey::Uuid(_) => {}
                // Dashes at its ends may as well belong to what stands around it.
                IdKey::Bytes(word)
                    if word.len() >= SHORTEST_WORD
                        && word.iter().all(|&byte| is_word(byte))
                        && trimmed(word).len() == word.len() =>
                {
                    hashes.push(hash_of_text(word));
                    shortest = shortest.min(word.len());
                }
                IdKey::Bytes(_) => return None,
            }
        }
        let mut filter = Filter::with_room_for(hashes.len());
        hashes.iter().for_each(|&hash| filter.add(hash));
        Some((!hashes.is_empty()).then_some(Self { filter, shortest }))
    }

    /// Whether this may be one of them, perhaps with dashes around it.
    pub(super) fn may_hold(&self, word: &[u8]) -> bool {
        let bare = trimmed(word);
        self.filter.may_hold(hash_of_text(word))
            || (bare.len() != word.len() && self.filter.may_hold(hash_of_text(bare)))
    }
}

/// Whether this may be a part of a word.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn trimmed(mut word: &[u8]) -> &[u8] {
    while let [b'-' | b'_', rest @ ..] | [rest @ .., b'-' | b'_'] = word {
        word = rest;
    }
    word
}
