//! The vendor of the world, with the receiver behind it.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::attempt::Intent;
use crate::event::{DeliveryStatus, Event, EventId, WebhookId};
use crate::provider::{
    ClockReading, EventDetail, ListFilter, ListRequest, Listing, Provider, ProviderError, Webhook, WebhookDraft,
};

use super::fault::Fault;
use super::{Arrival, ListBehaviour, ResendBehaviour, Shared, World, WorldEvent};

impl World {
    fn throttled(&mut self) -> Result<(), ProviderError> {
        self.calls += 1;
        let due: Vec<Arrival> = self.arrivals.extract_if(.., |arrival| arrival.at_call <= self.calls).collect();
        for arrival in due {
            self.fired(Fault::LateEvent);
            // A run that is under way need not have seen it.
            self.watch.left_out(&arrival.id);
            self.late.insert(arrival.id.clone());
            self.events.insert(arrival.id, arrival.event);
        }
        self.live_on();
        let random = self.random.f64();
        if let Some(error) = self.strange_answer() {
            return Err(error);
        }
        match self.throttle_every {
            Some(every) if self.calls.is_multiple_of(every) => {
                self.fired(Fault::Throttled);
                return Err(ProviderError::Throttled { retry_after: self.throttle_wait });
            }
            _ => {}
        }
        if random < self.not_sent_rate {
            self.fired(Fault::NotConnected);
            return Err(ProviderError::NotSent { message: "connection refused".to_owned() });
        }
        Ok(())
    }

    /// The vendor calls the receiver for an attempt. Returns what the receiver has now.
    fn deliver(&mut self, id: &str, attempt: i64) -> bool {
        match &mut self.moods.goes_down_after {
            Some(0) => {
                (self.receiver_down, self.recovers_after) = (true, 0);
                self.moods.goes_down_after = None;
                self.fired(Fault::GoesDownMidway);
            }
            Some(deliveries) => *deliveries -= 1,
            None => {}
        }
        let hook_is_down = self.events.get(id).is_some_and(|event| self.hooks_down.contains(&event.hook));
        let down = self.receiver_down || hook_is_down;
        if down {
            self.fired(if hook_is_down { Fault::OneHookDown } else { Fault::ReceiverDown });
        }
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
        event.changed_at = Some(Instant::now());
        let is_taken = !(down || event.poison);
        event.delivered = is_taken && !event.answer_lost;
        let (hook, is_poison) = (event.hook, event.poison && !down);
        if is_taken {
            *self.accepted.entry(id.to_owned()).or_default() += 1;
        } else {
            self.refused.push((hook, now));
        }
        if is_poison {
            self.fired(Fault::PoisonEvent);
        }
        self.tell(|| format!("  the receiver {} {id}", if is_taken { "takes" } else { "refuses" }));
        self.watch_delivery(attempt, id, is_taken);
        is_taken
    }

    fn listed(&mut self, request: &ListRequest) -> Vec<Event> {
        let asked = request.range.widened(self.lists_around, self.lists_around);
        let mut events = Vec::new();
        let mut took_effect: BTreeSet<Fault> = BTreeSet::new();
        let mut left_out = Vec::new();
        for (id, event) in &self.events {
            if event.expired
                || self.never_listed.contains(id)
                || request.webhook.as_str() != format!("hook-{}", event.hook)
            {
                continue;
            }
            let at = event.created + self.shift_at(event.created);
            if !asked.contains(at) {
                continue;
            }
            if event.hidden > 0 {
                took_effect.insert(Fault::EventHides);
                left_out.push(id.clone());
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
            let is_asked_for = request.filter == ListFilter::All || !delivered;
            if wanted != is_asked_for {
                took_effect.extend(self.list.fault());
            }
            if wanted {
                took_effect.extend(self.faults_of(event, &shown));
                if !request.range.contains(at) {
                    took_effect.insert(Fault::OutsideRecords);
                }
                events.push((event.created, shown));
            }
        }
        events.sort_by_key(|(created, _)| *created);
        self.repeat_rows(&mut events);
        let fitting = self.fitting(&events);
        if fitting < events.len() {
            took_effect.insert(Fault::ListingCapped);
            events.truncate(fitting);
        }
        if (self.list, request.filter) == (ListBehaviour::CapsBeforeItFilters, ListFilter::Failed) {
            events.retain(|(_, event)| event.status != DeliveryStatus::Delivered);
        }
        for event in self.events.values_mut() {
            event.stale = event.stale.saturating_sub(1);
            event.hidden = event.hidden.saturating_sub(1);
        }
        for id in left_out {
            self.watch.left_out(&id);
            self.late.insert(id);
        }
        took_effect.into_iter().for_each(|fault| self.fired(fault));
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// How many of these events an answer has room for.
    fn fitting(&self, events: &[(DateTime<Utc>, Event)]) -> usize {
        let Some(room) = self.cap else { return events.len() };
        let taken = events.iter().scan(0, |taken, (_, event)| {
            *taken += self.sizes.get(&event.id.to_string()).copied().unwrap_or(1);
            Some(*taken)
        });
        taken.take_while(|taken| *taken <= room).count()
    }

    fn repeat_rows(&mut self, events: &mut Vec<(DateTime<Utc>, Event)>) {
        if self.repeats_one_in.is_none() {
            return;
        }
        let mut repeated = Vec::new();
        for row in events.iter() {
            repeated.push(row.clone());
            if self.one_in(self.repeats_one_in) {
                repeated.push(row.clone());
            }
        }
        if repeated.len() > events.len() {
            self.fired(Fault::RowsRepeated);
        }
        *events = repeated;
    }

    fn failure() -> ProviderError {
        ProviderError::Server { status: 500, message: String::new(), retry_after: None }
    }
}

impl Shared {
    /// Carries the delivery out, now or later, whatever becomes of the client. The log follows.
    async fn deliver(&self, id: &str, attempt: i64) {
        let delay = self.get().delivery_delay;
        let lag = self.get().log_lag;
        let (world, id) = (self.clone(), id.to_owned());
        let delivery = tokio::spawn(async move {
            if !delay.is_zero() {
                world.get().fired(Fault::DeliversLate);
                tokio::time::sleep(delay).await;
            }
            if !world.get().deliver(&id, attempt) {
                return;
            }
            if !lag.is_zero() {
                world.get().fired(Fault::LogLags);
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

impl World {
    fn list(&mut self, request: &ListRequest, events: &mut Vec<Event>) -> Result<Listing, ProviderError> {
        self.step(|| {
            let (from, to) = (request.range.from().format("%d %T"), request.range.to().format("%d %T"));
            format!("the vendor is to list {} of {} from {from} to {to}", request.filter.name(), request.webhook)
        });
        let answer = self.answer_list(request, events);
        self.tell(|| format!("  it answers {answer:?}"));
        answer
    }

    fn answer_list(&mut self, request: &ListRequest, events: &mut Vec<Event>) -> Result<Listing, ProviderError> {
        self.listings += 1;
        if self.unknown_hooks.iter().any(|hook| request.webhook.as_str() == format!("hook-{hook}")) {
            return Err(ProviderError::NotFound { message: "no such webhook".to_owned() });
        }
        if let Some(error) = &self.list_error {
            return Err(error.clone());
        }
        if self.moods.unlisted_hook.is_some_and(|hook| request.webhook.as_str() == format!("hook-{hook}")) {
            return Err(ProviderError::Rejected { status: 400, message: "no".to_owned() });
        }
        self.throttled()?;
        if self.fail_first_listings > 0 {
            self.fail_first_listings -= 1;
            self.fired(Fault::ListingFails);
            return Err(Self::failure());
        }
        if let Some((longest, error)) = self.longest_listing.clone()
            && request.range.length() > longest
        {
            self.fired(Fault::RangeTooLong);
            return Err(error);
        }
        if self.one_in(self.moods.strange_one_in) {
            self.fired(Fault::StrangeAnswer);
            return Err(self.unreadable_answer());
        }
        *events = self.listed(request);
        if self.one_in(self.moods.cuts_off_one_in) {
            self.fired(Fault::ListingCutOff);
            events.truncate(events.len() / 2);
            return Err(ProviderError::Unreadable { message: "half a listing".to_owned() });
        }
        let mut listing = Listing { records: events.len() as u64, ..Listing::default() };
        if self.one_in(self.moods.unusable_one_in) {
            self.fired(Fault::UnusableRecords);
            listing.records += 1;
            listing.unusable = 1;
        }
        Ok(listing)
    }

    fn answer_get(&mut self, webhook: &WebhookId, event: &EventId) -> Result<Event, ProviderError> {
        self.gets += 1;
        self.throttled()?;
        if let Some(error) = &self.get_error {
            return Err(error.clone());
        }
        if self.gets_fail {
            self.fired(Fault::GetFails);
            return Err(Self::failure());
        }
        if self.one_in(self.moods.strange_one_in) {
            self.fired(Fault::StrangeAnswer);
            return Err(self.unreadable_answer());
        }
        let id = event.to_string();
        let of_webhook = |known: &&WorldEvent| webhook.as_str() == format!("hook-{}", known.hook) && !known.expired;
        if self.shows_anything && !self.events.contains_key(&id) {
            let shown = self.shown("ok-1", &self.events["ok-1"]);
            return Ok(Event { id: event.clone(), created_at: None, status: DeliveryStatus::Unrecognised, ..shown });
        }
        if let Some((_, error)) = self.moods.answers_of.as_ref().filter(|(of, _)| *of == id) {
            return Err(error.clone());
        }
        let Some(known) = self.events.get(&id).filter(of_webhook) else {
            if self.moods.denies_by_refusal {
                return Err(ProviderError::Rejected { status: 400, message: "no such event".to_owned() });
            }
            return Err(ProviderError::NotFound { message: "no such event".to_owned() });
        };
        let shown = self.shown(&id, known);
        if self.one_in(self.moods.another_one_in)
            && let Some((other, known)) = self.events.iter().find(|(other, _)| **other != id)
        {
            let other = self.shown(other, known);
            self.fired(Fault::GetOfAnother);
            return Ok(other);
        }
        Ok(shown)
    }

    /// How the vendor answers a resend, or with which refusal.
    fn take_resend(&mut self, id: &str) -> Result<ResendBehaviour, ProviderError> {
        self.resends += 1;
        if let Some(error) = &self.resend_error {
            return Err(error.clone());
        }
        self.throttled()?;
        let Some(event) = self.events.get(id).filter(|event| !event.expired) else {
            return Err(ProviderError::NotFound { message: "no such event".to_owned() });
        };
        if event.no_path {
            self.fired(Fault::PathUnknown);
            return Err(ProviderError::UnknownPath { message: "Resource not found".to_owned() });
        }
        if self.one_in(self.moods.rejects_one_in) {
            self.fired(Fault::ResendRejected);
            let message = "no".to_owned();
            return Err(match self.random.u32(..3) {
                0 => ProviderError::Rejected { status: 400, message },
                1 => ProviderError::NotFound { message },
                _ => ProviderError::Unaddressable { message },
            });
        }
        if self.log.contains(id) {
            self.resent_although_logged.insert(id.to_owned());
        }
        let ways = self.resend_mix.len().max(1);
        let place = self.random.usize(..ways);
        let behaviour = self.resend_mix.get(place).copied().unwrap_or(self.resend);
        behaviour.fault().into_iter().for_each(|fault| self.fired(fault));
        Ok(behaviour)
    }
}

fn told(answer: &Result<Event, ProviderError>) -> String {
    match answer {
        Ok(event) => format!("{} as {:?}, runs {:?}", event.id, event.status, event.runs),
        Err(error) => error.to_string(),
    }
}

impl Shared {
    async fn answer_resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        self.dawdle().await;
        let id = intent.request().event.to_string();
        let behaviour = self.get().take_resend(&id)?;
        let before = self.get().shown_now(&id);
        let latency = self.get().resend_latency;
        if behaviour.delivers() {
            // The vendor acts although the client may be gone before it is answered.
            self.deliver(&id, intent.attempt().0).await;
        }
        tokio::time::sleep(latency).await;
        let after = self.get().shown_now(&id);
        let claimed = Event { status: DeliveryStatus::Delivered, ..before.clone() };
        match behaviour {
            ResendBehaviour::DeliversAndFails | ResendBehaviour::FailsWithoutDelivery => {
                let mut world = self.get();
                Err(if world.moods.strange_one_in.is_some() { world.unreadable_answer() } else { World::failure() })
            }
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
        self.dawdle().await;
        // The world is let go of before events are handed over: who takes them may look at the clock.
        let mut events = Vec::new();
        let answer = self.get().list(request, &mut events);
        events.into_iter().for_each(sink);
        answer
    }

    async fn get_event(&self, webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError> {
        let latency = self.get().get_latency;
        tokio::time::sleep(latency).await;
        self.dawdle().await;
        let mut world = self.get();
        world.step(|| format!("the vendor is to show {event}"));
        let answer = world.answer_get(webhook, event);
        world.tell(|| format!("  it answers {}", told(&answer)));
        answer.map(|event| EventDetail { event, record: serde_json::Value::Null })
    }

    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        {
            let mut world = self.get();
            world
                .step(|| format!("the vendor is to resend {}, attempt {}", intent.request().event, intent.attempt().0));
            world.watch_sent(intent);
        }
        let answer = self.answer_resend(intent).await;
        let mut world = self.get();
        world.tell(|| format!("  it answers to attempt {}: {}", intent.attempt().0, told(&answer)));
        world.watch_answer(intent, &answer);
        answer
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
