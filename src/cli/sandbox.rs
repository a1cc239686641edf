//! `hookmend sandbox`: serves the vendor simulator until it is stopped, and prints how to point
//! hookmend at it.

use std::fmt::Write as _;
use std::fs;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde_json::json;

use crate::sandbox::{CATALOGUE, FaultRule, Mix, ReceiverPlan, Sandbox, WorldPlan};

/// What the sandbox is started with.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxArgs {
    /// Port on the loopback interface; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,

    /// Seed of everything that is invented or drawn
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,

    /// How many webhooks there are, each with events of one type
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub webhooks: u16,

    /// Events of each webhook, spread over the last seven days
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    pub events: u64,

    /// How many of them failed and are not in the received log
    #[arg(long, value_name = "NUMBER", default_value_t = 12)]
    pub missing: u64,

    /// How many failed for the vendor although the received log holds them
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    pub unacknowledged: u64,

    /// How many of the missing ones the receiver refuses for ever
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub poison: u64,

    /// How the receiver behaves: up, down, down-until=TRIES, failing=RATE, losing-after-ack or
    /// keeping-without-ack
    #[arg(long, value_name = "HOW", default_value = "up")]
    pub receiver: ReceiverPlan,

    /// Something the vendor does wrong; may be given several times
    #[arg(long = "fault", value_name = "NAME", long_help = fault_help())]
    pub faults: Vec<FaultRule>,

    /// New file for the received log [default: one in a temporary directory]
    #[arg(long, value_name = "FILE")]
    pub received: Option<PathBuf>,

    /// File that is written, as JSON, once the sandbox answers
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

fn fault_help() -> String {
    let mut help = "Something the vendor does wrong; may be given several times.\n\n\
        Behind the name may stand a probability (@0.1), the number of calls after which it is over (@first=3) and the \
        one operation it strikes (@list, @get, @resend, @webhooks, @webhook-write, @types, @environment). \
        NAME-first=3 is short for NAME@first=3.\n"
        .to_owned();
    for (example, about) in CATALOGUE {
        // Writing to a string has no way to fail.
        // Each on two lines, because a second column would be torn apart on a narrow terminal.
        let _ = write!(help, "\n  {example}\n      {about}");
    }
    help
}

impl SandboxArgs {
    fn plan(&self) -> anyhow::Result<WorldPlan> {
        let mix = Mix {
            events: self.events,
            missing: self.missing,
            unacknowledged: self.unacknowledged,
            poison: self.poison,
            ..Mix::default()
        };
        let failed = mix.missing.checked_add(mix.unacknowledged);
        if failed.is_none_or(|failed| failed > mix.events) {
            bail!("--missing and --unacknowledged together are more than --events ({})", mix.events);
        }
        if mix.poison > mix.missing {
            bail!("--poison is more than --missing ({})", mix.missing);
        }
        let plan = WorldPlan::new(self.seed).port(self.port).webhooks(usize::from(self.webhooks)).mix(mix);
        let plan = plan.receiver(self.receiver.clone());
        let plan = self.faults.iter().fold(plan, |plan, fault| plan.fault(*fault));
        Ok(match &self.received {
            Some(path) => plan.received(path),
            None => plan,
        })
    }
}

/// Serves the sandbox until `shutdown` completes.
///
/// # Errors
/// When the arguments contradict each other, the port is taken, or a file can't be written.
pub async fn run(args: SandboxArgs, out: &mut dyn Write, shutdown: impl Future<Output = ()>) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(args.plan()?).context("can't start the sandbox")?;
    out.write_all(instructions(&args, &sandbox).as_bytes())?;
    out.flush()?;
    if let Some(path) = &args.ready_file {
        write_ready_file(path, &sandbox)?;
    }
    shutdown.await;
    Ok(())
}

fn instructions(args: &SandboxArgs, sandbox: &Sandbox) -> String {
    let mut text = format!(
        "# A sandbox of the vendor, seed {}. Each webhook has {} events: {} missing, {} unacknowledged.\n",
        args.seed, args.events, args.missing, args.unacknowledged
    );
    for fault in sandbox.faults() {
        let _ = writeln!(text, "# fault: {fault}");
    }
    let _ = writeln!(text, "# Point hookmend at it from another terminal:\n");
    let _ = writeln!(text, "export HOOKMEND_API_KEY={}", sandbox.api_key());
    let _ = writeln!(text, "export HOOKMEND_SUBSCRIPTION_KEY={}", sandbox.subscription_key());
    let webhooks: String = sandbox.webhooks().iter().map(|webhook| format!(" --webhook {}", webhook.id)).collect();
    let received = quoted(sandbox.received_log());
    let _ = writeln!(
        text,
        "hookmend reconcile --base-url {}{webhooks} --received {received} --since 8d",
        sandbox.base_url()
    );
    let _ = writeln!(text, "\n# Stop the sandbox with Ctrl-C.");
    text
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Written beside its place and moved there, so that who waits for it never reads half of it.
fn write_ready_file(path: &Path, sandbox: &Sandbox) -> anyhow::Result<()> {
    let ready = json!({
        "base_url": sandbox.base_url(),
        "subscription_key": sandbox.subscription_key(),
        "api_key": sandbox.api_key(),
        "webhooks": sandbox.webhooks().into_iter().map(|webhook| webhook.id).collect::<Vec<_>>(),
        "received": sandbox.received_log(),
    });
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    fs::write(&beside, format!("{ready}\n"))
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("can't write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        sandbox: SandboxArgs,
    }

    fn parse(arguments: &[&str]) -> Result<SandboxArgs, clap::Error> {
        let program = Program::try_parse_from(std::iter::once("sandbox").chain(arguments.iter().copied()));
        program.map(|program| program.sandbox)
    }

    #[tokio::test]
    async fn the_instructions_name_everything_that_hookmend_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let (log, ready) = (folder.path().join("it's received.jsonl"), folder.path().join("ready"));
        let mut args = parse(&["--webhooks", "2", "--events", "20", "--missing", "2", "--fault", "truncate=3"])
            .expect("arguments");
        args.received = Some(log.clone());
        args.ready_file = Some(ready.clone());
        let mut out = Vec::new();
        run(args, &mut out, std::future::ready(())).await.expect("a sandbox");
        let out = String::from_utf8(out).expect("text");
        let ready: serde_json::Value = serde_json::from_slice(&fs::read(ready).expect("a file")).expect("JSON");
        let field = |name: &str| ready[name].as_str().expect("a text").to_owned();
        assert!(out.contains(&format!("export HOOKMEND_API_KEY={}\n", field("api_key"))), "{out}");
        assert!(out.contains(&format!("export HOOKMEND_SUBSCRIPTION_KEY={}\n", field("subscription_key"))), "{out}");
        assert!(out.contains("# fault: truncate=3\n"), "{out}");
        let line = out.lines().find(|line| line.starts_with("hookmend reconcile")).expect("the command");
        assert!(line.contains(&format!("--base-url {}", field("base_url"))), "{line}");
        assert_eq!(line.matches("--webhook ").count(), 2, "{line}");
        assert!(line.contains("it'\\''s received.jsonl' --since"), "{line}");
        assert_eq!(fs::read_to_string(log).expect("the log").lines().count(), 2 * 18);
    }

    #[test]
    fn arguments_that_contradict_each_other_are_refused() {
        let refused =
            |arguments: &[&str]| parse(arguments).expect("arguments").plan().expect_err("refused").to_string();
        assert_eq!(
            refused(&["--events", "5", "--missing", "6"]),
            "--missing and --unacknowledged together are more than --events (5)"
        );
        assert_eq!(refused(&["--poison", "13"]), "--poison is more than --missing (12)");
        assert!(parse(&["--fault", "nonsense"]).is_err());
        assert!(parse(&["--webhooks", "0"]).is_err());
        assert!(parse(&["--receiver", "asleep"]).is_err());
    }

    #[test]
    fn the_help_lists_every_fault() {
        let help = fault_help();
        for (example, about) in CATALOGUE {
            assert!(help.contains(example) && help.contains(about), "{example}");
        }
    }
}
