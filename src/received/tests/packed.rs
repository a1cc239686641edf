//! Compressed logs, whole and damaged, as the engine meets them.

use std::io::Write;

use lzma_rust2::{XzOptions, XzWriter};

use super::real_logs::{data, log};
use super::*;

pub(in crate::received) fn gz(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

pub(in crate::received) fn bz2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    encoder.write_all(text).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

pub(in crate::received) fn zst(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 3).expect("memory can be written")
}

pub(in crate::received) fn xz(text: &[u8]) -> Vec<u8> {
    xz_with_dictionary(text, 1 << 16)
}

pub(in crate::received) fn xz_with_dictionary(text: &[u8], bytes: u32) -> Vec<u8> {
    let mut options = XzOptions::with_preset(1);
    options.lzma_options.dict_size = bytes;
    let mut writer = XzWriter::new(Vec::new(), options).expect("a writer");
    writer.write_all(text).expect("memory can be written");
    writer.finish().expect("memory can be written")
}

const FIRST: &str = "msg_3MRQUIUOh5aGzSeyOSf7bhGhGTC";
const SECOND: &str = "msg_3MRQUIdtWt9VeT2GjSnXqTORsQH";

#[test]
fn the_rotated_copies_are_read_whatever_their_names() {
    for (name, packing, id) in [
        ("variants/gzip-named.log", "gzip", "svix"),
        ("variants/rotated.log.2.gz", "gzip", "svix"),
        ("variants/two-member.log.gz", "gzip", "svix"),
        ("variants/rotated.json.zst", "zstd", "svix_id"),
    ] {
        let log = log(name, |options| {
            options.id = field(id);
            options.status = field("status");
        });
        assert!(log.describe()[0].contains(packing), "{:?}", log.describe());
        let lookup = ask(&log, &[FIRST, SECOND, "msg_unknown"]);
        assert_eq!(lookup.sightings, [Received, Received, Unseen], "{name}");
        assert_eq!((lookup.stats.lines, lookup.stats.unreadable), (100, 0), "{name}");
        assert_eq!((lookup.coverage.broken, lookup.coverage.gap), (None, None), "{name}");
        assert_eq!(lookup.stats.bytes, fs::metadata(data(name)).expect("test data").len());
    }
}

#[test]
fn a_truncated_archive_shows_what_it_holds_and_rules_nothing_out() {
    let log = log("variants/truncated.log.gz", |options| options.id = field("svix"));
    let lookup = ask(&log, &[FIRST, "msg_unknown"]);
    assert_eq!(lookup.sightings, [Received, Unseen]);
    let broken = lookup.coverage.broken.expect("it is broken");
    assert!(broken.contains("truncated.log.gz") && broken.contains("gzip data is cut short"), "{broken}");
    assert_eq!(lookup.stats.lines, 52);
}

#[test]
fn a_bomb_is_looked_at_within_bounds_and_refused() {
    let options = ReceivedOptions::of([SourceSpec::Files(data("variants/bomb-10M-nonl.log.gz"))]);
    assert!(matches!(FileLog::open(options), Err(ReceivedError::Unusable { .. })));
    let mut text = b"evt-1\n".to_vec();
    text.resize(40 << 20, b'a');
    text.extend_from_slice(b" evt-2\nevt-3\n");
    let logs = Logs::new();
    let bomb = FileLog::open(ReceivedOptions::of([logs.write("bomb.zst", zst(&text))])).expect("usable");
    let lookup = ask(&bomb, &["evt-1", "evt-2", "evt-3", "evt-4"]);
    assert_eq!(lookup.sightings, [Received, Possible, Received, Unseen]);
}

#[test]
fn every_packing_is_read_from_files_and_from_standard_input() {
    let text = b"{\"event_id\":\"a\"}\n{\"event_id\":\"b\"}\n";
    for pack in [gz, bz2, zst, xz] {
        let logs = Logs::new();
        let named = FileLog::open(ReceivedOptions::of([logs.write("log", pack(text))])).expect("usable");
        let piped =
            FileLog::open_with_stdin(ReceivedOptions::of([SourceSpec::Stdin]), &pack(text)[..]).expect("usable");
        for log in [named, piped] {
            for _ in 0..2 {
                let lookup = ask(&log, &["a", "b", "c"]);
                assert_eq!(lookup.sightings, [Received, Received, Unseen]);
                assert_eq!((lookup.stats.lines, lookup.coverage.broken), (2, None));
            }
        }
    }
}

#[test]
fn an_archive_that_is_cut_anywhere_never_makes_an_id_absent() {
    let text: String = (0..50).map(|number| format!("{{\"event_id\":\"evt-{number:03}\"}}\n")).collect();
    for pack in [gz, bz2, zst, xz] {
        let whole = pack(text.as_bytes());
        for length in (10..whole.len()).step_by(7) {
            let logs = Logs::new();
            let source = logs.write("log.packed", &whole[..length]);
            let mut options = ReceivedOptions::of([source]);
            (options.format, options.id) = (Some(Format::Jsonl), field("event_id"));
            // What does not even show a line may be refused at once.
            let Ok(log) = FileLog::open(options) else { continue };
            let lookup = ask(&log, &["evt-049", "evt-900"]);
            assert!(lookup.coverage.broken.is_some_and(|reason| reason.contains("log.packed")), "cut at {length}");
        }
    }
}

#[test]
fn archives_that_are_read_side_by_side_say_what_each_says_alone() {
    let part = |from: u32| -> String {
        (from..from + 400).map(|number| format!("{{\"event_id\":\"evt-{number:05}\",\"n\":{number}}}\n")).collect()
    };
    for cut in [None, Some(3), Some(6)] {
        let logs = Logs::new();
        let (mut all, mut stories) = (Vec::new(), Vec::new());
        for number in 0..8_u32 {
            let text = part(number * 1_000).into_bytes();
            let mut bytes = match number % 4 {
                0 => gz(&text),
                1 => bz2(&text),
                2 => zst(&text),
                _ => xz(&text),
            };
            if cut == Some(number) {
                bytes.truncate(bytes.len() - 20);
            }
            let source = logs.write(&format!("part-{number}"), bytes);
            let alone = ask(&FileLog::open(ReceivedOptions::of([source.clone()])).expect("usable"), &["evt-00001"]);
            stories.push(alone.stats);
            all.push(source);
        }
        let log = FileLog::open(ReceivedOptions::of(all)).expect("usable");
        let ids: Vec<String> = (0..8_000).step_by(97).map(|number| format!("evt-{number:05}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        for _ in 0..2 {
            let lookup = ask(&log, &ids);
            for (number, sighting) in (0..8_000).step_by(97).zip(&lookup.sightings) {
                let may_be_cut = cut == Some(number / 1_000);
                let is_there = number % 1_000 < 400;
                assert!(may_be_cut || *sighting == if is_there { Received } else { Unseen }, "{number} {cut:?}");
            }
            let lines: u64 = stories.iter().map(|stats| stats.lines).sum();
            assert_eq!(lookup.stats.lines, lines);
            let broken = lookup.coverage.broken;
            assert_eq!(broken.is_some(), cut.is_some(), "{broken:?}");
            assert!(cut.is_none_or(|number| broken.is_some_and(|reason| reason.contains(&format!("part-{number}")))));
        }
    }
}

#[test]
fn an_archive_that_shows_nothing_is_out_of_coverage() {
    let logs = Logs::new();
    let sources = [logs.write("a.log", "a\nb\n"), logs.write("b.gz", b"\x1f\x8b\x08\0\0\0\0\0")];
    let log = FileLog::open(ReceivedOptions::of(sources)).expect("usable");
    for _ in 0..2 {
        let lookup = ask(&log, &["a", "c"]);
        assert_eq!(lookup.sightings, [Received, Unseen]);
        assert!(lookup.coverage.broken.is_some_and(|reason| reason.contains("b.gz")));
    }
}

#[test]
fn a_plain_file_with_the_name_of_an_archive_is_plain() {
    let logs = Logs::new();
    let log = FileLog::open(ReceivedOptions::of([logs.write("a.log.gz", "a\nb\n")])).expect("usable");
    assert_eq!(ask(&log, &["a", "c"]).sightings, [Received, Unseen]);
}
