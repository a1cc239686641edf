//! The past as people see it.

use chrono::TimeDelta;

use crate::attempt::{Conclusion, Settlement};
use crate::event::{EventId, WebhookId, Window};
use crate::ledger::{Journal, RunStart, past, tally};

use super::{World, at, attempt, outcome, request, run_end, run_start, settle, webhook};

#[tokio::test]
async fn runs_are_told_newest_first_with_who_asked_and_how_many_attempts_they_made() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::Refused).await;
    attempt(&guard, "event-2", Conclusion::InDoubt).await;
    guard.record_run_end(run_end(9)).await.unwrap();
    let later = RunStart { started_at: at(10), asked_by: "cron".to_owned(), ..run_start("run-2") };
    guard.record_run_start(later).await.unwrap();
    let runs = guard.reader().runs(10).await.unwrap();
    let told: Vec<_> = runs.iter().map(|run| (run.run_id.as_str(), run.asked_by.as_str(), run.attempts)).collect();
    assert_eq!(told, [("run-2", "cron", 0), ("run-1", "anna on till-server", 2)]);
    assert_eq!((runs[0].finished_at, runs[0].outcome.as_deref()), (None, None));
    assert_eq!((runs[1].finished_at, runs[1].outcome.as_deref()), (Some(at(9)), Some("clean")));
    assert_eq!((runs[1].window, &runs[1].webhooks), (run_start("run-1").window, &vec![webhook()]));
    assert_eq!(guard.reader().runs(1).await.unwrap(), runs[..1]);
    assert_eq!(guard.reader().runs(u64::MAX).await.unwrap(), runs);
}

#[tokio::test]
async fn a_run_over_less_than_a_millisecond_is_told_of_too() {
    let world = World::new();
    let guard = world.lock();
    let window = Window::new(at(0), at(0) + TimeDelta::microseconds(300)).unwrap();
    guard.record_run_start(RunStart { window, ..run_start("run-1") }).await.unwrap();
    let told = guard.reader().runs(1).await.unwrap();
    assert_eq!(told[0].window, Window::new(at(0), at(0) + TimeDelta::milliseconds(1)).unwrap());
}

#[tokio::test]
async fn an_attempt_is_told_with_everything_that_was_recorded_of_it() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    let accepted = attempt(&guard, "event-1", Conclusion::Accepted).await;
    settle(&guard, accepted, Settlement::Recovered).await;
    let told = guard.reader().attempts_of(&EventId::new("event-1").unwrap()).await.unwrap();
    assert_eq!(told.len(), 1);
    let (told, request, outcome) = (&told[0], request("event-1"), outcome(Conclusion::Accepted));
    assert_eq!((told.attempt, told.run_id.as_str(), told.command.as_str()), (accepted, "run-1", "reconcile"));
    assert_eq!(
        (told.asked_by.as_str(), &told.webhook, &told.event),
        ("anna on till-server", &webhook(), &request.event)
    );
    assert_eq!((told.created_at, told.intent_at, told.ended_at), (request.created_at, at(1), Some(at(2))));
    assert_eq!((told.status_before, told.runs_before), (request.status_before, request.runs_before));
    assert_eq!((told.conclusion, told.status_code), (Some(Conclusion::Accepted), outcome.status_code));
    assert_eq!((told.runs_after, told.detail.as_deref()), (outcome.runs_after, Some("answered")));
    assert_eq!((told.settlement, told.settled_at), (Some(Settlement::Recovered), Some(at(3))));
    assert_eq!(told.evidence.as_deref(), Some("listed again"));
}

#[tokio::test]
async fn the_attempts_for_an_event_are_found_in_every_webhook_and_whatever_its_spelling() {
    let (lower, upper) = ("6f2ab1c0-0d5e-4b7e-9a53-0c2b86d1f6aa", "6F2AB1C0-0D5E-4B7E-9A53-0C2B86D1F6AA");
    let world = World::new();
    let guard = world.begin("run-1").await;
    assert_eq!(guard.reader().attempts_of(&EventId::new(upper).unwrap()).await.unwrap(), []);
    for hook in ["4713", "4711", "4712"] {
        let request = crate::attempt::ResendRequest { webhook: WebhookId::new(hook).unwrap(), ..request(lower) };
        guard.record_intent(request, at(1)).await.unwrap();
        attempt(&guard, "another", Conclusion::Refused).await;
    }
    let told = guard.reader().attempts_of(&EventId::new(upper).unwrap()).await.unwrap();
    let hooks: Vec<&str> = told.iter().map(|attempt| attempt.webhook.as_str()).collect();
    assert_eq!(hooks, ["4713", "4711", "4712"]);
}

#[tokio::test]
async fn the_attempts_of_a_run_are_its_own() {
    let world = World::new();
    let guard = world.begin("run-1").await;
    attempt(&guard, "event-1", Conclusion::Refused).await;
    guard.record_run_end(run_end(9)).await.unwrap();
    guard.record_run_start(run_start("run-2")).await.unwrap();
    let later = attempt(&guard, "event-1", Conclusion::InDoubt).await;
    let told = guard.reader().attempts_of_run("run-2").await.unwrap();
    assert_eq!(told.iter().map(|told| told.attempt).collect::<Vec<_>>(), [later]);
    assert_eq!(guard.reader().attempts_of_run("run-3").await.unwrap(), []);
}

#[test]
fn no_question_about_one_thing_reads_all_attempts() {
    let world = World::new();
    drop(world.lock());
    let connection = rusqlite::Connection::open(world.path()).unwrap();
    let runs = past::runs_sql("''");
    let (of_event, of_run) = (past::attempts_of_event_sql("''"), past::attempts_of_run_sql("''"));
    // Each question, and whether its answer is small enough to be sorted.
    let questions = [
        (past::DELIVERY_FAILURES, false),
        (tally::ATTEMPTS_OF_WEBHOOK, false),
        (&runs, false),
        (&of_event, true),
        (&of_run, true),
    ];
    for (sql, may_sort) in questions {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            assert!(!step.starts_with("SCAN attempts"), "{sql}: {step}");
            assert!(!step.starts_with("SCAN runs") || step.contains("runs_by_start"), "{sql}: {step}");
            assert!(!step.contains("TEMP B-TREE") || may_sort, "{sql}: {step}");
        }
    }
}
