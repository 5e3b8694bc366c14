//! The signs of the screen, each one cell wide; in Unicode, and in ASCII where that is all there is.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use ratatui::symbols::border;
use unicode_width::UnicodeWidthStr as _;

/// Signs for states, folds and bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// It went well.
    pub ok: &'static str,
    /// It runs, where the theme has no spinner.
    pub run: Option<&'static str>,
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

/// Why a sign cannot be set.
pub(super) struct Unset {
    /// It is the sign, not its name.
    pub(super) of_sign: bool,
    /// What is wrong, and what to do.
    pub(super) what: String,
}

impl Glyphs {
    /// Sets a sign by its name in theme files.
    pub(super) fn set(&mut self, name: &str, sign: &str) -> Result<(), Unset> {
        let place = match name {
            "ok" => &mut self.ok,
            "run" => self.run.get_or_insert(""),
            "err" => &mut self.err,
            "wait" => &mut self.wait,
            "caret" => &mut self.caret,
            "dot" => &mut self.dot,
            "separator" => &mut self.separator,
            "full" => &mut self.full,
            "empty" => &mut self.empty,
            "thumb" => &mut self.thumb,
            "track" => &mut self.track,
            "tab_left" => &mut self.tab_left,
            "tab_right" => &mut self.tab_right,
            "rule" => &mut self.rule,
            "heavy_rule" => &mut self.heavy_rule,
            _ => {
                let near = NAMES.iter().min_by_key(|known| strsim::osa_distance(known, name));
                let near = near.copied().unwrap_or_default();
                let what = format!("`{name}` is no sign; did you mean `{near}`?");
                return Err(Unset { of_sign: false, what });
            }
        };
        *place = kept(sign).ok_or_else(|| {
            let what = format!("`{sign}` is not one cell wide; a sign has to be");
            Unset { of_sign: true, what }
        })?;
        Ok(())
    }

    /// Our own words in rows with the theme's signs; rows know no theme when they are made.
    pub(in crate::ui) fn write(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '✓' => out.push_str(self.ok),
                '✗' => out.push_str(self.err),
                '\u{2801}'..='\u{28ff}' if let Some(run) = self.run => out.push_str(run),
                c => out.push(c),
            }
        }
        out
    }
}

/// The signs, by their names in theme files.
const NAMES: &[&str] = &[
    "ok",
    "run",
    "err",
    "wait",
    "caret",
    "dot",
    "separator",
    "full",
    "empty",
    "thumb",
    "track",
    "tab_left",
    "tab_right",
    "rule",
    "heavy_rule",
];

/// A sign that lives as long as the program; none where it is not one cell wide.
///
/// There are only so many of them, however often a theme is read: each is kept once.
fn kept(sign: &str) -> Option<&'static str> {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    if sign.width() != 1 || sign.chars().count() != 1 || sign.chars().any(char::is_control) {
        return None;
    }
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(sign) {
        return Some(known);
    }
    let sign: &'static str = Box::leak(sign.to_owned().into_boxed_str());
    kept.insert(sign);
    Some(sign)
}

/// The frames of the spinner. It is part of rows, which know no theme; where there is only ASCII it
/// stands.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// What runs, in one of its phases.
pub fn spinner(phase: usize) -> &'static str {
    SPINNER[phase % SPINNER.len()]
}

pub(super) const UNICODE: Glyphs = Glyphs {
    ok: "✓",
    run: None,
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
    ok: "+",
    run: None,
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
