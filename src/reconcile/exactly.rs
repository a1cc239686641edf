//! Finds exactly the events that the run was told: those of a saved plan, or of a person who knows
//! nothing but ids. Nothing else is looked at, but for what proves that the received log is the right
//! one.

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{DeliveryStatus, Event, EventId, WebhookId, Window};
use crate::policy::Proofs;
use crate::provider::ProviderError;
use crate::run_report::ProblemKind;
use crate::tracked::EventResult;

use super::caller::{Halt, RequestKind};
use super::listing::Sightings;
use super::unfinished::{Shown, last_known};
use super::{Run, WantedBy, WantedEvent};

/// How far around the events that a person named the deliveries are looked at that prove the log.
const AROUND: TimeDelta = TimeDelta::days(1);
/// Events that no listing shows are looked up one by one up to this many; more by unfiltered listings.
const MAX_LOOKUPS: usize = 50;

/// What asking a webhook for one event brought.
pub(super) enum Found {
    Here(Box<Event>),
    NotHere,
    Unclear(ProviderError),
}

impl Run<'_> {
    /// Finds the webhook and the time of every wanted event.
    pub(super) async fn locate(&mut self, wanted: &[WantedEvent]) -> Result<(), Halt> {
        for one in wanted {
            match &one.wanted_by {
                WantedBy::Hand => self.locate_by_asking(one).await?,
                WantedBy::Plan { webhook, .. } => {
                    let place = self.webhooks.iter().position(|state| state.id == *webhook);
                    let Some(index) = place else { continue };
                    self.webhooks[index].wanted.insert(one.event.clone(), one.wanted_by.clone());
                }
            }
        }
        let is_by_hand = wanted.iter().any(|one| one.wanted_by == WantedBy::Hand);
        if is_by_hand {
            self.webhooks.retain(|webhook| !webhook.wanted.is_empty());
            self.look_around_wanted();
        }
        Ok(())
    }

    /// Asks one webhook after another for an event of which nothing but the id is known.
    async fn locate_by_asking(&mut self, one: &WantedEvent) -> Result<(), Halt> {
        let mut unclear = None;
        for index in 0..self.webhooks.len() {
            match self.ask_for(&self.webhooks[index].id, &one.event).await? {
                Found::Here(event) => {
                    let webhook = &mut self.webhooks[index];
                    webhook.wanted.insert(one.event.clone(), one.wanted_by.clone());
                    webhook.taken_in.insert(one.event.clone(), Shown::ByVendor);
                    webhook.events.observe(*event);
                    return Ok(());
                }
                Found::NotHere => {}
                Found::Unclear(error) => unclear = Some(error),
            }
        }
        let asked = match self.webhooks.as_slice() {
            [] => return Ok(()),
            [only] => format!("the webhook {}", only.name),
            several => format!("any of the {} webhooks that were asked", several.len()),
        };
        let reason = match &unclear {
            None => format!("not known to {asked}; the vendor may have forgotten it, or it belongs to another webhook"),
            Some(error) => format!("the vendor does not say whether it knows it: {error}"),
        };
        let webhook = &mut self.webhooks[0];
        webhook.wanted.insert(one.event.clone(), one.wanted_by.clone());
        webhook.taken_in.insert(one.event.clone(), Shown::No);
        let place = webhook.events.observe(last_known(one.event.clone(), None));
        if let Some(tracked) = webhook.events.iter_mut().nth(place) {
            tracked.result = Some(EventResult::Left);
            tracked.reason = Some(reason.into());
        }
        if let Some(error) = unclear {
            self.undetermined(
                ProblemKind::ListingUnreadable,
                format!("event {} could not be looked up: {error}", one.event),
                "run again later",
            );
        }
        Ok(())
    }

    pub(super) async fn ask_for(&self, webhook: &WebhookId, event: &EventId) -> Result<Found, Halt> {
        let provider = self.ports.provider.as_ref();
        let mut patience = super::caller::patience();
        loop {
            match self.caller.read(RequestKind::Get, async || provider.get_event(webhook, event).await).await? {
                // Another event in the answer would be another event's news.
                Ok(detail) if detail.event.id == *event => return Ok(Found::Here(Box::new(detail.event))),
                Ok(_) | Err(ProviderError::NotFound { .. }) => return Ok(Found::NotHere),
                Err(error @ (ProviderError::UnknownPath { .. } | ProviderError::Redirected { .. })) => {
                    return Err(Halt::Misconfigured(error));
                }
                // No vendor can have an event with such an id.
                Err(ProviderError::Unaddressable { .. }) => return Ok(Found::NotHere),
                Err(error @ ProviderError::Rejected { .. }) => return Ok(Found::Unclear(error)),
                Err(error) => self.caller.back_off(&mut patience, &error).await?,
            }
        }
    }

    /// The window of a run by hand is the time around its events.
    fn look_around_wanted(&mut self) {
        let events = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let created: Vec<DateTime<Utc>> = events.filter_map(|tracked| tracked.event.created()).collect();
        let (Some(oldest), Some(youngest)) = (created.iter().min(), created.iter().max()) else { return };
        let now = self.ports.clock.now();
        let (from, to) = (*oldest - AROUND, (*youngest + AROUND).min(now));
        if let Some(window) = Window::new(from, to) {
            self.window = window;
        }
    }

    /// Looks at every wanted event as the vendor shows it now, and at what proves the log.
    pub(super) async fn look_up_wanted(&mut self) -> Result<(), Halt> {
        for index in 0..self.webhooks.len() {
            self.load_history(index).await?;
            let slices = self.slices_with_wanted(index);
            if !slices.is_empty() {
                let outcome = self.list_slices(index, slices.clone(), Sightings::Kept).await?;
                self.take_signs(index, &outcome);
                let webhook = &mut self.webhooks[index];
                // What a listing shows is no longer only the word of a person.
                webhook.taken_in.retain(|id, _| !outcome.seen.contains(id));
            }
            self.look_up_unseen(index, &slices).await?;
            self.look_up_unfinished(index).await?;
            self.sample_deliveries(index, &slices).await?;
        }
        Ok(())
    }

    /// The slices in which wanted events lie, and those next to them, as the vendor may count an event to
    /// the neighbour.
    fn slices_with_wanted(&self, index: usize) -> Vec<Window> {
        let webhook = &self.webhooks[index];
        let margin = self.zone_margin();
        let created: Vec<Option<DateTime<Utc>>> = (webhook.wanted.iter())
            .filter(|(id, _)| webhook.taken_in.get(id) != Some(&Shown::No))
            .map(|(id, wanted_by)| match wanted_by {
                WantedBy::Hand => webhook.events.get(id).and_then(|tracked| tracked.event.created()),
                WantedBy::Plan { created_at, .. } => *created_at,
            })
            .collect();
        let length = self.policy().slice.min(self.longest_slice());
        let mut slices = self.window.slices(length);
        slices.retain(|slice| {
            let reach = slice.widened(margin, margin);
            created.iter().any(|created| created.is_none_or(|created| reach.contains(created)))
        });
        slices
    }

    /// What left the list of failures since the plan was made is looked at by itself.
    async fn look_up_unseen(&mut self, index: usize, slices: &[Window]) -> Result<(), Halt> {
        let unseen = |run: &Self| -> Vec<EventId> {
            let webhook = &run.webhooks[index];
            let wanted = webhook.wanted.keys().filter(|id| webhook.events.get(id).is_none());
            wanted.cloned().collect()
        };
        let mut left = unseen(self);
        if left.len() > MAX_LOOKUPS {
            let window = self.window;
            self.list_unfiltered(index, window, slices.to_vec(), Sightings::Dropped).await?;
            left = unseen(self);
        }
        left.sort_unstable();
        for (place, id) in left.into_iter().enumerate() {
            let found =
                if place < MAX_LOOKUPS { self.ask_for(&self.webhooks[index].id, &id).await? } else { Found::NotHere };
            let webhook = &mut self.webhooks[index];
            let created_at = match webhook.wanted.get(&id) {
                Some(WantedBy::Plan { created_at, .. }) => *created_at,
                Some(WantedBy::Hand) | None => None,
            };
            match found {
                Found::Here(event) => {
                    webhook.taken_in.insert(id, Shown::ByVendor);
                    webhook.events.observe(*event);
                }
                Found::NotHere | Found::Unclear(_) => {
                    webhook.taken_in.insert(id.clone(), Shown::No);
                    webhook.events.observe(last_known(id.clone(), created_at));
                    if let Some(tracked) = webhook.events.get_mut(&id) {
                        tracked.result = Some(EventResult::Left);
                        tracked.reason = Some("the vendor does not show it any more".into());
                    }
                }
            }
        }
        Ok(())
    }

    /// The log is proven by deliveries, and a list of failures shows none.
    async fn sample_deliveries(&mut self, index: usize, slices: &[Window]) -> Result<(), Halt> {
        let is_needed = self.ports.received.is_some() && self.policy().proofs == Proofs::Required;
        let Some(oldest) = slices.first().copied().filter(|_| is_needed) else { return Ok(()) };
        let has_deliveries = |run: &Self| {
            let mut events = run.webhooks[index].events.iter();
            events.any(|tracked| tracked.first_status == DeliveryStatus::Delivered)
        };
        if has_deliveries(self) {
            return Ok(());
        }
        let window = self.window;
        self.list_unfiltered(index, window, vec![oldest], Sightings::Dropped).await?;
        if !has_deliveries(self) {
            self.list_whole_window_unfiltered(index).await?;
        }
        Ok(())
    }
}
