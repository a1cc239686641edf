//! The command line: commands, their help and their flags. What the flags mean is `config`'s.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::cli::apply::ApplyArgs;
use crate::cli::check::CheckArgs;
use crate::cli::demo::DemoArgs;
use crate::cli::exit_status::{self, after_help, after_help_with};
use crate::cli::flags::{
    EventFlags, JudgeFlags, OutputFlags, PaceFlags, ReceivedFlags, ReportFlags, ResendFlags, RoundFlags, SelectFlags,
    VendorFlags, WatchFlags, put_switch,
};
use crate::cli::history::HistoryArgs;
use crate::cli::init::InitArgs;
use crate::cli::list::ListArgs;
use crate::cli::plan::PlanArgs;
use crate::cli::quarantine::QuarantineCommand;
use crate::cli::received::ReceivedArgs;
use crate::cli::resend::ResendArgs;
use crate::cli::sandbox::SandboxArgs;
use crate::cli::show::ShowArgs;
use crate::cli::types::TypesArgs;
use crate::cli::webhooks::WebhooksCommand;
use crate::config::{Flags, Key, Layer, SelectionTexts, Verbosity};

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

const CHECK_EXAMPLES: [(&str, &str); 4] = [
    ("compare both ways", "hookmend check --audit --all-webhooks --received 'received*.jsonl'"),
    ("let twelve known losses pass", "hookmend check --webhook sales --received ids.txt --max-missing 12"),
    (
        "fail a build when an event since yesterday is missing",
        "hookmend check --webhook sales --received ids.txt --from yesterday",
    ),
    ("ask the vendor alone what has failed", "hookmend check --all-webhooks --since 24h"),
];

const LIST_EXAMPLES: [(&str, &str); 3] = [
    ("what failed since Friday, and when", "hookmend list --all-webhooks --from 2026-11-20"),
    (
        "what of it is really missing",
        "hookmend list --webhook sales --received 'log/*.jsonl' --verdict missing --sort status-code",
    ),
    (
        "the ids alone, for a script",
        "hookmend list --webhook sales --format json | jq -r '.webhooks[].events[].event_id'",
    ),
];

const PLAN_EXAMPLES: [(&str, &str); 2] = [
    (
        "what the outage cost, as a file",
        "hookmend plan -o outage.jsonl --webhook sales --received log.jsonl --since 3d",
    ),
    (
        "only what the receiver answered with 5xx",
        "hookmend plan -o p.jsonl --webhook sales --received log.jsonl --status-code 5xx",
    ),
];

const APPLY_EXAMPLES: [(&str, &str); 2] = [
    ("carry out what is left of a plan", "hookmend apply outage.jsonl --received log.jsonl"),
    ("see first what has arrived since", "hookmend apply outage.jsonl --received log.jsonl --dry-run"),
];

const RESEND_EXAMPLES: [(&str, &str); 2] = [
    ("one event", "hookmend resend 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11 --webhook sales --received log.jsonl"),
    ("the ids of a file, one a line", "hookmend resend --from-file ids.txt --all-webhooks --received log.jsonl"),
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

const SHOW_EXAMPLES: [(&str, &str); 3] = [
    ("how an event stands", "hookmend show --webhook sales 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11"),
    (
        "whether it arrived after all, whichever webhook it is of",
        "hookmend show --all-webhooks --received received.jsonl 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11",
    ),
    ("what is in it", "hookmend show --webhook sales --payload 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11"),
];

const WEBHOOKS_EXAMPLES: [(&str, &str); 2] = [
    ("which webhooks there are", "hookmend webhooks list"),
    ("move a receiver", "hookmend webhooks update sales --url https://new.example/hooks/sales"),
];

const TYPES_EXAMPLES: [(&str, &str); 2] =
    [("what can be subscribed to", "hookmend types"), ("what a sale looks like", "hookmend types SaleCreated")];

const DOCTOR_EXAMPLES: [(&str, &str); 3] = [
    ("check the settings of this folder", "hookmend doctor"),
    ("a log before it is trusted, and where its ids are", "hookmend doctor --all-webhooks --received access.log"),
    ("what is wrong, for a script", "hookmend doctor --format json | jq '.checks[] | select(.verdict == \"failed\")'"),
];

const INIT_EXAMPLES: [(&str, &str); 3] = [
    ("answer a few questions and get ./hookmend.toml", "hookmend init"),
    (
        "without a terminal",
        "hookmend init /etc/hookmend/config.toml --received '/var/log/in/*.jsonl' --webhook sales=7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11",
    ),
    ("see every setting with its default", "hookmend init --print --yes"),
];

const SANDBOX_EXAMPLES: [(&str, &str); 3] = [
    (
        "put a receiver of yours to the test",
        "hookmend sandbox --scenario outage.toml --receiver http://127.0.0.1:8080/hook",
    ),
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
        self.selecting(|layer| {
            put(layer);
            SelectionTexts::default()
        })
    }

    /// The same for a command that selects events as well.
    pub fn selecting(self, put: impl FnOnce(&mut Layer) -> SelectionTexts) -> Flags {
        let verbosity = self.verbosity();
        let mut layer = Layer::default();
        layer.flag(Key::Color, self.color);
        put_switch(&mut layer, Key::NoProgress, self.no_progress);
        let selection = put(&mut layer);
        Flags { layer, config: self.config, verbosity, selection }
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
    /// Show the failed events of a window, and when they failed
    ///
    /// Lists events as a table, the failed ones unless others are selected, each with what the vendor
    /// says and, where a received log is given, with its verdict; then how they lie in time. It sends
    /// reads only.
    #[command(after_help = after_help(&LIST_EXAMPLES, &exit_status::LOOKING))]
    List(Box<ListArgs>),
    /// Write down what would be resent, to be read and cut down
    ///
    /// Makes the same diff as reconcile and writes what it would resend to a file, one event a line.
    /// Lines can be removed from it; `hookmend apply` then carries out what is left. It sends reads only.
    #[command(after_help = after_help(&PLAN_EXAMPLES, &exit_status::LOOKING))]
    Plan(Box<PlanArgs>),
    /// Carry out a plan, exactly
    ///
    /// Resends what stands in a plan, each event once and nothing else. The received log is looked at
    /// first: what arrived since the plan was made is skipped.
    #[command(after_help = after_help(&APPLY_EXAMPLES, &exit_status::ALL))]
    Apply(Box<ApplyArgs>),
    /// Resend events by hand
    ///
    /// Resends the events with these ids, each once, and says what became of each. What is in the
    /// received log is not resent, unless the receiver takes events twice (--idempotent); what is in
    /// quarantine must be released first.
    #[command(after_help = after_help(&RESEND_EXAMPLES, &exit_status::ALL))]
    Resend(Box<ResendArgs>),
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
    /// Show single events in full
    ///
    /// Tells of each event how the vendor says it stands, its runs, whether the received log holds it, and
    /// what the ledger knows of it. Its payload is printed only with --payload. Where several webhooks are
    /// named, one after the other is asked until one knows the event. It only reads.
    #[command(after_help = after_help_with(&SHOW_EXAMPLES, &exit_status::section_with(&exit_status::SHOW)))]
    Show(Box<ShowArgs>),
    /// List, create, change or delete the vendor's webhooks
    ///
    /// A webhook is one event type and one URL at the vendor. Creating, changing and deleting them are,
    /// beside a resend, the only things that hookmend ever changes there.
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        after_help = after_help_with(&WEBHOOKS_EXAMPLES, &exit_status::section_with(&exit_status::WEBHOOKS))
    )]
    Webhooks {
        /// What to do.
        #[command(subcommand)]
        command: Box<WebhooksCommand>,
    },
    /// List the vendor's event types, or show the schema of one
    ///
    /// Shows what the vendor answers: the names of its event types, or the schema of one as JSON.
    #[command(after_help = after_help_with(&TYPES_EXAMPLES, &exit_status::section_with(&exit_status::VENDOR)))]
    Types(Box<TypesArgs>),
    /// Write a commented settings file to start from
    ///
    /// On a terminal it asks the few things that it can't know, looks at the received log and offers the
    /// webhooks that the keys can see. Elsewhere it writes what the flags say, and defaults. The file is
    /// for its owner alone and holds no key, only where keys come from. No file is ever replaced unless
    /// --force says so.
    #[command(after_help = after_help(&INIT_EXAMPLES, &exit_status::LOCAL))]
    Init(Box<InitArgs>),
    /// Check everything a run needs, one line each
    ///
    /// Checks settings, keys, address, clock, webhooks, listings, the received log and the ledger, and
    /// says what to do about each that is not well. It only reads: the vendor is sent at most 12 requests
    /// and two more for each of up to 10 webhooks; no file is written. It takes the flags of reconcile, so that
    /// a line of a crontab can be checked as it stands.
    #[command(after_help = after_help_with(&DOCTOR_EXAMPLES, &exit_status::section_with(&exit_status::DOCTOR)))]
    Doctor(Box<ReconcileArgs>),
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
    select: SelectFlags,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    judge: JudgeFlags,
    #[command(flatten)]
    resend: ResendFlags,
    #[command(flatten)]
    rounds: RoundFlags,
    #[command(flatten)]
    pace: PaceFlags,
    #[command(flatten)]
    vendor: VendorFlags,
    #[command(flatten)]
    output: OutputFlags,
    #[command(flatten)]
    watch: WatchFlags,
    #[command(flatten)]
    report: ReportFlags,
}

impl ReconcileArgs {
    /// Adds these flags to the layer and tells what they select.
    pub fn put(self, layer: &mut Layer) -> SelectionTexts {
        self.events.put(layer);
        self.received.put(layer);
        self.judge.put(layer);
        self.resend.put(layer);
        self.rounds.put(layer);
        self.pace.put(layer);
        self.vendor.put(layer);
        self.output.put(layer);
        self.watch.put(layer);
        self.report.put(layer);
        self.select.texts()
    }
}

#[cfg(test)]
mod tests;
