//! How single commands call the provider, outside of a run: one request at a time, reads tried again
//! for a while, writes sent once. It decides nothing about events and knows no command.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::attempt::ResendEnd;
use crate::cli::approve::{Terminals, ask_once};
use crate::cli::console::{self, Console};
use crate::cli::errors::CliError;
use crate::cli::past;
use crate::cli::signals;
use crate::cli::wiring::{Adapters, Workshop};
use crate::config::suggest::nearest;
use crate::config::{Consent, Flags, Loaded, OutputSettings, ProviderSettings, Surroundings};
use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::outcome::Signal;
use crate::pace::retry::{Retry, back_off};
use crate::provider::{Provider, ProviderError, Webhook};
use crate::reconcile::{Approval, Scope, WebhookRef};
use crate::report::mask;
use crate::report::past::Names;
use crate::report::text::duration;

/// Requests for one thing before a failing vendor is given up: about three seconds of back-off.
const MAX_TRIES: u32 = 4;
/// How long one read may wait in all for a vendor that throttles or fails.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long a stopped command waits for the answer to a write. It is shorter than what service managers
/// grant before they kill.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// What these commands need of the settings: the provider and how to show what it says.
pub struct VendorSettings {
    /// How it is shown.
    pub output: OutputSettings,
    /// What webhooks are called.
    pub names: Names,
    /// Everything that was set, for what one command needs beyond that.
    pub loaded: Loaded,
    /// Where diagnostics go.
    pub console: Console,
    provider: ProviderSettings,
}

impl VendorSettings {
    /// Resolves them; fetches the keys and sends nothing.
    ///
    /// # Errors
    /// When the settings can't be read, one of these few can't be used, or a key is missing.
    pub fn resolve(flags: Flags, surroundings: &Surroundings) -> Result<Self, CliError> {
        let console = Console { verbosity: flags.verbosity };
        let loaded = Loaded::load(flags, surroundings)?;
        loaded.warnings().iter().for_each(|warning| console.warn(warning));
        let output = loaded.output()?;
        let provider = loaded.vendor()?;
        let file = loaded.file().map_or_else(|| "none found".to_owned(), |path| path.display().to_string());
        console.detail(&format!("settings file: {file}"));
        console.detail(&format!("vendor: {} at {}", provider.kind.name(), provider.base_url));
        Ok(Self { output, names: past::names(&loaded), loaded, console, provider })
    }

    /// Makes the provider and does `work` with it, until it is done or a signal stops it.
    ///
    /// # Errors
    /// Those of `work`, or when the settings do not make a provider.
    pub fn call<T>(
        &self,
        surroundings: &Surroundings,
        work: impl AsyncFnOnce(&Vendor) -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        let provider = Workshop::new(&surroundings.environment).provider(&self.provider)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let ended = runtime.block_on(async {
            let (sender, stop) = watch::channel(None);
            tokio::spawn(signals::watch(sender, || {})?);
            let vendor = Vendor { provider, console: self.console, stop, heard: AtomicBool::new(false) };
            Box::pin(work(&vendor)).await
        });
        // A question that nobody answered may still stand on its thread.
        runtime.shutdown_background();
        ended
    }
}

/// Why something that was asked of the vendor was not had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The vendor's answer, or that there was none.
    Vendor(ProviderError),
    /// A signal came first.
    Stopped(Signal),
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Vendor(error) => Self::from(error),
            Failure::Stopped(signal) => stopped(signal, "stopped before the vendor answered"),
        }
    }
}

impl From<ProviderError> for CliError {
    fn from(error: ProviderError) -> Self {
        let exit = exit_of(&error);
        let words = words(&error);
        let message = match exit {
            ExitCode::Unavailable => format!("the vendor can't be reached or keeps failing: {words}"),
            _ => words,
        };
        Self::new(exit, message).hint(error.hint())
    }
}

/// The error's words; the vendor may repeat a URL in them that holds a secret.
fn words(error: &ProviderError) -> String {
    mask::in_text(&error.to_string()).into_owned()
}

/// The error of a command that a signal stopped.
pub fn stopped(signal: Signal, message: &str) -> CliError {
    let exit = match signal {
        Signal::Interrupt => ExitCode::Interrupted,
        Signal::Terminate => ExitCode::Terminated,
    };
    CliError::new(exit, message)
}

/// What the process ends with when the vendor answers like this.
fn exit_of(error: &ProviderError) -> ExitCode {
    match error {
        ProviderError::CredentialsRefused { .. } => ExitCode::Refused,
        ProviderError::Unaddressable { .. }
        | ProviderError::UnknownPath { .. }
        | ProviderError::NotFound { .. }
        | ProviderError::Rejected { .. }
        | ProviderError::Redirected { .. } => ExitCode::Usage,
        ProviderError::NotSent { .. }
        | ProviderError::Throttled { .. }
        | ProviderError::QuotaExhausted { .. }
        | ProviderError::Server { .. }
        | ProviderError::TimedOut { .. }
        | ProviderError::Interrupted { .. }
        | ProviderError::Unreadable { .. }
        | ProviderError::TooLarge { .. } => ExitCode::Unavailable,
    }
}

/// The error of a write that failed: either nothing happened, or nobody knows. `done` says what would have
/// happened, as in "the webhook was deleted"; `look` says how to see whether it did.
pub fn write_error(failure: Failure, done: &str, look: &str) -> CliError {
    let error = match failure {
        Failure::Stopped(signal) => return stopped(signal, "stopped; nothing was sent, so nothing was changed"),
        Failure::Vendor(error) => error,
    };
    match error.resend_end() {
        ResendEnd::Unanswered => {
            CliError::new(ExitCode::Unavailable, format!("it is not known whether {done}: {}", words(&error)))
                .hint(format!("it was asked for once and is not tried again; {look}"))
        }
        ResendEnd::NotSent | ResendEnd::Rejected | ResendEnd::Answered(_) => {
            let exit = exit_of(&error);
            let hint = match &error {
                ProviderError::Rejected { .. } => "the vendor's words say what it does not accept; nothing was changed",
                other => other.hint(),
            };
            CliError::new(exit, format!("nothing was changed: {}", words(&error))).hint(hint)
        }
    }
}

/// How often and for how long a read is tried again.
struct Patience {
    retry: Retry,
    pauses: u32,
    waited: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { retry: Retry::new(MAX_TRIES), pauses: 0, waited: Duration::ZERO }
    }

    /// How long to wait after this failure, or `None` to give up.
    fn after(&mut self, error: &ProviderError, jitter: f64) -> Option<Duration> {
        let wait = match error {
            ProviderError::Throttled { retry_after } | ProviderError::QuotaExhausted { retry_after } => {
                self.pauses += 1;
                let asked = retry_after.filter(|wait| !wait.is_zero());
                asked.unwrap_or_else(|| back_off(self.pauses - 1, jitter))
            }
            ProviderError::Server { retry_after, .. } => {
                self.retry.failed(jitter)?.max(retry_after.unwrap_or_default())
            }
            ProviderError::NotSent { .. } | ProviderError::Interrupted { .. } => self.retry.failed(jitter)?,
            // A person waits: a time-out was long enough, and the others would be answered alike.
            ProviderError::TimedOut { .. }
            | ProviderError::Unreadable { .. }
            | ProviderError::TooLarge { .. }
            | ProviderError::Unaddressable { .. }
            | ProviderError::CredentialsRefused { .. }
            | ProviderError::UnknownPath { .. }
            | ProviderError::NotFound { .. }
            | ProviderError::Rejected { .. }
            | ProviderError::Redirected { .. } => return None,
        };
        self.waited = self.waited.saturating_add(wait);
        (self.waited <= LONGEST_WAIT).then_some(wait)
    }
}

/// The vendor, as a command calls it.
pub struct Vendor {
    provider: Arc<dyn Provider>,
    console: Console,
    stop: watch::Receiver<Option<Signal>>,
    /// Whether anything was answered as it should be.
    heard: AtomicBool,
}

impl Vendor {
    /// Asks for something that changes nothing, and tries again for a while when the vendor throttles,
    /// fails or can't be reached.
    ///
    /// # Errors
    /// When the vendor answers otherwise, or a signal comes first.
    pub async fn read<T>(
        &self,
        mut ask: impl AsyncFnMut(&dyn Provider) -> Result<T, ProviderError>,
    ) -> Result<T, Failure> {
        let mut patience = Patience::new();
        loop {
            let error = match self.unless_stopped(ask(self.provider.as_ref())).await? {
                Ok(answer) => {
                    self.heard.store(true, Ordering::Relaxed);
                    return Ok(answer);
                }
                // An address that has answered is right, so what it does not know is the thing asked for.
                Err(ProviderError::UnknownPath { message }) if self.heard.load(Ordering::Relaxed) => {
                    ProviderError::NotFound { message }
                }
                Err(error) => error,
            };
            let Some(wait) = patience.after(&error, fastrand::f64()) else { return Err(Failure::Vendor(error)) };
            self.console.note(&format!("{}; trying again in {}", words(&error), duration(wait)));
            self.unless_stopped(tokio::time::sleep(wait)).await?;
        }
    }

    /// Asks once for something that changes something. After a signal its answer is awaited for a while
    /// only; then it counts as lost.
    ///
    /// # Errors
    /// When the vendor answers otherwise, or a signal came before anything was sent.
    pub async fn write<T>(
        &self,
        ask: impl AsyncFnOnce(&dyn Provider) -> Result<T, ProviderError>,
    ) -> Result<T, Failure> {
        if let Some(signal) = *self.stop.borrow() {
            return Err(Failure::Stopped(signal));
        }
        let begun = std::time::Instant::now();
        let abandoned = async {
            self.stopped().await;
            self.console.note("stopping: waiting for the answer to what was sent; interrupt again to stop at once");
            tokio::time::sleep(STOP_GRACE).await;
        };
        tokio::select! {
            biased;
            answer = ask(self.provider.as_ref()) => answer.map_err(Failure::Vendor),
            () = abandoned => {
                let after = Duration::from_secs(begun.elapsed().as_secs());
                Err(Failure::Vendor(ProviderError::TimedOut { after }))
            }
        }
    }

    /// Tells a person what is about to be done, in lines that are made visible already, and asks for a
    /// plain yes where one is needed.
    ///
    /// # Errors
    /// When nobody can be asked, the terminal can't be used, or a signal comes instead of an answer.
    pub async fn agreed(&self, consent: Consent, told: &[String], question: &str) -> Result<Approval, CliError> {
        match consent {
            Consent::Given => {
                told.iter().for_each(|line| self.console.note(line));
                return Ok(Approval::Granted);
            }
            // Whoever is asked is told what it is about, however quiet it is to be.
            Consent::Ask if Terminals::look().can_ask() => told.iter().for_each(|line| console::say(line)),
            Consent::Ask => {
                told.iter().for_each(|line| self.console.note(line));
                return Err(CliError::new(
                    ExitCode::Usage,
                    "nothing was changed: there is no terminal to ask for agreement on",
                )
                .hint("say --yes to do it without being asked"));
            }
        }
        // Standard error is not locked: whoever is to be told of the signal would wait for the answer too.
        let question = question.to_owned();
        let asked =
            tokio::task::spawn_blocking(move || ask_once(&question, &mut io::stdin().lock(), &mut io::stderr()));
        match self.unless_stopped(asked).await {
            Ok(Ok(answer)) => Ok(answer?),
            Ok(Err(_)) => Ok(Approval::Denied),
            Err(failure) => {
                // The line of the question is left first.
                console::say("");
                Err(match failure {
                    Failure::Stopped(signal) => stopped(signal, "stopped; nothing was changed"),
                    Failure::Vendor(error) => error.into(),
                })
            }
        }
    }

    /// The webhooks that are in scope, each with what it is called; the vendor is asked only when that
    /// can't be told without it.
    ///
    /// # Errors
    /// When the vendor can't be asked or there is no such webhook.
    pub async fn in_scope(&self, scope: &Scope) -> Result<Vec<(WebhookId, String)>, CliError> {
        let asks = match scope {
            Scope::AllWebhooks => true,
            Scope::Webhooks(webhooks) => webhooks.iter().any(|webhook| matches!(webhook, WebhookRef::EventType(_))),
        };
        let known = if asks { self.webhooks().await? } else { Vec::new() };
        let mut found: Vec<(WebhookId, String)> = Vec::new();
        let mut add = |id: &WebhookId, label: &str| {
            if !found.iter().any(|(known, _)| known == id) {
                found.push((id.clone(), label.to_owned()));
            }
        };
        match scope {
            Scope::AllWebhooks if known.is_empty() => {
                return Err(CliError::new(ExitCode::Usage, "the vendor lists no webhooks for these keys")
                    .hint("check that the keys belong to the right company, or name webhooks with --webhook"));
            }
            Scope::AllWebhooks => known.iter().for_each(|webhook| add(&webhook.id, &webhook.event_type)),
            Scope::Webhooks(webhooks) => {
                for webhook in webhooks {
                    match webhook {
                        WebhookRef::Id(id, name) => add(id, name.as_deref().unwrap_or(id.as_str())),
                        WebhookRef::EventType(event_type) => {
                            for webhook in of_type(&known, event_type)? {
                                add(&webhook.id, event_type);
                            }
                        }
                    }
                }
            }
        }
        Ok(found)
    }

    /// The webhooks that the keys can see.
    ///
    /// # Errors
    /// When the vendor can't be asked.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, CliError> {
        let listed = self.read(async |provider| provider.list_webhooks().await).await;
        listed.map_err(|failure| match failure {
            // There is no id in this question that could be wrong.
            Failure::Vendor(error @ ProviderError::NotFound { .. }) => CliError::new(ExitCode::Usage, words(&error))
                .hint("check --base-url: the address answers, but it is not the vendor's API"),
            other => other.into(),
        })
    }

    /// Waits for something that may be dropped, unless a signal comes first.
    ///
    /// # Errors
    /// When a signal comes first.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            signal = self.stopped() => Err(Failure::Stopped(signal)),
            done = work => Ok(done),
        }
    }

    /// Waits for the signal that stops the command.
    async fn stopped(&self) -> Signal {
        let mut stop = self.stop.clone();
        match stop.wait_for(Option::is_some).await.ok().and_then(|signal| *signal) {
            Some(signal) => signal,
            // Nobody is left who could stop it.
            None => std::future::pending().await,
        }
    }
}

/// The webhooks of an event type; at least one.
fn of_type<'a>(known: &'a [Webhook], event_type: &str) -> Result<Vec<&'a Webhook>, CliError> {
    let matching: Vec<&Webhook> = known.iter().filter(|webhook| webhook.event_type == event_type).collect();
    if !matching.is_empty() {
        return Ok(matching);
    }
    let message = format!("no webhook of the event type {event_type} is visible to these keys");
    let near = nearest(event_type, known.iter().map(|webhook| webhook.event_type.as_str()));
    Err(CliError::new(ExitCode::Usage, message).hint(match near {
        Some(near) => format!("did you mean {near}?"),
        None => "name the webhook by its id; `hookmend webhooks list` shows it".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Credential;

    fn server(status: u16) -> ProviderError {
        ProviderError::Server { status, message: String::new(), retry_after: None }
    }

    fn throttled(seconds: u64) -> ProviderError {
        ProviderError::Throttled { retry_after: Some(Duration::from_secs(seconds)) }
    }

    #[test]
    fn a_failing_vendor_is_asked_a_few_times() {
        for error in [server(503), ProviderError::NotSent { message: String::new() }] {
            let mut patience = Patience::new();
            let waits: Vec<_> = (0..MAX_TRIES).map(|_| patience.after(&error, 1.0)).collect();
            assert_eq!(waits.iter().flatten().count(), 3, "{error}: {waits:?}");
            assert_eq!(waits[3], None);
        }
    }

    #[test]
    fn throttling_is_waited_out_for_a_minute_in_all() {
        let mut patience = Patience::new();
        assert_eq!(patience.after(&throttled(20), 0.0), Some(Duration::from_secs(20)));
        assert_eq!(patience.after(&throttled(40), 0.0), Some(Duration::from_secs(40)));
        assert_eq!(patience.after(&throttled(1), 0.0), None);
        assert_eq!(Patience::new().after(&throttled(61), 0.0), None);
        let mut unsaid = Patience::new();
        let zero = throttled(0);
        let waits: Vec<_> = std::iter::from_fn(|| unsaid.after(&zero, 1.0)).collect();
        assert!(waits.iter().all(|wait| !wait.is_zero()) && waits.len() < 10, "{waits:?}");
    }

    #[test]
    fn what_would_be_answered_alike_is_asked_once() {
        for error in [
            ProviderError::TimedOut { after: Duration::from_secs(60) },
            ProviderError::NotFound { message: String::new() },
            ProviderError::Unreadable { message: String::new() },
        ] {
            assert_eq!(Patience::new().after(&error, 0.0), None, "{error}");
        }
    }

    #[test]
    fn every_failure_has_its_exit_code_and_a_hint() {
        let refused =
            ProviderError::CredentialsRefused { credential: Credential::ApiKey, status: 401, message: String::new() };
        let missing = ProviderError::NotFound { message: "see https://h.example/?token=hunter2".to_owned() };
        for (error, code) in [(refused, 13), (server(500), 12), (throttled(99), 12), (missing, 2)] {
            let shown = CliError::from(error);
            assert_eq!(shown.exit.number(), code, "{shown:?}");
            assert!(!shown.hints.is_empty() && !shown.message.contains("hunter2"), "{shown:?}");
        }
        assert_eq!(CliError::from(Failure::Stopped(Signal::Interrupt)).exit, ExitCode::Interrupted);
    }

    #[test]
    fn a_write_without_an_answer_is_said_to_be_unknown_and_a_refused_one_is_not() {
        let say = |error| write_error(Failure::Vendor(error), "the webhook was created", "look there").message;
        for error in [server(500), ProviderError::TimedOut { after: Duration::from_secs(3) }] {
            assert!(say(error).starts_with("it is not known whether the webhook was created"));
        }
        for error in [throttled(3), ProviderError::Rejected { status: 400, message: "no".to_owned() }] {
            assert!(say(error).starts_with("nothing was changed"));
        }
        assert!(say(ProviderError::NotSent { message: String::new() }).starts_with("nothing was changed"));
    }
}
