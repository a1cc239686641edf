//! The question before anything is resent: what would be done is shown, and only a plain yes lets
//! it happen. Asked at most once, and only where a person sits at both ends of the terminal.

use std::io::{self, BufRead, IsTerminal, Write};
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
}

impl Terminals {
    /// Looks at the process's own.
    pub fn look() -> Self {
        Self { stdin: io::stdin().is_terminal(), stderr: io::stderr().is_terminal() }
    }
}

/// Whether the run must be approved by a person first.
pub fn must_ask(settings: &Settings, terminals: Terminals) -> bool {
    let acts = match settings.policy.mode {
        Mode::Act => true,
        Mode::DryRun | Mode::Check => false,
    };
    let wanted = match settings.consent {
        Consent::Ask => true,
        Consent::Given => false,
    };
    acts && wanted && terminals.stdin && terminals.stderr
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
        self.progress.clear();
        let plan = plan.clone();
        // When a signal comes instead of an answer, the engine drops this future and the question
        // stays unanswered on its thread; the process does not wait for that.
        let asked =
            tokio::task::spawn_blocking(move || ask(&plan, &mut io::stdin().lock(), &mut io::stderr().lock())).await;
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
    for (name, events) in plan.webhooks.iter().take(MOST_WEBHOOKS) {
        writeln!(output, "  {:>9}  {}", grouped(*events), visible(name))?;
    }
    if plan.webhooks.len() > MOST_WEBHOOKS {
        writeln!(output, "  and {} more webhooks", plan.webhooks.len() - MOST_WEBHOOKS)?;
    }
    if let (Some(oldest), Some(youngest)) = (plan.oldest, plan.youngest) {
        writeln!(output, "  created from {} to {}", instant(oldest), instant(youngest))?;
    }
    write!(output, "Resend {}? [y/N] ", counted(resends, "event", "events"))?;
    output.flush()?;
    let mut answer = Vec::new();
    // Read as bytes: whatever was typed that is no text is no yes either.
    io::Read::take(input, LONGEST_ANSWER).read_until(b'\n', &mut answer)?;
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
        assert!(shown.ends_with("Resend 42 events? [y/N] "), "{shown}");
        assert!(shown.contains("40  stock\n") && !shown.contains('\u{1b}'), "{shown}");
    }
}
