//! The URL of a receiver as a person hands it over: openly, on standard input or in a variable, because
//! it may hold a token that others on the machine must not see. It never repeats one.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use clap::{Args, ValueHint};

use crate::cli::console::Console;
use crate::cli::errors::CliError;
use crate::config::Surroundings;
use crate::config::values::address::parse_receiver_url;
use crate::exit::ExitCode;
use crate::report::mask;

/// The most that is read of standard input, in bytes.
const LONGEST_LINE: u64 = 64 * 1024;

/// Where the URL is to be had.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub struct ReceiverFlags {
    /// Where to deliver: https, or http on this machine; - reads it from standard input, which keeps
    /// a token in it out of the process list
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    url: Option<String>,
    /// Take the URL from this variable of the environment
    #[arg(long, value_name = "VARIABLE")]
    url_env: Option<String>,
}

impl ReceiverFlags {
    /// Reads the URL, if one was given.
    ///
    /// # Errors
    /// When there is none where it should be, or it can't be one.
    pub fn read(self, surroundings: &Surroundings, console: Console) -> Result<Option<String>, CliError> {
        let (text, place) = match (self.url, self.url_env) {
            (None, None) => return Ok(None),
            (Some(dash), _) if dash == "-" => (from_stdin()?, "standard input".to_owned()),
            (Some(url), _) => {
                if mask::url(&url) != url {
                    console.warn(
                        "others on this machine can see the secrets in the URL given with --url; `--url -` and \
                         --url-env keep them out of the process list",
                    );
                }
                (url, "--url".to_owned())
            }
            (None, Some(variable)) => match surroundings.environment.text(&variable)? {
                Some(url) => (url.to_owned(), variable),
                None => {
                    return Err(CliError::new(ExitCode::Usage, format!("the variable {variable} is not set"))
                        .hint("export it first, or give the URL with --url"));
                }
            },
        };
        parse_receiver_url(&text).map(Some).map_err(|unusable| {
            let error = CliError::new(ExitCode::Usage, format!("{place}: {}", unusable.message));
            unusable.hint.into_iter().fold(error, CliError::hint)
        })
    }
}

fn from_stdin() -> Result<String, CliError> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        let mut stderr = io::stderr().lock();
        write!(stderr, "URL: ")?;
        stderr.flush()?;
    }
    first_line(&mut stdin.lock())
}

/// The first line that holds something.
fn first_line(input: &mut dyn BufRead) -> Result<String, CliError> {
    let mut input = Read::take(input, LONGEST_LINE);
    loop {
        let mut line = Vec::new();
        if input.read_until(b'\n', &mut line)? == 0 {
            return Err(CliError::new(ExitCode::Usage, "standard input holds no URL")
                .hint("hand it over on one line, as in `hookmend webhooks create … --url - < url.txt`"));
        }
        if !line.trim_ascii().is_empty() {
            return String::from_utf8(line)
                .map_err(|_| CliError::new(ExitCode::Usage, "what standard input holds is no URL: it is no text"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_holds_something_is_taken() {
        assert_eq!(first_line(&mut &b"\n \nhttps://a.example/\nrest"[..]).unwrap(), "https://a.example/\n");
        assert_eq!(first_line(&mut &b"https://a.example/"[..]).unwrap(), "https://a.example/");
        for input in [&b""[..], b"\n\n", &[b' '; 100_000], &[0xff, b'\n']] {
            assert_eq!(first_line(&mut &input[..]).unwrap_err().exit, ExitCode::Usage);
        }
    }
}
