//! Errors as a person meets them: what happened to what, why, and what to do next. The only place
//! where an error is printed and where it gets its exit code.

use std::error::Error;
use std::io;

use crate::cli::console::say;
use crate::config::{SettingsError, Verbosity};
use crate::exit::ExitCode;
use crate::ledger::LedgerError;
use crate::received::ReceivedError;
use crate::report::text::visible;

/// An error on its way to the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// What the process ends with.
    pub exit: ExitCode,
    /// What happened, to what.
    pub message: String,
    /// Why, from the nearest cause to the farthest.
    pub causes: Vec<String>,
    /// What to do next.
    pub hints: Vec<String>,
}

impl CliError {
    /// An error with its chain of causes. Causes that the message already tells are left out.
    pub fn of(exit: ExitCode, error: &(dyn Error + 'static)) -> Self {
        let message = error.to_string();
        let mut causes = Vec::new();
        let mut told = message.clone();
        let mut cause = error.source();
        while let Some(next) = cause {
            let text = next.to_string();
            if !told.contains(&text) {
                told.clone_from(&text);
                causes.push(text);
            }
            cause = next.source();
        }
        Self { exit, message, causes, hints: Vec::new() }
    }

    /// An error without a cause.
    pub fn new(exit: ExitCode, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// The same error with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same error with this hint and no other.
    #[must_use]
    pub fn instead(self, hint: impl Into<String>) -> Self {
        Self { hints: vec![hint.into()], ..self }
    }

    /// The lines that are shown.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("error: {}", visible(&self.message))];
        lines.extend(self.causes.iter().map(|cause| format!("  because: {}", visible(cause))));
        lines.extend(self.hints.iter().map(|hint| format!("hint: {}", visible(hint))));
        lines
    }

    /// The error as one line: what cron mails, and what a dead man's switch is told.
    pub fn paragraph(&self) -> String {
        let mut text = format!("hookmend: {}", visible(&self.message));
        for cause in &self.causes {
            text.push_str(&format!(": {}", visible(cause)));
        }
        for hint in &self.hints {
            text.push_str(&format!("; {}", visible(hint)));
        }
        if !text.ends_with(['.', '!', '?']) {
            text.push('.');
        }
        text
    }

    /// Prints the error to standard error, as one piece.
    pub fn print(&self, verbosity: Verbosity) {
        match verbosity {
            Verbosity::Quiet => say(&self.paragraph()),
            Verbosity::Normal | Verbosity::Verbose => say(&self.lines().join("\n")),
        }
    }
}

impl From<SettingsError> for CliError {
    fn from(error: SettingsError) -> Self {
        let shown = Self::of(ExitCode::Usage, &error);
        // Which command was used is not known here.
        let hint = error.hint.unwrap_or_else(|| "see what it takes with --help behind the same command".to_owned());
        Self { hints: vec![hint], ..shown }
    }
}

impl From<ReceivedError> for CliError {
    fn from(error: ReceivedError) -> Self {
        let exit = match error {
            ReceivedError::Io { .. } | ReceivedError::NoMatch { .. } | ReceivedError::Unusable { .. } => {
                ExitCode::Usage
            }
            // Nothing is wrong with what was asked; nobody can say what was received.
            ReceivedError::Unreachable { .. } => ExitCode::Undetermined,
        };
        let shown = Self::of(exit, &error);
        match error {
            ReceivedError::Unusable { hint, .. } | ReceivedError::Unreachable { hint, .. } => {
                Self { hints: vec![hint], ..shown }
            }
            ReceivedError::Io { .. } => shown.hint("check the path given with --received and its permissions"),
            ReceivedError::NoMatch { .. } => {
                shown.hint("check the pattern given with --received; quote it so that the shell leaves it alone")
            }
        }
    }
}

impl From<LedgerError> for CliError {
    fn from(error: LedgerError) -> Self {
        let exit = match error {
            LedgerError::Locked { .. } => ExitCode::Locked,
            LedgerError::Io { .. } | LedgerError::Unusable { .. } | LedgerError::Database { .. } => ExitCode::Failure,
        };
        let hint = match error {
            LedgerError::Locked { .. } => {
                "wait for that run to end, then run again; with another ledger the two could resend the same events"
            }
            LedgerError::Io { .. } => "check the folder and its permissions, or name another file with --ledger",
            LedgerError::Unusable { .. } => {
                "if it is the ledger, repair it first: it knows what was resent; if it is not, name another with --ledger"
            }
            LedgerError::Database { .. } => "check that its disk is not full and not failing; nothing was sent",
        };
        Self::of(exit, &error).hint(hint)
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        Self::of(ExitCode::Failure, &error)
    }
}

impl From<anyhow::Error> for CliError {
    fn from(error: anyhow::Error) -> Self {
        Self::of(ExitCode::Failure, error.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn io_error() -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, "permission denied")
    }

    #[test]
    fn an_error_is_shown_with_its_causes_and_its_hint() {
        let error = SettingsError::new("can't read the settings file x").caused_by(io_error()).hint("look there");
        let shown = CliError::from(error);
        assert_eq!(shown.exit, ExitCode::Usage);
        assert_eq!(
            shown.lines(),
            ["error: can't read the settings file x", "  because: permission denied", "hint: look there"]
        );
    }

    #[test]
    fn a_settings_error_without_a_hint_names_no_other_command() {
        let shown = CliError::from(SettingsError::new("the id is empty"));
        assert!(shown.hints[0].contains("--help") && !shown.hints[0].contains("reconcile"), "{shown:?}");
    }

    #[test]
    fn an_error_is_one_line_for_cron() {
        let error = SettingsError::new("can't read x").caused_by(io_error()).hint("look\nthere");
        let paragraph = CliError::from(error).paragraph();
        assert_eq!(paragraph, r"hookmend: can't read x: permission denied; look\nthere.");
    }

    #[test]
    fn a_cause_that_the_message_tells_is_not_repeated() {
        let error = ReceivedError::Io { path: PathBuf::from("log"), source: io_error() };
        let shown = CliError::from(error);
        assert_eq!(shown.message, "can't read the received log log: permission denied");
        assert!(shown.causes.is_empty());
    }

    #[test]
    fn every_kind_of_error_has_its_exit_code() {
        let path = || PathBuf::from("l.sqlite");
        let locked = LedgerError::Locked { path: path(), holder: None };
        assert_eq!(CliError::from(locked).exit, ExitCode::Locked);
        assert_eq!(CliError::from(LedgerError::Io { path: path(), source: io_error() }).exit, ExitCode::Failure);
        assert_eq!(CliError::from(ReceivedError::NoMatch { pattern: "*".to_owned() }).exit, ExitCode::Usage);
        assert_eq!(CliError::from(anyhow::anyhow!("broken").context("outer")).causes, ["broken"]);
    }

    #[test]
    fn what_came_from_outside_can_not_steer_the_terminal() {
        let shown = CliError::new(ExitCode::Usage, "\u{1b}]0;title\u{7}").hint("a\nb");
        assert!(shown.lines().iter().all(|line| !line.contains(|c: char| c.is_control())));
    }
}
