//! The shell: the command line, the terminal, signals and exit codes.
//!
//! | file | what it owns |
//! |---|---|
//! | `arguments`, `flags` | commands, flags and their help; clap stops here |
//! | `run` | a run from settings to exit code: `reconcile`, `check`, and what the next row adds |
//! | `check`, `list`, `plan`, `apply`, `resend` | what each of these commands wants of a run |
//! | `history`, `quarantine` | what the ledger tells of the past; releasing from quarantine |
//! | `past` | what those two share |
//! | `ids` | ids as arguments, from a file or standard input |
//! | `webhooks`, `types`, `show` | what the vendor shows outside of a run; changing webhooks |
//! | `vendor` | how those call the provider |
//! | `doctor` | checking everything a run needs, one line each |
//! | `init` | writing a settings file to start from |
//! | `asked_by` | who or what runs this, for the ledger |
//! | `watchers` | tells those who watch runs from outside how a run began and ended |
//! | `reports` | the files that a report is written to as well |
//! | `replace` | replacing a file in one step |
//! | `received` | what a log holds, and which ids it does not |
//! | `wiring` | the only place where adapters are made |
//! | `progress` | what is shown while a run goes on |
//! | `sandbox`, `demo` | serving the vendor simulator; the whole job on it |
//! | `terminal` | what the terminal can show |
//! | `approve` | the question before anything is resent |
//! | `signals` | the first signal stops a run, a second SIGINT the process |
//! | `generated` | completions and the manual page |
//! | `errors`, `console` | the only places that write diagnostics |
//! | `crash` | what is left when the program itself fails |
//! | `exit_status` | the table of exit codes |
//!
//! It decides nothing about events; it resolves settings, wires adapters to the engine, and shows
//! what comes back.

pub mod apply;
pub mod approve;
pub mod arguments;
pub mod asked_by;
pub mod check;
pub mod console;
pub mod crash;
pub mod databases;
pub mod demo;
pub mod doctor;
pub mod errors;
pub mod exit_status;
pub mod flags;
pub mod generated;
pub mod history;
pub mod ids;
pub mod init;
pub mod list;
pub mod past;
pub mod plan;
pub mod progress;
pub mod quarantine;
pub mod received;
pub mod replace;
pub mod reports;
pub mod resend;
pub mod run;
pub mod sandbox;
pub mod show;
pub mod signals;
pub mod terminal;
pub mod types;
pub mod vendor;
pub mod watchers;
pub mod webhooks;
pub mod wiring;

use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process;

use chrono::Utc;
use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use tokio::sync::watch;

use self::arguments::{Cli, Command};
use self::errors::CliError;
use self::run::{Errand, Plain};
use self::sandbox::SandboxArgs;
use crate::config::{Environment, Flags, Folders, Job, Surroundings, Verbosity};
use crate::exit::ExitCode;
use crate::report::mask;
use crate::report::text::visible;

/// Runs the program: parses, dispatches, prints an error if there is one, and says how it ended.
pub fn main() -> process::ExitCode {
    crash::guarded(run_program).number().into()
}

fn run_program() -> ExitCode {
    let cli = match Cli::try_parse_from(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return usage(&suggesting(error)),
    };
    let verbosity = cli.global.verbosity();
    let ended = surroundings().and_then(|surroundings| dispatch(cli, &surroundings));
    ended.unwrap_or_else(|error| {
        error.print(verbosity);
        error.exit
    })
}

/// Reads the process's environment; nothing else does.
fn surroundings() -> Result<Surroundings, CliError> {
    let directory = std::env::current_dir()
        .map_err(|error| CliError::of(ExitCode::Failure, &error).hint("the current folder is gone or can't be read"))?;
    Ok(surroundings_of(std::env::vars_os(), directory))
}

fn surroundings_of(variables: impl IntoIterator<Item = (OsString, OsString)>, directory: PathBuf) -> Surroundings {
    let environment = Environment::new(variables);
    let folders = Folders::of(&environment);
    Surroundings { environment, directory, folders, now: Utc::now() }
}

fn dispatch(cli: Cli, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let Cli { command, global } = cli;
    match command {
        Command::Reconcile(args) => {
            run(&Plain(Job::Reconcile), global.selecting(|layer| args.put(layer)), surroundings)
        }
        Command::Check(args) => {
            run(&args.errand(&surroundings.environment)?, global.selecting(|layer| args.put(layer)), surroundings)
        }
        Command::List(args) => run(&args.errand(), global.selecting(|layer| args.put(layer)), surroundings),
        Command::Plan(args) => run(&args.errand(), global.selecting(|layer| args.put(layer)), surroundings),
        Command::Apply(args) => run(&args.errand()?, global.with(|layer| args.put(layer)), surroundings),
        Command::Resend(args) => run(&args.errand()?, global.with(|layer| args.put(layer)), surroundings),
        Command::History(args) => history::run(args, global, surroundings),
        Command::Quarantine { command } => quarantine::run(command, global, surroundings),
        Command::Received(args) => received::run(*args, global, surroundings),
        Command::Show(args) => show::run(*args, global, surroundings),
        Command::Webhooks { command } => webhooks::run(*command, global, surroundings),
        Command::Types(args) => types::run(*args, global, surroundings),
        Command::Init(args) => init::run(*args, &global, surroundings),
        Command::Doctor(args) => doctor::run(*args, global, surroundings),
        Command::Sandbox(args) => serve_sandbox(*args),
        Command::Demo(args) => demo::run(args, surroundings, execute),
        Command::Completions { shell } => print(&generated::completions(shell)),
        Command::Man => print(&generated::manual()?),
    }
}

/// Carries out one command line inside the program.
fn execute(words: &[&str], surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let cli = Cli::try_parse_from(words).map_err(anyhow::Error::from)?;
    dispatch(cli, surroundings)
}

fn run(errand: &dyn Errand, flags: Flags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    run::run(errand, flags, surroundings, &wiring::Workshop::new(&surroundings.environment))
}

/// Serves the sandbox until a signal asks it to stop, which is how it is meant to end.
fn serve_sandbox(args: SandboxArgs) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (sender, mut stop) = watch::channel(None);
        // Nothing is in flight that would have to be recorded, so a signal needs no word about it.
        tokio::spawn(signals::watch(sender, || {})?);
        let stopped = async move {
            // An error means that nobody listens to signals any more, which ends it too.
            let _ = stop.wait_for(Option::is_some).await;
        };
        Box::pin(sandbox::run(args, &mut std::io::stdout(), stopped)).await
    })?;
    Ok(ExitCode::Clean)
}

fn print(bytes: &[u8]) -> Result<ExitCode, CliError> {
    console::print(bytes)?;
    Ok(ExitCode::Clean)
}

/// The same error with the name of the command that was meant, where somebody wrote another word for it.
fn suggesting(mut error: clap::Error) -> clap::Error {
    if let Some(meant) = meant_command(&error) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant.to_owned()]));
    }
    error
}

/// The command for which other programs have another word.
fn meant_command(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return None;
    }
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let usage = error.get(ContextKind::Usage).map(ToString::to_string).unwrap_or_default();
    let is_of = |command: &str| usage.contains(&format!("hookmend {command} "));
    let (webhooks, quarantine) = (is_of("webhooks"), is_of("quarantine"));
    match written.to_ascii_lowercase().as_str() {
        "ls" => Some("list"),
        "remove" | "rm" if webhooks => Some("delete"),
        "add" | "new" if webhooks => Some("create"),
        "redeliver" | "replay" | "retry" if !webhooks && !quarantine => Some("resend"),
        _ => None,
    }
}

/// Shows what is wrong with the command line, or the help or version that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    if let Some(flag) = secret_flag(error) {
        CliError::new(ExitCode::Usage, format!("{flag} is not a flag: keys are never taken from the command line"))
            .hint("set HOOKMEND_API_KEY and HOOKMEND_SUBSCRIPTION_KEY in the environment, or use the settings file")
            .print(Verbosity::Normal);
        return ExitCode::Usage;
    }
    let words = error.render().to_string();
    let masked = mask::in_text(&words);
    let shown: Vec<_> = masked.trim_end().split('\n').map(visible).collect();
    let is_safe = masked == words && shown.iter().all(|line| matches!(line, Cow::Borrowed(_)));
    if error.use_stderr() && !is_safe {
        // What stands at the wrong place may be the URL of a receiver, with its token, or an id from outside
        // that would steer the terminal.
        console::say(&shown.join("\n"));
    } else {
        // A reader that went away is no reason to fail.
        let _ = error.print();
    }
    if error.use_stderr() { ExitCode::Usage } else { ExitCode::Clean }
}

/// The flag by which somebody tried to hand over a key, without what stood behind it.
fn secret_flag(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidArg) else { return None };
    let written = written.to_ascii_lowercase().replace('_', "-");
    ["--api-key", "--subscription-key", "--x-api-key"].into_iter().find(|flag| written.starts_with(flag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(words: &[&str]) -> clap::Error {
        Cli::try_parse_from(words).map(|_| ()).unwrap_err()
    }

    #[test]
    fn usage_errors_end_with_two_and_help_with_zero() {
        assert_eq!(usage(&error(&["hookmend", "reconcile", "--no-such-flag"])), ExitCode::Usage);
        assert_eq!(usage(&error(&["hookmend", "no-such-command"])), ExitCode::Usage);
        assert_eq!(usage(&error(&["hookmend"])), ExitCode::Usage);
        assert_eq!(usage(&error(&["hookmend", "--version"])), ExitCode::Clean);
    }

    #[test]
    fn other_words_for_a_command_lead_to_it() {
        for (words, meant) in [
            (&["redeliver", "a"][..], "resend"),
            (&["replay"], "resend"),
            (&["Retry", "--yes"], "resend"),
            (&["ls"], "list"),
            (&["webhooks", "ls"], "list"),
            (&["quarantine", "ls"], "list"),
            (&["webhooks", "remove", "x"], "delete"),
            (&["webhooks", "rm"], "delete"),
            (&["webhooks", "add"], "create"),
            (&["webhooks", "new"], "create"),
        ] {
            let shown = suggesting(error(&[&["hookmend"], words].concat())).render().to_string();
            assert!(shown.contains(&format!("exists: '{meant}'")), "{words:?}: {shown}");
        }
        for words in [&["rm"][..], &["webhooks", "retry"], &["quarantine", "replay"]] {
            assert_eq!(meant_command(&error(&[&["hookmend"], words].concat())), None, "{words:?}");
        }
    }

    #[test]
    fn a_key_on_the_command_line_is_refused_without_being_repeated() {
        for words in [
            ["hookmend", "reconcile", "--api-key=hunter2", "x"],
            ["hookmend", "check", "--subscription_key", "hunter2"],
        ] {
            let error = error(&words);
            assert!(secret_flag(&error).is_some(), "{words:?}");
            assert!(!secret_flag(&error).unwrap().contains("hunter2"));
        }
        assert_eq!(secret_flag(&error(&["hookmend", "check", "--apikeys"])), None);
    }
}
