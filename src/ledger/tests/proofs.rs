//! What was proven clean, and when the receiver refused a resend.

use crate::attempt::{AttemptOutcome, Conclusion, Settlement};
use crate::event::WebhookId;
use crate::ledger::{History, Journal, LedgerGuard, RunEnd};
use crate::proven::Proven;

use super::{World, at, attempt, outcome, request, run_end, run_start, settle, webhook};

fn stretch(from: i64, until: i64) -> Proven {
    Proven { from: at(from), until: at(until) }
}

async fn prove(guard: &LedgerGuard, run_id: &str, proven: Vec<(WebhookId, Proven)>) {
    guard.record_run_start(run_start(run_id)).await.unwrap();
    guard.record_run_end(RunEnd { proven, ..run_end(9) }).await.unwrap();
}

#[tokio::test]
async fn what_was_proven_grows_where_it_touches_and_never_over_a_gap() {
    let world = World::new();
    let guard = world.lock();
    assert_eq!(guard.proven(&webhook()).await.unwrap(), None);
    prove(&guard, "run-1", vec![(webhook(), stretch(0, 100))]).await;
    prove(&guard, "run-2", vec![(webhook(), stretch(50, 200))]).await;
    assert_eq!(guard.proven(&webhook()).await.unwrap(), Some(stretch(0, 200)));
    prove(&guard, "run-3", vec![(webhook(), stretch(201, 300))]).await;
    assert_eq!(guard.proven(&webhook()).await.unwrap(), Some(stretch(0, 200)));
    drop(guard);
    let reader = world.ledger.open_read().unwrap().unwrap();
    assert_eq!(reader.proven(&webhook()).await.unwrap(), Some(stretch(0, 200)));
}

#[tokio::test]
async fn what_was_proven_of_one_webhook_says_nothing_of_another() {
    let world = World::new();
    let guard = world.lock();
    let other = WebhookId::new("4712").unwrap();
    prove(&guard, "run-1", vec![(webhook(), stretch(0, 100)), (other.clone(), stretch(50, 60))]).await;
    assert_eq!(guard.proven(&webhook()).await.unwrap(), Some(stretch(0, 100)));
    assert_eq!(guard.proven(&other).await.unwrap(), Some(stretch(50, 60)));
    assert_eq!(guard.proven(&WebhookId::new("4713").unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn fractions_of_a_millisecond_are_never_rounded_outwards() {
    let world = World::new();
    let guard = world.lock();
    let fraction = chrono::TimeDelta::microseconds(300);
    let exact = Proven { from: at(0) + fraction, until: at(100) + fraction };
    prove(&guard, "run-1", vec![(webhook(), exact)]).await;
    let known = guard.proven(&webhook()).await.unwrap().unwrap();
    assert!(exact.from <= known.from && known.until <= exact.until, "{known:?}");
    assert_eq!(known.until, at(100));
}

#[tokio::test]
async fn the_time_of_a_failure_is_that_of_the_refusal_or_the_latest_it_can_have_been() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    // Refused in the answer, which is settled by itself at 2.
    attempt(&guard, "event-1", Conclusion::Refused).await;
    // Refused in the answer at 4, and believed only later.
    let intent = guard.record_intent(request("event-2"), at(3)).await.unwrap();
    let uncounted = intent.attempt();
    let refused = AttemptOutcome { runs_after: None, ..outcome(Conclusion::Refused) };
    guard.record_outcome(intent, refused, at(4)).await.unwrap();
    assert_eq!(guard.delivery_failures(&webhook(), at(0)).await.unwrap(), [at(2)], "an open one is no failure yet");
    guard.settle(vec![(uncounted, Settlement::DeliveryFailed, String::new())], at(50)).await.unwrap();
    // In doubt, and found to have failed when it was looked at.
    let doubtful = attempt(&guard, "event-3", Conclusion::InDoubt).await;
    guard.settle(vec![(doubtful, Settlement::DeliveryFailed, String::new())], at(60)).await.unwrap();
    // Never answered, because the run was killed.
    let killed = guard.record_intent(request("event-4"), at(5)).await.unwrap().attempt();
    guard.settle(vec![(killed, Settlement::DeliveryFailed, String::new())], at(55)).await.unwrap();
    for (event, settlement) in [("event-5", Settlement::Recovered), ("event-6", Settlement::NotSent)] {
        let other = attempt(&guard, event, Conclusion::InDoubt).await;
        settle(&guard, other, settlement).await;
    }
    assert_eq!(guard.delivery_failures(&webhook(), at(0)).await.unwrap(), [at(2), at(4), at(55), at(60)]);
    assert_eq!(guard.delivery_failures(&webhook(), at(55)).await.unwrap(), [at(55), at(60)]);
    let other = WebhookId::new("4712").unwrap();
    assert!(guard.delivery_failures(&other, at(0)).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_failure_that_turns_out_to_have_arrived_is_none() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let refused = attempt(&guard, "event-1", Conclusion::Refused).await;
    settle(&guard, refused, Settlement::Recovered).await;
    assert!(guard.delivery_failures(&webhook(), at(0)).await.unwrap().is_empty());
}
