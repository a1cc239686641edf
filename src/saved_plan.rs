//! A plan as it is kept between the run that made it and the one that carries it out: to what it is
//! bound, and when it may not be carried out any more.
//!
//! How it is written to a file is `plan_file`'s.

use chrono::{DateTime, TimeDelta, Utc};

use crate::classify::ResendPolicy;
use crate::event::{EventId, WebhookId, Window};
use crate::run_report::RunReport;
use crate::selection::VerdictKind;

/// A plan with everything it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlan {
    /// The run that made it.
    pub run_id: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// The provider's name.
    pub provider: String,
    /// The provider's address.
    pub base_url: String,
    /// The window that was looked at.
    pub window: Window,
    /// What may be resent beyond the default.
    pub resend: ResendPolicy,
    /// The webhooks with their names.
    pub webhooks: Vec<(WebhookId, String)>,
    /// What the run that made it was narrowed to, in words; empty when nothing was left out.
    pub selection: String,
    /// How many resends were planned; a person may have removed some since.
    pub planned: u64,
    /// The resends, oldest first.
    pub resends: Vec<SavedResend>,
}

/// One planned resend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedResend {
    /// The webhook.
    pub webhook: WebhookId,
    /// The event.
    pub event: EventId,
    /// When it was created.
    pub created_at: Option<DateTime<Utc>>,
    /// What was thought of it when the plan was made.
    pub verdict: VerdictKind,
    /// The status code that the vendor stated.
    pub status_code: Option<u16>,
}

/// To whom a plan is bound: what the settings of the run that carries it out say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// The provider's address.
    pub base_url: &'a str,
}

/// Why a plan is not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Too much may have happened since.
    #[error("the plan was made at {}, {} ago", .made_at.format("%F %TZ"), age_in_words(*.age))]
    Stale {
        /// When it was made.
        made_at: DateTime<Utc>,
        /// How old it is.
        age: TimeDelta,
    },
    /// It seems to be made in the future.
    #[error("the plan was made at {}, which is still to come by this machine's clock", .0.format("%F %TZ"))]
    Future(DateTime<Utc>),
    /// It is for another vendor.
    #[error("the plan is for {planned}, and the settings name {found}")]
    Elsewhere {
        /// What the plan says.
        planned: String,
        /// What the settings say.
        found: String,
    },
}

/// By how much two machines' clocks may differ.
const CLOCK_TOLERANCE: TimeDelta = TimeDelta::minutes(5);

impl SavedPlan {
    /// What a dry run planned.
    pub fn of(report: &RunReport, bound: Bound<'_>, resend: ResendPolicy) -> Self {
        let resends: Vec<SavedResend> = (report.planned.resends().iter())
            .filter_map(|planned| {
                let webhook = report.webhooks.get(planned.webhook)?;
                let tracked = webhook.events.iter().find(|tracked| tracked.event.id == planned.event)?;
                Some(SavedResend {
                    webhook: webhook.webhook.clone(),
                    event: planned.event.clone(),
                    created_at: planned.created_at,
                    verdict: VerdictKind::of(tracked.verdict),
                    status_code: tracked.event.status_code,
                })
            })
            .collect();
        Self {
            run_id: report.run_id.clone(),
            made_at: report.started_at,
            provider: bound.provider.to_owned(),
            base_url: bound.base_url.to_owned(),
            window: report.window,
            resend,
            webhooks: report.webhooks.iter().map(|webhook| (webhook.webhook.clone(), webhook.name.clone())).collect(),
            selection: report.selection.clone(),
            planned: resends.len() as u64,
            resends,
        }
    }

    /// Whether it may be carried out now, by a run with these settings.
    ///
    /// # Errors
    /// When it is older than `longest`, from the future, or made for another vendor.
    pub fn check(&self, now: DateTime<Utc>, longest: TimeDelta, bound: Bound<'_>) -> Result<(), Refusal> {
        let elsewhere = |planned: &str, found: &str| {
            Err(Refusal::Elsewhere { planned: planned.to_owned(), found: found.to_owned() })
        };
        if self.provider != bound.provider {
            return elsewhere(&self.provider, bound.provider);
        }
        if self.base_url != bound.base_url {
            return elsewhere(&self.base_url, bound.base_url);
        }
        let age = now.signed_duration_since(self.made_at);
        if age < -CLOCK_TOLERANCE {
            return Err(Refusal::Future(self.made_at));
        }
        if age > longest {
            return Err(Refusal::Stale { made_at: self.made_at, age });
        }
        Ok(())
    }
}

fn age_in_words(age: TimeDelta) -> String {
    let counted = |number: i64, unit: &str| format!("{number} {unit}{}", if number == 1 { "" } else { "s" });
    match (age.num_days(), age.num_hours(), age.num_minutes()) {
        (days, _, _) if days >= 2 => counted(days, "day"),
        (_, hours, _) if hours >= 1 => counted(hours, "hour"),
        (_, _, minutes) => counted(minutes, "minute"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::Verdict;
    use crate::event::{DeliveryStatus, Event};
    use crate::exit::ExitCode;
    use crate::outcome::RunOutcome;
    use crate::plan::{Plan, PlannedResend};
    use crate::run_report::{Counts, Mode, Requests, Told, WebhookReport};
    use crate::tracked::TrackedEvents;

    const BOUND: Bound<'_> = Bound { provider: "front-systems", base_url: "https://vendor.example/V2" };

    fn plan() -> SavedPlan {
        let from = DateTime::UNIX_EPOCH;
        SavedPlan {
            run_id: "r".to_owned(),
            made_at: from + TimeDelta::days(3),
            provider: BOUND.provider.to_owned(),
            base_url: BOUND.base_url.to_owned(),
            window: Window::new(from, from + TimeDelta::days(2)).expect("a window"),
            resend: ResendPolicy::default(),
            webhooks: Vec::new(),
            selection: String::new(),
            planned: 0,
            resends: Vec::new(),
        }
    }

    #[test]
    fn a_plan_is_carried_out_while_it_is_fresh_and_where_it_belongs() {
        let plan = plan();
        let day = TimeDelta::days(1);
        assert_eq!(plan.check(plan.made_at + day, day, BOUND), Ok(()));
        assert_eq!(plan.check(plan.made_at - TimeDelta::minutes(4), day, BOUND), Ok(()));
        let stale = plan.check(plan.made_at + day * 3, day, BOUND).unwrap_err();
        assert_eq!(stale.to_string(), "the plan was made at 1970-01-04 00:00:00Z, 3 days ago");
        assert!(matches!(plan.check(plan.made_at - day, day, BOUND), Err(Refusal::Future(_))));
        for other in [Bound { provider: "other", ..BOUND }, Bound { base_url: "https://staging.example/V2", ..BOUND }] {
            assert!(matches!(plan.check(plan.made_at, day, other), Err(Refusal::Elsewhere { .. })));
        }
    }

    #[test]
    fn a_clock_may_differ_by_the_tolerance_and_no_more() {
        let (plan, day) = (plan(), TimeDelta::days(1));
        assert_eq!(plan.check(plan.made_at - CLOCK_TOLERANCE, day, BOUND), Ok(()));
        let ahead = plan.made_at - CLOCK_TOLERANCE - TimeDelta::seconds(1);
        assert_eq!(plan.check(ahead, day, BOUND), Err(Refusal::Future(plan.made_at)));
        assert_eq!(plan.check(plan.made_at + TimeDelta::seconds(1), day, BOUND), Ok(()));
        let late = plan.made_at + day + TimeDelta::seconds(1);
        assert!(matches!(plan.check(late, day, BOUND), Err(Refusal::Stale { .. })));
    }

    #[test]
    fn an_age_is_told_in_its_largest_whole_unit() {
        for (minutes, words) in [
            (0, "0 minutes"),
            (1, "1 minute"),
            (59, "59 minutes"),
            (60, "1 hour"),
            (150, "2 hours"),
            (47 * 60, "47 hours"),
            (48 * 60, "2 days"),
        ] {
            assert_eq!(age_in_words(TimeDelta::minutes(minutes)), words);
        }
    }

    #[test]
    fn a_plan_keeps_each_planned_resend_with_what_was_found_of_it() {
        let mut events = TrackedEvents::default();
        for (text, code) in [("a", 500), ("b", 404)] {
            events.observe(Event {
                id: EventId::new(text).expect("an id"),
                created_at: None,
                status: DeliveryStatus::Failed,
                status_text: None,
                status_code: Some(code),
                runs: None,
                alternate_ids: None,
            });
        }
        events.iter_mut().for_each(|tracked| tracked.verdict = Verdict::Missing);
        let (from, webhook) = (DateTime::UNIX_EPOCH, WebhookId::new("hook-1").expect("an id"));
        let planned = |webhook, text: &str| PlannedResend {
            webhook,
            event: EventId::new(text).expect("an id"),
            created_at: Some(from),
        };
        let report = RunReport {
            run_id: "r".to_owned(),
            command: "plan".to_owned(),
            mode: Mode::DryRun,
            started_at: from + TimeDelta::days(3),
            finished_at: from + TimeDelta::days(3),
            window: Window::new(from, from + TimeDelta::days(2)).expect("a window"),
            selection: "not delivered".to_owned(),
            told: Told::Unsettled,
            // What the report does not tell of can't be kept.
            planned: Plan::new(vec![planned(0, "b"), planned(0, "elsewhere"), planned(1, "a")]),
            audit: None,
            outcome: RunOutcome::Left,
            exit_code: ExitCode::Clean,
            totals: Counts::default(),
            seen: Counts::default(),
            rounds: 0,
            requests: Requests::default(),
            webhooks: vec![WebhookReport {
                webhook: webhook.clone(),
                name: "sales".to_owned(),
                counts: Counts::default(),
                events: events.into_oldest_first(),
            }],
            problems: Vec::new(),
        };
        let saved = SavedPlan::of(&report, BOUND, ResendPolicy::default());
        let kept = SavedResend {
            webhook: webhook.clone(),
            event: EventId::new("b").expect("an id"),
            created_at: Some(from),
            verdict: VerdictKind::Missing,
            status_code: Some(404),
        };
        let webhooks = vec![(webhook, "sales".to_owned())];
        let resends = vec![kept];
        assert_eq!(saved, SavedPlan { webhooks, selection: "not delivered".to_owned(), planned: 1, resends, ..plan() });
    }
}
