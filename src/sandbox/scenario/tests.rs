//! Scenario files, good and bad.

use super::super::plan::EventState;
use super::*;

fn now() -> DateTime<Utc> {
    "2026-06-15T12:00:00Z".parse().expect("an instant")
}

fn plan_with(text: &str, wishes: &Wishes) -> Result<WorldPlan, ScenarioError> {
    Scenario::parse(Path::new("outage.toml"), text.to_owned())?.plan(wishes, now())
}

fn plan(text: &str) -> WorldPlan {
    plan_with(text, &Wishes::default()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[track_caller]
fn refused(text: &str) -> (String, String) {
    let error = plan_with(text, &Wishes::default()).expect_err(text);
    (error.to_string(), error.hint)
}

const SALES: &str = "[[webhook]]\nevent-type = \"SaleCreated\"\n";

#[test]
fn events_are_spread_over_the_period_in_order() {
    let plan = plan(&format!("{SALES}[[events]]\ncount = 50\nfrom = \"-6h\"\nto = \"-1h\"\nid-prefix = \"s\"\n"));
    let times: Vec<_> = plan.events.iter().map(|event| event.created_at).collect();
    assert!(times.is_sorted() && times.len() == 50);
    assert!(times[0] >= now() - chrono::TimeDelta::hours(6) && times[49] < now() - chrono::TimeDelta::hours(1));
    assert!((times[1] - times[0]) <= chrono::TimeDelta::minutes(12), "evenly");
    assert_eq!((plan.events[0].id.as_str(), plan.events[49].id.as_str()), ("s1", "s50"));
    assert!(plan.events.iter().all(|event| event.in_log && event.runs == 1));
}

#[test]
fn the_seed_decides_the_ids_and_can_be_outweighed() {
    let text = format!("seed = 5\n{SALES}[[events]]\ncount = 3\nat = \"-1h\"\n");
    let ids = |seed: Option<u64>| {
        let plan = plan_with(&text, &Wishes { seed, ..Wishes::default() }).expect("a plan");
        plan.events.iter().map(|event| event.id.clone()).chain([plan.webhooks[0].id.clone()]).collect::<Vec<_>>()
    };
    assert_eq!(ids(None), ids(Some(5)));
    assert!(ids(None).iter().zip(ids(Some(6))).all(|(left, right)| *left != right));
}

#[test]
fn states_are_what_the_table_says() {
    let table = |more: &str| plan(&format!("{SALES}[[events]]\nid = \"e\"\nat = \"-1h\"\n{more}\n")).events[0].clone();
    let failed = |status_code, text: &str| EventState::Failed { status_code, status_text: text.to_owned() };
    assert_eq!(table("state = \"failed\"").state, failed(None, "Unable to connect"));
    assert_eq!(table("state = \"failed\"\nstatus-code = 502").state, failed(Some(502), "Bad Gateway"));
    let event = table("state = \"failed\"\nstatus-text = \"Nope\"\nin-log = true\nruns = 4");
    assert_eq!((event.state, event.in_log, event.runs), (failed(None, "Nope"), true, 4));
    let event = table("state = \"pending\"");
    assert_eq!((event.state, event.in_log, event.runs), (EventState::Pending, false, 0));
    let lost = table("state = \"delivered\"\nin-log = false");
    assert_eq!((lost.state, lost.in_log), (EventState::Delivered, false));
}

#[test]
fn what_is_to_be_delivered_is_pending_until_then() {
    let plan = plan(&format!("{SALES}[[events]]\nid = \"e\"\nat = \"-1h\"\ndeliver = true\n"));
    assert_eq!(plan.first_deliveries, [(0, "e".to_owned())]);
    assert_eq!((&plan.events[0].state, plan.events[0].runs), (&EventState::Pending, 0));
    assert!(!plan.is_calling(), "nobody's URL is known");
}

#[test]
fn who_is_called_is_said_by_the_file_or_by_the_wish() {
    let with_url = "[[webhook]]\nevent-type = \"A\"\nurl = \"http://127.0.0.1:1/a\"\n[[webhook]]\nevent-type = \"B\"\n";
    assert!(refused(with_url).0.starts_with("outage.toml:4: webhook.url: this webhook has none"));
    let behind = |text: &str| Some(Behind::Real(text.parse().expect("a target")));
    let wishes = Wishes { behind: behind("http://localhost:2/b"), ..Wishes::default() };
    let real = plan_with(with_url, &wishes).expect("a plan");
    let urls: Vec<&str> = real.webhooks.iter().map(|webhook| webhook.url.as_str()).collect();
    assert_eq!((urls, real.is_calling()), (vec!["http://127.0.0.1:1/a", "http://localhost:2/b"], true));
    let wishes = Wishes { behind: Some(Behind::Simulated(ReceiverPlan::default())), ..Wishes::default() };
    assert!(!plan_with(with_url, &wishes).expect("a plan").is_calling());
}

#[test]
fn faults_have_a_rate_a_count_and_an_operation() {
    let text = format!(
        "{SALES}[[fault]]\nname = \"unavailable\"\nrate = 0.5\nfirst = 3\noperation = \"list\"\n[[fault]]\nname = \"truncate=9\"\n"
    );
    let faults: Vec<String> = plan(&text).faults.iter().map(ToString::to_string).collect();
    assert_eq!(faults, ["unavailable@first=3@0.5@list", "truncate=9"]);
}

#[test]
fn complaints_name_the_file_the_line_the_key_and_a_way_out() {
    let events = |more: &str| format!("{SALES}[[events]]\nat = \"-1h\"\n{more}\n");
    for (text, message, hint) in [
        ("seed = \n".to_owned(), "outage.toml:1: seed: ", "hookmend help sandbox"),
        ("sed = 1\n".to_owned(), "outage.toml:1: sed: unknown field `sed`", "did you mean seed?"),
        (String::new(), "outage.toml:1: webhook: there must be from 1", "[[webhook]]"),
        ("[[webhook]]\nurl = \"x\"\n".to_owned(), "missing field `event-type`", "help sandbox"),
        (events("cuont = 3"), "outage.toml:5: events.cuont: unknown field", "did you mean count?"),
        (events("count = \"3\""), "outage.toml:5: events.count: invalid type", "help sandbox"),
        (events("count = 0"), "outage.toml:5: events.count: there can't be so many", "from 1 to"),
        (events("count = 100001"), "outage.toml:5: events.count: there can't be so many", "from 1 to"),
        (events("count = 2\nid = \"a\""), "outage.toml:6: events.id: several events", "id-prefix"),
        (events("type = \"SaleCreate\""), "outage.toml:5: events.type: no webhook has", "did you mean SaleCreated?"),
        (events("from = \"-2h\""), "outage.toml:4: events.at: both at and a period", "leave one"),
        (events("status-code = 503"), "outage.toml:5: events.status-code: only a failed event", "state = \"failed\""),
        (events("state = \"failed\"\nstatus-code = 200"), "outage.toml:6: events.status-code: this is no", "300"),
        (events("state = \"lost\""), "outage.toml:5: events.state: unknown variant", "delivered, failed, pending"),
        (
            events("deliver = true\nin-log = true"),
            "outage.toml:6: events.in-log: the receiver's answer",
            "leave it out",
        ),
        (events("id = \"a\\u0007\""), "outage.toml:5: events.id: an id must be", "control"),
        (
            format!("{SALES}[[events]]\nfrom = \"-1h\"\nto = \"-2h\"\n"),
            "outage.toml:4: events.from: from is not before to",
            "swap",
        ),
        (format!("{SALES}[[events]]\nat = \"-6x\"\n"), "outage.toml:4: events.at: \"-6x\" is no time", "-6h"),
        (format!("{SALES}[[events]]\nat = 5\n"), "outage.toml:4: events.at: this is no time", "-6h"),
        (
            format!("{SALES}[[events]]\nat = \"now\"\nid = \"a\"\n[[events]]\nat = \"now\"\nid = \"a\"\n"),
            "two events",
            "id-prefix",
        ),
        (
            format!("{SALES}[[fault]]\nname = \"unavailible\"\n"),
            "outage.toml:4: fault.name: there is no fault named",
            "did you mean unavailable?",
        ),
        (
            format!("{SALES}[[fault]]\nname = \"unavailable\"\nrate = 2.0\n"),
            "outage.toml:5: fault.rate: 2 is no probability",
            "0.0 to 1.0",
        ),
        (
            format!("{SALES}[[fault]]\nname = \"unavailable\"\noperation = \"lists\"\n"),
            "outage.toml:5: fault.operation: there is no such operation",
            "did you mean list?",
        ),
        (
            format!("[receiver]\ntimeout = \"soon\"\n{SALES}"),
            "outage.toml:2: receiver.timeout: \"soon\" is no duration",
            "10s",
        ),
        (
            format!("[receiver]\nheaders = {{ Host = \"x\" }}\n{SALES}"),
            "outage.toml:2: receiver.headers: the header Host is set by the sandbox",
            "outage.toml",
        ),
        (
            "[[webhook]]\nevent-type = \"A\"\nurl = \"https://example.com/\"\n".to_owned(),
            "outage.toml:3: webhook.url: only http:// is called",
            "127.0.0.1",
        ),
    ] {
        let (said, hinted) = refused(&text);
        assert!(said.contains(message), "{said}\nfor\n{text}");
        assert!(hinted.contains(hint), "{hinted}\nfor\n{text}");
    }
}

#[test]
fn several_webhooks_of_one_type_are_told_apart_by_id() {
    let two = "[[webhook]]\nevent-type = \"A\"\nid = \"one\"\n[[webhook]]\nevent-type = \"A\"\nid = \"two\"\n";
    assert!(refused(&format!("{two}[[events]]\ntype = \"A\"\nat = \"now\"\n")).1.contains("webhook = "));
    let plan = plan(&format!("{two}[[events]]\nwebhook = \"two\"\nat = 2026-06-14T10:00:00Z\nid = \"e\"\n"));
    assert_eq!(
        (plan.events[0].webhook, plan.events[0].created_at.to_rfc3339()),
        (1, "2026-06-14T10:00:00+00:00".into())
    );
    let doubled = two.replace("two", "ONE");
    assert!(refused(&doubled).0.contains("two webhooks with the id"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Scenario::read(Path::new("no/such.toml")).expect_err("nothing there");
    assert!(error.to_string().starts_with("no/such.toml: can't be read"));
    assert!(error.hint.contains("--scenario"));
}
