//! Single settings, for a command that goes on when others are wrong.

use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

use super::super::error::SettingsError;
use super::super::keys::{Key, SecretKey};
use super::super::layers::{Layer, Origin, merge};
use super::super::settings::{Job, ProviderSettings};
use super::super::values::address;
use super::super::values::time::parse_zone;
use super::super::watching::Watching;
use super::super::{Flags, Surroundings};
use super::Loaded;
use crate::event::Window;
use crate::policy::Policy;
use crate::reconcile::Scope;

impl Loaded {
    /// Flags, environment and defaults alone, for a command that writes the file.
    ///
    /// # Errors
    /// When the environment can't be used, or a layer contradicts itself.
    pub fn without_file(flags: Flags, surroundings: &Surroundings) -> Result<Self, SettingsError> {
        Ok(Self {
            layer: merge(vec![flags.layer, surroundings.environment.layer()?, Layer::defaults()])?,
            environment: surroundings.environment.clone(),
            folders: surroundings.folders.clone(),
            now: surroundings.now,
            verbosity: flags.verbosity,
            selection: flags.selection,
            file: None,
            warnings: surroundings.environment.warnings(),
        })
    }

    /// The zone of times without an offset.
    ///
    /// # Errors
    /// When it is none.
    pub fn time_zone(&self) -> Result<Tz, SettingsError> {
        self.parsed(Key::TimeZone, parse_zone)
    }

    /// The window that a run would look at.
    ///
    /// # Errors
    /// When it can't be used.
    pub fn asked_window(&self) -> Result<Window, SettingsError> {
        self.window(self.time_zone()?, &mut Vec::new()).map(|(window, _)| window)
    }

    /// The webhooks that are named.
    ///
    /// # Errors
    /// When none is, or what is named is none.
    pub fn asked_scope(&self) -> Result<Scope, SettingsError> {
        self.scope()
    }

    /// What a run may do, and its bounds.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn asked_policy(&self, job: Job) -> Result<Policy, SettingsError> {
        self.policy(job)
    }

    /// Finds mistakes in who is told of runs from outside.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn check_watching(&self) -> Result<(), SettingsError> {
        Watching::check(&self.layer)
    }

    /// The vendor's address.
    ///
    /// # Errors
    /// When it can't be used.
    pub fn base_url(&self) -> Result<Url, SettingsError> {
        self.parsed(Key::BaseUrl, address::parse_base_url)
    }

    /// How the vendor is reached with keys that were fetched already. Where the zone can't be used, its
    /// times are read in UTC: address and keys can be tried all the same.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn provider_with(
        &self,
        api_key: SecretString,
        subscription_key: SecretString,
    ) -> Result<ProviderSettings, SettingsError> {
        self.provider_settings(self.time_zone().unwrap_or(Tz::UTC), [api_key, subscription_key])
    }

    /// Where a key is set, if it is.
    pub fn key_origin(&self, key: SecretKey) -> Option<&Origin> {
        self.layer.secrets.get(&key).map(|(_, origin)| origin)
    }

    /// Fetches one key; `None` when it is not set.
    ///
    /// # Errors
    /// When its source does not give a usable key.
    pub fn key(&self, key: SecretKey) -> Result<Option<SecretString>, SettingsError> {
        let Some((source, origin)) = self.layer.secrets.get(&key) else { return Ok(None) };
        self.vault().fetch(key, source, origin).map(Some)
    }
}
