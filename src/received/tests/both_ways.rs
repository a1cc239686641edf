//! The other direction: what a log holds beside what it is asked about.

use chrono::{DateTime, TimeZone, Utc};

use super::*;
use crate::event::Window;
use crate::receipt::Unlisted;

fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, day, 0, 0, 0).single().expect("a date")
}

fn audit(log: &FileLog, listed: &[&str]) -> (Vec<Sighting>, Unlisted) {
    let window = Window::new(day(10), day(20)).expect("a window");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (lookup, unlisted) = runtime.block_on(log.audit(wanted(listed), window)).expect("an answer");
    (lookup.sightings, unlisted)
}

fn ids(unlisted: &Unlisted) -> Vec<String> {
    unlisted.ids.iter().map(|one| one.id.to_string()).collect()
}

#[test]
fn what_was_received_within_the_window_and_not_listed_is_told_with_its_time() {
    let logs = Logs::new();
    let source = logs.write(
        "received.jsonl",
        "{\"event_id\":\"listed\",\"time\":\"2026-11-12T00:00:00Z\",\"status\":200}\n\
         {\"event_id\":\"other\",\"time\":\"2026-11-13T00:00:00Z\",\"status\":200}\n\
         {\"event_id\":\"refused\",\"time\":\"2026-11-13T00:00:00Z\",\"status\":503}\n\
         {\"event_id\":\"earlier\",\"time\":\"2026-11-09T23:59:59Z\",\"status\":200}\n\
         {\"event_id\":\"later\",\"time\":\"2026-11-20T00:00:00Z\",\"status\":200}\n\
         {\"event_id\":\"timeless\",\"status\":200}\n\
         {\"event_id\":\"torn\",\"time\":\"2026-11-13T00:00:00Z\",\"status\":200}",
    );
    let mut options = ReceivedOptions::of([source]);
    options.time = field("time");
    options.status = field("status");
    let log = FileLog::open(options).expect("the log is usable");
    let (sightings, unlisted) = audit(&log, &["listed", "absent"]);
    assert_eq!(sightings, [Received, Unseen]);
    assert_eq!(ids(&unlisted), ["timeless", "other"]);
    assert_eq!(unlisted.ids[1].received_at, Some(day(13)));
    assert_eq!((unlisted.outside, unlisted.more, unlisted.untold), (2, 0, None));
}

#[test]
fn an_audit_reads_what_a_look_up_had_read_before_and_a_look_up_goes_on_from_an_audit() {
    let logs = Logs::new();
    let source = logs.write("received.ids", "a\nb\nc\n");
    let log = FileLog::open(ReceivedOptions::of([source])).expect("the log is usable");
    assert_eq!(ask(&log, &["a", "x"]).sightings, [Received, Unseen]);
    let (sightings, unlisted) = audit(&log, &["a", "x"]);
    assert_eq!((sightings, ids(&unlisted)), (vec![Received, Unseen], vec!["b".to_owned(), "c".to_owned()]));
    logs.write("received.ids", "a\nb\nc\nx\n");
    assert_eq!(ask(&log, &["a", "x"]).sightings, [Received, Received]);
    assert_eq!(ids(&audit(&log, &["a", "x"]).1), ["b", "c"]);
}

#[test]
fn packed_files_and_large_ones_show_every_id_as_well() {
    let logs = Logs::new();
    let lines: String = (0..20_000).map(|number| format!("id-{number}\n")).collect();
    let packed = logs.write("received.ids.gz", packed::gz(lines.as_bytes()));
    let plain = logs.write("received.ids", "id-1\nnewest\n");
    let log = FileLog::open(ReceivedOptions::of([packed, plain])).expect("the log is usable");
    let (_, unlisted) = audit(&log, &["id-0", "id-19999"]);
    assert_eq!(unlisted.ids.len(), 19_999);
    assert!(ids(&unlisted).contains(&"newest".to_owned()) && !ids(&unlisted).contains(&"id-0".to_owned()));
}
