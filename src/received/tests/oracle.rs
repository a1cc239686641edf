//! The reader against a naive one: every line parsed into a document, every id put into a set.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A small world of ids, so that logs and questions meet.
fn an_id() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u8..12).prop_map(|number| format!("evt-{number:02}")),
        (0u8..12).prop_map(|number| format!("00000000-0000-4000-8000-0000000000{number:02x}")),
        (0u8..6).prop_map(|number| format!("odd {number}\"é/{number}")),
    ]
}

/// The spellings of one id in JSON.
fn spelled(id: &str, spelling: u8) -> String {
    let plain = Value::String(id.to_owned()).to_string();
    match spelling {
        0 => plain,
        1 => format!("\"{}\"", id.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<String>()),
        2 if id.starts_with("0000") => format!("\"{{{}}}\"", id.to_uppercase()),
        3 if id.starts_with("0000") => format!("\"{}\"", id.replace('-', "")),
        _ => plain.replace('/', "\\/"),
    }
}

fn a_line() -> impl Strategy<Value = String> {
    let status = prop_oneof![Just("200"), Just("\"204\""), Just("500"), Just("\"404\"")];
    let whole = (an_id(), an_id(), 0u8..5, status, 0u8..4).prop_map(|(id, other, spelling, status, shape)| {
        let (id, decoy) = (spelled(&id, spelling), spelled(&other, 0));
        match shape {
            0 => format!("{{\"id\":{id},\"status\":{status}}}"),
            1 => format!("{{\"x\":{{\"id\":{decoy}}},\"status\":{status},\"\\u0069d\":{id},\"z\":[{decoy}]}}"),
            2 => format!(" {{ \"ID\" : {decoy} , \"id\" : {id} , \"status\" : {status} }} \r"),
            _ => format!("{{\"status\":{status},\"other\":{decoy}}}"),
        }
    });
    let whole = whole.boxed();
    let damaged = (whole.clone(), any::<prop::sample::Index>(), 0u8..3).prop_map(|(line, at, kind)| {
        let at = at.index(line.len());
        let at = (0..=at).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        match kind {
            0 => line[..at].to_owned(),
            1 => format!("{}{}", &line[..at], line),
            _ => format!("{}\0{}", &line[..at], &line[at..]),
        }
    });
    prop_oneof![8 => whole, 1 => damaged, 1 => Just(String::new())]
}

/// By value where it is a UUID.
fn normal(id: &str) -> String {
    let digits: String = id.chars().filter(|letter| !"{}-".contains(*letter)).collect();
    let is_uuid = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if is_uuid { digits.to_lowercase() } else { id.to_owned() }
}

#[derive(Default)]
struct Naive {
    received: HashSet<String>,
    /// The lines that are no objects, as they stand.
    unreadable: Vec<String>,
}

fn naive(lines: &[String]) -> Naive {
    let mut naive = Naive::default();
    for line in lines.iter().filter(|line| !line.trim().is_empty()) {
        let Ok(Value::Object(object)) = serde_json::from_str::<Value>(line) else {
            naive.unreadable.push(line.clone());
            continue;
        };
        let status = match object.get("status") {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        if let (Some(Value::String(id)), Some(200..=299)) = (object.get("id"), status) {
            naive.received.insert(normal(id));
        }
    }
    naive
}

fn is_in(id: &str, line: &str) -> bool {
    (0..5).any(|spelling| line.contains(spelled(id, spelling).trim_matches('"')))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_reader_agrees_with_a_naive_one(
        lines in prop::collection::vec(a_line(), 0..30),
        ids in prop::collection::hash_set(an_id(), 1..12),
    ) {
        // A first line that shows the format and the fields.
        let text = json!({"id": "first", "status": 200}).to_string() + "\n" + &lines.join("\n") + "\n";
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let adjust = |options: &mut ReceivedOptions| {
            options.format = Some(Format::Jsonl);
            (options.id, options.status) = (field("id"), field("status"));
        };
        let lookup = ask_text(&text, adjust, &ids);
        let expected = naive(&lines);
        prop_assert_eq!(lookup.stats.unreadable, expected.unreadable.len() as u64);
        for (id, sighting) in ids.iter().zip(&lookup.sightings) {
            let received = expected.received.contains(&normal(id));
            prop_assert_eq!(received, *sighting == Received, "{} {:?}\n{}", id, sighting, &text);
            if !received && expected.unreadable.iter().any(|line| is_in(id, line)) {
                prop_assert_eq!(*sighting, Possible, "{}\n{}", id, &text);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_never_hide_an_id_that_stands_in_them(
        before in prop::collection::vec(any::<u8>(), 0..200),
        after in prop::collection::vec(any::<u8>(), 0..200),
        format in prop_oneof![Just(Format::Ids), Just(Format::Jsonl), Just(Format::Csv), Just(Format::Text)],
    ) {
        let first: &[u8] = match format {
            Format::Ids => b"first\n",
            Format::Jsonl => b"{\"id\":\"first\"}\n",
            Format::Csv => b"id,x\nfirst,1\n",
            Format::Text => b"time=1 id=first\n",
        };
        let text = [first, &before, b" \"needle-1\" ", &after, b"\nlast"].concat();
        let logs = Logs::new();
        let mut options = ReceivedOptions::of([logs.write("received.log", text)]);
        (options.format, options.id) = (Some(format), field("id"));
        if let Ok(log) = FileLog::open(options) {
            let sightings = ask(&log, &["needle-1"]).sightings;
            // In a table it may stand in another column, in text under another key.
            prop_assert!(matches!(format, Format::Csv | Format::Text) || sightings != [Unseen]);
        }
    }

    #[test]
    fn a_table_agrees_with_the_rows_it_was_written_from(
        rows in prop::collection::vec((an_id(), prop::sample::select(vec![200, 204, 404, 500]), "[a\"\n,;\t\r é]{0,6}"), 1..30),
        ids in prop::collection::hash_set(an_id(), 1..12),
        delimiter in prop::sample::select(vec![',', ';', '\t']),
    ) {
        let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
        let row = |(id, status, note): &(String, i32, String)| {
            format!("{}{delimiter}{status}{delimiter}{}\r\n", quoted(note), quoted(id))
        };
        let text = format!("note{delimiter}status{delimiter}id\n") + &rows.iter().map(row).collect::<String>();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let adjust = |options: &mut ReceivedOptions| {
            options.format = Some(Format::Csv);
            (options.id, options.status) = (field("id"), field("status"));
        };
        let lookup = ask_text(&text, adjust, &ids);
        prop_assert_eq!(lookup.stats.unreadable, 0);
        for (id, sighting) in ids.iter().zip(&lookup.sightings) {
            let received = rows.iter().any(|(other, status, _)| normal(other) == normal(id) && *status < 300);
            prop_assert_eq!(received, *sighting == Received, "{} {:?}\n{}", id, sighting, &text);
        }
    }
}
