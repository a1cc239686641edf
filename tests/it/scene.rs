//! One test's world: a sandbox, a home of its own, and the real program run against it.
//!
//! Nothing of the machine's environment reaches the program. When an assertion on an [`Ended`] fails,
//! it prints the command, the status and everything that was written.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use hookmend::sandbox::{EventPlan, FaultRule, Operation, Sandbox, WorldPlan};
use serde_json::Value;
use tempfile::TempDir;

/// No run in these tests may last longer; one that does is killed and fails its test.
const LONGEST_RUN: Duration = Duration::from_secs(100);

/// A sandbox with a home for the program.
pub struct Scene {
    pub sandbox: Sandbox,
    home: TempDir,
}

/// The instant so many hours ago.
pub fn hours_ago(hours: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::hours(hours)
}

/// Three days with thirty delivered events, and so many that went missing in an outage two days ago.
pub fn outage(missing: usize) -> WorldPlan {
    let delivered = (0..30).map(|number| EventPlan::delivered(format!("ok-{number}"), hours_ago(2 + number * 2)));
    let lost = (0..missing).map(|number| {
        let at = hours_ago(47) + TimeDelta::seconds(i64::try_from(number).expect("a small number") * 7);
        EventPlan::missing(format!("lost-{number}"), at)
    });
    WorldPlan::new(7).events(delivered).events(lost)
}

impl Scene {
    pub fn new(plan: WorldPlan) -> Self {
        let sandbox = Sandbox::start(plan).expect("the sandbox starts on loopback");
        Self { sandbox, home: TempDir::new().expect("a temporary home") }
    }

    /// The scene with a fault switched on.
    pub fn with_fault(self, fault: &str) -> Self {
        self.fault(fault);
        self
    }

    pub fn fault(&self, fault: &str) {
        self.sandbox.set_fault(fault.parse::<FaultRule>().unwrap_or_else(|error| panic!("{fault}: {error}")));
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file into the home and returns its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        fs::write(&path, content).expect("the home is writable");
        // Whatever the umask of whoever runs the tests: a file that others can write is not trusted.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("permissions can be set");
        path
    }

    pub fn webhook(&self) -> String {
        self.sandbox.webhooks()[0].id.clone()
    }

    /// The program with the keys in its environment and nothing else.
    pub fn program(&self) -> Command {
        let mut command = bare_program(self.home());
        command
            .env("HOOKMEND_API_KEY", self.sandbox.api_key())
            .env("HOOKMEND_SUBSCRIPTION_KEY", self.sandbox.subscription_key());
        command
    }

    /// The program pointed at this sandbox, its webhook and its log, with a short settling time.
    pub fn pointed(&self, subcommand: &str) -> Command {
        self.pointed_at(subcommand, &self.sandbox.base_url())
    }

    /// The same, but pointed at another address.
    pub fn pointed_at(&self, subcommand: &str, address: &str) -> Command {
        let mut command = self.program();
        command
            .arg(subcommand)
            .args(["--base-url", address])
            .args(["--webhook", &self.webhook()])
            .args(["--since", "3d", "--settle", "2s", "--timeout", "3s"])
            .arg("--received")
            .arg(self.sandbox.received_log());
        command
    }

    pub fn reconcile(&self, arguments: &[&str]) -> Ended {
        run(self.pointed("reconcile").args(["--format", "json"]).args(arguments))
    }

    pub fn check(&self, arguments: &[&str]) -> Ended {
        run(self.pointed("check").args(["--format", "json"]).args(arguments))
    }

    /// Everything arrived, and nothing twice.
    #[track_caller]
    pub fn assert_everything_arrived_once(&self) {
        let world = self.sandbox.world();
        assert_eq!(world.not_held(), Vec::<String>::new(), "still not received");
        self.assert_no_duplicates();
    }

    #[track_caller]
    pub fn assert_no_duplicates(&self) {
        assert_eq!(self.sandbox.world().duplicates(), Vec::<String>::new(), "received twice");
    }

    pub fn resends(&self) -> usize {
        self.sandbox.world().count(Operation::Resend)
    }

    pub fn requests(&self) -> usize {
        self.sandbox.world().calls().len()
    }
}

/// The program with an empty environment and this home.
pub fn bare_program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookmend"));
    command.env_clear().env("HOME", home).env("TZ", "UTC").current_dir(home);
    command
}

/// How a run of the program ended.
pub struct Ended {
    command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs a command to its end, without standard input.
pub fn run(command: &mut Command) -> Ended {
    run_with_input(command, b"")
}

/// Runs a command to its end with this standard input.
pub fn run_with_input(command: &mut Command, input: &[u8]) -> Ended {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    finish(format!("{command:?}"), child.expect("the program starts"), input)
}

/// Waits for a running program and gathers what it wrote.
pub fn finish(command: String, mut child: Child, input: &[u8]) -> Ended {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input may have closed it.
        let _ = stdin.write_all(input);
    }
    let stdout = gather(child.stdout.take());
    let stderr = gather(child.stderr.take());
    let begun = Instant::now();
    let status = loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => break Some(status),
            None if begun.elapsed() > LONGEST_RUN => {
                child.kill().expect("the child can be killed");
                child.wait().expect("the child can be waited for");
                break None;
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("the reader ends")).into_owned()
    };
    Ended { command, code: status.and_then(|status| status.code()), stdout: text(stdout), stderr: text(stderr) }
}

fn gather(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // What was read before a failure is still worth showing.
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

impl fmt::Display for Ended {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(formatter, "$ {command}\nended with {code:?}\n-- stdout\n{stdout}\n-- stderr\n{stderr}")
    }
}

impl Ended {
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The document on standard output.
    #[track_caller]
    pub fn document(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// One of the totals.
    #[track_caller]
    pub fn total(&self, name: &str) -> u64 {
        let document = self.document();
        document["totals"][name].as_u64().unwrap_or_else(|| panic!("no total {name}\n{self}"))
    }

    #[track_caller]
    pub fn counts(self, name: &str, expected: u64) -> Self {
        assert_eq!(self.total(name), expected, "{name}\n{self}");
        self
    }

    /// A problem of this kind is reported.
    #[track_caller]
    pub fn reports(self, kind: &str) -> Self {
        let document = self.document();
        let problems = document["problems"].as_array().expect("an array of problems");
        assert!(problems.iter().any(|problem| problem["kind"] == kind), "no problem {kind}\n{self}");
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stdout.contains(text) || self.stderr.contains(text), "nowhere: {text}\n{self}");
        self
    }

    #[track_caller]
    pub fn says_on_stderr(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "not on stderr: {text}\n{self}");
        self
    }

    /// Neither stream holds the text.
    #[track_caller]
    pub fn never_says(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text) && !self.stderr.contains(text), "somewhere: {text}\n{self}");
        self
    }
}
