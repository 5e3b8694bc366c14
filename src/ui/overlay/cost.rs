//! What the session used and cost: the last turn and all of it, for each model.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget as _;

use crate::base::amount::tokens;
use crate::base::text::{sanitise, width};
use crate::protocol::SessionId;
use crate::session::{Price, Spending, State, Sum};
use crate::ui::action::Action;
use crate::ui::keymap::Context;
use crate::ui::overlay::{Answer, Layer};
use crate::ui::pane::Look;
use crate::ui::row::Row;
use crate::ui::theme::Role;
use crate::ui::widget::scrollbar::Scrollbar;

/// Columns and rows of it, with its border.
const SIZE: (u16, u16) = (92, 24);
/// The least cells of a model's name.
const NAME: usize = 18;

/// A column: its heading, its cells, how soon it goes where not all fit, what it says.
type Column = (&'static str, usize, u8, fn(&Sum) -> String);

const COLUMNS: [Column; 6] = [
    ("requests", 10, 4, |sum| sum.requests.to_string()),
    ("input", 8, 1, |sum| tokens(sum.usage.input)),
    ("cache read", 12, 2, |sum| tokens(sum.usage.cache_read)),
    ("cache write", 13, 3, |sum| tokens(sum.usage.cache_write)),
    ("output", 8, 1, |sum| tokens(sum.usage.output)),
    ("cost", 18, 0, Sum::cost),
];

/// The table. It follows the session while it is open.
#[derive(Debug)]
pub struct CostLayer {
    price: Price,
    /// Of which state of the session the sums are.
    of: Option<(SessionId, u64)>,
    turn: Spending,
    session: Spending,
    /// What of its input came from the cache in each turn, in percent, and what kept the rest.
    cached: Vec<(u32, u64, String)>,
    rows: Vec<Row>,
    top: usize,
    page: usize,
}

impl CostLayer {
    /// Of a session, with what requests cost.
    pub fn new(session: &State, price: Price) -> Self {
        let (turn, all) = (Spending::default(), Spending::default());
        let (cached, rows) = (Vec::new(), Vec::new());
        let mut layer = Self { price, of: None, turn, session: all, cached, rows, top: 0, page: 1 };
        layer.follow(session);
        layer
    }

    /// Adds up anew where something happened.
    fn follow(&mut self, session: &State) {
        let of = Some((session.id.clone(), session.seq));
        if self.of != of {
            self.of = of;
            self.turn = Spending::of_turn(session, self.price);
            self.session = Spending::of_session(session, self.price);
            self.cached = cached(session, self.price);
        }
    }

    fn hold(&mut self) {
        self.top = self.top.min(self.rows.len().saturating_sub(self.page));
    }

    /// The whole table, for so many cells.
    fn table(&self, cells: usize) -> Vec<Row> {
        if self.session.rows().is_empty() {
            return vec![Row::new("no request was made in this session yet", Role::Muted)];
        }
        let columns = fitting(cells);
        let used: usize = columns.iter().map(|(_, cells, ..)| cells).sum();
        let name = cells.saturating_sub(used);
        let mut head = Row::default().padded(Role::Muted, name);
        for (heading, cells, ..) in &columns {
            head = head.with(sanitise(&format!("{heading:>cells$}")), Role::Muted);
        }
        let mut rows = vec![head];
        for (title, spending) in [("Last turn", &self.turn), ("Session", &self.session)] {
            if spending.rows().is_empty() {
                continue;
            }
            if rows.len() > 1 {
                rows.push(Row::default());
            }
            rows.push(Row::new(title, Role::Heading));
            for (model, sum) in spending.rows() {
                rows.push(line(&model.0, sum, name, &columns, Role::Text));
            }
            let total = spending.total();
            if spending.rows().len() > 1 {
                rows.push(line("total", &total, name, &columns, Role::Strong));
            }
            if let Some(percent) = total.cached() {
                let words = format!("  {percent}% of the input came from the cache");
                rows.push(Row::new(sanitise(&words), Role::Muted).truncated(cells));
            }
        }
        if self.cached.len() > 1 {
            rows.push(Row::default());
            rows.push(Row::new("From the cache, by turn", Role::Heading));
        }
        // The last turn stands above, where it is the only one.
        for (turn, percent, why) in self.cached.iter().rev().filter(|_| self.cached.len() > 1) {
            let words = format!("  turn {turn:<5}{percent:>3}%   {why}");
            rows.push(Row::new(sanitise(words.trim_end()), Role::Text).truncated(cells));
        }
        rows
    }
}

/// What of the input came from the cache in each turn, and the parts of requests that kept the rest.
fn cached(session: &State, price: Price) -> Vec<(u32, u64, String)> {
    let turns = Spending::by_turn(session, price).into_iter();
    let turns = turns.filter_map(|(turn, spending)| {
        let broken = session.broken.iter().filter(|(at, _)| *at == turn);
        let mut why: Vec<_> = broken.map(|(_, by)| by.words()).collect();
        why.dedup();
        Some((turn, spending.total().cached()?, why.join(", ")))
    });
    turns.collect()
}

/// The columns that there is room for beside the name.
fn fitting(cells: usize) -> Vec<Column> {
    let mut columns = COLUMNS.to_vec();
    let used = |columns: &[Column]| columns.iter().map(|(_, cells, ..)| cells).sum::<usize>();
    while columns.len() > 1 && used(&columns) + NAME > cells {
        let worst = columns.iter().map(|(_, _, rank, _)| *rank).max();
        columns.retain(|(_, _, rank, _)| Some(*rank) != worst);
    }
    columns
}

/// A row of the table.
fn line(name: &str, sum: &Sum, cells: usize, columns: &[Column], role: Role) -> Row {
    let mut row = Row::new("  ", role).with(sanitise(name), role).truncated(cells);
    row = row.padded(role, cells);
    for (_, cells, _, said) in columns {
        let text = said(sum);
        let blank = cells.saturating_sub(width(&text));
        row = row.with(sanitise(&format!("{:blank$}{text}", "")), role);
    }
    row
}

impl Layer for CostLayer {
    fn context(&self) -> Context {
        Context::Cost
    }

    fn title(&self) -> (String, String) {
        ("Cost".to_owned(), self.session.total().cost())
    }

    fn hints(&self) -> &'static [Action] {
        &[Action::Escape]
    }

    fn size(&self) -> (u16, u16) {
        let rows = u16::try_from(self.table(usize::from(SIZE.0)).len()).unwrap_or(u16::MAX);
        (SIZE.0, rows.saturating_add(2).min(SIZE.1))
    }

    fn arrange(&mut self, session: &State, area: Rect) {
        self.follow(session);
        self.rows = self.table(usize::from(area.width.saturating_sub(1)));
        self.page = usize::from(area.height).max(1);
        self.hold();
    }

    fn view(&self, _: &State, look: &Look<'_>, area: Rect, buf: &mut Buffer) {
        for (row, y) in self.rows.iter().skip(self.top).zip(0..area.height) {
            row.draw(area, y, look.theme, buf);
        }
        Scrollbar { theme: look.theme, top: self.top, rows: self.rows.len() }.render(area, buf);
    }

    fn act(&mut self, action: Action, _: &State) -> Answer {
        self.top = match action {
            Action::Escape => return Answer::close(),
            Action::Up => self.top.saturating_sub(1),
            Action::Down => self.top + 1,
            _ => self.top,
        };
        self.hold();
        Answer::default()
    }
}
