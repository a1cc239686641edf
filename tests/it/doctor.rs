//! `doctor` as a person meets it: a setup with one thing wrong, the line that tells it, and the code.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use chrono::{DateTime, TimeDelta, Utc};
use hookmend::event::{EventId, WebhookId, Window};
use hookmend::ledger::{Journal, Ledger, Quarantine, QuarantineChange, RunEnd, RunStart};
use hookmend::outcome::RunOutcome;
use hookmend::sandbox::{EventPlan, Operation};
use serde_json::Value;

use crate::scene::{Ended, Scene, bare_program, hours_ago, outage, run};

/// The one line of a check of this name.
#[track_caller]
fn check(ended: &Ended, name: &str) -> Value {
    let document = ended.document();
    let checks = document["checks"].as_array().expect("checks");
    let mut found = checks.iter().filter(|check| check["name"] == name);
    let one = found.next().unwrap_or_else(|| panic!("no check {name}\n{ended}")).clone();
    assert_eq!(found.next(), None, "{name} twice\n{ended}");
    one
}

/// A check ended so, and its message and hint hold these words.
#[track_caller]
fn tells(ended: &Ended, name: &str, verdict: &str, words: &[&str]) {
    let check = check(ended, name);
    assert_eq!(check["verdict"], verdict, "{name}\n{ended}");
    let said = format!("{} {}", check["message"], check["hint"]).replace("\\\"", "\"");
    for word in words {
        assert!(said.contains(word), "{name}: no {word:?} in {said}\n{ended}");
    }
    if verdict == "failed" || verdict == "warning" {
        assert!(check["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{name} has no hint\n{ended}");
    }
}

fn doctor(scene: &Scene, arguments: &[&str]) -> Ended {
    run(scene.pointed("doctor").args(["--format", "json"]).args(arguments))
}

/// Everything below a folder, with sizes and times of change.
fn traces(folder: &Path) -> Vec<(PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("metadata");
        if metadata.is_dir() {
            found.extend(traces(&path));
        }
        found.push((path, metadata.len(), metadata.modified().expect("a time")));
    }
    found.sort();
    found
}

#[test]
fn a_good_setup_is_told_as_such_and_nothing_is_written() {
    let scene = Scene::new(outage(3));
    run(&mut scene.pointed("reconcile")).ends_with(0);
    let (before, resends) = (traces(scene.home()), scene.resends());
    let requests = scene.requests();
    let ended = doctor(&scene, &[]).ends_with(0);
    assert_eq!(traces(scene.home()), before, "{ended}");
    assert_eq!(scene.resends(), resends);
    let document = ended.document();
    assert_eq!(document["schema"], "hookmend/doctor/1");
    assert_eq!(document["requests"].as_u64(), Some((scene.requests() - requests) as u64), "{ended}");
    assert!(scene.requests() - requests <= 14, "{ended}");
    assert_eq!(document["totals"]["failed"], 0, "{ended}");
    tells(&ended, "api key", "ok", &["from HOOKMEND_API_KEY; the vendor accepts it"]);
    tells(&ended, "clock", "ok", &["agrees"]);
    tells(&ended, "webhooks", "ok", &["1 webhook in scope"]);
    tells(&ended, "received log", "ok", &["jsonl", "\"event_id\""]);
    tells(&ended, "log and vendor", "ok", &["the log holds 1"]);
    tells(&ended, "ledger", "ok", &["schema 3", "0600"]);
    tells(&ended, "last run", "ok", &["ended clean"]);
    tells(&ended, "open events", "ok", &["nothing is in quarantine"]);
}

#[test]
fn an_empty_configuration_is_told_line_by_line() {
    let scene = Scene::new(outage(0));
    let ended = run(bare_program(scene.home()).args(["doctor", "--format", "json"])).ends_with(2);
    tells(&ended, "settings file", "warning", &["hookmend init"]);
    tells(&ended, "api key", "failed", &["HOOKMEND_API_KEY is not set"]);
    tells(&ended, "subscription key", "failed", &["HOOKMEND_SUBSCRIPTION_KEY is not set"]);
    tells(&ended, "address", "skipped", &["a key is missing"]);
    tells(&ended, "webhooks", "failed", &["--all-webhooks"]);
    tells(&ended, "received log", "failed", &["--received"]);
    tells(&ended, "ledger", "ok", &["there is none yet"]);
    assert_eq!((scene.requests(), traces(scene.home())), (0, Vec::new()));
}

#[test]
fn every_wrong_setting_has_its_line_and_the_rest_is_still_checked() {
    let scene = Scene::new(outage(3));
    let ended = doctor(&scene, &["--time-zone", "Europe/Olso", "--max-rounds", "0"]).ends_with(2);
    let document = ended.document();
    let messages: Vec<&str> = document["checks"]
        .as_array()
        .expect("checks")
        .iter()
        .filter(|check| check["name"] == "settings" && check["verdict"] == "failed")
        .filter_map(|check| check["message"].as_str())
        .collect();
    assert_eq!(messages.len(), 2, "{ended}");
    assert!(messages[0].contains("Europe/Olso") && messages[1].contains("--max-rounds"), "{ended}");
    tells(&ended, "ledger", "ok", &[]);
}

#[test]
fn a_settings_file_that_can_not_be_used_skips_what_depends_on_it() {
    let scene = Scene::new(outage(3));
    scene.file("hookmend.toml", "base-ulr = \"https://vendor.example\"\n");
    let ended = doctor(&scene, &[]).ends_with(2);
    tells(&ended, "settings file", "failed", &["base-ulr", "base-url"]);
    tells(&ended, "webhooks", "skipped", &["the settings can't be read"]);
    assert_eq!(scene.requests(), 0);
}

#[test]
fn each_key_that_is_refused_is_named() {
    let scene = Scene::new(outage(3));
    let with = |variable: &str| run(scene.pointed("doctor").args(["--format", "json"]).env(variable, "wrong-key"));
    let ended = with("HOOKMEND_API_KEY").ends_with(13);
    tells(&ended, "address", "warning", &["answers 401", "--base-url"]);
    tells(&ended, "api key", "failed", &["most likely refused", "it is not the subscription key"]);
    tells(&ended, "subscription key", "skipped", &["does not tell which key"]);
    tells(&ended, "listing", "skipped", &["the vendor refused the keys"]);
    tells(&ended, "log and vendor", "skipped", &["the vendor refused the keys"]);
    tells(&ended, "received log", "ok", &[]);
    let ended = ended.never_says("did not answer");
    ended.never_says("lists no delivered event");
    let ended = with("HOOKMEND_SUBSCRIPTION_KEY").ends_with(13);
    tells(&ended, "address", "ok", &[]);
    tells(&ended, "subscription key", "failed", &["invalid subscription key"]);
    tells(&ended, "api key", "skipped", &["before it looks at this one"]);
}

#[test]
fn of_what_was_never_asked_nothing_is_said() {
    let scene = Scene::new(outage(3));
    let keyless = run(scene.pointed("doctor").args(["--format", "json"]).env_remove("HOOKMEND_API_KEY")).ends_with(2);
    let plain = run(scene.pointed_at("doctor", "http://vendor.example/V2").args(["--format", "json"])).ends_with(2);
    let down = run(scene.pointed_at("doctor", "http://127.0.0.1:9/V2").args(["--format", "json"])).ends_with(12);
    for (ended, why) in [
        (keyless, "a key is missing"),
        (plain, "the address can't be used"),
        (down, "the vendor did not answer the probe"),
    ] {
        tells(&ended, "log and vendor", "skipped", &[why]);
        tells(&ended, "received log", "ok", &[]);
        ended.never_says("lists no delivered event");
    }
    scene.fault("html-502@list");
    let ended = doctor(&scene, &[]).ends_with(12);
    tells(&ended, "log and vendor", "skipped", &["did not list"]);
}

/// A vendor that gives the same answer to everything; ends with the test's process.
fn canned(head: impl Fn() -> String + Send + 'static, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}/restapi/V2", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                line.clear();
            }
            let head = head();
            // A client that has gone away has seen enough.
            let _ = write!(&stream, "{head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        }
    });
    address
}

#[test]
fn another_api_of_the_vendor_is_told_apart_from_wrong_keys() {
    let scene = Scene::new(outage(3));
    let address = canned(|| "HTTP/1.1 401 Unauthorized".to_owned(), "");
    let ended = run(scene.pointed_at("doctor", &address).args(["--format", "json"])).ends_with(13);
    tells(&ended, "address", "warning", &["401", "--base-url"]);
}

#[test]
fn what_is_not_the_vendors_api_and_what_does_not_answer_are_told() {
    let scene = Scene::new(outage(3));
    let at = |address: &str| run(scene.pointed_at("doctor", address).args(["--format", "json"]));
    let page = canned(|| "HTTP/1.1 200 OK".to_owned(), "<html><title>Welcome</title></html>");
    let ended = at(&page).ends_with(2);
    tells(&ended, "address", "failed", &["Welcome", "check --base-url"]);
    let ended = at(&scene.sandbox.base_url().replace("/V2", "/V9")).ends_with(2);
    tells(&ended, "address", "failed", &["no such path", "check --base-url"]);
    let ended = at("http://127.0.0.1:9/restapi/V2").ends_with(12);
    tells(&ended, "address", "failed", &["could not connect"]);
    tells(&ended, "api key", "skipped", &[]);
    scene.fault("unavailable");
    tells(&doctor(&scene, &[]).ends_with(12), "address", "failed", &["the vendor failed (503)"]);
}

#[test]
fn a_clock_that_is_off_is_told() {
    let scene = Scene::new(outage(3));
    for (minutes, verdict, code) in [(3, "warning", 0), (-20, "failed", 11)] {
        let head = move || {
            let at: DateTime<Utc> = Utc::now() + TimeDelta::minutes(minutes);
            format!("HTTP/1.1 200 OK\r\nDate: {}", at.format("%a, %d %b %Y %H:%M:%S GMT"))
        };
        let address = canned(head, "[]");
        let mut command = scene.program();
        command.args(["doctor", "--format", "json", "--idempotent", "--base-url", &address, "--webhook", "hook-1"]);
        let ended = run(&mut command);
        tells(&ended, "clock", verdict, &["NTP"]);
        // A vendor without webhooks is a failure of its own, which outranks the clock.
        assert_eq!(ended.code, Some(2), "{ended}");
        assert_eq!(check(&ended, "clock")["exit_code"].as_u64().unwrap_or_default(), code, "{ended}");
    }
}

#[test]
fn events_from_the_future_betray_a_wrong_zone() {
    let plan = outage(3).event(EventPlan::delivered("fresh", hours_ago(0)));
    let scene = Scene::new(plan).with_fault("zone-shift=+2h");
    let ended = doctor(&scene, &[]).ends_with(11);
    tells(&ended, "time zone", "failed", &["created in the future", "--time-zone"]);
}

#[test]
fn a_webhook_that_can_not_be_seen_is_named_beside_those_that_can() {
    let scene = Scene::new(outage(3));
    let mut command = scene.program();
    let address = scene.sandbox.base_url();
    command.args(["doctor", "--format", "json", "--base-url", &address, "--webhook", "hook-77", "--idempotent"]);
    let ended = run(&mut command).ends_with(2);
    tells(&ended, "webhooks", "failed", &["can't see hook-77", "1 webhook"]);
    tells(&ended, "listing", "skipped", &[]);
    tells(&ended, "received log", "skipped", &["idempotent"]);
}

#[test]
fn a_filter_that_is_ignored_or_hides_is_told() {
    let plan = || outage(3).event(EventPlan::missing("today", hours_ago(3)));
    let scene = Scene::new(plan()).with_fault("ignore-success-filter");
    tells(&doctor(&scene, &[]).ends_with(0), "filter", "warning", &["ignores success=false"]);
    let scene = Scene::new(plan()).with_fault("failed-listing-empty");
    tells(&doctor(&scene, &[]).ends_with(0), "filter", "warning", &["hides 1 of 1"]);
    let scene = Scene::new(plan());
    tells(&doctor(&scene, &[]).ends_with(0), "filter", "ok", &["shows all 1"]);
}

#[test]
fn a_vendor_that_stops_answering_leaves_the_rest_checked() {
    let scene = Scene::new(outage(3)).with_fault("html-502@list");
    let ended = doctor(&scene, &[]).ends_with(12);
    tells(&ended, "webhooks", "ok", &[]);
    tells(&ended, "listing", "failed", &["502"]);
    tells(&ended, "log and vendor", "skipped", &[]);
    tells(&ended, "ledger", "ok", &[]);
    assert_eq!(scene.sandbox.world().count(Operation::List), 1, "a failing vendor was asked again");
}

#[test]
fn a_window_older_than_what_is_listed_is_told() {
    let scene = Scene::new(outage(3));
    let ended = doctor(&scene, &["--since", "200d"]);
    tells(&ended, "retention", "warning", &["sampled days", "begin the window later"]);
    tells(&doctor(&scene, &[]), "retention", "ok", &[]);
}

#[test]
fn a_log_of_something_else_is_told() {
    let scene = Scene::new(outage(3));
    let other = scene.file("other.jsonl", "{\"event_id\":\"x-1\"}\n{\"event_id\":\"x-2\"}\n").display().to_string();
    let address = scene.sandbox.base_url();
    let webhook = scene.webhook();
    let with = |more: &[&str]| {
        let mut command = scene.program();
        command.args(["doctor", "--format", "json", "--base-url", &address, "--webhook", &webhook, "--received"]);
        run(command.args(more))
    };
    let ended = with(&[&other]).ends_with(11);
    tells(&ended, "log and vendor", "failed", &["holds none of", "none of their ids stands anywhere"]);
    let missing = with(&["no-such.log"]).ends_with(2);
    tells(&missing, "received log", "failed", &["no-such.log", "--received"]);
    tells(&missing, "log coverage", "skipped", &[]);
}

/// The log of a scene, each line made anew of its event id and its place.
fn rewritten(scene: &Scene, name: &str, head: &str, line: impl Fn(&str, usize) -> String) -> String {
    let log = fs::read_to_string(scene.sandbox.received_log()).expect("a log");
    let id = |line: &str| -> String {
        let record: Value = serde_json::from_str(line).expect("a JSON line");
        record["event_id"].as_str().expect("an id").to_owned()
    };
    let lines: String = log.lines().enumerate().map(|(number, text)| line(&id(text), number)).collect();
    scene.file(name, format!("{head}{lines}")).display().to_string()
}

#[test]
fn the_field_that_holds_the_ids_is_named() {
    let scene = Scene::new(outage(3));
    let nested = rewritten(&scene, "in.jsonl", "", |id, number| {
        format!("{{\"id\":\"row-{number}\",\"meta\":{{\"event\":\"{id}\"}},\"status\":200}}\n")
    });
    let table = rewritten(&scene, "in.csv", "id,reference,status\n", |id, number| format!("row-{number},{id},200\n"));
    let text = rewritten(&scene, "in.log", "", |id, number| format!("ts={number} id=row-{number} ref={id} ok\n"));
    let free = rewritten(&scene, "free.log", "", |id, number| format!("{number}: took POST /hooks/{id}?a=b well\n"));
    for (log, more, right) in [
        (&nested, &[][..], &["--received-id", "/meta/event"][..]),
        (&table, &[], &["--received-id", "reference"]),
        (&text, &[], &["--received-id", "ref"]),
        (
            &free,
            &["--received-format", "text", "--received-id", "took (?<id>[A-Z]+)"],
            &["--received-format", "text", "--received-id", "/hooks/(?<id>[0-9A-Za-z-]+)"],
        ),
    ] {
        let with = |arguments: &[&str]| {
            let mut command = scene.program();
            command.args(["doctor", "--format", "json", "--base-url", &scene.sandbox.base_url()]);
            run(command.args(["--webhook", &scene.webhook(), "--received", log]).args(arguments))
        };
        let ended = with(more).ends_with(11);
        let last = right.last().expect("a field");
        tells(&ended, "log and vendor", "failed", &["holds none of", last]);
        tells(&with(right).ends_with(0), "log and vendor", "ok", &["the log holds"]);
    }
}

#[test]
fn ids_in_lines_that_do_not_count_are_told_apart_from_a_wrong_field() {
    let scene = Scene::new(outage(3));
    let refused = rewritten(&scene, "in.jsonl", "", |id, number| {
        let status = if number == 0 { 200 } else { 500 };
        let id = if number == 0 { "other" } else { id };
        format!("{{\"event_id\":\"{id}\",\"status\":{status}}}\n")
    });
    let mut command = scene.program();
    command.args([
        "doctor",
        "--format",
        "json",
        "--base-url",
        &scene.sandbox.base_url(),
        "--webhook",
        &scene.webhook(),
    ]);
    let ended = run(command.args(["--received", &refused, "--received-status", "status"])).ends_with(11);
    tells(&ended, "log and vendor", "failed", &["do not count as received", "--received-status"]);
}

#[test]
fn a_log_that_can_not_be_read_is_told() {
    let scene = Scene::new(outage(3));
    let folder = scene.home().display().to_string();
    let zip = scene.file("log.zip", b"PK\x03\x04\x14\x00\x00\x00").display().to_string();
    for log in [&folder, &zip] {
        let ended = run(scene.program().args(["doctor", "--format", "json", "--received", log])).ends_with(2);
        tells(&ended, "received log", "failed", &[]);
    }
}

fn ledger_of(scene: &Scene) -> PathBuf {
    scene.home().join(".local/state/hookmend/ledger.sqlite")
}

#[test]
fn a_ledger_that_is_held_is_told_and_left_alone() {
    let scene = Scene::new(outage(3));
    let guard = Ledger::at(ledger_of(&scene)).lock("reconcile", Utc::now()).expect("the ledger is free");
    let ended = doctor(&scene, &[]).ends_with(0);
    tells(&ended, "ledger lock", "warning", &["another run holds the ledger (reconcile, pid"]);
    tells(&ended, "ledger", "ok", &[]);
    drop(guard);
    tells(&doctor(&scene, &[]), "ledger lock", "ok", &["free"]);
}

#[test]
fn a_place_that_can_not_hold_a_ledger_is_told() {
    let scene = Scene::new(outage(3));
    let not_sqlite = scene.file("notes.txt", "remember the milk\n").display().to_string();
    let ended = doctor(&scene, &["--ledger", &not_sqlite]).ends_with(2);
    tells(&ended, "ledger", "failed", &["notes.txt"]);
    tells(&ended, "last run", "skipped", &[]);
    if rustix::process::geteuid().is_root() {
        crate::switch::say("SKIPPED a folder that can't be written: root can write everywhere");
        return;
    }
    let folder = scene.home().join("sealed");
    fs::create_dir(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o500)).expect("permissions can be set");
    let ended = doctor(&scene, &["--ledger", &folder.join("l.sqlite").display().to_string()]).ends_with(2);
    tells(&ended, "ledger", "failed", &["sealed can't be written"]);
}

#[test]
fn what_waits_in_the_ledger_is_told() {
    let scene = Scene::new(outage(3));
    let (hook, event) = (WebhookId::new(&scene.webhook()).expect("an id"), EventId::new("lost-0").expect("an id"));
    let entry = Quarantine {
        since: hours_ago(1),
        created_at: None,
        resend_id: event.clone(),
        attempts: 5,
        reason: "refused".to_owned(),
    };
    let start = RunStart {
        run_id: "run-1".to_owned(),
        command: "reconcile".to_owned(),
        started_at: hours_ago(2),
        window: Window::new(hours_ago(9), hours_ago(2)).expect("a window"),
        webhooks: vec![hook.clone()],
        asked_by: "anna".to_owned(),
    };
    let end = RunEnd {
        finished_at: hours_ago(1),
        outcome: RunOutcome::Left,
        totals: "{}".to_owned(),
        quarantine: vec![QuarantineChange::Entered { webhook: hook, event, entry }],
        proven: Vec::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let guard = Ledger::at(ledger_of(&scene)).lock("reconcile", Utc::now()).expect("the ledger is free");
    runtime.block_on(async {
        guard.record_run_start(start).await.expect("a run begins");
        guard.record_run_end(end).await.expect("a run ends");
    });
    drop(guard);
    let ended = doctor(&scene, &[]).ends_with(0);
    tells(&ended, "last run", "warning", &["ended left", "hookmend history run-1"]);
    tells(&ended, "open events", "warning", &["1 event in quarantine", "quarantine list"]);
}

#[test]
fn what_is_told_at_the_end_of_runs_is_checked_and_not_told() {
    let scene = Scene::new(outage(3));
    let metrics = scene.home().join("a.prom").display().to_string();
    let ended = doctor(&scene, &["--metrics", &metrics, "--ping", "https://hc.example/hunter2"]).ends_with(0);
    tells(&ended, "metrics", "ok", &["a.prom can be written"]);
    tells(&ended, "ping", "ok", &["https://hc.example/…"]);
    ended.never_says("hunter2");
    assert!(!scene.home().join("a.prom").exists());
    let ended = doctor(&scene, &["--metrics", "/no/such/folder/a.prom"]).ends_with(2);
    tells(&ended, "metrics", "failed", &["/no/such/folder"]);
}

#[test]
fn no_key_is_ever_shown() {
    let scene = Scene::new(outage(3));
    let file = scene.file("hookmend.toml", "api-key = \"sk-live-7777\"\nsubscription-key = { env = \"OTHER\" }\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
    let keyed = |mut command: Command| {
        command.env_remove("HOOKMEND_API_KEY").env_remove("HOOKMEND_SUBSCRIPTION_KEY").env("OTHER", "sub-live-8888");
        command
    };
    for verbosity in [&["-v"][..], &["-q"], &[]] {
        for format in ["human", "json", "jsonl"] {
            let mut command = keyed(scene.pointed("doctor"));
            let ended = run(command.args(["--format", format]).args(verbosity)).ends_with(13);
            assert!(!ended.stdout.is_empty(), "{ended}");
            ended.never_says("sk-live-7777").never_says("sub-live-8888");
        }
    }
    let ended = run(keyed(scene.pointed("doctor")).arg("-v"));
    ended.says("api-key = (set)  (hookmend.toml:1)").says("from the variable OTHER named in hookmend.toml:2");
}

#[test]
fn a_page_for_a_person_has_a_line_for_each_check() {
    let scene = Scene::new(outage(3));
    let ended = run(&mut scene.pointed("doctor")).ends_with(0);
    let ended = ended.says("ok       api key           from HOOKMEND_API_KEY; the vendor accepts it\n");
    let ended = ended.says("\nReady: nothing stands in the way of a run");
    assert!(!ended.stdout.contains('\u{1b}') && ended.stderr.is_empty(), "{ended}");
    run(scene.pointed("doctor").arg("-q")).ends_with(0).never_says("api key");
}
