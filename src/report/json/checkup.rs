//! The document about a checkup, schema `hookmend/doctor/1`: fields are only ever added.

use std::io;

use serde::Serialize;

use super::past::{Parts, write_document};
use super::{Json, TOOL};
use crate::checkup::{Check, Checkup, Verdict};
use crate::report::past::Show;

/// The schema of a checkup.
pub const DOCTOR_SCHEMA: &str = "hookmend/doctor/1";

impl Show<Checkup> for Json {
    fn show(&self, what: &Checkup, out: &mut dyn io::Write) -> io::Result<()> {
        write_document(&DoctorDocument::of(what, Parts::Shown), out)
    }
}

/// A whole checkup, or the summary of one.
#[derive(Serialize)]
pub(in crate::report) struct DoctorDocument<'a> {
    schema: &'static str,
    tool: &'static str,
    exit_code: u8,
    totals: Totals,
    requests: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checks: Option<Vec<CheckView<'a>>>,
}

#[derive(Serialize)]
struct Totals {
    ok: u64,
    warning: u64,
    failed: u64,
    skipped: u64,
}

impl<'a> DoctorDocument<'a> {
    pub(in crate::report) fn of(checkup: &'a Checkup, parts: Parts) -> Self {
        let tally = checkup.tally();
        Self {
            schema: DOCTOR_SCHEMA,
            tool: TOOL,
            exit_code: checkup.exit_code().number(),
            totals: Totals { ok: tally.ok, warning: tally.warnings, failed: tally.failed, skipped: tally.skipped },
            requests: checkup.requests,
            checks: parts.of(checkup.checks.iter().map(CheckView::of)),
        }
    }
}

/// One check.
#[derive(Serialize)]
pub(in crate::report) struct CheckView<'a> {
    name: &'a str,
    verdict: &'static str,
    exit_code: Option<u8>,
    message: &'a str,
    hint: Option<&'a str>,
    details: &'a [String],
}

impl<'a> CheckView<'a> {
    pub(in crate::report) fn of(check: &'a Check) -> Self {
        Self {
            name: check.name,
            verdict: check.verdict.name(),
            exit_code: match check.verdict {
                Verdict::Failed(code) => Some(code.number()),
                Verdict::Ok | Verdict::Warning | Verdict::Skipped => None,
            },
            message: &check.message,
            hint: check.hint.as_deref(),
            details: &check.details,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::exit::ExitCode;

    #[test]
    fn the_document_holds_every_check() {
        let checks = vec![Check::ok("a", "m"), Check::failed("b", ExitCode::Refused, "n", "h")];
        let mut bytes = Vec::new();
        Json.show(&Checkup { checks, requests: 3 }, &mut bytes).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(document["schema"], "hookmend/doctor/1");
        assert_eq!((&document["exit_code"], &document["requests"]), (&13.into(), &3.into()));
        assert_eq!(document["totals"], serde_json::json!({"ok": 1, "warning": 0, "failed": 1, "skipped": 0}));
        let check = serde_json::json!(
            {"name": "b", "verdict": "failed", "exit_code": 13, "message": "n", "hint": "h", "details": []}
        );
        assert_eq!(document["checks"][1], check);
        assert_eq!(document["checks"][0]["hint"], Value::Null);
    }
}
