//! The API management in front of the vendor: keys, limits, outages.
//!
//! This file owns the answers that are given before anything behind the gateway is asked. A request
//! that gets one of these has changed nothing.

use std::time::{Duration, Instant, SystemTime};

use hyper::header::{HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};

use super::active::Active;
use super::answers::{Body, empty, gateway_error, html};
use super::api::Arrival;
use super::faults::{Fault, ThrottleHint, clock_text};
use super::shared::Shared;

/// The gateway's own answer, or `None` when the request is passed on.
pub(super) fn answer(shared: &Shared, arrival: &Arrival, active: &Active) -> Option<Response<Body>> {
    if active.has(Fault::Redirect) {
        return Some(redirect(shared, arrival));
    }
    if active.has(Fault::Unavailable) {
        return Some(gateway_error(StatusCode::SERVICE_UNAVAILABLE, "Service is temporarily unavailable."));
    }
    if active.has(Fault::HtmlError) {
        return Some(html(StatusCode::OK));
    }
    if active.has(Fault::Html502) {
        return Some(html(StatusCode::BAD_GATEWAY));
    }
    if arrival.route.is_none() {
        return Some(gateway_error(StatusCode::NOT_FOUND, "Resource not found"));
    }
    if let Some(refused) = refused_subscription_key(shared, arrival, active) {
        return Some(refused);
    }
    if let Some(wait) = active.find(|fault| if let Fault::Quota(wait) = fault { Some(wait) } else { None }) {
        let message = format!("Out of call volume quota. Quota will be replenished in {}.", clock_text(wait));
        return Some(gateway_error(StatusCode::FORBIDDEN, &message));
    }
    if let Some(refused) = throttled(shared, active) {
        return Some(refused);
    }
    // What stands behind the gateway checks the other key, and says little when it is wrong.
    let api_key_refused =
        active.has(Fault::RefuseApiKey) || arrival.api_key.as_deref() != Some(shared.api_key.as_str());
    api_key_refused.then(|| empty(StatusCode::UNAUTHORIZED))
}

fn redirect(shared: &Shared, arrival: &Arrival) -> Response<Body> {
    let target = format!("http://localhost:{}/elsewhere{}", shared.address.port(), arrival.path);
    let mut response = empty(StatusCode::FOUND);
    if let Ok(target) = HeaderValue::from_str(&target) {
        response.headers_mut().insert(LOCATION, target);
    }
    response
}

fn refused_subscription_key(shared: &Shared, arrival: &Arrival, active: &Active) -> Option<Response<Body>> {
    let message = match arrival.subscription_key.as_deref() {
        None => {
            "Access denied due to missing subscription key. Make sure to include subscription key when making requests \
             to an API."
        }
        Some(key) if key == shared.subscription_key && !active.has(Fault::RefuseSubscriptionKey) => return None,
        Some(_) => {
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
             subscription."
        }
    };
    let mut response = gateway_error(StatusCode::UNAUTHORIZED, message);
    let challenge = format!(
        "AzureApiManagementKey realm=\"http://{}{}\",name=\"Ocp-Apim-Subscription-Key\",type=\"header\"",
        shared.address,
        super::routes::BASE_PATH
    );
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    Some(response)
}

fn throttled(shared: &Shared, active: &Active) -> Option<Response<Body>> {
    if active.has(Fault::ThrottleStorm) {
        return Some(too_many(Duration::from_secs(1), active.throttle_hint()));
    }
    let allowance = active.find(|fault| if let Fault::Throttle(allowance) = fault { Some(allowance) } else { None })?;
    let wait = shared.rules().take_token(allowance, Instant::now()).err()?;
    Some(too_many(wait, active.throttle_hint()))
}

fn too_many(wait: Duration, hint: ThrottleHint) -> Response<Body> {
    // The gateway knows whole seconds only, and rounds up.
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let seconds = seconds.max(1);
    let spoken = format!("Rate limit is exceeded. Try again in {seconds} seconds.");
    let (message, header) = match hint {
        ThrottleHint::Seconds => (spoken.as_str(), Some(seconds.to_string())),
        ThrottleHint::Date => {
            // An HTTP date has no fractions, so one second more makes up for what is cut off.
            let until = SystemTime::now() + Duration::from_secs(seconds + 1);
            ("Rate limit is exceeded.", Some(httpdate::fmt_http_date(until)))
        }
        ThrottleHint::Body => (spoken.as_str(), None),
        ThrottleHint::None => ("Rate limit is exceeded.", None),
    };
    let mut response = gateway_error(StatusCode::TOO_MANY_REQUESTS, message);
    if let Some(value) = header.and_then(|value| HeaderValue::from_str(&value).ok()) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}
