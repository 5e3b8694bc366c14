//! A choice on a screen of its own, before there is a session: trust, a missing key, the demo.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use crate::base::text::sanitise;
use crate::protocol::{ChangeKind, FileChange};
use crate::ui::row::{Ink, Row};
use crate::ui::theme::{Role, Theme};
use crate::ui::widget::diff_rows::{DiffRows, Numbers, counts};
use crate::ui::widget::frame::Framed;

/// Rows that are made, at most; of more only the number is said.
const ROWS: usize = 5_000;

/// The widest frame, in cells; that of one with changes.
const WIDTH: u16 = 84;
const WIDE: u16 = 120;

/// What is asked, and what can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// In the border.
    title: String,
    /// What the user has to know, a paragraph a line.
    lines: Vec<String>,
    /// Below: what changed.
    changes: Vec<FileChange>,
    /// The answers: a key, and what it stands for.
    options: Vec<(char, String)>,
    /// The answer under the cursor.
    pub(in crate::ui) selected: Option<usize>,
    /// The first row that is seen.
    top: usize,
    /// Rows that are seen at once.
    page: usize,
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
    /// Up a page of what is to be read.
    PageUp,
    /// Down a page of it.
    PageDown,
    /// Take what is under the cursor.
    Take,
    /// Leave.
    Leave,
    /// A letter.
    Letter(char),
}

/// Where things are on a screen.
struct Laid {
    outer: Rect,
    /// What is to be read, wrapped.
    rows: Vec<Row>,
    /// How many of them are seen at once.
    seen: u16,
    /// How many answers are seen.
    options: u16,
}

impl Choice {
    /// A choice. With `selected` none, no answer is taken by a thoughtless Enter, and none before it
    /// could be read.
    pub fn new(
        title: &str,
        lines: Vec<String>,
        options: Vec<(char, String)>,
        selected: Option<usize>,
    ) -> Self {
        let title = title.to_owned();
        Self { title, lines, changes: Vec::new(), options, selected, top: 0, page: 1 }
    }

    /// The same, with changes to be read.
    #[must_use]
    pub fn with_changes(mut self, changes: Vec<FileChange>) -> Self {
        self.changes = changes;
        self
    }

    /// What a key does.
    pub fn step(&mut self, step: Step) -> Answer {
        let last = self.options.len().saturating_sub(1);
        match step {
            Step::Up => {
                self.selected = Some(self.selected.map_or(last, |at| at.saturating_sub(1)));
            }
            Step::Down => self.selected = Some(self.selected.map_or(0, |at| (at + 1).min(last))),
            Step::PageUp => self.top = self.top.saturating_sub(self.page),
            Step::PageDown => self.top = self.top.saturating_add(self.page),
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

    /// Learns how much of it a screen shows at once.
    pub fn settle(&mut self, screen: Rect) {
        let laid = self.laid(screen);
        let seen = usize::from(laid.seen);
        self.top = self.top.min(laid.rows.len().saturating_sub(seen));
        // A row stays in sight, for the eye.
        self.page = seen.saturating_sub(1).max(1);
    }

    fn laid(&self, screen: Rect) -> Laid {
        let width = screen.width.min(if self.changes.is_empty() { WIDTH } else { WIDE });
        let rows = self.rows(usize::from(width.saturating_sub(4)));
        let answers = u16::try_from(self.options.len()).unwrap_or(u16::MAX);
        let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX);
        let wanted = wanted.saturating_add(answers).saturating_add(4);
        let height = wanted.min(screen.height);
        let (x, y) = ((screen.width - width) / 2, (screen.height - height) / 2);
        // The answers are seen even where the words are not.
        let options = answers.min(height.saturating_sub(2));
        let seen = height.saturating_sub(2 + options + 1);
        Laid { outer: Rect { x, y, width, height }, rows, seen, options }
    }

    /// What is to be read.
    fn rows(&self, cells: usize) -> Vec<Row> {
        let mut rows = Vec::new();
        for line in &self.lines {
            rows.extend(Row::new(sanitise(line), Role::Text).wrapped(cells, 0));
        }
        for change in &self.changes {
            let what = match change.kind {
                ChangeKind::Added => "new ",
                ChangeKind::Modified => "changed ",
                ChangeKind::Deleted => "gone ",
            };
            rows.push(Row::default());
            let name = sanitise(&change.path.to_string_lossy());
            let head = Row::new(what, Role::Heading).with(name, Ink::exact(Role::Heading));
            let head = head.with(" ", Role::Text).then(&counts(change));
            rows.extend(head.wrapped(cells, 2));
            let none = sanitise("");
            rows.extend(DiffRows::new(change, none, Numbers::One).wrapped(cells).0);
            if rows.len() > ROWS {
                break;
            }
        }
        if rows.len() > ROWS {
            rows.truncate(ROWS);
            rows.push(Row::new("There is more than can be shown here.", Role::Wait));
        }
        rows
    }

    /// Draws it in the middle of the screen. `waits` is how much of four steps is over while no key is
    /// taken.
    pub fn view(&self, theme: &Theme, waits: Option<usize>, frame: &mut Frame<'_>) {
        let Laid { outer, rows, seen, options } = self.laid(frame.area());
        let shown = usize::from(seen);
        let longer = rows.len() > shown;
        let mut hints = vec![("Enter", "choose"), ("Ctrl+C", "quit")];
        if longer {
            hints.insert(0, ("PgUp/PgDn", "read on"));
        }
        let right = match waits {
            Some(steps) => ["waiting ▱▱▱▱", "waiting ▰▱▱▱", "waiting ▰▰▱▱", "waiting ▰▰▰▱"]
                [steps.min(3)]
            .to_owned(),
            None if longer => {
                format!("{}-{} of {}", self.top + 1, (self.top + shown).min(rows.len()), rows.len())
            }
            None => String::new(),
        };
        let framed = Framed {
            theme,
            focused: true,
            title: self.title.clone(),
            right,
            hints: hints.iter().map(|(keys, label)| ((*keys).into(), (*label).into())).collect(),
        };
        let buf = frame.buffer_mut();
        framed.over(outer, buf);
        let (x, y) = (outer.x + 2.min(outer.width), outer.y + 1.min(outer.height));
        let inside = outer.width.saturating_sub(4);
        let area = Rect { x, y, width: inside, height: seen };
        for (row, y) in rows.iter().skip(self.top).zip(0..seen) {
            row.draw(area, y, theme, buf);
        }
        let mut caret = None;
        for (at, (key, label)) in self.options.iter().enumerate().take(usize::from(options)) {
            let y = (outer.bottom() - 1 - options) + at as u16;
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
        let options = vec![('t', "Trust".into()), ('r', "Read only".into())];
        let mut choice = Choice::new("Trust", Vec::new(), options, None);
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

    #[test]
    fn what_is_long_is_read_page_by_page_and_its_answers_stay_in_sight() {
        use crate::diff;
        use crate::protocol::Author;
        use ratatui::Terminal;
        use ratatui::backend::TestBackend;
        let text = (0..60).map(|n| format!("line {n} \u{1b}[2J")).collect::<Vec<_>>().join("\n");
        let change =
            diff::change(".claw/hooks.sh".as_ref(), None, Some(text.as_bytes()), Author::User);
        let options = vec![('t', "Trust it".into()), ('q', "Quit".into())];
        let mut choice = Choice::new("Trust?", vec!["It changed.".into()], options, None)
            .with_changes(vec![change.unwrap()]);
        let theme = Theme::dark();
        let mut terminal = Terminal::new(TestBackend::new(60, 20)).unwrap();
        let mut shown = |choice: &mut Choice| {
            choice.settle(Rect::new(0, 0, 60, 20));
            terminal.draw(|frame| choice.view(&theme, None, frame)).unwrap();
            terminal.backend().to_string()
        };
        let first = shown(&mut choice);
        for seen in ["It changed.", "new .claw/hooks.sh +60 -0", "+ line 0 <U+001B>[2J", "1-15 of"]
        {
            assert!(first.contains(seen), "{seen}: {first}");
        }
        for _ in 0..100 {
            choice.step(Step::PageDown);
            assert!(shown(&mut choice).contains("t  Trust it"));
        }
        let last = shown(&mut choice);
        assert!(last.contains("+ line 59") && !last.contains("It changed."), "{last}");
        for _ in 0..100 {
            choice.step(Step::PageUp);
            let _ = shown(&mut choice);
        }
        assert_eq!(shown(&mut choice), first);
    }
}
