//! `hookmend history`: past runs, and every attempt of single events or runs. It only reads, and needs
//! neither keys nor the network.

use clap::Args;

use crate::cli::arguments::GlobalFlags;
use crate::cli::errors::CliError;
use crate::cli::flags::OutputFlags;
use crate::cli::past::{PastSettings, source};
use crate::cli::wiring::Workshop;
use crate::config::Surroundings;
use crate::event::EventId;
use crate::exit::ExitCode;
use crate::history::RunRecord;
use crate::ledger::LedgerReader;
use crate::report::past::{Answer, Answers, EventPast, Extent, RunList, RunPast};

/// The most runs among which an id is looked for.
const ALL_RUNS: u64 = 1_000_000;

/// Flags of `history`.
#[derive(Clone, Debug, Args)]
pub struct HistoryArgs {
    /// Events or runs to tell everything of [default: list the runs]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// How many runs to list
    #[arg(long, value_name = "N", default_value_t = 20, conflicts_with = "ids",
          value_parser = clap::value_parser!(u64).range(1..=ALL_RUNS))]
    limit: u64,
    #[command(flatten)]
    output: OutputFlags,
}

/// Shows what the ledger tells.
///
/// # Errors
/// When an id can't be one, the ledger can't be read, or standard output can't be written.
pub fn run(args: HistoryArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let HistoryArgs { ids, limit, output } = args;
    let ids = ids.iter().map(|id| event_id(id)).collect::<Result<Vec<_>, _>>()?;
    let PastSettings { ledger, output, names, .. } = PastSettings::resolve(global, output, |_| {}, surroundings)?;
    let workshop = Workshop::new(&surroundings.environment);
    let reader = workshop.past(&ledger)?;
    let source = source(&ledger, reader.as_ref());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if ids.is_empty() {
        let (runs, extent) = match &reader {
            Some(reader) => runtime.block_on(runs(reader, limit))?,
            None => (Vec::new(), Extent::Whole),
        };
        workshop.show(&RunList { source, names, runs, extent }, &output)?;
    } else {
        let answers = runtime.block_on(answers(reader.as_ref(), ids))?;
        workshop.show(&Answers { source, names, answers }, &output)?;
    }
    Ok(ExitCode::Clean)
}

fn event_id(text: &str) -> Result<EventId, CliError> {
    EventId::new(text.trim()).map_err(|error| {
        CliError::of(ExitCode::Usage, &error).hint("give ids of events or of runs, each as an argument of its own")
    })
}

async fn runs(reader: &LedgerReader, limit: u64) -> Result<(Vec<RunRecord>, Extent), CliError> {
    // One more than is shown tells whether there are older ones.
    let mut runs = reader.runs(limit.saturating_add(1)).await?;
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let extent = if runs.len() > most { Extent::Newest } else { Extent::Whole };
    runs.truncate(most);
    Ok((runs, extent))
}

async fn answers(reader: Option<&LedgerReader>, ids: Vec<EventId>) -> Result<Vec<Answer>, CliError> {
    let mut known_runs = None;
    let mut answers = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(reader) = reader else {
            answers.push(Answer::Event(EventPast { event: id, attempts: Vec::new(), stays: Vec::new() }));
            continue;
        };
        let attempts = reader.attempts_of(&id).await?;
        let stays = reader.stays_of(&id).await?;
        if !attempts.is_empty() || !stays.is_empty() {
            answers.push(Answer::Event(EventPast { event: id, attempts, stays }));
            continue;
        }
        if known_runs.is_none() {
            known_runs = Some(reader.runs(ALL_RUNS).await?);
        }
        let run = known_runs.iter().flatten().find(|run| run.run_id == id.text());
        answers.push(match run {
            Some(run) => {
                let attempts = reader.attempts_of_run(&run.run_id).await?;
                Answer::Run(RunPast { run: run.clone(), attempts })
            }
            None => Answer::Event(EventPast { event: id, attempts, stays }),
        });
    }
    Ok(answers)
}
