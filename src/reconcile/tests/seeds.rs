//! Worlds drawn from a seed: several webhooks, every fault, runs that are killed, and then peace.
//!
//! Whatever happens, no run lies, nothing is delivered twice, and once the faults stop the next runs
//! bring home what can be brought home. What must hold is looked at after every step. A world that
//! breaks it is made as small as it gets and told step by step.
//!
//! `SEEDS=from..to` tries others, as many as one likes; `.ci/simulate` does so with an optimised build.
//!
//! | file | what it does |
//! |---|---|
//! | `trial` | which world is lived through, and what is left out of it |
//! | `drawing` | draws the world and what each of its runs meets |
//! | `life` | lives through it: runs, their ends, the people in between, and peace |
//! | `invariants` | what must hold of a report; what must hold of a step stands in `world/guard` |
//! | `shrink` | the smallest world that fails, and its story |
//! | `wrong` | wrong behaviours made by hand, each of which must be caught |

mod drawing;
mod invariants;
mod life;
mod shrink;
mod trial;
mod wrong;

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::world::{Fault, Tally};
use life::{Life, live};
use shrink::story;
use trial::Trial;
use wrong::Wrong;

/// The seeds that are tried when nobody names others.
const USUAL: std::ops::Range<u64> = 0..300;
/// So many seeds are enough for every kind of fault to take effect.
const ENOUGH_FOR_EVERY_FAULT: usize = 2_000;
/// Among the first of so many seeds each wrong behaviour is caught.
const BITES_WITHIN: u64 = 2_000;
/// Failing worlds whose story is told; the others are named.
const MAX_STORIES: usize = 3;
/// Seeds that once showed a duplicate or a lie.
const ONCE_BAD: [u64; 14] = [2121, 2251, 2772, 4078, 5411, 6766, 8117, 11358, 11362, 12045, 12606, 13801, 16270, 19086];

/// What became of many worlds.
#[derive(Debug, Default)]
struct Tried {
    seeds: usize,
    runs: u64,
    steps: u64,
    resends: u64,
    tally: Tally,
    bad: Vec<u64>,
}

impl Tried {
    fn add(&mut self, seed: u64, life: &Life) {
        self.seeds += 1;
        self.runs += life.runs;
        self.steps += life.steps;
        self.resends += life.resends;
        self.tally.add(&life.tally);
        if life.violation.is_some() {
            self.bad.push(seed);
        }
    }

    fn join(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.runs += other.runs;
        self.steps += other.steps;
        self.resends += other.resends;
        self.tally.add(&other.tally);
        self.bad.extend(other.bad);
    }

    fn tell(&self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        writeln!(
            out,
            "{} seeds, {} runs, {} steps, {} resends, {} broken",
            self.seeds,
            self.runs,
            self.steps,
            self.resends,
            self.bad.len()
        )?;
        for fault in Fault::ALL {
            writeln!(out, "{:>12} {}", self.tally.of(*fault), fault.name())?;
        }
        Ok(())
    }
}

/// Lives through many worlds, several side by side.
fn try_all(seeds: &[u64]) -> Tried {
    let next = AtomicUsize::new(0);
    let tried = Mutex::new(Tried::default());
    let lanes = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..lanes.min(seeds.len()) {
            scope.spawn(|| {
                let mut mine = Tried::default();
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    mine.add(*seed, &live(&Trial::of_environment(*seed)));
                }
                tried.lock().expect("no thread panics").join(mine);
            });
        }
    });
    let mut tried = tried.into_inner().expect("no thread panics");
    tried.bad.sort_unstable();
    tried
}

/// The seeds named by `SEEDS`: one, or `from..to`.
fn seeds_named() -> Option<Vec<u64>> {
    let text = std::env::var("SEEDS").ok()?;
    let number = |text: &str| text.trim().parse::<u64>().expect("SEEDS is a number or from..to");
    Some(match text.split_once("..") {
        Some((from, to)) => (number(from)..number(to)).collect(),
        None => vec![number(&text)],
    })
}

#[test]
fn no_seed_makes_it_lie_or_deliver_twice() {
    let begun = std::time::Instant::now();
    let named = seeds_named();
    let seeds = named.clone().unwrap_or_else(|| USUAL.chain(ONCE_BAD).collect());
    let tried = try_all(&seeds);
    if named.is_some() {
        // Not captured, because whoever names seeds wants to see what they did.
        let mut out = std::io::stderr();
        tried.tell(&mut out).expect("standard error");
        writeln!(out, "in {:.0} s", begun.elapsed().as_secs_f64()).expect("standard error");
    }
    let stories: Vec<String> =
        tried.bad.iter().take(MAX_STORIES).map(|seed| story(&Trial::of_environment(*seed))).collect();
    assert!(tried.bad.is_empty(), "bad seeds: {:?}\n\n{}", tried.bad, stories.join("\n"));
    let never: Vec<&str> =
        Fault::ALL.iter().filter(|fault| tried.tally.of(**fault) == 0).map(|fault| fault.name()).collect();
    assert!(seeds.len() < ENOUGH_FOR_EVERY_FAULT || never.is_empty(), "these faults never took effect: {never:?}");
}

/// The first seed that catches the wrong behaviour, with the invariant that it breaks.
fn caught(wrong: Wrong) -> String {
    for seed in 0..BITES_WITHIN {
        let trial = Trial { wrong: Some(wrong), ..Trial::of(seed) };
        if let Some(violation) = live(&trial).violation {
            return format!("{wrong:?} is caught by seed {seed}: {:?}, {}", violation.invariant, violation.words);
        }
    }
    panic!("{wrong:?} is not caught by any of {BITES_WITHIN} seeds");
}

#[test]
fn every_wrong_behaviour_is_caught() {
    let mut out = std::io::stderr();
    for wrong in Wrong::ALL {
        let words = caught(wrong);
        if seeds_named().is_some() {
            writeln!(out, "{words}").expect("standard error");
        }
    }
}

#[test]
fn a_world_is_the_same_whenever_it_is_lived_through() {
    for seed in 0..40 {
        let trial = Trial { is_traced: true, ..Trial::of(seed) };
        let (once, again) = (live(&trial), live(&trial));
        let differs = once.trace.iter().zip(&again.trace).find(|(one, other)| one != other);
        assert_eq!(differs, None, "seed {seed}");
        assert_eq!((once.steps, once.tally), (again.steps, again.tally), "seed {seed}");
    }
}
