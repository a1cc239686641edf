//! Runs that nobody watches: the dead man's switch, the metrics, and what cron mails.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::scene::{Ended, Scene, finish, outage, run};
use crate::shell::wait_until;

/// What a switch was told: the path and the text.
type Beats = Arc<Mutex<Vec<(String, String)>>>;

/// The status of a switch that answers the beginning of a run and never its end.
const NEVER: &str = "";

/// A dead man's switch that answers everything with this status.
struct Switch {
    url: String,
    beats: Beats,
}

impl Switch {
    fn answering(status: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/ping/hunter2", listener.local_addr().expect("an address"));
        let beats = Beats::default();
        let noted = Arc::clone(&beats);
        thread::spawn(move || {
            let mut held = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().expect("a stream has two ends"));
                let (mut first, mut length) = (String::new(), 0);
                reader.read_line(&mut first).expect("a request line");
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).expect("a header");
                    assert!(!line.contains("api-key") && !line.contains("ubscription"), "a key: {line}");
                    if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = text.trim().parse().expect("a length");
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("the body");
                let path = first.split(' ').nth(1).expect("a path").to_owned();
                let is_start = path.ends_with("/start");
                noted.lock().expect("not poisoned").push((path, String::from_utf8(body).expect("text")));
                let status = match status {
                    NEVER if is_start => "200 OK",
                    NEVER => {
                        held.push(stream);
                        continue;
                    }
                    status => status,
                };
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).expect("the client listens");
            }
        });
        Self { url, beats }
    }

    fn paths(&self) -> Vec<String> {
        self.beats.lock().expect("not poisoned").iter().map(|(path, _)| path.clone()).collect()
    }

    fn last_text(&self) -> String {
        self.beats.lock().expect("not poisoned").last().expect("a beat").1.clone()
    }
}

fn pinging(scene: &Scene, subcommand: &str, switch: &Switch) -> Command {
    let mut command = scene.pointed(subcommand);
    command.env("HOOKMEND_PING", &switch.url);
    command
}

#[track_caller]
fn says_nothing(ended: &Ended) {
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{ended}");
}

#[test]
fn a_clean_run_pings_its_start_and_its_success_and_says_nothing() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering("200 OK"));
    says_nothing(&run(pinging(&scene, "reconcile", &switch).arg("-q")).ends_with(0));
    assert_eq!(switch.paths(), ["/ping/hunter2/start", "/ping/hunter2"]);
    let text = switch.last_text();
    assert!(text.contains("3 events were missing, all 3 were resent and confirmed"), "{text}");
    assert!(text.contains("3 missing") && text.contains("3 recovered") && !text.contains('\n'), "{text}");
    for key in [scene.sandbox.api_key(), scene.sandbox.subscription_key()] {
        assert!(!text.contains(key), "{text}");
    }
}

#[test]
fn findings_ping_their_code_and_a_dry_run_that_judged_everything_its_success() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering("200 OK"));
    run(&mut pinging(&scene, "check", &switch)).ends_with(10);
    assert_eq!(switch.paths(), ["/ping/hunter2/start", "/ping/hunter2/10"]);
    assert!(switch.last_text().contains("3 events are missing"), "{}", switch.last_text());
    run(pinging(&scene, "reconcile", &switch).arg("--dry-run")).ends_with(0);
    assert_eq!(switch.paths()[2..], ["/ping/hunter2/start", "/ping/hunter2"]);
}

#[test]
fn a_run_that_could_not_begin_pings_its_code_wherever_the_address_was_set() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering("200 OK"));
    run(pinging(&scene, "reconcile", &switch).args(["--received", "no-such-file"])).ends_with(2);
    assert_eq!(switch.paths(), ["/ping/hunter2/2"]);
    assert!(switch.last_text().contains("no-such-file"), "{}", switch.last_text());
    // Even a settings file that can't be read does not hide the flag or the variable,
    scene.file("hookmend.toml", "no-such-key = 1\n");
    run(&mut pinging(&scene, "check", &switch)).ends_with(2);
    run(scene.pointed("check").args(["--ping", &switch.url])).ends_with(2);
    // and a setting that is wrong does not hide the address in the file.
    scene.file("hookmend.toml", format!("ping = \"{}\"\nmin-age = \"never\"\n", switch.url));
    run(&mut scene.pointed("check")).ends_with(2);
    assert_eq!(switch.paths(), ["/ping/hunter2/2"; 4]);
}

#[test]
fn the_address_of_the_switch_is_never_shown() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering("500 Broken"));
    let ended = run(pinging(&scene, "reconcile", &switch).arg("-v")).ends_with(0);
    let ended = ended.says_on_stderr("ping = http://127.0.0.1:").says_on_stderr("warning: could not ping 127.0.0.1:");
    assert!(!ended.stderr.contains("hunter2") && !ended.stdout.contains("hunter2"), "{ended}");
    assert_eq!(switch.paths().len(), 4, "the start and the end, each tried twice");
    let mut command = scene.pointed("check");
    let ended = run(command.env("HOOKMEND_PING", "http://hc.example/hunter2")).ends_with(2);
    assert!(!ended.stderr.contains("hunter2"), "{ended}");
}

#[test]
fn a_quiet_run_tells_that_its_switch_is_deaf_and_ends_as_it_would_have() {
    let (scene, switch) = (Scene::new(outage(0)), Switch::answering("404 Not Found"));
    let ended = run(pinging(&scene, "reconcile", &switch).arg("-q")).ends_with(0);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert!(ended.stderr.contains("404") && ended.stdout.is_empty(), "{ended}");
}

#[test]
fn a_run_that_finds_the_ledger_held_pings_nothing_writes_no_metrics_and_says_who_holds_it() {
    let (scene, switch) = (Scene::new(outage(40)).with_fault("slow=200"), Switch::answering("200 OK"));
    let mut first = scene.pointed("reconcile");
    let child = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    wait_until(|| scene.resends() > 0);
    let mut second = pinging(&scene, "reconcile", &switch);
    let ended = run(second.args(["-q", "--metrics", "a.prom"])).ends_with(75);
    assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    assert!(ended.stderr.contains("another run holds the ledger") && ended.stderr.contains("pid "), "{ended}");
    assert!(ended.stdout.is_empty(), "{ended}");
    assert!(switch.paths().is_empty() && !scene.home().join("a.prom").exists());
    scene.sandbox.clear_faults();
    finish(format!("{first:?}"), child, b"").ends_with(0);
}

#[test]
fn a_run_that_a_signal_stopped_pings_the_code_of_the_signal() {
    let (scene, switch) = (Scene::new(outage(60)).with_fault("slow=100"), Switch::answering("200 OK"));
    let mut command = pinging(&scene, "reconcile", &switch);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    wait_until(|| scene.resends() > 2);
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    finish(format!("{command:?}"), child, b"").ends_with(143);
    assert_eq!(switch.paths(), ["/ping/hunter2/start", "/ping/hunter2/143"]);
}

#[test]
fn a_signal_while_the_end_is_pinged_gives_up_the_ping_and_nothing_else() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering(NEVER));
    let mut command = pinging(&scene, "reconcile", &switch);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    wait_until(|| switch.paths().len() == 2);
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.expect("kill runs").success());
    finish(format!("{command:?}"), child, b"").ends_with(0).says("Nothing left: ");
    assert_eq!(switch.paths(), ["/ping/hunter2/start", "/ping/hunter2"], "not tried again");
}

#[test]
fn a_command_that_fetches_a_key_does_not_get_the_address() {
    let (scene, switch) = (Scene::new(outage(3)), Switch::answering("200 OK"));
    let key = scene.sandbox.api_key();
    let settings = format!("api-key = {{ command = \"printf %s ${{HOOKMEND_PING:-{key}}}\" }}\n");
    scene.file("hookmend.toml", settings);
    let mut command = pinging(&scene, "check", &switch);
    run(command.env_remove("HOOKMEND_API_KEY").env("PATH", "/usr/bin:/bin")).ends_with(10);
}

#[test]
fn metrics_tell_of_the_run_and_everyone_may_read_them() {
    let scene = Scene::new(outage(3));
    let path = scene.home().join("sales.prom");
    let write = |subcommand: &str| {
        let mut command = Command::new("sh");
        // Whatever the umask of the job: the collector is another user.
        command.args(["-c", "umask 077; exec \"$@\"", "sh"]);
        let pointed = scene.pointed(subcommand);
        command.env_clear().current_dir(scene.home()).arg(pointed.get_program()).args(pointed.get_args());
        command.envs(pointed.get_envs().filter_map(|(name, value)| Some((name, value?))));
        run(command.args(["-q", "--metrics", "sales.prom"]))
    };
    write("check").ends_with(10);
    let text = fs::read_to_string(&path).expect("the metrics");
    assert!(text.contains("hookmend_last_run_exit_code{task=\"sales\"} 10\n"), "{text}");
    assert!(text.contains("kind=\"missing\"} 3\n"), "{text}");
    says_nothing(&write("reconcile").ends_with(0));
    let text = fs::read_to_string(&path).expect("the metrics");
    assert!(text.contains("outcome=\"clean\"} 1\n") && text.contains("kind=\"recovered\"} 3\n"), "{text}");
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_run_that_could_not_begin_leaves_metrics_without_events() {
    let scene = Scene::new(outage(3));
    let mut command = scene.pointed("reconcile");
    run(command.args(["--metrics", "a.prom", "--received", "no-such-file"])).ends_with(2);
    let text = fs::read_to_string(scene.home().join("a.prom")).expect("the metrics");
    assert!(text.contains("hookmend_last_run_exit_code{task=\"a\"} 2\n"), "{text}");
    assert!(!text.contains("hookmend_events"), "{text}");
}

#[test]
fn metrics_that_can_not_be_written_are_a_warning() {
    let scene = Scene::new(outage(0));
    for target in ["no/such/folder/a.prom", "/dev/null", "."] {
        let ended = run(scene.pointed("check").args(["-q", "--metrics", target])).ends_with(0);
        assert!(ended.stderr.starts_with("warning: could not write the metrics to "), "{ended}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended}");
    }
}

#[test]
fn what_cron_mails_is_one_paragraph_for_errors_too() {
    let scene = Scene::new(outage(3));
    let ended = run(scene.pointed("check").arg("-q")).ends_with(10);
    assert!(ended.stderr.is_empty() && !ended.stdout.contains("\n\n"), "{ended}");
    let said = ended.stdout.replace('\n', " ");
    for part in ["hookmend check of ", "ended with 10.", "3 events are missing", "Why: ", "Next: "] {
        assert!(said.contains(part), "{part}: {ended}");
    }
    let ended = run(scene.pointed("reconcile").args(["-q", "--received", "no-such-file"])).ends_with(2);
    assert_eq!((ended.stdout.as_str(), ended.stderr.lines().count()), ("", 1), "{ended}");
    let ended = run(scene.pointed("reconcile").arg("-q").env("HOOKMEND_API_KEY", "wrong")).ends_with(13);
    assert!(ended.stderr.is_empty() && !ended.stdout.contains("\n\n"), "{ended}");
    let said = ended.stdout.replace('\n', " ");
    assert!(said.contains("Refused: ") && said.contains("Next: "), "{ended}");
}
