//! Lengths of time: `90s`, `5m`, `36h`, `7d`, `2w`, `1h30m`.

use chrono::TimeDelta;

use crate::config::error::Unusable;

/// The longest length that is read at all; each setting has its own, smaller bound.
const LONGEST_SECONDS: u64 = 100 * 366 * 86_400;

/// The units, longest first, as they must follow one another.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// Reads a length of time.
///
/// # Errors
/// When a unit is missing, unknown, repeated or out of order, or the length is beyond reason.
pub fn parse(text: &str) -> Result<TimeDelta, Unusable> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Unusable::new("the duration is empty").hint("write a number and a unit, such as 36h"));
    }
    if text.starts_with('-') {
        return Err(Unusable::new(format!("{text:?} is negative")).hint("durations count backwards by themselves"));
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unusable::new(format!("{text:?} has no unit")).hint(unit_hint(text)));
    }
    let seconds = sum_of_parts(text)?;
    if seconds > LONGEST_SECONDS {
        return Err(Unusable::new(format!("{text:?} is longer than a hundred years")));
    }
    // The bound above is far inside both types.
    Ok(TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX / 1_000)))
}

fn unit_hint(number: &str) -> String {
    let short: String = number.chars().take(9).collect();
    format!("add a unit: {short}s, {short}m, {short}h, {short}d or {short}w")
}

fn sum_of_parts(text: &str) -> Result<u64, Unusable> {
    let not_one = || {
        Unusable::new(format!("{text:?} is not a duration"))
            .hint("write whole numbers with the units s, m, h, d or w, such as 90s, 36h or 1h30m")
    };
    let too_long = || Unusable::new(format!("{text:?} is longer than a hundred years"));
    let mut rest = text;
    let mut allowed = UNITS.as_slice();
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit = after.chars().next();
        if number.is_empty() {
            return Err(not_one());
        }
        let Some(unit) = unit else {
            return Err(Unusable::new(format!("{text:?} ends without a unit")).hint(unit_hint(number)));
        };
        let Some(place) = allowed.iter().position(|(name, _)| *name == unit) else {
            return Err(not_one());
        };
        let number: u64 = number.parse().map_err(|_| too_long())?;
        total = number.checked_mul(allowed[place].1).and_then(|part| total.checked_add(part)).ok_or_else(too_long)?;
        allowed = &allowed[place + 1..];
        rest = &after[unit.len_utf8()..];
    }
    Ok(total)
}

/// Writes a length of time the way it is read, as short as it goes.
pub fn show(length: TimeDelta) -> String {
    let mut seconds = u64::try_from(length.num_seconds()).unwrap_or(0);
    if seconds == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, size) in UNITS {
        // Weeks are read and not written: "10d" is easier to judge than "1w3d".
        if unit != 'w' && seconds >= size {
            text.push_str(&format!("{}{unit}", seconds / size));
            seconds %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_in_every_unit() {
        let table = [
            ("0s", 0),
            ("90s", 90),
            ("5m", 300),
            ("36h", 129_600),
            ("7d", 604_800),
            ("2w", 1_209_600),
            ("1h30m", 5_400),
            ("1w2d3h4m5s", 604_800 + 2 * 86_400 + 3 * 3_600 + 4 * 60 + 5),
            (" 5m ", 300),
        ];
        for (text, seconds) in table {
            assert_eq!(parse(text), Ok(TimeDelta::seconds(seconds)), "{text}");
        }
    }

    #[test]
    fn a_plain_number_is_told_its_units() {
        let error = parse("36").unwrap_err();
        assert!(error.message.contains("has no unit"), "{error:?}");
        assert_eq!(error.hint.as_deref(), Some("add a unit: 36s, 36m, 36h, 36d or 36w"));
        let error = parse("1h30").unwrap_err();
        assert!(error.message.contains("ends without a unit"), "{error:?}");
        assert!(error.hint.unwrap().contains("30m"));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "  ", "-5m", "5", "m", "1.5h", "5 m", "5M", "1m1h", "1h1h", "5y", "५m", "1h-5m", "+5m"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn overflow_is_refused_and_not_wrapped() {
        for text in
            ["99999999999999999999s", "18446744073709551615w", "9999999999w", "36601d", "18446744073709551615s1s"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("36600d").is_ok());
    }

    #[test]
    fn what_is_shown_is_read_back() {
        for seconds in [0, 1, 60, 90, 3_600, 5_400, 86_400, 604_800, 694_861] {
            let length = TimeDelta::seconds(seconds);
            assert_eq!(parse(&show(length)), Ok(length));
        }
        assert_eq!(show(TimeDelta::days(7)), "7d");
    }
}
