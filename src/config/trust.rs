//! Which settings files are used at all. A settings file names the address that keys are sent to and
//! commands that are run to get them, so whoever can write it can do both in the user's name. And one
//! that holds a key is read by nobody else.

use std::fs::Metadata;
use std::path::Path;

use super::error::SettingsError;

/// How a settings file was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Somebody named it, and so chose to use it whoever owns it.
    Named,
    /// It lies where hookmend looks by itself.
    Usual,
}

/// What a settings file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// A key as a value.
    Key,
    /// No more than settings.
    Settings,
}

/// Refuses a file that others can write, that somebody else laid where hookmend looks, or that holds
/// a key and is open to others.
///
/// # Errors
/// When the file can't be trusted, with what to do about it.
#[cfg(unix)]
pub(super) fn check(path: &Path, metadata: &Metadata, found: Found, content: Content) -> Result<(), SettingsError> {
    use std::os::unix::fs::MetadataExt;
    // A pipe or a device was handed over on purpose, and its mode says nothing.
    if !metadata.is_file() {
        return Ok(());
    }
    let user = rustix::process::geteuid().as_raw();
    match distrust(metadata.mode() & 0o777, metadata.uid(), user, found, content) {
        None => Ok(()),
        Some(distrust) => Err(distrust.into_error(path)),
    }
}

/// Everything is trusted where files have no mode.
#[cfg(not(unix))]
pub(super) fn check(_: &Path, _: &Metadata, _: Found, _: Content) -> Result<(), SettingsError> {
    Ok(())
}

/// Why a file is not trusted.
#[cfg(unix)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distrust {
    Open { mode: u32 },
    Writable { mode: u32 },
    Foreign { owner: u32 },
}

#[cfg(unix)]
fn distrust(mode: u32, owner: u32, user: u32, found: Found, content: Content) -> Option<Distrust> {
    // What belongs to root is part of the machine.
    let is_foreign = owner != user && owner != 0;
    match (content, found) {
        (_, Found::Usual) if is_foreign => Some(Distrust::Foreign { owner }),
        (Content::Key, _) if mode & 0o077 != 0 => Some(Distrust::Open { mode }),
        (Content::Settings, _) if mode & 0o022 != 0 => Some(Distrust::Writable { mode }),
        (Content::Key | Content::Settings, Found::Named | Found::Usual) => None,
    }
}

#[cfg(unix)]
impl Distrust {
    fn into_error(self, path: &Path) -> SettingsError {
        let (shown, word) = (path.display(), shell_word(path));
        match self {
            Self::Open { mode } => {
                SettingsError::new(format!("{shown} holds a key and is open to others (mode {mode:04o})"))
                    .hint(format!("run: chmod 600 {word}"))
            }
            Self::Writable { mode } => SettingsError::new(format!(
                "{shown} can be written by others (mode {mode:04o}), who could send your keys elsewhere with it"
            ))
            .hint(format!("run: chmod go-w {word}")),
            Self::Foreign { owner } => SettingsError::new(format!(
                "{shown} belongs to another user (uid {owner}), who could send your keys elsewhere with it"
            ))
            .hint(format!("if you trust it, say so with --config {word}; if not, run hookmend in another folder")),
        }
    }
}

/// A path as one word of a shell command.
#[cfg(unix)]
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%".contains(&byte);
    // A leading dash would be taken for an option.
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    if text.bytes().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const USER: u32 = 1000;
    const OTHER: u32 = 1001;

    #[test]
    fn the_owner_and_the_mode_decide_on_trust() {
        use Content::{Key, Settings};
        use Found::{Named, Usual};
        let table = [
            ((0o644, USER, Usual, Settings), None),
            ((0o644, 0, Usual, Settings), None),
            ((0o600, USER, Usual, Key), None),
            ((0o640, USER, Usual, Key), Some(Distrust::Open { mode: 0o640 })),
            ((0o622, USER, Named, Key), Some(Distrust::Open { mode: 0o622 })),
            ((0o664, USER, Usual, Settings), Some(Distrust::Writable { mode: 0o664 })),
            ((0o646, 0, Usual, Settings), Some(Distrust::Writable { mode: 0o646 })),
            ((0o666, OTHER, Named, Settings), Some(Distrust::Writable { mode: 0o666 })),
            ((0o644, OTHER, Usual, Settings), Some(Distrust::Foreign { owner: OTHER })),
            ((0o600, OTHER, Usual, Key), Some(Distrust::Foreign { owner: OTHER })),
            ((0o644, OTHER, Named, Settings), None),
        ];
        for ((mode, owner, found, content), expected) in table {
            assert_eq!(distrust(mode, owner, USER, found, content), expected, "{mode:o} {owner} {found:?} {content:?}");
        }
    }

    #[test]
    fn a_file_of_somebody_else_can_be_used_by_naming_it() {
        let error = Distrust::Foreign { owner: OTHER }.into_error(Path::new("hookmend.toml"));
        assert!(error.message.starts_with("hookmend.toml belongs to another user (uid 1001)"), "{error}");
        assert!(error.hint.unwrap().contains("--config hookmend.toml"));
    }

    #[test]
    fn the_command_to_run_survives_a_shell() {
        assert_eq!(shell_word(Path::new("/a/b.toml")), "/a/b.toml");
        assert_eq!(shell_word(Path::new("/a b/it's.toml")), "'/a b/it'\\''s.toml'");
        assert_eq!(shell_word(Path::new("-x.toml")), "./-x.toml");
    }
}
