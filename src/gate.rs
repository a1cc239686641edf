//! What a gate lets pass: findings that a team knows of and has not mended yet.
//!
//! It changes the exit code and nothing else. The outcome and every number stay what they are, and what
//! can't be decided is never let pass.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::exit::ExitCode;
use crate::outcome::RunOutcome;
use crate::run_report::{Problem, ProblemKind, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

/// How much a gate lets pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gate {
    /// So many events may be left.
    pub max_missing: u64,
    /// Events younger than this may be left, however many.
    pub max_age: Option<TimeDelta>,
}

/// What a gate makes of the events that are left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    /// Younger than the gate's age.
    young: u64,
    /// Older, or of no known age.
    old: u64,
}

impl Gate {
    /// Whether anything may pass at all.
    pub fn is_closed(&self) -> bool {
        *self == Self::default()
    }

    /// Lets the findings of a run pass, if they are within what the gate allows, and says so.
    pub fn judge(&self, report: &mut RunReport) {
        if self.is_closed() || report.outcome != RunOutcome::Left || report.exit_code != ExitCode::Left {
            return;
        }
        let counted = self.count(report);
        let passes = counted.old <= self.max_missing;
        if passes {
            report.exit_code = ExitCode::Clean;
        }
        let kind = if passes { ProblemKind::Tolerated } else { ProblemKind::NotTolerated };
        report.problems.push(Problem { kind, message: self.words(counted, report.started_at), hint: String::new() });
    }

    fn count(&self, report: &RunReport) -> Counted {
        let mut counted = Counted::default();
        let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
        for tracked in events.filter(|tracked| is_left(tracked)) {
            let is_young = self.max_age.is_some_and(|longest| {
                let age = tracked.event.created().map(|created| report.started_at.signed_duration_since(created));
                age.is_some_and(|age| age < longest)
            });
            counted.young += u64::from(is_young);
            counted.old += u64::from(!is_young);
        }
        counted
    }

    fn words(&self, counted: Counted, now: DateTime<Utc>) -> String {
        let Counted { young, old } = counted;
        let limit = self.max_missing;
        match self.max_age.and_then(|age| now.checked_sub_signed(age)) {
            None if old == 1 => format!("1 event is left, and --max-missing lets {limit} pass"),
            None => format!("{old} events are left, and --max-missing lets {limit} pass"),
            Some(since) => format!(
                "of the events that are left, {old} were created before {} (--max-age), of which --max-missing lets \
                 {limit} pass, and {young} since then, which are only a warning",
                since.to_rfc3339_opts(SecondsFormat::Secs, true)
            ),
        }
    }
}

fn is_left(tracked: &TrackedEvent) -> bool {
    matches!(tracked.result, Some(EventResult::Left | EventResult::Quarantined))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Verdict;
    use crate::event::{CreatedAt, DeliveryStatus, Event, EventId, WebhookId, Window, ZoneKnowledge};
    use crate::plan::Plan;
    use crate::run_report::{Counts, Mode, Requests, Told, WebhookReport};
    use crate::tracked::TrackedEvents;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(20_000)
    }

    /// A check that found one missing event for each age in hours; a negative one has no known age.
    fn found(ages: &[i64]) -> RunReport {
        let mut events = TrackedEvents::default();
        for (number, hours) in ages.iter().enumerate() {
            let at = now() - TimeDelta::hours(*hours);
            events.observe(Event {
                id: EventId::new(&format!("e-{number}")).expect("an id"),
                created_at: (*hours >= 0).then_some(CreatedAt { at, zone: ZoneKnowledge::Stated }),
                status: DeliveryStatus::Failed,
                status_text: None,
                status_code: None,
                runs: None,
                alternate_ids: None,
            });
        }
        let mut counts = Counts::default();
        for tracked in events.iter_mut() {
            tracked.verdict = Verdict::Missing;
            tracked.result = Some(EventResult::Left);
            counts.count(tracked);
        }
        let webhook = WebhookReport {
            webhook: WebhookId::new("hook-1").expect("an id"),
            name: "sales".to_owned(),
            counts,
            events: events.into_oldest_first(),
        };
        RunReport {
            run_id: "r".to_owned(),
            command: "check".to_owned(),
            mode: Mode::Check,
            started_at: now(),
            finished_at: now(),
            window: Window::new(now() - TimeDelta::days(7), now()).expect("a window"),
            selection: String::new(),
            told: Told::Unsettled,
            planned: Plan::default(),
            audit: None,
            outcome: RunOutcome::Left,
            exit_code: ExitCode::Left,
            totals: counts,
            seen: counts,
            rounds: 0,
            requests: Requests::default(),
            webhooks: vec![webhook],
            problems: Vec::new(),
        }
    }

    fn judged(gate: Gate, mut report: RunReport) -> ExitCode {
        gate.judge(&mut report);
        report.exit_code
    }

    #[test]
    fn as_many_as_are_allowed_pass_and_one_more_does_not() {
        let gate = Gate { max_missing: 2, max_age: None };
        assert_eq!(judged(gate, found(&[1, 2])), ExitCode::Clean);
        assert_eq!(judged(gate, found(&[1, 2, 3])), ExitCode::Left);
        assert_eq!(judged(Gate::default(), found(&[1])), ExitCode::Left);
    }

    #[test]
    fn the_young_are_a_warning_and_the_old_and_the_undated_are_a_failure() {
        let gate = Gate { max_missing: 0, max_age: Some(TimeDelta::hours(24)) };
        assert_eq!(judged(gate, found(&[1, 2, 23])), ExitCode::Clean);
        assert_eq!(judged(gate, found(&[1, 24])), ExitCode::Left);
        assert_eq!(judged(gate, found(&[1, -1])), ExitCode::Left);
        let both = Gate { max_missing: 1, ..gate };
        assert_eq!(judged(both, found(&[1, 30])), ExitCode::Clean);
        assert_eq!(judged(both, found(&[1, 30, 31])), ExitCode::Left);
    }

    #[test]
    fn what_is_let_pass_is_said_and_its_numbers_stay() {
        let gate = Gate { max_missing: 5, max_age: None };
        let mut report = found(&[1, 2]);
        gate.judge(&mut report);
        assert_eq!((report.outcome, report.totals.missing), (RunOutcome::Left, 2));
        assert_eq!(report.problems[0].kind, ProblemKind::Tolerated);
        assert_eq!(report.problems[0].message, "2 events are left, and --max-missing lets 5 pass");
    }

    #[test]
    fn a_single_event_is_told_as_one() {
        let mut report = found(&[1]);
        Gate { max_missing: 5, max_age: None }.judge(&mut report);
        assert_eq!(report.problems[0].message, "1 event is left, and --max-missing lets 5 pass");
    }

    #[test]
    fn doubt_is_never_let_pass() {
        let gate = Gate { max_missing: 1_000, max_age: Some(TimeDelta::days(1_000)) };
        for outcome in [RunOutcome::Undetermined, RunOutcome::Unavailable, RunOutcome::Refused, RunOutcome::Failed] {
            let code = ExitCode::of(outcome, crate::exit::Findings::Fail);
            let report = RunReport { outcome, exit_code: code, ..found(&[1]) };
            assert_eq!(judged(gate, report), code);
        }
    }

    #[test]
    fn a_gate_that_lets_nothing_pass_says_nothing() {
        let mut report = found(&[1]);
        Gate::default().judge(&mut report);
        assert_eq!((report.exit_code, report.problems), (ExitCode::Left, Vec::new()));
        assert!(Gate::default().is_closed());
        assert!(!Gate { max_missing: 1, max_age: None }.is_closed());
        assert!(!Gate { max_missing: 0, max_age: Some(TimeDelta::hours(1)) }.is_closed());
    }

    #[test]
    fn what_does_not_fail_anyway_needs_no_gate() {
        let gate = Gate { max_missing: 5, max_age: None };
        let mut shown = RunReport { exit_code: ExitCode::Clean, ..found(&[1]) };
        gate.judge(&mut shown);
        assert_eq!((shown.exit_code, shown.problems), (ExitCode::Clean, Vec::new()));
    }

    #[test]
    fn what_is_too_much_is_said_with_the_limits() {
        let gate = Gate { max_missing: 1, max_age: Some(TimeDelta::hours(24)) };
        let mut report = found(&[1, 2, 3, 30, 31]);
        gate.judge(&mut report);
        assert_eq!(report.problems[0].kind, ProblemKind::NotTolerated);
        assert_eq!(
            report.problems[0].message,
            "of the events that are left, 2 were created before 2024-10-03T00:00:00Z (--max-age), of which --max-missing \
             lets 1 pass, and 3 since then, which are only a warning"
        );
    }

    #[test]
    fn quarantined_events_count_and_recovered_ones_do_not() {
        let gate = Gate { max_missing: 1, max_age: None };
        for (result, code) in [
            (EventResult::Quarantined, ExitCode::Left),
            (EventResult::Recovered, ExitCode::Clean),
            (EventResult::Skipped, ExitCode::Clean),
        ] {
            let mut report = found(&[1, 2]);
            report.webhooks[0].events[0].result = Some(result);
            assert_eq!(judged(gate, report), code, "{result:?}");
        }
    }
}
