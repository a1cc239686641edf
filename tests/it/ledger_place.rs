//! Where a ledger can't be kept: what lies in its place, files that may not grow, and versions to come.
//! What is no ledger of ours stays byte for byte as it is, and nothing is sent without one.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};

use hookmend::sandbox::{Availability, ReceiverPlan};
use rusqlite::Connection;

use crate::judge::{Judge, Looks, MISSING, May, small_world};
use crate::scene::{Ended, run};
use crate::switch::say;

/// A ledger with some history, as a run left it.
fn used() -> Judge {
    let mut judge = Judge::of(small_world(MISSING));
    judge.scene.sandbox.set_receiver(ReceiverPlan::default().availability(Availability::Down));
    judge.run(&mut judge.command("reconcile", &[]), Looks::AtEverything, May::Act);
    judge.scene.sandbox.set_receiver(ReceiverPlan::default());
    judge
}

#[track_caller]
fn refused(judge: &Judge, words: &[&str]) -> Ended {
    let requests = judge.scene.requests();
    let ended = run(&mut judge.command("reconcile", &[])).ends_with(1);
    let mut ended = ended.says_on_stderr("error: ").says_on_stderr("hint: ").says_on_stderr("ledger.db");
    for word in words {
        ended = ended.says_on_stderr(word);
    }
    assert_eq!(judge.scene.requests(), requests, "{ended}");
    ended
}

#[test]
fn what_is_no_ledger_is_refused_and_left_as_it_is() {
    let somebody_elses = {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.db");
        Connection::open(&path)
            .and_then(|db| db.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)"))
            .expect("sql");
        fs::read(path).expect("a database")
    };
    for (content, word) in [
        (b"a letter to my mother\n".to_vec(), "not a ledger"),
        (b"{\"event_id\":\"x\"}\n".repeat(20_000), "not a ledger"),
        (somebody_elses, "not a ledger"),
    ] {
        let judge = Judge::of(small_world(MISSING));
        fs::write(judge.ledger(), &content).expect("the home is writable");
        refused(&judge, &[word, "name another"]);
        run(&mut judge.command("check", &[])).ends_with(1).says_on_stderr(word);
        assert_eq!(fs::read(judge.ledger()).expect("the file"), content);
    }
}

#[test]
fn a_damaged_ledger_is_refused_with_what_to_do_and_left_as_it_is() {
    let judge = used();
    let mut bytes = fs::read(judge.ledger()).expect("the ledger");
    // Every page but the first, whose header says that this is a ledger.
    bytes[4096..].fill(0xA5);
    fs::write(judge.ledger(), &bytes).expect("the home is writable");
    refused(&judge, &["damaged", "restore it from a backup", "repair it first"]);
    assert_eq!(fs::read(judge.ledger()).expect("the file"), bytes);
}

#[test]
fn a_ledger_of_a_newer_hookmend_is_read_by_a_check_and_not_written() {
    let judge = used();
    let connection = Connection::open(judge.ledger()).expect("the ledger opens");
    connection.pragma_update(None, "user_version", 1000).expect("sql");
    connection.close().expect("it closes");
    let bytes = fs::read(judge.ledger()).expect("the ledger");
    refused(&judge, &["newer hookmend"]);
    run(&mut judge.command("check", &[])).ends_with(10).counts("missing", MISSING as u64);
    assert_eq!(fs::read(judge.ledger()).expect("the ledger"), bytes);
}

#[test]
fn folders_and_links_in_the_place_of_a_ledger_are_refused() {
    let judge = Judge::of(small_world(MISSING));
    fs::create_dir(judge.ledger()).expect("a folder");
    refused(&judge, &["not a regular file"]);
    let judge = used();
    let real = judge.scene.home().join("real.db");
    fs::rename(judge.ledger(), &real).expect("renamed");
    symlink(&real, judge.ledger()).expect("a link");
    let bytes = fs::read(&real).expect("the ledger");
    refused(&judge, &["symbolic link", "name the file it points to"]);
    assert_eq!(fs::read(&real).expect("the ledger"), bytes);
}

#[test]
fn a_ledger_that_this_user_may_not_write_is_refused_and_left_as_it_is() {
    if rustix::process::geteuid().is_root() {
        say("SKIPPED a ledger that this user may not write: the superuser may write everything");
        return;
    }
    let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("our own file");
    let judge = used();
    allow(&judge.ledger(), 0o400);
    refused(&judge, &[]);
    allow(&judge.ledger(), 0o600);
    allow(judge.scene.home(), 0o500);
    refused(&judge, &[]);
    allow(judge.scene.home(), 0o700);
}

/// The command in a shell that first does something about the size that files may have.
fn limited(command: &Command, first: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{first}; exec \"$0\" \"$@\"")).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().expect("the program runs in its home"));
    shell
}

#[test]
fn a_ledger_that_may_not_grow_ends_the_run_and_stays_true() {
    let mut codes = Vec::new();
    // In blocks of 512 bytes: from not even one page to nearly all that a run writes.
    for blocks in [1, 40, 100, 140, 180, 200] {
        let mut judge = used();
        let before = judge.before();
        let command = limited(&judge.command("reconcile", &[]), &format!("trap '' XFSZ; ulimit -f {blocks}"));
        let ended = run(&mut { command });
        judge.note(&ended);
        judge.judge_deeds(&before, May::Act);
        if !matches!(ended.code, Some(0 | 1)) {
            judge.wrong(format!("it ended with {:?}", ended.code));
        }
        if ended.code == Some(1) && !(ended.stdout.contains("ledger.db") || ended.stderr.contains("ledger.db")) {
            judge.wrong("it does not name the ledger");
        }
        codes.push(ended.code);
        judge.expect_clean(1, &[]);
        judge.verdict(&format!("at most {blocks} blocks")).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    assert!(codes.contains(&Some(1)), "no limit was met: {codes:?}");
}

#[test]
fn a_run_that_the_system_kills_because_a_file_grew_too_large_leaves_the_ledger_true() {
    let mut killed = 0;
    for blocks in [40, 140] {
        let mut judge = used();
        let before = judge.before();
        let mut command = limited(&judge.command("reconcile", &[]), &format!("ulimit -c 0; ulimit -f {blocks}"));
        let status = command.stdin(Stdio::null()).output().expect("a shell").status;
        killed += usize::from(status.signal().is_some());
        judge.judge_deeds(&before, May::Act);
        judge.expect_clean(1, &[]);
        judge.verdict(&format!("at most {blocks} blocks")).unwrap_or_else(|wrong| panic!("{wrong}"));
    }
    say(&format!("of two runs with a limit on the size of files the system killed {killed}"));
}
