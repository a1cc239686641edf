//! What kind of failure a broken connection or a refusing answer is.
//!
//! The one question that matters for a resend is asked first: can the request have reached the
//! vendor? "Not sent" is only said when that is certain. The refusals are those of the API gateway
//! that stands in front of the vendor. It never decides what to do about a failure.

use std::error::Error;
use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, LOCATION, WWW_AUTHENTICATE};
use url::Url;

use super::address::shown;
use super::wait::{asked_wait, retry_after};
use super::words::{Speaker, is_blank, is_html, words_of};
use crate::provider::{Credential, ProviderError};

/// A request that got no answer, or the beginning of one.
pub fn broken(error: &reqwest::Error, host: &str, timeout: Duration, speaker: &Speaker) -> ProviderError {
    let protocol = cause::<hyper::Error>(error);
    // hyper calls a request canceled only while it still holds it unwritten.
    if error.is_connect() || error.is_builder() || protocol.is_some_and(hyper::Error::is_canceled) {
        return ProviderError::NotSent { message: speaker.repeat(&format!("{host}: {}", causes(error))) };
    }
    if error.is_timeout() {
        return ProviderError::TimedOut { after: timeout };
    }
    if protocol.is_some_and(hyper::Error::is_parse) {
        return ProviderError::Unreadable { message: speaker.repeat(&format!("it is not HTTP ({})", causes(error))) };
    }
    ProviderError::Interrupted { message: speaker.repeat(&causes(error)) }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    std::iter::successors(error.source(), |&cause: &&(dyn Error + 'static)| cause.source())
}

/// The first cause of this type.
fn cause<E: Error + 'static>(error: &reqwest::Error) -> Option<&E> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

/// The causes in words, outermost first. The error's own words are left out: they repeat the URL.
pub fn causes(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in chain(error) {
        let text = cause.to_string();
        // The client library's own layer says nothing to a user; a cause may repeat the next one.
        let is_noise = text.starts_with("client error (") || words.last().is_some_and(|last| last.contains(&text));
        if !is_noise {
            words.push(text);
        }
    }
    if words.is_empty() { "the request failed without a cause".to_owned() } else { words.join(": ") }
}

/// An answer without success.
pub struct Refusal<'a> {
    /// Its status, outside of 200–299.
    pub status: u16,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The beginning of its body.
    pub body: &'a [u8],
    /// Where the request went.
    pub asked: &'a Url,
    /// The time, for waits given as dates.
    pub now: SystemTime,
}

impl Refusal<'_> {
    /// What kind of failure the answer is.
    pub fn classify(&self, speaker: &Speaker) -> ProviderError {
        let status = self.status;
        let words = words_of(self.body);
        let message = speaker.repeat(&words);
        match status {
            300..=399 => ProviderError::Redirected { status, target: speaker.repeat(&self.target()) },
            401 => ProviderError::CredentialsRefused { credential: self.refused_key(&words), status, message },
            403 if self.is_quota(&words) => ProviderError::QuotaExhausted { retry_after: self.wait(&words) },
            403 => {
                let credential =
                    if self.names_subscription_key(&words) { Credential::SubscriptionKey } else { Credential::Unclear };
                ProviderError::CredentialsRefused { credential, status, message }
            }
            404 if is_gateways_404(&words) => ProviderError::UnknownPath { message },
            404 => ProviderError::NotFound { message },
            429 => ProviderError::Throttled { retry_after: self.wait(&words) },
            // Some gateways answer 408 when the vendor behind them was too slow: it may have acted.
            408 | 500..=599 => {
                let retry_after = retry_after(self.headers, self.now);
                ProviderError::Server { status, message, retry_after }
            }
            400..=499 => ProviderError::Rejected { status, message },
            _ => ProviderError::Unreadable { message: format!("it has the status {status}, which means nothing") },
        }
    }

    fn wait(&self, words: &str) -> Option<Duration> {
        asked_wait(self.headers, words, self.now)
    }

    /// Which key a 401 refuses.
    fn refused_key(&self, words: &str) -> Credential {
        if self.names_subscription_key(words) {
            return Credential::SubscriptionKey;
        }
        // Another host, a proxy or a login page answers like this too.
        if is_blank(self.body) || is_html(self.body) {
            return Credential::Unclear;
        }
        // The gateway let the request pass, so most likely the API behind it refused its own key.
        Credential::ApiKey
    }

    fn names_subscription_key(&self, words: &str) -> bool {
        let mut challenges = self.headers.get_all(WWW_AUTHENTICATE).iter();
        challenges.any(|challenge| contains_word(challenge.as_bytes(), "azureapimanagementkey"))
            || contains_word(words.as_bytes(), "subscription key")
    }

    fn is_quota(&self, words: &str) -> bool {
        !is_html(self.body)
            && contains_word(words.as_bytes(), "quota")
            && ["out of", "replenished", "exceeded"].iter().any(|word| contains_word(words.as_bytes(), word))
    }

    /// Where a redirect leads, without what may be secret in it.
    fn target(&self) -> String {
        let location = self.headers.get(LOCATION).and_then(|location| location.to_str().ok());
        let target = location.and_then(|location| self.asked.join(location).ok());
        target.map_or_else(|| "an address it does not name".to_owned(), |target| shown(&target))
    }
}

/// Whether the gateway itself knows no such path, and not the vendor behind it.
fn is_gateways_404(words: &str) -> bool {
    words.trim().trim_end_matches('.').eq_ignore_ascii_case("resource not found")
}

/// Whether `text` holds `word`, which is in lower case, in any case.
fn contains_word(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn classify(status: u16, pairs: &[(&'static str, &str)], body: &str) -> ProviderError {
        let headers: HeaderMap = pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let asked = Url::parse("https://vendor.example/restapi/V2/api/Webhooks").unwrap();
        let now = SystemTime::UNIX_EPOCH;
        Refusal { status, headers: &headers, body: body.as_bytes(), asked: &asked, now }.classify(&Speaker::default())
    }

    fn credential(error: &ProviderError) -> Option<Credential> {
        match error {
            ProviderError::CredentialsRefused { credential, .. } => Some(*credential),
            _ => None,
        }
    }

    const CHALLENGE: (&str, &str) = (
        "www-authenticate",
        r#"AzureApiManagementKey realm="https://vendor.example",name="Ocp-Apim-Subscription-Key",type="header""#,
    );

    #[test]
    fn a_401_names_the_key_where_it_can() {
        let denied = r#"{"statusCode":401,"message":"Access denied due to invalid subscription key."}"#;
        for (pairs, body, expected) in [
            (&[CHALLENGE][..], denied, Credential::SubscriptionKey),
            (&[CHALLENGE][..], "", Credential::SubscriptionKey),
            (&[][..], denied, Credential::SubscriptionKey),
            (&[][..], r#"{"message":"Unauthorized"}"#, Credential::ApiKey),
            (&[("www-authenticate", "Bearer")][..], "Unauthorized", Credential::ApiKey),
            (&[][..], "", Credential::Unclear),
            (&[][..], "<html><title>Sign in</title>", Credential::Unclear),
        ] {
            assert_eq!(credential(&classify(401, pairs, body)), Some(expected), "{pairs:?} {body}");
        }
    }

    #[test]
    fn a_403_is_a_quota_only_when_it_says_so() {
        let quota =
            r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 1.07:01:20."}"#;
        let wait = Some(Duration::from_secs(86_400 + 25_280));
        assert_eq!(classify(403, &[], quota), ProviderError::QuotaExhausted { retry_after: wait });
        let forbidden = classify(403, &[], r#"{"message":"Forbidden"}"#);
        assert_eq!(credential(&forbidden), Some(Credential::Unclear));
        let page = classify(403, &[], "<html>Out of quota</html>");
        assert_eq!(credential(&page), Some(Credential::Unclear));
    }

    #[test]
    fn a_404_of_the_gateway_is_apart_from_one_of_the_vendor() {
        let gateway = classify(404, &[], r#"{ "statusCode": 404, "message": "Resource not found" }"#);
        assert!(matches!(gateway, ProviderError::UnknownPath { .. }));
        for body in ["", r#"{"message":"Webhook not found"}"#, "<html></html>"] {
            assert!(matches!(classify(404, &[], body), ProviderError::NotFound { .. }), "{body}");
        }
    }

    #[test]
    fn statuses_map_to_their_kind() {
        let wait = [("retry-after", "9")];
        let nine = Some(Duration::from_secs(9));
        assert_eq!(classify(429, &wait, ""), ProviderError::Throttled { retry_after: nine });
        for status in [408, 500, 503, 599] {
            let error = classify(status, &wait, "");
            assert!(matches!(error, ProviderError::Server { retry_after, .. } if retry_after == nine), "{error:?}");
        }
        for status in [400, 402, 405, 409, 413, 499] {
            assert!(matches!(classify(status, &[], "x"), ProviderError::Rejected { .. }), "{status}");
        }
        for status in [199, 600, 999] {
            assert!(matches!(classify(status, &[], "x"), ProviderError::Unreadable { .. }), "{status}");
        }
    }

    #[test]
    fn a_redirect_shows_its_target_without_secrets() {
        for (location, target) in [
            ("/login?key=hunter2#x", "https://vendor.example/login"),
            ("https://user:hunter2@other.example:81/a?b", "https://other.example:81/a"),
            ("http://[broken", "an address it does not name"),
        ] {
            let error = classify(302, &[("location", location)], "");
            assert_eq!(error, ProviderError::Redirected { status: 302, target: target.to_owned() });
        }
        assert!(matches!(classify(304, &[], ""), ProviderError::Redirected { status: 304, .. }));
    }
}
