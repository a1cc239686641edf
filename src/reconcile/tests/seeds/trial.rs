//! Which world is lived through: everything follows from the seed and from what is left out of it.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::super::world::Fault;
use super::wrong::Wrong;

/// How many runs a world has before peace comes, if nobody wants fewer.
const RUNS: u32 = 4;

/// One world, as it can be lived through again and again.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) seed: u64,
    /// Kinds of faults that do not happen, although the seed has them.
    pub(super) without: BTreeSet<Fault>,
    /// Runs before peace comes.
    pub(super) runs: u32,
    /// Events of each kind and webhook, at most.
    pub(super) events: u32,
    /// What the engine does wrong on purpose.
    pub(super) wrong: Option<Wrong>,
    /// Whether what happens is noted.
    pub(super) is_traced: bool,
}

impl Trial {
    pub(super) fn of(seed: u64) -> Self {
        Self { seed, without: BTreeSet::new(), runs: RUNS, events: u32::MAX, wrong: None, is_traced: false }
    }

    /// The trial of a seed as the environment narrows it: `WITHOUT`, `RUNS`, `EVENTS` and `WRONG`.
    pub(super) fn of_environment(seed: u64) -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().expect("a number"));
        let trial = Self::of(seed);
        Self {
            without: std::env::var("WITHOUT").map_or_else(|_| BTreeSet::new(), |names| faults_named(&names)),
            runs: number("RUNS").unwrap_or(trial.runs),
            events: number("EVENTS").unwrap_or(trial.events),
            wrong: std::env::var("WRONG").ok().map(|name| Wrong::named(&name)),
            ..trial
        }
    }

    /// What a person types to live through this world alone, and to be told of every step.
    pub(super) fn command(&self) -> String {
        let mut variables = vec![format!("SEEDS={}", self.seed)];
        if !self.without.is_empty() {
            let names: Vec<&str> = self.without.iter().map(|fault| fault.name()).collect();
            variables.push(format!("WITHOUT={}", names.join(",")));
        }
        if self.runs != RUNS {
            variables.push(format!("RUNS={}", self.runs));
        }
        if self.events != u32::MAX {
            variables.push(format!("EVENTS={}", self.events));
        }
        if let Some(wrong) = self.wrong {
            variables.push(format!("WRONG={wrong:?}"));
        }
        format!("{} cargo test --lib no_seed", variables.join(" "))
    }

    /// Dice for one purpose, so that nothing else changes when the purpose is left out.
    pub(super) fn dice(&self, purpose: u64, run: u32) -> Rng {
        let mut state = self.seed;
        for part in [purpose, u64::from(run)] {
            // A round of SplitMix64, so that neighbouring seeds have nothing in common.
            state = state.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
            state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            state ^= state >> 31;
        }
        Rng::with_seed(state)
    }

    /// Whether the world has this kind of fault at all. Some worlds have many kinds and some hardly any,
    /// because a fault that ends every run hides what the others would do.
    pub(super) fn has(&self, fault: Fault) -> bool {
        let share = [4, 12, 30, 50][self.dice(SHARE, 0).usize(..4)];
        let is_drawn = self.dice(fault as u64, 0).u32(..100) < share;
        is_drawn && !self.without.contains(&fault)
    }

    /// Dice for a fault of this world that happens in one of so many runs, if it does in this one.
    pub(super) fn happens(&self, fault: Fault, run: u32, one_in: u32) -> Option<Rng> {
        let mut dice = self.dice(fault as u64, run + 1);
        let happens = dice.u32(..one_in) == 0;
        (happens && self.has(fault)).then_some(dice)
    }
}

/// The purpose of the dice that say how many kinds of faults a world has.
const SHARE: u64 = 1000;

fn faults_named(names: &str) -> BTreeSet<Fault> {
    let named = |name: &str| {
        let fault = Fault::ALL.iter().find(|fault| fault.name() == name);
        *fault.unwrap_or_else(|| panic!("no kind of fault is called {name}"))
    };
    names.split(',').filter(|name| !name.is_empty()).map(named).collect()
}
