//! Webhooks: one row each on a wide page, a few lines each on a narrow one.

use std::io;

use super::layout::{Align, Grid, Page};
use super::past::{count_of, words_of};
use super::{Human, Verbosity};
use crate::provider::Webhook;
use crate::report::color::Paint;
use crate::report::past::Show;
use crate::report::vendor::{Confirmation, Urls, WebhookAction, WebhookList};

/// The most webhooks that are shown.
const MOST_ROWS: usize = 1_000;
/// The most characters of an event type or a name that are shown.
const MOST_WORD: usize = 64;
/// The most characters of a URL that are shown.
const MOST_URL: usize = 2_000;
/// What stands where there is nothing.
const NOTHING: &str = "-";

impl Show<WebhookList> for Human {
    fn show(&self, what: &WebhookList, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        list(&mut page, what);
        match self.verbosity {
            Verbosity::Quiet => {}
            Verbosity::Normal | Verbosity::Verbose => {
                page.gap();
                page.paragraph(0, paint(what), &sentence(&page, what));
            }
        }
        self.write_page(page, out)
    }
}

fn list(page: &mut Page, list: &WebhookList) {
    if list.webhooks.is_empty() {
        return;
    }
    let shown = &list.webhooks[..list.webhooks.len().min(MOST_ROWS)];
    let grid = wide_grid(page, list, shown);
    let widths = grid.widths();
    if Grid::total(&widths) <= page.width() {
        page.table(0, &grid, &widths, &[]);
    } else {
        shown.iter().for_each(|webhook| block(page, list, webhook));
    }
    if let Some(more) = list.webhooks.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        let more = count_of(more, "more webhook");
        page.paragraph(0, Paint::Dim, &format!("{more} not shown; --format json has them all."));
    }
}

fn wide_grid(page: &Page, list: &WebhookList, webhooks: &[Webhook]) -> Grid {
    let named = webhooks.iter().any(|webhook| list.names.of(&webhook.id).is_some());
    let stores = webhooks.iter().any(|webhook| webhook.store_id.is_some());
    let head = [
        named.then_some(("Name", Align::Left)),
        Some(("Event type", Align::Left)),
        Some(("Webhook", Align::Left)),
        stores.then_some(("Store", Align::Right)),
        Some(("URL", Align::Left)),
    ];
    let cells = |webhook: &Webhook| {
        let name = list.names.of(&webhook.id).map_or(NOTHING.to_owned(), |name| words_of(page, name, MOST_WORD));
        let cells = [
            named.then_some(name),
            Some(event_type(page, webhook)),
            Some(webhook.id.to_string()),
            stores.then(|| webhook.store_id.map_or_else(|| "all".to_owned(), |store| store.to_string())),
            Some(url(page, list.urls, webhook)),
        ];
        cells.into_iter().flatten().collect()
    };
    Grid { head: head.into_iter().flatten().collect(), rows: webhooks.iter().map(cells).collect() }
}

fn block(page: &mut Page, list: &WebhookList, webhook: &Webhook) {
    let event_type = event_type(page, webhook);
    let title = match list.names.of(&webhook.id) {
        Some(name) => format!("{}  {event_type}", words_of(page, name, MOST_WORD)),
        None => event_type,
    };
    page.line(0, Paint::Bold, &title);
    // Not wrapped by the page: a URL is there to be copied.
    page.line(4, Paint::Plain, &url(page, list.urls, webhook));
    let store = webhook.store_id.map_or_else(String::new, |store| format!(", store {store}"));
    page.line(4, Paint::Dim, &format!("{}{store}", webhook.id));
}

fn event_type(page: &Page, webhook: &Webhook) -> String {
    some(words_of(page, &webhook.event_type, MOST_WORD))
}

fn url(page: &Page, urls: Urls, webhook: &Webhook) -> String {
    some(words_of(page, &urls.url(&webhook.url), MOST_URL))
}

fn some(text: String) -> String {
    if text.is_empty() { NOTHING.to_owned() } else { text }
}

/// Whether anything was taken out of a URL.
fn is_masked(list: &WebhookList) -> bool {
    list.webhooks.iter().any(|webhook| list.urls.url(&webhook.url) != webhook.url)
}

fn paint(list: &WebhookList) -> Paint {
    match list.confirmation {
        Confirmation::NothingToConfirm => Paint::Plain,
        Confirmation::Confirmed => Paint::Green,
        Confirmation::Differs | Confirmation::NotSeen => Paint::Yellow,
    }
}

fn sentence(page: &Page, list: &WebhookList) -> String {
    let masked =
        if is_masked(list) { " What may be secret in URLs is masked; `--show-urls` shows them whole." } else { "" };
    let said = match (list.action, list.confirmation) {
        (WebhookAction::List, _) if list.webhooks.is_empty() => {
            "The vendor lists no webhooks for these keys.".to_owned()
        }
        (WebhookAction::List, _) => format!("{}.", count_of(list.webhooks.len(), "webhook")),
        (WebhookAction::Create, Confirmation::Confirmed) => "Created; this is what the vendor shows now.".to_owned(),
        (WebhookAction::Create, Confirmation::Differs) => {
            "Created, but the vendor shows something else than was asked for.".to_owned()
        }
        (WebhookAction::Create, _) => "Created, by the vendor's answer; it was not seen again.".to_owned(),
        (WebhookAction::Update, Confirmation::NothingToConfirm) => {
            "Nothing to change: the webhook is like this already.".to_owned()
        }
        (WebhookAction::Update, Confirmation::Confirmed) => "Changed; this is what the vendor shows now.".to_owned(),
        (WebhookAction::Update, Confirmation::Differs) => {
            "The vendor accepted the change and shows something else than was asked for.".to_owned()
        }
        (WebhookAction::Update, _) => "Changed, by the vendor's answer; it was not seen again.".to_owned(),
        (WebhookAction::Delete, Confirmation::Confirmed) => "Deleted; the vendor does not know it any more.".to_owned(),
        (WebhookAction::Delete, Confirmation::Differs) => {
            "The vendor accepted the deletion and still shows the webhook.".to_owned()
        }
        (WebhookAction::Delete, _) => "Deleted, by the vendor's answer; it was not looked for again.".to_owned(),
    };
    let before = match &list.previous {
        Some(previous) => {
            format!(" Before: {} to {}.", event_type(page, previous), url(page, list.urls, previous))
        }
        None => String::new(),
    };
    format!("{said}{before}{masked}")
}

#[cfg(test)]
mod tests;
