//! A vendor, or whoever answers in its place, that attacks with its answers: their size, their depth,
//! their pace, and the ids and words in them.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use hookmend::sandbox::{EventPlan, Operation};
use serde_json::json;

use super::host::{Home, Host, QUESTIONS, answer};
use super::with_memory;
use crate::scene::{Ended, Scene, hours_ago, outage, run};

/// More than any of these answers needs, and far less than what they would unfold to, in MiB.
const MEMORY: u64 = 384;

/// The program ended by itself and said that it has no answer; a signal leaves no code.
#[track_caller]
fn gave_up(ended: Ended, words: &[&str]) -> Ended {
    assert!(matches!(ended.code, Some(11 | 12)), "{ended}");
    let said = format!("{}{}", ended.stdout, ended.stderr).replace("\n    ", " ").replace('\n', " ");
    // A run tries again until its time is up.
    let is_known = |word: &&str| said.contains(*word);
    assert!(words.iter().chain(&["the deadline passed while"]).any(is_known), "{words:?}: {ended}");
    ended
}

/// Asks every kind of question of this host, within bounds of memory.
#[track_caller]
fn ask_everything(host: &Host, words: &[&str]) {
    ask_patiently(host, words, "1s");
}

#[track_caller]
fn ask_patiently(host: &Host, words: &[&str], patience: &str) {
    let ask = |question: &&'static [&'static str]| {
        let question = *question;
        move || run(&mut with_memory(MEMORY, &Home::new().asking_patiently(&host.base_url(), question, patience)))
    };
    let ended: Vec<Ended> = thread::scope(|scope| {
        let asked: Vec<_> = QUESTIONS.iter().map(|question| scope.spawn(ask(question))).collect();
        asked.into_iter().map(|asked| asked.join().expect("the program was run")).collect()
    });
    for ended in ended {
        gave_up(ended, words);
    }
}

/// Sends the same bytes until nobody listens any more.
fn without_end(stream: &mut TcpStream, begun: &str, bytes: &[u8]) {
    let mut going = stream.write_all(begun.as_bytes()).is_ok();
    while going {
        going = stream.write_all(bytes).is_ok();
    }
}

#[test]
fn a_packed_answer_is_never_asked_for_and_never_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(b"[]").and_then(|()| packed.try_finish()).expect("a vector can be written to");
    let body = packed.finish().expect("a vector can be written to");
    let host = Host::answering(answer("200 OK", "Content-Type: application/json\r\nContent-Encoding: gzip\r\n", &body));
    ask_everything(&host, &["can't be understood", "could not be read", "instead of", "begins with", "not JSON"]);
    for request in host.requests() {
        assert!(!request.to_ascii_lowercase().contains("accept-encoding"), "{request}");
    }
}

#[test]
fn an_answer_that_nests_without_end_is_refused_and_overflows_nothing() {
    let deep = "[".repeat(4 << 20);
    for body in [deep.clone(), format!("[{{\"webhookEventId\":\"a\",\"x\":{deep}"), format!("{{\"a\":{deep}")] {
        let host = Host::answering(answer("200 OK", "", body.as_bytes()));
        ask_everything(&host, &["deeper than", "nests", "instead of"]);
    }
    // The same as the words of a refusal.
    let host = Host::answering(answer("400 Bad Request", "", deep.as_bytes()));
    for question in QUESTIONS {
        let ended = run(&mut with_memory(MEMORY, &Home::new().asking(&host.base_url(), question)));
        assert!(matches!(ended.code, Some(2 | 11 | 12)), "{ended}");
        assert!(ended.stdout.len() + ended.stderr.len() < 10_000, "{ended}");
    }
}

#[test]
fn a_record_a_document_or_a_refusal_without_end_takes_no_memory_to_speak_of() {
    const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    for (begun, bytes) in [
        (format!("{OK}[\""), b"aaaaaaaa".repeat(8192)),
        (format!("{OK}[{{\"webhookEventId\":\""), b"aaaaaaaa".repeat(8192)),
        (format!("{OK}[ "), b" ".repeat(65_536)),
        (format!("{OK}{{\"id\": "), b" ".repeat(65_536)),
        ("HTTP/1.1 500 X\r\nConnection: close\r\n\r\n<title>".to_owned(), b"a".repeat(65_536)),
        (
            format!("{}[{{}}", OK.replace("\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n")),
            b",".repeat(65_536),
        ),
    ] {
        let host = Host::doing(move |_, stream| without_end(stream, &begun, &bytes));
        // Patient enough that only the bounds in bytes end it before the memory does.
        ask_patiently(&host, &["larger than", "longer than", "too l", "500", "broke", "instead of"], "30s");
    }
}

#[test]
fn a_head_without_end_is_given_up() {
    for (begun, bytes) in [
        ("HTTP/1.1 200 OK\r\nX-Long: ", &b"a"[..]),
        ("HTTP/1.1 200 OK\r\n", b"X-Many: a\r\n"),
        ("", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
        ("HTTP/1.1 200 ", b"O"),
    ] {
        let bytes = bytes.repeat(4096);
        let host = Host::doing(move |_, stream| without_end(stream, begun, &bytes));
        ask_everything(&host, &["not HTTP", "no answer within"]);
    }
}

#[test]
fn an_answer_of_a_byte_now_and_then_lasts_no_longer_than_the_time_out() {
    for begun in [
        "",
        "HTTP/1.1 200 OK\r\nX-Slow: ",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[",
        "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[",
        "HTTP/1.1 500 X\r\nContent-Length: 1000000\r\n\r\n",
    ] {
        // A head goes on as a header does, a body as white space does.
        let drop_of = if begun.ends_with("[") { b" " } else { b"a" };
        let host = Host::doing(move |_, stream| {
            let mut going = stream.write_all(begun.as_bytes()).is_ok();
            while going {
                thread::sleep(Duration::from_millis(20));
                going = stream.write_all(drop_of).is_ok();
            }
        });
        // Whoever waits for the end of such an answer waits for ever, and this test fails.
        ask_everything(&host, &["no answer within", "500", "not HTTP"]);
        assert!(host.requests().len() < 60, "{} requests", host.requests().len());
    }
}

#[test]
fn an_id_never_leads_to_another_path_host_or_header() {
    let ids = [
        "../../Webhooks",
        "..%2f..%2fWebhooks",
        "%2e%2e",
        "%2E%2E/%2e%2e/Environment",
        "....//x",
        "a/b",
        "/restapi/V2/api/Webhooks",
        "//evil.example/x",
        "https://evil.example/",
        "a?success=true",
        "a#b",
        "a;b=c",
        "a\\..\\b",
        "a%00b",
        "nul\0inside",
        "a\r\nX-Injected: 1",
        "a HTTP/1.1",
        "\u{ff0e}\u{ff0e}\u{ff0f}x",
        "\u{202e}x",
        "\u{2024}\u{2024}/x",
        "~root",
        "@evil.example",
    ];
    let events = ids.iter().enumerate().map(|(number, id)| {
        EventPlan::missing(*id, hours_ago(40) + chrono::TimeDelta::seconds(i64::try_from(number).expect("few") * 9))
    });
    let scene = Scene::new(outage(0).events(events));
    scene.reconcile(&[]).ends_with(0).counts("recovered", ids.len() as u64);
    // The sandbox knows an id by every one of its bytes.
    scene.assert_everything_arrived_once();
    for id in ids.iter().filter(|id| !id.contains('\0')) {
        run(scene.program().args(["show", id, "--webhook", &scene.webhook(), "--base-url", &scene.sandbox.base_url()]))
            .ends_with(0);
    }
    assert_eq!(scene.sandbox.world().count(Operation::Unknown), 0, "an id led to another path");
    for call in scene.sandbox.world().calls() {
        assert!(call.has_api_key && call.has_subscription_key && !call.has_key_in_query, "{call:?}");
    }
}

#[test]
fn a_webhook_whose_id_would_lead_elsewhere_is_refused_before_it_is_asked_for() {
    for id in ["../../x", "a/b", "..", "%2e%2e", "a?b", "a#b", "a\r\nb: c", "a\0b", ""] {
        let body = json!([{"id": id, "event": "SaleCreated", "url": "https://r.example/"}]).to_string();
        let host = Host::answering(answer("200 OK", "", body.as_bytes()));
        let home = Home::new();
        let words = ["check", "--all-webhooks", "--idempotent", "--since", "1d", "--deadline", "5s"];
        gave_up(run(&mut home.asking(&host.base_url(), &words)), &["webhook 1"]);
        for request in host.requests() {
            assert!(request.starts_with("GET /restapi/V2/api/Webhooks HTTP/1.1\r\n"), "{request}");
        }
    }
}
