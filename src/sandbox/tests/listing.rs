//! Listings: the correct ones, then each fault.

use super::*;

const ALL: [&str; 5] = ["ok", "missing", "unacknowledged", "lost", "pending"];

#[tokio::test]
async fn a_record_has_the_shape_of_the_guide() {
    let (_sandbox, client) = start(one_of_each());
    let rows = client.list("&success=false&includePayload=false&includeRuns=false").await;
    assert_eq!(
        rows[0],
        serde_json::json!({
            "webhookId": client.webhook,
            "webhookEventId": "missing",
            "createdDateTime": "2026-01-02T12:00:00.25",
            "updatedDateTime": "2026-01-02T12:00:01.05",
            "status": "Internal Server Error",
            "statusCode": 500,
            "success": false,
            "runsCounter": 1,
        })
    );
}

#[tokio::test]
async fn filters_and_extras_do_what_they_say() {
    let (_sandbox, client) = start(one_of_each());
    assert_eq!(client.listed_ids("").await, ALL);
    assert_eq!(client.listed_ids("&success=true").await, ["ok", "lost"]);
    assert_eq!(client.listed_ids("&success=False").await, ["missing", "unacknowledged"]);
    assert_eq!(client.listed_ids("&statuses=OK").await, ["ok", "lost"]);
    let rows = client.list("&includePayload=true&includeRuns=true").await;
    assert!(rows.iter().all(|row| row["payload"].is_object()));
    assert_eq!(rows[1]["runs"][0]["statusCode"], 500);
    assert_eq!(rows[4]["runs"], serde_json::json!([]));
    assert_eq!((&rows[4]["success"], &rows[4]["status"]), (&Value::Null, &"Pending".into()));
}

#[tokio::test]
async fn a_range_is_half_open_and_read_in_every_form() {
    let (_sandbox, client) = start(one_of_each());
    let ask = async |range: &str| client.get(&format!("/api/WebhooksEvents/{}?{range}", client.webhook)).await;
    let ids = async |range: &str| {
        let answer = ask(range).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json().as_array().expect("an array").iter().map(id_of).collect::<Vec<_>>()
    };
    assert_eq!(ids("from=2026-01-01&to=2026-01-03").await, ["ok", "missing"]);
    assert_eq!(ids("from=2026-01-01+12:00:00&to=2026-01-03T12:00:00.000").await, ["ok", "missing"]);
    assert_eq!(ids("from=2026-01-01T13:00:00%2B01:00&to=2026-01-02T00:00:00Z").await, ["ok"]);
    assert_eq!(ids("from=2026-01-05&to=2026-01-01").await, Vec::<String>::new(), "from after to");
    for range in
        ["from=2026-01-01", "to=2026-01-01", "", "from=x&to=2026-01-01", "from=2026-01-01&to=2026-02-01&success=x"]
    {
        let refused = ask(range).await;
        assert_eq!((refused.status, refused.json()["status"].clone()), (400, 400.into()), "{range}");
    }
}

#[tokio::test]
async fn a_filter_can_be_ignored_turned_around_or_answered_with_nothing() {
    let (_sandbox, client) = with_fault("ignore-success-filter");
    assert_eq!(client.listed_ids("&success=false").await, ALL);
    let (_sandbox, client) = with_fault("only-delivered");
    assert_eq!(client.listed_ids("&success=false").await, ["ok", "lost"]);
    assert_eq!(client.listed_ids("").await, ["ok", "lost"]);
    let (_sandbox, client) = with_fault("failed-listing-empty");
    assert_eq!(client.listed_ids("&success=false").await, Vec::<String>::new());
    assert_eq!(client.listed_ids("").await, ALL, "the unfiltered listing is honest");
}

#[tokio::test]
async fn rows_can_be_cut_off_repeated_and_turned_around() {
    let (_sandbox, client) = with_fault("truncate=2");
    assert_eq!(client.listed_ids("").await, ["ok", "missing"]);
    let (_sandbox, client) = with_fault("repeat-rows");
    let twice = ["missing", "missing", "unacknowledged", "unacknowledged"];
    assert_eq!(client.listed_ids("&success=false").await, twice);
    let (_sandbox, client) = with_fault("newest-first");
    assert_eq!(client.listed_ids("").await, ALL.iter().rev().copied().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_shifted_zone_shifts_the_range_and_the_times() {
    let edge = at("2026-01-01T00:00:00Z") - hours(1);
    let plan = one_of_each().event(EventPlan::missing("edge", edge));
    let (sandbox, client) = start(plan);
    assert!(!client.listed_ids("").await.contains(&"edge".to_owned()));
    sandbox.set_fault(Fault::ZoneShift(2));
    let rows = client.list("").await;
    assert_eq!(
        (id_of(&rows[0]), rows[0]["createdDateTime"].clone()),
        ("edge".to_owned(), "2026-01-01T01:00:00".into())
    );
    sandbox.set_fault(Fault::OffsetTimes);
    assert_eq!(client.list("").await[0]["createdDateTime"], "2026-01-01T01:00:00.0000000+02:00");
    sandbox.clear_faults();
    sandbox.set_fault(Fault::ZoneShift(-2));
    assert_eq!(client.list("").await[0]["createdDateTime"], "2026-01-01T10:00:00");
}

#[tokio::test]
async fn a_range_can_be_ignored_or_include_its_end() {
    let noon = "/api/WebhooksEvents/{}?from=2026-01-01&to=2026-01-02T12:00:00.25";
    let count = async |client: &Client| {
        client.get(&noon.replace("{}", &client.webhook)).await.json().as_array().map_or(0, Vec::len)
    };
    let (sandbox, client) = start(one_of_each());
    assert_eq!(count(&client).await, 1);
    sandbox.set_fault(Fault::InclusiveTo);
    assert_eq!(count(&client).await, 2);
    sandbox.set_fault(Fault::IgnoreRange);
    assert_eq!(count(&client).await, 5);
}

#[tokio::test]
async fn two_forms_of_time_can_stand_in_one_answer() {
    let (_sandbox, client) = with_fault("mixed-times");
    let rows = client.list("&success=false").await;
    assert_eq!(rows[0]["createdDateTime"], "2026-01-02T12:00:00.2500000+00:00");
    assert_eq!(rows[1]["createdDateTime"], "2026-01-03T12:00:00");
}

#[tokio::test]
async fn records_can_lack_fields() {
    let (sandbox, client) = with_fault("minimal-records");
    let rows = client.list("&includePayload=true&includeRuns=true").await;
    let fields: Vec<&String> = rows[0].as_object().expect("an object").keys().collect();
    assert_eq!(fields, ["createdDateTime", "status", "webhookEventId", "webhookId"]);
    assert_eq!(rows[0]["status"], "OK");
    sandbox.clear_faults();
    sandbox.set_fault(Fault::NoRunCounter);
    let row = &client.list("&includeRuns=true").await[0];
    assert!(row.get("runsCounter").is_none() && row.get("runs").is_none() && row["success"] == true);
    sandbox.set_fault(Fault::NoStatus);
    let row = &client.list("").await[0];
    assert!(["status", "statusCode", "success"].iter().all(|field| row.get(field).is_none()), "{row}");
    sandbox.set_fault(Fault::MissingIds);
    let rows = client.list("").await;
    let with_id = |row: &Value| row.get("webhookEventId").is_some();
    assert_eq!(rows.iter().map(with_id).collect::<Vec<_>>(), [true, false, true, false, true]);
}

#[tokio::test]
async fn the_webhook_id_of_the_body_can_differ_by_a_letter() {
    let (_sandbox, client) = with_fault("body-webhook-id-differs");
    let shown = client.list("").await[0]["webhookId"].as_str().expect("an id").to_owned();
    assert_ne!(shown, client.webhook);
    assert_eq!(shown[..35], client.webhook[..35]);
}

#[tokio::test]
async fn a_listing_can_break_off() {
    let (_sandbox, client) = with_fault("cut-listing-first=1");
    let error = client.try_list("").await.expect_err("a broken body");
    assert!(error.is_body() || error.is_decode(), "the headers and a part of the body arrived: {error:?}");
    assert_eq!(client.list("").await.len(), 5, "only the first is cut");
    let (_sandbox, client) = with_fault("cut-json");
    let answer = client.try_list("").await.expect("a whole answer");
    assert!(answer.text.starts_with("[{") && answer.text.contains("missing"), "{}", answer.text);
    assert!(serde_json::from_str::<Value>(&answer.text).is_err());
    let (_sandbox, client) = start(WorldPlan::new(1).fault(rule("cut-listing")));
    assert!(client.try_list("").await.is_err(), "even an empty one");
}

#[tokio::test]
async fn a_listing_can_be_endless_or_far_too_deep() {
    let (_sandbox, client) = with_fault("oversized");
    let path = format!("/api/WebhooksEvents/{}?from=2026-01-01&to=2026-01-11", client.webhook);
    let mut response = client.request(Method::GET, &path).send().await.expect("an answer");
    let mut read = 0;
    while read < 5_000_000 {
        read += response.chunk().await.expect("more").expect("an end that never comes").len();
    }
    let (_sandbox, client) = with_fault("deep-json");
    let text = client.try_list("").await.expect("an answer").text;
    assert!(text.contains(&"[".repeat(100_000)) && text.ends_with("]}]"));
}

#[tokio::test]
async fn a_listing_can_be_refused_for_its_range_or_its_size() {
    let (_sandbox, client) = with_fault("max-range-days=9");
    assert_eq!(client.try_list("").await.expect("an answer").status, 400);
    let short = format!("/api/WebhooksEvents/{}?from=2026-01-01&to=2026-01-10", client.webhook);
    assert_eq!(client.get(&short).await.status, 200, "nine days are not more than nine");
    let (_sandbox, client) = with_fault("max-rows-500=2");
    assert_eq!(client.try_list("").await.expect("an answer").status, 500);
    assert_eq!(client.try_list("&success=false").await.expect("an answer").status, 200);
}
