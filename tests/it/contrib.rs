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

/// The script of a YAML block that begins below this line, as a shell gets it.
fn script(text: &str, head: &str) -> String {
    let mut lines = text.lines().skip_while(|line| line.trim() != head).skip(1).peekable();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let depth = lines.peek().map(|line| indent(line)).unwrap_or_else(|| panic!("no {head}"));
    let block = lines.take_while(|line| line.trim().is_empty() || indent(line) >= depth);
    block.map(|line| format!("{}\n", line.get(depth..).unwrap_or_default())).collect()
}

/// A pipeline's folder with a copy of the program to download, and its checksum.
fn pipeline(scene: &Scene) -> (String, String) {
    let program = env!("CARGO_BIN_EXE_hookmend");
    let sum = Command::new("sha256sum").arg(program).output().expect("sha256sum runs");
    let sum = String::from_utf8(sum.stdout).expect("text");
    fs::create_dir_all(scene.home().join("temp")).expect("a folder");
    (format!("file://{program}"), sum.split(' ').next().expect("a checksum").to_owned())
}

fn in_pipeline(scene: &Scene, shell: &str, script: &str, variables: &[(&str, &str)]) -> crate::scene::Ended {
    let mut command = Command::new(shell);
    command.args(["-c", script]).current_dir(scene.home()).env_clear().env("PATH", "/usr/bin:/bin");
    command.env("HOME", scene.home()).envs(variables.iter().copied());
    command.env("HOOKMEND_API_KEY", scene.sandbox.api_key());
    command.env("HOOKMEND_SUBSCRIPTION_KEY", scene.sandbox.subscription_key());
    command.env("HOOKMEND_BASE_URL", scene.sandbox.base_url());
    run(&mut command)
}

#[test]
fn the_action_installs_what_was_built_and_fails_the_job_when_events_are_missing() {
    let scene = Scene::new(outage(3));
    let action = contrib("github/action.yml");
    let (install, check) = action.split_once("- name: Check").expect("two steps");
    let (program, sum) = pipeline(&scene);
    let temp = scene.home().join("temp");
    let temp = temp.to_str().expect("a path");
    let install = script(install, "run: |");
    let wrong = [("RUNNER_TEMP", temp), ("PROGRAM", &program), ("SHA256", &"0".repeat(64))];
    assert_ne!(in_pipeline(&scene, "/bin/bash", &install, &wrong).code, Some(0), "another program than was meant");
    let right = [("RUNNER_TEMP", temp), ("PROGRAM", &program), ("SHA256", &sum)];
    in_pipeline(&scene, "/bin/bash", &install, &right).ends_with(0);
    let variables = |arguments: &'static str| {
        [
            ("RUNNER_TEMP", temp.to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("GITHUB_STEP_SUMMARY", format!("{temp}/summary")),
            ("GITHUB_OUTPUT", format!("{temp}/output")),
            ("REPORT", "hookmend.xml".to_owned()),
            ("ARGUMENTS", format!("--all-webhooks --since 3d --received {} {arguments}", log(&scene))),
        ]
    };
    for (more, code) in [("", 10), ("--max-missing 3", 0)] {
        let variables = variables(more);
        let variables: Vec<(&str, &str)> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        in_pipeline(&scene, "/bin/bash", &script(check, "run: |"), &variables).ends_with(code).says("::");
        let output = fs::read_to_string(format!("{temp}/output")).expect("an output");
        assert!(output.ends_with(&format!("exit-code={code}\n")), "{output}");
    }
    assert!(fs::read_to_string(format!("{temp}/summary")).expect("a summary").contains("3 events are missing"));
    assert!(scene.home().join("hookmend.xml").exists());
    assert_eq!(scene.resends(), 0);
}

#[test]
fn the_gitlab_job_does_the_same() {
    let scene = Scene::new(outage(2));
    let job = contrib("gitlab/hookmend-check.gitlab-ci.yml");
    let (program, sum) = pipeline(&scene);
    for (more, code) in [("", 10), ("--max-missing 2", 0)] {
        let arguments = format!("--all-webhooks --since 3d --received {} {more}", log(&scene));
        let variables = [("CHECK_PROGRAM", program.as_str()), ("CHECK_SHA256", &sum), ("CHECK_ARGUMENTS", &arguments)];
        in_pipeline(&scene, "/bin/sh", &script(&job, "- |"), &variables).ends_with(code);
        assert!(scene.home().join("hookmend.xml").exists() && scene.home().join("hookmend.html").exists());
    }
}
