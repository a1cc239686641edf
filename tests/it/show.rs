//! `show` as people and scripts meet it: the real program against the sandbox, and against a vendor
//! whose records are hostile.

use std::process::Command;

use hookmend::sandbox::{EventPlan, Operation, Stage, WebhookPlan, WorldPlan};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::scene::{Ended, Scene, hours_ago, run};
use crate::switch::Switch;
use crate::vendor_stub::{STEERING, ask_at, steers_nothing, vendor_that_says};

const SECRET: &str = "hunter2secret";

fn webhook(id: &str, event_type: &str) -> WebhookPlan {
    WebhookPlan { id: id.to_owned(), event_type: event_type.to_owned(), url: "https://receiver.example/".to_owned() }
}

/// Sales with one failed and one delivered event, and customers with one event, whose payload has a name.
fn scene() -> Scene {
    let plan = WorldPlan::new(3)
        .webhooks(0)
        .webhook(webhook("hook-1", "SaleCreated"))
        .webhook(webhook("hook-2", "CustomerCreated"))
        .event(EventPlan::missing("lost-1", hours_ago(5)))
        .event(EventPlan::delivered("ok-1", hours_ago(6)))
        .event(EventPlan::delivered("customer-1", hours_ago(7)).at_webhook(1));
    let scene = Scene::new(plan);
    scene.file("hookmend.toml", "[webhooks]\nsales = \"hook-1\"\n");
    scene
}

fn command(scene: &Scene, words: &[&str]) -> Command {
    let mut command = scene.program();
    command.arg("show").args(words).args(["--base-url", &scene.sandbox.base_url(), "--timeout", "2s"]);
    command
}

fn show(scene: &Scene, words: &[&str]) -> Ended {
    run(&mut command(scene, words))
}

fn event(ended: &Ended, index: usize) -> Value {
    ended.document()["events"][index].clone()
}

#[test]
fn an_event_is_shown_as_the_vendor_the_log_and_the_ledger_tell_of_it() {
    let scene = scene();
    let log = scene.sandbox.received_log().display().to_string();
    let ended = show(&scene, &["lost-1", "--webhook", "sales"]).ends_with(0);
    let ended = ended.says("failed (500): Internal Server Error").says("sales (hook-1)").says("Runs (1)");
    ended.says("No attempts are recorded.").never_says("the received log");
    let ended = show(&scene, &["lost-1", "--webhook", "sales", "--received", &log]).ends_with(0);
    ended.says("the received log does not hold it");
    run(scene.pointed("reconcile").args(["-q", "--min-age", "0s"])).ends_with(0);
    let words = ["lost-1", "ok-1", "--webhook", "sales", "--received", &log, "--format", "json"];
    let ended = show(&scene, &words).ends_with(0);
    assert_eq!((&ended.document()["schema"], &ended.document()["found"]), (&"hookmend/event/1".into(), &2.into()));
    let lost = event(&ended, 0);
    assert_eq!(
        (&lost["event_id"], &lost["status"], &lost["receipt"]),
        (&"lost-1".into(), &"delivered".into(), &"found".into())
    );
    assert_eq!((&lost["webhook_id"], &lost["name"]), (&"hook-1".into(), &"sales".into()));
    assert_eq!(lost["runs"].as_array().map(Vec::len), Some(2), "{ended}");
    assert_eq!(lost["history"]["attempts"][0]["settlement"], "recovered", "{ended}");
    assert_eq!(event(&ended, 1)["history"]["attempts"], json!([]));
    show(&scene, &["lost-1", "--webhook", "sales"]).ends_with(0).says("recovered").says("Run ");
}

#[test]
fn a_payload_is_shown_only_where_it_is_asked_for() {
    let scene = scene();
    let named = "@example.com";
    for format in ["human", "json", "jsonl"] {
        let words = ["customer-1", "--webhook", "hook-2", "--format", format, "-v"];
        show(&scene, &words).ends_with(0).never_says(named).never_says("firstName");
        show(&scene, &[&words[..], &["--payload"]].concat()).ends_with(0).says(named).says("firstName");
    }
}

#[test]
fn one_webhook_after_the_other_is_asked_until_one_knows_the_event() {
    let scene = scene();
    let ended = show(&scene, &["customer-1", "--all-webhooks", "--format", "json"]).ends_with(0);
    assert_eq!(event(&ended, 0)["webhook_id"], "hook-2");
    assert_eq!(scene.sandbox.world().count(Operation::Get), 2);
    let ended = show(&scene, &["customer-1", "--webhook", "CustomerCreated", "--format", "json"]).ends_with(0);
    assert_eq!(event(&ended, 0)["webhook_id"], "hook-2");
    show(&scene, &["x", "--webhook", "CustomersCreated"]).ends_with(2).says_on_stderr("did you mean CustomerCreated?");
}

#[test]
fn a_webhook_is_called_by_its_event_type_where_the_vendor_was_asked_for_it_anyway() {
    let scene = scene();
    for scope in [&["--all-webhooks"][..], &["--webhook", "CustomerCreated"]] {
        let ended = show(&scene, &[&["customer-1"], scope].concat()).ends_with(0);
        ended.says("CustomerCreated (hook-2)");
    }
    let ended = show(&scene, &["lost-1", "--all-webhooks", "--format", "json"]).ends_with(0);
    assert_eq!(event(&ended, 0)["name"], "sales", "{ended}");
}

#[test]
fn values_that_are_called_secrets_are_masked_in_payloads_unless_they_are_asked_for() {
    let record = json!({
        "webhookId": "hook-1", "webhookEventId": "e-1", "createdDateTime": "2021-12-09T08:50:46", "statusCode": 502,
        "payload": {"user": "anna", "api_key": SECRET, "inner": {"X-Signature": SECRET}},
        "extra": format!("{{\"clientSecret\":\"{SECRET}\"}}"),
    });
    let address = vendor_that_says(200, &record);
    for format in ["human", "json", "jsonl"] {
        let words = ["show", "e-1", "--webhook", "hook-1", "--payload", "--format", format];
        ask_at(&address, &words).ends_with(0).never_says(SECRET).says("anna").says("***");
        ask_at(&address, &[&words[..], &["--show-urls"]].concat()).ends_with(0).says(SECRET);
    }
}

#[test]
fn an_event_that_is_not_known_is_an_error_and_the_others_are_shown_all_the_same() {
    let scene = scene();
    let ended = show(&scene, &["nobody", "lost-1", "..", "--webhook", "sales", "--webhook", "hook-2"]).ends_with(2);
    let ended = ended.says("failed (500)").says_on_stderr("does not know the event nobody; asked for sales and hook-2");
    ended.says_on_stderr("does not know the event ..;").says_on_stderr("--all-webhooks");
    let ended = show(&scene, &["nobody", "lost-1", "--webhook", "sales", "--format", "json"]).ends_with(2);
    assert_eq!((&ended.document()["count"], &ended.document()["found"]), (&2.into(), &1.into()));
    let nobody = event(&ended, 0);
    assert_eq!((&nobody["found"], &nobody["asked"]), (&false.into(), &json!(["hook-1"])));
    assert_eq!(event(&ended, 1)["found"], true);
}

#[test]
fn refused_keys_end_with_13_a_vendor_that_is_down_with_12_and_no_webhook_with_2() {
    let scene = scene();
    let wrong = run(command(&scene, &["lost-1", "--webhook", "sales"]).env("HOOKMEND_SUBSCRIPTION_KEY", "wrong"));
    wrong.ends_with(13).says_on_stderr("HOOKMEND_SUBSCRIPTION_KEY");
    show(&scene, &["lost-1"]).ends_with(2).says_on_stderr("no webhook is named");
    show(&scene, &["lost-1", "--webhook", "slaes"]).ends_with(2).says_on_stderr("did you mean \"sales\"?");
    scene.fault("unavailable@get");
    show(&scene, &["lost-1", "--webhook", "sales"]).ends_with(12).says_on_stderr("trying again in");
}

#[test]
fn what_was_told_before_a_signal_is_shown() {
    let scene = scene().with_fault("slow=1500@get");
    let switch = Switch::default();
    let sender = switch.clone();
    scene.sandbox.witness(move |moment| {
        if (moment.operation, moment.number, moment.stage) == (Operation::Get, 2, Stage::Acted) {
            sender.send(Signal::INT);
        }
    });
    let mut command = scene.program();
    command.args(["show", "lost-1", "ok-1", "--webhook", "sales", "--format", "json"]);
    let ended = switch.start(command.args(["--base-url", &scene.sandbox.base_url()])).ended().ends_with(130);
    assert_eq!((&ended.document()["count"], &event(&ended, 0)["event_id"]), (&1.into(), &"lost-1".into()));
    ended.says_on_stderr("stopped before the vendor answered");
}

/// A record with a payload in every place where one may stand.
fn hostile_record() -> Value {
    let url = format!("https://user:{SECRET}@receiver.example/{SECRET}99xx?token={SECRET}#{SECRET}");
    json!({
        "webhookId": "hook-1", "webhookEventId": "e-1", "createdDateTime": "2021-12-09T08:50:46.02",
        "updatedDateTime": format!("soon{STEERING}"), "status": format!("No{STEERING} {url}"), "statusCode": 502,
        "success": false, "runsCounter": 2,
        "runs": [
            {"at": format!("2021{STEERING}"), "statusCode": 502, "url": url, "requestBody": "Åse Ødegård"},
            {"at": "2022", format!("odd{STEERING}"): STEERING, "answer": "{\"name\": \"Åse Ødegård\"}"},
        ],
        "payload": {"name": "Åse Ødegård", "callback": url, STEERING: STEERING, "nested": [[url]]},
        "eventPayload": "Åse Ødegård",
    })
}

#[test]
fn hostile_records_can_not_steer_a_terminal_and_tell_no_secret() {
    let address = vendor_that_says(200, &hostile_record());
    for format in ["human", "json", "jsonl"] {
        let words = ["show", "e-1", "--webhook", "hook-1", "--format", format, "-v"];
        let ended = ask_at(&address, &words).ends_with(0).never_says(SECRET).never_says("Ødegård").says("eventPayload");
        steers_nothing(&ended);
        let ended = ask_at(&address, &[&words[..], &["--payload"]].concat()).ends_with(0).never_says(SECRET);
        steers_nothing(&ended);
        steers_nothing(&ended.says("Ødegård").says("receiver.example"));
        let ended = ask_at(&address, &[&words[..], &["--payload", "--show-urls"]].concat()).ends_with(0).says(SECRET);
        steers_nothing(&ended);
    }
    let id = format!("e{STEERING}");
    steers_nothing(&ask_at(&address, &["show", &id, "--webhook", "hook-1"]).ends_with(12));
    let missing = vendor_that_says(404, &json!({"detail": format!("no{STEERING} https://h.example/?t={SECRET}")}));
    let ended = ask_at(&missing, &["show", &id, "--webhook", "hook-1"]).ends_with(2).never_says(SECRET);
    steers_nothing(&ended);
}

#[test]
fn runs_of_any_shape_are_shown() {
    for (runs, says) in [
        (json!([]), "No attempts are recorded."),
        (json!([{"inner": {"code": 502}}]), "inner {\"code\":502}"),
        (json!([1, "two"]), "2. \"two\""),
        (json!({"first": {"code": 502}}), "\"code\": 502"),
        (json!("once"), "\"once\""),
    ] {
        let record = json!({"webhookEventId": "e-1", "status": "OK", "runs": runs});
        let address = vendor_that_says(200, &record);
        ask_at(&address, &["show", "e-1", "--webhook", "hook-1"]).ends_with(0).says(says).says("no readable time");
    }
}

#[test]
fn help_has_examples_and_the_exit_status() {
    run(scene().program().args(["show", "--help"])).ends_with(0).says("EXAMPLES").says("EXIT STATUS");
}
