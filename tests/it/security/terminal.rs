//! A person at a real terminal, while everything that comes from outside would steer it.

use std::fs;

use hookmend::sandbox::EventPlan;
use serde_json::json;

use super::host::{Home, Host, answer};
use crate::pty::{answered, at_a_terminal};
use crate::scene::{Scene, hours_ago, outage};
use crate::vendor_stub::STEERING;

/// What the program itself draws with: colours, the cursor up and down, a line or the rest of it cleared.
fn is_own(parameters: &str, last: char) -> bool {
    match last {
        'm' => parameters.chars().all(|letter| letter.is_ascii_digit() || letter == ';'),
        'A' | 'B' => parameters.chars().all(|letter| letter.is_ascii_digit()),
        'K' => matches!(parameters, "" | "0" | "2"),
        _ => false,
    }
}

/// Nothing was shown that a terminal acts on but what the program itself draws with.
#[track_caller]
fn steers_nothing(shown: &str) {
    let mut rest = shown.chars();
    while let Some(letter) = rest.next() {
        if letter == '\u{1b}' {
            let sequence: String = rest.clone().take_while(|letter| !letter.is_ascii_alphabetic()).collect();
            let last = rest.clone().nth(sequence.chars().count()).unwrap_or_default();
            let parameters = sequence.strip_prefix('[');
            assert!(parameters.is_some_and(|parameters| is_own(parameters, last)), "{sequence:?}{last}: {shown:?}");
            continue;
        }
        let is_plain = !letter.is_control() || matches!(letter, '\n' | '\r');
        let turns = matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(is_plain && !turns, "{letter:?}: {shown:?}");
    }
}

#[test]
fn ids_and_words_of_the_vendor_do_not_steer_a_terminal_while_a_run_goes_on_and_after_it() {
    let events = (0..4).map(|number| EventPlan::missing(format!("e{number}{STEERING}"), hours_ago(30)));
    let scene = Scene::new(outage(2).events(events)).with_fault("slow=50");
    let mut command = scene.pointed("reconcile");
    command.arg("-v").env("TERM", "xterm-256color").env("USER", STEERING);
    let Some(mut command) = at_a_terminal(&command) else { return };
    let (shown, code) = answered(&mut command, &[("Resend 6 events?", b"y\n")]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("\u{1b}["), "it was drawn: {shown:?}");
    steers_nothing(&shown);
    let list = ["list", "--success", "any", "--since", "3d", "--base-url"];
    let (webhook, address) = (scene.webhook(), scene.sandbox.base_url());
    let asking = |words: &[&str]| {
        let mut command = scene.program();
        command.args(words).env("TERM", "xterm-256color");
        command
    };
    let id = format!("e0{STEERING}");
    for command in [
        asking(&[&list[..], &[&address, "--webhook", &webhook]].concat()),
        asking(&["show", &id, "--webhook", &webhook, "--payload", "--base-url", &address]),
        asking(&["history"]),
        asking(&["history", &id]),
        asking(&["quarantine", "list"]),
    ] {
        let Some(mut command) = at_a_terminal(&command) else { return };
        let (shown, code) = answered(&mut command, &[]);
        assert!(code.is_some_and(|code| code < 100), "{shown}");
        steers_nothing(&shown);
    }
}

#[test]
fn a_vendor_of_nothing_but_hostile_words_does_not_steer_a_terminal() {
    let record = json!({
        "webhookEventId": format!("e{STEERING}"), "status": STEERING, "id": "hook-1", "event": STEERING,
        "url": format!("https://r.example/{STEERING}"), "runs": [{STEERING: STEERING}], "payload": STEERING,
        "createdDateTime": hours_ago(9).to_rfc3339(), "message": STEERING, "title": STEERING,
    });
    for status in ["200 OK", "400 B", "401 U", "500 E"] {
        for body in [record.to_string(), json!([record]).to_string(), format!("<title>{STEERING}</title>")] {
            let host = Host::answering(answer(status, &format!("Location: /{STEERING}\r\n"), body.as_bytes()));
            for words in [
                &["check", "--webhook", "hook-1", "--idempotent", "--since", "1d", "--deadline", "3s"][..],
                &["show", "e", "--webhook", "hook-1", "--payload", "--show-urls"],
                &["webhooks", "list", "--show-urls"],
                &["types"],
                &["doctor", "--webhook", "hook-1"],
            ] {
                let home = Home::new();
                let mut command = home.asking(&host.base_url(), words);
                command.arg("-v").env("TERM", "xterm-256color");
                let Some(mut command) = at_a_terminal(&command) else { return };
                let (shown, _) = answered(&mut command, &[]);
                steers_nothing(&shown);
            }
        }
    }
}

#[test]
fn a_log_and_its_name_do_not_steer_a_terminal() {
    let home = Home::new();
    let name = "log\u{1b}[2J\u{202e}.jsonl";
    let path = home.0.path().join(name);
    let line = |id: &str| json!({"event_id": id, STEERING: STEERING}).to_string();
    let raw = [line("evt-1"), format!("not json {STEERING}"), line(STEERING), line("evt-3")].join("\n");
    fs::write(&path, raw).expect("the home is writable");
    fs::write(home.0.path().join("ids"), format!("evt-1\nevt-9\nx{STEERING}y\n")).expect("the home is writable");
    fs::write(home.0.path().join("plain.log"), format!("a\nb\nc {STEERING}\n")).expect("the home is writable");
    for words in [
        &["received", name][..],
        &["received", name, "--received-id", STEERING],
        &["received", "plain.log", "--absent-of", "ids"],
        &["received", name, "--absent-of", "ids"],
        &["received", "--absent-of", name, "plain.log"],
        &["received", STEERING],
        &[STEERING],
        &["check", "--since", STEERING],
    ] {
        let mut command = home.program(words);
        command.arg("-v").env("TERM", "xterm-256color");
        let Some(mut command) = at_a_terminal(&command) else { return };
        let (shown, _) = answered(&mut command, &[]);
        steers_nothing(&shown);
    }
}
