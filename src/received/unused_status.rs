//! Looks into a field that seems to hold the status code and was not named: whether lines would count
//! otherwise if it were. It reads the first lines of a file and decides about no id.

use std::io::{self, Read};

use super::judge::status_code;
use super::lines::{Line, LineReader};
use super::options::ReceivedOptions;
use super::plan::{Plan, Refusal, examine};
use super::record::{Reading, Record};
use super::records::OpenFile;
use super::scan::BOM;

/// The most lines that are looked at.
const MOST_LINES: u64 = 10_000;
/// The most bytes that are looked at.
const MOST_BYTES: u64 = 8 << 20;

/// A field that seems to hold the status code and is not used, and what the first lines say in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusedStatus {
    /// The field.
    pub field: String,
    /// Lines with an id that were looked at.
    pub lines: u64,
    /// Those whose status code would not count as received.
    pub refused: u64,
}

/// Looks at the first lines of a file; `None` where no such field is known, or they can't be read by it.
pub(super) fn look(open: &OpenFile, plan: &Plan, options: &ReceivedOptions) -> Option<UnusedStatus> {
    let field = plan.unused_status.clone()?;
    let options = ReceivedOptions { status: Some(field.clone()), ..options.clone() };
    let preferred: Vec<_> = plan.found_id.iter().cloned().collect();
    let by_status = examine(&open.file, open.packing, &options, &preferred).ok()?;
    let (lines, refused) = count(open, &by_status, &options).ok()?;
    Some(UnusedStatus { field: field.as_str().to_owned(), lines, refused })
}

/// How many of the first lines hold an id, and how many of these a status code that does not count.
fn count(open: &OpenFile, plan: &Plan, options: &ReceivedOptions) -> Result<(u64, u64), Refusal> {
    let mut reader = plan.layout.reader();
    let mut stream = LineReader::new(open.stream_from(0).map(|stream| stream.take(MOST_BYTES))?);
    let mut record = Record::default();
    let (mut seen, mut lines, mut refused) = (0, 0, 0);
    while seen < MOST_LINES {
        // What a broken archive begins with is enough here.
        let Some(line) = unless_broken(stream.next_line())? else { break };
        let Line::Whole(bytes, _) = line else { continue };
        let bytes = if seen == 0 { bytes.strip_prefix(BOM).unwrap_or(bytes) } else { bytes };
        seen += 1;
        record.clear();
        match reader.read(bytes, &mut record) {
            Reading::Understood | Reading::Ambiguous => {}
            Reading::Header | Reading::Unreadable | Reading::Unfinished => continue,
        }
        if record.ids.len() > 0 {
            let mut codes = record.statuses.iter().filter_map(status_code);
            lines += 1;
            refused += u64::from(codes.any(|code| !options.ok.contains(code)));
        }
    }
    Ok((lines, refused))
}

fn unless_broken(line: io::Result<Option<Line<'_>>>) -> io::Result<Option<Line<'_>>> {
    match line {
        Err(error) if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => Ok(None),
        other => other,
    }
}
