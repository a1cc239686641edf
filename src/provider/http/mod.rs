//! The HTTP client that the providers share: one call is one request.
//!
//! It owns the connection, the keys in the headers, the time-out, the byte limit and the kind of
//! each failure. It never retries, follows a redirect, or repeats a key or a query in a message.

mod address;
mod failure;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
mod wait;
mod words;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use hyper::body::Bytes;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Method, Response, redirect, retry};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use self::address::{BaseUrl, parse_base_url};
use self::failure::{Refusal, broken, causes};
pub use self::words::{Speaker, plain};
use super::ProviderError;

/// How much of an error answer is read, in bytes.
const ERROR_BODY_BYTES: usize = 64 * 1024;
/// The longest that connecting may take; less where the whole request may take less.
const LONGEST_CONNECT: Duration = Duration::from_secs(30);
/// An idle connection is given up before a gateway is likely to close it under a request: a resend
/// that meets a closing connection is in doubt.
const IDLE_CONNECTION: Duration = Duration::from_secs(20);

/// The longest answer that is accepted unless set otherwise, in bytes.
pub const DEFAULT_RESPONSE_LIMIT: u64 = 1024 * 1024 * 1024;

/// Why a client can't be made from its settings. No variant ever holds a key.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The base URL can't be used.
    #[error("{shown} {problem}")]
    BaseUrl {
        /// The URL without credentials and query.
        shown: String,
        /// What is wrong with it and what to do.
        problem: String,
    },
    /// A key is empty.
    #[error("{name} is empty; set it")]
    KeyEmpty {
        /// Which key.
        name: &'static str,
    },
    /// A key holds something that can't be sent in a header.
    #[error("{name} holds a character that can't be sent in a header; check for line breaks or quotes within it")]
    KeyUnusable {
        /// Which key.
        name: &'static str,
    },
    /// The time-out is zero.
    #[error("the time-out is zero; set it to a second or more")]
    NoTime,
    /// The extra root certificates can't be read.
    #[error("the extra root certificates can't be read; give a PEM file with at least one certificate")]
    RootCertificates,
    /// The encrypted connection can't be set up.
    #[error("encrypted connections can't be set up: {message}; check that the system has root certificates installed")]
    Setup {
        /// The cause.
        message: String,
    },
}

/// One key and the header it travels in.
#[derive(Clone, Debug)]
pub struct SecretHeader {
    /// What the key is called in messages.
    pub name: &'static str,
    /// The header.
    pub header: HeaderName,
    /// The key.
    pub key: SecretString,
}

/// What a client is made from.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Where the vendor is.
    pub base_url: Url,
    /// The keys that go with every request.
    pub keys: Vec<SecretHeader>,
    /// How long one request may take, the body included.
    pub timeout: Duration,
    /// The longest answer that is accepted, in bytes.
    pub response_limit: u64,
    /// Root certificates to trust beside the system's, as PEM.
    pub extra_roots: Option<Vec<u8>>,
}

/// One request, as far as the providers decide it.
#[derive(Debug)]
pub enum Ask<'a> {
    /// A GET.
    Get,
    /// A POST without a body.
    PostEmpty,
    /// A POST of a JSON document.
    Post(&'a serde_json::Value),
    /// A PUT of a JSON document.
    Put(&'a serde_json::Value),
    /// A DELETE.
    Delete,
}

/// Sends single requests to one vendor.
#[derive(Clone)]
pub struct HttpClient {
    client: Client,
    base: BaseUrl,
    speaker: Speaker,
    timeout: Duration,
    response_limit: u64,
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("HttpClient");
        shown.field("base", &self.base).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl HttpClient {
    /// Makes a client; nothing is sent.
    ///
    /// # Errors
    /// When the settings can't be used.
    pub fn new(config: HttpConfig) -> Result<Self, ClientError> {
        let base = BaseUrl::new(config.base_url)?;
        if config.timeout.is_zero() {
            return Err(ClientError::NoTime);
        }
        let client = build_client(&base, &config.keys, config.timeout, config.extra_roots.as_deref())?;
        let keys = config.keys.iter().map(|key| key.key.expose_secret().trim().into()).collect();
        Ok(Self {
            client,
            base,
            speaker: Speaker::new(keys),
            timeout: config.timeout,
            response_limit: config.response_limit,
        })
    }

    /// Says things about answers without repeating a key.
    pub fn speaker(&self) -> &Speaker {
        &self.speaker
    }

    /// Sends one request and returns the answer's beginning when it is a success (200–299).
    ///
    /// Each of `segments` becomes one segment of the path, whatever it holds; `query` is sent as it
    /// is.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub async fn send(
        &self,
        ask: Ask<'_>,
        segments: &[&str],
        query: Option<&str>,
    ) -> Result<Answer<'_>, ProviderError> {
        let url = self.base.join(segments, query)?;
        let response = match self.request(&ask, &url).send().await {
            Ok(response) => response,
            Err(error) => return Err(self.broken(&error)),
        };
        let answer = Answer { client: self, response, read: 0 };
        if answer.response.status().is_success() {
            answer.check_length(answer.response.content_length().unwrap_or(0))?;
            Ok(answer)
        } else {
            Err(answer.refusal(&url).await)
        }
    }

    fn request(&self, ask: &Ask<'_>, url: &Url) -> reqwest::RequestBuilder {
        let (method, body) = match ask {
            Ask::Get => (Method::GET, None),
            Ask::PostEmpty => (Method::POST, None),
            Ask::Post(document) => (Method::POST, Some(document)),
            Ask::Put(document) => (Method::PUT, Some(document)),
            Ask::Delete => (Method::DELETE, None),
        };
        let request = self.client.request(method, url.clone());
        match (ask, body) {
            (_, Some(document)) => request.header(CONTENT_TYPE, "application/json").body(document.to_string()),
            (Ask::PostEmpty, None) => request.header(CONTENT_LENGTH, 0),
            (Ask::Get | Ask::Post(_) | Ask::Put(_) | Ask::Delete, None) => request,
        }
    }

    fn broken(&self, error: &reqwest::Error) -> ProviderError {
        broken(error, self.base.authority(), self.timeout, &self.speaker)
    }
}

/// A successful answer whose body is still to be read.
#[derive(Debug)]
pub struct Answer<'a> {
    client: &'a HttpClient,
    response: Response,
    read: u64,
}

impl Answer<'_> {
    /// The vendor's `Date` header.
    pub fn vendor_time(&self) -> Option<DateTime<Utc>> {
        wait::vendor_time(self.response.headers()).map(DateTime::from)
    }

    /// The next part of the body, or `None` at its end.
    ///
    /// # Errors
    /// When the body breaks off, takes too long or is too long.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, ProviderError> {
        let chunk = match self.response.chunk().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => return Ok(None),
            Err(error) => return Err(self.broken(&error)),
        };
        self.read = self.read.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        self.check_length(self.read)?;
        Ok(Some(chunk))
    }

    /// The whole body, which may be `limit` bytes long.
    ///
    /// # Errors
    /// When the body breaks off, takes too long or is too long.
    pub async fn whole(mut self, limit: u64) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if self.read > limit {
                return Err(ProviderError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The beginning of the body; a body that breaks off later does not matter.
    ///
    /// # Errors
    /// When not even the beginning can be read.
    pub async fn beginning(mut self, length: usize) -> Result<Vec<u8>, ProviderError> {
        let mut body = Vec::new();
        while body.len() < length
            && let Some(chunk) = self.chunk().await?
        {
            body.extend_from_slice(&chunk[..chunk.len().min(length - body.len())]);
        }
        Ok(body)
    }

    fn check_length(&self, length: u64) -> Result<(), ProviderError> {
        let limit = self.client.response_limit;
        if length > limit { Err(ProviderError::TooLarge { limit }) } else { Ok(()) }
    }

    fn broken(&self, error: &reqwest::Error) -> ProviderError {
        match self.client.broken(error) {
            // The answer has begun, so the request was certainly sent.
            ProviderError::NotSent { message } => ProviderError::Interrupted { message },
            other => other,
        }
    }

    /// What kind of failure an answer without success is. Its status stands even when its body
    /// breaks off or never ends.
    async fn refusal(mut self, asked: &Url) -> ProviderError {
        let mut body = Vec::new();
        while body.len() < ERROR_BODY_BYTES
            && let Ok(Some(chunk)) = self.response.chunk().await
        {
            body.extend_from_slice(&chunk[..chunk.len().min(ERROR_BODY_BYTES - body.len())]);
        }
        let status = self.response.status().as_u16();
        let headers = self.response.headers();
        let refusal = Refusal { status, headers, body: &body, asked, now: SystemTime::now() };
        refusal.classify(&self.client.speaker)
    }
}

fn build_client(
    base: &BaseUrl,
    keys: &[SecretHeader],
    timeout: Duration,
    extra_roots: Option<&[u8]>,
) -> Result<Client, ClientError> {
    // Another part of the process may have chosen already; any provider will do.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let connect_timeout = LONGEST_CONNECT.min(timeout.mul_f64(0.75));
    let mut builder = Client::builder()
        .user_agent(concat!("hookmend/", env!("CARGO_PKG_VERSION")))
        .default_headers(headers(keys)?)
        .redirect(redirect::Policy::none())
        .referer(false)
        .retry(retry::never())
        .timeout(timeout)
        // Always before the whole request's, so that a time-out while connecting is told apart.
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(IDLE_CONNECTION)
        .https_only(base.is_encrypted());
    if base.is_loopback() {
        // The keys may travel readable here, so neither a proxy nor a name service may lead away.
        let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        builder = builder.no_proxy().resolve_to_addrs("localhost", &here.map(|address| SocketAddr::new(address, 0)));
    }
    if !base.is_encrypted() {
        // No certificate is ever looked at, so a system without any will do.
        builder = builder.tls_certs_only([]);
    } else if let Some(pem) = extra_roots {
        let roots = Certificate::from_pem_bundle(pem).map_err(|_| ClientError::RootCertificates)?;
        if roots.is_empty() {
            return Err(ClientError::RootCertificates);
        }
        builder = builder.tls_certs_merge(roots);
    }
    // A bundle is only looked into when everything is put together.
    let is_of_bundle = base.is_encrypted() && extra_roots.is_some();
    builder.build().map_err(|error| match is_of_bundle {
        true => ClientError::RootCertificates,
        false => ClientError::Setup { message: causes(&error) },
    })
}

fn headers(keys: &[SecretHeader]) -> Result<HeaderMap, ClientError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    for SecretHeader { name, header, key } in keys {
        // Keys read from files end in a line break.
        let key = key.expose_secret().trim();
        if key.is_empty() {
            return Err(ClientError::KeyEmpty { name });
        }
        let is_sendable = key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        let value = HeaderValue::from_str(key).ok().filter(|_| is_sendable);
        let mut value = value.ok_or(ClientError::KeyUnusable { name })?;
        value.set_sensitive(true);
        headers.insert(header.clone(), value);
    }
    Ok(headers)
}
