//! Runs that are narrowed: to a selection, to a saved plan, to ids named by hand.

use chrono::{DateTime, TimeDelta, Utc};

use super::world::{ResendBehaviour, Shared, hooks, request, start};
use super::{everything_arrived, has, nobody_got_a_duplicate};
use crate::event::{DeliveryStatus, EventId, WebhookId};
use crate::exit::ExitCode;
use crate::reconcile::{RunRequest, Task, WantedBy, WantedEvent};
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::selection::{Selection, VerdictKind};
use crate::tracked::{EventResult, TrackedEvent};

pub(super) fn id(text: &str) -> EventId {
    EventId::new(text).expect("an id")
}

pub(super) fn selected(mode: Mode, selection: Selection) -> RunRequest {
    RunRequest { task: Task::Window(selection), ..request(mode) }
}

pub(super) fn by_hand(ids: &[&str]) -> RunRequest {
    let wanted = ids.iter().map(|text| WantedEvent { event: id(text), wanted_by: WantedBy::Hand }).collect();
    RunRequest {
        task: Task::Exactly { events: wanted, words: "by hand".to_owned() },
        command: "resend".to_owned(),
        ..request(Mode::Act)
    }
}

pub(super) fn planned(events: &[(&str, DateTime<Utc>, VerdictKind)]) -> RunRequest {
    let webhook = WebhookId::new("hook-1").expect("an id");
    let wanted = events.iter().map(|(text, created, verdict)| WantedEvent {
        event: id(text),
        wanted_by: WantedBy::Plan { webhook: webhook.clone(), created_at: Some(*created), verdict: *verdict },
    });
    RunRequest {
        task: Task::Exactly { events: wanted.collect(), words: "a plan".to_owned() },
        command: "apply".to_owned(),
        ..request(Mode::Act)
    }
}

pub(super) fn told<'r>(report: &'r RunReport, text: &str) -> &'r TrackedEvent {
    let mut events = report.webhooks.iter().flat_map(|webhook| &webhook.events);
    events.find(|tracked| tracked.event.id == id(text)).unwrap_or_else(|| panic!("{text} is not told of: {report:?}"))
}

pub(super) fn hours_ago(hours: i64) -> DateTime<Utc> {
    start() - TimeDelta::hours(hours)
}

#[tokio::test(start_paused = true)]
async fn only_what_is_selected_is_resent_and_told_of() {
    let world = Shared::outage(6);
    let ids = [id("lost-1"), id("lost-4")].into();
    let report = world.run(&selected(Mode::Act, Selection { ids, ..Selection::default() })).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((report.totals.listed, report.totals.recovered, world.get().resends), (2, 2, 2));
    assert_eq!(report.selection, "id lost-1 or lost-4", "the report says what it was narrowed to");
    assert!(has(&report, ProblemKind::OutsideSelection), "the other four are not passed over in silence");
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn a_selection_proves_nothing_of_the_rest() {
    let world = Shared::outage(3);
    let all = [id("lost-0"), id("lost-1"), id("lost-2")].into();
    let report = world.run(&selected(Mode::Act, Selection { ids: all, ..Selection::default() })).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    everything_arrived(&world);
    assert!(world.get().rows.proven.is_empty(), "a run that looked at a part must not move the window on");
    assert!(world.run(&request(Mode::Act)).await.exit_code == ExitCode::Clean);
    assert!(!world.get().rows.proven.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_resent_stays_selected_whatever_the_resend_changes() {
    let world = Shared::outage(0);
    world.event("poison", 4, false, false);
    world.get().events.get_mut("poison").expect("known").poison = true;
    let selection = Selection { verdicts: vec![VerdictKind::Missing], ..Selection::default() };
    let report = world.run(&selected(Mode::Act, selection)).await;
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
    assert!(told(&report, "poison").attempts > 0);
}

#[tokio::test(start_paused = true)]
async fn deliveries_are_listed_when_they_are_selected() {
    let world = Shared::outage(2);
    world.event("lost-after-ack", 5, true, false);
    let selection = Selection { verdicts: vec![VerdictKind::LostAfterAck], ..Selection::default() };
    let report = world.run(&selected(Mode::Check, selection)).await;
    assert_eq!((report.exit_code, report.totals.listed), (ExitCode::Left, 1), "{:?}", report.problems);
    let selection = Selection { statuses: vec![DeliveryStatus::Delivered], ..Selection::default() };
    let report = world.run(&selected(Mode::Check, selection)).await;
    assert_eq!(report.totals.missing, 0);
    assert!(report.totals.delivered > 1, "{:?}", report.totals);
}

#[tokio::test(start_paused = true)]
async fn a_plan_is_carried_out_to_the_letter() {
    let world = Shared::outage(5);
    let plan =
        planned(&[("lost-0", hours_ago(3), VerdictKind::Missing), ("lost-3", hours_ago(6), VerdictKind::Missing)]);
    let report = world.run(&plan).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((world.get().resends, report.totals.recovered, report.selection.as_str()), (2, 2, "a plan"));
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn what_arrived_since_the_plan_was_made_is_skipped_and_told_of() {
    let world = Shared::outage(2);
    world.event("delivered-since", 5, true, true);
    world.event("logged-since", 5, false, true);
    let plan = planned(&[
        ("lost-0", hours_ago(3), VerdictKind::Missing),
        ("delivered-since", hours_ago(5), VerdictKind::Missing),
        ("logged-since", hours_ago(5), VerdictKind::Missing),
    ]);
    for idempotent in [false, true] {
        let mut plan = plan.clone();
        plan.policy.resend.idempotent = idempotent;
        let report = world.run(&plan).await;
        assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
        for event in ["delivered-since", "logged-since"] {
            let tracked = told(&report, event);
            assert_eq!((tracked.result, tracked.attempts), (Some(EventResult::Skipped), 0), "{event}");
            assert!(tracked.reason().contains("since the plan was made"), "{}", tracked.reason());
        }
    }
    assert_eq!(world.get().resends, 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_of_a_plan_that_the_vendor_forgot_is_left() {
    let world = Shared::outage(2);
    let report = world.run(&planned(&[("gone", hours_ago(8), VerdictKind::Missing)])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 0));
    assert!(told(&report, "gone").reason().contains("does not show it"));
}

#[tokio::test(start_paused = true)]
async fn each_event_of_a_plan_is_sent_once_even_when_it_is_refused() {
    let world = Shared::outage(0);
    world.event("poison", 4, false, false);
    world.get().events.get_mut("poison").expect("known").poison = true;
    let report = world.run(&planned(&[("poison", hours_ago(4), VerdictKind::Missing)])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 1));
}

#[tokio::test(start_paused = true)]
async fn ids_by_hand_are_found_wherever_they_lie() {
    let world = Shared::outage(3);
    world.event("old", 24 * 12, false, false);
    let report = world.run(&by_hand(&["old", "lost-1"])).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!((report.totals.recovered, world.get().resends), (2, 2));
    assert_eq!(report.totals.listed, 2, "nothing else is told of");
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn by_hand_the_webhook_is_found_among_several() {
    let world = Shared::outage(1);
    world.event_of(2, "of-the-second", 7, false, false);
    let report = world.run(&RunRequest { scope: hooks(3), ..by_hand(&["of-the-second"]) }).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(report.webhooks.len(), 1);
    assert_eq!(report.webhooks[0].webhook.as_str(), "hook-2");
}

#[tokio::test(start_paused = true)]
async fn by_hand_nothing_is_resent_that_is_in_the_log() {
    let world = Shared::outage(2);
    world.event("answered-late", 4, false, true);
    let report = world.run(&by_hand(&["answered-late"])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Clean, 0), "{:?}", report.problems);
    let tracked = told(&report, "answered-late");
    assert_eq!(tracked.result, Some(EventResult::Skipped));
    let mut told_otherwise = by_hand(&["answered-late"]);
    told_otherwise.policy.resend.idempotent = true;
    let report = world.run(&told_otherwise).await;
    assert_eq!((report.totals.recovered, world.get().resends), (1, 1), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn by_hand_a_wrong_log_resends_nothing() {
    let world = Shared::outage(2);
    world.get().log = ["something-else".to_owned()].into();
    let report = world.run(&by_hand(&["lost-0"])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Undetermined, 0), "{:?}", report.problems);
    assert!(has(&report, ProblemKind::LogUnproven));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_nobody_knows_is_left_and_says_why() {
    let world = Shared::outage(2);
    let report = world.run(&by_hand(&["no-such-event", "lost-0"])).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 1), "{:?}", report.problems);
    assert!(told(&report, "no-such-event").reason().contains("not known to"));
    assert_eq!(told(&report, "lost-0").result, Some(EventResult::Recovered));
}

#[tokio::test(start_paused = true)]
async fn by_hand_a_doubt_of_an_earlier_run_is_settled_before_anything_is_sent() {
    let world = Shared::outage(1);
    world.get().resend = ResendBehaviour::DeliversAndTimesOut;
    world.run(&by_hand(&["lost-0"])).await;
    let sent = world.get().resends;
    world.get().resend = ResendBehaviour::DeliversAndShowsIt;
    let report = world.run(&by_hand(&["lost-0"])).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(world.get().resends, sent);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn many_ids_by_hand_outside_of_any_listing_are_confirmed() {
    let world = Shared::outage(1);
    let ids: Vec<String> = (0..20).map(|number| format!("old-{number}")).collect();
    for (number, id) in (0..).zip(&ids) {
        world.event(id, 24 * 10 + number * 20, false, false);
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let report = world.run(&by_hand(&ids)).await;
    assert_eq!((report.exit_code, report.totals.recovered), (ExitCode::Clean, 20), "{:?}", report.problems);
    nobody_got_a_duplicate(&world);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_no_listing_shows_is_never_called_clean() {
    let world = Shared::outage(2);
    let ids = [id("lost-0"), id("mistyped")].into();
    let report = world.run(&selected(Mode::Check, Selection { ids, ..Selection::default() })).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?}", report.problems);
    assert!(has(&report, ProblemKind::NotSeen));
    let ids = [id("lost-0")].into();
    let report = world.run(&selected(Mode::Check, Selection { ids, ..Selection::default() })).await;
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_what_failed_never_passes_for_the_received_log() {
    let world = Shared::outage(4);
    // The log that is given holds every failed id, and not one of the deliveries.
    let failed = (0..4).map(|number| format!("lost-{number}")).collect();
    world.get().log = failed;
    for asked in [request(Mode::Act), planned(&[("lost-0", hours_ago(3), VerdictKind::Missing)]), by_hand(&["lost-0"])]
    {
        let report = world.run(&asked).await;
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{:?} {:?}", asked.task, report.problems);
        assert!(has(&report, ProblemKind::LogUnproven));
    }
    assert_eq!(world.get().resends, 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_delivered_since_the_plan_was_made_is_not_sent_again_while_the_log_is_late() {
    let world = Shared::outage(2);
    world.event("delivered-since", 5, true, false);
    let mut plan = planned(&[("delivered-since", hours_ago(5), VerdictKind::Missing)]);
    plan.policy.resend.include_acknowledged = true;
    let report = world.run(&plan).await;
    assert_eq!((report.exit_code, world.get().resends), (ExitCode::Left, 0), "{:?}", report.problems);
    assert!(told(&report, "delivered-since").reason().contains("since the plan was made"));
    // Where it was planned because it was lost after its acknowledgement, it is sent.
    let mut plan = planned(&[("delivered-since", hours_ago(5), VerdictKind::LostAfterAck)]);
    plan.policy.resend.include_acknowledged = true;
    world.run(&plan).await;
    assert_eq!(world.get().resends, 1);
}
