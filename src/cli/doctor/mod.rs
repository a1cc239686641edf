//! `hookmend doctor`: checks everything that a run needs and tells one line for each check. It only
//! reads, here and at the vendor, and goes on after a failure; what depends on one is skipped.
//!
//! | file | what it owns |
//! |---|---|
//! | `settings` | the settings file, the settings and where the keys are |
//! | `vendor` | the probe, the webhooks and the sample listings |
//! | `words` | what a failure of the vendor means for a checkup |
//! | `log` | the received log, and what it shares with the vendor |
//! | `ledger` | the ledger, its lock, its last run and what waits in it |
//! | `targets` | what is written or told at the end of a run |
//!
//! It gathers; what is judged by numbers is judged by `checkup`.

mod ledger;
mod log;
mod settings;
mod targets;
mod vendor;
mod words;

use crate::checkup::{Check, Checkup, ids, listing, times};
use crate::cli::arguments::{GlobalFlags, ReconcileArgs};
use crate::cli::errors::CliError;
use crate::cli::wiring::Workshop;
use crate::config::{
    ColorChoice, Flags, Format, Loaded, OutputSettings, ProgressChoice, SettingsError, Surroundings, Verbosity,
};
use crate::exit::ExitCode;

/// The checks that have no better place for their name.
const SETTINGS_FILE: &str = "settings file";
const SETTINGS: &str = "settings";
const API_KEY: &str = "api key";
const SUBSCRIPTION_KEY: &str = "subscription key";
const ADDRESS: &str = "address";
const WEBHOOKS: &str = "webhooks";
const RETENTION: &str = "retention";
const LOG: &str = "received log";
const COVERAGE: &str = "log coverage";
const LEDGER: &str = "ledger";
const LOCK: &str = "ledger lock";
const LAST_RUN: &str = "last run";
const OPEN: &str = "open events";

/// What is asked of the vendor once it was reached.
const OF_VENDOR: [&str; 5] = [WEBHOOKS, listing::LISTING, listing::FILTER, times::ZONE, RETENTION];

/// Makes every check and shows them.
///
/// It takes the flags of `reconcile`, so that the line of a cron job can be checked as it stands.
///
/// # Errors
/// When standard output can't be written, or the program itself fails.
pub fn run(args: ReconcileArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let flags = global.selecting(|layer| args.put(layer));
    let workshop = Workshop::new(&surroundings.environment);
    let (checkup, output) = match Loaded::load(flags.clone(), surroundings) {
        Ok(loaded) => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
            let verbosity = flags.verbosity;
            let checkup = Doctor { loaded: &loaded, surroundings, workshop: &workshop, runtime: &runtime }.examine();
            let output = loaded.output().unwrap_or_else(|_| plain_output(Format::Human, verbosity));
            (checkup, output)
        }
        Err(error) => (unread(error), output_of(&flags)),
    };
    workshop.show(&checkup, &output)?;
    Ok(checkup.exit_code())
}

struct Doctor<'a> {
    loaded: &'a Loaded,
    surroundings: &'a Surroundings,
    workshop: &'a Workshop<'a>,
    runtime: &'a tokio::runtime::Runtime,
}

impl Doctor<'_> {
    fn examine(&self) -> Checkup {
        let mut checks = settings::examine(self.loaded, self.surroundings);
        let asked = self.runtime.block_on(vendor::examine(self.loaded, self.workshop));
        checks.extend(asked.checks);
        checks.extend(log::examine(self, &asked.samples, asked.unlisted.as_deref()));
        checks.extend(ledger::examine(self));
        checks.extend(targets::examine(self.loaded));
        Checkup { checks, requests: asked.requests }
    }
}

/// The checkup where nothing is known because the settings can't be read.
fn unread(error: SettingsError) -> Checkup {
    let mut checks = vec![failed(SETTINGS_FILE, CliError::from(error))];
    let rest = [API_KEY, SUBSCRIPTION_KEY, ADDRESS, times::CLOCK].into_iter().chain(OF_VENDOR);
    let rest = rest.chain([LOG, ids::IDS, COVERAGE, LEDGER, LOCK, LAST_RUN, OPEN]);
    checks.extend(skip(rest, "the settings can't be read"));
    Checkup { checks, requests: 0 }
}

/// How a checkup is shown where the settings can't be read.
fn output_of(flags: &Flags) -> OutputSettings {
    let named = flags.layer.entries.get(&crate::config::Key::Format).and_then(|entry| entry.values.first());
    let format = Format::ALL.into_iter().find(|format| named.is_some_and(|named| named == format.name()));
    plain_output(format.unwrap_or(Format::Human), flags.verbosity)
}

fn plain_output(format: Format, verbosity: Verbosity) -> OutputSettings {
    OutputSettings { format, color: ColorChoice::Auto, progress: ProgressChoice::Never, verbosity }
}

/// An error as a failed check, with the error's own code.
fn failed(name: &'static str, error: CliError) -> Check {
    let CliError { exit, message, causes, hints } = error;
    let message = std::iter::once(message).chain(causes).collect::<Vec<_>>().join(": ");
    Check::failed(name, exit, message, hints.join("; "))
}

fn skip(names: impl IntoIterator<Item = &'static str>, why: &str) -> Vec<Check> {
    names.into_iter().map(|name| Check::skipped(name, why)).collect()
}
