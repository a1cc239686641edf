//! How a run ended, as a pure function of what was found.

/// What a run found that bears on its outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// hookmend itself failed (a ledger that can't be written, a bug).
    pub failed: bool,
    /// The settings or the input can't be used.
    pub unusable_input: bool,
    /// The provider refused the credentials.
    pub credentials_refused: bool,
    /// The provider can't be reached or keeps failing.
    pub provider_unavailable: bool,
    /// A proof failed, a listing could not be read whole, a resend is in doubt, the log can't say.
    pub undetermined: bool,
    /// Events are left: missing, quarantined or not recovered.
    pub left: bool,
    /// Another run holds the ledger.
    pub locked: bool,
    /// The run was stopped by a signal.
    pub interrupted: Option<Signal>,
}

/// The signal that stopped a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// SIGINT, as from Ctrl-C.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RunOutcome {
    /// Proven: nothing is left.
    Clean,
    /// Events are left.
    Left,
    /// It can't be said whether events are left.
    Undetermined,
    /// The provider can't be reached or keeps failing.
    Unavailable,
    /// The provider refused the credentials.
    Refused,
    /// Another run holds the ledger.
    Locked,
    /// A signal stopped the run.
    Interrupted(Signal),
    /// The settings or the input can't be used.
    Unusable,
    /// hookmend itself failed.
    Failed,
}

impl RunOutcome {
    /// Decides the outcome: a signal and a held lock end a run before it can find anything, and
    /// after that errors outrank findings.
    pub fn of(facts: &Facts) -> Self {
        if facts.failed {
            Self::Failed
        } else if let Some(signal) = facts.interrupted {
            Self::Interrupted(signal)
        } else if facts.locked {
            Self::Locked
        } else if facts.unusable_input {
            Self::Unusable
        } else if facts.credentials_refused {
            Self::Refused
        } else if facts.provider_unavailable {
            Self::Unavailable
        } else if facts.undetermined {
            Self::Undetermined
        } else if facts.left {
            Self::Left
        } else {
            Self::Clean
        }
    }

    /// The name of the outcome in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Left => "left",
            Self::Undetermined => "undetermined",
            Self::Unavailable => "unavailable",
            Self::Refused => "refused",
            Self::Locked => "locked",
            Self::Interrupted(_) => "interrupted",
            Self::Unusable | Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_published_name() {
        let table = [
            (RunOutcome::Clean, "clean"),
            (RunOutcome::Left, "left"),
            (RunOutcome::Undetermined, "undetermined"),
            (RunOutcome::Unavailable, "unavailable"),
            (RunOutcome::Refused, "refused"),
            (RunOutcome::Locked, "locked"),
            (RunOutcome::Interrupted(Signal::Interrupt), "interrupted"),
            (RunOutcome::Interrupted(Signal::Terminate), "interrupted"),
            (RunOutcome::Unusable, "failed"),
            (RunOutcome::Failed, "failed"),
        ];
        for (outcome, name) in table {
            assert_eq!(outcome.name(), name);
        }
    }
}
