//! What a run of the program takes: time, the most memory, the most open files.

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How often it is looked at. The greatest memory is kept by the system, so only what is taken in the last
/// moment can be missed.
const GLANCE: Duration = Duration::from_millis(3);

/// What one run took and how it ended.
#[derive(Debug)]
pub struct Taken {
    pub code: Option<i32>,
    pub time: Duration,
    /// The most memory, in MiB.
    pub memory: u64,
    /// The most open files, sockets included.
    pub files: usize,
    /// The document that it printed.
    pub document: Value,
    pub errors: String,
}

/// Runs a command that prints one document, and measures it.
pub fn measured(command: &mut Command) -> Taken {
    let begun = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.expect("the program starts");
    let (output, errors) = (gather(child.stdout.take()), gather(child.stderr.take()));
    let process = format!("/proc/{}", child.id());
    let (mut memory, mut files) = (0, 0);
    let status = loop {
        memory = memory.max(peak(&process).unwrap_or(0));
        files = files.max(fs::read_dir(format!("{process}/fd")).map_or(0, Iterator::count));
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => break status,
            None => thread::sleep(GLANCE),
        }
    };
    let time = begun.elapsed();
    let output = output.join().expect("the reader ends");
    let document = serde_json::from_slice(&output).unwrap_or(Value::Null);
    let errors = String::from_utf8_lossy(&errors.join().expect("the reader ends")).into_owned();
    Taken { code: status.code(), time, memory: memory / 1024, files, document, errors }
}

/// The most memory so far, in KiB; a process that has ended has none.
fn peak(process: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn gather(stream: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a failure is still worth showing.
        let _ = stream.map(|mut stream| stream.read_to_end(&mut bytes));
        bytes
    })
}

impl Taken {
    /// One of the totals.
    #[track_caller]
    pub fn total(&self, name: &str) -> u64 {
        self.document["totals"][name]
            .as_u64()
            .unwrap_or_else(|| panic!("no total {name}: {:?} {}", self.code, self.errors))
    }

    /// The run ended with this code.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        let problems = &self.document["problems"];
        let totals = &self.document["totals"];
        assert_eq!(self.code, Some(code), "after {:?}: {totals} {problems} {}", self.time, self.errors);
        self
    }

    /// One of the totals is this.
    #[track_caller]
    pub fn counts(self, name: &str, expected: u64) -> Self {
        assert_eq!(self.total(name), expected, "{name} of {}", self.document["totals"]);
        self
    }
}
