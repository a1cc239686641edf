//! Which of the events that a run sees it acts on and tells of.
//!
//! Every event is judged, because the proofs need them all; what is not selected is left alone. A run
//! that looks at a selection proves nothing of the rest.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crate::classify::Verdict;
use crate::event::{DeliveryStatus, EventId};
use crate::tracked::TrackedEvent;

/// A verdict as a person names it: the reason of an unknown one does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VerdictKind {
    /// See [`Verdict::Settled`].
    Settled,
    /// See [`Verdict::Missing`].
    Missing,
    /// See [`Verdict::Unacknowledged`].
    Unacknowledged,
    /// See [`Verdict::LostAfterAck`].
    LostAfterAck,
    /// See [`Verdict::TooYoung`].
    TooYoung,
    /// See [`Verdict::Unknown`].
    Unknown,
}

impl VerdictKind {
    /// Every kind, in the order of the decision table.
    pub const ALL: [Self; 6] =
        [Self::Missing, Self::Unacknowledged, Self::LostAfterAck, Self::TooYoung, Self::Unknown, Self::Settled];

    /// The kind of a verdict.
    pub fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Settled => Self::Settled,
            Verdict::Missing => Self::Missing,
            Verdict::Unacknowledged => Self::Unacknowledged,
            Verdict::LostAfterAck => Self::LostAfterAck,
            Verdict::TooYoung => Self::TooYoung,
            Verdict::Unknown(_) => Self::Unknown,
        }
    }

    /// The name in machine-readable output; that of the verdict.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Missing => "missing",
            Self::Unacknowledged => "unacknowledged",
            Self::LostAfterAck => "lost_after_ack",
            Self::TooYoung => "too_young",
            Self::Unknown => "unknown",
        }
    }

    /// The kind with this name; dashes are as good as underscores.
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase().replace('-', "_");
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Status codes of a vendor's delivery attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeChoice {
    /// A code in this range.
    Among(RangeInclusive<u16>),
    /// The vendor states none: the receiver did not answer, or the vendor does not say.
    Without,
}

impl CodeChoice {
    fn admits(&self, code: Option<u16>) -> bool {
        match (self, code) {
            (Self::Among(range), Some(code)) => range.contains(&code),
            (Self::Without, None) => true,
            (Self::Among(_), None) | (Self::Without, Some(_)) => false,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Among(range) if range.start() == range.end() => range.start().to_string(),
            Self::Among(range) if range.start() % 100 == 0 && range.end() - range.start() == 99 => {
                format!("{}xx", range.start() / 100)
            }
            Self::Among(range) => format!("{}-{}", range.start(), range.end()),
            Self::Without => "none".to_owned(),
        }
    }
}

/// What an event must be to be selected. A part that names nothing admits everything; within a part
/// one match is enough; all parts must admit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Delivery statuses as the vendor first showed them.
    pub statuses: Vec<DeliveryStatus>,
    /// Verdicts.
    pub verdicts: Vec<VerdictKind>,
    /// Status codes.
    pub codes: Vec<CodeChoice>,
    /// Event types; they select webhooks.
    pub event_types: Vec<String>,
    /// Event ids.
    pub ids: BTreeSet<EventId>,
}

impl Selection {
    /// Whether nothing is left out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an event is selected, as it is known now. The event type was looked at when the
    /// webhooks were chosen.
    pub fn admits(&self, tracked: &TrackedEvent) -> bool {
        let Self { statuses, verdicts, codes, event_types: _, ids } = self;
        (statuses.is_empty() || statuses.contains(&tracked.first_status))
            && (verdicts.is_empty() || verdicts.contains(&VerdictKind::of(tracked.verdict)))
            && (codes.is_empty() || codes.iter().any(|code| code.admits(tracked.first_said().1)))
            && (ids.is_empty() || ids.contains(&tracked.event.id))
    }

    /// Whether it asks for events that the vendor counts as delivered, which a listing of the failed ones
    /// never shows.
    pub fn wants_delivered(&self) -> bool {
        let of_verdict = |kind: &VerdictKind| match kind {
            VerdictKind::Settled | VerdictKind::LostAfterAck => true,
            VerdictKind::Missing | VerdictKind::Unacknowledged | VerdictKind::TooYoung | VerdictKind::Unknown => false,
        };
        // An event that is named is looked for whatever became of it.
        !self.ids.is_empty()
            || self.statuses.contains(&DeliveryStatus::Delivered)
            || self.verdicts.iter().any(of_verdict)
    }

    /// The selection in words, such as `verdict missing, status code 404 or 5xx`; empty for everything.
    pub fn words(&self) -> String {
        let Self { statuses, verdicts, codes, event_types, ids } = self;
        let ids = match ids.len() {
            0..=3 => part("id", ids.iter().map(ToString::to_string)),
            many => Some(format!("{many} ids")),
        };
        let parts = [
            part("event type", event_types.iter().cloned()),
            statuses_in_words(statuses),
            part("verdict", verdicts.iter().map(|kind| kind.name().replace('_', " "))),
            part("status code", codes.iter().map(CodeChoice::words)),
            ids,
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn statuses_in_words(statuses: &[DeliveryStatus]) -> Option<String> {
    if statuses == DeliveryStatus::ALL {
        return None;
    }
    if statuses == DeliveryStatus::UNDELIVERED {
        return Some("not delivered".to_owned());
    }
    part("status", statuses.iter().map(|status| status.name().to_owned()))
}

fn part(name: &str, values: impl Iterator<Item = String>) -> Option<String> {
    let values: Vec<String> = values.collect();
    (!values.is_empty()).then(|| format!("{name} {}", values.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::tracked::TrackedEvents;

    fn tracked(id: &str, status: DeliveryStatus, code: Option<u16>, verdict: Verdict) -> TrackedEvent {
        let mut events = TrackedEvents::default();
        let id = EventId::new(id).expect("an id");
        events.observe(Event {
            id: id.clone(),
            created_at: None,
            status,
            status_text: None,
            status_code: code,
            runs: None,
            alternate_ids: None,
        });
        let mut tracked = events.get(&id).expect("observed").clone();
        tracked.verdict = verdict;
        tracked
    }

    #[test]
    fn every_verdict_has_a_kind_of_its_own_name() {
        for kind in VerdictKind::ALL {
            assert_eq!(VerdictKind::from_name(kind.name()), Some(kind));
            assert_eq!(VerdictKind::from_name(&kind.name().replace('_', "-").to_uppercase()), Some(kind));
        }
        assert_eq!(VerdictKind::of(Verdict::LostAfterAck).name(), Verdict::LostAfterAck.name());
        assert_eq!(VerdictKind::from_name("lost"), None);
    }

    #[test]
    fn all_parts_must_admit_and_one_match_is_enough_within_a_part() {
        let event = tracked("a", DeliveryStatus::Failed, Some(404), Verdict::Missing);
        assert!(Selection::default().admits(&event));
        let codes = vec![CodeChoice::Among(500..=599), CodeChoice::Among(404..=404)];
        let both = Selection { codes, verdicts: vec![VerdictKind::Missing], ..Selection::default() };
        assert!(both.admits(&event));
        assert!(!Selection { verdicts: vec![VerdictKind::Unacknowledged], ..both.clone() }.admits(&event));
        assert!(!Selection { statuses: vec![DeliveryStatus::Pending], ..both.clone() }.admits(&event));
        let other = EventId::new("b").expect("an id");
        assert!(!Selection { ids: [other].into(), ..both }.admits(&event));
        let without = Selection { codes: vec![CodeChoice::Without], ..Selection::default() };
        assert!(!without.admits(&event));
        assert!(without.admits(&tracked("a", DeliveryStatus::Failed, None, Verdict::Missing)));
    }

    #[test]
    fn only_what_asks_for_deliveries_needs_the_unfiltered_listing() {
        let verdict = |kind| Selection { verdicts: vec![kind], ..Selection::default() };
        assert!(verdict(VerdictKind::LostAfterAck).wants_delivered());
        assert!(!verdict(VerdictKind::Unknown).wants_delivered());
        assert!(!Selection::default().wants_delivered());
    }

    #[test]
    fn a_selection_says_itself_in_words() {
        let selection = Selection {
            verdicts: vec![VerdictKind::LostAfterAck],
            codes: vec![CodeChoice::Among(404..=404), CodeChoice::Among(500..=599), CodeChoice::Without],
            event_types: vec!["SaleCreated".to_owned()],
            ..Selection::default()
        };
        assert_eq!(selection.words(), "event type SaleCreated, verdict lost after ack, status code 404 or 5xx or none");
        assert_eq!(Selection::default().words(), "");
    }

    #[test]
    fn a_selection_of_statuses_says_itself_in_words() {
        let of = |statuses: &[DeliveryStatus]| Selection { statuses: statuses.to_vec(), ..Selection::default() };
        assert_eq!(of(&DeliveryStatus::ALL).words(), "");
        assert_eq!(of(&DeliveryStatus::UNDELIVERED).words(), "not delivered");
        assert_eq!(of(&[DeliveryStatus::Delivered]).words(), "status delivered");
    }

    #[test]
    fn a_few_ids_are_named_and_many_are_counted() {
        let of = |ids: &[&str]| Selection {
            ids: ids.iter().map(|id| EventId::new(id).expect("an id")).collect(),
            ..Selection::default()
        };
        assert_eq!(of(&["a", "b", "c"]).words(), "id a or b or c");
        assert_eq!(of(&["a", "b", "c", "d"]).words(), "4 ids");
    }

    #[test]
    fn only_a_whole_hundred_of_codes_is_a_class() {
        for (range, words) in [
            (100..=199, "1xx"),
            (500..=599, "5xx"),
            (500..=598, "500-598"),
            (450..=549, "450-549"),
            (400..=599, "400-599"),
            (404..=404, "404"),
        ] {
            assert_eq!(CodeChoice::Among(range).words(), words);
        }
    }

    #[test]
    fn each_part_alone_refuses_what_it_does_not_name() {
        let event = tracked("a", DeliveryStatus::Failed, Some(404), Verdict::Missing);
        let id = |id: &str| EventId::new(id).expect("an id");
        let everything = Selection::default();
        assert!(everything.is_everything());
        let parts = [
            (Selection { statuses: vec![DeliveryStatus::Failed], ..everything.clone() }, true),
            (Selection { statuses: vec![DeliveryStatus::Pending], ..everything.clone() }, false),
            (Selection { verdicts: vec![VerdictKind::Missing], ..everything.clone() }, true),
            (Selection { verdicts: vec![VerdictKind::TooYoung], ..everything.clone() }, false),
            (Selection { codes: vec![CodeChoice::Among(400..=499)], ..everything.clone() }, true),
            (Selection { codes: vec![CodeChoice::Among(500..=599)], ..everything.clone() }, false),
            (Selection { ids: [id("a")].into(), ..everything.clone() }, true),
            (Selection { ids: [id("b")].into(), ..everything }, false),
        ];
        for (selection, admits) in parts {
            assert_eq!(selection.admits(&event), admits, "{selection:?}");
            assert!(!selection.is_everything());
        }
    }

    #[test]
    fn a_delivery_is_asked_for_by_its_status_its_verdict_or_its_id() {
        let status = |status| Selection { statuses: vec![status], ..Selection::default() };
        assert!(status(DeliveryStatus::Delivered).wants_delivered());
        assert!(!status(DeliveryStatus::Failed).wants_delivered());
        let named = Selection { ids: [EventId::new("a").expect("an id")].into(), ..Selection::default() };
        assert!(named.wants_delivered());
        for kind in VerdictKind::ALL {
            let asks = matches!(kind, VerdictKind::Settled | VerdictKind::LostAfterAck);
            assert_eq!(Selection { verdicts: vec![kind], ..Selection::default() }.wants_delivered(), asks, "{kind:?}");
        }
    }

    #[test]
    fn a_kind_has_the_name_of_each_of_its_verdicts() {
        use crate::classify::UnknownReason;
        let verdicts = [
            Verdict::Settled,
            Verdict::Missing,
            Verdict::Unacknowledged,
            Verdict::LostAfterAck,
            Verdict::TooYoung,
            Verdict::Unknown(UnknownReason::NoTime),
        ];
        for verdict in verdicts {
            assert_eq!(VerdictKind::of(verdict).name(), verdict.name());
        }
    }
}
