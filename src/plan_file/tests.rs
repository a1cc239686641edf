use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;

fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_366_400, 123_456_700).expect("an instant")
}

fn webhook() -> WebhookId {
    WebhookId::new("7d3e0b52-9c41-4f6a-8b1e-000000000001").expect("an id")
}

fn plan(ids: &[&str]) -> SavedPlan {
    let resend = |(hour, id): (i64, &&str)| SavedResend {
        webhook: webhook(),
        event: EventId::new(id).expect("an id"),
        created_at: (hour % 2 == 0).then(|| noon() + TimeDelta::hours(hour)),
        verdict: VerdictKind::Missing,
        status_code: (hour % 3 == 0).then_some(404),
    };
    SavedPlan {
        run_id: "20260301T120000Z-00000001".to_owned(),
        made_at: noon(),
        provider: "front-systems".to_owned(),
        base_url: "https://vendor.example/V2".to_owned(),
        window: Window::new(noon() - TimeDelta::days(7), noon()).expect("a window"),
        resend: ResendPolicy { idempotent: true, include_acknowledged: false },
        webhooks: vec![(webhook(), "sales \"night\"".to_owned())],
        selection: "verdict missing".to_owned(),
        planned: ids.len() as u64,
        resends: (0..).zip(ids).map(resend).collect(),
    }
}

fn written(plan: &SavedPlan) -> String {
    let mut bytes = Vec::new();
    write(plan, &mut bytes).expect("written");
    String::from_utf8(bytes).expect("text")
}

fn reread(text: &str) -> Result<SavedPlan, PlanFileError> {
    read(&mut text.as_bytes())
}

const HOSTILE: [&str; 5] = ["a", "b,\"c\"", "d\u{1b}[31m", "e\n{\"type\":\"resend\"}", "f\u{202e}"];

#[test]
fn a_plan_survives_its_file() {
    let plan = plan(&HOSTILE);
    assert_eq!(reread(&written(&plan)).expect("a plan"), plan);
}

#[test]
fn lines_may_be_removed_and_reordered_and_their_ends_may_be_those_of_another_system() {
    let text = written(&plan(&HOSTILE));
    let mut lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1 + HOSTILE.len(), "one line each");
    lines.remove(2);
    lines.swap(1, 2);
    let edited = format!("\u{feff}{}\r\n\r\n", lines.join("\r\n"));
    let left = reread(&edited).expect("a plan");
    assert_eq!(left.planned, 5);
    assert_eq!(left.resends.len(), 4);
    assert!(reread(lines[0]).expect("a plan of nothing").resends.is_empty());
}

#[test]
fn every_other_change_is_refused_with_its_line() {
    let original = plan(&["a", "b", "c"]);
    let text = written(&original);
    let lines: Vec<&str> = text.lines().collect();
    let altered = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} is not in the plan");
        reread(&text.replacen(from, to, 1)).expect_err(to).to_string()
    };
    assert!(altered("\"event_id\":\"b\"", "\"event_id\":\"x\"").starts_with("line 3: event x: it was changed"));
    assert!(altered("\"verdict\":\"missing\"", "\"verdict\":\"settled\"").starts_with("line 2"));
    assert!(altered("\"idempotent\":true", "\"idempotent\":false").contains("the first line was changed"));
    assert!(altered("https://vendor", "https://other").contains("the first line was changed"));
    assert!(altered("\"resends\":3", "\"resends\":3,\"extra\":1").contains("the first line was changed"));
    let twice = format!("{text}{}\n", lines[2]);
    assert_eq!(reread(&twice).expect_err("a repetition").to_string(), "line 5: it repeats line 3");
    let other = SavedPlan { run_id: "another".to_owned(), ..original };
    let foreign = written(&other);
    let mixed = format!("{}\n{}\n", lines[0], foreign.lines().nth(1).expect("a line"));
    assert!(reread(&mixed).expect_err("from another plan").to_string().contains("comes from another plan"));
}

#[test]
fn what_is_no_plan_says_so() {
    assert!(matches!(reread(""), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(reread("\n\n"), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(reread("id,status\n1,2\n"), Err(PlanFileError::NotAPlan(_))));
    assert!(matches!(reread("{\"schema\":\"hookmend/report/1\"}"), Err(PlanFileError::NotAPlan(_))));
    let newer = written(&plan(&["a"])).replace("hookmend/plan/1", "hookmend/plan/2");
    assert!(matches!(reread(&newer), Err(PlanFileError::Newer(_))));
    let deep = format!("{}{}", "[".repeat(100_000), "\n");
    assert!(matches!(reread(&deep), Err(PlanFileError::NotAPlan(_))));
}

proptest! {
    /// Whatever single byte is changed, nothing else is resent than what was planned.
    #[test]
    fn a_changed_byte_never_changes_what_is_resent(place in 0_usize..2_000, byte in any::<u8>()) {
        let plan = plan(&["a", "b", "c"]);
        let mut bytes = written(&plan).into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(read) = read(&mut bytes.as_slice()) {
            prop_assert!(read.resends.iter().all(|resend| plan.resends.contains(resend)));
            prop_assert_eq!(SavedPlan { resends: Vec::new(), ..read }, SavedPlan { resends: Vec::new(), ..plan });
        }
    }
}
