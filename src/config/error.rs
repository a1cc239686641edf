//! Why settings can't be used: always something a person can put right, so always with a hint where
//! one helps. A message never holds a key.

use std::io;

/// Settings that can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong, and where it was set.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The cause, when the system refused something.
    #[source]
    pub source: Option<io::Error>,
}

impl SettingsError {
    /// An error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, source: None }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error with its cause.
    #[must_use]
    pub fn caused_by(mut self, source: io::Error) -> Self {
        self.source = Some(source);
        self
    }
}

/// Why the text of one value can't be used; where it was set is added by who knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// What is wrong with the text.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl Unusable {
    /// A complaint without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// The same complaint with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
