//! A world in memory: a vendor, a receiver with its log, a journal, and a clock that skips waits.
//!
//! It is correct by default; each fault is a field. The world keeps the truth that the tests judge by.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::attempt::{AttemptId, AttemptOutcome, Conclusion, Intent, OpenAttempt, ResendRequest, Settlement};
use crate::classify::ResendPolicy;
use crate::clock::Clock;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, Window, ZoneKnowledge};
use crate::ledger::{EventHistory, History, Journal, LedgerError, RunEnd, RunStart, WebhookHistory};
use crate::monitor::Silent;
use crate::outcome::Signal;
use crate::policy::{Bounds, Policy, Proofs};
use crate::provider::{
    ClockReading, EventDetail, ListFilter, ListRequest, Listing, Provider, ProviderError, Webhook, WebhookDraft,
};
use crate::receipt::{Coverage, LogStats, Lookup, Sighting, WantedIds};
use crate::received::{ReceivedError, ReceivedLog};
use crate::reconcile::{LedgerAccess, Ports, Preapproved, RunRequest, Scope, WebhookRef};
use crate::run_report::{Mode, RunReport};

/// How the vendor answers a resend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ResendBehaviour {
    #[default]
    DeliversAndShowsIt,
    DeliversAndShowsBefore,
    DeliversAndFails,
    ClaimsWithoutDelivery,
    ShowsBeforeWithoutDelivery,
    FailsWithoutDelivery,
}

/// How the vendor lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ListBehaviour {
    #[default]
    Honest,
    IgnoresFilter,
    OnlyDelivered,
    FailedAlwaysEmpty,
    Nothing,
}

#[derive(Clone, Debug)]
pub(super) struct WorldEvent {
    pub(super) created: DateTime<Utc>,
    pub(super) delivered: bool,
    pub(super) runs: u32,
    pub(super) poison: bool,
    /// The vendor answers a resend as if the path did not exist.
    pub(super) no_path: bool,
    /// Listings that still show the old status after a delivery.
    pub(super) stale: u32,
}

#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) events: BTreeMap<String, WorldEvent>,
    pub(super) log: HashSet<String>,
    /// Deliveries that the receiver accepted because of a resend.
    pub(super) accepted: HashMap<String, u32>,
    pub(super) resends: u32,
    pub(super) listings: u32,
    pub(super) gets: u32,
    pub(super) resend: ResendBehaviour,
    pub(super) list: ListBehaviour,
    pub(super) cap: Option<usize>,
    pub(super) counts_runs: bool,
    pub(super) receiver_down: bool,
    pub(super) stale_after_delivery: u32,
    pub(super) fail_first_listings: u32,
    pub(super) throttle_every: Option<u32>,
    pub(super) log_is_broken: bool,
    pub(super) journal_fails_after: Option<u32>,
    pub(super) intents: BTreeMap<i64, OpenAttempt>,
    pub(super) settled: HashMap<i64, Settlement>,
    calls: u32,
}

/// The world behind a lock, as every port sees it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(World { counts_runs: true, ..World::default() })))
    }

    pub(super) fn get(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no test panics while it holds the world")
    }

    /// An event that was created `hours` before now.
    pub(super) fn event(&self, id: &str, hours: i64, delivered: bool, in_log: bool) -> &Self {
        let event = WorldEvent {
            created: start() - TimeDelta::hours(hours),
            delivered,
            runs: 1,
            poison: false,
            no_path: false,
            stale: 0,
        };
        let mut world = self.get();
        world.events.insert(id.to_owned(), event);
        if in_log {
            world.log.insert(id.to_owned());
        }
        drop(world);
        self
    }

    /// A usual world: delivered events in the log and so many failed ones that are not.
    pub(super) fn outage(missing: usize) -> Self {
        let world = Self::new();
        for number in 0..20 {
            world.event(&format!("ok-{number}"), 2 + number, true, true);
        }
        for number in 0..missing {
            world.event(&format!("lost-{number}"), 3 + i64::try_from(number).expect("small") % 60, false, false);
        }
        world
    }

    pub(super) async fn run(&self, request: &RunRequest) -> RunReport {
        let (_stop, stopped) = watch::channel(None);
        self.run_until(request, stopped).await
    }

    pub(super) async fn run_until(&self, request: &RunRequest, stop: watch::Receiver<Option<Signal>>) -> RunReport {
        let ports = Ports {
            provider: Arc::new(self.clone()),
            received: Some(Arc::new(self.clone())),
            ledger: LedgerAccess::Write(Arc::new(self.clone())),
            monitor: Arc::new(Silent),
            approver: Arc::new(Preapproved),
            clock: Arc::new(PausedClock { started: Instant::now() }),
            stop,
        };
        crate::reconcile::run(&ports, request).await
    }
}

/// The instant at which every test begins.
pub(super) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).single().expect("a valid date")
}

/// An event that was lost so many minutes after the window began.
pub(super) fn lost_at_minute(minute: i64) -> WorldEvent {
    let created = start() - TimeDelta::hours(60) + TimeDelta::minutes(minute);
    WorldEvent { created, delivered: false, runs: 1, poison: false, no_path: false, stale: 0 }
}

pub(super) fn request(mode: Mode) -> RunRequest {
    RunRequest {
        run_id: "test".to_owned(),
        command: "reconcile".to_owned(),
        window: Window::new(start() - TimeDelta::days(3), start()).expect("not empty"),
        scope: Scope::Webhooks(vec![WebhookRef::Id(WebhookId::new("hook-1").expect("an id"), None)]),
        policy: Policy {
            mode,
            resend: ResendPolicy::default(),
            proofs: Proofs::Required,
            min_age: TimeDelta::minutes(5),
            settle: TimeDelta::seconds(60),
            slice: TimeDelta::days(1),
            zone_margin: TimeDelta::hours(2),
            bounds: Bounds {
                max_rounds: 3,
                max_attempts: 5,
                max_resends: 1000,
                concurrency: 4,
                rate: None,
                deadline: Duration::from_secs(4 * 3600),
                breaker_failures: 5,
                canaries: 3,
            },
        },
        seed: 7,
    }
}

/// Follows the runtime's paused time, so that waits cost nothing.
struct PausedClock {
    started: Instant,
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> DateTime<Utc> {
        start() + TimeDelta::from_std(self.started.elapsed()).expect("a short time")
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}

impl World {
    fn shown(&self, id: &str, event: &WorldEvent, delivered: bool) -> Event {
        Event {
            id: EventId::new(id).expect("a test id"),
            created_at: Some(CreatedAt { at: event.created, zone: ZoneKnowledge::Stated }),
            status: if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed },
            status_text: None,
            status_code: Some(if delivered { 200 } else { 500 }),
            runs: self.counts_runs.then_some(event.runs),
            alternate_ids: None,
        }
    }

    fn throttled(&mut self) -> Result<(), ProviderError> {
        self.calls += 1;
        match self.throttle_every {
            Some(every) if self.calls.is_multiple_of(every) => {
                Err(ProviderError::Throttled { retry_after: Some(Duration::from_secs(1)) })
            }
            _ => Ok(()),
        }
    }

    /// The vendor calls the receiver.
    fn deliver(&mut self, id: &str) {
        let refused = self.receiver_down;
        let stale = self.stale_after_delivery;
        let Some(event) = self.events.get_mut(id) else { return };
        event.runs += 1;
        if refused || event.poison {
            return;
        }
        event.delivered = true;
        event.stale = stale;
        self.log.insert(id.to_owned());
        *self.accepted.entry(id.to_owned()).or_default() += 1;
    }

    fn answer_resend(&mut self, id: &str) -> Result<Event, ProviderError> {
        let failure = ProviderError::Server { status: 500, message: String::new(), retry_after: None };
        let Some(before) = self.events.get(id).cloned() else {
            return Err(ProviderError::NotFound { message: "no such event".to_owned() });
        };
        if before.no_path {
            return Err(ProviderError::UnknownPath { message: "Resource not found".to_owned() });
        }
        match self.resend {
            ResendBehaviour::FailsWithoutDelivery => return Err(failure),
            ResendBehaviour::ShowsBeforeWithoutDelivery => return Ok(self.shown(id, &before, before.delivered)),
            ResendBehaviour::ClaimsWithoutDelivery => return Ok(self.shown(id, &before, true)),
            ResendBehaviour::DeliversAndShowsIt
            | ResendBehaviour::DeliversAndShowsBefore
            | ResendBehaviour::DeliversAndFails => self.deliver(id),
        }
        let after = self.events[id].clone();
        match self.resend {
            ResendBehaviour::DeliversAndFails => Err(failure),
            ResendBehaviour::DeliversAndShowsBefore => Ok(self.shown(id, &before, before.delivered)),
            _ => Ok(self.shown(id, &after, after.delivered)),
        }
    }

    fn listed(&mut self, request: &ListRequest) -> Vec<Event> {
        let mut events = Vec::new();
        for (id, event) in &self.events {
            let delivered = event.delivered && event.stale == 0;
            let wanted = match (self.list, request.filter) {
                (ListBehaviour::Nothing, _) => false,
                (ListBehaviour::FailedAlwaysEmpty, ListFilter::Failed) => false,
                (ListBehaviour::OnlyDelivered, _) => delivered,
                (ListBehaviour::IgnoresFilter, _) | (_, ListFilter::All) => true,
                (ListBehaviour::Honest, ListFilter::Failed) => !delivered,
            };
            if wanted && request.range.contains(event.created) {
                events.push(self.shown(id, event, delivered));
            }
        }
        events.sort_by_key(|event| event.created());
        events.truncate(self.cap.unwrap_or(usize::MAX));
        for event in self.events.values_mut() {
            event.stale = event.stale.saturating_sub(1);
        }
        events
    }
}

#[async_trait]
impl Provider for Shared {
    fn name(&self) -> &'static str {
        "world"
    }

    fn longest_range(&self) -> TimeDelta {
        TimeDelta::days(31)
    }

    async fn list_events(
        &self,
        request: &ListRequest,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Listing, ProviderError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let events = {
            let mut world = self.get();
            world.listings += 1;
            world.throttled()?;
            if world.fail_first_listings > 0 {
                world.fail_first_listings -= 1;
                return Err(ProviderError::Server { status: 500, message: String::new(), retry_after: None });
            }
            world.listed(request)
        };
        let listing = Listing { records: events.len() as u64, ..Listing::default() };
        events.into_iter().for_each(sink);
        Ok(listing)
    }

    async fn get_event(&self, _webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let mut world = self.get();
        world.gets += 1;
        let id = event.to_string();
        let Some(known) = world.events.get(&id) else {
            return Err(ProviderError::NotFound { message: "no such event".to_owned() });
        };
        let event = world.shown(&id, known, known.delivered && known.stale == 0);
        Ok(EventDetail { event, record: serde_json::Value::Null })
    }

    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        let id = intent.request().event.to_string();
        {
            let mut world = self.get();
            assert!(world.intents.contains_key(&intent.attempt().0), "a request was sent that was not recorded");
            world.resends += 1;
            world.throttled()?;
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.get().answer_resend(&id)
    }

    async fn list_webhooks(&self) -> Result<Vec<Webhook>, ProviderError> {
        let id = WebhookId::new("hook-1").expect("an id");
        Ok(vec![Webhook { id, event_type: "SaleCreated".to_owned(), url: String::new(), store_id: None }])
    }

    async fn get_webhook(&self, _webhook: &WebhookId) -> Result<Webhook, ProviderError> {
        Err(ProviderError::NotFound { message: String::new() })
    }

    async fn create_webhook(&self, _draft: &WebhookDraft) -> Result<Webhook, ProviderError> {
        panic!("a reconcile creates no webhook");
    }

    async fn update_webhook(&self, _webhook: &WebhookId, _draft: &WebhookDraft) -> Result<(), ProviderError> {
        panic!("a reconcile changes no webhook");
    }

    async fn delete_webhook(&self, _webhook: &WebhookId) -> Result<(), ProviderError> {
        panic!("a reconcile deletes no webhook");
    }

    async fn event_types(&self) -> Result<serde_json::Value, ProviderError> {
        Ok(serde_json::Value::Null)
    }

    async fn event_type_schema(&self, _event_type: &str) -> Result<serde_json::Value, ProviderError> {
        Ok(serde_json::Value::Null)
    }

    async fn probe(&self) -> Result<ClockReading, ProviderError> {
        Ok(ClockReading::default())
    }
}

#[async_trait]
impl ReceivedLog for Shared {
    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_live(&self) -> bool {
        true
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let world = self.get();
        let sighting = |id: &EventId| {
            if world.log.contains(id.text().as_ref()) { Sighting::Received } else { Sighting::Unseen }
        };
        let broken = world.log_is_broken.then(|| "cut off".to_owned());
        Ok(Lookup {
            sightings: wanted.ids().iter().map(sighting).collect(),
            coverage: Coverage { since: None, broken },
            stats: LogStats { ids: world.log.len() as u64, ..LogStats::default() },
        })
    }
}

fn journal_failure() -> LedgerError {
    LedgerError::Database { path: "test".into(), message: "no space left on device".to_owned() }
}

#[async_trait]
impl History for Shared {
    async fn of_webhook(&self, _webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let world = self.get();
        let mut history = WebhookHistory::new();
        for (id, attempt) in &world.intents {
            let entry: &mut EventHistory = history.entry(attempt.request.event.clone()).or_default();
            let acted = attempt.conclusion.is_none_or(Conclusion::may_have_acted);
            let settled = world.settled.get(id);
            entry.attempts += u32::from(acted && settled != Some(&Settlement::NotSent));
            let waits = matches!(attempt.conclusion, None | Some(Conclusion::Accepted | Conclusion::InDoubt));
            if waits && settled.is_none() {
                entry.open.push(attempt.clone());
            }
        }
        Ok(history)
    }
}

#[async_trait]
impl Journal for Shared {
    async fn record_run_start(&self, _start: RunStart) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        let mut world = self.get();
        let number = i64::try_from(world.intents.len()).expect("few") + 1;
        if world.journal_fails_after.is_some_and(|limit| number > i64::from(limit)) {
            return Err(journal_failure());
        }
        let attempt = AttemptId(number);
        let open = OpenAttempt { attempt, intent_at: at, request: request.clone(), conclusion: None, runs_after: None };
        world.intents.insert(number, open);
        Ok(Intent::recorded(attempt, request))
    }

    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        _at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut world = self.get();
        let open = world.intents.get_mut(&intent.attempt().0).expect("recorded before");
        open.conclusion = Some(outcome.conclusion);
        open.runs_after = outcome.runs_after;
        Ok(())
    }

    async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        _at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut world = self.get();
        for (attempt, settlement, _) in settled {
            world.settled.insert(attempt.0, settlement);
        }
        Ok(())
    }

    async fn record_run_end(&self, _end: RunEnd) -> Result<(), LedgerError> {
        Ok(())
    }
}
