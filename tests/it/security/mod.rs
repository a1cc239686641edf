//! The program among people who mean it harm: one file for each attacker, in the order of the threat
//! model in `src/security.rs`, and one for the keys themselves. Every test fails without the defence
//! that it is about.

mod host;
mod keys;
mod local_user;
mod network;
mod pull_request;
mod receiver;
mod terminal;
mod vendor;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// All files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() && !path.is_symlink() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

/// Whether bytes hold a text.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|part| part == text.as_bytes())
}

/// The command in a shell that first does something, such as setting a limit that the system enforces.
fn after(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{first}; exec \"$0\" \"$@\"")).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().expect("the program runs in its home"));
    shell
}

/// The command with so many MiB for its data, stacks included; one that wants more dies of it.
fn with_memory(mebibytes: u64, command: &Command) -> Command {
    after(&format!("ulimit -d {}", mebibytes * 1024), command)
}
