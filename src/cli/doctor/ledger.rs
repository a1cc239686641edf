//! The ledger: its place, its lock, how the last run ended and what waits in it. Nothing is created,
//! and nothing is left behind: whether a folder can be written is tried with a file that has no name.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use chrono::Utc;

use super::{Doctor, LAST_RUN, LEDGER, LOCK, OPEN, failed, skip};
use crate::checkup::Check;
use crate::checkup::times::length;
use crate::cli::errors::CliError;
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::history::RunRecord;
use crate::ledger::{History as _, Ledger, LedgerReader};
use crate::reconcile::{Scope, WebhookRef};
use crate::report::text::{counted, instant, listed, visible_within};

/// The runs among which the last one of everything is looked for.
const MOST_RUNS: u64 = 200;
/// The most narrower runs that are told.
const MOST_NARROWER: usize = 3;
/// The most characters of what a run was narrowed to.
const MOST_SELECTION: usize = 60;
/// The most webhooks of which attempts in doubt are counted.
const MOST_WEBHOOKS: usize = 100;

/// The checks of the ledger.
pub(super) fn examine(doctor: &Doctor<'_>) -> Vec<Check> {
    let path = match doctor.loaded.ledger() {
        Ok(path) => path,
        Err(error) => {
            let mut checks = vec![failed(LEDGER, CliError::from(error))];
            checks.extend(skip([LOCK, LAST_RUN, OPEN], "the ledger has no place"));
            return checks;
        }
    };
    let ledger = Ledger::at(&path);
    let reader = match ledger.look() {
        Ok(reader) => reader,
        Err(error) => {
            let mut checks = vec![unusable(CliError::from(error))];
            checks.extend(skip([LOCK, LAST_RUN, OPEN], "the ledger can't be used"));
            return checks;
        }
    };
    let place = doctor.runtime.block_on(place(&ledger, reader.as_ref()));
    let lock = lock(&ledger);
    let past = match &reader {
        None => skip([LAST_RUN, OPEN], "there is no ledger yet"),
        Some(reader) => doctor.runtime.block_on(past(reader, doctor)),
    };
    [place, lock].into_iter().chain(past).collect()
}

/// Whatever makes the ledger's place unusable is a matter of settings here: no run is under way.
fn unusable(error: CliError) -> Check {
    failed(LEDGER, CliError { exit: ExitCode::Usage, ..error })
}

async fn place(ledger: &Ledger, reader: Option<&LedgerReader>) -> Check {
    let path = ledger.path();
    let shown = path.strip_prefix(".").unwrap_or(path).display().to_string();
    let not_writable = |place: &Path, error: &io::Error| {
        let message = format!("{} can't be written: {error}", place.strip_prefix("./").unwrap_or(place).display());
        let hint = "make it writable for the user that runs hookmend, or name another file with --ledger";
        Check::failed(LEDGER, ExitCode::Usage, message, hint)
    };
    let folder = nearest_folder(path);
    if let Err(error) = try_folder(&folder) {
        return not_writable(&folder, &error);
    }
    let Some(reader) = reader else {
        return Check::ok(LEDGER, format!("there is none yet; the first run makes {shown}"));
    };
    if let Err(error) = OpenOptions::new().append(true).open(path) {
        return not_writable(path, &error);
    }
    let current = Ledger::current_schema();
    match reader.schema_version().await {
        Ok(version) if version > current => Check::failed(
            LEDGER,
            ExitCode::Usage,
            format!("{shown} was written by a newer hookmend (schema {version}, this one knows {current})"),
            "use the newer hookmend, or name another file with --ledger",
        ),
        Ok(version) => {
            let version = match version == current {
                true => format!("schema {version}"),
                false => format!("schema {version}, which the next run brings to {current}"),
            };
            open_to_others(path, format!("{shown}, {version}, can be written"))
        }
        Err(error) => unusable(CliError::from(error)),
    }
}

/// The folder of the ledger, or the nearest above it that exists.
fn nearest_folder(path: &Path) -> PathBuf {
    let above = path.ancestors().skip(1).find(|folder| folder.is_dir());
    above.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

/// Tries whether a folder can be written, with a file that has no name where the system can do that.
pub(super) fn try_folder(folder: &Path) -> io::Result<()> {
    tempfile::tempfile_in(folder).map(drop)
}

#[cfg(unix)]
fn open_to_others(path: &Path, message: String) -> Check {
    use std::os::unix::fs::MetadataExt;
    let mode = fs::symlink_metadata(path).map(|metadata| metadata.mode() & 0o777);
    match mode {
        Ok(mode) if mode & 0o077 != 0 => {
            Check::ok(LEDGER, format!("{message}; others may read it ({mode:04o}) until the next run tightens that"))
        }
        Ok(mode) => Check::ok(LEDGER, format!("{message} by its owner alone ({mode:04o})")),
        Err(_) => Check::ok(LEDGER, message),
    }
}

#[cfg(not(unix))]
fn open_to_others(_path: &Path, message: String) -> Check {
    Check::ok(LEDGER, message)
}

fn lock(ledger: &Ledger) -> Check {
    match ledger.holder() {
        Ok(None) => Check::ok(LOCK, "free"),
        Ok(Some(holder)) => Check::warning(
            LOCK,
            format!("another run holds the ledger ({holder})"),
            "a run that begins now ends with 75; wait for that one to end",
        ),
        Err(error) => failed(LOCK, CliError { exit: ExitCode::Usage, ..CliError::from(error) }),
    }
}

async fn past(reader: &LedgerReader, doctor: &Doctor<'_>) -> Vec<Check> {
    let runs = match reader.runs(MOST_RUNS).await {
        Ok(runs) => runs,
        Err(error) => {
            return vec![failed(LAST_RUN, CliError::from(error)), Check::skipped(OPEN, "the ledger can't be read")];
        }
    };
    let newest = runs.iter().position(is_of_everything).map_or(runs.as_slice(), |place| &runs[..=place]);
    let open = open_events(reader, doctor, newest).await.unwrap_or_else(|error| failed(OPEN, error));
    vec![last_run(&runs), open]
}

/// Whether a run looked at everything in its scope, so that its outcome says how things are.
fn is_of_everything(run: &RunRecord) -> bool {
    run.command == "reconcile" && selection(run).is_none()
}

/// What a run was narrowed to, in its own words.
fn selection(run: &RunRecord) -> Option<String> {
    let totals: serde_json::Value = serde_json::from_str(run.totals.as_deref()?).ok()?;
    let words = totals.get("selection")?.as_str()?;
    (!words.is_empty()).then(|| visible_within(words, MOST_SELECTION, "...").into_owned())
}

/// How the last run of everything ended; `runs` are the newest first. What narrower runs ended with is
/// told as such, because it says nothing of the rest.
fn last_run(runs: &[RunRecord]) -> Check {
    let Some(newest) = runs.first() else { return Check::ok(LAST_RUN, "there was none yet") };
    if newest.outcome.is_none() || newest.finished_at.is_none() {
        let began = instant(newest.started_at);
        let message = format!("began at {began} and has not ended: it was killed, or is still at work");
        return Check::warning(LAST_RUN, message, "the next run first looks up what that one left in doubt");
    }
    let place = runs.iter().position(is_of_everything);
    let narrower = &runs[..place.unwrap_or(runs.len())];
    let mut message = match place {
        Some(place) => ended(&runs[place]),
        None => "no reconcile of everything is recorded".to_owned(),
    };
    if !narrower.is_empty() {
        let mut told: Vec<String> = narrower.iter().take(MOST_NARROWER).map(narrow).collect();
        if let Some(more) = narrower.len().checked_sub(MOST_NARROWER).filter(|more| *more > 0) {
            told.push(format!("{more} more"));
        }
        message.push_str(&format!("; narrower since then: {}", listed(&told)));
    }
    let is_clean = |run: &&RunRecord| run.outcome.as_deref() == Some("clean");
    let looked_at = &runs[..place.map_or(runs.len(), |place| place + 1)];
    match looked_at.iter().find(|run| !is_clean(run)) {
        None => Check::ok(LAST_RUN, message),
        Some(run) => Check::warning(LAST_RUN, message, format!("see `hookmend history {}`", run.run_id)),
    }
}

fn ended(run: &RunRecord) -> String {
    match (&run.outcome, run.finished_at) {
        (Some(outcome), Some(at)) => format!("ended {outcome} {} ago", length(Utc::now() - at)),
        (_, _) => format!("began at {} and did not end", instant(run.started_at)),
    }
}

/// A run that looked at a part only.
fn narrow(run: &RunRecord) -> String {
    match selection(run) {
        Some(words) => format!("{} of {words} {}", run.command, ended(run)),
        None => format!("{} {}", run.command, ended(run)),
    }
}

async fn open_events(reader: &LedgerReader, doctor: &Doctor<'_>, newest: &[RunRecord]) -> Result<Check, CliError> {
    let quarantined = reader.quarantined(None).await?;
    let mut webhooks: BTreeSet<WebhookId> = newest.iter().flat_map(|run| run.webhooks.iter().cloned()).collect();
    if let Ok(Scope::Webhooks(named)) = doctor.loaded.asked_scope() {
        webhooks.extend(named.into_iter().filter_map(|webhook| match webhook {
            WebhookRef::Id(id, _) => Some(id),
            WebhookRef::EventType(_) => None,
        }));
    }
    let mut in_doubt = 0;
    for webhook in webhooks.iter().take(MOST_WEBHOOKS) {
        let history = reader.of_webhook(webhook).await?;
        in_doubt += history.values().filter(|event| !event.open.is_empty()).count() as u64;
    }
    let events = |count: u64| counted(count, "event", "events");
    let waiting = quarantined.len() as u64;
    let doubtful = format!("{} in doubt, which the next run looks up first", events(in_doubt));
    Ok(match (waiting, in_doubt) {
        (0, 0) => Check::ok(OPEN, "nothing is in quarantine or in doubt"),
        (0, _) => Check::warning(OPEN, doubtful, "run hookmend reconcile"),
        (_, 0) => Check::warning(
            OPEN,
            format!("{} in quarantine", events(waiting)),
            "see `hookmend quarantine list`; release what may be tried again",
        ),
        (_, _) => Check::warning(
            OPEN,
            format!("{} in quarantine, {doubtful}", events(waiting)),
            "see `hookmend quarantine list`; release what may be tried again",
        ),
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::checkup::Verdict;
    use crate::event::Window;

    fn ran(command: &str, outcome: Option<&str>, selection: Option<&str>, hours_ago: i64) -> RunRecord {
        let at = Utc::now() - TimeDelta::hours(hours_ago);
        let totals = selection.map_or(serde_json::json!({}), |words| serde_json::json!({ "selection": words }));
        RunRecord {
            run_id: format!("run-{hours_ago}"),
            command: command.to_owned(),
            asked_by: String::new(),
            started_at: at,
            finished_at: outcome.map(|_| at),
            window: Window::new(at - TimeDelta::hours(1), at).unwrap(),
            webhooks: Vec::new(),
            outcome: outcome.map(str::to_owned),
            totals: Some(totals.to_string()),
            attempts: 0,
        }
    }

    #[test]
    fn a_narrower_run_does_not_stand_for_everything() {
        let left = ran("reconcile", Some("left"), None, 9);
        let runs = [
            ran("resend", Some("clean"), None, 1),
            ran("reconcile", Some("clean"), Some("status 502"), 2),
            left,
            ran("reconcile", Some("clean"), None, 20),
        ];
        let check = last_run(&runs);
        assert_eq!(check.verdict, Verdict::Warning, "{check:?}");
        assert!(check.message.starts_with("ended left 9"), "{check:?}");
        assert!(check.message.contains("; narrower since then: resend ended clean"), "{check:?}");
        assert!(check.message.contains("reconcile of status 502 ended clean"), "{check:?}");
        assert!(check.hint.is_some_and(|hint| hint.contains("run-9")));
        let check = last_run(&runs[..2]);
        assert!(check.message.starts_with("no reconcile of everything is recorded; narrower"), "{check:?}");
    }

    #[test]
    fn a_clean_run_of_everything_is_clean_unless_a_newer_run_says_otherwise() {
        let clean = ran("reconcile", Some("clean"), Some(""), 9);
        assert_eq!(last_run(std::slice::from_ref(&clean)).verdict, Verdict::Ok);
        let check = last_run(&[ran("resend", Some("clean"), None, 1), clean.clone()]);
        assert_eq!(check.verdict, Verdict::Ok);
        assert!(check.message.starts_with("ended clean 9"), "{check:?}");
        let check = last_run(&[ran("resend", Some("left"), None, 1), clean.clone()]);
        assert_eq!((check.verdict, check.hint.as_deref()), (Verdict::Warning, Some("see `hookmend history run-1`")));
        let killed = last_run(&[ran("resend", None, None, 1), clean]);
        assert!(killed.verdict == Verdict::Warning && killed.message.contains("has not ended"), "{killed:?}");
    }
}
