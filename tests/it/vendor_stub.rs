//! A vendor that always says the same, however hostile, and the program asking it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::Value;

use crate::scene::{Ended, bare_program, run};

/// A vendor that answers every request with the same status and document.
pub fn vendor_that_says(status: u16, answer: &Value) -> String {
    let answer = answer.clone();
    vendor_that_answers(move |_| (status, answer.clone()))
}

/// A vendor that answers a request, given its first line such as `GET /restapi/V2/api/Webhooks HTTP/1.1`.
pub fn vendor_that_answers(answer: impl Fn(&str) -> (u16, Value) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
            let (mut line, mut length) = (String::new(), 0);
            let _ = reader.read_line(&mut line);
            let (status, answer) = answer(&line);
            let body = answer.to_string();
            line.clear();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                if let Some(stated) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = stated.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            let _ = reader.read_exact(&mut vec![0; length]);
            let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
            let _ = write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    format!("http://{address}/restapi/V2")
}

pub fn ask_at(address: &str, words: &[&str]) -> Ended {
    let home = tempfile::TempDir::new().expect("a temporary home");
    let mut command = bare_program(home.path());
    command.env("HOOKMEND_API_KEY", "key-one").env("HOOKMEND_SUBSCRIPTION_KEY", "key-two");
    run(command.args(words).args(["--base-url", address, "--timeout", "2s"]))
}

/// No character that a terminal would act on, the ends of lines aside.
#[track_caller]
pub fn steers_nothing(ended: &Ended) {
    let steers = |character: char| character.is_control() && character != '\n' || character == '\u{202e}';
    assert!(!ended.stdout.contains(steers) && !ended.stderr.contains(steers), "{ended}");
}

/// Characters that a terminal would act on.
pub const STEERING: &str = "\u{1b}[2J\u{1b}]0;gone\u{7}\u{9b}31m\r\u{202e}";
