//! Which webhooks the run looks at: as named by the user, or as the vendor enumerates them.

use std::collections::{HashMap, HashSet};

use crate::pace::breaker::Breaker;
use crate::provider::{ListFilter, ProviderError, Webhook};
use crate::run_report::ProblemKind;
use crate::slices::Capacity;
use crate::tracked::TrackedEvents;

use super::caller::{Halt, RequestKind};
use super::{Run, Scope, Task, WebhookRef, WebhookState};
use crate::event::WebhookId;
use crate::ledger::WebhookHistory;
use crate::selection::Selection;

impl Run<'_> {
    /// Fills the list of webhooks; asks the vendor only when the scope can't be told without it.
    pub(super) async fn resolve_scope(&mut self) -> Result<(), Halt> {
        let request = self.request;
        match &request.scope {
            Scope::AllWebhooks => {
                for webhook in self.enumerate().await? {
                    self.add_webhook(webhook.id, webhook.event_type);
                }
                if self.webhooks.is_empty() {
                    self.undetermined(
                        ProblemKind::WebhookUnknown,
                        "the vendor lists no webhooks for these keys",
                        "check that the keys belong to the right company, or name webhooks with --webhook",
                    );
                }
            }
            Scope::Webhooks(references) => {
                let asks = references.iter().any(|reference| matches!(reference, WebhookRef::EventType(_)));
                let known = if asks { self.enumerate().await? } else { Vec::new() };
                for reference in references {
                    self.add_reference(reference, &known);
                }
            }
        }
        self.keep_selected_types().await
    }

    /// Leaves the webhooks of the selected event types; the vendor says which those are.
    async fn keep_selected_types(&mut self) -> Result<(), Halt> {
        let Task::Window(Selection { event_types, .. }) = &self.request.task else { return Ok(()) };
        if event_types.is_empty() || self.facts.unusable_input {
            return Ok(());
        }
        let known = self.enumerate().await?;
        let is_selected = |webhook: &Webhook| {
            event_types.iter().any(|event_type| event_type.eq_ignore_ascii_case(&webhook.event_type))
        };
        let selected: HashSet<&WebhookId> =
            known.iter().filter(|webhook| is_selected(webhook)).map(|webhook| &webhook.id).collect();
        self.webhooks.retain(|webhook| selected.contains(&webhook.id));
        if self.webhooks.is_empty() {
            self.facts.unusable_input = true;
            let near = event_types.first().and_then(|event_type| nearest(event_type, &known));
            self.problem(
                ProblemKind::WebhookUnknown,
                format!("none of the webhooks is of the event type {}", event_types.join(" or ")),
                match near {
                    Some(near) => format!("did you mean {near}? `hookmend webhooks list` shows them all"),
                    None => "`hookmend webhooks list` shows them all".to_owned(),
                },
            );
        }
        Ok(())
    }

    fn add_reference(&mut self, reference: &WebhookRef, known: &[Webhook]) {
        match reference {
            WebhookRef::Id(id, name) => {
                let name = name.clone().unwrap_or_else(|| id.as_str().to_owned());
                self.add_webhook(id.clone(), name);
            }
            WebhookRef::EventType(event_type) => {
                let matching: Vec<_> = known.iter().filter(|webhook| webhook.event_type == *event_type).collect();
                if matching.is_empty() {
                    self.facts.unusable_input = true;
                    self.problem(
                        ProblemKind::WebhookUnknown,
                        format!("no webhook of the event type {event_type} is visible to these keys"),
                        match nearest(event_type, known) {
                            Some(near) => format!("did you mean {near}?"),
                            None => "name the webhook by its id".to_owned(),
                        },
                    );
                }
                for webhook in matching {
                    self.add_webhook(webhook.id.clone(), webhook.event_type.clone());
                }
            }
        }
    }

    pub(super) async fn enumerate(&mut self) -> Result<Vec<Webhook>, Halt> {
        let provider = self.ports.provider.as_ref();
        let mut patience = super::caller::patience();
        loop {
            match self.caller.read(RequestKind::List, async || provider.list_webhooks().await).await? {
                Ok(webhooks) => return Ok(webhooks),
                Err(error @ (ProviderError::NotFound { .. } | ProviderError::Rejected { .. })) => {
                    return Err(Halt::Misconfigured(error));
                }
                Err(error) => self.caller.back_off(&mut patience, &error).await?,
            }
        }
    }

    fn add_webhook(&mut self, id: WebhookId, name: String) {
        if self.webhooks.iter().any(|webhook| webhook.id == id) {
            return;
        }
        self.webhooks.push(WebhookState {
            id,
            name,
            events: TrackedEvents::default(),
            filter: ListFilter::Failed,
            listed: Vec::new(),
            proof_listed: Vec::new(),
            whole_window_listed: false,
            capacity: Capacity::default(),
            signs: super::proof::FilterSigns::default(),
            history: WebhookHistory::new(),
            arrived: HashSet::new(),
            taken_in: HashMap::new(),
            wanted: HashMap::new(),
            budget: None,
            breaker: Breaker::new(self.policy().bounds.breaker_failures),
            receiver_proven: false,
            pending: Vec::new(),
            blocked: None,
            range_ignored: false,
        });
    }
}

fn nearest<'a>(wanted: &str, known: &'a [Webhook]) -> Option<&'a str> {
    known
        .iter()
        .map(|webhook| (strsim::jaro_winkler(wanted, &webhook.event_type), webhook.event_type.as_str()))
        .filter(|(similarity, _)| *similarity > 0.8)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}
