//! Files that come, go and change, and streams that can be read once.

use super::*;

fn open(sources: impl IntoIterator<Item = SourceSpec>) -> FileLog {
    FileLog::open(ReceivedOptions::of(sources)).expect("the log is usable")
}

#[test]
fn several_sources_of_different_formats_are_one_log() {
    let logs = Logs::new();
    let log = open([
        logs.write("a.txt", "a\n"),
        logs.write("b.log", "{\"event_id\":\"b\"}\n"),
        logs.write("c.csv", "when,event_id\n1,c\n"),
        logs.write("empty", ""),
    ]);
    assert_eq!(ask(&log, &["a", "b", "c", "d"]).sightings, [Received, Received, Received, Unseen]);
    let description = log.describe();
    assert_eq!(description.len(), 4);
    for (line, word) in description.iter().zip(["ids", "jsonl", "csv", "empty"]) {
        assert!(line.contains(word), "{line}");
    }
    assert!(log.is_live());
}

#[test]
fn the_same_file_through_two_names_is_read_once() {
    let logs = Logs::new();
    let file = logs.write("received.log", "a\nb\n");
    let pattern = SourceSpec::Files(logs.path("rec*"));
    let lookup = ask(&open([file, pattern]), &["a"]);
    assert_eq!((lookup.stats.lines, lookup.stats.bytes), (2, 4));
}

#[test]
fn a_pattern_without_a_match_is_refused() {
    let logs = Logs::new();
    let refused = FileLog::open(ReceivedOptions::of([SourceSpec::Files(logs.path("*.log"))]));
    assert!(matches!(refused, Err(ReceivedError::NoMatch { .. })));
}

#[test]
fn what_is_appended_and_what_a_pattern_newly_matches_is_seen() {
    let logs = Logs::new();
    logs.write("received.log", "a\n");
    let log = open([SourceSpec::Files(logs.path("received*"))]);
    assert_eq!(ask(&log, &["a", "b", "c"]).sightings, [Received, Unseen, Unseen]);
    logs.write("received.log", "a\nb\n");
    logs.write("received.2", "c\n");
    let lookup = ask(&log, &["a", "b", "c"]);
    assert_eq!(lookup.sightings, [Received, Received, Received]);
    assert_eq!(lookup.coverage.broken, None);
}

#[test]
fn an_empty_file_is_looked_at_again_when_it_has_lines() {
    let logs = Logs::new();
    let source = logs.write("received.log", "");
    let log = open([source]);
    assert_eq!(ask(&log, &["a"]).sightings, [Unseen]);
    logs.write("received.log", "{\"event_id\":\"a\"}\n");
    assert_eq!(ask(&log, &["a"]).sightings, [Received]);
}

#[test]
fn a_rotated_file_is_followed_by_its_pattern() {
    let logs = Logs::new();
    logs.write("received.log", "{\"event_id\":\"a\",\"id\":1}\n");
    let log = open([SourceSpec::Files(logs.path("received.log*"))]);
    fs::rename(logs.path("received.log"), logs.path("received.log.1")).expect("a rename");
    logs.write("received.log", "{\"id\":2,\"event_id\":\"b\"}\n");
    let lookup = ask(&log, &["a", "b"]);
    assert_eq!(lookup.sightings, [Received, Received]);
    assert_eq!(lookup.coverage.broken, None);
}

#[test]
fn a_file_that_vanished_or_was_replaced_breaks_the_coverage() {
    let logs = Logs::new();
    let source = logs.write("received.log", "a\n");
    let other = logs.write("other.log", "b\n");
    let log = open([source, other]);
    fs::rename(logs.path("received.log"), logs.path("elsewhere")).expect("a rename");
    let lookup = ask(&log, &["a", "b"]);
    assert_eq!(lookup.sightings, [Unseen, Received]);
    assert!(lookup.coverage.broken.is_some());
    logs.write("received.log", "c\n");
    let broken = ask(&log, &["a"]).coverage.broken;
    assert!(broken.is_some_and(|reason| reason.contains("gone or replaced")));
}

#[test]
fn a_file_that_shrank_breaks_the_coverage_for_the_rest_of_the_run() {
    let logs = Logs::new();
    let source = logs.write("received.log", "a\nb\nc\n");
    let log = open([source]);
    logs.write("received.log", "a\n");
    for _ in 0..2 {
        let broken = ask(&log, &["a", "b"]).coverage.broken;
        assert!(broken.is_some_and(|reason| reason.contains("shrank")));
    }
}

#[test]
fn a_new_file_that_can_not_be_read_as_a_log_breaks_the_coverage() {
    let logs = Logs::new();
    logs.write("received.log", "a\n");
    let log = open([SourceSpec::Files(logs.path("received.log*"))]);
    logs.write("received.log.1.gz", b"\x1f\x8b\x08\0\0\0\0\0");
    let broken = ask(&log, &["a"]).coverage.broken;
    assert!(broken.is_some_and(|reason| reason.contains("gzip")));
}

#[test]
fn standard_input_is_kept_so_that_it_can_be_asked_again() {
    let logs = Logs::new();
    let options = ReceivedOptions::of([logs.write("a.txt", "a\n"), SourceSpec::Stdin]);
    let log = FileLog::open_with_stdin(options, &b"{\"event_id\":\"b\"}\n"[..]).expect("usable");
    assert!(!log.is_live());
    for _ in 0..2 {
        assert_eq!(ask(&log, &["a", "b", "c"]).sightings, [Received, Received, Unseen]);
    }
    assert!(log.describe()[1].starts_with("standard input: jsonl"));
}

#[test]
fn standard_input_can_be_given_once() {
    let options = ReceivedOptions::of([SourceSpec::Stdin, SourceSpec::Stdin]);
    let refused = FileLog::open_with_stdin(options, &b"a\n"[..]);
    assert!(matches!(refused, Err(ReceivedError::Unusable { message, .. }) if message.contains("once")));
}

#[cfg(unix)]
#[test]
fn a_device_or_pipe_that_is_named_is_kept_like_standard_input() {
    let log = open([SourceSpec::from("/dev/null")]);
    assert!(!log.is_live());
    assert_eq!(ask(&log, &["a"]).sightings, [Unseen]);
}
