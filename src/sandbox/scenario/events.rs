//! `[[events]]`: from tables to events with ids, times and states.
//!
//! This file owns how events are spread over a period and what their ids are.

use std::collections::HashSet;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use toml::Spanned;
use toml::value::Value;

use super::error::{ScenarioError, Source, suggestion};
use super::file::{EventsTable, StateWord};
use super::time::parse_time;
use crate::sandbox::bulk::spread;
use crate::sandbox::hook::Hook;
use crate::sandbox::plan::{EventPlan, EventState, WebhookPlan, WorldPlan};
use crate::sandbox::world::{canonical, new_id};

/// The most events of a scenario.
const MOST_EVENTS: usize = 100_000;
/// The longest id, in bytes.
const LONGEST_ID: usize = 200;

/// Adds the events of all tables to the plan.
pub(super) fn place(
    source: &Source<'_>,
    mut plan: WorldPlan,
    tables: &[Spanned<EventsTable>],
    webhooks: &[WebhookPlan],
    (seed, now): (u64, DateTime<Utc>),
) -> Result<WorldPlan, ScenarioError> {
    let mut taken = HashSet::new();
    for (number, table) in tables.iter().enumerate() {
        let block = Block { source, table: table.get_ref(), span: table.span(), now };
        let webhook = block.webhook(webhooks)?;
        let (from, to) = block.period()?;
        let first_state = block.first_state()?;
        // Each table draws on its own, so that one more of them changes nothing about the others.
        let mut rng = fastrand::Rng::with_seed(spread(seed ^ ((number as u64 + 1) << 32)));
        let ids = block.ids(&mut rng)?;
        if taken.len() + ids.len() > MOST_EVENTS {
            let hint = "a scenario is for tests; `hookmend sandbox --events` serves millions";
            return Err(block.wrong("count", format!("there are more than {MOST_EVENTS} events"), hint));
        }
        let count = ids.len();
        for (index, id) in ids.into_iter().enumerate() {
            if !taken.insert((webhook, canonical(&id))) {
                let problem = format!("there are two events with the id {id:?} at this webhook");
                return Err(block.wrong("id", problem, "give each table an id-prefix of its own"));
            }
            let created_at = moment(from, to, index, count, &mut rng);
            plan = match &first_state {
                FirstState::ToBeDelivered => plan.delivering(id, webhook, created_at),
                FirstState::Given { state, in_log, runs } => {
                    let (state, in_log, runs) = (state.clone(), *in_log, *runs);
                    plan.event(EventPlan { id, webhook, created_at, state, in_log, runs })
                }
            };
        }
    }
    Ok(plan)
}

/// When the event with this index happens: each in a part of the period of its own.
fn moment(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    index: usize,
    count: usize,
    rng: &mut fastrand::Rng,
) -> DateTime<Utc> {
    let span = i128::from((to - from).num_milliseconds().max(0));
    let (index, count) = (index as i128, (count as i128).max(1));
    let (begin, end) = (span * index / count, span * (index + 1) / count);
    let within = if end > begin { rng.i128(begin..end) } else { begin };
    let within = TimeDelta::milliseconds(i64::try_from(within).unwrap_or(0));
    from.checked_add_signed(within).unwrap_or(from)
}

enum FirstState {
    ToBeDelivered,
    Given { state: EventState, in_log: bool, runs: u32 },
}

/// One table, and what is needed to complain about it.
struct Block<'a> {
    source: &'a Source<'a>,
    table: &'a EventsTable,
    span: Range<usize>,
    now: DateTime<Utc>,
}

impl Block<'_> {
    fn wrong(&self, key: &str, problem: impl Into<String>, hint: impl Into<String>) -> ScenarioError {
        let span = self.span_of(key).unwrap_or_else(|| self.span.clone());
        self.source.error(span, format!("events.{key}"), problem, hint)
    }

    fn span_of(&self, key: &str) -> Option<Range<usize>> {
        let table = self.table;
        match key {
            "type" => table.r#type.as_ref().map(Spanned::span),
            "webhook" => table.webhook.as_ref().map(Spanned::span),
            "count" => table.count.as_ref().map(Spanned::span),
            "id" => table.id.as_ref().or(table.id_prefix.as_ref()).map(Spanned::span),
            "id-prefix" => table.id_prefix.as_ref().map(Spanned::span),
            "at" => table.at.as_ref().map(Spanned::span),
            "from" => table.from.as_ref().map(Spanned::span),
            "to" => table.to.as_ref().map(Spanned::span),
            "state" => table.state.as_ref().map(Spanned::span),
            "status-code" => table.status_code.as_ref().map(Spanned::span),
            "status-text" => table.status_text.as_ref().map(Spanned::span),
            "in-log" => table.in_log.as_ref().map(Spanned::span),
            "runs" => table.runs.as_ref().map(Spanned::span),
            _ => None,
        }
    }

    /// The number of the webhook that the events belong to.
    fn webhook(&self, webhooks: &[WebhookPlan]) -> Result<usize, ScenarioError> {
        match (&self.table.r#type, &self.table.webhook) {
            (Some(event_type), None) => {
                let fits = |webhook: &WebhookPlan| webhook.event_type == *event_type.get_ref();
                let mut fitting = webhooks.iter().enumerate().filter(|(_, webhook)| fits(webhook));
                let types: Vec<&str> = webhooks.iter().map(|webhook| webhook.event_type.as_str()).collect();
                match (fitting.next(), fitting.next()) {
                    (Some((number, _)), None) => Ok(number),
                    (Some(_), Some(_)) => {
                        let problem = format!("several webhooks have the type {:?}", event_type.get_ref());
                        Err(self.wrong("type", problem, "name one by its id: webhook = \"…\" instead of type"))
                    }
                    (None, _) => {
                        let problem = format!("no webhook has the type {:?}", event_type.get_ref());
                        Err(self.wrong("type", problem, suggestion(event_type.get_ref(), &types)))
                    }
                }
            }
            (None, Some(id)) => {
                let ids: Vec<&str> = webhooks.iter().map(|webhook| webhook.id.as_str()).collect();
                ids.iter().position(|known| known.eq_ignore_ascii_case(id.get_ref())).ok_or_else(|| {
                    let problem = format!("no webhook has the id {:?}", id.get_ref());
                    self.wrong("webhook", problem, suggestion(id.get_ref(), &ids))
                })
            }
            (None, None) if webhooks.len() == 1 => Ok(0),
            (None, None) => Err(self.wrong("type", "it is not said whose events these are", "add type or webhook")),
            (Some(_), Some(_)) => Err(self.wrong("webhook", "both type and webhook are given", "leave one out")),
        }
    }

    fn period(&self) -> Result<(DateTime<Utc>, DateTime<Utc>), ScenarioError> {
        let EventsTable { at, from, to, .. } = self.table;
        match (at, from, to) {
            (Some(at), None, None) => {
                let at = self.instant("at", at)?;
                Ok((at, at))
            }
            (None, Some(from), to) => {
                let from = self.instant("from", from)?;
                let to = to.as_ref().map_or(Ok(self.now), |to| self.instant("to", to))?;
                if from >= to {
                    return Err(self.wrong("from", "from is not before to", "swap them, or write at for one moment"));
                }
                Ok((from, to))
            }
            (None, None, None) => {
                let hint = "write at = \"-2h\", or from = \"-6h\" and to = \"-1h\"";
                Err(self.wrong("at", "it is not said when these events happened", hint))
            }
            (None, None, Some(_)) => Err(self.wrong("to", "there is a to without a from", "add from")),
            (Some(_), _, _) => Err(self.wrong("at", "both at and a period are given", "leave one of them out")),
        }
    }

    fn instant(&self, key: &str, written: &Spanned<Value>) -> Result<DateTime<Utc>, ScenarioError> {
        let hint = "write a time like \"-6h\", \"now\" or 2026-01-31T10:00:00Z; without an offset it is UTC";
        let text = match written.get_ref() {
            Value::String(text) => text.clone(),
            Value::Datetime(at) => at.to_string(),
            Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Array(_) | Value::Table(_) => {
                return Err(self.wrong(key, "this is no time", hint));
            }
        };
        parse_time(&text, self.now).map_err(|why| self.wrong(key, why, hint))
    }

    fn ids(&self, rng: &mut fastrand::Rng) -> Result<Vec<String>, ScenarioError> {
        let count = self.table.count.as_ref().map_or(1, |count| *count.get_ref());
        if !(1..=MOST_EVENTS).contains(&count) {
            let hint = format!("write a number from 1 to {MOST_EVENTS}");
            return Err(self.wrong("count", "there can't be so many", hint));
        }
        let ids: Vec<String> = match (&self.table.id, &self.table.id_prefix) {
            (Some(id), None) if count == 1 => vec![id.get_ref().clone()],
            (Some(_), None) => return Err(self.wrong("id", "several events can't share an id", "write id-prefix")),
            (None, Some(prefix)) => (1..=count).map(|number| format!("{}{number}", prefix.get_ref())).collect(),
            (None, None) => (0..count).map(|_| new_id(rng)).collect(),
            (Some(_), Some(_)) => {
                return Err(self.wrong("id", "both id and id-prefix are given", "leave one out"));
            }
        };
        if ids.iter().any(|id| id.is_empty() || id.len() > LONGEST_ID || !Hook::can_carry(id)) {
            let problem = format!("an id must be from 1 to {LONGEST_ID} letters that can stand in a header");
            return Err(self.wrong("id", problem, "write it without control characters"));
        }
        Ok(ids)
    }

    fn first_state(&self) -> Result<FirstState, ScenarioError> {
        let EventsTable { deliver, state, status_code, status_text, in_log, runs, .. } = self.table;
        let is_to_be_delivered = deliver.as_ref().is_some_and(|deliver| *deliver.get_ref());
        let given = [("state", state.is_some()), ("in-log", in_log.is_some()), ("runs", runs.is_some())];
        let statuses = [("status-code", status_code.is_some()), ("status-text", status_text.is_some())];
        if is_to_be_delivered {
            if let Some((key, _)) = given.iter().chain(&statuses).find(|(_, given)| *given) {
                return Err(self.wrong(key, "the receiver's answer decides this", "leave it out, or deliver = true"));
            }
            return Ok(FirstState::ToBeDelivered);
        }
        let word = state.as_ref().map_or(StateWord::Delivered, |state| *state.get_ref());
        let state = match word {
            StateWord::Failed => self.failed()?,
            StateWord::Delivered | StateWord::Pending => {
                if let Some((key, _)) = statuses.iter().find(|(_, given)| *given) {
                    return Err(self.wrong(key, "only a failed event has this", "add state = \"failed\""));
                }
                if word == StateWord::Delivered { EventState::Delivered } else { EventState::Pending }
            }
        };
        let in_log = in_log.as_ref().map_or(word == StateWord::Delivered, |in_log| *in_log.get_ref());
        let runs = runs.as_ref().map_or(u32::from(word != StateWord::Pending), |runs| *runs.get_ref());
        Ok(FirstState::Given { state, in_log, runs })
    }

    fn failed(&self) -> Result<EventState, ScenarioError> {
        let status_code = self.table.status_code.as_ref().map(|code| *code.get_ref());
        if status_code.is_some_and(|code| !(300..=599).contains(&code)) {
            return Err(self.wrong("status-code", "this is no status of a failure", "write one from 300 to 599"));
        }
        let text = self.table.status_text.as_ref();
        let words = text.map(|text| super::text(self.source, text, "events.status-text")).transpose()?;
        let usual = || match status_code {
            Some(code) => crate::sandbox::receiver::Answer::of_status(code).words,
            None => "Unable to connect".to_owned(),
        };
        Ok(EventState::Failed { status_code, status_text: words.unwrap_or_else(usual) })
    }
}
