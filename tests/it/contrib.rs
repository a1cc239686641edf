//! The files under `contrib/` against the real program: every command line and every settings file in
//! them is carried out on the sandbox, so that they can't rot.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::scene::{Scene, bare_program, outage, run};

const LOG: &str = "/var/log/receiver/received*.jsonl";

fn contrib(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text with a part that must be there replaced.
#[track_caller]
fn with(text: &str, part: &str, other: &str) -> String {
    assert!(text.contains(part), "{part} is gone from {text}");
    text.replace(part, other)
}

fn log(scene: &Scene) -> String {
    scene.sandbox.received_log().display().to_string()
}

/// What stands below a line until the indentation ends, without it.
fn block<'a>(text: &'a str, head: &str) -> Vec<&'a str> {
    let mut lines = text.lines().skip_while(|line| line.trim() != head);
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = indent(lines.next().unwrap_or_else(|| panic!("no {head}")));
    lines.take_while(|line| indent(line) > depth).map(str::trim).collect()
}

#[test]
fn the_crontab_line_runs_in_a_plain_shell() {
    let scene = Scene::new(outage(3));
    let crontab = contrib("crontab");
    let jobs: Vec<&str> = crontab.lines().filter(|line| line.starts_with('*')).collect();
    let [job] = jobs.as_slice() else { panic!("one job: {jobs:?}") };
    // Five fields, then the command, of which cron would end the line at a percent sign.
    let command = job.splitn(6, ' ').nth(5).expect("a command").trim_start();
    assert!(!command.contains('%'), "{command}");
    let folder = scene.home().join(".config/hookmend");
    fs::create_dir_all(&folder).expect("the folder can be made");
    let (api, subscription) = (scene.sandbox.api_key(), scene.sandbox.subscription_key());
    let env = format!(
        "HOOKMEND_API_KEY={api}\nHOOKMEND_SUBSCRIPTION_KEY={subscription}\nHOOKMEND_BASE_URL={}\n",
        scene.sandbox.base_url()
    );
    fs::write(folder.join("env"), env).expect("the file can be written");
    let programs = scene.home().join("bin");
    fs::create_dir(&programs).expect("the folder can be made");
    symlink(env!("CARGO_BIN_EXE_hookmend"), programs.join("hookmend")).expect("a link can be made");
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", &with(command, LOG, &log(&scene))]).current_dir(scene.home()).env_clear();
    shell.env("HOME", scene.home()).env("PATH", format!("{}:/usr/bin:/bin", programs.display()));
    let ended = run(&mut shell).ends_with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{ended}");
    scene.assert_everything_arrived_once();
}

#[test]
fn the_service_runs_with_the_settings_beside_it() {
    let scene = Scene::new(outage(3));
    let service = contrib("systemd/hookmend.service").replace("\\\n", " ");
    let line = service.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a command");
    let settings = contrib("systemd/hookmend.toml");
    let settings = with(&settings, LOG, &log(&scene));
    let credentials = "/run/credentials/hookmend.service";
    let settings = with(&settings, credentials, &scene.home().display().to_string());
    for (name, key) in [("api-key", scene.sandbox.api_key()), ("subscription-key", scene.sandbox.subscription_key())] {
        assert!(service.contains(&format!("\nLoadCredential={name}:")), "no credential {name}");
        scene.file(name, format!("{key}\n"));
    }
    let config = scene.file("config.toml", settings).display().to_string();
    fs::create_dir_all(scene.home().join("hookmend")).expect("the folder can be made");
    let line = with(line, "/etc/hookmend/config.toml", &config);
    let line = with(&line, "%S", &scene.home().display().to_string());
    let line = with(&line, "%t", &scene.home().display().to_string());
    let mut words = line.split_whitespace();
    assert_eq!(words.next(), Some("/usr/local/bin/hookmend"));
    let mut command = bare_program(scene.home());
    let ended = run(command.args(words).env("HOOKMEND_BASE_URL", scene.sandbox.base_url())).ends_with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{ended}");
    assert!(scene.home().join("hookmend/ledger.sqlite").exists());
    let metrics = fs::read_to_string(scene.home().join("hookmend/hookmend.prom")).expect("the metrics");
    assert!(metrics.contains("{task=\"hookmend\",outcome=\"clean\"} 1"), "{metrics}");
    scene.assert_everything_arrived_once();
}

#[test]
fn the_cron_job_runs_with_its_settings_and_its_variables() {
    let scene = Scene::new(outage(3));
    let manifest = contrib("kubernetes/cronjob.yaml");
    let settings = block(&manifest, "hookmend.toml: |").join("\n");
    let settings = with(&settings, LOG, &log(&scene));
    let ledger = scene.home().join("kept/ledger.sqlite");
    let settings = with(&settings, "/var/lib/hookmend/ledger.sqlite", &ledger.display().to_string());
    let config = scene.file("from-the-map.toml", settings).display().to_string();
    let words = block(&manifest, "args:");
    let words = words.iter().map(|word| word.strip_prefix("- ").expect("an item").to_owned());
    let words = words.map(|word| word.replace("/etc/hookmend/hookmend.toml", &config));
    let variables: Vec<&str> =
        manifest.lines().filter_map(|line| line.trim().strip_prefix("- name: HOOKMEND_")).collect();
    assert_eq!(variables, ["API_KEY", "SUBSCRIPTION_KEY", "PING"]);
    let mut command = scene.program();
    let ended = run(command.args(words).env("HOOKMEND_BASE_URL", scene.sandbox.base_url())).ends_with(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""), "{ended}");
    assert!(ledger.exists());
    scene.assert_everything_arrived_once();
}
