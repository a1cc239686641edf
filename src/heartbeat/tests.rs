//! The pinger against a small server that is made for each test.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;

/// What the switch saw of one request.
struct Seen {
    line: String,
    headers: Vec<String>,
    body: String,
}

/// A server that gives these answers, one for each connection, and then is gone.
fn switch(answers: &'static [&'static str]) -> (String, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, seen) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                match line.trim_end() {
                    "" => break,
                    line => lines.push(line.to_owned()),
                }
            }
            let length =
                lines.iter().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            reader.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            sender.send(Seen { line: lines.remove(0), headers: lines, body }).unwrap();
            if *answer == "silence" {
                // Held open until the client gives up and hangs up.
                let _ = reader.read(&mut [0]);
                continue;
            }
            let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    (format!("http://{address}/ping/secret"), seen)
}

fn pinger(url: &str) -> Pinger {
    let patience = Patience {
        connect: Duration::from_millis(500),
        whole: Duration::from_millis(500),
        pause: Duration::from_millis(1),
    };
    Pinger::new(PingConfig { patience, ..PingConfig::new(PingUrl::parse(url).unwrap()) }).unwrap()
}

#[tokio::test]
async fn a_beat_is_a_post_with_the_text_and_no_key() {
    let (url, seen) = switch(&["200 OK", "200 OK"]);
    let pinger = pinger(&url);
    pinger.send(Beat::Started, "begins").await.unwrap();
    pinger.send(Beat::Ended(ExitCode::Left), "3 events are left – bad").await.unwrap();
    let begun = seen.recv().unwrap();
    assert_eq!((begun.line.as_str(), begun.body.as_str()), ("POST /ping/secret/start HTTP/1.1", "begins"));
    let ended = seen.recv().unwrap();
    assert_eq!(ended.line, "POST /ping/secret/10 HTTP/1.1");
    assert_eq!(ended.body, "3 events are left – bad");
    let names: Vec<_> = ended.headers.iter().filter_map(|header| header.split(':').next()).collect();
    for name in names {
        let known = ["content-type", "user-agent", "accept", "host", "content-length"];
        assert!(known.contains(&name.to_ascii_lowercase().as_str()), "{name}");
    }
}

#[tokio::test]
async fn a_passing_failure_is_tried_once_more() {
    let (url, seen) = switch(&["503 Busy", "200 OK"]);
    pinger(&url).send(Beat::Started, "").await.unwrap();
    assert_eq!(seen.try_iter().count(), 2);
}

#[tokio::test]
async fn two_failures_are_told_with_the_host_and_not_the_path() {
    let (url, seen) = switch(&["500 No", "502 No", "200 OK"]);
    let error = pinger(&url).send(Beat::Started, "").await.unwrap_err();
    assert_eq!(error.reason, "it answers 502 Bad Gateway");
    assert!(error.to_string().starts_with("could not ping 127.0.0.1:"), "{error}");
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
    assert_eq!(seen.try_iter().count(), 2);
}

#[tokio::test]
async fn a_refusal_is_not_repeated_and_a_redirect_not_followed() {
    let (url, seen) = switch(&["404 No", "200 OK"]);
    let error = pinger(&url).send(Beat::Started, "").await.unwrap_err();
    assert!(error.reason.contains("404") && error.reason.contains("check the address"), "{error}");
    assert_eq!(seen.try_iter().count(), 1);
    let (url, seen) = switch(&["302 Found\r\nlocation: http://127.0.0.1:1/elsewhere", "200 OK"]);
    let error = pinger(&url).send(Beat::Started, "").await.unwrap_err();
    assert!(error.reason.contains("redirects are not followed"), "{error}");
    assert_eq!(seen.try_iter().count(), 1);
}

#[tokio::test]
async fn a_switch_that_never_answers_is_given_up() {
    let (url, seen) = switch(&["silence", "silence"]);
    let error = pinger(&url).send(Beat::Ended(ExitCode::Clean), "").await.unwrap_err();
    assert_eq!(error.reason, "it did not answer in time");
    assert_eq!(seen.try_iter().count(), 2);
}

#[tokio::test]
async fn nobody_listening_is_told_without_the_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ping/secret", listener.local_addr().unwrap());
    drop(listener);
    let error = pinger(&url).send(Beat::Started, "").await.unwrap_err();
    assert!(error.reason.starts_with("can't connect: "), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn a_text_that_is_too_long_is_cut_between_characters() {
    let (url, seen) = switch(&["200 OK"]);
    let text = format!("a{}", "é".repeat(LONGEST_BODY));
    pinger(&url).send(Beat::Started, &text).await.unwrap();
    let body = seen.recv().unwrap().body;
    assert_eq!(body.len(), LONGEST_BODY - 1);
    assert!(text.starts_with(&body));
}

#[test]
fn authorities_that_can_not_be_read_are_told_with_the_host() {
    let url = PingUrl::parse("https://hc.example/secret").unwrap();
    let config = PingConfig { extra_roots: Some(b"no certificate".to_vec()), ..PingConfig::new(url) };
    let error = Pinger::new(config).unwrap_err();
    assert_eq!(error.to_string(), "could not ping hc.example: the extra root certificates can't be read");
}
