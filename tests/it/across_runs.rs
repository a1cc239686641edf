//! What the ledger carries from one run of the program to the next: quarantine and its release, the
//! failure budget, and where the next window begins.

use chrono::{DateTime, TimeDelta, Utc};
use hookmend::sandbox::{Availability, ReceiverPlan};
use serde_json::Value;

use crate::scene::{Ended, Scene, bare_program, outage, run};

fn poisoned() -> Scene {
    Scene::new(outage(4).receiver(ReceiverPlan::default().refusing("lost-0", 422)))
}

/// A command that knows the home and nothing else: no keys, no vendor.
fn locally(scene: &Scene, arguments: &[&str]) -> Ended {
    run(bare_program(scene.home()).args(arguments))
}

fn event<'a>(document: &'a Value, id: &str) -> &'a Value {
    let events = document["webhooks"][0]["events"].as_array().expect("an array of events");
    events.iter().find(|event| event["event_id"] == id).unwrap_or_else(|| panic!("{id} is not told: {document}"))
}

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("RFC 3339")
}

#[test]
fn a_poison_event_is_quarantined_reported_and_tried_again_once_a_person_releases_it() {
    let scene = poisoned();
    let bound = ["--max-attempts", "2"];
    scene.reconcile(&bound).ends_with(10).counts("recovered", 3).counts("quarantined", 1);
    let sent = scene.resends();

    // It is told on every run, whatever the window and the bound, and not sent.
    for arguments in [&["--since", "1h"][..], &["--max-attempts", "50"], &["--dry-run"]] {
        let ended = scene.reconcile(arguments).counts("quarantined", 1);
        let document = ended.document();
        let told = event(&document, "lost-0");
        assert_eq!(told["result"], "quarantined", "{ended}");
        assert!(told["reason"].as_str().is_some_and(|reason| reason.starts_with("in quarantine since ")), "{ended}");
        ended.ends_with(if arguments == ["--dry-run"] { 0 } else { 10 });
    }
    scene.check(&["--since", "1h"]).ends_with(10).counts("quarantined", 1);
    assert_eq!(scene.resends(), sent);

    let listed = locally(&scene, &["quarantine", "list"]).ends_with(0).says("lost-0").says("422");
    assert!(!listed.stdout.contains("lost-1"), "{listed}");
    locally(&scene, &["history", "lost-0"]).ends_with(0).says("reconcile");

    scene.sandbox.set_receiver(ReceiverPlan::default());
    locally(&scene, &["quarantine", "release", "lost-0"]).ends_with(0);
    scene.reconcile(&bound).ends_with(0).counts("recovered", 1).counts("quarantined", 0);
    scene.assert_everything_arrived_once();
}

#[test]
fn a_quarantined_event_that_arrives_after_all_is_told_no_more() {
    let scene = poisoned();
    scene.reconcile(&["--max-attempts", "1"]).ends_with(10).counts("quarantined", 1);
    // Another log of the same receiver, as after a repair by hand.
    let mended = scene.file("mended.txt", scene.sandbox.world().event_ids(&scene.webhook()).join("\n") + "\n");
    let mended = mended.to_str().expect("a readable path");
    scene.reconcile(&["--received", mended, "--since", "1h"]).ends_with(0).counts("quarantined", 0);
    locally(&scene, &["quarantine", "list", "--format", "json"]).ends_with(0).says("\"events\": []");
}

#[test]
fn failed_deliveries_stay_within_the_budget_over_all_runs() {
    let scene = Scene::new(outage(6).receiver(ReceiverPlan::default().availability(Availability::Down)));
    for _ in 0..3 {
        let ended = scene.reconcile(&["--failure-budget", "2/60m"]).ends_with(10).reports("failure_budget");
        let document = ended.document();
        let waiting = event(&document, "lost-5")["reason"].as_str().expect("a reason").to_owned();
        let free_at: DateTime<Utc> =
            waiting.rsplit(' ').next().expect("a time").parse().unwrap_or_else(|_| panic!("{waiting}"));
        let wait = free_at - Utc::now();
        assert!(wait > TimeDelta::minutes(50) && wait <= TimeDelta::minutes(60), "{waiting}");
    }
    assert_eq!(scene.resends(), 2);
    scene.sandbox.set_receiver(ReceiverPlan::default());
    scene.reconcile(&["--failure-budget", "2/60m"]).ends_with(10);
    assert_eq!(scene.resends(), 2, "the budget is spent, whatever the receiver does");
    scene.reconcile(&[]).ends_with(0);
    scene.assert_everything_arrived_once();
}

#[test]
fn the_next_window_begins_where_the_proven_one_ended() {
    let scene = Scene::new(outage(3));
    let first = scene.reconcile(&["--since", "last"]).ends_with(0).document();
    let length = instant(&first["window"]["to"]) - instant(&first["window"]["from"]);
    assert_eq!(length.num_days(), 7, "without a proven run the usual window is taken");

    let second = scene.reconcile(&["--since", "last"]).ends_with(0).document();
    let overlap = instant(&first["window"]["to"]) - instant(&second["window"]["from"]);
    // Three hours, and what the first run found too young to judge.
    assert!(overlap >= TimeDelta::hours(3) && overlap < TimeDelta::hours(4), "{overlap}");
}

#[test]
fn a_run_that_was_not_clean_does_not_move_the_next_window() {
    let scene = poisoned();
    scene.reconcile(&["--since", "last", "--max-attempts", "1"]).ends_with(10);
    let second = scene.reconcile(&["--since", "last"]).ends_with(10).document();
    let length = instant(&second["window"]["to"]) - instant(&second["window"]["from"]);
    assert_eq!(length.num_days(), 7);
}
