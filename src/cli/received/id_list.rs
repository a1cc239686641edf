//! A list of ids from a file or from standard input, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::ops::Range;

use crate::cli::errors::CliError;
use crate::event::{EventId, IdError, MAX_ID_BYTES};
use crate::exit::ExitCode;
use crate::receipt::{GatheredIds, Gathering, LINE_BYTES, WantedIds, crew};
use crate::received::pages::{PAGE, Pages};

/// The longest line that can be an id: one with its quotes and escapes, and the space around it.
const LONGEST_LINE: usize = 8 * MAX_ID_BYTES;
/// So much of a list is read at once.
const PORTION_BYTES: usize = if cfg!(test) { PAGE } else { 256 << 10 };
/// The most that is left of a portion, in whole pages.
const CARRIED_BYTES: usize = LONGEST_LINE.next_multiple_of(PAGE);
/// Less than this is not worth a thread.
const LEAST_PART_BYTES: usize = if cfg!(test) { 8 } else { 256 << 10 };
const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a list; `-` is standard input.
///
/// # Errors
/// When it can't be read, or a line can't be an id.
pub(super) fn read(name: &str) -> Result<WantedIds, CliError> {
    if name == "-" {
        return parse("standard input", io::stdin().lock());
    }
    let file = File::open(name).map_err(|error| unreadable(name, &error))?;
    read_file(name, &file)
}

/// Keeps the order of the list; an id that stands there twice is one.
fn read_file(name: &str, file: &File) -> Result<WantedIds, CliError> {
    match side_by_side(file) {
        Some(parts) => joined(name, parts),
        None => parse(name, file),
    }
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::new(ExitCode::Usage, format!("can't read the list of ids {name}: {error}"))
        .hint("check the path given with --absent-of")
}

/// Reads a list from its beginning to its end.
fn parse(name: &str, list: impl Read) -> Result<WantedIds, CliError> {
    let mut list = BufReader::with_capacity(PORTION_BYTES, list);
    let (mut part, mut portion) = (Part::of(Gathering::default().part(0)), Vec::new());
    loop {
        portion.clear();
        let read = list.by_ref().take(PORTION_BYTES as u64).read_to_end(&mut portion);
        // The rest of the last line; where that has no end, it is too long to be an id.
        let read = read.and_then(|_| list.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut portion));
        read.map_err(|error| unreadable(name, &error))?;
        let text = if part.lines == 0 { portion.strip_prefix(BOM).unwrap_or(&portion) } else { &portion[..] };
        part.take(text);
        if portion.is_empty() || part.refusal.is_some() {
            return joined(name, vec![part]);
        }
    }
}

/// All parts of a list as one.
fn joined(name: &str, parts: Vec<Part>) -> Result<WantedIds, CliError> {
    let (mut ids, mut lines) = (Vec::new(), 0);
    for part in parts {
        lines += part.lines;
        if let Some(reason) = part.refusal {
            return Err(CliError::new(ExitCode::Usage, format!("{name}:{lines} is no id: {reason}"))
                .hint("write one id on each line"));
        }
        ids.push(part.ids);
    }
    Ok(WantedIds::of_parts(ids))
}

/// The ids of some lines.
struct Part {
    ids: GatheredIds,
    /// How many lines were read.
    lines: u64,
    /// Why the last of them is no id.
    refusal: Option<String>,
}

impl Part {
    fn of(ids: GatheredIds) -> Self {
        Self { ids, lines: 0, refusal: None }
    }

    /// Takes in whole lines, up to the first that is no id.
    fn take(&mut self, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() {
            // Most lists have nothing but UUIDs, one behind the other.
            let uuids = self.ids.push_lines(rest);
            self.lines += uuids as u64;
            rest = &rest[uuids * LINE_BYTES..];
            if rest.is_empty() {
                break;
            }
            self.lines += 1;
            let (line, others) = rest.split_at(memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1));
            let line = line.strip_prefix(BOM).unwrap_or(line);
            match id_of(line.trim_ascii()) {
                Ok(id) => id.into_iter().for_each(|id| self.ids.push(id)),
                Err(reason) => {
                    self.refusal = Some(reason);
                    return;
                }
            }
            rest = others;
        }
    }
}

/// Reads a file in as many parts as there are processors to read them. `None` where it can't be cut into
/// parts, or has a line that must be looked at in its whole length.
fn side_by_side(file: &File) -> Option<Vec<Part>> {
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let length = usize::try_from(metadata.len()).ok().filter(|&length| length > 0)?;
    let count = crew::threads().min(length / LEAST_PART_BYTES + 1);
    let mut starts = Vec::new();
    for number in 1..count {
        starts.push(line_behind(file, length / count * number)?);
    }
    let ends = starts.iter().copied().chain([length]).collect::<Vec<usize>>();
    let ranges = [0].into_iter().chain(starts).zip(ends).map(|(start, end)| start..end);
    let gathering = Gathering::of_about(length / LINE_BYTES + 1);
    let part = |range: Range<usize>| {
        let ids = gathering.part(range.len() / LINE_BYTES + 1);
        read_part(file, range, ids)
    };
    crew::side_by_side(ranges.collect(), part).into_iter().collect()
}

/// Where the first line begins that does not begin before this place.
fn line_behind(file: &File, place: usize) -> Option<usize> {
    let before = place.checked_sub(1)?;
    let mut bytes = [0; LONGEST_LINE];
    let count = read_at(file, &mut bytes, before).ok()?;
    memchr::memchr(b'\n', &bytes[..count]).map(|newline| before + newline + 1)
}

/// Reads the lines of a part of the file.
fn read_part(file: &File, range: Range<usize>, ids: GatheredIds) -> Option<Part> {
    let mut part = Part::of(ids);
    // What was left of a portion is put before the next, which stays where it is read fastest.
    let mut buffer = Pages::new(CARRIED_BYTES + PORTION_BYTES);
    let mut at = range.start - range.start % PAGE;
    let mut from = CARRIED_BYTES + range.start - at;
    let mut is_first = range.start == 0;
    while at < range.end {
        let most = CARRIED_BYTES + PORTION_BYTES.min(range.end - at);
        let count = match read_at(file, &mut buffer[CARRIED_BYTES..most], at) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // Whoever reads it from its beginning meets the same error and tells of it.
            Err(_) => return None,
        };
        let filled = CARRIED_BYTES + count;
        if count == 0 || filled < from {
            return None;
        }
        at += count;
        let whole = if at == range.end { filled } else { from + memchr::memrchr(b'\n', &buffer[from..filled])? + 1 };
        let text = &buffer[from..whole];
        part.take(if is_first { text.strip_prefix(BOM).unwrap_or(text) } else { text });
        if part.refusal.is_some() {
            break;
        }
        from = CARRIED_BYTES.checked_sub(filled - whole)?;
        buffer.copy_within(whole..filled, from);
        is_first = false;
    }
    Some(part)
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: usize) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset as u64)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: usize) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset as u64)
}

/// The id of a line; a quoted JSON string stands for what it says.
fn id_of(line: &[u8]) -> Result<Option<EventId>, String> {
    let unquoted: Option<String> = if line.starts_with(b"\"") { serde_json::from_slice(line).ok() } else { None };
    let text = match &unquoted {
        Some(text) => text,
        None => std::str::from_utf8(line).map_err(|error| error.to_string())?,
    };
    match EventId::new(text) {
        Ok(id) => Ok(Some(id)),
        Err(IdError::Empty) => Ok(None),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, SeekFrom, Write};

    use super::*;

    /// The ids of a list, from a pipe and from a file.
    fn ids(list: &[u8]) -> Result<Vec<String>, String> {
        let texts = |wanted: WantedIds| wanted.ids().map(|id| id.text().into_owned()).collect();
        let parsed: Result<Vec<String>, String> = parse("list", list).map(texts).map_err(|error| error.message);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(list).and_then(|()| file.seek(SeekFrom::Start(0))).expect("it can be written");
        assert_eq!(read_file("list", &file).map(texts).map_err(|error| error.message), parsed);
        parsed
    }

    #[test]
    fn a_list_keeps_its_order_and_its_spelling_and_each_id_once() {
        let list = "\u{feff}b\r\n\n\u{feff} a b \n\"q\\u0041\"\nb\nD18ACA67-CFD3-4C00-93AA-0A5BC540856E\n\
                    d18aca67cfd34c0093aa0a5bc540856e\nlast";
        let expected = ["b", "a b", "qA", "D18ACA67-CFD3-4C00-93AA-0A5BC540856E", "last"].map(str::to_owned);
        assert_eq!(ids(list.as_bytes()), Ok(expected.to_vec()));
        assert_eq!(ids(b""), Ok(Vec::new()));
        let many: Vec<String> = (0..1_000).map(|number| format!("evt-{}", number * 7)).collect();
        assert_eq!(ids((many.join("\n\n") + "\n").as_bytes()), Ok(many.clone()));
        assert_eq!(ids((many.join("\n") + "\n" + &many.join("\r\n")).as_bytes()), Ok(many));
    }

    #[test]
    fn a_file_is_read_in_parts_where_a_list_is_usual() {
        let mut file = tempfile::tempfile().expect("a file");
        let list: Vec<String> = (0..1_000).map(|number| format!("{:036}\n", number * 7)).collect();
        file.write_all(list.concat().as_bytes()).expect("it can be written");
        let parts = side_by_side(&file).expect("it is usual");
        assert_eq!(parts.len(), crew::threads());
        assert_eq!(parts.iter().map(|part| part.lines).sum::<u64>(), 1_000);
    }

    #[test]
    fn what_is_refused_behind_many_uuids_is_called_by_its_line() {
        let line = |number: u128| format!("{}\n", uuid::Uuid::from_u128(number << 64 | 0xabc));
        // Around the ends of portions, of which each has about a hundred lines.
        for before in [0, 1, 7, 109, 110, 111, 112, 250] {
            let mut list: String = (0..before).map(line).collect();
            assert_eq!(ids(list.as_bytes()).map(|ids| ids.len() as u128), Ok(before));
            list.push_str(&"x".repeat(MAX_ID_BYTES + 1));
            let refusal = ids((list + "\n" + &line(1)).as_bytes()).expect_err("too long");
            assert!(refusal.starts_with(&format!("list:{} is no id", before + 1)), "{refusal}");
        }
    }

    #[test]
    fn what_can_be_no_id_is_refused_with_its_line() {
        assert!(ids(b"a\n\xff\n").expect_err("no UTF-8").starts_with("list:2 is no id"));
        assert!(
            ids(&[b"a\n".repeat(500), b"\xff\nb\n\xfe\n".to_vec()].concat()).expect_err("no").starts_with("list:501 ")
        );
        let long = "x".repeat(MAX_ID_BYTES + 1);
        assert!(ids(long.as_bytes()).expect_err("too long").contains("bytes long"));
        assert!(ids(&[b"a\n".repeat(500), b"x".repeat(9_000), b"\na\n".repeat(500)].concat()).is_err());
        let longer = vec![b'x'; 1 << 20];
        assert!(ids(&longer).expect_err("too long").contains("list:1"));
    }
}
