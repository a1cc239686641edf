//! The address of a dead man's switch. Whoever knows it can silence the switch, so it shows itself
//! as its host only, whatever prints it.

use std::fmt;

use url::{Host, Url};

use super::Beat;
use crate::exit::ExitCode;

/// Why an address can't be pinged. No variant ever holds the address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PingUrlError {
    /// It can't be read.
    #[error("this is not a URL: {0}")]
    NotAUrl(url::ParseError),
    /// It holds a user name or a password.
    #[error("the address holds a user name or a password, which pings do not use")]
    Credentials,
    /// It holds a fragment.
    #[error("the address holds a fragment (from the `#` on), which is never sent")]
    Fragment,
    /// Everyone on the way could read it.
    #[error("plain http to {host} would show the address to everyone on the way")]
    Unprotected {
        /// The host.
        host: String,
    },
    /// It begins with something else than `https`.
    #[error("the address does not begin with https://")]
    Scheme,
}

/// An address to ping.
#[derive(Clone, PartialEq, Eq)]
pub struct PingUrl {
    url: Url,
}

impl PingUrl {
    /// Reads an address as a person writes it. A slash at its end makes no difference.
    ///
    /// # Errors
    /// When it is no URL, or not `https` (or `http` to this machine), or holds what is never sent.
    pub fn parse(text: &str) -> Result<Self, PingUrlError> {
        let mut url = Url::parse(text.trim()).map_err(PingUrlError::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => {
                return Err(PingUrlError::Unprotected { host: url.host_str().unwrap_or_default().to_owned() });
            }
            _ => return Err(PingUrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PingUrlError::Credentials);
        }
        if url.fragment().is_some() {
            return Err(PingUrlError::Fragment);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url })
    }

    /// The host, with its port where it has one: all of the address that may be shown.
    pub fn host(&self) -> &str {
        self.url.authority()
    }

    /// Whether it leads to this machine.
    pub(super) fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether the way there is encrypted.
    pub(super) fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Where to send this beat: the address itself for success, else a step below it. A query stays
    /// behind the path.
    pub(super) fn of(&self, beat: Beat) -> Url {
        let step = match beat {
            Beat::Ended(ExitCode::Clean) => return self.url.clone(),
            Beat::Started => "start".to_owned(),
            Beat::Ended(code) => code.number().to_string(),
        };
        let mut url = self.url.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{path}/{step}"));
        url
    }
}

impl fmt::Display for PingUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}/…", self.url.scheme(), self.host())
    }
}

impl fmt::Debug for PingUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PingUrl({self})")
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
    use proptest::prelude::*;

    use super::*;

    fn sent(text: &str, beat: Beat) -> String {
        PingUrl::parse(text).unwrap().of(beat).into()
    }

    #[test]
    fn each_beat_has_its_own_address() {
        let url = "https://hc.example/ping/0c2b";
        assert_eq!(sent(url, Beat::Started), "https://hc.example/ping/0c2b/start");
        assert_eq!(sent(url, Beat::Ended(ExitCode::Clean)), "https://hc.example/ping/0c2b");
        assert_eq!(sent(url, Beat::Ended(ExitCode::Left)), "https://hc.example/ping/0c2b/10");
        assert_eq!(sent(url, Beat::Ended(ExitCode::Terminated)), "https://hc.example/ping/0c2b/143");
    }

    #[test]
    fn a_slash_at_the_end_makes_no_difference_and_a_query_stays_behind_the_path() {
        assert_eq!(sent("https://hc.example/a/", Beat::Started), "https://hc.example/a/start");
        assert_eq!(sent("https://hc.example/a/?create=1", Beat::Started), "https://hc.example/a/start?create=1");
        let ended = Beat::Ended(ExitCode::Clean);
        assert_eq!(sent("https://hc.example/a/?create=1", ended), "https://hc.example/a?create=1");
        assert_eq!(sent("http://127.0.0.1:8000", Beat::Started), "http://127.0.0.1:8000/start");
        assert_eq!(sent("https://hc.example/a%2Fb/%7Ec", Beat::Started), "https://hc.example/a%2Fb/%7Ec/start");
    }

    #[test]
    fn addresses_that_would_leak_or_fail_are_refused_without_being_repeated() {
        for text in [
            "",
            "hc.example/hunter2",
            "http://hc.example/hunter2",
            "http://10.0.0.1/hunter2",
            "http://localhost.hc.example/hunter2",
            "ftp://hc.example/hunter2",
            "file:///hunter2",
            "https://user:hunter2@hc.example/",
            "https://hunter2@hc.example/",
            "https://hc.example/#hunter2",
        ] {
            let error = PingUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        }
    }

    proptest! {
        #[test]
        fn the_path_and_the_query_are_never_shown(secret in "[a-z0-9]{8,40}", port in 1u16..) {
            let url = PingUrl::parse(&format!("https://hc.test:{port}/ping/{secret}?key={secret}")).unwrap();
            let shown = format!("{url} {url:?}");
            prop_assert!(!shown.contains(&secret));
            let end = format!("{secret}/start");
            prop_assert!(url.of(Beat::Started).path().ends_with(&end));
        }
    }
}
