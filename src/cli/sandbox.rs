//! `hookmend sandbox`: serves the vendor simulator until it is stopped, and prints how to point
//! hookmend at it.

mod help;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::fs;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use chrono::Utc;
use serde_json::json;

use crate::cli::errors::CliError;
use crate::exit::ExitCode;
use crate::sandbox::{
    Behind, FaultRule, HookCall, Mix, ReceiverPlan, Sandbox, Scenario, ScenarioError, Wishes, WorldPlan,
};

/// What the sandbox is started with.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxArgs {
    /// A file that describes the world, instead of --webhooks, --events and the like
    #[arg(long, value_name = "FILE", long_help = help::SCENARIO)]
    #[arg(conflicts_with_all = ["webhooks", "events", "missing", "unacknowledged", "poison"])]
    pub scenario: Option<PathBuf>,

    /// Port on the loopback interface; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0, long_help = help::control())]
    pub port: u16,

    /// Seed of everything that is invented or drawn [default: the scenario's, else 1]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,

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

    /// The receiver: the URL of your own, which is really called, or how a simulated one behaves: up, down,
    /// down-until=TRIES, failing=RATE, losing-after-ack or keeping-without-ack [default: the URLs of the
    /// scenario's webhooks, else up]
    #[arg(long, value_name = "URL|HOW", long_help = help::RECEIVER, value_parser = behind)]
    pub receiver: Option<Behind>,

    /// Header in which your receiver gets the event's id [default: the scenario's, else X-Event-Id]
    #[arg(long, value_name = "NAME", value_parser = header_name)]
    pub event_id_header: Option<String>,

    /// Something the vendor does wrong; may be given several times
    #[arg(long = "fault", value_name = "NAME", long_help = help::faults())]
    pub faults: Vec<FaultRule>,

    /// New file for the received log [default: one in a temporary directory]
    #[arg(long, value_name = "FILE")]
    pub received: Option<PathBuf>,

    /// File that gets a JSON line for every call to the vendor's API and every delivery
    #[arg(long, value_name = "FILE")]
    pub journal: Option<PathBuf>,

    /// File that is written, as JSON, once the sandbox answers and what a scenario delivers at the start was
    /// tried
    #[arg(long, value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
}

fn behind(text: &str) -> Result<Behind, String> {
    if text.contains("://") {
        return text.parse().map(Behind::Real).map_err(|error: crate::sandbox::TargetError| error.to_string());
    }
    let plan: Result<ReceiverPlan, _> = text.parse();
    plan.map(Behind::Simulated).map_err(|error| format!("{error}, and no URL like http://127.0.0.1:8080/hook"))
}

fn header_name(text: &str) -> Result<String, String> {
    HookCall::default().event_id_header(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl From<ScenarioError> for CliError {
    fn from(error: ScenarioError) -> Self {
        Self::of(ExitCode::Usage, &error).hint(error.hint)
    }
}

impl SandboxArgs {
    fn plan(&self) -> Result<WorldPlan, CliError> {
        let plan = match &self.scenario {
            Some(path) => self.scenario_plan(path)?,
            None => self.mixed_plan()?,
        };
        if self.event_id_header.is_some() && !plan.is_calling() {
            return Err(CliError::new(ExitCode::Usage, "--event-id-header says how a real receiver is called")
                .hint("name one with --receiver http://127.0.0.1:8080/hook"));
        }
        let plan = plan.port(self.port);
        let plan = self.faults.iter().fold(plan, |plan, fault| plan.fault(*fault));
        let plan = match &self.journal {
            Some(path) => plan.journal(path),
            None => plan,
        };
        Ok(match &self.received {
            Some(path) => plan.received(path),
            None => plan,
        })
    }

    fn scenario_plan(&self, path: &Path) -> Result<WorldPlan, ScenarioError> {
        let (behind, event_id_header) = (self.receiver.clone(), self.event_id_header.clone());
        let wishes = Wishes { seed: self.seed, behind, event_id_header };
        Scenario::read(path)?.plan(&wishes, Utc::now())
    }

    fn mixed_plan(&self) -> anyhow::Result<WorldPlan> {
        let mix = Mix {
            events: self.events,
            missing: self.missing,
            unacknowledged: self.unacknowledged,
            poison: self.poison,
            ..Mix::default()
        };
        let failed = mix.missing.checked_add(mix.unacknowledged);
        if failed.is_none_or(|failed| failed > mix.events) {
            return Err(anyhow!("--missing and --unacknowledged together are more than --events ({})", mix.events));
        }
        if mix.poison > mix.missing {
            return Err(anyhow!("--poison is more than --missing ({})", mix.missing));
        }
        let plan = WorldPlan::new(self.seed.unwrap_or(1)).webhooks(usize::from(self.webhooks)).mix(mix);
        Ok(match &self.receiver {
            None => plan,
            Some(Behind::Simulated(receiver)) => plan.receiver(receiver.clone()),
            Some(Behind::Real(target)) => {
                let call = HookCall::default();
                let call = match &self.event_id_header {
                    Some(name) => call.event_id_header(name)?,
                    None => call,
                };
                plan.calling(target.to_string(), call)
            }
        })
    }
}

/// Serves the sandbox until `shutdown` completes.
///
/// # Errors
/// When the arguments or the scenario contradict themselves, the port is taken, or a file can't be written.
pub async fn run(
    args: SandboxArgs,
    out: &mut (dyn Write + Send),
    shutdown: impl Future<Output = ()>,
) -> Result<(), CliError> {
    let plan = args.plan()?;
    let opening = opening(&args, &plan);
    let oldest = plan.oldest();
    let sandbox = Sandbox::start(plan).context("can't start the sandbox")?;
    out.write_all(opening.as_bytes())?;
    out.write_all(instructions(&sandbox, (Utc::now() - oldest).num_days() + 1).as_bytes())?;
    out.flush()?;
    let begin = async {
        sandbox.first_deliveries().await;
        match &args.ready_file {
            Some(path) => write_ready_file(path, &sandbox, args.journal.as_deref()),
            None => Ok(()),
        }
    };
    let mut shutdown = std::pin::pin!(shutdown);
    tokio::select! {
        // What is ready at once is written even if it is to end at once.
        biased;
        begun = begin => begun?,
        () = &mut shutdown => return Ok(()),
    }
    shutdown.await;
    Ok(())
}

fn opening(args: &SandboxArgs, plan: &WorldPlan) -> String {
    let seed = plan.seed();
    let mut text = match &args.scenario {
        Some(path) => format!("# A sandbox of the vendor as in {}, seed {seed}.\n", path.display()),
        None => format!(
            "# A sandbox of the vendor, seed {seed}. Each webhook has {} events: {} missing, {} unacknowledged.\n",
            args.events, args.missing, args.unacknowledged
        ),
    };
    if plan.is_calling() {
        text.push_str(
            "# The receiver is really called. Below, put its own log behind --received; the file that stands\n\
             # there holds what the receiver acknowledged.\n",
        );
    }
    text
}

fn instructions(sandbox: &Sandbox, days: i64) -> String {
    let mut text = String::new();
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
        "hookmend reconcile --base-url {}{webhooks} --received {received} --since {}d",
        sandbox.base_url(),
        days.max(8)
    );
    let _ = writeln!(text, "\n# Steer it: curl {}", sandbox.control_url());
    let _ = writeln!(text, "# Stop the sandbox with Ctrl-C.");
    text
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Written beside its place and moved there, so that who waits for it never reads half of it.
fn write_ready_file(path: &Path, sandbox: &Sandbox, journal: Option<&Path>) -> Result<(), CliError> {
    let webhook = |webhook: crate::sandbox::WebhookPlan| json!({ "id": webhook.id, "event_type": webhook.event_type, "url": webhook.url });
    let ready = json!({
        "base_url": sandbox.base_url(),
        "control_url": sandbox.control_url(),
        "subscription_key": sandbox.subscription_key(),
        "api_key": sandbox.api_key(),
        "webhooks": sandbox.webhooks().into_iter().map(|webhook| webhook.id).collect::<Vec<_>>(),
        "subscriptions": sandbox.webhooks().into_iter().map(webhook).collect::<Vec<_>>(),
        "received": sandbox.received_log(),
        "journal": journal,
    });
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    fs::write(&beside, format!("{ready}\n"))
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}
