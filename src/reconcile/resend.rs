//! Sends the approved resends: a canary first, then the others side by side.
//!
//! Every request is recorded before it is sent and its outcome after it was answered. A resend under
//! way is never abandoned: a run that must end begins nothing new and waits for what is in flight.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use futures_util::stream::{FuturesUnordered, StreamExt};

use crate::attempt::{
    AttemptOutcome, Conclusion, Evidence, KnownBy, OpenAttempt, ResendEnd, ResendRequest, Settlement, conclude, settle,
};
use crate::event::Event;
use crate::monitor::RunEvent;
use crate::pace::breaker::Breaker;
use crate::pace::budget::{Budget, Place};
use crate::pace::retry::back_off;
use crate::plan::ApprovedPlan;
use crate::provider::ProviderError;
use crate::tracked::EventResult;

use super::caller::{Halt, RequestKind, patience};
use super::confirm::Pending;
use super::{LedgerAccess, Run};

/// Canaries that the vendor itself rejects say nothing of the receiver; so many are borne.
const MAX_REJECTED_CANARIES: u32 = 10;

/// One resend that was answered, or of which no answer came.
pub(super) struct Sent {
    open: OpenAttempt,
    outcome: AttemptOutcome,
    /// The request ended in a way that says something of the vendor and nothing of the receiver.
    unanswered: bool,
    /// It was looked up at once, and the vendor said that it arrived.
    was_seen_to_arrive: bool,
}

/// What became of the resends to one webhook.
struct LaneEnd {
    webhook: usize,
    sent: Vec<Sent>,
    breaker: Breaker,
    budget: Option<Budget>,
    receiver: Receiver,
    halt: Option<Halt>,
}

/// What is known of the receiver behind a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Receiver {
    /// It accepted a delivery in this run.
    Proven,
    /// Nothing is known yet.
    Untried,
    /// It refused the canaries.
    Down,
}

impl LaneEnd {
    /// Whether the failure budget has a place for one more resend.
    fn takes_place(&mut self, now: DateTime<Utc>) -> bool {
        self.budget.as_mut().is_none_or(|budget| budget.take(now) == Place::Granted)
    }

    /// Settles with the failure budget what the resend took of it.
    fn account(&mut self, sent: &Sent) {
        let Some(budget) = &mut self.budget else { return };
        match sent.outcome.conclusion {
            Conclusion::Accepted | Conclusion::Rejected | Conclusion::NotSent => budget.give_back(),
            // The receiver may have refused it, so it is spent until it is settled otherwise.
            Conclusion::Refused | Conclusion::InDoubt => {
                budget.spend(sent.open.ended_at.unwrap_or(sent.open.intent_at));
            }
        }
    }
}

impl Run<'_> {
    /// Carries the plan out and notes what became of each resend.
    pub(super) async fn resend(&mut self, plan: &ApprovedPlan) -> Result<(), Halt> {
        let mut ends = Vec::new();
        {
            let run = &*self;
            let mut lanes = FuturesUnordered::new();
            let mut waiting: VecDeque<usize> = (0..run.webhooks.len()).collect();
            let mut must_end = false;
            loop {
                while !must_end && lanes.len() < run.policy().bounds.concurrency.max(1) {
                    let Some(index) = waiting.pop_front() else { break };
                    let requests = run.requests_for(plan, index);
                    if !requests.is_empty() {
                        lanes.push(run.resend_to_webhook(index, requests));
                    }
                }
                let Some(end) = lanes.next().await else { break };
                must_end |= end.halt.is_some();
                ends.push(end);
            }
        }
        let mut halted = Ok(());
        for end in ends {
            if let Err(halt) = self.take_end(end) {
                halted = Err(halt);
            }
        }
        halted
    }

    fn requests_for(&self, plan: &ApprovedPlan, index: usize) -> VecDeque<ResendRequest> {
        let webhook = &self.webhooks[index];
        let events = plan.for_webhook(index).filter_map(|id| webhook.events.get(id));
        events
            .map(|tracked| ResendRequest {
                webhook: webhook.id.clone(),
                event: tracked.event.id.clone(),
                resend_id: tracked.event.resend_id().clone(),
                runs_before: tracked.event.runs,
                status_before: tracked.event.status,
                created_at: tracked.event.created(),
                known_by: match webhook.taken_in.contains_key(&tracked.event.id) {
                    true => KnownBy::Record,
                    false => KnownBy::Listing,
                },
            })
            .collect()
    }

    /// Sends the resends for one webhook until they are through, the receiver turns out to be down, or
    /// the run must end.
    async fn resend_to_webhook(&self, index: usize, mut requests: VecDeque<ResendRequest>) -> LaneEnd {
        let webhook = &self.webhooks[index];
        let receiver = if webhook.receiver_proven { Receiver::Proven } else { Receiver::Untried };
        let mut end = LaneEnd {
            webhook: index,
            sent: Vec::new(),
            breaker: webhook.breaker.clone(),
            budget: webhook.budget.clone(),
            receiver,
            halt: None,
        };
        if end.receiver == Receiver::Untried
            && let Err(halt) = self.try_canaries(&mut requests, &mut end).await
        {
            end.halt = Some(halt);
            return end;
        }
        if end.receiver == Receiver::Down {
            self.notice_receiver_down(index, u32::try_from(end.sent.len()).unwrap_or(u32::MAX));
            return end;
        }
        let mut flying = FuturesUnordered::new();
        loop {
            while end.halt.is_none()
                && !end.breaker.is_open()
                && flying.len() < self.policy().bounds.concurrency.max(1)
                && !requests.is_empty()
                && end.takes_place(self.ports.clock.now())
            {
                let Some(request) = requests.pop_front() else { break };
                flying.push(self.attempt(request, Role::Follower));
            }
            // What is in flight is waited for even when nothing more may follow.
            let Some(result) = flying.next().await else { break };
            match result {
                Ok((sent, learned)) => {
                    let was_open = end.breaker.is_open();
                    mark_breaker(&mut end.breaker, &sent);
                    if end.breaker.is_open() && !was_open {
                        self.notice_receiver_down(index, end.breaker.failures());
                    }
                    end.account(&sent);
                    end.sent.push(sent);
                    end.halt = end.halt.take().or(learned.err());
                }
                Err(halt) => end.halt = end.halt.take().or(Some(halt)),
            }
        }
        end
    }

    fn notice_receiver_down(&self, index: usize, failures: u32) {
        let webhook = &self.webhooks[index];
        self.notice(&RunEvent::ReceiverDown { webhook: webhook.id.clone(), name: webhook.name.clone(), failures });
    }

    /// Tries the receiver with single events, oldest first, until one is accepted.
    async fn try_canaries(&self, requests: &mut VecDeque<ResendRequest>, end: &mut LaneEnd) -> Result<(), Halt> {
        let mut refused = 0;
        let mut rejected = 0;
        while end.receiver == Receiver::Untried && rejected < MAX_REJECTED_CANARIES {
            if requests.is_empty() || !end.takes_place(self.ports.clock.now()) {
                break;
            }
            let Some(request) = requests.pop_front() else { break };
            let (mut sent, learned) = self.attempt(request, Role::Canary).await?;
            end.account(&sent);
            let arrived = match sent.outcome.conclusion {
                Conclusion::Accepted => true,
                Conclusion::Refused => false,
                Conclusion::InDoubt => {
                    let looked = self.look_up_canary(&sent.open).await;
                    sent.was_seen_to_arrive = matches!(looked, Ok(Some(Settlement::Recovered)));
                    end.sent.push(sent);
                    learned?;
                    match looked? {
                        Some(Settlement::Recovered) => end.receiver = Receiver::Proven,
                        Some(Settlement::DeliveryFailed | Settlement::NotSent) | None => refused += 1,
                    }
                    if refused >= self.policy().bounds.canaries.max(1) {
                        end.receiver = Receiver::Down;
                    }
                    continue;
                }
                Conclusion::Rejected | Conclusion::NotSent => {
                    rejected += 1;
                    end.sent.push(sent);
                    learned?;
                    continue;
                }
            };
            end.sent.push(sent);
            learned?;
            if arrived {
                end.receiver = Receiver::Proven;
            } else {
                refused += 1;
            }
            if refused >= self.policy().bounds.canaries.max(1) {
                end.receiver = Receiver::Down;
            }
        }
        Ok(())
    }

    /// Looks a doubtful canary up by itself, because the others wait for it.
    async fn look_up_canary(&self, open: &OpenAttempt) -> Result<Option<Settlement>, Halt> {
        let policy = self.policy();
        let patience = policy.settle.to_std().unwrap_or_default();
        let begun = self.ports.clock.elapsed();
        for poll in 0.. {
            let (looked_at, looked) = (self.ports.clock.now(), self.ports.clock.elapsed());
            if let Some(event) = self.get_event(&open.request).await? {
                let evidence =
                    Evidence { status: Some(event.status), runs: event.runs, receipt: None, log_is_live: false };
                if let Some(settlement) = settle(open, &evidence, policy.resend.idempotent, looked_at, policy.settle) {
                    return Ok(Some(settlement));
                }
            }
            if looked.saturating_sub(begun) >= patience {
                break;
            }
            self.caller.pause(back_off(poll, self.caller.jitter())).await?;
        }
        Ok(None)
    }

    /// Gets one event; `None` when the vendor does not know it, or does not answer usefully.
    pub(super) async fn get_event(&self, request: &ResendRequest) -> Result<Option<Event>, Halt> {
        let provider = self.ports.provider.as_ref();
        let answer = self
            .caller
            .read(RequestKind::Get, async || provider.get_event(&request.webhook, &request.resend_id).await)
            .await?;
        // Another event in the answer would be another event's news.
        Ok(answer.ok().map(|detail| detail.event).filter(|event| event.id == request.event))
    }

    /// Sends one resend: intent, request, outcome. Throttled and unsent requests are tried again, each
    /// with an intent of its own.
    async fn attempt(&self, request: ResendRequest, role: Role) -> Result<(Sent, Result<(), Halt>), Halt> {
        let LedgerAccess::Write(journal) = &self.ports.ledger else {
            unreachable!("a run without the ledger's lock has no approved plan");
        };
        let clock = self.ports.clock.as_ref();
        let mut patience = patience();
        loop {
            let lane = self.caller.lane(RequestKind::Resend).await?;
            let intent_at = clock.now();
            let recorded = journal.record_intent(request.clone(), intent_at).await;
            let intent = recorded.map_err(|error| {
                self.caller.was_not_sent(RequestKind::Resend);
                Halt::ledger(error)
            })?;
            let attempt = intent.attempt();
            let answer = self.caller.unless_abandoned(self.ports.provider.resend(&intent)).await;
            let ended_at = clock.now();
            drop(lane);
            if let Err(ProviderError::Unaddressable { .. }) = &answer {
                self.caller.was_not_sent(RequestKind::Resend);
            }
            let outcome = outcome_of(&request, &answer);
            let recorded = journal.record_outcome(intent, outcome.clone(), ended_at).await.map_err(Halt::ledger);
            self.notice(&RunEvent::Attempted {
                webhook: request.webhook.clone(),
                event: request.event.clone(),
                canary: role == Role::Canary,
                conclusion: outcome.conclusion,
                status_code: outcome.status_code,
                detail: outcome.detail.clone(),
            });
            let learned = self.caller.learn(answer.as_ref().err());
            // What was sent is told of even when its outcome could not be recorded.
            let learned = recorded.and(learned);
            match &answer {
                Err(ProviderError::Throttled { .. } | ProviderError::QuotaExhausted { .. }) => learned?,
                Err(error @ ProviderError::NotSent { .. }) => {
                    learned?;
                    self.caller.back_off(&mut patience, error).await?;
                }
                _ => {
                    let open = OpenAttempt {
                        attempt,
                        intent_at,
                        ended_at: Some(ended_at),
                        request,
                        conclusion: Some(outcome.conclusion),
                        runs_after: outcome.runs_after,
                    };
                    let unanswered = answer.as_ref().is_err_and(|error| error.resend_end() == ResendEnd::Unanswered);
                    return Ok((Sent { open, outcome, unanswered, was_seen_to_arrive: false }, learned));
                }
            }
        }
    }

    fn take_end(&mut self, end: LaneEnd) -> Result<(), Halt> {
        let webhook = &mut self.webhooks[end.webhook];
        webhook.receiver_proven = end.receiver == Receiver::Proven;
        webhook.breaker = end.breaker;
        webhook.budget = end.budget;
        self.resends += end.sent.len() as u64;
        for sent in end.sent {
            let Some(tracked) = webhook.events.get_mut(&sent.open.request.event) else { continue };
            match sent.outcome.conclusion {
                Conclusion::Accepted | Conclusion::Refused | Conclusion::InDoubt => {
                    tracked.attempts = tracked.attempts.saturating_add(1);
                    tracked.reason = Some(sent.outcome.detail.into());
                    webhook.pending.push(match sent.was_seen_to_arrive {
                        true => Pending::arrived(sent.open),
                        false => Pending::new(sent.open),
                    });
                }
                Conclusion::Rejected | Conclusion::NotSent => {
                    tracked.result = Some(EventResult::Left);
                    tracked.reason = Some(sent.outcome.detail.into());
                }
            }
        }
        if end.receiver == Receiver::Down {
            webhook.blocked = Some("not tried: the receiver refused the events that were tried first");
        }
        end.halt.map_or(Ok(()), Err)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Canary,
    Follower,
}

fn mark_breaker(breaker: &mut Breaker, sent: &Sent) {
    // The ledger numbers attempts as they are sent.
    let place = sent.open.attempt.0;
    match sent.outcome.conclusion {
        Conclusion::Accepted => breaker.succeeded(place),
        Conclusion::Refused => breaker.failed(place),
        Conclusion::InDoubt if sent.unanswered => breaker.failed(place),
        // The answer shows the event as it was before, or the vendor itself rejected the request:
        // neither says anything of the receiver.
        Conclusion::InDoubt | Conclusion::Rejected | Conclusion::NotSent => {}
    }
}

fn outcome_of(request: &ResendRequest, answer: &Result<Event, ProviderError>) -> AttemptOutcome {
    match answer {
        Ok(event) => {
            let conclusion = conclude(request, &ResendEnd::Answered(event));
            AttemptOutcome {
                conclusion,
                status_code: Some(200),
                runs_after: event.runs,
                detail: answered_detail(conclusion, event),
            }
        }
        Err(error) => AttemptOutcome {
            conclusion: conclude(request, &error.resend_end()),
            status_code: error.status_code(),
            runs_after: None,
            detail: error.to_string(),
        },
    }
}

fn answered_detail(conclusion: Conclusion, event: &Event) -> String {
    let words = match (event.status_code, event.status_text.as_deref()) {
        (Some(code), Some(text)) if !text.is_empty() => format!(" ({code} {text})"),
        (Some(code), _) => format!(" ({code})"),
        (None, Some(text)) if !text.is_empty() => format!(" ({text})"),
        (None, _) => String::new(),
    };
    match conclusion {
        Conclusion::Accepted => format!("the vendor says that it was delivered{words}"),
        Conclusion::Refused => format!("the receiver refused it{words}"),
        Conclusion::InDoubt => format!("the vendor's answer does not say whether it delivered{words}"),
        Conclusion::Rejected | Conclusion::NotSent => "the vendor did not act".to_owned(),
    }
}

#[cfg(test)]
mod tests;
