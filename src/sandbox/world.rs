//! The vendor's state: webhooks, their events, and what became of each.
//!
//! This file owns every change of state. It knows nothing of HTTP, JSON or faults, except that a
//! listing may be told to show an event as it was.

use std::collections::{BTreeSet, HashMap};
use std::ops::{Bound, Range};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::bulk::{Bulk, Kind, spread};
use super::delivery::Errand;
use super::payload::EVENT_TYPES;
use super::plan::{EventPlan, EventState, Mix, WebhookPlan, WorldPlan};
use super::receiver::{Answer, Receiver};

/// How many runs of one event are remembered; the counter goes on.
const REMEMBERED_RUNS: usize = 100;

/// One delivery attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) at: DateTime<Utc>,
    pub(super) status_code: Option<u16>,
}

/// What can change about an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) state: EventState,
    pub(super) updated_at: Option<DateTime<Utc>>,
    pub(super) runs: Vec<Run>,
    pub(super) run_count: u32,
}

/// An event as it can be shown.
#[derive(Clone, Debug)]
pub(super) struct View {
    pub(super) id: String,
    pub(super) created_at: DateTime<Utc>,
    pub(super) record: Record,
}

/// Which event of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum EventRef {
    Generated(u64),
    Placed(usize),
}

/// Which way a listing walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    OldestFirst,
    NewestFirst,
}

/// How far a listing has come; it stays valid when events are added meanwhile.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    generated: Range<u64>,
    placed: Option<(Bound<PlacedKey>, Bound<PlacedKey>)>,
    direction: Direction,
}

type PlacedKey = (DateTime<Utc>, usize);

#[derive(Debug)]
struct Stale {
    listings_left: u32,
    record: Record,
}

/// One webhook with its events.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) id: String,
    pub(super) event_type: String,
    pub(super) url: String,
    pub(super) store_id: Option<i64>,
    generated: Bulk,
    placed: Vec<EventPlan>,
    placed_order: BTreeSet<PlacedKey>,
    placed_ids: HashMap<String, usize>,
    changed: HashMap<EventRef, Record>,
    stale: HashMap<EventRef, Stale>,
}

/// Everything the vendor knows, and the receiver behind it.
#[derive(Debug)]
pub(super) struct World {
    pub(super) subscriptions: Vec<Subscription>,
    pub(super) receiver: Receiver,
    /// How often the world was started over. An errand of an earlier one has no place in this one.
    pub(super) generation: u64,
    rng: fastrand::Rng,
}

/// UUIDs are the same event in any spelling; every other id is compared as it is.
pub(super) fn canonical(id: &str) -> String {
    Uuid::try_parse(id).map_or_else(|_| id.to_owned(), |uuid| uuid.to_string())
}

impl World {
    pub(super) fn new(plan: WorldPlan, receiver: Receiver) -> Self {
        let mut rng = fastrand::Rng::with_seed(plan.seed);
        let mut subscriptions = Vec::new();
        for number in 0..plan.generated_webhooks {
            let event_type = EVENT_TYPES[number % EVENT_TYPES.len()].to_owned();
            let webhook = WebhookPlan { id: new_id(&mut rng), url: receiver_url(&event_type), event_type };
            let bulk = Bulk::new(spread(plan.seed ^ ((number as u64) << 32)), plan.mix, plan.period);
            subscriptions.push(Subscription::new(webhook, bulk));
        }
        for webhook in plan.webhooks {
            subscriptions.push(Subscription::new(webhook, Bulk::new(0, Mix::default(), plan.period)));
        }
        for (number, subscription) in subscriptions.iter_mut().enumerate() {
            subscription.store_id = plan.stores.get(&number).copied();
            if let Some(url) = &plan.hook_url
                && number < plan.generated_webhooks
            {
                subscription.url.clone_from(url);
            }
        }
        let mut world = Self { subscriptions, receiver, generation: 0, rng };
        for event in plan.events {
            world.place(event);
        }
        world.refuse_poison();
        world
    }

    fn refuse_poison(&mut self) {
        for subscription in &self.subscriptions {
            let bulk = &subscription.generated;
            let events = if bulk.has_poison() { bulk.count() } else { 0 };
            for index in (0..events).filter(|index| bulk.kind(*index) == Kind::Poison) {
                self.receiver.refuse(bulk.id(index).to_string(), 422);
            }
        }
    }

    /// Adds an event; one for a webhook that does not exist is dropped.
    pub(super) fn place(&mut self, event: EventPlan) -> Option<EventRef> {
        self.subscriptions.get_mut(event.webhook).map(|subscription| subscription.place(event))
    }

    /// How many events were placed.
    pub(super) fn placed(&self) -> usize {
        self.subscriptions.iter().map(|subscription| subscription.placed.len()).sum()
    }

    /// A number for an id, drawn like those of webhooks.
    pub(super) fn random_id(&mut self) -> String {
        new_id(&mut self.rng)
    }

    pub(super) fn subscription(&self, id: &str) -> Option<&Subscription> {
        let id = canonical(id);
        self.subscriptions.iter().find(|subscription| canonical(&subscription.id) == id)
    }

    pub(super) fn subscription_mut(&mut self, id: &str) -> Option<&mut Subscription> {
        let id = canonical(id);
        self.subscriptions.iter_mut().find(|subscription| canonical(&subscription.id) == id)
    }

    pub(super) fn subscribe(&mut self, event_type: String, url: String) -> &Subscription {
        let id = new_id(&mut self.rng);
        let nothing = Bulk::new(0, Mix::default(), (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH));
        self.subscriptions.push(Subscription::new(WebhookPlan { id, event_type, url }, nothing));
        &self.subscriptions[self.subscriptions.len() - 1]
    }

    pub(super) fn unsubscribe(&mut self, id: &str) -> bool {
        let (before, id) = (self.subscriptions.len(), canonical(id));
        self.subscriptions.retain(|subscription| canonical(&subscription.id) != id);
        self.subscriptions.len() < before
    }

    /// Records a run of an event and returns its number.
    pub(super) fn record_run(&mut self, errand: &Errand, answer: &Answer, now: DateTime<Utc>) -> Option<u32> {
        let subscription = self.subscription_mut(&errand.webhook)?;
        let before = subscription.record(errand.event)?;
        let after = before.clone().after_run(answer, now);
        let run = after.run_count;
        if errand.stale_for > 0 {
            let stale = Stale { listings_left: errand.stale_for, record: before };
            subscription.stale.insert(errand.event, stale);
        }
        subscription.changed.insert(errand.event, after);
        Some(run)
    }

    /// How often the receiver holds the event: before the start and since.
    pub(super) fn held(&self, event_id: &str) -> u64 {
        let before = self
            .subscriptions
            .iter()
            .any(|subscription| subscription.find(event_id).is_some_and(|event| subscription.in_log_at_first(event)));
        u64::from(before) + self.receiver.deliveries(event_id).kept
    }

    /// What the received log starts with, oldest first.
    pub(super) fn history(&self) -> impl Iterator<Item = (String, &str, DateTime<Utc>)> {
        let mut heads: Vec<_> = self
            .subscriptions
            .iter()
            .map(|subscription| {
                let logged = subscription.all().filter(|event| subscription.in_log_at_first(*event));
                (subscription, logged.peekable())
            })
            .collect();
        std::iter::from_fn(move || {
            let oldest = heads
                .iter_mut()
                .enumerate()
                .filter_map(|(number, (subscription, events))| {
                    events.peek().and_then(|event| subscription.created_at(*event)).map(|at| (at, number))
                })
                .min()?
                .1;
            let (subscription, events) = &mut heads[oldest];
            let event = events.next()?;
            let (id, at) = (subscription.event_id(event)?, subscription.created_at(event)?);
            Some((id, subscription.event_type.as_str(), first_run_at(at, 0)))
        })
    }
}

pub(super) fn new_id(rng: &mut fastrand::Rng) -> String {
    uuid::Builder::from_random_bytes(rng.u128(..).to_be_bytes()).into_uuid().to_string()
}

pub(super) fn receiver_url(event_type: &str) -> String {
    format!("https://receiver.example/hooks/{}", event_type.to_ascii_lowercase())
}

impl Subscription {
    fn new(webhook: WebhookPlan, generated: Bulk) -> Self {
        Self {
            id: webhook.id,
            event_type: webhook.event_type,
            url: webhook.url,
            store_id: None,
            generated,
            placed: Vec::new(),
            placed_order: BTreeSet::new(),
            placed_ids: HashMap::new(),
            changed: HashMap::new(),
            stale: HashMap::new(),
        }
    }

    fn place(&mut self, event: EventPlan) -> EventRef {
        let number = self.placed.len();
        self.placed_order.insert((event.created_at, number));
        self.placed_ids.insert(canonical(&event.id), number);
        self.placed.push(event);
        EventRef::Placed(number)
    }

    /// The event with this id.
    pub(super) fn find(&self, event_id: &str) -> Option<EventRef> {
        let id = canonical(event_id);
        if let Some(number) = self.placed_ids.get(&id) {
            return Some(EventRef::Placed(*number));
        }
        let id = Uuid::try_parse(&id).ok()?;
        self.generated.index_of(id).map(EventRef::Generated)
    }

    pub(super) fn event_id(&self, event: EventRef) -> Option<String> {
        match event {
            EventRef::Generated(index) => Some(self.generated.id(index).to_string()),
            EventRef::Placed(number) => self.placed.get(number).map(|event| event.id.clone()),
        }
    }

    fn created_at(&self, event: EventRef) -> Option<DateTime<Utc>> {
        match event {
            EventRef::Generated(index) => Some(self.generated.created_at(index)),
            EventRef::Placed(number) => self.placed.get(number).map(|event| event.created_at),
        }
    }

    fn in_log_at_first(&self, event: EventRef) -> bool {
        match event {
            EventRef::Generated(index) => self.generated.in_log(index),
            EventRef::Placed(number) => self.placed.get(number).is_some_and(|event| event.in_log),
        }
    }

    /// What the vendor knows of the event now.
    pub(super) fn record(&self, event: EventRef) -> Option<Record> {
        if let Some(record) = self.changed.get(&event) {
            return Some(record.clone());
        }
        match event {
            EventRef::Generated(index) => {
                let state = self.generated.state(index);
                let runs = u32::from(state != EventState::Pending);
                Some(Record::at_first(state, runs, self.generated.created_at(index)))
            }
            EventRef::Placed(number) => {
                let event = self.placed.get(number)?;
                Some(Record::at_first(event.state.clone(), event.runs, event.created_at))
            }
        }
    }

    /// The event as it is now.
    pub(super) fn view(&self, event: EventRef) -> Option<View> {
        let (id, created_at) = (self.event_id(event)?, self.created_at(event)?);
        Some(View { id, created_at, record: self.record(event)? })
    }

    /// What the vendor knows of the event's delivery, without the rest of its record.
    pub(super) fn state(&self, event: EventRef) -> Option<EventState> {
        match (self.changed.get(&event), event) {
            (Some(record), _) => Some(record.state.clone()),
            (None, EventRef::Generated(index)) => Some(self.generated.state(index)),
            (None, EventRef::Placed(number)) => self.placed.get(number).map(|event| event.state.clone()),
        }
    }

    /// The events that the listing which starts now has to show as they were.
    pub(super) fn take_stale(&mut self) -> HashMap<EventRef, Record> {
        let shown = self.stale.iter().map(|(event, stale)| (*event, stale.record.clone())).collect();
        self.stale.retain(|_, stale| {
            stale.listings_left -= 1;
            stale.listings_left > 0
        });
        shown
    }

    /// A walk over the events created in `[from, to)`.
    pub(super) fn cursor(&self, from: DateTime<Utc>, to: DateTime<Utc>, direction: Direction) -> Cursor {
        if from >= to {
            return Cursor { generated: 0..0, placed: None, direction };
        }
        let generated = self.generated.first_at(from)..self.generated.first_at(to);
        let placed = Some((Bound::Included((from, 0)), Bound::Excluded((to, 0))));
        Cursor { generated, placed, direction }
    }

    /// The next event of a walk.
    pub(super) fn advance(&self, cursor: &mut Cursor) -> Option<EventRef> {
        let mut placed_keys = cursor.placed.map(|bounds| self.placed_order.range(bounds)).into_iter().flatten();
        let (placed, generated) = match cursor.direction {
            Direction::OldestFirst => (placed_keys.next().copied(), cursor.generated.clone().next()),
            Direction::NewestFirst => (placed_keys.next_back().copied(), cursor.generated.clone().next_back()),
        };
        let take_placed = match (placed, generated) {
            (None, None) => return None,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (Some((at, _)), Some(index)) => match cursor.direction {
                Direction::OldestFirst => at <= self.generated.created_at(index),
                Direction::NewestFirst => at > self.generated.created_at(index),
            },
        };
        match (placed, generated) {
            (Some(key), _) if take_placed => {
                cursor.pass_placed(key);
                Some(EventRef::Placed(key.1))
            }
            (_, generated) => {
                cursor.pass_generated();
                generated.map(EventRef::Generated)
            }
        }
    }

    /// Every event, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = EventRef> {
        let mut cursor = self.cursor(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, Direction::OldestFirst);
        std::iter::from_fn(move || self.advance(&mut cursor))
    }

    /// The ids of the events whose state `wanted` picks, oldest first.
    pub(super) fn ids_where(&self, wanted: impl Fn(&EventState) -> bool) -> Vec<String> {
        self.all()
            .filter(|event| self.state(*event).is_some_and(|state| wanted(&state)))
            .filter_map(|event| self.event_id(event))
            .collect()
    }

    /// The ids of the events that the received log did not hold at first.
    pub(super) fn ids_not_logged_at_first(&self) -> impl Iterator<Item = String> {
        self.all().filter(|event| !self.in_log_at_first(*event)).filter_map(|event| self.event_id(event))
    }
}

impl Cursor {
    fn pass_placed(&mut self, key: PlacedKey) {
        if let Some((from, to)) = &mut self.placed {
            match self.direction {
                Direction::OldestFirst => *from = Bound::Excluded(key),
                Direction::NewestFirst => *to = Bound::Excluded(key),
            }
        }
    }

    fn pass_generated(&mut self) {
        match self.direction {
            Direction::OldestFirst => self.generated.next(),
            Direction::NewestFirst => self.generated.next_back(),
        };
    }
}

/// When the vendor made one of the deliveries before the start.
fn first_run_at(created_at: DateTime<Utc>, number: u32) -> DateTime<Utc> {
    let later = TimeDelta::milliseconds(800 * (i64::from(number) + 1));
    created_at.checked_add_signed(later).unwrap_or(created_at)
}

impl Record {
    fn at_first(state: EventState, run_count: u32, created_at: DateTime<Utc>) -> Self {
        let status_code = match &state {
            EventState::Delivered => Some(200),
            EventState::Failed { status_code, .. } => *status_code,
            EventState::Pending => None,
        };
        let remembered = run_count.min(REMEMBERED_RUNS as u32);
        let runs: Vec<Run> =
            (0..remembered).map(|number| Run { at: first_run_at(created_at, number), status_code }).collect();
        let updated_at = runs.last().map(|run| run.at);
        Self { state, updated_at, runs, run_count }
    }

    /// The record after one more run with this answer.
    pub(super) fn after_run(mut self, answer: &Answer, now: DateTime<Utc>) -> Self {
        self.state = if answer.is_success() {
            EventState::Delivered
        } else {
            EventState::Failed { status_code: answer.status, status_text: answer.words.clone() }
        };
        self.updated_at = Some(now);
        if self.runs.len() == REMEMBERED_RUNS {
            self.runs.remove(0);
        }
        self.runs.push(Run { at: now, status_code: answer.status });
        self.run_count = self.run_count.saturating_add(1);
        self
    }
}
