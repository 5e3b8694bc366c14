//! What stands inside a line: emphasis, code, links.

use std::ops::Range;

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::base::text;
use crate::ui::row::{Ink, Origin, Row};
use crate::ui::theme::Role;

/// The line in the making, and what is open in it.
#[derive(Debug, Default)]
pub(super) struct Inline {
    pub(super) line: Row,
    /// What a word is that is nothing else.
    pub(super) base: Option<Role>,
    strong: usize,
    emphasis: usize,
    struck: usize,
    /// Where the first byte of the source stands.
    pub(super) origin: Option<Origin>,
    /// Targets of open links, and where in the line their words begin.
    links: Vec<(String, usize)>,
}

impl Inline {
    /// Takes an event in, and where it stands in the source; false where it is none of a line's.
    pub(super) fn take(&mut self, event: &Event<'_>, range: Range<usize>) -> bool {
        match event {
            Event::Text(words) | Event::InlineHtml(words) => {
                let ink = self.ink(self.base.unwrap_or(Role::Text));
                self.words(words, ink, range);
            }
            Event::Code(code) => {
                let ink = self.ink(Role::Code);
                let marks = range.len().saturating_sub(code.len()) / 2;
                let inside = range.start + marks..range.end - marks;
                self.words(&code.replace('\n', " "), ink, inside);
            }
            Event::TaskListMarker(done) => {
                self.line.push(if *done { "[x] " } else { "[ ] " }, Role::Muted);
            }
            Event::Start(Tag::Strong) => self.strong += 1,
            Event::End(TagEnd::Strong) => self.strong = self.strong.saturating_sub(1),
            Event::Start(Tag::Emphasis) => self.emphasis += 1,
            Event::End(TagEnd::Emphasis) => self.emphasis = self.emphasis.saturating_sub(1),
            Event::Start(Tag::Strikethrough) => self.struck += 1,
            Event::End(TagEnd::Strikethrough) => self.struck = self.struck.saturating_sub(1),
            Event::Start(Tag::Link { dest_url, .. }) => {
                self.links.push((dest_url.to_string(), self.line.text().len()));
            }
            Event::Start(Tag::Image { dest_url, .. }) => {
                self.line.push("image: ", Role::Muted);
                self.links.push((dest_url.to_string(), self.line.text().len()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => self.end_link(),
            _ => return false,
        }
        true
    }

    /// The line, and begins the next.
    pub(super) fn end(&mut self) -> Row {
        // A link may go on in the next line.
        self.links.iter_mut().for_each(|link| link.1 = 0);
        std::mem::take(&mut self.line)
    }

    fn words(&mut self, words: &str, ink: Ink, range: Range<usize>) {
        let words = text::sanitise_prose(words);
        match self.origin {
            Some(Origin { part, at }) => {
                self.line.push_from(words, ink, part, at + range.start..at + range.end);
            }
            None => self.line.push(words, ink),
        }
    }

    fn ink(&self, role: Role) -> Ink {
        let role = if self.links.is_empty() { role } else { Role::Link };
        Ink {
            strong: self.strong > 0,
            emphasis: self.emphasis > 0,
            struck: self.struck > 0,
            ..Ink::from(role)
        }
    }

    /// Shows the target where the words do not say it: a link must not lie.
    fn end_link(&mut self) {
        let Some((target, from)) = self.links.pop() else { return };
        let shown = text::sanitise(&target);
        let said = self.line.text().get(from..).unwrap_or_default();
        if said != shown.as_str() && Some(said) != shown.as_str().strip_prefix("mailto:") {
            self.line.push(if said.is_empty() { "(" } else { " (" }, Role::Muted);
            self.line.push(&shown, Role::Muted);
            self.line.push(")", Role::Muted);
        }
    }
}
