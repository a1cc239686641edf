//! URLs without what may be secret in them, as far as their form tells it, and documents without the
//! values of fields that are called secrets.
//!
//! Receivers put tokens everywhere: before the host, in the query, in the path, behind the `#`. The
//! scheme, the host and the plain words of the path stay; when in doubt something is masked, because
//! whoever needs it can ask for the whole URL. A token that is an ordinary word can't be told apart.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// What stands in place of what is masked.
pub const MASK: &str = "***";

/// What the name of a field holds whose value is a secret, in small letters and without separators.
const SECRET_NAMES: [&str; 8] =
    ["password", "passwd", "secret", "token", "apikey", "authorization", "signature", "privatekey"];
/// Documents in texts in documents: deeper than this nothing is shown.
const MOST_NESTED: u32 = 4;
/// The longest step of a path that can be a plain word, in characters.
const LONGEST_STEP: usize = 64;
/// From this length on, in bytes, a step of a path with a digit in it is a token.
const LEAST_TOKEN: usize = 24;
/// The longest name of a parameter that is shown, in bytes.
const LONGEST_NAME: usize = 40;
/// The most digits in a step of a path that can be a version, a date or the number of a store.
const MOST_DIGITS: usize = 8;
/// The steps of a path after which a secret stands.
const BEFORE_SECRETS: [&str; 13] = [
    "token",
    "tokens",
    "key",
    "keys",
    "apikey",
    "api-key",
    "api_key",
    "secret",
    "secrets",
    "auth",
    "password",
    "signature",
    "sig",
];

/// A URL with its user name and password, the values of its query, its fragment and whatever looks like
/// a token in its path masked.
pub fn url(text: &str) -> String {
    let (text, fragment) = split(text, '#');
    let (text, query) = split(text, '?');
    let (scheme, rest) = scheme_of(text);
    let (authority, path) = rest.split_at(rest.find(['/', '\\']).unwrap_or(rest.len()));
    let mut masked = String::with_capacity(text.len() + 16);
    masked.push_str(scheme);
    masked.push_str(&masked_authority(authority));
    push_path(&mut masked, path);
    if let Some(query) = query {
        masked.push('?');
        push_query(&mut masked, query);
    }
    if let Some(fragment) = fragment {
        masked.push('#');
        masked.push_str(if fragment.is_empty() { "" } else { MASK });
    }
    masked
}

/// A text in which every URL is masked.
pub fn in_text(text: &str) -> Cow<'_, str> {
    if mark_of_url(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = mark_of_url(rest) {
        let is_of_scheme = |character: char| character.is_ascii_alphanumeric() || "+-.".contains(character);
        let start = rest[..place].trim_end_matches(is_of_scheme).len();
        let ends = |character: char| character.is_whitespace() || "\"<>".contains(character);
        let end = rest[place..].find(ends).map_or(rest.len(), |end| place + end);
        masked.push_str(&rest[..start]);
        masked.push_str(&url(&rest[start..end]));
        rest = &rest[end..];
    }
    masked.push_str(rest);
    Cow::Owned(masked)
}

/// Where a scheme ends, also where the slashes behind it are escaped as in JSON within a text.
fn mark_of_url(text: &str) -> Option<usize> {
    let mut colons = text.match_indices(':').map(|(place, _)| place);
    colons.find(|place| [r"://", r":\/\/"].iter().any(|mark| text[*place..].starts_with(mark)))
}

/// A document in which every URL is masked, wherever it stands, and every value whose name says that it
/// is a secret; also within texts that are documents themselves.
pub fn in_json(value: &Value) -> Value {
    in_nested(value, MOST_NESTED)
}

fn in_nested(value: &Value, depth: u32) -> Value {
    match value {
        Value::String(text) => Value::String(in_document_text(text, depth).unwrap_or_else(|| in_value(text))),
        Value::Array(values) => values.iter().map(|value| in_nested(value, depth)).collect(),
        Value::Object(fields) => {
            let mut masked = Map::new();
            for (name, value) in fields {
                let value = if is_secret_field(name, value) { MASK.into() } else { in_nested(value, depth) };
                let mut name = in_value(name);
                // Two names that are masked alike stay two.
                while masked.contains_key(&name) {
                    name.push('*');
                }
                masked.insert(name, value);
            }
            Value::Object(masked)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// A text that is a document, masked; `None` when it is none, or nothing in it is to be masked.
fn in_document_text(text: &str, depth: u32) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let document: Value = serde_json::from_str(text).ok()?;
    let Some(deeper) = depth.checked_sub(1) else { return Some(MASK.to_owned()) };
    let masked = in_nested(&document, deeper);
    (masked != document).then(|| masked.to_string())
}

/// Whether the name of a field says that its value is a secret; whether there is one is no secret.
fn is_secret_field(name: &str, value: &Value) -> bool {
    if matches!(value, Value::Null | Value::Bool(_)) || value == "" {
        return false;
    }
    let plain: String = name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SECRET_NAMES.iter().any(|secret| plain.contains(secret))
}

/// A text that is one URL to its end, spaces included, or that may hold some.
fn in_value(text: &str) -> String {
    let begins = text.trim_start();
    let is_url = begins.starts_with("//") || !scheme_of(begins).0.is_empty();
    if is_url { url(text) } else { in_text(text).into_owned() }
}

/// The text before the mark, and what follows the mark if it is there.
fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// The scheme with its `://`, and the rest; an empty scheme where there is none.
fn scheme_of(text: &str) -> (&str, &str) {
    let Some(place) = text.find("://") else { return ("", text) };
    let is_scheme = text[..place].trim_start().starts_with(|first: char| first.is_ascii_alphabetic())
        && text[..place].trim_start().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    if is_scheme { text.split_at(place + 3) } else { ("", text) }
}

/// The host and its port; whatever stands before an `@` is a secret.
fn masked_authority(authority: &str) -> String {
    let (user, host) = match authority.rfind('@') {
        Some(at) => (format!("{MASK}@"), &authority[at + 1..]),
        None => (String::new(), authority),
    };
    let after_address = host.rfind(']').map_or(host, |end| &host[end + 1..]);
    let port = after_address.split_once(':').map_or("", |(_, port)| port);
    // What is no port is the beginning of a password that was not encoded.
    let host = if port.bytes().all(|byte| byte.is_ascii_digit()) && port.len() <= 5 { host } else { MASK };
    format!("{user}{host}")
}

fn push_path(masked: &mut String, path: &str) {
    let mut before = String::new();
    for step in path.split_inclusive(['/', '\\']) {
        let name = step.trim_end_matches(['/', '\\']);
        let is_secret = !name.is_empty() && (BEFORE_SECRETS.contains(&before.as_str()) || is_token(name));
        masked.push_str(if is_secret { MASK } else { name });
        masked.push_str(&step[name.len()..]);
        if !name.is_empty() {
            before = name.to_ascii_lowercase();
        }
    }
}

fn push_query(masked: &mut String, query: &str) {
    for pair in query.split_inclusive(['&', ';']) {
        let bare = pair.strip_suffix(['&', ';']).unwrap_or(pair);
        match bare.split_once('=') {
            Some((name, value)) => {
                masked.push_str(if is_plain_name(name) { name } else { MASK });
                masked.push('=');
                masked.push_str(if value.is_empty() { "" } else { MASK });
            }
            None => masked.push_str(if bare.is_empty() { "" } else { MASK }),
        }
        masked.push_str(&pair[bare.len()..]);
    }
}

/// Whether a parameter's name is a name, and not a token that stands where a name should.
fn is_plain_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.[]$".contains(&byte))
        && !is_token(name.trim_matches(['[', ']', '$']))
}

/// Whether a step of a path looks like a token and not like words.
fn is_token(step: &str) -> bool {
    if step.is_empty() {
        return false;
    }
    let step = percent_decode_str(step).decode_utf8_lossy();
    let is_word = |character: char| character.is_alphanumeric() || "-_.~, []".contains(character);
    if step.chars().count() > LONGEST_STEP || !step.chars().all(is_word) {
        return true;
    }
    let digits = step.chars().filter(char::is_ascii_digit).count();
    // A token may be cut into short words by the characters of its alphabet.
    let is_long = step.len() >= LEAST_TOKEN && digits > 0;
    is_long || digits > MOST_DIGITS || step.split(|character: char| !character.is_alphanumeric()).any(is_random)
}

/// Whether a word is none: digits among its letters, cases that change at every turn, too few vowels.
fn is_random(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    let count = |is_it: fn(char) -> bool| letters.iter().filter(|letter| is_it(**letter)).count();
    let turns = |turns: fn(char, char) -> bool| letters.windows(2).filter(|pair| turns(pair[0], pair[1])).count();
    let length = letters.len();
    let digits = count(|letter| letter.is_ascii_digit());
    if digits == length {
        return length >= 6;
    }
    let kinds = turns(|one, next| one.is_ascii_digit() != next.is_ascii_digit());
    let humps = turns(|one, next| one.is_lowercase() && next.is_uppercase()) + 1;
    let vowels = count(|letter| "aeiouyæøåäöü".contains(letter.to_lowercase().next().unwrap_or(letter)));
    let is_vowel = |letter: &char| "aeiouyæøåäöü".contains(letter.to_lowercase().next().unwrap_or(*letter));
    let longest_run = letters.split(is_vowel).map(<[char]>::len).max().unwrap_or(0);
    (kinds >= 2 && length >= 5)
        || digits > 4
        || (length >= 8 && (humps * 3 > length || longest_run >= 6))
        || (length >= 10 && vowels * 4 < length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_that_are_called_secrets_are_masked_however_their_name_is_written() {
        let names = [
            "password",
            "Passwd",
            "clientSecret",
            "access_token",
            "API-Key",
            "x.api.key",
            "Authorization",
            "X-Signature",
            "PRIVATE KEY",
        ];
        for name in names {
            for value in [json!("hunter2"), json!(4711), json!(["hunter2"]), json!({"a": "hunter2"})] {
                assert_eq!(in_json(&json!({"deep": [{name: value}]})), json!({"deep": [{name: MASK}]}), "{name}");
            }
        }
        let plain = json!({"key": "a", "author": "b", "sign": "c", "token": null, "hasPassword": true, "secret": ""});
        assert_eq!(in_json(&plain), plain);
    }

    #[test]
    fn documents_within_texts_are_masked_too_and_left_as_they_are_otherwise() {
        let inner = r#"{"user":"anna","password":"hunter2"}"#;
        let masked = in_json(&json!({ "payload": inner, "other": "{ \"user\": 1 }", "broken": "{\"user\"" }));
        let expected = json!({
            "payload": r#"{"user":"anna","password":"***"}"#, "other": "{ \"user\": 1 }", "broken": "{\"user\"",
        });
        assert_eq!(masked["other"], expected["other"]);
        assert_eq!(masked["broken"], expected["broken"]);
        let told: Value = serde_json::from_str(masked["payload"].as_str().unwrap()).unwrap();
        assert_eq!(told, json!({"user": "anna", "password": MASK}));
        let deep = (0..9).fold(json!({"password": "hunter2"}), |inner, _| json!({ "a": inner.to_string() }));
        assert!(!in_json(&deep).to_string().contains("hunter2"));
    }

    #[test]
    fn what_is_plain_stays_as_it_is() {
        for text in [
            "",
            "https://receiver.example",
            "https://receiver.example/",
            "https://receiver.example:8443/hooks/salecreated",
            "https://receiver.example/hooks/omnichannelendlessaisleordercreated",
            "https://receiver.example/restapi/V2/OmniChannelOrderRefundUpdated",
            "https://receiver.example/api/v1/stores/12/POSSettlementCreated.php",
            "https://receiver.example/2026-03-01/front-systems_events/",
            "http://127.0.0.1:8080/in",
            "http://[::1]:8080/in",
            "https://blåbær.example/kjøp/ordre",
            "https://receiver.example/a?",
            "https://receiver.example/a#",
            "https://receiver.example/a?b=&c=",
        ] {
            assert_eq!(url(text), text);
        }
    }

    #[test]
    fn every_place_of_a_secret_is_masked() {
        for (text, shown) in [
            ("https://user:hunter2@h.example/x", "https://***@h.example/x"),
            ("https://hunter2@h.example", "https://***@h.example"),
            ("https://a@b:hunter2@h.example/", "https://***@h.example/"),
            ("https://user:hun/ter2@h.example/x", "https://***/***/x"),
            ("https://user:hun?ter2@h.example/x", "https://***?***"),
            ("https://h.example/x?token=hunter2&store=4", "https://h.example/x?token=***&store=***"),
            ("https://h.example/x?hunter2", "https://h.example/x?***"),
            ("https://h.example/x?a=1;b=hunter2", "https://h.example/x?a=***;b=***"),
            ("https://h.example/x?hunter2hunter2=1", "https://h.example/x?***=***"),
            ("https://h.example?token=a=b?c#d", "https://h.example?token=***#***"),
            ("https://h.example/x#hunter2", "https://h.example/x#***"),
            ("https://h.example/token/hunter", "https://h.example/token/***"),
            ("https://h.example/hooks/7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11/in", "https://h.example/hooks/***/in"),
            ("https://h.example/services/T0AB3/B01CD2EF/XyZabQwErTuIoP", "https://h.example/services/***/***/***"),
            ("https://h.example/eyJhbGciOiJIUzI1NiJ9.e30.Et9HFtf9", "https://h.example/***"),
            ("https://h.example/x;jsessionid=hunter", "https://h.example/***"),
            ("https://h.example/a%3Ahunter", "https://h.example/***"),
            (r"https://h.example\hunter22hunter\x", r"https://h.example\***\x"),
            ("h.example/hook?token=hunter2", "h.example/hook?token=***"),
            ("data:text/plain;base64,aHVudGVyMg", "***/***"),
        ] {
            assert_eq!(url(text), shown, "{text}");
            assert_eq!(url(shown), shown, "masking is done once for all");
        }
    }

    #[test]
    fn urls_are_found_in_a_text() {
        assert_eq!(in_text("no URL: a?b=c"), "no URL: a?b=c");
        assert_eq!(
            in_text("<a href=\"https://u:p@h.example/?k=v\">, ftp://x.example/#f and http://y.example"),
            "<a href=\"https://***@h.example/?k=***\">, ftp://x.example/#*** and http://y.example"
        );
        assert_eq!(in_text("://a?b=c ://"), "://a?b=*** ://");
        assert_eq!(
            in_text(r#"{"url":"https:\/\/u:p@h.example\/in\/?k=hunter2","n":1}"#),
            r#"{"url":"https:\/\/***\/in\/?k=***","n":1}"#
        );
    }

    #[test]
    fn urls_are_found_in_a_document_wherever_they_stand() {
        let document = json!({
            "a": ["https://h.example/?k=v w", {"https://h.example/?k=1": 1, "https://h.example/?k=2": 2}],
            "b": "see https://h.example/?k=v", "c": "//h.example/?k=v", "d": [true, null, 7, "k=v"],
        });
        let masked = json!({
            "a": ["https://h.example/?k=***", {"https://h.example/?k=***": 1, "https://h.example/?k=****": 2}],
            "b": "see https://h.example/?k=***", "c": "//h.example/?k=***", "d": [true, null, 7, "k=v"],
        });
        assert_eq!(in_json(&document), masked);
    }

    proptest! {
        #[test]
        fn no_value_of_a_query_survives(
            before in "\\PC{0,20}",
            names in prop::collection::vec("[a-zA-Z%=?@/:]{0,6}", 1..5),
            value in "[0-9]{3}[!-~&&[^&;#\"<>]]{0,6}[0-9]{3}",
        ) {
            prop_assume!(!before.contains(&value));
            let pairs: Vec<String> = names.iter().map(|name| format!("{name}={value}")).collect();
            let text = format!("https://h.example/{before}?{}", pairs.join("&"));
            prop_assert!(!url(&text).contains(&value), "{}", url(&text));
            prop_assert!(!in_json(&json!([text])).to_string().contains(&value));
        }

        #[test]
        fn no_password_and_no_token_survives(secret in "[0-9a-f]{16,40}|[A-Za-z0-9_-]{32,60}", user in "[a-z]{0,5}") {
            prop_assume!(secret.bytes().filter(u8::is_ascii_digit).count() >= 3);
            let text = format!("https://{user}:{secret}@h.example/hook/{secret}/in?{secret}#{secret}");
            prop_assert!(!url(&text).contains(&secret), "{}", url(&text));
            prop_assert!(url(&text).starts_with("https://***@h.example/hook/***/in?"));
        }

        #[test]
        fn nothing_panics_and_masking_again_changes_nothing(text in "\\PC{0,60}|[a-z:/?#@&=;%\\\\.*\\[\\]]{0,30}") {
            let once = url(&text);
            prop_assert_eq!(url(&once), once);
            let _ = in_text(&text);
        }
    }
}
