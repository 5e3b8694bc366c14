//! What may stand in a row: our own words, and foreign ones made safe.

use std::borrow::Cow;

use crate::base::text::Sanitised;
use crate::ui::theme::Theme;

/// Words for a [`Row`](super::Row). There is no way from a foreign text to them that does not make
/// it safe first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Ours, as they stand in the source.
    Own(&'static str),
    /// Anything else.
    Safe(Sanitised),
}

impl Words {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Own(words) => words,
            Self::Safe(words) => words.as_str(),
        }
    }
}

impl From<&'static str> for Words {
    fn from(words: &'static str) -> Self {
        Self::Own(words)
    }
}

impl From<Sanitised> for Words {
    fn from(words: Sanitised) -> Self {
        Self::Safe(words)
    }
}

impl From<&Sanitised> for Words {
    fn from(words: &Sanitised) -> Self {
        Self::Safe(words.clone())
    }
}

/// With the theme's own signs, each as wide as before. Rows know no theme when they are made.
pub fn signed<'a>(text: &'a str, theme: &Theme) -> Cow<'a, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else if theme.is_ascii() {
        Cow::Owned(plain(text))
    } else if theme.has_signs() {
        Cow::Owned(theme.glyphs().write(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// The signs of ours in ASCII.
fn plain(text: &str) -> String {
    let signs = text.chars().map(|c| match c {
        '✗' | '⊘' => 'x',
        '▸' | '›' | '→' => '>',
        '▾' => 'v',
        '▌' | '│' => '|',
        '─' | '·' => '-',
        '○' => 'o',
        '▰' => '#',
        '▱' => '.',
        '✓' | '└' | '┼' => '+',
        '…' => '~',
        '●' | '\u{2801}'..='\u{28ff}' => '*',
        c => c,
    });
    signs.collect()
}
