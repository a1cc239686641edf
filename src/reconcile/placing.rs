//! Finds out where ids belong that the log holds and no listing of the window showed.
//!
//! They may belong to another time or another webhook. So the vendor is asked, first by listings of the
//! time before, then for single events. What it denies counts only where the webhook was shown to tell
//! events that there are from events that there are not; everything else stays unresolved.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use uuid::Uuid;

use crate::event::{DeliveryStatus, Event, EventId, IdKey, WebhookId, Window};
use crate::provider::{ListFilter, ProviderError};
use crate::receipt::UnlistedId;
use crate::tracked::TrackedEvents;

use super::caller::Halt;
use super::exactly::Found;
use super::listing::{Edges, ListJob, Sightings};
use super::{Run, Scope, Task};

/// How far before the window events are looked for that the log received within it.
const LOOK_BACK: TimeDelta = TimeDelta::days(31);
/// So many requests for single events are sent at most, or a few for each of very many webhooks.
const MOST_REQUESTS: usize = 500;
/// Answers that say nothing before no more are asked for.
const MOST_UNCLEAR: u64 = 3;
/// An id that no vendor gives to anything: it is asked for to see how what is not there is denied.
const NOBODY: &str = "00000000-0000-4000-8000-00000000dead";

/// Ids whose place is sought, with the time the log gives for each.
type Sought = HashMap<EventId, Option<DateTime<Utc>>>;

/// Where ids belong.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// At another time or another webhook.
    pub(super) elsewhere: u64,
    /// Nowhere, by the vendor's word.
    pub(super) unknown: Vec<UnlistedId>,
    pub(super) unresolved: Unresolved,
    /// Events of the window that its listing left out, each with the place of its webhook.
    pub(super) left_out: Vec<(usize, Event)>,
    /// The earliest event that was listed on the way.
    pub(super) earliest_elsewhere: Option<DateTime<Utc>>,
}

/// Ids of which nobody says where they belong.
#[derive(Debug, Default)]
pub(super) struct Unresolved {
    pub(super) count: u64,
    /// Why, where it is the vendor's doing.
    pub(super) reason: Option<String>,
}

/// A webhook that may be asked for single events.
struct Witness {
    webhook: WebhookId,
    /// Its place in the scope, if it is part of it.
    place: Option<usize>,
    /// An event that it lists, by which it can be put to the test.
    sample: Option<EventId>,
    /// Whether its listings could be read.
    is_readable: bool,
    /// Whether it refuses what is not there as no request it understands.
    denies_by_refusal: bool,
    /// Whether its denials may be believed.
    is_proven: bool,
}

/// What was found out of one id.
enum Place {
    LeftOut(usize, Box<Event>),
    Elsewhere,
    Unknown,
    Unclear(String),
}

impl Run<'_> {
    /// Finds the place of each id.
    pub(super) async fn place(&mut self, ids: Vec<UnlistedId>) -> Result<Placed, Halt> {
        let mut placed = Placed::default();
        let mut sought: Sought = ids.into_iter().map(|one| (one.id, one.received_at)).collect();
        if sought.is_empty() {
            return Ok(placed);
        }
        let mut witnesses = self.witnesses(&mut placed).await?;
        for witness in &mut witnesses {
            if sought.is_empty() {
                return Ok(placed);
            }
            self.strike_out(witness, &mut sought, &mut placed).await?;
        }
        if sought.is_empty() {
            return Ok(placed);
        }
        for witness in &mut witnesses {
            self.put_to_the_test(witness).await?;
        }
        believe_the_quiet(&mut witnesses);
        if let Some(silent) = witnesses.iter().find(|witness| !witness.is_proven) {
            let why = format!("the vendor does not show single events of webhook {}, or not reliably", silent.webhook);
            placed.unresolved.reason.get_or_insert(why);
        }
        self.ask_for_each(&witnesses, sought, &mut placed).await?;
        Ok(placed)
    }

    /// The webhooks of the scope, then all others that the keys can see: a log may hold events of any.
    async fn witnesses(&mut self, placed: &mut Placed) -> Result<Vec<Witness>, Halt> {
        let of_scope = |(place, webhook): (usize, &super::WebhookState)| Witness {
            webhook: webhook.id.clone(),
            place: Some(place),
            sample: webhook.events.iter().next().map(|tracked| tracked.event.id.clone()),
            is_readable: true,
            denies_by_refusal: false,
            is_proven: false,
        };
        let mut witnesses: Vec<Witness> = self.webhooks.iter().enumerate().map(of_scope).collect();
        if self.looks_at_every_webhook() {
            return Ok(witnesses);
        }
        match gently(self.enumerate().await)? {
            Ok(known) => {
                if witnesses.iter().any(|witness| known.iter().all(|webhook| webhook.id != witness.webhook)) {
                    let why = "the vendor's list of webhooks lacks one that it lists events of".to_owned();
                    placed.unresolved.reason.get_or_insert(why);
                }
                for webhook in known {
                    if witnesses.iter().all(|witness| witness.webhook != webhook.id) {
                        witnesses.push(Witness {
                            webhook: webhook.id,
                            place: None,
                            sample: None,
                            is_readable: true,
                            denies_by_refusal: false,
                            is_proven: false,
                        });
                    }
                }
            }
            Err(why) => {
                placed.unresolved.reason.get_or_insert(format!("the vendor does not list its webhooks: {why}"));
            }
        }
        Ok(witnesses)
    }

    fn looks_at_every_webhook(&self) -> bool {
        let narrowed = matches!(&self.request.task, Task::Window(selection) if !selection.event_types.is_empty());
        self.request.scope == Scope::AllWebhooks && !narrowed
    }

    /// Strikes out what a webhook lists at another time, or at all where it is none of the scope.
    async fn strike_out(&self, witness: &mut Witness, sought: &mut Sought, placed: &mut Placed) -> Result<(), Halt> {
        let (window, now) = (self.window, self.ports.clock.now());
        let ranges = match witness.place {
            Some(_) => [Window::new(window.from() - LOOK_BACK, window.from()), Window::new(window.to(), now)],
            None => [Window::new(window.from() - LOOK_BACK, window.to().max(now)), None],
        };
        for range in ranges.into_iter().flatten() {
            let events = Mutex::new(TrackedEvents::default());
            let job = ListJob {
                webhook: witness.webhook.clone(),
                filter: ListFilter::All,
                window: range,
                slices: range.slices(self.longest_slice()),
                events: &events,
                sightings: Sightings::Dropped,
                edges: Edges::Widened,
            };
            match gently(self.list(job).await)? {
                Ok(outcome) => witness.is_readable &= outcome.unread.is_empty(),
                Err(_) => witness.is_readable = false,
            }
            let events = events.into_inner().unwrap_or_else(PoisonError::into_inner);
            for tracked in events.iter() {
                let created = tracked.event.created();
                placed.earliest_elsewhere = placed.earliest_elsewhere.into_iter().chain(created).min();
                witness.sample.get_or_insert_with(|| tracked.event.id.clone());
                if sought.remove(&tracked.event.id).is_none() {
                    continue;
                }
                match witness.place.filter(|_| created.is_some_and(|created| window.contains(created))) {
                    Some(place) => placed.left_out.push((place, tracked.event.clone())),
                    None => placed.elsewhere += 1,
                }
            }
        }
        Ok(())
    }

    /// Whether a webhook shows an event that it lists when it is asked for it alone, and denies one that
    /// there is not. One that denies or shows everything is no witness.
    async fn put_to_the_test(&self, witness: &mut Witness) -> Result<(), Halt> {
        let Some(sample) = &witness.sample else { return Ok(()) };
        let shown = gently(self.ask_for(&witness.webhook, sample).await)?;
        if !matches!(shown, Ok(Found::Here(_))) {
            return Ok(());
        }
        let Ok(nobody) = EventId::new(NOBODY) else { return Ok(()) };
        match gently(self.ask_for(&witness.webhook, &nobody).await)? {
            Ok(Found::NotHere) => witness.is_proven = true,
            Ok(Found::Unclear(ProviderError::Rejected { status: 400, .. })) => {
                witness.is_proven = true;
                witness.denies_by_refusal = true;
            }
            Ok(Found::Here(_) | Found::Unclear(_)) | Err(_) => {}
        }
        Ok(())
    }

    async fn ask_for_each(&self, witnesses: &[Witness], sought: Sought, placed: &mut Placed) -> Result<(), Halt> {
        let mut left: Vec<UnlistedId> =
            sought.into_iter().map(|(id, received_at)| UnlistedId { id, received_at }).collect();
        left.sort_unstable_by(|one, other| (one.received_at, &one.id).cmp(&(other.received_at, &other.id)));
        // Two requests for each webhook went into its test.
        let requests = MOST_REQUESTS.max(witnesses.len() * 4) - witnesses.len() * 2;
        let most = requests / (witnesses.len() * 2).max(1);
        let beyond = left.split_off(left.len().min(most));
        placed.unresolved.count += beyond.len() as u64;
        let lanes = self.policy().bounds.concurrency.max(1);
        // Where not every webhook could be asked, none of the others is the last word.
        let is_final = placed.unresolved.reason.is_none();
        let mut waiting = left.len() as u64;
        let asked = stream::iter(left)
            .map(|one| async move { Ok::<_, Halt>((self.find_place(witnesses, &one.id).await?, one)) });
        let mut answers = pin!(asked.buffered(lanes));
        let mut unclear = 0;
        while let Some((place, one)) = answers.try_next().await? {
            waiting -= 1;
            match place {
                Place::LeftOut(index, event) => placed.left_out.push((index, *event)),
                Place::Elsewhere => placed.elsewhere += 1,
                Place::Unknown if is_final => placed.unknown.push(one),
                Place::Unknown => placed.unresolved.count += 1,
                Place::Unclear(why) => {
                    placed.unresolved.count += 1;
                    placed.unresolved.reason.get_or_insert(why);
                    unclear += 1;
                }
            }
            if unclear >= MOST_UNCLEAR {
                break;
            }
        }
        placed.unresolved.count += waiting;
        Ok(())
    }

    /// Asks one webhook after another for an event. Whoever knows it has the word.
    async fn find_place(&self, witnesses: &[Witness], id: &EventId) -> Result<Place, Halt> {
        let mut unclear = None;
        for witness in witnesses {
            for spelling in spellings(id, witness.sample.as_ref()) {
                match gently(self.ask_for(&witness.webhook, &spelling).await)? {
                    // What is no record of an event is no sign of one.
                    Ok(Found::Here(event)) if event.status == DeliveryStatus::Unrecognised => {
                        unclear = Some("the vendor answers with something that is no event".to_owned());
                    }
                    Ok(Found::Here(event)) => return Ok(self.place_of(witness, *event)),
                    Ok(Found::NotHere) => {}
                    Ok(Found::Unclear(ProviderError::Rejected { status: 400, .. })) if witness.denies_by_refusal => {}
                    // It refuses the id as none that it could have given.
                    Ok(Found::Unclear(ProviderError::Rejected { status: 400, .. }))
                        if witness.is_proven && !matches!(id.key(), IdKey::Uuid(_)) => {}
                    Ok(Found::Unclear(error)) => unclear = Some(error.to_string()),
                    Err(why) => unclear = Some(why),
                }
            }
        }
        Ok(unclear.map_or(Place::Unknown, Place::Unclear))
    }

    fn place_of(&self, witness: &Witness, event: Event) -> Place {
        // An event without a time would have been listed in any window.
        let is_within = event.created().is_none_or(|created| self.window.contains(created));
        match witness.place.filter(|_| is_within) {
            Some(index) => Place::LeftOut(index, Box::new(event)),
            None => Place::Elsewhere,
        }
    }
}

/// A webhook without any event can't be put to the test. Where its listings could be read and another of the
/// same vendor stood the test, its denial is believed as well.
fn believe_the_quiet(witnesses: &mut [Witness]) {
    let vendor_is_proven = witnesses.iter().any(|witness| witness.is_proven);
    for witness in witnesses.iter_mut().filter(|witness| witness.sample.is_none()) {
        witness.is_proven = vendor_is_proven && witness.is_readable;
    }
}

/// The texts by which an id is asked for. A log may spell a UUID otherwise than the vendor, which may know
/// no spelling but its own.
fn spellings(id: &EventId, sample: Option<&EventId>) -> Vec<EventId> {
    let IdKey::Uuid(bytes) = id.key() else { return vec![id.clone()] };
    let usual = Uuid::from_bytes(bytes).hyphenated().to_string();
    let is_upper = sample.is_some_and(|sample| sample.text().bytes().any(|byte| byte.is_ascii_uppercase()));
    let by_vendor = if is_upper { usual.to_ascii_uppercase() } else { usual };
    let mut all: Vec<EventId> = EventId::new(&by_vendor).into_iter().collect();
    if id.text() != by_vendor.as_str() {
        all.push(id.clone());
    }
    all
}

/// What goes wrong while ids are placed leaves them unplaced, and the rest of the run as it is; only what
/// ends every run ends this one.
fn gently<T>(asked: Result<T, Halt>) -> Result<Result<T, String>, Halt> {
    match asked {
        Ok(answer) => Ok(Ok(answer)),
        Err(Halt::Unavailable(error) | Halt::Misconfigured(error) | Halt::CredentialsRefused { error, .. }) => {
            Ok(Err(error.to_string()))
        }
        Err(Halt::Throttled { error, .. }) => Ok(Err(error.to_string())),
        Err(end @ (Halt::Deadline | Halt::Stopped(_) | Halt::Ledger(_) | Halt::Received(_))) => Err(end),
    }
}
