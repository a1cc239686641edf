//! What a log holds, for people and for programs.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::exit::ExitCode;
use crate::received::{Count, SourceSurvey, Survey, UnusedStatus};
use crate::report::json::TOOL;
use crate::report::text::{counted, grouped, instant, shell_word, visible};

const SCHEMA: &str = "hookmend/received/1";

/// A paragraph for each source, one for all together where there are several, and the coverage.
pub(super) fn human(survey: &Survey) -> String {
    let mut paragraphs: Vec<String> = survey.sources.iter().map(source).collect();
    if let [only] = paragraphs.as_slice() {
        return format!("{only}\n  {}\n", coverage(survey));
    }
    let stats = &survey.stats;
    let mut all = vec![
        format!("All {}", counted(survey.sources.len() as u64, "source", "sources")),
        numbers(stats.lines, stats.ids, survey.distinct, None),
        unreadable(stats.unreadable, stats.first_unreadable.as_deref()),
    ];
    all.extend(period(stats.first_time, stats.last_time));
    all.push(coverage(survey));
    paragraphs.push(all.join("\n  "));
    paragraphs.join("\n\n") + "\n"
}

fn source(source: &SourceSurvey) -> String {
    let mut lines = vec![
        visible(&source.name).into_owned(),
        visible(&source.how).into_owned(),
        numbers(source.lines, source.ids, source.distinct, Some(source.refused)),
        unreadable(source.unreadable, source.first_unreadable.as_deref()),
    ];
    lines.extend(source.unused_status.as_ref().and_then(unused));
    lines.extend(period(source.first_time, source.last_time));
    lines.extend(source.fault.as_ref().map(|fault| format!("Fault: {}", visible(fault))));
    lines.join("\n  ")
}

fn numbers(lines: u64, ids: u64, distinct: Count, refused: Option<u64>) -> String {
    let least = if distinct.is_least { "at least " } else { "" };
    let mut text = format!(
        "{}, {} with an id as received, {least}{}",
        counted(lines, "line", "lines"),
        grouped(ids),
        counted(distinct.number, "different id", "different ids"),
    );
    if let Some(refused) = refused.filter(|refused| *refused > 0) {
        text.push_str(&format!("; {} with an id and another status", grouped(refused)));
    }
    text
}

/// What a status field that is not used says against the lines that count as received.
fn unused(status: &UnusedStatus) -> Option<String> {
    let UnusedStatus { field, lines, refused } = status;
    (*refused > 0).then(|| {
        format!(
            "Status: of the first {} with an id, {} hold another status code than 2xx in {:?} and count as received; \
             add --received-status {}",
            counted(*lines, "line", "lines"),
            grouped(*refused),
            visible(field),
            shell_word(field)
        )
    })
}

fn unreadable(lines: u64, first: Option<&str>) -> String {
    match (lines, first) {
        (0, _) | (_, None) => "every line was understood".to_owned(),
        (_, Some(first)) => {
            format!("{} not understood, the first at {}", counted(lines, "line", "lines"), visible(first))
        }
    }
}

fn period(first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>) -> Option<String> {
    Some(format!("from {} to {}", instant(first?), instant(last?)))
}

fn coverage(survey: &Survey) -> String {
    let coverage = &survey.coverage;
    match (&coverage.broken, coverage.since, &coverage.gap) {
        (Some(reason), _, _) => format!("Coverage: none, nothing is absent for certain: {}", visible(reason)),
        (None, Some(since), Some(gap)) => format!("Coverage: since {} only: {}", instant(since), visible(gap)),
        (None, Some(since), None) => format!("Coverage: since {}", instant(since)),
        (None, None, _) => {
            "Coverage: all time, as nothing says where the log begins; see --received-time and --received-since"
                .to_owned()
        }
    }
}

/// One document.
pub(super) fn json(survey: &Survey, code: ExitCode) -> String {
    let (stats, coverage) = (&survey.stats, &survey.coverage);
    let document = json!({
        "schema": SCHEMA,
        "tool": TOOL,
        "sources": survey.sources.iter().map(source_value).collect::<Vec<_>>(),
        "totals": {
            "lines": stats.lines,
            "ids": stats.ids,
            "distinct": survey.distinct.number,
            "distinct_is_least": survey.distinct.is_least,
            "unreadable": stats.unreadable,
            "bytes": stats.bytes,
        },
        "coverage": { "since": moment(coverage.since), "gap": coverage.gap, "broken": coverage.broken },
        "exit_code": code.number(),
    });
    format!("{document:#}\n")
}

fn source_value(source: &SourceSurvey) -> Value {
    json!({
        "name": source.name,
        "format": source.format,
        "packing": source.packing,
        "how": source.how,
        "lines": source.lines,
        "ids": source.ids,
        "distinct": source.distinct.number,
        "distinct_is_least": source.distinct.is_least,
        "refused": source.refused,
        "unused_status": source.unused_status.as_ref().map(|status| json!({
            "field": status.field, "lines": status.lines, "refused": status.refused,
        })),
        "unreadable": source.unreadable,
        "first_unreadable": source.first_unreadable,
        "first_time": moment(source.first_time),
        "last_time": moment(source.last_time),
        "fault": source.fault,
    })
}

fn moment(time: Option<DateTime<Utc>>) -> Option<String> {
    time.map(|time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true))
}
