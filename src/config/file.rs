//! The settings file: which one is used, and its text made into a layer.
//!
//! Whatever is wrong is told with file and line. The file's own text is never repeated in an error,
//! because a line may hold a key.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::SecretString;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::SettingsError;
use super::keys::{CONFIG_VARIABLE, Key, Kind, SecretKey, WEBHOOKS_TABLE};
use super::layers::{Entry, Layer, Origin};
use super::resolve::holds_password;
use super::secrets::{CommandForm, CommandLine, SecretSource};
use super::suggest::nearest;
use super::trust::{self, Content, Found};
use super::values::webhook::parse_id;
use super::{Surroundings, environment::Folders};
use crate::received::DatabaseAddress;

/// The name of the file in the current folder.
const LOCAL_NAME: &str = "hookmend.toml";
/// The largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A settings file that was read.
#[derive(Debug)]
pub struct SettingsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says.
    pub layer: Layer,
}

/// Finds and reads the settings file: the named one, else the first that exists.
///
/// # Errors
/// When the named file can't be read, or the file that was found can't be used.
pub fn read(named: Option<&Path>, surroundings: &Surroundings) -> Result<Option<SettingsFile>, SettingsError> {
    let by_variable = surroundings.environment.get(CONFIG_VARIABLE).map(PathBuf::from);
    if let Some(path) = named.map(Path::to_path_buf).or(by_variable) {
        let path = surroundings.directory.join(path);
        let file = File::open(&path).map_err(|cause| can_not_read(&path, cause))?;
        return read_open(path, file, &surroundings.directory, Found::Named).map(Some);
    }
    for path in usual_places(&surroundings.directory, &surroundings.folders) {
        match File::open(&path) {
            Ok(file) => return read_open(path, file, &surroundings.directory, Found::Usual).map(Some),
            Err(cause) if is_absent(&cause) => {}
            Err(cause) => return Err(can_not_read(&path, cause)),
        }
    }
    Ok(None)
}

/// The places that are looked at when no file is named, in their order.
pub fn usual_places(directory: &Path, folders: &Folders) -> Vec<PathBuf> {
    let in_folder = |folder: &PathBuf| folder.join("hookmend").join("config.toml");
    let mut places = vec![directory.join(LOCAL_NAME)];
    places.extend(folders.user_config.as_ref().map(in_folder));
    places.extend(folders.system_config.as_ref().map(in_folder));
    places
}

fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn can_not_read(path: &Path, cause: io::Error) -> SettingsError {
    let hint = match cause.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => "check the path given with --config",
        io::ErrorKind::PermissionDenied => {
            "make it readable for the user that runs hookmend, or name another with --config"
        }
        io::ErrorKind::InvalidData => "a settings file is TOML, which is UTF-8 text",
        _ => "check that it is a file, or name another with --config",
    };
    SettingsError::new(format!("can't read the settings file {}", path.display())).caused_by(cause).hint(hint)
}

fn read_open(path: PathBuf, file: File, directory: &Path, found: Found) -> Result<SettingsFile, SettingsError> {
    let metadata = file.metadata().map_err(|cause| can_not_read(&path, cause))?;
    let mut text = String::new();
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(|cause| can_not_read(&path, cause))?;
    if text.len() as u64 > LARGEST {
        return Err(SettingsError::new(format!("{} is too large for a settings file", path.display())));
    }
    // Messages name the file as short as it can be found.
    let shown = path.strip_prefix(directory).unwrap_or(&path);
    let layer = parse(&text, shown, path.parent().unwrap_or(directory))?;
    let holds_key = layer.secrets.values().any(|(source, _)| matches!(source, SecretSource::Value(_)))
        || layer.entries.get(&Key::Received).is_some_and(|entry| entry.values.iter().any(|text| holds_password(text)));
    let content = if holds_key { Content::Key } else { Content::Settings };
    trust::check(shown, &metadata, found, content)?;
    Ok(SettingsFile { path, layer })
}

/// Makes a layer of the text of a settings file; relative paths in it are relative to `base`.
///
/// # Errors
/// When the text is not TOML, or a key or a value is not one that is known.
pub fn parse(text: &str, path: &Path, base: &Path) -> Result<Layer, SettingsError> {
    let reader = Reader { text, path: path.into(), base };
    let document = DeTable::parse(text).map_err(|error| {
        // The error's own display would show the line, and with it perhaps a key.
        let line = error.span().map_or(1, |span| reader.line(span.start));
        SettingsError::new(format!("{}:{line}: {}", path.display(), error.message().replace('\n', ", ")))
    })?;
    let mut layer = Layer::default();
    for (name, value) in document.get_ref() {
        reader.take(&mut layer, name, value)?;
    }
    Ok(layer)
}

struct Reader<'a> {
    text: &'a str,
    path: Arc<Path>,
    base: &'a Path,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().get(..offset).unwrap_or(self.text.as_bytes());
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }

    fn origin<T>(&self, spanned: &Spanned<T>) -> Origin {
        Origin::File { path: Arc::clone(&self.path), line: self.line(spanned.span().start) }
    }

    fn take(
        &self,
        layer: &mut Layer,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(), SettingsError> {
        let origin = self.origin(name);
        let written = name.get_ref().as_ref();
        if let Some(key) = Key::from_name(written) {
            let values = self.values(key, value)?;
            layer.entries.insert(key, Entry { values, origin });
        } else if let Some(secret) = SecretKey::from_name(written) {
            let source = self.secret(secret, value)?;
            layer.secrets.insert(secret, (source, origin));
        } else if written == WEBHOOKS_TABLE {
            self.webhooks(layer, value)?;
        } else {
            return Err(unknown_key(&origin, written, ""));
        }
        Ok(())
    }

    fn values(&self, key: Key, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, SettingsError> {
        let wrong = || self.wrong_type(key.name(), key.kind().expectation(), value);
        let one = |text: String| Ok(vec![text]);
        match (key.kind(), value.get_ref()) {
            (Kind::Text | Kind::TextOrNumber | Kind::Duration | Kind::Time | Kind::List, DeValue::String(text)) => {
                one(text.to_string())
            }
            (Kind::TextOrNumber | Kind::Number, DeValue::Integer(number)) => {
                match i128::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => one(number.to_string()),
                    Err(_) => Err(wrong()),
                }
            }
            (Kind::Time, DeValue::Datetime(moment)) => one(moment.to_string()),
            (Kind::Switch, DeValue::Boolean(switch)) => one(switch.to_string()),
            (Kind::Path, DeValue::String(text)) => one(self.path_text(key, text, value)?),
            (Kind::Sources, DeValue::String(text)) => one(self.source_text(text)),
            (Kind::Paths, DeValue::String(text)) => one(self.path_text(key, text, value)?),
            (Kind::List | Kind::Sources | Kind::Paths, DeValue::Array(items)) => items
                .iter()
                .map(|item| match item.get_ref().as_str() {
                    Some(text) if key.kind() == Kind::Sources => Ok(self.source_text(text)),
                    Some(text) if key.kind() == Kind::Paths => self.path_text(key, text, item),
                    Some(text) => Ok(text.to_owned()),
                    None => Err(self.wrong_type(key.name(), key.kind().expectation(), item)),
                })
                .collect(),
            (Kind::Duration, DeValue::Integer(number)) => {
                let (name, number) = (key.name(), number.as_str());
                Err(wrong().hint(format!("write {name} = \"{number}s\", or with m, h or d for a longer time")))
            }
            (Kind::Switch, DeValue::String(text)) => {
                Err(wrong().hint(format!("write {} = {}, without quotes", key.name(), text == "true")))
            }
            _ => Err(wrong()),
        }
    }

    fn path_text(&self, key: Key, text: &str, value: &Spanned<DeValue<'_>>) -> Result<String, SettingsError> {
        // A settings file is UTF-8, but the folder it lies in need not be.
        let joined = self.base.join(text);
        joined.to_str().map(str::to_owned).ok_or_else(|| {
            let origin = self.origin(value);
            SettingsError::new(format!("{origin}: {}: the path is not valid UTF-8", key.name()))
        })
    }

    /// A source of a received log: only paths are relative to the file, not `-` and addresses.
    fn source_text(&self, text: &str) -> String {
        if DatabaseAddress::is_meant(text) {
            return DatabaseAddress::text_relative_to(text, self.base);
        }
        if text == "-" || text.is_empty() || text.contains("://") {
            return text.to_owned();
        }
        if Path::new(text).is_absolute() {
            return text.to_owned();
        }
        // Sources may be patterns, so the folder's own name must not be read as one.
        let base = glob::Pattern::escape(&self.base.to_string_lossy());
        let is_pattern = text.contains(['*', '?', '[']);
        let base = if is_pattern { PathBuf::from(base) } else { self.base.to_path_buf() };
        base.join(text).to_string_lossy().into_owned()
    }

    fn secret(&self, key: SecretKey, value: &Spanned<DeValue<'_>>) -> Result<SecretSource, SettingsError> {
        const EXPECTED: &str =
            "the key as a string, { file = \"…\" }, { env = \"…\" } or { command = [\"program\", \"argument\"] }";
        let wrong = |value| self.wrong_type(key.name(), EXPECTED, value);
        let table = match value.get_ref() {
            DeValue::String(text) => return Ok(SecretSource::Value(SecretString::from(text.as_ref()))),
            DeValue::Table(table) => table,
            _ => return Err(wrong(value)),
        };
        let mut fields = table.iter();
        let (Some((name, field)), None) = (fields.next(), fields.next()) else {
            return Err(SettingsError::new(format!(
                "{}: {}: expected exactly one of file, env and command",
                self.origin(value),
                key.name()
            ))
            .hint("a key is had from one place; leave the others out"));
        };
        match (name.get_ref().as_ref(), field.get_ref()) {
            ("file", DeValue::String(path)) => Ok(SecretSource::File(self.base.join(path.as_ref()))),
            ("env", DeValue::String(variable)) => Ok(SecretSource::Variable(variable.to_string())),
            ("command", DeValue::String(line)) if !line.trim().is_empty() => {
                Ok(self.command(CommandForm::Shell(line.to_string())))
            }
            ("command", DeValue::Array(words)) if !words.is_empty() => {
                let words: Option<Vec<String>> =
                    words.iter().map(|word| word.get_ref().as_str().map(str::to_owned)).collect();
                words.map(|words| self.command(CommandForm::Program(words))).ok_or_else(|| wrong(field))
            }
            ("file" | "env" | "command", _) => Err(wrong(field)),
            (other, _) => Err(unknown_key(&self.origin(name), other, key.name())),
        }
    }

    fn command(&self, form: CommandForm) -> SecretSource {
        SecretSource::Command(CommandLine { form, directory: self.base.to_path_buf() })
    }

    fn webhooks(&self, layer: &mut Layer, value: &Spanned<DeValue<'_>>) -> Result<(), SettingsError> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong_type(WEBHOOKS_TABLE, "a table of names and webhook ids", value).hint(
                "write [webhooks] and below it one line for each: name = \"id\"; to choose webhooks, write webhook",
            ));
        };
        for (name, value) in table {
            let origin = self.origin(name);
            let name = name.get_ref().as_ref();
            if !is_usable_name(name) {
                return Err(SettingsError::new(format!("{origin}: {name:?} can't name a webhook"))
                    .hint("use letters, digits, dashes and the like, without commas, and not another id"));
            }
            let Some(text) = value.get_ref().as_str() else {
                return Err(self.wrong_type(name, "a webhook id as a string", value));
            };
            let id = parse_id(text).map_err(|unusable| SettingsError {
                message: format!("{origin}: {name}: {}", unusable.message),
                hint: unusable.hint,
                source: None,
            })?;
            layer.names.insert(name.to_owned(), id);
        }
        Ok(())
    }

    fn wrong_type(&self, name: &str, expected: &str, value: &Spanned<DeValue<'_>>) -> SettingsError {
        let (origin, found) = (self.origin(value), value.get_ref().type_str());
        let article = if found.starts_with(['a', 'i']) { "an" } else { "a" };
        SettingsError::new(format!("{origin}: {name}: expected {expected}, found {article} {found}"))
    }
}

fn is_usable_name(name: &str) -> bool {
    let is_id = uuid::Uuid::try_parse(name).is_ok();
    !is_id
        && (1..=100).contains(&name.len())
        && name.trim() == name
        && !name.contains(|c: char| c == ',' || c.is_control())
}

fn unknown_key(origin: &Origin, name: &str, inside: &str) -> SettingsError {
    let shown: String = name.chars().take(100).collect();
    if !inside.is_empty() {
        return SettingsError::new(format!("{origin}: unknown key {shown:?} in {inside}"))
            .hint("a key is had from one of file, env and command");
    }
    let error = SettingsError::new(format!("{origin}: unknown key {shown:?}"));
    let known = Key::ALL.into_iter().map(Key::name).chain(SecretKey::ALL.map(SecretKey::name)).chain([WEBHOOKS_TABLE]);
    match nearest(name, known) {
        Some(key) => error.hint(format!("did you mean {key:?}?")),
        None => error.hint("keys are the long flags without their dashes; see hookmend reconcile --help"),
    }
}

#[cfg(test)]
mod tests;
