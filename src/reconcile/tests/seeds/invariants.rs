//! What must hold of a report, whatever the faults were.

use std::collections::BTreeMap;

use crate::classify::Verdict;
use crate::event::DeliveryStatus;
use crate::exit::{ExitCode, Findings};
use crate::reconcile::{Beginning, RunRequest, Task};
use crate::run_report::{Counts, ProblemKind, RunReport};
use crate::tracked::{EventResult, TrackedEvent};

use super::super::world::{Invariant, World, asks_for};

/// The events that a report tells of, by their ids.
type Told<'a> = BTreeMap<String, &'a TrackedEvent>;

fn told_by(report: &RunReport) -> Told<'_> {
    let events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.map(|tracked| (tracked.event.id.to_string(), tracked)).collect()
}

/// Holds a report against the world's truth.
pub(super) fn nothing_is_hidden(world: &mut World, asked: &RunRequest, report: &RunReport) {
    let told = told_by(report);
    counts_add_up(world, report);
    clean_is_clean(world, asked, report, &told);
    the_lost_are_told(world, asked, report, &told);
    for (id, tracked) in &told {
        if tracked.result == Some(EventResult::Recovered) && !world.is_held(id) && !world.was_acknowledged(id) {
            world.watch.violated(Invariant::RecoveredHasArrived, format!("{id} is told as recovered and is lost"));
        }
        let bound = asked.policy.bounds.max_attempts;
        if u32::from(tracked.used_attempts()) > bound {
            world.watch.violated(Invariant::AttemptsAreBounded, format!("{id} was tried more than {bound} times"));
        }
        if !asks_for(asked, id) {
            world.watch.violated(Invariant::OnlyWhatWasAskedFor, format!("{id} is told of and was not asked for"));
        }
    }
}

fn counts_add_up(world: &mut World, report: &RunReport) {
    let sent = world.watch.sent();
    let mut wrong = Vec::new();
    let mut sum = Counts::default();
    for webhook in &report.webhooks {
        sum.add(&webhook.counts);
        let count = |of: &dyn Fn(&TrackedEvent) -> bool| webhook.events.iter().filter(|event| of(event)).count() as u64;
        let (counts, known) = (&webhook.counts, webhook.events.len() as u64);
        let settled = count(&|event| event.verdict == Verdict::Settled);
        let judged = counts.missing + counts.unacknowledged + counts.lost_after_ack + counts.too_young + counts.unknown;
        let unrecognised = count(&|event| event.first_status == DeliveryStatus::Unrecognised);
        let checks = [
            ("verdicts", known == settled + judged),
            ("statuses", known == counts.failed + counts.delivered + unrecognised),
            ("quarantined", counts.quarantined == count(&|event| event.result == Some(EventResult::Quarantined))),
            ("recovered", counts.recovered <= counts.resent),
            ("results", counts.left + counts.recovered + counts.in_doubt <= known),
        ];
        wrong.extend(checks.iter().filter(|(_, holds)| !holds).map(|(name, _)| format!("{name} in {counts:?}")));
    }
    if sum != report.totals {
        wrong.push("totals".to_owned());
    }
    if report.totals.resent > sent || report.requests.resend > sent {
        wrong.push(format!("{} resends told, {:?}, {sent} sent", report.totals.resent, report.requests));
    }
    for what in wrong {
        world.watch.violated(Invariant::CountsAddUp, what);
    }
}

/// The events that nobody has received and that the vendor knows to have failed.
///
/// What was acknowledged and lost afterwards is not among them: it shows only where a run lists what was
/// delivered, which a run that was not asked for it does for its proofs alone.
fn lost_in(world: &World, asked: &RunRequest) -> Vec<String> {
    let is_lost = |id: &str| !world.is_held(id) && !world.was_acknowledged(id);
    let lost = world.events.iter().filter(|(id, event)| {
        let in_window = asked.window.contains(event.created) || event.timeless;
        // What the vendor shows to nobody, nobody can tell of but the ledger.
        let is_shown = !event.expired && !world.watch.was_hidden(id) || world.is_owed(id, event.hook);
        // What a vendor lists after its time was proven clean lies behind the point where such a run begins.
        let is_before = asked.beginning == Beginning::WhereProvenEnds && world.turned_up_late(id);
        in_window && is_shown && !is_before && is_lost(id)
    });
    lost.map(|(id, _)| id.clone()).collect()
}

fn looks_at_everything(asked: &RunRequest) -> bool {
    matches!(&asked.task, Task::Window(selection) if selection.is_everything())
}

fn clean_is_clean(world: &mut World, asked: &RunRequest, report: &RunReport, told: &Told<'_>) {
    if report.exit_code != ExitCode::Clean || asked.findings == Findings::Show || !looks_at_everything(asked) {
        return;
    }
    let totals = &report.totals;
    if totals.left + totals.in_doubt + totals.quarantined > 0 {
        world.watch.violated(Invariant::CleanIsClean, format!("clean with {totals:?}"));
    }
    let is_judged = |id: &&String| told.get(*id).is_none_or(|tracked| tracked.verdict != Verdict::TooYoung);
    let hidden: Vec<String> = lost_in(world, asked).iter().filter(is_judged).cloned().collect();
    if !hidden.is_empty() {
        world.watch.violated(Invariant::CleanIsClean, format!("clean with {hidden:?} lost"));
    }
}

/// A run that came to its end tells of everything that is lost, and of everything that the ledger holds
/// open or in quarantine even if it can't say how things stand.
fn the_lost_are_told(world: &mut World, asked: &RunRequest, report: &RunReport, told: &Told<'_>) {
    let came_to_its_end = match report.exit_code {
        ExitCode::Clean | ExitCode::Left | ExitCode::Undetermined => !report.problems.iter().any(|problem| {
            matches!(problem.kind, ProblemKind::Deadline)
                || (problem.kind == ProblemKind::LogUnreadable && problem.message.starts_with("no file"))
        }),
        _ => false,
    };
    if !came_to_its_end || !looks_at_everything(asked) {
        return;
    }
    let is_told =
        |id: &str| told.get(id).is_some_and(|tracked| tracked.verdict != Verdict::Settled || tracked.result.is_some());
    let mut passed_over: Vec<String> = Vec::new();
    if report.exit_code != ExitCode::Undetermined && asked.findings == Findings::Fail {
        passed_over = lost_in(world, asked).into_iter().filter(|id| !is_told(id)).collect();
    }
    let open = world.rows.attempts.iter().filter(|(number, _)| !world.rows.settled.contains_key(*number));
    let remembered = open.map(|(_, attempt)| &attempt.request.event).chain(world.rows.quarantine.keys());
    passed_over.extend(remembered.map(ToString::to_string).filter(|id| !told.contains_key(id)));
    if !passed_over.is_empty() {
        let words = format!("{passed_over:?} passed over in silence, {:?}", report.exit_code);
        world.watch.violated(Invariant::LostIsTold, words);
    }
}

/// Once the faults have stopped, what can arrive has arrived, and the rest has a reason.
pub(super) fn peace_brought_home(world: &mut World, report: &RunReport) {
    let told = told_by(report);
    let mut missing = Vec::new();
    for (id, event) in &world.events {
        if world.is_held(id) || world.was_acknowledged(id) || event.expired {
            continue;
        }
        let has_reason = match told.get(id).map(|tracked| (tracked.result, tracked.verdict)) {
            Some((Some(EventResult::InDoubt | EventResult::Quarantined), _)) => true,
            Some((_, Verdict::LostAfterAck | Verdict::Unknown(_) | Verdict::TooYoung)) => true,
            Some(_) | None => false,
        };
        let may_be_cut = world.cap.is_some() && report.exit_code == ExitCode::Undetermined;
        if !has_reason && !may_be_cut && !event.poison && !event.no_path {
            missing.push(format!("{id} {event:?} {:?}", told.get(id).map(|tracked| tracked.reason())));
        }
    }
    if !missing.is_empty() {
        let words = format!("never arrived: {missing:?} {:?}", report.problems);
        world.watch.violated(Invariant::PeaceBringsHome, words);
    }
}
