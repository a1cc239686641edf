use std::collections::HashMap;

use super::*;
use crate::event::{EventId, IdKey};
use crate::receipt::ids::Ids;
use crate::receipt::parts::Parts;

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834))
}

fn value(id: &EventId) -> Halves {
    let IdKey::Uuid(value) = id.key() else { panic!("all are UUIDs") };
    bytemuck::cast(value)
}

fn hash_of(hasher: UuidHasher, value: Halves) -> u32 {
    hasher.of_value(bytemuck::cast(value))
}

/// The same ids in two parts.
fn in_parts(ids: &[EventId]) -> Parts {
    let part = |ids: &[EventId]| {
        let mut part = Ids::with_room_for(0);
        ids.iter().for_each(|id| part.push(id.clone()));
        part
    };
    let (first, second) = ids.split_at(ids.len() / 3);
    Parts::new(vec![part(first), part(second)])
}

/// The hashes of these ids in two parts, each in so many ranges.
fn hashes_of(ids: &[EventId], hasher: UuidHasher, ranges: usize) -> Vec<(u32, Ranges)> {
    let (first, second) = ids.split_at(ids.len() / 3);
    let part = |(start, ids): (usize, &[EventId])| {
        let mut hashes = Ranges::new(ranges, 0);
        let uuids = (0..).zip(ids).filter(|(_, id)| matches!(id.key(), IdKey::Uuid(_)));
        uuids.for_each(|(place, id)| hashes.push(hash_of(hasher, value(id)), place));
        (start as u32, hashes)
    };
    [(0, first), (first.len(), second)].map(part).into()
}

/// A table that was filled in so many ranges, and the places of those that were there before.
fn filled(ids: &[EventId], ranges: usize) -> (UuidTable, Vec<u32>) {
    let mut table = UuidTable { division: Division::for_places(ids.len()), ..UuidTable::default() };
    let again = table.fill(in_parts(ids).opened(), ids.len(), &hashes_of(ids, table.hasher, ranges), ranges);
    (table, again)
}

/// The place of an id among these.
fn find(table: &UuidTable, ids: &[EventId], id: &EventId) -> Option<u32> {
    table.find(value(id), |place| ids.get(place as usize).map(value))
}

/// Room for the places of all ids that are used here.
fn division() -> Division {
    Division::for_places(1_000)
}

/// A table of a single range on its way.
fn whole(slots: &mut [Slot]) -> Filling<'_> {
    Filling { all: slots.len(), slots, division: division(), range: 0, again: Vec::new(), left: Vec::new() }
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
    for parts in [1, 2, 3, 4, 7].repeat(20) {
        let (table, again) = filled(&ids, parts);
        assert!((2_001..=2_000 + parts).contains(&table.slots.len()), "half of it stays free");
        assert_eq!(again.len(), ids.len() - first_places.len());
        assert!(again.iter().all(|&place| first_places[&ids[place as usize]] < place));
        for id in &ids {
            assert_eq!(find(&table, &ids, id), first_places.get(id).copied(), "{parts} parts");
        }
        assert_eq!(table.find([7; 2], |place| ids.get(place as usize).map(value)), None);
    }
}

#[test]
fn what_has_no_room_in_its_part_stands_in_the_next_and_the_last_goes_on_at_the_first() {
    let (hasher, size, parts) = (UuidHasher::default(), 16, 4);
    // Those that belong to the last slot of a part.
    let crowd = |part: usize| {
        let last = part * size + size - 1;
        let is_last = move |id: &EventId| share(hash_of(hasher, value(id)), size * parts) == last;
        // One in 64 belongs there.
        (0..10_000).map(|number| EventId::new(&uuid(number).to_string()).expect("an id")).filter(is_last).take(6)
    };
    let mut ids: Vec<EventId> = (0..parts).flat_map(crowd).collect();
    assert_eq!(ids.len(), 24, "hashes are spread over all slots");
    ids.extend_from_within(..);
    let mut table = UuidTable { slots: vec![0; size * parts], division: division(), hasher, ..UuidTable::default() };
    let all = in_parts(&ids);
    let again: Vec<u32> = (0..48).filter_map(|place| table.insert(all.opened(), place)).collect();
    assert_eq!(again, (24..48).collect::<Vec<u32>>());
    for (place, id) in (0..24).zip(&ids) {
        assert_eq!(find(&table, &ids, id), Some(place));
    }
    assert!(table.slots[..5].iter().all(|&slot| slot != 0), "the last go on at the beginning");
}

/// Two ids, and a slot that would hold the second if it had the hash of the first.
fn alike(hasher: UuidHasher, wanted: impl Fn(u32) -> bool) -> ([EventId; 2], u32, Slot) {
    let ids = ids(1_000);
    let first = ids.iter().find(|id| wanted(hash_of(hasher, value(id)))).expect("there are many");
    let second = ids.iter().find(|id| *id != first).expect("there is another");
    let hash = hash_of(hasher, value(first));
    ([first.clone(), second.clone()], hash, division().slot(hash, 1))
}

#[test]
fn ids_whose_hashes_are_alike_are_told_apart_wherever_they_stand() {
    let hasher = UuidHasher::default();
    for place in 0..8 {
        let (ids, _, second) = alike(hasher, |hash| share(hash, 8) == place);
        let mut table = UuidTable { slots: vec![0; 8], division: division(), hasher, ..UuidTable::default() };
        table.slots[place] = second;
        let all = in_parts(&ids);
        assert_eq!(find(&table, &ids, &ids[0]), None);
        assert_eq!(table.insert(all.opened(), 0), None, "it was not there before");
        assert_eq!(find(&table, &ids, &ids[0]), Some(0), "it stands behind {place}");
        assert_eq!(table.insert(all.opened(), 0), Some(0), "now it was");
        assert_eq!(table.slots.iter().filter(|&&slot| slot != 0).count(), 2);
    }
}

#[test]
fn an_id_is_not_there_before_because_one_with_such_a_hash_is() {
    let (ids, hash, second) = alike(UuidHasher::default(), |_| true);
    let all = in_parts(&ids);
    let mut slots = [second, 0, 0];
    let mut part = whole(&mut slots);
    part.insert(0, hash, 0, all.opened());
    assert_eq!((part.again.len(), part.left.len()), (0, 0));
    part.insert(0, hash, 0, all.opened());
    assert_eq!((part.again, part.left.len()), (vec![0], 0));
    assert_eq!(slots, [second, division().slot(hash, 0), 0]);
}

#[test]
fn hardly_any_id_has_no_room_in_its_range() {
    let ids = ids(1_000);
    let all = in_parts(&ids);
    for ranges in [1, 2, 3] {
        let hashes = hashes_of(&ids, UuidHasher::default(), ranges);
        let (mut used, mut again, mut left) = (0, 0, 0);
        for range in 0..ranges {
            let mut slots = vec![0; 2_000 / ranges];
            let filling = Filling { all: slots.len() * ranges, range, ..whole(&mut slots) };
            let filled = filling.take(all.opened(), &hashes);
            (again, left) = (again + filled.again.len(), left + filled.left.len());
            used += slots.iter().filter(|&&slot| slot != 0).count();
        }
        assert_eq!(used + again + left, ids.len());
        assert!(left < 100, "{left} have none in {ranges} ranges");
    }
}

#[test]
fn almost_always_the_first_candidate_is_the_one_and_a_stranger_has_none() {
    let ids = ids(1_000);
    let (table, _) = filled(&ids, 1);
    let place = |value: Halves| {
        let hash = hash_of(table.hasher, value);
        table.candidate(hash, table.few(hash))
    };
    let others = ids.iter().filter(|id| place(value(id)) != find(&table, &ids, id)).count();
    let is_like_one = |&stranger: &u128| place(bytemuck::cast(uuid(stranger).into_bytes())).is_some();
    let strangers = (1_000..11_000).filter(is_like_one).count();
    assert!(others + strangers < 3, "{others} and {strangers}, each as rare as one in millions");
}

#[test]
fn what_is_left_of_a_table_has_the_places_that_it_has_then() {
    // By one thread and by several.
    for count in [6, 12, 200] {
        let ids = ids(count);
        let (mut table, again) = filled(&ids, 2);
        assert!(!again.is_empty() && (table.slots.len() < LEAST_SHARED) == (count < 200));
        table.close_up(&ClosedUp::new(ids.len(), &again));
        let left: Vec<EventId> =
            (0..).zip(&ids).filter(|(at, _)| !again.contains(at)).map(|(_, id)| id.clone()).collect();
        for (place, id) in (0..).zip(&left) {
            assert_eq!(find(&table, &left, id), Some(place));
        }
    }
}

#[test]
fn an_id_that_is_no_uuid_has_no_place() {
    let mut ids = ids(100);
    ids[40] = EventId::new("evt-40").expect("an id");
    for parts in [1, 2] {
        let (table, again) = filled(&ids, parts);
        assert_eq!(table.slots.iter().filter(|&&slot| slot != 0).count() + again.len(), 99);
        assert!(table.slots.iter().all(|&slot| slot == 0 || table.division.place(slot) != 40));
    }
}

#[test]
fn a_slot_has_room_for_any_place_and_for_as_much_of_the_hash_as_is_left() {
    let hash = 0xcfd3_4c00;
    for (count, bits) in [(0, 0), (1, 1), (2, 2), (255, 8), (256, 9), (1_000_000, 20), (u32::MAX as usize - 1, 32)] {
        let division = Division::for_places(count);
        assert_eq!(division.bits, bits, "{count}");
        let Some(last) = u32::try_from(count).ok().and_then(|count| count.checked_sub(1)) else { continue };
        for place in [0, last / 2, last] {
            let slot = division.slot(hash, place);
            assert_ne!(slot, 0, "it is not free");
            assert_eq!(division.place(slot), place);
            assert!(division.is_of(slot, hash));
            assert_eq!(division.is_of(slot, hash ^ 1), bits == 32, "{count}");
            assert_eq!(division.is_of(slot, hash ^ 1 << 31), bits > 0, "the upper bits are told by its place");
            let other = division.moved(slot, 0);
            assert_eq!((division.place(other), division.is_of(other, hash)), (0, true));
        }
    }
}
