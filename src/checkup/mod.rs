//! What a checkup of everything that a run needs found, as data: one check each, with its verdict, in
//! words, and what to do next.
//!
//! | file | what it owns |
//! |---|---|
//! | `times` | the machine's clock against the vendor's, and whether times of events fit their zone |
//! | `listing` | what listings of one stretch, with and without the filter, say of each other |
//! | `ids` | whether log and vendor share ids |
//!
//! It judges what was gathered and never gathers anything itself.

pub mod ids;
pub mod listing;
pub mod times;

use crate::exit::ExitCode;

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Nothing is wrong.
    Ok,
    /// A run works, and may not say what one expects.
    Warning,
    /// A run would fail, and end with this code.
    Failed(ExitCode),
    /// It could not be checked; the message says why.
    Skipped,
}

impl Verdict {
    /// The name in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed(_) => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was checked, in a word or two.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What was found, to what.
    pub message: String,
    /// What to do next, where there is something to do.
    pub hint: Option<String>,
    /// Particulars, for whoever asks for more.
    pub details: Vec<String>,
}

impl Check {
    fn of(name: &'static str, verdict: Verdict, message: impl Into<String>) -> Self {
        Self { name, verdict, message: message.into(), hint: None, details: Vec::new() }
    }

    /// A check that found nothing wrong.
    pub fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self::of(name, Verdict::Ok, message)
    }

    /// A check that found something to look at.
    pub fn warning(name: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of(name, Verdict::Warning, message).hint(hint)
    }

    /// A check that found what would make a run end with `code`.
    pub fn failed(name: &'static str, code: ExitCode, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::of(name, Verdict::Failed(code), message).hint(hint)
    }

    /// A check that could not be made.
    pub fn skipped(name: &'static str, why: impl Into<String>) -> Self {
        Self::of(name, Verdict::Skipped, why)
    }

    /// The same check with a hint; an empty one is none.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        let hint = hint.into();
        self.hint = (!hint.is_empty()).then_some(hint);
        self
    }

    /// The same check with particulars.
    #[must_use]
    pub fn details(mut self, details: Vec<String>) -> Self {
        self.details = details;
        self
    }
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Nothing wrong.
    pub ok: u64,
    /// Something to look at.
    pub warnings: u64,
    /// Would make a run fail.
    pub failed: u64,
    /// Could not be made.
    pub skipped: u64,
}

/// All checks, in the order in which they were made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkup {
    /// The checks.
    pub checks: Vec<Check>,
    /// Requests that were sent to the vendor.
    pub requests: u64,
}

impl Checkup {
    /// How many checks ended how.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for check in &self.checks {
            *match check.verdict {
                Verdict::Ok => &mut tally.ok,
                Verdict::Warning => &mut tally.warnings,
                Verdict::Failed(_) => &mut tally.failed,
                Verdict::Skipped => &mut tally.skipped,
            } += 1;
        }
        tally
    }

    /// The code of the gravest failure, in the order in which runs rank them.
    pub fn exit_code(&self) -> ExitCode {
        let codes = self.checks.iter().filter_map(|check| match check.verdict {
            Verdict::Failed(code) => Some(code),
            Verdict::Ok | Verdict::Warning | Verdict::Skipped => None,
        });
        codes.min_by_key(|code| gravity(*code)).unwrap_or(ExitCode::Clean)
    }
}

/// The place of a code among those that may hold at once; the lowest one is told.
fn gravity(code: ExitCode) -> u8 {
    match code {
        ExitCode::Failure => 0,
        ExitCode::Usage => 1,
        ExitCode::Refused => 2,
        ExitCode::Unavailable => 3,
        ExitCode::Undetermined => 4,
        ExitCode::Left => 5,
        ExitCode::Locked | ExitCode::Interrupted | ExitCode::Terminated => 6,
        ExitCode::Clean => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(code: ExitCode) -> Check {
        Check::failed("x", code, "m", "h")
    }

    #[test]
    fn the_gravest_failure_gives_the_code_and_warnings_give_none() {
        let code = |checks: Vec<Check>| Checkup { checks, requests: 0 }.exit_code().number();
        assert_eq!(code(vec![Check::ok("a", "m"), Check::warning("b", "m", "h"), Check::skipped("c", "why")]), 0);
        let all =
            [ExitCode::Undetermined, ExitCode::Unavailable, ExitCode::Refused, ExitCode::Usage, ExitCode::Failure];
        for (number, expected) in [(1, 11), (2, 12), (3, 13), (4, 2), (5, 1)] {
            assert_eq!(code(all[..number].iter().map(|code| failed(*code)).collect()), expected);
        }
    }

    #[test]
    fn every_check_is_counted_once() {
        let checks =
            vec![Check::ok("a", "m"), failed(ExitCode::Usage), Check::skipped("c", "why"), Check::ok("d", "m")];
        let tally = Checkup { checks, requests: 0 }.tally();
        assert_eq!(tally, Tally { ok: 2, warnings: 0, failed: 1, skipped: 1 });
    }

    #[test]
    fn each_verdict_has_its_published_name() {
        let verdicts = [Verdict::Ok, Verdict::Warning, Verdict::Failed(ExitCode::Usage), Verdict::Skipped];
        assert_eq!(verdicts.map(Verdict::name), ["ok", "warning", "failed", "skipped"]);
    }

    #[test]
    fn a_check_is_made_of_what_it_was_given() {
        let check = |verdict, hint: Option<&str>| Check {
            name: "a",
            verdict,
            message: "m".to_owned(),
            hint: hint.map(str::to_owned),
            details: Vec::new(),
        };
        assert_eq!(Check::ok("a", "m"), check(Verdict::Ok, None));
        assert_eq!(Check::skipped("a", "m"), check(Verdict::Skipped, None));
        assert_eq!(Check::warning("a", "m", "h"), check(Verdict::Warning, Some("h")));
        assert_eq!(failed(ExitCode::Left).verdict, Verdict::Failed(ExitCode::Left));
        assert_eq!(Check::warning("a", "m", ""), check(Verdict::Warning, None), "an empty hint is none");
        let details = vec!["d".to_owned()];
        assert_eq!(Check::ok("a", "m").details(details.clone()), Check { details, ..check(Verdict::Ok, None) });
    }

    #[test]
    fn warnings_are_counted_apart() {
        let checks = vec![Check::warning("a", "m", "h"), Check::warning("b", "m", "h"), Check::ok("c", "m")];
        assert_eq!(Checkup { checks, requests: 0 }.tally(), Tally { ok: 1, warnings: 2, failed: 0, skipped: 0 });
    }

    #[test]
    fn what_is_no_finding_of_a_check_is_less_grave_than_any() {
        let code = |codes: [ExitCode; 2]| Checkup { checks: codes.map(failed).into(), requests: 0 }.exit_code();
        assert_eq!(code([ExitCode::Locked, ExitCode::Left]), ExitCode::Left);
        assert_eq!(code([ExitCode::Clean, ExitCode::Locked]), ExitCode::Locked);
    }
}
