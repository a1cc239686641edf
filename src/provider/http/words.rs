//! What may be repeated of an answer's text: short, without control characters, without keys.
//!
//! It owns the extraction of the vendor's words from an error body. It never decides what kind of
//! failure an answer is.

use std::borrow::Cow;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

/// The longest message that is repeated, in characters.
const LONGEST: usize = 300;
/// The longest title of an HTML page that is repeated, in characters.
const LONGEST_TITLE: usize = 100;
/// How much of a text that is not JSON is repeated, in characters.
const LONGEST_BEGINNING: usize = 60;
/// What stands in place of a key.
const MASK: &str = "[key]";
/// A shorter "key" is none, and masking it would garble every message.
const SHORTEST_KEY: usize = 4;
/// In records and documents, which are more than words for people, only what can't be a word is taken for
/// a key.
const SHORTEST_IN_RECORDS: usize = 12;

/// Repeats texts without the keys they may echo.
#[derive(Clone, Debug, Default)]
pub struct Speaker {
    keys: Vec<SecretString>,
}

impl Speaker {
    /// A speaker that keeps these keys to itself.
    pub fn new(keys: Vec<SecretString>) -> Self {
        Self { keys }
    }

    /// The text as it may be repeated.
    pub fn repeat(&self, text: &str) -> String {
        // A key may be cut in two by characters that are stripped, so masking comes last.
        shortened(self.masked(plain(text)), LONGEST)
    }

    /// The vendor's own words in an error body.
    pub fn repeat_body(&self, body: &[u8]) -> String {
        self.repeat(&words_of(body))
    }

    /// What stands in an answer that should have been JSON of another shape.
    pub fn describe(&self, body: &[u8]) -> String {
        if is_blank(body) {
            return "it is empty".to_owned();
        }
        if is_html(body) {
            return self.repeat(&format!("it is {}", html_words(body)));
        }
        // Masked before it is shortened: a key that is cut in two would no longer be known.
        let beginning = self.masked(plain(&String::from_utf8_lossy(beginning_bytes(body, 4096))));
        format!("it begins with {:?}", shortened(beginning, LONGEST_BEGINNING))
    }

    /// Whether a text of a record repeats a key.
    pub fn is_told_in(&self, text: &str) -> bool {
        self.long_keys().any(|key| text.contains(key))
    }

    /// A text of a record without the keys that it may repeat.
    pub fn hushed<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.is_told_in(text) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(self.long_keys().fold(text.to_owned(), |text, key| text.replace(key, MASK)))
    }

    /// A document without the keys that it may repeat, wherever they stand.
    pub fn hushed_document(&self, document: Value) -> Value {
        match document {
            Value::String(text) => Value::String(self.hushed(&text).into_owned()),
            Value::Array(values) => values.into_iter().map(|value| self.hushed_document(value)).collect(),
            Value::Object(fields) => {
                let hushed =
                    |(name, value): (String, Value)| (self.hushed(&name).into_owned(), self.hushed_document(value));
                Value::Object(fields.into_iter().map(hushed).collect())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => document,
        }
    }

    fn long_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(ExposeSecret::expose_secret).filter(|key| key.len() >= SHORTEST_IN_RECORDS)
    }

    fn masked(&self, mut text: String) -> String {
        for key in &self.keys {
            let key = key.expose_secret();
            if key.len() >= SHORTEST_KEY && text.contains(key) {
                text = text.replace(key, MASK);
            }
        }
        text
    }
}

/// Whether a body holds nothing but white space.
pub fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

/// Whether a body is a page for people and not an answer of the API.
pub fn is_html(body: &[u8]) -> bool {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}

/// The words of a body, whatever its form.
pub fn words_of(body: &[u8]) -> String {
    if is_blank(body) {
        return "no explanation".to_owned();
    }
    if is_html(body) {
        return html_words(body);
    }
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => json_words(&value).unwrap_or_else(|| String::from_utf8_lossy(body).into_owned()),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    }
}

fn json_words(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => ["message", "Message", "detail", "error", "errorMessage", "title"]
            .iter()
            .find_map(|name| fields.get(*name).and_then(json_words))
            .filter(|words| !words.trim().is_empty()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
    }
}

fn html_words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(beginning_bytes(body, 16 * 1024));
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|tag| {
        let begin = tag + lower[tag..].find('>')? + 1;
        let end = begin + lower[begin..].find("</title")?;
        Some(plain(&text[begin..end]))
    });
    match title {
        Some(title) if !title.is_empty() && title.chars().count() <= LONGEST_TITLE => {
            format!("an HTML page titled {title:?} instead of JSON")
        }
        Some(_) | None => "an HTML page instead of JSON".to_owned(),
    }
}

fn beginning_bytes(body: &[u8], length: usize) -> &[u8] {
    &body[..body.len().min(length)]
}

/// The text on one line, without control characters and without those that turn the direction of
/// writing.
pub fn plain(text: &str) -> String {
    let turns =
        |letter: char| matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let mut line = String::with_capacity(text.len().min(4 * LONGEST));
    for letter in text.chars() {
        if letter.is_whitespace() {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !letter.is_control() && !turns(letter) {
            line.push(letter);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

fn shortened(text: String, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        None => text,
        Some(_) => text.chars().take(longest - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn speaker() -> Speaker {
        Speaker::new(vec!["hunter2-subscription".into(), "k".into()])
    }

    #[test]
    fn the_words_of_known_error_bodies_are_found() {
        for (body, words) in [
            (r#"{"statusCode":401,"message":"Access denied."}"#, "Access denied."),
            (r#"{"Message":"Bad date."}"#, "Bad date."),
            (r#"{"error":{"code":1,"message":"Nope"}}"#, "Nope"),
            (r#"{"title":"One or more errors","status":400}"#, "One or more errors"),
            (r#""just text""#, "just text"),
            (r#"{"other":1}"#, r#"{"other":1}"#),
            ("plain\n text\u{1b}[2J", "plain text[2J"),
            ("", "no explanation"),
            (" \n", "no explanation"),
            (
                "<html><head><TITLE>\n502 Bad\tGateway</TITLE>",
                r#"an HTML page titled "502 Bad Gateway" instead of JSON"#,
            ),
            ("<!doctype html><p>", "an HTML page instead of JSON"),
        ] {
            assert_eq!(speaker().repeat_body(body.as_bytes()), words);
        }
    }

    #[test]
    fn a_key_is_never_repeated() {
        for body in [
            r#"{"message":"the key hunter2-subscription is wrong"}"#,
            "hunter2-\u{1b}subscription",
            "<title>hunter2-subscription</title>",
            r#"{"message":"hunter2\u002dsubscription"}"#,
        ] {
            let words = speaker().repeat_body(body.as_bytes());
            assert!(words.contains(MASK) && !words.contains("hunter2"), "{words}");
            assert!(!speaker().describe(body.as_bytes()).contains("hunter2-subscription"));
        }
    }

    #[test]
    fn a_key_is_not_cut_in_two() {
        for padding in 0..80 {
            let said = speaker().describe(format!("{} hunter2-subscription", "x".repeat(padding)).as_bytes());
            assert!(!said.contains("hunt"), "{said}");
        }
    }

    #[test]
    fn messages_are_short_and_on_one_line() {
        let long = "ø".repeat(1000);
        assert_eq!(speaker().repeat(&long).chars().count(), LONGEST);
        assert_eq!(plain("  a\r\n\u{0} b\u{202E}c \u{9b}31m "), "a bc 31m");
        let title = format!("<title>{long}</title>");
        assert_eq!(speaker().repeat_body(title.as_bytes()), "an HTML page instead of JSON");
    }

    #[test]
    fn what_is_not_json_is_described() {
        assert_eq!(speaker().describe(b""), "it is empty");
        assert_eq!(speaker().describe(b"Service OK"), "it begins with \"Service OK\"");
        assert!(speaker().describe(b"\xEF\xBB\xBF<html>").contains("HTML page"));
        assert!(speaker().describe(&[0xFF; 400]).chars().count() <= LONGEST);
    }
}
