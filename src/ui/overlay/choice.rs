//! A choice on a screen of its own, before there is a session: trust, a missing key, the demo.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

use crate::base::text::sanitise;
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::frame::Framed;

/// What is asked, and what can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// In the border.
    pub title: String,
    /// What the user has to know, a paragraph a line.
    pub lines: Vec<String>,
    /// The answers: a key, and what it stands for.
    pub options: Vec<(char, String)>,
    /// The answer under the cursor at first; none where none may be taken by a thoughtless Enter.
    pub selected: Option<usize>,
}

/// What a key makes of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Nothing yet.
    None,
    /// This answer.
    Chosen(usize),
    /// The user leaves.
    Quit,
}

/// A key on this screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Up a row.
    Up,
    /// Down a row.
    Down,
    /// Take what is under the cursor.
    Take,
    /// Leave.
    Leave,
    /// A letter.
    Letter(char),
}

impl Choice {
    /// What a key does.
    pub fn step(&mut self, step: Step) -> Answer {
        let last = self.options.len().saturating_sub(1);
        match step {
            Step::Up => {
                self.selected = Some(self.selected.map_or(last, |at| at.saturating_sub(1)));
            }
            Step::Down => self.selected = Some(self.selected.map_or(0, |at| (at + 1).min(last))),
            Step::Take => {
                let chosen = self.selected.filter(|at| *at < self.options.len());
                return chosen.map_or(Answer::None, Answer::Chosen);
            }
            Step::Leave => return Answer::Quit,
            Step::Letter(letter) => {
                let found = self.options.iter().position(|(key, _)| *key == letter);
                return found.map_or(Answer::None, Answer::Chosen);
            }
        }
        Answer::None
    }

    /// Draws it in the middle of the screen.
    pub fn view(&self, theme: &Theme, frame: &mut Frame<'_>) {
        let screen = frame.area();
        let width = screen.width.min(84);
        let inside = width.saturating_sub(4);
        let text = self.lines.iter().map(|line| sanitise(line).into_string());
        let text = Paragraph::new(text.collect::<Vec<_>>().join("\n"))
            .style(theme.style(Role::Text))
            .wrap(Wrap { trim: false });
        let rows = self.lines.iter().map(|line| {
            let rows = crate::base::text::wrap(sanitise(line).as_str(), usize::from(inside)).len();
            u16::try_from(rows).unwrap_or(u16::MAX)
        });
        let options = u16::try_from(self.options.len()).unwrap_or(u16::MAX);
        let wanted = rows.sum::<u16>().saturating_add(options).saturating_add(4);
        let height = wanted.min(screen.height);
        let outer =
            Rect { x: (screen.width - width) / 2, y: (screen.height - height) / 2, width, height };
        let buf = frame.buffer_mut();
        let hints = [("Enter", "choose"), ("Ctrl+C", "quit")];
        let framed = Framed {
            theme,
            focused: true,
            title: self.title.clone(),
            right: String::new(),
            hints: hints.map(|(keys, label)| (keys.to_owned(), label.to_owned())).to_vec(),
        };
        framed.over(outer, buf);
        // The answers are seen even where the words are not.
        let list = options.min(height.saturating_sub(2));
        let above = height.saturating_sub(2 + list + 1);
        let (x, y) = (outer.x + 2.min(width), outer.y + 1.min(height));
        text.render(Rect { x, y, width: inside, height: above }, buf);
        let mut caret = None;
        for (at, (key, label)) in self.options.iter().enumerate().take(usize::from(list)) {
            let y = (outer.bottom() - 1 - list) + at as u16;
            let chosen = self.selected == Some(at);
            let sign = if chosen { theme.glyphs().caret } else { " " };
            let room = usize::from(inside);
            let line = format!("{sign} {key}  {}", sanitise(label));
            buf.set_stringn(x, y, line, room, theme.style(Role::Text));
            if chosen {
                buf.set_style(Rect::new(x, y, inside, 1), theme.style(Role::Selection));
                caret = Some(Position::new(x, y));
            }
        }
        if let Some(caret) = caret {
            frame.set_cursor_position(caret);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enter_takes_only_what_is_under_the_cursor() {
        let mut choice = Choice {
            title: "Trust".into(),
            lines: Vec::new(),
            options: vec![('t', "Trust".into()), ('r', "Read only".into())],
            selected: None,
        };
        let table = [
            (Step::Take, Answer::None),
            (Step::Letter('x'), Answer::None),
            (Step::Down, Answer::None),
            (Step::Down, Answer::None),
            (Step::Down, Answer::None),
            (Step::Take, Answer::Chosen(1)),
            (Step::Letter('t'), Answer::Chosen(0)),
            (Step::Leave, Answer::Quit),
        ];
        for (step, expected) in table {
            assert_eq!(choice.step(step), expected, "{step:?}");
        }
    }
}
