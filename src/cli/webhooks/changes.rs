//! What a change would do, in words, so that a person knows what is agreed to. Pure; nothing is asked or
//! sent here.

use crate::cli::errors::CliError;
use crate::exit::ExitCode;
use crate::provider::{Webhook, WebhookDraft};
use crate::report::past::Names;
use crate::report::text::visible_within;
use crate::report::vendor::Urls;

/// The most characters of a name or an event type.
const MOST_WORD: usize = 64;
/// The most characters of a URL.
const MOST_URL: usize = 500;

/// What a webhook is changed to: what is not given stays.
///
/// # Errors
/// When the vendor does not show what is to stay, so that sending it back would empty it.
pub fn draft(before: &Webhook, event_type: Option<String>, url: Option<String>) -> Result<WebhookDraft, CliError> {
    let draft = WebhookDraft {
        event_type: event_type.unwrap_or_else(|| before.event_type.clone()),
        url: url.unwrap_or_else(|| before.url.clone()),
    };
    for (value, what, flag) in [(&draft.event_type, "event type", "--event-type"), (&draft.url, "URL", "--url")] {
        if value.is_empty() {
            let message = format!("the vendor shows no {what} of this webhook, so it can't be left as it is");
            return Err(CliError::new(ExitCode::Usage, message).hint(format!("give it as well, with {flag}")));
        }
    }
    Ok(draft)
}

/// What an update changes; nothing where it changes nothing.
pub fn told(before: &Webhook, draft: &WebhookDraft, names: &Names, urls: Urls) -> Vec<String> {
    let mut changes = Vec::new();
    if before.event_type != draft.event_type {
        changes.push(format!("  event type: {} -> {}", word(&before.event_type), word(&draft.event_type)));
    }
    if before.url != draft.url {
        let (old, new) = (url(&before.url, urls), url(&draft.url, urls));
        // On lines of their own: URLs are long.
        if old == new {
            changes.push(format!("  URL: {old}, in what is masked only; --show-urls shows it"));
        } else {
            changes.extend([format!("  URL: {old}"), format!("    -> {new}")]);
        }
    }
    if !changes.is_empty() {
        changes.insert(0, format!("To be changed of the webhook {}:", label(before, names)));
    }
    changes
}

/// What would be deleted.
pub fn doomed(webhook: &Webhook, names: &Names, urls: Urls) -> Vec<String> {
    let title = format!("To be deleted, the webhook {}:", label(webhook, names));
    vec![title, format!("  {} to {}", word(&webhook.event_type), url(&webhook.url, urls))]
}

/// What would be done a second time.
pub fn twin(webhook: &Webhook, names: &Names, urls: Urls) -> Vec<String> {
    let title = format!("The webhook {} delivers the same already:", label(webhook, names));
    vec![
        title,
        format!("  {} to {}", word(&webhook.event_type), url(&webhook.url, urls)),
        "With a second one the receiver gets every event twice.".to_owned(),
    ]
}

fn label(webhook: &Webhook, names: &Names) -> String {
    match names.of(&webhook.id) {
        Some(name) => format!("{} ({})", word(name), webhook.id),
        None => webhook.id.to_string(),
    }
}

fn word(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { visible_within(text, MOST_WORD, "...").into_owned() }
}

fn url(text: &str, urls: Urls) -> String {
    if text.is_empty() { "nothing".to_owned() } else { visible_within(&urls.url(text), MOST_URL, "...").into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::WebhookId;

    fn webhook(event_type: &str, url: &str) -> Webhook {
        let id = WebhookId::new("hook-1").unwrap();
        Webhook { id, event_type: event_type.to_owned(), url: url.to_owned(), store_id: None }
    }

    fn names() -> Names {
        Names::new([(WebhookId::new("hook-1").unwrap(), "sales\u{1b}[2J".to_owned())])
    }

    fn told_of(before: &Webhook, event_type: Option<&str>, url: Option<&str>, urls: Urls) -> Vec<String> {
        let draft = draft(before, event_type.map(str::to_owned), url.map(str::to_owned)).unwrap();
        told(before, &draft, &names(), urls)
    }

    #[test]
    fn only_what_changes_is_told_and_no_secret_of_it() {
        let before = webhook("SaleCreated", "https://a.example/?token=hunter2");
        assert!(told_of(&before, Some("SaleCreated"), None, Urls::Masked).is_empty());
        assert_eq!(
            told_of(&before, Some("InvoiceCreated"), Some("https://b.example/?token=hunter3"), Urls::Masked),
            [
                r"To be changed of the webhook sales\u{1b}[2J (hook-1):",
                "  event type: SaleCreated -> InvoiceCreated",
                "  URL: https://a.example/?token=***",
                "    -> https://b.example/?token=***",
            ]
        );
        let same = told_of(&before, None, Some("https://a.example/?token=hunter3"), Urls::Masked);
        assert_eq!(same[1], "  URL: https://a.example/?token=***, in what is masked only; --show-urls shows it");
        let whole = told_of(&before, None, Some("https://a.example/?token=hunter3"), Urls::Whole);
        assert_eq!(whole[2], "    -> https://a.example/?token=hunter3");
    }

    #[test]
    fn what_the_vendor_does_not_show_is_not_sent_back_empty() {
        let error = draft(&webhook("SaleCreated", ""), Some("InvoiceCreated".to_owned()), None).unwrap_err();
        assert_eq!(error.exit, ExitCode::Usage);
        assert!(error.hints[0].contains("--url"), "{error:?}");
    }

    #[test]
    fn hostile_values_can_not_steer_the_terminal() {
        let hostile = webhook("Sale\u{1b}[2J", "https://a.example/\u{1b}]0;x\u{7}");
        for line in doomed(&hostile, &names(), Urls::Whole).iter().chain(&twin(&hostile, &names(), Urls::Whole)) {
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}
