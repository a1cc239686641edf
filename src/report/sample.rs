//! Reports for tests.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::{UnknownReason, Verdict};
use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, Window, ZoneKnowledge};
use crate::exit::{ExitCode, Findings};
use crate::outcome::RunOutcome;
use crate::plan::{Plan, PlannedResend};
use crate::receipt::CoverageGap;
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

/// Texts that somebody might send to have them run, shown or read as something else.
pub(super) const HOSTILE: [&str; 20] = [
    "\"><img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "'onfocus='alert(1)' autofocus='",
    "--><svg onload=alert(1)>",
    "</style><style>*{display:none}",
    "]]></failure><error message='x'/>",
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "safe\u{202e}gpj.exe\u{2066}",
    "nul\0and\u{fffe}and\u{ffff}",
    "one line\nand\r\nanother",
    "a|b `c` **d** _e_ [x](https://evil.example) https://evil.example @everyone #1 <!-- y",
    "comma, semi;colon and \"quotes\"",
    "`` ` ``` \\` |",
];

/// A report in which everything that may come from outside is hostile.
pub(super) fn hostile() -> RunReport {
    let longest = "<".repeat(512);
    let events = HOSTILE.into_iter().chain([longest.as_str()]).enumerate().map(|(place, text)| {
        let result = if place % 3 == 0 { EventResult::Left } else { EventResult::Quarantined };
        let status = HOSTILE[(place + 1) % HOSTILE.len()];
        let sample = Sample::new(text, DeliveryStatus::Failed, Verdict::Missing).says(Some(500), status);
        sample.ended(1, result).because(HOSTILE[(place + 2) % HOSTILE.len()]).build()
    });
    let mut webhooks = vec![webhook("w.0", HOSTILE[0], events.collect())];
    for (place, name) in HOSTILE.into_iter().enumerate().skip(1) {
        let event = Sample::failed(place as u64, Verdict::Missing).ended(1, EventResult::Recovered);
        webhooks.push(webhook(&format!("w.{place}"), name, vec![event.build()]));
    }
    let mut report = report(Mode::Act, RunOutcome::Left, webhooks);
    report.run_id = HOSTILE[1].to_owned();
    report.problems = HOSTILE.into_iter().map(|text| problem(ProblemKind::ReceiverDown, text, text)).collect();
    report
}

/// An outage of two days: most of it recovered, some of it not.
pub(super) fn outage() -> RunReport {
    let refused = "the receiver refused it 3 times, last with 500";
    let mut events: Vec<_> = (1..=9).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    for number in [20, 21] {
        let poison = Sample::failed(number, Verdict::Missing).says(Some(500), "Internal Server Error");
        events.push(poison.ended(3, EventResult::Quarantined).because(refused).build());
    }
    events.push(missing(22, 1, EventResult::Left));
    events.push(Sample::failed(23, Verdict::Unacknowledged).ended(0, EventResult::Skipped).build());
    events.extend((30..=60).map(settled));
    let young = Sample::failed(70, Verdict::TooYoung).says(None, "").ended(0, EventResult::Skipped).build();
    let stock = webhook("w-stock", "StockMovementCreated", vec![settled(71), young]);
    let mut report = report(Mode::Act, RunOutcome::Left, vec![webhook("w-sales", "SaleCreated", events), stock]);
    report.problems.push(problem(ProblemKind::ReceiverDown, "SaleCreated: 3 deliveries in a row failed", "see why"));
    report
}

/// A run that ended before it could list anything.
pub(super) fn unavailable() -> RunReport {
    let mut report = report(Mode::Check, RunOutcome::Unavailable, Vec::new());
    report.problems.push(problem(ProblemKind::ProviderUnavailable, "connection refused", "check --base-url"));
    report
}

/// A run that can't say how things stand.
pub(super) fn undetermined() -> RunReport {
    let gap = Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::BeforeLog));
    let events = vec![settled(1), Sample::failed(2, gap).ended(0, EventResult::Skipped).build()];
    let mut report = report(Mode::Check, RunOutcome::Undetermined, vec![webhook("w-sales", "SaleCreated", events)]);
    report.problems.push(problem(ProblemKind::LogCoverage, "1 event is older than the log", "add the older log"));
    report
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
        audit: None,
        outcome,
        exit_code: ExitCode::of(outcome, findings),
        rounds: u32::from(totals.resent > 0),
        requests: Requests { list: 9, get: 0, resend: totals.resent },
        totals,
        seen: totals,
        webhooks,
        problems: Vec::new(),
    }
}
