//! Webhooks and their types.

use super::*;

async fn write(client: &Client, method: Method, path: &str, body: &str) -> Answer {
    let request = client.request(method, path).header("content-type", "application/json").body(body.to_owned());
    Client::finish(request).await.expect("an answer")
}

#[tokio::test]
async fn webhooks_are_listed_created_changed_and_deleted() {
    let (sandbox, client) = start(WorldPlan::new(1).webhooks(2));
    let listed = client.get("/api/Webhooks").await.json();
    let first = &sandbox.webhooks()[0];
    let expected = serde_json::json!({
        "id": first.id, "storeId": null, "event": "SaleCreated", "url": "https://receiver.example/hooks/salecreated",
    });
    assert_eq!((listed.as_array().map(Vec::len), &listed[0]), (Some(2), &expected));

    let draft = r#"{"event":"InvoiceCreated","url":"https://example.com/in"}"#;
    let created = write(&client, Method::POST, "/api/Webhooks", draft).await;
    assert_eq!(created.status, 200);
    let path = format!("/api/Webhooks/{}", created.json()["id"].as_str().expect("an id"));
    assert_eq!(client.get(&path).await.json()["event"], "InvoiceCreated");

    let draft = r#"{"event":"InvoiceCreated","url":"https://example.com/other"}"#;
    assert_eq!(write(&client, Method::PUT, &path, draft).await.status, 200);
    assert_eq!(client.get(&path).await.json()["url"], "https://example.com/other");

    assert_eq!(write(&client, Method::DELETE, &path, "").await.status, 204);
    assert_eq!(client.get(&path).await.status, 404);
    assert_eq!(sandbox.webhooks().len(), 2);
}

#[tokio::test]
async fn a_bad_draft_is_refused() {
    let (sandbox, client) = start(WorldPlan::new(1));
    for draft in ["", "{}", r#"{"event":"Nonsense","url":"https://x"}"#, r#"{"event":"SaleCreated","url":"x"}"#] {
        assert_eq!(write(&client, Method::POST, "/api/Webhooks", draft).await.status, 400, "{draft}");
    }
    assert_eq!(sandbox.webhooks().len(), 1);
}

#[tokio::test]
async fn types_have_schemas() {
    let (_sandbox, client) = start(WorldPlan::new(1));
    let types = client.get("/api/WebhooksTypes").await.json();
    assert!(types.as_array().is_some_and(|types| types.contains(&"SaleCreated".into())));
    let schema = client.get("/api/WebhooksTypes/SaleCreated/schema").await.json();
    assert_eq!((&schema["title"], &schema["type"]), (&"SaleCreated".into(), &"object".into()));
    assert_eq!(client.get("/api/WebhooksTypes/Nonsense/schema").await.status, 404);
}
