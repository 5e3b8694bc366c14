//! What may stand in a row: our own words, and foreign ones made safe.

use crate::base::text::Sanitised;

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

/// The signs of ours in ASCII, each as wide as before. Rows know no theme when they are made.
pub(super) fn plain(text: &str) -> String {
    let signs = text.chars().map(|c| match c {
        '✗' | '⊘' => 'x',
        '▸' | '›' | '→' => '>',
        '▾' => 'v',
        '▌' | '│' => '|',
        '─' | '·' => '-',
        '○' => 'o',
        '✓' | '└' | '┼' => '+',
        '…' => '~',
        '●' | '\u{2801}'..='\u{28ff}' => '*',
        c => c,
    });
    signs.collect()
}
