//! Front Systems, a retail point of sale: its events, its resend and its subscriptions.
//!
//! It owns the paths, the queries and the reading of answers. It never retries, never asks for a
//! payload that is not shown, and never draws a conclusion from a filter that it sent.

#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod record;
mod time;
mod webhooks;

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use chrono_tz::Tz;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::HeaderName;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use self::record::{Record, RecordReader, Unusable};
use super::http::{Answer, Ask, ClientError, DEFAULT_RESPONSE_LIMIT, HttpClient, HttpConfig, SecretHeader};
use super::json_array::{ArrayError, ArrayLimits, ArraySplitter, nests_within};
use super::{
    ClockReading, EventDetail, ListFilter, ListRequest, Listing, Provider, ProviderError, Webhook, WebhookDraft,
};
use crate::attempt::Intent;
use crate::event::{Event, EventId, WebhookId};

/// Where the vendor's API is; some of its partners have hosts of their own.
pub const DEFAULT_BASE_URL: &str = "https://frontsystemsapis.frontsystems.no/restapi/V2";
/// How long one request may take unless set otherwise; the vendor is known to take 15 s.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// A sibling of the listing refuses ranges from 32 days on.
const LONGEST_RANGE: TimeDelta = TimeDelta::days(31);
/// How long the answer about one thing may be, in bytes.
const DOCUMENT_BYTES: u64 = 64 * 1024 * 1024;
/// How deep a document may nest.
const DOCUMENT_DEPTH: u32 = 64;
/// How much of a probe's answer is looked at, in bytes.
const PROBE_BYTES: usize = 1024;

/// A space must be `%20` here; a colon may stand as it is.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b':');

/// What the provider is made from. Its debug form holds no key.
#[derive(Clone, Debug)]
pub struct FrontSystemsConfig {
    /// Where the API is, without `/api`.
    pub base_url: Url,
    /// The key of the company's subscription.
    pub subscription_key: SecretString,
    /// The key of the integration.
    pub api_key: SecretString,
    /// The zone of times without an offset, in records and in queries.
    pub time_zone: Tz,
    /// How long one request may take, the body included.
    pub timeout: Duration,
    /// The longest answer that is accepted, in bytes.
    pub response_limit: u64,
    /// Root certificates to trust beside the system's, as PEM.
    pub extra_roots: Option<Vec<u8>>,
}

impl FrontSystemsConfig {
    /// The usual settings: UTC, 60 seconds, 1 GiB.
    pub fn new(base_url: Url, subscription_key: SecretString, api_key: SecretString) -> Self {
        Self {
            base_url,
            subscription_key,
            api_key,
            time_zone: Tz::UTC,
            timeout: DEFAULT_TIMEOUT,
            response_limit: DEFAULT_RESPONSE_LIMIT,
            extra_roots: None,
        }
    }
}

/// The Front Systems API.
#[derive(Clone, Debug)]
pub struct FrontSystems {
    http: HttpClient,
    zone: Tz,
}

impl FrontSystems {
    /// Makes the provider; nothing is sent.
    ///
    /// # Errors
    /// When the settings can't be used.
    pub fn new(config: FrontSystemsConfig) -> Result<Self, ClientError> {
        let key = |name, header, key| SecretHeader { name, header: HeaderName::from_static(header), key };
        let http = HttpClient::new(HttpConfig {
            base_url: config.base_url,
            keys: vec![
                key("the subscription key", "ocp-apim-subscription-key", config.subscription_key),
                key("the API key", "x-api-key", config.api_key),
            ],
            timeout: config.timeout,
            response_limit: config.response_limit,
            extra_roots: config.extra_roots,
        })?;
        Ok(Self { http, zone: config.time_zone })
    }

    async fn get(&self, segments: &[&str]) -> Result<Answer<'_>, ProviderError> {
        self.http.send(Ask::Get, segments, None).await
    }

    async fn document(&self, answer: Answer<'_>) -> Result<Value, ProviderError> {
        self.parse(&answer.whole(DOCUMENT_BYTES).await?)
    }

    /// Reads a whole document, bounded in depth and without the keys that it may repeat.
    fn parse(&self, body: &[u8]) -> Result<Value, ProviderError> {
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        if !nests_within(body, DOCUMENT_DEPTH) {
            return Err(unreadable(format!("it nests deeper than {DOCUMENT_DEPTH} levels")));
        }
        let read = serde_json::from_slice(body).map(|document| self.http.speaker().hushed_document(document));
        read.map_err(|error: serde_json::Error| {
            let problem = if error.is_eof() && !body.trim_ascii().is_empty() {
                "it is JSON that ends too early".to_owned()
            } else {
                self.http.speaker().describe(body)
            };
            unreadable(problem)
        })
    }

    /// Reads a record that must be about `asked`; one that does not name its event is taken for it.
    fn event_of(&self, body: &[u8], asked: &EventId) -> Result<Event, ProviderError> {
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let read = RecordReader::new(self.zone, self.http.speaker()).read(body);
        let mut record = read.map_err(|_| unreadable(self.http.speaker().describe(body)))?;
        if record.id == Err(Unusable::NoId) {
            record.id = Ok(asked.clone());
        }
        let event = record.into_event().map_err(|problem| unreadable(problem.to_string()))?;
        if event.id != *asked {
            let other = self.http.speaker().repeat(&event.id.text());
            return Err(unreadable(format!("it is about another event, {other:?}")));
        }
        Ok(event)
    }

    fn list_query(&self, request: &ListRequest) -> String {
        let (from, to) = time::query_range(&request.range, self.zone);
        let success = match request.filter {
            ListFilter::Failed => "&success=false",
            ListFilter::All => "",
        };
        let encode = |text| utf8_percent_encode(text, QUERY).to_string();
        format!("from={}&to={}{success}&includePayload=false&includeRuns=false", encode(&from), encode(&to))
    }

    fn broken_list(&self, error: &ArrayError, chunk: &[u8]) -> ProviderError {
        match error {
            ArrayError::NotAnArray(found) => {
                let words = self.http.speaker().describe(chunk);
                unreadable(format!("it is {found} instead of a JSON list; {words}"))
            }
            other => unreadable(other.to_string()),
        }
    }
}

fn unreadable(message: String) -> ProviderError {
    ProviderError::Unreadable { message }
}

/// Takes in the records of a listing one by one.
struct Intake<'a> {
    reader: RecordReader<'a>,
    listing: Listing,
    sink: &'a mut (dyn FnMut(Event) + Send),
}

impl Intake<'_> {
    fn take(&mut self, json: &[u8]) {
        self.listing.records += 1;
        match self.reader.read(json).and_then(Record::into_event) {
            Ok(event) => (self.sink)(event),
            Err(problem) => {
                self.listing.unusable += 1;
                let number = self.listing.records;
                self.listing.first_unusable.get_or_insert_with(|| format!("record {number}: {problem}"));
            }
        }
    }
}

#[async_trait]
impl Provider for FrontSystems {
    fn name(&self) -> &'static str {
        "front-systems"
    }

    fn longest_range(&self) -> TimeDelta {
        LONGEST_RANGE
    }

    async fn list_events(
        &self,
        request: &ListRequest,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Listing, ProviderError> {
        let path = ["api", "WebhooksEvents", request.webhook.as_str()];
        let mut answer = self.http.send(Ask::Get, &path, Some(&self.list_query(request))).await?;
        let mut splitter = ArraySplitter::new(ArrayLimits::default());
        let reader = RecordReader::new(self.zone, self.http.speaker());
        let mut intake = Intake { reader, listing: Listing::default(), sink };
        while let Some(chunk) = answer.chunk().await? {
            let pushed = splitter.push(&chunk, |json| intake.take(json));
            pushed.map_err(|error| self.broken_list(&error, &chunk))?;
        }
        splitter.finish().map_err(|error| self.broken_list(&error, b""))?;
        Ok(intake.listing)
    }

    async fn get_event(&self, webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError> {
        let answer = self.get(&["api", "WebhooksEvents", webhook.as_str(), &event.text()]).await?;
        let body = answer.whole(DOCUMENT_BYTES).await?;
        let record = self.parse(&body)?;
        Ok(EventDetail { event: self.event_of(&body, event)?, record })
    }

    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        let request = intent.request();
        let path = ["api", "WebhooksEvents", request.webhook.as_str(), "deliver", &request.resend_id.text()];
        let answer = self.http.send(Ask::PostEmpty, &path, None).await?;
        let body = answer.whole(DOCUMENT_BYTES).await?;
        if body.trim_ascii().is_empty() {
            return Err(unreadable("it did not say what became of the event".to_owned()));
        }
        self.event_of(&body, &request.resend_id)
    }

    async fn list_webhooks(&self) -> Result<Vec<Webhook>, ProviderError> {
        let document = self.document(self.get(&["api", "Webhooks"]).await?).await?;
        let entries = document.as_array().ok_or_else(|| unreadable("it is no JSON list of webhooks".to_owned()))?;
        let numbered = entries.iter().enumerate();
        numbered
            .map(|(index, entry)| {
                webhooks::read(entry).map_err(|problem| {
                    unreadable(self.http.speaker().repeat(&format!("webhook {}: {problem}", index + 1)))
                })
            })
            .collect()
    }

    async fn get_webhook(&self, webhook: &WebhookId) -> Result<Webhook, ProviderError> {
        let document = self.document(self.get(&["api", "Webhooks", webhook.as_str()]).await?).await?;
        webhooks::read(&document).map_err(|problem| unreadable(self.http.speaker().repeat(&problem)))
    }

    async fn create_webhook(&self, draft: &WebhookDraft) -> Result<Webhook, ProviderError> {
        let answer = self.http.send(Ask::Post(&webhooks::body(draft)), &["api", "Webhooks"], None).await?;
        let created = self.document(answer).await.and_then(|document| {
            webhooks::read(&document).map_err(|problem| unreadable(self.http.speaker().repeat(&problem)))
        });
        created.map_err(|error| match error {
            ProviderError::Unreadable { message } => unreadable(format!(
                "{message}; the webhook was most likely created, so list the webhooks before trying again"
            )),
            other => other,
        })
    }

    async fn update_webhook(&self, webhook: &WebhookId, draft: &WebhookDraft) -> Result<(), ProviderError> {
        let path = ["api", "Webhooks", webhook.as_str()];
        self.http.send(Ask::Put(&webhooks::body(draft)), &path, None).await?;
        Ok(())
    }

    async fn delete_webhook(&self, webhook: &WebhookId) -> Result<(), ProviderError> {
        self.http.send(Ask::Delete, &["api", "Webhooks", webhook.as_str()], None).await?;
        Ok(())
    }

    async fn event_types(&self) -> Result<Value, ProviderError> {
        self.document(self.get(&["api", "WebhooksTypes"]).await?).await
    }

    async fn event_type_schema(&self, event_type: &str) -> Result<Value, ProviderError> {
        self.document(self.get(&["api", "WebhooksTypes", event_type, "schema"]).await?).await
    }

    async fn probe(&self) -> Result<ClockReading, ProviderError> {
        let answer = self.get(&["api", "Environment"]).await?;
        let vendor_time = answer.vendor_time();
        // A web site behind a wrong base URL answers every path with its own page.
        let body = answer.beginning(PROBE_BYTES).await?;
        if body.trim_ascii_start().starts_with(b"<") {
            return Err(unreadable(self.http.speaker().describe(&body)));
        }
        Ok(ClockReading { vendor_time })
    }
}

#[cfg(test)]
mod tests;
