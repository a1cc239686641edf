//! Makes a failing world as small as it gets, and tells what happens in it step by step.

use super::super::world::Fault;
use super::life::{Life, live};
use super::trial::Trial;

/// The lines of a trace that are shown: its end is where the violation is.
const MAX_LINES: usize = 400;

/// Leaves out of a failing trial what is not needed for the same invariant to break: kinds of faults one
/// by one, runs and events.
pub(super) fn shrink(trial: &Trial) -> Trial {
    let Some(invariant) = live(trial).violation.map(|violation| violation.invariant) else { return trial.clone() };
    let still_fails =
        |smaller: &Trial| live(smaller).violation.is_some_and(|violation| violation.invariant == invariant);
    let mut smallest = trial.clone();
    let mut was_made_smaller = true;
    while was_made_smaller {
        was_made_smaller = false;
        let events = [0, 1, 2, 3, 4, 6, 8].into_iter().filter(|events| *events < smallest.events);
        let fewer = events.map(|events| Trial { events, ..smallest.clone() });
        let sooner = (0..smallest.runs).map(|runs| Trial { runs, ..smallest.clone() });
        let calmer = Fault::ALL.iter().filter(|fault| smallest.has(**fault)).map(|fault| {
            let mut calmer = smallest.clone();
            calmer.without.insert(*fault);
            calmer
        });
        let candidates: Vec<Trial> = sooner.chain(fewer).chain(calmer).collect();
        if let Some(smaller) = candidates.into_iter().find(|candidate| still_fails(candidate)) {
            smallest = smaller;
            was_made_smaller = true;
        }
    }
    smallest
}

/// The story of a failing trial: what is broken, what happened, and how to see it again.
pub(super) fn story(trial: &Trial) -> String {
    let smallest = shrink(trial);
    let Life { violation, trace, runs, .. } = live(&Trial { is_traced: true, ..smallest.clone() });
    let Some(violation) = violation else {
        return format!("seed {}: it fails, but not every time; that is a fault of its own", trial.seed);
    };
    let faults: Vec<&str> = Fault::ALL.iter().filter(|fault| smallest.has(**fault)).map(|fault| fault.name()).collect();
    let skipped = trace.len().saturating_sub(MAX_LINES);
    let mut story = format!(
        "seed {}: {:?} is broken: {}\nthe smallest world in which it is: {runs} runs, faults: {}\n",
        trial.seed,
        violation.invariant,
        violation.words,
        if faults.is_empty() { "none".to_owned() } else { faults.join(", ") }
    );
    if skipped > 0 {
        story.push_str(&format!("({skipped} lines before these)\n"));
    }
    for line in &trace[skipped..] {
        story.push_str(line);
        story.push('\n');
    }
    story.push_str(&format!("to live through it again: {}\n", smallest.command()));
    story
}
