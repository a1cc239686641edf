//! A real PostgreSQL server, asked by the real program.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::server::{PASSWORD, Server};
use super::{asked, pointed, received};
use crate::scene::{Ended, Scene, finish, outage, run};

/// A scene, and a server whose table holds what was received.
struct Stage {
    scene: Scene,
    server: Server,
}

impl Stage {
    /// `None` where no server can be had, which is printed.
    fn new(missing: usize) -> Option<Self> {
        let stage = Self { server: Server::start()?, scene: Scene::new(outage(missing)) };
        stage.server.log_sql("CREATE TABLE received(event_id text PRIMARY KEY, status int, at timestamptz)");
        stage.server.log_sql("GRANT SELECT ON received TO reader");
        for id in received(&stage.scene) {
            stage.server.log_sql(&format!("INSERT INTO received VALUES ('{id}', 200, '2026-01-01Z')"));
        }
        Some(stage)
    }

    fn address(&self, parameters: &str) -> String {
        format!("postgres://reader@127.0.0.1:{}/log?{parameters}", self.server.port())
    }

    /// The program with the password in its environment.
    fn ask(&self, subcommand: &str, address: &str, more: &[&str]) -> Ended {
        run(pointed(&self.scene, subcommand, &[address]).args(more).env("PGPASSWORD", PASSWORD))
    }

    fn check(&self, parameters: &str) -> Ended {
        self.ask("check", &self.address(parameters), &["-v"])
    }
}

#[test]
fn what_the_table_of_a_server_lacks_is_resent() {
    let Some(stage) = Stage::new(5) else { return };
    stage.server.log_sql("INSERT INTO received VALUES ('lost-1', 200), ('lost-3', 200), ('lost-4', 502)");
    let address = stage.address("table=public.received&column=event_id&status=status");
    let ended = stage.ask("reconcile", &address, &["-v"]);
    let ended = ended.counts("unacknowledged", 2).counts("missing", 3).counts("resent", 3);
    ended.says_on_stderr("ids in the column event_id (text), received where status is 200-299").never_says(PASSWORD);
    assert_eq!(stage.scene.resends(), 3);
    stage.scene.assert_no_duplicates();
}

#[test]
fn an_audit_finds_what_a_server_holds_and_the_vendor_does_not_know() {
    let Some(stage) = Stage::new(1) else { return };
    stage.server.log_sql("INSERT INTO received VALUES ('forged', 200, now() - interval '1 hour')");
    stage.server.log_sql("INSERT INTO received VALUES ('refused', 500, now()), ('long-ago', 200, '2001-01-01Z')");
    stage.server.log_sql("INSERT INTO received VALUES ('timeless', 200, NULL)");
    let address = stage.address("table=public.received&column=event_id&status=status&time=at");
    let ended = stage.ask("check", &address, &["--audit"]).ends_with(10).counts("unknown_to_vendor", 2);
    ended.reports("unknown_to_vendor").never_says(PASSWORD);
    assert_eq!(stage.scene.resends(), 0);
}

#[test]
fn ids_are_found_in_columns_of_every_type() {
    let Some(stage) = Stage::new(0) else { return };
    let uuid = |number: u32| format!("abcdef00-0000-4000-8000-{number:012}");
    let plan = |ids: Vec<String>| {
        let events = (20..).zip(ids);
        hookmend::sandbox::WorldPlan::new(3)
            .events(events.map(|(hour, id)| hookmend::sandbox::EventPlan::missing(id, crate::scene::hours_ago(hour))))
    };
    let uuids = Scene::new(plan((1..=6).map(uuid).collect()));
    let numbers = Scene::new(plan(["7", "8", "18446744073709551616", "07"].map(str::to_owned).to_vec()));
    let upper = |number| format!("{{{}}}", uuid(number).to_uppercase());
    let cases = [
        (&uuids, "uuid", vec![uuid(1), upper(2), uuid(3).replace('-', "")], 3),
        (&uuids, "text", vec![uuid(1), upper(2), uuid(3).replace('-', ""), format!("urn:uuid:{}", uuid(4))], 4),
        (&uuids, "varchar(80)", vec![uuid(1).to_uppercase()], 1),
        (&uuids, "char(60)", vec![uuid(1), upper(2)], 2),
        (&uuids, "bytea", vec![format!("\\x{}", uuid(1).replace('-', ""))], 1),
        (&numbers, "integer", vec!["7".to_owned()], 1),
        (&numbers, "bigint", vec!["7".to_owned(), "8".to_owned()], 2),
        (&numbers, "numeric", vec!["7.00".to_owned(), "18446744073709551616".to_owned()], 2),
        (&numbers, "text", vec!["7".to_owned(), "07".to_owned()], 2),
    ];
    for (number, (scene, kind, ids, found)) in cases.into_iter().enumerate() {
        let table = format!("t{number}");
        stage.server.log_sql(&format!("CREATE TABLE {table}(id {kind}); GRANT SELECT ON {table} TO reader"));
        for id in &ids {
            stage.server.log_sql(&format!("INSERT INTO {table} VALUES ('{id}')"));
        }
        let address = stage.address(&format!("table={table}&column=id"));
        let ended = run(pointed(scene, "check", &[&address]).env("PGPASSWORD", PASSWORD));
        ended.counts("unacknowledged", found).ends_with(10);
    }
    stage.server.log_sql("CREATE TABLE odd(id point); GRANT SELECT ON odd TO reader");
    stage.check("table=odd&column=id").ends_with(2).says_on_stderr("of the type point");
}

#[test]
fn a_large_question_is_asked_by_the_index() {
    let Some(stage) = Stage::new(0) else { return };
    stage
        .server
        .log_sql("INSERT INTO received SELECT md5(i::text)::uuid::text, 200, now() FROM generate_series(1, 20000) i");
    stage.server.log_sql("ANALYZE received");
    let plan = stage.server.log_sql(
        "PREPARE q(text[]) AS SELECT DISTINCT t.\"event_id\"::text COLLATE \"C\" FROM \"received\" AS t \
         WHERE t.\"event_id\" = ANY($1); EXPLAIN EXECUTE q(ARRAY['a', 'b', 'c'])",
    );
    assert!(plan.contains("received_pkey"), "{plan}");
    stage.check("table=received&column=event_id").ends_with(0).says_on_stderr("more than 10000 rows");
}

#[test]
fn names_that_mean_harm_are_only_names() {
    let Some(stage) = Stage::new(2) else { return };
    stage.server.log_sql(r#"CREATE TABLE "t""; DROP TABLE received; --"("i""d' OR 1=1" text, "S" int)"#);
    stage.server.log_sql(r#"INSERT INTO "t""; DROP TABLE received; --" SELECT event_id, 200 FROM received"#);
    stage.server.log_sql(r#"GRANT SELECT ON "t""; DROP TABLE received; --" TO reader"#);
    let table = "%22t%22%22;%20DROP%20TABLE%20received;%20--%22";
    let ended = stage.check(&format!("table={table}&column=i%22d%27%20OR%201=1&status=S"));
    ended.ends_with(10).counts("missing", 2);
    stage.check("table=received&column=event_id").ends_with(10).counts("missing", 2);
    stage.check("table=Received&column=event_id").ends_with(2).says_on_stderr("lower case");
}

#[test]
fn a_role_that_may_not_see_all_is_refused() {
    let Some(stage) = Stage::new(2) else { return };
    stage.server.log_sql("CREATE TABLE hidden(event_id text); CREATE TABLE ruled(event_id text)");
    stage.server.log_sql("ALTER TABLE ruled ENABLE ROW LEVEL SECURITY; GRANT SELECT ON ruled TO reader");
    stage.server.log_sql("CREATE POLICY few ON ruled USING (event_id LIKE 'ok-%')");
    stage.check("table=hidden&column=event_id").ends_with(2).says_on_stderr("GRANT SELECT");
    stage.check("table=ruled&column=event_id").ends_with(2).says_on_stderr("policy");
    let address = format!("postgres://127.0.0.1:{}/log", stage.server.port());
    let write =
        "WITH gone AS (DELETE FROM received RETURNING event_id) SELECT event_id FROM gone WHERE event_id = ANY($1)";
    let ended =
        run(pointed(&stage.scene, "check", &[&address]).args(["--received-query", write]).env("PGUSER", "owner"));
    ended.says_on_stderr("read-only transaction");
    stage.check("table=received&column=event_id").ends_with(10).counts("missing", 2);
    assert_eq!(stage.scene.resends(), 0);
}

#[test]
fn a_password_comes_from_many_places_and_is_printed_in_none() {
    let Some(stage) = Stage::new(1) else { return };
    let (port, place) = (stage.server.port(), "table=received&column=event_id");
    let encoded = PASSWORD.replace(' ', "%20");
    let address = stage.address(place);
    let inside = format!("postgres://reader:{encoded}@127.0.0.1:{port}/log?{place}");
    let ended = asked(&stage.scene, "check", &[&inside], &["-v"]).ends_with(10);
    ended.says_on_stderr("others on this machine can see the password").never_says(&encoded).never_says(PASSWORD);
    let file = stage.scene.file(".pgpass", format!("127.0.0.1:{port}:log:reader:{PASSWORD}\n"));
    let ended = asked(&stage.scene, "check", &[&address], &[]).ends_with(2);
    ended.says_on_stderr("chmod 600").never_says(PASSWORD);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
    asked(&stage.scene, "check", &[&address], &["-v"]).ends_with(10).never_says(PASSWORD);
    fs::remove_file(&file).expect("it can be removed");
    let socket = format!("postgres:///log?host={}&port={port}&{place}", stage.server.folder().display());
    let on_socket = run(pointed(&stage.scene, "check", &[&socket]).env("PGUSER", "owner"));
    on_socket.ends_with(10).counts("missing", 1);
    asked(&stage.scene, "check", &[&address], &["-v"]).ends_with(2).says_on_stderr("PGPASSWORD");
    let wrong = inside.replace(&encoded, "sesame-open");
    let ended = asked(&stage.scene, "check", &[&wrong], &["-v"]).ends_with(2).never_says("sesame-open");
    ended.says_on_stderr("password authentication failed").says_on_stderr("hint: check the user");
    assert_eq!(stage.scene.resends(), 0);
}

#[test]
fn only_the_right_authority_and_name_are_trusted() {
    let Some(stage) = Stage::new(1) else { return };
    let authority = stage.server.encrypt_as("localhost").display().to_string();
    // Plain connections are not let in, so whoever comes in came encrypted.
    stage.server.rule("local all owner trust\nhostssl all all all scram-sha-256");
    let place = "table=received&column=event_id&sslmode=verify-full";
    let at = |host: &str| format!("postgres://reader@{host}:{}/log?{place}", stage.server.port());
    let trusted = ["-v", "--ca-file", authority.as_str()];
    stage.ask("check", &at("localhost"), &trusted).ends_with(10).counts("missing", 1);
    let bound = format!("{}&channel_binding=require", at("localhost"));
    stage.ask("check", &bound, &trusted).ends_with(10).counts("missing", 1);
    let plain = at("localhost").replace("verify-full", "disable");
    stage.ask("check", &plain, &trusted).ends_with(2).says_on_stderr("no encryption");
    stage.ask("check", &at("127.0.0.1"), &trusted).ends_with(2).says_on_stderr("certificate");
    stage.ask("check", &at("localhost"), &["-v"]).ends_with(2).says_on_stderr("--ca-file");
    let other = stage.scene.file("other.pem", fs::read(&authority).expect("a file"));
    stage.server.encrypt_as("localhost");
    let other = other.display().to_string();
    stage.ask("check", &at("localhost"), &["--ca-file", &other]).ends_with(2).says_on_stderr("certificate");
}

#[test]
fn a_server_without_encryption_gets_no_password_over_the_network() {
    let Some(stage) = Stage::new(1) else { return };
    let address = stage.address("table=received&column=event_id&sslmode=require");
    stage.ask("check", &address, &[]).ends_with(2).says_on_stderr("does not support TLS");
}

#[test]
fn a_statement_that_takes_too_long_is_stopped_by_the_server() {
    let Some(stage) = Stage::new(2) else { return };
    stage
        .server
        .log_sql("CREATE VIEW slow AS SELECT event_id FROM received, pg_sleep(30); GRANT SELECT ON slow TO reader");
    let ended = stage.check("table=slow&column=event_id&statement_timeout=1").ends_with(11);
    ended.says_on_stderr("longer than 1 s").says_on_stderr("hint: ");
    assert_eq!(stage.scene.requests(), 0);
}

#[test]
fn a_server_that_is_not_there_or_goes_away_makes_nothing_absent() {
    let Some(mut stage) = Stage::new(3) else { return };
    let address = stage.address("table=received&column=event_id");
    // The vendor answers late, so that the server is gone when it is asked the second time.
    stage.scene.fault("slow=3000@list");
    let mut command = pointed(&stage.scene, "reconcile", &[&address]);
    command.args(["--timeout", "20s"]).env("PGPASSWORD", PASSWORD);
    let (stdin, stdout) = (std::process::Stdio::piped(), std::process::Stdio::piped());
    let child = command.stdin(stdin).stdout(stdout).stderr(std::process::Stdio::piped()).spawn();
    while stage.scene.requests() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    stage.server.stop();
    let ended = finish(format!("{command:?}"), child.expect("the program starts"), b"");
    ended.ends_with(11).counts("missing", 0).counts("unknown", 3).reports("log_unreadable");
    assert_eq!(stage.scene.resends(), 0);
    stage.ask("reconcile", &address, &[]).ends_with(11).says_on_stderr("hint: check the host and the port");
    assert_eq!(stage.scene.resends(), 0);
}

#[test]
fn a_query_of_ones_own_gets_an_array() {
    let Some(stage) = Stage::new(3) else { return };
    let address = stage.address("");
    let ask = |query: &str| stage.ask("check", &address, &["--received-query", query]);
    ask("SELECT event_id FROM received WHERE event_id = ANY($1)").ends_with(10).counts("missing", 3);
    let timed = "SELECT event_id, at FROM received WHERE event_id = ANY($1::text[]) UNION ALL SELECT NULL, min(at) FROM received";
    ask(timed).ends_with(10).counts("missing", 3);
    ask("SELECT event_id, at FROM received WHERE event_id = ANY($1) AND at > now()").ends_with(11).says("NULL");
    ask("SELECT event_id FROM received WHERE $1 IS NOT NULL").ends_with(2).says_on_stderr("asked for no id at all");
    ask("SELECT event_id || '!' FROM received WHERE event_id = ANY($1)").says("was not asked for");
    ask("SELECT 1").ends_with(2).says_on_stderr("asked for no id at all");
    let two = "SELECT event_id FROM received WHERE event_id = ANY($1) OR event_id = $2";
    ask(two).ends_with(2).says_on_stderr("one parameter");
    ask("SELECT now() WHERE 'a' = ANY($1)").ends_with(2).says_on_stderr("not understood");
}
