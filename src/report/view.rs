//! What of a report a command shows: the whole of it, its events as a list, or what became of a few.

use std::cmp::Ordering;

use crate::event::EventId;
use crate::run_report::RunReport;
use crate::selection::VerdictKind;
use crate::timeline::{Timeline, USUAL_BUCKETS};
use crate::tracked::TrackedEvent;

/// A window that is shorter than this is looked at more closely than by the hour.
const SHORT_WINDOW_HOURS: usize = 12;

/// What is shown.
#[derive(Clone, Debug)]
pub enum View {
    /// The report as a run ends with it.
    Report,
    /// Its events as a list.
    List(Box<Listing>),
    /// What became of these events, in the order in which they were named.
    Results(Vec<EventId>),
}

/// By what a list is sorted. Equals stand oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// Creation time, oldest first.
    #[default]
    Oldest,
    /// Creation time, youngest first.
    Newest,
    /// Verdict, in the order of the decision table.
    Verdict,
    /// Status code; events without one come last.
    StatusCode,
    /// Webhook, in the order of the scope.
    Webhook,
    /// Event id.
    Id,
}

/// The events of a report in the order in which they are listed.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The places of webhook and event in the report.
    pub rows: Vec<(usize, usize)>,
    /// Events that are not listed because of a limit.
    pub more: u64,
    /// How all of them lie in time, those beyond the limit included.
    pub timeline: Timeline,
}

impl Listing {
    /// Sorts what the report tells of and keeps at most `limit` events of it, in the report as well, so
    /// that every format lists the same. The counts stay those of all events.
    pub fn of(report: &mut RunReport, by: SortBy, limit: Option<u64>) -> Self {
        let timeline = Timeline::of_at_most(report, buckets(report));
        let told = report.told;
        for webhook in &mut report.webhooks {
            webhook.events.retain(|tracked| told.includes(tracked));
            webhook.events.sort_by(|left, right| order(by, left, right));
        }
        let mut rows: Vec<(usize, usize)> = Vec::new();
        for (place, webhook) in report.webhooks.iter().enumerate() {
            rows.extend((0..webhook.events.len()).map(|event| (place, event)));
        }
        if by != SortBy::Webhook {
            let tracked = |row: &(usize, usize)| &report.webhooks[row.0].events[row.1];
            rows.sort_by(|left, right| order(by, tracked(left), tracked(right)).then(left.cmp(right)));
        }
        let most = limit.map_or(rows.len(), |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let more = rows.len().saturating_sub(most) as u64;
        rows.truncate(most);
        // Within a webhook the rows are in order, so that those which are kept come first.
        let mut kept = vec![0; report.webhooks.len()];
        rows.iter().for_each(|(webhook, _)| kept[*webhook] += 1);
        for (webhook, kept) in report.webhooks.iter_mut().zip(kept) {
            webhook.events.truncate(kept);
        }
        Self { rows, more, timeline }
    }
}

/// How many stretches the picture may have: none shorter than an hour, unless the window is short itself.
fn buckets(report: &RunReport) -> usize {
    match usize::try_from(report.window.length().num_hours()) {
        Ok(hours) if hours >= SHORT_WINDOW_HOURS => hours + 1,
        Ok(_) | Err(_) => USUAL_BUCKETS,
    }
}

fn order(by: SortBy, left: &TrackedEvent, right: &TrackedEvent) -> Ordering {
    let by_age = |left: &TrackedEvent, right: &TrackedEvent| {
        (left.event.created(), &left.event.id).cmp(&(right.event.created(), &right.event.id))
    };
    let place = |tracked: &TrackedEvent| {
        let kind = VerdictKind::of(tracked.verdict);
        VerdictKind::ALL.iter().position(|known| *known == kind)
    };
    let code = |tracked: &TrackedEvent| tracked.event.status_code.unwrap_or(u16::MAX);
    let first = match by {
        SortBy::Oldest | SortBy::Webhook => Ordering::Equal,
        SortBy::Newest => return by_age(right, left),
        SortBy::Verdict => place(left).cmp(&place(right)),
        SortBy::StatusCode => code(left).cmp(&code(right)),
        SortBy::Id => left.event.id.cmp(&right.event.id),
    };
    first.then_with(|| by_age(left, right))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::RunOutcome;
    use crate::report::sample::{missing, report, settled, webhook};
    use crate::run_report::{Mode, Told};
    use crate::tracked::EventResult;

    fn sample() -> RunReport {
        let left = |number| missing(number, 0, EventResult::Left);
        let one = webhook("hook-1", "sales", vec![left(3), settled(4), left(1)]);
        let other = webhook("hook-2", "stock", vec![left(2)]);
        report(Mode::Check, RunOutcome::Left, vec![one, other])
    }

    fn ids(report: &RunReport, listing: &Listing) -> Vec<String> {
        let id = |(webhook, event): &(usize, usize)| report.webhooks[*webhook].events[*event].event.id.to_string();
        listing.rows.iter().map(id).map(|id| id[id.len() - 1..].to_owned()).collect()
    }

    #[test]
    fn events_of_all_webhooks_are_sorted_together() {
        let mut report = sample();
        let listing = Listing::of(&mut report, SortBy::Id, None);
        assert_eq!(ids(&report, &listing), ["1", "2", "3"]);
        let mut report = sample();
        let listing = Listing::of(&mut report, SortBy::Webhook, None);
        assert_eq!(ids(&report, &listing)[2], "2");
    }

    #[test]
    fn a_limit_keeps_the_first_of_all_and_the_counts_of_all() {
        let mut report = sample();
        let listing = Listing::of(&mut report, SortBy::Id, Some(2));
        assert_eq!((ids(&report, &listing), listing.more), (vec!["1".to_owned(), "2".to_owned()], 1));
        assert_eq!(report.webhooks[0].events.len(), 1);
        assert_eq!(report.totals.missing, 3);
        assert_eq!(listing.timeline.total().unsettled(), 3);
    }

    #[test]
    fn what_is_settled_is_listed_only_where_everything_is_told() {
        let mut report = sample();
        report.told = Told::Everything;
        let listing = Listing::of(&mut report, SortBy::Newest, None);
        assert_eq!(listing.rows.len(), 4);
    }
}
