//! The provider against a server that says anything a vendor or a network can.

mod answers;
mod failures;
mod responder;

use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use url::Url;

use self::responder::{Responder, Step};
use super::*;
use crate::attempt::{AttemptId, KnownBy, ResendRequest};
use crate::event::{DeliveryStatus, Window};

const SUBSCRIPTION_KEY: &str = "subscription-s3cret";
const API_KEY: &str = "integration-s3cret";

/// A time-out that tests wait for; connecting to this machine must fit into it on a busy day too.
const SHORT: Duration = Duration::from_millis(800);

fn config(port: u16) -> FrontSystemsConfig {
    let base_url = Url::parse(&format!("http://127.0.0.1:{port}/restapi/V2/")).unwrap();
    FrontSystemsConfig {
        time_zone: Tz::Europe__Oslo,
        timeout: Duration::from_secs(20),
        ..FrontSystemsConfig::new(base_url, SUBSCRIPTION_KEY.into(), API_KEY.into())
    }
}

fn provider(port: u16) -> FrontSystems {
    FrontSystems::new(config(port)).unwrap()
}

fn impatient(port: u16) -> FrontSystems {
    FrontSystems::new(FrontSystemsConfig { timeout: SHORT, ..config(port) }).unwrap()
}

fn webhook() -> WebhookId {
    WebhookId::new("hook-1").unwrap()
}

fn event_id(text: &str) -> EventId {
    EventId::new(text).unwrap()
}

fn request(filter: ListFilter) -> ListRequest {
    let utc = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let range = Window::new(utc("2021-12-01T00:00:00.7Z"), utc("2021-12-02T00:00:00.1Z")).unwrap();
    ListRequest { webhook: webhook(), range, filter }
}

fn intent(event: &str) -> Intent {
    let request = ResendRequest {
        webhook: webhook(),
        event: event_id(event),
        resend_id: event_id(event),
        runs_before: Some(1),
        status_before: DeliveryStatus::Failed,
        created_at: None,
        known_by: KnownBy::Listing,
    };
    Intent::recorded(AttemptId(1), request)
}

/// An answer of its own length, after which the connection may go on.
fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let separator = if headers.is_empty() { "" } else { "\r\n" };
    format!("HTTP/1.1 {status}\r\n{headers}{separator}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn ok(body: &str) -> Vec<u8> {
    answer("200 OK", "Content-Type: application/json", body)
}

async fn serving(step: Step) -> Responder {
    Responder::start(vec![vec![step]]).await
}

async fn list(provider: &FrontSystems, filter: ListFilter) -> (Vec<Event>, Result<Listing, ProviderError>) {
    let mut events = Vec::new();
    let listing = provider.list_events(&request(filter), &mut |event| events.push(event)).await;
    (events, listing)
}

/// The outcome of a resend that is answered by `step`, which must have been asked for only once.
async fn resend_answered_by(step: Step) -> Result<Event, ProviderError> {
    let responder = serving(step).await;
    let outcome = provider(responder.port).resend(&intent("e1")).await;
    assert_eq!(responder.requests().len(), 1, "a resend is exactly one request");
    outcome
}
