//! What an operator does by hand: look, plan, cut the plan down, carry it out, resend single events.

use std::fs;
use std::process::Command;

use hookmend::sandbox::{EventPlan, ReceiverPlan};
use serde_json::Value;

use crate::scene::{Ended, Scene, bare_program, hours_ago, outage, run, run_with_input};

/// The program pointed at the sandbox and its log, with nothing said of webhooks or of a window.
fn pointed(scene: &Scene, subcommand: &str) -> Command {
    let mut command = scene.program();
    command
        .arg(subcommand)
        .args(["--base-url", &scene.sandbox.base_url(), "--timeout", "3s", "--settle", "2s"])
        .arg("--received")
        .arg(scene.sandbox.received_log());
    command
}

fn apply(scene: &Scene, plan: &str, more: &[&str]) -> Ended {
    run(pointed(scene, "apply").arg(plan).args(["--format", "json"]).args(more))
}

fn plan(scene: &Scene, file: &str, more: &[&str]) -> Ended {
    run(scene.pointed("plan").args(["-o", file, "--format", "json"]).args(more))
}

fn resend(scene: &Scene, words: &[&str]) -> Ended {
    run(pointed(scene, "resend").args(["--all-webhooks"]).args(words))
}

fn lines(scene: &Scene, file: &str) -> Vec<String> {
    let text = fs::read_to_string(scene.home().join(file)).expect("the plan is there");
    text.lines().map(str::to_owned).collect()
}

fn listed(ended: &Ended) -> Vec<String> {
    let document = ended.document();
    let webhooks = document["webhooks"].as_array().expect("webhooks");
    let events = webhooks.iter().flat_map(|webhook| webhook["events"].as_array().expect("events"));
    events.map(|event| event["event_id"].as_str().expect("an id").to_owned()).collect()
}

fn result_of(ended: &Ended, id: &str) -> (Value, String) {
    let document = ended.document();
    let webhooks = document["webhooks"].as_array().expect("webhooks").clone();
    let mut events = webhooks.iter().flat_map(|webhook| webhook["events"].as_array().expect("events"));
    let event = events.find(|event| event["event_id"] == id).unwrap_or_else(|| panic!("no {id}\n{ended}"));
    (event["result"].clone(), event["reason"].as_str().expect("a reason").to_owned())
}

#[test]
fn list_shows_what_failed_with_its_verdict_and_sends_reads_only() {
    let scene = Scene::new(outage(5).event(EventPlan::unacknowledged("answered-late", hours_ago(30))));
    let ended = run(scene.pointed("list").args(["--format", "json"])).ends_with(0);
    assert_eq!(listed(&ended).len(), 6);
    assert_eq!(result_of(&ended, "answered-late").1, "already in the received log; only the acknowledgement was lost");
    assert_eq!(scene.resends(), 0);
    let page = run(&mut scene.pointed("list")).ends_with(0).says("Events per").says("5 events are missing");
    assert!(page.stdout.contains("lost-4"), "{page}");
}

#[test]
fn without_a_log_list_shows_what_failed_and_says_no_more() {
    let scene = Scene::new(outage(5));
    let address = scene.sandbox.base_url();
    let ended = run(scene.program().args(["list", "--all-webhooks", "--since", "3d", "--base-url", &address]));
    let ended = ended.ends_with(0).says("5 events have failed; without a received log nobody can say which");
    assert!(ended.stdout.contains("lost-4") && !ended.stdout.contains("Verdict"), "{ended}");
}

#[test]
fn list_narrows_sorts_and_limits() {
    let scene = Scene::new(outage(5).event(EventPlan::unacknowledged("answered-late", hours_ago(30))));
    let list = |more: &[&str]| listed(&run(scene.pointed("list").args(["--format", "json"]).args(more)).ends_with(0));
    assert_eq!(list(&["--verdict", "unacknowledged"]), ["answered-late"]);
    assert_eq!(list(&["--sort", "id", "--limit", "2"]), ["answered-late", "lost-0"]);
    assert_eq!(list(&["--sort", "newest", "--verdict", "missing"])[0], "lost-4");
    assert_eq!(list(&["--status", "delivered"]).len(), 30);
    assert_eq!(list(&["--status", "all"]).len(), 36);
    assert_eq!(list(&["--id", "ok-3"]), ["ok-3"], "an event that is named is shown whatever became of it");
    let wrong = run(scene.pointed("list").args(["--verdict", "mising"]));
    wrong.ends_with(2).says_on_stderr("--verdict").says_on_stderr("did you mean missing?");
}

#[test]
fn the_same_selection_narrows_check_and_reconcile_and_never_hides_the_rest() {
    let scene = Scene::new(outage(6));
    let selected = ["--id", "lost-1", "--id", "lost-2"];
    scene.check(&selected).ends_with(10).counts("missing", 2).reports("outside_selection");
    let ended = scene.reconcile(&selected).ends_with(0).counts("recovered", 2).reports("outside_selection");
    assert_eq!(ended.document()["selection"], "id lost-1 or lost-2");
    assert_eq!(scene.resends(), 2);
    scene.check(&["--since", "last"]).ends_with(10).counts("missing", 4);
    scene.assert_no_duplicates();
}

#[test]
fn an_event_type_selects_webhooks() {
    let scene = Scene::new(outage(2));
    let list = |event_type: &str| {
        let mut command = pointed(&scene, "list");
        run(command.args(["--since", "3d", "--event-type", event_type, "--format", "json"]))
    };
    let known = scene.sandbox.webhooks()[0].event_type.clone();
    assert_eq!(listed(&list(&known).ends_with(0)).len(), 2);
    list("NoSuchThing").ends_with(2).reports("webhook_unknown");
}

#[test]
fn a_plan_is_cut_down_and_carried_out_to_the_letter() {
    let scene = Scene::new(outage(8));
    plan(&scene, "p.jsonl", &[]).ends_with(0).counts("missing", 8);
    assert_eq!(scene.resends(), 0, "planning only reads");
    let mut kept = lines(&scene, "p.jsonl");
    assert_eq!(kept.len(), 9);
    kept.drain(3..7);
    scene.file("p.jsonl", kept.join("\n"));
    apply(&scene, "p.jsonl", &["--dry-run"]).ends_with(0);
    assert_eq!(scene.resends(), 0);
    apply(&scene, "p.jsonl", &[]).ends_with(0).counts("recovered", 4).counts("left", 0);
    assert_eq!(scene.resends(), 4);
    scene.check(&[]).ends_with(10).counts("missing", 4);
    // The same plan again does nothing, and says of each event why.
    let again = apply(&scene, "p.jsonl", &[]).ends_with(0).counts("resent", 0);
    let (result, reason) = result_of(&again, "lost-0");
    assert_eq!((result, reason.as_str()), (Value::from("skipped"), "delivered since the plan was made"));
    assert_eq!(scene.resends(), 4);
    scene.assert_no_duplicates();
}

#[test]
fn what_came_into_the_log_since_the_plan_was_made_is_skipped() {
    let scene = Scene::new(outage(3));
    plan(&scene, "p.jsonl", &[]).ends_with(0);
    let log = fs::read_to_string(scene.sandbox.received_log()).expect("a log");
    let line = log.lines().next().expect("a line").to_owned();
    let known = line.split('"').find(|word| word.starts_with("ok-")).expect("an id").to_owned();
    let more = scene.file("more.jsonl", line.replace(&known, "lost-1") + "\n");
    let more = more.to_str().expect("a path");
    let ended = apply(&scene, "p.jsonl", &["--received", more]).ends_with(0).counts("recovered", 2);
    assert_eq!(result_of(&ended, "lost-1").1, "in the received log since the plan was made");
    assert_eq!(scene.resends(), 2);
}

#[test]
fn a_plan_that_is_stale_altered_or_for_another_vendor_is_refused_with_the_reason() {
    let scene = Scene::new(outage(2));
    plan(&scene, "p.jsonl", &[]).ends_with(0);
    let before = scene.requests();
    let text = lines(&scene, "p.jsonl").join("\n");
    scene.file("altered.jsonl", text.replace("lost-1", "lost-9"));
    apply(&scene, "altered.jsonl", &[]).ends_with(2).says_on_stderr("line 3").says_on_stderr("it was changed");
    scene.file("none.jsonl", "what is this\n");
    apply(&scene, "none.jsonl", &[]).ends_with(2).says_on_stderr("not a plan of hookmend");
    apply(&scene, "gone.jsonl", &[]).ends_with(2).says_on_stderr("gone.jsonl");
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    apply(&scene, "p.jsonl", &["--stale-after", "1s"]).ends_with(2).says_on_stderr("the plan was made at");
    apply(&scene, "p.jsonl", &["--base-url", "https://vendor.example/V2"])
        .ends_with(2)
        .says_on_stderr("the plan is for");
    assert_eq!(scene.requests(), before, "nothing was asked");
}

#[test]
fn a_plan_is_never_written_over_and_only_its_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new(outage(2));
    scene.file("p.jsonl", "precious\n");
    plan(&scene, "p.jsonl", &[]).ends_with(2).says_on_stderr("there is a file p.jsonl already");
    plan(&scene, "no/such/folder/p.jsonl", &[]).ends_with(2).says_on_stderr("can't write the plan");
    assert_eq!(scene.requests(), 0, "a plan that can't be kept is not made");
    plan(&scene, "p.jsonl", &["--force"]).ends_with(0);
    let mode = fs::metadata(scene.home().join("p.jsonl")).expect("a plan").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_plan_never_takes_the_place_of_the_log_or_the_ledger() {
    let scene = Scene::new(outage(2));
    scene.check(&["--ledger", "l.sqlite"]).ends_with(10);
    scene.file("l.sqlite", "");
    let log = scene.sandbox.received_log().to_str().expect("a path").to_owned();
    let before = fs::read(&log).expect("a log");
    for (target, what) in [(log.as_str(), "the received log"), ("l.sqlite", "the ledger")] {
        plan(&scene, target, &["--force", "--ledger", "l.sqlite"]).ends_with(2).says_on_stderr(what);
    }
    assert_eq!(fs::read(&log).expect("a log"), before);
}

#[test]
fn what_was_cut_away_or_never_chosen_is_never_called_clean() {
    let scene = Scene::new(outage(5));
    plan(&scene, "p.jsonl", &["--id", "lost-0", "--id", "lost-1", "--id", "lost-2"]).ends_with(0);
    let kept = lines(&scene, "p.jsonl");
    scene.file("p.jsonl", kept[..3].join("\n"));
    let page = run(pointed(&scene, "apply").arg("p.jsonl")).ends_with(0);
    let page = page.says("Of the selected events only (2 of the 3 events of the plan, which was made for id lost-0");
    page.says("there is more that was not selected: 3 missing");
    resend(&scene, &["lost-2"]).ends_with(0).says("Of the selected events only (1 event named by hand)");
    let history = run(bare_program(scene.home()).args(["history", "--format", "json"])).ends_with(0).document();
    assert_eq!(history["runs"][0]["command"], "resend", "{history}");
}

#[test]
fn a_narrowed_run_leaves_those_who_watch_alone() {
    let scene = Scene::new(outage(2));
    let metrics = scene.home().join("hookmend.prom");
    let check = |more: &[&str]| run(scene.pointed("check").env("HOOKMEND_METRICS", &metrics).args(more));
    check(&["--id", "lost-0"]).ends_with(10);
    assert!(!metrics.exists(), "a look at one event must not pass for a run");
    check(&[]).ends_with(10);
    assert!(metrics.exists());
    run(scene.pointed("list").args(["--metrics", "m.prom"])).ends_with(2).says_on_stderr("--metrics");
}

#[test]
fn a_mistyped_id_does_not_pass_a_gate() {
    let scene = Scene::new(outage(2));
    scene.check(&["--id", "lost-O"]).ends_with(11).reports("not_seen");
    scene.check(&["--id", "ok-1"]).ends_with(0).counts("listed", 1);
}

#[test]
fn a_plan_for_a_receiver_that_takes_events_twice_needs_no_log() {
    let scene = Scene::new(outage(3));
    let address = scene.sandbox.base_url();
    let words = ["--all-webhooks", "--since", "3d", "--base-url", &address, "--idempotent", "--format", "json"];
    run(scene.program().args(["plan", "-o", "p.jsonl"]).args(words)).ends_with(0);
    run(scene.program().args(["check"]).args(words)).ends_with(10).counts("left", 3);
    run(scene.program().args(["apply", "p.jsonl", "--base-url", &address, "--settle", "2s"])).ends_with(0);
    assert_eq!(scene.resends(), 3);
}

#[test]
fn a_plan_goes_through_a_pipe() {
    let scene = Scene::new(outage(3));
    let written = run(scene.pointed("plan").args(["-o", "-"])).ends_with(0);
    let kept: Vec<&str> = written.stdout.lines().take(2).collect();
    let mut command = pointed(&scene, "apply");
    let ended = run_with_input(command.args(["-", "--format", "json"]), kept.join("\n").as_bytes());
    ended.ends_with(0).counts("recovered", 1);
}

#[test]
fn no_plan_is_written_of_a_vendor_that_is_down() {
    let scene = Scene::new(outage(2)).with_fault("unavailable");
    plan(&scene, "p.jsonl", &["--deadline", "3s"]).ends_with(12);
    assert!(!scene.home().join("p.jsonl").exists());
}

#[test]
fn events_are_resent_by_hand_with_one_line_for_each() {
    let scene = Scene::new(outage(3).event(EventPlan::unacknowledged("answered-late", hours_ago(30))));
    let ended = resend(&scene, &["lost-2", "answered-late", "ok-1", "nosuch"]).ends_with(10);
    let lines: Vec<&str> = ended.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    let of = |id: &str| *lines.iter().find(|line| line.starts_with(id)).unwrap_or_else(|| panic!("{id}\n{ended}"));
    assert_eq!(of("lost-2"), "lost-2  recovered: resent and delivered");
    assert!(of("answered-late").contains("skipped: already in the received log"), "{ended}");
    assert!(of("ok-1").contains("skipped: already delivered"), "{ended}");
    assert!(of("nosuch").contains("left: not known to"), "{ended}");
    assert_eq!(scene.resends(), 1);
    resend(&scene, &["answered-late", "--idempotent"]).ends_with(0).says("recovered");
    assert_eq!(scene.resends(), 2);
}

#[test]
fn ids_come_from_files_and_pipes_as_well() {
    let scene = Scene::new(outage(4));
    let file = scene.file("ids.txt", "lost-0\n\nlost-1\nlost-0\n");
    resend(&scene, &["--from-file", file.to_str().expect("a path")]).ends_with(0);
    let mut command = pointed(&scene, "resend");
    run_with_input(command.args(["--all-webhooks", "-"]), b"lost-2\n").ends_with(0);
    assert_eq!(scene.resends(), 3);
    resend(&scene, &["--from-file", "/dev/null"]).ends_with(2).says_on_stderr("no event id was given");
    run(pointed(&scene, "resend").arg("--all-webhooks")).ends_with(2);
    scene.assert_no_duplicates();
}

#[test]
fn by_hand_what_is_in_quarantine_stays_there_until_it_is_released() {
    let scene = Scene::new(outage(3).receiver(ReceiverPlan::default().refusing("lost-0", 422)));
    scene.reconcile(&["--max-attempts", "1"]).ends_with(10).counts("quarantined", 1);
    let sent = scene.resends();
    resend(&scene, &["lost-0"]).ends_with(10).says("quarantined: in quarantine since");
    assert_eq!(scene.resends(), sent);
}

#[test]
fn without_a_log_nothing_is_planned_applied_or_resent() {
    let scene = Scene::new(outage(1));
    plan(&scene, "p.jsonl", &[]).ends_with(0);
    let address = scene.sandbox.base_url();
    for words in [
        vec!["resend", "lost-0", "--all-webhooks"],
        vec!["plan", "-o", "q.jsonl", "--all-webhooks"],
        vec!["apply", "p.jsonl"],
    ] {
        let ended = run(scene.program().args(&words).args(["--base-url", &address]));
        ended.ends_with(2).says_on_stderr("no received log is named");
    }
    assert_eq!(scene.resends(), 0);
    run(bare_program(scene.home()).args(["apply"])).ends_with(2);
}
