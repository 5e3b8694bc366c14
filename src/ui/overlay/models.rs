//! The models, to choose one: by vendor, with what each takes, can and costs.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::base::amount::limit;
use crate::base::text::{sanitise, truncate, width};
use crate::protocol::{Effort, ModelId};
use crate::provider::Model;
use crate::provider::catalogue::Thinking;
use crate::provider::offers::{Offer, Standing};
use crate::session::State;
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::msg::{Chosen, Loaded, Msg};
use crate::ui::overlay::picker::{Item, Part, Picker};
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::theme::Role;

/// Rows below the list: a blank one, and the effort.
const FOOT: u16 = 2;
/// Cells of a title, at most, and of each column at the right.
const TITLE: usize = 24;
const WINDOW: usize = 6;
const PRICE: usize = 13;
const TAKES: usize = 11;
/// Cells that a model's name keeps beside them.
const LEAST: usize = 24;
/// Cells between two columns.
const GAP: usize = 2;

/// What is said where a price is not known.
const UNKNOWN: &str = "price unknown";

/// A model that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it is called in a session.
    pub id: ModelId,
    /// What people call it.
    pub title: String,
    /// What the service calls it; empty where that is its title.
    pub name: String,
    /// Its vendor.
    pub vendor: String,
    /// The size of its window.
    pub window: String,
    /// What it costs.
    pub price: String,
    /// What it takes besides text.
    pub takes: String,
    /// The efforts that it takes, from the least.
    pub efforts: Vec<Effort>,
    /// What is to be done before it can be asked; none where nothing is.
    pub missing: Option<String>,
}

impl Row {
    /// A model of an offer.
    pub fn new(offer: &Offer, model: &Model) -> Self {
        let mut takes = Vec::new();
        if model.images {
            takes.push("image");
        }
        if model.thinking != Thinking::None {
            takes.push("think");
        }
        Self {
            id: model.id.clone(),
            title: model.title.clone(),
            name: if model.title == *model.name { String::new() } else { model.name.to_string() },
            vendor: offer.title.clone(),
            window: if model.known { limit(model.window.into()) } else { "?".to_owned() },
            price: offer.price(model),
            takes: takes.join(" "),
            efforts: model.efforts(),
            missing: offer.missing().map(str::to_owned),
        }
    }

    /// What a list says of it in a few words.
    pub fn about(&self) -> String {
        match &self.missing {
            Some(missing) => format!("{}: {missing}", self.vendor),
            None => format!("{}, {}, {}", self.title, self.window, self.price),
        }
    }

    fn item(&self) -> Item {
        Item {
            label: self.title.clone(),
            detail: self.name.clone(),
            words: format!("{} {}", self.vendor, self.id),
            group: self.vendor.clone(),
            later: self.missing.is_some(),
            chosen: Some(Msg::Act(Action::Confirm)),
            ..Item::default()
        }
    }
}

/// All that can be chosen: what can be asked now, this machine's servers, then the rest.
pub fn rows(offers: &[Offer], local: &[Offer]) -> Vec<Row> {
    let known = |offer: &&Offer| !local.iter().any(|it| it.vendor == offer.vendor);
    let ready = offers.iter().filter(|offer| offer.standing == Standing::Ready);
    let here = offers.iter().filter(|offer| offer.standing == Standing::Local).filter(known);
    let missing = offers.iter().filter(|offer| offer.missing().is_some());
    let all = ready.chain(local).chain(here).chain(missing);
    all.flat_map(|offer| offer.models.iter().map(|model| Row::new(offer, model))).collect()
}

/// The list, and the effort below it.
#[derive(Debug)]
pub struct ModelsLayer {
    picker: Picker,
    rows: Vec<Row>,
    offers: Arc<[Offer]>,
    /// The present model; as a row where nobody offers it.
    present: Row,
    /// The effort that is chosen, and that of the session.
    effort: Option<Effort>,
    before: Option<Effort>,
}

impl ModelsLayer {
    /// The list, with the present model under the cursor.
    pub fn new(
        offers: Arc<[Offer]>,
        local: &[Offer],
        present: Row,
        effort: Option<Effort>,
    ) -> Self {
        let picker = Picker::new("Models", Vec::new());
        let mut layer = Self { picker, rows: Vec::new(), offers, present, effort, before: effort };
        layer.fill(local);
        let present = layer.present.id.clone();
        layer.point(&present);
        layer
    }

    /// Makes the rows anew.
    fn fill(&mut self, local: &[Offer]) {
        let mut rows = rows(&self.offers, local);
        if !rows.iter().any(|row| row.id == self.present.id) {
            rows.insert(0, self.present.clone());
        }
        self.rows = rows;
    }

    /// Puts the rows into the list, the cursor on this one.
    fn point(&mut self, id: &ModelId) {
        let at = self.rows.iter().find(|row| row.id == *id).map(Row::item);
        let items = self.rows.iter().map(Row::item).collect();
        self.picker.replace(items, |item| {
            at.as_ref().is_some_and(|at| at.words == item.words && at.group == item.group)
        });
    }

    fn current(&self) -> Option<&Row> {
        self.rows.get(self.picker.place()?)
    }

    /// The next effort that the model takes, or the one before; after the last comes none.
    fn turn(&mut self, more: bool) {
        let Some(row) = self.current().filter(|row| !row.efforts.is_empty()) else { return };
        let all: Vec<Option<Effort>> =
            std::iter::once(None).chain(row.efforts.iter().copied().map(Some)).collect();
        let now = self.effort.and_then(|effort| effort.nearest(&row.efforts));
        let at = all.iter().position(|effort| *effort == now).unwrap_or(0);
        let step = if more { 1 } else { all.len() - 1 };
        self.effort = all[(at + step) % all.len()];
    }

    /// Sets what is chosen; one that cannot be asked says why.
    fn confirm(&self) -> Answer {
        let Some(row) = self.current() else { return Answer::default() };
        if let Some(missing) = &row.missing {
            let text = format!("{} has no key here: {missing}, then start claw again", row.vendor);
            return Answer::tell(Msg::Loaded(Loaded::Failed(text)));
        }
        let model = (row.id != self.present.id).then(|| Chosen::Model(row.id.clone()));
        let effort = (self.effort != self.before).then_some(Chosen::Effort(self.effort));
        let msgs = model.into_iter().chain(effort).map(Msg::Chosen).collect();
        Answer { close: true, msgs }
    }

    fn list(area: Rect) -> Rect {
        Rect { height: area.height.saturating_sub(FOOT), ..area }
    }

    fn view_row(&self, at: usize, chosen: bool, look: &Look<'_>, line: Rect, buf: &mut Buffer) {
        let (theme, row) = (look.theme, &self.rows[at]);
        let glyphs = theme.glyphs();
        let now = row.id == self.present.id;
        let strong = if row.missing.is_some() { Role::Muted } else { Role::Text };
        let sign = if chosen { glyphs.caret } else { " " };
        let mark = if now { glyphs.ok } else { " " };
        let room = usize::from(line.width);
        buf.set_stringn(line.x, line.y, sign, room, theme.style(strong));
        if room > 2 {
            buf.set_stringn(line.x + 2, line.y, mark, room - 2, theme.style(Role::Ok));
        }
        let dim = if row.price == UNKNOWN { Role::Muted } else { strong };
        let columns = [
            (&row.window, WINDOW, true, strong),
            (&row.price, PRICE, true, dim),
            (&row.takes, TAKES, false, Role::Muted),
        ];
        let mut used = 0;
        let fit = columns.iter().take_while(|(_, cells, ..)| {
            used += cells + GAP;
            LEAST + used <= room
        });
        let fit = fit.count();
        let left = room - columns[..fit].iter().map(|(_, cells, ..)| cells + GAP).sum::<usize>();
        let mut at = left;
        for (text, cells, to_the_right, role) in &columns[..fit] {
            at += GAP;
            let text = sanitise(text);
            let indent = if *to_the_right { cells.saturating_sub(width(text.as_str())) } else { 0 };
            let x = line.x + (at + indent) as u16;
            buf.set_stringn(x, line.y, text.as_str(), cells - indent, theme.style(*role));
            at += cells;
        }
        let titles = self.rows.iter().map(|row| width(&row.title)).max().unwrap_or(0).min(TITLE);
        let title = truncate(sanitise(&row.title).as_str(), titles.min(left.saturating_sub(4)));
        buf.set_stringn(line.x + 4.min(line.width), line.y, title, left, theme.style(strong));
        let name_at = 4 + titles + GAP;
        let name = truncate(sanitise(&row.name).as_str(), left.saturating_sub(name_at));
        if left > name_at {
            let x = line.x + name_at as u16;
            buf.set_stringn(x, line.y, name, left - name_at, theme.style(Role::Muted));
        }
        if chosen {
            buf.set_style(line, theme.style(Role::Selection));
        }
    }

    fn view_heading(&self, at: usize, look: &Look<'_>, line: Rect, buf: &mut Buffer) {
        let (theme, row) = (look.theme, &self.rows[at]);
        let role = if row.missing.is_some() { Role::Muted } else { Role::Heading };
        let room = usize::from(line.width);
        let vendor = sanitise(&row.vendor);
        let (x, _) = buf.set_stringn(line.x, line.y, vendor.as_str(), room, theme.style(role));
        if let Some(missing) = &row.missing {
            let room = room.saturating_sub(usize::from(x - line.x) + 2);
            let missing = sanitise(missing);
            buf.set_stringn(x + 2, line.y, missing.as_str(), room, theme.style(Role::Wait));
        }
    }

    /// What the columns at the right are.
    fn view_legend(look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let room = usize::from(area.width.saturating_sub(1));
        let legend =
            format!("{:>WINDOW$}  {:>PRICE$}  {:<TAKES$}", "window", "per 1M in/out", "takes");
        if area.height > 1 && room >= LEAST + width(&legend) + GAP {
            let x = area.x + (room - width(&legend)) as u16;
            buf.set_stringn(x, area.y + 1, &legend, room, look.theme.style(Role::Muted));
        }
    }

    fn view_effort(&self, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let Some(row) = self.current() else { return };
        let theme = look.theme;
        let room = |x: u16| usize::from(area.right().saturating_sub(x));
        let label = "  effort: ";
        let (mut x, y) = (area.x, area.y);
        (x, _) = buf.set_stringn(x, y, label, room(x), theme.style(Role::Muted));
        if row.efforts.is_empty() {
            let words = "it thinks as it does by itself";
            buf.set_stringn(x, y, words, room(x), theme.style(Role::Muted));
            return;
        }
        let now = self.effort.and_then(|effort| effort.nearest(&row.efforts));
        for effort in std::iter::once(None).chain(row.efforts.iter().copied().map(Some)) {
            let name = effort.map_or("auto", Effort::name);
            let word = if effort == now { format!("[{name}]") } else { format!(" {name} ") };
            let role = if effort == now { Role::Accent } else { Role::Muted };
            (x, _) = buf.set_stringn(x, y, word, room(x), theme.style(role));
        }
    }
}

impl Layer for ModelsLayer {
    fn context(&self) -> Context {
        Context::Models
    }

    fn title(&self) -> (String, String) {
        self.picker.title()
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Confirm, Action::MoreEffort, Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        let groups = self.rows.chunk_by(|one, other| one.vendor == other.vendor).count();
        let rows = u16::try_from(self.rows.len() + groups).unwrap_or(u16::MAX);
        // With the filter, the legend and the border.
        (100, rows.saturating_add(4 + FOOT).min(32))
    }

    fn arrange(&mut self, session: &State, area: Rect) {
        self.picker.arrange(session, Self::list(area));
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        let list = Self::list(area);
        Self::view_legend(look, list, buf);
        self.picker.draw(look, list, buf, |part, line, buf| match part {
            Part::Row(at, chosen) => self.view_row(at, chosen, look, line, buf),
            Part::Heading(at) => self.view_heading(at, look, line, buf),
        });
        if area.height > FOOT {
            let foot = Rect { y: area.bottom() - 1, height: 1, ..area };
            self.view_effort(look, foot, buf);
        }
    }

    fn caret(&self, area: Rect) -> Option<Position> {
        self.picker.caret(area)
    }

    fn act(&mut self, action: Action, session: &State) -> Answer {
        match action {
            Action::MoreEffort => self.turn(true),
            Action::LessEffort => self.turn(false),
            Action::Confirm => return self.confirm(),
            action => return self.picker.act(action, session),
        }
        Answer::default()
    }

    fn write(&mut self, text: &str) -> Answer {
        self.picker.write(text)
    }

    fn click(&mut self, at: Position, area: Rect, session: &State) -> Answer {
        let list = Self::list(area);
        if !list.contains(at) {
            return Answer::default();
        }
        let answer = self.picker.click(at, list, session);
        if answer.close { self.confirm() } else { answer }
    }

    fn loaded(&mut self, loaded: &Loaded) -> bool {
        let Loaded::Models(_, local) = loaded else { return false };
        let current = self.current().map_or_else(|| self.present.id.clone(), |row| row.id.clone());
        self.fill(local);
        self.point(&current);
        true
    }
}

#[cfg(test)]
mod tests;
