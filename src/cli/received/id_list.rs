//! A list of ids from a file or from standard input, one a line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use crate::cli::errors::CliError;
use crate::event::{EventId, IdError, MAX_ID_BYTES};
use crate::exit::ExitCode;
use crate::receipt::WantedIds;

/// The longest line that can be an id: one with its quotes and escapes, and the space around it.
const LONGEST_LINE: u64 = 8 * MAX_ID_BYTES as u64;

/// Reads a list; `-` is standard input.
///
/// # Errors
/// When it can't be read, or a line can't be an id.
pub(super) fn read(name: &str) -> Result<WantedIds, CliError> {
    if name == "-" {
        return parse("standard input", io::stdin().lock());
    }
    let file = File::open(name).map_err(|error| unreadable(name, &error))?;
    parse(name, BufReader::with_capacity(1 << 20, file))
}

fn unreadable(name: &str, error: &io::Error) -> CliError {
    CliError::new(ExitCode::Usage, format!("can't read the list of ids {name}: {error}"))
        .hint("check the path given with --absent-of")
}

/// Keeps the order of the list; an id that stands there twice is one.
fn parse(name: &str, mut list: impl BufRead) -> Result<WantedIds, CliError> {
    let mut ids = Vec::new();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = list.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(|error| unreadable(name, &error))? == 0 {
            break;
        }
        let text = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line };
        match id_of(text.trim_ascii()) {
            Ok(None) => {}
            Ok(Some(id)) => ids.push(id),
            Err(reason) => {
                return Err(CliError::new(ExitCode::Usage, format!("{name}:{number} is no id: {reason}"))
                    .hint("write one id on each line"));
            }
        }
    }
    Ok(WantedIds::new(ids))
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
    }

    #[test]
    fn what_can_be_no_id_is_refused_with_its_line() {
        assert!(ids(b"a\n\xff\n").expect_err("no UTF-8").starts_with("list:2 is no id"));
        let long = "x".repeat(MAX_ID_BYTES + 1);
        assert!(ids(long.as_bytes()).expect_err("too long").contains("bytes long"));
        let longer = vec![b'x'; 1 << 20];
        assert!(ids(&longer).expect_err("too long").contains("list:1"));
    }
}
