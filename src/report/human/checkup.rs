//! A checkup: one line for each check with its verdict, what to do below those that are not well, and
//! one plain last sentence.

use std::io;

use super::layout::{Page, width_of};
use super::{Human, Verbosity};
use crate::checkup::{Check, Checkup, Verdict};
use crate::report::color::Paint;
use crate::report::past::Show;
use crate::report::text::{counted, listed, visible_within};

/// The most characters of one message, hint or detail that are shown.
const MOST_WORDS: usize = 1_000;
/// The width of the longest verdict.
const VERDICT_WIDTH: u16 = 7;
/// The spaces between two columns.
const GAP: u16 = 2;

impl Show<Checkup> for Human {
    fn show(&self, what: &Checkup, out: &mut dyn io::Write) -> io::Result<()> {
        let mut page = Page::new(self.width, self.color, self.symbols);
        let name_width = what.checks.iter().map(|check| width_of(check.name)).max().unwrap_or_default();
        for check in what.checks.iter().filter(|check| is_shown(check, self.verbosity)) {
            write(&mut page, check, name_width, self.verbosity);
        }
        let is_worth_telling = self.verbosity != Verbosity::Quiet || !is_well(what);
        if is_worth_telling {
            page.gap();
            let (paint, sentence) = sentence(what);
            page.paragraph(0, paint, &sentence);
        }
        self.write_page(page, out)
    }
}

fn is_shown(check: &Check, verbosity: Verbosity) -> bool {
    match (verbosity, check.verdict) {
        (Verbosity::Normal | Verbosity::Verbose, _) | (_, Verdict::Warning | Verdict::Failed(_)) => true,
        (Verbosity::Quiet, Verdict::Ok | Verdict::Skipped) => false,
    }
}

fn is_well(checkup: &Checkup) -> bool {
    let tally = checkup.tally();
    tally.failed == 0 && tally.warnings == 0
}

fn write(page: &mut Page, check: &Check, name_width: u16, verbosity: Verbosity) {
    let words = |page: &Page, text: &str| visible_within(text, MOST_WORDS, page.ellipsis()).into_owned();
    let start = VERDICT_WIDTH + GAP + name_width + GAP;
    let message = words(page, &check.message);
    page.marked(
        (paint_of(check.verdict), check.verdict.name(), VERDICT_WIDTH),
        (check.name, name_width),
        (text_paint(check.verdict), &message),
    );
    if let Some(hint) = &check.hint {
        let hint = words(page, hint);
        page.labelled(start, 4, "Hint:", &hint);
    }
    match verbosity {
        Verbosity::Quiet | Verbosity::Normal => {}
        Verbosity::Verbose => {
            for detail in &check.details {
                let detail = words(page, detail);
                page.hanging(start + GAP, Paint::Dim, &detail);
            }
        }
    }
}

fn paint_of(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Ok => Paint::Green,
        Verdict::Warning => Paint::Yellow,
        Verdict::Failed(_) => Paint::Red,
        Verdict::Skipped => Paint::Dim,
    }
}

fn text_paint(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Ok | Verdict::Warning | Verdict::Failed(_) => Paint::Plain,
        Verdict::Skipped => Paint::Dim,
    }
}

fn sentence(checkup: &Checkup) -> (Paint, String) {
    let tally = checkup.tally();
    let requests = match checkup.requests {
        0 => "nothing was asked of the vendor".to_owned(),
        number => format!("the vendor was sent {}", counted(number, "request", "requests")),
    };
    let skipped = (tally.skipped > 0).then(|| format!("{} skipped", tally.skipped));
    if tally.failed > 0 {
        let mut parts = vec![format!("{} failed", tally.failed)];
        parts.extend((tally.warnings > 0).then(|| counted(tally.warnings, "warning", "warnings")));
        parts.extend(skipped);
        let code = checkup.exit_code().number();
        let text =
            format!("Not ready: {}; mend the first failure first. Exit code {code}; {requests}.", listed(&parts));
        return (Paint::Red, text);
    }
    let skipped = skipped.map(|skipped| format!(" ({skipped})")).unwrap_or_default();
    match tally.warnings {
        0 => (Paint::Green, format!("Ready: nothing stands in the way of a run{skipped}; {requests}.")),
        number => {
            let warnings = counted(number, "warning", "warnings");
            (Paint::Yellow, format!("Ready, with {warnings} to look at{skipped}; {requests}."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::ExitCode;
    use crate::report::color::Color;
    use crate::report::human::Symbols;

    fn page(width: u16, verbosity: Verbosity) -> String {
        let checks = vec![
            Check::ok("settings file", "hookmend.toml, readable by you alone")
                .details(vec!["since = 7d  (default)".to_owned()]),
            Check::warning("clock", "this machine's clock is 40 s behind the vendor's", "set it by a time server"),
            Check::failed(
                "log and vendor",
                ExitCode::Undetermined,
                "the log holds none of 28 events \u{1b}[2J",
                "say --received-id event_id",
            ),
            Check::skipped("filter", "no failed event was listed"),
        ];
        let human = Human { width, color: Color::Off, symbols: Symbols::Ascii, verbosity };
        let mut bytes = Vec::new();
        human.show(&Checkup { checks, requests: 4 }, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn every_check_is_a_line_with_its_hint_below() {
        insta::assert_snapshot!(page(200, Verbosity::Normal), @r"
        ok       settings file   hookmend.toml, readable by you alone
        warning  clock           this machine's clock is 40 s behind the vendor's
                                 Hint: set it by a time server
        failed   log and vendor  the log holds none of 28 events \u{1b}[2J
                                 Hint: say --received-id event_id
        skipped  filter          no failed event was listed

        Not ready: 1 failed, 1 warning and 1 skipped; mend the first failure first. Exit code 11; the vendor was sent 4 requests.
        ");
    }

    #[test]
    fn a_narrow_page_wraps_under_the_message() {
        insta::assert_snapshot!(page(50, Verbosity::Verbose), @r"
        ok       settings file   hookmend.toml, readable
                                 by you alone
                                   since = 7d  (default)
        warning  clock           this machine's clock is
                                 40 s behind the vendor's
                                 Hint: set it by a time
                                       server
        failed   log and vendor  the log holds none of 28
                                 events \u{1b}[2J
                                 Hint: say --received-id
                                       event_id
        skipped  filter          no failed event was
                                 listed

        Not ready: 1 failed, 1 warning and 1 skipped; mend
        the first failure first. Exit code 11; the vendor
        was sent 4 requests.
        ");
    }

    #[test]
    fn quiet_tells_only_what_is_not_well() {
        let quiet = page(100, Verbosity::Quiet);
        assert!(!quiet.contains("settings file") && !quiet.contains("filter"), "{quiet}");
        assert!(quiet.starts_with("warning") && quiet.contains("failed   log and vendor"), "{quiet}");
        let human = Human { width: 80, color: Color::Off, symbols: Symbols::Ascii, verbosity: Verbosity::Quiet };
        let mut bytes = Vec::new();
        human.show(&Checkup { checks: vec![Check::ok("a", "b")], requests: 0 }, &mut bytes).unwrap();
        assert!(bytes.is_empty());
    }
}
