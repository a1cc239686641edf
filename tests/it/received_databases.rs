//! The received log in a database, through the whole program: SQLite always, PostgreSQL where a server
//! can be started.

mod postgres;
mod server;

use std::path::PathBuf;
use std::process::Command;

use hookmend::sandbox::WorldPlan;
use rusqlite::Connection;

use crate::scene::{Ended, Scene, outage, run};

/// A scene with a table of what was received.
struct Tables {
    scene: Scene,
}

impl Tables {
    fn new(plan: WorldPlan) -> Self {
        let tables = Self { scene: Scene::new(plan) };
        let connection = tables.connect();
        connection.execute_batch("CREATE TABLE received(event_id TEXT PRIMARY KEY, at TEXT)").expect("a table");
        tables.take_over();
        tables
    }

    fn path(&self) -> PathBuf {
        self.scene.home().join("received.db")
    }

    fn connect(&self) -> Connection {
        Connection::open(self.path()).expect("the database can be opened")
    }

    /// What the sandbox's receiver wrote so far.
    fn received(&self) -> Vec<String> {
        received(&self.scene)
    }

    /// Writes into the table what the receiver wrote into its log.
    fn take_over(&self) {
        let connection = self.connect();
        for id in self.received() {
            connection.execute("INSERT OR IGNORE INTO received VALUES (?1, '2026-01-01')", [id]).expect("a row");
        }
    }

    fn address(&self, parameters: &str) -> String {
        format!("sqlite:{}?{parameters}", self.path().display())
    }
}

/// What the sandbox's receiver accepted.
fn received(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.sandbox.received_log()).expect("the receiver's log");
    let id = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        value["event_id"].as_str().or(value["id"].as_str()).map(str::to_owned)
    };
    text.lines().filter_map(id).collect()
}

/// The program pointed at the sandbox and at this log alone.
fn pointed(scene: &Scene, subcommand: &str, sources: &[&str]) -> Command {
    let mut command = scene.program();
    command
        .arg(subcommand)
        .args(["--base-url", &scene.sandbox.base_url()])
        .args(["--webhook", &scene.webhook()])
        .args(["--since", "3d", "--settle", "2s", "--timeout", "3s", "--format", "json"]);
    sources.iter().for_each(|source| {
        command.args(["--received", source]);
    });
    command
}

fn asked(scene: &Scene, subcommand: &str, sources: &[&str], more: &[&str]) -> Ended {
    run(pointed(scene, subcommand, sources).args(more))
}

#[test]
fn what_a_table_lacks_is_resent_and_what_it_holds_is_not() {
    let tables = Tables::new(outage(5));
    // The receiver has two of them; only its acknowledgement was lost.
    tables.connect().execute_batch("INSERT INTO received VALUES ('lost-1', ''), ('lost-3', '')").expect("rows");
    let address = tables.address("table=received&column=event_id");
    let ended = asked(&tables.scene, "reconcile", &[&address], &["-v"]);
    let ended = ended.counts("unacknowledged", 2).counts("missing", 3).counts("resent", 3);
    ended.says_on_stderr("ids in the column event_id (text), 32 rows");
    assert_eq!(tables.scene.resends(), 3);
    tables.scene.assert_no_duplicates();
}

#[test]
fn a_table_and_the_files_of_before_are_one_log() {
    let tables = Tables::new(outage(4));
    tables.connect().execute_batch("DELETE FROM received WHERE event_id > 'ok-2'").expect("rows");
    let log = tables.scene.sandbox.received_log().display().to_string();
    let archive = tables.scene.file("archive.txt", "lost-0\nlost-2\n").display().to_string();
    let address = tables.address("table=received&column=event_id");
    let ended = asked(&tables.scene, "check", &[&log, &archive, &address], &["--received-id", "event_id"]);
    ended.ends_with(10).counts("missing", 2).counts("unacknowledged", 2);
}

#[test]
fn an_empty_table_and_a_foreign_one_prove_nothing() {
    let tables = Tables::new(outage(3));
    let address = tables.address("table=received&column=event_id");
    tables.connect().execute_batch("DELETE FROM received").expect("rows");
    asked(&tables.scene, "reconcile", &[&address], &[]).ends_with(11).reports("log_unproven");
    tables.connect().execute_batch("INSERT INTO received VALUES ('of another house', '')").expect("rows");
    asked(&tables.scene, "reconcile", &[&address], &[]).ends_with(11).reports("log_unproven");
    assert_eq!(tables.scene.resends(), 0);
}

#[test]
fn what_can_not_be_asked_is_told_before_anything_is_sent() {
    let tables = Tables::new(outage(3));
    let refused = [
        (tables.address("table=nosuch&column=event_id"), "no such table"),
        (tables.address("table=received&column=nosuch"), "no such column"),
        (tables.address("table=received"), "which column"),
        (tables.address("table=received&column=event_id&sslmode=disable"), "sslmode means nothing"),
        ("sqlite:nosuch.db?table=received&column=event_id".to_owned(), "no such file"),
        (
            "postgres://me:hunter2@db.example.com/x?table=t&column=c&sslmode=disable".to_owned(),
            "readable over the network",
        ),
        ("postgres://me:hunter2@db.example.com/x?table=t&column=c&sslmode=prefer".to_owned(), "does not hold to"),
    ];
    for (address, why) in refused {
        let ended = asked(&tables.scene, "reconcile", &[&address], &["-v"]).ends_with(2).says_on_stderr(why);
        ended.says_on_stderr("hint: ").never_says("hunter2");
    }
    assert_eq!(tables.scene.requests(), 0);
    assert!(!tables.scene.home().join("nosuch.db").exists());
}

#[test]
fn a_query_of_ones_own_is_asked_and_held_to_its_question() {
    let tables = Tables::new(outage(3));
    let address = format!("sqlite:{}", tables.path().display());
    let ask = |query: &str| asked(&tables.scene, "check", &[&address], &["--received-query", query, "-v"]);
    let good = "SELECT event_id FROM received WHERE event_id IN (SELECT value FROM json_each(?1))";
    ask(good).ends_with(10).counts("missing", 3).says_on_stderr("a query of your own");
    ask("SELECT event_id FROM received WHERE ?1 > ''").ends_with(2).says_on_stderr("asked for no id at all");
    let sly = "SELECT event_id || '!' FROM received WHERE event_id IN (SELECT value FROM json_each(?1))";
    ask(sly).says("was not asked for");
    let nobody = asked(&tables.scene, "check", &["x.log"], &["--received-query", good]);
    nobody.ends_with(2).says_on_stderr("--received-query: nobody would ask it");
}

#[test]
fn a_settings_file_names_a_database_beside_it_and_keeps_its_password() {
    use std::os::unix::fs::PermissionsExt;
    let tables = Tables::new(outage(3));
    let folder = tables.scene.home().join("etc");
    std::fs::create_dir(&folder).expect("a folder");
    let written = |received: &str| {
        let path = folder.join("hookmend.toml");
        std::fs::write(&path, format!("received = \"{received}\"\n")).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("permissions can be set");
        path.display().to_string()
    };
    let config = written("sqlite:../received.db?table=received&column=event_id");
    asked(&tables.scene, "check", &[], &["--config", &config]).ends_with(10).counts("missing", 3);
    let config = written("postgres://me:hunter2@localhost:1/x?table=t&column=c");
    let ended = asked(&tables.scene, "check", &[], &["--config", &config, "-v"]).ends_with(2);
    ended.says_on_stderr("chmod").never_says("hunter2");
}

#[test]
fn a_table_that_says_since_when_it_is_complete_says_nothing_of_before() {
    let tables = Tables::new(outage(3));
    // Two days ago was the outage, and the table begins after it.
    let begin = crate::scene::hours_ago(30).format("%FT%TZ").to_string();
    tables.connect().execute("UPDATE received SET at = ?1", [begin]).expect("rows");
    let address = tables.address("table=received&column=event_id&time=at");
    let ended = asked(&tables.scene, "reconcile", &[&address], &["-v"]).ends_with(11).counts("missing", 0);
    ended.counts("unknown", 3).says_on_stderr(", from ");
    assert_eq!(tables.scene.resends(), 0);
}

#[test]
fn a_table_says_which_ids_of_a_list_it_lacks() {
    let tables = Tables::new(outage(1));
    let list = tables.scene.file("ids.txt", "ok-1\nlost-0\nok-2\n").display().to_string();
    let address = tables.address("table=received&column=event_id");
    let ask = |more: &[&str]| run(tables.scene.program().args(["received", &address]).args(more));
    let ended = ask(&["--absent-of", &list]).ends_with(10);
    assert_eq!(ended.stdout, "lost-0\n", "{ended}");
    ask(&[]).ends_with(2).says_on_stderr("--absent-of");
}
