//! What listings of one stretch say of each other: one of everything, one of the failed events only.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::Check;
use crate::event::{DeliveryStatus, Event, EventId};

/// The check of the listing as such.
pub const LISTING: &str = "listing";
/// The check of the filter.
pub const FILTER: &str = "filter";

/// Events may change between two listings while they are younger than this.
const SETTLED: TimeDelta = TimeDelta::minutes(5);

/// What was listed of one webhook.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// What the webhook is called.
    pub name: String,
    /// The events of the unfiltered listing.
    pub all: Vec<Event>,
    /// The events of the listing of failed ones.
    pub failed: Vec<Event>,
    /// Records that could not be used, and why the first could not.
    pub unusable: (u64, Option<String>),
    /// Whether both listings are whole.
    pub is_whole: bool,
}

/// Whether anything is listed, and readably.
pub fn listing(samples: &[Sample], stretch: &str) -> Check {
    let events = || samples.iter().flat_map(|sample| &sample.all);
    let (listed, failed) = (events().count(), events().filter(|event| event.status == DeliveryStatus::Failed).count());
    let webhooks = match samples.len() {
        1 => "1 webhook".to_owned(),
        several => format!("{several} webhooks"),
    };
    if let Some((sample, first)) = samples.iter().find_map(|sample| Some((sample, sample.unusable.1.as_ref()?))) {
        let unusable: u64 = samples.iter().map(|sample| sample.unusable.0).sum();
        return Check::warning(
            LISTING,
            format!("{unusable} records can't be used, the first of {}: {first}", sample.name),
            "a run ends undetermined on such records; ask the vendor what they are",
        );
    }
    let blank = events().filter(|event| event.status == DeliveryStatus::Unrecognised).count();
    if blank > 0 {
        return Check::warning(
            LISTING,
            format!("{blank} of {listed} records have no status that can be understood"),
            "such events are never resent; ask the vendor what they are",
        );
    }
    if listed == 0 {
        return Check::warning(
            LISTING,
            format!("the vendor lists no event of {webhooks} {stretch}"),
            "if there were some, these are the wrong webhooks or the wrong time zone",
        );
    }
    let silent = samples.iter().filter(|sample| sample.all.is_empty()).count();
    let silent = if silent == 0 { String::new() } else { format!("; nothing of {silent} of them") };
    Check::ok(
        LISTING,
        format!("the vendor lists {listed} events of {webhooks} {stretch}, {failed} of them failed{silent}"),
    )
}

/// Whether the filter for failed events does what it says.
pub fn filter(samples: &[Sample], now: DateTime<Utc>) -> Check {
    let whole = || samples.iter().filter(|sample| sample.is_whole);
    let delivered = |event: &&Event| event.status == DeliveryStatus::Delivered;
    let ignored: usize = whole().map(|sample| sample.failed.iter().filter(delivered).count()).sum();
    if ignored > 0 {
        return Check::warning(
            FILTER,
            format!("the vendor ignores success=false: {ignored} delivered events are among the failed"),
            "nothing to do: hookmend decides by each record; listings only take longer",
        );
    }
    let (mut failed, mut hidden) = (0, 0);
    for sample in whole() {
        let shown: HashSet<&EventId> = sample.failed.iter().map(|event| &event.id).collect();
        let settled = |event: &&Event| event.created().is_none_or(|created| now - created > SETTLED);
        let failures = sample.all.iter().filter(|event| event.status == DeliveryStatus::Failed).filter(settled);
        for event in failures {
            failed += 1;
            hidden += usize::from(!shown.contains(&event.id));
        }
    }
    match (failed, hidden) {
        (0, _) => Check::skipped(FILTER, "no failed event was listed that success=false would have to show"),
        (_, 0) => Check::ok(FILTER, format!("success=false shows all {failed} failed events and no other")),
        (_, hidden) => Check::warning(
            FILTER,
            format!("success=false hides {hidden} of {failed} failed events"),
            "a run notices that and lists everything; tell the vendor, and do not use --no-proof",
        ),
    }
}

/// How far back the vendor lists, told from sampled days, oldest first; of each its beginning and how
/// many events were listed. The last one is the first that had any.
pub fn retention(name: &'static str, webhook: &str, days: &[(DateTime<Utc>, u64)]) -> Check {
    let day = |at: &DateTime<Utc>| at.format("%F").to_string();
    let Some((first, _)) = days.first() else { return Check::skipped(name, "no day was sampled") };
    let found = days.iter().position(|(_, events)| *events > 0);
    match found {
        Some(0) => Check::ok(name, format!("the vendor still lists events of {}, where the window begins", day(first))),
        Some(1) => Check::ok(
            name,
            format!(
                "the vendor lists events of {}; of {}, where the window begins, there is none",
                day(&days[1].0),
                day(first)
            ),
        ),
        Some(place) => Check::warning(
            name,
            format!(
                "no event of {webhook} is listed on {} sampled days from {} on, where the window begins; the first with \
                 events is {}",
                place,
                day(first),
                day(&days[place].0)
            ),
            "if there were events then, the vendor no longer lists them: run more often, or begin the window later",
        ),
        None => Check::warning(
            name,
            format!("no event of {webhook} is listed on any of {} sampled days from {} on", days.len(), day(first)),
            "if there were events then, the vendor no longer lists them: run more often, or begin the window later",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Verdict;
    use crate::event::{CreatedAt, ZoneKnowledge};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_366_400, 0).unwrap()
    }

    fn event(id: &str, status: DeliveryStatus) -> Event {
        Event {
            id: EventId::new(id).unwrap(),
            created_at: Some(CreatedAt { at: now() - TimeDelta::hours(2), zone: ZoneKnowledge::Stated }),
            status,
            status_text: None,
            status_code: None,
            runs: None,
            alternate_ids: None,
        }
    }

    fn sample(all: &[(&str, DeliveryStatus)], failed: &[(&str, DeliveryStatus)]) -> Sample {
        let events = |list: &[(&str, DeliveryStatus)]| list.iter().map(|(id, status)| event(id, *status)).collect();
        Sample {
            name: "sales".to_owned(),
            all: events(all),
            failed: events(failed),
            is_whole: true,
            ..Sample::default()
        }
    }

    const GOOD: (&str, DeliveryStatus) = ("a", DeliveryStatus::Delivered);
    const BAD: (&str, DeliveryStatus) = ("b", DeliveryStatus::Failed);

    #[test]
    fn a_filter_is_judged_by_what_it_lets_through_and_what_it_hides() {
        let judged = |failed: &[_]| filter(&[sample(&[GOOD, BAD], failed)], now());
        assert_eq!(judged(&[BAD]).verdict, Verdict::Ok);
        assert!(judged(&[]).message.contains("hides 1 of 1"));
        assert!(judged(&[BAD, GOOD]).message.contains("ignores success=false"));
        assert_eq!(filter(&[sample(&[GOOD], &[])], now()).verdict, Verdict::Skipped);
    }

    #[test]
    fn a_failure_that_may_be_younger_than_the_other_listing_is_not_held_against_the_filter() {
        let aged = |seconds: i64| {
            let created = CreatedAt { at: now() - TimeDelta::seconds(seconds), zone: ZoneKnowledge::Stated };
            let failure = Event { created_at: Some(created), ..event("b", DeliveryStatus::Failed) };
            filter(&[Sample { all: vec![failure], ..sample(&[], &[]) }], now()).verdict
        };
        assert_eq!((aged(0), aged(300), aged(301)), (Verdict::Skipped, Verdict::Skipped, Verdict::Warning));
    }

    #[test]
    fn a_listing_that_broke_off_proves_nothing_against_the_filter() {
        let broken = Sample { is_whole: false, ..sample(&[BAD], &[]) };
        assert_eq!(filter(&[broken], now()).verdict, Verdict::Skipped);
    }

    #[test]
    fn retention_is_doubted_only_where_several_days_are_empty() {
        let days = |counts: &[u64]| -> Vec<_> {
            counts.iter().zip(0..).map(|(count, day)| (now() + TimeDelta::days(day), *count)).collect()
        };
        let judged = |counts: &[u64]| retention("retention", "sales", &days(counts)).verdict;
        assert_eq!((judged(&[3]), judged(&[0, 3])), (Verdict::Ok, Verdict::Ok));
        assert_eq!((judged(&[0, 0, 3]), judged(&[0, 0, 0, 0])), (Verdict::Warning, Verdict::Warning));
        assert_eq!(judged(&[]), Verdict::Skipped);
    }

    #[test]
    fn it_is_told_how_many_failed_and_how_many_webhooks_are_silent() {
        let full = sample(&[GOOD, BAD, ("c", DeliveryStatus::Delivered)], &[BAD]);
        assert_eq!(
            listing(std::slice::from_ref(&full), "of the last day").message,
            "the vendor lists 3 events of 1 webhook of the last day, 1 of them failed"
        );
        assert_eq!(
            listing(&[full, sample(&[], &[]), sample(&[], &[])], "of the last day").message,
            "the vendor lists 3 events of 3 webhooks of the last day, 1 of them failed; nothing of 2 of them"
        );
    }

    #[test]
    fn an_empty_listing_and_odd_records_are_told() {
        assert_eq!(listing(&[sample(&[GOOD], &[])], "of the last day").verdict, Verdict::Ok);
        assert!(listing(&[sample(&[], &[])], "of the last day").message.contains("lists no event"));
        let blank = sample(&[("c", DeliveryStatus::Unrecognised)], &[]);
        assert!(listing(&[blank], "").message.contains("no status"));
        let unusable = Sample { unusable: (2, Some("record 1: no id".to_owned())), ..sample(&[GOOD], &[]) };
        assert!(listing(&[unusable], "").message.contains("2 records can't be used"));
    }
}
