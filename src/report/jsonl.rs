//! JSON lines: tagged records as things happen, then the events of the report, then a summary.
//!
//! Each line is one whole record whose first field is its `type`. The stream is written from several
//! threads at once and a reader may go away at any moment; neither ever stops the run that is told
//! about here.

mod checkup;
mod inspect;
mod past;
mod vendor;

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::event::WebhookId;
use crate::monitor::{Monitor, RunEvent};
use crate::report::Format;
use crate::report::json::{
    CountsView, Detail, Document, EventView, ProblemView, Range, Time, UnlistedView, append_compact, told,
};
use crate::run_report::RunReport;

/// How many bytes of a finished report are gathered before they are written; always whole lines.
const BATCH_BYTES: usize = 64 * 1024;

/// Writes a finished report as JSON lines: its events, then the summary.
#[derive(Clone, Copy, Debug, Default)]
pub struct JsonLines;

impl Format for JsonLines {
    fn write_report(&self, report: &RunReport, out: &mut dyn Write) -> io::Result<()> {
        let mut batch = Vec::with_capacity(BATCH_BYTES + 1024);
        for webhook in &report.webhooks {
            for tracked in told(&webhook.events, report.told) {
                let record = Record::Event { webhook_id: webhook.webhook.as_str(), event: tracked.into() };
                append_line(&mut batch, &record)?;
                if batch.len() >= BATCH_BYTES {
                    out.write_all(&batch)?;
                    batch.clear();
                }
            }
        }
        for unlisted in report.audit.iter().flat_map(|audit| &audit.log.unknown_to_vendor) {
            append_line(&mut batch, &Record::UnknownToVendor(unlisted.into()))?;
        }
        append_line(&mut batch, &Record::Summary(Box::new(Document::new(report, Detail::WithoutEvents))))?;
        out.write_all(&batch)?;
        out.flush()
    }
}

/// A monitor that writes what happens as JSON lines.
///
/// Once a write fails nothing more is written, and the run goes on; [`JsonLinesMonitor::finish`]
/// tells of the failure.
#[derive(Debug)]
pub struct JsonLinesMonitor<W> {
    sink: Mutex<Sink<W>>,
}

#[derive(Debug)]
struct Sink<W> {
    out: W,
    line: Vec<u8>,
    state: SinkState,
}

#[derive(Debug)]
enum SinkState {
    /// Lines are written.
    Open,
    /// The reader went away, which is its right.
    Closed,
    /// A line could not be written.
    Broken(io::Error),
}

impl<W: Write + Send> JsonLinesMonitor<W> {
    /// A monitor that writes to `out`.
    pub fn new(out: W) -> Self {
        Self { sink: Mutex::new(Sink { out, line: Vec::new(), state: SinkState::Open }) }
    }

    /// Writes the events of the finished report and its summary.
    ///
    /// A reader that went away is no error.
    ///
    /// # Errors
    /// When a line could not be written, now or earlier.
    pub fn finish(&self, report: &RunReport) -> io::Result<()> {
        let mut sink = self.lock();
        if matches!(sink.state, SinkState::Open)
            && let Err(error) = JsonLines.write_report(report, &mut sink.out)
        {
            sink.fail(error);
        }
        match std::mem::replace(&mut sink.state, SinkState::Closed) {
            SinkState::Open | SinkState::Closed => Ok(()),
            SinkState::Broken(error) => Err(error),
        }
    }

    /// Ends the stream and returns what it was written to.
    pub fn into_inner(self) -> W {
        self.sink.into_inner().unwrap_or_else(PoisonError::into_inner).out
    }

    fn lock(&self) -> MutexGuard<'_, Sink<W>> {
        // A thread that panicked can at worst have left half a line in the buffer, which is cleared
        // before it is used again.
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<W: Write + Send> Monitor for JsonLinesMonitor<W> {
    fn notice(&self, event: &RunEvent) {
        let mut sink = self.lock();
        if let SinkState::Open = sink.state
            && let Err(error) = sink.write_line(&Record::of(event))
        {
            sink.fail(error);
        }
    }
}

impl<W: Write> Sink<W> {
    fn write_line(&mut self, record: &Record<'_>) -> io::Result<()> {
        self.line.clear();
        append_line(&mut self.line, record)?;
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    fn fail(&mut self, error: io::Error) {
        self.state = match error.kind() {
            io::ErrorKind::BrokenPipe => SinkState::Closed,
            _ => SinkState::Broken(error),
        };
    }
}

fn append_line(line: &mut Vec<u8>, record: &Record<'_>) -> io::Result<()> {
    append_compact(line, record)?;
    line.push(b'\n');
    Ok(())
}

/// One line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Record<'a> {
    Run {
        run_id: &'a str,
        command: &'a str,
        window: Range,
        webhooks: Vec<&'a str>,
    },
    Slices {
        webhook_id: &'a str,
        slices: usize,
    },
    Listing {
        webhook_id: &'a str,
        from: Time,
        to: Time,
        filter: &'static str,
        records: u64,
    },
    Halved {
        webhook_id: &'a str,
        from: Time,
        to: Time,
        reason: &'a str,
    },
    Log {
        wanted: u64,
        found: u64,
        lines: u64,
        ids: u64,
        unreadable: u64,
        first_unreadable: Option<&'a str>,
        bytes: u64,
    },
    Webhook {
        webhook_id: &'a str,
        name: &'a str,
        #[serde(flatten)]
        counts: CountsView,
    },
    Round {
        round: u32,
        resends: u64,
    },
    Attempt {
        webhook_id: &'a str,
        event_id: std::borrow::Cow<'a, str>,
        canary: bool,
        conclusion: &'static str,
        status_code: Option<u16>,
        detail: &'a str,
    },
    ReceiverDown {
        webhook_id: &'a str,
        name: &'a str,
        failures: u32,
    },
    Waiting {
        seconds: f64,
        reason: &'a str,
    },
    Confirmed {
        round: u32,
        recovered: u64,
        outstanding: u64,
    },
    Problem(ProblemView<'a>),
    Event {
        webhook_id: &'a str,
        #[serde(flatten)]
        event: EventView<'a>,
    },
    UnknownToVendor(UnlistedView<'a>),
    Summary(Box<Document<'a>>),
}

impl<'a> Record<'a> {
    fn of(event: &'a RunEvent) -> Self {
        match event {
            RunEvent::RunStarted { run_id, command, window, webhooks } => Self::Run {
                run_id,
                command,
                window: Range { from: Time(window.from()), to: Time(window.to()) },
                webhooks: webhooks.iter().map(WebhookId::as_str).collect(),
            },
            RunEvent::SlicesPlanned { webhook, slices } => {
                Self::Slices { webhook_id: webhook.as_str(), slices: *slices }
            }
            RunEvent::SliceListed { webhook, slice, filter, records } => Self::Listing {
                webhook_id: webhook.as_str(),
                from: Time(slice.from()),
                to: Time(slice.to()),
                filter: filter.name(),
                records: *records,
            },
            RunEvent::SliceHalved { webhook, slice, reason } => {
                Self::Halved { webhook_id: webhook.as_str(), from: Time(slice.from()), to: Time(slice.to()), reason }
            }
            RunEvent::LogRead { wanted, found, stats } => Self::Log {
                wanted: *wanted,
                found: *found,
                lines: stats.lines,
                ids: stats.ids,
                unreadable: stats.unreadable,
                first_unreadable: stats.first_unreadable.as_deref(),
                bytes: stats.bytes,
            },
            RunEvent::Diffed { webhook, name, counts } => {
                Self::Webhook { webhook_id: webhook.as_str(), name, counts: counts.into() }
            }
            RunEvent::RoundStarted { round, resends } => Self::Round { round: *round, resends: *resends },
            RunEvent::Attempted { webhook, event, canary, conclusion, status_code, detail } => Self::Attempt {
                webhook_id: webhook.as_str(),
                event_id: event.text(),
                canary: *canary,
                conclusion: conclusion.name(),
                status_code: *status_code,
                detail,
            },
            RunEvent::ReceiverDown { webhook, name, failures } => {
                Self::ReceiverDown { webhook_id: webhook.as_str(), name, failures: *failures }
            }
            RunEvent::Waiting { wait, reason } => Self::Waiting { seconds: wait.as_secs_f64(), reason },
            RunEvent::Confirmed { round, recovered, outstanding } => {
                Self::Confirmed { round: *round, recovered: *recovered, outstanding: *outstanding }
            }
            RunEvent::ProblemFound(problem) => Self::Problem(problem.into()),
        }
    }
}

#[cfg(test)]
mod tests;
