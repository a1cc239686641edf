//! One resend request: its intent, what may be concluded from how it ended, and how doubt is
//! settled by evidence.
//!
//! Nothing here sends or writes. An [`Intent`] can only be obtained from a journal that has already
//! made it durable, and a provider resends only against an `&Intent`; so no request can be sent that
//! was not recorded.

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{DeliveryStatus, Event, EventId, WebhookId};
use crate::receipt::Receipt;

/// What is known of an event at the moment a resend of it is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResendRequest {
    /// The webhook the event belongs to.
    pub webhook: WebhookId,
    /// The id the receiver logs.
    pub event: EventId,
    /// The id the vendor is asked to resend.
    pub resend_id: EventId,
    /// The vendor's run counter before the attempt, where the vendor reports one.
    pub runs_before: Option<u32>,
    /// The delivery status before the attempt.
    pub status_before: DeliveryStatus,
    /// When the event was created.
    pub created_at: Option<DateTime<Utc>>,
    /// How it became known.
    pub known_by: KnownBy,
}

/// How an event became known to the run that resent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownBy {
    /// A listing showed it, so the vendor lists what failed.
    Listing,
    /// A person or the ledger named it, and its own record was looked up.
    Record,
}

/// A resend that is durably recorded and not yet answered.
///
/// It can't be copied: recording its outcome consumes it.
#[derive(Debug)]
pub struct Intent {
    attempt: AttemptId,
    request: ResendRequest,
}

impl Intent {
    /// Attests that `request` is durable under `attempt`. Only a journal may call this, after its
    /// commit; a test over the sources holds it to that.
    pub fn recorded(attempt: AttemptId, request: ResendRequest) -> Self {
        Self { attempt, request }
    }

    /// The number under which the journal keeps the attempt.
    pub fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// What is to be resent.
    pub fn request(&self) -> &ResendRequest {
        &self.request
    }
}

/// The number of an attempt in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub i64);

/// How a resend request ended, as far as the connection can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResendEnd<'a> {
    /// The request never left: refused connection, unknown host, failed handshake.
    NotSent,
    /// The vendor answered that it did not act (4xx, redirects).
    Rejected,
    /// The vendor answered with the event.
    Answered(&'a Event),
    /// The request was written and no usable answer came back.
    Unanswered,
}

/// What may be concluded from how a resend ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conclusion {
    /// The vendor never saw the request.
    NotSent,
    /// The vendor saw the request and did not act.
    Rejected,
    /// The vendor says the delivery succeeded; the next listing confirms it.
    Accepted,
    /// The vendor delivered and the receiver did not accept.
    Refused,
    /// The vendor may or may not have acted.
    InDoubt,
}

impl Conclusion {
    /// The name in the ledger and in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
        }
    }

    /// The conclusion with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::NotSent, Self::Rejected, Self::Accepted, Self::Refused, Self::InDoubt]
            .into_iter()
            .find(|conclusion| conclusion.name() == name)
    }

    /// Whether the receiver may have seen a delivery, so that the attempt counts against the bound.
    pub fn may_have_acted(self) -> bool {
        match self {
            Self::Accepted | Self::Refused | Self::InDoubt => true,
            Self::NotSent | Self::Rejected => false,
        }
    }
}

/// Concludes from how a resend ended.
///
/// It is unknown whether a vendor's answer shows the event before or after the delivery, so an
/// answer that still says "failed" while the run counter stands still is doubt and not a failure. In the
/// same way "delivered" says nothing of an event that was delivered before, unless the counter grew.
pub fn conclude(request: &ResendRequest, end: &ResendEnd<'_>) -> Conclusion {
    let answered = match end {
        ResendEnd::NotSent => return Conclusion::NotSent,
        ResendEnd::Rejected => return Conclusion::Rejected,
        ResendEnd::Unanswered => return Conclusion::InDoubt,
        ResendEnd::Answered(event) => event,
    };
    let counter = Counter::compare(request.runs_before, answered.runs);
    let was_delivered = request.status_before == DeliveryStatus::Delivered;
    match (answered.status, counter) {
        (DeliveryStatus::Delivered, Counter::Still | Counter::Unknown) if was_delivered => Conclusion::InDoubt,
        (DeliveryStatus::Delivered, _) => Conclusion::Accepted,
        (DeliveryStatus::Failed, Counter::Grew | Counter::Unknown) => Conclusion::Refused,
        (DeliveryStatus::Failed, Counter::Still) => Conclusion::InDoubt,
        (DeliveryStatus::Pending | DeliveryStatus::Unrecognised, _) => Conclusion::InDoubt,
    }
}

/// The outcome of one attempt, as it is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptOutcome {
    /// What was concluded.
    pub conclusion: Conclusion,
    /// The HTTP status of the vendor's answer, if one came.
    pub status_code: Option<u16>,
    /// The vendor's run counter in the answer.
    pub runs_after: Option<u32>,
    /// What happened, in words; never holds a payload or a key.
    pub detail: String,
}

/// What an outcome settles by itself. An accepted resend is not a delivery yet, and a refusal that no
/// run counter vouches for may be an answer that shows the event as it was before: both stay open
/// until a look at the event settles them.
pub fn settled_by_outcome(request: &ResendRequest, outcome: &AttemptOutcome) -> Option<Settlement> {
    match outcome.conclusion {
        Conclusion::NotSent | Conclusion::Rejected => Some(Settlement::NotSent),
        Conclusion::Refused => match Counter::compare(request.runs_before, outcome.runs_after) {
            Counter::Grew => Some(Settlement::DeliveryFailed),
            Counter::Still | Counter::Unknown => None,
        },
        Conclusion::Accepted | Conclusion::InDoubt => None,
    }
}

/// An attempt of which it is not settled whether the receiver got the event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenAttempt {
    /// The attempt in the ledger.
    pub attempt: AttemptId,
    /// When the intent was recorded.
    pub intent_at: DateTime<Utc>,
    /// When the request ended; `None` when hookmend was stopped before it could record that.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was asked for.
    pub request: ResendRequest,
    /// What was concluded when it ended; `None` when hookmend was stopped before it could record it.
    pub conclusion: Option<Conclusion>,
    /// The run counter in the answer, if there was one.
    pub runs_after: Option<u32>,
}

impl OpenAttempt {
    /// Corrects what a clock that has since been set back recorded: nothing happened after `now`.
    pub fn not_after(&mut self, now: DateTime<Utc>) {
        self.intent_at = self.intent_at.min(now);
        self.ended_at = self.ended_at.map(|ended_at| ended_at.min(now));
    }

    /// How long the attempt has been over. A vendor may act until the request has ended, so the time
    /// before that is no evidence of anything.
    pub fn over_for(&self, now: DateTime<Utc>) -> TimeDelta {
        now.signed_duration_since(self.ended_at.unwrap_or(self.intent_at))
    }

    /// Whether the attempt has been over for the settling time, so that what is not seen now need not be
    /// waited for any longer.
    pub fn had_time_to_settle(&self, now: DateTime<Utc>, settle: TimeDelta) -> bool {
        self.over_for(now) >= settle
    }
}

/// What was seen of an event after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What the vendor says now; `None` when it could not be asked or no longer knows the event.
    pub status: Option<DeliveryStatus>,
    /// The vendor's run counter now.
    pub runs: Option<u32>,
    /// What the log says now; `None` when it could not be asked.
    pub receipt: Option<Receipt>,
    /// Whether the log is written while hookmend runs, so that its silence means something.
    pub log_is_live: bool,
}

/// How an open attempt was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Settlement {
    /// The receiver has the event.
    Recovered,
    /// The delivery took place and the receiver did not accept it.
    DeliveryFailed,
    /// The vendor did not act; the event may be resent.
    NotSent,
}

impl Settlement {
    /// The name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::DeliveryFailed => "delivery_failed",
            Self::NotSent => "not_sent",
        }
    }
}

/// Settles an open attempt by evidence, or returns `None` when the evidence does not decide yet.
///
/// `settle` is how long an attempt must be without evidence before that counts as "not sent", and
/// `looked_at` is when the look began that brought the evidence: what happened after that it need not show,
/// however much later it was answered or thought over.
pub fn settle(
    open: &OpenAttempt,
    evidence: &Evidence,
    idempotent: bool,
    looked_at: DateTime<Utc>,
    settle: TimeDelta,
) -> Option<Settlement> {
    if evidence.receipt == Some(Receipt::Found) {
        return Some(Settlement::Recovered);
    }
    let baseline = match open.conclusion {
        // An accepting answer vouches for one run of its own: only a later one speaks against it.
        Some(Conclusion::Accepted) => open.runs_after.max(open.request.runs_before.map(|runs| runs.saturating_add(1))),
        Some(_) | None => open.request.runs_before,
    };
    let counter = Counter::compare(baseline, evidence.runs);
    match evidence.status? {
        // The event was delivered before the attempt, and a record may show the new run before it shows how
        // that ended; so only the log tells.
        DeliveryStatus::Delivered => {
            (open.request.status_before != DeliveryStatus::Delivered).then_some(Settlement::Recovered)
        }
        // A list may show the run before it shows that the run succeeded.
        DeliveryStatus::Failed if counter == Counter::Grew => {
            open.had_time_to_settle(looked_at, settle).then_some(Settlement::DeliveryFailed)
        }
        // Nothing counts runs, and the vendor said that the receiver refused it: it still says so.
        DeliveryStatus::Failed if open.conclusion == Some(Conclusion::Refused) && counter == Counter::Unknown => {
            open.had_time_to_settle(looked_at, settle).then_some(Settlement::DeliveryFailed)
        }
        DeliveryStatus::Failed | DeliveryStatus::Pending => {
            let waited = open.had_time_to_settle(looked_at, settle);
            let silent = match open.conclusion {
                // The vendor said that it delivered: it takes the receiver's own word against that.
                Some(Conclusion::Accepted) => evidence.log_is_live && evidence.receipt == Some(Receipt::Absent),
                Some(_) | None => true,
            };
            let decided = idempotent || (counter == Counter::Still && silent);
            (waited && decided).then_some(Settlement::NotSent)
        }
        DeliveryStatus::Unrecognised => None,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counter {
    Grew,
    Still,
    Unknown,
}

impl Counter {
    fn compare(before: Option<u32>, after: Option<u32>) -> Self {
        match (before, after) {
            (Some(before), Some(after)) if after > before => Self::Grew,
            (Some(_), Some(_)) => Self::Still,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
