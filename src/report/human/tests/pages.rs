//! Whole pages as an operator sees them.

use super::*;

#[test]
fn clean_at_80_columns() {
    insta::assert_snapshot!(page(&clean(), 80), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook               Listed  In log  Missing  Recovered  Left
    ──────────────────────────────────────────────────────────────
    SaleCreated               40      40        0          0     0
    StockMovementCreated   1,260   1,260        0          0     0
    Total                  1,300   1,300        0          0     0

    Nothing left: no event was missing and nothing was resent.
    ");
}

#[test]
fn clean_at_200_columns() {
    insta::assert_snapshot!(page(&clean(), 200), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook               Listed  In log  Missing  Recovered  Left
    ──────────────────────────────────────────────────────────────
    SaleCreated               40      40        0          0     0
    StockMovementCreated   1,260   1,260        0          0     0
    Total                  1,300   1,300        0          0     0

    Nothing left: no event was missing and nothing was resent.
    ");
}

#[test]
fn recovered_at_80_columns() {
    insta::assert_snapshot!(page(&recovered(), 80), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Resent  Recovered  Left
    ─────────────────────────────────────────────────────────────────────
    SaleCreated     400      12     388       12      12         12     0

    Nothing left: 12 events were missing, all 12 were resent and confirmed.
    ");
}

#[test]
fn recovered_at_200_columns() {
    insta::assert_snapshot!(page(&recovered(), 200), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Resent  Recovered  Left
    ─────────────────────────────────────────────────────────────────────
    SaleCreated     400      12     388       12      12         12     0

    Nothing left: 12 events were missing, all 12 were resent and confirmed.
    ");
}

#[test]
fn poison_at_80_columns() {
    insta::assert_snapshot!(page(&poison(), 80), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook               Listed  Missing  Resent  Recovered  Quarantined  Left
    ───────────────────────────────────────────────────────────────────────────
    SaleCreated               44       12      12          9            2     3
    StockMovementCreated       2        0       0          0            0     0
    Total                     46       12      12          9            2     3

    Needs attention (3)
      SaleCreated: missing, quarantined after 3 resends (2 events)
        the receiver refused it 3 times, last with 500
        7d3e0b52-9c41-4f6a-8b1e-000000000020  2026-03-01 12:32:20Z  500
        7d3e0b52-9c41-4f6a-8b1e-000000000021  2026-03-01 12:33:57Z  500

      SaleCreated: missing, not recovered after 1 resend
        the vendor failed to deliver it and the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000022  2026-03-01 12:35:34Z  404 Not found

    Skipped (2)
      SaleCreated: unacknowledged
        already in the received log; only the acknowledgement was lost
        7d3e0b52-9c41-4f6a-8b1e-000000000023  2026-03-01 12:37:11Z  404 Not found

      StockMovementCreated: too young
        younger than the least age; left for a later run
        7d3e0b52-9c41-4f6a-8b1e-000000000070  2026-03-01 13:53:10Z  failed

    3 events are left: 2 quarantined with all attempts used up, 1 resent and still
    not there; 9 were recovered.
    ");
}

#[test]
fn poison_at_200_columns() {
    insta::assert_snapshot!(page(&poison(), 200), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook               Listed  Failed  In log  Missing  Unacknowledged  Too young  Resent  Recovered  Quarantined  Left
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    SaleCreated               44      13      32       12               1          0      12          9            2     3
    StockMovementCreated       2       1       1        0               0          1       0          0            0     0
    Total                     46      14      33       12               1          1      12          9            2     3

    Needs attention (3)
      SaleCreated: missing, quarantined after 3 resends (2 events)
        the receiver refused it 3 times, last with 500
        7d3e0b52-9c41-4f6a-8b1e-000000000020  2026-03-01 12:32:20Z  500 Internal Server Error
        7d3e0b52-9c41-4f6a-8b1e-000000000021  2026-03-01 12:33:57Z  500 Internal Server Error

      SaleCreated: missing, not recovered after 1 resend
        the vendor failed to deliver it and the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000022  2026-03-01 12:35:34Z  404 Not found

    Skipped (2)
      SaleCreated: unacknowledged
        already in the received log; only the acknowledgement was lost
        7d3e0b52-9c41-4f6a-8b1e-000000000023  2026-03-01 12:37:11Z  404 Not found

      StockMovementCreated: too young
        younger than the least age; left for a later run
        7d3e0b52-9c41-4f6a-8b1e-000000000070  2026-03-01 13:53:10Z  failed

    3 events are left: 2 quarantined with all attempts used up, 1 resent and still not there; 9 were recovered.
    ");
}

#[test]
fn undetermined_at_80_columns() {
    insta::assert_snapshot!(page(&undetermined(), 80), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  Missing  Unknown  Resent  Recovered  In doubt  Left
    ────────────────────────────────────────────────────────────────────────────────
    SaleCreated       4       3        2        1       2          1         1     0

    Needs attention (2)
      Unknown
        the event is older than the received log
        7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  404 Not found

      Missing, in doubt after 1 resend
        the answer was lost
        7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:04:51Z  404 Not found

    Problems (2)
      - the received log begins at 2026-02-27 00:00:00Z, so it can't say which of
        the older events are absent
        Hint: give the rotated logs as well, or narrow the window with --from
      - the vendor ignored success=false; records were judged one by one

    Undetermined: the received log does not cover the whole window and 1 resend is
    in doubt, so nothing can be called clean; 1 event was recovered.
    ");
}

#[test]
fn undetermined_at_200_columns() {
    insta::assert_snapshot!(page(&undetermined(), 200), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Unknown  Resent  Recovered  In doubt  Left
    ────────────────────────────────────────────────────────────────────────────────────────
    SaleCreated       4       3       1        2        1       2          1         1     0

    Needs attention (2)
      Event                                 Created               Verdict  Vendor says    Resends  Result    Reason
      ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  unknown  404 Not found        0            the event is older than the received log
      7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:04:51Z  missing  404 Not found        1  in doubt  the answer was lost

    Problems (2)
      - the received log begins at 2026-02-27 00:00:00Z, so it can't say which of the older events are absent
        Hint: give the rotated logs as well, or narrow the window with --from
      - the vendor ignored success=false; records were judged one by one

    Undetermined: the received log does not cover the whole window and 1 resend is in doubt, so nothing can be called clean; 1 event was recovered.
    ");
}

#[test]
fn dry_run_at_80_columns() {
    insta::assert_snapshot!(page(&dry_run(), 80), @"
    reconcile (dry run): events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Unacknowledged
    ────────────────────────────────────────────────────────────
    SaleCreated       3       3       1        2               1

    Needs attention (2)
      Missing (2 events)
        the vendor failed to deliver it and the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  404 Not found
        7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:03:14Z  404 Not found

    Skipped (1)
      Unacknowledged
        already in the received log; only the acknowledgement was lost
        7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:04:51Z  404 Not found

    Dry run: 2 events would be resent; nothing was sent.
    ");
}

#[test]
fn dry_run_at_200_columns() {
    insta::assert_snapshot!(page(&dry_run(), 200), @"
    reconcile (dry run): events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Unacknowledged
    ────────────────────────────────────────────────────────────
    SaleCreated       3       3       1        2               1

    Needs attention (2)
      the vendor failed to deliver it and the received log does not hold it
      Event                                 Created               Verdict  Vendor says
      ──────────────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  missing  404 Not found
      7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:03:14Z  missing  404 Not found

    Skipped (1)
      Event                                 Created               Verdict         Vendor says    Reason
      ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:04:51Z  unacknowledged  404 Not found  already in the received log; only the acknowledgement was lost

    Dry run: 2 events would be resent; nothing was sent.
    ");
}

#[test]
fn check_at_80_columns() {
    insta::assert_snapshot!(page(&check(), 80), @"
    check: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Lost after ack
    ────────────────────────────────────────────────────────────
    SaleCreated       4       2       1        2               1

    Needs attention (3)
      Missing (2 events)
        the vendor failed to deliver it and the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  404 Not found
        7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:03:14Z  404 Not found

      Lost after ack
        the receiver acknowledged it, but the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:00:00Z  200 OK

    2 events are missing and 1 was acknowledged but is not in the log; nothing was
    sent.
    ");
}

#[test]
fn check_at_200_columns() {
    insta::assert_snapshot!(page(&check(), 200), @"
    check: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  In log  Missing  Lost after ack
    ────────────────────────────────────────────────────────────
    SaleCreated       4       2       1        2               1

    Needs attention (3)
      Event                                 Created               Verdict         Vendor says    Reason
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000001  2026-03-01 12:01:37Z  missing         404 Not found  the vendor failed to deliver it and the received log does not hold it
      7d3e0b52-9c41-4f6a-8b1e-000000000002  2026-03-01 12:03:14Z  missing         404 Not found  the vendor failed to deliver it and the received log does not hold it
      7d3e0b52-9c41-4f6a-8b1e-000000000003  2026-03-01 12:00:00Z  lost after ack  200 OK         the receiver acknowledged it, but the received log does not hold it

    2 events are missing and 1 was acknowledged but is not in the log; nothing was sent.
    ");
}

#[test]
fn interrupted_at_80_columns() {
    insta::assert_snapshot!(page(&interrupted(), 80), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  Missing  Resent  Recovered  Left
    ─────────────────────────────────────────────────────────────
    SaleCreated       8       8        8       5          5     3

    Needs attention (3)
      Missing, not resent (3 events)
        the vendor failed to deliver it and the received log does not hold it
        7d3e0b52-9c41-4f6a-8b1e-000000000006  2026-03-01 12:09:42Z  404 Not found
        7d3e0b52-9c41-4f6a-8b1e-000000000007  2026-03-01 12:11:19Z  404 Not found
        7d3e0b52-9c41-4f6a-8b1e-000000000008  2026-03-01 12:12:56Z  404 Not found

    Problems (1)
      - the run was stopped after 5 resends

    Stopped by SIGINT before the end: 5 events were recovered and 3 are left; run
    the same command again to go on.
    ");
}

#[test]
fn interrupted_at_200_columns() {
    insta::assert_snapshot!(page(&interrupted(), 200), @"
    reconcile: events of 2026-02-24 12:00:00Z to 2026-03-03 12:00:00Z

    Webhook      Listed  Failed  Missing  Resent  Recovered  Left
    ─────────────────────────────────────────────────────────────
    SaleCreated       8       8        8       5          5     3

    Needs attention (3)
      the vendor failed to deliver it and the received log does not hold it
      Event                                 Created               Verdict  Vendor says    Result
      ──────────────────────────────────────────────────────────────────────────────────────────
      7d3e0b52-9c41-4f6a-8b1e-000000000006  2026-03-01 12:09:42Z  missing  404 Not found  left
      7d3e0b52-9c41-4f6a-8b1e-000000000007  2026-03-01 12:11:19Z  missing  404 Not found  left
      7d3e0b52-9c41-4f6a-8b1e-000000000008  2026-03-01 12:12:56Z  missing  404 Not found  left

    Problems (1)
      - the run was stopped after 5 resends

    Stopped by SIGINT before the end: 5 events were recovered and 3 are left; run the same command again to go on.
    ");
}
