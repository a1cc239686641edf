//! Which of the events in quarantine are released: all or nothing. It only decides.

use std::collections::HashSet;

use crate::cli::errors::CliError;
use crate::config::suggest::nearest_id;
use crate::event::{EventId, WebhookId};
use crate::exit::ExitCode;
use crate::history::QuarantinedEvent;
use crate::report::text::{counted, grouped, visible_within};

/// The most ids that one message names.
const MOST_NAMED: usize = 5;
/// The most characters of one id that a message shows.
const MOST_ID: usize = 80;

/// The most events among which a mistyped id is looked for.
const MOST_COMPARED: usize = 20_000;

/// What a person asked for.
pub(super) enum Wanted {
    /// Whatever is in quarantine.
    All,
    /// Whatever was there when the person was shown it.
    AllOf(Vec<QuarantinedEvent>),
    /// These, and all of them.
    Ids(Vec<EventId>),
}

/// The events to release, of those that are in quarantine of the webhooks in question.
///
/// # Errors
/// When an id is not among them; nothing may be released then.
pub(super) fn choose(
    wanted: &Wanted,
    webhooks: &[WebhookId],
    there: Vec<QuarantinedEvent>,
) -> Result<Vec<QuarantinedEvent>, CliError> {
    match wanted {
        Wanted::All => Ok(there),
        Wanted::AllOf(shown) => {
            let shown: HashSet<_> = shown.iter().map(|event| (&event.webhook, &event.event)).collect();
            Ok(there.into_iter().filter(|event| shown.contains(&(&event.webhook, &event.event))).collect())
        }
        Wanted::Ids(ids) => {
            let held: HashSet<&EventId> = there.iter().map(|event| &event.event).collect();
            let unknown: Vec<&EventId> = ids.iter().filter(|id| !held.contains(id)).collect();
            if !unknown.is_empty() {
                return Err(not_in_quarantine(&unknown, ids.len(), webhooks, &there));
            }
            let ids: HashSet<&EventId> = ids.iter().collect();
            Ok(there.into_iter().filter(|event| ids.contains(&event.event)).collect())
        }
    }
}

fn not_in_quarantine(
    unknown: &[&EventId],
    wanted: usize,
    webhooks: &[WebhookId],
    there: &[QuarantinedEvent],
) -> CliError {
    let place = if webhooks.is_empty() { "in quarantine" } else { "in quarantine for the webhooks named" };
    let named: Vec<String> = unknown.iter().take(MOST_NAMED).map(|id| shown(id)).collect();
    let mut named = named.join(", ");
    if let Some(more) = unknown.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        named.push_str(&format!(" and {} more", grouped(more as u64)));
    }
    let message = match (wanted, unknown.len()) {
        (1, _) => format!("the event {named} is not {place}"),
        (_, 1) => format!("1 of {} is not {place}, so none was released: {named}", count(wanted)),
        (_, several) => {
            format!("{} of {} are not {place}, so none was released: {named}", grouped(several as u64), count(wanted))
        }
    };
    let held: Vec<String> = there.iter().take(MOST_COMPARED).map(|event| event.event.to_string()).collect();
    let suggestions = unknown.iter().take(MOST_NAMED).filter_map(|id| {
        let near = nearest_id(&id.text(), held.iter().map(String::as_str))?;
        let near = visible_within(near, MOST_ID, "…");
        Some(if wanted == 1 {
            format!("did you mean {near}?")
        } else {
            format!("for {}: did you mean {near}?", shown(id))
        })
    });
    let error = suggestions.fold(CliError::new(ExitCode::Usage, message), CliError::hint);
    error.hint(
        "see what is there with `hookmend quarantine list`, and what became of an event with `hookmend history ID`",
    )
}

fn count(wanted: usize) -> String {
    counted(wanted as u64, "event", "events")
}

fn shown(id: &EventId) -> String {
    visible_within(&id.text(), MOST_ID, "…").into_owned()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    const UUID: &str = "7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11";

    fn held(webhook: &str, event: &str) -> QuarantinedEvent {
        QuarantinedEvent {
            webhook: WebhookId::new(webhook).unwrap(),
            event: EventId::new(event).unwrap(),
            created_at: None,
            since: DateTime::UNIX_EPOCH,
            attempts: 5,
            reason: "refused".to_owned(),
            end: None,
        }
    }

    fn ids(texts: &[&str]) -> Wanted {
        Wanted::Ids(texts.iter().map(|text| EventId::new(text).unwrap()).collect())
    }

    fn chosen(wanted: &Wanted, there: Vec<QuarantinedEvent>) -> Result<Vec<String>, CliError> {
        let chosen = choose(wanted, &[], there)?;
        Ok(chosen.iter().map(|event| format!("{}/{}", event.webhook, event.event)).collect())
    }

    #[test]
    fn an_event_is_released_for_every_webhook_that_holds_it() {
        let there = vec![held("hook-1", "a-1"), held("hook-2", "a-1"), held("hook-2", "b-2")];
        assert_eq!(chosen(&ids(&["a-1"]), there).unwrap(), ["hook-1/a-1", "hook-2/a-1"]);
    }

    #[test]
    fn a_uuid_is_found_by_its_value() {
        let there = vec![held("hook-1", UUID)];
        assert_eq!(chosen(&ids(&[&UUID.to_uppercase()]), there).unwrap().len(), 1);
    }

    #[test]
    fn one_id_that_is_not_there_stops_all_of_them() {
        let error =
            chosen(&ids(&["a-1", "lots-12"]), vec![held("hook-1", "a-1"), held("hook-1", "lost-12")]).unwrap_err();
        assert_eq!(error.exit, ExitCode::Usage);
        assert_eq!(error.message, "1 of 2 events is not in quarantine, so none was released: lots-12");
        assert_eq!(error.hints[0], "for lots-12: did you mean lost-12?");
        assert!(error.hints[1].contains("hookmend quarantine list"), "{error:?}");
    }

    #[test]
    fn many_unknown_ids_are_counted_and_not_all_named() {
        let texts: Vec<String> = (0..5_000).map(|number| format!("unknown-{number}-{}", "x".repeat(300))).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let error = chosen(&ids(&texts), Vec::new()).unwrap_err();
        assert!(error.message.starts_with("5,000 of 5,000 events are not in quarantine"), "{error:?}");
        assert!(error.message.ends_with(" and 4,995 more") && error.message.len() < 600, "{error:?}");
    }

    #[test]
    fn what_was_agreed_to_is_released_and_nothing_that_came_later() {
        let shown = vec![held("hook-1", "a-1"), held("hook-1", "gone")];
        let there = vec![held("hook-1", "a-1"), held("hook-1", "new")];
        assert_eq!(chosen(&Wanted::AllOf(shown), there).unwrap(), ["hook-1/a-1"]);
    }

    #[test]
    fn all_of_nothing_is_nothing() {
        assert_eq!(chosen(&Wanted::All, Vec::new()).unwrap(), Vec::<String>::new());
    }
}
