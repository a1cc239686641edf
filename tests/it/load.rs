//! Much of everything, in small: what a run takes stays within bounds, and it still gets everything right.
//! `cargo bench --bench load` does the same in large and tells the times.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use hookmend::sandbox::{Mix, Operation, WorldPlan};

use crate::meter::measured;
use crate::scene::{Scene, hours_ago};

/// A run over all webhooks and the events of so long.
fn over_all(scene: &Scene, subcommand: &str, since: &str) -> Command {
    let mut command = scene.program();
    command.args([subcommand, "--all-webhooks", "--since", since, "--settle", "2s", "--format", "json"]);
    command.args(["--base-url", &scene.sandbox.base_url(), "--received"]).arg(scene.sandbox.received_log());
    command
}

fn mix(events: u64, missing: u64) -> Mix {
    Mix { events, missing, ..Mix::default() }
}

#[test]
fn a_thousand_webhooks_in_one_run_open_no_more_files_than_one() {
    let plan = WorldPlan::new(3).webhooks(1_000).mix(mix(4, 1)).period(hours_ago(20), hours_ago(1));
    let scene = Scene::new(plan);
    let mut command = over_all(&scene, "reconcile", "1d");
    let taken = measured(command.args(["--concurrency", "16", "--max-resends", "2000"])).ends_with(0);
    let taken = taken.counts("recovered", 1_000).counts("left", 0);
    scene.assert_everything_arrived_once();
    assert!(taken.files <= 64, "{} open files", taken.files);
    assert!(taken.memory <= 192, "{} MiB", taken.memory);
}

#[test]
fn memory_grows_with_what_is_missing_and_not_with_what_is_listed() {
    let scene = Scene::new(WorldPlan::new(4).mix(Mix { unacknowledged: 60_000, ..mix(60_050, 50) }));
    let taken = measured(&mut over_all(&scene, "check", "8d")).ends_with(10);
    let taken = taken.counts("missing", 50).counts("unacknowledged", 60_000);
    assert!(taken.memory <= 192, "{} MiB", taken.memory);
    assert!(taken.files <= 64, "{} open files", taken.files);
}

#[test]
fn thousands_of_resends_are_bounded_in_files_and_memory() {
    let scene = Scene::new(WorldPlan::new(5).mix(mix(4_000, 3_000)));
    let mut command = over_all(&scene, "reconcile", "8d");
    let taken = measured(command.args(["--concurrency", "16", "--max-resends", "3000"])).ends_with(0);
    let taken = taken.counts("recovered", 3_000);
    scene.assert_everything_arrived_once();
    assert_eq!(scene.sandbox.world().count(Operation::Resend), 3_000);
    assert!(taken.files <= 64, "{} open files", taken.files);
    assert!(taken.memory <= 192, "{} MiB", taken.memory);
}

#[test]
fn a_log_that_grows_and_is_rotated_while_it_is_read_loses_nothing_and_stays_small() {
    let scene = Scene::new(WorldPlan::new(6).mix(mix(600, 200))).with_fault("slow=30@resend");
    let (stop, log) = (AtomicBool::new(false), scene.home().join("noise.log"));
    fs::write(&log, "noise-0\n").expect("the home is writable");
    let taken = thread::scope(|scope| {
        scope.spawn(|| {
            let mut rotations = 0;
            while !stop.load(Ordering::SeqCst) {
                let mut file = OpenOptions::new().create(true).append(true).open(&log).expect("a log");
                for block in 0..20 {
                    let lines: String = (0..500).map(|line| format!("noise-{rotations}-{block}-{line}\n")).collect();
                    file.write_all(lines.as_bytes()).expect("the log can be written");
                    thread::yield_now();
                }
                // As logrotate does it, with nine old ones kept.
                for number in (1..9).rev() {
                    let _ = fs::rename(
                        log.with_extension(format!("log.{number}")),
                        log.with_extension(format!("log.{}", number + 1)),
                    );
                }
                fs::rename(&log, log.with_extension("log.1")).expect("the log can be renamed");
                fs::write(&log, "").expect("a new log");
                rotations += 1;
            }
        });
        let mut command = over_all(&scene, "reconcile", "8d");
        let taken = measured(command.args(["--received", "noise.log*", "--concurrency", "16"]));
        stop.store(true, Ordering::SeqCst);
        taken
    });
    // A file that went away while it was read may make the run undetermined, and never wrong.
    assert!(matches!(taken.code, Some(0 | 11)), "{:?} {} {}", taken.code, taken.document["problems"], taken.errors);
    scene.assert_no_duplicates();
    assert!(taken.code == Some(11) || scene.sandbox.world().not_held().is_empty(), "clean, and events are missing");
    assert!(taken.files <= 96, "{} open files", taken.files);
    assert!(taken.memory <= 256, "{} MiB", taken.memory);
}
