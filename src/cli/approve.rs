//! The question before anything is resent: what would be done is shown, and only a plain yes lets
//! it happen. Asked at most once, and only where a person sits at both ends of the terminal.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::sync::Arc;

use async_trait::async_trait;

use crate::cli::terminal::LiveProgress;
use crate::config::{Consent, Settings};
use crate::reconcile::{Approval, Approver, PlanSummary};
use crate::report::text::{counted, grouped, instant, visible};
use crate::run_report::Mode;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 1024;
/// The most webhooks that are shown one by one.
const MOST_WEBHOOKS: usize = 40;

/// Whether a person sits there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminals {
    /// Answers can be typed.
    pub stdin: bool,
    /// Questions can be seen.
    pub stderr: bool,
    /// Answers can be typed although standard input is something else.
    pub controlling: bool,
}

/// What standard input is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin {
    /// Answers, if anybody is asked.
    Answers,
    /// The command reads what stands there.
    Input,
}

/// The terminal of whoever started the process, wherever its streams lead.
const CONTROLLING_TERMINAL: &str = "/dev/tty";

impl Terminals {
    /// Looks at the process's own.
    pub fn look() -> Self {
        Self {
            stdin: io::stdin().is_terminal(),
            stderr: io::stderr().is_terminal(),
            controlling: File::open(CONTROLLING_TERMINAL).is_ok(),
        }
    }
}

impl Terminals {
    /// Whether a person can be asked: a question can be seen and answered.
    pub fn can_ask(self) -> bool {
        self.stdin && self.stderr
    }
}

/// Whether the run must be approved by a person first.
pub fn must_ask(settings: &Settings, terminals: Terminals, stdin: Stdin) -> bool {
    let acts = match settings.policy.mode {
        Mode::Act => true,
        Mode::DryRun | Mode::Check => false,
    };
    let wanted = match settings.consent {
        Consent::Ask => true,
        Consent::Given => false,
    };
    let can_ask = match stdin {
        Stdin::Answers => terminals.can_ask(),
        // Whoever pipes ids or a log into it still sits there.
        Stdin::Input => terminals.stderr && (terminals.stdin || terminals.controlling),
    };
    acts && wanted && can_ask
}

/// Where a person types.
fn answers() -> io::Result<Box<dyn BufRead>> {
    if io::stdin().is_terminal() {
        return Ok(Box::new(io::stdin().lock()));
    }
    Ok(Box::new(BufReader::new(File::open(CONTROLLING_TERMINAL)?)))
}

/// Asks the person at the terminal.
pub struct AskOnTerminal {
    progress: Arc<LiveProgress>,
}

impl AskOnTerminal {
    /// An approver that clears `progress` out of the way.
    pub fn new(progress: Arc<LiveProgress>) -> Self {
        Self { progress }
    }
}

#[async_trait]
impl Approver for AskOnTerminal {
    async fn approve(&self, plan: &PlanSummary) -> Approval {
        self.progress.give_way();
        let plan = plan.clone();
        // When a signal comes instead of an answer, the engine drops this future and the question
        // stays unanswered on its thread; the process does not wait for that.
        // Standard error is not locked: whoever is to be told of the signal would wait for the answer too.
        let asked = tokio::task::spawn_blocking(move || ask(&plan, &mut answers()?, &mut io::stderr())).await;
        self.progress.renew();
        match asked {
            Ok(Ok(approval)) => approval,
            // Whoever could not be asked has not agreed.
            Ok(Err(_)) | Err(_) => Approval::Denied,
        }
    }
}

/// Shows the plan and asks once. The end of the input counts as no.
///
/// # Errors
/// When the terminal can't be read or written; nothing is approved then.
pub fn ask(plan: &PlanSummary, input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<Approval> {
    let resends = plan.webhooks.iter().map(|(_, events)| events).sum();
    let shown = &plan.webhooks[..plan.webhooks.len().min(MOST_WEBHOOKS)];
    let numbers = shown.iter().map(|(_, events)| grouped(*events)).collect::<Vec<_>>();
    let width = numbers.iter().map(String::len).max().unwrap_or_default();
    writeln!(output, "To be resent, oldest first:")?;
    for (number, (name, _)) in numbers.iter().zip(shown) {
        writeln!(output, "  {number:>width$}  {}", visible(name))?;
    }
    if plan.webhooks.len() > shown.len() {
        let more = counted((plan.webhooks.len() - shown.len()) as u64, "more webhook", "more webhooks");
        writeln!(output, "  and of {more}")?;
    }
    match (plan.oldest, plan.youngest) {
        (Some(oldest), Some(youngest)) if instant(oldest) == instant(youngest) => {
            writeln!(output, "Created {}.", instant(oldest))?;
        }
        (Some(oldest), Some(youngest)) => {
            writeln!(output, "Created from {} to {}.", instant(oldest), instant(youngest))?;
        }
        (None, _) | (_, None) => {}
    }
    writeln!(output, "Ctrl-C stops at any time; what is in flight then is recorded.")?;
    let question = format!("Resend {}?", counted(resends, "event", "events"));
    ask_once(&question, input, output)
}

/// Asks one question once. The end of the input counts as no.
///
/// # Errors
/// When the terminal can't be read or written; nothing is approved then.
pub fn ask_once(question: &str, input: &mut dyn BufRead, output: &mut dyn Write) -> io::Result<Approval> {
    write!(output, "{question} [y/N] ")?;
    output.flush()?;
    let mut answer = Vec::new();
    // Read as bytes: whatever was typed that is no text is no yes either.
    io::Read::take(input, LONGEST_ANSWER).read_until(b'\n', &mut answer)?;
    if !answer.ends_with(b"\n") {
        // The input ended on the line of the question.
        writeln!(output)?;
    }
    match answer.trim_ascii().to_ascii_lowercase().as_slice() {
        b"y" | b"yes" => Ok(Approval::Granted),
        _ => Ok(Approval::Denied),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(answer: &[u8]) -> (Approval, String) {
        let webhooks = vec![("sales\u{1b}[31m".to_owned(), 2), ("stock".to_owned(), 40)];
        let plan = PlanSummary { webhooks, oldest: None, youngest: None };
        let mut shown = Vec::new();
        let approval = ask(&plan, &mut &answer[..], &mut shown).unwrap();
        (approval, String::from_utf8(shown).unwrap())
    }

    #[test]
    fn only_a_plain_yes_approves() {
        for answer in ["y\n", "yes\n", "Y\n", " YES \r\n", "y"] {
            assert_eq!(asked(answer.as_bytes()).0, Approval::Granted, "{answer:?}");
        }
        for answer in ["", "\n", "n\n", "no\n", "yep\n", "y y\n", "j\n"] {
            assert_eq!(asked(answer.as_bytes()).0, Approval::Denied, "{answer:?}");
        }
        assert_eq!(asked(&[0xff, b'y', b'\n']).0, Approval::Denied);
        assert_eq!(asked(&[b' '; 100_000]).0, Approval::Denied);
    }

    #[test]
    fn the_plan_is_shown_before_the_question_and_can_not_steer_the_terminal() {
        let (_, shown) = asked(b"n\n");
        insta::assert_snapshot!(shown, @r"
        To be resent, oldest first:
           2  sales\u{1b}[31m
          40  stock
        Ctrl-C stops at any time; what is in flight then is recorded.
        Resend 42 events? [y/N] 
        ");
    }

    #[test]
    fn creation_times_are_shown_once_where_they_are_one() {
        let at = |second: i64| chrono::DateTime::from_timestamp(1_772_366_400 + second, 0);
        let shown = |youngest| {
            let plan = PlanSummary { webhooks: vec![("sales".to_owned(), 1)], oldest: at(0), youngest: at(youngest) };
            let mut shown = Vec::new();
            ask(&plan, &mut &b"n\n"[..], &mut shown).unwrap();
            String::from_utf8(shown).unwrap()
        };
        assert!(shown(0).contains("\nCreated 2026-03-01 12:00:00Z.\nCtrl-C stops"), "{}", shown(0));
        assert!(shown(9).contains("\nCreated from 2026-03-01 12:00:00Z to 2026-03-01 12:00:09Z.\n"), "{}", shown(9));
    }

    #[test]
    fn an_input_that_ends_leaves_the_line_of_the_question() {
        assert!(asked(b"").1.ends_with("[y/N] \n"));
        assert!(asked(b"n\n").1.ends_with("[y/N] "));
    }
}
