//! Can it be read? The contrast of WCAG 2.2, for every role of a theme.

use anyhow::{Result, ensure};
use ratatui::style::Color;

use crate::ui::theme::depth::Depth;
use crate::ui::theme::file::Parsed;
use crate::ui::theme::role::Role;
use crate::ui::theme::shelf::Shelf;

/// The least contrast of a line around something.
const BORDER: f64 = 3.0;

/// A role that cannot be read well enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Flaw {
    /// Its name in theme files.
    pub role: &'static str,
    /// The contrast that it has, from 1 to 21.
    pub ratio: f64,
    /// The contrast that it needs.
    pub needed: f64,
}

impl Shelf {
    /// Every role of a theme that does not reach the contrast that the theme promises, 3 for
    /// borders. None where it promises none: the colours are the terminal's own then.
    ///
    /// # Errors
    ///
    /// Where there is no such theme, its file cannot be used, or it promises a contrast to a ground
    /// that it does not name.
    pub fn check(&self, name: &str) -> Result<Vec<Flaw>> {
        let theme = self.parse(name)?;
        if theme.min_contrast <= 0.0 {
            return Ok(Vec::new());
        }
        ensure!(
            matches!(theme.background, Color::Rgb(..)),
            "the theme {name} says min_contrast: give [palette] the ground it is meant for, as \
             bg = \"#rrggbb\""
        );
        Ok(Role::ALL.iter().filter_map(|role| flaw(&theme, *role)).collect())
    }
}

fn flaw(theme: &Parsed, role: Role) -> Option<Flaw> {
    let style = theme.style(role, Depth::True);
    let known = |colour: Option<Color>| colour.filter(|colour| *colour != Color::Reset);
    let text = known(theme.style(Role::Text, Depth::True).fg);
    let (fg, bg) = (known(style.fg).or(text)?, known(style.bg).unwrap_or(theme.background));
    let needed = match role {
        Role::Border | Role::BorderFocus => BORDER,
        _ => theme.min_contrast,
    };
    // What the terminal decides cannot be judged.
    let ratio = ratio(fg, bg)?;
    (ratio < needed).then_some(Flaw { role: role.name(), ratio, needed })
}

/// The contrast of two colours, from 1 to 21; none where one of them is the terminal's own.
fn ratio(one: Color, other: Color) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// How light a colour is, from 0 to 1.
fn luminance(colour: Color) -> Option<f64> {
    let Color::Rgb(red, green, blue) = colour else { return None };
    let linear = |c: u8| {
        let c = f64::from(c) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{BUILTIN, ThemeFile};

    #[test]
    fn every_role_of_every_built_in_theme_can_be_read() {
        for name in BUILTIN {
            assert_eq!(Shelf::default().check(name).unwrap(), [], "{name}");
        }
    }

    /// The contrasts that the themes were designed for: text, muted, border, accent, ok, warn, err,
    /// info on the ground, added on its fill, removed on its fill, text on the selection.
    #[rustfmt::skip]
    #[test]
    fn the_contrasts_are_those_of_the_design() {
        let table = [
            ("claw-dark",  [12.9,  6.9,  3.1,  7.3,  9.2,  9.4,  7.4,  9.3,  9.0, 7.9,  8.0]),
            ("claw-light", [14.6,  5.9,  3.3,  6.4,  6.3,  6.7,  6.4,  6.6,  7.7, 7.4, 11.0]),
            ("midnight",   [12.3,  6.6,  3.2,  7.6, 11.0, 12.0,  6.8, 11.6, 10.4, 8.4,  8.8]),
            ("paper",      [11.0,  5.8,  3.3,  6.6,  6.2,  6.5,  6.8,  6.4,  7.3, 6.9,  8.8]),
            ("hc-dark",    [21.0, 14.7, 21.0, 12.7, 16.1, 16.1,  9.6, 16.1, 11.2, 9.3,  8.4]),
            ("hc-light",   [21.0, 12.6, 21.0, 10.6,  9.7, 10.1, 10.1, 10.5, 10.3, 8.8, 14.0]),
            ("cb-dark",    [14.2,  7.6,  3.4,  7.8,  7.8, 13.7,  7.3,  8.0,  8.6, 8.0,  8.4]),
            ("cb-light",   [15.9,  6.5,  3.3,  7.1,  7.1,  6.7,  5.9,  7.4,  8.1, 6.5, 12.0]),
        ];
        let roles = [
            Role::Text, Role::Muted, Role::Border, Role::Accent, Role::Ok, Role::Wait, Role::Err,
            Role::ModeAsk, Role::DiffAdd, Role::DiffDel, Role::Selection,
        ];
        for (name, ratios) in table {
            let theme = Shelf::default().parse(name).unwrap();
            for (role, expected) in roles.into_iter().zip(ratios) {
                let style = theme.style(role, Depth::True);
                let bg = style.bg.filter(|bg| *bg != Color::Reset).unwrap_or(theme.background);
                let got = ratio(style.fg.unwrap(), bg).unwrap();
                assert!((got - expected).abs() <= 0.1, "{name} {}: {got:.2}", role.name());
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_with_its_contrast() {
        let head = "schema = 1\nname = \"T\"\nkind = \"dark\"\ninherits = \"claw-dark\"\n";
        let check = |rest: &str| {
            let (name, path) = ("t".to_owned(), "t.toml".to_owned());
            let file = ThemeFile { name, path, text: format!("{head}{rest}") };
            Shelf::new(vec![file], Vec::new()).check("t")
        };
        let flaws = check("[palette]\nmuted = \"#5c6575\"\nborder = \"#333333\"\n").unwrap();
        let found: Vec<_> = flaws.iter().map(|flaw| (flaw.role, flaw.needed)).collect();
        let muted = ["ui.text.muted", "diff.gutter", "md.quote", "syntax.comment"];
        let mut expected: Vec<_> = muted.map(|role| (role, 4.5)).into();
        expected.insert(1, ("ui.border", 3.0));
        assert_eq!(found, expected);
        assert!((flaws[0].ratio - 3.1).abs() < 0.1, "{}", flaws[0].ratio);
        let more = check("min_contrast = 21.0\n").unwrap();
        assert!(more.len() > 30, "the theme's own promise counts: {}", more.len());
        let error = check("[palette]\nbg = \"default\"\n").unwrap_err().to_string();
        assert!(error.contains("#rrggbb"), "{error}");
    }

    /// What of a state can be seen without colour: its sign, and how the sign is written.
    #[test]
    fn states_differ_without_any_colour() {
        for (name, ascii) in [("mono", false), ("ansi16", false), ("mono", true), ("ansi16", true)]
        {
            let theme = Shelf::default().load(name, Depth::Ansi16).unwrap().with_ascii(ascii);
            let glyphs = theme.glyphs();
            let states = [
                (Role::Ok, glyphs.ok),
                (Role::Err, glyphs.err),
                (Role::Wait, glyphs.wait),
                (Role::DiffAdd, "+"),
                (Role::DiffDel, "-"),
            ];
            let seen = states.map(|(role, sign)| (sign, theme.style(role).add_modifier));
            for (at, one) in seen.iter().enumerate() {
                assert!(!seen[..at].contains(one), "{name} ascii {ascii}: {:?}", states[at]);
            }
        }
    }
}
