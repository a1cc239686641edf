//! Signals to the real program while it lists, resends, confirms, waits and asks: it stops sending,
//! records what is in flight, reports, and ends with the code of the signal.

use std::io::{BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use hookmend::sandbox::{Moment, Operation, Stage};
use rustix::process::Signal;
use serde_json::Value;

use crate::judge::{Judge, Looks, May, small_world};
use crate::scene::Ended;
use crate::switch::{Switch, say};

/// More than the grace that resends in flight get, and far less than the vendor's silence in these tests.
const BOUNDED: Duration = Duration::from_secs(30);
/// Less than that grace: what is promised to end at once did not wait for it.
const AT_ONCE: Duration = Duration::from_secs(8);
/// Longer than any bound here.
const FOR_EVER: &str = "60s";

/// Runs `reconcile`, sends the signal at the first moment that `is_it` picks, and judges how it ended.
fn stopped(
    judge: &mut Judge,
    more: &[&str],
    signal: Signal,
    is_it: impl Fn(Moment) -> bool + Send + Sync + 'static,
) -> (Ended, Duration) {
    let switch = Switch::default();
    let sender = switch.clone();
    judge.scene.sandbox.witness(move |moment| {
        if sender.sent() == 0 && is_it(moment) {
            sender.send(signal);
        }
    });
    let before = judge.before();
    let begun = Instant::now();
    let ended = switch.start(&mut judge.command("reconcile", more)).ended();
    assert_eq!(switch.sent(), 1, "the moment never came\n{ended}");
    judge.note(&ended);
    judge.judge_deeds(&before, May::Act);
    (ended, begun.elapsed())
}

fn code_of(signal: Signal) -> i32 {
    128 + signal.as_raw()
}

/// A whole report that says that the run was interrupted.
#[track_caller]
fn interrupted(ended: Ended, signal: Signal) -> Value {
    let ended = ended.ends_with(code_of(signal));
    let document = ended.document();
    assert_eq!(document["outcome"], "interrupted", "{ended}");
    assert_eq!(document["exit_code"], code_of(signal), "{ended}");
    document
}

#[track_caller]
fn recovers(mut judge: Judge, times: usize) {
    judge.scene.sandbox.clear_faults();
    judge.expect_clean(times, &[]);
    judge.verdict("after a signal").unwrap_or_else(|wrong| panic!("{wrong}"));
}

const BOTH: [Signal; 2] = [Signal::INT, Signal::TERM];

fn nth(operation: Operation, nth: u64, at: Stage) -> impl Fn(Moment) -> bool {
    move |moment| moment.operation == operation && moment.number == nth && moment.stage == at
}

#[test]
fn while_it_lists_it_stops_without_waiting_for_the_answer() {
    for signal in BOTH {
        let mut judge = Judge::of(small_world(6));
        judge.scene.fault("slow=60000@list");
        let is_it = nth(Operation::List, 1, Stage::Arrived);
        let (ended, took) = stopped(&mut judge, &["--timeout", FOR_EVER], signal, is_it);
        interrupted(ended, signal);
        assert!(took < BOUNDED, "{took:?}");
        assert_eq!(judge.scene.resends(), 0);
        recovers(judge, 1);
    }
}

#[test]
fn during_the_canary_it_waits_for_the_answer_and_sends_nothing_more() {
    for signal in BOTH {
        let mut judge = Judge::of(small_world(6));
        judge.scene.fault("slow=300@resend");
        let (ended, _) = stopped(&mut judge, &[], signal, nth(Operation::Resend, 1, Stage::Arrived));
        let document = interrupted(ended, signal);
        judge.judge_silence(&document);
        assert_eq!(judge.scene.resends(), 1);
        assert_eq!(conclusions(&judge), [Some("accepted".to_owned())]);
        recovers(judge, 1);
    }
}

fn conclusions(judge: &Judge) -> Vec<Option<String>> {
    judge.attempts().into_iter().map(|(_, _, conclusion)| conclusion).collect()
}

#[test]
fn resends_in_flight_are_waited_for_and_recorded() {
    for signal in BOTH {
        let mut judge = Judge::of(small_world(12));
        judge.scene.fault("slow=500@resend");
        let is_it = nth(Operation::Resend, 5, Stage::Arrived);
        let (ended, _) = stopped(&mut judge, &["--concurrency", "4"], signal, is_it);
        let document = interrupted(ended, signal);
        judge.judge_silence(&document);
        assert_eq!(document["totals"]["resent"], 5, "{document}");
        assert_eq!(judge.scene.resends(), 5);
        assert_eq!(conclusions(&judge), vec![Some("accepted".to_owned()); 5]);
        recovers(judge, 1);
    }
}

#[test]
fn during_the_confirmation_it_stops_and_the_next_run_takes_it_up() {
    for signal in BOTH {
        let mut judge = Judge::of(small_world(6));
        judge.scene.fault("stale-listing=5");
        // Time for the signal to be heard before the answer that would end the run.
        judge.scene.fault("slow=400@list");
        let resent = AtomicU64::new(0);
        let is_it = move |moment: Moment| {
            let resends = resent.fetch_add(u64::from(moment.operation == Operation::Resend), Ordering::SeqCst);
            moment.operation == Operation::List && resends > 0
        };
        let (ended, took) = stopped(&mut judge, &["--settle", FOR_EVER], signal, is_it);
        let document = interrupted(ended, signal);
        judge.judge_silence(&document);
        assert!(took < BOUNDED, "{took:?}");
        assert_eq!(judge.scene.resends(), 6);
        recovers(judge, 3);
    }
}

#[test]
fn while_the_vendor_makes_it_wait_it_does_not() {
    for signal in BOTH {
        let mut judge = Judge::of(small_world(6));
        judge.scene.fault("quota=00:10:00@list");
        let is_it = nth(Operation::List, 1, Stage::Answered);
        let (ended, took) = stopped(&mut judge, &["--deadline", "1h"], signal, is_it);
        interrupted(ended, signal);
        assert!(took < BOUNDED, "{took:?}");
        recovers(judge, 1);
    }
}

/// A run whose canary is delivered and never answered, and that gets signals from then on, with so much
/// time in between.
fn unanswered(judge: &mut Judge, signals: &'static [Signal], between: Duration) -> (Ended, Duration) {
    judge.scene.fault("deliver-then-hang=120");
    let switch = Switch::default();
    let (sender, since) = (switch.clone(), Arc::new(Mutex::new(None)));
    let last = Arc::clone(&since);
    judge.scene.sandbox.witness(move |moment| {
        if nth(Operation::Resend, 1, Stage::Acted)(moment) {
            let (sender, last) = (sender.clone(), Arc::clone(&last));
            thread::spawn(move || {
                for signal in signals {
                    sender.send(*signal);
                    *last.lock().expect("no panic") = Some(Instant::now());
                    thread::sleep(between);
                }
            });
        }
    });
    let before = judge.before();
    let ended = switch.start(&mut judge.command("reconcile", &["--timeout", "120s"])).ended();
    judge.note(&ended);
    judge.judge_deeds(&before, May::Act);
    let last = since.lock().expect("no panic").expect("the moment came");
    (ended, last.elapsed())
}

#[test]
fn a_second_interrupt_ends_it_at_once_and_the_ledger_is_true() {
    for signals in [&[Signal::INT, Signal::INT], &[Signal::TERM, Signal::INT]] {
        let mut judge = Judge::of(small_world(6));
        let (ended, took) = unanswered(&mut judge, signals, Duration::from_millis(700));
        ended.ends_with(130);
        assert!(took < AT_ONCE, "{took:?}");
        assert_eq!(conclusions(&judge), [None], "the attempt is open");
        recovers(judge, 1);
    }
}

#[test]
fn a_vendor_that_never_answers_can_not_keep_a_stopped_run_alive() {
    let stop = |signals: &'static [Signal]| {
        let mut judge = Judge::of(small_world(6));
        let (ended, took) = unanswered(&mut judge, signals, Duration::from_millis(700));
        let document = interrupted(ended, signals[0]);
        judge.judge_silence(&document);
        assert!(took < BOUNDED, "{took:?}");
        assert_eq!(conclusions(&judge), [Some("in_doubt".to_owned())], "{document}");
        recovers(judge, 1);
    };
    // Each takes as long as the grace, so side by side.
    thread::scope(|scope| {
        let kinds: [&[Signal]; 4] =
            [&[Signal::INT], &[Signal::TERM], &[Signal::TERM, Signal::TERM], &[Signal::INT, Signal::TERM]];
        for signals in kinds {
            scope.spawn(move || stop(signals));
        }
    });
}

#[test]
fn where_nobody_reads_what_it_says_signals_are_heeded_all_the_same() {
    let judge = Judge::of(small_world(6));
    judge.scene.fault("deliver-then-hang=120");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    let mut filling = writer.try_clone().expect("a pipe");
    // Fills the pipe and stays in the last write until the reader is gone.
    let filler = thread::spawn(move || while filling.write_all(&[b'x'; 4096]).is_ok() {});
    let switch = Switch::default();
    let sender = switch.clone();
    judge.scene.sandbox.witness(move |moment| {
        if nth(Operation::Resend, 1, Stage::Acted)(moment) {
            let sender = sender.clone();
            thread::spawn(move || {
                for _ in 0..2 {
                    sender.send(Signal::INT);
                    thread::sleep(Duration::from_secs(2));
                }
            });
        }
    });
    let begun = Instant::now();
    let mut command = judge.command("reconcile", &["--timeout", "120s"]);
    let ended = switch.start_saying_to(&mut command, writer).ended();
    drop(reader);
    filler.join().expect("the filler ends");
    ended.ends_with(130);
    assert!(begun.elapsed() < BOUNDED, "{:?}", begun.elapsed());
    recovers(judge, 1);
}

/// The command at a terminal of its own, or nothing where there is no way to have one.
fn at_a_terminal(command: &Command) -> Option<Command> {
    let works = Command::new("script").args(["-qec", "true", "/dev/null"]).stdin(Stdio::null()).output();
    if !works.is_ok_and(|output| output.status.success()) {
        return None;
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<String> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let mut script = Command::new("script");
    script.args(["-qefc", &format!("exec {}", quoted.join(" ")), "/dev/null"]).env_clear().env("SHELL", "/bin/sh");
    script.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.current_dir(command.get_current_dir()?);
    Some(script)
}

/// Types the keys once the screen shows the words; returns all that it showed, and the code in the end.
fn typed_at(command: &mut Command, words: &str, keys: &[u8]) -> (String, Option<i32>) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("script starts");
    let (mut keyboard, screen) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let (send, bytes) = mpsc::channel();
    // Ends with the screen, or when nobody looks at it any more.
    thread::spawn(move || BufReader::new(screen).bytes().map_while(Result::ok).try_for_each(|byte| send.send(byte)));
    let (mut shown, mut typed) = (Vec::new(), false);
    loop {
        match bytes.recv_timeout(BOUNDED) {
            Ok(byte) => shown.push(byte),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill().expect("script can be killed");
                child.wait().expect("script ends");
                panic!("nothing more happened after\n{}", String::from_utf8_lossy(&shown));
            }
        }
        if !typed && String::from_utf8_lossy(&shown).contains(words) {
            keyboard.write_all(keys).expect("keys can be typed");
            typed = true;
        }
    }
    let code = child.wait().expect("script ends").code();
    (String::from_utf8_lossy(&shown).into_owned(), code)
}

#[test]
fn while_it_asks_at_a_terminal_an_interrupt_is_a_no() {
    let mut judge = Judge::of(small_world(6));
    let before = judge.before();
    let Some(mut command) = at_a_terminal(&judge.command("reconcile", &[])) else {
        say("SKIPPED asking at a terminal: there is no script(1)");
        return;
    };
    let (shown, code) = typed_at(&mut command, "[y/N]", b"\x03");
    assert_eq!(code, Some(130), "{shown}");
    assert!(shown.contains(r#""outcome": "interrupted""#) || shown.contains(r#""outcome":"interrupted""#), "{shown}");
    judge.judge_deeds(&before, May::Act);
    assert_eq!(judge.scene.resends(), 0);
    judge.run(&mut judge.command("check", &[]), Looks::AtEverything, May::Read);
    recovers(judge, 1);
}
