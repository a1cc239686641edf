//! The address of a PostgreSQL server, as `libpq` writes it, and what of it hookmend holds to.

use url::Url;

use super::address::{
    AddressError, Binding, DatabaseAddress, Encryption, Engine, Host, Parameters, Password, Server, decoded, url_of,
};

/// The port where PostgreSQL listens unless somebody says otherwise.
const PORT: u16 = 5432;
/// Where Debian and most others put the server's socket.
const SOCKET_FOLDER: &str = "/var/run/postgresql";
/// The parameters that are known.
const KNOWN: &str = "table, column, status, time, host, port, sslmode, channel_binding, connect_timeout, \
                     statement_timeout";

fn wrong(message: impl Into<String>, hint: impl Into<String>) -> AddressError {
    AddressError { message: message.into(), hint: hint.into() }
}

/// Reads the address of a server.
pub(super) fn parse(text: &str) -> Result<DatabaseAddress, AddressError> {
    let url = url_of(text)?;
    let mut parameters = Parameters::of(url.query().unwrap_or_default())?;
    let (place, patience) = (parameters.place()?, parameters.patience()?);
    let host = host(&url, &mut parameters)?;
    let port = port(&url, &mut parameters)?;
    let encryption = encryption(&host, parameters.take("sslmode").as_deref())?;
    let binding = binding(parameters.take("channel_binding").as_deref())?;
    parameters.nothing_left(KNOWN)?;
    let database = url.path().trim_start_matches('/');
    if database.contains(['/', '@']) {
        // Behind `user:12/rest@host` stands the rest of a password, which would be shown as the database.
        return Err(wrong(
            "a / or an @ can't stand in the database's name, or in a password in front of it",
            "write them as %2F and %40",
        ));
    }
    let filled = |text: &str, what| match text {
        "" => Ok(None),
        text => decoded(text, what).map(Some),
    };
    let server = Server {
        host,
        port,
        user: filled(url.username(), "the user")?,
        password: filled(url.password().unwrap_or_default(), "the password")?.map(|text| Password(text.into())),
        database: filled(database, "the database")?,
        encryption,
        binding,
    };
    let texts = [&server.user, &server.database];
    if texts.iter().any(|text| text.as_deref().is_some_and(|text| text.contains('\0'))) {
        return Err(wrong("the address holds a zero byte", "name the user and the database as the server knows them"));
    }
    Ok(DatabaseAddress { engine: Engine::Postgres(server), place, patience })
}

fn host(url: &Url, parameters: &mut Parameters) -> Result<Host, AddressError> {
    let written = match url.host_str().filter(|host| !host.is_empty()) {
        Some(host) => Some(decoded(host, "the host")?),
        None => None,
    };
    let host = match (written, parameters.take("host")) {
        (Some(_), Some(_)) => return Err(wrong("the address names two hosts", "write the host once")),
        (Some(host), None) | (None, Some(host)) => host,
        (None, None) => SOCKET_FOLDER.to_owned(),
    };
    if host.starts_with('/') {
        return Ok(Host::Socket(host.into()));
    }
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&host);
    let is_host = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte));
    if !is_host {
        return Err(wrong(
            "the host of the address is no name of one",
            "write one host name, one IP address, or the folder of a socket as host=/folder",
        ));
    }
    Ok(Host::Tcp(bare.to_owned()))
}

fn port(url: &Url, parameters: &mut Parameters) -> Result<u16, AddressError> {
    match (url.port(), parameters.take("port")) {
        (Some(_), Some(_)) => Err(wrong("the address names two ports", "write the port once")),
        (Some(port), None) => Ok(port),
        (None, None) => Ok(PORT),
        (None, Some(text)) => {
            let port = text.parse().ok().filter(|port| *port != 0);
            port.ok_or_else(|| wrong("the port is no port", "write a number from 1 to 65535"))
        }
    }
}

fn encryption(host: &Host, mode: Option<&str>) -> Result<Encryption, AddressError> {
    let is_socket = match host {
        Host::Socket(_) => true,
        Host::Tcp(_) => false,
    };
    match mode {
        None if host.is_local() => Ok(Encryption::Plain),
        None => Ok(Encryption::Verified),
        Some("disable") if host.is_local() => Ok(Encryption::Plain),
        Some("disable") => Err(wrong(
            "sslmode=disable would send the password and the ids readable over the network",
            "leave it out, so that the server's certificate is verified; plain connections are for this machine only",
        )),
        Some("require" | "verify-full") if is_socket => {
            Err(wrong("a socket on this machine is not encrypted", "leave sslmode out, or name a host"))
        }
        Some("require" | "verify-full") => Ok(Encryption::Verified),
        Some(_) => Err(wrong(
            "sslmode is one that hookmend does not hold to",
            "write verify-full (the default for other hosts; require means the same here) or, on this machine, disable",
        )),
    }
}

fn binding(mode: Option<&str>) -> Result<Binding, AddressError> {
    match mode {
        None | Some("prefer") => Ok(Binding::Prefer),
        Some("disable") => Ok(Binding::Disable),
        Some("require") => Ok(Binding::Require),
        Some(_) => Err(wrong("channel_binding is not known", "write disable, prefer or require")),
    }
}
