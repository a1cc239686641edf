//! Moments as people write them, in a time zone, and the window they make.
//!
//! Nights on which the clocks change are where events get lost: a local time that exists twice or
//! never is read as whichever instant makes the window wider, never narrower.

use std::str::FromStr;

use chrono::{
    DateTime, Days, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::config::error::Unusable;
use crate::config::suggest::nearest;

/// Which end of a window a moment is, and with that the direction in which doubt is resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// The first instant inside: doubt is resolved to the earlier one.
    Start,
    /// The first instant after: doubt is resolved to the later one, and a whole day is included.
    End,
    /// The first instant a log speaks of: a whole day starts at its beginning, but doubt is resolved
    /// to the later instant, because a log must not claim more than it holds.
    Coverage,
}

impl Edge {
    fn choose(self, left: DateTime<Utc>, right: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Start => left.min(right),
            Self::End | Self::Coverage => left.max(right),
        }
    }
}

/// Reads an IANA time zone.
///
/// # Errors
/// When there is no such zone.
pub fn parse_zone(text: &str) -> Result<Tz, Unusable> {
    let text = text.trim();
    if let Ok(zone) = Tz::from_str(text) {
        return Ok(zone);
    }
    let error = Unusable::new(format!("{text:?} is not a time zone"));
    let names = || TZ_VARIANTS.iter().map(|zone| zone.name());
    let by_case = names().find(|zone| zone.eq_ignore_ascii_case(text));
    let by_city = || names().find(|zone| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(text)));
    let like_a_city = || {
        let city = nearest(text, names().filter_map(|zone| zone.rsplit('/').next()))?;
        names().find(|zone| zone.rsplit('/').next() == Some(city))
    };
    let suggestion = by_case.or_else(by_city).or_else(|| nearest(text, names())).or_else(like_a_city);
    Err(match suggestion {
        Some(zone) => error.hint(format!("did you mean {zone:?}?")),
        None => error.hint("write an IANA name, such as Europe/Oslo or UTC"),
    })
}

/// Reads a moment: a date, a date-time, RFC 3339, `now`, `today` or `yesterday`.
///
/// # Errors
/// When the text is none of these or names a day that does not exist.
pub fn parse_moment(text: &str, zone: Tz, now: DateTime<Utc>, edge: Edge) -> Result<DateTime<Utc>, Unusable> {
    let text = text.trim();
    let today = now.with_timezone(&zone).date_naive();
    match text {
        "now" => return Ok(now),
        "today" => return day_edge(today, zone, edge).ok_or_else(|| not_a_moment(text)),
        "yesterday" => {
            let yesterday = today.checked_sub_days(Days::new(1));
            return yesterday.and_then(|day| day_edge(day, zone, edge)).ok_or_else(|| not_a_moment(text));
        }
        _ => {}
    }
    let (date, rest) = split_date(text).ok_or_else(|| not_a_moment(text))?;
    let date = date.ok_or_else(|| {
        Unusable::new(format!("{text:?} names a day that does not exist"))
            .hint("write a day of the calendar as YYYY-MM-DD")
    })?;
    if rest.is_empty() {
        return day_edge(date, zone, edge).ok_or_else(|| not_a_moment(text));
    }
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or_else(|| not_a_moment(text))?;
    let (time, offset) = split_offset(rest);
    let local = date.and_time(parse_time(time).ok_or_else(|| not_a_moment(text))?);
    match offset {
        None => to_utc(local, zone, edge).ok_or_else(|| not_a_moment(text)),
        Some(offset) => {
            let offset = parse_offset(offset).ok_or_else(|| not_a_moment(text))?;
            offset
                .from_local_datetime(&local)
                .single()
                .map(|instant| instant.to_utc())
                .ok_or_else(|| not_a_moment(text))
        }
    }
}

fn not_a_moment(text: &str) -> Unusable {
    Unusable::new(format!("{text:?} is not a time")).hint(
        "write a date (2026-03-01), a date and time (2026-03-01 08:30), RFC 3339 \
         (2026-03-01T08:30:00+01:00), now, today or yesterday",
    )
}

/// Splits `YYYY-MM-DD` off; the date is `None` when it has the right shape and does not exist.
fn split_date(text: &str) -> Option<(Option<NaiveDate>, &str)> {
    let (date, rest) = text.split_at_checked(10)?;
    let shape = date.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if !shape {
        return None;
    }
    let parts = (date[..4].parse().ok()?, date[5..7].parse().ok()?, date[8..].parse().ok()?);
    Some((NaiveDate::from_ymd_opt(parts.0, parts.1, parts.2), rest))
}

/// Splits a trailing `Z` or offset off a time of day.
fn split_offset(text: &str) -> (&str, Option<&str>) {
    match text.find(['Z', 'z', '+', '-']) {
        Some(place) => (text[..place].trim_end(), Some(&text[place..])),
        None => (text, None),
    }
}

/// Reads `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`.
fn parse_time(text: &str) -> Option<NaiveTime> {
    let pair = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(())
            .and_then(|()| text.parse::<u32>().ok())
    };
    let mut parts = text.splitn(3, ':');
    let hour = pair(parts.next()?)?;
    let minute = pair(parts.next()?)?;
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            None => (pair(seconds)?, 0),
            Some((seconds, fraction)) => (pair(seconds)?, parse_fraction(fraction)?),
        },
    };
    // A leap second is the last instant of its minute.
    let (second, nanos) = if second == 60 { (59, 999_999_999) } else { (second, nanos) };
    NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)
}

/// Reads the digits after the point as nanoseconds; digits beyond the ninth are cut.
fn parse_fraction(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 30 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{:0<9}", &text[..text.len().min(9)]).parse().ok()
}

/// Reads `Z`, `+01:00`, `+0100` or `+01`.
fn parse_offset(text: &str) -> Option<FixedOffset> {
    if text.eq_ignore_ascii_case("z") {
        return Some(Utc.fix());
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = text[1..].replacen(':', "", 1);
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits[..2].parse().ok()?;
    let minutes: i32 = if digits.len() == 4 { digits[2..].parse().ok()? } else { 0 };
    if minutes > 59 {
        return None;
    }
    FixedOffset::east_opt(sign * (hours * 3_600 + minutes * 60))
}

fn day_edge(day: NaiveDate, zone: Tz, edge: Edge) -> Option<DateTime<Utc>> {
    let day = match edge {
        Edge::Start | Edge::Coverage => day,
        Edge::End => day.checked_add_days(Days::new(1))?,
    };
    to_utc(day.and_time(NaiveTime::MIN), zone, edge)
}

/// Turns a local time into an instant; `None` only at the ends of the calendar.
fn to_utc(local: NaiveDateTime, zone: Tz, edge: Edge) -> Option<DateTime<Utc>> {
    match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) => Some(instant.to_utc()),
        LocalResult::Ambiguous(left, right) => Some(edge.choose(left.to_utc(), right.to_utc())),
        LocalResult::None => {
            // The clocks skipped this time: read it by the offset before the gap and by the one after.
            let by_offset_at = |probe: NaiveDateTime| {
                let offset = zone.offset_from_utc_datetime(&probe).fix();
                offset.from_local_datetime(&local).single().map(|instant| instant.to_utc())
            };
            let before = by_offset_at(local.checked_sub_days(Days::new(1))?)?;
            let after = by_offset_at(local.checked_add_days(Days::new(1))?)?;
            Some(edge.choose(before, after))
        }
    }
}

/// The longest window that is taken for meant.
pub const LONGEST_WINDOW: TimeDelta = TimeDelta::days(5 * 366);

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Oslo;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    const NOW: &str = "2026-03-10T12:34:56Z";

    fn moment(text: &str, zone: Tz, edge: Edge) -> DateTime<Utc> {
        parse_moment(text, zone, utc(NOW), edge).unwrap_or_else(|error| panic!("{text}: {error:?}"))
    }

    #[test]
    fn every_form_of_a_moment_is_read() {
        let table = [
            ("2026-03-01", "2026-03-01T00:00:00Z"),
            ("2026-03-01T08:30", "2026-03-01T08:30:00Z"),
            ("2026-03-01 08:30:15", "2026-03-01T08:30:15Z"),
            ("2026-03-01 08:30:15.25", "2026-03-01T08:30:15.25Z"),
            ("2026-03-01T08:30:15.1234567", "2026-03-01T08:30:15.1234567Z"),
            ("2026-03-01T08:30:00Z", "2026-03-01T08:30:00Z"),
            ("2026-03-01T08:30Z", "2026-03-01T08:30:00Z"),
            ("2026-03-01t08:30:00.5z", "2026-03-01T08:30:00.5Z"),
            ("2026-03-01T08:30:00+01:00", "2026-03-01T07:30:00Z"),
            ("2026-03-01 08:30:00 +0100", "2026-03-01T07:30:00Z"),
            ("2026-03-01T08:30:00.0000000-05:30", "2026-03-01T14:00:00Z"),
            (" now ", NOW),
            ("today", "2026-03-10T00:00:00Z"),
            ("yesterday", "2026-03-09T00:00:00Z"),
        ];
        for (text, expected) in table {
            assert_eq!(moment(text, Tz::UTC, Edge::Start), utc(expected), "{text}");
        }
    }

    #[test]
    fn a_day_as_the_end_is_included_whole() {
        assert_eq!(moment("2026-03-01", Tz::UTC, Edge::End), utc("2026-03-02T00:00:00Z"));
        assert_eq!(moment("yesterday", Tz::UTC, Edge::End), utc("2026-03-10T00:00:00Z"));
        assert_eq!(moment("today", Tz::UTC, Edge::End), utc("2026-03-11T00:00:00Z"));
        assert_eq!(moment("2026-03-01T08:30", Tz::UTC, Edge::End), utc("2026-03-01T08:30:00Z"));
        assert_eq!(moment("2026-03-01", Tz::UTC, Edge::Coverage), utc("2026-03-01T00:00:00Z"));
    }

    #[test]
    fn local_times_are_read_in_the_zone() {
        assert_eq!(moment("2026-01-15 12:00", Oslo, Edge::Start), utc("2026-01-15T11:00:00Z"));
        assert_eq!(moment("2026-07-15 12:00", Oslo, Edge::Start), utc("2026-07-15T10:00:00Z"));
        // 23:30 UTC is already the next day in Oslo.
        let late = utc("2026-03-10T23:30:00Z");
        assert_eq!(parse_moment("today", Oslo, late, Edge::Start), Ok(utc("2026-03-10T23:00:00Z")));
    }

    #[test]
    fn an_hour_that_exists_twice_widens_the_window() {
        // In Oslo the clocks went from 03:00 back to 02:00 on 2025-10-26 at 01:00 UTC.
        let text = "2025-10-26 02:30";
        assert_eq!(moment(text, Oslo, Edge::Start), utc("2025-10-26T00:30:00Z"));
        assert_eq!(moment(text, Oslo, Edge::End), utc("2025-10-26T01:30:00Z"));
        assert_eq!(moment(text, Oslo, Edge::Coverage), utc("2025-10-26T01:30:00Z"));
    }

    #[test]
    fn an_hour_that_never_was_widens_the_window() {
        // In Oslo the clocks went from 02:00 to 03:00 on 2026-03-29 at 01:00 UTC.
        let text = "2026-03-29 02:30";
        assert_eq!(moment(text, Oslo, Edge::Start), utc("2026-03-29T00:30:00Z"));
        assert_eq!(moment(text, Oslo, Edge::End), utc("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn days_on_which_the_clocks_change_are_whole() {
        assert_eq!(moment("2026-03-29", Oslo, Edge::Start), utc("2026-03-28T23:00:00Z"));
        assert_eq!(moment("2026-03-29", Oslo, Edge::End), utc("2026-03-29T22:00:00Z"));
        assert_eq!(moment("2025-10-26", Oslo, Edge::Start), utc("2025-10-25T22:00:00Z"));
        assert_eq!(moment("2025-10-26", Oslo, Edge::End), utc("2025-10-26T23:00:00Z"));
    }

    #[test]
    fn a_midnight_and_a_whole_day_that_never_were_still_make_a_window() {
        // Santiago skips midnight; Samoa skipped the whole of 2011-12-30.
        let santiago = Tz::America__Santiago;
        let start = moment("2024-09-08", santiago, Edge::Start);
        assert!(start <= utc("2024-09-08T04:00:00Z") && start >= utc("2024-09-08T03:00:00Z"), "{start}");
        let (from, to) =
            (moment("2011-12-30", Tz::Pacific__Apia, Edge::Start), moment("2011-12-30", Tz::Pacific__Apia, Edge::End));
        assert!(from < to, "{from} {to}");
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "soon",
            "2026",
            "2026-3-1",
            "2026-02-30",
            "2026-13-01",
            "01.03.2026",
            "2026-03-01T",
            "2026-03-01T8:30",
            "2026-03-01T24:00",
            "2026-03-01T08:61",
            "2026-03-01T08:30:00.",
            "2026-03-01T08:30+25:00",
            "2026-03-01T08:30+01:99",
            "2026-03-01T08:30+1",
            "2026-03-01T08:30 Oslo",
            "2026-03-01x08:30",
            "+2026-03-01",
            "2026-03-01é",
            "२०२६-03-01",
            "1741600000",
        ] {
            assert!(parse_moment(text, Tz::UTC, utc(NOW), Edge::Start).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_unknown_zone_gets_the_nearest_one() {
        let hint = |text: &str| parse_zone(text).unwrap_err().hint.unwrap();
        assert_eq!(hint("Europe/Olso"), "did you mean \"Europe/Oslo\"?");
        assert_eq!(hint("oslo"), "did you mean \"Europe/Oslo\"?");
        assert_eq!(hint("Osol"), "did you mean \"Europe/Oslo\"?");
        assert_eq!(hint("utc"), "did you mean \"UTC\"?");
        assert!(parse_zone("Europe/Oslo").is_ok());
        assert!(parse_zone("").is_err());
        assert!(parse_zone("§§§§").unwrap_err().hint.unwrap().contains("IANA"));
    }
}
