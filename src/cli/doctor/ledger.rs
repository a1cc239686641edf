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
use crate::report::text::{counted, instant};

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
    let last = match reader.runs(1).await {
        Ok(runs) => runs.into_iter().next(),
        Err(error) => {
            return vec![failed(LAST_RUN, CliError::from(error)), Check::skipped(OPEN, "the ledger can't be read")];
        }
    };
    let open = open_events(reader, doctor, last.as_ref()).await.unwrap_or_else(|error| failed(OPEN, error));
    vec![last_run(last.as_ref()), open]
}

fn last_run(last: Option<&RunRecord>) -> Check {
    let Some(run) = last else { return Check::ok(LAST_RUN, "there was none yet") };
    let ago = length(Utc::now() - run.finished_at.unwrap_or(run.started_at));
    match (&run.outcome, run.finished_at) {
        (Some(outcome), Some(_)) if outcome == "clean" => Check::ok(LAST_RUN, format!("ended clean {ago} ago")),
        (Some(outcome), Some(_)) => Check::warning(
            LAST_RUN,
            format!("ended {outcome} {ago} ago"),
            format!("see `hookmend history {}`", run.run_id),
        ),
        _ => Check::warning(
            LAST_RUN,
            format!("began at {} and has not ended: it was killed, or is still at work", instant(run.started_at)),
            "the next run first looks up what that one left in doubt",
        ),
    }
}

async fn open_events(reader: &LedgerReader, doctor: &Doctor<'_>, last: Option<&RunRecord>) -> Result<Check, CliError> {
    let quarantined = reader.quarantined(None).await?;
    let mut webhooks: BTreeSet<WebhookId> = last.iter().flat_map(|run| run.webhooks.iter().cloned()).collect();
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
