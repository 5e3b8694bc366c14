//! A theme's file: TOML with a palette and the roles that use it.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use toml::Spanned;

use crate::ui::theme::depth::{self, Depth};
use crate::ui::theme::role::Role;

/// How many themes may inherit from each other in a row.
const MAX_PARENTS: usize = 4;

/// Finds a theme's file by its name: the name, and the text.
pub(super) type Find<'a> = &'a dyn Fn(&str) -> Option<(&'static str, &'static str)>;

/// The text of a built-in theme, with its name.
pub(super) fn builtin(name: &str) -> Option<(&'static str, &'static str)> {
    let found = match name {
        "claw-dark" => ("claw-dark", include_str!("../../../themes/claw-dark.toml")),
        "claw-light" => ("claw-light", include_str!("../../../themes/claw-light.toml")),
        "ansi16" => ("ansi16", include_str!("../../../themes/ansi16.toml")),
        "mono" => ("mono", include_str!("../../../themes/mono.toml")),
        _ => return None,
    };
    Some(found)
}

/// A theme as its file and its parents' files say it, its colours resolved.
#[derive(Debug)]
pub(super) struct Parsed {
    roles: BTreeMap<String, Style>,
    ansi16: BTreeMap<String, Style>,
    /// The colour that the theme is made for, where the terminal's own shines through.
    #[cfg(test)]
    pub(super) background: Color,
    #[cfg(test)]
    pub(super) min_contrast: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "kind")]
    _kind: Kind,
    #[serde(default)]
    inherits: Option<Spanned<String>>,
    /// Kept by a test; a theme says it so that one sees what it is held to.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "kept by a test"))]
    min_contrast: f64,
    #[serde(default)]
    palette: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, Look>,
    #[serde(default)]
    ansi16: BTreeMap<Spanned<String>, Look>,
}

/// Which background a theme is made for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Dark,
    Light,
    Any,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Look {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    #[serde(default)]
    mods: Vec<Spanned<String>>,
}

/// One file on the way from a theme to its last ancestor.
struct Layer<'a> {
    path: String,
    text: &'a str,
    file: File,
}

/// Reads a theme's text; `find` gives the text of a theme that it inherits from.
///
/// # Errors
///
/// Says `file:line` and what is wrong there: TOML, a name that is no role, a colour that is none.
pub(super) fn parse(path: &str, text: &str, find: Find<'_>) -> Result<Parsed> {
    let mut layers: Vec<Layer<'_>> = vec![read(path, text)?];
    while let Some(parent) = layers.last().and_then(|layer| layer.file.inherits.clone()) {
        let layer = layers.last().map_or((path, text), |layer| (layer.path.as_str(), layer.text));
        let fail = |what: &str| wrong(layer.0, layer.1, parent.span().start, what);
        if layers.len() > MAX_PARENTS {
            return Err(fail("themes inherit from each other without end"));
        }
        let name = parent.get_ref();
        let (name, text) = find(name).ok_or_else(|| fail(&format!("no theme is named {name}")))?;
        layers.push(read(&format!("themes/{name}.toml"), text)?);
    }
    resolve(&layers)
}

fn read<'a>(path: &str, text: &'a str) -> Result<Layer<'a>> {
    let file: File = toml::from_str(text).map_err(|error| {
        wrong(path, text, error.span().map_or(0, |span| span.start), error.message())
    })?;
    if *file.schema.get_ref() != 1 {
        let at = file.schema.span().start;
        return Err(wrong(path, text, at, "this claw reads themes of schema 1"));
    }
    Ok(Layer { path: path.to_owned(), text, file })
}

fn wrong(path: &str, text: &str, at: usize, what: &str) -> anyhow::Error {
    let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
    anyhow!("{path}:{line}: {what}")
}

/// The nearest layer wins, for a colour of the palette as for a role.
fn resolve(layers: &[Layer<'_>]) -> Result<Parsed> {
    let mut palette = BTreeMap::new();
    for layer in layers.iter().rev() {
        for (name, value) in &layer.file.palette {
            let colour = depth::parse(value.get_ref()).ok_or_else(|| {
                let what = format!("`{}` is no colour", value.get_ref());
                wrong(&layer.path, layer.text, value.span().start, &what)
            })?;
            palette.insert(name.as_str(), colour);
        }
    }
    let (mut roles, mut ansi16) = (BTreeMap::new(), BTreeMap::new());
    for layer in layers.iter().rev() {
        for (from, into) in [(&layer.file.roles, &mut roles), (&layer.file.ansi16, &mut ansi16)] {
            for (name, look) in from {
                if !is_role(name.get_ref()) {
                    let what = format!("`{}` is no role", name.get_ref());
                    return Err(wrong(&layer.path, layer.text, name.span().start, &what));
                }
                into.insert(name.get_ref().clone(), style(layer, look, &palette)?);
            }
        }
    }
    Ok(Parsed {
        roles,
        ansi16,
        #[cfg(test)]
        background: palette.get("bg").copied().unwrap_or_default(),
        #[cfg(test)]
        min_contrast: layers[0].file.min_contrast,
    })
}

/// A role, or what a role's name begins with.
fn is_role(name: &str) -> bool {
    Role::ALL.iter().any(|role| {
        role.name().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn style(layer: &Layer<'_>, look: &Look, palette: &BTreeMap<&str, Color>) -> Result<Style> {
    let fail = |at: usize, what: &str| wrong(&layer.path, layer.text, at, what);
    let colour = |name: &Spanned<String>| {
        let found = palette.get(name.get_ref().as_str()).copied();
        found.or_else(|| depth::parse(name.get_ref())).ok_or_else(|| {
            let what = format!("`{}` is neither in the palette nor a colour", name.get_ref());
            fail(name.span().start, &what)
        })
    };
    let mut style = Style::new();
    style.fg = look.fg.as_ref().map(colour).transpose()?;
    style.bg = look.bg.as_ref().map(colour).transpose()?;
    for name in &look.mods {
        let modifier = match name.get_ref().as_str() {
            "bold" => Modifier::BOLD,
            "dim" => Modifier::DIM,
            "italic" => Modifier::ITALIC,
            "underlined" => Modifier::UNDERLINED,
            "reversed" => Modifier::REVERSED,
            "crossed_out" => Modifier::CROSSED_OUT,
            other => return Err(fail(name.span().start, &format!("`{other}` is no modifier"))),
        };
        style = style.add_modifier(modifier);
    }
    Ok(style)
}

impl Parsed {
    /// The style of each role, in the order of [`Role::ALL`], for a terminal's colours.
    pub(super) fn styles(&self, depth: Depth) -> [Style; Role::ALL.len()] {
        std::array::from_fn(|at| self.style(Role::ALL[at], depth))
    }

    /// A role without a style of its own looks like its parent, and without parents like text.
    fn style(&self, role: Role, depth: Depth) -> Style {
        let mut name = role.name();
        loop {
            if depth == Depth::Ansi16
                && let Some(style) = self.ansi16.get(name)
            {
                return *style;
            }
            if let Some(style) = self.roles.get(name) {
                let convert = |colour: Option<Color>| colour.map(|colour| depth.convert(colour));
                return Style { fg: convert(style.fg), bg: convert(style.bg), ..*style };
            }
            match name.rsplit_once('.') {
                Some((parent, _)) => name = parent,
                None if name == "ui.text" || role == Role::Text => return Style::new(),
                None => return self.style(Role::Text, depth),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::BUILTIN;

    fn parsed(name: &str) -> Parsed {
        let (name, text) = builtin(name).unwrap();
        parse(name, text, &builtin).unwrap()
    }

    #[test]
    fn the_built_in_themes_are_read() {
        for name in BUILTIN {
            parsed(name);
        }
    }

    #[test]
    fn errors_name_the_line() {
        let head = "schema = 1\nname = \"T\"\nkind = \"any\"\n";
        let table = [
            ("[palette]\na = \"#12\"\n", "t.toml:5: `#12` is no colour"),
            ("[roles]\n\"ui.tex\" = {}\n", "t.toml:5: `ui.tex` is no role"),
            (
                "[roles]\n\"ui.text\" = { fg = \"red\" }\n",
                "t.toml:5: `red` is neither in the palette nor a colour",
            ),
            ("[roles]\n\"ui.text\" = { mods = [\"loud\"] }\n", "t.toml:5: `loud` is no modifier"),
            ("inherits = \"nobody\"\n", "t.toml:4: no theme is named nobody"),
            ("[roles\n", "t.toml:4: "),
        ];
        for (text, expected) in table {
            let error = parse("t.toml", &format!("{head}{text}"), &builtin).unwrap_err();
            let got = error.to_string();
            assert!(got.starts_with(expected), "{text:?} gave {got}");
        }
        let error = parse("t.toml", "schema = 2\nname = \"T\"\nkind = \"any\"\n", &builtin);
        assert_eq!(error.unwrap_err().to_string(), "t.toml:1: this claw reads themes of schema 1");
    }

    #[test]
    fn a_missing_role_looks_like_its_parent_and_then_like_text() {
        let text = "schema = 1\nname = \"T\"\nkind = \"any\"\n[roles]\n\
                    \"ui.text\" = { mods = [\"bold\"] }\n\"diff.add\" = { mods = [\"dim\"] }\n";
        let theme = parse("t.toml", text, &builtin).unwrap();
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        assert_eq!(theme.style(Role::DiffAddWord, Depth::True), dim);
        assert_eq!(theme.style(Role::Muted, Depth::True), bold);
        assert_eq!(theme.style(Role::Heading, Depth::True), bold);
    }

    #[test]
    fn a_theme_that_inherits_itself_is_refused() {
        let text = "schema = 1\nname = \"T\"\nkind = \"any\"\ninherits = \"t\"\n";
        let find = |_: &str| Some(("t", text));
        let error = parse("t.toml", text, &find).unwrap_err().to_string();
        assert!(error.ends_with("without end"), "{error}");
    }

    /// The relative luminance and the contrast of WCAG 2.2.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |colour: Color| {
            let Color::Rgb(red, green, blue) = colour else {
                panic!("{colour:?} has no luminance")
            };
            let linear = |c: u8| {
                let c = f64::from(c) / 255.0;
                if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_role_can_be_read() {
        for name in ["claw-dark", "claw-light"] {
            let theme = parsed(name);
            for &role in Role::ALL {
                let style = theme.style(role, Depth::True);
                let Some(fg) = style.fg else { continue };
                let bg = style.bg.filter(|bg| *bg != Color::Reset).unwrap_or(theme.background);
                let least = match role {
                    Role::Border | Role::BorderFocus => 3.0,
                    _ => theme.min_contrast,
                };
                let got = contrast(fg, bg);
                assert!(got >= least, "{name} {}: {got:.2} < {least}", role.name());
            }
        }
    }

    #[test]
    fn states_differ_without_any_colour() {
        let theme = parsed("mono");
        let style = |role| theme.style(role, Depth::Ansi16);
        assert!(Role::ALL.iter().all(|role| style(*role).fg.is_none()));
        for (a, b) in [
            (Role::DiffAdd, Role::DiffDel),
            (Role::Text, Role::Muted),
            (Role::Text, Role::Selection),
            (Role::Border, Role::BorderFocus),
            (Role::Err, Role::Ok),
        ] {
            assert_ne!(style(a), style(b), "{} {}", a.name(), b.name());
        }
    }
}
