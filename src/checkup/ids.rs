//! Whether the received log and the vendor speak of the same events.

use super::Check;
use crate::exit::ExitCode;

/// The check of the ids.
pub const IDS: &str = "log and vendor";

/// How many of the events that the vendor says it delivered the log holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Events that were looked for.
    pub asked: u64,
    /// Those that the log holds.
    pub found: u64,
    /// Those that the log covers and does not hold.
    pub absent: u64,
    /// Lines of the log that hold an id as received.
    pub ids_in_log: u64,
}

/// Judges the log by what it shares with the vendor; `elsewhere` tells where the ids stand in the log,
/// when they stand there after all.
pub fn shared(shared: Shared, elsewhere: Option<&str>) -> Check {
    let Shared { asked, found, absent, ids_in_log } = shared;
    if asked == 0 {
        return Check::skipped(IDS, "the vendor lists no delivered event that the log could hold");
    }
    if ids_in_log == 0 {
        let message = "the log holds no ids at all";
        let hint = elsewhere.unwrap_or("check --received, --received-id and --received-status");
        return Check::failed(IDS, ExitCode::Undetermined, message, hint);
    }
    let judged = found + absent;
    if judged == 0 {
        let message = format!("the log does not reach the {asked} delivered events that it was asked for");
        return Check::warning(IDS, message, "check --received and --received-since: is it the log of this receiver?");
    }
    if found == 0 {
        let message = format!("the log holds none of {judged} events that the vendor says it delivered");
        let hint = elsewhere.unwrap_or(
            "it is the wrong log, or read by the wrong field: check --received, --received-id and --received-status",
        );
        return Check::failed(IDS, ExitCode::Undetermined, message, hint);
    }
    let message = format!("the log holds {found} of {judged} events that the vendor says it delivered");
    if found * 2 < judged {
        return Check::warning(IDS, message, "is a part of the log missing? name every file with --received");
    }
    Check::ok(IDS, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkup::Verdict;

    fn judged(asked: u64, found: u64, absent: u64, ids_in_log: u64) -> Check {
        shared(Shared { asked, found, absent, ids_in_log }, None)
    }

    #[test]
    fn a_log_is_judged_by_the_deliveries_that_it_covers() {
        assert_eq!(judged(0, 0, 0, 9).verdict, Verdict::Skipped);
        assert_eq!(judged(10, 0, 10, 0).verdict, Verdict::Failed(ExitCode::Undetermined));
        assert_eq!(judged(10, 0, 10, 9).verdict, Verdict::Failed(ExitCode::Undetermined));
        assert_eq!(judged(10, 0, 0, 9).verdict, Verdict::Warning);
        assert_eq!(judged(10, 4, 6, 9).verdict, Verdict::Warning);
        assert_eq!(judged(10, 5, 5, 9).verdict, Verdict::Ok);
    }

    #[test]
    fn where_the_ids_stand_is_told() {
        let found = shared(Shared { asked: 3, found: 0, absent: 3, ids_in_log: 9 }, Some("try --received-id x"));
        assert_eq!(found.hint.as_deref(), Some("try --received-id x"));
    }
}
