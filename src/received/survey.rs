//! What a log holds, told without any question: for an operator who checks it before trusting it.

use chrono::{DateTime, Utc};

use super::distinct::Count;
use super::plan::Layout;
use super::records::FileRecord;
use super::unused_status::UnusedStatus;
use crate::receipt::{Coverage, LogStats};

/// What a log holds.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Source by source, the oldest file of a rotation first.
    pub sources: Vec<SourceSurvey>,
    /// The different ids of all sources together.
    pub distinct: Count,
    /// What the log can speak of.
    pub coverage: Coverage,
    /// All sources together.
    pub stats: LogStats,
}

/// What one source holds.
#[derive(Clone, Debug)]
pub struct SourceSurvey {
    /// Its name.
    pub name: String,
    /// Its format.
    pub format: &'static str,
    /// How it is packed, `plain` when not at all.
    pub packing: &'static str,
    /// How it was read, and why.
    pub how: String,
    /// Lines, blank ones not counted.
    pub lines: u64,
    /// Lines that held an id as received.
    pub ids: u64,
    /// The different ids among these.
    pub distinct: Count,
    /// Lines that held an id and a status that does not count as received.
    pub refused: u64,
    /// A field that seems to hold the status code and is not used.
    pub unused_status: Option<UnusedStatus>,
    /// Lines that could not be understood.
    pub unreadable: u64,
    /// Where the first of these stands, as `name:line`.
    pub first_unreadable: Option<String>,
    /// The earliest time among the first lines.
    pub first_time: Option<DateTime<Utc>>,
    /// The latest time.
    pub last_time: Option<DateTime<Utc>>,
    /// Why it could not be read whole, or why it can't be believed.
    pub fault: Option<String>,
}

impl SourceSurvey {
    /// What is remembered of a file, as a survey.
    pub(super) fn of(record: &FileRecord, unused_status: Option<UnusedStatus>) -> Self {
        let progress = record.progress.as_ref();
        let mut story = progress.map(|progress| progress.story.clone()).unwrap_or_default();
        progress.iter().for_each(|progress| story.add(&progress.tail));
        Self {
            name: record.path.display().to_string(),
            format: match record.plan.layout {
                Layout::Empty => "empty",
                Layout::Ids => "ids",
                Layout::Jsonl(_) => "jsonl",
                Layout::Csv(_) => "csv",
                Layout::Text(_) => "text",
            },
            packing: record.packing().name(),
            how: record.plan.why.clone(),
            lines: story.lines,
            ids: story.ids,
            distinct: progress.map(|progress| progress.distinct).unwrap_or_default(),
            refused: story.refused,
            unused_status,
            unreadable: story.unreadable,
            first_unreadable: story.first_unreadable,
            first_time: story.opening,
            last_time: story.latest,
            fault: progress.and_then(|progress| progress.fault().cloned()),
        }
    }
}
