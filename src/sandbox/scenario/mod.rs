//! Scenario files: a world written down in TOML, for a test suite to start the sandbox with.
//!
//! This file owns what a scenario means. Every complaint names the file, the line and the key. Nothing
//! is delivered or served here.

mod error;
mod events;
mod file;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzing;
#[cfg(test)]
mod tests;
pub(super) mod time;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use toml::Spanned;

pub use self::error::ScenarioError;
use self::error::{Source, suggestion};
use self::file::{FaultTable, ReceiverTable, ScenarioFile, WebhookTable};
use self::time::parse_duration;
use super::bulk::spread;
use super::faults::{CATALOGUE, Operation};
use super::hook::{HookCall, HookError, Target};
use super::plan::{WebhookPlan, WorldPlan};
use super::receiver::ReceiverPlan;
use super::rules::{FaultError, FaultRule};
use super::world::{new_id, receiver_url};

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// The most webhooks.
const MOST_WEBHOOKS: usize = 1000;

/// What stands behind the vendor.
#[derive(Clone, Debug, PartialEq)]
pub enum Behind {
    /// A receiver inside the sandbox.
    Simulated(ReceiverPlan),
    /// Somebody's own receiver, at this URL unless a webhook has one of its own.
    Real(Target),
}

/// What outweighs the file.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// The seed.
    pub seed: Option<u64>,
    /// What stands behind the vendor. Without it, webhooks with URLs are called, and if there are none the
    /// receiver is simulated and accepts everything.
    pub behind: Option<Behind>,
    /// The header with the event's id.
    pub event_id_header: Option<String>,
}

/// A scenario file that was read.
#[derive(Clone, Debug)]
pub struct Scenario {
    path: std::path::PathBuf,
    text: String,
    file: ScenarioFile,
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// When it can't be read, or is no scenario.
    pub fn read(path: &Path) -> Result<Self, ScenarioError> {
        let whole = |problem: String, hint: &str| ScenarioError {
            path: path.to_owned(),
            line: None,
            key: None,
            problem,
            hint: hint.to_owned(),
        };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
            .map_err(|error| whole(format!("can't be read: {error}"), "check the path given with --scenario"))?;
        if text.len() as u64 > LARGEST {
            return Err(whole("too large for a scenario".to_owned(), "use count instead of listing events one by one"));
        }
        Self::parse(path, text)
    }

    fn parse(path: &Path, text: String) -> Result<Self, ScenarioError> {
        let file = toml::from_str(&text).map_err(|error| Source { path, text: &text }.form(&error))?;
        Ok(Self { path: path.to_owned(), text, file })
    }

    /// The world that the file describes; relative times count from `now`.
    ///
    /// # Errors
    /// When something in the file can't be, with its line.
    pub fn plan(&self, wishes: &Wishes, now: DateTime<Utc>) -> Result<WorldPlan, ScenarioError> {
        let source = Source { path: &self.path, text: &self.text };
        let seed = wishes.seed.or(self.file.seed).unwrap_or(1);
        let behind = self.behind(wishes);
        let hook_call = hook_call(&source, &self.file.receiver, wishes)?;
        let mut plan = WorldPlan::new(seed).webhooks(0);
        let webhooks = self.webhooks(&source, seed, &behind)?;
        for (number, webhook) in webhooks.iter().enumerate() {
            plan = plan.webhook(webhook.clone());
            if let Some(store) = self.file.webhook.get(number).and_then(|table| table.get_ref().store_id) {
                plan = plan.store(number, store);
            }
        }
        plan = match behind {
            Calls::Nobody(receiver) => plan.receiver(receiver),
            Calls::Url(target) => plan.calling(target.to_string(), hook_call),
            Calls::Own => plan.calling("", hook_call),
        };
        plan = events::place(&source, plan, &self.file.events, &webhooks, (seed, now))?;
        for table in &self.file.fault {
            plan = plan.fault(fault(&source, table)?);
        }
        Ok(plan)
    }

    fn behind(&self, wishes: &Wishes) -> Calls {
        match &wishes.behind {
            Some(Behind::Simulated(receiver)) => Calls::Nobody(receiver.clone()),
            Some(Behind::Real(target)) => Calls::Url(target.clone()),
            None if self.file.webhook.iter().any(|table| table.get_ref().url.is_some()) => Calls::Own,
            None => Calls::Nobody(ReceiverPlan::default()),
        }
    }

    fn webhooks(&self, source: &Source<'_>, seed: u64, behind: &Calls) -> Result<Vec<WebhookPlan>, ScenarioError> {
        if self.file.webhook.is_empty() || self.file.webhook.len() > MOST_WEBHOOKS {
            let problem = format!("there must be from 1 to {MOST_WEBHOOKS} [[webhook]] tables");
            let hint = "write [[webhook]] and below it event-type = \"SaleCreated\"";
            return Err(source.error(0..0, "webhook", problem, hint));
        }
        let mut rng = fastrand::Rng::with_seed(spread(seed ^ 4));
        let mut webhooks: Vec<WebhookPlan> = Vec::new();
        for table in &self.file.webhook {
            let generated = new_id(&mut rng);
            let webhook = webhook(source, table, behind, generated)?;
            if let Some(id) = &table.get_ref().id
                && webhooks.iter().any(|other| other.id.eq_ignore_ascii_case(&webhook.id))
            {
                let problem = format!("there are two webhooks with the id {:?}", webhook.id);
                return Err(source.error(id.span(), "webhook.id", problem, "leave id out to have one made up"));
            }
            webhooks.push(webhook);
        }
        Ok(webhooks)
    }
}

/// Whom the vendor calls.
enum Calls {
    Nobody(ReceiverPlan),
    Url(Target),
    /// The URL that each webhook has.
    Own,
}

fn webhook(
    source: &Source<'_>,
    table: &Spanned<WebhookTable>,
    behind: &Calls,
    generated: String,
) -> Result<WebhookPlan, ScenarioError> {
    let WebhookTable { id, event_type, url, store_id: _ } = table.get_ref();
    let id = match id {
        Some(id) => text(source, id, "webhook.id")?,
        None => generated,
    };
    let event_type = text(source, event_type, "webhook.event-type")?;
    let url = match (url, behind) {
        (Some(url), Calls::Nobody(_)) => text(source, url, "webhook.url")?,
        (Some(url), Calls::Url(_) | Calls::Own) => {
            let target: Result<Target, _> = url.get_ref().parse();
            let hint = "name a receiver on this machine, such as http://127.0.0.1:8080/hook";
            target.map_err(|error| source.error(url.span(), "webhook.url", error.to_string(), hint))?.to_string()
        }
        (None, Calls::Nobody(_)) => receiver_url(&event_type),
        (None, Calls::Url(target)) => target.to_string(),
        (None, Calls::Own) => {
            let hint = "give it a url, or give --receiver http://… for all that have none";
            return Err(source.error(table.span(), "webhook.url", "this webhook has none, and others have", hint));
        }
    };
    Ok(WebhookPlan { id, event_type, url })
}

/// A short text without anything that could trouble a terminal.
fn text(source: &Source<'_>, written: &Spanned<String>, key: &str) -> Result<String, ScenarioError> {
    let text = written.get_ref();
    if text.is_empty() || text.len() > 1000 || text.chars().any(char::is_control) {
        let problem = "must be from 1 to 1000 bytes without control characters";
        return Err(source.error(written.span(), key, problem, "write it shorter, on one line"));
    }
    Ok(text.clone())
}

fn hook_call(source: &Source<'_>, table: &ReceiverTable, wishes: &Wishes) -> Result<HookCall, ScenarioError> {
    let wrong = |span, key: &str| {
        let key = format!("receiver.{key}");
        let hint = "see contrib/receiver-test/outage.toml for an example of [receiver]";
        move |error: HookError| source.error(span, key, error.to_string(), hint)
    };
    let mut call = HookCall::default();
    if let Some(name) = &table.event_id_header {
        call = call.event_id_header(name.get_ref()).map_err(wrong(name.span(), "event-id-header"))?;
    }
    if let Some(name) = &wishes.event_id_header {
        call = call.event_id_header(name).map_err(wrong(0..0, "event-id-header"))?;
    }
    if let Some(text) = &table.content_type {
        call = call.content_type(text.get_ref()).map_err(wrong(text.span(), "content-type"))?;
    }
    if let Some(name) = &table.method {
        call = call.method(name.get_ref()).map_err(wrong(name.span(), "method"))?;
    }
    if let Some(text) = &table.timeout {
        let patience = parse_duration(text.get_ref()).ok_or_else(|| {
            let problem = format!("{:?} is no duration", text.get_ref());
            source.error(text.span(), "receiver.timeout", problem, "write one like \"10s\" or \"500ms\"")
        })?;
        call = call.patience(patience).map_err(wrong(text.span(), "timeout"))?;
    }
    if let Some(number) = &table.in_flight {
        call = call.in_flight(*number.get_ref()).map_err(wrong(number.span(), "in-flight"))?;
    }
    for (name, value) in &table.headers {
        call = call.header(name, value.get_ref()).map_err(wrong(value.span(), "headers"))?;
    }
    Ok(call)
}

fn fault(source: &Source<'_>, table: &Spanned<FaultTable>) -> Result<FaultRule, ScenarioError> {
    let FaultTable { name, rate, first, operation } = table.get_ref();
    let mut rule: FaultRule = name.get_ref().parse().map_err(|error: FaultError| {
        let names: Vec<&str> = CATALOGUE.iter().map(|(example, _)| *example).collect();
        let hint = match &error {
            FaultError::UnknownName(unknown) => suggestion(unknown, &names),
            FaultError::BadValue { .. } | FaultError::BadQualifier(_) => {
                "see `hookmend help sandbox` for every fault".to_owned()
            }
        };
        source.error(name.span(), "fault.name", error.to_string(), hint)
    })?;
    if let Some(rate) = rate {
        if !(0.0..=1.0).contains(rate.get_ref()) {
            let problem = format!("{} is no probability", rate.get_ref());
            return Err(source.error(rate.span(), "fault.rate", problem, "write a number from 0.0 to 1.0"));
        }
        rule.rate = *rate.get_ref();
    }
    rule.first = first.or(rule.first);
    if let Some(operation) = operation {
        let parsed = Operation::parse(operation.get_ref()).ok_or_else(|| {
            let hint = suggestion(operation.get_ref(), &Operation::names());
            source.error(operation.span(), "fault.operation", "there is no such operation", hint)
        })?;
        rule.operation = Some(parsed);
    }
    Ok(rule)
}
