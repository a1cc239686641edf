//! Where the vendor is: which base URLs are accepted, and how a path below one is built.
//!
//! Ids come from vendors and logs, so each becomes exactly one segment of the path; none can step
//! out of it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Host, Url};

use super::ClientError;
use crate::provider::ProviderError;

/// Everything but the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Reads a base URL as a person writes it.
///
/// # Errors
/// When it is not a URL, or not one that keys may be sent to.
pub fn parse_base_url(text: &str) -> Result<Url, ClientError> {
    // The text itself stays out of the message: what can't be read may hold a password.
    let url = Url::parse(text.trim()).map_err(|cause| ClientError::BaseUrl {
        shown: "the base URL".to_owned(),
        problem: format!("can't be read ({cause}); write it as https://host/path"),
    })?;
    BaseUrl::new(url).map(|base| base.url)
}

/// A base URL that keys may be sent to.
#[derive(Clone, Debug)]
pub struct BaseUrl {
    url: Url,
}

impl BaseUrl {
    /// Checks a base URL.
    ///
    /// # Errors
    /// When it is not `https` (or `http` to this machine), or holds credentials, a query or a
    /// fragment.
    pub fn new(url: Url) -> Result<Self, ClientError> {
        let refuse = |problem: &str| {
            let shown = format!("the base URL {}", shown(&url));
            Err(ClientError::BaseUrl { shown, problem: problem.to_owned() })
        };
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return refuse(
                    "is not encrypted, so anyone on the way could read the keys; use https:// \
                     (http:// is accepted for 127.0.0.1, [::1] and localhost only)",
                );
            }
            _ => return refuse("does not begin with https://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("holds a user name or password; remove it: the vendor is given keys in headers");
        }
        if url.query().is_some() {
            return refuse("holds a query; remove everything from the `?` on");
        }
        if url.fragment().is_some() {
            return refuse("holds a fragment; remove everything from the `#` on");
        }
        Ok(Self { url })
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether the way there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The host and port, for messages.
    pub fn authority(&self) -> &str {
        self.url.authority()
    }

    /// The URL of the path made of `segments` below the base, each of them one segment whatever it
    /// holds. `query` is taken as it is.
    ///
    /// # Errors
    /// [`ProviderError::Unaddressable`] when a segment is empty or a path step (`.`, `..`), which no
    /// spelling can keep from being resolved.
    pub fn join(&self, segments: &[&str], query: Option<&str>) -> Result<Url, ProviderError> {
        let mut text = self.url.as_str().trim_end_matches('/').to_owned();
        for segment in segments {
            if matches!(*segment, "" | "." | "..") {
                let message = format!("the id {segment:?} can't be part of an address; no request was made");
                return Err(ProviderError::Unaddressable { message });
            }
            text.push('/');
            text.extend(utf8_percent_encode(segment, SEGMENT));
        }
        if let Some(query) = query {
            text.push('?');
            text.push_str(query);
        }
        // Parsing must change nothing; if it did, the request would go elsewhere.
        match Url::parse(&text) {
            Ok(url) if url.as_str() == text => Ok(url),
            Ok(_) | Err(_) => {
                let message = "the address of the request can't be built; no request was made".to_owned();
                Err(ProviderError::Unaddressable { message })
            }
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// A URL without what may be secret in it: user name, password, query and fragment.
pub fn shown(url: &Url) -> String {
    match url.host_str() {
        None => format!("{}:…", url.scheme()),
        Some(host) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{host}{port}{}", url.scheme(), url.path())
        }
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::new(Url::parse("https://vendor.example/restapi/V2/").unwrap()).unwrap()
    }

    #[test]
    fn https_and_this_machine_are_accepted() {
        for text in [
            "https://vendor.example/restapi/V2",
            "https://vendor.example:8443",
            "http://127.0.0.1:8080/api",
            "http://127.8.9.1",
            "http://[::1]:80/",
            "http://localhost:3000",
            " https://vendor.example/ ",
        ] {
            assert!(parse_base_url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn other_base_urls_are_refused_with_what_to_do() {
        for (text, words) in [
            ("http://vendor.example/", "use https://"),
            ("http://localhost.vendor.example/", "use https://"),
            ("http://10.0.0.1/", "use https://"),
            ("http://0.0.0.0/", "use https://"),
            ("ftp://vendor.example/", "does not begin with https://"),
            ("localhost:8080", "does not begin with https://"),
            ("vendor.example", "write it as https://host/path"),
            ("https://user:hunter2@vendor.example/", "remove it"),
            ("https://vendor.example/?subscription-key=hunter2", "from the `?` on"),
            ("https://vendor.example/#hunter2", "from the `#` on"),
            ("http://user:hunter2@vendor.example/?k=hunter2", "use https://"),
        ] {
            let error = parse_base_url(text).unwrap_err();
            assert!(error.to_string().contains(words), "{text}: {error}");
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{text}: {error:?}");
        }
    }

    #[test]
    fn an_id_stays_one_segment() {
        for (id, path) in [
            ("a/b", "/restapi/V2/api/a%2Fb"),
            ("../x", "/restapi/V2/api/..%2Fx"),
            ("%2e%2e", "/restapi/V2/api/%252e%252e"),
            ("...", "/restapi/V2/api/..."),
            ("a\\..\\b", "/restapi/V2/api/a%5C..%5Cb"),
            ("a?b#c", "/restapi/V2/api/a%3Fb%23c"),
            ("\"\u{1b}[2J\r\n", "/restapi/V2/api/%22%1B%5B2J%0D%0A"),
            ("ø ", "/restapi/V2/api/%C3%B8%20"),
        ] {
            assert_eq!(base().join(&["api", id], None).unwrap().path(), path);
        }
    }

    #[test]
    fn a_path_step_is_refused_before_anything_is_sent() {
        for id in [".", "..", ""] {
            let error = base().join(&["api", id], None).unwrap_err();
            assert!(matches!(error, ProviderError::Unaddressable { .. }), "{id:?}");
        }
    }

    #[test]
    fn the_query_is_kept_as_it_is() {
        let url = base().join(&["api"], Some("from=2021-12-01%2000:00:00.0&success=false")).unwrap();
        assert_eq!(url.query(), Some("from=2021-12-01%2000:00:00.0&success=false"));
    }

    proptest! {
        #[test]
        fn no_id_reaches_another_path(id in "([.%2eEfF/\\\\?#:;@]{1,8})|\\PC{1,12}|[\\x00-\\x1f]{1,4}") {
            match base().join(&["api", &id, "tail"], None) {
                Err(_) => prop_assert!(id == "." || id == ".."),
                Ok(url) => {
                    let segments: Vec<_> = url.path_segments().unwrap().collect();
                    prop_assert_eq!(segments.len(), 5);
                    prop_assert_eq!(percent_decode_str(segments[3]).decode_utf8().unwrap(), id);
                    prop_assert_eq!(url.host_str(), Some("vendor.example"));
                    prop_assert!(url.query().is_none() && url.fragment().is_none());
                }
            }
        }
    }
}
