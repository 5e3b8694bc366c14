//! What things look like. Code names a role; only a theme knows a colour.

mod depth;
mod file;
mod glyph;
mod role;

pub use depth::Depth;
pub use glyph::{Glyphs, spinner};
pub use role::Role;

use ratatui::style::Style;
use ratatui::symbols::border;

/// The themes that are built in, in the order of the key that walks through them.
pub const BUILTIN: &[&str] = &["claw-dark", "claw-light", "ansi16", "mono"];

/// The look of every role, for one terminal's colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    styles: [Style; Role::ALL.len()],
    ascii: bool,
}

impl Theme {
    /// A built-in theme in all its colours; none where no theme has that name.
    pub fn builtin(name: &str) -> Option<Self> {
        Self::load(name, Depth::True)
    }

    /// A built-in theme for a terminal's colours; none where no theme has that name.
    pub fn load(name: &str, depth: Depth) -> Option<Self> {
        let (name, text) = file::builtin(name)?;
        // The built-in files are proved by tests; one that did not parse would be a plain theme.
        let parsed = file::parse(&format!("themes/{name}.toml"), text, &file::builtin);
        let plain = [Style::new(); Role::ALL.len()];
        let styles = parsed.map_or(plain, |theme| theme.styles(depth));
        Some(Self { name: name.to_owned(), styles, ascii: false })
    }

    /// The theme of a screen that nothing else was said for.
    pub fn dark() -> Self {
        let plain = || Self {
            name: BUILTIN[0].to_owned(),
            styles: [Style::new(); Role::ALL.len()],
            ascii: false,
        };
        Self::builtin(BUILTIN[0]).unwrap_or_else(plain)
    }

    /// A theme of these looks.
    #[cfg(test)]
    pub(crate) fn from_styles(name: &str, styles: &std::collections::HashMap<Role, Style>) -> Self {
        let style = |at| styles.get(&Role::ALL[at]).copied().unwrap_or_default();
        Self { name: name.to_owned(), styles: std::array::from_fn(style), ascii: false }
    }

    /// Which built-in theme to take, from what the surroundings say: `wanted` by flag or
    /// configuration, `no_color` where `NO_COLOR` is set and not empty or the terminal is dumb,
    /// and the value of `COLORFGBG`. Dark, where nothing is known.
    pub fn choose(wanted: Option<&str>, no_color: bool, colorfgbg: Option<&str>) -> &'static str {
        let wanted = wanted.and_then(|wanted| BUILTIN.iter().find(|name| **name == wanted));
        match wanted {
            Some(name) => name,
            None if no_color => "mono",
            // `15;0` or `0;default;15`: the last number is the background's colour.
            None => match colorfgbg.and_then(|value| value.rsplit(';').next()) {
                Some("7" | "15") => "claw-light",
                _ => "claw-dark",
            },
        }
    }

    /// The name of the built-in theme after this one.
    pub fn next(&self) -> &'static str {
        let at = BUILTIN.iter().position(|name| *name == self.name);
        BUILTIN[at.map_or(0, |at| (at + 1) % BUILTIN.len())]
    }

    /// The same theme with glyphs and borders of ASCII, or with those of Unicode.
    #[must_use]
    pub fn with_ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// Does it draw with ASCII alone?
    pub fn is_ascii(&self) -> bool {
        self.ascii
    }

    /// The theme's file name without ending: `claw-dark`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How a role looks.
    pub fn style(&self, role: Role) -> Style {
        self.styles[role as usize]
    }

    /// The signs for states and folds.
    pub fn glyphs(&self) -> &'static Glyphs {
        if self.ascii { &glyph::ASCII } else { &glyph::UNICODE }
    }

    /// The lines around a pane: heavy around what has the focus, thin around the rest.
    pub fn border(&self, focused: bool) -> border::Set<'static> {
        match (self.ascii, focused) {
            (false, false) => border::PLAIN,
            (false, true) => border::THICK,
            (true, false) => glyph::ASCII_BORDER,
            (true, true) => glyph::ASCII_BORDER_FOCUS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surroundings_choose_a_theme() {
        let table = [
            (Some("ansi16"), true, Some("0;15"), "ansi16"),
            (Some("no-such"), false, None, "claw-dark"),
            (None, true, Some("0;15"), "mono"),
            (None, false, Some("0;15"), "claw-light"),
            (None, false, Some("0;default;7"), "claw-light"),
            (None, false, Some("15;0"), "claw-dark"),
            (None, false, Some("rubbish"), "claw-dark"),
            (None, false, None, "claw-dark"),
        ];
        for (wanted, no_color, colorfgbg, expected) in table {
            let got = Theme::choose(wanted, no_color, colorfgbg);
            assert_eq!(got, expected, "{wanted:?} {no_color} {colorfgbg:?}");
        }
    }

    #[test]
    fn walking_through_the_themes_comes_back() {
        let mut theme = Theme::dark();
        for _ in BUILTIN {
            theme = Theme::builtin(theme.next()).unwrap();
        }
        assert_eq!(theme.name(), "claw-dark");
    }
}
