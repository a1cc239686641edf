//! Logs that grow, rotate and get damaged between two look-ups.

use std::fs::OpenOptions;
use std::io::Write;

use proptest::prelude::*;

use super::packed::{gz, zst};
use super::*;

fn line(number: u32) -> String {
    format!("{{\"event_id\":\"00000000-0000-4000-8000-{number:012}\",\"t\":{}}}\n", 1_795_310_000 + number)
}

fn lines(numbers: std::ops::Range<u32>) -> String {
    numbers.map(line).collect()
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn append(path: &std::path::Path, text: &str) {
    let mut file = OpenOptions::new().append(true).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("a file can be written");
}

/// What the log says of these lines.
fn seen(log: &FileLog, numbers: &[u32]) -> Lookup {
    let ids: Vec<String> = numbers.iter().map(|number| id(*number)).collect();
    ask(log, &ids.iter().map(String::as_str).collect::<Vec<_>>())
}

fn open(sources: impl IntoIterator<Item = SourceSpec>, adjust: impl FnOnce(&mut ReceivedOptions)) -> FileLog {
    let mut options = ReceivedOptions::of(sources);
    adjust(&mut options);
    FileLog::open(options).expect("the log is usable")
}

fn as_is(_: &mut ReceivedOptions) {}

fn timed(options: &mut ReceivedOptions) {
    options.time = field("t");
}

#[test]
fn ids_that_were_asked_for_cost_what_was_appended_and_a_new_one_the_whole() {
    let logs = Logs::new();
    let log = open([logs.write("received.log", lines(0..100))], as_is);
    let whole = seen(&log, &[5, 200, 201]);
    assert_eq!((whole.sightings, whole.stats.bytes), (vec![Received, Unseen, Unseen], lines(0..100).len() as u64));
    append(&logs.path("received.log"), &line(200));
    let second = seen(&log, &[200, 201]);
    assert_eq!((second.sightings, second.stats.bytes), (vec![Received, Unseen], line(200).len() as u64));
    assert_eq!((second.stats.lines, second.stats.ids), (101, 101));
    let third = seen(&log, &[5, 201]);
    assert_eq!((third.sightings, third.stats.bytes), (vec![Received, Unseen], 0));
    let other = seen(&log, &[5, 7]);
    assert_eq!((other.sightings, other.stats.bytes), (vec![Received, Received], lines(0..101).len() as u64));
}

#[test]
fn a_torn_line_is_read_again_when_it_is_whole() {
    let logs = Logs::new();
    let log = open([logs.write("received.log", "evt-0\nevt-1")], as_is);
    assert_eq!(ask(&log, &["evt-1", "evt-10", "evt-12"]).sightings, [Possible, Possible, Possible]);
    append(&logs.path("received.log"), "0\n");
    let lookup = ask(&log, &["evt-1", "evt-10", "evt-12"]);
    assert_eq!(lookup.sightings, [Unseen, Received, Unseen]);
    assert_eq!((lookup.stats.lines, lookup.stats.unreadable), (2, 0));
}

#[test]
fn a_torn_object_is_counted_once_when_it_is_whole() {
    let logs = Logs::new();
    let log = open([logs.write("received.log", lines(0..3) + &line(3)[..30])], as_is);
    let torn = seen(&log, &[3]);
    assert_eq!((torn.stats.lines, torn.stats.unreadable, torn.sightings), (4, 1, vec![Possible]));
    append(&logs.path("received.log"), &line(3)[30..]);
    let whole = seen(&log, &[3]);
    assert_eq!((whole.stats.lines, whole.stats.unreadable, whole.sightings), (4, 0, vec![Received]));
}

#[test]
fn a_header_is_read_once() {
    let logs = Logs::new();
    let log = open([logs.write("received.csv", "event_id,note\na,1\n")], as_is);
    assert_eq!(ask(&log, &["a", "b", "c"]).sightings, [Received, Unseen, Unseen]);
    append(&logs.path("received.csv"), "b,1\nc,\"two\n");
    assert_eq!(ask(&log, &["a", "b", "c"]).sightings, [Received, Received, Possible]);
    append(&logs.path("received.csv"), "lines\"\n");
    let lookup = ask(&log, &["a", "b", "c"]);
    assert_eq!((lookup.sightings, lookup.stats.unreadable), (vec![Received, Received, Received], 0));
}

#[test]
fn a_log_that_is_copied_and_truncated_loses_nothing() {
    let logs = Logs::new();
    let path = logs.path("received.log");
    logs.write("received.log", lines(0..50));
    let log = open([SourceSpec::Files(logs.path("received.log*"))], as_is);
    assert_eq!(seen(&log, &[5, 60, 70]).sightings, [Received, Unseen, Unseen]);
    append(&path, &line(60));
    fs::copy(&path, logs.path("received.log.1")).expect("a copy");
    fs::write(&path, line(70)).expect("a file can be written");
    let lookup = seen(&log, &[5, 60, 70]);
    assert_eq!((lookup.sightings, lookup.coverage.broken), (vec![Received, Received, Received], None));
}

#[test]
fn a_log_that_is_truncated_and_has_grown_beyond_what_was_read_is_noticed() {
    let logs = Logs::new();
    let log = open([logs.write("received.log", lines(0..50))], as_is);
    assert_eq!(seen(&log, &[60]).sightings, [Unseen]);
    logs.write("received.log", lines(60..200));
    let lookup = seen(&log, &[60]);
    assert_eq!(lookup.sightings, [Received]);
    assert!(lookup.coverage.broken.is_some_and(|reason| reason.contains("shrank")));
}

#[test]
fn a_log_that_is_renamed_and_compressed_loses_nothing() {
    let logs = Logs::new();
    logs.write("received.log", lines(0..50));
    logs.write("received.log.1", lines(900..950));
    let log = open([SourceSpec::Files(logs.path("received.log*"))], as_is);
    assert_eq!(seen(&log, &[5, 60, 70]).sightings, [Received, Unseen, Unseen]);
    fs::remove_file(logs.path("received.log.1")).expect("a file");
    logs.write("received.log.2.gz", gz(lines(900..950).as_bytes()));
    append(&logs.path("received.log"), &line(60));
    fs::rename(logs.path("received.log"), logs.path("received.log.1")).expect("a rename");
    logs.write("received.log", line(70));
    let lookup = seen(&log, &[5, 60, 70]);
    assert_eq!((lookup.sightings, lookup.coverage.broken), (vec![Received, Received, Received], None));
    assert_eq!(lookup.stats.lines, 102);
}

#[test]
fn what_went_missing_is_missed_until_it_is_found_again() {
    let logs = Logs::new();
    logs.write("received.log", lines(0..50));
    let log = open([SourceSpec::Files(logs.path("received.log*"))], as_is);
    logs.write("received.log", line(60));
    for _ in 0..2 {
        let broken = seen(&log, &[5, 60]).coverage.broken.expect("it shrank");
        assert!(broken.contains("shrank"), "{broken}");
    }
    logs.write("received.log.1.zst", zst(lines(0..55).as_bytes()));
    let lookup = seen(&log, &[5, 60]);
    assert_eq!((lookup.sightings, lookup.coverage.broken), (vec![Received, Received], None));
}

#[test]
fn an_archive_in_the_making_beside_its_source_is_no_damage() {
    let logs = Logs::new();
    let whole = gz(lines(0..3_000).as_bytes());
    logs.write("received.log", line(5_000));
    logs.write("received.log.1", lines(0..3_000));
    let log = open([SourceSpec::Files(logs.path("received.log*"))], as_is);
    logs.write("received.log.1.gz", &whole[..whole.len() / 2]);
    let lookup = seen(&log, &[5, 2_999, 6_000]);
    assert_eq!((lookup.sightings, lookup.coverage.broken), (vec![Received, Received, Unseen], None));
    logs.write("received.log.1.gz", &whole);
    fs::remove_file(logs.path("received.log.1")).expect("a file");
    let lookup = seen(&log, &[5, 2_999, 6_000]);
    assert_eq!((lookup.sightings, lookup.coverage.broken), (vec![Received, Received, Unseen], None));
}

#[test]
fn a_torn_line_at_the_end_of_an_archive_stays_in_doubt() {
    let logs = Logs::new();
    let sources = [logs.write("a.log", lines(0..3)), logs.write("b.gz", gz((lines(3..6) + &line(6)[..40]).as_bytes()))];
    let log = open(sources, as_is);
    let piped =
        FileLog::open_with_stdin(ReceivedOptions::of([SourceSpec::Stdin]), (lines(3..6) + &line(6)[..40]).as_bytes());
    for log in [log, piped.expect("usable")] {
        for _ in 0..3 {
            assert_eq!(seen(&log, &[6, 4]).sightings, [Possible, Received]);
        }
    }
}

#[test]
fn a_file_that_is_missing_from_a_rotation_is_a_gap() {
    let logs = Logs::new();
    logs.write("received.log", lines(300..350));
    logs.write("received.log.1", lines(200..250));
    logs.write("received.log.3.gz", gz(lines(0..50).as_bytes()));
    let pattern = || [SourceSpec::Files(logs.path("received.log*"))];
    let broken = seen(&open(pattern(), as_is), &[5]).coverage.broken.expect("a gap");
    assert!(broken.contains("received.log.2 is missing"), "{broken}");
    // Times tell from when on nothing can be missing.
    let coverage = seen(&open(pattern(), timed), &[5]).coverage;
    assert_eq!((coverage.broken, coverage.since.map(|time| time.timestamp())), (None, Some(1_795_310_200)));
    assert!(coverage.gap.is_some_and(|gap| gap.contains("received.log.2 is missing")));
    // So does the user.
    let said = open(pattern(), |options| {
        timed(options);
        options.since = chrono::DateTime::from_timestamp(1_795_310_260, 0);
    });
    let coverage = seen(&said, &[5]).coverage;
    assert_eq!((coverage.gap, coverage.since.map(|time| time.timestamp())), (None, Some(1_795_310_260)));
}

#[test]
fn a_gap_ends_with_the_latest_line_of_the_older_file_even_where_that_is_ruled_out() {
    let logs = Logs::new();
    let late = lines(0..4_000) + &lines(20_000..20_001) + &lines(4_000..6_000);
    assert!(late.len() > 256 << 10, "it is long enough to be read in blocks");
    for (older, bytes) in [("received.log.3", late.clone().into_bytes()), ("received.log.3.gz", gz(late.as_bytes()))] {
        logs.write(older, bytes);
        logs.write("received.log.1", lines(10_000..10_050));
        logs.write("received.log", lines(10_050..10_100));
        let log = open([SourceSpec::Files(logs.path("received.log*"))], timed);
        for _ in 0..2 {
            let lookup = seen(&log, &[5, 7_000]);
            assert_eq!(lookup.sightings, [Received, Unseen]);
            assert_eq!(lookup.coverage.since.map(|time| time.timestamp()), Some(1_795_330_000), "{older}");
        }
        fs::remove_file(logs.path(older)).expect("a file");
    }
}

#[test]
fn a_damaged_old_archive_hides_what_came_before_the_next_file() {
    let logs = Logs::new();
    let whole = gz(lines(0..3_000).as_bytes());
    logs.write("received.log.2.gz", &whole[..whole.len() - 500]);
    logs.write("received.log.1", lines(3_000..3_100));
    logs.write("received.log", lines(3_100..3_200));
    let log = open([SourceSpec::Files(logs.path("received.log*"))], timed);
    let lookup = seen(&log, &[5, 2_999, 3_150]);
    assert_eq!(lookup.sightings, [Received, Unseen, Received]);
    assert_eq!(lookup.coverage.broken, None);
    assert_eq!(lookup.coverage.since.map(|time| time.timestamp()), Some(1_795_313_000));
    assert!(lookup.coverage.gap.is_some_and(|gap| gap.contains("received.log.2.gz")));
    // The newest file has no newer one that could tell.
    logs.write("received.log", [lines(3_100..3_200).as_bytes(), &[0; 500], line(3_300).as_bytes()].concat());
    assert!(seen(&log, &[5]).coverage.broken.is_some_and(|reason| reason.contains("received.log")));
}

#[test]
fn a_clock_that_jumps_back_does_not_widen_the_coverage() {
    let logs = Logs::new();
    let jumped = "{\"event_id\":\"x\",\"t\":1000000000}\n";
    let log = open([logs.write("received.log", lines(0..1_500) + jumped + &lines(1_500..1_600))], timed);
    let coverage = seen(&log, &[5]).coverage;
    assert_eq!(coverage.since.map(|time| time.timestamp()), Some(1_795_310_000));
}

/// One step in the life of a log, as a writer and a rotation take it.
#[derive(Clone, Debug)]
enum Step {
    Append(Vec<u8>),
    Rotate,
    CopyAndTruncate,
    Compress,
}

fn a_step() -> impl Strategy<Value = Step> {
    let bytes = prop::collection::vec(prop::sample::select(b"evt-0123,\"\n\n{}\0 =:".to_vec()), 0..60);
    prop_oneof![
        8 => bytes.prop_map(Step::Append),
        3 => (0u32..20, any::<bool>()).prop_map(|(number, torn)| {
            let whole = format!("{{\"id\":\"evt-{number}\",\"event_id\":\"evt-{number}\"}}\nevt-{number}\nevt-{number},1\nk=1 id=evt-{number}\n");
            let end = if torn { whole.len() - 3 } else { whole.len() };
            Step::Append(whole.into_bytes()[..end].to_vec())
        }),
        1 => Just(Step::Rotate),
        1 => Just(Step::CopyAndTruncate),
        1 => Just(Step::Compress),
    ]
}

/// Moves every numbered file one up.
fn make_room(logs: &Logs) {
    for number in (1..9).rev() {
        for end in ["", ".gz"] {
            let from = logs.path(&format!("received.log.{number}{end}"));
            if from.exists() {
                fs::rename(from, logs.path(&format!("received.log.{}{end}", number + 1))).expect("a rename");
            }
        }
    }
}

fn take(step: &Step, logs: &Logs, first: &str) {
    let path = logs.path("received.log");
    match step {
        Step::Append(bytes) => {
            let mut file = OpenOptions::new().append(true).open(&path).expect("a file");
            file.write_all(bytes).expect("a file can be written");
        }
        Step::Rotate => {
            make_room(logs);
            fs::rename(&path, logs.path("received.log.1")).expect("a rename");
            fs::write(&path, first).expect("a file can be written");
        }
        Step::CopyAndTruncate => {
            make_room(logs);
            fs::copy(&path, logs.path("received.log.1")).expect("a copy");
            fs::write(&path, first).expect("a file can be written");
        }
        Step::Compress => {
            let rotated = logs.path("received.log.1");
            if let Ok(bytes) = fs::read(&rotated) {
                logs.write("received.log.1.gz", gz(&bytes));
                fs::remove_file(rotated).expect("a file");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn looking_again_says_what_looking_afresh_would_say(
        steps in prop::collection::vec(a_step(), 1..12),
        format in prop::sample::select(vec![Format::Ids, Format::Jsonl, Format::Csv, Format::Text]),
        ask_new in any::<bool>(),
    ) {
        // Each file begins with lines of its own that show the format.
        let first = match format {
            Format::Ids => "begin-of-a-log-with-a-telling-name\n",
            Format::Jsonl => "{\"id\":\"begin-of-a-log-with-a-telling-name\"}\n",
            Format::Csv => "id,x\nbegin-of-a-log-with-a-telling-name,1\n",
            Format::Text => "k=1 id=begin-of-a-log-with-a-telling-name\n",
        };
        let logs = Logs::new();
        logs.write("received.log", first);
        let options = || {
            let mut options = ReceivedOptions::of([SourceSpec::Files(logs.path("received.log*"))]);
            (options.format, options.id) = (Some(format), field("id"));
            options
        };
        let log = FileLog::open(options()).expect("usable");
        let ids: Vec<String> = (0..20).map(|number| format!("evt-{number}")).collect();
        let mut asked: Vec<&str> = ids.iter().map(String::as_str).take(10).collect();
        for (position, step) in steps.iter().enumerate() {
            take(step, &logs, first);
            if ask_new && position == 3 {
                asked = ids.iter().map(String::as_str).collect();
            }
            let again = ask(&log, &asked);
            // Damage may make it unusable for whoever comes new to it.
            let Ok(afresh) = FileLog::open(options()) else { break };
            let afresh = ask(&afresh, &asked);
            prop_assert_eq!(again.coverage.broken.is_some(), afresh.coverage.broken.is_some(), "{:?}", again.coverage);
            for (number, (again, afresh)) in again.sightings.iter().zip(&afresh.sightings).enumerate() {
                // Damage that is no longer there may still cast doubt, and never the other way round.
                let is_doubt = *again == Possible && *afresh == Unseen;
                prop_assert!(again == afresh || is_doubt, "{} {:?} {:?}", asked[number], again, afresh);
            }
            prop_assert_eq!((again.stats.lines, again.stats.unreadable), (afresh.stats.lines, afresh.stats.unreadable));
        }
    }
}
