//! Telling from deliveries where a received log begins, when nobody said so.
//!
//! A rotated log holds nothing of the time before its first line, and says "absent" to everything
//! from there. The vendor's own deliveries betray it: the oldest ones are all absent, and from some
//! instant on they are found.

use chrono::{DateTime, Utc};

use crate::receipt::Receipt;

/// Fewer absent deliveries in a row than this may as well have been lost by the receiver.
const TELLING: usize = 3;

/// The instant at which the log seems to begin, or `None` when nothing speaks for a late beginning.
///
/// `deliveries` are events that the vendor says were delivered, in any order, each with its creation
/// time and what the log says of it.
pub fn apparent_beginning(mut deliveries: Vec<(DateTime<Utc>, Receipt)>) -> Option<DateTime<Utc>> {
    deliveries.sort_unstable_by_key(|(created, _)| *created);
    let first_found = deliveries.iter().position(|(_, receipt)| *receipt == Receipt::Found)?;
    let absent = deliveries[..first_found].iter().filter(|(_, receipt)| *receipt == Receipt::Absent).count();
    (absent >= TELLING).then(|| deliveries[first_found].0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::receipt::CoverageGap;

    fn deliveries(receipts: &[Receipt]) -> Vec<(DateTime<Utc>, Receipt)> {
        receipts.iter().copied().enumerate().rev().map(|(hour, receipt)| (at(hour), receipt)).collect()
    }

    fn at(hour: usize) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(i64::try_from(hour).expect("a small number"))
    }

    #[test]
    fn a_log_that_lacks_the_oldest_deliveries_begins_where_it_holds_the_first() {
        use Receipt::{Absent, Found};
        assert_eq!(apparent_beginning(deliveries(&[Absent, Absent, Absent, Found, Found])), Some(at(3)));
    }

    #[test]
    fn losses_after_the_beginning_do_not_move_it() {
        use Receipt::{Absent, Found};
        assert_eq!(apparent_beginning(deliveries(&[Found, Absent, Absent, Absent, Found])), None);
        assert_eq!(apparent_beginning(deliveries(&[Absent, Absent, Found])), None);
    }

    #[test]
    fn a_log_that_holds_nothing_or_says_nothing_has_no_beginning() {
        let out = Receipt::OutOfCoverage(CoverageGap::Unreadable);
        assert_eq!(apparent_beginning(deliveries(&[Receipt::Absent; 5])), None);
        assert_eq!(apparent_beginning(deliveries(&[out, out, out, Receipt::Found])), None);
        assert_eq!(apparent_beginning(Vec::new()), None);
    }

    #[test]
    fn what_the_log_can_not_say_before_its_beginning_is_no_loss() {
        use Receipt::{Absent, Found};
        let out = Receipt::OutOfCoverage(CoverageGap::NoTime);
        assert_eq!(apparent_beginning(deliveries(&[Absent, out, Absent, Found])), None);
        assert_eq!(apparent_beginning(deliveries(&[Absent, out, Absent, Absent, Found])), Some(at(4)));
    }
}
