//! What things look like. Code names a role; only a theme knows a colour.

mod contrast;
mod depth;
mod file;
mod glyph;
mod role;
mod sample;
mod shelf;
mod surroundings;

pub use contrast::Flaw;
pub use depth::Depth;
pub use file::Kind;
pub use glyph::{Glyphs, spinner};
pub use role::Role;
pub use shelf::{BUILTIN, Entry, Shelf, ThemeFile};
pub use surroundings::{Choice, Ground, Surroundings};

use ratatui::style::Style;
use ratatui::symbols::border;

use file::Parsed;

/// The look of every role, for one terminal's colours.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    name: String,
    styles: [Style; Role::ALL.len()],
    glyphs: Glyphs,
    borders: [border::Set<'static>; 2],
    ascii: bool,
}

impl Theme {
    fn new(name: &str, parsed: &Parsed, depth: Depth) -> Self {
        Self {
            name: name.to_owned(),
            styles: parsed.styles(depth),
            glyphs: parsed.glyphs,
            borders: parsed.borders(),
            ascii: false,
        }
    }

    /// A theme without any look of its own.
    fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            styles: [Style::new(); Role::ALL.len()],
            glyphs: glyph::UNICODE,
            borders: [border::PLAIN, border::THICK],
            ascii: false,
        }
    }

    /// A built-in theme in all its colours; none where no theme has that name.
    pub fn builtin(name: &str) -> Option<Self> {
        Self::load(name, Depth::True)
    }

    /// A built-in theme for a terminal's colours; none where no theme has that name.
    pub fn load(name: &str, depth: Depth) -> Option<Self> {
        Shelf::default().load(name, depth).ok()
    }

    /// The theme of a screen that nothing else was said for.
    pub fn dark() -> Self {
        Self::builtin(BUILTIN[0]).unwrap_or_else(|| Self::plain(BUILTIN[0]))
    }

    /// A theme of these looks.
    #[cfg(test)]
    pub(crate) fn from_styles(name: &str, styles: &std::collections::HashMap<Role, Style>) -> Self {
        let style = |at| styles.get(&Role::ALL[at]).copied().unwrap_or_default();
        Self { styles: std::array::from_fn(style), ..Self::plain(name) }
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
    pub fn glyphs(&self) -> &Glyphs {
        if self.ascii { &glyph::ASCII } else { &self.glyphs }
    }

    /// Has it signs of its own?
    pub fn has_signs(&self) -> bool {
        !self.ascii && self.glyphs != glyph::UNICODE
    }

    /// The lines around a pane: heavy around what has the focus, thin around the rest, unless the
    /// theme says otherwise.
    pub fn border(&self, focused: bool) -> border::Set<'static> {
        match (self.ascii, focused) {
            (false, _) => self.borders[usize::from(focused)],
            (true, false) => glyph::ASCII_BORDER,
            (true, true) => glyph::ASCII_BORDER_FOCUS,
        }
    }
}
