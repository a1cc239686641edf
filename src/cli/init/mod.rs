//! `hookmend init`: writes a commented settings file to start from, with what flags and answers at the
//! terminal say. It writes one file, in one step and for its owner alone, and no key into it.
//!
//! | file | what it owns |
//! |---|---|
//! | `questions` | what is asked at a terminal |
//! | `prompt` | asking one question |
//! | `place` | putting the file in its place |

mod place;
mod prompt;
mod questions;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use self::prompt::{Ended, Prompt};
use crate::cli::approve::Terminals;
use crate::cli::arguments::GlobalFlags;
use crate::cli::console::{self, Console, say};
use crate::cli::errors::CliError;
use crate::cli::flags::ReadingFlags;
use crate::config::file::parse;
use crate::config::starter::{KeyPlace, Starter};
use crate::config::values::address::parse_base_url;
use crate::config::values::time::parse_zone;
use crate::config::values::webhook::parse_id;
use crate::config::{Key, Layer, SecretKey, Surroundings};
use crate::exit::ExitCode;
use crate::received::DatabaseAddress;

/// The file that is written when none is named.
const USUAL_FILE: &str = "hookmend.toml";

/// Flags of `init`.
#[derive(Clone, Debug, Default, Args)]
pub struct InitArgs {
    /// The file to write, or - for standard output [default: ./hookmend.toml]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// Write to standard output and to no file
    #[arg(long)]
    print: bool,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
    /// Ask nothing: write what the flags say, and defaults
    #[arg(long, short = 'y', visible_alias = "defaults")]
    yes: bool,
    /// Where the vendor is
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    base_url: Option<String>,
    /// Where the API key comes from: env:NAME, file:PATH or command:LINE; never the key itself
    #[arg(long, value_name = "PLACE")]
    api_key_from: Option<String>,
    /// Where the subscription key comes from, in the same way
    #[arg(long, value_name = "PLACE")]
    subscription_key_from: Option<String>,
    /// Your log of received event ids; may be repeated
    #[arg(long, value_name = "SRC", value_hint = ValueHint::FilePath)]
    received: Vec<String>,
    #[command(flatten)]
    reading: ReadingFlags,
    /// Webhook with a name for it, or an id or an event type; may be repeated
    #[arg(long, value_name = "NAME=ID", conflicts_with = "all_webhooks")]
    webhook: Vec<String>,
    /// All webhooks that the keys can see
    #[arg(long)]
    all_webhooks: bool,
    /// Zone of times without an offset, yours and the vendor's
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
}

/// Everything that is to stand in the file.
#[derive(Clone, Debug, Default)]
struct Answers {
    settings: BTreeMap<Key, Vec<String>>,
    keys: BTreeMap<SecretKey, KeyPlace>,
    names: Vec<(String, String)>,
}

impl Answers {
    fn set(&mut self, key: Key, value: impl Into<String>) {
        self.settings.insert(key, vec![value.into()]);
    }

    fn into_starter(self) -> Starter {
        Starter {
            settings: self.settings.into_iter().collect(),
            keys: self.keys.into_iter().collect(),
            names: self.names,
        }
    }
}

/// Writes the file.
///
/// # Errors
/// When a flag or an answer can't be used, or the file can't be written; then nothing was.
pub fn run(args: InitArgs, global: &GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let console = Console { verbosity: global.verbosity() };
    let (print, force, yes) = (args.print, args.force, args.yes);
    let file = args.file.clone().unwrap_or_else(|| PathBuf::from(USUAL_FILE));
    let path = surroundings.directory.join(&file);
    let prints = print || file == Path::new("-");
    if !prints {
        // Known before anybody answers questions for nothing.
        place::check(&path, &file, force)?;
    }
    let mut answers = answers_of(args)?;
    if Terminals::look().can_ask() && !yes {
        let (mut input, mut output) = (std::io::stdin().lock(), std::io::stderr());
        let mut prompt = Prompt::new(&mut input, &mut output, width());
        questions::ask(&mut answers, &mut prompt, surroundings).map_err(not_answered)?;
    }
    let folder = path.parent().unwrap_or(&surroundings.directory);
    if !prints && folder != surroundings.directory {
        make_absolute(&mut answers, &surroundings.directory);
    }
    let needs_variables = SecretKey::ALL.into_iter().filter(|key| !answers.keys.contains_key(key));
    let variables: Vec<&str> = needs_variables.map(SecretKey::variable).collect();
    let text = answers.into_starter().render();
    parse(&text, &file, folder)?;
    if prints {
        console::print(text.as_bytes())?;
        return Ok(ExitCode::Clean);
    }
    place::write(&path, &file, &text, force)?;
    console.note(&format!("wrote {}, which only you can read", file.display()));
    let is_usual = file == Path::new(USUAL_FILE);
    next_steps(&variables, if is_usual { None } else { Some(&file) }, console);
    Ok(ExitCode::Clean)
}

fn next_steps(variables: &[&str], named: Option<&Path>, console: Console) {
    if console.verbosity == crate::config::Verbosity::Quiet {
        return;
    }
    let config = named.map(|path| format!(" --config {}", path.display())).unwrap_or_default();
    if !variables.is_empty() {
        say(&format!("next: export {}, then run `hookmend doctor{config}`", variables.join(" and ")));
    } else {
        say(&format!("next: run `hookmend doctor{config}`"));
    }
}

/// How wide the terminal is on which questions are asked.
fn width() -> usize {
    terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(columns, _)| usize::from(columns.0.max(40)))
}

fn not_answered(ended: Ended) -> CliError {
    match ended {
        Ended::NoMoreInput => {
            CliError::new(ExitCode::Usage, "the questions were not answered to the end; nothing was written")
                .hint("--yes asks nothing; see what can be said by flags with `hookmend init --help`")
        }
        Ended::Io(error) => CliError::from(error),
    }
}

/// What the flags say, checked.
fn answers_of(args: InitArgs) -> Result<Answers, CliError> {
    let mut answers = Answers::default();
    if let Some(url) = args.base_url {
        answers.set(Key::BaseUrl, usable("--base-url", parse_base_url(&url))?.to_string());
    }
    if let Some(zone) = args.time_zone {
        answers.set(Key::TimeZone, usable("--time-zone", parse_zone(&zone))?.name());
    }
    for (key, flag, from) in [
        (SecretKey::ApiKey, "--api-key-from", args.api_key_from),
        (SecretKey::SubscriptionKey, "--subscription-key-from", args.subscription_key_from),
    ] {
        if let Some(from) = from {
            answers.keys.insert(key, key_place(flag, &from)?);
        }
    }
    if !args.received.is_empty() {
        answers.settings.insert(Key::Received, args.received);
    }
    let mut layer = Layer::default();
    args.reading.put(&mut layer);
    answers.settings.extend(layer.entries.into_iter().map(|(key, entry)| (key, entry.values)));
    if args.all_webhooks {
        answers.set(Key::AllWebhooks, "true");
    }
    for webhook in args.webhook {
        let named = match webhook.split_once('=') {
            Some((name, id)) => {
                let id = usable("--webhook", parse_id(id.trim()))?;
                answers.names.push((name.trim().to_owned(), id.to_string()));
                name.trim().to_owned()
            }
            None => webhook,
        };
        answers.settings.entry(Key::Webhook).or_default().push(named);
    }
    Ok(answers)
}

fn usable<T>(flag: &str, parsed: Result<T, crate::config::error::Unusable>) -> Result<T, CliError> {
    parsed.map_err(|unusable| {
        let error = CliError::new(ExitCode::Usage, format!("{flag}: {}", unusable.message));
        error.hint(unusable.hint.unwrap_or_else(|| "see `hookmend init --help`".to_owned()))
    })
}

/// Where a key is to be had. What it says is not repeated when it can't be used: it may be the key.
fn key_place(flag: &str, text: &str) -> Result<KeyPlace, CliError> {
    let place = text.split_once(':').filter(|(_, what)| !what.trim().is_empty());
    match place {
        Some(("env", name)) => Ok(KeyPlace::Variable(name.trim().to_owned())),
        Some(("file", path)) => Ok(KeyPlace::File(path.to_owned())),
        Some(("command", line)) => Ok(KeyPlace::Command(line.to_owned())),
        Some(_) | None => Err(CliError::new(ExitCode::Usage, format!("{flag} does not say where the key comes from"))
            .hint("write env:NAME, file:PATH or command:LINE; a key is never given on the command line")),
    }
}

/// Paths in a settings file are relative to it, and what was typed was relative to the current folder.
fn make_absolute(answers: &mut Answers, directory: &Path) {
    for source in answers.settings.get_mut(&Key::Received).into_iter().flatten() {
        let is_pattern = source.contains(['*', '?', '[']);
        if DatabaseAddress::is_meant(source) {
            *source = DatabaseAddress::text_relative_to(source, directory);
        } else if source != "-" && !source.contains("://") && !Path::new(source.as_str()).is_absolute() {
            let folder = directory.to_string_lossy();
            let folder = if is_pattern { glob::Pattern::escape(&folder) } else { folder.into_owned() };
            *source = Path::new(&folder).join(&*source).to_string_lossy().into_owned();
        }
    }
    for place in answers.keys.values_mut() {
        if let KeyPlace::File(path) = place {
            *path = directory.join(&*path).to_string_lossy().into_owned();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_key_is_refused_without_being_repeated() {
        for text in ["sk-live-7777", "env:", "value:sk-live-7777", ""] {
            let error = key_place("--api-key-from", text).unwrap_err();
            assert!(!error.lines().concat().contains("sk-live-7777"), "{error:?}");
        }
        assert_eq!(key_place("x", "env:A"), Ok(KeyPlace::Variable("A".to_owned())));
        assert_eq!(key_place("x", "command:a b: c"), Ok(KeyPlace::Command("a b: c".to_owned())));
    }

    #[test]
    fn paths_keep_their_meaning_in_another_folder() {
        let mut answers = Answers::default();
        let sources = ["a.jsonl", "/b.log", "-", "in/*.csv", "postgres://db/x"].map(str::to_owned);
        answers.settings.insert(Key::Received, sources.to_vec());
        make_absolute(&mut answers, Path::new("/w[1]"));
        let expected = ["/w[1]/a.jsonl", "/b.log", "-", "/w[[]1[]]/in/*.csv", "postgres://db/x"];
        assert_eq!(answers.settings[&Key::Received], expected);
    }
}
