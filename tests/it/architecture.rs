//! Holds the sources to the map of the house: dependencies point one way.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms it may use. A room that is not listed here fails the test, so the map in
/// `src/lib.rs` and this table grow together.
const MAP: &[(&str, &[&str])] = &[
    // Core.
    ("event", &[]),
    ("receipt", &["event"]),
    ("coverage", &["receipt"]),
    ("classify", &["event", "receipt"]),
    ("tracked", &["event", "receipt", "classify"]),
    ("attempt", &["event", "receipt"]),
    ("pace", &[]),
    ("slices", &["event"]),
    ("plan", &["event"]),
    ("rounds", &["pace"]),
    ("outcome", &[]),
    ("exit", &["outcome"]),
    ("audit", &["event", "receipt", "tracked"]),
    ("run_report", &["audit", "event", "receipt", "classify", "tracked", "plan", "outcome", "exit"]),
    ("selection", &["event", "classify", "tracked"]),
    ("saved_plan", &["event", "classify", "run_report", "selection"]),
    ("timeline", &["event", "classify", "tracked", "run_report"]),
    ("gate", &["exit", "outcome", "run_report", "tracked"]),
    ("proven", &["event"]),
    ("history", &["attempt", "event"]),
    ("checkup", &["event", "exit"]),
    ("policy", &["classify", "pace", "run_report"]),
    // Adapters: core only, and never one another.
    ("provider", &["attempt", "event"]),
    ("received", &["event", "receipt"]),
    ("ledger", &["attempt", "event", "history", "outcome", "proven"]),
    ("plan_file", &["event", "classify", "saved_plan", "selection"]),
    ("heartbeat", &["exit"]),
    (
        "report",
        &[
            "attempt",
            "audit",
            "checkup",
            "event",
            "history",
            "plan",
            "receipt",
            "classify",
            "tracked",
            "run_report",
            "selection",
            "timeline",
            "outcome",
            "exit",
            "monitor",
            "provider",
        ],
    ),
    ("sandbox", &[]),
    // Engine: core and the ports' traits.
    ("monitor", &["attempt", "event", "receipt", "run_report", "provider"]),
    ("clock", &[]),
    (
        "reconcile",
        &[
            "attempt",
            "audit",
            "classify",
            "clock",
            "coverage",
            "event",
            "exit",
            "ledger",
            "monitor",
            "outcome",
            "pace",
            "plan",
            "policy",
            "proven",
            "provider",
            "receipt",
            "received",
            "rounds",
            "run_report",
            "selection",
            "slices",
            "tracked",
        ],
    ),
    // Words only.
    ("security", &[]),
    // Shell: anything.
    ("config", &["*"]),
    ("cli", &["*"]),
];

/// What only the rooms named beside it may use.
const OUTSIDE: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("anyhow", &["cli", "config"]),
    ("indicatif", &["cli"]),
    ("comfy_table", &["report"]),
    ("reqwest", &["heartbeat", "provider"]),
    ("rusqlite", &["ledger", "received"]),
    ("tokio_postgres", &["received"]),
    ("tokio_postgres_rustls", &["received"]),
    ("rustls_platform_verifier", &["received"]),
    ("hyper", &["sandbox", "provider"]),
    ("tokio", &["cli", "clock", "heartbeat", "ledger", "provider", "received", "reconcile", "sandbox"]),
];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The room a file belongs to; `None` for the map itself and for `main`.
fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(source_root()).expect("a source file");
    let first = inside.components().next().expect("a name").as_os_str().to_str().expect("a readable name");
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib" && room != "main").then(|| room.to_owned())
}

/// Files that are built for tests, or for tests and the fuzzer, and are no part of the program.
fn is_test_code(file: &Path) -> bool {
    let text = file.to_str().expect("a readable path");
    text.contains("/tests/") || text.ends_with("/tests.rs") || text.ends_with("/fuzzing.rs")
}

/// The sources without their test modules and without comments.
fn production_lines(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).expect("a readable file");
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().expect("a first part");
    before_tests.lines().map(str::trim).filter(|line| !line.starts_with("//")).map(str::to_owned).collect()
}

fn rooms_used(line: &str) -> BTreeSet<String> {
    line.match_indices("crate::")
        .map(|(at, found)| &line[at + found.len()..])
        .map(|rest| rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>())
        .filter(|room| !room.is_empty())
        .collect()
}

#[test]
fn dependencies_point_one_way() {
    let mut wrong = Vec::new();
    for file in rust_files(&source_root()) {
        let Some(room) = room_of(&file) else { continue };
        if is_test_code(&file) {
            continue;
        }
        let (_, allowed) = MAP
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("the room {room} is not on the map in tests/it/architecture.rs"));
        for line in production_lines(&file) {
            for used in rooms_used(&line) {
                if used != room && !allowed.contains(&"*") && !allowed.contains(&used.as_str()) {
                    wrong.push(format!("{}: {line}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these lines go against the map:\n{}", wrong.join("\n"));
}

#[test]
fn the_outside_world_is_known_only_where_the_map_says() {
    let mut wrong = Vec::new();
    for file in rust_files(&source_root()) {
        let Some(room) = room_of(&file) else { continue };
        if is_test_code(&file) {
            continue;
        }
        for line in production_lines(&file) {
            for (package, rooms) in OUTSIDE {
                let names_it = line.contains(&format!("{package}::")) && !line.contains(&format!("_{package}::"));
                if names_it && !rooms.contains(&room.as_str()) {
                    wrong.push(format!("{}: {line}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "these lines reach outside:\n{}", wrong.join("\n"));
}

#[test]
fn only_the_ledger_attests_that_an_intent_is_recorded() {
    for file in rust_files(&source_root()) {
        let Some(room) = room_of(&file) else { continue };
        if is_test_code(&file) || room == "attempt" {
            continue;
        }
        let attests = production_lines(&file).iter().any(|line| line.contains("Intent::recorded("));
        assert!(!attests || room == "ledger", "{} attests an intent", file.display());
    }
}

/// The files that may hold unsafe code, and how many blocks of it; whoever adds one says so here.
const UNSAFE: &[(&str, usize)] = &[("received/sieve/vector.rs", 8)];

#[test]
fn unsafe_code_stands_where_it_is_listed_and_says_why_it_is_sound() {
    let mut found = Vec::new();
    for file in rust_files(&source_root()) {
        let text = fs::read_to_string(&file).expect("a readable file");
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let code = |line: &str| !line.starts_with("//");
        let is_unsafe = |line: &str| {
            line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_')).any(|word| word == "unsafe")
        };
        let places: Vec<usize> = (0..lines.len()).filter(|at| code(lines[*at]) && is_unsafe(lines[*at])).collect();
        for at in &places {
            let reason = lines[..*at].iter().rev().take_while(|line| line.starts_with("//"));
            let is_sound = reason.into_iter().any(|line| line.starts_with("// SAFETY: "));
            assert!(is_sound, "{}:{} has no SAFETY comment", file.display(), at + 1);
        }
        let allows = lines.iter().any(|line| code(line) && line.contains("unsafe_code"));
        if !places.is_empty() || allows {
            let inside = file.strip_prefix(source_root()).expect("a source file");
            found.push((inside.to_str().expect("a readable path").to_owned(), places.len()));
        }
    }
    let listed: Vec<_> = UNSAFE.iter().map(|(file, blocks)| ((*file).to_owned(), *blocks)).collect();
    assert_eq!(found, listed, "the unsafe code that there is, and what is listed");
    let settings = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).expect("readable");
    assert!(settings.contains("unsafe_code = \"deny\""), "the compiler must refuse it everywhere else");
}

#[test]
fn files_stay_short_enough_to_say_one_thing() {
    for file in rust_files(&source_root()) {
        let lines = fs::read_to_string(&file).expect("a readable file").lines().count();
        assert!(lines <= 500, "{} has {lines} lines", file.display());
    }
}
