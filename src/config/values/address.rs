//! The provider's address. Keys travel to it, so plain `http` is only taken for this machine, and
//! an address that itself holds a key is refused.

use url::{Host, Url};

use crate::config::error::Unusable;

/// Reads the base URL of a provider.
///
/// # Errors
/// When it is no URL, is not `https` (or `http` to loopback), or holds a password, query or fragment.
pub fn parse_base_url(text: &str) -> Result<Url, Unusable> {
    let text = text.trim();
    let mut url = Url::parse(text).map_err(|error| {
        // The text is not repeated: what can't be read may hold a password.
        Unusable::new(format!("this is not a URL: {error}"))
            .hint("write the whole address, such as https://host/restapi/V2")
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Unusable::new("the address holds a user name or a password")
            .hint("leave them out; the keys are read from HOOKMEND_API_KEY and HOOKMEND_SUBSCRIPTION_KEY"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Unusable::new("the address holds a query or a fragment")
            .hint("end it after the path, such as https://host/restapi/V2"));
    }
    if url.host().is_none() {
        return Err(Unusable::new("the address names no host"));
    }
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        "http" => {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(Unusable::new(format!("plain http to {host} would send the keys unprotected"))
                .hint("use https; http is only accepted for this machine (127.0.0.1, localhost)"));
        }
        other => {
            return Err(Unusable::new(format!("{other:?} is not a scheme hookmend speaks")).hint("use https"));
        }
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_is_accepted_anywhere_and_http_on_this_machine() {
        for text in [
            "https://example.com/restapi/V2",
            "https://example.com:8443",
            "http://127.0.0.1:8080/x",
            "http://127.9.9.9",
            "http://[::1]:80/",
            "http://localhost:4000",
        ] {
            assert!(parse_base_url(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_slash_at_the_end_makes_no_difference() {
        assert_eq!(parse_base_url("https://a.example/V2/"), parse_base_url("https://a.example/V2"));
    }

    #[test]
    fn addresses_that_would_leak_or_fail_are_refused() {
        for text in [
            "",
            "example.com",
            "http://example.com",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "ftp://example.com",
            "file:///etc",
            "https://user:secret@example.com",
            "https://example.com/?key=1",
            "https://example.com/#x",
            "https://",
        ] {
            assert!(parse_base_url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_not_repeated() {
        let error = parse_base_url("https://user:hunter2@example.com").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
    }
}
