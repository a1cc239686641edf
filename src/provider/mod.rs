//! The provider port: a vendor's API that lists events, gets one and resends one.
//!
//! One file per vendor beside the HTTP client they share. A provider makes exactly one request per
//! call: it never retries, sleeps or decides what is lost. It reports what the answer was and what
//! kind of failure it met; pacing and retrying are the engine's.

pub mod front_systems;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod hints;
pub mod http;
mod json_array;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::attempt::{Intent, ResendEnd};
use crate::event::{Event, EventId, WebhookId, Window};

/// Which events a listing asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListFilter {
    /// Only those the provider failed to deliver.
    Failed,
    /// All of them.
    All,
}

impl ListFilter {
    /// The name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::All => "all",
        }
    }
}

/// One request for a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRequest {
    /// Whose events.
    pub webhook: WebhookId,
    /// The range to ask for, already widened for the zone's uncertainty.
    pub range: Window,
    /// Which of them.
    pub filter: ListFilter,
}

/// What one listing held besides its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Records in the answer, including repeated and unusable ones.
    pub records: u64,
    /// Records without a usable event id: the listing could not be read whole.
    pub unusable: u64,
    /// Why the first unusable record could not be used.
    pub first_unusable: Option<String>,
}

/// One webhook as the provider describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The event type it delivers.
    pub event_type: String,
    /// The receiver's URL; may hold a token, so it is masked before it is shown.
    pub url: String,
    /// The store it is limited to, if it is.
    pub store_id: Option<i64>,
}

/// What a webhook is created with or changed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookDraft {
    /// The event type to deliver.
    pub event_type: String,
    /// The receiver's URL.
    pub url: String,
}

/// One event with the vendor's whole record, for showing.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDetail {
    /// The event.
    pub event: Event,
    /// The record as the vendor sent it, payload and runs included.
    pub record: serde_json::Value,
}

/// What an answer told of the way to the vendor, beside its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClockReading {
    /// The vendor's `Date` header.
    pub vendor_time: Option<DateTime<Utc>>,
}

/// Which of the credentials a provider refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// The key of the company's subscription (`Ocp-Apim-Subscription-Key`).
    SubscriptionKey,
    /// The key of the integration (`x-api-key`).
    ApiKey,
    /// The answer does not say which.
    Unclear,
}

/// How a request to a provider failed. No variant ever holds a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// Nothing was sent: refused connection, unknown host, failed TLS handshake.
    #[error("could not connect: {message}")]
    NotSent {
        /// The cause.
        message: String,
    },
    /// Nothing was sent, and trying again changes nothing: the id can't be part of an address.
    #[error("{message}")]
    Unaddressable {
        /// Why not.
        message: String,
    },
    /// 429: wait and try again.
    #[error("throttled by the vendor{}", wait_suffix(*.retry_after))]
    Throttled {
        /// How long the vendor asks to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// The call quota is used up; waiting helps, another key does not.
    #[error("the vendor's call quota is used up{}", wait_suffix(*.retry_after))]
    QuotaExhausted {
        /// How long until the quota is filled again, if the vendor says.
        retry_after: Option<Duration>,
    },
    /// 401, or a 403 that is no quota.
    #[error("the vendor refused the credentials ({status}): {message}")]
    CredentialsRefused {
        /// Which key was refused, where the answer allows to tell.
        credential: Credential,
        /// The HTTP status.
        status: u16,
        /// The vendor's words.
        message: String,
    },
    /// 404 from the gateway: the address has no such path, so the base URL is most likely wrong.
    #[error("the vendor's address has no such path (404): {message}")]
    UnknownPath {
        /// The vendor's words.
        message: String,
    },
    /// 404 for the thing asked for.
    #[error("the vendor does not know it (404): {message}")]
    NotFound {
        /// The vendor's words.
        message: String,
    },
    /// Any other 4xx: the vendor did not act.
    #[error("the vendor rejected the request ({status}): {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The vendor's words.
        message: String,
    },
    /// 3xx; redirects are never followed, because the keys would travel along.
    #[error("the vendor's address redirects ({status}) to {target}")]
    Redirected {
        /// The HTTP status.
        status: u16,
        /// Where to, without query.
        target: String,
    },
    /// 5xx, and 408, which gateways answer when the vendor behind them was too slow: it may have acted.
    #[error("the vendor failed ({status}): {message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// The vendor's words.
        message: String,
        /// How long the vendor asks to wait, if it says.
        retry_after: Option<Duration>,
    },
    /// No whole answer within the time-out.
    #[error("no answer within {} s", .after.as_secs_f64())]
    TimedOut {
        /// The time-out.
        after: Duration,
    },
    /// The connection broke while the answer was awaited or read.
    #[error("the connection broke before the answer was complete: {message}")]
    Interrupted {
        /// The cause.
        message: String,
    },
    /// The answer is not what the API promises: HTML, cut JSON, JSON of another shape, too deep.
    #[error("the answer can't be read: {message}")]
    Unreadable {
        /// What was found instead.
        message: String,
    },
    /// The answer is longer than the limit.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
}

fn wait_suffix(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| format!("; it asks to wait {} s", wait.as_secs()))
}

impl ProviderError {
    /// The HTTP status of the answer, if there was one with a failing status.
    pub fn status_code(&self) -> Option<u16> {
        match self {
            Self::Throttled { .. } => Some(429),
            Self::QuotaExhausted { .. } => Some(403),
            Self::UnknownPath { .. } | Self::NotFound { .. } => Some(404),
            Self::CredentialsRefused { status, .. }
            | Self::Rejected { status, .. }
            | Self::Redirected { status, .. }
            | Self::Server { status, .. } => Some(*status),
            Self::NotSent { .. }
            | Self::Unaddressable { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => None,
        }
    }

    /// What this failure means for a resend: whether the vendor can have acted.
    pub fn resend_end(&self) -> ResendEnd<'static> {
        match self {
            Self::NotSent { .. } => ResendEnd::NotSent,
            Self::Unaddressable { .. }
            | Self::Throttled { .. }
            | Self::QuotaExhausted { .. }
            | Self::CredentialsRefused { .. }
            | Self::UnknownPath { .. }
            | Self::NotFound { .. }
            | Self::Rejected { .. }
            | Self::Redirected { .. } => ResendEnd::Rejected,
            Self::Server { .. }
            | Self::TimedOut { .. }
            | Self::Interrupted { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => ResendEnd::Unanswered,
        }
    }
}

/// A vendor's API. Every call is one request.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The provider's name in settings and in the ledger, such as `front-systems`.
    fn name(&self) -> &'static str;

    /// The longest range one listing may ask for.
    fn longest_range(&self) -> TimeDelta;

    /// Lists events and hands each to `sink` as it arrives; nothing is collected here.
    ///
    /// Events that arrived before a failure were handed over and are real.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn list_events(
        &self,
        request: &ListRequest,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Listing, ProviderError>;

    /// Gets one event with its payload.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn get_event(&self, webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError>;

    /// Asks the vendor to deliver an event again: the one request that changes something.
    ///
    /// Returns the event as the answer shows it.
    ///
    /// # Errors
    /// See [`ProviderError`]; [`ProviderError::resend_end`] says what may be concluded.
    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError>;

    /// Lists the webhooks the keys can see.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn list_webhooks(&self) -> Result<Vec<Webhook>, ProviderError>;

    /// Gets one webhook.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn get_webhook(&self, webhook: &WebhookId) -> Result<Webhook, ProviderError>;

    /// Creates a webhook and returns it.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn create_webhook(&self, draft: &WebhookDraft) -> Result<Webhook, ProviderError>;

    /// Changes a webhook.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn update_webhook(&self, webhook: &WebhookId, draft: &WebhookDraft) -> Result<(), ProviderError>;

    /// Deletes a webhook.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn delete_webhook(&self, webhook: &WebhookId) -> Result<(), ProviderError>;

    /// The event types the vendor knows, as the vendor shows them.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn event_types(&self) -> Result<serde_json::Value, ProviderError>;

    /// The schema of one event type, as the vendor shows it.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn event_type_schema(&self, event_type: &str) -> Result<serde_json::Value, ProviderError>;

    /// Asks for something that needs every credential and changes nothing.
    ///
    /// # Errors
    /// See [`ProviderError`].
    async fn probe(&self) -> Result<ClockReading, ProviderError>;
}
