//! UUIDs in their usual spelling, read sixteen digits at a time and written eight.
//!
//! Logs and lists of ids are mostly made of them, and a general parser takes longer for one than all
//! else that is done with it. What it does not know is no UUID in this spelling; it may be one in another.

use wide::{i16x8, u8x16};

/// How long a UUID is in its usual spelling.
pub(crate) const UUID_BYTES: usize = 36;

/// The letters among the digits of a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Letters {
    /// There are none, or all are small.
    Lower,
    /// There are some and all are capital.
    Upper,
    /// There are both kinds.
    Mixed,
}

/// One byte, eight times.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// What sixteen digits are.
struct Digits {
    numbers: u8x16,
    small: u8x16,
    capital: u8x16,
    /// The values of each two of them, with nothing behind it.
    values: i16x8,
}

impl Digits {
    #[inline(always)]
    fn of(first: u64, second: u64) -> Self {
        let digits = u8x16::new((u128::from(first) | u128::from(second) << 64).to_le_bytes());
        let within = |least: u8, most: u8| {
            let above = digits - u8x16::splat(least);
            above.min(u8x16::splat(most - least)).simd_eq(above)
        };
        let [numbers, small, capital] = [within(b'0', b'9'), within(b'a', b'f'), within(b'A', b'F')];
        let values = (digits & u8x16::splat(0x0f)) + ((small | capital) & u8x16::splat(9));
        let pairs: i16x8 = bytemuck::cast(values);
        let values = (pairs << 4 | pairs >> 8) & i16x8::splat(0xff);
        Self { numbers, small, capital, values }
    }
}

/// The value of a UUID in its usual spelling, and how its letters are written.
#[inline(always)]
pub(crate) fn value_of(text: &[u8; UUID_BYTES]) -> Option<([u8; 16], Letters)> {
    let four = |from: usize| text[from..].first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    let eight = |first: usize, second: usize| u64::from(four(first)) | u64::from(four(second)) << 32;
    let [left, right] = [Digits::of(eight(0, 4), eight(9, 14)), Digits::of(eight(19, 24), eight(28, 32))];
    let are_digits = (left.numbers | left.small | left.capital) & (right.numbers | right.small | right.capital);
    let dashes = [text[8], text[13], text[18], text[23]];
    if are_digits.to_bitmask() != 0xffff || dashes != [b'-'; 4] {
        return None;
    }
    let any = |one: u8x16, other: u8x16| (one | other).to_bitmask() != 0;
    let letters = match (any(left.small, right.small), any(left.capital, right.capital)) {
        (_, false) => Letters::Lower,
        (false, true) => Letters::Upper,
        (true, true) => Letters::Mixed,
    };
    Some((u8x16::narrow_i16x8(left.values, right.values).to_array(), letters))
}

/// Eight small digits for four bytes.
#[inline(always)]
fn digits_of(bytes: [u8; 4]) -> [u8; 8] {
    let [a, b, c, d] = bytes;
    let whole = u64::from_le_bytes([a, 0, b, 0, c, 0, d, 0]);
    let values = (whole >> 4 & 0x000f_000f_000f_000f) | (whole & 0x000f_000f_000f_000f) << 8;
    let is_letter = (values + all(6)) >> 4 & all(1);
    (values + all(b'0') + is_letter * u64::from(b'a' - b'9' - 1)).to_le_bytes()
}

/// What a UUID is hashed by: most of its usual spelling in small letters, eight bytes from each of four
/// places, so that a text need not be read to be hashed.
#[inline(always)]
pub(crate) fn hashed_of_text(text: &[u8; UUID_BYTES]) -> [u64; 4] {
    // Letters become small ones; digits and dashes have this bit already.
    let eight = |from: usize| text[from..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)) | all(0x20);
    [eight(0), eight(10), eight(19), eight(28)]
}

/// The same, told from the value.
#[inline(always)]
pub(crate) fn hashed_of_value(value: [u8; 16]) -> [u64; 4] {
    let part = |from: usize| digits_of([value[from], value[from + 1], value[from + 2], value[from + 3]]);
    let ([_, a, b, c, d, e, f, g], [h, i, j, k, l, m, n, _]) = (part(4), part(8));
    let (second, third) = ([a, b, c, b'-', d, e, f, g], [h, i, j, k, b'-', l, m, n]);
    [part(0), second, third, part(12)].map(u64::from_le_bytes)
}

/// The usual spelling of a UUID, in small letters.
#[inline(always)]
pub(crate) fn text_of(value: [u8; 16]) -> [u8; UUID_BYTES] {
    let part = |from: usize| digits_of([value[from], value[from + 1], value[from + 2], value[from + 3]]);
    let [first, second, third, fourth] = [part(0), part(4), part(8), part(12)];
    let mut text = [b'-'; UUID_BYTES];
    text[..8].copy_from_slice(&first);
    text[9..13].copy_from_slice(&second[..4]);
    text[14..18].copy_from_slice(&second[4..]);
    text[19..23].copy_from_slice(&third[..4]);
    text[24..28].copy_from_slice(&third[4..]);
    text[28..].copy_from_slice(&fourth);
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn letters_of(text: &[u8]) -> Letters {
        match (text.iter().any(u8::is_ascii_lowercase), text.iter().any(u8::is_ascii_uppercase)) {
            (_, false) => Letters::Lower,
            (false, true) => Letters::Upper,
            (true, true) => Letters::Mixed,
        }
    }

    proptest! {
        #[test]
        fn a_uuid_is_written_as_others_write_it_and_read_in_any_case(
            value in any::<[u8; 16]>(),
            zeros in any::<[bool; 16]>(),
            capitals in any::<u64>(),
        ) {
            let value: [u8; 16] = std::array::from_fn(|at| if zeros[at] { value[at] & 0x0f } else { value[at] });
            let mut text = text_of(value);
            let expected = Uuid::from_bytes(value).hyphenated().to_string();
            prop_assert_eq!(&text[..], expected.as_bytes());
            prop_assert_eq!(value_of(&text), Some((value, Letters::Lower)));
            let eight = |from: usize| u64::from_le_bytes(text[from..from + 8].try_into().expect("eight bytes"));
            prop_assert_eq!(hashed_of_value(value), [eight(0), eight(10), eight(19), eight(28)]);
            for (at, byte) in text.iter_mut().enumerate() {
                if capitals >> at & 1 == 1 {
                    byte.make_ascii_uppercase();
                }
            }
            prop_assert_eq!(value_of(&text), Some((value, letters_of(&text))));
            prop_assert_eq!(hashed_of_text(&text), hashed_of_value(value));
        }

        #[test]
        fn what_is_no_uuid_to_others_is_none_here(
            value in any::<[u8; 16]>(),
            changes in prop::collection::vec((0..UUID_BYTES, any::<u8>()), 1..3),
        ) {
            let mut text = text_of(value);
            changes.iter().for_each(|&(at, byte)| text[at] = byte);
            let expected = Uuid::try_parse_ascii(&text).ok().map(|uuid| (uuid.into_bytes(), letters_of(&text)));
            prop_assert_eq!(value_of(&text), expected);
        }
    }

    #[test]
    fn letters_count_though_they_stand_at_the_same_place_of_both_halves() {
        let upper = b"A0000000-0000-0000-A000-000000000000";
        assert_eq!(value_of(upper).map(|(_, letters)| letters), Some(Letters::Upper));
        let mixed = b"Aa000000-0000-0000-Aa00-000000000000";
        assert_eq!(value_of(mixed).map(|(_, letters)| letters), Some(Letters::Mixed));
    }

    #[test]
    fn each_byte_is_a_digit_here_that_is_one_to_others_wherever_it_stands() {
        for at in 0..UUID_BYTES {
            for byte in 0..=u8::MAX {
                let mut text = *b"01234567-89ab-cdef-0123-456789abcdef";
                text[at] = byte;
                let expected = Uuid::try_parse_ascii(&text).ok().map(Uuid::into_bytes);
                assert_eq!(value_of(&text).map(|(value, _)| value), expected, "{byte} at {at}");
            }
        }
    }
}
