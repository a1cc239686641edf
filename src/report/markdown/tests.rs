use super::*;
use crate::outcome::RunOutcome;
use crate::report::sample::{HOSTILE, hostile, missing, outage, report, settled, unavailable, webhook};
use crate::report::text::is_hidden;
use crate::tracked::EventResult;

/// The text without its code spans; in what is left Markdown may read something.
fn outside_of_code(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

#[test]
fn a_report_reads_like_this() {
    insta::assert_snapshot!(render(&outage()), @r##"
    ## hookmend reconcile: left

    **3 events are left: 2 quarantined with all attempts used up, 1 resent and still not there because deliveries kept failing; 9 were recovered.**

    | Webhook | Listed | Missing | Already received | Too young | Recovered | Left |
    |---|---:|---:|---:|---:|---:|---:|
    | `SaleCreated` | 44 | 12 | 1 | 0 | 9 | 3 |
    | `StockMovementCreated` | 2 | 0 | 0 | 1 | 0 | 0 |
    | all | 46 | 12 | 1 | 1 | 9 | 3 |

    ### Needs attention (3)

    | Event | Webhook | Created | Verdict | Vendor says | Resends | Result | Reason |
    |---|---|---|---|---|---:|---|---|
    | `7d3e0b52-9c41-4f6a-8b1e-000000000020` | `SaleCreated` | 2026-03-01 12:32:20Z | missing | `500 Internal Server Error` | 3 | quarantined | `the receiver refused it 3 times, last with 500` |
    | `7d3e0b52-9c41-4f6a-8b1e-000000000021` | `SaleCreated` | 2026-03-01 12:33:57Z | missing | `500 Internal Server Error` | 3 | quarantined | `the receiver refused it 3 times, last with 500` |
    | `7d3e0b52-9c41-4f6a-8b1e-000000000022` | `SaleCreated` | 2026-03-01 12:35:34Z | missing | `404 Not found` | 1 | left | `the vendor failed to deliver it and the received log does not hold it` |

    ### Problems

    - receiver down: `SaleCreated: 3 deliveries in a row failed`
      - next: `see why`

    ### How clean was proven

    - The vendor's listings are whole: **proven**. 9 listings showed 46 events; each could be read whole, and every record was judged by what it says itself.
    - The received log can be believed: **proven**. It holds 33 of the listed events and could be read whole.
    - Every resend has a known outcome: **proven**. 12 events were resent; 9 arrivals are confirmed by the vendor's list or the received log.
    - The run came to its end: **proven**. It ended by itself, after 1 round.

    Events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z. Run `01JNB3V0Z8Q6` began 2026-03-03 12:00:00Z and took 4.2 s; exit code 10; hookmend 0.1.0.
    "##);
}

#[test]
fn a_run_that_ended_early_has_no_empty_tables() {
    insta::assert_snapshot!(render(&unavailable()), @r##"
    ## hookmend check: unavailable

    **Unavailable: the vendor can't be reached or keeps failing; no event was listed, so nothing can be called clean.**

    ### Problems

    - provider unavailable: `connection refused`
      - next: `check --base-url`

    ### How clean was proven

    - The vendor's listings are whole: **not reached**. The run ended before this was certain.
    - The received log can be believed: **not reached**. The run ended before this was certain.
    - Every resend has a known outcome: **nothing to prove**. A check resends nothing.
    - The run came to its end: **not proven**. The vendor could not be asked to the end.

    Events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z. Run `01JNB3V0Z8Q6` began 2026-03-03 12:00:00Z and took 4.2 s; exit code 12; hookmend 0.1.0.
    "##);
}

#[test]
fn hostile_text_stands_in_code_spans_and_nowhere_else() {
    let page = render(&hostile());
    for line in page.lines() {
        assert!(line.matches('`').count() % 2 == 0, "a span without its end: {line}");
        let read = outside_of_code(line);
        assert!(!read.contains(['<', '>', '@', '\\', '[', ']', '`', '&', '$']), "{line}");
        assert!(!read.contains("evil.example") && !read.contains("alert"), "{line}");
        assert!(!line.contains(is_hidden), "{line}");
    }
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| ") && line.contains("missing")).collect();
    assert_eq!(rows.len(), HOSTILE.len() + 1);
    for row in rows {
        assert_eq!(row.matches('|').count(), 9, "a cell that was split: {row}");
    }
}

#[test]
fn what_is_not_shown_is_counted() {
    let events = (1..=250).map(|number| missing(number, 1, EventResult::Left)).collect();
    let mut webhooks = vec![webhook("w1", "SaleCreated", events)];
    webhooks.extend((2..=60).map(|number| webhook(&format!("w{number}"), "StockMovementCreated", vec![settled(1)])));
    let page = render(&report(Mode::Act, RunOutcome::Left, webhooks));
    assert!(page.contains("### Needs attention (250)"), "{page}");
    assert!(page.contains("150 more events are not shown; `--report FILE.csv` lists all of them."), "{page}");
    assert!(page.contains("| 10 others | 10 |") && page.contains("| all | 309 |"), "{page}");
}
