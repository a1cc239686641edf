//! Settings as they were written, in layers of different weight, and how the layers become one.
//!
//! Values are still text here. Settings that exclude each other form a group: the heaviest layer that
//! sets any of a group decides the whole group, and one layer may not set two of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use super::error::{SettingsError, Unusable};
use super::keys::{Key, SecretKey};
use super::secrets::SecretSource;
use super::values::number::parse_switch;
use super::values::webhook::WebhookNames;

/// Where a setting was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// On the command line.
    Flag(Key),
    /// In the environment, by this variable.
    Variable(String),
    /// In the settings file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, from 1.
        line: usize,
    },
    /// Nowhere.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(key) => write!(formatter, "--{}", key.name()),
            Self::Variable(name) => formatter.write_str(name),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// The text of one setting and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// One text, or several for lists.
    pub values: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

impl Entry {
    /// The error for a value of this entry.
    pub fn error(&self, key: Key, unusable: Unusable) -> SettingsError {
        let place = match &self.origin {
            Origin::File { .. } => format!("{}: {}", self.origin, key.name()),
            Origin::Flag(_) | Origin::Variable(_) => self.origin.to_string(),
            Origin::Default => key.name().to_owned(),
        };
        SettingsError { message: format!("{place}: {}", unusable.message), hint: unusable.hint, source: None }
    }
}

/// All settings that were made in one place.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// The settings.
    pub entries: BTreeMap<Key, Entry>,
    /// Where the keys are to be had.
    pub secrets: BTreeMap<SecretKey, (SecretSource, Origin)>,
    /// Names for webhooks.
    pub names: WebhookNames,
}

impl Layer {
    /// The lightest layer.
    pub fn defaults() -> Self {
        let entry = |text: &str| Entry { values: vec![text.to_owned()], origin: Origin::Default };
        let entries = Key::ALL.into_iter().filter_map(|key| key.default_text().map(|text| (key, entry(text))));
        Self { entries: entries.collect(), ..Self::default() }
    }

    /// Adds what a flag said; nothing when the flag was not given.
    pub fn flag(&mut self, key: Key, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        if !values.is_empty() {
            self.entries.insert(key, Entry { values, origin: Origin::Flag(key) });
        }
    }
}

/// Makes one layer of several, heaviest first.
///
/// # Errors
/// When one layer sets two things that exclude each other.
pub fn merge(layers: Vec<Layer>) -> Result<Layer, SettingsError> {
    let window = group_winner(&layers, Key::Since, Key::From, |_, _| Ok(true))?;
    let scope = group_winner(&layers, Key::Webhook, Key::AllWebhooks, is_claimed)?;
    let mut merged = Layer::default();
    for (place, layer) in layers.into_iter().enumerate() {
        for (key, entry) in layer.entries {
            let winner = match key {
                Key::Since | Key::From => window,
                Key::Webhook | Key::AllWebhooks => scope,
                _ => Some(place),
            };
            if winner == Some(place) {
                merged.entries.entry(key).or_insert(entry);
            }
        }
        for (key, secret) in layer.secrets {
            merged.secrets.entry(key).or_insert(secret);
        }
        for (name, id) in layer.names {
            merged.names.entry(name).or_insert(id);
        }
    }
    Ok(merged)
}

/// Whether an entry says anything: `all-webhooks = false` claims nothing.
fn is_claimed(key: Key, entry: &Entry) -> Result<bool, SettingsError> {
    match (key, entry.values.first()) {
        (Key::AllWebhooks, Some(text)) => parse_switch(text).map_err(|unusable| entry.error(key, unusable)),
        (_, first) => Ok(first.is_some()),
    }
}

/// The heaviest layer that sets one of two settings that exclude each other.
fn group_winner(
    layers: &[Layer],
    left: Key,
    right: Key,
    claims: impl Fn(Key, &Entry) -> Result<bool, SettingsError>,
) -> Result<Option<usize>, SettingsError> {
    // A heavier "false" takes back a lighter "true".
    let mut taken_back = [false; 2];
    for (place, layer) in layers.iter().enumerate() {
        let mut claimed = [false; 2];
        for (side, key) in [left, right].into_iter().enumerate() {
            let Some(entry) = layer.entries.get(&key) else { continue };
            let claim = claims(key, entry)?;
            claimed[side] = claim && !taken_back[side];
            taken_back[side] |= !claim;
        }
        match claimed {
            [true, true] => {
                let places = [left, right].map(|key| named_place(key, &layer.entries[&key]));
                return Err(SettingsError::new(format!("{} and {} exclude each other", places[0], places[1]))
                    .hint("leave one of them out"));
            }
            [true, false] | [false, true] => return Ok(Some(place)),
            [false, false] => {}
        }
    }
    Ok(None)
}

fn named_place(key: Key, entry: &Entry) -> String {
    match &entry.origin {
        Origin::File { .. } => format!("{} ({})", key.name(), entry.origin),
        Origin::Flag(_) | Origin::Variable(_) | Origin::Default => entry.origin.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flags(entries: &[(Key, &str)]) -> Layer {
        let mut layer = Layer::default();
        for (key, text) in entries {
            layer.flag(*key, [(*text).to_owned()]);
        }
        layer
    }

    fn variables(entries: &[(Key, &str)]) -> Layer {
        let mut layer = flags(entries);
        for (key, entry) in &mut layer.entries {
            entry.origin = Origin::Variable(key.variable());
        }
        layer
    }

    fn text(layer: &Layer, key: Key) -> Option<&str> {
        layer.entries.get(&key).map(|entry| entry.values[0].as_str())
    }

    #[test]
    fn the_heaviest_layer_wins_setting_by_setting() {
        let merged = merge(vec![
            flags(&[(Key::MinAge, "1m")]),
            variables(&[(Key::MinAge, "2m"), (Key::Format, "json")]),
            Layer::defaults(),
        ])
        .unwrap();
        assert_eq!(text(&merged, Key::MinAge), Some("1m"));
        assert_eq!(text(&merged, Key::Format), Some("json"));
        assert_eq!(merged.entries[&Key::Format].origin.to_string(), "HOOKMEND_FORMAT");
        assert_eq!(text(&merged, Key::Concurrency), Some("4"));
        assert_eq!(merged.entries[&Key::Concurrency].origin, Origin::Default);
    }

    #[test]
    fn a_heavier_beginning_of_the_window_replaces_a_lighter_one_of_the_other_kind() {
        let merged =
            merge(vec![flags(&[(Key::Since, "1h")]), variables(&[(Key::From, "2026-01-01")]), Layer::defaults()])
                .unwrap();
        assert_eq!(text(&merged, Key::Since), Some("1h"));
        assert_eq!(text(&merged, Key::From), None);
        let merged = merge(vec![flags(&[(Key::From, "2026-01-01")]), Layer::defaults()]).unwrap();
        assert_eq!(text(&merged, Key::Since), None);
    }

    #[test]
    fn a_heavier_scope_replaces_a_lighter_one_of_the_other_kind() {
        let merged = merge(vec![flags(&[(Key::Webhook, "sales")]), variables(&[(Key::AllWebhooks, "true")])]).unwrap();
        assert_eq!((text(&merged, Key::Webhook), text(&merged, Key::AllWebhooks)), (Some("sales"), None));
        let merged = merge(vec![flags(&[(Key::AllWebhooks, "true")]), variables(&[(Key::Webhook, "sales")])]).unwrap();
        assert_eq!((text(&merged, Key::Webhook), text(&merged, Key::AllWebhooks)), (None, Some("true")));
    }

    #[test]
    fn all_webhooks_can_be_taken_back() {
        let merged = merge(vec![variables(&[(Key::AllWebhooks, "false")]), flags(&[(Key::AllWebhooks, "true")])]);
        assert_eq!(text(&merged.unwrap(), Key::AllWebhooks), None);
        let merged = merge(vec![variables(&[(Key::AllWebhooks, "false")]), flags(&[(Key::Webhook, "sales")])]);
        assert_eq!(text(&merged.unwrap(), Key::Webhook), Some("sales"));
    }

    #[test]
    fn one_layer_may_not_contradict_itself() {
        let error = merge(vec![flags(&[(Key::Since, "1h"), (Key::From, "2026-01-01")])]).unwrap_err();
        assert_eq!(error.message, "--since and --from exclude each other");
        let error = merge(vec![variables(&[(Key::Webhook, "x1"), (Key::AllWebhooks, "1")])]).unwrap_err();
        assert_eq!(error.message, "HOOKMEND_WEBHOOK and HOOKMEND_ALL_WEBHOOKS exclude each other");
    }
}
