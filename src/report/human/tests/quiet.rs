//! What cron mails: one paragraph for every outcome that is not clean.

use super::*;

fn told(report: &RunReport) -> String {
    human(100, Verbosity::Quiet).render(report)
}

#[test]
fn poison_in_one_paragraph() {
    insta::assert_snapshot!(told(&poison()), @"
    hookmend reconcile of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z ended with 10. 3 events are left:
    2 quarantined with all attempts used up, 1 resent and still not there; 9 were recovered. Webhooks:
    SaleCreated (3). Why: the receiver refused it 3 times, last with 500 (2 events); the vendor failed
    to deliver it and the received log does not hold it (1 event). Next: mend what the reasons name and
    run the same command again; without -q it lists every event.
    ");
}

#[test]
fn a_check_in_one_paragraph() {
    insta::assert_snapshot!(told(&check()), @"
    hookmend check of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z ended with 10. 2 events are missing
    and 1 was acknowledged but is not in the log; nothing was sent. Webhooks: SaleCreated (3). Why: the
    vendor failed to deliver it and the received log does not hold it (2 events); the receiver
    acknowledged it, but the received log does not hold it (1 event). Next: have them resent by hookmend
    reconcile with the same settings; without -q every event is listed.
    ");
}

#[test]
fn a_dry_run_in_one_paragraph() {
    insta::assert_snapshot!(told(&dry_run()), @"
    hookmend reconcile --dry-run of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z ended with 0. Dry run:
    2 events would be resent; nothing was sent. Webhooks: SaleCreated (2). Why: the vendor failed to
    deliver it and the received log does not hold it (2 events). Next: run it without --dry-run to have
    them resent.
    ");
}

#[test]
fn an_interrupted_run_in_one_paragraph() {
    insta::assert_snapshot!(told(&interrupted()), @"
    hookmend reconcile of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z ended with 130. Stopped by SIGINT
    before the end: 5 events were recovered and 3 are left; run the same command again to go on.
    Webhooks: SaleCreated (3). Why: the run was stopped after 5 resends; the vendor failed to deliver it
    and the received log does not hold it (3 events).
    ");
}

#[test]
fn every_outcome_that_is_not_clean_is_one_paragraph_with_its_code() {
    for outcome in [
        RunOutcome::Left,
        RunOutcome::Undetermined,
        RunOutcome::Unavailable,
        RunOutcome::Refused,
        RunOutcome::Locked,
        RunOutcome::Interrupted(Signal::Terminate),
        RunOutcome::Unusable,
        RunOutcome::Failed,
    ] {
        for mode in [Mode::Act, Mode::Check, Mode::DryRun] {
            let report = one(mode, outcome, vec![missing(1, 0, EventResult::Left)]);
            let told = told(&report);
            assert!(told.starts_with("hookmend ") && told.ends_with(".\n") && !told.contains("\n\n"), "{told}");
            let told = told.replace('\n', " ");
            assert!(told.contains(&format!(" ended with {}. ", report.exit_code.number())), "{told}");
            let says_what_next = told.contains(" Next: ") || told.contains(" again");
            assert!(says_what_next, "{told}");
        }
    }
}

#[test]
fn a_paragraph_is_bounded_and_nothing_in_it_steers_a_terminal() {
    let webhooks = (0..300)
        .map(|number| {
            let event = Sample::failed(number, Verdict::Missing)
                .ended(1, EventResult::Left)
                .because(&format!("\u{1b}[2J{number}{}", "x".repeat(5_000)));
            webhook(&format!("hook-{number}"), &format!("\u{7}{}", "n".repeat(5_000)), vec![event.build()])
        })
        .collect();
    let mut report = report(Mode::Act, RunOutcome::Left, webhooks);
    report.problems =
        (0..300).map(|n| problem(ProblemKind::InDoubt, &format!("{n}\n{}", "p".repeat(9_000)), "\r")).collect();
    let paragraph = paragraph(&report);
    assert!(paragraph.len() < 6_000, "{}", paragraph.len());
    assert!(!paragraph.contains(text::is_hidden), "{paragraph}");
    assert!(paragraph.contains("295 more") && paragraph.contains("297 more problems"), "{paragraph}");
}
