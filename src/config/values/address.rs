//! The provider's address. Keys travel to it, so plain `http` is only taken for this machine, and
//! an address that itself holds a key is refused.

use url::{Host, Url};

use crate::config::error::Unusable;

/// The longest URL of a receiver, in bytes.
const LONGEST_RECEIVER_URL: usize = 4096;

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

/// Reads the URL of a receiver, to which the vendor is to deliver. It is returned as it was written,
/// and never repeated in a complaint: it may hold a token.
///
/// # Errors
/// When it is no URL, is not `https` (or `http` to loopback), or holds a fragment.
pub fn parse_receiver_url(text: &str) -> Result<String, Unusable> {
    let text = text.trim();
    let hint = "write the whole address, such as https://receiver.example/hooks/sales";
    let url = Url::parse(text).map_err(|error| Unusable::new(format!("this is not a URL: {error}")).hint(hint))?;
    if text.len() > LONGEST_RECEIVER_URL {
        return Err(Unusable::new(format!("the URL is longer than {LONGEST_RECEIVER_URL} bytes")));
    }
    // The parser mends or drops these; the vendor may not.
    if text.contains(|character: char| character.is_whitespace() || character.is_control() || character == '\\') {
        return Err(Unusable::new("the URL holds a space, a line break or a backslash").hint("percent-encode it"));
    }
    if !text.contains("://") || url.host().is_none() {
        return Err(Unusable::new("the URL names no host").hint(hint));
    }
    if url.fragment().is_some() {
        return Err(
            Unusable::new("the URL holds a fragment, which never reaches a receiver").hint("end it before the #")
        );
    }
    match url.scheme() {
        "https" => Ok(text.to_owned()),
        "http" if is_loopback(&url) => Ok(text.to_owned()),
        "http" => Err(Unusable::new("plain http would send payloads and tokens unprotected")
            .hint("use https; http is only accepted for this machine (127.0.0.1, localhost)")),
        other => Err(Unusable::new(format!("{other:?} is not a scheme to deliver by")).hint("use https")),
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

    #[test]
    fn a_receiver_is_reached_by_https_or_on_this_machine() {
        for text in [
            "https://receiver.example/hooks?token=a%20b",
            "https://user:secret@receiver.example:8443/",
            "http://127.0.0.1:9000/in",
            "http://localhost/in",
        ] {
            assert_eq!(parse_receiver_url(&format!(" {text}\n")).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_receiver_that_can_not_be_one_is_refused_without_being_repeated() {
        let long = format!("https://receiver.example/hunter2{}", "x".repeat(LONGEST_RECEIVER_URL));
        for text in [
            "",
            "hunter2.example/in",
            "https:hunter2.example/in",
            "https://",
            "http://receiver.example/hunter2",
            "ftp://receiver.example/hunter2",
            "mailto:hunter2@receiver.example",
            "https://receiver.example/#hunter2",
            "https://receiver.example/hunter2 x",
            "https://receiver.example/hun\nter2",
            "https://receiver.example\\hunter2",
            &long,
        ] {
            let error = parse_receiver_url(text).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{text}: {error:?}");
        }
    }
}
