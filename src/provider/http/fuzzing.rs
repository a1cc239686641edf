//! What the fuzzer holds the words of an error answer and the waits in it against.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::SecretString;

use super::wait::{asked_wait, retry_after, vendor_time, wait_in_words};
use super::words::{Speaker, words_of};

/// The longest wait that is ever reported, in seconds.
const LONGEST_SECONDS: u64 = 400 * 24 * 60 * 60;

/// An answer that asks to wait: `Retry-After`, `X-Ratelimit-Reset` and `Date`, a line each, and its body.
///
/// # Panics
/// When a wait is longer than the bound or not the one that was asked for, or a key is repeated.
pub fn waits(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut headers = HeaderMap::new();
    for name in [RETRY_AFTER, HeaderName::from_static("x-ratelimit-reset"), DATE] {
        if let Some(line) = lines.next().filter(|line| !line.is_empty())
            && let Ok(value) = HeaderValue::from_bytes(line)
        {
            headers.insert(name, value);
        }
    }
    let body = lines.next().unwrap_or_default();
    let words = words_of(body);
    let longest = Duration::from_secs(LONGEST_SECONDS);
    let stated = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::trim);
    for now in [SystemTime::UNIX_EPOCH, SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_310_914)] {
        let asked = asked_wait(&headers, &words, now);
        assert!(asked.is_none_or(|wait| wait <= longest), "{asked:?}");
        let by_header = retry_after(&headers, now);
        assert!(by_header.is_none() || by_header == asked, "Retry-After outranks the rest");
        if let Some(digits) = stated.filter(|text| is_digits(text)) {
            let seconds = digits.parse().unwrap_or(u64::MAX).min(LONGEST_SECONDS);
            assert_eq!(by_header, Some(Duration::from_secs(seconds)), "{digits}");
        }
        if let Some(until) = stated.and_then(|text| httpdate::parse_http_date(text).ok()) {
            let since = vendor_time(&headers).unwrap_or(now);
            assert_eq!(by_header, Some(until.duration_since(since).unwrap_or_default().min(longest)));
        }
    }
    let count = words.len() as u64;
    let said = format!("Rate limit is exceeded. Try again in {count} seconds.");
    assert_eq!(wait_in_words(&said), Some(Duration::from_secs(count.min(LONGEST_SECONDS))));
    no_key_is_repeated(data, body);
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// An answer that echoes the key somewhere.
fn no_key_is_repeated(data: &[u8], body: &[u8]) {
    let key = format!("{:016x}", crate::fuzzing::hash(data));
    let speaker = Speaker::new(vec![SecretString::from(key.as_str())]);
    let place = body.len() / 2;
    for echoing in [body.to_vec(), [&body[..place], key.as_bytes(), &body[place..]].concat()] {
        let spoken = [
            speaker.repeat_body(&echoing),
            speaker.describe(&echoing),
            speaker.repeat(&String::from_utf8_lossy(&echoing)),
        ];
        for said in spoken {
            assert!(!said.contains(&key), "the key was repeated: {said:?}");
            // The longest message, and what is said around it.
            assert!(said.chars().count() <= 330, "{said:?}");
            assert!(!said.contains(|letter: char| letter.is_control() || turns(letter)), "{said:?}");
        }
    }
}

fn turns(letter: char) -> bool {
    matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}
