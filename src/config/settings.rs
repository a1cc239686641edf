//! The result of resolving settings: plain data in domain types, one type for each part that is
//! handed to somebody.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

use super::reports::ReportTarget;
use crate::event::Window;
use crate::policy::Policy;
use crate::received::DatabaseAddress;
use crate::reconcile::{Beginning, Scope};
use crate::selection::Selection;

/// Which command the settings are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// List, diff, resend.
    Reconcile,
    /// List and diff only.
    Check,
    /// Show what a window holds.
    List,
    /// Keep what would be resent, for later.
    Plan,
    /// Carry out a plan that was kept.
    Apply,
    /// Resend events named by hand.
    Resend,
}

impl Job {
    /// The command's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reconcile => "reconcile",
            Self::Check => "check",
            Self::List => "list",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Resend => "resend",
        }
    }

    /// Whether it can't be done without knowing what was received, unless the receiver takes events twice.
    pub fn needs_received_log(self) -> bool {
        match self {
            Self::Reconcile | Self::Plan | Self::Resend => true,
            // A plan says by itself what its receiver is.
            Self::Apply | Self::Check | Self::List => false,
        }
    }

    /// Whether those who watch runs from outside wait for it: a person at work would only hide that the
    /// unattended run did not happen.
    pub fn is_watched(self) -> bool {
        match self {
            Self::Reconcile | Self::Check => true,
            Self::List | Self::Plan | Self::Apply | Self::Resend => false,
        }
    }
}

/// All settings of a run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The command.
    pub job: Job,
    /// The window of creation times.
    pub window: Window,
    /// Whether the run begins there, or where the last proven one ended.
    pub beginning: Beginning,
    /// The zone of times without an offset.
    pub time_zone: Tz,
    /// The webhooks.
    pub scope: Scope,
    /// Which of their events.
    pub selection: Selection,
    /// What the run may do.
    pub policy: Policy,
    /// The received log, if one is given.
    pub received: Option<ReceivedSettings>,
    /// The provider.
    pub provider: ProviderSettings,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// How results are shown.
    pub output: OutputSettings,
    /// The files that the report is written to as well.
    pub reports: Vec<ReportTarget>,
    /// Whether a person must agree first.
    pub consent: Consent,
    /// What was understood differently from how it was written, for `-v`.
    pub notes: Vec<String>,
}

/// The vendors that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderKind {
    /// Front Systems.
    FrontSystems,
}

impl ProviderKind {
    /// Every provider.
    pub const ALL: [Self; 1] = [Self::FrontSystems];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::FrontSystems => "front-systems",
        }
    }
}

/// How the vendor is reached.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// Which vendor.
    pub kind: ProviderKind,
    /// Its address, without a slash at the end.
    pub base_url: Url,
    /// The key of the integration.
    pub api_key: SecretString,
    /// The key of the company.
    pub subscription_key: SecretString,
    /// How long one request may take.
    pub timeout: Duration,
    /// The zone of the vendor's times that state no offset.
    pub time_zone: Tz,
    /// A file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
}

/// One source of a received log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceivedSource {
    /// Standard input.
    Stdin,
    /// A path, or a pattern of paths.
    Named(String),
    /// A database.
    Database(Box<DatabaseAddress>),
}

/// How a received log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReceivedFormat {
    /// To be found out.
    Auto,
    /// One id on each line.
    Ids,
    /// One JSON object on each line.
    Jsonl,
    /// Comma-separated values with a header.
    Csv,
    /// Access logs, pairs of keys and values, or lines that a pattern takes apart.
    Text,
}

impl ReceivedFormat {
    /// Every format.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Ids, Self::Jsonl, Self::Csv, Self::Text];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ids => "ids",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Text => "text",
        }
    }
}

/// How the received log is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedSettings {
    /// What is read; at least one.
    pub sources: Vec<ReceivedSource>,
    /// How it is written.
    pub format: ReceivedFormat,
    /// The field that holds the event id.
    pub id: Option<String>,
    /// The field that holds the HTTP status.
    pub status: Option<String>,
    /// The statuses that count as received; only meaningful with `status`.
    pub ok: Vec<RangeInclusive<u16>>,
    /// The field that holds the time.
    pub time: Option<String>,
    /// The first instant the log speaks of.
    pub since: Option<DateTime<Utc>>,
    /// The zone of times in the log that state no offset.
    pub time_zone: Tz,
    /// The query for databases of which no table is named.
    pub query: Option<String>,
    /// A file of further certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
}

/// What goes to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// For people.
    Human,
    /// One document.
    Json,
    /// One record on each line, as things happen.
    Jsonl,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 3] = [Self::Human, Self::Json, Self::Jsonl];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
        }
    }
}

/// When colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColorChoice {
    /// Where it is welcome: on a terminal, and not against `NO_COLOR`.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl ColorChoice {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Always, Self::Never];

    /// The name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}

/// When progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgressChoice {
    /// On a terminal.
    Auto,
    /// Never.
    Never,
}

/// How much is told on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What a person needs.
    #[default]
    Normal,
    /// What was resolved and what is done.
    Verbose,
}

/// How results are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputSettings {
    /// What goes to standard output.
    pub format: Format,
    /// When colour is used.
    pub color: ColorChoice,
    /// When progress is shown.
    pub progress: ProgressChoice,
    /// How much is told on standard error.
    pub verbosity: Verbosity,
}

/// Whether a person must agree before anything is resent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Consent {
    /// Ask where there is a terminal to ask on.
    Ask,
    /// It was given beforehand.
    Given,
}
