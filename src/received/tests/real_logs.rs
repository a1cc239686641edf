//! Logs that web servers wrote of real webhook traffic, and damaged copies of them.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::*;

pub(super) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/received").join(name)
}

pub(super) fn log(name: &str, adjust: impl FnOnce(&mut ReceivedOptions)) -> FileLog {
    let mut options = ReceivedOptions::of([SourceSpec::Files(data(name))]);
    adjust(&mut options);
    FileLog::open(options).expect("the log is usable")
}

/// The ids of a log, and those with a status of 2xx, read the slow and obvious way.
pub(super) fn ids_of(name: &str, pointer: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let text = fs::read(data(name)).expect("test data");
    let (mut all, mut good) = (BTreeSet::new(), BTreeSet::new());
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let Ok(value) = serde_json::from_slice::<Value>(line) else { continue };
        let Some(id) = value.pointer(pointer).and_then(Value::as_str).filter(|id| !id.is_empty()) else { continue };
        all.insert(id.to_owned());
        if value["status"].as_u64().is_some_and(|status| (200..300).contains(&status)) {
            good.insert(id.to_owned());
        }
    }
    (all, good)
}

/// Asks for every id of the log that can be one, by the spelling that stands there.
pub(super) fn received(log: &FileLog, ids: &BTreeSet<String>) -> BTreeSet<String> {
    let asked: Vec<&str> = ids.iter().map(String::as_str).filter(|id| id.len() <= crate::event::MAX_ID_BYTES).collect();
    let lookup = ask(log, &asked);
    let numbers = wanted(&asked);
    let seen = |id: &&&str| {
        let number = numbers.number_of(EventId::new(id).expect("an id").key()).expect("it is wanted");
        lookup.sightings[number as usize] == Received
    };
    asked.iter().filter(seen).map(|id| (*id).to_owned()).collect()
}

fn accesses(options: &mut ReceivedOptions) {
    options.id = field("event_id");
    options.status = field("status");
}

#[test]
fn the_json_log_of_nginx_holds_124_received_ids_and_one_broken_line() {
    let (all, good) = ids_of("nginx/access_json.log", "/event_id");
    assert_eq!(good.len(), 124);
    let log = log("nginx/access_json.log", accesses);
    let overlong = good.iter().filter(|id| id.len() > crate::event::MAX_ID_BYTES).count();
    assert_eq!(received(&log, &all).len(), 124 - overlong);
    let lookup = ask(&log, &["x"]);
    assert_eq!((lookup.stats.lines, lookup.stats.unreadable), (276, 1));
    assert!(lookup.stats.first_unreadable.is_some_and(|place| place.ends_with("access_json.log:225")));
    assert_eq!(lookup.coverage.broken, None);
}

#[test]
fn the_headers_of_caddy_are_reached_by_a_pointer() {
    let pointer = "/request/headers/X-Event-Id/0";
    let (all, good) = ids_of("caddy/access.log", pointer);
    assert!(good.len() > 40 && good.len() <= all.len());
    let log = log("caddy/access.log", |options| {
        options.id = field(pointer);
        options.status = field("status");
        options.time = field("ts");
    });
    let short = good.iter().filter(|id| id.len() <= crate::event::MAX_ID_BYTES).count();
    assert_eq!(received(&log, &all).len(), short);
    let lookup = ask(&log, &["dup-1", "dup-2"]);
    assert_eq!(lookup.sightings, [Received, Unseen]);
    assert_eq!(lookup.stats.unreadable, 0);
    assert_eq!(lookup.coverage.since.map(|time| time.timestamp()), Some(1_795_310_914));
}

#[test]
fn the_header_of_caddy_is_recognised_without_being_named() {
    let log = log("caddy/access.log", |_| {});
    assert!(log.describe()[0].contains("/request/headers/X-Event-Id"), "{:?}", log.describe());
    assert!(log.describe()[0].contains("--received-status"), "{:?}", log.describe());
}

#[test]
fn the_table_of_nginx_is_read_by_column_numbers() {
    let (all, good) = ids_of("nginx/access_json.log", "/event_id");
    let log = log("nginx/access_tsv.log", |options| {
        options.format = Some(Format::Csv);
        (options.time, options.status, options.id) = (field("1"), field("2"), field("3"));
    });
    let seen = received(&log, &all);
    // A raw quote or tab in a header breaks its row, which must not make the id absent.
    let unseen: Vec<&str> = good.difference(&seen).map(String::as_str).filter(|id| id.len() <= 512).collect();
    assert_eq!(unseen, ["\" event_id=\"spoofed", "tab\there"]);
    assert_eq!(ask(&log, &unseen).sightings, [Possible, Possible]);
    assert!(seen.is_subset(&good));
}

#[test]
fn the_variants_of_plain_files_are_read() {
    let (all, good) = ids_of("variants/bom.json.log", "/svix_id");
    let bom = log("variants/bom.json.log", |options| {
        options.id = field("svix_id");
        options.status = field("status");
    });
    assert_eq!(received(&bom, &all), good);
    assert!(!good.is_empty());
    assert_eq!(ask(&bom, &["x"]).stats.unreadable, 0);
    let empty = ask(&log("variants/empty.log", |_| {}), &["x"]);
    assert_eq!((empty.sightings, empty.stats.lines, empty.coverage.broken), (vec![Unseen], 0, None));
}

#[test]
fn two_formats_in_one_file_hide_no_id() {
    let log = log("variants/mixed-format.log", |options| options.id = field("svix_id"));
    let ids = ["msg_3MRQUIUOh5aGzSeyOSf7bhGhGTC", "msg_3MRQUIsGt8VZyMBLyIbb7GgWCQH", "msg_unknown"];
    let lookup = ask(&log, &ids);
    assert_eq!(lookup.sightings, [Received, Received, Unseen]);
    assert_eq!((lookup.stats.lines, lookup.stats.unreadable), (15, 5));
}
