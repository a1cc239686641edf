//! What the commands about the past share: of all settings they need only where the ledger is and
//! how to show it, so they work where nothing else is set.

use std::path::{Path, PathBuf};

use crate::cli::arguments::GlobalFlags;
use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::cli::flags::OutputFlags;
use crate::config::{Flags, Layer, Loaded, OutputSettings, Surroundings};
use crate::event::{IdKey, WebhookId};
use crate::ledger::LedgerReader;
use crate::report::past::{Names, Source};

/// The settings of a command about the past.
pub struct PastSettings {
    /// Where the ledger is.
    pub ledger: PathBuf,
    /// How it is shown.
    pub output: OutputSettings,
    /// What webhooks are called.
    pub names: Names,
    /// Everything that was set, for what one command needs beyond that.
    pub loaded: Loaded,
}

impl PastSettings {
    /// Resolves them; `put` adds flags of the command's own.
    ///
    /// # Errors
    /// When the settings can't be read or one of these few can't be used.
    pub fn resolve(
        global: GlobalFlags,
        output: OutputFlags,
        put: impl FnOnce(&mut Layer),
        surroundings: &Surroundings,
    ) -> Result<Self, CliError> {
        let flags: Flags = global.with(|layer| {
            output.put(layer);
            put(layer);
        });
        let console = Console { verbosity: flags.verbosity };
        let loaded = Loaded::load(flags, surroundings)?;
        loaded.warnings().iter().for_each(|warning| console.warn(warning));
        let (ledger, output) = (loaded.ledger()?, loaded.output()?);
        let file = loaded.file().map_or_else(|| "none found".to_owned(), |path| path.display().to_string());
        console.detail(&format!("settings file: {file}"));
        console.detail(&format!("ledger: {}", ledger.display()));
        Ok(Self { names: names(&loaded), ledger, output, loaded })
    }
}

/// What webhooks are called; of several names of one the first one of the alphabet stands.
pub fn names(loaded: &Loaded) -> Names {
    Names::new(loaded.names().iter().rev().map(|(name, webhook)| (webhook.clone(), name.clone())))
}

/// Where something was read, by whether a ledger was there.
pub fn source(path: &Path, reader: Option<&LedgerReader>) -> Source {
    match reader {
        Some(_) => Source::Ledger(path.to_owned()),
        None => Source::NoLedger(path.to_owned()),
    }
}

/// Whether a webhook is among those that were named; with none named every one is.
pub fn is_among(webhook: &WebhookId, named: &[WebhookId]) -> bool {
    // Two spellings of one UUID are one webhook to a person.
    let key = IdKey::of(webhook.as_str().as_bytes());
    named.is_empty() || named.iter().any(|named| IdKey::of(named.as_str().as_bytes()) == key)
}
