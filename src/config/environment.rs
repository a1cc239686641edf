//! The environment as a value: read once by the shell and passed in, so that everything that depends
//! on it can be tested. Nothing below reads the process's environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use etcetera::BaseStrategy;
use secrecy::SecretString;

use super::error::SettingsError;
use super::keys::{CONFIG_VARIABLE, Key, Kind, SecretKey};
use super::layers::{Entry, Layer, Origin};
use super::secrets::SecretSource;
use super::suggest::nearest;

/// What every variable of hookmend begins with.
const PREFIX: &str = "HOOKMEND_";

/// Variables that other parts of the project read and that are therefore no typing mistakes.
const ELSEWHERE: [&str; 1] = ["HOOKMEND_REGENERATE"];

/// The variables of the process.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<OsString, OsString>);

impl Environment {
    /// Takes the variables as the system hands them out.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// The value of a variable; an empty one counts as not set, as is the custom.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable as text.
    ///
    /// # Errors
    /// When the value is not valid UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>, SettingsError> {
        match self.get(name).map(OsStr::to_str) {
            None => Ok(None),
            Some(Some(text)) => Ok(Some(text)),
            Some(None) => Err(SettingsError::new(format!("{name}: the value is not valid UTF-8"))),
        }
    }

    /// All variables but the named ones, for a child process.
    pub fn without<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = (&'a OsString, &'a OsString)> {
        self.0.iter().filter(|(name, _)| !names.iter().any(|hidden| OsStr::new(hidden) == name.as_os_str()))
    }

    /// The settings that stand in the environment.
    ///
    /// # Errors
    /// When a value is not valid UTF-8.
    pub fn layer(&self) -> Result<Layer, SettingsError> {
        let mut layer = Layer::default();
        for key in Key::ALL {
            let variable = key.variable();
            if let Some(text) = self.text(&variable)? {
                let values = match key.kind() {
                    Kind::List | Kind::Sources | Kind::Paths => {
                        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
                    }
                    _ => vec![text.to_owned()],
                };
                layer.entries.insert(key, Entry { values, origin: Origin::Variable(variable) });
            }
        }
        for key in SecretKey::ALL {
            if let Some(text) = self.text(key.variable())? {
                let source = SecretSource::Value(SecretString::from(text));
                layer.secrets.insert(key, (source, Origin::Variable(key.variable().to_owned())));
            }
        }
        Ok(layer)
    }

    /// One warning for each `HOOKMEND_` variable that means nothing.
    pub fn warnings(&self) -> Vec<String> {
        let mut known: Vec<String> = Key::ALL.into_iter().map(Key::variable).collect();
        known.extend(SecretKey::ALL.map(|key| key.variable().to_owned()));
        known.push(CONFIG_VARIABLE.to_owned());
        let is_known = |name: &str| ELSEWHERE.contains(&name) || known.iter().any(|variable| variable == name);
        self.0
            .keys()
            .map(|name| name.to_string_lossy())
            .filter(|name| name.starts_with(PREFIX) && !is_known(name))
            .map(|name| match nearest(&name, known.iter().map(String::as_str)) {
                Some(variable) => format!("the variable {name} means nothing; did you mean {variable}?"),
                None => format!("the variable {name} means nothing"),
            })
            .collect()
    }
}

/// Where files lie that nobody named.
#[derive(Clone, Debug, Default)]
pub struct Folders {
    /// The user's settings.
    pub user_config: Option<PathBuf>,
    /// The user's state.
    pub user_state: Option<PathBuf>,
    /// The machine's settings.
    pub system_config: Option<PathBuf>,
}

impl Folders {
    /// The folders of the user whose environment this is; without one, those of the account.
    pub fn of(environment: &Environment) -> Self {
        // The specification says that relative paths in these variables are to be ignored.
        let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = absolute("HOME");
        let account = || etcetera::choose_base_strategy().ok();
        let below_home = |folder: &str| home.as_ref().map(|home| home.join(folder));
        Self {
            user_config: absolute("XDG_CONFIG_HOME")
                .or_else(|| below_home(".config"))
                .or_else(|| account().map(|account| account.config_dir())),
            user_state: absolute("XDG_STATE_HOME")
                .or_else(|| below_home(".local/state"))
                .or_else(|| account().map(|account| account.state_dir().unwrap_or_else(|| account.data_dir()))),
            system_config: cfg!(unix).then(|| PathBuf::from("/etc")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))))
    }

    #[test]
    fn variables_become_settings() {
        let layer = environment(&[
            ("HOOKMEND_MIN_AGE", "10m"),
            ("HOOKMEND_WEBHOOK", "sales, stock ,"),
            ("HOOKMEND_FORMAT", ""),
            ("OTHER", "1"),
        ])
        .layer()
        .unwrap();
        assert_eq!(layer.entries[&Key::MinAge].values, ["10m"]);
        assert_eq!(layer.entries[&Key::Webhook].values, ["sales", "stock"]);
        assert_eq!(layer.entries.len(), 2, "an empty variable counts as not set");
        assert_eq!(layer.entries[&Key::MinAge].origin.to_string(), "HOOKMEND_MIN_AGE");
    }

    #[test]
    fn a_mistyped_variable_is_warned_of_with_the_nearest_name() {
        let warnings = environment(&[
            ("HOOKMEND_WEBHOKO", "x"),
            ("HOOKMEND_API_KEY", "x"),
            ("HOOKMEND_CONFIG", "x"),
            ("HOOKMEND_REGENERATE", "1"),
            ("PATH", "/bin"),
        ])
        .warnings();
        assert_eq!(warnings, ["the variable HOOKMEND_WEBHOKO means nothing; did you mean HOOKMEND_WEBHOOK?"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_text_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let broken = Environment::new([(OsString::from("HOOKMEND_SINCE"), OsString::from_vec(vec![0xff]))]);
        assert!(broken.layer().unwrap_err().message.contains("HOOKMEND_SINCE"));
    }

    #[cfg(unix)]
    #[test]
    fn folders_follow_the_environment() {
        let folders = Folders::of(&environment(&[("HOME", "/home/ada"), ("XDG_STATE_HOME", "/state")]));
        assert_eq!(folders.user_config, Some(PathBuf::from("/home/ada/.config")));
        assert_eq!(folders.user_state, Some(PathBuf::from("/state")));
        let folders = Folders::of(&environment(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "relative")]));
        assert_eq!(folders.user_config, Some(PathBuf::from("/home/ada/.config")));
    }
}
