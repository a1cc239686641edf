//! `check` as a gate in a pipeline: what it lets pass, what it tells the runner, and that it only reads.

use std::fs;

use hookmend::sandbox::EventPlan;

use crate::scene::{Ended, Scene, hours_ago, outage, run};

fn check(scene: &Scene, more: &[&str]) -> Ended {
    run(scene.pointed("check").args(more))
}

#[test]
fn a_team_can_start_from_where_it_is() {
    let scene = Scene::new(outage(4));
    let gate = |limit: &str| scene.check(&["--max-missing", limit]);
    gate("3").ends_with(10).reports("not_tolerated").counts("missing", 4);
    let ended = gate("4").ends_with(0).reports("tolerated").counts("missing", 4).counts("left", 4);
    assert_eq!(ended.document()["outcome"], "left", "what is let pass is still told as it is");
    check(&scene, &["--max-missing", "4"]).ends_with(0).says("which the gate lets pass");
    assert_eq!(scene.resends(), 0);
}

#[test]
fn only_what_is_older_than_allowed_fails_the_gate() {
    // The outage was two days ago; this one is from this morning.
    let scene = Scene::new(outage(0).event(EventPlan::missing("lost-today", hours_ago(3))));
    scene.check(&["--max-age", "24h"]).ends_with(0).reports("tolerated");
    scene.check(&["--max-age", "2h"]).ends_with(10).reports("not_tolerated");
    let older = Scene::new(outage(2).event(EventPlan::missing("lost-today", hours_ago(3))));
    older.check(&["--max-age", "24h", "--max-missing", "1"]).ends_with(10);
    older.check(&["--max-age", "24h", "--max-missing", "2"]).ends_with(0);
}

#[test]
fn doubt_and_mistakes_are_never_let_pass() {
    let scene = Scene::new(outage(2)).with_fault("only-delivered");
    scene.check(&["--max-missing", "100", "--max-age", "30d"]).ends_with(11);
    check(&scene, &["--max-missing", "many"]).ends_with(2).says_on_stderr("--max-missing");
    check(&scene, &["--max-age", "soon"]).ends_with(2).says_on_stderr("--max-age");
}

#[test]
fn a_junit_file_fails_exactly_when_the_gate_does() {
    let scene = Scene::new(outage(2));
    let failures = |limit: &str, code: i32| {
        check(&scene, &["--max-missing", limit, "--report", "gate.xml"]).ends_with(code);
        let xml = fs::read_to_string(scene.home().join("gate.xml")).expect("a report");
        let suite = xml.lines().find(|line| line.contains("<testsuite ")).expect("a suite").to_owned();
        !suite.contains("failures=\"0\"")
    };
    assert!(failures("1", 10));
    assert!(!failures("2", 0));
}

#[test]
fn a_workflow_run_gets_annotations_and_a_document_stays_one() {
    let scene = Scene::new(outage(3));
    let annotated = |more: &[&str]| run(scene.pointed("check").env("GITHUB_ACTIONS", "true").args(more));
    let ended = annotated(&[]).ends_with(10);
    let line = ended.stdout.lines().find(|line| line.starts_with("::error ")).unwrap_or_else(|| panic!("{ended}"));
    assert!(line.starts_with("::error title=hookmend check::3 events are missing"), "{line}");
    let json = annotated(&["--format", "json"]).ends_with(10);
    assert_eq!(json.total("missing"), 3, "{json}");
    assert!(json.stderr.contains("::error "), "{json}");
    annotated(&["--max-missing", "3"]).ends_with(0).says("::warning title=hookmend check::3 events are missing");
    check(&scene, &[]).ends_with(10).never_says("::error");
}

#[test]
fn check_and_reconcile_judge_alike_to_the_number() {
    let scene = Scene::new(
        outage(5)
            .event(EventPlan::unacknowledged("answered-late", hours_ago(30)))
            .event(EventPlan::lost_after_ack("acknowledged", hours_ago(20)))
            .event(EventPlan::missing("young", hours_ago(0))),
    );
    let (check, dry) = (scene.check(&[]), scene.reconcile(&["--dry-run"]));
    for name in ["listed", "failed", "received", "missing", "unacknowledged", "lost_after_ack", "too_young", "unknown"]
    {
        assert_eq!(check.total(name), dry.total(name), "{name}\n{check}\n{dry}");
    }
    assert_eq!(scene.resends(), 0);
}

/// The sandbox's log, with a line more.
fn log_with(scene: &Scene, line: &str) -> String {
    let log = fs::read_to_string(scene.sandbox.received_log()).expect("a log");
    scene.file("two-way.jsonl", format!("{log}{line}\n")).display().to_string()
}

#[test]
fn an_audit_shows_both_directions_and_its_numbers_add_up() {
    let plan = outage(2).event(EventPlan::lost_after_ack("acked", hours_ago(5)));
    let scene = Scene::new(plan.event(EventPlan::unacknowledged("answer-lost", hours_ago(6))));
    let log = log_with(&scene, r#"{"event_id":"forged","status":200}"#);
    let audit = |more: &[&str]| {
        let mut command = scene.program();
        command.args(["check", "--audit", "--base-url", &scene.sandbox.base_url(), "--webhook", &scene.webhook()]);
        run(command.args(["--since", "3d", "--received", &log]).args(more))
    };
    let ended = audit(&["--format", "json"]).ends_with(10).reports("unknown_to_vendor");
    let ended = ended.counts("missing", 2).counts("lost_after_ack", 1).counts("unacknowledged", 1);
    let document = ended.counts("unknown_to_vendor", 1).counts("left", 3).document();
    let (audited, totals) = (&document["audit"], &document["totals"]);
    assert_eq!(audited["vendor"]["total"]["total"], totals["listed"]);
    assert_eq!(audited["vendor"]["total"]["found"], totals["received"]);
    assert_eq!(audited["vendor"]["delivered"]["absent"], totals["lost_after_ack"]);
    assert_eq!(audited["vendor"]["failed"]["found"], totals["unacknowledged"]);
    assert_eq!(audited["vendor"]["failed"]["absent"], totals["missing"]);
    assert_eq!(audited["log"]["listed"], totals["received"]);
    assert_eq!(audited["unknown_to_vendor"][0]["event_id"], "forged");
    audit(&[]).ends_with(10).says("Unknown to the vendor (1)").says("1 unknown to the vendor");
    audit(&["--report", "a.csv", "--report", "a.md", "--report", "a.html", "--report", "a.xml"]).ends_with(10);
    for (name, part) in [("a.csv", "forged,,unknown_to_vendor"), ("a.md", "`forged`"), ("a.html", "Both ways")] {
        let text = fs::read_to_string(scene.home().join(name)).expect("a report");
        assert!(text.contains(part), "{name}: {text}");
    }
    assert_eq!(scene.resends(), 0, "an audit only reads");
}

#[test]
fn an_audit_agrees_with_a_reconcile_on_what_is_missing() {
    let scene = Scene::new(outage(5));
    let audited = scene.check(&["--audit"]).ends_with(10).document();
    let reconciled = scene.reconcile(&["--dry-run"]).ends_with(0).document();
    for count in ["missing", "unacknowledged", "failed"] {
        assert_eq!(audited["totals"][count], reconciled["totals"][count], "{count}");
    }
    scene.check(&["--audit", "--max-missing", "5"]).ends_with(0).reports("tolerated");
}

#[test]
fn an_audit_needs_a_log_and_looks_at_everything() {
    let scene = Scene::new(outage(0));
    let mut command = scene.program();
    command.args(["check", "--audit", "--base-url", &scene.sandbox.base_url(), "--webhook", &scene.webhook()]);
    run(&mut command).ends_with(2).says_on_stderr("--audit needs a received log").says_on_stderr("--received");
    check(&scene, &["--audit", "--status", "failed"]).ends_with(2).says_on_stderr("cannot be used with");
    scene.check(&["--audit"]).ends_with(0).counts("unknown_to_vendor", 0);
    assert_eq!(scene.resends(), 0);
}
