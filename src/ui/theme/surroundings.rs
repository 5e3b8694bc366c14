//! Which theme a terminal gets, where nobody said one.

/// The ground of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice<'a> {
    /// Nothing.
    None,
    /// One theme.
    One(&'a str),
    /// One for each ground, and which of them, where that does not depend on the terminal.
    Pair {
        /// On a dark ground.
        dark: &'a str,
        /// On a light ground.
        light: &'a str,
        /// This one, whatever the terminal is.
        fixed: Option<Ground>,
    },
}

/// What can be known of a terminal without asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Surroundings<'a> {
    /// `NO_COLOR`.
    pub no_color: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `COLORFGBG`.
    pub colorfgbg: Option<&'a str>,
}

impl Surroundings<'_> {
    /// The name of the theme to take: what was chosen, else `mono` where colours are not wanted or
    /// not there, else the one for the terminal's ground.
    ///
    /// `ask` asks the terminal for its ground, and is called only where the answer counts. Where
    /// nothing is known, the ground is dark.
    pub fn choose<'a>(&self, choice: Choice<'a>, ask: impl FnOnce() -> Option<Ground>) -> &'a str {
        let (dark, light) = match choice {
            Choice::One(name) => return name,
            Choice::Pair { dark, fixed: Some(Ground::Dark), .. } => return dark,
            Choice::Pair { light, fixed: Some(Ground::Light), .. } => return light,
            Choice::Pair { dark, light, fixed: None } => (dark, light),
            Choice::None => ("claw-dark", "claw-light"),
        };
        if self.no_color.is_some_and(|value| !value.is_empty()) || self.term == Some("dumb") {
            return "mono";
        }
        match ask().or(self.by_variable()) {
            Some(Ground::Light) => light,
            Some(Ground::Dark) | None => dark,
        }
    }

    /// `15;0` or `0;default;15`: the last number is the ground's colour.
    fn by_variable(&self) -> Option<Ground> {
        match self.colorfgbg?.rsplit(';').next()?.parse().ok()? {
            7_u8 | 9..=15 => Some(Ground::Light),
            0..=6 | 8 => Some(Ground::Dark),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    #[test]
    fn flag_and_settings_then_no_color_then_the_terminal_then_the_variable() {
        let (none, one) = (Choice::None, Choice::One("ansi16"));
        let pair = |fixed| Choice::Pair { dark: "midnight", light: "paper", fixed };
        let (auto, always) = (pair(None), pair(Some(Ground::Light)));
        let (dark, light) = (Some(Ground::Dark), Some(Ground::Light));
        let table = [
            // chosen  NO_COLOR   TERM           COLORFGBG           asked  theme
            (one,    Some("1"), Some("dumb"),  Some("0;15"),         light, "ansi16"),
            (none,   Some("1"), Some("xterm"), Some("0;15"),         light, "mono"),
            (auto,   Some("1"), Some("xterm"), None,                 light, "mono"),
            (always, Some("1"), Some("xterm"), None,                 dark,  "paper"),
            (none,   Some(""),  Some("xterm"), None,                 light, "claw-light"),
            (none,   None,      Some("dumb"),  None,                 light, "mono"),
            (none,   None,      Some("xterm"), Some("0;15"),         dark,  "claw-dark"),
            (auto,   None,      Some("xterm"), Some("0;15"),         None,  "paper"),
            (none,   None,      Some("xterm"), Some("0;default;7"),  None,  "claw-light"),
            (none,   None,      Some("xterm"), Some("15;0"),         None,  "claw-dark"),
            (none,   None,      Some("xterm"), Some("rubbish"),      None,  "claw-dark"),
            (auto,   None,      None,          None,                 None,  "midnight"),
        ];
        for (choice, no_color, term, colorfgbg, asked, expected) in table {
            let around = Surroundings { no_color, term, colorfgbg };
            assert_eq!(around.choose(choice, || asked), expected, "{choice:?} {around:?} {asked:?}");
        }
    }

    #[test]
    fn the_terminal_is_asked_only_where_the_answer_counts() {
        let never = || unreachable!("it was asked");
        let plain = Surroundings { no_color: Some("1"), ..Surroundings::default() };
        assert_eq!(plain.choose(Choice::None, never), "mono");
        assert_eq!(Surroundings::default().choose(Choice::One("paper"), never), "paper");
    }
}
