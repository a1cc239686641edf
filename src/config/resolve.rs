//! The merged layer made into settings: every value parsed, checked against its bounds and against
//! the others. Keys are fetched last, so that no command runs for settings that are wrong anyway.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::environment::{Environment, Folders};
use super::error::{SettingsError, Unusable};
use super::file;
use super::keys::{Key, SecretKey};
use super::layers::{Entry, Layer, Origin, merge};
use super::secrets::{SecretSource, Vault};
use super::settings::{
    ColorChoice, Consent, Format, Job, OutputSettings, ProgressChoice, ProviderKind, ProviderSettings, Settings,
    Verbosity,
};
use super::values::selection::SelectionTexts;
use super::values::time::{Edge, LONGEST_WINDOW, parse_moment, parse_zone};
use super::values::{address, duration, number, webhook};
use super::watching::{self, Watching};
use super::{Flags, Surroundings};
use crate::event::{WebhookId, Window};
use crate::reconcile::{Beginning, Scope, WebhookRef};
use crate::selection::Selection;

mod pieces;
mod policy;
mod received;

pub(super) use received::holds_password;

/// The window that begins where the last proven one ended.
const SINCE_LAST: &str = "last";

/// Settings that were read and merged and are not yet understood.
#[derive(Debug)]
pub struct Loaded {
    layer: Layer,
    environment: Environment,
    folders: Folders,
    now: DateTime<Utc>,
    verbosity: Verbosity,
    selection: SelectionTexts,
    file: Option<PathBuf>,
    warnings: Vec<String>,
}

/// One setting as `-v` and `doctor` show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Its name.
    pub name: &'static str,
    /// Its value; never a key.
    pub value: String,
    /// Where it was set.
    pub origin: Origin,
}

impl Loaded {
    /// Reads the layers below the flags and merges them.
    ///
    /// # Errors
    /// When the settings file or the environment can't be used, or a layer contradicts itself.
    pub fn load(flags: Flags, surroundings: &Surroundings) -> Result<Self, SettingsError> {
        let found = file::read(flags.config.as_deref(), surroundings)?;
        let (path, file_layer) = found.map(|found| (found.path, found.layer)).unzip();
        let mut layers = vec![flags.layer, surroundings.environment.layer()?];
        layers.extend(file_layer);
        layers.push(Layer::defaults());
        let mut warnings = surroundings.environment.warnings();
        warnings.extend(layers.first().and_then(received::password_on_command_line));
        Ok(Self {
            layer: merge(layers)?,
            environment: surroundings.environment.clone(),
            folders: surroundings.folders.clone(),
            now: surroundings.now,
            verbosity: flags.verbosity,
            selection: flags.selection,
            file: path,
            warnings,
        })
    }

    /// What looks like a mistake and stops nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The settings file that was read.
    pub fn file(&self) -> Option<&PathBuf> {
        self.file.as_ref()
    }

    pub(super) fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Every setting that has a value, with its origin; keys are named and not shown.
    pub fn explain(&self) -> Vec<Explained> {
        let entries = Key::ALL.into_iter().filter_map(|key| {
            let entry = self.layer.entries.get(&key)?;
            let values: Vec<String> = entry.values.iter().map(|value| shown(key, value)).collect();
            Some(Explained { name: key.name(), value: values.join(", "), origin: entry.origin.clone() })
        });
        let secrets = self.layer.secrets.iter().map(|(key, (source, origin))| Explained {
            name: key.name(),
            value: match source {
                SecretSource::Value(_) => "(set)".to_owned(),
                SecretSource::File(path) => format!("(from the file {})", path.display()),
                SecretSource::Variable(name) => format!("(from the variable {name})"),
                SecretSource::Command(_) => "(from a command)".to_owned(),
            },
            origin: origin.clone(),
        });
        entries.chain(secrets).collect()
    }

    /// Makes the settings of a run.
    ///
    /// # Errors
    /// When a value can't be used, or something that the command needs is missing.
    pub fn settings(&self, job: Job) -> Result<Settings, SettingsError> {
        Watching::check(&self.layer)?;
        let mut notes = Vec::new();
        let time_zone = self.parsed(Key::TimeZone, parse_zone)?;
        let (window, beginning) = self.window(time_zone, &mut notes)?;
        let selection = self.selection()?;
        let scope = match job {
            // The plan names them.
            Job::Apply => Scope::Webhooks(Vec::new()),
            _ if self.names_webhooks() || selection.event_types.is_empty() => self.scope()?,
            _ => Scope::Webhooks(selection.event_types.iter().cloned().map(WebhookRef::EventType).collect()),
        };
        let policy = self.policy(job)?;
        let received = self.received(time_zone)?;
        if job.needs_received_log() && received.is_none() && !policy.resend.idempotent {
            return Err(no_received_log());
        }
        let output = self.output()?;
        let reports = self.reports()?;
        let consent = self.consent()?;
        let ledger = self.ledger()?;
        let provider = self.provider(time_zone)?;
        Ok(Settings {
            job,
            window,
            beginning,
            time_zone,
            scope,
            selection,
            policy,
            received,
            provider,
            ledger,
            output,
            reports,
            consent,
            notes,
        })
    }

    /// How results are shown; needs nothing else, so that it is known when the rest is wrong.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn output(&self) -> Result<OutputSettings, SettingsError> {
        Ok(OutputSettings {
            format: self.choice(Key::Format, Format::ALL, Format::name)?,
            color: self.choice(Key::Color, ColorChoice::ALL, ColorChoice::name)?,
            progress: if self.switch(Key::NoProgress)? { ProgressChoice::Never } else { ProgressChoice::Auto },
            verbosity: self.verbosity,
        })
    }

    /// Whether a person must agree first.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn consent(&self) -> Result<Consent, SettingsError> {
        Ok(if self.switch(Key::Yes)? { Consent::Given } else { Consent::Ask })
    }

    /// Names for webhooks.
    pub fn names(&self) -> &webhook::WebhookNames {
        &self.layer.names
    }

    /// Webhooks as a person named them to a command that can't ask the vendor.
    ///
    /// # Errors
    /// When a text is neither an id nor a name from the settings.
    pub fn webhook_ids(&self, texts: &[String]) -> Result<Vec<WebhookId>, SettingsError> {
        let entry = Entry { values: Vec::new(), origin: Origin::Flag(Key::Webhook) };
        let id = |text: &String| match webhook::parse_webhook(text, &self.layer.names) {
            Ok(WebhookRef::Id(id, _)) => Ok(id),
            Ok(WebhookRef::EventType(event_type)) => {
                let unusable = Unusable::new(format!("{event_type} is an event type, and the ledger knows ids only"));
                Err(unusable.hint("write the webhook's id, or a name for it from [webhooks] in the settings"))
            }
            Err(unusable) => Err(unusable),
        };
        texts.iter().map(|text| id(text).map_err(|unusable| entry.error(Key::Webhook, unusable))).collect()
    }

    /// The one webhook that a person named to a command that changes it, by id or by name. An event type
    /// names whichever webhooks there are, so it is not taken.
    ///
    /// # Errors
    /// When the text is neither an id nor a name from the settings.
    pub fn one_webhook(&self, text: &str) -> Result<WebhookId, SettingsError> {
        webhook::parse_one_webhook(text, &self.layer.names)
            .map_err(|unusable| SettingsError { hint: unusable.hint, ..SettingsError::new(unusable.message) })
    }

    /// The ledger's file.
    ///
    /// # Errors
    /// When none is named and the user has no folder for state.
    pub fn ledger(&self) -> Result<PathBuf, SettingsError> {
        if let Some((_, text)) = self.text(Key::Ledger) {
            return Ok(PathBuf::from(text));
        }
        let folder = self.folders.user_state.as_ref();
        folder.map(|folder| folder.join("hookmend").join("ledger.sqlite")).ok_or_else(|| {
            SettingsError::new("there is no folder to keep the ledger in")
                .hint("name a file with --ledger, or set HOME or XDG_STATE_HOME")
        })
    }

    /// How the vendor is reached; fetches the keys.
    ///
    /// # Errors
    /// When a value can't be used or a key is missing.
    pub fn provider(&self, time_zone: Tz) -> Result<ProviderSettings, SettingsError> {
        self.provider_settings(time_zone, self.secrets()?)
    }

    fn provider_settings(
        &self,
        time_zone: Tz,
        [api_key, subscription_key]: [SecretString; 2],
    ) -> Result<ProviderSettings, SettingsError> {
        let kind = self.choice(Key::Provider, ProviderKind::ALL, ProviderKind::name)?;
        let base_url = self.parsed(Key::BaseUrl, address::parse_base_url)?;
        let timeout = self.duration(Key::Timeout, TimeDelta::seconds(1), TimeDelta::hours(1))?;
        let ca_file = self.text(Key::CaFile).map(|(_, text)| PathBuf::from(text));
        Ok(ProviderSettings {
            kind,
            base_url,
            api_key,
            subscription_key,
            timeout: timeout.to_std().unwrap_or_default(),
            time_zone,
            ca_file,
        })
    }

    /// How the vendor is reached, for a command that needs nothing else; fetches the keys.
    ///
    /// # Errors
    /// When a value can't be used or a key is missing.
    pub fn vendor(&self) -> Result<ProviderSettings, SettingsError> {
        self.provider(self.parsed(Key::TimeZone, parse_zone)?)
    }

    fn secrets(&self) -> Result<[SecretString; 2], SettingsError> {
        let sources = SecretKey::ALL.map(|key| (key, self.layer.secrets.get(&key)));
        let missing: Vec<&str> =
            sources.iter().filter(|(_, source)| source.is_none()).map(|(key, _)| key.variable()).collect();
        let [(first, Some(first_source)), (second, Some(second_source))] = sources else {
            let (verb, them) = if missing.len() == 1 { ("is", "it") } else { ("are", "them") };
            return Err(SettingsError::new(format!("{} {verb} not set", missing.join(" and "))).hint(format!(
                "export {them} in the environment, or write api-key and subscription-key in the settings file; \
                 keys are never taken from the command line"
            )));
        };
        let vault = self.vault();
        Ok([
            vault.fetch(first, &first_source.0, &first_source.1)?,
            vault.fetch(second, &second_source.0, &second_source.1)?,
        ])
    }

    /// Fetches keys; commands that fetch one see none of the others.
    fn vault(&self) -> Vault<'_> {
        let mut hidden: Vec<String> = SecretKey::ALL.iter().map(|key| key.variable().to_owned()).collect();
        // The address of the ping is a secret, and that of a database may hold a password.
        hidden.extend([Key::Ping.variable(), Key::Received.variable()]);
        hidden.extend(self.layer.secrets.values().filter_map(|(source, _)| match source {
            SecretSource::Variable(name) => Some(name.clone()),
            SecretSource::Value(_) | SecretSource::File(_) | SecretSource::Command(_) => None,
        }));
        Vault { environment: &self.environment, hidden }
    }

    fn window(&self, zone: Tz, notes: &mut Vec<String>) -> Result<(Window, Beginning), SettingsError> {
        let moment = |key, edge| match self.text(key) {
            None => Ok(None),
            Some((entry, text)) => {
                parse_moment(text, zone, self.now, edge).map(Some).map_err(|unusable| entry.error(key, unusable))
            }
        };
        let wished_to = moment(Key::To, Edge::End)?.unwrap_or(self.now);
        let (from, named, beginning) = match moment(Key::From, Edge::Start)? {
            Some(from) => (from, Key::From, Beginning::AsGiven),
            None => {
                let (since, beginning) = self.since()?;
                (self.now - since, Key::Since, beginning)
            }
        };
        if from >= wished_to {
            return Err(self.empty_window(named, from, wished_to));
        }
        if from >= self.now {
            return Err(SettingsError::new(format!("the window lies in the future: it begins at {}", stamp(from)))
                .hint(format!("it is now {}; check the date and --time-zone", stamp(self.now))));
        }
        let to = wished_to.min(self.now);
        if to < wished_to {
            notes.push(format!("the window ends now and not at {}, which is still to come", stamp(wished_to)));
        }
        let window = Window::new(from, to).ok_or_else(|| self.empty_window(named, from, to))?;
        if window.length() > LONGEST_WINDOW {
            return Err(SettingsError::new(format!(
                "the window is {} days long; at most {} are accepted",
                window.length().num_days(),
                LONGEST_WINDOW.num_days()
            ))
            .hint("check the year of --from"));
        }
        Ok((window, beginning))
    }

    /// How far the window goes back. With `last` that is for webhooks of which nothing is proven yet.
    fn since(&self) -> Result<(TimeDelta, Beginning), SettingsError> {
        if let Some((_, text)) = self.text(Key::Since)
            && text.trim().eq_ignore_ascii_case(SINCE_LAST)
        {
            let usual = Key::Since.default_text().unwrap_or_default();
            let usual = duration::parse(usual).map_err(|unusable| SettingsError::new(unusable.message))?;
            return Ok((usual, Beginning::WhereProvenEnds));
        }
        let since = self.duration(Key::Since, TimeDelta::seconds(1), LONGEST_WINDOW)?;
        Ok((since, Beginning::AsGiven))
    }

    fn empty_window(&self, named: Key, from: DateTime<Utc>, to: DateTime<Utc>) -> SettingsError {
        let place = |key| self.text(key).map_or_else(|| "now".to_owned(), |(entry, _)| entry.origin.to_string());
        SettingsError::new(format!(
            "the window is empty: it begins at {} ({}) and ends at {} ({})",
            stamp(from),
            place(named),
            stamp(to),
            place(Key::To)
        ))
        .hint("the end must be later than the beginning")
    }

    fn selection(&self) -> Result<Selection, SettingsError> {
        self.selection.parse().map_err(|(flag, unusable)| {
            let error = SettingsError::new(format!("{flag}: {}", unusable.message));
            match unusable.hint {
                Some(hint) => error.hint(hint),
                None => error,
            }
        })
    }

    fn names_webhooks(&self) -> bool {
        let names_any = |key| self.layer.entries.get(&key).is_some_and(|entry| !entry.values.is_empty());
        names_any(Key::Webhook) || names_any(Key::AllWebhooks)
    }

    /// The webhooks to look at.
    ///
    /// # Errors
    /// When none is named, or what is named can't be one.
    pub fn scope(&self) -> Result<Scope, SettingsError> {
        if self.layer.entries.contains_key(&Key::AllWebhooks) && self.switch(Key::AllWebhooks)? {
            return Ok(Scope::AllWebhooks);
        }
        let Some(entry) = self.layer.entries.get(&Key::Webhook).filter(|entry| !entry.values.is_empty()) else {
            return Err(SettingsError::new("no webhook is named").hint(
                "name one with --webhook (an id, a name from [webhooks] or an event type), or say --all-webhooks",
            ));
        };
        let mut webhooks = Vec::new();
        for text in &entry.values {
            let webhook = webhook::parse_webhook(text, &self.layer.names)
                .map_err(|unusable| entry.error(Key::Webhook, unusable))?;
            if !webhooks.contains(&webhook) {
                webhooks.push(webhook);
            }
        }
        Ok(Scope::Webhooks(webhooks))
    }

    fn text(&self, key: Key) -> Option<(&Entry, &str)> {
        let entry = self.layer.entries.get(&key)?;
        entry.values.first().map(|text| (entry, text.as_str()))
    }

    /// The value of a key that has a default or was checked to be set.
    fn parsed<T>(&self, key: Key, parse: impl Fn(&str) -> Result<T, Unusable>) -> Result<T, SettingsError> {
        match self.text(key) {
            Some((entry, text)) => parse(text).map_err(|unusable| entry.error(key, unusable)),
            None => Err(SettingsError::new(format!("{} is not set", key.name()))),
        }
    }

    fn switch(&self, key: Key) -> Result<bool, SettingsError> {
        self.parsed(key, number::parse_switch)
    }

    fn count(&self, key: Key, range: &RangeInclusive<u64>) -> Result<u64, SettingsError> {
        self.parsed(key, |text| number::parse_count(text, range))
    }

    fn duration(&self, key: Key, least: TimeDelta, most: TimeDelta) -> Result<TimeDelta, SettingsError> {
        self.parsed(key, |text| {
            let length = duration::parse(text)?;
            if length < least || length > most {
                let (least, most) = (duration::show(least), duration::show(most));
                return Err(Unusable::new(format!("{text} is not between {least} and {most}")));
            }
            Ok(length)
        })
    }

    fn choice<T: Copy, const N: usize>(
        &self,
        key: Key,
        choices: [T; N],
        name: impl Fn(T) -> &'static str,
    ) -> Result<T, SettingsError> {
        self.parsed(key, |text| {
            choices.into_iter().find(|choice| name(*choice) == text.trim()).ok_or_else(|| {
                let names: Vec<&str> = choices.into_iter().map(&name).collect();
                Unusable::new(format!("{text:?} is not known")).hint(format!("write one of: {}", names.join(", ")))
            })
        })
    }
}

/// The error of a command that would resend without knowing what was received.
pub fn no_received_log() -> SettingsError {
    SettingsError::new("no received log is named, so nobody can say which events are missing").hint(
        "name the log of received event ids with --received; if the receiver is idempotent, say --idempotent \
         and every failed event is resent; to look without resending, use hookmend check",
    )
}

fn stamp(instant: DateTime<Utc>) -> String {
    instant.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The text of a setting without what is secret in it.
fn shown(key: Key, text: &str) -> String {
    watching::masked(key, text).unwrap_or_else(|| without_password(text))
}

/// The text with the password of an address left out.
fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text.to_owned() };
    // A password with a slash in it is a mistake, and still a password.
    let before = rest.split('?').next().unwrap_or_default();
    match before.rfind('@') {
        Some(end) => format!("{scheme}://…@{}", &rest[end + 1..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
