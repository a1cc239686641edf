//! Watches a run from outside: after every step what must hold is held against the world's truth.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use crate::attempt::{Intent, ResendRequest, Settlement};
use crate::event::{DeliveryStatus, Event};
use crate::pace::budget::FailureBudget;
use crate::provider::ProviderError;
use crate::reconcile::{RunRequest, Task};
use crate::run_report::Mode;

use super::World;

/// What must hold, whatever happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::reconcile::tests) enum Invariant {
    IntentBeforeAct,
    DeliveredOnce,
    LoggedIsNotResent,
    DoubtIsLookedUp,
    NotSentWasNotSent,
    RecoveredHasArrived,
    CleanIsClean,
    LostIsTold,
    BudgetIsKept,
    AttemptsAreBounded,
    ReceiverIsSpared,
    OnlyWhatWasAskedFor,
    OneRunAtATime,
    CountsAddUp,
    PeaceBringsHome,
    NoPanic,
}

/// What was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reconcile::tests) struct Violation {
    pub(in crate::reconcile::tests) invariant: Invariant,
    pub(in crate::reconcile::tests) words: String,
}

/// A run under watch.
#[derive(Debug, Default)]
pub(in crate::reconcile::tests) struct Watch {
    run: Option<Watched>,
    /// The first thing that was broken in this world.
    pub(in crate::reconcile::tests) violation: Option<Violation>,
    /// Attempts because of which the receiver took an event.
    arrived_by: HashSet<i64>,
    /// Failed deliveries allowed, for all runs of a world whose vendor lets everybody know in time.
    pub(in crate::reconcile::tests) budget: Option<FailureBudget>,
}

#[derive(Debug)]
struct Watched {
    asked: RunRequest,
    log_before: HashSet<String>,
    held_before: HashSet<String>,
    /// Resends under way, by webhook.
    flying: HashMap<u32, usize>,
    /// Webhooks whose receiver was seen to take something.
    proven: HashSet<u32>,
    /// Webhooks whose receiver took something that was resent, as far as anybody was told.
    served: HashSet<u32>,
    /// Refusals that the vendor told of since, one after another.
    refusals: HashMap<u32, usize>,
    /// Events that some listing of this run left out.
    hidden: HashSet<String>,
    sent: u64,
}

impl Watch {
    pub(super) fn receiver_took(&mut self, hook: u32) {
        if let Some(run) = &mut self.run {
            run.proven.insert(hook);
        }
    }

    fn took_resend(&mut self, hook: u32) {
        self.receiver_took(hook);
        if let Some(run) = &mut self.run {
            run.served.insert(hook);
            run.refusals.remove(&hook);
        }
    }

    pub(super) fn left_out(&mut self, id: &str) {
        if let Some(run) = &mut self.run {
            run.hidden.insert(id.to_owned());
        }
    }

    pub(in crate::reconcile::tests) fn was_hidden(&self, id: &str) -> bool {
        self.run.as_ref().is_some_and(|run| run.hidden.contains(id))
    }

    /// Resends of the run that is watched.
    pub(in crate::reconcile::tests) fn sent(&self) -> u64 {
        self.run.as_ref().map_or(0, |run| run.sent)
    }

    pub(in crate::reconcile::tests) fn violated(&mut self, invariant: Invariant, words: impl Into<String>) {
        if self.violation.is_none() {
            self.violation = Some(Violation { invariant, words: words.into() });
        }
    }
}

impl World {
    /// A run begins: what the receiver and its log hold now is what it may be measured by.
    pub(in crate::reconcile::tests) fn begin_watch(&mut self, asked: &RunRequest) {
        self.watch.run = Some(Watched {
            asked: asked.clone(),
            log_before: self.log.clone(),
            held_before: self.log.union(&self.log_gone).cloned().collect(),
            flying: HashMap::new(),
            proven: HashSet::new(),
            served: HashSet::new(),
            refusals: HashMap::new(),
            hidden: HashSet::new(),
            sent: 0,
        });
    }

    pub(super) fn watch_intent(&mut self, request: &ResendRequest) {
        let open = (self.rows.attempts.iter())
            .find(|(number, attempt)| {
                attempt.request.event == request.event && !self.rows.settled.contains_key(*number)
            })
            .map(|(number, _)| *number);
        if let (Some(number), Some(_)) = (open, &self.watch.run) {
            let words = format!("{} is tried again while attempt {number} is in doubt", request.event);
            self.watch.violated(Invariant::DoubtIsLookedUp, words);
        }
    }

    pub(super) fn watch_sent(&mut self, intent: &Intent) {
        let (number, request) = (intent.attempt().0, intent.request());
        let id = request.event.to_string();
        let is_recorded =
            (self.rows.attempts.get(&number)).is_some_and(|open| open.request == *request && open.conclusion.is_none());
        let hook = self.events.get(&id).map_or(0, |event| event.hook);
        let Some(run) = &mut self.watch.run else {
            assert!(is_recorded, "a request was sent that was not recorded");
            return;
        };
        run.sent += 1;
        let flying = run.flying.entry(hook).or_default();
        *flying += 1;
        let bounds = &run.asked.policy.bounds;
        let is_crowd = *flying > 1 && !run.proven.contains(&hook);
        let is_too_many = run.flying.values().sum::<usize>() > bounds.concurrency;
        let last = usize::try_from(bounds.breaker_failures).expect("few") + bounds.concurrency;
        let is_hammering = run.refusals.get(&hook).is_some_and(|refusals| *refusals >= last);
        let is_in_log = run.log_before.contains(&id) && !run.asked.policy.resend.idempotent;
        let (asks, mode) = (asks_for(&run.asked, &id), run.asked.policy.mode);
        let watch = &mut self.watch;
        if !is_recorded {
            watch.violated(Invariant::IntentBeforeAct, format!("a resend of {id} was sent that was not recorded"));
        }
        if is_in_log {
            watch.violated(Invariant::LoggedIsNotResent, format!("{id} was resent although the log held it"));
        }
        if !asks || mode != Mode::Act {
            watch.violated(Invariant::OnlyWhatWasAskedFor, format!("{id} was resent and nobody asked for it"));
        }
        if is_crowd || is_too_many || is_hammering {
            let why = match (is_crowd, is_too_many) {
                (true, _) => "it had not taken anything yet and another resend was under way",
                (false, true) => "more resends were under way than allowed",
                (false, false) => "it had refused so many in a row",
            };
            watch.violated(Invariant::ReceiverIsSpared, format!("{id} was resent to its receiver although {why}"));
        }
    }

    pub(super) fn watch_answer(&mut self, intent: &Intent, answer: &Result<Event, ProviderError>) {
        let id = intent.request().event.to_string();
        let hook = self.events.get(&id).map_or(0, |event| event.hook);
        let Some(run) = &mut self.watch.run else { return };
        if let Some(flying) = run.flying.get_mut(&hook) {
            *flying = flying.saturating_sub(1);
        }
        let before = intent.request().runs_before;
        match answer {
            Ok(event) if event.status == DeliveryStatus::Delivered => self.watch.took_resend(hook),
            // Before that each is a canary, and canaries are counted by themselves.
            Ok(event) if event.runs > before && run.served.contains(&hook) => {
                *run.refusals.entry(hook).or_default() += 1;
            }
            Ok(_) | Err(_) => {}
        }
    }

    /// The receiver answered to a delivery that a resend brought about.
    pub(super) fn watch_delivery(&mut self, attempt: i64, id: &str, was_taken: bool) {
        let hook = self.events.get(id).map_or(0, |event| event.hook);
        let Some(run) = &self.watch.run else { return };
        if !was_taken {
            self.watch_budget(hook);
            return;
        }
        let is_idempotent = run.asked.policy.resend.idempotent;
        let times = self.accepted.get(id).copied().unwrap_or(0);
        let was_held = run.held_before.contains(id);
        self.watch.arrived_by.insert(attempt);
        self.watch.took_resend(hook);
        if times > 1 && !is_idempotent {
            self.watch.violated(Invariant::DeliveredOnce, format!("{id} was delivered {times} times"));
        }
        if was_held && !is_idempotent {
            let words = format!("{id} was delivered again, and the receiver held it when the run began");
            self.watch.violated(Invariant::DeliveredOnce, words);
        }
        if self.rows.settled.get(&attempt) == Some(&Settlement::NotSent) && !is_idempotent {
            let words = format!("attempt {attempt} of {id} was settled as not sent and arrived after that");
            self.watch.violated(Invariant::NotSentWasNotSent, words);
        }
    }

    pub(super) fn watch_settlement(&mut self, attempt: i64, settlement: Settlement) {
        let Some(open) = self.rows.attempts.get(&attempt) else { return };
        let id = open.request.event.to_string();
        let Some(run) = &self.watch.run else { return };
        // Where twice does no harm, the vendor's word is enough for another try.
        let has_arrived = !run.asked.policy.resend.idempotent && self.watch.arrived_by.contains(&attempt);
        match settlement {
            Settlement::NotSent if has_arrived => {
                let words = format!("attempt {attempt} of {id} arrived and was settled as not sent");
                self.watch.violated(Invariant::NotSentWasNotSent, words);
            }
            Settlement::Recovered if !self.is_held(&id) && !self.was_acknowledged(&id) => {
                let words = format!("attempt {attempt} of {id} was settled as recovered and never arrived");
                self.watch.violated(Invariant::RecoveredHasArrived, words);
            }
            Settlement::NotSent | Settlement::DeliveryFailed | Settlement::Recovered => {}
        }
    }

    /// No stretch of the budget's period holds more failed deliveries than allowed.
    fn watch_budget(&mut self, hook: u32) {
        let Some(budget) = self.watch.budget else { return };
        let now = self.now();
        let recent = |(other, at): &&(u32, DateTime<Utc>)| *other == hook && *at > now - budget.period;
        let failures = self.refused.iter().filter(recent).count();
        if failures > budget.failures as usize {
            self.watch.violated(Invariant::BudgetIsKept, format!("{failures} failed deliveries within {budget:?}"));
        }
    }

    /// Whether the receiver has the event, whatever its log shows.
    pub(in crate::reconcile::tests) fn is_held(&self, id: &str) -> bool {
        self.log.contains(id) || self.log_gone.contains(id) || self.accepted.contains_key(id)
    }

    /// Whether the vendor believes that the event arrived, which it may have and was lost after that.
    pub(in crate::reconcile::tests) fn was_acknowledged(&self, id: &str) -> bool {
        self.events.get(id).is_some_and(|event| event.delivered)
    }
}

pub(in crate::reconcile::tests) fn asks_for(asked: &RunRequest, id: &str) -> bool {
    match &asked.task {
        Task::Window(selection) => {
            selection.ids.is_empty() || selection.ids.iter().any(|wanted| wanted.text().as_ref() == id)
        }
        Task::Exactly { events, .. } => events.iter().any(|one| one.event.text().as_ref() == id),
    }
}
