use super::*;
use crate::outcome::Signal;
use crate::report::sample::{hostile, missing, outage, problem, report, settled, unavailable, undetermined, webhook};
use crate::run_report::ProblemKind;
use crate::tracked::EventResult;

/// An element as a reader sees it.
#[derive(Debug, PartialEq, Eq)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
}

impl Element {
    fn attribute(&self, name: &str) -> &str {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        &found.unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }
}

fn decoded(text: &str) -> String {
    assert!(!text.contains('<'), "{text}");
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').expect("the end of an entity");
        decoded.push_str(before);
        decoded.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#10" => '\n',
            other => panic!("&{other}; is not among ours"),
        });
        rest = after;
    }
    decoded + rest
}

/// Reads our XML as strictly as we write it, and panics at the first departure.
fn parse(xml: &str) -> Vec<Element> {
    let allowed = |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}');
    assert!(xml.chars().all(allowed), "a character that XML does not know");
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("the declaration");
    let (mut open, mut elements): (Vec<Element>, Vec<Element>) = (Vec::new(), Vec::new());
    while let Some((text, after)) = rest.split_once('<') {
        if let Some(element) = open.last_mut() {
            element.text.push_str(&decoded(text));
        }
        let (tag, after) = after.split_once('>').expect("the end of a tag");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            let element = open.pop().expect("an open element");
            assert_eq!(element.name, name);
            elements.push(element);
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut element = Element { name: name.to_owned(), attributes: Vec::new(), text: String::new() };
        while let Some((key, after)) = attributes.split_once("=\"") {
            let (value, after) = after.split_once('"').expect("the end of a value");
            element.attributes.push((key.trim().to_owned(), decoded(value)));
            attributes = after;
        }
        assert_eq!(attributes.trim(), "");
        if is_empty { elements.push(element) } else { open.push(element) }
    }
    assert!(open.is_empty() && rest.trim().is_empty());
    elements
}

fn elements(report: &RunReport) -> Vec<Element> {
    parse(&render(report))
}

fn number(elements: &[Element], attribute: &str) -> usize {
    let suite = elements.iter().find(|element| element.name == "testsuite").expect("a suite");
    suite.attribute(attribute).parse().expect("a number")
}

fn count(elements: &[Element], name: &str) -> usize {
    elements.iter().filter(|element| element.name == name).count()
}

#[test]
fn the_suite_counts_its_cases() {
    for report in [outage(), undetermined(), unavailable(), hostile()] {
        let elements = elements(&report);
        assert_eq!(number(&elements, "tests"), count(&elements, "testcase"));
        assert_eq!(number(&elements, "failures"), count(&elements, "failure"));
        assert_eq!(number(&elements, "errors"), count(&elements, "error"));
        assert_eq!(count(&elements, "testcase"), report.webhooks.len() + 4 + 1);
    }
}

#[test]
fn what_is_left_fails_the_case_of_its_webhook_and_names_the_events() {
    let elements = elements(&outage());
    let failures: Vec<_> = elements.iter().filter(|element| element.name == "failure").collect();
    let [failure] = failures.as_slice() else { panic!("{failures:?}") };
    assert_eq!(failure.attribute("type"), "events_left");
    assert_eq!(
        failure.attribute("message"),
        "2 events quarantined, 1 event left, 9 events recovered and 1 event already received"
    );
    assert_eq!(failure.text.lines().count(), 3);
    assert!(failure.text.starts_with("7d3e0b52-9c41-4f6a-8b1e-000000000020  "), "{}", failure.text);
    assert_eq!((number(&elements, "failures"), number(&elements, "errors")), (1, 0));
}

#[test]
fn what_can_not_be_proven_is_an_error() {
    let elements = elements(&undetermined());
    assert_eq!((number(&elements, "failures"), number(&elements, "errors")), (0, 2));
    let error = elements.iter().find(|element| element.attributes.iter().any(|(_, value)| value == "log_coverage"));
    assert!(error.expect("an error of the proof").text.contains("add the older log"));
}

#[test]
fn the_suite_fails_exactly_when_the_exit_code_is_not_zero() {
    let outcomes = [
        RunOutcome::Clean,
        RunOutcome::Left,
        RunOutcome::Undetermined,
        RunOutcome::Unavailable,
        RunOutcome::Refused,
        RunOutcome::Locked,
        RunOutcome::Interrupted(Signal::Terminate),
        RunOutcome::Unusable,
        RunOutcome::Failed,
    ];
    for mode in [Mode::Act, Mode::DryRun, Mode::Check] {
        for outcome in outcomes {
            for result in [None, Some(EventResult::Left), Some(EventResult::InDoubt)] {
                let events = result.map_or_else(|| settled(1), |result| missing(1, 1, result));
                let mut report = report(mode, outcome, vec![webhook("w1", "SaleCreated", vec![events])]);
                report.problems.push(problem(ProblemKind::LogCoverage, "the log is short", ""));
                let elements = elements(&report);
                let failing = number(&elements, "failures") + number(&elements, "errors");
                assert_eq!(failing > 0, report.exit_code != ExitCode::Clean, "{mode:?} {outcome:?} {result:?}");
                let erring = number(&elements, "errors") > 0;
                assert_eq!(
                    erring,
                    !matches!(report.exit_code, ExitCode::Clean | ExitCode::Left),
                    "{mode:?} {outcome:?}"
                );
            }
        }
    }
}

#[test]
fn hostile_text_stays_text() {
    let report = hostile();
    let elements = elements(&report);
    let names: std::collections::BTreeSet<&str> = elements.iter().map(|element| element.name.as_str()).collect();
    let ours = ["failure", "properties", "property", "system-err", "system-out", "testcase", "testsuite", "testsuites"];
    assert!(names.iter().all(|name| ours.contains(name)), "{names:?}");
    let failure = elements.iter().find(|element| element.name == "failure").expect("a failure");
    assert_eq!(failure.text.lines().count(), report.webhooks[0].events.len(), "one line for each event");
    assert!(failure.text.contains("]]></failure><error message='x'/>"), "{}", failure.text);
    assert!(failure.text.contains("nul\\u{0}and\\u{fffe}and\\u{ffff}"), "{}", failure.text);
}

#[test]
fn a_long_list_of_events_is_cut_and_says_so() {
    let events = (1..=250).map(|number| missing(number, 1, EventResult::Left)).collect();
    let report = report(Mode::Act, RunOutcome::Left, vec![webhook("w1", "SaleCreated", events)]);
    let elements = elements(&report);
    let failure = elements.iter().find(|element| element.name == "failure").expect("a failure");
    assert_eq!(failure.text.lines().count(), MOST_EVENTS + 1);
    assert!(failure.text.ends_with("and 150 more; --report FILE.csv lists all of them"), "{}", failure.text);
}

#[test]
fn a_small_report_reads_like_this() {
    let report = report(Mode::Check, RunOutcome::Clean, vec![webhook("w1", "SaleCreated", vec![settled(1)])]);
    insta::assert_snapshot!(render(&report), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites>
      <testsuite name="hookmend check" package="hookmend" id="0" timestamp="2026-03-03T12:00:00" hostname="localhost" tests="6" failures="0" errors="0" time="4.250">
        <properties>
          <property name="tool" value="hookmend 0.1.0"/>
          <property name="run_id" value="01JNB3V0Z8Q6"/>
          <property name="mode" value="check"/>
          <property name="window_from" value="2026-02-24T12:00:00+00:00"/>
          <property name="window_to" value="2026-03-03T12:00:00+00:00"/>
          <property name="outcome" value="clean"/>
          <property name="exit_code" value="0"/>
        </properties>
        <testcase classname="hookmend.webhook" name="SaleCreated (w1)" time="0">
          <system-out>nothing is left</system-out>
        </testcase>
        <testcase classname="hookmend.proof" name="The vendor's listings are whole" time="0">
          <system-out>proven: 9 listings showed 1 event; each could be read whole, and every record was judged by what it says itself.</system-out>
        </testcase>
        <testcase classname="hookmend.proof" name="The received log can be believed" time="0">
          <system-out>proven: It holds 1 of the listed events and could be read whole.</system-out>
        </testcase>
        <testcase classname="hookmend.proof" name="Every resend has a known outcome" time="0">
          <system-out>nothing to prove: A check resends nothing.</system-out>
        </testcase>
        <testcase classname="hookmend.proof" name="The run came to its end" time="0">
          <system-out>proven: It ended by itself.</system-out>
        </testcase>
        <testcase classname="hookmend.run" name="Outcome: clean" time="0">
          <system-out>Nothing is missing; nothing was sent.</system-out>
        </testcase>
        <system-out>Nothing is missing; nothing was sent.</system-out>
        <system-err></system-err>
      </testsuite>
    </testsuites>
    "##);
}
