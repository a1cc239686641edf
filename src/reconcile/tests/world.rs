//! A world in memory: a vendor, a receiver with its log, a journal, and a clock that skips waits.
//!
//! It is correct by default; each fault is a field. The world keeps the truth that the tests judge by.

mod journal;
mod vendor;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::classify::ResendPolicy;
use crate::clock::Clock;
use crate::event::{EventId, WebhookId, Window};
use crate::exit::Findings;
use crate::monitor::Silent;
use crate::outcome::Signal;
use crate::policy::{Bounds, Policy, Proofs};
use crate::provider::ProviderError;
use crate::receipt::{Coverage, LogStats, Lookup, Sighting, Unlisted, UnlistedId, WantedIds};
use crate::received::{ReceivedError, ReceivedLog};
use crate::reconcile::{Beginning, Directions, LedgerAccess, Ports, Preapproved, RunRequest, Scope, Task, WebhookRef};
use crate::run_report::{Mode, RunReport, Told};
use crate::selection::Selection;

pub(super) use journal::Write;

/// How the vendor answers a resend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ResendBehaviour {
    #[default]
    DeliversAndShowsIt,
    DeliversAndShowsBefore,
    DeliversAndFails,
    ClaimsWithoutDelivery,
    DeliversAndShowsNoCounter,
    DeliversAndTimesOut,
    ShowsBeforeWithoutDelivery,
    FailsWithoutDelivery,
    TimesOutWithoutDelivery,
}

impl ResendBehaviour {
    fn delivers(self) -> bool {
        match self {
            Self::DeliversAndShowsIt
            | Self::DeliversAndShowsBefore
            | Self::DeliversAndFails
            | Self::DeliversAndShowsNoCounter
            | Self::DeliversAndTimesOut => true,
            Self::ClaimsWithoutDelivery
            | Self::ShowsBeforeWithoutDelivery
            | Self::FailsWithoutDelivery
            | Self::TimesOutWithoutDelivery => false,
        }
    }
}

/// How the vendor lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ListBehaviour {
    #[default]
    Honest,
    IgnoresFilter,
    OnlyDelivered,
    FailedAlwaysEmpty,
    CapsBeforeItFilters,
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
    /// The vendor shows no creation time.
    pub(super) timeless: bool,
    /// Which webhook it belongs to.
    pub(super) hook: u32,
    /// Listings that still show the event as it was before its last delivery.
    pub(super) stale: u32,
    delivered_before: bool,
    runs_before: u32,
}

/// An event that fails while a run is under way.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    pub(super) at_call: u32,
    pub(super) id: String,
    pub(super) event: WorldEvent,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) events: BTreeMap<String, WorldEvent>,
    pub(super) arrivals: Vec<Arrival>,
    pub(super) log: HashSet<String>,
    /// What the log holds beside that, with times.
    pub(super) unlisted: Unlisted,
    /// Deliveries that the receiver accepted because of a resend.
    pub(super) accepted: HashMap<String, u32>,
    /// Deliveries because of a resend that the receiver refused: the webhook, and when.
    pub(super) refused: Vec<(u32, DateTime<Utc>)>,
    pub(super) resent_although_logged: BTreeSet<String>,
    pub(super) resends: u32,
    pub(super) listings: u32,
    pub(super) gets: u32,
    pub(super) look_ups: u32,
    pub(super) resend: ResendBehaviour,
    /// Where it is not empty, each resend is answered in one of these ways.
    pub(super) resend_mix: Vec<ResendBehaviour>,
    pub(super) resend_latency: Duration,
    pub(super) resend_error: Option<ProviderError>,
    pub(super) list: ListBehaviour,
    pub(super) list_error: Option<ProviderError>,
    /// Longer ranges are answered with this failure.
    pub(super) longest_listing: Option<(TimeDelta, ProviderError)>,
    pub(super) unknown_hooks: BTreeSet<u32>,
    pub(super) gets_fail: bool,
    /// Single events are answered with this.
    pub(super) get_error: Option<ProviderError>,
    pub(super) get_latency: Duration,
    /// Any id is answered with a record that says nothing.
    pub(super) shows_anything: bool,
    /// Webhooks of another event type.
    pub(super) other_types: Vec<u32>,
    /// Webhooks that are left out where all are listed.
    pub(super) hidden_hooks: Vec<u32>,
    /// Events that no listing shows, and that are shown alone.
    pub(super) never_listed: HashSet<String>,
    pub(super) cap: Option<usize>,
    pub(super) counts_runs: bool,
    pub(super) states_offsets: bool,
    /// How far the vendor's reading of times is from ours.
    pub(super) zone_shift: TimeDelta,
    pub(super) receiver_down: bool,
    pub(super) hooks_down: HashSet<u32>,
    /// Deliveries that a receiver which is down refuses before it is up again; none is for ever.
    pub(super) recovers_after: u32,
    pub(super) delivery_delay: Duration,
    pub(super) log_lag: Duration,
    pub(super) stale_after_delivery: u32,
    pub(super) stale_hides_runs: bool,
    pub(super) fail_first_listings: u32,
    pub(super) throttle_every: Option<u32>,
    pub(super) throttle_wait: Option<Duration>,
    pub(super) not_sent_rate: f64,
    pub(super) log_is_broken: bool,
    /// The log can't be read whole from this look on.
    pub(super) log_breaks_at: Option<u32>,
    pub(super) log_is_live: bool,
    /// Which write of the journal fails, after how many of its kind.
    pub(super) journal_fails: Option<(Write, u32)>,
    pub(super) rows: journal::Rows,
    pub(super) random: fastrand::Rng,
    calls: u32,
    born: Instant,
}

impl World {
    /// The time as the world's clock tells it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        start() + TimeDelta::from_std(self.born.elapsed()).expect("a short time")
    }

    /// Requests that were not refused before they were looked at.
    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    /// Whether the event failed so late that a run need not have seen it.
    pub(super) fn came_late(&self, id: &str) -> bool {
        id.starts_with("arrival-")
    }

    /// Ends every fault that is not in the nature of this world.
    pub(super) fn make_peace(&mut self) {
        let list = self.list;
        self.list = if list == ListBehaviour::IgnoresFilter { list } else { ListBehaviour::Honest };
        self.resend = ResendBehaviour::DeliversAndShowsIt;
        self.resend_mix.clear();
        self.receiver_down = false;
        self.hooks_down.clear();
        self.delivery_delay = Duration::ZERO;
        self.log_lag = Duration::ZERO;
        self.throttle_every = None;
        self.not_sent_rate = 0.0;
        self.fail_first_listings = 0;
        self.longest_listing = None;
        self.gets_fail = false;
        self.log_is_broken = false;
        self.log_breaks_at = None;
        self.journal_fails = None;
        self.rows.reopen();
        for arrival in std::mem::take(&mut self.arrivals) {
            self.events.insert(arrival.id, arrival.event);
        }
    }
}

/// The world behind a lock, as every port sees it.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub(super) fn new() -> Self {
        let world = World {
            events: BTreeMap::new(),
            arrivals: Vec::new(),
            log: HashSet::new(),
            unlisted: Unlisted::default(),
            accepted: HashMap::new(),
            refused: Vec::new(),
            resent_although_logged: BTreeSet::new(),
            resends: 0,
            listings: 0,
            gets: 0,
            look_ups: 0,
            resend: ResendBehaviour::default(),
            resend_mix: Vec::new(),
            resend_latency: Duration::from_millis(30),
            resend_error: None,
            list: ListBehaviour::default(),
            list_error: None,
            longest_listing: None,
            unknown_hooks: BTreeSet::new(),
            gets_fail: false,
            get_error: None,
            get_latency: Duration::from_millis(5),
            shows_anything: false,
            other_types: Vec::new(),
            hidden_hooks: Vec::new(),
            never_listed: HashSet::new(),
            cap: None,
            counts_runs: true,
            states_offsets: true,
            zone_shift: TimeDelta::zero(),
            receiver_down: false,
            hooks_down: HashSet::new(),
            recovers_after: 0,
            delivery_delay: Duration::ZERO,
            log_lag: Duration::ZERO,
            stale_after_delivery: 0,
            stale_hides_runs: false,
            fail_first_listings: 0,
            throttle_every: None,
            throttle_wait: Some(Duration::from_secs(1)),
            not_sent_rate: 0.0,
            log_is_broken: false,
            log_breaks_at: None,
            log_is_live: true,
            journal_fails: None,
            rows: journal::Rows::default(),
            random: fastrand::Rng::with_seed(1),
            calls: 0,
            born: Instant::now(),
        };
        Self(Arc::new(Mutex::new(world)))
    }

    pub(super) fn get(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("no test panics while it holds the world")
    }

    /// An event that was created `hours` before now.
    pub(super) fn event(&self, id: &str, hours: i64, delivered: bool, in_log: bool) -> &Self {
        self.event_of(1, id, hours, delivered, in_log)
    }

    /// An event of some webhook.
    pub(super) fn event_of(&self, hook: u32, id: &str, hours: i64, delivered: bool, in_log: bool) -> &Self {
        let event = WorldEvent { hook, ..event_at(start() - TimeDelta::hours(hours), delivered) };
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
        world.outage_of(1, "", missing);
        world
    }

    /// The same for one of several webhooks, whose ids begin with `prefix`.
    pub(super) fn outage_of(&self, hook: u32, prefix: &str, missing: usize) {
        for number in 0..20 {
            self.event_of(hook, &format!("{prefix}ok-{number}"), 2 + number, true, true);
        }
        for number in 0..missing {
            let hours = 3 + i64::try_from(number).expect("small") % 60;
            self.event_of(hook, &format!("{prefix}lost-{number}"), hours, false, false);
        }
    }

    /// Ids of events that nobody has received.
    pub(super) fn lost(&self) -> Vec<String> {
        let world = self.get();
        let held = |id: &&String| world.log.contains(*id) || world.accepted.contains_key(*id);
        world.events.keys().filter(|id| !held(id)).cloned().collect()
    }

    pub(super) async fn run(&self, request: &RunRequest) -> RunReport {
        let (_stop, stopped) = watch::channel(None);
        self.run_until(request, stopped).await
    }

    pub(super) async fn run_until(&self, request: &RunRequest, stop: watch::Receiver<Option<Signal>>) -> RunReport {
        crate::reconcile::run(&self.ports(stop), request).await
    }

    pub(super) fn ports(&self, stop: watch::Receiver<Option<Signal>>) -> Ports {
        Ports {
            provider: Arc::new(self.clone()),
            received: Some(Arc::new(self.clone())),
            ledger: LedgerAccess::Write(Arc::new(self.clone())),
            monitor: Arc::new(Silent),
            approver: Arc::new(Preapproved),
            clock: Arc::new(PausedClock { started: self.get().born }),
            stop,
        }
    }
}

pub(super) fn event_at(created: DateTime<Utc>, delivered: bool) -> WorldEvent {
    WorldEvent {
        created,
        delivered,
        runs: 1,
        poison: false,
        no_path: false,
        timeless: false,
        hook: 1,
        stale: 0,
        delivered_before: delivered,
        runs_before: 1,
    }
}

/// An event that was lost so many minutes after the window began.
pub(super) fn lost_at_minute(minute: i64) -> WorldEvent {
    event_at(start() - TimeDelta::hours(60) + TimeDelta::minutes(minute), false)
}

/// The instant at which every test begins.
pub(super) fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 20, 12, 0, 0).single().expect("a valid date")
}

pub(super) fn request(mode: Mode) -> RunRequest {
    RunRequest {
        run_id: "test".to_owned(),
        command: "reconcile".to_owned(),
        asked_by: "a test".to_owned(),
        window: Window::new(start() - TimeDelta::days(3), start()).expect("not empty"),
        beginning: Beginning::AsGiven,
        scope: Scope::Webhooks(vec![WebhookRef::Id(WebhookId::new("hook-1").expect("an id"), None)]),
        policy: Policy {
            mode,
            resend: ResendPolicy::default(),
            proofs: Proofs::Required,
            min_age: TimeDelta::minutes(5),
            settle: TimeDelta::seconds(60),
            slice: TimeDelta::days(1),
            zone_margin: TimeDelta::hours(2),
            retention: None,
            bounds: Bounds {
                max_rounds: 3,
                max_attempts: 5,
                max_resends: 1000,
                concurrency: 4,
                rate: None,
                deadline: Duration::from_secs(4 * 3600),
                breaker_failures: 5,
                canaries: 3,
                failure_budget: None,
            },
        },
        task: Task::Window(Selection::default()),
        directions: Directions::default(),
        told: Told::Unsettled,
        findings: match mode {
            Mode::Act | Mode::Check => Findings::Fail,
            Mode::DryRun => Findings::Show,
        },
        seed: 7,
    }
}

/// The webhooks with the numbers from 1 up to this.
pub(super) fn hooks(last: u32) -> Scope {
    let reference = |hook: u32| WebhookRef::Id(WebhookId::new(&format!("hook-{hook}")).expect("an id"), None);
    Scope::Webhooks((1..=last).map(reference).collect())
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

#[async_trait]
impl ReceivedLog for Shared {
    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_live(&self) -> bool {
        self.get().log_is_live
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let mut world = self.get();
        world.look_ups += 1;
        let is_broken = world.log_is_broken || world.log_breaks_at.is_some_and(|look| world.look_ups >= look);
        let sighting = |id: &EventId| {
            if world.log.contains(id.text().as_ref()) { Sighting::Received } else { Sighting::Unseen }
        };
        Ok(Lookup {
            sightings: wanted.ids().iter().map(sighting).collect(),
            coverage: Coverage { broken: is_broken.then(|| "cut off".to_owned()), ..Coverage::default() },
            stats: LogStats { ids: world.log.len() as u64, ..LogStats::default() },
        })
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let lookup = self.look_up(Arc::clone(&listed)).await?;
        let mut unlisted = self.get().unlisted.clone();
        let ids = self.get().log.iter().map(|id| EventId::new(id).expect("an id")).collect::<Vec<_>>();
        let others = ids.into_iter().filter(|id| listed.number_of(id.key()).is_none());
        unlisted.ids.extend(others.map(|id| UnlistedId { id, received_at: None }));
        unlisted.ids.retain(|one| one.received_at.is_none_or(|at| window.contains(at)));
        unlisted.sort();
        Ok((lookup, unlisted))
    }
}
