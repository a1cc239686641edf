//! The access logs, pairs and free lines that real receivers wrote, read as text.

use std::collections::BTreeSet;

use super::real_logs::{ids_of, log, received};
use super::*;

fn named(id: &str) -> impl FnOnce(&mut ReceivedOptions) {
    let id = field(id);
    move |options| options.id = id
}

/// What the JSON log of the same requests says; ids that are too long for an event are left out.
fn same_requests() -> (BTreeSet<String>, BTreeSet<String>) {
    let (all, good) = ids_of("nginx/access_json.log", "/event_id");
    (all, good.into_iter().filter(|id| id.len() <= crate::event::MAX_ID_BYTES).collect())
}

#[test]
fn the_combined_log_of_nginx_holds_what_its_json_log_holds() {
    let (mut all, good) = same_requests();
    let log = log("nginx/access_combined.log", |_| {});
    let why = &log.describe()[0];
    assert!(why.contains("text") && why.contains("\"event_id\"") && why.contains("\"status\" is 200-299"), "{why}");
    let mut seen = received(&log, &all);
    // A sender's dash looks like no header at all.
    assert_eq!(seen.symmetric_difference(&good).collect::<Vec<_>>(), ["-"]);
    assert_eq!(ask(&log, &["-"]).sightings, [Possible]);
    let lookup = ask(&log, &["x"]);
    assert_eq!((lookup.stats.lines, lookup.stats.unreadable, lookup.coverage.broken), (276, 0, None));
    assert_eq!(lookup.coverage.since.map(|time| time.to_rfc3339()).as_deref(), Some("2026-11-22T01:28:34+00:00"));
    // What senders wrote into other fields is no id.
    all = ["spoof", "spoofed", "msg_SPOOF"].map(str::to_owned).into();
    seen = received(&log, &all);
    assert!(seen.is_empty(), "{seen:?}");
}

#[test]
fn a_pattern_over_the_combined_log_finds_the_same_but_for_escaped_ids() {
    let (all, good) = same_requests();
    let log = log("nginx/access_combined.log", named(r#" event_id="([^"]*)""#));
    let seen = received(&log, &all);
    let unseen: Vec<&str> = good.difference(&seen).map(String::as_str).collect();
    assert!(seen.is_subset(&good));
    assert!(unseen.iter().all(|id| *id == "-" || id.contains(['"', '\\', '\t']) || !id.is_ascii()), "{unseen:?}");
    assert_eq!(ask(&log, &unseen).sightings, vec![Possible; unseen.len()]);
}

#[test]
fn the_pairs_of_nginx_hold_what_its_json_log_holds() {
    let (all, mut good) = same_requests();
    good.remove("-");
    let log = log("nginx/access_logfmt.log", |options| {
        options.status = field("status");
        options.time = field("ts");
    });
    assert!(log.describe()[0].contains("key=value pairs, id in \"event_id\""), "{:?}", log.describe());
    assert_eq!(received(&log, &all), good);
    let lookup = ask(&log, &["spoof"]);
    assert_eq!((lookup.sightings, lookup.stats.unreadable), (vec![Unseen], 0));
    assert_eq!(lookup.coverage.since.map(|time| time.timestamp()), Some(1_795_310_914));
}

#[test]
fn the_console_log_of_caddy_is_read_by_a_pattern() {
    let text = fs::read_to_string(real_logs::data("caddy/access_console.log")).expect("test data");
    let mut expected = BTreeSet::new();
    for line in text.lines() {
        let json = line.split('\t').next_back().expect("a last column");
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        let id = value.pointer("/request/headers/X-Event-Id/0").and_then(serde_json::Value::as_str);
        expected.extend(id.map(str::to_owned));
    }
    assert!(expected.len() > 10, "{}", expected.len());
    let log = log("caddy/access_console.log", |options| {
        options.id = field(r#""X-Event-Id": \["(?<id>[^"]*)"\].*"status": (?<status>\d+)"#);
        options.time = field(r"^(\S+ \S+)\t");
    });
    assert_eq!(received(&log, &expected), expected);
    let lookup = ask(&log, &["Svix-Id", "drive/1"]);
    assert_eq!((lookup.sightings, lookup.stats.unreadable), (vec![Unseen, Unseen], 0));
    assert_eq!(lookup.coverage.since.map(|time| time.timestamp()), Some(1_795_310_972));
}

#[test]
fn lines_of_a_time_and_an_id_are_read_by_a_pattern() {
    let log = log("webhook/received.txt", named(r"^(?<time>\S+) (?<id>.+)$"));
    let bytes = fs::read(real_logs::data("webhook/received.txt")).expect("test data");
    let texts = bytes.split(|&byte| byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok());
    let ids = texts.filter_map(|line| Some(line.split_once(' ')?.1.to_owned()));
    let all: BTreeSet<String> = ids.filter(|id| id.len() <= crate::event::MAX_ID_BYTES).collect();
    assert!(all.contains("\" event_id=\"spoofed") && all.contains("tab\there"));
    assert_eq!(all.difference(&received(&log, &all)).collect::<Vec<_>>(), ["-"]);
    let lookup = ask(&log, &["spoofed", "tab"]);
    assert_eq!((lookup.sightings, lookup.stats.lines), (vec![Unseen, Unseen], 63));
    assert!(refusal(&bytes, |_| {}).1.contains("(?<id>"));
}

#[test]
fn lines_that_end_in_carriage_returns_are_read() {
    let log = log("variants/crlf.log", named("svix"));
    let ids = ["msg_3MRQUIUOh5aGzSeyOSf7bhGhGTC", "msg_3MRQUIdtWt9VeT2GjSnXqTORsQH", "msg_unknown"];
    let lookup = ask(&log, &ids);
    assert_eq!(lookup.sightings, [Received, Received, Unseen]);
    assert_eq!((lookup.stats.lines, lookup.stats.ids, lookup.stats.unreadable), (20, 9, 0));
}

#[test]
fn two_formats_in_one_file_hide_nothing_from_a_pattern() {
    let log = log("variants/mixed-format.log", |options| {
        options.format = Some(Format::Text);
        options.id = field(r#"svix="([^"]*)""#);
    });
    let ids = ["msg_3MRQUIUOh5aGzSeyOSf7bhGhGTC", "msg_3MRQUIsGt8VZyMBLyIbb7GgWCQH", "msg_unknown"];
    let lookup = ask(&log, &ids);
    assert_eq!(lookup.sightings, [Received, Received, Unseen]);
    assert_eq!(lookup.stats.unreadable, 10);
}
