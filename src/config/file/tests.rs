use super::*;
use crate::config::environment::Environment;
use crate::config::keys::Kind;

fn parsed(text: &str) -> Result<Layer, SettingsError> {
    parse(text, Path::new("hookmend.toml"), Path::new("/etc/app"))
}

fn refused(text: &str) -> SettingsError {
    match parsed(text) {
        Ok(layer) => panic!("{text:?} was accepted: {layer:?}"),
        Err(error) => error,
    }
}

fn values(text: &str, key: Key) -> Vec<String> {
    parsed(text).unwrap_or_else(|error| panic!("{text:?}: {error}")).entries[&key].values.clone()
}

#[test]
fn every_kind_of_value_is_read() {
    assert_eq!(values("min-age = '10m'", Key::MinAge), ["10m"]);
    assert_eq!(values("max-rounds = 0x10", Key::MaxRounds), ["16"]);
    assert_eq!(values("max-resends = 10_000", Key::MaxResends), ["10000"]);
    assert_eq!(values("received-id = 3", Key::ReceivedId), ["3"]);
    assert_eq!(values("rate = 5", Key::Rate), ["5"]);
    assert_eq!(values("idempotent = true", Key::Idempotent), ["true"]);
    assert_eq!(values("from = 2026-03-01", Key::From), ["2026-03-01"]);
    assert_eq!(values("from = 2026-03-01T08:30:00+01:00", Key::From), ["2026-03-01T08:30:00+01:00"]);
    assert_eq!(values("webhook = 'sales'", Key::Webhook), ["sales"]);
    assert_eq!(values("webhook = ['sales', 'stock']", Key::Webhook), ["sales", "stock"]);
}

#[test]
fn an_origin_names_file_and_line() {
    let layer = parsed("# hello\n\nmin-age = '10m'\n").unwrap();
    assert_eq!(layer.entries[&Key::MinAge].origin.to_string(), "hookmend.toml:3");
}

#[test]
fn an_unknown_key_gets_the_nearest_one() {
    let error = refused("\nbase_url = 'https://a.example'");
    assert_eq!(error.message, "hookmend.toml:2: unknown key \"base_url\"");
    assert_eq!(error.hint.as_deref(), Some("did you mean \"base-url\"?"));
    assert_eq!(refused("apikey = 'x'").hint.as_deref(), Some("did you mean \"api-key\"?"));
    assert_eq!(refused("[webhook-names]").hint.as_deref(), Some("did you mean \"webhooks\"?"));
    assert!(refused("zzz = 1").hint.unwrap().contains("--help"));
}

#[test]
fn a_wrong_type_names_line_key_and_what_was_expected() {
    let table = [
        ("x-1 = 1", "hookmend.toml:1: unknown key"),
        ("min-age = true", "hookmend.toml:1: min-age: expected a duration with its unit, such as"),
        ("\n\nconcurrency = '4'", "hookmend.toml:3: concurrency: expected a whole number, found a string"),
        ("idempotent = 1", "hookmend.toml:1: idempotent: expected true or false, found an integer"),
        (
            "webhook = [\n'a1',\n2]",
            "hookmend.toml:3: webhook: expected a string or an array of strings, found an integer",
        ),
        ("received = {}", "hookmend.toml:1: received: expected a path or an array of paths, found a table"),
        ("rate = 0.5", "hookmend.toml:1: rate: expected a string or a whole number, found a float"),
        ("ledger = 3", "hookmend.toml:1: ledger: expected the path of a file as a string"),
        ("api-key = 3", "hookmend.toml:1: api-key: expected the key as a string, { file"),
        ("api-key = { file = 'a', env = 'b' }", "hookmend.toml:1: api-key: expected exactly one of"),
        ("api-key = {}", "hookmend.toml:1: api-key: expected exactly one of"),
        ("api-key = { command = [] }", "hookmend.toml:1: api-key: expected the key as"),
        ("api-key = { command = [1] }", "hookmend.toml:1: api-key: expected the key as"),
        ("api-key = { comand = 'x' }", "hookmend.toml:1: unknown key \"comand\" in api-key"),
        ("webhooks = ['a']", "hookmend.toml:1: webhooks: expected a table"),
        ("[webhooks]\nsales = 3", "hookmend.toml:2: sales: expected a webhook id as a string"),
        ("[webhooks]\nsales = '../x'", "hookmend.toml:2: sales: \"../x\" is not a webhook id"),
        ("[webhooks]\n'a,b' = 'x1'", "hookmend.toml:2: \"a,b\" can't name a webhook"),
        ("[webhooks]\nsales = '7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d1'", "hookmend.toml:2: sales: "),
    ];
    for (text, expected) in table {
        let error = refused(text);
        assert!(error.message.starts_with(expected), "{text:?}: {error}");
    }
    assert!(refused("timeout = 60").hint.unwrap().contains("timeout = \"60s\""));
    assert!(refused("yes = 'true'").hint.unwrap().contains("yes = true, without quotes"));
}

#[test]
fn a_mistake_in_the_file_never_shows_the_line_it_stands_in() {
    for text in ["api-key = 'hunter2", "api-key = hunter2", "api-key = 'a'\napi-key = 'hunter2'", "api-key 'hunter2'"] {
        let error = refused(text);
        assert!(error.message.starts_with("hookmend.toml:"), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let text = "ledger = 'l.sqlite'\nca-file = '/abs/ca.pem'\n\
                received = ['in/*.log', '-', '/var/log/a', 'postgres://host/db']\napi-key = { file = 'key' }";
    let layer = parsed(text).unwrap();
    assert_eq!(layer.entries[&Key::Ledger].values, ["/etc/app/l.sqlite"]);
    assert_eq!(layer.entries[&Key::CaFile].values, ["/abs/ca.pem"]);
    assert_eq!(layer.entries[&Key::Received].values, ["/etc/app/in/*.log", "-", "/var/log/a", "postgres://host/db"]);
    let (SecretSource::File(path), _) = &layer.secrets[&SecretKey::ApiKey] else { panic!("a file was expected") };
    assert_eq!(path, Path::new("/etc/app/key"));
}

#[test]
fn a_folder_with_the_letters_of_a_pattern_is_not_read_as_one() {
    let layer = parse("received = '*.log'", Path::new("hookmend.toml"), Path::new("/srv/[a]")).unwrap();
    assert_eq!(layer.entries[&Key::Received].values, ["/srv/[[]a[]]/*.log"]);
}

#[test]
fn commands_are_kept_as_they_were_written() {
    let layer =
        parsed("api-key = { command = 'pass show x' }\nsubscription-key = { command = ['pass', 'y'] }").unwrap();
    let form = |key| match &layer.secrets[&key].0 {
        SecretSource::Command(line) => line.form.clone(),
        other => panic!("a command was expected: {other:?}"),
    };
    assert_eq!(form(SecretKey::ApiKey), CommandForm::Shell("pass show x".to_owned()));
    assert_eq!(form(SecretKey::SubscriptionKey), CommandForm::Program(vec!["pass".to_owned(), "y".to_owned()]));
}

fn surroundings(directory: &Path) -> Surroundings {
    Surroundings {
        environment: Environment::default(),
        directory: directory.to_owned(),
        folders: Folders {
            user_config: Some(directory.join("user")),
            user_state: None,
            system_config: Some(directory.join("system")),
        },
        now: chrono::DateTime::UNIX_EPOCH,
    }
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(unix)]
#[test]
fn a_file_with_a_key_that_others_can_read_is_refused_with_the_command_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hookmend.toml");
    std::fs::write(&path, "api-key = 'hunter2'").unwrap();
    for mode in [0o644, 0o640, 0o604, 0o620] {
        set_mode(&path, mode);
        let error = read(None, &surroundings(folder.path())).unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("run: chmod 600 hookmend.toml"), "{mode:o}");
        assert!(!format!("{error:?}").contains("hunter2"));
    }
    set_mode(&path, 0o600);
    assert!(read(None, &surroundings(folder.path())).is_ok());
    std::fs::write(&path, "api-key = { env = 'X' }").unwrap();
    set_mode(&path, 0o644);
    assert!(read(None, &surroundings(folder.path())).is_ok(), "a file that only says where the key is may be read");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_write_is_refused_with_the_command_to_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hookmend.toml");
    std::fs::write(&path, "min-age = '1m'").unwrap();
    for mode in [0o664, 0o646, 0o620] {
        set_mode(&path, mode);
        for named in [None, Some(path.as_path())] {
            let error = read(named, &surroundings(folder.path())).unwrap_err();
            assert_eq!(error.hint.as_deref(), Some("run: chmod go-w hookmend.toml"), "{mode:o}");
            assert!(error.message.contains("can be written by others"), "{error}");
        }
    }
    set_mode(&path, 0o644);
    assert!(read(None, &surroundings(folder.path())).is_ok());
}

#[cfg(unix)]
#[test]
fn a_device_is_not_held_to_the_rules_for_files() {
    assert!(read(Some(Path::new("/dev/null")), &surroundings(Path::new("/"))).unwrap().is_some());
}

#[test]
fn the_first_file_that_exists_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let here = surroundings(folder.path());
    assert!(read(None, &here).unwrap().is_none());
    for (place, age) in
        [("system/hookmend/config.toml", "1m"), ("user/hookmend/config.toml", "2m"), ("hookmend.toml", "3m")]
    {
        let path = folder.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("min-age = '{age}'")).unwrap();
        let found = read(None, &here).unwrap().unwrap();
        assert_eq!(found.path, path);
        assert_eq!(found.layer.entries[&Key::MinAge].values, [age]);
    }
    let named = read(Some(Path::new("user/hookmend/config.toml")), &here).unwrap().unwrap();
    assert_eq!(named.layer.entries[&Key::MinAge].values, ["2m"]);
}

#[test]
fn the_variable_names_a_file_and_a_named_file_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let mut here = surroundings(folder.path());
    std::fs::write(folder.path().join("other.toml"), "min-age = '9m'").unwrap();
    here.environment = Environment::new([(CONFIG_VARIABLE.into(), "other.toml".into())]);
    assert_eq!(read(None, &here).unwrap().unwrap().layer.entries[&Key::MinAge].values, ["9m"]);
    let error = read(Some(Path::new("missing.toml")), &here).unwrap_err();
    assert!(error.message.contains("missing.toml"), "{error}");
    assert!(error.source.is_some());
}

#[test]
fn a_file_that_is_too_large_or_not_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hookmend.toml");
    std::fs::write(&path, vec![b'#'; 1024 * 1024 + 1]).unwrap();
    assert!(read(None, &surroundings(folder.path())).unwrap_err().message.contains("too large"));
    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    assert!(read(None, &surroundings(folder.path())).unwrap_err().source.is_some());
}

/// The starter file with every example line switched on, except those that exclude another.
fn starter_switched_on() -> String {
    let excluded = ["#all-webhooks", "#since"];
    let switch_on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) && setting.contains(" = ") => {
            if excluded.iter().any(|key| line.starts_with(key)) { line.to_owned() } else { setting.to_owned() }
        }
        _ => line.to_owned(),
    };
    crate::config::STARTER.lines().map(switch_on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_starter_file_says_nothing_until_it_is_changed() {
    let layer = parsed(crate::config::STARTER).unwrap();
    assert!(layer.entries.is_empty() && layer.secrets.is_empty() && layer.names.is_empty());
}

#[test]
fn the_starter_file_shows_every_key_and_its_true_default() {
    let layer = parsed(&starter_switched_on()).unwrap();
    for key in Key::ALL {
        let line = crate::config::STARTER.lines().find(|line| line.starts_with(&format!("#{} = ", key.name())));
        assert!(line.is_some(), "{} is not in the starter file", key.name());
        if let (Some(entry), Some(default)) = (layer.entries.get(&key), key.default_text())
            && key != Key::TimeZone
        {
            assert_eq!(entry.values, [default], "{}", key.name());
            assert!(key.kind() != Kind::Sources);
        }
    }
    assert_eq!(layer.secrets.len(), SecretKey::ALL.len());
    assert_eq!(layer.names.len(), 1);
    for line in crate::config::STARTER.lines() {
        assert!(line.chars().count() <= 88, "{line}");
    }
}

#[test]
fn the_starter_file_resolves_when_it_is_switched_on() {
    use crate::config::{Flags, Job, Loaded};
    let folder = tempfile::tempdir().unwrap();
    // The examples of keys would run a command; these stand in for them.
    let text = starter_switched_on()
        .replace("{ command = [\"pass\", \"show\", \"front/subscription\"] }", "{ env = \"FRONT_API_KEY\" }");
    std::fs::write(folder.path().join("hookmend.toml"), text).unwrap();
    let mut here = surroundings(folder.path());
    here.environment = Environment::new([("FRONT_API_KEY".into(), "k".into())]);
    here.now = chrono::DateTime::from_timestamp(1_775_000_000, 0).unwrap();
    let loaded = Loaded::load(Flags::default(), &here).unwrap();
    let settings = loaded.settings(Job::Reconcile).unwrap_or_else(|error| panic!("{error} {:?}", error.hint));
    assert_eq!(settings.window.length(), chrono::TimeDelta::days(7));
}
