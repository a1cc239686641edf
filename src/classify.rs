//! The decision table: what the vendor says and what the log says, made into one verdict.

use chrono::{DateTime, TimeDelta, Utc};

use crate::event::{DeliveryStatus, Event};
use crate::receipt::{CoverageGap, Receipt};

/// What hookmend thinks of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The vendor delivered it; nothing contradicts that.
    Settled,
    /// The vendor failed to deliver it and the log does not hold it.
    Missing,
    /// The vendor counts it as failed, but the log holds it: only the answer was lost.
    Unacknowledged,
    /// The vendor counts it as delivered, but the log does not hold it.
    LostAfterAck,
    /// It is too recent to judge.
    TooYoung,
    /// The evidence does not decide.
    Unknown(UnknownReason),
}

/// Why the evidence does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnknownReason {
    /// The run ended before the evidence was gathered.
    NotJudged,
    /// The vendor's record has no status that can be understood.
    NoStatus,
    /// The vendor's record has no creation time that can be read, so its age is not known.
    NoTime,
    /// The received log can't speak of this event.
    OutOfCoverage(CoverageGap),
}

/// Whether an event is old enough to be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Age {
    /// Older than the least age.
    Ripe,
    /// Younger: the vendor may still be delivering it, the log may still be written.
    Young,
    /// The record has no readable creation time.
    Unreadable,
}

impl Age {
    /// The age of an event at `now`, judged by the least age `min_age`.
    pub fn of(event: &Event, now: DateTime<Utc>, min_age: TimeDelta) -> Self {
        match event.created() {
            None => Self::Unreadable,
            Some(created) if now.signed_duration_since(created) < min_age => Self::Young,
            Some(_) => Self::Ripe,
        }
    }
}

/// Decides the verdict; total, and the only place where one is made.
pub fn classify(status: DeliveryStatus, age: Age, receipt: Receipt) -> Verdict {
    use Receipt::{Absent, Found, OutOfCoverage};
    match (status, age, receipt) {
        (DeliveryStatus::Unrecognised, _, _) => Verdict::Unknown(UnknownReason::NoStatus),

        (DeliveryStatus::Delivered, _, Found | OutOfCoverage(_)) => Verdict::Settled,
        // The receiver may not have flushed its log yet.
        (DeliveryStatus::Delivered, Age::Young, Absent) => Verdict::TooYoung,
        (DeliveryStatus::Delivered, Age::Ripe | Age::Unreadable, Absent) => Verdict::LostAfterAck,

        (DeliveryStatus::Failed | DeliveryStatus::Pending, Age::Young, _) => Verdict::TooYoung,
        (DeliveryStatus::Failed | DeliveryStatus::Pending, _, Found) => Verdict::Unacknowledged,
        (DeliveryStatus::Failed | DeliveryStatus::Pending, Age::Unreadable, Absent | OutOfCoverage(_)) => {
            Verdict::Unknown(UnknownReason::NoTime)
        }
        (DeliveryStatus::Failed | DeliveryStatus::Pending, Age::Ripe, Absent) => Verdict::Missing,
        (DeliveryStatus::Failed | DeliveryStatus::Pending, Age::Ripe, OutOfCoverage(gap)) => {
            Verdict::Unknown(UnknownReason::OutOfCoverage(gap))
        }
    }
}

impl Verdict {
    /// The name of the verdict in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Missing => "missing",
            Self::Unacknowledged => "unacknowledged",
            Self::LostAfterAck => "lost_after_ack",
            Self::TooYoung => "too_young",
            Self::Unknown(_) => "unknown",
        }
    }

    /// The verdict in one plain clause.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Settled => "delivered",
            Self::Missing => "the vendor failed to deliver it and the received log does not hold it",
            Self::Unacknowledged => "already in the received log; only the acknowledgement was lost",
            Self::LostAfterAck => "the receiver acknowledged it, but the received log does not hold it",
            Self::TooYoung => "younger than the least age; left for a later run",
            Self::Unknown(UnknownReason::NotJudged) => "the run ended before it could be judged",
            Self::Unknown(UnknownReason::NoStatus) => "the vendor's record has no status that can be understood",
            Self::Unknown(UnknownReason::NoTime) => "the vendor's record has no readable creation time",
            Self::Unknown(UnknownReason::OutOfCoverage(gap)) => gap.reason(),
        }
    }
}

/// What the user allowed beyond the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResendPolicy {
    /// The receiver is idempotent: whatever the vendor counts as failed may be resent.
    pub idempotent: bool,
    /// Events that were acknowledged and then lost may be resent.
    pub include_acknowledged: bool,
}

impl ResendPolicy {
    /// Whether an event with this verdict is to be resent.
    pub fn resends(self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Missing => true,
            Verdict::Unacknowledged | Verdict::Unknown(UnknownReason::OutOfCoverage(_)) => self.idempotent,
            Verdict::LostAfterAck => self.include_acknowledged,
            Verdict::Settled | Verdict::TooYoung => false,
            Verdict::Unknown(UnknownReason::NotJudged | UnknownReason::NoStatus | UnknownReason::NoTime) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::event::{CreatedAt, EventId, ZoneKnowledge};

    const FAILED: DeliveryStatus = DeliveryStatus::Failed;
    const PENDING: DeliveryStatus = DeliveryStatus::Pending;
    const DELIVERED: DeliveryStatus = DeliveryStatus::Delivered;
    const UNRECOGNISED: DeliveryStatus = DeliveryStatus::Unrecognised;
    const OUT: Receipt = Receipt::OutOfCoverage(CoverageGap::BeforeLog);
    const UNKNOWN_OUT: Verdict = Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::BeforeLog));
    const UNKNOWN_TIME: Verdict = Verdict::Unknown(UnknownReason::NoTime);
    const UNKNOWN_STATUS: Verdict = Verdict::Unknown(UnknownReason::NoStatus);

    #[test]
    fn the_decision_table_holds_cell_by_cell() {
        use Age::{Ripe, Unreadable, Young};
        use Receipt::{Absent, Found};
        use Verdict::{LostAfterAck, Missing, Settled, TooYoung, Unacknowledged};
        let table = [
            (FAILED, Ripe, Absent, Missing),
            (FAILED, Ripe, Found, Unacknowledged),
            (FAILED, Ripe, OUT, UNKNOWN_OUT),
            (FAILED, Young, Absent, TooYoung),
            (FAILED, Young, Found, TooYoung),
            (FAILED, Young, OUT, TooYoung),
            (FAILED, Unreadable, Absent, UNKNOWN_TIME),
            (FAILED, Unreadable, Found, Unacknowledged),
            (FAILED, Unreadable, OUT, UNKNOWN_TIME),
            (PENDING, Ripe, Absent, Missing),
            (PENDING, Ripe, Found, Unacknowledged),
            (PENDING, Ripe, OUT, UNKNOWN_OUT),
            (PENDING, Young, Absent, TooYoung),
            (PENDING, Young, Found, TooYoung),
            (PENDING, Young, OUT, TooYoung),
            (PENDING, Unreadable, Absent, UNKNOWN_TIME),
            (PENDING, Unreadable, Found, Unacknowledged),
            (PENDING, Unreadable, OUT, UNKNOWN_TIME),
            (DELIVERED, Ripe, Absent, LostAfterAck),
            (DELIVERED, Ripe, Found, Settled),
            (DELIVERED, Ripe, OUT, Settled),
            (DELIVERED, Young, Absent, TooYoung),
            (DELIVERED, Young, Found, Settled),
            (DELIVERED, Young, OUT, Settled),
            (DELIVERED, Unreadable, Absent, LostAfterAck),
            (DELIVERED, Unreadable, Found, Settled),
            (DELIVERED, Unreadable, OUT, Settled),
            (UNRECOGNISED, Ripe, Absent, UNKNOWN_STATUS),
            (UNRECOGNISED, Ripe, Found, UNKNOWN_STATUS),
            (UNRECOGNISED, Ripe, OUT, UNKNOWN_STATUS),
            (UNRECOGNISED, Young, Absent, UNKNOWN_STATUS),
            (UNRECOGNISED, Young, Found, UNKNOWN_STATUS),
            (UNRECOGNISED, Young, OUT, UNKNOWN_STATUS),
            (UNRECOGNISED, Unreadable, Absent, UNKNOWN_STATUS),
            (UNRECOGNISED, Unreadable, Found, UNKNOWN_STATUS),
            (UNRECOGNISED, Unreadable, OUT, UNKNOWN_STATUS),
        ];
        for (status, age, receipt, verdict) in table {
            assert_eq!(classify(status, age, receipt), verdict, "{status:?} {age:?} {receipt:?}");
        }
    }

    fn event(created_at: Option<i64>) -> Event {
        let at = |second| DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        Event {
            id: EventId::new("event-1").expect("an id"),
            created_at: created_at.map(|second| CreatedAt { at: at(second), zone: ZoneKnowledge::Stated }),
            status: FAILED,
            status_text: None,
            status_code: None,
            runs: None,
            alternate_ids: None,
        }
    }

    #[test]
    fn an_event_is_young_until_it_has_the_least_age() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_000);
        let table = [
            (Some(699), Age::Ripe),
            (Some(700), Age::Ripe),
            (Some(701), Age::Young),
            // A clock that runs behind the vendor's makes events come from the future.
            (Some(2_000), Age::Young),
            (None, Age::Unreadable),
        ];
        for (created, age) in table {
            assert_eq!(Age::of(&event(created), now, TimeDelta::seconds(300)), age, "{created:?}");
        }
    }

    #[test]
    fn each_verdict_has_a_name_and_a_reason_of_its_own() {
        let plain = [
            Verdict::Settled,
            Verdict::Missing,
            Verdict::Unacknowledged,
            Verdict::LostAfterAck,
            Verdict::TooYoung,
            Verdict::Unknown(UnknownReason::NotJudged),
        ];
        let names = plain.map(Verdict::name);
        assert_eq!(names, ["settled", "missing", "unacknowledged", "lost_after_ack", "too_young", "unknown"]);
        let verdicts = plain.into_iter().chain([UNKNOWN_STATUS, UNKNOWN_TIME, UNKNOWN_OUT]);
        let reasons: BTreeSet<&str> = verdicts.map(Verdict::reason).collect();
        assert_eq!(reasons.len(), plain.len() + 3, "{reasons:?}");
        assert!(reasons.contains("the vendor failed to deliver it and the received log does not hold it"));
        assert!(reasons.contains(CoverageGap::BeforeLog.reason()));
    }

    fn statuses() -> impl Strategy<Value = DeliveryStatus> {
        prop::sample::select(vec![FAILED, PENDING, DELIVERED, UNRECOGNISED])
    }

    fn ages() -> impl Strategy<Value = Age> {
        prop::sample::select(vec![Age::Ripe, Age::Young, Age::Unreadable])
    }

    fn receipts() -> impl Strategy<Value = Receipt> {
        let gaps = [
            CoverageGap::NoLog,
            CoverageGap::Unproven,
            CoverageGap::BeforeLog,
            CoverageGap::NoTime,
            CoverageGap::Unreadable,
        ];
        let receipts = [Receipt::Found, Receipt::Absent].into_iter().chain(gaps.map(Receipt::OutOfCoverage));
        prop::sample::select(receipts.collect::<Vec<_>>())
    }

    proptest! {
        /// The oracle says in other words what must be true of every verdict.
        #[test]
        fn a_verdict_never_says_more_than_its_evidence(status in statuses(), age in ages(), receipt in receipts()) {
            let verdict = classify(status, age, receipt);
            let undelivered = matches!(status, FAILED | PENDING);
            let proven_missing = undelivered && age == Age::Ripe && receipt == Receipt::Absent;
            prop_assert_eq!(verdict == Verdict::Missing, proven_missing);
            prop_assert_eq!(verdict == Verdict::Settled, status == DELIVERED && receipt != Receipt::Absent);
            if verdict == Verdict::Unacknowledged {
                prop_assert!(undelivered && receipt == Receipt::Found);
            }
            if verdict == Verdict::LostAfterAck {
                prop_assert!(status == DELIVERED && receipt == Receipt::Absent);
            }
            // By default nothing is resent that the log may hold.
            let resends = ResendPolicy::default().resends(verdict);
            prop_assert_eq!(resends, proven_missing);
            // Even an idempotent receiver gets nothing of unknown status or age.
            let all = ResendPolicy { idempotent: true, include_acknowledged: true };
            if status == UNRECOGNISED || age == Age::Young {
                prop_assert!(!all.resends(verdict));
            }
        }
    }
}
