use super::*;
use crate::classify::{UnknownReason, Verdict};
use crate::event::DeliveryStatus;
use crate::outcome::Signal;
use crate::receipt::CoverageGap;
use crate::report::sample::{Sample, missing, problem, report, settled, uuid, webhook};
use crate::run_report::ProblemKind;
use crate::tracked::{EventResult, TrackedEvent};

mod pages;
mod quiet;

const SALES: &str = "2f0d8f2e-6a51-4f53-9d0e-0b7a4f3f1a01";
const STOCK: &str = "91b6c0aa-6a51-4f53-9d0e-0b7a4f3f1a02";

fn human(width: u16, verbosity: Verbosity) -> Human {
    Human { width, color: Color::Off, symbols: Symbols::Unicode, verbosity }
}

fn page(report: &RunReport, width: u16) -> String {
    human(width, Verbosity::Normal).render(report)
}

fn one(mode: Mode, outcome: RunOutcome, events: Vec<TrackedEvent>) -> RunReport {
    report(mode, outcome, vec![webhook(SALES, "SaleCreated", events)])
}

fn last_sentence(report: &RunReport) -> String {
    page(report, 1_000).lines().last().expect("a last line").to_owned()
}

fn clean() -> RunReport {
    let sales = webhook(SALES, "SaleCreated", (1..=40).map(settled).collect());
    let stock = webhook(STOCK, "StockMovementCreated", (41..=1_300).map(settled).collect());
    report(Mode::Act, RunOutcome::Clean, vec![sales, stock])
}

fn recovered() -> RunReport {
    let mut events: Vec<_> = (1..=12).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    events.extend((13..=400).map(settled));
    one(Mode::Act, RunOutcome::Clean, events)
}

fn poison() -> RunReport {
    let refused = "the receiver refused it 3 times, last with 500";
    let mut events: Vec<_> = (1..=9).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    for number in [20, 21] {
        let poison = Sample::failed(number, Verdict::Missing).says(Some(500), "Internal Server Error");
        events.push(poison.ended(3, EventResult::Quarantined).because(refused).build());
    }
    events.push(missing(22, 1, EventResult::Left));
    events.push(Sample::failed(23, Verdict::Unacknowledged).ended(0, EventResult::Skipped).build());
    events.extend((30..=60).map(settled));
    let young = Sample::failed(70, Verdict::TooYoung).says(None, "").ended(0, EventResult::Skipped).build();
    let stock = webhook(STOCK, "StockMovementCreated", vec![settled(71), young]);
    report(Mode::Act, RunOutcome::Left, vec![webhook(SALES, "SaleCreated", events), stock])
}

fn undetermined() -> RunReport {
    let gap = Verdict::Unknown(UnknownReason::OutOfCoverage(CoverageGap::BeforeLog));
    let events = vec![
        Sample::failed(1, gap).ended(0, EventResult::Skipped).build(),
        missing(2, 1, EventResult::Recovered),
        Sample::failed(3, Verdict::Missing).ended(1, EventResult::InDoubt).because("the answer was lost").build(),
        settled(4),
    ];
    let mut report = one(Mode::Act, RunOutcome::Undetermined, events);
    report.problems.push(problem(
        ProblemKind::LogCoverage,
        "the received log begins at 2026-02-27 00:00:00Z, so it can't say which of the older events are absent",
        "give the rotated logs as well, or narrow the window with --from",
    ));
    report.problems.push(problem(
        ProblemKind::FilterIgnored,
        "the vendor ignored success=false; records were judged one by one",
        "",
    ));
    report
}

fn dry_run() -> RunReport {
    let events = vec![
        missing(1, 0, EventResult::Left),
        missing(2, 0, EventResult::Left),
        Sample::failed(3, Verdict::Unacknowledged).ended(0, EventResult::Skipped).build(),
    ];
    one(Mode::DryRun, RunOutcome::Left, events)
}

fn check() -> RunReport {
    let lost = Sample::new(&uuid(3), DeliveryStatus::Delivered, Verdict::LostAfterAck).says(Some(200), "OK");
    let events = vec![
        missing(1, 0, EventResult::Left),
        missing(2, 0, EventResult::Left),
        lost.ended(0, EventResult::Left).build(),
        settled(4),
    ];
    one(Mode::Check, RunOutcome::Left, events)
}

fn interrupted() -> RunReport {
    let mut events: Vec<_> = (1..=5).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    events.extend((6..=8).map(|number| missing(number, 0, EventResult::Left)));
    let mut report = one(Mode::Act, RunOutcome::Interrupted(Signal::Interrupt), events);
    report.problems.push(problem(ProblemKind::Interrupted, "the run was stopped after 5 resends", ""));
    report
}

#[test]
fn no_line_is_wider_than_the_page_and_no_uuid_is_broken() {
    let reports = [clean(), recovered(), poison(), undetermined(), dry_run(), check(), interrupted()];
    for report in reports {
        for width in [80, 100, 120, 160, 200] {
            let page = human(width, Verbosity::Verbose).render(&report);
            for line in page.lines() {
                assert!(line.chars().count() <= usize::from(width), "{width}: {line}");
            }
            let ids = report.webhooks.iter().flat_map(|webhook| &webhook.events).filter(|event| !event.is_settled());
            for tracked in ids {
                assert!(page.contains(&*tracked.event.id.text()), "{width}: {page}");
            }
        }
    }
}

#[test]
fn settled_events_are_never_listed() {
    let page = human(200, Verbosity::Verbose).render(&poison());
    assert!(!page.contains(&uuid(30)), "{page}");
    assert!(page.contains(&uuid(1)), "{page}");
}

#[test]
fn a_quiet_clean_run_prints_nothing() {
    assert_eq!(human(80, Verbosity::Quiet).render(&recovered()), "");
}

#[test]
fn a_quiet_run_that_is_not_clean_tells_one_paragraph() {
    insta::assert_snapshot!(human(80, Verbosity::Quiet).render(&undetermined()), @"
    hookmend reconcile of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z ended with
    11. Undetermined: the received log does not cover the whole window and 1 resend
    is in doubt, so nothing can be called clean; 1 event was recovered. Webhooks:
    SaleCreated (2). Why: the received log begins at 2026-02-27 00:00:00Z, so it
    can't say which of the older events are absent; the vendor ignored
    success=false; records were judged one by one; the answer was lost (1 event);
    the event is older than the received log (1 event). Next: give the rotated logs
    as well, or narrow the window with --from.
    ");
}

#[test]
fn a_page_in_ascii_holds_nothing_else() {
    let human = Human { symbols: Symbols::Ascii, ..human(80, Verbosity::Verbose) };
    let page = human.render(&poison());
    assert!(page.is_ascii(), "{page}");
}

#[test]
fn colour_changes_nothing_but_the_paint() {
    let report = poison();
    let human = Human { color: Color::On, ..human(80, Verbosity::Normal) };
    let painted = human.render(&report);
    assert!(painted.contains("\u{1b}[31mSaleCreated"), "{painted}");
    let mut plain = painted;
    for code in ["0", "1", "2", "31", "32", "33"] {
        plain = plain.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(plain, page(&report, 80));
}

#[test]
fn hostile_ids_and_words_can_not_act_on_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\r\nfake line\u{202e}<b>=cmd|' /C calc'!A0";
    let reason = "refused\u{9b}2J\nExit code 0";
    let events = vec![
        Sample::new(hostile, DeliveryStatus::Failed, Verdict::Missing)
            .says(Some(500), "\u{1b}[8mhidden")
            .ended(1, EventResult::Left)
            .because(reason)
            .build(),
        Sample::new(&"x".repeat(512), DeliveryStatus::Failed, Verdict::Missing)
            .ended(1, EventResult::Left)
            .because(reason)
            .build(),
    ];
    let mut report = report(Mode::Act, RunOutcome::Left, vec![webhook(SALES, "Sale\u{1b}[31m\nCreated", events)]);
    report.problems.push(problem(ProblemKind::RecordsUnusable, "a\u{1b}[2Jb\nc", "\u{2066}"));
    for width in [40, 80, 200] {
        let page = page(&report, width);
        assert!(!page.replace('\n', "").contains(text::is_hidden), "{page}");
        assert!(page.lines().all(|line| !line.starts_with("fake line") && !line.starts_with("Exit code")), "{page}");
    }
    insta::assert_snapshot!(page(&report, 80), @r"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook                  Listed  Failed  Missing  Resent  Recovered  Left
    ─────────────────────────────────────────────────────────────────────────
    Sale\u{1b}[31m\nCreated       2       2        2       2          0     2

    Needs attention (2)
      Missing, not recovered after 1 resend (2 events)
        refused\u{9b}2J\nExit code 0
        \u{1b}]0;owned\u{7}\r\nfake                   2026-03-01 12:00:00Z  500
        line\u{202e}<b>=cmd|' /C calc'!A0
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx  2026-03-01 12:00:00Z  failed
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
        xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…

    Problems (1)
      - a\u{1b}[2Jb\nc
        Hint: \u{2066}

    2 events are left, resent and still not there.
    ");
}

#[test]
fn webhooks_of_the_same_name_are_told_apart() {
    let events = || vec![missing(1, 0, EventResult::Left)];
    let parts = vec![webhook(SALES, "SaleCreated", events()), webhook(STOCK, "SaleCreated", events())];
    let page = page(&report(Mode::Check, RunOutcome::Left, parts), 80);
    assert!(page.contains("SaleCreated 2f0d8f2e…  ") && page.contains("SaleCreated 91b6c0aa…: missing"), "{page}");
}

#[test]
fn a_long_name_keeps_both_ends_and_the_table_its_shape() {
    let name = "OmniChannelEndlessAisleOrderCreatedWithAVeryLongEndingIndeed";
    let mut report = poison();
    report.webhooks[0].name = name.to_owned();
    let page = page(&report, 80);
    let row = page.lines().nth(4).expect("a row");
    assert!(row.starts_with("OmniChannelEnd") && row.contains('…') && row.ends_with("     9     3"), "{page}");
}

#[test]
fn more_events_than_fit_are_counted() {
    let events = (1..=1_234).map(|number| missing(number, 0, EventResult::Left)).collect();
    let page = page(&one(Mode::Check, RunOutcome::Left, events), 80);
    let rows = page.lines().filter(|line| line.contains("7d3e0b52-")).count();
    assert_eq!(rows, 1_000);
    assert!(page.contains("\nNeeds attention (1,234)\n"));
    assert!(page.contains("\n234 more events are not shown; --format json has them all.\n"));
    assert!(page.ends_with("\n1,234 events are missing; nothing was sent.\n"));
}

#[test]
fn an_event_without_time_or_status_is_still_a_row() {
    let event = Sample::failed(1, Verdict::Unknown(UnknownReason::NoStatus)).undated().says(None, "").build();
    let page = page(&one(Mode::Act, RunOutcome::Undetermined, vec![event]), 80);
    assert!(page.contains(&format!("    {}  unknown  ", uuid(1))), "{page}");
}

#[test]
fn clean_says_what_it_leaves_aside() {
    let events = vec![
        Sample::failed(1, Verdict::Unacknowledged).ended(0, EventResult::Skipped).build(),
        Sample::failed(2, Verdict::TooYoung).ended(0, EventResult::Skipped).build(),
    ];
    let sentence = last_sentence(&one(Mode::Act, RunOutcome::Clean, events));
    insta::assert_snapshot!(sentence, @"Nothing left: no event was missing and nothing was resent; 1 failed event was already in the log and 1 event is too young to judge.");
}

#[test]
fn clean_without_proofs_does_not_sound_proven() {
    let mut report = recovered();
    report.problems.push(problem(ProblemKind::ProofsOff, "proofs were turned off", ""));
    insta::assert_snapshot!(last_sentence(&report), @"Nothing left, taking the sources at their word: 12 events were missing, all 12 were resent and confirmed.");
}

#[test]
fn events_that_arrived_by_themselves_are_not_claimed_as_resent() {
    let events = vec![missing(1, 0, EventResult::Recovered), missing(2, 1, EventResult::Recovered)];
    insta::assert_snapshot!(last_sentence(&one(Mode::Act, RunOutcome::Clean, events)), @"Nothing left: 2 events were recovered, 1 of them resent by this run.");
}

#[test]
fn resends_beyond_the_missing_are_told_as_resent_and_confirmed() {
    let kept = |number| Sample::failed(number, Verdict::Unacknowledged).ended(1, EventResult::Recovered).build();
    let events = vec![missing(1, 1, EventResult::Recovered), kept(2), kept(3)];
    insta::assert_snapshot!(last_sentence(&one(Mode::Act, RunOutcome::Clean, events)), @"Nothing left: 3 failed events were resent, all 3 are confirmed.");
}

#[test]
fn a_receiver_that_is_down_is_named_as_the_cause() {
    let mut events = vec![missing(1, 1, EventResult::Left), missing(2, 1, EventResult::Recovered)];
    events.extend((3..=9).map(|number| missing(number, 0, EventResult::Left)));
    let mut report = one(Mode::Act, RunOutcome::Left, events);
    report.problems.push(problem(ProblemKind::ReceiverDown, "5 deliveries in a row were refused", ""));
    insta::assert_snapshot!(last_sentence(&report), @"8 events are left: 1 resent and still not there, 7 not resent because deliveries kept failing; 1 was recovered.");
    let mut report = one(Mode::Act, RunOutcome::Left, vec![missing(1, 1, EventResult::Left)]);
    report.problems.push(problem(ProblemKind::ReceiverDown, "every event that was tried first was refused", ""));
    insta::assert_snapshot!(last_sentence(&report), @"1 event is left, resent and still not there because the receiver is down.");
}

#[test]
fn nothing_that_was_not_looked_at_is_shown_as_zero() {
    let nothing = || vec![webhook(SALES, "SaleCreated", vec![]), webhook(STOCK, "StockMovementCreated", vec![])];
    for outcome in [RunOutcome::Unavailable, RunOutcome::Refused, RunOutcome::Unusable, RunOutcome::Undetermined] {
        let page = page(&report(Mode::Act, outcome, nothing()), 80);
        assert!(!page.contains("Webhook") && page.ends_with("nothing was resent.\n"), "{page}");
    }
    let mut half = nothing();
    half[0] = webhook(SALES, "SaleCreated", vec![missing(1, 0, EventResult::Left)]);
    let page = page(&report(Mode::Act, RunOutcome::Unavailable, half), 80);
    let row = page.lines().find(|line| line.starts_with("StockMovementCreated")).expect("a row");
    assert!(row.ends_with("-") && !row.contains('0'), "{page}");
    let page = super::tests::page(&report(Mode::Check, RunOutcome::Clean, nothing()), 80);
    assert!(page.contains("StockMovementCreated        0\n"), "{page}");
}

#[test]
fn a_run_that_found_nothing_out_says_why() {
    let sentence = |mode, outcome, kind| {
        let mut report = one(mode, outcome, vec![]);
        report.problems.push(problem(kind, "x", ""));
        last_sentence(&report)
    };
    let refused = sentence(Mode::Act, RunOutcome::Refused, ProblemKind::CredentialsRefused);
    insta::assert_snapshot!(refused, @"Refused: the vendor does not accept the credentials; no event was listed, so nothing can be called clean and nothing was resent.");
    let quota = sentence(Mode::Check, RunOutcome::Unavailable, ProblemKind::Throttled);
    insta::assert_snapshot!(quota, @"Unavailable: the vendor throttles for longer than this run may last; no event was listed, so nothing can be called clean.");
    let address = sentence(Mode::Act, RunOutcome::Unusable, ProblemKind::WrongAddress);
    insta::assert_snapshot!(address, @"Not started: the address is not that of the vendor's API; nothing was resent.");
    let webhook = sentence(Mode::Check, RunOutcome::Unusable, ProblemKind::WebhookUnknown);
    insta::assert_snapshot!(webhook, @"Not started: the vendor does not know a webhook that was named.");
}

#[test]
fn an_interrupted_run_says_what_the_next_one_does_first() {
    let events = vec![missing(1, 0, EventResult::Left), missing(2, 1, EventResult::InDoubt)];
    let report = one(Mode::Act, RunOutcome::Interrupted(Signal::Interrupt), events);
    insta::assert_snapshot!(last_sentence(&report), @"Stopped by SIGINT before the end: 1 event is left and 1 is in doubt; run the same command again to go on, which first looks up what is in doubt.");
}

#[test]
fn one_event_is_spoken_of_in_the_singular() {
    let recovered = one(Mode::Act, RunOutcome::Clean, vec![missing(1, 1, EventResult::Recovered)]);
    insta::assert_snapshot!(last_sentence(&recovered), @"Nothing left: 1 event was missing, it was resent and confirmed.");
    let left = one(Mode::Act, RunOutcome::Left, vec![missing(1, 0, EventResult::Left)]);
    insta::assert_snapshot!(last_sentence(&left), @"1 event is left, not resent.");
}

#[test]
fn a_refused_plan_sends_nothing_and_says_so() {
    let events = || (1..=3).map(|number| missing(number, 0, EventResult::Left)).collect();
    for (mode, sentence) in [
        (Mode::Act, "3 events are left, not resent because the plan is larger than a run may carry out."),
        (
            Mode::DryRun,
            "Dry run: 3 events are to be resent, more than one run may resend, so none would be; nothing was sent.",
        ),
    ] {
        let mut report = one(mode, RunOutcome::Left, events());
        report.problems.push(problem(ProblemKind::TooManyResends, "3 resends, 2 allowed", "raise --max-resends"));
        assert_eq!(last_sentence(&report), sentence);
    }
}

#[test]
fn no_outcome_but_clean_sounds_clean() {
    let outcomes = [
        RunOutcome::Left,
        RunOutcome::Undetermined,
        RunOutcome::Unavailable,
        RunOutcome::Refused,
        RunOutcome::Locked,
        RunOutcome::Interrupted(Signal::Interrupt),
        RunOutcome::Interrupted(Signal::Terminate),
        RunOutcome::Unusable,
        RunOutcome::Failed,
    ];
    for outcome in outcomes {
        for mode in [Mode::Act, Mode::DryRun, Mode::Check] {
            let sentence = last_sentence(&one(mode, outcome, Vec::new()));
            assert!(!sentence.contains("Nothing"), "{sentence}");
            assert!(sentence.ends_with('.') && !sentence.contains(".."), "{sentence}");
        }
    }
}
