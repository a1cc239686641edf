//! Lives through a world: its runs, the people in between, and the peace at the end.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fastrand::Rng;
use futures_util::FutureExt;
use tokio::sync::watch;

use crate::event::{EventId, WebhookId};
use crate::exit::{ExitCode, Findings};
use crate::outcome::{Facts, RunOutcome, Signal};
use crate::reconcile::{RunRequest, Task, WantedBy, WantedEvent};
use crate::run_report::{Mode, RunReport};
use crate::selection::{Selection, VerdictKind};

use super::super::world::{Fault, Invariant, Shared, Tally, Violation, World, hooks, request};
use super::drawing::{draw_request, draw_run, hooks_of, one_in, world_of};
use super::invariants::{nothing_is_hidden, peace_brought_home};
use super::trial::Trial;
use super::wrong::Wrong;

/// Purposes of dice that are not for a fault.
const PAUSES: u64 = 2001;
const WHIMS: u64 = 2002;

/// What became of a world.
#[derive(Debug, Default)]
pub(super) struct Life {
    pub(super) violation: Option<Violation>,
    pub(super) tally: Tally,
    pub(super) runs: u64,
    pub(super) steps: u64,
    pub(super) resends: u64,
    pub(super) trace: Vec<String>,
}

/// Lives through the world of a trial, on a clock of its own.
pub(super) fn live(trial: &Trial) -> Life {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("a runtime").block_on(async {
        let world = world_of(trial);
        world.get().trace = trial.is_traced.then(Vec::new);
        let mut runs = 0;
        let lived = AssertUnwindSafe(live_in(trial, &world, &mut runs)).catch_unwind().await;
        if let Err(panic) = lived {
            let words = panic.downcast_ref::<String>().cloned();
            let words = words.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            let violation = Violation { invariant: Invariant::NoPanic, words: words.unwrap_or_default() };
            return Life { violation: Some(violation), runs, ..Life::default() };
        }
        let mut world = world.get();
        Life {
            violation: world.watch.violation.take(),
            tally: world.tally.clone(),
            runs,
            steps: world.steps,
            resends: u64::from(world.resends),
            trace: world.trace.take().unwrap_or_default(),
        }
    })
}

async fn live_in(trial: &Trial, world: &Shared, runs: &mut u64) {
    for run in 0..trial.runs {
        draw_run(trial, &mut world.get(), run);
        release_some(trial, world, run);
        let asked = draw_request(trial, run);
        *runs += 1;
        one_run(trial, world, &asked, end_of(trial, run), run).await;
        if let Some(mut whims) = trial.happens(Fault::OperatorAtWork, run, 2) {
            *runs += 1;
            lend_a_hand(trial, world, &mut whims, &asked, run).await;
        }
        if world.get().watch.violation.is_some() {
            return;
        }
        tokio::time::sleep(Duration::from_secs(trial.dice(PAUSES, run).u64(0..600))).await;
    }
    peace_comes_back(trial, world, runs).await;
}

/// How a run is ended from outside.
#[derive(Clone, Copy, Debug)]
enum End {
    ByItself,
    Signal(Duration),
    Killed(Duration),
    /// Killed after the run was woken so many times.
    KilledAtWake(u32),
}

fn end_of(trial: &Trial, run: u32) -> End {
    if let Some(mut dice) = trial.happens(Fault::KilledBetweenAwaits, run, 2) {
        let latest = if dice.bool() { 80 } else { 800 };
        return End::KilledAtWake(dice.u32(1..latest));
    }
    let moment = |mut dice: Rng| {
        let latest = if dice.bool() { 1500 } else { 90_000 };
        Duration::from_millis(dice.u64(0..latest))
    };
    if let Some(dice) = trial.happens(Fault::Killed, run, 2) {
        return End::Killed(moment(dice));
    }
    trial.happens(Fault::Signalled, run, 2).map_or(End::ByItself, |dice| End::Signal(moment(dice)))
}

/// How a process ended.
#[derive(Debug)]
enum Ended {
    Told(Box<RunReport>),
    Locked(ExitCode),
    Killed,
}

/// The lock of the ledger; the kernel drops it with the process.
struct Lock(Shared);

impl Lock {
    fn take(world: &Shared) -> Option<Self> {
        let was_locked = std::mem::replace(&mut world.get().is_locked, true);
        (!was_locked).then(|| Self(world.clone()))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.0.get().is_locked = false;
    }
}

/// One process from its start to its end, perhaps with another that starts while it runs.
async fn one_run(trial: &Trial, world: &Shared, asked: &RunRequest, end: End, run: u32) {
    {
        let mut world = world.get();
        world.log_snapshot = (!world.log_is_live).then(|| world.log.clone());
        world.begin_watch(asked);
        world.tell(|| {
            let bounds = &asked.policy.bounds;
            format!(
                "run {run} begins: {:?}, {:?}, {}, slices of {} h, {bounds:?}, to end {end:?}",
                asked.policy.mode,
                asked.beginning,
                if matches!(asked.task, Task::Window(_)) { "a window" } else { "named events" },
                asked.policy.slice.num_hours(),
            )
        });
    }
    let ended = match trial.happens(Fault::RunsOverlap, run, 2) {
        None => process(trial, world, asked, end).await,
        Some(mut dice) => {
            let later = Duration::from_millis(dice.u64(0..3000));
            let second = async {
                tokio::time::sleep(later).await;
                let is_under_way = world.get().is_locked;
                (is_under_way, process(trial, world, asked, End::ByItself).await)
            };
            // A run that ended before the second began has nothing to do with it.
            let first = process(trial, world, asked, end);
            overlapping(world, first, second).await
        }
    };
    let mut world = world.get();
    match &ended {
        Ended::Told(report) => {
            world.tell(|| format!("it ends with {:?}: {:?}", report.exit_code, report.totals));
            for problem in &report.problems {
                world.tell(|| format!("  {:?}: {}", problem.kind, problem.message));
            }
            nothing_is_hidden(&mut world, asked, report);
        }
        Ended::Locked(_) => world.tell(|| "it met the lock".to_owned()),
        Ended::Killed => world.tell(|| "it is killed".to_owned()),
    }
}

async fn overlapping(
    world: &Shared,
    first: impl Future<Output = Ended>,
    second: impl Future<Output = (bool, Ended)>,
) -> Ended {
    let mut first = std::pin::pin!(first);
    let mut second = std::pin::pin!(second);
    tokio::select! {
        biased;
        ended = &mut first => ended,
        (is_under_way, met) = &mut second => {
            meet_the_lock(&mut world.get(), is_under_way, &met);
            first.await
        }
    }
}

fn meet_the_lock(world: &mut World, is_under_way: bool, met: &Ended) {
    world.fired(Fault::RunsOverlap);
    if is_under_way && !matches!(met, Ended::Locked(ExitCode::Locked)) {
        let how = match met {
            Ended::Told(report) => format!("{:?}", report.exit_code),
            Ended::Locked(code) => format!("{code:?}"),
            Ended::Killed => "killed".to_owned(),
        };
        world.watch.violated(Invariant::OneRunAtATime, format!("a second run was not turned away but ended: {how}"));
    }
}

/// What a process does: it takes the lock, runs, and ends or is ended.
async fn process(trial: &Trial, world: &Shared, asked: &RunRequest, end: End) -> Ended {
    let lock = Lock::take(world);
    if lock.is_none() && trial.wrong != Some(Wrong::IgnoresTheLock) {
        let outcome = RunOutcome::of(&Facts { locked: true, ..Facts::default() });
        return Ended::Locked(ExitCode::of(outcome, Findings::Fail));
    }
    let (stop, stopped) = watch::channel(None);
    let killed = world.get().moods.killed.clone();
    let mut asked = asked.clone();
    let mut ports = world.ports(stopped);
    if let Some(wrong) = trial.wrong {
        wrong.spoil(&mut asked, &mut ports, world);
    }
    let run = async {
        let mut report = crate::reconcile::run(&ports, &asked).await;
        if let Some(wrong) = trial.wrong {
            wrong.spoil_report(&mut report);
        }
        Ended::Told(Box::new(report))
    };
    let fate = async {
        match end {
            End::ByItself | End::KilledAtWake(_) => std::future::pending().await,
            End::Signal(after) => {
                tokio::time::sleep(after).await;
                world.get().fired(Fault::Signalled);
                let _ = stop.send(Some(Signal::Terminate));
                std::future::pending::<()>().await;
            }
            End::Killed(after) => {
                tokio::time::sleep(after).await;
                world.get().fired(Fault::Killed);
            }
        }
    };
    let wakes = if let End::KilledAtWake(wakes) = end { wakes } else { u32::MAX };
    tokio::select! {
        biased;
        () = killed.notified() => Ended::Killed,
        ended = Mortal { run: Box::pin(run), wakes } => ended.unwrap_or_else(|| {
            world.get().fired(Fault::KilledBetweenAwaits);
            Ended::Killed
        }),
        () = fate => Ended::Killed,
    }
}

/// A run that dies after it was woken so many times.
struct Mortal<'a> {
    run: Pin<Box<dyn Future<Output = Ended> + 'a>>,
    wakes: u32,
}

impl Future for Mortal<'_> {
    type Output = Option<Ended>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.wakes == 0 {
            return Poll::Ready(None);
        }
        self.wakes -= 1;
        self.run.as_mut().poll(context).map(Some)
    }
}

/// A person does what an operator may do: resends some events by hand, carries out a plan that may be
/// old, or narrows a run; perhaps stopped on the way, like any run.
async fn lend_a_hand(trial: &Trial, world: &Shared, whims: &mut Rng, like: &RunRequest, run: u32) {
    tokio::time::sleep(Duration::from_secs(whims.u64(0..90))).await;
    let mut known: Vec<(EventId, DateTime<Utc>, u32)> = {
        let world = world.get();
        let known = world.events.iter().filter(|(_, event)| !event.expired);
        known.map(|(id, event)| (EventId::new(id).expect("an id"), event.created, event.hook)).collect()
    };
    // By its name and not by its place, so that the choice outlives a world with fewer events.
    let salt = whims.u64(..);
    known.retain(|(id, _, _)| trial.dice(WHIMS ^ salt ^ checksum(&id.text()), run).u32(..3) == 0);
    known.truncate(whims.usize(1..60));
    let task = match whims.u32(0..3) {
        0 => {
            let ids = known.iter().map(|(id, _, _)| id.clone()).collect();
            Task::Window(Selection { ids, ..Selection::default() })
        }
        1 => by_id(known.into_iter().map(|(event, _, _)| WantedEvent { event, wanted_by: WantedBy::Hand }).collect()),
        _ => by_id(known.into_iter().map(|(event, created, hook)| planned(event, created, hook)).collect()),
    };
    world.get().fired(Fault::OperatorAtWork);
    let asked = RunRequest { task, seed: whims.u64(..), ..like.clone() };
    let moment = Duration::from_millis(whims.u64(0..30_000));
    let end = match whims.u32(0..6) {
        0 if trial.has(Fault::Signalled) => End::Signal(moment),
        1 if trial.has(Fault::Killed) => End::Killed(moment),
        _ => End::ByItself,
    };
    world.get().rows.reopen();
    one_run(trial, world, &asked, end, run + 100).await;
}

fn checksum(text: &str) -> u64 {
    text.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn by_id(events: Vec<WantedEvent>) -> Task {
    Task::Exactly { events, words: "some".to_owned() }
}

fn planned(event: EventId, created: DateTime<Utc>, hook: u32) -> WantedEvent {
    let webhook = WebhookId::new(&format!("hook-{hook}")).expect("an id");
    let wanted_by = WantedBy::Plan { webhook, created_at: Some(created), verdict: VerdictKind::Missing };
    WantedEvent { event, wanted_by }
}

/// A person looks at the quarantine and releases some of it.
fn release_some(trial: &Trial, world: &Shared, run: u32) {
    let Some(mut dice) = trial.happens(Fault::Released, run, 1) else { return };
    let mut world = world.get();
    let mut events: Vec<_> = world.rows.quarantine.keys().cloned().collect();
    events.sort_unstable();
    for event in events {
        if one_in(&mut dice, 3) {
            world.rows.release(&event);
            world.fired(Fault::Released);
        }
    }
}

/// Once the faults stop, what can arrive arrives, and what does not is told.
async fn peace_comes_back(trial: &Trial, world: &Shared, runs: &mut u64) {
    tokio::time::sleep(Duration::from_secs(600)).await;
    world.get().make_peace();
    // Nobody asks for a budget any more.
    world.get().watch.budget = None;
    let mut asked = request(Mode::Act);
    asked.scope = hooks(hooks_of(trial));
    asked.policy.bounds.max_attempts = 40;
    asked.policy.resend.idempotent = draw_request(trial, 0).policy.resend.idempotent;
    let calm = Trial { without: Fault::ALL.iter().copied().collect(), ..trial.clone() };
    let mut last = None;
    for run in 0..3 {
        *runs += 1;
        last = Some(peaceful_run(&calm, world, &asked, 1000 + run).await);
        tokio::time::sleep(Duration::from_secs(600)).await;
    }
    if let Some(Ended::Told(report)) = last {
        peace_brought_home(&mut world.get(), &report);
    }
}

async fn peaceful_run(calm: &Trial, world: &Shared, asked: &RunRequest, run: u32) -> Ended {
    {
        let mut world = world.get();
        world.log_snapshot = None;
        world.begin_watch(asked);
        world.tell(|| format!("run {run} begins, in peace"));
    }
    let ended = process(calm, world, asked, End::ByItself).await;
    if let Ended::Told(report) = &ended {
        let mut world = world.get();
        world.tell(|| format!("it ends with {:?}: {:?}", report.exit_code, report.totals));
        nothing_is_hidden(&mut world, asked, report);
    }
    ended
}
