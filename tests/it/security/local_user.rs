//! Another user of the machine: what lies readable, what lies in a place where links can be laid, and
//! what the process leaves behind.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::{after, files_below};
use crate::scene::{Ended, Scene, outage, run};
use crate::shell::wait_until;
use crate::switch::Switch;

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).expect("it is there").permissions().mode() & 0o7777
}

/// A ledger of one run, and the next run's command; the ledger is named so that it lies in the home.
fn used(scene: &Scene) -> Command {
    let mut command = scene.pointed("reconcile");
    command.args(["--format", "json", "--ledger", "ledger.db"]);
    run(&mut command).ends_with(0);
    command
}

#[track_caller]
fn refused(scene: &Scene, ended: Ended, words: &[&str]) {
    let requests = scene.requests();
    let mut ended = ended.ends_with(1).says_on_stderr("error: ").says_on_stderr("hint: ");
    for word in words {
        ended = ended.says_on_stderr(word);
    }
    assert_eq!(scene.requests(), requests, "{ended}");
}

#[test]
fn what_a_run_writes_is_for_its_owner_alone_whatever_the_umask() {
    let scene = Scene::new(outage(3)).with_fault("slow=60");
    let mut command = scene.pointed("reconcile");
    command.args(["--report", "report.html", "--report", "report.json"]);
    let switch = Switch::default();
    let running = switch.start(&mut after("umask 000", &command));
    let state = scene.home().join(".local/state/hookmend");
    // While it runs there are SQLite's own files as well, in which the same stands.
    wait_until(|| state.join("ledger.sqlite-wal").exists() && scene.resends() > 0);
    let below = files_below(&state);
    assert!(below.len() >= 3, "{below:?}");
    for path in &below {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&state), 0o700);
    running.ended().ends_with(0);
    for path in
        files_below(&state).into_iter().chain(["report.html", "report.json"].map(|name| scene.home().join(name)))
    {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let mut plan = scene.pointed("plan");
    run(&mut after("umask 000", plan.args(["-o", "plan.json"]))).ends_with(0);
    assert_eq!(mode(&scene.home().join("plan.json")), 0o600);
}

#[test]
fn a_ledger_that_others_could_read_is_taken_from_them() {
    let scene = Scene::new(outage(3));
    let mut command = used(&scene);
    let ledger = scene.home().join("ledger.db");
    fs::set_permissions(&ledger, fs::Permissions::from_mode(0o666)).expect("our own file");
    run(&mut command).ends_with(0);
    assert_eq!(mode(&ledger), 0o600);
}

#[test]
fn a_link_in_the_place_of_a_ledger_or_of_what_lies_beside_it_is_not_written_through() {
    for suffix in ["", "-wal", "-shm", "-journal", ".lock"] {
        let scene = Scene::new(outage(3));
        let mut command = used(&scene);
        let place = scene.home().join(format!("ledger.db{suffix}"));
        if place.exists() {
            fs::remove_file(&place).expect("our own file");
        }
        let precious = scene.file("precious", "precious");
        for target in [precious.clone(), scene.home().join("not-there")] {
            symlink(&target, &place).expect("a link");
            refused(&scene, run(&mut command), &["symbolic link", "ledger.db"]);
            for words in [&["history"][..], &["quarantine", "list"]] {
                let ended = run(scene.program().args(words).args(["--ledger", "ledger.db"]));
                assert!(suffix == ".lock" || ended.code == Some(1), "{suffix}: {ended}");
            }
            fs::remove_file(&place).expect("our own link");
        }
        assert_eq!(fs::read_to_string(&precious).expect("it is still there"), "precious");
        assert!(!scene.home().join("not-there").exists());
    }
}

#[test]
fn a_link_in_the_place_of_a_draft_of_a_ledger_a_plan_or_a_report_is_not_written_through() {
    let scene = Scene::new(outage(3));
    let precious = |name: &str| scene.home().join(format!("precious-{name}"));
    let names = ["ledger.db.new", "ledger.db.new-wal", "ledger.db.new-journal", "plan.json", "report.html", "m.prom"];
    for name in names {
        fs::write(precious(name), "precious").expect("the home is writable");
        symlink(precious(name), scene.home().join(name)).expect("a link");
    }
    symlink(scene.home().join("not-there"), scene.home().join("dangling.json")).expect("a link");
    for plan in ["plan.json", "dangling.json"] {
        run(scene.pointed("plan").args(["-o", plan])).ends_with(2).says_on_stderr(plan);
    }
    let mut command = scene.pointed("reconcile");
    command.args(["--ledger", "ledger.db", "--report", "report.html", "--metrics", "m.prom"]);
    run(&mut command).ends_with(0);
    for name in ["ledger.db", "report.html", "m.prom"] {
        assert!(fs::symlink_metadata(scene.home().join(name)).expect("it was made").is_file(), "{name}");
    }
    for name in names {
        assert_eq!(fs::read_to_string(precious(name)).expect("it is still there"), "precious", "{name}");
    }
    assert!(!scene.home().join("not-there").exists());
}

#[test]
fn settings_of_others_are_refused_through_a_link_too() {
    let scene = Scene::new(outage(3));
    for (content, permissions, hint) in [
        ("api-key = \"secret-value\"\n", 0o640, "chmod 600"),
        ("api-key = \"secret-value\"\n", 0o604, "chmod 600"),
        ("received = \"postgres://u:secret-value@h/d?table=t&id=i\"\n", 0o644, "chmod 600"),
        ("min-age = \"1m\"\n", 0o664, "chmod go-w"),
        ("min-age = \"1m\"\n", 0o606, "chmod go-w"),
    ] {
        let real = scene.file("real.toml", content);
        fs::set_permissions(&real, fs::Permissions::from_mode(permissions)).expect("our own file");
        let link = scene.home().join("hookmend.toml");
        symlink(&real, &link).expect("a link");
        let ended = run(&mut scene.pointed("check")).ends_with(2).never_says("secret-value").says_on_stderr(hint);
        assert_eq!(scene.requests(), 0, "{ended}");
        fs::remove_file(link).expect("our own link");
    }
}

#[test]
fn a_process_that_dies_of_a_fault_leaves_no_picture_of_its_memory() {
    let scene = Scene::new(outage(30)).with_fault("slow=100");
    let switch = Switch::default();
    // Where the limit can't be lifted there is none to be left in the first place.
    let running = switch.start(&mut after("ulimit -c unlimited 2>/dev/null", &scene.pointed("reconcile")));
    wait_until(|| scene.resends() > 0);
    let limits = fs::read_to_string(format!("/proc/{}/limits", switch.number().expect("it runs")));
    let limits = limits.expect("the system tells the limits of a process");
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a limit");
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    assert!(switch.send(Signal::ABORT));
    let ended = running.ended();
    assert_eq!(ended.code, None, "{ended}");
    for path in files_below(scene.home()) {
        assert!(!path.file_name().is_some_and(|name| name.to_string_lossy().contains("core")), "{}", path.display());
    }
}
