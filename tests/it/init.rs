//! `init` as a person and a script meet it: the file it writes is one that `doctor` and `reconcile` take.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::pty::{answered, at_a_terminal};
use crate::scene::{Scene, bare_program, outage, run};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn init(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = bare_program(folder);
    command.arg("init").args(arguments);
    command
}

#[test]
fn what_init_writes_doctor_checks_and_reconcile_runs() {
    let scene = Scene::new(outage(3));
    let (address, webhook) = (scene.sandbox.base_url(), format!("sales={}", scene.webhook()));
    let log = scene.sandbox.received_log().display().to_string();
    let arguments = ["init", "--base-url", &address, "--received", &log, "--received-id", "event_id", "--webhook"];
    let ended = run(scene.program().args(arguments).arg(&webhook)).ends_with(0);
    let ended = ended.says_on_stderr("wrote hookmend.toml").says_on_stderr("`hookmend doctor`");
    assert!(ended.stdout.is_empty(), "{ended}");
    let file = scene.home().join("hookmend.toml");
    assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&file).expect("a file");
    for key in [scene.sandbox.api_key(), scene.sandbox.subscription_key()] {
        assert!(!text.contains(key), "a key stands in the file:\n{text}");
    }
    let ended = run(scene.program().arg("doctor")).ends_with(0);
    ended.says("hookmend.toml, readable by its owner alone (0600)").says("1 webhook in scope").says("\nReady");
    run(scene.program().args(["reconcile", "--settle", "2s", "--format", "json"])).ends_with(0).counts("recovered", 3);
    scene.assert_everything_arrived_once();
}

#[test]
fn a_file_that_is_there_is_left_as_it_is_unless_force_says_otherwise() {
    let home = TempDir::new().expect("a folder");
    let file = home.path().join("hookmend.toml");
    fs::write(&file, "mine").expect("a file");
    let ended = run(&mut init(home.path(), &[])).ends_with(2).says_on_stderr("is there already");
    ended.says_on_stderr("--force");
    assert_eq!(fs::read_to_string(&file).expect("a file"), "mine");
    run(&mut init(home.path(), &["--force"])).ends_with(0);
    assert!(fs::read_to_string(&file).expect("a file").starts_with("# hookmend.toml"));
    let (target, link) = (home.path().join("target"), home.path().join("link.toml"));
    symlink(&target, &link).expect("a link");
    run(&mut init(home.path(), &["link.toml"])).ends_with(2);
    assert_eq!(names(home.path()), ["hookmend.toml", "link.toml"]);
}

#[test]
fn the_file_can_be_looked_at_without_being_written() {
    let home = TempDir::new().expect("a folder");
    for arguments in [&["--print"][..], &["-"]] {
        let ended = run(&mut init(home.path(), arguments)).ends_with(0);
        assert!(ended.stdout.starts_with("# hookmend.toml") && ended.stderr.is_empty(), "{ended}");
    }
    assert_eq!(names(home.path()), Vec::<String>::new());
}

#[test]
fn odd_paths_and_names_are_read_back_as_they_were_given() {
    let home = TempDir::new().expect("a folder");
    let odd = "it's \"a\" \\ log #1\tnew\nline.jsonl";
    fs::write(home.path().join(odd), "{\"event_id\":\"a\"}\n").expect("a file");
    fs::create_dir(home.path().join("sub")).expect("a folder");
    for (place, config) in [("hookmend.toml", "hookmend.toml"), ("sub/a.toml", "sub/a.toml")] {
        let arguments = [place, "--received", odd, "--webhook", "it's \"1\" = ü=hook-1"];
        run(&mut init(home.path(), &arguments[..3])).ends_with(0);
        let ended = run(bare_program(home.path()).args(["received", "--config", config])).ends_with(0);
        ended.says("1 line, 1 with an id");
        run(&mut init(home.path(), &arguments)).ends_with(2);
    }
    let named = ["named.toml", "--webhook", "it's \"1\"=hook-1"];
    run(&mut init(home.path(), &named)).ends_with(0);
    let text = fs::read_to_string(home.path().join("named.toml")).expect("a file");
    assert!(text.contains("hook-1"), "{text}");
}

#[test]
fn mistakes_are_told_before_anything_is_written() {
    let home = TempDir::new().expect("a folder");
    for (arguments, word) in [
        (&["--base-url", "http://vendor.example"][..], "plain http"),
        (&["--time-zone", "Europe/Olso"], "Europe/Oslo"),
        (&["--webhook", "sales=../x"], "../x"),
        (&["--webhook", "a,b=hook-1"], "can't name a webhook"),
        (&["--api-key-from", "sk-live-7777"], "env:NAME"),
        (&["no/such/folder/a.toml"], "can't be written"),
        (&["."], "folder"),
    ] {
        let ended = run(&mut init(home.path(), arguments)).ends_with(2).says_on_stderr(word);
        ended.says_on_stderr("hint: ").never_says("sk-live-7777");
    }
    run(&mut init(home.path(), &["--api-key", "sk-live-7777"])).ends_with(2).never_says("sk-live-7777");
    assert_eq!(names(home.path()), Vec::<String>::new());
}

#[test]
fn at_a_terminal_it_asks_and_offers_what_the_keys_can_see() {
    let scene = Scene::new(outage(3));
    let Some(mut command) = at_a_terminal(scene.program().arg("init")) else { return };
    let address = format!("{}\n", scene.sandbox.base_url());
    let log = format!("{}\n", scene.sandbox.received_log().display());
    let (shown, code) = answered(
        &mut command,
        &[
            ("V2]: ", address.as_bytes()),
            ("Which [1]: ", b"\n"),
            ("[UTC]: ", b"\n"),
            ("not yet): ", log.as_bytes()),
            ("or all [all]: ", b"1\n"),
            ("[sale-created]: ", b"sales\n"),
        ],
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("SaleCreated") && shown.contains("id in \"event_id\""), "{shown}");
    assert!(!shown.contains(scene.sandbox.api_key()), "{shown}");
    let text = fs::read_to_string(scene.home().join("hookmend.toml")).expect("the file");
    assert!(text.contains("webhook = [\"sales\"]\n"), "{text}");
    assert!(text.contains(&format!("sales = \"{}\"\n", scene.webhook())), "{text}");
    assert!(!text.contains(scene.sandbox.api_key()), "{text}");
    run(scene.program().arg("doctor")).ends_with(0);
    run(scene.program().args(["reconcile", "--settle", "2s", "--format", "json"])).ends_with(0).counts("recovered", 3);
}

#[test]
fn an_interrupt_or_the_end_of_the_input_leaves_nothing_behind() {
    let home = TempDir::new().expect("a folder");
    for (keys, code) in [(&b"\x03"[..], 130), (b"\x04", 2)] {
        let Some(mut command) = at_a_terminal(&init(home.path(), &[])) else { return };
        let (shown, ended) = answered(&mut command, &[("V2]: ", b"\n"), ("Which [1]: ", keys)]);
        assert_eq!(ended, Some(code), "{shown}");
        assert_eq!(names(home.path()), Vec::<String>::new(), "{shown}");
    }
}
