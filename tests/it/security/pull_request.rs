//! Whoever can name events or branches of what a CI job works on: what is printed there is read by the
//! CI system and by the page that shows its reports.

use std::fs;

use hookmend::sandbox::{EventPlan, WorldPlan};

use crate::scene::{Scene, bare_program, hours_ago, outage, run};

/// Ids that are something else to whoever reads a report.
const HOSTILE: [&str; 20] = [
    "::error::owned",
    "::set-output name=x::owned",
    "  ::add-mask::owned",
    "x%0A::error::owned",
    "a\n::error::owned",
    "##[error]owned",
    "x ##vso[task.setvariable variable=PATH]owned",
    "##teamcity[buildStatus status='SUCCESS']",
    "=HYPERLINK(\"https://evil.example\")",
    "+1+cmd|' /C calc'!A0",
    "@SUM(1)",
    "-2+3",
    "\t=1+1",
    "</script><script>owned()</script>",
    "\"><img src=x onerror=owned()>",
    "]]></failure><error message='owned'/>",
    "&owned;<!ENTITY x>",
    "a|b `c` [x](https://evil.example) @everyone <!-- y",
    "javascript:owned()",
    "{{owned}} ${{ secrets.OWNED }} $(owned) `owned`",
];

fn scene() -> Scene {
    // As many at one instant would look as if the vendor had cut its list.
    let events = HOSTILE.into_iter().zip(4..).map(|(id, hours)| EventPlan::missing(id, hours_ago(hours)));
    Scene::new(outage(1).events(events))
}

/// No line holds what a CI system would carry out, but for the annotations that are meant to be.
#[track_caller]
fn commands_nothing(text: &str) {
    for line in text.lines() {
        let own = ["::error title=hookmend check::", "::warning title=hookmend check::"];
        let annotation = own.iter().find_map(|own| line.strip_prefix(own));
        // In an annotation the runner takes this for the end of a line.
        assert!(annotation.is_none_or(|annotation| !annotation.contains("%0A")), "{line:?} in\n{text}");
        let rest = annotation.unwrap_or(line);
        assert!(!rest.trim_start().starts_with("::") && !rest.contains("##"), "{line:?} in\n{text}");
    }
}

#[test]
fn nothing_that_is_printed_in_a_ci_job_commands_its_runner() {
    let scene = scene();
    let (address, webhook) = (scene.sandbox.base_url(), scene.webhook());
    for format in ["human", "json", "jsonl"] {
        // A narrow page breaks lines everywhere.
        for columns in ["40", "300"] {
            for words in [&["check", "-v"][..], &["check", "-q"], &["reconcile", "--dry-run", "-v"], &["list"]] {
                let mut command = match words {
                    ["list"] => scene.program(),
                    _ => scene.pointed(words[0]),
                };
                if words == ["list"] {
                    command.args(["list", "--since", "3d", "--base-url", &address, "--webhook", &webhook]);
                }
                command.args(&words[1..]).args(["--format", format]);
                let ended = run(command.env("GITHUB_ACTIONS", "true").env("COLUMNS", columns));
                assert!(matches!(ended.code, Some(0 | 10)), "{ended}");
                commands_nothing(&ended.stdout);
                commands_nothing(&ended.stderr);
            }
        }
    }
    // White space around an id that somebody types is none of it.
    for id in HOSTILE.into_iter().filter(|id| id.trim() == *id) {
        let mut command = scene.program();
        command.args(["show", "--webhook", &webhook, "--base-url", &address, "--", id]);
        commands_nothing(&run(&mut command).ends_with(0).stdout);
    }
}

#[test]
fn a_report_of_any_form_holds_ids_as_text_and_as_nothing_else() {
    let scene = scene();
    let mut command = scene.pointed("check");
    for ending in ["html", "csv", "md", "xml", "json"] {
        command.args(["--report", &format!("report.{ending}")]);
    }
    run(&mut command).ends_with(10);
    let read = |ending: &str| fs::read_to_string(scene.home().join(format!("report.{ending}"))).expect("a report");

    let page = read("html");
    for markup in ["<script>owned", "<img", "onerror=owned()>", "href=\"javascript", "<!ENTITY"] {
        assert!(!page.contains(markup), "{markup}");
    }
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;owned()&lt;/script&gt;"));

    for line in read("csv").lines().skip(1) {
        for cell in line.split(',').map(|cell| cell.trim_matches('"').trim_start()) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell:?} in {line}");
        }
    }

    let xml = read("xml");
    let suite = roxmltree::Document::parse(&xml).expect("well-formed XML without a document type");
    let named = |name: &str| suite.descendants().filter(|node| node.has_tag_name(name)).count();
    assert_eq!((named("error"), named("failure")), (0, 1), "{xml}");
    assert!(xml.contains("owned"), "{xml}");

    // Outside of spans of code nothing of an id is left.
    let page = read("md");
    for line in page.lines() {
        let outside: String = line.split('`').step_by(2).collect();
        for part in ["owned", "evil.example", "@everyone", "<!--", "HYPERLINK"] {
            assert!(!outside.contains(part), "{part} in {line}");
        }
    }
    assert!(page.contains("evil.example"), "{page}");
}

#[test]
fn settings_in_a_folder_lead_keys_nowhere_that_is_not_encrypted_and_run_nothing_when_all_is_given() {
    // A branch may bring a settings file of its own. It can name commands and an address, which is why a
    // job with keys must not run for branches of others; what it can't do is to weaken what is checked.
    let scene = Scene::new(WorldPlan::new(7));
    for settings in [
        "base-url = \"http://evil.example/\"\n",
        "base-url = \"http://127.0.0.1.evil.example/\"\n",
        "insecure = true\n",
        "format = \"::error::owned\"\n",
        "received = \"##vso[task.x]\"\n",
        "\"::error::owned\" = 1\n",
    ] {
        scene.file("hookmend.toml", settings);
        let mut command = bare_program(scene.home());
        command.args(["check", "--webhook", "hook-1", "--since", "1d"]);
        command.env("HOOKMEND_API_KEY", "key-number-one").env("HOOKMEND_SUBSCRIPTION_KEY", "key-number-two");
        let ended = run(&mut command).ends_with(2).never_says("key-number").says_on_stderr("hint: ");
        commands_nothing(&ended.stderr);
    }
}
