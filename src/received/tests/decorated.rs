//! What stands in a log beside its field, around its value or in a part that was cut is not absent.

use super::packed::{bz2, gz, xz, zst};
use super::*;

const ID: &str = "cd613e30-d8f1-4adf-91b7-584a2265b1f5";
const OTHERS: [&str; 2] = ["d95bafc8-f2a4-427b-9cf4-bb99f4bea973", "21636369-8b52-4b4a-97b7-50923ceb3ffd"];

/// What a log says of the id where each id stands in such a line, between others.
fn sighting_in(line: impl Fn(&str) -> String, adjust: impl FnOnce(&mut ReceivedOptions)) -> Sighting {
    let lines: Vec<String> = [OTHERS[0], ID, OTHERS[1]].into_iter().map(line).collect();
    ask_text(lines.join("\n") + "\n", adjust, &[ID]).sightings[0]
}

#[test]
fn an_id_that_is_only_a_part_of_a_single_word_is_not_absent() {
    for shape in [
        "[\"ID\"]",
        "[{\"event_id\":\"ID\"}]",
        "{event_id:\"ID\"}",
        "{'event_id':'ID'}",
        "\"event_id\":\"ID\"",
        "data:{ID}",
        "<event><id>ID</id></event>",
        "X-Event-Id:ID",
        "OK:ID",
        "'ID'",
        "[ID]",
        "/hooks/ID",
        "ID.json",
        "\"ID",
        "ID\"\"",
        "ID\u{fffd}",
        "2ID",
        "ID-x",
    ] {
        let sighting = sighting_in(|id| shape.replace("ID", id), |_| {});
        assert_eq!(sighting, Possible, "{shape}");
    }
    let text = [OTHERS[0].as_bytes(), b"\n", ID.as_bytes(), b"\xff\n"].concat();
    let lookup = ask_text(text, as_format(Format::Ids), &[ID]);
    assert_eq!(lookup.sightings, [Possible]);
}

#[test]
fn a_row_whose_first_cell_is_a_pair_is_a_row() {
    for separator in [',', ';'] {
        let row = |id: &str| ["src=web", id, "200"].join(&separator.to_string());
        let text = ["source", "event_id", "status"].join(&separator.to_string());
        let text = [text, row(OTHERS[0]), row(ID)].join("\n") + "\n";
        assert_eq!(ask_text(text, |_| {}, &[ID, OTHERS[1]]).sightings, [Received, Unseen], "{separator}");
    }
}

#[test]
fn a_single_pair_is_a_pair_and_no_id() {
    for line in ["event_id=ID", "event_id=\"ID\""] {
        assert_eq!(sighting_in(|id| line.replace("ID", id), |_| {}), Received, "{line}");
        assert_eq!(sighting_in(|id| line.replace("ID", id), |options| options.id = field("event_id")), Received);
    }
    assert_eq!(
        sighting_in(|id| format!("event_id={id}&status=200"), |options| options.id = field("event_id")),
        Possible
    );
    // The padding of base64 is no value.
    let lookup = ask_text("YWJjZA==\nYWJjZGU=\nYWJj\n", |_| {}, &["YWJjZA==", "YWJjZGU=", "YWJj", "x"]);
    assert_eq!(lookup.sightings, [Received, Received, Received, Unseen]);
}

#[test]
fn what_stands_around_a_value_puts_its_id_in_doubt() {
    let named = |options: &mut ReceivedOptions| options.id = field("event_id");
    for value in ["ID,", "'ID'", "ID;", "[ID]", "(ID)", "<ID>", "UUID('ID')"] {
        let pairs = sighting_in(|id| format!("ts=1 event_id={} uri=/h", value.replace("ID", id)), named);
        assert_eq!(pairs, Possible, "{value}");
        let object = sighting_in(|id| format!("{{\"event_id\":\"{}\"}}", value.replace("ID", id)), named);
        assert_eq!(object, Possible, "{value}");
        let word = ask_text(format!("ts=1 event_id={}\n", value.replace("ID", "evt_1")), named, &["evt_1", "evt_2"]);
        let is_nested = value.starts_with("UUID");
        assert_eq!(word.sightings, [if is_nested { Unseen } else { Possible }, Unseen], "{value}");
    }
    for cell in ["=\"ID\"", "'ID'", "ID\"", "d\"ID\"", "\u{fffd}ID"] {
        let table = |id: &str| format!("{},200", if id == ID { cell.replace("ID", id) } else { id.to_owned() });
        let text = ["event_id,status".to_owned(), table(OTHERS[0]), table(ID), table(OTHERS[1])].join("\n") + "\n";
        assert_eq!(ask_text(text, |_| {}, &[ID]).sightings, [Possible], "{cell}");
    }
}

#[test]
fn an_id_of_another_field_or_within_another_id_stays_absent() {
    let named = |options: &mut ReceivedOptions| options.id = field("id");
    let text = format!("{{\"id\":\"a-1.5\",\"parent\":\"{ID}\"}}\n{{\"id\":\"evt 1 of 3\"}}\n");
    assert_eq!(ask_text(text, named, &[ID, "1", "5", "a-1"]).sightings, [Unseen; 4]);
    let refused = format!("{{\"id\":\"[{ID}]\",\"status\":500}}\n");
    let with_status = |options: &mut ReceivedOptions| (options.id, options.status) = (field("id"), field("status"));
    assert_eq!(ask_text(refused, with_status, &[ID]).sightings, [Unseen]);
}

#[test]
fn digits_in_braces_are_a_uuid() {
    let braced = format!("{{{}}}", ID.replace('-', ""));
    let lookup =
        ask_text(format!("{{\"id\":\"x\"}}\n{{\"id\":\"{braced}\"}}\n"), |options| options.id = field("id"), &[ID]);
    assert_eq!(lookup.sightings, [Received]);
}

#[test]
fn marks_of_files_that_were_put_together_are_not_part_of_a_line() {
    let mark = "\u{feff}";
    for (line, format) in
        [("ID", Format::Ids), ("event_id=ID s=1", Format::Text), ("{\"event_id\":\"ID\"}", Format::Jsonl)]
    {
        let with_marks = |id: &str| mark.to_owned() + &line.replace("ID", id);
        assert_eq!(sighting_in(with_marks, as_format(format)), Received, "{line}");
    }
}

#[test]
fn what_was_cut_at_either_end_of_a_file_is_not_absent() {
    let pattern = |options: &mut ReceivedOptions| options.id = field("got (?<id>[^ ]+) ok");
    let [other, another] = OTHERS;
    let torn = ask_text(format!("2026 got {other} ok\n2026 got {ID}"), pattern, &[ID, another]);
    assert_eq!(torn.sightings, [Possible, Unseen]);
    let half = ask_text(format!("2026 got {other} ok\n2026 got {}", &ID[..20]), pattern, &[ID, another]);
    assert_eq!(half.sightings, [Possible, Unseen]);
    let first = ask_text(format!("t {ID} ok\n2026 got {other} ok\n"), pattern, &[ID, another]);
    assert_eq!(first.sightings, [Possible, Unseen]);
    for first in [format!("vent_id={ID} s=1"), format!("={ID} s=1"), format!("{ID} s=1")] {
        let text = format!("{first}\nevent_id={other} s=1\nevent_id={other} s=2\n");
        let pairs =
            |options: &mut ReceivedOptions| (options.format, options.id) = (Some(Format::Text), field("event_id"));
        assert_eq!(ask_text(text, pairs, &[ID, another]).sightings, [Possible, Unseen], "{first}");
    }
    for (line, format) in [
        ("\"ID", Format::Ids),
        ("[ID", Format::Ids),
        ("{\"event_id\":\"ID", Format::Ids),
        ("event_id='ID", Format::Text),
    ] {
        let whole = line.replace("ID", other);
        let text = format!("{whole}\n{whole}\n{}", line.replace("ID", &ID[..13]));
        let named = |options: &mut ReceivedOptions| (options.format, options.id) = (Some(format), field("event_id"));
        assert_eq!(ask_text(text, named, &[ID, another]).sightings, [Possible, Unseen], "{line}");
    }
    let dash =
        ask_text(format!("ts=1 event_id={other}\nts=5 event_id=-"), |options| options.id = field("event_id"), &[ID]);
    assert_eq!(dash.sightings, [Unseen], "a dash is the beginning of nothing");
    let later = ask_text(format!("2026 got {other} ok\nt {ID} ok\n"), pattern, &[ID]);
    assert_eq!(later.sightings, [Unseen]);
    for cut in 1..ID.len() {
        let table = format!("\"event_id\",\"status\"\n\"{other}\",\"200\"\n\"{}", &ID[..cut]);
        let lookup = ask_text(table, |_| {}, &[ID, another]);
        assert_eq!(lookup.sightings, [Possible, Unseen], "{cut}");
    }
}

#[test]
fn a_hole_of_a_few_nuls_may_have_held_an_id() {
    for nuls in [4, 36, 63, 64, 600] {
        for (line, format) in
            [("ID", Format::Ids), ("event_id=ID s=1", Format::Text), ("{\"event_id\":\"ID\"}", Format::Jsonl)]
        {
            let [first, last] = OTHERS.map(|id| line.replace("ID", id));
            let text = format!("{first}\n{}\n{last}\n", "\0".repeat(nuls));
            let lookup = ask_text(text, as_format(format), &[ID]);
            assert!(
                lookup.coverage.broken.is_some_and(|broken| broken.contains("hole of NUL bytes at line 2")),
                "{nuls}"
            );
        }
    }
}

#[test]
fn an_archive_of_which_next_to_nothing_is_left_rules_nothing_out() {
    let endings = ["gz", "bz2", "xz", "zst"];
    for (ending, pack) in endings.into_iter().zip([gz, bz2, xz, zst] as [fn(&[u8]) -> Vec<u8>; 4]) {
        let whole = pack(format!("{{\"event_id\":\"{ID}\"}}\n").as_bytes());
        for length in [0, 1, 3, 6] {
            let logs = Logs::new();
            logs.write("received.log", format!("{{\"event_id\":\"{}\"}}\n", OTHERS[0]));
            logs.write(&format!("received.log.1.{ending}"), &whole[..length]);
            // A log beside it may be a later one of the same name.
            logs.write("received.log.1", format!("{{\"event_id\":\"{}\"}}\n", OTHERS[1]));
            let options = ReceivedOptions::of([SourceSpec::Files(logs.path("received.log*"))]);
            let lookup = ask(&FileLog::open(options).expect("the log is usable"), &[ID, OTHERS[0]]);
            assert_eq!(lookup.sightings, [Unseen, Received], "{ending} {length}");
            let receipt = lookup.coverage.of_unseen(None);
            assert!(receipt != crate::receipt::Receipt::Absent, "{ending} {length}");
        }
    }
}
