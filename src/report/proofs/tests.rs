use super::*;
use crate::outcome::Signal;
use crate::report::sample::{missing, outage, problem, report, settled, unavailable, undetermined, webhook};
use crate::tracked::EventResult;

fn standings(report: &RunReport) -> [Standing; 4] {
    of(report).map(|judged| judged.standing)
}

#[test]
fn a_clean_run_has_proven_what_it_concludes_from() {
    let events = vec![settled(1), missing(2, 1, EventResult::Recovered)];
    let clean = report(Mode::Act, RunOutcome::Clean, vec![webhook("w1", "SaleCreated", events)]);
    assert_eq!(standings(&clean), [Standing::Proven; 4]);
    let [listing, log, resends, _] = of(&clean);
    assert_eq!(
        listing.said,
        "9 listings showed 2 events; each could be read whole, and every record was judged by what it says itself."
    );
    assert_eq!(log.said, "It holds 1 of the listed events and could be read whole.");
    assert_eq!(resends.said, "1 event was resent; 1 arrival is confirmed by the vendor's list or the received log.");
}

#[test]
fn a_check_has_no_resend_to_prove() {
    let clean = report(Mode::Check, RunOutcome::Clean, vec![webhook("w1", "SaleCreated", vec![settled(1)])]);
    assert_eq!(standings(&clean), [Standing::Proven, Standing::Proven, Standing::Idle, Standing::Proven]);
}

#[test]
fn what_makes_a_run_undetermined_is_called_not_proven() {
    let report = undetermined();
    assert_eq!(standings(&report), [Standing::Proven, Standing::NotProven, Standing::Idle, Standing::Proven]);
    assert_eq!(of(&report)[1].problems.len(), 1);
}

#[test]
fn a_resend_in_doubt_is_not_proven() {
    let events = vec![missing(2, 1, EventResult::InDoubt)];
    let report = report(Mode::Act, RunOutcome::Undetermined, vec![webhook("w1", "SaleCreated", events)]);
    assert_eq!(standings(&report)[2], Standing::NotProven);
}

#[test]
fn a_run_that_ended_early_proves_nothing_of_the_sources() {
    for outcome in [
        RunOutcome::Unavailable,
        RunOutcome::Refused,
        RunOutcome::Locked,
        RunOutcome::Interrupted(Signal::Interrupt),
        RunOutcome::Unusable,
        RunOutcome::Failed,
    ] {
        let early = report(Mode::Check, outcome, vec![webhook("w1", "SaleCreated", vec![settled(1)])]);
        let expected = [Standing::NotReached, Standing::NotReached, Standing::Idle, Standing::NotProven];
        assert_eq!(standings(&early), expected, "{outcome:?}");
    }
    assert_eq!(of(&unavailable())[3].problems.len(), 1);
}

#[test]
fn proofs_that_were_turned_off_are_not_called_proven() {
    let mut trusting = report(Mode::Check, RunOutcome::Clean, vec![webhook("w1", "SaleCreated", vec![settled(1)])]);
    trusting.problems.push(problem(ProblemKind::ProofsOff, "proofs are off", ""));
    assert_eq!(standings(&trusting)[..2], [Standing::Trusted; 2]);
}

#[test]
fn every_problem_stands_with_one_claim() {
    for mut report in [outage(), undetermined(), unavailable()] {
        report.problems.push(problem(ProblemKind::FilterIgnored, "the filter is ignored", ""));
        report.problems.push(problem(ProblemKind::LogCoverage, "the log is short", ""));
        let told: usize = of(&report).iter().map(|judged| judged.problems.len()).sum();
        assert_eq!(told, report.problems.len());
    }
}
