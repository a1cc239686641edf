//! Text from outside made safe and short enough to be shown to a person.
//!
//! Everything that comes from a vendor or a log passes through [`visible`] before it reaches a
//! terminal. Nothing here changes what machine-readable output says.

use std::borrow::Cow;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};

/// Whether a character acts on the terminal or hides itself instead of being seen: control
/// characters, line and paragraph separators, text direction, and characters without width.
pub fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether the second of two characters begins a command for a CI system that reads the output of its jobs, as in
/// `::set-output`, `##[error]` and `##vso[…]`. Some look for them anywhere in a line, and a line may be
/// broken anywhere.
pub fn begins_command(first: char, second: char, third: Option<char>) -> bool {
    match (first, second) {
        ('#', '#') => true,
        (':', ':') => third.is_some_and(|letter| letter.is_ascii_alphabetic()),
        _ => false,
    }
}

/// The text with every hidden character written out, such as `\n` or `\u{1b}`, and with no command for a
/// CI system in it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) && !text.contains("::") && !text.contains("##") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    let mut before = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let is_command = before.is_some_and(|before| begins_command(before, character, rest.clone().next()));
        if is_hidden(character) {
            shown.extend(character.escape_default());
        } else if is_command {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
        before = Some(character);
    }
    Cow::Owned(shown)
}

/// The text made visible and cut to at most `most` characters, `ellipsis` included.
pub fn visible_within<'a>(text: &'a str, most: usize, ellipsis: &str) -> Cow<'a, str> {
    // What is cut off need not be looked at, however long it is.
    let shown = match text.char_indices().nth(most + 1) {
        Some((end, _)) => visible(&text[..end]),
        None => visible(text),
    };
    match shown.char_indices().nth(most) {
        None => shown,
        Some(_) => {
            let kept = most.saturating_sub(ellipsis.chars().count());
            let mut cut: String = shown.chars().take(kept).collect();
            cut.push_str(ellipsis);
            Cow::Owned(cut)
        }
    }
}

/// A number with its thousands set apart: `1,234,567`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A text as one word of a shell command.
pub fn shell_word(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// A number with its noun: `1 event`, `2 events`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

/// A list in words: `a`, `a and b`, `a, b and c`.
pub fn listed(parts: &[String]) -> String {
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text.push_str(if place + 1 == parts.len() { " and " } else { ", " });
        }
        text.push_str(part);
    }
    text
}

/// An instant as a person reads it, in UTC, to the second.
pub fn instant(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// A length of time as a person reads it: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`.
pub fn duration(length: std::time::Duration) -> String {
    let seconds = length.as_secs();
    let mut text = String::new();
    // Writing to a string can't fail.
    let _ = match seconds {
        0..10 => write!(text, "{:.1} s", length.as_secs_f64()),
        10..60 => write!(text, "{seconds} s"),
        60..3600 => write!(text, "{} min {} s", seconds / 60, seconds % 60),
        _ => write!(text, "{} h {} min", seconds / 3600, seconds / 60 % 60),
    };
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(visible("SaleCreated – 404 Zażółć 売上"), Cow::Borrowed(_)));
    }

    #[test]
    fn escape_sequences_are_written_out() {
        assert_eq!(visible("a\u{1b}[2Jb"), r"a\u{1b}[2Jb");
        assert_eq!(visible("a\u{9b}31mb"), r"a\u{9b}31mb");
        assert_eq!(visible("a\r\nb\tc\u{7f}\0"), r"a\r\nb\tc\u{7f}\u{0}");
    }

    #[test]
    fn text_direction_and_widthless_characters_are_written_out() {
        assert_eq!(visible("a\u{202e}b\u{2066}c"), r"a\u{202e}b\u{2066}c");
        assert_eq!(visible("a\u{200b}b\u{feff}c\u{e0041}"), r"a\u{200b}b\u{feff}c\u{e0041}");
        assert_eq!(visible("a\u{2028}b"), r"a\u{2028}b");
    }

    #[test]
    fn commands_for_ci_systems_are_written_out_and_addresses_are_not() {
        assert_eq!(visible("::error::x"), r":\u{3a}error:\u{3a}x");
        assert_eq!(visible("a ##vso[task.setvariable] ###[y"), r"a #\u{23}vso[task.setvariable] #\u{23}\u{23}[y");
        for plain in ["[::1]:443", "10::", ":: ", "#1 # x", "a:b"] {
            assert_eq!(visible(plain), plain);
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        assert_eq!(visible_within("abcdef", 6, "…"), "abcdef");
        assert_eq!(visible_within("abcdefg", 6, "…"), "abcde…");
        assert_eq!(visible_within("abcdefg", 6, "..."), "abc...");
        assert_eq!(visible_within(&"\u{1b}".repeat(5000), 8, "…"), r"\u{1b}\…");
    }

    #[test]
    fn numbers_have_their_thousands_set_apart() {
        let shown: Vec<_> = [0, 999, 1_000, 12_345, 1_234_567].into_iter().map(grouped).collect();
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567"]);
    }

    #[test]
    fn nouns_and_lists_read_as_english() {
        assert_eq!(counted(1, "event", "events"), "1 event");
        assert_eq!(counted(0, "event", "events"), "0 events");
        let parts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(listed(&parts(&["a"])), "a");
        assert_eq!(listed(&parts(&["a", "b"])), "a and b");
        assert_eq!(listed(&parts(&["a", "b", "c"])), "a, b and c");
    }

    #[test]
    fn lengths_of_time_keep_two_units_at_most() {
        let shown: Vec<_> =
            [400, 12_000, 185_000, 7_800_000].into_iter().map(Duration::from_millis).map(duration).collect();
        assert_eq!(shown, ["0.4 s", "12 s", "3 min 5 s", "2 h 10 min"]);
    }

    proptest! {
        #[test]
        fn nothing_hidden_is_ever_left(text in any::<String>(), most in 1usize..40) {
            prop_assert!(!visible(&text).contains(is_hidden));
            let command = format!("##{text}");
            prop_assert!(!visible(&command).contains("##"));
            let cut = visible_within(&text, most, "…");
            prop_assert!(!cut.contains(is_hidden));
            prop_assert!(cut.chars().count() <= most);
        }
    }
}
