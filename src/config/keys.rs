//! The table of settings: every key with its name, the kind of its value and its default.
//!
//! A key is spelled the same as a flag (`--min-age`), in the file (`min-age`) and, in capitals, in
//! the environment (`HOOKMEND_MIN_AGE`). Nothing is parsed here.

/// What a setting's value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A text, or a whole number for columns and the like.
    TextOrNumber,
    /// A length of time with its unit.
    Duration,
    /// A moment.
    Time,
    /// A whole number.
    Number,
    /// Yes or no.
    Switch,
    /// The path of a file.
    Path,
    /// One or more paths of files.
    Paths,
    /// One or more texts.
    List,
    /// One or more sources of a received log: paths, patterns, `-`, addresses.
    Sources,
}

impl Kind {
    /// What is expected in the file, as the end of "expected …".
    pub fn expectation(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::TextOrNumber => "a string or a whole number",
            Self::Duration => "a duration with its unit, such as \"5m\" or \"36h\"",
            Self::Time => "a time, such as \"2026-03-01\", \"2026-03-01 08:30\" or \"yesterday\"",
            Self::Number => "a whole number",
            Self::Switch => "true or false",
            Self::Path => "the path of a file as a string",
            Self::Paths => "the path of a file as a string, or an array of such paths",
            Self::List => "a string or an array of strings",
            Self::Sources => "a path or an array of paths",
        }
    }
}

/// One setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // Each variant is the key of the same name, explained in the flag's help.
pub enum Key {
    Webhook,
    AllWebhooks,
    Since,
    From,
    To,
    TimeZone,
    MinAge,
    Received,
    ReceivedFormat,
    ReceivedId,
    ReceivedStatus,
    ReceivedOk,
    ReceivedTime,
    ReceivedSince,
    ReceivedQuery,
    Provider,
    BaseUrl,
    CaFile,
    Timeout,
    DryRun,
    Idempotent,
    IncludeAcknowledged,
    NoProof,
    Yes,
    MaxRounds,
    MaxAttempts,
    MaxResends,
    Concurrency,
    Rate,
    Deadline,
    FailureBudget,
    Retention,
    Settle,
    Slice,
    ZoneMargin,
    Format,
    Report,
    Ledger,
    Ping,
    Metrics,
    Color,
    NoProgress,
}

impl Key {
    /// Every key, in the order in which they are shown.
    pub const ALL: [Self; 42] = [
        Self::Webhook,
        Self::AllWebhooks,
        Self::Since,
        Self::From,
        Self::To,
        Self::TimeZone,
        Self::MinAge,
        Self::Received,
        Self::ReceivedFormat,
        Self::ReceivedId,
        Self::ReceivedStatus,
        Self::ReceivedOk,
        Self::ReceivedTime,
        Self::ReceivedSince,
        Self::ReceivedQuery,
        Self::Provider,
        Self::BaseUrl,
        Self::CaFile,
        Self::Timeout,
        Self::DryRun,
        Self::Idempotent,
        Self::IncludeAcknowledged,
        Self::NoProof,
        Self::Yes,
        Self::MaxRounds,
        Self::MaxAttempts,
        Self::MaxResends,
        Self::Concurrency,
        Self::Rate,
        Self::Deadline,
        Self::FailureBudget,
        Self::Retention,
        Self::Settle,
        Self::Slice,
        Self::ZoneMargin,
        Self::Format,
        Self::Report,
        Self::Ledger,
        Self::Ping,
        Self::Metrics,
        Self::Color,
        Self::NoProgress,
    ];

    /// Name, kind and default: the whole table in one place.
    fn facts(self) -> (&'static str, Kind, Option<&'static str>) {
        match self {
            Self::Webhook => ("webhook", Kind::List, None),
            Self::AllWebhooks => ("all-webhooks", Kind::Switch, None),
            Self::Since => ("since", Kind::Duration, Some("7d")),
            Self::From => ("from", Kind::Time, None),
            Self::To => ("to", Kind::Time, None),
            Self::TimeZone => ("time-zone", Kind::Text, Some("UTC")),
            Self::MinAge => ("min-age", Kind::Duration, Some("5m")),
            Self::Received => ("received", Kind::Sources, None),
            Self::ReceivedFormat => ("received-format", Kind::Text, Some("auto")),
            Self::ReceivedId => ("received-id", Kind::TextOrNumber, None),
            Self::ReceivedStatus => ("received-status", Kind::TextOrNumber, None),
            Self::ReceivedOk => ("received-ok", Kind::TextOrNumber, None),
            Self::ReceivedTime => ("received-time", Kind::TextOrNumber, None),
            Self::ReceivedSince => ("received-since", Kind::Time, None),
            Self::ReceivedQuery => ("received-query", Kind::Text, None),
            Self::Provider => ("provider", Kind::Text, Some("front-systems")),
            Self::BaseUrl => ("base-url", Kind::Text, Some("https://frontsystemsapis.frontsystems.no/restapi/V2")),
            Self::CaFile => ("ca-file", Kind::Path, None),
            Self::Timeout => ("timeout", Kind::Duration, Some("60s")),
            Self::DryRun => ("dry-run", Kind::Switch, Some("false")),
            Self::Idempotent => ("idempotent", Kind::Switch, Some("false")),
            Self::IncludeAcknowledged => ("include-acknowledged", Kind::Switch, Some("false")),
            Self::NoProof => ("no-proof", Kind::Switch, Some("false")),
            Self::Yes => ("yes", Kind::Switch, Some("false")),
            Self::MaxRounds => ("max-rounds", Kind::Number, Some("3")),
            Self::MaxAttempts => ("max-attempts", Kind::Number, Some("5")),
            Self::MaxResends => ("max-resends", Kind::Number, Some("10000")),
            Self::Concurrency => ("concurrency", Kind::Number, Some("4")),
            Self::Rate => ("rate", Kind::TextOrNumber, Some("unlimited")),
            Self::Deadline => ("deadline", Kind::Duration, Some("4h")),
            Self::FailureBudget => ("failure-budget", Kind::Text, Some("unlimited")),
            Self::Retention => ("retention", Kind::Duration, Some("90d")),
            Self::Settle => ("settle", Kind::Duration, Some("60s")),
            Self::Slice => ("slice", Kind::Duration, Some("1d")),
            Self::ZoneMargin => ("zone-margin", Kind::Duration, Some("2h")),
            Self::Format => ("format", Kind::Text, Some("human")),
            Self::Report => ("report", Kind::Paths, None),
            Self::Ledger => ("ledger", Kind::Path, None),
            Self::Ping => ("ping", Kind::Text, None),
            Self::Metrics => ("metrics", Kind::Path, None),
            Self::Color => ("color", Kind::Text, Some("auto")),
            Self::NoProgress => ("no-progress", Kind::Switch, Some("false")),
        }
    }

    /// The name in the file, and the flag without its dashes.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// What its value looks like.
    pub fn kind(self) -> Kind {
        self.facts().1
    }

    /// Its default as a person would write it, if it has a fixed one.
    pub fn default_text(self) -> Option<&'static str> {
        self.facts().2
    }

    /// Its variable in the environment.
    pub fn variable(self) -> String {
        variable(self.name())
    }

    /// The key with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// A key that authenticates; never a flag, never shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretKey {
    /// One for each integration.
    ApiKey,
    /// One for each company.
    SubscriptionKey,
}

impl SecretKey {
    /// Every secret.
    pub const ALL: [Self; 2] = [Self::ApiKey, Self::SubscriptionKey];

    /// The name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "api-key",
            Self::SubscriptionKey => "subscription-key",
        }
    }

    /// Its variable in the environment.
    pub fn variable(self) -> &'static str {
        match self {
            Self::ApiKey => "HOOKMEND_API_KEY",
            Self::SubscriptionKey => "HOOKMEND_SUBSCRIPTION_KEY",
        }
    }

    /// The secret with this name in the file.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// The variable that names the settings file.
pub const CONFIG_VARIABLE: &str = "HOOKMEND_CONFIG";
/// The table of webhook names in the file.
pub const WEBHOOKS_TABLE: &str = "webhooks";

fn variable(name: &str) -> String {
    format!("HOOKMEND_{}", name.replace('-', "_").to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name_and_has_its_own() {
        for key in Key::ALL {
            assert_eq!(Key::from_name(key.name()), Some(key));
        }
    }

    #[test]
    fn variables_are_the_flag_in_capitals() {
        assert_eq!(Key::MinAge.variable(), "HOOKMEND_MIN_AGE");
        for secret in SecretKey::ALL {
            assert_eq!(secret.variable(), variable(secret.name()));
        }
    }
}
