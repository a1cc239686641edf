//! Counts, switches, rates, budgets and HTTP status codes.

use std::ops::RangeInclusive;

use chrono::TimeDelta;

use super::duration;
use crate::config::error::Unusable;
use crate::pace::budget::FailureBudget;
use crate::pace::limiter::Rate;

/// The highest rate that is accepted, in requests per second.
const HIGHEST_RATE: f64 = 10_000.0;

/// Reads a whole number inside `range`.
///
/// # Errors
/// When the text is no number or the number lies outside.
pub fn parse_count(text: &str, range: &RangeInclusive<u64>) -> Result<u64, Unusable> {
    let text = text.trim();
    let outside = || Unusable::new(format!("{text} is not between {} and {}", range.start(), range.end()));
    let negative = text.strip_prefix('-').is_some_and(is_digits);
    if negative {
        return Err(outside());
    }
    if !is_digits(text) {
        return Err(Unusable::new(format!("{text:?} is not a whole number")));
    }
    // All digits: the only way to fail is to be too large.
    let number: u64 = text.parse().map_err(|_| outside())?;
    if range.contains(&number) { Ok(number) } else { Err(outside()) }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads yes or no as the environment spells it.
///
/// # Errors
/// When the text is neither.
pub fn parse_switch(text: &str) -> Result<bool, Unusable> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Unusable::new(format!("{text:?} is neither true nor false")).hint("write true or false")),
    }
}

/// Reads a rate: `5`, `5/s`, `300/m`, `1000/h`, or `unlimited`.
///
/// # Errors
/// When the text is no rate, or the rate is zero or beyond reason.
pub fn parse_rate(text: &str) -> Result<Option<Rate>, Unusable> {
    let text = text.trim();
    if text == "unlimited" {
        return Ok(None);
    }
    let wrong = || {
        Unusable::new(format!("{text:?} is not a rate"))
            .hint("write requests per second, minute or hour, such as 5/s, 300/m or 1000/h")
    };
    let (number, seconds) = match text.split_once('/') {
        None => (text, 1.0),
        Some((number, "s")) => (number, 1.0),
        Some((number, "m")) => (number, 60.0),
        Some((number, "h")) => (number, 3_600.0),
        Some(_) => return Err(wrong()),
    };
    // Rust's own parser would also take "inf", "nan" and exponents.
    let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = if plain { number.parse().map_err(|_| wrong())? } else { return Err(wrong()) };
    let per_second = number / seconds;
    if per_second > HIGHEST_RATE {
        return Err(Unusable::new(format!("{text:?} is more than {HIGHEST_RATE} requests a second")));
    }
    match Rate::per_second(per_second) {
        Some(rate) => Ok(Some(rate)),
        None => Err(Unusable::new(format!("{text:?} would never send anything"))
            .hint("write a rate above zero, or \"unlimited\"")),
    }
}

/// Reads a failure budget: `2/60m` for two failures in an hour, or `unlimited`.
///
/// # Errors
/// When the text is no budget, it allows no failure at all, or its period is beyond reason.
pub fn parse_failure_budget(text: &str) -> Result<Option<FailureBudget>, Unusable> {
    let text = text.trim();
    if text == "unlimited" {
        return Ok(None);
    }
    let hint = "write how many failed deliveries in how long, such as 2/60m, or \"unlimited\"";
    let Some((failures, period)) = text.split_once('/') else {
        return Err(Unusable::new(format!("{text:?} is not a failure budget")).hint(hint));
    };
    let failures = parse_count(failures, &(1..=1_000)).map_err(|unusable| unusable.hint(hint))?;
    let period = duration::parse(period).map_err(|unusable| unusable.hint(hint))?;
    if period < TimeDelta::seconds(1) || period > TimeDelta::days(30) {
        return Err(Unusable::new(format!("{text:?} counts over {}", duration::show(period)))
            .hint("the period is between 1s and 30d"));
    }
    Ok(Some(FailureBudget { failures: u32::try_from(failures).unwrap_or(u32::MAX), period }))
}

/// Reads HTTP status codes: `200`, `200,204`, `200-299`, `2xx`.
///
/// # Errors
/// When a part is no status code.
pub fn parse_status_codes(text: &str) -> Result<Vec<RangeInclusive<u16>>, Unusable> {
    text.split(',').map(|part| parse_codes(part.trim())).collect()
}

fn parse_codes(part: &str) -> Result<RangeInclusive<u16>, Unusable> {
    let wrong = || {
        Unusable::new(format!("{part:?} is not an HTTP status code"))
            .hint("write codes between 100 and 599, such as 200, 200,204, 200-299 or 2xx")
    };
    let code = |text: &str| match text.parse::<u16>() {
        Ok(code) if text.len() == 3 && (100..=599).contains(&code) => Ok(code),
        Ok(_) | Err(_) => Err(wrong()),
    };
    if let Some(class) = part.strip_suffix("xx") {
        let first = code(&format!("{class}00"))?;
        return Ok(first..=first + 99);
    }
    match part.split_once('-') {
        None => code(part).map(|code| code..=code),
        Some((first, last)) => {
            let (first, last) = (code(first)?, code(last)?);
            if first <= last { Ok(first..=last) } else { Err(wrong()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_inside_their_range() {
        assert_eq!(parse_count("3", &(1..=10)), Ok(3));
        assert_eq!(parse_count(" 10 ", &(1..=10)), Ok(10));
        for text in ["0", "11", "-1", "", "x", "1.0", "+3", "99999999999999999999999", "१"] {
            assert!(parse_count(text, &(1..=10)).is_err(), "{text:?}");
        }
        assert!(parse_count("-1", &(1..=10)).unwrap_err().message.contains("between 1 and 10"));
    }

    #[test]
    fn switches_are_read_in_their_usual_spellings() {
        for text in ["true", "1", "YES", "on"] {
            assert_eq!(parse_switch(text), Ok(true), "{text}");
        }
        for text in ["false", "0", "No", "off"] {
            assert_eq!(parse_switch(text), Ok(false), "{text}");
        }
        assert!(parse_switch("maybe").is_err());
    }

    #[test]
    fn rates_are_read_per_second_minute_and_hour() {
        let table = [("5", 5.0), ("5/s", 5.0), ("300/m", 5.0), ("3600/h", 1.0), ("0.5", 0.5), ("30/h", 30.0 / 3_600.0)];
        for (text, expected) in table {
            assert_eq!(parse_rate(text), Ok(Rate::per_second(expected)), "{text}");
        }
        assert_eq!(parse_rate("unlimited"), Ok(None));
    }

    #[test]
    fn senseless_rates_are_refused() {
        for text in ["", "0", "0/m", "-5", "5/", "5/d", "/s", "inf", "nan", "1e3", "5/s/s", "10001", "1.2.3", "5 /s"] {
            assert!(parse_rate(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn status_codes_are_read_alone_as_ranges_and_as_classes() {
        assert_eq!(parse_status_codes("200"), Ok(vec![200..=200]));
        assert_eq!(parse_status_codes("200, 204"), Ok(vec![200..=200, 204..=204]));
        assert_eq!(parse_status_codes("2xx,304"), Ok(vec![200..=299, 304..=304]));
        assert_eq!(parse_status_codes("200-226"), Ok(vec![200..=226]));
        for text in ["", "20", "2000", "600", "099", "xx", "6xx", "22xx", "299-200", "ok", "200,", "+20"] {
            assert!(parse_status_codes(text).is_err(), "{text:?}");
        }
    }
}
