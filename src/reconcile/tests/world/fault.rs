//! The kinds of faults that a world can have, and how often each one took effect.

/// Declares the kinds with their names, so that nothing can be listed without being counted.
macro_rules! faults {
    ($($kind:ident $name:literal,)*) => {
        /// One kind of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(in crate::reconcile::tests) enum Fault { $($kind,)* }

        impl Fault {
            /// Every kind.
            pub(in crate::reconcile::tests) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The name by which a person turns it off.
            pub(in crate::reconcile::tests) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }
        }
    };
}

faults! {
    // What the vendor lists.
    FilterIgnored "filter-ignored",
    OnlyDelivered "only-delivered",
    FalselyEmpty "falsely-empty",
    ListsNothing "lists-nothing",
    ListingCapped "listing-capped",
    RowsRepeated "rows-repeated",
    OutsideRecords "outside-records",
    UnusableRecords "unusable-records",
    ListingCutOff "listing-cut-off",
    ListingFails "listing-fails",
    RangeTooLong "range-too-long",
    EventHides "event-hides",
    EventExpires "event-expires",
    // How it tells of an event.
    ZoneShifted "zone-shifted",
    DaylightSaving "daylight-saving",
    TimesMixed "times-mixed",
    TimeMissing "time-missing",
    StatusMissing "status-missing",
    OddId "odd-id",
    RunsNotCounted "runs-not-counted",
    ShownLate "shown-late",
    RunsShownLate "runs-shown-late",
    // How it answers any request.
    Throttled "throttled",
    QuotaUsedUp "quota-used-up",
    KeysRefused "keys-refused",
    NotConnected "not-connected",
    StrangeAnswer "strange-answer",
    SlowAnswer "slow-answer",
    GetFails "get-fails",
    GetOfAnother "get-of-another",
    // How it answers a resend.
    ResendRejected "resend-rejected",
    PathUnknown "path-unknown",
    AnswersBefore "answers-before",
    AnswersWithoutCounter "answers-without-counter",
    DeliversAndFails "delivers-and-fails",
    DeliversAndTimesOut "delivers-and-times-out",
    ClaimsWithoutDelivery "claims-without-delivery",
    BeforeWithoutDelivery "before-without-delivery",
    FailsWithoutDelivery "fails-without-delivery",
    TimesOutWithoutDelivery "times-out-without-delivery",
    DeliversLate "delivers-late",
    // What it does of itself.
    VendorRedelivers "vendor-redelivers",
    DeliveredFailsAgain "delivered-fails-again",
    LateEvent "late-event",
    // The receiver and its log.
    ReceiverDown "receiver-down",
    OneHookDown "one-hook-down",
    GoesDownMidway "goes-down-midway",
    PoisonEvent "poison-event",
    LostAfterAck "lost-after-ack",
    AnswerLost "answer-lost",
    LogLags "log-lags",
    LogStandsStill "log-stands-still",
    LogBroken "log-broken",
    LogBreaks "log-breaks",
    LogRotated "log-rotated",
    LogLineUnreadable "log-line-unreadable",
    LogCanNotBeRead "log-can-not-be-read",
    // The journal.
    WriteFails "write-fails",
    WriteFailsAfterCommit "write-fails-after-commit",
    KilledBeforeCommit "killed-before-commit",
    KilledAfterCommit "killed-after-commit",
    ReadFails "read-fails",
    // The process, its clock and its company.
    Killed "killed",
    KilledBetweenAwaits "killed-between-awaits",
    Signalled "signalled",
    ClockJumpsBetweenRuns "clock-jumps-between-runs",
    ClockJumpsDuringRun "clock-jumps-during-run",
    RunsOverlap "runs-overlap",
    OperatorAtWork "operator-at-work",
    Released "released",
}

/// How often each kind took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::reconcile::tests) struct Tally([u64; Fault::ALL.len()]);

impl Default for Tally {
    fn default() -> Self {
        Self([0; Fault::ALL.len()])
    }
}

impl Tally {
    pub(in crate::reconcile::tests) fn count(&mut self, fault: Fault) {
        self.0[fault as usize] += 1;
    }

    pub(in crate::reconcile::tests) fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    pub(in crate::reconcile::tests) fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}
