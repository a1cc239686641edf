//! The bodies and errors the sandbox answers with.
//!
//! The gateway and what stands behind it word their errors differently; both are kept here side by
//! side. Nothing here decides which answer is given.

use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// A body breaks off on purpose.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the answer is cut off on purpose")]
pub(super) struct Cut;

pub(super) type Body = UnsyncBoxBody<Bytes, Cut>;

/// How the sandbox treats a request in the end.
pub(super) enum Reply {
    /// It answers.
    Answer(Response<Body>),
    /// It stays silent for so long and closes the connection; not at all is a wait of zero.
    Silence(Duration),
}

/// How long a cut body waits before it breaks off, so that what was written is really sent.
pub(super) const BEFORE_CUT: Duration = Duration::from_millis(20);

const HTML: &str = "<!DOCTYPE html>\r\n<html><head><title>Service temporarily unavailable</title></head>\
    <body><h1>Our services aren't available right now</h1><p>We're working to restore all services as soon as possible.\
    </p></body></html>\r\n";

fn whole(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {});
    with_type(status, content_type, body.boxed_unsync())
}

fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// JSON that is already written.
pub(super) fn json_text(status: StatusCode, text: Vec<u8>) -> Response<Body> {
    whole(status, "application/json; charset=utf-8", text)
}

/// Any value as JSON.
pub(super) fn json_value(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    json_text(status, serde_json::to_vec(value).unwrap_or_default())
}

/// JSON that arrives in pieces.
pub(super) fn json_stream(
    frames: impl stream::Stream<Item = Result<Frame<Bytes>, Cut>> + Send + 'static,
) -> Response<Body> {
    with_type(StatusCode::OK, "application/json; charset=utf-8", StreamBody::new(frames).boxed_unsync())
}

/// Half of this JSON; then the connection breaks.
pub(super) fn cut_json(mut text: Vec<u8>) -> Response<Body> {
    text.truncate(text.len() / 2);
    let frames = stream::unfold(Some(Bytes::from(text)), |half| async move {
        match half {
            Some(half) if !half.is_empty() => Some((Ok(Frame::data(half)), Some(Bytes::new()))),
            Some(_) => {
                tokio::time::sleep(BEFORE_CUT).await;
                Some((Err(Cut), None))
            }
            None => None,
        }
    });
    json_stream(frames)
}

/// A web page where JSON was expected.
pub(super) fn html(status: StatusCode) -> Response<Body> {
    whole(status, "text/html; charset=utf-8", HTML)
}

/// Nothing but a status.
pub(super) fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::new()).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// An error in the gateway's words.
pub(super) fn gateway_error(status: StatusCode, message: &str) -> Response<Body> {
    let body = json!({ "statusCode": status.as_u16(), "message": message });
    whole(status, "application/json", body.to_string())
}

/// An error in the words of what stands behind the gateway.
pub(super) fn problem(status: StatusCode, detail: &str) -> Response<Body> {
    let body = json!({
        "type": "https://tools.ietf.org/html/rfc9110",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": detail,
        "traceId": "00-5a6e0db2c1f34a53a7a4c2ee1bb0a6a9-91f1c8f1f3d54a4f-00",
    });
    whole(status, "application/problem+json; charset=utf-8", body.to_string())
}
