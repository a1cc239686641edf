//! Files made from the command line's definition: completions and the manual page. They are checked
//! in under `completions/`, compared by a test, and printed by `completions` and `man`.

use std::io;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::arguments::Cli;
use crate::cli::exit_status;
use crate::config::keys::{CONFIG_VARIABLE, Key, SecretKey};

/// The program's name.
const NAME: &str = "hookmend";

/// A file that is checked in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Its name in `completions/`.
    pub name: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Everything that is checked in.
///
/// # Errors
/// When the manual page can't be made.
pub fn files() -> io::Result<Vec<GeneratedFile>> {
    let completion = |name, shell| GeneratedFile { name, bytes: completions(shell) };
    Ok(vec![
        completion("hookmend.bash", Shell::Bash),
        completion("_hookmend", Shell::Zsh),
        completion("hookmend.fish", Shell::Fish),
        completion("_hookmend.ps1", Shell::PowerShell),
        completion("hookmend.elv", Shell::Elvish),
        GeneratedFile { name: "hookmend.1", bytes: manual()? },
    ])
}

/// The completions for a shell.
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), NAME, &mut bytes);
    bytes
}

/// The manual page: the program, then each command with its flags, in one page.
///
/// # Errors
/// Never in practice: it is written to memory.
pub fn manual() -> io::Result<Vec<u8>> {
    let mut top = Cli::command();
    top.build();
    let page = Man::new(top.clone()).manual("hookmend manual");
    let mut bytes = Vec::new();
    page.render_title(&mut bytes)?;
    page.render_name_section(&mut bytes)?;
    page.render_synopsis_section(&mut bytes)?;
    page.render_description_section(&mut bytes)?;
    for command in commands(&top) {
        bytes.extend(command_section(NAME, command)?);
        for below in commands(command) {
            bytes.extend(command_section(&format!("{NAME} {}", command.get_name()), below)?);
        }
    }
    bytes.extend(environment_section().into_bytes());
    bytes.extend(files_section().into_bytes());
    bytes.extend(exit_status_section().into_bytes());
    Ok(bytes)
}

/// The commands below one, without the help that clap adds.
fn commands(above: &clap::Command) -> impl Iterator<Item = &clap::Command> {
    above.get_subcommands().filter(|command| command.get_name() != "help")
}

/// One command as a section of the page, its own sections one level down.
fn command_section(above: &str, command: &clap::Command) -> io::Result<Vec<u8>> {
    // The examples and the exit status below the flags have sections of their own.
    let about = Man::new(command.clone().after_help("").after_long_help(""));
    let mut parts = Vec::new();
    about.render_description_section(&mut parts)?;
    about.render_options_section(&mut parts)?;
    let parts = String::from_utf8_lossy(&parts);
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage);
    let mut text = format!(".SH \"{above} {}\"\n.SS SYNOPSIS\n{}\n", command.get_name(), roff(usage));
    for line in parts.lines() {
        match line.strip_prefix(".SH ") {
            Some(heading) => text.push_str(&format!(".SS {heading}\n")),
            // Each part repeats the definitions that the title has made already.
            None if line.starts_with(".ie ") || line.starts_with(".el ") => {}
            None => text.push_str(&format!("{line}\n")),
        }
    }
    if let Some(help) = command.get_after_help().map(ToString::to_string) {
        let examples = help.split("EXIT STATUS").next().unwrap_or_default();
        let examples = examples.strip_prefix("EXAMPLES\n").unwrap_or(examples).trim_end();
        text.push_str(&format!(".SS EXAMPLES\n.nf\n{}\n.fi\n", roff(examples)));
    }
    Ok(text.into_bytes())
}

fn exit_status_section() -> String {
    let mut text = String::from(".SH \"EXIT STATUS\"\n");
    for code in exit_status::ALL {
        let meaning = exit_status::meaning(code).replace('\n', " ");
        text.push_str(&format!(".TP\n{}\n{}\n", code.number(), roff(&meaning)));
    }
    text
}

fn environment_section() -> String {
    let mut text = String::from(".SH ENVIRONMENT\n");
    let mut entry = |name: &str, meaning: &str| text.push_str(&format!(".TP\n\\fB{name}\\fR\n{}\n", roff(meaning)));
    for key in SecretKey::ALL {
        entry(key.variable(), &format!("The {}; outweighs the settings file.", key.name()));
    }
    entry(CONFIG_VARIABLE, "The settings file, as with --config.");
    let example = Key::MinAge;
    let meaning = "Any other setting by its flag in capitals; lists are separated by commas. \
        Flags outweigh the environment, and the environment outweighs the settings file.";
    entry(&example.variable(), &format!("The same as --{}. {meaning}", example.name()));
    entry("NO_COLOR", "No colour, unless --color always is given.");
    text
}

fn files_section() -> String {
    let mut text = String::from(".SH FILES\n");
    let files = [
        ("./hookmend.toml", "Settings. The first of these files that exists is the only one that is read."),
        ("~/.config/hookmend/config.toml", "Settings of the user, below $XDG_CONFIG_HOME where that is set."),
        ("/etc/hookmend/config.toml", "Settings of the machine."),
        ("~/.local/state/hookmend/ledger.sqlite", "The ledger, below $XDG_STATE_HOME where that is set."),
    ];
    for (path, meaning) in files {
        text.push_str(&format!(".TP\n{}\n{}\n", roff(path), roff(meaning)));
    }
    text
}

/// The text with what the typesetter would take for commands escaped.
fn roff(text: &str) -> String {
    let escape = |line: &str| {
        let line = line.replace('\\', "\\\\").replace('-', "\\-");
        // A line that begins with a dot or a quote would be a command.
        if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
    };
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_command_with_its_flags_and_the_exit_status() {
        let page = String::from_utf8(manual().unwrap()).unwrap();
        for expected in [
            ".SH \"hookmend reconcile\"",
            ".SH \"hookmend check\"",
            ".SH \"hookmend quarantine\"",
            ".SH \"hookmend quarantine release\"",
            "\\-\\-from\\-file",
            "\\-\\-received\\-format",
            ".SS EXAMPLES",
            ".SH \"EXIT STATUS\"",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
        assert_eq!(page.matches("EXIT STATUS").count(), 1, "the table stands there once");
    }

    #[test]
    fn no_line_of_text_is_taken_for_a_command() {
        assert_eq!(roff(".x\n'y\na\\b-c"), "\\&.x\n\\&'y\na\\\\b\\-c");
    }

    #[test]
    fn every_file_has_content_and_its_own_name() {
        let files = files().unwrap();
        let names: std::collections::BTreeSet<_> = files.iter().map(|file| file.name).collect();
        assert_eq!(names.len(), 6);
        assert!(files.iter().all(|file| file.bytes.len() > 500));
    }
}
