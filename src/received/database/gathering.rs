//! Gathers the rows of a table that nobody asked for, by the same rules as the lines of a file.

use super::spelling::Cell;
use super::tally::RowStatus;
use super::{Rules, Trouble};
use crate::event::Window;
use crate::receipt::{Sighting, Unlisted, WantedIds};
use crate::received::others::Others;
use crate::received::time::parse_time;

/// Why a database that is asked by a query can't be read the other way.
pub(super) const BY_QUERY: &str = "a query of your own answers what it is asked and can't tell what else the log holds; \
                                   name the table and its column instead";

/// The rows that were not asked for.
pub(super) struct Gathering<'w> {
    others: Others<'w>,
    rules: &'w Rules,
}

impl<'w> Gathering<'w> {
    /// No row was seen yet.
    pub(super) fn new(listed: &'w WantedIds, rules: &'w Rules, window: Window) -> Self {
        Self { others: Others::new(listed, window), rules }
    }

    /// Takes in a row, whichever id it holds.
    pub(super) fn take(&mut self, id: &Cell, status: RowStatus<'_>, time: Option<&Cell>) {
        if status.sighting(self.rules) != Sighting::Received {
            return;
        }
        let time = time.and_then(Cell::text).and_then(|text| parse_time(&text, self.rules.zone));
        let uuid = match id {
            // Sixteen bytes that are no text are a UUID.
            Cell::Bytes(bytes) if !bytes.iter().all(u8::is_ascii_graphic) => bytes.as_slice().try_into().ok(),
            _ => None,
        };
        if let Some(text) = uuid.map(Cell::Uuid).as_ref().unwrap_or(id).text() {
            self.others.take(&text, time);
        }
    }

    /// What was gathered; nothing is told where not all of it could be read.
    pub(super) fn conclude(self, gathered: Result<(), Trouble>) -> Unlisted {
        let unlisted = self.others.finish();
        match gathered {
            Ok(()) => unlisted,
            Err(
                Trouble::Refused { message, .. }
                | Trouble::Unreachable { message, .. }
                | Trouble::Misled { message, .. },
            ) => untold(message),
        }
    }
}

/// The answer of a log that can't tell what else it holds.
pub(super) fn untold(reason: impl Into<String>) -> Unlisted {
    Unlisted { untold: Some(reason.into()), ..Unlisted::default() }
}
