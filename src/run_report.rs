//! The result of a run as data: what every output format is made from.
//!
//! The fields are those of the published schema `hookmend/report/1`; how they are written belongs
//! to `report`.

use chrono::{DateTime, Utc};

use crate::audit::Audit;
use crate::classify::Verdict;
use crate::event::{DeliveryStatus, WebhookId, Window};
use crate::exit::ExitCode;
use crate::outcome::RunOutcome;
use crate::plan::Plan;
use crate::receipt::Receipt;
use crate::tracked::{EventResult, TrackedEvent};

/// Counts of events, of one webhook or of a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events listed in the window, each once.
    pub listed: u64,
    /// Of these, those the vendor counts as failed or pending when first seen.
    pub failed: u64,
    /// Of these, those the vendor counts as delivered when first seen.
    pub delivered: u64,
    /// Of these, those the received log holds.
    pub received: u64,
    /// Verdicts of the diff.
    pub missing: u64,
    /// See [`Verdict::Unacknowledged`].
    pub unacknowledged: u64,
    /// See [`Verdict::LostAfterAck`].
    pub lost_after_ack: u64,
    /// See [`Verdict::TooYoung`].
    pub too_young: u64,
    /// See [`Verdict::Unknown`].
    pub unknown: u64,
    /// Events of which at least one resend was sent.
    pub resent: u64,
    /// Events that were resent and arrived.
    pub recovered: u64,
    /// Events that are lost and not recovered: what somebody must look at.
    pub left: u64,
    /// Of these, those that used up their attempts.
    pub quarantined: u64,
    /// Events of which nobody can say whether a resend arrived.
    pub in_doubt: u64,
}

impl Counts {
    /// Adds the counts of another webhook.
    pub fn add(&mut self, other: &Self) {
        let Self {
            listed,
            failed,
            delivered,
            received,
            missing,
            unacknowledged,
            lost_after_ack,
            too_young,
            unknown,
            resent,
            recovered,
            left,
            quarantined,
            in_doubt,
        } = other;
        self.listed += listed;
        self.failed += failed;
        self.delivered += delivered;
        self.received += received;
        self.missing += missing;
        self.unacknowledged += unacknowledged;
        self.lost_after_ack += lost_after_ack;
        self.too_young += too_young;
        self.unknown += unknown;
        self.resent += resent;
        self.recovered += recovered;
        self.left += left;
        self.quarantined += quarantined;
        self.in_doubt += in_doubt;
    }

    /// Counts one event by its status, its receipt, its verdict and its result.
    pub fn count(&mut self, tracked: &TrackedEvent) {
        self.count_status(tracked.first_status);
        if tracked.receipt == Some(Receipt::Found) {
            self.received += 1;
        }
        match tracked.verdict {
            Verdict::Settled => {}
            Verdict::Missing => self.missing += 1,
            Verdict::Unacknowledged => self.unacknowledged += 1,
            Verdict::LostAfterAck => self.lost_after_ack += 1,
            Verdict::TooYoung => self.too_young += 1,
            Verdict::Unknown(_) => self.unknown += 1,
        }
        if tracked.attempts > 0 {
            self.resent += 1;
        }
        match tracked.result {
            Some(EventResult::Recovered) => self.recovered += 1,
            Some(EventResult::Left) => self.left += 1,
            Some(EventResult::Quarantined) => {
                self.left += 1;
                self.quarantined += 1;
            }
            Some(EventResult::InDoubt) => self.in_doubt += 1,
            Some(EventResult::Skipped) | None => {}
        }
    }

    fn count_status(&mut self, status: DeliveryStatus) {
        self.listed += 1;
        match status {
            DeliveryStatus::Delivered => self.delivered += 1,
            DeliveryStatus::Failed | DeliveryStatus::Pending => self.failed += 1,
            DeliveryStatus::Unrecognised => {}
        }
    }
}

/// HTTP requests sent, refused ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// Listings, of events and of webhooks.
    pub list: u64,
    /// Single events.
    pub get: u64,
    /// Resends.
    pub resend: u64,
}

/// What kind of thing stood in the way; the name is part of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The vendor ignored the filter; records were judged locally.
    FilterIgnored,
    /// The vendor listed events outside the range that was asked for.
    RangeIgnored,
    /// An empty failed listing could not be proven.
    FilterUnproven,
    /// The vendor's failed listing left out failed events.
    ListingFalselyEmpty,
    /// A listing is capped and no smaller slice is possible.
    ListingTruncated,
    /// A slice could not be read.
    ListingUnreadable,
    /// Records without a usable id or status.
    RecordsUnusable,
    /// The received log shares no id with what the vendor delivered, or is empty.
    LogUnproven,
    /// The received log could not be read whole.
    LogUnreadable,
    /// The received log does not cover the window.
    LogCoverage,
    /// More resends than allowed; none was sent.
    TooManyResends,
    /// The receiver refused the canaries or several deliveries in a row.
    ReceiverDown,
    /// An attempt is in doubt.
    InDoubt,
    /// The vendor can't be reached or keeps failing.
    ProviderUnavailable,
    /// The vendor throttles for longer than the run may last.
    Throttled,
    /// The vendor refused the credentials.
    CredentialsRefused,
    /// The address answers, but it is not the vendor's API.
    WrongAddress,
    /// The vendor does not know the webhook.
    WebhookUnknown,
    /// The deadline passed.
    Deadline,
    /// The run was stopped.
    Interrupted,
    /// A person did not approve the plan.
    NotApproved,
    /// The run ended before events could be judged.
    Unjudged,
    /// Events that seem to be created in the future.
    TimesAhead,
    /// The ledger can't be written or read.
    Ledger,
    /// Rounds went by without progress.
    NoProgress,
    /// Events wait for the failure budget.
    FailureBudget,
    /// Events used up their attempts and wait for a person.
    Quarantined,
    /// An event that was named was not listed.
    NotSeen,
    /// Events that were not selected need attention as well.
    OutsideSelection,
    /// Events are left, and a gate lets them pass.
    Tolerated,
    /// Events are left, and they are more or older than a gate lets pass.
    NotTolerated,
    /// Proofs were turned off.
    ProofsOff,
    /// The log holds ids that the vendor does not know.
    UnknownToVendor,
    /// The vendor knows, or must have known, events that its listing left out.
    ListingIncomplete,
    /// Not every id of the log could be held against the vendor.
    AuditIncomplete,
}

impl ProblemKind {
    /// The name in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::FilterIgnored => "filter_ignored",
            Self::RangeIgnored => "range_ignored",
            Self::FilterUnproven => "filter_unproven",
            Self::ListingFalselyEmpty => "listing_falsely_empty",
            Self::ListingTruncated => "listing_truncated",
            Self::ListingUnreadable => "listing_unreadable",
            Self::RecordsUnusable => "records_unusable",
            Self::LogUnproven => "log_unproven",
            Self::LogUnreadable => "log_unreadable",
            Self::LogCoverage => "log_coverage",
            Self::TooManyResends => "too_many_resends",
            Self::ReceiverDown => "receiver_down",
            Self::InDoubt => "in_doubt",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::Throttled => "throttled",
            Self::CredentialsRefused => "credentials_refused",
            Self::WrongAddress => "wrong_address",
            Self::WebhookUnknown => "webhook_unknown",
            Self::Deadline => "deadline",
            Self::Interrupted => "interrupted",
            Self::NotApproved => "not_approved",
            Self::Unjudged => "unjudged",
            Self::TimesAhead => "times_ahead",
            Self::Ledger => "ledger",
            Self::NoProgress => "no_progress",
            Self::FailureBudget => "failure_budget",
            Self::Quarantined => "quarantined",
            Self::NotSeen => "not_seen",
            Self::OutsideSelection => "outside_selection",
            Self::Tolerated => "tolerated",
            Self::NotTolerated => "not_tolerated",
            Self::ProofsOff => "proofs_off",
            Self::UnknownToVendor => "unknown_to_vendor",
            Self::ListingIncomplete => "listing_incomplete",
            Self::AuditIncomplete => "audit_incomplete",
        }
    }
}

/// Something that stood in the way, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// What happened, to what.
    pub message: String,
    /// What to do next; empty when there is nothing to do.
    pub hint: String,
}

/// The part of a report about one webhook.
#[derive(Clone, Debug)]
pub struct WebhookReport {
    /// The webhook.
    pub webhook: WebhookId,
    /// Its name: from the settings, or the vendor's event type; the id when neither is known.
    pub name: String,
    /// Its counts.
    pub counts: Counts,
    /// Its events, oldest first, settled ones included; see [`TrackedEvent::is_settled`].
    pub events: Vec<TrackedEvent>,
}

/// Whether a run may send anything but reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Resend what is missing.
    Act,
    /// Show what would be resent.
    DryRun,
    /// Only judge.
    Check,
}

/// Which events a report tells of one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Told {
    /// Those that are not settled.
    #[default]
    Unsettled,
    /// All that were selected.
    Everything,
}

impl Told {
    /// Whether an event is told of by itself.
    pub fn includes(self, tracked: &TrackedEvent) -> bool {
        match self {
            Self::Everything => true,
            Self::Unsettled => !tracked.is_settled(),
        }
    }
}

/// The result of a run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// The run's id.
    pub run_id: String,
    /// The command, such as `reconcile`.
    pub command: String,
    /// Whether it could act.
    pub mode: Mode,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// The window it looked at.
    pub window: Window,
    /// What it was narrowed to, in words; empty when nothing was left out.
    pub selection: String,
    /// Which events it tells of one by one.
    pub told: Told,
    /// What a dry run would resend, by the places of its webhooks.
    pub planned: Plan,
    /// The two-way picture, where it was asked for and came to its end.
    pub audit: Option<Audit>,
    /// How it ended.
    pub outcome: RunOutcome,
    /// The exit code of that.
    pub exit_code: ExitCode,
    /// The counts of all webhooks.
    pub totals: Counts,
    /// The counts of everything that was looked at, what was not selected included: the proofs rest on it.
    pub seen: Counts,
    /// Rounds with resends.
    pub rounds: u32,
    /// Requests sent.
    pub requests: Requests,
    /// One part for each webhook.
    pub webhooks: Vec<WebhookReport>,
    /// What stood in the way.
    pub problems: Vec<Problem>,
}

#[cfg(test)]
mod tests;
