//! The keys: whatever happens, and however much is asked to be told, they go to the vendor and nowhere
//! else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::host::{API_KEY, Home, Host, SUBSCRIPTION_KEY, answer};
use super::{after, files_below, holds};
use crate::scene::{Ended, Scene, outage, run};

/// Formats of reports.
const ENDINGS: [&str; 5] = ["html", "md", "csv", "json", "xml"];

#[track_caller]
fn tells_no_key(ended: &Ended) {
    for key in [API_KEY, SUBSCRIPTION_KEY] {
        assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key), "{ended}");
    }
}

/// No file of the home holds a key, nor the name of one.
#[track_caller]
fn no_file_holds_a_key(home: &Path) -> usize {
    let files = files_below(home);
    for path in &files {
        let bytes = fs::read(path).expect("a readable file");
        for key in [API_KEY, SUBSCRIPTION_KEY] {
            assert!(!holds(&bytes, key), "{} holds a key", path.display());
            assert!(!path.to_string_lossy().contains(key), "{}", path.display());
        }
    }
    files.len()
}

/// A vendor that repeats the keys it was sent wherever it can say anything.
fn echoing_vendor(status: &'static str) -> Host {
    Host::doing(move |head, stream| {
        let sent = |name: &str| {
            let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name)).unwrap_or_default();
            line.split_once(": ").map_or_else(String::new, |(_, key)| key.to_owned())
        };
        let echo = format!("{} and {}", sent("x-api-key"), sent("ocp-apim-subscription-key"));
        let path = head.split(' ').nth(1).unwrap_or_default();
        let event = |id: &str| {
            json!({
                "webhookId": "hook-1", "webhookEventId": id, "status": format!("No {echo}"), "success": false,
                "createdDateTime": (chrono::Utc::now() - chrono::TimeDelta::hours(9)).to_rfc3339(),
                "runs": [{"at": echo, "url": format!("https://r.example/{echo}"), echo.clone(): echo}],
                "payload": {"callback": echo, echo.clone(): [echo, {"headers": echo}]}, "runsCounter": 1,
            })
        };
        let document: Value = match path.split('?').next().unwrap_or_default().rsplit("/api/").next() {
            Some("Webhooks") => json!([{"id": "hook-1", "event": echo, "url": format!("https://r.example/{echo}")}]),
            Some(path) if path.starts_with("WebhooksTypes") => json!([echo, {"name": echo, "description": echo}]),
            Some(path) if path.matches('/').count() == 1 => json!([event("evt-1"), event("evt-2"), event(&echo)]),
            Some(path) => event(path.rsplit('/').next().unwrap_or_default()),
            None => json!({"message": echo}),
        };
        let document = if status == "200 OK" { document } else { json!({"message": echo, "title": echo}) };
        let headers = format!("Location: /{echo}\r\nWWW-Authenticate: {echo}\r\nRetry-After: 0\r\nX-Echo: {echo}\r\n");
        let bytes = answer(status, &headers, document.to_string().as_bytes());
        drop(std::io::Write::write_all(stream, &bytes));
    })
}

#[test]
fn keys_that_the_vendor_repeats_stand_in_no_output_no_report_and_no_ledger() {
    for status in ["200 OK", "302 Found", "400 B", "401 U", "403 F", "404 N", "500 E"] {
        let (host, switch, home) = (echoing_vendor(status), Host::answering(answer("200 OK", "", b"")), Home::new());
        fs::write(home.0.path().join("received.log"), "evt-7\nevt-8\n").expect("the home is writable");
        let ping = format!("http://{}/ping", switch.address);
        let all = ["--webhook", "hook-1", "--received", "received.log", "--since", "1d", "--deadline", "4s", "-v"];
        let settle = ["--settle", "1s", "--no-proof", "--metrics", "m.prom", "--ping", &ping];
        let reports: Vec<String> = ENDINGS.iter().map(|ending| format!("report.{ending}")).collect();
        for format in ["human", "json", "jsonl"] {
            for subcommand in ["check", "reconcile"] {
                let mut command = home.asking(&host.base_url(), &[&[subcommand][..], &all, &settle].concat());
                command.args(["--format", format]).env("RUST_BACKTRACE", "full").env("GITHUB_ACTIONS", "true");
                command.args(reports.iter().flat_map(|report| ["--report", report]));
                tells_no_key(&run(&mut command));
            }
            for words in [
                &["show", "evt-1", "--webhook", "hook-1", "--payload", "--show-urls"][..],
                &["webhooks", "list", "--show-urls"],
                &["types"],
                &["types", "SaleCreated"],
                &["list", "--webhook", "hook-1", "--since", "1d", "--deadline", "4s"],
                &["doctor", "--webhook", "hook-1", "--received", "received.log"],
            ] {
                tells_no_key(&run(home.asking(&host.base_url(), words).args(["--format", format, "-v"])));
            }
            for words in [&["history"][..], &["quarantine", "list"]] {
                tells_no_key(&run(home.program(words).args(["--format", format, "-v"])));
            }
        }
        assert!(host.requests().iter().any(|request| request.contains(API_KEY)), "the vendor gets them");
        assert!(no_file_holds_a_key(home.0.path()) > 5, "reports, metrics and a ledger were written");
        assert!(!switch.requests().is_empty());
        for request in switch.requests() {
            assert!(!request.contains(API_KEY) && !request.contains(SUBSCRIPTION_KEY), "{request}");
        }
    }
}

#[test]
fn an_event_whose_id_repeats_a_key_is_told_of_without_it() {
    let (host, home) = (echoing_vendor("200 OK"), Home::new());
    let words = ["check", "--webhook", "hook-1", "--idempotent", "--since", "1d", "--no-proof", "--format", "json"];
    run(&mut home.asking(&host.base_url(), &words)).ends_with(11).reports("records_unusable").says("repeats a key");
}

/// What a process says of itself to others on the machine.
const ITSELF: &str = "for pid in $$ $PPID; do cat /proc/$pid/cmdline /proc/$pid/comm /proc/$pid/task/*/comm; done; \
                      cat /proc/$$/environ";

#[test]
fn a_command_that_fetches_a_key_finds_no_other_in_its_environment_nor_any_in_the_list_of_processes() {
    let scene = Scene::new(outage(3));
    scene.file("api.key", scene.sandbox.api_key());
    scene.file("hookmend.toml", format!("api-key = {{ command = '{{ {ITSELF}; }} > seen; cat api.key' }}\n"));
    let mut command = scene.pointed("reconcile");
    command.env_remove("HOOKMEND_API_KEY").env("PATH", "/usr/bin:/bin").args(["--format", "json"]);
    let database = "postgres://reader:pa55w0rd-of-it@127.0.0.1:1/x?table=t&id=i";
    command.env("HOOKMEND_PING", "http://127.0.0.1:9/hunter2-ping").env("HOOKMEND_RECEIVED", database);
    run(&mut command).ends_with(0).counts("recovered", 3);
    let seen = fs::read(scene.home().join("seen")).expect("the command ran");
    assert!(holds(&seen, "hookmend") && holds(&seen, "--base-url"), "it saw the list of processes");
    for secret in [scene.sandbox.api_key(), scene.sandbox.subscription_key(), "hunter2-ping", "pa55w0rd-of-it"] {
        assert!(!holds(&seen, secret), "{secret} in {}", String::from_utf8_lossy(&seen));
    }
}

#[test]
fn what_a_failing_command_printed_is_not_repeated() {
    for line in ["printf half-a-s3cret; exit 3", "printf 'two half-a-s3cret'", "printf 'half-a-s3cret\\351'"] {
        let scene = Scene::new(outage(3));
        scene.file("hookmend.toml", format!("api-key = {{ command = \"{}\" }}\n", line.replace('\\', "\\\\")));
        let mut command = scene.pointed("check");
        command.env_remove("HOOKMEND_API_KEY").env("PATH", "/usr/bin:/bin").arg("-v").env("RUST_BACKTRACE", "full");
        let ended = run(&mut command).ends_with(2).never_says("half-a-s3cret").says_on_stderr("hint: ");
        assert_eq!(scene.requests(), 0, "{ended}");
    }
}

#[test]
fn a_program_that_is_out_of_memory_or_threads_dies_without_telling_a_key() {
    let (mut killed, mut well) = (0, 0);
    let scene = Scene::new(outage(3));
    // From what does not load the program to more than it needs; between them it dies in many places.
    for step in 0..24_u64 {
        let kibibytes = 20_000 + step * step * 2_000;
        let mut command = scene.pointed("check");
        command.args(["-v"]).env("RUST_BACKTRACE", "full");
        let ended = run(&mut after(&format!("ulimit -c unlimited; ulimit -v {kibibytes}"), &command));
        killed += usize::from(!matches!(ended.code, Some(10)));
        well += usize::from(ended.code == Some(10));
        for key in [scene.sandbox.api_key(), scene.sandbox.subscription_key()] {
            assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key), "{ended}");
        }
        for path in files_below(scene.home()) {
            assert!(!path.to_string_lossy().contains("core"), "{} was left by {ended}", path.display());
        }
    }
    assert!(killed > 2 && well > 0, "{killed} died and {well} did well, which shows nothing");
}
