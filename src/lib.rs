//! hookmend reconciles webhooks: it lists what a vendor failed to deliver, diffs that with what you
//! received, and has the vendor resend what is missing until nothing is left.
//!
//! # The map of the house
//!
//! Dependencies point one way; `tests/it/architecture.rs` holds every `use crate::…` line to it.
//!
//! **Core**, pure: no runtime, network, database, file, clock or randomness.
//!
//! | room | what it owns |
//! |---|---|
//! | [`event`] | ids, events, delivery status, the window |
//! | [`receipt`] | what the received log says of an id, and its coverage |
//! | [`coverage`] | where a log begins, told from deliveries |
//! | [`classify`] | the decision table: status × age × receipt → verdict |
//! | [`audit`] | the two-way picture of vendor and log, as data |
//! | [`tracked`] | the events of one webhook with their verdicts and results |
//! | [`attempt`] | intents, what may be concluded from an answer, how doubt is settled |
//! | [`pace`] | limiter, retry, breaker, failure budget: they take the time and return waits |
//! | [`slices`] | telling a complete listing from one that was cut short |
//! | [`plan`] | the ordered list of resends, and its approval |
//! | [`saved_plan`] | a plan between the run that made it and the one that carries it out |
//! | [`rounds`] | whether another round follows |
//! | [`selection`] | which of the events a run acts on and tells of |
//! | [`policy`] | what a run may do and its bounds |
//! | [`proven`] | what is proven clean, and where the next run takes it up |
//! | [`run_report`] | the result of a run as data |
//! | [`timeline`] | the events of a run along time, in buckets |
//! | [`checkup`] | what a checkup of everything a run needs found, judged as data |
//! | [`history`] | what the ledger tells of the past, as data |
//! | [`gate`] | which findings a gate lets pass |
//! | [`outcome`], [`exit`] | how a run ended, and the exit code of that |
//!
//! **Engine**, async: it knows the ports' traits only.
//!
//! | room | what it owns |
//! |---|---|
//! | [`reconcile`] | drives list → prove → diff → plan → resend → confirm over the ports |
//! | [`monitor`], [`clock`] | what happens during a run; the time |
//!
//! **Adapters**, one outside thing each; none knows another.
//!
//! | room | what it owns |
//! |---|---|
//! | [`provider`] | a vendor's API: trait, HTTP client, one file per vendor |
//! | [`received`] | the received log: trait, one file per kind of log |
//! | [`ledger`] | the durable journal: trait, SQLite, lock |
//! | [`plan_file`] | a saved plan as a file that people read and cut down |
//! | [`heartbeat`] | a dead man's switch: trait, its own small HTTP client |
//! | [`report`] | one file per output format |
//! | [`sandbox`] | the vendor simulator; shares no types with the provider |
//!
//! **Shell**: the only users of the command line, the terminal, the environment and `anyhow`.
//!
//! | room | what it owns |
//! |---|---|
//! | [`config`] | file + environment + flags → settings |
//! | [`cli`] | one file per command, progress, hints |
//!
//! Who may attack the house, and what stops them, stands in [`security`].

pub mod attempt;
pub mod audit;
pub mod checkup;
pub mod classify;
pub mod cli;
pub mod clock;
pub mod config;
pub mod coverage;
pub mod event;
pub mod exit;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod gate;
pub mod heartbeat;
pub mod history;
pub mod ledger;
pub mod monitor;
pub mod outcome;
pub mod pace;
pub mod plan;
pub mod plan_file;
pub mod policy;
pub mod proven;
pub mod provider;
pub mod receipt;
pub mod received;
pub mod reconcile;
pub mod report;
pub mod rounds;
pub mod run_report;
pub mod sandbox;
pub mod saved_plan;
pub mod security;
pub mod selection;
pub mod slices;
pub mod timeline;
pub mod tracked;
