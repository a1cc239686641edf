//! A world in memory: a vendor, a receiver with its log, a journal, and a clock that skips waits.
//!
//! It is correct by default; each fault is a field. The world keeps the truth that the tests judge by.

mod behaviour;
mod fault;
mod guard;
mod journal;
mod log;
mod moods;
mod record;
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
use crate::event::{WebhookId, Window};
use crate::exit::Findings;
use crate::monitor::Silent;
use crate::outcome::Signal;
use crate::policy::{Bounds, Policy, Proofs};
use crate::provider::ProviderError;
use crate::receipt::Unlisted;
use crate::reconcile::{Beginning, Directions, LedgerAccess, Ports, Preapproved, RunRequest, Scope, Task, WebhookRef};
use crate::run_report::{Mode, RunReport, Told};
use crate::selection::Selection;

pub(super) use behaviour::{ListBehaviour, ResendBehaviour};
pub(super) use fault::{Fault, Tally};
pub(super) use guard::{Invariant, Violation, Watch, asks_for};
pub(super) use journal::{Fate, Write};
pub(super) use moods::Moods;

#[derive(Clone, Debug)]
pub(super) struct WorldEvent {
    pub(super) created: DateTime<Utc>,
    pub(super) delivered: bool,
    pub(super) runs: u32,
    pub(super) poison: bool,
    /// The receiver takes it whenever it is delivered, and the vendor never hears of that.
    pub(super) answer_lost: bool,
    /// The vendor answers a resend as if the path did not exist.
    pub(super) no_path: bool,
    /// The vendor shows no creation time.
    pub(super) timeless: bool,
    /// The vendor states no status that can be understood.
    pub(super) statusless: bool,
    /// Whether its time states its offset, where it differs from what the vendor does otherwise.
    pub(super) states_offset: Option<bool>,
    /// Listings that leave it out.
    pub(super) hidden: u32,
    /// The vendor has forgotten it.
    pub(super) expired: bool,
    /// Which webhook it belongs to.
    pub(super) hook: u32,
    /// Listings that still show the event as it was before its last delivery.
    pub(super) stale: u32,
    delivered_before: bool,
    runs_before: u32,
    changed_at: Option<Instant>,
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
    /// What the receiver took and the log shows no more.
    pub(super) log_gone: HashSet<String>,
    /// The log as an engine remembers it that never looks again.
    pub(super) old_log: Option<HashSet<String>>,
    /// Events that turned up after their time, or were left out of a listing.
    pub(super) late: HashSet<String>,
    /// Where the log says that it begins.
    pub(super) log_since: Option<DateTime<Utc>>,
    /// What the log shows as long as the run lasts, where it stands still.
    pub(super) log_snapshot: Option<HashSet<String>>,
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
    /// Events that take the room of so many in an answer, as where a vendor cuts it by its size.
    pub(super) sizes: BTreeMap<String, usize>,
    pub(super) counts_runs: bool,
    pub(super) states_offsets: bool,
    /// How far the vendor's reading of times is from ours.
    pub(super) zone_shift: TimeDelta,
    /// From this instant on it is off by so much more: a night of daylight saving.
    pub(super) zone_changes: Option<(DateTime<Utc>, TimeDelta)>,
    /// One row of so many stands in a listing twice.
    pub(super) repeats_one_in: Option<u32>,
    /// The vendor lists events from so far outside of what was asked for.
    pub(super) lists_around: TimeDelta,
    pub(super) receiver_down: bool,
    pub(super) hooks_down: HashSet<u32>,
    /// Deliveries that a receiver which is down refuses before it is up again; none is for ever.
    pub(super) recovers_after: u32,
    pub(super) delivery_delay: Duration,
    pub(super) log_lag: Duration,
    pub(super) stale_after_delivery: u32,
    pub(super) stale_hides_runs: bool,
    /// The longest that a vendor shows an event as it was before.
    pub(super) stale_lasts: Duration,
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
    pub(super) moods: Moods,
    /// How far hookmend's clock is ahead of the truth.
    pub(super) clock_error: TimeDelta,
    /// A run holds the ledger's lock.
    pub(super) is_locked: bool,
    pub(super) watch: Watch,
    pub(super) tally: Tally,
    /// Requests, looks at the log and calls of the journal.
    pub(super) steps: u64,
    /// What happened, where somebody wants to read it.
    pub(super) trace: Option<Vec<String>>,
    calls: u32,
    born: Instant,
}

impl World {
    /// The time as the world's clock tells it.
    pub(super) fn now(&self) -> DateTime<Utc> {
        start() + TimeDelta::from_std(self.born.elapsed()).expect("a short time")
    }

    /// The time as hookmend's clock tells it.
    pub(super) fn told_time(&self) -> DateTime<Utc> {
        self.now() + self.clock_error
    }

    /// Notes what happens, where somebody wants to read it.
    pub(super) fn tell(&mut self, words: impl FnOnce() -> String) {
        let at = self.born.elapsed();
        if let Some(trace) = &mut self.trace {
            trace.push(format!("{:>10.3}s {}", at.as_secs_f64(), words()));
        }
    }

    /// One more step of a run.
    fn step(&mut self, words: impl FnOnce() -> String) {
        self.steps += 1;
        self.tell(words);
    }

    /// Requests that were not refused before they were looked at.
    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    /// Whether the vendor listed the event only after its time, or not always.
    pub(super) fn turned_up_late(&self, id: &str) -> bool {
        self.late.contains(id)
    }

    pub(super) fn tally_if(&mut self, took_effect: bool, fault: Fault) {
        if took_effect {
            self.tally.count(fault);
        }
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
        self.moods = Moods::default();
        self.clock_error = TimeDelta::zero();
        self.rows.reopen();
        self.events.values_mut().for_each(|event| event.hidden = 0);
        for arrival in std::mem::take(&mut self.arrivals) {
            self.late.insert(arrival.id.clone());
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
            log_gone: HashSet::new(),
            old_log: None,
            late: HashSet::new(),
            log_since: None,
            log_snapshot: None,
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
            sizes: BTreeMap::new(),
            counts_runs: true,
            states_offsets: true,
            zone_shift: TimeDelta::zero(),
            zone_changes: None,
            repeats_one_in: None,
            lists_around: TimeDelta::zero(),
            receiver_down: false,
            hooks_down: HashSet::new(),
            recovers_after: 0,
            delivery_delay: Duration::ZERO,
            log_lag: Duration::ZERO,
            stale_after_delivery: 0,
            stale_hides_runs: false,
            stale_lasts: Duration::MAX,
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
            moods: Moods::default(),
            clock_error: TimeDelta::zero(),
            is_locked: false,
            watch: Watch::default(),
            tally: Tally::default(),
            steps: 0,
            trace: None,
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
            clock: Arc::new(PausedClock { started: self.get().born, world: self.clone() }),
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
        answer_lost: false,
        no_path: false,
        timeless: false,
        statusless: false,
        states_offset: None,
        hidden: 0,
        expired: false,
        hook: 1,
        stale: 0,
        delivered_before: delivered,
        runs_before: 1,
        changed_at: None,
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

/// Follows the runtime's paused time, so that waits cost nothing. Its calendar may be wrong and jump.
struct PausedClock {
    started: Instant,
    world: Shared,
}

#[async_trait]
impl Clock for PausedClock {
    fn now(&self) -> DateTime<Utc> {
        self.world.get().told_time()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}
