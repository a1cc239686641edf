use super::*;
use crate::event::WebhookId;
use crate::report::color::Color;
use crate::report::human::Symbols;
use crate::report::past::Names;

fn webhook(id: &str, event_type: &str, url: &str, store_id: Option<i64>) -> Webhook {
    Webhook { id: WebhookId::new(id).unwrap(), event_type: event_type.to_owned(), url: url.to_owned(), store_id }
}

fn listing(webhooks: Vec<Webhook>) -> WebhookList {
    WebhookList {
        names: Names::new([(WebhookId::new("hook-1").unwrap(), "sales".to_owned())]),
        urls: Urls::Masked,
        action: WebhookAction::List,
        webhooks,
        previous: None,
        confirmation: Confirmation::NothingToConfirm,
    }
}

fn page(width: u16, list: &WebhookList) -> String {
    let human = Human { width, color: Color::Off, symbols: Symbols::Unicode, verbosity: Verbosity::Normal };
    let mut bytes = Vec::new();
    human.show(list, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn two() -> WebhookList {
    listing(vec![
        webhook("hook-1", "SaleCreated", "https://receiver.example/hooks/sales?token=hunter2", Some(12)),
        webhook("7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11", "InvoiceCreated", "", None),
    ])
}

#[test]
fn a_wide_page_has_a_row_for_each_webhook() {
    insta::assert_snapshot!(page(120, &two()), @r"
    Name   Event type      Webhook                               Store  URL
    ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
    sales  SaleCreated     hook-1                                   12  https://receiver.example/hooks/sales?token=***
    -      InvoiceCreated  7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11    all  -

    2 webhooks. What may be secret in URLs is masked; `--show-urls` shows them whole.
    ");
}

#[test]
fn a_narrow_page_has_a_few_lines_for_each() {
    insta::assert_snapshot!(page(60, &two()), @r"
    sales  SaleCreated
        https://receiver.example/hooks/sales?token=***
        hook-1, store 12
    InvoiceCreated
        -
        7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11

    2 webhooks. What may be secret in URLs is masked;
    `--show-urls` shows them whole.
    ");
}

#[test]
fn a_url_is_never_broken_in_two() {
    let url = format!("https://receiver.example/{}", "hooks/".repeat(40));
    let shown = page(60, &listing(vec![webhook("hook-9", "SaleCreated", &url, None)]));
    assert!(shown.contains(&url), "{shown}");
}

#[test]
fn many_webhooks_are_not_all_shown_and_that_is_said() {
    let many = (0..1_200).map(|number| webhook(&format!("hook-{number}"), "SaleCreated", "https://a.example/", None));
    let shown = page(120, &listing(many.collect()));
    assert!(shown.contains("200 more webhooks not shown; --format json"), "{shown}");
    assert!(shown.ends_with("1,200 webhooks.\n"), "{shown}");
}

#[test]
fn what_was_done_is_said_as_far_as_it_was_seen() {
    let said = |action, confirmation| {
        let list =
            WebhookList { action, confirmation, ..listing(vec![webhook("hook-2", "A", "https://a.example/", None)]) };
        page(120, &list).lines().last().unwrap().to_owned()
    };
    for action in [WebhookAction::Create, WebhookAction::Update, WebhookAction::Delete] {
        let seen = said(action, Confirmation::Confirmed);
        let differs = said(action, Confirmation::Differs);
        let not_seen = said(action, Confirmation::NotSeen);
        assert!(seen.ends_with("now.") || seen.ends_with("any more."), "{seen}");
        assert!(differs.contains("something else") || differs.contains("still shows"), "{differs}");
        assert!(not_seen.contains("by the vendor's answer"), "{not_seen}");
    }
}
