//! A PostgreSQL server of the test's own: on loopback, in a temporary folder, gone with the test.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer.
const LONGEST_START: Duration = Duration::from_secs(60);
/// The password of the role `reader`.
pub const PASSWORD: &str = "hunter2 of the till";

/// A server that runs until it is dropped.
pub struct Server {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    process: Option<Child>,
}

/// Where a server's programs are, if there are any.
fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&path).collect::<Vec<_>>().into_iter().rev());
    // It makes the certificates.
    Command::new("openssl").arg("version").stdout(Stdio::null()).status().ok()?;
    folders
        .into_iter()
        .rev()
        .find(|folder| ["initdb", "postgres", "psql"].iter().all(|program| folder.join(program).is_file()))
}

/// Says it past the capture of what passing tests print.
fn tell(text: &str) {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    let _ = writeln!(std::io::stderr(), "{name}: {text}");
}

/// The server does not run as root, so root becomes somebody else for it.
fn as_somebody(program: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().expect("id runs");
    if id.stdout.trim_ascii() != b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", user(), "--regid", "nogroup", "--clear-groups"]).arg(program);
    command
}

fn user() -> &'static str {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if passwd.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

#[track_caller]
fn must(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

impl Server {
    /// Starts a server, or says that none can be had.
    pub fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            assert!(
                std::env::var_os("HOOKMEND_TEST_NEEDS_POSTGRES").is_none(),
                "a server was promised, but initdb, postgres, psql or openssl was not found"
            );
            tell("SKIPPED: no PostgreSQL server is installed (initdb, postgres, psql or openssl was not found)");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("pg").tempdir().expect("a folder");
        // Whoever the server runs as must be able to make its data here.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).expect("permissions can be set");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
        let mut server = Self { programs, folder, port, process: None };
        let data = server.data();
        must(
            as_somebody(&server.programs.join("initdb"))
                .args(["--auth=trust", "--username=owner", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"])
                .arg(&data),
        );
        server.run();
        server.sql(&format!("CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; CREATE DATABASE log;"));
        // From here on, whoever is not the owner must know the password.
        server.rule(
            "local all owner trust\nhost all owner all trust\nhost all all all scram-sha-256\n\
                     local all all scram-sha-256",
        );
        Some(server)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder where anything may be put, and where the server's socket is.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Starts the server and waits until it answers.
    pub fn run(&mut self) {
        let settings = [
            format!("port={}", self.port),
            format!("unix_socket_directories={}", self.folder.path().display()),
            "listen_addresses=127.0.0.1".to_owned(),
            "fsync=off".to_owned(),
            "max_connections=40".to_owned(),
        ];
        let mut command = as_somebody(&self.programs.join("postgres"));
        command.arg("-D").arg(self.data());
        settings.iter().for_each(|setting| {
            command.args(["-c", setting]);
        });
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.process = Some(quiet.spawn().expect("the server starts"));
        let begun = Instant::now();
        while !self.psql("postgres", "SELECT 1").output().is_ok_and(|output| output.status.success()) {
            assert!(begun.elapsed() < LONGEST_START, "the server does not answer");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends the server at once, as a machine that goes down.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Killed outright, its children would linger; this is an immediate shutdown.
            let signalled = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
            assert!(signalled.is_ok_and(|status| status.success()), "the server can be stopped");
            process.wait().expect("the server ends");
        }
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "owner", "-h"]).arg(self.folder.path());
        command.args(["-p", &self.port.to_string(), "-d", database, "-c", sql]).stdin(Stdio::null());
        command
    }

    /// Runs statements as the owner of everything, in the database of the log.
    #[track_caller]
    pub fn log_sql(&self, sql: &str) -> String {
        must(&mut self.psql("log", sql))
    }

    #[track_caller]
    fn sql(&self, sql: &str) {
        for statement in sql.split_inclusive(';') {
            must(&mut self.psql("postgres", statement));
        }
    }

    /// Says who may come in.
    #[track_caller]
    pub fn rule(&self, rules: &str) {
        fs::write(self.data().join("pg_hba.conf"), format!("{rules}\n")).expect("the rules can be written");
        self.reload();
    }

    #[track_caller]
    fn reload(&self) {
        must(&mut self.psql("postgres", "SELECT pg_reload_conf()"));
        // The server takes new settings up in its own time; a new connection shows them.
        thread::sleep(Duration::from_millis(300));
    }

    /// Makes an authority, and a certificate of it for this name; returns the authority's file.
    #[track_caller]
    pub fn encrypt_as(&self, name: &str) -> PathBuf {
        let at = |file: &str| self.folder.path().join(file);
        let (authority, key) = (at("ca.pem"), at("ca.key"));
        must(
            Command::new("openssl")
                .args([
                    "req",
                    "-x509",
                    "-newkey",
                    "ec",
                    "-pkeyopt",
                    "ec_paramgen_curve:prime256v1",
                    "-nodes",
                    "-days",
                    "2",
                ])
                .args(["-subj", "/CN=a test authority", "-keyout"])
                .arg(&key)
                .arg("-out")
                .arg(&authority),
        );
        let request = at("server.csr");
        must(
            Command::new("openssl")
                .args(["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj"])
                .arg(format!("/CN={name}"))
                .arg("-keyout")
                .arg(at("server.key"))
                .arg("-out")
                .arg(&request),
        );
        fs::write(at("server.ext"), format!("subjectAltName=DNS:{name}\nbasicConstraints=CA:FALSE\n")).expect("a file");
        must(
            Command::new("openssl")
                .args(["x509", "-req", "-days", "2", "-set_serial", "7", "-in"])
                .arg(&request)
                .arg("-CA")
                .arg(&authority)
                .arg("-CAkey")
                .arg(&key)
                .arg("-extfile")
                .arg(at("server.ext"))
                .arg("-out")
                .arg(at("server.pem")),
        );
        for file in ["server.pem", "server.key"] {
            // Written by whoever the server runs as, because it trusts no key of others.
            let copied = self.data().join(file);
            fs::set_permissions(at(file), fs::Permissions::from_mode(0o644)).expect("permissions can be set");
            must(as_somebody(Path::new("cp")).arg(at(file)).arg(&copied));
            must(as_somebody(Path::new("chmod")).arg("600").arg(&copied));
        }
        for setting in ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'", "ssl = on"] {
            must(&mut self.psql("postgres", &format!("ALTER SYSTEM SET {setting}")));
        }
        self.reload();
        authority
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
