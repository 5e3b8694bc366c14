//! A list to choose from: filtered while one types, with groups, keys and a preview.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::widgets::Widget as _;

use crate::base::text::{sanitise, width};
use crate::session::State;
use crate::ui::action::{Action, Edit};
use crate::ui::keymap::Context;
use crate::ui::msg::Msg;
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::theme::Role;
use crate::ui::widget::scrollbar::Scrollbar;

/// The longest filter, in characters.
const LONGEST: usize = 200;

/// A row to choose.
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// What it is called; the filter looks here first.
    pub label: String,
    /// A few words after it, muted; the filter looks here, too.
    pub detail: String,
    /// Words that find it besides.
    pub words: String,
    /// At the right end: a key, a time.
    pub right: String,
    /// The heading it stands under; rows of a group stand together.
    pub group: String,
    /// Rows that can be had at once come before it, however well it fits.
    pub later: bool,
    /// What the model is told when it is chosen; none where it only can be read.
    pub chosen: Option<Msg>,
    /// What the model is told when the cursor comes to it.
    pub seen: Option<Msg>,
}

/// A line of a list.
#[derive(Debug, Clone, Copy)]
pub enum Part {
    /// The heading above that row.
    Heading(usize),
    /// That row; is it under the cursor?
    Row(usize, bool),
}

/// What a picker is opened with.
#[derive(Debug)]
pub struct Picker {
    title: String,
    items: Vec<Item>,
    filter: String,
    /// The rows that fit the filter, best first; groups stay together.
    found: Vec<usize>,
    selected: usize,
    top: usize,
    page: usize,
    /// What the model is told where nothing is chosen: a preview is taken back.
    left: Option<Msg>,
    /// What is said where nothing fits, before the filter.
    none: &'static str,
    /// Signs that lead elsewhere, typed where nothing is written, and what is said of them.
    signs: Vec<(char, Msg)>,
    legend: &'static str,
    /// It stays when a row is chosen.
    stays: bool,
}

impl Picker {
    /// A list of these, under this title.
    pub fn new(title: impl Into<String>, items: Vec<Item>) -> Self {
        let found = (0..items.len()).collect();
        Self {
            title: title.into(),
            items,
            filter: String::new(),
            found,
            selected: 0,
            top: 0,
            page: 1,
            left: None,
            none: "nothing for",
            signs: Vec::new(),
            legend: "",
            stays: false,
        }
    }

    /// With the cursor on the first row of which this holds.
    #[must_use]
    pub fn at(mut self, holds: impl Fn(&Item) -> bool) -> Self {
        self.selected = self.items.iter().position(holds).unwrap_or(0);
        self
    }

    /// The model is told this where it is closed without a choice.
    #[must_use]
    pub fn or_else(mut self, left: Msg) -> Self {
        self.left = Some(left);
        self
    }

    /// With signs that lead elsewhere where they are typed first, and a line that names them.
    #[must_use]
    pub fn with_signs(mut self, legend: &'static str, signs: Vec<(char, Msg)>) -> Self {
        (self.signs, self.legend) = (signs, legend);
        self
    }

    /// It stays open when a row is chosen, and `Space` chooses, too.
    #[must_use]
    pub fn staying(mut self) -> Self {
        self.stays = true;
        self
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Item> {
        self.items.get(*self.found.get(self.selected)?)
    }

    /// Which of the rows that it was opened with is under the cursor.
    pub fn place(&self) -> Option<usize> {
        self.found.get(self.selected).copied()
    }

    /// Other rows, under the filter as it is; the cursor stays on the one of which this holds.
    pub fn replace(&mut self, items: Vec<Item>, holds: impl Fn(&Item) -> bool) {
        self.items = items;
        self.sift();
        self.selected = self.found.iter().position(|at| holds(&self.items[*at])).unwrap_or(0);
    }

    /// What it is filtered by.
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// How many are found, of how many.
    pub fn count(&self) -> (usize, usize) {
        (self.found.len(), self.items.len())
    }

    /// Finds the rows that fit; those that fit better first, whole groups by their best row.
    fn sift(&mut self) {
        let filter = self.filter.trim();
        self.selected = 0;
        self.top = 0;
        if filter.is_empty() {
            self.found = (0..self.items.len()).collect();
            return;
        }
        let pattern = Pattern::parse(filter, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut room = Vec::new();
        let mut score = |item: &Item| {
            let text = format!("{} {} {}", item.label, item.detail, item.words);
            pattern.score(Utf32Str::new(&text, &mut room), &mut matcher)
        };
        let items = self.items.iter().enumerate();
        let scored = items.filter_map(|(at, item)| score(item).map(|score| (at, score)));
        let scored: Vec<(usize, u32)> = scored.collect();
        let best = |group: &str| {
            let same = scored.iter().filter(|(at, _)| self.items[*at].group == group);
            same.map(|(_, score)| *score).max().unwrap_or(0)
        };
        let mut rows: Vec<_> = scored
            .iter()
            .map(|&(at, score)| {
                let Item { group, later, .. } = &self.items[at];
                (*later, std::cmp::Reverse(best(group)), group, std::cmp::Reverse(score), at)
            })
            .collect();
        rows.sort_unstable();
        self.found = rows.into_iter().map(|(.., at)| at).collect();
    }

    fn move_to(&mut self, at: usize) -> Answer {
        let before = self.selected;
        self.selected = at.min(self.found.len().saturating_sub(1));
        self.told(before != self.selected)
    }

    /// Tells of the row under the cursor, where it is another one.
    fn told(&self, other: bool) -> Answer {
        let seen = self.current().filter(|_| other).and_then(|item| item.seen.clone());
        Answer { close: false, msgs: seen.into_iter().collect() }
    }

    fn refilter(&mut self) -> Answer {
        self.sift();
        self.told(true)
    }

    /// The rows as they are seen: headings (none) and items.
    fn lines(&self) -> Vec<Option<usize>> {
        let mut lines = Vec::with_capacity(self.found.len());
        let mut group = "";
        for (place, at) in self.found.iter().enumerate() {
            let item = &self.items[*at];
            if item.group != group {
                lines.push(None);
                group = &item.group;
            }
            lines.push(Some(place));
        }
        lines
    }

    fn list(area: Rect) -> Rect {
        let head = 2.min(area.height);
        Rect { y: area.y + head, height: area.height - head, ..area }
    }

    /// Draws it, its headings and rows as `part` does.
    pub fn draw(
        &self,
        look: &Look<'_>,
        area: Rect,
        buf: &mut Buffer,
        part: impl Fn(Part, Rect, &mut Buffer),
    ) {
        let theme = look.theme;
        let room = usize::from(area.width.saturating_sub(1));
        if area.height == 0 || room == 0 {
            return;
        }
        let caret = theme.glyphs().caret;
        let filter = format!("{caret} {}", self.filter);
        buf.set_stringn(area.x, area.y, filter, room, theme.style(Role::Text));
        let list = Self::list(area);
        if self.filter.is_empty() && area.height > 1 && !self.legend.is_empty() {
            let legend = format!("  {}", self.legend);
            buf.set_stringn(area.x, area.y + 1, legend, room, theme.style(Role::Muted));
        }
        if self.found.is_empty() && list.height > 0 {
            let none = format!("  {} '{}'", self.none, self.filter);
            buf.set_stringn(list.x, list.y, none, room, theme.style(Role::Muted));
        }
        let lines = self.lines();
        let seen = lines.iter().enumerate().skip(self.top).take(usize::from(list.height));
        for ((at, row), y) in seen.zip(list.y..) {
            let line = Rect { y, height: 1, width: list.width.saturating_sub(1), ..list };
            let next = lines.get(at + 1).copied().flatten();
            match row.or(next).map(|place| self.found[place]) {
                Some(item) if row.is_none() => part(Part::Heading(item), line, buf),
                Some(item) => part(Part::Row(item, *row == Some(self.selected)), line, buf),
                None => {}
            }
        }
        Scrollbar { theme, top: self.top, rows: lines.len() }.render(list, buf);
    }

    fn view_row(&self, at: usize, chosen: bool, look: &Look<'_>, line: Rect, buf: &mut Buffer) {
        let theme = look.theme;
        let item = &self.items[at];
        let sign = if chosen { theme.glyphs().caret } else { " " };
        let room = usize::from(line.width);
        let right = sanitise(&item.right);
        let keys = width(right.as_str());
        let left = room.saturating_sub(if keys > 0 { keys + 2 } else { 0 });
        let label = sanitise(&item.label);
        let text = if item.chosen.is_some() { Role::Text } else { Role::Muted };
        let name = format!("{sign} {}", label.as_str());
        let (x, _) = buf.set_stringn(line.x, line.y, name, left, theme.style(text));
        if !item.detail.is_empty() {
            let used = usize::from(x - line.x);
            let detail = sanitise(&item.detail);
            let room = left.saturating_sub(used + 2);
            buf.set_stringn(x + 2, line.y, detail.as_str(), room, theme.style(Role::Muted));
        }
        if keys > 0 && keys < room {
            let x = line.right() - keys as u16;
            buf.set_stringn(x, line.y, right.as_str(), keys, theme.style(Role::Key));
        }
        if chosen {
            buf.set_style(line, theme.style(Role::Selection));
        }
    }
}

impl Layer for Picker {
    fn context(&self) -> Context {
        Context::Picker
    }

    fn title(&self) -> (String, String) {
        let (found, all) = self.count();
        (self.title.clone(), format!("{found} of {all}"))
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Confirm, Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        (80, 26)
    }

    fn arrange(&mut self, _: &State, area: Rect) {
        self.page = usize::from(Self::list(area).height).max(1);
        let lines = self.lines();
        let at = lines.iter().position(|line| *line == Some(self.selected)).unwrap_or(0);
        // The heading above the first row stays in sight with it.
        let at_first = if at == 1 { 0 } else { at };
        let least = (at + 1).saturating_sub(self.page);
        self.top = self.top.clamp(least, at_first.max(least));
        self.top = self.top.min(lines.len().saturating_sub(self.page));
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        self.draw(look, area, buf, |part, line, buf| match part {
            Part::Row(at, chosen) => self.view_row(at, chosen, look, line, buf),
            Part::Heading(at) => {
                let (group, style) = (&self.items[at].group, look.theme.style(Role::Heading));
                let room = usize::from(line.width);
                buf.set_stringn(line.x, line.y, sanitise(group).as_str(), room, style);
            }
        });
    }

    fn caret(&self, area: Rect) -> Option<Position> {
        let column = (width(&self.filter) + 2).min(usize::from(area.width.saturating_sub(1)));
        Some(Position::new(area.x + column as u16, area.y))
    }

    fn act(&mut self, action: Action, _: &State) -> Answer {
        match action {
            Action::Up => self.move_to(self.selected.saturating_sub(1)),
            Action::Down => self.move_to(self.selected + 1),
            Action::PageUp => self.move_to(self.selected.saturating_sub(self.page)),
            Action::PageDown => self.move_to(self.selected + self.page),
            Action::Edit(Edit::DeleteBefore) => {
                self.filter.pop();
                self.refilter()
            }
            Action::Edit(Edit::DeleteToStart) => {
                self.filter.clear();
                self.refilter()
            }
            Action::Confirm => match self.current().map(|item| item.chosen.clone()) {
                Some(Some(msg)) if self.stays => Answer::tell(msg),
                Some(Some(msg)) => Answer::done(msg),
                _ => Answer::default(),
            },
            Action::Escape => Answer { close: true, msgs: self.left.take().into_iter().collect() },
            _ => Answer::default(),
        }
    }

    fn renew(&mut self, items: &[Item]) {
        if self.stays {
            let at = self.selected;
            items.clone_into(&mut self.items);
            self.sift();
            self.selected = at.min(self.found.len().saturating_sub(1));
        }
    }

    fn write(&mut self, text: &str) -> Answer {
        if self.stays && text == " " {
            let chosen = self.current().and_then(|item| item.chosen.clone());
            return chosen.map(Answer::tell).unwrap_or_default();
        }
        let mut typed = text.chars();
        if let (true, Some(sign), None) = (self.filter.is_empty(), typed.next(), typed.next())
            && let Some((_, msg)) = self.signs.iter().find(|(known, _)| *known == sign)
        {
            return Answer::done(msg.clone());
        }
        let room = LONGEST.saturating_sub(self.filter.chars().count());
        self.filter.extend(text.chars().filter(|c| !c.is_control()).take(room));
        self.refilter()
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Answer {
        let list = Self::list(area);
        let line = usize::from(at.y.saturating_sub(list.y)) + self.top;
        match self.lines().get(line).copied().flatten() {
            Some(place) if at.y >= list.y && place == self.selected => {
                self.act(Action::Confirm, session)
            }
            Some(place) if at.y >= list.y => self.move_to(place),
            _ => Answer::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(group: &str, label: &str) -> Item {
        let (label, group) = (label.to_owned(), group.to_owned());
        Item { label, group, chosen: Some(Msg::Act(Action::Help)), ..Item::default() }
    }

    fn labels(picker: &Picker) -> Vec<&str> {
        picker.found.iter().map(|at| picker.items[*at].label.as_str()).collect()
    }

    #[test]
    fn the_filter_keeps_groups_together_and_the_best_first() {
        let items = [("a", "theme"), ("a", "thread mode"), ("b", "them"), ("b", "quit")];
        let mut picker = Picker::new("x", items.map(|(g, l)| item(g, l)).to_vec());
        let _ = picker.write("them");
        assert_eq!(picker.count(), (3, 4));
        let groups: Vec<_> = picker.found.iter().map(|at| &picker.items[*at].group).collect();
        assert!(groups.is_sorted() || groups.iter().rev().is_sorted(), "{:?}", labels(&picker));
        let _ = picker.write(" xyz");
        assert_eq!(picker.count().0, 0);
        assert!(picker.act(Action::Confirm, &State::new("s".into())).msgs.is_empty());
    }

    #[test]
    fn moving_tells_and_leaving_takes_back() {
        let mut items = vec![item("", "one"), item("", "two")];
        items[1].seen = Some(Msg::Act(Action::Zoom));
        let left = Msg::Act(Action::Repaint);
        let mut picker = Picker::new("x", items).or_else(left.clone());
        let session = State::new("s".into());
        assert_eq!(picker.act(Action::Down, &session).msgs, [Msg::Act(Action::Zoom)]);
        assert!(picker.act(Action::Down, &session).msgs.is_empty(), "it stays where it is");
        let answer = picker.act(Action::Escape, &session);
        assert!(answer.close);
        assert_eq!(answer.msgs, [left]);
    }
}
