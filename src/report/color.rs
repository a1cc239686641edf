//! Whether output is coloured, and the few colours there are.
//!
//! The decision is a pure function; reading the environment and asking the terminal is the shell's.

/// What the user asked for with `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ColorChoice {
    /// Colour where it is welcome.
    #[default]
    Auto,
    /// Colour, wherever the output goes.
    Always,
    /// No colour.
    Never,
}

/// What the surroundings say of colour. Values are those of the environment variables, if set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Surroundings<'a> {
    /// `NO_COLOR`: any value but the empty one asks for no colour.
    pub no_color: Option<&'a str>,
    /// `CLICOLOR_FORCE`: any value but the empty one and `0` asks for colour, terminal or not.
    pub clicolor_force: Option<&'a str>,
    /// `TERM`: a terminal that calls itself `dumb` shows no colour.
    pub term: Option<&'a str>,
    /// Whether the output goes to a terminal.
    pub terminal: bool,
}

/// Whether output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Color {
    /// It is.
    On,
    /// It is not.
    #[default]
    Off,
}

/// How a piece of text is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Paint {
    /// Not at all.
    Plain,
    /// Headings and totals.
    Bold,
    /// What may be overlooked.
    Dim,
    /// Good news.
    Green,
    /// To be looked at.
    Yellow,
    /// Bad news.
    Red,
}

impl Color {
    /// Decides: the flag outranks `NO_COLOR`, that outranks `CLICOLOR_FORCE`, that the terminal.
    pub fn decide(choice: ColorChoice, surroundings: &Surroundings<'_>) -> Self {
        let set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        let colored = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set(surroundings.no_color) => false,
            ColorChoice::Auto if set(surroundings.clicolor_force) && surroundings.clicolor_force != Some("0") => true,
            ColorChoice::Auto => surroundings.terminal && surroundings.term != Some("dumb"),
        };
        if colored { Self::On } else { Self::Off }
    }

    /// The text, painted if output is coloured.
    pub fn paint(self, paint: Paint, text: &str) -> String {
        let code = match (self, paint) {
            (Self::Off, _) | (Self::On, Paint::Plain) => return text.to_owned(),
            (Self::On, Paint::Bold) => "1",
            (Self::On, Paint::Dim) => "2",
            (Self::On, Paint::Green) => "32",
            (Self::On, Paint::Yellow) => "33",
            (Self::On, Paint::Red) => "31",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Surroundings<'_> =
        Surroundings { no_color: None, clicolor_force: None, term: Some("xterm"), terminal: true };
    const PIPE: Surroundings<'_> = Surroundings { terminal: false, ..TERMINAL };

    #[test]
    fn without_a_wish_the_terminal_decides() {
        assert_eq!(Color::decide(ColorChoice::Auto, &TERMINAL), Color::On);
        assert_eq!(Color::decide(ColorChoice::Auto, &PIPE), Color::Off);
        let dumb = Surroundings { term: Some("dumb"), ..TERMINAL };
        assert_eq!(Color::decide(ColorChoice::Auto, &dumb), Color::Off);
    }

    #[test]
    fn the_environment_outranks_the_terminal() {
        let refused = Surroundings { no_color: Some("1"), clicolor_force: Some("1"), ..TERMINAL };
        assert_eq!(Color::decide(ColorChoice::Auto, &refused), Color::Off);
        let forced = Surroundings { clicolor_force: Some("1"), ..PIPE };
        assert_eq!(Color::decide(ColorChoice::Auto, &forced), Color::On);
    }

    #[test]
    fn empty_variables_say_nothing() {
        let empty = Surroundings { no_color: Some(""), clicolor_force: Some(""), ..TERMINAL };
        assert_eq!(Color::decide(ColorChoice::Auto, &empty), Color::On);
        let zero = Surroundings { clicolor_force: Some("0"), ..PIPE };
        assert_eq!(Color::decide(ColorChoice::Auto, &zero), Color::Off);
    }

    #[test]
    fn the_flag_outranks_everything() {
        let refused = Surroundings { no_color: Some("1"), ..PIPE };
        assert_eq!(Color::decide(ColorChoice::Always, &refused), Color::On);
        let forced = Surroundings { clicolor_force: Some("1"), ..TERMINAL };
        assert_eq!(Color::decide(ColorChoice::Never, &forced), Color::Off);
    }

    #[test]
    fn nothing_is_painted_without_colour() {
        assert_eq!(Color::Off.paint(Paint::Red, "left"), "left");
        assert_eq!(Color::On.paint(Paint::Red, "left"), "\u{1b}[31mleft\u{1b}[0m");
    }
}
