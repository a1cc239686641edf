//! What a sandbox is started with: webhooks, generated events, events placed by hand, the receiver
//! and the faults.
//!
//! Pure data; nothing is generated or written here.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::hook::HookCall;
use super::receiver::ReceiverPlan;
use super::rules::FaultRule;

/// What the vendor knows of an event's delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventState {
    /// The receiver answered with success.
    Delivered,
    /// The receiver did not.
    Failed {
        /// What it answered with, if it answered.
        status_code: Option<u16>,
        /// The vendor's words for it.
        status_text: String,
    },
    /// The first delivery is not finished.
    Pending,
}

/// An event placed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlan {
    /// Its id, which may be any text.
    pub id: String,
    /// Which webhook it belongs to: an index into [`Sandbox::webhooks`](super::Sandbox::webhooks).
    pub webhook: usize,
    /// When it was created.
    pub created_at: DateTime<Utc>,
    /// What the vendor knows of its delivery.
    pub state: EventState,
    /// Whether the received log holds it from the start.
    pub in_log: bool,
    /// How many deliveries the vendor has tried.
    pub runs: u32,
}

impl EventPlan {
    /// An event of the first webhook that was delivered and is in the log.
    pub fn delivered(id: impl Into<String>, created_at: DateTime<Utc>) -> Self {
        Self { id: id.into(), webhook: 0, created_at, state: EventState::Delivered, in_log: true, runs: 1 }
    }

    /// An event of the first webhook that failed and is not in the log.
    pub fn missing(id: impl Into<String>, created_at: DateTime<Utc>) -> Self {
        let state = EventState::Failed { status_code: Some(500), status_text: "Internal Server Error".to_owned() };
        Self { state, in_log: false, ..Self::delivered(id, created_at) }
    }

    /// An event of the first webhook that failed for the vendor although the log holds it.
    pub fn unacknowledged(id: impl Into<String>, created_at: DateTime<Utc>) -> Self {
        let state = EventState::Failed { status_code: Some(504), status_text: "Gateway Timeout".to_owned() };
        Self { state, ..Self::delivered(id, created_at) }
    }

    /// An event of the first webhook that was delivered and then lost by the receiver.
    pub fn lost_after_ack(id: impl Into<String>, created_at: DateTime<Utc>) -> Self {
        Self { in_log: false, ..Self::delivered(id, created_at) }
    }

    /// An event of the first webhook whose first delivery is not finished.
    pub fn pending(id: impl Into<String>, created_at: DateTime<Utc>) -> Self {
        Self { state: EventState::Pending, in_log: false, runs: 0, ..Self::delivered(id, created_at) }
    }

    /// The same event at another webhook.
    #[must_use]
    pub fn at_webhook(self, webhook: usize) -> Self {
        Self { webhook, ..self }
    }
}

/// A webhook placed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookPlan {
    /// Its id.
    pub id: String,
    /// The event type it delivers.
    pub event_type: String,
    /// The receiver's URL. Nothing is ever sent there, unless the plan says [`WorldPlan::calling`].
    pub url: String,
}

/// How many events of each kind are generated for each webhook.
///
/// What `missing`, `unacknowledged`, `lost_after_ack` and `pending` leave of `events` was delivered
/// and is in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mix {
    /// All events.
    pub events: u64,
    /// Failed and not in the log.
    pub missing: u64,
    /// Failed for the vendor, in the log.
    pub unacknowledged: u64,
    /// Delivered for the vendor, not in the log.
    pub lost_after_ack: u64,
    /// Not finished; the newest ones.
    pub pending: u64,
    /// How many of the missing ones the receiver refuses for ever.
    pub poison: u64,
}

/// Whether the received log starts with what was delivered before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InitialLog {
    /// It holds what the plan says.
    #[default]
    Written,
    /// It starts empty, which is the wrong log for any proof.
    Empty,
}

/// Everything a sandbox is started with.
#[derive(Clone, Debug)]
pub struct WorldPlan {
    pub(super) seed: u64,
    pub(super) port: u16,
    pub(super) received: Option<PathBuf>,
    pub(super) initial_log: InitialLog,
    pub(super) generated_webhooks: usize,
    pub(super) webhooks: Vec<WebhookPlan>,
    pub(super) mix: Mix,
    pub(super) period: (DateTime<Utc>, DateTime<Utc>),
    pub(super) events: Vec<EventPlan>,
    pub(super) stores: HashMap<usize, i64>,
    pub(super) first_deliveries: Vec<(usize, String)>,
    pub(super) receiver: ReceiverPlan,
    pub(super) hook_url: Option<String>,
    pub(super) hook_call: Option<HookCall>,
    pub(super) journal: Option<PathBuf>,
    pub(super) faults: Vec<FaultRule>,
}

impl WorldPlan {
    /// One webhook without events, a receiver that accepts everything, no faults.
    ///
    /// Events that are generated are spread over the week that ended an hour ago.
    pub fn new(seed: u64) -> Self {
        let now = Utc::now();
        Self {
            seed,
            port: 0,
            received: None,
            initial_log: InitialLog::Written,
            generated_webhooks: 1,
            webhooks: Vec::new(),
            mix: Mix::default(),
            period: (now - TimeDelta::days(7) + TimeDelta::hours(1), now - TimeDelta::hours(1)),
            events: Vec::new(),
            stores: HashMap::new(),
            first_deliveries: Vec::new(),
            receiver: ReceiverPlan::default(),
            hook_url: None,
            hook_call: None,
            journal: None,
            faults: Vec::new(),
        }
    }

    /// Listens on this port of the loopback interface; 0 takes a free one.
    #[must_use]
    pub fn port(self, port: u16) -> Self {
        Self { port, ..self }
    }

    /// Writes the received log to this new file instead of one in a temporary directory.
    #[must_use]
    pub fn received(self, path: impl AsRef<Path>) -> Self {
        Self { received: Some(path.as_ref().to_owned()), ..self }
    }

    /// What the received log starts with.
    #[must_use]
    pub fn initial_log(self, initial_log: InitialLog) -> Self {
        Self { initial_log, ..self }
    }

    /// Generates so many webhooks, each with the events of [`WorldPlan::mix`].
    #[must_use]
    pub fn webhooks(self, generated_webhooks: usize) -> Self {
        Self { generated_webhooks, ..self }
    }

    /// Adds a webhook without generated events; its index follows those of the generated ones.
    #[must_use]
    pub fn webhook(mut self, webhook: WebhookPlan) -> Self {
        self.webhooks.push(webhook);
        self
    }

    /// Generates these events for each generated webhook. They are computed when they are asked
    /// for, so that a million of them need no memory.
    #[must_use]
    pub fn mix(self, mix: Mix) -> Self {
        Self { mix, ..self }
    }

    /// Spreads the generated events over `[from, to)`.
    #[must_use]
    pub fn period(self, from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { period: (from, to), ..self }
    }

    /// Places an event.
    #[must_use]
    pub fn event(mut self, event: EventPlan) -> Self {
        self.events.push(event);
        self
    }

    /// Places several events.
    #[must_use]
    pub fn events(mut self, events: impl IntoIterator<Item = EventPlan>) -> Self {
        self.events.extend(events);
        self
    }

    /// Places a pending event that the vendor delivers as soon as the sandbox runs; the receiver's answer
    /// decides its state.
    #[must_use]
    pub fn delivering(mut self, id: impl Into<String>, webhook: usize, created_at: DateTime<Utc>) -> Self {
        let event = EventPlan::pending(id, created_at).at_webhook(webhook);
        self.first_deliveries.push((webhook, event.id.clone()));
        self.event(event)
    }

    /// Says which store a webhook belongs to.
    #[must_use]
    pub fn store(mut self, webhook: usize, store_id: i64) -> Self {
        self.stores.insert(webhook, store_id);
        self
    }

    /// Delivers to the webhooks' own URLs, over real HTTP, instead of to the simulated receiver. The generated
    /// webhooks get `url`; see [`HookCall`] for which URLs are called at all.
    #[must_use]
    pub fn calling(self, url: impl Into<String>, hook_call: HookCall) -> Self {
        Self { hook_url: Some(url.into()), hook_call: Some(hook_call), ..self }
    }

    /// Whether real receivers are called.
    pub fn is_calling(&self) -> bool {
        self.hook_call.is_some()
    }

    /// The seed of everything that is invented or drawn.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// No event is older.
    pub fn oldest(&self) -> DateTime<Utc> {
        self.events.iter().map(|event| event.created_at).fold(self.period.0, DateTime::min)
    }

    /// Adds a line to this file for each call and each delivery.
    #[must_use]
    pub fn journal(self, path: impl AsRef<Path>) -> Self {
        Self { journal: Some(path.as_ref().to_owned()), ..self }
    }

    /// Puts this receiver behind the vendor.
    #[must_use]
    pub fn receiver(self, receiver: ReceiverPlan) -> Self {
        Self { receiver, ..self }
    }

    /// Switches a fault on from the start.
    #[must_use]
    pub fn fault(mut self, rule: impl Into<FaultRule>) -> Self {
        self.faults.push(rule.into());
        self
    }
}
