//! `received`: what a log holds, so that it can be checked before it is trusted, and which ids of a
//! list it does not hold.
//!
//! It reads a log exactly as `reconcile` does, and asks nobody else.

mod id_list;
mod shown;

use std::io::{self, IsTerminal as _};
use std::sync::Arc;

use clap::{Args, ValueHint};

use crate::cli::arguments::GlobalFlags;
use crate::cli::console::{self, Console};
use crate::cli::errors::CliError;
use crate::cli::flags::ReadingFlags;
use crate::cli::wiring::{open_log, received_options};
use crate::config::{Format, Key, Layer, Loaded, ReceivedSource, Surroundings};
use crate::exit::ExitCode;
use crate::receipt::{Lookup, Sighting, WantedIds};
use crate::received::{FileLog, ReceivedLog, Survey};
use crate::report::text::{counted, grouped, visible};

/// So many ids are printed at once.
const PRINTED_AT_ONCE: usize = 1_000;

/// Flags of `received`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReceivedArgs {
    /// Files, patterns in quotes, or - for standard input [default: what `received` is set to]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    files: Vec<String>,
    /// Print those ids of this list that the log does not hold: a file with one id a line, or -
    #[arg(long, value_name = "IDS", value_hint = ValueHint::FilePath)]
    absent_of: Option<String>,
    #[command(flatten)]
    reading: ReadingFlags,
    /// Zone of times without an offset [default: UTC]
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// What goes to standard output [default: human]
    #[arg(long, value_name = "FORMAT", value_parser = ["human", "json"], conflicts_with = "absent_of")]
    format: Option<String>,
}

impl ReceivedArgs {
    fn put(self, layer: &mut Layer) {
        layer.flag(Key::Received, self.files);
        self.reading.put(layer);
        layer.flag(Key::TimeZone, self.time_zone);
        layer.flag(Key::Format, self.format);
    }
}

/// Reads the log and tells of it.
///
/// # Errors
/// When the settings, the log or the list can't be used.
pub fn run(args: ReceivedArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let absent_of = args.absent_of.clone();
    let flags = global.with(|layer| args.put(layer));
    let console = Console { verbosity: flags.verbosity };
    let loaded = Loaded::load(flags, surroundings)?;
    loaded.warnings().iter().for_each(|warning| console.warn(warning));
    let Some(settings) = loaded.received_log()? else {
        return Err(CliError::new(ExitCode::Usage, "no received log is named")
            .hint("name its files behind `hookmend received`, or - for standard input"));
    };
    let options = received_options(&settings)?;
    match absent_of {
        None => {
            if settings.sources.iter().any(|source| matches!(source, ReceivedSource::Database(_))) {
                return Err(CliError::new(ExitCode::Usage, "a database is not read through to tell what it holds")
                    .hint("ask it with --absent-of, or see what hookmend check -v tells of its table"));
            }
            let format = loaded.output()?.format;
            let log = open(options, console)?;
            tell(&log.survey(), format)
        }
        Some(list) => {
            if list == "-" && options.sources.contains(&crate::received::SourceSpec::Stdin) {
                return Err(CliError::new(ExitCode::Usage, "standard input can't be the list and the log")
                    .hint("give one of them as a file"));
            }
            let wanted = Arc::new(id_list::read(&list)?);
            let log = open_log(&settings, &surroundings.environment)?;
            log.describe().iter().for_each(|line| console.detail(&format!("received log: {line}")));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            // The process ends soon, and the system takes memory back faster than it is given back.
            std::mem::forget(Arc::clone(&wanted));
            tell_absent(&wanted, &runtime.block_on(log.look_up(Arc::clone(&wanted)))?, console)
        }
    }
}

fn open(options: crate::received::ReceivedOptions, console: Console) -> Result<FileLog, CliError> {
    let log = FileLog::open(options)?;
    log.describe().iter().for_each(|line| console.detail(&format!("received log: {line}")));
    Ok(log)
}

fn tell(survey: &Survey, format: Format) -> Result<ExitCode, CliError> {
    let is_whole = survey.coverage.broken.is_none() && survey.coverage.gap.is_none();
    let code = if is_whole { ExitCode::Clean } else { ExitCode::Undetermined };
    let text = match format {
        Format::Human => shown::human(survey),
        Format::Json | Format::Jsonl => shown::json(survey, code),
    };
    console::print(text.as_bytes())?;
    Ok(code)
}

/// Prints the ids whose absence is proven, and says how many others were not seen.
fn tell_absent(wanted: &WantedIds, lookup: &Lookup, console: Console) -> Result<ExitCode, CliError> {
    // When an id was created is not known, so that any gap may hide any id.
    let unproven = lookup.coverage.broken.as_ref().or(lookup.coverage.gap.as_ref());
    if lookup.stats.ids == 0 && unproven.is_none() && !wanted.is_empty() {
        console.warn("the log holds no ids at all; check --received-id and --received-status");
    }
    let (mut absent, mut doubtful) = (Vec::new(), 0);
    for (number, sighting) in (0..).zip(&lookup.sightings) {
        match (sighting, unproven) {
            (Sighting::Received, _) => {}
            (Sighting::Possible, _) | (Sighting::Unseen, Some(_)) => doubtful += 1,
            (Sighting::Unseen, None) => absent.push(number),
        }
    }
    print_ids(wanted, &absent)?;
    if doubtful == 0 {
        return Ok(if absent.is_empty() { ExitCode::Clean } else { ExitCode::Left });
    }
    let of = counted(wanted.len() as u64, "id", "ids");
    let reason = match (unproven, &lookup.stats.first_unreadable) {
        (Some(reason), _) => reason.clone(),
        (None, Some(first)) => format!(
            "they stand in lines that could not be taken at their word; {} not understood, the first at {first}",
            counted(lookup.stats.unreadable, "line was", "lines were")
        ),
        (None, None) => "they stand in lines that could not be taken at their word".to_owned(),
    };
    CliError::new(ExitCode::Undetermined, format!("{} of {of} may be in the log: {reason}", grouped(doubtful)))
        .hint("what may have been received is not printed; repair the log, or name the missing part")
        .print(console.verbosity);
    Ok(ExitCode::Undetermined)
}

/// Prints the ids with these numbers, one a line.
fn print_ids(wanted: &WantedIds, numbers: &[u32]) -> Result<(), CliError> {
    // A program gets the ids to the letter, a person nothing that steers the terminal.
    let is_read_by_person = io::stdout().is_terminal();
    let mut lines = String::new();
    for few in numbers.chunks(PRINTED_AT_ONCE) {
        lines.clear();
        // They are fetched from memory together.
        let ids: Vec<_> = few.iter().map(|&number| wanted.id(number)).collect();
        for id in ids {
            if is_read_by_person {
                lines.push_str(&visible(&id.text()));
            } else {
                id.push_to(&mut lines);
            }
            lines.push('\n');
        }
        console::print(lines.as_bytes())?;
    }
    Ok(())
}
