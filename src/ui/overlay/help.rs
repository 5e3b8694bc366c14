//! What the keys do where the focus was: read from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use crate::base::text::width;
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::{Context, Keymap};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::theme::Role;
use crate::ui::widget::scrollbar::Scrollbar;

/// What the keys do in a context and everywhere.
#[derive(Debug)]
pub struct Help {
    context: Context,
    rows: Vec<Row>,
    top: usize,
    page: usize,
}

#[derive(Debug)]
enum Row {
    Heading(&'static str),
    Keys(String, &'static str),
    Blank,
}

impl Help {
    /// The help for a context. Keys that do the same stand on one line.
    pub fn new(keymap: &Keymap, context: Context) -> Self {
        let mut rows = Vec::new();
        for place in context.chain() {
            if !rows.is_empty() {
                rows.push(Row::Blank);
            }
            rows.push(Row::Heading(place.name()));
            let mut lines: Vec<(Action, String, &'static str)> = Vec::new();
            for binding in keymap.bindings().iter().filter(|row| row.context == *place) {
                let twin = lines.iter_mut().find(|(action, _, label)| {
                    *action == binding.action && *label == binding.label
                });
                match twin {
                    Some((_, keys, _)) => {
                        keys.push_str(", ");
                        keys.push_str(&binding.keys());
                    }
                    None => lines.push((binding.action, binding.keys(), binding.label)),
                }
            }
            rows.extend(lines.into_iter().map(|(_, keys, label)| Row::Keys(keys, label)));
        }
        Self { context, rows, top: 0, page: 1 }
    }

    fn hold(&mut self) {
        self.top = self.top.min(self.rows.len().saturating_sub(self.page));
    }
}

impl Layer for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn title(&self) -> (String, String) {
        (format!("Help: {}", self.context.name()), String::new())
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::PageDown, Action::PageUp, Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        (76, u16::try_from(self.rows.len()).unwrap_or(u16::MAX).saturating_add(2))
    }

    fn act(&mut self, action: Action, _: &State) -> Answer {
        self.top = match action {
            Action::Escape => return Answer::close(),
            Action::Up => self.top.saturating_sub(1),
            Action::Down => self.top + 1,
            Action::PageUp => self.top.saturating_sub(self.page),
            Action::PageDown => self.top + self.page,
            Action::Top => 0,
            Action::Bottom => self.rows.len(),
            _ => self.top,
        };
        self.hold();
        Answer::default()
    }

    fn arrange(&mut self, _: &State, area: Rect) {
        self.page = usize::from(area.height).max(1);
        self.hold();
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let theme = look.theme;
        let keys_cells = self.rows.iter().map(|row| match row {
            Row::Keys(keys, _) => width(keys),
            Row::Heading(_) | Row::Blank => 0,
        });
        let column = keys_cells.max().unwrap_or(0).min(usize::from(area.width / 2));
        let seen = self.rows.iter().skip(self.top).take(usize::from(area.height));
        for (row, y) in seen.zip(area.y..) {
            let line = match row {
                Row::Blank => continue,
                Row::Heading(name) => Line::styled(*name, theme.style(Role::Heading)),
                Row::Keys(keys, label) => {
                    let gap = column.saturating_sub(width(keys)) + 2;
                    Line::from(vec![
                        Span::styled(keys.as_str(), theme.style(Role::Key)),
                        Span::raw(" ".repeat(gap)),
                        Span::styled(*label, theme.style(Role::Text)),
                    ])
                }
            };
            line.render(Rect { y, height: 1, width: area.width.saturating_sub(1), ..area }, buf);
        }
        Scrollbar { theme, top: self.top, rows: self.rows.len() }.render(area, buf);
    }
}
