//! The reader of text lines against naive ones, and packed logs against plain ones.

use proptest::prelude::*;

use super::packed::{bz2, gz, xz, zst};
use super::*;

/// An id as a sender may choose it, odd ones among them.
fn an_id() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0u8..12).prop_map(|number| format!("evt-{number:02}")),
        2 => (0u8..6).prop_map(|number| format!("odd \"{number}\\ = é")),
        1 => Just(" event_id=\"evt-01\" 200".to_owned()),
    ]
}

/// What a web server writes for a header.
fn escaped(id: &str) -> String {
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | 0..=31 | 127.. => format!("\\x{byte:02X}"),
        byte => char::from(byte).to_string(),
    };
    id.bytes().map(escape).collect()
}

/// What a logging library writes for a value.
fn quoted(id: &str) -> String {
    id.replace('\\', "\\\\").replace('"', "\\\"")
}

/// One request, as the receiver knows it.
#[derive(Clone, Debug)]
struct Request {
    id: Option<String>,
    agent: String,
    status: u16,
    kind: u8,
}

fn a_request() -> impl Strategy<Value = Request> {
    let status = prop::sample::select(vec![200, 204, 301, 404, 500]);
    (prop::option::weighted(0.8, an_id()), an_id(), status, 0u8..12).prop_map(|(id, agent, status, kind)| Request {
        id,
        agent,
        status,
        kind,
    })
}

fn access(request: &Request) -> String {
    let (id, agent) = (request.id.as_deref().map_or("-".to_owned(), escaped), escaped(&request.agent));
    let status = request.status;
    format!(
        "10.0.0.1 - - [22/Nov/2026:01:28:34 +0000] \"POST /{agent} HTTP/1.1\" {status} 2 \"-\" \"{agent}\" event_id=\"{id}\" rt=0.1"
    )
}

fn pairs(request: &Request) -> String {
    let (id, agent) = (request.id.as_deref().map_or("-".to_owned(), quoted), quoted(&request.agent));
    format!("time=1795310914 msg=\"{agent}\" event_id=\"{id}\" status={}", request.status)
}

/// Some lines are cut or run into the next.
fn written(requests: &[Request], line: fn(&Request) -> String) -> (String, Vec<&Request>) {
    let (mut text, mut whole) = (String::new(), Vec::new());
    for request in requests {
        let line = line(request);
        let middle = (0..line.len() / 2).rev().find(|&at| line.is_char_boundary(at)).unwrap_or(0);
        match request.kind {
            0 => text.push_str(&format!("{}\n", &line[..middle])),
            1 => text.push_str(&format!("{}\0{}\n", &line[..middle], &line[middle..])),
            _ => {
                text.push_str(&format!("{line}\n"));
                whole.push(request);
            }
        }
    }
    (text, whole)
}

const ASKED: [&str; 8] = ["evt-00", "evt-01", "evt-02", "evt-03", "evt-04", "odd \"1\\ = é", "odd \"2\\ = é", "evt-99"];

fn is_received(requests: &[&Request], id: &str) -> bool {
    requests.iter().any(|request| request.id.as_deref() == Some(id) && (200..300).contains(&request.status))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn text_lines_agree_with_the_requests_they_were_written_for(
        requests in prop::collection::vec(a_request(), 0..30),
        is_access in any::<bool>(),
    ) {
        let line = if is_access { access } else { pairs };
        let begin = Request { id: Some("begin".to_owned()), agent: "x".to_owned(), status: 200, kind: 9 };
        let (text, whole) = written(&requests, line);
        let text = format!("{}\n", line(&begin)).repeat(3) + &text;
        let adjust = |options: &mut ReceivedOptions| {
            options.format = Some(Format::Text);
            (options.id, options.status) = (field("event_id"), field("status"));
        };
        let lookup = ask_text(&text, adjust, &ASKED);
        for (id, sighting) in ASKED.iter().zip(&lookup.sightings) {
            let received = is_received(&whole, id);
            prop_assert_eq!(received, *sighting == Received, "{} {:?}\n{}", id, sighting, &text);
            // A line that was damaged behind its id still shows it.
            let damaged = requests.iter().any(|request| request.kind == 1 && request.id.as_deref() == Some(*id));
            prop_assert!(received || !damaged || *sighting == Possible, "{} {:?}\n{}", id, sighting, &text);
        }
    }

    #[test]
    fn a_pattern_agrees_with_the_requests_but_for_escaped_ids(requests in prop::collection::vec(a_request(), 0..30)) {
        let begin = Request { id: Some("begin".to_owned()), agent: "x".to_owned(), status: 200, kind: 9 };
        let (text, whole) = written(&requests, access);
        let text = format!("{}\n", access(&begin)).repeat(3) + &text;
        let adjust = |options: &mut ReceivedOptions| {
            options.id = field(r#"" (?<status>\d{3}) .* event_id="(?<id>[^"]*)""#);
        };
        let lookup = ask_text(&text, adjust, &ASKED);
        for (id, sighting) in ASKED.iter().zip(&lookup.sightings) {
            let expected = match (is_received(&whole, id), id.starts_with("odd")) {
                (true, false) => *sighting == Received,
                (true, true) => *sighting == Possible,
                (false, _) => *sighting != Received,
            };
            prop_assert!(expected, "{} {:?}\n{}", id, sighting, &text);
        }
    }

    #[test]
    fn a_packed_log_says_what_the_plain_one_says(
        requests in prop::collection::vec(a_request(), 1..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        packing in 0u8..4,
        torn in any::<bool>(),
    ) {
        let (mut text, _) = written(&requests, pairs);
        text.insert_str(0, "time=1 event_id=begin status=200\n");
        if torn {
            text.pop();
        }
        let pack: fn(&[u8]) -> Vec<u8> = [gz, bz2, zst, xz][usize::from(packing)];
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len())).chain([0, text.len()]).collect();
        ends.sort_unstable();
        let packed: Vec<u8> = ends.windows(2).flat_map(|ends| pack(&text.as_bytes()[ends[0]..ends[1]])).collect();
        let adjust = |options: &mut ReceivedOptions| {
            options.format = Some(Format::Text);
            (options.id, options.status) = (field("event_id"), field("status"));
        };
        let (plain, packed) = (ask_text(&text, adjust, &ASKED), ask_text(packed, adjust, &ASKED));
        prop_assert_eq!(plain.sightings, packed.sightings);
        prop_assert_eq!((plain.stats.lines, plain.stats.unreadable), (packed.stats.lines, packed.stats.unreadable));
        prop_assert_eq!(plain.coverage.broken.is_some(), packed.coverage.broken.is_some());
    }
}
