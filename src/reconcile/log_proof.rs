//! Proves that the received log is the right one before its silence is taken for a loss.
//!
//! A log that holds none of the events which the vendor says it delivered is the wrong file or read by
//! the wrong field; one that lacks only the oldest of them was rotated.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::classify::Age;
use crate::coverage::apparent_beginning;
use crate::event::DeliveryStatus;
use crate::policy::Proofs;
use crate::receipt::{Lookup, Receipt, WantedIds};
use crate::run_report::ProblemKind;
use crate::tracked::TrackedEvent;

use super::Run;
use super::caller::Halt;

/// How far the log can be trusted for one webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LogProof {
    /// It shares ids with the vendor, nothing speaks against it, or nobody wants it proven.
    Trusted,
    /// It lacks the oldest deliveries, so it begins no earlier than this.
    BeginsAt(DateTime<Utc>),
    /// It holds no ids at all.
    Empty,
    /// It holds none of so many deliveries.
    NothingShared { delivered: u64 },
}

impl Run<'_> {
    /// Judges the log by the events of one webhook that are known so far.
    pub(super) fn prove_log(&self, index: usize, wanted: &WantedIds, lookup: &Lookup) -> LogProof {
        let webhook = &self.webhooks[index];
        if self.policy().proofs == Proofs::Off || webhook.events.is_empty() {
            return LogProof::Trusted;
        }
        let mut delivered = 0;
        let mut shared = 0_u64;
        // Ids of failed events prove nothing: a list of what failed holds them as well.
        for tracked in webhook.events.iter().filter(|tracked| tracked.first_status == DeliveryStatus::Delivered) {
            let receipt = lookup.receipt_of(wanted, &tracked.event, self.zone_margin());
            shared += u64::from(receipt == Receipt::Found);
            delivered += u64::from(self.is_ripe_delivery(tracked) && receipt == Receipt::Absent);
        }
        if shared > 0 {
            return self.prove_beginning(index, wanted, lookup);
        }
        if lookup.stats.ids == 0 && lookup.coverage.broken.is_none() {
            return LogProof::Empty;
        }
        if delivered > 0 { LogProof::NothingShared { delivered } } else { LogProof::Trusted }
    }

    fn is_ripe_delivery(&self, tracked: &TrackedEvent) -> bool {
        tracked.first_status == DeliveryStatus::Delivered && self.age(tracked) == Age::Ripe
    }

    /// Where the log seems to begin for this webhook, unless somebody said it.
    fn prove_beginning(&self, index: usize, wanted: &WantedIds, lookup: &Lookup) -> LogProof {
        if lookup.coverage.since.is_some() {
            return LogProof::Trusted;
        }
        let delivered = self.webhooks[index].events.iter().filter(|tracked| self.is_ripe_delivery(tracked));
        let receipt = |tracked: &TrackedEvent| lookup.receipt_of(wanted, &tracked.event, self.zone_margin());
        let deliveries = delivered.filter_map(|tracked| Some((tracked.event.created()?, receipt(tracked)))).collect();
        apparent_beginning(deliveries).map_or(LogProof::Trusted, LogProof::BeginsAt)
    }

    /// Where the deliveries of one slice share nothing with the log, those of the whole window are
    /// looked at before the log is called wrong. Returns whether that brought events.
    pub(super) async fn look_wider_where_the_log_fails(
        &mut self,
        answer: Option<&(Arc<WantedIds>, Lookup)>,
    ) -> Result<bool, Halt> {
        let Some((wanted, lookup)) = answer else { return Ok(false) };
        let mut grew = false;
        for index in 0..self.webhooks.len() {
            if matches!(self.prove_log(index, wanted, lookup), LogProof::NothingShared { .. }) {
                grew |= self.list_whole_window_unfiltered(index).await?;
            }
        }
        Ok(grew)
    }

    /// Says why the log of a webhook can't be trusted.
    pub(super) fn report_log_proof(&mut self, index: usize, proof: LogProof) {
        let name = self.webhooks[index].name.clone();
        match proof {
            LogProof::Trusted => {}
            LogProof::BeginsAt(since) => self.problem(
                ProblemKind::LogCoverage,
                format!(
                    "{name}: the received log holds none of the deliveries before {}, so it seems to begin there",
                    since.format("%F %TZ")
                ),
                "add the older log with another --received, or say with --received-since that it reaches further back",
            ),
            LogProof::Empty => self.undetermined(
                ProblemKind::LogUnproven,
                format!("{name}: the received log holds no ids at all, so nothing was resent on its word"),
                "check --received and --received-id; if the log really is empty, say --no-proof",
            ),
            LogProof::NothingShared { delivered } => self.undetermined(
                ProblemKind::LogUnproven,
                format!(
                    "{name}: the received log holds none of the {delivered} events that the vendor says it delivered, so \
                     it is the wrong log or read by the wrong field; nothing was resent on its word"
                ),
                "check --received and --received-id (or --received-status); --no-proof takes the log at its word",
            ),
        }
    }
}
