//! A program that fails in a way that nobody foresaw: it leaves no picture of its memory, in which the
//! keys stand, its last words can't steer a terminal, and it ends with the code of such failures.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};

use crate::cli::console::say;
use crate::exit::ExitCode;
use crate::report::text::visible;

/// Runs the program so that a panic ends it in order.
pub fn guarded(program: impl FnOnce() -> ExitCode + panic::UnwindSafe) -> ExitCode {
    leave_no_core();
    panic::set_hook(Box::new(|info| say(&last_words(info))));
    panic::catch_unwind(program).unwrap_or(ExitCode::Failure)
}

/// Forbids the system to write the memory to a file should the process be killed by a fault of its own.
#[cfg(unix)]
fn leave_no_core() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Lowering a limit is always allowed; were it not, nothing would be worse than before.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(not(unix))]
fn leave_no_core() {}

/// What a panic says, on one line but for the backtrace that was asked for.
fn last_words(info: &PanicHookInfo<'_>) -> String {
    let reason = info.payload_as_str().unwrap_or("for no reason that is told");
    let place = info.location().map(|place| format!(" at {place}")).unwrap_or_default();
    let mut words = format!(
        "error: hookmend failed{place}: {}\nhint: this is a mistake in hookmend; please report it with these lines. \
         What was sent is in the ledger, and the next run takes it up from there",
        visible(reason)
    );
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        words.push_str(&format!("\n{trace}"));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_with_the_code_of_unexpected_failures() {
        let usual = panic::take_hook();
        let code = guarded(|| panic!("a \u{1b}[2J thing"));
        panic::set_hook(usual);
        assert_eq!(code, ExitCode::Failure);
    }
}
