//! The same records in a file and in a table give the same answers.

use proptest::prelude::*;
use rusqlite::types::Value;

use super::*;
use crate::received::{FieldSpec, FileLog, Format, ReceivedOptions, SourceSpec};

/// A small world of ids, so that logs and questions meet.
fn an_id() -> impl Strategy<Value = String> {
    prop_oneof![
        (0u8..12).prop_map(|number| format!("Evt-{number:02}")),
        (0u8..12).prop_map(|number| format!("evt-{number:02}")),
        (0u8..12).prop_map(|number| format!("abcdef00-0000-4000-8000-0000000000{number:02x}")),
        (0u64..20).prop_map(|number| number.to_string()),
        (0u64..9).prop_map(|number| format!("0{number}")),
        (0u8..6).prop_map(|number| format!("odd '{number}\" é%_")),
    ]
}

/// The id as a text of the log, in one of the usual spellings.
fn spelled(id: &str, spelling: u8) -> String {
    if !id.starts_with("abcdef") {
        return id.to_owned();
    }
    match spelling {
        0 => id.to_uppercase(),
        1 => id.replace('-', ""),
        2 => format!("{{{}}}", id.to_uppercase()),
        3 => format!("urn:uuid:{id}"),
        _ => id.to_owned(),
    }
}

/// The text as a value of a table.
fn stored(text: &str, form: u8) -> Value {
    match (form, text.parse::<i64>()) {
        (0, Ok(number)) if number.to_string() == text => Value::Integer(number),
        (1, _) => Value::Blob(text.as_bytes().to_vec()),
        (_, Ok(_) | Err(_)) => Value::Text(text.to_owned()),
    }
}

fn rows() -> impl Strategy<Value = Vec<(String, u8, String)>> {
    let status = prop_oneof![Just("200"), Just("204"), Just("500"), Just("OK"), Just("")];
    let row = (an_id(), 0u8..6, 0u8..3, status)
        .prop_map(|(id, spelling, form, status)| (spelled(&id, spelling), form, status.to_owned()));
    prop::collection::vec(row, 0..20)
}

fn of_file(base: &Base, rows: &[(String, u8, String)], ids: &[&str], status: Option<&str>) -> Lookup {
    let path = base.folder.path().join("received.jsonl");
    let line = |(id, _, status): &(String, u8, String)| serde_json::json!({ "id": id, "status": status }).to_string();
    std::fs::write(&path, rows.iter().map(line).collect::<Vec<_>>().join("\n") + "\n").expect("a file");
    let mut options = ReceivedOptions::of([SourceSpec::Files(path)]);
    let field = |name: &str| Some(FieldSpec::new(name).expect("a name"));
    (options.format, options.id, options.status) = (Some(Format::Jsonl), field("id"), status.and_then(field));
    run(FileLog::open(options).expect("a log").look_up(wanted(ids))).expect("an answer")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_table_says_what_a_file_says(
        rows in rows(),
        ids in prop::collection::vec(an_id(), 1..20),
        kind in prop::sample::select(vec!["TEXT", "BLOB", "", "TEXT COLLATE NOCASE"]),
        has_status in any::<bool>(),
    ) {
        let base = Base::new(&format!("CREATE TABLE t(id {kind}, status TEXT)"));
        let connection = base.connect();
        for (id, form, status) in &rows {
            connection.execute("INSERT INTO t VALUES (?1, ?2)", (stored(id, *form), status)).expect("a row");
        }
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let status = has_status.then_some("status");
        let file = of_file(&base, &rows, &ids, status);
        let table = base.ask(if has_status { "table=t&column=id&status=status" } else { "table=t&column=id" }, &ids);
        prop_assert_eq!(table.sightings, file.sightings);
        prop_assert_eq!(table.coverage, file.coverage);
        prop_assert_eq!(table.stats.ids == 0, file.stats.ids == 0 && rows.is_empty());
    }
}
