//! Why a line is as it is: the turn, the call, and what the model said before it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::base::text;
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::msg::{Chosen, Msg};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::pane::changes::Reason;
use crate::ui::row::Row;
use crate::ui::theme::Role;

/// Columns of it, with its border.
const WIDTH: u16 = 72;
/// The most rows of what the model said.
const WORDS: usize = 8;

/// What brought a line, to be read; Enter goes to the turn.
#[derive(Debug)]
pub struct WhyLayer {
    reason: Reason,
}

impl WhyLayer {
    /// Tells of this.
    pub fn new(reason: Reason) -> Self {
        Self { reason }
    }

    fn rows(&self, cells: usize) -> Vec<Row> {
        let why = match &self.reason {
            Reason::Other(words) => return vec![Row::new(*words, Role::Text)],
            Reason::Call(why) => why,
        };
        let mut rows = Vec::new();
        if let Some((_, number, prompt)) = &why.turn {
            let turn = Row::new(text::sanitise(&format!("#{number}  ")), Role::Key);
            rows.push(turn.with(text::sanitise_prose(prompt), Role::Prompt).truncated(cells));
        }
        let call = text::sanitise_line(&why.call);
        rows.push(Row::new("    ", Role::Text).with(call, Role::Accent).truncated(cells));
        rows.push(Row::default());
        match &why.words {
            Some(words) => {
                let said = Row::new(text::sanitise_prose(words), Role::Text).wrapped(cells, 0);
                let more = said.len() > WORDS;
                rows.extend(said.into_iter().take(WORDS));
                if more {
                    rows.push(Row::new("…", Role::Muted));
                }
            }
            None => rows.push(Row::new("the model said nothing before it", Role::Muted)),
        }
        rows
    }
}

impl Layer for WhyLayer {
    fn context(&self) -> Context {
        Context::Why
    }

    fn title(&self) -> (String, String) {
        ("Why this line".to_owned(), String::new())
    }

    fn hints(&self) -> &'static [Action] {
        match &self.reason {
            Reason::Call(why) if why.turn.is_some() => &[Action::Confirm, Action::Escape],
            _ => &[Action::Escape],
        }
    }

    fn size(&self) -> (u16, u16) {
        let rows = self.rows(usize::from(WIDTH) - 4).len();
        (WIDTH, u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2))
    }

    fn arrange(&mut self, _: &State, _: Rect) {}

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let rows = self.rows(usize::from(area.width.saturating_sub(1)));
        for (row, y) in rows.iter().zip(0..area.height) {
            row.draw(area, y, look.theme, buf);
        }
    }

    fn act(&mut self, action: Action, _: &State) -> Answer {
        let turn = match &self.reason {
            Reason::Call(why) => why.turn.as_ref(),
            Reason::Other(_) => None,
        };
        match (action, turn) {
            (Action::Confirm, Some((turn, ..))) => {
                Answer::done(Msg::Chosen(Chosen::Turn(turn.clone())))
            }
            (Action::Confirm | Action::Escape, _) => Answer::close(),
            _ => Answer::default(),
        }
    }
}
