//! The timeline: a stack of bars for each stretch of time, and the same as a table.
//!
//! Places along time are percentages and heights are pixels, so that the picture fills any width and
//! its words keep their size.

use std::fmt::Write as _;

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::report::text::{counted, grouped, listed};
use crate::run_report::RunReport;
use crate::timeline::{Bucket, Fate, Timeline};

/// The height of the plot itself, in pixels.
const HEIGHT: f64 = 180.0;
/// The room above it, for bars that are drawn higher than they are to be seen at all.
const TOP: f64 = 12.0;
/// The room below it, for the times.
const BELOW: f64 = 26.0;
/// How high a bar is at least: one event beside thousands is still an event.
const LEAST: f64 = 2.0;
/// The most times along the axis.
const MOST_TICKS: i64 = 9;
/// How far apart the times along the axis may be, in minutes.
const TICKS: [i64; 17] =
    [5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 10_080, 20_160, 43_200, 86_400, 259_200];

pub(super) fn write(page: &mut String, report: &RunReport) {
    let timeline = Timeline::of(report);
    let total = timeline.total();
    if total.unsettled() == 0 {
        return;
    }
    let fates: Vec<Fate> = Fate::ALL.into_iter().filter(|fate| total.of(*fate) > 0).collect();
    page.push_str("<section aria-labelledby=\"when\">\n<h2 id=\"when\">When it happened</h2>\n<figure>\n");
    // Writing to a string can't fail.
    let _ = writeln!(
        page,
        "<figcaption>Events per {} by the time of their creation, UTC</figcaption>",
        step_in_words(timeline.step())
    );
    legend(page, &timeline, &fates);
    if timeline.highest() > 0 {
        picture(page, &timeline, &fates);
    }
    page.push_str("</figure>\n");
    apart(page, &timeline);
    numbers(page, &timeline, &fates);
    page.push_str("</section>\n");
}

fn legend(page: &mut String, timeline: &Timeline, fates: &[Fate]) {
    let total = timeline.total();
    page.push_str("<ul class=\"legend\">\n");
    for fate in fates {
        let _ = writeln!(
            page,
            "<li><svg width=\"12\" height=\"12\" aria-hidden=\"true\"><rect width=\"12\" height=\"12\" class=\"{}\"/></svg> \
             {} <b>{}</b></li>",
            class(*fate),
            fate.label(),
            grouped(total.of(*fate))
        );
    }
    page.push_str("</ul>\n");
}

/// The class that gives a fate its colour.
pub(super) fn class(fate: Fate) -> &'static str {
    match fate {
        Fate::Quarantined => "f-quarantined",
        Fate::Left => "f-left",
        Fate::LostAfterAck => "f-lost",
        Fate::InDoubt => "f-doubt",
        Fate::Unknown => "f-unknown",
        Fate::Recovered => "f-recovered",
        Fate::Unacknowledged => "f-received",
        Fate::TooYoung => "f-young",
    }
}

fn picture(page: &mut String, timeline: &Timeline, fates: &[Fate]) {
    let scale = Scale::up_to(timeline.highest());
    let height = TOP + HEIGHT + BELOW;
    let _ = writeln!(
        page,
        "<div class=\"plot\">\n<svg class=\"axis\" width=\"52\" height=\"{height}\" aria-hidden=\"true\">"
    );
    for value in scale.lines() {
        let _ = writeln!(page, "<text x=\"46\" y=\"{:.1}\" dy=\"4\">{}</text>", scale.y(value as f64), grouped(value));
    }
    let _ = writeln!(
        page,
        "</svg>\n<svg class=\"bars\" width=\"100%\" height=\"{height}\" role=\"img\" aria-labelledby=\"plot-title plot-text\">\n\
         <title id=\"plot-title\">Timeline of events that are not settled</title>\n<desc id=\"plot-text\">{}</desc>",
        description(timeline)
    );
    for value in scale.lines() {
        let y = scale.y(value as f64);
        let _ = writeln!(page, "<line x1=\"0\" x2=\"100%\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>");
    }
    let width = 100.0 / timeline.buckets().len() as f64;
    for (place, bucket) in timeline.buckets().enumerate().filter(|(_, bucket)| bucket.tally.unsettled() > 0) {
        stack(page, &scale, &bucket, fates, place as f64 * width, width);
    }
    ticks(page, timeline);
    page.push_str("</svg>\n</div>\n");
}

fn stack(page: &mut String, scale: &Scale, bucket: &Bucket<'_>, fates: &[Fate], x: f64, width: f64) {
    let _ = write!(
        page,
        "<g><title>{}: {}</title><rect class=\"hit\" x=\"{x:.3}%\" width=\"{width:.3}%\" y=\"{TOP}\" height=\"{HEIGHT}\"/>",
        stretch(bucket),
        said(bucket, fates)
    );
    let mut bottom = TOP + HEIGHT;
    for fate in fates {
        let number = bucket.tally.of(*fate);
        if number > 0 {
            let height = (scale.height(number as f64)).max(LEAST);
            bottom -= height;
            let _ = write!(
                page,
                "<rect class=\"{}\" x=\"{:.3}%\" width=\"{:.3}%\" y=\"{bottom:.1}\" height=\"{height:.1}\"/>",
                class(*fate),
                x + width * 0.06,
                width * 0.88
            );
        }
    }
    page.push_str("</g>\n");
}

/// The times along the axis; on a narrow page every other one goes.
fn ticks(page: &mut String, timeline: &Timeline) {
    let mut buckets = timeline.buckets();
    let Some(first) = buckets.next() else { return };
    let last = buckets.last().unwrap_or(first);
    let (from, to) = (first.from.timestamp(), last.to.timestamp());
    let length = (to - from).max(1);
    let apart = TICKS.into_iter().map(|minutes| minutes * 60).find(|apart| length / apart < MOST_TICKS);
    let apart = apart.unwrap_or(length);
    let mut at = from + (-from).rem_euclid(apart);
    let mut number = 0;
    while at < to {
        let x = (at - from) as f64 * 100.0 / length as f64;
        let anchor = match x {
            x if x < 4.0 => "start",
            x if x > 96.0 => "end",
            _ => "middle",
        };
        let minor = if number % 2 == 1 { " minor" } else { "" };
        let (bottom, below) = (TOP + HEIGHT, TOP + HEIGHT + BELOW - 8.0);
        let _ = writeln!(
            page,
            "<g class=\"tick{minor}\"><line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"{bottom}\" y2=\"{:.1}\"/>\
             <text x=\"{x:.3}%\" y=\"{below}\" text-anchor=\"{anchor}\">{}</text></g>",
            bottom + 5.0,
            tick_label(at, apart)
        );
        at += apart;
        number += 1;
    }
}

fn tick_label(second: i64, apart: i64) -> String {
    let Some(at) = DateTime::from_timestamp(second, 0) else { return String::new() };
    let format = match apart {
        0..86_400 if at.num_seconds_from_midnight() != 0 => "%H:%M",
        0..2_592_000 => "%-d %b",
        _ => "%b %Y",
    };
    at.format(format).to_string()
}

/// The vertical axis, in round steps.
struct Scale {
    top: u64,
    step: u64,
}

impl Scale {
    fn up_to(highest: u64) -> Self {
        let mut step = 1;
        let mut factors = [2, 5, 10].into_iter().cycle();
        let mut decade = 1u64;
        while highest.div_ceil(step) > 4 {
            let factor = factors.next().unwrap_or(10);
            step = decade.saturating_mul(factor);
            if factor == 10 {
                decade = step;
            }
        }
        Self { top: step * highest.div_ceil(step).max(1), step }
    }

    fn lines(&self) -> impl Iterator<Item = u64> {
        (0..=self.top / self.step).map(|line| line * self.step)
    }

    fn height(&self, number: f64) -> f64 {
        number * HEIGHT / self.top as f64
    }

    fn y(&self, number: f64) -> f64 {
        TOP + HEIGHT - self.height(number)
    }
}

/// What somebody is told who does not see the picture.
fn description(timeline: &Timeline) -> String {
    let busy = || timeline.buckets().filter(|bucket| bucket.tally.unsettled() > 0);
    let (Some(first), Some(last)) = (busy().next(), busy().last()) else { return String::new() };
    let highest = busy().max_by_key(|bucket| bucket.tally.unsettled()).unwrap_or(first);
    format!(
        "The first stand at {}, the last at {}, the most at {}: {}. The numbers are in the table below.",
        stretch(&first),
        stretch(&last),
        stretch(&highest),
        counted(highest.tally.unsettled(), "event", "events")
    )
}

/// The numbers of one stack in words.
fn said(bucket: &Bucket<'_>, fates: &[Fate]) -> String {
    let parts: Vec<String> = fates
        .iter()
        .filter(|fate| bucket.tally.of(**fate) > 0)
        .map(|fate| format!("{} {}", grouped(bucket.tally.of(*fate)), fate.label()))
        .collect();
    listed(&parts)
}

/// Events that have no place in the picture.
fn apart(page: &mut String, timeline: &Timeline) {
    let (undated, outside) = (timeline.undated.unsettled(), timeline.outside.unsettled());
    if undated > 0 {
        let events = counted(undated, "event has", "events have");
        let _ =
            writeln!(page, "<p class=\"note\">{events} no readable creation time and no place in this picture.</p>");
    }
    if outside > 0 {
        let events = counted(outside, "event has a time", "events have times");
        let _ =
            writeln!(page, "<p class=\"note\">{events} just outside of the window and no place in this picture.</p>");
    }
}

/// The picture as a table, for those who want the numbers or don't see it.
fn numbers(page: &mut String, timeline: &Timeline, fates: &[Fate]) {
    if timeline.highest() == 0 {
        return;
    }
    page.push_str(
        "<details class=\"screen-only\">\n<summary>The numbers of this picture</summary>\n<table class=\"figures\">\n",
    );
    let _ = writeln!(
        page,
        "<caption>Events per {}; stretches without any are left out</caption>\n<thead><tr><th scope=\"col\">Created (UTC)</th>",
        step_in_words(timeline.step())
    );
    for fate in fates {
        let _ = write!(page, "<th scope=\"col\">{}</th>", fate.label());
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for bucket in timeline.buckets().filter(|bucket| bucket.tally.unsettled() > 0) {
        let _ = write!(page, "<tr><th scope=\"row\">{}</th>", stretch(&bucket));
        for fate in fates {
            let _ = write!(page, "<td>{}</td>", grouped(bucket.tally.of(*fate)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n</details>\n");
}

fn step_in_words(step: TimeDelta) -> String {
    let (days, hours, minutes) = (step.num_days(), step.num_hours(), step.num_minutes());
    let counted = |number: i64, one: &str, many: &str| match number {
        1 => one.to_owned(),
        number => format!("{number} {many}"),
    };
    if days > 0 && step == TimeDelta::days(days) {
        counted(days, "day", "days")
    } else if hours > 0 && step == TimeDelta::hours(hours) {
        counted(hours, "hour", "hours")
    } else {
        counted(minutes, "minute", "minutes")
    }
}

/// The stretch of time of one stack: `2026-03-01 08:00–09:00`, or its days.
fn stretch(bucket: &Bucket<'_>) -> String {
    let day = |at: DateTime<Utc>| at.format("%Y-%m-%d").to_string();
    let minute = |at: DateTime<Utc>| at.format("%H:%M").to_string();
    let length = bucket.to - bucket.from;
    if length < TimeDelta::days(1) {
        format!("{} {}–{}", day(bucket.from), minute(bucket.from), minute(bucket.to))
    } else if length == TimeDelta::days(1) {
        day(bucket.from)
    } else {
        format!("{} to {}", day(bucket.from), day(bucket.to - TimeDelta::seconds(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vertical_axis_has_a_few_round_lines() {
        for (highest, lines) in [
            (1, &[0, 1][..]),
            (3, &[0, 1, 2, 3]),
            (7, &[0, 2, 4, 6, 8]),
            (34, &[0, 10, 20, 30, 40]),
            (120, &[0, 50, 100, 150]),
            (4_999, &[0, 2_000, 4_000, 6_000]),
        ] {
            let scale = Scale::up_to(highest);
            assert_eq!(scale.lines().collect::<Vec<_>>(), lines, "{highest}");
        }
    }

    #[test]
    fn times_along_the_axis_name_the_day_where_it_begins() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant").timestamp();
        assert_eq!(tick_label(at("2026-03-01T00:00:00Z"), 21_600), "1 Mar");
        assert_eq!(tick_label(at("2026-03-01T06:00:00Z"), 21_600), "06:00");
        assert_eq!(tick_label(at("2026-03-01T00:00:00Z"), 2_592_000), "Mar 2026");
    }

    #[test]
    fn lengths_of_a_bucket_read_as_english() {
        let said: Vec<String> = [1, 10, 60, 180, 1_440, 10_080].map(TimeDelta::minutes).map(step_in_words).into();
        assert_eq!(said, ["minute", "10 minutes", "hour", "3 hours", "day", "7 days"]);
    }
}
