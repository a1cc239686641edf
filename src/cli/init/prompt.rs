//! Asking one question at a time. Questions go to standard error; what was typed is bounded, and an
//! answer that can't be used is asked for again, a few times.

use std::io::{self, BufRead, Write};

use crate::report::text::visible;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 8 * 1024;
/// How often one question is asked.
const MOST_TRIES: usize = 5;

/// Why there are no more answers.
#[derive(Debug)]
pub(super) enum Ended {
    /// The input ended, or no answer could be used.
    NoMoreInput,
    /// The terminal can't be read or written.
    Io(io::Error),
}

impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A terminal, or what stands for one.
pub(super) struct Prompt<'t> {
    input: &'t mut dyn BufRead,
    output: &'t mut dyn Write,
}

impl<'t> Prompt<'t> {
    pub(super) fn new(input: &'t mut dyn BufRead, output: &'t mut dyn Write) -> Self {
        Self { input, output }
    }

    /// Shows a line.
    pub(super) fn tell(&mut self, line: &str) -> Result<(), Ended> {
        Ok(writeln!(self.output, "{}", visible(line))?)
    }

    /// Asks until the answer can be used; an empty one means the default.
    pub(super) fn ask<T>(
        &mut self,
        question: &str,
        default: &str,
        mut take: impl FnMut(&str) -> Result<T, String>,
    ) -> Result<T, Ended> {
        for _ in 0..MOST_TRIES {
            let shown = if default.is_empty() { String::new() } else { format!(" [{}]", visible(default)) };
            write!(self.output, "{}{shown}: ", visible(question))?;
            self.output.flush()?;
            let answer = self.line()?;
            let answer = answer.trim();
            match take(if answer.is_empty() { default } else { answer }) {
                Ok(taken) => return Ok(taken),
                Err(complaint) => self.tell(&format!("  {complaint}"))?,
            }
        }
        Err(Ended::NoMoreInput)
    }

    fn line(&mut self) -> Result<String, Ended> {
        let mut bytes = Vec::new();
        io::Read::take(&mut *self.input, LONGEST_ANSWER).read_until(b'\n', &mut bytes)?;
        if !bytes.ends_with(b"\n") {
            // The input ended on the line of the question: half an answer is none.
            writeln!(self.output)?;
            return Err(Ended::NoMoreInput);
        }
        // What is no text can't be used, and is asked for again.
        Ok(String::from_utf8(bytes).unwrap_or_else(|_| "\u{fffd}".to_owned()))
    }
}
