//! The gateway: keys, limits, outages, and answers that come from something else.

use std::time::SystemTime;

use super::*;

#[tokio::test]
async fn both_keys_are_needed_and_refused_in_different_ways() {
    let (_sandbox, mut client) = start(one_of_each());
    assert_eq!(client.environment().await.status, 200);
    let key = client.subscription_key.take();
    let missing = client.environment().await;
    assert_eq!(missing.status, 401);
    assert!(missing.text.contains("missing subscription key"), "{}", missing.text);
    let challenge = missing.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("AzureApiManagementKey realm="), "{challenge}");
    client.subscription_key = Some("wrong".to_owned());
    let wrong = client.environment().await;
    assert!(wrong.json()["message"].as_str().is_some_and(|message| message.contains("invalid subscription key")));
    assert!(wrong.header("www-authenticate").is_some());
    client.subscription_key = key;
    for wrong in [None, Some("wrong".to_owned())] {
        client.api_key = wrong;
        let refused = client.environment().await;
        assert_eq!((refused.status, refused.text.as_str(), refused.header("www-authenticate")), (401, "", None));
    }
}

#[tokio::test]
async fn keys_can_be_refused_while_a_run_goes_on() {
    let (sandbox, client) = start(one_of_each());
    sandbox.set_fault(Fault::RefuseApiKey);
    assert_eq!(client.environment().await.header("www-authenticate"), None);
    sandbox.set_fault(Fault::RefuseSubscriptionKey);
    let refused = client.environment().await;
    assert_eq!((refused.status, refused.header("www-authenticate").is_some()), (401, true));
    sandbox.clear_faults();
    assert_eq!(client.environment().await.status, 200);
}

#[tokio::test]
async fn an_unknown_path_is_answered_by_the_gateway() {
    let (sandbox, mut client) = start(one_of_each());
    client.subscription_key = None;
    for path in ["/api/Nothing", "/", "/api/WebhooksEvents"] {
        let answer = client.get(path).await;
        let expected = serde_json::json!({ "statusCode": 404, "message": "Resource not found" });
        assert_eq!((answer.status, answer.json()), (404, expected), "{path}");
    }
    client.base = client.base.replace("/restapi/V2", "");
    assert_eq!(client.environment().await.status, 404);
    assert_eq!(sandbox.world().count(Operation::Unknown), 4);
}

#[tokio::test]
async fn a_throttle_lets_the_allowance_through_and_tells_how_long_to_wait() {
    let (sandbox, client) = with_fault("throttle=2/m");
    assert_eq!(client.environment().await.status, 200);
    assert_eq!(client.environment().await.status, 200);
    let refused = client.try_resend("missing").await.expect("an answer");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("30")));
    let expected =
        serde_json::json!({ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 30 seconds." });
    assert_eq!(refused.json(), expected);
    assert_eq!(sandbox.world().tries(), 0, "a throttled resend does nothing");
    assert_eq!(sandbox.world().count_status(429), 1);
}

#[tokio::test]
async fn the_hint_of_a_throttle_can_stand_elsewhere_or_nowhere() {
    let (sandbox, client) = with_fault("throttle-storm");
    sandbox.set_fault(rule("throttle-hint=date"));
    let before = SystemTime::now();
    let refused = client.environment().await;
    let until = httpdate::parse_http_date(refused.header("retry-after").expect("a hint")).expect("a date");
    assert!(until > before, "in the future");
    assert!(!refused.text.contains("Try again"), "{}", refused.text);
    for (hint, in_body) in [("throttle-hint=body", true), ("throttle-hint=none", false)] {
        sandbox.clear_faults();
        sandbox.set_fault(rule("throttle-storm"));
        sandbox.set_fault(rule(hint));
        let refused = client.environment().await;
        assert_eq!((refused.status, refused.header("retry-after")), (429, None), "{hint}");
        assert_eq!(refused.text.contains("Try again in 1 seconds."), in_body, "{hint}");
    }
}

#[tokio::test]
async fn a_storm_is_over_after_so_many_calls() {
    let (_sandbox, client) = with_fault("throttle-storm=2");
    let first = client.environment().await;
    assert_eq!((first.status, first.header("retry-after")), (429, Some("1")));
    assert_eq!(client.environment().await.status, 429);
    assert_eq!(client.environment().await.status, 200);
}

#[tokio::test]
async fn a_used_up_quota_is_a_403_in_words() {
    let (_sandbox, client) = with_fault("quota=07:01:20");
    let refused = client.environment().await;
    let message = "Out of call volume quota. Quota will be replenished in 07:01:20.";
    assert_eq!((refused.status, refused.json()), (403, serde_json::json!({ "statusCode": 403, "message": message })));
}

#[tokio::test]
async fn the_vendor_can_be_down_for_good_or_for_some_calls() {
    let (_sandbox, client) = with_fault("unavailable");
    assert_eq!(client.environment().await.status, 503);
    assert_eq!(client.try_list("").await.expect("an answer").status, 503);
    let (_sandbox, client) = with_fault("unavailable-first=1");
    assert_eq!(client.environment().await.status, 503);
    assert_eq!(client.environment().await.status, 200);
    let (sandbox, client) = with_fault("unavailable@resend");
    assert_eq!(client.environment().await.status, 200);
    assert_eq!(client.try_resend("missing").await.expect("an answer").status, 503);
    assert_eq!(sandbox.world().tries(), 0);
}

#[tokio::test]
async fn a_web_page_can_come_instead_of_an_answer() {
    for (fault, status) in [("html-first=1", 200), ("html-502-first=1", 502)] {
        let (sandbox, client) = with_fault(fault);
        let page = client.try_resend("missing").await.expect("an answer");
        assert_eq!((page.status, page.header("content-type")), (status, Some("text/html; charset=utf-8")), "{fault}");
        assert!(page.text.starts_with("<!DOCTYPE html>"), "{fault}");
        assert_eq!(sandbox.world().tries(), 0, "{fault}");
        assert_eq!(client.environment().await.status, 200, "{fault}");
    }
}

#[tokio::test]
async fn a_redirect_leads_to_another_origin_where_keys_are_noticed() {
    let (sandbox, client) = with_fault("redirect@environment");
    let answer = client.environment().await;
    assert_eq!(answer.status, 302);
    let target = answer.header("location").expect("a target").to_owned();
    assert!(target.starts_with("http://localhost:") && target.ends_with("/elsewhere/restapi/V2/api/Environment"));
    let follower = Client { base: target.replace("localhost", "127.0.0.1"), ..client };
    assert_eq!(follower.get("").await.status, 404);
    let last = sandbox.world().calls().pop().expect("a call");
    assert!(last.path.starts_with("/elsewhere/") && last.has_api_key, "{last:?}");
}

#[tokio::test]
async fn a_slow_vendor_acts_at_once_and_answers_late() {
    let (sandbox, client) = with_fault("slow=300");
    let (one, other) = tokio::join!(client.environment(), client.environment());
    assert_eq!((one.status, other.status), (200, 200));
    assert_eq!(sandbox.world().most_in_flight(Operation::Environment), 2);
    sandbox.clear_faults();
    sandbox.set_fault(rule("slow=3600000"));
    assert_silent_after_delivery(&sandbox, client).await;
}
