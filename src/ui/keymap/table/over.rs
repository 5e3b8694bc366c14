//! Keys of what lies over the screen, but for questions.

#[allow(clippy::enum_glob_use, reason = "a row of the table is one line")]
use crate::ui::action::Action::*;
use crate::ui::keymap::Context;
use crate::ui::keymap::table::Line;

pub(super) const DEFAULT: &[Line] = &[
    (Context::Models, "Tab", MoreEffort, "effort"),
    (Context::Models, "Right", MoreEffort, "more effort"),
    (Context::Models, "Left", LessEffort, "less effort"),
    (Context::Cost, "Esc", Escape, "close"),
    (Context::Cost, "q", Escape, "close"),
    (Context::Cost, "Enter", Escape, "close"),
    (Context::Cost, "Ctrl+C", Escape, "close"),
    (Context::Cost, "j", Down, "down"),
    (Context::Cost, "k", Up, "up"),
    (Context::Cost, "Down", Down, "down"),
    (Context::Cost, "Up", Up, "up"),
    (Context::Rewind, "Enter", Confirm, "choose what goes back"),
    (Context::Rewind, "Esc", Escape, "close"),
    (Context::Rewind, "q", Escape, "close"),
    (Context::Rewind, "Ctrl+C", Escape, "close"),
    (Context::Rewind, "j", Down, "down"),
    (Context::Rewind, "k", Up, "up"),
    (Context::Rewind, "Down", Down, "down"),
    (Context::Rewind, "Up", Up, "up"),
    (Context::Rewind, "PgDn", PageDown, "scroll"),
    (Context::Rewind, "PgUp", PageUp, "scroll back"),
    (Context::Rewind, "Space", PageDown, "scroll"),
    (Context::Rewind, "g", Top, "newest"),
    (Context::Rewind, "G", Bottom, "oldest"),
    (Context::RewindTo, "Enter", Confirm, "both"),
    (Context::RewindTo, "c", RewindTalk, "conversation"),
    (Context::RewindTo, "f", RewindFiles, "files"),
    (Context::RewindTo, "Space", Toggle, "overwrite or not"),
    (Context::RewindTo, "Esc", Escape, "back"),
    (Context::Why, "Enter", Confirm, "to the turn"),
    (Context::Why, "Esc", Escape, "close"),
    (Context::Why, "q", Escape, "close"),
    (Context::Why, "W", Escape, "close"),
    (Context::Why, "Ctrl+C", Escape, "close"),
];
