//! The sieve against a search that looks at everything.

use proptest::prelude::*;

use super::super::suspects::Suspects;
use super::*;
use crate::event::{EventId, IdKey};

fn wanted(ids: &[String]) -> WantedIds {
    WantedIds::new(ids.iter().map(|id| EventId::new(id).expect("an id")))
}

/// The lines that must be read, by number.
fn sifted(wanted: &WantedIds, sieve: &mut Sieve, block: &[u8]) -> Vec<usize> {
    let best = sifted_as_it_is(wanted, sieve, block);
    for look in Look::all() {
        sieve.look = look;
        assert_eq!(sifted_as_it_is(wanted, sieve, block), best, "{look:?}");
    }
    best.0
}

/// The same, and whether there is a quote.
fn sifted_as_it_is(wanted: &WantedIds, sieve: &Sieve, block: &[u8]) -> (Vec<usize>, bool) {
    let mut found = Found::default();
    let count = sieve.sift(wanted, block, &mut Scratch::default(), &mut found);
    let uuids = found.uuids.iter().map(|&(dash, number)| (dash - FIRST_DASH, number)).chain(found.bare.iter().copied());
    for (start, number) in uuids.clone() {
        assert_eq!(wanted.number_of(IdKey::of(&block[start..start + UUID_BYTES])), Some(number));
    }
    assert!(found.bare.iter().all(|&(start, _)| block[..start].last().is_none_or(|&byte| byte == b'\n')));
    assert!(found.bare.iter().all(|&(start, _)| block[start + UUID_BYTES] == b'\n'));
    let places = found.places.iter().copied().chain(uuids.map(|(start, _)| start));
    assert_eq!(count as usize, memchr::memchr_iter(b'\n', block).count());
    let mut lines: Vec<usize> = places.map(|place| memchr::memchr_iter(b'\n', &block[..place]).count()).collect();
    lines.sort_unstable();
    lines.dedup();
    (lines, found.has_quotes)
}

fn a_uuid() -> impl Strategy<Value = String> {
    (0_u128..40).prop_map(|number| uuid::Uuid::from_u128((number << 70) | (number * 7)).to_string())
}

fn a_word() -> impl Strategy<Value = String> {
    (1_u32..60).prop_map(|number| format!("evt_{}", "ab".repeat(number as usize)))
}

/// Bytes in which an id may stand in any spelling.
fn a_piece() -> impl Strategy<Value = String> {
    let id = prop_oneof![a_uuid(), a_word()];
    let spelled = (id, 0_u8..8, any::<prop::sample::Index>()).prop_map(|(id, spelling, at)| {
        let at = at.index(id.len());
        match spelling {
            0 => id.to_uppercase(),
            1 => id.replace('-', ""),
            2 => format!("{}\\u{:04x}{}", &id[..at], id.as_bytes()[at], &id[at + 1..]),
            3 => format!("{}\\x{:02x}{}", &id[..at], id.as_bytes()[at], &id[at + 1..]),
            4 => format!("{}\\{}", &id[..at], &id[at..]),
            5 => format!("\\n{id}"),
            _ => id,
        }
    });
    prop_oneof![6 => spelled, 4 => "[a-f0-9-]{0,40}", 4 => "[ {}\":,\\\\/nubf\t]{0,6}", 1 => "\u{1b}\\[3[0-9]m", 1 => "\\PC{0,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_line_is_ruled_out_in_which_a_wanted_id_may_stand(
        lines in prop::collection::vec(
            prop_oneof![prop::collection::vec(a_piece(), 0..6), a_uuid().prop_map(|id| vec![id])],
            1..12,
        ),
        uuids in prop::collection::vec(a_uuid(), 0..8),
        words in prop::collection::vec(a_word(), 0..8),
    ) {
        let ids: Vec<String> = uuids.into_iter().chain(words).collect();
        let wanted = wanted(&ids);
        let lines: Vec<String> = lines.iter().map(|pieces| pieces.concat()).collect();
        let block = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        let mut sieve = Sieves::default().of(&wanted, &Layout::Ids).expect("these ids are words or UUIDs");
        let sifted = sifted(&wanted, &mut sieve, block.as_bytes());
        let mut suspects = Suspects::new(&wanted);
        for (number, line) in lines.iter().enumerate() {
            let mut holds = false;
            suspects.within(line.as_bytes(), &wanted, |_| holds = true);
            prop_assert!(!holds || sifted.contains(&number), "{line:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_seldom_is_seen_among_much_that_is_plain(
        lines in prop::collection::vec(prop_oneof![a_uuid(), "[a-f ]{0,40}"], 10..60),
        seldom in prop::collection::vec(
            (any::<prop::sample::Index>(), prop::sample::select(&b"\\\x01\x7f\xe6\t\"{}-\n 0"[..]), 1_usize..36),
            0..3,
        ),
        uuids in prop::collection::vec(a_uuid(), 1..8),
        kind in 0_usize..3,
    ) {
        let wanted = wanted(&uuids);
        let of_kind = |line: &String| match kind {
            0 => format!("{{'id':'{line}'}}\n"),
            1 => format!("{line},1\n"),
            _ => format!("id={line}\n"),
        };
        let mut block = lines.iter().map(of_kind).collect::<String>().into_bytes();
        for (at, byte, length) in seldom {
            let at = at.index(block.len() - 1);
            let end = (at + if byte == b'0' { length } else { 1 }).min(block.len() - 1);
            block[at..end].fill(byte);
        }
        let mut sieve = Sieves::default().of(&wanted, &Layout::Ids).expect("they can be looked for");
        sieve.lines = [Lines::Objects, Lines::Rows, Lines::Free][kind];
        let sifted = sifted(&wanted, &mut sieve, &block);
        prop_assert_eq!(sifted_as_it_is(&wanted, &sieve, &block).1, kind == 1 && block.contains(&b'"'));
        let mut suspects = Suspects::new(&wanted);
        for (number, line) in block.split(|&byte| byte == b'\n').enumerate() {
            let mut holds = false;
            suspects.within(line, &wanted, |_| holds = true);
            prop_assert!(!holds || sifted.contains(&number), "{:?}", String::from_utf8_lossy(line));
        }
    }
}

#[test]
fn lines_without_a_wanted_id_are_ruled_out() {
    let other = "{\"time\":\"2026-11-22T01:28:34.123-01:00\",\"event_id\":\"d18aca67-cfd3-4c00-93aa-0a5bc5408560\",\
                 \"body\":\"{\\\"trace\\\":\\\"d18aca67cfd34c0093aa0a5bc5408561\\\",\\n \\u003c caf\u{e9}\\u00e9\\/\"}\n";
    let block = other.repeat(100);
    for id in ["d18aca67-cfd3-4c00-93aa-0a5bc540856e", "evt_0123456789"] {
        let wanted = wanted(&[id.to_owned()]);
        for layout in [
            Layout::Ids,
            Layout::Jsonl(super::super::jsonl::JsonFields {
                id: super::super::FieldSpec::known("event_id"),
                status: None,
                time: None,
            }),
        ] {
            let mut sieve = Sieves::default().of(&wanted, &layout).expect("it can be looked for");
            assert_eq!(sifted(&wanted, &mut sieve, block.as_bytes()), Vec::<usize>::new());
            let at = other.len() * 42 + 80;
            let mut with = block.clone();
            with.insert_str(at, &format!(" {id} "));
            assert_eq!(sifted(&wanted, &mut sieve, with.as_bytes()), [42]);
        }
    }
}

#[test]
fn a_list_of_bare_ids_is_ruled_out_but_for_the_wanted_and_the_odd() {
    let ids: Vec<String> = (0..200_u128).map(|number| uuid::Uuid::from_u128(number << 64 | 7).to_string()).collect();
    let wanted = wanted(&ids[50..52]);
    let mut sieve = Sieves::default().of(&wanted, &Layout::Ids).expect("they can be looked for");
    let mut lines = ids.clone();
    (lines[20], lines[30]) = (format!("{}\r", ids[20]), ids[30].to_uppercase());
    (lines[60], lines[70]) = (ids[60].replace('0', "\\"), format!(" {}", &ids[70][1..]));
    (lines[80], lines[90]) = (ids[80].replace("7", "\u{1}"), format!("{{{}", &ids[90][1..]));
    lines[100] = ids[100][..35].to_owned();
    lines[110].push_str(&ids[51]);
    let block = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(sifted(&wanted, &mut sieve, block.as_bytes()), [50, 51, 60, 70, 80, 90, 110]);
}

#[test]
fn lines_that_may_be_damaged_are_read() {
    let wanted = wanted(&["d18aca67-cfd3-4c00-93aa-0a5bc540856e".to_owned()]);
    let mut sieve = Sieves::default().of(&wanted, &Layout::Ids).expect("it can be looked for");
    let block = b"plain\n\n \n{\"cut\na\0b\n{whole}\r\n\x1b[3m\na\\\ndel\x7f\nplain\n";
    assert_eq!(sifted(&wanted, &mut sieve, block), [1, 2, 3, 4, 6, 7, 8]);
}

#[test]
fn ids_that_are_no_words_can_not_be_looked_for() {
    for id in ["a b c d", "evt.1", "abc", "-abcd", "caf\u{e9}-1"] {
        assert!(Sieves::default().of(&wanted(&[id.to_owned()]), &Layout::Ids).is_none(), "{id}");
    }
}
