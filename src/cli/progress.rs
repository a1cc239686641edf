//! What is shown on stderr while a run goes on: a progress line on a terminal, and with `-v` one
//! plain line for each thing that happens.
//!
//! Both only watch. What they show is made visible first, because reasons and details may quote the
//! vendor.

use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::attempt::Conclusion;
use crate::monitor::{Monitor, RunEvent};
use crate::report::human::Symbols;
use crate::report::text::{counted, duration, grouped, instant, visible_within};

/// How often the line moves while nothing happens.
const TICK: Duration = Duration::from_millis(120);
/// The most characters of one diagnostic line.
const MOST_LINE: usize = 2_000;
/// From this length on a wait is told by its end.
const LONG_WAIT: Duration = Duration::from_secs(10);
/// The most characters of a reason in the progress line.
const MOST_REASON: usize = 80;
/// The most webhooks that one diagnostic line names.
const MOST_WEBHOOKS: usize = 20;

/// Whether a progress line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// It is.
    Shown,
    /// It is not.
    Hidden,
}

/// Tells several monitors.
pub struct Tee(Vec<Arc<dyn Monitor>>);

impl Tee {
    /// A monitor that tells these, in this order.
    pub fn new(monitors: Vec<Arc<dyn Monitor>>) -> Self {
        Self(monitors)
    }
}

impl Monitor for Tee {
    fn notice(&self, event: &RunEvent) {
        for monitor in &self.0 {
            monitor.notice(event);
        }
    }
}

/// The progress line.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    symbols: Symbols,
    state: Mutex<State>,
    /// Whether the line moves by itself.
    begun: Once,
}

impl Progress {
    /// A progress line on stderr that is drawn at once. Whatever is asked for, nothing is drawn where
    /// stderr is no terminal.
    pub fn on_stderr(drawing: Drawing, symbols: Symbols) -> Self {
        let progress = Self::unbegun_on_stderr(drawing, symbols);
        progress.begin();
        progress
    }

    /// The same, but drawn only once there is something to tell: nobody knows yet whether the run goes on.
    pub fn unbegun_on_stderr(drawing: Drawing, symbols: Symbols) -> Self {
        let target = match drawing {
            Drawing::Shown => ProgressDrawTarget::stderr(),
            Drawing::Hidden => ProgressDrawTarget::hidden(),
        };
        Self::on(target, symbols)
    }

    fn on(target: ProgressDrawTarget, symbols: Symbols) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(style(Shape::Spinner, symbols));
        bar.set_prefix(Phase::Starting.label());
        Self { bar, symbols, state: Mutex::new(State::default()), begun: Once::new() }
    }

    fn begin(&self) {
        if !self.bar.is_hidden() {
            self.begun.call_once(|| self.bar.enable_steady_tick(TICK));
        }
    }

    /// Removes the line for good; called before the report is written.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    /// Does something with the terminal while the line is out of the way.
    pub fn aside<T>(&self, act: impl FnOnce() -> T) -> T {
        self.bar.suspend(act)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is a few counters; whatever a panic left in them is good enough to be drawn.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Monitor for Progress {
    fn notice(&self, event: &RunEvent) {
        if self.bar.is_hidden() || self.bar.is_finished() {
            return;
        }
        let mut state = self.lock();
        let before = (state.phase, state.rounds, state.shape());
        state.take(event, Utc::now());
        if (state.phase, state.rounds) != (before.0, before.1) {
            // Rates and remaining times are those of the phase.
            self.bar.reset();
        }
        let (position, length) = state.extent();
        self.bar.set_length(length);
        self.bar.set_position(position);
        self.bar.set_message(state.message());
        if state.phase != before.0 {
            self.bar.set_prefix(state.phase.label());
        }
        if state.shape() != before.2 {
            self.bar.set_style(style(state.shape(), self.symbols));
            self.bar.tick();
        }
        self.begin();
    }
}

/// What the run is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Starting,
    Listing,
    Reading,
    Resending,
    Confirming,
}

/// What the line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Spinner,
    Bar,
    TimedBar,
}

impl Phase {
    fn label(self) -> &'static str {
        match self {
            Self::Starting => "Starting",
            Self::Listing => "Listing events",
            Self::Reading => "Reading the received log",
            Self::Resending => "Resending",
            Self::Confirming => "Confirming",
        }
    }
}

fn style(shape: Shape, symbols: Symbols) -> ProgressStyle {
    let template = match shape {
        Shape::Spinner => "{spinner} {prefix}  {wide_msg}",
        Shape::Bar => "{spinner} {prefix} {bar:16} {human_pos}/{human_len}  {wide_msg}",
        Shape::TimedBar => "{spinner} {prefix} {bar:16} {human_pos}/{human_len}  {per_sec:1}, {eta} left  {wide_msg}",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
    match symbols {
        Symbols::Unicode => style.progress_chars("━╸─"),
        Symbols::Ascii => style.progress_chars("=>-").tick_chars("-\\|/-"),
    }
}

/// What the progress line counts.
#[derive(Clone, Debug, Default)]
struct State {
    phase: Phase,
    rounds: u32,
    slices: u64,
    slices_done: u64,
    records: u64,
    resends: u64,
    answered: u64,
    refused: u64,
    in_doubt: u64,
    recovered: u64,
    waiting: Option<String>,
    note: Option<String>,
    /// Webhooks to which nothing more is sent.
    stopped: Vec<String>,
}

impl State {
    fn take(&mut self, event: &RunEvent, now: DateTime<Utc>) {
        match event {
            RunEvent::RunStarted { .. } | RunEvent::ProblemFound(_) => {}
            RunEvent::SlicesPlanned { slices, .. } => self.plan_slices(*slices as u64),
            RunEvent::SliceListed { records, .. } => {
                self.records += records;
                self.finish_slice();
            }
            RunEvent::SliceHalved { .. } => self.finish_slice(),
            RunEvent::LogRead { wanted, found, .. } => {
                self.waiting = None;
                self.note = Some(format!("it holds {} of {} ids", grouped(*found), grouped(*wanted)));
            }
            RunEvent::Diffed { name, counts, .. } => {
                let name = visible_within(name, MOST_REASON, "…");
                self.note = Some(format!("{name}: {} missing", grouped(counts.missing)));
            }
            RunEvent::RoundStarted { round, resends } => {
                self.phase = Phase::Resending;
                self.rounds = *round;
                self.resends = *resends;
                (self.answered, self.refused, self.in_doubt) = (0, 0, 0);
                self.waiting = None;
            }
            RunEvent::Attempted { conclusion, .. } => self.answer(*conclusion),
            RunEvent::ReceiverDown { name, .. } => {
                self.stopped.push(visible_within(name, MOST_REASON, "…").into_owned());
            }
            RunEvent::Waiting { wait, reason } => self.waiting = Some(describe_wait(*wait, reason, now)),
            RunEvent::Confirmed { recovered, .. } => {
                self.recovered = *recovered;
                self.waiting = None;
            }
        }
    }

    fn plan_slices(&mut self, slices: u64) {
        let phase = if self.rounds == 0 { Phase::Listing } else { Phase::Confirming };
        if self.phase == Phase::Resending {
            (self.slices, self.slices_done, self.records) = (0, 0, 0);
        }
        self.phase = phase;
        self.slices += slices;
        self.note = None;
    }

    fn finish_slice(&mut self) {
        self.waiting = None;
        self.slices_done += 1;
        // Once all slices are there, the log is what comes next; it is only told of when it was read.
        if self.phase == Phase::Listing && self.slices_done >= self.slices {
            self.phase = Phase::Reading;
        }
    }

    fn answer(&mut self, conclusion: Conclusion) {
        self.waiting = None;
        match conclusion {
            Conclusion::Accepted => self.answered += 1,
            Conclusion::Refused => {
                self.answered += 1;
                self.refused += 1;
            }
            Conclusion::InDoubt => {
                self.answered += 1;
                self.in_doubt += 1;
            }
            // These are sent again.
            Conclusion::NotSent | Conclusion::Rejected => {}
        }
    }

    fn shape(&self) -> Shape {
        match self.phase {
            Phase::Starting | Phase::Reading => Shape::Spinner,
            Phase::Listing | Phase::Confirming => Shape::Bar,
            // A rate tells nothing before the first answer, and a wait needs the room.
            Phase::Resending if self.answered == 0 || self.waiting.is_some() => Shape::Bar,
            Phase::Resending => Shape::TimedBar,
        }
    }

    /// Position and length of the bar.
    fn extent(&self) -> (u64, u64) {
        let (position, length) = match self.phase {
            Phase::Starting | Phase::Reading => (0, 0),
            Phase::Listing | Phase::Confirming => (self.slices_done, self.slices),
            Phase::Resending => (self.answered, self.resends),
        };
        (position.min(length), length)
    }

    fn message(&self) -> String {
        if let Some(waiting) = &self.waiting {
            return waiting.clone();
        }
        match self.phase {
            Phase::Starting => String::new(),
            Phase::Listing => counted(self.records, "record", "records"),
            Phase::Reading => self.note.clone().unwrap_or_default(),
            Phase::Confirming => format!("{} recovered so far", grouped(self.recovered)),
            Phase::Resending => {
                // What a person must know comes first, because a narrow terminal cuts the end off.
                let accepted = self.answered - self.refused - self.in_doubt;
                let parts = [
                    (self.refused, "refused"),
                    (self.in_doubt, "in doubt"),
                    (accepted, "to be confirmed"),
                    (self.recovered, "recovered"),
                ];
                let told = parts.into_iter().filter(|(number, _)| *number > 0);
                let told =
                    told.map(|(number, what)| format!("{} {what}", grouped(number))).collect::<Vec<_>>().join(", ");
                let stopped = match self.stopped.as_slice() {
                    [] => String::new(),
                    [only] => format!("{only}: the receiver refuses, so no more is sent to it"),
                    several => format!("{} receivers refuse, so no more is sent to them", several.len()),
                };
                [stopped, told].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// A wait as the progress line tells it: a long one by its end, because the line does not count down.
fn describe_wait(wait: Duration, reason: &str, now: DateTime<Utc>) -> String {
    // What stands behind a semicolon is how long the vendor asks to wait, which is told already.
    let reason = visible_within(reason.split(';').next().unwrap_or_default(), MOST_REASON, "…");
    let end = TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait));
    match end {
        Some(end) if wait >= LONG_WAIT => format!("waiting until {}: {reason}", end.format("%H:%M:%SZ")),
        Some(_) | None => format!("waiting {}: {reason}", duration(wait)),
    }
}

/// Writes one plain line for each thing that happens.
#[derive(Debug)]
pub struct Verbose<W> {
    out: Mutex<W>,
    progress: Arc<Progress>,
}

impl<W: Write + Send> Verbose<W> {
    /// A monitor that writes to `out`, and moves the progress line out of the way to do so.
    pub fn new(out: W, progress: Arc<Progress>) -> Self {
        Self { out: Mutex::new(out), progress }
    }

    /// Writes one diagnostic line.
    pub fn line(&self, line: &str) {
        let line = visible_within(line, MOST_LINE, "…");
        self.progress.aside(|| {
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            // Diagnostics that nobody can read any more are no reason to stop a run.
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        });
    }
}

impl<W: Write + Send> Monitor for Verbose<W> {
    fn notice(&self, event: &RunEvent) {
        self.line(&describe(event));
    }
}

/// What happened, in one line.
fn describe(event: &RunEvent) -> String {
    match event {
        RunEvent::RunStarted { run_id, command, window, webhooks } => {
            let mut named: Vec<_> = webhooks.iter().take(MOST_WEBHOOKS).map(|webhook| webhook.as_str()).collect();
            if webhooks.len() > MOST_WEBHOOKS {
                named.push("…");
            }
            let webhooks = counted(webhooks.len() as u64, "webhook", "webhooks");
            let (from, to) = (instant(window.from()), instant(window.to()));
            format!("run {run_id}: {command}, events of {from} to {to}, {webhooks}: {}", named.join(", "))
        }
        RunEvent::SlicesPlanned { webhook, slices } => {
            format!("{webhook}: {} to list", counted(*slices as u64, "slice", "slices"))
        }
        RunEvent::SliceListed { webhook, slice, filter, records } => {
            let (from, to) = (instant(slice.from()), instant(slice.to()));
            let records = counted(*records, "record", "records");
            format!("{webhook}: listed {from} to {to}, filter {}: {records}", filter.name())
        }
        RunEvent::SliceHalved { webhook, slice, reason } => {
            let (from, to) = (instant(slice.from()), instant(slice.to()));
            format!("{webhook}: {from} to {to} is asked for again in halves: {reason}")
        }
        RunEvent::LogRead { wanted, found, stats } => {
            let lines = counted(stats.lines, "line", "lines");
            let mut text = format!("received log: {lines} read, {} of {} ids found", grouped(*found), grouped(*wanted));
            if stats.unreadable > 0 {
                let lines = counted(stats.unreadable, "line", "lines");
                let first = stats.first_unreadable.as_deref().unwrap_or("not noted");
                text.push_str(&format!(", {lines} not understood (first: {first})"));
            }
            let least = if stats.is_sample { "at least " } else { "" };
            text.push_str(&format!("; {least}{} with an id", counted(stats.ids, "line", "lines")));
            if let (Some(first), Some(last)) = (stats.first_time, stats.last_time) {
                text.push_str(&format!(", from {} to {}", instant(first), instant(last)));
            }
            text
        }
        RunEvent::Diffed { webhook, name, counts } => format!(
            "{name} ({webhook}): {} listed, {} failed, {} in the log, {} missing, {} unacknowledged, \
             {} lost after ack, {} too young, {} unknown",
            grouped(counts.listed),
            grouped(counts.failed),
            grouped(counts.received),
            grouped(counts.missing),
            grouped(counts.unacknowledged),
            grouped(counts.lost_after_ack),
            grouped(counts.too_young),
            grouped(counts.unknown),
        ),
        RunEvent::RoundStarted { round, resends } => {
            format!("round {round}: {}", counted(*resends, "event to resend", "events to resend"))
        }
        RunEvent::Attempted { webhook, event, canary, conclusion, status_code, detail } => {
            let canary = if *canary { "canary " } else { "" };
            let status = status_code.map_or_else(String::new, |code| format!(" ({code})"));
            let conclusion = conclusion.name().replace('_', " ");
            format!("{webhook}: {canary}resend of {event}: {conclusion}{status}: {detail}")
        }
        RunEvent::ReceiverDown { webhook, name, failures } => {
            let failures = counted(u64::from(*failures), "delivery", "deliveries");
            format!("{name} ({webhook}): the receiver refused {failures} in a row, so no more is sent to it")
        }
        RunEvent::Waiting { wait, reason } => format!("waiting {}: {reason}", duration(*wait)),
        RunEvent::Confirmed { round, recovered, outstanding } => {
            format!("round {round}: {} recovered so far, {} outstanding", grouped(*recovered), grouped(*outstanding))
        }
        RunEvent::ProblemFound(problem) if problem.hint.is_empty() => {
            format!("problem ({}): {}", problem.kind.name(), problem.message)
        }
        RunEvent::ProblemFound(problem) => {
            format!("problem ({}): {} (hint: {})", problem.kind.name(), problem.message, problem.hint)
        }
    }
}

#[cfg(test)]
mod tests;
