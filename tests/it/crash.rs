//! Real kills of the real program: a matrix of kill point, vendor behaviour and next command, judged by
//! what the receiver really got.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hookmend::sandbox::{Availability, Moment, Operation, ReceiverPlan, Stage};

use crate::judge::{Judge, Looks, MISSING, May, small_world};
use crate::switch::{Running, Switch, say};

/// Cells that run side by side. Nearly all of their time is waiting.
const SIDE_BY_SIDE: usize = 12;

/// More than a late delivery takes.
const LATE: Duration = Duration::from_millis(900);

/// When the program is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kill {
    /// At a stage of the n-th resend.
    Resend(u64, At),
    /// At a stage of the n-th listing.
    List(u64, At),
    /// At a stage of the n-th listing after the first resend arrived.
    Confirmation(u64, At),
    /// After so many milliseconds.
    Moment(u64),
}

/// A stage of a call, in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum At {
    Arrival,
    Act,
    Answer,
}

impl At {
    fn is(self, stage: Stage) -> bool {
        matches!(
            (self, stage),
            (Self::Arrival, Stage::Arrived) | (Self::Act, Stage::Acted) | (Self::Answer, Stage::Answered)
        )
    }
}

impl Kill {
    fn kind(self) -> &'static str {
        match self {
            Self::Resend(_, At::Arrival) => "before the vendor acts",
            Self::Resend(_, At::Act) => "after it acted",
            Self::Resend(_, At::Answer) => "after it answered",
            Self::List(..) => "in the first pass",
            Self::Confirmation(..) => "in the confirmation",
            Self::Moment(_) => "at a moment",
        }
    }
}

/// What the vendor or the receiver does wrong.
#[derive(Debug)]
struct Vendor {
    name: &'static str,
    faults: &'static [&'static str],
    /// Whether the faults stay until the end: how this vendor is, not what went wrong.
    lasts: bool,
    receiver_refuses: bool,
    timeout: &'static str,
    settle: &'static str,
}

const fn vendor(name: &'static str, faults: &'static [&'static str]) -> Vendor {
    Vendor { name, faults, lasts: false, receiver_refuses: false, timeout: "10s", settle: "1s" }
}

impl Vendor {
    /// How long the program waits for it.
    fn patience(&self) -> [&'static str; 4] {
        ["--timeout", self.timeout, "--settle", self.settle]
    }
}

static VENDORS: [Vendor; 14] = [
    vendor("shows the state after", &[]),
    vendor("shows the state before", &["resend-answers-before"]),
    vendor("5xx after acting", &["deliver-then-500@first=4"]),
    vendor("5xx without acting", &["unavailable@resend@first=3"]),
    Vendor { timeout: "1s", ..vendor("time-out after acting", &["deliver-then-hang=30@first=3"]) },
    vendor("reset after acting", &["deliver-then-reset@first=4"]),
    vendor("reset before acting", &["drop-before-deliver@first=3"]),
    vendor("stale list", &["stale-listing=2"]),
    Vendor { lasts: true, ..vendor("no run counter", &["no-run-counter"]) },
    Vendor {
        lasts: true,
        ..vendor("no run counter, 5xx after acting", &["no-run-counter", "deliver-then-500@first=2"])
    },
    Vendor {
        lasts: true,
        ..vendor("no run counter, reset before acting", &["no-run-counter", "drop-before-deliver@first=2"])
    },
    Vendor { settle: "3s", ..vendor("delivers late", &["resend-delivers-late=700"]) },
    // Its answers pass for refusals, so that it is done only when it counts again.
    Vendor { settle: "3s", ..vendor("no run counter, delivers late", &["no-run-counter", "resend-delivers-late=700"]) },
    Vendor { receiver_refuses: true, ..vendor("receiver refuses", &[]) },
];

/// Kill points at which the vendor's behaviour matters: each is tried with every vendor.
const AT_RESENDS: [Kill; 9] = [
    Kill::Resend(1, At::Arrival),
    Kill::Resend(3, At::Arrival),
    Kill::Resend(1, At::Act),
    Kill::Resend(3, At::Act),
    Kill::Resend(5, At::Act),
    Kill::Resend(1, At::Answer),
    Kill::Resend(4, At::Answer),
    Kill::Confirmation(1, At::Arrival),
    Kill::Confirmation(1, At::Act),
];

/// Kill points before any resend.
const AT_LISTINGS: [Kill; 3] = [Kill::List(1, At::Arrival), Kill::List(2, At::Act), Kill::List(4, At::Arrival)];

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Reconcile,
    Check,
    DryRun,
    OtherWindow,
    TwoAtOnce,
}

const NEXT: [Next; 5] = [Next::Reconcile, Next::Check, Next::DryRun, Next::OtherWindow, Next::TwoAtOnce];

struct Cell {
    kill: Kill,
    vendor: &'static Vendor,
    next: Next,
}

/// Every kill point with every vendor and two commands each, so that each command meets each kill point
/// and each vendor; kill points before any resend and random moments with every command.
fn matrix() -> Vec<Cell> {
    let mut cells = Vec::new();
    for (row, kill) in AT_RESENDS.into_iter().enumerate() {
        for (column, vendor) in VENDORS.iter().enumerate() {
            for next in [NEXT[(row + column) % 5], NEXT[(row + column * 2 + 3) % 5]] {
                cells.push(Cell { kill, vendor, next });
            }
        }
    }
    for kill in AT_LISTINGS {
        cells.extend(NEXT.into_iter().map(|next| Cell { kill, vendor: &VENDORS[0], next }));
    }
    let mut random = fastrand::Rng::with_seed(3);
    for number in 0..20 {
        let (vendor, next) = (&VENDORS[number % VENDORS.len()], NEXT[number % NEXT.len()]);
        cells.push(Cell { kill: Kill::Moment(random.u64(2..80)), vendor, next });
    }
    cells
}

/// Kills the program when its moment comes, once.
fn set_up(judge: &Judge, switch: &Switch, kill: Kill) {
    let switch = switch.clone();
    let (resent, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
    judge.scene.sandbox.witness(move |Moment { operation, number, stage }| {
        let is_it = match kill {
            Kill::Resend(nth, at) => operation == Operation::Resend && number == nth && at.is(stage),
            Kill::List(nth, at) => operation == Operation::List && number == nth && at.is(stage),
            Kill::Confirmation(nth, at) => {
                if operation == Operation::Resend && stage == Stage::Arrived {
                    resent.fetch_add(1, Ordering::SeqCst);
                }
                let is_look = operation == Operation::List && at.is(stage) && resent.load(Ordering::SeqCst) > 0;
                is_look && looks.fetch_add(1, Ordering::SeqCst) as u64 + 1 == nth
            }
            Kill::Moment(_) => false,
        };
        if is_it {
            switch.kill();
        }
    });
}

/// Runs one cell and returns whether the kill hit.
fn run_cell(cell: &Cell) -> (bool, Result<(), String>) {
    let mut judge = Judge::of(small_world(MISSING));
    cell.vendor.faults.iter().for_each(|fault| judge.scene.fault(fault));
    if cell.vendor.receiver_refuses {
        judge.scene.sandbox.set_receiver(ReceiverPlan::default().availability(Availability::Down));
    }
    let hit = killed_run(&mut judge, cell);
    next_command(&mut judge, cell);
    if !cell.vendor.lasts {
        judge.scene.sandbox.clear_faults();
    }
    judge.scene.sandbox.set_receiver(ReceiverPlan::default());
    in_the_end(&mut judge, cell.vendor);
    if cell.vendor.settle != "1s" {
        // What was sent twice may not have arrived twice yet.
        thread::sleep(LATE);
    }
    let nothing_more = judge.before();
    judge.judge_deeds(&nothing_more, May::Read);
    let name = format!("killed {:?}, vendor {}, then {:?}", cell.kill, cell.vendor.name, cell.next);
    (hit, judge.verdict(&name))
}

fn killed_run(judge: &mut Judge, cell: &Cell) -> bool {
    let switch = Switch::default();
    set_up(judge, &switch, cell.kill);
    let before = judge.before();
    let running = switch.start(&mut judge.command("reconcile", &cell.vendor.patience()));
    if let Kill::Moment(after) = cell.kill {
        thread::sleep(Duration::from_millis(after));
        switch.kill();
    }
    let ended = running.ended();
    let hit = switch.sent() > 0;
    judge.judge_deeds(&before, May::Act);
    if hit {
        judge.note(&ended);
    } else {
        judge.judge_report(&ended, Looks::AtEverything, May::Act);
    }
    hit
}

fn next_command(judge: &mut Judge, cell: &Cell) {
    let more = cell.vendor.patience();
    let with = |extra: &[&'static str]| [&more[..], extra].concat();
    match cell.next {
        Next::Reconcile => drop(judge.run(&mut judge.command("reconcile", &more), Looks::AtEverything, May::Act)),
        Next::Check => drop(judge.run(&mut judge.command("check", &more), Looks::AtEverything, May::Read)),
        Next::DryRun => {
            drop(judge.run(&mut judge.command("reconcile", &with(&["--dry-run"])), Looks::AtEverything, May::Read));
        }
        Next::OtherWindow => {
            drop(judge.run(&mut judge.command("reconcile", &with(&["--since", "1d"])), Looks::Elsewhere, May::Act));
        }
        Next::TwoAtOnce => two_at_once(judge, &more),
    }
}

/// One of the two ends with 75, or they ran one after the other.
fn two_at_once(judge: &mut Judge, more: &[&str]) {
    let before = judge.before();
    let running = [(); 2].map(|()| Switch::default().start(&mut judge.command("reconcile", more)));
    let ended = running.map(Running::ended);
    judge.judge_deeds(&before, May::Act);
    if ended.iter().all(|ended| ended.code == Some(75)) {
        judge.wrong("each of two runs said that the other one holds the ledger");
    }
    for ended in &ended {
        if ended.code == Some(75) {
            judge.note(ended);
        } else {
            judge.judge_report(ended, Looks::AtEverything, May::Act);
        }
    }
}

/// With a vendor that is well again everything arrives. Where runs are not counted, what was never
/// answered may stay in doubt: it is then said, again and again, and never resent.
fn in_the_end(judge: &mut Judge, vendor: &Vendor) {
    if !vendor.lasts {
        judge.expect_clean(1, &["--settle", vendor.settle]);
        return;
    }
    for _ in 0..2 {
        let ended = judge.run(&mut judge.command("reconcile", &vendor.patience()), Looks::AtEverything, May::Act);
        let not_held = judge.scene.sandbox.world().not_held().len() as u64;
        let expected = if not_held == 0 { (Some(0), 0) } else { (Some(11), not_held) };
        if (ended.code, ended.total("in_doubt")) != expected {
            judge.wrong(format!("{not_held} events did not arrive, and the run ended with {:?}", ended.code));
        }
    }
}

/// Runs cells side by side and returns how often each kind of kill hit, and what went wrong.
fn run_all(cells: &[Cell]) -> (BTreeMap<&'static str, (usize, usize)>, Vec<String>) {
    let next = AtomicUsize::new(0);
    let (hits, wrong) = (Mutex::new(BTreeMap::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(cell) = cells.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let (hit, verdict) = run_cell(cell);
                    let mut hits = hits.lock().expect("no cell panics");
                    let (of_kind, all) = hits.entry(cell.kill.kind()).or_insert((0, 0));
                    *of_kind += usize::from(hit);
                    *all += 1;
                    wrong.lock().expect("no cell panics").extend(verdict.err());
                }
            });
        }
    });
    (hits.into_inner().expect("no cell panics"), wrong.into_inner().expect("no cell panics"))
}

#[test]
fn a_run_that_was_killed_anywhere_leaves_neither_a_duplicate_nor_a_loss() {
    let (cells, begun) = (matrix(), Instant::now());
    let (hits, wrong) = run_all(&cells);
    let kills: usize = hits.values().map(|(hit, _)| hit).sum();
    say(&format!("{} cells, {kills} kills hit, in {:.0?}: {hits:?}", cells.len(), begun.elapsed()));
    assert!(wrong.is_empty(), "{} of {} cells went wrong\n{}", wrong.len(), cells.len(), wrong.join("\n"));
    for (kind, (hit, all)) in hits {
        // How far a run has come at a moment is the machine's business; at a stage it is not.
        let least = if kind == Kill::Moment(0).kind() { 1 } else { all / 2 + 1 };
        assert!(hit >= least, "killed {kind} only {hit} times in {all}");
    }
}
