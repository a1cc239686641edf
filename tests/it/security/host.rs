//! A host on loopback that says whatever a network can say, and keeps what it was asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tempfile::TempDir;

use crate::scene::bare_program;

/// The keys that the program has in these tests.
pub const API_KEY: &str = "integration-4f0c7d1e-s3cret";
pub const SUBSCRIPTION_KEY: &str = "5ub5cr1pt10n0f7heC0mpany77";

/// It listens until the tests end.
pub struct Host {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// A host that does this with each connection, once the request has been read: its head is the text.
    pub fn doing(act: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (kept, act) = (Arc::clone(&requests), Arc::new(act));
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let (kept, act) = (Arc::clone(&kept), Arc::clone(&act));
                thread::spawn(move || {
                    let Some(head) = read_request(&stream) else { return };
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
                    act(&head, &mut stream);
                });
            }
        });
        Self { address, requests }
    }

    /// A host that answers everything with these bytes and closes the connection.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self::doing(move |_, stream| drop(stream.write_all(&bytes)))
    }

    /// The heads of the requests so far.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address of the vendor's API on this host.
    pub fn base_url(&self) -> String {
        format!("http://{}/restapi/V2", self.address)
    }
}

/// An answer with a body of a known length.
pub fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The head of a request, once its body was read as well.
fn read_request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let begun = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let line = head[begun..].trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(stated) = line.strip_prefix("content-length:") {
            length = stated.trim().parse().ok()?;
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    Some(head)
}

/// The program in a home of its own, with its keys in the environment.
pub struct Home(pub TempDir);

impl Home {
    pub fn new() -> Self {
        Self(TempDir::new().expect("a temporary home"))
    }

    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = bare_program(self.0.path());
        command.env("HOOKMEND_API_KEY", API_KEY).env("HOOKMEND_SUBSCRIPTION_KEY", SUBSCRIPTION_KEY).args(words);
        command
    }

    /// The program asking at this address, patient for a second at most.
    pub fn asking(&self, address: &str, words: &[&str]) -> Command {
        self.asking_patiently(address, words, "1s")
    }

    /// The same, patient for so long.
    pub fn asking_patiently(&self, address: &str, words: &[&str], patience: &str) -> Command {
        let mut command = self.program(words);
        command.args(["--base-url", address, "--timeout", patience]);
        command
    }
}

/// One command of each kind of answer: a listing, one event, the webhooks, the types.
pub const QUESTIONS: [&[&str]; 4] = [
    &["list", "--webhook", "hook-1", "--since", "1d", "--deadline", "2s"],
    &["show", "evt-1", "--webhook", "hook-1"],
    &["webhooks", "list"],
    &["types"],
];
