//! The sandbox as a stand-in for the vendor in somebody else's test suite: the real program, a real
//! receiver, real HTTP between them.

mod stage;

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use self::stage::{Does, Receiver, Stage};

const SALES: &str = "[[webhook]]\nevent-type = \"SaleCreated\"\nid = \"sales\"\nstore-id = 101\n";

fn deliver(count: usize) -> String {
    let events = "[[events]]\nfrom = \"-6h\"\nto = \"-1h\"\nid-prefix = \"sale-\"\ndeliver = true\n";
    format!("seed = 3\n{SALES}{events}count = {count}\n")
}

fn ids(entries: &Value) -> Vec<&str> {
    let entries = entries["deliveries"].as_array().expect("deliveries");
    entries.iter().map(|entry| entry["event_id"].as_str().expect("an id")).collect()
}

fn accepts(_: &str, _: usize) -> Does {
    Does::Answers("204 No Content")
}

/// The sandbox of a scenario, with a receiver.
fn played(scenario: &str, does: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> (Stage, Receiver) {
    let stage = Stage::new();
    stage.scenario(scenario);
    let receiver = Receiver::start(stage.log(), does);
    let url = receiver.url();
    (stage.open(&["--scenario", "outage.toml", "--receiver", &url, "--journal", "journal.jsonl"]), receiver)
}

#[test]
fn deliveries_arrive_with_the_header_the_body_and_everything_else_the_scenario_says() {
    let call = "[receiver]\nevent-id-header = \"X-Delivery\"\ncontent-type = \"application/json; charset=utf-8\"\n\
                method = \"PUT\"\nheaders = { X-Shop = \"oslo\" }\n";
    let (stage, receiver) = played(&format!("{}{call}", deliver(1)), accepts);
    let got = receiver.got();
    let [got] = got.as_slice() else { panic!("one delivery: {got:?}") };
    assert_eq!(got.line, "PUT /hook?token=t HTTP/1.1");
    assert_eq!(got.header("host"), Some(receiver.address.to_string().as_str()));
    assert_eq!((got.header("x-delivery"), got.header("x-shop")), (Some("sale-1"), Some("oslo")));
    assert_eq!(got.header("content-type"), Some("application/json; charset=utf-8"));
    assert!(got.header("ocp-apim-subscription-key").is_none() && got.header("x-api-key").is_none());
    let (status, event) = stage.vendor("GET", "/api/WebhooksEvents/sales/sale-1", "");
    assert_eq!((status, &event["success"], &event["statusCode"]), (200, &true.into(), &204.into()));
    assert_eq!((&event["payload"], &event["runsCounter"]), (&got.json(), &1.into()));
    assert!(got.json()["saleLines"].is_array());
    let (_, webhooks) = stage.vendor("GET", "/api/Webhooks", "");
    assert_eq!((&webhooks[0]["storeId"], &webhooks[0]["url"]), (&101.into(), &receiver.url().into()));
}

#[test]
fn the_header_can_be_named_on_the_command_line_and_generated_events_reach_the_receiver() {
    let stage = Stage::new();
    let receiver = Receiver::start(stage.log(), accepts);
    let url = receiver.url();
    let stage = stage.open(&["--receiver", &url, "--event-id-header", "X-Mine", "--events", "20", "--missing", "2"]);
    let webhook = stage.ready["webhooks"][0].as_str().expect("an id").to_owned();
    let listing = format!("/api/WebhooksEvents/{webhook}?from=2020-01-01&to=2099-01-01&success=false");
    let (_, failed) = stage.vendor("GET", &listing, "");
    let event = failed[0]["webhookEventId"].as_str().expect("an id");
    let (status, _) = stage.vendor("POST", &format!("/api/WebhooksEvents/{webhook}/deliver/{event}"), "");
    assert_eq!(status, 200);
    let got = receiver.got();
    assert_eq!(got.iter().map(|got| got.header("x-mine")).collect::<Vec<_>>(), [Some(event)]);
    assert!(fs::read_to_string(stage.field("received")).expect("the log").contains(event));
}

#[test]
fn what_failed_while_the_receiver_was_down_is_brought_by_a_reconcile() {
    let stage = Stage::new();
    stage.scenario(&deliver(12));
    // A port that was free a moment ago: nobody listens there yet.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let stage = stage.open(&["--scenario", "outage.toml", "--receiver", &format!("http://{address}/hook")]);
    let state = stage.get("/state");
    assert_eq!(state["events"], json!({ "delivered": 0, "failed": 12, "pending": 0 }));
    let first = &stage.get("/deliveries?event=sale-7")["deliveries"][0];
    assert_eq!((&first["status_code"], &first["status"]), (&Value::Null, &"Unable to connect: refused".into()));
    assert_eq!((&first["occasion"], &first["run"], &first["success"]), (&"first".into(), &1.into(), &false.into()));
    let _receiver = Receiver::at(TcpListener::bind(address).expect("the port is free again"), stage.log(), accepts);
    // Nothing was ever delivered, so the log has nothing to prove itself by.
    stage.reconcile(&["--no-proof"]).ends_with(0).counts("recovered", 12);
    let mut all: Vec<String> = (1..=12).map(|number| format!("sale-{number}")).collect();
    all.sort_unstable();
    assert_eq!(stage.received(), all);
}

#[test]
fn answers_that_come_too_late_or_never_count_as_failed_although_the_event_arrived() {
    let (stage, receiver) =
        played(&format!("{}[receiver]\ntimeout = \"300ms\"\n", deliver(4)), |id, times| match (id, times) {
            ("sale-1", 1) => Does::Dawdles(Duration::from_secs(2)),
            ("sale-2", 1) => Does::HangsUp,
            ("sale-3", 1) => Does::Answers("302 Found\r\nLocation: /elsewhere"),
            _ => Does::Answers("200 OK"),
        });
    let status = |id: &str| {
        let entry = stage.get(&format!("/deliveries?event={id}"))["deliveries"][0].clone();
        (entry["status_code"].clone(), entry["status"].as_str().expect("words").to_owned())
    };
    assert_eq!(status("sale-1"), (Value::Null, "The operation has timed out".to_owned()));
    assert_eq!(status("sale-2"), (Value::Null, "The connection was closed unexpectedly".to_owned()));
    assert_eq!(status("sale-3"), (302.into(), "Found".to_owned()));
    assert_eq!(receiver.got().len(), 4, "a redirect is not followed");
    let ended = stage.reconcile(&[]).ends_with(0).counts("unacknowledged", 1);
    assert_eq!((ended.total("missing"), ended.total("recovered")), (2, 2), "{ended}");
    assert_eq!(stage.received(), ["sale-1", "sale-2", "sale-3", "sale-4"]);
}

#[test]
fn a_test_suite_makes_events_happen_and_deliveries_fail() {
    let (stage, receiver) = played(&deliver(1), accepts);
    let made = stage.post("/events", r#"{"type": "SaleCreated", "id": "mine", "at": "-10m"}"#);
    assert_eq!((ids(&made), &made["deliveries"][0]["success"]), (vec!["mine"], &true.into()));
    let many = stage.post("/events", r#"{"webhook": "sales", "count": 5}"#);
    assert_eq!((ids(&many).len(), receiver.got().len()), (5, 7));

    let told = stage.post("/fail-next", r#"{"deliveries": 2}"#);
    assert_eq!(told["fail_next"], json!({ "deliveries": 2, "status": 503, "reach": "stopped" }));
    let failed = stage.post("/events", r#"{"type": "SaleCreated", "count": 3, "at": "-10m"}"#);
    let statuses: Vec<&Value> =
        failed["deliveries"].as_array().expect("three").iter().map(|one| &one["status_code"]).collect();
    assert_eq!(statuses.iter().filter(|status| ***status == 503).count(), 2, "{failed}");
    assert_eq!(receiver.got().len(), 8, "two never reached the receiver");

    stage.post("/fail-next", r#"{"deliveries": 1, "status": 504, "reach": "delivered"}"#);
    let lost = stage.post("/events", r#"{"type": "SaleCreated", "id": "lost-ack", "at": "-10m"}"#);
    assert_eq!(
        (&lost["deliveries"][0]["status_code"], &lost["deliveries"][0]["status"]),
        (&504.into(), &"Gateway Timeout".into())
    );
    assert_eq!(receiver.got().len(), 9, "this one did");

    let state = stage.get("/state");
    assert_eq!(state["events"], json!({ "delivered": 8, "failed": 3, "pending": 0 }));
    assert_eq!((&state["receiver"], &state["deliveries"]), (&"real".into(), &json!({ "succeeded": 8, "failed": 3 })));
    stage.reconcile(&[]).ends_with(0).counts("recovered", 2).counts("unacknowledged", 1);
    let received = stage.received();
    let mut once = received.clone();
    once.dedup();
    assert_eq!((received.len(), once.len()), (11, 11), "{received:?}");
}

#[test]
fn a_reset_makes_everything_as_it_was_and_delivers_the_beginning_again() {
    let (stage, receiver) = played(&format!("{}[[fault]]\nname = \"unavailable-first=1\"\n", deliver(2)), accepts);
    let webhooks = "/api/Webhooks";
    assert_eq!(stage.vendor("GET", webhooks, "").0, 503);
    assert_eq!(stage.vendor("GET", webhooks, "").0, 200);
    stage.post("/events", r#"{"type": "SaleCreated", "id": "mine"}"#);
    stage.post("/fail-next", r#"{"deliveries": 9}"#);
    let state = stage.post("/reset", "");
    assert_eq!(state["events"], json!({ "delivered": 2, "failed": 0, "pending": 0 }));
    assert_eq!((&state["fail_next"], &state["calls"]), (&Value::Null, &0.into()));
    let mut delivered = stage.get("/deliveries");
    let mut delivered = ids(&delivered.take()).into_iter().map(str::to_owned).collect::<Vec<_>>();
    delivered.sort_unstable();
    assert_eq!((delivered, receiver.got().len()), (vec!["sale-1".to_owned(), "sale-2".to_owned()], 5));
    assert_eq!(stage.vendor("GET", "/api/WebhooksEvents/sales/mine", "").0, 503, "the fault is as it was, too");
    assert_eq!(stage.vendor("GET", "/api/WebhooksEvents/sales/mine", "").0, 404);
    assert_eq!(fs::read_to_string(stage.field("received")).expect("the log").lines().count(), 2);
}

#[test]
fn the_journal_has_every_call_and_every_delivery_but_no_key() {
    let (stage, _receiver) = played(&deliver(2), accepts);
    stage.vendor("GET", "/api/Environment?subscription-key=abc123", "");
    stage.vendor("POST", "/api/Webhooks", r#"{"event":"SaleCreated","url":"http://127.0.0.1:1/"}"#);
    stage.vendor("POST", "/api/WebhooksEvents/sales/deliver/sale-1", "");
    let text = fs::read_to_string(stage.path("journal.jsonl")).expect("the journal");
    let entries: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let types: Vec<&str> = entries.iter().map(|entry| entry["type"].as_str().expect("a type")).collect();
    assert_eq!(types, ["start", "delivery", "delivery", "call", "call", "delivery", "call"]);
    assert_eq!((&entries[3]["has_key_in_query"], &entries[3]["query"]), (&true.into(), &"".into()));
    assert_eq!((&entries[4]["body"]["event"], &entries[4]["status"]), (&"SaleCreated".into(), &200.into()));
    assert_eq!((&entries[5]["occasion"], &entries[5]["run"]), (&"resend".into(), &2.into()));
    assert_eq!(entries[6]["operation"], "resend");
    for key in [stage.field("api_key"), stage.field("subscription_key"), "abc123"] {
        assert!(!text.contains(key), "{text}");
    }
    assert_eq!(stage.get("/journal")["entries"], Value::from(entries));
}

#[test]
fn the_ready_file_has_all_that_a_test_suite_needs() {
    let (stage, receiver) = played(&deliver(1), accepts);
    let url = receiver.url();
    assert_eq!(stage.ready["subscriptions"], json!([{ "id": "sales", "event_type": "SaleCreated", "url": url }]));
    assert!(stage.field("base_url").ends_with("/restapi/V2") && stage.field("control_url").ends_with("/sandbox"));
    assert_eq!(stage.field("api_key"), "sandbox-api-key-3");
    assert_eq!(stage.field("journal"), "journal.jsonl");
    assert!(fs::read_to_string(stage.field("received")).expect("the log").contains("sale-1"));
}

/// Method, path, headers, body, and the status that is expected.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a [u8], u16);

#[test]
fn hostile_requests_to_the_control_api_are_refused_and_change_nothing() {
    let (stage, receiver) = played(&deliver(1), accepts);
    let before = stage.get("/state");
    let sale = br#"{"type": "SaleCreated"}"#.as_slice();
    let (status, answer) = stage.control("GET", "/../restapi", &[], b"");
    assert_eq!((status, answer["what_there_is"].as_array().map(Vec::len)), (404, Some(6)), "{answer}");
    let huge = vec![b' '; 70_000];
    let deep = "[".repeat(60_000);
    let newline = br#"{"type": "SaleCreated", "id": "a\r\nX-Evil: 1"}"#;
    let long = format!(r#"{{"type": "SaleCreated", "id": "{}"}}"#, "a".repeat(201));
    let cases: [Case<'_>; 18] = [
        ("POST", "/events", &[("Origin", "http://evil.example")], sale, 403),
        ("POST", "/events", &[("Host", "evil.example")], sale, 403),
        ("POST", "/events", &[("Host", "127.0.0.1.evil.example:80")], sale, 403),
        ("GET", "/events", &[], b"", 405),
        ("DELETE", "/state", &[], b"", 405),
        ("POST", "/nothing", &[], b"", 404),
        ("POST", "/events", &[], b"", 400),
        ("POST", "/events", &[], b"{}", 400),
        ("POST", "/events", &[], &huge, 413),
        ("POST", "/events", &[], deep.as_bytes(), 400),
        ("POST", "/events", &[], newline, 400),
        ("POST", "/events", &[], long.as_bytes(), 400),
        ("POST", "/events", &[], br#"{"type": "SaleCreated", "id": "sale-1"}"#, 409),
        ("POST", "/events", &[], br#"{"type": "SaleCreated", "count": 1001}"#, 400),
        ("POST", "/events", &[], br#"{"type": "Nonsense", "cuont": 1}"#, 400),
        ("POST", "/events", &[], br#"{"type": "SaleCreated", "at": "+1h"}"#, 400),
        ("POST", "/fail-next", &[], br#"{"deliveries": 1, "status": 200}"#, 400),
        ("POST", "/fail-next", &[], br#"{"deliveries": -1}"#, 400),
    ];
    for (method, path, headers, body, expected) in cases {
        let (status, answer) = stage.control(method, path, headers, body);
        let shown = String::from_utf8_lossy(&body[..body.len().min(80)]);
        assert_eq!(status, expected, "{method} {path} {headers:?} {shown}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| !error.is_empty()), "{answer}");
    }
    assert_eq!((stage.get("/state"), receiver.got().len()), (before, 1));
}

#[test]
fn a_url_out_in_the_world_is_never_called() {
    let (stage, receiver) = played(&deliver(1), accepts);
    for (url, reason) in
        [("http://192.0.2.1/hook", "neither this machine"), ("https://127.0.0.1/hook", "only http:// is called")]
    {
        let draft = json!({ "event": "SaleCreated", "url": url }).to_string();
        assert_eq!(stage.vendor("PUT", "/api/Webhooks/sales", &draft).0, 200);
        let (status, event) = stage.vendor("POST", "/api/WebhooksEvents/sales/deliver/sale-1", "");
        assert_eq!((status, &event["success"]), (200, &false.into()));
        assert!(event["status"].as_str().is_some_and(|status| status.contains(reason)), "{event}");
    }
    assert_eq!(receiver.got().len(), 1, "only the first delivery");
}

#[test]
fn what_can_not_be_played_is_refused_with_a_way_out() {
    let stage = Stage::new();
    stage.scenario(&format!("{SALES}[[events]]\nat = \"-1h\"\ncuont = 3\n"));
    let scenario = ["--scenario", "outage.toml"];
    stage
        .refused(&scenario)
        .says_on_stderr("outage.toml:7: events.cuont: unknown field")
        .says_on_stderr("hint: did you mean count?");
    stage
        .refused(&["--scenario", "no.toml"])
        .says_on_stderr("no.toml: can't be read")
        .says_on_stderr("hint: check the path");
    stage.refused(&["--scenario", "outage.toml", "--missing", "3"]).says_on_stderr("--missing");
    stage.refused(&["--receiver", "https://127.0.0.1/hook"]).says_on_stderr("only http:// is called");
    stage.refused(&["--receiver", "http://8.8.8.8/hook"]).says_on_stderr("8.8.8.8 is not called");
    stage.refused(&["--receiver", "asleep"]).says_on_stderr("http://127.0.0.1:8080/hook");
    stage.refused(&["--event-id-header", "X-Id"]).says_on_stderr("--receiver http://127.0.0.1:8080/hook");
    stage.refused(&["--event-id-header", "a b"]).says_on_stderr("can't be the name of a header");
    stage.refused(&["--event-id-header", "Host"]).says_on_stderr("set by the sandbox itself");
}

#[test]
fn the_scenario_that_is_shipped_is_played_as_it_stands() {
    let stage = Stage::new();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/contrib/receiver-test/outage.toml");
    let stage = stage.open(&["--scenario", shipped, "--receiver", "up"]);
    let state = stage.get("/state");
    assert_eq!(state["events"], json!({ "delivered": 60, "failed": 5, "pending": 0 }));
    assert_eq!(state["faults"].as_array().map(Vec::len), Some(3));
    assert_eq!(state["receiver"], "simulated");
}
