//! Real HTTP to somebody's own receiver: how its URL is called, and which URLs are called at all.
//!
//! Only addresses of this machine and of private networks are called, over plain HTTP: a test double
//! that could post to the world would sooner or later do so. The check is made on the address that is
//! really connected to, so a name that leads elsewhere is refused as well. Redirects are not followed.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use url::{Host, Url};

use super::payload::payload;
use super::receiver::{Answer, Parcel};

/// The most of an answer's body that is read, in bytes; only its status matters.
const ANSWER_LIMIT: usize = 64 * 1024;
/// Headers that say how the message itself is sent.
const FRAMING: [HeaderName; 4] = [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// How the receiver's URL is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCall {
    event_id_header: HeaderName,
    content_type: HeaderValue,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    patience: Duration,
    in_flight: usize,
}

/// Why something can't be part of a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// No header can have that name.
    #[error("{0:?} can't be the name of a header")]
    HeaderName(String),
    /// The header says how the message is sent, which is not for a plan to say.
    #[error("the header {0} is set by the sandbox itself")]
    Framing(String),
    /// No header can have that value.
    #[error("the value of the header {0} can't be sent")]
    HeaderValue(String),
    /// A webhook is not called like that.
    #[error("{0:?} is neither POST nor PUT")]
    Method(String),
    /// No time, or more than anybody waits.
    #[error("the receiver's time must be from 1 ms to 10 minutes")]
    Patience,
    /// Nothing would ever be sent, or far too much.
    #[error("from 1 to 64 deliveries can be under way at the same time")]
    InFlight,
}

impl Default for HookCall {
    fn default() -> Self {
        Self {
            event_id_header: HeaderName::from_static("x-event-id"),
            content_type: HeaderValue::from_static("application/json"),
            method: Method::POST,
            headers: Vec::new(),
            patience: Duration::from_secs(10),
            in_flight: 4,
        }
    }
}

fn header_name(name: &str) -> Result<HeaderName, HookError> {
    let parsed = HeaderName::from_str(name).map_err(|_| HookError::HeaderName(name.to_owned()))?;
    if FRAMING.contains(&parsed) {
        return Err(HookError::Framing(name.to_owned()));
    }
    Ok(parsed)
}

impl HookCall {
    /// Sends the event's id in this header.
    ///
    /// # Errors
    /// When no header can have that name, or the sandbox sets it itself.
    pub fn event_id_header(self, name: &str) -> Result<Self, HookError> {
        Ok(Self { event_id_header: header_name(name)?, ..self })
    }

    /// Calls the body this.
    ///
    /// # Errors
    /// When it can't stand in a header.
    pub fn content_type(self, text: &str) -> Result<Self, HookError> {
        let content_type = HeaderValue::from_str(text).map_err(|_| HookError::HeaderValue(CONTENT_TYPE.to_string()))?;
        Ok(Self { content_type, ..self })
    }

    /// Uses this method.
    ///
    /// # Errors
    /// When it is neither POST nor PUT.
    pub fn method(self, name: &str) -> Result<Self, HookError> {
        let method = match name {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            other => return Err(HookError::Method(other.to_owned())),
        };
        Ok(Self { method, ..self })
    }

    /// Sends one more header.
    ///
    /// # Errors
    /// When it can't be sent, or the sandbox sets it itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, HookError> {
        let value = HeaderValue::from_str(value).map_err(|_| HookError::HeaderValue(name.to_owned()))?;
        self.headers.push((header_name(name)?, value));
        Ok(self)
    }

    /// Waits so long for an answer. One that comes later counts as none, although the event was delivered.
    ///
    /// # Errors
    /// When it is no time at all, or more than ten minutes.
    pub fn patience(self, patience: Duration) -> Result<Self, HookError> {
        if patience < Duration::from_millis(1) || patience > Duration::from_secs(600) {
            return Err(HookError::Patience);
        }
        Ok(Self { patience, ..self })
    }

    /// Has at most so many deliveries under way at the same time.
    ///
    /// # Errors
    /// When it is 0 or more than 64.
    pub fn in_flight(self, in_flight: usize) -> Result<Self, HookError> {
        if !(1..=64).contains(&in_flight) {
            return Err(HookError::InFlight);
        }
        Ok(Self { in_flight, ..self })
    }
}

/// Why a URL is not called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no URL.
    #[error("{0:?} is no URL")]
    Unreadable(String),
    /// It is no plain HTTP.
    #[error("only http:// is called, not {0}://: the sandbox is for a receiver on this machine or its own network")]
    Scheme(String),
    /// It is out in the world.
    #[error("{0} is not called: it is neither this machine nor in a private network")]
    Far(String),
    /// It holds a name or a password.
    #[error("a name or a password in the URL is not sent; put a token into its query or into a header")]
    Credentials,
}

/// A URL that may be called, as far as it can be told from its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Url);

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(text: &str) -> Result<Self, TargetError> {
        let url = Url::parse(text).map_err(|_| TargetError::Unreadable(text.to_owned()))?;
        if url.scheme() != "http" {
            return Err(TargetError::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(TargetError::Credentials);
        }
        let near = match url.host() {
            Some(Host::Ipv4(address)) => is_near(address.into()),
            Some(Host::Ipv6(address)) => is_near(address.into()),
            // A name is looked up when it is called.
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if !near {
            return Err(TargetError::Far(url.host_str().unwrap_or_default().to_owned()));
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_near(mapped.into()),
            None => address.is_loopback() || address.is_unique_local(),
        },
    }
}

/// Brings events to receivers.
#[derive(Debug)]
pub(super) struct Hook {
    call: HookCall,
    turns: Semaphore,
}

/// Ends the connection's task when the call is given up.
struct Guard(JoinHandle<()>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Hook {
    pub(super) fn new(call: HookCall) -> Self {
        let turns = Semaphore::new(call.in_flight);
        Self { call, turns }
    }

    /// Whether an event with this id can be delivered: the id has to stand in a header.
    pub(super) fn can_carry(event_id: &str) -> bool {
        HeaderValue::from_str(event_id).is_ok()
    }

    /// Delivers one event and says what came of it.
    pub(super) async fn deliver(&self, url: &str, parcel: Parcel<'_>) -> Answer {
        // Nobody closes the semaphore.
        let _turn = self.turns.acquire().await;
        match tokio::time::timeout(self.call.patience, self.exchange(url, parcel)).await {
            Ok(Ok(status)) => Answer::of_status(status),
            Ok(Err(reason)) => Answer::none(reason),
            Err(_) => Answer::none("The operation has timed out"),
        }
    }

    async fn exchange(&self, url: &str, parcel: Parcel<'_>) -> Result<u16, String> {
        let target: Target = url.parse().map_err(|error: TargetError| error.to_string())?;
        let stream = connect(&target.0).await?;
        let request = self.request(&target.0, parcel)?;
        let broken = |_| "The connection was closed unexpectedly".to_owned();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        let _guard = Guard(tokio::spawn(async move {
            // What breaks the connection is told by the call itself.
            let _ = connection.await;
        }));
        let answer = sender.send_request(request).await.map_err(broken)?;
        let status = answer.status().as_u16();
        // Read, so that the receiver can finish writing; what it says does not matter.
        let _ = Limited::new(answer.into_body(), ANSWER_LIMIT).collect().await;
        Ok(status)
    }

    fn request(&self, url: &Url, parcel: Parcel<'_>) -> Result<Request<Full<Bytes>>, String> {
        let id = HeaderValue::from_str(parcel.event_id).map_err(|_| "The event's id can't be a header".to_owned())?;
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let body = payload(parcel.event_type, parcel.event_id).to_string();
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let mut request = Request::builder()
            .method(&self.call.method)
            .uri(path)
            .header(HOST, host)
            .header(CONNECTION, "close")
            .header(CONTENT_TYPE, &self.call.content_type)
            .header(&self.call.event_id_header, id);
        for (name, value) in &self.call.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(Bytes::from(body))).map_err(|_| "The URL can't be called".to_owned())
    }
}

async fn connect(url: &Url) -> Result<TcpStream, String> {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(80);
    let found = tokio::net::lookup_host((host, port)).await.map_err(|_| "Unknown host".to_owned())?;
    let found: Vec<SocketAddr> = found.take(16).collect();
    if found.iter().any(|address| !is_near(address.ip())) {
        return Err(TargetError::Far(host.to_owned()).to_string());
    }
    let mut refused = "Unable to connect";
    for address in found {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => refused = "Unable to connect: refused",
            Err(_) => {}
        }
    }
    Err(refused.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_to_this_machine_or_a_private_network_is_called() {
        for near in [
            "http://127.0.0.1:8080/hook?token=a",
            "http://localhost/hook",
            "http://[::1]:8080/",
            "http://10.1.2.3/",
            "http://192.168.1.9:3000/in",
            "http://receiver:8080/hook",
        ] {
            assert_eq!(near.parse::<Target>().map(|target| target.to_string()), Ok(near.to_owned()));
        }
        let refused = |text: &str| text.parse::<Target>().expect_err(text);
        assert_eq!(refused("https://127.0.0.1/"), TargetError::Scheme("https".to_owned()));
        assert_eq!(refused("file:///etc/passwd"), TargetError::Scheme("file".to_owned()));
        assert_eq!(refused("http://8.8.8.8/"), TargetError::Far("8.8.8.8".to_owned()));
        // Where clouds keep the keys of a machine.
        assert_eq!(refused("http://169.254.169.254/"), TargetError::Far("169.254.169.254".to_owned()));
        assert_eq!(refused("http://[::ffff:8.8.8.8]/"), TargetError::Far("[::ffff:808:808]".to_owned()));
        assert_eq!(refused("http://0.0.0.0/"), TargetError::Far("0.0.0.0".to_owned()));
        assert_eq!(refused("http://me:secret@127.0.0.1/"), TargetError::Credentials);
        assert_eq!(refused("127.0.0.1"), TargetError::Unreadable("127.0.0.1".to_owned()));
    }

    #[test]
    fn what_frames_the_message_is_not_for_a_plan_to_say() {
        let call = HookCall::default;
        assert_eq!(call().header("Host", "x"), Err(HookError::Framing("Host".to_owned())));
        assert_eq!(call().event_id_header("content-length"), Err(HookError::Framing("content-length".to_owned())));
        assert_eq!(call().header("a b", "x"), Err(HookError::HeaderName("a b".to_owned())));
        assert_eq!(call().header("X-A", "x\r\ny"), Err(HookError::HeaderValue("X-A".to_owned())));
        assert_eq!(call().method("DELETE"), Err(HookError::Method("DELETE".to_owned())));
        assert_eq!(call().patience(Duration::ZERO), Err(HookError::Patience));
        assert_eq!(call().in_flight(0), Err(HookError::InFlight));
    }
}
