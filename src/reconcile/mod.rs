//! The engine: drives list → prove → diff → plan → resend → confirm over the ports.
//!
//! It knows traits only, and it is the only place that waits. Whatever goes wrong becomes part of
//! the report; a run never ends without one.
//!
//! | file | what it does |
//! |---|---|
//! | `ports` | the outside world and the task as a run is given them |
//! | `caller` | sends one request at a time: concurrency, rate, retries, deadline, stop |
//! | `scope` | which webhooks the run looks at |
//! | `exactly` | finds the events of a plan, or those named by hand, and no others |
//! | `chosen` | what a run was asked to work on, and what it leaves alone |
//! | `listing` | lists slices side by side, halves those that fail or may be cut short |
//! | `proof` | proves that the vendor's filter can be believed |
//! | `log_proof` | proves that the received log is the right one |
//! | `diff` | asks the log once and gives every event its verdict |
//! | `doubt` | settles attempts that an earlier run left open |
//! | `quarantine` | reports what used up its attempts, until it arrives or a person releases it |
//! | `unfinished` | takes in what earlier runs left outside the window |
//! | `spending` | keeps failed deliveries within the failure budget |
//! | `resend` | canary, then the others; intent before, outcome after |
//! | `confirm` | looks again: a resend that was accepted is not yet a delivery |
//! | `audit`, `placing` | the other direction: what the log holds and the vendor did not list; where that belongs |
//! | `finish` | results, outcome, report |

mod audit;
mod caller;
mod chosen;
mod confirm;
mod diff;
mod doubt;
mod exactly;
mod finish;
mod listing;
mod log_proof;
mod placing;
mod ports;
mod proof;
mod quarantine;
mod resend;
mod scope;
mod spending;
#[cfg(test)]
mod tests;
mod unfinished;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::audit::Audit;
use crate::clock::SteadyClock;
use crate::event::{EventId, WebhookId, Window};
use crate::ledger::{History, LedgerError, RunEnd, RunStart, WebhookHistory};
use crate::monitor::RunEvent;
use crate::outcome::Facts;
use crate::pace::breaker::Breaker;
use crate::pace::budget::Budget;
use crate::plan::{Plan, PlannedResend};
use crate::policy::Policy;
use crate::proven::window_since;
use crate::provider::ListFilter;
use crate::rounds::{Next, Rounds};
use crate::run_report::{Mode, Problem, ProblemKind, RunReport};
use crate::selection::Selection;
use crate::slices::{Capacity, ListedSlice};
use crate::tracked::{EventResult, TrackedEvents};

use caller::{Caller, Halt};
pub use ports::{
    Approval, Approver, Beginning, Directions, LedgerAccess, PlanSummary, Ports, Preapproved, RunRequest, Scope, Task,
    WantedBy, WantedEvent, WebhookRef,
};

/// How often a closer look at the listings may bring more events before the run gives up on "clean".
const MAX_SCRUTINIES: u32 = 5;

/// Runs to the end and reports; whatever goes wrong is part of the report.
pub async fn run(ports: &Ports, request: &RunRequest) -> RunReport {
    let ports = &Ports { clock: Arc::new(SteadyClock::new(Arc::clone(&ports.clock))), ..ports.clone() };
    let started_at = ports.clock.now();
    let mut run = Run::new(ports, request);
    if let Err(halt) = run.carry_out(started_at).await {
        run.halted(&halt);
    }
    let was_recorded = run.start_is_recorded;
    run.conclude();
    let quarantine = run.quarantine_changes();
    let report = run.into_report(started_at);
    let LedgerAccess::Write(journal) = &ports.ledger else { return report };
    if !was_recorded {
        return report;
    }
    let end = RunEnd {
        finished_at: report.finished_at,
        outcome: report.outcome,
        totals: finish::totals_as_json(&report),
        quarantine,
        proven: finish::proven_by(&report, request),
    };
    match journal.record_run_end(end).await {
        Ok(()) => {
            let (clock, monitor) = (ports.clock.as_ref(), ports.monitor.as_ref());
            finish::prune(report, journal.as_ref(), request.policy.retention, clock, monitor).await
        }
        Err(error) => finish::with_failed_ledger(report, &error, ports.monitor.as_ref()),
    }
}

/// One webhook while a run works on it.
struct WebhookState {
    id: WebhookId,
    name: String,
    events: TrackedEvents,
    /// What is asked for: failed ones, until the vendor's filter turns out not to be believable.
    filter: ListFilter,
    /// The latest listing of each slice.
    listed: Vec<ListedSlice>,
    /// The unfiltered listing that proved the filter.
    proof_listed: Vec<ListedSlice>,
    /// The unfiltered listing covered the whole window.
    whole_window_listed: bool,
    capacity: Capacity,
    /// The vendor lists the same whatever range is asked for, so that smaller slices tell nothing.
    range_ignored: bool,
    /// What listings showed that bears on whether the filter can be believed.
    signs: proof::FilterSigns,
    history: WebhookHistory,
    /// Events that an earlier run's resend turned out to have brought.
    arrived: HashSet<EventId>,
    /// Events that came in by the word of the ledger or of a person and not by a listing.
    taken_in: HashMap<EventId, unfinished::Shown>,
    /// The events that the run is to work on, where it was told each one.
    wanted: HashMap<EventId, WantedBy>,
    breaker: Breaker,
    /// What is left of the failure budget, where there is one.
    budget: Option<Budget>,
    /// The receiver accepted a delivery in this run, so that no canary is needed any more.
    receiver_proven: bool,
    /// Events that are waiting for confirmation.
    pending: Vec<confirm::Pending>,
    /// Nothing may be resent to this webhook in this run.
    blocked: Option<&'static str>,
}

/// A run under way.
struct Run<'a> {
    ports: &'a Ports,
    request: &'a RunRequest,
    caller: Caller<'a>,
    /// When the run began, before it looked at anything.
    began_at: DateTime<Utc>,
    window: Window,
    webhooks: Vec<WebhookState>,
    rounds: Rounds,
    resends: u64,
    start_is_recorded: bool,
    problems: Vec<Problem>,
    facts: Facts,
    /// What was still to be resent when the run ended.
    planned: Plan,
    /// The two-way picture, where it was asked for.
    audit: Option<Audit>,
}

impl<'a> Run<'a> {
    fn new(ports: &'a Ports, request: &'a RunRequest) -> Self {
        Self {
            ports,
            request,
            caller: Caller::new(ports, request),
            began_at: ports.clock.now(),
            window: request.window,
            webhooks: Vec::new(),
            rounds: Rounds::new(request.policy.bounds.max_rounds),
            resends: 0,
            start_is_recorded: false,
            problems: Vec::new(),
            facts: Facts::default(),
            planned: Plan::default(),
            audit: None,
        }
    }

    fn policy(&self) -> &'a Policy {
        &self.request.policy
    }

    fn notice(&self, event: &RunEvent) {
        self.ports.monitor.notice(event);
    }

    /// Notes a problem once; the same one seen again says nothing new.
    fn problem(&mut self, kind: ProblemKind, message: impl Into<String>, hint: impl Into<String>) {
        let problem = Problem { kind, message: message.into(), hint: hint.into() };
        if !self.problems.contains(&problem) {
            self.notice(&RunEvent::ProblemFound(problem.clone()));
            self.problems.push(problem);
        }
    }

    /// Notes a problem because of which nothing can be called clean.
    fn undetermined(&mut self, kind: ProblemKind, message: impl Into<String>, hint: impl Into<String>) {
        self.facts.undetermined = true;
        self.problem(kind, message, hint);
    }

    async fn carry_out(&mut self, started_at: DateTime<Utc>) -> Result<(), Halt> {
        self.resolve_scope().await?;
        if self.facts.unusable_input {
            return Ok(());
        }
        let request = self.request;
        match &request.task {
            Task::Window(selection) => {
                self.resolve_window().await?;
                self.record_start(started_at).await?;
                self.list_window(selection).await?;
            }
            Task::Exactly { events: wanted, .. } => {
                self.locate(wanted).await?;
                self.record_start(started_at).await?;
                self.look_up_wanted().await?;
            }
        }
        self.diff().await?;
        self.settle_earlier_attempts().await?;
        self.load_budgets().await?;
        self.warn_of_a_plan_over_the_cap();
        if let Task::Exactly { .. } = &request.task {
            // Each event was looked at by itself, so nothing rests on a listing being whole.
            return match self.policy().mode {
                Mode::Act => self.resend_until_nothing_is_left().await,
                Mode::DryRun | Mode::Check => Ok(()),
            };
        }
        for _ in 0..MAX_SCRUTINIES {
            if self.policy().mode == Mode::Act {
                self.resend_until_nothing_is_left().await?;
            }
            if !self.scrutinise_listings().await? {
                return match request.directions {
                    Directions::VendorToLog => Ok(()),
                    Directions::Both => self.audit().await,
                };
            }
        }
        self.undetermined(
            ProblemKind::ListingTruncated,
            "every closer look at the vendor's listings brings more events",
            "run again with a shorter window",
        );
        Ok(())
    }

    /// Steps 2 and 3 for every webhook: list, prove the filter, take in what earlier runs left.
    async fn list_window(&mut self, selection: &Selection) -> Result<(), Halt> {
        for index in 0..self.webhooks.len() {
            self.load_history(index).await?;
            self.list_webhook(index).await?;
            if selection.wants_delivered() {
                self.list_unfiltered_instead(index).await?;
            }
            self.prove_filter(index).await?;
            self.look_up_unfinished(index).await?;
        }
        self.report_ids_not_seen(selection);
        Ok(())
    }

    /// A run that takes up the work of the last proven one begins where that ended.
    async fn resolve_window(&mut self) -> Result<(), Halt> {
        let history: &dyn History = match (self.request.beginning, &self.ports.ledger) {
            (Beginning::AsGiven, _) | (Beginning::WhereProvenEnds, LedgerAccess::None) => return Ok(()),
            (Beginning::WhereProvenEnds, LedgerAccess::Write(journal)) => journal.as_ref(),
            (Beginning::WhereProvenEnds, LedgerAccess::Read(history)) => history.as_ref(),
        };
        let mut proven = Vec::with_capacity(self.webhooks.len());
        for webhook in &self.webhooks {
            proven.push(history.proven(&webhook.id).await.map_err(Halt::ledger)?);
        }
        self.window = window_since(&proven, self.request.window);
        Ok(())
    }

    async fn record_start(&mut self, started_at: DateTime<Utc>) -> Result<(), Halt> {
        let webhooks: Vec<_> = self.webhooks.iter().map(|webhook| webhook.id.clone()).collect();
        self.notice(&RunEvent::RunStarted {
            run_id: self.request.run_id.clone(),
            command: self.request.command.clone(),
            window: self.window,
            webhooks: webhooks.clone(),
        });
        if let LedgerAccess::Write(journal) = &self.ports.ledger {
            let start = RunStart {
                run_id: self.request.run_id.clone(),
                command: self.request.command.clone(),
                started_at,
                window: self.window,
                webhooks,
                asked_by: self.request.asked_by.clone(),
            };
            journal.record_run_start(start).await.map_err(Halt::ledger)?;
            self.start_is_recorded = true;
        }
        Ok(())
    }

    async fn load_history(&mut self, index: usize) -> Result<(), Halt> {
        let webhook = &mut self.webhooks[index];
        let history: Result<WebhookHistory, LedgerError> = match &self.ports.ledger {
            LedgerAccess::Write(journal) => journal.of_webhook(&webhook.id).await,
            LedgerAccess::Read(history) => history.of_webhook(&webhook.id).await,
            LedgerAccess::None => Ok(WebhookHistory::new()),
        };
        webhook.history = history.map_err(Halt::ledger)?;
        let now = self.ports.clock.now();
        let open = webhook.history.values_mut().flat_map(|history| &mut history.open);
        open.for_each(|attempt| attempt.not_after(now));
        Ok(())
    }

    /// Steps 5 to 8: plan, resend, confirm, again.
    async fn resend_until_nothing_is_left(&mut self) -> Result<(), Halt> {
        loop {
            let plan = self.plan();
            if plan.is_empty() {
                return Ok(());
            }
            if self.rounds.count() == 0 && !self.is_approved(&plan).await? {
                return Ok(());
            }
            let allowed = self.policy().bounds.max_resends;
            let approved = match plan.approve(self.resends, allowed) {
                Ok(approved) => approved,
                Err(over) => {
                    self.problem(
                        ProblemKind::TooManyResends,
                        format!("{over}, so none of them was sent"),
                        format!(
                            "look at the plan with --dry-run; if it is right, raise --max-resends to {}",
                            over.planned
                        ),
                    );
                    return Ok(());
                }
            };
            let round = self.rounds.begin();
            self.notice(&RunEvent::RoundStarted { round, resends: approved.len() });
            let before = self.count_results(EventResult::Recovered);
            let sent = self.resend(&approved).await;
            // What was sent is looked up even when the run is about to end.
            let confirmed = self.confirm(round).await;
            sent.and(confirmed)?;
            let recovered = self.count_results(EventResult::Recovered).saturating_sub(before);
            let outstanding = self.plan().len();
            match self.rounds.end(recovered, outstanding, self.caller.jitter()) {
                Next::Done => return Ok(()),
                Next::Again(wait) => self.caller.pause(wait).await?,
                Next::NoProgress => {
                    self.problem(
                        ProblemKind::NoProgress,
                        match outstanding {
                            1 => "1 event was resent again and again and did not arrive".to_owned(),
                            _ => format!("{outstanding} events were resent again and again and did not arrive"),
                        },
                        "look at what the receiver answers to them; the reason stands beside each event",
                    );
                    return Ok(());
                }
            }
        }
    }

    /// A dry run tells as well when the run it stands for would refuse its plan.
    fn warn_of_a_plan_over_the_cap(&mut self) {
        let (planned, allowed) = (self.plan().len(), self.policy().bounds.max_resends);
        if self.policy().mode == Mode::DryRun && planned > allowed {
            self.problem(
                ProblemKind::TooManyResends,
                format!("{planned} resends are planned and {allowed} are allowed, so a run would send none of them"),
                format!("if the plan is right, raise --max-resends to {planned}"),
            );
        }
    }

    /// Asks once whether what is planned may be sent. The cap is looked at first, so that nobody is
    /// asked to approve what would be refused anyway.
    async fn is_approved(&mut self, plan: &Plan) -> Result<bool, Halt> {
        if plan.len() > self.policy().bounds.max_resends {
            return Ok(true);
        }
        let resends_of = |index: usize| plan.resends().iter().filter(|resend| resend.webhook == index).count() as u64;
        let summary = PlanSummary {
            webhooks: (self.webhooks.iter().enumerate())
                .map(|(index, webhook)| (webhook.name.clone(), resends_of(index)))
                .filter(|(_, resends)| *resends > 0)
                .collect(),
            oldest: plan.resends().first().and_then(|resend| resend.created_at),
            youngest: plan.resends().last().and_then(|resend| resend.created_at),
        };
        let approval = self.caller.unless_stopped(self.ports.approver.approve(&summary)).await?;
        if approval == Approval::Denied {
            self.problem(ProblemKind::NotApproved, "the plan was not approved, so nothing was sent", "");
        }
        Ok(approval == Approval::Granted)
    }

    /// What may be resent now: wanted by the policy, not in doubt, attempts left, receiver not down.
    fn plan(&self) -> Plan {
        let mut resends = Vec::new();
        for (index, webhook) in self.webhooks.iter().enumerate() {
            if webhook.blocked.is_some() || webhook.breaker.is_open() || self.budget_is_spent(webhook).is_some() {
                continue;
            }
            for tracked in webhook.events.iter() {
                let is_wanted = self.policy().resend.resends(tracked.verdict) && self.is_chosen(webhook, tracked);
                if is_wanted && !self.had_its_turn(tracked) && self.may_be_resent(webhook, tracked) {
                    resends.push(PlannedResend {
                        webhook: index,
                        event: tracked.event.id.clone(),
                        created_at: tracked.event.created(),
                    });
                }
            }
        }
        Plan::new(resends)
    }

    /// How far the vendor's times may be off.
    fn zone_margin(&self) -> TimeDelta {
        self.policy().zone_margin
    }
}
