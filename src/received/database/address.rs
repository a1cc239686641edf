//! The address of a database: read from text, shown without what is secret in it.
//!
//! It owns what an address may say. It never reaches for the database, and its errors never repeat
//! the text, which may hold a password.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::identifier::{Name, NameError, TableName};

/// How long a connection may take unless the address says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one statement may take unless the address says otherwise.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest time that can be asked for, in seconds.
const LONGEST_SECONDS: u64 = 24 * 3600;
/// What must not stand as it is in the path of an address.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'?');
/// What must not stand as it is in an address that is shown.
const SHOWN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-').remove(b'"');

/// Why an address can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AddressError {
    /// What is wrong, without the address itself.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> AddressError {
    AddressError { message: message.into(), hint: hint.into() }
}

/// A password that is compared and never printed.
#[derive(Clone, Debug)]
pub(super) struct Password(pub(super) SecretString);

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Password {}

/// A column that an address names, or says that there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Column {
    /// The address says nothing.
    #[default]
    Unsaid,
    /// The address says that there is none.
    None,
    /// The address names it.
    Named(Name),
}

/// Where in a database the ids are, as far as the address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) table: Option<TableName>,
    pub(super) column: Column,
    pub(super) status: Column,
    pub(super) time: Column,
}

/// How long is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Patience {
    pub(super) connect: Duration,
    pub(super) statement: Duration,
}

/// Where a PostgreSQL server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Host {
    /// A name or an address, and a port.
    Tcp(String),
    /// A folder that holds the server's socket.
    Socket(PathBuf),
}

impl Host {
    /// Whether what is sent to this host stays on this machine.
    pub(super) fn is_local(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp(host) => {
                host.eq_ignore_ascii_case("localhost")
                    || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

/// Whether the connection is encrypted; where it is, the server's certificate is always verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encryption {
    /// Plain, on this machine only.
    Plain,
    /// TLS, with the certificate verified for the host's name.
    Verified,
}

/// How the password is bound to the encrypted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Disable,
    Prefer,
    Require,
}

/// The address of a PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Server {
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) user: Option<String>,
    pub(super) password: Option<Password>,
    pub(super) database: Option<String>,
    pub(super) encryption: Encryption,
    pub(super) binding: Binding,
}

/// Which database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite(PathBuf),
    Postgres(Server),
}

/// The address of a database that holds a received log: `sqlite:PATH?table=T&column=C` or
/// `postgres://user@host:port/database?table=T&column=C`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseAddress {
    pub(super) engine: Engine,
    pub(super) place: Place,
    pub(super) patience: Patience,
}

impl DatabaseAddress {
    /// Whether the text is meant as the address of a database rather than as the name of a file.
    pub fn is_meant(text: &str) -> bool {
        scheme_of(text).is_some()
    }

    /// Reads an address.
    ///
    /// # Errors
    /// When it is none, or says something that can't be held to.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        match scheme_of(text) {
            Some(Scheme::Sqlite(rest)) => parse_sqlite(rest),
            Some(Scheme::Postgres) => super::server_address::parse(text),
            None => Err(wrong("this is no address of a database", "write sqlite:PATH?… or postgres://host/database?…")),
        }
    }

    /// Whether the address holds a password.
    pub fn has_password(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(server) => server.password.is_some(),
        }
    }

    /// Whether the address leaves it to a query where the ids are.
    pub fn wants_query(&self) -> bool {
        self.place.table.is_none()
    }

    /// The address with a relative path taken from `base`, as it stands in a settings file.
    pub fn text_relative_to(text: &str, base: &Path) -> String {
        match scheme_of(text) {
            Some(Scheme::Sqlite(rest)) if !rest.starts_with('/') && !rest.is_empty() && !rest.starts_with('?') => {
                let base = base.to_string_lossy();
                let base = base.trim_end_matches('/');
                format!("sqlite:{}/{rest}", utf8_percent_encode(base, PATH))
            }
            Some(Scheme::Sqlite(_) | Scheme::Postgres) | None => text.to_owned(),
        }
    }
}

impl fmt::Display for DatabaseAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.engine {
            Engine::Sqlite(path) => write!(formatter, "sqlite:{}", path.display())?,
            Engine::Postgres(server) => {
                match &server.host {
                    Host::Tcp(host) if host.contains(':') => write!(formatter, "postgres://[{host}]:{}", server.port)?,
                    Host::Tcp(host) => write!(formatter, "postgres://{host}:{}", server.port)?,
                    Host::Socket(folder) => write!(formatter, "postgres:{}", folder.display())?,
                }
                let database = server.database.as_deref().unwrap_or_default();
                write!(formatter, "/{}", utf8_percent_encode(database, SHOWN))?;
            }
        }
        match &self.place.table {
            Some(table) => write!(formatter, "?table={table}"),
            None => Ok(()),
        }
    }
}

enum Scheme<'t> {
    /// What follows the scheme.
    Sqlite(&'t str),
    Postgres,
}

fn scheme_of(text: &str) -> Option<Scheme<'_>> {
    let (scheme, rest) = text.split_once(':')?;
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    if is("sqlite") {
        Some(Scheme::Sqlite(rest))
    } else if (is("postgres") || is("postgresql")) && rest.starts_with("//") {
        Some(Scheme::Postgres)
    } else {
        None
    }
}

fn parse_sqlite(rest: &str) -> Result<DatabaseAddress, AddressError> {
    let example = "write sqlite:PATH?table=TABLE&column=COLUMN, or sqlite:///PATH for a path from the root";
    if rest.contains('#') {
        return Err(wrong("a # can't stand in the address of a database", "write it as %23"));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let path = match path.strip_prefix("//") {
        Some(local) if local.starts_with('/') => local,
        Some(_) => return Err(wrong("an SQLite database is a file and has no host", example)),
        None => path,
    };
    let path = decoded(path, "the path")?;
    if path.is_empty() || path.contains('\0') {
        return Err(wrong("the address names no file", example));
    }
    let mut parameters = Parameters::of(query)?;
    let (place, patience) = (parameters.place()?, parameters.patience()?);
    parameters.nothing_left("table, column, status, time, statement_timeout")?;
    Ok(DatabaseAddress { engine: Engine::Sqlite(path.into()), place, patience })
}

/// The text with its percent signs resolved.
pub(super) fn decoded(text: &str, what: &str) -> Result<String, AddressError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(std::borrow::Cow::into_owned).map_err(|_| {
        wrong(format!("{what} of the address is not valid UTF-8"), "write bytes as %XX of the UTF-8 encoding")
    })
}

/// What stands after the question mark, taken out piece by piece.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(query: &str) -> Result<Self, AddressError> {
        let mut all: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = (decoded(name, "a parameter")?, decoded(value, "a parameter")?);
            if all.iter().any(|(known, _)| *known == name) {
                let name = shortened(&name);
                return Err(wrong(format!("the parameter {name} stands twice in the address"), "write it once"));
            }
            all.push((name, value));
        }
        Ok(Self(all))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let position = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(position).1)
    }

    /// Where in the database the ids are.
    pub(super) fn place(&mut self) -> Result<Place, AddressError> {
        let unusable = |name: &str, error: NameError| {
            wrong(format!("{name}: {error}"), "write names as the database spells them, special characters as %XX")
        };
        let table = self.take("table").map(|text| TableName::parse(&text).map_err(|error| unusable("table", error)));
        let mut column = |name: &str| match self.take(name) {
            None => Ok(Column::Unsaid),
            Some(text) if text.is_empty() => Ok(Column::None),
            Some(text) => Name::new(text).map(Column::Named).map_err(|error| unusable(name, error)),
        };
        let place = Place {
            table: table.transpose()?,
            column: column("column")?,
            status: column("status")?,
            time: column("time")?,
        };
        let names_columns = [&place.column, &place.status, &place.time].iter().any(|one| **one != Column::Unsaid);
        if place.table.is_none() && names_columns {
            return Err(wrong("the address names a column and no table", "add table=TABLE"));
        }
        if place.column == Column::None {
            return Err(wrong("column: a name is empty", "name the column that holds the event ids"));
        }
        Ok(place)
    }

    /// How long is waited.
    pub(super) fn patience(&mut self) -> Result<Patience, AddressError> {
        let mut seconds = |name: &str, default: Duration| match self.take(name) {
            None => Ok(default),
            Some(text) => match text.parse::<u64>() {
                Ok(seconds @ 1..=LONGEST_SECONDS) => Ok(Duration::from_secs(seconds)),
                Ok(_) | Err(_) => {
                    Err(wrong(format!("{name} is no length of time"), "write whole seconds, from 1 to 86400"))
                }
            },
        };
        Ok(Patience {
            connect: seconds("connect_timeout", CONNECT_TIMEOUT)?,
            statement: seconds("statement_timeout", STATEMENT_TIMEOUT)?,
        })
    }

    /// Whatever is left is not known.
    pub(super) fn nothing_left(&self, known: &str) -> Result<(), AddressError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name = shortened(name);
                Err(wrong(format!("the parameter {name} means nothing here"), format!("known are {known}")))
            }
        }
    }
}

/// A name as it may be repeated: a value that lacks its name may be anything.
fn shortened(name: &str) -> String {
    let is_name = name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if is_name { name.to_owned() } else { "that does not look like one".to_owned() }
}

/// A URL that was taken apart as far as every scheme has it.
pub(super) fn url_of(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|error| {
        wrong(
            format!("the address of the database can't be read: {error}"),
            "write postgres://user@host:port/database?table=TABLE&column=COLUMN, special characters as %XX",
        )
    })?;
    if url.fragment().is_some() {
        return Err(wrong("a # can't stand in the address of a database", "write it as %23"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
