use super::*;
use crate::classify::UnknownReason;
use crate::classify::Verdict;
use crate::outcome::Signal;
use crate::receipt::CoverageGap;
use crate::report::sample::{Sample, missing, problem, report, settled, webhook};
use crate::run_report::ProblemKind;
use crate::tracked::EventResult;

const SALES: &str = "2f0d8f2e-6a51-4f53-9d0e-0b7a4f3f1a01";
const STOCK: &str = "2f0d8f2e-6a51-4f53-9d0e-0b7a4f3f1a02";

fn page(report: &RunReport, width: u16) -> String {
    rendered(report, width, Verbosity::Normal)
}

fn rendered(report: &RunReport, width: u16, verbosity: Verbosity) -> String {
    Human { width, color: Color::Off, symbols: Symbols::Unicode, verbosity }.render(report)
}

fn clean() -> RunReport {
    let sales = webhook(SALES, "SaleCreated", (1..=40).map(settled).collect());
    let stock = webhook(STOCK, "StockMovementCreated", (41..=1_300).map(settled).collect());
    report(Mode::Act, RunOutcome::Clean, vec![sales, stock])
}

fn recovered() -> RunReport {
    let mut events: Vec<_> = (1..=12).map(|number| missing(number, 1, EventResult::Recovered)).collect();
    events.extend((13..=400).map(settled));
    report(Mode::Act, RunOutcome::Clean, vec![webhook(SALES, "SaleCreated", events)])
}

fn poison() -> RunReport {
    let refused = "the receiver refused it 3 times, last with 500 Internal Server Error";
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
        Sample::failed(3, Verdict::Missing)
            .ended(1, EventResult::InDoubt)
            .because("the answer to the resend was lost; it is looked up by the next run")
            .build(),
        settled(4),
    ];
    let mut report = report(Mode::Act, RunOutcome::Undetermined, vec![webhook(SALES, "SaleCreated", events)]);
    report.problems.push(problem(
        ProblemKind::LogCoverage,
        "the received log begins at 2026-02-27 00:00:00Z, two days after the window, so it can't say which of the older events are absent",
        "give the rotated logs as well, or narrow the window with --from",
    ));
    report.problems.push(problem(ProblemKind::FilterIgnored, "the vendor ignored success=false; records were judged one by one", ""));
    report
}

#[test]
fn look() {
    for r in [clean(), recovered(), poison(), undetermined()] {
        for w in [80, 200] {
            eprintln!("{}\n=====\n{}", "#".repeat(usize::from(w)), rendered(&r, w, Verbosity::Verbose));
        }
    }
}
