//! One entry to the rows of its cell.

use crate::base::clock::Millis;
use crate::protocol::{MessageId, ModelId, Usage};
use crate::session::{Entry, State};
use crate::ui::row::Row;
use crate::ui::transcript::build;
use crate::ui::transcript::call;
use crate::ui::transcript::cell::{Cell, Kind};
use crate::ui::transcript::column::Column;
use crate::ui::transcript::divide;
use crate::ui::transcript::group::{self, Group};
use crate::ui::transcript::message::{self, Writer};

/// What one request to a model costs in US dollars.
pub type Price = fn(&ModelId, &Usage) -> Option<f64>;

impl Column {
    /// Takes what one request costs.
    pub fn set_price(&mut self, price: Price) {
        self.price = Some(price);
    }

    /// Says before a cell what happened while nobody looked; nothing where there is none.
    pub fn set_behind(&mut self, behind: Option<(usize, Vec<String>)>, session: &State) {
        let old = std::mem::replace(&mut self.behind, behind);
        let new = self.behind.as_ref().map(|(at, _)| *at);
        for at in old.map(|(at, _)| at).into_iter().chain(new) {
            if at < self.cells.len() {
                self.refresh(at, session);
            }
        }
    }

    pub(super) fn build(&mut self, at: usize, cell: &mut Cell, session: &State) {
        let (width, moment) = (self.width, self.moment);
        let unfolded = cell.unfolded.unwrap_or(self.all_unfolded);
        let gap = cell.above.kind != Kind::Nothing;
        let Some(entry) = session.entries.get(at) else { return };
        let mut paint = self.paints.begin();
        let manner = |model, id: &MessageId| message::Manner {
            width,
            unfolded,
            gap,
            model,
            named: cell.above.speaker.as_ref() == Some(model),
            thought: self.thought.get(id).copied(),
            moment,
            at: self.times.then(|| said_at(entry)).flatten(),
        };
        match entry {
            Entry::Prompt { .. } => cell.rows = build::prompt(entry, width, gap, unfolded),
            Entry::Message { message, .. } if group::shows(&message.content) => {
                let manner = manner(&message.model, &message.id);
                cell.rows =
                    message::finished(message, &manner, &mut |name, code| paint.of(name, code));
            }
            Entry::Message { .. } | Entry::Used { .. } => cell.rows = Vec::new(),
            Entry::Open(open) => {
                let manner = manner(&session.model, &open.id);
                let written = self.open.as_mut().and_then(|(_, _, writer)| writer.take());
                let written = written.filter(|w| !cell.rows.is_empty() && w.continues(open));
                let mut writer = written.unwrap_or_else(|| Writer::new(&manner, &mut cell.rows));
                writer
                    .advance(open, &manner, &mut cell.rows, &mut |name, code| paint.of(name, code));
                if let Some((_, _, slot)) = &mut self.open {
                    *slot = Some(writer);
                }
            }
            Entry::Call(entry) => {
                let asked = session.pending.iter().any(|request| request.call == entry.call.id);
                let manner = call::Manner {
                    width,
                    unfolded,
                    asked,
                    moment,
                    wrap: !self.cut_lines,
                    times: self.times,
                };
                cell.rows = match cell.group {
                    Group::Member { head }
                        if !self.cells[head].run_unfolded.unwrap_or(self.all_unfolded) =>
                    {
                        Vec::new()
                    }
                    Group::Head { reads, searches, hits } => {
                        let open = cell.run_unfolded.unwrap_or(self.all_unfolded);
                        let mut rows = vec![call::group(reads, searches, hits, open)];
                        if open {
                            rows.extend(call::rows(entry, manner));
                        }
                        rows
                    }
                    _ => call::rows(entry, manner),
                };
                if matches!(cell.above.kind, Kind::Prompt | Kind::End) && !cell.rows.is_empty() {
                    cell.rows.insert(0, Row::default());
                }
            }
            Entry::TurnEnd { stop, usage, took, .. } => {
                let cost = self.price.and_then(|price| build::cost(session, at, price));
                cell.rows = build::turn_end(stop, usage, *took, cost, width);
            }
            Entry::Compacted { compaction, .. } => {
                cell.rows = divide::rows(compaction, width, unfolded);
            }
            Entry::Notice { level, text, .. } => cell.rows = build::notice(*level, text, width),
        }
        cell.waits = paint.missed();
        if let Some((_, lines)) = self.behind.as_ref().filter(|(before, _)| *before == at) {
            cell.rows.splice(0..0, build::behind(lines, width));
        }
    }
}

/// When a message was said.
fn said_at(entry: &Entry) -> Option<Millis> {
    match entry {
        Entry::Message { at, .. } => Some(*at),
        Entry::Open(open) => Some(open.at),
        _ => None,
    }
}
