//! The vendor's times: reading those in records, writing those in queries.
//!
//! The vendor writes some times with an offset and some without, and does not say which zone the
//! latter are in. It owns the choice of an instant for each; it never decides what is in a window.

use chrono::{
    DateTime, Datelike, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use crate::event::{CreatedAt, Window, ZoneKnowledge};

/// Reads a time such as `2021-12-09T08:50:46.02` or `2021-11-04T09:17:00.0000000+00:00`; also with
/// `Z`, with a space, without seconds, or a date only. What can't be read is `None`, and so is the
/// year 1, which the vendor's platform writes for "not set".
pub fn read(text: &str, zone: Tz) -> Option<CreatedAt> {
    let mut rest = Digits(text.trim().as_bytes());
    let date = rest.date()?;
    if date.year() <= 1 {
        return None;
    }
    if rest.0.is_empty() {
        let at = instant(date.and_hms_opt(0, 0, 0)?, zone)?;
        return Some(CreatedAt { at, zone: ZoneKnowledge::Assumed });
    }
    if !(rest.skip(b'T') || rest.skip(b't') || rest.skip(b' ')) {
        return None;
    }
    let local = rest.time(date)?;
    if rest.0.is_empty() {
        return Some(CreatedAt { at: instant(local, zone)?, zone: ZoneKnowledge::Assumed });
    }
    let offset = rest.offset()?;
    let at = local.checked_sub_offset(offset)?.and_utc();
    Some(CreatedAt { at, zone: ZoneKnowledge::Stated })
}

/// The instant of a local time.
///
/// A local time that exists twice is taken as the earlier instant: the later one could still look
/// too young, or even lie in the future, and the event would be passed over. Taken too early it is
/// at worst older than the received log, and that is reported and never resent blindly. A local
/// time that was skipped is moved on by the length of the gap.
fn instant(local: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    // Only clock changes make a local time ambiguous, and none has moved a clock by more than a day.
    for hours in [0, 1, 3, 25] {
        let before = local.checked_sub_signed(TimeDelta::hours(hours))?;
        let offset = match zone.offset_from_local_datetime(&before) {
            LocalResult::Single(offset) | LocalResult::Ambiguous(offset, _) => offset,
            LocalResult::None => continue,
        };
        return Some(local.checked_sub_offset(chrono::Offset::fix(&offset))?.and_utc());
    }
    None
}

/// The two ends of a range as the vendor takes them: `yyyy-mm-dd hh:mm:ss.s` in its zone.
///
/// Both ends are moved outward to a whole second, and past any hour that exists twice there, so
/// that the vendor's reading is never narrower than what was meant.
pub fn query_range(range: &Window, zone: Tz) -> (String, String) {
    let from = bounded(range.from());
    let from = from.with_nanosecond(0).unwrap_or(from);
    let to = bounded(range.to());
    let whole = to.with_nanosecond(0).unwrap_or(to);
    let to = if whole < to { whole + TimeDelta::seconds(1) } else { whole };
    (local_text(from, zone, TimeDelta::hours(-1)), local_text(to, zone, TimeDelta::hours(1)))
}

/// Keeps an instant within the years that have four digits, whatever the zone.
fn bounded(instant: DateTime<Utc>) -> DateTime<Utc> {
    let edge = |year, month, day| NaiveDate::from_ymd_opt(year, month, day).and_then(|date| date.and_hms_opt(0, 0, 0));
    match (edge(2, 1, 1), edge(9999, 12, 1)) {
        (Some(first), Some(last)) => instant.clamp(first.and_utc(), last.and_utc()),
        _ => instant,
    }
}

fn local_text(mut instant: DateTime<Utc>, zone: Tz, outward: TimeDelta) -> String {
    // A few steps leave any doubled stretch of time.
    for _ in 0..26 {
        let local = zone.from_utc_datetime(&instant.naive_utc()).naive_local();
        match zone.offset_from_local_datetime(&local) {
            LocalResult::Ambiguous(..) => instant += outward,
            LocalResult::Single(_) | LocalResult::None => break,
        }
    }
    zone.from_utc_datetime(&instant.naive_utc()).format("%Y-%m-%d %H:%M:%S.0").to_string()
}

/// Takes a time apart from its beginning.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn skip(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            _ => false,
        }
    }

    /// Exactly `count` digits as a number.
    fn number(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let mut number = 0u32;
        for digit in digits {
            number = number * 10 + char::from(*digit).to_digit(10)?;
        }
        self.0 = rest;
        Some(number)
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let year = self.number(4)?;
        let month = self.skip(b'-').then(|| self.number(2))??;
        let day = self.skip(b'-').then(|| self.number(2))??;
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    }

    fn time(&mut self, date: NaiveDate) -> Option<NaiveDateTime> {
        let hour = self.number(2)?;
        let minute = self.skip(b':').then(|| self.number(2))??;
        let second = if self.skip(b':') { self.number(2)? } else { 0 };
        let nanos = if self.skip(b'.') || self.skip(b',') { self.fraction()? } else { 0 };
        // A leap second is the second before it, lengthened.
        let leap = u32::from(second == 60);
        let time = date.and_hms_nano_opt(hour, minute, second - leap, nanos)?;
        time.checked_add_signed(TimeDelta::seconds(leap.into()))
    }

    /// A fraction of a second in nanoseconds; further digits are dropped.
    fn fraction(&mut self) -> Option<u32> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at(count);
        self.0 = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
        (count > 0).then(|| padded.fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
    }

    /// `Z`, `±hh`, `±hhmm` or `±hh:mm`, and nothing after it.
    fn offset(&mut self) -> Option<FixedOffset> {
        if self.skip(b'Z') || self.skip(b'z') {
            return if self.0.is_empty() { FixedOffset::east_opt(0) } else { None };
        }
        let sign = if self.skip(b'+') {
            1
        } else if self.skip(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.number(2)?;
        let minutes = if self.skip(b':') || !self.0.is_empty() { self.number(2)? } else { 0 };
        if !self.0.is_empty() || hours > 18 || minutes > 59 {
            return None;
        }
        FixedOffset::east_opt(sign * i32::try_from(hours * 3600 + minutes * 60).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn read_in(text: &str, zone: Tz) -> Option<(String, ZoneKnowledge)> {
        read(text, zone).map(|created| (created.at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true), created.zone))
    }

    #[test]
    fn times_without_an_offset_are_in_the_configured_zone() {
        for (text, expected) in [
            ("2021-12-09T08:50:46.02", "2021-12-09T07:50:46.020Z"),
            ("2021-12-09 08:50:46", "2021-12-09T07:50:46Z"),
            ("2021-12-09T08:50", "2021-12-09T07:50:00Z"),
            (" 2021-07-01 ", "2021-06-30T22:00:00Z"),
            ("2021-12-09T08:50:46.123456789999", "2021-12-09T07:50:46.123456789Z"),
            ("2016-12-31T23:59:60", "2016-12-31T23:00:00Z"),
        ] {
            assert_eq!(read_in(text, Tz::Europe__Oslo), Some((expected.to_owned(), ZoneKnowledge::Assumed)), "{text}");
        }
    }

    #[test]
    fn times_with_an_offset_are_certain() {
        for (text, expected) in [
            ("2021-11-04T09:17:00.0000000+00:00", "2021-11-04T09:17:00Z"),
            ("2021-11-04T09:17:00Z", "2021-11-04T09:17:00Z"),
            ("2021-11-04 09:17:00.5z", "2021-11-04T09:17:00.500Z"),
            ("2021-11-04T09:17:00-0330", "2021-11-04T12:47:00Z"),
            ("2021-11-04T09:17:00+01", "2021-11-04T08:17:00Z"),
        ] {
            assert_eq!(read_in(text, Tz::Europe__Oslo), Some((expected.to_owned(), ZoneKnowledge::Stated)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "now",
            "2021",
            "2021-13-01",
            "2021-02-30",
            "20211209",
            "2021-12-09T",
            "2021-12-09T25:00:00",
            "2021-12-09T08:61",
            "2021-12-09T08:50:46.",
            "2021-12-09T08:50:46+",
            "2021-12-09T08:50:46+99:00",
            "2021-12-09T08:50:46Zulu",
            "2021-12-09T08:50:46 UTC",
            "0001-01-01T00:00:00",
            "0000-01-01",
            "-2021-12-09",
            "99999-01-01",
            "２０２１-12-09",
        ] {
            assert_eq!(read(text, Tz::UTC), None, "{text}");
        }
    }

    #[test]
    fn a_local_time_that_exists_twice_is_the_earlier_instant() {
        let created = read("2021-10-31T02:30:00", Tz::Europe__Oslo).unwrap();
        assert_eq!(created.at, utc("2021-10-31T00:30:00Z"));
    }

    #[test]
    fn a_local_time_that_was_skipped_is_moved_on() {
        let created = read("2021-03-28T02:30:00", Tz::Europe__Oslo).unwrap();
        assert_eq!(created.at, utc("2021-03-28T01:30:00Z"));
        // A whole day was skipped here.
        let created = read("2011-12-30T12:00:00", Tz::Pacific__Apia).unwrap();
        assert_eq!(created.at, utc("2011-12-30T22:00:00Z"));
    }

    #[test]
    fn the_edges_of_the_calendar_do_not_overflow() {
        for text in ["9999-12-31T23:59:59.9999999-18:00", "9999-12-31T23:59:59.9999999", "0002-01-01T00:00:00+18:00"] {
            assert!(read(text, Tz::Pacific__Apia).is_some(), "{text}");
        }
        let all = Window::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).unwrap();
        let (from, to) = query_range(&all, Tz::Pacific__Apia);
        assert!(from.starts_with("000") && to.starts_with("9999-"), "{from} {to}");
    }

    fn range(from: &str, to: &str, zone: Tz) -> (String, String) {
        query_range(&Window::new(utc(from), utc(to)).unwrap(), zone)
    }

    #[test]
    fn a_range_is_widened_to_whole_seconds_in_the_zone() {
        let (from, to) = range("2021-12-01T00:00:00.9Z", "2021-12-02T00:00:00.000000001Z", Tz::Europe__Oslo);
        assert_eq!(from, "2021-12-01 01:00:00.0");
        assert_eq!(to, "2021-12-02 01:00:01.0");
        let (from, to) = range("2021-12-01T00:00:00Z", "2021-12-02T00:00:00Z", Tz::UTC);
        assert_eq!((from.as_str(), to.as_str()), ("2021-12-01 00:00:00.0", "2021-12-02 00:00:00.0"));
    }

    #[test]
    fn a_range_never_begins_or_ends_in_an_hour_that_exists_twice() {
        let (from, to) = range("2021-10-31T00:50:00Z", "2021-10-31T01:10:00Z", Tz::Europe__Oslo);
        assert_eq!((from.as_str(), to.as_str()), ("2021-10-31 01:50:00.0", "2021-10-31 03:10:00.0"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,30}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.+Z-]{0,20}") {
            for zone in [Tz::UTC, Tz::Pacific__Apia] {
                let _ = read(&text, zone);
                let _ = read(&near, zone);
            }
        }

        #[test]
        fn a_range_as_the_vendor_reads_it_holds_what_was_meant(start in 0i64..2_000_000_000, length in 1i64..3_000_000_000_000) {
            let from = DateTime::from_timestamp(start, 500_000_000).unwrap();
            let window = Window::new(from, from + TimeDelta::nanoseconds(length)).unwrap();
            for zone in [Tz::Europe__Oslo, Tz::America__St_Johns, Tz::Australia__Lord_Howe] {
                let (from, to) = query_range(&window, zone);
                prop_assert!(from < to);
                let latest_start = zone.from_local_datetime(&local(&from)).latest().unwrap();
                let earliest_end = zone.from_local_datetime(&local(&to)).earliest().unwrap();
                prop_assert!(latest_start <= window.from() && window.to() <= earliest_end);
            }
        }
    }

    fn local(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").unwrap()
    }
}
