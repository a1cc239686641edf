//! How events lie in time: one line for each stretch that has any, with a bar, so that an outage is seen
//! at a glance. Stretches without events are drawn together.

use chrono::{DateTime, TimeDelta, Utc};

use super::Symbols;
use super::layout::Page;
use crate::report::color::Paint;
use crate::report::text::{counted, grouped};
use crate::timeline::{Bucket, Fate, Tally, Timeline};

/// The most lines with a bar; the stretches are made longer until they are no more.
const MOST_LINES: usize = 36;
/// The longest bar, in characters.
const LONGEST_BAR: u64 = 60;
/// The shortest bar that still tells something.
const SHORTEST_BAR: u64 = 10;

pub(super) fn write(page: &mut Page, timeline: &Timeline) {
    let total = timeline.total();
    if total.unsettled() == 0 {
        return;
    }
    let timeline = timeline.clone().coarser(MOST_LINES);
    let fates: Vec<Fate> = Fate::ALL.into_iter().filter(|fate| total.of(*fate) > 0).collect();
    page.gap();
    page.line(0, Paint::Bold, &format!("Events {}", step_in_words(timeline.step())));
    let highest = timeline.highest().max(1);
    let digits = grouped(highest).len();
    let room = u64::from(page.width()).saturating_sub(20 + digits as u64 + 4);
    let longest = room.clamp(SHORTEST_BAR, LONGEST_BAR);
    let mut quiet: Option<DateTime<Utc>> = None;
    let mut has_begun = false;
    for bucket in timeline.buckets() {
        if bucket.tally.unsettled() == 0 {
            quiet = quiet.or(Some(bucket.from));
            continue;
        }
        if let (Some(since), true) = (quiet.take(), has_begun) {
            page.line(0, Paint::Dim, &format!("  {}", without(page, bucket.from - since)));
        }
        quiet = None;
        has_begun = true;
        page.line(0, Paint::Plain, &line(page, bucket, &fates, highest, longest, digits));
    }
    for (tally, words) in [(&timeline.undated, "without a readable time"), (&timeline.outside, "outside of the window")]
    {
        if tally.unsettled() > 0 {
            let events = counted(tally.unsettled(), "event", "events");
            page.line(0, Paint::Dim, &format!("  {events} {words}"));
        }
    }
    page.paragraph(0, Paint::Dim, &legend(page, &fates, &total));
}

fn line(page: &Page, bucket: Bucket<'_>, fates: &[Fate], highest: u64, longest: u64, digits: usize) -> String {
    let time = bucket.from.format("%Y-%m-%d %H:%M");
    let number = grouped(bucket.tally.unsettled());
    format!("{time}  {number:>digits$}  {}", bar(page.symbols(), bucket.tally, fates, highest, longest))
}

/// A bar as long as there are events, in one character for each fate. What is there at all is seen.
fn bar(symbols: Symbols, tally: &Tally, fates: &[Fate], highest: u64, longest: u64) -> String {
    let mut text = String::new();
    let mut before = 0_u64;
    let mut drawn = 0_u64;
    for fate in fates {
        let events = tally.of(*fate);
        if events == 0 {
            continue;
        }
        before += events;
        // Rounded at the end of each part, so that the parts add up to the whole.
        let end = (before * longest).div_ceil(highest).max(drawn + 1);
        text.extend((drawn..end).map(|_| mark(symbols, *fate)));
        drawn = end;
    }
    text
}

fn mark(symbols: Symbols, fate: Fate) -> char {
    let (unicode, ascii) = match fate {
        Fate::Left => ('█', '#'),
        Fate::Quarantined => ('▓', 'Q'),
        Fate::LostAfterAck => ('▚', 'L'),
        Fate::InDoubt => ('?', '?'),
        Fate::Unknown => ('▒', '%'),
        Fate::Recovered => ('▪', '+'),
        Fate::Unacknowledged => ('░', '-'),
        Fate::TooYoung => ('·', '.'),
    };
    match symbols {
        Symbols::Unicode => unicode,
        Symbols::Ascii => ascii,
    }
}

fn legend(page: &Page, fates: &[Fate], total: &Tally) -> String {
    let told = |fate: &Fate| {
        let name = if *fate == Fate::Left { "missing or left" } else { fate.label() };
        format!("{} {} {name}", mark(page.symbols(), *fate), grouped(total.of(*fate)))
    };
    fates.iter().map(told).collect::<Vec<_>>().join("   ")
}

fn without(page: &Page, length: TimeDelta) -> String {
    let dots = match page.symbols() {
        Symbols::Unicode => "⋮",
        Symbols::Ascii => ":",
    };
    format!("{dots} {} without any", length_in_words(length))
}

fn length_in_words(length: TimeDelta) -> String {
    let minutes = u64::try_from(length.num_minutes()).unwrap_or(0);
    match minutes {
        0..120 => counted(minutes, "minute", "minutes"),
        120..2_880 => counted(minutes / 60, "hour", "hours"),
        _ => counted(minutes / 1_440, "day", "days"),
    }
}

fn step_in_words(step: TimeDelta) -> String {
    match step.num_minutes() {
        60 => "per hour, UTC".to_owned(),
        1_440 => "per day, UTC".to_owned(),
        1 => "per minute, UTC".to_owned(),
        minutes if minutes % 1_440 == 0 => format!("per {} days, UTC", minutes / 1_440),
        minutes if minutes % 60 == 0 => format!("per {} hours, UTC", minutes / 60),
        minutes => format!("per {minutes} minutes, UTC"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_everything_that_is_there_and_is_never_longer_than_the_longest() {
        use crate::report::sample::{missing, settled};
        use crate::tracked::EventResult;
        let mut tally = Tally::default();
        (0..999).for_each(|number| tally.count(&missing(number, 0, EventResult::Left)));
        tally.count(&missing(1_000, 1, EventResult::Recovered));
        tally.count(&settled(1_001));
        let fates = [Fate::Left, Fate::Recovered];
        let drawn = bar(Symbols::Unicode, &tally, &fates, 1_000, 20);
        assert_eq!(drawn.chars().filter(|mark| *mark == '▪').count(), 1, "{drawn}");
        assert_eq!(drawn.chars().count(), 21, "the one recovered event is seen all the same");
        let all = bar(Symbols::Ascii, &tally, &[Fate::Left], 1_000, 20);
        assert_eq!(all, "#".repeat(20));
    }

    #[test]
    fn lengths_are_told_as_people_tell_them() {
        assert_eq!(length_in_words(TimeDelta::hours(14)), "14 hours");
        assert_eq!(length_in_words(TimeDelta::days(3)), "3 days");
        assert_eq!(step_in_words(TimeDelta::hours(6)), "per 6 hours, UTC");
        assert_eq!(step_in_words(TimeDelta::minutes(15)), "per 15 minutes, UTC");
    }
}
