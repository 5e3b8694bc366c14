//! All commands, to find one by its name.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text::width;
use crate::ui::action::{Action, Edit};
use crate::ui::keymap::{Context, Keymap};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::scrollbar::Scrollbar;

/// The longest filter.
const LONGEST: usize = 60;

/// The commands that hold where the focus was, and what they are filtered by.
#[derive(Debug)]
pub struct Palette {
    commands: Vec<Command>,
    filter: String,
    selected: usize,
    top: usize,
}

#[derive(Debug)]
struct Command {
    action: Action,
    place: &'static str,
    label: &'static str,
    keys: String,
}

impl Palette {
    /// The commands of a context, each once; moves of the caret are no commands.
    pub fn new(keymap: &Keymap, context: Context) -> Self {
        let mut commands: Vec<Command> = Vec::new();
        for row in keymap.within(context) {
            let known = commands.iter().any(|command| command.action == row.action);
            let own = matches!(row.action, Action::Palette | Action::Edit(_));
            if !known && !own {
                let (place, keys) = (row.context.name(), row.keys());
                commands.push(Command { action: row.action, place, label: row.label, keys });
            }
        }
        Self { commands, filter: String::new(), selected: 0, top: 0 }
    }

    /// A character for the filter.
    pub fn write(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.filter.chars().count());
        self.filter.extend(text.chars().filter(|c| !c.is_control()).take(room));
        self.selected = 0;
    }

    /// Moves, or changes the filter.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Up => self.selected = self.selected.saturating_sub(1),
            Action::Down => {
                let last = self.found().count().saturating_sub(1);
                self.selected = (self.selected + 1).min(last);
            }
            Action::Edit(Edit::DeleteBefore) => {
                self.filter.pop();
                self.selected = 0;
            }
            Action::Edit(Edit::DeleteToStart) => {
                self.filter.clear();
                self.selected = 0;
            }
            _ => {}
        }
    }

    /// The command under the cursor.
    pub fn chosen(&self) -> Option<Action> {
        self.found().nth(self.selected).map(|command| command.action)
    }

    /// What it is filtered by.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// How many are found, of how many.
    pub fn count(&self) -> (usize, usize) {
        (self.found().count(), self.commands.len())
    }

    fn found(&self) -> impl Iterator<Item = &Command> {
        let wanted = self.filter.to_lowercase();
        let fits = move |command: &&Command| {
            let name = format!("{}: {}", command.place, command.label).to_lowercase();
            wanted.split_whitespace().all(|word| name.contains(word))
        };
        self.commands.iter().filter(fits)
    }

    /// Keeps the cursor in view.
    pub fn arrange(&mut self, area: Rect) {
        let page = usize::from(area.height.saturating_sub(2)).max(1);
        let least = (self.selected + 1).saturating_sub(page);
        self.top = self.top.clamp(least, self.selected);
    }

    /// Where the caret stands.
    pub fn caret(&self, area: Rect) -> Position {
        let column = (width(&self.filter) + 2).min(usize::from(area.width.saturating_sub(1)));
        Position::new(area.x + column as u16, area.y)
    }

    /// Draws it inside its frame.
    pub fn view(&self, theme: &Theme, area: Rect, buf: &mut Buffer) {
        let (text, muted) = (theme.style(Role::Text), theme.style(Role::Muted));
        let room = usize::from(area.width.saturating_sub(1));
        if area.height == 0 || room == 0 {
            return;
        }
        let caret = theme.glyphs().caret;
        buf.set_stringn(area.x, area.y, format!("{caret} {}", self.filter), room, text);
        if self.count().0 == 0 && area.height > 2 {
            let none = format!("  nothing for '{}'", self.filter);
            buf.set_stringn(area.x, area.y + 2, none, room, muted);
        }
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        let seen = self.found().enumerate().skip(self.top).take(usize::from(list.height));
        for ((at, command), y) in seen.zip(list.y..) {
            let line = Rect { y, height: 1, width: list.width - 1, ..list };
            let chosen = at == self.selected;
            let sign = if chosen { caret } else { " " };
            let name = format!("{sign} {}: {}", command.place, command.label);
            buf.set_stringn(line.x, y, name, room, text);
            let keys = width(&command.keys) + 1;
            if keys < room {
                let x = line.right() - keys as u16;
                buf.set_stringn(x, y, &command.keys, keys, theme.style(Role::Key));
            }
            if chosen {
                buf.set_style(line, theme.style(Role::Selection));
            }
        }
        Scrollbar { theme, top: self.top, rows: self.count().0 }.render(list, buf);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_find_a_command() {
        let mut palette = Palette::new(&Keymap::default(), Context::Message);
        assert_eq!(palette.count().0, palette.count().1);
        palette.write("theme");
        assert_eq!(palette.chosen(), Some(Action::NextTheme));
        palette.write(" xyz");
        assert_eq!(palette.chosen(), None);
        palette.act(Action::Edit(Edit::DeleteToStart));
        palette.act(Action::Down);
        assert!(palette.chosen().is_some());
    }
}
