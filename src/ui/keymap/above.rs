//! More of the table of keys: what holds in views that lie over the screen.

#[allow(clippy::enum_glob_use, reason = "a row of the table is one line")]
use crate::ui::action::Action::{self, *};
use crate::ui::keymap::Context;

/// As in [`rows`](crate::ui::keymap::table::rows), behind it.
pub(super) const DEFAULT: &[(Context, &str, Action, &str)] = &[
    (Context::Window, "Enter", Toggle, "parts"),
    (Context::Window, "d", DropPart, "take out, put back"),
    (Context::Window, "p", PinPart, "pin"),
    (Context::Window, "l", Open, "open"),
    (Context::Window, "h", Close, "fold"),
    (Context::Window, "j", Down, "down"),
    (Context::Window, "k", Up, "up"),
    (Context::Window, "Down", Down, "down"),
    (Context::Window, "Up", Up, "up"),
    (Context::Window, "g", Top, "top"),
    (Context::Window, "G", Bottom, "end"),
    (Context::Window, "Esc", Escape, "close"),
    (Context::Window, "q", Escape, "close"),
    (Context::Window, "Ctrl+C", Escape, "close"),
];
