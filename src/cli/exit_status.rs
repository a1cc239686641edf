//! What the exit codes mean: the one table that every help and the man page are made from.

use crate::exit::ExitCode;

/// Every exit code, in the order in which they are shown.
pub const ALL: [ExitCode; 10] = [
    ExitCode::Clean,
    ExitCode::Failure,
    ExitCode::Usage,
    ExitCode::Left,
    ExitCode::Undetermined,
    ExitCode::Unavailable,
    ExitCode::Refused,
    ExitCode::Locked,
    ExitCode::Interrupted,
    ExitCode::Terminated,
];

/// The codes of commands that talk to nobody.
pub const LOCAL: [ExitCode; 3] = [ExitCode::Clean, ExitCode::Failure, ExitCode::Usage];

/// The codes of commands that look and never fail on what they find.
pub const LOOKING: [ExitCode; 8] = [
    ExitCode::Clean,
    ExitCode::Failure,
    ExitCode::Usage,
    ExitCode::Undetermined,
    ExitCode::Unavailable,
    ExitCode::Refused,
    ExitCode::Interrupted,
    ExitCode::Terminated,
];

/// The codes of `received`, with what they mean there.
pub const RECEIVED: [(ExitCode, &str); 5] = [
    (ExitCode::Clean, "the log was read; with --absent-of: it holds every id"),
    (ExitCode::Failure, "an unexpected failure inside hookmend"),
    (ExitCode::Usage, "usage, or a log that can't be used"),
    (ExitCode::Left, "with --absent-of: ids are absent"),
    (
        ExitCode::Undetermined,
        "a part of the log is missing or damaged; with\n--absent-of: of some ids that part could tell otherwise",
    ),
];

/// The codes of `doctor`, with what they mean there; of several failures the first of 1, 2, 13, 12, 11.
pub const DOCTOR: [(ExitCode, &str); 6] = [
    (ExitCode::Clean, "a run can begin; there may be warnings"),
    (ExitCode::Failure, "an unexpected failure inside hookmend"),
    (
        ExitCode::Usage,
        "settings, keys that are not set, the address, the log or\nthe ledger's place; outranks those below",
    ),
    (ExitCode::Undetermined, "the log does not match the vendor, or clock or zone are wrong"),
    (ExitCode::Unavailable, "the provider can't be reached or keeps failing"),
    (ExitCode::Refused, "the provider refused the credentials"),
];

/// The codes of the commands that change the ledger and talk to nobody.
pub const RELEASE: [ExitCode; 5] =
    [ExitCode::Clean, ExitCode::Failure, ExitCode::Usage, ExitCode::Left, ExitCode::Locked];

/// The codes of the commands that ask the vendor about its webhooks and types, with what they mean there.
pub const VENDOR: [(ExitCode, &str); 6] = [
    (ExitCode::Clean, "done"),
    (ExitCode::Failure, "an unexpected failure inside hookmend"),
    (ExitCode::Usage, "usage or configuration, or the vendor does not know it"),
    (ExitCode::Unavailable, "the provider can't be reached or keeps failing"),
    (ExitCode::Refused, "the provider refused the credentials"),
    (ExitCode::Interrupted, "stopped by SIGINT; 143 by SIGTERM"),
];

/// The codes of `show`, with what they mean there.
pub const SHOW: [(ExitCode, &str); 7] = [
    (ExitCode::Clean, "every event was found"),
    (ExitCode::Failure, "an unexpected failure inside hookmend"),
    (ExitCode::Usage, "usage or configuration, or the vendor does not know an\nevent"),
    (ExitCode::Undetermined, "the received log can't be asked"),
    (ExitCode::Unavailable, "the provider can't be reached or keeps failing"),
    (ExitCode::Refused, "the provider refused the credentials"),
    (ExitCode::Interrupted, "stopped by SIGINT; 143 by SIGTERM"),
];

/// The codes of the commands that change webhooks, with what they mean there.
pub const WEBHOOKS: [(ExitCode, &str); 8] = [
    (ExitCode::Clean, "done, and the vendor shows it"),
    (ExitCode::Failure, "an unexpected failure inside hookmend"),
    (
        ExitCode::Usage,
        "usage or configuration, the vendor does not know it or\nrejects it, or there is nobody to agree",
    ),
    (ExitCode::Left, "not agreed to at the terminal; nothing was changed"),
    (ExitCode::Undetermined, "accepted, but the vendor shows something else, or does\nnot show it yet"),
    (
        ExitCode::Unavailable,
        "the provider can't be reached or keeps failing; it\nsays so when it is not known whether it was done",
    ),
    (ExitCode::Refused, "the provider refused the credentials"),
    (ExitCode::Interrupted, "stopped by SIGINT; 143 by SIGTERM"),
];

/// What a code means for somebody who reads it in a script.
pub fn meaning(code: ExitCode) -> &'static str {
    match code {
        ExitCode::Clean => "nothing left, or a dry run finished",
        ExitCode::Failure => "an unexpected failure inside hookmend",
        ExitCode::Usage => "usage or configuration",
        ExitCode::Left => "events are left: missing, quarantined, or not recovered",
        ExitCode::Undetermined => "undetermined: a proof failed, the log can't answer, or\na resend is in doubt",
        ExitCode::Unavailable => "the provider can't be reached or keeps failing",
        ExitCode::Refused => "the provider refused the credentials",
        ExitCode::Locked => "another run holds the ledger; try again later",
        ExitCode::Interrupted => "stopped by SIGINT, after recording what was in flight",
        ExitCode::Terminated => "stopped by SIGTERM, after recording what was in flight",
    }
}

/// The EXIT STATUS section of a help page.
pub fn section(codes: &[ExitCode]) -> String {
    let meaning = |code: ExitCode| match code {
        // Commands that talk to nobody find nothing, so that for them zero is plain success.
        ExitCode::Clean if codes == LOCAL || codes == RELEASE || codes == LOOKING => "done",
        ExitCode::Usage if codes == RELEASE => "usage or configuration, or an event is not in quarantine",
        ExitCode::Left if codes == RELEASE => "not agreed to at the terminal; nothing was released",
        code => meaning(code),
    };
    section_with(&codes.iter().map(|code| (*code, meaning(*code))).collect::<Vec<_>>())
}

/// The same with meanings of their own.
pub fn section_with(codes: &[(ExitCode, &str)]) -> String {
    let mut text = String::from("EXIT STATUS\n");
    for (code, meaning) in codes {
        for (place, line) in meaning.lines().enumerate() {
            let number = if place == 0 { code.number().to_string() } else { String::new() };
            text.push_str(&format!("  {number:>3}  {line}\n"));
        }
    }
    text
}

/// What stands below the flags in a help page: examples, then the exit status.
pub fn after_help(examples: &[(&str, &str)], codes: &[ExitCode]) -> String {
    after_help_with(examples, &section(codes))
}

/// The same with a section that is made already.
pub fn after_help_with(examples: &[(&str, &str)], section: &str) -> String {
    let mut text = String::from("EXAMPLES\n");
    for (about, line) in examples {
        text.push_str(&format!("  # {about}\n  {line}\n\n"));
    }
    text.push_str(section);
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_shown_once_and_in_order() {
        let numbers: Vec<u8> = ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 10, 11, 12, 13, 75, 130, 143]);
        let section = section(&ALL);
        assert!(section.contains("\n   75  another run"), "{section}");
        assert!(section.contains("\n       a resend is in doubt"), "{section}");
    }

    #[test]
    fn the_section_fits_a_narrow_terminal() {
        assert!(section(&ALL).lines().all(|line| line.chars().count() <= 72));
    }
}
