//! Deliveries: an event taken to the receiver, simulated or real, and what became of it taken down.
//!
//! This file owns the way there and back. The simulated receiver answers at once; a real one is waited
//! for on a task of its own, because a vendor goes on when the client that asked for a resend is gone.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use serde::Serialize;

use super::journal::DeliveryEntry;
use super::receiver::{Answer, Failing, Parcel, Reach};
use super::shared::Shared;
use super::world::{EventRef, World};

/// Why an event is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Occasion {
    /// It has just happened.
    First,
    /// Somebody asked for it again.
    Resend,
}

/// An event that is to be delivered.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub(super) occasion: Occasion,
    pub(super) webhook: String,
    pub(super) event: EventRef,
    /// How many further listings will show the event as it was.
    pub(super) stale_for: u32,
    /// The world it belongs to.
    pub(super) generation: u64,
}

/// What is brought to the receiver, and where.
#[derive(Clone, Debug)]
struct Load {
    event_id: String,
    event_type: String,
    url: String,
    failing: Option<Failing>,
}

impl Load {
    fn parcel(&self) -> Parcel<'_> {
        Parcel { event_id: &self.event_id, event_type: &self.event_type }
    }

    fn reach(&self) -> Reach {
        self.failing.map_or(Reach::Delivered, |failing| failing.reach)
    }
}

impl World {
    fn load(&mut self, errand: &Errand) -> Option<Load> {
        if errand.generation != self.generation {
            return None;
        }
        let subscription = self.subscription(&errand.webhook)?;
        let event_id = subscription.event_id(errand.event)?;
        let (event_type, url) = (subscription.event_type.clone(), subscription.url.clone());
        Some(Load { event_id, event_type, url, failing: self.receiver.take_failing() })
    }

    /// Takes down what the vendor sees of a delivery: what was arranged, else what the receiver answered.
    fn take_down(
        &mut self,
        errand: &Errand,
        load: Load,
        answer: Option<Answer>,
        begun: DateTime<Utc>,
    ) -> Option<DeliveryEntry> {
        let arranged = load.failing.map(|failing| Answer::of_status(failing.status));
        let answer = arranged.or(answer).unwrap_or_else(|| Answer::none("Unable to connect"));
        let run = self.record_run(errand, &answer, Utc::now())?;
        let reached = load.reach() == Reach::Delivered;
        Some(DeliveryEntry {
            at: begun,
            occasion: errand.occasion,
            webhook_id: errand.webhook.clone(),
            event_id: load.event_id,
            event_type: load.event_type,
            url: load.url,
            run,
            success: answer.is_success(),
            status_code: answer.status,
            status: answer.words,
            reached_receiver: reached,
            took_ms: 0,
        })
    }
}

/// Delivers an event; `None` when there is no such event any more.
pub(super) async fn deliver(shared: &Arc<Shared>, errand: Errand) -> Option<DeliveryEntry> {
    if shared.hook.is_none() {
        return simulated(shared, &errand);
    }
    let shared = Arc::clone(shared);
    // A panic has already been printed by its task.
    tokio::spawn(async move { real(&shared, errand).await }).await.ok().flatten()
}

fn simulated(shared: &Shared, errand: &Errand) -> Option<DeliveryEntry> {
    let entry = {
        let (mut world, now) = (shared.world(), Utc::now());
        let load = world.load(errand)?;
        let answer = match load.reach() {
            Reach::Stopped => None,
            Reach::Delivered => Some(world.receiver.deliver(load.parcel(), now)),
        };
        world.take_down(errand, load, answer, now)?
    };
    shared.journal().delivered(entry.clone());
    Some(entry)
}

async fn real(shared: &Shared, errand: Errand) -> Option<DeliveryEntry> {
    let hook = shared.hook.as_ref()?;
    let (begun, clock) = (Utc::now(), Instant::now());
    let load = shared.world().load(&errand)?;
    let answer = match load.reach() {
        Reach::Stopped => None,
        Reach::Delivered => Some(hook.deliver(&load.url, load.parcel()).await),
    };
    let entry = {
        let mut world = shared.world();
        if world.generation != errand.generation {
            return None;
        }
        if let Some(answer) = &answer {
            world.receiver.answered(load.parcel(), answer, Utc::now());
        }
        world.take_down(&errand, load, answer, begun)?
    };
    let took_ms = u64::try_from(clock.elapsed().as_millis()).unwrap_or(u64::MAX);
    let entry = DeliveryEntry { took_ms, ..entry };
    shared.journal().delivered(entry.clone());
    Some(entry)
}

/// Delivers what the plan wants delivered at the start; returns when all of it was tried.
pub(super) async fn first_deliveries(shared: &Arc<Shared>) {
    let errands: Vec<Errand> = {
        let world = shared.world();
        let errand = |(webhook, id): &(usize, String)| {
            let subscription = world.subscriptions.get(*webhook)?;
            Some(Errand {
                occasion: Occasion::First,
                webhook: subscription.id.clone(),
                event: subscription.find(id)?,
                stale_for: 0,
                generation: world.generation,
            })
        };
        shared.plan.first_deliveries.iter().filter_map(errand).collect()
    };
    join_all(errands.into_iter().map(|errand| deliver(shared, errand))).await;
}
