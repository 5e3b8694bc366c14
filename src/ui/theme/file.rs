//! A theme's file: TOML with a palette, the roles that use it, and its own signs.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;
use serde::Deserialize;
use toml::Spanned;

use crate::ui::theme::depth::{self, Depth};
use crate::ui::theme::glyph::{self, Glyphs};
use crate::ui::theme::role::Role;
use crate::ui::theme::shelf::Shelf;

/// The modifiers, by their names.
const MODIFIERS: &[(&str, Modifier)] = &[
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
    ("crossed_out", Modifier::CROSSED_OUT),
];

/// The shapes of a border, by their names.
const SHAPES: &[(&str, border::Set<'static>)] = &[
    ("thin", border::PLAIN),
    ("heavy", border::THICK),
    ("double", border::DOUBLE),
    ("rounded", border::ROUNDED),
];

/// A theme as its file and its parents' files say it, its colours resolved.
#[derive(Debug)]
pub(super) struct Parsed {
    roles: BTreeMap<String, Style>,
    ansi16: BTreeMap<String, Style>,
    shapes: BTreeMap<String, border::Set<'static>>,
    /// The signs, as far as the theme has its own.
    pub(super) glyphs: Glyphs,
    /// The title, for people.
    pub(super) title: String,
    /// Which background it is made for.
    pub(super) kind: Kind,
    /// The colour that the theme is made for, where the terminal's own shines through.
    pub(super) background: Color,
    /// What a theme promises, as WCAG counts it.
    pub(super) min_contrast: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<u32>,
    name: String,
    kind: Kind,
    #[serde(default)]
    inherits: Option<Spanned<String>>,
    min_contrast: Option<f64>,
    #[serde(default)]
    palette: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    roles: BTreeMap<Spanned<String>, Look>,
    #[serde(default)]
    ansi16: BTreeMap<Spanned<String>, Look>,
    #[serde(default)]
    glyphs: BTreeMap<Spanned<String>, Spanned<String>>,
}

/// Which background a theme is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A dark one.
    Dark,
    /// A light one.
    Light,
    /// Whatever there is.
    Any,
}

impl Kind {
    /// As it stands in a theme's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Any => "any",
        }
    }
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Look {
    fg: Option<Spanned<String>>,
    bg: Option<Spanned<String>>,
    #[serde(default)]
    mods: Vec<Spanned<String>>,
    /// The shape of a border.
    set: Option<Spanned<String>>,
}

/// One file on the way from a theme to its last ancestor.
struct Layer<'a> {
    path: &'a str,
    text: &'a str,
    file: File,
}

/// Reads a theme's text; the themes that it inherits from stand on the shelf.
///
/// # Errors
///
/// Says `file:line`, what is wrong there and what could stand there instead: TOML, a name that is
/// no role, a colour that is none.
pub(super) fn parse<'a>(path: &'a str, text: &'a str, shelf: &'a Shelf) -> Result<Parsed> {
    let mut layers: Vec<Layer<'a>> = vec![read(path, text)?];
    while let Some(last) = layers.last()
        && let Some(parent) = last.file.inherits.as_ref().filter(|name| !name.get_ref().is_empty())
    {
        let name = parent.get_ref();
        let named = shelf.named(name);
        // A theme may take over another one of the same name; none stands for itself.
        let next = named.iter().find(|(path, _)| layers.iter().all(|layer| layer.path != *path));
        let (path, text) = *next.ok_or_else(|| {
            let what = if named.is_empty() {
                format!("no theme is named `{name}`; {}", nearest(name, shelf.names()))
            } else {
                format!("`{name}` inherits from this theme: let one of them go first")
            };
            wrong(last.path, last.text, parent.span().start, &what)
        })?;
        let next = read(path, text)?;
        layers.push(next);
    }
    resolve(&layers)
}

fn read<'a>(path: &'a str, text: &'a str) -> Result<Layer<'a>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let what = error.message().trim_end().replace('\n', ", ");
        wrong(path, text, error.span().map_or(0, |span| span.start), &what)
    })?;
    if *file.schema.get_ref() != 1 {
        let at = file.schema.span().start;
        return Err(wrong(
            path,
            text,
            at,
            "this claw reads themes of schema 1; write `schema = 1`",
        ));
    }
    Ok(Layer { path, text, file })
}

fn wrong(path: &str, text: &str, at: usize, what: &str) -> anyhow::Error {
    let line = text.bytes().take(at).filter(|&b| b == b'\n').count() + 1;
    anyhow!("{path}:{line}: {what}")
}

/// What was meant, most likely.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = known.into_iter().min_by_key(|known| strsim::osa_distance(known, word));
    format!("did you mean `{}`?", near.unwrap_or_default())
}

/// The nearest layer wins, for a colour of the palette as for a role.
fn resolve(layers: &[Layer<'_>]) -> Result<Parsed> {
    let mut palette = BTreeMap::new();
    for layer in layers.iter().rev() {
        for (name, value) in &layer.file.palette {
            let colour = depth::parse(value.get_ref()).ok_or_else(|| {
                let what = format!("`{}` is no colour; write {COLOURS}", value.get_ref());
                wrong(layer.path, layer.text, value.span().start, &what)
            })?;
            palette.insert(name.as_str(), colour);
        }
    }
    let (mut roles, mut ansi16) = (BTreeMap::new(), BTreeMap::new());
    let (mut shapes, mut glyphs) = (BTreeMap::new(), glyph::UNICODE);
    for layer in layers.iter().rev() {
        for (from, into) in [(&layer.file.roles, &mut roles), (&layer.file.ansi16, &mut ansi16)] {
            for (name, look) in from {
                if !is_role(name.get_ref()) {
                    let near = nearest(name.get_ref(), Role::ALL.iter().map(|role| role.name()));
                    let what = format!("`{}` is no role; {near}", name.get_ref());
                    return Err(wrong(layer.path, layer.text, name.span().start, &what));
                }
                into.insert(name.get_ref().clone(), style(layer, look, &palette)?);
                if let Some(shape) = shape(layer, look)? {
                    shapes.insert(name.get_ref().clone(), shape);
                }
            }
        }
        for (name, sign) in &layer.file.glyphs {
            let set = glyphs.set(name.get_ref(), sign.get_ref());
            let at = [name.span().start, sign.span().start];
            set.map_err(|why| {
                wrong(layer.path, layer.text, at[usize::from(why.of_sign)], &why.what)
            })?;
        }
    }
    Ok(Parsed {
        roles,
        ansi16,
        shapes,
        glyphs,
        title: layers[0].file.name.clone(),
        kind: layers[0].file.kind,
        background: palette.get("bg").copied().unwrap_or_default(),
        min_contrast: layers.iter().find_map(|layer| layer.file.min_contrast).unwrap_or_default(),
    })
}

/// A role, or what a role's name begins with.
fn is_role(name: &str) -> bool {
    Role::ALL.iter().any(|role| {
        role.name().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// How a colour is written.
const COLOURS: &str = "#rrggbb, ansi:4, ansi:bright-blue or default";

fn style(layer: &Layer<'_>, look: &Look, palette: &BTreeMap<&str, Color>) -> Result<Style> {
    let fail = |at: usize, what: &str| wrong(layer.path, layer.text, at, what);
    let colour = |name: &Spanned<String>| {
        let found = palette.get(name.get_ref().as_str()).copied();
        found.or_else(|| depth::parse(name.get_ref())).ok_or_else(|| {
            let what = "is neither in the palette nor a colour; add it to [palette], or write";
            fail(name.span().start, &format!("`{}` {what} {COLOURS}", name.get_ref()))
        })
    };
    let mut style = Style::new();
    style.fg = look.fg.as_ref().map(colour).transpose()?;
    style.bg = look.bg.as_ref().map(colour).transpose()?;
    for name in &look.mods {
        style = style.add_modifier(one_of(layer, name, "modifier", MODIFIERS)?);
    }
    Ok(style)
}

fn shape(layer: &Layer<'_>, look: &Look) -> Result<Option<border::Set<'static>>> {
    look.set.as_ref().map(|name| one_of(layer, name, "shape of a border", SHAPES)).transpose()
}

/// What a name stands for.
fn one_of<T: Copy>(
    layer: &Layer<'_>,
    name: &Spanned<String>,
    what: &str,
    known: &[(&str, T)],
) -> Result<T> {
    let found = known.iter().find(|(known, _)| known == name.get_ref());
    found.map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let what = format!("`{}` is no {what}: there are {}", name.get_ref(), names.join(", "));
        wrong(layer.path, layer.text, name.span().start, &what)
    })
}

impl Parsed {
    /// The style of each role, in the order of [`Role::ALL`], for a terminal's colours.
    pub(super) fn styles(&self, depth: Depth) -> [Style; Role::ALL.len()] {
        std::array::from_fn(|at| self.style(Role::ALL[at], depth))
    }

    /// The shapes of a border, and of one around what has the focus.
    pub(super) fn borders(&self) -> [border::Set<'static>; 2] {
        let shape = |name: &str| self.shapes.get(name).copied();
        let plain = shape("ui.border").unwrap_or(border::PLAIN);
        [plain, shape("ui.border.focus").unwrap_or(border::THICK)]
    }

    /// A role without a style of its own looks like its parent, and without parents like text.
    pub(super) fn style(&self, role: Role, depth: Depth) -> Style {
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

    fn parsed(name: &str) -> Parsed {
        Shelf::default().parse(name).unwrap()
    }

    #[test]
    fn errors_name_the_line() {
        let head = "schema = 1\nname = \"T\"\nkind = \"any\"\n";
        let table = [
            ("[palette]\na = \"#12\"\n", "t.toml:5: `#12` is no colour; write #rrggbb, "),
            (
                "[roles]\n\"ui.tex\" = {}\n",
                "t.toml:5: `ui.tex` is no role; did you mean `ui.text`?",
            ),
            (
                "[roles]\n\"ui.text\" = { fg = \"red\" }\n",
                "t.toml:5: `red` is neither in the palette nor a colour",
            ),
            ("[roles]\n\"ui.text\" = { mods = [\"loud\"] }\n", "t.toml:5: `loud` is no modifier"),
            (
                "inherits = \"claw-drak\"\n",
                "t.toml:4: no theme is named `claw-drak`; did you mean `claw-dark`?",
            ),
            (
                "[roles]\n\"ui.border\" = { set = \"fat\" }\n",
                "t.toml:5: `fat` is no shape of a border: there are thin",
            ),
            ("[glyphs]\nerr = \"!!\"\n", "t.toml:5: `!!` is not one cell wide"),
            ("[glyphs]\neror = \"x\"\n", "t.toml:5: `eror` is no sign; did you mean `err`?"),
            ("[roles\n", "t.toml:4: "),
        ];
        for (text, expected) in table {
            let error = parse("t.toml", &format!("{head}{text}"), &Shelf::default()).unwrap_err();
            let got = error.to_string();
            assert!(got.starts_with(expected), "{text:?} gave {got}");
        }
        let error =
            parse("t.toml", "schema = 2\nname = \"T\"\nkind = \"any\"\n", &Shelf::default());
        assert_eq!(
            error.unwrap_err().to_string(),
            "t.toml:1: this claw reads themes of schema 1; write `schema = 1`"
        );
    }

    #[test]
    fn a_missing_role_looks_like_its_parent_and_then_like_text() {
        let text = "schema = 1\nname = \"T\"\nkind = \"any\"\n[roles]\n\
                    \"ui.text\" = { mods = [\"bold\"] }\n\"diff.add\" = { mods = [\"dim\"] }\n";
        let theme = parse("t.toml", text, &Shelf::default()).unwrap();
        let bold = Style::new().add_modifier(Modifier::BOLD);
        let dim = Style::new().add_modifier(Modifier::DIM);
        assert_eq!(theme.style(Role::DiffAddWord, Depth::True), dim);
        assert_eq!(theme.style(Role::Muted, Depth::True), bold);
        assert_eq!(theme.style(Role::Heading, Depth::True), bold);
    }

    #[test]
    fn mono_names_no_colour() {
        let theme = parsed("mono");
        let style = |role| theme.style(role, Depth::Ansi16);
        assert!(
            Role::ALL.iter().all(|role| style(*role).fg.is_none() && style(*role).bg.is_none())
        );
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
