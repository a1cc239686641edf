//! What is done with a million ids at once, and must take no longer than it needs.

use std::hint::black_box;
use std::ops::BitOr;

use super::{EventId, Halves, Spelling, digits};

impl EventId {
    /// Adds the id, as the vendor spells it, to a text.
    pub(crate) fn push_to(&self, to: &mut String) {
        let usual = |value: &Halves| digits::text_of(bytemuck::cast(*value));
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
