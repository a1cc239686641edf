//! Settings: file < environment < flags, made into what the domain understands.
//!
//! | file | what it owns |
//! |---|---|
//! | `keys` | the table of settings: names, kinds, defaults |
//! | `layers` | settings as text with their origins; how layers become one |
//! | `file`, `environment` | the two layers below the flags |
//! | `trust` | which settings files are used at all |
//! | `secrets` | where keys are had from |
//! | `values` | texts made into durations, moments, rates, webhooks, addresses |
//! | `starter` | the commented file to start from |
//! | `settings` | the result, in domain types only |
//! | `watching` | who is told of runs from outside |
//! | `reports` | the files that a report is written to |
//! | `resolve` | the merged layer made into the result |
//!
//! Nothing here prints, reads the process's environment or knows the command line's parser.

pub mod environment;
pub mod error;
pub mod file;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod keys;
pub mod layers;
pub mod reports;
pub mod resolve;
pub mod secrets;
pub mod settings;
pub mod starter;
pub mod suggest;
mod trust;
pub mod values;
pub mod watching;

use std::path::PathBuf;

use chrono::{DateTime, Utc};

pub use environment::{Environment, Folders};
pub use error::SettingsError;
pub use keys::{Key, SecretKey};
pub use layers::{Layer, Origin};
pub use reports::ReportTarget;
pub use resolve::{Loaded, no_received_log};
pub use settings::{
    ColorChoice, Consent, Format, Job, OutputSettings, ProgressChoice, ProviderKind, ProviderSettings, ReceivedFormat,
    ReceivedSettings, ReceivedSource, Settings, Verbosity,
};
pub use starter::STARTER;
pub use values::selection::SelectionTexts;
pub use watching::Watching;

/// Everything outside that settings depend on, as values.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The variables.
    pub environment: Environment,
    /// The current folder.
    pub directory: PathBuf,
    /// Where files lie that nobody named.
    pub folders: Folders,
    /// The time of the start, from which windows are reckoned.
    pub now: DateTime<Utc>,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The settings among the flags.
    pub layer: Layer,
    /// The settings file that was named.
    pub config: Option<PathBuf>,
    /// How much is to be told.
    pub verbosity: Verbosity,
    /// Which events were selected; never a setting of the file, where it would silently narrow every run.
    pub selection: SelectionTexts,
}
