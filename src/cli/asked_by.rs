//! Who or what runs this, in words, for the ledger: so that whoever reads it later knows whom to ask.

use crate::cli::approve::Terminals;
use crate::config::Environment;

/// The longest description, in characters.
const LONGEST: usize = 200;
/// The longest name of a user or a machine, in characters.
const LONGEST_NAME: usize = 64;

/// Who runs this, such as `anna on till-server, at a terminal`.
///
/// It is what the environment says and no proof: it helps to ask the right person, not to accuse one.
pub fn asked_by(environment: &Environment, terminals: &Terminals) -> String {
    describe(&user(environment), &host(environment), terminals)
}

fn describe(user: &str, host: &str, terminals: &Terminals) -> String {
    let place = match terminals {
        Terminals { stdin: false, stderr: false, .. } => "without a terminal",
        // Ids may be piped in by somebody who sits there and reads what is said.
        Terminals { stdin: true, .. } | Terminals { stderr: true, .. } => "at a terminal",
    };
    let (user, host) = (plain(user), plain(host));
    let user = if user.is_empty() { "somebody" } else { &user };
    let who = if host.is_empty() { user.to_owned() } else { format!("{user} on {host}") };
    format!("{who}, {place}").chars().take(LONGEST).collect()
}

/// The text without what steers a terminal or hides itself, on one line and short.
fn plain(text: &str) -> String {
    let shown = text.chars().filter(|character| !crate::report::text::is_hidden(*character));
    shown.take(LONGEST_NAME).collect::<String>().trim().to_owned()
}

fn user(environment: &Environment) -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| environment.get(name));
    named.map_or_else(account, |name| name.to_string_lossy().into_owned())
}

#[cfg(unix)]
fn account() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn account() -> String {
    String::new()
}

#[cfg(unix)]
fn host(_: &Environment) -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host(environment: &Environment) -> String {
    environment.get("COMPUTERNAME").map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY_THERE: Terminals = Terminals { stdin: false, stderr: false, controlling: false };

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn a_person_and_a_scheduler_are_told_apart() {
        let at_terminal = Terminals { stdin: true, stderr: true, ..NOBODY_THERE };
        let piped = Terminals { stderr: true, ..NOBODY_THERE };
        assert_eq!(describe("anna", "till-server", &at_terminal), "anna on till-server, at a terminal");
        assert_eq!(describe("anna", "till-server", &piped), "anna on till-server, at a terminal");
        assert_eq!(describe("root", "till-server", &NOBODY_THERE), "root on till-server, without a terminal");
    }

    #[test]
    fn the_user_is_named_by_the_environment_else_by_number() {
        assert_eq!(user(&environment(&[("USER", "anna"), ("LOGNAME", "root")])), "anna");
        assert_eq!(user(&environment(&[("USER", ""), ("LOGNAME", "root")])), "root");
        let number = user(&environment(&[]));
        assert!(!cfg!(unix) || number.starts_with("uid "), "{number}");
    }

    #[test]
    fn a_hostile_name_is_short_and_steers_nothing() {
        let named = environment(&[("USER", &format!("\u{1b}[31m\n{}", "x".repeat(100_000)))]);
        let shown = asked_by(&named, &NOBODY_THERE);
        assert!(shown.chars().count() <= LONGEST, "{shown}");
        assert!(!shown.contains(char::is_control), "{shown}");
        assert!(shown.ends_with(", without a terminal"), "{shown}");
    }

    #[test]
    fn nothing_known_still_reads_as_a_sentence() {
        assert_eq!(describe(" ", "", &NOBODY_THERE), "somebody, without a terminal");
    }
}
