//! A session before it is opened: what it did, turn by turn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

use crate::base::clock::time_of_day;
use crate::base::text::sanitise;
use crate::protocol::SessionId;
use crate::session::{Overview, State, TurnLine};
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::library;
use crate::ui::msg::{Chosen, Loaded, Msg};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::elapsed::tokens;
use crate::ui::widget::scrollbar::Scrollbar;

/// Rows of a turn: the prompt, and the answer.
const TURN: usize = 2;

/// The turns of a session, the last one first.
#[derive(Debug)]
pub struct Preview {
    session: SessionId,
    title: String,
    head: Vec<(&'static str, String)>,
    turns: Option<Result<Vec<TurnLine>, String>>,
    selected: usize,
    top: usize,
    page: usize,
}

impl Preview {
    /// Of a session; its turns come later.
    pub fn new(one: &Overview) -> Self {
        let mut head = Vec::new();
        if !one.files.is_empty() {
            let files = one.files.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
            let more = if one.files.len() > 4 { ", …" } else { "" };
            head.push(("files ", format!("+{} -{} {files}{more}", one.added, one.removed)));
        }
        let cost = one.dollars.map_or(String::new(), |dollars| format!("${dollars:.2} · "));
        head.push(("cost  ", format!("{cost}{} in context", tokens(one.context))));
        head.push(("model ", one.model.to_string()));
        if let Some(damage) = &one.damage {
            head.push(("damage", damage.clone()));
        }
        Self {
            session: one.id.clone(),
            title: one.called().to_owned(),
            head,
            turns: None,
            selected: 0,
            top: 0,
            page: 1,
        }
    }

    fn count(&self) -> usize {
        self.turns.as_ref().and_then(|turns| turns.as_ref().ok()).map_or(0, Vec::len)
    }

    fn list(&self, area: Rect) -> Rect {
        let head = u16::try_from(self.head.len() + 1).unwrap_or(u16::MAX).min(area.height);
        Rect { y: area.y + head, height: area.height - head, ..area }
    }

    fn move_to(&mut self, at: usize) {
        self.selected = at.min(self.count().saturating_sub(1));
    }
}

/// The two rows of a turn.
fn rows(turn: &TurnLine, chosen: bool, cells: usize) -> [Row; 2] {
    let mark = if chosen { "› " } else { "  " };
    let number = format!("#{:<3} {} ", turn.number, time_of_day(turn.at));
    let prompt = Row::new(mark, Role::Text)
        .with(sanitise(&number), Role::Muted)
        .with(sanitise(&turn.prompt), Role::Text)
        .truncated(cells);
    let noun = if turn.tools == 1 { "tool" } else { "tools" };
    let mut right = Row::default();
    if turn.tools > 0 {
        right.push(sanitise(&format!("{} {noun}", turn.tools)), Role::Muted);
    }
    if turn.added > 0 {
        right.push(sanitise(&format!("  +{}", turn.added)), Role::DiffAddCount);
    }
    if turn.removed > 0 {
        right.push(sanitise(&format!(" -{}", turn.removed)), Role::DiffDelCount);
    }
    let answer = Row::new("       ", Role::Text).with(sanitise(&turn.answer), Role::Muted);
    [prompt, answer.justified(&right, cells)]
}

impl Layer for Preview {
    fn context(&self) -> Context {
        Context::Preview
    }

    fn title(&self) -> (String, String) {
        let count = match self.count() {
            1 => "1 turn".to_owned(),
            count => format!("{count} turns"),
        };
        (format!("Preview: {}", self.title), count)
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Open, Action::Down, Action::Up, Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        let rows = self.head.len() + 1 + (self.count() * TURN).max(1) + 2;
        (90, u16::try_from(rows).unwrap_or(u16::MAX).min(34))
    }

    fn arrange(&mut self, _: &State, area: Rect) {
        self.page = (usize::from(self.list(area).height) / TURN).max(1);
        self.top = self.top.clamp((self.selected + 1).saturating_sub(self.page), self.selected);
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let cells = usize::from(area.width.saturating_sub(1));
        for (y, (name, text)) in (0..).zip(&self.head) {
            let row = Row::new(*name, Role::Muted).with("  ", Role::Text);
            row.with(sanitise(text), Role::Text).truncated(cells).draw(area, y, look.theme, buf);
        }
        let list = self.list(area);
        let said = match &self.turns {
            None => "reading the turns …".to_owned(),
            Some(Err(error)) => error.clone(),
            Some(Ok(turns)) if turns.is_empty() => "nothing was said yet".to_owned(),
            Some(Ok(_)) => String::new(),
        };
        if !said.is_empty() {
            Row::new(sanitise(&said), Role::Muted).truncated(cells).draw(list, 0, look.theme, buf);
        }
        let turns = self.turns.iter().flatten().flatten().rev().enumerate();
        let seen = turns.skip(self.top).take(self.page);
        for (y, (at, turn)) in (0..).step_by(TURN).zip(seen) {
            let chosen = at == self.selected;
            let [prompt, answer] = rows(turn, chosen, cells);
            if chosen {
                prompt.draw_on(Role::Selection, list, y, look.theme, buf);
            } else {
                prompt.draw(list, y, look.theme, buf);
            }
            answer.draw(list, y + 1, look.theme, buf);
        }
        let bar = Scrollbar { theme: look.theme, top: self.top * TURN, rows: self.count() * TURN };
        bar.render(list, buf);
    }

    fn act(&mut self, action: Action, _: &State) -> Answer {
        match action {
            Action::Escape => return Answer::close(),
            Action::Open => {
                return Answer::done(Msg::Chosen(Chosen::Session(self.session.clone())));
            }
            Action::Up => self.move_to(self.selected.saturating_sub(1)),
            Action::Down => self.move_to(self.selected + 1),
            Action::PageUp => self.move_to(self.selected.saturating_sub(self.page)),
            Action::PageDown => self.move_to(self.selected + self.page),
            Action::Top => self.move_to(0),
            Action::Bottom => self.move_to(usize::MAX),
            _ => {}
        }
        Answer::default()
    }

    fn loaded(&mut self, loaded: &Loaded) -> bool {
        match loaded {
            Loaded::Library(library::Answer::Turns { session, turns })
                if *session == self.session =>
            {
                self.turns = Some(turns.clone());
                true
            }
            _ => false,
        }
    }
}
