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
    /// How wide the terminal is, in columns.
    width: usize,
}

impl<'t> Prompt<'t> {
    pub(super) fn new(input: &'t mut dyn BufRead, output: &'t mut dyn Write, width: usize) -> Self {
        Self { input, output, width }
    }

    /// Leaves a line blank.
    pub(super) fn gap(&mut self) -> Result<(), Ended> {
        Ok(writeln!(self.output)?)
    }

    /// Shows a line, wrapped at words; further lines keep its indentation.
    pub(super) fn tell(&mut self, line: &str) -> Result<(), Ended> {
        let line = visible(line);
        let indent = line.len() - line.trim_start_matches(' ').len();
        let (mut rest, mut room) = (line.as_ref(), self.width);
        while let Some(end) = break_of(rest, room) {
            writeln!(self.output, "{}", rest[..end].trim_end())?;
            write!(self.output, "{:indent$}", "")?;
            rest = rest[end..].trim_start();
            room = self.width.saturating_sub(indent).max(1);
        }
        Ok(writeln!(self.output, "{rest}")?)
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

/// Where a text that is too long is broken: behind the last blank that fits, if there is one.
fn break_of(text: &str, width: usize) -> Option<usize> {
    let (end, beyond) = text.char_indices().nth(width)?;
    let words = text.len() - text.trim_start().len();
    text[..end + beyond.len_utf8()].rfind(' ').filter(|blank| *blank > words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        let (mut input, mut output) = (&b""[..], Vec::new());
        Prompt::new(&mut input, &mut output, 20).tell(line).unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn a_long_line_is_broken_between_words_and_keeps_its_indentation() {
        assert_eq!(told("short"), "short\n");
        assert_eq!(told("  one two three four five six"), "  one two three four\n  five six\n");
        assert_eq!(
            told("  one two three four five six seven eight"),
            "  one two three four\n  five six seven\n  eight\n"
        );
        let word = "x".repeat(50);
        assert_eq!(told(&word), format!("{word}\n"), "a word is left whole");
        assert_eq!(told("a\u{1b}[2Jb"), "a\\u{1b}[2Jb\n");
    }
}
