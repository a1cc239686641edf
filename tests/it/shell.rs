//! How the program behaves to those who run it: streams, formats, settings, the lock, signals, the demo.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::scene::{Scene, bare_program, finish, outage, run};

#[test]
fn the_demo_ends_with_nothing_left() {
    let home = tempfile::tempdir().expect("a temporary home");
    let ended = run(bare_program(home.path()).arg("demo")).ends_with(0);
    for words in ["27 events are missing", "Nothing left: 27 events were missing", "0 events are lost, 0 arrived twice"]
    {
        assert!(ended.stdout.contains(words), "{words}: {ended}");
    }
    assert_eq!(ended.stderr, "", "{ended}");
    let left_behind = fs::read_dir(home.path()).expect("a readable home").count();
    assert_eq!(left_behind, 0, "the demo left files behind");
}

#[test]
fn the_demo_ends_well_with_any_seed() {
    let home = tempfile::tempdir().expect("a temporary home");
    for seed in 0..10 {
        run(bare_program(home.path()).args(["demo", "--seed", &seed.to_string()])).ends_with(0);
    }
}

#[test]
fn data_goes_to_stdout_and_nothing_but_data() {
    let scene = Scene::new(outage(3));
    let ended = scene.reconcile(&[]).ends_with(0);
    assert_eq!(ended.stderr, "", "{ended}");
    let document = ended.document();
    assert_eq!(document["schema"], "hookmend/report/1");
    assert_eq!((document["outcome"].as_str(), document["exit_code"].as_i64()), (Some("clean"), Some(0)));
}

#[test]
fn json_lines_end_with_a_summary_that_equals_the_document_without_its_events() {
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("reconcile").args(["--format", "jsonl"])).ends_with(0);
    let records: Vec<Value> =
        ended.stdout.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    assert!(records.iter().all(|record| record["type"].is_string()), "{ended}");
    let attempts = records.iter().filter(|record| record["type"] == "attempt").count();
    assert_eq!(attempts, 3, "{ended}");
    let summary = records.last().expect("a last record");
    assert_eq!(summary["type"], "summary");
    assert_eq!(summary["totals"]["recovered"], 3);
    assert!(summary["webhooks"][0].get("events").is_none(), "{ended}");
}

#[test]
fn quiet_is_silent_when_clean_and_speaks_when_not() {
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("reconcile").arg("-q")).ends_with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{ended}");
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("check").arg("-q")).ends_with(10);
    assert!(!ended.stdout.is_empty() || !ended.stderr.is_empty(), "{ended}");
}

#[test]
fn a_refused_key_ends_in_words_and_not_in_a_table_of_zeros() {
    let scene = Scene::new(outage(3));
    let mut command = scene.pointed("reconcile");
    let ended = run(command.env("HOOKMEND_API_KEY", "wrong")).ends_with(13);
    assert!(!ended.stdout.contains("Recovered"), "{ended}");
    assert!(ended.stdout.contains("Hint: "), "{ended}");
    let sentence = "so\nnothing can be called clean and nothing was resent.\n".replace('\n', " ");
    assert!(ended.stdout.replace('\n', " ").ends_with(&sentence), "{ended}");
}

#[test]
fn verbose_shows_the_window_the_sources_and_where_settings_came_from() {
    let scene = Scene::new(outage(3));
    scene.file("hookmend.toml", "min-age = \"1m\"\n");
    run(scene.pointed("check").arg("-v"))
        .ends_with(10)
        .says_on_stderr("window: from ")
        .says_on_stderr("(UTC)")
        .says_on_stderr("received log: ")
        .says_on_stderr("hookmend.toml:1");
}

#[test]
fn a_pipe_gets_no_colour_and_no_progress() {
    let scene = Scene::new(outage(3));
    let ended = run(&mut scene.pointed("reconcile")).ends_with(0);
    assert!(!ended.stdout.contains('\u{1b}') && ended.stderr.is_empty(), "{ended}");
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("reconcile").args(["--color", "always"])).ends_with(0);
    assert!(ended.stdout.contains('\u{1b}'), "{ended}");
}

#[test]
fn flags_outweigh_the_environment_and_that_the_file() {
    let scene = Scene::new(outage(3));
    scene.file("hookmend.toml", "format = \"jsonl\"\nmax-resends = 1\n");
    let mut from_environment = scene.pointed("reconcile");
    from_environment.env("HOOKMEND_FORMAT", "json").env("HOOKMEND_MAX_RESENDS", "2");
    run(&mut from_environment).ends_with(10).reports("too_many_resends");
    let mut from_flag = scene.pointed("reconcile");
    from_flag.env("HOOKMEND_FORMAT", "json").env("HOOKMEND_MAX_RESENDS", "2").args(["--max-resends", "3"]);
    run(&mut from_flag).ends_with(0).counts("recovered", 3);
}

#[test]
fn keys_come_from_files_and_commands_too() {
    let scene = Scene::new(outage(3));
    scene.file("api.key", format!("{}\n", scene.sandbox.api_key()));
    let settings = format!(
        "api-key = {{ file = \"api.key\" }}\nsubscription-key = {{ command = [\"printf\", \"%s\", \"{}\"] }}\n",
        scene.sandbox.subscription_key()
    );
    scene.file("hookmend.toml", settings);
    let mut command = scene.pointed("reconcile");
    command.env_remove("HOOKMEND_API_KEY").env_remove("HOOKMEND_SUBSCRIPTION_KEY").args(["--format", "json"]);
    command.env("PATH", "/usr/bin:/bin");
    run(&mut command).ends_with(0).counts("recovered", 3);
}

#[test]
fn a_second_run_finds_the_ledger_held() {
    let scene = Scene::new(outage(40)).with_fault("slow=200");
    let mut first = scene.pointed("reconcile");
    let child = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    wait_until(|| scene.resends() > 0);
    scene.reconcile(&[]).ends_with(75).says("another run holds the ledger");
    // Reading is not held up.
    run(scene.pointed("check").args(["--format", "json"])).counts("quarantined", 0);
    finish(format!("{first:?}"), child, b"").ends_with(0);
    scene.assert_everything_arrived_once();
}

#[test]
fn a_signal_stops_the_run_and_the_next_one_goes_on() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let scene = Scene::new(outage(60)).with_fault("slow=100");
        let mut command = scene.pointed("reconcile");
        command.args(["--format", "json"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        wait_until(|| scene.resends() > 6);
        let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        let ended = finish(format!("{command:?}"), child, b"").ends_with(code);
        assert_eq!(ended.document()["outcome"], "interrupted", "{ended}");
        scene.sandbox.clear_faults();
        scene.reconcile(&[]).ends_with(0);
        scene.assert_everything_arrived_once();
    }
}

#[test]
fn a_killed_run_leaves_no_duplicate_to_the_next() {
    for resends in [1, 7, 20] {
        let scene = Scene::new(outage(30)).with_fault("slow=60");
        let mut command = scene.pointed("reconcile");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        wait_until(|| scene.resends() >= resends);
        child.kill().expect("the program can be killed");
        child.wait().expect("the program ends");
        scene.sandbox.clear_faults();
        scene.reconcile(&[]).ends_with(0);
        scene.assert_everything_arrived_once();
    }
}

#[test]
fn a_full_disk_stops_everything_before_anything_is_sent() {
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("reconcile").args(["--ledger", "/dev/full"]));
    assert!(matches!(ended.code, Some(1 | 2)), "{ended}");
    assert_eq!(scene.resends(), 0);
}

#[test]
fn a_closed_output_ends_quietly() {
    let scene = Scene::new(outage(3));
    let mut command = scene.pointed("check");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    drop(child.stdout.take());
    let ended = finish(format!("{command:?}"), child, b"");
    assert_eq!(ended.code, Some(10), "{ended}");
    assert!(!ended.stderr.contains("panicked"), "{ended}");
}

#[test]
fn every_help_tells_the_exit_status_and_examples() {
    let home = tempfile::tempdir().expect("a temporary home");
    for subcommand in ["reconcile", "check", "received", "sandbox", "demo", "completions", "man"] {
        let ended = run(bare_program(home.path()).args([subcommand, "--help"])).ends_with(0);
        let help = ended.stdout.to_uppercase();
        assert!(help.contains("EXIT STATUS") && help.contains("EXAMPLES"), "{ended}");
    }
}

#[test]
fn the_sandbox_serves_and_says_how_to_use_it() {
    let home = tempfile::tempdir().expect("a temporary home");
    let ready = home.path().join("ready.json");
    let mut command = bare_program(home.path());
    command.args(["sandbox", "--missing", "4", "--ready-file"]).arg(&ready);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the sandbox starts");
    wait_until(|| ready.exists());
    let ready: Value = serde_json::from_slice(&fs::read(&ready).expect("readable")).expect("JSON");
    let text = |name: &str| ready[name].as_str().expect("a text").to_owned();
    let mut reconcile = bare_program(home.path());
    reconcile
        .env("HOOKMEND_API_KEY", text("api_key"))
        .env("HOOKMEND_SUBSCRIPTION_KEY", text("subscription_key"))
        .args(["reconcile", "--since", "8d", "--format", "json"])
        .args(["--base-url", &text("base_url"), "--received", &text("received")])
        .args(["--webhook", ready["webhooks"][0].as_str().expect("a webhook")]);
    run(&mut reconcile).ends_with(0).counts("recovered", 4);
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(stopped.expect("kill runs").success());
    finish(format!("{command:?}"), child, b"").ends_with(0).says("export HOOKMEND_API_KEY=");
}

/// Waits for something that must happen; a test whose condition never comes true fails here.
#[track_caller]
pub fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..6_000 {
        if condition() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("what was waited for did not happen");
}
