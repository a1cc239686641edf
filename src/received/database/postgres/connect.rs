//! A connection to a PostgreSQL server: encrypted and verified, or on this machine; read-only.
//!
//! It owns who one is to the server. A password leaves it to the server alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;
use secrecy::ExposeSecret;
use tokio::time::timeout;
use tokio_postgres::config::{ChannelBinding, SslMode};
use tokio_postgres::{Client, Config, Error, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::pgpass::{self, Login};
use super::words;
use crate::received::database::address::{Binding, Encryption, Host, Server};
use crate::received::database::{Credentials, Trouble};

/// How to connect to one server.
pub(in crate::received::database) struct Connector {
    /// The address that is tried first, and others.
    configs: (Config, Vec<Config>),
    /// How a connection is encrypted; none stays on this machine.
    tls: Option<MakeRustlsConnect>,
    patience: Duration,
}

impl Connector {
    /// Finds out who one is and whom to trust; nothing is sent.
    pub(in crate::received::database) fn new(
        server: Server,
        patience: Duration,
        credentials: &Credentials,
        extra_roots: Option<&[u8]>,
    ) -> Result<Self, Trouble> {
        let user = server.user.or_else(|| credentials.user.clone()).ok_or_else(|| {
            Trouble::refused("nothing says which user to be", "write postgres://USER@host/database, or set PGUSER")
        })?;
        let database = server.database.unwrap_or_else(|| user.clone());
        let mut config = Config::new();
        config.user(&user).dbname(&database).application_name("hookmend").connect_timeout(patience);
        config.channel_binding(match server.binding {
            Binding::Disable => ChannelBinding::Disable,
            Binding::Prefer => ChannelBinding::Prefer,
            Binding::Require => ChannelBinding::Require,
        });
        // Libpq looks a socket up as localhost.
        let host = match &server.host {
            Host::Tcp(host) => host.as_str(),
            Host::Socket(_) => "localhost",
        };
        let given = server.password.map(|password| password.0).or_else(|| credentials.password.clone());
        let password = match (given, &credentials.password_file) {
            (Some(password), _) => Some(password),
            (None, None) => None,
            (None, Some(path)) => {
                pgpass::password(path, &Login { host, port: server.port, database: &database, user: &user })?
            }
        };
        if let Some(password) = password {
            config.password(password.expose_secret());
        }
        let tls = match server.encryption {
            Encryption::Plain => None,
            Encryption::Verified => Some(verified(extra_roots)?),
        };
        config.ssl_mode(if tls.is_some() { SslMode::Require } else { SslMode::Disable });
        config.port(server.port);
        Ok(Self { configs: with_host(&config, &server.host, &tls)?, tls, patience })
    }

    async fn connect_by(&self, config: &Config) -> Result<Client, Error> {
        match &self.tls {
            Some(tls) => {
                let (client, connection) = config.connect(tls.clone()).await?;
                // What ends a connection is told to whoever waits for an answer on it.
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            }
            None => {
                let (client, connection) = config.connect(NoTls).await?;
                tokio::spawn(async move { drop(connection.await) });
                Ok(client)
            }
        }
    }

    /// Connects. The connection lives as long as the client.
    pub(super) async fn connect(&self) -> Result<Client, Trouble> {
        let connecting = async {
            let (config, others) = &self.configs;
            let mut outcome = self.connect_by(config).await;
            for config in others {
                // A server that answers has the last word; otherwise the first address tells best.
                if !outcome.as_ref().is_err_and(|error| error.code().is_none()) {
                    break;
                }
                outcome = self.connect_by(config).await.or(outcome);
            }
            outcome
        };
        match timeout(self.patience, connecting).await {
            Ok(connected) => connected.map_err(|error| words::of_connecting(&error)),
            Err(_) => Err(Trouble::unreachable(
                format!("the server did not let anybody in within {} s", self.patience.as_secs()),
                "check the host, the port and what lies between, or add connect_timeout=SECONDS to the address",
            )),
        }
    }
}

fn with_host(config: &Config, host: &Host, tls: &Option<MakeRustlsConnect>) -> Result<(Config, Vec<Config>), Trouble> {
    let mut config = config.clone();
    match host {
        Host::Tcp(host) if tls.is_none() && host.eq_ignore_ascii_case("localhost") => {
            // The password may travel readable here, so no name service may lead away.
            config.host(host);
            let mut other = config.clone();
            config.hostaddr(IpAddr::V4(Ipv4Addr::LOCALHOST));
            other.hostaddr(IpAddr::V6(Ipv6Addr::LOCALHOST));
            return Ok((config, vec![other]));
        }
        Host::Tcp(host) => {
            config.host(host);
        }
        #[cfg(unix)]
        Host::Socket(folder) => {
            config.host_path(folder);
        }
        #[cfg(not(unix))]
        Host::Socket(_) => {
            return Err(Trouble::refused("there are no such sockets on this system", "name a host"));
        }
    }
    Ok((config, Vec::new()))
}

/// Trusts whom the system trusts, and who stands in the file of further authorities.
fn verified(extra_roots: Option<&[u8]>) -> Result<MakeRustlsConnect, Trouble> {
    let unusable = |reason: String| {
        Trouble::refused(format!("encryption can't be set up: {reason}"), "check the file given with --ca-file")
    };
    let provider =
        Arc::new(CryptoProvider::clone(CryptoProvider::get_default().unwrap_or(&Arc::new(ring::default_provider()))));
    let extra: Vec<CertificateDer<'static>> = match extra_roots {
        None => Vec::new(),
        Some(pem) => {
            let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let read = read.map_err(|error| unusable(error.to_string()))?;
            if read.is_empty() {
                return Err(unusable("the extra root certificates can't be read".to_owned()));
            }
            read
        }
    };
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider));
    let verifier = verifier.map_err(|error| unusable(error.to_string()))?;
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .dangerous()
        // Nothing is dangerous about it: it is the verifier of the system.
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
