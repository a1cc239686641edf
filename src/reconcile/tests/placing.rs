//! Where ids belong that only the log holds: who is asked, how often, and whose denial counts.

use crate::exit::ExitCode;
use crate::provider::ProviderError;
use crate::reconcile::{RunRequest, Scope};
use crate::run_report::RunReport;

use super::audit::{audit, logged, unknown};
use super::canaries::when;
use super::world::{Shared, hooks};

const UUID: &str = "d18a9c6e-0b1c-4f5e-9a7b-3c2d1e0f4a5b";

/// How many ids belong elsewhere, are unknown to the vendor, and could not be placed.
fn placed(report: &RunReport) -> (u64, usize, u64) {
    let log = &report.audit.as_ref().expect("an audit").log;
    (log.elsewhere, unknown(report).len(), log.unresolved)
}

/// A second webhook that the vendor knows and that has never had an event to show.
fn with_a_quiet_webhook() -> Shared {
    let world = Shared::outage(0);
    world.event_of(2, "of-the-quiet", 5, true, false);
    world.get().never_listed.insert("of-the-quiet".to_owned());
    world
}

#[tokio::test(start_paused = true)]
async fn ids_of_the_month_before_are_found_by_listings_and_not_one_by_one() {
    for hook in [1, 2] {
        let world = Shared::outage(0);
        for number in 0..60 {
            world.event_of(hook, &format!("last-month-{number}"), 24 * 5 + number, true, true);
        }
        let report = world.run(&audit()).await;
        assert_eq!((report.exit_code, placed(&report)), (ExitCode::Clean, (60, 0, 0)), "{:?}", report.problems);
        assert_eq!(world.get().gets, 0, "{hook}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_webhooks_are_enumerated_once() {
    let world = Shared::outage(0);
    logged(&world, "forged", None);
    let report = world.run(&RunRequest { scope: Scope::AllWebhooks, ..audit() }).await;
    assert_eq!(placed(&report), (0, 1, 0), "{:?}", report.problems);
    assert_eq!(report.requests.list, u64::from(world.get().listings) + 1);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_that_is_quiet_denies_what_it_does_not_know() {
    let world = with_a_quiet_webhook();
    logged(&world, "forged", None);
    let report = world.run(&audit()).await;
    assert_eq!((report.exit_code, placed(&report)), (ExitCode::Clean, (0, 1, 0)), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_webhook_whose_listings_can_not_be_read_is_not_taken_for_quiet() {
    let world = with_a_quiet_webhook();
    logged(&world, "forged", None);
    world.get().moods.unlisted_hook = Some(2);
    let report = world.run(&audit()).await;
    assert_eq!((report.exit_code, placed(&report)), (ExitCode::Undetermined, (0, 0, 1)), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_is_asked_for_five_hundred_events_or_for_a_few_of_each_of_its_webhooks() {
    let world = Shared::outage(0);
    (0..700).for_each(|number| logged(&world, &format!("forged-{number}"), None));
    let report = world.run(&audit()).await;
    // Two requests put the webhook to the test, and an id may have two spellings.
    assert_eq!((placed(&report), world.get().gets), ((0, 249, 451), 251), "{:?}", report.problems);
    let world = Shared::new();
    for hook in 1..=130 {
        world.event_of(hook, &format!("of-{hook}"), 5, true, true);
    }
    (0..5).for_each(|number| logged(&world, &format!("forged-{number}"), None));
    let report = world.run(&RunRequest { scope: hooks(130), ..audit() }).await;
    assert_eq!(placed(&report), (0, 1, 4), "{:?}", report.problems);
}

#[tokio::test(start_paused = true)]
async fn answers_that_say_nothing_are_not_asked_for_again_and_again() {
    let world = Shared::outage(0);
    (0..30).for_each(|number| logged(&world, &format!("forged-{number}"), None));
    let says_nothing = |world: &Shared| {
        world.get().get_error = Some(ProviderError::Rejected { status: 422, message: "no".to_owned() });
    };
    let asked = audit();
    let (report, ()) = tokio::join!(world.run(&asked), when(&world, |world| world.get().gets == 2, says_nothing));
    assert_eq!((report.exit_code, placed(&report)), (ExitCode::Undetermined, (0, 0, 30)), "{:?}", report.problems);
    // Three, and those that were under way beside the third.
    assert!(world.get().gets <= 2 + 3 + 4, "{} look-ups", world.get().gets);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_refuses_what_there_is_not_denies_it() {
    for id in [UUID, "forged"] {
        let world = Shared::outage(0);
        world.get().moods.denies_by_refusal = true;
        logged(&world, id, None);
        let report = world.run(&audit()).await;
        assert_eq!((report.exit_code, placed(&report)), (ExitCode::Clean, (0, 1, 0)), "{id}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_denies_only_an_id_that_the_vendor_could_not_have_given() {
    for (id, code, where_it_is) in [(UUID, ExitCode::Undetermined, (0, 0, 1)), ("forged", ExitCode::Clean, (0, 1, 0))] {
        let world = Shared::outage(0);
        let refused = ProviderError::Rejected { status: 400, message: "no".to_owned() };
        world.get().moods.answers_of = Some((id.to_owned(), refused));
        logged(&world, id, None);
        let report = world.run(&audit()).await;
        assert_eq!((report.exit_code, placed(&report)), (code, where_it_is), "{id}: {:?}", report.problems);
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_is_asked_for_as_the_log_spells_it_where_the_vendor_does_not_know_it_otherwise() {
    let spelled = UUID.to_uppercase();
    let world = Shared::outage(0);
    world.event(&spelled, 24 * 200, true, false);
    logged(&world, &spelled, None);
    let report = world.run(&audit()).await;
    assert_eq!((report.exit_code, placed(&report)), (ExitCode::Clean, (1, 0, 0)), "{:?}", report.problems);
    let world = Shared::outage(0);
    logged(&world, UUID, None);
    let report = world.run(&audit()).await;
    assert_eq!(
        (placed(&report), world.get().gets),
        ((0, 1, 0), 3),
        "once by its usual spelling: {:?}",
        report.problems
    );
}
