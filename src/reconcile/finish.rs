//! Makes the report: the result of every event, the outcome of the run, and what to do next.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::{UnknownReason, Verdict};
use crate::clock::Clock;
use crate::event::{DeliveryStatus, WebhookId, ZoneKnowledge};
use crate::exit::{ExitCode, Findings};
use crate::ledger::{Journal, LedgerError};
use crate::monitor::{Monitor, RunEvent};
use crate::outcome::RunOutcome;
use crate::plan::Plan;
use crate::policy::Proofs;
use crate::proven::Proven;
use crate::provider::{ProviderError, hints};
use crate::receipt::{CoverageGap, Receipt};
use crate::run_report::{Counts, Mode, Problem, ProblemKind, RunReport, WebhookReport};
use crate::tracked::{EventResult, TrackedEvent};

use super::caller::Halt;
use super::{Run, RunRequest, Task, WebhookState};

/// How long a run may spend on removing what is old; after a long pause that may be a lot.
const LONGEST_PRUNE: Duration = Duration::from_secs(10);

impl Run<'_> {
    /// Whether a resend of this event may be planned.
    pub(super) fn may_be_resent(&self, webhook: &WebhookState, tracked: &TrackedEvent) -> bool {
        let history = webhook.history.get(&tracked.event.id);
        let earlier = history.map_or(0, |history| history.attempts);
        let in_doubt = history.is_some_and(|history| !history.open.is_empty());
        let delivered_meanwhile =
            tracked.event.status == DeliveryStatus::Delivered && tracked.verdict != Verdict::LostAfterAck;
        let received = tracked.receipt == Some(Receipt::Found) && !self.policy().resend.idempotent;
        tracked.result.is_none()
            && !in_doubt
            && history.is_none_or(|history| history.quarantine.is_none())
            && !received
            && !delivered_meanwhile
            && earlier.saturating_add(u32::from(tracked.used_attempts())) < self.policy().bounds.max_attempts
    }

    /// How many events have this result so far.
    pub(super) fn count_results(&self, result: EventResult) -> u64 {
        let events = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        events.filter(|tracked| tracked.result == Some(result)).count() as u64
    }

    /// Notes why the run ends before its work is done.
    pub(super) fn halted(&mut self, halt: &Halt) {
        self.give_up_on_pending();
        match halt {
            Halt::Deadline if self.caller.vendor_is_failing() => {
                self.facts.provider_unavailable = true;
                self.problem(
                    ProblemKind::ProviderUnavailable,
                    "the deadline passed while the vendor was failing",
                    "run again later, or raise --deadline",
                );
            }
            Halt::Deadline => {
                // What a check did not come to may hold more than it found, and a gate lets findings pass.
                self.facts.undetermined |= !self.has_findings() || self.policy().mode == Mode::Check;
                self.problem(
                    ProblemKind::Deadline,
                    "the deadline passed before everything was done",
                    "raise --deadline, or run again",
                );
            }
            Halt::Stopped(signal) => {
                self.facts.interrupted = Some(*signal);
                self.problem(
                    ProblemKind::Interrupted,
                    "the run was stopped; what was in flight is recorded",
                    "run again to go on",
                );
            }
            Halt::Throttled { wait, error } => {
                self.facts.provider_unavailable = true;
                self.problem(
                    ProblemKind::Throttled,
                    format!("{error}, which is longer than this run may last"),
                    self.when_to_come_back(*wait),
                );
            }
            Halt::Unavailable(error) => {
                self.facts.provider_unavailable = true;
                self.problem(
                    ProblemKind::ProviderUnavailable,
                    format!("the vendor can't be reached or keeps failing: {error}"),
                    hints::UNAVAILABLE,
                );
            }
            Halt::CredentialsRefused { credential, error } => {
                self.facts.credentials_refused = true;
                self.problem(ProblemKind::CredentialsRefused, error.to_string(), credential.hint());
            }
            Halt::Misconfigured(error) => {
                self.facts.unusable_input = true;
                self.problem(misconfiguration_kind(error), error.to_string(), error.hint());
            }
            Halt::Ledger(error) => {
                self.facts.failed = true;
                self.problem(ProblemKind::Ledger, format!("{error}; nothing more was sent"), ledger_hint());
            }
            Halt::Received(error) => {
                self.facts.undetermined = true;
                self.problem(ProblemKind::LogUnreadable, error.to_string(), "make the log readable and run again");
            }
        }
    }

    fn when_to_come_back(&self, wait: Duration) -> String {
        let wait = TimeDelta::from_std(wait).ok();
        match wait.and_then(|wait| self.ports.clock.now().checked_add_signed(wait)) {
            Some(time) => format!("run again after {}, or raise --deadline", time.format("%F %TZ")),
            None => "run again when the vendor lets you, or raise --deadline".to_owned(),
        }
    }

    fn has_findings(&self) -> bool {
        let policy = self.policy().resend;
        let events = || self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        events().any(|tracked| policy.resends(tracked.verdict) && tracked.result != Some(EventResult::Recovered))
    }

    /// Gives every event its result and says what stood in the way.
    pub(super) fn conclude(&mut self) {
        self.planned = self.plan();
        for index in 0..self.webhooks.len() {
            self.conclude_events(index);
            self.report_receiver_down(index);
            self.report_spent_budget(index);
            self.report_quarantine(index);
        }
        self.report_unknown();
        self.report_times_ahead();
        self.report_what_was_not_selected();
        self.conclude_audit();
    }

    /// Ends the run: the outcome, the report.
    pub(super) fn into_report(mut self, started_at: DateTime<Utc>) -> RunReport {
        let mut totals = Counts::default();
        let mut webhooks = Vec::with_capacity(self.webhooks.len());
        let planned = match self.request.policy.mode {
            Mode::DryRun => std::mem::take(&mut self.planned),
            Mode::Act | Mode::Check => Plan::default(),
        };
        let mut seen = Counts::default();
        for mut webhook in std::mem::take(&mut self.webhooks) {
            webhook.events.iter().for_each(|tracked| seen.count(tracked));
            let mut events = std::mem::take(&mut webhook.events).into_oldest_first();
            events.retain(|tracked| self.is_chosen(&webhook, tracked));
            let mut counts = Counts::default();
            events.iter().for_each(|tracked| counts.count(tracked));
            totals.add(&counts);
            webhooks.push(WebhookReport { webhook: webhook.id, name: webhook.name, counts, events });
        }
        self.facts.left |= totals.left > 0;
        self.facts.undetermined |= totals.in_doubt > 0;
        let outcome = RunOutcome::of(&self.facts);
        RunReport {
            run_id: self.request.run_id.clone(),
            command: self.request.command.clone(),
            mode: self.request.policy.mode,
            started_at,
            finished_at: self.ports.clock.now(),
            window: self.window,
            selection: self.selection_in_words(),
            told: self.request.told,
            planned,
            audit: self.audit,
            outcome,
            exit_code: ExitCode::of(outcome, self.request.findings),
            totals,
            seen,
            rounds: self.rounds.count(),
            requests: self.caller.requests(),
            webhooks,
            problems: self.problems,
        }
    }

    fn conclude_events(&mut self, index: usize) {
        let policy = *self.policy();
        let acted = policy.mode == Mode::Act;
        let waits = self.waits_for_budget(index);
        let webhook = &mut self.webhooks[index];
        let breaker_is_open = webhook.breaker.is_open();
        for tracked in webhook.events.iter_mut() {
            if tracked.result.is_some() {
                continue;
            }
            let failing = tracked.first_status != DeliveryStatus::Delivered;
            let judged_as_delivered = tracked.verdict == Verdict::LostAfterAck;
            let delivered = tracked.event.status == DeliveryStatus::Delivered;
            if failing && delivered && tracked.attempts == 0 && !judged_as_delivered {
                // Delivered while the run was under way, by somebody else.
                tracked.verdict = Verdict::Settled;
            }
            let earlier = webhook.history.get(&tracked.event.id).map_or(0, |history| history.attempts);
            let used_up = earlier.saturating_add(u32::from(tracked.used_attempts())) >= policy.bounds.max_attempts;
            tracked.result = match tracked.verdict {
                Verdict::Settled => None,
                Verdict::Missing | Verdict::LostAfterAck if used_up && tracked.attempts > 0 => {
                    Some(EventResult::Quarantined)
                }
                // A dry run tells what a run would leave to be resent, and this is none of it.
                Verdict::LostAfterAck if policy.mode == Mode::DryRun && !policy.resend.include_acknowledged => {
                    Some(EventResult::Skipped)
                }
                Verdict::Missing | Verdict::LostAfterAck => Some(EventResult::Left),
                // What the receiver takes twice is left as long as it has failed, whoever looks.
                verdict if policy.resend.resends(verdict) => Some(EventResult::Left),
                Verdict::Unacknowledged | Verdict::TooYoung | Verdict::Unknown(_) => Some(EventResult::Skipped),
            };
            let was_wanted = acted && policy.resend.resends(tracked.verdict);
            // What was tried says already what became of that.
            if was_wanted && tracked.reason.is_none() {
                let down =
                    webhook.blocked.or(breaker_is_open.then_some("not tried: several deliveries in a row failed"));
                tracked.reason = down.or(waits.as_deref()).map(Into::into);
            }
        }
    }

    /// A refusal may turn out to be a delivery whose answer was lost, so this is said only at the end.
    fn report_receiver_down(&mut self, index: usize) {
        let webhook = &self.webhooks[index];
        let name = &webhook.name;
        let untried = |tracked: &TrackedEvent| tracked.attempts == 0 && tracked.result == Some(EventResult::Left);
        let others = if webhook.events.iter().any(untried) { ", so the others were not sent" } else { "" };
        let message = if webhook.blocked.is_some() {
            format!("{name}: the receiver refused every event that was tried first{others}")
        } else if webhook.breaker.is_open() {
            format!("{name}: {} deliveries in a row failed{others}", webhook.breaker.failures())
        } else {
            return;
        };
        self.problem(
            ProblemKind::ReceiverDown,
            message,
            "see why the receiver refuses (the status stands beside each event), then run again",
        );
    }

    /// An event from the future is a sign of a wrong zone, and passes for too young as long as it is.
    fn report_times_ahead(&mut self) {
        let now = self.ports.clock.now();
        let events = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let ahead = events.filter(|tracked| tracked.event.created().is_some_and(|created| created > now)).count();
        if ahead > 0 {
            self.problem(
                ProblemKind::TimesAhead,
                format!("{ahead} events seem to be created in the future, so they pass for too young"),
                "set --time-zone to the zone of the vendor's times, and check this machine's clock",
            );
        }
    }

    /// Whether the run only shows what there is: nobody fails on what it finds.
    fn is_only_shown(&self) -> bool {
        self.policy().mode == Mode::Check && self.request.findings == Findings::Show
    }

    /// Says once for each reason why events could not be judged.
    fn report_unknown(&mut self) {
        let mut reasons: BTreeMap<&'static str, (u64, UnknownReason)> = BTreeMap::new();
        let webhooks = self.webhooks.iter();
        let events = webhooks.flat_map(|webhook| webhook.events.iter().map(move |tracked| (webhook, tracked)));
        let policy = self.policy().resend;
        for (webhook, tracked) in events {
            let has_its_own_end = match tracked.result {
                Some(EventResult::Recovered | EventResult::Quarantined | EventResult::InDoubt) => true,
                Some(EventResult::Left) => {
                    webhook.taken_in.contains_key(&tracked.event.id) || policy.resends(tracked.verdict)
                }
                Some(EventResult::Skipped) | None => false,
            };
            if let Verdict::Unknown(reason) = tracked.verdict
                && !has_its_own_end
                && self.is_chosen(webhook, tracked)
            {
                reasons.entry(tracked.verdict.reason()).or_insert((0, reason)).0 += 1;
            }
        }
        for (words, (count, reason)) in reasons {
            if reason == UnknownReason::OutOfCoverage(CoverageGap::NoLog) && self.is_only_shown() {
                // Whoever lists without a log asks what has failed and not what is missing.
                self.facts.left = true;
                continue;
            }
            let (kind, hint) = unknown_hint(reason);
            let events = if count == 1 { "1 event".to_owned() } else { format!("{count} events") };
            self.undetermined(kind, format!("{events} can't be judged: {words}"), hint);
        }
    }
}

fn unknown_hint(reason: UnknownReason) -> (ProblemKind, &'static str) {
    match reason {
        UnknownReason::NotJudged => (ProblemKind::Unjudged, "run again once the reason for the end is mended"),
        UnknownReason::NoStatus | UnknownReason::NoTime => {
            (ProblemKind::RecordsUnusable, "such events are never resent; ask the vendor what they are")
        }
        UnknownReason::OutOfCoverage(CoverageGap::NoLog) => {
            (ProblemKind::LogCoverage, "name the received log with --received, or say --idempotent if the receiver is")
        }
        UnknownReason::OutOfCoverage(CoverageGap::BeforeLog | CoverageGap::NoTime) => {
            (ProblemKind::LogCoverage, "add the older log with another --received, or begin the window later")
        }
        UnknownReason::OutOfCoverage(CoverageGap::Unproven) => {
            (ProblemKind::LogUnproven, "check --received and --received-id")
        }
        UnknownReason::OutOfCoverage(CoverageGap::Unreadable) => {
            (ProblemKind::LogUnreadable, "repair the log, or name another with --received")
        }
    }
}

fn misconfiguration_kind(error: &ProviderError) -> ProblemKind {
    match error {
        ProviderError::NotFound { .. } | ProviderError::Unaddressable { .. } => ProblemKind::WebhookUnknown,
        _ => ProblemKind::WrongAddress,
    }
}

fn ledger_hint() -> &'static str {
    "make room on the disk or make the ledger writable, then run again: what was sent is looked up first"
}

/// How far behind the time of an event may lie that states no offset: the westernmost zone.
const UNSTATED_OFFSET: TimeDelta = TimeDelta::hours(12);

/// What a run that ended clean by proof proves for each of its webhooks: nothing is left up to where
/// events were old enough to be judged.
pub(super) fn proven_by(report: &RunReport, request: &RunRequest) -> Vec<(WebhookId, Proven)> {
    let policy = &request.policy;
    if !matches!(&request.task, Task::Window(selection) if selection.is_everything()) {
        // Nothing was looked at but a part.
        return Vec::new();
    }
    // What is quarantined is told of on every run, whatever its window, so it keeps nothing open.
    let all_is_told = report.outcome == RunOutcome::Left && report.totals.left == report.totals.quarantined;
    let is_proven = (report.outcome == RunOutcome::Clean || all_is_told) && policy.proofs == Proofs::Required;
    if !is_proven || report.mode != Mode::Act {
        return Vec::new();
    }
    let judged_until = |webhook: &WebhookReport| {
        let states_offset = |tracked: &TrackedEvent| {
            tracked.event.created_at.is_some_and(|created| created.zone == ZoneKnowledge::Stated)
        };
        let certain = !webhook.events.is_empty() && webhook.events.iter().all(states_offset);
        let uncertainty = if certain { TimeDelta::zero() } else { UNSTATED_OFFSET };
        let ripe_until = report.started_at - policy.min_age - uncertainty;
        let young = webhook.events.iter().filter(|tracked| tracked.verdict == Verdict::TooYoung);
        young.filter_map(|tracked| tracked.event.created()).fold(ripe_until, DateTime::min)
    };
    let proven = |webhook: &WebhookReport| Proven::by_run(report.window, judged_until(webhook));
    report.webhooks.iter().filter_map(|webhook| Some((webhook.webhook.clone(), proven(webhook)?))).collect()
}

/// Removes what has been settled for longer than it is to be kept. A ledger that can't be made smaller
/// is still a good ledger, so a failure is told and changes nothing else.
pub(super) async fn prune(
    mut report: RunReport,
    journal: &dyn Journal,
    retention: Option<TimeDelta>,
    clock: &dyn Clock,
    monitor: &dyn Monitor,
) -> RunReport {
    let Some(before) = retention.and_then(|retention| report.finished_at.checked_sub_signed(retention)) else {
        return report;
    };
    let pruned = tokio::select! {
        pruned = journal.prune(before) => pruned.map(|_| ()),
        // What is left is for the next run.
        () = clock.sleep(LONGEST_PRUNE) => Ok(()),
    };
    if let Err(error) = pruned {
        let problem = Problem {
            kind: ProblemKind::Ledger,
            message: format!("old attempts could not be removed from the ledger: {error}"),
            hint: "nothing is lost; make room on the disk, the next run tries again".to_owned(),
        };
        monitor.notice(&RunEvent::ProblemFound(problem.clone()));
        report.problems.push(problem);
    }
    report
}

/// The report of a run whose end could not be recorded.
pub(super) fn with_failed_ledger(mut report: RunReport, error: &LedgerError, monitor: &dyn Monitor) -> RunReport {
    let problem = Problem {
        kind: ProblemKind::Ledger,
        message: format!("the end of the run could not be recorded: {error}"),
        hint: ledger_hint().to_owned(),
    };
    monitor.notice(&RunEvent::ProblemFound(problem.clone()));
    report.problems.push(problem);
    report.outcome = RunOutcome::Failed;
    report.exit_code = ExitCode::Failure;
    report
}

/// The totals as they are kept in the ledger.
pub(super) fn totals_as_json(report: &RunReport) -> String {
    let totals = &report.totals;
    serde_json::json!({
        "listed": totals.listed,
        "failed": totals.failed,
        "missing": totals.missing,
        "unacknowledged": totals.unacknowledged,
        "lost_after_ack": totals.lost_after_ack,
        "unknown": totals.unknown,
        "resent": totals.resent,
        "recovered": totals.recovered,
        "left": totals.left,
        "quarantined": totals.quarantined,
        "in_doubt": totals.in_doubt,
        "selection": report.selection,
    })
    .to_string()
}
