//! Reports as files: all formats from one run, refused in time, written however the run ends.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use hookmend::sandbox::Operation;
use rustix::process::Signal;
use serde_json::Value;

use crate::scene::{Ended, Scene, outage, run};
use crate::shell::wait_until;
use crate::switch::Switch;

const ENDINGS: [&str; 5] = ["html", "md", "csv", "json", "xml"];

/// The program asked for a report of every format, in its home.
fn reporting(scene: &Scene, subcommand: &str) -> std::process::Command {
    let mut command = scene.pointed(subcommand);
    command.args(["--format", "json"]);
    for ending in ENDINGS {
        command.args(["--report", &format!("report.{ending}")]);
    }
    command
}

fn read(scene: &Scene, name: &str) -> String {
    let path = scene.home().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("the file is there").permissions().mode() & 0o7777
}

/// The number that the suite gives for `attribute`.
fn suite(xml: &str, attribute: &str) -> u64 {
    let tag = xml.split("<testsuite ").nth(1).expect("a suite");
    let value = tag.split(&format!("{attribute}=\"")).nth(1).expect("the attribute");
    value.split('"').next().expect("its end").parse().expect("a number")
}

/// Every file speaks of this outcome and this code.
#[track_caller]
fn all_say(scene: &Scene, outcome: &str, code: u64) {
    let document: Value = serde_json::from_str(&read(scene, "report.json")).expect("a document");
    assert_eq!((&document["outcome"], &document["exit_code"]), (&outcome.into(), &code.into()));
    assert!(read(scene, "report.html").contains(&format!("{outcome}, exit code {code}")));
    assert!(read(scene, "report.md").contains(&format!("{outcome}\n")));
    assert!(read(scene, "report.csv").starts_with("webhook_id,webhook,event_id,"));
    let xml = read(scene, "report.xml");
    assert_eq!(suite(&xml, "failures") + suite(&xml, "errors") > 0, code != 0, "{xml}");
}

#[test]
fn one_run_writes_every_format_and_all_tell_the_same() {
    let scene = Scene::new(outage(5));
    let ended = run(&mut reporting(&scene, "check")).ends_with(10).counts("missing", 5);
    all_say(&scene, "left", 10);
    assert_eq!(ended.stdout, read(&scene, "report.json"), "the same document");
    assert_eq!(read(&scene, "report.csv").lines().filter(|line| line.contains("lost-")).count(), 5);
    let html = read(&scene, "report.html");
    assert!(html.contains("5 events are missing; nothing was sent.") && html.matches(">lost-").count() == 5);
    assert!(read(&scene, "report.md").contains("### Needs attention (5)"));
    let xml = read(&scene, "report.xml");
    assert_eq!((suite(&xml, "failures"), suite(&xml, "errors")), (1, 0), "{xml}");
    for ending in ENDINGS {
        assert_eq!(mode(&scene.home().join(format!("report.{ending}"))), 0o600, "ids may be sensitive");
    }
    let left: Vec<_> = fs::read_dir(scene.home()).expect("the home").map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".hookmend-")), "{left:?}");

    run(&mut reporting(&scene, "reconcile")).ends_with(0).counts("recovered", 5);
    all_say(&scene, "clean", 0);
    scene.assert_everything_arrived_once();
}

#[track_caller]
fn refused(scene: &Scene, ended: Ended, words: &[&str]) {
    let mut ended = ended.ends_with(2).says_on_stderr("error: ").says_on_stderr("hint: ");
    for word in words {
        ended = ended.says_on_stderr(word);
    }
    assert_eq!(scene.requests(), 0, "{ended}");
}

#[test]
fn what_is_no_name_of_a_report_is_refused_before_anything_is_sent() {
    let scene = Scene::new(outage(3));
    let known = ".html, .md, .csv, .json, .xml (JUnit)";
    for (arguments, words) in [
        (&["--report", "report.pdf"][..], &["report.pdf", known][..]),
        (&["--report", "report"], &[known]),
        (&["--report", "report.htm"], &["did you mean .html?"]),
        (&["--report", ""], &["the path is empty"]),
        (&["--report", "-"], &["- is no file"]),
        (&["--report", "a.html", "--report", "a.html"], &["a.html is named twice"]),
        (&["--report", "a.html", "--report", "./a.html"], &["the same file"]),
    ] {
        refused(&scene, run(scene.pointed("reconcile").args(arguments)), words);
        refused(&scene, run(scene.pointed("check").args(arguments)), words);
    }
    let ended = run(scene.pointed("check").env("HOOKMEND_REPORT", "a.html,b.pdf"));
    refused(&scene, ended, &["HOOKMEND_REPORT", "b.pdf"]);
}

#[test]
fn a_file_that_can_not_be_written_is_refused_before_anything_is_sent() {
    let scene = Scene::new(outage(3));
    fs::create_dir(scene.home().join("folder.html")).expect("a folder");
    symlink("/dev/null", scene.home().join("device.html")).expect("a link");
    for (name, why) in [
        ("no/such/folder/a.html", "No such file or directory"),
        ("folder.html", "it is not a regular file"),
        ("device.html", "it is not a regular file"),
    ] {
        let ended = run(scene.pointed("reconcile").args(["--report", "good.md", "--report", name]));
        refused(&scene, ended, &[name, why]);
    }
    assert!(!scene.home().join("good.md").exists(), "nothing is left behind");
}

#[test]
fn a_report_never_takes_the_place_of_what_the_run_needs() {
    let scene = Scene::new(outage(3));
    let settings = scene.file("settings.json", "");
    let log = fs::read(scene.sandbox.received_log()).expect("the log");
    let received = scene.file("received.json", &log).display().to_string();
    for (arguments, what) in [
        (&["--ledger", "ledger.json", "--report", "ledger.json"][..], "it is the ledger"),
        (&["--config", "settings.json", "--report", "./settings.json"], "it is the settings file"),
        (&["--received", &received, "--report", "received.json"], "it is the received log"),
        (&["--received", "rec*.json", "--report", "received-report.json"], "it is part of the received log"),
        (&["--received", "./rec*.json", "--report", "./recent.json"], "it is part of the received log"),
    ] {
        refused(&scene, run(scene.pointed("check").args(arguments)), &[what]);
    }
    assert_eq!(fs::read(&settings).expect("the settings"), b"");
    assert_eq!(fs::read(&received).expect("the log"), log);
}

#[test]
fn a_report_that_replaces_a_file_keeps_its_readers_and_a_link_gives_way() {
    let scene = Scene::new(outage(0));
    let page = scene.file("page.html", "yesterday's");
    fs::set_permissions(&page, fs::Permissions::from_mode(0o640)).expect("permissions");
    let precious = scene.file("precious", "precious");
    let link = scene.home().join("link.html");
    symlink(&precious, &link).expect("a link");
    let mut reader = fs::File::open(&page).expect("the page");
    run(scene.pointed("check").args(["--report", "page.html", "--report", "link.html"])).ends_with(0);
    let mut before = String::new();
    std::io::Read::read_to_string(&mut reader, &mut before).expect("a reader keeps what it opened");
    assert_eq!(before, "yesterday's");
    assert!(read(&scene, "page.html").contains("Nothing is missing"));
    assert_eq!((mode(&page), mode(&link)), (0o640, 0o600));
    assert_eq!(read(&scene, "precious"), "precious");
}

#[test]
fn the_files_may_be_named_in_the_settings_and_a_flag_names_others() {
    let scene = Scene::new(outage(0));
    fs::create_dir(scene.home().join("etc")).expect("a folder");
    scene.file("etc/hookmend.toml", "report = [\"a.html\", \"b.md\"]\n");
    let check = || {
        let mut command = scene.pointed("check");
        command.args(["--config", "etc/hookmend.toml"]);
        command
    };
    run(&mut check()).ends_with(0);
    assert!(read(&scene, "etc/a.html").contains("<!doctype html>") && read(&scene, "etc/b.md").starts_with("## "));
    run(check().env("HOOKMEND_REPORT", "c.csv, d.xml")).ends_with(0);
    assert!(read(&scene, "c.csv").starts_with("webhook_id") && read(&scene, "d.xml").starts_with("<?xml"));
    fs::remove_file(scene.home().join("etc/a.html")).expect("a report");
    run(check().env("HOOKMEND_REPORT", "c.csv").args(["--report", "e.json"])).ends_with(0);
    assert!(scene.home().join("e.json").exists() && !scene.home().join("etc/a.html").exists());
    // Commands that make no report of a run take no notice of them.
    scene.file("hookmend.toml", "report = \"no/such/folder/a.html\"\n");
    run(scene.program().arg("history")).ends_with(0);
}

#[test]
fn a_run_that_ends_in_an_error_is_reported_too() {
    for (fault, outcome, code) in [("unavailable", "unavailable", 12), ("refuse-api-key", "refused", 13)] {
        let scene = Scene::new(outage(3)).with_fault(fault);
        run(reporting(&scene, "check").args(["--deadline", "3s"])).ends_with(code);
        all_say(&scene, outcome, code.unsigned_abs().into());
    }
    let scene = Scene::new(outage(3)).with_fault("no-status");
    run(&mut reporting(&scene, "check")).ends_with(11);
    all_say(&scene, "undetermined", 11);
}

#[test]
fn a_run_that_could_not_begin_leaves_no_report_of_yesterday() {
    let scene = Scene::new(outage(3));
    scene.file("report.xml", "yesterday's");
    run(reporting(&scene, "check").args(["--received", "no-such-file"])).ends_with(2);
    all_say(&scene, "failed", 2);
    assert!(read(&scene, "report.html").contains("no-such-file"));
    assert_eq!(scene.requests(), 0);
}

#[test]
fn a_run_that_finds_the_ledger_held_is_reported_as_locked() {
    let scene = Scene::new(outage(3));
    scene.fault("slow=60000@list@first=1");
    let switch = Switch::default();
    let first = switch.start(scene.pointed("reconcile").args(["--timeout", "60s"]));
    wait_until(|| scene.sandbox.world().count(Operation::List) > 0);
    run(&mut reporting(&scene, "reconcile")).ends_with(75);
    all_say(&scene, "locked", 75);
    assert!(read(&scene, "report.html").contains("another run holds the ledger"));
    assert!(switch.kill(), "the first one still ran");
    first.ended();
}

#[test]
fn a_run_that_is_stopped_is_reported() {
    let scene = Scene::new(outage(3));
    scene.fault("slow=60000@list");
    let switch = Switch::default();
    let running = switch.start(reporting(&scene, "check").args(["--timeout", "60s"]));
    wait_until(|| scene.sandbox.world().count(Operation::List) > 0);
    switch.send(Signal::INT);
    running.ended().ends_with(130);
    all_say(&scene, "interrupted", 130);
}

#[test]
fn a_report_that_can_not_be_written_in_the_end_fails_the_run_and_hides_nothing() {
    let scene = Scene::new(outage(3));
    let folder = scene.home().join("out");
    fs::create_dir(&folder).expect("a folder");
    scene.fault("slow=1500@list@first=1");
    let switch = Switch::default();
    let mut command = scene.pointed("check");
    command.args(["--format", "json", "--report", "out/a.html", "--report", "b.md", "--metrics", "m.prom"]);
    let running = switch.start(&mut command);
    wait_until(|| scene.sandbox.world().count(Operation::List) > 0);
    fs::remove_dir(&folder).expect("nothing was left in it");
    let ended = running.ended().ends_with(1).counts("missing", 3);
    let ended = ended.says_on_stderr("error: can't write the report to ").says_on_stderr("out/a.html: No such file");
    ended.says_on_stderr("hint: the run itself has ended");
    assert!(read(&scene, "b.md").contains("### Needs attention (3)"), "the other one is written");
    assert!(read(&scene, "m.prom").contains("hookmend_last_run_exit_code{task=\"m\"} 1"));
}
