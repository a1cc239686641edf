//! What the sandbox is started with, what it says, and what it refuses.

use clap::Parser;

use super::*;
use crate::sandbox::CATALOGUE;

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
    let mut args =
        parse(&["--webhooks", "2", "--events", "20", "--missing", "2", "--fault", "truncate=3"]).expect("arguments");
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
    let refused = |arguments: &[&str]| parse(arguments).expect("arguments").plan().expect_err("refused").message;
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
    let help = help::faults();
    for (example, about) in CATALOGUE {
        assert!(help.contains(example) && help.contains(about), "{example}");
    }
}
