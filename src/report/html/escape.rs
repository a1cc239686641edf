//! Values from outside made safe for a page: no markup, no hidden characters, no endless text.

use std::fmt::{self, Write as _};

use chrono::{DateTime, SecondsFormat, Utc};

use crate::report::text::{instant, visible_within};

/// Text of at most so many characters, as it may stand between tags and between double quotes.
pub(super) struct Esc<'a>(pub(super) &'a str, pub(super) usize);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in visible_within(self.0, self.1, "…").chars() {
            match character {
                '&' => formatter.write_str("&amp;")?,
                '<' => formatter.write_str("&lt;")?,
                '>' => formatter.write_str("&gt;")?,
                '"' => formatter.write_str("&quot;")?,
                '\'' => formatter.write_str("&#39;")?,
                plain => formatter.write_char(plain)?,
            }
        }
        Ok(())
    }
}

/// An instant for people and for programs.
pub(super) fn time(at: DateTime<Utc>) -> String {
    let machine = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("<time datetime=\"{machine}\">{}</time>", instant(at))
}

/// The same under a heading that names the zone already.
pub(super) fn time_without_zone(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_and_hidden_characters_become_text() {
        let shown = Esc("</script><img src=x onerror='a()'>\"&\u{202e}\n\0", 600).to_string();
        assert_eq!(shown, "&lt;/script&gt;&lt;img src=x onerror=&#39;a()&#39;&gt;&quot;&amp;\\u{202e}\\n\\u{0}");
    }

    proptest! {
        #[test]
        fn nothing_that_a_page_acts_on_is_ever_left(text in any::<String>()) {
            let shown = Esc(&text, 500).to_string();
            prop_assert!(!shown.contains(['<', '>', '"', '\'']));
            prop_assert!(!shown.contains(crate::report::text::is_hidden));
        }
    }
}
