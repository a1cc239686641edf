//! Who watches runs from outside: a dead man's switch and a file of metrics. They are told of runs
//! whose settings are wrong as well, so they can be had when the rest can't.

use std::path::PathBuf;

use super::environment::Environment;
use super::error::{SettingsError, Unusable};
use super::keys::Key;
use super::layers::{Entry, Layer, Origin};
use super::{Flags, Loaded};
use crate::heartbeat::{PingUrl, PingUrlError};

/// What to tell runs to from outside.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// The dead man's switch.
    pub ping: Option<PingUrl>,
    /// The file of metrics.
    pub metrics: Option<PathBuf>,
    /// A file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
}

impl Watching {
    /// What flags and the environment say, for when the settings can't be loaded. Whatever can't be
    /// used is left out: the error that is told is another one.
    pub fn without_file(flags: &Flags, environment: &Environment) -> Self {
        let mut layer = Layer::default();
        for key in [Key::Ping, Key::Metrics, Key::CaFile] {
            let variable = key.variable();
            let from_environment = || {
                let text = environment.text(&variable).ok()??;
                Some(Entry { values: vec![text.to_owned()], origin: Origin::Variable(variable.clone()) })
            };
            let entry = flags.layer.entries.get(&key).cloned().or_else(from_environment);
            layer.entries.extend(entry.map(|entry| (key, entry)));
        }
        Self::usable(&layer)
    }

    /// What of it can be used.
    pub(super) fn usable(layer: &Layer) -> Self {
        Self {
            ping: ping(layer).ok().flatten(),
            metrics: metrics(layer).ok().flatten(),
            ca_file: text(layer, Key::CaFile).map(|(_, text)| PathBuf::from(text)),
        }
    }

    /// Finds mistakes in it.
    pub(super) fn check(layer: &Layer) -> Result<(), SettingsError> {
        ping(layer).and(metrics(layer)).map(|_| ())
    }
}

impl Loaded {
    /// Who watches; a mistake in it is told by [`Loaded::settings`].
    pub fn watching(&self) -> Watching {
        Watching::usable(self.layer())
    }
}

/// The value of a setting as it may be shown: whoever knows the path of a ping can silence the switch.
pub(super) fn masked(key: Key, text: &str) -> Option<String> {
    let shown = || PingUrl::parse(text).map_or_else(|_| "(not shown)".to_owned(), |url| url.to_string());
    (key == Key::Ping).then(shown)
}

fn text(layer: &Layer, key: Key) -> Option<(&Entry, &str)> {
    let entry = layer.entries.get(&key)?;
    entry.values.first().map(|text| (entry, text.as_str()))
}

fn ping(layer: &Layer) -> Result<Option<PingUrl>, SettingsError> {
    let Some((entry, text)) = text(layer, Key::Ping) else { return Ok(None) };
    let unusable = |error: PingUrlError| {
        let hint = match error {
            PingUrlError::NotAUrl(_) | PingUrlError::Scheme => "write the whole address, such as https://hc-ping.com/…",
            PingUrlError::Credentials | PingUrlError::Fragment => "leave it out",
            PingUrlError::Unprotected { .. } => "use https; http is only accepted for this machine",
        };
        entry.error(Key::Ping, Unusable::new(error.to_string()).hint(hint))
    };
    PingUrl::parse(text).map(Some).map_err(unusable)
}

fn metrics(layer: &Layer) -> Result<Option<PathBuf>, SettingsError> {
    match text(layer, Key::Metrics) {
        Some((entry, text)) if text.trim().is_empty() => {
            Err(entry.error(Key::Metrics, Unusable::new("the path is empty")))
        }
        found => Ok(found.map(|(_, text)| PathBuf::from(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(entries: &[(Key, &str)]) -> Flags {
        let mut flags = Flags::default();
        for (key, text) in entries {
            flags.layer.flag(*key, [(*text).to_owned()]);
        }
        flags
    }

    #[test]
    fn without_the_file_a_flag_outweighs_the_environment() {
        let variables = [("HOOKMEND_PING", "https://env.example/x"), ("HOOKMEND_METRICS", "/m/a.prom")];
        let environment = Environment::new(variables.map(|(name, value)| (name.into(), value.into())));
        let watching = Watching::without_file(&flags(&[(Key::Ping, "https://flag.example/x")]), &environment);
        assert_eq!(watching.ping.unwrap().host(), "flag.example");
        assert_eq!(watching.metrics, Some("/m/a.prom".into()));
    }

    #[test]
    fn a_mistake_is_told_without_the_address_and_takes_nothing_else_with_it() {
        let flags = flags(&[(Key::Ping, "http://hc.example/hunter2"), (Key::Metrics, "a.prom")]);
        let error = Watching::check(&flags.layer).unwrap_err();
        assert!(error.message.starts_with("--ping: plain http to hc.example"), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"));
        let watching = Watching::usable(&flags.layer);
        assert_eq!((watching.ping, watching.metrics), (None, Some("a.prom".into())));
    }

    #[test]
    fn only_the_host_of_a_ping_is_shown() {
        assert_eq!(masked(Key::Ping, "https://hc.example/hunter2").unwrap(), "https://hc.example/…");
        assert_eq!(masked(Key::Ping, "hc.example/hunter2").unwrap(), "(not shown)");
        assert_eq!(masked(Key::BaseUrl, "https://vendor.example/V2"), None);
    }
}
