//! The file of passwords that PostgreSQL's own tools use.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::SecretString;

use crate::received::database::Trouble;

/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// What a line must fit.
pub(super) struct Login<'a> {
    pub(super) host: &'a str,
    pub(super) port: u16,
    pub(super) database: &'a str,
    pub(super) user: &'a str,
}

/// The password for this login; a file that is not there holds none.
pub(super) fn password(path: &Path, login: &Login<'_>) -> Result<Option<SecretString>, Trouble> {
    let unreadable = |error: &io::Error| {
        Trouble::refused(
            format!("can't read the file of passwords {}: {error}", path.display()),
            "check the path in PGPASSFILE, or set PGPASSWORD",
        )
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    let text = String::from_utf8_lossy(&bytes);
    let Some(password) = text.lines().find_map(|line| matching(line, login)) else { return Ok(None) };
    if is_open_to_others(&metadata) {
        let shown = path.display();
        return Err(Trouble::refused(
            format!("others can read the passwords in {shown}"),
            format!("run: chmod 600 {shown}"),
        ));
    }
    Ok(Some(password.into()))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// The password of a line `host:port:database:user:password`, if the line fits.
fn matching(line: &str, login: &Login<'_>) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let (mut rest, port) = (line, login.port.to_string());
    for expected in [login.host, &port, login.database, login.user] {
        let (field, after) = take_field(rest);
        if field != "*" && unescaped(field) != expected {
            return None;
        }
        rest = after?;
    }
    Some(unescaped(take_field(rest).0)).filter(|password| !password.is_empty())
}

/// The text up to the next colon without a backslash before it, and what follows that.
fn take_field(text: &str) -> (&str, Option<&str>) {
    let mut is_escaped = false;
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b':' => return (&text[..position], Some(&text[position + 1..])),
            _ => {}
        }
    }
    (text, None)
}

fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        text.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    text
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    const LOGIN: Login<'_> = Login { host: "db", port: 5432, database: "a:b", user: "me" };

    #[test]
    fn a_line_fits_by_all_its_fields() {
        let of = |line| matching(line, &LOGIN);
        assert_eq!(of(r"db:5432:a\:b:me:pa\:ss\\w"), Some(r"pa:ss\w".to_owned()));
        assert_eq!(of("*:*:*:*:secret").as_deref(), Some("secret"));
        assert_eq!(of("*:*:*:*:secret:ignored").as_deref(), Some("secret"));
        for other in ["", "#*:*:*:*:x", "db:5433:*:me:x", "db2:*:*:*:x", "*:*:*:you:x", "*:*:*:*", "*:*:*:*:", "db"] {
            assert_eq!(of(other), None, "{other}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn passwords_that_others_can_read_are_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pgpass");
        assert!(matches!(password(&path, &LOGIN), Ok(None)));
        std::fs::write(&path, "other:*:*:*:x\n*:*:*:*:hunter2\n").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o600);
        let found = password(&path, &LOGIN).unwrap().unwrap();
        assert_eq!(found.expose_secret(), "hunter2");
        mode(0o640);
        let told = format!("{:?}", password(&path, &LOGIN).unwrap_err());
        assert!(told.contains("chmod 600") && !told.contains("hunter2"), "{told}");
        let other = Login { user: "you", host: "elsewhere", ..LOGIN };
        std::fs::write(&path, "db:*:*:*:x\n").unwrap();
        assert!(matches!(password(&path, &other), Ok(None)), "what is not used does not matter");
    }
}
