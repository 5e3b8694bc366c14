//! The signs of the screen, each one cell wide; in Unicode, and in ASCII where that is all there is.

use ratatui::symbols::border;

/// Signs for states, folds and bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// It went wrong.
    pub err: &'static str,
    /// It waits for the user.
    pub wait: &'static str,
    /// The row under the cursor, and where the user writes.
    pub caret: &'static str,
    /// Between two things on a line.
    pub dot: &'static str,
    /// Between two parts of the status line.
    pub separator: &'static str,
    /// A full step of a bar that shows how much.
    pub full: &'static str,
    /// An empty step of it.
    pub empty: &'static str,
    /// The part of a scrollbar that is in view.
    pub thumb: &'static str,
    /// The rest of it.
    pub track: &'static str,
    /// Around the tab in front: left.
    pub tab_left: &'static str,
    /// Around the tab in front: right.
    pub tab_right: &'static str,
    /// A thin rule.
    pub rule: &'static str,
    /// A heavy rule.
    pub heavy_rule: &'static str,
}

/// The frames of the spinner. It is part of rows, which know no theme; where there is only ASCII it
/// stands.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What runs, in one of its phases.
pub fn spinner(phase: usize) -> &'static str {
    SPINNER[phase % SPINNER.len()]
}

pub(super) const UNICODE: Glyphs = Glyphs {
    err: "✗",
    wait: "!",
    caret: "›",
    dot: "·",
    separator: "│",
    full: "▰",
    empty: "▱",
    thumb: "█",
    track: " ",
    tab_left: "▌",
    tab_right: "▐",
    rule: "─",
    heavy_rule: "━",
};

pub(super) const ASCII: Glyphs = Glyphs {
    err: "x",
    wait: "!",
    caret: ">",
    dot: "-",
    separator: "|",
    full: "#",
    empty: ".",
    thumb: "#",
    track: " ",
    tab_left: "[",
    tab_right: "]",
    rule: "-",
    heavy_rule: "=",
};

pub(super) const ASCII_BORDER: border::Set<'static> = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

pub(super) const ASCII_BORDER_FOCUS: border::Set<'static> = border::Set {
    top_left: "#",
    top_right: "#",
    bottom_left: "#",
    bottom_right: "#",
    vertical_left: "#",
    vertical_right: "#",
    horizontal_top: "=",
    horizontal_bottom: "=",
};
