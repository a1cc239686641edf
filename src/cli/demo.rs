//! `hookmend demo`: the whole job from start to finish on the embedded vendor.
//!
//! The demo runs the real commands through the real command line; only the vendor is simulated. At
//! the end it holds the result against the receiver's own count, so that it can't flatter itself.

use std::ffi::OsString;
use std::fmt::Write as _;

use anyhow::Context;
use tempfile::TempDir;

use crate::cli::console;
use crate::cli::errors::CliError;
use crate::config::{Environment, Folders, Surroundings};
use crate::exit::ExitCode;
use crate::sandbox::{FaultRule, Mix, Sandbox, WorldPlan};

/// Webhooks of the demo's tenant.
const WEBHOOKS: usize = 3;
/// What happened to the events of each of them.
const MIX: Mix = Mix { events: 200, missing: 9, unacknowledged: 2, lost_after_ack: 0, pending: 0, poison: 0 };
/// What the vendor does wrong while the demo runs: an answer is lost after the delivery, and the
/// listing is late to show what was delivered.
const FAULTS: [&str; 2] = ["deliver-then-reset@first=1", "stale-listing=1"];

/// What the demo is started with.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct DemoArgs {
    /// Seed of everything that is invented
    #[arg(long, value_name = "NUMBER", default_value_t = 2026)]
    pub seed: u64,
}

/// Runs the demo; `execute` carries out one command line as the program would.
///
/// # Errors
/// When the sandbox can't be started, or a command can't be carried out.
pub fn run(
    args: DemoArgs,
    surroundings: &Surroundings,
    execute: impl Fn(&[&str], &Surroundings) -> Result<ExitCode, CliError>,
) -> Result<ExitCode, CliError> {
    let sandbox = start(args.seed)?;
    let home = TempDir::new().context("can't make a temporary folder for the demo")?;
    let inside = surroundings_of_demo(surroundings, &sandbox, &home);
    let address = sandbox.base_url();
    let log = sandbox.received_log().display().to_string();
    let scope = ["--all-webhooks", "--since", "8d", "--base-url", &address, "--received", &log];

    say(&opening(&sandbox))?;
    step(
        "1. What is missing? A check only reads.",
        "hookmend check --all-webhooks --since 8d --received received.jsonl",
    )?;
    execute(&[&["hookmend", "check"][..], &scope].concat(), &inside)?;

    step(
        "2. Have it resent, until nothing is left. One answer will get lost on the way.",
        "hookmend reconcile --all-webhooks --since 8d --received received.jsonl",
    )?;
    let reconciled = execute(&[&["hookmend", "reconcile", "--yes"][..], &scope].concat(), &inside)?;

    step(
        "3. Is it proven? The same check again.",
        "hookmend check --all-webhooks --since 8d --received received.jsonl",
    )?;
    let checked = execute(&[&["hookmend", "check"][..], &scope].concat(), &inside)?;

    let truth = sandbox.world();
    let (lost, twice) = (truth.not_held().len(), truth.duplicates().len());
    say(&format!(
        "\nThe receiver's own count, which hookmend never saw:\n{lost} events are lost, {twice} arrived twice.\n\n\
         Next: `hookmend sandbox` serves this vendor for you to try.\n"
    ))?;
    let agrees = reconciled == ExitCode::Clean && checked == ExitCode::Clean && lost == 0 && twice == 0;
    if agrees {
        return Ok(ExitCode::Clean);
    }
    Err(CliError::new(ExitCode::Failure, "the demo did not end with nothing left")
        .hint(format!("please report this with the seed {}", args.seed)))
}

fn start(seed: u64) -> Result<Sandbox, CliError> {
    let mut plan = WorldPlan::new(seed).webhooks(WEBHOOKS).mix(MIX);
    for fault in FAULTS {
        let rule: FaultRule = fault.parse().map_err(anyhow::Error::from)?;
        plan = plan.fault(rule);
    }
    Ok(Sandbox::start(plan).context("can't start the sandbox on the loopback interface")?)
}

/// The demo's commands see the sandbox's keys, a home that goes away with the demo, and of the real
/// environment only what says how the terminal shows things.
fn surroundings_of_demo(real: &Surroundings, sandbox: &Sandbox, home: &TempDir) -> Surroundings {
    let shown = ["TERM", "COLUMNS", "NO_COLOR", "CLICOLOR_FORCE", "LANG", "LC_ALL", "LC_CTYPE"];
    let kept = shown.into_iter().filter_map(|name| real.environment.get(name).map(|value| (name.into(), value.into())));
    let own: [(OsString, OsString); 3] = [
        ("HOME".into(), home.path().into()),
        ("HOOKMEND_API_KEY".into(), sandbox.api_key().into()),
        ("HOOKMEND_SUBSCRIPTION_KEY".into(), sandbox.subscription_key().into()),
    ];
    let environment = Environment::new(kept.chain(own));
    let folders = Folders::of(&environment);
    Surroundings { environment, directory: home.path().to_owned(), folders, now: real.now }
}

fn opening(sandbox: &Sandbox) -> String {
    let mut text = String::new();
    let Mix { events, missing, unacknowledged, .. } = MIX;
    let _ = writeln!(text, "A simulated vendor has tried to deliver {events} events of each of {WEBHOOKS} webhooks:\n");
    for webhook in sandbox.webhooks() {
        let _ = writeln!(text, "  {}  {}", webhook.id, webhook.event_type);
    }
    let _ = writeln!(
        text,
        "\nOf each, {missing} never reached the receiver, and {unacknowledged} did although their\n\
         acknowledgement was lost. The vendor counts all of these as failed and will not\n\
         try again. Resending them all would book {} events twice. The received log\n\
         knows which.",
        unacknowledged * WEBHOOKS as u64
    );
    text
}

fn step(title: &str, command: &str) -> Result<(), CliError> {
    say(&format!("\n{title}\n\n$ {command}\n"))
}

fn say(text: &str) -> Result<(), CliError> {
    console::print(text.as_bytes())?;
    Ok(())
}
