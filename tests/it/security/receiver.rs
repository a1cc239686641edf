//! Whoever can post to the receiver, and so writes into the received log: what a line holds, and what an
//! archive of it unfolds to.

use std::fs;
use std::io::Write;

use super::host::Home;
use super::with_memory;
use crate::scene::run;

/// More than reading any log takes, and far less than what these unfold to, in MiB.
const MEMORY: u64 = 64;

#[test]
fn an_archive_that_unfolds_to_far_more_than_the_memory_is_read_within_it() {
    let home = Home::new();
    let mut packed = zstd::Encoder::new(Vec::new(), 1).expect("an encoder");
    packed.write_all(b"evt-1\n").expect("a vector can be written to");
    let much = vec![b'a'; 1 << 20];
    for _ in 0..96 {
        packed.write_all(&much).expect("a vector can be written to");
    }
    packed.write_all(b"\nevt-2\n").expect("a vector can be written to");
    let packed = packed.finish().expect("a vector can be written to");
    assert!(packed.len() < 1 << 20, "{} bytes", packed.len());
    fs::write(home.0.path().join("log.zst"), packed).expect("the home is writable");
    fs::write(home.0.path().join("ids"), "evt-1\nevt-2\nevt-3\n").expect("the home is writable");
    let absent = home.program(&["received", "log.zst", "--received-format", "ids", "--absent-of", "ids"]);
    // The line that is too long may hold any id, but those that are found are found.
    let ended = run(&mut with_memory(MEMORY, &absent));
    assert!(matches!(ended.code, Some(10 | 11)), "{ended}");
    assert!(!ended.stdout.contains("evt-1") && !ended.stdout.contains("evt-2"), "{ended}");
}

#[test]
fn lines_that_nest_repeat_or_never_end_overflow_nothing_and_hide_no_id() {
    let home = Home::new();
    let deep = "[".repeat(2 << 20);
    let names = "\"a\":1,".repeat(200_000);
    let log = format!(
        "{{\"event_id\":\"evt-1\"}}\n{{\"x\":{deep},\"event_id\":\"evt-2\"}}\n{{{names}\"event_id\":\"evt-3\"}}\n\
         {{\"event_id\":\"evt-4\"}}\n{{\"event_id\":\"evt-5\",\"x\":\"{}\"}}\n",
        "\\u0041".repeat(500_000)
    );
    fs::write(home.0.path().join("log.jsonl"), log).expect("the home is writable");
    fs::write(home.0.path().join("ids"), "evt-1\nevt-2\nevt-3\nevt-4\nevt-5\nevt-6\n").expect("the home is writable");
    let words = ["received", "log.jsonl", "--received-id", "event_id", "--absent-of", "ids"];
    let ended = run(&mut with_memory(2 * MEMORY, &home.program(&words)));
    assert!(matches!(ended.code, Some(10 | 11)), "{ended}");
    for id in ["evt-1", "evt-2", "evt-3", "evt-4", "evt-5"] {
        assert!(!ended.stdout.contains(id), "{id} is in the log: {ended}");
    }
}
