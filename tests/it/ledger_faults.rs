//! System calls on the ledger's files that fail, or at which the program is killed: the first, the
//! second, and so on until a run gets by without. Nothing is sent that is not recorded, nothing recorded
//! is lost, and the next run needs nobody's help.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use hookmend::sandbox::{Availability, Operation, ReceiverPlan};

use crate::judge::{Attempt, Judge, Looks, May, small_world};
use crate::scene::{Ended, run};
use crate::switch::{Injection, can_trace, say};

/// Runs side by side; tracing needs more of the processor than the matrix of kills.
const SIDE_BY_SIDE: usize = 6;
/// Every call up to this one is tried, of the later ones some.
const EACH_UP_TO: usize = 12;
/// How many of the later ones are skipped.
const STRIDE: usize = 7;

/// What there is of a ledger when the run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ledger {
    /// None yet.
    New,
    /// One that an earlier run left, with attempts in it.
    Used,
}

/// Calls on files of the ledger to which something happens.
#[derive(Clone, Copy, Debug)]
struct Spot {
    ledger: Ledger,
    syscall: &'static str,
    /// What follows the ledger's name in the names of the files.
    files: &'static [&'static str],
}

const ALL_FILES: &[&str] = &["", "-wal", "-shm", "-journal", ".lock", ".new", ".new-wal", ".new-shm", ".new-journal"];

const SPOTS: [Spot; 9] = [
    Spot { ledger: Ledger::New, syscall: "fsync", files: ALL_FILES },
    Spot { ledger: Ledger::New, syscall: "pwrite64", files: ALL_FILES },
    Spot { ledger: Ledger::New, syscall: "openat", files: ALL_FILES },
    Spot { ledger: Ledger::New, syscall: "ftruncate", files: ALL_FILES },
    Spot { ledger: Ledger::New, syscall: "?rename,?renameat,?renameat2,?unlink,?unlinkat", files: ALL_FILES },
    Spot { ledger: Ledger::Used, syscall: "fsync", files: ALL_FILES },
    // The file apart from its journal, so that calls at the opening do not hide those that follow.
    Spot { ledger: Ledger::Used, syscall: "pwrite64", files: &["-wal"] },
    Spot { ledger: Ledger::Used, syscall: "pwrite64", files: &[""] },
    Spot { ledger: Ledger::Used, syscall: "openat", files: ALL_FILES },
];

fn prepared(ledger: Ledger) -> Judge {
    let mut judge = Judge::of(small_world(4));
    match ledger {
        Ledger::New => {}
        Ledger::Used => {
            judge.scene.sandbox.set_receiver(ReceiverPlan::default().availability(Availability::Down));
            judge.run(&mut judge.command("reconcile", &[]), Looks::AtEverything, May::Act);
            judge.scene.sandbox.set_receiver(ReceiverPlan::default());
        }
    }
    judge
}

/// A run to which something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Disturbed {
    code: Option<i32>,
    resends: usize,
}

/// Runs one traced `reconcile`, then a free one, and returns how the traced one ended if anything was
/// injected.
fn disturbed_run(spot: Spot, effect: &'static str, when: &str) -> (Option<Disturbed>, Result<(), String>) {
    let mut judge = prepared(spot.ledger);
    let path = judge.ledger();
    let recorded = judge.attempts();
    let files = spot.files.iter().map(|suffix| PathBuf::from(format!("{}{suffix}", path.display()))).collect();
    let injection = Injection { files, syscall: spot.syscall, effect, when: when.to_owned() };
    let notes = judge.scene.home().join("strace.txt");
    let before = judge.before();
    let resends = judge.scene.resends();
    let ended = run(&mut injection.around(&judge.command("reconcile", &[]), &notes));
    let happened = injection.happened(&notes, &ended);
    let disturbed = Disturbed { code: ended.code, resends: judge.scene.resends() - resends };
    judge.note(&ended);
    judge.judge_deeds(&before, May::Act);
    let records = before_and_now(&recorded, &judge.attempts());
    judge_ledger(&mut judge, &records);
    if effect.starts_with("error=") {
        judge_failure(&mut judge, &ended);
    }
    judge.expect_clean(1, &[]);
    let name = format!("{effect} at {} {when} of {:?} ({:?})", spot.syscall, spot.files, spot.ledger);
    (happened.then_some(disturbed), judge.verdict(&name))
}

struct Records {
    lost: Vec<String>,
    events: BTreeSet<String>,
}

fn before_and_now(before: &BTreeSet<Attempt>, now: &BTreeSet<Attempt>) -> Records {
    let lost = before.difference(now).map(|(number, event, _)| format!("{number} {event}")).collect();
    Records { lost, events: now.iter().map(|(_, event, _)| event.clone()).collect() }
}

/// What was recorded is still there, and what was sent is recorded.
fn judge_ledger(judge: &mut Judge, records: &Records) {
    if !records.lost.is_empty() {
        judge.wrong(format!("no longer in the ledger: {:?}", records.lost));
    }
    let calls = judge.scene.sandbox.world().calls();
    for call in calls.iter().filter(|call| call.operation == Operation::Resend) {
        let event = call.path.rsplit('/').next().unwrap_or_default();
        if !records.events.contains(event) {
            judge.wrong(format!("{event} was resent and is not in the ledger"));
        }
    }
}

/// The run got by, or it ended with 1 and says what to do.
fn judge_failure(judge: &mut Judge, ended: &Ended) {
    match ended.code {
        Some(0) => {
            if !judge.scene.sandbox.world().not_held().is_empty() {
                judge.wrong("it says clean and did not recover everything");
            }
        }
        Some(1) => {
            let told = ended.stderr.contains("hint: ") || ended.stdout.contains("\"hint\"");
            let named = ended.stderr.contains("ledger.db") || ended.stdout.contains("ledger.db");
            if !told || !named {
                judge.wrong("it failed and does not say what to do with what");
            }
        }
        code => judge.wrong(format!("it ended with {code:?}")),
    }
}

/// Tries a spot call by call and returns the runs to which something happened.
fn at_every_call(spot: Spot, effect: &'static str, suffix: &str, wrong: &Mutex<Vec<String>>) -> Vec<Disturbed> {
    let (next, over, hits) = (AtomicUsize::new(1), AtomicBool::new(false), Mutex::new(Vec::new()));
    let following = |call: usize| if call < EACH_UP_TO { call + 1 } else { call + STRIDE };
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    let call = next.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |call| Some(following(call)));
                    let call = call.expect("there is always a next call");
                    let (hit, verdict) = disturbed_run(spot, effect, &format!("{call}{suffix}"));
                    wrong.lock().expect("no run panics").extend(verdict.err());
                    over.fetch_or(hit.is_none(), Ordering::SeqCst);
                    hits.lock().expect("no run panics").extend(hit);
                }
            });
        }
    });
    hits.into_inner().expect("no run panics")
}

/// Tries spots with an effect each and returns what happened; each must have happened at least once.
fn at_every_spot(test: &str, effects: &[(&'static str, &str)]) -> Vec<(Spot, Vec<Disturbed>)> {
    let (begun, wrong, mut all) = (Instant::now(), Mutex::new(Vec::new()), Vec::new());
    for spot in SPOTS {
        for (effect, suffix) in effects {
            let hits = at_every_call(spot, effect, suffix, &wrong);
            assert!(!hits.is_empty(), "{effect} never happened: {spot:?}");
            all.push((spot, hits));
        }
    }
    let count: usize = all.iter().map(|(_, hits)| hits.len()).sum();
    say(&format!("{test}: {count} disturbed runs in {:.0?}", begun.elapsed()));
    let wrong = wrong.into_inner().expect("no run panics");
    assert!(wrong.is_empty(), "{} of {count} runs went wrong\n{}", wrong.len(), wrong.join("\n"));
    all
}

#[test]
fn a_run_killed_at_any_write_to_its_ledger_leaves_it_true() {
    const TEST: &str = "kills at system calls";
    if can_trace(TEST) {
        at_every_spot(TEST, &[("signal=SIGKILL", "")]);
    }
}

#[test]
fn a_ledger_that_can_not_be_written_ends_the_run_and_loses_nothing() {
    const TEST: &str = "failing system calls";
    if !can_trace(TEST) {
        return;
    }
    let all = at_every_spot(TEST, &[("error=EIO", ""), ("error=ENOSPC", "+")]);
    let journal = all.iter().filter(|(spot, _)| spot.ledger == Ledger::Used && spot.syscall != "openat");
    let ends: BTreeSet<Disturbed> = journal.flat_map(|(_, hits)| hits.iter().copied()).collect();
    // Where the intent of the canary can't be written nothing is sent, and where its outcome can't be,
    // nothing more.
    for resends in [0, 1] {
        assert!(ends.contains(&Disturbed { code: Some(1), resends }), "never ended after {resends} resends: {ends:?}");
    }
}

#[test]
fn a_ledger_that_may_not_be_written_is_named_with_what_to_do() {
    if !can_trace("a ledger without permission") {
        return;
    }
    for (effect, ledger) in
        [("error=EACCES", Ledger::New), ("error=EROFS", Ledger::New), ("error=EACCES", Ledger::Used)]
    {
        let judge = prepared(ledger);
        let (path, resends) = (judge.ledger(), judge.scene.resends());
        let files = ALL_FILES.iter().map(|suffix| PathBuf::from(format!("{}{suffix}", path.display()))).collect();
        let injection = Injection { files, syscall: "openat", effect, when: "1+".to_owned() };
        let notes = judge.scene.home().join("strace.txt");
        let ended = run(&mut injection.around(&judge.command("reconcile", &[]), &notes)).ends_with(1);
        let ended =
            ended.says_on_stderr("error: ").says_on_stderr("ledger.db").says_on_stderr("hint: check the folder");
        assert_eq!(judge.scene.resends(), resends, "{ended}");
    }
}
