//! Short messages that come and go, and never take the focus.

use std::collections::VecDeque;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::clock::Millis;
use crate::base::text::{sanitise, truncate, width};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::frame::clear;

/// How many are seen at once.
const MOST: usize = 3;
/// How long one is seen, in milliseconds. An error stays until a key.
const TIME: u64 = 4000;

/// How many are kept to be read later.
const KEPT: usize = 200;

/// What is to be said.
#[derive(Debug, Default)]
pub struct Toasts {
    seen: Vec<Toast>,
    /// All that was said, the oldest first: text, whether it is an error, and when.
    kept: VecDeque<(String, bool, Millis)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Toast {
    text: String,
    error: bool,
    until: Millis,
}

impl Toasts {
    /// Says something for a while.
    pub fn say(&mut self, text: impl Into<String>, now: Millis) {
        self.push(text.into(), false, now);
    }

    /// Says what went wrong, until a key.
    pub fn fail(&mut self, text: impl Into<String>, now: Millis) {
        self.push(text.into(), true, now);
    }

    fn push(&mut self, text: String, error: bool, now: Millis) {
        self.kept.push_back((text.clone(), error, now));
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
        // Said twice is said once, for longer.
        self.seen.retain(|toast| toast.text != text);
        self.seen.push(Toast { text, error, until: Millis(now.0.saturating_add(TIME)) });
        let over = self.seen.len().saturating_sub(MOST);
        self.seen.drain(..over);
    }

    /// What was said and when, the latest first; `true` where it was an error.
    pub fn kept(&self) -> impl Iterator<Item = (&str, bool, Millis)> {
        self.kept.iter().rev().map(|(text, error, at)| (text.as_str(), *error, *at))
    }

    /// What each says, the oldest first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.seen.iter().map(|toast| toast.text.as_str())
    }

    /// A key was pressed: errors were seen. Did one go?
    pub fn key(&mut self) -> bool {
        let before = self.seen.len();
        self.seen.retain(|toast| !toast.error);
        self.seen.len() != before
    }

    /// Time passed. Did one go?
    pub fn tick(&mut self, now: Millis) -> bool {
        let before = self.seen.len();
        self.seen.retain(|toast| toast.error || toast.until > now);
        self.seen.len() != before
    }

    /// When the next one goes by itself.
    pub fn next_tick(&self) -> Option<Millis> {
        self.seen.iter().filter(|toast| !toast.error).map(|toast| toast.until).min()
    }

    /// Draws them at the lower right of an area.
    pub fn view(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let mut bottom = area.bottom();
        for toast in self.seen.iter().rev() {
            if bottom <= area.y || area.width < 8 {
                return;
            }
            bottom -= 1;
            let glyphs = theme.glyphs();
            let (sign, role) =
                if toast.error { (glyphs.err, Role::Err) } else { (glyphs.dot, Role::Text) };
            let room = usize::from(area.width - 2);
            let text = truncate(&format!(" {sign} {} ", sanitise(&toast.text)), room);
            let cells = width(&text) as u16;
            let line = Rect::new(area.right() - 1 - cells, bottom, cells, 1);
            clear(line, buf);
            buf.set_style(line, theme.style(Role::Status));
            buf.set_stringn(line.x, bottom, text, room, theme.style(role));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_go_by_themselves_but_errors_wait_for_a_key() {
        let mut toasts = Toasts::default();
        toasts.say("a", Millis(0));
        toasts.fail("b", Millis(0));
        assert_eq!(toasts.next_tick(), Some(Millis(4000)));
        assert!(!toasts.tick(Millis(3999)));
        assert!(toasts.tick(Millis(4000)));
        assert_eq!(toasts.next_tick(), None);
        assert!(toasts.key());
        assert!(!toasts.key());
        for n in 0..5 {
            toasts.say(n.to_string(), Millis(0));
        }
        toasts.say("3", Millis(9));
        assert_eq!(toasts.texts().collect::<Vec<_>>(), ["2", "4", "3"]);
    }
}
