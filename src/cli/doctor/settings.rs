//! The settings file, the settings, and whether the keys are there. Keys are never fetched to be shown.

use std::collections::BTreeMap;
use std::path::Path;

use secrecy::SecretString;

use super::{SETTINGS, SETTINGS_FILE, failed};
use crate::checkup::Check;
use crate::cli::errors::CliError;
use crate::config::file::usual_places;
use crate::config::{Job, Loaded, Origin, SecretKey, Surroundings};
use crate::report::text::{counted, listed};

/// Whoever has set any of these has begun without a file.
const ESSENTIAL: [&str; 5] = ["webhook", "all-webhooks", "received", "api-key", "subscription-key"];

/// The file and the settings.
pub(super) fn examine(loaded: &Loaded, surroundings: &Surroundings) -> Vec<Check> {
    let mut checks = vec![file(loaded, surroundings)];
    for warning in loaded.warnings() {
        checks.push(Check::warning(SETTINGS, warning.clone(), ""));
    }
    checks.extend(values(loaded));
    checks
}

fn file(loaded: &Loaded, surroundings: &Surroundings) -> Check {
    match loaded.file() {
        Some(path) => {
            let shown = path.strip_prefix(&surroundings.directory).unwrap_or(path);
            Check::ok(SETTINGS_FILE, format!("{}{}", shown.display(), readers(path)))
        }
        None => {
            let places = usual_places(&surroundings.directory, &surroundings.folders);
            let looked = places.iter().map(|place| format!("looked for {}", place.display())).collect();
            let check = if loaded.explain().iter().any(|set| ESSENTIAL.contains(&set.name)) {
                Check::ok(SETTINGS_FILE, "none; flags and the environment say it all")
            } else {
                let hint = "write one with `hookmend init`, or give everything by flags and the environment";
                Check::warning(SETTINGS_FILE, "none found, and nothing is set elsewhere", hint)
            };
            check.details(looked)
        }
    }
}

/// Who can read the file, as a part of a sentence.
#[cfg(unix)]
fn readers(path: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let Ok(metadata) = path.metadata() else { return String::new() };
    let mode = metadata.mode() & 0o777;
    let who = match (mode & 0o040 != 0, mode & 0o004 != 0) {
        (_, true) => "everyone",
        (true, false) => "its owner and its group",
        (false, false) => "its owner alone",
    };
    format!(", readable by {who} ({mode:04o})")
}

#[cfg(not(unix))]
fn readers(_path: &Path) -> String {
    String::new()
}

/// All settings that nothing else is checked by.
fn values(loaded: &Loaded) -> Vec<Check> {
    let results = [
        loaded.time_zone().map(drop),
        loaded.asked_window().map(drop),
        loaded.asked_policy(Job::Reconcile).map(drop),
        loaded.output().map(drop),
        loaded.consent().map(drop),
    ];
    let mut checks: Vec<Check> = Vec::new();
    for error in results.into_iter().filter_map(Result::err) {
        let check = failed(SETTINGS, CliError::from(error));
        // A zone that can't be read spoils the window as well.
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    if checks.is_empty() {
        checks.push(Check::ok(SETTINGS, counts(loaded)).details(details(loaded)));
    }
    checks
}

fn details(loaded: &Loaded) -> Vec<String> {
    loaded.explain().iter().map(|set| format!("{} = {}  ({})", set.name, set.value, set.origin)).collect()
}

/// How many settings were made where.
fn counts(loaded: &Loaded) -> String {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for explained in loaded.explain() {
        let place = match explained.origin {
            Origin::File { .. } => "in the file",
            Origin::Flag(_) => "by flags",
            Origin::Variable(_) => "in the environment",
            Origin::Default => "by default",
        };
        *counts.entry(place).or_default() += 1;
    }
    let by_default = counts.remove("by default").unwrap_or_default();
    let mut parts: Vec<String> = counts.iter().map(|(place, count)| format!("{count} {place}")).collect();
    parts.push(format!("{by_default} by default"));
    let all: u64 = counts.values().sum::<u64>() + by_default;
    format!("{}: {}", counted(all, "setting", "settings"), listed(&parts))
}

/// A key, or why there is none; and where it is from.
pub(super) fn key(loaded: &Loaded, key: SecretKey, name: &'static str) -> Result<(SecretString, String), Check> {
    let explained = loaded.explain();
    let place =
        explained.iter().find(|set| set.name == key.name()).map(|set| match (&set.origin, set.value.as_str()) {
            (Origin::Variable(name), _) => format!("from {name}"),
            (origin, "(set)") => format!("from {origin}"),
            (origin, value) => format!("{} named in {origin}", value.trim_matches(['(', ')'])),
        });
    match loaded.key(key) {
        Ok(Some(secret)) => Ok((secret, place.unwrap_or_default())),
        Ok(None) => Err(missing(key, name)),
        Err(error) => Err(failed(name, CliError::from(error))),
    }
}

fn missing(key: SecretKey, name: &'static str) -> Check {
    let hint = format!(
        "export {} in the environment, or write {} in the settings file; never on the command line",
        key.variable(),
        key.name()
    );
    Check::failed(name, crate::exit::ExitCode::Usage, format!("{} is not set", key.variable()), hint)
}
