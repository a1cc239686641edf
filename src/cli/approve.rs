//! The question before anything is resent: what would be done is shown, and only a plain yes lets
//! it happen. Asked at most once, and only where a person sits at both ends of the terminal.

use std::io::{self, BufRead, Write};

use crate::cli::console::visible;
use crate::config::{Approval, Settings};
use crate::run_report::Mode;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 1024;

/// What is about to be resent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Each webhook by its name, with the number of events to be resent.
    pub webhooks: Vec<(String, u64)>,
}

impl Proposal {
    /// How many events are to be resent.
    pub fn resends(&self) -> u64 {
        self.webhooks.iter().map(|(_, events)| events).sum()
    }
}

/// What the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go ahead.
    Approved,
    /// Anything else.
    Declined,
}

/// Whether a person sits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminals {
    /// Answers can be typed.
    pub stdin: bool,
    /// Questions can be seen.
    pub stderr: bool,
}

impl Terminals {
    /// Looks at the process's own.
    pub fn look() -> Self {
        use std::io::IsTerminal;
        Self { stdin: io::stdin().is_terminal(), stderr: io::stderr().is_terminal() }
    }
}

/// Whether the run must be approved by a person first.
pub fn must_ask(settings: &Settings, terminals: Terminals) -> bool {
    let acts = match settings.policy.mode {
        Mode::Act => true,
        Mode::DryRun | Mode::Check => false,
    };
    let wanted = match settings.approval {
        Approval::Ask => true,
        Approval::Given => false,
    };
    acts && wanted && terminals.stdin && terminals.stderr
}

/// Shows the proposal and asks once. The end of the input counts as no.
///
/// # Errors
/// When the terminal can't be read or written; nothing is approved then.
pub fn approve(proposal: &Proposal, input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<Answer> {
    let resends = proposal.resends();
    let events = if resends == 1 { "event" } else { "events" };
    for (name, count) in &proposal.webhooks {
        writeln!(output, "  {count:>8}  {}", visible(name))?;
    }
    write!(output, "Resend {resends} {events}? [y/N] ")?;
    output.flush()?;
    let mut answer = Vec::new();
    // Read as bytes: whatever was typed that is no text is no yes either.
    io::Read::take(input, LONGEST_ANSWER).read_until(b'\n', &mut answer)?;
    match answer.trim_ascii().to_ascii_lowercase().as_slice() {
        b"y" | b"yes" => Ok(Answer::Approved),
        _ => Ok(Answer::Declined),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(answer: &[u8]) -> (Answer, String) {
        let webhooks = vec![("sales\u{1b}[31m".to_owned(), 2), ("stock".to_owned(), 40)];
        let mut shown = Vec::new();
        let answer = approve(&Proposal { webhooks }, &mut &answer[..], &mut shown).unwrap();
        (answer, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn only_a_plain_yes_approves() {
        for answer in ["y\n", "yes\n", "Y\n", " YES \r\n", "y"] {
            assert_eq!(ask(answer.as_bytes()).0, Answer::Approved, "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "no\n", "yep\n", "y y\n", "j\n"] {
            assert_eq!(ask(answer.as_bytes()).0, Answer::Declined, "{answer:?}");
        }
        assert_eq!(ask(&[0xff, b'y', b'\n']).0, Answer::Declined);
        assert_eq!(ask(&[b' '; 100_000]).0, Answer::Declined);
    }

    #[test]
    fn the_proposal_is_shown_before_the_question_and_can_not_steer_the_terminal() {
        let (_, shown) = ask(b"n\n");
        assert!(shown.ends_with("Resend 42 events? [y/N] "), "{shown}");
        assert!(shown.contains("40  stock\n") && !shown.contains('\u{1b}'), "{shown}");
    }
}
