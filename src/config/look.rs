//! How the screen looks, in words of a file.

use serde::Deserialize;

/// How much moves on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Motion {
    /// Spinners and timers.
    #[default]
    Full,
    /// Words instead of spinners, timers in steps of five seconds.
    Reduced,
    /// Nothing.
    None,
}

/// What of the transcript is printed when the screen ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Printed {
    /// Nothing.
    None,
    /// The last turn.
    #[default]
    Last,
    /// All.
    All,
}

/// Which characters the screen is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Glyphs {
    /// Lines, blocks and arrows.
    #[default]
    Unicode,
    /// Only ASCII.
    Ascii,
}
