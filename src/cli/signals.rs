//! Signals: the first asks the run to stop and record what is in flight; a SIGINT after that ends
//! the process at once.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::sync::watch;

use crate::exit::ExitCode;
use crate::outcome::Signal;

/// How long telling the person that a signal was heard may take.
const LONGEST_WORD: Duration = Duration::from_millis(500);

/// What a signal leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// Ask the run to stop.
    Stop(Signal),
    /// End the process now.
    Leave,
    /// The run is stopping already.
    Nothing,
}

/// Decides what a signal leads to when `earlier` has come before it.
fn step(earlier: Option<Signal>, signal: Signal) -> Step {
    match (earlier, signal) {
        (None, signal) => Step::Stop(signal),
        (Some(_), Signal::Interrupt) => Step::Leave,
        (Some(_), Signal::Terminate) => Step::Nothing,
    }
}

/// Starts to listen, and returns what must be polled for signals to be heeded: it ends only when
/// nobody wants to be stopped any more. `stopping` is called once, before the run is asked to stop.
///
/// # Errors
/// When the system refuses to hand over signals.
pub fn watch(
    stop: watch::Sender<Option<Signal>>,
    stopping: impl FnOnce() + Send + 'static,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals::listen()?;
    let mut stopping = Some(stopping);
    Ok(async move {
        loop {
            let signal = tokio::select! {
                signal = signals.next() => signal,
                () = stop.closed() => return,
            };
            let earlier = *stop.borrow();
            match step(earlier, signal) {
                Step::Stop(signal) => {
                    // Said first, because after this the run may be over at any moment.
                    if let Some(stopping) = stopping.take() {
                        say(stopping).await;
                    }
                    stop.send_replace(Some(signal));
                }
                Step::Leave => std::process::exit(i32::from(ExitCode::Interrupted.number())),
                Step::Nothing => {}
            }
        }
    })
}

/// Says something, and waits for that only shortly: where nobody reads what is said, signals are heeded
/// all the same.
async fn say(words: impl FnOnce() + Send + 'static) {
    let saying = tokio::task::spawn_blocking(words);
    // Neither a late word nor a failed one keeps the run from stopping.
    let _ = tokio::time::timeout(LONGEST_WORD, saying).await;
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            // Nothing to listen to: never report a signal that did not come.
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_stops_the_run_and_a_second_interrupt_the_process() {
        assert_eq!(step(None, Signal::Interrupt), Step::Stop(Signal::Interrupt));
        assert_eq!(step(None, Signal::Terminate), Step::Stop(Signal::Terminate));
        assert_eq!(step(Some(Signal::Interrupt), Signal::Interrupt), Step::Leave);
        assert_eq!(step(Some(Signal::Terminate), Signal::Interrupt), Step::Leave);
        assert_eq!(step(Some(Signal::Interrupt), Signal::Terminate), Step::Nothing);
    }

    #[tokio::test]
    async fn a_word_that_nobody_reads_does_not_keep_signals_waiting() {
        let (release, held) = std::sync::mpsc::channel::<()>();
        say(move || assert!(held.recv().is_err())).await;
        drop(release);
    }

    #[tokio::test]
    async fn the_watch_ends_when_nobody_wants_to_be_stopped_any_more() {
        let (sender, receiver) = watch::channel(None);
        let watching = tokio::spawn(super::watch(sender, || {}).unwrap());
        drop(receiver);
        watching.await.unwrap();
    }
}
