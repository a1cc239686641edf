//! The two-way picture as data: what the vendor listed against what the log holds, and what the log holds
//! that the vendor does not know.
//!
//! Every number adds up: the rows of the vendor's side are all events that were listed, the numbers of
//! the log's side all ids that the log holds as received, as far as it was looked through.

use crate::event::DeliveryStatus;
use crate::receipt::{Receipt, UnlistedId};
use crate::tracked::TrackedEvent;

/// Events of one status by what the log says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The log holds them.
    pub found: u64,
    /// The log covers them and does not hold them.
    pub absent: u64,
    /// The log can't say.
    pub out_of_coverage: u64,
}

impl Row {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.found + self.absent + self.out_of_coverage
    }

    fn count(&mut self, receipt: Option<Receipt>) {
        match receipt {
            Some(Receipt::Found) => self.found += 1,
            Some(Receipt::Absent) => self.absent += 1,
            Some(Receipt::OutOfCoverage(_)) | None => self.out_of_coverage += 1,
        }
    }
}

/// What the vendor listed in the window, each event of each webhook once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VendorSide {
    /// Events it calls delivered.
    pub delivered: Row,
    /// Events it calls failed, or has not delivered yet.
    pub failed: Row,
    /// Events without a status that can be understood.
    pub unrecognised: Row,
}

impl VendorSide {
    /// Counts one event by its status when first seen.
    pub fn count(&mut self, tracked: &TrackedEvent) {
        let row = match tracked.first_status {
            DeliveryStatus::Delivered => &mut self.delivered,
            DeliveryStatus::Failed | DeliveryStatus::Pending => &mut self.failed,
            DeliveryStatus::Unrecognised => &mut self.unrecognised,
        };
        row.count(tracked.receipt);
    }

    /// All rows together.
    pub fn total(&self) -> Row {
        let rows = [&self.delivered, &self.failed, &self.unrecognised];
        let sum = |of: fn(&Row) -> u64| rows.iter().map(|row| of(row)).sum();
        Row {
            found: sum(|row| row.found),
            absent: sum(|row| row.absent),
            out_of_coverage: sum(|row| row.out_of_coverage),
        }
    }
}

/// What the log holds as received, each id once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSide {
    /// Ids that the vendor listed in the window.
    pub listed: u64,
    /// Ids that belong to another time or another webhook, by the log's own word or the vendor's.
    pub elsewhere: u64,
    /// Ids that the vendor was asked for and does not know, by the time they were received.
    pub unknown_to_vendor: Vec<UnlistedId>,
    /// Ids of which nobody can say where they belong.
    pub unresolved: u64,
    /// Whether there may be more than these, because they were too many to count.
    pub is_least: bool,
}

impl LogSide {
    /// All ids that were looked at.
    pub fn ids(&self) -> u64 {
        self.listed + self.elsewhere + self.unknown_to_vendor.len() as u64 + self.unresolved
    }
}

/// Both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    /// What the vendor listed.
    pub vendor: VendorSide,
    /// What the log holds.
    pub log: LogSide,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Event, EventId};
    use crate::receipt::CoverageGap;
    use crate::tracked::TrackedEvents;

    #[test]
    fn every_event_stands_in_one_place_and_all_places_add_up() {
        let statuses =
            [DeliveryStatus::Delivered, DeliveryStatus::Failed, DeliveryStatus::Pending, DeliveryStatus::Unrecognised];
        let gap = Receipt::OutOfCoverage(CoverageGap::BeforeLog);
        let receipts = [Some(Receipt::Found), Some(Receipt::Absent), Some(gap), None];
        let mut events = TrackedEvents::default();
        for (place, status) in statuses.into_iter().enumerate() {
            for (other, receipt) in receipts.into_iter().enumerate() {
                let place = events.observe(Event {
                    id: EventId::new(&format!("{place}-{other}")).expect("an id"),
                    created_at: None,
                    status,
                    status_text: None,
                    status_code: None,
                    runs: None,
                    alternate_ids: None,
                });
                events.iter_mut().nth(place).expect("observed").receipt = receipt;
            }
        }
        let mut side = VendorSide::default();
        events.iter().for_each(|tracked| side.count(tracked));
        let row = |times: u64| Row { found: times, absent: times, out_of_coverage: 2 * times };
        let expected = VendorSide { delivered: row(1), failed: row(2), unrecognised: row(1) };
        assert_eq!((side, side.total(), side.total().total()), (expected, row(4), 16));
    }

    #[test]
    fn the_ids_of_a_log_add_up() {
        let unknown = UnlistedId { id: EventId::new("x").expect("an id"), received_at: None };
        let side =
            LogSide { listed: 5, elsewhere: 7, unknown_to_vendor: vec![unknown], unresolved: 2, is_least: false };
        assert_eq!(side.ids(), 15);
    }
}
