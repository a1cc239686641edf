//! Standard error and standard output as the shell uses them. A reader that went away is no reason
//! to fail, and nothing that could steer a terminal is passed through.

use std::io::{self, Write};

use crate::config::Verbosity;
use crate::report::text::visible;

/// Where diagnostics go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// How much is told.
    pub verbosity: Verbosity,
}

impl Console {
    /// Tells of something that looks like a mistake.
    pub fn warn(self, text: &str) {
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => say(&format!("warning: {}", visible(text))),
        }
    }

    /// Tells something that only `-v` shows.
    pub fn detail(self, text: &str) {
        match self.verbosity {
            Verbosity::Quiet | Verbosity::Normal => {}
            Verbosity::Verbose => say(&visible(text)),
        }
    }

    /// Tells something that a person needs to know now.
    pub fn note(self, text: &str) {
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => say(&visible(text)),
        }
    }
}

/// Writes one line to standard error.
pub fn say(line: &str) {
    // There is nowhere left to report that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Writes to standard output; a reader that went away ends it quietly.
///
/// # Errors
/// When standard output can't be written for any other reason.
pub fn print(bytes: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    unless_closed(stdout.write_all(bytes).and_then(|()| stdout.flush()))
        .map_err(|error| io::Error::new(error.kind(), format!("can't write to standard output: {error}")))
}

/// Takes a closed pipe for an answer and not for an error.
///
/// # Errors
/// When the result is any other error.
pub fn unless_closed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
        assert!(unless_closed(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(unless_closed(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
