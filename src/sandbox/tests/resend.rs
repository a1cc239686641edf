//! Resends: the correct one, then each fault, judged by what the receiver really got.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

const NOT_TRIED: Deliveries = Deliveries { tries: 0, acknowledged: 0, kept: 0 };
const KEPT_ONCE: Deliveries = Deliveries { tries: 1, acknowledged: 1, kept: 1 };

#[tokio::test]
async fn a_resend_delivers_and_shows_the_event_afterwards() {
    let (sandbox, client) = start(one_of_each());
    let event = client.resend("missing").await;
    assert_eq!(
        (&event["success"], &event["statusCode"], &event["status"], &event["runsCounter"]),
        (&true.into(), &200.into(), &"OK".into(), &2.into())
    );
    assert_eq!(sandbox.world().deliveries("missing"), KEPT_ONCE);
    assert_eq!(received(&sandbox), ["ok", "unacknowledged", "missing"]);
    assert_eq!(client.listed_ids("&success=false").await, ["unacknowledged"]);
    assert_eq!(sandbox.world().state("missing"), Some((EventState::Delivered, 2)));
    assert_eq!(sandbox.world().duplicates(), Vec::<String>::new());
}

#[tokio::test]
async fn a_second_delivery_of_what_the_receiver_holds_is_a_duplicate() {
    let (sandbox, client) = start(one_of_each());
    client.resend("unacknowledged").await;
    assert_eq!(sandbox.world().held("unacknowledged"), 2);
    assert_eq!(sandbox.world().duplicates(), ["unacknowledged"]);
}

#[tokio::test]
async fn a_refused_delivery_shows_in_the_answer_and_in_the_listing() {
    let plan = one_of_each().receiver(ReceiverPlan::default().refusing("missing", 422));
    let (sandbox, client) = start(plan);
    let event = client.resend("missing").await;
    assert_eq!((&event["success"], &event["statusCode"]), (&false.into(), &422.into()));
    assert_eq!(event["status"], "Unprocessable Entity");
    assert_eq!(client.list("&success=false").await[0]["runsCounter"], 2);
    assert_eq!(sandbox.world().deliveries("missing"), Deliveries { tries: 1, acknowledged: 0, kept: 0 });
    sandbox.set_receiver(ReceiverPlan::default());
    assert_eq!(client.resend("missing").await["success"], true, "repaired");
}

#[tokio::test]
async fn one_event_can_be_asked_for_with_everything() {
    let (_sandbox, client) = start(one_of_each());
    client.resend("missing").await;
    let event = client.get(&format!("/api/WebhooksEvents/{}/missing", client.webhook)).await.json();
    assert!(event["payload"].is_object());
    assert_eq!(event["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!((&event["runs"][0]["success"], &event["runs"][1]["success"]), (&false.into(), &true.into()));
}

#[tokio::test]
async fn what_does_not_exist_is_told_apart_from_an_unknown_path() {
    let (_sandbox, client) = start(one_of_each());
    let answer = client.try_resend("nothing").await.expect("an answer");
    assert_eq!((answer.status, answer.json()["detail"].clone()), (404, "The webhook event does not exist.".into()));
    let answer = client.get("/api/WebhooksEvents/nobody/missing").await;
    assert_eq!((answer.status, answer.json()["detail"].clone()), (404, "The webhook does not exist.".into()));
}

#[tokio::test]
async fn hostile_ids_work_everywhere() {
    for id in ["a/b", "..", ".", "\"quoted\"", "'; --", "\u{1b}[31m", "a b+c%2F?#&", "ñ\n\r\t"] {
        let (sandbox, client) = start(WorldPlan::new(1).event(EventPlan::missing(id, at("2026-01-02T00:00:00Z"))));
        assert_eq!(client.listed_ids("").await, [id]);
        // A client library may tidy dots away, so this request is written by hand.
        let step: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let mut stream = TcpStream::connect(sandbox.shared.address).expect("a connection");
        write!(
            stream,
            "POST /restapi/V2/api/WebhooksEvents/{}/deliver/{step} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
             Ocp-Apim-Subscription-Key: {}\r\nx-api-key: {}\r\nContent-Length: 0\r\n\r\n",
            client.webhook,
            sandbox.subscription_key(),
            sandbox.api_key()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{id:?}: {answer}");
        assert_eq!(sandbox.world().deliveries(id), KEPT_ONCE, "{id:?}");
        assert_eq!(received(&sandbox), [id]);
    }
}

#[tokio::test]
async fn the_answer_can_show_the_state_before() {
    let (sandbox, client) = with_fault("resend-answers-before");
    let event = client.resend("missing").await;
    assert_eq!((&event["success"], &event["runsCounter"]), (&false.into(), &1.into()));
    assert_eq!(sandbox.world().deliveries("missing"), KEPT_ONCE);
    assert_eq!(client.listed_ids("&success=false").await, ["unacknowledged"]);
}

#[tokio::test]
async fn the_delivery_can_come_after_the_answer() {
    let (sandbox, client) = with_fault("resend-delivers-late=100");
    assert_eq!(client.resend("missing").await["success"], false);
    while sandbox.world().deliveries("missing") == NOT_TRIED {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(sandbox.world().deliveries("missing"), KEPT_ONCE);
    assert_eq!(client.listed_ids("&success=false").await, ["unacknowledged"]);
}

#[tokio::test]
async fn the_vendor_can_do_nothing_honestly_or_not() {
    for (fault, claimed) in [("resend-without-delivery", true), ("resend-without-delivery-honest", false)] {
        let (sandbox, client) = with_fault(fault);
        assert_eq!(client.resend("missing").await["success"], claimed, "{fault}");
        assert_eq!(sandbox.world().deliveries("missing"), NOT_TRIED, "{fault}");
        assert_eq!(client.list("&success=false").await[0]["runsCounter"], 1, "{fault}");
    }
}

#[tokio::test]
async fn the_answer_to_a_delivered_resend_can_be_spoiled_in_every_way() {
    for fault in
        ["deliver-then-500", "deliver-then-reset", "deliver-then-cut", "deliver-then-html", "deliver-then-hang=0"]
    {
        let (sandbox, client) = with_fault(fault);
        let answer = client.try_resend("missing").await;
        match (fault, &answer) {
            ("deliver-then-500", Ok(answer)) => assert_eq!(answer.status, 500),
            ("deliver-then-html", Ok(answer)) => {
                assert_eq!(answer.status, 200);
                assert!(answer.text.starts_with("<!DOCTYPE html>"));
            }
            ("deliver-then-cut", Err(error)) => assert!(error.is_body() || error.is_decode(), "{error:?}"),
            (_, Err(error)) => assert!(error.is_request(), "{error:?}"),
            (_, Ok(answer)) => panic!("{fault}: {answer:?}"),
        }
        assert_eq!(sandbox.world().deliveries("missing"), KEPT_ONCE, "{fault}");
        assert_eq!(sandbox.world().count(Operation::Resend), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_resend_can_hang_after_its_delivery() {
    let (sandbox, client) = with_fault("deliver-then-hang=3600");
    assert_silent_after_delivery(&sandbox, client).await;
}

#[tokio::test]
async fn a_resend_can_be_dropped_before_its_delivery() {
    let (sandbox, client) = with_fault("drop-before-deliver-first=1");
    assert!(client.try_resend("missing").await.is_err());
    assert_eq!(sandbox.world().deliveries("missing"), NOT_TRIED);
    assert_eq!(sandbox.world().calls()[0].status, None, "no answer");
    client.resend("missing").await;
    assert_eq!(sandbox.world().deliveries("missing"), KEPT_ONCE);
}

#[tokio::test]
async fn a_resent_event_can_stay_failed_for_some_listings() {
    let (_sandbox, client) = with_fault("stale-listing=2");
    assert_eq!(client.resend("missing").await["success"], true);
    for _ in 0..2 {
        let row = &client.list("&success=false").await[0];
        assert_eq!((id_of(row), &row["runsCounter"]), ("missing".to_owned(), &1.into()));
    }
    assert_eq!(client.listed_ids("&success=false").await, ["unacknowledged"]);
}

#[tokio::test]
async fn a_probability_spoils_some_resends_and_the_same_ones_each_time() {
    let spoiled = || async {
        let ids: Vec<String> = (0..40).map(|number| format!("event-{number}")).collect();
        let events = ids.iter().map(|id| EventPlan::missing(id, at("2026-01-02T00:00:00Z")));
        let (_sandbox, client) = start(WorldPlan::new(3).events(events).fault(rule("deliver-then-500@0.25")));
        let mut spoiled = Vec::new();
        for id in &ids {
            spoiled.push(client.try_resend(id).await.expect("an answer").status == 500);
        }
        spoiled
    };
    let first = spoiled().await;
    assert!(first.contains(&true) && first.contains(&false));
    assert_eq!(first, spoiled().await);
}
