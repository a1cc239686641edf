//! How one file is to be read: its format and where its fields are, and why.
//!
//! It reads a file until it is sure and never further, and it knows nothing of wanted ids.

use std::fs::File;
use std::io::{self, Read};

use super::csv::{CsvLayout, CsvReader, FirstRow};
use super::detect::{Sample, detect};
use super::ids::IdsReader;
use super::json_fields;
use super::jsonl::{JsonFields, JsonlReader};
use super::options::{FieldSpec, Format, ReceivedOptions, StatusSet};
use super::packing::{Packing, UntilBreak, unpacked};
use super::record::RecordReader;
use super::sniff::{HEAD_BYTES, NotText, refuse_unless_text};
use super::table;
use super::text::{IdField, Shape, TextLayout, TextReader};
use super::text_fields;

/// How the lines of one file are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// The file holds no line yet.
    Empty,
    /// One id on each line.
    Ids,
    /// One JSON object on each line.
    Jsonl(JsonFields),
    /// A table.
    Csv(CsvLayout),
    /// Text lines.
    Text(TextLayout),
}

impl Layout {
    /// A reader for a file laid out like this, from its first line on.
    pub(super) fn reader(&self) -> Box<dyn RecordReader> {
        match self {
            Self::Empty | Self::Ids => Box::new(IdsReader),
            Self::Jsonl(fields) => Box::new(JsonlReader::new(fields)),
            Self::Csv(layout) => Box::new(CsvReader::new(layout)),
            Self::Text(layout) => Box::new(TextReader::new(layout)),
        }
    }

    /// A reader that goes on behind a header that was read before.
    pub(super) fn reader_behind_header(&self) -> Box<dyn RecordReader> {
        match self {
            Self::Csv(layout) => Box::new(CsvReader::behind_header(layout)),
            Self::Empty | Self::Ids | Self::Jsonl(_) | Self::Text(_) => self.reader(),
        }
    }

    /// Whether its first row names the columns.
    pub(super) fn has_header(&self) -> bool {
        match self {
            Self::Csv(layout) => layout.first_row == FirstRow::Header,
            Self::Empty | Self::Ids | Self::Jsonl(_) | Self::Text(_) => false,
        }
    }

    /// Whether a line that has lost its beginning may look like one that says nothing of ids.
    pub(super) fn may_begin_anywhere(&self) -> bool {
        let by_pattern = |layout: &TextLayout| matches!(layout.id, IdField::Pattern(_));
        matches!(self, Self::Text(layout) if by_pattern(layout) || layout.shape == Shape::Pairs)
    }

    /// Whether its lines have a time that was asked for.
    pub(super) fn has_time(&self) -> bool {
        match self {
            Self::Empty | Self::Ids => false,
            Self::Jsonl(fields) => fields.time.is_some(),
            Self::Csv(layout) => layout.time.is_some(),
            Self::Text(layout) => layout.time.is_some(),
        }
    }

    /// Whether its lines have a status that must be asked for.
    pub(super) fn has_status(&self) -> bool {
        match self {
            Self::Empty | Self::Ids => false,
            Self::Jsonl(fields) => fields.status.is_some(),
            Self::Csv(layout) => layout.status.is_some(),
            Self::Text(layout) => layout.status.is_some(),
        }
    }
}

/// How a file is to be read, and why.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// How its lines are laid out.
    pub(super) layout: Layout,
    /// The id field, if one was found rather than named; other files of the log should have the same.
    pub(super) found_id: Option<FieldSpec>,
    /// A field that seems to hold the status code and is not used.
    pub(super) unused_status: Option<FieldSpec>,
    /// The choices that were made, in words.
    pub(super) why: String,
}

/// Why a file can't be read as a received log.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Reading failed.
    Io(io::Error),
    /// What was read is no log of the kind.
    Unusable {
        /// What was found instead.
        message: String,
        /// What to do.
        hint: String,
    },
}

impl Refusal {
    /// What was read is no log of the kind.
    pub(super) fn unusable(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Unusable { message: message.into(), hint: hint.into() }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<NotText> for Refusal {
    fn from(not_text: NotText) -> Self {
        Self::Unusable { message: not_text.message, hint: not_text.hint }
    }
}

/// Looks at a file and decides how it is to be read. `preferred` are id fields that were found in
/// other files of the same log.
///
/// Of a packed file that breaks off, what comes before the break is looked at.
pub(super) fn examine(
    file: &File,
    packing: Packing,
    options: &ReceivedOptions,
    preferred: &[FieldSpec],
) -> Result<Plan, Refusal> {
    let looking = Looking { file, packing, options, preferred };
    refuse_unless_text(&head_of(&looking)?)?;
    let sample = Sample::of(looking.stream()?)?;
    if sample.lines.is_empty() {
        return Ok(Plan { layout: Layout::Empty, found_id: None, unused_status: None, why: "empty".to_owned() });
    }
    let (format, reason) = match options.format {
        Some(format) => (format, "as it was said".to_owned()),
        None => detect(&sample, options)?,
    };
    let mut plan = looking.plan(format, &reason, &sample)?;
    if !plan.layout.has_status() && options.ok != StatusSet::default() {
        return Err(Refusal::unusable(
            format!("its lines have no status that could be {}", options.ok),
            "name the field of the status with --received-status, or leave --received-ok out",
        ));
    }
    if packing != Packing::Plain {
        plan.why = format!("{packing}, {}", plan.why);
    }
    Ok(plan)
}

/// A file that is being looked at.
struct Looking<'l> {
    file: &'l File,
    packing: Packing,
    options: &'l ReceivedOptions,
    preferred: &'l [FieldSpec],
}

impl Looking<'_> {
    /// What the file holds, from its start.
    fn stream(&self) -> io::Result<Box<dyn Read + '_>> {
        let stream = unpacked(self.file, self.packing)?;
        Ok(match self.packing {
            Packing::Plain => stream,
            Packing::Gzip | Packing::Zstd | Packing::Xz | Packing::Bzip2 => Box::new(UntilBreak(stream)),
        })
    }

    fn plan(&self, format: Format, reason: &str, sample: &Sample) -> Result<Plan, Refusal> {
        let (options, preferred) = (self.options, self.preferred);
        match format {
            Format::Ids => plan_ids(sample, options, reason),
            Format::Jsonl => {
                let choice = json_fields::choose(self.stream()?, options, preferred)?;
                let why = format!("jsonl ({reason}), {}", choice.why);
                let unused_status = choice.unused_status;
                Ok(Plan { layout: Layout::Jsonl(choice.fields), found_id: choice.found_id, unused_status, why })
            }
            Format::Csv => {
                let choice = table::choose(sample, options, preferred)?;
                let why = format!("csv ({reason}), {}", choice.why);
                let unused_status = choice.unused_status;
                Ok(Plan { layout: Layout::Csv(choice.layout), found_id: choice.found_id, unused_status, why })
            }
            Format::Text => {
                let choice = text_fields::choose(sample, self.stream()?, options, preferred)?;
                let why = format!("text ({reason}), {}", choice.why);
                let unused_status = choice.unused_status;
                Ok(Plan { layout: Layout::Text(choice.layout), found_id: choice.found_id, unused_status, why })
            }
        }
    }
}

/// The first bytes that tell something: a hole of NULs at the start is skipped.
fn head_of(looking: &Looking<'_>) -> io::Result<Vec<u8>> {
    let mut stream = looking.stream()?;
    let mut first = Vec::new();
    stream.by_ref().take(HEAD_BYTES).read_to_end(&mut first)?;
    let mut head = first.clone();
    while !head.is_empty() && head.iter().all(|&byte| byte == 0) {
        head.clear();
        stream.by_ref().take(HEAD_BYTES).read_to_end(&mut head)?;
    }
    Ok(if head.is_empty() { first } else { head })
}

fn plan_ids(sample: &Sample, options: &ReceivedOptions, reason: &str) -> Result<Plan, Refusal> {
    let named = [("status", &options.status), ("time", &options.time)];
    if let Some((what, field)) = named.iter().find_map(|(what, field)| Some((what, field.as_ref()?))) {
        return Err(Refusal::unusable(
            format!("it holds one id a line, and such lines have no {what} field {field:?}", field = field.as_str()),
            "name a log of JSON lines or a table, or leave the field out",
        ));
    }
    if sample.share_of_ids() * 2 < sample.lines.len() {
        return Err(Refusal::unusable(
            format!("of its first {} lines, {} are one id each", sample.lines.len(), sample.share_of_ids()),
            "say how it is to be read with --received-format, or write one id on each line",
        ));
    }
    let note = if options.id.is_some() { "; the named id field does not apply to such lines" } else { "" };
    let why = format!("ids ({reason}), each line is an id{note}");
    Ok(Plan { layout: Layout::Ids, found_id: None, unused_status: None, why })
}

/// What the user sees of a choice of fields.
pub(super) fn fields_in_words(id: &str, how: &str, options: &ReceivedOptions, unused_status: Option<&str>) -> String {
    let mut words = format!("id in {id:?} ({how})");
    match (&options.status, unused_status) {
        (Some(status), _) => words.push_str(&format!(", received when {:?} is {}", status.as_str(), options.ok)),
        (None, Some(name)) => {
            words.push_str(&format!(
                ", every line counts as received although there is a field {name:?}; see --received-status"
            ));
        }
        (None, None) => words.push_str(", every line counts as received"),
    }
    if let Some(time) = &options.time {
        words.push_str(&format!(", time in {:?}", time.as_str()));
    }
    words
}

/// The refusal of a file that lacks a field.
pub(super) fn lacks_field(what: &str, name: &str, seen: &[String]) -> Refusal {
    let seen = if seen.is_empty() { "it has no fields".to_owned() } else { format!("it has {}", seen.join(", ")) };
    Refusal::unusable(
        format!("it has no {what} field {name:?}; {seen}"),
        format!("name one of these with --received-{what}"),
    )
}

/// The refusal of a file in which no id field can be recognised.
pub(super) fn no_id_field(seen: &[String]) -> Refusal {
    let seen = if seen.is_empty() { "it has no fields".to_owned() } else { format!("it has {}", seen.join(", ")) };
    Refusal::unusable(
        format!("which of its fields holds the event id can't be told; {seen}"),
        "name the field with --received-id",
    )
}

/// The first row as the user's words for columns need it.
pub(super) fn first_row_word(first_row: FirstRow) -> &'static str {
    match first_row {
        FirstRow::Header => "with a header",
        FirstRow::Data => "without a header",
    }
}
