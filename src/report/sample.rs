//! Reports for tests.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::Verdict;
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, Window, ZoneKnowledge};
use crate::exit::{ExitCode, Findings};
use crate::outcome::RunOutcome;
use crate::plan::{Plan, PlannedResend};
use crate::run_report::{Counts, Mode, Problem, ProblemKind, Requests, RunReport, Told, WebhookReport};
use crate::tracked::{EventResult, TrackedEvent, TrackedEvents};

pub(super) fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 0).expect("a valid instant")
}

/// A UUID that is told by its last digits.
pub(super) fn uuid(number: u64) -> String {
    format!("7d3e0b52-9c41-4f6a-8b1e-{number:012}")
}

/// One event under construction.
pub(super) struct Sample(TrackedEvent);

impl Sample {
    pub(super) fn new(id: &str, status: DeliveryStatus, verdict: Verdict) -> Self {
        let mut events = TrackedEvents::default();
        events.observe(Event {
            id: EventId::new(id).expect("a usable id"),
            created_at: Some(CreatedAt { at: noon(), zone: ZoneKnowledge::Stated }),
            status,
            status_text: None,
            status_code: None,
            runs: None,
            alternate_ids: None,
        });
        let mut tracked = events.into_oldest_first().remove(0);
        tracked.verdict = verdict;
        Self(tracked)
    }

    pub(super) fn failed(number: u64, verdict: Verdict) -> Self {
        let mut sample = Self::new(&uuid(number), DeliveryStatus::Failed, verdict).says(Some(404), "Not found");
        let at = noon() + TimeDelta::seconds(97 * i64::try_from(number).expect("a small number"));
        sample.0.event.created_at = Some(CreatedAt { at, zone: ZoneKnowledge::Stated });
        sample
    }

    pub(super) fn says(mut self, code: Option<u16>, text: &str) -> Self {
        self.0.event.status_code = code;
        self.0.event.status_text = (!text.is_empty()).then(|| Arc::from(text));
        self
    }

    pub(super) fn ended(mut self, attempts: u16, result: EventResult) -> Self {
        self.0.attempts = attempts;
        self.0.result = Some(result);
        self
    }

    pub(super) fn because(mut self, reason: &str) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    pub(super) fn undated(mut self) -> Self {
        self.0.event.created_at = None;
        self
    }

    pub(super) fn build(self) -> TrackedEvent {
        self.0
    }
}

pub(super) fn missing(number: u64, attempts: u16, result: EventResult) -> TrackedEvent {
    Sample::failed(number, Verdict::Missing).ended(attempts, result).build()
}

/// A delivered event of which nothing needs to be said.
pub(super) fn settled(number: u64) -> TrackedEvent {
    Sample::new(&uuid(number), DeliveryStatus::Delivered, Verdict::Settled).build()
}

pub(super) fn webhook(id: &str, name: &str, events: Vec<TrackedEvent>) -> WebhookReport {
    let mut counts = Counts::default();
    for tracked in &events {
        counts.count(tracked);
        counts.received += u64::from(matches!(tracked.verdict, Verdict::Settled | Verdict::Unacknowledged));
    }
    WebhookReport { webhook: WebhookId::new(id).expect("a usable id"), name: name.to_owned(), counts, events }
}

pub(super) fn problem(kind: ProblemKind, message: &str, hint: &str) -> Problem {
    Problem { kind, message: message.to_owned(), hint: hint.to_owned() }
}

/// A sample plans what it leaves.
fn planned(mode: Mode, webhooks: &[WebhookReport]) -> Plan {
    let mut resends = Vec::new();
    if mode == Mode::DryRun {
        for (place, webhook) in webhooks.iter().enumerate() {
            let left = webhook.events.iter().filter(|tracked| tracked.result == Some(EventResult::Left));
            resends.extend(left.map(|tracked| PlannedResend {
                webhook: place,
                event: tracked.event.id.clone(),
                created_at: tracked.event.created(),
            }));
        }
    }
    Plan::new(resends)
}

pub(super) fn report(mode: Mode, outcome: RunOutcome, webhooks: Vec<WebhookReport>) -> RunReport {
    let mut totals = Counts::default();
    for webhook in &webhooks {
        totals.add(&webhook.counts);
    }
    let (command, findings) = match mode {
        Mode::Act => ("reconcile", Findings::Fail),
        Mode::DryRun => ("reconcile", Findings::Show),
        Mode::Check => ("check", Findings::Fail),
    };
    RunReport {
        run_id: "01JNB3V0Z8Q6".to_owned(),
        command: command.to_owned(),
        mode,
        started_at: noon() + TimeDelta::days(2),
        finished_at: noon() + TimeDelta::days(2) + TimeDelta::milliseconds(4_250),
        window: Window::new(noon() - TimeDelta::days(5), noon() + TimeDelta::days(2)).expect("a window"),
        selection: String::new(),
        told: Told::Unsettled,
        planned: planned(mode, &webhooks),
        outcome,
        exit_code: ExitCode::of(outcome, findings),
        rounds: u32::from(totals.resent > 0),
        requests: Requests { list: 9, get: 0, resend: totals.resent },
        totals,
        webhooks,
        problems: Vec::new(),
    }
}
