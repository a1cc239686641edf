//! One writer at a time: a second run ends at once and says who is there, a run that was killed stops
//! nobody, and whoever only reads is never kept waiting.

use std::sync::mpsc;
use std::time::Duration;

use hookmend::sandbox::{Operation, Stage};

use crate::judge::{Judge, Looks, MISSING, May, small_world};
use crate::scene::run;
use crate::switch::{Running, Switch};

/// A run that holds the ledger and waits for the answer to its canary.
fn holding(judge: &Judge) -> (Switch, Running) {
    judge.scene.fault("slow=60000@resend@first=1");
    let (tell, arrived) = mpsc::channel();
    judge.scene.sandbox.witness(move |moment| {
        if moment.operation == Operation::Resend && moment.stage == Stage::Acted {
            // Only the first one is waited for.
            let _ = tell.send(());
        }
    });
    let switch = Switch::default();
    let running = switch.start(&mut judge.command("reconcile", &["--timeout", "60s"]));
    arrived.recv_timeout(Duration::from_secs(60)).expect("the run gets to its canary");
    (switch, running)
}

#[test]
fn a_second_run_ends_at_once_and_says_who_holds_the_ledger_since_when() {
    let mut judge = Judge::of(small_world(MISSING));
    let (switch, first) = holding(&judge);
    let calls = judge.scene.requests();
    let ended = run(&mut judge.command("reconcile", &[])).ends_with(75);
    let document = ended.document();
    assert_eq!((&document["outcome"], &document["exit_code"]), (&"locked".into(), &75.into()), "{ended}");
    let problem = &document["problems"][0];
    let holder = format!("reconcile, pid {}, since 20", switch.number().expect("the first one still runs"));
    let message = problem["message"].as_str().unwrap_or_default();
    assert!(message.contains("another run holds the ledger") && message.contains(&holder), "{ended}");
    assert!(problem["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{ended}");
    let human = run(judge.command("reconcile", &[]).args(["--format", "human"])).ends_with(75);
    let human = human.says_on_stderr("error: another run holds the ledger").says_on_stderr(&holder);
    assert!(human.says_on_stderr("hint: ").stdout.is_empty());
    assert_eq!(judge.scene.requests(), calls, "a run without the lock asked the vendor");
    // Whoever only reads is not kept out, and sees what the other one has begun.
    let check = judge.run(&mut judge.command("check", &[]), Looks::AtEverything, May::Read);
    assert!(matches!(check.code, Some(10 | 11)), "{check}");
    judge.run(&mut judge.command("reconcile", &["--dry-run"]), Looks::AtEverything, May::Read);
    assert!(switch.kill(), "the first one still ran");
    judge.note(&first.ended());
    judge.expect_clean(1, &[]);
    judge.verdict("a held ledger").unwrap_or_else(|wrong| panic!("{wrong}"));
}

#[test]
fn of_many_runs_at_once_one_works_and_nothing_is_sent_twice() {
    let mut judge = Judge::of(small_world(MISSING));
    let before = judge.before();
    let running: Vec<Running> = (0..6).map(|_| Switch::default().start(&mut judge.command("reconcile", &[]))).collect();
    let codes: Vec<Option<i32>> = running.into_iter().map(|running| running.ended().code).collect();
    assert!(codes.iter().all(|code| matches!(code, Some(0 | 75))) && codes.contains(&Some(0)), "{codes:?}");
    judge.judge_deeds(&before, May::Act);
    judge.expect_clean(1, &[]);
    judge.verdict("many at once").unwrap_or_else(|wrong| panic!("{wrong}"));
}
