//! The command line: commands, their help and their flags. What the flags mean is `config`'s.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::cli::demo::DemoArgs;
use crate::cli::exit_status::{self, after_help, after_help_with};
use crate::cli::flags::{
    EventFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, ResendFlags, VendorFlags, put_switch,
};
use crate::cli::history::HistoryArgs;
use crate::cli::quarantine::QuarantineCommand;
use crate::cli::received::ReceivedArgs;
use crate::cli::sandbox::SandboxArgs;
use crate::config::{Flags, Key, Layer, Verbosity};

const TOP_EXAMPLES: [(&str, &str); 2] = [
    (
        "resend what webhook sales missed in the last week",
        "hookmend reconcile --webhook sales --received received.jsonl",
    ),
    ("ask whether anything is missing", "hookmend check --all-webhooks --received received.jsonl"),
];

const RECONCILE_EXAMPLES: [(&str, &str); 4] = [
    (
        "what a log of JSON lines lacks of the last 36 hours",
        "hookmend reconcile --webhook sales --received 'log/*.jsonl' --since 36h",
    ),
    ("look first", "hookmend reconcile --webhook sales --received ids.txt --dry-run"),
    ("from cron: one document and no chatter", "hookmend reconcile --all-webhooks --received in.csv --format json -q"),
    ("a receiver that takes events twice", "hookmend reconcile --webhook SaleCreated --idempotent"),
];

const CHECK_EXAMPLES: [(&str, &str); 2] = [
    (
        "fail a build when an event since yesterday is missing",
        "hookmend check --webhook sales --received ids.txt --from yesterday",
    ),
    ("ask the vendor alone what has failed", "hookmend check --all-webhooks --since 24h"),
];

const RECEIVED_EXAMPLES: [(&str, &str); 3] = [
    ("check a log before it is trusted", "hookmend received 'log/received.log*'"),
    ("which ids of a list did never arrive", "hookmend received --absent-of ids.txt access.log"),
    ("ids in the path of an access log", "hookmend received --received-id 'POST /hooks/(?<id>[^ ?]+)' access.log"),
];

const HISTORY_EXAMPLES: [(&str, &str); 3] = [
    ("the last runs", "hookmend history"),
    ("why an event is not there yet, and who asked for it", "hookmend history 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11"),
    (
        "how the last thousand runs ended",
        "hookmend history --limit 1000 --format json | jq -r '.runs[].outcome' | sort | uniq -c",
    ),
];

const QUARANTINE_EXAMPLES: [(&str, &str); 2] = [
    ("what waits for a person", "hookmend quarantine list"),
    ("let all of it be tried again", "hookmend quarantine release --all"),
];

const SANDBOX_EXAMPLES: [(&str, &str); 2] = [
    ("a vendor to try hookmend on", "hookmend sandbox --port 8080"),
    ("one that ignores the filter", "hookmend sandbox --fault ignore-success-filter"),
];

const DEMO_EXAMPLES: [(&str, &str); 1] = [("see the whole job; nothing to configure", "hookmend demo")];

const COMPLETIONS_EXAMPLES: [(&str, &str); 2] = [
    ("bash, in this session", "source <(hookmend completions bash)"),
    ("fish, for good", "hookmend completions fish > ~/.config/fish/completions/hookmend.fish"),
];

const MAN_EXAMPLES: [(&str, &str); 1] = [("read it", "hookmend man | man -l -")];

/// Reconcile webhooks: resend what a vendor failed to deliver, until nothing is left.
///
/// hookmend lists the events a vendor failed to deliver, diffs them with your own log of received
/// events, and has the vendor resend what is missing. Keys come from HOOKMEND_API_KEY and
/// HOOKMEND_SUBSCRIPTION_KEY or from the settings file, never from the command line.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "hookmend",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    args_override_self = true,
    after_help = after_help(&TOP_EXAMPLES, &exit_status::ALL)
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Flags of every command.
    #[command(flatten)]
    pub global: GlobalFlags,
}

/// Flags of every command.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "General")]
pub struct GlobalFlags {
    /// Settings file [default: ./hookmend.toml, then the user's, then the system's]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Say only what is wrong
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say what was resolved, where it was set, and what is done
    #[arg(long, short, global = true, action = ArgAction::SetTrue)]
    pub verbose: bool,
    /// When to use colour [default: auto]
    #[arg(long, global = true, value_name = "WHEN", value_parser = ["auto", "always", "never"])]
    pub color: Option<String>,
    /// Show no progress on the terminal
    #[arg(long, global = true)]
    pub no_progress: bool,
}

impl GlobalFlags {
    /// How much is to be told.
    pub fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }

    /// These flags and those of a command as the heaviest layer.
    pub fn with(self, put: impl FnOnce(&mut Layer)) -> Flags {
        let verbosity = self.verbosity();
        let mut layer = Layer::default();
        layer.flag(Key::Color, self.color);
        put_switch(&mut layer, Key::NoProgress, self.no_progress);
        put(&mut layer);
        Flags { layer, config: self.config, verbosity }
    }
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// List, diff, resend until nothing is left
    ///
    /// Lists the failed events of a window, diffs them with the received log, has the vendor resend
    /// what is missing, looks again, and repeats until nothing is left or no progress is made.
    #[command(after_help = after_help(&RECONCILE_EXAMPLES, &exit_status::ALL))]
    Reconcile(Box<ReconcileArgs>),
    /// Diff only; exit 10 when events are missing
    ///
    /// Makes the same diff as reconcile and changes nothing: it sends reads only. A gate for CI and
    /// monitoring.
    #[command(after_help = after_help(&CHECK_EXAMPLES, &exit_status::ALL))]
    Check(Box<CheckArgs>),
    /// Say what a received log holds, or which ids it does not hold
    ///
    /// Reads a log as reconcile would and tells its format, its lines, its ids and its coverage, source
    /// by source. With --absent-of it prints those ids of a list, one a line, that the log does not hold.
    /// It asks nobody and needs neither keys nor a webhook.
    #[command(after_help = after_help_with(&RECEIVED_EXAMPLES, &exit_status::section_with(&exit_status::RECEIVED)))]
    Received(Box<ReceivedArgs>),
    /// Show past runs, or every attempt of an event
    ///
    /// Lists past runs, newest first. With ids it tells everything that the ledger knows of these
    /// events, each attempt with who or what asked for it, or of these runs. It only reads.
    #[command(after_help = after_help(&HISTORY_EXAMPLES, &exit_status::LOCAL))]
    History(HistoryArgs),
    /// Show or release events that used up their attempts
    ///
    /// An event that used up its attempts over all runs is put in quarantine: every run reports it and
    /// none resends it until a person releases it.
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_help = after_help(&QUARANTINE_EXAMPLES, &exit_status::RELEASE)
    )]
    Quarantine {
        /// What to do.
        #[command(subcommand)]
        command: QuarantineCommand,
    },
    /// Serve a simulated vendor with a flaky receiver
    ///
    /// Runs the embedded vendor simulator on this machine, writes a received log, and prints how to
    /// point hookmend at it. It runs until it is stopped.
    #[command(after_help = after_help(&SANDBOX_EXAMPLES, &exit_status::LOCAL))]
    Sandbox(Box<SandboxArgs>),
    /// See the whole job on the simulated vendor
    ///
    /// Starts the sandbox and runs check, reconcile and check again on it. Needs no keys and no
    /// configuration, and leaves nothing behind.
    #[command(after_help = after_help(&DEMO_EXAMPLES, &exit_status::LOCAL))]
    Demo(DemoArgs),
    /// Print completions for a shell
    #[command(after_help = after_help(&COMPLETIONS_EXAMPLES, &exit_status::LOCAL))]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    #[command(after_help = after_help(&MAN_EXAMPLES, &exit_status::LOCAL))]
    Man,
}

/// Flags of `reconcile`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReconcileArgs {
    #[command(flatten)]
    events: EventFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    #[command(flatten)]
    resend: ResendFlags,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
}

impl ReconcileArgs {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.resend.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.report.put(layer);
    }
}

/// Flags of `check`.
#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    events: EventFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    report: ReportFlags,
}

impl CheckArgs {
    /// Adds these flags to the layer.
    pub fn put(self, layer: &mut Layer) {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.report.put(layer);
    }
}

#[cfg(test)]
mod tests;
