//! The vendor of the world, with the receiver behind it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;

use crate::attempt::Intent;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, ZoneKnowledge};
use crate::provider::{
    ClockReading, EventDetail, ListFilter, ListRequest, Listing, Provider, ProviderError, Webhook, WebhookDraft,
};

use super::{Arrival, ListBehaviour, ResendBehaviour, Shared, World, WorldEvent};

impl World {
    fn shown(&self, id: &str, event: &WorldEvent) -> Event {
        let stale = event.stale > 0;
        let delivered = if stale { event.delivered_before } else { event.delivered };
        let runs = if stale && self.stale_hides_runs { event.runs_before } else { event.runs };
        let zone = if self.states_offsets { ZoneKnowledge::Stated } else { ZoneKnowledge::Assumed };
        let shift = if self.states_offsets { TimeDelta::zero() } else { self.zone_shift };
        Event {
            id: EventId::new(id).expect("a test id"),
            created_at: (!event.timeless).then(|| CreatedAt { at: event.created + shift, zone }),
            status: if delivered { DeliveryStatus::Delivered } else { DeliveryStatus::Failed },
            status_text: None,
            status_code: Some(if delivered { 200 } else { 500 }),
            runs: self.counts_runs.then_some(runs),
            alternate_ids: None,
        }
    }

    fn throttled(&mut self) -> Result<(), ProviderError> {
        self.calls += 1;
        let due: Vec<Arrival> = self.arrivals.extract_if(.., |arrival| arrival.at_call <= self.calls).collect();
        for arrival in due {
            self.events.insert(arrival.id, arrival.event);
        }
        let random = self.random.f64();
        match self.throttle_every {
            Some(every) if self.calls.is_multiple_of(every) => {
                return Err(ProviderError::Throttled { retry_after: self.throttle_wait });
            }
            _ => {}
        }
        if random < self.not_sent_rate {
            return Err(ProviderError::NotSent { message: "connection refused".to_owned() });
        }
        Ok(())
    }

    /// The vendor calls the receiver. Returns what the receiver has now.
    fn deliver(&mut self, id: &str) -> bool {
        let down = self.receiver_down || self.events.get(id).is_some_and(|event| self.hooks_down.contains(&event.hook));
        if down && self.recovers_after > 0 {
            self.recovers_after -= 1;
            if self.recovers_after == 0 {
                self.receiver_down = false;
                self.hooks_down.clear();
            }
        }
        let (stale, now) = (self.stale_after_delivery, self.now());
        let Some(event) = self.events.get_mut(id) else { return false };
        event.delivered_before = event.delivered;
        event.runs_before = event.runs;
        event.runs += 1;
        event.stale = stale;
        event.delivered = !(down || event.poison);
        if event.delivered {
            *self.accepted.entry(id.to_owned()).or_default() += 1;
        } else {
            self.refused.push((event.hook, now));
        }
        event.delivered
    }

    fn listed(&mut self, request: &ListRequest) -> Vec<Event> {
        let mut events = Vec::new();
        for (id, event) in &self.events {
            if self.never_listed.contains(id) || request.webhook.as_str() != format!("hook-{}", event.hook) {
                continue;
            }
            let shown = self.shown(id, event);
            let delivered = shown.status == DeliveryStatus::Delivered;
            let wanted = match (self.list, request.filter) {
                (ListBehaviour::Nothing, _) => false,
                (ListBehaviour::FailedAlwaysEmpty, ListFilter::Failed) => false,
                (ListBehaviour::OnlyDelivered, _) => delivered,
                (ListBehaviour::IgnoresFilter | ListBehaviour::CapsBeforeItFilters, _) | (_, ListFilter::All) => true,
                (ListBehaviour::Honest, ListFilter::Failed) => !delivered,
            };
            if wanted && request.range.contains(event.created + self.zone_shift) {
                events.push((event.created, shown));
            }
        }
        events.sort_by_key(|(created, _)| *created);
        events.truncate(self.cap.unwrap_or(usize::MAX));
        if (self.list, request.filter) == (ListBehaviour::CapsBeforeItFilters, ListFilter::Failed) {
            events.retain(|(_, event)| event.status != DeliveryStatus::Delivered);
        }
        for event in self.events.values_mut() {
            event.stale = event.stale.saturating_sub(1);
        }
        events.into_iter().map(|(_, event)| event).collect()
    }

    fn failure() -> ProviderError {
        ProviderError::Server { status: 500, message: String::new(), retry_after: None }
    }
}

impl Shared {
    /// Carries the delivery out, now or later, whatever becomes of the client. The log follows.
    async fn deliver(&self, id: &str) {
        let delay = self.get().delivery_delay;
        let lag = self.get().log_lag;
        let (world, id) = (self.clone(), id.to_owned());
        let delivery = tokio::spawn(async move {
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            if !world.get().deliver(&id) {
                return;
            }
            if !lag.is_zero() {
                tokio::time::sleep(lag).await;
            }
            world.get().log.insert(id);
        });
        if delay.is_zero() && lag.is_zero() {
            delivery.await.expect("a delivery never panics");
        } else {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Provider for Shared {
    fn name(&self) -> &'static str {
        "world"
    }

    fn longest_range(&self) -> TimeDelta {
        TimeDelta::days(31)
    }

    async fn list_events(
        &self,
        request: &ListRequest,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Listing, ProviderError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let events = {
            let mut world = self.get();
            world.listings += 1;
            if world.unknown_hooks.iter().any(|hook| request.webhook.as_str() == format!("hook-{hook}")) {
                return Err(ProviderError::NotFound { message: "no such webhook".to_owned() });
            }
            if let Some(error) = &world.list_error {
                return Err(error.clone());
            }
            world.throttled()?;
            if world.fail_first_listings > 0 {
                world.fail_first_listings -= 1;
                return Err(World::failure());
            }
            if let Some((longest, error)) = &world.longest_listing
                && request.range.length() > *longest
            {
                return Err(error.clone());
            }
            world.listed(request)
        };
        let listing = Listing { records: events.len() as u64, ..Listing::default() };
        events.into_iter().for_each(sink);
        Ok(listing)
    }

    async fn get_event(&self, webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError> {
        let latency = self.get().get_latency;
        tokio::time::sleep(latency).await;
        let mut world = self.get();
        world.gets += 1;
        world.throttled()?;
        if let Some(error) = &world.get_error {
            return Err(error.clone());
        }
        if world.gets_fail {
            return Err(World::failure());
        }
        let id = event.to_string();
        let of_webhook = |known: &&WorldEvent| webhook.as_str() == format!("hook-{}", known.hook);
        if world.shows_anything && !world.events.contains_key(&id) {
            let event = Event { status: DeliveryStatus::Unrecognised, ..world.shown("ok-1", &world.events["ok-1"]) };
            let event = Event { id: EventId::new(&id).expect("an id"), created_at: None, ..event };
            return Ok(EventDetail { event, record: serde_json::Value::Null });
        }
        let Some(known) = world.events.get(&id).filter(of_webhook) else {
            return Err(ProviderError::NotFound { message: "no such event".to_owned() });
        };
        let event = world.shown(&id, known);
        Ok(EventDetail { event, record: serde_json::Value::Null })
    }

    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        let id = intent.request().event.to_string();
        let behaviour = {
            let mut world = self.get();
            assert!(world.rows.attempts.contains_key(&intent.attempt().0), "a request was sent that was not recorded");
            world.resends += 1;
            if let Some(error) = &world.resend_error {
                return Err(error.clone());
            }
            world.throttled()?;
            if !world.events.contains_key(&id) {
                return Err(ProviderError::NotFound { message: "no such event".to_owned() });
            }
            if world.events[&id].no_path {
                return Err(ProviderError::UnknownPath { message: "Resource not found".to_owned() });
            }
            if world.log.contains(&id) {
                world.resent_although_logged.insert(id.clone());
            }
            let ways = world.resend_mix.len().max(1);
            let place = world.random.usize(..ways);
            world.resend_mix.get(place).copied().unwrap_or(world.resend)
        };
        let before = self.get().shown_now(&id);
        let latency = self.get().resend_latency;
        if behaviour.delivers() {
            // The vendor acts although the client may be gone before it is answered.
            self.deliver(&id).await;
        }
        tokio::time::sleep(latency).await;
        let after = self.get().shown_now(&id);
        let claimed = Event { status: DeliveryStatus::Delivered, ..before.clone() };
        match behaviour {
            ResendBehaviour::DeliversAndFails | ResendBehaviour::FailsWithoutDelivery => Err(World::failure()),
            ResendBehaviour::DeliversAndTimesOut | ResendBehaviour::TimesOutWithoutDelivery => {
                tokio::time::sleep(Duration::from_secs(60)).await;
                Err(ProviderError::TimedOut { after: Duration::from_secs(60) })
            }
            ResendBehaviour::ShowsBeforeWithoutDelivery | ResendBehaviour::DeliversAndShowsBefore => Ok(before),
            ResendBehaviour::ClaimsWithoutDelivery => Ok(claimed),
            ResendBehaviour::DeliversAndShowsNoCounter => Ok(Event { runs: None, ..after }),
            ResendBehaviour::DeliversAndShowsIt => Ok(after),
        }
    }

    async fn list_webhooks(&self) -> Result<Vec<Webhook>, ProviderError> {
        let mut world = self.get();
        if let Some(error) = &world.list_error {
            return Err(error.clone());
        }
        world.throttled()?;
        let hooks = world.events.values().map(|event| event.hook).filter(|hook| !world.hidden_hooks.contains(hook));
        let hooks: std::collections::BTreeSet<u32> = hooks.collect();
        let webhook = |hook: u32| Webhook {
            id: WebhookId::new(&format!("hook-{hook}")).expect("an id"),
            event_type: if world.other_types.contains(&hook) { "Other" } else { "SaleCreated" }.to_owned(),
            url: String::new(),
            store_id: None,
        };
        Ok(hooks.into_iter().map(webhook).collect())
    }

    async fn get_webhook(&self, _webhook: &WebhookId) -> Result<Webhook, ProviderError> {
        Err(ProviderError::NotFound { message: String::new() })
    }

    async fn create_webhook(&self, _draft: &WebhookDraft) -> Result<Webhook, ProviderError> {
        panic!("a reconcile creates no webhook");
    }

    async fn update_webhook(&self, _webhook: &WebhookId, _draft: &WebhookDraft) -> Result<(), ProviderError> {
        panic!("a reconcile changes no webhook");
    }

    async fn delete_webhook(&self, _webhook: &WebhookId) -> Result<(), ProviderError> {
        panic!("a reconcile deletes no webhook");
    }

    async fn event_types(&self) -> Result<serde_json::Value, ProviderError> {
        Ok(serde_json::Value::Null)
    }

    async fn event_type_schema(&self, _event_type: &str) -> Result<serde_json::Value, ProviderError> {
        Ok(serde_json::Value::Null)
    }

    async fn probe(&self) -> Result<ClockReading, ProviderError> {
        Ok(ClockReading::default())
    }
}

impl World {
    /// The event as the vendor shows it at the moment; an answer to a resend is never stale.
    fn shown_now(&self, id: &str) -> Event {
        let event = WorldEvent { stale: 0, ..self.events[id].clone() };
        self.shown(id, &event)
    }
}
