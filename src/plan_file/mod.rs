//! A saved plan as a file: JSON lines, the first of them says to what the plan is bound, each other one
//! is one resend.
//!
//! A person may read it, and remove lines. Every line carries a check over what it says and over the
//! first one, so that a line that was changed, added or taken from another plan is told from one that
//! was not. The check guards against mistakes and not against malice: whoever can write the file can
//! run hookmend as well.

use std::collections::HashMap;
use std::io::{self, BufRead, Read, Write};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::classify::ResendPolicy;
use crate::event::{EventId, WebhookId, Window};
use crate::saved_plan::{SavedPlan, SavedResend};
use crate::selection::VerdictKind;

/// The name of the format; a number that is not known is refused.
const SCHEMA: &str = "hookmend/plan/1";
/// What the schemas of all versions begin with.
const FAMILY: &str = "hookmend/plan/";
/// Said to whoever opens the file.
const NOTE: &str = "one resend a line; remove lines to resend less, hookmend apply refuses any other change";
/// The longest line, in bytes; a resend takes less than a kibibyte, the first line more for each webhook.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;
/// Bytes of the hash that are kept as a check.
const CHECK_BYTES: usize = 6;

/// Why a file is no plan that can be carried out.
#[derive(Debug, thiserror::Error)]
pub enum PlanFileError {
    /// It can't be read.
    #[error("the plan can't be read")]
    Io(#[from] io::Error),
    /// It is not a plan at all.
    #[error("this is not a plan of hookmend: {0}")]
    NotAPlan(String),
    /// A newer hookmend wrote it.
    #[error("the plan has the format {0:?}, which this hookmend does not know")]
    Newer(String),
    /// A line says something else than when the plan was made.
    #[error("line {line}: {what}")]
    Altered {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    #[serde(rename = "type")]
    kind: HeaderKind,
    schema: String,
    note: String,
    run_id: String,
    made_at: String,
    provider: String,
    base_url: String,
    from: String,
    to: String,
    idempotent: bool,
    include_acknowledged: bool,
    selection: String,
    resends: u64,
    webhooks: Vec<WebhookLine>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    check: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookLine {
    webhook_id: String,
    name: String,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum HeaderKind {
    Plan,
}

#[derive(Serialize, Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ResendKind {
    Resend,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ResendLine {
    #[serde(rename = "type")]
    kind: ResendKind,
    created_at: Option<String>,
    event_id: String,
    verdict: String,
    status_code: Option<u16>,
    webhook_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    check: String,
}

/// Writes a plan.
///
/// # Errors
/// When `out` can't be written to.
pub fn write(plan: &SavedPlan, out: &mut dyn Write) -> io::Result<()> {
    let mut header = Header::of(plan);
    header.check = check_of("", &serde_json::to_vec(&header)?);
    line(&header, out)?;
    for resend in &plan.resends {
        let mut resend = ResendLine::of(resend);
        resend.check = check_of(&header.check, &serde_json::to_vec(&resend)?);
        line(&resend, out)?;
    }
    out.flush()
}

fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(value)?;
    bytes.push(b'\n');
    out.write_all(&bytes)
}

/// Reads a plan from which lines may have been removed.
///
/// # Errors
/// When it is none, a line was changed or added, or it can't be read.
pub fn read(input: &mut dyn BufRead) -> Result<SavedPlan, PlanFileError> {
    let mut number = 0;
    let first = next_line(input, &mut number)?;
    let first = first.ok_or_else(|| PlanFileError::NotAPlan("it is empty".to_owned()))?;
    let mut header = read_header(&first)?;
    let stated = std::mem::take(&mut header.check);
    if check_of("", &serde_json::to_vec(&header).map_err(io::Error::from)?) != stated {
        return Err(altered(number, "the first line was changed; make the plan anew"));
    }
    let mut plan = header.into_plan().ok_or_else(|| altered(number, "the first line can't be understood"))?;
    let mut places = HashMap::new();
    while let Some(bytes) = next_line(input, &mut number)? {
        let resend = read_resend(&bytes, &stated, number)?;
        if let Some(earlier) = places.insert((resend.webhook.clone(), resend.event.clone()), number) {
            return Err(altered(number, format!("it repeats line {earlier}")));
        }
        plan.resends.push(resend);
    }
    Ok(plan)
}

/// The next line that is not blank, without its end.
fn next_line(input: &mut dyn BufRead, number: &mut u64) -> Result<Option<Vec<u8>>, PlanFileError> {
    loop {
        let mut bytes = Vec::new();
        let read = Read::take(&mut *input, LONGEST_LINE).read_until(b'\n', &mut bytes)?;
        if read == 0 {
            return Ok(None);
        }
        *number += 1;
        if read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            return Err(altered(*number, format!("it is longer than {LONGEST_LINE} bytes")));
        }
        // Editors of some systems begin a file with a mark and end lines with two characters.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes).trim_ascii();
        if !bytes.is_empty() {
            return Ok(Some(bytes.to_vec()));
        }
    }
}

fn read_header(bytes: &[u8]) -> Result<Header, PlanFileError> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let schema: Schema = serde_json::from_slice(bytes)
        .map_err(|_| PlanFileError::NotAPlan("its first line does not say that it is one".to_owned()))?;
    if schema.schema != SCHEMA {
        return Err(match schema.schema.starts_with(FAMILY) {
            true => PlanFileError::Newer(schema.schema),
            false => PlanFileError::NotAPlan(format!("its schema is {:?}", schema.schema)),
        });
    }
    serde_json::from_slice(bytes).map_err(|error| altered(1, format!("the first line was changed: {error}")))
}

fn read_resend(bytes: &[u8], header: &str, number: u64) -> Result<SavedResend, PlanFileError> {
    let mut line: ResendLine = serde_json::from_slice(bytes)
        .map_err(|error| altered(number, format!("it is not a resend as hookmend plan writes it: {error}")))?;
    let stated = std::mem::take(&mut line.check);
    if check_of(header, &serde_json::to_vec(&line).map_err(io::Error::from)?) != stated {
        let what = "it was changed, or comes from another plan; lines can only be removed";
        return Err(altered(number, format!("event {}: {what}", line.event_id.escape_debug())));
    }
    line.into_resend().ok_or_else(|| altered(number, "it can't be understood"))
}

fn altered(line: u64, what: impl Into<String>) -> PlanFileError {
    PlanFileError::Altered { line, what: what.into() }
}

/// A short hash over what a line says and over the first line's own check.
fn check_of(header: &str, said: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(header.as_bytes());
    hash.update(said);
    hash.finalize().iter().take(CHECK_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn stamp(instant: DateTime<Utc>) -> String {
    instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

fn instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|instant| instant.to_utc())
}

impl Header {
    fn of(plan: &SavedPlan) -> Self {
        let webhook = |(id, name): &(WebhookId, String)| WebhookLine { webhook_id: id.to_string(), name: name.clone() };
        Self {
            kind: HeaderKind::Plan,
            schema: SCHEMA.to_owned(),
            note: NOTE.to_owned(),
            run_id: plan.run_id.clone(),
            made_at: stamp(plan.made_at),
            provider: plan.provider.clone(),
            base_url: plan.base_url.clone(),
            from: stamp(plan.window.from()),
            to: stamp(plan.window.to()),
            idempotent: plan.resend.idempotent,
            include_acknowledged: plan.resend.include_acknowledged,
            selection: plan.selection.clone(),
            resends: plan.planned,
            webhooks: plan.webhooks.iter().map(webhook).collect(),
            check: String::new(),
        }
    }

    fn into_plan(self) -> Option<SavedPlan> {
        let webhook = |line: WebhookLine| Some((WebhookId::new(&line.webhook_id).ok()?, line.name));
        Some(SavedPlan {
            run_id: self.run_id,
            made_at: instant(&self.made_at)?,
            provider: self.provider,
            base_url: self.base_url,
            window: Window::new(instant(&self.from)?, instant(&self.to)?)?,
            resend: ResendPolicy { idempotent: self.idempotent, include_acknowledged: self.include_acknowledged },
            webhooks: self.webhooks.into_iter().map(webhook).collect::<Option<_>>()?,
            selection: self.selection,
            planned: self.resends,
            resends: Vec::new(),
        })
    }
}

impl ResendLine {
    fn of(resend: &SavedResend) -> Self {
        Self {
            kind: ResendKind::Resend,
            created_at: resend.created_at.map(stamp),
            event_id: resend.event.text().into_owned(),
            verdict: resend.verdict.name().to_owned(),
            status_code: resend.status_code,
            webhook_id: resend.webhook.to_string(),
            check: String::new(),
        }
    }

    fn into_resend(self) -> Option<SavedResend> {
        Some(SavedResend {
            webhook: WebhookId::new(&self.webhook_id).ok()?,
            event: EventId::new(&self.event_id).ok()?,
            created_at: match self.created_at {
                Some(text) => Some(instant(&text)?),
                None => None,
            },
            verdict: VerdictKind::from_name(&self.verdict)?,
            status_code: self.status_code,
        })
    }
}

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
#[cfg(test)]
mod tests;
