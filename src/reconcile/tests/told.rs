//! What a run tells while it goes on, whom it asks, and which problems it names.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use tokio::sync::watch;

use crate::classify::Verdict;
use crate::event::Window;
use crate::exit::ExitCode;
use crate::monitor::{Monitor, RunEvent};
use crate::policy::Proofs;
use crate::provider::ListFilter;
use crate::receipt::{Lookup, Unlisted, WantedIds};
use crate::received::{ReceivedError, ReceivedLog};
use crate::reconcile::{Approval, Approver, LedgerAccess, PlanSummary, Ports, RunRequest};
use crate::run_report::{Mode, ProblemKind, RunReport};

use super::world::{ResendBehaviour, Shared, hooks, request, start};
use super::{has, nobody_got_a_duplicate};

/// Keeps what a run tells.
#[derive(Default)]
struct Recorder(Mutex<Vec<RunEvent>>);

impl Monitor for Recorder {
    fn notice(&self, event: &RunEvent) {
        self.0.lock().expect("nobody panics").push(event.clone());
    }
}

/// Answers in one way and keeps what it was asked.
struct Person {
    answer: Approval,
    asked: Mutex<Vec<PlanSummary>>,
}

#[async_trait]
impl Approver for Person {
    async fn approve(&self, plan: &PlanSummary) -> Approval {
        self.asked.lock().expect("nobody panics").push(plan.clone());
        self.answer
    }
}

/// The log of the world, of which something is told otherwise.
struct OddLog {
    world: Shared,
    change: fn(&mut Lookup),
}

#[async_trait]
impl ReceivedLog for OddLog {
    fn describe(&self) -> Vec<String> {
        Vec::new()
    }

    fn is_live(&self) -> bool {
        self.world.is_live()
    }

    async fn look_up(&self, wanted: Arc<WantedIds>) -> Result<Lookup, ReceivedError> {
        let mut lookup = self.world.look_up(wanted).await?;
        (self.change)(&mut lookup);
        Ok(lookup)
    }

    async fn audit(&self, listed: Arc<WantedIds>, window: Window) -> Result<(Lookup, Unlisted), ReceivedError> {
        let (mut lookup, unlisted) = self.world.audit(listed, window).await?;
        (self.change)(&mut lookup);
        Ok((lookup, unlisted))
    }
}

async fn run_with(world: &Shared, asked: &RunRequest, change: impl FnOnce(&mut Ports)) -> RunReport {
    let (_stop, stopped) = watch::channel(None);
    let mut ports = world.ports(stopped);
    change(&mut ports);
    crate::reconcile::run(&ports, asked).await
}

pub(super) async fn watched(world: &Shared, asked: &RunRequest) -> (RunReport, Vec<RunEvent>) {
    let recorder = Arc::new(Recorder::default());
    let monitor = Arc::clone(&recorder);
    let report = run_with(world, asked, |ports| ports.monitor = monitor).await;
    let told = std::mem::take(&mut *recorder.0.lock().expect("nobody panics"));
    (report, told)
}

async fn with_log(world: &Shared, asked: &RunRequest, change: fn(&mut Lookup)) -> RunReport {
    let log = OddLog { world: world.clone(), change };
    run_with(world, asked, |ports| ports.received = Some(Arc::new(log))).await
}

async fn decided_by(answer: Approval, world: &Shared, asked: &RunRequest) -> (RunReport, Vec<PlanSummary>) {
    let person = Arc::new(Person { answer, asked: Mutex::default() });
    let approver = Arc::clone(&person);
    let report = run_with(world, asked, |ports| ports.approver = approver).await;
    let was_asked = std::mem::take(&mut *person.asked.lock().expect("nobody panics"));
    (report, was_asked)
}

fn message(report: &RunReport, kind: ProblemKind) -> String {
    let of_kind: Vec<_> = report.problems.iter().filter(|problem| problem.kind == kind).collect();
    assert_eq!(of_kind.len(), 1, "{kind:?} is told once: {:?}", report.problems);
    of_kind[0].message.clone()
}

#[tokio::test(start_paused = true)]
async fn a_run_tells_of_each_of_its_steps() {
    let world = Shared::outage(12);
    let (report, told) = watched(&world, &request(Mode::Act)).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    let RunEvent::RunStarted { run_id, window, webhooks, .. } = &told[0] else { panic!("{:?}", told[0]) };
    assert_eq!((run_id.as_str(), *window, webhooks.len()), ("test", request(Mode::Act).window, 1));
    let planned: usize =
        told.iter().map(|event| if let RunEvent::SlicesPlanned { slices, .. } = event { *slices } else { 0 }).sum();
    let listed = |wanted: ListFilter| {
        told.iter().filter(|event| matches!(event, RunEvent::SliceListed { filter, .. } if *filter == wanted)).count()
    };
    assert_eq!(planned, listed(ListFilter::Failed) + listed(ListFilter::All));
    assert!(listed(ListFilter::Failed) >= 3 && listed(ListFilter::All) >= 1);
    let diffed: Vec<_> = told
        .iter()
        .filter_map(|event| if let RunEvent::Diffed { counts, .. } = event { Some(*counts) } else { None })
        .collect();
    assert_eq!(diffed.iter().map(|counts| counts.missing).collect::<Vec<_>>(), [12]);
    let rounds: Vec<_> = told
        .iter()
        .filter_map(
            |event| if let RunEvent::RoundStarted { round, resends } = event { Some((*round, *resends)) } else { None },
        )
        .collect();
    assert_eq!(rounds, [(1, 12)]);
    let canaries: Vec<bool> = told
        .iter()
        .filter_map(|event| if let RunEvent::Attempted { canary, .. } = event { Some(*canary) } else { None })
        .collect();
    assert_eq!((canaries.len(), canaries[0], canaries[1..].contains(&true)), (12, true, false));
    let confirmed = told.iter().find_map(|event| {
        if let RunEvent::Confirmed { round, recovered, outstanding } = event {
            Some((*round, *recovered, *outstanding))
        } else {
            None
        }
    });
    assert_eq!(confirmed, Some((1, 12, 0)));
    let first_read = told.iter().find_map(|event| {
        if let RunEvent::LogRead { wanted, found, .. } = event { Some((*wanted, *found)) } else { None }
    });
    assert_eq!(first_read, Some((report.totals.listed, report.totals.delivered)));
}

#[tokio::test(start_paused = true)]
async fn every_request_is_counted_as_what_it_is() {
    let world = Shared::outage(6);
    world.get().resend = ResendBehaviour::DeliversAndFails;
    let report = world.run(&request(Mode::Act)).await;
    let world = world.get();
    let sent = (report.requests.list, report.requests.get, report.requests.resend);
    assert_eq!(sent, (u64::from(world.listings), u64::from(world.gets), u64::from(world.resends)));
    assert!(world.gets > 0, "a lost answer is looked up");
}

#[tokio::test(start_paused = true)]
async fn lines_that_can_not_be_understood_are_told_of_and_decide_nothing() {
    let world = Shared::outage(2);
    let odd = |lookup: &mut Lookup| {
        lookup.stats.unreadable = 2;
        lookup.stats.first_unreadable = Some("access.log:7".to_owned());
    };
    let report = with_log(&world, &request(Mode::Act), odd).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    let told = message(&report, ProblemKind::LogUnreadable);
    assert_eq!(told, "2 lines of the received log can't be understood, the first at access.log:7");
    let world = Shared::outage(2);
    let report = world.run(&request(Mode::Act)).await;
    assert!(!has(&report, ProblemKind::LogUnreadable) && !has(&report, ProblemKind::LogCoverage));
}

#[tokio::test(start_paused = true)]
async fn a_part_of_the_log_that_is_missing_is_told_of() {
    let world = Shared::outage(2);
    let odd = |lookup: &mut Lookup| {
        lookup.coverage.since = Some(start() - TimeDelta::hours(65));
        lookup.coverage.gap = Some("log.2 is damaged".to_owned());
    };
    let report = with_log(&world, &request(Mode::Act), odd).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    let told = message(&report, ProblemKind::LogCoverage);
    assert_eq!(told, "the received log can't say what arrived before 2026-11-17 19:00:00Z: log.2 is damaged");
}

#[tokio::test(start_paused = true)]
async fn a_run_in_which_nothing_was_missing_asks_the_log_once() {
    let world = Shared::outage(0);
    let report = world.run(&request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().look_ups), (ExitCode::Clean, 1), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn whoever_approves_sees_what_is_planned_for_each_webhook_and_is_asked_once() {
    let world = Shared::outage(3);
    world.outage_of(2, "b-", 2);
    world.outage_of(3, "c-", 0);
    // Refused once, so that there is a second round.
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    let asked = RunRequest { scope: hooks(3), ..request(Mode::Act) };
    let (report, plans) = decided_by(Approval::Granted, &world, &asked).await;
    assert!(report.rounds > 1, "{} rounds", report.rounds);
    let [plan] = plans.as_slice() else { panic!("asked {} times", plans.len()) };
    assert_eq!(plan.webhooks, [("hook-1".to_owned(), 3), ("hook-2".to_owned(), 2)]);
    let hours_ago = |hours| Some(start() - TimeDelta::hours(hours));
    assert_eq!((plan.oldest, plan.youngest), (hours_ago(5), hours_ago(3)));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_approved_is_not_sent() {
    let world = Shared::outage(3);
    let (report, plans) = decided_by(Approval::Denied, &world, &request(Mode::Act)).await;
    assert_eq!((report.exit_code, world.get().resends, plans.len()), (ExitCode::Left, 0, 1));
    assert!(has(&report, ProblemKind::NotApproved), "{:?}", report.problems);
    assert_eq!(report.totals.left, 3);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_asked_to_approve_what_the_cap_refuses() {
    for (allowed, times) in [(3, 1), (2, 0)] {
        let world = Shared::outage(3);
        let mut asked = request(Mode::Act);
        asked.policy.bounds.max_resends = allowed;
        let (report, plans) = decided_by(Approval::Denied, &world, &asked).await;
        assert_eq!((plans.len(), world.get().resends), (times, 0), "{allowed}");
        assert_eq!(has(&report, ProblemKind::TooManyResends), times == 0, "{allowed}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_warns_when_the_run_it_stands_for_would_refuse_its_plan() {
    for (mode, allowed, words) in [
        (Mode::DryRun, 2, Some("3 resends are planned and 2 are allowed, so a run would send none of them")),
        (Mode::DryRun, 3, None),
        (Mode::Act, 2, Some("3 resends are planned and 2 are allowed, so none of them was sent")),
        (Mode::Check, 2, None),
    ] {
        let world = Shared::outage(3);
        let mut asked = request(mode);
        asked.policy.bounds.max_resends = allowed;
        let report = world.run(&asked).await;
        match words {
            Some(words) => assert_eq!(message(&report, ProblemKind::TooManyResends), words),
            None => assert!(!has(&report, ProblemKind::TooManyResends), "{mode:?}: {:?}", report.problems),
        }
        assert_eq!(report.planned.len(), if mode == Mode::DryRun { 3 } else { 0 }, "{mode:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn rounds_without_progress_are_told_with_the_number_of_events() {
    for (poisoned, words) in [
        (1, "1 event was resent again and again and did not arrive"),
        (2, "2 events were resent again and again and did not arrive"),
    ] {
        let world = Shared::outage(4);
        for number in 0..poisoned {
            world.get().events.get_mut(&format!("lost-{number}")).expect("an event").poison = true;
        }
        let mut asked = request(Mode::Act);
        asked.policy.bounds.max_attempts = 50;
        asked.policy.bounds.breaker_failures = 50;
        let report = world.run(&asked).await;
        assert_eq!(message(&report, ProblemKind::NoProgress), words);
        assert_eq!(report.exit_code, ExitCode::Left);
    }
}

#[tokio::test(start_paused = true)]
async fn events_from_the_future_are_told_of_as_such() {
    let world = Shared::outage(0);
    world.event("of-this-moment", 0, true, true);
    let report = world.run(&request(Mode::Act)).await;
    assert!(!has(&report, ProblemKind::TimesAhead), "{:?}", report.problems);
    let world = Shared::outage(0);
    world.get().states_offsets = false;
    world.event("ahead", -1, false, false);
    let report = world.run(&request(Mode::Act)).await;
    assert!(message(&report, ProblemKind::TimesAhead).starts_with("1 events seem to be created in the future"));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_down_is_told_with_what_was_not_sent() {
    for (lost, words) in [
        (3, "hook-1: the receiver refused every event that was tried first"),
        (4, "hook-1: the receiver refused every event that was tried first, so the others were not sent"),
    ] {
        let world = Shared::outage(lost);
        world.get().receiver_down = true;
        let (report, told) = watched(&world, &request(Mode::Act)).await;
        assert_eq!(message(&report, ProblemKind::ReceiverDown), words);
        let down: Vec<u32> = told
            .iter()
            .filter_map(
                |event| if let RunEvent::ReceiverDown { failures, .. } = event { Some(*failures) } else { None },
            )
            .collect();
        assert_eq!(down, [3]);
    }
}

#[tokio::test(start_paused = true)]
async fn deliveries_that_fail_in_a_row_open_the_breaker_and_are_counted() {
    let world = Shared::outage(20);
    for number in 0..19 {
        world.get().events.get_mut(&format!("lost-{number}")).expect("an event").poison = true;
    }
    let mut asked = request(Mode::Act);
    asked.policy.bounds.concurrency = 1;
    let (report, told) = watched(&world, &asked).await;
    // The oldest goes first and arrives; after it five are refused in a row.
    assert_eq!(
        message(&report, ProblemKind::ReceiverDown),
        "hook-1: 5 deliveries in a row failed, so the others were not sent"
    );
    let down: Vec<u32> = told
        .iter()
        .filter_map(|event| if let RunEvent::ReceiverDown { failures, .. } = event { Some(*failures) } else { None })
        .collect();
    assert_eq!(down, [5]);
    assert_eq!((report.totals.recovered, world.get().resends), (1, 6));
    assert_eq!(report.rounds, 1, "nothing is planned for a receiver that is down");
    assert!(!has(&report, ProblemKind::NoProgress), "{:?}", report.problems);
    let untried = report.webhooks[0]
        .events
        .iter()
        .filter(|tracked| tracked.reason() == "not tried: several deliveries in a row failed");
    assert_eq!(untried.count(), 14);
}

#[tokio::test(start_paused = true)]
async fn without_a_log_nothing_is_resent_and_each_event_says_why() {
    let world = Shared::outage(2);
    let report = run_with(&world, &request(Mode::Act), |ports| ports.received = None).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0), "{:?}", report.problems);
    assert_eq!(message(&report, ProblemKind::LogCoverage), "2 events can't be judged: no received log was given");
    let mut asked = request(Mode::Act);
    asked.policy.resend.idempotent = true;
    let report = run_with(&world, &asked, |ports| ports.received = None).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 2), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_may_only_read_the_ledger_knows_what_it_says() {
    let world = Shared::outage(1);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_attempts = 1;
    assert_eq!(world.run(&asked).await.totals.quarantined, 1);
    let reader = world.clone();
    let report =
        run_with(&world, &request(Mode::Check), |ports| ports.ledger = LedgerAccess::Read(Arc::new(reader))).await;
    assert_eq!((report.exit_code, report.totals.quarantined), (ExitCode::Left, 1), "{:?}", report.problems);
    let report = run_with(&world, &request(Mode::Check), |ports| ports.ledger = LedgerAccess::None).await;
    assert_eq!((report.exit_code, report.totals.quarantined, report.totals.missing), (ExitCode::Left, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn proofs_that_are_turned_off_are_told_of() {
    let world = Shared::outage(1);
    let mut asked = request(Mode::Act);
    asked.policy.proofs = Proofs::Off;
    assert!(message(&world.run(&asked).await, ProblemKind::ProofsOff).contains("taken at their word"));
    let report = world.run(&request(Mode::Act)).await;
    assert!(!has(&report, ProblemKind::ProofsOff));
    assert!(report.webhooks[0].events.iter().all(|tracked| tracked.verdict == Verdict::Settled));
}

#[tokio::test(start_paused = true)]
async fn the_cap_counts_what_earlier_rounds_sent() {
    let world = Shared::outage(4);
    world.get().events.get_mut("lost-0").expect("an event").poison = true;
    let mut asked = request(Mode::Act);
    asked.policy.bounds.max_resends = 4;
    let report = world.run(&asked).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 4), "{:?}", report.problems);
    let words = "5 resends are planned and 4 are allowed, so none of them was sent";
    assert_eq!(message(&report, ProblemKind::TooManyResends), words);
}
