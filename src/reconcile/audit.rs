//! The other direction of a diff: what the log holds and the vendor did not list.
//!
//! It owns the reading of the log for an audit and what is concluded from it; where single ids belong is
//! found out in `placing`.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::audit::{Audit, LogSide};
use crate::event::{EventId, IdKey};
use crate::monitor::RunEvent;
use crate::receipt::{Lookup, Receipt, UnlistedId, WantedIds};
use crate::run_report::ProblemKind;

use super::Run;
use super::caller::Halt;
use super::placing::Placed;

impl Run<'_> {
    /// Holds the whole log against the vendor, and judges every event by that same reading.
    pub(super) async fn audit(&mut self) -> Result<(), Halt> {
        let audited = self.audit_to_the_end().await;
        if audited.is_err() {
            // Whatever else was found, nobody may take the one direction for both.
            self.undetermined(
                ProblemKind::AuditIncomplete,
                "the audit did not come to its end, so it is not known what the log holds beyond the listed events",
                "run again, with a longer --deadline where the vendor is slow",
            );
        }
        audited
    }

    async fn audit_to_the_end(&mut self) -> Result<(), Halt> {
        let Some(log) = self.ports.received.clone() else { return Ok(()) };
        let listed = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let listed = Arc::new(WantedIds::new(listed.map(|tracked| tracked.event.id.clone())));
        let read = self.caller.unless_stopped(log.audit(Arc::clone(&listed), self.window)).await?;
        let (lookup, unlisted) = read.map_err(Halt::Received)?;
        let (wanted, found) = (listed.len() as u64, lookup.found());
        self.notice(&RunEvent::LogRead { wanted, found, stats: lookup.stats.clone() });
        self.report_log_faults(&lookup);
        self.judge_again(&(listed, lookup));
        if let Some(reason) = unlisted.untold {
            self.undetermined(
                ProblemKind::AuditIncomplete,
                format!("what the received log holds beyond the listed events can't be told: {reason}"),
                "without --audit the check is made in one direction only",
            );
            self.audit = Some(Audit::default());
            return Ok(());
        }
        let placed = self.place(unlisted.ids).await?;
        let log = LogSide {
            elsewhere: unlisted.outside + placed.elsewhere,
            unresolved: unlisted.more + placed.unresolved.count,
            unknown_to_vendor: placed.unknown.clone(),
            is_least: unlisted.is_least,
            ..LogSide::default()
        };
        self.report_unknown_to_vendor(&placed.unknown);
        self.report_what_the_vendor_forgot(&placed);
        self.report_unplaced(&log, &placed);
        self.audit = Some(Audit { log, ..Audit::default() });
        self.take_in_what_was_left_out(placed).await
    }

    /// Gives the verdicts anew, by what the log says now.
    fn judge_again(&mut self, answer: &(Arc<WantedIds>, Lookup)) {
        self.judge_all(Some(answer));
        for index in 0..self.webhooks.len() {
            self.mark_quarantined(index);
            self.mark_unfinished(index);
        }
    }

    fn report_unknown_to_vendor(&mut self, unknown: &[UnlistedId]) {
        let Some(first) = unknown.first() else { return };
        let when = first.received_at.map_or_else(String::new, |at| format!(", received {}", at.format("%F %TZ")));
        let ids = match unknown.len() {
            1 => "1 id of the received log is".to_owned(),
            several => format!("{several} ids of the received log are"),
        };
        self.problem(
            ProblemKind::UnknownToVendor,
            format!("{ids} unknown to the vendor, the first {}{when}", first.id),
            "see where they come from: older than the vendor keeps events, a test, another sender, or somebody who \
             knows the receiver's address",
        );
    }

    /// Receipts from before the first event that the vendor lists are a sign that it keeps no older ones;
    /// then lost events may be forgotten as well.
    fn report_what_the_vendor_forgot(&mut self, placed: &Placed) {
        let listed = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let created = listed.filter_map(|tracked| tracked.event.created());
        let Some(first) = created.chain(placed.earliest_elsewhere).min() else { return };
        let is_earlier = |one: &&UnlistedId| one.received_at.is_some_and(|at: DateTime<Utc>| at < first);
        let events = match placed.unknown.iter().filter(is_earlier).count() {
            0 => return,
            1 => "1 event".to_owned(),
            several => format!("{several} events"),
        };
        self.undetermined(
            ProblemKind::ListingIncomplete,
            format!(
                "the vendor knows nothing of {events} that the log received before {}, where its listings begin; it \
                 may keep no older ones",
                first.format("%F %TZ")
            ),
            "begin the window later; what the vendor has forgotten can't be reconciled with it",
        );
    }

    fn report_unplaced(&mut self, log: &LogSide, placed: &Placed) {
        if log.unresolved == 0 {
            return;
        }
        let least = if log.is_least { "at least " } else { "" };
        let ids = if log.unresolved == 1 { "1 id".to_owned() } else { format!("{} ids", log.unresolved) };
        let (reason, hint) = match &placed.unresolved.reason {
            Some(reason) => (reason.as_str(), "what the vendor does not say can't be concluded; run again later"),
            None => (
                "there are more than the vendor is asked for, or they are no usable ids",
                "give the log its times with --received-time, or name a log that begins no earlier than the window",
            ),
        };
        self.undetermined(
            ProblemKind::AuditIncomplete,
            format!("{least}{ids} of the received log could not be placed: {reason}"),
            hint,
        );
    }

    /// A listing that left out events which the vendor knows was not whole, whatever else it showed.
    async fn take_in_what_was_left_out(&mut self, placed: Placed) -> Result<(), Halt> {
        let ids: Vec<EventId> = placed.left_out.iter().map(|(_, event)| event.id.clone()).collect();
        let Some(first) = ids.first() else { return Ok(()) };
        let events = if ids.len() == 1 { "1 event".to_owned() } else { format!("{} events", ids.len()) };
        self.undetermined(
            ProblemKind::ListingIncomplete,
            format!(
                "the vendor's listing left out {events} that the vendor knows and the log holds, the first {first}"
            ),
            "events that failed may be left out as well; run again, with a shorter --slice, and ask the vendor",
        );
        for (index, event) in placed.left_out {
            self.webhooks[index].events.observe(event);
        }
        self.diff_again().await
    }

    /// Counts both sides by what every event ended as. An id of events of several webhooks is one id.
    pub(super) fn conclude_audit(&mut self) {
        let Some(audit) = &mut self.audit else { return };
        let events = || self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        events().for_each(|tracked| audit.vendor.count(tracked));
        let found = events().filter(|tracked| tracked.receipt == Some(Receipt::Found));
        let ids: std::collections::HashSet<IdKey<'_>> = found.map(|tracked| tracked.event.id.key()).collect();
        audit.log.listed = ids.len() as u64;
    }
}
