//! Ids as they come from arguments, a file or standard input, one a line; blank lines and lines that
//! begin with `#` are left out.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::cli::errors::CliError;
use crate::event::EventId;
use crate::exit::ExitCode;

/// The most that is read of a list of ids, in bytes: a million ids of a usual length.
const LARGEST_LIST: u64 = 64 * 1024 * 1024;
/// What the first line of a plan holds, whichever version wrote it.
const PLAN: &str = "hookmend/plan/";
/// The argument, and the name of a file, that mean standard input.
pub const STDIN: &str = "-";

/// Reads the ids from everywhere they were given, each once, in the order in which they were given.
/// `where_to_look` is the hint for somebody who gave none.
///
/// # Errors
/// When a source can't be read, a text can't be an id, or there is none at all.
pub fn read(arguments: &[String], file: Option<&Path>, where_to_look: &str) -> Result<Vec<EventId>, CliError> {
    let mut ids = Ids::default();
    let mut reads_stdin = false;
    for argument in arguments {
        if argument == STDIN {
            reads_stdin = true;
        } else {
            ids.add(argument, || "the arguments".to_owned())?;
        }
    }
    match file {
        Some(path) if path == Path::new(STDIN) => reads_stdin = true,
        Some(path) => {
            let opened = File::open(path).map_err(|error| {
                let shown = CliError::of(ExitCode::Usage, &error);
                let message = format!("can't read the ids in {}: {}", path.display(), shown.message);
                CliError { message, ..shown }.hint("check the path given with --from-file")
            })?;
            ids.add_lines(opened, &path.display().to_string())?;
        }
        None => {}
    }
    if reads_stdin {
        ids.add_lines(io::stdin().lock(), "standard input")?;
    }
    if ids.ids.is_empty() {
        // An empty list is more likely a mistake further up the pipe than a wish.
        return Err(CliError::new(ExitCode::Usage, "no event id was given").hint(where_to_look));
    }
    Ok(ids.ids)
}

#[derive(Default)]
struct Ids {
    ids: Vec<EventId>,
    seen: HashSet<EventId>,
}

impl Ids {
    fn add(&mut self, text: &str, place: impl Fn() -> String) -> Result<(), CliError> {
        let id = EventId::new(text.trim()).map_err(|error| {
            CliError::new(ExitCode::Usage, format!("{}: {error}", place())).hint("give one event id on each line")
        })?;
        if self.seen.insert(id.clone()) {
            self.ids.push(id);
        }
        Ok(())
    }

    fn add_lines(&mut self, input: impl Read, name: &str) -> Result<(), CliError> {
        let refused = |message: String| CliError::new(ExitCode::Usage, message).hint("give one event id on each line");
        let mut bytes = Vec::new();
        let read = input.take(LARGEST_LIST + 1).read_to_end(&mut bytes);
        read.map_err(|error| refused(format!("can't read the ids in {name}: {error}")))?;
        if bytes.len() as u64 > LARGEST_LIST {
            return Err(refused(format!("{name} is larger than {} MiB", LARGEST_LIST >> 20)));
        }
        let text = String::from_utf8(bytes).map_err(|_| refused(format!("{name} is not text (UTF-8)")))?;
        let text = text.trim_start_matches('\u{feff}');
        if text.lines().next().is_some_and(|first| first.trim_start().starts_with('{') && first.contains(PLAN)) {
            return Err(CliError::new(ExitCode::Usage, format!("{name} is a plan of hookmend and no list of ids"))
                .hint("carry it out with `hookmend apply`, which looks at the received log again first"));
        }
        for (place, line) in text.lines().enumerate() {
            if !line.trim().is_empty() && !line.trim_start().starts_with('#') {
                self.add(line, || format!("{name}, line {}", place + 1))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Result<Vec<String>, CliError> {
        let mut ids = Ids::default();
        ids.add_lines(input, "ids.txt")?;
        Ok(ids.ids.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn blank_lines_spaces_and_a_byte_order_mark_do_not_matter() {
        assert_eq!(lines("\u{feff}a-1\r\n\n  b-2 \n".as_bytes()).unwrap(), ["a-1", "b-2"]);
    }

    #[test]
    fn blank_lines_and_comments_are_left_out_and_lines_are_counted_all_the_same() {
        assert_eq!(lines(b"# repaired by hand\na-1\n\n  # b-2 is\nc#3\n").unwrap(), ["a-1", "c#3"]);
        let error = lines(format!("# ids\n\n{}\n", "x".repeat(2_000)).as_bytes()).unwrap_err();
        assert!(error.message.starts_with("ids.txt, line 3: "), "{error:?}");
    }

    #[test]
    fn a_plan_is_not_taken_for_ids() {
        let plan = b"{\"type\":\"plan\",\"schema\":\"hookmend/plan/1\"}\n{\"type\":\"resend\"}\n";
        let error = lines(plan).unwrap_err();
        assert_eq!(
            (error.exit, error.message.as_str()),
            (ExitCode::Usage, "ids.txt is a plan of hookmend and no list of ids")
        );
        assert!(error.hints[0].contains("hookmend apply"), "{error:?}");
    }

    #[test]
    fn an_id_is_taken_once_however_it_is_spelt() {
        let spellings = b"7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11\n{7A61F8AE-5D0C-4E43-9A52-5A0A6B0F6D11}\n";
        assert_eq!(lines(spellings).unwrap(), ["7a61f8ae-5d0c-4e43-9a52-5a0a6b0f6d11"]);
    }

    #[test]
    fn what_can_not_be_an_id_is_refused_with_its_line() {
        let long = format!("a\n{}\n", "x".repeat(2_000));
        let error = lines(long.as_bytes()).unwrap_err();
        assert_eq!(error.exit, ExitCode::Usage);
        assert!(error.message.starts_with("ids.txt, line 2: "), "{error:?}");
        assert!(lines(&[0xff, 0xfe, b'\n']).unwrap_err().message.contains("not text"));
    }

    #[test]
    fn no_id_at_all_is_a_mistake() {
        assert_eq!(read(&[], None, "look").unwrap_err().exit, ExitCode::Usage);
        assert!(read(&[String::new()], None, "look").unwrap_err().message.contains("the id is empty"));
        assert!(read(&[], Some(Path::new("/no/such/ids")), "look").unwrap_err().message.contains("/no/such/ids"));
    }
}
