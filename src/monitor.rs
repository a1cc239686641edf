//! What happens during a run, as events: one source for the progress bar, the log and JSON lines.

use std::time::Duration;

use crate::attempt::Conclusion;
use crate::event::{EventId, WebhookId, Window};
use crate::provider::ListFilter;
use crate::receipt::LogStats;
use crate::run_report::{Counts, Problem};

/// Something that happened during a run.
#[derive(Clone, Debug)]
pub enum RunEvent {
    /// The run began.
    RunStarted {
        /// Its id.
        run_id: String,
        /// The command.
        command: String,
        /// The window.
        window: Window,
        /// The webhooks it looks at.
        webhooks: Vec<WebhookId>,
    },
    /// Listing of a webhook begins or is extended by slices that were halved.
    SlicesPlanned {
        /// The webhook.
        webhook: WebhookId,
        /// How many more slices are to be listed.
        slices: usize,
    },
    /// A slice was listed.
    SliceListed {
        /// The webhook.
        webhook: WebhookId,
        /// The slice, not widened.
        slice: Window,
        /// What was asked for.
        filter: ListFilter,
        /// Records in the answer.
        records: u64,
    },
    /// A slice could not be listed whole and is asked for again in halves.
    SliceHalved {
        /// The webhook.
        webhook: WebhookId,
        /// The slice.
        slice: Window,
        /// Why.
        reason: String,
    },
    /// The received log was asked.
    LogRead {
        /// Ids asked for.
        wanted: u64,
        /// Ids it holds.
        found: u64,
        /// What was read.
        stats: LogStats,
    },
    /// A webhook was diffed.
    Diffed {
        /// The webhook.
        webhook: WebhookId,
        /// Its name.
        name: String,
        /// Its counts.
        counts: Counts,
    },
    /// A round of resends begins.
    RoundStarted {
        /// Its number, from 1.
        round: u32,
        /// Events to be resent.
        resends: u64,
    },
    /// A resend was answered, or failed.
    Attempted {
        /// The webhook.
        webhook: WebhookId,
        /// The event.
        event: EventId,
        /// Whether it was sent ahead of the others to try the receiver.
        canary: bool,
        /// What was concluded.
        conclusion: Conclusion,
        /// The HTTP status of the vendor's answer.
        status_code: Option<u16>,
        /// What happened, in words.
        detail: String,
    },
    /// Nothing more is sent to the receiver of a webhook in this run: it refuses what is sent.
    ReceiverDown {
        /// The webhook.
        webhook: WebhookId,
        /// Its name.
        name: String,
        /// Deliveries that failed in a row.
        failures: u32,
    },
    /// A request waits because the vendor asked for it or failed.
    Waiting {
        /// How long.
        wait: Duration,
        /// Why.
        reason: String,
    },
    /// Resends of a round were looked up.
    Confirmed {
        /// The round.
        round: u32,
        /// Events that arrived in this run so far.
        recovered: u64,
        /// Events that are not there yet.
        outstanding: u64,
    },
    /// Something stood in the way.
    ProblemFound(Problem),
}

/// Watches a run. It is told what happens and never asked what to do.
pub trait Monitor: Send + Sync {
    /// Takes notice of an event.
    fn notice(&self, event: &RunEvent);
}

/// A monitor that takes no notice.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Monitor for Silent {
    fn notice(&self, _event: &RunEvent) {}
}
