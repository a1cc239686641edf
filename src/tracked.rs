//! The events of one webhook as a run sees them: each with its verdict, its attempts and its result.
//!
//! A listing of a million events is held here once and nowhere else, so the entries are small and
//! the index holds four bytes for each.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use hashbrown::HashTable;

use crate::classify::{UnknownReason, Verdict};
use crate::event::{DeliveryStatus, Event, EventId};
use crate::receipt::Receipt;

/// What became of an event in this run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventResult {
    /// It was resent and arrived.
    Recovered,
    /// It is still not there.
    Left,
    /// It used up its attempts and waits for a person.
    Quarantined,
    /// It was resent and nobody can say whether it arrived.
    InDoubt,
    /// Nothing was to be done, or nothing was allowed.
    Skipped,
}

impl EventResult {
    /// The name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Left => "left",
            Self::Quarantined => "quarantined",
            Self::InDoubt => "in_doubt",
            Self::Skipped => "skipped",
        }
    }
}

/// One event with what the run made of it.
#[derive(Clone, Debug)]
pub struct TrackedEvent {
    /// The event as it was last seen.
    pub event: Event,
    /// The delivery status when it was first seen.
    pub first_status: DeliveryStatus,
    /// The delivery status that the vendor showed last, be it staler than another.
    pub latest_status: DeliveryStatus,
    /// What the received log said before this run acted on the event.
    pub receipt: Option<Receipt>,
    /// The verdict of the first diff that could judge it; a recovered event keeps it, so that the
    /// report says what was wrong.
    pub verdict: Verdict,
    /// Resends of this run after which the receiver may have seen a delivery.
    pub attempts: u16,
    /// Of these, the ones of which it turned out that the vendor never acted on them.
    pub unsent: u16,
    /// What became of it.
    pub result: Option<EventResult>,
    /// The reason, where it says more than the verdict's own.
    pub reason: Option<Box<str>>,
    /// What the vendor first said of it, once it says something else.
    pub said_before: Option<Box<Said>>,
}

/// What a vendor says of the delivery of an event, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The status code, if it states one.
    pub status_code: Option<u16>,
    /// The status in words, if it has any.
    pub status_text: Option<Arc<str>>,
}

impl TrackedEvent {
    fn new(event: Event) -> Self {
        let first_status = event.status;
        let verdict = match first_status {
            DeliveryStatus::Delivered => Verdict::Settled,
            DeliveryStatus::Failed | DeliveryStatus::Pending | DeliveryStatus::Unrecognised => {
                Verdict::Unknown(UnknownReason::NotJudged)
            }
        };
        Self {
            event,
            first_status,
            latest_status: first_status,
            receipt: None,
            verdict,
            attempts: 0,
            unsent: 0,
            result: None,
            reason: None,
            said_before: None,
        }
    }

    /// Only what changes is kept apart, which is little of a large listing.
    fn keep_what_was_said(&mut self, later: &Event) {
        let known = &self.event;
        let is_same = (known.status_code, &known.status_text) == (later.status_code, &later.status_text);
        if self.said_before.is_none() && !is_same {
            let said = Said { status_code: known.status_code, status_text: known.status_text.clone() };
            self.said_before = Some(Box::new(said));
        }
    }

    /// What the vendor said of it when this run first saw it: why it had failed, if it had.
    pub fn first_said(&self) -> (DeliveryStatus, Option<u16>, Option<&str>) {
        match &self.said_before {
            Some(said) => (self.first_status, said.status_code, said.status_text.as_deref()),
            None => (self.first_status, self.event.status_code, self.event.status_text.as_deref()),
        }
    }

    /// Resends that count against the bound of attempts.
    pub fn used_attempts(&self) -> u16 {
        self.attempts.saturating_sub(self.unsent)
    }

    /// The status that bears on a resend of an event that had this one before. That it was delivered is
    /// final, but for an event that was delivered before: then the earlier delivery would vouch for the
    /// resend as soon as the run counter grew, however the new run ended.
    pub fn status_after(&self, before: DeliveryStatus) -> DeliveryStatus {
        if before == DeliveryStatus::Delivered { self.latest_status } else { self.event.status }
    }

    /// Why the event stands as it does, in words.
    pub fn reason(&self) -> &str {
        self.reason.as_deref().unwrap_or_else(|| self.verdict.reason())
    }

    /// Whether the event needs no mention: delivered, and nothing was done about it.
    pub fn is_settled(&self) -> bool {
        self.verdict == Verdict::Settled && self.result.is_none()
    }
}

/// The events of one webhook, each once.
#[derive(Debug, Default)]
pub struct TrackedEvents {
    entries: Vec<TrackedEvent>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl TrackedEvents {
    /// Takes in an event as a listing shows it, and returns its place.
    ///
    /// Within one run "delivered" is final: a repeated row or a later, staler listing that still
    /// says "failed" does not undo it.
    pub fn observe(&mut self, event: Event) -> usize {
        let hash = self.hasher.hash_one(&event.id);
        let found = self.index.find(hash, |&place| self.entries[place as usize].event.id == event.id);
        if let Some(&place) = found {
            let tracked = &mut self.entries[place as usize];
            let runs = tracked.event.runs.max(event.runs);
            tracked.latest_status = event.status;
            if tracked.event.status != DeliveryStatus::Delivered || event.status == DeliveryStatus::Delivered {
                tracked.keep_what_was_said(&event);
                tracked.event = event;
            }
            tracked.event.runs = runs;
            return place as usize;
        }
        let place = u32::try_from(self.entries.len()).expect("fewer than four billion events");
        self.entries.push(TrackedEvent::new(event));
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.index.insert_unique(hash, place, |&other| hasher.hash_one(&entries[other as usize].event.id));
        place as usize
    }

    /// The place of the event with this id.
    pub fn place_of(&self, id: &EventId) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let found = self.index.find(hash, |&place| self.entries[place as usize].event.id == *id);
        found.map(|&place| place as usize)
    }

    /// The event with this id.
    pub fn get(&self, id: &EventId) -> Option<&TrackedEvent> {
        self.place_of(id).map(|place| &self.entries[place])
    }

    /// The event with this id, to be changed.
    pub fn get_mut(&mut self, id: &EventId) -> Option<&mut TrackedEvent> {
        self.place_of(id).map(|place| &mut self.entries[place])
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All events, in the order in which they were first seen.
    pub fn iter(&self) -> std::slice::Iter<'_, TrackedEvent> {
        self.entries.iter()
    }

    /// All events, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, TrackedEvent> {
        self.entries.iter_mut()
    }

    /// Gives up the index and returns the events, oldest first (creation time, then id).
    pub fn into_oldest_first(self) -> Vec<TrackedEvent> {
        let mut entries = self.entries;
        entries.sort_unstable_by(|left, right| {
            (left.event.created(), &left.event.id).cmp(&(right.event.created(), &right.event.id))
        });
        entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: &str, status: DeliveryStatus, runs: Option<u32>) -> Event {
        Event {
            id: EventId::new(id).expect("an id"),
            created_at: None,
            status,
            status_text: None,
            status_code: None,
            runs,
            alternate_ids: None,
        }
    }

    #[test]
    fn a_repeated_row_is_one_event() {
        let mut events = TrackedEvents::default();
        let first = events.observe(event("a", DeliveryStatus::Failed, None));
        assert_eq!(events.observe(event("a", DeliveryStatus::Failed, None)), first);
        events.observe(event("b", DeliveryStatus::Failed, None));
        assert_eq!(events.len(), 2);
    }

    #[test]
    fn a_later_success_is_not_hidden_by_a_staler_failure() {
        let mut events = TrackedEvents::default();
        events.observe(event("a", DeliveryStatus::Delivered, Some(2)));
        events.observe(event("a", DeliveryStatus::Failed, Some(3)));
        let tracked = events.get(&EventId::new("a").expect("an id")).expect("known");
        assert_eq!((tracked.event.status, tracked.event.runs), (DeliveryStatus::Delivered, Some(3)));
    }

    #[test]
    fn an_earlier_delivery_does_not_vouch_for_a_resend() {
        use DeliveryStatus::{Delivered, Failed};
        let mut events = TrackedEvents::default();
        events.observe(event("a", Delivered, Some(2)));
        events.observe(event("a", Failed, Some(3)));
        let tracked = events.get(&id("a")).expect("known");
        assert_eq!(tracked.status_after(Delivered), Failed, "the resend failed, whatever was before");
        assert_eq!(tracked.status_after(Failed), Delivered, "it arrived, and a staler row does not undo that");
    }

    #[test]
    fn why_an_event_had_failed_is_known_after_it_arrived() {
        let mut events = TrackedEvents::default();
        let said = |code| Event { status_code: Some(code), ..event("a", DeliveryStatus::Failed, None) };
        for later in
            [said(503), said(500), Event { status_code: Some(200), ..event("a", DeliveryStatus::Delivered, None) }]
        {
            events.observe(later);
        }
        let tracked = events.get(&EventId::new("a").expect("an id")).expect("known");
        assert_eq!(tracked.first_said(), (DeliveryStatus::Failed, Some(503), None));
        assert_eq!(tracked.event.status_code, Some(200));
    }

    #[test]
    fn an_entry_stays_small() {
        assert!(std::mem::size_of::<TrackedEvent>() <= 128, "{}", std::mem::size_of::<TrackedEvent>());
    }

    fn id(text: &str) -> EventId {
        EventId::new(text).expect("an id")
    }

    fn observed(event: Event) -> TrackedEvent {
        let mut events = TrackedEvents::default();
        events.observe(event);
        events.iter().next().expect("observed").clone()
    }

    #[test]
    fn each_result_has_its_published_name() {
        let results = [
            EventResult::Recovered,
            EventResult::Left,
            EventResult::Quarantined,
            EventResult::InDoubt,
            EventResult::Skipped,
        ];
        assert_eq!(results.map(EventResult::name), ["recovered", "left", "quarantined", "in_doubt", "skipped"]);
    }

    #[test]
    fn until_it_is_judged_only_a_delivery_is_settled() {
        let delivered = observed(event("a", DeliveryStatus::Delivered, None));
        assert!(delivered.is_settled());
        assert!(!TrackedEvent { result: Some(EventResult::Recovered), ..delivered }.is_settled());
        for status in DeliveryStatus::UNDELIVERED {
            let tracked = observed(event("a", status, None));
            assert!(!tracked.is_settled(), "{status:?}");
            assert_eq!(tracked.verdict, Verdict::Unknown(UnknownReason::NotJudged), "{status:?}");
        }
    }

    #[test]
    fn its_own_reason_stands_before_that_of_the_verdict() {
        let tracked = observed(event("a", DeliveryStatus::Failed, None));
        assert_eq!(tracked.reason(), Verdict::Unknown(UnknownReason::NotJudged).reason());
        assert_eq!(TrackedEvent { reason: Some("refused".into()), ..tracked }.reason(), "refused");
    }

    #[test]
    fn attempts_of_which_nothing_was_sent_are_not_used_up() {
        let tracked = observed(event("a", DeliveryStatus::Failed, None));
        assert_eq!(tracked.used_attempts(), 0);
        assert_eq!(TrackedEvent { attempts: 5, unsent: 2, ..tracked }.used_attempts(), 3);
    }

    #[test]
    fn a_later_row_replaces_what_was_known_unless_it_takes_back_a_success() {
        use DeliveryStatus::{Delivered, Failed, Pending};
        for (first, later, kept) in [
            (Pending, Failed, Failed),
            (Failed, Delivered, Delivered),
            (Delivered, Failed, Delivered),
            (Delivered, Delivered, Delivered),
        ] {
            let mut events = TrackedEvents::default();
            events.observe(Event { status_code: Some(1), ..event("a", first, Some(2)) });
            events.observe(Event { status_code: Some(2), ..event("a", later, Some(1)) });
            let tracked = events.get(&id("a")).expect("known");
            let code = if (first, later) == (Delivered, Failed) { 1 } else { 2 };
            assert_eq!((tracked.event.status, tracked.event.status_code), (kept, Some(code)), "{first:?} {later:?}");
            assert_eq!((tracked.first_status, tracked.event.runs), (first, Some(2)));
        }
    }

    #[test]
    fn words_that_did_not_change_are_not_kept_twice() {
        let mut events = TrackedEvents::default();
        let said = Event { status_code: Some(503), ..event("a", DeliveryStatus::Failed, None) };
        events.observe(said.clone());
        events.observe(said);
        let tracked = events.get(&id("a")).expect("known");
        assert_eq!(tracked.said_before, None);
        assert_eq!(tracked.first_said(), (DeliveryStatus::Failed, Some(503), None));
    }

    #[test]
    fn many_events_are_found_again_by_their_ids() {
        let mut events = TrackedEvents::default();
        assert!(events.is_empty());
        let ids: Vec<String> = (0..500).map(|number| format!("event-{number}")).collect();
        for (place, text) in ids.iter().enumerate() {
            assert_eq!(events.observe(event(text, DeliveryStatus::Failed, None)), place);
        }
        assert!(!events.is_empty());
        assert_eq!((events.len(), events.iter().count()), (500, 500));
        for (place, text) in ids.iter().enumerate() {
            assert_eq!(events.place_of(&id(text)), Some(place));
            assert_eq!(events.get(&id(text)).map(|tracked| tracked.event.id.clone()), Some(id(text)));
            assert_eq!(events.observe(event(text, DeliveryStatus::Failed, None)), place);
        }
        assert_eq!(events.place_of(&id("event-500")), None);
        assert!(events.get(&id("event-500")).is_none() && events.get_mut(&id("event-500")).is_none());
        events.get_mut(&id("event-7")).expect("known").attempts = 3;
        events.iter_mut().for_each(|tracked| tracked.unsent = 1);
        let tracked = events.get(&id("event-7")).expect("known");
        assert_eq!((tracked.attempts, tracked.unsent), (3, 1));
    }

    #[test]
    fn the_oldest_come_first_and_the_id_breaks_ties() {
        use crate::event::{CreatedAt, ZoneKnowledge};
        let at = |second| CreatedAt {
            at: chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(second),
            zone: ZoneKnowledge::Stated,
        };
        let mut events = TrackedEvents::default();
        for (text, second) in [("c", 2), ("a", 3), ("b", 2)] {
            events.observe(Event { created_at: Some(at(second)), ..event(text, DeliveryStatus::Failed, None) });
        }
        let order: Vec<String> =
            events.into_oldest_first().iter().map(|tracked| tracked.event.id.to_string()).collect();
        assert_eq!(order, ["b", "c", "a"]);
    }
}
