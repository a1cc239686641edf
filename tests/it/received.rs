//! `received`: a log that is checked before it is trusted, and the ids it does not hold.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scene::{Ended, bare_program, run, run_with_input};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/received").join(name)
}

/// A folder to run in, with files.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        files.iter().for_each(|(name, bytes)| fs::write(desk.0.path().join(name), bytes).expect("a file"));
        desk
    }

    fn received(&self, arguments: &[&str]) -> Ended {
        run(bare_program(self.0.path()).arg("received").args(arguments))
    }
}

#[test]
fn a_log_is_told_of_source_by_source() {
    let desk = Desk::new(&[]);
    let combined = data("nginx/access_combined.log").display().to_string();
    let caddy = data("caddy/access.log").display().to_string();
    desk.received(&[&combined])
        .ends_with(0)
        .says(
            "access_combined.log\n  text (most of the first 200 lines are accesses), an access log, id in \"event_id\"",
        )
        .says("276 lines, 124 with an id as received, 123 different ids; 14 with")
        .says("every line was understood\n  from 2026-11-22 01:28:34Z to ")
        .says("Coverage: since 2026-11-22 01:28:34Z");
    let arguments = [&*combined, &caddy, "--received-status", "status", "--format", "json"];
    let ended = desk.received(&arguments).ends_with(0);
    let document = ended.document();
    assert_eq!(document["schema"], "hookmend/received/1");
    assert_eq!(document["sources"][0]["format"], "jsonl", "{ended}");
    assert_eq!(document["sources"][1]["packing"], "plain");
    assert_eq!(document["totals"]["lines"], 276 + 104);
    assert_eq!(document["exit_code"], 0);
    // The first file counts the ids that arrived with an error too.
    assert!(document["sources"][1]["refused"].as_u64().is_some_and(|refused| refused > 0), "{ended}");
}

#[test]
fn lines_that_count_although_an_unused_status_says_otherwise_are_told_of() {
    let jsonl = b"{\"event_id\":\"a\",\"status\":200}\n{\"event_id\":\"b\",\"status\":503}\n\
                  {\"event_id\":\"c\",\"status\":\"204\"}\n{\"event_id\":\"d\",\"status\":\"done\"}\n";
    let desk = Desk::new(&[
        ("jsonl", jsonl),
        ("csv", b"event_id,status_code,note\na,200,\"x\ny\"\nb,500,z\nc,404,z\n"),
        ("pairs", b"ts=1 event_id=a status=200\nts=2 event_id=b status=500\n"),
        ("good", b"{\"event_id\":\"a\",\"status\":200}\n"),
        ("ids", b"a\nb\n"),
    ]);
    for (log, field, lines, refused) in
        [("jsonl", "status", 4, 1), ("csv", "status_code", 3, 2), ("pairs", "status", 2, 1)]
    {
        let words = format!("of the first {lines} lines with an id, {refused} hold another status code than 2xx");
        let ended = desk.received(&[log]).ends_with(0).says(&words).says(&format!("add --received-status {field}\n"));
        ended.says(&format!("{lines} with an id as received"));
        let document = desk.received(&[log, "--format", "json"]).ends_with(0).document();
        let expected = serde_json::json!({ "field": field, "lines": lines, "refused": refused });
        assert_eq!(document["sources"][0]["unused_status"], expected);
        desk.received(&[log, "--received-status", field]).ends_with(0).never_says("another status code than");
    }
    desk.received(&["good"]).ends_with(0).never_says("another status code than");
    let good = desk.received(&["good", "ids", "--format", "json"]).ends_with(0).document();
    assert_eq!(good["sources"][0]["unused_status"]["refused"], 0);
    assert!(good["sources"][1]["unused_status"].is_null(), "{good}");
}

#[test]
fn what_hookmend_wrote_itself_is_no_log() {
    let desk = Desk::new(&[
        ("plan", b"{\"type\":\"plan\",\"schema\":\"hookmend/plan/1\"}\n{\"type\":\"resend\",\"event_id\":\"a\"}\n"),
        ("report", b"{\n  \"schema\": \"hookmend/report/1\",\n  \"event_id\": \"a\"\n}\n"),
    ]);
    desk.received(&["plan"]).ends_with(2).says_on_stderr("it is a plan of hookmend").says_on_stderr("hookmend apply");
    desk.received(&["report"])
        .ends_with(2)
        .says_on_stderr("it is a report of hookmend")
        .says_on_stderr("hint: name the");
}

#[test]
fn a_damaged_log_is_told_of_and_ends_with_eleven() {
    let desk = Desk::new(&[]);
    let truncated = data("variants/truncated.log.gz").display().to_string();
    let ended = desk.received(&[&truncated, "--received-id", "svix"]).ends_with(11);
    ended.says("gzip, text").says("Fault: ").says("gzip data is cut short").says("Coverage: none");
}

#[test]
fn what_a_log_does_not_hold_is_printed_in_the_order_of_the_list() {
    let log = b"{\"id\":\"A\",\"s\":200}\n{\"id\":\"d18aca67cfd34c0093aa0a5bc540856e\",\"s\":200}\n{\"id\":\"C\",\"s\":500}\n";
    let list = b"z\nA\n{D18ACA67-CFD3-4C00-93AA-0A5BC540856E}\nC\nz\nb\n";
    let desk = Desk::new(&[("log", log), ("ids", list)]);
    let arguments = ["--absent-of", "ids", "log", "--received-status", "s"];
    let ended = desk.received(&arguments).ends_with(10);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("z\nC\nb\n", ""), "{ended}");
    let ended = desk.received(&["--absent-of", "ids", "log"]).ends_with(10);
    assert_eq!(ended.stdout, "z\nb\n", "{ended}");
    let mut piped = bare_program(desk.0.path());
    piped.args(["received", "--absent-of", "-", "log"]);
    let ended = run_with_input(&mut piped, b"A\nC\n").ends_with(0);
    assert_eq!(ended.stdout, "", "{ended}");
    let mut piped = bare_program(desk.0.path());
    piped.args(["received", "--absent-of", "ids", "-"]);
    assert_eq!(run_with_input(&mut piped, log).ends_with(10).stdout, "z\nb\n");
}

/// Ids that have nothing in common.
fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834))
}

#[test]
fn all_that_is_absent_of_many_ids_is_printed_once_and_in_its_order() {
    // So many that the list is read, looked up and printed in several parts.
    let mut list: Vec<String> = (0..100_000).map(|number| format!("{}\n", id(number))).collect();
    let absent: String =
        list.iter().enumerate().filter(|(number, _)| number % 3 != 0).map(|(_, line)| &**line).collect();
    let log: String = list.iter().step_by(3).map(|line| line.to_uppercase()).collect();
    // Some stand there again, in the same part and in another.
    for number in (20_000..100_000).step_by(7) {
        list[number].push_str(&format!("{}\n{}\n", id(number as u128 - 1), id(number as u128 - 20_000).simple()));
    }
    let desk = Desk::new(&[("log", log.as_bytes()), ("ids", list.concat().as_bytes())]);
    let ended = desk.received(&["--absent-of", "ids", "log", "--received-format", "ids"]).ends_with(10);
    assert_eq!(ended.stderr, "");
    assert!(ended.stdout == absent, "{} lines instead of {}", ended.stdout.lines().count(), absent.lines().count());
}

#[test]
fn of_a_list_in_one_spelling_what_is_absent_is_printed_and_nothing_else() {
    for to_case in [str::to_lowercase, str::to_uppercase] {
        let list: Vec<String> = (1..30_001).map(|number| to_case(&format!("{}\n", id(number)))).collect();
        let (mut absent, mut log) = (String::new(), String::new());
        for (number, line) in list.iter().enumerate() {
            if number % 10 == 3 { absent.push_str(line) } else { log.push_str(line) }
        }
        // And strangers.
        (50_000..90_000).for_each(|number| log.push_str(&format!("{}\n", id(number))));
        let desk = Desk::new(&[("log", log.as_bytes()), ("ids", list.concat().as_bytes())]);
        let ended = desk.received(&["--absent-of", "ids", "log", "--received-format", "ids"]).ends_with(10);
        assert_eq!(ended.stderr, "");
        assert!(ended.stdout == absent, "{} lines instead of {}", ended.stdout.lines().count(), absent.lines().count());
    }
}

#[test]
fn an_id_whose_absence_is_not_proven_is_not_printed() {
    let desk = Desk::new(&[
        ("bad-line", b"a\nb c\nd\ne\n"),
        ("hole", &[b"a\nd\ne\n", &[0; 200][..], b"\nx\ny\nz\n"].concat()),
        ("ids", b"a\nb\nq\n"),
    ]);
    // One line that hides one id.
    let ended = desk.received(&["--absent-of", "ids", "bad-line", "--received-format", "ids"]).ends_with(11);
    assert_eq!(ended.stdout, "q\n", "{ended}");
    ended.says_on_stderr("1 of 3 ids may be in the log").says_on_stderr("bad-line:2");
    // A hole that may hide any.
    let ended = desk.received(&["--absent-of", "ids", "hole", "-q"]).ends_with(11);
    assert_eq!(ended.stdout, "", "{ended}");
    ended.says_on_stderr("2 of 3 ids may be in the log").says_on_stderr("hole of NUL bytes");
}

#[test]
fn what_can_not_be_asked_is_a_mistake_of_usage() {
    let desk = Desk::new(&[("log", b"a\nb\n"), ("ids", b"a\n"), ("jsonl", b"{\"x\":\"y\"}\n")]);
    for (arguments, word) in [
        (&["--absent-of", "-", "-"][..], "standard input"),
        (&["--absent-of", "nowhere", "log"], "nowhere"),
        (&["nowhere.log"], "nowhere.log"),
        (&["jsonl", "--received-id", "event_id"], "event_id"),
        (&["log", "--received-format", "text", "--received-id", "(open"], "unclosed"),
        (&["--absent-of", "ids"], "no received log"),
        (&["log", "--received-ok", "200"], "--received-status"),
    ] {
        desk.received(arguments).ends_with(2).says_on_stderr("error: ").says_on_stderr("hint: ").says_on_stderr(word);
    }
}

#[test]
fn the_settings_name_the_log_and_its_fields() {
    let settings = b"received = \"log.*\"\nreceived-id = 'got (?<id>\\S+)'\nreceived-format = \"text\"\n";
    let desk = Desk::new(&[
        ("hookmend.toml", settings),
        ("log.1", b"got a\n"),
        ("log.2", b"got b\nsaid c\n"),
        ("ids", b"b\nc\n"),
    ]);
    let ended = desk.received(&["--absent-of", "ids"]).ends_with(10);
    assert_eq!(ended.stdout, "c\n", "{ended}");
    desk.received(&["-v"]).ends_with(0).says("All 2 sources").says_on_stderr("received log: ");
}
