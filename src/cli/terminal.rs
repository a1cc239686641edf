//! What the terminal can show, and the progress line on it, which makes room for a question.

use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::cli::progress::{Drawing, Progress};
use crate::config::{ColorChoice, Environment};
use crate::monitor::{Monitor, RunEvent};
use crate::report::color::{self, Color};
use crate::report::human::Symbols;

/// The width to write for where there is no terminal, in columns.
const PAGE_WIDTH: u16 = 100;
/// The narrowest terminal that is taken at its word, in columns.
const NARROWEST: u16 = 40;

/// How wide standard output is.
pub fn width() -> u16 {
    match terminal_size::terminal_size_of(io::stdout()) {
        Some((terminal_size::Width(columns), _)) => columns.max(NARROWEST),
        None => PAGE_WIDTH,
    }
}

/// Whether standard output is coloured.
pub fn color(choice: ColorChoice, environment: &Environment) -> Color {
    let text = |name| environment.text(name).ok().flatten();
    let surroundings = color::Surroundings {
        no_color: text("NO_COLOR"),
        clicolor_force: text("CLICOLOR_FORCE"),
        term: text("TERM"),
        terminal: io::stdout().is_terminal(),
    };
    let choice = match choice {
        ColorChoice::Auto => color::ColorChoice::Auto,
        ColorChoice::Always => color::ColorChoice::Always,
        ColorChoice::Never => color::ColorChoice::Never,
    };
    Color::decide(choice, &surroundings)
}

/// Which characters the user's locale can show.
pub fn symbols(environment: &Environment) -> Symbols {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| environment.get(name));
    let locale = locale.map(|locale| locale.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    let is_unicode = locale.contains("utf-8") || locale.contains("utf8") || cfg!(windows);
    if is_unicode { Symbols::Unicode } else { Symbols::Ascii }
}

/// A progress line that can be taken away for a question and begun anew after it.
#[derive(Debug)]
pub struct LiveProgress {
    drawing: Drawing,
    symbols: Symbols,
    current: Mutex<Arc<Progress>>,
    /// Whether a question stands where the line was.
    asking: AtomicBool,
}

impl LiveProgress {
    /// A progress line on stderr.
    pub fn new(drawing: Drawing, symbols: Symbols) -> Self {
        let current = Mutex::new(Arc::new(Progress::on_stderr(drawing, symbols)));
        Self { drawing, symbols, current, asking: AtomicBool::new(false) }
    }

    /// The line as it is now.
    pub fn current(&self) -> Arc<Progress> {
        // What a panic could leave behind is an older line, which is as good as any.
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the line away for good.
    pub fn clear(&self) {
        self.current().clear();
    }

    /// Takes the line away for a question.
    pub fn give_way(&self) {
        self.clear();
        self.asking.store(true, Ordering::SeqCst);
    }

    /// Whether a question is being asked.
    pub fn is_asking(&self) -> bool {
        self.asking.load(Ordering::SeqCst)
    }

    /// Makes place for a new line, which begins when something happens.
    pub fn renew(&self) {
        self.asking.store(false, Ordering::SeqCst);
        let fresh = Arc::new(Progress::unbegun_on_stderr(self.drawing, self.symbols));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }
}

impl Monitor for LiveProgress {
    fn notice(&self, event: &RunEvent) {
        self.current().notice(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(variables.iter().map(|(name, value)| ((*name).into(), (*value).into())))
    }

    #[test]
    fn the_locale_says_which_characters_can_be_shown() {
        let table: [(&[(&str, &str)], Symbols); 4] = [
            (&[("LANG", "nb_NO.UTF-8")], Symbols::Unicode),
            (&[("LC_ALL", "C.utf8"), ("LANG", "C")], Symbols::Unicode),
            (&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], Symbols::Ascii),
            (&[], Symbols::Ascii),
        ];
        for (variables, expected) in table {
            let expected = if cfg!(windows) { Symbols::Unicode } else { expected };
            assert_eq!(symbols(&environment(variables)), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_choice_and_the_environment_decide_on_colour() {
        assert_eq!(color(ColorChoice::Always, &environment(&[("NO_COLOR", "1")])), Color::On);
        assert_eq!(color(ColorChoice::Never, &environment(&[("CLICOLOR_FORCE", "1")])), Color::Off);
        assert_eq!(color(ColorChoice::Auto, &environment(&[("CLICOLOR_FORCE", "1")])), Color::On);
        assert_eq!(color(ColorChoice::Auto, &environment(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])), Color::Off);
    }
}
