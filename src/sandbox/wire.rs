//! The vendor's JSON and its times, as the sandbox writes and reads them.
//!
//! Written from the vendor's guide and its OpenAPI document, on purpose without a look at the
//! client: the two must not share their mistakes.

use std::fmt::Display;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};
use serde::Serialize;
use serde_json::{Value, json};

use super::active::Active;
use super::faults::Fault;
use super::payload::payload;
use super::plan::EventState;
use super::world::{Record, Run, Subscription, View};

/// How times are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TimeForm {
    /// `2021-12-09T08:50:46.02`, in the vendor's zone.
    Local,
    /// `2021-11-04T09:17:00.0000000+00:00`.
    Offset,
    /// One row like this, the next like that.
    Mixed,
}

/// Which optional parts a caller asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extras {
    pub(super) payload: bool,
    pub(super) runs: bool,
}

/// How records look in one answer.
#[derive(Clone, Debug)]
pub(super) struct RecordForm {
    times: TimeForm,
    zone_hours: i8,
    minimal: bool,
    run_counter: bool,
    status: bool,
    every_other_id: bool,
    webhook_id: String,
    extras: Extras,
}

/// A webhook as the vendor prints it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WebhookJson<'a> {
    id: &'a str,
    store_id: Option<i64>,
    event: &'a str,
    url: &'a str,
}

impl<'a> WebhookJson<'a> {
    pub(super) fn of(subscription: &'a Subscription) -> Self {
        Self {
            id: &subscription.id,
            store_id: subscription.store_id,
            event: &subscription.event_type,
            url: &subscription.url,
        }
    }
}

/// Whether the vendor would say that the event succeeded; a pending one has no answer yet.
pub(super) fn success(state: &EventState) -> Option<bool> {
    match state {
        EventState::Delivered => Some(true),
        EventState::Failed { .. } => Some(false),
        EventState::Pending => None,
    }
}

/// The vendor's words for a state.
pub(super) fn status_text(state: &EventState) -> &str {
    match state {
        EventState::Delivered => "OK",
        EventState::Failed { status_text, .. } => status_text,
        EventState::Pending => "Pending",
    }
}

fn status_code(record: &Record) -> Option<u16> {
    match &record.state {
        // Of a receiver that says 204, 204 is shown.
        EventState::Delivered => record.runs.last().and_then(|run| run.status_code).or(Some(200)),
        EventState::Failed { status_code, .. } => *status_code,
        EventState::Pending => None,
    }
}

impl RecordForm {
    pub(super) fn new(webhook_id: &str, extras: Extras, active: &Active) -> Self {
        let times = if active.has(Fault::MixedTimes) {
            TimeForm::Mixed
        } else if active.has(Fault::OffsetTimes) {
            TimeForm::Offset
        } else {
            TimeForm::Local
        };
        let differs = active.has(Fault::BodyWebhookIdDiffers);
        Self {
            times,
            zone_hours: active.zone_hours(),
            minimal: active.has(Fault::MinimalRecords),
            run_counter: !active.has(Fault::NoRunCounter),
            status: !active.has(Fault::NoStatus),
            every_other_id: active.has(Fault::MissingIds),
            webhook_id: if differs { differing(webhook_id) } else { webhook_id.to_owned() },
            extras,
        }
    }

    /// The record in row number `row`, as JSON.
    pub(super) fn json(&self, view: &View, event_type: &str, row: u64) -> Vec<u8> {
        let state = &view.record.state;
        let mut object = ObjectWriter::new();
        object.text("webhookId", &self.webhook_id);
        if !(self.every_other_id && row % 2 == 1) {
            object.text("webhookEventId", &view.id);
        }
        object.text("createdDateTime", &self.time(view.created_at, row));
        if !self.minimal {
            object.optional_text("updatedDateTime", view.record.updated_at.map(|at| self.time(at, row)).as_deref());
        }
        if self.status {
            object.text("status", status_text(state));
        }
        if self.minimal {
            return object.finish();
        }
        if self.status {
            object.plain("statusCode", status_code(&view.record));
            object.plain("success", success(state));
        }
        if self.run_counter {
            object.plain("runsCounter", Some(view.record.run_count));
        }
        if self.run_counter && self.extras.runs {
            let runs: Vec<Value> = view.record.runs.iter().map(|run| self.run(run, row)).collect();
            object.plain("runs", Some(Value::from(runs)));
        }
        if self.extras.payload {
            object.plain("payload", Some(payload(event_type, &view.id)));
        }
        object.finish()
    }

    fn run(&self, run: &Run, row: u64) -> Value {
        json!({
            "createdDateTime": self.time(run.at, row),
            "statusCode": run.status_code,
            "success": run.status_code.is_some_and(|code| (200..300).contains(&code)),
        })
    }

    fn time(&self, at: DateTime<Utc>, row: u64) -> String {
        match self.times {
            TimeForm::Local => local_time(at, self.zone_hours),
            TimeForm::Offset => offset_time(at, self.zone_hours),
            TimeForm::Mixed if row.is_multiple_of(2) => offset_time(at, self.zone_hours),
            TimeForm::Mixed => local_time(at, self.zone_hours),
        }
    }
}

/// Writes one JSON object field by field; a large listing spends most of its time here.
struct ObjectWriter(Vec<u8>);

impl ObjectWriter {
    fn new() -> Self {
        let mut bytes = Vec::with_capacity(320);
        bytes.push(b'{');
        Self(bytes)
    }

    fn name(&mut self, name: &str) {
        let separator: &[u8] = if self.0.len() > 1 { b",\"" } else { b"\"" };
        self.0.extend_from_slice(separator);
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
    }

    fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        let harmless = text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        if harmless {
            self.0.push(b'"');
            self.0.extend_from_slice(text.as_bytes());
            self.0.push(b'"');
        } else {
            self.0.extend_from_slice(Value::from(text).to_string().as_bytes());
        }
    }

    fn optional_text(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.plain(name, None::<bool>),
        }
    }

    /// A value whose text is its JSON: a number, a truth value, or JSON itself.
    fn plain(&mut self, name: &str, value: Option<impl Display>) {
        self.name(name);
        let text = value.map_or_else(|| "null".to_owned(), |value| value.to_string());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(b'}');
        self.0
    }
}

/// The id with its last letter or digit changed.
fn differing(id: &str) -> String {
    let last = if id.ends_with('a') { 'b' } else { 'a' };
    let mut changed = id.to_owned();
    changed.pop();
    changed.push(last);
    changed
}

/// The instant as a clock in the vendor's zone shows it, to the second, and the rest of it in
/// nanoseconds. Written by hand because a large listing spends most of its time here.
fn in_zone(at: DateTime<Utc>, zone_hours: i8) -> (String, u32) {
    let utc = at.naive_utc();
    let local = utc.checked_add_signed(TimeDelta::hours(i64::from(zone_hours))).unwrap_or(utc);
    let (year, month, day) = (local.year(), local.month(), local.day());
    let (hour, minute, second) = (local.hour(), local.minute(), local.second());
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
    (text, local.nanosecond() % 1_000_000_000)
}

/// Without an offset and without trailing zeros, as in `2021-12-09T08:50:46.02`.
fn local_time(at: DateTime<Utc>, zone_hours: i8) -> String {
    let (mut text, nanos) = in_zone(at, zone_hours);
    if nanos >= 1000 {
        let digits = format!("{:06}", nanos / 1000);
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

/// With seven digits and an offset, as in `2021-11-04T09:17:00.0000000+00:00`.
fn offset_time(at: DateTime<Utc>, zone_hours: i8) -> String {
    let (text, nanos) = in_zone(at, zone_hours);
    format!("{text}.{:07}{zone_hours:+03}:00", nanos / 100)
}

/// Reads `from` and `to`: a date, or a date and a time with or without an offset. What states no
/// offset is in the vendor's zone.
pub(super) fn parse_time(text: &str, zone_hours: i8) -> Option<DateTime<Utc>> {
    let dated = text.len() >= 10 && text.bytes().take(4).all(|byte| byte.is_ascii_digit());
    if !dated {
        return None;
    }
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return local_to_utc(date.and_time(NaiveTime::MIN), zone_hours);
    }
    let text = text.replacen('T', " ", 1);
    if let Ok(local) = NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f") {
        return local_to_utc(local, zone_hours);
    }
    let text = text.strip_suffix('Z').map_or_else(|| text.clone(), |text| format!("{text}+00:00"));
    DateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f%:z").ok().map(|at| at.with_timezone(&Utc))
}

fn local_to_utc(local: NaiveDateTime, zone_hours: i8) -> Option<DateTime<Utc>> {
    local.checked_sub_signed(TimeDelta::hours(i64::from(zone_hours))).map(|utc| utc.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    #[test]
    fn times_are_read_in_every_form_the_vendor_describes() {
        let noon = at("2021-12-01T12:00:00Z");
        for text in [
            "2021-12-01 12:00:00",
            "2021-12-01 12:00:00.0",
            "2021-12-01T12:00:00",
            "2021-12-01T12:00:00.000",
            "2021-12-01T12:00:00Z",
            "2021-12-01 13:00:00+01:00",
            "2021-12-01T12:00:00.0000000+00:00",
        ] {
            assert_eq!(parse_time(text, 0), Some(noon), "{text}");
        }
        assert_eq!(parse_time("2021-12-01", 0), Some(at("2021-12-01T00:00:00Z")));
        assert_eq!(parse_time("2021-12-01 12:00:00", 2), Some(at("2021-12-01T10:00:00Z")));
        assert_eq!(parse_time("2021-12-01T12:00:00Z", 2), Some(noon), "an offset outweighs the zone");
        for text in ["", "2021-13-01", "yesterday", "2021-12-01 12:00", "2021-12-01 12:00:00 00:00", "+2021-12-01"] {
            assert_eq!(parse_time(text, 0), None, "{text}");
        }
    }

    #[test]
    fn times_are_printed_as_in_the_guide() {
        let instant = at("2021-12-09T08:50:46.02Z");
        assert_eq!(local_time(instant, 0), "2021-12-09T08:50:46.02");
        assert_eq!(local_time(instant, 2), "2021-12-09T10:50:46.02");
        assert_eq!(local_time(at("2021-12-09T08:50:40Z"), 0), "2021-12-09T08:50:40");
        assert_eq!(offset_time(instant, 0), "2021-12-09T08:50:46.0200000+00:00");
        assert_eq!(offset_time(instant, -3), "2021-12-09T05:50:46.0200000-03:00");
    }

    #[test]
    fn a_differing_id_differs_by_its_last_letter_only() {
        assert_eq!(differing("12a"), "12b");
        assert_eq!(differing("12c"), "12a");
    }
}
