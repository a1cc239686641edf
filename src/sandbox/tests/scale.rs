//! Generated worlds, and listings too large to be built in memory.

use super::*;

fn generated(mix: Mix) -> WorldPlan {
    WorldPlan::new(11).mix(mix).period(at("2026-01-01T00:00:00Z"), at("2026-01-11T00:00:00Z"))
}

#[tokio::test]
async fn a_generated_world_holds_the_mix_and_can_be_repaired() {
    let mix = Mix { events: 400, missing: 9, unacknowledged: 4, lost_after_ack: 2, pending: 3, poison: 1 };
    let (sandbox, client) = start(generated(mix));
    let failed = client.listed_ids("&success=false").await;
    assert_eq!((failed.len(), client.list("").await.len()), (13, 400));
    let logged = received(&sandbox);
    assert_eq!(logged.len(), 400 - 9 - 2 - 3);
    let missing: Vec<&String> = failed.iter().filter(|id| !logged.contains(id)).collect();
    assert_eq!(missing.len(), 9);
    let mut refused = 0;
    for id in &missing {
        refused += u64::from(client.resend(id).await["success"] == false);
    }
    assert_eq!(refused, 1, "the poisonous one");
    assert_eq!(client.list("&success=false").await.len(), 4 + 1);
    assert_eq!(sandbox.world().not_held().len(), 1 + 2 + 3, "poison, lost and pending");
    assert_eq!(sandbox.world().duplicates(), Vec::<String>::new());
}

#[tokio::test]
async fn the_initial_log_is_in_the_order_of_time_across_webhooks() {
    let mix = Mix { events: 50, missing: 5, ..Mix::default() };
    let (sandbox, _client) = start(generated(mix).webhooks(3));
    let text = std::fs::read_to_string(sandbox.received_log()).expect("the log");
    let times: Vec<&str> = text.lines().map(|line| &line[..35]).collect();
    assert_eq!(times.len(), 3 * 45);
    assert!(times.is_sorted());
}

#[tokio::test]
async fn an_empty_log_can_be_asked_for() {
    let (sandbox, _client) = start(one_of_each().initial_log(InitialLog::Empty));
    assert_eq!(received(&sandbox), Vec::<String>::new());
}

#[tokio::test]
async fn placed_and_generated_events_are_listed_in_one_order() {
    for fault in [None, Some(Fault::NewestFirst)] {
        let plan = generated(Mix { events: 40, ..Mix::default() });
        let placed = (0..20)
            .map(|day| EventPlan::missing(format!("placed-{day}"), at("2026-01-01T06:00:00Z") + hours(day * 12)));
        let (sandbox, client) = start(plan.events(placed));
        fault.into_iter().for_each(|fault| sandbox.set_fault(fault));
        let rows = client.list("").await;
        let times: Vec<&str> = rows.iter().map(|row| row["createdDateTime"].as_str().expect("a time")).collect();
        assert_eq!(times.len(), 60);
        let mut sorted = times.clone();
        sorted.sort_unstable();
        if fault.is_some() {
            sorted.reverse();
        }
        assert_eq!(times, sorted);
    }
}

#[tokio::test]
async fn a_large_listing_is_served_in_pieces() {
    let plan = generated(Mix { events: 50_000, missing: 100, ..Mix::default() }).initial_log(InitialLog::Empty);
    let (_sandbox, client) = start(plan);
    let path = format!("/api/WebhooksEvents/{}?from=2026-01-01&to=2026-01-11", client.webhook);
    let mut response = client.request(Method::GET, &path).send().await.expect("an answer");
    assert_eq!(response.content_length(), None, "its length is not known before it is written");
    let (mut rows, mut bytes) = (0, 0);
    while let Some(chunk) = response.chunk().await.expect("a piece") {
        bytes += chunk.len();
        rows += chunk.iter().filter(|byte| **byte == b'{').count();
    }
    assert_eq!(rows, 50_000);
    assert!(bytes > 50_000 * 250, "{bytes} bytes");
    assert_eq!(client.list("&success=false").await.len(), 100);
}
