//! Where a key is to be had, and how it is fetched: a value, a file, a variable or a command.
//!
//! A key is never printed, never put into an error, and never in the environment of a command that
//! fetches another one.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret, SecretString};

use super::environment::Environment;
use super::error::SettingsError;
use super::keys::SecretKey;
use super::layers::Origin;

/// The longest key that is accepted, in bytes.
const LONGEST: u64 = 8 * 1024;
/// How long a command may take to print a key; a person may have to unlock something first.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a running command is looked after.
const GLANCE: Duration = Duration::from_millis(20);

/// Where a key is to be had.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// It stands there.
    Value(SecretString),
    /// In a file of its own.
    File(PathBuf),
    /// In this variable.
    Variable(String),
    /// A command prints it.
    Command(CommandLine),
}

/// A command that prints a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// How it was written.
    pub form: CommandForm,
    /// The folder it runs in: that of the settings file.
    pub directory: PathBuf,
}

/// How a command was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandForm {
    /// One line for the shell.
    Shell(String),
    /// A program and its arguments, run as they stand.
    Program(Vec<String>),
}

/// Fetches keys.
pub struct Vault<'a> {
    /// The environment to look in and to hand on.
    pub environment: &'a Environment,
    /// Variables that hold keys and are hidden from commands.
    pub hidden: Vec<String>,
}

impl Vault<'_> {
    /// Fetches one key.
    ///
    /// # Errors
    /// When its source does not give a usable key.
    pub fn fetch(&self, key: SecretKey, source: &SecretSource, origin: &Origin) -> Result<SecretString, SettingsError> {
        let place = Place { key, origin };
        let raw = match source {
            SecretSource::Value(value) => value.clone(),
            SecretSource::File(path) => read_file(&place, path)?,
            SecretSource::Variable(name) => match self.environment.text(name)? {
                Some(text) => SecretString::from(text),
                None => {
                    let error = place.error(&format!("the variable {name} is not set or is empty"));
                    return Err(error.hint(format!("export {name}, or name another source of the key")));
                }
            },
            SecretSource::Command(line) => {
                self.run(line, PATIENCE).map_err(|failure| failure.into_error(&place, line))?
            }
        };
        place.checked(&raw)
    }

    fn run(&self, line: &CommandLine, patience: Duration) -> Result<SecretString, CommandFailure> {
        let mut command = line.command();
        let mut child = command
            .env_clear()
            .envs(self.environment.without(&self.hidden))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(CommandFailure::NotStarted)?;
        let printed = read_in_background(&mut child);
        let deadline = Instant::now() + patience;
        let status = loop {
            match child.try_wait().map_err(CommandFailure::NotStarted)? {
                Some(status) => break status,
                None if Instant::now() >= deadline => {
                    // It may have ended in this moment; either way it must not be left behind.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(CommandFailure::TimedOut(patience));
                }
                None => std::thread::sleep(GLANCE),
            }
        };
        if !status.success() {
            return Err(CommandFailure::Failed(status.to_string()));
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let bytes = printed.recv_timeout(left).map_err(|_| CommandFailure::TimedOut(patience))?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|_| CommandFailure::NotText)
    }
}

/// Reads what a child prints on a thread, so that a full pipe never blocks it and a grandchild that
/// keeps the pipe open never blocks us.
fn read_in_background(child: &mut Child) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    let stdout = child.stdout.take();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(stdout) = stdout {
            // An unreadable pipe leaves the key empty, which is reported as such.
            let _ = stdout.take(LONGEST + 1).read_to_end(&mut bytes);
        }
        // Nobody listens any more when the time is up.
        let _ = sender.send(bytes);
    });
    receiver
}

impl CommandLine {
    fn command(&self) -> Command {
        let mut command = match &self.form {
            CommandForm::Shell(line) if cfg!(windows) => {
                let mut command = Command::new("cmd");
                command.args(["/C", line]);
                command
            }
            CommandForm::Shell(line) => {
                let mut command = Command::new("sh");
                command.args(["-c", line]);
                command
            }
            CommandForm::Program(words) => {
                let program = words.first().map_or("", String::as_str);
                // A bare name is looked up in PATH; a relative path means the settings file's folder.
                let is_bare = Path::new(program).components().count() == 1 && !program.contains(['/', '\\']);
                let program = if is_bare { PathBuf::from(program) } else { self.directory.join(program) };
                let mut command = Command::new(program);
                command.args(words.iter().skip(1));
                command
            }
        };
        command.current_dir(&self.directory);
        command
    }

    /// The program alone: arguments may hold what nobody should see.
    fn name(&self) -> &str {
        let line = match &self.form {
            CommandForm::Shell(line) => line.split_whitespace().next(),
            CommandForm::Program(words) => words.first().map(String::as_str),
        };
        line.unwrap_or_default()
    }
}

enum CommandFailure {
    NotStarted(std::io::Error),
    TimedOut(Duration),
    Failed(String),
    NotText,
}

impl CommandFailure {
    fn into_error(self, place: &Place<'_>, line: &CommandLine) -> SettingsError {
        let name = line.name();
        match self {
            Self::NotStarted(cause) => place
                .error(&format!("can't run the command {name:?}"))
                .caused_by(cause)
                .hint("check its name, or write its whole path: the PATH of cron is short"),
            Self::TimedOut(patience) => place
                .error(&format!("the command {name:?} did not finish within {} s", patience.as_secs()))
                .hint("it must print the key without waiting for anybody"),
            Self::Failed(status) => place
                .error(&format!("the command {name:?} failed ({status})"))
                .hint("run it by hand in the folder of the settings file to see why"),
            Self::NotText => place
                .error(&format!("the command {name:?} printed something that is not text"))
                .hint("it must print the key and nothing else"),
        }
    }
}

/// Which key an error is about, and where it was set.
struct Place<'a> {
    key: SecretKey,
    origin: &'a Origin,
}

impl Place<'_> {
    fn error(&self, message: &str) -> SettingsError {
        match self.origin {
            Origin::Variable(name) => SettingsError::new(format!("{name}: {message}")),
            origin => SettingsError::new(format!("{origin}: {}: {message}", self.key.name())),
        }
    }

    /// Trims a key and refuses what can't travel in a header.
    fn checked(&self, raw: &SecretString) -> Result<SecretString, SettingsError> {
        let text = raw.expose_secret().trim();
        if text.is_empty() {
            return Err(self.error("the key is empty").hint("its source must give the key and nothing else"));
        }
        if text.len() as u64 > LONGEST {
            return Err(self
                .error(&format!("the key is longer than {LONGEST} bytes"))
                .hint("is this the right source?"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(self
                .error("the key holds spaces, line breaks or other characters that no key has")
                .hint("copy the key alone, without its name and without quotes"));
        }
        Ok(SecretString::from(text))
    }
}

fn read_file(place: &Place<'_>, path: &Path) -> Result<SecretString, SettingsError> {
    let can_not_read = |cause| {
        let error = place.error(&format!("can't read the key from {}", path.display())).caused_by(cause);
        error.hint("check the path, which is relative to the settings file, and its permissions")
    };
    let mut text = String::new();
    File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text)).map_err(can_not_read)?;
    Ok(SecretString::from(text))
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn origin() -> Origin {
        Origin::File { path: Path::new("hookmend.toml").into(), line: 3 }
    }

    fn environment() -> Environment {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut variables: Vec<(OsString, OsString)> = vec![("PATH".into(), path)];
        for (name, value) in [("HOOKMEND_API_KEY", "api-1"), ("VENDOR_KEY", "sub-2"), ("PLAIN", "seen")] {
            variables.push((name.into(), value.into()));
        }
        Environment::new(variables)
    }

    fn fetch(source: &SecretSource) -> Result<String, SettingsError> {
        let environment = environment();
        let vault =
            Vault { environment: &environment, hidden: vec!["HOOKMEND_API_KEY".to_owned(), "VENDOR_KEY".to_owned()] };
        let key = vault.fetch(SecretKey::SubscriptionKey, source, &origin())?;
        Ok(key.expose_secret().to_owned())
    }

    fn shell(line: &str) -> SecretSource {
        let directory = std::env::temp_dir();
        SecretSource::Command(CommandLine { form: CommandForm::Shell(line.to_owned()), directory })
    }

    fn program(words: &[&str]) -> SecretSource {
        let form = CommandForm::Program(words.iter().map(|word| (*word).to_owned()).collect());
        SecretSource::Command(CommandLine { form, directory: std::env::temp_dir() })
    }

    #[test]
    fn a_key_comes_from_a_file_a_variable_and_a_command() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-file\n").unwrap();
        assert_eq!(fetch(&SecretSource::File(file.path().to_owned())).unwrap(), "from-file");
        assert_eq!(fetch(&SecretSource::Variable("VENDOR_KEY".to_owned())).unwrap(), "sub-2");
        assert_eq!(fetch(&shell("printf ' from-shell \\n'")).unwrap(), "from-shell");
        assert_eq!(fetch(&program(&["printf", "a$b"])).unwrap(), "a$b", "no shell touches the words");
    }

    #[test]
    fn a_command_does_not_see_other_keys() {
        assert_eq!(fetch(&shell("echo \"x${HOOKMEND_API_KEY}${VENDOR_KEY}${PLAIN}\"")).unwrap(), "xseen");
    }

    #[test]
    fn a_command_that_fails_or_prints_nothing_is_an_error() {
        assert!(fetch(&shell("exit 3")).unwrap_err().message.contains("failed (exit status: 3)"));
        assert!(fetch(&shell("true")).unwrap_err().message.contains("the key is empty"));
        let missing = fetch(&program(&["hookmend-no-such-program"])).unwrap_err();
        assert!(missing.message.contains("can't run the command"), "{missing}");
        assert!(missing.source.is_some());
    }

    #[test]
    fn a_command_that_never_ends_is_ended() {
        let environment = environment();
        let vault = Vault { environment: &environment, hidden: Vec::new() };
        let SecretSource::Command(line) = program(&["sleep", "600"]) else { unreachable!() };
        let ended = vault.run(&line, Duration::from_millis(50));
        assert!(matches!(ended, Err(CommandFailure::TimedOut(_))));
    }

    #[test]
    fn a_command_that_prints_without_end_is_cut_and_refused() {
        let error = fetch(&shell("head -c 100000 /dev/zero | tr '\\0' x; exit 0")).unwrap_err();
        assert!(error.message.contains("longer than") || error.message.contains("failed"), "{error}");
    }

    #[test]
    fn what_no_header_can_carry_is_refused_without_being_repeated() {
        for value in ["two words", "line\nbreak", "caf\u{e9}-key", "\u{1b}[31mred"] {
            let error = fetch(&SecretSource::Value(SecretString::from(value))).unwrap_err();
            assert!(!format!("{error:?}").contains(value), "{error:?}");
            assert!(error.message.starts_with("hookmend.toml:3: subscription-key: "), "{error}");
        }
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        let error = fetch(&SecretSource::Variable("NOT_THERE".to_owned())).unwrap_err();
        assert!(error.message.contains("NOT_THERE"), "{error}");
        let error = fetch(&SecretSource::File(PathBuf::from("/no/such/key"))).unwrap_err();
        assert!(error.message.contains("/no/such/key"), "{error}");
    }
}
