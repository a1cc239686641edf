//! The pages of the past, at the widths at which people read them.

use crate::attempt::{Conclusion, Settlement};
use crate::event::EventId;
use crate::history::{AttemptRecord, QuarantineEnd, QuarantinedEvent, RunRecord};
use crate::report::color::Color;
use crate::report::human::{Human, Symbols, Verbosity};
use crate::report::past::sample::{
    HOSTILE, after, answers, attempt, event_past, killed, list, no_ledger, open_attempt, quarantined, released,
    released_stay, run, runs, webhook,
};
use crate::report::past::{Answer, Answers, Extent, QuarantineList, RunList, RunPast, Show};
use crate::report::text::is_hidden;

fn human(width: u16, verbosity: Verbosity) -> Human {
    Human { width, color: Color::Off, symbols: Symbols::Unicode, verbosity }
}

fn page<T>(width: u16, what: &T) -> String
where
    Human: Show<T>,
{
    shown(human(width, Verbosity::Normal), what)
}

fn shown<T>(human: Human, what: &T) -> String
where
    Human: Show<T>,
{
    let mut bytes = Vec::new();
    human.show(what, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn two_quarantined() -> QuarantineList {
    list(vec![quarantined(2), quarantined(3)])
}

fn some_runs() -> RunList {
    let clean = RunRecord {
        outcome: Some("clean".to_owned()),
        totals: Some(r#"{"resent":0,"recovered":0,"left":0}"#.to_owned()),
        ..run(1)
    };
    runs(vec![killed(3), run(2), clean], Extent::Newest)
}

fn one_event() -> Answers {
    let recovered = AttemptRecord {
        conclusion: Some(Conclusion::Accepted),
        detail: None,
        settlement: Some(Settlement::Recovered),
        evidence: Some("listed as delivered".to_owned()),
        ..attempt(2)
    };
    answers(vec![event_past(vec![attempt(1), recovered, open_attempt(3)], vec![released_stay(2), quarantined(2)])])
}

#[test]
fn the_quarantine_is_a_table_where_there_is_room() {
    insta::assert_snapshot!(page(200, &two_quarantined()), @r"
    Webhook                               Event                                 Created               In quarantine since   Attempts  Reason
    ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    sales                                 7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:00:00Z  2026-03-01 13:00:00Z         5  used up its 5 attempts: the receiver answered 404
    5c0b7a52-11d4-4a8e-9d1f-000000000002  7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:00:00Z  2026-03-01 13:00:00Z         5  used up its 5 attempts: the receiver answered 404

    2 events are in quarantine and not resent; release them with `hookmend quarantine release ID` or `--all`.
    ");
}

#[test]
fn the_quarantine_is_a_few_lines_for_each_event_where_there_is_not() {
    insta::assert_snapshot!(page(80, &two_quarantined()), @r"
    7d3e0b52-9c41-4f6a-8b1e-000000000002
        sales, created 2026-03-01 12:00:00Z
        in quarantine since 2026-03-01 13:00:00Z, after 5 attempts
        used up its 5 attempts: the receiver answered 404
    7d3e0b52-9c41-4f6a-8b1e-000000000003
        5c0b7a52-11d4-4a8e-9d1f-000000000002, created 2026-03-01 12:00:00Z
        in quarantine since 2026-03-01 13:00:00Z, after 5 attempts
        used up its 5 attempts: the receiver answered 404

    2 events are in quarantine and not resent; release them with `hookmend
    quarantine release ID` or `--all`.
    ");
}

#[test]
fn an_empty_quarantine_is_one_plain_sentence() {
    assert_eq!(page(80, &list(Vec::new())), "Nothing is in quarantine.\n");
    let narrowed = QuarantineList { webhooks: vec![webhook(1)], ..list(Vec::new()) };
    assert_eq!(page(80, &narrowed), "No event of sales is in quarantine.\n");
    let nowhere = QuarantineList { source: no_ledger(), ..list(Vec::new()) };
    let words = "Nothing is in quarantine: there is no ledger at /state/hookmend/ledger.sqlite yet.\n";
    assert_eq!(page(100, &nowhere), words);
}

#[test]
fn what_was_released_is_told_with_what_comes_next() {
    insta::assert_snapshot!(page(80, &released(vec![quarantined(2)])), @r"
    Webhook  Event                                 Created
    ───────────────────────────────────────────────────────────────────
    sales    7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:00:00Z

    1 event was released; the next reconcile tries it again, with fresh attempts.
    ");
    let two = page(200, &released(vec![quarantined(2), quarantined(3)]));
    assert!(two.ends_with("\n2 events were released; the next reconcile tries them again, with fresh attempts.\n"));
    assert_eq!(page(80, &released(Vec::new())), "Nothing was released: there is no such event in quarantine.\n");
}

#[test]
fn quiet_leaves_the_data_and_no_sentence() {
    let quiet = human(200, Verbosity::Quiet);
    assert_eq!(shown(quiet, &list(Vec::new())), "");
    assert_eq!(shown(quiet, &released(vec![quarantined(2)])), "");
    let page = shown(quiet, &two_quarantined());
    assert!(page.lines().count() == 4 && !page.contains("release"), "{page}");
}

#[test]
fn runs_are_a_table_where_there_is_room() {
    insta::assert_snapshot!(page(200, &some_runs()), @r"
    Started               Took  Command    Outcome     Resent  Recovered  Left  Window                                 Run                        Asked by
    ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    2026-03-01 12:30:00Z        reconcile  unfinished                           2026-02-22 12:00 to 2026-03-01 12:30Z  20260301T120003Z-0c2b86d1
    2026-03-01 12:20:00Z  12 s  reconcile  left (10)       12         10     2  2026-02-22 12:00 to 2026-03-01 12:20Z  20260301T120002Z-0c2b86d1  anna on till-server, at a terminal
    2026-03-01 12:10:00Z  12 s  reconcile  clean (0)        0          0     0  2026-02-22 12:00 to 2026-03-01 12:10Z  20260301T120001Z-0c2b86d1  anna on till-server, at a terminal

    The newest 3 runs; `--limit N` shows more. The unfinished one was killed, or is still at work. `hookmend history ID` tells of one run or event.
    ");
}

#[test]
fn runs_are_a_few_lines_each_where_there_is_not() {
    insta::assert_snapshot!(page(80, &some_runs()), @r"
    2026-03-01 12:30:00Z  reconcile: unfinished
        events of 2026-02-22 12:00:00Z to 2026-03-01 12:30:00Z
        run 20260301T120003Z-0c2b86d1
    2026-03-01 12:20:00Z  reconcile: left (10) in 12 s
        12 resent, 10 recovered, 2 left
        events of 2026-02-22 12:00:00Z to 2026-03-01 12:20:00Z
        run 20260301T120002Z-0c2b86d1 by anna on till-server, at a terminal
    2026-03-01 12:10:00Z  reconcile: clean (0) in 12 s
        0 resent, 0 recovered, 0 left
        events of 2026-02-22 12:00:00Z to 2026-03-01 12:10:00Z
        run 20260301T120001Z-0c2b86d1 by anna on till-server, at a terminal

    The newest 3 runs; `--limit N` shows more. The unfinished one was killed, or is
    still at work. `hookmend history ID` tells of one run or event.
    ");
}

#[test]
fn a_run_of_an_older_or_newer_hookmend_is_shown_as_far_as_it_is_understood() {
    let older = RunRecord { asked_by: String::new(), totals: None, ..run(1) };
    let newer = RunRecord { outcome: Some("dissolved".to_owned()), totals: Some("?".to_owned()), ..run(2) };
    let page = page(80, &runs(vec![newer, older], Extent::Whole));
    assert!(page.contains("reconcile: dissolved in 12 s\n"), "{page}");
    assert!(page.contains("    run 20260301T120001Z-0c2b86d1\n"), "{page}");
    assert!(page.contains("\n2 runs, newest first. `hookmend history ID`"), "{page}");
}

#[test]
fn no_run_is_one_plain_sentence() {
    assert_eq!(page(80, &runs(Vec::new(), Extent::Whole)), "No run is recorded.\n");
    let nowhere = RunList { source: no_ledger(), ..runs(Vec::new(), Extent::Whole) };
    assert!(page(80, &nowhere).starts_with("No run is recorded: there is no ledger at /state/"));
}

#[test]
fn an_event_is_told_attempt_by_attempt_with_its_stays_in_quarantine() {
    insta::assert_snapshot!(page(80, &one_event()), @r"
    Event 7d3e0b52-9c41-4f6a-8b1e-000000000007
      Webhook  sales (5c0b7a52-11d4-4a8e-9d1f-000000000001)
      Created  2026-03-01 12:00:00Z

      1. 2026-03-01 12:10:00Z: delivery failed
         Before   failed, run counter 3
         Answer   refused by the receiver, run counter 4 (the vendor answered 200
                  after 0.3 s): the receiver answered 404
         Settled  delivery failed at 2026-03-01 12:10:00Z: the run counter grew
         Run      20260301T120001Z-0c2b86d1, reconcile by anna on till-server, at a
                  terminal

      2. 2026-03-01 12:20:00Z: recovered
         Before   failed, run counter 3
         Answer   accepted, run counter 4 (the vendor answered 200 after 0.3 s)
         Settled  recovered at 2026-03-01 12:20:00Z: listed as delivered
         Run      20260301T120002Z-0c2b86d1, reconcile by anna on till-server, at a
                  terminal

      3. 2026-03-01 12:30:00Z: in doubt
         Before   failed, run counter 3
         Answer   none was recorded: hookmend was stopped before
         Settled  not yet: the next run looks for evidence
         Run      20260301T120003Z-0c2b86d1, reconcile by anna on till-server, at a
                  terminal

      In quarantine from 2026-03-01 13:00:00Z until 2026-03-01 13:30:00Z, when it
        was released by anna on till-server, at a terminal; there after 5 attempts:
        used up its 5 attempts: the receiver answered 404
      In quarantine since 2026-03-01 13:00:00Z, after 5 attempts: used up its 5
        attempts: the receiver answered 404
    ");
}

#[test]
fn an_event_of_several_webhooks_says_which_attempt_was_of_which() {
    let other = AttemptRecord { webhook: webhook(2), ..attempt(2) };
    let page = page(120, &answers(vec![event_past(vec![attempt(1), other], Vec::new())]));
    for expected in [
        "\n  Webhook  sales (5c0b7a52-11d4-4a8e-9d1f-000000000001)\n  Created  2026-03-01 12:00:00Z\n",
        "\n  Webhook  5c0b7a52-11d4-4a8e-9d1f-000000000002\n",
        "     Webhook  sales\n",
        "     Webhook  5c0b7a52-11d4-4a8e-9d1f-000000000002\n",
    ] {
        assert!(page.contains(expected), "{expected}\n{page}");
    }
}

#[test]
fn an_attempt_that_its_own_outcome_settled_says_so() {
    let attempt = AttemptRecord { evidence: None, status_code: None, ..attempt(1) };
    let page = page(120, &answers(vec![event_past(vec![attempt], Vec::new())]));
    assert!(page.contains("delivery failed at 2026-03-01 12:10:00Z: told by how the request ended\n"), "{page}");
    assert!(
        page.contains("refused by the receiver, run counter 4 (after 0.3 s): the receiver answered 404\n"),
        "{page}"
    );
}

#[test]
fn an_event_without_a_past_is_an_answer() {
    let page = page(80, &answers(vec![event_past(Vec::new(), Vec::new())]));
    assert_eq!(page, "Event 7d3e0b52-9c41-4f6a-8b1e-000000000007\n  No attempts are recorded.\n");
}

#[test]
fn an_event_that_arrived_while_it_was_in_quarantine_says_so() {
    let end = QuarantineEnd::Resolved { at: after(90), evidence: "found in the received log".to_owned() };
    let stay = QuarantinedEvent { end: Some(end), ..quarantined(2) };
    let page = page(200, &answers(vec![event_past(Vec::new(), vec![stay])]));
    assert!(page.contains("when it was seen to have arrived: found in the received log"), "{page}");
    assert!(page.contains("No attempts are recorded any more."), "{page}");
}

#[test]
fn a_run_in_full_lists_its_attempts() {
    let past = RunPast { run: run(1), attempts: vec![attempt(1), open_attempt(2)] };
    insta::assert_snapshot!(page(80, &answers(vec![Answer::Run(past)])), @r"
    Run 20260301T120001Z-0c2b86d1
      Command   reconcile, asked for by anna on till-server, at a terminal
      Started   2026-03-01 12:10:00Z
      Ended     2026-03-01 12:10:12Z, after 12 s: left (10)
      Window    2026-02-22 12:00:00Z to 2026-03-01 12:10:00Z
      Webhooks  sales and 5c0b7a52-11d4-4a8e-9d1f-000000000002
      Events    12 resent, 10 recovered, 2 left

    Attempts (2)
      Event                                 Resent                Settled
      ───────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000007  2026-03-01 12:10:00Z  delivery failed
      7d3e0b52-9c41-4f6a-8b1e-000000000007  2026-03-01 12:20:00Z  in doubt
    ");
}

#[test]
fn nothing_in_the_ledger_steers_the_terminal_or_breaks_a_line() {
    let words = HOSTILE.repeat(200);
    let event = QuarantinedEvent {
        event: EventId::new(HOSTILE).unwrap(),
        reason: words.clone(),
        end: Some(QuarantineEnd::Released { at: after(1), by: words.clone() }),
        ..quarantined(2)
    };
    let attempt = AttemptRecord {
        run_id: words.clone(),
        command: words.clone(),
        asked_by: words.clone(),
        detail: Some(words.clone()),
        evidence: Some(words.clone()),
        ..attempt(1)
    };
    let run = RunRecord {
        run_id: words.clone(),
        command: words.clone(),
        asked_by: words.clone(),
        outcome: Some(words.clone()),
        totals: Some(words),
        ..run(1)
    };
    let past = RunPast { run: run.clone(), attempts: vec![attempt.clone()] };
    for width in [0, 40, 80, 200, u16::MAX] {
        let pages = [
            page(width, &list(vec![event.clone()])),
            page(width, &released(vec![event.clone()])),
            page(width, &runs(vec![run.clone()], Extent::Whole)),
            page(width, &answers(vec![event_past(vec![attempt.clone()], vec![event.clone()])])),
            page(width, &answers(vec![Answer::Run(past.clone())])),
        ];
        for page in pages {
            assert!(!page.contains(|character| character != '\n' && is_hidden(character)), "{page:?}");
            assert!(page.len() < 10_000, "{} bytes at {width} columns", page.len());
        }
    }
}

#[test]
fn no_line_is_wider_than_the_page() {
    for width in [60, 80, 100, 130, 200] {
        let past = RunPast { run: run(1), attempts: vec![attempt(1)] };
        let pages = [
            page(width, &two_quarantined()),
            page(width, &some_runs()),
            page(width, &one_event()),
            page(width, &answers(vec![Answer::Run(past)])),
        ];
        for page in pages {
            let widest = page.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= usize::from(width), "{widest} of {width}\n{page}");
        }
    }
}

#[test]
fn a_page_of_very_many_is_bounded_and_says_so() {
    let many: Vec<_> = (0..1_500).map(quarantined).collect();
    let shown = page(200, &list(many));
    assert!(shown.contains("500 more events are not shown; --format json has them all."), "{shown}");
    assert!(shown.contains("\n1,500 events are in quarantine"), "{shown}");
    let many: Vec<_> = (0..1_500).map(|_| attempt(1)).collect();
    let shown = page(80, &answers(vec![event_past(many, Vec::new())]));
    assert!(shown.contains("500 more attempts; --format json has them all"), "{shown}");
}
