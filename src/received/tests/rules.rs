//! One rule of reading each.

use super::*;

const UUID: &str = "d18aca67-cfd3-4c00-93aa-0a5bc540856e";

fn with_status(options: &mut ReceivedOptions) {
    options.id = field("id");
    options.status = field("status");
}

#[test]
fn ids_are_one_a_line_and_blank_lines_are_nothing() {
    let lookup = ask_text("\u{feff}a\r\n\n  b \n \t \nc\n", as_format(Format::Ids), &["a", "b", "c", "d"]);
    assert_eq!(lookup.sightings, [Received, Received, Received, Unseen]);
    assert_eq!((lookup.stats.lines, lookup.stats.ids, lookup.stats.unreadable), (3, 3, 0));
    assert_eq!(lookup.coverage, Default::default());
}

#[test]
fn uuids_are_compared_by_value_and_other_ids_by_their_bytes() {
    let lookup = ask_text("{D18ACA67-CFD3-4C00-93AA-0A5BC540856E}\nEVT-1\n", |_| {}, &[UUID, "EVT-1", "evt-1"]);
    assert_eq!(lookup.sightings, [Received, Received, Unseen]);
}

#[test]
fn a_line_that_is_no_id_is_counted_and_what_stands_in_it_is_possible() {
    let lookup = ask_text("a\nb c\nd\ne\n", |_| {}, &["a", "b", "c", "x"]);
    assert_eq!(lookup.sightings, [Received, Possible, Possible, Unseen]);
    assert_eq!(lookup.stats.unreadable, 1);
    assert!(lookup.stats.first_unreadable.is_some_and(|place| place.ends_with("received.log:2")));
    assert_eq!(lookup.coverage.broken, None);
}

#[test]
fn a_line_of_another_format_among_ids_hides_nothing() {
    let lookup = ask_text("a\nb,200\n{\"id\":\"c\"}\nd\ne\n", as_format(Format::Ids), &["b,200", "b", "c", "d"]);
    assert_eq!(lookup.sightings, [Received, Possible, Possible, Received]);
}

#[test]
fn a_torn_last_id_counts_unless_it_may_be_the_beginning_of_another() {
    assert_eq!(ask_text("x\nevt-1", |_| {}, &["evt-1", "evt-2"]).sightings, [Received, Unseen]);
    assert_eq!(ask_text("x\nevt-1", |_| {}, &["evt-1", "evt-10", "evt-2"]).sightings, [Possible, Possible, Unseen]);
    assert_eq!(ask_text("x\nd18aca67-cf", |_| {}, &[UUID, "y"]).sightings, [Possible, Unseen]);
    assert_eq!(ask_text("x\nevt-1\n", |_| {}, &["evt-1", "evt-10"]).sightings, [Received, Unseen]);
}

#[test]
fn a_torn_line_of_json_makes_what_it_shows_possible() {
    let lookup = ask_text("{\"id\":\"a\"}\n{\"id\":\"b\",\"x\":1", |_| {}, &["a", "b", "c"]);
    assert_eq!(lookup.sightings, [Received, Possible, Unseen]);
    assert_eq!(lookup.coverage.broken, None);
    let cut = ask_text("{\"id\":\"a\"}\n{\"id\":\"evt-", |_| {}, &["evt-1", "c"]);
    assert_eq!(cut.sightings, [Possible, Unseen]);
    let whole = ask_text("{\"id\":\"a\"}\n{\"id\":\"b\"}", |_| {}, &["b"]);
    assert_eq!(whole.sightings, [Received]);
}

#[test]
fn an_id_is_received_only_with_a_good_status_and_a_later_success_wins() {
    let text = "{\"id\":\"failed\",\"status\":500}\n{\"id\":\"late\",\"status\":\"503\"}\n{\"id\":\"late\",\"status\":\"204\"}\n\
                {\"id\":\"early\",\"status\":200}\n{\"id\":\"early\",\"status\":500}\n";
    let lookup = ask_text(text, with_status, &["failed", "late", "early"]);
    assert_eq!(lookup.sightings, [Unseen, Received, Received]);
    assert_eq!(lookup.stats.ids, 2);
    let narrow = |options: &mut ReceivedOptions| {
        with_status(options);
        options.ok = "200".parse().expect("a code");
    };
    assert_eq!(ask_text(text, narrow, &["failed", "late", "early"]).sightings, [Unseen, Unseen, Received]);
}

#[test]
fn a_status_that_says_nothing_leaves_the_id_possible() {
    let text = "{\"id\":\"a\"}\n{\"id\":\"b\",\"status\":\"-\"}\n{\"id\":\"c\",\"status\":200,\"status\":500}\n";
    assert_eq!(ask_text(text, with_status, &["a", "b", "c"]).sightings, [Possible, Possible, Possible]);
}

#[test]
fn ids_of_contradictory_duplicate_keys_are_possible() {
    let text = "{\"id\":\"a\",\"id\":\"b\"}\n{\"id\":\"c\",\"id\":\"c\"}\n";
    assert_eq!(ask_text(text, |_| {}, &["a", "b", "c"]).sightings, [Possible, Possible, Received]);
}

#[test]
fn a_line_of_broken_json_makes_what_it_holds_possible() {
    let text = b"{\"id\":\"a\"}\n{\"id\":\"\xff\xfe\",\"x\":\"b\"}\n{\"id\":\"c\"{\"id\":\"D18ACA67CFD34C0093AA0A5BC540856E\"}\n{\"id\":\"d\"}\n{\"id\":\"d\"}\n";
    let lookup = ask_text(text, |_| {}, &["a", "b", "c", UUID, "d", "e"]);
    assert_eq!(lookup.sightings, [Received, Possible, Possible, Possible, Received, Unseen]);
    assert_eq!(lookup.stats.unreadable, 2);
    assert_eq!(lookup.coverage.broken, None);
}

#[test]
fn a_file_most_of_which_is_unreadable_is_broken() {
    let text = "{\"id\":\"a\"}\n{\"id\":\"b\"}\n".repeat(200) + &"no json\n".repeat(401);
    let lookup = ask_text(text, |_| {}, &["a", "x"]);
    assert_eq!(lookup.sightings, [Received, Unseen]);
    assert!(lookup.coverage.broken.is_some_and(|reason| reason.contains("401 of the 801 lines")));
}

#[test]
fn a_file_that_turns_binary_is_broken() {
    let mut text = b"{\"id\":\"a\"}\n".repeat(10_000);
    text.extend((0..4_000u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8));
    let broken = ask_text(text, |_| {}, &["a"]).coverage.broken;
    assert!(broken.as_ref().is_some_and(|reason| reason.contains("binary data at line 10001")), "{broken:?}");
}

#[test]
fn a_hole_is_damage_in_the_middle_and_explained_at_the_start() {
    let hole = [0_u8; 5_000];
    let middle = [b"a\nb\nc\n", &hole[..], b"d\ne\n"].concat();
    let lookup = ask_text(middle, |_| {}, &["a", "d", "e"]);
    assert_eq!(lookup.sightings, [Received, Possible, Received]);
    assert!(lookup.coverage.broken.is_some_and(|reason| reason.contains("hole of NUL bytes at line 4")));
    let start = [&hole[..], b"a\nb\nc\n"].concat();
    let lookup = ask_text(start, |_| {}, &["a", "b"]);
    assert_eq!((lookup.sightings, lookup.stats.unreadable), (vec![Possible, Received], 1));
    assert_eq!(lookup.coverage.broken, None);
    let few = ask_text(b"a\nb\0c\nd\n", |_| {}, &["b", "c", "d"]);
    assert_eq!((few.sightings, few.coverage.broken), (vec![Possible, Possible, Received], None));
}

#[test]
fn an_overlong_line_is_skipped_without_losing_what_it_holds() {
    let mut text = b"{\"id\":\"a\"}\n{\"pad\":\"".to_vec();
    text.resize(text.len() + 17 * 1024 * 1024, b'.');
    text.extend_from_slice(b"\",\"id\":\"b\"}\n{\"id\":\"c\"}\n");
    let lookup = ask_text(&text, |_| {}, &["a", "b", "c", "d"]);
    assert_eq!(lookup.sightings, [Received, Possible, Received, Unseen]);
    assert_eq!((lookup.stats.lines, lookup.stats.unreadable, lookup.stats.bytes), (3, 1, text.len() as u64));
}

#[test]
fn a_table_is_read_by_the_names_of_its_columns() {
    let text = "\u{feff}time;Event-Id;status\r\n1;\"a;b\";200\r\n2;c;500\r\n3;d;201\r\n";
    let lookup = ask_text(
        text,
        |options| {
            options.id = field("event-id");
            options.status = field("status");
        },
        &["a;b", "c", "d"],
    );
    assert_eq!(lookup.sightings, [Received, Unseen, Received]);
    assert_eq!(lookup.stats.unreadable, 0);
}

#[test]
fn a_table_without_a_header_is_read_by_the_numbers_of_its_columns() {
    let lookup =
        ask_text("1,a,200\n2,b,500\n", |options| (options.id, options.status) = (field("2"), field("3")), &["a", "b"]);
    assert_eq!(lookup.sightings, [Received, Unseen]);
}

#[test]
fn a_quote_that_is_left_open_hides_nothing() {
    let text = "id,x\na,1\nb,\"2\nc,3\nd,4\n";
    let lookup = ask_text(text, |_| {}, &["a", "b", "c", "d", "e"]);
    assert_eq!(lookup.sightings, [Received, Possible, Possible, Possible, Unseen]);
    assert!(lookup.coverage.broken.is_some(), "three of five lines");
    let closed = "id,x\na,1\nb,\"2\nc,3\nd,4\"\ne,5\n";
    let lookup = ask_text(closed, |_| {}, &["a", "b", "c", "d", "e"]);
    assert_eq!(lookup.sightings, [Received, Received, Possible, Possible, Received]);
}

#[test]
fn an_open_quote_does_not_swallow_a_whole_table() {
    let text = "id,x\na,1\n\"stray,1\n".to_owned() + &"filler,1\n".repeat(3_000) + "z,1\n";
    let lookup = ask_text(text, |_| {}, &["a", "z"]);
    assert_eq!(lookup.sightings, [Received, Received]);
    assert!(lookup.stats.unreadable > 1_000);
}

#[test]
fn a_row_of_another_width_is_unreadable() {
    let lookup = ask_text("id,x\na,1\nb,1,2\nc\nd,1\ne,1\n", |_| {}, &["a", "b", "c", "d"]);
    assert_eq!(lookup.sightings, [Received, Possible, Possible, Received]);
}

#[test]
fn a_torn_row_is_judged_with_care() {
    let text = "id,status\na,200\nb,5";
    assert_eq!(ask_text(text, with_status, &["a", "b"]).sightings, [Received, Possible]);
    let text = "status,id\n200,a\n200,evt-1";
    assert_eq!(ask_text(text, with_status, &["evt-1", "evt-12"]).sightings, [Possible, Possible]);
}

#[test]
fn the_first_readable_time_or_the_given_instant_begins_the_coverage() {
    let text = "{\"id\":\"a\",\"t\":\"2026-11-22T02:00:00\"}\n{\"id\":\"b\",\"t\":1795310000}\n{\"id\":\"c\",\"t\":\"soon\"}\n";
    let timed = |options: &mut ReceivedOptions| options.time = field("t");
    let since = ask_text(text, timed, &["a"]).coverage.since.map(|time| time.timestamp());
    assert_eq!(since, Some(1_795_310_000));
    let given = chrono::DateTime::from_timestamp(1_795_000_000, 0);
    let lookup = ask_text(
        text,
        |options| {
            options.time = field("t");
            options.since = given;
        },
        &["a"],
    );
    assert_eq!(lookup.coverage.since, given);
    let table = ask_text("id,t\na,2026-11-22 01:00:00\n", timed, &["a"]).coverage.since;
    assert_eq!(table.map(|time| time.to_rfc3339()).as_deref(), Some("2026-11-22T01:00:00+00:00"));
}

#[test]
fn a_time_field_without_a_readable_time_covers_nothing() {
    let broken =
        ask_text("{\"id\":\"a\",\"t\":\"soon\"}\n", |options| options.time = field("t"), &["a"]).coverage.broken;
    assert!(broken.is_some_and(|reason| reason.contains("readable time")));
}

#[test]
fn what_is_no_usable_log_is_refused_with_a_hint() {
    let as_is = |_: &mut ReceivedOptions| {};
    assert!(refusal("a b\nc d\n", as_is).1.contains("--received-format"));
    assert!(refusal("{\"x\":\"y\"}\n", as_is).1.contains("--received-id"));
    assert!(refusal("{\"x\":\"y\"}\n", |options| options.id = field("event_id")).0.contains("it has x"));
    assert!(refusal("a,b\n1,2\n", |options| options.id = field("event_id")).0.contains("it has a, b"));
    assert!(refusal("a\nb\n", |options| options.status = field("status")).0.contains("status"));
    assert!(refusal("a b\nc d\n", as_format(Format::Ids)).0.contains("0 are one id"));
    assert!(refusal("a\nb\n", as_format(Format::Jsonl)).0.contains("JSON object"));
    assert!(refusal(b"\xff\xfea\0\n\0", as_is).0.contains("UTF-16"));
}
