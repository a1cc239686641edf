//! Received logs in databases: settings and environment in, open logs out.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::errors::CliError;
use crate::cli::wiring::read_ca_file;
use crate::config::{Environment, ReceivedSettings, ReceivedSource};
use crate::exit::ExitCode;
use crate::received::{
    Credentials, DatabaseAddress, DatabaseLog, DatabaseOptions, OptionError, ReceivedLog, StatusSet,
};

/// Opens every database among the sources, so that one that can't be asked is known before the first
/// request to the vendor.
///
/// # Errors
/// When a database can't be reached, or what is asked of it is not there.
pub fn open(settings: &ReceivedSettings, environment: &Environment) -> Result<Vec<Arc<dyn ReceivedLog>>, CliError> {
    let addresses: Vec<&DatabaseAddress> = settings
        .sources
        .iter()
        .filter_map(|source| match source {
            ReceivedSource::Database(address) => Some(&**address),
            ReceivedSource::Stdin | ReceivedSource::Named(_) => None,
        })
        .collect();
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let options = options(settings, environment)?;
    // Nothing of a database stays open between look-ups, so this runtime may end with this function.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    addresses
        .into_iter()
        .map(|address| {
            let opened = runtime.block_on(DatabaseLog::open(address.clone(), options.clone()))?;
            Ok(Arc::new(opened) as Arc<dyn ReceivedLog>)
        })
        .collect()
}

fn options(settings: &ReceivedSettings, environment: &Environment) -> Result<DatabaseOptions, CliError> {
    let ok: Vec<String> = settings.ok.iter().map(|range| format!("{}-{}", range.start(), range.end())).collect();
    let unusable = |error: OptionError| CliError::of(ExitCode::Usage, &error);
    Ok(DatabaseOptions {
        query: settings.query.clone(),
        id: settings.id.clone(),
        status: settings.status.clone(),
        time: settings.time.clone(),
        ok: ok.join(",").parse::<StatusSet>().map_err(unusable)?,
        since: settings.since,
        zone: settings.time_zone,
        credentials: credentials(environment)?,
        extra_roots: settings.ca_file.as_deref().map(read_ca_file).transpose()?,
    })
}

/// Who one is to a server, as every tool of PostgreSQL has it from the environment.
fn credentials(environment: &Environment) -> Result<Credentials, CliError> {
    let user = ["PGUSER", "LOGNAME", "USER", "USERNAME"].into_iter().find_map(|name| environment.get(name));
    let home = || Some(PathBuf::from(environment.get("HOME")?).join(".pgpass"));
    Ok(Credentials {
        user: user.and_then(OsStr::to_str).map(str::to_owned),
        password: environment.text("PGPASSWORD")?.map(Into::into),
        password_file: environment.get("PGPASSFILE").map(PathBuf::from).or_else(home),
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use secrecy::ExposeSecret;

    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn one_is_who_the_tools_of_postgresql_say_one_is() {
        let found = credentials(&environment(&[("USER", "anna"), ("HOME", "/home/anna")])).unwrap();
        assert_eq!(found.user.as_deref(), Some("anna"));
        assert_eq!(found.password_file, Some("/home/anna/.pgpass".into()));
        assert!(found.password.is_none());
        let all = [("USER", "anna"), ("PGUSER", "till"), ("PGPASSWORD", "hunter2"), ("PGPASSFILE", "/p")];
        let found = credentials(&environment(&all)).unwrap();
        assert_eq!((found.user.as_deref(), found.password_file.clone()), (Some("till"), Some("/p".into())));
        assert_eq!(found.password.as_ref().unwrap().expose_secret(), "hunter2");
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
