//! `hookmend quarantine list` and `release`: the events that used up their attempts, and the only way
//! by which a person lets them be tried again. Neither needs keys or the network.

mod chosen;

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand, ValueHint};

use crate::cli::approve::{Terminals, ask_once};
use crate::cli::arguments::GlobalFlags;
use crate::cli::asked_by::asked_by;
use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::cli::exit_status::{self, after_help};
use crate::cli::flags::{OutputFlags, put_switch};
use crate::cli::ids;
use crate::cli::past::{PastSettings, is_among, source};
use crate::cli::wiring::Workshop;
use crate::config::{Consent, Key, Surroundings};
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::history::QuarantinedEvent;
use crate::ledger::{LedgerError, LedgerReader};
use crate::reconcile::Approval;
use crate::report::past::{Names, QuarantineList, Released, Source};
use crate::report::text::{counted, grouped, listed, visible_within};
use chosen::{Wanted, choose};

const LIST_EXAMPLES: [(&str, &str); 2] = [
    ("what waits for a person", "hookmend quarantine list"),
    ("the ids alone, for a script", "hookmend quarantine list --format json | jq -r '.events[].event_id'"),
];

const RELEASE_EXAMPLES: [(&str, &str); 3] = [
    ("let one event be tried again", "hookmend quarantine release 7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11"),
    ("all of one webhook, once its receiver is repaired", "hookmend quarantine release --all --webhook sales"),
    ("ids from elsewhere, one a line", "cut -d, -f1 repaired.csv | hookmend quarantine release -"),
];

/// The most webhooks that the question names.
const MOST_WEBHOOKS: usize = 5;
/// The most characters of a webhook's name in the question.
const MOST_NAME: usize = 40;

/// The commands about quarantine.
#[derive(Clone, Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the events in quarantine
    ///
    /// Lists the events that used up their attempts over all runs, oldest first. They are reported by
    /// every run and resent by none until they are released. Ends with 0 whether there are any or
    /// not.
    #[command(after_help = after_help(&LIST_EXAMPLES, &exit_status::LOCAL))]
    List(ListArgs),
    /// Let events in quarantine be tried again
    ///
    /// Takes events out of quarantine, so that the next reconcile tries them again with fresh
    /// attempts. Nothing is sent now. It is all or nothing: when one id is not in quarantine, none
    /// is released. An event that is in quarantine for several webhooks is released for all of them
    /// unless --webhook says which.
    #[command(after_help = after_help(&RELEASE_EXAMPLES, &exit_status::RELEASE))]
    Release(ReleaseArgs),
}

/// Flags of `quarantine list`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Only of this webhook, by id or by name from the settings; may be repeated
    #[arg(long, value_name = "ID|NAME")]
    webhook: Vec<String>,
    #[command(flatten)]
    output: OutputFlags,
}

/// Flags of `quarantine release`.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["ids", "from_file", "all"]))]
pub struct ReleaseArgs {
    /// Ids of the events; - reads them from standard input, one a line
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Read ids from this file, one a line
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_file: Option<PathBuf>,
    /// Release every event in quarantine
    #[arg(long, conflicts_with_all = ["ids", "from_file"])]
    all: bool,
    /// Only of this webhook, by id or by name from the settings; may be repeated
    #[arg(long, value_name = "ID|NAME")]
    webhook: Vec<String>,
    /// With --all, do not ask on a terminal first
    #[arg(long, short = 'y')]
    yes: bool,
    #[command(flatten)]
    output: OutputFlags,
}

/// Carries out one of the two.
///
/// # Errors
/// When an id is not in quarantine, another run holds the ledger, or the ledger can't be used.
pub fn run(command: QuarantineCommand, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    match command {
        QuarantineCommand::List(args) => list(args, global, surroundings),
        QuarantineCommand::Release(args) => release(args, global, surroundings),
    }
}

fn list(args: ListArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let settings = PastSettings::resolve(global, args.output, |_| {}, surroundings)?;
    let webhooks = settings.loaded.webhook_ids(&args.webhook)?;
    let workshop = Workshop::new(&surroundings.environment);
    let reader = workshop.past(&settings.ledger)?;
    let source = source(&settings.ledger, reader.as_ref());
    let events = match &reader {
        Some(reader) => runtime()?.block_on(in_quarantine(reader, &webhooks))?,
        None => Vec::new(),
    };
    workshop.show(&QuarantineList { source, names: settings.names, webhooks, events }, &settings.output)?;
    Ok(ExitCode::Clean)
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// What is in quarantine now, oldest first, of these webhooks or of all.
async fn in_quarantine(reader: &LedgerReader, webhooks: &[WebhookId]) -> Result<Vec<QuarantinedEvent>, LedgerError> {
    let mut events = reader.quarantined(None).await?;
    events.retain(|event| is_among(&event.webhook, webhooks));
    events.sort_by(|left, right| {
        // By what a person asks first: what waits for longest, then an order that stays the same.
        (left.since, &left.webhook, &left.event).cmp(&(right.since, &right.webhook, &right.event))
    });
    Ok(events)
}

fn release(args: ReleaseArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let ReleaseArgs { ids, from_file, all, webhook, yes, output } = args;
    let put_yes = |layer: &mut _| put_switch(layer, Key::Yes, yes);
    let settings = PastSettings::resolve(global, output, put_yes, surroundings)?;
    let webhooks = settings.loaded.webhook_ids(&webhook)?;
    let wanted = if all {
        Wanted::All
    } else {
        Wanted::Ids(ids::read(&ids, from_file.as_deref(), "see what is in quarantine with `hookmend quarantine list`")?)
    };
    let workshop = Workshop::new(&surroundings.environment);
    let (runtime, terminals) = (runtime()?, Terminals::look());

    let Some(reader) = workshop.past(&settings.ledger)? else {
        // Nothing is created where there is nothing to release.
        let source = Source::NoLedger(settings.ledger.clone());
        let events = choose(&wanted, &webhooks, Vec::new())?;
        let by = asked_by(&surroundings.environment, &terminals);
        let nothing = Released { source, names: settings.names, events, by, at: surroundings.now };
        workshop.show(&nothing, &settings.output)?;
        return Ok(ExitCode::Clean);
    };
    let wanted = match (wanted, settings.loaded.consent()?) {
        // Asked before the lock is taken, so that a question nobody answers holds up no run.
        (Wanted::All, Consent::Ask) if terminals.can_ask() => {
            let shown = runtime.block_on(in_quarantine(&reader, &webhooks))?;
            if !shown.is_empty() && !is_agreed(&shown, &settings.names)? {
                Console { verbosity: settings.output.verbosity }.note("nothing was released");
                return Ok(ExitCode::Left);
            }
            Wanted::AllOf(shown)
        }
        (wanted, Consent::Ask | Consent::Given) => wanted,
    };
    drop(reader);
    let by = asked_by(&surroundings.environment, &terminals);
    let guard = workshop.release_guard(&settings.ledger, surroundings.now)?;
    let events = runtime.block_on(async {
        let there = in_quarantine(guard.reader(), &webhooks).await?;
        let chosen = choose(&wanted, &webhooks, there)?;
        let pairs = chosen.iter().map(|event| (event.webhook.clone(), event.event.clone())).collect();
        let released = guard.release(pairs, by.clone(), surroundings.now).await?;
        if released != chosen.len() as u64 {
            let (released, chosen) = (released, chosen.len());
            return Err(CliError::new(ExitCode::Failure, format!("{released} of {chosen} events were released"))
                .hint("see what is left with `hookmend quarantine list`, and please report this"));
        }
        Ok(chosen)
    })?;
    drop(guard);
    let source = Source::Ledger(settings.ledger.clone());
    let released = Released { source, names: settings.names, events, by, at: surroundings.now };
    workshop.show(&released, &settings.output)?;
    Ok(ExitCode::Clean)
}

fn is_agreed(shown: &[QuarantinedEvent], names: &Names) -> Result<bool, CliError> {
    let answer = ask_once(&question(shown, names), &mut io::stdin().lock(), &mut io::stderr().lock())?;
    Ok(answer == Approval::Granted)
}

/// The question, with what there is of each webhook.
fn question(shown: &[QuarantinedEvent], names: &Names) -> String {
    let mut of_webhooks: BTreeMap<&WebhookId, u64> = BTreeMap::new();
    for event in shown {
        *of_webhooks.entry(&event.webhook).or_default() += 1;
    }
    let label = |webhook| visible_within(names.label(webhook), MOST_NAME, "...").into_owned();
    let several = of_webhooks.len() > 1;
    let counts = of_webhooks.iter().take(MOST_WEBHOOKS);
    let mut parts: Vec<String> = counts
        .map(|(webhook, count)| match several {
            true => format!("{} of {}", grouped(*count), label(webhook)),
            false => format!("of {}", label(webhook)),
        })
        .collect();
    if let Some(more) = of_webhooks.len().checked_sub(MOST_WEBHOOKS).filter(|more| *more > 0) {
        parts.push(counted(more as u64, "more webhook", "more webhooks"));
    }
    let events = counted(shown.len() as u64, "event", "events");
    let parts = listed(&parts);
    if several {
        format!("Release {events} from quarantine, {parts}?")
    } else {
        format!("Release {events} {parts} from quarantine?")
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::event::EventId;

    fn held(webhook: &str, event: &str) -> QuarantinedEvent {
        QuarantinedEvent {
            webhook: WebhookId::new(webhook).unwrap(),
            event: EventId::new(event).unwrap(),
            created_at: None,
            since: DateTime::UNIX_EPOCH,
            attempts: 5,
            reason: String::new(),
            end: None,
        }
    }

    #[test]
    fn the_question_says_how_many_of_what() {
        let names = Names::new([(WebhookId::new("hook-1").unwrap(), "sales\u{1b}[2J".to_owned())]);
        let one = question(&[held("hook-1", "a")], &names);
        assert_eq!(one, r"Release 1 event of sales\u{1b}[2J from quarantine?");
        let two = question(&[held("hook-1", "a"), held("hook-2", "a"), held("hook-2", "b")], &Names::default());
        assert_eq!(two, "Release 3 events from quarantine, 1 of hook-1 and 2 of hook-2?");
    }

    #[test]
    fn a_question_about_very_many_webhooks_is_short() {
        let many: Vec<_> = (0..1_000).map(|number| held(&format!("hook-{number}"), "a")).collect();
        let question = question(&many, &Names::default());
        assert!(question.ends_with(" and 995 more webhooks?") && question.len() < 200, "{question}");
    }
}
