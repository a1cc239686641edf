//! Audits: both directions, and what may be said of an id that no listing showed.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::has;
use super::world::{ListBehaviour, Shared, event_at, hooks, request, start};
use crate::event::EventId;
use crate::exit::ExitCode;
use crate::provider::{Credential, ProviderError};
use crate::receipt::{Unlisted, UnlistedId};
use crate::reconcile::{Directions, RunRequest, Scope, Task};
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::selection::Selection;

pub(super) fn audit() -> RunRequest {
    RunRequest { directions: Directions::Both, command: "check".to_owned(), ..request(Mode::Check) }
}

pub(super) fn hours_ago(hours: i64) -> DateTime<Utc> {
    start() - TimeDelta::hours(hours)
}

/// The log holds an id that no event of the world has.
pub(super) fn logged(world: &Shared, id: &str, received_at: Option<DateTime<Utc>>) {
    let id = EventId::new(id).expect("an id");
    world.get().unlisted.ids.push(UnlistedId { id, received_at });
}

pub(super) fn unknown(report: &RunReport) -> Vec<String> {
    let audit = report.audit.as_ref().expect("an audit");
    audit.log.unknown_to_vendor.iter().map(|one| one.id.to_string()).collect()
}

fn message(report: &RunReport, kind: ProblemKind) -> &str {
    let problem = report.problems.iter().find(|problem| problem.kind == kind);
    problem.map(|problem| problem.message.as_str()).unwrap_or_else(|| panic!("no {kind:?}: {:?}", report.problems))
}

pub(super) fn adds_up(report: &RunReport) {
    let audit = report.audit.as_ref().expect("an audit");
    let (vendor, totals) = (audit.vendor.total(), &report.totals);
    assert_eq!(vendor.total(), totals.listed);
    assert_eq!((vendor.found, vendor.found), (totals.received, audit.log.listed));
    assert_eq!(audit.vendor.delivered.absent, totals.lost_after_ack);
    assert_eq!((audit.vendor.delivered.total(), audit.vendor.failed.total()), (totals.delivered, totals.failed));
}

#[tokio::test(start_paused = true)]
async fn both_directions_are_told_and_their_numbers_add_up() {
    let world = Shared::outage(3);
    world.event("acknowledged", 5, true, false).event("answer-lost", 6, false, true);
    logged(&world, "forged", Some(hours_ago(4)));
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Left, "{:?}", report.problems);
    let totals = &report.totals;
    assert_eq!((totals.missing, totals.lost_after_ack, totals.unacknowledged, totals.left), (3, 1, 1, 4));
    assert_eq!(unknown(&report), ["forged"]);
    assert!(has(&report, ProblemKind::UnknownToVendor));
    adds_up(&report);
    assert_eq!(world.get().resends, 0);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_only_the_log_knows_is_told_and_is_no_loss() {
    let world = Shared::outage(0);
    logged(&world, "forged", None);
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(unknown(&report), ["forged"]);
    let without = world.run(&request(Mode::Check)).await;
    assert!(without.audit.is_none() && !has(&without, ProblemKind::UnknownToVendor));
}

#[tokio::test(start_paused = true)]
async fn an_id_of_another_time_or_another_webhook_is_not_unknown() {
    let world = Shared::outage(0);
    world.event("last-month", 24 * 20, true, true).event("long-ago", 24 * 200, true, true);
    world.event_of(2, "other-hook", 5, true, true).event_of(2, "other-hook-long-ago", 24 * 200, false, true);
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(unknown(&report), Vec::<String>::new());
    let log = &report.audit.as_ref().expect("an audit").log;
    assert_eq!((log.elsewhere, log.unresolved), (4, 0));
    adds_up(&report);
    // What a listing can tell is not asked for one by one: two events, each at two webhooks at most, and
    // two requests that put each webhook to the test.
    assert!(world.get().gets <= 8, "{} look-ups", world.get().gets);
}

#[tokio::test(start_paused = true)]
async fn the_whole_log_of_a_tenant_fits_the_audit_of_all_its_webhooks() {
    let world = Shared::outage(0);
    world.outage_of(2, "2-", 0);
    let report = world.run(&RunRequest { scope: hooks(2), ..audit() }).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    adds_up(&report);
    assert_eq!(report.audit.expect("an audit").log.elsewhere, 0);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_shows_no_single_event_denies_nothing() {
    let world = Shared::outage(0);
    logged(&world, "forged", None);
    let hidden = |id: &str| ProviderError::NotFound { message: id.to_owned() };
    world.get().get_error = Some(hidden("no such path"));
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::AuditIncomplete));
    assert_eq!((unknown(&report).len(), report.audit.expect("an audit").log.unresolved), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_log_holds_and_the_listing_left_out_makes_nothing_clean() {
    let world = Shared::outage(0);
    world.event("hidden", 7, true, true);
    world.get().never_listed.insert("hidden".to_owned());
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::ListingIncomplete), "{:?}", report.problems);
    assert_eq!(report.totals.listed, 21, "it is told of like those that were listed");
    adds_up(&report);
}

#[tokio::test(start_paused = true)]
async fn receipts_from_before_the_first_listed_event_are_a_sign_of_what_the_vendor_forgot() {
    let world = Shared::outage(0);
    logged(&world, "forgotten", Some(hours_ago(70)));
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::ListingIncomplete));
}

#[tokio::test(start_paused = true)]
async fn a_receipt_of_the_moment_of_the_first_listed_event_is_no_sign_of_anything_forgotten() {
    let world = Shared::outage(0);
    logged(&world, "forged", Some(hours_ago(21)));
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Clean, "{:?}", report.problems);
    assert_eq!(unknown(&report), ["forged"]);
}

#[tokio::test(start_paused = true)]
async fn what_an_audit_reads_of_the_log_is_what_its_events_are_judged_by() {
    let world = Shared::outage(3);
    world.get().log_breaks_at = Some(2);
    let report = world.run(&audit()).await;
    assert_eq!((report.totals.missing, report.totals.unknown), (0, 3), "{:?}", report.problems);
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    adds_up(&report);
}

#[tokio::test(start_paused = true)]
async fn ids_that_could_not_be_placed_are_counted_in_words() {
    for (ids, is_least, words) in [(1, false, "1 id of"), (2, false, "2 ids of"), (2, true, "at least 2 ids of")] {
        let world = Shared::outage(0);
        (0..ids).for_each(|number| logged(&world, &format!("forged-{number}"), None));
        world.get().unlisted.is_least = is_least;
        world.get().get_error = Some(ProviderError::NotFound { message: String::new() });
        let report = world.run(&audit()).await;
        let told = message(&report, ProblemKind::AuditIncomplete);
        assert!(told.starts_with(&format!("{words} the received log could not be placed: ")), "{told}");
        assert_eq!(report.audit.expect("an audit").log.is_least, is_least);
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_the_listing_left_out_are_counted_in_words() {
    for (ids, words) in [(1, "left out 1 event that"), (2, "left out 2 events that")] {
        let world = Shared::outage(0);
        for id in (0..ids).map(|number| format!("hidden-{number}")) {
            world.event(&id, 7, true, true);
            world.get().never_listed.insert(id);
        }
        let report = world.run(&audit()).await;
        let told = message(&report, ProblemKind::ListingIncomplete);
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_can_not_be_read_the_other_way_is_said_to_be_so() {
    let world = Shared::outage(0);
    world.get().unlisted = Unlisted { untold: Some("it is asked by a query".to_owned()), ..Unlisted::default() };
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    assert!(has(&report, ProblemKind::AuditIncomplete));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_to_ask_for_is_told_as_not_placed() {
    let world = Shared::outage(0);
    (0..700).for_each(|number| logged(&world, &format!("forged-{number}"), None));
    let report = world.run(&audit()).await;
    let log = report.audit.as_ref().expect("an audit").log.clone();
    assert_eq!(log.unknown_to_vendor.len() as u64 + log.unresolved, 700);
    assert!(log.unresolved > 0 && world.get().gets <= 501, "{} look-ups", world.get().gets);
    assert_eq!(report.exit_code, ExitCode::Undetermined);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_lies_is_no_way_to_hide_from_an_audit() {
    let world = Shared::outage(4);
    world.get().list = ListBehaviour::FailedAlwaysEmpty;
    let report = world.run(&audit()).await;
    assert_eq!((report.exit_code, report.totals.missing), (ExitCode::Left, 4), "{:?}", report.problems);
    world.get().events.insert("young".to_owned(), event_at(start() - TimeDelta::minutes(1), false));
    adds_up(&world.run(&audit()).await);
}

#[tokio::test(start_paused = true)]
async fn an_audit_that_comes_to_no_end_is_never_taken_for_one() {
    let world = Shared::outage(1);
    (0..30).for_each(|number| logged(&world, &format!("forged-{number}"), None));
    world.get().get_latency = Duration::from_secs(2);
    let mut asked = audit();
    asked.policy.bounds.deadline = Duration::from_secs(4);
    let report = world.run(&asked).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "what is left must not hide what was not looked at");
    assert!(has(&report, ProblemKind::AuditIncomplete) && has(&report, ProblemKind::Deadline));
    assert_eq!(report.totals.left, 1);
}

#[tokio::test(start_paused = true)]
async fn what_goes_wrong_while_ids_are_placed_costs_no_more_than_their_place() {
    let gone = ProviderError::UnknownPath { message: "Resource not found".to_owned() };
    let refused =
        ProviderError::CredentialsRefused { credential: Credential::ApiKey, status: 403, message: String::new() };
    let broken = ProviderError::Server { status: 500, message: String::new(), retry_after: None };
    for error in [gone, refused, broken] {
        let world = Shared::outage(2);
        logged(&world, "forged", None);
        world.get().get_error = Some(error.clone());
        let report = world.run(&audit()).await;
        assert_eq!(report.exit_code, ExitCode::Undetermined, "{error}");
        let log = &report.audit.as_ref().expect("an audit").log;
        assert_eq!((log.unresolved, report.totals.missing), (1, 2), "{error}");
        adds_up(&report);
    }
}

#[tokio::test(start_paused = true)]
async fn a_log_that_spells_uuids_otherwise_is_asked_for_in_the_spelling_of_the_vendor() {
    let usual = "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b";
    for spelled in [usual.to_uppercase(), format!("{{{usual}}}"), usual.replace('-', "")] {
        let world = Shared::outage(0);
        world.event(usual, 24 * 200, true, false);
        logged(&world, &spelled, None);
        let report = world.run(&audit()).await;
        assert_eq!((report.exit_code, unknown(&report)), (ExitCode::Clean, Vec::new()), "{spelled}");
        assert_eq!(report.audit.expect("an audit").log.elsewhere, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_shows_whatever_it_is_asked_for_places_nothing() {
    let world = Shared::outage(0);
    logged(&world, "forged", None);
    world.get().shows_anything = true;
    let report = world.run(&audit()).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined);
    let log = report.audit.expect("an audit").log;
    assert_eq!((log.unresolved, log.elsewhere), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_selection_of_event_types_leaves_no_webhook_out_of_the_search() {
    let world = Shared::outage(0);
    world.outage_of(2, "2-", 0);
    let selection = Selection { event_types: vec!["SaleCreated".to_owned()], ..Selection::default() };
    world.get().other_types = vec![2];
    let report = world.run(&RunRequest { scope: Scope::AllWebhooks, task: Task::Window(selection), ..audit() }).await;
    assert_eq!((report.webhooks.len(), unknown(&report)), (1, Vec::new()), "{:?}", report.problems);
    assert_eq!(report.audit.expect("an audit").log.elsewhere, 20);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_webhooks_that_lacks_the_one_in_question_is_not_the_last_word() {
    let world = Shared::outage(0);
    logged(&world, "forged", None);
    world.get().hidden_hooks = vec![1];
    let report = world.run(&audit()).await;
    assert_eq!((report.exit_code, unknown(&report)), (ExitCode::Undetermined, Vec::new()));
}
