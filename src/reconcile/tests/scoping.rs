//! Which webhooks a run looks at.

use crate::event::WebhookId;
use crate::exit::ExitCode;
use crate::provider::ProviderError;
use crate::reconcile::{RunRequest, Scope, Task, WebhookRef};
use crate::run_report::{Mode, ProblemKind, RunReport};
use crate::selection::Selection;

use super::has;
use super::world::{Shared, request};

fn by_type(names: &[&str]) -> Scope {
    Scope::Webhooks(names.iter().map(|name| WebhookRef::EventType((*name).to_owned())).collect())
}

fn of_types(types: &[&str]) -> RunRequest {
    let event_types = types.iter().map(|name| (*name).to_owned()).collect();
    RunRequest { task: Task::Window(Selection { event_types, ..Selection::default() }), ..request(Mode::Check) }
}

fn looked_at(report: &RunReport) -> Vec<(&str, &str)> {
    report.webhooks.iter().map(|webhook| (webhook.webhook.as_str(), webhook.name.as_str())).collect()
}

fn world() -> Shared {
    let world = Shared::outage(1);
    world.outage_of(2, "b-", 1);
    world
}

fn hint(report: &RunReport) -> &str {
    let unknown = report.problems.iter().find(|problem| problem.kind == ProblemKind::WebhookUnknown);
    unknown.map_or("", |problem| problem.hint.as_str())
}

#[tokio::test(start_paused = true)]
async fn all_webhooks_are_those_that_the_vendor_lists() {
    let report = world().run(&RunRequest { scope: Scope::AllWebhooks, ..request(Mode::Check) }).await;
    assert_eq!(looked_at(&report), [("hook-1", "SaleCreated"), ("hook-2", "SaleCreated")]);
    assert_eq!(report.totals.missing, 2);
    let report = Shared::new().run(&RunRequest { scope: Scope::AllWebhooks, ..request(Mode::Check) }).await;
    assert_eq!(report.exit_code, ExitCode::Undetermined, "no webhooks at all are no proof of anything");
    assert!(has(&report, ProblemKind::WebhookUnknown));
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_is_named_twice_is_looked_at_once_and_by_its_first_name() {
    let named = |name: Option<&str>| WebhookRef::Id(WebhookId::new("hook-2").expect("an id"), name.map(str::to_owned));
    let scope = Scope::Webhooks(vec![named(Some("sales")), named(None)]);
    let report = world().run(&RunRequest { scope, ..request(Mode::Check) }).await;
    assert_eq!(looked_at(&report), [("hook-2", "sales")]);
    let report = world().run(&RunRequest { scope: Scope::Webhooks(vec![named(None)]), ..request(Mode::Check) }).await;
    assert_eq!(looked_at(&report), [("hook-2", "hook-2")]);
}

#[tokio::test(start_paused = true)]
async fn an_event_type_stands_for_all_of_its_webhooks_and_a_mistyped_one_is_guessed() {
    let report = world().run(&RunRequest { scope: by_type(&["SaleCreated"]), ..request(Mode::Check) }).await;
    assert_eq!(looked_at(&report), [("hook-1", "SaleCreated"), ("hook-2", "SaleCreated")]);
    for (mistyped, guess) in [
        ("SaleCraeted", "did you mean SaleCreated?"),
        ("StockMoved", "name the webhook by its id"),
        // It is as far from the name of another type as a name may just not be.
        ("Otxherxxxxxxxxxxxxxx", "name the webhook by its id"),
    ] {
        let world = world();
        world.event_of(3, "c", 5, true, true);
        world.get().other_types = vec![3];
        let report = world.run(&RunRequest { scope: by_type(&[mistyped]), ..request(Mode::Check) }).await;
        assert_eq!((report.exit_code, hint(&report)), (ExitCode::Usage, guess));
    }
}

#[tokio::test(start_paused = true)]
async fn only_webhooks_of_the_selected_types_are_looked_at_whatever_their_case() {
    let report = world().run(&of_types(&["salecreated"])).await;
    assert_eq!(looked_at(&report), [("hook-1", "hook-1")], "of those that were named");
    let report = world().run(&RunRequest { scope: Scope::AllWebhooks, ..of_types(&["Other", "SALECREATED"]) }).await;
    assert_eq!(report.webhooks.len(), 2);
    for (mistyped, guess) in [
        ("SaleCraeted", "did you mean SaleCreated? `hookmend webhooks list` shows them all"),
        ("StockMoved", "`hookmend webhooks list` shows them all"),
    ] {
        let report = world().run(&of_types(&[mistyped])).await;
        assert_eq!((report.exit_code, hint(&report)), (ExitCode::Usage, guess));
        assert!(report.webhooks.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_does_not_list_its_webhooks_is_a_wrong_address_or_a_failing_one() {
    for (error, code) in [
        (ProviderError::NotFound { message: String::new() }, ExitCode::Usage),
        (ProviderError::Rejected { status: 400, message: String::new() }, ExitCode::Usage),
        (ProviderError::Server { status: 500, message: String::new(), retry_after: None }, ExitCode::Unavailable),
    ] {
        let world = world();
        world.get().list_error = Some(error.clone());
        let report = world.run(&RunRequest { scope: Scope::AllWebhooks, ..request(Mode::Check) }).await;
        assert_eq!(report.exit_code, code, "{error}");
        assert!(report.webhooks.is_empty());
    }
}
