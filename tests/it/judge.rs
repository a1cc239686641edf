//! Judges what runs of the program did, by the world's own count and by what was in the received log
//! when each began. A judge collects what is wrong instead of panicking, so that a whole matrix can be
//! told of at once.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use hookmend::sandbox::{EventPlan, Operation, WorldPlan};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::scene::{Ended, Scene, hours_ago, run};

/// Events that the receiver does not have, all of one day two days ago.
pub const MISSING: usize = 6;
/// An event that the vendor calls failed although the receiver has it.
pub const HEARD: &str = "heard-0";

/// A small world in which everything can go wrong: some delivered events, some missing, and one whose
/// acknowledgement was lost.
pub fn small_world(missing: usize) -> WorldPlan {
    let delivered = (0..6).map(|number| EventPlan::delivered(format!("ok-{number}"), hours_ago(3 + number * 11)));
    let lost = (0..missing).map(|number| {
        let at = hours_ago(47) + chrono::TimeDelta::seconds(i64::try_from(number).expect("a small number") * 7);
        EventPlan::missing(format!("lost-{number}"), at)
    });
    let heard = EventPlan::unacknowledged(HEARD, hours_ago(46));
    WorldPlan::new(11).events(delivered).events(lost).event(heard)
}

/// Whether a run looks at the window in which events are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looks {
    /// It does.
    AtEverything,
    /// It looks at a time in which nothing is missing.
    Elsewhere,
}

/// What a run may do at the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum May {
    /// It may resend.
    Act,
    /// It only reads.
    Read,
}

/// A scene whose runs are judged.
pub struct Judge {
    pub scene: Scene,
    wrong: Vec<String>,
    log: String,
}

/// An attempt as the ledger has it: its number, the event, and what was concluded if it ended.
pub type Attempt = (i64, String, Option<String>);

/// What was the case when a run began.
pub struct Before {
    in_log: BTreeSet<String>,
    /// Connections up to this one belong to earlier runs: a call of one that was killed may arrive late.
    connection: u64,
}

impl Judge {
    pub fn of(plan: WorldPlan) -> Self {
        Self { scene: Scene::new(plan), wrong: Vec::new(), log: String::new() }
    }

    /// A command with short settling and one JSON document on standard output.
    pub fn command(&self, subcommand: &str, more: &[&str]) -> Command {
        let mut command = self.scene.program();
        command
            .arg(subcommand)
            .args(["--base-url", &self.scene.sandbox.base_url(), "--webhook", &self.scene.webhook()])
            .args(["--format", "json"])
            .arg("--received")
            .arg(self.scene.sandbox.received_log())
            .arg("--ledger")
            .arg(self.ledger())
            .args(more);
        for (name, value) in [("--timeout", "10s"), ("--settle", "1s"), ("--since", "3d")] {
            if !more.contains(&name) {
                command.args([name, value]);
            }
        }
        command
    }

    pub fn ledger(&self) -> std::path::PathBuf {
        self.scene.home().join("ledger.db")
    }

    /// To be asked right before a run is started.
    pub fn before(&self) -> Before {
        let connection = self.mark();
        Before { in_log: self.received(), connection }
    }

    /// Makes a call of our own and returns the number of its connection.
    fn mark(&self) -> u64 {
        let address = self.scene.sandbox.base_url();
        let address = address.trim_start_matches("http://").split('/').next().unwrap_or_default();
        let mut stream = TcpStream::connect(address).expect("the sandbox listens");
        stream.write_all(b"GET /mark HTTP/1.1\r\nHost: mark\r\nConnection: close\r\n\r\n").expect("it reads");
        stream.read_to_end(&mut Vec::new()).expect("it answers");
        let calls = self.scene.sandbox.world().calls();
        calls.iter().filter(|call| call.path == "/mark").map(|call| call.connection).max().expect("the call is known")
    }

    fn received(&self) -> BTreeSet<String> {
        let log = fs::read_to_string(self.scene.sandbox.received_log()).unwrap_or_default();
        let id = |line: &str| serde_json::from_str::<Value>(line).ok()?["event_id"].as_str().map(str::to_owned);
        log.lines().filter_map(id).collect()
    }

    pub fn wrong(&mut self, what: impl Into<String>) {
        self.wrong.push(what.into());
    }

    /// Remembers a run for whoever has to find out what went wrong.
    pub fn note(&mut self, ended: &Ended) {
        self.log.push_str(&format!("{ended}\n"));
    }

    /// What holds for every run, however it ended.
    pub fn judge_deeds(&mut self, before: &Before, may: May) {
        let world = self.scene.sandbox.world();
        let duplicates = world.duplicates();
        if !duplicates.is_empty() {
            self.wrong(format!("delivered twice: {duplicates:?}"));
        }
        for call in world.calls().iter().filter(|call| call.connection > before.connection) {
            if may == May::Read && call.method != "GET" {
                self.wrong(format!("a run that only reads sent {} {}", call.method, call.path));
            }
            let event = call.path.rsplit('/').next().unwrap_or_default();
            if call.operation == Operation::Resend && before.in_log.contains(event) {
                self.wrong(format!("{event} was resent although it was in the log when the run began"));
            }
        }
    }

    /// What holds for a run that ended by itself and held the ledger, or needed none.
    pub fn judge_report(&mut self, ended: &Ended, looks: Looks, may: May) {
        self.note(ended);
        let Ok(document) = serde_json::from_str::<Value>(&ended.stdout) else {
            self.wrong(format!("no document, code {:?}", ended.code));
            return;
        };
        let code = ended.code;
        if code.map(i64::from) != document["exit_code"].as_i64() {
            self.wrong(format!("it ended with {code:?} and says {}", document["exit_code"]));
        }
        if !matches!(code, Some(0 | 10 | 11 | 12)) {
            self.wrong(format!("a run ended with {code:?}"));
        }
        let in_doubt = document["totals"]["in_doubt"].as_u64().unwrap_or(0);
        if in_doubt > 0 && code != Some(11) {
            self.wrong(format!("{in_doubt} in doubt, and the run ended with {code:?}"));
        }
        if looks == Looks::Elsewhere {
            return;
        }
        self.judge_silence(&document);
        let acted = may == May::Act || ended_as_check(&document);
        let not_held = self.scene.sandbox.world().not_held();
        if acted && code == Some(0) && !not_held.is_empty() {
            self.wrong(format!("clean, and {not_held:?} are missing"));
        }
    }

    /// Whatever the receiver does not hold is listed by its id.
    pub fn judge_silence(&mut self, document: &Value) {
        let (reported, not_held) = (reported(document), self.scene.sandbox.world().not_held());
        let silent: Vec<&String> = not_held.iter().filter(|id| !reported.contains(id.as_str())).collect();
        if !silent.is_empty() {
            self.wrong(format!("missing and not reported: {silent:?}"));
        }
    }

    /// The attempts in the ledger: number, event and what was concluded, as far as it can be read.
    pub fn attempts(&self) -> BTreeSet<Attempt> {
        let Ok(connection) = Connection::open_with_flags(self.ledger(), OpenFlags::SQLITE_OPEN_READ_WRITE) else {
            return BTreeSet::new();
        };
        let Ok(mut statement) = connection.prepare("SELECT id, event_id, conclusion FROM attempts") else {
            return BTreeSet::new();
        };
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.map(|rows| rows.filter_map(Result::ok).collect()).unwrap_or_default()
    }

    /// Runs a command to its end and judges it.
    pub fn run(&mut self, command: &mut Command, looks: Looks, may: May) -> Ended {
        let before = self.before();
        let ended = run(command);
        self.judge_deeds(&before, may);
        self.judge_report(&ended, looks, may);
        ended
    }

    /// After so many runs at most everything has arrived, each event once.
    pub fn expect_clean(&mut self, times: usize, more: &[&str]) {
        let mut code = None;
        for _ in 0..times {
            code = self.run(&mut self.command("reconcile", more), Looks::AtEverything, May::Act).code;
            if code == Some(0) {
                break;
            }
        }
        let not_held = self.scene.sandbox.world().not_held();
        if code != Some(0) || !not_held.is_empty() {
            self.wrong(format!("not recovered in the end: {not_held:?}, code {code:?}"));
        }
    }

    /// What was wrong, with the runs that led to it.
    pub fn verdict(self, name: &str) -> Result<(), String> {
        if self.wrong.is_empty() {
            return Ok(());
        }
        Err(format!("== {name}\n   {}\n{}", self.wrong.join("\n   "), self.log))
    }
}

fn ended_as_check(document: &Value) -> bool {
    document["command"] == "check"
}

/// The ids of everything the document lists as not settled, and of what its problems name.
fn reported(document: &Value) -> BTreeSet<&str> {
    let webhooks = document["webhooks"].as_array().into_iter().flatten();
    let events = webhooks.flat_map(|webhook| webhook["events"].as_array().into_iter().flatten());
    let unsettled = events.filter(|event| event["result"] != "recovered");
    unsettled.filter_map(|event| event["event_id"].as_str()).collect()
}
