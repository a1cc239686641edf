//! What is sent, and how answers with success are read.

use serde_json::json;

use super::*;

const TWO_EVENTS: &str = r#"[
    {"webhookId":"w","webhookEventId":"e1","createdDateTime":"2021-12-01T08:50:46.02","status":"Not found","statusCode":404},
    {"webhookEventId":12,"createdDateTime":"2021-12-01T09:17:00.0000000+00:00","success":true,"runsCounter":2}
]"#;

#[tokio::test]
async fn a_listing_sends_the_keys_and_the_range_and_hands_out_each_event() {
    let responder = serving(Step::Send(ok(TWO_EVENTS))).await;
    let (events, listing) = list(&provider(responder.port), ListFilter::Failed).await;
    assert_eq!(listing, Ok(Listing { records: 2, unusable: 0, first_unusable: None }));
    assert_eq!(events.iter().map(|event| event.id.text().into_owned()).collect::<Vec<_>>(), ["e1", "12"]);
    assert_eq!(events[0].created().unwrap().to_rfc3339(), "2021-12-01T07:50:46.020+00:00");
    assert_eq!((events[0].status, events[1].status), (DeliveryStatus::Failed, DeliveryStatus::Delivered));

    let request = responder.requests().remove(0);
    let target = "GET /restapi/V2/api/WebhooksEvents/hook-1?from=2021-12-01%2001:00:00.0&to=2021-12-02%2001:00:01.0\
                  &success=false&includePayload=false&includeRuns=false HTTP/1.1\r\n";
    assert!(request.starts_with(target), "{request}");
    for header in [
        "ocp-apim-subscription-key: subscription-s3cret\r\n",
        "x-api-key: integration-s3cret\r\n",
        concat!("user-agent: hookmend/", env!("CARGO_PKG_VERSION"), "\r\n"),
        "accept: application/json\r\n",
    ] {
        assert!(request.to_ascii_lowercase().contains(header), "{header} {request}");
    }
}

#[tokio::test]
async fn a_listing_of_all_events_sends_no_filter() {
    let responder = serving(Step::Send(ok("[]"))).await;
    let (events, listing) = list(&provider(responder.port), ListFilter::All).await;
    assert_eq!((events.len(), listing), (0, Ok(Listing::default())));
    assert!(!responder.requests()[0].contains("success"));
}

#[tokio::test]
async fn records_that_cannot_be_used_are_counted_and_the_first_is_explained() {
    let body = r#"[{"webhookEventId":"a"},{"webhookEventId":""},null,{"webhookEventId":"b"}]"#;
    let responder = serving(Step::Send(ok(body))).await;
    let (events, listing) = list(&provider(responder.port), ListFilter::All).await;
    let listing = listing.unwrap();
    assert_eq!((events.len(), listing.records, listing.unusable), (2, 4, 2));
    assert!(listing.first_unusable.unwrap().starts_with("record 2: its webhookEventId can't be used"));
}

#[tokio::test]
async fn a_listing_may_come_in_any_chunks() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for part in TWO_EVENTS.as_bytes().chunks(3) {
        bytes.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
        bytes.extend_from_slice(part);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    let responder = serving(Step::Send(bytes)).await;
    let (events, listing) = list(&provider(responder.port), ListFilter::Failed).await;
    assert_eq!((events.len(), listing.unwrap().records), (2, 2));
}

#[tokio::test]
async fn a_resend_is_one_post_without_a_body() {
    let body = r#"{"webhookEventId":"e/../1","success":true,"runsCounter":2}"#;
    for status in ["200 OK", "201 Created", "202 Accepted"] {
        let responder = serving(Step::Send(answer(status, "", body))).await;
        let event = provider(responder.port).resend(&intent("e/../1")).await.unwrap();
        assert_eq!((event.status, event.runs), (DeliveryStatus::Delivered, Some(2)));
        let requests = responder.requests();
        assert_eq!(requests.len(), 1);
        assert!(requests[0].starts_with("POST /restapi/V2/api/WebhooksEvents/hook-1/deliver/e%2F..%2F1 HTTP/1.1\r\n"));
        assert!(requests[0].to_ascii_lowercase().contains("\r\ncontent-length: 0\r\n"), "{}", requests[0]);
        assert!(requests[0].ends_with("\r\n\r\n"));
    }
}

#[tokio::test]
async fn a_resend_answer_without_an_id_is_about_the_event_asked_for() {
    let event = resend_answered_by(Step::Send(ok(r#"{"status":"OK"}"#))).await.unwrap();
    assert_eq!((event.id, event.status), (event_id("e1"), DeliveryStatus::Delivered));
}

#[tokio::test]
async fn two_spellings_of_one_uuid_are_the_same_event() {
    let body = r#"{"webhookEventId":"0f8fad5b-d9cb-469f-a165-70867728950e","success":false}"#;
    let responder = serving(Step::Send(ok(body))).await;
    let event = provider(responder.port).resend(&intent("{0F8FAD5B-D9CB-469F-A165-70867728950E}")).await.unwrap();
    assert_eq!(event.status, DeliveryStatus::Failed);
}

#[tokio::test]
async fn resend_answers_that_do_not_speak_of_the_event_leave_doubt() {
    for body in ["", " \n", "{", "true", "[]", "<html></html>", r#"{"webhookEventId":"other","success":true}"#] {
        let error = resend_answered_by(Step::Send(ok(body))).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unreadable { .. }), "{body:?}: {error:?}");
    }
}

#[tokio::test]
async fn an_event_is_got_with_its_whole_record() {
    let body = r#"{"webhookEventId":"e1","status":"OK","payload":{"total":12.5},"runs":[{"at":"x"}]}"#;
    let responder = serving(Step::Send(ok(body))).await;
    let detail = provider(responder.port).get_event(&webhook(), &event_id("e1")).await.unwrap();
    assert_eq!(detail.event.status, DeliveryStatus::Delivered);
    assert_eq!(detail.record["payload"], json!({"total": 12.5}));
    assert!(responder.requests()[0].starts_with("GET /restapi/V2/api/WebhooksEvents/hook-1/e1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_document_that_nests_too_deep_is_refused() {
    let body = format!(r#"{{"webhookEventId":"e1","payload":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    let responder = serving(Step::Send(ok(&body))).await;
    let error = provider(responder.port).get_event(&webhook(), &event_id("e1")).await.unwrap_err();
    assert!(error.to_string().contains("nests deeper than 64 levels"), "{error}");
}

#[tokio::test]
async fn hostile_ids_stay_in_their_segment_and_path_steps_are_never_sent() {
    let responder = Responder::start(vec![vec![Step::Send(ok("{}")); 8]]).await;
    let provider = provider(responder.port);
    for id in ["../../Webhooks", "%2e%2e", "a?b", "a#b", "\"\u{1b}[2J", "a\\b"] {
        provider.resend(&intent(id)).await.unwrap();
    }
    for id in [".", ".."] {
        let error = provider.resend(&intent(id)).await.unwrap_err();
        assert!(matches!(error, ProviderError::Unaddressable { .. }), "{error:?}");
    }
    let requests = responder.requests();
    assert_eq!(requests.len(), 6);
    for request in requests {
        let path = request.split(' ').nth(1).unwrap();
        let tail = path.strip_prefix("/restapi/V2/api/WebhooksEvents/hook-1/deliver/").unwrap();
        assert!(!tail.contains(['/', '?', '#', '\\', '"']), "{path}");
    }
}

#[tokio::test]
async fn webhooks_are_listed_got_created_changed_and_deleted() {
    let one = r#"{"id":"hook-1","storeId":null,"event":"SaleCreated","url":"https://x/?token=1"}"#;
    let steps = [format!("[{one},{{\"id\":2}}]"), one.to_owned(), one.to_owned(), String::new(), String::new()];
    let responder = Responder::start(vec![steps.iter().map(|body| Step::Send(ok(body))).collect()]).await;
    let provider = provider(responder.port);
    let draft = WebhookDraft { event_type: "SaleCreated".to_owned(), url: "https://x/?token=1".to_owned() };

    let listed = provider.list_webhooks().await.unwrap();
    assert_eq!(listed.iter().map(|webhook| webhook.id.as_str()).collect::<Vec<_>>(), ["hook-1", "2"]);
    assert_eq!(provider.get_webhook(&webhook()).await.unwrap(), listed[0]);
    assert_eq!(provider.create_webhook(&draft).await.unwrap().url, draft.url);
    provider.update_webhook(&webhook(), &draft).await.unwrap();
    provider.delete_webhook(&webhook()).await.unwrap();

    let requests = responder.requests();
    let lines: Vec<_> = requests.iter().map(|request| request.split(" HTTP").next().unwrap()).collect();
    let path = "/restapi/V2/api/Webhooks";
    assert_eq!(
        lines,
        [
            format!("GET {path}"),
            format!("GET {path}/hook-1"),
            format!("POST {path}"),
            format!("PUT {path}/hook-1"),
            format!("DELETE {path}/hook-1"),
        ]
    );
    assert!(requests[2].ends_with(r#"{"event":"SaleCreated","url":"https://x/?token=1"}"#), "{}", requests[2]);
    assert!(requests[2].contains("application/json"));
}

#[tokio::test]
async fn a_webhook_whose_id_cannot_be_used_is_never_left_out() {
    let responder = serving(Step::Send(ok(r#"[{"id":"a"},{"id":"../b"}]"#))).await;
    let error = provider(responder.port).list_webhooks().await.unwrap_err();
    assert!(error.to_string().contains("webhook 2"), "{error}");
}

#[tokio::test]
async fn types_and_schemas_are_shown_as_they_come() {
    let bodies = [r#"["SaleCreated"]"#, r#"{"type":"object"}"#];
    let responder = Responder::start(vec![bodies.map(|body| Step::Send(ok(body))).to_vec()]).await;
    let provider = provider(responder.port);
    assert_eq!(provider.event_types().await, Ok(json!(["SaleCreated"])));
    assert_eq!(provider.event_type_schema("Sale/Created").await, Ok(json!({"type": "object"})));
    assert!(responder.requests()[1].starts_with("GET /restapi/V2/api/WebhooksTypes/Sale%2FCreated/schema "));
}

#[tokio::test]
async fn a_probe_reads_the_vendors_clock_and_notices_a_web_site() {
    let date = "Date: Thu, 09 Dec 2021 12:00:00 GMT";
    let steps = vec![
        Step::Send(answer("200 OK", date, r#"{"name":"prod"}"#)),
        Step::Send(answer("200 OK", date, "\n<html><title>Welcome</title></html>")),
    ];
    let responder = Responder::start(vec![steps]).await;
    let provider = provider(responder.port);
    let reading = provider.probe().await.unwrap();
    assert_eq!(reading.vendor_time.unwrap().to_rfc3339(), "2021-12-09T12:00:00+00:00");
    let error = provider.probe().await.unwrap_err();
    assert!(error.to_string().contains("HTML page titled \"Welcome\""), "{error}");
    assert!(responder.requests()[0].starts_with("GET /restapi/V2/api/Environment HTTP/1.1\r\n"));
}
