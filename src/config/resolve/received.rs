//! What is set of the received log.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use chrono_tz::Tz;

use super::super::error::{SettingsError, Unusable};
use super::super::keys::Key;
use super::super::layers::Layer;
use super::super::settings::{ReceivedFormat, ReceivedSettings, ReceivedSource};
use super::super::values::number;
use super::super::values::time::{Edge, parse_moment, parse_zone};
use super::Loaded;
use crate::received::DatabaseAddress;

/// What counts as received when the log has statuses.
const SUCCESS: RangeInclusive<u16> = 200..=299;

impl Loaded {
    /// The received log alone, for a command that needs nothing else.
    ///
    /// # Errors
    /// When a value can't be used.
    pub fn received_log(&self) -> Result<Option<ReceivedSettings>, SettingsError> {
        self.received(self.parsed(Key::TimeZone, parse_zone)?)
    }

    pub(super) fn received(&self, time_zone: Tz) -> Result<Option<ReceivedSettings>, SettingsError> {
        let format = self.choice(Key::ReceivedFormat, ReceivedFormat::ALL, ReceivedFormat::name)?;
        let field = |key| match self.text(key) {
            Some((entry, text)) if text.trim().is_empty() => {
                Err(entry.error(key, Unusable::new("the name of the field is empty")))
            }
            found => Ok(found.map(|(_, text)| text.to_owned())),
        };
        let status = field(Key::ReceivedStatus)?;
        let ok = match self.text(Key::ReceivedOk) {
            None => vec![SUCCESS],
            // An access log or a pattern brings its status along, and a database names it in its address.
            Some((entry, _)) if status.is_none() && !brings_status(format) && !self.names_database() => {
                return Err(entry.error(
                    Key::ReceivedOk,
                    Unusable::new("there is no status to compare with").hint("name its field with --received-status"),
                ));
            }
            Some(_) => self.parsed(Key::ReceivedOk, number::parse_status_codes)?,
        };
        let since = match self.text(Key::ReceivedSince) {
            None => None,
            Some(_) => {
                Some(self.parsed(Key::ReceivedSince, |text| parse_moment(text, time_zone, self.now, Edge::Coverage))?)
            }
        };
        let (id, time) = (field(Key::ReceivedId)?, field(Key::ReceivedTime)?);
        let Some(sources) = self.received_sources()? else { return Ok(None) };
        let query = self.query(&sources)?;
        let ca_file = self.text(Key::CaFile).map(|(_, text)| PathBuf::from(text));
        Ok(Some(ReceivedSettings { sources, format, id, status, ok, time, since, time_zone, query, ca_file }))
    }

    /// Whether any source is a database, which may name its status in its address.
    fn names_database(&self) -> bool {
        let entry = self.layer.entries.get(&Key::Received);
        entry.is_some_and(|entry| entry.values.iter().any(|text| DatabaseAddress::is_meant(text)))
    }

    fn query(&self, sources: &[ReceivedSource]) -> Result<Option<String>, SettingsError> {
        let Some((entry, text)) = self.text(Key::ReceivedQuery) else { return Ok(None) };
        let is_wanted = sources.iter().any(|source| match source {
            ReceivedSource::Database(address) => address.wants_query(),
            ReceivedSource::Stdin | ReceivedSource::Named(_) => false,
        });
        if text.trim().is_empty() || !is_wanted {
            let unusable = Unusable::new(if is_wanted { "the query is empty" } else { "nobody would ask it" });
            let hint =
                "it is for a database that is named without a table, such as --received postgres://host/database";
            return Err(entry.error(Key::ReceivedQuery, unusable.hint(hint)));
        }
        Ok(Some(text.to_owned()))
    }

    fn received_sources(&self) -> Result<Option<Vec<ReceivedSource>>, SettingsError> {
        let Some(entry) = self.layer.entries.get(&Key::Received).filter(|entry| !entry.values.is_empty()) else {
            return Ok(None);
        };
        let mut sources = Vec::new();
        for text in &entry.values {
            let source = match text.as_str() {
                "-" => ReceivedSource::Stdin,
                "" => return Err(entry.error(Key::Received, Unusable::new("the path is empty"))),
                text if DatabaseAddress::is_meant(text) => {
                    let address = DatabaseAddress::parse(text)
                        .map_err(|error| entry.error(Key::Received, Unusable::new(error.message).hint(error.hint)))?;
                    ReceivedSource::Database(Box::new(address))
                }
                text => ReceivedSource::Named(text.to_owned()),
            };
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        Ok(Some(sources))
    }
}

/// Whether logs of this format may have a status that nobody named.
fn brings_status(format: ReceivedFormat) -> bool {
    match format {
        ReceivedFormat::Auto | ReceivedFormat::Text => true,
        ReceivedFormat::Ids | ReceivedFormat::Jsonl | ReceivedFormat::Csv => false,
    }
}

/// Everybody on the machine can see the arguments of a program.
pub(super) fn password_on_command_line(flags: &Layer) -> Option<String> {
    let entry = flags.entries.get(&Key::Received)?;
    entry.values.iter().any(|text| holds_password(text)).then(|| {
        "others on this machine can see the password given with --received; put it into PGPASSWORD, ~/.pgpass or the \
         settings file"
            .to_owned()
    })
}

/// Whether this source of a received log holds a password, or may: one that can't be read may hold one where
/// nobody would look for it.
pub(in crate::config) fn holds_password(source: &str) -> bool {
    let may_hold_one = || source.contains('@') || source.to_ascii_lowercase().contains("password");
    DatabaseAddress::is_meant(source)
        && DatabaseAddress::parse(source).map_or_else(|_| may_hold_one(), |address| address.has_password())
}
