//! The exit codes, as published: scripts and pagers rely on them.

use crate::outcome::{RunOutcome, Signal};

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ExitCode {
    /// Nothing is left, or a dry run has finished.
    Clean = 0,
    /// An unexpected failure inside hookmend.
    Failure = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Events are left.
    Left = 10,
    /// It can't be said whether events are left.
    Undetermined = 11,
    /// The provider can't be reached or keeps failing.
    Unavailable = 12,
    /// The provider refused the credentials.
    Refused = 13,
    /// Another run holds the ledger.
    Locked = 75,
    /// Stopped by SIGINT.
    Interrupted = 130,
    /// Stopped by SIGTERM.
    Terminated = 143,
}

/// Whether findings are what the command was asked to fail on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Findings {
    /// Findings set the exit code: `reconcile` and `check`.
    Fail,
    /// Findings are only shown: a dry run and a plan.
    Show,
}

impl ExitCode {
    /// The code for an outcome.
    pub fn of(outcome: RunOutcome, findings: Findings) -> Self {
        match outcome {
            RunOutcome::Clean => Self::Clean,
            RunOutcome::Left => match findings {
                Findings::Fail => Self::Left,
                Findings::Show => Self::Clean,
            },
            RunOutcome::Undetermined => Self::Undetermined,
            RunOutcome::Unavailable => Self::Unavailable,
            RunOutcome::Refused => Self::Refused,
            RunOutcome::Locked => Self::Locked,
            RunOutcome::Interrupted(Signal::Interrupt) => Self::Interrupted,
            RunOutcome::Interrupted(Signal::Terminate) => Self::Terminated,
            RunOutcome::Unusable => Self::Usage,
            RunOutcome::Failed => Self::Failure,
        }
    }

    /// The number the process ends with.
    pub fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Facts;

    fn code(facts: Facts) -> u8 {
        ExitCode::of(RunOutcome::of(&facts), Findings::Fail).number()
    }

    #[test]
    fn errors_outrank_findings() {
        let mut facts = Facts::default();
        assert_eq!(code(facts), 0);
        facts.left = true;
        assert_eq!(code(facts), 10);
        facts.undetermined = true;
        assert_eq!(code(facts), 11);
        facts.provider_unavailable = true;
        assert_eq!(code(facts), 12);
        facts.credentials_refused = true;
        assert_eq!(code(facts), 13);
        facts.unusable_input = true;
        assert_eq!(code(facts), 2);
        facts.failed = true;
        assert_eq!(code(facts), 1);
    }

    #[test]
    fn a_signal_and_a_held_lock_have_their_own_codes() {
        assert_eq!(code(Facts { locked: true, ..Facts::default() }), 75);
        assert_eq!(code(Facts { interrupted: Some(Signal::Interrupt), left: true, ..Facts::default() }), 130);
        assert_eq!(code(Facts { interrupted: Some(Signal::Terminate), undetermined: true, ..Facts::default() }), 143);
    }

    #[test]
    fn a_dry_run_does_not_fail_on_findings_but_on_doubt() {
        assert_eq!(ExitCode::of(RunOutcome::Left, Findings::Show), ExitCode::Clean);
        assert_eq!(ExitCode::of(RunOutcome::Undetermined, Findings::Show), ExitCode::Undetermined);
    }
}
