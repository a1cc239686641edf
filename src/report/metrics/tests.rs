use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::*;
use crate::report::sample::{missing, noon, problem, report, settled, webhook};
use crate::run_report::WebhookReport;
use crate::tracked::EventResult;

type Sample = (String, BTreeMap<String, String>);

/// Reads the format as strictly as its description allows, and panics at the first departure.
fn parse(text: &str) -> BTreeMap<Sample, f64> {
    let mut samples = BTreeMap::new();
    let mut finished = BTreeSet::new();
    let mut current = String::new();
    let mut lines = text.lines().peekable();
    assert!(text.ends_with('\n'), "the last line has no end");
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect("a name and a text");
            assert!(!help.is_empty() && finished.insert(name.to_owned()), "{name} comes twice");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            current = name.to_owned();
            assert!(lines.peek().is_some_and(|line| line.starts_with(name)), "{name} has no sample");
            continue;
        }
        let (name, rest) = line.split_once('{').expect("labels");
        assert_eq!(name, current, "a sample away from its family");
        let (labels, value) = labels(rest);
        assert!(samples.insert((name.to_owned(), labels), value).is_none(), "twice: {line}");
    }
    samples
}

fn labels(text: &str) -> (BTreeMap<String, String>, f64) {
    let mut labels = BTreeMap::new();
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{name}");
        let mut value = String::new();
        let mut characters = after.char_indices();
        let end = loop {
            match characters.next().expect("the end of the value") {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().expect("something escaped").1 {
                    'n' => '\n',
                    other @ ('"' | '\\') => other,
                    other => panic!("\\{other} is no escape"),
                }),
                (_, other) => value.push(other),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} twice");
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, rest.strip_prefix("} ").expect("the end").parse().expect("a number")),
        }
    }
}

fn written(report: &RunReport) -> BTreeMap<Sample, f64> {
    let mut bytes = Vec::new();
    Metrics::of_task("sales").write_report(report, &mut bytes).unwrap();
    parse(&String::from_utf8(bytes).unwrap())
}

fn value(samples: &BTreeMap<Sample, f64>, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let mut wanted: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    wanted.insert("task".to_owned(), "sales".to_owned());
    samples.get(&(name.to_owned(), wanted)).copied()
}

fn left() -> RunReport {
    let mut events = vec![missing(1, 1, EventResult::Recovered), missing(2, 3, EventResult::Quarantined)];
    events.extend((3..=9).map(settled));
    let mut report = report(Mode::Act, RunOutcome::Left, vec![webhook("hook-1", "SaleCreated", events)]);
    report.problems = vec![problem(ProblemKind::ReceiverDown, "a", ""), problem(ProblemKind::ReceiverDown, "b", "")];
    report
}

#[test]
fn a_run_is_told_in_numbers() {
    let samples = written(&left());
    let of = |name, labels: &[(&str, &str)]| value(&samples, name, labels);
    assert_eq!(of("hookmend_last_run_exit_code", &[]), Some(10.0));
    assert_eq!(of("hookmend_last_run_duration_seconds", &[]), Some(4.25));
    let ended = (noon() + TimeDelta::days(2)).timestamp() as f64 + 4.25;
    assert_eq!(of("hookmend_last_run_timestamp_seconds", &[]), Some(ended));
    assert_eq!(of("hookmend_last_run_outcome", &[("outcome", "left")]), Some(1.0));
    assert_eq!(of("hookmend_last_run_outcome", &[("outcome", "clean")]), Some(0.0));
    let event = |kind| of("hookmend_events", &[("webhook_id", "hook-1"), ("webhook", "SaleCreated"), ("kind", kind)]);
    let counts = ["missing", "left", "quarantined", "recovered", "listed", "in_doubt"].map(event);
    assert_eq!(counts, [2.0, 1.0, 1.0, 1.0, 9.0, 0.0].map(Some));
    assert_eq!(of("hookmend_requests", &[("kind", "resend")]), Some(2.0));
    assert_eq!(of("hookmend_problems", &[("kind", "receiver_down")]), Some(2.0));
    assert_eq!(of("hookmend_build_info", &[("version", env!("CARGO_PKG_VERSION"))]), Some(1.0));
}

#[test]
fn exactly_one_outcome_holds() {
    for outcome in OUTCOMES {
        let samples = written(&report(Mode::Act, outcome, Vec::new()));
        let holding: f64 =
            samples.iter().filter(|((name, _), _)| name == "hookmend_last_run_outcome").map(|(_, value)| value).sum();
        assert_eq!(holding, 1.0, "{outcome:?}");
    }
}

#[test]
fn a_hostile_name_stays_inside_its_label() {
    let name = "a\\b\"} 1\nhookmend_evil{x=\"\u{1b}[2J";
    let mut report = left();
    report.webhooks[0].name = name.to_owned();
    let samples = written(&report);
    let shown: BTreeSet<_> = samples.keys().filter_map(|(_, labels)| labels.get("webhook")).collect();
    assert_eq!(shown.into_iter().collect::<Vec<_>>(), ["a\\b\"} 1\\nhookmend_evil{x=\"\\u{1b}[2J"]);
    report.webhooks[0].name = "\"".repeat(100_000);
    assert!(written(&report).keys().all(|(_, labels)| labels.values().all(|value| value.chars().count() <= 128)));
}

#[test]
fn webhooks_beyond_the_bound_are_added_up() {
    let webhooks: Vec<WebhookReport> = (0..MOST_WEBHOOKS as u64 + 50)
        .map(|number| webhook(&format!("hook-{number}"), "Same", vec![missing(number, 0, EventResult::Left)]))
        .collect();
    let total = webhooks.len() as f64;
    let samples = written(&report(Mode::Act, RunOutcome::Left, webhooks));
    let left = |(_, labels): &&Sample| labels.get("kind").is_some_and(|kind| kind == "left");
    assert_eq!(samples.keys().filter(left).count(), MOST_WEBHOOKS + 1);
    let sum: f64 = samples.iter().filter(|(sample, _)| left(sample)).map(|(_, value)| value).sum();
    assert_eq!(sum, total);
}

#[test]
fn a_run_that_saw_nothing_claims_no_zeros() {
    let nothing = || vec![webhook("hook-1", "SaleCreated", Vec::new())];
    let has_events = |report| written(&report).keys().any(|(name, _)| name == "hookmend_events");
    assert!(!has_events(report(Mode::Act, RunOutcome::Unavailable, nothing())));
    assert!(has_events(report(Mode::Act, RunOutcome::Clean, nothing())));
}

#[test]
fn a_run_that_never_began_is_told_without_events() {
    let run = NeverBegan {
        command: "reconcile",
        exit_code: ExitCode::Usage,
        started_at: noon(),
        finished_at: noon() + TimeDelta::milliseconds(3),
    };
    let mut bytes = Vec::new();
    Metrics::of_task("sales").write_failure(&run, &mut bytes).unwrap();
    let samples = parse(&String::from_utf8(bytes).unwrap());
    assert_eq!(value(&samples, "hookmend_last_run_exit_code", &[]), Some(2.0));
    assert_eq!(value(&samples, "hookmend_last_run_outcome", &[("outcome", "failed")]), Some(1.0));
    assert!(samples.keys().all(|(name, _)| !name.starts_with("hookmend_events")));
}

#[test]
fn instants_before_1970_keep_their_sign() {
    assert_eq!((seconds(1_500), seconds(7), seconds(-500)), ("1.500".into(), "0.007".into(), "-0.500".into()));
}
