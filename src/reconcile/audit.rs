//! The other direction of a diff: what the log holds and the vendor did not list.
//!
//! An id that no listing showed may belong to another time or another webhook. So the vendor is asked,
//! first by listings of the time before, then for single events; only what it denies, and only where it
//! was shown not to deny everything, is unknown to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::audit::{Audit, LogSide};
use crate::event::{EventId, WebhookId, Window};
use crate::monitor::RunEvent;
use crate::provider::{ListFilter, ProviderError};
use crate::receipt::{Lookup, UnlistedId, WantedIds};
use crate::run_report::ProblemKind;
use crate::tracked::TrackedEvents;

use super::caller::Halt;
use super::exactly::Found;
use super::listing::{Edges, ListJob, Sightings};
use super::{Run, Scope};

/// How far before the window events are looked for that the log received within it.
const LOOK_BACK: TimeDelta = TimeDelta::days(31);
/// So many requests are spent at most on asking for single events.
const MOST_REQUESTS: usize = 500;

/// Ids whose place is sought, with the time the log gives for each.
type Sought = HashMap<EventId, Option<DateTime<Utc>>>;

/// What became of the ids that were sought.
#[derive(Default)]
struct Resolved {
    elsewhere: u64,
    unknown: Vec<UnlistedId>,
    unresolved: u64,
    /// Events that the vendor knows within the window and did not list.
    left_out: Vec<EventId>,
}

impl Run<'_> {
    /// Holds the whole log against the vendor, and judges every event by that same reading.
    pub(super) async fn audit(&mut self) -> Result<(), Halt> {
        let Some(log) = self.ports.received.clone() else { return Ok(()) };
        let listed = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let listed = Arc::new(WantedIds::new(listed.map(|tracked| tracked.event.id.clone())));
        let read = self.caller.unless_stopped(log.audit(Arc::clone(&listed), self.window)).await?;
        let (lookup, unlisted) = read.map_err(Halt::Received)?;
        let (wanted, found) = (listed.ids().len() as u64, lookup.found());
        self.notice(&RunEvent::LogRead { wanted, found, stats: lookup.stats.clone() });
        self.report_log_faults(&lookup);
        self.judge_again(&(listed, lookup));
        if let Some(reason) = unlisted.untold {
            self.undetermined(
                ProblemKind::AuditIncomplete,
                format!("what the received log holds beyond the listed events can't be told: {reason}"),
                "without --audit the check is made in one direction only",
            );
            self.audit = Some(Audit { log: LogSide { listed: found, ..LogSide::default() }, ..Audit::default() });
            return Ok(());
        }
        let sought: Sought = unlisted.ids.into_iter().map(|one| (one.id, one.received_at)).collect();
        let resolved = self.resolve(sought).await?;
        let log = LogSide {
            listed: found + resolved.left_out.len() as u64,
            elsewhere: unlisted.outside + resolved.elsewhere,
            unresolved: unlisted.more + resolved.unresolved,
            unknown_to_vendor: resolved.unknown,
            is_least: unlisted.is_least,
        };
        self.report_audit(&log);
        self.audit = Some(Audit { log, ..Audit::default() });
        self.take_in_what_was_left_out(&resolved.left_out).await
    }

    /// Gives the verdicts anew, by what the log says now.
    fn judge_again(&mut self, answer: &(Arc<WantedIds>, Lookup)) {
        self.judge_all(Some(answer));
        for index in 0..self.webhooks.len() {
            self.mark_quarantined(index);
            self.mark_unfinished(index);
        }
    }

    /// Finds out where ids belong that the vendor did not list in the window.
    async fn resolve(&mut self, mut sought: Sought) -> Result<Resolved, Halt> {
        let mut resolved = Resolved::default();
        if sought.is_empty() {
            return Ok(resolved);
        }
        let webhooks = self.every_webhook().await?;
        for webhook in &webhooks {
            if sought.is_empty() {
                return Ok(resolved);
            }
            resolved.elsewhere += self.strike_out(webhook, &mut sought).await?;
        }
        let may_deny = self.shows_single_events().await?;
        let mut left: Vec<UnlistedId> =
            sought.into_iter().map(|(id, received_at)| UnlistedId { id, received_at }).collect();
        left.sort_unstable_by(|one, other| (one.received_at, &one.id).cmp(&(other.received_at, &other.id)));
        let most = MOST_REQUESTS / webhooks.len().max(1);
        for (place, one) in left.into_iter().enumerate() {
            if !may_deny || place >= most {
                resolved.unresolved += 1;
                continue;
            }
            self.ask_every_webhook(&webhooks, one, &mut resolved).await?;
        }
        Ok(resolved)
    }

    /// The webhooks of the scope, then all others that the keys can see: a log may hold events of any.
    async fn every_webhook(&mut self) -> Result<Vec<WebhookId>, Halt> {
        let mut ids: Vec<WebhookId> = self.webhooks.iter().map(|webhook| webhook.id.clone()).collect();
        if self.request.scope != Scope::AllWebhooks {
            let others = self.enumerate().await?.into_iter().map(|webhook| webhook.id);
            let others: Vec<WebhookId> = others.filter(|id| !ids.contains(id)).collect();
            ids.extend(others);
        }
        Ok(ids)
    }

    /// Strikes out what a webhook lists at another time, or at all where it is none of the scope.
    /// Returns how many that were.
    async fn strike_out(&self, webhook: &WebhookId, sought: &mut Sought) -> Result<u64, Halt> {
        let (window, now) = (self.window, self.ports.clock.now());
        let is_in_scope = self.webhooks.iter().any(|state| state.id == *webhook);
        let ranges = if is_in_scope {
            [Window::new(window.from() - LOOK_BACK, window.from()), Window::new(window.to(), now)]
        } else {
            [Window::new(window.from() - LOOK_BACK, window.to().max(now)), None]
        };
        let before = sought.len();
        for range in ranges.into_iter().flatten() {
            let events = Mutex::new(TrackedEvents::default());
            let job = ListJob {
                webhook: webhook.clone(),
                filter: ListFilter::All,
                window: range,
                slices: range.slices(self.longest_slice()),
                events: &events,
                sightings: Sightings::Dropped,
                edges: Edges::Widened,
            };
            // What could not be listed is asked for one by one.
            self.list(job).await?;
            let events = events.into_inner().unwrap_or_else(PoisonError::into_inner);
            sought.retain(|id, _| events.get(id).is_none());
        }
        Ok((before - sought.len()) as u64)
    }

    /// Whether the vendor shows an event that it lists when it is asked for it alone. One that does not
    /// denies everything, so that its denials say nothing.
    async fn shows_single_events(&self) -> Result<bool, Halt> {
        for webhook in &self.webhooks {
            if let Some(tracked) = webhook.events.iter().next() {
                let found = self.ask_for(&webhook.id, &tracked.event.id).await?;
                return Ok(matches!(found, Found::Here(_)));
            }
        }
        Ok(false)
    }

    async fn ask_every_webhook(
        &mut self,
        webhooks: &[WebhookId],
        one: UnlistedId,
        resolved: &mut Resolved,
    ) -> Result<(), Halt> {
        let mut is_unclear = false;
        for webhook in webhooks {
            match self.ask_for(webhook, &one.id).await? {
                Found::Here(event) => {
                    let place = self.webhooks.iter().position(|state| state.id == *webhook);
                    let is_within = event.created().is_some_and(|created| self.window.contains(created));
                    match place.filter(|_| is_within) {
                        Some(index) => {
                            resolved.left_out.push(one.id);
                            self.webhooks[index].events.observe(*event);
                        }
                        None => resolved.elsewhere += 1,
                    }
                    return Ok(());
                }
                Found::NotHere => {}
                // It refuses the id as none of its own, as it does not refuse those that it lists.
                Found::Unclear(ProviderError::Rejected { status: 400, .. }) => {}
                Found::Unclear(_) => is_unclear = true,
            }
        }
        if is_unclear {
            resolved.unresolved += 1;
        } else {
            resolved.unknown.push(one);
        }
        Ok(())
    }

    fn report_audit(&mut self, log: &LogSide) {
        if let Some(first) = log.unknown_to_vendor.first() {
            let when = first.received_at.map_or_else(String::new, |at| format!(", received {}", at.format("%F %TZ")));
            let ids = match log.unknown_to_vendor.len() {
                1 => "1 id of the received log is".to_owned(),
                several => format!("{several} ids of the received log are"),
            };
            self.problem(
                ProblemKind::UnknownToVendor,
                format!("{ids} unknown to the vendor, the first {}{when}", first.id),
                "see where they come from: a test, another sender, or somebody who knows the receiver's address",
            );
        }
        self.report_what_the_vendor_forgot(&log.unknown_to_vendor);
        if log.unresolved > 0 {
            let ids = if log.unresolved == 1 { "1 id".to_owned() } else { format!("{} ids", log.unresolved) };
            let least = if log.is_least { "at least " } else { "" };
            self.undetermined(
                ProblemKind::AuditIncomplete,
                format!(
                    "{least}{ids} of the received log could not be placed: the vendor was not asked for all of them, \
                         or did not answer"
                ),
                "give the log its times with --received-time, or a log that begins no earlier than the window",
            );
        }
    }

    /// Receipts from before the first event that the vendor lists are a sign that it keeps no older ones;
    /// then lost events may be forgotten as well.
    fn report_what_the_vendor_forgot(&mut self, unknown: &[UnlistedId]) {
        let listed = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        let Some(first) = listed.filter_map(|tracked| tracked.event.created()).min() else { return };
        let earlier = unknown.iter().filter(|one| one.received_at.is_some_and(|at| at < first)).count();
        if earlier > 0 {
            self.undetermined(
                ProblemKind::ListingIncomplete,
                format!(
                    "the vendor knows nothing of {earlier} events that the log received before {}, where its listing \
                     begins; it may keep no older ones",
                    first.format("%F %TZ")
                ),
                "begin the window later; what the vendor has forgotten can't be reconciled with it",
            );
        }
    }

    /// A listing that left out events which the vendor knows was not whole, whatever else it showed.
    async fn take_in_what_was_left_out(&mut self, left_out: &[EventId]) -> Result<(), Halt> {
        let Some(first) = left_out.first() else { return Ok(()) };
        let events = if left_out.len() == 1 { "1 event".to_owned() } else { format!("{} events", left_out.len()) };
        self.undetermined(
            ProblemKind::ListingIncomplete,
            format!(
                "the vendor's listing left out {events} that the vendor knows and the log holds, the first {first}"
            ),
            "events that failed may be left out as well; run again, with a shorter --slice, and ask the vendor",
        );
        self.diff_again().await
    }

    /// The vendor's side of an audit, once every event has its receipt.
    pub(super) fn conclude_audit(&mut self) {
        let Some(audit) = &mut self.audit else { return };
        let events = self.webhooks.iter().flat_map(|webhook| webhook.events.iter());
        events.for_each(|tracked| audit.vendor.count(tracked));
    }
}
