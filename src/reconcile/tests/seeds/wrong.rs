//! Wrong behaviours made by hand, each of which the seeds must catch.
//!
//! None of them touches the engine: each stands between the engine and what it sees of the world, or
//! changes what it was told to heed. What is asked for is what the invariants go by, so an engine that
//! was told something else behaves as one that forgot.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};

use crate::attempt::{AttemptId, AttemptOutcome, Intent, ResendEnd, ResendRequest, Settlement};
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, Window, ZoneKnowledge};
use crate::exit::ExitCode;
use crate::ledger::{History, Journal, LedgerError, RunEnd, RunStart, WebhookHistory};
use crate::policy::Proofs;
use crate::proven::Proven;
use crate::provider::{
    ClockReading, EventDetail, ListFilter, ListRequest, Listing, Provider, ProviderError, Webhook, WebhookDraft,
};
use crate::receipt::{Coverage, Lookup, Sighting, Unlisted, WantedIds};
use crate::received::{ReceivedError, ReceivedLog};
use crate::reconcile::{LedgerAccess, Ports, RunRequest, Task};
use crate::run_report::{Mode, RunReport};
use crate::selection::Selection;

use super::super::world::Shared;

/// What an engine may do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    TrustsTheFilter,
    RecordsAfterSending,
    BelievesTheAnswer,
    ForgetsTheZone,
    CountsQuarantineAsClean,
    BelievesAnEmptyListing,
    TakesOutOfCoverageForAbsent,
    ResendsDoubtWithoutLooking,
    ForgetsEarlierDoubt,
    KeepsAnOldLog,
    DropsUnreadSlices,
    IgnoresTheBreaker,
    SettlesTooEarly,
    IgnoresTheLock,
    IgnoresTheBudget,
    ForgetsTheSelection,
    ActsOnACheck,
    ForgetsAttempts,
    ForgetsQuarantine,
}

impl Wrong {
    pub(super) const ALL: [Self; 19] = [
        Self::TrustsTheFilter,
        Self::RecordsAfterSending,
        Self::BelievesTheAnswer,
        Self::ForgetsTheZone,
        Self::CountsQuarantineAsClean,
        Self::BelievesAnEmptyListing,
        Self::TakesOutOfCoverageForAbsent,
        Self::ResendsDoubtWithoutLooking,
        Self::ForgetsEarlierDoubt,
        Self::KeepsAnOldLog,
        Self::DropsUnreadSlices,
        Self::IgnoresTheBreaker,
        Self::SettlesTooEarly,
        Self::IgnoresTheLock,
        Self::IgnoresTheBudget,
        Self::ForgetsTheSelection,
        Self::ActsOnACheck,
        Self::ForgetsAttempts,
        Self::ForgetsQuarantine,
    ];

    pub(super) fn named(name: &str) -> Self {
        let wrong = Self::ALL.into_iter().find(|wrong| format!("{wrong:?}") == name);
        wrong.unwrap_or_else(|| panic!("no wrong behaviour is called {name}"))
    }

    /// Puts the wrong behaviour between the engine and its world.
    pub(super) fn spoil(self, asked: &mut RunRequest, ports: &mut Ports, world: &Shared) {
        self.spoil_request(asked);
        let spoiled = Arc::new(Spoiled::new(self, world));
        ports.provider = spoiled.clone();
        ports.received = Some(spoiled.clone());
        ports.ledger = LedgerAccess::Write(spoiled);
    }

    fn spoil_request(self, asked: &mut RunRequest) {
        let policy = &mut asked.policy;
        match self {
            Self::ForgetsTheZone => policy.zone_margin = TimeDelta::zero(),
            Self::BelievesAnEmptyListing => policy.proofs = Proofs::Off,
            Self::SettlesTooEarly => policy.settle = TimeDelta::zero(),
            Self::IgnoresTheBreaker => policy.bounds.breaker_failures = u32::MAX,
            Self::IgnoresTheBudget => policy.bounds.failure_budget = None,
            Self::ForgetsAttempts => policy.bounds.max_attempts = u32::MAX,
            Self::ActsOnACheck => policy.mode = Mode::Act,
            Self::ForgetsTheSelection => asked.task = Task::Window(Selection::default()),
            _ => {}
        }
    }

    pub(super) fn spoil_report(self, report: &mut RunReport) {
        let only_quarantined = report.totals.left == report.totals.quarantined;
        if self == Self::CountsQuarantineAsClean && report.exit_code == ExitCode::Left && only_quarantined {
            report.exit_code = ExitCode::Clean;
        }
    }
}

/// The world as a spoiled engine sees it.
struct Spoiled {
    wrong: Wrong,
    world: Shared,
    /// Events that the answer to a resend was believed about.
    believed: Mutex<HashSet<EventId>>,
    /// Attempts that are sent and not recorded.
    unrecorded: AtomicI64,
    /// When the unrecorded attempts were begun.
    begun: Mutex<HashMap<i64, DateTime<Utc>>>,
}

impl Spoiled {
    fn new(wrong: Wrong, world: &Shared) -> Self {
        Self {
            wrong,
            world: world.clone(),
            believed: Mutex::default(),
            unrecorded: AtomicI64::new(1 << 40),
            begun: Mutex::default(),
        }
    }

    fn spoil_event(&self, event: Event, filter: Option<ListFilter>) -> Event {
        let status = match self.wrong {
            Wrong::TrustsTheFilter if filter == Some(ListFilter::Failed) => DeliveryStatus::Failed,
            Wrong::BelievesTheAnswer if self.believed.lock().expect("a lock").contains(&event.id) => {
                DeliveryStatus::Delivered
            }
            _ => event.status,
        };
        let created_at = event.created_at.map(|created| CreatedAt {
            zone: if self.wrong == Wrong::ForgetsTheZone { ZoneKnowledge::Stated } else { created.zone },
            ..created
        });
        Event { status, created_at, ..event }
    }
}

#[async_trait]
impl Provider for Spoiled {
    fn name(&self) -> &'static str {
        self.world.name()
    }

    fn longest_range(&self) -> TimeDelta {
        self.world.longest_range()
    }

    async fn list_events(
        &self,
        request: &ListRequest,
        sink: &mut (dyn FnMut(Event) + Send),
    ) -> Result<Listing, ProviderError> {
        let mut spoiled = |event| sink(self.spoil_event(event, Some(request.filter)));
        match self.world.list_events(request, &mut spoiled).await {
            Err(ProviderError::Server { .. } | ProviderError::Unreadable { .. } | ProviderError::Rejected { .. })
                if self.wrong == Wrong::DropsUnreadSlices =>
            {
                Ok(Listing::default())
            }
            answer => answer,
        }
    }

    async fn get_event(&self, webhook: &WebhookId, event: &EventId) -> Result<EventDetail, ProviderError> {
        let detail = self.world.get_event(webhook, event).await?;
        Ok(EventDetail { event: self.spoil_event(detail.event, None), record: detail.record })
    }

    async fn resend(&self, intent: &Intent) -> Result<Event, ProviderError> {
        let answer = self.world.resend(intent).await;
        match (self.wrong, answer) {
            (Wrong::BelievesTheAnswer, Ok(event)) => {
                self.believed.lock().expect("a lock").insert(event.id.clone());
                Ok(self.spoil_event(event, None))
            }
            (Wrong::ResendsDoubtWithoutLooking, Err(error)) if error.resend_end() == ResendEnd::Unanswered => {
                Err(ProviderError::NotSent { message: error.to_string() })
            }
            (_, answer) => answer,
        }
    }

    async fn list_webhooks(&self) -> Result<Vec<Webhook>, ProviderError> {
        self.world.list_webhooks().await
    }

    async fn get_webhook(&self, webhook: &WebhookId) -> Result<Webhook, ProviderError> {
        self.world.get_webhook(webhook).await
    }

    async fn create_webhook(&self, draft: &WebhookDraft) -> Result<Webhook, ProviderError> {
        self.world.create_webhook(draft).await
    }

    async fn update_webhook(&self, webhook: &WebhookId, draft: &WebhookDraft) -> Result<(), ProviderError> {
        self.world.update_webhook(webhook, draft).await
    }

    async fn delete_webhook(&self, webhook: &WebhookId) -> Result<(), ProviderError> {
        self.world.delete_webhook(webhook).await
    }

    async fn event_types(&self) -> Result<serde_json::Value, ProviderError> {
        self.world.event_types().await
    }

    async fn event_type_schema(&self, event_type: &str) -> Result<serde_json::Value, ProviderError> {
        self.world.event_type_schema(event_type).await
    }

    async fn probe(&self) -> Result<ClockReading, ProviderError> {
        self.world.probe().await
    }
}

#[async_trait]
impl ReceivedLog for Spoiled {
    fn describe(&self) -> Vec<String> {
        self.world.describe()
    }

    fn is_live(&self) -> bool {
        self.world.is_live()
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        self.world.audit(listed, window).await
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let lookup = self.world.look_up(Arc::clone(&wanted)).await?;
        match self.wrong {
            Wrong::TakesOutOfCoverageForAbsent => {
                let certain = |sighting: Sighting| match sighting {
                    Sighting::Possible => Sighting::Unseen,
                    Sighting::Unseen | Sighting::Received => sighting,
                };
                let sightings = lookup.sightings.into_iter().map(certain).collect();
                Ok(Lookup { sightings, coverage: Coverage::default(), stats: lookup.stats })
            }
            Wrong::KeepsAnOldLog => {
                let mut world = self.world.get();
                let now = world.log.clone();
                let old = world.old_log.get_or_insert(now);
                let was_there = |id: &EventId| old.contains(id.text().as_ref());
                let sighting = |(id, sighting): (Cow<'_, EventId>, Sighting)| match sighting {
                    Sighting::Received if !was_there(&id) => Sighting::Unseen,
                    _ => sighting,
                };
                let sightings = wanted.ids().zip(lookup.sightings).map(sighting).collect();
                Ok(Lookup { sightings, ..lookup })
            }
            _ => Ok(lookup),
        }
    }
}

#[async_trait]
impl History for Spoiled {
    async fn of_webhook(&self, webhook: &WebhookId) -> Result<WebhookHistory, LedgerError> {
        let mut history = self.world.of_webhook(webhook).await?;
        for known in history.values_mut() {
            match self.wrong {
                Wrong::ForgetsEarlierDoubt => known.open.clear(),
                Wrong::ForgetsQuarantine => known.quarantine = None,
                _ => {}
            }
        }
        Ok(history)
    }

    async fn delivery_failures(
        &self,
        webhook: &WebhookId,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        self.world.delivery_failures(webhook, since).await
    }

    async fn proven(&self, webhook: &WebhookId) -> Result<Option<Proven>, LedgerError> {
        self.world.proven(webhook).await
    }
}

#[async_trait]
impl Journal for Spoiled {
    async fn record_run_start(&self, start: RunStart) -> Result<(), LedgerError> {
        self.world.record_run_start(start).await
    }

    async fn record_intent(&self, request: ResendRequest, at: DateTime<Utc>) -> Result<Intent, LedgerError> {
        if self.wrong != Wrong::RecordsAfterSending {
            return self.world.record_intent(request, at).await;
        }
        let number = self.unrecorded.fetch_add(1, Ordering::Relaxed);
        self.begun.lock().expect("a lock").insert(number, at);
        Ok(Intent::recorded(AttemptId(number), request))
    }

    async fn record_outcome(
        &self,
        intent: Intent,
        outcome: AttemptOutcome,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let begun = self.begun.lock().expect("a lock").remove(&intent.attempt().0);
        let intent = match begun {
            Some(begun) => self.world.record_intent(intent.request().clone(), begun).await?,
            None => intent,
        };
        self.world.record_outcome(intent, outcome, at).await
    }

    async fn settle(
        &self,
        settled: Vec<(AttemptId, Settlement, String)>,
        at: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        self.world.settle(settled, at).await
    }

    async fn record_run_end(&self, end: RunEnd) -> Result<(), LedgerError> {
        self.world.record_run_end(end).await
    }

    async fn prune(&self, before: DateTime<Utc>) -> Result<u64, LedgerError> {
        self.world.prune(before).await
    }
}
