//! Reading in blocks against reading line by line: the same findings, wherever blocks begin and end.

use std::fs::File;
use std::io::{Read, Seek, Write};

use proptest::prelude::*;

use super::super::judge::{Findings, Judge};
use super::super::packing::Packing;
use super::super::plan::{Layout, examine};
use super::super::scan::{Checkpoint, Scanned, Source, scan};
use super::super::shortcut::Effort;
use super::super::story::Story;
use super::*;

/// A small world of ids, so that logs and questions meet. The kinds go with `wanted`.
fn an_id(kind: Kind) -> BoxedStrategy<String> {
    let uuid = (0_u128..12).prop_map(|number| uuid::Uuid::from_u128((number << 90) | (number * 77)).to_string());
    let word = (1_u32..12).prop_map(|number| format!("evt_{}", "9a".repeat(number as usize)));
    let odd = (0_u8..6).prop_map(|number| format!("odd.{number}/x"));
    match kind {
        Kind::Uuids => uuid.boxed(),
        Kind::Words => prop_oneof![uuid, word].boxed(),
        Kind::Odd => prop_oneof![uuid, word, odd].boxed(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Uuids,
    Words,
    Odd,
}

fn spelled(id: &str, spelling: u8) -> String {
    match spelling {
        0 => id.to_uppercase(),
        1 => id.replace('-', ""),
        2 => format!("{{{id}}}"),
        _ => id.to_owned(),
    }
}

/// A line of a format, and rarely of another.
fn a_line(format: Format, kind: Kind) -> BoxedStrategy<Vec<u8>> {
    let parts =
        (an_id(Kind::Odd), an_id(kind), 0_u8..9, prop::sample::select(vec!["200", "204", "500", "-"]), 0_u8..12);
    let whole = parts.prop_map(move |(other, id, spelling, status, shape)| {
        let id = spelled(&id, spelling);
        let escaped = || id.bytes().map(|byte| format!("\\u{byte:04x}")).collect::<String>();
        let text = match (format, shape) {
            (_, 0) => String::new(),
            (_, 1) => format!("  {id}"),
            (_, 2) => format!("{{\"id\":\"{id}\",\"status\":{status}"),
            (Format::Jsonl, 3) => format!("{{\"id\":\"{}\",\"status\":{status}}}", escaped()),
            (Format::Jsonl, 4) => format!("{{\"x\":{{\"id\":\"{id}\"}},\"status\":200,\"id\":\"{other}\"}}"),
            (Format::Jsonl, 5) => {
                format!("{{\"status\":200,\"id\":\"{other}\",\"note\":\"caf\u{e9} \\u003c\\n\\\"{id}\\\"\"}}\r")
            }
            (Format::Jsonl, _) => format!("{{\"status\":{status},\"id\":\"{id}\",\"other\":\"{other}\"}}"),
            (Format::Ids, 3) => format!("\"{id}\""),
            (Format::Ids, _) => id,
            (Format::Csv, 3) => format!("\"a \"\"note\"\", {other}\",{status},\"{id}\"\r"),
            (Format::Csv, 4) => format!("\"two\n{other},200,lines\",{status},{id}"),
            (Format::Csv, 5) => format!("x\"y,{status},{id}"),
            (Format::Csv, 6) => format!("\"x\"y,{status},{id}"),
            (Format::Csv, _) => format!("{other},{status},{id}"),
            (Format::Text, 3) => format!("note=\"\\x22 id={id}\" status={status} id={other}"),
            (Format::Text, 4) => format!("status={status} id=\"{}\"", escaped()),
            (Format::Text, _) => format!("note={other} status={status} id={id}"),
        };
        text.into_bytes()
    });
    let whole = whole.boxed();
    let bytes = prop::collection::vec(
        prop_oneof![Just(0_u8), Just(b'"'), Just(b'\\'), Just(b'\n'), Just(1), any::<u8>()],
        1..4,
    );
    let damaged =
        (whole.clone(), any::<prop::sample::Index>(), 0_u8..4, bytes).prop_map(|(line, at, damage, bytes)| {
            let at = at.index(line.len() + 1);
            match damage {
                0 => line[..at].to_vec(),
                1 => [&line[..at], &line].concat(),
                2 => [&line[..at], &bytes.repeat(30), &line[at..]].concat(),
                _ => [&line[..at], &bytes, &line[at..]].concat(),
            }
        });
    let either = prop_oneof![12 => whole, 1 => damaged].boxed();
    // The mark of a file that was put behind another.
    let marked = either.clone().prop_map(|line| ["\u{feff}".as_bytes(), &line].concat());
    prop_oneof![30 => either, 1 => marked].boxed()
}

fn first_lines(format: Format) -> &'static str {
    match format {
        Format::Ids => "begin-1\n",
        Format::Jsonl => "{\"id\":\"begin-1\",\"status\":200}\n",
        Format::Csv => "note,status,id\nx,200,begin-1\n",
        Format::Text => "note=x status=200 id=begin-1\n",
    }
}

fn layout_of(file: &File, format: Format, by_pattern: bool) -> Option<(Layout, ReceivedOptions)> {
    let mut options = ReceivedOptions::of([]);
    options.format = Some(format);
    if format != Format::Ids {
        (options.id, options.status) = (field("id"), field("status"));
    }
    if by_pattern && format == Format::Text {
        (options.id, options.status) = (field(r#"id="?(?<id>[^" ]+)"#), None);
    }
    let plan = examine(file, Packing::Plain, &options, &[]).ok()?;
    Some((plan.layout, options))
}

/// How the bytes are given to the reader.
#[derive(Clone, Copy, Debug)]
enum Given {
    AsStream,
    AsFile,
}

fn read(
    mut file: &File,
    given: Given,
    layout: &Layout,
    options: &ReceivedOptions,
    wanted: &WantedIds,
    effort: Effort,
) -> (Findings, (Story, Story), Scanned) {
    file.rewind().expect("a file can be moved in");
    let stream: Box<dyn Read> = Box::new(file);
    let plain = match given {
        Given::AsStream => None,
        Given::AsFile => Some(file),
    };
    let mut judge = Judge::new(wanted, options);
    judge.begin(Story::default());
    let scanned = scan(Source { stream, plain }, "log", layout, &Checkpoint::default(), effort, &mut judge);
    let stories = judge.end();
    (judge.finish(), stories, scanned)
}

fn a_log() -> impl Strategy<Value = (Format, Kind, Vec<Vec<u8>>, Vec<String>)> {
    let formats = prop::sample::select(vec![Format::Ids, Format::Jsonl, Format::Csv, Format::Text]);
    let kinds = prop::sample::select(vec![Kind::Uuids, Kind::Uuids, Kind::Words, Kind::Odd]);
    (formats, kinds).prop_flat_map(|(format, kind)| {
        let lines = prop::collection::vec(a_line(format, kind), 0..40);
        (Just(format), Just(kind), lines, prop::collection::vec(an_id(kind), 0..6))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn blocks_show_what_lines_show(
        (format, _, lines, ids) in a_log(),
        (block, head) in (1_usize..300, 0_u64..200),
        given in prop::sample::select(vec![Given::AsStream, Given::AsFile]),
        by_pattern in any::<bool>(),
        is_torn in any::<bool>(),
    ) {
        let mut text = first_lines(format).as_bytes().to_vec();
        text.extend(lines.join(&b'\n'));
        if !is_torn {
            text.push(b'\n');
        }
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(&text).expect("a file can be written");
        let Some((layout, options)) = layout_of(&file, format, by_pattern) else { return Ok(()) };
        let wanted = WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")));
        let ask = |given, effort| read(&file, given, &layout, &options, &wanted, effort);
        let (slow, slow_stories, slow_scanned) = ask(Given::AsStream, Effort::line_by_line());
        let (fast, fast_stories, fast_scanned) = ask(given, Effort { head, block, least_shared: 0 });
        let shown = String::from_utf8_lossy(&text);
        prop_assert_eq!(&fast.now, &slow.now, "{:?}\n{}", &ids, &shown);
        prop_assert_eq!(&fast.lasting, &slow.lasting, "{:?}\n{}", &ids, &shown);
        prop_assert_eq!(fast_scanned.length, slow_scanned.length);
        prop_assert_eq!(&fast_scanned.checkpoint, &slow_scanned.checkpoint, "{}", &shown);
        prop_assert_eq!(&fast_scanned.failure, &slow_scanned.failure);
        for (fast, slow) in [(fast_stories.0, slow_stories.0), (fast_stories.1, slow_stories.1)] {
            prop_assert_eq!(fast.lines, slow.lines, "{}", &shown);
            if fast.is_sample {
                prop_assert!(fast.ids <= slow.ids && fast.refused <= slow.refused && fast.unreadable <= slow.unreadable);
            } else {
                prop_assert_eq!(&fast, &slow, "{}", &shown);
            }
        }
        // Lines that can't be understood are counted in a sample only; holes are found for sure.
        prop_assert!(slow_scanned.damage.is_some() || fast_scanned.damage.is_none());
        if fast_scanned.checkpoint.damage.is_some() {
            prop_assert_eq!(&fast_scanned.damage, &slow_scanned.damage);
        }
    }
}

/// A line with a time; the clock of some stands still or goes back.
fn a_timed_line(format: Format) -> impl Strategy<Value = String> {
    let noise = prop::sample::select(vec!["", "\\", "\u{1}", "{\"", "caf\u{e9}"]);
    (0_u32..3_000, an_id(Kind::Uuids), prop_oneof![20 => Just(""), 1 => noise])
        .prop_map(move |(second, id, noise)| timed_line(format, second, &id, noise))
}

fn timed_line(format: Format, second: u32, id: &str, noise: &str) -> String {
    let clock = format!("{:02}:{:02}", second / 60, second % 60);
    match format {
        Format::Ids => id.to_owned(),
        Format::Jsonl => format!("{{\"t\":\"2026-11-22T01:{clock}Z\",\"id\":\"{id}\"}}{noise}"),
        Format::Csv => format!("2026-11-22T01:{clock}Z,{id}{noise}"),
        Format::Text => {
            format!("h - - [22/Nov/2026:01:{clock} +0000] \"POST / HTTP/1.1\" 200 2 \"-\" \"v\" id=\"{id}{noise}\"")
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Behind the lines that tell since when a log speaks, those without a wanted id are ruled out.
    #[test]
    fn blocks_of_lines_with_a_time_show_what_lines_show(
        (format, lines) in prop::sample::select(vec![Format::Jsonl, Format::Csv, Format::Text])
            .prop_flat_map(|format| (Just(format), prop::collection::vec(a_timed_line(format), 0..60))),
        ids in prop::collection::vec(an_id(Kind::Uuids), 0..4),
        block in 100_usize..2_000,
        given in prop::sample::select(vec![Given::AsStream, Given::AsFile]),
    ) {
        let mut text = if format == Format::Csv { "t,id\n".to_owned() } else { String::new() };
        let nobody = uuid::Uuid::nil().to_string();
        (0..1_000).for_each(|second| text.push_str(&(timed_line(format, second + 700, &nobody, "") + "\n")));
        text.push_str(&lines.join("\n"));
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text.as_bytes()).expect("a file can be written");
        let mut options = ReceivedOptions::of([]);
        options.format = Some(format);
        options.id = field("id");
        options.time = if format == Format::Text { None } else { field("t") };
        let layout = examine(&file, Packing::Plain, &options, &[]).expect("a log").layout;
        prop_assert!(layout.has_time());
        let wanted = WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")));
        let ask = |given, effort| read(&file, given, &layout, &options, &wanted, effort);
        let (slow, slow_stories, slow_scanned) = ask(Given::AsStream, Effort::line_by_line());
        let (fast, fast_stories, fast_scanned) = ask(given, Effort { head: 0, block, least_shared: 0 });
        prop_assert_eq!((&fast.now, &fast.lasting), (&slow.now, &slow.lasting));
        prop_assert_eq!(&fast_scanned.checkpoint, &slow_scanned.checkpoint);
        let (fast, slow) = (fast_stories.0, slow_stories.0);
        prop_assert_eq!((fast.lines, fast.opening), (slow.lines, slow.opening));
        prop_assert!(fast.latest <= slow.latest && (fast.is_sample || fast.latest == slow.latest));
    }
}
