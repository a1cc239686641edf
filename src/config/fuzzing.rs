//! What the fuzzer holds settings files and the values in them against.

use std::cell::OnceCell;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use tempfile::TempDir;

use super::environment::Environment;
use super::error::{SettingsError, Unusable};
use super::keys::{Key, SecretKey};
use super::secrets::SecretSource;
use super::values::time::{Edge, parse_moment, parse_zone};
use super::values::{address, duration, number, webhook};
use super::{Flags, Folders, Job, Loaded, SelectionTexts, Surroundings, file};

const JOBS: [Job; 6] = [Job::Reconcile, Job::Check, Job::List, Job::Plan, Job::Apply, Job::Resend];

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_310_914, 0).expect("an instant")
}

/// A settings file with keys in it, at the beginning of the text and in the address of a database.
///
/// # Panics
/// When a key is told, or an error does not say where it is.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let secret = format!("{:016x}", crate::fuzzing::hash(data));
    let keys = format!("api-key = \"{secret}\"\nsubscription-key = '{secret}'\n");
    let password = format!("received = \"postgres://reader:{secret}@localhost/shop?table=t&column=c\"\n");
    a_file(text, &secret);
    a_file(&format!("{keys}{text}"), &secret);
    a_file(&format!("{keys}{password}{text}"), &secret);
    a_file(&format!("{text}\nsubscription-key = \"{secret}"), &secret);
}

fn a_file(text: &str, secret: &str) {
    let shown = Path::new("hookmend.toml");
    let layer = match file::parse(text, shown, Path::new("/etc/app")) {
        Ok(layer) => layer,
        Err(error) => {
            is_explained(&error, secret);
            let place = error.message.strip_prefix("hookmend.toml:").and_then(|rest| rest.split_once(": "));
            let line = place.and_then(|(line, _)| line.parse::<usize>().ok());
            let lines = 1 + text.matches('\n').count();
            assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{:?} names no line", error.message);
            return;
        }
    };
    assert!(!format!("{layer:?}").contains(secret) || layer.entries.contains_key(&Key::Received));
    // Other sources of keys, and a file with certificates, would reach out of the process.
    let is_closed = layer.secrets.values().all(|(source, _)| matches!(source, SecretSource::Value(_)));
    if is_closed && !layer.entries.contains_key(&Key::CaFile) {
        in_a_folder(|folder| a_run(text, secret, folder));
    }
}

fn in_a_folder(then: impl FnOnce(&Path)) {
    thread_local! {
        static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| then(folder.get_or_init(crate::fuzzing::folder).path()));
}

fn a_run(text: &str, secret: &str, folder: &Path) {
    let path = folder.join("hookmend.toml");
    if !path.exists() {
        let mut private = tempfile::NamedTempFile::new_in(folder).expect("a file");
        private.write_all(b"").expect("a file can be written");
        private.persist(&path).expect("a file can be named");
    }
    fs::write(&path, text).expect("a file can be written");
    let surroundings = Surroundings {
        environment: Environment::new([(OsString::from("HOME"), OsString::from("/nowhere"))]),
        directory: folder.to_owned(),
        folders: Folders::default(),
        now: now(),
    };
    let flags = Flags { config: Some(path), ..Flags::default() };
    let loaded = match Loaded::load(flags, &surroundings) {
        Ok(loaded) => loaded,
        Err(error) => return is_explained(&error, secret),
    };
    for explained in loaded.explain() {
        assert!(!explained.value.contains(secret), "{} tells a key: {}", explained.name, explained.value);
    }
    for job in JOBS {
        match loaded.settings(job) {
            Ok(settings) => {
                assert!(settings.window.from() < settings.window.to());
                assert!(!format!("{settings:?}").contains(secret), "the settings tell a key");
            }
            Err(error) => {
                is_explained(&error, secret);
                let names = Key::ALL.into_iter().map(Key::name).chain(SecretKey::ALL.map(SecretKey::name));
                let said = format!("{} {}", error.message, error.hint.as_deref().unwrap_or_default());
                let is_named = names.into_iter().any(|name| said.contains(name));
                assert!(is_named, "{said:?} names no setting");
            }
        }
    }
}

fn is_explained(error: &SettingsError, secret: &str) {
    let said = format!("{} {} {:?}", error.message, error.hint.as_deref().unwrap_or_default(), error.source);
    assert!(!said.contains(secret), "an error tells a key: {said}");
    says_something(&error.message);
    error.hint.iter().for_each(|hint| says_something(hint));
}

/// Control characters may stand in it: the shell makes every error visible in one place.
fn says_something(said: &str) {
    assert!(!said.trim().is_empty());
}

/// The text of one value, read as every kind of value that there is.
///
/// # Panics
/// When a value is taken that lies outside of its bounds, or a time is not the one that chrono reads.
pub fn values(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.len() > 512 {
        return;
    }
    moments(text);
    checked(&duration::parse(text), |length| {
        assert!(*length >= TimeDelta::zero() && *length <= TimeDelta::days(100 * 366));
        assert_eq!(duration::parse(&duration::show(*length)), Ok(*length));
    });
    checked(&number::parse_count(text, &(1..=1_000)), |count| assert!((1..=1_000).contains(count)));
    checked(&number::parse_status_codes(text), |codes| {
        assert!(!codes.is_empty());
        codes.iter().for_each(|range| assert!(*range.start() >= 100 && *range.end() <= 999 && !range.is_empty()));
    });
    checked(&number::parse_switch(text), |_| {});
    checked(&number::parse_rate(text), |_| {});
    checked(&number::parse_failure_budget(text), |_| {});
    if text.len() <= 24 {
        // Whatever is none is compared with every name there is.
        checked(&parse_zone(text), |zone| assert_eq!(zone.name(), text.trim()));
    }
    checked(&address::parse_base_url(text), |url| {
        assert!(url.password().is_none() && url.username().is_empty() && url.query().is_none());
        let is_here =
            url.host_str().is_some_and(|host| host == "localhost" || host.starts_with("127.") || host == "[::1]");
        assert!(url.scheme() == "https" || is_here, "plain http to {url}");
    });
    checked(&address::parse_receiver_url(text), |url| assert_eq!(url, text.trim()));
    checked(&webhook::parse_webhook(text, &webhook::WebhookNames::new()), |_| {});
    checked(&webhook::parse_id(text), |_| {});
    let texts = || text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let selection =
        SelectionTexts { status: texts(), verdict: texts(), status_code: texts(), event_type: texts(), id: texts() };
    checked(&selection.parse().map_err(|(_, unusable)| unusable), |_| {});
}

fn checked<T>(read: &Result<T, Unusable>, check: impl FnOnce(&T)) {
    match read {
        Ok(value) => check(value),
        Err(unusable) => {
            says_something(&unusable.message);
            unusable.hint.iter().for_each(|hint| says_something(hint));
        }
    }
}

fn moments(text: &str) {
    for zone in [Tz::UTC, Tz::Europe__Oslo, Tz::Pacific__Apia, Tz::Australia__Lord_Howe] {
        let moment = |edge| parse_moment(text, zone, now(), edge);
        for edge in [Edge::Start, Edge::End, Edge::Coverage] {
            checked(&moment(edge), |_| {});
            if let Some(instant) = crate::fuzzing::well_formed(text) {
                assert_eq!(moment(edge), Ok(instant), "{text:?} in {zone}");
            }
        }
        if let (Ok(start), Ok(end), Ok(coverage)) = (moment(Edge::Start), moment(Edge::End), moment(Edge::Coverage)) {
            assert!(start <= coverage && coverage <= end, "{text:?} in {zone}: {start} {coverage} {end}");
        }
    }
}
