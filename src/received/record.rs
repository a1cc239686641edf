//! What one line of a log says, as texts, and the interface of those who read it out of a line.
//!
//! Readers know a format; they never know which ids are wanted or which status codes count.

/// A few texts in one buffer that is used again for each line.
#[derive(Debug, Default)]
pub(super) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Texts {
    /// Forgets all texts and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds a text.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    /// How many texts there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text at a position.
    pub(super) fn get(&self, position: usize) -> &[u8] {
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start..self.ends[position]]
    }

    /// All texts in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|position| self.get(position))
    }
}

/// Whether the ids of a line can be taken at their word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Agreement {
    /// The field stands once, or says the same each time.
    #[default]
    Single,
    /// The field stands more than once and says different things.
    Contradictory,
}

/// What one line says.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The values of the id field; mostly one.
    pub(super) ids: Texts,
    /// The values of the status field.
    pub(super) statuses: Texts,
    /// The values of the time field.
    pub(super) times: Texts,
    /// Whether the ids contradict each other.
    pub(super) agreement: Agreement,
    /// Whether the line has the id field at all, be it empty.
    pub(super) has_id_field: bool,
    /// Whether a dash stands for the id, which web servers write for none.
    pub(super) has_dash: bool,
}

impl Record {
    /// Makes the record ready for the next line.
    pub(super) fn clear(&mut self) {
        self.ids.clear();
        self.statuses.clear();
        self.times.clear();
        self.agreement = Agreement::Single;
        self.has_id_field = false;
        self.has_dash = false;
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// The record holds what the line says, which may be nothing.
    Understood,
    /// The same, but the line may as well be of another format.
    Ambiguous,
    /// The line names the columns and holds no record.
    Header,
    /// The line is not of the format.
    Unreadable,
    /// The record goes on in the next line.
    Unfinished,
}

/// Reads records out of the lines of one file.
pub(super) trait RecordReader: Send {
    /// Reads one line, without its newline, into a record that was cleared.
    fn read(&mut self, line: &[u8], record: &mut Record) -> Reading;

    /// Gives up a record that was left unfinished; the next line starts a new one.
    fn abandon(&mut self) {}
}
