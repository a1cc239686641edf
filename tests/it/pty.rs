//! The program at a real terminal of its own, made by script(1), and somebody who types there.

use std::io::{BufReader, Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::switch::say;

/// Longer than anything takes here.
const BOUNDED: Duration = Duration::from_secs(30);

/// The command at a terminal of its own, or nothing where there is no way to have one.
pub fn at_a_terminal(command: &Command) -> Option<Command> {
    let works = Command::new("script").args(["-qec", "true", "/dev/null"]).stdin(Stdio::null()).output();
    if !works.is_ok_and(|output| output.status.success()) {
        say("SKIPPED what happens at a terminal: there is no script(1)");
        return None;
    }
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<String> =
        words.map(|word| format!("'{}'", word.to_string_lossy().replace('\'', r"'\''"))).collect();
    let mut script = Command::new("script");
    script.args(["-qefc", &format!("exec {}", quoted.join(" ")), "/dev/null"]).env_clear().env("SHELL", "/bin/sh");
    script.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    script.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    script.current_dir(command.get_current_dir()?);
    Some(script)
}

/// Types each answer once its question is on the screen; returns all that was shown, and the code.
pub fn answered(command: &mut Command, answers: &[(&str, &[u8])]) -> (String, Option<i32>) {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("script starts");
    let (mut keyboard, screen) = (child.stdin.take().expect("a pipe"), child.stdout.take().expect("a pipe"));
    let (send, bytes) = mpsc::channel();
    thread::spawn(move || BufReader::new(screen).bytes().map_while(Result::ok).try_for_each(|byte| send.send(byte)));
    let (mut shown, mut seen, mut answers) = (Vec::new(), 0, answers.iter());
    let mut next = answers.next();
    loop {
        match bytes.recv_timeout(BOUNDED) {
            Ok(byte) => shown.push(byte),
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                child.kill().expect("script can be killed");
                child.wait().expect("script ends");
                panic!("nothing more happened after\n{}", String::from_utf8_lossy(&shown));
            }
        }
        if let Some((question, keys)) = next
            && String::from_utf8_lossy(&shown[seen..]).contains(question)
        {
            keyboard.write_all(keys).expect("keys can be typed");
            seen = shown.len();
            next = answers.next();
        }
    }
    let code = child.wait().expect("script ends").code();
    (String::from_utf8_lossy(&shown).into_owned(), code)
}
