//! Standard error and standard output as the shell uses them. A reader that went away is no reason
//! to fail, and nothing that could steer a terminal is passed through.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::config::Verbosity;

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

/// The text with everything that could steer a terminal or reorder a line written out.
pub fn visible(text: &str) -> Cow<'_, str> {
    let hidden = |character: char| {
        character.is_control()
            || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(hidden) {
        return Cow::Borrowed(text);
    }
    let write_out = |character: char| {
        if hidden(character) { character.escape_default().to_string() } else { character.to_string() }
    };
    Cow::Owned(text.chars().map(write_out).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_written_out() {
        assert_eq!(visible("plain – text"), "plain – text");
        assert_eq!(visible("a\u{1b}[31mb\r\n\u{202e}c"), "a\\u{1b}[31mb\\r\\n\\u{202e}c");
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
        assert!(unless_closed(Err(io::ErrorKind::BrokenPipe.into())).is_ok());
        assert!(unless_closed(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
