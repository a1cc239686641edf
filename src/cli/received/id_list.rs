//! A list of ids from a file or from standard input, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::num::NonZero;
use std::thread;

use crate::cli::errors::CliError;
use crate::event::{EventId, IdError, MAX_ID_BYTES};
use crate::exit::ExitCode;
use crate::receipt::WantedIds;

/// The longest line that can be an id: one with its quotes and escapes, and the space around it.
const LONGEST_LINE: u64 = 8 * MAX_ID_BYTES as u64;
/// So much of a list is read at once.
const PORTION_BYTES: u64 = if cfg!(test) { 64 } else { 8 << 20 };
/// Less than this is not worth a thread.
const LEAST_PART_BYTES: usize = if cfg!(test) { 8 } else { 256 << 10 };
/// A line with a UUID has so many bytes.
const BYTES_OF_LINE: usize = 37;
/// More threads than this only wait for memory.
const MOST_THREADS: usize = 4;

/// Reads a list; `-` is standard input.
///
/// # Errors
/// When it can't be read, or a line can't be an id.
pub(super) fn read(name: &str) -> Result<WantedIds, CliError> {
    if name == "-" {
        return parse("standard input", io::stdin().lock());
    }
    let file = File::open(name).map_err(|error| unreadable(name, &error))?;
    parse(name, BufReader::new(file))
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::new(ExitCode::Usage, format!("can't read the list of ids {name}: {error}"))
        .hint("check the path given with --absent-of")
}

/// Keeps the order of the list; an id that stands there twice is one.
fn parse(name: &str, mut list: impl BufRead) -> Result<WantedIds, CliError> {
    let (mut ids, mut lines, mut portion) = (Vec::new(), 0, Vec::new());
    loop {
        portion.clear();
        let read = list.by_ref().take(PORTION_BYTES).read_to_end(&mut portion);
        // The rest of the last line; where that has no end, it is too long to be an id.
        let read = read.and_then(|_| list.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut portion));
        read.map_err(|error| unreadable(name, &error))?;
        if portion.is_empty() {
            return Ok(WantedIds::new(ids));
        }
        let text = if lines == 0 { portion.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&portion) } else { &portion[..] };
        for part in ids_of(text) {
            ids.extend(part.ids);
            if let Some(reason) = part.refusal {
                let number = lines + part.lines;
                return Err(CliError::new(ExitCode::Usage, format!("{name}:{number} is no id: {reason}"))
                    .hint("write one id on each line"));
            }
            lines += part.lines;
        }
    }
}

/// The ids of some lines.
#[derive(Default)]
struct Part {
    ids: Vec<EventId>,
    /// How many lines were read.
    lines: u64,
    /// Why the last of them is no id.
    refusal: Option<String>,
}

impl Part {
    fn of(text: &[u8]) -> Self {
        let mut part = Self { ids: Vec::with_capacity(text.len() / BYTES_OF_LINE), lines: 0, refusal: None };
        let mut rest = text;
        while !rest.is_empty() {
            part.lines += 1;
            // Most lists have nothing but UUIDs, one behind the other.
            if let Some((usual, [b'\n', others @ ..])) = rest.split_first_chunk()
                && let Some(id) = EventId::of_usual(usual)
            {
                part.ids.push(id);
                rest = others;
                continue;
            }
            let (line, others) = rest.split_at(memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1));
            match id_of(line.trim_ascii()) {
                Ok(id) => part.ids.extend(id),
                Err(reason) => {
                    part.refusal = Some(reason);
                    break;
                }
            }
            rest = others;
        }
        part
    }
}

/// The ids of whole lines, in as many parts as there are processors to read them.
fn ids_of(text: &[u8]) -> Vec<Part> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS);
    let least = (text.len() / threads + 1).max(LEAST_PART_BYTES);
    let (mut parts, mut rest) = (Vec::new(), text);
    while rest.len() > least {
        let newline = rest[least - 1..].iter().position(|&byte| byte == b'\n');
        let (part, others) = rest.split_at(newline.map_or(rest.len(), |more| least + more));
        parts.push(part);
        rest = others;
    }
    thread::scope(|scope| {
        let others: Vec<_> = parts.into_iter().map(|part| scope.spawn(|| Part::of(part))).collect();
        let last = Part::of(rest);
        let join = |thread: thread::ScopedJoinHandle<'_, Part>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        others.into_iter().map(join).chain([last]).collect()
    })
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
    use super::*;

    fn ids(list: &[u8]) -> Result<Vec<String>, String> {
        let wanted = parse("list", list).map_err(|error| error.message)?;
        Ok(wanted.ids().iter().map(|id| id.text().into_owned()).collect())
    }

    #[test]
    fn a_list_keeps_its_order_and_its_spelling_and_each_id_once() {
        let list = "\u{feff}b\r\n\n a b \n\"q\\u0041\"\nb\nD18ACA67-CFD3-4C00-93AA-0A5BC540856E\n\
                    d18aca67cfd34c0093aa0a5bc540856e\nlast";
        let expected = ["b", "a b", "qA", "D18ACA67-CFD3-4C00-93AA-0A5BC540856E", "last"].map(str::to_owned);
        assert_eq!(ids(list.as_bytes()), Ok(expected.to_vec()));
        assert_eq!(ids(b""), Ok(Vec::new()));
        let many: Vec<String> = (0..1_000).map(|number| format!("evt-{}", number * 7)).collect();
        assert_eq!(ids((many.join("\n\n") + "\n").as_bytes()), Ok(many.clone()));
        assert_eq!(ids((many.join("\n") + "\n" + &many.join("\r\n")).as_bytes()), Ok(many));
    }

    #[test]
    fn what_can_be_no_id_is_refused_with_its_line() {
        assert!(ids(b"a\n\xff\n").expect_err("no UTF-8").starts_with("list:2 is no id"));
        assert!(
            ids(&[b"a\n".repeat(500), b"\xff\nb\n\xfe\n".to_vec()].concat()).expect_err("no").starts_with("list:501 ")
        );
        let long = "x".repeat(MAX_ID_BYTES + 1);
        assert!(ids(long.as_bytes()).expect_err("too long").contains("bytes long"));
        let longer = vec![b'x'; 1 << 20];
        assert!(ids(&longer).expect_err("too long").contains("list:1"));
    }
}
