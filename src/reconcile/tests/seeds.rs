//! Worlds drawn from a seed: several webhooks, every fault, runs that are killed, and then peace.
//!
//! Whatever happens, no run lies, nothing is delivered twice, and once the faults stop the next runs
//! bring home what can be brought home. `SEEDS=from..to` tries others.

use std::collections::{BTreeMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use fastrand::Rng;
use futures_util::FutureExt;
use tokio::sync::watch;

use crate::classify::Verdict;
use crate::event::{DeliveryStatus, EventId, WebhookId};
use crate::exit::ExitCode;
use crate::outcome::Signal;
use crate::pace::budget::FailureBudget;
use crate::provider::ProviderError;
use crate::reconcile::{Beginning, RunRequest, Task, WantedBy, WantedEvent};
use crate::run_report::{Counts, Mode, RunReport};
use crate::selection::{Selection, VerdictKind};
use crate::tracked::{EventResult, TrackedEvent};

use super::world::{Arrival, ListBehaviour, ResendBehaviour, Shared, World, Write, event_at, hooks, request, start};

const BEHAVIOURS: [ResendBehaviour; 9] = [
    ResendBehaviour::DeliversAndShowsIt,
    ResendBehaviour::DeliversAndShowsBefore,
    ResendBehaviour::DeliversAndFails,
    ResendBehaviour::DeliversAndShowsNoCounter,
    ResendBehaviour::DeliversAndTimesOut,
    ResendBehaviour::ClaimsWithoutDelivery,
    ResendBehaviour::ShowsBeforeWithoutDelivery,
    ResendBehaviour::FailsWithoutDelivery,
    ResendBehaviour::TimesOutWithoutDelivery,
];

const LISTS: [ListBehaviour; 8] = [
    ListBehaviour::Honest,
    ListBehaviour::Honest,
    ListBehaviour::Honest,
    ListBehaviour::Honest,
    ListBehaviour::IgnoresFilter,
    ListBehaviour::OnlyDelivered,
    ListBehaviour::FailedAlwaysEmpty,
    ListBehaviour::Nothing,
];

fn one_in(random: &mut Rng, sides: u32) -> bool {
    random.u32(..sides) == 0
}

/// What stays as it is for the whole life of a world.
fn world_of(random: &mut Rng) -> (Shared, u32) {
    let world = Shared::new();
    let last_hook = if one_in(random, 3) { random.u32(2..5) } else { 1 };
    for hook in 1..=last_hook {
        let prefix = format!("{hook}-");
        world.outage_of(hook, &prefix, random.usize(0..25));
        for number in 0..random.i64(0..4) {
            world.event_of(hook, &format!("{prefix}answered-late-{number}"), 4 + number, false, true);
        }
    }
    {
        let mut world = world.get();
        world.random = random.fork();
        world.list = LISTS[random.usize(..LISTS.len())];
        world.counts_runs = random.u32(0..3) > 0;
        world.states_offsets = random.bool();
        world.zone_shift = TimeDelta::hours(if one_in(random, 4) { random.i64(-2..=2) } else { 0 });
        world.cap = one_in(random, 3).then(|| random.usize(4..30));
        world.stale_after_delivery = if random.bool() { random.u32(0..6) } else { 0 };
        world.stale_hides_runs = random.bool();
        world.log_is_live = random.u32(0..4) > 0;
        world.delivery_delay = Duration::from_secs(if one_in(random, 4) { random.u64(1..40) } else { 0 });
        world.log_lag = Duration::from_secs(if one_in(random, 4) { random.u64(1..15) } else { 0 });
        // Three in a row would pass for a dead receiver.
        let mut poisonable = 2;
        for event in world.events.values_mut() {
            event.poison = poisonable > 0 && one_in(random, 10);
            poisonable -= u32::from(event.poison);
            event.timeless = one_in(random, 30);
        }
    }
    (world, last_hook)
}

/// What a vendor that switches webhooks off would allow, kept by every run of a world.
fn budget_of(random: &mut Rng) -> Option<FailureBudget> {
    one_in(random, 3)
        .then(|| FailureBudget { failures: random.u32(1..4), period: TimeDelta::minutes(random.i64(1..60)) })
}

/// What is different in every run.
fn draw_faults(world: &mut World, random: &mut Rng, last_hook: u32, run: u32) {
    world.resend = BEHAVIOURS[random.usize(..BEHAVIOURS.len())];
    world.resend_mix.clear();
    if random.bool() {
        world.resend_mix = (0..3).map(|_| BEHAVIOURS[random.usize(..BEHAVIOURS.len())]).collect();
    }
    world.receiver_down = one_in(random, 6);
    world.hooks_down = (1..=last_hook).filter(|_| one_in(random, 6)).collect();
    world.recovers_after = random.u32(0..6);
    world.throttle_every = one_in(random, 3).then(|| random.u32(2..9));
    world.throttle_wait = [None, Some(0), Some(1), Some(30)][random.usize(..4)].map(Duration::from_secs);
    world.not_sent_rate = if one_in(random, 4) { 0.2 } else { 0.0 };
    world.fail_first_listings = if one_in(random, 3) { random.u32(0..12) } else { 0 };
    let too_much = ProviderError::Rejected { status: 400, message: String::new() };
    world.longest_listing = one_in(random, 5).then(|| (TimeDelta::hours(random.i64(5..30)), too_much));
    world.gets_fail = one_in(random, 5);
    world.log_is_broken = one_in(random, 10);
    world.log_breaks_at = one_in(random, 8).then(|| world.look_ups + random.u32(2..6));
    let write = [Write::RunStart, Write::Intent, Write::Outcome, Write::Settle, Write::RunEnd][random.usize(..5)];
    world.journal_fails = one_in(random, 8).then(|| (write, random.u32(0..8)));
    world.rows.reopen();
    for number in 0..random.u32(0..3) {
        let hours = TimeDelta::minutes(random.i64(-60..4200));
        let mut event = event_at(start() - hours, false);
        event.hook = random.u32(1..=last_hook);
        if hours > TimeDelta::zero() {
            let at_call = world.calls() + random.u32(0..60);
            world.arrivals.push(Arrival { at_call, id: format!("arrival-{run}-{number}"), event });
        }
    }
}

fn draw_request(random: &mut Rng, last_hook: u32, budget: Option<FailureBudget>) -> RunRequest {
    let mut asked = request(Mode::Act);
    asked.beginning = if one_in(random, 3) { Beginning::WhereProvenEnds } else { Beginning::AsGiven };
    asked.scope = hooks(last_hook);
    asked.seed = random.u64(..);
    asked.policy.slice = TimeDelta::hours([24, 24, 7, 72][random.usize(..4)]);
    asked.policy.resend.include_acknowledged = one_in(random, 6);
    let bounds = &mut asked.policy.bounds;
    bounds.concurrency = [1, 2, 4, 8][random.usize(..4)];
    bounds.max_rounds = random.u32(1..4);
    bounds.max_attempts = random.u32(1..6);
    bounds.failure_budget = budget;
    bounds.deadline = Duration::from_secs([14400, 14400, 14400, 20, 3][random.usize(..5)]);
    asked
}

/// How the run is ended from outside.
enum End {
    ByItself,
    Signal(Duration),
    Killed(Duration),
}

async fn run_to(world: &Shared, asked: &RunRequest, end: End) -> Option<RunReport> {
    let (stop, stopped) = watch::channel(None);
    match end {
        End::ByItself => Some(world.run_until(asked, stopped).await),
        End::Signal(after) => {
            let signal = async {
                tokio::time::sleep(after).await;
                let _ = stop.send(Some(Signal::Terminate));
            };
            Some(tokio::join!(world.run_until(asked, stopped), signal).0)
        }
        End::Killed(after) => tokio::time::timeout(after, world.run_until(asked, stopped)).await.ok(),
    }
}

fn sums_add_up(seed: u64, report: &RunReport) {
    let mut sum = Counts::default();
    for webhook in &report.webhooks {
        sum.add(&webhook.counts);
        let count = |of: &dyn Fn(&TrackedEvent) -> bool| webhook.events.iter().filter(|event| of(event)).count() as u64;
        let (counts, known) = (&webhook.counts, webhook.events.len() as u64);
        let settled = count(&|event| event.verdict == Verdict::Settled);
        let judged = counts.missing + counts.unacknowledged + counts.lost_after_ack + counts.too_young + counts.unknown;
        assert_eq!(known, settled + judged, "seed {seed}: verdicts {counts:?}");
        let unrecognised = count(&|event| event.first_status == DeliveryStatus::Unrecognised);
        assert_eq!(known, counts.failed + counts.delivered + unrecognised, "seed {seed}: statuses {counts:?}");
        assert_eq!(counts.quarantined, count(&|event| event.result == Some(EventResult::Quarantined)), "seed {seed}");
        assert!(counts.recovered <= counts.resent, "seed {seed}: recovered {counts:?}");
        assert!(counts.left + counts.recovered + counts.in_doubt <= known, "seed {seed}: results {counts:?}");
    }
    assert_eq!(sum, report.totals, "seed {seed}: totals");
}

/// What must hold of a report, whatever the faults were.
fn nothing_is_hidden(seed: u64, world: &Shared, asked: &RunRequest, report: &RunReport) {
    sums_add_up(seed, report);
    let told: BTreeMap<String, &TrackedEvent> = (report.webhooks.iter().flat_map(|webhook| &webhook.events))
        .map(|tracked| (tracked.event.id.to_string(), tracked))
        .collect();
    let lost = world.lost();
    let world = world.get();
    let faults = format!("{:?} {:?} {:?} {:?}", world.list, world.resend, world.cap, report.problems);
    let looked_at_all = matches!(&asked.task, Task::Window(selection) if selection.is_everything());
    if report.exit_code == ExitCode::Clean && looked_at_all {
        assert_eq!(report.totals.left + report.totals.in_doubt, 0, "seed {seed}: clean {:?}", report.totals);
        let judged = |id: &&String| told.get(*id).is_none_or(|tracked| tracked.verdict != Verdict::TooYoung);
        let hidden: Vec<_> = lost.iter().filter(|id| !world.came_late(id)).filter(judged).collect();
        assert!(hidden.is_empty(), "seed {seed}: clean with {hidden:?} lost: {faults}");
    }
    for (id, tracked) in told {
        if tracked.result == Some(EventResult::Recovered) {
            assert!(
                !lost.contains(&id),
                "seed {seed}: {id} is told as recovered and is lost: {faults}: {} {:?}",
                biography(&world, &id),
                report.window
            );
        }
        let bound = asked.policy.bounds.max_attempts;
        assert!(u32::from(tracked.used_attempts()) <= bound, "seed {seed}: {id} was tried too often");
    }
}

/// Who works on a world beside its unattended runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Company {
    Nobody,
    /// A person who resends by hand, carries out plans and narrows runs in between.
    Operator,
}

async fn live_through(seed: u64, company: Company) {
    let mut random = Rng::with_seed(seed);
    // Drawn apart, so that a seed draws the same world with and without a person.
    let mut whims = Rng::with_seed(!seed);
    let (world, last_hook) = world_of(&mut random);
    let budget = budget_of(&mut random);
    for run in 0..4 {
        draw_faults(&mut world.get(), &mut random, last_hook, run);
        release_some(&world, &mut random);
        let asked = draw_request(&mut random, last_hook, budget);
        let latest = if random.bool() { 1500 } else { 90_000 };
        let moment = Duration::from_millis(random.u64(0..latest));
        let end = match random.u32(0..6) {
            0 => End::Signal(moment),
            1 => End::Killed(moment),
            _ => End::ByItself,
        };
        let sent_before = world.get().resends;
        let log_before = world.get().log.clone();
        let attempts_before = world.get().rows.attempts.len();
        let report = run_to(&world, &asked, end).await;
        if let Some(report) = &report {
            nothing_is_hidden(seed, &world, &asked, report);
            let sent = u64::from(world.get().resends - sent_before);
            assert!(report.totals.resent <= sent, "seed {seed}: {} told of {sent}", report.totals.resent);
        }
        nothing_logged_was_resent(seed, &world, &log_before, attempts_before);
        nobody_got_it_twice(seed, &world);
        the_budget_is_kept(seed, &world, budget);
        if company == Company::Operator {
            lend_a_hand(seed, &world, &mut whims, &asked).await;
        }
        tokio::time::sleep(Duration::from_secs(random.u64(0..600))).await;
    }
    peace_comes_back(seed, &world, last_hook).await;
}

/// A person does what an operator may do: resends some events by hand, carries out a plan that may be
/// old, or narrows a run; perhaps stopped on the way, like any run.
async fn lend_a_hand(seed: u64, world: &Shared, whims: &mut Rng, like: &RunRequest) {
    tokio::time::sleep(Duration::from_secs(whims.u64(0..90))).await;
    let mut known: Vec<(String, DateTime<Utc>, u32)> = {
        let world = world.get();
        world.events.iter().map(|(id, event)| (id.clone(), event.created, event.hook)).collect()
    };
    known.retain(|_| one_in(whims, 3));
    known.truncate(whims.usize(1..60));
    let id = |text: &str| EventId::new(text).expect("an id");
    let task = match whims.u32(0..3) {
        0 => {
            Task::Window(Selection { ids: known.iter().map(|(text, _, _)| id(text)).collect(), ..Selection::default() })
        }
        1 => {
            by_id(known.iter().map(|(text, _, _)| WantedEvent { event: id(text), wanted_by: WantedBy::Hand }).collect())
        }
        _ => by_id(
            known
                .iter()
                .map(|(text, created, hook)| WantedEvent {
                    event: id(text),
                    wanted_by: WantedBy::Plan {
                        webhook: WebhookId::new(&format!("hook-{hook}")).expect("an id"),
                        created_at: Some(*created),
                        verdict: VerdictKind::Missing,
                    },
                })
                .collect(),
        ),
    };
    let asked = RunRequest { task, seed: whims.u64(..), ..like.clone() };
    let moment = Duration::from_millis(whims.u64(0..30_000));
    let end = match whims.u32(0..6) {
        0 => End::Signal(moment),
        1 => End::Killed(moment),
        _ => End::ByItself,
    };
    let log_before = world.get().log.clone();
    let attempts_before = world.get().rows.attempts.len();
    let report = run_to(world, &asked, end).await;
    if let Some(report) = &report {
        nothing_is_hidden(seed, world, &asked, report);
        nothing_else_is_told(seed, &asked, report);
    }
    nothing_else_was_resent(seed, world, &asked, attempts_before);
    nothing_logged_was_resent(seed, world, &log_before, attempts_before);
    nobody_got_it_twice(seed, world);
    the_budget_is_kept(seed, world, like.policy.bounds.failure_budget);
}

fn by_id(events: Vec<WantedEvent>) -> Task {
    Task::Exactly { events, words: "some".to_owned() }
}

fn was_asked_for(asked: &RunRequest, event: &EventId) -> bool {
    match &asked.task {
        Task::Window(selection) => selection.ids.is_empty() || selection.ids.contains(event),
        Task::Exactly { events, .. } => events.iter().any(|one| one.event == *event),
    }
}

fn nothing_else_is_told(seed: u64, asked: &RunRequest, report: &RunReport) {
    for tracked in report.webhooks.iter().flat_map(|webhook| &webhook.events) {
        assert!(was_asked_for(asked, &tracked.event.id), "seed {seed}: {} was not asked for", tracked.event.id);
    }
}

fn nothing_else_was_resent(seed: u64, world: &Shared, asked: &RunRequest, attempts_before: usize) {
    let world = world.get();
    for attempt in world.rows.attempts.values().skip(attempts_before) {
        let event = &attempt.request.event;
        assert!(was_asked_for(asked, event), "seed {seed}: {event} was resent and nobody asked for it");
    }
}

/// Once the faults stop, what can arrive arrives, and what does not is told.
async fn peace_comes_back(seed: u64, world: &Shared, last_hook: u32) {
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.get().make_peace();
    let mut asked = request(Mode::Act);
    asked.scope = hooks(last_hook);
    asked.policy.bounds.max_attempts = 40;
    let mut last = None;
    for _ in 0..3 {
        let report = world.run(&asked).await;
        nothing_is_hidden(seed, world, &asked, &report);
        last = Some(report);
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    nobody_got_it_twice(seed, world);
    let report = last.expect("a run");
    let told: BTreeMap<String, &TrackedEvent> = (report.webhooks.iter().flat_map(|webhook| &webhook.events))
        .map(|tracked| (tracked.event.id.to_string(), tracked))
        .collect();
    for id in world.lost() {
        let excused = match told.get(&id).map(|tracked| (tracked.result, tracked.verdict)) {
            Some((Some(EventResult::InDoubt | EventResult::Quarantined), _)) => true,
            Some((_, Verdict::LostAfterAck | Verdict::Unknown(_) | Verdict::TooYoung)) => true,
            Some(_) | None => false,
        };
        let event = world.get().events[&id].clone();
        let cap = world.get().cap.is_some() && report.exit_code == ExitCode::Undetermined;
        assert!(
            excused || cap || event.poison,
            "seed {seed}: {id} never arrived: {event:?} {:?} {:?}",
            told.get(&id),
            report.problems
        );
    }
}

/// A person looks at the quarantine and releases some of it.
fn release_some(world: &Shared, random: &mut Rng) {
    let mut world = world.get();
    let mut events: Vec<_> = world.rows.quarantine.keys().cloned().collect();
    events.sort_unstable();
    for event in events {
        if one_in(random, 4) {
            world.rows.release(&event);
        }
    }
}

/// No stretch of the budget's period holds more failed deliveries than allowed, as far as the vendor
/// lets anybody know in time what became of a resend.
fn the_budget_is_kept(seed: u64, world: &Shared, budget: Option<FailureBudget>) {
    let world = world.get();
    let tells_late = !world.delivery_delay.is_zero() || (world.stale_after_delivery > 0 && world.stale_hides_runs);
    let Some(budget) = budget.filter(|_| !tells_late) else { return };
    for (hook, at) in &world.refused {
        let within = |(other, later): &&(u32, _)| other == hook && (*at..*at + budget.period).contains(later);
        let failures = world.refused.iter().filter(within).count();
        assert!(failures <= budget.failures as usize, "seed {seed}: {failures} failures within {budget:?}");
    }
}

/// What stood in the log when the run began was not resent by it.
fn nothing_logged_was_resent(seed: u64, world: &Shared, log_before: &HashSet<String>, attempts_before: usize) {
    let world = world.get();
    for attempt in world.rows.attempts.values().skip(attempts_before) {
        let id = attempt.request.event.to_string();
        assert!(!log_before.contains(&id), "seed {seed}: {id} was resent although the log held it");
    }
}

/// What happened to an event, for somebody who looks into a seed.
fn biography(world: &World, id: &str) -> String {
    let mut told = format!(
        "counts_runs {}, stale {} (hides runs {}), delay {:?}, log lag {:?}, live {}, {:?} {:?}, {:?}",
        world.counts_runs,
        world.stale_after_delivery,
        world.stale_hides_runs,
        world.delivery_delay,
        world.log_lag,
        world.log_is_live,
        world.list,
        world.resend_mix,
        world.events.get(id)
    );
    for (number, attempt) in &world.rows.attempts {
        if attempt.request.event.to_string() == id {
            told.push_str(&format!("\n  {attempt:?} settled {:?}", world.rows.settled.get(number)));
        }
    }
    told
}

fn nobody_got_it_twice(seed: u64, world: &Shared) {
    let world = world.get();
    for (id, times) in &world.accepted {
        assert!(*times <= 1, "seed {seed}: {id} was delivered {times} times: {}", biography(&world, id));
    }
}

/// Seeds that once showed a duplicate or a lie.
const ONCE_BAD: [u64; 8] = [685, 2344, 2660, 4749, 4764, 25480, 27872, 28406];

/// Lives through a share of the seeds, and tells all that are bad at once.
async fn live_through_share(share: u64) {
    let seeds: Vec<u64> = match std::env::var("SEEDS") {
        Ok(text) => {
            let (from, to) = text.split_once("..").expect("SEEDS=from..to");
            (from.parse().expect("a number")..to.parse().expect("a number")).collect()
        }
        Err(_) => (0..600).chain(ONCE_BAD).collect(),
    };
    let mut bad = Vec::new();
    for seed in seeds.into_iter().filter(|seed| seed % SHARES == share) {
        // Each world begins at the same instant of its own clock, whichever seeds came before.
        for company in [Company::Nobody, Company::Operator] {
            if AssertUnwindSafe(live_through(seed, company)).catch_unwind().await.is_err() {
                bad.push((seed, company));
            }
        }
    }
    assert!(bad.is_empty(), "bad seeds: {bad:?}; what went wrong stands above, SEEDS=n..m repeats them");
}

/// The tests among which the seeds are dealt out, so that they run side by side.
const SHARES: u64 = 4;

#[tokio::test(start_paused = true)]
async fn no_seed_makes_it_lie_or_deliver_twice() {
    live_through_share(0).await;
}

#[tokio::test(start_paused = true)]
async fn no_seed_of_the_second_share_does() {
    live_through_share(1).await;
}

#[tokio::test(start_paused = true)]
async fn no_seed_of_the_third_share_does() {
    live_through_share(2).await;
}

#[tokio::test(start_paused = true)]
async fn no_seed_of_the_last_share_does() {
    live_through_share(3).await;
}
