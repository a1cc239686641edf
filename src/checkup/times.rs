//! The machine's clock against the vendor's, and whether the times of events fit the zone they are read
//! in. Only what the evidence allows is claimed: an event from the future proves something, a pause
//! without events proves nothing and is only told.

use chrono::{DateTime, TimeDelta, Utc};

use super::Check;
use crate::event::{Event, ZoneKnowledge};
use crate::exit::ExitCode;

/// A difference up to this is none: the vendor's header has whole seconds, and an answer takes its time.
const UNREMARKABLE: TimeDelta = TimeDelta::seconds(30);
/// A difference from here on moves windows and ages so far that a run can't be believed.
const GRAVE: TimeDelta = TimeDelta::minutes(5);
/// An event so far ahead may be a clock that is a little off.
const AHEAD: TimeDelta = TimeDelta::minutes(1);
/// The fewest events among which a pause at the end means anything.
const ENOUGH_EVENTS: usize = 20;
/// The shortest pause that a wrong zone could explain: some lie three quarters of an hour apart.
const SHORTEST_SHIFT: TimeDelta = TimeDelta::minutes(40);

/// The check of the clock.
pub const CLOCK: &str = "clock";
/// The check of the zone.
pub const ZONE: &str = "time zone";

/// Judges the machine's clock by what the vendor's said between two readings of it.
pub fn clock(vendor: Option<DateTime<Utc>>, asked: DateTime<Utc>, answered: DateTime<Utc>) -> Check {
    let Some(vendor) = vendor else {
        return Check::skipped(CLOCK, "the vendor's answer has no readable Date");
    };
    // The vendor read its clock at some moment in between, and left the fraction out.
    let latest = vendor + TimeDelta::seconds(1);
    let (off, direction) = (vendor - answered, "behind").max((asked - latest, "ahead of"));
    let hint = "set this machine's clock by a time server (NTP); it says where windows begin and how old events are";
    let message = format!("this machine's clock is {} {direction} the vendor's", length(off));
    if off > GRAVE {
        Check::failed(CLOCK, ExitCode::Undetermined, message, hint)
    } else if off > UNREMARKABLE {
        Check::warning(CLOCK, message, hint)
    } else if off > TimeDelta::seconds(2) {
        Check::ok(CLOCK, message)
    } else {
        Check::ok(CLOCK, "this machine's clock agrees with the vendor's")
    }
}

/// What is known of the zone that times without an offset are read in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneReading {
    /// The name of the zone.
    pub name: String,
    /// Another zone that is likely for this vendor, by its name, and how far its clocks are ahead of
    /// those of the zone that is set.
    pub likely: Option<(String, TimeDelta)>,
}

/// Judges the zone by the events of one sample.
pub fn zone<'a>(events: impl Iterator<Item = &'a Event>, zone: &ZoneReading, now: DateTime<Utc>) -> Check {
    let mut assumed = Vec::new();
    let (mut stated, mut ahead_by_offset) = (0_u64, 0_u64);
    for created in events.filter_map(|event| event.created_at) {
        match created.zone {
            ZoneKnowledge::Assumed => assumed.push(created.at),
            ZoneKnowledge::Stated => {
                stated += 1;
                ahead_by_offset += u64::from(created.at - now > AHEAD);
            }
        }
    }
    if ahead_by_offset > 0 {
        let message = format!("{ahead_by_offset} events state that they were created in the future");
        return Check::warning(ZONE, message, "no zone explains that; check this machine's clock");
    }
    let (Some(newest), name) = (assumed.iter().max().copied(), &zone.name) else {
        return if stated > 0 {
            Check::ok(ZONE, "the vendor's times state their offset")
        } else {
            Check::skipped(ZONE, "no event with a time was listed")
        };
    };
    let ahead = newest - now;
    if ahead > AHEAD {
        return from_the_future(&assumed, ahead, zone, now);
    }
    if let Some(longest) = longest_pause(&mut assumed)
        && now - newest > SHORTEST_SHIFT
        && now - newest > longest * 4
    {
        let message = format!(
            "the newest of {} events is {} old, read in {name}; the longest pause before it was {}",
            assumed.len(),
            length(now - newest),
            length(longest)
        );
        return Check::warning(
            ZONE,
            message,
            "if events were created since, the vendor's zone lies farther west: set --time-zone to it",
        );
    }
    let age = length((now - newest).max(TimeDelta::zero()));
    Check::ok(ZONE, format!("times read in {name} are plausible: none is in the future, the newest is {age} old"))
}

fn from_the_future(assumed: &[DateTime<Utc>], ahead: TimeDelta, zone: &ZoneReading, now: DateTime<Utc>) -> Check {
    let count = assumed.iter().filter(|at| **at - now > AHEAD).count();
    let message = format!(
        "{count} of {} events seem to be created in the future, by up to {}, so {} is not the vendor's zone",
        assumed.len(),
        length(ahead),
        zone.name
    );
    let hint = match &zone.likely {
        Some((likely, offset)) if *offset + AHEAD >= ahead => {
            format!("set --time-zone to the zone of the vendor's times; {likely} would explain it")
        }
        Some(_) | None => "set --time-zone to the zone of the vendor's times".to_owned(),
    };
    Check::failed(ZONE, ExitCode::Undetermined, message, hint)
}

/// The longest time between two events that follow each other; none where there are too few.
fn longest_pause(times: &mut [DateTime<Utc>]) -> Option<TimeDelta> {
    if times.len() < ENOUGH_EVENTS {
        return None;
    }
    times.sort_unstable();
    times.windows(2).map(|pair| pair[1] - pair[0]).max()
}

/// A length of time in words that are short and true enough.
pub fn length(time: TimeDelta) -> String {
    let seconds = time.num_seconds().unsigned_abs();
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => match seconds / 60 % 60 {
            0 => format!("{} h", seconds / 3_600),
            minutes => format!("{} h {minutes} min", seconds / 3_600),
        },
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Verdict;
    use crate::event::{CreatedAt, DeliveryStatus, EventId};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400 + second, 0).unwrap()
    }

    fn event(second: i64, zone: ZoneKnowledge) -> Event {
        Event {
            id: EventId::new("e").unwrap(),
            created_at: Some(CreatedAt { at: at(second), zone }),
            status: DeliveryStatus::Delivered,
            status_text: None,
            status_code: None,
            runs: None,
            alternate_ids: None,
        }
    }

    fn judged(seconds: impl IntoIterator<Item = i64>, knowledge: ZoneKnowledge) -> Check {
        let events: Vec<Event> = seconds.into_iter().map(|second| event(second, knowledge)).collect();
        let likely = Some(("Europe/Oslo".to_owned(), TimeDelta::hours(1)));
        zone(events.iter(), &ZoneReading { name: "UTC".to_owned(), likely }, at(0))
    }

    #[test]
    fn a_clock_is_judged_by_what_neither_rounding_nor_waiting_explains() {
        let off = |seconds: i64| clock(Some(at(seconds)), at(0), at(2)).verdict;
        for (seconds, expected) in [
            (0, Verdict::Ok),
            (2, Verdict::Ok),
            (32, Verdict::Ok),
            (33, Verdict::Warning),
            (-31, Verdict::Ok),
            (-32, Verdict::Warning),
            (302, Verdict::Warning),
            (303, Verdict::Failed(ExitCode::Undetermined)),
            (-4_000, Verdict::Failed(ExitCode::Undetermined)),
        ] {
            assert_eq!(off(seconds), expected, "{seconds}");
        }
        assert_eq!(clock(None, at(0), at(1)).verdict, Verdict::Skipped);
        assert!(clock(Some(at(3_602)), at(0), at(2)).message.contains("60 min behind the vendor's"));
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_waiting_explains_is_told_with_its_direction() {
        let told = |seconds: i64| clock(Some(at(seconds)), at(0), at(2)).message;
        for seconds in [-3, -1, 0, 2, 4] {
            assert_eq!(told(seconds), "this machine's clock agrees with the vendor's", "{seconds}");
        }
        assert_eq!(told(5), "this machine's clock is 3 s behind the vendor's");
        assert_eq!(told(-4), "this machine's clock is 3 s ahead of the vendor's");
    }

    #[test]
    fn an_event_up_to_a_minute_ahead_may_be_a_clock_that_is_a_little_off() {
        assert_eq!(judged([60], ZoneKnowledge::Stated).verdict, Verdict::Ok);
        assert_eq!(judged([61], ZoneKnowledge::Stated).verdict, Verdict::Warning);
        assert_eq!(judged([60], ZoneKnowledge::Assumed).verdict, Verdict::Ok);
        let two = judged([60, 61], ZoneKnowledge::Assumed);
        assert_eq!(two.verdict, Verdict::Failed(ExitCode::Undetermined));
        assert!(two.message.starts_with("1 of 2 events seem"), "{two:?}");
    }

    #[test]
    fn a_likely_zone_explains_what_its_offset_and_a_clock_a_little_off_explain() {
        let names_it = |second: i64| judged([second], ZoneKnowledge::Assumed).hint.unwrap().contains("Europe/Oslo");
        assert!(names_it(3_600) && names_it(3_660) && !names_it(3_661));
    }

    #[test]
    fn events_from_the_future_prove_a_wrong_zone_and_the_likely_one_is_named_where_it_explains_them() {
        let found = judged([-7_200, -60, 3_500], ZoneKnowledge::Assumed);
        assert_eq!(found.verdict, Verdict::Failed(ExitCode::Undetermined));
        assert!(found.message.starts_with("1 of 3 events seem"), "{found:?}");
        assert!(found.hint.as_ref().unwrap().contains("Europe/Oslo"), "{found:?}");
        let farther = judged([7_200], ZoneKnowledge::Assumed);
        assert!(!farther.hint.unwrap().contains("Europe/Oslo"));
    }

    #[test]
    fn times_that_state_their_offset_say_nothing_of_the_zone() {
        assert_eq!(judged([-60], ZoneKnowledge::Stated).verdict, Verdict::Ok);
        assert_eq!(judged([600], ZoneKnowledge::Stated).verdict, Verdict::Warning);
        assert_eq!(judged([], ZoneKnowledge::Stated).verdict, Verdict::Skipped);
    }

    #[test]
    fn a_pause_is_told_only_where_it_stands_out_among_many_events() {
        let minutes = |first: i64, last: i64| (first..=last).map(|minute| minute * 60);
        assert_eq!(judged(minutes(-180, -120), ZoneKnowledge::Assumed).verdict, Verdict::Warning);
        assert_eq!(judged(minutes(-60, -30), ZoneKnowledge::Assumed).verdict, Verdict::Ok);
        assert_eq!(judged(minutes(-130, -120), ZoneKnowledge::Assumed).verdict, Verdict::Ok, "too few events");
        let with_night = minutes(-180, -120).chain([-40_000]);
        assert_eq!(judged(with_night, ZoneKnowledge::Assumed).verdict, Verdict::Ok, "there was a longer pause");
    }

    #[test]
    fn a_pause_stands_out_from_twenty_events_on_beyond_any_shift_and_four_times_the_longest_before() {
        // So many events, so many minutes apart, of which the last was so many seconds ago.
        let verdict = |count: i64, apart: i64, ago: i64| {
            judged((0..count).map(|number| -ago - number * apart * 60), ZoneKnowledge::Assumed).verdict
        };
        assert_eq!((verdict(19, 1, 7_200), verdict(20, 1, 7_200)), (Verdict::Ok, Verdict::Warning));
        assert_eq!((verdict(30, 1, 2_400), verdict(30, 1, 2_401)), (Verdict::Ok, Verdict::Warning));
        assert_eq!((verdict(30, 15, 3_600), verdict(30, 15, 3_601)), (Verdict::Ok, Verdict::Warning));
    }

    #[test]
    fn lengths_are_short() {
        for (seconds, words) in [(5, "5 s"), (119, "119 s"), (300, "5 min"), (7_200, "2 h"), (7_260, "2 h 1 min")] {
            assert_eq!(length(TimeDelta::seconds(seconds)), words);
        }
        assert_eq!(length(TimeDelta::days(9)), "9 days");
    }
}
