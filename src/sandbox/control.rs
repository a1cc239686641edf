//! The control API, by which a test suite steers the sandbox. It is not part of the vendor's API.
//!
//! It is served on the same port under `/sandbox`, on the loopback interface only, and answers only
//! requests that no web page can have made. It is never struck by faults, and its calls are neither
//! counted nor noted in the journal.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::Utc;
use futures_util::future::join_all;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HOST, HeaderMap, ORIGIN};
use hyper::{Method, Request, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::answers::{Body, json_value};
use super::delivery::{Errand, Occasion, deliver, first_deliveries};
use super::hook::Hook;
use super::plan::{EventPlan, EventState};
use super::receiver::{Failing, Reach};
use super::scenario::time::parse_time;
use super::shared::Shared;
use super::world::World;

/// Where the control API begins.
pub(super) const BASE_PATH: &str = "/sandbox";

/// The longest request body that is read, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024;
/// The most events that one request makes.
const MOST_AT_ONCE: usize = 1000;
/// The most events that requests make in all, until the sandbox is reset.
const MOST_EVENTS: usize = 100_000;
/// The most deliveries that can be made to fail.
const MOST_FAILURES: u64 = 1_000_000;
/// The longest id of an event, in bytes.
const LONGEST_ID: usize = 200;

/// Every request of the control API, and what it does.
pub const CONTROLS: &[(&str, &str)] = &[
    (
        "POST /sandbox/events",
        "an event happens and is delivered: {\"type\": \"SaleCreated\"}, or \"webhook\" with an id; if wanted \"id\", \
         \"count\", and \"at\", such as \"-10m\"",
    ),
    (
        "POST /sandbox/fail-next",
        "make the next deliveries fail: {\"deliveries\": 3, \"status\": 503}; with \"reach\": \"delivered\" the \
         receiver gets them and only its answer is lost",
    ),
    ("GET /sandbox/deliveries", "what was delivered, or tried: the latest 10,000; ?event=ID and ?webhook=ID narrow it"),
    ("GET /sandbox/journal", "calls to the vendor's API and deliveries, in order: the latest 10,000"),
    ("GET /sandbox/state", "counts of events, deliveries and calls"),
    ("POST /sandbox/reset", "make everything as it was at the start, and deliver again what is delivered then"),
];

/// Whether a request is one to the control API.
pub(super) fn is_meant(path: &str) -> bool {
    path.strip_prefix(BASE_PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Why a request is not carried out.
struct Refusal(StatusCode, String);

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self(status, why.into())
    }

    fn bad(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }
}

type Outcome = Result<Value, Refusal>;

/// Carries out one request.
pub(super) async fn answer(shared: &Arc<Shared>, request: Request<Incoming>) -> Response<Body> {
    match carry_out(shared, request).await {
        Ok(value) => json_value(StatusCode::OK, &value),
        Err(Refusal(status, why)) => {
            let mut body = json!({ "error": why });
            if matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED) {
                body["what_there_is"] = catalogue();
            }
            json_value(status, &body)
        }
    }
}

fn catalogue() -> Value {
    CONTROLS.iter().map(|(request, about)| json!({ "request": request, "about": about })).collect()
}

async fn carry_out(shared: &Arc<Shared>, request: Request<Incoming>) -> Outcome {
    refuse_web_pages(request.headers())?;
    let path = request.uri().path().to_owned();
    let name = path.strip_prefix(BASE_PATH).unwrap_or_default().trim_matches('/');
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (get, post) = (request.method() == Method::GET, request.method() == Method::POST);
    match name {
        "" if get => Ok(json!({ "what_there_is": catalogue() })),
        "events" if post => emit(shared, read(request).await?).await,
        "fail-next" if post => fail_next(shared, &read(request).await?),
        "reset" if post => reset(shared).await,
        "deliveries" if get => Ok(deliveries(shared, &query)),
        "journal" if get => Ok(journal(shared)),
        "state" if get => Ok(state(shared)),
        "" | "events" | "fail-next" | "reset" | "deliveries" | "journal" | "state" => {
            let method = request.method();
            Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, format!("{method} {path} is no request of the sandbox")))
        }
        _ => Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is nothing at {path}"))),
    }
}

/// A page that somebody has open in a browser must not steer the sandbox, also not by a name that leads
/// to this machine. Browsers name the page's origin, and the host they think they speak to.
fn refuse_web_pages(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .map_or(host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host });
    let is_here = name.eq_ignore_ascii_case("localhost") || matches!(name, "127.0.0.1" | "[::1]");
    if is_here && !headers.contains_key(ORIGIN) {
        return Ok(());
    }
    let why = "the sandbox is steered from this machine only, and not by a web page";
    Err(Refusal::new(StatusCode::FORBIDDEN, why))
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>) -> Result<T, Refusal> {
    let body: Bytes = match Limited::new(request.into_body(), REQUEST_LIMIT).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let why = format!("the body can't be read whole; {REQUEST_LIMIT} bytes are the most");
            return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, why));
        }
    };
    serde_json::from_slice(&body).map_err(|error| Refusal::bad(format!("the body is not what is expected: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Emission {
    r#type: Option<String>,
    webhook: Option<String>,
    id: Option<String>,
    count: Option<usize>,
    at: Option<String>,
}

async fn emit(shared: &Arc<Shared>, wanted: Emission) -> Outcome {
    let errands = place(&mut shared.world(), &wanted)?;
    let entries = join_all(errands.into_iter().map(|errand| deliver(shared, errand))).await;
    Ok(json!({ "deliveries": entries.into_iter().flatten().collect::<Vec<_>>() }))
}

fn place(world: &mut World, wanted: &Emission) -> Result<Vec<Errand>, Refusal> {
    let (number, webhook) = chosen(world, wanted)?;
    let count = wanted.count.unwrap_or(1);
    if !(1..=MOST_AT_ONCE).contains(&count) {
        return Err(Refusal::bad(format!("count must be from 1 to {MOST_AT_ONCE}")));
    }
    if wanted.id.is_some() && count != 1 {
        return Err(Refusal::bad("events with the same id are one event; leave id or count out"));
    }
    if world.placed() + count > MOST_EVENTS {
        let why = format!("there would be more than {MOST_EVENTS} events; POST /sandbox/reset makes room");
        return Err(Refusal::new(StatusCode::CONFLICT, why));
    }
    let now = Utc::now();
    let created_at = match &wanted.at {
        None => now,
        Some(text) => parse_time(text, now).map_err(|why| Refusal::bad(format!("at: {why}")))?,
    };
    let ids: Vec<String> = match &wanted.id {
        Some(id) => vec![usable_id(world, number, id)?],
        None => (0..count).map(|_| world.random_id()).collect(),
    };
    let mut errands = Vec::new();
    for id in ids {
        if let Some(event) = world.place(EventPlan::pending(id, created_at).at_webhook(number)) {
            let (webhook, generation) = (webhook.clone(), world.generation);
            errands.push(Errand { occasion: Occasion::First, webhook, event, stale_for: 0, generation });
        }
    }
    Ok(errands)
}

/// The webhook that is meant, and its number.
fn chosen(world: &World, wanted: &Emission) -> Result<(usize, String), Refusal> {
    let mut webhooks = world.subscriptions.iter().enumerate();
    let found = match (&wanted.r#type, &wanted.webhook) {
        (Some(event_type), None) => webhooks.find(|(_, webhook)| webhook.event_type == *event_type),
        (None, Some(id)) => webhooks.find(|(_, webhook)| webhook.id.eq_ignore_ascii_case(id)),
        _ => return Err(Refusal::bad("say either the type of the event or the id of its webhook")),
    };
    if let Some((number, webhook)) = found {
        return Ok((number, webhook.id.clone()));
    }
    let types: HashSet<&str> = world.subscriptions.iter().map(|webhook| webhook.event_type.as_str()).collect();
    let mut types: Vec<&str> = types.into_iter().collect();
    types.sort_unstable();
    Err(Refusal::bad(format!("there is no such webhook; there are some for {}", types.join(", "))))
}

fn usable_id(world: &World, webhook: usize, id: &str) -> Result<String, Refusal> {
    if id.is_empty() || id.len() > LONGEST_ID || !Hook::can_carry(id) {
        return Err(Refusal::bad(format!("an id is from 1 to {LONGEST_ID} letters that can stand in a header")));
    }
    let is_taken = world.subscriptions.get(webhook).is_some_and(|webhook| webhook.find(id).is_some());
    if is_taken {
        return Err(Refusal::new(StatusCode::CONFLICT, format!("there is an event {id:?} already")));
    }
    Ok(id.to_owned())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FailNext {
    deliveries: u64,
    status: Option<u16>,
    reach: Option<ReachWord>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ReachWord {
    Stopped,
    Delivered,
}

fn fail_next(shared: &Shared, wanted: &FailNext) -> Outcome {
    if wanted.deliveries > MOST_FAILURES {
        return Err(Refusal::bad(format!("deliveries must be at most {MOST_FAILURES}; 0 ends it")));
    }
    let status = wanted.status.unwrap_or(503);
    if !(300..=599).contains(&status) {
        return Err(Refusal::bad("status must be one of a failure, from 300 to 599"));
    }
    let reach = match wanted.reach {
        None | Some(ReachWord::Stopped) => Reach::Stopped,
        Some(ReachWord::Delivered) => Reach::Delivered,
    };
    let failing = Failing { deliveries: wanted.deliveries, status, reach };
    shared.world().receiver.fail_next(failing);
    Ok(json!({ "fail_next": failing_json(Some(failing)) }))
}

fn failing_json(failing: Option<Failing>) -> Value {
    failing.map_or(Value::Null, |Failing { deliveries, status, reach }| {
        let reach = match reach {
            Reach::Stopped => "stopped",
            Reach::Delivered => "delivered",
        };
        json!({ "deliveries": deliveries, "status": status, "reach": reach })
    })
}

async fn reset(shared: &Arc<Shared>) -> Outcome {
    let resetting = Arc::clone(shared);
    // On a task of its own, so that a reset is never half done because its client went away.
    let done = tokio::spawn(async move {
        let _beginning = resetting.beginning.lock().await;
        resetting.start_over()?;
        first_deliveries(&resetting).await;
        Ok::<(), std::io::Error>(())
    });
    match done.await {
        Ok(Ok(())) => Ok(state(shared)),
        Ok(Err(error)) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, format!("the received log: {error}"))),
        Err(_) => Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the reset did not come to its end")),
    }
}

fn deliveries(shared: &Shared, query: &str) -> Value {
    let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let wanted = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let (event, webhook) = (wanted("event"), wanted("webhook"));
    let journal = shared.journal();
    let fits = |wanted: Option<&str>, is: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(is));
    let entries = journal.deliveries().iter();
    let entries: Vec<_> =
        entries.filter(|entry| fits(event, &entry.event_id) && fits(webhook, &entry.webhook_id)).collect();
    json!({ "deliveries": entries })
}

fn journal(shared: &Shared) -> Value {
    let journal = shared.journal();
    json!({ "forgotten": journal.forgotten(), "entries": journal.entries() })
}

fn state(shared: &Shared) -> Value {
    let (webhooks, failing) = {
        let world = shared.world();
        let webhooks: Vec<Value> = world
            .subscriptions
            .iter()
            .map(|webhook| {
                let [mut delivered, mut failed, mut pending] = [0_u64; 3];
                for state in webhook.all().filter_map(|event| webhook.state(event)) {
                    *(match state {
                        EventState::Delivered => &mut delivered,
                        EventState::Failed { .. } => &mut failed,
                        EventState::Pending => &mut pending,
                    }) += 1;
                }
                json!({
                    "id": webhook.id, "event_type": webhook.event_type, "url": webhook.url,
                    "delivered": delivered, "failed": failed, "pending": pending,
                })
            })
            .collect();
        (webhooks, world.receiver.failing())
    };
    let sum = |name: &str| webhooks.iter().filter_map(|webhook| webhook[name].as_u64()).sum::<u64>();
    let events = json!({ "delivered": sum("delivered"), "failed": sum("failed"), "pending": sum("pending") });
    let (succeeded, failed) = shared.journal().outcomes();
    let faults: Vec<String> = shared.rules().in_force().iter().map(ToString::to_string).collect();
    let calls = shared.calls().all().count();
    json!({
        "seed": shared.plan.seed,
        "receiver": if shared.hook.is_some() { "real" } else { "simulated" },
        "begun": *shared.begun.borrow(),
        "events": events,
        "webhooks": webhooks,
        "deliveries": { "succeeded": succeeded, "failed": failed },
        "calls": calls,
        "fail_next": failing_json(failing),
        "faults": faults,
    })
}
