//! How long a vendor asks to wait, in the forms vendors use.
//!
//! `Retry-After` (seconds or a date), then words in the body, then `X-Ratelimit-Reset`. It never
//! decides whether to wait; every value is capped so that no sum with it can overflow.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The longest wait that is ever reported.
const LONGEST: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// From here on a number in `X-Ratelimit-Reset` is an instant and not a length.
const FIRST_EPOCH_SECOND: u64 = 1_000_000_000;
/// From here on it is an instant in milliseconds.
const FIRST_EPOCH_MILLISECOND: u64 = 1_000_000_000_000;

/// The wait asked for by an answer: by its headers, else by its words.
pub fn asked_wait(headers: &HeaderMap, words: &str, now: SystemTime) -> Option<Duration> {
    retry_after(headers, now).or_else(|| wait_in_words(words)).or_else(|| ratelimit_reset(headers, now))
}

/// The wait in `Retry-After`; a date counts from the answer's own `Date`, where it has one, so that
/// a clock that differs from the vendor's does no harm.
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = whole_seconds(text) {
        return Some(capped(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    Some(until.duration_since(vendor_now(headers, now)).unwrap_or_default().min(LONGEST))
}

/// The answer's `Date` header.
pub fn vendor_time(headers: &HeaderMap) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(DATE)?.to_str().ok()?).ok()
}

fn vendor_now(headers: &HeaderMap, now: SystemTime) -> SystemTime {
    vendor_time(headers).unwrap_or(now)
}

fn ratelimit_reset(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let reset = whole_seconds(headers.get("x-ratelimit-reset")?.to_str().ok()?.trim())?;
    if reset < FIRST_EPOCH_SECOND {
        return Some(capped(reset));
    }
    let seconds = if reset < FIRST_EPOCH_MILLISECOND { reset } else { reset.div_ceil(1000) };
    let now = vendor_now(headers, now).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Some(Duration::from_secs(seconds).saturating_sub(now).min(LONGEST))
}

/// Reads a number of seconds; a fraction is rounded up.
fn whole_seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !is_number {
        return None;
    }
    let more = u64::from(fraction.bytes().any(|byte| byte != b'0'));
    // Digits that do not fit are a wait beyond the cap.
    Some(whole.parse::<u64>().unwrap_or(u64::MAX).saturating_add(more))
}

fn capped(seconds: u64) -> Duration {
    Duration::from_secs(seconds).min(LONGEST)
}

/// The phrases after which vendors name a wait.
const PHRASES: [&str; 8] = [
    "again in ",
    "again after ",
    "retry in ",
    "retry after ",
    "replenished in ",
    "available in ",
    "resets in ",
    "wait ",
];

/// The wait that a text names, such as "Try again in 60 seconds." or "replenished in 1.07:01:20".
pub fn wait_in_words(text: &str) -> Option<Duration> {
    let text = text.to_ascii_lowercase();
    PHRASES.iter().find_map(|phrase| {
        let (_, after) = text.split_once(phrase)?;
        // A few words may stand between: "wait for at least 5 minutes".
        let mut words = after.split_whitespace().peekable();
        for _ in 0..3 {
            words.next_if(|word| !word.starts_with(|first: char| first.is_ascii_digit()));
        }
        let number = words.next()?;
        span(number, words.next().unwrap_or(""))
    })
}

/// Reads `[d.]hh:mm:ss`, or a number with its unit attached or following.
fn span(number: &str, next_word: &str) -> Option<Duration> {
    if number.contains(':') {
        return clock_span(number.trim_end_matches(|last: char| !last.is_ascii_digit()));
    }
    let digits = number.find(|other: char| !other.is_ascii_digit() && other != '.').unwrap_or(number.len());
    let (count, attached) = number.split_at(digits);
    let sentence_ends = count.ends_with('.');
    let count = count.trim_end_matches('.');
    let unit = if attached.is_empty() && !sentence_ends { next_word } else { attached };
    let unit = unit.trim_end_matches(|last: char| !last.is_ascii_alphabetic());
    if unit.starts_with("ms") || unit.starts_with("milli") {
        return Some(capped(whole_seconds(count)?.div_ceil(1000)));
    }
    let seconds_in_unit = match unit {
        "m" | "min" | "mins" | "minute" | "minutes" => 60,
        "h" | "hr" | "hrs" | "hour" | "hours" => 60 * 60,
        "d" | "day" | "days" => 24 * 60 * 60,
        _ => 1,
    };
    Some(capped(whole_seconds(count)?.saturating_mul(seconds_in_unit)))
}

fn clock_span(text: &str) -> Option<Duration> {
    let mut parts = text.split(':');
    let (first, minutes, seconds) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let mut total = 0u64;
    for (part, seconds_each) in [(days, 86_400), (hours, 3_600), (minutes, 60), (seconds.unwrap_or("0"), 1)] {
        total = total.saturating_add(whole_seconds(part)?.saturating_mul(seconds_each));
    }
    Some(capped(total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOON: &str = "Thu, 09 Dec 2021 12:00:00 GMT";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())).collect()
    }

    fn noon() -> SystemTime {
        httpdate::parse_http_date(NOON).unwrap()
    }

    fn seconds(pairs: &[(&'static str, &str)], words: &str) -> Option<u64> {
        asked_wait(&headers(pairs), words, noon()).map(|wait| wait.as_secs())
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(seconds(&[("retry-after", "60")], ""), Some(60));
        assert_eq!(seconds(&[("retry-after", " 0 ")], ""), Some(0));
        assert_eq!(seconds(&[("retry-after", "1.2")], ""), Some(2));
        assert_eq!(seconds(&[("retry-after", "Thu, 09 Dec 2021 12:01:30 GMT")], ""), Some(90));
        assert_eq!(seconds(&[("retry-after", "Thu, 09 Dec 2021 11:00:00 GMT")], ""), Some(0));
        assert_eq!(seconds(&[("retry-after", "soon")], ""), None);
        assert_eq!(seconds(&[("retry-after", "-5")], ""), None);
    }

    #[test]
    fn a_date_counts_from_the_vendors_own_clock() {
        let pairs = [("retry-after", "Thu, 09 Dec 2021 12:01:30 GMT"), ("date", "Thu, 09 Dec 2021 12:01:00 GMT")];
        assert_eq!(seconds(&pairs, ""), Some(30));
    }

    #[test]
    fn headers_outrank_words_and_words_outrank_the_reset() {
        let reset = ("x-ratelimit-reset", "7");
        assert_eq!(seconds(&[("retry-after", "5"), reset], "Try again in 60 seconds."), Some(5));
        assert_eq!(seconds(&[("retry-after", "soon"), reset], "Try again in 60 seconds."), Some(60));
        assert_eq!(seconds(&[reset], "Slow down."), Some(7));
    }

    #[test]
    fn a_reset_is_a_length_or_an_instant() {
        let noon_second = noon().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        for (text, expected) in [
            ("12".to_owned(), 12),
            ((noon_second + 45).to_string(), 45),
            ((noon_second - 45).to_string(), 0),
            (format!("{}500", noon_second + 45), 46),
        ] {
            assert_eq!(seconds(&[("x-ratelimit-reset", &text)], ""), Some(expected), "{text}");
        }
    }

    #[test]
    fn words_name_a_wait() {
        for (text, expected) in [
            ("Rate limit is exceeded. Try again in 60 seconds.", Some(60)),
            ("try again in 1 second", Some(1)),
            ("Please retry after 5s", Some(5)),
            ("Please wait for at least 2 minutes", Some(120)),
            ("retry in 1500 ms", Some(2)),
            ("available in 3 hours.", Some(10_800)),
            ("Try again in 30. Thank you, days pass.", Some(30)),
            ("Out of call volume quota. Quota will be replenished in 07:01:20.", Some(25_280)),
            ("Quota will be replenished in 2.07:01:20.", Some(198_080)),
            ("Quota will be replenished in 00:00:01.5.", Some(2)),
            ("Rate limit is exceeded.", None),
            ("wait until tomorrow", None),
            ("again in 1:2:3:4", None),
        ] {
            assert_eq!(wait_in_words(text).map(|wait| wait.as_secs()), expected, "{text}");
        }
    }

    #[test]
    fn waits_are_capped() {
        let longest = Some(LONGEST.as_secs());
        assert_eq!(seconds(&[("retry-after", "99999999999999999999999999")], ""), longest);
        assert_eq!(seconds(&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], ""), longest);
        assert_eq!(seconds(&[("x-ratelimit-reset", "18446744073709551615")], ""), longest);
        assert_eq!(seconds(&[], "try again in 99999999999999999999 days"), longest);
        assert_eq!(seconds(&[], "replenished in 18446744073709551615.23:59:59"), longest);
    }

    proptest! {
        #[test]
        fn no_text_panics_or_exceeds_the_cap(text in "(again in |wait )?[0-9:. a-z]{0,40}", header in "[ -~]{0,30}") {
            let wait = asked_wait(&headers(&[("retry-after", &header), ("x-ratelimit-reset", &header)]), &text, noon());
            prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
        }
    }
}
