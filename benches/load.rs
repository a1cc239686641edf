//! Much of everything: a million listed events, a hundred thousand resends, a thousand webhooks, a fast and
//! a slow vendor, a log that grows and is rotated under the reader.
//!
//! ```text
//! cargo bench --bench load                # everything
//! cargo bench --bench load -- webhooks    # what has this in its name
//! ```
//!
//! The vendor is the sandbox, in this process; the program is a child of it and is measured alone. Every
//! result is compared with the sandbox's own truth before a line is printed: a wrong one ends the bench.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../tests/it/meter.rs"]
mod meter;

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use hookmend::sandbox::{FaultRule, Mix, Sandbox, WorldPlan};
use tempfile::TempDir;

use meter::{Taken, measured};

/// One line of the table: what is done, and what does it.
type Scenario = (&'static str, fn() -> Line);

const SCENARIOS: [Scenario; 6] = [
    ("1,000,000 events listed and compared", million_listed),
    ("100,000 resends", hundred_thousand_resends),
    ("1,000 webhooks in one run", thousand_webhooks),
    ("a vendor that allows 2,000 calls a second", fast_vendor),
    ("a slow vendor, 15 s a listing and 1 s a resend, in hundredths", slow_vendor),
    ("a log that grows and is rotated under us", growing_log),
];

/// What one scenario took, and what is worth saying of it.
struct Line(Taken, String);

fn main() {
    let wanted: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<62} {:>9} {:>8} {:>6}  checked", "", "time", "memory", "files");
    for (name, scenario) in SCENARIOS {
        if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part)) {
            continue;
        }
        let Line(taken, checked) = scenario();
        let (time, memory, files) = (taken.time.as_secs_f64(), taken.memory, taken.files);
        println!("{name:<62} {time:>7.2} s {memory:>4} MiB {files:>6}  {checked}");
    }
}

/// A sandbox and a home for the program.
struct Stage {
    sandbox: Sandbox,
    home: TempDir,
}

impl Stage {
    fn new(plan: WorldPlan, faults: &[&str]) -> Self {
        let sandbox = Sandbox::start(plan).expect("the sandbox starts on loopback");
        for fault in faults {
            sandbox.set_fault(fault.parse::<FaultRule>().unwrap_or_else(|error| panic!("{fault}: {error}")));
        }
        Self { sandbox, home: tempfile::tempdir().expect("a home") }
    }

    fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookmend"));
        command.env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.env("HOOKMEND_API_KEY", self.sandbox.api_key());
        command.env("HOOKMEND_SUBSCRIPTION_KEY", self.sandbox.subscription_key());
        command.args(words).args(["--all-webhooks", "--since", "8d", "--settle", "2s", "--format", "json"]);
        command.args(["--base-url", &self.sandbox.base_url(), "--received"]).arg(self.sandbox.received_log());
        command
    }

    /// Everything arrived, and nothing twice; so many resends were asked for. The sandbox remembers fewer
    /// calls than these, but what arrived it knows of every event.
    fn verify(&self, taken: &Taken, resends: u64) {
        let world = self.sandbox.world();
        assert_eq!(world.not_held(), Vec::<String>::new(), "still missing");
        assert_eq!(world.duplicates(), Vec::<String>::new(), "received twice");
        assert_eq!(requests(taken, "resend"), resends, "resends");
    }
}

/// How many requests of a kind the run says it made.
fn requests(taken: &Taken, kind: &str) -> u64 {
    taken.document["totals"]["requests"][kind].as_u64().expect("a number of requests")
}

fn mix(events: u64, missing: u64) -> Mix {
    Mix { events, missing, ..Mix::default() }
}

fn million_listed() -> Line {
    let stage = Stage::new(WorldPlan::new(1).mix(Mix { unacknowledged: 999_000, ..mix(1_000_000, 1_000) }), &[]);
    let taken = measured(&mut stage.program(&["check"])).ends_with(10);
    let taken = taken.counts("missing", 1_000).counts("unacknowledged", 999_000).counts("listed", 1_000_000);
    Line(taken, "1,000 missing, 999,000 in the log".to_owned())
}

fn hundred_thousand_resends() -> Line {
    let stage = Stage::new(WorldPlan::new(2).mix(mix(150_000, 100_000)), &[]);
    let taken = measured(&mut stage.program(&["reconcile", "--concurrency", "16", "--max-resends", "100000"]));
    let taken = taken.ends_with(0).counts("recovered", 100_000).counts("left", 0);
    stage.verify(&taken, 100_000);
    let rate = 100_000.0 / taken.time.as_secs_f64();
    Line(taken, format!("100,000 recovered, none twice; {rate:.0} resends a second"))
}

fn thousand_webhooks() -> Line {
    let stage = Stage::new(WorldPlan::new(3).webhooks(1_000).mix(mix(100, 5)), &[]);
    let taken = measured(&mut stage.program(&["reconcile", "--concurrency", "16", "--max-resends", "5000"]));
    let taken = taken.ends_with(0).counts("recovered", 5_000).counts("left", 0);
    stage.verify(&taken, 5_000);
    let listings = requests(&taken, "list");
    Line(taken, format!("5,000 recovered, none twice; {listings} listings"))
}

fn fast_vendor() -> Line {
    let stage = Stage::new(WorldPlan::new(4).mix(mix(20_000, 10_000)), &["throttle=2000/s"]);
    let taken = measured(&mut stage.program(&["reconcile", "--concurrency", "32", "--max-resends", "10000"]));
    let taken = taken.ends_with(0).counts("recovered", 10_000);
    assert_eq!(stage.sandbox.world().not_held(), Vec::<String>::new(), "still missing");
    assert_eq!(stage.sandbox.world().duplicates(), Vec::<String>::new(), "received twice");
    let refused = stage.sandbox.world().count_status(429);
    let rate = 10_000.0 / taken.time.as_secs_f64();
    Line(taken, format!("10,000 recovered, none twice; {rate:.0} a second, {refused} refused on the way"))
}

fn slow_vendor() -> Line {
    let stage = Stage::new(WorldPlan::new(5).mix(mix(4_000, 2_000)), &["slow=150@list", "slow=10@resend"]);
    let taken = measured(&mut stage.program(&["reconcile", "--concurrency", "8", "--max-resends", "2000"]));
    let taken = taken.ends_with(0).counts("recovered", 2_000);
    stage.verify(&taken, 2_000);
    let ideal = 2_000.0 * 0.01 / 8.0;
    Line(taken, format!("2,000 recovered, none twice; its resends alone take {ideal:.1} s at best"))
}

fn growing_log() -> Line {
    let stage = Stage::new(WorldPlan::new(6).mix(mix(8_000, 2_000)), &["slow=5@resend"]);
    let (stop, written, rotations) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let log = stage.home.path().join("noise.log");
    fs::write(&log, "noise\n").expect("a log");
    let taken = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::SeqCst) {
                let rotation = rotations.fetch_add(1, Ordering::SeqCst);
                let mut file = OpenOptions::new().append(true).open(&log).expect("a log");
                for block in 0..50 {
                    let lines: String =
                        (0..2_000).map(|line| format!("noise-{rotation:06}-{block:02}-{line:04}\n")).collect();
                    file.write_all(lines.as_bytes()).expect("the log can be written");
                    written.fetch_add(lines.len() as u64, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                }
                let old = |number: u32| log.with_extension(format!("log.{number}"));
                (1..20).rev().for_each(|number| drop(fs::rename(old(number), old(number + 1))));
                fs::rename(&log, old(1)).expect("the log can be renamed");
                fs::write(&log, "").expect("a new log");
            }
        });
        let mut command = stage.program(&["reconcile", "--concurrency", "8", "--max-resends", "2000"]);
        let taken = measured(command.args(["--received", "noise.log*"]));
        stop.store(true, Ordering::SeqCst);
        taken
    });
    let taken = taken.ends_with(0).counts("recovered", 2_000);
    stage.verify(&taken, 2_000);
    let (megabytes, rotations) = (written.into_inner() / 1_000_000, rotations.into_inner());
    Line(taken, format!("2,000 recovered, none twice; {megabytes} MB came in, {rotations} rotations"))
}
