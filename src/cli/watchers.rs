//! Tells those who watch runs from outside: the dead man's switch and the file of metrics. Whatever
//! goes wrong here is a warning; it never changes how a run ends.
//!
//! A run that finds another one at work tells nobody: the other one does, and a report of this one
//! would hide it. The warnings are shown with `-q` too, because whoever asked for a watch believes
//! that it is kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::console::{Console, say};
use crate::cli::errors::CliError;
use crate::cli::replace::replace;
use crate::cli::wiring::Adapters;
use crate::config::{Job, Watching};
use crate::exit::ExitCode;
use crate::heartbeat::{Beat, Heartbeat, HeartbeatError};
use crate::outcome::Signal;
use crate::report::Format as _;
use crate::report::human::paragraph;
use crate::report::metrics::{Metrics, NeverBegan, named};
use crate::report::text::{grouped, visible};
use crate::run_report::RunReport;

/// Who watches one run.
pub struct Watchers {
    job: Job,
    started_at: DateTime<Utc>,
    heartbeat: Option<Arc<dyn Heartbeat>>,
    metrics: Option<PathBuf>,
}

/// The word that a run has begun, while it is on its way.
#[must_use]
pub struct Begun(Option<JoinHandle<Result<(), HeartbeatError>>>);

impl Watchers {
    /// Makes ready to tell; nothing is told yet.
    pub fn new(job: Job, started_at: DateTime<Utc>, watching: &Watching, adapters: &dyn Adapters) -> Self {
        let make = |url| match adapters.heartbeat(url, watching.ca_file.as_deref()) {
            Ok(heartbeat) => Some(heartbeat),
            Err(error) => {
                warn(&error.to_string());
                None
            }
        };
        let heartbeat = watching.ping.as_ref().and_then(make);
        Self { job, started_at, heartbeat, metrics: watching.metrics.clone() }
    }

    /// Tells that the run begins, beside the run and not before it: a switch that is slow to answer
    /// holds nothing up. To be called within a runtime.
    pub fn begin(&self) -> Begun {
        let text = format!("hookmend {} begins.", self.job.name());
        let tell = |heartbeat: &Arc<dyn Heartbeat>| {
            let heartbeat = Arc::clone(heartbeat);
            tokio::spawn(async move { heartbeat.send(Beat::Started, &text).await })
        };
        Begun(self.heartbeat.as_ref().map(tell))
    }

    /// Tells how the run ended. A signal in the meantime leaves the switch untold.
    pub async fn ended(
        &self,
        begun: Begun,
        report: &RunReport,
        mut stop: watch::Receiver<Option<Signal>>,
        console: Console,
    ) {
        self.write_metrics(|metrics, bytes| metrics.write_report(report, bytes));
        let Some(heartbeat) = &self.heartbeat else { return };
        let text = format!("{} {}", paragraph(report), counts(report));
        let tell = async {
            // In this order, or the switch would take the run for one that goes on.
            if let Some(Ok(Err(error))) = settled(begun).await {
                console.warn(&error.to_string());
            }
            if let Err(error) = heartbeat.send(Beat::Ended(report.exit_code), &text).await {
                warn(&error.to_string());
            }
        };
        stop.mark_unchanged();
        tokio::select! {
            () = tell => {}
            _ = stop.changed() => {}
        }
    }

    /// Tells that the run could not begin.
    pub fn never_began(&self, error: &CliError) {
        if error.exit == ExitCode::Locked {
            return;
        }
        let run = NeverBegan {
            command: self.job.name(),
            exit_code: error.exit,
            started_at: self.started_at,
            finished_at: Utc::now(),
        };
        self.write_metrics(|metrics, bytes| metrics.write_failure(&run, bytes));
        let Some(heartbeat) = &self.heartbeat else { return };
        let text = error.paragraph();
        let told = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map(|runtime| runtime.block_on(heartbeat.send(Beat::Ended(error.exit), &text)));
        match told {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn(&error.to_string()),
            Err(error) => warn(&error.to_string()),
        }
    }

    fn write_metrics(&self, write: impl FnOnce(&Metrics, &mut Vec<u8>) -> std::io::Result<()>) {
        let Some(path) = &self.metrics else { return };
        let mut bytes = Vec::new();
        let written = write(&Metrics::of_task(task(path)), &mut bytes).and_then(|()| replace(path, &bytes));
        if let Err(error) = written {
            warn(&format!("could not write the metrics to {}: {error}", path.display()));
        }
    }
}

async fn settled(begun: Begun) -> Option<Result<Result<(), HeartbeatError>, tokio::task::JoinError>> {
    match begun.0 {
        Some(told) => Some(told.await),
        None => None,
    }
}

/// The name under which a file's metrics stand: two files of one folder never share it.
fn task(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// All counts of a run in one sentence.
fn counts(report: &RunReport) -> String {
    let parts: Vec<String> = named(&report.totals)
        .into_iter()
        .map(|(name, count)| format!("{} {}", grouped(count), name.replace('_', " ")))
        .collect();
    format!("Events: {}.", parts.join(", "))
}

fn warn(text: &str) {
    say(&format!("warning: {}", visible(text)));
}
