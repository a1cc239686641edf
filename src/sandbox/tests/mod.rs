//! The sandbox is driven over real HTTP, by a client that knows the vendor's documents only.

mod gateway;
mod listing;
mod resend;
mod scale;
mod webhooks;

use std::sync::Once;

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::*;

/// A client with the right keys, which a test may take away.
struct Client {
    http: reqwest::Client,
    base: String,
    subscription_key: Option<String>,
    api_key: Option<String>,
    webhook: String,
}

/// A whole answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }
}

impl Client {
    fn of(sandbox: &Sandbox) -> Self {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // Another test may have installed it; any provider will do, since nothing is encrypted.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().expect("a client");
        Self {
            http,
            base: sandbox.base_url(),
            subscription_key: Some(sandbox.subscription_key().to_owned()),
            api_key: Some(sandbox.api_key().to_owned()),
            webhook: sandbox.webhooks().first().map(|webhook| webhook.id.clone()).unwrap_or_default(),
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(key) = &self.subscription_key {
            request = request.header("Ocp-Apim-Subscription-Key", key);
        }
        if let Some(key) = &self.api_key {
            request = request.header("x-api-key", key);
        }
        request
    }

    async fn finish(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    async fn get(&self, path: &str) -> Answer {
        Self::finish(self.request(Method::GET, path)).await.expect("an answer")
    }

    /// A listing of the test period with more parameters.
    async fn try_list(&self, more: &str) -> reqwest::Result<Answer> {
        let (from, to) = ("2026-01-01%2000:00:00", "2026-01-11%2000:00:00");
        let path = format!("/api/WebhooksEvents/{}?from={from}&to={to}{more}", self.webhook);
        Self::finish(self.request(Method::GET, &path)).await
    }

    async fn list(&self, more: &str) -> Vec<Value> {
        let answer = self.try_list(more).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json().as_array().expect("an array").clone()
    }

    async fn listed_ids(&self, more: &str) -> Vec<String> {
        self.list(more).await.iter().map(id_of).collect()
    }

    async fn try_resend(&self, event: &str) -> reqwest::Result<Answer> {
        let event = utf8_percent_encode(event, NON_ALPHANUMERIC);
        let path = format!("/api/WebhooksEvents/{}/deliver/{event}", self.webhook);
        Self::finish(self.request(Method::POST, &path)).await
    }

    async fn resend(&self, event: &str) -> Value {
        let answer = self.try_resend(event).await.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn environment(&self) -> Answer {
        self.get("/api/Environment").await
    }
}

fn id_of(row: &Value) -> String {
    row["webhookEventId"].as_str().expect("an id").to_owned()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn start(plan: WorldPlan) -> (Sandbox, Client) {
    let sandbox = Sandbox::start(plan).expect("a sandbox");
    let client = Client::of(&sandbox);
    (sandbox, client)
}

/// One of each kind, on days one to five.
fn one_of_each() -> WorldPlan {
    WorldPlan::new(7).events([
        EventPlan::delivered("ok", at("2026-01-01T12:00:00Z")),
        EventPlan::missing("missing", at("2026-01-02T12:00:00.25Z")),
        EventPlan::unacknowledged("unacknowledged", at("2026-01-03T12:00:00Z")),
        EventPlan::lost_after_ack("lost", at("2026-01-04T12:00:00Z")),
        EventPlan::pending("pending", at("2026-01-05T12:00:00Z")),
    ])
}

fn with_fault(fault: &str) -> (Sandbox, Client) {
    start(one_of_each().fault(rule(fault)))
}

fn rule(text: &str) -> FaultRule {
    text.parse().expect("a fault")
}

fn received(sandbox: &Sandbox) -> Vec<String> {
    let text = std::fs::read_to_string(sandbox.received_log()).expect("the log");
    let id = |line: &str| serde_json::from_str::<Value>(line).expect("JSON")["event_id"].as_str().map(str::to_owned);
    text.lines().map(|line| id(line).expect("an id")).collect()
}

#[tokio::test]
async fn a_world_starts_as_planned() {
    let (sandbox, client) = start(one_of_each());
    assert_eq!(received(&sandbox), ["ok", "unacknowledged"]);
    assert_eq!(sandbox.world().not_held(), ["lost", "missing", "pending"]);
    assert_eq!(sandbox.world().failed(&client.webhook), ["missing", "unacknowledged"]);
    assert_eq!(sandbox.world().duplicates(), Vec::<String>::new());
}

#[test]
fn a_sandbox_needs_no_runtime_and_frees_its_port_and_files_when_it_is_dropped() {
    let sandbox = Sandbox::start(one_of_each()).expect("a sandbox");
    let log = sandbox.received_log().to_owned();
    let address = sandbox.shared.address;
    assert!(log.exists() && std::net::TcpStream::connect(address).is_ok());
    drop(sandbox);
    assert!(!log.exists());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn a_taken_port_and_a_used_log_are_errors() {
    let sandbox = Sandbox::start(one_of_each()).expect("a sandbox");
    let port = sandbox.shared.address.port();
    assert_eq!(Sandbox::start(one_of_each().port(port)).expect_err("taken").kind(), io::ErrorKind::AddrInUse);
    let used = one_of_each().received(sandbox.received_log());
    assert_eq!(Sandbox::start(used).expect_err("used").kind(), io::ErrorKind::AlreadyExists);
}

#[tokio::test]
async fn the_same_seed_makes_the_same_world() {
    let world = |seed| async move {
        let mix = Mix { events: 30, missing: 4, ..Mix::default() };
        let period = (at("2026-01-01T00:00:00Z"), at("2026-01-04T00:00:00Z"));
        let (sandbox, client) = start(WorldPlan::new(seed).mix(mix).period(period.0, period.1));
        (sandbox.webhooks(), client.list("&includePayload=true").await)
    };
    assert_eq!(world(1).await, world(1).await);
    assert_ne!(world(1).await, world(2).await);
}

#[tokio::test]
async fn an_event_that_appears_later_is_listed() {
    let (sandbox, client) = start(one_of_each());
    sandbox.add_event(EventPlan::missing("late", at("2026-01-02T12:00:00Z")));
    assert_eq!(client.listed_ids("&success=false").await, ["late", "missing", "unacknowledged"]);
    assert_eq!(sandbox.world().held("late"), 0);
}

#[tokio::test]
async fn every_call_is_recorded_with_what_it_carried() {
    let (sandbox, mut client) = start(one_of_each());
    client.list("&success=false").await;
    client.api_key = None;
    client.get("/api/WebhooksEvents/x%2Fy/z?subscription-key=oops").await;
    let calls = sandbox.world().calls();
    let [list, get] = calls.as_slice() else { panic!("two calls, not {calls:?}") };
    assert_eq!((list.method.as_str(), list.operation, list.status), ("GET", Operation::List, Some(200)));
    assert!(list.query.starts_with("from=2026-01-01%2000:00:00&") && list.query.ends_with("&success=false"));
    assert!(list.has_subscription_key && list.has_api_key && !list.has_key_in_query);
    assert_eq!((get.path.as_str(), get.operation), ("/restapi/V2/api/WebhooksEvents/x%2Fy/z", Operation::Get));
    assert!(get.has_subscription_key && !get.has_api_key && get.has_key_in_query);
    assert_eq!((get.status, sandbox.world().count(Operation::List)), (Some(401), 1));
    sandbox.world().forget_calls();
    assert_eq!(sandbox.world().calls(), Vec::new());
}

/// Resends, waits for the delivery and finds that no answer follows.
async fn assert_silent_after_delivery(sandbox: &Sandbox, client: Client) {
    let resend = tokio::spawn(async move { client.try_resend("missing").await });
    while sandbox.world().tries() == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(!resend.is_finished(), "an answer came");
    assert_eq!(sandbox.world().deliveries("missing"), Deliveries { tries: 1, acknowledged: 1, kept: 1 });
    resend.abort();
}

fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}
