//! Times and durations as a person writes them: `-6h`, `now`, `2026-01-31T10:00:00Z`, `10s`.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// Units and how many milliseconds they last; longer names first, because `m` begins `ms`.
const UNITS: [(&str, u64); 6] =
    [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];

/// Reads a duration such as `90s`, `1h30m` or `500ms`.
pub(in crate::sandbox) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, behind) = rest.split_at_checked(digits)?;
        let (unit, each) = UNITS.iter().find(|(unit, _)| behind.starts_with(unit))?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*each)?)?;
        rest = behind.get(unit.len()..)?;
    }
    (!text.is_empty()).then(|| Duration::from_millis(total))
}

/// Reads a time; what states no offset is UTC.
///
/// # Errors
/// When it is none, or lies in the future.
pub(in crate::sandbox) fn parse_time(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let read = match text.strip_prefix('-') {
        Some(ago) => parse_duration(ago)
            .and_then(|ago| TimeDelta::from_std(ago).ok())
            .and_then(|ago| now.checked_sub_signed(ago)),
        None if text == "now" => Some(now),
        None => absolute(text),
    };
    let instant = read
        .filter(|instant| *instant >= DateTime::UNIX_EPOCH)
        .ok_or_else(|| format!("{text:?} is no time; write one like \"-6h\", \"now\" or \"2026-01-31T10:00:00Z\""))?;
    if instant > now {
        return Err(format!("{text:?} lies in the future, where nothing can have happened"));
    }
    Ok(instant)
}

fn absolute(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.with_timezone(&Utc));
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(date.and_time(NaiveTime::MIN).and_utc());
    }
    NaiveDateTime::parse_from_str(&text.replacen('T', " ", 1), "%Y-%m-%d %H:%M:%S%.f").ok().map(|at| at.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_numbers_with_units() {
        for (text, millis) in [("500ms", 500), ("10s", 10_000), ("1h30m", 5_400_000), ("0s", 0), ("1w", 604_800_000)] {
            assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "10", "s", "-1s", "1y", "1 s", "99999999999999999999s", "9999999999999999999s", "1µs"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }

    #[test]
    fn times_are_relative_or_absolute_and_never_in_the_future() {
        let now: DateTime<Utc> = "2026-01-31T12:00:00Z".parse().expect("an instant");
        let read = |text: &str| parse_time(text, now).map(|at| at.to_rfc3339());
        assert_eq!(read("-6h").as_deref(), Ok("2026-01-31T06:00:00+00:00"));
        assert_eq!(read("now").as_deref(), Ok("2026-01-31T12:00:00+00:00"));
        assert_eq!(read("2026-01-31T11:00:00+01:00").as_deref(), Ok("2026-01-31T10:00:00+00:00"));
        assert_eq!(read("2026-01-30 10:00:00").as_deref(), Ok("2026-01-30T10:00:00+00:00"));
        assert_eq!(read("2026-01-30").as_deref(), Ok("2026-01-30T00:00:00+00:00"));
        for text in ["", "-", "6h", "-6", "tomorrow", "-99999999w", "1900-01-01", "2026-13-01"] {
            assert!(read(text).is_err_and(|why| why.contains("is no time")), "{text}");
        }
        assert!(read("2026-02-01").is_err_and(|why| why.contains("future")));
    }
}
