//! What the fuzzer holds scenario files against.

use std::path::Path;

use chrono::DateTime;

use super::{Scenario, ScenarioError, Wishes};

/// A scenario file.
///
/// # Panics
/// When a complaint does not say where something is wrong and what to do.
pub fn scenario(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let now = DateTime::from_timestamp(1_795_310_914, 0).expect("an instant");
    let planned = Scenario::parse(Path::new("scenario.toml"), text.to_owned())
        .and_then(|scenario| scenario.plan(&Wishes::default(), now));
    if let Err(error) = planned {
        is_explained(&error, 1 + text.matches('\n').count());
    }
}

fn is_explained(error: &ScenarioError, lines: usize) {
    assert!(error.line.is_some_and(|line| (1..=lines).contains(&line)), "{error}");
    assert!(!error.problem.is_empty() && !error.hint.is_empty(), "{error:?}");
}
