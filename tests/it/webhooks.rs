//! `webhooks` and `types` as people and scripts meet them: the real program against the sandbox, and
//! against a vendor whose answers are hostile.

use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use hookmend::sandbox::{Operation, Sandbox, Stage, WebhookPlan, WorldPlan};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::scene::{Ended, Scene, bare_program, run, run_with_input};
use crate::switch::Switch;
use crate::vendor_stub::{STEERING, ask_at, steers_nothing, vendor_that_answers, vendor_that_says};

const SECRET: &str = "hunter2secret";

fn webhook(id: &str, event_type: &str, url: &str) -> WebhookPlan {
    WebhookPlan { id: id.to_owned(), event_type: event_type.to_owned(), url: url.to_owned() }
}

/// Two webhooks, one of them with secrets wherever a URL can hold one, called `sales` in the settings.
fn scene() -> Scene {
    let url =
        format!("https://user:{SECRET}@receiver.example/hooks/sales/{SECRET}99xx?token={SECRET}&x={SECRET}#{SECRET}");
    let plan = WorldPlan::new(3).webhooks(0).webhook(webhook("hook-1", "SaleCreated", &url)).webhook(webhook(
        "hook-2",
        "InvoiceCreated",
        "https://receiver.example/hooks/invoices",
    ));
    let scene = Scene::new(plan);
    scene.file("hookmend.toml", "[webhooks]\nsales = \"hook-1\"\n");
    scene
}

fn command(scene: &Scene, words: &[&str]) -> Command {
    let mut command = scene.program();
    command.args(words).args(["--base-url", &scene.sandbox.base_url(), "--timeout", "2s"]);
    command
}

fn ask(scene: &Scene, words: &[&str]) -> Ended {
    run(&mut command(scene, words))
}

fn writes(sandbox: &Sandbox) -> usize {
    sandbox.world().count(Operation::WebhookWrite)
}

fn ids(scene: &Scene) -> Vec<String> {
    scene.sandbox.webhooks().into_iter().map(|webhook| webhook.id).collect()
}

#[test]
fn webhooks_are_listed_without_their_secrets_unless_those_are_asked_for() {
    let scene = scene();
    let ended = ask(&scene, &["webhooks", "list", "-v"]).ends_with(0).never_says(SECRET).says("receiver.example");
    ended.says("sales").says("InvoiceCreated").says("--show-urls").says("2 webhooks.");
    let document = ask(&scene, &["webhooks", "list", "--format", "json"]).ends_with(0).never_says(SECRET).document();
    assert_eq!((&document["schema"], &document["count"]), (&"hookmend/webhooks/1".into(), &2.into()));
    let sales = &document["webhooks"][1];
    assert_eq!(sales["url"], "https://***@receiver.example/hooks/sales/***?token=***&x=***#***");
    assert_eq!((&sales["name"], &sales["url_masked"]), (&"sales".into(), &true.into()));
    assert_eq!(document["webhooks"][0]["url_masked"], false);
    let lines = ask(&scene, &["webhooks", "list", "--format", "jsonl"]).ends_with(0).never_says(SECRET);
    let types: Vec<Value> =
        lines.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["type"].clone()).collect();
    assert_eq!(types, ["webhook", "webhook", "summary"]);
    ask(&scene, &["webhooks", "list", "--show-urls"]).ends_with(0).says(&format!("token={SECRET}&x={SECRET}#{SECRET}"));
    assert_eq!(writes(&scene.sandbox), 0);
}

#[test]
fn a_webhook_is_created_from_standard_input_and_shown_without_its_token() {
    let scene = scene();
    let url = format!("https://new.example/in?token={SECRET}\n");
    let words = ["webhooks", "create", "--event-type", "StockCountReconciled", "--url", "-", "--format", "json", "-v"];
    let ended = run_with_input(&mut command(&scene, &words), url.as_bytes()).ends_with(0).never_says(SECRET);
    let document = ended.document();
    assert_eq!((&document["action"], &document["confirmed"]), (&"create".into(), &true.into()));
    assert_eq!(document["webhooks"][0]["url"], "https://new.example/in?token=***");
    let created = scene.sandbox.webhooks().pop().expect("three webhooks");
    assert_eq!((created.event_type.as_str(), created.url.as_str()), ("StockCountReconciled", url.trim()));
    assert_eq!(writes(&scene.sandbox), 1);
}

#[test]
fn a_url_may_come_from_a_variable_and_a_token_in_an_argument_is_warned_of() {
    let scene = scene();
    let url = format!("https://new.example/in?token={SECRET}");
    let words = ["webhooks", "create", "--event-type", "StockCountReconciled", "--url-env", "RECEIVER"];
    run(command(&scene, &words).env("RECEIVER", &url)).ends_with(0).never_says(SECRET).says("Created");
    ask(&scene, &words).ends_with(2).says_on_stderr("RECEIVER is not set");
    let words = ["webhooks", "create", "--event-type", "CustomerCreated", "--url", &url];
    ask(&scene, &words).ends_with(0).never_says(&format!("={SECRET}\n")).says_on_stderr("others on this machine");
}

#[test]
fn a_second_webhook_of_the_same_kind_needs_a_yes() {
    let scene = scene();
    let words =
        ["webhooks", "create", "--event-type", "InvoiceCreated", "--url", "https://receiver.example/hooks/invoices"];
    let ended = ask(&scene, &words).ends_with(2).says_on_stderr("hook-2 delivers the same already");
    ended.says_on_stderr("--yes");
    assert_eq!(writes(&scene.sandbox), 0);
    ask(&scene, &[&words[..], &["--yes"]].concat()).ends_with(0);
    assert_eq!(scene.sandbox.webhooks().len(), 3);
}

#[test]
fn what_can_not_be_a_webhook_is_refused_before_anything_is_written() {
    let scene = scene();
    for (event_type, url, code, says) in [
        ("SalesCreated", "https://new.example/", 2, "did you mean SaleCreated?"),
        ("SaleCreated", "http://new.example/hunter2secret", 2, "plain http"),
        ("SaleCreated", "https://new.example/#hunter2secret", 2, "fragment"),
        ("SaleCreated", "hunter2secret", 2, "not a URL"),
        ("", "https://new.example/", 2, "can't be an event type"),
    ] {
        let ended = ask(&scene, &["webhooks", "create", "--event-type", event_type, "--url", url]);
        ended.ends_with(code).says_on_stderr(says).says_on_stderr("hint: ").never_says(SECRET);
    }
    assert_eq!(writes(&scene.sandbox), 0);
}

#[test]
fn a_webhook_is_changed_by_its_name_with_a_yes() {
    let scene = scene();
    let words = ["webhooks", "update", "sales", "--url", "https://new.example/hooks/sales", "--yes"];
    let refused = ask(&scene, &words[..5]).ends_with(2).never_says(SECRET).says_on_stderr("no terminal");
    refused.says_on_stderr("https://new.example/hooks/sales").says_on_stderr("hint: say --yes");
    assert_eq!(writes(&scene.sandbox), 0);
    ask(&scene, &words).ends_with(0).never_says(SECRET).says("Changed").says("Before: SaleCreated to");
    let changed = &scene.sandbox.webhooks()[0];
    assert_eq!((changed.event_type.as_str(), changed.url.as_str()), ("SaleCreated", "https://new.example/hooks/sales"));
    ask(&scene, &words).ends_with(0).says("Nothing to change");
    assert_eq!(writes(&scene.sandbox), 1);
}

#[test]
fn a_webhook_is_deleted_with_a_yes_and_yes_in_the_settings_is_none() {
    let scene = scene();
    scene.file("hookmend.toml", "yes = true\n[webhooks]\nsales = \"hook-1\"\n");
    let refused = ask(&scene, &["webhooks", "delete", "sales"]).ends_with(2).never_says(SECRET);
    refused.says_on_stderr("sales (hook-1)").says_on_stderr("SaleCreated to https://***@receiver.example");
    assert_eq!(ids(&scene), ["hook-1", "hook-2"]);
    let document = ask(&scene, &["webhooks", "delete", "sales", "--yes", "--format", "json"]).ends_with(0).document();
    assert_eq!((&document["action"], &document["confirmed"]), (&"delete".into(), &true.into()));
    assert_eq!(document["webhooks"][0]["webhook_id"], "hook-1");
    assert_eq!(ids(&scene), ["hook-2"]);
}

#[test]
fn a_name_or_an_id_that_is_nearly_right_gets_a_suggestion() {
    let scene = scene();
    for (named, says) in [
        ("slaes", "did you mean \"sales\"?"),
        ("Slaes", "did you mean \"sales\"?"),
        ("hook-11", "did you mean hook-1?"),
        ("InvoiceCreated", "webhooks list"),
        ("other-99", "webhooks list"),
    ] {
        for verb in [&["delete", named][..], &["update", named, "--event-type", "SaleCreated"]] {
            let ended = ask(&scene, &[&["webhooks"], verb, &["--yes"]].concat());
            ended.ends_with(2).says_on_stderr(says);
        }
    }
    assert_eq!(writes(&scene.sandbox), 0);
}

#[test]
fn a_lost_answer_to_a_write_is_said_to_be_unknown_and_nothing_is_tried_again() {
    let create = ["webhooks", "create", "--event-type", "SaleCreated", "--url", "https://new.example/"];
    for (fault, happened) in [("slow=9000@webhook-write", 1), ("html-502@webhook-write", 0)] {
        let scene = scene().with_fault(fault);
        let ended =
            ask(&scene, &create).ends_with(12).says_on_stderr("it is not known whether the webhook was created");
        ended.says_on_stderr("hookmend webhooks list");
        assert_eq!((scene.sandbox.webhooks().len(), writes(&scene.sandbox)), (2 + happened, 1), "{fault}");
        let ended = ask(&scene, &["webhooks", "delete", "hook-2", "--yes"]).ends_with(12);
        ended.says_on_stderr("it is not known whether the webhook was deleted");
    }
}

#[test]
fn a_new_webhook_that_the_vendor_does_not_show_yet_is_not_created_again() {
    let address = vendor_that_answers(|request| {
        let missing = json!({ "status": 404, "title": "Not Found", "detail": "The webhook does not exist." });
        match request.split(' ').take(2).collect::<Vec<_>>()[..] {
            ["GET", path] if path.ends_with("/api/WebhooksTypes") => (200, json!(["SaleCreated"])),
            ["GET", path] if path.ends_with("/api/Webhooks") => (200, json!([])),
            ["POST", _] => (200, json!({ "id": "new-1" })),
            _ => (404, missing),
        }
    });
    let words = ["webhooks", "create", "--event-type", "SaleCreated", "--url", "https://new.example/in"];
    let ended = ask_at(&address, &words).ends_with(11);
    let ended = ended.says_on_stderr("created, but the vendor does not show it yet");
    let ended = ended.says_on_stderr("`hookmend webhooks list` before creating it again").says_on_stderr("twice");
    // What was asked for stands where the answer told nothing.
    ended.says("SaleCreated").says("https://new.example/in").says("new-1").never_says("check the webhook id");
}

#[test]
fn refused_keys_end_with_13_and_a_vendor_that_is_down_with_12() {
    let down = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
    for words in [&["webhooks", "list"][..], &["types"], &["webhooks", "delete", "sales", "--yes"]] {
        let scene = scene();
        let wrong = run(command(&scene, words).env("HOOKMEND_API_KEY", "wrong"));
        wrong.ends_with(13).says_on_stderr("HOOKMEND_API_KEY");
        let mut command = scene.program();
        command.args(words).args(["--base-url", &format!("http://{down}/restapi/V2")]);
        run(&mut command).ends_with(12).says_on_stderr("trying again in").says_on_stderr("--base-url");
        scene.fault("quota=02:00:00");
        ask(&scene, words).ends_with(12).says_on_stderr("quota is used up");
    }
}

#[test]
fn a_passing_failure_of_the_vendor_is_waited_out() {
    let scene = scene().with_fault("unavailable@first=2@webhooks");
    ask(&scene, &["webhooks", "list"]).ends_with(0).says_on_stderr("trying again in").says("2 webhooks.");
}

/// Runs a command and interrupts it once the vendor has acted on the first of these requests.
fn interrupted(scene: &Scene, words: &[&str], operation: Operation) -> Ended {
    let switch = Switch::default();
    let sender = switch.clone();
    scene.sandbox.witness(move |moment| {
        if (moment.operation, moment.number, moment.stage) == (operation, 1, Stage::Acted) {
            sender.send(Signal::INT);
        }
    });
    let mut command = scene.program();
    command.args(words).args(["--base-url", &scene.sandbox.base_url()]);
    switch.start(&mut command).ended()
}

#[test]
fn an_interrupted_read_ends_at_once_and_an_interrupted_write_says_what_became_of_it() {
    let scene = scene().with_fault("slow=60000@webhooks");
    let begun = Instant::now();
    interrupted(&scene, &["webhooks", "list"], Operation::Webhooks).ends_with(130).says_on_stderr("stopped");
    assert!(begun.elapsed() < Duration::from_secs(30), "it waited for the answer");
    scene.sandbox.clear_faults();
    scene.fault("slow=1500@webhook-write");
    let words = ["webhooks", "delete", "hook-2", "--yes", "--format", "json"];
    let ended = interrupted(&scene, &words, Operation::WebhookWrite).ends_with(130);
    let ended = ended.says_on_stderr("waiting for the answer").says_on_stderr("stopped before the vendor answered");
    assert_eq!((&ended.document()["action"], &ended.document()["confirmed"]), (&"delete".into(), &Value::Null));
    assert_eq!(ids(&scene), ["hook-1"]);
}

#[test]
fn a_url_at_the_wrong_place_is_not_repeated_whole() {
    let url = format!("https://receiver.example/in?token={SECRET}");
    let ended = ask(&scene(), &["webhooks", "create", &url]).ends_with(2).never_says(&format!("token={SECRET}'"));
    ended.says_on_stderr("https://receiver.example/in?token=***");
}

#[test]
fn event_types_are_listed_and_their_schemas_shown_as_they_are() {
    let scene = scene();
    ask(&scene, &["types"]).ends_with(0).says("POSSettlementCreated").says("21 event types.");
    let document = ask(&scene, &["types", "--format", "json"]).ends_with(0).document();
    assert_eq!(document["schema"], "hookmend/types/1");
    assert_eq!((&document["types"], document["answer"].as_array().map(Vec::len)), (&document["answer"], Some(21)));
    let schema = ask(&scene, &["types", "SaleCreated"]).ends_with(0).document();
    assert_eq!((&schema["title"], &schema["type"]), (&"SaleCreated".into(), &"object".into()));
    let document = ask(&scene, &["types", "SaleCreated", "--format", "json"]).ends_with(0).document();
    assert_eq!((&document["answer"], &document["event_type"]), (&schema, &"SaleCreated".into()));
    ask(&scene, &["types", "SalesCreated"]).ends_with(2).says_on_stderr("did you mean SaleCreated?");
}

#[test]
fn hostile_answers_can_not_steer_a_terminal() {
    let url = format!("https://receiver.example/{STEERING}/x?{STEERING}={STEERING}");
    let hooks = json!([{"id": "hook-1", "event": format!("Sale{STEERING}"), "url": url}]);
    let address = vendor_that_says(200, &hooks);
    for words in [&["webhooks", "list"][..], &["webhooks", "list", "--show-urls"], &["types"], &["types", "Sale"]] {
        for format in ["human", "json", "jsonl"] {
            let ended = ask_at(&address, &[words, &["--format", format, "-v"]].concat()).ends_with(0);
            steers_nothing(&ended);
        }
    }
    let hook = vendor_that_says(200, &hooks[0]);
    steers_nothing(&ask_at(&hook, &["webhooks", "delete", "hook-1"]).ends_with(2));
    let refusal = vendor_that_says(400, &json!({"message": format!("{STEERING} https://h.example/?token={SECRET}")}));
    let ended = ask_at(&refusal, &["webhooks", "list"]).ends_with(2).never_says(SECRET);
    steers_nothing(&ended);
}

#[test]
fn types_of_any_shape_are_shown() {
    let objects = json!([{"name": "SaleCreated", "description": "a sale"}, {"name": "Other"}]);
    ask_at(&vendor_that_says(200, &objects), &["types"]).ends_with(0).says("a sale").says("2 event types.");
    let other = json!({"groups": {"sales": ["SaleCreated"]}});
    let ended = ask_at(&vendor_that_says(200, &other), &["types"]).ends_with(0);
    assert_eq!(ended.document(), other);
    let document = ask_at(&vendor_that_says(200, &other), &["types", "--format", "json"]).ends_with(0).document();
    assert_eq!((&document["types"], &document["answer"]), (&Value::Null, &other));
}

#[test]
fn a_vendor_that_shows_something_else_than_was_asked_for_is_not_believed() {
    let hook = json!({"id": "hook-1", "event": "SaleCreated", "url": "https://old.example/"});
    let address = vendor_that_says(200, &hook);
    let update = ["webhooks", "update", "hook-1", "--url", "https://new.example/", "--yes"];
    ask_at(&address, &update).ends_with(11).says("shows something else").says("https://old.example/");
    ask_at(&address, &["webhooks", "delete", "hook-1", "--yes"]).ends_with(11).says("still shows the webhook");
}

#[test]
fn keys_that_are_missing_are_named_before_anything_is_asked() {
    let scene = scene();
    for words in [&["webhooks", "list"][..], &["types"]] {
        let mut command = bare_program(scene.home());
        run(command.args(words))
            .ends_with(2)
            .says_on_stderr("HOOKMEND_API_KEY and HOOKMEND_SUBSCRIPTION_KEY are not set");
    }
    assert_eq!(scene.requests(), 0);
}

#[test]
fn help_has_examples_the_exit_status_and_says_what_changes_the_vendor() {
    let scene = scene();
    for words in [
        &["webhooks"][..],
        &["webhooks", "list"],
        &["webhooks", "create"],
        &["webhooks", "update"],
        &["webhooks", "delete"],
        &["types"],
    ] {
        run(scene.program().args(words).arg("--help")).ends_with(0).says("EXAMPLES").says("EXIT STATUS");
    }
    run(scene.program().args(["webhooks", "--help"])).says("beside a resend, the only things");
}
