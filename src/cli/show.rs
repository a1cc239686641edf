//! `show`: single events in full, as the vendor, the received log and the ledger tell of them. It only
//! reads. A payload is printed only where `--payload` asks for it.

use std::sync::Arc;

use clap::{Args, ValueHint};
use tokio::runtime::Builder;

use crate::cli::arguments::GlobalFlags;
use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::cli::flags::{AddressFlags, FormatFlags, ReceivedFlags, ScopeFlags};
use crate::cli::past::source;
use crate::cli::vendor::{Failure, Vendor, VendorSettings};
use crate::cli::wiring::{Workshop, open_log};
use crate::config::{Key, Layer, Surroundings};
use crate::event::{EventId, WebhookId};
use crate::exit::ExitCode;
use crate::ledger::LedgerReader;
use crate::provider::{EventDetail, ProviderError};
use crate::receipt::WantedIds;
use crate::received::ReceivedLog;
use crate::reconcile::Scope;
use crate::report::inspect::{Found, InspectedEvent, Inspection, Payloads};
use crate::report::mask;
use crate::report::past::{EventPast, Names};
use crate::report::text::{listed, visible_within};
use crate::report::vendor::Urls;

/// The most webhooks that an error names.
const MOST_WEBHOOKS: usize = 10;

/// Flags of `show`.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Ids of the events
    #[arg(value_name = "ID", required = true)]
    ids: Vec<String>,
    /// Print the payload, which may hold personal data; what may be secret in its URLs, and values that
    /// are called secrets (password, token, API key, signature and the like), show as ***
    #[arg(long)]
    payload: bool,
    /// Show URLs and payloads whole, with whatever secrets they hold
    #[arg(long)]
    show_urls: bool,
    #[command(flatten)]
    scope: ScopeFlags,
    /// Zone of times without an offset, yours and the vendor's [default: UTC]
    #[arg(long, value_name = "ZONE", help_heading = "Which events")]
    time_zone: Option<String>,
    #[command(flatten)]
    received: ReceivedFlags,
    #[command(flatten)]
    address: AddressFlags,
    #[command(flatten)]
    format: FormatFlags,
    /// The journal of runs and resends [default: in the user's state folder]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Output")]
    ledger: Option<String>,
}

impl ShowArgs {
    fn put(self, layer: &mut Layer) {
        self.scope.put(layer);
        layer.flag(Key::TimeZone, self.time_zone);
        self.received.put(layer);
        self.address.put(layer);
        self.format.put(layer);
        layer.flag(Key::Ledger, self.ledger);
    }
}

/// Asks the vendor, the received log and the ledger, and shows what they tell.
///
/// # Errors
/// When an id can't be one, the settings, the log or the ledger can't be used, the vendor can't be
/// asked, or it does not know an event.
pub fn run(args: ShowArgs, global: GlobalFlags, surroundings: &Surroundings) -> Result<ExitCode, CliError> {
    let ids = event_ids(&args.ids)?;
    let payloads = if args.payload { Payloads::Shown } else { Payloads::Hidden };
    let urls = if args.show_urls { Urls::Whole } else { Urls::Masked };
    let settings = VendorSettings::resolve(global.with(|layer| args.put(layer)), surroundings)?;
    let loaded = &settings.loaded;
    let (scope, ledger) = (loaded.scope()?, loaded.ledger()?);
    let received = loaded.received_log()?;
    let log = received.map(|received| open_log(&received, &surroundings.environment)).transpose()?;
    for line in log.iter().flat_map(|log| log.describe()) {
        settings.console.detail(&format!("received log: {line}"));
    }
    let workshop = Workshop::new(&surroundings.environment);
    let reader = workshop.past(&ledger)?;
    let pasts = Builder::new_current_thread().enable_all().build()?.block_on(pasts(reader.as_ref(), ids))?;
    let mut asked = settings.call(surroundings, async |vendor| {
        let mut asked = ask(vendor, &scope, pasts).await?;
        if let Some(log) = &log {
            // A signal ends this at once: nothing is in flight.
            vendor.unless_stopped(receipts(log.as_ref(), &mut asked.events)).await??;
        }
        Ok(asked)
    })?;
    let events = std::mem::take(&mut asked.events);
    let source = source(&ledger, reader.as_ref());
    let mut names = settings.names.clone();
    names.fill(std::mem::take(&mut asked.labels));
    let inspection = Inspection { source, names, urls, payloads, events };
    workshop.show(&inspection, &settings.output)?;
    asked.conclude(&inspection, settings.console)
}

fn event_ids(texts: &[String]) -> Result<Vec<EventId>, CliError> {
    let mut ids = Vec::new();
    for text in texts {
        let id = EventId::new(text.trim())
            .map_err(|error| CliError::of(ExitCode::Usage, &error).hint("give ids of events, each as an argument"))?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// What the ledger tells of each event.
async fn pasts(reader: Option<&LedgerReader>, ids: Vec<EventId>) -> Result<Vec<EventPast>, CliError> {
    let mut pasts = Vec::with_capacity(ids.len());
    for event in ids {
        let (attempts, stays) = match reader {
            Some(reader) => (reader.attempts_of(&event).await?, reader.stays_of(&event).await?),
            None => (Vec::new(), Vec::new()),
        };
        pasts.push(EventPast { event, attempts, stays });
    }
    Ok(pasts)
}

/// What the vendor told.
struct Asked {
    events: Vec<InspectedEvent>,
    /// What the webhooks in scope are called: by a name from the settings, else by their event type where
    /// the vendor had to be asked for it.
    labels: Vec<(WebhookId, String)>,
    /// The vendor's words about the last event that it does not know.
    words: Option<String>,
    /// Why the others were not asked for.
    cut_short: Option<CliError>,
}

async fn ask(vendor: &Vendor, scope: &Scope, pasts: Vec<EventPast>) -> Result<Asked, CliError> {
    let webhooks = vendor.in_scope(scope).await?;
    let mut asked = Asked { events: Vec::new(), labels: webhooks.clone(), words: None, cut_short: None };
    for past in pasts {
        let found = match find(vendor, &webhooks, &past, &mut asked.words).await {
            Ok(found) => found,
            // What was told of the others is shown all the same.
            Err(failure) if !asked.events.is_empty() => {
                asked.cut_short = Some(failure.into());
                break;
            }
            Err(failure) => return Err(failure.into()),
        };
        asked.events.push(InspectedEvent { past, found, receipt: None });
    }
    Ok(asked)
}

/// Asks one webhook after the other for the event, those that the ledger knows it of first.
async fn find(
    vendor: &Vendor,
    webhooks: &[(WebhookId, String)],
    past: &EventPast,
    words: &mut Option<String>,
) -> Result<Found, Failure> {
    let mut order: Vec<&WebhookId> = webhooks.iter().map(|(webhook, _)| webhook).collect();
    order.sort_by_key(|webhook| !known_to_ledger(past).any(|known| known == *webhook));
    for webhook in &order {
        match vendor.read(async |provider| provider.get_event(webhook, &past.event).await).await {
            Ok(detail) => {
                let detail: Box<EventDetail> = Box::new(detail);
                return Ok(Found::Known { webhook: (*webhook).clone(), detail });
            }
            Err(Failure::Vendor(error @ (ProviderError::NotFound { .. } | ProviderError::Unaddressable { .. }))) => {
                *words = Some(mask::in_text(&error.to_string()).into_owned());
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(Found::Unknown(order.into_iter().cloned().collect()))
}

fn known_to_ledger(past: &EventPast) -> impl Iterator<Item = &WebhookId> {
    past.attempts.iter().map(|attempt| &attempt.webhook).chain(past.stays.iter().map(|stay| &stay.webhook))
}

/// Asks the received log once for all of them.
async fn receipts(log: &dyn ReceivedLog, events: &mut [InspectedEvent]) -> Result<(), CliError> {
    let wanted = Arc::new(WantedIds::new(events.iter().map(|inspected| inspected.past.event.clone())));
    let lookup = log.look_up(Arc::clone(&wanted)).await?;
    for inspected in events {
        let created = match &inspected.found {
            Found::Known { detail, .. } => detail.event.created(),
            Found::Unknown(_) => None,
        };
        inspected.receipt = wanted.number_of(inspected.past.event.key()).map(|number| lookup.receipt(number, created));
    }
    Ok(())
}

impl Asked {
    /// Says which events the vendor does not know, and how the command ends.
    fn conclude(self, inspection: &Inspection, console: Console) -> Result<ExitCode, CliError> {
        let unknown = inspection.events.iter().filter_map(|inspected| match &inspected.found {
            Found::Unknown(asked) => Some(not_found(&inspected.past, asked, &inspection.names)),
            Found::Known { .. } => None,
        });
        let mut errors: Vec<CliError> = unknown.collect();
        if let (Some(error), Some(words)) = (errors.last_mut(), self.words) {
            error.causes.push(words);
        }
        // What keeps the rest from being asked for is said last, and its code stands.
        errors.extend(self.cut_short);
        let Some(last) = errors.pop() else { return Ok(ExitCode::Clean) };
        errors.iter().for_each(|error| error.print(console.verbosity));
        Err(last)
    }
}

fn not_found(past: &EventPast, asked: &[WebhookId], names: &Names) -> CliError {
    let label = |webhook: &WebhookId| visible_within(names.label(webhook), 64, "...").into_owned();
    let mut labels: Vec<String> = asked.iter().take(MOST_WEBHOOKS).map(label).collect();
    if let Some(more) = asked.len().checked_sub(MOST_WEBHOOKS).filter(|more| *more > 0) {
        labels.push(format!("{more} more"));
    }
    let id = past.event.text();
    let message = format!("the vendor does not know the event {id}; asked for {}", listed(&labels));
    let error = CliError::new(ExitCode::Usage, message);
    match known_to_ledger(past).find(|known| !asked.contains(known)) {
        Some(other) => error.hint(format!("the ledger knows it of the webhook {other}: name that with --webhook")),
        None => error.hint(
            "vendors forget events after a time; if it belongs to another webhook, name that with --webhook, or ask \
             them all with --all-webhooks",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::QuarantinedEvent;

    fn webhook(text: &str) -> WebhookId {
        WebhookId::new(text).unwrap()
    }

    fn past(stays: Vec<QuarantinedEvent>) -> EventPast {
        EventPast { event: EventId::new("lost-1").unwrap(), attempts: Vec::new(), stays }
    }

    #[test]
    fn an_id_that_is_given_twice_is_asked_for_once() {
        let upper = "7A61F8AE-5D0C-4E43-9A52-5A0A6B0F6D11".to_owned();
        let ids = event_ids(&[upper.clone(), upper.to_lowercase(), " a ".to_owned()]).unwrap();
        assert_eq!(ids.iter().map(|id| id.text().into_owned()).collect::<Vec<_>>(), [upper, "a".to_owned()]);
        assert_eq!(event_ids(&[" ".to_owned()]).unwrap_err().exit, ExitCode::Usage);
    }

    #[test]
    fn an_unknown_event_says_who_was_asked_and_what_the_ledger_knows() {
        let asked: Vec<WebhookId> = (0..12).map(|number| webhook(&format!("hook-{number}"))).collect();
        let error = not_found(&past(Vec::new()), &asked, &Names::new([(webhook("hook-0"), "sales".to_owned())]));
        assert!(error.message.contains("asked for sales, hook-1, ") && error.message.ends_with("hook-9 and 2 more"));
        assert!(error.hints[0].contains("--all-webhooks"), "{error:?}");
        let stay = QuarantinedEvent {
            webhook: webhook("hook-77"),
            event: EventId::new("lost-1").unwrap(),
            created_at: None,
            since: chrono::DateTime::UNIX_EPOCH,
            attempts: 1,
            reason: String::new(),
            end: None,
        };
        let error = not_found(&past(vec![stay]), &asked, &Names::default());
        assert!(error.hints[0].contains("hook-77"), "{error:?}");
    }
}
