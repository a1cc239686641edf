//! The vendor's API: one function for each operation, behind the gateway.
//!
//! This file owns what is answered and when the world is changed. It never writes JSON by hand and
//! never opens a socket.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::active::Active;
use super::answers::{Body, Reply, cut_json, empty, html, json_text, json_value, problem};
use super::calls::Call;
use super::delivery::{Errand, Occasion, deliver};
use super::faults::{Fault, Operation};
use super::journal::CallEntry;
use super::moments::Stage;
use super::payload::{EVENT_TYPES, schema};
use super::receiver::Answer;
use super::routes::Route;
use super::shared::Shared;
use super::wire::{Extras, RecordForm, WebhookJson};
use super::world::{EventRef, Subscription, View};
use super::{control, gateway, listing};

/// The longest request body that is read, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024;

/// A request, read whole.
pub(super) struct Arrival {
    method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) route: Option<Route>,
    pub(super) subscription_key: Option<String>,
    pub(super) api_key: Option<String>,
    body: Option<Bytes>,
}

/// A request under way; counted and noted until it is dropped, even when the client goes away.
struct Visit {
    shared: Arc<Shared>,
    operation: Operation,
    number: u64,
    entry: CallEntry,
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.shared.calls().left(self.operation);
        self.shared.journal().called(&self.entry);
    }
}

impl Arrival {
    async fn read(request: Request<Incoming>) -> Self {
        let (parts, body) = request.into_parts();
        let body = Limited::new(body, REQUEST_LIMIT).collect().await.ok().map(|body| body.to_bytes());
        let path = parts.uri.path().to_owned();
        Self {
            route: Route::parse(&parts.method, &path),
            method: parts.method.to_string(),
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            subscription_key: header(&parts.headers, "ocp-apim-subscription-key"),
            api_key: header(&parts.headers, "x-api-key"),
            body,
        }
    }

    fn operation(&self) -> Operation {
        self.route.as_ref().map_or(Operation::Unknown, Route::operation)
    }

    fn entry(&self, active: &Active) -> CallEntry {
        let has_key_in_query = self.has_key_in_query();
        CallEntry {
            at: Utc::now(),
            method: self.method.clone(),
            path: self.path.clone(),
            query: if has_key_in_query { String::new() } else { self.query.clone() },
            operation: self.operation().name(),
            has_subscription_key: self.subscription_key.is_some(),
            has_api_key: self.api_key.is_some(),
            has_key_in_query,
            body: self.body.as_deref().and_then(|body| serde_json::from_slice(body).ok()),
            status: None,
            faults: active.names(),
        }
    }

    fn has_key_in_query(&self) -> bool {
        let query = self.query.to_ascii_lowercase();
        query.contains("subscription-key=") || query.contains("api-key=")
    }

    fn call(&self, connection: u64) -> Call {
        Call {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            operation: self.operation(),
            status: None,
            connection,
            at: Utc::now(),
            has_subscription_key: self.subscription_key.is_some(),
            has_api_key: self.api_key.is_some(),
            has_key_in_query: self.has_key_in_query(),
        }
    }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Answers one request that came over the connection with this number.
pub(super) async fn handle(shared: Arc<Shared>, request: Request<Incoming>, connection: u64) -> Reply {
    if control::is_meant(request.uri().path()) {
        return Reply::Answer(control::answer(&shared, request).await);
    }
    let arrival = Arrival::read(request).await;
    let operation = arrival.operation();
    let number = shared.calls().arrived(arrival.call(connection));
    let turn = shared.moments.arrived(operation);
    let active = shared.rules().draw(operation);
    let mut visit = Visit { shared: Arc::clone(&shared), operation, number, entry: arrival.entry(&active) };
    let reply = match gateway::answer(&shared, &arrival, &active) {
        Some(answer) => Reply::Answer(answer),
        None => behind_gateway(&shared, &arrival, &active).await,
    };
    shared.moments.tell(turn, Stage::Acted);
    if let Some(wait) = active.delay() {
        tokio::time::sleep(wait).await;
    }
    match &reply {
        Reply::Answer(answer) => {
            let status = answer.status().as_u16();
            visit.entry.status = Some(status);
            shared.calls().answered(visit.number, status);
        }
        Reply::Silence(wait) => tokio::time::sleep(*wait).await,
    }
    if shared.moments.is_witnessed() {
        // The server has one thread, so this runs once the connection has written what it has.
        tokio::spawn(async move { shared.moments.tell(turn, Stage::Answered) });
    }
    reply
}

async fn behind_gateway(shared: &Arc<Shared>, arrival: &Arrival, active: &Active) -> Reply {
    let answer = match &arrival.route {
        None => problem(StatusCode::NOT_FOUND, "There is no such resource."),
        Some(Route::Environment) => json_value(
            StatusCode::OK,
            &json!({ "environment": "Sandbox", "company": "Sandbox Retail AS", "apiVersion": "V2" }),
        ),
        Some(Route::ListWebhooks) => list_webhooks(shared),
        Some(Route::CreateWebhook) => create_webhook(shared, arrival),
        Some(Route::GetWebhook(id)) => get_webhook(shared, id),
        Some(Route::UpdateWebhook(id)) => update_webhook(shared, arrival, id),
        Some(Route::DeleteWebhook(id)) => delete_webhook(shared, id),
        Some(Route::Types) => json_value(StatusCode::OK, &EVENT_TYPES),
        Some(Route::Schema(event_type)) => match schema(event_type) {
            Some(schema) => json_value(StatusCode::OK, &schema),
            None => problem(StatusCode::NOT_FOUND, "The webhook type does not exist."),
        },
        Some(Route::ListEvents(webhook)) => listing::answer(shared, webhook, &arrival.query, active),
        Some(Route::GetEvent { webhook, event }) => get_event(shared, webhook, event, active),
        Some(Route::Resend { webhook, event }) => return resend(shared, webhook, event, active).await,
    };
    Reply::Answer(answer)
}

/// Why a request behind the gateway gets no other answer.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    NoWebhook,
    NoEvent,
    BadBody(String),
}

impl From<Refusal> for Response<Body> {
    fn from(refusal: Refusal) -> Self {
        // These words differ from the gateway's, so that a client can tell the two apart.
        match refusal {
            Refusal::NoWebhook => problem(StatusCode::NOT_FOUND, "The webhook does not exist."),
            Refusal::NoEvent => problem(StatusCode::NOT_FOUND, "The webhook event does not exist."),
            Refusal::BadBody(why) => problem(StatusCode::BAD_REQUEST, &why),
        }
    }
}

fn list_webhooks(shared: &Shared) -> Response<Body> {
    let world = shared.world();
    let webhooks: Vec<WebhookJson<'_>> = world.subscriptions.iter().map(WebhookJson::of).collect();
    json_value(StatusCode::OK, &webhooks)
}

fn get_webhook(shared: &Shared, id: &str) -> Response<Body> {
    match shared.world().subscription(id) {
        Some(subscription) => json_value(StatusCode::OK, &WebhookJson::of(subscription)),
        None => Refusal::NoWebhook.into(),
    }
}

#[derive(Deserialize)]
struct Draft {
    event: String,
    url: String,
}

impl Draft {
    fn read(arrival: &Arrival) -> Result<Self, Refusal> {
        let refused = |why: &str| Refusal::BadBody(why.to_owned());
        let body = arrival.body.as_deref().ok_or_else(|| refused("The body can't be read."))?;
        let draft: Self = serde_json::from_slice(body).map_err(|error| refused(&error.to_string()))?;
        if !EVENT_TYPES.contains(&draft.event.as_str()) {
            return Err(refused("The event is not a webhook type."));
        }
        if !draft.url.starts_with("https://") && !draft.url.starts_with("http://") {
            return Err(refused("The url is not a valid absolute address."));
        }
        Ok(draft)
    }
}

fn create_webhook(shared: &Shared, arrival: &Arrival) -> Response<Body> {
    match Draft::read(arrival) {
        Ok(Draft { event, url }) => json_value(StatusCode::OK, &WebhookJson::of(shared.world().subscribe(event, url))),
        Err(refused) => refused.into(),
    }
}

fn update_webhook(shared: &Shared, arrival: &Arrival, id: &str) -> Response<Body> {
    let draft = match Draft::read(arrival) {
        Ok(draft) => draft,
        Err(refused) => return refused.into(),
    };
    match shared.world().subscription_mut(id) {
        Some(subscription) => {
            subscription.event_type = draft.event;
            subscription.url = draft.url;
            json_value(StatusCode::OK, &WebhookJson::of(subscription))
        }
        None => Refusal::NoWebhook.into(),
    }
}

fn delete_webhook(shared: &Shared, id: &str) -> Response<Body> {
    if shared.world().unsubscribe(id) { empty(StatusCode::NO_CONTENT) } else { Refusal::NoWebhook.into() }
}

/// Finds an event, or says what does not exist.
fn find<'a>(
    subscription: Option<&'a Subscription>,
    event: &str,
) -> Result<(&'a Subscription, EventRef, View), Refusal> {
    let subscription = subscription.ok_or(Refusal::NoWebhook)?;
    let found = subscription.find(event).and_then(|event| Some((event, subscription.view(event)?)));
    let (event, view) = found.ok_or(Refusal::NoEvent)?;
    Ok((subscription, event, view))
}

fn get_event(shared: &Shared, webhook: &str, event: &str, active: &Active) -> Response<Body> {
    let world = shared.world();
    match find(world.subscription(webhook), event) {
        Ok((subscription, _, view)) => {
            let form = RecordForm::new(&subscription.id, Extras { payload: true, runs: true }, active);
            json_text(StatusCode::OK, form.json(&view, &subscription.event_type, 0))
        }
        Err(missing) => missing.into(),
    }
}

async fn resend(shared: &Arc<Shared>, webhook: &str, event: &str, active: &Active) -> Reply {
    let stale_for = active.find(|fault| if let Fault::StaleListing(times) = fault { Some(times) } else { None });
    let found = {
        let world = shared.world();
        find(world.subscription(webhook), event).map(|(subscription, event, view)| {
            let (webhook, generation) = (subscription.id.clone(), world.generation);
            let stale_for = stale_for.unwrap_or(0);
            let errand = Errand { occasion: Occasion::Resend, webhook, event, stale_for, generation };
            (errand, view, subscription.event_type.clone())
        })
    };
    let (errand, before, event_type) = match found {
        Ok(found) => found,
        Err(missing) => return Reply::Answer(missing.into()),
    };
    let form = RecordForm::new(&errand.webhook, Extras::default(), active);
    let shown = |view: &View| form.json(view, &event_type, 0);
    if active.has(Fault::DropBeforeDeliver) {
        return Reply::Silence(Duration::ZERO);
    }
    if active.has(Fault::ResendWithoutDeliveryHonest) {
        return Reply::Answer(json_text(StatusCode::OK, shown(&before)));
    }
    if active.has(Fault::ResendWithoutDelivery) {
        let claimed = View { record: before.record.clone().after_run(&Answer::of_status(200), Utc::now()), ..before };
        return Reply::Answer(json_text(StatusCode::OK, shown(&claimed)));
    }
    if let Some(wait) = active.find(|fault| if let Fault::ResendDeliversLate(wait) = fault { Some(wait) } else { None })
    {
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            deliver(&shared, errand).await;
        });
        return Reply::Answer(json_text(StatusCode::OK, shown(&before)));
    }
    deliver(shared, errand.clone()).await;
    let after = {
        let world = shared.world();
        world.subscription(&errand.webhook).and_then(|subscription| subscription.view(errand.event))
    };
    let view = if active.has(Fault::ResendAnswersBefore) { &before } else { after.as_ref().unwrap_or(&before) };
    after_delivery(shown(view), active)
}

/// The answer to a resend that was delivered: the event, unless a fault spoils it.
fn after_delivery(event: Vec<u8>, active: &Active) -> Reply {
    if active.has(Fault::DeliverThen500) {
        let detail = "An error occurred while processing your request.";
        return Reply::Answer(problem(StatusCode::INTERNAL_SERVER_ERROR, detail));
    }
    if let Some(wait) = active.find(|fault| if let Fault::DeliverThenHang(wait) = fault { Some(wait) } else { None }) {
        return Reply::Silence(wait);
    }
    if active.has(Fault::DeliverThenReset) {
        return Reply::Silence(Duration::ZERO);
    }
    if active.has(Fault::DeliverThenCut) {
        return Reply::Answer(cut_json(event));
    }
    if active.has(Fault::DeliverThenHtml) {
        return Reply::Answer(html(StatusCode::OK));
    }
    Reply::Answer(json_text(StatusCode::OK, event))
}
