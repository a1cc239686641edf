//! How a vendor answers resends and listings: honestly, or in one of the ways that were seen.

use super::fault::Fault;

/// How the vendor answers a resend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::reconcile::tests) enum ResendBehaviour {
    #[default]
    DeliversAndShowsIt,
    DeliversAndShowsBefore,
    DeliversAndFails,
    ClaimsWithoutDelivery,
    DeliversAndShowsNoCounter,
    DeliversAndTimesOut,
    ShowsBeforeWithoutDelivery,
    FailsWithoutDelivery,
    TimesOutWithoutDelivery,
}

impl ResendBehaviour {
    pub(super) fn delivers(self) -> bool {
        match self {
            Self::DeliversAndShowsIt
            | Self::DeliversAndShowsBefore
            | Self::DeliversAndFails
            | Self::DeliversAndShowsNoCounter
            | Self::DeliversAndTimesOut => true,
            Self::ClaimsWithoutDelivery
            | Self::ShowsBeforeWithoutDelivery
            | Self::FailsWithoutDelivery
            | Self::TimesOutWithoutDelivery => false,
        }
    }
}

impl ResendBehaviour {
    /// The fault that shows in it; none where the vendor is honest.
    pub(super) fn fault(self) -> Option<Fault> {
        Some(match self {
            Self::DeliversAndShowsIt => return None,
            Self::DeliversAndShowsBefore => Fault::AnswersBefore,
            Self::DeliversAndFails => Fault::DeliversAndFails,
            Self::DeliversAndShowsNoCounter => Fault::AnswersWithoutCounter,
            Self::DeliversAndTimesOut => Fault::DeliversAndTimesOut,
            Self::ClaimsWithoutDelivery => Fault::ClaimsWithoutDelivery,
            Self::ShowsBeforeWithoutDelivery => Fault::BeforeWithoutDelivery,
            Self::FailsWithoutDelivery => Fault::FailsWithoutDelivery,
            Self::TimesOutWithoutDelivery => Fault::TimesOutWithoutDelivery,
        })
    }
}

/// How the vendor lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::reconcile::tests) enum ListBehaviour {
    #[default]
    Honest,
    IgnoresFilter,
    OnlyDelivered,
    FailedAlwaysEmpty,
    CapsBeforeItFilters,
    Nothing,
}

impl ListBehaviour {
    /// The fault that shows in it; none where the vendor is honest.
    pub(super) fn fault(self) -> Option<Fault> {
        match self {
            Self::Honest | Self::CapsBeforeItFilters => None,
            Self::IgnoresFilter => Some(Fault::FilterIgnored),
            Self::OnlyDelivered => Some(Fault::OnlyDelivered),
            Self::FailedAlwaysEmpty => Some(Fault::FalselyEmpty),
            Self::Nothing => Some(Fault::ListsNothing),
        }
    }
}
