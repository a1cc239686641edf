//! What is done with a million ids at once, and must take no longer than it needs.

use std::hint::black_box;
use std::ops::BitOr;

use super::{EventId, Spelling, Value, digits};

impl EventId {
    /// Has the processor fetch ids from memory, all of them at the same time.
    #[inline(always)]
    pub(crate) fn fetch<'i>(ids: impl Iterator<Item = &'i Self>) {
        fetch(ids.map(Self::touch));
    }

    /// Something that is the same each time and has no meaning, told from the memory of the id from its
    /// first byte to its last.
    #[inline(always)]
    fn touch(&self) -> u64 {
        match &self.0 {
            Spelling::LowerUuid(value) => value.0[1],
            Spelling::UpperUuid(value) => !value.0[1],
            Spelling::Text(text) => text.len() as u64,
        }
    }

    /// Adds the id, as the vendor spells it, to a text.
    pub(crate) fn push_to(&self, to: &mut String) {
        let usual = |value: &Value| digits::text_of(value.bytes());
        let text = match &self.0 {
            Spelling::LowerUuid(value) => usual(value),
            Spelling::UpperUuid(value) => usual(value).map(|byte| byte.to_ascii_uppercase()),
            Spelling::Text(text) => return to.push_str(text),
        };
        // Digits and dashes are always text.
        to.push_str(std::str::from_utf8(&text).unwrap_or_default());
    }
}

/// Reads what is going to be needed, and does nothing with it.
#[inline(always)]
pub(crate) fn fetch(words: impl Iterator<Item = u64>) {
    black_box(words.fold(0, BitOr::bitor));
}
