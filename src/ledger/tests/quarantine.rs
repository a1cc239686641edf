//! Who is in quarantine, and what a release forgives.

use crate::attempt::Conclusion;
use crate::event::{EventId, WebhookId};
use crate::history::QuarantineEnd;
use crate::ledger::{History, Journal, LedgerGuard, Quarantine, QuarantineChange, RunEnd};

use super::{World, at, attempt, of_event, run_end, run_start, webhook};

fn id(event: &str) -> EventId {
    EventId::new(event).unwrap()
}

fn entry(since: i64) -> Quarantine {
    Quarantine {
        since: at(since),
        created_at: Some(at(-600)),
        resend_id: id("resend-event-1"),
        attempts: 3,
        reason: "the receiver refused it".to_owned(),
    }
}

fn entered(event: &str, since: i64) -> QuarantineChange {
    QuarantineChange::Entered { webhook: webhook(), event: id(event), entry: entry(since) }
}

fn resolved(event: &str) -> QuarantineChange {
    QuarantineChange::Resolved { webhook: webhook(), event: id(event), evidence: "in the log".to_owned() }
}

async fn end_run(guard: &LedgerGuard, second: i64, quarantine: Vec<QuarantineChange>) {
    guard.record_run_end(RunEnd { quarantine, ..run_end(second) }).await.unwrap();
}

/// Ends the run with three failed attempts for an event and the event in quarantine.
pub(super) async fn quarantine(guard: &LedgerGuard, event: &str, second: i64) {
    for _ in 0..3 {
        attempt(guard, event, Conclusion::Refused).await;
    }
    end_run(guard, second, vec![entered(event, second)]).await;
}

async fn release(guard: &LedgerGuard, event: &str, second: i64) -> u64 {
    guard.release(vec![(webhook(), id(event))], "anna".to_owned(), at(second)).await.unwrap()
}

#[tokio::test]
async fn an_event_that_used_up_its_attempts_is_quarantined_from_the_end_of_the_run() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    drop(guard);
    let history = world.history("event-1").await;
    assert_eq!((history.attempts, history.quarantine), (3, Some(entry(9))));
    let there = world.ledger.open_read().unwrap().unwrap().quarantined(None).await.unwrap();
    assert_eq!(there.len(), 1);
    assert_eq!((&there[0].event, there[0].since, there[0].attempts), (&id("event-1"), at(9), 3));
    assert_eq!((there[0].created_at, &there[0].end), (Some(at(-600)), &None));
}

#[tokio::test]
async fn an_event_that_is_quarantined_already_stays_as_it_was_recorded() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    guard.record_run_start(run_start("run-2")).await.unwrap();
    end_run(&guard, 19, vec![entered("event-1", 19)]).await;
    assert_eq!(of_event(&guard, "event-1").await.quarantine, Some(entry(9)));
    assert_eq!(guard.reader().stays_of(&id("event-1")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_without_attempts_can_be_quarantined_and_is_told_of() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    end_run(&guard, 9, vec![entered("event-1", 9)]).await;
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, history.quarantine), (0, Some(entry(9))));
}

#[tokio::test]
async fn a_release_forgives_the_attempts_so_far_and_counts_the_next_ones() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let doubtful = attempt(&guard, "event-1", Conclusion::InDoubt).await;
    quarantine(&guard, "event-1", 9).await;
    assert_eq!(release(&guard, "event-1", 20).await, 1);
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, &history.quarantine), (0, &None));
    assert_eq!(history.open.iter().map(|open| open.attempt).collect::<Vec<_>>(), [doubtful], "doubt is not forgiven");

    guard.record_run_start(run_start("run-2")).await.unwrap();
    attempt(&guard, "event-1", Conclusion::Refused).await;
    assert_eq!(of_event(&guard, "event-1").await.attempts, 1);
    let stays = guard.reader().stays_of(&id("event-1")).await.unwrap();
    assert_eq!(stays.len(), 1);
    assert_eq!(stays[0].end, Some(QuarantineEnd::Released { at: at(20), by: "anna".to_owned() }));
}

#[tokio::test]
async fn an_event_that_fails_again_after_a_release_starts_a_new_stay() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    release(&guard, "event-1", 20).await;
    guard.record_run_start(run_start("run-2")).await.unwrap();
    quarantine(&guard, "event-1", 29).await;
    let history = of_event(&guard, "event-1").await;
    assert_eq!((history.attempts, history.quarantine), (3, Some(entry(29))));
    let stays = guard.reader().stays_of(&id("event-1")).await.unwrap();
    assert_eq!(
        stays.iter().map(|stay| (stay.since, stay.end.is_some())).collect::<Vec<_>>(),
        [(at(9), true), (at(29), false)]
    );
    assert_eq!(release(&guard, "event-1", 40).await, 1);
    assert_eq!(of_event(&guard, "event-1").await.attempts, 0);
}

#[tokio::test]
async fn what_is_not_quarantined_is_not_released_and_counts_nothing() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    let other = WebhookId::new("4712").unwrap();
    let events = vec![(other, id("event-1")), (webhook(), id("event-2")), (webhook(), id("event-1"))];
    let twice = [events.clone(), events].concat();
    assert_eq!(guard.release(twice, "anna".to_owned(), at(20)).await.unwrap(), 1);
    assert_eq!(release(&guard, "event-1", 21).await, 0);
    let stays = guard.reader().stays_of(&id("event-1")).await.unwrap();
    assert_eq!(stays[0].end, Some(QuarantineEnd::Released { at: at(20), by: "anna".to_owned() }));
}

#[tokio::test]
async fn an_event_that_arrived_after_all_leaves_quarantine_with_the_evidence() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    guard.record_run_start(run_start("run-2")).await.unwrap();
    end_run(&guard, 19, vec![resolved("event-1"), resolved("event-2")]).await;
    assert_eq!(of_event(&guard, "event-1").await.quarantine, None);
    assert_eq!(guard.reader().quarantined(None).await.unwrap(), []);
    let stays = guard.reader().stays_of(&id("event-1")).await.unwrap();
    assert_eq!(stays[0].end, Some(QuarantineEnd::Resolved { at: at(19), evidence: "in the log".to_owned() }));
    assert_eq!(release(&guard, "event-1", 20).await, 0);
}

#[tokio::test]
async fn what_a_person_released_stays_released_when_the_event_arrives() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    quarantine(&guard, "event-1", 9).await;
    release(&guard, "event-1", 12).await;
    guard.record_run_start(run_start("run-2")).await.unwrap();
    end_run(&guard, 19, vec![resolved("event-1")]).await;
    let stays = guard.reader().stays_of(&id("event-1")).await.unwrap();
    assert_eq!(stays[0].end, Some(QuarantineEnd::Released { at: at(12), by: "anna".to_owned() }));
}

#[tokio::test]
async fn quarantine_is_listed_by_webhook_oldest_event_first() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let of = |event: &str, webhook: &str, created: Option<i64>| QuarantineChange::Entered {
        webhook: WebhookId::new(webhook).unwrap(),
        event: id(event),
        entry: Quarantine { created_at: created.map(at), ..entry(9) },
    };
    let changes = vec![of("b", "4711", Some(-10)), of("a", "4711", Some(-20)), of("c", "4712", Some(-30))];
    end_run(&guard, 9, [changes, vec![of("d", "4711", None)]].concat()).await;
    let names = |events: Vec<crate::history::QuarantinedEvent>| {
        events.iter().map(|event| event.event.to_string()).collect::<String>()
    };
    assert_eq!(names(guard.reader().quarantined(None).await.unwrap()), "dcab");
    assert_eq!(names(guard.reader().quarantined(Some(&webhook())).await.unwrap()), "dab");
}

#[tokio::test]
async fn two_spellings_of_one_uuid_are_one_event_in_quarantine() {
    let (lower, upper) = ("6f2ab1c0-0d5e-4b7e-9a53-0c2b86d1f6aa", "{6F2AB1C0-0D5E-4B7E-9A53-0C2B86D1F6AA}");
    let world = World::new();
    let guard = world.begin("run-1").await;
    end_run(&guard, 9, vec![entered(lower, 9), entered(upper, 9)]).await;
    assert_eq!(guard.reader().quarantined(None).await.unwrap().len(), 1);
    assert_eq!(guard.of_webhook(&webhook()).await.unwrap().len(), 1);
    assert_eq!(release(&guard, upper, 20).await, 1);
}
