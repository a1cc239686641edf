//! The real `hookmend sandbox` with a small receiver beside it, and an HTTP client that knows nothing.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::scene::{Ended, bare_program, run};

/// Nothing here may take longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// A request that the receiver got.
#[derive(Clone, Debug)]
pub struct Got {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// What the receiver does with a request.
#[derive(Clone, Debug)]
pub enum Does {
    /// Answers with this status line and these headers.
    Answers(&'static str),
    /// Takes so long that any patience is over, then answers 200.
    Dawdles(Duration),
    /// Closes the connection.
    HangsUp,
}

/// A receiver that takes down everything it gets, and logs the ids of what it let in.
pub struct Receiver {
    pub address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    /// Starts one at a free port; it decides by the id and by how often it came.
    pub fn start(log: PathBuf, does: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").expect("a port"), log, does)
    }

    pub fn at(listener: TcpListener, log: PathBuf, does: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> Self {
        let address = listener.local_addr().expect("an address");
        let got = Arc::new(Mutex::new(Vec::new()));
        let (notes, does) = (Arc::clone(&got), Arc::new(does));
        let log = Arc::new(Mutex::new(File::options().create(true).append(true).open(log).expect("a log")));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (notes, does, log) = (Arc::clone(&notes), Arc::clone(&does), Arc::clone(&log));
                thread::spawn(move || serve(stream, &notes, &*does, &log));
            }
        });
        Self { address, got }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook?token=t", self.address)
    }

    pub fn got(&self) -> Vec<Got> {
        self.got.lock().expect("the notes").clone()
    }
}

fn serve(mut stream: TcpStream, notes: &Mutex<Vec<Got>>, does: &dyn Fn(&str, usize) -> Does, log: &Mutex<File>) {
    let Some(got) = read_request(&stream) else { return };
    let id = got.header("x-event-id").unwrap_or_default().to_owned();
    let times = {
        let mut notes = notes.lock().expect("the notes");
        notes.push(got);
        notes.iter().filter(|got| got.header("x-event-id") == Some(&id)).count()
    };
    let status = match does(&id, times) {
        Does::Answers(status) => status,
        Does::Dawdles(_) => "200 OK",
        Does::HangsUp => return,
    };
    if status.starts_with('2') {
        writeln!(log.lock().expect("the log"), "{id}").expect("the log is writable");
    }
    if let Does::Dawdles(wait) = does(&id, times) {
        thread::sleep(wait);
    }
    // The vendor may have lost its patience.
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
}

fn read_request(stream: &TcpStream) -> Option<Got> {
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let headers: Vec<(String, String)> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_owned(), v.to_owned()))
        .collect();
    let mut got = Got { line: lines.first()?.clone(), headers, body: Vec::new() };
    let length: usize = got.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    got.body = vec![0; length];
    reader.read_exact(&mut got.body).ok()?;
    Some(got)
}

/// A folder, and in it the running sandbox.
pub struct Stage {
    pub home: TempDir,
    sandbox: Option<Child>,
    pub ready: Value,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(sandbox) = &mut self.sandbox {
            // It may have ended by itself.
            let _ = sandbox.kill();
            let _ = sandbox.wait();
        }
    }
}

impl Stage {
    pub fn new() -> Self {
        Self { home: TempDir::new().expect("a home"), sandbox: None, ready: Value::Null }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn log(&self) -> PathBuf {
        self.path("received.txt")
    }

    pub fn scenario(&self, text: &str) {
        fs::write(self.path("outage.toml"), text).expect("the home is writable");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare_program(self.home.path());
        command.arg("sandbox").args(arguments);
        command
    }

    /// Runs a sandbox that does not start.
    pub fn refused(&self, arguments: &[&str]) -> Ended {
        run(&mut self.command(arguments)).ends_with(2)
    }

    /// Starts the sandbox and waits until it is ready.
    pub fn open(mut self, arguments: &[&str]) -> Self {
        let ready = self.path("ready.json");
        let errors = File::create(self.path("stderr.txt")).expect("a file");
        let mut command = self.command(arguments);
        command.args(["--ready-file", "ready.json"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors);
        self.sandbox = Some(command.spawn().expect("the program starts"));
        let begun = Instant::now();
        while !ready.exists() {
            let child = self.sandbox.as_mut().expect("a child");
            let ended = child.try_wait().expect("the child can be asked");
            let said = || fs::read_to_string(self.home.path().join("stderr.txt")).unwrap_or_default();
            assert!(ended.is_none() && begun.elapsed() < LONGEST_WAIT, "not ready: {}", said());
            thread::sleep(Duration::from_millis(5));
        }
        self.ready = serde_json::from_slice(&fs::read(ready).expect("the ready file")).expect("JSON");
        self
    }

    pub fn field(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.ready))
    }

    /// Runs reconcile against the sandbox with the receiver's own log.
    pub fn reconcile(&self, more: &[&str]) -> Ended {
        let mut command = bare_program(self.home.path());
        command
            .env("HOOKMEND_API_KEY", self.field("api_key"))
            .env("HOOKMEND_SUBSCRIPTION_KEY", self.field("subscription_key"))
            .args(["reconcile", "--base-url", self.field("base_url"), "--all-webhooks", "--since", "1d"])
            .args(["--settle", "1s", "--timeout", "10s", "--format", "json", "--received"])
            .arg(self.log())
            .args(more);
        run(&mut command)
    }

    /// The ids that the receiver let in, in order of the ids.
    pub fn received(&self) -> Vec<String> {
        let text = fs::read_to_string(self.log()).expect("the log");
        let mut ids: Vec<String> = text.lines().map(str::to_owned).collect();
        ids.sort_unstable();
        ids
    }

    pub fn get(&self, path: &str) -> Value {
        self.succeeds("GET", path, "")
    }

    pub fn post(&self, path: &str, body: &str) -> Value {
        self.succeeds("POST", path, body)
    }

    #[track_caller]
    fn succeeds(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, answer) = self.control(method, path, &[], body.as_bytes());
        assert_eq!(status, 200, "{method} {path}: {answer}");
        answer
    }

    /// A request to the control API.
    pub fn control(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
        http(method, &format!("{}{path}", self.field("control_url")), headers, body)
    }

    /// A request to the vendor's API, with the keys.
    pub fn vendor(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let keys =
            [("Ocp-Apim-Subscription-Key", self.field("subscription_key")), ("x-api-key", self.field("api_key"))];
        http(method, &format!("{}{path}", self.field("base_url")), &keys, body.as_bytes())
    }
}

fn http(method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
    let (authority, path) = url.strip_prefix("http://").and_then(|rest| rest.split_once('/')).expect("a URL");
    let mut request = format!("{method} /{path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        request.push_str(&format!("Host: {authority}\r\n"));
    }
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut stream = TcpStream::connect(authority).expect("somebody listens");
    stream.write_all(request.as_bytes()).expect("the head is sent");
    // Who refuses a body may not read all of it.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) =
        answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer to {method} {url}: {answer:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        dechunked(body)
    } else {
        body.to_owned()
    };
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

fn dechunked(mut rest: &str) -> String {
    let mut whole = String::new();
    while let Some((length, behind)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a length");
        whole.push_str(&behind[..length]);
        rest = behind[length..].trim_start_matches("\r\n");
        if length == 0 {
            break;
        }
    }
    whole
}
