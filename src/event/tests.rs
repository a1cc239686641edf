use std::hash::BuildHasher;

use super::*;

fn id(text: &str) -> EventId {
    EventId::new(text).expect("an id")
}

#[test]
fn spellings_of_one_uuid_are_one_event() {
    let spellings = [
        "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b",
        "D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B",
        "{D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B}",
        "d18a9c6e0b1c4f5e9a7b3c2d1e0f4a5b",
        "d18A9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b",
    ];
    for spelling in spellings {
        assert_eq!(id(spelling), id(spellings[0]), "{spelling}");
        assert_eq!(id(spelling).text(), spelling, "the vendor is asked with its own spelling");
    }
}

#[test]
fn other_ids_are_compared_byte_for_byte() {
    assert_ne!(id("Event-1"), id("event-1"));
    assert_ne!(id("7"), id("07"));
    assert_ne!(id("18446744073709551616"), id("18446744073709551617"));
}

#[test]
fn an_id_takes_no_more_room_than_three_words() {
    assert_eq!(std::mem::size_of::<EventId>(), 24);
}

#[test]
fn empty_and_endless_ids_are_refused() {
    assert_eq!(EventId::new(""), Err(IdError::Empty));
    assert_eq!(EventId::new(&"x".repeat(513)), Err(IdError::TooLong(513)));
    for wrong in ["", "..", "a/b", "a b", "a?b", "\u{1b}[31m", "-", &"x".repeat(129)] {
        assert!(WebhookId::new(wrong).is_err(), "{wrong:?}");
    }
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

#[test]
fn a_window_is_half_open_and_never_empty() {
    assert_eq!(Window::new(at(5), at(5)), None);
    assert_eq!(Window::new(at(6), at(5)), None);
    let window = Window::new(at(0), at(5)).expect("not empty");
    assert!(window.contains(at(0)) && window.contains(at(4)) && !window.contains(at(5)));
}

#[test]
fn slices_cover_the_window_without_gap_or_overlap() {
    let window = Window::new(at(0), at(250)).expect("not empty");
    let slices = window.slices(TimeDelta::seconds(100));
    assert_eq!(slices.len(), 3);
    assert_eq!((slices[0].from(), slices[2].to()), (window.from(), window.to()));
    assert!(slices.windows(2).all(|pair| pair[0].to() == pair[1].from()));
}

#[test]
fn halves_cover_the_whole_and_end_at_the_shortest() {
    let window = Window::new(at(0), at(3)).expect("not empty");
    let [earlier, later] = window.halves(TimeDelta::seconds(1)).expect("long enough");
    assert_eq!((earlier.from(), earlier.to(), later.to()), (at(0), at(1), at(3)));
    assert_eq!(earlier.to(), later.from());
    assert_eq!(earlier.halves(TimeDelta::seconds(1)), None);
}

#[test]
fn a_window_is_split_where_both_parts_are_long_enough() {
    let window = Window::new(at(0), at(10)).expect("not empty");
    let [earlier, later] = window.split(at(7), TimeDelta::seconds(2)).expect("long enough");
    assert_eq!((earlier.from(), earlier.to(), later.from(), later.to()), (at(0), at(7), at(7), at(10)));
    assert_eq!(earlier.hull(&later), window);
    for middle in [-1, 0, 1, 9, 10, 11] {
        assert_eq!(window.split(at(middle), TimeDelta::seconds(2)), None);
    }
}

#[test]
fn an_assumed_zone_is_given_the_margin_and_a_stated_one_is_not() {
    let window = Window::new(at(0), at(3600)).expect("not empty");
    let mut event = Event {
        id: id("e"),
        created_at: Some(CreatedAt { at: at(3700), zone: ZoneKnowledge::Assumed }),
        status: DeliveryStatus::Failed,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    };
    assert!(window.admits(&event, TimeDelta::hours(2)));
    event.created_at = Some(CreatedAt { at: at(3700), zone: ZoneKnowledge::Stated });
    assert!(!window.admits(&event, TimeDelta::hours(2)));
    event.created_at = None;
    assert!(window.admits(&event, TimeDelta::hours(2)));
}

#[test]
fn the_calendar_has_ends() {
    let edge = Window::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).expect("not empty");
    assert_eq!(edge.widened(TimeDelta::hours(2), TimeDelta::hours(2)), edge);
}

#[test]
fn the_longest_ids_that_are_accepted_are_accepted_whole() {
    assert_eq!(id(&"x".repeat(MAX_ID_BYTES)).text(), "x".repeat(MAX_ID_BYTES));
    let webhook = "w".repeat(128);
    assert_eq!(WebhookId::new(&webhook).map(|id| id.as_str().to_owned()), Ok(webhook));
    assert_eq!(WebhookId::new("shop-1_a.b:c").expect("an id").to_string(), "shop-1_a.b:c");
}

#[test]
fn a_uuid_in_a_common_spelling_is_kept_in_place() {
    let usual = |text: &str| id(text).usual();
    let value: Halves =
        bytemuck::cast([0xd1_u8, 0x8a, 0x9c, 0x6e, 0x0b, 0x1c, 0x4f, 0x5e, 0x9a, 0x7b, 0x3c, 0x2d, 1, 2, 3, 4]);
    let lower = "d18a9c6e-0b1c-4f5e-9a7b-3c2d01020304";
    for (text, has_capitals) in [(lower.to_owned(), false), (lower.to_uppercase(), true)] {
        assert_eq!(usual(&text), Some((value, has_capitals)));
        assert_eq!(EventId::of_value(value, has_capitals).text(), text);
    }
    for other in ["d18A9c6e-0b1c-4f5e-9a7b-3c2d01020304", "d18a9c6e-0b1c-4f5e-9a7b-3c2d0102030x", "evt-1"] {
        assert_eq!(usual(other), None);
    }
}

#[test]
fn only_the_lengths_of_a_uuid_are_read_as_one() {
    let uuid = |text: &str| matches!(IdKey::of(text.as_bytes()), IdKey::Uuid(_));
    assert!(uuid("urn:uuid:d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b"));
    assert!(uuid("{d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b}"));
    assert!(uuid("d18a9c6e0b1c4f5e9a7b3c2d1e0f4a5b"));
    for other in ["", "d18a9c6e0b1c4f5e9a7b3c2d1e0f4a5", "[d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b]"] {
        assert!(!uuid(other), "{other:?}");
    }
}

#[test]
fn ids_have_one_order_and_equal_ones_one_hash() {
    let (lower, upper) = ("d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b", "D18A9C6E-0B1C-4F5E-9A7B-3C2D1E0F4A5B");
    let ordered = ["018a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b", lower, "000", "event-1", "event-2"].map(id);
    for (place, left) in ordered.iter().enumerate() {
        for (other, right) in ordered.iter().enumerate() {
            assert_eq!(left.cmp(right), place.cmp(&other), "{left} {right}");
            assert_eq!(left.partial_cmp(right), Some(place.cmp(&other)), "{left} {right}");
        }
    }
    let hasher = std::hash::RandomState::new();
    assert_eq!(hasher.hash_one(id(lower)), hasher.hash_one(id(upper)));
    assert_ne!(hasher.hash_one(id("event-1")), hasher.hash_one(id("event-2")), "two of 2^64 would be alike");
}

#[test]
fn an_id_is_shown_as_the_vendor_spells_it() {
    assert_eq!(format!("[{:>8}] {:?}", id("event"), id("event")), "[   event] EventId(\"event\")");
    assert_eq!(format!("[{:<8}]", WebhookId::new("hook").expect("an id")), "[hook    ]");
}

#[test]
fn each_status_has_its_published_name() {
    assert_eq!(DeliveryStatus::ALL.map(DeliveryStatus::name), ["failed", "pending", "delivered", "unrecognised"]);
}

fn window(from: i64, to: i64) -> Window {
    Window::new(at(from), at(to)).expect("not empty")
}

#[test]
fn nothing_before_a_window_lies_inside() {
    assert!(!window(0, 5).contains(at(-1)));
    assert!(!window(0, 5).contains(at(6)));
    assert_eq!(window(3, 10).length(), TimeDelta::seconds(7));
}

#[test]
fn a_window_is_widened_on_each_side_by_its_own_margin() {
    let widened = window(100, 200).widened(TimeDelta::seconds(10), TimeDelta::seconds(20));
    assert_eq!(widened, window(90, 220));
    assert_eq!(window(10, 20).hull(&window(5, 12)), window(5, 20));
    assert_eq!(window(10, 20).hull(&window(12, 15)), window(10, 20));
}

#[test]
fn slices_are_never_shorter_than_a_second_nor_more_than_are_needed() {
    assert_eq!(window(0, 200).slices(TimeDelta::seconds(100)), [window(0, 100), window(100, 200)]);
    assert_eq!(window(0, 3).slices(TimeDelta::zero()).len(), 3);
}

#[test]
fn parts_may_be_just_as_long_as_the_shortest() {
    let shortest = TimeDelta::seconds(2);
    assert_eq!(window(0, 10).split(at(2), shortest), Some([window(0, 2), window(2, 10)]));
    assert_eq!(window(0, 10).split(at(8), shortest), Some([window(0, 8), window(8, 10)]));
    assert_eq!(window(0, 4).halves(shortest), Some([window(0, 2), window(2, 4)]));
    assert_eq!(window(0, 3).halves(shortest), None);
    assert_eq!(window(0, 1).halves(TimeDelta::zero()), None, "a half would hold no whole second");
    assert_eq!(window(10, 14).halves(shortest), Some([window(10, 12), window(12, 14)]));
}

#[test]
fn an_event_is_asked_for_by_the_ids_of_its_vendor() {
    let mut event = Event {
        id: id("logged"),
        created_at: Some(CreatedAt { at: at(7), zone: ZoneKnowledge::Stated }),
        status: DeliveryStatus::Failed,
        status_text: None,
        status_code: None,
        runs: None,
        alternate_ids: None,
    };
    assert_eq!((event.resend_id(), event.verify_id(), event.created()), (&id("logged"), &id("logged"), Some(at(7))));
    event.alternate_ids = Some(Box::new(AlternateIds { resend: id("resend"), verify: id("verify") }));
    assert_eq!((event.resend_id(), event.verify_id()), (&id("resend"), &id("verify")));
}
