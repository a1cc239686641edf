//! What the fuzzer holds the reading of listings and of the vendor's times against.

use std::fmt;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::Intake;
use super::record::RecordReader;
use super::time::{query_range, read};
use crate::event::{DeliveryStatus, Event, MAX_ID_BYTES, Window, ZoneKnowledge};
use crate::provider::Listing;
use crate::provider::http::Speaker;
use crate::provider::json_array::{ArrayError, ArrayLimits, ArraySplitter};

const ZONES: [Tz; 4] = [Tz::UTC, Tz::Europe__Oslo, Tz::Pacific__Apia, Tz::Australia__Lord_Howe];

/// What became of a document.
#[derive(Debug, PartialEq)]
struct Taken {
    events: Vec<Event>,
    listing: Listing,
    end: Result<u64, ArrayError>,
}

fn take(document: &[u8], limits: ArrayLimits, mut next_size: impl FnMut() -> usize) -> Taken {
    let mut splitter = ArraySplitter::new(limits);
    let mut events = Vec::new();
    let mut sink = |event| events.push(event);
    let speaker = Speaker::default();
    let reader = RecordReader::new(Tz::UTC, &speaker);
    let mut intake = Intake { reader, listing: Listing::default(), sink: &mut sink };
    let mut rest = document;
    let mut failure = None;
    while !rest.is_empty() && failure.is_none() {
        let (chunk, after) = rest.split_at(next_size().clamp(1, rest.len()));
        rest = after;
        failure = splitter
            .push(chunk, |json| {
                assert!(json.len() <= limits.element_bytes, "an element beyond the limit was handed out");
                intake.take(json);
            })
            .err();
    }
    let end = failure.map_or_else(|| splitter.finish(), Err);
    let listing = intake.listing;
    Taken { events, listing, end }
}

/// A listing: however it is cut into chunks, it must be what a parser sees that is given all of it.
///
/// # Panics
/// When it is not.
pub fn listing(document: &[u8]) {
    let mut rng = fastrand::Rng::with_seed(crate::fuzzing::hash(document));
    let limits = ArrayLimits::default();
    let taken = take(document, limits, || usize::MAX);
    assert_eq!(taken, take(document, limits, || 1), "byte by byte");
    assert_eq!(taken, take(document, limits, || rng.usize(1..9)), "in small chunks");
    let small = ArrayLimits { depth: 3, element_bytes: 48 };
    let narrow = take(document, small, || usize::MAX);
    assert_eq!(narrow.end.is_ok(), take(document, small, || 3).end.is_ok(), "within other limits");
    assert!(narrow.end.is_err() || narrow == taken, "limits change nothing but what is refused");
    hold_against_a_parser(document, &taken);
}

fn hold_against_a_parser(document: &[u8], taken: &Taken) {
    // A mark at the beginning is passed over, also where white space stands around it.
    let mut json = without_blanks(document);
    while let Some(rest) = json.strip_prefix("\u{feff}".as_bytes()) {
        json = without_blanks(rest);
    }
    let is_text = std::str::from_utf8(json).is_ok();
    let json = String::from_utf8_lossy(json);
    let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(&json) else {
        assert!(taken.end.is_err() || taken.listing.unusable > 0, "what no parser takes passed for a whole listing");
        return;
    };
    if elements.iter().any(|element| depth(element.get()) > ArrayLimits::default().depth) {
        assert!(matches!(taken.end, Err(ArrayError::TooDeep { .. })), "{:?}", taken.end);
        return;
    }
    assert_eq!(taken.end, Ok(elements.len() as u64));
    assert_eq!(taken.listing.records, elements.len() as u64);
    let expected: Vec<Expected> = elements.iter().filter_map(|element| Expected::of(element.get())).collect();
    if !is_text && expected.iter().any(|expected| expected.id.contains(char::REPLACEMENT_CHARACTER)) {
        // Whether the character was sent or stands for bytes that are no text can't be told here.
        return;
    }
    assert_eq!(taken.listing.unusable, (elements.len() - expected.len()) as u64);
    assert_eq!(taken.events.len(), expected.len());
    for (event, expected) in taken.events.iter().zip(&expected) {
        assert_eq!(event.id.text(), expected.id);
        assert_eq!(event.status, expected.status, "{expected:?}");
        assert!(event.status_text.as_ref().is_none_or(|text| text.chars().count() <= 120));
        assert!(event.status_code.is_none_or(|code| (100..=999).contains(&code)));
    }
}

/// What follows the white space of JSON, which a form feed is not.
fn without_blanks(mut bytes: &[u8]) -> &[u8] {
    while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = bytes {
        bytes = rest;
    }
    bytes
}

/// The deepest nesting of a text that is known to be JSON.
fn depth(json: &str) -> u32 {
    let (mut depth, mut deepest, mut is_text, mut is_escaped) = (0_u32, 0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => is_text = !is_text,
            b'{' | b'[' if !is_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !is_text => depth -= 1,
            _ => {}
        }
    }
    deepest
}

/// What a record says, read a second time from a document that was parsed as a whole.
#[derive(Debug)]
struct Expected {
    id: String,
    status: DeliveryStatus,
}

impl Expected {
    fn of(json: &str) -> Option<Self> {
        let Pairs(pairs) = serde_json::from_str(json).ok()?;
        // Of a field that is given twice the last one holds.
        let raw = |name: &str| pairs.iter().rev().find(|(other, _)| other.eq_ignore_ascii_case(name));
        let value = |name: &str| raw(name).and_then(|(_, raw)| serde_json::from_str::<Value>(raw.get()).ok());
        let id = match value("webhookEventId") {
            Some(Value::String(id)) if !id.trim().is_empty() && id.len() <= MAX_ID_BYTES => id,
            // A number may be longer than any type holds, so it is taken as it stands.
            _ => {
                let digits = raw("webhookEventId")?.1.get();
                let is_whole = digits.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
                Some(digits.to_owned()).filter(|digits| is_whole && digits.len() <= MAX_ID_BYTES)?
            }
        };
        Some(Self { id, status: status_of(value("success"), value("statusCode"), value("status")) })
    }
}

/// The rule of the design: `success`, else the status code, else the words.
fn status_of(success: Option<Value>, code: Option<Value>, words: Option<Value>) -> DeliveryStatus {
    let whole = |number: f64| (number.fract() == 0.0 && number.abs() < 1e15).then_some(number);
    let code = match code {
        Some(Value::Number(number)) => {
            number.as_i64().map(|code| (200..300).contains(&code)).or_else(|| in_success(whole(number.as_f64()?)))
        }
        Some(Value::String(digits)) => {
            let exact = digits.trim().parse::<i64>().ok().map(|code| (200..300).contains(&code));
            exact.or_else(|| in_success(digits.trim().parse::<f64>().ok().and_then(whole)))
        }
        _ => None,
    };
    let words = words.and_then(|words| words.as_str().map(|words| words.trim().to_ascii_lowercase()));
    let is_delivered = match (success, code, words) {
        (Some(Value::Bool(success)), _, _) => success,
        (_, Some(is_success), _) => is_success,
        (_, None, Some(words)) if !words.is_empty() => words == "ok",
        _ => return DeliveryStatus::Unrecognised,
    };
    if is_delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed }
}

fn in_success(code: Option<f64>) -> Option<bool> {
    code.map(|code| (200.0..300.0).contains(&code))
}

/// The fields of an object in their order, those that occur twice included.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

/// A time of a record, and a range for a query: what chrono reads must be read and read the same, and a
/// range is never narrower than what was meant.
///
/// # Panics
/// When they are not.
pub fn vendor_times(data: &[u8]) {
    if let Some((numbers, _)) = data.split_first_chunk::<16>() {
        a_range(i128::from_le_bytes(*numbers));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(instant) = crate::fuzzing::well_formed(text) {
        for zone in ZONES {
            let created = read(text, zone).unwrap_or_else(|| panic!("{text:?} was not read"));
            assert_eq!((created.at, created.zone), (instant, ZoneKnowledge::Stated), "{text:?}");
        }
    }
    let as_utc = read(text, Tz::UTC);
    for zone in ZONES {
        let created = read(text, zone);
        assert_eq!(created.is_some(), as_utc.is_some(), "{text:?} in {zone}");
        let (Some(created), Some(as_utc)) = (created, as_utc) else { continue };
        let apart = (created.at - as_utc.at).abs();
        let most = if created.zone == ZoneKnowledge::Stated { TimeDelta::zero() } else { TimeDelta::hours(26) };
        assert!(created.zone == as_utc.zone && apart <= most, "{text:?} in {zone}: {created:?}");
        let again = read(&created.at.to_rfc3339(), zone).map(|created| created.at);
        assert!(again == Some(created.at) || !is_four_digits(created.at), "{text:?} in {zone}: {again:?}");
    }
}

fn is_four_digits(instant: DateTime<Utc>) -> bool {
    use chrono::Datelike;
    (2..=9999).contains(&instant.year())
}

fn a_range(numbers: i128) {
    use chrono::{NaiveDateTime, TimeZone};
    let instant = |number: i128| {
        let seconds = i64::try_from(number.rem_euclid(300_000_000_000)).unwrap_or_default() - 50_000_000_000;
        DateTime::from_timestamp(seconds, u32::try_from(number.rem_euclid(1_000_000_000)).unwrap_or_default())
    };
    let (Some(one), Some(other)) = (instant(numbers & i128::from(u64::MAX)), instant(numbers >> 64)) else { return };
    let Some(window) = Window::new(one.min(other), one.max(other)) else { return };
    for zone in ZONES {
        let (from, to) = query_range(&window, zone);
        let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f");
        let (Ok(from), Ok(to)) = (local(&from), local(&to)) else { panic!("{from} or {to} is no time") };
        if !is_four_digits(one - TimeDelta::days(3)) || !is_four_digits(other + TimeDelta::days(40)) {
            continue;
        }
        let latest_start = zone.from_local_datetime(&from).latest().expect("a time that exists");
        let earliest_end = zone.from_local_datetime(&to).earliest().expect("a time that exists");
        assert!(latest_start <= window.from() && window.to() <= earliest_end, "{window:?} in {zone}: {from} {to}");
        assert_eq!((from.nanosecond(), to.nanosecond()), (0, 0));
    }
}
