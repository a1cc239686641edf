//! What is asked of the vendor: a probe with both keys, the webhooks, and for some of them what was
//! listed of the last day. Every question is one request, asked once; how many there are is bounded.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use super::words::{meaning, refused as refused_words};
use super::{ADDRESS, API_KEY, OF_VENDOR, RETENTION, SUBSCRIPTION_KEY, WEBHOOKS, failed, settings, skip};
use crate::checkup::Check;
use crate::checkup::listing::{self, Sample};
use crate::checkup::times::{self, ZoneReading};
use crate::cli::errors::CliError;
use crate::cli::wiring::{Adapters, Workshop};
use crate::config::{Loaded, ProviderKind, SecretKey};
use crate::event::{Event, WebhookId, Window};
use crate::exit::ExitCode;
use crate::provider::{Credential, ListFilter, ListRequest, Provider, ProviderError, Webhook};
use crate::reconcile::{Scope, WebhookRef};
use crate::report::text::{self, counted};

/// An answer that takes less needs no number.
const AT_ONCE: Duration = Duration::from_millis(500);
/// The most webhooks that are sampled.
const MOST_SAMPLED: usize = 10;
/// The most webhooks that are looked at farther back when none has an event of the last day.
const MOST_WIDE: usize = 3;
/// The most events that are kept of one listing.
const MOST_EVENTS: usize = 20_000;
/// The most webhooks that are named in one line.
const MOST_NAMED: usize = 5;
/// How far ahead times may seem to lie where the zone is wrong.
const FARTHEST_AHEAD: TimeDelta = TimeDelta::hours(14);
/// How far ahead every run asks, for the zone's uncertainty.
const NEAR: TimeDelta = TimeDelta::hours(2);
/// The days by which it is seen how far back the vendor lists.
const RETENTION_DAYS: i32 = 4;

/// What was found out.
#[derive(Default)]
pub(super) struct Asked {
    /// The checks.
    pub(super) checks: Vec<Check>,
    /// What was listed.
    pub(super) samples: Vec<Sample>,
    /// Why not all that could be sampled was listed.
    pub(super) unlisted: Option<String>,
    /// How many requests that took.
    pub(super) requests: u64,
}

/// Asks everything.
pub(super) async fn examine(loaded: &Loaded, workshop: &Workshop<'_>) -> Asked {
    let mut asked = Asked::default();
    let keys = [
        settings::key(loaded, SecretKey::ApiKey, API_KEY),
        settings::key(loaded, SecretKey::SubscriptionKey, SUBSCRIPTION_KEY),
    ];
    let address = loaded.base_url().map(|url| url.to_string());
    let [api, subscription] = match keys {
        [Ok(api), Ok(subscription)] => [api, subscription],
        keys => {
            asked.checks.push(match address {
                Ok(address) => Check::skipped(ADDRESS, format!("{address} was not asked: a key is missing")),
                Err(error) => failed(ADDRESS, CliError::from(error)),
            });
            let names = [API_KEY, SUBSCRIPTION_KEY];
            asked.checks.extend(keys.into_iter().zip(names).map(|(key, name)| match key {
                Ok((_, place)) => Check::skipped(name, format!("{place}; not tried, as the other key is missing")),
                Err(check) => check,
            }));
            asked.skip_all(loaded, "a key is missing");
            return asked;
        }
    };
    let provider = loaded.provider_with(api.0, subscription.0).map_err(CliError::from);
    match provider.and_then(|settings| workshop.provider(&settings)) {
        Ok(provider) => {
            let mut asking = Asking { provider: provider.as_ref(), loaded, asked };
            let address = address.unwrap_or_default();
            if asking.probe(&address, [&api.1, &subscription.1]).await {
                asking.look_around().await;
            }
            asking.asked
        }
        Err(error) => {
            asked.checks.push(failed(ADDRESS, error));
            for (name, place) in [(API_KEY, api.1), (SUBSCRIPTION_KEY, subscription.1)] {
                asked.checks.push(Check::skipped(name, format!("{place}; not tried, as the address can't be used")));
            }
            asked.skip_all(loaded, "the address can't be used");
            asked
        }
    }
}

impl Asked {
    /// Skips what needs the vendor; that no webhook is named is known without it.
    fn skip_all(&mut self, loaded: &Loaded, why: &str) {
        self.unlisted = Some(why.to_owned());
        for name in [times::CLOCK].into_iter().chain(OF_VENDOR) {
            let scope = loaded.asked_scope();
            self.checks.push(match scope {
                Err(error) if name == WEBHOOKS => failed(WEBHOOKS, CliError::from(error)),
                Ok(_) | Err(_) => Check::skipped(name, why),
            });
        }
    }
}

struct Asking<'a> {
    provider: &'a dyn Provider,
    loaded: &'a Loaded,
    asked: Asked,
}

impl Asking<'_> {
    /// Tries address, keys and clock with one request; returns whether more can be asked.
    async fn probe(&mut self, address: &str, places: [&str; 2]) -> bool {
        let (begun, before) = (Instant::now(), Utc::now());
        self.asked.requests += 1;
        let probed = self.provider.probe().await;
        let took = begun.elapsed();
        let within = if took < AT_ONCE { "at once".to_owned() } else { format!("within {}", text::duration(took)) };
        let answers = Check::ok(ADDRESS, format!("{address} answers {within}"));
        let accepted = |name, place: &str| Check::ok(name, format!("{place}; the vendor accepts it"));
        let [api, subscription] = places;
        let untried = |name, place: &str, why: &str| Check::skipped(name, format!("{place}; not tried, as {why}"));
        let error = match probed {
            Ok(reading) => {
                let checks = &mut self.asked.checks;
                checks.extend([answers, accepted(API_KEY, api), accepted(SUBSCRIPTION_KEY, subscription)]);
                checks.push(times::clock(reading.vendor_time, before, Utc::now()));
                return true;
            }
            Err(error) => error,
        };
        let (code, hint) = meaning(&error);
        let refused = |name, place: &str| Check::failed(name, code, format!("{place}; {error}"), hint);
        let checks = match &error {
            ProviderError::CredentialsRefused { credential: Credential::SubscriptionKey, .. } => {
                let why = "the gateway refuses the subscription key before it looks at this one";
                [answers, untried(API_KEY, api, why), refused(SUBSCRIPTION_KEY, subscription)]
            }
            ProviderError::CredentialsRefused { credential: Credential::ApiKey, .. } => {
                [answers, refused(API_KEY, api), accepted(SUBSCRIPTION_KEY, subscription)]
            }
            ProviderError::CredentialsRefused { credential: Credential::Unclear, status, .. } => [
                Check::warning(ADDRESS, format!("{address} answers {status} and does not say why"), hint),
                Check::failed(
                    API_KEY,
                    code,
                    format!("{api}; most likely refused, as nothing complains of the subscription key"),
                    refused_words(Credential::ApiKey),
                ),
                untried(SUBSCRIPTION_KEY, subscription, "the answer does not tell which key it refuses"),
            ],
            _ => {
                let why = "the vendor did not answer as its API does";
                let address = Check::failed(ADDRESS, code, format!("{address}: {error}"), hint);
                [address, untried(API_KEY, api, why), untried(SUBSCRIPTION_KEY, subscription, why)]
            }
        };
        self.asked.checks.extend(checks);
        let why = match &error {
            ProviderError::CredentialsRefused { .. } => "the vendor refused the keys",
            _ => "the vendor did not answer the probe as its API does",
        };
        self.asked.skip_all(self.loaded, why);
        false
    }

    /// Looks at the webhooks and what is listed of them.
    async fn look_around(&mut self) {
        let webhooks = self.webhooks().await;
        if webhooks.is_empty() {
            let names = OF_VENDOR.into_iter().filter(|name| *name != WEBHOOKS);
            let why = "there is no webhook to list events of";
            self.asked.checks.extend(skip(names, why));
            self.asked.unlisted = Some(why.to_owned());
            return;
        }
        let now = Utc::now();
        let stretch = |ahead: TimeDelta| Window::new(now - TimeDelta::days(1), now + ahead);
        let (Some(mut range), Some(nearer)) = (stretch(FARTHEST_AHEAD), stretch(NEAR)) else { return };
        let mut failure = None;
        for (id, name) in webhooks.iter().take(MOST_SAMPLED) {
            let mut sample = self.sample(id, name, range).await;
            if matches!(sample, Err(ProviderError::Rejected { .. })) && range != nearer {
                // A vendor may refuse to list so far ahead; runs do not ask for that.
                range = nearer;
                sample = self.sample(id, name, range).await;
            }
            match sample {
                Ok(sample) => self.asked.samples.push(sample),
                Err(error) => {
                    failure = Some((format!("{name}: {error}"), meaning(&error)));
                    self.asked.unlisted = Some("the vendor did not list its events".to_owned());
                    break;
                }
            }
        }
        let mut words = "of the last day".to_owned();
        if failure.is_none() && self.asked.samples.iter().all(|sample| sample.all.is_empty()) {
            words = self.look_wider(&webhooks, now).await.unwrap_or(words);
        }
        self.judge(failure, &words, webhooks.len(), now);
        let busiest = self.asked.samples.iter().zip(&webhooks).max_by_key(|(sample, _)| sample.all.len());
        let retention = match busiest.filter(|(sample, _)| !sample.all.is_empty()).map(|(_, webhook)| webhook.clone()) {
            Some((id, name)) => self.retention(&id, &name, now).await,
            None => Check::skipped(RETENTION, "no event was listed"),
        };
        self.asked.checks.push(retention);
    }

    fn judge(
        &mut self,
        failure: Option<(String, (ExitCode, &'static str))>,
        stretch: &str,
        webhooks: usize,
        now: DateTime<Utc>,
    ) {
        let samples = &self.asked.samples;
        let unsampled = webhooks.saturating_sub(MOST_SAMPLED) as u64;
        let listing = match failure {
            Some((message, (code, hint))) => Check::failed(listing::LISTING, code, message, hint),
            None => {
                let mut check = listing::listing(samples, stretch);
                if unsampled > 0 {
                    check.message.push_str(&format!("; {} not sampled", counted(unsampled, "webhook", "webhooks")));
                }
                check
            }
        };
        let zone = match self.loaded.time_zone() {
            Ok(zone) => times::zone(samples.iter().flat_map(|sample| &sample.all), &reading(zone, now), now),
            Err(_) => Check::skipped(times::ZONE, "the zone that is set can't be read"),
        };
        let filter = listing::filter(samples, now);
        self.asked.checks.extend([listing, filter, zone]);
    }

    /// The webhooks in scope that can be seen, with what they are called.
    async fn webhooks(&mut self) -> Vec<(WebhookId, String)> {
        let scope = match self.loaded.asked_scope() {
            Ok(scope) => Some(scope),
            Err(error) => {
                self.asked.checks.push(failed(WEBHOOKS, CliError::from(error)));
                None
            }
        };
        self.asked.requests += 1;
        let known = match self.provider.list_webhooks().await {
            Ok(known) => known,
            Err(error) => {
                let (code, hint) = meaning(&error);
                self.asked.checks.push(Check::failed(WEBHOOKS, code, error.to_string(), hint));
                return Vec::new();
            }
        };
        let Some(scope) = scope else {
            // What could be named is what the person needs to know now.
            if let Some(check) = self.asked.checks.iter_mut().rfind(|check| check.name == WEBHOOKS) {
                check.message.push_str(&format!("; the keys can see {}", described(&known)));
            }
            return Vec::new();
        };
        let (check, found) = in_scope(&scope, &known);
        self.asked.checks.push(check);
        found
    }

    async fn sample(&mut self, id: &WebhookId, name: &str, stretch: Window) -> Result<Sample, ProviderError> {
        let mut sample = Sample { name: name.to_owned(), is_whole: true, ..Sample::default() };
        for filter in [ListFilter::All, ListFilter::Failed] {
            let (events, listing, is_whole) = self.list(id, stretch, filter).await?;
            sample.is_whole &= is_whole;
            sample.unusable.0 += listing.unusable;
            sample.unusable.1 = sample.unusable.1.take().or(listing.first_unusable);
            match filter {
                ListFilter::All => sample.all = events,
                ListFilter::Failed => sample.failed = events,
            }
        }
        Ok(sample)
    }

    async fn list(
        &mut self,
        id: &WebhookId,
        range: Window,
        filter: ListFilter,
    ) -> Result<(Vec<Event>, crate::provider::Listing, bool), ProviderError> {
        let request = ListRequest { webhook: id.clone(), range, filter };
        let (mut events, mut is_whole) = (Vec::new(), true);
        let mut sink = |event: Event| {
            if events.len() < MOST_EVENTS {
                events.push(event);
            } else {
                is_whole = false;
            }
        };
        self.asked.requests += 1;
        let listing = self.provider.list_events(&request, &mut sink).await?;
        Ok((events, listing, is_whole))
    }

    /// Where no event of the last day is listed, looks as far back as the window, or one request reaches.
    async fn look_wider(&mut self, webhooks: &[(WebhookId, String)], now: DateTime<Utc>) -> Option<String> {
        let from = self.loaded.asked_window().ok()?.from();
        let earliest = now + FARTHEST_AHEAD - self.provider.longest_range();
        let range = Window::new(from.max(earliest), now + FARTHEST_AHEAD)?;
        for (place, (id, _)) in webhooks.iter().take(MOST_WIDE).enumerate() {
            // What can't be listed now was listed a moment ago, so this is worth no line of its own.
            let Ok((events, _, _)) = self.list(id, range, ListFilter::All).await else { return None };
            if !events.is_empty()
                && let Some(sample) = self.asked.samples.get_mut(place)
            {
                sample.all = events;
                sample.is_whole = false;
                return Some(format!("since {}", text::instant(range.from())));
            }
        }
        Some(format!("since {}", text::instant(range.from())))
    }

    /// Whether the vendor still lists where the window begins.
    async fn retention(&mut self, id: &WebhookId, name: &str, now: DateTime<Utc>) -> Check {
        let Ok(window) = self.loaded.asked_window() else {
            return Check::skipped(RETENTION, "the window can't be used");
        };
        let length = now - window.from();
        if length < TimeDelta::days(2) {
            return Check::skipped(RETENTION, "the window begins within the last two days");
        }
        let mut days = Vec::new();
        for number in 0..RETENTION_DAYS {
            let from = window.from() + (length - TimeDelta::days(1)) / RETENTION_DAYS * number;
            let Some(range) = Window::new(from, from + TimeDelta::days(1)) else { break };
            match self.list(id, range, ListFilter::All).await {
                Ok((events, _, _)) => days.push((from, events.len() as u64)),
                Err(error) => {
                    let (_, hint) = meaning(&error);
                    return Check::warning(RETENTION, format!("{name} of {}: {error}", from.date_naive()), hint);
                }
            }
            if days.last().is_some_and(|(_, events)| *events > 0) {
                break;
            }
        }
        listing::retention(RETENTION, name, &days)
    }
}

/// What is known of the zone, and of the one that is likely for this vendor.
fn reading(zone: Tz, now: DateTime<Utc>) -> ZoneReading {
    let likely = match ProviderKind::ALL {
        [ProviderKind::FrontSystems] => Tz::Europe__Oslo,
    };
    let offset = |zone: Tz| zone.offset_from_utc_datetime(&now.naive_utc()).fix().local_minus_utc();
    let ahead = TimeDelta::seconds(i64::from(offset(likely) - offset(zone)));
    ZoneReading { name: zone.name().to_owned(), likely: Some((likely.name().to_owned(), ahead)) }
}

/// The webhooks in scope that can be seen.
fn in_scope(scope: &Scope, known: &[Webhook]) -> (Check, Vec<(WebhookId, String)>) {
    let labelled = |webhook: &Webhook| (webhook.id.clone(), webhook.event_type.clone());
    let references = match scope {
        Scope::AllWebhooks if known.is_empty() => {
            let hint = "check that the keys belong to the right company";
            let message = "the vendor lists no webhooks for these keys";
            return (Check::failed(WEBHOOKS, ExitCode::Usage, message, hint), Vec::new());
        }
        Scope::AllWebhooks => {
            let message = format!("the keys can see {}", described(known));
            return (Check::ok(WEBHOOKS, message), known.iter().map(labelled).collect());
        }
        Scope::Webhooks(references) => references,
    };
    let (mut found, mut missing): (Vec<(WebhookId, String)>, Vec<String>) = (Vec::new(), Vec::new());
    for reference in references {
        let before = found.len();
        match reference {
            WebhookRef::Id(id, name) => {
                let same = |webhook: &&Webhook| is_same(&webhook.id, id);
                found.extend(known.iter().find(same).map(|webhook| {
                    let label = name.clone().unwrap_or_else(|| webhook.event_type.clone());
                    (id.clone(), label)
                }));
                if found.len() == before {
                    missing.push(name.as_ref().map_or_else(|| id.to_string(), |name| format!("{name} ({id})")));
                }
            }
            WebhookRef::EventType(event_type) => {
                let of_type = known.iter().filter(|webhook| webhook.event_type == *event_type);
                found.extend(of_type.map(labelled));
                if found.len() == before {
                    missing.push(format!("any of type {event_type}"));
                }
            }
        }
    }
    let mut seen = HashSet::new();
    found.retain(|(id, _)| seen.insert(id.clone()));
    let check = if missing.is_empty() {
        let names: Vec<String> = found.iter().map(|(_, name)| name.clone()).collect();
        let count = counted(found.len() as u64, "webhook", "webhooks");
        Check::ok(WEBHOOKS, format!("{count} in scope, all visible to the keys: {}", few(&names)))
    } else {
        let message = format!("the keys can't see {}; they can see {}", few(&missing), described(known));
        let hint = "check --webhook and the ids under [webhooks]; --all-webhooks takes those that the keys can see";
        Check::failed(WEBHOOKS, ExitCode::Usage, message, hint)
    };
    let all = known.iter().map(|webhook| format!("{}  {}", webhook.id, webhook.event_type)).take(100).collect();
    (check.details(all), found)
}

fn is_same(left: &WebhookId, right: &WebhookId) -> bool {
    use crate::event::IdKey;
    IdKey::of(left.as_str().as_bytes()) == IdKey::of(right.as_str().as_bytes())
}

fn described(known: &[Webhook]) -> String {
    if known.is_empty() {
        return "none".to_owned();
    }
    let names: Vec<String> = known.iter().map(|webhook| webhook.event_type.clone()).collect();
    format!("{}: {}", counted(known.len() as u64, "webhook", "webhooks"), few(&names))
}

fn few(names: &[String]) -> String {
    let mut shown: Vec<String> = names.iter().take(MOST_NAMED).cloned().collect();
    if let Some(more) = names.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        shown.push(format!("{more} more"));
    }
    text::listed(&shown)
}
