//! Keeps failed deliveries within the failure budget of each webhook, over all runs.
//!
//! The budget is counted from the ledger once, after doubt was settled, and goes on in memory.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::attempt::Conclusion;
use crate::pace::budget::Budget;
use crate::run_report::{Mode, ProblemKind};
use crate::tracked::{EventResult, TrackedEvent};

use super::caller::Halt;
use super::{LedgerAccess, Run, WebhookState};

impl Run<'_> {
    /// Counts what earlier runs have spent.
    pub(super) async fn load_budgets(&mut self) -> Result<(), Halt> {
        let (Some(allowed), Mode::Act) = (self.policy().bounds.failure_budget, self.policy().mode) else {
            return Ok(());
        };
        let LedgerAccess::Write(journal) = &self.ports.ledger else { return Ok(()) };
        let since = self.ports.clock.now() - allowed.period;
        for index in 0..self.webhooks.len() {
            let webhook = &self.webhooks[index];
            let mut failures = journal.delivery_failures(&webhook.id, since).await.map_err(Halt::ledger)?;
            failures.extend(self.possible_failures(webhook));
            self.webhooks[index].budget = Some(Budget::new(allowed, failures));
        }
        Ok(())
    }

    /// Attempts of earlier runs that are still in doubt: each may be a failed delivery.
    fn possible_failures(&self, webhook: &WebhookState) -> Vec<DateTime<Utc>> {
        let open = webhook.history.values().flat_map(|history| &history.open);
        let in_doubt = open.filter(|attempt| attempt.conclusion != Some(Conclusion::Accepted));
        // Of a run that was killed nobody knows until when the vendor was at it.
        in_doubt.map(|attempt| attempt.ended_at.unwrap_or(attempt.intent_at + self.policy().settle)).collect()
    }

    /// When the next resend may go, if the budget of the webhook is spent.
    pub(super) fn budget_is_spent(&self, webhook: &WebhookState) -> Option<DateTime<Utc>> {
        webhook.budget.as_ref()?.spent_now(self.ports.clock.now())
    }

    /// Why events of this webhook were not sent, if it is for the budget.
    pub(super) fn waits_for_budget(&self, index: usize) -> Option<String> {
        let free_at = self.budget_is_spent(&self.webhooks[index])?;
        Some(format!("waits for the failure budget; it may go after {}", stamp(free_at)))
    }

    /// Says which events wait for the budget, and until when.
    pub(super) fn report_spent_budget(&mut self, index: usize) {
        let webhook = &self.webhooks[index];
        let (Some(free_at), Some(budget)) = (self.budget_is_spent(webhook), &webhook.budget) else { return };
        let policy = self.policy().resend;
        let waits = |tracked: &&TrackedEvent| {
            tracked.result == Some(EventResult::Left)
                && policy.resends(tracked.verdict)
                && !webhook.taken_in.contains_key(&tracked.event.id)
        };
        let waiting = webhook.events.iter().filter(waits).count();
        if waiting == 0 {
            return;
        }
        let allowed = budget.allowed();
        let name = &webhook.name;
        let (failures, period) =
            (counted(allowed.failures, "failed delivery", "failed deliveries"), in_words(allowed.period));
        let events = if waiting == 1 { "1 event waits" } else { &format!("{waiting} events wait") };
        let message = format!("{name}: {events}, because the failure budget of {failures} in {period} is spent");
        let hint = format!("run again after {}; first see why the receiver refuses", stamp(free_at));
        self.problem(ProblemKind::FailureBudget, message, hint);
    }
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn counted(count: u32, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// A period in the largest unit that divides it.
fn in_words(period: TimeDelta) -> String {
    let seconds = period.num_seconds();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")];
    let (length, unit) = units.into_iter().find(|(length, _)| seconds % length == 0).unwrap_or((1, "second"));
    let count = seconds / length;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_told_in_a_unit_that_fits_it() {
        let told = |seconds| in_words(TimeDelta::seconds(seconds));
        assert_eq!(
            [told(10), told(90), told(3_600), told(5_400), told(172_800)],
            ["10 seconds", "90 seconds", "1 hour", "90 minutes", "2 days"]
        );
    }

    #[test]
    fn one_failure_is_told_in_the_singular() {
        assert_eq!(counted(1, "failed delivery", "failed deliveries"), "1 failed delivery");
        assert_eq!(counted(2, "failed delivery", "failed deliveries"), "2 failed deliveries");
        assert_eq!(counted(0, "failed delivery", "failed deliveries"), "0 failed deliveries");
    }
}
