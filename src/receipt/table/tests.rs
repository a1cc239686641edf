use std::collections::{HashMap, HashSet};

use super::*;

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834))
}

fn value(id: &EventId) -> [u8; 16] {
    let IdKey::Uuid(value) = id.key() else { panic!("all are UUIDs") };
    value
}

/// The same ids in two parts.
fn in_parts(ids: &[EventId]) -> Parts {
    let (first, second) = ids.split_at(ids.len() / 3);
    Parts::new(vec![first.to_vec(), second.to_vec()])
}

/// A table of a single part on its way.
fn whole(slots: &mut [Slot]) -> Filling<'_> {
    Filling { all: slots.len(), slots, first: 0, used: 0, again: Vec::new(), left: Vec::new() }
}

/// Some UUIDs, of which every third is there before.
fn ids(count: u128) -> Vec<EventId> {
    let number = |place: u128| if place % 3 == 2 { place / 2 } else { place };
    (0..count).map(|place| EventId::new(&uuid(number(place)).to_string()).expect("an id")).collect()
}

#[test]
fn a_table_of_several_parts_says_what_one_of_a_single_part_says() {
    let ids = ids(1_000);
    let mut first_places: HashMap<&EventId, u32> = HashMap::new();
    for (place, id) in (0_u32..).zip(&ids) {
        first_places.entry(id).or_insert(place);
    }
    // Each table hashes in a way of its own, and in some of them an id has no room in its part.
    for parts in [1, 2, 4].repeat(20) {
        let (table, again) = UuidTable::filled(&in_parts(&ids), parts);
        assert!((2_001..=2_000 + parts).contains(&table.slots.len()), "half of it stays free");
        assert_eq!((again.uuids, again.places.len()), (ids.len(), ids.len() - first_places.len()));
        assert!(again.places.iter().all(|&place| first_places[&ids[place as usize]] < place));
        for id in &ids {
            assert_eq!(table.find(&ids, value(id)), first_places.get(id).copied(), "{parts} parts");
            assert!(table.filter().may_hold(table.hasher().sketch_of_value(value(id))));
        }
        assert_eq!(table.find(&ids, [7; 16]), None);
    }
}

#[test]
fn what_has_no_room_in_its_part_stands_in_the_next_and_the_last_goes_on_at_the_first() {
    let (hasher, size, parts) = (UuidHasher::default(), 16, 4);
    // Those that belong to the last slot of a part.
    let crowd = |part: usize| {
        let last = part * size + size - 1;
        let is_last = move |id: &EventId| start(hasher.of_value(value(id)), size * parts) == last;
        // One in 64 belongs there.
        (0..10_000).map(|number| EventId::new(&uuid(number).to_string()).expect("an id")).filter(is_last).take(6)
    };
    let mut ids: Vec<EventId> = (0..parts).flat_map(crowd).collect();
    assert_eq!(ids.len(), 24, "hashes are spread over all slots");
    ids.extend_from_within(..);
    let mut table = UuidTable { slots: vec![0; size * parts], hasher, ..UuidTable::default() };
    let again: Vec<u32> = (0..48).filter_map(|place| table.insert(&in_parts(&ids), place)).collect();
    assert_eq!(again, (24..48).collect::<Vec<u32>>());
    for (place, id) in (0..24).zip(&ids) {
        assert_eq!(table.find(&ids, value(id)), Some(place));
    }
    assert!(table.slots[..5].iter().all(|&slot| slot != 0), "the last go on at the beginning");
}

/// Two ids, and a slot that would hold the second if it had the hash of the first.
fn alike(hasher: UuidHasher, wanted: impl Fn(u64) -> bool) -> ([EventId; 2], u64, Slot) {
    let ids = ids(1_000);
    let first = ids.iter().find(|id| wanted(hasher.of_value(value(id)))).expect("there are many");
    let second = ids.iter().find(|id| *id != first).expect("there is another");
    let hash = hasher.of_value(value(first));
    ([first.clone(), second.clone()], hash, slot(hash, 1))
}

#[test]
fn ids_whose_hashes_are_alike_are_told_apart_wherever_they_stand() {
    let hasher = UuidHasher::default();
    for place in 0..8 {
        let (ids, _, second) = alike(hasher, |hash| start(hash, 8) == place);
        let mut table = UuidTable { slots: vec![0; 8], hasher, ..UuidTable::default() };
        table.slots[place] = second;
        assert_eq!(table.find(&ids, value(&ids[0])), None);
        assert_eq!(table.insert(&in_parts(&ids), 0), None, "it was not there before");
        assert_eq!(table.find(&ids, value(&ids[0])), Some(0), "it stands behind {place}");
        assert_eq!(table.insert(&in_parts(&ids), 0), Some(0), "now it was");
        assert_eq!(table.slots.iter().filter(|&&slot| slot != 0).count(), 2);
    }
}

#[test]
fn an_id_is_not_there_before_because_one_with_such_a_hash_is() {
    let (ids, hash, second) = alike(UuidHasher::default(), |_| true);
    let mut slots = [second, 0, 0];
    let mut part = whole(&mut slots);
    part.insert(0, hash, 0, &in_parts(&ids));
    assert_eq!((part.used, part.again.len(), part.left.len()), (1, 0, 0));
    part.insert(0, hash, 0, &in_parts(&ids));
    assert_eq!((part.used, part.again, part.left.len()), (1, vec![0], 0));
    assert_eq!(slots, [second, slot(hash, 0), 0]);
}

#[test]
fn hardly_any_id_has_no_room_in_its_part() {
    let (ids, hasher) = (ids(1_000), UuidHasher::default());
    let distinct = ids.iter().collect::<HashSet<_>>().len();
    let parts = in_parts(&ids);
    let mut hashes = vec![NO_UUID; ids.len()];
    hashed(&parts, &hasher, &mut hashes, 1);
    let filled = whole(&mut vec![0; 2_000]).take(&parts, &hashes);
    assert_eq!(filled.used + filled.again.len() + filled.left.len(), ids.len());
    assert!(filled.left.len() < 100 && filled.used <= distinct, "{} have none", filled.left.len());
}

#[test]
fn almost_always_the_first_candidate_is_the_one_and_a_stranger_has_none() {
    let ids = ids(1_000);
    let (table, _) = UuidTable::filled(&in_parts(&ids), 1);
    let number = |value: [u8; 16]| table.candidate(table.hash(value)).map(|candidate| candidate.number);
    let others = ids.iter().filter(|id| number(value(id)) != table.find(&ids, value(id))).count();
    let strangers = (1_000..11_000).filter(|&stranger| number(uuid(stranger).into_bytes()).is_some()).count();
    assert!(others + strangers < 3, "{others} and {strangers}, each as rare as one in millions");
}

#[test]
fn what_is_left_is_numbered_in_its_order() {
    let all = ids(200);
    let out: Vec<u32> = (0..200).filter(|place| place % 7 == 3 || (64..130).contains(place)).collect();
    let closed_up = ClosedUp::new(all.len(), &out);
    let places: Vec<u32> = (0..200).filter(|place| !out.contains(place)).collect();
    let expected: Vec<String> = places.iter().map(|&place| all[place as usize].to_string()).collect();
    for (number, &place) in (0..).zip(&places) {
        assert_eq!(closed_up.number(place), number);
    }
    for slots in [1, LEAST_SHARED] {
        let mut table = UuidTable { slots: vec![0; slots], ..UuidTable::default() };
        let left = table.close_up(in_parts(&all), &closed_up);
        assert_eq!(left.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn each_hash_is_that_of_its_id_however_many_threads_there_are() {
    let mut ids = ids(100);
    ids[40] = EventId::new("evt-40").expect("an id");
    let hasher = UuidHasher::default();
    let expected = |id: &EventId| value_of(id).map_or(NO_UUID, |value| hasher.of_value(value));
    for threads in [1, 2, 4] {
        let mut hashes = vec![NO_UUID; 100];
        let filters = hashed(&in_parts(&ids), &hasher, &mut hashes, threads);
        assert_eq!(filters.len(), threads);
        assert_eq!(hashes, ids.iter().map(expected).collect::<Vec<u64>>(), "{threads}");
    }
    let (all, ids) = (in_parts(&ids), ids);
    assert!((0_u32..100).zip(&ids).all(|(place, id)| all.get(place) == id));
    assert_eq!((all.len(), all.joined()), (100, ids));
}

#[test]
fn an_id_is_there_though_its_hash_is_the_one_that_stands_for_none() {
    let ids = ids(2);
    let hasher = UuidHasher::to_nothing(value(&ids[0]));
    assert_eq!(hasher.of_value(value(&ids[0])), NO_UUID);
    let mut hashes = [NO_UUID; 2];
    hashed(&in_parts(&ids), &hasher, &mut hashes, 1);
    let mut table = UuidTable { slots: vec![0; 5], hasher, ..UuidTable::default() };
    assert_eq!(whole(&mut table.slots).take(&in_parts(&ids), &hashes).used, 2);
    assert_eq!([0, 1].map(|place| table.find(&ids, value(&ids[place]))), [Some(0), Some(1)]);
}
