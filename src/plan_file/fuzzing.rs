//! What the fuzzer holds saved plans against.

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::TimeDelta;

use super::{PlanFileError, read, write};
use crate::classify::ResendPolicy;
use crate::event::{EventId, WebhookId, Window};
use crate::saved_plan::{SavedPlan, SavedResend};
use crate::selection::VerdictKind;

static PLAN: LazyLock<(SavedPlan, Vec<u8>)> = LazyLock::new(|| {
    let plan = a_plan("20260301T120000Z-00000001");
    let text = written(&plan);
    (plan, text)
});

/// Another plan of the same webhook, whose lines are as whole and belong elsewhere.
static FOREIGN: LazyLock<Vec<u8>> = LazyLock::new(|| written(&a_plan("20260302T120000Z-00000002")));

fn a_plan(run_id: &str) -> SavedPlan {
    let noon = chrono::DateTime::from_timestamp(1_772_366_400, 123_456_700).expect("an instant");
    let webhook = WebhookId::new("7d3e0b52-9c41-4f6a-8b1e-000000000001").expect("an id");
    let resend = |number: i64| SavedResend {
        webhook: webhook.clone(),
        event: EventId::new(&format!("evt-{number}\"\n{{")).expect("an id"),
        created_at: (number % 2 == 0).then(|| noon + TimeDelta::hours(number)),
        verdict: VerdictKind::Missing,
        status_code: (number % 3 == 0).then_some(404),
    };
    SavedPlan {
        run_id: run_id.to_owned(),
        made_at: noon,
        provider: "front-systems".to_owned(),
        base_url: "https://vendor.example/V2".to_owned(),
        window: Window::new(noon - TimeDelta::days(7), noon).expect("a window"),
        resend: ResendPolicy { idempotent: false, include_acknowledged: false },
        webhooks: vec![(webhook.clone(), "sales \"night\"".to_owned())],
        selection: "verdict missing".to_owned(),
        planned: 4,
        resends: (0..4).map(resend).collect(),
    }
}

fn written(plan: &SavedPlan) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(plan, &mut bytes).expect("memory can be written");
    bytes
}

/// A saved plan: a valid one after edits, and the bytes as they are.
///
/// # Panics
/// When a plan is accepted that resends anything else than what was planned, or is bound to anything else.
pub fn plan_file(data: &[u8]) {
    // Whole lines may come from another plan as well: a bit of each edit's first byte says so.
    let foreign = data.chunks_exact(4).any(|edit| edit[0] & 8 != 0);
    let (plan, text) = &*PLAN;
    let mut bytes = text.clone();
    if foreign {
        bytes.extend_from_slice(&FOREIGN);
    }
    match read(&mut crate::fuzzing::edited(&bytes, data).as_slice()) {
        Ok(accepted) => {
            let planned: HashSet<_> = plan.resends.iter().map(resend_key).collect();
            let mut seen = HashSet::new();
            for resend in &accepted.resends {
                assert!(planned.contains(&resend_key(resend)), "not planned: {resend:?}");
                assert!(seen.insert(resend_key(resend)), "resent twice: {resend:?}");
            }
            let is_foreign = accepted.run_id == a_plan("20260302T120000Z-00000002").run_id;
            assert!(foreign || !is_foreign);
            let original = if is_foreign { a_plan("20260302T120000Z-00000002") } else { plan.clone() };
            assert_eq!(SavedPlan { resends: Vec::new(), ..accepted }, SavedPlan { resends: Vec::new(), ..original });
        }
        Err(error) => is_explained(&error),
    }
    match read(&mut &data[..]) {
        Ok(accepted) => {
            let again = read(&mut written(&accepted).as_slice()).expect("what was read can be written");
            assert_eq!(again, accepted);
        }
        Err(error) => is_explained(&error),
    }
}

fn resend_key(resend: &SavedResend) -> String {
    format!("{resend:?}")
}

fn is_explained(error: &PlanFileError) {
    // Control characters may stand in it: the shell makes every error visible in one place.
    assert!(!error.to_string().trim().is_empty());
    assert!(!matches!(error, PlanFileError::Io(_)), "memory can be read");
}
