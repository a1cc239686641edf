//! A run of the program that something outside ends or disturbs: real signals to the real process, at
//! a moment of a call, at a moment in time, or at a system call.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use crate::scene::{Ended, finish};

/// The longest a process is waited for before the test goes on to kill it.
const LONGEST_WAIT: Duration = Duration::from_secs(95);

/// Sends signals to one process, and to no other: the number of a process that is gone is forgotten
/// before the system may use it again.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    pid: Arc<Mutex<Option<Pid>>>,
    sent: Arc<AtomicUsize>,
}

impl Switch {
    fn pid(&self) -> MutexGuard<'_, Option<Pid>> {
        self.pid.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the program. A signal that is to be sent meanwhile waits until its number is known.
    pub fn start(&self, command: &mut Command) -> Running {
        self.start_saying_to(command, Stdio::piped())
    }

    /// The same, with this for standard error.
    pub fn start_saying_to(&self, command: &mut Command, stderr: impl Into<Stdio>) -> Running {
        let mut pid = self.pid();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(stderr).spawn();
        let child = child.expect("the program starts");
        *pid = Some(Pid::from_child(&child));
        Running { switch: self.clone(), command: format!("{command:?}"), child }
    }

    /// The number of the process while it runs.
    pub fn number(&self) -> Option<i32> {
        self.pid().map(Pid::as_raw_pid)
    }

    /// Sends a signal; returns whether there was still a process to send it to.
    pub fn send(&self, signal: Signal) -> bool {
        let sent = self.pid().is_some_and(|pid| kill_process(pid, signal).is_ok());
        self.sent.fetch_add(usize::from(sent), Ordering::SeqCst);
        sent
    }

    /// Kills the process and returns when it is dead: nothing that follows can have been seen by it.
    pub fn kill(&self) -> bool {
        let mut place = self.pid();
        let Some(pid) = place.take() else { return false };
        // One that ended by itself and was not waited for yet still takes signals.
        let was_alive = !has_ended(pid) && kill_process(pid, Signal::KILL).is_ok();
        // Somebody else may have waited for it already.
        let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        self.sent.fetch_add(usize::from(was_alive), Ordering::SeqCst);
        was_alive
    }

    /// How many signals reached the process.
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

fn has_ended(pid: Pid) -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    !matches!(waitid(WaitId::Pid(pid), options), Ok(None))
}

/// The program under way.
pub struct Running {
    switch: Switch,
    command: String,
    child: Child,
}

impl Running {
    /// Waits until it has ended, by itself or not.
    pub fn ended(self) -> Ended {
        let (pid, begun) = (Pid::from_child(&self.child), Instant::now());
        while !has_ended(pid) && begun.elapsed() < LONGEST_WAIT {
            thread::sleep(Duration::from_millis(3));
        }
        // Forgotten before it is waited for, which is what frees its number.
        *self.switch.pid() = None;
        finish(self.command, self.child, b"")
    }
}

/// Says something that is seen even when the test passes.
pub fn say(text: &str) {
    // Nobody is there to be told when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// What happens to a system call on certain files.
#[derive(Clone, Debug)]
pub struct Injection {
    /// The files. They need not exist yet.
    pub files: Vec<PathBuf>,
    /// The system call.
    pub syscall: &'static str,
    /// What happens, as strace spells it: `error=ENOSPC` or `signal=SIGKILL`.
    pub effect: &'static str,
    /// From which call on, and whether also afterwards, as strace spells it: `3` or `3+`.
    pub when: String,
}

impl Injection {
    /// The command under strace; what was injected is written to `notes`.
    pub fn around(&self, command: &Command, notes: &Path) -> Command {
        let mut traced = Command::new("strace");
        traced.args(["-f", "-q", "-o"]).arg(notes);
        for file in &self.files {
            traced.arg("-P").arg(file);
        }
        traced.arg("-e").arg(format!("trace={}", self.syscall));
        traced.arg("-e").arg(format!("inject={}:{}:when={}", self.syscall, self.effect, self.when));
        traced.arg(command.get_program()).args(command.get_args()).env_clear();
        traced.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                traced.env(name, value);
            }
        }
        if let Some(folder) = command.get_current_dir() {
            traced.current_dir(folder);
        }
        traced
    }

    /// Whether it happened to the run that ended so.
    pub fn happened(&self, notes: &Path, ended: &Ended) -> bool {
        // Whoever kills the program kills its tracer, which then ends the same way.
        let was_killed = self.effect.contains("SIGKILL") && ended.code.is_none();
        was_killed || std::fs::read_to_string(notes).unwrap_or_default().contains("(INJECTED)")
    }
}

/// Whether system calls can be disturbed here; says so when they can't.
pub fn can_trace(test: &str) -> bool {
    let tried = Command::new("strace")
        .args(["-f", "-qqq", "-o", "/dev/null", "-e", "trace=openat", "true"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        say(&format!("SKIPPED {test}: strace is not installed or may not trace (apt-get install strace)"));
    }
    can
}
