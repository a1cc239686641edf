//! What is asked at a terminal: the few things that nobody can know. What flags say is not asked again.
//! Keys are never asked for, and nothing that could be one is taken for something else.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use super::prompt::{Ended, Prompt};
use super::{Answers, KeyPlace};
use crate::cli::errors::CliError;
use crate::cli::wiring::{Adapters, Workshop, received_options};
use crate::config::values::address::parse_base_url;
use crate::config::values::time::parse_zone;
use crate::config::values::webhook::{WebhookNames, parse_webhook};
use crate::config::{Flags, Key, Loaded, SecretKey, Surroundings};
use crate::provider::Webhook;
use crate::received::{FileLog, ReceivedLog, Survey};
use crate::report::text::{counted, grouped};

/// The most webhooks that are offered.
const MOST_OFFERED: usize = 200;

/// Asks what is not answered yet.
pub(super) fn ask(answers: &mut Answers, prompt: &mut Prompt<'_>, surroundings: &Surroundings) -> Result<(), Ended> {
    prompt.tell("An empty answer takes what stands in brackets; Ctrl-C writes nothing.")?;
    if !answers.settings.contains_key(&Key::BaseUrl) {
        let default = Key::BaseUrl.default_text().unwrap_or_default();
        let url = prompt.ask("The vendor's address", default, |text| {
            parse_base_url(text).map(|url| url.to_string()).map_err(|unusable| unusable.message)
        })?;
        if url != default {
            answers.set(Key::BaseUrl, url);
        }
    }
    if answers.keys.is_empty() {
        keys(answers, prompt, surroundings)?;
    }
    if !answers.settings.contains_key(&Key::TimeZone) {
        let default = Key::TimeZone.default_text().unwrap_or_default();
        let zone = prompt.ask("Zone of times without an offset, the vendor's and yours", default, |text| {
            parse_zone(text).map(|zone| zone.name().to_owned()).map_err(|unusable| match unusable.hint {
                Some(hint) => format!("{}; {hint}", unusable.message),
                None => unusable.message,
            })
        })?;
        if zone != default {
            answers.set(Key::TimeZone, zone);
        }
    }
    if !answers.settings.contains_key(&Key::Received) {
        received(answers, prompt, surroundings)?;
    }
    if !answers.settings.contains_key(&Key::Webhook) && !answers.settings.contains_key(&Key::AllWebhooks) {
        webhooks(answers, prompt, surroundings)?;
    }
    Ok(())
}

fn keys(answers: &mut Answers, prompt: &mut Prompt<'_>, surroundings: &Surroundings) -> Result<(), Ended> {
    prompt.gap()?;
    prompt.tell("Where do the two keys come from? They are never written into the file.")?;
    let [api, subscription] = SecretKey::ALL.map(SecretKey::variable);
    prompt.tell(&format!("  1  the variables {api} and {subscription}"))?;
    prompt.tell("  2  files of their own")?;
    prompt.tell("  3  commands that print them, such as a password manager")?;
    let way = prompt.ask("Which", "1", |text| match text {
        "1" | "2" | "3" => Ok(text.to_owned()),
        _ => Err("answer 1, 2 or 3".to_owned()),
    })?;
    for key in SecretKey::ALL {
        let place = match way.as_str() {
            "2" => prompt.ask(&format!("File of the {}", key.name()), "", |text| {
                // What names no file may be the key itself.
                let is_file = surroundings.directory.join(text).is_file();
                let complaint = "there is no such file; write the key into one first, and give its path here";
                if is_file { Ok(KeyPlace::File(text.to_owned())) } else { Err(complaint.to_owned()) }
            })?,
            "3" => prompt.ask(&format!("Command that prints the {}", key.name()), "", |text| {
                let complaint = "its first word is no program that can be found; give the command, not the key";
                if begins_with_program(text, surroundings) {
                    Ok(KeyPlace::Command(text.to_owned()))
                } else {
                    Err(complaint.to_owned())
                }
            })?,
            _ => continue,
        };
        answers.keys.insert(key, place);
    }
    Ok(())
}

fn begins_with_program(line: &str, surroundings: &Surroundings) -> bool {
    let Some(word) = line.split_whitespace().next() else { return false };
    if word.contains('/') {
        return surroundings.directory.join(word).is_file();
    }
    let path = surroundings.environment.get("PATH").unwrap_or(OsStr::new("/usr/bin:/bin"));
    std::env::split_paths(path).any(|folder| folder.join(word).is_file())
}

fn received(answers: &mut Answers, prompt: &mut Prompt<'_>, surroundings: &Surroundings) -> Result<(), Ended> {
    let question = "Your log of received event ids: a file or a pattern (empty: not yet)";
    let found = prompt.ask(question, "", |text| {
        if text.is_empty() {
            return Ok(None);
        }
        if text == "-" {
            return Err("standard input belongs to one run; name a file".to_owned());
        }
        look_at(text, answers, surroundings).map(|found| Some((text.to_owned(), found))).map_err(|error| {
            error.hints.iter().fold(error.message.clone(), |message, hint| format!("{message}; {hint}"))
        })
    })?;
    let Some((source, found)) = found else { return Ok(()) };
    answers.set(Key::Received, source);
    let Some((survey, id, described)) = found else { return Ok(()) };
    for line in &described {
        prompt.tell(&format!("  {line}"))?;
    }
    let ids = counted(survey.distinct.number, "different id", "different ids");
    prompt.tell(&format!(
        "  {} with {} received, {ids}",
        counted(survey.stats.lines, "line", "lines"),
        grouped(survey.stats.ids)
    ))?;
    if survey.stats.ids == 0 {
        prompt.tell("  it holds no ids yet; `hookmend doctor` looks again")?;
        return Ok(());
    }
    let formats: BTreeSet<&str> =
        survey.sources.iter().map(|source| source.format).filter(|name| *name != "empty").collect();
    if let ([format], false) =
        (formats.into_iter().collect::<Vec<_>>().as_slice(), answers.settings.contains_key(&Key::ReceivedFormat))
    {
        answers.set(Key::ReceivedFormat, *format);
    }
    if let (Some(id), false) = (id, answers.settings.contains_key(&Key::ReceivedId)) {
        answers.set(Key::ReceivedId, id);
    }
    Ok(())
}

/// What a log holds, the id field that was found and how it is read; nothing of a database.
type Looked = Option<(Survey, Option<String>, Vec<String>)>;

fn look_at(source: &str, answers: &Answers, surroundings: &Surroundings) -> Result<Looked, CliError> {
    let mut flags = Flags::default();
    for (key, values) in &answers.settings {
        flags.layer.flag(*key, values.clone());
    }
    flags.layer.flag(Key::Received, [source.to_owned()]);
    let loaded = Loaded::without_file(flags, surroundings)?;
    let Some(settings) = loaded.received_log()? else { return Ok(None) };
    let options = received_options(&settings)?;
    if options.sources.is_empty() {
        return Ok(None);
    }
    // Standard input belongs to the person who answers.
    let log = FileLog::open_with_stdin(options, std::io::empty())?;
    let id = log.found_field().map(|field| field.as_str().to_owned());
    Ok(Some((log.survey(), id, log.describe())))
}

fn webhooks(answers: &mut Answers, prompt: &mut Prompt<'_>, surroundings: &Surroundings) -> Result<(), Ended> {
    match visible_webhooks(answers, surroundings) {
        Ok(known) if known.is_empty() => prompt.tell("The keys can see no webhook yet.")?,
        Ok(known) => return choose(answers, prompt, &known),
        Err(Some(error)) => prompt.tell(&format!("The vendor can't be asked which webhooks there are: {error}"))?,
        Err(None) => {}
    }
    let named = prompt.ask("Webhooks by id or event type, with commas between, or all", "all", |text| {
        let words: Vec<String> = text.split(',').map(|word| word.trim().to_owned()).collect();
        let wrong = words.iter().find_map(|word| parse_webhook(word, &WebhookNames::new()).err());
        match wrong {
            _ if text == "all" => Ok(None),
            Some(unusable) => Err(unusable.message),
            None => Ok(Some(words)),
        }
    })?;
    match named {
        None => answers.set(Key::AllWebhooks, "true"),
        Some(words) => {
            answers.settings.insert(Key::Webhook, words);
        }
    }
    Ok(())
}

/// The webhooks that the keys can see, when the keys can be had; else why not, where that is worth a word.
fn visible_webhooks(answers: &Answers, surroundings: &Surroundings) -> Result<Vec<Webhook>, Option<String>> {
    let mut flags = Flags::default();
    if let Some(url) = answers.settings.get(&Key::BaseUrl) {
        flags.layer.flag(Key::BaseUrl, url.clone());
    }
    let told = |error: CliError| Some(error.message);
    let loaded = Loaded::without_file(flags, surroundings).map_err(|error| told(error.into()))?;
    // Commands and files of keys are not run or read before the file that names them is used.
    let key = |key| loaded.key(key).map_err(|error| told(error.into()));
    let (Some(api), Some(subscription)) = (key(SecretKey::ApiKey)?, key(SecretKey::SubscriptionKey)?) else {
        return Err(None);
    };
    let settings = loaded.provider_with(api, subscription).map_err(|error| told(error.into()))?;
    let provider = Workshop::new(&surroundings.environment).provider(&settings).map_err(told)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Some(error.to_string()))?;
    runtime.block_on(provider.list_webhooks()).map_err(|error| Some(error.to_string()))
}

fn choose(answers: &mut Answers, prompt: &mut Prompt<'_>, known: &[Webhook]) -> Result<(), Ended> {
    let known = &known[..known.len().min(MOST_OFFERED)];
    prompt.gap()?;
    prompt.tell("The keys can see these webhooks:")?;
    let label = |webhook: &Webhook| {
        let store = webhook.store_id.map(|store| format!(", store {store}")).unwrap_or_default();
        format!("{}{store}", webhook.event_type)
    };
    let digits = known.len().to_string().len();
    let width = known.iter().map(|webhook| label(webhook).chars().count()).max().unwrap_or_default();
    for (place, webhook) in known.iter().enumerate() {
        prompt.tell(&format!("  {:>digits$}  {:<width$}  {}", place + 1, label(webhook), webhook.id))?;
    }
    let chosen = prompt.ask("Which: numbers with commas between, or all", "all", |text| {
        if text == "all" {
            return Ok(None);
        }
        let number = |word: &str| word.trim().parse::<usize>().ok().filter(|number| (1..=known.len()).contains(number));
        let numbers: Option<BTreeSet<usize>> = text.split(',').map(number).collect();
        numbers.map(Some).ok_or_else(|| format!("answer with numbers from 1 to {}, or all", known.len()))
    })?;
    let mut taken = BTreeSet::new();
    let Some(chosen) = chosen else {
        answers.set(Key::AllWebhooks, "true");
        for webhook in known {
            answers.names.push((free_name(&webhook.event_type, &mut taken), webhook.id.to_string()));
        }
        return Ok(());
    };
    for webhook in chosen.into_iter().filter_map(|number| known.get(number - 1)) {
        let usual = free_name(&webhook.event_type, &mut taken.clone());
        let name = prompt.ask(&format!("A name for {}", webhook.event_type), &usual, |text| {
            let is_usable = text.len() <= 100 && !text.contains(|letter: char| letter == ',' || letter.is_control());
            match (is_usable && uuid::Uuid::try_parse(text).is_err(), taken.contains(text)) {
                (true, false) => Ok(text.to_owned()),
                (true, true) => Err("another webhook has this name".to_owned()),
                (false, _) => Err("a name has letters, digits and dashes, and no commas".to_owned()),
            }
        })?;
        taken.insert(name.clone());
        answers.settings.entry(Key::Webhook).or_default().push(name.clone());
        answers.names.push((name, webhook.id.to_string()));
    }
    Ok(())
}

/// A name made of an event type, with a number where it is taken.
fn free_name(event_type: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = String::new();
    let mut before_is_lower = false;
    for letter in event_type.chars().filter(char::is_ascii_alphanumeric).take(60) {
        if letter.is_ascii_uppercase() && before_is_lower {
            name.push('-');
        }
        before_is_lower = letter.is_ascii_lowercase();
        name.push(letter.to_ascii_lowercase());
    }
    if name.is_empty() {
        name.push_str("webhook");
    }
    let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|candidate| !taken.contains(candidate));
    let free = free.unwrap_or(name);
    taken.insert(free.clone());
    free
}

#[cfg(test)]
mod tests;
