//! The requests to a dead man's switch: short time-outs, one retry, no redirects, no keys.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, StatusCode, redirect, retry};

use super::{Beat, Heartbeat, HeartbeatError, LONGEST_BODY, PingUrl, within};

/// How long a ping may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Connecting.
    pub connect: Duration,
    /// One request, connecting included.
    pub whole: Duration,
    /// Between the request and its one repetition.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), whole: Duration::from_secs(10), pause: Duration::from_secs(1) }
    }
}

/// What a pinger is made from.
#[derive(Clone, Debug)]
pub struct PingConfig {
    /// Where the switch is.
    pub url: PingUrl,
    /// Root certificates to trust beside the system's, as PEM.
    pub extra_roots: Option<Vec<u8>>,
    /// How long a ping may take.
    pub patience: Patience,
}

impl PingConfig {
    /// The usual way to ping an address.
    pub fn new(url: PingUrl) -> Self {
        Self { url, extra_roots: None, patience: Patience::default() }
    }
}

/// Pings one switch over HTTP.
#[derive(Clone, Debug)]
pub struct Pinger {
    client: Client,
    url: PingUrl,
    pause: Duration,
}

/// Whether a failed request is worth repeating.
enum Failure {
    /// The switch did not get it, or could not take it just now.
    Passing(String),
    /// The switch does not want it.
    Final(String),
}

impl Pinger {
    /// Makes a pinger; nothing is sent.
    ///
    /// # Errors
    /// When encrypted connections can't be set up.
    pub fn new(config: PingConfig) -> Result<Self, HeartbeatError> {
        let PingConfig { url, extra_roots, patience } = config;
        let unusable = |reason: String| HeartbeatError { host: url.host().to_owned(), reason };
        // Another part of the process may have chosen already; any provider will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("hookmend/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(retry::never())
            .timeout(patience.whole)
            .connect_timeout(patience.connect)
            // The next ping may be hours away.
            .pool_max_idle_per_host(0)
            .https_only(url.is_encrypted());
        if url.is_loopback() {
            // The address may travel readable here, so neither a proxy nor a name service may lead away.
            let here = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            builder =
                builder.no_proxy().resolve_to_addrs("localhost", &here.map(|address| SocketAddr::new(address, 0)));
        }
        if !url.is_encrypted() {
            // No certificate is ever looked at, so a system without any will do.
            builder = builder.tls_certs_only([]);
        } else if let Some(pem) = extra_roots {
            let roots = Certificate::from_pem_bundle(&pem).ok().filter(|roots| !roots.is_empty());
            let roots = roots.ok_or_else(|| unusable("the extra root certificates can't be read".to_owned()))?;
            builder = builder.tls_certs_merge(roots);
        }
        let client = builder.build().map_err(|error| unusable(in_words(error)))?;
        Ok(Self { client, pause: patience.pause, url })
    }

    async fn post(&self, beat: Beat, text: &str) -> Result<(), Failure> {
        let request = self
            .client
            .post(self.url.of(beat))
            .header(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))
            .body(within(text, LONGEST_BODY).to_owned());
        let status = match request.send().await {
            Ok(answer) => answer.status(),
            Err(error) => return Err(Failure::Passing(in_words(error))),
        };
        match status {
            status if status.is_success() => Ok(()),
            status if status.is_redirection() => {
                Err(Failure::Final(format!("it answers {status} and redirects are not followed")))
            }
            status if is_passing(status) => Err(Failure::Passing(format!("it answers {status}"))),
            status => Err(Failure::Final(format!("it answers {status}; check the address"))),
        }
    }
}

#[async_trait]
impl Heartbeat for Pinger {
    async fn send(&self, beat: Beat, text: &str) -> Result<(), HeartbeatError> {
        let failed = match self.post(beat, text).await {
            Ok(()) => return Ok(()),
            Err(Failure::Final(reason)) => reason,
            Err(Failure::Passing(_)) => {
                tokio::time::sleep(self.pause).await;
                match self.post(beat, text).await {
                    Ok(()) => return Ok(()),
                    Err(Failure::Passing(reason) | Failure::Final(reason)) => reason,
                }
            }
        };
        Err(HeartbeatError { host: self.url.host().to_owned(), reason: failed })
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS)
}

/// What went wrong, without the address.
fn in_words(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "it did not answer in time".to_owned();
    }
    let mut innermost: &dyn Error = &error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    let cause = innermost.to_string();
    if error.is_connect() { format!("can't connect: {cause}") } else { cause }
}
