//! Times as logs write them.

use std::sync::LazyLock;

use chrono::format::{Item, Parsed, StrftimeItems, parse};
use chrono::{DateTime, FixedOffset, LocalResult, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Reads the time of a line: RFC 3339 and its relatives, the form of access logs, HTTP dates, and
/// seconds, milliseconds, microseconds or nanoseconds since 1970.
///
/// A time without an offset is one of `zone`; where that is ambiguous the later instant is taken,
/// because a log that starts later claims less. Times before the year 2000 are taken for an unset clock.
pub(super) fn parse_time(text: &[u8], zone: Tz) -> Option<DateTime<Utc>> {
    let text = std::str::from_utf8(text).ok()?.trim();
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    let time = epoch(text).or_else(|| with_offset(text)).or_else(|| local(text, zone))?;
    let year_2000 = DateTime::from_timestamp(946_684_800, 0)?;
    (time >= year_2000).then_some(time)
}

fn with_offset(text: &str) -> Option<DateTime<Utc>> {
    // There may be millions of them, and no other form with an offset has a slash there.
    if let (Some(b'/'), Some(time)) = (text.as_bytes().get(2), of_access_log(text)) {
        return Some(time.to_utc());
    }
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .ok()
        .or_else(|| of_access_log(text))
        .or_else(|| DateTime::parse_from_rfc2822(text).ok())
        .map(|time| time.to_utc())
}

fn of_access_log(text: &str) -> Option<DateTime<FixedOffset>> {
    // The form is taken apart once and not for every time.
    static FORM: LazyLock<Vec<Item<'static>>> = LazyLock::new(|| StrftimeItems::new("%d/%b/%Y:%H:%M:%S %z").collect());
    let mut parsed = Parsed::new();
    parse(&mut parsed, text.trim_matches(['[', ']']), FORM.iter()).ok()?;
    parsed.to_datetime().ok()
}

fn local(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let time = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y/%m/%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    match zone.from_local_datetime(&time) {
        LocalResult::Single(instant) => Some(instant.to_utc()),
        LocalResult::Ambiguous(_, later) => Some(later.to_utc()),
        // The hour that a spring night skips: read as if the clock had not been changed yet.
        LocalResult::None => {
            let before = zone.from_local_datetime(&time.checked_sub_signed(TimeDelta::hours(3))?).latest()?;
            before.to_utc().checked_add_signed(TimeDelta::hours(3))
        }
    }
}

fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() < 9 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        9..=11 => {
            let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
            DateTime::from_timestamp(number, digits.parse().ok()?)
        }
        12..=14 => DateTime::from_timestamp_millis(number),
        15..=17 => DateTime::from_timestamp_micros(number),
        18..=19 => Some(DateTime::from_timestamp_nanos(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: Tz) -> Option<String> {
        parse_time(text.as_bytes(), zone).map(|time| time.to_rfc3339())
    }

    #[test]
    fn the_times_of_common_logs_are_understood() {
        let same = Some("2026-11-22T01:28:34+00:00".to_owned());
        for text in [
            "2026-11-22T01:28:34+00:00",
            "2026-11-22T01:28:34Z",
            "2026-11-22T02:28:34+0100",
            "2026-11-22 01:28:34 +0000",
            "2026-11-22 01:28:34",
            "2026/11/22 01:28:34",
            "22/Nov/2026:01:28:34 +0000",
            "[22/Nov/2026:01:28:34 +0000]",
            "[ 22/Nov/2026:01:28:34 +0000]",
            "Sun, 22 Nov 2026 01:28:34 GMT",
            "1795310914",
            "1795310914000",
            "1795310914000000",
            "1795310914000000000",
        ] {
            assert_eq!(read(text, Tz::UTC), same, "{text}");
        }
        assert_eq!(read("2/Nov/2026:01:28:34 +0000", Tz::UTC).as_deref(), Some("2026-11-02T01:28:34+00:00"));
        assert_eq!(read("1795310914.132978", Tz::UTC).as_deref(), Some("2026-11-22T01:28:34.132978+00:00"));
    }

    #[test]
    fn what_is_no_time_or_comes_from_an_unset_clock_is_none() {
        for text in
            ["", "-", "null", "200", "1970-01-01T00:00:00Z", "yesterday", "99999999999999999999", "2026-13-01 00:00:00"]
        {
            assert_eq!(read(text, Tz::UTC), None, "{text}");
        }
    }

    #[test]
    fn a_local_time_that_exists_twice_or_never_claims_the_later_start() {
        let zone = Tz::Europe__Oslo;
        assert_eq!(read("2026-10-25 02:30:00", zone).as_deref(), Some("2026-10-25T01:30:00+00:00"));
        assert_eq!(read("2026-03-29 02:30:00", zone).as_deref(), Some("2026-03-29T01:30:00+00:00"));
        assert_eq!(read("2026-07-01 12:00:00", zone).as_deref(), Some("2026-07-01T10:00:00+00:00"));
    }
}
