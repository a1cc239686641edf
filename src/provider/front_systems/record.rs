//! One event as the vendor writes it, read leniently.
//!
//! The vendor's two descriptions of a record differ, so only the event id is needed; a field of
//! another type than expected counts as absent. It owns the decision what a record says of its
//! delivery, and never looks at the filter that was asked for.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use chrono_tz::Tz;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::time;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, IdError};
use crate::provider::http::Speaker;

/// How many different status texts are shared; a hostile vendor may send as many as there are events.
const MOST_SHARED_TEXTS: usize = 256;
/// The longest status text that is kept, in characters.
const LONGEST_STATUS_TEXT: usize = 120;

/// Why a record can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is no object, or not well-formed.
    #[error("it is not a JSON object")]
    NotAnObject,
    /// There is no id.
    #[error("it has no webhookEventId")]
    NoId,
    /// The id is neither text nor a whole number, or holds bytes that are no text.
    #[error("its webhookEventId is neither text nor a whole number")]
    IdNotText,
    /// The id repeats a key, which would then stand in every report.
    #[error("its webhookEventId repeats a key that was sent to the vendor")]
    IdTellsKey,
    /// The id can't be one.
    #[error("its webhookEventId can't be used: {0}")]
    Id(#[from] IdError),
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The event id.
    pub id: Result<EventId, Unusable>,
    created_at: Option<CreatedAt>,
    status: DeliveryStatus,
    status_text: Option<Arc<str>>,
    status_code: Option<u16>,
    runs: Option<u32>,
}

impl Record {
    /// The event, when the record names it.
    ///
    /// # Errors
    /// When it has no usable id.
    pub fn into_event(self) -> Result<Event, Unusable> {
        let id = self.id?;
        Ok(Event {
            id,
            created_at: self.created_at,
            status: self.status,
            status_text: self.status_text,
            status_code: self.status_code,
            runs: self.runs,
            alternate_ids: None,
        })
    }
}

/// Reads records; status texts are shared between those of one reader.
#[derive(Debug)]
pub struct RecordReader<'a> {
    zone: Tz,
    speaker: &'a Speaker,
    texts: HashSet<Arc<str>>,
}

impl<'a> RecordReader<'a> {
    /// A reader for records whose offset-less times are in `zone`. What they say is kept without the keys
    /// of `speaker`.
    pub fn new(zone: Tz, speaker: &'a Speaker) -> Self {
        Self { zone, speaker, texts: HashSet::new() }
    }

    /// Reads one record.
    ///
    /// # Errors
    /// When it is not a JSON object; a record without a usable id is still read.
    pub fn read(&mut self, json: &[u8]) -> Result<Record, Unusable> {
        if let Ok(json) = std::str::from_utf8(json) {
            let fields = serde_json::from_str(json).map_err(|_| Unusable::NotAnObject)?;
            return Ok(self.record(&fields));
        }
        // Bytes that are no text spoil only the field they stand in.
        let mended = String::from_utf8_lossy(json);
        let fields = serde_json::from_str(&mended).map_err(|_| Unusable::NotAnObject)?;
        let mut record = self.record(&fields);
        if record.id.as_ref().is_ok_and(|id| id.text().contains(char::REPLACEMENT_CHARACTER)) {
            record.id = Err(Unusable::IdNotText);
        }
        Ok(record)
    }

    fn record(&mut self, fields: &Fields<'_>) -> Record {
        let success = fields.success.and_then(boolean);
        let code = fields.status_code.and_then(whole_number);
        let words = fields.status.and_then(text).filter(|words| !words.trim().is_empty());
        let code_as_http = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (100..=999).contains(code));
        Record {
            id: event_id(fields.id).and_then(|id| self.unless_key(id)),
            created_at: fields.created.and_then(text).and_then(|created| time::read(&created, self.zone)),
            status: delivery_status(success, code, words.as_deref()),
            status_text: words.map(|words| self.shared(words.trim())),
            status_code: code_as_http,
            runs: fields.runs.and_then(whole_number).and_then(|runs| u32::try_from(runs).ok()),
        }
    }

    fn unless_key(&self, id: EventId) -> Result<EventId, Unusable> {
        if self.speaker.is_told_in(&id.text()) { Err(Unusable::IdTellsKey) } else { Ok(id) }
    }

    fn shared(&mut self, text: &str) -> Arc<str> {
        let text = &*self.speaker.hushed(text);
        let text = match text.char_indices().nth(LONGEST_STATUS_TEXT) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        if self.texts.len() < MOST_SHARED_TEXTS {
            self.texts.insert(Arc::clone(&new));
        }
        new
    }
}

/// What a record says of its delivery: `success`, else the status code, else the status text.
fn delivery_status(success: Option<bool>, code: Option<i64>, text: Option<&str>) -> DeliveryStatus {
    let delivered = match (success, code, text) {
        (Some(success), _, _) => success,
        (None, Some(code), _) => (200..=299).contains(&code),
        (None, None, Some(text)) => text.trim().eq_ignore_ascii_case("OK"),
        (None, None, None) => return DeliveryStatus::Unrecognised,
    };
    if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed }
}

fn event_id(raw: Option<&str>) -> Result<EventId, Unusable> {
    let raw = raw.filter(|raw| *raw != "null").ok_or(Unusable::NoId)?;
    if raw.starts_with('"') {
        let id = text(raw).ok_or(Unusable::IdNotText)?;
        if id.trim().is_empty() {
            return Err(IdError::Empty.into());
        }
        return Ok(EventId::new(&id)?);
    }
    // A number is kept digit by digit: it may be longer than any integer type.
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Unusable::IdNotText);
    }
    Ok(EventId::new(raw)?)
}

fn boolean(raw: &str) -> Option<bool> {
    match raw {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// A JSON string without its quotes and escapes.
fn text(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw).ok().map(Cow::Owned)
}

/// A JSON number, or a string of one, when it is whole and not beyond all measure.
fn whole_number(raw: &str) -> Option<i64> {
    let digits = text(raw).unwrap_or(Cow::Borrowed(raw));
    let digits = digits.trim();
    if let Ok(number) = digits.parse() {
        return Some(number);
    }
    let number: f64 = digits.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "whole and within a range that both types hold exactly")]
    (number.fract() == 0.0 && number.abs() < 1e15).then_some(number as i64)
}

/// The fields of a record as they stand in the answer.
#[derive(Default)]
struct Fields<'a> {
    id: Option<&'a str>,
    created: Option<&'a str>,
    status: Option<&'a str>,
    status_code: Option<&'a str>,
    success: Option<&'a str>,
    runs: Option<&'a str>,
}

#[derive(Clone, Copy)]
enum FieldName {
    Id,
    Created,
    Status,
    StatusCode,
    Success,
    Runs,
    Other,
}

impl<'de> Deserialize<'de> for FieldName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = FieldName;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a field name")
            }

            fn visit_str<E>(self, name: &str) -> Result<FieldName, E> {
                // The vendor's platform writes names with either first letter, by configuration.
                let names = [
                    ("webhookEventId", FieldName::Id),
                    ("createdDateTime", FieldName::Created),
                    ("status", FieldName::Status),
                    ("statusCode", FieldName::StatusCode),
                    ("success", FieldName::Success),
                    ("runsCounter", FieldName::Runs),
                ];
                let known = names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                Ok(known.map_or(FieldName::Other, |(_, field)| *field))
            }
        }
        deserializer.deserialize_identifier(NameVisitor)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an event record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key()? {
                    let field = match name {
                        FieldName::Id => &mut fields.id,
                        FieldName::Created => &mut fields.created,
                        FieldName::Status => &mut fields.status,
                        FieldName::StatusCode => &mut fields.status_code,
                        FieldName::Success => &mut fields.success,
                        FieldName::Runs => &mut fields.runs,
                        FieldName::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    // The raw text, because a number may be larger than any type holds.
                    *field = Some(map.next_value::<&'de RawValue>()?.get());
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(json: &str) -> Result<Event, Unusable> {
        RecordReader::new(Tz::UTC, &Speaker::default()).read(json.as_bytes()).and_then(Record::into_event)
    }

    fn status(fields: &str) -> DeliveryStatus {
        read(&format!(r#"{{"webhookEventId":"e"{fields}}}"#)).unwrap().status
    }

    #[test]
    fn four_fields_are_enough() {
        let event =
            read(r#"{"webhookId":"w","webhookEventId":"e1","createdDateTime":"2021-12-09T08:50:46.02","status":"OK"}"#)
                .unwrap();
        assert_eq!(event.id.text(), "e1");
        assert_eq!(event.status, DeliveryStatus::Delivered);
        assert_eq!(event.created().unwrap().to_rfc3339(), "2021-12-09T08:50:46.020+00:00");
        assert_eq!((event.status_code, event.runs), (None, None));
    }

    #[test]
    fn a_full_record_is_read() {
        let event = read(
            r#"{"webhookId":"w","webhookEventId":"0F8FAD5B-D9CB-469F-A165-70867728950E","updatedDateTime":null,
                "createdDateTime":"2021-11-04T09:17:00.0000000+00:00","status":"Not found","statusCode":404,
                "success":false,"runsCounter":3,"runs":[{"a":[1]}],"payload":{"webhookEventId":"inner","success":true}}"#,
        )
        .unwrap();
        assert_eq!(event.id.text(), "0F8FAD5B-D9CB-469F-A165-70867728950E");
        assert_eq!(event.status, DeliveryStatus::Failed);
        assert_eq!(event.status_text.as_deref(), Some("Not found"));
        assert_eq!((event.status_code, event.runs), (Some(404), Some(3)));
    }

    #[test]
    fn the_status_is_decided_by_success_then_code_then_text() {
        use DeliveryStatus::{Delivered, Failed, Unrecognised};
        for (fields, expected) in [
            (r#","success":true,"statusCode":500,"status":"Error""#, Delivered),
            (r#","success":false,"statusCode":200,"status":"OK""#, Failed),
            (r#","success":null,"statusCode":204,"status":"No""#, Delivered),
            (r#","success":"yes","statusCode":"299""#, Delivered),
            (r#","statusCode":300,"status":"OK""#, Failed),
            (r#","statusCode":0"#, Failed),
            (r#","statusCode":200.0"#, Delivered),
            (r#","statusCode":-99999999999999999"#, Failed),
            (r#","statusCode":1e999,"status":"OK""#, Delivered),
            (r#","statusCode":"NotFound","status":"OK""#, Delivered),
            (r#","statusCode":[200],"status":" ok ""#, Delivered),
            (r#","status":"O\u004b""#, Delivered),
            (r#","status":"Not found""#, Failed),
            (r#","status":"""#, Unrecognised),
            (r#","status":null,"success":null,"statusCode":null"#, Unrecognised),
            (r#","status":7,"success":1,"statusCode":true"#, Unrecognised),
            ("", Unrecognised),
        ] {
            assert_eq!(status(fields), expected, "{fields}");
        }
    }

    #[test]
    fn an_id_is_text_or_a_whole_number_of_any_length() {
        for (raw, id) in [
            (r#""a/../b\"\u001b""#, "a/../b\"\u{1b}"),
            ("12", "12"),
            ("-3", "-3"),
            ("9007199254740993", "9007199254740993"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(read(&format!(r#"{{"webhookEventId":{raw}}}"#)).unwrap().id.text(), id);
        }
    }

    #[test]
    fn a_record_without_a_usable_id_says_why() {
        let long = format!(r#"{{"webhookEventId":"{}"}}"#, "x".repeat(513));
        for (json, problem) in [
            ("{}", Unusable::NoId),
            (r#"{"webhookEventId":null}"#, Unusable::NoId),
            (r#"{"webhookEventId":1.5}"#, Unusable::IdNotText),
            (r#"{"webhookEventId":1e3}"#, Unusable::IdNotText),
            (r#"{"webhookEventId":["x"]}"#, Unusable::IdNotText),
            (r#"{"webhookEventId":"\ud800"}"#, Unusable::IdNotText),
            (r#"{"webhookEventId":" "}"#, Unusable::Id(IdError::Empty)),
            (&long, Unusable::Id(IdError::TooLong(513))),
            ("[]", Unusable::NotAnObject),
            ("null", Unusable::NotAnObject),
            (r#"{"webhookEventId":"x""#, Unusable::NotAnObject),
            (r#"{"webhookEventId":"x",}"#, Unusable::NotAnObject),
        ] {
            assert_eq!(read(json), Err(problem), "{json}");
        }
    }

    #[test]
    fn optional_fields_of_another_type_count_as_absent() {
        let event = read(
            r#"{"webhookEventId":"e","createdDateTime":5,"status":{},"statusCode":99999,"runsCounter":-1,"success":[]}"#,
        )
        .unwrap();
        assert_eq!((event.created_at, event.status_text, event.status_code, event.runs), (None, None, None, None));
        let event =
            read(r#"{"webhookEventId":"e","runsCounter":99999999999999999999,"createdDateTime":"soon"}"#).unwrap();
        assert_eq!((event.created_at, event.runs), (None, None));
        let event = read(r#"{"webhookEventId":"e","runsCounter":"4","StatusCode":"404"}"#).unwrap();
        assert_eq!((event.status_code, event.runs), (Some(404), Some(4)));
    }

    #[test]
    fn bytes_that_are_no_text_spoil_only_their_field() {
        let speaker = Speaker::default();
        let mut reader = RecordReader::new(Tz::UTC, &speaker);
        let record = reader.read(b"{\"webhookEventId\":\"e\",\"status\":\"Ikke f\xF8rt\",\"x\":\"\xFF\"}").unwrap();
        assert_eq!(record.into_event().unwrap().status, DeliveryStatus::Failed);
        let record = reader.read(b"{\"webhookEventId\":\"e\xF8\"}").unwrap();
        assert_eq!(record.into_event(), Err(Unusable::IdNotText));
    }

    #[test]
    fn status_texts_are_shared_and_bounded() {
        let speaker = Speaker::default();
        let mut reader = RecordReader::new(Tz::UTC, &speaker);
        let mut text_of = |text: &str| {
            let json = json!({"webhookEventId": "e", "status": text}).to_string();
            reader.read(json.as_bytes()).unwrap().into_event().unwrap().status_text.unwrap()
        };
        assert!(Arc::ptr_eq(&text_of("Not found"), &text_of("Not found")));
        assert_eq!(text_of(&"ø".repeat(10_000)).chars().count(), LONGEST_STATUS_TEXT);
        for number in 0..2 * MOST_SHARED_TEXTS {
            text_of(&number.to_string());
        }
        assert_eq!(&*text_of("one more"), "one more");
        assert!(reader.texts.len() <= MOST_SHARED_TEXTS);
    }

    /// The rule of the design, written down a second time from a fully parsed record.
    fn oracle(record: &serde_json::Value) -> DeliveryStatus {
        let delivered = if let Some(success) = record["success"].as_bool() {
            success
        } else if let Some(code) = record["statusCode"].as_i64() {
            (200..300).contains(&code)
        } else if let Some(text) = record["status"].as_str() {
            text == "OK"
        } else {
            return DeliveryStatus::Unrecognised;
        };
        if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed }
    }

    proptest! {
        #[test]
        fn the_status_is_what_the_design_says(
            success in any::<Option<bool>>(),
            code in prop::option::of(prop_oneof![Just(200i64), Just(299), Just(300), Just(199), any::<i64>()]),
            text in prop::option::of(prop_oneof![Just("OK"), Just("Not found"), Just("Created")]),
        ) {
            let record = json!({"webhookEventId": "e", "success": success, "statusCode": code, "status": text});
            prop_assert_eq!(read(&record.to_string()).unwrap().status, oracle(&record));
        }

        #[test]
        fn no_value_of_any_field_panics_or_kills_a_record(
            name in prop::sample::select(vec!["createdDateTime", "status", "statusCode", "success", "runsCounter", "runs"]),
            value in prop::sample::select(vec!["1e400", "-0", "18446744073709551616", "\"\\ud800\"", "[[]]", "{\"a\":{}}", "\"\\u0000\"", "0.1"]),
        ) {
            let json = format!(r#"{{"webhookEventId":"e","{name}":{value}}}"#);
            prop_assert!(read(&json).is_ok());
        }
    }
}
