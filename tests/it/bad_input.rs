//! What a user can get wrong ends with 2 and a clear word, before any request; keys and addresses that
//! the vendor refuses have codes of their own.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scene::{Ended, Scene, outage, run, run_with_input};

#[track_caller]
fn refused_without_a_request(scene: &Scene, ended: Ended, words: &[&str]) {
    let mut ended = ended.ends_with(2).says_on_stderr("error: ").says_on_stderr("hint: ");
    for word in words {
        ended = ended.says_on_stderr(word);
    }
    assert_eq!(scene.requests(), 0, "{ended}");
}

fn reconcile_with(scene: &Scene, arguments: &[&str]) -> Ended {
    let address = scene.sandbox.base_url();
    run(scene.program().args(["reconcile", "--base-url", &address]).args(arguments))
}

#[test]
fn impossible_windows_and_zones_are_refused() {
    let scene = Scene::new(outage(3));
    let webhook = scene.webhook();
    let log = scene.sandbox.received_log().display().to_string();
    for (arguments, words) in [
        (&["--from", "2026-11-02", "--to", "2026-11-01"][..], &["2026-11-02"][..]),
        (&["--from", "2026-02-30"], &["2026-02-30"]),
        (&["--from", "someday"], &["someday"]),
        (&["--since", "7"], &["7"]),
        (&["--since=-7d"], &["-7d"]),
        (&["--since", "7d", "--time-zone", "Europe/Olso"], &["Europe/Olso", "Europe/Oslo"]),
        (&["--from", "2090-01-01"], &["2090"]),
    ] {
        let mut all = vec!["--webhook", &webhook, "--received", &log];
        all.extend(arguments);
        refused_without_a_request(&scene, reconcile_with(&scene, &all), words);
    }
}

#[test]
fn something_that_is_no_webhook_id_is_refused() {
    let scene = Scene::new(outage(3));
    let log = scene.sandbox.received_log().display().to_string();
    for webhook in ["../../secret", "not an id", "not-a-webhook", "", "c5fc598e-707e-4291-b8f4-d74b451e8c2z"] {
        let arguments = ["--received", &log, "--webhook", webhook];
        refused_without_a_request(&scene, reconcile_with(&scene, &arguments), &[]);
    }
}

#[test]
fn logs_that_can_not_be_used_are_refused() {
    let scene = Scene::new(outage(3));
    let webhook = scene.webhook();
    let binary = scene.file("binary.log", b"\x00\x01\x02\xff\xfe binary \x00".repeat(50)).display().to_string();
    let zip = scene.file("log.zip", b"PK\x03\x04\x14\x00\x00\x00").display().to_string();
    let jsonl = scene.file("in.jsonl", "{\"a\":1,\"event\":\"x\"}\n{\"a\":2,\"event\":\"y\"}\n").display().to_string();
    let csv = scene.file("in.csv", "time,event\n1,x\n2,y\n").display().to_string();
    let folder = scene.home().display().to_string();
    for (log, more, word) in [
        ("no-such-file.log", &[][..], "no-such-file.log"),
        ("no-such-*.log", &[][..], "no-such-*.log"),
        (&folder, &[], "folder"),
        (&binary, &[], "binary.log"),
        (&zip, &[], "log.zip"),
        (&jsonl, &["--received-id", "event_id"], "event_id"),
        (&csv, &["--received-id", "event_id"], "event_id"),
    ] {
        let mut arguments = vec!["--webhook", &webhook, "--received", log];
        arguments.extend(more);
        let ended = reconcile_with(&scene, &arguments);
        let ended = ended.ends_with(2).says_on_stderr("error: ").says_on_stderr("hint: ");
        let told = ended.stderr.to_lowercase().contains(word) || word == "folder" && ended.stderr.contains("directory");
        assert!(told, "{word}: {ended}");
        assert_eq!(scene.requests(), 0, "{ended}");
    }
}

#[test]
fn an_archive_that_is_cut_short_rules_nothing_out() {
    let scene = Scene::new(outage(3));
    let webhook = scene.webhook();
    let gz = scene.file("log.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00").display().to_string();
    let ended = reconcile_with(&scene, &["--webhook", &webhook, "--received", &gz]).ends_with(11);
    assert!(ended.stdout.replace("\n    ", " ").contains("gzip data is cut short"), "{ended}");
    assert_eq!(scene.resends(), 0, "{ended}");
}

#[test]
fn plain_http_to_another_host_is_refused() {
    let scene = Scene::new(outage(3));
    let log = scene.sandbox.received_log().display().to_string();
    let webhook = scene.webhook();
    for address in
        ["http://vendor.example/api", "ftp://vendor.example", "vendor.example", "https://user:pw@vendor.example"]
    {
        let mut command = scene.program();
        command.args(["reconcile", "--base-url", address, "--webhook", &webhook, "--received", &log]);
        refused_without_a_request(&scene, run(&mut command), &[]);
    }
}

#[test]
fn missing_keys_webhooks_and_logs_are_named() {
    let scene = Scene::new(outage(3));
    let log = scene.sandbox.received_log().display().to_string();
    let webhook = scene.webhook();
    let mut keyless = scene.pointed("reconcile");
    keyless.env_remove("HOOKMEND_API_KEY");
    refused_without_a_request(&scene, run(&mut keyless), &["HOOKMEND_API_KEY"]);
    refused_without_a_request(&scene, reconcile_with(&scene, &["--received", &log]), &["--webhook"]);
    refused_without_a_request(
        &scene,
        reconcile_with(&scene, &["--webhook", &webhook]),
        &["--received", "--idempotent"],
    );
    refused_without_a_request(&scene, run(scene.program().arg("reconcile")), &[]);
}

#[test]
fn a_settings_file_with_a_key_that_others_can_read_is_refused() {
    let scene = Scene::new(outage(3));
    let path = scene.file("hookmend.toml", "api-key = \"secret-value\"\n");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions can be set");
    let ended = run(&mut scene.pointed("reconcile"));
    assert!(!ended.stderr.contains("secret-value"), "{ended}");
    refused_without_a_request(&scene, ended, &["chmod 600"]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
    run(scene.pointed("reconcile").args(["--format", "json"])).ends_with(0);
}

#[test]
fn a_settings_file_that_others_can_write_is_refused() {
    let scene = Scene::new(outage(3));
    let path = scene.file("hookmend.toml", "min-age = \"1m\"\n");
    for mode in [0o664, 0o666] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permissions can be set");
        let ended = run(&mut scene.pointed("reconcile"));
        refused_without_a_request(&scene, ended, &["can be written by others", "chmod go-w hookmend.toml"]);
    }
}

#[test]
fn an_unknown_setting_is_refused_with_the_nearest_one() {
    let scene = Scene::new(outage(3));
    scene.file("hookmend.toml", "base-ulr = \"https://vendor.example\"\n");
    refused_without_a_request(&scene, run(&mut scene.pointed("reconcile")), &["base-ulr", "base-url"]);
}

#[test]
fn each_refused_key_is_named() {
    let scene = Scene::new(outage(3));
    let mut wrong = scene.pointed("reconcile");
    wrong.args(["--format", "json"]).env("HOOKMEND_SUBSCRIPTION_KEY", "wrong");
    run(&mut wrong).ends_with(13).reports("credentials_refused").says("HOOKMEND_SUBSCRIPTION_KEY");
    let mut wrong = scene.pointed("reconcile");
    wrong.args(["--format", "json"]).env("HOOKMEND_API_KEY", "wrong");
    run(&mut wrong).ends_with(13).reports("credentials_refused").says("HOOKMEND_API_KEY");
    assert_eq!(scene.resends(), 0);
}

#[test]
fn a_wrong_address_is_told_apart_from_a_wrong_key() {
    let scene = Scene::new(outage(3));
    let address = scene.sandbox.base_url().replace("/V2", "/V9");
    let mut command = scene.pointed_at("reconcile", &address);
    run(command.args(["--format", "json"])).ends_with(2).reports("wrong_address").says("--base-url");
    let scene = Scene::new(outage(3)).with_fault("redirect");
    scene.reconcile(&[]).ends_with(2).reports("wrong_address");
    let elsewhere = scene.sandbox.world().calls().iter().any(|call| call.path.contains("elsewhere"));
    assert!(!elsewhere, "a redirect was followed");
}

#[test]
fn an_unknown_webhook_is_told_apart_from_a_wrong_address() {
    let scene = Scene::new(outage(3));
    let log = scene.sandbox.received_log().display().to_string();
    let arguments = ["--webhook", "00000000-707e-4291-b8f4-d74b451e8c20", "--received", &log, "--format", "json"];
    reconcile_with(&scene, &arguments).ends_with(2).reports("webhook_unknown");
}

#[test]
fn keys_are_seen_nowhere_and_never_in_a_query() {
    let scene = Scene::new(outage(3));
    for arguments in [&["-v"][..], &["-v", "--format", "jsonl"], &["-v", "--format", "json"]] {
        let ended = run(scene.pointed("reconcile").args(arguments));
        for key in [scene.sandbox.api_key(), scene.sandbox.subscription_key()] {
            assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key), "{ended}");
        }
    }
    let calls = scene.sandbox.world().calls();
    assert!(calls.iter().all(|call| call.has_api_key && call.has_subscription_key && !call.has_key_in_query));
    let ended = run(scene.pointed("reconcile").args(["--api-key", "hunter2"])).ends_with(2);
    assert!(!ended.stderr.contains("hunter2"), "{ended}");
}

#[test]
fn a_log_is_read_from_standard_input_too() {
    let scene = Scene::new(outage(4));
    let log = fs::read(scene.sandbox.received_log()).expect("the log is readable");
    let webhook = scene.webhook();
    let address = scene.sandbox.base_url();
    let mut command = scene.program();
    command.args(["reconcile", "--base-url", &address, "--webhook", &webhook, "--since", "3d", "--settle", "2s"]);
    command.args(["--received", "-", "--format", "json"]);
    run_with_input(&mut command, &log).ends_with(0).counts("recovered", 4);
    scene.assert_everything_arrived_once();
}

#[test]
fn a_failure_while_webhooks_are_enumerated_has_its_own_code_too() {
    for (fault, code) in [("refuse-api-key", 13), ("redirect", 2), ("unavailable", 12), ("quota=07:01:20", 12)] {
        let scene = Scene::new(outage(3)).with_fault(fault);
        let mut command = scene.program();
        command.args(["reconcile", "--all-webhooks", "--deadline", "4s", "--format", "json", "--base-url"]);
        command.arg(scene.sandbox.base_url()).arg("--received").arg(scene.sandbox.received_log());
        let ended = run(&mut command);
        assert_eq!(ended.code, Some(code), "{fault}: {ended}");
    }
}
